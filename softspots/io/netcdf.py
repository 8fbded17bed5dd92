"""NetCDF files, read and written so that whatever goes wrong in the library is an error of softspots."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
from collections.abc import Iterator
from os import PathLike
from typing import Any

import netCDF4
import numpy as np

from softspots.exceptions import DamagedFileError, OutputError
from softspots.io.attributes import get_attributes
from softspots.io.classic import extents
from softspots.io.heap import has_endless_heap
from softspots.io.replacing import replacing
from softspots.io.seal import check_seal, write_seal
from softspots.io.unchanged import changed, place

# What netCDF4 raises on purpose: the system's errors, and all others.
LIBRARY_ERRORS = (OSError, RuntimeError)
# The most that zlib shrinks: what says that it holds more bytes for each of the file's is damaged.
DENSEST = 1032
_LOCKED = (
    "is locked: another program has it open (a run that writes it, a notebook, a viewer), or its file system cannot "
    "lock; close it there, or set HDF5_USE_FILE_LOCKING=FALSE"
)


class NetCDFReader:
    """A NetCDF file that is being read; a context manager.

    Parameters
    ----------
    path : str or path-like
    stamp : tuple, optional
        That of an earlier reader, which has checked the file. Default: it is checked as a whole first, for which all
        of it is read.

    Attributes
    ----------
    attributes : dict
        Its global attributes, as plain values.
    sizes : dict of str to int
        Its dimensions.
    layout : dict of str to (dtype, tuple of str)
        Type and dimensions of its variables.
    extents : dict of str to Extent
        What they take of the file, if it is one of classic NetCDF.
    checked : bool
        Whether it has a seal (`softspots.io.seal`), which fits: not a bit of it has changed. Of a file without one only
        what HDF5 keeps checksums of is sure.
    stamp : tuple
        What tells this file from one that takes its place: the run, the file's number on its device, and, as a finished
        file does not grow, its size and the time of its last change.

    Raises
    ------
    MissingFileError, PermissionError, IsADirectoryError
        If there is no such file, or it may not be read.
    OutputError
        If it is locked.
    DamagedFileError
        If it is no NetCDF file, or a damaged one, or is not the file that it was.
    """

    def __init__(self, path: str | PathLike[str], stamp: tuple[Any, ...] | None = None) -> None:
        self.path = path
        there = stamp[1:] if stamp else place(path)
        try:
            self.checked = stamp is None and check_seal(path)
        except DamagedFileError as error:
            # Who opens a file to change it takes its seal away first.
            if _is_locked(path):
                raise OutputError(f"{path} {_LOCKED}") from error
            raise
        if stamp is None and not self.checked:
            there = there[:2]
            if has_endless_heap(path):
                raise DamagedFileError(f"{path} is damaged: HDF5 would not come to its end")
        with self._library("is not NetCDF, or damaged"):
            self._dataset = netCDF4.Dataset(path)
        try:
            with self._library("is damaged"):
                self._dataset.set_auto_mask(False)
                self.attributes = get_attributes(self._dataset)
                self.sizes = {name: len(dimension) for name, dimension in self._dataset.dimensions.items()}
                self.layout = {name: (var.dtype, var.dimensions) for name, var in self._dataset.variables.items()}
                self.extents = extents(path)
            self.stamp = self.attributes.get("run_id"), *there
            if place(path)[: len(there)] != there or (stamp or self.stamp) != self.stamp:
                raise changed(path)
        except OSError:
            self.__exit__()
            raise

    def read(self, name: str, index: Any = ...) -> np.ndarray:
        """Variable ``name``, or a part of it.

        Raises
        ------
        KeyError
            If there is no such variable.
        MemoryError
            If the machine is too small for it.
        DamagedFileError
            If it cannot be read.
        """
        variable = self._dataset.variables[name]
        with self._library("is damaged"):
            size, whole = os.path.getsize(self.path), self.checked or variable.dtype is str
            if name in self.extents:
                record = (*variable.shape, 1)[0] - 1 if index is ... else index
                if self.extents[name].end(record) > size:
                    where = f" in {variable.dimensions[0]} {record}" if self.extents[name].step else ""
                    raise DamagedFileError(f"the end of {name}{where} is missing")
            elif not whole and variable.size * variable.dtype.itemsize > size * DENSEST:
                raise DamagedFileError(f"{name} is larger than the file")
            return variable[index]

    def attribute(self, variable: str, name: str) -> Any:
        """An attribute of a variable; None if there is no such attribute."""
        found = self._dataset.variables[variable]
        with self._library("is damaged"):
            return found.getncattr(name) if name in found.ncattrs() else None

    def __enter__(self) -> NetCDFReader:
        return self

    def __exit__(self, *exception: Any) -> None:
        with self._library("is damaged"):
            self._dataset.close()

    @contextlib.contextmanager
    def _library(self, fault: str) -> Iterator[None]:
        """Around calls of the library alone, which raises whatever it happens to meet in a damaged file."""
        try:
            yield
        except MemoryError:
            # What is larger than the file can hold was refused before.
            raise
        except Exception as error:
            if _is_locked(self.path):
                raise OutputError(f"{self.path} {_LOCKED}") from error
            raise DamagedFileError(f"{self.path} {fault}: {_one_line(error)}") from error


class NetCDFWriter:
    """A NetCDF file that is being written, and sealed at the end, if nothing went wrong; a context manager.

    Parameters
    ----------
    path : str or path-like
    form : str
        NetCDF4's name of the format.
    whole : bool
        Whether the file takes its name at the end only, if nothing went wrong. Otherwise it takes it when it is open:
        what others have open under that name stays as it is for them.

    Attributes
    ----------
    dataset : netCDF4.Dataset

    Raises
    ------
    OutputError
        If the file cannot be made.
    """

    def __init__(self, path: str | PathLike[str], form: str, whole: bool = False) -> None:
        self._path, self._written = path, True
        with contextlib.ExitStack() as stack:
            self._place = stack.enter_context(replacing(path))
            with self.library():
                self.dataset = netCDF4.Dataset(self._place, "w", format=form)
            self._naming = stack.pop_all()
        if not whole:
            self._naming.close()
            self._place = path

    def __enter__(self) -> NetCDFWriter:
        return self

    def __exit__(self, *exception: Any) -> None:
        self._naming.push(self._close)
        self._naming.__exit__(*exception)

    def sync(self) -> None:
        """Hand everything to the operating system."""
        with self.library():
            self.dataset.sync()

    def _close(self, kind, *exception):
        with self.library():
            self.dataset.close()
            if self._written and kind is None:
                write_seal(self._place)

    @contextlib.contextmanager
    def library(self) -> Iterator[None]:
        """Around calls that write, and no others: a failure, such as a full disk, is an `OutputError`."""
        try:
            yield
        except LIBRARY_ERRORS as error:
            self._written = False
            raise OutputError(f"{self._path} cannot be written: {_one_line(error)}") from error


def _is_locked(path) -> bool:
    """Whether the lock that HDF5 takes on a file to read it cannot be had."""
    try:
        with open(path, "rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno in (errno.EWOULDBLOCK, errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP)
    return False


def _one_line(error: Exception) -> str:
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return " ".join(str(text).split())
