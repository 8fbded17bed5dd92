"""The largest eigenpairs of an operator that is applied to blocks of vectors: block Lanczos."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import linalg
from scipy.linalg import lapack

from softspots import _core
from softspots.exceptions import PhysicsError

BLOCK_WIDTH, PANEL_ROWS = _core.BLOCK_WIDTH, _core.PANEL_ROWS
# Up to the square root of rounding, loss of orthogonality leaves the projected matrix exact to rounding (Simon, Math.
# Comp. 42, 115, 1984). The vectors and their residuals inherit the loss itself: this keeps them at rounding.
MAX_LOSS = 3e-13
# A block that has turned out so short that it has lost more than this is orthogonalised again at once.
RETRY_LOSS = 1e-11
# Residual of a pair at convergence, relative to its eigenvalue, above the rounding of the operator's norm.
TOLERANCE = 1e-14
ROUNDING = np.finfo(float).eps
# Vectors of a new block that are shorter than this, relative to the operator's norm, are rounding.
BREAKDOWN = 1e-13
# Vectors per wanted pair from which on convergence is looked at; of an inverse, seldom are more than three needed.
FIRST_CHECK = 2.75
# Relative residual from which on the value at the edge stays the same one.
NEAR = 1e-5
# Others at the edge may lag behind the pair that is looked at: by this factor as a rule, else by some blocks.
MARGIN, LAG = 3, 4 * BLOCK_WIDTH
# The memory of the last basis and vectors, for the next frame's: to get that much anew from the system takes
# up to a tenth of all the time. Who uses it takes it out, so that threads do not share it.
_spare: dict[str, tuple[np.ndarray, np.ndarray] | np.ndarray] = {}


def largest_pairs(
    solve: Callable[[np.ndarray], None],
    size: int,
    count: int,
    locked: np.ndarray,
    first_check: float = FIRST_CHECK,
    most: int | None = None,
) -> tuple[np.ndarray, np.ndarray, int]:
    """The ``count`` largest eigenvalues, descending, of an operator, vectors (count, size), and how many it took.

    All vectors of the iteration are kept. New ones are always orthogonalised against the last two blocks, and
    against all when the loss of orthogonality may exceed ``MAX_LOSS``: the three terms of a step carry on the losses of
    two blocks, at most by the norm of the operator and that of the coupling between them, over the shortest vector
    of the new block (Grimes, Lewis and Simon, SIAM J. Matrix Anal. Appl. 15, 228, 1994). The same input gives the
    same bits.

    Parameters
    ----------
    solve : callable
        The operator, on blocks (size, BLOCK_WIDTH), in place.
    size : int
    count : int
        A small part of ``size``, and of the positive eigenvalues.
    locked : (size, k) ndarray
        Orthonormal eigenvectors that are known and not to be found.
    first_check : float, optional
        Vectors per wanted pair from which on convergence is looked at.
    most : int, optional
        How many vectors the basis may have; by default all that there are.

    Raises
    ------
    PhysicsError
        If the pairs have not converged when the basis is full.
    """
    capacity = int(3.1 * count) + 4 * BLOCK_WIDTH
    most = min(size - locked.shape[1], most or size)
    basis = _Basis(size, locked, capacity)
    # The operator within the basis: its diagonal and the ones below, each from its first column on.
    projected = np.zeros((2 * BLOCK_WIDTH, capacity))
    norm = before_last = last_loss = 0.0
    longest, expected = 0.0, np.inf
    check, edge = int(first_check * count) + 4 * BLOCK_WIDTH, None
    basis.block[:size] = np.random.default_rng(0).standard_normal((size, BLOCK_WIDTH))
    basis.project_out_locked()
    basis.orthonormalize(0.0, 0.0)
    while True:
        width = basis.width
        solve(basis.block[:size])
        own = basis.project_out_recent()[-BLOCK_WIDTH:]
        full = expected > MAX_LOSS
        if full:
            basis.reorthogonalize()
        else:
            basis.project_out_recent()
        error = ROUNDING * norm if full else last_loss * norm + before_last * longest
        coupling = basis.orthonormalize(norm, error)
        if width > projected.shape[1]:
            projected = np.hstack((projected, np.zeros_like(projected)))
        for column, entries in enumerate(np.vstack(((own + own.T) / 2, coupling)).T):
            projected[: len(entries) - column, width - BLOCK_WIDTH + column] = entries[column:]
        found = projected[:, :width]
        if width <= 8 * BLOCK_WIDTH:
            norm = linalg.eigvals_banded(found, lower=True)[-1]
        lengths = linalg.svdvals(coupling)
        shortest = max(lengths[-1], BREAKDOWN * norm)
        before_last, last_loss = last_loss, ROUNDING if full else error / shortest
        longest = lengths[0]
        # The next block will hardly be shorter than this one.
        expected = (last_loss * norm + before_last * longest) / shortest
        if width >= check:
            residual, edge = _edge_residual(found, coupling, count, edge)
            allowed = TOLERANCE * edge + ROUNDING * norm
            if residual > NEAR * edge:
                # The pair that is looked at may still become another one.
                check, edge = width + LAG, None
            elif MARGIN * residual < allowed:
                eigenvalues, weights = _largest(found, count)
                residual = linalg.norm(coupling @ weights[-BLOCK_WIDTH:], axis=0).max()
                if residual < allowed:
                    vectors = basis.combine(weights)
                    basis.release()
                    return eigenvalues, vectors, width
                check, edge = width + LAG, None
        if basis.width + BLOCK_WIDTH > most:
            raise PhysicsError(f"Lanczos: {count} pairs have not converged in a basis of {width} vectors")


class _Basis:
    """Orthonormal vectors, the locked ones first, and the block that will join them; see fortran/linear/krylov.fypp."""

    def __init__(self, size: int, locked: np.ndarray, capacity: int) -> None:
        self.size = size
        # With columns of zeros, as sweeps take eight at once.
        self.locked = -(-locked.shape[1] // 8) * 8
        self.width = 0
        panels = -(-size // PANEL_ROWS)
        self.block = np.zeros((panels * PANEL_ROWS, BLOCK_WIDTH))
        self._given = np.empty_like(self.block)
        self._columns, self._rounded = _memory(panels, self.locked + capacity)
        padded = np.zeros((panels * PANEL_ROWS, self.locked))
        padded[:size, : locked.shape[1]] = locked
        for columns in (self._columns, self._rounded):
            columns[:, : self.locked] = padded.reshape(panels, PANEL_ROWS, -1).transpose(0, 2, 1)

    def reorthogonalize(self) -> None:
        """Take all vectors out of the block, which is orthogonal to them but for rounding that has grown."""
        if self.locked + self.width:
            _core.reorthogonalize(self.locked + self.width, self._columns, self._rounded, self.block)

    def project_out_locked(self) -> None:
        """Take the locked vectors out of the block."""
        if self.locked:
            _core.project_out(0, self.locked, self._columns, self.block)

    def project_out_recent(self) -> np.ndarray:
        """Take the locked vectors and the last two blocks out of the block; returns the overlaps with the latter."""
        self.project_out_locked()
        first = self.locked + max(0, self.width - 2 * BLOCK_WIDTH)
        return _core.project_out(first, self.locked + self.width, self._columns, self.block)

    def orthonormalize(self, norm: float, error: float) -> np.ndarray:
        """Orthonormalise the block, W = Q R, and let Q join the basis; returns R.

        By the Cholesky factor of its Gram matrix, which is fast and, as is checked, good enough in one round or two
        unless vectors are dependent. ``error`` is what W may have of the other vectors, and ``norm`` the operator's.
        """
        if self.locked + self.width + BLOCK_WIDTH > self._columns.shape[1]:
            before = self._columns, self._rounded
            self._columns, self._rounded = _memory(len(self._columns), 2 * self._columns.shape[1])
            for columns, old in zip((self._columns, self._rounded), before, strict=True):
                columns[:, : self.locked + self.width] = old[:, : self.locked + self.width]
        self._given[:] = self.block
        coupling = self._factorize_gram(error)
        if coupling is None:
            self.block[:] = self._given
            coupling = self._replace_dependent(norm)
        self.width += BLOCK_WIDTH
        return coupling

    def _factorize_gram(self, error: float) -> np.ndarray | None:
        """R of W = Q R, with Q appended, or None if vectors are dependent."""
        coupling = np.eye(BLOCK_WIDTH)
        for _ in range(2):
            try:
                factor = np.linalg.cholesky(self.block.T @ self.block).T
            except np.linalg.LinAlgError:
                return None
            gram = self._append(np.linalg.inv(factor))
            coupling = factor @ coupling
            lost = np.abs(gram - np.eye(BLOCK_WIDTH)).max()
            if lost < 1e-14 and error < RETRY_LOSS * np.diag(factor).min():
                return coupling
            # What was short has grown, and with it what it had of all the others.
            self.reorthogonalize()
            error = 0.0
        return None

    def _replace_dependent(self, norm: float) -> np.ndarray:
        """Orthonormalise by QR; random vectors replace those that depend on others but for rounding."""
        vectors, factor, order = linalg.qr(self.block[: self.size], mode="economic", pivoting=True)
        rank = np.count_nonzero(np.abs(np.diag(factor)) > BREAKDOWN * norm)
        vectors[:, rank:] = np.random.default_rng(self.width).standard_normal((self.size, BLOCK_WIDTH - rank))
        self.block[: self.size] = vectors
        # What the first round leaves of random vectors, which are not nearly orthogonal, is rounding to the second.
        for _ in range(2):
            self.reorthogonalize()
        vectors, again = linalg.qr(self.block[: self.size], mode="economic")
        self.block[: self.size] = vectors
        self._append(np.eye(BLOCK_WIDTH))
        coupling = np.empty_like(factor)
        coupling[:, order] = again[:, :rank] @ factor[:rank]
        return coupling

    def _append(self, transform: np.ndarray) -> np.ndarray:
        transform = np.ascontiguousarray(transform)
        return _core.append(self.locked + self.width, transform, self._columns, self._rounded, self.block)

    def combine(self, weights: np.ndarray) -> np.ndarray:
        """Vectors (k, size) with the given weights (m, k) on the first m vectors that are not locked."""
        combined = _lend((weights.shape[1], self.size))
        weights = np.ascontiguousarray(weights.T)
        for first, panel in zip(range(0, self.size, PANEL_ROWS), self._columns, strict=True):
            columns = panel[self.locked : self.locked + weights.shape[1], : self.size - first]
            np.matmul(weights, columns, out=combined[:, first : first + PANEL_ROWS])
        return combined

    def release(self) -> None:
        """Leave the memory to the next basis."""
        _spare["basis"] = self._columns, self._rounded


def _memory(panels: int, capacity: int) -> tuple[np.ndarray, np.ndarray]:
    """Room (panels, at least capacity, PANEL_ROWS) for columns and their rounded copy, not initialised."""
    spare = _spare.pop("basis", ())
    if spare and len(spare[0]) == panels and spare[0].shape[1] >= capacity:
        return spare
    return tuple(np.empty((panels, capacity, PANEL_ROWS), dtype) for dtype in (np.float64, np.float32))


class _Lent:
    """Memory of vectors that is spare again when no array shows any of it."""

    def __init__(self, memory: np.ndarray) -> None:
        self.memory = memory
        self.__array_interface__ = memory.__array_interface__

    def __del__(self) -> None:
        _spare["vectors"] = self.memory


def _lend(shape: tuple[int, int]) -> np.ndarray:
    memory = _spare.pop("vectors", None)
    if memory is None or memory.shape != shape:
        memory = np.empty(shape)
    return np.asarray(_Lent(memory))


def _largest(bands: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """The ``count`` largest eigenvalues, descending, and vectors (n, count), of a matrix with these lower diagonals.

    By LAPACK's parts, as `linalg.eigh` carries all vectors back from the tridiagonal form, or takes longer to find few.
    """
    size = bands.shape[1]
    work = 64 * size
    matrix = np.zeros((size, size), order="F")
    for offset, band in enumerate(bands):
        column = np.arange(size - offset)
        matrix[column + offset, column] = band[: size - offset]
    reflections, diagonal, beside, scales, _ = lapack.dsytrd(matrix, lower=1, lwork=work, overwrite_a=1)
    eigenvalues, vectors, failures = lapack.dstevd(diagonal, beside)
    if failures:
        raise PhysicsError("Lanczos: the eigenvalues of the projected matrix have not converged")
    vectors = np.asfortranarray(vectors[:, : -count - 1 : -1])
    vectors[1:] = lapack.dormqr("L", "N", reflections[1:, :-1], scales, vectors[1:], work)[0]
    return eigenvalues[: -count - 1 : -1], vectors


def _edge_residual(bands: np.ndarray, coupling: np.ndarray, count: int, before: float | None) -> tuple[float, float]:
    """Residual and value of the ``count``-th largest pair, as a rule the last to converge, without all the others.

    The value ``before``, in a smaller basis, spares the search for it: what is left of its error is the square of a
    residual.
    """
    size = bands.shape[1]
    # Couplings are triangular unless vectors were replaced.
    bandwidth = np.flatnonzero(bands.any(axis=1))[-1]
    bands = bands[: bandwidth + 1]
    edge = before
    if edge is None:
        chosen = (size - count, size - count)
        edge = linalg.eig_banded(bands, lower=True, eigvals_only=True, select="i", select_range=chosen)[0]
    # Inverse iteration: off the eigenvalue by a few roundings, two steps from anywhere end at the vector.
    shifted = np.vstack((np.zeros((bandwidth, size)), bands))
    for k in range(1, bandwidth + 1):
        shifted[bandwidth - k, k:] = bands[k, : size - k]
    shift = edge * (1 + 1e-14)
    shifted[bandwidth] -= shift
    vector = np.ones(size)
    for _ in range(2):
        solution = linalg.solve_banded((bandwidth, bandwidth), shifted, vector)
        edge = shift + (vector @ solution) / (solution @ solution)
        vector = solution / linalg.norm(solution)
    return linalg.norm(coupling @ vector[-BLOCK_WIDTH:]), edge
