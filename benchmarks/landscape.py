"""Quench, modes, D²_min and whole frames: against LAMMPS, SciPy and OVITO, against size, and on two ranks.

What bounds the modes
---------------------
Block Lanczos on the inverse finds the 500 lowest modes of 10,000 particles in some 1,510 vectors, 94 blocks of 16. Its
parts, on an Intel core with AVX-512 in a virtual machine, of 3.2 s in all (3.5 when its memory is busy elsewhere, and
then 0.9 s and 1.0 s for the first two):

* Orthogonalisation against all vectors, 59 blocks: 0.85 s. At the end 250 MB are read once a block, at 14 GB/s of the
  18 that plain reading reaches here, and a copy in single precision once, which is 125 MB.
* Solves: 0.75 s. A factor of 5.4 million numbers is read twice a block, at 11 GB/s; 7.8 ms if it is still in a cache,
  8.8 ms after a sweep over the basis. With CHOLMOD's own solves, which take vectors column by column, 2.7 s.
* Ritz vectors: 0.4 s, which BLAS takes. Ritz values: 0.45 s, of which the tridiagonal form takes half, bound by memory.
* Orthonormalising blocks within themselves, 0.15 s, and against the last two, 0.15 s.
* Packing the factor, residuals, and overlaps of all modes, which are always returned: 0.07 s each.

What made it faster, in seconds for the same 500 modes, from 7.1 on: the memory of the basis kept between frames, 0.7
(0.03 where the system has the memory at hand, but a virtual machine that has given it back to its host pays 1.2 ms a
MiB again); blocks permuted once and not in every solve, 0.3; orthogonalisation against eight columns at once, not four,
0.4: a panel of the block, which lies in the second cache, was what bounded it; convergence looked at when the residual
should be small enough, not eight blocks after the first look, 0.3. And then, from 5.2 on: the last factor of the
quench, 0.3; residuals by a kernel and not by SciPy's product with 64 columns, 0.2; the projected matrix as its
diagonals, with LAPACK's tridiagonal form, its vectors, and only the wanted ones of them carried back, 0.15; convergence
by inverse iteration from the last look's value, at every block, 0.1; fewer copies, and locked vectors in a group of
eight, 0.1; and what lets the processor fetch ahead, in the solves the factor read straight backwards in the second
half, 0.1, and as four streams, one for each column of a tile, 0.3, and in the orthogonalisation panels of 2,048 rows,
not 1,024, 0.1. And, from 3.9 on, a second sweep over a copy in single precision, 0.2: a block is orthogonal to all but
the last two by rounding that has grown, so that what is taken out of it is small. And, from 3.8 on: the memory of the
vectors kept for the next frame's once nobody holds them, 0.17; and one round of Cholesky factorisation where it leaves
a block orthonormal, as most do, 0.15.

What else was tried, before all that, of 7 s: all blocks orthogonalised against all vectors, 8.2; loss of orthogonality
up to 1e-10 instead of 1e-12, 6.7, but residuals of 5e-11 instead of 2e-12; NumPy for the orthogonalisation, twice as
long for that part; blocks of 32, a tenth more vectors and no gain; panels of 256 rows instead of 1,024, half again as
long for the orthogonalisation, of 512 the same; solves in tiles of 8 columns, no gain. PRIMME on the inverse, in blocks
of 32, took 26 s in a trial, and slices of the spectrum by MUMPS 7 s; MUMPS would be a second direct solver beside
CHOLMOD, with an MPI of its own to keep out of the way. Of 5.2 s:

* A shift inside the spectrum, with an indefinite L D Lᵀ. Shifts at modes 150, 200, 250 and 300 of the 500 take 1,280,
  1,216, 1,120 and 1,056 vectors instead of 1,510; at 300, modes below and above it converge together. But without
  pivoting the factors grow: rounding of the factorisation is 1e-10 to 4e-10 instead of 7e-13, and residuals are 6e-9 to
  2e-8 instead of 3e-12 (eigenvalues are off by 1e-11 to 4e-11). A step of refinement in each solve should mend that.
  With it, with a supernodal L D Lᵀ of our own (CHOLMOD's simplicial one takes 1.1 to 1.4 s, its supernodal Cholesky
  0.19), and with one more factorisation to place the shift, an estimate comes to 4.6 s.
* A larger shift below the spectrum, a twentieth of the highest wanted eigenvalue, which halves the growth of the loss:
  52 blocks orthogonalised against all instead of 61, for a guess of where the modes lie and a factor of its own.
* Powers of the inverse, which take fewer vectors: its square, shifted as above, so that the residuals stay within
  5e-12, 1,248 vectors, and its cube, shifted by half of the highest wanted eigenvalue, 1,232; the further solves take
  what the others gain.
* A subset of eigenpairs of the projected matrix (MRRR, or bisection), or LAPACK's reduction of its bands: no gain.
* Prefetching the factor, at 0.5 to 8 KB; vector instructions for the tiles' triangles: no gain.
* Nested dissection instead of METIS: a few per cent more or fewer numbers in the factor; AMD alone: a quarter more.
  METIS on the graph of particles, not of coordinates: 0.04 s less for the analysis, 2 % more numbers.

And of 3.8 s: groups of eight columns of the basis laid row by row, so that memory is one stream, half again as long for
the orthogonalisation; its second sweep from the last panel to the first, no gain; two blocks in one sweep, 0.1 s less
for that part but more to do beside it; panels of 4,096 rows, slower; solves in tiles of 8 columns, as eight streams, a
tenth less by themselves but nothing in all; Ritz vectors in groups, each of the part of the basis that it has weight
on, six tenths of all products, no gain, as BLAS then packs the basis once a group; blocks transformed apart from the
basis, 0.02; panels of 1,000, 2,000 or 2,040 rows, whose columns do not lie a power of two apart, no gain; lowest modes
that have converged on the way, 47 of them at the 384th vector or 137 at the 640th, taken out of every later block, so
that the loss of orthogonality grows with the next eigenvalue and not with the first: by the estimate 50 of 58
orthogonalisations against all remain, which it costs.

On an AMD core (Zen 5) all that takes 2.7 s, and 2.4 when the process keeps what it frees (`softspots.commands.memory`),
since each of the 50,000 pages of a frame that the system hands out again is cleared first; a quench takes 0.05 s less.

On one without AVX-512 (Zen 3), in a virtual machine that reads memory at 10 GB/s, it takes 9.2 s, where it took 10.3
(medians of nine). Eight columns at once want 32 registers of four numbers, of which there are 16: overlaps of four are
found in half the time. Solves gained a tenth by back substitution of half a block at a time, and nothing by elimination
of the same.

Frames on two ranks: 1.88 times those of one, in a mean of seven runs. As frames are given out one a rank, a rank waits
for the other one's longer quench, 3 %; and both read their factors and bases at once, 1 to 3 %.

What bounds the quench: L-BFGS takes some 1,550 forces, from 900 in one frame to 2,600 in another, and 0.35 ms for each,
more than half of it for the force loop itself. Two factorisations and one analysis, 0.5 s, end it. From 1.5 s on, with
0.6 ms a force:

* The history of L-BFGS in single precision, and maxima by vectors, take 0.09 ms off the 0.6 of a force. The sum of the
  pairs' steps is then zero to single precision only, and a frame drifts by 1e-9.
* Particles in the order of their slots: 0.025 ms.
* One thread in CHOLMOD, which asks OpenMP for four that then wait for each other on one core: 0.1 s.
* The two loops of L-BFGS on scalar products, so that its history is read twice a force, not four times: 0.05 ms.
* Pairs in the history, with forces and milliseconds for each, means of 24 frames: 3, 1,997 and 0.44; 5, 1,548 and 0.48;
  6, 1,582 and 0.50; 8, 1,470 and 0.55. Of 8 frames: 5, 1,540 and 0.50; 12, 1,413 and 0.60; 16, 1,410 and 0.66.
* Keeping a factor for as long as its steps bring the force down to 0.3, not 0.01, took 2.06 factorisations instead of
  2.19, and 0.1 s less. Handing over to Newton at 3e-5, 1e-4 or 3e-4 takes 1,681, 1,544 or 1,441 forces, but all 1.35 s.
* No gain: skins of 0.15 and 0.2 instead of 0.3, or one that is halved whenever neighbours have served for 100 forces.
* Steps that overshoot to 2 times the slope, not 0.9: 1,497 forces instead of 1,548, but the energy may then rise.
* The diagonal blocks of the pairs' positive stiffnesses in the first frame as a preconditioner: 1,464 to 4,000 forces.
* A factor of all of them, shifted by 0.003 of the mean diagonal, as one: 420, 454, 770 and 1,333 forces in
  a trial on four frames, each with a solve of 7 ms or two, and minima that lie higher by 2 to 7 ε_AA.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np

from softspots import _core

from . import lammps
from .fire import Fire
from .measure import CORES, Progress, Row, run_task

PARTICLES = 10_000
TEMPERATURE = 0.1
# How often 1,000 or 10,000 particles are repeated in x and y.
SIZES = {1_000: (1_000, (1, 1)), 10_000: (10_000, (1, 1)), 31_250: (1_250, (5, 5)), 100_000: (1_000, (10, 10))}
# Steps after which copies are no longer alike.
SPREAD = 2_000
# Frames of which means are taken: the quench of one takes 900 forces, of another 2,600.
FRAMES = 8
STAGES = ("dynamics", "quench", "modes", "map", "d2min")

_task = partial(run_task, "frames")


def rows(quick: bool, mpirun: str) -> Iterator[Row]:
    """Measure the landscape; ``quick`` only shows that everything runs."""
    particles = 1_000 if quick else PARTICLES
    frames = 2 if quick else FRAMES
    repetitions, farm_repetitions = (1, 1) if quick else (2, 3)
    sizes = {1_000: SIZES[1_000]} if quick else SIZES
    launcher = (mpirun, "-n", 2) if _core.built_with_mpi and len(CORES) > 1 else None
    farms = (launcher is not None) * 2 * farm_repetitions
    progress = Progress("landscape", 2 + repetitions * 7 + 2 * len(sizes) + farms)
    core = CORES[0]
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        progress(f"softspots, a frame of {particles:,} particles in steady shear")
        start, structure = folder / "start.npz", folder / "structure.npz"
        _task("thermal", output=start, particles=particles, copies=(1, 1), temperature=TEMPERATURE, steps=0, core=core)
        yield from _frame(folder, start, structure, frames, repetitions, quick, progress)
        yield from _scaling(folder, sizes, progress)
        if launcher is not None:
            yield from _farm(folder, launcher, particles, frames, farm_repetitions, progress)


def _frame(folder, start, structure, frames, repetitions, quick, progress):
    """Every stage of one frame against a peer, and all of them together."""
    core = CORES[0]
    lammps.write_start(folder, start, 1e-3)
    progress("LAMMPS, FIRE, pair styles and time steps")
    tuned = Fire.best(folder, start, "kob-andersen", core, *([100] if quick else []))
    us, several, dynamics, fire, plain, cholmod, ovito = ([] for _ in range(7))
    for _ in range(repetitions):
        progress("softspots, one frame")
        us.append(_task("ours", start=start, temperature=TEMPERATURE, core=core, structure=structure))
        progress("softspots, quenches")
        several.append(_task("quenches", start=start, temperature=TEMPERATURE, core=core, frames=frames))
        progress("LAMMPS, dynamics")
        dynamics.append(400 / lammps.sheared(folder, [core], 0.2, 1e-3, warm_up=100, steps=400))
        progress("LAMMPS, minimisation by FIRE")
        fire.append(tuned.minimized(core))
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
        "quench, mean of frames",
        [each["mean"] for each in several],
        tuned.peer,
        [each["seconds"] for each in fire],
        8,
        seconds=[each["seconds"] for each in several],
        evaluations=several[0]["evaluations"],
        max_force=several[0]["max_force"],
        certified=several[0]["certified"],
        their_steps=fire[0]["steps"],
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
    yield row("one frame, all in", ours, "LAMMPS, SciPy and OVITO, which makes no map", theirs, 15, stages=stages)


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


def _farm(folder, launcher, particles, frames, repetitions, progress):
    """Frames of a run, one rank against two that take turns."""
    speeds = {1: [], 2: []}
    for _ in range(repetitions):
        for ranks, prefix in ((1, ()), (2, launcher)):
            progress(f"softspots, frames on {ranks} ranks")
            task = {"output": folder / str(ranks), "particles": particles, "frames": frames, "cores": CORES[:ranks]}
            speeds[ranks].append(_task("farmed", prefix, **task))
    peer = "twice softspots on 1 rank"
    theirs = [2 * speed for speed in speeds[1]]
    settings = {"particles": particles, "frames": frames}
    yield Row("frames on 2 ranks", speeds[2], "frames/s", peer, theirs, goal=0.95, settings=settings)
