"""The map of a configuration: plastic activity in colour, soft spots outlined (the paper's fig. 1)."""

from __future__ import annotations

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import EllipseCollection
from matplotlib.colors import ListedColormap, LogNorm
from matplotlib.figure import Figure
from matplotlib.patches import Polygon, Rectangle

from .probability import THRESHOLD
from .state import Frame

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
# Inches. The whole is two columns of Physical Review wide; the margins hold tick labels and axis labels.
FULL_WIDTH, PANEL_WIDTH, LEFT, BOTTOM, TOP = 7.0, 3.95, 0.46, 0.48, 0.06
# Lightness falls evenly, from a tone that still shows on white to a red on which black still shows.
COLORS = ListedColormap(matplotlib.colormaps["OrRd"](range(16, 256)))
MARK = "#1f4e9c"  # the inset's frame and its place in the map: the one blue among reds
OUTLINE = 0.1  # width of the outlines, in σ_AA
INSET_SIDE = 14.0  # in σ_AA


def draw_map(
    target,
    frame: Frame,
    d2min: np.ndarray,
    labels: np.ndarray,
    temperature: float | None = None,
    diameters: tuple[float, float] = (1.0, 0.88),
) -> None:
    """Draw a configuration coloured by D²_min, soft spots outlined, with an inset on a rearranging one.

    Particles are discs in true proportion: the darker, the larger D²_min in the interval that follows
    (logarithmic; the lightest colour stands for the lowest 5 % too). Those outlined in black are on soft spots.
    The inset shows the spot with the largest sum of D²_min around its most active particle; its place in the map
    is framed in the same colour (Schoenholz et al. 2014, fig. 1).

    Parameters
    ----------
    target : path or matplotlib.axes.Axes
        A file to write, 7 inches wide, in the format of its suffix (".pdf", ".png", ".svg"); or axes to draw in.
        Inset and colour bar stand to the right of the axes, over two thirds of their width.
    frame : Frame
    d2min : (N,) array_like of float
        In σ_AA².
    labels : (N,) array_like of int
        Number of the soft spot of each particle, -1 for none.
    temperature : float, optional
        In ε_AA/k_B. If given, colours stand for D²_min/T, and the colour bar marks the 15 T from which on
        a particle is said to rearrange.
    diameters : pair of float
        Of A and B particles, in σ_AA: σ_AA and σ_BB of the mixture.

    Raises
    ------
    ValueError
        If shapes do not fit, D²_min is not finite or nowhere positive, the temperature is not
        positive, or the suffix is unknown.
    """
    d2min, labels = np.asarray(d2min, dtype=float), np.asarray(labels)
    if not d2min.shape == labels.shape == (len(frame),):
        raise ValueError(
            f"draw_map: d2min has shape {d2min.shape} and labels {labels.shape}; ({len(frame)},) is needed"
        )
    if not (np.isfinite(d2min).all() and (d2min > 0).any()):
        raise ValueError("draw_map: d2min must be finite and somewhere positive")
    if temperature is not None and not temperature > 0:
        raise ValueError(f"draw_map: temperature is {temperature!r}; it must be positive")
    if isinstance(target, Axes):
        _draw(target, frame, d2min, labels, temperature, diameters)
        return
    low, high = _extent(frame.box)
    panel_height = PANEL_WIDTH * (high[1] - low[1]) / (high[0] - low[0])
    height = BOTTOM + panel_height + TOP
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(FULL_WIDTH, height))
        place = (LEFT / FULL_WIDTH, BOTTOM / height, PANEL_WIDTH / FULL_WIDTH, panel_height / height)
        _draw(figure.add_axes(place), frame, d2min, labels, temperature, diameters)
        figure.savefig(target)


def _draw(axes, frame, d2min, labels, temperature, diameters):
    values = d2min if temperature is None else d2min / temperature
    coloring = {
        "cmap": COLORS,
        "norm": LogNorm(np.quantile(values[values > 0], 0.05), values.max(), clip=True),
    }
    border = Polygon(_corners(frame.box), fill=False, linewidth=0.8, zorder=3, clip_on=False)
    axes.add_patch(border)
    low, high = _extent(frame.box)
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

    bar = axes.figure.colorbar(
        discs[-1], cax=axes.inset_axes((1.06, 0.02, 0.58, 0.035)), orientation="horizontal", format="%g"
    )
    if temperature is None:
        bar.set_label(r"$D^2_{\min}$ ($\sigma_\mathrm{AA}^2$)")
    else:
        bar.set_label(r"$D^2_{\min}/T$ ($k_\mathrm{B}\sigma_\mathrm{AA}^2/\varepsilon_\mathrm{AA}$)")
        if bar.norm.vmin < THRESHOLD < bar.norm.vmax:
            bar.ax.axvline(THRESHOLD, color="black", linewidth=0.8)
            bar.ax.annotate(
                f"{THRESHOLD:g}", (THRESHOLD, 1), (0, 2), ("data", "axes fraction"), "offset points", ha="center"
            )

    if (labels >= 0).any():
        inset = axes.inset_axes((1.06, 0.2, 0.58, 0.8), anchor="N", aspect="equal", xticks=[], yticks=[])
        inset.spines[:].set(color=MARK, linewidth=1.2)
        centre = _most_active_spot(frame, d2min, labels)
        half = min(INSET_SIDE, *(high - low)) / 2
        draw_discs(inset, frame, values, labels, diameters, coloring, centre - half, centre + half)
        inset.set(xlim=(centre[0] - half, centre[0] + half), ylim=(centre[1] - half, centre[1] + half))
        # A frame that the border cuts goes on at the other side, like the particles in it.
        for image in periodic_images(Frame(centre[None], [0], frame.box), low - half, high + half)[0]:
            mark = axes.add_patch(Rectangle(image - half, 2 * half, 2 * half, fill=False, color=MARK, linewidth=1.2))
            mark.set_clip_path(border)


def draw_discs(axes, frame, values, labels, diameters, coloring, low, high):
    """The particles in a rectangle as discs: coloured, and on soft spots black with a smaller coloured one on top.

    Parameters
    ----------
    axes : Axes
    frame : Frame
    values : (N,) ndarray
        What the colour stands for.
    labels : (N,) ndarray of int
        Number of the soft spot of each particle, -1 for none.
    diameters : pair of float
        Of A and B particles, in σ_AA.
    coloring : dict
        ``cmap`` and ``norm``.
    low, high : pair of float
        Lower left and upper right corner of the rectangle, in σ_AA.

    Returns
    -------
    list of EllipseCollection
        The last one is coloured.
    """
    points, particles = periodic_images(frame, low - max(diameters) / 2, high + max(diameters) / 2)
    on_spot = labels[particles] >= 0
    collections = []
    for layer, (chosen, rim) in enumerate(((~on_spot, 0.0), (on_spot, 0.0), (on_spot, OUTLINE))):
        # One size for each collection: the files hold its path once.
        for species, diameter in enumerate(diameters):
            those = chosen & (frame.species[particles] == species)
            size = [diameter - 2 * rim]
            discs = EllipseCollection(
                size, size, [0], units="xy", offsets=points[those], offset_transform=axes.transData, linewidth=0
            )
            if layer == 1:
                discs.set_facecolor("black")
            else:
                discs.set(array=values[particles[those]], **coloring)
            collections.append(axes.add_collection(discs, autolim=False))
    return collections


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


def _most_active_spot(frame, d2min, labels):
    """Position of the most active particle on the soft spot with the largest sum of D²_min."""
    on_spot = labels >= 0
    spot = np.argmax(np.bincount(labels[on_spot], weights=d2min[on_spot]))
    return frame.positions[np.argmax(np.where(labels == spot, d2min, -1))]


def _corners(box):
    """Corners of the sheared box, shape (4, 2), the first at the origin."""
    return np.array(
        [(0, 0), (box.length_x, 0), (box.length_x + box.tilt, box.length_y), (box.tilt, box.length_y)], dtype=float
    )


def _extent(box):
    """Lower left and upper right corner of the rectangle around the sheared box."""
    corners = _corners(box)
    return corners.min(axis=0), corners.max(axis=0)
