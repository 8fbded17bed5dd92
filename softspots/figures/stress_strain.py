"""Stress and energy against strain, with the events between."""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from softspots.figures.drawing import GREY, PANEL_STYLE
from softspots.figures.map import FULL_WIDTH, MARK, save_figure
from softspots.figures.units import units_of
from softspots.model import Mixture

EVENT = "#c0392b"


def draw_stress_strain(states: Mapping, events: Mapping, particles: int, dimension: int, model: Mixture) -> Figure:
    """Stress and energy of all states in the order in which they came, and where events are and what they cost.

    Parameters
    ----------
    states : dict
        ``strain``, ``stress`` and ``energy``, as in `softspots.io.shear.schema`.
    events : dict
        ``event_strain``, ``event_state`` and ``energy_drop``.
    particles, dimension : int
    model : Mixture
        For the units.
    """
    units = units_of(model)
    strain, stress = np.asarray(states["strain"]), np.asarray(states["stress"])
    at, after = np.asarray(events["event_strain"]), np.asarray(events["event_state"], dtype=int)
    figure = Figure(figsize=(FULL_WIDTH / 2, 4.2), layout="constrained")
    top, middle, bottom = figure.subplots(3, 1, sharex=True, height_ratios=(3, 2, 2))
    top.plot(strain, stress, color=MARK, linewidth=0.9)
    if len(at):
        # On the line between the states on both sides.
        part = (at - strain[after - 1]) / (strain[after] - strain[after - 1])
        top.plot(
            at,
            stress[after - 1] + part * (stress[after] - stress[after - 1]),
            "o",
            color=EVENT,
            markersize=2.6,
            label=f"{len(at)} events",
        )
        top.legend()
        bottom.vlines(at, 0, events["energy_drop"], color=EVENT, linewidth=0.9)
    top.set_ylabel(rf"stress (${units.energy}/{units.length}^{dimension}$)")
    middle.plot(strain, np.asarray(states["energy"]) / particles, color=MARK, linewidth=0.9)
    middle.set_ylabel(rf"$E/N$ (${units.energy}$)")
    bottom.set_ylim(bottom=0)
    bottom.set_ylabel(rf"drop of $E$ (${units.energy}$)")
    bottom.set_xlabel(r"strain $\gamma$")
    top.axhline(0, color=GREY, linewidth=0.5)
    figure.align_ylabels()
    return figure


def save_stress_strain(path: str | PathLike, *arguments) -> None:
    """Write the picture of `draw_stress_strain`, in the format of the suffix.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    with matplotlib.rc_context(PANEL_STYLE):
        save_figure(draw_stress_strain(*arguments), path)
