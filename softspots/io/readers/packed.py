"""Files packed by gzip or zstd, read as if they were not."""

from __future__ import annotations

import contextlib
import gzip
import os
import zlib
from collections.abc import Iterator
from os import PathLike
from typing import BinaryIO

import numpy as np

from softspots.exceptions import DamagedFileError, InputError, system_errors
from softspots.extras import load_extra

GZIP, ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
BLOCK = 1 << 20
ALLOWED, SPACE = (b"\t", b"\n", b"\r"), 32


@contextlib.contextmanager
def unpacked(path: str | PathLike) -> Iterator[BinaryIO]:
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


def require_ending(path: str | PathLike) -> None:
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


def require_text(path: str | PathLike) -> None:
    """Refuse a text file with control characters, as failing disks leave them: OVITO never comes back from some.

    Raises
    ------
    DamagedFileError
        If there is one, or the file cannot be unpacked.
    """
    before = 0
    with unpacked(path) as content:
        while block := content.read(BLOCK):
            codes = np.frombuffer(block, np.uint8)
            # Counting is four times as fast as looking for each one.
            if np.count_nonzero(codes < SPACE) != sum(map(block.count, ALLOWED)):
                place = np.flatnonzero((codes < SPACE) & ~np.isin(codes, list(b"".join(ALLOWED))))[0]
                raise DamagedFileError(f"{path} is damaged: byte {before + place} of the text is {block[place]:#04x}")
            before += len(block)
