"""The schema of results.nc: every dimension and variable, in one table, and what is known of a run's parameters."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import netCDF4
import numpy as np

from softspots.io.attributes import MIXTURE, units_in
from softspots.io.content import Content
from softspots.model import PRESETS, LennardJones

# Files of all versions from 1 on are read; the table says which version brought what. Version 3 brought the seal, the
# checksums of HDF5, and the name of the unlimited dimension, which was "frame" before; version 4 the third dimension,
# sizes, and species other than 0 and 1.
VERSION = 4
TIME, TIME_BEFORE_3 = "time", "frame"

# The sizes of these dimensions are the run's: all particles, a row each, in the same order in all frames; the lowest
# modes, by rising eigenvalue, the translations left out; the particles kept for each mode, by falling |e_i|.
SIZES = ("particle", "mode", "top_particle")
# These are fixed, and each has a coordinate variable of the same name. The one dimension left is `time`, unlimited: one
# entry a frame. In two dimensions there is no axis z.
LABELS = {
    "axis": ("x", "y", "z"),
    "stage": ("dynamics", "quench", "modes", "soft_spots", "d2min"),
}


@dataclass(frozen=True)
class Variable:
    """What the file holds under one name.

    Attributes
    ----------
    dimensions : tuple of str
        ``time``, and names from `SIZES` and `LABELS`. What has no ``time`` is written when the file is made.
    dtype : str or type
        "f8", "f4", "i4", "i1", or ``str``.
    units, long_name : str
        Attributes of the variable.
    symbol : str
        The symbol in Schoenholz et al. 2014, an attribute too; empty if there is none.
    content : Content
        What its values can be.
    compress : bool
        Shuffle and zlib level 1. At 10,000 particles it shrinks the large integer variables 2 to 12 times in less
        than a millisecond a frame. Positions and D²_min, whose low bits are noise, shrink by 11 to 14 % only and would
        take ten times as long to write.
    since : int
        The first version of the schema that has the variable.
    """

    dimensions: tuple[str, ...]
    dtype: str | type
    units: str
    long_name: str
    symbol: str = ""
    content: Content = Content()
    compress: bool = False
    since: int = 1

    def dimensions_in(self, version: int) -> tuple[str, ...]:
        """The dimensions as a file of that version of the schema names them."""
        if version >= 3:
            return self.dimensions
        return tuple(TIME_BEFORE_3 if name == TIME else name for name in self.dimensions)


POSITIVE, NOT_NEGATIVE, COUNT = Content(above=0), Content(least=0), Content(least=1)

SCHEMA = {
    # coordinates of the axes
    "axis": Variable(("axis",), str, "1", "Cartesian axis: x along the flow, y along its gradient, z across both"),
    "stage": Variable(("stage",), str, "1", "stage of the computation"),
    # the whole run
    "species": Variable(
        ("particle",), "i4", "1", "species of the particle: in binary mixtures 0 is A, 1 is B", compress=True
    ),
    "length_x": Variable((), "f8", "sigma_AA", "side length of the box in x", "", POSITIVE),
    "length_y": Variable((), "f8", "sigma_AA", "side length of the box in y", "", POSITIVE),
    # the frame of the dynamics
    "time": Variable((TIME,), "f8", "tau", "time since the start of the run", "t", Content(rising=TIME)),
    "strain": Variable((TIME,), "f8", "1", "total shear strain"),
    "tilt": Variable((TIME,), "f8", "sigma_AA", "x-component of the second lattice vector (tilt, length_y)"),
    "position": Variable(
        (TIME, "particle", "axis"), "f8", "sigma_AA", "position, wrapped into the sheared cell", "r_i"
    ),
    "image": Variable(
        (TIME, "particle", "axis"), "i4", "1", "how often wrapped along each lattice vector", compress=True
    ),
    "kinetic_temperature": Variable(
        (TIME,), "f8", "epsilon_AA k_B^-1", "temperature of the peculiar velocities", "T", NOT_NEGATIVE
    ),
    "potential_energy": Variable((TIME,), "f8", "epsilon_AA", "potential energy per particle"),
    "shear_stress": Variable((TIME,), "f8", "epsilon_AA sigma_AA^-2", "shear stress"),
    "pressure": Variable((TIME,), "f8", "epsilon_AA sigma_AA^-2", "pressure"),
    # its inherent structure
    "inherent_energy": Variable(
        (TIME,), "f8", "epsilon_AA", "potential energy of the inherent structure, sum over all particles"
    ),
    "inherent_max_force": Variable(
        (TIME,),
        "f8",
        "epsilon_AA sigma_AA^-1",
        "largest |force component| in the inherent structure",
        "",
        NOT_NEGATIVE,
    ),
    "inherent_certified": Variable(
        (TIME,),
        "i1",
        "1",
        "1 where max_force is met and the Hessian is positive but for rigid motions of all that is held, else 0",
        "",
        Content(least=0, most=1),
    ),
    "inherent_loose": Variable(
        (TIME,),
        "i4",
        "1",
        "how many particles nothing holds in the inherent structure; they are left out of modes and maps",
        "",
        NOT_NEGATIVE,
        since=3,
    ),
    # Single precision moves a particle by 4e-6 at most: enough for neighbourhood, at half the size.
    "inherent_position": Variable(
        (TIME, "particle", "axis"),
        "f4",
        "sigma_AA",
        "position in the inherent structure, wrapped into the sheared cell",
        since=2,
    ),
    # its modes
    "eigenvalue": Variable(
        (TIME, "mode"),
        "f8",
        "epsilon_AA sigma_AA^-2",
        "rising eigenvalues of the dynamical matrix, the translations left out",
        "ω²",
        Content(above=0, sorted="mode"),
    ),
    # It is at most 1 but for rounding.
    "participation_ratio": Variable(
        (TIME, "mode"), "f8", "1", "participation ratio of the mode", "p", Content(above=0, most=1 + 1e-9)
    ),
    "mode_residual": Variable(
        (TIME, "mode"),
        "f8",
        "epsilon_AA sigma_AA^-2",
        "residual |H e - ω² e| of the normalised mode (masses are 1)",
        "",
        NOT_NEGATIVE,
    ),
    "mode_particle": Variable(
        (TIME, "mode", "top_particle"),
        "i4",
        "1",
        "rows, from 0, of the particles with the largest |e_i|",
        "",
        Content(least=0, numbers="particle"),
        compress=True,
    ),
    # maps
    "soft_spot": Variable(
        (TIME, "particle"),
        "i4",
        "1",
        "number of the soft spot within the frame that holds the particle, -1 outside",
        "S_i",
        Content(least=-1, numbers="particle", dense=True),
        compress=True,
    ),
    "d2min": Variable(
        (TIME, "particle"), "f8", "sigma_AA^2", "plastic activity from this frame's time on", "D²_min,i", NOT_NEGATIVE
    ),
    # cost
    "wall_time": Variable((TIME, "stage"), "f8", "s", "wall time of the stage", "", NOT_NEGATIVE),
}

# What only some files have: all of three dimensions the first ones; then where particles have sizes; where species have
# names, of which ``species`` has the numbers, from 0 on, in this order; where each frame has a box of its own size, of
# which that of the run is one; where particles have ids of their own, other than 0 to N - 1 in this order.
SPACE, SIZE, SPECIES_NAME, BOX_LENGTH = ("length_z", "tilt_xz", "tilt_yz"), "size", "species_name", "box_length"
PARTICLE_ID = "particle_id"
OPTIONAL = {
    "length_z": Variable((), "f8", "sigma_AA", "side length of the box in z", "", POSITIVE, since=4),
    "tilt_xz": Variable(
        (TIME,), "f8", "sigma_AA", "x-component of the third lattice vector (tilt_xz, tilt_yz, length_z)", since=4
    ),
    "tilt_yz": Variable((TIME,), "f8", "sigma_AA", "y-component of the third lattice vector", since=4),
    SIZE: Variable(("particle",), "f8", "sigma_AA", "diameter of the particle", "σ_i", POSITIVE, since=4),
    SPECIES_NAME: Variable((SPECIES_NAME,), str, "1", "name of the species", since=4),
    BOX_LENGTH: Variable((TIME, "axis"), "f8", "sigma_AA", "side lengths of its box", "", POSITIVE, since=4),
    PARTICLE_ID: Variable(
        ("particle",), "i8", "1", "id of the particle in the file that it is from", compress=True, since=4
    ),
}

# Per area in the table above; in three dimensions per volume.
STRESSES = ("shear_stress", "pressure")

# What is known of those parameters of a run from which results are derived: one of several words, or a number. Its
# mixture is a text or several parameters: `softspots.io.results.Results.model` reads it.
PARAMETERS: dict[str, tuple[str, ...] | Content] = {
    "smoothing": LennardJones.smoothings,
    "quench": ("newton", "fire", "cg", "cg+fire"),
    "connection": ("delaunay", "distance"),
    "particles": COUNT,
    "dimension": Content(least=2, most=3),
    "density": POSITIVE,
    "temperature": POSITIVE,
    "strain_rate": NOT_NEGATIVE,
    "n_modes": COUNT,
    "n_particles": COUNT,
    "min_particles": COUNT,
    "bond_length": POSITIVE,
    "frame_interval": POSITIVE,
    "frame_separation": POSITIVE,
    "rearrangement_threshold": POSITIVE,
}


def parameter_fault(configuration: Mapping[str, Any]) -> str | None:
    """What is wrong with the parameters of a run, in a few words; None if nothing is. None needs to be there."""
    model = configuration.get("model")
    if model is not None and MIXTURE not in configuration and model not in PRESETS:
        return f"its parameter model is {model!r}; {', '.join(PRESETS)} are allowed, or the parameter {MIXTURE}"
    for name in PARAMETERS.keys() & configuration.keys():
        value, known = configuration[name], PARAMETERS[name]
        if isinstance(known, tuple):
            if value not in known:
                return f"its parameter {name} is {value!r}; {', '.join(known)} are allowed"
        elif isinstance(value, bool) or not isinstance(value, (int, float)):
            return f"its parameter {name} is {value!r}; a number is needed"
        elif not math.isfinite(value):
            return f"its parameter {name} is {value}; a finite number is needed"
        elif fault := known.fault(np.array(float(value)), (), {}):
            return f"its parameter {name} is {fault}"
    return None


def define(
    dataset: netCDF4.Dataset,
    sizes: Mapping[str, int | None],
    variables: Mapping[str, Variable],
    configuration: Mapping[str, Any],
    told: Mapping[str, Any] = MappingProxyType({}),
) -> None:
    """Make the dimensions and variables of a new file, with the units of its dimension, its mixture and its source."""
    for name, size in sizes.items():
        dataset.createDimension(name, size)
    for name, entry in variables.items():
        variable = dataset.createVariable(
            name,
            entry.dtype,
            entry.dimensions,
            compression="zlib" if entry.compress else None,
            complevel=1,
            # Neither a single number nor text can have a checksum of its own.
            fletcher32=bool(entry.dimensions) and entry.dtype is not str,
            fill_value=np.nan if entry.dtype in ("f8", "f4") else None,
        )
        units = entry.units
        if name in STRESSES and SPACE[0] in variables:
            units = units.replace("^-2", "^-3")
        variable.setncatts({"long_name": entry.long_name, "units": units_in(units, configuration, told)})
        if entry.symbol:
            variable.symbol = entry.symbol
        if TIME in entry.dimensions and name not in (TIME, "strain"):
            variable.coordinates = "strain"
