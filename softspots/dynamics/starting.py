"""How a simulation starts: at random without overlaps, with thermal velocities."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from softspots import _core
from softspots.exceptions import PhysicsError
from softspots.frame import Box, Frame
from softspots.landscape.forces import kernel_arguments
from softspots.model import Model

# The force at which overlaps of a random start count as removed: the thermostat copes with what is left.
OVERLAP_FORCE = 10.0
OVERLAP_EVALUATIONS = 20_000


def random_frame(rng: np.random.Generator, model: Model, particles: int, box: Box) -> Frame:
    """Particles anywhere in a box that is not sheared, in the composition of the model."""
    species = np.zeros(particles, dtype=np.int32)
    species[rng.permutation(particles)[round(model.fraction_a * particles) :]] = 1
    return Frame(rng.random((particles, 2)) * (box.length_x, box.length_y), species, box, only_b=True)


def thermal_velocities(rng: np.random.Generator, count: int, temperature: float) -> np.ndarray:
    """Maxwell's distribution with zero total momentum and exactly the kinetic temperature."""
    velocities = rng.normal(size=(count, 2))
    velocities -= velocities.mean(axis=0)
    return velocities * np.sqrt(temperature * (2 * count - 2) / (velocities**2).sum())


def without_overlaps(frame: Frame, model: Model) -> Frame:
    """The frame, minimised until no force is large.

    Raises
    ------
    PhysicsError
        If the forces stay large.
    """
    positions, _, max_force, _ = _core.minimize(
        *kernel_arguments(frame, model), "fire", OVERLAP_FORCE, OVERLAP_EVALUATIONS
    )
    if max_force > OVERLAP_FORCE:
        raise PhysicsError(
            f"Simulation: overlaps of the random start remain, with forces up to {max_force:.3g}; "
            f"the density {len(frame) / frame.box.area:.3g} may be too high"
        )
    return replace(frame, positions=positions)
