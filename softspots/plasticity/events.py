"""Plastic events: what is lost, and who moves, where one minimum gives way to another."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

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
        Of all particles: what is lost as heat, without the work done from the last strain on. For that the stress is
        taken as the mean of those before and after the event; it falls at an unknown place between the two strains, so
        that the work is known to half of ``stress_drop`` times their difference times the volume: little with a
        tolerance of 1e-6, not with one as long as the steps.
    d2min : (N,) ndarray
        D²_min between the frames before and after, a length squared, of what is held in both, as if nothing else were
        there; NaN for all else. Rattlers move at no cost: where they go says nothing of the event.
    core : int
        The particle with the largest D²_min; -1 where none is known.
    participation : float
        How many particles take part: (Σ u²)²/Σ u⁴ of the displacements u between the frames, of what is held in both; 0
        where nothing is.
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


def describe(before: Frame, after: Frame, held: np.ndarray, cutoff: float) -> dict[str, Any]:
    """What an `Event` says of the particles between two frames in the same box.

    Parameters
    ----------
    before, after : Frame
    held : (N,) ndarray of bool
        Which particles count.
    cutoff : float
        Of D²_min.
    """
    activity, participation = np.full(len(held), np.nan), 0.0
    if held.any():
        activity[held] = d2min(_part(before, held), _part(after, held), cutoff)
        motion = displacements(before, after, held)
        participation = float(participation_ratio(motion[None])[0] * len(motion))
    return {
        "d2min": activity,
        "core": int(np.nanargmax(activity)) if np.isfinite(activity).any() else -1,
        "participation": participation,
        "before": before,
        "after": after,
    }


def displacements(before: Frame, after: Frame, held: np.ndarray) -> np.ndarray:
    """How what is held has moved (H, d) between frames in the same box, by the shortest way, less its mean."""
    motion = after.box.minimum_image((after.positions - before.positions)[held])
    return motion - motion.mean(axis=0) if len(motion) else motion


def _part(frame: Frame, which: np.ndarray) -> Frame:
    """A frame of some particles alone."""
    names = ("positions", "species", "images", "ids", "sizes")
    chosen = {name: values[which] for name in names if (values := getattr(frame, name)) is not None}
    return replace(frame, **chosen)
