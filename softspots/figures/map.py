"""The map of a configuration: plastic activity in colour, soft spots outlined (the paper's fig. 1)."""

from __future__ import annotations

from os import PathLike
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import EllipseCollection
from matplotlib.colorbar import Colorbar
from matplotlib.colors import ListedColormap, LogNorm
from matplotlib.figure import Figure
from matplotlib.patches import Polygon, Rectangle
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter
from matplotlib.transforms import Bbox

from softspots.analysis.probability import THRESHOLD
from softspots.arrays import float_array, positive_number, whole_array
from softspots.exceptions import InputError
from softspots.frame import Frame
from softspots.io.replacing import replacing
from softspots.model import Mixture, Model
from softspots.objects import require

STYLE = {
    "font.family": "STIXGeneral",
    "mathtext.fontset": "stix",
    "font.size": 9,
    "axes.linewidth": 0.6,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "savefig.dpi": 400,
    "pdf.fonttype": 42,
}
FULL_WIDTH = 7.0  # inches; two columns of Physical Review
TITLE = 0.25  # inches, about
LABELS = 0.55  # inches, about, that tick labels and the label of an axis take
# Lightness falls evenly, from a tone that still shows on white to a red on which black still shows. What is not known
# is of a blueish grey, which is no red of any lightness.
COLORS = ListedColormap(matplotlib.colormaps["OrRd"](range(16, 256))).with_extremes(bad="#a9b4bf")
MARK = "#1f4e9c"  # the inset's frame and its place in the map: the one blue among reds
# More sizes than these are drawn as one collection.
FEW_SIZES = 8
OUTLINE, THICK = 0.1, 0.17  # width of the outlines, and in the inset of that of the spot it is about, in σ_AA
# In σ_AA; in a smaller box, half of its shorter side, so that the inset shows a part of the map.
INSET_SIDE = 14.0
# Where inset and colour bar stand beside the map, as (x, y, width, height) in units of the map; how wide all is then.
INSET, BAR_BELOW, WITH_INSET = (1.06, 0.2, 0.58, 0.8), (1.06, 0.02, 0.58, 0.035), 1.65
BAR_ALONE, WITH_BAR = (1.06, 0.0, 0.03, 1.0), 1.23


def draw_map(
    frame: Frame,
    d2min: np.ndarray,
    labels: np.ndarray,
    temperature: float | None = None,
    *,
    axes: Axes | None = None,
    model: Mixture | None = None,
    threshold: float = THRESHOLD,
    title: str = "",
    inset: bool = True,
    colorbar: bool = True,
) -> Axes:
    """Draw a configuration coloured by D²_min, soft spots outlined, with an inset on a rearranging one.

    Particles are discs in true proportion: the darker, the larger D²_min in the interval that follows
    (logarithmic; the lightest colour stands for the lowest 5 % too), and grey where it is not known. Those outlined in
    black are on soft spots. The inset shows the spot with the largest sum of D²_min around its most active particle;
    its place in the map is framed in the same colour (Schoenholz et al. 2014, fig. 1). If it lies on the border of the
    box, the map shows another cell of the same lattice, in whose middle it is; coordinates stay those of the frame, so
    that the axes then begin at any number, also below zero.

    Parameters
    ----------
    frame : Frame
    d2min : (N,) array_like of float
        In σ_AA²; NaN where it is not known.
    labels : (N,) array_like of int
        Number of the soft spot of each particle, -1 for none, as in `SoftSpots.labels`.
    temperature : float, optional
        In ε_AA/k_B. If given, colours stand for D²_min/T, and the colour bar marks the threshold.
    axes : matplotlib.axes.Axes, optional
        Where to draw. Inset and colour bar share its place with the map. Default: those of a new figure, 7 inches wide.
    model : Mixture, optional
        For the diameters of the particles, in the paper's mixture σ_AA and σ_BB. Default: that of `Model.preset()`.
    threshold : float
        D²_min/T from which on a particle is said to rearrange; used with a temperature only.
    title : str
        What stands above the map, such as its time and strain.
    inset, colorbar : bool
        Whether they are drawn. Without soft spots there is no inset.

    Returns
    -------
    matplotlib.axes.Axes
        Of the map; ``.figure.savefig(path)`` writes a new figure.

    Raises
    ------
    InputError
        If shapes do not fit, numbers are masked, D²_min is infinite, negative or nowhere positive, or the temperature
        is no positive finite number, the model is none, or it does not know the frame's species.
    """
    model = Model.preset() if model is None else model
    require("draw_map", frame=frame, model=model)
    diameters = model.diameters_of(frame)
    d2min = float_array("draw_map: values of d2min", d2min, (len(frame),), allow_nan=True)
    labels = whole_array("draw_map: labels", labels, (len(frame),), -1, 2**31 - 1)
    if (d2min < 0).any() or not (d2min > 0).any():
        raise InputError(
            f"draw_map: d2min must be nowhere negative and somewhere positive; of {len(d2min)} values "
            f"{np.count_nonzero(d2min < 0)} are negative and {np.count_nonzero(d2min > 0)} positive"
        )
    if temperature is not None:
        positive_number("draw_map: temperature", temperature)
    inset = inset and bool((labels >= 0).any())
    width = WITH_INSET if inset else WITH_BAR if colorbar else 1.0
    values = d2min if temperature is None else d2min / temperature
    coloring = color_scale(values)
    center, spot = _most_active_place(frame, d2min, labels) if inset else (None, None)
    origin = _origin(frame.box, center) if inset else np.zeros(2)
    if axes is None:
        axes = _new_axes(frame.box, width, TITLE if title else 0.0)
    beside = _make_room(axes, width)
    discs = _draw_cell(axes, frame, values, labels, diameters, coloring, origin)
    if inset:
        _draw_inset(beside(INSET), axes, frame, values, labels, diameters, coloring, center, spot)
    if title:
        axes.set_title(title, fontsize="medium", loc="left")
    if colorbar:
        bar = beside(BAR_BELOW if inset else BAR_ALONE)
        scale = draw_bar(bar, discs, temperature, threshold, "horizontal" if inset else "vertical")
        if not inset and np.isnan(values).any():
            scale.set_label(f"{scale.ax.get_ylabel()}; grey: not known")
    return axes


def save_map(path: str | PathLike, *arguments, **options) -> None:
    """Write the map of `draw_map` to a file in the format of its suffix (".pdf", ".png", ".svg"), in our own style.

    Raises
    ------
    InputError
        As `draw_map` does, or if the suffix is unknown.
    OutputError
        If the file cannot be written.
    """
    with matplotlib.rc_context(STYLE):
        save_figure(draw_map(*arguments, **options).figure, path)


def save_figure(figure: Figure, path: str | PathLike) -> None:
    """Write a figure, whole or not at all, in the format of the suffix.

    Raises
    ------
    InputError
        If the suffix is unknown.
    OutputError
        If the file cannot be written.
    """
    suffix, known = Path(path).suffix, sorted(figure.canvas.get_supported_filetypes())
    if suffix[1:].lower() not in known:
        raise InputError(f"a figure: got {path}; allowed: a name that ends in {', '.join(known)}")
    with replacing(path) as unfinished:
        figure.savefig(unfinished)


def _new_axes(box, width, above):
    """Axes of a new figure as high as the map asks for."""
    low, high = _extent(box)
    panel = (FULL_WIDTH - LABELS) / width
    height = panel * (high[1] - low[1]) / (high[0] - low[0]) + LABELS + above
    return Figure(figsize=(FULL_WIDTH, height), layout="constrained").add_subplot()


def _make_room(axes, width):
    """Make the axes narrower by this factor, and a function that makes axes beside the map, in units of the map."""
    figure, place = axes.figure, axes.get_subplotspec()
    if place is not None:
        left, right = place.subgridspec(1, 2, width_ratios=(1, width - 1), wspace=0) if width > 1 else (place, None)
        axes.set_subplotspec(left)
    else:
        right = axes.get_position(original=True)
        axes.set_position(Bbox.from_bounds(right.x0, right.y0, right.width / width, right.height))
    # So that nothing beside the map reaches beyond the place of the axes, whatever the shape of the box.
    axes.set_anchor("W")

    def beside(bounds):
        other = figure.add_axes(right) if place is None else figure.add_subplot(right)

        def place_beside(other, renderer):
            axes.apply_aspect()
            return Bbox.from_bounds(*bounds).transformed(axes.transAxes - figure.transSubfigure)

        other.set_axes_locator(place_beside)
        return other

    return beside


def _draw_cell(axes, frame, values, labels, diameters, coloring, origin):
    """One cell of the lattice, with its border; the collection of discs that a colour bar is for."""
    corners = origin + _corners(frame.box)
    border = Polygon(corners, fill=False, linewidth=0.8, zorder=3, clip_on=False)
    axes.add_patch(border)
    low, high = corners.min(axis=0), corners.max(axis=0)
    discs = draw_discs(axes, frame, values, labels, diameters, coloring, low, high)
    for collection in discs:
        collection.set_clip_path(border)
    axes.set(
        xlim=(low[0], high[0]),
        ylim=(low[1], high[1]),
        aspect="equal",
        xlabel=r"$x$ ($\sigma_\mathrm{AA}$)",
        ylabel=r"$y$ ($\sigma_\mathrm{AA}$)",
    )
    axes.spines[:].set_visible(False)
    return discs[-1]


def _draw_inset(inset, axes, frame, values, labels, diameters, coloring, center, spot):
    """The surroundings of the most active spot, which has the thicker outline, with a scale, and their place."""
    half = _half_side(frame.box)
    low, high = center - half, center + half
    draw_discs(inset, frame, values, labels, diameters, coloring, low, high, spot)
    inset.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]), aspect="equal", anchor="N", xticks=[], yticks=[])
    inset.spines[:].set(color=MARK, linewidth=1.2)
    inset.set_label("inset")
    _draw_scale(inset, 2 * half)
    if np.isnan(values).any():
        inset.set_title("grey: not known", fontsize="small", loc="right", pad=4)
    axes.add_patch(Rectangle(low, 2 * half, 2 * half, fill=False, color=MARK, linewidth=1.2))


def _draw_scale(inset, side):
    """A bar of a round length, below the inset, where it hides nothing."""
    length = max(choice for choice in (0.1, 0.2, 0.5, 1, 2, 5) if choice <= max(0.1, 0.4 * side))
    place = {"transform": inset.get_xaxis_transform(), "clip_on": False}
    left, _ = inset.get_xlim()
    inset.plot([left, left + length], [-0.06, -0.06], color="black", linewidth=1.8, solid_capstyle="butt", **place)
    text = rf" ${length:g}\,\sigma_\mathrm{{AA}}$"
    inset.text(left + length, -0.06, text, va="center_baseline", fontsize="small", **place)


def draw_discs(axes, frame, values, labels, diameters, coloring, low, high, thick=-1):
    """The particles in a rectangle as discs: coloured, and on soft spots black with a smaller coloured one on top.

    Parameters
    ----------
    axes : Axes
    frame : Frame
    values : (N,) ndarray
        What the colour stands for.
    labels : (N,) ndarray of int
        Number of the soft spot of each particle, -1 for none.
    diameters : (N,) ndarray
        In σ_AA.
    coloring : dict
        ``cmap`` and ``norm``.
    low, high : pair of float
        Lower left and upper right corner of the rectangle, in σ_AA.
    thick : int
        Number of a soft spot with a thicker outline; -1 for none.

    Returns
    -------
    list of EllipseCollection
        The last one is coloured.
    """
    # The large ones first, then the small ones on top of them.
    sizes, kind = np.unique(-diameters, return_inverse=True)
    points, particles = periodic_images(frame, low + sizes[0] / 2, high - sizes[0] / 2)
    on_spot = labels[particles] >= 0
    marked = on_spot & (labels[particles] == thick)
    collections = []
    layers = (~on_spot, 0.0), (on_spot, 0.0), (marked, THICK), (on_spot & ~marked, OUTLINE)
    for layer, (chosen, rim) in enumerate(layers):
        # One size for each collection, where sizes are few: the files hold its path once.
        few = len(sizes) <= FEW_SIZES
        for number in range(len(sizes) if few else 1):
            those = chosen & (kind[particles] == number) if few else chosen
            size = (-sizes[[number]] if few else diameters[particles[those]]) - 2 * rim
            discs = EllipseCollection(
                size, size, [0], units="xy", offsets=points[those], offset_transform=axes.transData, linewidth=0
            )
            if layer == 1:
                discs.set_facecolor("black")
            else:
                discs.set(array=values[particles[those]], **coloring)
            collections.append(axes.add_collection(discs, autolim=False))
    return collections


def color_scale(values: np.ndarray) -> dict:
    """``cmap`` and ``norm``: logarithmic, the lightest colour for the lowest 5 % of what is above zero, and below."""
    positive = values[values > 0]
    lowest, highest = np.quantile(positive, 0.05), positive.max()
    # Where all are the same a scale needs a range.
    return {"cmap": COLORS, "norm": LogNorm(lowest if lowest < highest else highest / 10, highest, clip=True)}


def draw_bar(bar: Axes, discs, temperature: float | None, threshold: float, orientation: str) -> Colorbar:
    """The colour bar of discs from `draw_discs`: D²_min, or with a temperature D²_min/T, with the threshold."""
    bar.set_label("colorbar")
    # Below the pointed end is what has its colour too.
    scale = bar.figure.colorbar(discs, cax=bar, orientation=orientation, extend="min")
    decades = np.log10(scale.norm.vmax / scale.norm.vmin)
    marks = (1,) if decades > 2 else (1, 3) if decades > 1 else (1, 2, 5) if decades > 0.5 else range(1, 10)
    scale.locator = LogLocator(subs=marks)
    scale.formatter = FuncFormatter(lambda value, place: f"{value:g}")
    scale.minorformatter = NullFormatter()
    scale.update_ticks()
    if temperature is None:
        scale.set_label(r"$D^2_{\min}$ ($\sigma_\mathrm{AA}^2$)")
        return scale
    scale.set_label(r"$D^2_{\min}/T$ ($k_\mathrm{B}\sigma_\mathrm{AA}^2/\varepsilon_\mathrm{AA}$)")
    if not scale.norm.vmin < threshold < scale.norm.vmax:
        return scale
    text, offset = f"{threshold:g}", "offset points"
    if orientation == "horizontal":
        bar.axvline(threshold, color="black", linewidth=0.8)
        bar.annotate(text, (threshold, 1), (0, 2), ("data", "axes fraction"), offset, ha="center")
    else:
        bar.axhline(threshold, color="black", linewidth=0.8)
        bar.annotate(text, (0, threshold), (-2, 0), ("axes fraction", "data"), offset, ha="right", va="center")
    return scale


def periodic_images(frame: Frame, low: tuple, high: tuple) -> tuple[np.ndarray, np.ndarray]:
    """All periodic images of the particles inside a rectangle.

    Parameters
    ----------
    frame : Frame
    low, high : pair of float
        Lower left and upper right corner, in σ_AA; any size, anywhere.

    Returns
    -------
    points : (n, 2) ndarray of float
        Coordinates of the images, in σ_AA.
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


def _most_active_place(frame, d2min, labels):
    """Most active particle on the soft spot with the largest sum of D²_min: its place in the cell at the origin, and
    the number of the spot.
    """
    on_spot, activity = labels >= 0, np.nan_to_num(d2min)
    spot = np.argmax(np.bincount(labels[on_spot], weights=activity[on_spot]))
    vectors = _vectors(frame.box)
    peak = np.argmax(np.where(labels == spot, activity, -1))
    return frame.positions[peak] @ np.linalg.inv(vectors) % 1 @ vectors, spot


def _half_side(box):
    """Half the side of the inset, which is no wider than half the box."""
    return min(INSET_SIDE, box.length_x / 2, box.length_y / 2) / 2


def _origin(box, center):
    """Lower left corner of a cell of the lattice whose border does not cross the inset."""
    vectors, half = _vectors(box), _half_side(box)
    reach = half * np.array((1 + abs(box.tilt) / box.length_y, 1)) / (box.length_x, box.length_y)
    off_middle = center @ np.linalg.inv(vectors) - 0.5
    crossed = np.abs(off_middle) > 0.5 - reach
    return np.where(crossed, off_middle, 0.0) @ vectors


def _vectors(box):
    """The vectors of the lattice, as rows."""
    return np.array(((box.length_x, 0.0), (box.tilt, box.length_y)))


def _corners(box):
    """Corners of the sheared box, shape (4, 2), the first at the origin."""
    return np.array(((0, 0), (1, 0), (1, 1), (0, 1))) @ _vectors(box)


def _extent(box):
    """Lower left and upper right corner of the rectangle around the sheared box."""
    corners = _corners(box)
    return corners.min(axis=0), corners.max(axis=0)
