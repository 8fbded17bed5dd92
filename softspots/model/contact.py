"""Potentials that end at contact: harmonic and Hertzian spheres."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from softspots.model.pair import PairPotential


@dataclass(frozen=True, kw_only=True)
class Contact(PairPotential):
    """What both have in common: (ε/α) (1 − r/σ)^α below contact, r < σ."""

    alpha: ClassVar[float]

    epsilon: float = 1.0
    sigma: float = 1.0

    def __post_init__(self) -> None:
        self._positive("epsilon", "sigma")

    @property
    def cutoff(self) -> float:
        return self.sigma

    def inside(self, r: np.ndarray) -> np.ndarray:
        overlap, alpha = 1 - r / self.sigma, self.alpha
        return self.epsilon * np.array(
            [
                overlap**alpha / alpha,
                -(overlap ** (alpha - 1)) / self.sigma,
                (alpha - 1) * overlap ** (alpha - 2) / self.sigma**2,
            ]
        )

    def rows(self) -> dict[tuple[Any, ...], tuple[Any, ...]]:
        return {("contact", self.alpha): (self.epsilon, self.sigma)}

    @property
    def diameter(self) -> float:
        return self.sigma


@dataclass(frozen=True, kw_only=True)
class Harmonic(Contact):
    """½ ε (1 − r/σ)² below contact, r < σ.

    O'Hern, Silbert, Liu and Nagel, Phys. Rev. E 68, 011306 (2003), α = 2. V and V' go to zero at
    contact, V'' jumps there from ε/σ²: see `PairPotential`.

    Parameters
    ----------
    epsilon, sigma : float, optional

    Raises
    ------
    InputError
        If a parameter is not positive.
    """

    kind: ClassVar[str] = "harmonic"
    alpha: ClassVar[float] = 2.0


@dataclass(frozen=True, kw_only=True)
class Hertzian(Contact):
    """⅖ ε (1 − r/σ)^(5/2) below contact, r < σ.

    O'Hern, Silbert, Liu and Nagel, Phys. Rev. E 68, 011306 (2003).

    V, V' and V'' go to zero at contact, V'' as the root of the overlap.

    Parameters
    ----------
    epsilon, sigma : float, optional

    Raises
    ------
    InputError
        If a parameter is not positive.
    """

    kind: ClassVar[str] = "hertzian"
    alpha: ClassVar[float] = 2.5
