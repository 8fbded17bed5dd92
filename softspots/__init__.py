"""softspots: soft spots and plasticity in thermal amorphous solids under shear.

The method of Schoenholz, Liu, Riggleman and Rottler, Phys. Rev. X 4, 031014 (2014). What stands here is loaded when it
is first used: pictures need no compiled kernels, and kernels no pictures.
"""

from importlib import import_module as _import_module
from importlib.metadata import version as _version

__version__ = _version("softspots")

_PLACES = {
    "analysis.meanfield": ("LifetimePrediction", "predict_lifetimes", "simulate_lifetimes"),
    "box": ("Box",),
    "chain.mode_files": ("read_modes", "write_modes"),
    "chain.study": ("Study", "study"),
    "curve": ("Curve",),
    "dynamics.athermal_shear": ("AthermalShear", "ShearState", "strain_path"),
    "dynamics.deformation": ("Deformation",),
    "dynamics.simulation": ("Simulation",),
    "estimate": ("Estimate",),
    "exceptions": (
        "DamagedFileError",
        "InputError",
        "InstallationError",
        "OutputError",
        "PhysicsError",
        "ShortageError",
        "SoftspotsError",
        "UnstableError",
    ),
    "figures.map": ("draw_map",),
    "frame": ("Frame",),
    "io.readers": ("Frames", "read"),
    "io.writers": ("to_ase", "to_ovito", "write"),
    "landscape.ase_forces": ("ASEForces",),
    "landscape.elasticity": ("elastic_constants",),
    "landscape.factorization": ("Cholesky",),
    "landscape.forces": ("energy_forces",),
    "landscape.minimum": ("InherentStructure",),
    "landscape.modes": ("Modes", "hessian", "lowest_modes", "modes_below", "participation_ratio"),
    "landscape.quench": ("inherent_structure",),
    "landscape.stability": ("Stability",),
    "landscape.vibration": ("vibration",),
    "model": (
        "Forces",
        "Harmonic",
        "Hertzian",
        "InversePower",
        "LennardJones",
        "Mie",
        "Mixture",
        "Model",
        "Morse",
        "PairPotential",
        "Sizes",
        "Tabulated",
        "WCA",
        "Yukawa",
    ),
    "model.atoms": ("atoms_from_frame", "frame_from_atoms"),
    "plasticity.d2min": ("d2min",),
    "plasticity.events": ("Event",),
    "structure.spots": ("SoftSpots", "soft_spots"),
}
_PLACE = {name: place for place, names in _PLACES.items() for name in names}

__all__ = sorted(_PLACE)  # noqa: PLE0605


def __getattr__(name):
    if name in ("_core", "_cholmod"):
        # In words of its own, if it does not fit this machine.
        return _import_module("softspots.installation").require_compiled(name)
    if name not in _PLACE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(_import_module(f"softspots.{_PLACE[name]}"), name)
    globals()[name] = value
    return value


def __dir__():
    return sorted({*globals(), *_PLACE})
