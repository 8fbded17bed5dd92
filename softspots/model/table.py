"""LAMMPS' files of tabulated pair potentials (`pair_style table`), as its manual describes them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from softspots.exceptions import InputError, system_errors

# How many numbers follow each word of the line of parameters.
WORDS = {"N": 1, "R": 2, "RSQ": 2, "BITMAP": 2, "FPRIME": 2}


def read_table(path: str | Path, section: str | None = None) -> dict[str, Any]:
    """One section of a table file.

    With ``R`` or ``RSQ`` distances are made from the two numbers behind it, as LAMMPS does, for those in the lines may
    be rounded.

    Parameters
    ----------
    path : str or Path
    section : str, optional
        Default: the only one.

    Returns
    -------
    dict
        ``r``, ``energy``, ``force`` as (N,) ndarrays, and ``force_slopes``, the two numbers of ``FPRIME`` or None.

    Raises
    ------
    InputError
        If the file cannot be read, has no such section or several, or the section is not as it says itself.
    """
    if not isinstance(path, (str, Path)):
        # A number would be taken for an open file.
        raise InputError(f"Tabulated: the file is {path!r}; a path is needed")
    with system_errors(InputError, f"{path}: the table cannot be read"):
        try:
            text = Path(path).read_text(encoding="utf-8")
        except UnicodeDecodeError as error:
            raise InputError(f"{path}: no text file: {error}") from None
    lines = [(number, line.partition("#")[0].split()) for number, line in enumerate(text.splitlines(), 1)]
    lines = [(number, words) for number, words in lines if words]
    found = {}
    while lines:
        (number, words), *lines = lines
        name = words[0]
        if not lines:
            raise InputError(f"{path}, line {number}: section {name} ends after its name")
        count, parameters = _parameters(path, *lines[0])
        if name in found:
            raise InputError(f"{path}, line {number}: section {name} is there twice")
        found[name] = (lines[0][0], parameters, lines[1 : count + 1], count)
        lines = lines[count + 1 :]
    if not found:
        raise InputError(f"{path}: there is no section of a table")
    if section is None and len(found) > 1:
        raise InputError(f"{path}: has the sections {', '.join(found)}; say which")
    section = next(iter(found)) if section is None else section
    if section not in found:
        raise InputError(f"{path}: has no section {section!r}; there is {', '.join(found)}")
    return _table(f"{path}, section {section}", *found[section])


def _parameters(path, number, words) -> tuple[int, dict[str, Any]]:
    """N, and the numbers behind each word of the line."""
    parameters, rest = {}, list(words)
    while rest:
        word = rest.pop(0)
        if word not in WORDS:
            raise InputError(f"{path}, line {number}: {word!r} is no parameter of a table; allowed: {', '.join(WORDS)}")
        values, rest = rest[: WORDS[word]], rest[WORDS[word] :]
        parameters[word] = _numbers(f"{path}, line {number}", values, WORDS[word])
    if "N" not in parameters or not (parameters["N"][0] >= 1 and parameters["N"][0].is_integer()):
        raise InputError(f"{path}, line {number}: the parameters {' '.join(words)} have no whole number N")
    if "BITMAP" in parameters:
        raise InputError(f"{path}, line {number}: BITMAP tables are not read; write one with R or RSQ (pair_write)")
    return int(parameters["N"][0]), parameters


def _table(where, number, parameters, lines, count) -> dict[str, Any]:
    if len(lines) < count:
        raise InputError(f"{where}: N is {count}, and {len(lines)} lines follow")
    rows = np.array([_numbers(f"{where}, line {number}", words, 4) for number, words in lines])
    index, r, energy, force = rows.T
    if not np.array_equal(index, np.arange(1, count + 1)):
        wrong = int(np.argmax(index != np.arange(1, count + 1)))
        raise InputError(f"{where}: line {wrong + 1} of the table begins with {index[wrong]:g}, not with its number")
    made = None
    for word, power in (("R", 1), ("RSQ", 2)):
        if word in parameters:
            low, high = parameters[word]
            if not 0 < low < high:
                raise InputError(f"{where}: {word} is {low:g} {high:g}; two rising positive distances are needed")
            made = np.linspace(low**power, high**power, count) ** (1 / power)
    if made is not None:
        # The digits of a list may be few, but not so few that it is another's.
        off = np.abs(made - r)
        if (off > np.diff(made).min(initial=np.inf) / 2).any():
            wrong = int(np.argmax(off))
            raise InputError(
                f"{where}: point {wrong + 1} is at {made[wrong]:.6g} by R or RSQ, and at {r[wrong]:g} in its line"
            )
        r = made
    return {"r": r, "energy": energy, "force": force, "force_slopes": parameters.get("FPRIME")}


def _numbers(where, words, count) -> tuple[float, ...]:
    try:
        values = tuple(float(word) for word in words)
    except ValueError:
        values = ()
    if len(values) != count:
        raise InputError(f"{where}: {count} numbers are needed, and there is {' '.join(words)!r}")
    return values
