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
# Intervals from a power of two to the next, in binary digits: as many as there may be, which is 1 MB a pair, most of it
# for distances that are hardly ever met.
FEWEST_DIGITS, MOST = 5, 16384
# Digits of a double, which are those of an interval's number and of the fraction of it.
DIGITS = 52
# Where errors are looked for: at the ends of an interval there is none.
BETWEEN = np.array([0.15, 0.3, 0.5, 0.7, 0.85])


def spline_form(pairs: Sequence[PairPotential]) -> SplineForm:
    """The spline of ``pairs``, with the same number of intervals from each power of two to the next.

    They begin where the energy is far above the largest ε of any pair. The error of the force falls with the fifth
    power of the number of intervals, until rounding or a kink ends it.

    Raises
    ------
    InputError
        If a potential is not finite somewhere from its inner distance on, or no spline follows it.
    """
    scale = max(pair.epsilon for pair in pairs)
    cutoff = np.array([pair.cutoff for pair in pairs])
    least = np.array([pair.inner(scale) / pair.cutoff for pair in pairs]) ** 2
    digits, best = FEWEST_DIGITS, None
    while True:
        rows = [_coefficients(pair, least, digits) for pair, least in zip(pairs, least, strict=True)]
        if best is not None and max(map(len, rows)) > MOST:
            break
        coefficients = np.zeros((len(pairs), max(map(len, rows)), 6))
        for own, row in zip(coefficients, rows, strict=True):
            own[: len(row)] = row
        form = SplineForm(digits, least, cutoff, coefficients, np.inf, np.inf)
        errors = np.array([_errors(pair, form, number, scale) for number, pair in enumerate(pairs)])
        error, stiffness_error = errors.max(axis=0).tolist()
        if best is None or error < best.error:
            best = SplineForm(digits, least, cutoff, coefficients, error, stiffness_error)
            worst = int(np.argmax(errors[:, 0]))
        if error <= TARGET:
            break
        digits += 1
    if best.error > LARGEST:
        raise InputError(
            f"{pairs[worst]!r}: {MOST} intervals follow its force to {best.error:.1g} only; {LARGEST:g} is needed: is "
            f"there a step or a pole between {best.inner[worst]:.4g} and the cutoff {cutoff[worst]:.4g}?"
        )
    return best


def evaluate(form: SplineForm, number: int, r: np.ndarray) -> np.ndarray:
    """V, V' and V'' of a pair by its number, at distances up to the cutoff: shape (3, ...)."""
    least, cutoff2 = form.least[number], form.cutoff[number] ** 2
    s = np.asarray(r, dtype=np.float64) ** 2
    u = s / cutoff2
    first = _interval(least, form.digits)
    interval = _interval(np.clip(u, least, np.nextafter(1.0, 0.0)), form.digits)
    start, end = _start(interval, form.digits), _start(interval + 1, form.digits)
    below = u < least
    width = np.where(below, 1.0, end - start)
    t = np.where(below, u - least, (u - start) / width)
    own = np.moveaxis(form.coefficients[number][np.where(below, 0, interval - first + 1)], -1, 0)
    value, slope, curvature = (
        sum(np.prod(k - np.arange(order)) * own[k] * t ** (k - order) for k in range(order, 6))
        / (width * cutoff2) ** order
        for order in range(3)
    )
    return np.array([value, 2 * r * slope, 2 * slope + 4 * s * curvature])


def edges(least: float, digits: int) -> np.ndarray:
    """``least``, the ends of the intervals above it, and 1: rising, in r²/r_c²."""
    whole = _start(np.arange(_interval(least, digits) + 1, _interval(1.0, digits) + 1), digits)
    return np.concatenate(([least], whole))


def _interval(u, digits: int) -> np.ndarray:
    """The number of the interval: the exponent of u and its first binary digits."""
    return np.asarray(u, dtype=np.float64).view(np.int64) >> (DIGITS - digits)


def _start(interval, digits: int) -> np.ndarray:
    return (np.asarray(interval) << (DIGITS - digits)).view(np.float64)


def _coefficients(pair: PairPotential, least: float, digits: int) -> np.ndarray:
    """(K + 1, 6): what goes on below ``least``, and the quintics with V, dV/ds, d²V/ds² of the potential at both ends.

    The first interval may begin before ``least``, where its quintic has its own values.
    """
    u = edges(least, digits)
    r = pair.cutoff * np.sqrt(u)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        values = pair.inside(r)
    finite = np.isfinite(values).all(axis=0)
    if not finite.all():
        raise InputError(
            f"{pair!r}: not finite at r = {r[~finite][0]:.4g}; V, V' and V'' must be, from {r[0]:.4g} to "
            f"the cutoff {pair.cutoff:.4g}"
        )
    value, slope, curvature = values
    # By u, then in units of the interval.
    first = slope * r / (2 * u)
    second = (curvature * r**2 - slope * r) / (4 * u**2)
    below = [value[0], first[0], second[0] / 2, 0.0, 0.0, 0.0]
    width = np.diff(u)
    c0, c1, c2 = value[:-1], first[:-1] * width, second[:-1] / 2 * width**2
    # What the cubic part has to add at the end of the interval.
    rise = value[1:] - c0 - c1 - c2
    steeper = first[1:] * width - c1 - 2 * c2
    bent = second[1:] * width**2 - 2 * c2
    c3 = 10 * rise - 4 * steeper + bent / 2
    c4 = -15 * rise + 7 * steeper - bent
    c5 = 6 * rise - 3 * steeper + bent / 2
    quintics = np.column_stack((c0, c1, c2, c3, c4, c5))
    # The first one by the fraction of all of its interval.
    part = np.polynomial.Polynomial(quintics[0])
    start, end = _start(_interval(least, digits) + np.arange(2), digits)
    whole = part(np.polynomial.Polynomial([(start - least) / width[0], (end - start) / width[0]]))
    quintics[0] = np.pad(whole.coef, (0, 6 - len(whole.coef)))
    return np.vstack((below, quintics))


def _errors(pair: PairPotential, form: SplineForm, number: int, scale: float) -> tuple[float, float]:
    """Those of V' and V'': see `SplineForm`."""
    ends = edges(form.least[number], form.digits)
    r = pair.cutoff * np.sqrt((ends[:-1, None] + np.diff(ends)[:, None] * BETWEEN).ravel())
    exact, found = np.abs(pair.inside(r)[1:]), np.abs(evaluate(form, number, r)[1:])
    # The middle one of distances that are met, not of intervals.
    usual = np.abs(pair.inside(pair.cutoff * np.sqrt(np.linspace(form.least[number], 1.0, 1001)))[1:])
    with np.errstate(invalid="ignore", divide="ignore"):
        relative = np.abs(found - exact) / np.maximum(exact, np.median(usual, axis=1)[:, None])
    # What is not finite is no small error.
    errors = np.nan_to_num(relative[:, r >= pair.thermal(scale)], nan=np.inf).max(axis=1)
    return float(errors[0]), float(errors[1])
