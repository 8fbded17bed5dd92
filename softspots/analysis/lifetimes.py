"""Statistics of single soft spots: survival, lifetimes, rearrangements before death, and what they say of C_SS.

A spot that outlives the data is censored: it counts as alive until then (Kaplan and Meier 1958).
"""

from __future__ import annotations

import numpy as np

from softspots.analysis.bootstrap import bootstrap, fraction
from softspots.analysis.lags import MOST, checked_lags
from softspots.analysis.tracking import Tracks
from softspots.arrays import whole_array
from softspots.curve import Curve
from softspots.estimate import Estimate, Support
from softspots.exceptions import InputError


def survival(tracks: Tracks, at: np.ndarray, of: str = "lifetime", seed: int = 0) -> Curve:
    """P(τ_L ≥ δt) or P(N_R ≥ n) by Kaplan and Meier, with resamples of blocks of starts.

    Spots of one frame, and the same spot followed from frame after frame, are not independent; so what is resampled
    are the frames from which they are followed.

    For N_R the estimate is exact if of all spots that have had n rearrangements the same part dies at the next one,
    whatever the spot. Where spots rearrange at different rates and die with time, those that rarely do are censored at
    small N_R, at which they may still die; they then count with those that go on, and the estimate is too high.
    `seen_rearrangements` is below the truth.

    Parameters
    ----------
    tracks : Tracks
    at : (K,) array_like of int
        δt in intervals between frames, or n.
    of : {"lifetime", "rearrangements"}
    seed : int
        Of the resamples.

    Returns
    -------
    Curve
        Over ``at``. NaN beyond the longest duration if that one is censored: nothing is known there.

    Raises
    ------
    InputError
        If there are no tracks, or ``at`` are no whole numbers.

    Notes
    -----
    Schoenholz et al. 2014, eq. 6.
    """
    deaths, losses = ends(tracks, of)
    at = whole_array("survival: at", at, ("K",), -MOST, MOST, np.int64)
    places = np.clip(at, 0, deaths.shape[1])
    found = bootstrap(lambda deaths, losses: _kaplan_meier(deaths, losses)[..., places], deaths, losses, seed=seed)
    return Curve.over(at, found)


def density(alive: Curve) -> Curve:
    """P(τ_L) or P(N_R): probability per interval, or per rearrangement, in the bins between the places of a survival.

    Parameters
    ----------
    alive : Curve
        `survival` at rising places, such as `logarithmic_edges`; a bin holds the durations from one of them up to but
        not including the next.

    Returns
    -------
    Curve
        Over `bin_centers`. NaN in bins that reach beyond what is known.

    Raises
    ------
    InputError
        If the places do not rise.
    """
    edges = checked_lags("density", alive.x)
    return Curve.over(bin_centers(edges), alive.map(lambda values: _falls(values) / np.diff(edges)))


def bin_centers(edges: np.ndarray) -> np.ndarray:
    """Geometric centers of bins of whole numbers, which hold their lower border but not their upper one."""
    return np.sqrt(edges[:-1] * (edges[1:] - 1.0))


def logarithmic_edges(last: int, per_decade: int = 5) -> np.ndarray:
    """Whole numbers from 1 to beyond ``last``, as evenly spaced in the logarithm as whole numbers can be."""
    steps = np.arange(np.ceil(per_decade * np.log10(last + 1)) + 1)
    return np.unique(np.rint(10 ** (steps / per_decade)).astype(int))


def mean_rearrangements(tracks: Tracks, seed: int = 0) -> Estimate:
    """Mean N_R by Kaplan and Meier, the sum of P(N_R ≥ n) over n ≥ 1: the mean of the law that `survival` gives.

    Spots that outlive the data count as far as they are seen, and those that never rearrange with zero. Where the law
    ends before all have died, at the largest N_R, this is the restricted mean: of N_R or that number, whichever is
    less. `restricted` tells. As `survival` is, it is too high where spots rearrange at different rates and many outlive
    the data (`too_many_outlive`); the truth lies between `seen_rearrangements` and it.
    """
    alive = survival(tracks, np.arange(1, tracks.rearrangements.max(initial=0) + 1), "rearrangements", seed)
    return alive.map(np.nansum)


def seen_rearrangements(tracks: Tracks, seed: int = 0) -> Estimate:
    """Mean N_R with all lives as far as they are seen: below the mean of N_R, as lives that are cut off take more."""
    hits, starts = (sums_of_starts(tracks, values) for values in (tracks.rearrangements, np.ones(len(tracks))))
    return bootstrap(fraction, hits, starts, seed=seed)


def restricted(tracks: Tracks) -> bool:
    """Whether the largest N_R is that of a spot that outlives the data, so that the law of N_R has no end."""
    most = tracks.rearrangements == tracks.rearrangements.max(initial=0)
    return bool(not tracks.dead[most].all())


def rearrangement_law(tracks: Tracks, seed: int = 0) -> Estimate:
    """P(N_R = n) for n from 0 to the largest, and behind it the rearrangements of a spot in an interval of its life.

    What the mean-field model needs, resampled together. The rate is that of the events that budgets are made of: all
    that N_R counts, over all intervals in which spots are seen alive. Those are hits on the associate, which several
    spots may share, so that there are more of them than spots of the map that rearrange.

    Returns
    -------
    Estimate
        Value of shape (largest N_R + 2,).

    Raises
    ------
    InputError
        If there are no tracks.
    """
    deaths, losses = ends(tracks, "rearrangements")
    hits, exposure = (sums_of_starts(tracks, values) for values in (tracks.rearrangements, tracks.lifetime))

    def statistic(deaths, losses, hits, exposure):
        falls = -np.diff(_kaplan_meier(deaths, losses), axis=-1)
        return np.concatenate((falls, fraction(hits, exposure)[..., None]), axis=-1)

    return bootstrap(statistic, deaths, losses, hits, exposure, seed=seed)


def fit_constant(field: Curve, alive: Curve) -> Estimate:
    """The c of C_SS(δt) = c P(τ_L ≥ δt) with the least sum of squares over the lags (Schoenholz et al. 2014, eq. 6).

    Lags are weighted alike, those at which both sides have an interval or, if there are none, are known; δt = 0, where
    both are 1 by definition, is left out. The two are resampled together if their blocks are equally long and resamples
    worth as many, and else as if they came from different data, which makes the interval rather too wide. No more
    independent blocks know c than know each of the lags.

    Parameters
    ----------
    field : Curve
        C_SS.
    alive : Curve
        `survival` at the lags of ``field``.

    Raises
    ------
    InputError
        If the survival is not that at the lags of C_SS, or no lag but 0 is known.
    """
    if np.shape(alive.value) != field.x.shape:
        raise InputError(f"fit_constant: survival at {np.shape(alive.value)} and C_SS at {field.x.shape} lags")
    used = (field.x > 0) & np.isfinite(field.value) & np.isfinite(alive.value)
    if not used.any():
        raise InputError("fit_constant: C_SS and the survival have no lag in common but 0")

    def constant(values, survival):
        # Where a resample ends early it has no say.
        known = used & np.isfinite(values * survival)
        products, squares = np.where(known, values * survival, 0.0), np.where(known, survival**2, 0.0)
        return fraction(products.sum(axis=-1), squares.sum(axis=-1))

    # Lags that have intervals are enough; without one there is none of c.
    bounded = used & ~np.isnan(field.low + alive.low)
    used = bounded if bounded.any() else used
    resampled = constant(field.resampled, alive.resampled)
    if not bounded.any():
        resampled = np.full_like(resampled, np.nan)
    limit = min(one.independent[used].min() for one in (field, alive))
    value, block = float(constant(field.value, alive.value)), max(field.block, alive.block)
    return Estimate.of(value, resampled, block, Support(limit, limit=limit))


def _falls(alive) -> np.ndarray:
    """By how much a survival falls from place to place; rounding is no fall."""
    falls = -np.diff(alive)
    return np.where(np.abs(falls) < 1e-12, 0.0, falls)


def sums_of_starts(tracks: Tracks, values: np.ndarray) -> np.ndarray:
    """Sums of values of the tracks over those that start in the same frame."""
    return np.bincount(tracks.start, weights=values, minlength=tracks.n_frames)


def ends(tracks: Tracks, of: str) -> tuple[np.ndarray, np.ndarray]:
    """How many spots of each frame die at each duration, and how many are lost, (F, longest + 1) each."""
    if len(tracks) == 0:
        raise InputError("survival: there are no tracks")
    durations = getattr(tracks, of)
    shape = tracks.n_frames, durations.max() + 1
    cells = tracks.start * shape[1] + durations
    return tuple(
        np.bincount(cells[who], minlength=shape[0] * shape[1]).reshape(shape) for who in (tracks.dead, ~tracks.dead)
    )


def _kaplan_meier(deaths, losses) -> np.ndarray:
    """P(duration ≥ n) for n = 0 to one beyond the longest, from those that die, and that are lost, at each duration."""
    risk = np.cumsum((deaths + losses)[..., ::-1], axis=-1)[..., ::-1]
    alive = np.cumprod(1 - np.nan_to_num(fraction(deaths, risk)), axis=-1)
    # Nobody lives on after the last death; after the last loss nothing is known.
    at_risk = np.concatenate((risk[..., 1:], np.zeros((*risk.shape[:-1], 1))), axis=-1) > 0
    alive = np.where(at_risk | (alive == 0), alive, np.nan)
    return np.concatenate((np.where(risk[..., :1] > 0, 1.0, np.nan), alive), axis=-1)
