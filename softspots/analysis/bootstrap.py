"""Errors of averages over time: a block bootstrap whose blocks are as long as the memory of the data asks for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy.fft import irfft, next_fast_len, rfft

from softspots.arrays import float_array, refuse_masked
from softspots.exceptions import InputError

RESAMPLES = 400  # the ends of a 68 % interval are then known to 8 % of the error
WIDENED = "interval widened to its value, which the resamples exclude"
ROUNDING = 1e-9  # of a number that is made of sums over all frames
FEW_BLOCKS = "too few independent blocks"  # a reason for no interval
# From fewer independent blocks than this no error can be told: with four, the error itself is uncertain by 40 %.
FEWEST = 5
# Where more resamples than this are undefined, there is no interval.
UNDEFINED = 0.1
# The least weight of a frame in a resample, in mean weights: every resample knows all that the data know.
LEAST_WEIGHT = 1e-9


@dataclass(frozen=True, eq=False, repr=False)
class Estimate:
    """What the data say, and what they say when resampled.

    Parameters
    ----------
    value : float or ndarray
        From all data.
    resampled : (R, ...) ndarray
        From each of R resamples; NaN where one leaves it undefined.
    block : int
        Length of the resampled blocks, in frames. Blocks of a fifth of the data, the longest that are
        taken, say that the memory of the data is not short against them, and that the error is too small.
    without : (F, ...) ndarray, optional
        From the data without one frame, for each frame: the memory of the quantity shows in it.
    alone : (B, ...) ndarray, optional
        From each block of frames alone; not finite where it does not know the quantity.
    limit : float or ndarray
        At most so many independent blocks know the quantity, by what it is derived from.
    """

    value: float | np.ndarray
    resampled: np.ndarray
    block: int
    without: np.ndarray | None = None
    alone: np.ndarray | None = None
    limit: float | np.ndarray = np.inf

    def __repr__(self) -> str:
        resamples = f"{len(self.resampled)} resamples of blocks of {self.block}"
        if np.ndim(self.value):
            return f"Estimate({np.shape(self.value)} values, {resamples})"
        low, high = self.interval()
        found = "no interval" if np.isnan(low) and self.reason else f"{low:.4g} to {high:.4g}"
        return f"Estimate({self.value:.4g}, {found}{': ' * bool(self.note)}{self.note}, {resamples})"

    @cached_property
    def independent(self) -> np.ndarray:
        """How many independent blocks of frames know the quantity, of the shape of the value; ∞ if that is not told.

        Blocks as long as those that are resampled or, if it is longer, as twice the correlation time.
        """
        if self.without is None:
            return np.full(np.shape(self.value), self.limit)
        n_frames = len(self.without)
        series = self.without.reshape(n_frames, -1)
        known = np.sum(np.isfinite(self.alone), axis=0).ravel().astype(float)
        finite = np.isfinite(series).all(axis=0)
        memory = np.maximum(self.block, 2 * correlation_time(series[:, finite]))
        known[finite] = np.minimum(known[finite], n_frames / memory)
        return np.minimum(known.reshape(np.shape(self.value)), self.limit)

    @property
    def reason(self) -> str:
        """Why there is no interval where there is none; empty if there is one everywhere."""
        known = np.isfinite(self.value)
        if not known.any():
            return "infinite: it lies beyond the data" if np.isinf(self.value).any() else ""
        independent = self.independent[known]
        few = np.sum(independent < FEWEST)
        if few:
            where = f", at {few} of {independent.size} places" if few < independent.size else ""
            return f"{FEW_BLOCKS}: {int(independent.min())}{where}"
        undefined = np.mean(np.isnan(self.resampled), axis=0)[known].max()
        return f"undefined in {undefined:.0%} of the resamples" if undefined > UNDEFINED else ""

    @property
    def note(self) -> str:
        """What there is to know of the interval: the `reason` why there is none, or that it was widened."""
        return joined(self.reason, holding(self.value, *self.percentiles())[2])

    def percentiles(self, confidence: float = 0.68) -> tuple[np.ndarray, np.ndarray]:
        """Lower and upper end of the central interval of the resamples, which need not hold the value.

        Both ends are NaN where fewer than five independent blocks know the quantity, more than a tenth of the resamples
        is undefined, or the value is infinite.

        Raises
        ------
        InputError
            If the confidence level is not between 0 and 1.
        """
        if not 0 < confidence < 1:
            raise InputError(f"interval: confidence is {confidence!r}; it must lie between 0 and 1")
        known = (np.mean(np.isnan(self.resampled), axis=0) <= UNDEFINED) & (self.independent >= FEWEST)
        known &= ~np.isinf(self.value)
        # A percentile that is one of the values can be infinite, as for a relaxation that outlives the data.
        ends = np.nanquantile(
            np.where(known, self.resampled, 0.0), (0.5 - confidence / 2, 0.5 + confidence / 2), 0, method="inverted_cdf"
        )
        low, high = np.where(known, ends, np.nan)
        return low, high

    def interval(self, confidence: float = 0.68) -> tuple[np.ndarray, np.ndarray]:
        """The `percentiles`, widened to hold the value where they do not; by more than rounding, `note` says so."""
        return holding(self.value, *self.percentiles(confidence))[:2]

    @property
    def error(self) -> np.ndarray:
        """One standard deviation, as half the width of the interval that holds 68.27 %."""
        low, high = self.interval(0.6827)
        return (high - low) / 2

    def map(self, function: Callable, among: np.ndarray | slice | None = None) -> Estimate:
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

    def unbiased(self) -> Estimate:
        """Less the bias that the resamples show: for what noise makes larger, a maximum or a root mean square.

        Noise that makes a value too large makes resamples of it so once more (Efron and Tibshirani 1993, section 10.6).
        Of a maximum that is flat within the noise this takes off about half of the bias.
        """
        bias = np.nanmean(self.resampled, axis=0) - self.value
        return replace(self, value=self.value - bias, resampled=self.resampled - 2 * bias)


def joined(*notes: str) -> str:
    """Notes as one; those that are empty leave no trace."""
    return "; ".join(filter(None, notes))


def holding(value, low, high) -> tuple[np.ndarray, np.ndarray, str]:
    """Ends of the interval, widened to hold the value where they do not; a note, if that is by more than rounding."""
    wide = np.minimum(low, value), np.maximum(high, value)
    with np.errstate(invalid="ignore"):
        beyond = np.maximum(low - value, value - high)
        moved = beyond > ROUNDING * np.abs(value)
        # All of it, where the resamples are infinite.
        part = np.max(np.where(np.isinf(beyond), 1.0, beyond / (wide[1] - wide[0])), where=moved, initial=0.0)
    if not moved.any():
        return *wide, ""
    where = f", at {moved.sum()} of {moved.size} places" if moved.size > 1 else ""
    return *wide, f"{WIDENED} ({part:.0%} of its width{where})"


def combined(function: Callable, *estimates: Estimate, among: np.ndarray | slice | None = None) -> Estimate:
    """A function of estimates whose resamples are of the same frames with the same weights, resample by resample.

    ``among`` is that of `Estimate.map`.
    """
    resampled, without, alone = (
        None
        if any(values is None for values in parts)
        else np.array([function(*one) for one in zip(*parts, strict=True)])
        for parts in zip(*((one.resampled, one.without, one.alone) for one in estimates), strict=True)
    )
    value = function(*(one.value for one in estimates))
    limit = np.full(np.shape(value), min(np.min(one.limit) for one in estimates))
    if among is not None:
        limit = np.minimum(limit, min(_fewest(one, among) for one in estimates))
    elif without is not None:
        hidden = ~np.isfinite(without).all(axis=0)
        if limit.ndim == 0:
            # Of what has few values, such as a place, the series is constant whatever the memory.
            hidden |= np.mean(without == value) > 0.5
        if hidden.any():
            limit[hidden] = min(_fewest(one) for one in estimates)
    return Estimate(value, resampled, max(one.block for one in estimates), without, alone, limit)


def competing(estimate: Estimate) -> np.ndarray:
    """Which elements are the largest in one of the resamples, of the shape of the value."""
    found = np.zeros(np.shape(estimate.value), dtype=bool)
    found.flat[np.unique(estimate.resampled.reshape(len(estimate.resampled), -1).argmax(axis=1))] = True
    return found


def _fewest(estimate: Estimate, among: np.ndarray | slice = np.s_[...]) -> float:
    """The number of independent blocks that know the least known of these elements."""
    values, independent = (np.asarray(each)[among] for each in (estimate.value, estimate.independent))
    return np.min(independent[~np.isnan(values)], initial=np.inf)


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
    series = float_array("the series", series, ("F", "K")[: np.ndim(series)])
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


def blocks(series: np.ndarray) -> tuple[int, float]:
    """Length of the blocks for averages of time series, in frames, and how many of them a resample is worth.

    With blocks of b frames out of F the variance is too small by the part m/b and uncertain by (4b/3F)^½, where m is
    the average of |k| over lags k of both signs, weighted with ρ(k). The sum of the squares is least at
    b = (3 m² F / 2)^⅓ (Künsch 1989; Politis and White 2004). A memory that decays exponentially has m = τ − 1/4τ,
    with the integrated correlation time τ of `correlation_time`; the slowest series counts. At least five blocks are
    kept.

    A resample is worth fewer blocks than the F/b that make up the data: so many that the variance of a mean is not too
    small by m/b, and one less again for the mean that comes from the same data (Rao and Wu 1988).

    Parameters
    ----------
    series : (F, ...) array_like of float
        Those that are not finite throughout are left out.
    """
    refuse_masked("series", series)
    series = np.asarray(series, dtype=float).reshape(len(series), -1)
    slowest = correlation_time(series[:, np.isfinite(series).all(axis=0)]).max(initial=0.5)
    memory = slowest - 1 / (4 * slowest)
    length = int(np.clip(np.cbrt(1.5 * memory**2 * len(series)), 1, max(1, len(series) // 5)))
    return length, len(series) / length * max(1 - memory / length, 0.5) - 1


def block_weights(n_frames: int, length: int, worth: float, resamples: int = RESAMPLES, seed: int = 0) -> np.ndarray:
    """The weight of each frame in each resample, shape (resamples, n_frames), of mean 1.

    Blocks of consecutive frames that begin anywhere have random weights (a Bayesian bootstrap, Rubin 1981), and a frame
    that of all blocks it is in; blocks go on at the first frame after the last, so that all frames are treated alike.
    No frame has weight zero: what the data know, such as lives that only the earliest frames can see to their end,
    every resample knows.

    Weights of a gamma distribution make a mean over blocks vary as one over c + 1 blocks, c being the sum of their
    shape parameters; so c is ``worth`` − 1, and 1 at the least.
    """
    shape = max(worth - 1, 1) / n_frames
    noise = np.random.default_rng(seed).standard_gamma(shape, size=(resamples, n_frames))
    sums = np.cumsum(np.concatenate((np.zeros((resamples, 1)), noise, noise[:, : length - 1]), axis=1), axis=1)
    # A difference of two sums of the same terms can come out below zero by its rounding.
    weights = np.maximum(sums[:, length:] - sums[:, :-length], 0)
    return np.maximum(weights / weights.mean(axis=1, keepdims=True), LEAST_WEIGHT)


def bootstrap(statistic: Callable, *sums: np.ndarray, resamples: int = RESAMPLES, seed: int = 0) -> Estimate:
    """A quantity that is made of sums over frames, with resamples of it from blocks of frames.

    The blocks are as long as the memory of the quantity asks for: `blocks` of what it becomes when a frame is left
    out, frame by frame. Frames count as equally spaced, also across those that are missing: blocks reach across gaps,
    and from the last frame to the first, where the memory is less than is taken for granted.

    Parameters
    ----------
    statistic : callable
        ``statistic(*totals)``; takes and returns arrays with one axis more in front, over resamples. It must not
        depend on a common factor of all totals, as ratios do not.
    *sums : (F, ...) array_like of float
        What each frame adds to each total.
    resamples, seed : int

    Returns
    -------
    Estimate
    """
    for values in sums:
        refuse_masked("sums", values)
    sums = [np.asarray(values, dtype=float) for values in sums]
    totals = [values.sum(axis=0) for values in sums]
    n_frames = len(sums[0])
    without = statistic(*(total - values for total, values in zip(totals, sums, strict=True)))
    length, worth = blocks(without)
    weights = block_weights(n_frames, length, worth, resamples, seed)
    # What is left over after whole blocks goes with the last one.
    starts = np.arange(n_frames // length) * length
    return Estimate(
        statistic(*totals),
        statistic(*(np.tensordot(weights, values, 1) for values in sums)),
        length,
        without,
        statistic(*(np.add.reduceat(values, starts, axis=0) for values in sums)),
    )


def fraction(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """part / whole, NaN where the whole is zero; the shapes are broadcast."""
    for values in (part, whole):
        refuse_masked("parts or wholes", values)
    part, whole = np.broadcast_arrays(part, whole)
    return np.divide(part, whole, out=np.full(whole.shape, np.nan), where=whole > 0)
