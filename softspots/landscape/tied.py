"""The factor of a Hessian whose rigid motions are tied: the certificate of a minimum, and what solves with it."""

from __future__ import annotations

import threading
import weakref
from typing import Any

import numpy as np
from scipy import sparse

from softspots.landscape.factorization import Cholesky
from softspots.model import Forces, Mixture

# The last quench of each thread.
_last = threading.local()


class TiedFactor:
    """The Hessian where a quench ended, and the factor that certifies what is held there, for the stages that follow.

    They are there as long as the inherent structure is, but not beyond the start of the thread's next quench, which
    takes over the memory: with 100,000 particles that is a gigabyte, and a list of minima must not hold one each.
    Whoever comes later, or with a copy, which starts empty, computes them again and has the same bits.

    Attributes
    ----------
    cholesky : Cholesky
        Has the factor, or will have it from its first use, as after a quench that was certified without one.
    """

    def __init__(self) -> None:
        self.cholesky: Cholesky = Cholesky()
        self._kept = None, None

    def __reduce__(self) -> tuple[Any, ...]:
        return TiedFactor, ()

    def __repr__(self) -> str:
        return f"TiedFactor({self.cholesky})"

    @classmethod
    def of_next_quench(cls) -> TiedFactor:
        """One for the quench that begins; that of the thread's quench before is emptied."""
        new, before = cls(), getattr(_last, "factor", lambda: None)()
        if before is not None:
            before._kept = None, None
            new.cholesky = before.cholesky.hand_on()
        return new

    def keep(self, matrix: sparse.csc_array, model: Mixture | Forces) -> None:
        """The quench has ended with this Hessian, of this model."""
        self._kept = matrix, model
        _last.factor = weakref.ref(self)

    def hessian(self, model: Mixture | Forces) -> sparse.csc_array | None:
        """The Hessian, if it is there and of this model. It must not be changed."""
        matrix, kept = self._kept
        return matrix if matrix is not None and (kept is model or kept == model) else None


def factorize_tied(matrix: sparse.csc_array, threshold: float, rigid: np.ndarray, cholesky: Cholesky) -> bool:
    """Factorise a Hessian with its rigid motions tied by springs; False unless that shows that it is stable.

    Tied means that c is added to one diagonal entry for each of the ``rigid`` motions (n, m): particle 0 is tied to its
    place, and, if all may rotate, others in some directions. That is positive definite if and only if H is, but for
    these motions: adding to v the motion that brings the tied coordinates back to their places leaves vᵀ H v as it is
    and takes the springs' energy away. So the factorisation is the certificate, with no shift that could hide a
    soft unstable mode. ``threshold``, the `zero_threshold`, is subtracted, so that a zero mode does not pass by
    rounding. The pattern is that of H, which pinning the particle by removing its rows would change.
    """
    diagonal = matrix.diagonal()
    if not diagonal.min() > 0:
        # A particle that nothing holds, or that falls.
        return False
    tied = matrix.copy()
    for place in _ties(rigid):
        tied[place, place] = diagonal[place] + diagonal.mean()
    return cholesky.factorize(tied, -threshold)


def _ties(rigid: np.ndarray) -> list[int]:
    """Coordinates that no rigid motion but none leaves in place, as many as there are motions."""
    left, places = rigid.copy(), []
    for column in range(rigid.shape[1]):
        place = int(np.abs(left[:, column]).argmax())
        places.append(place)
        left -= np.outer(left[:, column] / left[place, column], left[place])
    return places


def untie(cholesky: Cholesky, threshold: float, rigid: np.ndarray) -> np.ndarray:
    """Vectors z_α (n, m) that make of solutions x with the tied factor those of H − threshold.

    Of forces that do no work on the rigid motions r_α, x − Σ_α z_α (r_α · x) is the solution off these. Without the
    threshold, the springs would exert no force and z be r. The threshold is a force on every rigid motion, which
    the springs have to balance: a change of rank m, undone by the formula of Sherman, Morrison and Woodbury.
    """
    response = cholesky.solve(rigid)
    overlap = rigid.T @ response
    strain = response - rigid @ overlap
    return rigid + threshold * strain @ np.linalg.inv(np.eye(len(overlap)) + threshold * overlap)
