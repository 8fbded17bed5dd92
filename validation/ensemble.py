"""The canonical ensemble: fluctuations of the kinetic energy, and Maxwell's distribution."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from softspots import Model, Simulation
from softspots.dynamics.parallel import Serial

from .statistics import rounded

PARTICLES = 400
# The thermostat's own oscillation, of period 4.4 τ, lives for up to hundreds of τ in the glass; seeds are independent.
TIME = 1_000.0
SETTLING = 100.0
SAMPLE_EVERY, VELOCITIES_EVERY = 40, 1_000
# Of the kinetic temperature in units of its canonical standard deviation, and of the velocities' in units of √T.
EDGES = np.linspace(-4.5, 4.5, 37)
AXES = ("x", "y")


def work(temperature: float, strain_rate: float, strain: float, chain: int, seeds: list[int]) -> int:
    """Particle-steps of `measure`."""
    sheared = strain / strain_rate if strain_rate else 0.0
    return PARTICLES * len(seeds) * round((150.0 + sheared + SETTLING + TIME) / 5e-3)


def measure(
    advance: Callable[[int], None], temperature: float, strain_rate: float, strain: float, chain: int, seeds: list[int]
) -> dict:
    """Moments and histograms of kinetic temperature and peculiar velocities.

    Parameters
    ----------
    advance : callable
        Is told the particle-steps done since its last call.
    temperature, strain_rate : float
    strain : float
        Before anything is measured.
    chain : int
        Thermostats in the chain.
    seeds : list of int

    Returns
    -------
    dict
        The parameters and, with one number per seed, ``kinetic_temperature``; ``kinetic_variance`` over its canonical
        value 2 T²/(2N − 2); and for A and B particles and both axes ``velocity_variance`` over its canonical value
        T (1 − 1/N) and ``kurtosis`` ⟨v⁴⟩/⟨v²⟩², of a Gaussian 3. ``kinetic_histogram`` and ``velocity_histogram`` are
        probability densities per seed, with their ``edges``.
    """
    runs = [_run(advance, temperature, strain_rate, strain, chain, seed) for seed in seeds]
    parameters = {"particles": PARTICLES, "temperature": temperature, "strain_rate": strain_rate, "strain": strain}
    parameters |= {"thermostat_chain": chain, "time": TIME, "seeds": seeds, "edges": rounded(EDGES)}
    return parameters | {name: rounded([run[name] for run in runs], 5) for name in runs[0]}


def _run(advance, temperature, strain_rate, strain, chain, seed):
    simulation = Simulation(
        Model.preset(), PARTICLES, temperature, strain_rate, seed, thermostat_chain=chain, comm=Serial()
    )
    simulation.prepare(strain=strain, progress=lambda steps: advance(PARTICLES * steps))
    settling = round(SETTLING / simulation.timestep)
    simulation.run(settling)
    advance(PARTICLES * settling)
    kinetic, velocities = [], []
    for _ in range(round(TIME / simulation.timestep) // VELOCITIES_EVERY):
        for _ in range(VELOCITIES_EVERY // SAMPLE_EVERY):
            simulation.run(SAMPLE_EVERY)
            kinetic.append(simulation.thermodynamics()["kinetic_temperature"])
        velocities.append(simulation.velocities())
        advance(PARTICLES * VELOCITIES_EVERY)
    species = simulation.frame().species
    by_species = {name: np.array(velocities)[:, species == k] for k, name in enumerate("AB")}
    moments = {
        f"{name} {axis}": [(v[..., k] ** 2).mean(), (v[..., k] ** 4).mean()]
        for name, v in by_species.items()
        for k, axis in enumerate(AXES)
    }
    canonical = 2 * temperature**2 / (2 * PARTICLES - 2)
    return {
        "kinetic_temperature": np.mean(kinetic),
        "kinetic_variance": np.mean((np.array(kinetic) - temperature) ** 2) / canonical,
        "velocity_variance": [second / (temperature * (1 - 1 / PARTICLES)) for second, _ in moments.values()],
        "kurtosis": [fourth / second**2 for second, fourth in moments.values()],
        "kinetic_histogram": _density((np.array(kinetic) - temperature) / np.sqrt(canonical)),
        "velocity_histogram": _density(np.array(velocities) / np.sqrt(temperature)),
    }


def _density(values):
    return np.histogram(values, EDGES)[0] / (np.size(values) * np.diff(EDGES))
