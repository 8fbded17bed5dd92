"""What can go wrong: one base class, and below it a user's mistake, a physical failure, and files.

Each class is also one of Python's own, so that ``except ValueError`` and the like catch what they should.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator


class SoftspotsError(Exception):
    """The base of all errors that softspots raises on purpose; anything else is a fault in it."""


class InputError(SoftspotsError, ValueError):
    """What was given cannot be used; the message says what was got and what is allowed."""


class UnknownNameError(SoftspotsError, KeyError):
    """A name that nothing there has; the message says which names there are."""

    # That of KeyError puts the message in quotes.
    __str__ = Exception.__str__


class UnknownNumberError(SoftspotsError, IndexError):
    """A number, of a frame or event, beyond those that there are."""


class PhysicsError(SoftspotsError, FloatingPointError, RuntimeError):
    """A computation that cannot come to its end: forces that are not finite, a run that blew up, an unstable matrix."""


class DamagedFileError(SoftspotsError, OSError, ValueError):
    """A file that is not whole, or holds what it cannot have held when it was written."""


class MissingFileError(DamagedFileError, FileNotFoundError):
    """A file that is needed and not there."""


class OutputError(SoftspotsError, OSError):
    """A folder or file that cannot be written, for instance as another run has it."""


class InstallationError(SoftspotsError, ImportError, RuntimeError):
    """A build that does not fit this machine: another processor, another MPI library, or a part that is missing."""


class UnstableError(PhysicsError, ValueError):
    """A Hessian that is not that of a minimum: it has negative modes, or zero modes beyond those that are allowed."""


class ShortageError(SoftspotsError, MemoryError):
    """There is not enough memory for what is asked for."""


@contextlib.contextmanager
def system_errors(kind: type[SoftspotsError], message: str) -> Iterator[None]:
    """Around calls of the system: its errors become ``kind``, the reason behind the message; ours stay as they are.

    Parameters
    ----------
    kind : subclass of SoftspotsError
    message : str
    """
    try:
        yield
    except SoftspotsError:
        raise
    except OSError as error:
        raise kind(f"{message}: {error.strerror or error}") from error
