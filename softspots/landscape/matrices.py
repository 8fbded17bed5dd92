"""Hessians as they come: checked, brought to one form, and how precisely they are known."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike
from scipy import sparse

from softspots.arrays import refuse_masked
from softspots.exceptions import InputError

# As callers have one.
Matrix: TypeAlias = "sparse.sparray | sparse.spmatrix | ArrayLike"
# An eigenvalue is zero below this part of the matrix norm: six digits above rounding, and some five
# below the lowest sound mode of 10,000 particles in two dimensions.
ZERO_TOLERANCE = 1e-10
# Sums that were taken in different orders may differ by this part of the largest entry.
ASYMMETRY = 1e-12
# Of a matrix in a shorter type nothing is known below so many of its roundings: a sum over neighbours has some.
SHORT_ROUNDINGS = 8


def checked(name: str, matrix: Matrix, may_be_zero: bool = False) -> tuple[sparse.csc_array, float]:
    """``matrix`` as the direct solver wants it, a copy in sorted columns, and its tolerance; messages call it ``name``.

    The tolerance is the part of its norm up to which eigenvalues cannot be told from zero: `ZERO_TOLERANCE`, or more if
    the type is shorter than double precision.

    Raises
    ------
    InputError
        If the matrix is not a finite, real, symmetric one, or it is zero and may not be.
    """
    refuse_masked(f"columns of {name}", matrix)
    if not sparse.issparse(matrix):
        matrix = np.asarray(matrix)
    if matrix.dtype.kind not in "biuf":
        kind = "complex" if matrix.dtype.kind == "c" else f"of type {matrix.dtype}"
        raise InputError(f"{name} is {kind}; a real symmetric one is needed")
    if matrix.dtype == np.float16:
        raise InputError(f"{name} is in half precision, which leaves nothing of soft modes; single or double is needed")
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
        raise InputError(f"{name} has shape {matrix.shape}; a square one is needed")
    if matrix.shape[0] == 0:
        raise InputError(f"{name} has shape (0, 0); at least one degree of freedom is needed")
    known_to = SHORT_ROUNDINGS * np.finfo(matrix.dtype).eps if matrix.dtype.kind == "f" else 0.0
    matrix = _canonical(sparse.csc_array(matrix, dtype=np.float64, copy=True))
    if not np.isfinite(matrix.data).all():
        raise InputError(f"{name} has entries that are not finite")
    largest = abs(matrix).max()
    if not (may_be_zero or largest > 0):
        raise InputError(f"{name} is zero")
    asymmetry = abs(matrix - matrix.T).max()
    if asymmetry > (allowed := max(ASYMMETRY, known_to) * largest):
        raise InputError(
            f"{name} is not symmetric: |H - Hᵀ| reaches {asymmetry:.3g} where |H| reaches {largest:.3g}; at most "
            f"{allowed:.3g} is allowed"
        )
    if known_to > ASYMMETRY and asymmetry > 0:
        matrix = _canonical((matrix + matrix.T) / 2)
    return matrix, max(ZERO_TOLERANCE, known_to)


def matrix_norm(matrix: sparse.csc_array) -> float:
    """The largest sum of the magnitudes of a column, in a sixth of the time that SciPy's own norm takes."""
    return (abs(matrix).T @ np.ones(matrix.shape[0])).max()


def zero_threshold(matrix: sparse.csc_array, tolerance: float = ZERO_TOLERANCE) -> float:
    """Eigenvalues of smaller magnitude count as zero.

    A power of two: entries of a similar magnitude lose no bit when it is subtracted.
    """
    largest = tolerance * matrix_norm(matrix)
    return 2.0 ** np.floor(np.log2(largest)) if largest > 0 else 0.0


def row_sums(matrix: sparse.csc_array, dimension: int) -> np.ndarray:
    """The forces (n, dimension) of unit translations along each axis, but for their sign."""
    return matrix @ np.tile(np.eye(dimension), (matrix.shape[1] // dimension, 1))


def with_places(matrix: sparse.csc_array, sums: np.ndarray) -> sparse.csc_array:
    """``matrix`` with the symmetric part of ``sums`` (n, dimension) added to each particle's own block."""
    blocks = sums.reshape(-1, sums.shape[1], sums.shape[1])
    blocks = (blocks + blocks.transpose(0, 2, 1)) / 2
    places = np.arange(len(blocks) + 1)
    return _canonical(matrix + sparse.bsr_array((blocks, places[:-1], places), shape=matrix.shape).tocsc())


def _canonical(matrix: sparse.csc_array) -> sparse.csc_array:
    """The same one, in sorted columns without duplicates, with the indices that the kernels read."""
    matrix.sum_duplicates()
    matrix.indptr, matrix.indices = (part.astype(np.int32, copy=False) for part in (matrix.indptr, matrix.indices))
    return matrix
