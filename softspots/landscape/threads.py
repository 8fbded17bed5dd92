"""One thread for the linear algebra, as long as it is ours.

CHOLMOD asks OpenMP for four threads whatever it is told. They wait for each other on matrices of this kind, they would
make bits depend on their number, and a process that is forked after their first use waits for them forever.
"""

from __future__ import annotations

import contextlib
import functools
import os
import threading
from collections.abc import Callable, Iterator
from importlib import import_module
from itertools import product
from typing import Any

from threadpoolctl import LibController, ThreadpoolController

# BLAS has one setting for the whole process: the first one in takes it down to one thread, the last one out puts back
# what was there. These are how many are in, and what was there.
_lock = threading.Lock()
_inside = 0
_before: list[tuple[Callable[[int], None], int]] = []


@contextlib.contextmanager
def single_threaded() -> Iterator[None]:
    """Linear algebra of the body, or of a function that this decorates, stays in the thread that it is called in."""
    libraries, _ = _libraries()
    levels = [library.omp_get_max_active_levels() for library in libraries]
    _enter()
    try:
        for library in libraries:
            # Without levels of parallelism there is nothing to ask for.
            library.omp_set_max_active_levels(0)
        yield
    finally:
        for library, level in zip(libraries, levels, strict=True):
            library.omp_set_max_active_levels(level)
        _leave()


def openmp_libraries(controller: ThreadpoolController) -> list[Any]:
    """The OpenMP libraries of this process. What they are told holds for the thread that tells them."""
    return [library.dynlib for library in controller.select(user_api="openmp").lib_controllers]


def _enter() -> None:
    global _inside
    with _lock:
        if _inside == 0:
            _, blas = _libraries()
            _before[:] = [(_setter(library), library.get_num_threads()) for library in blas]
            for limit, _ in _before:
                limit(1)
        _inside += 1


def _leave() -> None:
    global _inside
    with _lock:
        _inside -= 1
        if _inside == 0:
            _restore()


def _restore() -> None:
    for limit, threads in _before:
        limit(threads)


def _begin_child() -> None:
    """The threads that were in do not live in a forked child, which begins with what they found."""
    global _inside
    if _inside:
        _inside = 0
        _restore()
    _lock.release()


os.register_at_fork(before=_lock.acquire, after_in_parent=_lock.release, after_in_child=_begin_child)


@functools.cache
def _libraries() -> tuple[list[Any], list[LibController]]:
    """OpenMP and BLAS as they are loaded at the first call, with all that we use."""
    for name in ("scipy.linalg", "softspots._cholmod"):
        import_module(name)
    controller = ThreadpoolController()
    blas = controller.select(user_api="blas").lib_controllers
    # BLAS over OpenMP follows that.
    return openmp_libraries(controller), [
        library for library in blas if getattr(library, "threading_layer", None) != "openmp"
    ]


def _setter(library: LibController) -> Callable[[int], None]:
    """What sets the number of threads; of OpenBLAS itself, as threadpoolctl lets one thread of a process do so only."""
    for prefix, suffix in product(("", "scipy_"), ("", "64_", "_64")):
        if found := getattr(library.dynlib, f"{prefix}openblas_set_num_threads{suffix}", None):
            return found
    return library.set_num_threads
