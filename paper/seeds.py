"""Conditions that were run with several seeds: one number of them all, and the interval that their spread asks for.

The interval is the wider of two. One is that of the mean by its spread, with Student's factor, which for two or three
runs is exact where numbers are normally distributed; the range of three runs, 68 to 75 % of cases, says about the same,
but nothing for two. The other is that of the bootstraps of the single runs: of two or three numbers the spread can be
small by chance.

Runs of the first edition, some of whose quantities are defined otherwise, are not averaged with those of the second:
where there are both it is those of the second that count.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TypeVar

import numpy as np
from scipy.stats import t as student

from softspots.estimate import CONFIDENCE
from softspots.io.reduced import Reduced

Run = TypeVar("Run")

SEEDS = ("seed2", "seed3")


def with_seeds(name: str) -> tuple[str, ...]:
    """The names of all runs of a condition."""
    return name, *(f"{name}_{seed}" for seed in SEEDS)


def samples(names: Sequence[str], study: Mapping[str, Run]) -> tuple[list[list[Run]], bool]:
    """The runs of some conditions, once by each seed that one of them has; whether all are others in each.

    A condition without that seed is in it with its first run.
    """
    first = [study[name] for name in names]
    found, independent = [first], True
    for seed in SEEDS:
        again = [study.get(f"{name}_{seed}") for name in names]
        if any(run is not None for run in again):
            found.append([one if run is None else run for one, run in zip(first, again, strict=True)])
            independent &= None not in again
    return found, independent


def by_edition(samples: Sequence[Sequence[Reduced]]) -> list[list[Sequence[Reduced]]]:
    """Samples that may be averaged, in groups: those with the fewest runs of the first edition come first."""
    earlier = [sum(map(of_first_edition, sample)) for sample in samples]
    return [[one for one, count in zip(samples, earlier, strict=True) if count == n] for n in sorted(set(earlier))]


def of_latest_edition(runs: Mapping[str, Reduced]) -> dict[str, Reduced]:
    """Those of the second edition, or all if there are none."""
    second = {name: run for name, run in runs.items() if not of_first_edition(run)}
    return second or dict(runs)


def of_first_edition(run: Reduced) -> bool:
    """Whether a run was reduced before data had a checksum of the code."""
    return "reduction" not in run.provenance


def together(values: Sequence[float], errors: Sequence[float], independent: bool = True) -> tuple[float, float]:
    """The mean, and its error; NaN where neither spread nor bootstrap give one."""
    count, mean = len(values), float(np.mean(values))
    known = [error for error in errors if math.isfinite(error)]
    squares = math.sqrt(np.mean(np.square(known))) if known else math.nan
    bootstrap = squares / math.sqrt(count) if independent else squares
    if count == 1:
        return mean, bootstrap
    factor = student.ppf((1 + CONFIDENCE) / 2, count - 1)
    return mean, float(np.fmax(factor * np.std(values, ddof=1) / math.sqrt(count), bootstrap))
