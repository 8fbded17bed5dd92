"""The panels of the figures of Schoenholz et al. 2014, from reduced data: figs. 2 to 6, and two that go with them.

A panel draws runs into axes: temperatures from blue to red, strain rates from dark blue to green. Bands and bars are
68 % intervals. What a run lacks is not drawn.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator, NullFormatter

from .io.reduced import Reduced
from .plotting import FULL_WIDTH, STYLE
from .series import Series

PANEL_STYLE = STYLE | {
    "savefig.dpi": 200,
    "xtick.direction": "in",
    "ytick.direction": "in",
    "xtick.top": True,
    "ytick.right": True,
    "lines.linewidth": 1.2,
    "lines.markersize": 4,
    "legend.frameon": False,
    "legend.fontsize": 8,
    "legend.handlelength": 1.6,
    "figure.constrained_layout.use": True,
}
COLUMN_WIDTH, PANEL_HEIGHT = 3.4, 2.4  # inches; a column of Physical Review
TEMPERATURES = LinearSegmentedColormap.from_list("temperatures", ("#1f47c4", "#8b2f93", "#d3241b"))
RATES = LinearSegmentedColormap.from_list("rates", ("#14145c", "#147a96", "#3aab43"))
GUIDE = {"color": "0.45", "linewidth": 0.8}
# A legend above its panel, right of the panel's letter, where it hides nothing.
ABOVE = {
    "loc": "lower right",
    "bbox_to_anchor": (1.01, 1),
    "ncols": 3,
    "borderaxespad": 0.1,
    "borderpad": 0.1,
    "columnspacing": 0.8,
    "handletextpad": 0.4,
}
SHIFT = 10.0  # lifetimes at one temperature and the next
FEWEST = 10  # particles in a bin of P(D²_min) that is drawn
LAG, STRAIN = r"$\delta t$ ($\tau$)", r"$\dot\gamma\,\delta t$"
CORRELATIONS = {
    "scattering": r"$F_\mathrm{s}(q,\delta t)$",
    "c_dd": r"$C_\mathrm{DD}(\delta t)$",
    "c_ss": r"$C_\mathrm{SS}(\delta t)$",
    "c_sd": r"$C_\mathrm{SD}(\delta t)$",
}


# A note at the right border, at a height of the data.
_BESIDE = {"xycoords": ("axes fraction", "data"), "textcoords": "offset points", "fontsize": 8, "ha": "right"}


def draw_probability(axes: Axes, series: Series) -> None:
    """P(D²_min/T), with ρ_SS and the threshold dashed, and P* as a line from its onset on (fig. 2)."""
    for run, style in _styled(series, "probability"):
        found, x = run["probability"], run.axes["d2min"]
        _curve(axes, x, found, run["particles"].value >= FEWEST, marker="o", **style)
        axes.axhline(run["density"].value, linestyle="--", linewidth=0.8, color=style["color"])
        if "onset" in run:
            plateau = run["plateau"].value
            axes.plot([run["onset"].value, x[-1]], [plateau, plateau], linewidth=2.4, alpha=0.5, color=style["color"])
        axes.annotate(r"$\rho_\mathrm{SS}$", (0.97, run["density"].value), **_BESIDE, va="top", xytext=(0, -2))
    threshold = series.runs[0].configuration["rearrangement_threshold"]
    axes.axvline(threshold, linestyle="--", **GUIDE)
    axes.annotate(
        f"${threshold:g}\\,T$", (threshold, 0.03), (3, 0), ("data", "axes fraction"), "offset points", fontsize=8
    )
    axes.set(
        xscale="log",
        ylim=(0, None),
        xlabel=r"$D^2_{\min}/T$ ($k_\mathrm{B}\sigma_\mathrm{AA}^2/\varepsilon_\mathrm{AA}$)",
        ylabel=r"$P(D^2_{\min})$",
    )
    axes.plot([], [], linewidth=2.4, alpha=0.5, color="0.45", label="$P^*$")


def draw_selection(axes: Axes, run: Reduced) -> None:
    """ΔP* over (N_m, N_p): the largest as a star, that of the run's maps as a circle (fig. 3)."""
    values = run["difference"].value
    n_modes, n_particles = run.axes["n_modes"], run.axes["n_particles"]
    mesh = axes.pcolormesh(n_modes, n_particles, values.T, shading="nearest", cmap="viridis", rasterized=True)
    mark = {"linestyle": "", "markeredgecolor": "black", "clip_on": False, "zorder": 3}
    axes.plot(
        run["best_modes"].value, run["best_particles"].value, "*", markersize=11, color="white", label="largest", **mark
    )
    used = run.configuration["n_modes"], run.configuration["n_particles"]
    axes.plot(*used, "o", markersize=5, color="tab:orange", label="used", **mark)
    axes.set(yscale="log", xlabel=r"$N_\mathrm{m}$", ylabel=r"$N_\mathrm{p}$")
    ticks = n_particles[:: max(1, len(n_particles) // 6)]
    axes.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.minorticks_off()
    axes.figure.colorbar(mesh, ax=axes, label=r"$\Delta P^* = P^*-\rho_\mathrm{SS}$")
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2, borderaxespad=0)


def draw_ratio(axes: Axes, runs: Sequence[Reduced]) -> None:
    """P*/ρ_SS against T, between 1, for maps that know nothing, and 1/ρ_SS, short lines (fig. 4)."""
    for rate, members, color in _grouped(runs, "strain_rate", "ratio", RATES):
        x = np.array([run.temperature for run in members])
        _bars(axes, x, [run["ratio"] for run in members], color=color, marker="o", label=_rate_label(rate))
        bounds = [float(run["bound"].value) for run in members]
        axes.plot(x, bounds, linestyle="", marker="_", markersize=14, color=color)
    axes.axhline(1, linestyle="--", **GUIDE)
    highest = max(float(run["bound"].value) for run in runs if "ratio" in run)
    axes.annotate(r"uncorrelated", (0.97, 1), **_BESIDE, va="bottom", xytext=(0, 2))
    axes.annotate(r"$1/\rho_\mathrm{SS}$", (0.97, highest), **_BESIDE, va="top", xytext=(0, -4))
    axes.set(
        xlim=(0, axes.get_xlim()[1] + 0.05),
        ylim=(0, 1.08 * highest),
        xlabel=r"$T$ ($\varepsilon_\mathrm{AA}/k_\mathrm{B}$)",
        ylabel=r"$P^*/\rho_\mathrm{SS}$",
    )
    # Between the data and their bound.
    axes.legend(loc="center right", bbox_to_anchor=(1, 0.7))


def draw_correlation(axes: Axes, series: Series, name: str, against_strain: bool = False) -> None:
    """F_s, C_DD, C_SS or C_SD (``scattering``, ``c_dd``, ``c_ss``, ``c_sd``) against δt, or γ̇ δt (fig. 5).

    On F_s triangles mark τ* and circles τ_α; with C_SS go, dashed, c P(τ_L ≥ δt) from the lives of single soft spots.
    """
    for run, style in _styled(series, name, against_strain):
        scale = run.strain_rate if against_strain else 1.0
        x, found = run.axes["lag"] * scale, run[name]
        _curve(axes, x, found, run.axes["lag"] > 0, **style)
        if name == "scattering":
            for time, marker in (("tau_star", "v"), ("tau_alpha", "o")):
                if time in run:
                    place = run[time].value
                    height = np.interp(place, run.axes["lag"], found.value)
                    axes.plot(place * scale, height, marker, color=style["color"], markeredgecolor="white")
        if name == "c_ss" and "constant" in run:
            axes.plot(x[1:], (run["constant"].value * run["alive"].value)[1:], "--", color=style["color"])
    if name == "c_ss" and any("constant" in run for run in series.runs):
        _legend(axes, r"$c\,P(\tau_\mathrm{L}\geq\delta t)$", linestyle="--")
    if name == "scattering":
        for marker, label in (("v", r"$\tau^*$"), ("o", r"$\tau_\alpha$")):
            axes.plot([], [], marker, color="0.45", label=label)
        axes.annotate(r"$1/e$", (0.02, 1 / np.e), **_BESIDE | {"ha": "left"}, va="bottom", xytext=(0, 1))
    axes.axhline(1 / np.e if name == "scattering" else 0, linestyle=":", **GUIDE)
    axes.set(xscale="log", xlabel=STRAIN if against_strain else LAG, ylabel=CORRELATIONS[name])


def draw_relaxation(axes: Axes, runs: Sequence[Reduced]) -> None:
    """τ_α (circles) and τ* (triangles) against γ̇, with 1/γ̇ dashed (section IV)."""
    anchor = None
    for temperature, members, color in _grouped(runs, "temperature", "tau_alpha", TEMPERATURES):
        members = [run for run in members if run.strain_rate > 0]
        x = np.array([run.strain_rate for run in members])
        for name, marker in (("tau_alpha", "o"), ("tau_star", "v")):
            known = np.array([name in run for run in members], dtype=bool)
            values = [run[name] for run in members if name in run]
            label = f"$T={temperature:g}$" if name == "tau_alpha" else None
            if values:
                filled = color if name == "tau_alpha" else "white"
                _bars(axes, x[known], values, color=color, marker=marker, markerfacecolor=filled, label=label)
        if anchor is None and len(members):
            anchor = members[0].strain_rate * float(members[0]["tau_alpha"].value)
    if anchor is not None:
        ends = np.array(axes.dataLim.intervalx)
        axes.plot(ends, anchor / ends, "--", label=r"$\propto 1/\dot\gamma$", **GUIDE)
    axes.plot([], [], "v", color="0.45", markerfacecolor="white", label=r"$\tau^*$")
    axes.set(
        xscale="log", yscale="log", xlabel=r"$\dot\gamma$ ($\tau^{-1}$)", ylabel=r"$\tau_\alpha$, $\tau^*$ ($\tau$)"
    )


def draw_overlap(axes: Axes, series: Series, against_strain: bool = False) -> None:
    """⟨C_αα⟩ against δt, or γ̇ δt, with ε dashed (eqs. 4 and 5)."""
    for run, style in _styled(series, "c_alpha", against_strain):
        scale = run.strain_rate if against_strain else 1.0
        x = run.axes["lag"] * scale
        _curve(axes, x, run["c_alpha"], run.axes["lag"] > 0, **style)
        if "epsilon" in run:
            axes.axhline(run["epsilon"].value, linestyle="--", linewidth=0.8, color=style["color"])
    axes.set(
        xscale="log",
        ylim=(0, None),
        xlabel=STRAIN if against_strain else LAG,
        ylabel=r"$\langle C_{\alpha\alpha}(\delta t)\rangle$",
    )
    axes.plot([], [], "--", linewidth=0.8, color="0.45", label=r"$\epsilon$")


def draw_lifetimes(axes: Axes, series: Series, against_strain: bool = False) -> None:
    """P(τ_L), with the mean-field model's dashed (fig. 6a,b).

    Against strain, P(τ_L)/γ̇ over γ̇ τ_L; of a series in temperature each law is shifted by a factor of ten, the coldest
    one not.
    """
    shifted, lowest = series.varies == "temperature", np.inf
    for place, (run, style) in enumerate(_styled(series, "lifetimes", against_strain)):
        scale = run.strain_rate if against_strain else 1.0
        unit = (SHIFT**place if shifted else 1.0) / scale
        if place and shifted:
            style["label"] += rf" ($\times 10^{{{place}}}$)"
        x, found = run.axes["lifetime"] * scale, run["lifetimes"]
        known = (found.value > 0) & np.isfinite(found.low)
        lowest = min(lowest, found.value[known].min(initial=np.inf) * unit)
        bars = np.abs(np.array([found.low, found.high]) - found.value) * unit
        axes.errorbar(x[known], found.value[known] * unit, bars[:, known], linestyle="", marker="o", capsize=0, **style)
        if "model_lifetimes" in run:
            model = run["model_lifetimes"].value
            axes.plot(x[model > 0], model[model > 0] * unit, "--", color=style["color"])
    if any("model_lifetimes" in run for run in series.runs):
        axes.plot([], [], "--", color="0.45", label="mean field")
    axes.set(xscale="log", yscale="log", ylim=(lowest / 3 if np.isfinite(lowest) else None, None))
    if against_strain:
        axes.set(xlabel=r"$\dot\gamma\,\tau_\mathrm{L}$", ylabel=r"$P(\tau_\mathrm{L})/\dot\gamma$")
    else:
        unit = r"$P(\tau_\mathrm{L})$ ($\tau^{-1}$" + (", shifted)" if shifted else ")")
        axes.set(xlabel=r"$\tau_\mathrm{L}$ ($\tau$)", ylabel=unit)


def draw_rearrangements(axes: Axes, series: Series) -> None:
    """P(N_R), with the mean of N_R dashed (fig. 6c,d)."""
    lowest = np.inf
    for run, style in _styled(series, "budgets"):
        found, x = run["budgets"], run.axes["rearrangements"]
        known = (found.value > 0) & np.isfinite(found.low)
        lowest = min(lowest, found.value[known].min(initial=np.inf))
        _curve(axes, x, found, known, marker="o", **style)
        axes.axvline(run["mean_rearrangements"].value, linestyle="--", linewidth=0.8, color=style["color"])
    _legend(axes, r"$\langle N_\mathrm{R}\rangle$", linestyle="--", linewidth=0.8)
    axes.set(xscale="log", yscale="log", ylim=(lowest / 3 if np.isfinite(lowest) else None, None))
    axes.set(xlabel=r"$N_\mathrm{R}$", ylabel=r"$P(N_\mathrm{R})$")


def figures(series: Sequence[Series]) -> Iterator[tuple[str, Callable[[], Figure | None]]]:
    """All figures of some series: the name of each, and what makes it; None if the data have nothing for it.

    The names depend on the conditions of the runs only. Use within ``matplotlib.rc_context(PANEL_STYLE)``.
    """
    runs = list({id(run): run for one in series for run in one.runs}.values())
    for one in series:
        end = f"_{one.name}" if len(series) > 1 else ""
        both = (False, True) if one.varies == "strain_rate" else (False,)
        yield (
            f"probability{end}",
            lambda one=one: figure_of(one.runs, [[("probability", draw_probability, (one,))]]),
        )
        yield (
            f"correlations{end}",
            lambda one=one, both=both: figure_of(
                one.runs, [[(name, draw_correlation, (one, name, strain)) for strain in both] for name in CORRELATIONS]
            ),
        )
        yield (
            f"overlap{end}",
            lambda one=one, both=both: figure_of(
                one.runs, [[("c_alpha", draw_overlap, (one, strain)) for strain in both]]
            ),
        )
        yield (
            f"lifetimes{end}",
            lambda one=one, both=both: figure_of(
                one.runs,
                [
                    [("lifetimes", draw_lifetimes, (one, both[-1])), ("budgets", draw_rearrangements, (one,))],
                ],
            ),
        )
    for run in runs:
        end = f"_{run_name(run)}" if len(runs) > 1 else ""
        yield f"selection{end}", lambda run=run: figure_of((run,), [[("difference", draw_selection, (run,))]])
    yield "prediction", lambda: figure_of(runs, [[("ratio", draw_ratio, (runs,))]])
    if len({run.strain_rate for run in runs}) > 1:
        yield "relaxation", lambda: figure_of(runs, [[("tau_alpha", draw_relaxation, (runs,))]])


def run_name(run: Reduced) -> str:
    """A name for a run in files, such as ``T0.1_rate0.001_seed1``."""
    return f"T{run.temperature:g}_rate{run.strain_rate:g}_seed{run.configuration.get('seed', 0)}"


def figure_of(runs: Sequence[Reduced], rows: Sequence[Sequence[tuple]]) -> Figure | None:
    """A figure of rows of panels; None if no run has anything for it.

    Parameters
    ----------
    runs : sequence of Reduced
    rows : sequence of sequence of tuple
        For each panel the name of the quantity that it needs, a function that draws it, and the arguments of this
        after the axes.
    """
    if not any(name in run for run in runs for row in rows for name, _, _ in row):
        return None
    columns = len(rows[0])
    figure = Figure(figsize=(COLUMN_WIDTH if columns == 1 else FULL_WIDTH, PANEL_HEIGHT * len(rows)))
    panels, places = sum(rows, []), figure.subplots(len(rows), columns, squeeze=False).ravel()
    for letter, (name, draw, arguments), axes in zip("abcdefgh", panels, places, strict=False):
        draw(axes, *arguments)
        _label_short_range(axes)
        if len(panels) > 1:
            axes.set_title(f"({letter})", loc="left", fontsize=9, pad=3)
        if not any(name in run for run in runs):
            axes.annotate("not in the data", (0.5, 0.5), xycoords="axes fraction", ha="center", color="0.45")
    explained = set()
    for axes in places:
        labels = axes.get_legend_handles_labels()[1]
        # A column of one series needs one legend.
        if axes.get_legend() is None and not explained.issuperset(labels):
            axes.legend(**(ABOVE if len(panels) > 1 else {}))
            explained.update(labels)
    return figure


def _label_short_range(axes):
    """Numbers at 1, 2, and 5 where a logarithmic axis has hardly more than one decade."""
    for axis, (low, high) in ((axes.xaxis, axes.get_xlim()), (axes.yaxis, axes.get_ylim())):
        if axis.get_scale() == "log" and high < 30 * low:
            axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
            axis.set_major_formatter("{x:g}")
            axis.set_minor_formatter(NullFormatter())


def _styled(series: Series, name: str, against_strain: bool = False) -> list[tuple[Reduced, dict]]:
    """The runs that have a quantity, each with its colour and label."""
    first = series.runs[0]
    varied = [first.temperature if series.varies == "nothing" else getattr(run, series.varies) for run in series.runs]
    conditions = sorted(set(varied))
    places = np.linspace(0, 1, len(conditions)) if len(conditions) > 1 else [0.0]
    shades = RATES if series.varies == "strain_rate" else TEMPERATURES
    styled = []
    for run, value in zip(series.runs, varied, strict=True):
        if name in run and not (against_strain and run.strain_rate == 0):
            label = _rate_label(run.strain_rate) if series.varies == "strain_rate" else f"$T={run.temperature:g}$"
            if varied.count(value) > 1:
                label += f", seed {run.configuration.get('seed')}"
            styled.append((run, {"color": shades(places[conditions.index(value)]), "label": label}))
    return styled


def _grouped(runs, by, name, shades):
    """Value, runs and colour of each group of runs that have a quantity; colours count all runs' groups."""
    values = sorted({getattr(run, by) for run in runs})
    places = np.linspace(0, 1, len(values)) if len(values) > 1 else [0.0]
    other = "temperature" if by == "strain_rate" else "strain_rate"
    for value, place in zip(values, places, strict=True):
        members = [run for run in runs if getattr(run, by) == value and name in run]
        if members:
            yield value, sorted(members, key=lambda run: getattr(run, other)), shades(place)


def _curve(axes, x, found, where, color, label, **style):
    """A line with the band of its intervals."""
    axes.plot(x[where], found.value[where], color=color, label=label, **style)
    axes.fill_between(x[where], found.low[where], found.high[where], color=color, alpha=0.2, linewidth=0)


def _legend(axes, label, **line):
    """A legend that only says what the dashed lines are, below curves that begin high and above their zero."""
    handle = Line2D([], [], color="0.45", label=label, **line)
    axes.legend(handles=[handle], loc="lower left", bbox_to_anchor=(0, 0.1))


def _bars(axes, x, found, **style):
    """Points with bars for their intervals, joined by a thin line."""
    values, low, high = (
        np.array([getattr(one, end) for one in found], dtype=float) for end in ("value", "low", "high")
    )
    bars = np.nan_to_num(np.abs(np.array([low, high]) - values), posinf=0.0)
    axes.errorbar(x, values, bars, linewidth=0.8, capsize=2, **style)


def _rate_label(rate: float) -> str:
    """γ̇ as a power of ten."""
    if rate == 0:
        return r"$\dot\gamma=0$"
    power = int(np.floor(np.log10(rate) + 1e-9))
    mantissa = rate / 10.0**power
    factor = "" if abs(mantissa - 1) < 1e-9 else rf"{mantissa:g}\times "
    return rf"$\dot\gamma={factor}10^{{{power}}}\,\tau^{{-1}}$"
