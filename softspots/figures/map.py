"""The map of a configuration: plastic activity in colour, soft spots outlined (the paper's fig. 1)."""

from __future__ import annotations

from functools import partial
from os import PathLike
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.transforms import Bbox

from softspots.analysis.probability import THRESHOLD
from softspots.arrays import float_array, positive_number, real_number, whole_array
from softspots.exceptions import InputError
from softspots.figures.cell import draw_cell, extent, half_side, most_active, origin_of, plane_of, spot_in_cell
from softspots.figures.discs import Shown, color_scale, diameters_of, draw_bar, draw_discs
from softspots.figures.map_3d import WITH_BARS, WITH_PROJECTION, draw_space
from softspots.figures.units import units_of
from softspots.frame import Frame
from softspots.io.replacing import replacing
from softspots.model import Forces, Mixture, Model
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
TITLE, TITLES_IN_SPACE = 0.25, 0.4  # inches, about; of one line, of two
CAPTION = 0.15  # inches, about, of a line below the map
LABELS = 0.55  # inches, about, that tick labels and the label of an axis take
NOT_KNOWN = r"grey: $D^2_{\min}$ is not known"
MARK = "#1f4e9c"  # the inset's frame and its place in the map: the one blue among reds
# Where inset and colour bar stand beside the map, as (x, y, width, height) in units of the map; how wide all is then.
INSET, BAR_BELOW, WITH_INSET = (1.06, 0.2, 0.58, 0.8), (1.06, 0.02, 0.58, 0.035), 1.65
BAR_ALONE, WITH_BAR = (1.11, 0.0, 0.03, 1.0), 1.28


def draw_map(
    frame: Frame,
    d2min: np.ndarray,
    labels: np.ndarray,
    temperature: float | None = None,
    *,
    axes: Axes | Figure | None = None,
    model: Mixture | Forces | None = None,
    threshold: float | None = None,
    title: str = "",
    inset: bool = True,
    colorbar: bool = True,
    slice: float | None = None,
    unknown: str = "",
) -> Axes:
    """Draw a configuration coloured by D²_min, soft spots outlined, with an inset on a rearranging one.

    Particles are discs in true proportion: the darker, the larger D²_min in the interval that follows
    (logarithmic; the lightest colour stands for the lowest 5 % too), and grey where it is not known. Those outlined in
    black are on soft spots. The inset shows the spot with the largest sum of D²_min in its middle or, of one that it
    cannot hold, what is around its most active particle; its place in the map is framed in the same colour (Schoenholz
    et al. 2014, fig. 1). If the inset or the spot lies on the border of the box, the map shows another cell of the same
    lattice, in whose middle they are, and the axis along which that is moved says so; coordinates stay those of the
    frame, so that the axes then begin at any number, also below zero.

    In three dimensions the map is a slice across z, the plane of the shear: of each particle the disc that the plane
    cuts, a small one where it passes far from the center. Beside it, in the place of the inset, all particles of soft
    spots are seen along z, from above: the higher, the darker.

    Parameters
    ----------
    frame : Frame
    d2min : (N,) array_like of float
        In σ_AA², or the unit of length of the model, squared; NaN where it is not known. If it is nowhere known there
        is a line below the map that says so in place of the colour bar, and the inset is about the first spot.
    labels : (N,) array_like of int
        Number of the soft spot of each particle, -1 for none, as in `SoftSpots.labels`.
    temperature : float, optional
        In ε_AA/k_B, or the model's unit of energy. If given, colours stand for D²_min/T, and the colour bar marks the
        threshold.
    axes : matplotlib.axes.Axes or matplotlib.figure.Figure, optional
        Where to draw. Inset and colour bar share the place of axes with the map. An empty figure gets the shape that
        fits, 7 inches wide. Default: such a figure of pyplot, so that notebooks and ``pyplot.show()`` show it.
    model : Mixture or Forces, optional
        For the diameters of the particles, in the paper's mixture σ_AA and σ_BB; of other forces sizes, or mean
        distances. Default: that of `Model.preset()`.
    threshold : float, optional
        D²_min/T from which on a particle is said to rearrange; used with a temperature only. Default: 15 in the paper's
        mixtures, with its cutoff of 2.5 σ_AA; no other number is known for any other model, and none is marked.
    title : str
        What stands above the map, such as its time and strain.
    inset, colorbar : bool
        Whether they are drawn. Without soft spots there is no inset.
    slice : float, optional
        In three dimensions, z of the slice. Default: through the particle that the inset is about in two; without soft
        spots, through the most active one.
    unknown : str
        Why D²_min is nowhere known, for that line.

    Returns
    -------
    matplotlib.axes.Axes
        Of the map; ``.figure.savefig(path)`` writes it.

    Raises
    ------
    InputError
        If shapes do not fit, numbers are masked, D²_min is infinite, negative or nowhere positive, or the temperature
        is no positive finite number, the model is none, or it does not know the frame's species, or a slice is asked
        for of two dimensions, or outside the box.
    """
    model = Model.preset() if model is None else model
    require("draw_map", or_forces=True, frame=frame, model=model)
    diameters = diameters_of(model, frame)
    d2min = float_array("draw_map: values of d2min", d2min, (len(frame),), allow_nan=True)
    labels = whole_array("draw_map: labels", labels, (len(frame),), -1, 2**31 - 1)
    known = not np.isnan(d2min).all()
    if (d2min < 0).any() or (known and not (d2min > 0).any()):
        raise InputError(
            f"draw_map: d2min must be nowhere negative and somewhere positive; of {len(d2min)} values "
            f"{np.count_nonzero(d2min < 0)} are negative and {np.count_nonzero(d2min > 0)} positive"
        )
    if temperature is not None:
        positive_number("draw_map: temperature", temperature)
    if slice is not None:
        if frame.dimension == 2:
            raise InputError("draw_map: a slice is of three dimensions; the frame has two")
        slice, top = real_number("draw_map: slice", slice), frame.box.lengths[2]
        if not 0 <= slice <= top:
            raise InputError(f"draw_map: slice is {slice:g}; it must lie between 0 and {top:g}, the height of the box")
    inset, colorbar = inset and bool((labels >= 0).any()), colorbar and known
    units = units_of(model)
    values = d2min if temperature is None else d2min / temperature
    shown = Shown(frame, values, labels, diameters, color_scale(values))
    peak, spot = most_active(d2min, labels)
    below = inset and frame.dimension == 2
    width = _width(frame.dimension, inset, colorbar)
    if axes is None:
        # It looks for a screen, which what has axes of its own does without.
        from matplotlib import pyplot

        axes = pyplot.figure(layout="constrained")
    if isinstance(axes, Figure):
        above = TITLES_IN_SPACE if frame.dimension == 3 else TITLE if title else 0.0
        axes = _sole_axes(axes, plane_of(frame.box), width, above + (0.0 if known else CAPTION))
    beside = _make_room(axes, width)
    if frame.dimension == 3:
        discs = draw_space(axes, beside, shown, peak, units, slice, inset, colorbar)
    else:
        origin = np.zeros(2)
        if inset:
            those = np.flatnonzero(labels == spot)
            center, members = spot_in_cell(frame.box, frame.positions[those], np.searchsorted(those, peak))
            origin = origin_of(frame.box, center, members)
        discs = draw_cell(axes, frame.box, origin, units, partial(draw_discs, shown=shown))
        if inset:
            _draw_inset(beside(INSET), axes, shown, center, spot, units)
    if not known:
        axes.set_xlabel(f"{axes.get_xlabel()}\n{NOT_KNOWN}{f': {unknown}' if unknown else ''}")
    if title:
        axes.set_title(title, fontsize="medium", loc="left")
    if colorbar:
        bar = beside(BAR_BELOW if below else BAR_ALONE)
        if threshold is None and isinstance(model, Model):
            threshold = THRESHOLD
        scale = draw_bar(bar, discs, temperature, threshold, "horizontal" if below else "vertical", units)
        if not below and np.isnan(values).any():
            scale.set_label(f"{scale.ax.get_ylabel()}; grey: not known")
    return axes


def save_map(path: str | PathLike[str], *arguments, **options) -> None:
    """Write the map of `draw_map` to a file in the format of its suffix (".pdf", ".png", ".svg"), in our own style.

    Raises
    ------
    InputError
        As `draw_map` does, or if the suffix is unknown.
    OutputError
        If the file cannot be written.
    """
    with matplotlib.rc_context(STYLE):
        figure = Figure(layout="constrained")
        draw_map(*arguments, axes=figure, **options)
        save_figure(figure, path)


def save_figure(figure: Figure, path: str | PathLike[str]) -> None:
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


def _width(dimension, inset, colorbar) -> float:
    """How wide all is, in units of the map."""
    if not inset:
        return WITH_BAR if colorbar else 1.0
    if dimension == 2:
        return WITH_INSET
    return WITH_BARS if colorbar else WITH_PROJECTION


def _sole_axes(figure, box, width, words):
    """The axes of a figure, which becomes as high as the map asks for, and ``words`` above and below it."""
    across, up = extent(box)
    figure.set_size_inches(FULL_WIDTH, (FULL_WIDTH - LABELS) / width * up / across + LABELS + words)
    return figure.add_subplot()


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


def _draw_inset(inset, axes, shown, center, spot, units):
    """The surroundings of the most active spot, which has the thicker outline, with a scale, and their place."""
    half = half_side(shown.frame.box)
    low, high = center - half, center + half
    draw_discs(inset, low, high, shown, spot)
    inset.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]), aspect="equal", anchor="N", xticks=[], yticks=[])
    inset.spines[:].set(color=MARK, linewidth=1.2)
    inset.set_label("inset")
    _draw_scale(inset, 2 * half, units)
    unknown = np.isnan(shown.values)
    if unknown.any() and not unknown.all():
        inset.set_title("grey: not known", fontsize="small", loc="right", pad=4)
    axes.add_patch(Rectangle(low, 2 * half, 2 * half, fill=False, color=MARK, linewidth=1.2))


def _draw_scale(inset, side, units):
    """A bar of a round length, below the inset, where it hides nothing."""
    length = max(choice for choice in (0.1, 0.2, 0.5, 1, 2, 5) if choice <= max(0.1, 0.4 * side))
    place = {"transform": inset.get_xaxis_transform(), "clip_on": False}
    left, _ = inset.get_xlim()
    inset.plot([left, left + length], [-0.06, -0.06], color="black", linewidth=1.8, solid_capstyle="butt", **place)
    text = rf" ${length:g}\,{units.length}$"
    inset.text(left + length, -0.06, text, va="center_baseline", fontsize="small", **place)
