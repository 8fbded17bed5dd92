"""Whether the compiled parts fit this machine, asked on import: a wrong one would end the process.

Where the kernels are built for several instruction sets, the best that the processor has is taken, or that which the
variable `PIN` of the environment names.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from types import ModuleType

from softspots.exceptions import InstallationError

PIN = "SOFTSPOTS_INSTRUCTION_SET"
# The best first; of kernels that are built for each of these, the file of each has its name.
LEVELS = ("x86-64-v4", "x86-64-v3", "x86-64-v2")
KERNELS = "softspots._core"
REMEDY = (
    "build softspots again on this machine (make install, or pip install with --no-cache-dir --no-binary softspots)"
)


def require_processor(needed: Sequence[str]) -> None:
    """Refuse a processor that lacks what the kernels are compiled for.

    Parameters
    ----------
    needed : sequence of str
        Extensions of the instruction set that the kernels may use.

    Raises
    ------
    InstallationError
        With what is needed and what is missing.
    """
    has = require_compiled("_processor").has
    if missing := [name for name in needed if not has(name)]:
        raise InstallationError(
            f"softspots is built for processors with {', '.join(needed)}, and this one has no {', '.join(missing)}: "
            f"{REMEDY}, or with -Dinstruction_set=x86-64 for any"
        )


def best(built: Sequence[str], has: Callable[[str], bool], pinned: str | None) -> str:
    """The instruction set whose kernels are taken.

    Parameters
    ----------
    built : sequence of str
        Those that there are kernels for, the best first.
    has : callable
        Whether the processor has one of them.
    pinned : str or None
        The one to take, if it can be.

    Raises
    ------
    InstallationError
        If the processor has none, or the pinned one is not there or not the processor's.
    """
    fitting = [name for name in built if has(name)]
    if not fitting:
        raise InstallationError(
            f"softspots is built for processors of {', '.join(built)}, and this one is none: {REMEDY}"
        )
    if pinned and pinned not in fitting:
        reason = "which this processor has not" if pinned in built else "for which there are no kernels here"
        raise InstallationError(f"{PIN}: got {pinned}, {reason}; allowed: {', '.join(fitting)}, or empty")
    return pinned or fitting[0]


def instruction_set() -> str:
    """What the kernels in use are compiled for: a level of x86-64, or the architecture of another processor."""
    return require_compiled("_core").instruction_set


def require_compiled(name: str) -> ModuleType:
    """One of the compiled parts: the kernels, ``_core``, what calls CHOLMOD, ``_cholmod``, or ``_processor``.

    Raises
    ------
    InstallationError
        If it is not there, a library that it is linked to is not (that of MPI, say), or the processor is another one,
        or not one that was asked for.
    """
    try:
        found = import_module(f"softspots.{name}")
    except InstallationError:
        raise
    except ImportError as error:
        raise InstallationError(
            f"the compiled part of softspots cannot be loaded ({error}): it needs the libraries and the Python that it "
            f"was built with; {REMEDY}"
        ) from error
    if name == "_core" and not _builds():
        best([found.instruction_set], lambda _: True, os.environ.get(PIN))
    return found


def kernels() -> ModuleType:
    """The build of the kernels that is taken, where there are several, under the name that all have."""
    files = _builds()
    if not files:
        raise ModuleNotFoundError(f"No module named {KERNELS!r}", name=KERNELS)
    chosen = best(list(files), require_compiled("_processor").has, os.environ.get(PIN))
    spec = spec_from_file_location(KERNELS, files[chosen])
    found = module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


def _builds() -> dict[str, str]:
    """The files of the kernels by their instruction set, the best first, where they are built for several."""
    found = {level: find_spec(f"{KERNELS}_{level}") for level in LEVELS}
    return {level: spec.origin for level, spec in found.items() if spec}
