"""Plastic activity: the non-affine motion D²_min."""

from __future__ import annotations

import numpy as np

from . import _core
from .exceptions import InputError
from .forces import box_array
from .state import Frame


def d2min(frame: Frame, later: Frame, cutoff: float = 2.5) -> np.ndarray:
    """Falk–Langer D²_min of every particle between two frames (Schoenholz et al. 2014, eq. 1).

    The minimum over 2 × 2 matrices Λ of Σ_j |r'_ij − Λ r_ij|², a sum (not a mean) over the particles j within
    ``cutoff`` of i in the first frame. A pair keeps the periodic image that it has in the first frame: its later
    separation is the first one plus the motion of both particles, where a particle's own motion is its shortest one
    in the flow.

    Parameters
    ----------
    frame, later : Frame
        Configurations of the same particles, in the same order, in boxes of the same size. How far the second has been
        sheared from the first is `Box.strain_to`; against this flow no particle may have moved by half a box length.
    cutoff : float, optional
        Radius of the neighbourhood, in σ_AA.

    Returns
    -------
    (N,) ndarray
        In σ_AA².

    Raises
    ------
    InputError
        If the frames do not hold the same particles in boxes of equal size, the strain between them is in doubt, or the
        box is smaller than twice the cutoff.
    """
    if len(frame) != len(later) or not np.array_equal(frame.species, later.species):
        raise InputError(f"d2min: the frames hold different particles ({len(frame)} and {len(later)})")
    first, second = frame.box, later.box
    sides = np.array([(box.length_x, box.length_y) for box in (first, second)])
    # Lengths that came through a file of single precision are the same.
    if not np.allclose(*sides, rtol=1e-6, atol=0):
        raise InputError(
            f"d2min: the boxes differ in size, {first.length_x} × {first.length_y} and "
            f"{second.length_x} × {second.length_y}"
        )
    if not (np.isfinite(cutoff) and cutoff > 0):
        raise InputError(f"d2min: cutoff is {cutoff!r}; it must be a positive number")
    # The flow carries each image at the speed of its own row: motion is counted from where the kernel sees it.
    positions, _ = first.wrap(frame.positions)
    strain = first.strain_to(second)
    flow = np.column_stack((strain * positions[:, 1], np.zeros(len(frame))))
    displacements = second.minimum_image(later.positions - positions - flow) + flow
    return _core.d2min(positions, displacements, strain * first.length_y, box_array(first), cutoff)
