"""Which format a file has, by its content, and what reads it."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

from softspots.arrays import one_of
from softspots.exceptions import DamagedFileError, InputError, MissingFileError
from softspots.io.checkpoint import MAGIC
from softspots.io.readers.faults import faults
from softspots.io.readers.packed import unpacked
from softspots.io.readers.snapshot import Source

# Enough for the header of a data file and the first rows of all others.
HEAD = 16384
RESTART = b"LammpS RestartT"
NUMBER_OF_PARTICLES = re.compile(r"\s*\d+\s*$")


@dataclass(frozen=True)
class Format:
    """How a format is recognised, and read.

    Attributes
    ----------
    words : str
        What it is.
    fits : function
        From the beginning of a file, as bytes, to whether it is one.
    place, reader : str
        The module in this package, and what makes a `Source` of a path.
    head : bool
        Whether the reader is given the beginning too, as text.
    """

    words: str
    fits: Callable[[bytes], bool]
    place: str
    reader: str
    head: bool = False


def _xyz(head: bytes, mark: str) -> bool:
    lines = head.decode(errors="replace").splitlines()
    return len(lines) > 2 and bool(NUMBER_OF_PARTICLES.match(lines[0])) and bool(re.search(mark, lines[1]))


FORMATS = {
    "lammps-dump": Format(
        "a text dump of LAMMPS", lambda head: head.startswith(b"ITEM:"), "ovito_files", "LammpsDump", True
    ),
    "lammps-data": Format(
        "a data file of LAMMPS",
        lambda head: (
            bool(re.search(rb"^\s*\d+\s+atoms\b", head, re.MULTILINE)) and bool(re.search(rb"\b(xlo xhi|avec)\b", head))
        ),
        "ovito_files",
        "LammpsData",
    ),
    "extxyz": Format(
        "extended XYZ",
        lambda head: _xyz(head, r"Lattice=|Properties="),
        "ovito_files",
        "ExtendedXYZ",
    ),
    "xyz": Format(
        "XYZ of atooms or RUMD",
        lambda head: _xyz(head, r"ioformat=|columns[=:]|cell[=:]"),
        "ovito_files",
        "CommentedXYZ",
        True,
    ),
    "gsd": Format("GSD", lambda head: head.startswith(b"\xdf\x65" * 4), "gsd_files", "GSDFile"),
    "netcdf": Format(
        "NetCDF (results and trajectories of softspots, the AMBER convention, packings)",
        lambda head: head.startswith((b"CDF", b"\x89HDF")),
        "netcdf_files",
        "netcdf_source",
    ),
    "checkpoint": Format(
        "checkpoints of softspots", lambda head: head.startswith(MAGIC), "checkpoints", "CheckpointFile"
    ),
    "dcd": Format("DCD", lambda head: head[4:8] == b"CORD", "mdanalysis_files", "TopologyAndTrajectory"),
    "xtc": Format(
        "XTC", lambda head: head[:4] in (b"\0\0\x07\xcb", b"\0\0\x07\xe7"), "mdanalysis_files", "TopologyAndTrajectory"
    ),
}
NEED_TOPOLOGY = ("dcd", "xtc")


def open_file(
    path: str | os.PathLike[str], format: str | None, topology: str | os.PathLike[str] | None, bounds: str | None
) -> Source:
    """The source that reads a file.

    Raises
    ------
    MissingFileError, DamagedFileError, InputError, InstallationError
        If it is not there, not whole, of a format that is not known, or needs a topology or a library.
    """
    path = os.fspath(path)
    if format is not None:
        one_of("read: format", format, FORMATS)
    head = _head(path)
    if not head:
        raise DamagedFileError(f"{path} {'holds nothing, or is cut short' if os.path.getsize(path) else 'is empty'}")
    found = format or _format_of(head)
    if bounds is not None:
        one_of("read: bounds", bounds, ("box", "bounding box"))
        if found != "lammps-dump":
            raise InputError(f"read: bounds are those of a dump of LAMMPS, and {path} is none")
    if topology is not None:
        if not isinstance(topology, str | os.PathLike):
            raise InputError(f"read: topology is a {type(topology).__name__}; a path is needed")
        topology, described = os.fspath(topology), None
        reader = import_module(f"{__package__}.mdanalysis_files").TopologyAndTrajectory
        with faults(path, DamagedFileError, f" cannot be read with the topology {topology}"):
            if _format_of(_head(topology)) not in (None, *NEED_TOPOLOGY):
                described = open_file(topology, None, None, None).snapshot(0)
            return reader(path, topology, described)
    if found is None and head.startswith(RESTART):
        raise InputError(
            f"{path} is a restart file of LAMMPS; write_data in LAMMPS makes a data file, which can be read"
        )
    if found is None and _xyz(head, ""):
        raise InputError(f"{path} is XYZ with no box in it; extended XYZ has one, Lattice=… in the second line")
    if found is None:
        raise InputError(
            f"{path} has no format that can be read: {', '.join(entry.words for entry in FORMATS.values())}; texts may "
            "be packed by gzip or zstd"
        )
    entry = FORMATS[found]
    if found in NEED_TOPOLOGY:
        raise InputError(
            f"{path} is {entry.words}, which does not say what its particles are: give a file that does, topology=…"
        )
    arguments = {"head": head.decode(errors="replace")} if entry.head else {}
    if bounds is not None:
        arguments["bounds"] = bounds
    reader = getattr(import_module(f"{__package__}.{entry.place}"), entry.reader)
    with faults(path, DamagedFileError, " cannot be read"):
        return reader(path, **arguments)


def _format_of(head: bytes) -> str | None:
    return next((name for name, entry in FORMATS.items() if entry.fits(head)), None)


def _head(path: str) -> bytes:
    """The beginning of a file, unpacked."""
    if not os.path.exists(path):
        raise MissingFileError(f"there is no {path}")
    if not (os.path.isfile(path) or os.path.isdir(path)):
        # A pipe would be waited for.
        raise InputError(f"{path} is no file")
    with unpacked(path) as content:
        return content.read(HEAD)
