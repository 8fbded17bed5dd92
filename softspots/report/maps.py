"""The maps of a run, frame by frame, as plain values that a page can hold."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from softspots.analysis.cautions import of_liquid, of_one_spot
from softspots.exceptions import DamagedFileError
from softspots.figures.discs import FEW_SIZES, LEAST, OUTLINE, color_scale
from softspots.io.attributes import is_of_paper
from softspots.io.results import Results
from softspots.model import Mixture, Model
from softspots.report.packing import (
    FIRST,
    RESOLUTION,
    STEP,
    UNKNOWN,
    ZERO,
    fractions,
    levels,
    logarithms,
    order_of,
    packed,
)
from softspots.structure.spots import rank_modes

# Of all frames of a page, as text: with the library that draws, and the panels, it is below 30 MB.
MOST_BYTES = 26_000_000
NO_DIAMETERS = "The forces say no diameters: discs are as wide as particles are apart."


def map_data(results: Results, most_bytes: int = MOST_BYTES, progress: Callable[[float], None] = lambda part: None):
    """What a page needs to draw the maps of a run; None if no frame has positions.

    Parameters
    ----------
    results : Results
    most_bytes : int
        Where all frames take more, some are left out, evenly spread.
    progress : callable
        Called with the part of the work that is done.

    Returns
    -------
    dict or None
        What JSON can hold. ``frames`` are dictionaries too, and have their particles packed in ``data``: the columns of
        positions along each lattice vector, D²_min, soft spot, and most localized mode, all in the order of ``ids``;
        then the participation ratios of the map's modes, by rising value.
    """
    there = np.flatnonzero(np.isfinite(results["position"]).all(axis=(1, 2)))
    if not len(there):
        return None
    first, activity, labels = results.frame(there[0]), results["d2min"], results["soft_spot"]
    diameters, note = _diameters(results, first)
    order = order_of(first, diameters, FEW_SIZES)
    lowest = float(np.min(activity, initial=np.inf, where=activity > 0))
    temperature = results.configuration.get("temperature")
    threshold = results.configuration.get("rearrangement_threshold")

    def frame(index):
        return _frame(results, index, order, lowest)

    # Later frames are longer if any are, as neighbours do not stay together.
    longest = max(len(frame(index)["data"]) for index in there[[0, len(there) // 2, -1]])
    most = max(most_bytes // longest, 1)
    shown = there if len(there) <= most else there[np.linspace(0, len(there) - 1, most).astype(int)]
    frames = []
    for done, index in enumerate(shown, 1):
        frames.append(frame(index))
        progress(done / len(shown))
    coloring = color_scale(activity[shown] / (temperature or 1.0))
    notes = [note, of_one_spot(labels[there])]
    if temperature and threshold:
        notes.append(f"From D²_min/T = {threshold:g} on a particle is said to rearrange.")
        known = np.isfinite(activity[there])
        notes.append(of_liquid(np.count_nonzero(activity[there] > threshold * temperature), np.count_nonzero(known)))
    n_modes, n_particles = _counts(results)
    energy, length = (Model if is_of_paper(results.configuration) else Mixture).units
    return {
        "frames": frames,
        "all": len(results),
        "ids": order.tolist(),
        "species": first.species[order].astype(str).tolist(),
        "radii": (diameters[order] / 2).round(6).tolist(),
        "lowest": lowest if np.isfinite(lowest) else 1.0,
        "step": STEP,
        "codes": {"unknown": UNKNOWN, "zero": ZERO, "first": FIRST},
        "temperature": temperature,
        "threshold": threshold,
        "colors": [float(coloring["norm"].vmin), float(coloring["norm"].vmax)],
        "outline": OUTLINE,
        "least": LEAST,
        "modes": n_modes,
        "top": n_particles,
        "resolution": RESOLUTION,
        "length": length,
        "energy": energy,
        "notes": [one for one in notes if one],
    }


def _counts(results) -> tuple[int, int]:
    """How many modes a map is made of, and of how many particles of each, as the run was asked for."""
    return tuple(int(results.configuration.get(name, 0)) for name in ("n_modes", "n_particles"))


def _diameters(results, frame) -> tuple[np.ndarray, str]:
    try:
        model = results.model
    except DamagedFileError:
        if frame.sizes is not None:
            return frame.sizes, ""
        return np.full(len(frame), (frame.box.volume / len(frame)) ** (1 / frame.dimension)), NO_DIAMETERS
    return model.diameters_of(frame), ""


def _frame(results: Results, index: int, order: np.ndarray, lowest: float) -> dict:
    values, frame = results.variables(index), results.frame(index)
    mapped = bool(values["inherent_certified"] == 1) and bool(np.isfinite(values["eigenvalue"]).all())
    labels = values["soft_spot"] if mapped else np.full(len(frame), -1)
    ranks, ratios = _modes(values, *_counts(results)) if mapped else (np.full(len(frame), -1), np.empty(0))
    parts = levels(np.array(frame.box.lengths))
    columns = [
        *(np.rint(fractions(frame) * parts).astype(int) % parts)[order].T,
        logarithms(values["d2min"], lowest)[order],
        labels[order] + 1,
        ranks[order] + 1,
        logarithms(1 / ratios, 1.0),
    ]
    return {
        "number": int(index),
        "time": _known(values["time"]),
        "strain": frame.box.strain,
        "vectors": frame.box.vectors.tolist(),
        "levels": parts.tolist(),
        "spots": int(labels.max(initial=-1)) + 1 if mapped else None,
        "density": float(np.mean(labels >= 0)),
        "measured": bool(np.isfinite(values["d2min"]).any()),
        "ratios": len(ratios),
        "data": packed(columns),
    }


def _known(value) -> float | None:
    return float(value) if np.isfinite(value) else None


def _modes(values, n_modes: int, n_particles: int) -> tuple[np.ndarray, np.ndarray]:
    """For each particle the most localized of the map's modes in which it is among the most active, -1 for none.

    Modes are numbered as their participation ratios rise; these come too.
    """
    chosen = rank_modes(values["participation_ratio"])[:n_modes]
    ranks = np.full(len(values["d2min"]), -1)
    # The most localized ones last, so that they stay.
    for rank, particles in reversed(list(enumerate(values["mode_particle"][chosen, :n_particles]))):
        ranks[particles] = rank
    return ranks, values["participation_ratio"][chosen]
