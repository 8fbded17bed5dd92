"""Sizes of particles: what two of them mean for a pair, and how many there are of which."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from softspots.arrays import positive_number, real_number
from softspots.exceptions import InputError


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """How the sizes (diameters) of two particles make the length of their pair, and which sizes a random start has.

    Parameters
    ----------
    non_additivity : float, optional
        η in σ_ij = (σ_i + σ_j)/2 · (1 − η |σ_i − σ_j|), in the inverse of the unit of sizes; 0 or more.
    smallest, largest : float, optional
        Sizes of a random start, with the density ∝ σ⁻³ in between. Default: none, sizes must be given.

    Raises
    ------
    InputError
        If η is negative, or so large that two sizes of the distribution make no positive length, or the smallest size
        is not the smaller one.
    """

    non_additivity: float = 0.0
    smallest: float | None = None
    largest: float | None = None

    def __post_init__(self) -> None:
        eta = real_number("Sizes: non_additivity", self.non_additivity)
        if eta < 0:
            raise InputError(f"Sizes: non_additivity is {eta:g}; it must be 0 or more")
        object.__setattr__(self, "non_additivity", eta)
        if (self.smallest is None) != (self.largest is None):
            raise InputError("Sizes: smallest and largest are given together, or neither")
        if self.smallest is None:
            return
        for name in ("smallest", "largest"):
            object.__setattr__(self, name, positive_number(f"Sizes: {name}", getattr(self, name)))
        if self.smallest > self.largest:
            raise InputError(f"Sizes: the smallest is {self.smallest:g}, and the largest {self.largest:g}")
        self.require_lengths(np.array([self.smallest, self.largest]))

    @property
    def mean(self) -> float:
        """Of a random start; 1 where its sizes are not known."""
        if self.smallest is None:
            return 1.0
        # Twice the product over the sum, without overflow.
        return 2 / (1 / self.smallest + 1 / self.largest)

    def pair(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        """σ_ij of the sizes of two particles, element by element."""
        return (first + second) / 2 * (1 - self.non_additivity * np.abs(first - second))

    def require_lengths(self, sizes: np.ndarray) -> None:
        """Refuse sizes of which two would make no positive length.

        Raises
        ------
        InputError
            If the largest differs from the smallest by 1/η or more.
        """
        spread = float(np.ptp(sizes)) if len(sizes) else 0.0
        if spread * self.non_additivity >= 1:
            raise InputError(
                f"Mixture: sizes from {sizes.min():.4g} to {sizes.max():.4g} make no positive σ_ij with non_additivity "
                f"{self.non_additivity:g}; they may differ by less than {1 / self.non_additivity:.4g}"
            )

    def draw(self, rng: np.random.Generator, particles: int) -> np.ndarray:
        """Sizes of a random start, (particles,): quantiles of the distribution, always the same, in random order.

        Raises
        ------
        InputError
            If no distribution is known.
        """
        if self.smallest is None:
            raise InputError(
                "Mixture: no distribution of sizes is known (smallest, largest); give each particle its size"
            )
        part = rng.permutation((np.arange(particles) + 0.5) / particles)
        low, high = self.largest**-2.0, self.smallest**-2.0
        return (high - part * (high - low)) ** -0.5
