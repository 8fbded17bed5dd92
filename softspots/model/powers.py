"""Potentials made of powers of the distance: Lennard-Jones, Mie, inverse powers, WCA."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from softspots.arrays import positive_number
from softspots.exceptions import InputError
from softspots.model.pair import CutPotential, PairPotential, polynomial

# Kernels make powers by multiplication, which must not leave the range of numbers.
MOST_EXPONENT = 100
# Of logarithms: what is left of the range is for distances below 1.
LARGEST = 600.0


@dataclass(frozen=True, kw_only=True)
class _Powers(CutPotential):
    """a_n r^-n − a_m r^-m, cut off."""

    epsilon: float = 1.0
    sigma: float = 1.0
    cutoff: float
    smoothing: str = "even"

    def __post_init__(self) -> None:
        super().__post_init__()
        steepest = math.log(self.epsilon) + self.exponents[0] * math.log(self.sigma)
        if abs(steepest) > LARGEST:
            raise InputError(
                f"{self._name}: epsilon is {self.epsilon:g} and sigma {self.sigma:g}; ε σ^{self.exponents[0]:g} is no "
                "number to compute with; take units in which both are about 1"
            )

    @property
    def exponents(self) -> tuple[float, float]:
        raise NotImplementedError

    @property
    def amplitudes(self) -> tuple[float, float]:
        """a_n and a_m."""
        raise NotImplementedError

    def bare(self, r: np.ndarray) -> np.ndarray:
        (n, m), (a_n, a_m) = self.exponents, self.amplitudes
        # Not as products of r^-1 with powers: those of the farthest exponents overflow first.
        steep, soft = a_n * r**-n, a_m * r**-m
        return np.array([steep - soft, (m * soft - n * steep) / r, (n * (n + 1) * steep - m * (m + 1) * soft) / r**2])

    def rows(self) -> dict[tuple[Any, ...], tuple[Any, ...]]:
        even = all(exponent % 2 == 0 and exponent <= MOST_EXPONENT for exponent in self.exponents)
        if not even or self.smoothing not in ("even", "none", "shifted"):
            return {}
        k0, _, k2, _, k4 = self.added
        exponents = tuple(int(exponent) for exponent in self.exponents)
        return {("even", exponents): (*self.amplitudes, k0, k2, k4, self.cutoff)}

    @property
    def diameter(self) -> float:
        return self.sigma


@dataclass(frozen=True, kw_only=True)
class LennardJones(_Powers):
    """4ε ((σ/r)¹² − (σ/r)⁶), cut off at r_c.

    Parameters
    ----------
    epsilon, sigma : float, optional
    cutoff : float, optional
        Default: 2.5 σ.
    smoothing : {"even", "quadratic", "switch", "none", "shifted", "shifted-force"}, optional
        ``even``, ``quadratic`` and ``switch`` as in `Model`: V, V' and V'' go to zero at r_c. ``shifted-force``: V and
        V' do, by a term linear in r. ``shifted``: V does. ``none``: none does. See `PairPotential` for what that costs.
    inner_cutoff : float, optional
        Where ``switch`` departs from Lennard-Jones. Default: 0.8 r_c.

    Raises
    ------
    InputError
        If a parameter is outside its range.
    """

    kind: ClassVar[str] = "lennard-jones"
    smoothings: ClassVar[tuple[str, ...]] = ("even", "quadratic", "switch", "none", "shifted", "shifted-force")

    cutoff: float | None = None
    inner_cutoff: float | None = None

    def __post_init__(self) -> None:
        self._positive("epsilon", "sigma")
        if self.cutoff is None:
            object.__setattr__(self, "cutoff", 2.5 * self.sigma)
        super().__post_init__()
        if self.smoothing != "switch":
            if self.inner_cutoff is not None:
                raise InputError(
                    f"LennardJones: inner_cutoff is {self.inner_cutoff!r}, which only the smoothing 'switch' has"
                )
            return
        inner = 0.8 * self.cutoff if self.inner_cutoff is None else self.inner_cutoff
        object.__setattr__(self, "inner_cutoff", positive_number("LennardJones: inner_cutoff", inner))
        if not self.inner_cutoff < self.cutoff:
            raise InputError(
                f"LennardJones: inner_cutoff is {self.inner_cutoff!r}; it must lie below the cutoff {self.cutoff}"
            )

    @property
    def exponents(self) -> tuple[float, float]:
        return 12, 6

    @property
    def amplitudes(self) -> tuple[float, float]:
        return 4 * self.epsilon * self.sigma**12, 4 * self.epsilon * self.sigma**6

    def inside(self, r: np.ndarray) -> np.ndarray:
        if self.smoothing != "switch":
            return super().inside(r)
        shift = np.zeros((3, *np.shape(r)))
        shift[0] = self._tail[0] - self.bare(np.array(self.inner_cutoff))[0]
        return np.where(r < self.inner_cutoff, self.bare(r) + shift, polynomial(self._tail, r - self.inner_cutoff))

    @cached_property
    def _tail(self) -> np.ndarray:
        """V beyond the inner cutoff, a polynomial in the distance from there; its slope is a cubic that ends in 0."""
        length = self.cutoff - self.inner_cutoff
        _, slope, curvature = self.bare(np.array(self.inner_cutoff))
        c2 = -(3 * slope + 2 * curvature * length) / length**2
        c3 = (2 * slope + curvature * length) / length**3
        tail = np.array([0.0, slope, curvature / 2, c2 / 3, c3 / 4])
        tail[0] = -np.polynomial.polynomial.polyval(length, tail)
        return tail

    def rows(self) -> dict[tuple[Any, ...], tuple[Any, ...]]:
        if self.smoothing in ("even", "quadratic", "switch"):
            # The kernels make the constants themselves, to the bit as ever. Only `switch` looks at the inner cutoff.
            inner = self.cutoff if self.inner_cutoff is None else self.inner_cutoff
            own = {("lennard-jones", self.smoothing): (self.epsilon, self.sigma, self.cutoff, inner)}
        else:
            own = {}
        return own | super().rows()


@dataclass(frozen=True, kw_only=True)
class Mie(_Powers):
    """C ε ((σ/r)^n − (σ/r)^m), C = n/(n − m) (n/m)^(m/(n − m)), cut off: the well is ε deep.

    Mie, Ann. Phys. 1903.

    Parameters
    ----------
    epsilon, sigma : float, optional
    n, m : float, optional
        Positive, n > m. Default: 12 and 6. Kernels evaluate even whole numbers directly, others by a spline.
    cutoff : float
    smoothing : {"even", "none", "shifted", "shifted-force"}, optional
        As in `LennardJones`.

    Raises
    ------
    InputError
        If a parameter is outside its range.
    """

    kind: ClassVar[str] = "mie"

    n: float = 12
    m: float = 6

    def __post_init__(self) -> None:
        self._positive("epsilon", "sigma", "n", "m")
        if not self.n > self.m:
            raise InputError(f"Mie: the exponents are n = {self.n:g} and m = {self.m:g}; n must be the larger one")
        super().__post_init__()

    @property
    def exponents(self) -> tuple[float, float]:
        return self.n, self.m

    @property
    def amplitudes(self) -> tuple[float, float]:
        ratio = self.n / (self.n - self.m) * (self.n / self.m) ** (self.m / (self.n - self.m))
        return tuple(ratio * self.epsilon * self.sigma**exponent for exponent in self.exponents)


@dataclass(frozen=True, kw_only=True)
class InversePower(_Powers):
    """ε (σ/r)^n, cut off at r_c: soft spheres.

    Parameters
    ----------
    epsilon, sigma : float, optional
    n : float, optional
        Positive. Default: 12. Kernels evaluate even whole numbers directly, others by a spline.
    cutoff : float
    smoothing : {"even", "none", "shifted", "shifted-force"}, optional
        As in `LennardJones`.

    Raises
    ------
    InputError
        If a parameter is outside its range.
    """

    kind: ClassVar[str] = "inverse-power"

    n: float = 12

    def __post_init__(self) -> None:
        self._positive("epsilon", "sigma", "n")
        super().__post_init__()

    @property
    def exponents(self) -> tuple[float, float]:
        return self.n, 0

    @property
    def amplitudes(self) -> tuple[float, float]:
        return self.epsilon * self.sigma**self.n, 0.0


@dataclass(frozen=True, kw_only=True)
class WCA(PairPotential):
    """The repulsive part of Lennard-Jones, 4ε ((σ/r)¹² − (σ/r)⁶) + ε below 2^(1/6) σ.

    Weeks, Chandler and Andersen, J. Chem. Phys. 54, 5237 (1971). V and V' go to zero at the cutoff and V'' jumps there,
    from 57.1 ε/σ²: see `PairPotential`.

    Parameters
    ----------
    epsilon, sigma : float, optional

    Raises
    ------
    InputError
        If a parameter is not positive.
    """

    kind: ClassVar[str] = "wca"

    epsilon: float = 1.0
    sigma: float = 1.0

    def __post_init__(self) -> None:
        self._positive("epsilon", "sigma")

    @property
    def cutoff(self) -> float:
        return 2 ** (1 / 6) * self.sigma

    @cached_property
    def _cut(self) -> LennardJones:
        return LennardJones(epsilon=self.epsilon, sigma=self.sigma, cutoff=self.cutoff, smoothing="shifted")

    def inside(self, r: np.ndarray) -> np.ndarray:
        return self._cut.inside(r)

    def rows(self) -> dict[tuple[Any, ...], tuple[Any, ...]]:
        return self._cut.rows()

    @property
    def diameter(self) -> float:
        return self.sigma
