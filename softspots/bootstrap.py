"""Errors of averages over time: a block bootstrap whose blocks are as long as the memory of the data asks for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.fft import irfft, next_fast_len, rfft

RESAMPLES = 400  # the ends of a 68 % interval are then known to 8 % of the error
# Where more resamples than this are undefined, the data hang on one or two blocks and have no error.
UNDEFINED = 0.1


@dataclass(frozen=True, eq=False)
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
    """

    value: float | np.ndarray
    resampled: np.ndarray
    block: int

    def interval(self, confidence: float = 0.68) -> tuple[np.ndarray, np.ndarray]:
        """Lower and upper end of the central interval of this confidence level, by percentiles.

        Both are NaN where more than a tenth of the resamples is undefined.

        Raises
        ------
        ValueError
            If the confidence level is not between 0 and 1.
        """
        if not 0 < confidence < 1:
            raise ValueError(f"interval: confidence is {confidence!r}; it must lie between 0 and 1")
        known = np.mean(np.isnan(self.resampled), axis=0) <= UNDEFINED
        # A percentile that is one of the values can be infinite, as for a relaxation that outlives the data.
        ends = np.nanquantile(
            np.where(known, self.resampled, 0.0), (0.5 - confidence / 2, 0.5 + confidence / 2), 0, method="inverted_cdf"
        )
        low, high = np.where(known, ends, np.nan)
        return low, high

    @property
    def error(self) -> np.ndarray:
        """One standard deviation, as half the width of the interval that holds 68.27 %."""
        low, high = self.interval(0.6827)
        return (high - low) / 2

    def map(self, function: Callable) -> Estimate:
        """The estimate of ``function(value)``, resample by resample."""
        return Estimate(function(self.value), np.array([function(one) for one in self.resampled]), self.block)


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
    ValueError
        If a value is not finite.
    """
    series = np.asarray(series, dtype=float)
    if not np.isfinite(series).all():
        raise ValueError("correlation_time: the series must be finite")
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


def blocks(series: np.ndarray) -> tuple[int, int]:
    """Length of the blocks for averages of time series, in frames, and how many to draw into a resample.

    With blocks of b frames out of F the variance is too small by the part m/b and uncertain by (4b/3F)^½, where m is
    the average of |k| over lags k of both signs, weighted with ρ(k). The sum of the squares is least at
    b = (3 m² F / 2)^⅓ (Künsch 1989; Politis and White 2004). A memory that decays exponentially has m = τ − 1/4τ,
    with the integrated correlation time τ of `correlation_time`; the slowest series counts. At least five blocks are
    kept.

    Fewer blocks are drawn than the F/b that make up the data: so many that the variance of a mean is not too small by
    m/b, and one less again for the mean that comes from the same data (Rao and Wu 1988). Of a single frame none is
    drawn.

    Parameters
    ----------
    series : (F, ...) array_like of float
        Those that are not finite throughout are left out.
    """
    series = np.asarray(series, dtype=float).reshape(len(series), -1)
    slowest = correlation_time(series[:, np.isfinite(series).all(axis=0)]).max(initial=0.5)
    memory = slowest - 1 / (4 * slowest)
    length = int(np.clip(np.cbrt(1.5 * memory**2 * len(series)), 1, max(1, len(series) // 5)))
    drawn = len(series) / length * max(1 - memory / length, 0.5) - 1
    return length, round(drawn)


def block_weights(n_frames: int, length: int, drawn: int, resamples: int = RESAMPLES, seed: int = 0) -> np.ndarray:
    """How often each frame is in each resample, shape (resamples, n_frames).

    A resample is made of blocks of consecutive frames that begin anywhere; blocks go on at the first frame after the
    last, so that all frames are drawn alike (Politis and Romano 1992).
    """
    starts = np.random.default_rng(seed).integers(n_frames, size=(resamples, drawn))
    frames = (starts[:, :, None] + np.arange(length)) % n_frames
    cells = np.arange(resamples)[:, None, None] * n_frames + frames
    return np.bincount(cells.ravel(), minlength=resamples * n_frames).reshape(resamples, n_frames)


def bootstrap(statistic: Callable, *sums: np.ndarray, resamples: int = RESAMPLES, seed: int = 0) -> Estimate:
    """A quantity that is made of sums over frames, with resamples of it from blocks of frames.

    The blocks are as long as the memory of the quantity asks for: `blocks` of what it becomes when a frame is left
    out, frame by frame. Frames count as equally spaced, also across those that are missing.

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
    sums = [np.asarray(values, dtype=float) for values in sums]
    totals = [values.sum(axis=0) for values in sums]
    without = statistic(*(total - values for total, values in zip(totals, sums, strict=True)))
    length, drawn = blocks(without)
    weights = block_weights(len(sums[0]), length, drawn, resamples, seed).astype(float)
    return Estimate(statistic(*totals), statistic(*(np.tensordot(weights, values, 1) for values in sums)), length)


def fraction(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """part / whole, NaN where the whole is zero; the shapes are broadcast."""
    part, whole = np.broadcast_arrays(part, whole)
    return np.divide(part, whole, out=np.full(whole.shape, np.nan), where=whole > 0)
