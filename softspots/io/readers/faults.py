"""What goes wrong where something is read, as errors of softspots in one line that names it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from softspots.exceptions import SoftspotsError

# Of a damaged file libraries raise whatever they happen to meet.
OF_LIBRARIES = (ArithmeticError, AttributeError, LookupError, OSError, RuntimeError, TypeError, ValueError)


@contextlib.contextmanager
def faults(name: str, kind: type[SoftspotsError], place: str = "") -> Iterator[None]:
    """Around what reads: whatever is raised names the file or object, and the place in it.

    Parameters
    ----------
    name : str
        Errors of ours whose message begins with it stay as they are.
    kind : subclass of SoftspotsError
        What errors of libraries become.
    place : str, optional
        What stands between the name and the reason.
    """
    try:
        yield
    except SoftspotsError as error:
        if str(error).startswith(name):
            raise
        raise type(error)(f"{name}{place}: {error}") from error
    except OF_LIBRARIES as error:
        raise kind(f"{name}{place}: {' '.join(str(error).split()) or type(error).__name__}") from error
