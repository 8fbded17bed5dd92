"""The figure of `validation.landscape`."""

from __future__ import annotations

from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from softspots.figures.map import FULL_WIDTH, save_figure

from .dynamics_figure import LOOK, OTHER, PEER
from .sheared_frames import SEEDS

# From dark blue to orange, the coldest first.
COLORS = dict(zip(map(str, SEEDS), ("#1b2f6b", "#1d7f96", "#58b368", "#e08a3c"), strict=True))
HEIGHT = 2.5


def draw(parts: dict, target: Path) -> None:
    """Draw the data of all parts (see `validation.landscape`) as .png and .pdf."""
    with matplotlib.rc_context(LOOK):
        figure = Figure(figsize=(FULL_WIDTH, HEIGHT), layout="constrained")
        axes = figure.subplots(1, 3)
        _handover(axes[0], parts["handover"])
        _apart(axes[1], parts["basins"])
        _residuals(axes[2], parts["modes, N = 10,000"])
        for letter, panel in zip("abc", axes, strict=True):
            panel.set_title(f"({letter})", loc="left", fontsize=9)
        for suffix in (".png", ".pdf"):
            save_figure(figure, target.with_suffix(suffix))


def _handover(axes, data):
    factors = axes.twinx()
    for temperature, color in COLORS.items():
        evaluations = np.mean(data[temperature]["evaluations"], axis=1)
        axes.semilogx(data["handovers"], evaluations, "o-", color=color, markersize=3, label=temperature)
        factorizations = np.mean(data[temperature]["factorizations"], axis=1)
        factors.semilogx(data["handovers"], factorizations, "s--", color=color, markersize=2.5, fillstyle="none")
    axes.set(
        xlabel=r"force at the handover ($\varepsilon_\mathrm{AA}/\sigma_\mathrm{AA}$)",
        ylabel="evaluations per quench (full)",
        ylim=(0, 2500),
    )
    factors.set(ylabel="factorisations per quench (hollow)", ylim=(0, 12))
    axes.legend(title="$T =$", loc="upper right", ncols=2)


def _apart(axes, data):
    """Share of the particles that are farther apart than a distance, in the minima by Newton and by CG and FIRE."""
    edges = np.array(data["edges"])
    for temperature, color in COLORS.items():
        counts = np.sum(data[temperature]["apart"]["newton, cg+fire"]["histogram"], axis=0)
        farther = counts[::-1].cumsum()[::-1] / counts.sum()
        axes.loglog(edges[:-1], farther, color=color, label=temperature)
    axes.set(
        xlim=(1e-4, 2),
        ylim=(1e-4, 1.5),
        xlabel=r"distance ($\sigma_\mathrm{AA}$)",
        ylabel="particles farther apart",
    )
    axes.legend(title="$T =$", loc="lower left")


def _residuals(axes, data):
    """Residuals of all modes in one frame of each temperature."""
    for solver, color, label in (("arpack", PEER, "ARPACK"), ("lanczos", OTHER, "block Lanczos")):
        for k, temperature in enumerate(COLORS):
            residuals = data[temperature][solver][0]
            numbers = np.arange(1, len(residuals) + 1)
            axes.semilogy(numbers, residuals, ".", color=color, markersize=1, label=None if k else label)
    axes.set(ylim=(1e-14, 1e-12), xlabel="mode", ylabel=r"$\|H e - \lambda e\| / \lambda_{500}$")
    axes.legend(loc="lower right", markerscale=6)
