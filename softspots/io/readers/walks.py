"""Text files of frames, gone through line by line before OVITO reads them, which passes over what does not fit."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice
from typing import BinaryIO

import numpy as np

from softspots.exceptions import DamagedFileError, InputError

# Bytes that are passed at once, and lines from which on that is faster than one by one.
BLOCK, MANY = 1 << 20, 1000
# Rows of the first frame in which numbers are looked at: writers make all of them alike.
ROWS = 100
WHOLE, REAL = re.compile(rb"[+-]?\d+$"), re.compile(rb"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$")
# What is no number in a row may yet be one to C's libraries.
NO_NUMBER = re.compile(rb"[+-]?(nan|inf|infinity)$", re.IGNORECASE)
# Numbers of Fortran, with a decimal comma, and of base 16, of which OVITO reads the beginning.
HALF_READ = re.compile(rb"[+-]?(\d+\.?\d*|\.\d+)([dD][+-]?\d+|,\d+([eE][+-]?\d+)?)$|[+-]?0[xX][0-9a-fA-F]")
# Kinds of columns of a dump: those of a coordinate along an axis, and those with whole numbers.
COORDINATES = ("{}", "{}s", "{}u", "{}su")
WHOLE_COLUMNS = ("id", "ix", "iy", "iz")


@dataclass(frozen=True)
class Walk:
    """What a file holds: how many whole frames and, of a dump, the lines of each one's box."""

    frames: int
    boxes: tuple[bytes, ...] = ()


def walk_dump(lines: BinaryIO) -> Walk:
    """Go through a text dump of LAMMPS, as far as it can be understood; OVITO has words for all else.

    Raises
    ------
    DamagedFileError
        If there are other rows than a header says, or what should be numbers are none.
    InputError
        If frames have different columns.
    """
    boxes, columns, count, place, after = [], None, None, 0, False
    # Most frames of a file have the box of another one.
    box, known = b"", {}
    for line in lines:
        place += 1
        if line.startswith(b"ITEM: NUMBER OF ATOMS"):
            count = _whole(next(lines, b""))
            place += 1
        elif line.startswith(b"ITEM: BOX BOUNDS"):
            bounds = [*islice(lines, 3)]
            box, place = line + b"".join(bounds), place + len(bounds)
        elif line.startswith(b"ITEM: ATOMS") and count is not None:
            names = line.split()[2:]
            if columns not in (None, {*names}):
                raise InputError(
                    f"frame {len(boxes)} has the columns {_shown(line[12:])}, and the first one others; frames of the "
                    "same columns are needed"
                )
            columns, rows = {*names}, [*islice(lines, count if not boxes else 0)]
            if len(rows) + _skipped(lines, count - len(rows)) < count:
                break
            if not boxes:
                _require_numbers(rows, names, place)
            boxes.append(known.setdefault(box, box))
            place, after = place + count, True
            continue
        elif after and line.strip() and not line.startswith(b"ITEM:"):
            raise DamagedFileError(
                f"line {place} is {_shown(line)}; there are to be {count} particles, and then a header, ITEM: …"
            )
        after = after and not line.strip()
    drain(lines)
    return Walk(len(boxes), tuple(boxes))


def walk_xyz(lines: BinaryIO) -> Walk:
    """Go through XYZ of any kind, as `walk_dump` does.

    Raises
    ------
    DamagedFileError
        If a frame does not begin with the number of its particles, or numbers are written as OVITO cannot read them.
    """
    frames, place = 0, 0
    for line in lines:
        place += 1
        if not line.strip():
            continue
        count = _whole(line)
        if count is None:
            raise DamagedFileError(
                f"line {place} is {_shown(line)}; the number of particles of a frame is needed there"
            )
        rows = [*islice(lines, 0 if frames else count + 1)]
        if len(rows) + _skipped(lines, count + 1 - len(rows)) < count + 1:
            break
        for number, row in enumerate(rows[1:ROWS], place + 2):
            if wrong := next(filter(HALF_READ.match, row.split()), None):
                raise DamagedFileError(f"line {number}: {_shown(wrong)} is no number")
        frames += 1
        place += count + 1
    drain(lines)
    return Walk(frames)


def drain(lines: BinaryIO) -> None:
    """Read to the end, so that all is looked at."""
    while lines.read(BLOCK):
        pass


def dump_cell(box: bytes, around: bool) -> tuple[np.ndarray, np.ndarray] | None:
    """Lattice vectors as rows, and their origin, of the lines of a dump's box; None if they cannot be understood.

    Parameters
    ----------
    box : bytes
        As `walk_dump` has it.
    around : bool
        Whether the bounds are those of a box around the tilted one.
    """
    header, *rows = box.splitlines()
    try:
        numbers = np.array([row.split() for row in rows], dtype=float)
    except ValueError:
        return None
    if numbers.shape == (3, 4) and b"abc" in header:
        return numbers[:, :3], numbers[:, 3]
    tilted = b"xy xz yz" in header
    if numbers.shape != (3, 3 if tilted else 2):
        return None
    cell, low, high = np.zeros((3, 3)), numbers[:, 0], numbers[:, 1]
    if tilted:
        cell[[1, 2, 2], [0, 0, 1]] = numbers[:, 2]
        if around:
            low, high = low - np.minimum(0, cell).sum(axis=0), high - np.maximum(0, cell).sum(axis=0)
    np.fill_diagonal(cell, high - low)
    return cell, low


def _skipped(lines, count: int) -> int:
    """Pass so many lines; how many there were."""
    left = count
    while left > MANY:
        block = lines.peek()
        here = block.count(b"\n")
        if not block or here >= left:
            break
        left -= here
        # The beginning of a line whose end is not there yet is passed too: it is one of those that are left.
        lines.read(len(block))
    return count - left + sum(1 for _ in islice(lines, left))


def _whole(line: bytes) -> int | None:
    word = line.strip()
    return int(word) if word.isdigit() and len(word) < 19 else None


def _shown(line: bytes) -> str:
    return repr(line[:60].decode(errors="replace").strip())


def _require_numbers(rows: list[bytes], names: list[bytes], place: int) -> None:
    """Refuse columns that make no coordinates of one kind, and words of which OVITO would read the beginning."""
    known = [name.decode(errors="replace") for name in names]
    first = next((name for name in known if name in [kind.format("x") for kind in COORDINATES]), None)
    if first is None:
        return
    wanted = [first.replace("x", axis, 1) for axis in "xyz"]
    other = [kind.format("z") for kind in COORDINATES]
    if not {*wanted[:2]} <= {*known} or (wanted[2] not in known and {*other} & {*known}):
        raise InputError(
            f"the columns are {' '.join(known)}; coordinates of one kind are needed, {' '.join(wanted)}, in two "
            "dimensions without the last"
        )
    patterns = {known.index(name): WHOLE for name in WHOLE_COLUMNS if name in known}
    patterns |= {known.index(name): REAL for name in wanted if name in known}
    for number, row in enumerate(rows[:ROWS], place + 1):
        words = row.split()
        for column, pattern in patterns.items():
            if column < len(words) and not pattern.match(words[column]) and not NO_NUMBER.match(words[column]):
                kind = "number" if pattern is REAL else "whole number"
                raise DamagedFileError(f"line {number}: {known[column]} is {_shown(words[column])}, which is no {kind}")
