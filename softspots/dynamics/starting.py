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
# A flow is one from so many times its standard error on: of Gaussian velocities one in a million has as much by chance.
SURE = 5.0


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


def peculiar_velocities(frame: Frame, velocities: np.ndarray) -> tuple[np.ndarray, float]:
    """Velocities (N, d) without their drift, and without a flow along x with the gradient in y that is no chance.

    Programs that shear tell velocities with the flow in them, or without.

    Returns
    -------
    velocities : (N, d) ndarray
    rate : float
        Of the flow that was taken off; zero where there was none.
    """
    velocities = velocities - velocities.mean(axis=0)
    height = frame.wrapped().positions[:, 1]
    height = height - height.mean()
    square = height @ height
    rate = float(height @ velocities[:, 0] / square) if square else 0.0
    flow = rate * height
    error = np.sqrt(np.mean((velocities[:, 0] - flow) ** 2) / square) if square else 0.0
    if abs(rate) <= SURE * error:
        return velocities, 0.0
    velocities[:, 0] -= flow
    return velocities, rate


def kinetic_temperature(velocities: np.ndarray) -> float:
    """Of peculiar velocities (N, d), with d N − d degrees of freedom."""
    return float((velocities**2).sum()) / (velocities.size - velocities.shape[1])


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
