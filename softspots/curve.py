"""Functions of one variable with their intervals, and the times at which they fall: τ_α and τ*."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from softspots.arrays import real_number
from softspots.estimate import Estimate

# τ* is where F_s has lost this part of its plateau; the paper reads τ* off by eye.
PLATEAU_LOSS = 0.05
# The slope of a plateau is at most this part of the steepest one of what comes after it, per logarithm of time.
PLATEAU_SLOPE = 1 / 3
SLOPES_PER_DECADE = 8  # of those that find the plateau: neighbouring lags differ by a third


@dataclass(frozen=True, eq=False, repr=False)
class Curve(Estimate):
    """An `Estimate` along an axis: correlations in time, survival, laws and probabilities in bins.

    Parameters
    ----------
    value, low, high, resampled, block, note, support
        As of `Estimate`: of shape (K,), the resamples (R, K).
    x : (K,) ndarray
        Where the values are, rising, such as lags or the centers of bins.
    counts : (K,) ndarray of int, optional
        What each value is an average over: pairs of frames, or particles.
    """

    x: np.ndarray = field(kw_only=True)
    counts: np.ndarray | None = field(default=None, kw_only=True)

    @classmethod
    def over(cls, x: np.ndarray, estimate: Estimate, counts: np.ndarray | None = None) -> Curve:
        """An estimate of shape (K,) with its axis."""
        return cls(**vars(estimate) | {"x": x, "counts": counts})

    def __getitem__(self, which: np.ndarray | slice) -> Curve:
        """The curve at some of its points, with their intervals; how much of the data they stand on is not told."""
        resampled = None if self.resampled is None else self.resampled[:, which]
        counts = None if self.counts is None else self.counts[which]
        parts = (part[which] for part in (self.value, self.low, self.high))
        return Curve(*parts, resampled, self.block, self.note, x=self.x[which], counts=counts)

    def _values(self) -> str:
        return f"{len(self.x)} values" + (f" over {self.x[0]:g} to {self.x[-1]:g}" if len(self.x) else "")


def relaxation_time(curve: Curve, level: float = 1 / np.e) -> Estimate:
    """Where a curve first falls to a level; τ_α of F_s at 1/e.

    Between lags the curve is taken to be straight.

    Parameters
    ----------
    curve : Curve
    level : float

    Returns
    -------
    Estimate
        In the units of the curve's axis, such as intervals between frames. Infinite where the curve does not fall to
        the level: the relaxation outlives the data. NaN if it starts below.

    Raises
    ------
    InputError
        If the level is no finite number.
    """
    level = real_number("relaxation_time: level", level)
    lags = curve.x.astype(float)
    # What is known of it is known of the two lags between which the curve falls to the level.
    last = np.argmax(np.append(curve.value <= level, True))
    return curve.map(lambda values: _first_fall(lags, values, level), np.s_[max(last - 1, 0) : last + 1])


def plateau_end(curve: Curve, loss: float = PLATEAU_LOSS) -> Estimate:
    """τ*, where F_s leaves its plateau, in the units of the curve's axis.

    The plateau is where F_s falls least per logarithm of time, between two of about eight lags per decade, before it
    falls to 1/e; its height is the mean of F_s at the two. Where F_s rises, a sound wave goes through the box, and that
    is no plateau. τ* is where F_s has fallen below this height by the part ``loss``. Infinite where that lies beyond
    the data; NaN if F_s is below 1/e from the start, and where no plateau is resolved: where F_s falls least from the
    first lag on, or falls by more than a third as fast as at the steepest place up to 1/e.

    How τ* depends on temperature depends on the loss that is taken, as F_s bends the less sharply the colder.

    Notes
    -----
    Schoenholz et al. 2014, section IV, where τ* is read off "when F_s first deviates from the plateau".
    """
    lags = curve.x.astype(float)
    positive = np.flatnonzero(lags > 0)
    steps = np.rint(SLOPES_PER_DECADE * np.log10(lags[positive]))
    sparse = positive[np.unique(steps, return_index=True)[1]]

    def leave(values):
        n_glassy = int(np.argmin(np.append(values[sparse] > 1 / np.e, False)))
        # With the lag that is below 1/e, if there is one.
        glassy = sparse[: n_glassy + 1]
        falls = -np.diff(values[glassy]) / np.diff(np.log(lags[glassy]))
        candidates = np.where(falls >= 0, falls, np.inf)[: max(n_glassy - 1, 0)]
        if not np.isfinite(candidates).any():
            return np.nan
        flattest = int(np.argmin(candidates))
        # A glass may be flattest at the end of the data; then what comes before it is what it must be flatter than.
        others = falls[flattest + 1 :] if flattest + 1 < len(falls) else falls[:flattest]
        if flattest == 0 or falls[flattest] > PLATEAU_SLOPE * others.max():
            return np.nan
        height = values[glassy[flattest : flattest + 2]].mean()
        later = slice(glassy[flattest], None)
        return _first_fall(lags[later], values[later], (1 - loss) * height)

    # Where the curve is known from lag 0 to τ*, τ* is.
    return curve.map(leave, np.s_[: np.searchsorted(lags, leave(curve.value)) + 1])


def _first_fall(lags, values, level) -> float:
    """Where values first fall to the level."""
    below = np.flatnonzero(values <= level)
    if below.size == 0:
        return np.inf
    last = below[0]
    if last == 0:
        return np.nan
    part = (values[last - 1] - level) / (values[last - 1] - values[last])
    return lags[last - 1] + part * (lags[last] - lags[last - 1])
