"""The maps of a run, frame by frame, as plain values that a page can hold."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from softspots.analysis.cautions import of_liquid, of_one_spot
from softspots.exceptions import DamagedFileError, InputError
from softspots.figures.discs import FEW_SIZES, LEAST, OUTLINE, color_scale, diameters_of
from softspots.io.attributes import is_of_paper, units_of_forces
from softspots.model import Mixture, Model
from softspots.report.packing import (
    FIRST,
    STEP,
    UNKNOWN,
    ZERO,
    fractions,
    levels,
    logarithms,
    order_of,
    packed,
)
from softspots.report.sources import Moment, Moments
from softspots.structure.spots import rank_modes

# Of all frames of a page, as text: with the library that draws, and the panels, it is below 30 MB.
MOST_BYTES = 26_000_000
NO_DIAMETERS = "The forces say no diameters: discs are as wide as particles are apart."


def map_data(run: Moments, most_bytes: int = MOST_BYTES, progress: Callable[[float], None] = lambda part: None):
    """What a page needs to draw the maps of a run; None if there is none.

    Parameters
    ----------
    run : Moments
    most_bytes : int
        Where all frames take more, some are left out, evenly spread.
    progress : callable
        Called with the part of the work that is done.

    Returns
    -------
    dict or None
        What JSON can hold. ``frames`` are dictionaries too, and have their particles packed in ``data``: the columns of
        positions along each lattice vector, D²_min, whether the particle rearranges, soft spot, and most localized
        mode, all in the order of ``ids``; then the participation ratios of the map's modes, by rising value.
    """
    there = run.there
    if not len(there):
        return None
    first = run.moment(there[0]).frame
    diameters, note = _diameters(run, first)
    order = order_of(first, diameters, FEW_SIZES)
    lowest = float(np.min(run.d2min, initial=np.inf, where=run.d2min > 0))
    counts = tuple(int(run.configuration.get(name, 0)) for name in ("n_modes", "n_particles"))
    # Decided here, as steps of D²_min hide on which side of the threshold it is.
    level = (_threshold(run) or np.inf) * (run.temperature or 1.0)

    def frame(index):
        return _frame(run.moment(index), order, lowest, level, counts)

    # Later frames are longer if any are, as neighbours do not stay together.
    longest = max(len(frame(index)["data"]) for index in there[[0, len(there) // 2, -1]])
    most = max(most_bytes // longest, 1)
    shown = there if len(there) <= most else there[np.linspace(0, len(there) - 1, most).astype(int)]
    frames = []
    for done, index in enumerate(shown, 1):
        frames.append(frame(index))
        progress(done / len(shown))
    coloring = color_scale(run.d2min[shown] / (run.temperature or 1.0))
    energy, length = units_of_forces(run.configuration) or (Model if is_of_paper(run.configuration) else Mixture).units
    return {
        "noun": run.noun,
        "frames": frames,
        "all": len(run.d2min),
        "ids": (order if first.ids is None else first.ids[order]).tolist(),
        "species": first.species[order].astype(str).tolist(),
        "radii": (diameters[order] / 2).round(6).tolist(),
        "lowest": lowest if np.isfinite(lowest) else 1.0,
        "step": STEP,
        "codes": {"unknown": UNKNOWN, "zero": ZERO, "first": FIRST},
        "temperature": run.temperature,
        "colors": [float(coloring["norm"].vmin), float(coloring["norm"].vmax)],
        "outline": OUTLINE,
        "least": LEAST,
        "modes": counts[0],
        "resolution": max(max(np.diag(one["vectors"]) / one["levels"]) for one in frames),
        "length": length,
        "energy": energy,
        "time": run.unit_of_time,
        "notes": [one for one in (note, *_notes(run)) if one],
    }


def _threshold(run) -> float | None:
    """From where on particles rearrange, in the units of the colours; None if these are none of the threshold's."""
    known = run.temperature or run.noun == "event"
    return run.configuration.get("rearrangement_threshold") if known else None


def _notes(run) -> list[str]:
    notes, threshold = [of_one_spot(run.labels[run.there])], _threshold(run)
    if threshold:
        activity = run.d2min[run.there] / (run.temperature or 1.0)
        notes.append(of_liquid(np.count_nonzero(activity > threshold), np.count_nonzero(np.isfinite(activity))))
        measured = "D²_min/T" if run.temperature else "D²_min"
        notes.append(f"From {measured} = {threshold:g} on a particle is said to rearrange.")
    return notes


def _diameters(run, frame) -> tuple[np.ndarray, str]:
    try:
        model = run.mixture()
    except (DamagedFileError, InputError):
        model = None
    return diameters_of(model, frame), "" if model or frame.sizes is not None else NO_DIAMETERS


def _frame(moment: Moment, order: np.ndarray, lowest: float, level: float, counts: tuple[int, int]) -> dict:
    frame, mapped = moment.frame, moment.labels is not None
    nothing = np.full(len(frame), -1)
    labels = moment.labels if mapped else nothing
    ranks, ratios = _modes(moment, *counts) if mapped else (nothing, np.empty(0))
    parts = levels(np.array(frame.box.lengths))
    columns = [
        *(np.rint(fractions(frame) * parts).astype(int) % parts)[order].T,
        logarithms(moment.d2min, lowest)[order],
        (moment.d2min > level)[order],
        labels[order] + 1,
        ranks[order] + 1,
        logarithms(1 / ratios, 1.0),
    ]
    return {
        "title": moment.title,
        "time": moment.time,
        "strain": moment.strain,
        "vectors": frame.box.vectors.tolist(),
        "levels": parts.tolist(),
        "spots": int(labels.max(initial=-1)) + 1 if mapped else None,
        "density": float(np.mean(labels >= 0)),
        "measured": bool(np.isfinite(moment.d2min).any()),
        "ratios": len(ratios),
        "data": packed(columns),
    }


def _modes(moment, n_modes: int, n_particles: int) -> tuple[np.ndarray, np.ndarray]:
    """For each particle the most localized of the map's modes in which it is among the most active, -1 for none.

    Modes are numbered as their participation ratios rise; these come too.
    """
    chosen = rank_modes(moment.ratios)[:n_modes]
    ranks = np.full(len(moment.d2min), -1)
    # The most localized ones last, so that they stay.
    for rank, particles in reversed(list(enumerate(moment.mode_particle[chosen, :n_particles]))):
        ranks[particles] = rank
    return ranks, moment.ratios[chosen]
