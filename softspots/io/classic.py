"""Where the variables of a file of classic NetCDF stand: the library reads zeros for what is missing at its end."""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from os import PathLike
from typing import BinaryIO

# Bytes of a number, by the number of its type in the header.
BYTES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 4, 6: 8, 7: 1, 8: 2, 9: 4, 10: 8, 11: 8}
# Formats of counts and of places, by the version of the format.
COUNTS = {1: (">I", ">I"), 2: (">I", ">Q"), 5: (">Q", ">Q")}


@dataclass(frozen=True)
class Extent:
    """What a variable takes of its file: bytes of it, or of it in each record, from the first one on.

    Attributes
    ----------
    first, length : int
    step : int
        From a record to the next one; 0 where it is not in records.
    """

    first: int
    length: int
    step: int

    def end(self, record: int) -> int:
        """Behind its last byte, in that record."""
        return self.first + record * self.step + self.length


def extents(path: str | PathLike[str]) -> dict[str, Extent]:
    """The variables of a file, which the library has opened, by their names; empty if the file is not a classic one."""
    with open(path, "rb") as file:
        magic = file.read(4)
        if not magic.startswith(b"CDF"):
            return {}
        header = _Header(file, *COUNTS[magic[3]])
        header.count()
        dimensions = [(header.name(), header.count())[1] for _ in header.items()]
        header.attributes()
        found = {}
        for _ in header.items():
            name = header.name()
            shape = [dimensions[header.count()] for _ in range(header.count())]
            header.attributes()
            size, _, first = BYTES[header.number(">I")], header.count(), header.place()
            # The length of the dimension of records is 0 here.
            in_records = shape[:1] == [0]
            found[name] = in_records, first, size * math.prod(shape[in_records:])
    lengths = [length for in_records, _, length in found.values() if in_records]
    step = sum(map(_padded, lengths)) if len(lengths) > 1 else sum(lengths)
    return {name: Extent(first, length, step * in_records) for name, (in_records, first, length) in found.items()}


class _Header:
    """The header of a file, read piece by piece."""

    def __init__(self, file: BinaryIO, count: str, place: str) -> None:
        self._file, self._count, self._place = file, count, place

    def number(self, form: str) -> int:
        return struct.unpack(form, self._file.read(struct.calcsize(form)))[0]

    def count(self) -> int:
        return self.number(self._count)

    def place(self) -> int:
        return self.number(self._place)

    def name(self) -> str:
        length = self.count()
        return self._file.read(_padded(length))[:length].decode()

    def items(self) -> range:
        """A list's, behind the number that says of what it is."""
        self.number(">I")
        return range(self.count())

    def attributes(self) -> None:
        """Pass them."""
        for _ in self.items():
            self.name()
            size = BYTES[self.number(">I")]
            self._file.read(_padded(size * self.count()))


def _padded(length: int) -> int:
    return -(-length // 4) * 4
