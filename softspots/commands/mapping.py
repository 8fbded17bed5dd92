"""The frames of a study taken through the chain by all ranks, one frame each, into results.nc and pictures.

A run can be ended at any moment and resumed. Rank 0 writes each frame to a small file of its own, then to results.nc,
which may not survive a kill in the middle of a write. A resumed run writes results.nc anew from these files, and
goes on with the frames that have none; a finished one removes them. A frame that cannot be read gets none, and is tried
again.
"""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from softspots.chain.saving import StudyWriter, configuration
from softspots.chain.study import Study
from softspots.commands.files import read_frame_file, write_frame_file
from softspots.commands.interruption import Terminated, cutting, requested
from softspots.commands.progress import Progress
from softspots.dynamics.parallel import together
from softspots.exceptions import DamagedFileError, InputError, OutputError, SoftspotsError
from softspots.figures.map import save_map
from softspots.io.attributes import unit_of_time
from softspots.io.checkpoint import discard_frames, sync
from softspots.io.frames import frame_from
from softspots.io.results import read_results

RESULTS = "results.nc"


@dataclass(frozen=True)
class Target:
    """Where a run writes.

    Attributes
    ----------
    folder : Path
    identity : dict
        Which run it is.
    pictures : dict of int to Path
        Of the frames that are drawn.
    kernels : dict
        What the kernels are compiled for; see `softspots.commands.identity.instruction_sets`.
    """

    folder: Path
    identity: dict
    pictures: dict[int, Path]
    kernels: dict[str, str]

    @property
    def results(self) -> Path:
        """The results file."""
        return self.folder / RESULTS

    def earlier(self, count: int) -> Iterator[tuple[int, dict, str]]:
        """What an earlier leg has found in some of so many frames: number, values, what is missing and why."""
        for index in range(count):
            with contextlib.suppress(DamagedFileError):
                values = read_frame_file(self.folder, index, self.identity)
                yield index, values, str(values.pop("fault"))

    def finished(self, count: int) -> bool:
        """Whether the results file is whole, of this run, with so many frames."""
        try:
            found = read_results(self.results)
        except (SoftspotsError, OSError):
            return False
        same = all(found.attributes.get(name) == value for name, value in self.identity.items())
        return same and len(found) == count and "wall_time_total" in found.attributes


def map_frames(study: Study, target: Target, comm, temperature: float | None, visible: bool) -> None:
    """Take all frames that are not done through the chain, and write everything; a collective call.

    Parameters
    ----------
    study : Study
        The same on all ranks.
    target : Target
        On rank 0 the folder is there, and is written by nobody else.
    comm : communicator
    temperature : float or None
        For the pictures.
    visible : bool
        Whether the bar is.

    Raises
    ------
    FailedTogether
        On all ranks, if one fails in its own part of the work.
    Terminated
        On all ranks, if one has got a signal, with all that is done in files.
    """
    count = len(study)
    with contextlib.ExitStack() as stack:
        stack.enter_context(cutting(False))
        todo = writer = None
        with together(comm):
            if comm.rank == 0:
                about = target.identity | target.kernels | {"ranks": comm.size}
                writer = stack.enter_context(StudyWriter(target.results, study, about))
                todo = _write_earlier(target, writer, count)
        todo = comm.bcast(todo)
        progress = Progress(count, count - len(todo), visible=visible and comm.rank == 0)
        stack.enter_context(contextlib.closing(progress))
        told, done = set(), count - len(todo)
        for start in range(0, len(todo), comm.size):
            batch = todo[start : start + comm.size]
            progress.stage(f"frame {batch[0] + 1} of {count}")
            with together(comm):
                mine = _found(study, batch[comm.rank], target, temperature) if comm.rank < len(batch) else None
            # More ranks than frames are left have found nothing.
            found = comm.gather(mine)
            with together(comm):
                if comm.rank == 0:
                    done += _write_batch(target, writer, batch, found, told)
            progress.advance(len(batch))
            _end(comm, f"; {done} of {count} frames are done, and --resume goes on with the others")
    with together(comm):
        if comm.rank == 0:
            sync(target.results)
            if not target.finished(count):
                raise OutputError(f"{target.results} cannot be read back; the frames are kept, and --resume reads them")
            discard_frames(target.folder)


def _end(comm, hint):
    """End all ranks, if a signal has reached one."""
    if signal := next(filter(None, comm.allgather(requested())), None):
        raise Terminated(signal, hint, agreed=True)


def _write_earlier(target: Target, writer: StudyWriter, count: int) -> list[int]:
    """Write again what an earlier leg has found, and say which frames are left."""
    left = {*range(count)}
    for index, values, fault in target.earlier(count):
        writer.write(index, values, fault)
        left.discard(index)
    return sorted(left)


def _write_batch(target, writer, batch, found, told) -> int:
    """Write what the ranks have found, tell what has not been told before, and say how many frames that are."""
    whole = [(index, *one) for index, one in zip(batch, found, strict=False) if one]
    for index, values, fault, said in whole:
        _write(target, writer, index, values, fault)
        for text in dict.fromkeys(said):
            if text not in told:
                warnings.warn(f"frame {index}: {text}", stacklevel=2)
            told.add(text)
    return len(whole)


def _write(target, writer, index, values, fault):
    if values:
        write_frame_file(target.folder, index, values | {"fault": np.array(fault)}, target.identity)
    writer.write(index, values, fault)


def _found(study, index, target, temperature) -> tuple[dict, str, list[str]] | None:
    """What is found in a frame, what is missing and why, and what to warn of; None if a signal cuts it off."""
    try:
        with warnings.catch_warnings(record=True) as said, cutting():
            warnings.simplefilter("always", UserWarning)
            values, fault = study.values(index, keep=False)
            if values and index in target.pictures:
                draw(study, index, target.pictures[index], values, temperature)
    except Terminated:
        return None
    return values, fault, [str(one.message) for one in said if issubclass(one.category, UserWarning)]


def title_of(time: float, told: Mapping) -> str:
    """When a frame is, in the unit of time of its source."""
    if unit_of_time(told) == "steps":
        return rf"$t=${time:,.0f} step" + "s" * (time != 1)
    return rf"$t={time:g}\,\tau$"


def draw(study: Study, index: int, path: Path, values: dict, temperature: float | None) -> None:
    """Draw the map of the frame ``index`` from what a results file has of it; if that cannot be, there is a warning."""
    frame = frame_from(study.first, values)
    about = {"model": study.model, "title": title_of(frame.time, study.source), "unknown": study.no_later(index)}
    if "rearrangement_threshold" in (known := configuration(study)):
        about["threshold"] = known["rearrangement_threshold"]
    try:
        save_map(path, frame, values["d2min"], values["soft_spot"], temperature, **about)
    except InputError as error:
        warnings.warn(f"it is not drawn: {error}", stacklevel=2)
