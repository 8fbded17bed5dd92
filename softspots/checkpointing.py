"""When a run writes its checkpoints, and how it ends when it is asked to."""

from __future__ import annotations

from time import perf_counter

from softspots.dynamics import Simulation
from softspots.io.checkpoint import CHECKPOINT, write_checkpoint
from softspots.parallel import together
from softspots.parameters import Parameters


class Terminated(Exception):
    """SIGTERM has reached a rank; raised on all of them after a checkpoint."""

    requested = False

    @classmethod
    def request(cls, *_):
        """The handler of the signal."""
        cls.requested = True


class Checkpointer:
    """Writes checkpoints when they are due and ends the run after SIGTERM; for all ranks together.

    Parameters
    ----------
    run : Simulation
    parameters : Parameters
    comm : communicator
    """

    def __init__(self, run: Simulation, parameters: Parameters, comm):
        self._run, self._parameters, self._comm = run, parameters, comm
        self._last = perf_counter()

    def pause(self, progress: dict):
        """Call where the run can be taken up again; a collective call.

        Parameters
        ----------
        progress : dict
            How far the run is, as rank 0 knows it.

        Raises
        ------
        Terminated
            On all ranks, if SIGTERM has reached one.
        """
        # Clocks and signals differ from rank to rank.
        due = perf_counter() - self._last >= 60 * self._parameters.checkpoint_every
        due, terminated = map(any, zip(*self._comm.allgather((due, Terminated.requested)), strict=True))
        if due or terminated:
            self.write(progress)
        if terminated:
            raise Terminated(f"ended by SIGTERM after step {self._run.step}; --resume goes on from there")

    def write(self, progress: dict):
        """Write a checkpoint; a collective call."""
        state = self._run.state()
        with together(self._comm):
            if self._comm.rank == 0:
                path = self._parameters.output / CHECKPOINT
                write_checkpoint(path, state, self._parameters.as_dict(), progress)
        self._last = perf_counter()
