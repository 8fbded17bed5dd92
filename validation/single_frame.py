"""One sheared frame: temperature, forces and pressure tensor of ours and of LAMMPS."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from softspots import Model, Simulation, energy_forces
from softspots.dynamics.parallel import Serial

from .lammps import run_lammps
from .sllod import WAYS

PARTICLES = 2_500
TEMPERATURE = 0.1
# So fast that lab and peculiar velocities cannot be mistaken for each other.
STRAIN_RATE = 0.1
STRAIN = 0.3
SEED = 21

# In a run of no steps LAMMPS takes the shear rate for zero; what counts here is written before the one step.
LAMMPS = f"""
{WAYS["nvt"].format(TEMPERATURE, 1.0)}
fix shear all deform 1 xy erate {STRAIN_RATE} remap v
compute energy all pe
fix samples all ave/time 1 1 1 c_peculiar c_pressure[1] c_pressure[2] c_pressure[4] c_energy &
  file samples.txt format " %.17g"
dump forces all custom 1 forces.txt id fx fy
dump_modify forces sort id format float %.17g
run 1
"""


def work() -> int:
    """Particle-steps of `measure`."""
    return PARTICLES * (30_000 + round(STRAIN / STRAIN_RATE / 5e-3))


def measure(advance: Callable[[int], None]) -> dict:
    """The same positions and velocities given to both, with two smoothings.

    Returns
    -------
    dict
        The parameters, and for each smoothing ``force_difference``, the largest of a component, ``largest_force``, and
        for ``ours`` and ``lammps`` the numbers ``kinetic_temperature``, ``potential_energy`` (with ``switch`` LAMMPS'
        has a jump at the inner cutoff, and is no energy of its force), ``pressure`` and ``shear_stress``.
    """
    simulation = Simulation(Model.preset(), PARTICLES, TEMPERATURE, STRAIN_RATE, SEED, comm=Serial())
    simulation.prepare(strain=STRAIN, progress=lambda steps: advance(PARTICLES * steps))
    parameters = {"particles": PARTICLES, "temperature": TEMPERATURE, "strain_rate": STRAIN_RATE, "strain": STRAIN}
    compared = {smoothing: _compared(simulation, smoothing) for smoothing in ("even", "switch")}
    return parameters | {"seed": SEED} | compared


def _compared(simulation, smoothing):
    model = Model.preset(smoothing=smoothing)
    start = Simulation.from_frame(
        simulation.frame(), model, TEMPERATURE, STRAIN_RATE, velocities=simulation.velocities(), comm=Serial()
    )
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        run_lammps(folder, start, LAMMPS)
        _, temperature, xx, yy, xy, energy = np.loadtxt(folder / "samples.txt")[0]
        expected = np.loadtxt(folder / "forces.txt", skiprows=9, max_rows=PARTICLES)[:, 1:]
    _, forces, _ = energy_forces(start.frame(), model)
    state = start.thermodynamics()
    theirs = {
        "kinetic_temperature": temperature,
        "potential_energy": energy / PARTICLES,
        "pressure": (xx + yy) / 2,
        "shear_stress": -xy,
    }
    return {
        "largest_force": float(np.abs(forces).max()),
        "force_difference": float(np.abs(forces - expected).max()),
        "ours": {name: state[name] for name in theirs},
        "lammps": theirs,
    }
