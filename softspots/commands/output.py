"""The output folder of a run: that it can be written, that nothing there is lost, and where a run goes on from."""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

from softspots.commands.command import complain
from softspots.commands.identity import notes_on
from softspots.commands.kinds import option
from softspots.commands.parameters import Parameters
from softspots.exceptions import DamagedFileError, InputError, system_errors
from softspots.io.attributes import CHANGEABLE
from softspots.io.checkpoint import CHECKPOINT, FRAMES, PREVIOUS, Checkpoint, read_checkpoint
from softspots.io.claim import claimed
from softspots.io.replacing import remove_leftovers


def make_folder(folder: Path) -> None:
    """Make an output folder and see that files can be written there.

    Raises
    ------
    InputError
        If it cannot be made or written.
    """
    with system_errors(InputError, f"--output: got {_shown(folder)}; allowed: a folder that can be written"):
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass


def _shown(path: Path) -> str:
    """A path as text that can be printed."""
    return os.fsencode(path).decode(errors="backslashreplace")


def hold(
    name: str, run, files: Iterable[str], find: Callable[[], Checkpoint], stack: contextlib.ExitStack
) -> Checkpoint | None:
    """Claim the output folder until the stack unwinds; the checkpoint to go on from, with what there is to note of it.

    Parameters
    ----------
    name : str
        Of the command.
    run : object
        With ``output``, ``overwrite`` and ``resume``.
    files : iterable of str
        What the run leaves in its folder.
    find : callable
        Gives the checkpoint of a run that is resumed.
    stack : contextlib.ExitStack

    Raises
    ------
    InputError
        As `open_folder` and `check_output` do, and ``find``.
    OutputError
        If another process has the folder.
    """
    open_folder(run, files)
    stack.enter_context(claimed(run.output))
    check_output(run, files)
    checkpoint = find() if run.resume else None
    remove_leftovers(run.output)
    for note in notes_on(checkpoint):
        complain(name, note)
    return checkpoint


def open_folder(run, files: Iterable[str]) -> None:
    """Make the output folder, unless a run is to be resumed there, and see that it can take all files of a run.

    Raises
    ------
    InputError
        If the folder cannot be made or written, or is not there to be resumed, or something else than a file has the
        name of one of the run's files.
    """
    folder = run.output
    if run.resume:
        if run.overwrite:
            raise InputError("--resume: got --overwrite too; allowed: one of the two")
        if not folder.exists():
            raise InputError(
                f"--resume: there is no folder {_shown(folder)}; allowed: one with a checkpoint, or no --resume"
            )
    make_folder(folder)
    for name in (*files, CHECKPOINT, PREVIOUS, FRAMES):
        check_kind(folder / name, stat.S_IFDIR if name == FRAMES else stat.S_IFREG)


def check_kind(path: Path, kind: int = stat.S_IFREG) -> None:
    """See that a file, or a folder, can be written at this path; links are replaced, but a link to a folder is not one.

    Raises
    ------
    InputError
        If something else is there.
    """
    with contextlib.suppress(FileNotFoundError):
        found = stat.S_IFMT(path.lstat().st_mode)
        if found != kind and not (found == stat.S_IFLNK and kind == stat.S_IFREG):
            word = "folder" if kind == stat.S_IFDIR else "file"
            raise InputError(
                f"--output: got {_shown(path.parent)}, where {path.name} is no {word}; allowed: another folder"
            )


def check_output(run, files: Iterable[str]) -> None:
    """See that nothing in the output folder is lost.

    Raises
    ------
    InputError
        If it has files of an earlier run and neither ``overwrite`` nor ``resume`` is on.
    """
    if run.overwrite or run.resume:
        return
    folder = run.output
    present = [name for name in (*files, CHECKPOINT, PREVIOUS) if (folder / name).exists()]
    if (folder / FRAMES).exists() and any((folder / FRAMES).iterdir()):
        present.append(FRAMES)
    if present:
        resume = ", --resume" if {CHECKPOINT, PREVIOUS} & set(present) else ""
        raise InputError(
            f"--output: got {_shown(folder)}, where {present[0]} is that of an earlier run; "
            f"allowed: another folder{resume}, or --overwrite"
        )


def find_checkpoint(parameters: Parameters) -> Checkpoint:
    """The checkpoint in the output folder, checked to be one of this run, which has frames.

    Raises
    ------
    InputError
        As `checkpoint_of` does, or if it has more frames than are asked for.
    """
    checkpoint = checkpoint_of(parameters)
    if parameters.frames < checkpoint.progress["frames"]:
        raise InputError(
            f"--frames: got {parameters.frames}; allowed: at least {checkpoint.progress['frames']}, "
            "which the run to resume has done"
        )
    return checkpoint


def earlier_checkpoint(folder: Path) -> Checkpoint:
    """The checkpoint of a run to resume.

    Raises
    ------
    InputError
        If there is no whole one.
    """
    try:
        return read_checkpoint(folder)
    except DamagedFileError as error:
        raise InputError(f"--resume: {error}; allowed: a folder with a checkpoint, or no --resume") from error


def checkpoint_of(parameters) -> Checkpoint:
    """The checkpoint in the output folder, checked to be of a run with these parameters, of any command.

    Raises
    ------
    InputError
        If there is no whole one, or a parameter other than those in `CHANGEABLE` differs from the checkpoint's.
    """
    checkpoint = earlier_checkpoint(parameters.output)
    # Earlier versions knew unbroken series only.
    earlier = {"frame_separation": checkpoint.configuration.get("frame_interval")} | checkpoint.configuration
    if "start" in earlier and parameters.start is None:
        raise InputError(f"--start: must be given; allowed: {earlier['start']}, that of the run to resume")
    for name, value in parameters.as_dict().items():
        if name == "mixture" and earlier.get(name) != value:
            raise InputError("--model: got another mixture than the run to resume has; allowed: the same one again")
        if name not in CHANGEABLE and earlier.get(name) != value:
            raise InputError(
                f"{option(name)}: got {value}; allowed: {earlier.get(name)}, that of the run to resume, "
                "whose options must be given again, or another folder"
            )
    return checkpoint
