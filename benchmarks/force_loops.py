"""The loop over all pairs by itself, for each law of forces and each way to find coefficients: what bounds it.

``python -m benchmarks.force_loops [3]``: nanoseconds per particle and per vector of 4 slots, of 10,000 particles on
one core, in two dimensions or in three; the best of many short trials, the loops in turns.
"""

from __future__ import annotations

import ctypes
import os
import sys
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from time import process_time

import numpy as np

import softspots as ss
from softspots import _core
from softspots.landscape.forces import made_by

from .loops import FLAGS, FORTRAN, TRIALS, on_core
from .measure import HERE, run

PARTICLES, SKIN, REPEATS = 10_000, 0.3, 5
PLAIN = ("base/kinds", "base/errors", "base/storage", "pairs/potential", "interface/c_potential")
GENERATED = (
    "base/box",
    "pairs/images",
    "pairs/slots",
    "pairs/rows",
    "pairs/neighbors",
    "mechanics/pair_loops",
    "mechanics/forces",
    "mechanics/configuration",
)


def _lennard_jones(smoothing):
    return lambda sigma: ss.LennardJones(sigma=sigma, smoothing=smoothing)


# The law of a pair by its σ, and density and three σ of a mixture that is studied with it.
LAWS = {
    "lennard-jones": (_lennard_jones("even"), 1.2, (1.0, 0.8, 0.88)),
    "power 10": (lambda sigma: ss.InversePower(sigma=sigma, n=10, cutoff=1.48 * sigma), 0.86, (1.0, 1.18, 1.4)),
    "power 12": (lambda sigma: ss.InversePower(sigma=sigma, n=12, cutoff=1.48 * sigma), 0.86, (1.0, 1.18, 1.4)),
    "harmonic": (lambda sigma: ss.Harmonic(sigma=sigma), 0.774, (1.0, 1.2, 1.4)),
    "hertzian": (lambda sigma: ss.Hertzian(sigma=sigma), 0.774, (1.0, 1.2, 1.4)),
    "spline": (_lennard_jones("shifted-force"), 1.2, (1.0, 0.8, 0.88)),
}


def mixtures():
    """Name, mixture and density."""
    yield "lennard-jones, one cutoff", ss.Mixture.preset("kob-andersen"), 1.2
    yield "lennard-jones, quadratic", ss.Mixture.preset("kob-andersen", smoothing="quadratic"), 1.2
    for name, (law, density, (aa, ab, bb)) in LAWS.items():
        kinds = {("A", "A"): law(aa), ("A", "B"): law(ab), ("B", "B"): law(bb)}
        yield f"{name}, two species", ss.Mixture(kinds), density
        kinds |= {("A", "C"): law(ab), ("B", "C"): law(bb), ("C", "C"): law(bb)}
        yield f"{name}, three species", ss.Mixture(kinds), density
        mean = (aa + 2 * ab + bb) / 4
        yield f"{name}, sizes", ss.Mixture.polydisperse(law(1.0), 0.2, smallest=0.8, largest=1.25), density * mean**2


@cache
def library(dimension):
    """The kernels and their timer, compiled for this machine."""
    fypp = Path(sys.executable).with_name("fypp")
    with tempfile.TemporaryDirectory() as folder:
        sources = [FORTRAN / f"{name}.f90" for name in PLAIN]
        for source in (*(FORTRAN / f"{name}.fypp" for name in GENERATED), HERE / "force_loops.fypp"):
            sources.append(Path(folder) / f"{source.stem}.f90")
            run([fypp, f"-DD={dimension}", "-I", FORTRAN, source, sources[-1]], cwd=folder)
        compiler, built = os.environ.get("FC", "gfortran"), Path(folder) / "loops.so"
        run([compiler, *FLAGS, "-ffp-contract=fast", "-shared", "-fPIC", *sources, "-o", built], cwd=folder)
        return ctypes.CDLL(str(built))


def _address(array):
    return None if array is None else array.ctypes.data_as(ctypes.c_void_p)


class Potentials:
    """The constructors of `softspots._core.Potential`, for the library that is timed."""

    def __init__(self, loops):
        self._loops = loops

    def lennard_jones(self, table, smoothing):
        return self._made("lennard_jones", _core.SMOOTHINGS[smoothing], len(table), _address(table))

    def powers(self, n, m, coefficients, non_additivity):
        return self._made("powers", n, m, len(coefficients), _address(coefficients), eta=non_additivity)

    def contact(self, alpha, coefficients, non_additivity):
        law = _core.CONTACTS[alpha]
        return self._made("contact", law, len(coefficients), _address(coefficients), eta=non_additivity)

    def spline(self, inner, cutoff, coefficients, non_additivity):
        arrays = map(_address, (inner, cutoff, coefficients))
        return self._made("spline", *coefficients.shape[:2], *arrays, eta=non_additivity)

    def _made(self, kind, *arguments, eta=None):
        make = getattr(self._loops, f"ss_new_{kind}")
        make.restype = ctypes.c_void_p
        pointer = ctypes.c_void_p(make(*arguments))
        if eta is not None:
            self._loops.ss_let_sizes_count(pointer, ctypes.c_double(eta))
        return pointer


class Loop:
    """The loop over the pairs of a frame in a box without tilt, neighbours known up to ``skin`` beyond the cutoff.

    Attributes
    ----------
    slots : int
        How many are looked at.
    """

    def __init__(self, frame: ss.Frame, mixture: ss.Mixture, skin: float):
        loops = library(frame.dimension)
        self._sum_forces = getattr(loops, f"sum_forces_{frame.dimension}d")
        self._potential, self._skin = made_by(Potentials(loops), mixture), ctypes.c_double(skin)
        sizes, lengths = mixture.sizes_of(frame), np.array(frame.box.lengths)
        self._arrays = frame.positions, mixture.indices(frame), sizes, lengths
        self.slots = self._call(0)

    def seconds(self, repeats: int = REPEATS, clock: Callable[[], float] = process_time) -> float:
        """How long one pass takes, the mean of some, as a rule in this process's own time."""
        self._call(0)
        self._call(1)
        begin = clock()
        self._call(repeats)
        return (clock() - begin) / repeats

    def _call(self, repeats):
        met = ctypes.c_int()
        arrays = map(_address, self._arrays)
        count = len(self._arrays[0])
        assert self._sum_forces(self._potential, count, *arrays, self._skin, repeats, ctypes.byref(met)) == 0
        return met.value


def main(dimension=2):
    random = np.random.default_rng(1)
    cases = []
    for name, mixture, density in mixtures():
        side = round(PARTICLES ** (1 / dimension))
        places = np.stack(np.meshgrid(*[np.arange(side)] * dimension), axis=-1).reshape(-1, dimension)
        spacing = density ** (-1 / dimension)
        positions = (places + random.uniform(-0.15, 0.15, places.shape)) * spacing
        species = random.integers(0, len(mixture.species), len(positions))
        sizes = mixture.draw_sizes(random, len(positions))
        frame = ss.Frame(positions, species, ss.Box(lengths=[side * spacing] * dimension), sizes=sizes)
        cases.append((name, Loop(frame, mixture, SKIN), len(frame), []))
    with on_core(0):
        for _ in range(TRIALS):
            for _, loop, _, times in cases:
                times.append(loop.seconds())
    print(f"{'':30}  ns/particle  slots/particle  ns/vector")
    for name, loop, n, times in cases:
        time = 1e9 * min(times)
        print(f"{name:30}  {time / n:11.1f}  {loop.slots / n:14.1f}  {4 * time / loop.slots:9.2f}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
