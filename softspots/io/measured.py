"""A quantity with its interval."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False, repr=False)
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

    def __repr__(self) -> str:
        interval = f"{self.low:.4g} to {self.high:.4g}" if np.ndim(self.value) == 0 else ""
        found = f"{self.value:.4g}, {interval}" if interval else f"{np.shape(self.value)} values"
        resamples = "" if self.resampled is None else f", {len(self.resampled)} resamples of blocks of {self.block}"
        return f"Measured({found}{resamples}{', ' * bool(self.note)}{self.note})"

    @property
    def known_resamples(self) -> np.ndarray:
        """The resamples, NaN where the interval is not known: what is derived from them has none there either."""
        return np.where(np.isnan(self.low), np.nan, self.resampled)
