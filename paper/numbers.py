"""What settles findings beside the numbers of a run: from its reduced data, and as `paper.experiments` has kept it."""

from __future__ import annotations

import json

import numpy as np

from softspots.curve import PLATEAU_LOSS, Curve, plateau_end
from softspots.estimate import Estimate
from softspots.io.reduced import Reduced

from .conditions import Condition

LOSSES = (0.05, 0.1)
# A note on what is no mean.
AS_SEEN = "of lives as far as they are seen"


def time_of(run: Reduced, name: str) -> Estimate | None:
    """τ* or τ_α of a run, or those given of the condition that it does again (`paper.whole`); None without either."""
    return run.measured.get(name) or getattr(run, "given", {}).get(name)


def from_data(run: Reduced) -> dict[str, Estimate]:
    """Numbers that settle findings and come from reduced data."""
    found = {}
    if "scattering" in run:
        # Between the first two lags, as τ* of the reduction.
        curve = run["scattering"]
        interval = curve.x[1]
        curve = Curve.over(np.rint(curve.x / interval).astype(int), curve)
        for loss in LOSSES:
            end = plateau_end(curve, loss).map(lambda value: value * interval)
            if loss == PLATEAU_LOSS and "tau_star" in run:
                # Kept curves are rounded, which intervals show.
                end = run["tau_star"]
            if np.isfinite(end.value):
                found[f"τ* by a loss of {loss:.0%}".replace("%", " %")] = end
    twice = time_of(run, "tau_alpha")
    if twice is not None and "c_alpha" in run:
        twice, overlap = 2 * float(twice.value), run["c_alpha"]
        if twice <= overlap.x[-1]:
            found["⟨C_αα⟩ at 2 τ_α"] = overlap.map(lambda values: np.interp(twice, overlap.x, values))
    return found


def from_raw(one: Condition) -> tuple[dict[str, Estimate], dict[str, str]]:
    """Numbers that were measured in raw results, and what is missing of them, as kept."""
    if not one.experiments.exists():
        return {}, {}
    kept = json.loads(one.experiments.read_text(encoding="utf-8"))
    numbers = {}
    for name, number in kept["numbers"].items():
        ends = (np.nan if end is None else end for end in number["interval"])
        numbers[name] = Estimate(number["value"], *ends, note=number.get("note", ""))
    return numbers, kept["missing"]
