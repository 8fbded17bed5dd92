"""Fields as callers give them: a value for each frame and particle, unmasked, and of one shape."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from softspots.arrays import float_array, refuse_masked, whole_array
from softspots.exceptions import InputError

SHAPE = ("frames", "particles")


def checked_field(stage: str, name: str, values: ArrayLike, allow_nan: bool = False) -> np.ndarray:
    """A field of a stage, which messages name, as (F, N) floats.

    Raises
    ------
    InputError
        If the shape does not fit, the field is empty, or a value is masked, or not finite; NaN is taken where it is
        allowed.
    """
    field = _not_empty(f"{stage}: {name}", float_array(f"{stage}: values of {name}", values, SHAPE, allow_nan=True))
    if not allow_nan and np.isnan(field).any():
        bad = np.flatnonzero(np.isnan(field).any(axis=1))
        raise InputError(
            f"{stage}: {name} is not finite in {len(bad)} frames, the first of them frame {bad[0]}; leave these out"
        )
    return field


def checked_labels(stage: str, labels: ArrayLike) -> np.ndarray:
    """The soft spot of each particle within its frame as (F, N) integers, -1 for none.

    Raises
    ------
    InputError
        If the shape does not fit, there are none, or one is masked, or no number of a soft spot.
    """
    # There are no more soft spots than particles.
    most = max(np.shape(labels)[-1:], default=0) - 1
    return _not_empty(f"{stage}: labels", whole_array(f"{stage}: labels", labels, SHAPE, -1, max(most, 0)))


def checked_flags(name: str, values: ArrayLike, shape: tuple[Any, ...]) -> np.ndarray:
    """Truth values of this shape.

    Raises
    ------
    InputError
        If they are no truth values, have another shape, or are masked.
    """
    refuse_masked(name, values)
    flags = np.asarray(values)
    if flags.shape != shape or flags.dtype != bool:
        raise InputError(f"{name} is {flags.dtype} of shape {flags.shape}; bool {shape} is needed")
    return flags


def checked_activity(stage: str, d2min: ArrayLike) -> np.ndarray:
    """D²_min as (F, N) floats, NaN where it is not known.

    Raises
    ------
    InputError
        If the shape does not fit, there is none, or a value is masked, negative or infinite.
    """
    activity = checked_field(stage, "d2min", d2min, allow_nan=True)
    if (activity < 0).any():
        raise InputError(
            f"{stage}: d2min must not be negative; {np.count_nonzero(activity < 0)} of {activity.size} are"
        )
    return activity


def checked_maps(stage: str, d2min: ArrayLike, labels: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """D²_min, and whether each particle is on a soft spot, both (F, N).

    Raises
    ------
    InputError
        As `checked_activity` and `checked_labels` do, or if the two have different shapes.
    """
    if np.shape(d2min) != np.shape(labels):
        raise InputError(
            f"{stage}: d2min has shape {np.shape(d2min)} and labels {np.shape(labels)}; "
            "both must be (frames, particles)"
        )
    return checked_activity(stage, d2min), checked_labels(stage, labels) >= 0


def _not_empty(name, field):
    if field.size == 0:
        raise InputError(f"{name} has shape {field.shape}; (frames, particles) is needed, not empty")
    return field
