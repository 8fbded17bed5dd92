"""The files of a run, frame by frame."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from softspots.chain import Analysis, kept_particles
from softspots.io.checkpoint import FRAMES, read_file, write_file
from softspots.io.results import ResultsWriter, read_results
from softspots.io.trajectory import TrajectoryWriter
from softspots.parameters import Parameters
from softspots.state import Box, Frame


class Files:
    """results.nc, trajectory.nc and the frames' own files side by side; a context manager for rank 0."""

    def __init__(self, parameters: Parameters, frame: Frame, attributes: dict):
        self._results = ResultsWriter(
            parameters.output / "results.nc",
            frame,
            parameters.modes,
            kept_particles(parameters),
            parameters.as_dict(),
            attributes,
        )
        self._trajectory = TrajectoryWriter(parameters.output / "trajectory.nc", frame.species)
        self._output = parameters.output

    def write(self, index: int, frame: Frame, analysis: Analysis):
        """Write a frame and what was found in it."""
        write_file(frame_path(self._output, index), analysis.values)
        self.write_again(index, frame, analysis)

    def write_again(self, index: int, frame: Frame, analysis: Analysis):
        """Write a frame that has a file of its own."""
        self._results.write_frame(index, analysis.values)
        self._trajectory.write(frame)

    def set_attributes(self, attributes: dict):
        """Add attributes of the whole run to the results file."""
        self._results.set_attributes(attributes)

    def __enter__(self) -> Files:
        return self

    def __exit__(self, *exception):
        self._results.close()
        self._trajectory.close()


def frame_path(output: Path, index: int) -> Path:
    """The file of one frame's own."""
    return output / FRAMES / f"{index:06}"


def save_frames(output: Path, count: int) -> None:
    """See that each of the first frames has a file of its own, if need be from the results of a finished run.

    Raises
    ------
    RuntimeError
        If a frame is nowhere.
    """
    (output / FRAMES).mkdir(exist_ok=True)
    missing = [index for index in range(count) if not frame_path(output, index).exists()]
    if not missing:
        return
    try:
        results = read_results(output / "results.nc")
        for index in missing:
            write_file(frame_path(output, index), results.variables(index))
    except (OSError, ValueError, IndexError) as error:
        raise RuntimeError(
            f"frame {missing[0] + 1}, which the checkpoint counts as done, is neither in "
            f"{frame_path(output, missing[0])} nor in results.nc ({error}); start anew with --overwrite"
        ) from error


def earlier_frames(output: Path, like: Frame, faults: list[str]) -> Iterator[tuple[int, Frame, Analysis]]:
    """The frames before a resumption, from their own files; ``like`` is any frame of the run."""
    for index, fault in enumerate(faults):
        values = read_file(frame_path(output, index))[0]
        box = Box(like.box.length_x, like.box.length_y, float(values["tilt"]), float(values["strain"]))
        frame = replace(like, positions=values["position"], box=box, time=float(values["time"]), images=values["image"])
        yield index, frame, Analysis(values, fault)
