"""The panels on athermal shear, from reduced data: stress along the path, events, and maps before them.

Arguments, colours and bands are as in `softspots.figures.panels`.
"""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from softspots.analysis.series import Series
from softspots.figures.drawing import BESIDE, GREY, GUIDE, band, curve, law, say, styled
from softspots.figures.units import units_of_runs

# Beyond so many times the least strain before events the scale is logarithmic.
MOST_OF_LINEAR = 20
# Values along the abscissa, and what is said of them.
ABSCISSAS = {
    "stress_drops": r"$\Delta\sigma$",
    "energy_drops": r"$\Delta E$",
    "waiting_strains": r"$\Delta\gamma$ between events",
    "participations": "particles that take part, $n$",
}


def draw_course(axes: Axes, series: Series, name: str) -> None:
    """Stress or energy (``stress``, ``energy``) over the strain: each sample thin, their mean with its interval."""
    for run, style in styled(series, name):
        del style["marker"]
        strain, found, samples = run["strain"].value, run[name], run.provenance["samples"]
        if name == "stress" and samples > 1:
            axes.plot(strain, run["stresses"].value.T, color=style["color"], linewidth=0.4, alpha=0.45, zorder=1)
        words = f"{style.pop('label')}, mean of {samples} samples" if samples > 1 else style.pop("label")
        axes.plot(strain, found.value, label=words, **style)
        band(axes, strain, found.low, found.high, style["color"], 0.3)
    units = units_of_runs(series.runs)
    words = {
        "stress": rf"stress $\sigma$ (${units.energy}/{units.length}^{series.runs[0].dimension}$)",
        "energy": rf"$(E-E_0)/N$ (${units.energy}$)",
    }
    axes.set(xlabel=r"strain $\gamma$", ylabel=words[name])
    axes.axhline(0, **GUIDE)
    say(axes, series, name, lambda run: np.ones(len(run.axes["traveled"]), dtype=bool))


def draw_events(axes: Axes, series: Series, name: str) -> None:
    """The density of drops, of strains between events, or of particles that take part, by its name in `EVENTS`.

    Empty bins are left out.
    """
    for run, style in styled(series, name):
        law(axes, run[name], linestyle="", **style)
    units, dimension = units_of_runs(series.runs), series.runs[0].dimension
    unit = {"stress_drops": rf" (${units.energy}/{units.length}^{dimension}$)", "energy_drops": rf" (${units.energy}$)"}
    symbol = {"stress_drops": r"\Delta\sigma", "energy_drops": r"\Delta E", "waiting_strains": r"\Delta\gamma"}
    axes.set(
        xscale="log",
        yscale="log",
        xlabel=ABSCISSAS[name] + unit.get(name, ""),
        ylabel=rf"$P({symbol.get(name, 'n')})$",
    )
    say(axes, series, name, lambda run: run[name].value > 0)


def draw_before(axes: Axes, series: Series, name: str) -> None:
    """P*/ρ_SS, or the part of cores on soft spots (``ratio_before``, ``cores_before``), over the strain before events.

    Dashed is what maps that know nothing have.
    """
    for run, style in styled(series, name):
        curve(axes, run[name], linestyle=":", linewidth=0.8, **style)
        blind = 1.0 if name == "ratio_before" else float(run["density"].value)
        axes.axhline(blind, linestyle="--", **GUIDE | {"color": GREY if name == "ratio_before" else style["color"]})
    words = ("uncorrelated", 1.0) if name == "ratio_before" else (r"$\rho_\mathrm{SS}$", blind)
    # To the left, where points lie higher.
    axes.annotate(words[0], (0.02, words[1]), **BESIDE | {"ha": "left"}, va="bottom", xytext=(0, 2))
    earlier = np.unique(np.concatenate([run.axes["map_strain"] for run in series.runs if name in run]))
    earlier = earlier[earlier > 0]
    if len(earlier) and earlier[-1] > MOST_OF_LINEAR * earlier[0]:
        axes.set_xscale("symlog", linthresh=earlier[0])
        axes.set_xlim(-0.3 * earlier[0], 1.5 * earlier[-1])
        axes.set_xticks([0.0, *earlier], [f"{one:g}" for one in (0, *earlier)])
        axes.minorticks_off()
    axes.set(
        ylim=(0, None),
        xlabel=r"strain $\delta\gamma$ from map to event",
        ylabel=r"$P^{*}/\rho_\mathrm{SS}$" if name == "ratio_before" else "cores on soft spots",
    )
    say(axes, series, name, lambda run: np.ones(len(run.axes["map_strain"]), dtype=bool))
