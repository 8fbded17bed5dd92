"""Errors of averages over time: a block bootstrap whose blocks are as long as the memory of the data asks for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from softspots.arrays import refuse_masked
from softspots.estimate import Estimate, Support, correlation_time

RESAMPLES = 400  # the ends of a 68 % interval are then known to 8 % of the error
# The least weight of a frame in a resample, in mean weights: every resample knows all that the data know.
LEAST_WEIGHT = 1e-9


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
    refuse_masked("blocks: series", series)
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


def bootstrap(
    statistic: Callable[..., Any],
    *sums: np.ndarray,
    resamples: int = RESAMPLES,
    seed: int = 0,
    memory: bool = True,
    solids: np.ndarray | None = None,
    weight: np.ndarray | None = None,
) -> Estimate:
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
    memory : bool, optional
        False if what is summed over are no frames that follow one another but samples, which are independent.
    solids : (F,) array_like of int, optional
        Which solid each frame is of. Solids are independent, what happens in one is not: they are resampled whole.
    weight : (F,) array_like of float, optional
        What each frame weighs in the quantity, where that differs much: events come in few frames. Blocks of weight w
        count as (Σw)²/Σw² that weigh the same (Kish 1965).

    Returns
    -------
    Estimate
    """
    for values in sums:
        refuse_masked("bootstrap: sums", values)
    sums = [np.asarray(values, dtype=float) for values in sums]
    if solids is not None:
        sums, memory = [_of_solids(values, solids) for values in sums], False
        weight = None if weight is None else _of_solids(np.asarray(weight, dtype=float), solids)
    totals = [values.sum(axis=0) for values in sums]
    n_frames = len(sums[0])
    without = statistic(*(total - values for total, values in zip(totals, sums, strict=True)))
    length, worth = blocks(without) if memory else (1, n_frames - 1)
    weights = block_weights(n_frames, length, worth, resamples, seed)
    # What is left over after whole blocks goes with the last one.
    starts = np.arange(n_frames // length) * length
    alone = statistic(*(np.add.reduceat(values, starts, axis=0) for values in sums))
    resampled = statistic(*(np.tensordot(weights, values, 1) for values in sums))
    known = np.sum(np.isfinite(alone), axis=0, dtype=float)
    limit = np.inf if weight is None else _of_equal_weight(np.add.reduceat(weight, starts))
    support = Support.of(length, without, alone, limit) if memory else Support(np.minimum(known, limit), without, alone)
    return Estimate.of(statistic(*totals), resampled, length, support)


def _of_solids(values, solids) -> np.ndarray:
    """Sums over the frames of each solid."""
    known, places = np.unique(solids, return_inverse=True)
    found = np.zeros((len(known), *values.shape[1:]))
    np.add.at(found, places, values)
    return found


def _of_equal_weight(weight) -> float:
    """How many blocks of one weight tell as much as these, to the next whole number."""
    return float(np.rint(fraction(weight.sum() ** 2, (weight**2).sum())))


def fraction(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """part / whole, NaN where the whole is zero; the shapes are broadcast."""
    for values in (part, whole):
        refuse_masked("fraction: parts or wholes", values)
    part, whole = np.broadcast_arrays(part, whole)
    return np.divide(part, whole, out=np.full(whole.shape, np.nan), where=whole > 0)
