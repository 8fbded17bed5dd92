"""Figure 1 of the paper: a map of plastic activity with the soft spots outlined."""

from __future__ import annotations

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import EllipseCollection
from matplotlib.colors import LinearSegmentedColormap, LogNorm
from matplotlib.figure import Figure
from matplotlib.patches import Polygon

from .model import PRESETS
from .probability import THRESHOLD
from .spots import periodic_images
from .state import Frame

STYLE = {
    "font.family": "STIXGeneral",
    "mathtext.fontset": "stix",
    "font.size": 9,
    "axes.linewidth": 0.6,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.direction": "out",
    "ytick.direction": "out",
    "savefig.dpi": 400,
    "pdf.fonttype": 42,
}
FULL_WIDTH = 7.0  # inches: two columns of Physical Review
# Light to dark with evenly falling lightness, from nearly white to a dark red that black still stands out against.
COLORS = LinearSegmentedColormap.from_list("activity", matplotlib.colormaps["OrRd"](np.linspace(0.0, 1.0, 256)))
OUTLINE = 0.1  # width of the outlines, in σ_AA


def draw_map(target, frame: Frame, d2min: np.ndarray, labels: np.ndarray, temperature: float | None = None):
    """Draw a configuration coloured by D²_min, with the soft spots outlined and an inset on one of them.

    Particles are discs of their species' σ, in true proportion; the darker, the larger D²_min in the interval
    that follows (logarithmic). Those outlined in black are on soft spots. The inset shows the spot with the
    largest sum of D²_min (Schoenholz et al. 2014, fig. 1).

    Parameters
    ----------
    target : path or matplotlib.axes.Axes
        A file to write, 7 inches wide, in the format of its suffix (".pdf", ".png", ".svg"); or axes to draw in.
        The inset and the colour bar stand to the right of the axes.
    frame : Frame
    d2min : (N,) array_like of float
        In σ_AA².
    labels : (N,) array_like of int
        Number of the soft spot of each particle, -1 for none.
    temperature : float, optional
        In ε_AA/k_B. If given, colours are D²_min/T, and the threshold of rearrangements, 15, is marked.

    Raises
    ------
    ValueError
        If shapes do not fit, no D²_min is positive, or the suffix is unknown.
    """
    d2min, labels = np.asarray(d2min, dtype=float), np.asarray(labels)
    if not d2min.shape == labels.shape == (len(frame),):
        raise ValueError(
            f"draw_map: d2min has shape {d2min.shape} and labels {labels.shape}; ({len(frame)},) is needed"
        )
    if not (np.isfinite(d2min).all() and (d2min > 0).any()):
        raise ValueError("draw_map: d2min must be finite and positive somewhere")
    if isinstance(target, Axes):
        _draw(target, frame, d2min, labels, temperature)
        return
    with matplotlib.rc_context(STYLE):
        box = frame.box
        figure = Figure(figsize=(FULL_WIDTH, 0.66 * FULL_WIDTH * box.length_y / (box.length_x + abs(box.tilt)) + 0.4))
        axes = figure.add_axes((0.07, 0.09, 0.6, 0.88))
        _draw(axes, frame, d2min, labels, temperature)
        figure.savefig(target)


def _draw(axes, frame, d2min, labels, temperature):
    box = frame.box
    values = d2min if temperature is None else d2min / temperature
    positive = values[values > 0]
    norm = LogNorm(*np.quantile(positive, (0.05, 1)), clip=True)

    corners = np.array([(0, 0), (box.length_x, 0), (box.length_x + box.tilt, box.length_y), (box.tilt, box.length_y)])
    border = Polygon(corners, fill=False, linewidth=0.8, zorder=3)
    axes.add_patch(border)
    low, high = corners.min(axis=0), corners.max(axis=0)
    discs = _draw_discs(axes, frame, values, labels, norm, low - 0.5, high + 0.5)
    for collection in discs:
        collection.set_clip_path(border)
    axes.set(
        xlim=(low[0] - 1, high[0] + 1),
        ylim=(low[1] - 1, high[1] + 1),
        aspect="equal",
        xlabel=r"$x$ ($\sigma_{AA}$)",
        ylabel=r"$y$ ($\sigma_{AA}$)",
    )
    axes.spines[:].set_visible(False)

    bar = axes.figure.colorbar(discs[-1], cax=axes.inset_axes((1.08, 0.1, 0.45, 0.03)), orientation="horizontal")
    if temperature is None:
        bar.set_label(r"$D^2_{\min}$ ($\sigma_{AA}^2$)")
    else:
        bar.set_label(r"$D^2_{\min}/T$ ($k_B\sigma_{AA}^2/\varepsilon_{AA}$)")
        bar.ax.axvline(THRESHOLD, color="black", linewidth=0.8)

    if (labels >= 0).any():
        centre, half = _most_active_spot(frame, d2min, labels)
        inset = axes.inset_axes((1.08, 0.35, 0.45, 0.6))
        _draw_discs(inset, frame, values, labels, norm, centre - half - 0.5, centre + half + 0.5)
        inset.set(
            xlim=(centre[0] - half, centre[0] + half),
            ylim=(centre[1] - half, centre[1] + half),
            aspect="equal",
            xticks=[],
            yticks=[],
        )
        axes.indicate_inset_zoom(inset, edgecolor="black", alpha=1, linewidth=0.8)


def _draw_discs(axes, frame, values, labels, norm, low, high):
    """All particles in a rectangle: plain discs, black discs under the soft spots, smaller coloured ones on them."""
    points, particles = periodic_images(frame, low, high)
    sigma_aa, _, sigma_bb = PRESETS["kob-andersen"]["sigma"]
    diameters = np.array([sigma_aa, sigma_bb])[frame.species[particles]]
    on_spot = labels[particles] >= 0
    collections = []
    for chosen, rim, color in ((~on_spot, 0, None), (on_spot, 0, "black"), (on_spot, OUTLINE, None)):
        sizes = diameters[chosen] - 2 * rim
        discs = EllipseCollection(
            sizes, sizes, np.zeros(len(sizes)), units="xy", offsets=points[chosen], offset_transform=axes.transData
        )
        discs.set(linewidth=0)
        if color is None:
            discs.set(array=values[particles[chosen]], cmap=COLORS, norm=norm)
        else:
            discs.set(facecolor=color)
        axes.add_collection(discs)
        collections.append(discs)
    return collections


def _most_active_spot(frame, d2min, labels):
    """Centre and half width of a square around the spot with the largest sum of D²_min."""
    on_spot = labels >= 0
    spot = np.argmax(np.bincount(labels[on_spot], weights=d2min[on_spot]))
    members = np.flatnonzero(labels == spot)
    peak = frame.positions[members[np.argmax(d2min[members])]]
    around = frame.box.minimum_image(frame.positions[members] - peak)
    centre = peak + (around.max(axis=0) + around.min(axis=0)) / 2
    return centre, 8.0
