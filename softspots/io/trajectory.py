"""Trajectories in the AMBER NetCDF convention 1.0, which OVITO, VMD, MDAnalysis and ASE open."""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from os import PathLike
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from softspots.arrays import float_array, label_array, whole_array, whole_number
from softspots.box import Box
from softspots.exceptions import DamagedFileError, InputError, UnknownNumberError
from softspots.frame import Frame
from softspots.io.attributes import get_attributes, set_attributes
from softspots.io.netcdf import NetCDFReader, NetCDFWriter
from softspots.reasons import number_of

# Third side of the cell, in σ_AA. All z are 0; images in z must lie beyond the reach of a reader's neighbour search.
LENGTH_Z = 10.0
# What a frame holds: type, dimensions, units.
PER_FRAME = {
    "time": ("f4", (), "picosecond"),
    "coordinates": ("f4", ("atom", "spatial"), "angstrom"),
    "cell_lengths": ("f8", ("cell_spatial",), "angstrom"),
    "cell_angles": ("f8", ("cell_angular",), "degree"),
    "atom_types": ("i4", ("atom",), None),
    "strain": ("f8", (), None),
    "image": ("i4", ("atom", "spatial"), None),
}
# Of the file, where particles have sizes.
RADIUS = "radius"
# Of the file, where particles have ids other than 0 to N - 1; their CRC-32 is an attribute, which checksums of frames
# hold with all others.
ID, ID_CHECKSUM = "id", "id_checksum"
# Of the frame: CRC-32 of all that it holds, its number, and the file's attributes. Earlier versions had none.
CHECKSUM = "checksum"
# Stands for the images of a frame that does not know them: NetCDF's own for what is not written.
NOT_KNOWN = -(2**31) + 1


class TrajectoryWriter:
    """Write frames to a trajectory file, one by one; a context manager.

    The file is a NetCDF classic file with 64-bit offsets in the AMBER convention 1.0: float32 coordinates and times,
    float64 cells. In two dimensions a cell has the lattice vectors (length_x, 0, 0), (tilt, length_y, 0) and
    (0, 0, ``LENGTH_Z``), and the particles lie at z = 0. ``atom_types`` is the species, or the number of its name in
    the attribute ``species_names``, and one more, so 1 for A and 2 for B, as in LAMMPS's NetCDF dump.

    The convention has no reduced units, and readers refuse names other than its own: **"angstrom" stands for σ_AA and
    "picosecond" for τ**, which the file's title repeats.

    Besides what the convention has: ``strain``, the total strain of the box (NaN if it is not known), and ``image``,
    how often each particle has been wrapped along the lattice vectors (−2³¹ + 1 if not known); where particles have
    sizes, ``radius``, half of them, in the unit of the coordinates; where they have ids other than 0 to N - 1, ``id``
    (beyond 32 bits in the format CDF-5, which has 64); in three dimensions, the attribute ``dimension``.
    Full precision is in the results file only.
    Each frame has a ``checksum``, and what ends without an error gets one of the whole behind it (`softspots.io.seal`).

    Parameters
    ----------
    path : str or path-like
        An existing file is replaced.
    species : (N,) array_like of int or str
        The same in every frame.
    attributes : dict, optional
        Further global attributes, such as the run's identity (``run_id``, ``parameters_checksum``).
    dimension : {2, 3}, optional
        Of all frames.
    sizes : (N,) array_like of float, optional
        The same in every frame. Default: None, particles have none.
    ids : (N,) array_like of int, optional
        The same in every frame. Default: None, 0 to N - 1.

    Raises
    ------
    OutputError
        If the file cannot be made, or written; each method may raise it.
    """

    def __init__(
        self,
        path: str | PathLike[str],
        species: np.ndarray,
        attributes: Mapping[str, Any] | None = None,
        *,
        dimension: int = 2,
        sizes: ArrayLike | None = None,
        ids: ArrayLike | None = None,
    ) -> None:
        self._species = label_array("TrajectoryWriter: species", species, ("N",))
        self._dimension = whole_number("TrajectoryWriter: dimension", dimension, 2, 3)
        self._radii = None
        if sizes is not None:
            self._radii = float_array("TrajectoryWriter: sizes", sizes, self._species.shape) / 2
        self._types, own = self._species, {}
        self._ids, own_ids = np.arange(self._species.size), False
        if ids is not None:
            ids = whole_array("TrajectoryWriter: ids", ids, self._species.shape, -(2**62), 2**62, np.int64)
            self._ids, own_ids = ids, not np.array_equal(ids, self._ids)
        if own_ids:
            own[ID_CHECKSUM] = _checksum_of_ids(self._ids)
        if self._species.dtype.kind == "U":
            names, self._types = np.unique(self._species, return_inverse=True)
            own["species_names"] = json.dumps(names.tolist())
        if dimension == 3:
            own["dimension"] = 3
        attributes = own | dict(attributes or {})
        self._time = -np.inf
        wide = own_ids and np.abs(self._ids).max() >= 2**31
        self._writer = NetCDFWriter(path, "NETCDF3_64BIT_DATA" if wide else "NETCDF3_64BIT_OFFSET")
        with self._writer.library():
            self._define(self._writer.dataset, attributes)
            if own_ids:
                self._writer.dataset.createVariable(ID, "i8" if wide else "i4", ("atom",))[:] = self._ids
            self._attributes = get_attributes(self._writer.dataset)

    def _define(self, dataset, attributes):
        set_attributes(
            dataset,
            {
                "Conventions": "AMBER",
                "ConventionVersion": "1.0",
                "program": "softspots",
                "programVersion": version("softspots"),
                # The convention allows 80 characters.
                "title": "sheared glass, reduced units: angstrom = sigma_AA, picosecond = tau",
            }
            | attributes,
        )
        sizes = {
            "frame": None,
            "atom": self._species.size,
            "spatial": 3,
            "cell_spatial": 3,
            "cell_angular": 3,
            "label": 5,
        }
        for name, size in sizes.items():
            dataset.createDimension(name, size)
        labels = {
            ("spatial",): list("xyz"),
            ("cell_spatial",): list("abc"),
            ("cell_angular", "label"): [list("alpha"), list("beta "), list("gamma")],
        }
        for dimensions, letters in labels.items():
            dataset.createVariable(dimensions[0], "S1", dimensions)[:] = np.array(letters, dtype="S1")
        for name, (dtype, dimensions, units) in (PER_FRAME | {CHECKSUM: ("i4", (), None)}).items():
            variable = dataset.createVariable(name, dtype, ("frame", *dimensions))
            if units:
                variable.units = units
        if self._radii is not None:
            dataset.createVariable(RADIUS, "f8", ("atom",))[:] = self._radii
            dataset.variables[RADIUS].units = "angstrom"

    def write(self, frame: Frame) -> None:
        """Append ``frame``, its positions as they are, and hand the file to the operating system.

        A process killed after this call leaves the frame readable.

        Raises
        ------
        InputError
            If the species, sizes or dimension of the frame are not those of the trajectory, it has other ids or these
            in another order, or its time lies before that of the last one.
        """
        if frame.ids is not None and not np.array_equal(frame.ids, self._ids):
            raise InputError(
                "TrajectoryWriter: the ids of the frame are not those of the trajectory (ids=, or 0 to N - 1) in the "
                "same order"
            )
        if not np.array_equal(frame.species, self._species):
            raise InputError("TrajectoryWriter: the species of the frame differ from those of the trajectory")
        radii = None if frame.sizes is None else frame.sizes / 2
        if frame.dimension != self._dimension or not np.array_equal(radii, self._radii):
            raise InputError("TrajectoryWriter: the frame has another dimension, or other sizes, than the trajectory")
        if not self._time <= frame.time < np.inf:
            raise InputError(f"TrajectoryWriter: the time is {frame.time:g} after {self._time:g}; it must not fall")
        box = frame.box
        images = np.full(frame.positions.shape, NOT_KNOWN) if frame.images is None else frame.images
        lengths, angles = _cell(box)
        # In two dimensions zeros for z.
        rest = np.zeros((len(frame), 3 - frame.dimension))
        values = {
            "time": frame.time,
            "coordinates": np.hstack((frame.positions, rest)),
            "cell_lengths": lengths,
            "cell_angles": angles,
            "atom_types": self._types + 1,
            "strain": np.nan if box.strain is None else box.strain,
            "image": np.hstack((images, rest)),
        }
        arrays = {name: np.asarray(values[name]).astype(dtype) for name, (dtype, _, _) in PER_FRAME.items()}
        with self._writer.library():
            dataset = self._writer.dataset
            index = len(dataset.dimensions["frame"])
            for name, array in arrays.items():
                dataset.variables[name][index] = array
            dataset.variables[CHECKSUM][index] = _checksum(self._attributes, index, arrays, self._radii)
        self._time = frame.time
        self._writer.sync()

    def __enter__(self) -> TrajectoryWriter:
        return self

    def __exit__(self, *exception: Any) -> None:
        self._writer.__exit__(*exception)


class Trajectory:
    """A trajectory that `TrajectoryWriter` has written, with its frames in any order; no file stays open.

    Positions and times come back in float32 precision, boxes in float64. Files of earlier versions lack the strain and
    the image counters; their boxes have no history.

    Parameters
    ----------
    path : str or path-like

    Raises
    ------
    MissingFileError, PermissionError, IsADirectoryError
        If there is no such file, or it may not be read.
    DamagedFileError
        If the file is not a trajectory of softspots, or is damaged; each method may raise it.
    """

    def __init__(self, path: str | PathLike[str]) -> None:
        self._path = path
        with NetCDFReader(path) as file:
            if fault := _fault(file):
                raise DamagedFileError(f"{path} is not a trajectory written by softspots: {fault}")
            self._stamp = file.stamp
            self._length = file.sizes["frame"]

    def __len__(self) -> int:
        return self._length

    def frame(self, index: int) -> Frame:
        """The frame ``index``, from 0.

        Raises
        ------
        UnknownNumberError
            If there is no such frame.
        """
        if not 0 <= index < len(self):
            raise UnknownNumberError(f"{self._path} has {number_of(len(self), 'frame')}; got {index}")
        with NetCDFReader(self._path, self._stamp) as file:
            return _read_frame(file, index)

    def __iter__(self) -> Iterator[Frame]:
        """The frames, one after the other, whose times must not fall."""
        with NetCDFReader(self._path, self._stamp) as file:
            before = -np.inf
            for index in range(len(self)):
                frame = _read_frame(file, index)
                if not before <= frame.time < np.inf:
                    raise DamagedFileError(
                        f"{self._path}: the time of frame {index} is {frame.time:g}, after {before:g}"
                    )
                before = frame.time
                yield frame


def read_trajectory(path: str | PathLike[str]) -> Iterator[Frame]:
    """The frames of a trajectory, one after the other, as `Frame`; raises what `Trajectory` does, at the first."""
    yield from Trajectory(path)


def trajectory_attributes(path: str | PathLike[str]) -> dict[str, Any]:
    """The global attributes of a trajectory, among them the identity of its run; raises what `read_trajectory` does."""
    with NetCDFReader(path) as file:
        return file.attributes


def _read_frame(file: NetCDFReader, index: int) -> Frame:
    values = {name: np.asarray(file.read(name, index)) for name in PER_FRAME if name in file.layout}
    radii, ids = (np.asarray(file.read(one)) if one in file.layout else None for one in (RADIUS, ID))
    if ids is not None and _checksum_of_ids(ids) != file.attributes.get(ID_CHECKSUM):
        raise DamagedFileError(f"{file.path} is damaged: the checksum of the ids is not that of its content")
    checksum = _checksum(file.attributes, index, values, radii) if CHECKSUM in file.layout else None
    if checksum is not None and checksum != file.read(CHECKSUM, index):
        raise DamagedFileError(f"{file.path} is damaged: the checksum of frame {index} is not that of its content")
    try:
        return _frame(values, file.attributes, radii, ids)
    except InputError as error:
        raise DamagedFileError(f"{file.path}: frame {index}: {error}") from error


def _cell(box: Box) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """Lengths of the lattice vectors and angles between them, in degrees, as the convention has them."""
    in_plane = np.hypot(box.tilt, box.length_y)
    gamma = np.degrees(np.arctan2(box.length_y, box.tilt))
    if box.dimension == 2:
        return (box.length_x, in_plane, LENGTH_Z), (90.0, 90.0, gamma)
    first, second, third = box.vectors
    alpha, beta = (np.degrees(np.arctan2(np.linalg.norm(np.cross(third, one)), third @ one)) for one in (second, first))
    return (box.length_x, in_plane, np.linalg.norm(third)), (alpha, beta, gamma)


def cell_box(lengths: ArrayLike, angles: ArrayLike, dimension: int, strain: float | None) -> Box:
    """The box of a cell as the convention has it: the inverse of what is written."""
    length_x, length_b, length_c = lengths
    # A right angle has no tilt, not even a rounded one.
    alpha, beta, gamma = np.where(np.asarray(angles) == 90, 0.0, np.cos(np.radians(angles)))
    lengths, tilts = [length_x, length_b * np.sin(np.radians(angles[2]))], [length_b * gamma]
    if dimension == 3:
        xz = length_c * beta
        yz = (length_b * length_c * alpha - tilts[0] * xz) / lengths[1]
        tilts += [xz, yz]
        lengths.append(np.sqrt(length_c**2 - xz**2 - yz**2))
    return Box(lengths=lengths, tilts=tilts, strain=strain)


def _frame(
    values: Mapping[str, Any], attributes: Mapping[str, Any], radii: np.ndarray | None, ids: np.ndarray | None
) -> Frame:
    dimension = attributes.get("dimension", 2)
    strain = float(values.get("strain", np.nan))
    images = values["image"][:, :dimension] if "image" in values else None
    species = values["atom_types"] - 1
    if "species_names" in attributes:
        names = np.array(json.loads(attributes["species_names"]))
        species = names[whole_array("species", species, species.shape, 0, len(names) - 1)]
    return Frame(
        values["coordinates"][:, :dimension],
        species,
        cell_box(
            values["cell_lengths"].tolist(), values["cell_angles"], dimension, None if np.isnan(strain) else strain
        ),
        float(values["time"]),
        None if images is None or (images == NOT_KNOWN).all() else images,
        np.arange(len(species)) if ids is None else ids,
        only_b=True,
        sizes=None if radii is None else 2 * radii,
    )


def _checksum(attributes: Mapping[str, Any], index: int, arrays: Mapping[str, Any], radii: np.ndarray | None) -> int:
    """CRC-32 as a signed integer, which is what the format has."""
    checksum = zlib.crc32(json.dumps([attributes, index], sort_keys=True).encode())
    for name, (dtype, _, _) in PER_FRAME.items():
        checksum = zlib.crc32(np.ascontiguousarray(arrays[name], dtype=f"<{dtype}"), checksum)
    if radii is not None:
        checksum = zlib.crc32(np.ascontiguousarray(radii, dtype="<f8"), checksum)
    return _signed(checksum)


def _checksum_of_ids(ids: np.ndarray) -> int:
    return _signed(zlib.crc32(np.ascontiguousarray(ids, dtype="<i8")))


def _signed(checksum: int) -> int:
    return int(np.uint32(checksum).astype(np.int32))


def _fault(file: NetCDFReader) -> str | None:
    """What in the file is not as `TrajectoryWriter` makes it."""
    for name, needed in {"Conventions": "AMBER", "program": "softspots"}.items():
        if file.attributes.get(name) != needed:
            return f"its {name} is {file.attributes.get(name)!r}; {needed!r} is needed"
    optional = ("strain", "image") if CHECKSUM not in file.layout else ()
    for name, (dtype, dimensions, _) in PER_FRAME.items():
        if name in optional and name not in file.layout:
            continue
        if file.layout.get(name) != (np.dtype(dtype), ("frame", *dimensions)):
            return f"its variable {name} is {file.layout.get(name)}"
    if RADIUS in file.layout and file.layout[RADIUS] != (np.dtype("f8"), ("atom",)):
        return f"its variable {RADIUS} is {file.layout[RADIUS]}"
    if ID in file.layout and file.layout[ID] not in ((np.dtype("i4"), ("atom",)), (np.dtype("i8"), ("atom",))):
        return f"its variable {ID} is {file.layout[ID]}"
    if file.attributes.get("dimension", 2) not in (2, 3):
        return f"its dimension is {file.attributes['dimension']!r}; 2 or 3 is needed"
    if (file.sizes["spatial"], file.sizes["cell_spatial"], file.sizes["cell_angular"]) != (3, 3, 3):
        return "space must have three dimensions"
    # A file without a seal says in one place how many frames it has.
    if CHECKSUM in file.extents and not file.checked:
        first = min((file.extents[name] for name in PER_FRAME), key=lambda extent: extent.first)
        size = os.path.getsize(file.path)
        if not 0 <= size - first.first - file.sizes["frame"] * first.step < first.step:
            return f"it has {size} bytes, which is not what {file.sizes['frame']} frames take"
    return None
