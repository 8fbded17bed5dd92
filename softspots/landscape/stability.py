"""What is held and what is not: rattlers, loose clusters, rigid motions."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field

import numpy as np
from scipy import sparse
from scipy.linalg import null_space, orth

from softspots.frame import Box, Frame
from softspots.landscape.matrices import row_sums, with_places
from softspots.landscape.tied import TiedFactor
from softspots.structure.clusters import label_clusters, make_whole

# In units of the shortest side. Some component of a lattice vector is as long at least; ways that do not lead around
# close to rounding, below 10⁻¹⁰ sides for a million springs in a row. Anything between the two would do.
AROUND = 1e-3


@dataclass(frozen=True, eq=False, repr=False)
class Stability:
    """What of a configuration is held in place, and what only lies within it.

    A particle is held if its neighbours that are held themselves keep it in place against any small move, and if
    through them it belongs to the largest such cluster. Others, rattlers and further clusters, move at no cost: they
    have no place in the modes of the solid.

    Attributes
    ----------
    held : (N,) ndarray of bool
        Whether the particle is part of what the certificate is about.
    rattlers : (R,) ndarray of int
        Ids of the particles that nothing holds in place, rising.
    clusters : tuple of ndarray of int
        Ids of the particles of each rigid cluster that nothing holds, rising; the largest cluster first.
    rigid_motions : (M, N, dimension) ndarray
        Orthonormal motions of all that is held, as one, at no cost: the translations, and the rotations of a cluster
        that does not reach around the periodic box. Zero on all other particles.
    reason : str
        Why there is no certificate; empty if there is one.
    factor : TiedFactor
        The one that certifies all that is held, for `lowest_modes` and `elastic_constants`, which factorise again only
        what is no longer there.
    """

    held: np.ndarray
    rattlers: np.ndarray
    clusters: tuple[np.ndarray, ...]
    rigid_motions: np.ndarray
    reason: str
    factor: TiedFactor = field(default_factory=TiedFactor)

    def reduced(self, matrix: sparse.csc_array) -> tuple[sparse.csc_array, np.ndarray]:
        """The Hessian of all that is held, as if the rest were not there, and its rigid motions as columns (n, M)."""
        count, _, dimension = self.rigid_motions.shape
        rigid = np.ascontiguousarray(self.rigid_motions[:, self.held].reshape(count, -1).T)
        return held_block(matrix, self.held, dimension), rigid

    def __repr__(self) -> str:
        words = [f"{np.count_nonzero(self.held)} of {len(self.held)} particles held"]
        words += [f"rattlers: {len(self.rattlers)}"] * (len(self.rattlers) > 0)
        words += [f"loose clusters: {len(self.clusters)}"] * (len(self.clusters) > 0)
        words += [self.reason] * bool(self.reason)
        return f"Stability({', '.join(words)})"


def uniform(size: int, dimension: int) -> np.ndarray:
    """The uniform translations, orthonormal, as columns (size, dimension)."""
    return np.tile(np.eye(dimension), (size // dimension, 1)) / np.sqrt(size // dimension)


def held_block(matrix: sparse.csc_array, held: np.ndarray, dimension: int) -> sparse.csc_array:
    """The Hessian of the held particles alone, as if the others were not there: their springs are taken off too."""
    if held.all():
        return matrix
    inside = np.repeat(held, dimension)
    columns = matrix[:, inside]
    # What the springs to the others have added to the diagonal.
    return with_places(columns[inside], row_sums(columns[~inside].T, dimension))


def softest_places(matrix: sparse.csc_array, dimension: int) -> np.ndarray:
    """The least stiffness (N,) that each particle finds in its place while no other moves."""
    blocks = np.empty((matrix.shape[0] // dimension, dimension, dimension))
    for offset in range(dimension):
        diagonal = matrix.diagonal(offset)
        for row in range(dimension - offset):
            blocks[:, row + offset, row] = diagonal[row::dimension]
    return _lowest(blocks)


def find_parts(matrix: sparse.csc_array, dimension: int, softness: float) -> np.ndarray:
    """Which rigid cluster (N,) each particle belongs to, from 0, the largest; -1 for rattlers.

    Springs up to ``softness`` do not count. A particle that the springs to others leave free to move in some direction
    is a rattler, and so is, again and again, who is free without it; what remains falls into clusters. That each
    particle is held by its cluster does not show that the cluster is rigid: that is for the factorisation.

    Parameters
    ----------
    matrix : (dimension N, dimension N) sparse array
        A Hessian, in ε_AA/σ_AA²; its blocks are dimension × dimension.
    dimension : int
    softness : float
        In ε_AA/σ_AA².

    Returns
    -------
    (N,) ndarray of int

    Raises
    ------
    ValueError
        If the size of the matrix is no multiple of the dimension.
    """
    blocks = sparse.bsr_array(matrix, blocksize=(dimension, dimension))
    size = len(blocks.indptr) - 1
    pairs = np.column_stack((np.repeat(np.arange(size), np.diff(blocks.indptr)), blocks.indices))
    chosen = (pairs[:, 0] < pairs[:, 1]) & (np.linalg.norm(blocks.data, axis=(1, 2)) > softness)
    pairs, springs = pairs[chosen], -blocks.data[chosen]
    stiffness = np.zeros((size, dimension, dimension))
    for end in pairs.T:
        np.add.at(stiffness, end, springs)
    kept = np.ones(size, dtype=bool)
    while (free := kept & (_lowest(stiffness) <= softness)).any():
        kept &= ~free
        lost = free[pairs].any(axis=1)
        for end in pairs[lost].T:
            np.subtract.at(stiffness, end, springs[lost])
        pairs, springs = pairs[~lost], springs[~lost]
    labels = label_clusters(kept, pairs, 1)
    # The last place is that of rattlers.
    numbers = np.append(np.argsort(np.argsort(-np.bincount(labels[kept]), kind="stable")), -1)
    return numbers[labels]


def examine(matrix: sparse.csc_array, frame: Frame, softness: float) -> Stability:
    """What is held in a frame with this Hessian, and how it may move as one; the reason is left empty.

    Parameters
    ----------
    matrix : (dimension N, dimension N) sparse array
        The Hessian, in ε_AA/σ_AA².
    frame : Frame
        Of the N particles.
    softness : float
        Springs up to this stiffness hold nothing, in ε_AA/σ_AA².

    Raises
    ------
    ValueError
        If the size of the matrix is no multiple of the frame's dimension.
    """
    dimension = frame.dimension
    part = find_parts(matrix, dimension, softness)
    held = part == 0
    clusters = tuple(np.flatnonzero(part == number) for number in range(1, part.max(initial=-1) + 1))
    motions = np.zeros((dimension, len(frame), dimension))
    if held.any():
        solid = _rigid_motions(frame.positions[held], frame.box, held_block(matrix, held, dimension))
        motions = np.zeros((solid.shape[1], len(frame), dimension))
        motions[:, held] = solid.T.reshape(len(motions), -1, dimension)
    return Stability(held, np.flatnonzero(part < 0), clusters, motions, "")


def _rigid_motions(positions: np.ndarray, box: Box, block: sparse.csc_array) -> np.ndarray:
    """Orthonormal columns (n, m): the translations, and the rotations that leave in place how springs reach around.

    If they do not reach around the box these are all rotations; if in one direction only, that about it, which there
    is in three dimensions.
    """
    dimension = box.dimension
    pairs = np.unique(np.column_stack(block.nonzero()) // dimension, axis=0)
    whole = make_whole(positions, box, pairs)
    one, other = whole[pairs].transpose(1, 0, 2)
    # How far closed ways along springs lead around the box.
    ways = other - one - box.minimum_image(other - one)
    ways = ways[(np.abs(ways) > AROUND * min(box.lengths)).any(axis=1)]
    planes = itertools.combinations(np.eye(dimension), 2)
    turns = np.array([np.outer(one, other) - np.outer(other, one) for one, other in planes])
    # A turn that moves the end of a way off its image costs energy. What counts as zero is SciPy's bound for rounding:
    # a turn that moves only one of a million ways is still at 10⁻⁶ of the largest.
    free = null_space((ways.T @ ways @ turns).reshape(len(turns), -1).T)
    motions = uniform(positions.size, dimension)
    if not free.size:
        return motions
    rotations = (whole - whole.mean(axis=0)) @ np.tensordot(free.T, turns, 1)
    return np.hstack((motions, orth(rotations.reshape(len(rotations), -1).T)))


def _lowest(blocks: np.ndarray) -> np.ndarray:
    """The lowest eigenvalue (N,) of each of symmetric ``blocks`` (N, dimension, dimension)."""
    return np.linalg.eigvalsh(blocks)[:, 0]
