"""The schema of results.nc: every dimension and variable, in one table."""

from __future__ import annotations

from dataclasses import dataclass

# Files of all versions from 1 on are read; the table says which version brought what.
VERSION = 2

# The sizes of these dimensions are the run's: all particles, by id; the lowest modes, by rising eigenvalue, the two
# translations left out; the particles kept for each mode, by falling |e_i|.
SIZES = ("particle", "mode", "top_particle")
# These are fixed, and each has a coordinate variable of the same name. The one dimension left is `frame`, unlimited.
LABELS = {
    "axis": ("x", "y"),
    "stage": ("dynamics", "quench", "modes", "soft_spots", "d2min"),
}


@dataclass(frozen=True)
class Variable:
    """What the file holds under one name.

    Attributes
    ----------
    dimensions : tuple of str
        ``frame``, and names from `SIZES` and `LABELS`. What has no ``frame`` is written when the file is made.
    dtype : str or type
        "f8", "f4", "i4", "i1", or ``str``.
    units, long_name : str
        Attributes of the variable.
    symbol : str
        The symbol in Schoenholz et al. 2014, an attribute too; empty if there is none.
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
    compress: bool = False
    since: int = 1


SCHEMA = {
    # coordinates of the axes
    "axis": Variable(("axis",), str, "1", "Cartesian axis: x along the flow, y along its gradient"),
    "stage": Variable(("stage",), str, "1", "stage of the computation"),
    # the whole run
    "species": Variable(("particle",), "i4", "1", "species of the particle: 0 is A, 1 is B", compress=True),
    "length_x": Variable((), "f8", "sigma_AA", "side length of the box in x"),
    "length_y": Variable((), "f8", "sigma_AA", "side length of the box in y"),
    # the frame of the dynamics
    "time": Variable(("frame",), "f8", "tau", "time since the start of the run", "t"),
    "strain": Variable(("frame",), "f8", "1", "total shear strain"),
    "tilt": Variable(("frame",), "f8", "sigma_AA", "x-component of the second lattice vector (tilt, length_y)"),
    "position": Variable(
        ("frame", "particle", "axis"), "f8", "sigma_AA", "position, wrapped into the sheared cell", "r_i"
    ),
    "image": Variable(
        ("frame", "particle", "axis"), "i4", "1", "how often wrapped along the two lattice vectors", compress=True
    ),
    "kinetic_temperature": Variable(
        ("frame",), "f8", "epsilon_AA k_B^-1", "temperature of the peculiar velocities", "T"
    ),
    "potential_energy": Variable(("frame",), "f8", "epsilon_AA", "potential energy per particle"),
    "shear_stress": Variable(("frame",), "f8", "epsilon_AA sigma_AA^-2", "shear stress"),
    "pressure": Variable(("frame",), "f8", "epsilon_AA sigma_AA^-2", "pressure"),
    # its inherent structure
    "inherent_energy": Variable(
        ("frame",), "f8", "epsilon_AA", "potential energy of the inherent structure, sum over all particles"
    ),
    "inherent_max_force": Variable(
        ("frame",), "f8", "epsilon_AA sigma_AA^-1", "largest |force component| in the inherent structure"
    ),
    "inherent_certified": Variable(
        ("frame",), "i1", "1", "1 where max_force is met and the Hessian is positive but for two translations, else 0"
    ),
    # Single precision moves a particle by 4e-6 at most: enough for neighbourhood, at half the size.
    "inherent_position": Variable(
        ("frame", "particle", "axis"),
        "f4",
        "sigma_AA",
        "position in the inherent structure, wrapped into the sheared cell",
        since=2,
    ),
    # its modes
    "eigenvalue": Variable(
        ("frame", "mode"),
        "f8",
        "epsilon_AA sigma_AA^-2",
        "rising eigenvalues of the dynamical matrix, the two translations left out",
        "ω²",
    ),
    "participation_ratio": Variable(("frame", "mode"), "f8", "1", "participation ratio of the mode", "p"),
    "mode_residual": Variable(
        ("frame", "mode"), "f8", "epsilon_AA sigma_AA^-2", "residual |H e - ω² e| of the normalised mode (masses are 1)"
    ),
    "mode_particle": Variable(
        ("frame", "mode", "top_particle"), "i4", "1", "ids of the particles with the largest |e_i|", compress=True
    ),
    # maps
    "soft_spot": Variable(
        ("frame", "particle"),
        "i4",
        "1",
        "number of the soft spot within the frame that holds the particle, -1 outside",
        "S_i",
        compress=True,
    ),
    "d2min": Variable(
        ("frame", "particle"), "f8", "sigma_AA^2", "plastic activity from this frame's time on", "D²_min,i"
    ),
    # cost
    "wall_time": Variable(("frame", "stage"), "f8", "s", "wall time of the stage"),
}
