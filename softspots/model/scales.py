"""What is short, weak and fast in a mixture, whatever its units are."""

from __future__ import annotations

from dataclasses import dataclass


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
