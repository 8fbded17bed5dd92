"""Reduced data of version 1: what of them still means the same, what can be put right, and what cannot and is missing.

That version counted other events in R than in N_R, averaged overlaps over a centered window only, took the mean of N_R
over the deaths that it saw and any flattest place of F_s for a plateau, left maxima with their bias, and gave intervals
to whatever two blocks were left of. Its blocks were a fifth of the data at the most: those that are nearly as long say
that the memory may be longer still.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from softspots.curve import Curve, plateau_end
from softspots.estimate import Estimate, holding
from softspots.io.quantities import QUANTITIES
from softspots.reasons import CENTERED, FEW_BLOCKS, NO_PLATEAU, PRODUCT_LIMIT, incomplete, joined, too_many_outlive

UNBIASED = "less its bias, as its interval shows it"
ABOVE_ONE = "less its bias, which takes too much off the maximum: a part of it is at most 1"
NO_INTERVAL = "no interval in data of an earlier version"
# From fewer blocks than this, the longest that were taken, the memory of the data cannot be told.
FEWEST = 6
BLOCKS_AT_MOST = f"{FEW_BLOCKS}: {FEWEST - 1} or less, by an earlier version"
RESTRICTED = 1e-2  # of a law, beyond its last number: a mean without it is no longer that of the law
SELECTION_FRAMES = 100  # the most that ΔP* was measured in
COUNTS = ("followed", "censored", "particles")  # as counted: they have none
_RAW = "reduced by an earlier version; raw results are needed"
WITHDRAWN = {
    "model_median": f"its R was that of other events than N_R counts; {_RAW}",
    "model_lifetimes": f"its R was that of other events than N_R counts; {_RAW}",
    "boson_peak": f"the noise of D(ω)/ω was not looked at, and any largest value was taken for a peak; {_RAW}",
}
ABSENT = f"not measured: {_RAW}"


def put_right(
    axes: dict[str, np.ndarray], measured: dict[str, Estimate], missing: dict[str, str], provenance: dict[str, Any]
) -> tuple[dict[str, Estimate], dict[str, str]]:
    """What was measured and what is missing, as this version has it."""
    measured, missing = dict(measured), dict(missing)
    for name, reason in WITHDRAWN.items():
        if measured.pop(name, None) is not None:
            missing[name] = reason
    for name in ("alive", "constant", "lifetimes", "median_lifetime", "without_rearrangement", "budgets"):
        if name in measured:
            measured[name] = replace(measured[name], note=CENTERED)
    for name in ("lifetimes", "median_lifetime"):
        if name in measured:
            measured[f"{name}_centered"] = replace(measured[name], note="")
        elif name in missing:
            missing[f"{name}_centered"] = missing[name]
    if "tau_star" in measured:
        _leave_plateau(axes, measured, missing)
    if "budgets" in measured:
        _mean_of_law(axes, measured, missing)
    for name in ("largest_difference", "chosen_difference"):
        if name in measured:
            measured[name] = _unbiased(measured[name])
    if "chosen_difference" in measured and measured["chosen_difference"].low > 1:
        nothing = np.asarray(np.nan)
        measured["chosen_difference"] = replace(
            measured["chosen_difference"], low=nothing, high=nothing, note=ABOVE_ONE
        )
    for name, found in measured.items():
        note = "given" if name == "epsilon" and "epsilon_from" in provenance else found.note
        if found.block and _frames(name, provenance) < FEWEST * found.block:
            unknown = np.full_like(found.value, np.nan)
            measured[name] = replace(found, low=unknown, high=unknown, note=joined(note, BLOCKS_AT_MOST))
            continue
        unknown = np.isnan(found.low) & ~np.isnan(found.value)
        if unknown.any() and note != "given" and name not in COUNTS:
            note = joined(note, NO_INTERVAL)
        low, high, widened = holding(found.value, found.low, found.high)
        measured[name] = replace(found, low=low, high=high, note=joined(note, widened))
    for name, entry in QUANTITIES.items():
        if name not in measured and name not in missing:
            # What the whole stage lacks has the same reason as the rest of it.
            peers = [other for other, peer in QUANTITIES.items() if peer.stage == entry.stage]
            reasons = [missing[other] for other in peers if other in missing]
            missing[name] = reasons[0] if reasons and not measured.keys() & set(peers) else ABSENT
    return measured, missing


def _frames(name, provenance) -> int:
    """How many frames a quantity is from, at the most."""
    if QUANTITIES[name].stage == "selection":
        return min(provenance["frames_with_spots"], SELECTION_FRAMES)
    return provenance["frames" if QUANTITIES[name].stage == "relaxation" else "frames_with_spots"]


def _leave_plateau(axes, measured, missing) -> None:
    """τ* by this version's rule, from F_s, of which the resamples are kept."""
    found, interval = measured["scattering"], axes["lag"][1]
    lags = np.rint(axes["lag"] / interval).astype(int)
    time = plateau_end(Curve.over(lags, Estimate.of(found.value, found.resampled, found.block)))
    if np.isfinite(time.value):
        ends = (np.asarray(end * interval) for end in (time.value, time.low, time.high))
        measured["tau_star"] = Estimate(*ends, time.resampled * interval, found.block, time.note)
    else:
        del measured["tau_star"]
        missing["tau_star"] = NO_PLATEAU if np.isnan(time.value) else "F_s does not leave its plateau within the data"


def _mean_of_law(axes, measured, missing) -> None:
    """Mean of the law of N_R, by product limit as the law is; its bins have errors, but no resamples to join them."""
    measured.pop("mean_rearrangements", None)
    edges, law = axes["rearrangements_edge"], measured["budgets"]
    centers, widths = (edges[:-1] + edges[1:] - 1) / 2, np.diff(edges)
    parts = np.nan_to_num(law.value) * widths
    rest = max(1 - parts.sum() - float(measured["without_rearrangement"].value), 0.0)
    followed, censored = (float(measured[name].value) for name in ("followed", "censored"))
    if reason := too_many_outlive(followed, censored) or incomplete(rest):
        missing["mean_rearrangements"] = reason
        return
    # What lies beyond the law has at least its last number.
    last = (edges[1:] - 1)[np.isfinite(law.value)].max(initial=1)
    notes = ["from the centers of the bins of the law, some 5 % too high", PRODUCT_LIMIT, CENTERED]
    notes += [f"restricted to {last:.0f}"] * bool(rest > RESTRICTED)
    value, unknown = np.asarray(parts @ centers + rest * last), np.asarray(np.nan)
    measured["mean_rearrangements"] = Estimate(value, unknown, unknown, note="; ".join(notes))


def _unbiased(found) -> Estimate:
    """Less the bias of a resampled maximum: the middle of its interval is as far off again as the value is."""
    bias = (found.low + found.high) / 2 - found.value
    bias = np.where(np.isfinite(bias), bias, 0.0)
    return replace(found, value=found.value - bias, low=found.low - 2 * bias, high=found.high - 2 * bias, note=UNBIASED)
