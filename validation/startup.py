"""Start-up of shear from rest: stress and energy against strain, and what is left of the preparation."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from softspots import Model, Simulation
from softspots.dynamics.parallel import Serial

PARTICLES = 2_500
TEMPERATURE = 0.1
LIQUID_TIME = 50.0
BIN = 0.002
# Steps between samples: in a time step of 0.005 τ a sample costs as much as eight steps, and stresses 0.1 τ apart
# know of each other.
SAMPLE_EVERY = 20
SAMPLES_PER_BIN = 400
QUANTITIES = ("shear_stress", "potential_energy", "pressure", "kinetic_temperature")


def work(strain_rate: float, strain: float, cooling_time: float, seeds: list[int]) -> int:
    """Particle-steps of `measure`."""
    return PARTICLES * len(seeds) * round((LIQUID_TIME + cooling_time + strain / strain_rate) / 5e-3)


def measure(
    advance: Callable[[int], None], strain_rate: float, strain: float, cooling_time: float, seeds: list[int]
) -> dict:
    """Stress and energy against strain, of a glass that was cooled in ``cooling_time``.

    Parameters
    ----------
    advance : callable
        Is told the particle-steps done since its last call.
    strain_rate : float
        In 1/τ.
    strain : float
        Up to which the glass is sheared.
    cooling_time : float
        From T = 1 to 0.1, in τ.
    seeds : list of int

    Returns
    -------
    dict
        The parameters, ``strain`` at the middle of each bin, and, for each of `QUANTITIES`, the mean over the bin of
        each seed's run, shape (seeds, bins), rounded to four decimals.
    """
    runs = [_run(advance, strain_rate, strain, cooling_time, seed) for seed in seeds]
    curves = {
        name: [[round(float(value), 4) for value in run[:, column]] for run in runs]
        for column, name in enumerate(QUANTITIES)
    }
    return {
        "particles": PARTICLES,
        "temperature": TEMPERATURE,
        "strain_rate": strain_rate,
        "liquid_time": LIQUID_TIME,
        "cooling_time": cooling_time,
        "seeds": seeds,
        "strain": [round(BIN * (k + 0.5), 5) for k in range(round(strain / BIN))],
        **curves,
    }


def _run(advance, strain_rate, strain, cooling_time, seed):
    simulation = Simulation(Model.preset(), PARTICLES, TEMPERATURE, 0.0, seed, comm=Serial())
    simulation.prepare(
        liquid_time=LIQUID_TIME,
        cooling_time=cooling_time,
        progress=lambda steps: advance(PARTICLES * steps),
    )
    simulation.strain_rate = strain_rate
    bin_steps = round(BIN / strain_rate / simulation.timestep)
    every = max(SAMPLE_EVERY, bin_steps // SAMPLES_PER_BIN)
    curve = np.zeros((round(strain / BIN), len(QUANTITIES)))
    for row in curve:
        for _ in range(bin_steps // every):
            simulation.run(every)
            state = simulation.thermodynamics()
            row += [state[name] for name in QUANTITIES]
        row /= bin_steps // every
        advance(PARTICLES * bin_steps)
    return curve
