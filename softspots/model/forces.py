"""Forces that are no mixture: what an object must have to take a mixture's place."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from scipy import sparse

from softspots.frame import Frame


class Forces(Protocol):
    """Whatever knows energy, forces and Hessian of a frame.

    It takes a `Mixture`'s place in `energy_forces`, `hessian`, `inherent_structure`, and in the analysis of a frame.
    Energies may be of any kind, of pairs or of many bodies, as long as nothing but the particles themselves holds them:
    moving all by the same vector costs nothing. Lengths are the frame's, energies are in a unit of its own, and all
    thresholds of a quench, such as ``max_force``, are in these units. An attribute ``units``, the names of the units of
    energy and length such as ``("eV", "Å")``, goes on to what is found.
    """

    def energy_forces(self, frame: Frame) -> tuple[float, np.ndarray, np.ndarray]:
        """Energy, forces (N, d), and virial Σ r_a f_b (d, d), which may be NaN where it is not known."""

    def hessian(self, frame: Frame) -> sparse.sparray | sparse.spmatrix | np.ndarray:
        """∂²V/∂r_iα∂r_jβ, (d N, d N), sparse or not; degree of freedom d i + α. Rows sum to zero along each axis."""
