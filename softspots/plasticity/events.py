"""Plastic events: what is lost, and who moves, where one minimum gives way to another."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from softspots.frame import Frame
from softspots.landscape.modes import participation_ratio
from softspots.plasticity.d2min import d2min


@dataclass(frozen=True, eq=False, repr=False)
class Event:
    """An event of athermal quasi-static shear: a drop that does not go back with the strain. In the mixture's units.

    Attributes
    ----------
    strain : float
        Where the minimum before is not there any more.
    last_strain : float
        Where it still was.
    stress, energy : float
        Of the minimum that is lost, at the last strain: the component that does the work, and of all particles.
    stress_drop : float
        Of the component that does the work, from the last strain to this one. Just before an event the
        stress falls with the root of what is left of the strain, so that of a tolerance δ the drop is known but for
        a part of the order of sqrt(δ).
    energy_drop : float
        Of all particles: what is lost as heat, without the work done from the last strain on.
    d2min : (N,) ndarray
        D²_min between the frames before and after, a length squared.
    core : int
        The particle with the largest D²_min.
    participation : float
        How many particles take part: (Σ u²)²/Σ u⁴ of the displacements u between the frames.
    lost : Frame
        The minimum at the last strain.
    before, after : Frame
        Minima at both sides, the first one deformed homogeneously to the strain of the other.
    """

    strain: float
    last_strain: float
    stress: float
    energy: float
    stress_drop: float
    energy_drop: float
    d2min: np.ndarray
    core: int
    participation: float
    lost: Frame
    before: Frame
    after: Frame

    def __repr__(self) -> str:
        drops = f"stress_drop {self.stress_drop:.4g}, energy_drop {self.energy_drop:.4g}"
        return f"Event(strain {self.strain:.8g}, {drops}, core {self.core}, participation {self.participation:.3g})"


def describe(before: Frame, after: Frame, cutoff: float) -> dict:
    """What an `Event` says of the particles between two frames in the same box; D²_min within ``cutoff``."""
    activity = d2min(before, after, cutoff)
    motion = displacements(before, after)
    return {
        "d2min": activity,
        "core": int(np.nanargmax(activity)),
        "participation": float(participation_ratio(motion[None])[0] * len(motion)),
        "before": before,
        "after": after,
    }


def displacements(before: Frame, after: Frame) -> np.ndarray:
    """How particles have moved (N, d) between frames in the same box, by the shortest way, less their mean."""
    motion = after.box.minimum_image(after.positions - before.positions)
    return motion - motion.mean(axis=0)
