"""Samples of athermal shear: runs that differ in their start, each in a folder of its own, shared between ranks.

Rank r of K makes the samples r, r + K, and so on, each alone, so that its bits depend on nothing but its seed.
"""

from __future__ import annotations

from dataclasses import replace
from time import sleep

from softspots.commands.progress import Progress
from softspots.commands.shear_parameters import ShearParameters
from softspots.io.checkpoint import CHECKPOINT, PREVIOUS

PROGRESS = 1  # the tag of its messages
PATIENCE = 0.05  # s, between two looks for messages


def samples_of(parameters: ShearParameters) -> list[ShearParameters]:
    """The parameters of each sample: seeds one after the other, and a folder named after each.

    What is resumed are those that have been begun.
    """
    found = []
    for seed in range(parameters.seed, parameters.seed + parameters.samples):
        output = parameters.output / f"seed{seed}"
        begun = any((output / name).exists() for name in (CHECKPOINT, PREVIOUS))
        resume = parameters.resume and begun
        found.append(replace(parameters, samples=1, seed=seed, output=output, resume=resume))
    return found


class ProgressOfAll:
    """One bar, on rank 0, over the work of all ranks; the others tell it what they have done.

    A context manager: at the end of its body rank 0 waits for all others. An error of the body ends it at once.

    Parameters
    ----------
    comm : communicator
    total, done : int
        Of all samples; see `Progress`.
    visible : bool
    """

    def __init__(self, comm, total: int, done: int, visible: bool):
        self._comm, self._sent = comm, []
        self._bar = Progress(total, done, visible and comm.rank == 0)
        self._working = comm.size - 1

    def stage(self, name: str) -> None:
        """Say what this rank does."""
        self._bar.stage(name)

    def advance(self, work: int) -> None:
        """Count work as done."""
        if self._comm.rank:
            self._tell(work)
        else:
            self._bar.advance(work)
            self._hear()

    def __enter__(self) -> ProgressOfAll:
        return self

    def __exit__(self, kind, *_) -> None:
        if kind is None:
            self._finish()
        self._bar.close()

    def _finish(self) -> None:
        """Count this rank as done; rank 0 waits for all others."""
        if self._comm.rank:
            self._tell(None)
            for message in self._sent:
                message.wait()
        while self._comm.rank == 0 and self._working:
            self._hear()
            sleep(PATIENCE)

    def _tell(self, work: int | None) -> None:
        self._sent = [message for message in self._sent if not message.test()[0]]
        self._sent.append(self._comm.isend(work, dest=0, tag=PROGRESS))

    def _hear(self) -> None:
        while self._comm.size > 1 and self._comm.iprobe(tag=PROGRESS):
            work = self._comm.recv(tag=PROGRESS)
            if work is None:
                self._working -= 1
            else:
                self._bar.advance(work)
