"""What libraries raise, as errors of softspots in one line."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from softspots.exceptions import SoftspotsError

# Of a damaged file they raise whatever they happen to meet.
OF_LIBRARIES = (ArithmeticError, AttributeError, LookupError, OSError, RuntimeError, TypeError, ValueError)


@contextlib.contextmanager
def faults(place: str, kind: type[SoftspotsError]) -> Iterator[None]:
    """Around calls of libraries: what they raise becomes ``kind``, the reason behind the place; ours pass."""
    try:
        yield
    except SoftspotsError:
        raise
    except OF_LIBRARIES as error:
        raise kind(f"{place}: {' '.join(str(error).split()) or type(error).__name__}") from error
