"""softspots: soft spots and plasticity in amorphous solids.

The method of Schoenholz, Liu, Riggleman and Rottler, Phys. Rev. X 4, 031014 (2014). What stands here is listed in
`__init__.pyi`, for type checkers too, and loaded when it is first used: pictures need no compiled kernels, and kernels
no pictures.
"""

from importlib import import_module as _import_module
from importlib.metadata import version as _version

import lazy_loader as _lazy_loader

from softspots.deprecation import renamed as _renamed

__version__ = _version("softspots")

# Modules that stood here before there was a room for them.
_OF_ANALYSIS = {"bootstrap", "correlations", "lags", "lifetimes", "meanfield", "probability", "selection", "series"}
_OF_ANALYSIS |= {"tracking", "vibrations"}

_load, __dir__, __all__ = _lazy_loader.attach_stub(__name__, __file__)


def __getattr__(name):
    if name in ("_core", "_cholmod", "_processor"):
        # In words of its own, if it does not fit this machine.
        globals()[name] = _import_module("softspots.installation").require_compiled(name)
        return globals()[name]
    if name in _OF_ANALYSIS:
        return _renamed(f"softspots.{name}", f"softspots.analysis.{name}", since="0.2", removed="0.4")
    return _load(name)
