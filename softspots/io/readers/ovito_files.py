"""What OVITO reads: LAMMPS' dumps and data files, and all kinds of XYZ; and its `DataCollection` itself."""

from __future__ import annotations

import contextlib
import os
import re
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from os import PathLike
from typing import Any, BinaryIO

import numpy as np

from softspots.exceptions import DamagedFileError, InputError
from softspots.extras import load_extra
from softspots.io.marks import IMAGE as IMAGE_OF_OURS
from softspots.io.marks import is_ours, strain_of
from softspots.io.readers.packed import require_ending, text
from softspots.io.readers.snapshot import Snapshot, Source
from softspots.io.readers.walks import NO_NEWLINE, Walk, dump_cell, walk_data, walk_dump, walk_xyz
from softspots.io.readers.xyz_comments import Comment
from softspots.io.unchanged import Unchanged

POSITION, TYPE, ID, IMAGE = "Position", "Particle Type", "Particle Identifier", "Periodic Image"
VELOCITY = "Velocity"
# What OVITO prints of a file that ends in the middle of a frame; it leaves this frame out.
CUT = re.compile(r'aborted prematurely .*?due to an error: "(.*?)"', re.DOTALL)
# Two numbers in a header that are meant to be the same.
SAME = 1e-9
# LAMMPS counts no further; OVITO makes large numbers of negative ones.
LAST_STEP = 2**63 - 1


class OvitoFile(Source):
    """A file that OVITO reads, with random access to its frames; compressed ones too."""

    # What goes through its lines first, and counts its frames where there may be several.
    walk: Callable[[BinaryIO], Walk | None]

    def __init__(self, path: str | PathLike[str], **parameters: Any) -> None:
        self.name = str(path)
        self.unchanged = Unchanged(path)
        load = load_extra("ovito.io").import_file
        _require_unforked()
        require_ending(path)
        with text(path) as lines:
            self._walk = self.walk(lines)
        unended = self._walk is not None and self._walk.unended
        if unended and not self._walk.frames:
            raise DamagedFileError(NO_NEWLINE)
        with _complaints() as told:
            # A star would stand for several files.
            if "*" in self.name:
                raise InputError(f"{path}: names with a * are those of several files to OVITO; rename it")
            self._pipeline = load(self.name, **parameters)
            self._length = self._pipeline.source.num_frames
        if unended:
            # OVITO counts the last frame as well, unless it cannot make out where it ends.
            self._length = min(self._length, self._walk.frames)
        found = CUT.search(told[0])
        if unended or found:
            self.say_cut_short(NO_NEWLINE if unended else " ".join(found[1].split()))
        if self._walk is not None and self._walk.frames > self._length:
            raise DamagedFileError(
                f"there are {self._walk.frames} frames, and OVITO finds {self._length}; of a file that is packed in "
                "parts it reads the first: pack it as one"
            )

    def __len__(self) -> int:
        return self._length

    def snapshot(self, index: int) -> Snapshot:
        return collection_snapshot(self._computed(index))

    def _computed(self, index: int):
        _require_unforked()
        return self._pipeline.compute(index)


class LammpsData(OvitoFile):
    """A data file of LAMMPS."""

    walk = staticmethod(walk_data)

    def __init__(self, path: str | PathLike[str]) -> None:
        super().__init__(path, input_format="lammps/data")


class ExtendedXYZ(OvitoFile):
    """Extended XYZ."""

    walk = staticmethod(walk_xyz)

    def __init__(self, path: str | PathLike[str]) -> None:
        super().__init__(path, input_format="xyz")


class LammpsDump(OvitoFile):
    """A text dump of LAMMPS.

    Parameters
    ----------
    path : str or path-like
    head : str
        The beginning of the file.
    bounds : {None, "bounding box", "box"}
        What the header's bounds of a tilted box are those of.
    """

    walk = staticmethod(walk_dump)

    def __init__(self, path: str | PathLike[str], head: str, bounds: str | None = None) -> None:
        super().__init__(path, input_format="lammps/dump")
        header = re.search(r"^ITEM: BOX BOUNDS(.*)$", head, re.MULTILINE)
        words = header[1].split() if header else []
        self._general = words[:1] == ["abc"]
        if not set(words) - {"xy", "xz", "yz"}:
            self.notes = (*self.notes, "the header does not say that the box is periodic; it is taken to be")
        columns = re.search(r"^ITEM: ATOMS(.*)$", head, re.MULTILINE)
        names = columns[1].split() if columns else []
        # Where both are there, OVITO takes those that come first.
        first = next((name for name in names if name in ("x", "xs", "xu", "xsu")), "x")
        self._unwrapped = first.endswith("u")
        self._bounds = bounds or "bounding box"
        if bounds is None and self._fixed_bounds():
            raise InputError(
                f"{path}: the bounds in the header stay the same while the box is tilted further; they may be those of "
                "the box and not, as LAMMPS has it, of a box around it: say bounds='box' or bounds='bounding box'"
            )

    def snapshot(self, index: int) -> Snapshot:
        found = replace(super().snapshot(index), unwrapped=self._unwrapped)
        if self._bounds == "box" and found.cell is not None:
            low, sides = _bounding(found)
            cell = found.cell.copy()
            np.fill_diagonal(cell, sides)
            found = replace(found, cell=cell, origin=low)
        if not self._general and found.cell is not None and (np.diag(found.cell) < 0).any():
            sides = " × ".join(f"{side:.4g}" for side in np.diag(found.cell))
            raise InputError(
                f"the bounds in the header leave a box of {sides}: they have to rise, and to be those of a box around "
                "the tilted one, where bounds='box' does not say that they are its own"
            )
        return found

    def outline(self, index: int) -> Snapshot | None:
        found = dump_cell(self._walk.boxes[index], self._bounds == "bounding box")
        return None if found is None else Snapshot(positions=np.zeros((0, 3)), cell=found[0], origin=found[1])

    def _fixed_bounds(self) -> bool:
        """Whether the tilt changes from the first frame to the middle or last one, and bounds around it do not."""
        first = self.snapshot(0)
        for index in {len(self) // 2, len(self) - 1} - {0}:
            other = self.snapshot(index)
            tilts = [abs(one.cell[1, 0]) for one in (first, other)]
            sides = [_bounding(one)[1][0] for one in (first, other)]
            if abs(tilts[0] - tilts[1]) > SAME * sides[0] and abs(sides[0] - sides[1]) < SAME * sides[0]:
                return True
        return False


class CommentedXYZ(OvitoFile):
    """An XYZ file of atooms or RUMD, whose comments have the box and say what stands in the columns."""

    walk = staticmethod(walk_xyz)

    def __init__(self, path: str | PathLike[str], head: str) -> None:
        comment, row = head.splitlines()[1:3]
        self._count = len(row.split())
        self._columns = Comment(comment).columns(self._count)
        super().__init__(path, input_format="xyz", columns=self._columns)

    def snapshot(self, index: int) -> Snapshot:
        data = self._computed(index)
        comment = Comment(data.attributes["Comment"])
        if comment.columns(self._count) != self._columns:
            raise InputError("the comment speaks of other columns than that of the first frame")
        sides = comment.sides
        found = collection_snapshot(data)
        if comment.dimension == 2:
            found = replace(found, positions=found.positions[:, :2])
        return replace(
            found,
            cell=None if sides is None else np.diag(sides),
            # Both have the box centred on zero.
            origin=0.0 if sides is None else -np.array(sides) / 2,
            step=index if comment.step is None else comment.step,
            time=comment.time,
            unwrapped=comment.unwrapped,
        )


class Collections(Source):
    """OVITO's `DataCollection` objects."""

    name, fault = "DataCollection", InputError

    def __init__(self, collections: Any) -> None:
        self._collections = collections

    def __len__(self) -> int:
        return len(self._collections)

    def snapshot(self, index: int) -> Snapshot:
        return replace(collection_snapshot(self._collections[index]), step=index)


def collection_snapshot(data: Any) -> Snapshot:
    """The snapshot of a `DataCollection`."""
    particles = data.particles
    if particles is None or POSITION not in particles:
        raise InputError("there are no particles with positions")
    arrays = {
        name: np.array(particles[name]) if name in particles else None for name in (POSITION, ID, IMAGE, VELOCITY)
    }
    cell, attributes = data.cell, data.attributes
    # Of our frames, those in two dimensions are the ones that are not periodic along z.
    flat = cell is not None and (cell.is2D or (is_ours(attributes) and not cell.pbc[2]))
    if is_ours(attributes) and IMAGE_OF_OURS in particles:
        arrays[IMAGE] = np.array(particles[IMAGE_OF_OURS])
    time = next((attributes[name] for name in ("Time", "time") if name in attributes), None)
    return Snapshot(
        positions=arrays[POSITION],
        cell=None if cell is None else np.array(cell[:3, :3].T),
        origin=0.0 if cell is None else np.array(cell[:3, 3]),
        periodic=(True,) * 3 if cell is None else tuple(map(bool, cell.pbc)),
        planar="the box has no z" if flat else None,
        types=_types(particles),
        types_are_species=is_ours(attributes),
        columns=particles,
        ids=arrays[ID],
        images=arrays[IMAGE],
        step=_step(attributes),
        time=None if time is None else float(time),
        strain=strain_of(attributes),
        velocities=arrays[VELOCITY],
    )


def _step(attributes) -> int:
    step = int(attributes.get("Timestep", attributes.get("SourceFrame", 0)))
    if step > LAST_STEP:
        raise DamagedFileError("the number of the time step is negative, or has more than 63 bits")
    return step


def _types(particles) -> np.ndarray | None:
    """The names of the types, or their numbers where they have no names."""
    if TYPE not in particles:
        return None
    kinds = particles[TYPE]
    numbers = np.array(kinds)
    names = {kind.id: kind.name for kind in kinds.types}
    if not any(names.values()):
        return numbers
    distinct, where = np.unique(numbers, return_inverse=True)
    return np.array([names.get(one) or str(one) for one in distinct.tolist()])[where]


def _bounding(found: Snapshot) -> tuple[np.ndarray, np.ndarray]:
    """The corner and the sides of the box around a tilted one, as the header of a dump has them."""
    low = np.minimum(0, found.cell).sum(axis=0)
    high = np.maximum(0, found.cell).sum(axis=0)
    return found.origin + low, high - low


@cache
def _first_process() -> int:
    """The process in which OVITO has been used first, also for those that are forked from it."""
    return os.getpid()


def _require_unforked() -> None:
    if _first_process() != os.getpid():
        raise InputError(
            "OVITO was used before this process was forked, and would wait for threads that are not here: start "
            "processes by 'spawn', or read in them only"
        )


@contextlib.contextmanager
def _complaints() -> Iterator[list[str]]:
    """What is printed to standard error meanwhile, which is the only place where OVITO tells of a file cut short."""
    told = [""]
    sys.stderr.flush()
    try:
        standard_error = os.dup(2)
    except OSError:
        yield told
        return
    with tempfile.TemporaryFile() as file:
        os.dup2(file.fileno(), 2)
        try:
            yield told
        finally:
            os.dup2(standard_error, 2)
            os.close(standard_error)
            file.seek(0)
            told[0] = file.read().decode(errors="replace")
