"""The mean-field model with one more parameter: silent deaths, which no rearrangement brings, and what they explain.

In the mean-field model (`softspots.analysis.meanfield`) a spot dies of its last rearrangement; of the spots that are
followed, a part dies without any. Here each spot may also die at any time, at a rate λ. Time is counted as
`softspots.analysis.tracking.track` counts it: a life ends with the interval in which the spot dies, and an interval in
which it rearranges, once or more often, is one hit, also if the spot dies in it. With h the probability of a hit in an
interval and r the budget,

    P(τ_L ≥ t) = exp(−λ(t − 1)) Σ_k P(r > k) P(k hits in t − 1 intervals),  t = 1, 2, …

Silent deaths cut off what budgets would have allowed. A spot is hit before it dies with the probability
Q = h / (1 − (1 − h) exp(−λ)), and once more if it outlives the interval of the hit, exp(−λ) Q, so that

    P(N_R ≥ n) = P(r ≥ n) Q (exp(−λ) Q)^(n − 1),

from which P(r ≥ n) follows for n ≥ 2; it is 1 for n = 1, and never above 1. So h, the budgets and with them P(N_R ≥ n)
beyond the first are seen; λ alone is fitted, to lifetimes. That 1 − Q of the spots die without a rearrangement is a
prediction.

λ = 0 is the paper's model on this clock. Spots that die without a rearrangement then die of their first: both laws know
all of P(N_R), and are judged by the same lifetimes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import betaln, xlog1py, xlogy
from scipy.stats import binom

from softspots.analysis.bootstrap import bootstrap, fraction
from softspots.analysis.lifetimes import ends, logarithmic_edges, sums_of_starts
from softspots.analysis.tracking import Tracks
from softspots.estimate import Estimate

# λ per interval is looked for between these: less counts as none, and with more nobody outlives an interval.
LEAST, MOST = 1e-6, 10.0
GRID = np.geomspace(LEAST, MOST, 15)  # two values a decade, between which the likelihood has one maximum
# Times a decade at which deaths and losses count: bins in which nobody is lost before others die, or nearly. With 5 of
# them λ was a fifth too low where 25 % are lost, with 40 it is that of every interval within 0.3 %.
PER_DECADE = 40


@dataclass(frozen=True, eq=False)
class SilentDeaths:
    """The model with silent deaths, fitted to lives of soft spots.

    A spot counts once for each frame from which it is followed. These lives are not independent, so that ln L per life
    compares laws, but is no likelihood if multiplied by their number. Intervals come from resamples of frames.

    Parameters
    ----------
    rate : Estimate
        λ of the largest likelihood, per interval; 0 if none is likelier, ∞ if all lives end within an interval.
    gain : Estimate
        ln of the likelihood of the lifetimes over that of λ = 0, per life. Infinite if something is seen that cannot be
        with λ = 0, NaN if it cannot be with any λ.
    possible : Estimate
        The same of the likeliest law of all, which is made of the lifetimes themselves: above what any law would have
        of other lives, the more so the fewer there are.
    unrearranged : Estimate
        Part of the spots that are seen to die without a rearrangement: 1 − Q of those that are not lost before one.
    alive : Estimate
        P(τ_L ≥ t) at the edges.
    """

    rate: Estimate
    gain: Estimate
    possible: Estimate
    unrearranged: Estimate
    alive: Estimate


def fit_silent(tracks: Tracks, edges: np.ndarray) -> SilentDeaths:
    """The model with silent deaths of the largest likelihood of all lifetimes, with those that outlive the data.

    λ of made-up lives is right within errors of 2 to 3 %, also if a half of them is lost, where budgets are spent.
    Where hardly any is, λ is too low, by 7 % of 2,000 lives and by 2 % of 20,000: P(r ≥ n) is at its limit, 1, and
    noise can only make it less. Where nearly every interval has a hit, budgets and silent deaths are alike.

    Parameters
    ----------
    tracks : Tracks
    edges : (K,) ndarray of int
        Rising borders of bins of lifetimes, from 1 to beyond the longest, in intervals between frames.
    """
    edges = np.asarray(edges)
    fine = logarithmic_edges(edges[-1], PER_DECADE)
    times = np.union1d(edges, fine[fine < edges[-1]])
    at = np.searchsorted(times, edges)
    found = of_lives(tracks, times, lambda lives: _fitted(lives, at))
    numbers = (found.map(lambda values, place=place: values[place]) for place in range(4))
    return SilentDeaths(*numbers, found.map(lambda values: values[4:]))


def of_lives(tracks: Tracks, times: np.ndarray, statistic: Callable[[Lives], np.ndarray]) -> Estimate:
    """Numbers that are made of the lives of a sample, with resamples of frames."""
    ways = _ways(times - 1, tracks.rearrangements.max(initial=0))
    hits, exposure = (sums_of_starts(tracks, values) for values in (tracks.rearrangements, tracks.lifetime))

    def of_samples(*totals):
        samples = np.shape(totals[-1])
        columns = (np.reshape(total, (*(samples or (1,)), -1)) for total in totals)
        found = np.array([statistic(_lives_of(times, ways, *sample)) for sample in zip(*columns, strict=True)])
        return found if samples else found[0]

    return bootstrap(of_samples, *_binned(tracks, times), *ends(tracks, "rearrangements"), hits, exposure)


def _lives_of(times, ways, deaths, losses, ended, lost, hits, exposure) -> Lives:
    h = float(fraction(hits, exposure)[0])
    struck = np.cumsum((ended + lost)[::-1])[::-1]
    # Without a frame there may be none.
    last = max(np.count_nonzero(struck), 1)
    n = np.arange(last)
    hits = np.exp(ways[:, :last] + xlogy(n, h) + xlog1py(np.maximum(times[:, None] - 1 - n, 0), -h))
    hits[:, -1] = binom.sf(last - 2, times - 1, h)
    return Lives(times, deaths, losses, struck[:last], np.append(struck[1:], 0)[:last], lost[:last], h, hits)


def _ways(intervals, most) -> np.ndarray:
    """ln of in how many ways n hits fall on so many intervals, n from 0 to the most, (T, most + 1)."""
    intervals, n = intervals[:, None], np.arange(most + 1.0)
    with np.errstate(invalid="ignore"):
        ways = -betaln(intervals - n + 1, n + 1) - np.log(intervals + 1)
    return np.where(n <= intervals, ways, -np.inf)


def _binned(tracks, times) -> tuple[np.ndarray, np.ndarray]:
    """Deaths in the bins that begin at the times, and losses at the times, of the spots of each frame, (F, T) each.

    Whoever is lost is alive one interval after what is seen of its life. Between two times that counts for both: ln P
    is interpolated.
    """
    shape = tracks.n_frames, len(times)

    def summed(who, places, weights=None):
        cells = tracks.start[who] * shape[1] + places
        return np.bincount(cells, weights, minlength=shape[0] * shape[1]).reshape(shape)

    dead, lost = tracks.dead, ~tracks.dead
    deaths = summed(dead, np.searchsorted(times, tracks.lifetime[dead], side="right") - 1)
    until = tracks.lifetime[lost] + 1
    later = np.searchsorted(times, until)
    part = (times[later] - until) / (times[later] - times[later - 1])
    return deaths, summed(lost, later, 1 - part) + summed(lost, later - 1, part)


@dataclass(frozen=True)
class Lives:
    """Lives of one sample, and what laws make of them.

    deaths (T,) are those in the bins that begin at the times, losses (T,) those at the times; struck, again and lost
    (M,) are how many spots have a hit n, how many of these have another, and how many are lost between the two, from
    n = 0 on, the start of all; hits (T, M) is the probability of n hits before the last interval of a life that ends at
    a time, if nothing kills the spot, the last one that of so many or more, and h that of one in an interval. Budgets
    that outlast the most hits that are seen have no end.
    """

    times: np.ndarray
    deaths: np.ndarray
    losses: np.ndarray
    struck: np.ndarray
    again: np.ndarray
    lost: np.ndarray
    h: float
    hits: np.ndarray

    def first(self, silent: float) -> float:
        """Q: the probability of a hit before a silent death."""
        return self.h / (self.h - (1 - self.h) * np.expm1(-silent))

    def budgets(self, silent: float) -> np.ndarray:
        """P(r > n) for n from 0.

        Spots that outlive hit n, and the silent deaths of its interval, are lost before the next, or have it with the
        probability Q: so many have outlived it. Where none are lost that is P(N_R ≥ n) over its Q and exp(−λ).
        """
        with np.errstate(divide="ignore"):
            outlived = np.log(self.lost + self.again / self.first(silent)) - np.log(self.struck)
        # In logarithms, as powers of Q may be too small for a number. The start is no hit that is to be outlived.
        outlived[1:] += silent
        more = np.exp(np.minimum(np.cumsum(outlived), 0))
        more[0] = 1
        return np.minimum.accumulate(more)

    def alive(self, silent: float) -> np.ndarray:
        """Survival at the times, with silent deaths at a rate."""
        # Rounding may let a survival rise by a digit.
        return np.minimum.accumulate(self.hits @ self.budgets(silent)) * np.exp(-silent * (self.times - 1))

    def log_likelihood(self, alive: np.ndarray) -> float:
        """ln of the probability of the deaths in the bins, and of being alive where spots are lost."""
        return float(xlogy(self.deaths[:-1], alive[:-1] - alive[1:]).sum() + xlogy(self.losses, alive).sum())

    def best_rate(self) -> float:
        """λ of the largest likelihood; 0 if none is likelier, and `MOST` if none that is slower."""

        def unlikely(rate):
            return -self.log_likelihood(self.alive(rate))

        place = int(np.argmin([unlikely(rate) for rate in GRID]))
        if place == len(GRID) - 1:
            return MOST
        if place == 0:
            return 0.0
        bounds = np.log((GRID[place - 1], GRID[place + 1]))
        # What is infinite has no parabola; the search then halves.
        with np.errstate(invalid="ignore"):
            best = minimize_scalar(lambda log: unlikely(np.exp(log)), bounds=bounds, method="bounded")
        return float(np.exp(best.x)) if best.fun < unlikely(0.0) else 0.0

    def any_law(self) -> np.ndarray:
        """The likeliest survival of all: in each bin dies the part that does of those that are alive in it."""
        at_risk = np.cumsum((self.deaths + self.losses)[::-1])[::-1] - self.losses
        falls = np.nan_to_num(fraction(self.deaths, at_risk))
        return np.append(1.0, np.cumprod(1 - falls))[: len(self.deaths)]


def _fitted(lives, at) -> np.ndarray:
    """The numbers of `SilentDeaths` of one sample, in their order."""
    if not lives.h > 0:
        return np.full(4 + len(at), np.nan)
    best, count = lives.best_rate(), lives.struck[0]
    laws = lives.alive(0.0), lives.alive(best), lives.any_law()
    model, silent, any_law = (lives.log_likelihood(law) for law in laws)
    rate = best if best < MOST else np.inf
    without = (1 - lives.first(best)) * (1 - lives.lost[0] / count)
    return np.array([rate, (silent - model) / count, (any_law - model) / count, without, *laws[1][at]])
