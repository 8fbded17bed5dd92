"""Reduced data of one run: what a figure or a table needs of it, as one small NetCDF-4 file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from os import PathLike
from typing import Any

import numpy as np

from softspots.arrays import require_name
from softspots.curve import Curve
from softspots.estimate import CONFIDENCE, Estimate
from softspots.exceptions import DamagedFileError, InputError, UnknownNameError
from softspots.io.attributes import CONFIGURATION, is_of_paper, set_attributes, split_prefix, units_in
from softspots.io.earlier import put_right
from softspots.io.netcdf import NetCDFReader, NetCDFWriter
from softspots.io.quantities import KNOWN, KNOWN_AXES, axis_of, entry_of
from softspots.io.reduced_content import reduced_fault
from softspots.io.schema import parameter_fault

VERSION = 2
READABLE = (1, VERSION)
TITLE = "reduced data of a sheared glass and its soft spots"
RUN, MISSING = "run_", "missing_"
# Binary digits of the resamples, from which errors are derived: a precision of 2.5e-4, which halves the file. (Decimal
# digits would turn infinities into zeros.)
BITS = 11
# Quantities that files may have, and nothing reads any more.
FORMER = ("softest",)
# What a run is told by in a short description.
DESCRIBING = ("particles", "temperature", "strain_rate", "seed")


@dataclass(frozen=True, eq=False, repr=False)
class Reduced:
    """What `softspots.analysis.reduce.reduce_run` finds in one run, or `reduce_shear` in samples of athermal shear.

    Parameters
    ----------
    configuration : dict
        Parameters of the run, as in its results file.
    provenance : dict
        The other attributes of the results file (software and version, ranks, wall times), its ``source``, how many
        ``frames`` it has, and in how many of them soft spots are known (``frames_with_spots``).
    axes : dict of str to ndarray
        By the names of `KNOWN_AXES`.
    measured : dict of str to Estimate
        By the names of `KNOWN`. ``reduced[name]`` is the same or, of what depends on one axis, a `Curve` over it;
        ``list(reduced)`` has the names.
    missing : dict of str to str
        Why the other quantities could not be had, by name.
    checked : bool
        Whether they come from a file with a checksum of all that is in it, which fits; those of an earlier version of
        softspots, and those that were changed since, have none.
    dimension : {2, 3}
        Of the run.
    """

    configuration: dict[str, Any]
    provenance: dict[str, Any]
    axes: dict[str, np.ndarray] = field(default_factory=dict)
    measured: dict[str, Estimate] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)
    checked: bool = False
    dimension: int = 2

    def __repr__(self) -> str:
        known = [f"{name}={self.configuration[name]}" for name in DESCRIBING if name in self.configuration]
        found = f"{len(self.measured)} quantities measured, {len(self.missing)} missing"
        return f"Reduced({', '.join([*known, found])})"

    def __contains__(self, name: str) -> bool:
        return name in self.measured

    def __iter__(self) -> Iterator[str]:
        return iter(self.measured)

    def __getitem__(self, name: str) -> Estimate | Curve:
        """A quantity that is measured.

        Raises
        ------
        UnknownNameError
            If it is missing, or there is no such quantity.
        """
        if name in self.missing and name not in self:
            raise UnknownNameError(f"{name} is missing: {self.missing[name]}")
        require_name(name, self.measured, "quantity")
        axes = KNOWN[name].axes
        return Curve.over(self.axes[axes[0]], self.measured[name]) if len(axes) == 1 else self.measured[name]

    @property
    def of_paper(self) -> bool:
        """Whether the mixture is one of the paper's, with lengths in σ_AA and energies in ε_AA; else in its σ and ε."""
        return is_of_paper(self.configuration)

    @property
    def athermal(self) -> bool:
        """Whether they are of samples of athermal shear, not of a run at a temperature."""
        return "shear_version" in self.provenance

    @property
    def temperature(self) -> float | None:
        """T, in ε_AA/k_B, if it is known; 0 of athermal shear, whose parameter is that of its start."""
        return 0.0 if self.athermal else self.configuration.get("temperature")

    @property
    def strain_rate(self) -> float | None:
        """γ̇, in 1/τ, if it is known; 0 of athermal shear."""
        return 0.0 if self.athermal else self.configuration.get("strain_rate")

    @property
    def temperature_label(self) -> str:
        """T in names of files, such as ``T0.1``; empty if it is not known."""
        return "" if self.temperature is None else f"T{self.temperature:g}"

    @property
    def rate_label(self) -> str:
        """γ̇ in names of files, such as ``rate0.001``; empty if it is not known."""
        return "" if self.strain_rate is None else f"rate{self.strain_rate:g}"

    @property
    def label(self) -> str:
        """What is known of both, in names of files."""
        return (
            "athermal" if self.athermal else "_".join(filter(None, (self.temperature_label, self.rate_label))) or "run"
        )


def write_reduced(path: str | PathLike[str], reduced: Reduced) -> None:
    """Write ``path``; an existing file is replaced when the new one is whole.

    A quantity is a variable of its name, over dimensions with its axes' names; beside it stand ``<name>_low`` and
    ``<name>_high``, its 68 % interval, and ``<name>_resampled`` where resamples are kept. What is missing is a global
    attribute ``missing_<name>`` that says why; the run's parameters and other attributes are ``config_<name>`` and
    ``run_<name>``, and ``dimension`` is that of space.

    Parameters
    ----------
    path : str or path-like
    reduced : Reduced
        Its ``checked`` is not written: what is read back has a checksum of its own.

    Raises
    ------
    InputError
        If they are not what `KNOWN_AXES` and `KNOWN` allow.
    OutputError
        If the file cannot be made.
    """
    if fault := reduced_fault(reduced.axes, reduced.measured, VERSION, reduced.dimension):
        raise InputError(f"write_reduced: {fault}")
    attributes = (
        {
            "title": TITLE,
            "software": "softspots",
            "software_version": version("softspots"),
            "reduced_version": VERSION,
            "confidence": CONFIDENCE,
            "dimension": reduced.dimension,
        }
        | _prefixed(CONFIGURATION, reduced.configuration)
        | _prefixed(RUN, reduced.provenance)
        | _prefixed(MISSING, reduced.missing)
    )
    with NetCDFWriter(path, "NETCDF4", whole=True) as writer, writer.library():
        set_attributes(writer.dataset, attributes)
        for name, values in reduced.axes.items():
            _write_axis(writer.dataset, name, values, reduced)
        for name, found in reduced.measured.items():
            _write_measured(writer.dataset, name, found, reduced)


def read_reduced(path: str | PathLike[str]) -> Reduced:
    """The reduced data in ``path``.

    Those of an earlier version are put right as far as they can be, see `softspots.io.earlier`; what cannot is missing,
    with the reason.

    Parameters
    ----------
    path : path_like

    Returns
    -------
    Reduced

    Raises
    ------
    MissingFileError, PermissionError, IsADirectoryError
        If there is no such file, or it may not be read.
    DamagedFileError
        If it does not hold reduced data of a known version, is damaged, or holds what `KNOWN_AXES` and `KNOWN` do not
        allow.
    """
    with NetCDFReader(path) as file:
        attributes = file.attributes
        format_version = attributes.get("reduced_version")
        if format_version not in READABLE:
            raise DamagedFileError(
                f"{path} is not a file of reduced data: its reduced_version is "
                f"{format_version!r}; allowed: {', '.join(map(str, READABLE))}"
            )
        if format_version == VERSION and (unknown := file.layout.keys() - _variables()):
            raise DamagedFileError(f"{path}: its variable {min(unknown)} is none of reduced data")
        measured = {name: _read_measured(file, name) for name in KNOWN if name in file.layout}
        axes = {name: file.read(name) for name in KNOWN_AXES if name in file.layout}
    # Files that do not say it are of two.
    parts, dimension = [], attributes.get("dimension", 2)
    for prefix in (CONFIGURATION, RUN, MISSING):
        inside, attributes = split_prefix(attributes, prefix)
        parts.append(inside)
    configuration, provenance, missing = parts
    missing = {name: reason for name, reason in missing.items() if name not in FORMER}
    if fault := reduced_fault(axes, measured, format_version, dimension) or parameter_fault(configuration):
        raise DamagedFileError(f"{path}: {fault}")
    if format_version < VERSION:
        measured, missing = put_right(axes, measured, missing, provenance)
    return Reduced(configuration, provenance, axes, measured, missing, file.checked, int(dimension))


def is_reduced(path: str | PathLike[str]) -> bool:
    """Whether a file that can be opened says that it holds reduced data; raises what `read_reduced` does."""
    with NetCDFReader(path) as file:
        return "reduced_version" in file.attributes


def _variables() -> set[str]:
    """The names of all variables that a file can have."""
    return {*KNOWN_AXES, *(name + end for name in (*KNOWN, *FORMER) for end in ("", "_low", "_high", "_resampled"))}


def _read_measured(file, name):
    for end in ("_low", "_high"):
        if name + end not in file.layout:
            raise DamagedFileError(f"{file.path}: it has no variable {name + end}")
    resampled = f"{name}_resampled"
    return Estimate(
        *(np.asarray(file.read(name + end)) for end in ("", "_low", "_high")),
        file.read(resampled).astype(float) if resampled in file.layout else None,
        int(file.attribute(name, "block") or 0),
        str(file.attribute(name, "note") or ""),
    )


def _write_axis(dataset, name, values, reduced):
    dataset.createDimension(name, len(values))
    variable = dataset.createVariable(name, "f8", (name,), fletcher32=True)
    axis = axis_of(name, reduced.dimension, reduced.athermal)
    variable.setncatts(
        {"units": units_in(axis.units, reduced.configuration, reduced.provenance), "long_name": axis.long_name}
    )
    variable[...] = values


def _write_measured(dataset, name, found, reduced):
    entry = entry_of(name, reduced.dimension, reduced.athermal)
    units = units_in(entry.units, reduced.configuration, reduced.provenance)
    for end, values in (("", found.value), ("_low", found.low), ("_high", found.high)):
        variable = dataset.createVariable(name + end, "f8", entry.axes, fill_value=np.nan, fletcher32=bool(entry.axes))
        variable.setncatts({"units": units, "long_name": entry.long_name + end.replace("_", ", ")})
        variable[...] = values
    dataset[name].setncatts({"symbol": entry.symbol, "section": entry.section, "block": found.block})
    if found.note:
        dataset[name].note = found.note
    if found.resampled is None:
        return
    if "resample" not in dataset.dimensions:
        dataset.createDimension("resample", len(found.resampled))
    variable = dataset.createVariable(
        f"{name}_resampled",
        "f4",
        ("resample", *entry.axes),
        fill_value=np.nan,
        fletcher32=True,
        compression="zlib",
        significant_digits=BITS,
        quantize_mode="BitRound",
    )
    variable.setncatts({"units": units, "long_name": f"{entry.long_name}, resampled"})
    variable[...] = found.resampled


def _prefixed(prefix: str, values: Mapping[str, Any]) -> dict[str, Any]:
    return {prefix + name: value for name, value in values.items()}
