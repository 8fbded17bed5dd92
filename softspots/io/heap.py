"""The one place where damage keeps HDF5 busy for ever: its global heaps, which have no checksum.

HDF5 walks through the objects of such a heap by their sizes, and stays where one has none.
"""

from __future__ import annotations

import mmap
import os
import re
from os import PathLike

# Signature, version, and 3 bytes of zero; then comes the size of the heap in 8.
_HEAP, _HEADER = re.compile(rb"GCOL\x01\0\0\0"), 16
# Of an object: its number in 2 bytes, 0 for free space, 6 bytes, and its size in 8, without this header unless it is
# free space. Objects take whole multiples of 8.
_OBJECT = 16


def has_endless_heap(path: str | PathLike[str]) -> bool:
    """Whether a file, if it is one of HDF5, has a global heap through which HDF5 would not come. Reads all of it."""
    if os.path.getsize(path) == 0:
        return False
    with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        if content[:4] != b"\x89HDF":
            return False
        return any(_is_endless(content, found.start()) for found in _HEAP.finditer(content))


def _is_endless(content: mmap.mmap, start: int) -> bool:
    end, place = start + _number(content, start + 8), start + _HEADER
    while end - place >= _OBJECT:
        size = _number(content, place + 8)
        step = size if content[place : place + 2] == b"\0\0" else _OBJECT + size + -size % 8
        if not _OBJECT <= step <= end - place:
            return True
        place += step
    return False


def _number(content, place: int) -> int:
    return int.from_bytes(content[place : place + 8], "little")
