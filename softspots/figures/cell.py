"""One cell of the lattice as a map shows it: its border, and where it begins."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Polygon

from softspots.box import ROUNDING, Box
from softspots.figures.units import Units

# In σ; in a smaller box, half of its shorter side, so that the inset shows a part of the map.
INSET_SIDE = 14.0
# Why the axes do not begin where the box does.
ELSEWHERE = ", in another periodic cell"


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
    border = Polygon(corners, fill=False, linewidth=0.8, zorder=3, clip_on=False)
    axes.add_patch(border)
    low, high = corners.min(axis=0), corners.max(axis=0)
    discs = draw(axes, low, high)
    for collection in discs:
        collection.set_clip_path(border)
    elsewhere = (np.abs(origin) > ROUNDING * np.array(box.lengths)).tolist()
    axes.set(
        xlim=(low[0], high[0]),
        ylim=(low[1], high[1]),
        aspect="equal",
        xlabel=rf"$x$ (${units.length}$)" + ELSEWHERE * elsewhere[0],
        ylabel=rf"$y$ (${units.length}$)" + ELSEWHERE * elsewhere[1],
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


def origin_of(box: Box, center: np.ndarray) -> np.ndarray:
    """The first corner of a cell of the lattice whose border does not cross the inset around a place in the box."""
    inverse = np.linalg.inv(box.vectors)
    reach = half_side(box) * np.abs(inverse).sum(axis=0)
    off_middle = center @ inverse - 0.5
    crossed = np.abs(off_middle) > 0.5 - reach
    return np.where(crossed, off_middle, 0.0) @ box.vectors


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
