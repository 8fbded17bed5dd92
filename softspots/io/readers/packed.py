"""Files packed by gzip or zstd, read as if they were not."""

from __future__ import annotations

import contextlib
import gzip
import io
import os
import zlib
from collections.abc import Iterator
from os import PathLike
from typing import BinaryIO

import numpy as np

from softspots.exceptions import DamagedFileError, InputError, system_errors
from softspots.extras import load_extra

GZIP, ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
# Little enough that a frame of thousands of lines is many of these.
BLOCK = 1 << 16
ALLOWED, SPACE = (b"\t", b"\n", b"\r"), 32


@contextlib.contextmanager
def unpacked(path: str | PathLike[str]) -> Iterator[BinaryIO]:
    """The content of a file, unpacked; whatever is wrong with it is a `DamagedFileError`."""
    with system_errors(DamagedFileError, f"{path} cannot be read"), open(path, "rb") as file:
        start = file.read(4)
        file.seek(0)
        broken: tuple[type[Exception], ...] = (EOFError, zlib.error)
        if start.startswith(GZIP):
            content = gzip.GzipFile(fileobj=file)
        elif start == ZSTD:
            library = load_extra("zstandard")
            broken = (*broken, library.ZstdError)
            # Frame by frame, as parts that were packed one by one may stand behind each other.
            content = library.ZstdDecompressor().stream_reader(file, read_across_frames=True)
        else:
            content = file
        try:
            yield content
        except broken as error:
            raise DamagedFileError(f"{path} is damaged: {error}") from error


def require_ending(path: str | PathLike[str]) -> None:
    """Refuse a packed file whose name does not say so: OVITO goes by the name.

    Raises
    ------
    InputError
        If it has another ending than ``.gz`` or ``.zst``, or such an ending without being packed.
    """
    with open(path, "rb") as file:
        start = file.read(4)
    needed = ".gz" if start.startswith(GZIP) else ".zst" if start == ZSTD else ""
    ending = os.path.splitext(path)[1]
    if ending != needed and {ending, needed} & {".gz", ".zst"}:
        raise InputError(
            f"{path} must end in {needed}" if needed else f"{path} is not packed; it must not end in {ending}"
        )


@contextlib.contextmanager
def text(path: str | PathLike[str]) -> Iterator[BinaryIO]:
    """The lines of a text file, unpacked; ``raw.ended`` tells if what was read ends with a line.

    Control characters, as failing disks leave them, are damage that is found while lines are read: OVITO never comes
    back from some. What is wrong with the file is a `DamagedFileError`.
    """
    with unpacked(path) as content:
        yield io.BufferedReader(_Text(content, path), BLOCK)


class _Text(io.RawIOBase):
    """Bytes that are looked at when they are read."""

    def __init__(self, content: BinaryIO, path: str | PathLike[str]) -> None:
        self._content, self._path, self._before = content, path, 0
        # Whether what was read so far ends with a line.
        self.ended = True

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        block = self._content.read(len(buffer))
        codes = np.frombuffer(block, np.uint8)
        # Counting is four times as fast as looking for each one.
        if np.count_nonzero(codes < SPACE) != sum(map(block.count, ALLOWED)):
            place = np.flatnonzero((codes < SPACE) & ~np.isin(codes, list(b"".join(ALLOWED))))[0]
            raise DamagedFileError(
                f"{self._path} is damaged: byte {self._before + place} of the text is {block[place]:#04x}"
            )
        self._before += len(block)
        self.ended = block.endswith(b"\n") if block else self.ended
        buffer[: len(block)] = block
        return len(block)
