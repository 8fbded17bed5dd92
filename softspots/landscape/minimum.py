"""Where a quench ended: the inherent structure, with all that is known of it."""

from __future__ import annotations

from dataclasses import dataclass

from softspots.frame import Frame
from softspots.landscape.stability import Stability


@dataclass(frozen=True, eq=False, repr=False)
class InherentStructure:
    """Where a quench ended.

    Attributes
    ----------
    frame : Frame
        The given frame with its positions minimised; they continue the given ones, nothing is wrapped.
    energy : float
        Of all particles, in the mixture's unit.
    max_force : float
        Largest magnitude of a force component, in the mixture's units.
    certified : bool
        Whether the frame is a minimum: ``max_force`` is below the one asked for, and the Hessian of all that is held
        (see ``stability``) is positive definite but for its rigid motions, as a factorisation of it has shown, or
        random vectors (see `inherent_structure`). What is not held has no negative modes.
    evaluations : int
        Force evaluations.
    factorizations : int
        Sparse factorisations of Hessians; none where random vectors were enough.
    kicks : int
        Stationary points that were no minima and were left along their unstable mode.
    newton_energies : tuple of float
        Energies at the start of the last Newton phase and after each of its steps.
    units : tuple of str
        Those of energy and length: ε_AA and σ_AA of `Model`, ε and σ of any other mixture, which are those of its
        numbers; of other forces their own, empty if these do not tell.
    stability : Stability
        Rattlers and clusters that nothing holds, or why the frame is not certified; and the factor that shows it.
    """

    frame: Frame
    energy: float
    max_force: float
    certified: bool
    evaluations: int
    factorizations: int
    kicks: int
    newton_energies: tuple[float, ...]
    units: tuple[str, str]
    stability: Stability

    def __repr__(self) -> str:
        certified = "certified" if self.certified else "not certified"
        numbers = f"energy {self.energy:.8g}, max_force {self.max_force:.2g}"
        return f"InherentStructure({numbers}, {certified}, {self.stability})"
