"""Numbers for the comparison with the paper, from the reduced data of one run or of several.

Functions that give a function take the names of what they measure, and give what measures it in a list of runs.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from paper.numbers import AS_SEEN, time_of
from softspots.analysis.findings import Missing
from softspots.analysis.series import Series, collapses, relaxation_exponent
from softspots.curve import Curve
from softspots.estimate import Estimate
from softspots.estimate import combined as joined
from softspots.io.reduced import Reduced

from .verdicts import Number

Measure = Callable[[Sequence[Reduced]], Number]
# The first time after which maps are compared, in τ; what is lost by then is lost faster than can be seen.
FIRST_LAG = 2.0
# Overlaps are averaged over this time, in τ: shorter lives are not seen as they are.
WINDOW = 16.0
# How much of the particles has a "very small" D²_min.
QUIET = 0.1
# An average has an error if what has none makes up no more than this part of it, and if no more of the law is unknown.
UNBOUNDED, UNKNOWN = 0.05, 0.01
# What `paper.experiments` calls it.
COARSE_MEAN = "mean N_R, frames 20 τ apart"


def measured(run: Reduced, name: str) -> Estimate:
    """A quantity of a run, or `Missing`."""
    if name not in run:
        raise Missing(run.missing.get(name, f"{name} is not in its data"))
    return run[name]


def number(run: Reduced, name: str) -> Number:
    """A number of a run with its interval."""
    found = measured(run, name)
    return Number(float(found.value), float(found.low), float(found.high))


def time(run: Reduced, name: str) -> float:
    """τ* or τ_α by which others are looked at: of the run, or of the condition that it does again."""
    found = time_of(run, name)
    return float((measured(run, name) if found is None else found).value)


def value(name: str) -> Measure:
    """The number of a single run."""
    return lambda runs: number(runs[0], name)


def mean(name: str) -> Measure:
    """The mean over runs, which are independent, as far as they have measured it: what is given has no interval."""

    def measure(runs):
        used = tuple(place for place, run in enumerate(runs) if name in run and np.isfinite(run[name].low)) or (0,)
        found = [number(runs[place], name) for place in used]
        error = math.hypot(*(one.error for one in found)) / len(found)
        return Number.with_error(np.mean([one.value for one in found]), error, used)

    return measure


def ratio(measure: Measure) -> Measure:
    """What the last run has over what the first one has."""

    def quotient(runs):
        first, last = measure(runs[:1]), measure(runs[-1:])
        return last.over(first)

    return quotient


def spread(name: str) -> Measure:
    """The largest over the smallest of all runs."""

    def measure(runs):
        ordered = sorted(runs, key=lambda run: number(run, name).value)
        return ratio(value(name))(ordered)

    return measure


def quiet_particles(runs: Sequence[Reduced]) -> Number:
    """P(D²_min)/ρ_SS of the tenth of the particles with the smallest D²_min; bins are taken to err together."""
    (run,) = runs
    counts, probability = run["particles"].value, run["probability"]
    part = np.cumsum(counts) <= QUIET * counts.sum()
    part[0] = True
    known = part & (counts > 0)
    weights = counts[known] / counts[known].sum()
    errors = _errors(((probability.high - probability.low) / 2)[known], weights, "of the particles")
    density = number(run, "density").value
    return Number.with_error(weights @ probability.value[known] / density, weights @ errors / density)


def _errors(errors: np.ndarray, parts: np.ndarray, of: str) -> np.ndarray:
    """The errors of bins, 0 where there is none, if bins without one hold next to nothing of the whole."""
    unbounded = parts[np.isnan(errors)].sum()
    if unbounded > UNBOUNDED:
        raise Missing(f"bins without an interval hold {unbounded:.0%} {of}")
    return np.nan_to_num(errors)


def states_at(mode: float) -> Measure:
    """D(ω)/ω at this number of modes over its maximum."""

    def measure(runs):
        states, below = measured(runs[0], "states"), runs[0]["modes_below"].value
        if not below[0] <= mode <= below[-1]:
            raise Missing(f"D(ω)/ω is known from mode {below[0]:.0f} to {below[-1]:.0f}")
        here, low, high = (np.interp(mode, below, values) for values in (states.value, states.low, states.high))
        return Number.with_error(here / states.value.max(), (high - low) / 2 / states.value.max())

    return measure


# Functions of the lag


def at_lag(run: Reduced, name: str, lag: float) -> Estimate:
    """A function of the lag at any time between its lags."""
    curve = measured(run, name)
    if not curve.x[1] <= lag <= curve.x[-1]:
        raise Missing(f"lags are {curve.x[1]:g} to {curve.x[-1]:g} τ; {lag:g} τ is needed")
    logs = np.log(curve.x[1:])
    return curve.map(lambda values: np.interp(np.log(lag), logs, values[1:]))


def bounded(curve: Curve) -> np.ndarray:
    """At which of its points a curve has an interval."""
    return np.isfinite(curve.known_resamples).all(axis=0)


def combined(function: Callable, *estimates: Estimate) -> Number:
    """A function of estimates from independent runs, or from one run, whose resamples are the same frames."""
    return Number.of(joined(function, *estimates))


def first_value(name: str) -> Measure:
    """What is left after 2 τ."""
    return lambda runs: Number.of(at_lag(runs[0], name, FIRST_LAG))


def at_strain(name: str, strain: float) -> Measure:
    """What is left after this strain, γ̇ δt."""
    return lambda runs: Number.of(at_lag(runs[0], name, strain / runs[0].strain_rate))


def temperature_rather_than_rate(name: str) -> Measure:
    """By how much more what is left after 2 τ differs between temperatures than between strain rates.

    Runs: the reference, another temperature, another strain rate.
    """
    return lambda runs: combined(
        lambda reference, temperature, rate: abs(temperature - reference) - abs(rate - reference),
        *(at_lag(run, name, FIRST_LAG) for run in runs),
    )


def straightness(name: str) -> Measure:
    """Root mean square distance from a straight line in log δt from 2 τ to τ*, over the fall of the line."""

    def measure(runs):
        (run,) = runs
        end = time(run, "tau_star")
        curve = measured(run, name)
        part = (curve.x >= FIRST_LAG) & (curve.x <= end) & bounded(curve)
        if part.sum() < 4:
            raise Missing(f"{part.sum()} lags from {FIRST_LAG:g} τ to τ* = {end:g} τ; 4 are needed")
        logs = np.log(curve.x[part])

        def distance(values):
            slope, height = np.polyfit(logs, values[part], 1)
            residual = np.sqrt(np.mean((values[part] - slope * logs - height) ** 2))
            return residual / abs(slope * np.ptp(logs))

        return Number.of(curve.map(distance))

    return measure


def left_at_relaxation(name: str) -> Measure:
    """What is left at τ_α of what is left after 2 τ."""

    def measure(runs):
        (run,) = runs
        end = time(run, "tau_alpha")
        return combined(lambda last, first: last / first, *(at_lag(run, name, lag) for lag in (end, FIRST_LAG)))

    return measure


def at_relaxation(name: str, times: float) -> Measure:
    """What is left after so many τ_α."""
    return lambda runs: Number.of(at_lag(runs[0], name, times * time(runs[0], "tau_alpha")))


def against_survival(runs: Sequence[Reduced]) -> Number:
    """Root mean square distance of C_SS from c P(τ_L ≥ δt), over C_SS after 2 τ."""
    (run,) = runs
    constant = number(run, "constant").value
    field, alive = run["c_ss"], run["alive"]
    known = bounded(field) & bounded(alive)
    known[0] = False
    if not known.any():
        raise Missing("C_SS and P(τ_L ≥ δt) have no lag in common at which both have an interval")

    def distance(field, alive):
        return np.mean((field - constant * alive)[known] ** 2) / field[known][0] ** 2

    # Squares, as their bias is that of noise, which adds to them.
    return Number.of(joined(distance, field, alive).unbiased().map(lambda square: np.sqrt(max(square, 0.0))))


def collapse(name: str) -> Measure:
    """ln of the spread of a function of the lag at different strain rates against δt, over that against γ̇ δt."""

    def measure(runs):
        # The others, which would be measured too, rest on other data.
        alone = (replace(run, measured={name: run.measured[name]} if name in run else {}) for run in runs)
        found = collapses(Series("strain_rate", tuple(alone)))
        if name not in found:
            raise Missing(f"fewer than two runs with {name} and a range of γ̇ δt in common")
        # As `collapses` takes them: a curve has a course, if it is known at two lags.
        used = tuple(place for place, run in enumerate(runs) if name in run and bounded(run[name])[1:].sum() > 1)
        # Errors of the ratio are factors.
        return Number.of(found[name].ratio.map(np.log), used)

    return measure


def exponent(runs: Sequence[Reduced]) -> Number:
    """n of τ_α ∝ γ̇^n."""
    found = relaxation_exponent(Series("strain_rate", tuple(runs)))
    if found is None:
        raise Missing("; ".join(run.missing["tau_alpha"] for run in runs if "tau_alpha" not in run))
    return Number.of(found, tuple(place for place, run in enumerate(runs) if "tau_alpha" in run))


# Laws of lives


def _power_law(run):
    """P(τ_L) in logarithms with errors, the straight line up to τ_α, and where the times are below and far above it.

    What has no interval has an error of NaN, and no say in the line.
    """
    relaxation, law = time(run, "tau_alpha"), measured(run, "lifetimes")
    times = run.axes["lifetime"]
    known = law.value > 0
    logs, values = np.log(times[known]), np.log(law.value[known])
    bounded = law.low[known] > 0
    ends = (np.where(bounded, end[known], np.nan) for end in (law.low, law.high))
    errors = -np.subtract(*map(np.log, ends)) / 2
    before = (times[known] > WINDOW) & (times[known] < relaxation) & bounded
    after = times[known] > 2 * relaxation
    if before.sum() < 4 or after.sum() < 1:
        raise Missing(f"{before.sum()} bins of lifetimes below τ_α and {after.sum()} above 2 τ_α; 4 and 1 are needed")
    line = np.polyfit(logs[before], values[before], 1, w=1 / errors[before])
    return values - np.polyval(line, logs), errors, before, after


def power_law_distance(runs: Sequence[Reduced]) -> Number:
    """Root mean square distance of ln P(τ_L) from a power law, for lives from the moving window to τ_α."""
    distances, errors, before, _ = _power_law(runs[0])
    of_one = np.sqrt(np.mean(errors[before] ** 2))
    return Number.with_error(np.sqrt(np.mean(distances[before] ** 2)), of_one / np.sqrt(before.sum()))


def tail(runs: Sequence[Reduced]) -> Number:
    """ln of P(τ_L) over the continued power law, for lives of more than 2 τ_α."""
    distances, errors, _, after = _power_law(runs[0])
    return Number.with_error(distances[after].mean(), np.sqrt(np.sum(errors[after] ** 2)) / after.sum())


def _coarse_mean(run: Reduced) -> Number:
    """The mean of N_R from the run's frames 20 τ apart; that of lives as far as they are seen is none."""
    found = getattr(run, "experiments", {}).get(COARSE_MEAN)
    if found is None:
        raise Missing(f"{COARSE_MEAN}: not measured")
    if AS_SEEN in found.note:
        raise Missing(found.note)
    return Number.of(found)


def mean_by_coarse_frames(runs: Sequence[Reduced]) -> Number:
    """The mean of N_R from frames 20 τ apart, times what finer ones change in a run where they are known.

    Runs: the one with coarse frames, the one with both. Both means of the latter are of the same frames; their errors
    are taken to be independent, which makes that of their quotient rather too large.
    """
    apart, both = runs[:2]
    return _coarse_mean(apart).over(_coarse_mean(both).over(number(both, "mean_rearrangements")))


def ratio_to_coarse_frames(runs: Sequence[Reduced]) -> Number:
    """The mean of N_R of the last run over that of the first, whose frames are 20 τ apart."""
    return number(runs[-1], "mean_rearrangements").over(mean_by_coarse_frames(runs))


def crossover(runs: Sequence[Reduced]) -> Number:
    """⟨N_R²⟩/⟨N_R⟩: in proportion to where a power law with an exponential tail ends; errors as of independent bins."""
    (run,) = runs
    law, counts = measured(run, "budgets"), run.axes["rearrangements"]
    widths = np.diff(run.axes["rearrangements_edge"])
    weights = np.nan_to_num(law.value) * widths
    unknown = 1 - weights.sum() - number(run, "without_rearrangement").value
    if unknown > UNKNOWN:
        raise Missing(f"{unknown:.0%} of the soft spots take more rearrangements than can be seen in the data")
    first, second = weights @ counts, weights @ counts**2
    if first == 0:
        raise Missing("no soft spot dies after a rearrangement")
    errors = _errors((law.high - law.low) / 2 * widths, weights * counts**2 / second, "of ⟨N_R²⟩")
    found = second / first
    return Number.with_error(found, np.sqrt(np.sum((errors * counts * (counts - found)) ** 2)) / first)
