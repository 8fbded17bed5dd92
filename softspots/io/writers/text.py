"""Text files, plain or packed: extended XYZ and LAMMPS' dumps. All numbers have as many digits as they need."""

from __future__ import annotations

import contextlib
import gzip
import io
from collections.abc import Iterator
from os import PathLike
from typing import Any, Self, TextIO

import numpy as np

from softspots.extras import load_extra
from softspots.frame import Frame
from softspots.io.marks import IMAGE, SIZE, SOFTWARE
from softspots.io.writers.columns import cell_in_space, in_space, numbered_types

# Of the cell in two dimensions, as in our trajectories and as LAMMPS has it.
HEIGHT, SLAB = 10.0, 1.0
# The fewest digits that are this number and no other one.
DIGITS = "%r"
# Rows that are turned into numbers of Python at once, which take several times the memory of arrays.
BLOCK = 10_000


class TextWriter:
    """A context manager to which frames are written one by one."""

    def __init__(self, path: str | PathLike[str]) -> None:
        self._path, self._index = path, 0

    def __enter__(self) -> Self:
        self._stack = contextlib.ExitStack()
        self._file = self._stack.enter_context(_packing(self._path))
        return self

    def __exit__(self, *exception: Any) -> None:
        return self._stack.__exit__(*exception)

    def write(self, frame: Frame, columns: dict[str, np.ndarray], step: int | None) -> None:
        """Write a frame with its columns, checked ones, and the number of its time step, where that is known."""
        self._write(frame, columns, step)
        self._index += 1

    def _write(self, frame, columns, step):
        raise NotImplementedError


class ExtendedXYZ(TextWriter):
    """Extended XYZ as OVITO and ASE read it; time and strain are in the comment."""

    def _write(self, frame, columns, step):
        words, types = numbered_types(frame)
        own = {"species": words[types], "pos": in_space(frame.positions)}
        if frame.ids is not None:
            own["id"] = frame.ids
        if frame.sizes is not None:
            own |= {"radius": frame.sizes / 2, SIZE: frame.sizes}
        if frame.images is not None:
            own[IMAGE] = in_space(frame.images)
        columns = own | columns
        lattice = _numbers(cell_in_space(frame, HEIGHT).ravel())
        properties = ":".join(f"{name}:{_letter(one)}:{one[0].size}" for name, one in columns.items())
        strain = f" strain={DIGITS % frame.box.strain}" if frame.box.has_history else ""
        self._file.write(
            f'{len(frame)}\nLattice="{lattice}" Properties={properties} time={DIGITS % frame.time}{strain} '
            f'software={SOFTWARE} pbc="T T {"FT"[frame.dimension == 3]}"\n'
        )
        _write_rows(self._file, columns.values())


class LammpsDump(TextWriter):
    """LAMMPS' text dump, in its restricted triclinic boxes; columns of several numbers are ``name[1] name[2] …``.

    Where times are numbers of steps they are those of the steps, and no times beside them.
    """

    def _write(self, frame, columns, step):
        cell = cell_in_space(frame, SLAB)
        low, high = np.minimum(0, cell).sum(axis=0), np.maximum(0, cell).sum(axis=0)
        if frame.dimension == 2:
            low[2], high[2] = -SLAB / 2, SLAB / 2
        bounds = "\n".join(map(_numbers, np.column_stack((low, high, cell[[1, 2, 2], [0, 0, 1]]))))
        words, types = numbered_types(frame)
        own = {
            "id": np.arange(1, len(frame) + 1) if frame.ids is None else frame.ids,
            "type": types + 1,
            "element": words[types],
            **dict(zip("xyz", in_space(frame.positions).T, strict=True)),
        }
        if frame.images is not None:
            own |= dict(zip(("ix", "iy", "iz"), in_space(frame.images).T, strict=True))
        if frame.sizes is not None:
            own |= {"radius": frame.sizes / 2, SIZE: frame.sizes}
        for name, values in columns.items():
            parts = [values] if values.ndim == 1 else values.T
            names = [name] if values.ndim == 1 else [f"{name}[{number}]" for number in range(1, len(parts) + 1)]
            own |= dict(zip(names, parts, strict=True))
        moment = f"ITEM: TIME\n{DIGITS % frame.time}\nITEM: TIMESTEP\n{self._index}\n"
        if step is not None:
            moment = f"ITEM: TIMESTEP\n{step}\n"
        self._file.write(
            f"{moment}ITEM: NUMBER OF ATOMS\n{len(frame)}\n"
            f"ITEM: BOX BOUNDS xy xz yz pp pp pp\n{bounds}\nITEM: ATOMS {' '.join(own)}\n"
        )
        _write_rows(self._file, own.values())


def _numbers(values) -> str:
    return " ".join(DIGITS % one for one in values.tolist())


def _letter(values) -> str:
    return {"U": "S", "f": "R"}.get(values.dtype.kind, "I")


def _write_rows(file, columns) -> None:
    parts = [part for one in columns for part in (one[:, None] if one.ndim == 1 else one).T]
    kinds = {"U": "%s", "f": DIGITS}
    row = " ".join(kinds.get(part.dtype.kind, "%d") for part in parts) + "\n"
    for start in range(0, len(parts[0]), BLOCK):
        rows = zip(*(part[start : start + BLOCK].tolist() for part in parts), strict=True)
        file.writelines(row % values for values in rows)


@contextlib.contextmanager
def _packing(path) -> Iterator[TextIO]:
    """A text file that is packed as its name says."""
    name = str(path)
    with contextlib.ExitStack() as stack:
        file = stack.enter_context(open(path, "wb"))
        if name.endswith(".gz"):
            # Nothing of the time or the name, so that the same frames give the same file.
            file = stack.enter_context(gzip.GzipFile(fileobj=file, mode="wb", filename="", mtime=0, compresslevel=6))
        elif name.endswith(".zst"):
            file = stack.enter_context(load_extra("zstandard").ZstdCompressor().stream_writer(file))
        yield stack.enter_context(io.TextIOWrapper(file, encoding="utf-8", newline="\n"))
