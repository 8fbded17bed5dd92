"""All figures of some runs: which there are, and panels side by side in one figure."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter

from softspots.analysis.series import Series
from softspots.figures.drawing import GREY, NO_INTERVAL, explain
from softspots.figures.map import FULL_WIDTH
from softspots.figures.naming import run_names
from softspots.figures.panels import draw_probability, draw_ratio, draw_relaxation, draw_selection, draw_states
from softspots.figures.panels_in_time import (
    CORRELATIONS,
    draw_correlation,
    draw_lifetimes,
    draw_overlap,
    draw_rearrangements,
)
from softspots.figures.panels_of_events import draw_before, draw_course, draw_events
from softspots.io.reduced import Reduced

COLUMN_WIDTH, PANEL_HEIGHT = 3.4, 2.4  # inches; a column of Physical Review
# A legend above its panel, right of the panel's letter, where it hides nothing and looks like no datum.
ABOVE = {
    "loc": "lower right",
    "bbox_to_anchor": (1.01, 1),
    "borderaxespad": 0.1,
    "borderpad": 0.1,
    "columnspacing": 0.8,
    "handletextpad": 0.4,
}
LEGEND_WIDTH, LEGEND_COLUMNS = 48, 3  # characters of text in a row of a legend, a handle counted as four


def figures(series: Sequence[Series]) -> Iterator[tuple[str, Callable[[], Figure | None]]]:
    """All figures of some series: the name of each, and what makes it; None if the data have nothing for it.

    The names depend on the conditions of the runs only. Use within ``matplotlib.rc_context(PANEL_STYLE)``.
    """
    runs = list({id(run): run for one in series for run in one.runs}.values())
    athermal = runs[0].athermal
    for one in series:
        end = f"_{one.name}" if len(series) > 1 else ""
        if not athermal:
            yield f"vibrations{end}", lambda one=one: figure_of(one.runs, [[("states", draw_states, (one,))]])
        yield (
            f"probability{end}",
            lambda one=one: figure_of(one.runs, [[("probability", draw_probability, (one,))]]),
        )
        yield from (_of_events if athermal else _in_time)(one, end)
    for run, name in zip(runs, run_names(runs), strict=True):
        end = f"_{name}" if len(runs) > 1 else ""
        yield f"selection{end}", lambda run=run: figure_of((run,), [[("difference", draw_selection, (run,))]])
    if athermal:
        return
    yield "prediction", lambda: figure_of(runs, [[("ratio", draw_ratio, (runs,))]])
    if len({run.strain_rate for run in runs}) > 1:
        yield "relaxation", lambda: figure_of(runs, [[("tau_alpha", draw_relaxation, (runs,))]])


def _in_time(one: Series, end: str) -> Iterator[tuple[Any, ...]]:
    """Those that need times, of one series."""
    both = (False, True) if one.varies == "strain_rate" else (False,)
    yield (
        f"correlations{end}",
        lambda: figure_of(
            one.runs,
            [[(name, draw_correlation, (one, name, strain)) for strain in both] for name in CORRELATIONS],
            one_axis=True,
        ),
    )
    yield (
        f"overlap{end}",
        lambda: figure_of(one.runs, [[("c_alpha", draw_overlap, (one, strain)) for strain in both]]),
    )
    yield (
        f"lifetimes{end}",
        lambda: figure_of(
            one.runs,
            [
                [("lifetimes", draw_lifetimes, (one, both[-1])), ("budgets", draw_rearrangements, (one,))],
            ],
        ),
    )


def _of_events(one: Series, end: str) -> Iterator[tuple[Any, ...]]:
    """Those of athermal shear, of one series."""
    yield (
        f"course{end}",
        lambda: figure_of(one.runs, [[(name, draw_course, (one, name))] for name in ("stress", "energy")]),
    )
    rows = (("stress_drops", "energy_drops"), ("waiting_strains", "participations"))
    yield (
        f"events{end}",
        lambda: figure_of(one.runs, [[(name, draw_events, (one, name)) for name in row] for row in rows]),
    )
    names = ("ratio_before", "cores_before")
    # One map of each event is a number.
    several = [run for run in one.runs if len(run.axes.get("map_strain", ())) > 1]
    yield f"before{end}", lambda: figure_of(several, [[(name, draw_before, (one, name)) for name in names]])


def figure_of(
    runs: Sequence[Reduced], rows: Sequence[Sequence[tuple[Any, ...]]], one_axis: bool = False
) -> Figure | None:
    """A figure of rows of panels; None if no run has anything for it.

    Parameters
    ----------
    runs : sequence of Reduced
    rows : sequence of sequence of tuple
        For each panel the name of the quantity that it needs, a function that draws it, and the arguments of this
        after the axes.
    one_axis : bool
        Whether panels above each other have the same range of their abscissa.
    """
    if not any(name in run for run in runs for row in rows for name, _, _ in row):
        return None
    columns = len(rows[0])
    figure = Figure(figsize=(COLUMN_WIDTH if columns == 1 else FULL_WIDTH, PANEL_HEIGHT * len(rows)))
    panels, places = sum(rows, []), figure.subplots(len(rows), columns, squeeze=False).ravel()
    for above, below in zip(places, places[columns:], strict=False) if one_axis else ():
        below.sharex(above)
    for letter, (name, draw, arguments), axes in zip("abcdefgh", panels, places, strict=False):
        draw(axes, *arguments)
        if len(panels) > 1:
            axes.set_title(f"({letter})", loc="left", fontsize=9, pad=3)
        if not any(name in run for run in runs):
            axes.annotate("not in the data", (0.5, 0.5), xycoords="axes fraction", ha="center", color=GREY)
    explained = {}
    for (_, _, arguments), axes in zip(panels, places, strict=True):
        _label_logarithmic(axes)
        if any(line.get_label() == NO_INTERVAL for line in axes.lines):
            explain(axes, "no interval", marker="o", linestyle="", markerfacecolor="white")
        # What a panel above or beside has said of the same runs is not said again.
        said = explained.setdefault(id(arguments[0]), set())
        new = {
            label: handle for handle, label in zip(*axes.get_legend_handles_labels(), strict=True) if label not in said
        }
        if new:
            columns, names = _legend_columns(new), list(new)
            # Legends fill column after column; we read row after row.
            names = [name for column in range(columns) for name in names[column::columns]]
            axes.legend([new[name] for name in names], names, ncols=columns, **ABOVE)
            said.update(new)
    return figure


def _legend_columns(labels) -> int:
    """As many columns as the longest label leaves room for; commands of TeX count as one letter."""
    longest = max(len(re.sub(r"\\[a-z]+|[{}$^_\\]", "", label)) for label in labels)
    return min(max(LEGEND_WIDTH // (longest + 4), 1), LEGEND_COLUMNS)


def _label_logarithmic(axes):
    """Numbers at powers of ten alone, and at 1, 2, and 5 where there is hardly more than one decade or one power."""
    for axis, (low, high) in ((axes.xaxis, axes.get_xlim()), (axes.yaxis, axes.get_ylim())):
        if axis.get_scale() != "log":
            continue
        axis.set_minor_formatter(NullFormatter())
        powers = math.floor(math.log10(high)) - math.ceil(math.log10(low)) + 1
        if high < 30 * low or powers < 2:
            axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
            axis.set_major_formatter("{x:g}")
