"""Checkpoints: files that are whole or refused, whatever ended the process that wrote them.

A file is one line of text, ``softspots checkpoint <version> <length> <sha256>``, and a payload of that length and
checksum: one line of JSON with the configuration and the progress, and the arrays as NumPy's .npz, which holds all
bits. Nothing is pickled.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

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
    refused : str
        Why a newer checkpoint was refused, in one line; empty if this is the newest one.
    """

    arrays: dict[str, np.ndarray]
    configuration: dict
    progress: dict
    refused: str = ""


def write_checkpoint(path: str | os.PathLike, arrays: Mapping, configuration: Mapping, progress: Mapping) -> None:
    """Write ``path`` so that at any moment, even of a loss of power, a whole file is there.

    The new file is complete on the disk before it takes its name. A whole checkpoint that is there under this name is
    kept with ``.previous`` behind it; a damaged one is replaced, so that it never takes the place of a good previous
    one.

    Parameters
    ----------
    path : str or path-like
    arrays : dict of str to array_like
        Of any types but objects.
    configuration, progress : dict
        What JSON can hold.

    Raises
    ------
    ValueError
        If an array is of objects.
    OSError
        If the file cannot be written.
    """
    path = Path(path)
    new = _write_new(path, arrays, configuration, progress)
    if path.exists() and not _fault(path.read_bytes()):
        path.rename(path.with_name(path.name + ".previous"))
    new.rename(path)
    sync(path.parent)


def write_file(path: str | os.PathLike, arrays: Mapping) -> None:
    """Write a file of the same format without configuration and progress, in place of any that is there; as safely."""
    path = Path(path)
    _write_new(path, arrays, {}, {}).rename(path)
    sync(path.parent)


def read_checkpoint(folder: str | os.PathLike) -> Checkpoint:
    """The newest whole checkpoint in ``folder``.

    Raises
    ------
    FileNotFoundError
        If there is none.
    ValueError
        If there are some, but none is whole; the message says what is wrong with each.
    """
    refused = []
    present = [path for path in (Path(folder) / CHECKPOINT, Path(folder) / PREVIOUS) if path.exists()]
    for path in present:
        try:
            arrays, configuration, progress = read_file(path)
        except ValueError as error:
            refused.append(str(error))
        else:
            return Checkpoint(arrays, configuration, progress, "; ".join(refused))
    if not present:
        raise FileNotFoundError(f"there is no checkpoint in {folder}")
    raise ValueError("; ".join(refused))


def read_file(path: str | os.PathLike) -> tuple[dict[str, np.ndarray], dict, dict]:
    """Arrays, configuration and progress of one file.

    Raises
    ------
    FileNotFoundError
        If it is not there.
    ValueError
        If it is truncated, corrupted, of another version, or no checkpoint; the message says which, in one line.
    """
    content = Path(path).read_bytes()
    if fault := _fault(content):
        raise ValueError(f"{path} {fault}")
    header, _, arrays = content[_HEAD_LENGTH:].partition(b"\n")
    header = json.loads(header)
    with np.load(io.BytesIO(arrays), allow_pickle=False) as members:
        return dict(members), header["configuration"], header["progress"]


def discard(folder: str | os.PathLike) -> None:
    """Remove the checkpoints of an earlier run, the older one first, so that a newer one never gives way to it."""
    for name in (PREVIOUS, CHECKPOINT):
        (Path(folder) / name).unlink(missing_ok=True)
    discard_frames(folder)


def discard_frames(folder: str | os.PathLike) -> None:
    """Remove the frames of a run whose results file is complete."""
    shutil.rmtree(Path(folder) / FRAMES, ignore_errors=True)


def sync(path: str | os.PathLike) -> None:
    """Have a file, or the names in a folder, on the disk when this returns."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write_new(path, arrays, configuration, progress) -> Path:
    """A whole new file on the disk, to be renamed to ``path``."""
    content = _encode(arrays, configuration, progress)
    new = path.with_name(path.name + ".new")
    with open(new, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return new


def _encode(arrays, configuration, progress) -> bytes:
    arrays = {name: np.asarray(value) for name, value in arrays.items()}
    for name, array in arrays.items():
        if array.dtype.hasobject:
            raise ValueError(f"write_checkpoint: {name} is an array of objects; numbers or text are needed")
    header = json.dumps({"configuration": dict(configuration), "progress": dict(progress)})
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
