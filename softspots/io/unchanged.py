"""Whether a file that is read bit by bit is still the one that it was."""

from __future__ import annotations

import os
from os import PathLike
from typing import Any

from softspots.exceptions import DamagedFileError, MissingFileError

# Bytes at the end that tell a file that has grown from one that was written anew, or its second half, if it is short:
# what stands at the beginning may count the frames.
TAIL = 4096


def place(path: str | PathLike[str]) -> tuple[int, ...]:
    """Where a file is, how long, and since when it is as it is.

    Raises
    ------
    MissingFileError
        If there is none.
    """
    try:
        found = os.stat(path)
    except FileNotFoundError as error:
        raise MissingFileError(f"there is no {path}") from error
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns


def changed(path: str | PathLike[str]) -> DamagedFileError:
    """What to raise of a file that is not the one that it was."""
    return DamagedFileError(f"{path} was replaced or changed while it was read; read it again")


class Unchanged:
    """A file as it is now; as a context manager around each later look, an error where it has changed.

    It may grow, as that of a run that goes on: what stood at its end must stand there still.
    """

    def __init__(self, path: str | PathLike[str]) -> None:
        self._path, self._place = path, place(path)
        self._size = self._place[2]
        self._tail = self._read_tail()

    def _read_tail(self) -> bytes:
        start = max(self._size - TAIL, self._size // 2)
        with open(self._path, "rb") as file:
            file.seek(start)
            return file.read(self._size - start)

    def _require(self) -> None:
        now = place(self._path)
        if now != self._place:
            if now[:2] != self._place[:2] or now[2] <= self._place[2] or self._read_tail() != self._tail:
                raise changed(self._path)
            self._place = now

    def __enter__(self) -> None:
        self._require()

    def __exit__(self, *exception: Any) -> None:
        self._require()
