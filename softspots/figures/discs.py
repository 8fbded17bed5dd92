"""Particles as discs in true proportion, coloured by D²_min, with the colour bar: what all maps are drawn with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import EllipseCollection
from matplotlib.colorbar import Colorbar
from matplotlib.colors import ListedColormap, LogNorm
from matplotlib.ticker import FuncFormatter, LogFormatterMathtext, LogLocator, NullFormatter

from softspots.figures.units import Units
from softspots.frame import Frame
from softspots.model import Forces, Mixture

# Lightness falls evenly, from a tone that still shows on white to a red on which black still shows. What is not known
# is of a blueish grey, which is no red of any lightness.
COLORS = ListedColormap(matplotlib.colormaps["OrRd"](range(16, 256))).with_extremes(bad="#a9b4bf")
# More sizes than these are drawn as one collection.
FEW_SIZES = 8
OUTLINE, THICK = 0.1, 0.17  # width of the outlines, and in the inset of that of the spot it is about, in σ
MOST_PLAIN, MOST_LABELS = 3, 6  # decades of a colour bar with plain numbers; numbers along it
LEAST = 0.5  # of the diameter of an outlined disc that is left for its colour


@dataclass(frozen=True, eq=False)
class Shown:
    """Particles as a map shows them.

    Parameters
    ----------
    frame : Frame
    values : (N,) ndarray
        What the colour stands for.
    labels : (N,) ndarray of int
        Number of the soft spot of each particle, -1 for none.
    diameters : (N,) ndarray
        In σ.
    coloring : dict
        ``cmap`` and ``norm``.
    """

    frame: Frame
    values: np.ndarray
    labels: np.ndarray
    diameters: np.ndarray
    coloring: dict[str, Any]


def draw_discs(axes: Axes, low: np.ndarray, high: np.ndarray, shown: Shown, thick: int = -1) -> list[EllipseCollection]:
    """The particles in a rectangle as discs: coloured, and on soft spots black with a smaller coloured one on top.

    Parameters
    ----------
    axes : Axes
    low, high : (2,) ndarray
        Lower left and upper right corner of the rectangle, in σ.
    shown : Shown
        In two dimensions.
    thick : int
        Number of a soft spot with a thicker outline; -1 for none.

    Returns
    -------
    list of EllipseCollection
        The last one is coloured.
    """
    values, labels, diameters = shown.values, shown.labels, shown.diameters
    # The large ones first, then the small ones on top of them.
    sizes, kind = np.unique(-diameters, return_inverse=True)
    reach = diameters.max(initial=0) / 2
    points, particles = periodic_images(shown.frame, low - reach, high + reach)
    on_spot = labels[particles] >= 0
    marked = on_spot & (labels[particles] == thick)
    collections = []
    layers = (~on_spot, 0.0), (on_spot, 0.0), (marked, THICK), (on_spot & ~marked, OUTLINE)
    for layer, (chosen, rim) in enumerate(layers):
        # One size for each collection, where sizes are few: the files hold its path once.
        few = 0 < len(sizes) <= FEW_SIZES
        for number in range(len(sizes) if few else 1):
            those = chosen & (kind[particles] == number) if few else chosen
            size = -sizes[[number]] if few else diameters[particles[those]]
            size = np.maximum(size - 2 * rim, LEAST * size)
            discs = EllipseCollection(
                size, size, [0], units="xy", offsets=points[those], offset_transform=axes.transData, linewidth=0
            )
            if layer == 1:
                discs.set_facecolor("black")
            else:
                discs.set(array=values[particles[those]], **shown.coloring)
            collections.append(axes.add_collection(discs, autolim=False))
    return collections


def diameters_of(model: Mixture | Forces | None, frame: Frame) -> np.ndarray:
    """How large particles (N,) look: what a mixture says, their sizes, or the mean distance of particles."""
    if hasattr(model, "diameters_of"):
        return model.diameters_of(frame)
    if frame.sizes is not None:
        return frame.sizes
    return np.full(len(frame), (np.prod(frame.box.lengths) / len(frame)) ** (1 / frame.dimension))


def color_scale(values: np.ndarray) -> dict[str, Any]:
    """``cmap`` and ``norm``: logarithmic, the lightest colour for the lowest 5 % of what is above zero, and below."""
    positive = values[values > 0]
    if not len(positive):
        return {"cmap": COLORS, "norm": LogNorm(0.1, 1.0, clip=True)}
    lowest, highest = np.quantile(positive, 0.05), positive.max()
    # Where all are the same a scale needs a range.
    return {"cmap": COLORS, "norm": LogNorm(lowest if lowest < highest else highest / 10, highest, clip=True)}


def draw_bar(
    bar: Axes, discs, temperature: float | None, threshold: float | None, orientation: str, units: Units
) -> Colorbar:
    """The colour bar of discs from `draw_discs`: D²_min, or with a temperature D²_min/T, with the threshold, if any."""
    bar.set_label("colorbar")
    # Below the pointed end is what has its colour too.
    scale = bar.figure.colorbar(discs, cax=bar, orientation=orientation, extend="min")
    decades = np.log10(scale.norm.vmax / scale.norm.vmin)
    marks = (1,) if decades > 2 else (1, 3) if decades > 1 else (1, 2, 5) if decades > 0.5 else range(1, 10)
    scale.locator = LogLocator(subs=marks, numticks=MOST_LABELS)
    # Of many decades the plain numbers are too long to stand beside each other.
    plain = FuncFormatter(lambda value, place: f"{value:g}")
    scale.formatter = plain if decades <= MOST_PLAIN else LogFormatterMathtext()
    scale.minorformatter = NullFormatter()
    scale.update_ticks()
    if temperature is None:
        scale.set_label(units.activity)
        return scale
    scale.set_label(units.relative_activity)
    if threshold is None or not scale.norm.vmin < threshold < scale.norm.vmax:
        return scale
    text, offset = f"{threshold:g}", "offset points"
    if orientation == "horizontal":
        bar.axvline(threshold, color="black", linewidth=0.8)
        bar.annotate(text, (threshold, 1), (0, 2), ("data", "axes fraction"), offset, ha="center")
    else:
        bar.axhline(threshold, color="black", linewidth=0.8)
        bar.annotate(text, (0, threshold), (-2, 0), ("axes fraction", "data"), offset, ha="right", va="center")
    return scale


def periodic_images(frame: Frame, low: tuple[Any, ...], high: tuple[Any, ...]) -> tuple[np.ndarray, np.ndarray]:
    """All periodic images of the particles inside a rectangle.

    Parameters
    ----------
    frame : Frame
    low, high : pair of float
        Lower left and upper right corner, in σ; any size, anywhere.

    Returns
    -------
    points : (n, 2) ndarray of float
        Coordinates of the images, in σ.
    particles : (n,) ndarray of int
        The particle that each one is an image of.
    """
    box, (x, y) = frame.box, frame.positions.T
    first_row = np.floor((low[1] - y) / box.length_y)
    rows = first_row + np.arange(np.floor((high[1] - low[1]) / box.length_y) + 2)[:, None]
    # Along x only the offset from the left edge counts, so a flip of the tilt changes nothing here.
    offsets = np.mod(x + rows * box.tilt - low[0], box.length_x)
    columns = np.arange(np.floor((high[0] - low[0]) / box.length_x) + 1)[:, None, None]
    images = np.stack(np.broadcast_arrays(low[0] + offsets + columns * box.length_x, y + rows * box.length_y), axis=-1)
    inside = ((images >= low) & (images <= high)).all(axis=-1)
    return images[inside], np.nonzero(inside)[-1]
