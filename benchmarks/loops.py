"""Single loops, compiled and timed by themselves on one core: what bounds the dynamics, and what exact sums cost."""

from __future__ import annotations

import ctypes
import os
import tempfile
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from time import perf_counter

import numpy as np

from .measure import HERE, run

# As meson.build and fortran/meson.build have them.
FLAGS = ("-O3", "-march=native", "-mprefer-vector-width=256", "-fno-math-errno", "-fno-trapping-math", "-fopenmp-simd")
FORTRAN = HERE.parent / "fortran"
# The best of many short trials counts: an interrupted one tells nothing about the loop.
TRIALS = 20


def vector_seconds(core: int) -> dict[str, float]:
    """Seconds that a core takes to ``multiply_add`` and to ``divide`` 4 doubles, when nothing else holds it up."""
    library = _compiled(os.environ.get("CC", "cc"), HERE / "throughput.c")
    seconds = {}
    for name in ("multiply_add", "divide"):
        function = getattr(library, name)
        function.restype, function.argtypes = ctypes.c_double, [ctypes.c_long]
        with on_core(core):
            seconds[name] = min(function(100_000) for _ in range(TRIALS))
    return seconds


def exact_sum_seconds(core: int, count: int) -> float:
    """Seconds that a core takes for one exact sum of ``count`` terms."""
    sources = (FORTRAN / "base/kinds.f90", FORTRAN / "base/reduction.f90", HERE / "exact_sum.f90")
    function = _compiled(os.environ.get("FC", "gfortran"), "-ffp-contract=off", *sources).sum_exactly
    terms = np.random.default_rng(1).random(count)
    address = terms.ctypes.data_as(ctypes.c_void_p)
    repeats = 1000

    def trial():
        begin = perf_counter()
        function(count, address, repeats)
        return (perf_counter() - begin) / repeats

    with on_core(core):
        return min(trial() for _ in range(TRIALS))


@cache
def _compiled(compiler, *arguments):
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder) / "loops.so"
        run([compiler, *FLAGS, "-shared", "-fPIC", *arguments, "-o", library], cwd=folder)
        return ctypes.CDLL(str(library))


@contextmanager
def on_core(core):
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, [core])
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
