"""The lowest eigenpairs of a Hessian without a factor: block Lanczos on a polynomial of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.linalg import eigh_tridiagonal
from scipy.sparse.csgraph import reverse_cuthill_mckee

from softspots import _core
from softspots.exceptions import PhysicsError
from softspots.landscape.lanczos import BLOCK_WIDTH, largest_pairs

# Steps of the estimate of how many modes lie below a value: enough to tell values at a thousandth of the largest.
STEPS = 48
# The largest eigenvalue is that far above its estimate at most; what lies above the interval only slows Lanczos down.
MARGIN = 1.02
# How many modes are to be amplified: more than are wanted, so that the last of these stands out from all others.
WIDE, MORE = 1.5, 2 * BLOCK_WIDTH
# The logarithm of the amplification at eigenvalue zero, over that of all that is damped. With 3 there are a quarter
# more vectors, with 5 a seventh fewer, and products as many more: both take longer by a tenth or so.
AMPLIFICATION = 4.0
# Vectors per wanted mode from which on convergence is looked at, and as many as only a filter that is wrong takes.
FIRST_CHECK, MOST, ROOM = 2.0, 4, 40 * BLOCK_WIDTH


class Products:
    """A Hessian (n, n), applied to blocks of vectors, its particles in an order in which neighbours lie together.

    Attributes
    ----------
    order : (n,) ndarray of int
        Row i of a block is row order[i] otherwise.
    """

    def __init__(self, matrix: sparse.csc_array, dimension: int) -> None:
        # The transpose of a symmetric matrix turns columns into rows at no cost.
        blocks = sparse.bsr_array(matrix.T, blocksize=(dimension, dimension))
        size = len(blocks.indptr) - 1
        numbers = np.arange(len(blocks.indices))
        pattern = sparse.csr_array((numbers, blocks.indices, blocks.indptr), shape=(size, size))
        particles = reverse_cuthill_mckee(pattern, symmetric_mode=True)
        pattern = pattern[particles][:, particles]
        pattern.sort_indices()
        self._indptr, self._indices = (part.astype(np.int32) for part in (pattern.indptr, pattern.indices))
        self._blocks = blocks.data[pattern.data]
        self.size: int = matrix.shape[0]
        self.order: np.ndarray = (dimension * particles.astype(np.intp)[:, None] + np.arange(dimension)).ravel()

    def places(self) -> np.ndarray:
        """The blocks (n / dimension, dimension, dimension) of each particle with itself."""
        return self._blocks[self._rows() == self._indices]

    def change_coordinates(self, changes: np.ndarray) -> None:
        """H becomes A H Aᵀ, where A has one of these blocks for each particle, in the order of the vectors."""
        self._blocks = np.ascontiguousarray(
            changes[self._rows()] @ self._blocks @ changes[self._indices].transpose(0, 2, 1)
        )

    def _rows(self):
        return np.repeat(np.arange(len(self._indptr) - 1), np.diff(self._indptr))

    def step(self, x: np.ndarray, y: np.ndarray, center: float = 0.0, factor: float = 1.0, weight: float = 0.0) -> None:
        """``y`` becomes ``factor * (H - center) x - weight * y``, blocks (n, BLOCK_WIDTH)."""
        _core.chebyshev_step(self._indptr, self._indices, self._blocks, center, factor, weight, x, y)


@dataclass(frozen=True)
class Spectrum:
    """Where the eigenvalues are, but for those of known vectors, as sixteen random vectors see them.

    Attributes
    ----------
    nodes, counts : (BLOCK_WIDTH, STEPS) ndarray
        By vector, the values that Lanczos finds, ascending, and about how many eigenvalues lie below.
    dimension : int
    """

    nodes: np.ndarray
    counts: np.ndarray
    dimension: int

    @classmethod
    def of(cls, products: Products, dimension: int, known: np.ndarray) -> Spectrum:
        """By the weights of Gauss quadrature (Lin, Saad and Yang, SIAM Rev. 58, 34, 2016, section 3.2.1)."""
        vectors = np.random.default_rng(0).standard_normal((products.size, BLOCK_WIDTH))
        vectors -= known @ (known.T @ vectors)
        vectors /= np.linalg.norm(vectors, axis=0)
        before, images = np.zeros_like(vectors), np.zeros_like(vectors)
        diagonal, beside = [], [np.zeros(BLOCK_WIDTH)]
        for _ in range(min(STEPS, products.size - known.shape[1])):
            products.step(vectors, images)
            diagonal.append(np.einsum("ij,ij->j", vectors, images))
            images -= diagonal[-1] * vectors
            images -= beside[-1] * before
            beside.append(np.sqrt(np.einsum("ij,ij->j", images, images)))
            # A vector that has run dry stays at the rounding that is left of it.
            images /= np.maximum(beside[-1], np.finfo(float).tiny)
            before, vectors, images = vectors, images, before
        nodes, counts = [], []
        for center, side in zip(np.transpose(diagonal), np.transpose(beside[1:-1]), strict=True):
            values, parts = eigh_tridiagonal(center, side)
            weights = products.size * parts[0] ** 2
            nodes.append(values)
            counts.append(np.cumsum(weights) - weights / 2)
        return cls(np.array(nodes), np.array(counts), dimension)

    @property
    def lowest(self) -> float:
        """Not below the lowest eigenvalue, as the energy of a vector."""
        return self.nodes.min()

    @property
    def highest(self) -> float:
        return self.nodes.max()

    def value_above(self, count: float) -> float:
        """About the ``count``-th eigenvalue."""
        values = np.geomspace(1e-8, 1.0, 4000) * self.highest
        # As with waves of sound, numbers of modes go about with this power of their eigenvalues.
        power = self.dimension / 2
        below = [
            np.interp(values**power, np.maximum(nodes, 0) ** power, counts, left=0.0)
            for nodes, counts in zip(self._from_zero(self.nodes), self._from_zero(self.counts), strict=True)
        ]
        return float(np.interp(count, np.mean(below, axis=0), values))

    def _from_zero(self, rows: np.ndarray) -> np.ndarray:
        return np.hstack((np.zeros((len(rows), 1)), rows))


@dataclass(frozen=True)
class Filter:
    """Chebyshev's polynomial of a degree, on the interval of the eigenvalues from ``low`` to ``high``.

    There it is between -1 and 1, and below it grows, the faster the lower. The degree is even, so that it is positive.
    """

    low: float
    high: float
    degree: int

    @classmethod
    def below(cls, low: float, high: float) -> Filter:
        """That of the degree which amplifies eigenvalue zero by ``exp(AMPLIFICATION)``, about."""
        growth = np.arccosh((high + low) / (high - low))
        return cls(low, high, 2 * int(np.ceil(AMPLIFICATION / (2 * growth))))

    def applied(self, products: Products) -> Callable[[np.ndarray], None]:
        """The polynomial of the matrix, on blocks of vectors in place."""
        center, radius = (self.high + self.low) / 2, (self.high - self.low) / 2
        spare = np.empty((products.size, BLOCK_WIDTH))

        def apply(block) -> None:
            spare[:] = 0
            products.step(block, spare, center, 1 / radius)
            for _ in range(self.degree // 2 - 1):
                products.step(spare, block, center, 2 / radius, 1.0)
                products.step(block, spare, center, 2 / radius, 1.0)
            products.step(spare, block, center, 2 / radius, 1.0)

        return apply


def filter_for(spectrum: Spectrum, count: int) -> Filter:
    """The filter that lifts somewhat more than ``count`` modes out of all others."""
    high = MARGIN * spectrum.highest
    return Filter.below(min(spectrum.value_above(WIDE * count + MORE), high / 2), high)


def lowest_pairs(
    products: Products, chosen: Filter, bound: float, count: int, known: np.ndarray
) -> tuple[np.ndarray, np.ndarray, int]:
    """Eigenvalues, ascending, and vectors (count, n) of the lowest modes; and the width of the basis.

    All but the ``known`` modes (n, m). The eigenvalues are the energies of the vectors. ``bound`` is above the largest
    eigenvalue for certain: should the filter have been chosen too low, it is widened up to half of that.

    Raises
    ------
    PhysicsError
        If the modes reach beyond, or have not converged.
    """
    while True:
        fault = f"lowest_modes: the filter does not lift {count} modes out of all others"
        try:
            _, vectors, width = largest_pairs(
                chosen.applied(products), products.size, count, known[products.order], FIRST_CHECK, MOST * count + ROOM
            )
        except PhysicsError as error:
            fault = str(error)
        else:
            eigenvalues = _energies(products, vectors)
            # Only below the interval are the largest values of the polynomial those of the lowest modes.
            if eigenvalues.max() < chosen.low:
                break
        if chosen.low >= bound / 2:
            raise PhysicsError(fault)
        chosen = Filter.below(min(2 * chosen.low, bound / 2), bound)
    place = np.argsort(products.order)
    for vector in vectors:
        vector[:] = vector[place]
    # Of nearly equal ones, rounding may have chosen the order.
    order = np.argsort(eigenvalues, kind="stable")
    return eigenvalues[order], vectors[order] if (np.diff(order) != 1).any() else vectors, width


def _energies(products: Products, vectors: np.ndarray) -> np.ndarray:
    """vᵀ H v / vᵀ v (count,) of vectors (count, n) in the order of ``products``."""
    block, images = np.zeros((2, products.size, BLOCK_WIDTH))
    energies = []
    for first in range(0, len(vectors), BLOCK_WIDTH):
        some = vectors[first : first + BLOCK_WIDTH]
        block[:, : len(some)] = some.T
        products.step(block, images)
        parts = np.einsum("ij,ij->j", block, images), np.einsum("ij,ij->j", block, block)
        energies.extend(np.divide(*parts, where=parts[1] > 0, out=np.zeros(BLOCK_WIDTH))[: len(some)])
    return np.array(energies)
