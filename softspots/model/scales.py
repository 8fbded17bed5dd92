"""What is short, weak and fast in a mixture, whatever its units are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from softspots.model.pair import PairPotential

# That of the paper's mixture, whose AB pair is the shortest, and whose unit is that of AA.
UNIT_OF_SHORTEST = 1.25


@dataclass(frozen=True)
class Scales:
    """The scales of a mixture, in its own units; both are one for the paper's mixtures and most other presets.

    All thresholds and first steps of quenches and dynamics are in these, so that the same glass in other units is the
    same one.

    Attributes
    ----------
    length, energy : float
    """

    length: float = 1.0
    energy: float = 1.0

    @property
    def force(self) -> float:
        """Energy over length."""
        return self.energy / self.length

    @property
    def stiffness(self) -> float:
        """Energy over length squared."""
        return self.energy / self.length**2

    @property
    def time(self) -> float:
        """τ, of particles of mass one."""
        return self.length / self.energy**0.5


def typical_energy(pairs: Sequence[PairPotential]) -> float:
    """The median ε of the pairs."""
    return float(np.median([pair.epsilon for pair in pairs]))


def short_length(pairs: Sequence[PairPotential]) -> float:
    """The diameter of the first species, or 5/4 of the shortest diameter of a pair if that is less.

    So it is short for the smallest particles too.
    """
    diameters = [pair.diameter for pair in pairs]
    return float(min(diameters[0], UNIT_OF_SHORTEST * min(diameters)))
