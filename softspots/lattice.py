"""Lattice vectors of any orientation as a box, whose first lies along x and whose second in the plane of x and y."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from softspots.box import Box
from softspots.exceptions import InputError


def aligned(cell: ArrayLike, positions: ArrayLike) -> tuple[Box, np.ndarray, np.ndarray]:
    """The box of lattice vectors, and positions turned with it.

    A last vector that points to the other side is taken the other way, which leaves the lattice as it is.

    Parameters
    ----------
    cell : (d, d) array_like of float
        Lattice vectors as rows.
    positions : (N, d) array_like of float

    Returns
    -------
    box : Box
    positions : (N, d) ndarray of float
    hand : (d,) ndarray of int
        By what image counters along each vector are to be multiplied: 1, or -1 where it was taken the other way.

    Raises
    ------
    InputError
        If the vectors span no volume.
    """
    cell = np.array(cell, dtype=float)
    positions = np.asarray(positions, dtype=float)
    hand = np.ones(len(cell), dtype=np.int64)
    if not np.isfinite(cell).all() or not np.linalg.det(cell):
        raise InputError(f"the lattice vectors {cell.tolist()} span no volume")
    if np.linalg.det(cell) < 0:
        cell[-1] *= -1
        hand[-1] = -1
    if np.triu(cell, 1).any() or (np.diag(cell) < 0).any():
        # cell = rotated @ rotation, with lower triangles of positive diagonals: of two right-handed cells this is one.
        rotation, upper = np.linalg.qr(cell.T)
        signs = np.sign(np.diag(upper))
        cell, positions = np.tril(upper.T * signs), positions @ (rotation * signs)
    return Box(lengths=np.diag(cell), tilts=cell[np.tril_indices(len(cell), -1)]), positions, hand
