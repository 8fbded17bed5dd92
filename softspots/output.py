"""The output folder of a run: that it can be written, that nothing there is lost, and where a run goes on from."""

from __future__ import annotations

import tempfile
from pathlib import Path

from softspots.exceptions import InputError
from softspots.io.checkpoint import CHECKPOINT, PREVIOUS, Checkpoint, read_checkpoint
from softspots.parameters import CHANGEABLE, FILES, Parameters


def make_folder(folder: Path) -> None:
    """Make an output folder and see that files can be written there.

    Raises
    ------
    InputError
        If it cannot be made or written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise InputError(f"output: got {folder}; allowed: a folder that can be written ({error.strerror})") from error


def check_output(parameters: Parameters) -> None:
    """Make the output folder and see that files can be written there and none is lost.

    Raises
    ------
    InputError
        If the folder cannot be made or written, or has files of an earlier run and neither ``overwrite`` nor
        ``resume`` is on, or both are.
    """
    folder = parameters.output
    make_folder(folder)
    if parameters.resume:
        if parameters.overwrite:
            raise InputError("resume: got overwrite too; allowed: one of the two")
        return
    present = [name for name in (CHECKPOINT, PREVIOUS, *FILES) if (folder / name).exists()]
    if present and not parameters.overwrite:
        resume = ", --resume" if {CHECKPOINT, PREVIOUS} & set(present) else ""
        raise InputError(
            f"output: got {folder}, which has {present[0]} of an earlier run; "
            f"allowed: another folder{resume}, or --overwrite"
        )


def find_checkpoint(parameters: Parameters) -> Checkpoint:
    """The checkpoint in the output folder, checked to be one of this run.

    Raises
    ------
    InputError
        If there is no whole one, a parameter other than those in `CHANGEABLE` differs from the checkpoint's, or it has
        more frames than are asked for.
    """
    try:
        checkpoint = read_checkpoint(parameters.output)
    except (OSError, ValueError) as error:
        raise InputError(f"resume: {error}; allowed: a folder with a checkpoint, or no --resume") from error
    # Earlier versions knew unbroken series only.
    earlier = {"frame_separation": checkpoint.configuration.get("frame_interval")} | checkpoint.configuration
    for name, value in parameters.as_dict().items():
        if name not in CHANGEABLE and earlier.get(name) != value:
            raise InputError(
                f"{name}: got {value}; allowed: {earlier.get(name)}, that of the run to resume, or another folder"
            )
    if parameters.frames < checkpoint.progress["frames"]:
        raise InputError(
            f"frames: got {parameters.frames}; allowed: at least {checkpoint.progress['frames']}, "
            "which the run to resume has done"
        )
    return checkpoint
