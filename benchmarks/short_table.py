"""The short table of the documentation, from results.json: ``python -m benchmarks --table``."""

from __future__ import annotations

import json
from pathlib import Path

# What the table calls a row, and its name; rows of several peers are told by the peer.
SHOWN = {
    "dynamics": ("sheared NVT, 1 core", "LAMMPS"),
    "quench to a certified minimum": ("quench, mean of frames", "LAMMPS"),
    "500 lowest modes": ("500 modes", "SciPy, eigsh"),
    "500 lowest modes, with a faster factor for the peer": ("500 modes", "SciPy, eigsh with CHOLMOD"),
    "map of soft spots": ("map of soft spots", "freud"),
    "D²_min": ("D²_min", "OVITO"),
    "a frame, from dynamics to D²_min": ("one frame, all in", "LAMMPS"),
    "athermal shear": ("athermal shear", "LAMMPS"),
    "in three dimensions: dynamics": ("3D Kob–Andersen, sheared NVT", "LAMMPS"),
    "in three dimensions: quench to a certified minimum": ("3D quench", "LAMMPS"),
    "in three dimensions: 500 modes of 4,000 particles": ("3D, 500 modes, 4,000 particles", "SciPy"),
}


def markdown(path: Path) -> str:
    """Medians of ours, of the peer's and of the ratios."""
    rows = json.loads(path.read_text(encoding="utf-8"))["rows"]
    lines = ["| | softspots | peer | ratio |", "| --- | --- | --- | --- |"]
    for title, (name, peer) in SHOWN.items():
        # Where one peer's name begins another's, the shorter one is meant.
        row = min(
            (row for row in rows if row["name"] == name and row["peer"]["name"].startswith(peer)),
            key=lambda row: len(row["peer"]["name"]),
        )
        ours, theirs = (amount(side["median"], row["unit"]) for side in (row["ours"], row["peer"]))
        who = row["peer"]["name"].split(", fix ")[0].split(", to ")[0].removesuffix(", min_style cg")
        lines.append(f"| {title} | {ours} | {theirs}, {who} | {row['ratio']['median']:.2g} |")
    return "\n".join(lines)


def amount(value: float, unit: str) -> str:
    """Three digits and the unit, as all tables of benchmarks have it."""
    if unit == "s" and value < 0.1:
        value, unit = 1e3 * value, "ms"
    digits = (
        f"{value:.3g}" if value < 100 else f"{value / 1e6:.3g} M" if value >= 1e6 else f"{float(f'{value:.3g}'):,.0f}"
    )
    return f"{digits} {unit}".rstrip()
