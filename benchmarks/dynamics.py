"""Sheared dynamics: speed against LAMMPS, two ranks against one, cost against size, and the physical limit.

Physical limit
--------------
What a time step of the paper's system takes per particle, counted from `lennard_jones_one_cutoff`, generated from
fortran/mechanics/pair_loops.fypp, and its assembly (gfortran 12, AVX-512):

* A particle has 21.7 neighbours within the cutoff, and meets half of them in its own row. With a skin of 0.45 the rows
  hold 22.3 lanes a particle, 5.58 vectors of 4: 50 % of the lanes do useful work (a thirtieth of it in rows of images),
  25 % are within the skin, and 24 % fill up the last vector of a run.
* A vector costs 5 loads without gathers and 2 stores (224 bytes), 19 instructions of arithmetic (12 fused
  multiply-adds, 4 products, 2 differences, 1 comparison) and one division: 31 flops a lane, 690 a particle, of which
  350 are for neighbours. Copies of registers cost no time.
* All arrays that a step passes through, from the first kick to the thermostat's sum, are about 370 bytes per particle:
  3.7 MB at N = 10,000, from the second or third cache; 14 GB/s of main memory for a million particles at 37 M
  particle-steps/s.

Loads and stores have units of their own, and so have most dividers. The limit is therefore, per vector, the longer
of arithmetic and division. The time of either is measured on the core that runs the dynamics (throughput.c), since
clocks and dividers differ: on two vector units the arithmetic takes 9.5 cycles, and a divider takes 8 meanwhile. The
row "of the physical limit" is the share that whole time steps reach, all else included.

Where 100 cycles of a particle's step go, on an Intel core whose limit is 53:

* 79 in the force loop, 14 a vector. Of these, by leaving it out of the loop, each to a cycle or two a particle: adding
  to the partners takes 11, since a third of the vectors lie across two cache lines; the sums and what else is done once
  per row 5; the number of a row's vectors, guessed wrong, 5; what the species add to the coefficients 7; the division,
  most of which goes on beside, 3.
* 7 in rebuilds, one in 60 steps, most of it for the ends of runs; 13 in kicks, drift and displacements, which go once
  through memory in the order of slots each; 1 in ghosts.

What decides is neither the divider nor the longest vectors. Vectors of 8 lanes take as long in the loop by itself: two
units do twice as much at once, but there are 26.5 lanes instead of 22.3, and the divider of long vectors takes 16
cycles. They lose in whole steps: 512 bits at a time, sustained, slow the clock of the core from 3.56 to 3.3 GHz, in
the millisecond that follows, whatever runs then. In a build for AVX2, whose registers hold 4, they take a quarter more.

On an AMD core (Zen 5, 4.4 GHz) a particle's step takes 83 cycles, of a limit of 53 as well, and long vectors do not
slow its clock: vectors of 8 lanes in higher strips gain 3 % there. They stay at 4, so that one source has one set of
bits.

Two ranks
---------
On two such cores half of one rank's step is 96 µs for 10,000 particles, and two ranks take 101 to 104:

* 2 µs because a core is slower by so much while the other one is busy too.
* 2 for rows of images: 2.3 % more vectors than one rank has, as pairs across the cut are met on both sides.
* 2 to 3 for messages and waiting. A message takes 0.5 and the sum of all ranks 0.2; the rest is the wait for the slower
  rank, whose half of the box has one particle in a hundred more.
* 1 for ghosts, which are packed and unpacked, and 1 for rebuilds: migration, and images for two rectangles.

There were 11 more, most of them for Open MPI's hand-shake for messages above 4 KB, for its locks for threads, which
mpi4py asks for, for its looking for messages from networks that are not there, for ghosts copied four times on their
way to the slots, and for all particles packed to send a few away. With ten times as many particles all this is lost
beside the work: the last row.

What was tried and gained nothing, or too little (the first five with vectors of 8):

* Each division begun one vector early, across the ends of rows: 3 to 4 % of a step, but 12 to 18 % more in a build for
  AVX2 on the same core, which has half as many registers of half the width.
* Other ways to divide, with the same bits: a division in single precision, a little too large, with one correction of
  third order and one of Markstein's kind by fused multiply-adds, took 5 ns more in the loop, by its longer chain. One
  division for two vectors, corrected likewise, was not built: it costs four instructions a vector.
* Inverses of whole rows, or of many, ahead in a buffer (10 ns more: the divider then idles while the rest is done); two
  vectors ahead (the compiler keeps them in memory).
* A loop over all vectors without one over rows; rows of two and more places in the system in turn, so that none reads
  what the one before has stored.
* Rows of two particles that are neighbours in a strip and share each vector of partners: the united runs are longer,
  3.95 vectors a particle instead of 3.31, and take back what is gained; 2 ns more, and in a build for AVX2 5 ns.
* Arrays at any distance from each other: the same to 1 ns, but for distances of nearly whole pages.
* Coefficients of both species in the lanes of masks, or by slot from memory, instead of computed (the same, 2 ns more);
  sums of lanes put off and taken for 16 rows together, or by other instructions (the same); optimisation flags.
* Ends of runs found in one pass over the run, or 8 slots at a time (more); higher and lower strips; other skins.
* Forces set to zero run by run, and exact sums taken run by run, instead of all at once.
* Messages in pieces that Open MPI hands over at once: as long as its hand-shake. Two ranks one above the other instead
  of side by side: longer runs, more images, 1 % slower.

Three dimensions
----------------
10,000 particles of `kob-andersen-3d` at T = 0.45 on an AMD core (Zen 4, 3.7 GHz), with a skin of 0.3 and a rebuild in
10 steps. A particle has 65 neighbours within the cutoff of their pair, and meets half of them in its own row. The rows
hold 20.6 vectors of 4 a particle, 3.0 of them in rows of images: 15 % of all pairs reach across the box and are met on
both sides, which is the price of the same bits on any number of ranks.

The arithmetic of a vector, 20 multiplications and additions on two units, takes 10 cycles, 12 with the division; it
takes 15 within a long row, of which adding to partners is 4. The start and end of a row, of which there are 1.7 a
particle, take 40 to 70. Of the 173 ns of a particle's step about 100 are the force loop, 40 the search for rows in
rebuilds, and the rest ghosts, other parts of rebuilds, kicks and drift. Before, a step took 208: runs reached as far as
the largest cutoff, also between species whose pair ends at 2.0 (a seventh more vectors), and the ends of each run were
looked for with branches that nothing foretells (a third more time, so that a larger skin was better).

What gained nothing here:

* All slots in the first cache (1 %); arrays at other distances (1 %); vectors that begin at multiples of four (4 % a
  vector, but there are more of them).
* 8 lanes: 9 ns a vector instead of 5, and a quarter more slots.
* Vectors that leave out what lies beyond the range within a run (1.6 % fewer); thinner rods (as many).
* Splines take 17 ns a vector instead of 5, most of it to load 20 coefficients. By gathers it is 28; with those of an
  interval in one line of the cache, or with other lengths of vectors asked for, it is the same.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from softspots import _core

from . import lammps
from .loops import exact_sum_seconds, vector_seconds
from .measure import CORES, Progress, Row, run_task

PARTICLES = 10_000
STRAIN_RATE = 1e-4
# All that defines the system; most are the defaults of `Simulation`.
SYSTEM = {
    "particles": PARTICLES,
    "strain_rate": STRAIN_RATE,
    "density": 1.2,
    "temperature": 0.1,
    "timestep": 0.005,
    "smoothing": "even",
    "skin": 0.45,
}
SPEED = "particle-steps/s"
SKINS = (0.2, 0.3, 0.4, 0.5, 0.6)
# How often a start of 1,000 particles is repeated in x and y.
COPIES = {1_000: (1, 1), 10_000: (5, 2), 100_000: (10, 10), 1_000_000: (40, 25)}
# Two ranks share these as well.
LARGE = 100_000
# Counted as said above: vectors per particle, and instructions of arithmetic per vector, beside one division.
VECTORS, ARITHMETIC = 5.58, 19

_ours = partial(run_task, "sheared")


def rows(quick: bool, mpirun: str) -> Iterator[Row]:
    """Measure the dynamics; ``quick`` only shows that everything runs."""
    shorter = 50 if quick else 1
    repetitions, scaling_repetitions = (2, 1) if quick else (7, 3)
    launcher = (mpirun, "-n", 2) if _core.built_with_mpi and len(CORES) > 1 else None
    if launcher is None:
        print("dynamics: no rows for 2 ranks, which need an MPI and 2 cores", file=sys.stderr)
    each = 3 if launcher is None else 6
    total = 2 + len(SKINS) + repetitions * each + scaling_repetitions * (len(COPIES) + (launcher is not None))
    progress = Progress("dynamics", total)

    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        progress(f"softspots, preparing {PARTICLES:,} particles in steady shear")
        # Ten times faster than measured, to be there in seconds.
        task = {"particles": PARTICLES, "strain": 0.002 if quick else 0.2, "preparation_rate": 1e-3}
        _ours("prepare", output=folder / "start.npz", strain_rate=STRAIN_RATE, **task)
        yield from _against_lammps(folder, repetitions, shorter, launcher, progress)

        progress("softspots, preparing 1,000 particles at rest")
        task = {"particles": 1_000, "strain": 0.0, "preparation_rate": 0.0}
        _ours("prepare", output=folder / "small.npz", strain_rate=0.0, **task)
        yield from _against_size(folder / "small.npz", scaling_repetitions, shorter, launcher, progress)


def _against_lammps(folder, repetitions, shorter, launcher, progress):
    """The paper's system on one core and on two, and what bounds it."""
    one, two = CORES[:1], CORES[:2]
    our_steps = {"warm_up": 500 // shorter, "steps": 6_000 // shorter}
    their_steps = {"warm_up": 500 // shorter, "steps": 2_000 // shorter}
    lammps.write_start(folder, folder / "start.npz", STRAIN_RATE)

    def ours(cores, launcher=(), **options):
        task = {"start": folder / "start.npz", "strain_rate": STRAIN_RATE, "cores": cores}
        return _ours("run", launcher, **task, **our_steps, **options)["speed"]

    def theirs(cores, skin):
        return lammps.sheared(folder, cores, skin, STRAIN_RATE, **their_steps)

    by_skin = {}
    for skin in SKINS:
        progress(f"LAMMPS, skin {skin}")
        by_skin[skin] = theirs(one, skin)
    best = max(by_skin, key=by_skin.get)

    us, them, vectors, sums, us_on_2, them_on_2, side_by_side = ([] for _ in range(7))
    for _ in range(repetitions):
        progress("softspots, 1 core")
        us.append(ours(one))
        progress("vector units and exact sums")
        vectors.append(vector_seconds(*one))
        sums.append(exact_sum_seconds(*one, PARTICLES))
        progress(f"LAMMPS, 1 core, skin {best}")
        them.append(theirs(one, best))
        if launcher is None:
            continue
        progress("softspots, 2 ranks")
        us_on_2.append(ours(two, launcher))
        progress(f"LAMMPS, 2 ranks, skin {best}")
        them_on_2.append(theirs(two, best))
        progress("softspots, 1 core, twice side by side")
        side_by_side.append(ours(two, launcher, side_by_side=True))

    settings = {"system": SYSTEM, "our_steps": our_steps, "their_steps": their_steps, "their_speed_by_skin": by_skin}
    peer = f"LAMMPS, lj/cut/opt, fix nvt/sllod and fix deform, skin {best}"
    yield Row("sheared NVT, 1 core", us, SPEED, peer, them, goal=5.0, settings=settings)
    if launcher is not None:
        yield Row("sheared NVT, 2 ranks", us_on_2, SPEED, peer, them_on_2, goal=5.0, settings=settings)
        settings = {"system": SYSTEM, "steps": our_steps}
        peer = "twice softspots on 1 core, the other one idle"
        yield Row("efficiency of 2 ranks", us_on_2, SPEED, peer, [2 * v for v in us], goal=0.95, settings=settings)
        peer = "two runs of softspots, side by side on 1 core each"
        yield Row("efficiency of 2 ranks, both cores busy", us_on_2, SPEED, peer, side_by_side, settings=settings)

    settings = {"system": SYSTEM, "seconds_per_vector": vectors, "vectors": VECTORS, "arithmetic": ARITHMETIC}
    limit = [1 / (VECTORS * max(ARITHMETIC * v["multiply_add"], v["divide"])) for v in vectors]
    yield Row("sheared NVT, of the physical limit", us, SPEED, "vector units", limit, settings=settings)
    steps = [1e6 * PARTICLES / speed for speed in us]
    without = [step - 1e6 * seconds for step, seconds in zip(steps, sums, strict=True)]
    settings = {"system": SYSTEM, "seconds_per_sum": sums}
    peer = "the same without the exact sum"
    yield Row("a step with exact sums", steps, "µs", peer, without, better="less", goal=0.95, settings=settings)


def _against_size(start, repetitions, shorter, launcher, progress):
    """Time and memory against the number of particles, and two ranks where each has more to do between messages."""
    times, memories, on_2 = {size: [] for size in COPIES}, {size: [] for size in COPIES}, []
    # Long enough for several rebuilds, also where a step takes long.
    steps = {size: max(200, 60_000_000 // size) // shorter for size in COPIES}

    def measured(size, cores, launcher=()):
        progress(f"softspots, {size:,} particles, {len(cores)} core(s)")
        task = {"start": start, "strain_rate": STRAIN_RATE, "cores": cores, "copies": COPIES[size]}
        return _ours("run", launcher, warm_up=20, steps=steps[size], **task)

    for _ in range(repetitions):
        for size in COPIES:
            result = measured(size, CORES[:1])
            times[size].append(1e6 / result["speed"])
            memories[size].append(result["memory"])
        if launcher is not None:
            on_2.append(measured(LARGE, CORES[:2], launcher)["speed"])
    peer = f"softspots, {PARTICLES:,} particles"
    for size in COPIES:
        settings = {"system": SYSTEM | {"particles": size}, "steps": steps[size]}
        name = f"{size:,} particles, 1 core"
        yield Row(name, times[size], "µs/particle-step", peer, times[PARTICLES], better="less", settings=settings)
        yield Row(f"{size:,} particles, memory", memories[size], "bytes/particle", settings=settings)
    if launcher is not None:
        settings = {"system": SYSTEM | {"particles": LARGE}, "steps": steps[LARGE]}
        peer = "twice softspots on 1 core, the other one idle"
        twice = [2e6 / each for each in times[LARGE]]
        yield Row(f"{LARGE:,} particles, efficiency of 2 ranks", on_2, SPEED, peer, twice, settings=settings)
