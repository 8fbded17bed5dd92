"""The panels on correlations in time and lives of spots, from reduced data: figs. 5 and 6 of Schoenholz et al. 2014.

Arguments, colours and bands are as in `softspots.figures.panels`.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from matplotlib.axes import Axes
from scipy.stats import theilslopes

from softspots.analysis.series import Series
from softspots.figures.drawing import (
    BESIDE,
    GUIDE,
    MARK,
    OTHER_POINT,
    POINT,
    SMALL,
    curve,
    dashed,
    explain,
    few,
    law,
    say,
    slope,
    styled,
    where_positive,
)
from softspots.figures.units import time_of_runs
from softspots.io.reduced import Reduced

SHIFT = 10.0  # lifetimes at one temperature and the next
# Parts of a panel with laws: a line of notes, all notes at the most. Above the laws there is room for the guide.
LINE, MOST_ROOM, ABOVE = 0.09, 0.6, 8.0
CORRELATIONS = {
    "scattering": r"$F_\mathrm{s}(q,\delta t)$",
    "c_dd": r"$C_\mathrm{DD}(\delta t)$",
    "c_ss": r"$C_\mathrm{SS}(\delta t)$",
    "c_sd": r"$C_\mathrm{SD}(\delta t)$",
}
# The same correlation with the other field first, and what tells the two apart.
REVERSED = {
    "c_sd": ("c_ds", r"$C_\mathrm{DS}$: $D^2_{\min}$ after $S$", r"$C_\mathrm{SD}$: $D^2_{\min}$ before $S$"),
}


def draw_correlation(axes: Axes, series: Series, name: str, against_strain: bool = False) -> None:
    """F_s, C_DD, C_SS or C_SD (``scattering``, ``c_dd``, ``c_ss``, ``c_sd``) against δt, or γ̇ δt (fig. 5).

    On F_s triangles mark τ* and circles τ_α; with C_SS go, dashed, c P(τ_L ≥ δt) from the lives of single soft spots,
    and with C_SD, dashed, C_DS: how well soft spots predict D²_min a time δt later.
    """
    marked, held, dots, words = set(), [], {}, None
    for run, style in styled(series, name, against_strain):
        scale = run.strain_rate if against_strain else 1.0
        del style["marker"]
        later = _later(name)(run)
        found = run[name][later]
        curve(axes, found, scale=scale, **style)
        held.append(found.value)
        if few(found):
            held.append(found.low)
            dots["-"] = POINT
        if name == "scattering":
            for time, marker in (("tau_star", "v"), ("tau_alpha", "o")):
                if time in run:
                    place = run[time].value
                    height = np.interp(place, run[name].x, run[name].value)
                    axes.plot(place * scale, height, marker, color=style["color"], **MARK)
                    marked.add(time)
        if name == "c_ss" and "constant" in run:
            alive = run["alive"][later]
            dashed(axes, alive, style["color"], scale, run["constant"].value)
            dots |= {"--": OTHER_POINT} if few(alive) else {}
            if np.isfinite(alive.value).any():
                words = r"$c\,P(\tau_\mathrm{L}\geq\delta t)$"
        other, its_words, _ = REVERSED.get(name, (None, None, None))
        if other in run:
            reverse = run[other][later]
            if np.isfinite(reverse.value).any():
                words = its_words
            dashed(axes, reverse, style["color"], scale)
            held.append(reverse.value)
            dots |= {"--": OTHER_POINT} if few(reverse) else {}
    if words:
        if name in REVERSED:
            explain(axes, REVERSED[name][2], "-", marker=dots.get("-"))
        explain(axes, words, "--", marker=dots.get("--"))
    for time, marker, label in (("tau_star", "v", r"$\tau^{{*}}$"), ("tau_alpha", "o", r"$\tau_\alpha$")):
        if time in marked:
            explain(axes, label, marker, markersize=5)
    if name == "scattering":
        axes.axhline(1 / np.e, linestyle=":", **GUIDE)
        axes.annotate(r"$1/e$", (0.02, 1 / np.e), **BESIDE | {"ha": "left"}, va="bottom", xytext=(0, 1))
    axes.set(xscale="log", xlabel=_lag_words(series, against_strain), ylabel=CORRELATIONS[name])
    if held:
        # Bands reach below zero where the curves that they belong to do not.
        lowest, highest = np.nanmin(np.concatenate(held), initial=0.0), axes.dataLim.y1
        room = axes.margins()[1] * (highest - lowest)
        axes.set_ylim(lowest - room if lowest < 0 else 0.0, highest + room)
    further = {"scattering": {"tau_alpha": r"$\tau_\alpha$"}, "c_ss": {"constant": r"$P(\tau_\mathrm{L})$"}}
    further |= {first: {other: r"$C_\mathrm{DS}$"} for first, (other, *_) in REVERSED.items()}
    say(axes, series, name, _later(name), **further.get(name, {}))


def _lag_words(series, against_strain) -> str:
    """What the axis of lags is called."""
    return r"$\dot\gamma\,\delta t$" if against_strain else rf"$\delta t$ (${time_of_runs(series.runs)}$)"


def _later(name: str) -> Callable[[Reduced], np.ndarray]:
    """Which lags of this function a panel shows: all but 0."""
    return lambda run: run[name].x > 0


def draw_overlap(axes: Axes, series: Series, against_strain: bool = False) -> None:
    """⟨C_αα⟩ against δt, or γ̇ δt, with ε dashed (eqs. 4 and 5)."""
    known, later = False, _later("c_alpha")
    for run, style in styled(series, "c_alpha", against_strain):
        scale = run.strain_rate if against_strain else 1.0
        del style["marker"]
        curve(axes, run["c_alpha"][later(run)], scale=scale, **style)
        if "epsilon" in run:
            known = True
            epsilon = run["epsilon"]
            axes.axhline(epsilon.value, linestyle="--", linewidth=0.8, color=style["color"])
            if np.isfinite(epsilon.low + epsilon.high):
                axes.axhspan(epsilon.low, epsilon.high, color=style["color"], alpha=0.12, linewidth=0)
    axes.set(
        xscale="log",
        ylim=(0, None),
        xlabel=_lag_words(series, against_strain),
        ylabel=r"$\langle C_{\alpha\alpha}(\delta t)\rangle$",
    )
    if known:
        explain(axes, r"$\epsilon$", "--", linewidth=0.8)
    say(axes, series, "c_alpha", later, epsilon=r"$\epsilon$")


def draw_lifetimes(axes: Axes, series: Series, against_strain: bool = False) -> None:
    """P(τ_L), with the mean-field model's dashed (fig. 6a,b), and the slope of its first decade.

    The model with silent deaths is dotted, where laws are not shifted.

    Against strain, P(τ_L)/γ̇ over γ̇ τ_L; of a series in temperature each law is shifted by a factor of ten, the coldest
    one not.
    """
    shifted, modeled, silent, laws = series.varies == "temperature", False, False, []
    for place, (run, style) in enumerate(styled(series, "lifetimes", against_strain)):
        scale = run.strain_rate if against_strain else 1.0
        unit = (SHIFT**place if shifted else 1.0) / scale
        laws.append(law(axes, run["lifetimes"], scale, unit, linestyle="", **style))
        end = [values[-1:] for values in laws[-1]]
        if "model_lifetimes" in run:
            model, modeled = where_positive(run["model_lifetimes"]), True
            dashed(axes, model, style["color"], scale, unit)
            end = model.x[-1:] * scale, model.value[-1:] * unit
        if not shifted and "silent_lifetimes" in run:
            fitted, silent = where_positive(run["silent_lifetimes"]), True
            axes.plot(fitted.x * scale, fitted.value * unit, ":", color=style["color"], linewidth=0.9)
        if place and shifted and len(end[0]):
            beside = {"textcoords": "offset points", "fontsize": SMALL, "color": style["color"], "va": "center"}
            axes.annotate(rf"$\times 10^{{{place}}}$", (end[0][0], end[1][0]), (4, 0), **beside)
    if modeled:
        explain(axes, "mean field", "--")
    if silent:
        explain(axes, "with silent deaths", ":", linewidth=0.9)
    if against_strain:
        axes.set(xlabel=r"$\dot\gamma\,\tau_\mathrm{L}$", ylabel=r"$P(\tau_\mathrm{L})/\dot\gamma$")
    else:
        time = time_of_runs(series.runs)
        unit = rf"$P(\tau_\mathrm{{L}})$ (${time}^{{-1}}$" + (", shifted)" if shifted else ")")
        axes.set(xlabel=rf"$\tau_\mathrm{{L}}$ (${time}$)", ylabel=unit)
    lines = say(axes, series, "lifetimes", lambda run: run["lifetimes"].value > 0, model_lifetimes="mean field")
    _finish_laws(axes, laws, lines)


def draw_rearrangements(axes: Axes, series: Series) -> None:
    """P(N_R), with the mean of N_R dashed (fig. 6c,d), and the slope of its first decade.

    N_R = 0, which the mean counts too, has no place on the axis. An arrow says that larger N_R are cut off in the mean.
    """
    laws, means = [], False
    for run, style in styled(series, "budgets"):
        laws.append(law(axes, run["budgets"], linewidth=0.8, **style))
        if "mean_rearrangements" in run:
            means, mean = True, run["mean_rearrangements"]
            axes.axvline(mean.value, linestyle="--", linewidth=0.8, color=style["color"])
            if "restricted" in mean.note:
                top = {"xycoords": ("data", "axes fraction"), "va": "top", "color": style["color"]}
                axes.annotate(r"$\rightarrow$", (float(mean.value), 0.99), **top)
    if means:
        explain(axes, r"$\langle N_\mathrm{R}\rangle$", "--", linewidth=0.8)
    axes.set(xlabel=r"$N_\mathrm{R}$", ylabel=r"$P(N_\mathrm{R})$")
    lines = say(
        axes,
        series,
        "budgets",
        lambda run: run["budgets"].value > 0,
        mean_rearrangements=r"$\langle N_\mathrm{R}\rangle$",
    )
    _finish_laws(axes, laws, lines)


def _finish_laws(axes, laws, lines):
    """Axes, and the slope of the law that begins highest, in its first decade, as a guide above it."""
    laws = [one for one in laws if len(one[0])]
    axes.set(xscale="log", yscale="log")
    if not laws:
        return
    # Below the laws there is room for so many lines of notes.
    lowest, highest = min(y.min() for _, y in laws), max(y.max() for _, y in laws)
    room = min(LINE * (lines + 0.5), MOST_ROOM)
    axes.set_ylim(lowest / max(3, (ABOVE * highest / lowest) ** (room / (1 - room))), ABOVE * highest)
    left, right = axes.get_xlim()
    axes.set_xlim(left, 1.6 * right)
    x, y = max(laws, key=lambda one: one[1][0])
    first = x <= 10 * x[0]
    if first.sum() > 3 and x[-1] > 5 * x[0]:
        # By medians, as the window of the lifetimes can push deaths from one bin into another.
        power = round(theilslopes(np.log(y[first]), np.log(x[first])).slope, 1)
        height = 1.8 * np.max(y[first] * (x[first] / x[0]) ** -power)
        slope(axes, (x[0], 10 * x[0]), height, power, f"slope ${power:g}$")
