"""The conserved energy against the time step: fluctuations of second order, and the drift."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.integrate import cumulative_trapezoid

from softspots import Model, Simulation
from softspots.dynamics.parallel import Serial

from .statistics import mean_error, rounded

PARTICLES = 400
TEMPERATURE = 0.3
TIMESTEPS = (0.001, 0.002, 0.004, 0.008)
# Of each run, in τ, and the time between samples: a whole number of each of the time steps.
TIME, SAMPLE_TIME = 40.0, 0.04
# Under shear the work is summed up at every step.
STRAIN_RATE, SHEARED_TIME = 0.05, 8.0
DRIFT_TIME, DRIFT_TIMESTEP, DRIFT_SAMPLE_TIME = 1_000.0, 0.005, 1.0
SEEDS = [41, 42, 43, 44]


def work() -> int:
    """Particle-steps of `measure`."""
    drift = DRIFT_TIME / DRIFT_TIMESTEP
    # A sample costs as much as eight steps.
    steps = sum(TIME / dt + 8 * TIME / SAMPLE_TIME + 9 * SHEARED_TIME / dt for dt in TIMESTEPS)
    return round(PARTICLES * len(SEEDS) * (30_000 + steps + drift))


def measure(advance: Callable[[int], None]) -> dict:
    """Standard deviations in time of the conserved energy, over √N, and its drift.

    Returns
    -------
    dict
        The parameters; ``at_rest`` and ``sheared``, shape (seeds, time steps), the latter of the energy less the work
        done on the box; and ``drift`` per particle and τ at the largest time step that is used for results, one number
        per seed.
    """
    runs = [_run(advance, seed) for seed in SEEDS]
    return {
        "particles": PARTICLES,
        "temperature": TEMPERATURE,
        "timesteps": list(TIMESTEPS),
        "time": TIME,
        "strain_rate": STRAIN_RATE,
        "sheared_time": SHEARED_TIME,
        "drift_timestep": DRIFT_TIMESTEP,
        "drift_time": DRIFT_TIME,
        "seeds": SEEDS,
    } | {name: rounded([run[name] for run in runs], 5) for name in runs[0]}


def exponent(timesteps, fluctuations) -> tuple:
    """Power of the time step, and its standard error, from fluctuations of shape (seeds, time steps)."""
    return mean_error([np.polyfit(np.log(timesteps), np.log(run), 1)[0] for run in fluctuations])


def _run(advance, seed):
    start = Simulation(Model.preset(), PARTICLES, TEMPERATURE, 0.0, seed, comm=Serial())
    start.prepare(progress=lambda steps: advance(PARTICLES * steps))
    frame, velocities = start.frame(), start.velocities()

    def simulation(timestep, strain_rate):
        return Simulation.from_frame(
            frame, start.model, TEMPERATURE, strain_rate, velocities=velocities, timestep=timestep, comm=Serial()
        )

    def fluctuation(timestep):
        energies = _energies(simulation(timestep, 0.0), round(SAMPLE_TIME / timestep), round(TIME / SAMPLE_TIME))
        advance(round(PARTICLES * (TIME / timestep + 8 * TIME / SAMPLE_TIME)))
        return np.std(energies) / np.sqrt(PARTICLES)

    def sheared(timestep):
        run = simulation(timestep, STRAIN_RATE)
        states = [run.thermodynamics()]
        for _ in range(round(SHEARED_TIME / timestep)):
            run.run(1)
            states.append(run.thermodynamics())
        advance(round(PARTICLES * 9 * SHEARED_TIME / timestep))
        stress, energy = (np.array([s[name] for s in states]) for name in ("shear_stress", "conserved_energy"))
        strain = STRAIN_RATE * timestep * np.arange(len(stress))
        work = frame.box.area * cumulative_trapezoid(stress, strain, initial=0)
        return np.std(energy - work) / np.sqrt(PARTICLES)

    energies = _energies(
        simulation(DRIFT_TIMESTEP, 0.0),
        round(DRIFT_SAMPLE_TIME / DRIFT_TIMESTEP),
        round(DRIFT_TIME / DRIFT_SAMPLE_TIME),
    )
    advance(round(PARTICLES * DRIFT_TIME / DRIFT_TIMESTEP))
    times = DRIFT_SAMPLE_TIME * np.arange(len(energies))
    return {
        "at_rest": [fluctuation(timestep) for timestep in TIMESTEPS],
        "sheared": [sheared(timestep) for timestep in TIMESTEPS],
        "drift": np.polyfit(times, energies, 1)[0] / PARTICLES,
    }


def _energies(simulation, every, samples):
    energies = []
    for _ in range(samples):
        simulation.run(every)
        energies.append(simulation.thermodynamics()["conserved_energy"])
    return energies
