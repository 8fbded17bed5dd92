"""Values of particles as columns beside a frame: checked, of the types that all formats have."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from softspots.arrays import is_whole, real_array
from softspots.exceptions import InputError
from softspots.frame import Frame

NAME = re.compile(r"[A-Za-z]\w*\Z", re.ASCII)
# Of other names the one or the other program makes something else: of 01 it makes the number 1.
WORD = re.compile(r"[A-Za-z][!#-~]*\Z", re.ASCII)
# What frames have themselves, as one format or another calls it; OVITO takes names for them in any case of letters.
OWN = {"pos", "position", "x", "y", "z", "ix", "iy", "iz", "image", "id", "type", "species", "element", "radius"}
OWN |= {"diameter", "size", "color", "time", "strain", "software"}


def checked_columns(frame: Frame, columns: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """The columns of a frame, (N,) or (N, k): float64, or whole numbers of 32 bits where these hold them, else of 64.

    Vectors in two dimensions get z = 0, as other programs draw arrows in space. Of `SoftSpots` come the numbers from 1,
    and 0 for particles on none.

    Raises
    ------
    InputError
        If a name is no plain word or that of something in the frame, or values are no real numbers for each particle.
    """
    return {name: _checked(frame, name, value) for name, value in columns.items()}


def spot_numbers(labels: ArrayLike) -> np.ndarray:
    """The numbers of soft spots from 1, 0 for particles on none, of labels from 0, negative for those on none."""
    labels = np.asarray(labels)
    return np.where(labels >= 0, labels + 1, 0)


def in_space(vectors: np.ndarray, fill: float = 0.0) -> np.ndarray:
    """Vectors (N, 2) with a z, (N, 3); those that have one as they are."""
    return np.pad(vectors, ((0, 0), (0, 3 - vectors.shape[1])), constant_values=fill)


def cell_in_space(frame: Frame, height: float) -> np.ndarray:
    """Lattice vectors as rows, (3, 3); in two dimensions the third stands upright, of a height."""
    cell = np.diag([0.0, 0.0, height])
    cell[: frame.dimension, : frame.dimension] = frame.box.vectors
    return cell


def numbered_types(frame: Frame) -> tuple[np.ndarray, np.ndarray]:
    """The names of the types in the order of their labels, and the number of each particle's from 0.

    Raises
    ------
    InputError
        If a label is no word that all formats can hold.
    """
    distinct, where = np.unique(frame.species, return_inverse=True)
    words = distinct.astype(np.str_)
    for word in words.tolist():
        if not (WORD.match(word) or is_whole(word)):
            raise InputError(
                f"write: a species is called {word!r}; a whole number of 32 bits without leading zeros, or a word "
                "without blanks and quotes that begins with a letter, in ASCII, is needed"
            )
    return words, where


def _checked(frame, name, value):
    if not NAME.match(name) or name.lower() in OWN:
        raise InputError(
            f"write: a column cannot be called {name!r}; a word of letters, digits and _ is needed that is none of "
            f"{', '.join(sorted(OWN))}"
        )
    if hasattr(value, "labels"):
        value = spot_numbers(value.labels)
    many = ("N",) if np.ndim(value) < 2 else ("N", "k")
    array = real_array(f"write: values of {name}", value, many)
    if len(array) != len(frame) or 0 in array.shape[1:]:
        raise InputError(f"write: {name} has shape {array.shape}; values for each of {len(frame)} particles are needed")
    if array.shape[1:] == (2,) == (frame.dimension,):
        array = in_space(array)
    if array.dtype.kind == "f":
        return array.astype(np.float64)
    if array.size and array.max() > np.iinfo(np.int64).max:
        raise InputError(f"write: {name} holds {array.max()}; 64 bits are too few for it")
    array = array.astype(np.int64)
    small = np.abs(array).max(initial=0) <= np.iinfo(np.int32).max
    return array.astype(np.int32) if small else array
