"""softspots: soft spots and plasticity in thermal amorphous solids under shear.

The method of Schoenholz, Liu, Riggleman and Rottler, Phys. Rev. X 4, 031014 (2014).
"""

# Imports stand below a statement here: what is wrong with the compiled part must be said before modules need it.
# ruff: noqa: E402
from importlib.metadata import version as _version

from .installation import require_kernels as _require_kernels

_require_kernels()

from .dynamics import Simulation
from .exceptions import (
    DamagedFileError,
    InputError,
    InstallationError,
    OutputError,
    PhysicsError,
    ShortageError,
    SoftspotsError,
    UnstableError,
)
from .factorization import Cholesky
from .forces import energy_forces
from .model import Model
from .modes import Modes, hessian, lowest_modes, modes_below, participation_ratio
from .plasticity import d2min
from .quench import InherentStructure, inherent_structure
from .spots import SoftSpots, soft_spots
from .stability import Stability
from .state import Box, Frame

__version__ = _version("softspots")

__all__ = [
    "Box",
    "Cholesky",
    "DamagedFileError",
    "Frame",
    "InherentStructure",
    "InputError",
    "InstallationError",
    "Model",
    "Modes",
    "OutputError",
    "PhysicsError",
    "ShortageError",
    "Simulation",
    "SoftSpots",
    "SoftspotsError",
    "Stability",
    "UnstableError",
    "d2min",
    "draw_map",
    "energy_forces",
    "hessian",
    "inherent_structure",
    "lowest_modes",
    "modes_below",
    "participation_ratio",
    "soft_spots",
]


def __getattr__(name):
    # Importing Matplotlib takes as long as all else, and most ranks and jobs never draw.
    if name == "draw_map":
        from .plotting import draw_map

        return draw_map
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
