"""Homogeneous shear in LAMMPS by two ways: how free particles move, and a liquid that is sheared fast, beside ours.

In the laboratory SLLOD is Newton's law: the flow's −γ̇ c_y on peculiar velocities c is what a particle gains against
the flow as it drifts across it. Lees–Edwards images and a thermostat on peculiar velocities, ``fix nvt`` with
``compute temp/deform``, are enough. ``fix nvt/sllod`` takes γ̇ v_y off the laboratory's velocities as well.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from softspots import Mixture, Simulation
from softspots.dynamics.parallel import Serial

from .lammps import COST, run_lammps
from .statistics import mean_error, rounded

PARTICLES = 400
TEMPERATURE = 1.0
# So fast that the kinetic part of the stress is seen.
STRAIN_RATE = 0.5
SEEDS = list(range(41, 49))
SETTLING, STEPS, SAMPLE_EVERY = 2_000, 10_000, 20
FREE_STEPS = 20
QUANTITIES = ("shear_stress", "kinetic_shear_stress", "normal_difference", "pressure", "potential_energy")
# The thermostats' times: of the liquid, and so long that it does nothing.
WAYS = {
    "nvt": "fix thermostat all nvt temp {0} {0} {1} tchain 1\nfix_modify thermostat temp peculiar",
    "nvt/sllod": "fix thermostat all nvt/sllod temp {0} {0} {1} tchain 1",
}
# Particles at the upper side are fast in the laboratory, which is where LAMMPS looks at who has moved how far.
SHEAR = f"""
neighbor 1.0 bin
fix shear all deform 1 xy erate {STRAIN_RATE} remap v
"""
FREE = f"""
pair_style zero 2.5
pair_coeff * *
{{way}}
{SHEAR}
dump velocities all custom {FREE_STEPS} velocities.txt vx vy
dump_modify velocities sort id format float %.17g
run {FREE_STEPS}
"""
LIQUID = f"""
{{way}}
{SHEAR}
compute energy all pe
compute motion all pressure peculiar ke
run {SETTLING}
reset_timestep 0
fix samples all ave/time {SAMPLE_EVERY} 1 {SAMPLE_EVERY} c_pressure[*] c_motion[*] c_energy &
  file samples.txt format " %.10g"
run {STEPS}
"""


def work() -> int:
    """Particle-steps of `measure`."""
    steps = SETTLING + STEPS
    return PARTICLES * len(SEEDS) * (30_000 + (1 + 2 * COST) * steps)


def measure(advance: Callable[[int], None]) -> dict:
    """What free particles gain, and a sheared liquid, ours and by both ways of LAMMPS.

    Returns
    -------
    dict
        The parameters; by way, ``counted``: how often −γ̇ c_y acts on the peculiar velocity of a free particle, the
        least and the most of any; and for ``ours`` and each way `QUANTITIES` with their standard ``error`` from the
        seeds. The normal difference is that of the kinetic pressures along x and y.
    """
    runs = {"ours": [], **{way: [] for way in WAYS}}
    for seed in SEEDS:
        simulation = Simulation(Mixture.preset(), PARTICLES, TEMPERATURE, 0.0, seed, comm=Serial())
        simulation.prepare(progress=lambda steps: advance(PARTICLES * steps))
        simulation.strain_rate = STRAIN_RATE
        for way in WAYS:
            runs[way].append(_lammps(simulation, way))
            advance(COST * PARTICLES * (SETTLING + STEPS))
        counted = {way: _counted(simulation, way) for way in WAYS}
        runs["ours"].append(_ours(simulation))
        advance(PARTICLES * (SETTLING + STEPS))
    parameters = {"particles": PARTICLES, "temperature": TEMPERATURE, "strain_rate": STRAIN_RATE, "seeds": SEEDS}
    return (
        parameters | {"time": STEPS * 5e-3, "counted": counted} | {name: _named(found) for name, found in runs.items()}
    )


def _ours(simulation):
    simulation.run(SETTLING)
    samples, frame = [], simulation.frame()
    for _ in range(STEPS // SAMPLE_EVERY):
        simulation.run(SAMPLE_EVERY)
        state, velocities = simulation.thermodynamics(), simulation.velocities()
        motion = velocities.T @ velocities / frame.box.volume
        total = [state[name] for name in ("pressure", "potential_energy")]
        samples.append([state["shear_stress"], -motion[0, 1], motion[0, 0] - motion[1, 1], *total])
    return np.mean(samples, axis=0)


def _lammps(start, way):
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        run_lammps(folder, start, LIQUID.format(way=WAYS[way].format(TEMPERATURE, 1.0)))
        samples = np.loadtxt(folder / "samples.txt")[1:].T
    # Both pressures as xx, yy, zz, xy, xz, yz.
    total, motion, energy = samples[1:7], samples[7:13], samples[13]
    found = (-total[3], -motion[3], motion[0] - motion[1], (total[0] + total[1]) / 2, energy / PARTICLES)
    return np.mean(found, axis=1)


def _counted(start, way):
    """How often −γ̇ c_y is counted, of particles that do not leave the box on their way: the least and the most."""
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        run_lammps(folder, start, FREE.format(way=WAYS[way].format(TEMPERATURE, 1e6)))
        text = (folder / "velocities.txt").read_text()
    before, after = (
        np.array(part.split("\n", 1)[1].split("ITEM")[0].split(), dtype=float).reshape(-1, 2)
        for part in text.split("ITEM: ATOMS")[1:]
    )
    frame = start.frame()
    time, height = FREE_STEPS * 5e-3, frame.positions[:, 1]
    inside = (height + before[:, 1] * time > 0) & (height + before[:, 1] * time < frame.box.lengths[1])
    chosen = inside & (np.abs(before[:, 1]) > 0.1)
    gained = (after - before)[chosen, 0] - STRAIN_RATE * time * before[chosen, 1]
    counted = -gained / (STRAIN_RATE * time * before[chosen, 1])
    return rounded([counted.min(), counted.max()])


def _named(runs):
    values, errors = mean_error(runs)
    return {
        name: {"value": rounded(value), "error": rounded(error, 3)}
        for name, value, error in zip(QUANTITIES, values, errors, strict=True)
    }
