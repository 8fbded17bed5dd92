"""The map of soft spots as it changes in time: an MP4 where there is ffmpeg, else a GIF."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.animation import AbstractMovieWriter, FFMpegWriter, PillowWriter
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from .io.results import Results
from .model import Model
from .plotting import COLORS, STYLE, draw_discs
from .state import Box, Frame

FRAMES_PER_SECOND = 12
SIDE, DPI = 5.0, 120  # inches; the number of pixels must be even for MP4
# A GIF is in memory until it is written: 1.4 MB a frame.
GIF_FRAMES = 200


def movie_suffix() -> str:
    """What movies are on this machine: ".mp4" where Matplotlib finds ffmpeg, else ".gif"."""
    return ".mp4" if FFMpegWriter.isAvailable() else ".gif"


def movie_frames(results: Results) -> np.ndarray:
    """Numbers of the frames that a movie shows: those with soft spots and D²_min; of a GIF, 200 evenly spread."""
    shown = np.flatnonzero((results["inherent_certified"] == 1) & np.isfinite(results["d2min"]).all(axis=1))
    if movie_suffix() == ".gif" and len(shown) > GIF_FRAMES:
        shown = shown[np.linspace(0, len(shown) - 1, GIF_FRAMES).astype(int)]
    return shown


def draw_movie(path: Path, results: Results, progress: Callable[[], None] = lambda: None) -> None:
    """Draw particles coloured by D²_min, soft spots outlined, frame by frame.

    The view is the rectangle into which particles are wrapped, which stands still while the box is sheared; colours
    mean the same in all frames.

    Parameters
    ----------
    path : Path
        The suffix must be that of `movie_suffix`.
    results : Results
    progress : callable
        Called after each frame.

    Raises
    ------
    ValueError
        If no frame has soft spots and D²_min.
    """
    chosen = movie_frames(results)
    if chosen.size == 0:
        raise ValueError(f"{results.path} has no frame with soft spots and D²_min to show")
    with matplotlib.rc_context(STYLE):
        _draw(path, results, chosen, progress)


def _draw(path, results, chosen, progress):
    activity = results["d2min"] / results.configuration["temperature"]
    positions, labels, tilts, strains = (results[name] for name in ("position", "soft_spot", "tilt", "strain"))
    size = float(results["length_x"]), float(results["length_y"])
    sigma_aa, _, sigma_bb = Model.preset(results.configuration["model"]).sigma
    shown = activity[chosen]
    coloring = {"cmap": COLORS, "norm": LogNorm(np.quantile(shown[shown > 0], 0.05), shown.max(), clip=True)}

    figure = Figure(figsize=(SIDE, SIDE * 1.2))
    axes = figure.add_axes((0.11, 0.2, 0.86, 0.75))
    axes.set(xlim=(0, size[0]), ylim=(0, size[1]), aspect="equal")
    axes.set(xlabel=r"$x$ ($\sigma_\mathrm{AA}$)", ylabel=r"$y$ ($\sigma_\mathrm{AA}$)")
    bar = figure.add_axes((0.31, 0.1, 0.46, 0.018))
    drawn = []
    writer: AbstractMovieWriter = (FFMpegWriter if path.suffix == ".mp4" else PillowWriter)(fps=FRAMES_PER_SECOND)
    with writer.saving(figure, path, DPI):
        for index in chosen:
            for collection in drawn:
                collection.remove()
            frame = Frame(positions[index], results["species"], Box(*size, tilts[index], strains[index]))
            drawn = draw_discs(
                axes, frame, activity[index], labels[index], (sigma_aa, sigma_bb), coloring, np.zeros(2), np.array(size)
            )
            if index == chosen[0]:
                figure.colorbar(drawn[-1], cax=bar, orientation="horizontal", format="%g")
                bar.set_xlabel(r"$D^2_{\min}/T$ ($k_\mathrm{B}\sigma_\mathrm{AA}^2/\varepsilon_\mathrm{AA}$)")
            axes.set_title(rf"$\gamma={strains[index]:.3f}$", loc="left")
            writer.grab_frame()
            progress()
