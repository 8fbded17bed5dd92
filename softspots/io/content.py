"""What numbers in a file can be: limits and order, stated in tables, checked on writing and on reading."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import netCDF4
import numpy as np


@dataclass(frozen=True)
class Content:
    """What a variable can hold. What was never written, NaN or NetCDF's fill value, is always allowed.

    Parameters
    ----------
    above, least, most : float
        Limits of all values: more than ``above``, from ``least`` to ``most``.
    numbers : str
        A dimension, of which the values are numbers: they lie below its size.
    rising, sorted : str
        A dimension along which the values rise, or do not fall.
    dense : bool
        Whole numbers from 0 on of which, along the last dimension, none is left out.
    finite : bool
        Whether infinity is refused.
    """

    above: float = -math.inf
    least: float = -math.inf
    most: float = math.inf
    numbers: str = ""
    rising: str = ""
    sorted: str = ""
    dense: bool = False
    finite: bool = True

    def fault(self, values: np.ndarray, dimensions: tuple[str, ...], sizes: Mapping[str, int]) -> str | None:
        """What is wrong with values over ``dimensions``, in a few words; None if nothing is."""
        known = is_written(values)
        present = values[known] if not known.all() else values.ravel()
        if present.size == 0:
            return None
        low, high = present.min().item(), present.max().item()
        if self.finite and not (math.isfinite(low) and math.isfinite(high)):
            return "infinite"
        most = min(self.most, sizes[self.numbers] - 1) if self.numbers else self.most
        for value in (low, high):
            if not (self.above < value and self.least <= value <= most):
                return f"{value:g}; {self._allowed(most)} is allowed"
        for name, strictly in ((self.rising, True), (self.sorted, False)):
            if name in dimensions and _falls(values, known, dimensions.index(name), strictly):
                return f"not in order; it must {'rise' if strictly else 'not fall'} along {name}"
        if self.dense and dimensions and any(_has_gaps(row) for row in values.reshape(-1, values.shape[-1])):
            return "not numbered without gaps"
        return None

    def _allowed(self, most: float) -> str:
        limits = [
            f"more than {self.above:g}" if self.above > -math.inf else "",
            f"at least {self.least:g}" if self.least > -math.inf else "",
            f"at most {most:g}" if most < math.inf else "",
        ]
        return " and ".join(filter(None, limits))


def is_written(values: np.ndarray) -> np.ndarray:
    """Where values are there; a file has NaN or a fill value where nothing was written."""
    if values.dtype.kind == "f":
        return ~np.isnan(values)
    return values != netCDF4.default_fillvals[values.dtype.str[1:]]


def _falls(values, known, axis, strictly) -> bool:
    values, known = np.moveaxis(values, axis, -1), np.moveaxis(known, axis, -1)
    rows = (-1, values.shape[-1])
    for row, there in zip(values.reshape(rows), known.reshape(rows), strict=True):
        steps = np.diff(row[there])
        if (steps <= 0 if strictly else steps < 0).any():
            return True
    return False


def _has_gaps(numbers) -> bool:
    counts = np.bincount(numbers[numbers >= 0])
    return bool((counts == 0).any())
