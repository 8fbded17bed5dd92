"""What all panels are drawn with: style, colours and names of runs, curves with bands, points with bars, guides.

Legends are made of what is drawn: a key stands for a line or marker that is there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from textwrap import wrap
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.legend import Legend
from matplotlib.patheffects import withStroke

from softspots.analysis.series import Series
from softspots.curve import Curve
from softspots.estimate import Estimate
from softspots.figures.map import STYLE
from softspots.figures.naming import condition_words, differences, words
from softspots.io.reduced import Reduced
from softspots.reasons import CENTERED, FEW_BLOCKS, OFTEN_UNDEFINED

PANEL_STYLE = STYLE | {
    "savefig.dpi": 200,
    "xtick.direction": "in",
    "ytick.direction": "in",
    "xtick.top": True,
    "ytick.right": True,
    "lines.linewidth": 1.2,
    "lines.markersize": 3,
    "legend.frameon": False,
    "legend.fontsize": 8,
    "legend.handlelength": 1.8,
    "figure.constrained_layout.use": True,
}
# Lightness rises along both, for print in grey. The middle of the rates is the first of the temperatures, so that in
# the paper's study the run that is in both series has one colour.
TEMPERATURES = LinearSegmentedColormap.from_list("temperatures", ("#173fa6", "#9b4fa8", "#e0685c", "#f7b24a"))
RATES = LinearSegmentedColormap.from_list("rates", ("#0a0a33", "#173fa6", "#43b35c"))
MARKERS = "osD^<>v"  # each can be seen hollow
GREY = "0.45"
MARK = {"markeredgecolor": "white", "markeredgewidth": 0.6, "markersize": 5.5}  # of a point on a curve
LEAST_OF_LINE = 3  # points; of fewer a line shows little, of one nothing
POINT, OTHER_POINT = "o", "D"  # of lines of fewer: plain ones, and broken ones
NO_INTERVAL = "_no interval"  # of points; the underscore keeps it out of legends, where one key stands for all
GUIDE = {"color": GREY, "linewidth": 0.8}
SMALL = 7.5  # points; notes inside a panel
NOTE_WIDTH = 46  # letters of a line of notes, which fit into the narrowest panel
# White around their letters alone, so that lines do not cross them and data are not covered.
HALO = [withStroke(linewidth=2, foreground="white")]
# A note at the right border, at a height of the data.
BESIDE = {"xycoords": ("axes fraction", "data"), "textcoords": "offset points", "fontsize": SMALL, "ha": "right"}


def styled(series: Series, name: str, against_strain: bool = False) -> list[tuple[Reduced, dict[str, Any]]]:
    """The runs that have a quantity, each with a colour, marker and label that no other run of the series has."""
    by_rate = series.varies == "strain_rate"
    shades = RATES if by_rate else TEMPERATURES
    places = np.linspace(0, 1, len(series.runs)) if len(series.runs) > 1 else [0.0]
    return [
        (run, {"color": shades(place), "marker": _marker(number, len(places), by_rate), "label": label})
        for number, (run, place, label) in enumerate(zip(series.runs, places, labels(series), strict=True))
        if name in run and not (against_strain and run.strain_rate == 0)
    ]


def _marker(number, count, by_rate) -> str:
    """As of the colours, the middle one of the rates is the first one of the temperatures; the others are the last."""
    off_middle = number - count // 2
    return MARKERS[(-2 * abs(off_middle) + (off_middle < 0) if by_rate else number) % len(MARKERS)]


def labels(series: Series) -> list[str]:
    """What each run of a series is called in its legends."""

    by = "strain_rate" if series.varies == "strain_rate" else "temperature"
    told = differences(series.runs)
    return [condition_words(run, by) + words(one) for run, one in zip(series.runs, told, strict=True)]


def grouped(runs: Sequence[Reduced], by: str, name: str) -> Iterator[tuple[list[Reduced], dict[str, Any]]]:
    """Runs that have a quantity, in groups that differ in temperature (``by`` the strain rate) or rate only.

    Each comes with its colour, marker and label; at one strain rate alone these are those of runs in `styled`.
    """
    other = "temperature" if by == "strain_rate" else "strain_rate"
    by_rate = by == "strain_rate" and len({run.strain_rate for run in runs}) > 1
    groups = {}
    for run, told in zip(runs, differences(runs), strict=True):
        groups.setdefault((getattr(run, by), words(told)), []).append(run)
    places = np.linspace(0, 1, len(groups)) if len(groups) > 1 else [0.0]
    # Those of one value, or of none, stay in the order of the runs.
    ordered = sorted(groups, key=lambda key: key[:1])
    for number, (key, place) in enumerate(zip(ordered, places, strict=True)):
        value, told = key
        members = sorted((run for run in groups[key] if name in run), key=lambda run: getattr(run, other))
        if members:
            label = "" if value is None else condition_words(members[0], by)
            label = (label + told).removeprefix(", ")
            marker = _marker(number, len(places), by_rate)
            yield members, {"color": (RATES if by_rate else TEMPERATURES)(place), "marker": marker, "label": label}


def curve(axes: Axes, found: Curve, color, label: str, scale: float = 1.0, **style) -> None:
    """A line over its axis times ``scale``, with the band of its intervals or, if it has markers, with their bars.

    A marker without an interval is hollow; an interval between points that have none is a bar in any case.
    """
    x, value, low, high = found.x * scale, found.value, found.low, found.high
    if few(found):
        style = {"marker": POINT} | style
    axes.plot(x, value, color=color, label=label, **style)
    known = ~np.isnan(low + high)
    alone = known & ~np.append(False, known[:-1]) & ~np.append(known[1:], False)
    if "marker" in style:
        _hollow(axes, x, value, ~known & ~np.isnan(value), color, style["marker"])
        alone = known
    else:
        band(axes, x, low, high, color, 0.2)
    if alone.any():
        lengths = np.abs(np.array([low, high]) - value)[:, alone]
        axes.errorbar(x[alone], value[alone], lengths, fmt="none", ecolor=color, elinewidth=0.9)


def few(found: Curve) -> bool:
    """Whether a curve has too few points on a logarithmic axis for its line to show them."""
    return np.count_nonzero((found.x > 0) & np.isfinite(found.value)) < LEAST_OF_LINE


def dashed(axes: Axes, found: Curve, color, scale: float = 1.0, unit: float = 1.0) -> None:
    """A broken line over its axis times ``scale``, times ``unit``, with its band; of few points these too.

    A point that has nothing beside it shows its interval as a bar.
    """
    known = np.isfinite(found.value)
    marker = OTHER_POINT if few(found) else None
    axes.plot(found.x * scale, found.value * unit, "--", color=color, marker=marker)
    if np.count_nonzero(known) == 1:
        x, value, low, high = (float(part[known][0]) for part in (found.x * scale, found.value, found.low, found.high))
        if np.isfinite(low + high):
            axes.plot((x, x), (low * unit, high * unit), color=color, linewidth=0.9)
    band(axes, found.x * scale, found.low * unit, found.high * unit, color)


def band(axes: Axes, x, low, high, color, alpha: float = 0.12) -> None:
    """The intervals of a line."""
    axes.fill_between(x, low, high, color=color, alpha=alpha, linewidth=0)


def _hollow(axes, x, value, which, color, marker) -> None:
    """White markers at points without an interval."""
    if which.any():
        look = {"color": color, "marker": marker, "markerfacecolor": "white", "zorder": 3}
        axes.plot(x[which], value[which], linestyle="", label=NO_INTERVAL, **look)


def bars(axes: Axes, x, value, low, high, **style) -> None:
    """Points with bars, whose caps stand out beside the marker even where the bar does not.

    Without an interval points are hollow; an arrow stands for an upper end at infinity.
    """
    x, value, low, high = (np.atleast_1d(np.asarray(values, dtype=float)) for values in (x, value, low, high))
    lengths = np.abs(np.array([low, high]) - value)
    open_ended = np.isinf(lengths)
    axes.errorbar(x, value, np.where(open_ended, 0.0, lengths), elinewidth=0.9, capsize=2.6, capthick=0.9, **style)
    for place in np.flatnonzero(open_ended[1]):
        above = {"textcoords": "offset points", "ha": "center", "va": "bottom", "color": style["color"]}
        axes.annotate(r"$\uparrow$", (x[place], value[place]), (0, 2), **above)
    _hollow(axes, x, value, np.isnan(lengths).any(axis=0), style["color"], style["marker"])


def where_positive(found: Curve) -> Curve:
    """What has a place on a logarithmic axis."""
    return found[found.value > 0]


def law(axes: Axes, found: Curve, scale: float = 1.0, unit: float = 1.0, **style) -> tuple[np.ndarray, np.ndarray]:
    """A density where it is not zero, over its axis times ``scale``, times ``unit``: points with bars, and these."""
    found = where_positive(found)
    x, *parts = found.x * scale, *(part * unit for part in (found.value, found.low, found.high))
    bars(axes, x, *parts, **style)
    return x, parts[0]


def ends(found: Sequence[Estimate]) -> list[np.ndarray]:
    """Values, lower and upper ends of several numbers."""
    return [np.array([getattr(one, end) for one in found], dtype=float) for end in ("value", "low", "high")]


def explain(axes: Axes, label: str, *format_string: str, **style) -> None:
    """A key in grey for what the panel shows in the colours of its runs."""
    axes.plot([], [], *format_string, color=GREY, label=label, **style)


def slope(axes: Axes, x: tuple[float, float], y: float, power: float, label: str) -> None:
    """A straight guide to the eye on two logarithmic axes, from (x[0], y) on."""
    end = x[1], y * (x[1] / x[0]) ** power
    axes.plot((x[0], end[0]), (y, end[1]), linestyle="-", **GUIDE)
    ground = {"facecolor": "white", "edgecolor": "none", "pad": 0.6}
    axes.annotate(label, end, (4, 0), textcoords="offset points", fontsize=SMALL, va="center", bbox=ground)


def say(
    axes: Axes, series: Series, name: str, drawn: Callable[[Reduced], np.ndarray], left_out: str = "", **further: str
) -> int:
    """Notes on what a panel shows, and on further quantities, given with what they are called: what is not there.

    ``drawn`` says of a run which of its points the panel shows, ``left_out`` why not all of them, if anything is to be
    said of it. Notes stand where they cover least; how many lines they have is returned.
    """
    called, lines = labels(series), [left_out] if left_out else []
    for one, what in ({name: "data"} | further).items():
        lacking = [label for run, label in zip(series.runs, called, strict=True) if one not in run]
        lines += _of_runs(f"no {what}", lacking, called)
    centered = [
        label
        for run, label in zip(series.runs, called, strict=True)
        if any(CENTERED in run[one].note for one in (name, *further) if one in run)
    ]
    lines += _of_runs("centered window", centered, called)
    there = [run for run in series.runs if name in run]
    points = [drawn(run) & ~np.isnan(run[name].value) for run in there]
    unknown = sum(
        int(np.isnan(run[name].low + run[name].high)[shown].sum()) for run, shown in zip(there, points, strict=True)
    )
    if unknown:
        reasons = [one for one in (FEW_BLOCKS, OFTEN_UNDEFINED) if any(one in run[name].note for run in there)]
        counted = f"no interval at {unknown} of {sum(int(shown.sum()) for shown in points)} points"
        lines += [f"{counted}:", *reasons] if reasons else [counted]
    lines = [part for line in lines for part in wrap(line, NOTE_WIDTH, break_long_words=False, break_on_hyphens=False)]
    if lines and there:
        # A legend without keys, as legends find their place when all else has its own.
        look = {"frameon": False, "alignment": "left", "title_fontsize": SMALL - 0.5, "borderaxespad": 0.3}
        notes = axes.add_artist(Legend(axes, [], [], title="\n".join(lines), loc="best", **look))
        notes.get_title().set(color=GREY, path_effects=HALO)
    return len(lines) if there else 0


def _of_runs(words: str, those: list[str], all_runs: list[str]) -> list[str]:
    """A note on some runs, with their names unless it is all; nothing if it is none."""
    names = f": {', '.join(those)}" if len(those) < len(all_runs) else ""
    return [words + names] if those else []
