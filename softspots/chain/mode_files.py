"""Modes in a file of their own, NetCDF-4, in full precision."""

from __future__ import annotations

from dataclasses import fields
from importlib.metadata import version
from os import PathLike

import numpy as np

from softspots.exceptions import DamagedFileError
from softspots.io.attributes import set_attributes
from softspots.io.netcdf import NetCDFReader, NetCDFWriter
from softspots.landscape.modes import Modes
from softspots.objects import require

TITLE = "vibrational modes"
# The dimensions of the arrays of `Modes`; what else modes have are attributes.
DIMENSIONS = {
    "eigenvalues": ("mode",),
    "vectors": ("mode", "particle", "axis"),
    "residuals": ("mode",),
    "zero_eigenvalues": ("rigid_motion",),
}
SCALARS = [entry.name for entry in fields(Modes) if entry.name not in DIMENSIONS]


def write_modes(path: str | PathLike[str], modes: Modes) -> None:
    """Write modes to a NetCDF file, which `read_modes` reads to the bit; particles are in the order of their frame.

    Parameters
    ----------
    path : str or path-like
        An existing file is replaced once the new one is whole.
    modes : Modes

    Raises
    ------
    InputError
        If these are no modes.
    OutputError
        If the file cannot be written.
    """
    require("write_modes", modes=modes)
    with NetCDFWriter(path, "NETCDF4", whole=True) as writer, writer.library():
        dataset = writer.dataset
        for name, dimensions in DIMENSIONS.items():
            array = getattr(modes, name)
            for dimension, size in zip(dimensions, array.shape, strict=True):
                if dimension not in dataset.dimensions:
                    dataset.createDimension(dimension, size)
            dataset.createVariable(name, "f8", dimensions, fletcher32=True)[...] = array
        attributes = {"title": TITLE, "software": "softspots", "software_version": version("softspots")}
        set_attributes(dataset, attributes | {name: getattr(modes, name) for name in SCALARS})


def read_modes(path: str | PathLike[str]) -> Modes:
    """The modes in a file that `write_modes` has written.

    Parameters
    ----------
    path : path_like

    Returns
    -------
    Modes
        Eigenvalues in energy over length squared, vectors (M, N, d).

    Raises
    ------
    MissingFileError, PermissionError, IsADirectoryError
        If there is no such file, or it may not be read.
    DamagedFileError
        If it holds no modes, or is damaged.
    """
    with NetCDFReader(path) as file:
        needed = {name: (np.dtype("f8"), dimensions) for name, dimensions in DIMENSIONS.items()}
        if file.attributes.get("title") != TITLE or file.layout != needed:
            raise DamagedFileError(f"{path} holds no modes of softspots")
        arrays = {name: file.read(name) for name in DIMENSIONS}
        for name, array in arrays.items():
            if not np.isfinite(array).all():
                raise DamagedFileError(f"{path}: its {name} are not finite")
        return Modes(**arrays, **{name: file.attributes[name] for name in SCALARS if name in file.attributes})
