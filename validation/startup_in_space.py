"""Start-up of shear in three dimensions: ours and LAMMPS from the same glasses, strain by strain."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from softspots import Mixture, Simulation
from softspots.dynamics.parallel import Serial

from .lammps import COST, run_lammps
from .sllod import WAYS
from .statistics import rounded

PARTICLES = 1_000
TEMPERATURE = 0.3
STRAIN_RATE = 1e-2
STRAIN, BINS = 0.2, 20
SEEDS = list(range(81, 89))
SAMPLE_EVERY = 10
STEPS = round(STRAIN / STRAIN_RATE / 5e-3)
QUANTITIES = ("shear_stress", "pressure", "potential_energy")

LAMMPS = f"""
{WAYS["nvt"].format(TEMPERATURE, 1.0)}
fix shear all deform 1 xy erate {STRAIN_RATE} remap v
compute energy all pe
fix samples all ave/time {SAMPLE_EVERY} 1 {SAMPLE_EVERY} c_pressure[*] c_energy &
  file samples.txt format " %.10g"
run {STEPS}
"""


def work() -> int:
    """Particle-steps of `measure`."""
    return PARTICLES * len(SEEDS) * (30_000 + (1 + COST) * STEPS)


def measure(advance: Callable[[int], None]) -> dict:
    """Means over bins of strain, from the same positions and velocities at rest.

    Returns
    -------
    dict
        The parameters, ``strain`` at the middle of each bin, and for ``ours`` and ``lammps`` each of `QUANTITIES`, of
        shape (seeds, bins).
    """
    ours, lammps = [], []
    for seed in SEEDS:
        simulation = Simulation(Mixture.preset("kob-andersen-3d"), PARTICLES, TEMPERATURE, 0.0, seed, comm=Serial())
        simulation.prepare(liquid_temperature=1.0, progress=lambda steps: advance(PARTICLES * steps))
        simulation.strain_rate = STRAIN_RATE
        lammps.append(_lammps(simulation))
        advance(COST * PARTICLES * STEPS)
        ours.append(_ours(simulation))
        advance(PARTICLES * STEPS)
    parameters = {"preset": "kob-andersen-3d", "particles": PARTICLES, "temperature": TEMPERATURE}
    parameters |= {
        "strain_rate": STRAIN_RATE,
        "seeds": SEEDS,
        "strain": rounded((np.arange(BINS) + 0.5) * STRAIN / BINS),
    }
    return parameters | {"ours": _named(ours), "lammps": _named(lammps)}


def _ours(simulation):
    samples = []
    for _ in range(STEPS // SAMPLE_EVERY):
        simulation.run(SAMPLE_EVERY)
        state = simulation.thermodynamics()
        samples.append([state[name] for name in QUANTITIES])
    return _binned(samples)


def _lammps(start):
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        run_lammps(folder, start, LAMMPS)
        samples = np.loadtxt(folder / "samples.txt")[1:].T
    return _binned(np.column_stack((-samples[4], samples[1:4].mean(axis=0), samples[7] / PARTICLES)))


def _binned(samples):
    return np.reshape(samples, (BINS, -1, len(QUANTITIES))).mean(axis=1)


def _named(runs):
    return {name: rounded(curves, 5) for name, curves in zip(QUANTITIES, np.moveaxis(runs, 2, 0), strict=True)}
