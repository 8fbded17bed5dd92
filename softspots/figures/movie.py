"""The map of soft spots as it changes in time: an MP4 where there is ffmpeg, else a GIF."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.animation import AbstractMovieWriter, FFMpegWriter, PillowWriter
from matplotlib.figure import Figure
from PIL import Image

from softspots.exceptions import InputError
from softspots.figures.discs import Shown, color_scale, draw_bar, draw_discs
from softspots.figures.map import STYLE
from softspots.figures.units import units_of
from softspots.frame import Box, Frame
from softspots.io.replacing import replacing
from softspots.io.results import Results

FRAMES_PER_SECOND = 12
SIDE, DPI = 5.0, 120  # inches; the number of pixels must be even for MP4
# A GIF is in memory until it is written: 1.4 MB a frame.
GIF_FRAMES = 200
PALETTE_FRAMES = 8  # that its colours are chosen from


class OnePaletteWriter(PillowWriter):
    """A GIF all of whose frames have the same 256 colours, so that a colour means the same in all of them."""

    def finish(self):
        frames = [frame.convert("RGB") for frame in self._frames]
        some = frames[:: max(1, len(frames) // PALETTE_FRAMES)]
        sheet = Image.new("RGB", (some[0].width, some[0].height * len(some)))
        for number, frame in enumerate(some):
            sheet.paste(frame, (0, number * frame.height))
        palette = sheet.quantize(256)
        self._frames = [frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames]
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
    mean the same in all frames, and grey that D²_min is not known.

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
        If no frame has soft spots and D²_min, or frames have three dimensions.
    OutputError
        If the movie cannot be written.
    """
    chosen = movie_frames(results)
    if results.dimension != 2:
        raise InputError(f"{results.path} has frames of three dimensions; a movie shows two")
    if chosen.size == 0:
        raise InputError(f"{results.path} has no frame with soft spots and D²_min to show")
    with matplotlib.rc_context(STYLE), replacing(path) as unfinished:
        _draw(unfinished, results, chosen, progress)


def _draw(path, results, chosen, progress):
    temperature = results.configuration["temperature"]
    activity = results["d2min"] / temperature
    names = ("species", "position", "soft_spot", "tilt", "strain")
    species, positions, labels, tilts, strains = (results[name] for name in names)
    size = float(results["length_x"]), float(results["length_y"])
    model = results.model
    coloring, units = color_scale(activity[chosen]), units_of(model)

    figure = Figure(figsize=(SIDE, SIDE * 1.2))
    axes = figure.add_axes((0.11, 0.2, 0.86, 0.75))
    axes.set(xlim=(0, size[0]), ylim=(0, size[1]), aspect="equal")
    axes.set(xlabel=r"$x$ ($\sigma_\mathrm{AA}$)", ylabel=r"$y$ ($\sigma_\mathrm{AA}$)")
    bar = figure.add_axes((0.31, 0.1, 0.46, 0.018))
    drawn = []
    writer: AbstractMovieWriter = (FFMpegWriter if path.suffix == ".mp4" else OnePaletteWriter)(fps=FRAMES_PER_SECOND)
    with writer.saving(figure, path, DPI):
        for index in chosen:
            for collection in drawn:
                collection.remove()
            frame = Frame(positions[index], species, Box(*size, tilts[index], strains[index]), only_b=True)
            shown = Shown(frame, activity[index], labels[index], model.diameters_of(frame), coloring)
            drawn = draw_discs(axes, np.zeros(2), np.array(size), shown)
            if index == chosen[0]:
                draw_bar(
                    bar, drawn[-1], temperature, results.configuration["rearrangement_threshold"], "horizontal", units
                )
            axes.set_title(rf"$\gamma={strains[index]:.3f}$", loc="left")
            writer.grab_frame()
            progress()
