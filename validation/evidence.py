"""The evidence of a finding in words: numbers of the data that are there, and what the first edition had."""

from __future__ import annotations

from collections.abc import Mapping

from paper.conditions import condition
from paper.numbers import from_data, from_raw
from paper.seeds import of_first_edition, of_latest_edition, together, with_seeds
from softspots.figures.summary import shown
from softspots.io.reduced import Reduced

from .findings import Finding, Shown
from .measures import Missing
from .rows import short
from .verdicts import Number

FIRST = " (first edition)"


def evidence(finding: Finding, study: Mapping[str, Reduced]) -> str:
    """What shows it."""
    sentences, whole = [], bool(finding.measured)
    for one in finding.measured:
        numbers = {name: number for name in one.conditions if (number := _number(one, name, study))}
        # With a seed of the second edition the number is that seed's.
        first = {
            name: all(of_first_edition(study[run]) for run in with_seeds(name) if run in study) for name in numbers
        }
        whole &= len(numbers) == len(one.conditions) and not any(first.values())
        alike = all(first.values())
        marks = {name: FIRST * (first[name] and not alike) for name in numbers}
        told = (f"{shown(number)} {_at(name)}{marks[name]}" for name, number in numbers.items())
        if numbers:
            sentences.append(f"{one.what}: {', '.join(told)}" + FIRST * alike)
    if finding.first and not whole:
        sentences.append(f"First edition: {finding.first}")
    return ". ".join(filter(None, ("; ".join(sentences), finding.lasting)))


def told(finding: Finding, study: Mapping[str, Reduced]) -> str:
    """Why, and what shows it."""
    return f"{finding.why}. {evidence(finding, study)}"


def _at(name: str) -> str:
    return f"at {short(name)}" if name.startswith("T") else f"in {name}"


def _number(one: Shown, name: str, study: Mapping[str, Reduced]) -> Number | None:
    """The number in a condition, of all of its seeds; None if no run has it."""
    numbers = {run: number for run in with_seeds(name) if (number := _of_run(one, run, study))}
    found = [numbers[run] for run in of_latest_edition({run: study[run] for run in numbers})]
    if len(found) < 2:
        return found[0] if found else None
    return Number.with_error(*together([each.value for each in found], [each.error for each in found]))


def _of_run(one: Shown, name: str, study: Mapping[str, Reduced]) -> Number | None:
    if name not in study:
        return None
    if one.measure is None:
        found = (from_data(study[name]) | from_raw(condition(name))[0]).get(one.what)
        return None if found is None else Number.of(found)
    try:
        return one.measure([study[name]])
    except Missing:
        return None
