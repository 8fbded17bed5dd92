"""What is in a results file that is being read, held against the schema."""

from __future__ import annotations

import numpy as np

from softspots.exceptions import DamagedFileError
from softspots.io.netcdf import NetCDFReader
from softspots.io.schema import LABELS, OPTIONAL, SCHEMA, SPACE, SPECIES_NAME, TIME, TIME_BEFORE_3, VERSION

ALL = SCHEMA | OPTIONAL
TITLE = "soft spots and plastic activity of a sheared glass"


def read_variable(file: NetCDFReader, name: str, index: int | None = None) -> np.ndarray:
    """A variable of the schema, or one frame of it, if it is what the schema allows."""
    entry = ALL[name]
    values = np.asarray(file.read(name, ... if index is None else index))
    if name == SPECIES_NAME:
        return values.astype(np.str_)
    if entry.dtype is str:
        needed = LABELS[name][:-1] if name == "axis" and SPACE[0] not in file.layout else LABELS[name]
        fault = None if tuple(values) == needed else f"{tuple(values)}; {needed} is needed"
    else:
        sizes = file.sizes | {TIME: file.sizes.get(TIME, file.sizes.get(TIME_BEFORE_3))}
        fault = entry.content.fault(values, entry.dimensions if index is None else entry.dimensions[1:], sizes)
    if fault:
        raise DamagedFileError(f"{file.path}: its {name} is {fault}")
    return values


def layout_fault(file: NetCDFReader) -> str | None:
    """What in the file is not as the schema has it."""
    told = file.attributes
    for name, allowed in {"software": ("softspots",), "schema_version": range(1, VERSION + 1)}.items():
        if told.get(name) not in allowed:
            if told.get("software") == "softspots" and told.get("title", TITLE) != TITLE:
                return f"it holds {told['title']}"
            return f"its {name} is {file.attributes.get(name)!r}; {' or '.join(map(repr, allowed))} is needed"
    schema_version = file.attributes["schema_version"]
    there = names_in(file)
    if there & {*SPACE} not in (set(), {*SPACE}):
        return f"of {', '.join(SPACE)} it has some; all or none are needed"
    for name in sorted(SCHEMA.keys() - there):
        if SCHEMA[name].since <= schema_version:
            return f"it has no variable {name}"
    for name in sorted(there):
        needed = ALL[name].dtype, ALL[name].dimensions_in(schema_version)
        if file.layout[name] != needed:
            return "its variable {} is {} over {}; {} over {} is needed".format(name, *file.layout[name], *needed)
    return None


def names_in(file: NetCDFReader) -> set[str]:
    """The variables that are there and that its version of the schema has."""
    version_there = file.attributes["schema_version"]
    return {name for name, entry in ALL.items() if name in file.layout and entry.since <= version_there}
