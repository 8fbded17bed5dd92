"""Whether reduced data are what the tables of axes and quantities say."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np

from softspots.io.content import Content
from softspots.io.quantities import KNOWN, KNOWN_AXES

# From this version on an interval contains its value.
INTERVALS_CONTAIN = 2


def reduced_fault(axes: Mapping[str, Any], measured: Mapping[str, Any], version: int, dimension: int) -> str | None:
    """What is wrong with the axes and the measured quantities of a `Reduced`, in one line; None if nothing is.

    Parameters
    ----------
    axes, measured : dict
        As `Reduced` has them.
    version : int
        Of the file's format.
    dimension : int
        Of the run.
    """
    if dimension not in (2, 3):
        return f"its dimension is {dimension!r}; 2 or 3 is needed"
    for name, values in axes.items():
        if name not in KNOWN_AXES:
            return f"there is no axis {name}"
        if np.ndim(values) != 1 or not np.isfinite(values).all():
            return f"the axis {name} must be a series of numbers"
        if fault := Content(least=0, rising=name).fault(np.asarray(values, dtype=float), (name,), {}):
            return f"the axis {name} is {fault}"
    sizes = {name: len(values) for name, values in axes.items()}
    for name, found in measured.items():
        if name not in KNOWN:
            return f"there is no quantity {name}"
        if fault := _measured_fault(KNOWN[name], found, sizes, version):
            return f"the quantity {name} is {fault}"
    return None


def _measured_fault(entry, found, sizes, version) -> str | None:
    if missing := [name for name in entry.axes if name not in sizes]:
        return f"without its axis {missing[0]}"
    shape = tuple(sizes[name] for name in entry.axes)
    for values in (found.value, found.low, found.high):
        if np.shape(values) != shape:
            return f"of shape {np.shape(values)}; {shape} is needed"
    if found.resampled is not None and found.resampled.shape[1:] != shape:
        return f"with resamples of shape {found.resampled.shape[1:]}; {shape} is needed"
    if found.block < 0:
        return f"of blocks of {found.block} frames"
    value, low, high = (np.asarray(values, dtype=float) for values in (found.value, found.low, found.high))
    if fault := entry.content.fault(value, entry.axes, sizes):
        return fault
    inside = (low, value, high) if version >= INTERVALS_CONTAIN else (low, high)
    for one, two in pairwise(inside):
        if (beyond := one > two).any():
            return f"{value[beyond].flat[0]:g} with the interval {low[beyond].flat[0]:g} to {high[beyond].flat[0]:g}"
    return None
