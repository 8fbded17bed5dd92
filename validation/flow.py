"""Steady shear: the stress of ours and of LAMMPS, for the same potential."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from softspots import Model, Simulation
from softspots.dynamics.parallel import Serial

from .lammps import COST, run_lammps
from .sllod import WAYS
from .statistics import rounded

PARTICLES = 2_500
TEMPERATURE = 0.1
STRAIN_RATE = 1e-3
SEEDS = {"ours": 11, "lammps": 12}
# Blocks of 5 % strain, the first 20 % of them after the start not counted.
BLOCK = 0.05
BLOCK_STEPS = round(BLOCK / STRAIN_RATE / 5e-3)
BLOCKS = {"ours": 80, "lammps": 40}
SETTLING = 4
SAMPLE_EVERY = 50
QUANTITIES = ("shear_stress", "pressure", "kinetic_temperature", "potential_energy")

LAMMPS = f"""
{WAYS["nvt"].format(TEMPERATURE, 1.0)}
fix shear all deform 1 xy erate {STRAIN_RATE} remap v
run {SETTLING * BLOCK_STEPS}
compute energy all pe
fix samples all ave/time {SAMPLE_EVERY} 1 {SAMPLE_EVERY} c_peculiar c_pressure[1] c_pressure[2] c_pressure[4] c_energy &
  file samples.txt format " %.10g"
run {BLOCKS["lammps"] * BLOCK_STEPS}
"""


def work() -> int:
    """Particle-steps of `measure`."""
    preparation = 2 * (30_000 + SETTLING * BLOCK_STEPS)
    sheared = (BLOCKS["ours"] + SETTLING + COST * (BLOCKS["lammps"] + SETTLING)) * BLOCK_STEPS
    return PARTICLES * (preparation + sheared)


def measure(advance: Callable[[int], None]) -> dict:
    """Means of shear stress, pressure and temperature over blocks of strain, in steady shear after 40 % strain.

    Returns
    -------
    dict
        The parameters, and for ``ours`` and ``lammps`` the means of `QUANTITIES`, one number per block.
    """
    return {
        "particles": PARTICLES,
        "temperature": TEMPERATURE,
        "strain_rate": STRAIN_RATE,
        "seeds": SEEDS,
        "block_strain": BLOCK,
        "ours": _named(_ours(advance)),
        "lammps": _named(_lammps(advance)),
    }


def _ours(advance):
    simulation = _start(advance, SEEDS["ours"])
    simulation.run(SETTLING * BLOCK_STEPS)
    advance(PARTICLES * SETTLING * BLOCK_STEPS)
    blocks = []
    for _ in range(BLOCKS["ours"]):
        states = []
        for _ in range(BLOCK_STEPS // SAMPLE_EVERY):
            simulation.run(SAMPLE_EVERY)
            state = simulation.thermodynamics()
            states.append([state[name] for name in QUANTITIES])
        blocks.append(np.mean(states, axis=0))
        advance(PARTICLES * BLOCK_STEPS)
    return blocks


def _lammps(advance):
    start = _start(advance, SEEDS["lammps"])
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        run_lammps(folder, start, LAMMPS)
        samples = np.loadtxt(folder / "samples.txt")[1:]
    advance(COST * PARTICLES * (BLOCKS["lammps"] + SETTLING) * BLOCK_STEPS)
    _, temperature, xx, yy, xy, energy = samples.T
    series = np.column_stack((-xy, (xx + yy) / 2, temperature, energy / PARTICLES))
    return series.reshape(BLOCKS["lammps"], -1, len(QUANTITIES)).mean(axis=1)


def _start(advance, seed):
    """A glass sheared by 20 %."""
    simulation = Simulation(Model.preset(), PARTICLES, TEMPERATURE, STRAIN_RATE, seed, comm=Serial())
    simulation.prepare(strain=SETTLING * BLOCK, progress=lambda steps: advance(PARTICLES * steps))
    return simulation


def _named(blocks):
    return {name: rounded(values) for name, values in zip(QUANTITIES, np.transpose(blocks), strict=True)}
