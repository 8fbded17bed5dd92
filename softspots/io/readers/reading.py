"""`read`: whatever holds frames, as frames."""

from __future__ import annotations

import os
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from numpy.typing import ArrayLike

from softspots.box import Box
from softspots.exceptions import InputError
from softspots.io.readers.formats import open_file
from softspots.io.readers.frames import Frames, Reading
from softspots.io.readers.interpretation import Options

# Objects, by the library and the class that they or a class above them come from: what reads a list of them.
LISTS = {
    ("ase", "Atoms"): ("objects", "AtomsList"),
    ("ovito", "DataCollection"): ("ovito_files", "Collections"),
    ("gsd", "Frame"): ("gsd_files", "GSDFrames"),
}
WITH_TRAJECTORY = {("MDAnalysis", "Universe"), ("MDAnalysis", "AtomGroup")}


def read(
    source: Any,
    *,
    types: Mapping[Any, Any] | ArrayLike | None = None,
    sizes: Mapping[Any, float] | ArrayLike | None = None,
    dimension: int | None = None,
    topology: str | os.PathLike[str] | None = None,
    format: str | None = None,
    bounds: str | None = None,
    box: Box | None = None,
    unit: float = 1.0,
    timestep: float | None = None,
) -> Frames:
    """The frames of a file or of objects of other libraries, one by one as they are asked for.

    What the source leaves open must be said here; what is inferred is in the frames' ``notes``, which their repr shows.
    Particles come sorted by id, wrapped into the box, whose corner is at zero. Their images are known where the source
    has image counters or unwrapped coordinates. In several frames, boxes carry their strain: it starts from the tilt of
    the first one and is followed through flips, for which all boxes up to the frame that is asked for are looked at,
    once.

    Parameters
    ----------
    source : str, path-like, or object
        A file: LAMMPS' text dumps and data files, extended XYZ, XYZ of atooms and RUMD, plain or packed by gzip or
        zstd; GSD; NetCDF in the AMBER convention, results and trajectories of softspots, packings; DCD, XTC and more
        with a ``topology``. Or `ase.Atoms`, `MDAnalysis.Universe` or `AtomGroup`, OVITO's `DataCollection`,
        `gsd.hoomd.Frame`, a pair (box, points) as freud takes it; or a list of such objects. To read a frame of a
        Universe makes it the current one there.
    types : dict, str, int, or (N,) array_like, optional
        Which species a type is, ``{1: "A", 2: "B"}``; one species for all; or a label for each particle, sorted by id.
        Where types stand in another column its name, or ``{"kind": {1: "A", 2: "B"}}``.
        Default: the names of the types where they have names; numbers are asked for.
    sizes : str, dict, or (N,) array_like, optional
        The name of the column that has diameters (of "radius", twice); the diameter of each species; or of each
        particle, sorted by id; "none" if sizes mean nothing. Default: the column "diameter", "size" or "radius", if
        there is one.
    dimension : {2, 3}, optional
        Default: 2 where there is no z or all z are the same, or else 3; boxes that are thin along z are asked for.
    topology : str or path-like, optional
        The file that says what the particles are, for formats that do not.
    format : str, optional
        A name in `softspots.io.readers.formats.FORMATS`. Default: by the file's content.
    bounds : {"bounding box", "box"}, optional
        What the bounds in a dump's header are those of, if the box is tilted. Default: as LAMMPS has it, of a box
        around it; files in which they do not follow the tilt are asked for.
    box : Box, optional
        That of all frames, where the source has none.
    unit : float, optional
        The model's σ in the lengths of the source. Positions, boxes and columns of sizes are divided by it.
    timestep : float, optional
        The model's time between two steps. Default: the source's own times, or else numbers of steps.

    Returns
    -------
    Frames

    Raises
    ------
    InputError
        If something has to be said, or what is said does not fit.
    DamagedFileError, MissingFileError
        If the file is not whole, or not there. What is wrong with later frames is raised when they are read.
    InstallationError
        If a library is needed that is not there; the message says how to install it.
    """
    options = Options(types=types, sizes=sizes, dimension=dimension, box=box, unit=unit, timestep=timestep)
    if isinstance(source, str | os.PathLike):
        opened = open_file(source, format, topology, bounds)
    else:
        if (format, topology, bounds) != (None, None, None):
            raise InputError("read: format, topology and bounds are those of files")
        opened = _from_objects(source)
    reading = Reading(opened, options)
    return Frames(reading, range(len(opened)))


def _from_objects(source):
    if _kinds(source) & WITH_TRAJECTORY:
        return import_module(f"{__package__}.mdanalysis_files").AtomGroups(source)
    objects = source if isinstance(source, list) else [source]
    if not objects:
        raise InputError("read: the list is empty")
    for kind, (place, reader) in LISTS.items():
        if all(kind in _kinds(one) for one in objects):
            return getattr(import_module(f"{__package__}.{place}"), reader)(objects)
    if all(isinstance(one, tuple) and len(one) == 2 for one in objects):
        return import_module(f"{__package__}.objects").BoxAndPoints(objects)
    raise InputError(
        f"read: got {'a list of' if isinstance(source, list) else 'a'} {type(objects[0]).__name__}; a path, ase.Atoms, "
        "an MDAnalysis Universe or AtomGroup, a DataCollection of OVITO, a gsd.hoomd.Frame, a tuple (box, points) or "
        "a list of one kind is needed"
    )


def _kinds(value) -> set[tuple[str, str]]:
    """The library and name of its class and of those above, without loading any."""
    return {(kind.__module__.split(".")[0], kind.__name__) for kind in type(value).__mro__}
