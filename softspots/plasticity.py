"""Plastic activity: the non-affine motion D²_min."""

from __future__ import annotations

import numpy as np

from . import _core
from .arrays import positive_number
from .exceptions import InputError
from .forces import box_array
from .state import Box, Frame

# More than this part of the particles beyond three eighths of a side are refused. Gaussian motions reach that when six
# in a thousand go beyond half a side, where the shortest motion is no longer the true one; in another order of the
# particles 44 % do.
MANY_FAR, FAR = 0.05, 0.375


def d2min(frame: Frame, later: Frame, cutoff: float = 2.5) -> np.ndarray:
    """Falk–Langer D²_min of every particle between two frames (Schoenholz et al. 2014, eq. 1).

    The minimum over 2 × 2 matrices Λ of Σ_j |r'_ij − Λ r_ij|², a sum (not a mean) over the particles j within
    ``cutoff`` of i in the first frame. A pair keeps the periodic image that it has in the first frame: its later
    separation is the first one plus the motion of both particles, where a particle's own motion is its shortest one
    in the flow.

    Parameters
    ----------
    frame, later : Frame
        Configurations of the same particles in boxes of the same size. Particles are matched by their ids if both
        frames have them; if not, the order must be the same. How far the second box has been sheared from the first is
        `Box.strain_to`; against this flow, and a drift of all together, no particle may have moved by half a box
        length.
    cutoff : float, optional
        Radius of the neighbourhood, in σ_AA.

    Returns
    -------
    (N,) ndarray
        In σ_AA², in the order of the first frame. NaN where it is not defined, as a matrix Λ fits any motion whatever:
        with no neighbours, with one, or with two that do not lie on one line with the particle.

    Raises
    ------
    InputError
        If the frames do not hold the same particles in boxes of equal size, the strain between them is in doubt, many
        particles have moved by about half a box, or the box is smaller than twice the cutoff.
    """
    later = later.in_order_of(frame)
    first, second = frame.box, later.box
    sides = np.array([(box.length_x, box.length_y) for box in (first, second)])
    # Lengths that came through a file of single precision are the same.
    if not np.allclose(*sides, rtol=1e-6, atol=0):
        raise InputError(
            f"d2min: the boxes differ in size, {first.length_x} × {first.length_y} and "
            f"{second.length_x} × {second.length_y}"
        )
    cutoff = positive_number("d2min: cutoff", cutoff)
    # The flow carries each image at the speed of its own row: motion is counted from where the kernel sees it.
    positions, _ = first.wrap(frame.positions)
    strain = first.strain_to(second)
    flow = np.column_stack((strain * positions[:, 1], np.zeros(len(frame))))
    displacements = _shortest_motion(later.positions - positions - flow, second) + flow
    return _core.d2min(positions, displacements, strain * first.length_y, box_array(first), cutoff)


def _shortest_motion(motion: np.ndarray, box: Box) -> np.ndarray:
    """The motions (N, 2) that are shortest among their images, or, where many are long, shortest about their drift."""
    sides = np.array((box.length_x, box.length_y))
    motion = box.minimum_image(motion)
    if not _many_are_far(motion / sides):
        return motion
    drift = sides * np.angle(np.exp(2j * np.pi * motion / sides).mean(axis=0)) / (2 * np.pi)
    about = box.minimum_image(motion - drift)
    if _many_are_far(about / sides):
        count = np.count_nonzero((np.abs(about / sides) > FAR).any(axis=1))
        raise InputError(
            f"d2min: {count} of {len(about)} particles have moved by about half the box: either the order of the atoms "
            "differs (give both frames their ids), or the frames are too far apart in time for this box"
        )
    return drift + about


def _many_are_far(fractions: np.ndarray) -> bool:
    # One alone, in a small system, may.
    return np.count_nonzero((np.abs(fractions) > FAR).any(axis=1)) > max(1, MANY_FAR * len(fractions))
