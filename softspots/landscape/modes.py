"""Vibrational modes of an inherent structure: Hessian, lowest modes, participation ratio."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from softspots import _core
from softspots.arrays import float_array, moderate, one_of, positive_number, real_array, real_number, whole_number
from softspots.exceptions import InputError, PhysicsError, UnstableError
from softspots.frame import Frame
from softspots.landscape.factorization import Cholesky, count_below
from softspots.landscape.forces import acting, configuration
from softspots.landscape.matrices import (
    ZERO_TOLERANCE,
    Matrix,
    checked,
    matrix_norm,
    row_sums,
    with_places,
    zero_threshold,
)
from softspots.landscape.minimum import InherentStructure
from softspots.landscape.other import OtherConfiguration
from softspots.landscape.solvers import METHODS, Problem, by_dense, choose
from softspots.landscape.stability import Stability, uniform
from softspots.landscape.threads import single_threaded
from softspots.model import Forces, Mixture
from softspots.objects import require

# Residuals in units of the matrix norm; those of modes are at least five digits below.
MAX_RESIDUAL = 1e-8


@dataclass(frozen=True, eq=False, repr=False)
class Modes:
    """The lowest modes of a Hessian above its zero modes, by ascending eigenvalue; none is negative.

    Attributes
    ----------
    eigenvalues : (count,) ndarray
        λ, the squares of the frequencies (masses are 1), in the units of the
        mixture, energy over length squared.
    vectors : (count, N, dimension) ndarray
        Polarisations, Σ_i |e_i|² = 1. The component of largest magnitude is positive; of equal ones,
        the first.
    residuals : (count,) ndarray
        ‖H e − λ e‖, in the same units.
    zero_eigenvalues : (rigid motions,) ndarray
        Eigenvalues of the Hessian within the space of the rigid motions, as a rule the uniform translations; zero but
        for rounding.
    orthogonality_error : float
        Largest |⟨a, b⟩ − δ_ab| over the modes and the rigid motions.
    method : {"lanczos", "filter", "arpack", "dense"}
        How they were found. All but the filter have shown, by a factor, that the Hessian has no other modes at or
        below zero.
    reason : str
        Why that way.
    predicted_bytes, spent_bytes : int or None
        Memory that was thought to be needed, and that of the arrays that were.
    """

    eigenvalues: np.ndarray
    vectors: np.ndarray
    residuals: np.ndarray
    zero_eigenvalues: np.ndarray
    orthogonality_error: float
    method: str = ""
    reason: str = ""
    predicted_bytes: int | None = None
    spent_bytes: int | None = None

    def __len__(self) -> int:
        return len(self.eigenvalues)

    def __repr__(self) -> str:
        count, particles, dimension = self.vectors.shape
        lowest, highest = self.frequencies[[0, -1]] if count else (np.nan, np.nan)
        return f"Modes({count} of {particles} particles in {dimension}D, frequencies {lowest:.4g} to {highest:.4g})"

    @property
    def frequencies(self) -> np.ndarray:
        """ω = sqrt(λ), shape (count,), in 1/τ."""
        return np.sqrt(self.eigenvalues)

    @property
    def participation_ratio(self) -> np.ndarray:
        """`participation_ratio` of every mode, shape (count,)."""
        return participation_ratio(self.vectors)

    @property
    def participation_fraction(self) -> np.ndarray:
        """How much each particle takes part in all these modes, Σ |e_i|², (N,); its sum is their number.

        Widmer-Cooper, Perry, Harrowell and Reichman, Nature Physics 4, 711 (2008), take the 30 lowest.
        """
        return np.einsum("mij,mij->i", self.vectors, self.vectors)


def hessian(frame: Frame | InherentStructure, model: Mixture | Forces) -> sparse.csc_array:
    """The dynamical matrix H_{iα,jβ} = ∂²V/∂r_iα∂r_jβ of a frame (Schoenholz et al. 2014, section II).

    Compressed sparse columns is what the direct solver reads, and unlike blocks they can be sliced. The
    matrix is symmetric to the bit; its pattern is that of the pairs within the cutoff and the diagonal,
    whole d×d blocks throughout.

    Parameters
    ----------
    frame : Frame or InherentStructure
        Of an inherent structure that of its frame, which the quench has computed and, as a rule, still has.
    model : Mixture or Forces
        Other forces than a mixture's are in their own units.

    Returns
    -------
    (d N, d N) csc_array
        In the units of the mixture, energy over length squared; degree of freedom d i + α belongs to particle i and
        axis α.

    Raises
    ------
    InputError
        If the box is smaller than twice the cutoff.
    PhysicsError
        If particles coincide, or all but, so that it is not finite.
    """
    kept = None
    if isinstance(frame, InherentStructure):
        frame, kept = frame.frame, frame.stability.factor.hessian(model)
    require("hessian", or_forces=True, frame=frame, model=model)
    return hessian_of(configuration(frame, model), model) if kept is None else kept.copy()


def hessian_of(point: _core.Configuration | OtherConfiguration, model: Mixture | Forces) -> sparse.csc_array:
    """`hessian` of a frame whose neighbours are sorted already."""
    indptr, indices, values = point.hessian(acting(model))
    # Symmetric to the bit: rows are columns.
    return sparse.csc_array((values, indices, indptr), shape=(len(indptr) - 1, len(indptr) - 1))


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

    Raises
    ------
    InputError
        If the shape does not fit, or components are masked or not finite.
    """
    vectors = real_array("participation_ratio: vectors", vectors, ("modes", "N", "dimension"))
    ratios = np.empty(len(vectors))
    # One after the other, as a mode fits into a cache.
    for number, vector in enumerate(vectors):
        vector = float_array(f"participation_ratio: components of mode {number}", vector, vectors.shape[1:])
        vector = moderate(vector)
        squares = np.einsum("ij,ij->i", vector, vector)
        ratios[number] = squares.sum() ** 2 / (len(squares) * np.square(squares).sum())
    return ratios


@single_threaded()
def lowest_modes(
    matrix: Matrix,
    count: int,
    *,
    dimension: int | None = None,
    translations: bool = True,
    stability: Stability | None = None,
    method: str | None = None,
    memory: float | None = None,
) -> Modes:
    """The ``count`` lowest modes of a Hessian whose only zero modes are its rigid motions, as a rule the translations.

    Block Lanczos in the space of all but these. On the inverse of H, by the Cholesky factor that shows that H has no
    other modes at or below zero. Or on a filter, a polynomial of H, which needs no factor: what that fills is
    N log N in two dimensions, but N^(4/3) in three, where the filter soon is the faster by far. None of the returned
    modes is a rigid motion or mixes with one. Deterministic: the same matrix and method give the same bits. Ctrl-C ends
    it within a second up to some 500 modes; LAPACK on the projected matrix, three times as wide as there are modes,
    does not look for signals: of 1,000 modes it takes some seconds; nor does a factorisation, in three dimensions.

    What the filter proves: values are energies, so the lowest is not below the first one by more than its residual
    unless a mode has been missed, and a negative mode would be amplified above all others. One is missed only if
    each of sixteen random vectors is all but orthogonal to it; of a level of more than sixteen equal eigenvalues, as
    crystals have, the others come in by rounding alone, as they do from a factor. That is no certificate; the quench
    has one (``minimum.stability``), and `modes_below` proves the number of modes where there is memory for a factor.
    ARPACK, which begins with one vector, may miss members of levels of two and more: modes are counted then, and
    missed ones told.

    Parameters
    ----------
    matrix : (dimension * N, dimension * N) sparse matrix or array_like
        Real symmetric, of any potential; degree of freedom ``dimension * i + axis``. What counts as zero follows its
        type: a Hessian in single precision is given as it is, not converted.
    count : int
        How many modes, from 1 to dimension * (N − 1).
    dimension : int, optional
        Of space. Default: that of ``stability``, or 2.
    translations : bool, optional
        False if walls, a substrate or frozen particles, which have no rows, hold the particles in their places, so that
        translations are no zero modes and there are dimension * N modes.
    stability : Stability, optional
        That of the inherent structure with this Hessian, ``minimum.stability``. Particles and clusters that nothing
        holds are left out, as if they were not there, and their vectors are zero; the participation ratio stays that
        among all N. If all are held, it changes nothing but that the quench's factor is used, as long as it is there.
    method : {"lanczos", "filter", "arpack"}, optional
        Block Lanczos on the inverse or on the filter, or the solver of Schoenholz et al. 2014, section II, one vector
        at a time. By default the faster of the first two that fits
        into memory, by prediction; the factor if times are near each other. Where block Lanczos would need most of all
        vectors, dense linear algebra serves.
    memory : float, optional
        Bytes that may be taken. By default what the machine has free, less a tenth, and what is asked for is tried
        whatever it takes.

    Returns
    -------
    Modes

    Raises
    ------
    InputError
        If the matrix is not a finite, real, symmetric one of fitting size; if the rigid motions are not zero modes; if
        ``count`` is out of range, the method unknown, or ``stability`` another system's.
    UnstableError
        If there are negative modes or further zero modes, or nothing is held; also a ValueError.
    ShortageError
        If there is not enough memory by any method, or by the one asked for; also a MemoryError.
    PhysicsError
        If what the solver has found are no eigenvectors.

    Warns
    -----
    UserWarning
        If ARPACK has missed modes, or inertia cannot tell.
    """
    if method is not None:
        one_of("lowest_modes: method", method, METHODS)
    if memory is not None:
        memory = positive_number("lowest_modes: memory", memory)
    if stability is not None:
        require("lowest_modes", stability=stability)
        if not stability.held.any():
            raise UnstableError(f"lowest_modes: there is nothing to have modes: {stability.reason}")
    if dimension is None:
        dimension = 2 if stability is None else stability.rigid_motions.shape[2]
    matrix, precision = checked("lowest_modes: matrix", matrix)
    size = matrix.shape[0]
    if size % whole_number("lowest_modes: dimension", dimension, 1):
        raise InputError(f"lowest_modes: {size} degrees of freedom do not fit dimension {dimension!r}")
    cholesky = Cholesky() if stability is None else stability.factor.cholesky
    if stability is not None:
        matrix, rigid = _held(matrix, dimension, translations, stability)
    else:
        rigid = uniform(size, dimension)[:, : dimension * bool(translations)]
    free = matrix.shape[0] - rigid.shape[1]
    if free < 1:
        raise InputError(
            f"lowest_modes: {matrix.shape[0]} degrees of freedom less {rigid.shape[1]} rigid motions leave no modes"
        )
    whole_number("lowest_modes: count", count, 1, free)
    tolerance = zero_threshold(matrix, precision)
    if (error := np.linalg.norm(matrix @ rigid, axis=0).max(initial=0.0)) > tolerance:
        other = {2: 3, 3: 2}.get(dimension, dimension)
        free = stability is None and size % other == 0
        if free and np.linalg.norm(matrix @ uniform(size, other), axis=0).max() <= tolerance:
            raise InputError(
                f"lowest_modes: in {dimension} dimensions translations are not zero modes, in {other} they are; "
                f"is this dimension={other}?"
            )
        raise InputError(
            f"lowest_modes: in {dimension} dimensions translations are not zero modes: ‖H t‖ is {error:.3g}, at "
            f"most {tolerance:.3g} is allowed; a Hessian's rows must sum to zero along each axis, unless "
            "translations=False says that something holds the particles in their places"
        )
    if precision > ZERO_TOLERANCE and rigid.size:
        # What was rounded away is put back, so that rows sum to zero again.
        matrix = with_places(matrix, -row_sums(matrix, dimension))

    problem = Problem(matrix, dimension, tolerance, rigid, cholesky)
    with cholesky.lock:
        choice = choose(problem, count, method, memory)
        eigenvalues, modes, spent = METHODS.get(choice.method, by_dense)(problem, count)

    # One after the other, as a mode fits into a cache.
    for mode in modes:
        mode *= np.sign(mode[np.abs(mode).argmax()])
    residuals = _core.residual_norms(matrix.indptr, matrix.indices, matrix.data, eigenvalues, modes)
    if not residuals.max() <= (allowed := MAX_RESIDUAL * matrix_norm(matrix)):
        raise PhysicsError(
            f"lowest_modes: what was found are no modes: ‖H e − λ e‖ reaches {residuals.max():.3g}, and at most "
            f"{allowed:.3g} is allowed; where this comes again it is a fault of softspots, or of a library below it"
        )
    overlaps = modes @ modes.T
    overlaps[np.diag_indices(count)] -= 1
    vectors = modes.reshape(count, -1, dimension)
    if len(rigid) < size:
        vectors = np.zeros((count, size // dimension, dimension))
        vectors[:, stability.held] = modes.reshape(count, -1, dimension)
    return Modes(
        eigenvalues,
        vectors,
        residuals,
        np.linalg.eigvalsh(rigid.T @ (matrix @ rigid)),
        float(max(np.abs(overlaps).max(), np.abs(modes @ rigid).max(initial=0.0))),
        choice.method,
        choice.reason,
        int(choice.cost.bytes),
        int(spent),
    )


def _held(matrix, dimension: int, translations: bool, stability: Stability):
    """The Hessian of what is held, and its rigid motions as columns."""
    motions = stability.rigid_motions
    if not translations:
        raise InputError("lowest_modes: stability says what the rigid motions are; translations=False cannot as well")
    if motions.shape[1:] != (matrix.shape[0] // dimension, dimension):
        raise InputError(
            f"lowest_modes: stability is of {motions.shape[1]} particles in {motions.shape[2]} dimensions; the matrix "
            f"has {matrix.shape[0]} degrees of freedom in {dimension}"
        )
    return stability.reduced(matrix)


def modes_below(matrix: Matrix, value: float) -> int:
    """How many eigenvalues of a symmetric sparse matrix lie below ``value``, zero modes included.

    The count is that of the negative pivots of one factorisation (Sylvester's law of inertia): it needs no
    eigensolver and proves, just above the last mode found, that none is missed. It is exact unless an
    eigenvalue lies within 1e-10 of the matrix norm of ``value``.

    Parameters
    ----------
    matrix : (n, n) sparse matrix or array_like
        Real symmetric, as for `lowest_modes`.
    value : float
        In the unit of the matrix, for a Hessian energy over length squared; a frequency squared.

    Returns
    -------
    int

    Raises
    ------
    InputError
        If the matrix is not a finite, real, symmetric one, ``value`` no finite number, or rounding leaves the count
        uncertain, as it does when ``value`` is an eigenvalue.
    """
    matrix, precision = checked("modes_below: matrix", matrix)
    return count_below(matrix, real_number("modes_below: value", value), zero_threshold(matrix, precision))
