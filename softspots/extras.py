"""Libraries that only some uses need: loaded when they are used, or a line that says how to install them."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from importlib import import_module
from types import ModuleType

from softspots.exceptions import InstallationError

# How they are called, and the extra of the package that brings them, where it is not the module itself.
NAMES = {"bokeh": "Bokeh", "ase": "ASE", "gsd": "GSD", "ovito": "OVITO"}
EXTRAS = {"bokeh": "report", "MDAnalysis": "mdanalysis", "zstandard": "zstd"}


def load_extra(module: str) -> ModuleType:
    """A module of an optional library.

    Raises
    ------
    InstallationError
        If it cannot be loaded.
    """
    library = module.split(".")[0]
    try:
        with _uninterrupted():
            return import_module(module)
    except ImportError as error:
        raise InstallationError(
            f"{NAMES.get(library, library)} cannot be loaded ({error}): pip install "
            f"'softspots[{EXTRAS.get(library, library)}]', or pip install {library}"
        ) from error


@contextlib.contextmanager
def _uninterrupted() -> Iterator[None]:
    """Let signals that ask for an end wait for that of the body, in which a library is loaded.

    Libraries make an error of their own of what a handler raises meanwhile. Loading OVITO gives SIGINT a handler that
    calls Python's; where it was to be ignored there is none to call. So it is put back too.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    # What is no handler of Python's cannot be put back.
    before = {number: handler for number, handler in before.items() if handler is not None}
    come: list[int] = []
    for number, handler in before.items():
        if callable(handler):
            signal.signal(number, lambda number, _: come.append(number))
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if come:
            signal.raise_signal(come[0])
