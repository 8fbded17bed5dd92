"""Potentials made of exponentials of the distance: Morse and Yukawa."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from softspots.model.pair import CutPotential


@dataclass(frozen=True, kw_only=True)
class Morse(CutPotential):
    """ε (e^(−2 α (r − r₀)) − 2 e^(−α (r − r₀))), cut off.

    Morse, Phys. Rev. 34, 57 (1929).

    Parameters
    ----------
    epsilon : float, optional
        Depth of the well, which is at r₀.
    r0 : float, optional
    alpha : float
        An inverse length.
    cutoff : float
    smoothing : {"even", "none", "shifted", "shifted-force"}, optional
        As in `LennardJones`.

    Raises
    ------
    InputError
        If a parameter is outside its range.
    """

    kind: ClassVar[str] = "morse"

    epsilon: float = 1.0
    r0: float = 1.0
    alpha: float
    cutoff: float
    smoothing: str = "even"

    def __post_init__(self) -> None:
        self._positive("epsilon", "r0", "alpha")
        super().__post_init__()

    def bare(self, r: np.ndarray) -> np.ndarray:
        near = np.exp(-self.alpha * (r - self.r0))
        return self.epsilon * np.array(
            [near * (near - 2), 2 * self.alpha * near * (1 - near), 2 * self.alpha**2 * near * (2 * near - 1)]
        )


@dataclass(frozen=True, kw_only=True)
class Yukawa(CutPotential):
    """ε (σ/r) e^(−κ r), cut off: screened charges.

    Parameters
    ----------
    epsilon, sigma : float, optional
        LAMMPS' A is ε σ.
    kappa : float
        The inverse of the screening length.
    cutoff : float
    smoothing : {"even", "none", "shifted", "shifted-force"}, optional
        As in `LennardJones`.

    Raises
    ------
    InputError
        If a parameter is outside its range.
    """

    kind: ClassVar[str] = "yukawa"

    epsilon: float = 1.0
    sigma: float = 1.0
    kappa: float
    cutoff: float
    smoothing: str = "even"

    def __post_init__(self) -> None:
        self._positive("epsilon", "sigma", "kappa")
        super().__post_init__()

    def bare(self, r: np.ndarray) -> np.ndarray:
        value, kappa = self.epsilon * self.sigma / r * np.exp(-self.kappa * r), self.kappa
        return np.array([value, -value * (kappa + 1 / r), value * (kappa**2 + 2 * (kappa + 1 / r) / r)])

    @property
    def diameter(self) -> float:
        return self.sigma
