"""Old names, which go on for two minor versions with a warning that says the new one."""

from __future__ import annotations

import warnings
from importlib import import_module
from typing import Any


def renamed(old: str, new: str, since: str, removed: str) -> Any:
    """What an old name was for, after a warning at the line that uses it; for the ``__getattr__`` of a module.

    Parameters
    ----------
    old : str
    new : str
        A module, or a name in one after its last dot.
    since, removed : str
        The versions from which on the new name is there, and the old one is not.

    Warns
    -----
    DeprecationWarning
    """
    warnings.warn(f"{old} is {new} since {since}; the old name goes in {removed}", DeprecationWarning, stacklevel=3)
    try:
        return import_module(new)
    except ModuleNotFoundError:
        module, _, name = new.rpartition(".")
        return getattr(import_module(module), name)
