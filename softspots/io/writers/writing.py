"""`write`: frames and columns into a file whose name says its format."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib import import_module
from os import PathLike, fspath
from typing import Any

from softspots.exceptions import DamagedFileError, InputError
from softspots.frame import Frame
from softspots.io.replacing import replacing
from softspots.io.results import Results
from softspots.io.writers.columns import checked_columns
from softspots.io.writers.found import frame_and_found, known, named, step_of

TEXT = ("", ".gz", ".zst")
# By the endings of names: how they may be packed, the module in this package, and its writer.
FORMATS = {
    (".xyz", ".extxyz"): (TEXT, "text", "ExtendedXYZ"),
    (".dump", ".lammpstrj"): (TEXT, "text", "LammpsDump"),
    (".gsd",): (("",), "gsd_files", "GSDWriter"),
}


def write(path: str | PathLike[str], frames: Frame | Iterable[Frame] | Results, **columns: Any) -> None:
    """Write frames, with further values of each particle, to a file that other programs show and `read` reads.

    The name says the format: extended XYZ (``.xyz``, ``.extxyz``), LAMMPS' text dump (``.dump``, ``.lammpstrj``), both
    also packed (``.gz``, ``.zst`` behind it), or GSD (``.gsd``). Positions, species, box and time are written, and ids,
    sizes, images and strain where they are known (a dump has no place for the strain); where times are numbers of
    steps, a dump has these in place of times. Frames are taken one by one, so
    a lazy sequence of any length needs the memory of one. Lengths and times are those of the frames, as ``unit`` and
    ``timestep`` of `read` made them, not those of the file that they are from. A frame of a sequence or of a results
    file that cannot be read is left out, with a warning. An existing file is replaced once the new one is whole.

    Parameters
    ----------
    path : str or path-like
    frames : Frame, iterable of Frame, Study, or Results
        Of a minimum, its ``frame``. Of a study or one of its frames, and of a results file, comes with them what is
        known of each particle: the columns ``d2min``, ``soft_spot`` and ``to_minimum``, (N, d), the way to the inherent
        structure, NaN where there is none; of a study ``participation_fraction`` too. Their species have the names that
        the mixture gives them.
    **columns : (N,) or (N, k) array_like, or SoftSpots
        Values of each particle by their names: real numbers, NaN for what is not known. With more than one frame, a
        sequence of these, one for each frame, also for those that are left out. Vectors in two dimensions get z = 0. Of
        soft spots the numbers are written, from 1, and 0 for particles on none.

    Raises
    ------
    InputError
        If the name says no format, there are no frames or none that can be read, or a column has a name or values that
        it cannot have.
    OutputError
        If the file cannot be written.
    InstallationError
        If a library is needed that is not there.

    Examples
    --------
    >>> import softspots as ss
    >>> from softspots.io import read_results
    >>> ss.write("map.xyz", minimum.frame, soft_spot=spots, d2min=d2min, mode=modes.vectors[0])
    >>> ss.write("own.xyz", ss.study(frames, model, modes=40))
    >>> ss.write("run.dump.gz", read_results("results.nc"))
    """
    writer = _writer_of(fspath(path))
    with replacing(path) as unfinished, writer(unfinished) as file:
        for frame, values in _with_columns(frames, columns):
            file.write(frame, checked_columns(frame, values), step_of(frame, frames))


def _writer_of(path: str):
    for endings, (packings, place, name) in FORMATS.items():
        if path.endswith(tuple(ending + packing for ending in endings for packing in packings)):
            return getattr(import_module(f"{__package__}.{place}"), name)
    known = ", ".join(ending for endings in FORMATS for ending in endings)
    raise InputError(
        f"write: the name {path!r} says no format; allowed are {known}, those of text also with .gz or .zst"
    )


def _with_columns(frames, columns: Mapping[str, Any]) -> Iterator[tuple[Frame, dict[str, Any]]]:
    """Each frame with its own columns by name."""
    alone, own = frame_and_found(frames)
    if alone is not None:
        yield named(alone, frames), own | columns
        return
    if not isinstance(frames, Iterable):
        raise InputError(f"write: frames are of type {type(frames).__name__}; a Frame, or frames, are needed")
    index, written = -1, 0
    for index, entry in _entries(frames):
        if entry is None:
            continue
        frame, own = frame_and_found(entry)
        if frame is None:
            raise InputError(f"write: frame {index} is of type {type(entry).__name__}; a Frame is needed")
        frame = named(frame, frames if isinstance(frames, Results) else entry)
        if isinstance(frames, Results):
            own = known(frames, index, frame)
        written += 1
        yield frame, own | {name: _of_frame(name, values, index) for name, values in columns.items()}
    if not written:
        raise InputError(f"write: there are no frames{' that can be read' * (index >= 0)}")
    for name, values in columns.items():
        if len(values) != index + 1:
            raise InputError(f"write: {name} has values for {len(values)} frames, and there are {index + 1}")


def _entries(frames: Iterable[Any]) -> Iterator[tuple[Any, ...]]:
    """Number and frame, or what stands for one; None, with a warning, where it cannot be read."""
    if not isinstance(frames, Results | Sequence):
        yield from enumerate(frames)
        return
    take = frames.frame if isinstance(frames, Results) else frames.__getitem__
    for index in frames.bar() if hasattr(frames, "bar") else range(len(frames)):
        try:
            entry = take(index)
        except (DamagedFileError, InputError) as error:
            warnings.warn(f"write: frame {index} is left out: {error}", stacklevel=4)
            entry = None
        yield index, entry


def _of_frame(name, values, index):
    try:
        return values[index]
    except (IndexError, KeyError, TypeError) as error:
        raise InputError(f"write: {name} has no values for frame {index}; one entry a frame is needed") from error
