"""What the chain has found in a frame, and what a results file knows of it, as columns."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import Any

import numpy as np

from softspots.exceptions import SoftspotsError
from softspots.frame import Frame
from softspots.io.attributes import LEFT_OUT, SOURCE_NOTES, unit_of_time
from softspots.io.results import Results
from softspots.io.writers.columns import spot_numbers
from softspots.model import Mixture


def frame_and_found(entry: Any) -> tuple[Frame | None, dict[str, np.ndarray]]:
    """A frame, or what stands for one frame of a study, as the frame and the columns that come with it.

    All frames of a study have the same columns, NaN where something has not been found. None for anything else.
    """
    if isinstance(entry, Frame):
        return entry, {}
    frame = getattr(entry, "frame", None)
    if not isinstance(frame, Frame) or not all(hasattr(entry, name) for name in ("activity", "labels", "modes")):
        return None, {}
    minimum, modes = entry.minimum, entry.modes
    return frame, {
        "d2min": entry.activity,
        "soft_spot": spot_numbers(entry.labels),
        "to_minimum": np.full(frame.positions.shape, np.nan)
        if minimum is None
        else minimum.frame.positions - frame.positions,
        "participation_fraction": np.full(len(frame), np.nan) if modes is None else modes.participation_fraction,
    }


def named(frame: Frame, source: Any) -> Frame:
    """The frame with its species by their labels in the mixture that ``source`` says, where it has their numbers.

    Simulations number species, as kernels do; in other programs a 0 may be anything.
    """
    # Of other forces, and of files that do not say their mixture, there are no names.
    with contextlib.suppress(SoftspotsError, AttributeError):
        if isinstance(source.model, Mixture):
            return replace(frame, species=np.array(source.model.species)[source.model.indices(frame)])
    return frame


def step_of(frame: Frame, source: Any) -> int | None:
    """The number of the time step of a frame, where its time is that, by what ``source`` tells; None if it is not.

    A source is frames that have been read, a study of such frames, or a results file.
    """
    told = getattr(source, "attributes", None) or getattr(source, "source", None) or {}
    if not told:
        told = {SOURCE_NOTES: "; ".join(getattr(source, "notes", ()))}
    in_steps = unit_of_time(told) == "steps" and "time" not in told.get(LEFT_OUT, "").split()
    return int(frame.time) if in_steps and frame.time.is_integer() else None


def known(results: Results, index: int, frame: Frame) -> dict[str, np.ndarray]:
    """What a results file knows of each particle of a frame."""
    values = results.variables(index)
    found = {"d2min": values["d2min"], "soft_spot": spot_numbers(values["soft_spot"])}
    if "inherent_position" in values:
        found["to_minimum"] = frame.box.minimum_image(values["inherent_position"] - frame.positions)
    return found
