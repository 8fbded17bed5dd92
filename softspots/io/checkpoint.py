"""Checkpoints: files that are whole or refused, whatever ended the process that wrote them.

A file is one line of text, ``softspots checkpoint <version> <length> <sha256>``, and a payload of that length and
checksum: one line of JSON with the configuration, the progress and the run's identity, and the arrays as NumPy's .npz,
which holds all bits. Nothing is pickled.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from softspots.exceptions import DamagedFileError, InputError, MissingFileError, OutputError, system_errors
from softspots.io.replacing import replacing

# In the folder of the run: the newest checkpoint, the one before it, and a folder with a file for each frame analysed.
CHECKPOINT, PREVIOUS, FRAMES = "checkpoint", "checkpoint.previous", "checkpoint.frames"
VERSION = 1
MAGIC = b"softspots checkpoint "
_HEAD = re.compile(MAGIC + rb"([0-9]+) ([0-9]{20}) ([0-9a-f]{64})\n")
_HEAD_LENGTH = len(MAGIC) + len(b"%d %020d " % (VERSION, 0)) + 64 + 1


@dataclass(frozen=True)
class Checkpoint:
    """What a checkpoint holds.

    Attributes
    ----------
    arrays : dict of str to array
    configuration : dict
        Parameters of the run.
    progress : dict
        How far the run was.
    identity : dict
        Which run it is: ``run_id`` and ``parameters_checksum``; empty in files of earlier versions.
    refused : str
        Why a newer checkpoint was refused, in one line; empty if this is the newest one.
    """

    arrays: dict[str, np.ndarray]
    configuration: dict[str, Any]
    progress: dict[str, Any]
    identity: dict[str, Any] = field(default_factory=dict)
    refused: str = ""


def write_checkpoint(
    path: str | os.PathLike[str],
    arrays: Mapping[str, Any],
    configuration: Mapping[str, Any],
    progress: Mapping[str, Any],
    identity: Mapping[str, Any] | None = None,
) -> None:
    """Write ``path`` so that at any moment, even of a loss of power, a whole file is there.

    The new file is complete on the disk before it takes its name. A whole checkpoint that is there under this name is
    kept with ``.previous`` behind it; a damaged one is replaced, so that it never takes the place of a good previous
    one.

    Parameters
    ----------
    path : str or path-like
    arrays : dict of str to array_like
        Of any types but objects.
    configuration, progress, identity : dict
        What JSON can hold.

    Raises
    ------
    InputError
        If an array is of objects.
    OutputError
        If the file cannot be written.
    """
    path = Path(path)
    content = _encode(arrays, configuration, progress, identity or {})
    with replacing(path) as new:
        _write(new, content)
        if path.exists() and not _fault(path.read_bytes()):
            path.rename(path.with_name(path.name + ".previous"))
    sync(path.parent)


def write_file(
    path: str | os.PathLike[str], arrays: Mapping[str, Any], identity: Mapping[str, Any] | None = None
) -> None:
    """Write a file of the same format without configuration and progress, in place of any that is there; as safely."""
    path = Path(path)
    content = _encode(arrays, {}, {}, identity or {})
    with replacing(path) as new:
        _write(new, content)
    sync(path.parent)


def read_checkpoint(folder: str | os.PathLike[str]) -> Checkpoint:
    """The newest whole checkpoint in ``folder``.

    Parameters
    ----------
    folder : path_like
        That of a run.

    Returns
    -------
    Checkpoint

    Raises
    ------
    MissingFileError
        If there is none.
    DamagedFileError
        If there are some, but none is whole; the message says what is wrong with each.
    """
    refused = []
    present = [path for path in (Path(folder) / CHECKPOINT, Path(folder) / PREVIOUS) if path.exists()]
    for path in present:
        try:
            return replace(read_file(path), refused="; ".join(refused))
        except DamagedFileError as error:
            refused.append(str(error))
    if not present:
        raise MissingFileError(f"there is no checkpoint in {folder}")
    raise DamagedFileError("; ".join(refused))


def read_file(path: str | os.PathLike[str]) -> Checkpoint:
    """What is in one file.

    Raises
    ------
    MissingFileError
        If it is not there.
    DamagedFileError
        If it is truncated, corrupted, of another version, or no checkpoint; the message says which, in one line.
    """
    if not os.path.exists(path):
        raise MissingFileError(f"there is no {path}")
    with system_errors(DamagedFileError, f"{path} cannot be read"):
        content = Path(path).read_bytes()
    if fault := _fault(content):
        raise DamagedFileError(f"{path} {fault}")
    header, _, arrays = content[_HEAD_LENGTH:].partition(b"\n")
    header = json.loads(header)
    with np.load(io.BytesIO(arrays), allow_pickle=False) as members:
        # Earlier versions had no identity.
        return Checkpoint(dict(members), header["configuration"], header["progress"], header.get("identity", {}))


def discard(folder: str | os.PathLike[str]) -> None:
    """Remove the checkpoints of an earlier run, the older one first, so that a newer one never gives way to it."""
    for name in (PREVIOUS, CHECKPOINT):
        (Path(folder) / name).unlink(missing_ok=True)
    discard_frames(folder)


def discard_frames(folder: str | os.PathLike[str]) -> None:
    """Remove the frames of a run whose results file is complete."""
    shutil.rmtree(Path(folder) / FRAMES, ignore_errors=True)


def sync(path: str | os.PathLike[str]) -> None:
    """Have a file, or the names in a folder, on the disk when this returns.

    Raises
    ------
    OutputError
        If that cannot be.
    """
    with system_errors(OutputError, f"{path} cannot be brought to the disk"):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _write(path: Path, content: bytes) -> None:
    """Have the content on the disk."""
    with open(path, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _encode(arrays, configuration, progress, identity) -> bytes:
    arrays = {name: np.asarray(value) for name, value in arrays.items()}
    for name, array in arrays.items():
        if array.dtype.hasobject:
            raise InputError(f"write_checkpoint: {name} is an array of objects; numbers or text are needed")
    parts = {"configuration": configuration, "progress": progress, "identity": identity}
    header = json.dumps({name: dict(part) for name, part in parts.items()})
    members = io.BytesIO()
    np.savez(members, **arrays)
    payload = header.encode() + b"\n" + members.getvalue()
    return MAGIC + b"%d %020d %s\n" % (VERSION, len(payload), hashlib.sha256(payload).hexdigest().encode()) + payload


def _fault(content: bytes) -> str:
    """What is wrong with a file of this content; empty if nothing is."""
    if not content.startswith(MAGIC[: len(content)]):
        return "is not a checkpoint of softspots"
    if len(content) < _HEAD_LENGTH:
        return f"is truncated: it has {len(content)} bytes, fewer than its first line"
    head = _HEAD.match(content)
    if head is None:
        return "is corrupted: its first line cannot be read"
    if int(head[1]) != VERSION:
        return f"is of version {int(head[1])}; {VERSION} is needed"
    payload, length = content[head.end() :], int(head[2])
    if len(payload) < length:
        return f"is truncated: it has {len(payload)} of {length} bytes"
    if len(payload) > length or hashlib.sha256(payload).hexdigest().encode() != head[3]:
        return "is corrupted: its checksum is not that of its content"
    return ""
