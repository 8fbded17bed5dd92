"""Text files of frames, gone through line by line before OVITO reads them, which passes over what does not fit."""

from __future__ import annotations

import re
from itertools import islice
from typing import BinaryIO

from softspots.exceptions import DamagedFileError, InputError

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


def walk_dump(lines: BinaryIO) -> int:
    """Go through a text dump of LAMMPS, as far as it can be understood; OVITO has words for all else.

    Returns
    -------
    int
        How many whole frames there are.

    Raises
    ------
    DamagedFileError
        If there are other rows than a header says, or what should be numbers are none.
    InputError
        If frames have different columns.
    """
    frames, columns, count, place, after = 0, None, None, 0, False
    for line in lines:
        place += 1
        if line.startswith(b"ITEM: NUMBER OF ATOMS"):
            count = _whole(next(lines, b""))
            place += 1
        elif line.startswith(b"ITEM: ATOMS") and count is not None:
            names = line.split()[2:]
            if columns not in (None, {*names}):
                raise InputError(
                    f"frame {frames} has the columns {_shown(line[12:])}, and the first one others; frames of the same "
                    "columns are needed"
                )
            columns, rows = {*names}, [*islice(lines, count)]
            if len(rows) < count:
                break
            if not frames:
                _require_numbers(rows, names, place)
            frames += 1
            place, after = place + count, True
            continue
        elif after and line.strip() and not line.startswith(b"ITEM:"):
            raise DamagedFileError(
                f"line {place} is {_shown(line)}; there are to be {count} particles, and then a header, ITEM: …"
            )
        after = after and not line.strip()
    drain(lines)
    return frames


def walk_xyz(lines: BinaryIO) -> int:
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
        rows = [*islice(lines, count + 1)]
        if len(rows) < count + 1:
            break
        for number, row in enumerate(rows[1:ROWS] if not frames else [], place + 2):
            if wrong := next(filter(HALF_READ.match, row.split()), None):
                raise DamagedFileError(f"line {number}: {_shown(wrong)} is no number")
        frames += 1
        place += count + 1
    drain(lines)
    return frames


def drain(lines: BinaryIO) -> None:
    """Read all lines, so that each is looked at."""
    for _ in lines:
        pass


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
