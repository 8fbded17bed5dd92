"""Steps of athermal shear an hour, of 10,000 particles, beside LAMMPS.

Each step strains the box by 1e-4, which leaves most solids of this size elastic, and minimises to forces of 1e-10: ours
certified, LAMMPS' by conjugate gradients, which take less than its FIRE. Both have the same potential, Lennard-Jones
with force and energy shifted to zero at 2.5, and where no event lies between must find the same energies. Times are
those of the processor, so that other processes count little, and both go the same steps from the same minimum, in turn.
Of ours nearly a third is the symbolic analysis, which a pattern with a margin would save, and a quarter the factor.

``python -m benchmarks.athermal_shear TASK`` is our side, in a process of its own: TASK is a JSON object with the name
of a function here as ``task``, and its arguments; the result is printed as JSON.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np

import softspots as ss

from . import lammps
from .measure import CORES, Progress, Row, answer, run, run_task
from .starts import load, save_frame

PARTICLES, STEP, STEPS, MAX_FORCE = 10_000, 1e-4, 3, 1e-10
REPETITIONS = 3
EPSILON, SIGMA, CUTOFF = (1.0, 1.5, 0.5), (1.0, 0.8, 0.88), 2.5
# Energies of all particles, in two minima that are one, each known to MAX_FORCE.
SAME = 1e-6

PAIRS = f"pair_style lj/smooth/linear {CUTOFF}\n" + "\n".join(
    f"pair_coeff {kinds} {epsilon} {sigma}"
    for kinds, epsilon, sigma in zip(("1 1", "1 2", "2 2"), EPSILON, SIGMA, strict=True)
)
STRAINED = "change_box all xy delta {shift:.17g} remap units box\nminimize 0.0 {max_force} 100000 1000000\n"
INPUT = """
include system.txt
neighbor 0.3 bin
min_style cg
min_modify norm max
thermo 100000
thermo_style custom step pe
thermo_modify norm no format float %.15g
minimize 0.0 {max_force} 100000 1000000
{steps}
"""

_task = partial(run_task, "athermal_shear")


def rows(quick: bool, mpirun: str) -> Iterator[Row]:
    """Measure athermal shear; ``quick`` only shows that everything runs."""
    particles, repetitions = (1_000, 1) if quick else (PARTICLES, REPETITIONS)
    progress = Progress("athermal_shear", 1 + 2 * repetitions)
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        start = folder / "start.npz"
        progress("softspots, a liquid, cooled and quenched")
        _task("prepare", output=start, particles=particles)
        lammps.write_start(folder, start, 0.0, PAIRS)
        ours, theirs, found = [], [], {}
        for _ in range(repetitions):
            progress("softspots, steps of strain")
            found = _task("sheared", start=start, core=CORES[0])
            ours.append(3600 / found["seconds"])
            progress("LAMMPS, steps of strain")
            seconds, energies = _lammps(folder, load(start)[0].box.length_y)
            theirs.append(3600 / seconds)
            if not found["events"]:
                _check(found["energies"], energies)
    settings = {"particles": particles, "strain_step": STEP, "steps": STEPS, "max_force": MAX_FORCE, **found}
    peer = f"LAMMPS, change_box and minimize, min_style cg, to {MAX_FORCE:g}"
    yield Row("athermal shear", ours, "steps/h", peer, theirs, goal=10, settings=settings)


def _check(ours, theirs):
    apart = max(abs(one - other) for one, other in zip(ours, theirs, strict=True))
    if not apart < SAME:
        raise RuntimeError(f"energies of ours and of LAMMPS' minima differ by up to {apart:.3g}")


def mixture() -> ss.Mixture:
    """What LAMMPS calls lj/smooth/linear."""
    keys = (("A", "A"), ("A", "B"), ("B", "B"))
    pairs = {
        key: ss.LennardJones(epsilon=epsilon, sigma=sigma, cutoff=CUTOFF, smoothing="shifted-force")
        for key, epsilon, sigma in zip(keys, EPSILON, SIGMA, strict=True)
    }
    return ss.Mixture(pairs, fractions=(0.65, 0.35), density=1.2, dimension=2, temperatures=(0.1, 1.0))


def prepare(output, particles):
    """Write a minimum, at rest."""
    shear = ss.AthermalShear.prepare(mixture(), particles, 3, liquid_time=5.0, cooling_time=20.0, max_force=MAX_FORCE)
    frame = shear.current.frame.wrapped()
    # Numbers, as LAMMPS has them.
    frame = ss.Frame(frame.positions, np.unique(frame.species, return_inverse=True)[1], frame.box)
    save_frame(output, frame, velocities=np.zeros_like(frame.positions))
    return {}


def sheared(start, core):
    """Seconds of the processor a step, energies after each of them, and how many events there were."""
    os.sched_setaffinity(0, [core])
    shear = ss.AthermalShear(load(start)[0], mixture(), tolerance=STEP, max_force=MAX_FORCE)
    energies, events = [], 0
    begin = time.process_time()
    for state in shear.run(STEP * number for number in range(1, STEPS + 1)):
        energies.append(state.energy)
        events += len(state.events)
    seconds = (time.process_time() - begin) / STEPS
    return {"seconds": seconds, "energies": energies, "events": events, "evaluations": shear.evaluations}


def _lammps(folder, length_y) -> tuple[float, list[float]]:
    """Seconds of the processor a step, and energies after each of them."""
    steps = STEPS * STRAINED.format(shift=STEP * length_y, max_force=MAX_FORCE)
    (folder / "in.txt").write_text(INPUT.format(max_force=MAX_FORCE, steps=steps))
    program = [sys.executable, "-c", lammps.PROGRAM.format(cores=CORES[:1]), "-in", "in.txt", "-log", "none"]
    output = run(program, cwd=folder)
    if output.count("Stopping criterion = force tolerance") != STEPS + 1:
        raise RuntimeError("LAMMPS did not reach the force that was asked for")
    loops = map(float, re.findall(r"Loop time of (\S+) on", output))
    shares = map(float, re.findall(r"(\S+)% CPU use", output))
    # Of each minimisation the last line; the first one only found the start to be a minimum.
    ends = re.findall(r"^\s*\d+\s+(\S+)\s*\nLoop time", output, re.MULTILINE)
    seconds = sum(loop * share / 100 for loop, share in [*zip(loops, shares, strict=True)][1:]) / STEPS
    return seconds, [float(energy) for energy in ends[1:]]


if __name__ == "__main__":
    answer({"prepare": prepare, "sheared": sheared})
