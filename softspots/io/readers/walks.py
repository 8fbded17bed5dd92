"""Text files of frames, gone through line by line before OVITO reads them, which passes over what does not fit."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Any, BinaryIO

import numpy as np

from softspots.exceptions import DamagedFileError, InputError

# Bytes that are passed at once, and lines from which on that is faster than one by one.
BLOCK, MANY = 1 << 20, 1000
# Rows of the first frame that are looked at whatever is in them; of all others those are in which a number may be read
# by half. Letters are found much faster than what is around them, and this from the letter on.
ROWS, LETTERS = 100, (b",", b"d", b"D", b"x", b"X")
SUSPECT = re.compile(rb"[dD,xX](?:(?<=[\d.][dD,])[-+\d]|(?<=0[xX]))")
WHOLE, REAL = re.compile(rb"[+-]?\d+$"), re.compile(rb"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$")
# What is no number in a row may yet be one to C's libraries.
NO_NUMBER = re.compile(rb"[+-]?(nan|inf|infinity)$", re.IGNORECASE)
# Numbers of Fortran, with a decimal comma, and of base 16, of which OVITO reads the beginning.
HALF_READ = re.compile(rb"[+-]?(\d+\.?\d*|\.\d+)([dD][+-]?\d+|,\d+([eE][+-]?\d+)?)$|[+-]?0[xX][0-9a-fA-F]")
# Kinds of columns of a dump: those of a coordinate along an axis, and those with whole numbers.
COORDINATES = ("{}", "{}s", "{}u", "{}su")
WHOLE_COLUMNS = ("id", "ix", "iy", "iz")
# Types have numbers or names; of one that begins as a number OVITO takes this. All of the first frame are looked at.
TYPES, NUMBER_OR_NAME = (b"type", b"element"), re.compile(rb"[+-]?\d+$|(?![+-]?\.?\d)")
# Sections of a data file that have a row for each particle.
PER_PARTICLE = (b"Atoms", b"Velocities")
NO_NEWLINE = "it does not end with a newline, as an interrupted copy does; if it is whole, add one"


@dataclass(frozen=True)
class Walk:
    """What a file holds: how many whole frames and, of a dump, the lines of each one's box.

    One more frame may be there whose last line does not end, so that its last number may be half of one.
    """

    frames: int
    boxes: tuple[bytes, ...] = ()
    unended: bool = False


def walk_dump(lines: BinaryIO) -> Walk:
    """Go through a text dump of LAMMPS, as far as it can be understood; OVITO has words for all else.

    Raises
    ------
    DamagedFileError
        If there are other rows than a header says, or what should be numbers are none.
    InputError
        If frames have different columns.
    """
    boxes, columns, count, place, after, unended = [], None, None, 0, False, False
    # Most frames of a file have the box of another one.
    box, known = b"", {}
    for line in lines:
        place += 1
        if line.startswith(b"ITEM: NUMBER OF ATOMS"):
            count = _whole(next(lines, b""))
            place += 1
        elif line.startswith(b"ITEM: TIMESTEP"):
            step, place = next(lines, b""), place + 1
            if step.strip() and not WHOLE.match(step.strip()):
                raise DamagedFileError(f"line {place}: the time step is {_shown(step)}, which is no whole number")
        elif line.startswith(b"ITEM: BOX BOUNDS"):
            bounds = [*islice(lines, 3)]
            _require_no_more(line, bounds, place)
            box, place = line + b"".join(bounds), place + len(bounds)
        elif line.startswith(b"ITEM: ATOMS") and count is not None:
            names = line.split()[2:]
            if columns not in (None, {*names}):
                raise InputError(
                    f"frame {len(boxes)} has the columns {_shown(line[12:])}, and the first one others; frames of the "
                    "same columns are needed"
                )
            columns, fault = {*names}, _fault_in_columns(names)
            types = next((slice(names.index(name), None, len(names)) for name in TYPES if name in names), None)
            if _passed(lines, count, place, fault, *((0, None) if boxes else (ROWS, types))) < count:
                break
            if unended := _unended(lines):
                break
            boxes.append(known.setdefault(box, box))
            place, after = place + count, True
            continue
        elif after and line.strip() and not line.startswith(b"ITEM:"):
            raise DamagedFileError(
                f"line {place} is {_shown(line)}; there are to be {count} particles, and then a header, ITEM: …"
            )
        after = after and not line.strip()
    drain(lines)
    return Walk(len(boxes), tuple(boxes), unended)


def walk_xyz(lines: BinaryIO) -> Walk:
    """Go through XYZ of any kind, as `walk_dump` does.

    Raises
    ------
    DamagedFileError
        If a frame does not begin with the number of its particles, or numbers are written as OVITO cannot read them.
    """
    frames, place, unended = 0, 0, False
    for line in lines:
        place += 1
        if not line.strip():
            continue
        count = _whole(line)
        if count is None:
            raise DamagedFileError(
                f"line {place} is {_shown(line)}; the number of particles of a frame is needed there"
            )
        next(lines, b"")
        if _passed(lines, count, place + 1, _fault_anywhere, 0 if frames else ROWS) < count:
            break
        if unended := _unended(lines):
            break
        frames += 1
        place += count + 1
    drain(lines)
    return Walk(frames, unended=unended)


def walk_data(lines: BinaryIO) -> None:
    """Go through a data file of LAMMPS, as `walk_dump` does: its box, and what it says of each particle.

    Raises
    ------
    DamagedFileError
        If there are other rows than the header says, numbers are written as OVITO cannot read them, or the last line
        does not end.
    """
    next(lines, b"")
    count, after, place = None, None, 1
    for line in lines:
        place += 1
        words = line.split(b"#")[0].split()
        if words[1:] == [b"atoms"]:
            count = _whole(words[0])
        elif words and words[0] in PER_PARTICLE and count is not None:
            # LAMMPS wants a blank line there.
            next(lines, b"")
            found = _passed(lines, count, place + 1, _fault_anywhere)
            place, after = place + 1 + count, words[0].decode()
            if found < count:
                raise DamagedFileError(f"it is cut short: of {count} particles under {after} there are {found}")
        elif after and words and not words[0][:1].isalpha():
            raise DamagedFileError(f"line {place} is {_shown(line)}; there are to be {count} particles under {after}")
        elif words and words[-1].endswith(b"hi") and (wrong := _fault_anywhere(words)):
            raise DamagedFileError(f"line {place}: {wrong}")
    if _unended(lines):
        raise DamagedFileError(NO_NEWLINE)


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
    # A damaged file may have none.
    header, *rows = box.splitlines() or [b""]
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


def _passed(
    lines: BinaryIO, count: int, place: int, fault: Callable[..., Any], first: int = 0, types: slice | None = None
) -> int:
    """Pass so many rows behind line ``place``; how many there were.

    Parameters
    ----------
    fault : callable
        From the words of a row to what is wrong with it, or None.
    first : int
        How many rows are looked at in any case; of the others those that have what numbers have not.
    types : slice, optional
        Which words of the rows are types that are looked at in any case.
    """
    rows = [*islice(lines, min(first, count))]
    done = len(rows)
    if done == min(first, count):
        _require_sound(rows, place, fault)
    while done < count:
        block = lines.peek()
        end, here = block.rfind(b"\n") + 1, block.count(b"\n")
        if count - done > MANY and 0 < here <= count - done:
            rows = lines.read(end)
        else:
            # Little is left of all, or of a block: its last line, whose end is not there yet.
            some = [*islice(lines, count - done if here else 1)]
            rows, here = b"".join(some), len(some)
        if not here:
            break
        suspect = any(letter in rows for letter in LETTERS) and SUSPECT.search(rows)
        if suspect or types and not all(map(NUMBER_OR_NAME.match, {*rows.split()[types]})):
            _require_sound(rows.split(b"\n"), place + done, fault)
        done += here
    return done


def _require_no_more(header: bytes, bounds: list[bytes], place: int) -> None:
    """Refuse numbers of a box that the header does not announce."""
    announced = 4 if b"abc" in header else 3 if b"xy xz yz" in header else 2
    for number, row in enumerate(bounds, place + 1):
        if len(row.split()) > announced and not row.startswith(b"ITEM:"):
            raise DamagedFileError(f"line {number} is {_shown(row)}; {announced} numbers of the box are to be there")


def _unended(lines: Any) -> bool:
    """Whether all is read, and the last line does not end."""
    return not lines.peek() and not lines.raw.ended


def _require_sound(rows: Iterable[bytes], place: int, fault: Callable[..., Any]) -> None:
    for number, row in enumerate(rows, place + 1):
        if wrong := fault(row.split(b"#")[0].split()):
            raise DamagedFileError(f"line {number}: {wrong}")


def _fault_anywhere(words: list[bytes]) -> str | None:
    wrong = next(filter(HALF_READ.match, words), None)
    return wrong and f"{_shown(wrong)} is no number"


def _whole(line: bytes) -> int | None:
    word = line.strip()
    return int(word) if word.isdigit() and len(word) < 19 else None


def _shown(line: bytes) -> str:
    return repr(line[:60].decode(errors="replace").strip())


def _fault_in_columns(names: list[bytes]) -> Callable[..., Any]:
    """What tells of the words of a row which of them, below these names, OVITO would read the beginning of.

    Raises
    ------
    InputError
        If the columns make no coordinates of one kind.
    """
    known = [name.decode(errors="replace") for name in names]
    first = next((name for name in known if name in [kind.format("x") for kind in COORDINATES]), None)
    if first is None:
        return lambda words: None
    wanted = [first.replace("x", axis, 1) for axis in "xyz"]
    other = [kind.format("z") for kind in COORDINATES]
    if not {*wanted[:2]} <= {*known} or (wanted[2] not in known and {*other} & {*known}):
        raise InputError(
            f"the columns are {' '.join(known)}; coordinates of one kind are needed, {' '.join(wanted)}, in two "
            "dimensions without the last"
        )
    patterns = {known.index(name): WHOLE for name in WHOLE_COLUMNS if name in known}
    patterns |= {known.index(name): REAL for name in wanted if name in known}
    patterns |= {names.index(name): NUMBER_OR_NAME for name in TYPES if name in names}

    def fault(words):
        for column, pattern in patterns.items():
            if column < len(words) and not pattern.match(words[column]) and not NO_NUMBER.match(words[column]):
                kind = "number" if pattern is REAL else "whole number"
                return f"{known[column]} is {_shown(words[column])}, which is no {kind}"
        return _fault_anywhere(words)

    return fault
