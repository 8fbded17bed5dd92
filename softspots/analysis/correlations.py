"""Correlations in time: F_s, the correlation functions of fields, and collapse with the strain rate.

Times are whole numbers of the interval between frames. Frames may be missing: an average at a lag is over the pairs of
frames that are there. Errors are those of `softspots.analysis.bootstrap`: blocks of the earlier frames of the pairs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from softspots.analysis.bootstrap import bootstrap, fraction
from softspots.analysis.fields import checked_field
from softspots.analysis.lags import by_origin, checked_lags, checked_times, find_frames
from softspots.curve import Curve
from softspots.estimate import Estimate
from softspots.exceptions import InputError

COLLAPSE_POINTS = 50


@dataclass(frozen=True, repr=False)
class Collapse:
    """How well curves at different strain rates agree against time, and against strain.

    Parameters
    ----------
    ratio : Estimate
        Spread of the curves against δt over that against γ̇ δt: above 1 if the strain sets the time. Its resamples
        are reflected about the value in the logarithm (resampled curves are noisier than the curves, which brings
        the ratio closer to 1 by as much as noise has done already).
    time, strain : float
        The two spreads: root of the variance between curves, averaged over the logarithm of the common range.
    time_noise, strain_noise : float
        What they would be if the curves differed by their errors only.
    """

    ratio: Estimate
    time: float
    strain: float
    time_noise: float
    strain_noise: float

    def __repr__(self) -> str:
        spreads = f"time={self.time:.3g} (noise {self.time_noise:.3g}), strain={self.strain:.3g}"
        return f"Collapse(ratio={self.ratio!r}, {spreads} (noise {self.strain_noise:.3g}))"


def self_scattering(
    positions: np.ndarray,
    lags: Sequence[int],
    wavevector: float = 2 * np.pi,
    times: Sequence[int] | None = None,
    seed: int = 0,
) -> Curve:
    """F_s(q, δt) = ⟨exp[i q·(r_i(t+δt) − r_i(t))]⟩ for q along y, across the shear.

    The average is over particles and pairs of frames, each pair counted alike; of the two directions of q, so that
    the result is real.

    Parameters
    ----------
    positions : (F, N) array_like of float
        Unwrapped y-coordinates, in σ_AA: `Frame.unwrapped[:, 1]`.
    lags : sequence of int
        δt, rising, from 0 on, in intervals between frames.
    wavevector : float
        |q|, in 1/σ_AA.
    times : (F,) sequence of int, optional
        Rising times of the frames, in intervals. Default: 0, 1, ….
    seed : int
        Of the resamples.

    Raises
    ------
    InputError
        If shapes do not fit, a position is not finite, or times or lags do not rise.

    Notes
    -----
    Schoenholz et al. 2014, section IV. All pairs of frames are products of two matrices, (F, N) by (N, F).
    """
    positions = checked_field("self_scattering", "positions", positions)
    times, lags = checked_times("self_scattering", times, len(positions)), checked_lags("self_scattering", lags)
    phases = wavevector * positions
    cosine, sine = np.cos(phases), np.sin(phases)
    products, present = by_origin((cosine @ cosine.T + sine @ sine.T) / positions.shape[1], times, times, times, lags)
    return Curve.over(lags, bootstrap(fraction, products, present, seed=seed), present.sum(axis=0))


def field_correlation(
    x: np.ndarray,
    y: np.ndarray,
    lags: Sequence[int],
    x_times: Sequence[int] | None = None,
    y_times: Sequence[int] | None = None,
    seed: int = 0,
) -> Curve:
    """C_XY(δt) = ⟨X̃_i(t+δt) Ỹ_i(t)⟩ of two fields with zero mean and unit variance.

    Mean and variance of a field are those over all its particles and frames, as ρ_SS is: of a steady state there is
    one of each, and what a frame has more than others is part of the correlation. The variances are resampled with
    the products; the means are not, since their errors enter squared.

    Parameters
    ----------
    x, y : (F, N), (G, N) array_like of float or bool
        A map S of soft spots (``labels >= 0``), or D²_min. Leave out frames that lack a field.
    lags : sequence of int
        δt, rising, from 0 on, in intervals between frames.
    x_times, y_times : (F,), (G,) sequence of int, optional
        Rising times of the frames, in intervals. Default: 0, 1, ….
    seed : int
        Of the resamples.

    Raises
    ------
    InputError
        If shapes do not fit, a value is not finite, a field is the same everywhere, or times or lags do not rise.

    Notes
    -----
    Schoenholz et al. 2014, eq. 3. All pairs of frames are a product of two matrices, (F, N) by (N, G). Up to some
    thousand frames this costs no more than Fourier transforms along time, and keeps the single pairs, from which the
    errors come.
    """
    x, y = (checked_field("field_correlation", name, values) for name, values in (("x", x), ("y", y)))
    if x.shape[1] != y.shape[1]:
        raise InputError(f"field_correlation: x has {x.shape[1]} particles and y {y.shape[1]}")
    x_times, y_times = (
        checked_times("field_correlation", times, len(field)) for times, field in ((x_times, x), (y_times, y))
    )
    lags = checked_lags("field_correlation", lags)
    deviations = []
    for name, field in (("x", x), ("y", y)):
        if field.min() == field.max():
            raise InputError(f"field_correlation: {name} is {field.flat[0]:g} everywhere; it has no correlations")
        deviations.append(field - field.mean())
    times = np.union1d(x_times, y_times)
    products, present = by_origin(deviations[0] @ deviations[1].T / x.shape[1], x_times, y_times, times, lags)
    variances = [
        _at(times, own_times, (field**2).mean(axis=1))
        for field, own_times in zip(deviations, (x_times, y_times), strict=True)
    ]
    sums = [values[:, None] for pair in variances for values in pair]

    def statistic(products, present, x_square, x_known, y_square, y_known):
        variances = fraction(x_square, x_known) * fraction(y_square, y_known)
        # A resample of a few frames can be the same everywhere.
        return fraction(fraction(products, present), np.sqrt(variances))

    return Curve.over(lags, bootstrap(statistic, products, present, *sums, seed=seed), present.sum(axis=0))


def collapse(curves: Sequence[Curve], rates: Sequence[float]) -> Collapse:
    """Whether curves at different strain rates γ̇ agree better against γ̇ δt than against δt.

    Curves are compared where all are known, between lags straight in log δt; the ratio has an interval if all of them
    have one there. Against δt and against γ̇ δt these are different stretches of the curves.

    Parameters
    ----------
    curves : sequence of Curve
        Two or more, of independent runs, with the same interval between frames; lag 0 is left out.
    rates : sequence of float
        γ̇ of each, in any unit.

    Raises
    ------
    InputError
        If there are not as many rates as curves, at least two, a rate is not positive, a curve is known at no lag, or
        the curves have no range in common.

    Notes
    -----
    Schoenholz et al. 2014, section IV and fig. 5, b, d, f, and h.
    """
    if len(curves) != len(rates) or len(curves) < 2 or not all(rate > 0 for rate in rates):
        raise InputError(
            f"collapse: {len(curves)} curves and rates {list(rates)}; two or more positive rates are needed"
        )
    known = [(curve.x > 0) & np.isfinite(curve.value) for curve in curves]
    if not all(where.any() for where in known):
        raise InputError("collapse: a curve is known at no lag above 0")
    logs = [np.log(curve.x[where]) for curve, where in zip(curves, known, strict=True)]
    values = [curve.value[where] for curve, where in zip(curves, known, strict=True)]
    # Of a lag that has no interval nothing can be told that has one.
    resampled = [curve.known_resamples[:, where] for curve, where in zip(curves, known, strict=True)]
    spreads, noises, samples = [], [], []
    for shifts in (np.zeros(len(rates)), np.log(rates)):
        shifted = [log + shift for log, shift in zip(logs, shifts, strict=True)]
        first, last = max(log[0] for log in shifted), min(log[-1] for log in shifted)
        if first >= last:
            raise InputError("collapse: the curves have no range of δt, or of γ̇ δt, in common")
        points = np.linspace(first, last, COLLAPSE_POINTS)
        spreads.append(_spread(points, shifted, values))
        samples.append(np.array([_spread(points, shifted, one) for one in zip(*resampled, strict=False)]))
        errors = [np.interp(points, log, _deviation(one)) for log, one in zip(shifted, resampled, strict=True)]
        noises.append(float(np.sqrt(np.mean(np.square(errors)))))
    block = max(curve.block for curve in curves)
    # Curves that are the same have no spread, and no ratio of two.
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.divide(*spreads)
        resampled_ratio = ratio**2 / (samples[0] / samples[1])
    return Collapse(Estimate.of(float(ratio), resampled_ratio, block), *spreads, *noises)


def _at(times, own_times, values):
    """Values of frames at ``times``, 0 where there is no frame, and where there is one."""
    frames, known = find_frames(own_times, times)
    return np.where(known, values[frames], 0.0), known


def _spread(points, logs, values) -> float:
    """Root of the variance between curves, averaged over the points."""
    curves = [np.interp(points, log, one) for log, one in zip(logs, values, strict=True)]
    return float(np.sqrt(np.mean(np.var(curves, axis=0, ddof=1))))


def _deviation(resampled) -> np.ndarray:
    """Standard deviation of the resamples that are known, NaN where none is."""
    unknown = np.isnan(resampled).all(axis=0)
    return np.where(unknown, np.nan, np.nanstd(np.where(unknown, 0.0, resampled), axis=0))
