"""How a simulation starts: at random without overlaps, with thermal velocities."""

from __future__ import annotations

import numpy as np

from softspots.exceptions import PhysicsError
from softspots.frame import Box, Frame
from softspots.landscape.forces import energy_forces, minimize, scales
from softspots.model import Mixture

# The force, in the mixture's scale, at which overlaps of a random start count as removed: the thermostat copes with
# what is left.
OVERLAP_FORCE = 10.0
OVERLAP_EVALUATIONS = 20_000


def random_frame(rng: np.random.Generator, model: Mixture, particles: int, box: Box) -> Frame:
    """Particles anywhere in a box that is not sheared, in the composition of the model, and of its sizes.

    Raises
    ------
    InputError
        If the model does not know its composition or sizes.
    """
    # Where labels are strings, their numbers mean the same.
    named = all(isinstance(label, str) for label in model.species)
    kinds = np.arange(len(model.species), dtype=np.int32) if named else np.array(model.species)
    species = np.empty(particles, dtype=kinds.dtype)
    species[rng.permutation(particles)] = np.repeat(kinds, model.counts(particles))
    positions = rng.random((particles, box.dimension)) * box.lengths
    return Frame(positions, species, box, only_b=True, sizes=model.draw_sizes(rng, particles))


def thermal_velocities(rng: np.random.Generator, shape: tuple[int, int], temperature: float) -> np.ndarray:
    """Maxwell's distribution (N, d) with zero total momentum and exactly the kinetic temperature."""
    count, dimension = shape
    velocities = rng.normal(size=shape)
    velocities -= velocities.mean(axis=0)
    return velocities * np.sqrt(temperature * (dimension * count - dimension) / (velocities**2).sum())


def without_overlaps(frame: Frame, model: Mixture) -> Frame:
    """The frame, minimised until no force is large.

    Raises
    ------
    PhysicsError
        If the forces stay large.
    """
    allowed = OVERLAP_FORCE * scales(frame, model).force
    relaxed, _ = minimize(frame, model, "fire", allowed, OVERLAP_EVALUATIONS)
    max_force = np.abs(energy_forces(relaxed, model)[1]).max()
    if max_force > allowed:
        raise PhysicsError(
            f"Simulation: overlaps of the random start remain, with forces up to {max_force:.3g}; "
            f"the density {len(frame) / frame.box.volume:.3g} may be too high"
        )
    return relaxed
