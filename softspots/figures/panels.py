"""The panels on vibrations, prediction and relaxation, from reduced data: figs. 2 to 4 of Schoenholz et al. 2014.

A panel draws runs into axes: temperatures from blue to orange, strain rates from dark blue to green. Bands and bars are
68 % intervals. What a run lacks is not drawn.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import LogLocator, NullLocator

from softspots.analysis.series import Series
from softspots.figures.drawing import BESIDE, GUIDE, HALO, MARK, SMALL, bars, curve, ends, explain, grouped, say, styled
from softspots.figures.units import time_of_runs, units_of_runs
from softspots.io.reduced import Reduced

FEWEST = 100  # particles in a bin of P(D²_min) that is drawn
ROOM = 0.8  # of the axis: notes on what lies farther right are on its left
NEAR = 0.1  # of an axis: there is no room for two names
PLATEAU = 0.95  # of the largest ΔP*: where the contour is


def draw_states(axes: Axes, series: Series) -> None:
    """D(ω)/ω, in three dimensions D(ω)/ω², over ω: flat where Debye holds; a dot is a boson peak (section II).

    Runs of the other dimension than the first one's have no place on the axis, and are left out.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        What is drawn into; its scales, labels and legend are set.
    series : Series
        Of the runs; those without what is drawn are left out.
    """
    found = styled(series, "states")
    dimension, marked = found[0][0].dimension if found else 2, False
    for run, style in found:
        if run.dimension == dimension:
            del style["marker"]
            states = run["states"]
            curve(axes, states, **style)
            if "boson_peak" in run:
                top, marked = states.value.argmax(), True
                axes.plot(states.x[top], states.value[top], "o", color=style["color"], **MARK)
    if marked:
        explain(axes, r"$\omega_\mathrm{BP}$", "o", markersize=5)
    units = units_of_runs(series.runs)
    length, energy = units.length, units.energy
    quantity = {
        2: rf"$D(\omega)/\omega$ ($m\,{length}^2/{energy}$)",
        3: rf"$D(\omega)/\omega^2$ ($m^{{3/2}}{length}^3/{energy}^{{3/2}}$)",
    }
    axes.set(
        xlim=(0, None),
        ylim=(0, 1.05 * axes.get_ylim()[1]),
        xlabel=rf"$\omega$ (${energy}^{{1/2}}m^{{-1/2}}{length}^{{-1}}$)",
        ylabel=quantity[dimension],
    )
    say(
        axes,
        series,
        "states",
        lambda run: np.full(len(run.axes["frequency"]), run.dimension == dimension),
        boson_peak="boson peak",
    )


def draw_probability(axes: Axes, series: Series) -> None:
    """P(D²_min/T), with ρ_SS dashed, and P* as a bar over the D²_min that it is measured from on (fig. 2).

    In athermal shear it is P(D²_min). Bins of fewer than `FEWEST` particles are left out, and how many these are is
    said; of a run that has no others the key is its dashed line.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        What is drawn into; its scales, labels and legend are set.
    series : Series
        Of the runs; those without what is drawn are left out.
    """
    densities, plateaus, thresholds, units = [], [], set(), units_of_runs(series.runs)
    for run, style in styled(series, "probability"):
        found = run["probability"][_enough(run)]
        if len(found.x):
            curve(axes, found, **style)
        key = {} if len(found.x) else {"label": style["label"]}
        densities.append(float(run["density"].value))
        axes.axhline(densities[-1], linestyle="--", linewidth=0.8, color=style["color"], **key)
        threshold = run.configuration["rearrangement_threshold"]
        thresholds.add(threshold)
        if "plateau" in run:
            plateaus.append(float(run["plateau"].value))
            end = max(found.x.max(initial=threshold), 1.5 * threshold)
            axes.plot([threshold, end], [plateaus[-1]] * 2, linewidth=2.6, alpha=0.5, color=style["color"])
    for threshold in thresholds:
        axes.axvline(threshold, linestyle=":", **GUIDE)
    if densities:
        note = axes.annotate(r"$\rho_\mathrm{SS}$", (0.98, min(densities)), **BESIDE, va="top", xytext=(0, -2))
        note.set_path_effects(HALO)
    if plateaus:
        explain(axes, "$P^{{*}}$", linewidth=2.6, alpha=0.5)
    lines = say(axes, series, "probability", _enough, _left_out(series))
    # Above what is drawn there is room for the name of the threshold, and for notes of several lines.
    axes.set(
        xscale="log",
        ylim=(0, (1.12 + 0.1 * max(0, lines - 1)) * axes.get_ylim()[1]),
        xlabel=units.activity if series.runs[0].athermal else units.relative_activity,
        ylabel=r"$P(D^2_{\min})$",
    )
    for threshold in thresholds:
        _name(axes, threshold, f"${threshold:.3g}$" if series.runs[0].athermal else f"${threshold:g}\\,T$")


def _name(axes, threshold: float, text: str) -> None:
    """Beside the line of a threshold, at the top, where no notes are, on the side where there is more room."""
    place, _ = axes.transAxes.inverted().transform(axes.transData.transform((threshold, 1.0)))
    side = 1 if place < ROOM else -1
    axes.annotate(
        text,
        (threshold, 0.97),
        (3 * side, 0),
        xycoords=("data", "axes fraction"),
        textcoords="offset points",
        fontsize=SMALL,
        ha="left" if side > 0 else "right",
        va="top",
        path_effects=HALO,
        zorder=4,
    )


def _enough(run) -> np.ndarray:
    """The bins of P(D²_min) that hold enough particles."""
    return run["particles"].value >= FEWEST


def _left_out(series) -> str:
    """How many bins with particles in them are not drawn; empty if all are."""
    counts = np.concatenate([run["particles"].value for run in series.runs if "probability" in run] or [[]])
    filled, few = np.count_nonzero(counts), np.count_nonzero((counts > 0) & (counts < FEWEST))
    return f"{few} of {filled} bins left out: under {FEWEST} particles" if few else ""


def draw_selection(axes: Axes, run: Reduced) -> None:
    """ΔP* over (N_m, N_p): the largest as a star, that of the maps as a circle, a contour around 95 % (fig. 3).

    There is no contour where the largest one, less its bias, may be zero, or has no interval: it would be one of noise.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        What is drawn into; its scales, labels and legend are set.
    run : Reduced
        It must have what is drawn.
    """
    values = run["difference"].value
    n_modes, n_particles = run.axes["n_modes"], run.axes["n_particles"]
    mesh = axes.pcolormesh(n_modes, n_particles, values.T, shading="nearest", cmap="viridis", rasterized=True)
    mark = {"linestyle": "", "markeredgecolor": "black", "zorder": 3}
    best = float(run["best_modes"].value), float(run["best_particles"].value)
    axes.plot(*best, "*", markersize=11, color="white", label=_largest(best, n_modes, n_particles), **mark)
    used = run.configuration["n_modes"], run.configuration["n_particles"]
    axes.plot(*used, "o", markersize=5, color="tab:orange", label="used", **mark)
    level = PLATEAU * values.max()
    told = "largest_difference" in run and run["largest_difference"].low > 0
    if told and values.min() < level and min(values.shape) > 1:
        axes.contour(n_modes, n_particles, values.T, [level], colors="black", linewidths=0.9)
        axes.plot([], [], color="black", linewidth=0.9, label=f"{PLATEAU:g} of it")
    axes.set(yscale="log", xlabel=r"$N_\mathrm{m}$", ylabel=r"$N_\mathrm{p}$")
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter("{x:g}")
    axes.yaxis.set_minor_locator(NullLocator())
    axes.figure.colorbar(mesh, ax=axes, label=r"$\Delta P^{{*}} = P^{{*}}-\rho_\mathrm{SS}$, bias included")


def _largest(best, *values) -> str:
    """What the star is; at the end of a range the maximum may lie beyond."""
    at_end = any(one in (those[0], those[-1]) for one, those in zip(best, values, strict=True))
    return "largest, at the end of the range" if at_end else "largest"


def draw_ratio(axes: Axes, runs: Sequence[Reduced], published: float | None = None) -> None:
    """P*/ρ_SS against T, between 1, for maps that know nothing, and 1/ρ_SS, short lines (fig. 4).

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        What is drawn into; its scales, labels and legend are set.
    runs : sequence of Reduced
        Those without what is drawn are left out.
    published : float, optional
        Another's 1/ρ_SS, dotted.
    """
    bounds = []
    for members, style in grouped(runs, "strain_rate", "ratio"):
        x = np.array([run.temperature for run in members])
        bars(axes, x, *ends([run["ratio"] for run in members]), linewidth=0.8, **style)
        bounds += [float(run["bound"].value) for run in members]
        axes.plot(x, bounds[-len(x) :], linestyle="", marker="_", markersize=14, color=style["color"])
    axes.axhline(1, linestyle="--", **GUIDE)
    axes.annotate("uncorrelated", (0.98, 1), **BESIDE, va="bottom", xytext=(0, 2))
    temperatures = [run.temperature for run in runs if "ratio" in run]
    highest, coldest, named = max([*bounds, published or 0]), min(temperatures), -np.inf
    # Lines of several runs that are near each other have one name.
    for bound in sorted(float(run["bound"].value) for run in runs if "ratio" in run and run.temperature == coldest):
        if bound > named + NEAR * highest:
            below = {"textcoords": "offset points", "fontsize": SMALL, "ha": "center", "va": "top"}
            axes.annotate(r"$1/\rho_\mathrm{SS}$", (coldest, bound), (0, -4), **below)
            named = bound
    if published:
        axes.axhline(published, linestyle=":", **GUIDE)
        text = rf"$1/\rho_\mathrm{{SS}}$ published: {published:g}"
        axes.annotate(text, (0.98, published), **BESIDE, va="bottom", xytext=(0, 2))
    axes.set(
        xlim=(0, max(temperatures) + 0.05),
        ylim=(0, 1.12 * highest),
        xlabel=rf"$T$ (${units_of_runs(runs).energy}/k_\mathrm{{B}}$)",
        ylabel=r"$P^{{*}}/\rho_\mathrm{SS}$",
    )


def draw_relaxation(axes: Axes, runs: Sequence[Reduced]) -> None:
    """τ_α (full) and τ* (hollow) against γ̇, with 1/γ̇ dashed (section IV).

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        What is drawn into; its scales, labels and legend are set.
    runs : sequence of Reduced
        Those without what is drawn are left out.
    """
    anchor, hollow = None, False
    sheared = [run for run in runs if run.strain_rate > 0]
    for members, style in grouped(sheared, "temperature", "tau_alpha"):
        label = style.pop("label")
        x = np.array([run.strain_rate for run in members])
        bars(axes, x, *ends([run["tau_alpha"] for run in members]), linewidth=0.8, label=label, **style)
        if known := [run for run in members if "tau_star" in run]:
            x = [run.strain_rate for run in known]
            found = ends([run["tau_star"] for run in known])
            bars(axes, x, *found, linewidth=0.8, linestyle=":", markerfacecolor="white", **style)
            hollow = True
        anchor = anchor or members[0].strain_rate * float(members[0]["tau_alpha"].value)
    if anchor is not None:
        span = np.array(axes.dataLim.intervalx)
        axes.plot(span, anchor / span, "--", label=r"$\propto 1/\dot\gamma$", **GUIDE)
    if hollow:
        explain(axes, r"$\tau^{{*}}$", marker="o", linestyle=":", markerfacecolor="white", linewidth=0.8)
    time = time_of_runs(runs)
    axes.set(
        xscale="log",
        yscale="log",
        xlabel=rf"$\dot\gamma$ (${time}^{{-1}}$)",
        ylabel=rf"$\tau_\alpha$, $\tau^{{{{*}}}}$ (${time}$)",
    )
