"""The forms in which kernels evaluate the pair potentials of a mixture: plain numbers.

Species pairs are numbered (0, 0), (0, 1), …, (0, S − 1), (1, 1), …: P = S (S + 1)/2 of them. Where particles have
sizes P is 1, and lengths are in σ_ij.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class LennardJonesForm:
    """Lennard-Jones whose constants the kernels make themselves.

    Attributes
    ----------
    table : (P, 4) ndarray
        ε, σ, r_c and inner cutoff of each pair.
    smoothing : {"even", "quadratic", "switch"}
    """

    table: np.ndarray
    smoothing: str


@dataclass(frozen=True, eq=False)
class EvenForm:
    """V = a_n r^-n − a_m r^-m + k0 + k2 r² + k4 r⁴ below r_c.

    Attributes
    ----------
    exponents : tuple of 2 ints
        n and m, even, 100 ≥ n > m; m = 0 where there is no second power, which has a_m = 0 then.
    coefficients : (P, 6) ndarray
        a_n, a_m, k0, k2, k4, r_c of each pair.
    """

    exponents: tuple[int, int]
    coefficients: np.ndarray


@dataclass(frozen=True, eq=False)
class ContactForm:
    """V = (ε/α) (1 − r/σ)^α below σ.

    Attributes
    ----------
    exponent : float
        α: 2 (harmonic) or 5/2 (Hertzian).
    coefficients : (P, 2) ndarray
        ε and σ of each pair.
    """

    exponent: float
    coefficients: np.ndarray


@dataclass(frozen=True, eq=False)
class SplineForm:
    """Piecewise polynomials of u = r²/r_c², continuous up to d²V/du².

    Their intervals are those in which u has the same exponent and the same first ``digits`` binary digits behind it:
    2^digits from each power of two to the next, the last one ending with 1. In each V = Σ c_j t^j, where t is the
    fraction of the interval below u. Below ``least`` V goes on as the quadratic in u that has its value, slope and
    curvature, without which there would be nothing that takes particles apart; it is not the potential, and no Hessian
    is made of it.

    Attributes
    ----------
    digits : int
    least : (P,) ndarray
        The smallest u of the first interval that counts.
    cutoff : (P,) ndarray
        r_c.
    coefficients : (P, K + 1, 6) ndarray
        c_0 to c_5: in u - ``least`` below it, then of one interval after the other. Zeros where a pair has fewer.
    error, stiffness_error : float
        The largest error of V' and of V'' of any pair, at distances that thermal configurations have (V below 10 times
        the largest ε of any pair; all, for tables): as a part of what it is there, or of its median from ``inner`` to
        the cutoff where it is less than that. That of V'', which minima, modes and elastic constants have, is larger by
        about the number of intervals.
    """

    digits: int
    least: np.ndarray
    cutoff: np.ndarray
    coefficients: np.ndarray
    error: float
    stiffness_error: float

    @property
    def inner(self) -> np.ndarray:
        """The distances at which the splines begin: (P,)."""
        return self.cutoff * np.sqrt(self.least)


def pair_number(first: int, second: int, species: int) -> int:
    """The number of a pair among ``species`` species."""
    low, high = min(first, second), max(first, second)
    return low * species - low * (low - 1) // 2 + high - low
