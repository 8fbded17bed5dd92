"""Thermal frames of the paper's systems in steady shear, for all that is asked of their energy landscape."""

from __future__ import annotations

from functools import cache

from softspots import Frame, Model, Simulation
from softspots.dynamics.parallel import Serial

PARTICLES = 10_000
STRAIN_RATE = 1e-3
# Temperatures and the seeds of their runs.
SEEDS = {0.1: 61, 0.2: 62, 0.3: 63, 0.4: 64}
COUNT, EVERY = 50, 5.0
PREPARATION = 350.0
TIMESTEP = 5e-3
# What a quench takes, roughly; it only serves the estimate of the time left.
STEPS_PER_QUENCH = 4_000


def dynamics_work(particles: int = PARTICLES, count: int = COUNT, every: float = EVERY) -> int:
    """Particle-steps of `thermal_frames`."""
    return particles * round((PREPARATION + count * every) / TIMESTEP)


@cache
def thermal_frames(
    temperature: float, particles: int = PARTICLES, count: int = COUNT, every: float = EVERY
) -> tuple[Frame, ...]:
    """Frames of one run, ``every`` so many τ, after the default preparation with 20 % strain.

    Kept, so that parts which ask the same frames wait for them once.
    """
    simulation = Simulation(
        Model.preset(), particles, temperature, STRAIN_RATE, SEEDS[temperature], timestep=TIMESTEP, comm=Serial()
    )
    simulation.prepare()
    frames = []
    for _ in range(count):
        simulation.run(round(every / TIMESTEP))
        frames.append(simulation.frame())
    return tuple(frames)
