"""Soft-spot maps: the most active particles of the most localized modes, in connected clusters."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from softspots import _core
from softspots.arrays import float_array, moderate, one_of, positive_number, real_array, whole_array, whole_number
from softspots.exceptions import InputError
from softspots.frame import Frame
from softspots.landscape.forces import box_array
from softspots.objects import require
from softspots.structure.clusters import label_clusters, make_whole
from softspots.structure.counts import FEWEST, PARTICLES, map_modes
from softspots.structure.triangulation import triangulated_pairs

CONNECTIONS = ("delaunay", "distance")
# Maps of 10,000 particles cover some 0.21 of them, of 2,500 some 0.3; where it is more, spots run into each other.
MOST_OF_ALL = 0.375


class LocalizedModes(Protocol):
    """What `soft_spots` takes for modes."""

    @property
    def vectors(self) -> np.ndarray:
        """(M, N, d)."""

    @property
    def participation_ratio(self) -> np.ndarray:
        """(M,)."""


@dataclass(frozen=True, eq=False, repr=False)
class SoftSpots:
    """The soft spots of one inherent structure: as many as ``len`` says, and one after the other an array of ids.

    Parameters
    ----------
    labels : (N,) ndarray of int32
        -1 for a particle on no soft spot, otherwise the number of its spot. Spots are numbered from
        0 in the order of their lowest particle id.
    frame : Frame, optional
        The inherent structure, for `centers`.
    edges : (E, 2) ndarray of int, optional
        What connects particles, for `centers`.
    n_modes, n_particles : int, optional
        How many modes made the map, and how many particles of each.
    """

    labels: np.ndarray
    frame: Frame | None = None
    edges: np.ndarray | None = None
    n_modes: int | None = None
    n_particles: int | None = None

    def __len__(self) -> int:
        return int(self.labels.max(initial=-1)) + 1

    def __iter__(self) -> Iterator[np.ndarray]:
        """The particle ids of each spot, rising."""
        on_spot = np.flatnonzero(self.labels >= 0)
        order = on_spot[np.argsort(self.labels[on_spot], kind="stable")]
        return iter(np.split(order, np.cumsum(self.sizes)[:-1]) if len(order) else [])

    def __repr__(self) -> str:
        parts = f"{len(self)} on {np.count_nonzero(self.labels >= 0)} of {len(self.labels)} particles"
        made = f" from {self.n_modes} modes, {self.n_particles} particles of each" if self.n_modes else ""
        return f"SoftSpots({parts}{made})"

    @property
    def sizes(self) -> np.ndarray:
        """How many particles are on each spot, (S,)."""
        return np.bincount(self.labels[self.labels >= 0], minlength=len(self))

    @property
    def centers(self) -> np.ndarray:
        """The mean position of each spot's particles, (S, d), in the box; of a spot at the boundary in one piece.

        In σ_AA. A spot that reaches around the box is cut open somewhere.

        Raises
        ------
        InputError
            If the spots came without their frame and edges.
        """
        if self.frame is None or self.edges is None:
            raise InputError("SoftSpots: centers need the frame and the edges; these are labels alone")
        one, other = self.labels[self.edges].T
        whole = make_whole(self.frame.positions, self.frame.box, self.edges[(one == other) & (one >= 0)])
        on_spot = self.labels >= 0
        sums = [np.bincount(self.labels[on_spot], axis[on_spot], len(self)) for axis in whole.T]
        return self.frame.box.wrap(np.column_stack(sums) / self.sizes[:, None])[0]

    @property
    def density(self) -> float:
        """Fraction of the particles that lie on soft spots (ρ_SS of this frame)."""
        return float(np.mean(self.labels >= 0))


def rank_modes(participation_ratio: np.ndarray) -> np.ndarray:
    """Modes from the most to the least localized; equal ones by their number.

    Parameters
    ----------
    participation_ratio : (M,) array_like of float

    Returns
    -------
    (M,) ndarray of int
        Mode numbers, smallest participation ratio first (Schoenholz et al. 2014, section II).

    Raises
    ------
    InputError
        If a participation ratio is masked or not a finite number.
    """
    ratios = float_array("rank_modes: participation_ratio", participation_ratio, ("M",))
    return np.argsort(ratios, kind="stable")


def mode_particles(vectors: np.ndarray, count: int) -> np.ndarray:
    """The ``count`` particles with the largest polarization |e_i| in each mode.

    Parameters
    ----------
    vectors : (M, N, d) array_like of float
        Polarization vectors of M modes; their lengths and signs do not matter.
    count : int
        How many particles to take from each mode, from 1 to N.

    Returns
    -------
    (M, count) ndarray of int32
        Particle ids by falling |e_i|; equal ones by rising id (Schoenholz et al. 2014, section II).

    Raises
    ------
    InputError
        If the shape does not fit, a component is masked or not finite, or ``count`` is out of range.
    """
    vectors = real_array("mode_particles: vectors", vectors, ("modes", "particles", "dimension"))
    n_modes, n_all, _ = vectors.shape
    whole_number("mode_particles: count", count, 1, n_all)
    largest = np.empty((n_modes, count), dtype=np.int32)
    for mode, vector in enumerate(vectors):
        # Axis by axis: a sum over an axis this short takes twice as long.
        squares = sum(axis**2 for axis in moderate(np.asarray(vector, dtype=float)).T)
        if not np.isfinite(squares).all():
            raise InputError(f"mode_particles: mode {mode} has components that are not finite")
        # All that tie with the last one taken are sorted too: a partition alone picks among them at will.
        candidates = np.flatnonzero(squares >= np.partition(squares, n_all - count)[n_all - count])
        largest[mode] = candidates[np.argsort(-squares[candidates], kind="stable")[:count]]
    return largest


def delaunay_edges(frame: Frame, among: np.ndarray | None = None) -> np.ndarray:
    """Edges of the periodic Delaunay triangulation, in the tilted box.

    Particles are joined if their Voronoi cells share a side. Where four or more lie on one empty circle, within
    10⁻⁹ of their distances, those across from each other share a mere point, and are not joined; nor, in three
    dimensions, are those whose cells share a mere line or point.

    Parameters
    ----------
    frame : Frame
    among : (N,) array_like of bool, optional
        Only edges between these particles, which in two dimensions takes that much less time. Default: all.

    Returns
    -------
    (E, 2) ndarray of int32
        Pairs of particle ids, the lower first, sorted, each pair once; of a disordered frame 3 N of them (7 N in three
        dimensions) but for tiny systems, where a particle may be joined to itself (left out) or twice to another.

    Raises
    ------
    InputError
        If particles coincide, or lie closer than rounding can tell apart, or ``among`` is not one value a particle.
    """
    require("delaunay_edges", frame=frame)
    among = _checked_among(among, frame)
    if frame.dimension == 3:
        pairs = triangulated_pairs(frame.positions, frame.box)
        return pairs[among[pairs].all(axis=1)]
    return _core.connect(frame.positions, box_array(frame.box), among, 0.0)


def bonds(frame: Frame, length: float, among: np.ndarray | None = None) -> np.ndarray:
    """Pairs of particles at most ``length`` apart, through the periodic images.

    Parameters
    ----------
    frame : Frame
    length : float
        In σ_AA.
    among : (N,) array_like of bool, optional
        Only pairs of these particles. Default: all.

    Returns
    -------
    (E, 2) ndarray of int32
        Pairs of particle ids, the lower first, sorted, each pair once.

    Raises
    ------
    InputError
        If the length is not a positive finite number, or ``among`` is not one value a particle.
    """
    require("bonds", frame=frame)
    length = positive_number("bonds: length", length)
    return _core.connect(frame.positions, box_array(frame.box), _checked_among(among, frame), length)


def connect(frame: Frame, connection: str, bond_length: float, among: np.ndarray | None = None) -> np.ndarray:
    """What connects the particles of a map, (E, 2): `delaunay_edges` or `bonds`, by name.

    Raises
    ------
    InputError
        If the connection is neither "delaunay" nor "distance", and as these do.
    """
    one_of("soft_spots: connection", connection, CONNECTIONS)
    if connection == "delaunay":
        return delaunay_edges(frame, among)
    return bonds(frame, positive_number("soft_spots: bond_length", bond_length), among)


def soft_spots_from_ranking(
    frame: Frame,
    participation_ratio: np.ndarray,
    mode_particles: np.ndarray,
    n_modes: int | None = None,
    n_particles: int | None = None,
    min_particles: int = FEWEST,
    connection: str = "delaunay",
    bond_length: float = 1.5,
) -> SoftSpots:
    """Soft spots from the ranked modes and particles that a results file keeps.

    Parameters
    ----------
    frame : Frame
        The inherent structure.
    participation_ratio : (M,) array_like of float
        Participation ratios of the modes.
    mode_particles : (M, K) array_like of int
        Particles of each mode by falling polarization, as `mode_particles` gives them.
    n_modes : int, optional
        N_m: how many modes to take, the most localized first; at most M. Default: the paper's 430 of 20,000, in
        proportion to the N d degrees of freedom. If the default is more than M, all are taken, and a warning says so.
    n_particles : int, optional
        N_p: how many particles to take from each, the most active first; at most K. Default: the paper's 20, or all of
        K if that is less.
    min_particles : int
        Clusters of fewer particles are dropped.
    connection : {"delaunay", "distance"}
        What connects two particles of the map: an edge of the periodic Delaunay triangulation, or a
        distance of at most ``bond_length``.
    bond_length : float
        In σ_AA; used by "distance" only.

    Returns
    -------
    SoftSpots

    Raises
    ------
    InputError
        If there are not as many modes or particles as asked for, shapes do not fit, or the
        connection is unknown.

    Notes
    -----
    Schoenholz et al. 2014, section II, after Manning and Liu 2011.
    """
    require("soft_spots", frame=frame)
    if np.ndim(mode_particles) != 2 or np.shape(participation_ratio) != np.shape(mode_particles)[:1]:
        raise InputError(
            f"soft_spots: participation_ratio has shape {np.shape(participation_ratio)} and mode_particles "
            f"{np.shape(mode_particles)}; (modes,) and (modes, particles of each) are needed"
        )
    mode_particles = whole_array("soft_spots: mode_particles", mode_particles, ("M", "K"), 0, len(frame) - 1)
    if n_modes is None:
        n_modes = map_modes("soft_spots", len(frame), frame.dimension, len(mode_particles))
    n_particles = min(PARTICLES, mode_particles.shape[1]) if n_particles is None else n_particles
    for name, value, limit in zip(
        ("n_modes", "n_particles"), (n_modes, n_particles), mode_particles.shape, strict=True
    ):
        whole_number(f"soft_spots: {name}", value, 1, limit)
    whole_number("soft_spots: min_particles", min_particles, 1)
    on_map = np.zeros(len(frame), dtype=bool)
    on_map[mode_particles[rank_modes(participation_ratio)[:n_modes], :n_particles]] = True
    edges = connect(frame, connection, bond_length, on_map)
    return SoftSpots(label_clusters(on_map, edges, min_particles), frame, edges, n_modes, n_particles)


def soft_spots(
    frame: Frame,
    modes: LocalizedModes,
    n_modes: int | None = None,
    n_particles: int | None = None,
    min_particles: int = FEWEST,
    connection: str = "delaunay",
    bond_length: float = 1.5,
) -> SoftSpots:
    """Soft spots from the vibrational modes of an inherent structure (Schoenholz et al. 2014, section II).

    The numbers of modes and particles are the paper's, that of modes in proportion to the degrees of freedom. In small
    systems modes are less localized, and such a map may cover most of the box: a warning says so.

    Parameters
    ----------
    frame : Frame
        The inherent structure.
    modes : Modes
        Any object with ``vectors`` (M, N, d) and ``participation_ratio`` (M,).
    n_modes : int, optional
        N_m: how many modes to take, the most localized first; at most M. Default: the paper's 430 of 20,000, in
        proportion to the N d degrees of freedom. If the default is more than M, all are taken, and a warning says so.
    n_particles : int, optional
        N_p: how many particles to take from each, the most active first; at most N. Default: the paper's 20, or all.
    min_particles : int
        Clusters of fewer particles are dropped.
    connection : {"delaunay", "distance"}
        What connects two particles of the map: an edge of the periodic Delaunay triangulation, or a
        distance of at most ``bond_length``.
    bond_length : float
        In σ_AA; used by "distance" only.

    Returns
    -------
    SoftSpots

    Raises
    ------
    InputError
        If there are not as many modes or particles as asked for, the connection is unknown, or the modes belong to
        another number of particles.
    """
    require("soft_spots", frame=frame, modes=modes)
    if np.shape(modes.vectors)[1:] != frame.positions.shape:
        needed = f"(modes, {len(frame)}, {frame.dimension})"
        raise InputError(f"soft_spots: vectors have shape {np.shape(modes.vectors)}; {needed} is needed")
    # Here, so that its warning shows the caller's line.
    if n_modes is None:
        n_modes = map_modes("soft_spots", len(frame), frame.dimension, len(modes.vectors))
    asked = min(PARTICLES, len(frame)) if n_particles is None else n_particles
    ranking = mode_particles(modes.vectors, whole_number("soft_spots: n_particles", asked, 1, len(frame)))
    if not modes.vectors[np.arange(len(ranking)), ranking[:, -1]].any(axis=1).all():
        # Particles that nothing holds take part in no mode.
        moving = np.count_nonzero(np.any(modes.vectors, axis=(0, 2)))
        if n_particles is not None and n_particles > moving:
            raise InputError(f"soft_spots: n_particles is {n_particles}; allowed: 1 to {moving} (all that move)")
        ranking = ranking[:, :moving]
    spots = soft_spots_from_ranking(
        frame, modes.participation_ratio, ranking, n_modes, n_particles, min_particles, connection, bond_length
    )
    if n_particles is None and spots.density > MOST_OF_ALL:
        warnings.warn(
            f"soft_spots: the map covers {np.count_nonzero(spots.labels >= 0)} of {len(frame)} particles, too many to "
            f"tell spots apart; {spots.n_particles} of each mode, the default at any size, is the paper's number for "
            "10,000 particles: give n_particles",
            stacklevel=2,
        )
    return spots


def _checked_among(among, frame):
    return whole_array("among: entries", np.ones(len(frame)) if among is None else among, (len(frame),), 0, 1)
