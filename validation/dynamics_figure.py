"""The figure of `validation.dynamics`."""

from __future__ import annotations

from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from scipy.stats import gamma, norm

from softspots.figures.map import FULL_WIDTH, STYLE, save_figure

from .conservation import exponent
from .statistics import mean_error

# From dark blue to green, the slowest rate first; LAMMPS is grey or black everywhere.
RATES = {"1e-5": "#1b2f6b", "1e-4": "#1d7f96", "1e-3": "#58b368"}
OURS, OTHER, PEER = RATES["1e-5"], RATES["1e-3"], "#555555"
HEIGHT = 4.75
LOOK = STYLE | {
    "font.size": 8.5,
    "legend.fontsize": 7,
    "legend.title_fontsize": 7,
    "legend.frameon": False,
    "legend.handlelength": 1.6,
    "legend.labelspacing": 0.3,
    "lines.linewidth": 0.9,
}


def draw(parts: dict, target: Path) -> None:
    """Draw the data of all parts (see `validation.dynamics`) as .png and .pdf."""
    with matplotlib.rc_context(LOOK):
        figure = Figure(figsize=(FULL_WIDTH, HEIGHT), layout="constrained")
        axes = figure.subplots(2, 3)
        _startup(axes[0, 0], parts, "shear_stress", r"shear stress ($\varepsilon_\mathrm{AA}/\sigma_\mathrm{AA}^2$)")
        _startup(axes[0, 1], parts, "potential_energy", r"energy per particle ($\varepsilon_\mathrm{AA}$)")
        _distributions(axes[0, 2], parts)
        _pair_distributions(axes[1, 0], parts["liquid, T = 0.6"])
        _flow(axes[1, 1], parts["flow"])
        _conservation(axes[1, 2], parts["conservation"])
        for letter, panel in zip("abcdef", axes.flat, strict=True):
            panel.set_title(f"({letter})", loc="left", fontsize=9)
        for suffix in (".png", ".pdf"):
            save_figure(figure, target.with_suffix(suffix))


def _startup(axes, parts, quantity, label):
    for rate, color in RATES.items():
        _curve(axes, parts[f"start-up, {rate}"], quantity, color, rf"$10^{{{rate[2:]}}}$")
    _curve(axes, parts["start-up, 1e-3, quickly cooled"], quantity, RATES["1e-3"], r"$10^{-3}$, cooled fast", "--")
    if quantity == "potential_energy":
        _curve(axes, parts["start-up, 1e-3, cooled as by default"], quantity, RATES["1e-3"], "", ":")
    axes.axvline(0.2, color="0.6", linewidth=0.6, linestyle=":")
    note = {"xycoords": ("data", "axes fraction"), "textcoords": "offset points", "fontsize": 7, "color": "0.35"}
    axes.annotate("frames from\nhere on", (0.2, 0.03), (3, 0), **note)
    axes.set(xlabel=r"strain $\gamma$", ylabel=label)
    if quantity == "shear_stress":
        axes.set(xlim=(0, 0.4), ylim=(0, 1.25))
        ground = {"frameon": True, "framealpha": 1, "edgecolor": "none"}
        axes.legend(title=r"$\dot\gamma$ ($1/\tau$)", loc="upper right", ncols=2, **ground)
    else:
        for rate in ("1e-4", "1e-5"):
            end = parts[f"start-up, {rate}"]
            place = end["strain"][-1], np.mean(np.reshape(end[quantity], (-1, len(end["strain"])))[:, -5:])
            text = rf"$10^{{{rate[2:]}}}/\tau$"
            axes.annotate(text, place, (3, 0), textcoords="offset points", fontsize=7, color=RATES[rate], va="center")
        # The energy of a glass takes longer than its stress.
        axes.set(xlim=(0, 1), xticks=np.linspace(0, 1, 6))
        styles = (("--", "10"), (":", "100"), ("-", "1000"))
        lines = [
            Line2D([], [], color=RATES["1e-3"], linestyle=style, label=rf"${time}\,\tau$") for style, time in styles
        ]
        axes.legend(handles=lines, title=r"$10^{-3}/\tau$, cooled in", loc="lower right")


def _curve(axes, data, quantity, color, label, linestyle="-"):
    # The energy of every bin carries the thermostat's oscillation: means over 1 % strain.
    merged = 5 if quantity == "potential_energy" else 1
    strain = np.reshape(data["strain"], (-1, merged)).mean(axis=1)
    runs = np.reshape(data[quantity], (-1, len(strain), merged)).mean(axis=2)
    axes.plot(strain, runs.mean(axis=0), color=color, linestyle=linestyle, label=label)
    if len(runs) > 1:
        mean, error = mean_error(runs)
        axes.fill_between(strain, mean - error, mean + error, color=color, alpha=0.25, linewidth=0)


def _distributions(axes, parts):
    """Kinetic energy, and velocities a hundredth below, in units of their canonical spread.

    The kinetic energy with one thermostat is not canonical, and a note says by how much.
    """
    x = np.linspace(-4.5, 4.5, 400)
    half_freedom = parts["ensemble, liquid, 3 thermostats"]["particles"] - 1
    canonical = gamma(half_freedom, loc=-np.sqrt(half_freedom), scale=1 / np.sqrt(half_freedom))
    axes.semilogy(x, canonical.pdf(x), color=PEER, label="canonical")
    axes.semilogy(x, norm.pdf(x) / 100, color=PEER)
    for name, color, label, marker, fill in (
        ("liquid, 3 thermostats", OURS, r"liquid, $T=1$", "o", "full"),
        ("sheared, 3 thermostats", OTHER, r"sheared, $T=0.1$", "s", "full"),
        ("sheared, 1 thermostat", OTHER, None, "s", "none"),
    ):
        data = parts[f"ensemble, {name}"]
        centres = (np.array(data["edges"][1:]) + data["edges"][:-1]) / 2
        style = {"fmt": marker, "markersize": 2.2, "fillstyle": fill, "markeredgewidth": 0.5, "elinewidth": 0.6}
        for quantity, scale in (("kinetic_histogram", 1.0), ("velocity_histogram", 0.01)):
            mean, error = scale * np.array(mean_error(data[quantity]))
            # A bin that few seeds have reached has no error that could be trusted.
            known = (np.array(data[quantity]) > 0).sum(axis=0) > len(data["seeds"]) / 2
            labelled = {"label": label} if scale == 1 else {}
            axes.errorbar(centres[known], mean[known], error[known], color=color, **style, **labelled)
    # Of the last one.
    hollow = f"hollow: with 1 thermostat, not canonical,\n{np.mean(data['kinetic_variance']):.1f} × the variance"
    axes.text(0, 0.9, hollow, ha="center", fontsize=7, color=OTHER)
    axes.text(0, 0.012, "kinetic energy", ha="center", fontsize=7)
    axes.text(0, 0.00012, r"velocities ($\times\,10^{-2}$)", ha="center", fontsize=7)
    axes.set(
        xlim=(-4.5, 4.5),
        ylim=(2e-8, 30),
        xticks=range(-4, 5, 2),
        yticks=10.0 ** np.arange(-8, 1, 2),
        xlabel="deviation / canonical s.d.",
        ylabel="probability density",
    )
    axes.legend(loc="lower center")


def _pair_distributions(axes, data):
    edges = np.array(data["edges"])
    centres = (edges[1:] + edges[:-1]) / 2
    ours, peer = (np.array(data[side]["g"]["value"]) for side in ("ours", "lammps"))
    for k, (name, color) in enumerate(zip(("AA", "AB", "BB"), RATES.values(), strict=True)):
        shift = 4 * (2 - k)
        axes.plot(centres, peer[k] + shift, color=PEER, linewidth=0.8, label="LAMMPS" if k == 0 else None)
        axes.plot(centres, ours[k] + shift, "o", color=color, markersize=1.8, label="softspots" if k == 0 else None)
        axes.text(3.9, shift + 1.5, f"{name}" + (f" (+{shift})" if shift else ""), color=color, ha="right", fontsize=7)
    axes.set(xlim=(0.5, 4), ylim=(-0.3, 13.5), xlabel=r"$r$ ($\sigma_\mathrm{AA}$)", ylabel=r"$g(r)$, $T=0.6$")
    axes.legend(loc="upper right", ncols=2)


def _flow(axes, data):
    """The mean stress up to a strain, with its error."""
    for side, color, label in (("lammps", PEER, "LAMMPS"), ("ours", RATES["1e-3"], "softspots")):
        # Four blocks at a time, 20 % strain: neighbours do not know of each other.
        blocks = np.reshape(data[side]["shear_stress"], (-1, 4)).mean(axis=1)
        numbers = range(3, len(blocks) + 1)
        strain = 4 * data["block_strain"] * np.array(numbers)
        mean, error = np.transpose([mean_error(blocks[:number]) for number in numbers])
        axes.plot(strain, mean, color=color, label=label)
        axes.fill_between(strain, mean - error, mean + error, color=color, alpha=0.25, linewidth=0)
    axes.set(
        xlabel="strain averaged over",
        ylabel=r"mean shear stress ($\varepsilon_\mathrm{AA}/\sigma_\mathrm{AA}^2$)",
    )
    axes.legend(loc="lower right", title=r"$T=0.1$, $\dot\gamma=10^{-3}/\tau$")


def _conservation(axes, data):
    timesteps = np.array(data["timesteps"])
    for name, color, marker, label in (
        ("at_rest", OURS, "o", "at rest"),
        ("sheared", OTHER, "s", "sheared"),
    ):
        mean, error = mean_error(data[name])
        slope, uncertainty = exponent(timesteps, data[name])
        label = f"{label}: ${slope:.3f} \\pm {uncertainty:.3f}$"
        axes.errorbar(timesteps, mean, error, fmt=marker, markersize=3, color=color, elinewidth=0.6, label=label)
        guide = np.array([timesteps[0] / 1.3, timesteps[-1] * 1.3])
        middle = np.exp(np.log(mean).mean())
        axes.plot(guide, middle * (guide / np.exp(np.log(timesteps).mean())) ** 2, color=PEER, linewidth=0.8, zorder=0)
    axes.set(
        xscale="log",
        yscale="log",
        xlabel=r"time step ($\tau$)",
        ylabel=r"fluctuation of $\mathcal{H}/\sqrt{N}$ ($\varepsilon_\mathrm{AA}$)",
    )
    axes.set_xticks(timesteps, [f"{timestep:g}" for timestep in timesteps], minor=False)
    axes.xaxis.minorticks_off()
    axes.legend(loc="upper left", title="exponent (lines: 2)", handletextpad=0.1, alignment="left")
