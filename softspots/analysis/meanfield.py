"""The mean-field model of soft spots: lifetimes from the number of rearrangements that a spot survives.

N_S spots each have a budget r of rearrangements, drawn from P_R. In each step one of them, chosen at
random, takes a rearrangement; a spot that has taken r is destroyed, and a new one replaces it
(Schoenholz et al. 2014, section V and appendix). P_R is an array with P_R(r) at index r, as
`numpy.bincount` counts it; in the theory N_S need not be whole, a mean number of spots will do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import binom, nbinom

from softspots import _core
from softspots.arrays import float_array, positive_number, real_array, real_number, refuse_masked
from softspots.deprecation import renamed
from softspots.exceptions import InputError

# Rearrangements are counted over intervals of 2 τ (Schoenholz et al. 2014, section V).
INTERVAL = 2.0
# Lifetimes times budgets that are treated at once: 2 MB an array.
BLOCK = 2**18
# Steps of a run at a time: enough to hide what a call costs, and in the cache.
STEPS = 2**14


@dataclass(frozen=True, eq=False)
class LifetimePrediction:
    """Lifetimes τ_L in simulation time, from the mean-field model.

    Parameters
    ----------
    times : (K,) ndarray of float
        In τ.
    survival : (K,) ndarray of float
        P(τ_L ≥ t) at each of the times.
    density : (K - 1,) ndarray of float
        P(τ_L) between each time and the next: the probability of t ≤ τ_L < t' over t' - t, in 1/τ.
    """

    times: np.ndarray
    survival: np.ndarray
    density: np.ndarray


def lifetime_given_budget(tau: np.ndarray, r: np.ndarray, spots: float) -> np.ndarray:
    """P_T(τ|r), the negative binomial law of lifetimes in steps (Schoenholz et al. 2014, eq. 7).

    Parameters
    ----------
    tau : array_like of int
        Lifetimes, in steps, 1 or more; of any shape that broadcasts against ``r``.
    r : array_like of int
        Budgets: the number of rearrangements that destroy the spot, 1 or more.
    spots : float
        N_S, 1 or more.

    Returns
    -------
    ndarray of float
        Of the shape of ``tau`` and ``r`` together.

    Raises
    ------
    InputError
        If a value is out of its range.
    """
    tau, r = _whole("lifetime_given_budget: tau", tau, least=1), _whole("lifetime_given_budget: r", r, least=1)
    return nbinom.pmf(tau - r, r, 1 / _checked_spots("lifetime_given_budget", spots))


def lifetime(tau: np.ndarray, budget_probabilities: np.ndarray, spots: float) -> np.ndarray:
    """P_T(τ), the law of lifetimes in steps (Schoenholz et al. 2014, eq. 8).

    Parameters
    ----------
    tau : array_like of int
        Lifetimes, in steps, 1 or more; of any shape.
    budget_probabilities : (B,) array_like of float
        P_R(r) for r = 0 to B - 1. P_R(0) must be zero, and the sum one.
    spots : float
        N_S, 1 or more.

    Returns
    -------
    ndarray of float
        Of the shape of ``tau``. Memory beyond it does not grow with τ.

    Raises
    ------
    InputError
        If a value is out of its range.
    """
    probabilities = _checked_probabilities("lifetime", budget_probabilities)
    return _sum_over_hits("lifetime", tau, probabilities[1:] / _checked_spots("lifetime", spots), spots)


def lifetime_survival(tau: np.ndarray, budget_probabilities: np.ndarray, spots: float) -> np.ndarray:
    """The probability that a spot lives for ``tau`` steps or more: the sum of P_T from τ on.

    Parameters, shapes and errors are those of `lifetime`.
    """
    # Sums of positive terms lose no digits; SciPy's `nbinom.sf` does, about three in a tail of 1e-4.
    more = np.cumsum(_checked_probabilities("lifetime_survival", budget_probabilities)[:0:-1])[::-1]
    return _sum_over_hits("lifetime_survival", tau, more, _checked_spots("lifetime_survival", spots))


def lifetime_moments(budget_probabilities: np.ndarray, spots: float) -> tuple[float, float]:
    """Mean N_S ⟨r⟩ and variance N_S (N_S - 1) ⟨r⟩ + N_S² var(r) of the lifetime, in steps and steps².

    Parameters and errors are those of `lifetime`.
    """
    spots = _checked_spots("lifetime_moments", spots)
    probabilities = _checked_probabilities("lifetime_moments", budget_probabilities)
    r = np.arange(len(probabilities))
    mean = probabilities @ r
    variance = probabilities @ (r - mean) ** 2
    return float(spots * mean), float(spots * (spots - 1) * mean + spots**2 * variance)


def steps_to_time(steps: np.ndarray, rearrangements: float, interval: float = INTERVAL) -> np.ndarray:
    """Steps of the model as simulation time: each is 2τ/R (Schoenholz et al. 2014, section V).

    Parameters
    ----------
    steps : array_like of float
    rearrangements : float
        R, the mean number of rearrangements in an interval, of all soft spots together, counted as
        they are for a spot's budget.
    interval : float
        In τ.

    Returns
    -------
    ndarray of float
        In τ, of the shape of ``steps``.

    Raises
    ------
    InputError
        If ``rearrangements`` or ``interval`` is not a positive finite number.
    """
    refuse_masked("steps_to_time: steps", steps)
    rearrangements = positive_number("steps_to_time: rearrangements", rearrangements)
    interval = positive_number("steps_to_time: interval", interval)
    return np.asarray(steps) * (interval / rearrangements)


def predict_lifetimes(
    times: np.ndarray,
    budget_probabilities: np.ndarray,
    spots: float,
    rearrangements: float,
    interval: float = INTERVAL,
) -> LifetimePrediction:
    """The distribution of lifetimes in simulation time that the model predicts (Schoenholz et al. 2014, fig. 6a,b).

    Parameters
    ----------
    times : (K,) array_like of float
        Ascending, 0 or more, in τ; at least two. The density is an average over the time from each to the
        next, so borders of the bins of measured lifetimes make the two comparable.
    budget_probabilities : (B,) array_like of float
        Measured P_R(r) for r = 0 to B - 1. P_R(0) must be zero, and the sum one.
    spots : float
        N_S, the mean number of spots, 1 or more.
    rearrangements, interval : float
        As in `steps_to_time`.

    Returns
    -------
    LifetimePrediction

    Raises
    ------
    InputError
        If a value is out of its range.
    """
    spots = _checked_spots("predict_lifetimes", spots)
    budget_probabilities = _checked_probabilities("predict_lifetimes", budget_probabilities)
    times = float_array("predict_lifetimes: times", times, ("K",))
    if len(times) < 2:
        raise InputError(f"predict_lifetimes: times have shape {times.shape}; (K,) with K of 2 or more is needed")
    if not (times[0] >= 0 and (np.diff(times) > 0).all()):
        raise InputError(
            f"predict_lifetimes: times must be ascending and not negative; got {times[0]:g}, {times[1]:g}, …"
        )
    rearrangements = positive_number("predict_lifetimes: rearrangements", rearrangements)
    interval = positive_number("predict_lifetimes: interval", interval)
    steps = np.maximum(1, np.ceil(times / steps_to_time(1, rearrangements, interval)))
    survival = lifetime_survival(steps, budget_probabilities, spots)
    # Where hardly a spot has died, rounding may let the survival rise by a digit.
    return LifetimePrediction(times, survival, np.maximum(0, -np.diff(survival)) / np.diff(times))


def simulate_lifetimes(
    budget_probabilities: np.ndarray, spots: int, births: int, seed: int | Sequence[int]
) -> tuple[np.ndarray, np.ndarray]:
    """Lifetimes from a run of the mean-field model itself, against which its theory can be held.

    The run begins with N_S new spots, and goes on until each of the first ``births`` spots to be born,
    those N_S among them, has died; spots born later are not reported. Which spots are reported
    depends on the order of birth alone and not, as in a run of given length, on how long they live. So
    every lifetime has the law P_T exactly. Those of spots that live at the same time are not
    independent, however: what strikes one misses the others.

    Parameters
    ----------
    budget_probabilities : (B,) array_like of float
        P_R(r) for r = 0 to B - 1. P_R(0) must be zero, and the sum one.
    spots : int
        N_S, 1 or more.
    births : int
        1 or more.
    seed : int or sequence of int
        Not negative, as `numpy.random.default_rng` takes it. The same seed gives the same run.

    Returns
    -------
    lifetimes : (births,) ndarray of int
        In steps, in order of birth.
    budgets : (births,) ndarray of int
        r of each spot.

    Raises
    ------
    InputError
        If a value is out of its range.

    See Also
    --------
    softspots.analysis.meanfield.lifetime : the theory, in steps; its survival and moments stand beside it.
    predict_lifetimes : the theory in simulation time.

    Notes
    -----
    Schoenholz et al. 2014, appendix. A million births of 20 spots take about two seconds.

    Examples
    --------
    A spot that dies of its first, second or third rearrangement, among 20 of them; the mean is N_S ⟨r⟩ = 34 steps.

    >>> import softspots as ss
    >>> from softspots.analysis.meanfield import lifetime_moments, lifetime_survival
    >>> law = [0.0, 0.5, 0.3, 0.2]
    >>> lifetimes, budgets = ss.simulate_lifetimes(law, spots=20, births=100_000, seed=1)
    >>> bool(abs(lifetimes.mean() - lifetime_moments(law, 20)[0]) < 0.5)
    True
    >>> bool(abs((lifetimes >= 50).mean() - lifetime_survival(50, law, 20)) < 0.01)
    True
    """
    probabilities = _checked_probabilities("simulate_lifetimes", budget_probabilities)
    spots = int(_whole("simulate_lifetimes: spots", spots, least=1))
    births = int(_whole("simulate_lifetimes: births", births, least=1))
    # NumPy draws the places, in a fraction of the time that they are spent in: no generator of our own.
    random = np.random.default_rng(seed)
    budgets = random.choice(len(probabilities), size=births, p=probabilities)
    # The spot at each place, the step of its birth, and the rearrangements it has left; none where births are fewer.
    spot, birth, remaining = np.zeros((3, spots), dtype=np.int64)
    born = min(spots, births)
    spot[:born] = np.arange(born)
    remaining[:born] = budgets[:born]
    lifetimes = np.zeros(births, dtype=np.int64)
    counters = np.array([0, born, 0])
    while counters[2] < births:
        struck = random.integers(spots, size=STEPS, dtype=np.int32)
        _core.spend_budgets(struck, budgets, spot, birth, remaining, lifetimes, counters)
    return lifetimes, budgets


def _sum_over_hits(stage, tau, weights, spots) -> np.ndarray:
    """The sum over k of weights[k] times the probability that a spot is struck k times in τ - 1 steps."""
    tau = _whole(f"{stage}: tau", tau, least=1)
    hits = np.flatnonzero(weights)
    trials, total = tau.reshape(-1, 1) - 1, np.empty(tau.size)
    rows = max(1, BLOCK // len(hits))
    for start in range(0, len(trials), rows):
        part = slice(start, start + rows)
        total[part] = binom.pmf(hits, trials[part], 1 / spots) @ weights[hits]
    return total.reshape(tau.shape)


def _checked_probabilities(stage, budget_probabilities) -> np.ndarray:
    probabilities = real_array(f"{stage}: budget_probabilities", budget_probabilities, ("B",)).astype(float)
    if len(probabilities) < 2:
        raise InputError(
            f"{stage}: budget_probabilities have shape {probabilities.shape}; (B,) is needed, "
            "P_R(r) for r = 0 to B - 1, B > 1"
        )
    if not (probabilities >= 0).all():
        worst = np.flatnonzero(~(probabilities >= 0))[0]
        raise InputError(f"{stage}: P_R({worst}) is {probabilities[worst]}; probabilities must not be negative")
    if probabilities[0] > 0:
        raise InputError(
            f"{stage}: P_R(0) is {probabilities[0]}; it must be 0, for a spot of the model dies of a rearrangement"
        )
    # Rounding of a quotient of counts is far below this, a forgotten normalisation far above.
    if abs(probabilities.sum() - 1) > 1e-8:
        raise InputError(f"{stage}: budget_probabilities sum to {probabilities.sum()}; the sum must be 1")
    return probabilities


def _checked_spots(stage, spots) -> float:
    number = real_number(f"{stage}: spots", spots)
    if number < 1:
        raise InputError(f"{stage}: spots is {spots!r}; it must be a finite number, 1 or more")
    return number


def _whole(name: str, values, least: int) -> np.ndarray:
    """The values as integers, or an error if they are not whole or below ``least``."""
    refuse_masked(name, values)
    values = np.asarray(values)
    bad = ~((values == np.rint(values)) & (values >= least) & (values < 2**62))
    if bad.any():
        raise InputError(f"{name} is {values[bad].flat[0]}; it must be a whole number, {least} or more")
    return values.astype(np.int64)


def __getattr__(name: str) -> Any:
    if name == "simulate_model":
        return renamed(f"{__name__}.{name}", f"{__name__}.simulate_lifetimes", since="0.2", removed="0.4")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
