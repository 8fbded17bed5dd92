"""A minimum followed while its box is deformed: the same one at each strain, as long as it is there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from softspots.arrays import one_of, positive_number
from softspots.exceptions import PhysicsError
from softspots.frame import Frame
from softspots.landscape.forces import forces_at, is_mixture, minimize
from softspots.landscape.matrices import zero_threshold
from softspots.landscape.minimum import InherentStructure
from softspots.landscape.modes import hessian
from softspots.landscape.other import lbfgs
from softspots.landscape.quench import MAX_EVALUATIONS, MAX_FORCE, inherent_structure
from softspots.landscape.tied import factorize_tied
from softspots.model import Forces, Mixture, Scales

# A step is within one basin if no particle goes elsewhere, by more than this in the scale of lengths, than the motion
# at its two ends says. Jumps between minima that a solid tells apart are longer; shorter ones make no difference.
SAME_PLACE = 1e-3
# A step of a length that can be accepted takes up to some fifteen.
MAX_CORRECTIONS = 20
MINIMIZERS = ("fire", "lbfgs", "cg")


@dataclass(frozen=True)
class Followed:
    """Where a step along a branch has led, and how many more of its length are ``left`` until the branch ends.

    Before the end of a branch, where a minimum meets a saddle, motions speed up with the inverse root of what is left
    of the strain. Infinite where they do not speed up.
    """

    minimum: InherentStructure
    left: float


class Branch:
    """A certified minimum, and what becomes of it while its box is deformed.

    The factor that certifies the minimum says where particles go to first order, and leads quasi-Newton steps to the
    minimum there. Both ends of a step must agree on how particles moved: with u the motion from the homogeneously
    deformed start, and u₀ and u₁ what the factors at both ends make of the forces after the deformation there and back,
    u = (u₀ − u₁)/2 but for the third order in the strain. Another minimum does not fit. Only what is held
    counts: rattlers may be pushed anywhere.

    Parameters
    ----------
    model : Mixture or Forces
    method : {"fire", "lbfgs", "cg"} or None
        How it goes downhill where a minimum is lost; None: by FIRE, under other forces by L-BFGS.
    max_force : float or None
        As for `inherent_structure`.
    scale : Scales
        Those of the model.
    """

    def __init__(self, model: Mixture | Forces, method: str | None, max_force: float | None, scale: Scales) -> None:
        self.model = model
        self.scales = scale
        own = "fire" if is_mixture(model) else "lbfgs"
        self.method = own if method is None else one_of("AthermalShear: method", method, MINIMIZERS)
        self.max_force = positive_number(
            "AthermalShear: max_force", MAX_FORCE * scale.force if max_force is None else max_force
        )
        # Of forces and of Hessians, so far.
        self.evaluations = self.factorizations = 0

    def quench(self, frame: Frame) -> InherentStructure:
        """The certified minimum that `inherent_structure` finds.

        Raises
        ------
        PhysicsError
            If it finds none.
        """
        minimum = self._quench(frame)
        if not minimum.certified:
            raise PhysicsError(f"AthermalShear: a quench found no minimum: {minimum.stability.reason}")
        return minimum

    def relax(self, frame: Frame) -> InherentStructure:
        """The certified minimum downhill from where one has just been lost; otherwise as `quench`."""
        # All the way, as forces are small at first, too.
        lower, evaluations = minimize(frame.wrapped(), self.model, self.method, self.max_force, MAX_EVALUATIONS)
        self.evaluations += evaluations
        return self.quench(lower)

    def follow(
        self, minimum: InherentStructure, there: Callable[[Frame], Frame], back: Callable[[Frame], Frame]
    ) -> Followed | None:
        """The minimum that this one becomes where ``there`` deforms its frame; None if it does not go on so far.

        ``back`` undoes the deformation.
        """
        start = there(minimum.frame).wrapped()
        self._factorize(minimum)
        forces = forces_at(start, self.model)
        ahead = self._response(minimum, forces(start.positions))
        positions, evaluations = lbfgs(
            forces, start.positions, self.max_force, MAX_CORRECTIONS, partial(self._response, minimum), self.scales
        )
        self.evaluations += evaluations + 2
        if evaluations >= MAX_CORRECTIONS and minimum.stability.held.all():
            return None
        reached = self._quench(replace(start, positions=positions))
        if not reached.certified:
            return None
        self._factorize(reached)
        undone = back(reached.frame)
        behind = replace(
            undone,
            positions=undone.positions + self._response(reached, forces_at(undone, self.model)(undone.positions)),
        )
        both = minimum.stability.held & reached.stability.held
        motion = reached.frame.positions - start.positions
        last = reached.frame.positions - there(behind).positions
        apart = (motion - (ahead + last) / 2)[both]
        if _longest(apart - apart.mean(axis=0)) > SAME_PLACE * self.scales.length:
            return None
        slow, fast = _longest(ahead[both]), _longest(last[both])
        return Followed(reached, slow**2 / (fast**2 - slow**2) if fast > slow else np.inf)

    def _quench(self, frame: Frame) -> InherentStructure:
        minimum = inherent_structure(frame, self.model, max_force=self.max_force)
        self.evaluations += minimum.evaluations
        self.factorizations += minimum.factorizations
        return minimum

    def _factorize(self, minimum: InherentStructure) -> None:
        """Have the factor of a minimum, where its quench did without or another one has come after it."""
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


def _longest(vectors: np.ndarray) -> float:
    return float(np.linalg.norm(vectors, axis=1).max(initial=0.0))
