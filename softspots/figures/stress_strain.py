"""Stress and energy against strain, with the events between."""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike
from typing import Any

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from softspots.figures.drawing import GREY, PANEL_STYLE
from softspots.figures.map import FULL_WIDTH, MARK, save_figure
from softspots.figures.units import units_of
from softspots.model import Mixture
from softspots.reasons import number_of

EVENT = "#c0392b"


def draw_stress_strain(values: Mapping[str, Any], particles: int, dimension: int, model: Mixture) -> Figure:
    """Stress and energy of all states in the order in which they came, with the drop of each event, and what it costs.

    Parameters
    ----------
    values : dict
        Of states and events, by the names of `softspots.io.shear.schema`.
    particles, dimension : int
    model : Mixture
        For the units.
    """
    units = units_of(model)
    after, drop = np.asarray(values["event_state"], dtype=int), np.asarray(values["energy_drop"])
    at = np.asarray(values["event_strain"])

    def with_drops(states, before, behind):
        return np.insert(states, np.repeat(after, 2), np.column_stack((before, behind)).ravel())

    strain = with_drops(values["strain"], at, at)
    lost, energy = np.asarray(values["event_stress"]), np.asarray(values["event_energy"])
    figure = Figure(figsize=(FULL_WIDTH / 2, 4.2), layout="constrained")
    top, middle, bottom = figure.subplots(3, 1, sharex=True, height_ratios=(3, 2, 2))
    top.plot(strain, with_drops(values["stress"], lost, lost - values["stress_drop"]), color=MARK, linewidth=0.9)
    middle.plot(strain, with_drops(values["energy"], energy, energy - drop) / particles, color=MARK, linewidth=0.9)
    if len(at):
        top.plot(at, lost, "o", color=EVENT, markersize=2.6, label=number_of(len(at), "event"))
        top.legend()
        bottom.plot(at, drop, "o", color=EVENT, markersize=2.6)
        bottom.set_yscale("log")
    else:
        bottom.annotate("no event", (0.5, 0.5), xycoords="axes fraction", ha="center", va="center", color=GREY)
        bottom.set_yticks([])
    top.set_ylabel(rf"stress (${units.energy}/{units.length}^{dimension}$)")
    middle.set_ylabel(rf"$E/N$ (${units.energy}$)")
    bottom.set_ylabel(rf"drop of $E$ (${units.energy}$)")
    bottom.set_xlabel(r"strain $\gamma$")
    top.axhline(0, color=GREY, linewidth=0.5)
    figure.align_ylabels()
    return figure


def save_stress_strain(path: str | PathLike[str], *arguments) -> None:
    """Write the picture of `draw_stress_strain`, in the format of the suffix.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    with matplotlib.rc_context(PANEL_STYLE):
        save_figure(draw_stress_strain(*arguments), path)
