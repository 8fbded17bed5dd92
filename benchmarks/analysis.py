"""The analysis of a whole run, and a map of soft spots against freud.

What bounds the analysis
------------------------
Of 1,000 frames of 10,000 particles, with some 65 soft spots each that forget in 50 frames, in 23 s on one core: D²_min
4 s, maps 3 s, and the statistics 16 s. Of these, single soft spots take half, products of sparse matrices that grow
with the square of the number of frames; ΔP* in 100 frames 3 s, correlations in time 3 s, P(D²_min) 1 s, and reading the
results file 1 s.

Of a map, 2 of 3 ms are the Delaunay neighbours of the fifth of the particles that are on it: finding the vicinity of
each, and turning around it, as long again. What was tried, in ms for the neighbours of all 10,000 particles, 8.2 as it
is: rows of cells a mean spacing high instead of 1.6, 9.2; vicinities of 2 or 2.5 mean spacings instead of 2.25, no
difference beyond 5 %. The triangulation of the box with a margin of images, by SciPy's Qhull, took 40.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from .history import TEMPERATURE
from .measure import CORES, Progress, Row, run_task

PARTICLES, FRAMES = 10_000, 1_000

_task = partial(run_task, "history")


def rows(quick: bool, mpirun: str) -> Iterator[Row]:
    """Measure the analysis; ``quick`` only shows that everything runs."""
    particles, frames, repetitions = (1_000, 30, 1) if quick else (PARTICLES, FRAMES, 2)
    progress = Progress("analysis", 1 + 2 * repetitions)
    core = CORES[0]
    with tempfile.TemporaryDirectory() as folder:
        start = Path(folder) / "start.npz"
        progress(f"softspots, a frame of {particles:,} particles in steady shear")
        thermal = {"particles": particles, "copies": (1, 1), "temperature": TEMPERATURE, "steps": 0}
        run_task("frames", "thermal", output=start, core=core, **thermal)
        us, freud = [], []
        for _ in range(repetitions):
            progress(f"softspots, analysis of {frames:,} frames")
            us.append(_task("analysis", start=start, folder=folder, frames=frames, core=core))
            progress("freud, a map")
            freud.append(_task("freud_map", start=start, core=core))
    settings = {"particles": particles, "spots": freud[0]["spots"], "same_spots": freud[0]["same"]}
    ours, theirs = [each["ours"] for each in freud], [each["seconds"] for each in freud]
    yield Row("map of soft spots", ours, "s", "freud, Voronoi and Cluster", theirs, better="less", settings=settings)
    per_thousand = [1_000 / frames * sum(each["seconds"].values()) for each in us]
    settings = {"particles": particles, "frames": frames, "missing": us[0]["missing"], "density": us[0]["density"]}
    stages = {stage: [each["seconds"][stage] for each in us] for stage in us[0]["seconds"]}
    yield Row("analysis of 1,000 frames", per_thousand, "s", settings=settings | {"stages": stages})
    yield Row("analysis of 1,000 frames, memory", [each["memory"] / 2**20 for each in us], "MiB")
