"""Numbers with the intervals in which they lie, as the data say when they are resampled, or the reason for none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.fft import irfft, next_fast_len, rfft

from softspots.arrays import float_array
from softspots.exceptions import InputError
from softspots.reasons import FEW_BLOCKS, OFTEN_UNDEFINED, WIDENED, joined

CONFIDENCE = 0.68  # of the intervals
# From fewer independent blocks than this no error can be told: with four, the error itself is uncertain by 40 %.
FEWEST = 5
# Where more resamples than this are undefined, there is no interval.
UNDEFINED = 0.1
ROUNDING = 1e-9  # of a number that is made of sums over all frames


@dataclass(frozen=True, eq=False)
class Support:
    """How much of the data an estimate stands on.

    Parameters
    ----------
    independent : ndarray
        How many independent blocks of frames know it, of the shape of its value.
    without : (F, ...) ndarray, optional
        From the data without one frame, for each frame: the memory of the quantity shows in it.
    alone : (B, ...) ndarray, optional
        From each block of frames alone; not finite where it does not know the quantity.
    limit : float or ndarray
        At most so many independent blocks know it, by what it is derived from.
    """

    independent: np.ndarray
    without: np.ndarray | None = None
    alone: np.ndarray | None = None
    limit: float | np.ndarray = np.inf

    @classmethod
    def of(cls, block: int, without: np.ndarray, alone: np.ndarray, limit: float | np.ndarray = np.inf) -> Support:
        """By counting blocks as long as those that are resampled or, if it is longer, as twice the correlation time."""
        n_frames, shape = len(without), without.shape[1:]
        series = without.reshape(n_frames, -1)
        known = np.sum(np.isfinite(alone), axis=0).ravel().astype(float)
        finite = np.isfinite(series).all(axis=0)
        memory = np.maximum(block, 2 * correlation_time(series[:, finite]))
        known[finite] = np.minimum(known[finite], n_frames / memory)
        return cls(np.minimum(known.reshape(shape), limit), without, alone, limit)


@dataclass(frozen=True, eq=False, repr=False)
class Estimate:
    """A number, or several, with 68 % intervals.

    Parameters
    ----------
    value : float or ndarray
        From all data.
    low, high : float or ndarray
        Ends of the interval, of the shape of the value; NaN where it is not known.
    resampled : (R, ...) ndarray, optional
        From each of R resamples of the data, NaN where one leaves it undefined: what other things are derived from.
    block : int
        Length of the resampled blocks, in frames; 0 where there are no resamples. Blocks of a fifth of the data, the
        longest that are taken, say that the memory of the data is not short against them, and that the error is too
        small.
    note : str
        What there is to know of it, such as why its interval is not known.
    support : Support, optional
        None if that is not told, as by a file.
    """

    value: float | np.ndarray
    low: float | np.ndarray
    high: float | np.ndarray
    resampled: np.ndarray | None = None
    block: int = 0
    note: str = ""
    support: Support | None = None

    @classmethod
    def of(
        cls, value: float | np.ndarray, resampled: np.ndarray, block: int, support: Support | None = None
    ) -> Estimate:
        """An estimate with its resamples: the interval is their central one, widened to hold the value.

        There is none where fewer than five independent blocks of frames know the quantity, more than a tenth of the
        resamples is undefined, or the value is infinite. The note says why there is none, or that it was widened by
        more than rounding.
        """
        independent = np.broadcast_to(support.independent if support else np.inf, np.shape(value))
        undefined = np.mean(np.isnan(resampled), axis=0)
        bounded = (undefined <= UNDEFINED) & (independent >= FEWEST) & ~np.isinf(value)
        low, high, widened = holding(value, *_central(np.where(bounded, resampled, np.nan), CONFIDENCE))
        return cls(value, low, high, resampled, block, joined(_reason(value, independent, undefined), widened), support)

    def __repr__(self) -> str:
        found, note = self._values(), self.note
        if np.ndim(self.value) == 0:
            found = f"{self.value:.4g}"
            if not np.isnan(self.low):
                found += f", {self.low:.4g} to {self.high:.4g}"
            elif note:
                note = f"no interval: {note}"
        resamples = "" if self.resampled is None else f"{len(self.resampled)} resamples of blocks of {self.block}"
        return f"{type(self).__name__}({', '.join(filter(None, (found, resamples, note)))})"

    def _values(self) -> str:
        return f"{np.shape(self.value)} values"

    @property
    def error(self) -> np.ndarray:
        """Half the width of the interval: one standard deviation, but for half a percent."""
        return (self.high - self.low) / 2

    @property
    def known_resamples(self) -> np.ndarray:
        """The resamples, NaN where the interval is not known: what is derived from them has none there either.

        Raises
        ------
        InputError
            If there are none.
        """
        if self.resampled is None:
            raise InputError(f"{self!r} has no resamples; what is derived from it has no interval")
        return np.where(np.isnan(self.low), np.nan, self.resampled)

    @property
    def independent(self) -> np.ndarray:
        """How many independent blocks of frames know it, of the shape of the value; ∞ if that is not told."""
        return np.broadcast_to(self.support.independent if self.support else np.inf, np.shape(self.value))

    def percentiles(self, confidence: float = CONFIDENCE) -> tuple[np.ndarray, np.ndarray]:
        """Lower and upper end of the central interval of the resamples, which need not hold the value.

        Both are NaN where there is no interval.

        Raises
        ------
        InputError
            If the confidence level is not between 0 and 1.
        """
        if not 0 < confidence < 1:
            raise InputError(f"percentiles: confidence is {confidence!r}; it must lie between 0 and 1")
        return _central(self.known_resamples, confidence)

    def unbiased(self) -> Estimate:
        """Less the bias that the resamples show: for what noise makes larger, a maximum or a root mean square.

        Noise that makes a value too large makes resamples of it so once more (Efron and Tibshirani 1993, section 10.6).
        Of a maximum that is flat within the noise this takes off about half of the bias.
        """
        bias = np.nanmean(self.resampled, axis=0) - self.value
        return Estimate.of(self.value - bias, self.resampled - 2 * bias, self.block, self.support)

    def map(self, function: Callable[..., Any], among: np.ndarray | slice | None = None) -> Estimate:
        """The estimate of ``function(value)``, resample by resample.

        Parameters
        ----------
        function : callable
        among : index, optional
            The elements that ``function`` takes its value from or chooses among: no more independent blocks know it
            than know each of them. Without it, that holds for all elements where the memory of the result cannot be
            told from itself: where it is not finite without some frame, and of a number that most frames do not change.
        """
        return combined(function, self, among=among)


def combined(function: Callable[..., Any], *estimates: Estimate, among: np.ndarray | slice | None = None) -> Estimate:
    """A function of estimates whose resamples are of the same frames with the same weights, resample by resample.

    ``among`` is that of `Estimate.map`. What an estimate without `Support` has no interval for counts as undefined.
    """

    def each(parts) -> np.ndarray:
        return np.array([function(*one) for one in zip(*parts, strict=True)])

    value, block = function(*(one.value for one in estimates)), max(one.block for one in estimates)
    resampled = each([one.resampled if one.support else one.known_resamples for one in estimates])
    supports = [one.support for one in estimates if one.support]
    limit = np.full(np.shape(value), min((np.min(one.limit) for one in supports), default=np.inf))
    told = len(supports) == len(estimates) and all(one.without is not None for one in supports)
    without, alone = (each([getattr(one, name) for one in supports]) if told else None for name in ("without", "alone"))
    if among is not None:
        limit = np.minimum(limit, min(_fewest(one, among) for one in estimates))
    elif told:
        hidden = ~np.isfinite(without).all(axis=0)
        if limit.ndim == 0:
            # Of what has few values, such as a place, the series is constant whatever the memory.
            hidden |= np.mean(without == value) > 0.5
        if hidden.any():
            limit[hidden] = min(_fewest(one) for one in estimates)
    support = Support.of(block, without, alone, limit) if told else Support(limit, limit=limit)
    return Estimate.of(value, resampled, block, support)


def competing(estimate: Estimate) -> np.ndarray:
    """Which elements are the largest in one of the resamples, of the shape of the value."""
    found = np.zeros(np.shape(estimate.value), dtype=bool)
    found.flat[np.unique(estimate.resampled.reshape(len(estimate.resampled), -1).argmax(axis=1))] = True
    return found


def holding(
    value: float | np.ndarray, low: float | np.ndarray, high: float | np.ndarray
) -> tuple[np.ndarray, np.ndarray, str]:
    """Ends of the interval, widened to hold the value where they do not; a note, if that is by more than rounding."""
    wide = np.minimum(low, value), np.maximum(high, value)
    with np.errstate(invalid="ignore"):
        beyond = np.maximum(low - value, value - high)
        moved = beyond > ROUNDING * np.abs(value)
        # All of it, where the resamples are infinite.
        part = np.max(np.where(np.isinf(beyond), 1.0, beyond / (wide[1] - wide[0])), where=moved, initial=0.0)
    if not moved.any():
        return *wide, ""
    return *wide, f"{WIDENED} ({part:.0%} of its width{_where(moved)})"


def _fewest(estimate: Estimate, among: np.ndarray | slice = np.s_[...]) -> float:
    """The number of independent blocks that know the least known of these elements."""
    values, independent = (np.asarray(each)[among] for each in (estimate.value, estimate.independent))
    return np.min(independent[~np.isnan(values)], initial=np.inf)


def _central(resampled, confidence) -> tuple[np.ndarray, np.ndarray]:
    """Ends of the central interval of those resamples that are defined; NaN where none is."""
    known = ~np.isnan(resampled).all(axis=0)
    # A percentile that is one of the values can be infinite, as for a relaxation that outlives the data.
    ends = np.nanquantile(
        np.where(known, resampled, 0.0), (0.5 - confidence / 2, 0.5 + confidence / 2), 0, method="inverted_cdf"
    )
    # Of no elements NumPy gives one empty array instead of two.
    low, high = np.where(known, np.broadcast_to(ends, (2, *known.shape)), np.nan)
    return low, high


def _reason(value, independent, undefined) -> str:
    """Why there is no interval where there is none, each reason with the places that it holds for; else empty."""
    known = np.isfinite(value)
    if not known.any():
        return "infinite: it lies beyond the data" if np.isinf(value).any() else ""
    independent, undefined = independent[known], undefined[known]
    few = independent < FEWEST
    vague = ~few & (undefined > UNDEFINED)
    kinds = (
        (few, f"{FEW_BLOCKS}: {np.floor(independent.min()):.0f}"),
        (vague, f"{OFTEN_UNDEFINED}: {np.max(undefined, where=vague, initial=0.0):.0%}"),
    )
    return joined(*(reason + _where(places) for places, reason in kinds if places.any()))


def _where(places) -> str:
    """At how many of the places, unless it is all."""
    return "" if places.all() else f", at {np.count_nonzero(places)} of {np.size(places)} places"


def correlation_time(series: np.ndarray) -> np.ndarray:
    """Integrated correlation time ½ + Σ_k ρ(k) of one or several time series.

    The sum over the autocorrelation ρ ends at the first lag that is five times as long as the sum up to it, beyond
    which there is little but noise (Madras and Sokal 1988). An average over F frames is as good as one over
    F / (2 correlation times) independent ones.

    Parameters
    ----------
    series : (F,) or (F, K) array_like of float
        Equally spaced values of one or K quantities.

    Returns
    -------
    float or (K,) ndarray
        In frames; ½, that of independent frames, at the least, and for what does not vary.

    Raises
    ------
    InputError
        If a value is not finite.
    """
    series = float_array("correlation_time: series", series, ("F", "K")[: np.ndim(series)])
    n_frames = len(series)
    mean = series.mean(axis=0)
    size = next_fast_len(2 * n_frames, real=True)
    covariance = irfft(np.abs(rfft(series - mean, size, axis=0)) ** 2, size, axis=0)[:n_frames]
    # What varies at the level of rounding does not vary.
    varies = covariance[0] > n_frames * (1e-12 * mean) ** 2
    times = np.cumsum(np.divide(covariance, covariance[0], out=np.zeros_like(covariance), where=varies), axis=0) - 0.5
    lags = np.arange(n_frames).reshape(-1, *(1,) * (series.ndim - 1))
    enough = lags >= 5 * times
    enough[-1] = True
    window = np.argmax(enough, axis=0)[None]
    # The mean comes from the same data, which lowers each ρ(k) a little (Wolff 2004).
    unbiased = np.take_along_axis(times, window, axis=0)[0] * (1 + (2 * window[0] + 1) / n_frames)
    return np.maximum(unbiased, 0.5)
