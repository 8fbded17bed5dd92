"""The choice of N_m and N_p: ΔP* over a grid of maps."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from softspots.analysis.bootstrap import bootstrap, fraction
from softspots.analysis.fields import checked_activity
from softspots.analysis.probability import THRESHOLD
from softspots.arrays import float_array, positive_number, real_number, whole_array
from softspots.estimate import Estimate, combined
from softspots.exceptions import InputError
from softspots.structure.counts import FEWEST
from softspots.structure.spots import rank_modes


@dataclass(frozen=True, eq=False, repr=False)
class Selection:
    """ΔP* = P* − ρ_SS for maps of the N_p most active particles of the N_m most localized modes.

    Parameters
    ----------
    n_modes : (A,) ndarray of int
        N_m.
    n_particles : (B,) ndarray of int
        N_p.
    probability, density : (A, B) ndarray
        P* and ρ_SS.
    difference : Estimate
        ΔP*, of shape (A, B).
    """

    n_modes: np.ndarray
    n_particles: np.ndarray
    probability: np.ndarray
    density: np.ndarray
    difference: Estimate

    def __repr__(self) -> str:
        grid = f"{len(self.n_modes)} of N_m up to {self.n_modes[-1]}, {len(self.n_particles)} of N_p up to"
        return f"Selection({grid} {self.n_particles[-1]}; largest ΔP* {self.largest.value:.3g} at {self.best})"

    @property
    def best(self) -> tuple[int, int]:
        """(N_m, N_p) of the largest ΔP*; of equal ones, the smallest N_m, then N_p."""
        mode, particle = np.unravel_index(np.argmax(self.difference.value), self.difference.value.shape)
        return int(self.n_modes[mode]), int(self.n_particles[particle])

    @property
    def largest(self) -> Estimate:
        """The largest ΔP*, less what noise adds to the largest of many; a number."""
        return self.difference.map(np.max).unbiased()

    def part_of_largest(self, n_modes: int, n_particles: int) -> Estimate:
        """ΔP* of a map of the grid in units of `largest`; a number, above 1 by chance only."""
        here = int(np.searchsorted(self.n_modes, n_modes)), int(np.searchsorted(self.n_particles, n_particles))
        chosen = self.difference.map(lambda values: values[here])
        with np.errstate(invalid="ignore", divide="ignore"):
            return combined(np.divide, chosen, self.largest, among=np.s_[...])


def delta_p_star(
    d2min: np.ndarray,
    participation_ratio: np.ndarray,
    mode_particles: np.ndarray,
    edges: Iterable[np.ndarray],
    temperature: float,
    n_modes: Sequence[int],
    n_particles: Sequence[int],
    threshold: float = THRESHOLD,
    min_particles: int = FEWEST,
    solids: np.ndarray | None = None,
) -> Selection:
    """ΔP* = P* − ρ_SS on a grid of (N_m, N_p), from the ranking of modes and particles that a results file keeps.

    Parameters
    ----------
    d2min : (F, N) array_like of float
        D²_min of each particle in the interval that follows each frame, in σ_AA²; NaN, not known, counts nowhere.
    participation_ratio : (F, M) array_like of float
        Participation ratios of the modes of each frame.
    mode_particles : (F, M, K) array_like of int
        Particles of each mode by falling polarization.
    edges : iterable of (E, 2) array_like of int
        For each frame, the pairs of particles that are connected if both are on the map, such as
        `softspots.structure.spots.delaunay_edges` of its inherent structure.
    temperature : float
        T, in ε_AA/k_B.
    n_modes, n_particles : sequence of int
        N_m, at most M, and N_p, at most K.
    threshold : float
        Particles with D²_min > ``threshold`` T rearrange.
    min_particles : int
        Clusters of fewer particles are dropped.
    solids : (F,) array_like of int, optional
        Which solid each frame is of, where there are several: see `softspots.analysis.bootstrap.bootstrap`.

    Returns
    -------
    Selection

    Raises
    ------
    InputError
        If shapes do not fit, a value is out of its range, or there are not as many edges as frames.

    Notes
    -----
    Schoenholz et al. 2014, section III and fig. 3. For one N_p, maps of more modes contain those of fewer. So each
    particle is on the cleaned map from some number of modes on, and one pass over the edges finds these numbers for
    all N_m.
    """
    d2min = checked_activity("delta_p_star", d2min)
    temperature = positive_number("delta_p_star: temperature", temperature)
    n_frames, n_all = d2min.shape
    shape = n_frames, "modes", "particles"
    mode_particles = whole_array("delta_p_star: mode_particles", mode_particles, shape, 0, n_all - 1)
    participation_ratio = float_array(
        "delta_p_star: participation_ratio", participation_ratio, mode_particles.shape[:2]
    )
    n_modes, n_particles = (
        _some_of(f"delta_p_star: {name}", values, limit)
        for name, values, limit in zip(
            ("n_modes", "n_particles"), (n_modes, n_particles), mode_particles.shape[1:], strict=True
        )
    )
    rearranges = d2min > real_number("delta_p_star: threshold", threshold) * temperature
    known = ~np.isnan(d2min)
    on_map, hits = np.zeros((2, len(d2min), len(n_modes), len(n_particles)))
    for frame, pairs in zip(range(len(d2min)), edges, strict=True):
        ranked = mode_particles[frame, rank_modes(participation_ratio[frame])]
        for column, count in enumerate(n_particles):
            needed = modes_needed(ranked[:, :count], pairs, n_all, min_particles)
            for found, ranks in ((on_map, needed[known[frame]]), (hits, needed[rearranges[frame]])):
                found[frame, :, column] = np.searchsorted(np.sort(ranks), n_modes, side="right")
    rearranging, particles = (which.sum(axis=1)[:, None, None] for which in (rearranges, known))

    def difference(hits, rearranging, on_map, particles):
        return fraction(hits, rearranging) - fraction(on_map, particles)

    return Selection(
        n_modes,
        n_particles,
        fraction(hits.sum(axis=0), rearranging.sum()),
        fraction(on_map.sum(axis=0), known.sum()),
        bootstrap(difference, hits, rearranging, on_map, particles, solids=solids),
    )


def modes_needed(ranked: np.ndarray, edges: np.ndarray, n_all: int, min_particles: int = FEWEST) -> np.ndarray:
    """How many modes it takes for each particle to be on the cleaned map.

    Parameters
    ----------
    ranked : (M, N_p) ndarray of int
        The particles taken from each mode, the most localized mode first.
    edges : (E, 2) ndarray of int
        Pairs of particles that are connected if both are on the map.
    n_all : int
        Number of particles.
    min_particles : int
        Clusters of fewer particles are dropped.

    Returns
    -------
    (n_all,) ndarray of int
        From 1 to M; M + 1 for a particle on no map.

    Raises
    ------
    InputError
        If a shape does not fit, or a number is masked, or that of no particle.
    """
    ranked = whole_array("modes_needed: ranked", ranked, ("modes", "particles"), 0, n_all - 1)
    edges = whole_array("modes_needed: edges", edges, ("edges", 2), 0, n_all - 1)
    never = len(ranked) + 1
    taken = np.full(n_all, never)
    # Of equal indices the last one counts, which is the most localized mode.
    taken[ranked[::-1].ravel()] = np.repeat(np.arange(len(ranked), 0, -1), ranked.shape[1])
    if min_particles == 1:
        return taken
    joined = np.maximum(*taken[edges.T])
    ever = np.flatnonzero(joined < never)
    order = ever[np.argsort(joined[ever], kind="stable")]
    needed = [never] * n_all
    # Clusters of two and more that are still too small, by particle; those that are large enough are all one.
    large, clusters = [], {}
    for one, other, rank in zip(*edges[order].T.tolist(), joined[order].tolist(), strict=True):
        first, second = clusters.get(one, [one]), clusters.get(other, [other])
        if first is second:
            continue
        members = first + second
        grown = first is large or second is large or len(members) >= min_particles
        for particle in members:
            if grown:
                needed[particle] = rank
            clusters[particle] = large if grown else members
    return np.array(needed)


def _some_of(name, values, limit) -> np.ndarray:
    """Numbers from 1 to a limit, one at the least."""
    numbers = whole_array(name, values, ("n",), 1, limit)
    if numbers.size == 0:
        raise InputError(f"{name} is empty; some of 1 to {limit} are needed")
    return numbers
