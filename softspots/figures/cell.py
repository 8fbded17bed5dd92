"""One cell of the lattice as a map shows it: its border, and where it begins."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Polygon

from softspots.box import Box
from softspots.figures.units import Units

# In σ; in a smaller box, half of its shorter side, so that the inset shows a part of the map.
INSET_SIDE = 14.0
# Why the axes do not begin where the box does.
ELSEWHERE = ", in another periodic cell"
ROUNDING = 1e-9  # of a place in units of the vectors of the lattice


def draw_cell(axes: Axes, box: Box, origin: np.ndarray, units: Units, draw: Callable[..., Any]):
    """One cell of the lattice, with its border; the collection of discs that a colour bar is for.

    Parameters
    ----------
    axes : Axes
    box : Box
        Of two dimensions.
    origin : (2,) ndarray
        The lower left corner of the cell.
    units : Units
    draw : callable
        Takes the axes, the lower left and the upper right corner of the rectangle around the cell; draws what is in it
        and returns the collections, the last one coloured.
    """
    corners = origin + _corners(box)
    # Along its own vectors: a move along the second one of a sheared box is none of x.
    moved = np.abs(origin @ np.linalg.inv(box.vectors)) > ROUNDING
    border = Polygon(corners, fill=False, linewidth=0.8, zorder=3, clip_on=False)
    axes.add_patch(border)
    low, high = corners.min(axis=0), corners.max(axis=0)
    discs = draw(axes, low, high)
    for collection in discs:
        collection.set_clip_path(border)
    axes.set(
        xlim=(low[0], high[0]),
        ylim=(low[1], high[1]),
        aspect="equal",
        xlabel=rf"$x$ (${units.length}$)" + ELSEWHERE * bool(moved[0]),
        ylabel=rf"$y$ (${units.length}$)" + ELSEWHERE * bool(moved[1]),
    )
    axes.spines[:].set_visible(False)
    return discs[-1]


def most_active(d2min: np.ndarray, labels: np.ndarray) -> tuple[int, int]:
    """The most active particle on the soft spot with the largest sum of D²_min, and the number of that spot.

    Without soft spots the most active of all particles, and -1.
    """
    on_spot, activity = labels >= 0, np.nan_to_num(d2min)
    spot = np.argmax(np.bincount(labels[on_spot], weights=activity[on_spot])) if on_spot.any() else -1
    return np.argmax(np.where(labels == spot, activity, -1)), spot


def half_side(box: Box) -> float:
    """Half the side of the inset, which is no wider than half the box."""
    return min(INSET_SIDE, *np.array(box.lengths) / 2) / 2


def spot_in_cell(box: Box, positions: np.ndarray, peak: int) -> tuple[np.ndarray, np.ndarray]:
    """Where the inset on a spot has its middle, in the cell that begins at the origin, and the spot's particles there.

    Of their images those are taken that a cell has whose border lies in the widest gaps between them, so that they are
    in one piece. Of a spot that the inset cannot hold it shows the most active particle, and what is around that.

    Parameters
    ----------
    box : Box
    positions : (n, d) ndarray
        Of the particles of the spot.
    peak : int
        Which of them is the most active one.
    """
    places = positions @ np.linalg.inv(box.vectors) % 1
    along = np.sort(places, axis=0)
    gaps = np.diff(along, axis=0, append=along[:1] + 1)
    first = np.take_along_axis(np.roll(along, -1, axis=0), gaps.argmax(axis=0)[None], axis=0)
    members = (first + (places - first) % 1) @ box.vectors
    low, high = members.min(axis=0), members.max(axis=0)
    held = high - low <= 2 * half_side(box)
    middle = np.where(held, (low + high) / 2, members[peak])
    center = place_in_cell(box, middle)
    return center, members + (center - middle)


def origin_of(box: Box, center: np.ndarray, members: np.ndarray) -> np.ndarray:
    """The first corner of a cell whose border crosses neither the inset around a place in the box nor the spot there.

    It is moved only along those vectors of the lattice along which the border of the box crosses one of them; a spot
    that reaches across the whole box is crossed, the inset is not.
    """
    inverse = np.linalg.inv(box.vectors)
    middle, places = center @ inverse, members @ inverse
    reach = half_side(box) * np.abs(inverse).sum(axis=0)
    low, high = np.minimum(places.min(axis=0), middle - reach), np.maximum(places.max(axis=0), middle + reach)
    begin = np.where(high - low < 1, (low + high) / 2, middle) - 0.5
    return np.where((low < 0) | (high > 1), begin, 0.0) @ box.vectors


def place_in_cell(box: Box, position: np.ndarray) -> np.ndarray:
    """The image of a position in the cell that begins at the origin."""
    return position @ np.linalg.inv(box.vectors) % 1 @ box.vectors


def plane_of(box: Box) -> Box:
    """The lattice in a plane across z, which is that of the box in two dimensions."""
    return Box(*box.lengths[:2], tilt=box.tilt)


def extent(box: Box) -> np.ndarray:
    """The sides of the rectangle around the sheared box."""
    return np.ptp(_corners(box), axis=0)


def _corners(box):
    """Corners of the sheared box, shape (4, 2), the first at the origin."""
    return np.array(((0, 0), (1, 0), (1, 1), (0, 1))) @ box.vectors
