"""How well soft spots predict rearrangements: P(D²_min), its plateau P*, and P*/ρ_SS."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import isqrt

import numpy as np

# P(D²_min) has reached its plateau from 15 T on (Schoenholz et al. 2014, section III and fig. 2).
THRESHOLD = 15.0


@dataclass(frozen=True, eq=False)
class RearrangementProbability:
    """P(D²_min): the probability that a particle with a given D²_min lies on a soft spot.

    Parameters
    ----------
    edges : (B + 1,) ndarray of float
        Borders of the bins in D²_min/T, in σ_AA²/ε_AA (k_B = 1).
    counts : (B,) ndarray of int
        Particles in each bin, over all frames.
    probability : (B,) ndarray of float
        Fraction of them on soft spots; NaN in an empty bin.
    error : (B,) ndarray of float
        Its statistical error, as in `plateau`.
    """

    edges: np.ndarray
    counts: np.ndarray
    probability: np.ndarray
    error: np.ndarray

    @property
    def centres(self) -> np.ndarray:
        """Geometric centres of the bins, shape (B,), in D²_min/T."""
        return np.sqrt(self.edges[1:] * self.edges[:-1])


@dataclass(frozen=True)
class Plateau:
    """The plateau of P(D²_min) against the density of soft spots.

    Parameters
    ----------
    probability : float
        P*: fraction of the rearranging particles that lie on soft spots. NaN if none rearranges.
    density : float
        ρ_SS: fraction of all particles that lie on soft spots.
    ratio : float
        P*/ρ_SS: 1 for a map that knows nothing of rearrangements, at most 1/ρ_SS. NaN if no particle
        rearranges or none is on a soft spot.
    ratio_error : float
        Statistical error (one standard deviation) of the ratio. NaN where the ratio is, and where
        all rearrangements, or all soft spots, fall into a single block of frames.
    rearranging : int
        How many particles rearrange, over all frames.
    """

    probability: float
    density: float
    ratio: float
    ratio_error: float
    rearranging: int


def rearrangement_probability(
    d2min: np.ndarray, labels: np.ndarray, temperature: float, bins_per_decade: int = 10
) -> RearrangementProbability:
    """P(D²_min) in logarithmic bins of D²_min/T (Schoenholz et al. 2014, eq. 2 and fig. 2).

    Parameters
    ----------
    d2min : (F, N) array_like of float
        D²_min of each particle in the interval that follows each frame, in σ_AA².
    labels : (F, N) array_like of int
        Soft spots of each frame, -1 for none.
    temperature : float
        T, in ε_AA/k_B.
    bins_per_decade : int
        Bin borders are the powers of ten and this many equal steps of the logarithm between them,
        as far as the data go, so that results for different data share their bins. Particles with
        D²_min = 0 are in no bin.

    Returns
    -------
    RearrangementProbability

    Raises
    ------
    ValueError
        If shapes do not fit or a value is out of its range.
    """
    d2min, on_spot = _checked(d2min, labels, temperature)
    if bins_per_decade < 1:
        raise ValueError(f"rearrangement_probability: bins_per_decade is {bins_per_decade}; it must be 1 or more")
    frames, particles = np.nonzero(d2min)
    steps = np.floor(bins_per_decade * np.log10(d2min[frames, particles] / temperature)).astype(int)
    first, last = (steps.min(), steps.max()) if steps.size else (0, 0)
    n_frames, n_bins = len(d2min), last - first + 1
    cells = frames * n_bins + steps - first
    counts, hits = (
        np.bincount(cells, weights=weights, minlength=n_frames * n_bins).reshape(n_frames, n_bins)
        for weights in (None, on_spot[frames, particles])
    )
    return RearrangementProbability(
        edges=10.0 ** (np.arange(first, last + 2) / bins_per_decade),
        counts=counts.sum(axis=0),
        probability=_fraction(hits.sum(axis=0), counts.sum(axis=0)),
        error=_jackknife_error(_fraction, hits, counts),
    )


def plateau(d2min: np.ndarray, labels: np.ndarray, temperature: float, threshold: float = THRESHOLD) -> Plateau:
    """P*, ρ_SS and P*/ρ_SS (Schoenholz et al. 2014, section III and fig. 4).

    Particles with D²_min > ``threshold`` T are taken to rearrange. Averages are over particles and
    frames, so that a frame counts by its number of rearranging particles.

    The error is a delete-one-block jackknife over blocks of consecutive frames: particles of one
    event, and frames that follow one another, are not independent. There are ten blocks, or the
    square root of the number of frames if that is more, or as many as there are frames if that is less.
    Fewer blocks would leave the error itself uncertain by more than a quarter; so with
    fewer than some tens of frames the blocks are short, and the error does not yet see correlations
    over more than a block.

    Parameters
    ----------
    d2min : (F, N) array_like of float
        D²_min of each particle in the interval that follows each frame, in σ_AA².
    labels : (F, N) array_like of int
        Soft spots of each frame, -1 for none.
    temperature : float
        T, in ε_AA/k_B.
    threshold : float
        In units of T.

    Returns
    -------
    Plateau

    Raises
    ------
    ValueError
        If shapes do not fit or a value is out of its range.
    """
    d2min, on_spot = _checked(d2min, labels, temperature)
    rearranges = d2min > threshold * temperature
    hits = (rearranges & on_spot).sum(axis=1)
    rearranging = rearranges.sum(axis=1)
    density = on_spot.mean(axis=1)

    def ratio(hits, rearranging, density, frames):
        return _fraction(hits * frames, rearranging * density)

    sums = (hits, rearranging, density, np.ones(len(d2min)))
    return Plateau(
        probability=float(_fraction(hits.sum(), rearranging.sum())),
        density=float(density.mean()),
        ratio=float(ratio(*(values.sum() for values in sums))),
        ratio_error=float(_jackknife_error(ratio, *sums)),
        rearranging=int(rearranging.sum()),
    )


def _checked(d2min, labels, temperature) -> tuple[np.ndarray, np.ndarray]:
    """D²_min and whether each particle is on a soft spot, both (F, N), or an error."""
    d2min, labels = np.asarray(d2min, dtype=float), np.asarray(labels)
    if d2min.ndim != 2 or d2min.size == 0 or labels.shape != d2min.shape:
        raise ValueError(
            f"d2min has shape {d2min.shape} and labels {labels.shape}; both must be (frames, particles), not empty"
        )
    if not (np.isfinite(d2min).all() and (d2min >= 0).all()):
        raise ValueError("d2min must be finite and not negative")
    if not (np.isfinite(temperature) and temperature > 0):
        raise ValueError(f"temperature is {temperature!r}; it must be a positive finite number")
    return d2min, labels >= 0


def _fraction(part, whole):
    """part / whole, NaN where the whole is zero."""
    return np.divide(part, whole, out=np.full(np.shape(whole), np.nan), where=np.asarray(whole) > 0)


def _jackknife_error(estimate: Callable, *sums: np.ndarray):
    """Standard error of ``estimate(*totals)`` from sums of each frame, shape (F, ...).

    Delete-one-block jackknife; blocks of F frames may differ by one frame in length, which is
    allowed for (Busing, Meijer and van der Leeden 1999). NaN if there is only one frame.
    """
    n_frames = len(sums[0])
    n_blocks = min(n_frames, max(10, isqrt(n_frames)))
    totals = [values.sum(axis=0) for values in sums]
    starts = np.arange(n_blocks) * n_frames // n_blocks
    rest = [total - np.add.reduceat(values, starts, axis=0) for total, values in zip(totals, sums, strict=True)]
    # h: how many times longer the data are than the block that is left out.
    h = (n_frames / np.diff(starts, append=n_frames)).reshape(-1, *(1,) * totals[0].ndim)
    pseudo = h * estimate(*totals) - (h - 1) * estimate(*rest)
    return np.sqrt(np.mean((pseudo - np.sum(pseudo / h, axis=0)) ** 2 / (h - 1), axis=0))
