"""Whether the compiled part fits this machine, asked on import: a wrong one would end the process."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

from softspots.exceptions import InstallationError

REMEDY = (
    "build softspots again on this machine (make install, or pip install with --no-cache-dir --no-binary softspots)"
)


def require_processor(has: dict[str, bool]) -> None:
    """Refuse a processor that lacks what the kernels are compiled for.

    Parameters
    ----------
    has : dict
        Of each extension of the instruction set that the kernels may use, whether the processor has it.

    Raises
    ------
    InstallationError
        With what is needed and what is missing.
    """
    missing = [name for name, there in has.items() if not there]
    if missing:
        raise InstallationError(
            f"softspots is built for processors with {', '.join(has)}, and this one has no {', '.join(missing)}: "
            f"{REMEDY}, or with -Dinstruction_set=x86-64 for any"
        )


def require_compiled(name: str) -> ModuleType:
    """One of the compiled parts: the kernels, ``_core``, or what calls CHOLMOD, ``_cholmod``.

    Raises
    ------
    InstallationError
        If it is not there, a library that it is linked to is not (that of MPI, say), or the processor is another one.
    """
    try:
        return import_module(f"softspots.{name}")
    except InstallationError:
        raise
    except ImportError as error:
        raise InstallationError(
            f"the compiled part of softspots cannot be loaded ({error}): it needs the libraries and the Python that it "
            f"was built with; {REMEDY}"
        ) from error
