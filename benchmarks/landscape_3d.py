"""Quench and modes in three dimensions, against LAMMPS and SciPy, and Hessians in both against matscipy.

The start is Kob and Andersen's mixture, cooled fast, at rest. Frames of a quench are as one of many: each is done
twice, and the second time counts. Modes are found in a process of their own, of a matrix that is there, whose peak of
memory is all that they need. In the largest system no factor certifies the minimum, which would take longer than all
else: it is where L-BFGS finds no force beyond `LARGE_FORCE`, and the modes' filter would see a negative one.

Of a quench of 10,000 particles, some 6 s of the processor's time on a busy core with AVX-512, L-BFGS takes nearly 5 s
for 2,000 to 2,350 forces, and the certificate by random vectors one. With two factorisations and Newton steps in
their place it was 31.5 s, of which L-BFGS took 3 s: a factor takes 13 to 14 s. The same minimum is found. A factor
could not be had for less: of CHOLMOD's orderings AMD needs 1.2e12 operations (4,000 particles: 1.5e11), METIS 5.0e11
(6.5e10), which is what CHOLMOD takes by itself, nested dissection 5.0e11 (6.8e10), and by particles in place of
coordinates 5.1e11 at best; they run at 38 GFlop/s. So one factor in place of two would leave some 18 s. Vectors pay
from some 600 particles on: 1,000 take 0.38 s and with factors 0.51 to 0.62 s, 2,000 take 0.9 and 1.8 s.
`benchmarks.fire` says how the peer is set.

matscipy knows space alone: a plane lies in a box of some depth there. Both sides begin with positions and end with a
sparse matrix, so that both search neighbours.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from .fire import Fire
from .measure import CORES, Progress, Row, run_task

MIXTURE, TEMPERATURE = "kob-andersen, 3D", 0.4
PARTICLES = 10_000
# Modes against a peer that takes a minute, ours alone, and where nothing else fits.
AGAINST_SCIPY, ALONE, LARGE = 4_000, 10_000, 50_000
LARGE_FORCE = 1e-8
NO_CERTIFICATE = f"L-BFGS alone, to forces of {LARGE_FORCE:g}: no certificate"
# Hessians of ours and of the peer differ by less, of their largest entry, or are not of one potential.
SAME = 1e-10
HESSIANS = ("2D, species", "3D, species", "2D, sizes", "3D, sizes")
# Seconds and GB that modes alone may take, in the middle size and in the largest.
MIDDLE_LIMITS, LIMITS = (45.0, 3.0), (None, 12.0)

_task = partial(run_task, "frames_3d")


def rows(quick: bool, mpirun: str) -> Iterator[Row]:
    """Measure space; ``quick`` only shows that everything runs."""
    sizes = (600, 800, 1_000) if quick else (AGAINST_SCIPY, ALONE, LARGE)
    progress = Progress("landscape_3d", len(HESSIANS) + 2 * len(sizes) + 5)
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        yield from _hessians(1_000 if quick else PARTICLES, progress)
        for particles in sizes:
            progress(f"softspots, a liquid of {particles:,} particles, cooled")
            start = folder / f"{particles}.npz"
            task = {"mixture": MIXTURE, "temperature": TEMPERATURE, "particles": particles}
            run_task("sheared", "prepare", output=start, strain=0.0, strain_rate=0.0, preparation_rate=0.0, **task)
        small, middle, large = (folder / f"{particles}.npz" for particles in sizes)
        yield _quench(folder, middle, quick, progress)
        yield from _modes(folder, (small, middle, large), sizes, quick, progress)


def _hessians(particles, progress):
    for name in HESSIANS:
        progress(f"softspots and matscipy, Hessian, {name}")
        result = _task("hessians", case=name, particles=particles, core=CORES[0])
        if not result["difference"] < SAME:
            raise RuntimeError(f"{name}: the Hessians differ by {result['difference']:.3g} of the largest entry")
        settings = {"particles": particles, "difference": result["difference"], "entries": result["entries"]}
        theirs = result["theirs"]
        yield Row(
            f"Hessian, {name}", result["ours"], "s", "matscipy", theirs, better="less", goal=10, settings=settings
        )


def _quench(folder, start, quick, progress):
    """To a certified minimum, against FIRE; both once, as they take long."""
    progress("softspots, a quench in space")
    us = _task("quench", start=start, mixture=MIXTURE, output=_minimum(start), core=CORES[0])
    progress("LAMMPS, minimisation by FIRE, in space")
    fire = Fire.best(folder, start, MIXTURE, CORES[0], *([100] if quick else []))
    them = fire.minimized(CORES[0])
    settings = us | {"their_steps": them["steps"], "their_max_force": them["max_force"]}
    ours, theirs = [us["seconds"]], [them["seconds"]]
    return Row("3D quench", ours, "s", fire.peer, theirs, better="less", goal=3, settings=settings)


def _modes(folder, starts, sizes, quick, progress):
    """500 modes of three sizes; the peer, which takes a minute, once."""
    small, middle, large = starts
    progress(f"softspots, a minimum of {sizes[0]:,} particles")
    _task("quench", start=small, mixture=MIXTURE, output=_minimum(small), core=CORES[0])
    progress(f"softspots, a minimum of {sizes[2]:,} particles by L-BFGS alone")
    task = {"start": large, "mixture": MIXTURE, "output": _minimum(large), "max_force": LARGE_FORCE}
    _task("downhill", core=CORES[0], **task)
    for start, particles in zip(starts, sizes, strict=True):
        progress(f"softspots, modes of {particles:,} particles")
        task = {"minimum": _minimum(start), "mixture": MIXTURE, "core": CORES[0]}
        us = _task("modes", **task)
        name, settings = f"3D, 500 modes, {particles:,} particles", us | {"particles": particles}
        settings["structure"] = NO_CERTIFICATE if start is large else "a certified minimum"
        if start is small:
            progress("SciPy, eigsh with CHOLMOD, in space")
            them = _task("scipy_modes", **task)
            settings["their_residual"] = them["residual"]
            peer, theirs = "SciPy, eigsh with CHOLMOD", [them["seconds"]]
            yield Row(name, [us["seconds"]], "s", peer, theirs, better="less", goal=6, settings=settings)
            continue
        time, memory = (LIMITS, MIDDLE_LIMITS)[start is middle]
        yield _within(time, name, us["seconds"], "s", settings)
        yield _within(memory, f"{name}, memory", us["memory"] / 1e9, "GB", settings)


def _within(limit, name, value, unit, settings):
    """A row that has a limit in a peer's place."""
    if limit is None:
        return Row(name, [value], unit, settings=settings)
    return Row(name, [value], unit, f"{limit:g} {unit} at most", [limit], better="less", goal=1.0, settings=settings)


def _minimum(start):
    return start.with_name(f"minimum_{start.name}")
