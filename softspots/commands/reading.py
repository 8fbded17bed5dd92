"""What commands say to `softspots.read` of a file: one group of options for all of them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path

from softspots.commands.kinds import Choice, File, Number, Text, Types, parameter
from softspots.exceptions import InputError, system_errors
from softspots.io.readers import Frames, read
from softspots.io.readers.formats import FORMATS

GROUP = "what the file leaves open"
_POSITIVE = Number(above=0, most=1e9)


@dataclass(frozen=True)
class Reading:
    """The options, by the names of `read`; None where nothing is said."""

    types: dict | str | None = parameter(GROUP, None, Types(), "which species a type is; or one for all")
    sizes: str | None = parameter(GROUP, None, Text(), "the column with diameters, or radii")
    dimension: int | None = parameter(GROUP, None, Number(int, least=2, most=3), "of space, where it is in doubt")
    topology: Path | None = parameter(GROUP, None, File(), "what the particles are, for DCD, XTC and the like")
    format: str | None = parameter(GROUP, None, Choice(tuple(FORMATS)), "of the file; default: by its content")
    bounds: str | None = parameter(
        GROUP, None, Choice(("box", "bounding box")), "what the bounds in a dump's header are those of"
    )
    unit: float | None = parameter(GROUP, None, _POSITIVE, "the model's σ in the file's lengths; default: 1")
    timestep: float | None = parameter(GROUP, None, _POSITIVE, "the model's time between two steps")


NAMES = tuple(entry.name for entry in fields(Reading))


def said_of_file(values: Mapping) -> dict:
    """What is said of a file among ``values``, as plain as files take it."""
    plain = {name: values[name] for name in ("sizes", "format", "bounds", "unit")}
    types, topology = values["types"], values["topology"]
    plain["types"] = " ".join(f"{kind}={one}" for kind, one in types.items()) if isinstance(types, dict) else types
    plain["topology"] = topology and topology.name
    return {name: value for name, value in plain.items() if value is not None}


def as_in_reading(name: str, group: str):
    """The field of this name, for another table."""
    entry = Reading.__dataclass_fields__[name]
    return parameter(group, None, entry.metadata["kind"], entry.metadata["text"])


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


def checksum_of(path: Path) -> str:
    """SHA-256 of a file.

    Raises
    ------
    InputError
        If it cannot be read.
    """
    with system_errors(InputError, f"{path} cannot be read"), open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
