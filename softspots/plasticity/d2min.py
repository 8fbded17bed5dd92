"""Plastic activity: the non-affine motion D²_min."""

from __future__ import annotations

import warnings
from dataclasses import replace

import numpy as np

from softspots import _core
from softspots.arrays import positive_number
from softspots.box import BALL, SAME, Box
from softspots.exceptions import InputError
from softspots.frame import Frame
from softspots.landscape.forces import box_array
from softspots.model import Forces, Mixture, Model
from softspots.objects import require

# More than this part of the particles beyond three eighths of a side are refused. Gaussian motions reach that when six
# in a thousand go beyond half a side, where the shortest motion is no longer the true one; in another order of the
# particles 44 % do.
MANY_FAR, FAR = 0.05, 0.375
# In σ_AA, and in ρ^(-1/d).
PAPER_CUTOFF, MEAN_DISTANCES = 2.5, 2.74


def d2min(frame: Frame, later: Frame, cutoff: float = PAPER_CUTOFF) -> np.ndarray:
    """Falk–Langer D²_min of every particle between two frames (Schoenholz et al. 2014, eq. 1).

    The minimum over d × d matrices Λ of Σ_j |r'_ij − Λ r_ij|², a sum (not a mean) over the particles j within
    ``cutoff`` of i in the first frame. A pair keeps the periodic image that it has in the first frame: its later
    separation is the first one plus the motion of both particles. A particle's own motion is what the image counters
    say if both frames have them and the strains of their boxes, and no tilt but the first has flipped; if not, it is
    the shortest one in the flow.

    Parameters
    ----------
    frame, later : Frame
        Configurations of the same particles, matched by their ids if both frames have them; if not, the order must be
        the same. Where the boxes differ in size, all is stretched along the axes; how far the second box has then been
        sheared from the first is `Box.strain_to`. Against this flow, and a drift of all together, no particle may have
        moved by half a box length, unless images, strains and ids leave no doubt about its motion.
    cutoff : float, optional
        Radius of the neighbourhood, in σ_AA. Default: the paper's, as frames know of no mixture.

    Returns
    -------
    (N,) ndarray
        In σ_AA², in the order of the first frame. NaN where it is not defined, as a matrix Λ fits any motion whatever:
        with no more neighbours than they span directions with the particle: none, one, two that do not lie on one line
        with it, in three dimensions three that do not lie in one plane with it.

    Raises
    ------
    InputError
        If the frames do not hold the same particles, the strain between them is in doubt, many particles have moved by
        about half a box, or the box is smaller than twice the cutoff.
    """
    require("d2min", frame=frame, later=later)
    later = later.in_order_of(frame)
    first, second = frame.box, later.box
    if first.dimension != second.dimension:
        raise InputError(f"d2min: the frames have {first.dimension} and {second.dimension} dimensions")
    sides = np.array([box.lengths for box in (first, second)])
    cutoff = positive_number("d2min: cutoff", cutoff)
    if not 2 * cutoff <= (side := sides.min()):
        raise InputError(
            f"d2min: cutoff is {cutoff:g}, the shortest side of the box {side:g}; at least twice as much is needed"
        )
    # The flow carries each image at the speed of its own row: motion is counted from where the kernel sees it.
    wrapped = frame.wrapped()
    stretches = not np.allclose(*sides, rtol=SAME, atol=0)
    start = _stretched(wrapped, second) if stretches else wrapped
    strain = start.box.strain_to(second)
    flow = np.zeros_like(start.positions)
    flow[:, 0] = strain * start.positions[:, 1]
    motion = later.positions - start.positions - flow
    if _is_counted(start) and _is_counted(later) and _has_same_layers(start.box, second, strain):
        motion = _counted_motion(motion, start, later)
        if frame.ids is None or later.ids is None:
            _require_same_order(motion, second)
    else:
        motion = _shortest_motion(motion, second)
    neighbors = _core.Configuration(wrapped.positions, None, None, box_array(first), cutoff)
    if stretches:
        # What all do alike, images too, is in Λ, whether it is counted as motion or not.
        found = neighbors.d2min(motion, [0.0] * len(first.tilts), cutoff)
    else:
        # In turn xy, or xy, xz, yz: the x of each lattice vector grows with its y.
        heights = first.vectors[1:, 1]
        tilt_shifts = [*(strain * heights), 0.0][: len(first.tilts)]
        found = neighbors.d2min(motion + flow, tilt_shifts, cutoff)
    _warn_of_no_motion(found, frame, cutoff)
    return found


def _stretched(frame: Frame, box: Box) -> Frame:
    """A frame stretched along the axes, to the size of another box."""
    ratios = np.divide(box.lengths, frame.box.lengths)
    return replace(frame, positions=frame.positions * ratios, box=frame.box.stretched(box.lengths))


def usual_cutoff(model: Mixture | Forces, density: float, dimension: int) -> float:
    """The paper's radius of the neighbourhood in its mixtures; in all others as many mean distances of particles."""
    return PAPER_CUTOFF if isinstance(model, Model) else float(f"{MEAN_DISTANCES * density ** (-1 / dimension):.3g}")


def _warn_of_no_motion(found: np.ndarray, frame: Frame, cutoff: float) -> None:
    dimension, density = frame.dimension, len(frame) / frame.box.volume
    neighbors = density * BALL[dimension] * cutoff**dimension
    known = found[~np.isnan(found)]
    if len(known) and np.median(known) > (limit := neighbors * density ** (-2 / dimension)):
        warnings.warn(
            f"d2min: for most particles D²_min is beyond {limit:.3g}, where their neighbours have moved by a mean "
            "distance, root mean square: are the frames of one motion, and near enough in time?",
            stacklevel=3,
        )


def _is_counted(frame: Frame) -> bool:
    return frame.images is not None and frame.box.has_history


def _has_same_layers(first: Box, second: Box, strain: float) -> bool:
    """Whether a third lattice vector has only been sheared, and not exchanged for another one of the same lattice."""
    sheared = first.vectors[2:, :2] + strain * first.vectors[2:, 1:2] * (1.0, 0.0)
    return np.allclose(second.vectors[2:, :2], sheared, rtol=0, atol=SAME * max(first.lengths))


def _counted_motion(motion: np.ndarray, frame: Frame, later: Frame) -> np.ndarray:
    """The motion (N, d) with what the image counters say was wrapped away between two frames."""
    box, images = later.box, later.images_without_flips() - frame.images_without_flips()
    images[:, 0] += box.flips * images[:, 1]
    motion = motion.copy()
    # As in `Box.minimum_image`, so that both agree to the bit where the true motion is the shortest.
    for counts, vector in reversed([*zip(images.T, box.vectors, strict=True)]):
        for axis in range(box.dimension):
            motion[:, axis] += counts * vector[axis]
    return motion


def _shortest_motion(motion: np.ndarray, box: Box) -> np.ndarray:
    """The motions (N, d) that are shortest among their images, or, where many are long, shortest about their drift."""
    motion = box.minimum_image(motion)
    if not _are_far(motion, box):
        return motion
    drift = box.lengths * np.angle(np.exp(2j * np.pi * motion / box.lengths).mean(axis=0)) / (2 * np.pi)
    about = box.minimum_image(motion - drift)
    _require_same_order(about, box)
    return drift + about


def _require_same_order(motion: np.ndarray, box: Box) -> None:
    # The median costs a tenth of D²_min: it is taken off only where motions are long before it is.
    if _are_far(motion, box) and _are_far(motion := motion - np.median(motion, axis=0), box):
        count = _count_far(motion, box)
        raise InputError(
            f"d2min: {count} of {len(motion)} particles have moved by about half the box: either the order of the "
            "atoms differs (give both frames their ids), or the frames are too far apart in time for this box"
        )


def _are_far(motion: np.ndarray, box: Box) -> bool:
    # One alone, in a small system, may.
    return _count_far(motion, box) > max(1, MANY_FAR * len(motion))


def _count_far(motion: np.ndarray, box: Box) -> int:
    return np.count_nonzero(np.any(np.abs(motion) > FAR * np.array(box.lengths), axis=1))
