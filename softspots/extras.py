"""Libraries that only some uses need: loaded when they are used, or a line that says how to install them."""

from __future__ import annotations

import signal
import threading
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
        found = import_module(module)
    except ImportError as error:
        raise InstallationError(
            f"{NAMES.get(library, library)} cannot be loaded ({error}): pip install "
            f"'softspots[{EXTRAS.get(library, library)}]', or pip install {library}"
        ) from error
    _put_interrupt_back()
    return found


def _put_interrupt_back() -> None:
    """Let SIGINT do again what Python knows of.

    Loading OVITO gives it a handler that calls Python's; where SIGINT was to be ignored there is none to call.
    """
    handler = signal.getsignal(signal.SIGINT)
    if handler is not None and threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, handler)
