"""Soft-spot maps: the most active particles of the most localized modes, in connected clusters."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from . import _core
from .clusters import label_clusters
from .exceptions import InputError
from .forces import box_array
from .state import Frame

CONNECTIONS = ("delaunay", "distance")


@dataclass(frozen=True, eq=False)
class SoftSpots:
    """The soft spots of one inherent structure.

    Parameters
    ----------
    labels : (N,) ndarray of int32
        -1 for a particle on no soft spot, otherwise the number of its spot. Spots are numbered from
        0 in the order of their lowest particle id.
    """

    labels: np.ndarray

    @property
    def count(self) -> int:
        """Number of soft spots."""
        return int(self.labels.max(initial=-1)) + 1

    @property
    def density(self) -> float:
        """Fraction of the particles that lie on soft spots (ρ_SS of this frame)."""
        return float(np.mean(self.labels >= 0))

    def members(self, spot: int) -> np.ndarray:
        """Particle ids of the spot with number ``spot``, rising.

        Raises
        ------
        IndexError
            If there is no such spot.
        """
        if not 0 <= spot < self.count:
            raise IndexError(f"SoftSpots: spot is {spot}; there are {self.count} spots, numbered from 0")
        return np.flatnonzero(self.labels == spot)


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
        If a participation ratio is not a number.
    """
    if np.isnan(participation_ratio).any():
        raise InputError("rank_modes: participation_ratio holds values that are not numbers")
    return np.argsort(participation_ratio, kind="stable")


def mode_particles(vectors: np.ndarray, count: int) -> np.ndarray:
    """The ``count`` particles with the largest polarization |e_i| in each mode.

    Parameters
    ----------
    vectors : (M, N, 2) array_like of float
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
        If the shape does not fit, a component is not finite, or ``count`` is out of range.
    """
    vectors = np.asarray(vectors, dtype=float)
    if vectors.ndim != 3 or vectors.shape[2] != 2:
        raise InputError(f"mode_particles: vectors have shape {vectors.shape}; (modes, particles, 2) is needed")
    n_modes, n_all, _ = vectors.shape
    if not 1 <= count <= n_all:
        raise InputError(f"mode_particles: {count} particles are asked of each mode; allowed: 1 to {n_all} (all)")
    largest = np.empty((n_modes, count), dtype=np.int32)
    for mode, vector in enumerate(vectors):
        squares = vector[:, 0] ** 2 + vector[:, 1] ** 2
        if not np.isfinite(squares).all():
            raise InputError(f"mode_particles: mode {mode} has components that are not finite")
        # All that tie with the last one taken are sorted too: a partition alone picks among them at will.
        candidates = np.flatnonzero(squares >= np.partition(squares, n_all - count)[n_all - count])
        largest[mode] = candidates[np.argsort(-squares[candidates], kind="stable")[:count]]
    return largest


def delaunay_edges(frame: Frame, among: np.ndarray | None = None) -> np.ndarray:
    """Edges of the periodic Delaunay triangulation, in the tilted box.

    Particles are joined if their Voronoi cells share a side. Where four or more lie on one empty circle, within
    10⁻⁹ of their distances, those across from each other share a mere point, and are not joined.

    Parameters
    ----------
    frame : Frame
    among : (N,) array_like of bool, optional
        Only edges between these particles, which takes that much less time. Default: all.

    Returns
    -------
    (E, 2) ndarray of int32
        Pairs of particle ids, the lower first, sorted, each pair once; of a disordered frame 3 N of them but for tiny
        systems, where a particle may be joined to itself (left out) or twice to another.

    Raises
    ------
    InputError
        If particles coincide, or lie closer than rounding can tell apart, or ``among`` is not one value a particle.
    """
    return _core.connect(frame.positions, box_array(frame.box), _checked_among(among, frame), 0.0)


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
    if not (np.isfinite(length) and length > 0):
        raise InputError(f"bonds: bond_length is {length!r}; it must be a positive finite number")
    return _core.connect(frame.positions, box_array(frame.box), _checked_among(among, frame), length)


def soft_spots_from_ranking(
    frame: Frame,
    participation_ratio: np.ndarray,
    mode_particles: np.ndarray,
    n_modes: int = 430,
    n_particles: int = 20,
    min_particles: int = 4,
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
    n_modes : int
        N_m: how many modes to take, the most localized first; at most M.
    n_particles : int
        N_p: how many particles to take from each, the most active first; at most K.
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
    participation_ratio, mode_particles = np.asarray(participation_ratio), np.asarray(mode_particles)
    if mode_particles.ndim != 2 or participation_ratio.shape != mode_particles.shape[:1]:
        raise InputError(
            f"soft_spots: participation_ratio has shape {participation_ratio.shape} and mode_particles "
            f"{mode_particles.shape}; (modes,) and (modes, particles of each) are needed"
        )
    for name, value, limit in zip(
        ("n_modes", "n_particles"), (n_modes, n_particles), mode_particles.shape, strict=True
    ):
        if not 1 <= value <= limit:
            raise InputError(f"soft_spots: {name} is {value}; allowed: 1 to {limit} (all that are given)")
    if mode_particles.min() < 0 or mode_particles.max() >= len(frame):
        raise InputError(f"soft_spots: mode_particles must be particle ids, 0 to {len(frame) - 1}")
    if connection not in CONNECTIONS:
        raise InputError(f"soft_spots: connection is {connection!r}; allowed: {', '.join(CONNECTIONS)}")
    on_map = np.zeros(len(frame), dtype=bool)
    on_map[mode_particles[rank_modes(participation_ratio)[:n_modes], :n_particles]] = True
    edges = delaunay_edges(frame, on_map) if connection == "delaunay" else bonds(frame, bond_length, on_map)
    return SoftSpots(label_clusters(on_map, edges, min_particles))


def soft_spots(frame: Frame, modes, n_modes: int = 430, n_particles: int = 20, **clustering) -> SoftSpots:
    """Soft spots from the vibrational modes of an inherent structure.

    Parameters
    ----------
    frame : Frame
        The inherent structure.
    modes : Modes
        Any object with ``vectors`` (M, N, 2) and ``participation_ratio`` (M,).
    n_modes, n_particles, **clustering
        As in `soft_spots_from_ranking`.

    Returns
    -------
    SoftSpots

    Raises
    ------
    InputError
        As `soft_spots_from_ranking`, and if the modes belong to another number of particles.
    """
    if np.shape(modes.vectors)[1:] != (len(frame), 2):
        raise InputError(
            f"soft_spots: vectors have shape {np.shape(modes.vectors)}; (modes, {len(frame)}, 2) is needed"
        )
    ranking = mode_particles(modes.vectors, n_particles)
    return soft_spots_from_ranking(frame, modes.participation_ratio, ranking, n_modes, n_particles, **clustering)


def _checked_among(among, frame):
    among = np.ones(len(frame), dtype=bool) if among is None else np.asarray(among, dtype=bool)
    if among.shape != (len(frame),):
        raise InputError(f"among has shape {among.shape}; ({len(frame)},) is needed")
    return among
