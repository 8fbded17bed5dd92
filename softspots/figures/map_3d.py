"""The map of a configuration in three dimensions: a slice across z, and soft spots at all depths seen along z."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import EllipseCollection
from matplotlib.colors import ListedColormap, Normalize

from softspots.box import Box
from softspots.figures.cell import draw_cell, origin_of, place_in_cell, plane_of
from softspots.figures.discs import Shown, draw_discs, periodic_images
from softspots.figures.units import Units
from softspots.frame import Frame

# Blue, as nothing else in a map is; what lies deeper is lighter.
DEPTHS = ListedColormap(matplotlib.colormaps["Blues"](range(40, 256)))
RIM = 0.3  # points
ALL_SPOTS = "dark: high, light: low\nall soft spots, seen along $z$"
WORDS = {"fontsize": "small", "loc": "right"}
# Where the projection and its bar stand beside the slice, without and with a bar of the slice in between, as (x, y,
# width, height) in units of the slice; how wide all is then.
PROJECTION, WITH_PROJECTION = (1.06, 0.0, 1.0, 1.0), 2.06
FARTHER, DEPTH_BAR, WITH_BARS = (1.52, 0.0, 1.0, 1.0), (2.58, 0.0, 0.03, 1.0), 2.76


def draw_space(
    axes: Axes,
    beside: Callable[..., Any],
    shown: Shown,
    peak: int,
    units: Units,
    height: float | None,
    projection: bool,
    colorbar: bool,
) -> EllipseCollection:
    """The slice and, with ``projection``, all soft spots beside it; the collection of discs that a colour bar is for.

    Parameters
    ----------
    axes : Axes
        Of the slice.
    beside : callable
        Makes axes at a place in units of these.
    shown : Shown
    peak : int
        The particle that the slice goes through, and that the border of the cell keeps away from.
    units : Units
    height : float or None
        That of the slice, if it is not to go through this particle.
    projection, colorbar : bool
        What is drawn beside the slice; ``colorbar`` only says whether there is one in between, and one of depths.
    """
    frame, plane = shown.frame, plane_of(shown.frame.box)
    upright = Box(lengths=frame.box.lengths, tilts=(plane.tilt, 0.0, 0.0))
    place = place_in_cell(upright, stacked(frame, 0.0)[peak])
    origin, bottom = np.split(origin_of(upright, place, place[None]), [2])
    height, bottom = (place[2], bottom[0]) if height is None else (height, 0.0)
    discs = draw_cell(axes, plane, origin, units, partial(draw_slice, shown=shown, height=height))
    axes.set_title(slice_words(height, units), **WORDS)
    if not projection:
        return discs
    other = beside(FARTHER if colorbar else PROJECTION)
    other.set_label("projection")
    depths = draw_cell(
        other, plane, origin, units, partial(draw_depths, shown=shown, bottom=bottom, top=bottom + frame.box.lengths[2])
    )
    other.set(ylabel="", yticks=[])
    other.set_title(ALL_SPOTS, **WORDS)
    if colorbar:
        draw_depth_bar(beside(DEPTH_BAR), depths, height, units, "vertical")
    return discs


def draw_slice(axes: Axes, low: np.ndarray, high: np.ndarray, *, shown: Shown, height: float) -> list[Any]:
    """What a plane z = ``height`` cuts of the particles in a rectangle, as `draw_discs` draws it."""
    frame = shown.frame
    places = stacked(frame, height - frame.box.lengths[2] / 2)
    squares = shown.diameters**2 - 4 * (places[:, 2] - height) ** 2
    cut = squares > 0
    values, labels = shown.values[cut], shown.labels[cut]
    flat = Shown(_flat(frame, places, cut), values, labels, np.sqrt(squares[cut]), shown.coloring)
    return draw_discs(axes, low, high, flat)


def draw_depths(axes: Axes, low: np.ndarray, high: np.ndarray, *, shown: Shown, bottom: float, top: float) -> list[Any]:
    """The particles of soft spots in a rectangle, the higher ones, which are darker, on top of the lower ones.

    Tones go from ``bottom``, where the box begins, to ``top``.
    """
    frame, on_spot = shown.frame, shown.labels >= 0
    places = stacked(frame, bottom)
    diameters, heights = shown.diameters[on_spot], places[on_spot, 2]
    reach = diameters.max(initial=0) / 2
    points, particles = periodic_images(_flat(frame, places, on_spot), low - reach, high + reach)
    order = np.argsort(heights[particles], kind="stable")
    points, particles = points[order], particles[order]
    size = diameters[particles]
    discs = EllipseCollection(
        size, size, [0], units="xy", offsets=points, offset_transform=axes.transData, linewidth=RIM, edgecolor="white"
    )
    discs.set(array=heights[particles], cmap=DEPTHS, norm=Normalize(bottom, top))
    return [axes.add_collection(discs, autolim=False)]


def draw_depth_bar(bar: Axes, depths: EllipseCollection, height: float, units: Units, orientation: str) -> None:
    """The colour bar of depths, with a line at the height of the slice."""
    bar.set_label("depths")
    bar.figure.colorbar(depths, cax=bar, orientation=orientation, label=rf"$z$ (${units.length}$); line: slice")
    (bar.axhline if orientation == "vertical" else bar.axvline)(height, color="black", linewidth=1.2)


def slice_words(height: float, units: Units) -> str:
    """What is said above a slice."""
    return "small discs: cut far from the center\n" + rf"slice at $z={height:.2f}\,{units.length}$"


def stacked(frame: Frame, bottom: float) -> np.ndarray:
    """Positions, (N, 3), with z in [bottom, bottom + length_z): each particle at an image along the third vector."""
    third = frame.box.vectors[2]
    return frame.positions - np.floor((frame.positions[:, 2] - bottom) / third[2])[:, None] * third


def _flat(frame, places, chosen):
    """Some of the particles in the plane, at these places."""
    return Frame(places[chosen, :2], frame.species[chosen], plane_of(frame.box))
