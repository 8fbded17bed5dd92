"""Numbers as a page carries them: whole ones of 16 bits, compressed, as text. `page.js` has the way back."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Iterable

import numpy as np

from softspots.frame import Frame

LEVELS = 2**16
# Lengths, in those of the file: a hundredth of a pixel of a map as wide as a screen. Longer sides than
# `LEVELS` of them are cut into as many coarser ones.
RESOLUTION = 0.004
# D²_min and participation ratios are known to half of this, relatively.
STEP = 0.005
UNKNOWN, ZERO, FIRST = range(3)


def packed(columns: Iterable[np.ndarray]) -> str:
    """Columns of whole numbers below `LEVELS` as text, one after the other.

    Of each column first come the high bytes, as differences, which are nearly all the same where neighbours in the
    column are alike; then the low ones.
    """
    planes = []
    for column in columns:
        high, low = (part.astype(np.uint8) for part in np.divmod(np.asarray(column, dtype=np.uint16), 256))
        planes += [np.diff(high, prepend=np.uint8(0)), low]
    content = b"".join(plane.tobytes() for plane in planes)
    return base64.b64encode(zlib.compress(content)).decode("ascii")


def levels(lengths: np.ndarray) -> np.ndarray:
    """Into how many parts each lattice vector is cut."""
    return np.clip(np.ceil(lengths / RESOLUTION), 1, LEVELS).astype(int)


def fractions(frame: Frame) -> np.ndarray:
    """Positions in parts of the lattice vectors, (N, d), each in [0, 1): they shear with the box."""
    return frame.positions @ np.linalg.inv(frame.box.vectors) % 1


def order_of(frame: Frame, diameters: np.ndarray, few: int) -> np.ndarray:
    """The particles row after row, so that neighbours follow each other; where sizes are few, the large ones first."""
    places = fractions(frame)
    spacing = (frame.box.volume / max(len(frame), 1)) ** (1 / frame.dimension)
    rows = np.floor(places * np.maximum(np.array(frame.box.lengths) / spacing, 1))
    sizes, kinds = np.unique(-diameters, return_inverse=True)
    return np.lexsort((places[:, 0], *rows.T[1:], kinds if len(sizes) <= few else np.zeros(len(frame))))


def logarithms(values: np.ndarray, lowest: float) -> np.ndarray:
    """Values from ``lowest`` on in steps of a logarithm, from `FIRST` on; not known is `UNKNOWN`, and zero `ZERO`."""
    codes = np.full(len(values), UNKNOWN)
    codes[values == 0] = ZERO
    positive = values > 0
    codes[positive] = FIRST + np.rint(np.log(values[positive] / lowest) / STEP).clip(0, LEVELS - 1 - FIRST)
    return codes
