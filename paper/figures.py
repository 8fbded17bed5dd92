"""Figures 1 to 7 from the data under paper/data: ``python -m paper.figures``."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from softspots.analysis.series import Series, series_of
from softspots.figures.drawing import GUIDE, PANEL_STYLE, SMALL
from softspots.figures.map import save_figure, save_map
from softspots.figures.naming import rate_words
from softspots.figures.panels import draw_probability, draw_ratio, draw_selection
from softspots.figures.panels_in_time import CORRELATIONS, draw_correlation, draw_lifetimes, draw_rearrangements
from softspots.figures.sheets import figure_of
from softspots.figures.summary import summary_text
from softspots.io import read_results
from softspots.io.quantities import QUANTITIES
from softspots.io.reduced import Reduced
from softspots.model import Model

from . import age
from .conditions import CONDITIONS, FRAME, HERE, SHOWN, condition
from .further import further_text
from .plan import table
from .whole import read_column, read_shown, read_whole

FOLDER = HERE / "figures"
NAMES = ("1_map", "2_probability", "3_selection", "4_prediction", "5_correlations", "6_lifetimes", "7_age")
SUFFIXES = ("pdf", "png")
STACKED_HEIGHT = 8.4  # inches
GUIDE_LABEL = {
    "xycoords": ("data", "axes fraction"),
    "textcoords": "offset points",
    "fontsize": SMALL,
    "va": "top",
    "color": GUIDE["color"],
}
SUMMARY = HERE / "summary.md"


def draw_frame(path, target) -> None:
    """Figure 1: the frame in ``path`` as a map, written to ``target``."""
    results = read_results(path)
    values, parameters, frame = results.variables(0), results.configuration, results.frame(0)
    save_map(
        target,
        frame,
        values["d2min"],
        values["soft_spot"],
        parameters["temperature"],
        model=Model.of_run(parameters),
        threshold=parameters["rearrangement_threshold"],
        title=rf"{_condition_words(parameters)}, $\gamma={frame.box.strain:.3f}$",
    )


def _condition_words(parameters: Mapping[str, Any]) -> str:
    """Temperature and strain rate, for a figure of one run."""
    return rf"$T={parameters['temperature']:g}$, {rate_words(parameters['strain_rate'])}"


def figures(runs: Sequence[Reduced]) -> Iterator[tuple[str, Figure | None]]:
    """Figures 2 to 7 of the conditions that are there: name and figure; None if there is nothing for it."""
    shown = condition(SHOWN).all_parameters
    temperatures = _series("temperature", [run for run in runs if run.strain_rate == shown.strain_rate])
    rates = _series("strain_rate", [run for run in runs if run.temperature == shown.temperature])
    reference = [run for run in temperatures.runs if run.temperature == shown.temperature]

    probability = figure_of(runs, [[("probability", draw_probability, (one,)) for one in (temperatures, rates)]])
    if probability:
        _share(probability.axes, "x", "y")
    yield NAMES[1], probability

    selection = [("difference", draw_selection, (run,)) for run in reference]
    chosen = figure_of(reference, [selection]) if selection else None
    if chosen:
        words = _condition_words(reference[0].configuration)
        chosen.axes[0].annotate(
            words, (0.98, 0.04), xycoords="axes fraction", color="white", fontsize=SMALL, ha="right"
        )
    yield NAMES[2], chosen

    yield NAMES[3], figure_of(runs, [[("ratio", draw_ratio, (runs, float(QUANTITIES["bound"].paper)))]])

    correlations = figure_of(
        runs,
        [
            [
                (name, draw_correlation, (temperatures, name)),
                (name, draw_correlation, (rates, name, True)),
            ]
            for name in CORRELATIONS
        ],
    )
    if correlations:
        _stack(correlations, reference)
    yield NAMES[4], correlations

    lifetimes = figure_of(
        runs,
        [
            [("lifetimes", draw_lifetimes, (temperatures,)), ("lifetimes", draw_lifetimes, (rates, True))],
            [("budgets", draw_rearrangements, (one,)) for one in (temperatures, rates)],
        ],
    )
    if lifetimes:
        _share(lifetimes.axes[2:], "x", "y")
    yield NAMES[5], lifetimes

    ages = age.figure(runs)
    if ages:
        for column in (ages.axes[::2], ages.axes[1::2]):
            _one_axis(column)
            _share(column, "y")
    yield NAMES[6], ages


def _series(varies: str, runs: list[Reduced]) -> Series:
    return Series(varies, tuple(sorted(runs, key=lambda run: getattr(run, varies))))


def _share(panels: Sequence[Axes], *which: str) -> None:
    """Give panels that compare the same limits, in "x", "y", or both."""
    for name in which:
        low, high = zip(*(getattr(axes, f"get_{name}lim")() for axes in panels), strict=True)
        for axes in panels:
            getattr(axes, f"set_{name}lim")(min(low), max(high))


def _one_axis(column: Sequence[Axes]) -> None:
    """Panels above each other over one axis."""
    _share(column, "x")
    for axes in column[:-1]:
        axes.set_xlabel("")
        axes.tick_params(labelbottom=False)


def _stack(figure: Figure, reference: Sequence[Reduced]) -> None:
    """Figure 5: two columns of panels over one axis each, and guides to the eye at τ* and τ_α of the run in both."""
    panels = figure.axes
    figure.set_figheight(STACKED_HEIGHT)
    for column in (panels[::2], panels[1::2]):
        _one_axis(column)
    for row in zip(panels[::2], panels[1::2], strict=True):
        _share(row, "y")
        for axes, scale in zip(row, (lambda run: 1.0, lambda run: run.strain_rate), strict=True):
            for run in reference:
                for time, symbol in (("tau_star", r"$\tau^{{*}}$"), ("tau_alpha", r"$\tau_\alpha$")):
                    if time in run:
                        place = run[time].value * scale(run)
                        axes.axvline(place, linestyle="--", zorder=0, **GUIDE)
                        if axes in panels[:2]:
                            axes.annotate(symbol, (place, 0.97), (2, 0), **GUIDE_LABEL)


def main() -> None:
    """The command: figures, all numbers in summary.md, what is there in conditions.md."""
    # The date that Matplotlib writes into a PDF: the same data give the same file.
    os.environ["SOURCE_DATE_EPOCH"] = "0"
    FOLDER.mkdir(exist_ok=True)
    size = condition(SHOWN).all_parameters.particles
    data = {one.name: read_whole(one) for one in CONDITIONS}
    for name, run in data.items():
        if run is None:
            print(f"left out, as its data are not there: {name}")
    conditions = [one for one in CONDITIONS if one.all_parameters.particles == size and not one.repeats]
    runs = [run for run in map(read_shown, conditions) if run]
    if FRAME.exists():
        for suffix in SUFFIXES:
            draw_frame(FRAME, FOLDER / f"figure{NAMES[0]}.{suffix}")
    else:
        print(f"left out, as {FRAME.name} is not there: figure{NAMES[0]}")
    with matplotlib.rc_context(PANEL_STYLE):
        for name, figure in figures(runs):
            if figure is None:
                print(f"left out, as nothing is there for it: figure{name}")
                continue
            for suffix in SUFFIXES:
                save_figure(figure, FOLDER / f"figure{name}.{suffix}")
    found = [run for run in map(read_column, CONDITIONS) if run]
    (HERE / "conditions.md").write_text(table() + "\n", encoding="utf-8")
    SUMMARY.write_text(summary_text(found, series_of(runs)) + "\n" + further_text(data), encoding="utf-8")


if __name__ == "__main__":
    main()
