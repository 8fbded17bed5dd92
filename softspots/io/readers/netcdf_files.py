"""NetCDF files: our own results and trajectories, the AMBER convention, and packings of spheres."""

from __future__ import annotations

from os import PathLike

import numpy as np

from softspots.exceptions import InputError
from softspots.io.netcdf import NetCDFReader
from softspots.io.readers.snapshot import Snapshot, Source, snapshot_of
from softspots.io.results import read_results
from softspots.io.trajectory import Trajectory, cell_box
from softspots.io.unchanged import Unchanged

# What writers of the convention call the particles' types and numbers.
TYPES = ("atom_types", "type", "element")
IDS = ("id", "identifier")
IMAGES = ("ix", "iy", "iz")
COORDINATES = ("coordinates", "unwrapped_coordinates")
VELOCITIES = "velocities"
# Positions in units of the box, as one vector of all components; radii; the box.
PACKINGS = ("pos", "rad", "box")


class Results(Source):
    """Our own results file."""

    def __init__(self, path: str | PathLike[str]) -> None:
        self.name = str(path)
        self._results = read_results(path)

    def __len__(self) -> int:
        return len(self._results)

    def snapshot(self, index: int) -> Snapshot:
        return snapshot_of(self._results.frame(index))


class OwnTrajectory(Source):
    """Our own trajectory."""

    def __init__(self, path: str | PathLike[str]) -> None:
        self.name = str(path)
        self._trajectory = Trajectory(path)

    def __len__(self) -> int:
        return len(self._trajectory)

    def snapshot(self, index: int) -> Snapshot:
        return snapshot_of(self._trajectory.frame(index))


class NetCDFFile(Source):
    """A file of others that stays open."""

    def __init__(self, path: str | PathLike[str]) -> None:
        self.name = str(path)
        self.unchanged = Unchanged(path)
        self._file = NetCDFReader(path)


class Amber(NetCDFFile):
    """A trajectory in the AMBER convention, as MDAnalysis, LAMMPS and AMBER itself write it."""

    def __len__(self) -> int:
        return self._file.sizes.get("frame", 0)

    def snapshot(self, index: int) -> Snapshot:
        file = self._file
        name = next((name for name in COORDINATES if name in file.layout), None)
        if name is None:
            raise InputError("there are no coordinates")
        cell = None
        if "cell_lengths" in file.layout:
            lengths, angles = (
                np.asarray(file.read(one, index), dtype=float) for one in ("cell_lengths", "cell_angles")
            )
            cell = cell_box(lengths, angles, 3, None).vectors if lengths.any() else None
        time = float(file.read("time", index)) if "time" in file.layout else None
        return Snapshot(
            positions=np.asarray(file.read(name, index), dtype=float),
            cell=cell,
            origin=0.0
            if "cell_origin" not in file.layout
            else np.asarray(file.read("cell_origin", index), dtype=float),
            types=self._one_of(TYPES, index),
            ids=self._one_of(IDS, index),
            images=None
            if not {*IMAGES} <= file.layout.keys()
            else np.stack([self._one_of((one,), index) for one in IMAGES], 1),
            unwrapped=name == COORDINATES[1],
            step=index,
            time=time,
            velocities=self._one_of((VELOCITIES,), index),
        )

    def _one_of(self, names, index) -> np.ndarray | None:
        """The first variable of these that is there; what has no frames is the same in each."""
        for name in names:
            if name in self._file.layout:
                per_frame = self._file.layout[name][1][:1] == ("frame",)
                return np.asarray(self._file.read(name, index if per_frame else ...))
        return None


class Packings(NetCDFFile):
    """Packings of spheres, a record each; they differ in nothing but their places."""

    notes = ("records are frames; they are packings of their own, and not one motion",)

    def __len__(self) -> int:
        return self._file.sizes["rec"]

    def snapshot(self, index: int) -> Snapshot:
        positions, radii, box = (np.asarray(self._file.read(name, index), dtype=float) for name in PACKINGS)
        dimension = int(np.sqrt(box.size))
        cell = box.reshape(dimension, dimension)
        if np.any(cell != np.diag(np.diag(cell))):
            raise InputError("the box is tilted, and it is not known whether its rows or its columns are the vectors")
        return Snapshot(
            positions=positions.reshape(-1, dimension) @ cell,
            cell=cell,
            columns={"radius": radii},
            planar="the file has no z" if dimension == 2 else None,
            step=index,
        )


def netcdf_source(path: str | PathLike[str]) -> Source:
    """What kind of NetCDF file it is, by what is in it.

    Raises
    ------
    InputError
        If it is none of those that can be read.
    """
    with NetCDFReader(path) as file:
        attributes, layout = file.attributes, file.layout
    if attributes.get("software") == "softspots":
        return Results(path)
    if attributes.get("program") == "softspots":
        return OwnTrajectory(path)
    if "AMBER" in str(attributes.get("Conventions", "")):
        return Amber(path)
    if {*PACKINGS} <= layout.keys():
        return Packings(path)
    raise InputError(
        f"{path} is a NetCDF file of another kind: softspots reads its own, those in the AMBER convention, and "
        f"packings with the variables {', '.join(PACKINGS)}"
    )
