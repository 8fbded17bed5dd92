"""The seal of a finished file: a line behind its content with the checksum of all that stands before it.

Readers of NetCDF do not look behind the content. HDF5 drops what stands there when a file is opened for a change, so
that the seal of a changed file is gone, not wrong; a changed file of the classic format is refused.
"""

from __future__ import annotations

import hashlib
import os
import re
from os import PathLike

from softspots.exceptions import DamagedFileError, InputError, system_errors

_MARK = b"\nsoftspots sealed sha256 "
_SEAL = re.compile(re.escape(_MARK) + rb"([0-9a-f]{64})\n")
SEAL_LENGTH = len(_MARK) + 64 + 1
_BLOCK = 2**20
# HDF5's superblock of versions 2 and 3 begins like this; the length of the content stands in bytes 28 to 35.
_HDF5, _HDF5_VERSIONS = b"\x89HDF\r\n\x1a\n", (2, 3)


def checksum_of(path: str | PathLike[str]) -> str:
    """SHA-256 of a file.

    Raises
    ------
    InputError
        If it cannot be read.
    """
    with system_errors(InputError, f"{path} cannot be read"), open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_seal(path: str | PathLike[str]) -> None:
    """Seal a file that is closed and has no seal.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    with open(path, "r+b") as file:
        digest = _digest(file, os.fstat(file.fileno()).st_size)
        file.seek(0, os.SEEK_END)
        file.write(_MARK + digest + b"\n")


def check_seal(path: str | PathLike[str]) -> bool:
    """Whether the file has a seal, which then fits; False of one that was never finished, changed later, or is older.

    Reads the whole file once.

    Raises
    ------
    OSError
        If the file cannot be read.
    DamagedFileError
        If seal and content do not belong together, or what stands behind the content is what is left of a seal.
    """
    with open(path, "rb") as file:
        size = os.fstat(file.fileno()).st_size
        file.seek(max(0, size - SEAL_LENGTH))
        seal = _SEAL.fullmatch(file.read())
        if seal is not None:
            if _digest(file, size - SEAL_LENGTH) != seal[1]:
                raise DamagedFileError(f"{path} is damaged, or was changed: its checksum is not that of its content")
            return True
        file.seek(0)
        length = _hdf5_length(file.read(48))
        if length is not None and size < length:
            raise DamagedFileError(f"{path} is truncated: it has {size} of {length} bytes")
        if length is not None and 0 < size - length <= SEAL_LENGTH:
            raise DamagedFileError(f"{path} is damaged: the checksum at its end cannot be read")
    return False


def _digest(file, length: int) -> bytes:
    """SHA-256 of the first ``length`` bytes, as hexadecimal digits."""
    digest = hashlib.sha256()
    file.seek(0)
    while length > 0 and (block := file.read(min(length, _BLOCK))):
        digest.update(block)
        length -= len(block)
    return digest.hexdigest().encode()


def _hdf5_length(head: bytes) -> int | None:
    """How long a file of HDF5 says that it is; None if it does not say."""
    if len(head) < 48 or not head.startswith(_HDF5) or head[8] not in _HDF5_VERSIONS:
        return None
    return int.from_bytes(head[28:36], "little")
