"""results.nc: what the stages found, frame by frame, as NetCDF-4."""

from __future__ import annotations

import operator
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from os import PathLike

import numpy as np

from softspots.exceptions import DamagedFileError, InputError
from softspots.frame import Box, Frame
from softspots.io.attributes import CONFIGURATION, set_attributes, split_prefix
from softspots.io.content import is_written
from softspots.io.netcdf import NetCDFReader, NetCDFWriter
from softspots.io.schema import LABELS, SCHEMA, SIZES, TIME, TIME_BEFORE_3, VERSION, parameter_fault

# What a frame of the dynamics is made of.
FRAME = ("position", "image", "time", "tilt", "strain")


class ResultsWriter:
    """Write a results file, frame by frame; a context manager. Nothing here is parallel: one rank writes.

    The variables are those of `softspots.io.schema.SCHEMA`. Floats that are never written (D²_min of the last frame,
    which has no later one) read as NaN; integers as NetCDF's fill value. HDF5 keeps checksums of what it writes, and
    what ends without an error gets one of the whole behind it (`softspots.io.seal`).

    What holds after a crash: what a call has written is with the operating system when the call returns. If the process
    dies between two calls, even by SIGKILL, the file opens and holds all frames written. HDF5 keeps no journal: a death
    within a call, or a loss of power, may leave a file that does not open. While the file is being written, HDF5 locks
    it; other processes may read it if they run with the environment variable ``HDF5_USE_FILE_LOCKING=FALSE``.

    Parameters
    ----------
    path : str or path-like
        An existing file is replaced.
    frame : Frame
        Any frame of the run: its species and side lengths hold for all.
    modes, top_particles : int
        How many modes, and how many particles of each mode, a frame has.
    configuration : dict
        All parameters of the run; each becomes a global attribute ``config_<name>``. Values are strings, booleans
        (stored as bytes), integers, floats, sequences of at least two numbers or strings, or None (not stored).
    attributes : dict
        Further global attributes, such as ``seed`` and the run's identity (``run_id``, ``parameters_checksum``), with
        the same kinds of values.

    Raises
    ------
    InputError
        If ``modes`` or ``top_particles`` is not positive, or a constant of the run is not what the schema allows.
    OutputError
        If the file cannot be made, or written; each method may raise it.
    """

    def __init__(
        self,
        path: str | PathLike,
        frame: Frame,
        modes: int,
        top_particles: int,
        configuration: Mapping,
        attributes: Mapping,
    ):
        sizes = dict(zip(SIZES, (len(frame), modes, top_particles), strict=True))
        if min(sizes.values()) < 1:
            raise InputError(f"ResultsWriter: the sizes are {sizes}; all must be positive")
        self._sizes = sizes = sizes | {name: len(labels) for name, labels in LABELS.items()}
        constants = LABELS | {
            "species": frame.species,
            "length_x": frame.box.length_x,
            "length_y": frame.box.length_y,
        }
        arrays = {name: np.array(value, dtype=SCHEMA[name].dtype) for name, value in constants.items()}
        for name in constants.keys() - LABELS.keys():
            self._check_content(name, arrays[name], SCHEMA[name].dimensions)
        self._writer = NetCDFWriter(path, "NETCDF4")
        with self._writer.library():
            _define(self._writer.dataset, sizes | {TIME: None})
            for name, array in arrays.items():
                self._writer.dataset.variables[name][...] = array
        self.set_attributes(
            {
                "title": "soft spots and plastic activity of a sheared glass",
                "software": "softspots",
                "software_version": version("softspots"),
                "schema_version": VERSION,
            }
            | attributes
            | {CONFIGURATION + name: value for name, value in configuration.items()}
        )

    def write_frame(self, index: int, values: Mapping):
        """Write variables of one frame. Others, or the same again, may follow in a later call.

        Parameters
        ----------
        index : int
            Number of the frame, from 0.
        values : dict of str to array_like
            By the variable's name; shapes without the frame dimension.

        Raises
        ------
        InputError
            If a name, shape, type or value is not the schema's, or the index is negative. Nothing is written then.
        """
        if index < 0:
            raise InputError(f"ResultsWriter: the frame is {index}; it must not be negative")
        arrays = {name: self._checked(name, value) for name, value in values.items()}
        with self._writer.library():
            for name, array in arrays.items():
                self._writer.dataset.variables[name][index] = array
        self._writer.sync()

    def set_attributes(self, attributes: Mapping):
        """Set global attributes, such as wall times at the end; values as in the constructor's ``configuration``."""
        with self._writer.library():
            set_attributes(self._writer.dataset, attributes)
        self._writer.sync()

    def __enter__(self) -> ResultsWriter:
        return self

    def __exit__(self, *exception):
        self._writer.__exit__(*exception)

    def _checked(self, name, value) -> np.ndarray:
        """``value`` as an array, if it fits one frame of the variable ``name``."""
        array = np.asarray(value)
        if name not in SCHEMA or TIME not in SCHEMA[name].dimensions:
            raise InputError(f"ResultsWriter: no variable {name!r} belongs to a frame")
        entry = SCHEMA[name]
        dimensions = entry.dimensions[1:]
        shape = tuple(self._sizes[dimension] for dimension in dimensions)
        if array.shape != shape:
            raise InputError(f"ResultsWriter: {name} has shape {array.shape}; {shape} is needed")
        # NetCDF would cut floats down to integers without a word.
        if not np.can_cast(array.dtype, entry.dtype, "same_kind"):
            raise InputError(f"ResultsWriter: {name} is of type {array.dtype}; {np.dtype(entry.dtype)} is needed")
        array = array.astype(entry.dtype, copy=False)
        self._check_content(name, array, dimensions)
        return array

    def _check_content(self, name, array, dimensions):
        if fault := SCHEMA[name].content.fault(array, dimensions, self._sizes):
            raise InputError(f"ResultsWriter: {name} is {fault}")


def _define(dataset, sizes):
    """Make the dimensions and variables of the schema."""
    for name, size in sizes.items():
        dataset.createDimension(name, size)
    for name, entry in SCHEMA.items():
        variable = dataset.createVariable(
            name,
            entry.dtype,
            entry.dimensions,
            compression="zlib" if entry.compress else None,
            complevel=1,
            # Neither a single number nor text can have a checksum of its own.
            fletcher32=bool(entry.dimensions) and entry.dtype is not str,
            fill_value=np.nan if entry.dtype in ("f8", "f4") else None,
        )
        variable.setncatts({"long_name": entry.long_name, "units": entry.units})
        if entry.symbol:
            variable.symbol = entry.symbol
        if TIME in entry.dimensions and name not in (TIME, "strain"):
            variable.coordinates = "strain"


@dataclass(frozen=True, repr=False)
class Results:
    """A results file: ``results[name]`` reads the variable ``name`` of the schema, whole, as an array.

    ``len(results)`` is the number of frames, and iteration goes through `frame`. Each access reads from the file and
    checks what it reads; no file stays open, and one that has taken its place is refused. Files of earlier versions
    lack some variables: ``name in results`` tells.

    Attributes
    ----------
    path : str or path-like
    n_frames : int
    configuration : dict
        Parameters of the run, as given to `ResultsWriter`; sequences come back as tuples.
    attributes : dict
        All other global attributes; ``run_id`` and ``parameters_checksum`` say which run it was.
    checked : bool
        Whether the file carries a checksum of all that is in it, which fits. That of an earlier version of softspots,
        of a run that was killed, or that was changed since has none.
    """

    path: str | PathLike
    n_frames: int
    configuration: dict
    attributes: dict
    checked: bool
    _stamp: tuple

    def __repr__(self) -> str:
        known = ", ".join(
            f"{name}={self.configuration[name]}"
            for name in ("particles", "temperature", "strain_rate", "seed")
            if name in self.configuration
        )
        return f"Results({str(self.path)!r}, {len(self)} frames{', ' * bool(known)}{known})"

    def __len__(self) -> int:
        return self.n_frames

    def __contains__(self, name: str) -> bool:
        return name in SCHEMA and SCHEMA[name].since <= self.attributes["schema_version"]

    def __iter__(self) -> Iterator[Frame]:
        return map(self.frame, range(len(self)))

    def __getitem__(self, name: str) -> np.ndarray:
        """All frames of one variable.

        Raises
        ------
        KeyError
            If there is no such variable.
        DamagedFileError
            If the file is damaged, or a value is not what the schema allows.
        """
        if name not in self:
            raise KeyError(f"there is no variable {name!r}; there are: {', '.join(filter(self.__contains__, SCHEMA))}")
        with NetCDFReader(self.path, self._stamp) as file:
            return _read(file, name)

    def variables(self, index: int) -> dict[str, np.ndarray]:
        """All variables of one frame by name, as `ResultsWriter.write_frame` takes them; -1 is the last frame.

        Raises
        ------
        IndexError
            If there is no such frame.
        DamagedFileError
            If the file is damaged, or a value is not what the schema allows.
        """
        index = self._index(index)
        with NetCDFReader(self.path, self._stamp) as file:
            names = [name for name, entry in SCHEMA.items() if name in self and TIME in entry.dimensions]
            return {name: _read(file, name, index) for name in names}

    def frame(self, index: int) -> Frame:
        """One frame of the dynamics, with its strain, images and time; -1 is the last one.

        Raises
        ------
        IndexError
            If there is no such frame.
        DamagedFileError
            If the file is damaged, or the frame was not written completely.
        """
        index = self._index(index)
        with NetCDFReader(self.path, self._stamp) as file:
            values = {name: _read(file, name, index) for name in FRAME}
            species, *lengths = (_read(file, name) for name in ("species", "length_x", "length_y"))
        for name, value in values.items():
            if not is_written(value).all():
                raise DamagedFileError(f"{self.path}: frame {index} has no {name}")
        try:
            box = Box(*map(float, lengths), float(values["tilt"]), float(values["strain"]))
            ids = np.arange(len(species))
            return Frame(values["position"], species, box, float(values["time"]), values["image"], ids, only_b=True)
        except InputError as error:
            raise DamagedFileError(f"{self.path}: frame {index}: {error}") from error

    def _index(self, index: int) -> int:
        index = operator.index(index)
        if not -len(self) <= index < len(self):
            raise IndexError(f"{self.path} has {len(self)} frames; got {index}")
        return index % len(self)


def read_results(path: str | PathLike) -> Results:
    """Open the results file ``path`` and check its checksum and its layout.

    The whole file is read once for that, a gigabyte in a second. What is in it is checked when it is read.

    Raises
    ------
    FileNotFoundError, PermissionError, IsADirectoryError
        If there is no such file, or it may not be read.
    OutputError
        If the file is locked, for instance since another process is writing it.
    DamagedFileError
        If the file is not a results file of a known version of the schema, or is damaged; the message says why.
    """
    with NetCDFReader(path) as file:
        if fault := _fault(file):
            raise DamagedFileError(f"{path} is not a results file of softspots: {fault}")
        configuration, attributes = split_prefix(file.attributes, CONFIGURATION)
        if fault := parameter_fault(configuration):
            raise DamagedFileError(f"{path}: {fault}")
        n_frames = len(_read(file, "time"))
        return Results(path, n_frames, configuration, attributes, file.checked, file.stamp)


def _read(file: NetCDFReader, name: str, index: int | None = None) -> np.ndarray:
    """A variable of the schema, or one frame of it, if it is what the schema allows."""
    entry = SCHEMA[name]
    values = np.asarray(file.read(name, ... if index is None else index))
    if entry.dtype is str:
        fault = None if tuple(values) == LABELS[name] else f"{tuple(values)}; {LABELS[name]} is needed"
    else:
        sizes = file.sizes | {TIME: file.sizes.get(TIME, file.sizes.get(TIME_BEFORE_3))}
        fault = entry.content.fault(values, entry.dimensions if index is None else entry.dimensions[1:], sizes)
    if fault:
        raise DamagedFileError(f"{file.path}: its {name} is {fault}")
    return values


def _fault(file: NetCDFReader) -> str | None:
    """What in the file is not as the schema has it."""
    for name, allowed in {"software": ("softspots",), "schema_version": range(1, VERSION + 1)}.items():
        if file.attributes.get(name) not in allowed:
            return f"its {name} is {file.attributes.get(name)!r}; {' or '.join(map(repr, allowed))} is needed"
    schema_version = file.attributes["schema_version"]
    for name, entry in SCHEMA.items():
        if entry.since > schema_version:
            continue
        if name not in file.layout:
            return f"it has no variable {name}"
        needed = entry.dtype, entry.dimensions_in(schema_version)
        if file.layout[name] != needed:
            return "its variable {} is {} over {}; {} over {} is needed".format(name, *file.layout[name], *needed)
    return None
