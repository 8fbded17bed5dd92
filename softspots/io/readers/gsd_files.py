"""GSD files of HOOMD-blue, and `gsd.hoomd.Frame`."""

from __future__ import annotations

import os
from os import PathLike
from typing import Any

import numpy as np

from softspots.exceptions import DamagedFileError, InputError
from softspots.extras import load_extra
from softspots.io.marks import CELL, IDS, PARTICLES, SIZE, STRAIN, TIME
from softspots.io.readers.snapshot import Snapshot, Source
from softspots.io.unchanged import Unchanged

# Bytes of a position, which are in the file at least once.
PER_PARTICLE = 12


class GSDFile(Source):
    """A trajectory that the library reads, with random access to its frames."""

    def __init__(self, path: str | PathLike[str]) -> None:
        self.name = str(path)
        self.unchanged = Unchanged(path)
        self._trajectory = load_extra("gsd.hoomd").open(self.name, "r")

    def __len__(self) -> int:
        return len(self._trajectory)

    def snapshot(self, index: int) -> Snapshot:
        file, counted = self._trajectory.file, "particles/N"
        there = next((frame for frame in (index, 0) if file.chunk_exists(frame=frame, name=counted)), None)
        count = 0 if there is None else int(file.read_chunk(frame=there, name=counted)[0])
        # The library makes room for whatever a damaged file says.
        if count * PER_PARTICLE > os.path.getsize(self.name):
            raise DamagedFileError(f"there are to be {count} particles, more than the file can hold")
        try:
            return frame_snapshot(self._trajectory[index])
        except MemoryError as error:
            raise DamagedFileError(f"it asks for more memory than there is: {error}") from error


class GSDFrames(Source):
    """Objects `gsd.hoomd.Frame`."""

    name, fault = "gsd.hoomd.Frame", InputError

    def __init__(self, frames: Any) -> None:
        self._frames = frames

    def __len__(self) -> int:
        return len(self._frames)

    def snapshot(self, index: int) -> Snapshot:
        frame = self._frames[index]
        # It fills in what was not given.
        frame.validate()
        return frame_snapshot(frame)


def frame_snapshot(frame: Any) -> Snapshot:
    """The snapshot of a `gsd.hoomd.Frame`, whose box is centred on zero; its tilts are in parts of the sides."""
    particles, configuration = frame.particles, frame.configuration
    if particles.position is None or configuration.box is None:
        raise InputError("there are no positions, or no box")
    flat = configuration.dimensions == 2
    cell = hoomd_cell(configuration.box)
    if flat:
        cell = cell[:2, :2]
    logged = frame.log or {}
    ours = TIME in logged
    if ours:
        cell = np.array(logged[CELL])
    names = np.array(particles.types or ["A"])
    # One is what stands for no diameters.
    some = particles.diameter is not None and (np.asarray(particles.diameter) != 1).any()
    sizes = {"diameter": np.asarray(particles.diameter)} if some else {}
    if PARTICLES + SIZE in logged:
        sizes = {SIZE: logged[PARTICLES + SIZE]}
    strain = float(logged[STRAIN][0]) if ours else np.nan
    return Snapshot(
        positions=np.asarray(particles.position, dtype=float),
        cell=cell,
        origin=-cell.sum(axis=0) / 2,
        planar="the file says so" if flat else None,
        types=names[np.asarray(particles.typeid)],
        columns={"mass": particles.mass} | sizes,
        types_are_species=ours,
        # They are kept in the order of their tags.
        ids=logged.get(IDS, np.arange(len(particles.position))),
        images=particles.image,
        step=int(configuration.step or 0),
        time=float(logged[TIME][0]) if ours else None,
        strain=None if np.isnan(strain) else strain,
        velocities=None if particles.velocity is None else np.asarray(particles.velocity, dtype=float),
    )


def hoomd_cell(box: Any) -> np.ndarray:
    """Lattice vectors as rows from lengths and tilts xy, xz, yz, which are multiplied by L_y, L_z, L_z."""
    x, y, z, xy, xz, yz = np.asarray(box, dtype=float)
    return np.array([[x, 0, 0], [xy * y, y, 0], [xz * z, yz * z, z]])
