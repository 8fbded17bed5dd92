"""Quench, modes, D²_min and whole frames: against LAMMPS, SciPy and OVITO, against size, and on two ranks.

What bounds the modes
---------------------
Block Lanczos on the inverse finds the 500 lowest modes of 10,000 particles in some 1,510 vectors, 94 blocks of 16. Its
parts, on an Intel core with AVX-512 in a virtual machine, of 5.1 s in all:

* Orthogonalisation against all vectors, 59 blocks: 1.2 s. At the end 250 MB are read twice a block; at 50 Gflop/s of
  the 65 that BLAS reaches here, memory is as busy, with 12.5 GB/s.
* Solves: 1.25 s. A factor of 5.5 million numbers is read twice a block, at 7 GB/s; 9 ms if it is still in a cache,
  13 ms after a sweep over the basis. With CHOLMOD's own solves, which take vectors column by column, 2.7 s.
* Ritz values and vectors: 0.55 s for the projected matrix, 0.55 s for the vectors, which BLAS bounds, and 0.15 s for
  two looks at convergence.
* Orthonormalising blocks within themselves and against the last two: 0.5 s. Analysis, factorisation and packing: 0.45
  s. Residuals and orthogonality, which are always returned: 0.4 s.

What made it faster, in seconds for the same 500 modes, from 7.1 on: the memory of the basis kept between frames, 0.7
(0.03 where the system has the memory at hand, but a virtual machine that has given it back to its host pays 1.2 ms a
MiB again); blocks permuted once and not in every solve, 0.3; orthogonalisation against eight columns at once,
not four, 0.4: a panel of the block, which lies in the second cache, was what bounded it; convergence looked at when the
residual should be small enough, not eight blocks after the first look, 0.3.

What else was tried, before that, of 7 s: all blocks orthogonalised against all vectors, 8.2; loss of orthogonality up
to 1e-10 instead of 1e-12, 6.7, but residuals of 5e-11 instead of 2e-12; NumPy for the orthogonalisation, twice as long
for that part; blocks of 32, a tenth more vectors and no gain; panels of 256 rows instead of 1,024, half again as long
for the orthogonalisation, of 512 the same; solves in tiles of 8 columns, no gain. PRIMME on the inverse, in blocks of
32, took 26 s in a trial, and slices of the spectrum by MUMPS 7 s; MUMPS would be a second direct solver beside
CHOLMOD, with an MPI of its own to keep out of the way. And since:

* A shift inside the spectrum, with an indefinite L D Lᵀ. Shifts at modes 150, 200, 250 and 300 of the 500 take 1,280,
  1,216, 1,120 and 1,056 vectors instead of 1,510; at 300, modes below and above it converge together. But without
  pivoting the factors grow: rounding of the factorisation is 1e-10 to 4e-10 instead of 7e-13, and residuals are 6e-9
  to 2e-8 instead of 3e-12 (eigenvalues are off by 1e-11 to 4e-11). A step of refinement in each solve should mend
  that. With it, with a supernodal L D Lᵀ of our own (CHOLMOD's simplicial one takes 1.1 to 1.4 s, its supernodal
  Cholesky 0.19), and with one more factorisation to place the shift, an estimate comes to 4.6 s instead of 5.1.
* A larger shift below the spectrum, a twentieth of the highest wanted eigenvalue, which halves the growth of the loss:
  52 blocks orthogonalised against all instead of 61. That is 0.2 s, for a guess of where the modes lie.
* A subset of eigenpairs of the projected matrix (MRRR, or bisection): no gain, its tridiagonal form takes the time.
* Prefetching the factor, at 0.5 to 8 KB; vector instructions for the tiles' triangles: no gain.
* Nested dissection instead of METIS: 1 % fewer numbers in the factor; AMD alone: 29 % more.
* One symbolic analysis for the last factor of the quench and that of the modes, which have the same pattern, would save
  0.13 s, but tie the two stages to each other.

What bounds the quench: L-BFGS takes some 1,350 forces and 0.6 ms for each, not quite half of it for history and line
search. Two factorisations and one analysis, 0.5 s, end it. Means of 16 frames: keeping a factor for as long as its
steps bring the force down to 0.3, not 0.01, takes 2.06 factorisations instead of 2.19 and 1.43 s instead of 1.53; with
it, handing over to Newton at 3e-4 or 1e-3 instead of 1e-4 takes 1,265 or 1,148 forces instead of 1,361, but 1.47 or
1.58 s. Fewer or more pairs than 8 gained nothing.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np

from softspots import _core

from . import lammps
from .measure import CORES, Progress, Row, run, run_task

PARTICLES = 10_000
TEMPERATURE = 0.1
# How often 1,000 or 10,000 particles are repeated in x and y.
SIZES = {1_000: (1_000, (1, 1)), 10_000: (10_000, (1, 1)), 31_250: (1_250, (5, 5)), 100_000: (1_000, (10, 10))}
# Steps after which copies are no longer alike.
SPREAD = 2_000
FIRE_STEPS = 20_000
STAGES = ("dynamics", "quench", "modes", "map", "d2min")

_task = partial(run_task, "frames")


def rows(quick: bool, mpirun: str) -> Iterator[Row]:
    """Measure the landscape; ``quick`` only shows that everything runs."""
    particles = 1_000 if quick else PARTICLES
    repetitions = 1 if quick else 2
    sizes = {1_000: SIZES[1_000]} if quick else SIZES
    launcher = (mpirun, "-n", 2) if _core.built_with_mpi and len(CORES) > 1 else None
    progress = Progress("landscape", 1 + repetitions * 6 + 2 * len(sizes) + (launcher is not None) * 2 * repetitions)
    core = CORES[0]
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        progress(f"softspots, a frame of {particles:,} particles in steady shear")
        start, structure = folder / "start.npz", folder / "structure.npz"
        _task("thermal", output=start, particles=particles, copies=(1, 1), temperature=TEMPERATURE, steps=0, core=core)
        yield from _frame(folder, start, structure, repetitions, quick, progress)
        yield from _scaling(folder, sizes, progress)
        if launcher is not None:
            yield from _farm(folder, launcher, particles, repetitions, progress)


def _frame(folder, start, structure, repetitions, quick, progress):
    """Every stage of one frame against a peer, and all of them together."""
    core = CORES[0]
    lammps.write_start(folder, start, 1e-3)
    us, dynamics, fire, plain, cholmod, ovito = ([] for _ in range(6))
    for _ in range(repetitions):
        progress("softspots, one frame")
        us.append(_task("ours", start=start, temperature=TEMPERATURE, core=core, structure=structure))
        progress("LAMMPS, dynamics")
        dynamics.append(400 / lammps.sheared(folder, [core], 0.2, 1e-3, warm_up=100, steps=400))
        progress("LAMMPS, minimisation by FIRE")
        fire.append(lammps.minimized(folder, core, FIRE_STEPS // (100 if quick else 1)))
        progress("SciPy, eigsh")
        plain.append(_task("scipy_modes", start=start, structure=structure, core=core, cholmod=False))
        progress("SciPy, eigsh with CHOLMOD")
        cholmod.append(_task("scipy_modes", start=start, structure=structure, core=core, cholmod=True))
        progress("OVITO, atomic strain")
        ovito.append(_task("ovito_d2min", start=start, structure=structure, core=core))
    particles = len(np.load(start)["species"])
    dynamics = [particles * seconds for seconds in dynamics]

    def row(name, ours, peer, theirs, goal, **settings):
        return Row(
            name, ours, "s", peer, theirs, better="less", goal=goal, settings={"particles": particles} | settings
        )

    stages = {stage: [result["seconds"][stage] for result in us] for stage in STAGES}
    residual = us[0]["residual"]
    yield row(
        "quench",
        stages["quench"],
        f"LAMMPS, min_style fire, {FIRE_STEPS:,} steps",
        [each["seconds"] for each in fire],
        40,
        max_force=us[0]["max_force"],
        certified=us[0]["certified"],
        their_max_force=fire[0]["max_force"],
    )
    settings = {"residual": residual, "their_residual": plain[0]["residual"]}
    yield row("500 modes", stages["modes"], "SciPy, eigsh", [each["seconds"] for each in plain], 16, **settings)
    settings = {"residual": residual, "their_residual": cholmod[0]["residual"]}
    peer = "SciPy, eigsh with CHOLMOD"
    yield row("500 modes", stages["modes"], peer, [each["seconds"] for each in cholmod], 7, **settings)
    settings = {"median_difference": ovito[0]["difference"]}
    peer = "OVITO, AtomicStrainModifier"
    theirs = [each["seconds"] for each in ovito]
    yield row("D²_min", [each["ours"] for each in ovito], peer, theirs, 4, **settings)
    theirs = [
        time + quench["seconds"] + modes["seconds"] + strain["seconds"]
        for time, quench, modes, strain in zip(dynamics, fire, plain, ovito, strict=True)
    ]
    ours = [sum(result["seconds"].values()) for result in us]
    yield row("one frame, all in", ours, "LAMMPS, SciPy and OVITO, which makes no map", theirs, 22, stages=stages)


def _scaling(folder, sizes, progress):
    """Quench and 500 modes against the number of particles."""
    results = {}
    for size, (particles, copies) in sizes.items():
        start = folder / f"{size}.npz"
        progress(f"softspots, preparing {size:,} particles")
        steps = SPREAD if copies != (1, 1) else 0
        task = {"particles": particles, "copies": copies, "temperature": TEMPERATURE, "steps": steps}
        _task("thermal", output=start, core=CORES[0], **task)
        progress(f"softspots, one frame of {size:,} particles")
        results[size] = _task("ours", start=start, temperature=TEMPERATURE, core=CORES[0])
    for stage in ("quench", "modes"):
        times = [result["seconds"][stage] for result in results.values()]
        for size, result in results.items():
            settings = {"evaluations": result["evaluations"], "residual": result["residual"]}
            yield Row(f"{stage}, {size:,} particles", [result["seconds"][stage]], "s", settings=settings)
        if len(sizes) > 1:
            exponent = np.polyfit(np.log(list(sizes)[1:]), np.log(times[1:]), 1)[0]
            yield Row(f"{stage}, time as a power of N from {PARTICLES:,} on", [float(exponent)], "")
    for size, result in results.items():
        yield Row(f"one frame of {size:,} particles, memory", [result["memory"] / 2**20], "MiB")


def _farm(folder, launcher, particles, repetitions, progress):
    """Frames of a run, one rank against two that take turns."""
    speeds = {1: [], 2: []}
    for _ in range(repetitions):
        for ranks, prefix in ((1, ()), (2, launcher)):
            progress(f"softspots, frames on {ranks} ranks")
            speeds[ranks].append(_frames_per_second(folder / str(ranks), prefix, particles))
    peer = "twice softspots on 1 rank"
    theirs = [2 * speed for speed in speeds[1]]
    yield Row("frames on 2 ranks", speeds[2], "frames/s", peer, theirs, goal=0.95, settings={"particles": particles})


def _frames_per_second(folder, launcher, particles):
    from softspots.io.results import read_results

    frames = 4
    options = ["--particles", particles, "--frames", frames, "--strain-rate", 1e-3, "--steady-state-strain", 0.01]
    options += ["--liquid-time", 1, "--cooling-time", 2, "--output", folder, "--overwrite"]
    run([*launcher, sys.executable, "-m", "softspots.simulate", *options])
    attributes = read_results(folder / "results.nc").attributes
    return frames / (attributes["wall_time_total"] - attributes["wall_time_preparation"])
