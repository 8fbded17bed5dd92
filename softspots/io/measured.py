"""A quantity with its interval."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Measured:
    """A number or a function, and the 68 % interval in which it lies.

    Parameters
    ----------
    value, low, high : ndarray
        Of the shape of the quantity's axes; the interval is NaN where it is not known.
    resampled : (R, ...) ndarray, optional
        The bootstrap's resamples, kept of what other things are derived from.
    block : int
        Length of the resampled blocks, in frames; 0 where there are no resamples.
    note : str
        What there is to know of it, such as why its interval is not known.
    """

    value: np.ndarray
    low: np.ndarray
    high: np.ndarray
    resampled: np.ndarray | None = None
    block: int = 0
    note: str = ""
