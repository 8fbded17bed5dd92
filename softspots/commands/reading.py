"""What commands say to `softspots.read` of a file: one group of options for all of them."""

from __future__ import annotations

import ast
import contextlib
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path

from softspots.commands.checks import LARGEST
from softspots.commands.kinds import Choice, File, Number, Text, Types, option, parameter, types_as_typed
from softspots.exceptions import InputError, SoftspotsError
from softspots.io.readers import Frames, read
from softspots.io.readers.formats import FORMATS
from softspots.landscape.forces import is_mixture
from softspots.model import Forces, Mixture

GROUP = "what the file leaves open"
_POSITIVE = Number(above=0, most=LARGEST)
# What a mixture says of a species that is not its own.
UNKNOWN = re.compile("of the frame (is|are) not known")
# What the library says of what only Python has, and what to do on a command line.
ADVICE = {
    "no other deformation is allowed": (
        "no other deformation is allowed: where z is the gradient's axis, exchange y and z in the file"
    ),
    "a mixture of its pairs alone, Mixture(mixture.pairs), is of none": (
        "a TOML file whose table [model] has its pairs alone is of none"
    ),
}


@dataclass(frozen=True)
class Reading:
    """The options, by the names of `read`; None where nothing is said."""

    types: dict | str | None = parameter(
        GROUP, None, Types(), "which species a type is, as 1=A 2=B; or one for all; or a column"
    )
    sizes: str | None = parameter(GROUP, None, Text(), "the column with diameters, or radii; none if they mean nothing")
    dimension: int | None = parameter(GROUP, None, Number(int, least=2, most=3), "of space, where it is in doubt")
    topology: Path | None = parameter(GROUP, None, File(), "what the particles are, for DCD, XTC and the like")
    format: str | None = parameter(GROUP, None, Choice(tuple(FORMATS)), "of the file; default: by its content")
    bounds: str | None = parameter(
        GROUP,
        None,
        Choice(("box", "bounding box")),
        "what the bounds in the header of a dump are those of, where the box is tilted; default: as LAMMPS has it",
    )
    unit: float | None = parameter(GROUP, None, _POSITIVE, "the model's σ in the file's lengths; default: 1")
    timestep: float | None = parameter(
        GROUP, None, _POSITIVE, "the model's time between two steps; default: the file's times"
    )


def of_run(name: str, group: str, text: str):
    """The field of the temperature or the strain rate of the run that a file is from."""
    allowed = {"temperature": _POSITIVE, "strain_rate": Number(least=0, most=LARGEST)}
    return parameter(group, None, allowed[name], text)


NAMES = tuple(entry.name for entry in fields(Reading))
# An argument of `read` in a message, with its value if there is one.
ARGUMENT = re.compile(rf"\b({'|'.join(NAMES)})=(\{{(?:[^{{}}]|\{{[^{{}}]*\}})*\}}|'[^']*'|[\w.…]*)")


def said_of_file(values: Mapping) -> dict:
    """What is said of a file among ``values``, as plain as files take it."""
    plain = {name: values[name] for name in ("sizes", "format", "bounds", "unit")}
    types, topology = values["types"], values["topology"]
    plain["types"] = " ".join(types_as_typed(types)) if isinstance(types, dict) else types
    plain["topology"] = topology and topology.name
    return {name: value for name, value in plain.items() if value is not None}


def as_in_reading(name: str, group: str):
    """The field of this name, for another table."""
    entry = Reading.__dataclass_fields__[name]
    return parameter(group, None, entry.metadata["kind"], entry.metadata["text"])


def as_options(message: str) -> str:
    """What `read` says of its arguments, in the words of the command line: ``--types 1=A`` for ``types={1: 'A'}``."""
    for library, command in ADVICE.items():
        message = message.replace(library, command)
    return ARGUMENT.sub(lambda found: " ".join(filter(None, (option(found[1]), _as_typed(found[2])))), message)


def _as_typed(value: str) -> str:
    try:
        given = ast.literal_eval(value)
    except (SyntaxError, ValueError):
        return value.strip("{}")
    return shlex.join(types_as_typed(given) if isinstance(given, dict) else [str(given)])


@contextlib.contextmanager
def with_options() -> Iterator[None]:
    """Around what raises errors in the words of `read`."""
    try:
        yield
    except SoftspotsError as error:
        raise type(error)(as_options(str(error))) from error


@contextlib.contextmanager
def with_species(frames: Frames, model: Mixture | Forces, types: object) -> Iterator[None]:
    """Around what finds out that a mixture does not know the species of frames: errors say how to name them."""
    try:
        yield
    except InputError as error:
        if types is not None or not is_mixture(model) or not UNKNOWN.search(str(error)):
            raise
        raise InputError(f"{error}{_species_hint(frames.kinds, model.species)}") from error


def _species_hint(kinds: Mapping, species) -> str:
    """How types, or the labels in a column, could be named where there are as many as species."""
    fitting = {place: labels for place, labels in kinds.items() if len(labels) == len(species)}
    tables = {place: dict(zip(labels, species, strict=True)) for place, labels in fitting.items()}
    ways = [shlex.join(types_as_typed({place: table} if place else table)) for place, table in tables.items()]
    return f"; say which is which: {' or '.join(f'--types {way}' for way in ways)}, or the like" if ways else ""


def read_with(path: Path, values: Mapping) -> Frames:
    """The frames of a file, with what is said of it among ``values``.

    Raises
    ------
    InputError
        If something is left open, or does not fit.
    DamagedFileError, MissingFileError
        If the file is not whole, or not there.
    """
    given = {name: values[name] for name in NAMES if values.get(name) is not None}
    return read(path, **given)
