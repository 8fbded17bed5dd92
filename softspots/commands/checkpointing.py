"""When a run writes its checkpoints, and how it ends when it is asked to."""

from __future__ import annotations

from time import perf_counter

from softspots.commands.interruption import Terminated, requested
from softspots.commands.parameters import Parameters
from softspots.dynamics.parallel import together
from softspots.dynamics.simulation import Simulation
from softspots.io.checkpoint import CHECKPOINT, write_checkpoint


class Checkpointer:
    """Writes checkpoints when they are due and ends the run after a signal; for all ranks together.

    Parameters
    ----------
    run : Simulation
    parameters : Parameters
    identity : dict
        Which run it is.
    comm : communicator
    """

    def __init__(self, run: Simulation, parameters: Parameters, identity: dict, comm):
        self._run, self._parameters, self._identity, self._comm = run, parameters, identity, comm
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
            On all ranks, if a signal has reached one; after a checkpoint.
        """
        # Clocks and signals differ from rank to rank.
        due = perf_counter() - self._last >= 60 * self._parameters.checkpoint_every
        due, signals = zip(*self._comm.allgather((due, requested())), strict=True)
        if any(due) or any(signals):
            self.keep(progress)
            self.write()
        self._end(signals)

    def keep(self, progress: dict):
        """Keep the state of the run on rank 0, for a checkpoint in the middle of what follows; a collective call."""
        self._kept = self._run.state(0), progress, self._run.step

    def check(self):
        """Give up what has been done since `keep`, and go back there, if a signal has reached a rank; collective.

        Raises
        ------
        Terminated
            On all ranks; after a checkpoint.
        """
        signals = self._comm.allgather(requested())
        if any(signals):
            self.write()
        self._end(signals)

    def write(self):
        """Write what was kept as a checkpoint; a collective call."""
        state, progress, _ = self._kept
        with together(self._comm):
            if self._comm.rank == 0:
                path = self._parameters.output / CHECKPOINT
                write_checkpoint(path, state, self._parameters.as_dict(), progress, self._identity)
        self._last = perf_counter()

    def _end(self, signals):
        if signal := next(filter(None, signals), None):
            raise Terminated(signal, f" after step {self._kept[2]}; --resume goes on from there", agreed=True)
