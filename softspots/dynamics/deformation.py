"""Homogeneous deformations of a periodic box: how far along a fixed direction, and where that takes a frame."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.linalg import expm

from softspots.arrays import float_array
from softspots.exceptions import InputError
from softspots.frame import Box, Frame

AXES = "xyz"
# The trace of a direction that keeps the volume is zero but for rounding.
TRACELESS = 1e-12


class Deformation:
    """A box that is strained along one direction: at a strain γ, lattice and particles are exp(γ L) times as before.

    The box has no more than its lengths and tilts, so that L has nothing below its diagonal: any other direction is one
    of these, turned.

    Parameters
    ----------
    box : Box
        At zero strain.
    direction : str or (d, d) array_like
        ``"xy"``: simple shear, flow along x with the gradient in y; in three dimensions also ``"xz"`` and ``"yz"``.
        ``"pure-xy"``: pure shear, longer along x and shorter along y by exp(±γ/2). Or L itself, without a trace: with
        ``[[cos 2θ / 2, sin 2θ], [0, -cos 2θ / 2]]`` the plane is extended at the angle θ to the x-axis.

    Attributes
    ----------
    start : Box
    gradient : (d, d) ndarray
        L.

    Raises
    ------
    InputError
        If the direction is none of these.
    """

    def __init__(self, box: Box, direction: str | np.ndarray = "xy") -> None:
        self.start = box
        self.gradient: np.ndarray = _gradient(direction, box.dimension)
        self.gradient.flags.writeable = False
        self._vectors = box.vectors
        # As it would be without flips.
        self._vectors[1, 0] = box.total_strain * box.length_y

    def box(self, strain: float) -> Box:
        """The box at a strain, with its tilt xy flipped as `Box.at_strain` does; the same bits on any way there."""
        vectors = self._vectors @ self._affine(strain).T
        lengths = np.diag(vectors)
        tilts = vectors[np.tril_indices(len(vectors), -1)]
        history = float(tilts[0] / lengths[1])
        tilts[0] -= lengths[0] * round(tilts[0] / lengths[0])
        return Box(lengths=lengths.tolist(), tilts=tilts.tolist(), strain=history)

    def carry(self, frame: Frame, strain: float, to: float) -> Frame:
        """A frame of the box at ``strain``, deformed homogeneously to another strain."""
        box = self.box(to)
        images = frame.images
        if images is not None:
            images = frame.images_without_flips()
            images[:, 0] += box.flips * images[:, 1]
        return replace(frame, positions=frame.positions @ self._affine(to - strain).T, box=box, images=images)

    def stress(self, tensor: np.ndarray) -> float:
        """The component of a stress tensor (d, d) that does the work: dE/dγ per volume."""
        return float((tensor * self.gradient).sum())

    def _affine(self, strain: float) -> np.ndarray:
        return expm(strain * self.gradient)


def _gradient(direction, dimension: int) -> np.ndarray:
    planes = [(one, other) for other in range(dimension) for one in range(other)]
    names = {AXES[one] + AXES[other]: (one, other) for one, other in planes}
    if isinstance(direction, str):
        plane = names.get(direction.removeprefix("pure-"))
        if plane is None:
            allowed = [*names, *(f"pure-{name}" for name in names)]
            raise InputError(f"AthermalShear: direction is {direction!r}; allowed: {', '.join(allowed)}, or a matrix")
        gradient = np.zeros((dimension, dimension))
        if direction.startswith("pure-"):
            gradient[plane[0], plane[0]], gradient[plane[1], plane[1]] = 0.5, -0.5
        else:
            gradient[plane] = 1.0
        return gradient
    gradient = float_array("AthermalShear: entries of direction", direction, (dimension, dimension))
    size = np.abs(gradient).max()
    if not size > 0 or np.tril(gradient, -1).any() or abs(gradient.trace()) > TRACELESS * size:
        raise InputError(
            f"AthermalShear: direction is {gradient.tolist()}; a matrix that is not zero, with zeros below its "
            "diagonal and no trace, is needed"
        )
    return gradient
