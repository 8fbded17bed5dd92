"""The map of soft spots as it changes in time: an MP4 where there is ffmpeg, else a GIF."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import matplotlib
import numpy as np
from matplotlib.animation import AbstractMovieWriter, FFMpegWriter, PillowWriter
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from PIL import Image

from softspots.exceptions import InputError
from softspots.figures.discs import COLORS, Shown, color_scale, diameters_of, draw_bar, draw_discs
from softspots.figures.map import STYLE
from softspots.figures.map_3d import ALL_SPOTS, DEPTHS, WORDS, draw_depth_bar, draw_depths, draw_slice, slice_words
from softspots.figures.units import units_of_run
from softspots.io.attributes import FORCES
from softspots.io.replacing import replacing
from softspots.io.results import Results

FRAMES_PER_SECOND = 12
SIDE, DPI = 5.0, 120  # inches; the number of pixels must be even for MP4
# A GIF is in memory until it is written: 1.4 MB a frame.
GIF_FRAMES = 200
GREYS = 40  # of the 256 colours of a GIF; the others are those of the two colour maps


class OnePaletteWriter(PillowWriter):
    """A GIF all of whose frames have the colours of maps, so that a colour means the same in all of them."""

    def finish(self) -> None:
        each = (255 - GREYS) // 2
        grey = np.repeat(np.linspace(0, 1, GREYS), 3).reshape(-1, 3)
        colors = [colormap(np.linspace(0, 1, each))[:, :3] for colormap in (COLORS, DEPTHS)]
        colors = np.concatenate([*colors, [COLORS.get_bad()[:3]], grey])
        palette = Image.new("P", (1, 1))
        palette.putpalette(np.rint(255 * colors).astype(np.uint8).tobytes())
        self._frames = [
            frame.convert("RGB").quantize(palette=palette, dither=Image.Dither.NONE) for frame in self._frames
        ]
        super().finish()


def movie_suffix() -> str:
    """What movies are on this machine: ".mp4" where Matplotlib finds ffmpeg, else ".gif"."""
    return ".mp4" if FFMpegWriter.isAvailable() else ".gif"


def movie_frames(results: Results) -> np.ndarray:
    """Numbers of the frames that a movie shows: those with soft spots and D²_min; of a GIF, 200 evenly spread."""
    shown = np.flatnonzero((results["inherent_certified"] == 1) & (results["d2min"] > 0).any(axis=1))
    if movie_suffix() == ".gif" and len(shown) > GIF_FRAMES:
        shown = shown[np.linspace(0, len(shown) - 1, GIF_FRAMES).astype(int)]
    return shown


def draw_movie(path: Path, results: Results, progress: Callable[[], None] = lambda: None) -> None:
    """Draw particles coloured by D²_min, soft spots outlined, frame by frame.

    The view is the rectangle into which particles are wrapped, which stands still while the box is sheared; colours
    mean the same in all frames, and grey that D²_min is not known. In three dimensions it is a slice halfway up the
    box, and beside it are all soft spots, as in `draw_map`. Boxes that change in size are each shown in the view of the
    largest, and cut halfway up the lowest.

    Parameters
    ----------
    path : Path
        The suffix must be that of `movie_suffix`.
    results : Results
    progress : callable
        Called after each frame.

    Raises
    ------
    InputError
        If no frame has soft spots and D²_min.
    OutputError
        If the movie cannot be written.
    """
    chosen = movie_frames(results)
    if chosen.size == 0:
        raise InputError(f"{results.path} has no frame with soft spots and D²_min to show")
    with matplotlib.rc_context(STYLE), replacing(path) as unfinished:
        _draw(unfinished, results, chosen, progress)


def _draw(path, results, chosen, progress):
    temperature, threshold = map(results.configuration.get, ("temperature", "rearrangement_threshold"))
    activity, labels = results["d2min"] / (temperature or 1.0), results["soft_spot"]
    model = None if results.configuration.get("model") == FORCES else results.model
    coloring, units = color_scale(activity[chosen]), units_of_run(results.configuration)
    # Where boxes change in size, each is in the view of the largest; what is shown of heights is in all of them.
    boxes = [results.frame(index).box.lengths for index in chosen]
    sides, height = np.max(boxes, axis=0), np.min(boxes, axis=0)[-1] / 2
    figure, panels = _space(sides, height, units) if len(sides) == 3 else _plane(sides, units)
    writer: AbstractMovieWriter = (FFMpegWriter if path.suffix == ".mp4" else OnePaletteWriter)(fps=FRAMES_PER_SECOND)
    drawn = []
    with writer.saving(figure, path, DPI):
        for index in chosen:
            for collection in drawn:
                collection.remove()
            frame = results.frame(index)
            shown = Shown(frame, activity[index], labels[index], diameters_of(model, frame), coloring)
            own = np.array(frame.box.lengths[:2])
            layers = [draw(axes, np.zeros(2), own, shown=shown) for axes, _, draw in panels]
            drawn = sum(layers, [])
            for collection in drawn:
                collection.set_clip_path(Rectangle((0, 0), *own, transform=collection.axes.transData))
            if index == chosen[0]:
                draw_bar(panels[0].bar, layers[0][-1], temperature, threshold, "horizontal", units)
                if len(sides) == 3:
                    draw_depth_bar(panels[1].bar, layers[1][-1], height, units, "horizontal")
            strain = frame.box.strain
            title = f"frame {index}" if strain is None else rf"$\gamma={strain:.3f}$"
            panels[0].axes.set_title(title, loc="left")
            writer.grab_frame()
            progress()


class Panel(NamedTuple):
    """Axes, those of the colour bar below, and what draws particles in a rectangle of them."""

    axes: Axes
    bar: Axes
    draw: Callable[..., Any]


def _plane(sides, units):
    """The figure of two dimensions, with its panel."""
    figure = Figure(figsize=(SIDE, SIDE * 1.2))
    axes = _panel_axes(figure, (0.11, 0.2, 0.86, 0.75), sides, units)
    return figure, [Panel(axes, figure.add_axes((0.31, 0.1, 0.46, 0.018)), draw_discs)]


def _space(sides, height, units):
    """The figure of three dimensions: a slice, which particles pass, and all soft spots."""
    figure, panels = Figure(figsize=(2 * SIDE, SIDE * 1.2)), []
    for left, words, draw in (
        (0.055, slice_words(height, units), partial(draw_slice, height=height)),
        (0.555, ALL_SPOTS, partial(draw_depths, bottom=0.0, top=sides[2])),
    ):
        axes = _panel_axes(figure, (left, 0.2, 0.43, 0.75), sides, units)
        axes.set_title(words, **WORDS)
        panels.append(Panel(axes, figure.add_axes((left + 0.1, 0.1, 0.23, 0.018)), draw))
    return figure, panels


def _panel_axes(figure, place, sides, units):
    axes = figure.add_axes(place)
    axes.set(xlim=(0, sides[0]), ylim=(0, sides[1]), aspect="equal")
    axes.set(xlabel=rf"$x$ (${units.length}$)", ylabel=rf"$y$ (${units.length}$)")
    return axes
