"""The stages of a reduction that follow single soft spots: their lives, and the mean-field model of these."""

from __future__ import annotations

from typing import Any

import numpy as np

from softspots.analysis.findings import Findings, Missing, Run
from softspots.analysis.lifetimes import (
    bin_centers,
    density,
    fit_constant,
    logarithmic_edges,
    mean_rearrangements,
    rearrangement_law,
    restricted,
    seen_rearrangements,
    survival,
)
from softspots.analysis.meanfield import predict_lifetimes
from softspots.analysis.silent import fit_silent
from softspots.analysis.tracking import Tracks, track
from softspots.curve import Curve, relaxation_time
from softspots.estimate import Estimate
from softspots.reasons import ALL_OR_NONE, LEAST_OF_ALL, PRODUCT_LIMIT, incomplete, too_many_outlive


def lives(run: Run, found: Findings) -> None:
    """Lifetimes and rearrangements of single soft spots, with both placements of the moving window."""
    run.need_frames(run.has_both, 3, "soft spots and D²_min")
    run.need_unbroken_series("lives of soft spots need")
    run.need_temperature()
    epsilon = found.number("epsilon")
    if not 0 < epsilon < 1:
        raise Missing(f"ε is {epsilon:.2g}, which no overlap falls below")
    labels, rearranging = run.labels[run.has_spots], run.rearranging[run.has_spots]

    def followed(placement: str, share: float, done: float) -> Tracks:
        return track(
            labels,
            rearranging,
            epsilon,
            run.times[run.has_spots],
            placement=placement,
            progress=lambda part: found.advance(done + share * part),
        )

    tracks, centered = followed("forward", 0.4, 0.0), followed("centered", 0.4, 0.4)
    found.add("followed", len(tracks))
    found.add("censored", tracks.censored)
    if not tracks.dead.any():
        raise Missing("no soft spot dies within the data")
    edges = logarithmic_edges(max(tracks.lifetime.max(), centered.lifetime.max()))
    found.axes |= _bins("lifetime", edges, run.interval)
    alive = _lifetimes(run, found, tracks, edges, "")
    at_lags = _at(alive, run.lags)
    found.estimate("alive", at_lags, keep=True)
    found.estimate("constant", fit_constant(found.curves["c_ss"], at_lags))
    with found.attempt("median_lifetime_centered", "lifetimes_centered"):
        if not centered.dead.any():
            raise Missing("no soft spot dies within the data")
        _lifetimes(run, found, centered, edges, "_centered")
    found.law, found.tracks = rearrangement_law(tracks), tracks
    found.estimate("seen_rearrangements", seen_rearrangements(tracks))
    with found.attempt("mean_rearrangements"):
        if reason := too_many_outlive(len(tracks), tracks.censored) or incomplete(1 - np.nansum(found.law.value[:-1])):
            raise Missing(reason)
        notes = [PRODUCT_LIMIT] * bool(tracks.censored)
        notes += ["restricted: some spots of the largest N_R outlive the data"] * restricted(tracks)
        found.estimate("mean_rearrangements", mean_rearrangements(tracks), note="; ".join(notes))
    spots = found.number("spots")
    found.estimate("rearrangement_rate", found.law.map(lambda values: values[-1]), spots)
    none = found.law.map(lambda values: values[0])
    if none.value in (0, 1):
        # Differences of a survival leave a sign at 0.
        none = Estimate(abs(none.value), np.nan, np.nan, note=f"no interval: {ALL_OR_NONE}")
    found.estimate("without_rearrangement", none)
    most = tracks.rearrangements.max()
    edges = np.unique(np.minimum(logarithmic_edges(max(most, 1)), max(most, 1) + 1))
    found.axes |= _bins("rearrangements", edges, 1)
    found.estimate("budgets", found.law.map(lambda values: _binned_law(values[:-1], edges)))


def _lifetimes(run, found, tracks, edges, name) -> Curve:
    """Median and density of lifetimes, as quantities with this ending, from the survival, which is returned."""
    alive = survival(tracks, np.union1d(run.lags, edges))
    with found.attempt(f"median_lifetime{name}"):
        half = relaxation_time(alive, 0.5)
        if np.isnan(half.value):
            raise Missing("more than half of the soft spots die within one interval")
        if np.isinf(half.value):
            raise Missing("more than half of the soft spots outlive the data")
        found.estimate(f"median_lifetime{name}", half, run.interval)
    found.estimate(f"lifetimes{name}", density(_at(alive, edges)), 1 / run.interval)
    return alive


def _at(curve, places) -> Curve:
    """The curve at some of its places."""
    which = np.searchsorted(curve.x, places)
    return Curve.over(places, curve.map(lambda values: values[which]))


def _bins(name, edges, unit) -> dict[str, Any]:
    """Centres and borders of bins of whole numbers."""
    return {name: bin_centers(edges) * unit, f"{name}_edge": edges * unit}


def _binned_law(values, edges):
    sums = np.append(0, np.cumsum(values))
    return np.diff(sums[np.minimum(edges, len(values))]) / np.diff(edges)


def model(run: Run, found: Findings) -> None:
    """Lifetimes of the mean-field model, from the law of N_R and the rate of the same events."""
    if found.law is None:
        raise Missing("the law of N_R is needed, which is not known")
    if found.law.value[-1] == 0:
        raise Missing("no soft spot rearranges")
    if reason := incomplete(1 - np.nansum(found.law.value[:-1])):
        raise Missing(reason)
    times, spots = found.axes["lifetime_edge"], found.number("spots")
    if spots < 1:
        raise Missing(f"there are {spots:.2g} soft spots a frame; the model is of one or more")

    def predicted(values):
        # A spot of the model dies of a rearrangement.
        law, rate = np.nan_to_num(values[:-1]) * (np.arange(len(values) - 1) > 0), spots * values[-1]
        if law.sum() == 0 or not rate > 0:
            return np.full(2 * len(times) - 1, np.nan)
        result = predict_lifetimes(times, law / law.sum(), spots, rate, run.interval)
        return np.concatenate((result.survival, result.density))

    prediction = found.law.map(predicted)
    found.estimate("model_lifetimes", prediction.map(lambda values: values[len(times) :]))
    _median(found, "model_median", times, prediction.map(lambda values: values[: len(times)]))
    with found.attempt(*(f"silent_{of}" for of in ("rate", "gain", "without", "median", "lifetimes")), "possible_gain"):
        with_silent_deaths(run, found, times)


def with_silent_deaths(run: Run, found: Findings, times: np.ndarray) -> None:
    """The model with one more parameter, and how much likelier it makes the lives; ``times`` are borders of bins."""
    fitted = fit_silent(found.tracks, np.rint(times / run.interval).astype(int))
    if np.isinf(fitted.possible.value) and np.isnan(fitted.gain.value):
        raise Missing("lifetimes that are seen cannot be, with silent deaths or without")
    with found.attempt("silent_gain", "possible_gain"):
        if np.isinf(fitted.possible.value):
            raise Missing("without silent deaths, lifetimes that are seen cannot be")
        found.estimate("possible_gain", fitted.possible)
        if np.isfinite(fitted.rate.value):
            found.estimate("silent_gain", _at_its_limit(fitted.gain))
    if np.isinf(fitted.rate.value):
        raise Missing("silent deaths are faster than an interval between frames")
    found.estimate("silent_rate", _at_its_limit(fitted.rate), 1 / run.interval)
    found.estimate("silent_without", _at_its_limit(fitted.unrearranged))
    found.estimate("silent_lifetimes", fitted.alive.map(lambda values: (values[:-1] - values[1:]) / np.diff(times)))
    _median(found, "silent_median", times, fitted.alive)


def _at_its_limit(estimate: Estimate) -> Estimate:
    """Without an interval if that is 0 alone, less than which λ and what comes with it cannot be."""
    if estimate.low == estimate.high == 0:
        return Estimate(estimate.value, np.nan, np.nan, note=f"no interval: {LEAST_OF_ALL}")
    return estimate


def _median(found, name, times, alive) -> None:
    """Where the survival at these times falls to a half."""
    with found.attempt(name):
        half = relaxation_time(Curve.over(times, alive), 0.5)
        if not np.isfinite(half.value):
            raise Missing("the median lies outside the lifetimes that are seen")
        found.estimate(name, half)
