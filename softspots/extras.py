"""Libraries that only some uses need: loaded when they are used, or a line that says how to install them."""

from __future__ import annotations

from importlib import import_module

from softspots.exceptions import InstallationError

# How they are called, and the extra of the package that brings them, where it is not the module itself.
NAMES = {"bokeh": "Bokeh", "ase": "ASE", "gsd": "GSD", "ovito": "OVITO"}
EXTRAS = {"bokeh": "report", "MDAnalysis": "mdanalysis", "zstandard": "zstd"}


def load_extra(module: str):
    """A module of an optional library.

    Raises
    ------
    InstallationError
        If it cannot be loaded.
    """
    library = module.split(".")[0]
    try:
        return import_module(module)
    except ImportError as error:
        raise InstallationError(
            f"{NAMES.get(library, library)} cannot be loaded ({error}): pip install "
            f"'softspots[{EXTRAS.get(library, library)}]', or pip install {library}"
        ) from error
