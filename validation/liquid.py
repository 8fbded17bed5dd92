"""The liquid at rest: equation of state and pair distribution of ours and of LAMMPS."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from scipy.spatial import cKDTree

from softspots import Box, Mixture, Simulation
from softspots.dynamics.parallel import Serial

from .lammps import COST, run_lammps
from .statistics import mean_error, rounded

PARTICLES = 1_000
BALL = {2: np.pi, 3: 4 * np.pi / 3}
# Errors come from independent starts: at T = 0.6 blocks of 50 τ of one run still know of each other.
SEEDS = {"ours": list(range(31, 39)), "lammps": list(range(71, 79))}
SETTLING = 10_000
SAMPLE_EVERY, FRAME_EVERY = 40, 200
PREPARATION = 30_000
EDGES = np.linspace(0.5, 4.0, 71)
QUANTITIES = ("pressure", "potential_energy", "kinetic_temperature")

LAMMPS = """
compute energy all pe
fix thermostat all nvt temp {temperature} {temperature} 1.0
run {settling}
reset_timestep 0
fix samples all ave/time {every} 1 {every} c_peculiar c_energy {pressures} &
  file samples.txt format " %.10g"
dump frames all custom {frame_every} frames.txt {axes}
dump_modify frames sort id format float %.10g
run {steps}
"""


def work(temperature: float, steps: int, preset: str) -> int:
    """Particle-steps of `measure`."""
    each = 2 * PREPARATION + (1 + COST) * (SETTLING + steps)
    return PARTICLES * len(SEEDS["ours"]) * each


def measure(advance: Callable[[int], None], temperature: float, steps: int, preset: str) -> dict:
    """Pressure, energy and g(r) in equilibrium, ours (one thermostat) and LAMMPS' (a chain of three).

    Returns
    -------
    dict
        The parameters, ``edges`` of the bins of r, and for ``ours`` and ``lammps``, each with its standard ``error``
        from the seeds: `QUANTITIES`, and ``g``, shape (3, bins), of AA, AB and BB.
    """
    ours = [_ours(advance, preset, temperature, steps, seed) for seed in SEEDS["ours"]]
    lammps = [_lammps(advance, preset, temperature, steps, seed) for seed in SEEDS["lammps"]]
    parameters = {
        "preset": preset,
        "particles": PARTICLES,
        "temperature": temperature,
        "time": steps * 5e-3,
        "seeds": SEEDS,
    }
    return parameters | {"edges": rounded(EDGES), "ours": _summary(ours), "lammps": _summary(lammps)}


def _ours(advance, preset, temperature, steps, seed):
    """Means over one run: `QUANTITIES`, and g(r)."""
    simulation = _start(advance, preset, temperature, seed)
    simulation.run(SETTLING)
    advance(PARTICLES * SETTLING)
    states, distributions = [], []
    for _ in range(steps // FRAME_EVERY):
        for _ in range(FRAME_EVERY // SAMPLE_EVERY):
            simulation.run(SAMPLE_EVERY)
            state = simulation.thermodynamics()
            states.append([state[name] for name in QUANTITIES])
        frame = simulation.frame()
        distributions.append(_pair_distribution(frame.positions, frame.species, frame.box))
        advance(PARTICLES * FRAME_EVERY)
    return np.mean(states, axis=0), np.mean(distributions, axis=0)


def _lammps(advance, preset, temperature, steps, seed):
    start = _start(advance, preset, temperature, seed)
    frame = start.frame()
    axes, dimension = "xyz"[: frame.dimension], frame.dimension
    pressures = " ".join(f"c_pressure[{number}]" for number in range(1, dimension + 1))
    settings = {"pressures": pressures, "axes": " ".join(axes)}
    settings |= {"settling": SETTLING, "every": SAMPLE_EVERY, "frame_every": FRAME_EVERY, "steps": steps}
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        run_lammps(folder, start, LAMMPS.format(temperature=temperature, **settings))
        _, kinetic, energy, *pressures = np.loadtxt(folder / "samples.txt")[1:].T
        texts = re.split(r"ITEM: ATOMS.*\n", (folder / "frames.txt").read_text())[2:]
    numbers = (np.array(text.split("ITEM")[0].split(), dtype=float).reshape(-1, dimension) for text in texts)
    distributions = [_pair_distribution(frame.box.wrap(p)[0], frame.species, frame.box) for p in numbers]
    advance(COST * PARTICLES * (SETTLING + steps))
    states = np.column_stack((np.mean(pressures, axis=0), energy / PARTICLES, kinetic))
    return states.mean(axis=0), np.mean(distributions, axis=0)


def _start(advance, preset, temperature, seed):
    simulation = Simulation(Mixture.preset(preset), PARTICLES, temperature, 0.0, seed, comm=Serial())
    simulation.prepare(liquid_temperature=1.0, progress=lambda steps: advance(PARTICLES * steps))
    return simulation


def _pair_distribution(positions: np.ndarray, species: np.ndarray, box: Box) -> np.ndarray:
    """g(r) of AA, AB and BB, shape (3, bins), of a configuration in a box without tilt."""
    sides, dimension = box.lengths, box.dimension
    pairs = cKDTree(positions, boxsize=sides).query_pairs(EDGES[-1], output_type="ndarray")
    separations = positions[pairs[:, 1]] - positions[pairs[:, 0]]
    separations -= np.round(separations / sides) * sides
    distances, kinds = np.linalg.norm(separations, axis=1), species[pairs].sum(axis=1)
    counts = [np.histogram(distances[kinds == kind], EDGES)[0] for kind in range(3)]
    b = int(species.sum())
    a = len(species) - b
    number = np.array([a * (a - 1) / 2, a * b, b * (b - 1) / 2])
    return counts / (number[:, None] * BALL[dimension] * np.diff(EDGES**dimension) / box.volume)


def _summary(runs):
    states, distributions = zip(*runs, strict=True)
    values, errors = mean_error(states)
    g, g_error = mean_error(distributions)
    result = {
        name: {"value": rounded(v), "error": rounded(e, 3)}
        for name, v, e in zip(QUANTITIES, values, errors, strict=True)
    }
    return result | {"g": {"value": rounded(g), "error": rounded(g_error, 3)}}
