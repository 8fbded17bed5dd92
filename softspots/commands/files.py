"""The files of a run, frame by frame."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path

import numpy as np

from softspots.commands.chain import Analysis, kept_particles
from softspots.commands.parameters import MAP, Parameters
from softspots.exceptions import DamagedFileError, OutputError, SoftspotsError, system_errors
from softspots.frame import Frame
from softspots.io.checkpoint import FRAMES, read_file, sync, write_file
from softspots.io.frames import frame_from
from softspots.io.results import ResultsWriter, read_results
from softspots.io.trajectory import TrajectoryWriter, read_trajectory, trajectory_attributes
from softspots.reasons import number_of

WRITTEN = ("results.nc", "trajectory.nc")


class Files:
    """results.nc, trajectory.nc and the frames' own files side by side; a context manager for rank 0.

    Files of these names that are there give way to new ones, and a map of earlier frames goes. Only what ends without
    an error is sealed.
    """

    def __init__(self, parameters: Parameters, frame: Frame, attributes: dict, identity: dict):
        self._output, self._identity = parameters.output, identity
        (self._output / MAP).unlink(missing_ok=True)
        results = ResultsWriter(
            self._output / "results.nc",
            frame,
            parameters.modes,
            kept_particles(parameters),
            parameters.as_dict(),
            attributes | identity,
        )
        with ExitStack() as stack:
            self._results = stack.enter_context(results)
            self._trajectory = stack.enter_context(
                TrajectoryWriter(
                    self._output / "trajectory.nc",
                    frame.species,
                    identity,
                    dimension=frame.dimension,
                    sizes=frame.sizes,
                    ids=frame.ids,
                )
            )
            self._end = stack.pop_all()

    def write(self, index: int, frame: Frame, analysis: Analysis):
        """Write a frame and what was found in it."""
        write_frame_file(self._output, index, analysis.values, self._identity)
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
        self._end.__exit__(*exception)


def frame_path(output: Path, index: int) -> Path:
    """The file of one frame's own."""
    return output / FRAMES / f"{index:06}"


def write_frame_file(output: Path, index: int, values: dict, identity: dict) -> None:
    """Write the file of one frame's own, with its number."""
    path = frame_path(output, index)
    # No sooner: a run that fails before its first frame leaves no folder.
    path.parent.mkdir(exist_ok=True)
    write_file(path, values, identity | {"frame": index})


def read_frame_file(output: Path, index: int, identity: dict) -> dict[str, np.ndarray]:
    """What was found in one frame, from its own file.

    Raises
    ------
    MissingFileError
        If there is none.
    DamagedFileError
        If it is not whole, or of another run or frame.
    """
    path = frame_path(output, index)
    found = read_file(path)
    _check_identity(path, found.identity, identity)
    # Files of earlier versions do not say which frame they are of.
    if (number := found.identity.get("frame", index)) != index:
        raise DamagedFileError(f"{path} is that of frame {number} under the name of another one")
    return found.arrays


def _shown(identity: dict) -> str:
    return f"run_id {identity.get('run_id', 'none')}"


def save_frames(output: Path, count: int, identity: dict) -> None:
    """See that each of the first frames has a file of its own, if need be from the results of a finished run.

    Raises
    ------
    DamagedFileError
        If a frame is nowhere.
    """
    # Opening it reads all of it: once, and only if a frame is missing.
    results = cache(lambda: _own_results(output, identity))
    for index in range(count):
        try:
            read_frame_file(output, index, identity)
        except DamagedFileError as reason:
            try:
                values = _frame_of(results(), index)
            except DamagedFileError as error:
                raise DamagedFileError(
                    f"frame {index}, which the checkpoint counts as done, is neither in a file of its own "
                    f"({reason}) nor in results.nc ({error}); start anew with --overwrite"
                ) from error
            write_frame_file(output, index, values, identity)


def _own_results(output, identity):
    with system_errors(DamagedFileError, "it cannot be read"):
        results = read_results(output / "results.nc")
    _check_identity("it", results.attributes, identity)
    return results


def _frame_of(results, index):
    if index >= len(results):
        raise DamagedFileError(f"it has {number_of(len(results), 'frame')}")
    return results.variables(index)


def _check_identity(path, attributes, identity):
    found = {name: attributes[name] for name in identity if name in attributes}
    if found != identity:
        raise DamagedFileError(f"{path} is of another run, {_shown(found)}; that of this one is {_shown(identity)}")


def earlier_frames(output: Path, like: Frame, faults: list[str], identity: dict) -> Iterator[tuple]:
    """The frames before a resumption, from their own files, as number, `Frame`, and `Analysis`.

    Their particles and the sides of the box are those of ``like``, any frame of the run.
    """
    for index, fault in enumerate(faults):
        values = read_frame_file(output, index, identity)
        yield index, frame_from(like, values), Analysis(values, fault)


def finished(output: Path, count: int, identity: dict) -> bool:
    """Whether results.nc and trajectory.nc are those of this run, whole, with so many frames, and nothing else is."""
    try:
        results, path = _own_results(output, identity), output / "trajectory.nc"
        _check_identity("trajectory.nc", trajectory_attributes(path), identity)
        ended = len(results) == count and "wall_time_total" in results.attributes
        return ended and sum(1 for _ in read_trajectory(path)) == count and not (output / FRAMES).exists()
    except SoftspotsError:
        return False


def finished_frames(output: Path, faults: list[str]) -> Iterator[tuple]:
    """The frames of a run that has ended, from results.nc, as number, `Frame`, and `Analysis`."""
    results = read_results(output / "results.nc")
    for index, fault in enumerate(faults):
        yield index, results.frame(index), Analysis(results.variables(index), fault)


def check_files(output: Path, count: int, identity: dict) -> None:
    """Have results.nc and trajectory.nc on the disk, and see that they hold what the frames' own files hold, no more.

    Raises
    ------
    OutputError
        If not.
    """
    try:
        for name in WRITTEN:
            sync(output / name)
        results, path = _own_results(output, identity), output / "trajectory.nc"
        if len(results) != count:
            raise DamagedFileError(f"results.nc has {number_of(len(results), 'frame')}; {count} are needed")
        _check_identity("trajectory.nc", trajectory_attributes(path), identity)
        read = 0
        for read, frame in enumerate(read_trajectory(path), 1):
            if read <= count:
                values = read_frame_file(output, read - 1, identity)
                _check_frame(values, results.variables(read - 1), frame, read)
        if read != count:
            raise DamagedFileError(f"trajectory.nc has {number_of(read, 'frame')}; {count} are needed")
    except SoftspotsError as error:
        raise OutputError(
            f"what was written cannot be read back ({error}); the frames are kept, and --resume writes the files again"
        ) from error


def _check_frame(values, found, frame, number):
    for name, value in values.items():
        if np.asarray(value).astype(found[name].dtype).tobytes() != found[name].tobytes():
            raise DamagedFileError(f"{name} of frame {number} differs in results.nc")
    if not np.array_equal(frame.positions, values["position"].astype(np.float32)):
        raise DamagedFileError(f"the positions of frame {number} differ in trajectory.nc")
