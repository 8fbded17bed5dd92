"""results.nc: what the stages found, frame by frame, as NetCDF-4."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from os import PathLike
from typing import Any

import numpy as np

from softspots.arrays import number_at, require_name
from softspots.box import SAME
from softspots.exceptions import DamagedFileError, InputError, SoftspotsError
from softspots.frame import Frame
from softspots.io.attributes import CONFIGURATION, FAULTS, FORCES, LEFT_OUT, MIXTURE, set_attributes, split_prefix
from softspots.io.content import is_written
from softspots.io.frames import LENGTHS, TILTS, frame_from, own_ids, particles
from softspots.io.layout import ALL, TITLE, layout_fault, names_in, read_variable
from softspots.io.netcdf import NetCDFReader, NetCDFWriter
from softspots.io.schema import (
    BOX_LENGTH,
    LABELS,
    PARTICLE_ID,
    SCHEMA,
    SIZE,
    SIZES,
    SPACE,
    SPECIES_NAME,
    TIME,
    VERSION,
    define,
    parameter_fault,
)
from softspots.model import Mixture, Model
from softspots.reasons import number_of

# What a frame of the dynamics is made of, beside its tilts and lengths of its own.
FRAME = ("position", "image", "time", "strain")


class ResultsWriter:
    """Write a results file, frame by frame; a context manager. Nothing here is parallel: one rank writes.

    The variables are those of `softspots.io.schema.SCHEMA`, and of its ``OPTIONAL`` those that the frame has. Floats
    that are never written (D²_min of the last frame, which has no later one) read as NaN; integers as NetCDF's fill
    value. HDF5 keeps checksums of what it writes, and what ends without an error gets one of the whole behind it
    (`softspots.io.seal`).

    What holds after a crash: what a call has written is with the operating system when the call returns. If the process
    dies between two calls, even by SIGKILL, the file opens and holds all frames written. HDF5 keeps no journal: a death
    within a call, or a loss of power, may leave a file that does not open. While the file is being written, HDF5 locks
    it; other processes may read it if they run with the environment variable ``HDF5_USE_FILE_LOCKING=FALSE``.

    Parameters
    ----------
    path : str or path-like
        An existing file is replaced.
    frame : Frame
        Any frame of the run: its species, sizes, ids and side lengths hold for all, but for own boxes.
    modes, top_particles : int
        How many modes, and how many particles of each mode, a frame has.
    configuration : dict
        All parameters of the run; each becomes a global attribute ``config_<name>``. Values are strings, booleans
        (stored as bytes), integers, floats, sequences of at least two numbers or strings, or None (not stored).
    attributes : dict
        Further global attributes, such as ``seed`` and the run's identity (``run_id``, ``parameters_checksum``), with
        the same kinds of values.
    own_boxes : bool
        Whether each frame has side lengths of its own, ``box_length``.

    Raises
    ------
    InputError
        If ``modes`` or ``top_particles`` is not positive, or a constant of the run is not what the schema allows.
    OutputError
        If the file cannot be made, or written; each method may raise it.
    """

    def __init__(
        self,
        path: str | PathLike[str],
        frame: Frame,
        modes: int,
        top_particles: int,
        configuration: Mapping[str, Any],
        attributes: Mapping[str, Any],
        own_boxes: bool = False,
    ) -> None:
        sizes = dict(zip(SIZES, (len(frame), modes, top_particles), strict=True))
        if min(sizes.values()) < 1:
            raise InputError(f"ResultsWriter: the sizes are {sizes}; all must be positive")
        constants = LABELS | {"axis": LABELS["axis"][: frame.dimension], "species": frame.species}
        constants |= dict(zip(LENGTHS[frame.dimension], frame.box.lengths, strict=True))
        if frame.sizes is not None:
            constants[SIZE] = frame.sizes
        if (ids := own_ids(frame)) is not None:
            constants[PARTICLE_ID] = ids
        if frame.species.dtype.kind == "U":
            constants[SPECIES_NAME], constants["species"] = np.unique(frame.species, return_inverse=True)
        self._variables = {
            name: entry
            for name, entry in ALL.items()
            if name in (*SCHEMA, *constants, *TILTS[frame.dimension], *[BOX_LENGTH] * own_boxes)
        }
        self._sizes = sizes | {name: len(constants[name]) for name in (*LABELS, SPECIES_NAME) if name in constants}
        arrays = {name: np.array(value, dtype=ALL[name].dtype) for name, value in constants.items()}
        for name in arrays.keys() - (*LABELS, SPECIES_NAME):
            self._check_content(name, arrays[name], ALL[name].dimensions)
        self._writer = NetCDFWriter(path, "NETCDF4")
        with self._writer.library():
            define(self._writer.dataset, self._sizes | {TIME: None}, self._variables, configuration, attributes)
            for name, array in arrays.items():
                self._writer.dataset.variables[name][...] = array
        self.set_attributes(
            {
                "title": TITLE,
                "software": "softspots",
                "software_version": version("softspots"),
                "schema_version": VERSION,
            }
            | attributes
            | {CONFIGURATION + name: value for name, value in configuration.items()}
        )

    def write_frame(self, index: int, values: Mapping[str, Any]) -> None:
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

    def set_attributes(self, attributes: Mapping[str, Any]) -> None:
        """Set global attributes, such as wall times at the end; values as in the constructor's ``configuration``."""
        with self._writer.library():
            set_attributes(self._writer.dataset, attributes)
        self._writer.sync()

    def __enter__(self) -> ResultsWriter:
        return self

    def __exit__(self, *exception: Any) -> None:
        self._writer.__exit__(*exception)

    def _checked(self, name, value) -> np.ndarray:
        """``value`` as an array, if it fits one frame of the variable ``name``."""
        array = np.asarray(value)
        if name not in self._variables or TIME not in self._variables[name].dimensions:
            raise InputError(f"ResultsWriter: no variable {name!r} belongs to a frame")
        entry = self._variables[name]
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
        if fault := ALL[name].content.fault(array, dimensions, self._sizes):
            raise InputError(f"ResultsWriter: {name} is {fault}")


@dataclass(frozen=True, repr=False)
class Results:
    """A results file: ``results[name]`` reads the variable ``name`` of the schema, whole, as an array.

    ``len(results)`` is the number of frames, and iteration goes through `frame`. Each access reads from the file and
    checks what it reads; no file stays open, and one that has taken its place is refused. Files of earlier versions
    lack some variables, and some there are only in some files: ``name in results`` tells.

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

    path: str | PathLike[str]
    n_frames: int
    configuration: dict[str, Any]
    attributes: dict[str, Any]
    checked: bool
    _stamp: tuple[Any, ...]
    _names: frozenset

    def __repr__(self) -> str:
        known = ", ".join(
            f"{name}={self.configuration[name]}"
            for name in ("particles", "temperature", "strain_rate", "seed")
            if name in self.configuration
        )
        return f"Results({str(self.path)!r}, {number_of(len(self), 'frame')}{', ' * bool(known)}{known})"

    def __len__(self) -> int:
        return self.n_frames

    def __contains__(self, name: str) -> bool:
        return name in self._names

    def __iter__(self) -> Iterator[Frame]:
        return map(self.frame, range(len(self)))

    def __getitem__(self, name: str) -> np.ndarray:
        """All frames of one variable.

        Raises
        ------
        UnknownNameError
            If there is no such variable.
        DamagedFileError
            If the file is damaged, or a value is not what the schema allows.
        """
        require_name(name, filter(self.__contains__, ALL), "variable")
        with NetCDFReader(self.path, self._stamp) as file:
            return read_variable(file, name)

    def variables(self, index: int) -> dict[str, np.ndarray]:
        """All variables of one frame by name, as `ResultsWriter.write_frame` takes them; -1 is the last frame.

        Raises
        ------
        UnknownNumberError
            If there is no such frame.
        DamagedFileError
            If the file is damaged, or a value is not what the schema allows.
        """
        index = number_at(index, range(len(self)), str(self.path), "frame")
        with NetCDFReader(self.path, self._stamp) as file:
            names = [name for name, entry in ALL.items() if name in self and TIME in entry.dimensions]
            return {name: read_variable(file, name, index) for name in names}

    def frame(self, index: int) -> Frame:
        """One frame of the dynamics, with strain, images, time, and ids, else rows from 0; -1 is the last one.

        Raises
        ------
        UnknownNumberError
            If there is no such frame.
        DamagedFileError
            If the file is damaged, or the frame was not written completely.
        """
        index = number_at(index, range(len(self)), str(self.path), "frame")
        with NetCDFReader(self.path, self._stamp) as file:
            values = {name: read_variable(file, name, index) for name in self._told(*FRAME)}
        if index in self.faults and not is_written(values["position"]).any():
            raise DamagedFileError(f"{self.path}: frame {index} was left out: {self.faults[index]}")
        for name, value in values.items():
            if not is_written(value).all():
                raise DamagedFileError(f"{self.path}: frame {index} has no {name}")
        try:
            return frame_from(self._like, values)
        except InputError as error:
            raise DamagedFileError(f"{self.path}: frame {index}: {error}") from error

    def inherent_structures(self) -> tuple[np.ndarray, Callable[[int], Frame]]:
        """Positions of all inherent structures, (F, N, d), NaN where there is none, and a frame of each by its number.

        Raises
        ------
        UnknownNameError
            If an earlier version has written the file, without them.
        DamagedFileError
            If the file is damaged.
        """
        columns = {name: self[name] for name in self._told("inherent_position", "strain")}
        like = self._like

        def structure(index: int) -> Frame:
            values = {name: column[index] for name, column in columns.items()}
            # Times and images are those of the dynamics.
            return frame_from(like, values | {"position": values["inherent_position"], "time": 0.0, "image": None})

        return columns["inherent_position"], structure

    @cached_property
    def faults(self) -> dict[int, str]:
        """Of frames of which something is missing, what and why, by their numbers.

        Raises
        ------
        DamagedFileError
            If the file does not say it as it should.
        """
        try:
            return {int(index): str(fault) for index, fault in json.loads(self.attributes.get(FAULTS, "{}")).items()}
        except (AttributeError, TypeError, ValueError) as error:
            raise DamagedFileError(f"{self.path}: its {FAULTS} are not those of frames") from error

    @property
    def box_changes(self) -> bool:
        """Whether the box has another size in some frames than in others."""
        if BOX_LENGTH not in self:
            return False
        lengths = self[BOX_LENGTH]
        known = lengths[is_written(lengths).all(axis=1)]
        return bool((np.ptp(known, axis=0) > SAME * known.mean(axis=0)).any()) if len(known) else False

    @property
    def dimension(self) -> int:
        """2 or 3."""
        return 3 if SPACE[0] in self else 2

    @cached_property
    def model(self) -> Mixture:
        """The mixture of the run.

        Raises
        ------
        InputError
            If the run was one of other forces.
        DamagedFileError
            If the file does not say it, or what it says is none.
        """
        return mixture_of(self.path, self.configuration)

    @cached_property
    def _like(self) -> Frame:
        return particles(self, self.dimension)

    def _told(self, *names: str) -> list[str]:
        """Those of the names, and of the boxes', that the source of the frames has told."""
        of_box = *TILTS[self.dimension], *[BOX_LENGTH] * (BOX_LENGTH in self)
        return [one for one in (*names, *of_box) if one not in self.attributes.get(LEFT_OUT, "").split()]


def mixture_of(path: str | PathLike[str], configuration: Mapping[str, Any]) -> Mixture:
    """The mixture of the run whose parameters a file has.

    Raises
    ------
    InputError, DamagedFileError
        If the run was one of other forces; if they do not say the mixture, or what they say is none.
    """
    if configuration.get("model") == FORCES:
        raise InputError(f"{path} is of no mixture, but of other forces: {configuration.get(MIXTURE, '')}")
    try:
        if MIXTURE in configuration:
            return Mixture.from_table(json.loads(configuration[MIXTURE]))
        return Model.of_run(configuration)
    except (SoftspotsError, KeyError, TypeError, ValueError) as error:
        raise DamagedFileError(f"{path}: its parameters say no mixture: {' '.join(str(error).split())}") from error


def read_results(path: str | PathLike[str]) -> Results:
    """Open the results file ``path`` and check its checksum and its layout, for which all of it is read once.

    What is in it is checked when it is read.

    Returns
    -------
    Results

    Raises
    ------
    MissingFileError, PermissionError, IsADirectoryError
        If there is no such file, or it may not be read.
    OutputError
        If the file is locked, for instance since another process is writing it.
    DamagedFileError
        If the file is not a results file of a known version of the schema, or is damaged; the message says why.
    """
    with NetCDFReader(path) as file:
        if fault := layout_fault(file):
            raise DamagedFileError(f"{path} is not a results file of softspots: {fault}")
        configuration, attributes = split_prefix(file.attributes, CONFIGURATION)
        if fault := parameter_fault(configuration):
            raise DamagedFileError(f"{path}: {fault}")
        n_frames = len(read_variable(file, "time"))
        names = frozenset(names_in(file))
        return Results(path, n_frames, configuration, attributes, file.checked, file.stamp, names)
