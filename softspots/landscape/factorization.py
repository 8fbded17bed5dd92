"""Direct factorisations of sparse symmetric matrices: a thin layer over CHOLMOD."""

from __future__ import annotations

import threading
from typing import NoReturn

import numpy as np
from scipy import sparse

from softspots import _cholmod, _core
from softspots.arrays import real_array
from softspots.exceptions import InputError
from softspots.landscape.cost import Fill
from softspots.landscape.threads import single_threaded


class Cholesky:
    """Supernodal Cholesky factors of one matrix after another.

    The symbolic analysis, which takes nearly as long as a factor, is kept while the pattern stays, and the factor while
    the values stay: what two stages need is computed once if they share a `Cholesky`. Threads may share one: a stage
    has it to itself, and others wait.

    Attributes
    ----------
    factorizations : int
        How many numerical factorisations have been tried.
    lock : context manager
        Held from a factorisation to its last use.
    """

    def __init__(self) -> None:
        self.lock: threading.RLock = threading.RLock()
        self.factorizations: int = 0
        self._pattern = self._values = ()
        self._factor = None

    def __reduce__(self) -> NoReturn:
        raise InputError("Cholesky: it cannot be copied or pickled; make a new one, which gives the same bits")

    def __repr__(self) -> str:
        held = f"{len(self._pattern[0]) - 1} rows" if self._values else "no factor"
        return f"Cholesky({held}, factorizations: {self.factorizations})"

    def hand_on(self) -> Cholesky:
        """Another one, which takes over the symbolic analysis and the memory; this one is empty afterwards.

        If another thread is at work with this one, it stays as it is, and the other is empty.
        """
        other = Cholesky()
        if self.lock.acquire(blocking=False):
            other._factor, other._pattern = self._factor, self._pattern
            self._factor, self._pattern, self._values = None, (), ()
            self.lock.release()
        return other

    @single_threaded()
    def factorize(self, matrix: sparse.csc_array, shift: float = 0.0) -> bool:
        """Factorise ``matrix + shift * identity``.

        Parameters
        ----------
        matrix : (n, n) csc_array
            Symmetric, in sorted columns; only one triangle is read.
        shift : float, optional
            In the unit of the matrix.

        Returns
        -------
        bool
            False if that is not positive definite; there is no factor then.

        Raises
        ------
        InputError
            If entries or the shift are not finite, or the matrix is not square.
        """
        with self.lock:
            return self._factorize(matrix, shift)

    def _factorize(self, matrix, shift):
        values = matrix.data, np.array(shift)
        self._analyze(matrix)
        if _same(values, self._values):
            return True
        self._values = ()
        if not np.isfinite(shift) or not np.isfinite(matrix.data).all():
            raise InputError(f"Cholesky: entries and shift must be finite; the shift is {shift!r}")
        self.factorizations += 1
        if not self._factor.factorize(matrix, shift):
            return False
        self._values = tuple(map(np.copy, values))
        return True

    def _analyze(self, matrix):
        if len(matrix.shape) != 2 or matrix.shape[0] != matrix.shape[1]:
            raise InputError(f"Cholesky: the matrix has shape {matrix.shape}; a square one is needed")
        pattern = matrix.indptr, matrix.indices
        if not _same(pattern, self._pattern):
            # Whatever ends this, no factor must pass for that of another matrix.
            self._pattern = self._values = ()
            self._factor = _cholmod.Factor(matrix, supernodal=True)
            self._pattern = tuple(map(np.copy, pattern))

    @single_threaded()
    def fill(self, matrix: sparse.csc_array) -> Fill:
        """What a factor of ``matrix`` has, from the symbolic analysis, which is kept.

        A few percent less than there will be, as CHOLMOD fills gaps in its supernodes with zeros.
        """
        with self.lock:
            try:
                self._analyze(matrix)
            except _cholmod.TooLargeError:
                return Fill(np.inf, np.inf)
            counts = self._factor.counts().astype(float)
            return Fill(counts.sum(), np.square(counts).sum(), bool(self._values))

    @single_threaded()
    def solve(self, right_hand_side: np.ndarray) -> np.ndarray:
        """Solve with the last factor; ``right_hand_side`` has shape (n,) or (n, k).

        Raises
        ------
        InputError
            If there is no factor, or the last matrix had none, or the right-hand side has another shape or type.
        """
        with self.lock:
            self._require_factor()
            rows, name = len(self._pattern[0]) - 1, "Cholesky: entries of right_hand_side"
            shape = (rows,) if np.ndim(right_hand_side) == 1 else (rows, "k")
            return self._factor.solve(real_array(name, right_hand_side, shape))

    def packed(self) -> tuple[_core.PackedFactor, np.ndarray]:
        """The last factor, for blocks of vectors, and its order: row i of such a block is row order[i] otherwise."""
        with self.lock:
            self._require_factor()
            order = self._factor.order()
            indptr, indices, entries = self._factor.columns()
        size = len(order)
        # A column continues a supernode if it is the next row of the one before and has all its other rows.
        lengths = np.diff(indptr)
        follows = np.append(False, lengths[1:] == lengths[:-1] - 1)
        follows[follows] = indices[indptr[np.flatnonzero(follows) - 1] + 1] == np.flatnonzero(follows)
        supernode = np.flatnonzero(~follows)
        place = np.arange(size) - np.repeat(supernode, np.diff(np.append(supernode, size)))
        tile = np.flatnonzero(place % _core.TILE_WIDTH == 0)
        # The rows below a tile are those of its last column but for the diagonal.
        last = np.append(tile[1:], size) - 1
        rows = lengths[last] - 1
        start = np.concatenate(([0], np.cumsum(rows)))
        below = np.arange(start[-1]) + np.repeat(indptr[last] + 1 - start[:-1], rows)
        column = np.append(tile, size)
        return _core.PackedFactor(
            *(np.asarray(array + 1, dtype=np.int32) for array in (column, indptr)),
            entries,
            *(np.asarray(array + 1, dtype=np.int32) for array in (start, indices[below])),
        ), order

    def _require_factor(self):
        if not self._values:
            raise InputError("Cholesky: there is no factor; factorize must have found one")


def _same(arrays: tuple[np.ndarray, ...], others: tuple[np.ndarray, ...]) -> bool:
    return len(arrays) == len(others) and all(map(np.array_equal, arrays, others))


@single_threaded()
def count_below(matrix: sparse.csc_array, value: float, uncertainty: float) -> int:
    """How many eigenvalues lie below ``value``: Sylvester's law of inertia on L D Lᵀ = matrix − value.

    Raises
    ------
    InputError
        If rounding, which the factorisation without pivoting may amplify, could have moved eigenvalues by more
        than ``uncertainty``, or the factorisation broke down: ``value`` is then too near an eigenvalue of
        the matrix or of a leading part of it.
    """
    factor = _cholmod.Factor(matrix, supernodal=False)
    rounding = np.inf
    if factor.factorize(matrix, -value):
        indptr, indices, entries = factor.columns()
        pivots = entries[indptr[:-1]]
        entries[indptr[:-1]] = 1.0
        lower = sparse.csc_array((entries, indices, indptr), matrix.shape)
        # Higham, Accuracy and Stability of Numerical Algorithms, theorem 10.3 read for L D Lᵀ: the computed factors are
        # exact for a matrix within a few ε |L| |D| |Lᵀ| of the given one.
        rounding = np.finfo(float).eps * (lower.power(2) @ np.abs(pivots)).max()
    if not rounding <= uncertainty:
        raise InputError(
            f"the inertia at {value!r} is uncertain: rounding is {rounding:.3g}, allowed is {uncertainty:.3g}; "
            "move the value a little"
        )
    return int(np.count_nonzero(pivots < 0))
