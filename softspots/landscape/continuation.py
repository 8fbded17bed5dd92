"""A minimum followed while its box is deformed: the same one at each strain, as long as it is there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from softspots.exceptions import PhysicsError
from softspots.frame import Frame
from softspots.landscape.forces import acting, configuration
from softspots.landscape.matrices import zero_threshold
from softspots.landscape.minimum import InherentStructure
from softspots.landscape.modes import hessian
from softspots.landscape.other import lbfgs
from softspots.landscape.quench import inherent_structure
from softspots.landscape.tied import factorize_tied
from softspots.model import Forces, Mixture

# A step is within one basin if no particle goes elsewhere, by more than this in σ_AA, than the motion at its two ends
# says. Jumps between minima that a solid tells apart are longer; shorter ones make no difference.
SAME_PLACE = 1e-3
# A step of a length that can be accepted takes some ten; close to the end of a branch more.
MAX_EVALUATIONS = 40


class Branch:
    """A certified minimum, and what becomes of it while its box is deformed.

    The factor that certifies the minimum says where particles go to first order, and leads quasi-Newton steps to the
    minimum there. Both ends of a step must agree on how particles moved: with u the motion from the homogeneously
    deformed start, and u₀ and u₁ what the factors at both ends make of the forces after the deformation there and back,
    u = (u₀ − u₁)/2 but for the third order in the strain. Another minimum does not fit.

    Parameters
    ----------
    model : Mixture or Forces
    max_force : float
        As for `inherent_structure`.
    """

    def __init__(self, model: Mixture | Forces, max_force: float):
        self.model = model
        self.max_force = max_force
        # Of forces and of Hessians, so far.
        self.evaluations = self.factorizations = 0

    def relax(self, frame: Frame) -> InherentStructure:
        """Downhill to a certified minimum.

        Raises
        ------
        PhysicsError
            If there is none.
        """
        minimum = self._quench(frame.wrapped())
        if not minimum.certified:
            raise PhysicsError(f"AthermalShear: a quench found no minimum: {minimum.stability.reason}")
        return minimum

    def follow(
        self, minimum: InherentStructure, there: Callable[[Frame], Frame], back: Callable[[Frame], Frame]
    ) -> InherentStructure | None:
        """The minimum that this one becomes where ``there`` deforms its frame; None if it does not go on so far.

        ``back`` undoes the deformation.
        """
        start = there(minimum.frame).wrapped()
        self._factorize(minimum)
        ahead = self._response(minimum, self._forces(start))
        positions, evaluations = lbfgs(
            lambda r: self._forces(replace(start, positions=r)),
            start.positions,
            self.max_force,
            MAX_EVALUATIONS,
            lambda forces: self._response(minimum, forces),
        )
        if evaluations >= MAX_EVALUATIONS and minimum.stability.held.all():
            return None
        reached = self._quench(replace(start, positions=positions))
        if not reached.certified or reached.kicks:
            return None
        undone = back(reached.frame)
        behind = replace(undone, positions=undone.positions + self._response(reached, self._forces(undone)))
        both = minimum.stability.held & reached.stability.held
        motion = reached.frame.positions - start.positions
        told = (ahead + reached.frame.positions - there(behind).positions) / 2
        apart = (motion - told)[both]
        return reached if _longest(apart - apart.mean(axis=0)) <= SAME_PLACE else None

    def _quench(self, frame: Frame) -> InherentStructure:
        minimum = inherent_structure(frame, self.model, max_force=self.max_force)
        self.evaluations += minimum.evaluations
        self.factorizations += minimum.factorizations
        return minimum

    def _factorize(self, minimum: InherentStructure) -> None:
        """Have the factor of a minimum, where another quench has come after its own."""
        matrix, rigid = minimum.stability.reduced(hessian(minimum, self.model))
        cholesky = minimum.stability.factor.cholesky
        before = cholesky.factorizations
        factorize_tied(matrix, zero_threshold(matrix), rigid, cholesky)
        self.factorizations += cholesky.factorizations - before

    def _response(self, minimum: InherentStructure, forces: np.ndarray) -> np.ndarray:
        """How forces displace what is held, to first order; its own rigid motions are taken out."""
        held = minimum.stability.held
        moved = np.zeros_like(forces)
        moved[held] = minimum.stability.factor.cholesky.solve(forces[held].reshape(-1)).reshape(-1, forces.shape[1])
        moved[held] -= moved[held].mean(axis=0)
        return moved

    def _forces(self, frame: Frame) -> np.ndarray:
        self.evaluations += 1
        return configuration(frame, self.model).energy_forces(acting(self.model))[1]


def _longest(vectors: np.ndarray) -> float:
    return float(np.linalg.norm(vectors, axis=1).max(initial=0.0))
