"""Vibrational modes of an inherent structure: Hessian, lowest modes, participation ratio."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.linalg import eigh
from scipy.sparse.linalg import LinearOperator, eigsh

from . import _core
from ._core import BLOCK_WIDTH
from .factorization import Cholesky, count_below
from .forces import kernel_arguments
from .lanczos import largest_pairs
from .model import Model
from .state import Frame

# An eigenvalue is zero below this part of the matrix norm: six digits above rounding, and some five
# below the lowest sound mode of 10,000 particles in two dimensions.
ZERO_TOLERANCE = 1e-10
# Block Lanczos keeps some three vectors for each mode that it finds; below this many in all, it gains nothing.
DENSE = 4
# Shift of a matrix that may have negative modes, in the same units: far above what counts as zero, so that the factor
# exists at a minimum, and far below the lowest sound mode, so that the shift costs ARPACK no iterations.
SHIFT = 1e-8


@dataclass(frozen=True, eq=False)
class Modes:
    """The lowest modes of a Hessian above its zero modes, by ascending eigenvalue; none is negative.

    Attributes
    ----------
    eigenvalues : (count,) ndarray
        λ, the squares of the frequencies (masses are 1), in ε_AA/σ_AA².
    vectors : (count, N, dimension) ndarray
        Polarisations, Σ_i |e_i|² = 1. The component of largest magnitude is positive; of equal ones,
        the first.
    residuals : (count,) ndarray
        ‖H e − λ e‖, in ε_AA/σ_AA².
    zero_eigenvalues : (dimension,) ndarray
        Eigenvalues of the Hessian within the space of the uniform translations; zero but for rounding.
    orthogonality_error : float
        Largest |⟨a, b⟩ − δ_ab| over the modes and the translations.
    """

    eigenvalues: np.ndarray
    vectors: np.ndarray
    residuals: np.ndarray
    zero_eigenvalues: np.ndarray
    orthogonality_error: float

    def __len__(self) -> int:
        return len(self.eigenvalues)

    @property
    def frequencies(self) -> np.ndarray:
        """ω = sqrt(λ), shape (count,), in 1/τ."""
        return np.sqrt(self.eigenvalues)

    @property
    def participation_ratio(self) -> np.ndarray:
        """`participation_ratio` of every mode, shape (count,)."""
        return participation_ratio(self.vectors)


def hessian(frame: Frame, model: Model) -> sparse.csc_array:
    """The dynamical matrix H_{iα,jβ} = ∂²V/∂r_iα∂r_jβ of a frame (Schoenholz et al. 2014, section II).

    Compressed sparse columns is what the direct solver reads, and unlike blocks they can be sliced. The
    matrix is symmetric to the bit; its pattern is that of the pairs within the cutoff and the diagonal,
    2×2 blocks throughout.

    Parameters
    ----------
    frame : Frame
    model : Model

    Returns
    -------
    (2N, 2N) csc_array
        In ε_AA/σ_AA²; degree of freedom 2 i + α belongs to particle i and axis α.

    Raises
    ------
    ValueError
        If the box is smaller than twice the cutoff.
    """
    indptr, indices, blocks = _core.hessian(*kernel_arguments(frame, model))
    size = 2 * len(frame)
    # Symmetric to the bit: the transpose turns rows into columns at no cost.
    return sparse.csc_array(sparse.bsr_array((blocks, indices, indptr), shape=(size, size)).tocsr().T)


def participation_ratio(vectors: np.ndarray) -> np.ndarray:
    """Participation ratio p = (Σ_i |e_i|²)² / (N Σ_i |e_i|⁴) of modes (Schoenholz et al. 2014, section II).

    Parameters
    ----------
    vectors : (M, N, d) array_like
        Any normalisation.

    Returns
    -------
    (M,) ndarray
        From 1/N, one particle moves, to 1, all move equally.
    """
    ratios = np.empty(len(vectors))
    # One after the other, as a mode fits into a cache.
    for number, vector in enumerate(np.asarray(vectors, dtype=float)):
        squares = np.einsum("ij,ij->i", vector, vector)
        ratios[number] = squares.sum() ** 2 / (len(squares) * np.square(squares).sum())
    return ratios


def lowest_modes(
    matrix, count: int, *, dimension: int = 2, method: str = "lanczos", cholesky: Cholesky | None = None
) -> Modes:
    """The ``count`` lowest modes of a Hessian whose only zero modes are the uniform translations.

    Lanczos on the inverse of H in the space of all but the translations, by the Cholesky factor that shows that H has
    no other modes at or below zero. None of the returned modes is a translation or mixes with one. Deterministic: the
    same matrix gives the same bits.

    Parameters
    ----------
    matrix : (dimension * N, dimension * N) sparse matrix
        Real symmetric, of any potential; degree of freedom ``dimension * i + axis``.
    count : int
        How many modes, from 1 to dimension * (N − 1).
    dimension : int, optional
        Of space.
    method : {"lanczos", "arpack"}, optional
        Block Lanczos, or the solver of Schoenholz et al. 2014, section II, one vector at a time, which may miss some
        of many equal eigenvalues. Where block Lanczos would need most of all vectors, dense linear algebra serves.
    cholesky : Cholesky, optional
        That of the quench which ended here has the factor already. It changes no bit of the result.

    Returns
    -------
    Modes

    Raises
    ------
    ValueError
        If the matrix is not a finite, real, symmetric one of fitting size; if the translations are not
        zero modes, if others are, or if there are negative modes; if ``count`` is out of range, or the method
        unknown.
    """
    if method not in METHODS:
        raise ValueError(f"lowest_modes: method is {method!r}; allowed: {', '.join(METHODS)}")
    matrix = _symmetric(matrix)
    size = matrix.shape[0]
    if dimension < 1 or size % dimension:
        raise ValueError(f"lowest_modes: {size} degrees of freedom do not fit dimension {dimension!r}")
    if not 1 <= count <= size - dimension:
        raise ValueError(
            f"lowest_modes: count is {count!r}; {size} degrees of freedom less {dimension} translations "
            f"allow 1 to {size - dimension}"
        )
    tolerance = zero_threshold(matrix)
    translations = _translations(size, dimension)
    strained = matrix @ translations
    if (error := np.linalg.norm(strained, axis=0).max()) > tolerance:
        raise ValueError(
            f"lowest_modes: uniform translations are not zero modes: ‖H t‖ is {error:.3g}, at most {tolerance:.3g} "
            "is allowed; a Hessian's rows must sum to zero along each axis"
        )

    if cholesky is None:
        cholesky = Cholesky()
    if not factorize_tied(matrix, tolerance, dimension, cholesky):
        raise _unstable(matrix, dimension)
    find = METHODS[method]
    if method == "lanczos" and size < DENSE * (count + 4 * BLOCK_WIDTH):
        find = _by_dense
    eigenvalues, modes = find(matrix, tolerance, cholesky, count, translations)

    # One after the other, as a mode fits into a cache.
    for mode in modes:
        mode *= np.sign(mode[np.abs(mode).argmax()])
    indptr, indices = (array.astype(np.int32, copy=False) for array in (matrix.indptr, matrix.indices))
    residuals = _core.residual_norms(indptr, indices, matrix.data, eigenvalues, modes)
    overlaps = modes @ modes.T
    overlaps[np.diag_indices(count)] -= 1
    return Modes(
        eigenvalues,
        modes.reshape(count, -1, dimension),
        residuals,
        np.linalg.eigvalsh(translations.T @ strained),
        float(max(np.abs(overlaps).max(), np.abs(modes @ translations).max())),
    )


def modes_below(matrix, value: float) -> int:
    """How many eigenvalues of a symmetric sparse matrix lie below ``value``, zero modes included.

    The count is that of the negative pivots of one factorisation (Sylvester's law of inertia): it needs no
    eigensolver and proves, just above the last mode found, that none is missed. It is exact unless an
    eigenvalue lies within 1e-10 of the matrix norm of ``value``.

    Raises
    ------
    ValueError
        If the matrix is not a finite, real, symmetric one, or rounding leaves the count uncertain, as it does
        when ``value`` is an eigenvalue.
    """
    matrix = _symmetric(matrix)
    return count_below(matrix, value, zero_threshold(matrix))


def zero_threshold(matrix: sparse.csc_array) -> float:
    """Eigenvalues of smaller magnitude count as zero.

    A power of two: entries of a similar magnitude lose no bit when it is subtracted.
    """
    largest = ZERO_TOLERANCE * _norm(matrix)
    return 2.0 ** np.floor(np.log2(largest)) if largest > 0 else 0.0


def _norm(matrix: sparse.csc_array) -> float:
    """The largest sum of the magnitudes of a column, in a sixth of the time that SciPy's own norm takes."""
    return (abs(matrix).T @ np.ones(matrix.shape[0])).max()


def _translations(size: int, dimension: int) -> np.ndarray:
    """Orthonormal vectors (size, dimension)."""
    return np.tile(np.eye(dimension), (size // dimension, 1)) / np.sqrt(size // dimension)


def factorize_tied(matrix: sparse.csc_array, threshold: float, dimension: int, cholesky: Cholesky) -> bool:
    """Factorise a Hessian with particle 0 tied to its place by a spring; False unless that shows that it is stable.

    Tied means that c is added to its diagonal entries. That is positive definite if and only if H is, but for the
    translations: adding to v the translation that brings particle 0 back to its place leaves vᵀ H v as it is and takes
    the spring's energy away. So the factorisation is the certificate, with no shift that could hide a soft unstable
    mode. ``threshold``, the `zero_threshold`, is subtracted, so that a zero mode does not pass by rounding. The pattern
    is that of H, which pinning the particle by removing its rows would change.
    """
    diagonal = matrix.diagonal()
    tied = matrix.copy()
    tied.setdiag(diagonal[:dimension] + diagonal.mean())
    return cholesky.factorize(tied, -threshold)


def _untied(cholesky: Cholesky, threshold: float, translations: np.ndarray) -> np.ndarray:
    """Vectors z_α (n, dimension) that make of solutions x with the tied factor those of H − threshold.

    Of forces that sum to zero, x − Σ_α z_α (t_α · x), with the translations t_α, is the solution off the translations.
    Without the threshold, the spring would exert no force and z be t. The threshold is a force on every translation,
    which the spring has to balance: a change of rank ``dimension``, undone by the formula of Sherman, Morrison and
    Woodbury.
    """
    response = cholesky.solve(translations)
    overlap = translations.T @ response
    strain = response - translations @ overlap
    return translations + threshold * strain @ np.linalg.inv(np.eye(len(overlap)) + threshold * overlap)


def softest_mode(matrix: sparse.csc_array, dimension: int, cholesky: Cholesky) -> tuple[float, np.ndarray]:
    """The lowest eigenvalue but for the translations, negative or not, and its vector of shape (n,).

    ``cholesky`` is used, and spares the symbolic analysis if its last matrix had the same pattern.
    """
    # Within a factor of ten of the lowest eigenvalue, that one still dominates the inverse; the last is above the norm.
    shifts = SHIFT * _norm(matrix) * 10.0 ** np.arange(10)
    shift = next(shift for shift in shifts if cholesky.factorize(matrix, shift))
    translations = _translations(matrix.shape[0], dimension)
    eigenvalues, vectors = _arpack(matrix, -shift, cholesky, 1, translations, translations)
    return eigenvalues[0], vectors[0]


def _symmetric(matrix) -> sparse.csc_array:
    """``matrix`` as the direct solver wants it: real, finite, symmetric, with sorted columns; or ValueError."""
    if np.iscomplexobj(matrix):
        raise ValueError("matrix is complex; a real symmetric one is needed")
    matrix = sparse.csc_array(matrix, dtype=np.float64, copy=True)
    if matrix.shape[0] != matrix.shape[1]:
        raise ValueError(f"matrix has shape {matrix.shape}; a square one is needed")
    matrix.sum_duplicates()
    if not np.isfinite(matrix.data).all():
        raise ValueError("matrix has entries that are not finite")
    largest = abs(matrix).max()
    if not largest > 0:
        raise ValueError("matrix is zero")
    # Rounding of sums that were taken in different orders is allowed.
    if (asymmetry := abs(matrix - matrix.T).max()) > 1e-12 * largest:
        raise ValueError(f"matrix is not symmetric: |H - Hᵀ| reaches {asymmetry:.3g} where |H| reaches {largest:.3g}")
    return matrix


def _by_lanczos(matrix, threshold: float, cholesky: Cholesky, count: int, translations: np.ndarray):
    """Eigenvalues, ascending, and vectors (count, n) off the translations; ``cholesky`` holds the tied matrix."""
    factor, order = cholesky.packed()
    moved, untied = translations.T[:, order], _untied(cholesky, threshold, translations)[order]

    def solve(block):
        factor.solve(block)
        block -= untied @ (moved @ block)

    inverses, vectors = largest_pairs(solve, len(order), count, translations[order])
    place = np.argsort(order)
    for vector in vectors:
        vector[:] = vector[place]
    return 1 / inverses + threshold, vectors


def _by_arpack(matrix, threshold: float, cholesky: Cholesky, count: int, translations: np.ndarray):
    untied = _untied(cholesky, threshold, translations)
    return _arpack(matrix, threshold, cholesky, count, translations, untied)


def _arpack(matrix, shift: float, cholesky: Cholesky, count: int, translations: np.ndarray, removed: np.ndarray):
    """ARPACK on the inverse of matrix − shift; ``removed`` is what translations in its solutions are taken out with."""

    def inverse(vector):
        solution = cholesky.solve(vector - translations @ (translations.T @ vector))
        return solution - removed @ (translations.T @ solution)

    # ARPACK draws from the generator when its Krylov space is exhausted, as by the many equal eigenvalues of a crystal.
    generator = np.random.default_rng(0)
    start = generator.standard_normal(matrix.shape[0])
    start -= translations @ (translations.T @ start)
    operator = LinearOperator(matrix.shape, matvec=inverse, dtype=np.float64)
    eigenvalues, vectors = eigsh(matrix, count, sigma=shift, OPinv=operator, v0=start, rng=generator)
    order = np.argsort(eigenvalues)
    return eigenvalues[order], vectors.T[order]


def _by_dense(matrix, threshold: float, cholesky: Cholesky, count: int, translations: np.ndarray):
    # Raised above all others, the translations do not mix with other zero modes.
    lifted = matrix.toarray() + 2 * _norm(matrix) * (translations @ translations.T)
    eigenvalues, vectors = eigh(lifted, subset_by_index=[0, count - 1])
    return eigenvalues, vectors.T


METHODS = {"lanczos": _by_lanczos, "arpack": _by_arpack}


def _unstable(matrix: sparse.csc_array, dimension: int) -> ValueError:
    """The error for a matrix with negative modes, or with more zero modes than the translations."""
    tolerance = zero_threshold(matrix)
    lowest, _ = softest_mode(matrix, dimension, Cholesky())
    negative = count_below(matrix, -tolerance, tolerance)
    zero = count_below(matrix, tolerance, tolerance) - negative
    return ValueError(
        f"lowest_modes: the matrix has {negative} negative and {zero} zero modes (within ±{tolerance:.3g}), the lowest "
        f"off the translations at {lowest:.6g}; 0 and {dimension} are needed, as at a certified minimum"
    )
