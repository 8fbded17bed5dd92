"""shear.nc: the states and events of athermal shear, as NetCDF-4; it has no times, temperature or strain rate."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from os import PathLike
from typing import Any

import numpy as np

from softspots.arrays import number_at, require_name
from softspots.exceptions import DamagedFileError
from softspots.frame import Box, Frame
from softspots.io.attributes import CONFIGURATION, FAULTS, set_attributes, split_prefix
from softspots.io.content import Content
from softspots.io.frames import own_ids
from softspots.io.netcdf import NetCDFReader, NetCDFWriter
from softspots.io.schema import OPTIONAL, PARTICLE_ID, SCHEMA, SIZE, SPECIES_NAME, Variable, define
from softspots.reasons import number_of

# The version of this layout, and of checkpoints, and what it is called there.
VERSION, LAYOUT = 2, "shear_version"
TITLE = "states and events of athermal quasi-static shear"


def schema(dimension: int) -> dict[str, Variable]:
    """Every variable, by name. Boxes are an event's own, as pure shear changes their sides; so are their lattices."""
    stress = f"epsilon_AA sigma_AA^-{dimension}"
    index = Content(least=0)
    return {
        "species": SCHEMA["species"],
        # states
        "strain": Variable(("state",), "f8", "1", "strain since the start, along the direction of the shear"),
        "stress": Variable(("state",), "f8", stress, "stress that does the work, dE/dγ per volume"),
        "energy": Variable(("state",), "f8", "epsilon_AA", "energy of the minimum, of all particles"),
        "stress_tensor": Variable(("state", "axis", "axis_of_force"), "f8", stress, "stress, positive under tension"),
        # events
        "event_state": Variable(("event",), "i4", "1", "the first state after the event", content=index),
        "event_strain": Variable(("event",), "f8", "1", "strain at which the minimum is not there any more"),
        "event_last_strain": Variable(("event",), "f8", "1", "strain at which the minimum still was"),
        "event_stress": Variable(("event",), "f8", stress, "stress of the minimum that is lost, at the last strain"),
        "event_energy": Variable(
            ("event",), "f8", "epsilon_AA", "energy of the minimum that is lost, of all particles"
        ),
        "stress_drop": Variable(("event",), "f8", stress, "what the event takes off the stress"),
        "energy_drop": Variable(("event",), "f8", "epsilon_AA", "what the event loses as heat, of all particles"),
        "core": Variable(
            ("event",),
            "i4",
            "1",
            "row, from 0, of the particle with the largest D²_min, -1 where none is known",
            content=Content(least=-1),
        ),
        "participation": Variable(("event",), "f8", "1", "how many particles take part, (Σ u²)²/Σ u⁴"),
        "lattice": Variable(
            ("event", "axis_of_lattice", "axis"), "f8", "sigma_AA", "lattice vectors at the last strain"
        ),
        "position": Variable(("event", "particle", "axis"), "f8", "sigma_AA", "position in the minimum that is lost"),
        "d2min": Variable(("event", "particle"), "f8", "sigma_AA^2", "plastic activity of the event", "D²_min,i"),
        # maps before each event, the first one of the minimum that is lost
        "map_strain": Variable(("map",), "f8", "1", "strain between a map and the event"),
        "soft_spot": Variable(
            ("event", "map", "particle"),
            "i4",
            "1",
            "number of the soft spot that holds the particle, -1 outside",
            "S_i",
            compress=True,
        ),
        "eigenvalue": Variable(
            ("event", "map", "mode"), "f8", "epsilon_AA sigma_AA^-2", "rising eigenvalues of the minimum", "ω²"
        ),
        "participation_ratio": Variable(("event", "map", "mode"), "f8", "1", "participation ratio of the mode", "p"),
        "mode_particle": Variable(
            ("event", "mode", "top_particle"),
            "i4",
            "1",
            "rows, from 0, of the particles with the largest |e_i| in the minimum that is lost",
            compress=True,
        ),
    }


def write_shear(
    path: str | PathLike[str],
    frame: Frame,
    modes: int,
    top_particles: int,
    map_strains: Sequence[float],
    states: Mapping[str, np.ndarray],
    events: Iterable[Mapping[str, np.ndarray]],
    faults: Mapping[int, Mapping[int, str]],
    configuration: Mapping[str, Any],
    attributes: Mapping[str, Any],
) -> None:
    """Write a file of athermal shear, whole or not at all.

    Parameters
    ----------
    path : str or path-like
        An existing file is replaced.
    frame : Frame
        Any of the solid: for its species, sizes and ids.
    modes, top_particles : int
        How many modes a minimum has, and how many particles are named for each.
    map_strains : sequence of float
        How long before each event there are maps, from 0 on.
    states : dict
        Each variable of states, whole.
    events : iterable of dict
        The variables of each event, by name.
    faults : dict of int to dict
        Of events without some of their maps, why, by the number of the event and the place among the ``map_strains``.
    configuration, attributes : dict
        As for `ResultsWriter`.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    d = frame.dimension
    sizes = {"particle": len(frame), "axis": d, "axis_of_force": d, "axis_of_lattice": d}
    sizes |= {"mode": modes, "top_particle": top_particles, "map": len(map_strains)}
    constants = {"species": frame.species, "map_strain": map_strains}
    if frame.species.dtype.kind == "U":
        constants[SPECIES_NAME], constants["species"] = np.unique(frame.species, return_inverse=True)
        sizes[SPECIES_NAME] = len(constants[SPECIES_NAME])
        constants[SPECIES_NAME] = constants[SPECIES_NAME].astype(object)
    if frame.sizes is not None:
        constants[SIZE] = frame.sizes
    if (ids := own_ids(frame)) is not None:
        constants[PARTICLE_ID] = ids
    known = schema(d) | {name: OPTIONAL[name] for name in constants if name in OPTIONAL}
    with NetCDFWriter(path, "NETCDF4", whole=True) as writer:
        with writer.library():
            define(writer.dataset, sizes | {"state": None, "event": None}, known, configuration)
            variables = writer.dataset.variables
            for name, values in (constants | dict(states)).items():
                variables[name][...] = values
        for index, values in enumerate(events):
            with writer.library():
                for name, value in values.items():
                    variables[name][index] = value
        told = {"title": TITLE, "software": "softspots", "software_version": version("softspots")}
        told |= {LAYOUT: VERSION, FAULTS: json.dumps(faults), **attributes}
        with writer.library():
            named = {CONFIGURATION + name: value for name, value in configuration.items()}
            set_attributes(writer.dataset, told | named)


@dataclass(frozen=True, repr=False)
class Sheared:
    """A file of athermal shear: ``sheared[name]`` is a variable, whole, read when it is asked for.

    Variables are those of `softspots.io.shear.schema`. ``len(sheared)`` is the number of events, and iteration goes
    through `frame`; some variables are only in some files: ``name in sheared`` tells.

    Attributes
    ----------
    path : str or path-like
    configuration, attributes : dict
        Parameters of the run; all else that is said of it.
    """

    path: str | PathLike[str]
    configuration: dict[str, Any]
    attributes: dict[str, Any]
    _stamp: tuple[Any, ...]
    _names: tuple[str, ...]
    _events: np.ndarray | None = None

    def only(self, events: np.ndarray) -> Sheared:
        """The same without all other events than these, by their numbers."""
        return replace(self, _events=np.asarray(events))

    def __contains__(self, name: str) -> bool:
        return name in self._names

    def __iter__(self) -> Iterator[Frame]:
        return map(self.frame, range(len(self)))

    def __getitem__(self, name: str) -> np.ndarray:
        """One variable, of all states or events.

        Raises
        ------
        UnknownNameError
            If there is no such variable.
        DamagedFileError
            If the file is damaged.
        """
        require_name(name, self._names, "variable")
        with NetCDFReader(self.path, self._stamp) as file:
            values = np.asarray(file.read(name))
            _, dimensions = file.layout[name]
        return values[self._events] if self._events is not None and dimensions[:1] == ("event",) else values

    @property
    def dimension(self) -> int:
        """Of space."""
        return self["stress_tensor"].shape[-1]

    def __len__(self) -> int:
        """How many events there are."""
        return len(self["event_strain"])

    @property
    def faults(self) -> dict[int, dict[int, str]]:
        """Of events without some of their maps, why, by the number of the event and the place along ``map_strain``.

        Raises
        ------
        DamagedFileError
            If the file does not say it as it should.
        """
        try:
            told = json.loads(self.attributes.get(FAULTS, "{}"))
            found = {
                int(event): {int(place): str(fault) for place, fault in maps.items()} for event, maps in told.items()
            }
        except (AttributeError, TypeError, ValueError) as error:
            raise DamagedFileError(f"{self.path}: its {FAULTS} are not those of events") from error
        if self._events is None:
            return found
        return {number: found[event] for number, event in enumerate(self._events.tolist()) if event in found}

    def variables(self, event: int) -> dict[str, np.ndarray]:
        """All variables of one event by name; -1 is the last event.

        Raises
        ------
        UnknownNumberError
            If there is no such event.
        DamagedFileError
            If the file is damaged.
        """
        event = self._number(event)
        with NetCDFReader(self.path, self._stamp) as file:
            names = [name for name, (_, dimensions) in file.layout.items() if dimensions[:1] == ("event",)]
            return {name: np.asarray(file.read(name, event)) for name in names}

    def frame(self, event: int) -> Frame:
        """The minimum that an event ends, at the last strain at which it is there; -1 is that of the last event.

        Raises
        ------
        UnknownNumberError
            If there is no such event.
        DamagedFileError
            If the file is damaged.
        """
        event = self._number(event)
        with NetCDFReader(self.path, self._stamp) as file:
            lattice, positions = (np.asarray(file.read(name, event)) for name in ("lattice", "position"))
            species = np.asarray(file.read("species"))
            sizes, ids = (np.asarray(file.read(one)) if one in file.layout else None for one in (SIZE, PARTICLE_ID))
            if SPECIES_NAME in file.layout:
                species = np.asarray(file.read(SPECIES_NAME)).astype(np.str_)[species]
        tilts = lattice[np.tril_indices(len(lattice), -1)].tolist()
        # Strains are along the direction of the shear, from the start: the tilt need not tell them.
        box = Box(lengths=np.diag(lattice).tolist(), tilts=tilts)
        return Frame(positions, species, box, ids=ids, sizes=sizes, only_b=True)

    def __repr__(self) -> str:
        states, events = number_of(len(self["strain"]), "state"), number_of(len(self), "event")
        return f"Sheared({str(self.path)!r}, {states}, {events})"

    def _number(self, event: int) -> int:
        """That of an event in the file."""
        numbers = range(len(self)) if self._events is None else self._events.tolist()
        return number_at(event, numbers, str(self.path), "event")


def read_shear(path: str | PathLike[str]) -> Sheared:
    """Open a file of athermal shear and check its checksum and its layout.

    Parameters
    ----------
    path : path_like

    Returns
    -------
    Sheared

    Raises
    ------
    MissingFileError, PermissionError, IsADirectoryError
        If there is no such file, or it may not be read.
    OutputError
        If the file is locked.
    DamagedFileError
        If it is none, or is damaged.
    """
    with NetCDFReader(path) as file:
        if file.attributes.get("title") != TITLE:
            raise DamagedFileError(f"{path} is not a file of athermal shear")
        if (found := file.attributes.get(LAYOUT)) != VERSION:
            raise DamagedFileError(
                f"{path} is a file of athermal shear of version {found}; this softspots reads version {VERSION}: use "
                "that which wrote it, or shear again"
            )
        if missing := sorted(schema(2).keys() - file.layout.keys()):
            raise DamagedFileError(f"{path} has no {', '.join(missing)}")
        configuration, attributes = split_prefix(file.attributes, CONFIGURATION)
        return Sheared(path, configuration, attributes, file.stamp, tuple(file.layout))


def is_shear(path: str | PathLike[str]) -> bool:
    """Whether a file that can be opened says that it is one of athermal shear; raises what `read_shear` does."""
    with NetCDFReader(path) as file:
        return file.attributes.get("title") == TITLE
