"""A measured number against what is published: agrees, disagrees, or the data say too little."""

from __future__ import annotations

import math
from dataclasses import dataclass

from softspots.estimate import Estimate

AGREES, DISAGREES, UNDECIDED = "agrees", "disagrees", "undecided"
# Of some eighty rows one would miss by chance with these every fifth time; with two errors, four would every time.
ERRORS = 3


@dataclass(frozen=True)
class Number:
    """A value and the ends of its 68 % interval.

    Parameters
    ----------
    value, low, high : float
    used : tuple of int, optional
        The places of the runs that it is of, where a measure of several leaves some out; None if it is of all.
    """

    value: float
    low: float
    high: float
    used: tuple[int, ...] | None = None

    @classmethod
    def of(cls, estimate: Estimate, used: tuple[int, ...] | None = None) -> Number:
        """From an estimate with resamples."""
        return cls(*map(float, (estimate.value, estimate.low, estimate.high)), used)

    @classmethod
    def with_error(cls, value: float, error: float, used: tuple[int, ...] | None = None) -> Number:
        """From a value and its error."""
        return cls(float(value), float(value - error), float(value + error), used)

    def over(self, other: Number) -> Number:
        """The quotient, of numbers that are independent."""
        result = self.value / other.value
        return Number.with_error(result, abs(result) * math.hypot(self.error / self.value, other.error / other.value))

    @property
    def error(self) -> float:
        """Half the width of the interval."""
        return (self.high - self.low) / 2

    @property
    def reach(self) -> tuple[float, float]:
        """Where it may lie by chance: the distances to the ends of the interval, `ERRORS` times."""
        below, above = max(self.value - self.low, 0.0), max(self.high - self.value, 0.0)
        return self.value - ERRORS * below, self.value + ERRORS * above


@dataclass(frozen=True)
class Range:
    """What is published, as wide as it is known.

    Parameters
    ----------
    least, most : float
        One of them may be infinite.
    reason : str
        Why it is as wide as it is.
    """

    least: float
    most: float
    reason: str

    def __str__(self) -> str:
        return f"accepted: {self.least:g} to {self.most:g} ({self.reason})"

    def verdict(self, found: Number) -> str:
        """`DISAGREES` if the whole reach of the number lies beyond the range.

        Otherwise `AGREES` if the interval of the number and the range have something in common, and the data could have
        disagreed: if the range is wider than the reach, or, where it is open to one side, holds all of it.
        """
        first, last = found.reach
        if not (math.isfinite(first) and math.isfinite(last)):
            return UNDECIDED
        if last < self.least or first > self.most:
            return DISAGREES
        if math.isfinite(self.most - self.least):
            apart = found.high < self.least or found.low > self.most
            return AGREES if last - first < self.most - self.least and not apart else UNDECIDED
        return AGREES if self.least < first and last < self.most else UNDECIDED


class Place(Range):
    """A range for a place on a grid: its interval is of whole steps.

    So the reach of a place, of three intervals, is wider than a range of a step or two, and the interval alone decides
    whether it agrees: it must lie in the range, and is undecided if it goes beyond.
    """

    def verdict(self, found: Number) -> str:
        """`DISAGREES` as of any range; `AGREES` if the whole interval lies in the range."""
        if super().verdict(found) == DISAGREES:
            return DISAGREES
        return AGREES if self.least <= found.low and found.high <= self.most else UNDECIDED


@dataclass(frozen=True)
class Direction:
    """A question that has no published answer, or two: on which side of one a ratio lies.

    Parameters
    ----------
    below, above : str
        The verdicts.
    resolution : float
        What must be seen, if the ratio is not one: a reach that is wider is `UNDECIDED`.
    reason : str
        Why it is that.
    """

    below: str
    above: str
    resolution: float
    reason: str

    def __str__(self) -> str:
        return f"accepted: {self.below} or {self.above}, or the same to {self.resolution:g} ({self.reason})"

    def verdict(self, found: Number) -> str:
        """One of the two sides, the same within errors, or `UNDECIDED`."""
        first, last = found.reach
        if last < 1 or first > 1:
            return self.below if last < 1 else self.above
        return "the same" if last - first < self.resolution else UNDECIDED


def outcome(verdict: str, explained: bool, stale: bool) -> str:
    """What a test of a row ends with: "passed", "failed", "skipped" or "xfailed".

    Parameters
    ----------
    verdict : str
        Of the row.
    explained : bool
        Whether the row is among the findings.
    stale : bool
        Whether data of the row were computed by other code than is here: then no verdict is an agreement, but what
        disagrees without a finding still fails.
    """
    if verdict == DISAGREES:
        return "xfailed" if explained else "failed"
    if stale:
        return "xfailed"
    if verdict == UNDECIDED:
        return "skipped"
    return "failed" if explained else "passed"
