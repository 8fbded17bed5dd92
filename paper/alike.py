"""A short run whose numbers show whether the code that is here reduces as earlier code did: ``python -m paper.alike``.

Raw results of the study are too large to be kept, so later code cannot reduce them again. What was reduced by the code
that reduced the sample is not stale while the code that is here gives the same numbers of the sample, which is tested;
nor what was reduced by code that has been shown to do so since, by this command, which keeps its checksum. A change
that is to give other numbers ends with it, too: it writes them, and data of earlier code are stale then. So does a new
experiment, which leaves them as they are.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from softspots.analysis.findings import Run
from softspots.analysis.reduce import reduce_run
from softspots.estimate import Estimate
from softspots.io import read_results
from softspots.io.reduced import Reduced, read_reduced, write_reduced
from softspots.io.replacing import replacing

from .experiments import measure, text
from .sources import REDUCTION, checksum
from .sources import read as read_code

# python -m softspots.simulate --particles 150 --temperature 0.2 --strain-rate 5e-3 --frames 120 --n-particles 6
# --modes 24 --n-modes 16 --seed 1: several spots a frame, which live, rearrange and die. Committed, as after thousands
# of steps another processor has other positions.
SAMPLE = Path(__file__).parent / "sample"
RESULTS, REDUCED, EXPERIMENTS = SAMPLE / "results.nc", SAMPLE / "reduced.nc", SAMPLE / "experiments.json"
CODES = SAMPLE / "codes.txt"  # checksums of later code that gives the same, a line each
# Processors and libraries differ by rounding, which what is fitted has enlarged.
SAME = 1e-6


def reduce_sample() -> tuple[Reduced, dict]:
    """What the code that is here makes of the sample: its reduced data, with the checksum of the code; experiments."""
    reduced = reduce_run(RESULTS)
    experiments = measure(Run(read_results(RESULTS)), reduced)
    provenance = reduced.provenance | {"source": RESULTS.name, "reduction": checksum(read_code(REDUCTION))}
    return replace(reduced, provenance=provenance), experiments


def codes_alike() -> frozenset[str]:
    """The checksums of the code that reduced the sample, and of what has been shown to give the same numbers of it."""
    return frozenset((read_reduced(REDUCED).provenance["reduction"], *CODES.read_text(encoding="utf-8").split()))


def differences(found: tuple[Reduced, dict], kept: tuple[Reduced, dict]) -> Iterator[str]:
    """The names of what is not the same in both."""
    (one, experiments), (other, kept_experiments) = found, kept
    for name in sorted(one.measured.keys() | other.measured.keys()):
        if not (name in one and name in other and same(one[name], other[name])):
            yield name
    for name in sorted(one.axes.keys() | other.axes.keys()):
        if not (name in one.axes and name in other.axes and np.array_equal(one.axes[name], other.axes[name])):
            yield f"the axis {name}"
    if one.missing != other.missing:
        yield "what is missing"
    numbers, kept_numbers = experiments["numbers"], kept_experiments["numbers"]
    for name in sorted(numbers.keys() | kept_numbers.keys()):
        if not (name in numbers and name in kept_numbers and same_number(numbers[name], kept_numbers[name])):
            yield name
    if experiments["missing"] != kept_experiments["missing"]:
        yield "which experiments are missing"


def same(one: Estimate, other: Estimate) -> bool:
    """Whether two estimates are the same but for rounding, with their intervals and notes."""
    ends = ((getattr(one, name), getattr(other, name)) for name in ("value", "low", "high"))
    return one.note == other.note and all(a.shape == b.shape and close(a, b) for a, b in ends)


def same_number(one: dict, other: dict) -> bool:
    """The same of numbers of experiments."""
    values = [np.array([number["value"], *number["interval"]], dtype=float) for number in (one, other)]
    # They are kept with six digits, the last of which may be rounded either way.
    return one.get("note") == other.get("note") and close(*values, 2e-5)


def close(one: np.ndarray, other: np.ndarray, relative: float = SAME) -> bool:
    """Whether arrays are equal but for a small part of themselves or, where they are all but 0, for 1e-9."""
    return bool(np.allclose(one, other, rtol=relative, atol=1e-9, equal_nan=True))


def main() -> None:
    """The command."""
    found = reduce_sample()
    code, changed, new = found[0].provenance["reduction"], ["all"], []
    if REDUCED.exists():
        kept = read_reduced(REDUCED), json.loads(EXPERIMENTS.read_text(encoding="utf-8"))
        changed = list(differences(found, kept))
        new = sorted(found[1]["numbers"].keys() - kept[1]["numbers"].keys())
    if changed != new:
        print("Not the same, so that data of earlier code are stale:", *changed, sep="\n  ")
        write_reduced(REDUCED, found[0])
        CODES.write_text("", encoding="utf-8")
    elif new:
        print("New, all else is the same:", *new, sep="\n  ")
    elif code in codes_alike():
        print("The code that is here gives the same numbers of the sample: nothing is written.")
    if changed:
        with replacing(EXPERIMENTS) as unfinished:
            Path(unfinished).write_text(text(found[1]), encoding="utf-8")
    if code not in codes_alike():
        with CODES.open("a", encoding="utf-8") as file:
            file.write(f"{code}\n")
        print("The code that is here gives the same numbers of the sample: its checksum is kept.")


if __name__ == "__main__":
    main()
