"""Quintic Hermite splines in r² of any pair potentials, with as many intervals as an error asks for."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from softspots.exceptions import InputError
from softspots.model.forms import SplineForm
from softspots.model.pair import PairPotential

# The error of the force, as `SplineForm.error` has it: the one that is aimed at, and the one beyond which a potential
# has something that these splines cannot follow, such as a pole or a step.
TARGET, LARGEST = 1e-10, 1e-4
# Intervals: 4096 of them, 200 kB a pair, still fit the caches in which they are looked up.
FEWEST, MOST = 128, 4096
# Where errors are looked for: at the ends of an interval there is none.
BETWEEN = np.array([0.15, 0.3, 0.5, 0.7, 0.85])


def spline_form(pairs: Sequence[PairPotential]) -> SplineForm:
    """The spline of ``pairs``, which all get the same number of intervals.

    The error of the force falls with the fifth power of that number, until rounding or a kink ends it.

    Raises
    ------
    InputError
        If a potential is not finite somewhere from its inner distance on, or no spline follows it.
    """
    intervals, best = FEWEST, None
    while True:
        coefficients = np.array([_coefficients(pair, intervals) for pair in pairs])
        errors = [_error(pair, own) for pair, own in zip(pairs, coefficients, strict=True)]
        if best is None or max(errors) < best.error:
            inner, cutoff = (np.array([getattr(pair, name) for pair in pairs]) for name in ("inner", "cutoff"))
            best, worst = SplineForm(inner, cutoff, coefficients, max(errors)), pairs[int(np.argmax(errors))]
        if max(errors) <= TARGET or intervals == MOST:
            break
        growth = (max(errors) / TARGET) ** 0.2
        intervals = min(int(np.ceil(intervals * np.clip(growth, 1.1, 4.0))), MOST)
    if best.error > LARGEST:
        raise InputError(
            f"{worst!r}: {MOST} intervals follow its force to {best.error:.1g} only; {LARGEST:g} is needed: is there a "
            f"step or a pole between {worst.inner:.4g} and the cutoff {worst.cutoff:.4g}?"
        )
    return best


def evaluate(inner: float, cutoff: float, coefficients: np.ndarray, r: np.ndarray) -> np.ndarray:
    """V, V' and V'' of one pair's spline, (K, 6), at distances up to the cutoff: shape (3, ...)."""
    intervals = len(coefficients)
    width = (cutoff**2 - inner**2) / intervals
    t = (r**2 - inner**2) / width
    interval = np.clip(t.astype(int), 0, intervals - 1)
    own = np.moveaxis(coefficients[interval], -1, 0)
    # Below the inner distance only the first three count.
    own = np.where((t < 0) & (np.arange(6) > 2).reshape(-1, *[1] * t.ndim), 0.0, own)
    t = t - interval
    value, slope, curvature = (
        sum(np.prod(k - np.arange(order)) * own[k] * t ** (k - order) for k in range(order, 6)) / width**order
        for order in range(3)
    )
    return np.array([value, 2 * r * slope, 2 * slope + 4 * r**2 * curvature])


def _coefficients(pair: PairPotential, intervals: int) -> np.ndarray:
    """(K, 6): the quintic of each interval that has V, dV/ds, d²V/ds² of the potential at both ends."""
    s = np.linspace(pair.inner**2, pair.cutoff**2, intervals + 1)
    r = np.sqrt(s)
    r[-1] = pair.cutoff
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        values = pair.inside(r)
    finite = np.isfinite(values).all(axis=0)
    if not finite.all():
        raise InputError(
            f"{pair!r}: not finite at r = {r[~finite][0]:.4g}; V, V' and V'' must be, from {pair.inner:.4g} to "
            f"the cutoff {pair.cutoff:.4g}"
        )
    value, slope, curvature = values
    width = s[1] - s[0]
    # In units of the interval.
    first = slope / (2 * r) * width
    second = (curvature - slope / r) / (4 * s) * width**2
    c0, c1, c2 = value[:-1], first[:-1], second[:-1] / 2
    # What the cubic part has to add at the end of the interval.
    rise = value[1:] - c0 - c1 - c2
    steeper = first[1:] - c1 - 2 * c2
    bent = second[1:] - 2 * c2
    c3 = 10 * rise - 4 * steeper + bent / 2
    c4 = -15 * rise + 7 * steeper - bent
    c5 = 6 * rise - 3 * steeper + bent / 2
    return np.column_stack((c0, c1, c2, c3, c4, c5))


def _error(pair: PairPotential, coefficients: np.ndarray) -> float:
    edges = np.linspace(pair.inner**2, pair.cutoff**2, len(coefficients) + 1)
    r = np.sqrt((edges[:-1, None] + (edges[1:] - edges[:-1])[:, None] * BETWEEN).ravel())
    exact = np.abs(pair.inside(r)[1])
    found = np.abs(evaluate(pair.inner, pair.cutoff, coefficients, r)[1])
    relative = np.abs(found - exact) / np.maximum(exact, np.median(exact))
    # What is not finite is no small error.
    return float(np.nan_to_num(relative[r >= pair.thermal], nan=np.inf).max())
