"""What Python needs to know about ranks: the communicator, failing together, and the grid of ranks."""

from __future__ import annotations

import contextlib
import os
import sys
import traceback
from collections.abc import Iterator
from typing import Any, TypeVar

from threadpoolctl import ThreadpoolController, threadpool_limits

from softspots.exceptions import InstallationError, ShortageError, SoftspotsError
from softspots.installation import PIN, instruction_set
from softspots.landscape.threads import openmp_libraries

T = TypeVar("T")

# What the launchers of Open MPI, MPICH (and everything that speaks PMI) and Slurm tell the processes they start.
_SIZE_VARIABLES = ("OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "MV2_COMM_WORLD_SIZE", "SLURM_STEP_NUM_TASKS")
_RANK_VARIABLES = ("OMPI_COMM_WORLD_RANK", "PMI_RANK", "MV2_COMM_WORLD_RANK", "PMIX_RANK", "SLURM_PROCID")

# Open MPI hands messages of up to so many bytes over at once; for longer ones sender and receiver first meet, which
# takes longer than the message of a step. Its module for ranks on one machine is named vader, or sm in newer versions.
_MESSAGE_LIMITS = ("OMPI_MCA_btl_vader_eager_limit", "OMPI_MCA_btl_sm_eager_limit")
_BYTES_AT_ONCE = "32768"

# Names of the processes between a rank and a terminal: Open MPI 4 and 5, MPICH.
_LAUNCHERS = ("mpirun", "mpiexec", "orte", "prte", "hydra")


class FailedTogether(RuntimeError):
    """An error of one rank, raised on all ranks by `agree`; every rank can leave in good order.

    What `agree` raises for an error of softspots's own is of the class of that error too.
    """


class Serial:
    """The communicator of a run without MPI: one rank, with the few methods of mpi4py's that Python uses here."""

    rank = 0
    size = 1

    def allgather(self, value: T) -> list[T]:
        """The values of all ranks, as a list."""
        return [value]

    def gather(self, value: T, root: int = 0) -> list[T]:
        """The values of all ranks on ``root``, as a list; None on the others."""
        return [value]

    def bcast(self, value: T, root: int = 0) -> T:
        """The value of ``root``, on every rank."""
        return value

    def barrier(self) -> None:
        """Wait for all ranks."""


def _launched(variables: tuple[str, ...]) -> int | None:
    """The largest of the whole numbers that a launcher left in these environment variables."""
    values = [os.environ.get(name, "") for name in variables]
    return max((int(value) for value in values if value.isdecimal()), default=None)


def launched() -> bool:
    """Whether a launcher such as mpirun has started this process."""
    return _launched(_SIZE_VARIABLES) is not None


def launched_rank() -> int:
    """This process's rank as its launcher says, without starting MPI; 0 outside a launcher."""
    return _launched(_RANK_VARIABLES) or 0


def world() -> Any:
    """All ranks: mpi4py's ``COMM_WORLD`` if the compiled part speaks MPI and mpi4py is there, else `Serial`.

    MPI, if nobody has started it before, is started for one thread a rank.

    Returns
    -------
    communicator
        With attributes ``rank`` and ``size`` and methods ``allgather``, ``gather``, ``bcast``, ``barrier``.

    Raises
    ------
    InstallationError
        If the compiled part and mpi4py use different MPI libraries, or if several processes were launched that
        cannot find each other: each would do the whole run.
    """
    from softspots import _core

    launched = max(_launched(_SIZE_VARIABLES) or 1, launched_rank() + 1)
    comm, reason = Serial(), "softspots was built without MPI"
    if _core.built_with_mpi:
        # For MPI that is not started yet, and unless the user has set something else.
        for name in _MESSAGE_LIMITS:
            os.environ.setdefault(name, _BYTES_AT_ONCE)
        try:
            import mpi4py

            # A rank has one thread; without the locks that several would need, messages take half as long.
            mpi4py.rc.threads = False
            from mpi4py import MPI
        except ImportError as error:
            reason = f"mpi4py cannot be imported ({error})"
        else:
            ours, theirs = (text.strip("\0\n ") for text in (_core.mpi_library_version(), MPI.Get_library_version()))
            if ours != theirs:
                raise InstallationError(
                    f"softspots was built with the MPI library {_one_line(ours)!r}, but mpi4py uses "
                    f"{_one_line(theirs)!r}; build both with the same one"
                )
            comm, reason = MPI.COMM_WORLD, f"this mpirun is not that of the MPI library used, {_one_line(ours)!r}"
    if comm.size == 1 and launched > 1:
        raise InstallationError(f"at least {launched} processes were started, but each is alone: {reason}")
    return comm


def require_same_kernels(comm: Any) -> None:
    """Refuse ranks on different processors with different kernels, on which bits depend; a collective call.

    Raises
    ------
    InstallationError
        On all ranks; with what to set.
    """
    found = sorted(set(comm.allgather(instruction_set())))
    if len(found) > 1:
        raise InstallationError(
            f"the kernels of some ranks are those for {found[0]}, of others those for {', '.join(found[1:])}, as their "
            f"processors differ; set {PIN}={found[0]} for all"
        )


def _one_line(text: str) -> str:
    return text.splitlines()[0] if text else ""


def agree(comm: Any, error: Exception | None) -> None:
    """Fail on all ranks if one has failed, in the same way; a collective call.

    Parameters
    ----------
    comm : communicator
    error : Exception or None
        What went wrong on this rank.

    Raises
    ------
    FailedTogether
        On every rank, for the error of the lowest rank that has one: of its class and with its message if it is a
        `SoftspotsError`; with its traceback if it is anything else, which only softspots itself can mend.
    """
    told = None
    if isinstance(error, MemoryError) and not isinstance(error, SoftspotsError):
        # NumPy's: a machine that is too small is no fault of softspots.
        error = ShortageError(f"not enough memory: {error}")
    if isinstance(error, SoftspotsError):
        told = _kind(error), str(error)
    elif error is not None:
        told = None, "".join(traceback.format_exception(error)).rstrip()
    for rank, found in enumerate(comm.allgather(told)):
        if found is not None:
            kind, message = found
            if kind:
                raise type("FailedTogether", (FailedTogether, kind), {})(message)
            raise FailedTogether(f"rank {rank}: {message}" if comm.size > 1 else message)


def _kind(error: SoftspotsError) -> type[SoftspotsError]:
    """The class of an error; that which one rank had, if ranks have failed together before."""
    classes = (kind for kind in type(error).__mro__ if issubclass(kind, SoftspotsError))
    return next(kind for kind in classes if not issubclass(kind, FailedTogether))


@contextlib.contextmanager
def together(comm: Any) -> Iterator[None]:
    """Make an exception of the body, which must not communicate, an exception of all ranks (see `agree`)."""
    try:
        yield
    except Exception as error:
        if comm.size == 1:
            raise
        agree(comm, error)
    else:
        agree(comm, None)


def one_thread() -> None:
    """Use one thread from now on, as fits a rank on a core."""
    # Libraries loaded from now on read the environment, the others are told.
    os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"))
    threadpool_limits(1)
    # What CHOLMOD asks for, it does not get.
    for library in openmp_libraries(ThreadpoolController()):
        library.omp_set_max_active_levels(0)


def default_grid(size: int, *lengths: float) -> tuple[int, ...]:
    """Ranks along each axis whose parts of the box have the least surface; of two equal ones, that with more along x.

    Parameters
    ----------
    size : int
        Number of ranks.
    *lengths : float
        Side lengths of the box.
    """

    def surface(grid):
        # Rounded, so that 2x1 and 1x2 of a square box are equal on every machine.
        parts = (count / length * lengths[0] for count, length in zip(grid, lengths, strict=True))
        return round(sum(parts), 9), [-count for count in grid]

    return min(_grids(size, len(lengths)), key=surface)


def _grids(size, dimension):
    """All ways to write ``size`` as a product of so many whole numbers."""
    if dimension == 1:
        return [(size,)]
    divisors = (count for count in range(1, size + 1) if size % count == 0)
    return [(count, *rest) for count in divisors for rest in _grids(size // count, dimension - 1)]


def stderr_is_watched() -> bool:
    """Whether a terminal shows this process's standard error, directly or through the mpirun that collects it."""
    if sys.stderr.isatty():
        return True
    pid = os.getppid()
    # Daemons and proxies may lie between a rank and the mpirun that was typed; the shell beyond it is not asked.
    with contextlib.suppress(OSError):
        while True:
            with open(f"/proc/{pid}/stat") as file:
                name, _, status = file.read().partition("(")[2].rpartition(")")
            if not name.startswith(_LAUNCHERS):
                return False
            if os.readlink(f"/proc/{pid}/fd/2").startswith(("/dev/pts/", "/dev/tty")):
                return True
            pid = int(status.split()[1])
    return False
