"""Ending when asked to, by Ctrl-C (SIGINT) or by SIGTERM, as schedulers send it."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Callable, Iterator
from signal import Signals


class Terminated(BaseException):
    """A signal has asked this command to end.

    Not an `Exception`, as nothing between the signal and the end of the command may take it for a failure.

    Parameters
    ----------
    signal : Signals
    hint : str
        What can be done now.
    agreed : bool
        Whether all ranks raise it.
    """

    def __init__(self, signal: Signals, hint: str = "", agreed: bool = False):
        super().__init__(f"ended by {signal.name}{hint}")
        # As a shell has it for a process that the signal ended: 130 or 143.
        self.status = 128 + signal
        self.agreed = agreed


class _Request:
    """The first signal that has come, whether it may cut off what is being done, and what can be done then."""

    signal: Signals | None = None
    cuts = False
    hint: str | Callable[[], str] = ""


def end_at_once() -> None:
    """Let Ctrl-C end this process as the system does, until it is `listening`; if it was to be ignored it still is."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)


@contextlib.contextmanager
def listening() -> Iterator[None]:
    """Take account of SIGTERM and SIGINT in the body; one that the parent has set to be ignored stays ignored."""
    _Request.signal, _Request.cuts = None, False
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    for number, handler in before.items():
        if handler is not signal.SIG_IGN:
            signal.signal(number, _note)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _note(number, _):
    # Later ones change nothing: mpirun and a terminal may send two for one, and what has been cut off must end well.
    if _Request.signal is None:
        _Request.signal = Signals(number)
        _cut()


def _cut():
    if _Request.signal and _Request.cuts:
        hint = _Request.hint
        raise Terminated(_Request.signal, hint() if callable(hint) else hint)


@contextlib.contextmanager
def cutting(cuts: bool = True, hint: str | Callable[[], str] | None = None) -> Iterator[None]:
    """Whether a signal, also one that has come before, raises `Terminated` at once in the body, or is only noted.

    A hint that depends on what has been done is given as a function.
    """
    before = _Request.cuts, _Request.hint
    _Request.cuts, _Request.hint = cuts, _Request.hint if hint is None else hint
    try:
        _cut()
        yield
    finally:
        _Request.cuts, _Request.hint = before


def requested() -> Signals | None:
    """The signal that has come."""
    return _Request.signal
