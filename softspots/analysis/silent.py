"""Mean field with one more parameter: spots that also die without spending their budget, and what that explains.

In the mean-field model (`softspots.analysis.meanfield`) a spot dies of its last rearrangement. Of the spots that are
followed, a part dies without any. Two laws have a place for them, with one rate λ more, S being the survival of the
model:

* "silent": any spot may die at any time, S(t) exp(−λt). Silent deaths cut off what budgets would have allowed: the
  budgets of S are those of which N_R is what is left, P(r ≥ n) = P(N_R ≥ n | N_R ≥ 1) / Q^(n−1), with Q(λ) the
  probability of a rearrangement before a silent death.
* "transient": the part P₀ that never rearranges dies at the rate λ, and the others as in the model,
  P₀ exp(−λt) + (1 − P₀) S(t).

λ = 0 of the first is the model, as 1/λ = 0 of the second would be without those that never rearrange. λ is that of the
largest likelihood of the lives that are seen, with those that outlive the data, in the bins of P(τ_L). Of the first law
that is the expected number of silent deaths over the time in which spots are seen alive.

What is known to be wrong: a life is counted up to the first whole interval in which the spot is dead, and the laws take
it as it is, so that λ is too low, by a good part where deaths come within a few intervals. R of
"transient" is that of all spots, of which a part has no budgets: too low, and its λ and gain with it wrong. The model
without λ has no deaths at N_R = 0 but is judged by such lives too. Where 1/(N_S R) is longer than a bin, deaths in it
count as impossible, and `IMPOSSIBLE` decides the gain.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.stats import binom

from softspots.analysis.bootstrap import bootstrap, fraction
from softspots.analysis.lifetimes import ends, kaplan_meier, sums_of_starts
from softspots.analysis.tracking import Tracks
from softspots.estimate import Estimate

LAWS = ("silent", "transient")
RATES = np.log((1e-6, 10.0))  # of λ per interval: where it is looked for
# What a law holds for impossible has this probability, as far as a count of spots can tell.
IMPOSSIBLE = 1e-9


def fit_silent(tracks: Tracks, edges: np.ndarray, spots: float) -> dict[str, Estimate]:
    """Both laws, fitted to the lives of soft spots, and how much likelier they make these than the model does.

    Parameters
    ----------
    tracks : Tracks
    edges : (K,) ndarray of int
        Rising borders of bins of lifetimes, from 1 to beyond the longest, in intervals between frames.
    spots : float
        N_S, the mean number of spots.

    Returns
    -------
    dict of str to Estimate
        Of "silent" and "transient" each, of shape (2 + K,): λ per interval, ln of the likelihood over that of the model
        per spot, and the survival at the edges. Of "possible", a number: by how much any law of lifetimes could be
        likelier than the model; that law is made of the same lives, so that this is too high.

    Notes
    -----
    A spot counts once for each frame from which it is followed: ln L per spot compares laws, and must not be taken
    times the number of spots.
    """
    edges = np.asarray(edges)
    bins = np.searchsorted(edges, tracks.lifetime, side="right") - 1
    shape = tracks.n_frames, len(edges)
    lives = (
        np.bincount((tracks.start * shape[1] + bins)[who], minlength=shape[0] * shape[1]).reshape(shape)
        for who in (tracks.dead, ~tracks.dead)
    )
    hits, exposure = (sums_of_starts(tracks, values) for values in (tracks.rearrangements, tracks.lifetime))

    def statistic(*totals):
        samples = np.shape(totals[-1])
        columns = (np.reshape(total, (*(samples or (1,)), -1)) for total in totals)
        found = np.array([_fitted(edges, spots, *sample) for sample in zip(*columns, strict=True)])
        return found if samples else found[0]

    found = bootstrap(statistic, *lives, *ends(tracks, "rearrangements"), hits, exposure)
    width = 2 + len(edges)
    parts = {name: slice(place * width, (place + 1) * width) for place, name in enumerate(LAWS)}
    laws = {name: found.map(lambda values, part=part: values[part]) for name, part in parts.items()}
    return laws | {"possible": found.map(lambda values: values[-1])}


@dataclass(frozen=True)
class _Lives:
    """Lives of one sample, and what the laws make of them.

    deaths and losses (K,) are those in the bins that begin at the edges; rearranged (M,) is P(N_R ≥ n) for n from 0;
    hits (K, M) is the probability of so many rearrangements of a spot until the edges, if nothing kills it.
    """

    times: np.ndarray
    deaths: np.ndarray
    losses: np.ndarray
    rearranged: np.ndarray
    hits: np.ndarray
    rate: float
    spots: float

    def model(self, silent: float = 0.0) -> np.ndarray:
        """Survival of the mean-field model with the budgets that are left with silent deaths at a rate."""
        # A step of the model is 1 / (N_S rate) intervals.
        struck, lives_on = 1 / self.spots, np.exp(-silent / (self.spots * self.rate))
        before = struck * lives_on / (1 - (1 - struck) * lives_on)
        more = self.rearranged[1:] / self.rearranged[1]
        budgets = np.minimum.accumulate(np.minimum(more / before ** np.arange(len(more)), 1))
        return self.hits[:, : len(more)] @ budgets

    def survival(self, law: str, rate: float) -> np.ndarray:
        """Survival of a law at the edges."""
        decay = np.exp(-rate * self.times)
        if law == "silent":
            return self.model(rate) * decay
        never = 1 - self.rearranged[1]
        return never * decay + (1 - never) * self.model()

    def log_likelihood(self, alive: np.ndarray) -> float:
        """ln of the probability of the deaths in the bins, and of being alive where spots are lost."""
        # None is seen to live for less than the first edge.
        alive = np.append(1.0, alive[1:])
        falls = np.append(-np.diff(alive), 0.0)
        logs = (np.log(np.maximum(values, IMPOSSIBLE)) for values in (falls, alive))
        return float(sum(counts @ log for counts, log in zip((self.deaths, self.losses), logs, strict=True)))

    def best_rate(self, law: str) -> float:
        """λ of the largest likelihood; 0 if none above is likelier."""

        def unlikely(rate):
            return -self.log_likelihood(self.survival(law, rate))

        best = minimize_scalar(lambda log: unlikely(np.exp(log)), bounds=RATES, method="bounded")
        return float(np.exp(best.x)) if best.fun < unlikely(0.0) else 0.0

    def any_law(self) -> np.ndarray:
        """The likeliest survival of all: in each bin dies the part that does of those that are alive in it."""
        at_risk = np.cumsum((self.deaths + self.losses)[::-1])[::-1] - self.losses
        falls = np.nan_to_num(fraction(self.deaths, at_risk))
        return np.append(1.0, np.cumprod(1 - falls))[: len(self.times)]


def _fitted(edges, spots, deaths, losses, ended, lost, hits, exposure) -> np.ndarray:
    """What `fit_silent` returns, of one sample: both laws, then what is possible."""
    rearranged = np.nan_to_num(kaplan_meier(ended, lost))
    rate, count = float(fraction(hits, exposure)[0]), float((deaths + losses).sum())
    if not (rearranged[1:2].sum() > 0 and rate > 0):
        return np.full(len(LAWS) * (2 + len(edges)) + 1, np.nan)
    steps = np.maximum(1, np.ceil(edges * spots * rate))
    struck = binom.pmf(np.arange(len(rearranged)), steps[:, None] - 1, 1 / spots)
    lives = _Lives(edges, deaths, losses, rearranged, struck, rate, spots)
    paper = lives.log_likelihood(lives.model())
    found = []
    for law in LAWS:
        best = lives.best_rate(law)
        alive = lives.survival(law, best)
        found += [best, (lives.log_likelihood(alive) - paper) / count, *alive]
    return np.array([*found, (lives.log_likelihood(lives.any_law()) - paper) / count])
