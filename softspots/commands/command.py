"""How a command begins and ends: the one place where errors become a line and an exit status."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import traceback
import warnings
from collections.abc import Callable, Iterator
from time import sleep

from softspots.commands.interruption import Terminated, cutting, listening
from softspots.commands.memory import keep_memory
from softspots.dynamics.parallel import (
    FailedTogether,
    Serial,
    launched,
    launched_rank,
    one_thread,
    require_same_kernels,
    together,
)
from softspots.exceptions import InputError, InstallationError, OutputError, SoftspotsError

FAILED, WRONG = 1, 2


def called(name: str) -> str:
    """What a command is called by whoever typed it: ``softspots NAME``, or ``softspots.NAME`` after ``python -m``."""
    module = f"softspots.{name}"
    spec = getattr(sys.modules["__main__"], "__spec__", None)
    return module if spec and spec.name == module else f"softspots {name}"


def typed(name: str) -> str:
    """The same as it can be typed again, for usage and examples."""
    own = called(name)
    return own if " " in own else f"python -m {own}"


@contextlib.contextmanager
def command(name: str, comm=None, rank: int = 0) -> Iterator[None]:
    """The body of a command: its errors end the process.

    With status 2 if what was given, or the installation, is wrong, 1 if the work fails, 128 and its number after a
    signal. What softspots raises on purpose is told in one line, anything else with its traceback. So are warnings of
    what it was given: see `warning_lines`.

    Parameters
    ----------
    name : str
        Of the command.
    comm : communicator, optional
        If ranks work together; an error of one alone ends all.
    rank : int
        Of this process, where there is no communicator yet; errors are all ranks' then, and rank 0 tells them.
    """
    try:
        try:
            with warning_lines(name):
                yield
        except SystemExit:
            # After --help, of which a part may still be in the buffer.
            with printing():
                sys.stdout.flush()
            raise
    except Terminated as ended:
        _end(name, ended, _told(ended), ended.status, comm, rank)
    except SoftspotsError as error:
        wrong = isinstance(error, (InputError, InstallationError))
        _end(name, error, " ".join(str(error).split()), WRONG if wrong else FAILED, comm, rank)
    except FailedTogether as error:
        _end(name, error, str(error), FAILED, comm, rank)
    except MemoryError as error:
        # NumPy's: a machine that is too small is no fault of softspots.
        _end(name, error, f"not enough memory: {error}", FAILED, comm, rank)
    except Exception as error:
        _end(name, error, traceback.format_exc().rstrip(), FAILED, comm, rank)


@contextlib.contextmanager
def on_all_ranks(name: str, find: Callable) -> Iterator:
    """The body of a command that ranks share, with the communicator that ``find`` gives; see `command`."""
    check_streams(name)
    one_thread()
    keep_memory()
    nothing = cutting(hint="; nothing new had been computed")
    with listening(), command(name, rank=launched_rank()), nothing:
        comm = find()
        require_same_kernels(comm)
        with command(name, comm):
            yield comm


@contextlib.contextmanager
def warning_lines(name: str) -> Iterator[None]:
    """Around what warns a user: each `UserWarning` once, in a line, as errors are; others say where they are."""
    said = set()
    with warnings.catch_warnings():
        show = warnings.showwarning

        def told(message, category, *place, **more):
            line = " ".join(str(message).split())
            if not issubclass(category, UserWarning):
                show(message, category, *place, **more)
            elif line not in said:
                said.add(line)
                complain(name, line)

        warnings.showwarning = told
        yield


def _told(ended: Terminated) -> str:
    # What a launcher is sent by Ctrl-C, it sends on as SIGTERM.
    return str(ended).replace("SIGTERM", "SIGTERM (mpirun sends it for Ctrl-C too)") if launched() else str(ended)


def _end(name, error, message, code, comm, rank):
    comm = comm or Serial()
    alone = comm.size > 1 and not (isinstance(error, FailedTogether) or getattr(error, "agreed", False))
    with _ending_at_once():
        if alone and comm.rank > 0:
            # Where all ranks fail alike, rank 0 ends the others before they repeat what it says.
            sleep(1)
        if alone or comm.rank + rank == 0:
            complain(name, message)
        if alone:
            # The other ranks may wait for this one. MPICH drops what its mpirun has not yet read.
            sleep(0.5)
            comm.Abort(code)
    sys.exit(code)


@contextlib.contextmanager
def _ending_at_once() -> Iterator[None]:
    """An end from outside is welcome in the body; a caller of the command gets its handlers back."""
    before = {number: signal.signal(number, signal.SIG_DFL) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            # What is no handler of Python's cannot be put back.
            signal.signal(number, signal.SIG_DFL if handler is None else handler)


def from_first(comm, find: Callable):
    """What ``find`` gives on rank 0, on every rank; a mistake, or an end such as that after ``--help``, is all ranks'.

    A collective call.
    """
    answer = None
    with together(comm):
        if comm.rank == 0:
            try:
                answer = find(), None
            except SystemExit as done:
                answer = None, done
    found, ended = comm.bcast(answer)
    if ended:
        sys.exit(ended.code)
    return found


def complain(name: str, message: object) -> None:
    """Tell a mistake or a failure of the command of this name."""
    with telling():
        print(f"{name}: {message}", file=sys.stderr, flush=True)


@contextlib.contextmanager
def telling() -> Iterator[None]:
    """Around what prints to standard error: if nobody is there to read it, or no room, the work goes on without."""
    try:
        yield
    except OSError:
        _drop(sys.stderr)


def check_streams(name: str) -> None:
    """Refuse to start without standard output or error: files would take their places, and get what is printed.

    Raises
    ------
    SystemExit
    """
    closed = [word for word, stream in (("output", sys.stdout), ("error", sys.stderr)) if stream is None]
    if closed:
        told = f"{name}: standard {' and '.join(closed)} is closed; allowed: an open one, such as /dev/null"
        print(told, file=sys.stderr or sys.stdout)
        sys.exit(WRONG)
    # A terminal that cannot show a Greek letter must not cost the run.
    sys.stdout.reconfigure(errors="replace")


def say(text: str) -> None:
    """Print to standard output.

    Raises
    ------
    OutputError
        If it is closed or full.
    """
    with printing():
        print(text, flush=True)


@contextlib.contextmanager
def printing() -> Iterator[None]:
    """Around what prints to standard output.

    Raises
    ------
    OutputError
        If it is closed or full.
    """
    try:
        yield
    except OSError as error:
        _drop(sys.stdout)
        raise OutputError(f"standard output cannot be written ({error.strerror})") from error


def _drop(stream) -> None:
    """What is left in the buffer of a stream must not be tried again when Python ends."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
