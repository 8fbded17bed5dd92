"""One thread for the linear algebra, as long as it is ours.

CHOLMOD asks OpenMP for four threads whatever it is told. They wait for each other on matrices of this kind, they would
make bits depend on their number, and a process that is forked after their first use waits for them forever.
"""

from __future__ import annotations

import contextlib
import functools
import os
import threading

from threadpoolctl import ThreadpoolController

# BLAS has one setting for the whole process: the first one in takes it down to one thread, the last one out puts back
# what was there.
_lock = threading.Lock()
_users: list = []


def _begin_child() -> None:
    """The threads that were in do not live in a forked child, which begins with what they found."""
    if _users:
        _users[-1].restore_original_limits()
        _users.clear()
    _lock.release()


os.register_at_fork(before=_lock.acquire, after_in_parent=_lock.release, after_in_child=_begin_child)


def openmp_libraries(controller: ThreadpoolController) -> list:
    """The OpenMP libraries of this process. What they are told holds for the thread that tells them."""
    return [library.dynlib for library in controller.select(user_api="openmp").lib_controllers]


@functools.cache
def _libraries() -> tuple[list, ThreadpoolController]:
    """OpenMP and BLAS as they are loaded at the first call: all of ours are, with the modules that need them."""
    controller = ThreadpoolController()
    return openmp_libraries(controller), controller.select(user_api="blas")


@contextlib.contextmanager
def single_threaded():
    """Linear algebra of the body, or of a function that this decorates, stays in the thread that it is called in."""
    libraries, blas = _libraries()
    levels = [library.omp_get_max_active_levels() for library in libraries]
    with _lock:
        limits = _users[-1] if _users else blas.limit(limits=1)
        _users.append(limits)
    try:
        for library in libraries:
            # Without levels of parallelism there is nothing to ask for.
            library.omp_set_max_active_levels(0)
        yield
    finally:
        for library, level in zip(libraries, levels, strict=True):
            library.omp_set_max_active_levels(level)
        with _lock:
            _users.pop()
            if not _users:
                limits.restore_original_limits()
