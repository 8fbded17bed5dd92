"""Statistics of single soft spots: survival, lifetimes, rearrangements before death, and what they say of C_SS.

A spot that outlives the data is censored: it counts as alive until then (Kaplan and Meier 1958).
"""

from __future__ import annotations

import numpy as np
from scipy.stats import CensoredData, ecdf

from .bootstrap import RESAMPLES, Estimate, block_weights, blocks, bootstrap, fraction
from .correlations import Correlation
from .tracking import Tracks


def survival(tracks: Tracks, at: np.ndarray, of: str = "lifetime", seed: int = 0) -> Estimate:
    """P(τ_L ≥ δt) or P(N_R ≥ n) by Kaplan and Meier, with resamples of blocks of starts.

    Spots of one frame, and the same spot followed from frame after frame, are not independent; so what is resampled
    are the frames from which they are followed.

    For N_R the estimate takes for granted that the rearrangements that a spot has had at the end of the data say
    nothing of how many it can still take. That holds if all spots rearrange about equally often; spots that rarely do
    are censored at small N_R, and where many spots are censored the estimate is too low there.

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
    Estimate
        Value of shape (K,). NaN beyond the longest duration if that one is censored: nothing is known there.

    Raises
    ------
    ValueError
        If there are no tracks.

    Notes
    -----
    Schoenholz et al. 2014, eq. 6.
    """
    if len(tracks) == 0:
        raise ValueError("survival: there are no tracks")
    durations, at = getattr(tracks, of), np.asarray(at)
    totals, counts = _sums(tracks, durations), _sums(tracks, np.ones(len(tracks)))
    length, drawn = blocks(fraction(totals.sum() - totals, counts.sum() - counts))
    weights = block_weights(tracks.n_frames, length, drawn, RESAMPLES, seed)
    resampled = [_kaplan_meier(durations, tracks.dead, at, repeats[tracks.start]) for repeats in weights]
    return Estimate(_kaplan_meier(durations, tracks.dead, at), np.array(resampled), length)


def density(tracks: Tracks, edges: np.ndarray, of: str = "lifetime", seed: int = 0) -> Estimate:
    """P(τ_L) or P(N_R): probability per interval (or per rearrangement) in bins, from `survival`.

    Parameters
    ----------
    tracks, of, seed
        As in `survival`.
    edges : (B + 1,) array_like of int
        Rising; bin b holds the durations from edges[b] up to but not including edges[b + 1]. `logarithmic_edges`
        gives some.

    Returns
    -------
    Estimate
        Value of shape (B,). NaN in bins that reach beyond what is known.
    """
    edges = np.asarray(edges)
    return survival(tracks, edges, of, seed).map(lambda alive: -np.diff(alive) / np.diff(edges))


def logarithmic_edges(last: int, per_decade: int = 5) -> np.ndarray:
    """Whole numbers from 1 to beyond ``last``, as evenly spaced in the logarithm as whole numbers can be."""
    steps = np.arange(np.ceil(per_decade * np.log10(last + 1)) + 1)
    return np.unique(np.rint(10 ** (steps / per_decade)).astype(int))


def mean_rearrangements(tracks: Tracks, seed: int = 0) -> Estimate:
    """Mean N_R of the spots that died within the data.

    Those that outlived them would have had more; so with many censored spots the mean is too low.
    """
    dead = tracks.dead.astype(float)
    return bootstrap(fraction, _sums(tracks, dead * tracks.rearrangements), _sums(tracks, dead), seed=seed)


def fit_constant(field: Correlation, alive: Estimate) -> Estimate:
    """The c of C_SS(δt) = c P(τ_L ≥ δt) with the least sum of squares over the lags (Schoenholz et al. 2014, eq. 6).

    Lags are weighted alike, as far as both sides are known; δt = 0, where both are 1 by definition, is left out. The
    two are resampled together if their blocks are equally long, and else as if they came from different data, which
    makes the interval rather too wide.

    Parameters
    ----------
    field : Correlation
        C_SS.
    alive : Estimate
        `survival` at the lags of ``field``.

    Raises
    ------
    ValueError
        If the survival is not that at the lags of C_SS, or no lag but 0 is known.
    """
    if np.shape(alive.value) != field.lags.shape:
        raise ValueError(f"fit_constant: survival at {np.shape(alive.value)} and C_SS at {field.lags.shape} lags")
    used = (field.lags > 0) & np.isfinite(field.value) & np.isfinite(alive.value)
    if not used.any():
        raise ValueError("fit_constant: C_SS and the survival have no lag in common but 0")

    def constant(values, survival):
        # Where a resample ends early it has no say.
        known = used & np.isfinite(values * survival)
        products, squares = np.where(known, values * survival, 0.0), np.where(known, survival**2, 0.0)
        return fraction(products.sum(axis=-1), squares.sum(axis=-1))

    resampled = constant(field.estimate.resampled, alive.resampled)
    return Estimate(float(constant(field.value, alive.value)), resampled, max(field.estimate.block, alive.block))


def _sums(tracks, values) -> np.ndarray:
    """Sums of values of the tracks over those that start in the same frame."""
    return np.bincount(tracks.start, weights=values, minlength=tracks.n_frames)


def _kaplan_meier(durations, dead, at, repeats=None) -> np.ndarray:
    """P(duration ≥ at), each observation taken so many times."""
    if repeats is not None:
        durations, dead = np.repeat(durations, repeats), np.repeat(dead, repeats)
    if durations.size == 0:
        return np.full(at.shape, np.nan)
    function = ecdf(CensoredData.right_censored(durations, ~dead)).sf
    # The function is P(duration > x), and durations are whole numbers.
    alive = function.evaluate(at - 0.5)
    longest = durations.max()
    unknown = (at > longest) & (not dead[durations == longest].all())
    return np.where(unknown, np.nan, alive)
