"""The ways to the lowest modes of a Hessian, and the choice between them."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from scipy import sparse
from scipy.linalg import eigh
from scipy.sparse.linalg import LinearOperator, eigsh

from softspots.exceptions import InputError, UnstableError
from softspots.landscape import chebyshev, cost
from softspots.landscape.factorization import Cholesky, count_below
from softspots.landscape.lanczos import BLOCK_WIDTH, largest_pairs
from softspots.landscape.matrices import matrix_norm
from softspots.landscape.tied import factorize_tied, untie

# Block Lanczos keeps some three vectors for each mode that it finds; below this many in all, it gains nothing.
DENSE = 4
# A filter is to take this part of a factor's time at most: the factor also proves that no other modes are at or below
# zero.
GAIN = 0.7
# Shift of a matrix that may have negative modes, in units of its norm: far above what counts as zero, so that the
# factor exists at a minimum, and far below the lowest sound mode, so that the shift costs ARPACK no iterations.
SHIFT = 1e-8
# Modes are counted by inertia where a factor takes this many operations at most: CHOLMOD's of indefinite matrices, a
# minute or two.
MOST_OPERATIONS = 1e11
# Eigenvalues that differ by this part of them are of two levels, and where inertia counts what is below a level; and at
# how many levels that is tried, as rounding may spoil it.
LEVELS_APART, BELOW_LEVEL, TRIED_LEVELS = 1e-6, 1e-3, 5


@dataclass(frozen=True, eq=False)
class Problem:
    """A Hessian (n, n), what counts as zero in it, and its rigid motions (n, m), which are no modes."""

    matrix: sparse.csc_array
    dimension: int
    threshold: float
    rigid: np.ndarray
    cholesky: Cholesky

    @property
    def shape(self) -> tuple[int, int]:
        """Degrees of freedom, and entries of the matrix."""
        return self.matrix.shape[0], self.matrix.nnz

    @cached_property
    def fill(self) -> cost.Fill:
        """What the factor has."""
        return self.cholesky.fill(self.matrix)

    @cached_property
    def products(self) -> chebyshev.Products:
        if self.dimension not in (2, 3):
            raise InputError(f"lowest_modes: the filter is for two and three dimensions, not {self.dimension}")
        return chebyshev.Products(self.matrix, self.dimension)

    @cached_property
    def spectrum(self) -> chebyshev.Spectrum:
        """Where the eigenvalues are; refused if one is negative."""
        spectrum = chebyshev.Spectrum.of(self.products, self.dimension, self.rigid[self.products.order])
        if spectrum.lowest < -self.threshold:
            raise _unstable(self, "an unknown number of", "unwanted", spectrum.lowest)
        return spectrum

    def certify(self) -> None:
        """Let ``cholesky`` hold the tied matrix, whose factor shows that all other modes are above zero, or refuse."""
        if not factorize_tied(self.matrix, self.threshold, self.rigid, self.cholesky):
            lowest, _ = softest_mode(self.matrix, self.rigid, Cholesky())
            raise _unstable(self, *self._count(), lowest)

    def _count(self):
        """How many negative and zero modes there are, as far as that can be known."""
        if self.fill.operations < MOST_OPERATIONS:
            try:
                negative = count_below(self.matrix, -self.threshold, self.threshold)
                return negative, count_below(self.matrix, self.threshold, self.threshold) - negative
            except InputError:
                pass
        return "an unknown number of", "unwanted"


@dataclass(frozen=True)
class Choice:
    """A method, why it was taken, and what it will cost."""

    method: str
    reason: str
    cost: cost.Cost


def choose(problem: Problem, count: int, method: str | None, memory: float | None) -> Choice:
    """The method asked for, or the fastest that fits, with a preference for what proves most.

    Raises
    ------
    ShortageError
        If none fits into ``memory`` bytes, by default what is free.
    """
    size, _ = problem.shape
    limit = cost.free_memory() if memory is None else memory
    if count == size or (method != "arpack" and size < DENSE * (count + 4 * BLOCK_WIDTH)):
        choice = Choice("dense", "most of all modes would be needed to find those wanted", cost.of_dense(size))
    elif method is not None:
        choice = Choice(method, "asked for", COSTS[method](problem, count))
    else:
        choice = _fastest(problem, count, limit)
    # What is asked for, and what is allowed by default, are tried.
    if memory is not None or method is None:
        cost.require_room(f"method {choice.method!r}", choice.cost, limit)
    return choice


def _fastest(problem: Problem, count: int, limit: float) -> Choice:
    factor = _lanczos_cost(problem, count)
    if problem.dimension not in (2, 3):
        return Choice("lanczos", f"the filter is not for dimension {problem.dimension}", factor)
    fits = factor.bytes <= limit
    # First by what the filter takes in an ordinary solid, then by what it takes in this one.
    for degree in (_likely_degree, _degree):
        filtered = cost.of_filter(*problem.shape, count, degree(problem, count))
        if fits and factor.seconds * GAIN <= filtered.seconds:
            return Choice("lanczos", f"predicted: {factor}; with a filter {filtered}", factor)
    reason = f"predicted: {filtered}; with a factor {factor}"
    return Choice("filter", reason if fits else f"{reason}, and {limit / 1e9:.2g} GB are allowed", filtered)


def _likely_degree(problem: Problem, count: int) -> float:
    amplified = chebyshev.WIDE * count + chebyshev.MORE
    return cost.likely_degree(problem.shape[0], problem.dimension, amplified, chebyshev.AMPLIFICATION)


def _degree(problem: Problem, count: int) -> float:
    return chebyshev.filter_for(problem.spectrum, count).degree


def _lanczos_cost(problem: Problem, count: int) -> cost.Cost:
    return cost.of_lanczos(*problem.shape, count, problem.fill)


COSTS: dict[str, Callable[..., Any]] = {
    "lanczos": _lanczos_cost,
    "filter": lambda problem, count: cost.of_filter(*problem.shape, count, _degree(problem, count)),
    "arpack": lambda problem, count: cost.of_arpack(*problem.shape, count, problem.fill),
}


def by_lanczos(problem: Problem, count: int) -> tuple[np.ndarray, np.ndarray, int]:
    """Eigenvalues, ascending, vectors (count, n) off the rigid motions, and bytes."""
    problem.certify()
    factor, order = problem.cholesky.packed()
    rigid = problem.rigid
    moved, untied = rigid.T[:, order], untie(problem.cholesky, problem.threshold, rigid)[order]

    def solve(block) -> None:
        factor.solve(block)
        block -= untied @ (moved @ block)

    inverses, vectors, width = largest_pairs(solve, len(order), count, rigid[order])
    place = np.argsort(order)
    for vector in vectors:
        vector[:] = vector[place]
    spent = cost.lanczos_bytes(*problem.shape, count, factor.entries, width)
    return 1 / inverses + problem.threshold, vectors, spent


def by_filter(problem: Problem, count: int) -> tuple[np.ndarray, np.ndarray, int]:
    chosen = chebyshev.filter_for(problem.spectrum, count)
    bound = matrix_norm(problem.matrix)
    eigenvalues, vectors, width = chebyshev.lowest_pairs(problem.products, chosen, bound, count, problem.rigid)
    if eigenvalues[0] <= problem.threshold:
        # All of them have been found, up to ``count``.
        negative = np.count_nonzero(eigenvalues < -problem.threshold)
        zero = np.count_nonzero(eigenvalues <= problem.threshold) - negative + problem.rigid.shape[1]
        raise _unstable(problem, negative, zero, eigenvalues[0])
    return eigenvalues, vectors, cost.filter_bytes(*problem.shape, count, width)


def by_arpack(problem: Problem, count: int) -> tuple[np.ndarray, np.ndarray, int]:
    problem.certify()
    untied = untie(problem.cholesky, problem.threshold, problem.rigid)
    found = _arpack(problem.matrix, problem.threshold, problem.cholesky, count, problem.rigid, untied)
    if trouble := _missed(problem, found[0]):
        # Beyond the decorator.
        warnings.warn(f"lowest_modes: {trouble}; the method 'lanczos' finds all of them", stacklevel=4)
    return *found, COSTS["arpack"](problem, count).bytes


def _missed(problem: Problem, eigenvalues: np.ndarray) -> str:
    """What ARPACK has missed, in words: as it begins with one vector, it may be members of levels of equal eigenvalues.

    Modes are counted below the highest level that allows it; missed ones of that level itself do not matter.
    """
    levels = np.append(0.0, eigenvalues)
    tried = np.flatnonzero(np.diff(levels) > LEVELS_APART * levels[1:])[: -TRIED_LEVELS - 1 : -1]
    for found in tried if problem.fill.operations < MOST_OPERATIONS else ():
        low, high = levels[found : found + 2]
        value = max((low + high) / 2, (1 - BELOW_LEVEL) * high)
        try:
            below = count_below(problem.matrix, value, problem.threshold) - problem.rigid.shape[1]
        except InputError:
            continue
        missed = f"ARPACK has missed {below - found} of {below} modes below {value:.6g} and has higher ones instead"
        return missed if below > found else ""
    return "it is not shown that ARPACK has missed no modes of many equal eigenvalues"


def by_dense(problem: Problem, count: int) -> tuple[np.ndarray, np.ndarray, int]:
    problem.certify()
    # Raised above all others, rigid motions do not mix with other zero modes.
    lifted = problem.matrix.toarray() + 2 * matrix_norm(problem.matrix) * (problem.rigid @ problem.rigid.T)
    eigenvalues, vectors = eigh(lifted, subset_by_index=[0, count - 1])
    return eigenvalues, vectors.T, cost.of_dense(problem.shape[0]).bytes


METHODS = {"lanczos": by_lanczos, "filter": by_filter, "arpack": by_arpack}


def softest_mode(matrix: sparse.csc_array, rigid: np.ndarray, cholesky: Cholesky) -> tuple[float, np.ndarray]:
    """The lowest eigenvalue but for the rigid motions, negative or not, and its vector of shape (n,).

    ``cholesky`` is used, and spares the symbolic analysis if its last matrix had the same pattern.
    """
    # Within a factor of ten of the lowest eigenvalue, that one still dominates the inverse; the last is above the norm.
    shifts = SHIFT * matrix_norm(matrix) * 10.0 ** np.arange(10)
    shift = next(shift for shift in shifts if cholesky.factorize(matrix, shift))
    eigenvalues, vectors = _arpack(matrix, -shift, cholesky, 1, rigid, rigid)
    return eigenvalues[0], vectors[0]


def _arpack(matrix, shift: float, cholesky: Cholesky, count: int, rigid: np.ndarray, removed: np.ndarray):
    """ARPACK on the inverse of matrix − shift; ``removed`` is what takes rigid motions out of its solutions."""

    def inverse(vector):
        solution = cholesky.solve(vector - rigid @ (rigid.T @ vector))
        return solution - removed @ (rigid.T @ solution)

    # ARPACK draws from the generator when its Krylov space is exhausted, as by the many equal eigenvalues of a crystal.
    generator = np.random.default_rng(0)
    start = generator.standard_normal(matrix.shape[0])
    start -= rigid @ (rigid.T @ start)
    operator = LinearOperator(matrix.shape, matvec=inverse, dtype=np.float64)
    eigenvalues, vectors = eigsh(matrix, count, sigma=shift, OPinv=operator, v0=start, rng=generator)
    order = np.argsort(eigenvalues)
    return eigenvalues[order], vectors.T[order]


def _unstable(problem: Problem, negative, zero, lowest: float) -> UnstableError:
    """The error for a matrix with negative modes, or with more zero modes than the rigid motions."""
    remedy = "; what nothing holds is left out with stability=minimum.stability" if negative == 0 else ""
    return UnstableError(
        f"lowest_modes: the matrix has {negative} negative and {zero} zero modes (within ±{problem.threshold:.3g}), "
        f"the lowest off the translations at {lowest:.6g}; 0 and {problem.rigid.shape[1]} are needed, as at a "
        f"certified minimum{remedy}"
    )
