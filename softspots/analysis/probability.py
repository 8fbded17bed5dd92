"""How well soft spots predict rearrangements: P(D²_min), its plateau P*, and P*/ρ_SS."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from softspots.analysis.bootstrap import bootstrap, fraction
from softspots.analysis.fields import checked_flags, checked_maps
from softspots.analysis.lags import by_origin, checked_lags, checked_times
from softspots.arrays import positive_number, real_number, whole_number
from softspots.curve import Curve
from softspots.estimate import Estimate
from softspots.exceptions import InputError

# P(D²_min) has reached its plateau from 15 T on (Schoenholz et al. 2014, section III and fig. 2).
THRESHOLD = 15.0
PLATEAU_LOSS = 0.05  # a bin is on the plateau that lies less than this part below what follows


@dataclass(frozen=True)
class Plateau:
    """The plateau of P(D²_min) against the density of soft spots.

    Parameters
    ----------
    probability : float
        P*: fraction of the rearranging particles that lie on soft spots. NaN if none rearranges.
    density : float
        ρ_SS: fraction of the particles of known D²_min that lie on soft spots. NaN if there are none.
    ratio : Estimate
        P*/ρ_SS: 1 for a map that knows nothing of rearrangements, at most 1/ρ_SS. NaN if no particle
        rearranges or none is on a soft spot.
    rearranging : int
        How many particles rearrange, over all frames.
    unknown : int
        How many particles count nowhere, over all frames, as their D²_min is not known.
    """

    probability: float
    density: float
    ratio: Estimate
    rearranging: int
    unknown: int

    @property
    def bound(self) -> float:
        """1/ρ_SS, the ratio if every rearrangement were on a soft spot; infinite without soft spots."""
        return 1 / self.density if self.density else np.inf


def rearrangement_probability(
    d2min: np.ndarray,
    labels: np.ndarray,
    temperature: float,
    bins_per_decade: int = 10,
    solids: np.ndarray | None = None,
) -> tuple[Curve, np.ndarray]:
    """P(D²_min): the probability that a particle with a given D²_min lies on a soft spot, in logarithmic bins.

    Parameters
    ----------
    d2min : (F, N) array_like of float
        D²_min of each particle in the interval that follows each frame, in σ_AA²; NaN, not known, counts nowhere.
    labels : (F, N) array_like of int
        Soft spots of each frame, -1 for none.
    temperature : float
        T, in ε_AA/k_B.
    bins_per_decade : int
        Bin borders are the powers of ten and this many equal steps of the logarithm between them,
        as far as the data go, so that results for different data share their bins. Particles with
        D²_min = 0 are in no bin.
    solids : (F,) array_like of int, optional
        Which solid each frame is of, where there are several: see `softspots.analysis.bootstrap.bootstrap`.

    Returns
    -------
    probability : Curve
        Over the geometric centers of the bins in D²_min/T, in σ_AA²/ε_AA (k_B = 1), with the number of particles in
        each; NaN in an empty bin.
    edges : (B + 1,) ndarray of float
        Borders of the bins.

    Raises
    ------
    InputError
        If shapes do not fit or a value is out of its range.

    Notes
    -----
    Schoenholz et al. 2014, eq. 2 and fig. 2.
    """
    edges, hits, counts = _binned(
        "rearrangement_probability",
        *checked_maps("rearrangement_probability", d2min, labels),
        temperature,
        bins_per_decade,
    )
    centers = np.sqrt(edges[1:] * edges[:-1])
    return Curve.over(centers, bootstrap(fraction, hits, counts, solids=solids), counts.sum(axis=0)), edges


def plateau_onset(
    d2min: np.ndarray,
    labels: np.ndarray,
    temperature: float,
    bins_per_decade: int = 10,
    solids: np.ndarray | None = None,
) -> Estimate:
    """D²_min/T from which on P(D²_min) is on its plateau (Schoenholz et al. 2014, fig. 2).

    It is the lower border of the first bin whose P is at least 95 % of that of all particles with a larger D²_min. The
    search begins at the bin with the most particles, since far below it there are few and P is uncertain. A resample is
    searched in the same way; so the value is uncertain by a bin at least, and sparse data, whose bins scatter by more
    than 5 %, show in a wide interval.

    Parameters
    ----------
    d2min, labels, temperature, bins_per_decade, solids
        As in `rearrangement_probability`.

    Returns
    -------
    Estimate
        Infinite where no bin is on the plateau but perhaps the last.
    """
    edges, hits, counts = _binned(
        "plateau_onset", *checked_maps("plateau_onset", d2min, labels), temperature, bins_per_decade
    )
    first = np.argmax(counts.sum(axis=0))

    def reached(hits, counts):
        """P of each bin but the last in units of the P that follows."""
        later = (np.cumsum(values[..., :0:-1], axis=-1)[..., ::-1] for values in (hits, counts))
        return fraction(fraction(hits, counts)[..., :-1], fraction(*later))

    def onset(ratios):
        on_plateau = np.append(ratios[first:] >= 1 - PLATEAU_LOSS, True)
        return np.append(edges[first:-2], np.inf)[np.argmax(on_plateau)]

    found = bootstrap(reached, hits, counts, solids=solids)
    # The bins that are searched, up to the onset.
    return found.map(onset, np.s_[first : np.searchsorted(edges, onset(found.value)) + 1])


def plateau(
    d2min: np.ndarray,
    labels: np.ndarray,
    temperature: float,
    threshold: float = THRESHOLD,
    solids: np.ndarray | None = None,
) -> Plateau:
    """P*, ρ_SS and P*/ρ_SS (Schoenholz et al. 2014, section III and fig. 4).

    Particles with D²_min > ``threshold`` T are taken to rearrange. Averages are over particles and
    frames, so that a frame counts by its number of rearranging particles. The error is that of
    `bootstrap`: particles of one event, and frames that follow one another, are not independent.

    Parameters
    ----------
    d2min : (F, N) array_like of float
        D²_min of each particle in the interval that follows each frame, in σ_AA²; NaN, not known, counts nowhere.
    labels : (F, N) array_like of int
        Soft spots of each frame, -1 for none.
    temperature : float
        T, in ε_AA/k_B.
    threshold : float
        In units of T.
    solids : (F,) array_like of int, optional
        Which solid each frame is of, where there are several: see `softspots.analysis.bootstrap.bootstrap`.

    Returns
    -------
    Plateau

    Raises
    ------
    InputError
        If shapes do not fit or a value is out of its range.
    """
    d2min, on_spot = checked_maps("plateau", d2min, labels)
    level = real_number("plateau: threshold", threshold) * positive_number("plateau: temperature", temperature)
    rearranges = d2min > level
    known = ~np.isnan(d2min)
    counts = [which.sum(axis=1) for which in (rearranges & on_spot, rearranges, known & on_spot, known)]

    def ratio(hits, rearranging, on_spot, known):
        return fraction(hits * known, rearranging * on_spot)

    hits, rearranging, on_spot, known = (count.sum() for count in counts)
    return Plateau(
        probability=float(fraction(hits, rearranging)),
        density=float(fraction(on_spot, known)),
        ratio=bootstrap(ratio, *counts, solids=solids, weight=counts[1]),
        rearranging=int(rearranging),
        unknown=int(d2min.size - known),
    )


def ratio_at_age(
    on_spot: np.ndarray,
    rearranging: np.ndarray,
    lags: Sequence[int],
    spot_times: Sequence[int] | None = None,
    rearranging_times: Sequence[int] | None = None,
    seed: int = 0,
    species: np.ndarray | None = None,
) -> Curve:
    """P*/ρ_SS of maps that are a time δt old: how much more often than by chance a rearrangement is on an earlier map.

    Chance knows the species s: of the rearrangements, of which f_s are of particles of s, it puts Σ_s f_s ρ_s on spots,
    with ρ_s the part of the particles of s that are on spots. So 1 is where a map knows nothing any more, also where
    one species is on spots and rearranges more often than another. At δt = 0 it is P*/ρ_SS of `plateau`, whose
    intervals follow their maps, over Σ_s f_s ρ_s/ρ_SS.

    Parameters
    ----------
    on_spot : (F, N) array_like of bool
        Which particles are on soft spots.
    rearranging : (G, N) array_like of bool
        Which rearrange in the interval that follows the frame.
    lags : sequence of int
        δt, rising, from 0 on, in intervals between frames.
    spot_times, rearranging_times : (F,), (G,) sequence of int, optional
        Rising times of the frames, in intervals. Default: 0, 1, ….
    seed : int
        Of the resamples.
    species : (N,) array_like, optional
        Default: all particles are of one.

    Raises
    ------
    InputError
        If shapes do not fit, or times or lags do not rise.
    """
    spots = checked_flags("ratio_at_age: on_spot", on_spot, np.shape(on_spot)).astype(np.float32)
    shape = np.shape(rearranging)[:1] + spots.shape[1:]
    active = checked_flags("ratio_at_age: rearranging", rearranging, shape).astype(np.float32)
    spot_times = checked_times("ratio_at_age", spot_times, len(spots))
    active_times = checked_times("ratio_at_age", rearranging_times, len(active))
    lags = checked_lags("ratio_at_age", lags)
    # Counts of particles are whole numbers, which these floats hold exactly.
    hits = active @ spots.T
    of_species = _one_hot("ratio_at_age: species", species, spots.shape[1])
    rearranging, density = active @ of_species, spots @ (of_species / of_species.sum(axis=0))

    def at_lags(pairs):
        return by_origin(pairs, active_times, spot_times, spot_times, lags)

    def each(values):
        """Of each species, (F, L, S)."""
        return np.stack([at_lags(np.broadcast_to(one, hits.shape))[0] for one in values], axis=-1)

    hits_at, present = at_lags(hits.astype(float))

    def ratio(hits, rearranging, density, pairs):
        return fraction(hits * pairs, (rearranging * density).sum(axis=-1))

    sums = hits_at, each(rearranging.T[:, :, None]), each(density.T[:, None, :]), present
    found = bootstrap(ratio, *sums, seed=seed)
    return Curve.over(lags, found, present.sum(axis=0))


def _one_hot(name, species, particles) -> np.ndarray:
    """Which species a particle is of, (N, S): 1 for it, else 0."""
    species = np.zeros(particles) if species is None else np.asarray(species)
    if species.shape != (particles,):
        raise InputError(f"{name} have shape {species.shape}; ({particles},) is needed")
    return (species[:, None] == np.unique(species)).astype(float)


def _binned(stage, d2min, on_spot, temperature, bins_per_decade) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Borders of the bins, and particles on spots and all particles in them, (F, B) each."""
    temperature = positive_number(f"{stage}: temperature", temperature)
    bins_per_decade = whole_number(f"{stage}: bins_per_decade", bins_per_decade, 1)
    # Neither what did not move has a bin, nor what is not known.
    frames, particles = np.nonzero(d2min > 0)
    steps = np.floor(bins_per_decade * np.log10(d2min[frames, particles] / temperature)).astype(int)
    first, last = (steps.min(), steps.max()) if steps.size else (0, 0)
    n_frames, n_bins = len(d2min), last - first + 1
    cells = frames * n_bins + steps - first
    counts, hits = (
        np.bincount(chosen, minlength=n_frames * n_bins).reshape(n_frames, n_bins)
        for chosen in (cells, cells[on_spot[frames, particles]])
    )
    return 10.0 ** (np.arange(first, last + 2) / bins_per_decade), hits, counts
