"""For how long a map predicts: figure 7, P*/ρ_SS against the age of the map, and the half-lives of all runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from softspots.analysis.series import Series
from softspots.estimate import Estimate
from softspots.figures.drawing import BESIDE, GREY, GUIDE, HALO, MARK, SMALL, curve, explain, say, styled
from softspots.figures.naming import rate_words
from softspots.figures.panels_in_time import draw_correlation
from softspots.figures.sheets import figure_of
from softspots.figures.summary import Part, shown
from softspots.io.reduced import Reduced
from validation.verdicts import Number

from .numbers import time_of

AGE = "ratio_at_age"
ROOM = 0.7  # of P*/ρ_SS: where its axis begins
CORNER = {"xycoords": "axes fraction", "fontsize": SMALL, "ha": "right", "va": "top", "path_effects": HALO}


def draw_age(axes: Axes, series: Series) -> None:
    """P*/ρ_SS of maps that are δt old, over what the composition alone gives; circles mark δt_½."""
    marked = False
    for run, style in styled(series, AGE):
        del style["marker"]
        curve(axes, run[AGE][_later(run)], **style)
        if half := _half_life(run):
            age, marked = float(half.value), True
            height = np.interp(age, run[AGE].x, run[AGE].value)
            axes.plot(age, height, "o", color=style["color"], **MARK)
    if marked:
        explain(axes, r"$\delta t_{1/2}$", "o", markersize=5)
    axes.axhline(1, linestyle="--", **GUIDE)
    axes.annotate("chance", (0.03, 1), **BESIDE | {"ha": "left"}, va="bottom", xytext=(0, 1))
    axes.annotate(rate_words(series.runs[0].strain_rate), (0.97, 0.95), **CORNER)
    # Below chance there is room for notes.
    axes.set(
        xscale="log",
        ylim=(ROOM, None),
        xlabel=r"age of the map, $\delta t$ ($\tau$)",
        ylabel=r"$P^{{*}}/\rho_\mathrm{SS}(\delta t)$, over chance",
    )
    say(axes, series, AGE, _later, map_age=r"$\delta t_{1/2}$")


def _later(run) -> np.ndarray:
    return run.axes["lag"] > 0


def _half_life(run: Reduced) -> Estimate | None:
    """δt_½, if it lies where the curve is known: before the first lag there is a straight line alone."""
    age = run.measured.get("map_age")
    return age if age is not None and age.value >= run.axes["lag"][1] else None


def figure(runs: Sequence[Reduced]) -> Figure | None:
    """Figure 7: a row of panels for each strain rate that has maps of an age; None if none has."""
    rows, lacking = [], []
    for rate in sorted({run.strain_rate for run in runs}):
        members = [run for run in runs if run.strain_rate == rate]
        if any(AGE in run for run in members):
            rows.append(Series("temperature", tuple(sorted(members, key=lambda run: run.temperature))))
        else:
            lacking.append(rate_words(rate))
    panels = [[(AGE, draw_age, (one,)), ("c_sd", draw_correlation, (one, "c_sd"))] for one in rows]
    found = figure_of([run for one in rows for run in one.runs], panels) if rows else None
    if found and lacking:
        found.supxlabel(f"not measured yet: {', '.join(lacking)}", x=0.01, ha="left", fontsize=SMALL, color=GREY)
    return found


def half_lives(data: Mapping[str, Reduced | None]) -> list[Part]:
    """δt_½ of all runs that are there, in τ, in τ_α and as a strain, or why it is not known."""
    rows = [["", "P*/ρ_SS over chance, age 0", "δt_½ (τ)", "τ_α (τ)", "δt_½/τ_α", "γ̇ δt_½"]]
    reasons = {}
    for name, run in data.items():
        if run is None:
            continue
        age, relaxation = _half_life(run), time_of(run, "tau_alpha")
        if age is None:
            early = f"it lies before the first lag, {run.axes['lag'][1]:g} τ" if "map_age" in run else "not measured"
            reasons.setdefault(run.missing.get("map_age", early), []).append(name)
        if AGE in run:
            fresh = run[AGE].value[0], run[AGE].low[0], run[AGE].high[0]
            known = age is not None
            rows.append(
                [
                    name,
                    shown(Estimate(*map(float, fresh))),
                    shown(age) if known else "",
                    shown(relaxation) if relaxation is not None else "",
                    shown(Number.of(age).over(Number.of(relaxation))) if known and relaxation is not None else "",
                    shown(_times(age, run.strain_rate)) if known else "",
                ]
            )
    items = [f"{reason} ({', '.join(names)})" for reason, names in reasons.items()]
    parts = [Part(rows=rows)] if len(rows) > 1 else []
    return parts + ([Part("δt_½ is not known:", items=items)] if items else [])


def _times(one: Estimate, factor: float) -> Estimate:
    return Estimate(*(float(part) * factor for part in (one.value, one.low, one.high)))
