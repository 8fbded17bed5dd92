"""results.nc: what the stages found, frame by frame, as NetCDF-4."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from os import PathLike

import netCDF4
import numpy as np

from softspots.io.attributes import CONFIGURATION, get_attributes, set_attributes, split_prefix
from softspots.io.schema import LABELS, SCHEMA, SIZES, VERSION
from softspots.state import Frame

NOT_NETCDF = -51  # NC_ENOTNC of the NetCDF library


class ResultsWriter:
    """Write a results file, frame by frame; a context manager. Nothing here is parallel: one rank writes.

    The variables are those of `softspots.io.schema.SCHEMA`. Floats that are never written (D²_min of the last frame,
    which has no later one) read as NaN; integers as NetCDF's fill value.

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
        Further global attributes, such as ``seed``, with the same kinds of values.

    Raises
    ------
    ValueError
        If ``modes`` or ``top_particles`` is not positive.
    OSError
        If the file cannot be made.
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
            raise ValueError(f"ResultsWriter: the sizes are {sizes}; all must be positive")
        self._dataset = dataset = netCDF4.Dataset(path, "w", format="NETCDF4")
        sizes |= {"frame": None} | {name: len(labels) for name, labels in LABELS.items()}
        for name, size in sizes.items():
            dataset.createDimension(name, size)
        for name, entry in SCHEMA.items():
            variable = dataset.createVariable(
                name,
                entry.dtype,
                entry.dimensions,
                compression="zlib" if entry.compress else None,
                complevel=1,
                fill_value=np.nan if entry.dtype in ("f8", "f4") else None,
            )
            variable.setncatts({"long_name": entry.long_name, "units": entry.units})
            if entry.symbol:
                variable.symbol = entry.symbol
        constants = LABELS | {
            "species": frame.species,
            "length_x": frame.box.length_x,
            "length_y": frame.box.length_y,
        }
        for name, value in constants.items():
            dataset.variables[name][...] = np.array(value, dtype=SCHEMA[name].dtype)
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
        ValueError
            If a name, shape or type is not the schema's, or the index is negative. Nothing is written then.
        """
        if index < 0:
            raise ValueError(f"ResultsWriter: the frame is {index}; it must not be negative")
        arrays = {name: self._checked(name, value) for name, value in values.items()}
        for name, array in arrays.items():
            self._dataset.variables[name][index] = array
        self._dataset.sync()

    def set_attributes(self, attributes: Mapping):
        """Set global attributes, such as wall times at the end; values as in the constructor's ``configuration``."""
        set_attributes(self._dataset, attributes)
        self._dataset.sync()

    def close(self):
        """Close the file."""
        self._dataset.close()

    def __enter__(self) -> ResultsWriter:
        return self

    def __exit__(self, *exception):
        self.close()

    def _checked(self, name, value) -> np.ndarray:
        """``value`` as an array, if it fits one frame of the variable ``name``."""
        array = np.asarray(value)
        if name not in SCHEMA or "frame" not in SCHEMA[name].dimensions:
            raise ValueError(f"ResultsWriter: no variable {name!r} belongs to a frame")
        variable = self._dataset.variables[name]
        if array.shape != variable.shape[1:]:
            raise ValueError(f"ResultsWriter: {name} has shape {array.shape}; {variable.shape[1:]} is needed")
        # NetCDF would cut floats down to integers without a word.
        if not np.can_cast(array.dtype, variable.dtype, "same_kind"):
            raise ValueError(f"ResultsWriter: {name} is of type {array.dtype}; {variable.dtype} is needed")
        return array


@dataclass(frozen=True)
class Results:
    """A results file: ``results[name]`` reads the variable ``name`` of the schema, whole, as an array.

    Each access reads from the file; no file stays open. Files of earlier versions lack some variables: ``name in
    results`` tells.

    Attributes
    ----------
    path : str or path-like
    n_frames : int
    configuration : dict
        Parameters of the run, as given to `ResultsWriter`; sequences come back as tuples.
    attributes : dict
        All other global attributes.
    """

    path: str | PathLike
    n_frames: int
    configuration: dict
    attributes: dict

    def __contains__(self, name: str) -> bool:
        return name in SCHEMA and SCHEMA[name].since <= self.attributes["schema_version"]

    def __getitem__(self, name: str) -> np.ndarray:
        if name not in self:
            raise KeyError(f"there is no variable {name!r}; there are: {', '.join(filter(self.__contains__, SCHEMA))}")
        with netCDF4.Dataset(self.path) as dataset:
            dataset.set_auto_mask(False)
            return dataset.variables[name][...]

    def frame(self, index: int) -> dict[str, np.ndarray]:
        """All variables of one frame by name, as `ResultsWriter.write_frame` takes them."""
        with netCDF4.Dataset(self.path) as dataset:
            dataset.set_auto_mask(False)
            return {
                name: dataset.variables[name][index]
                for name, entry in SCHEMA.items()
                if name in self and "frame" in entry.dimensions
            }


def read_results(path: str | PathLike) -> Results:
    """Open the results file ``path`` and check it against the schema.

    Raises
    ------
    OSError
        If the file cannot be opened, for instance since another process is writing it.
    ValueError
        If the file is not a results file of a known version of the schema; the message says why.
    """
    try:
        dataset = netCDF4.Dataset(path)
    except OSError as error:
        if error.errno == NOT_NETCDF:
            raise ValueError(f"{path} is not a results file of softspots: it is not NetCDF") from None
        raise
    with dataset:
        attributes = get_attributes(dataset)
        if fault := _fault(dataset, attributes):
            raise ValueError(f"{path} is not a results file of softspots: {fault}")
        n_frames = len(dataset.dimensions["frame"])
    return Results(path, n_frames, *split_prefix(attributes, CONFIGURATION))


def _fault(dataset, attributes) -> str | None:
    """What in the file is not as the schema has it."""
    for name, allowed in {"software": ("softspots",), "schema_version": range(1, VERSION + 1)}.items():
        if attributes.get(name) not in allowed:
            return f"its {name} is {attributes.get(name)!r}; {' or '.join(map(repr, allowed))} is needed"
    for name, entry in SCHEMA.items():
        if entry.since > attributes["schema_version"]:
            continue
        variable = dataset.variables.get(name)
        if variable is None:
            return f"it has no variable {name}"
        if variable.dimensions != entry.dimensions or variable.dtype != entry.dtype:
            return (
                f"its variable {name} is {variable.dtype} over {variable.dimensions}; "
                f"{entry.dtype} over {entry.dimensions} is needed"
            )
    return None
