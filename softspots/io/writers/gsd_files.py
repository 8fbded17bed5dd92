"""GSD files of HOOMD-blue, by its library."""

from __future__ import annotations

from os import PathLike
from typing import Any, Self

import numpy as np

from softspots.extras import load_extra
from softspots.frame import Frame
from softspots.io.marks import CELL, IDS, PARTICLES, SIZE, STRAIN, TIME
from softspots.io.writers.columns import in_space, numbered_types


class GSDWriter:
    """A context manager to which frames are written one by one; positions and boxes are in single precision there."""

    def __init__(self, path: str | PathLike[str]) -> None:
        self._library = load_extra("gsd.hoomd")
        self._path, self._index = path, 0

    def __enter__(self) -> Self:
        self._file = self._library.open(str(self._path), "w")
        return self

    def __exit__(self, *exception: Any) -> None:
        self._file.close()

    def write(self, frame: Frame, columns: dict[str, np.ndarray], step: int | None) -> None:
        """Write a frame with its columns, checked ones, and the number of its time step, where that is known."""
        flat = frame.dimension == 2
        made, box = self._library.Frame(), frame.box
        made.configuration.step = self._index if step is None else step
        made.configuration.dimensions = frame.dimension
        lengths = np.array([*box.lengths, *[1.0] * flat])
        tilts = np.array([*box.tilts, *[0.0, 0.0] * flat])
        # In parts of the side along which the next particles of the lattice lie; the box is centred on zero.
        made.configuration.box = [*lengths, *tilts / lengths[[1, 2, 2]]]
        # Within the parallelepiped, as HOOMD-blue has it.
        crossed = np.floor(frame.positions @ np.linalg.inv(box.vectors)).astype(np.int64)
        wrapped = frame.positions - crossed @ box.vectors
        made.particles.N = len(frame)
        made.particles.position = in_space(wrapped - box.vectors.sum(axis=0) / 2)
        if frame.images is not None:
            made.particles.image = in_space(frame.images + crossed)
        words, made.particles.typeid = numbered_types(frame)
        made.particles.types = words.tolist()
        if frame.sizes is not None:
            made.particles.diameter = frame.sizes
        # What is logged in the first frame holds for later ones without it, so a strain that is not known is NaN.
        strain = box.strain if box.has_history else np.nan
        made.log = {PARTICLES + name: values for name, values in columns.items()}
        made.log |= {TIME: np.array([frame.time]), STRAIN: np.array([strain]), CELL: box.vectors}
        if frame.sizes is not None:
            made.log[PARTICLES + SIZE] = frame.sizes
        if frame.ids is not None:
            made.log[IDS] = frame.ids
        self._file.append(made)
        self._index += 1
