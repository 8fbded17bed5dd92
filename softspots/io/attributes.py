"""Attributes of NetCDF files: plain Python values in, the same values out; and units."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import netCDF4
import numpy as np

CONFIGURATION = "config_"
# The parameter of a run that has its whole mixture, as JSON; where it is not there the mixture is the paper's.
MIXTURE = "mixture"
# What the model is called where it is no mixture.
FORCES = "forces"
# Names of variables of a frame that its source does not tell, with spaces between them, and why.
LEFT_OUT, LEFT_OUT_BECAUSE = "left_out", "left_out_because"
# Energy and length of other forces that do not name them.
UNNAMED = ("energy", "length")
# What is missing of which frames and why, as JSON: by number of the frame.
FAULTS = "faults"
# What was inferred of a file of frames, and taken for granted; what in it speaks against what was said of it.
SOURCE_NOTES, CAUTION = "source_notes", "caution"
# How far the particles of frames of others are from their inherent structures, root mean square over all, and how much
# lower these are in energy per particle.
QUENCH_DISTANCE, QUENCH_ENERGY = "quench_distance", "quench_energy"
# What the frames of a results file are from; of what is reduced from it, where `SOURCE` is the results file.
SOURCE, TRAJECTORY = "source", "trajectory"
# Of a file of frames that does not say how long a step is.
TIMES_ARE_STEPS = "times are numbers of steps"
# What the kernels are compiled for that have computed it, in their order, where these are several.
INSTRUCTION_SET = "instruction_set"
# The checksum of the file that reduced data are of, where it does not say of which run it is.
CONTENT = "content_sha256"
# Parameters of a run that may change when it is resumed: nothing here changes what is in a frame.
CHANGEABLE = ("frames", "grid", "output", "overwrite", "resume", "checkpoint_every", "quiet")


def set_attributes(dataset: netCDF4.Dataset, attributes: Mapping[str, Any]) -> None:
    """Set global attributes.

    Parameters
    ----------
    dataset : netCDF4.Dataset
    attributes : dict
        Strings, booleans (stored as bytes), integers, floats, sequences of at least two numbers or strings, or None
        (not stored).
    """
    for name, value in attributes.items():
        if value is not None:
            dataset.setncattr(name, np.int8(value) if isinstance(value, bool | np.bool_) else value)


def get_attributes(dataset: netCDF4.Dataset) -> dict[str, Any]:
    """All global attributes, as `set_attributes` took them; sequences as tuples."""
    return {name: _plain(dataset.getncattr(name)) for name in dataset.ncattrs()}


def split_prefix(attributes: Mapping[str, Any], prefix: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The attributes whose names begin with ``prefix``, without it, and the others."""
    inside = {name.removeprefix(prefix): value for name, value in attributes.items() if name.startswith(prefix)}
    return inside, {name: value for name, value in attributes.items() if not name.startswith(prefix)}


def _plain(value):
    if isinstance(value, np.int8):
        return bool(value)
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray | list):
        return tuple(np.asarray(value).tolist())
    return value


def with_trajectory(told: Mapping[str, Any]) -> dict[str, Any]:
    """The attributes of a results file as those of what is reduced from it, which has a source of its own."""
    return dict(told) | ({TRAJECTORY: told[SOURCE]} if SOURCE in told else {})


def is_of_paper(configuration: Mapping[str, Any]) -> bool:
    """Whether a run has one of the paper's mixtures, with lengths in σ_AA and energies in ε_AA; else in its σ and ε."""
    return MIXTURE not in configuration


def units_of_forces(configuration: Mapping[str, Any]) -> tuple[str, str] | None:
    """Energy and length as the other forces of a run name them, `UNNAMED` where they do not; None of mixtures."""
    if configuration.get("model") != FORCES:
        return None
    told = json.loads(configuration.get(MIXTURE, "{}")).get("units")
    return tuple(told) if told else UNNAMED


def unit_of_time(told: Mapping[str, Any], known: str = "tau", steps: str = "steps") -> str:
    """The unit of time by what a file tells of its source: ``known`` but where times are numbers of steps."""
    return steps if TIMES_ARE_STEPS in told.get(SOURCE_NOTES, "") else known


def units_in(units: str, configuration: Mapping[str, Any], told: Mapping[str, Any] = MappingProxyType({})) -> str:
    """Units of the paper's mixtures as those of a run: σ and ε of another mixture, or those of its other forces.

    ``told`` has what its file tells of its source, and so the unit of time.
    """
    units = re.sub(r"\btau\b", unit_of_time(told), units)
    if is_of_paper(configuration):
        return units
    own = dict(zip(("epsilon", "sigma"), units_of_forces(configuration) or ("epsilon", "sigma"), strict=True))
    return re.sub("(epsilon|sigma)_AA", lambda found: _factor(own[found[1]]), units)


def _factor(name: str) -> str:
    """A unit that can stand before a power."""
    return name if name.isalpha() else f"({name})"
