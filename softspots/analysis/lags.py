"""Frames that are a lag apart: times are whole numbers of the interval between frames, and frames may be missing."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from softspots.arrays import whole_array
from softspots.exceptions import InputError

MOST = 2**53  # what floats hold exactly, and sums of two of them do not overflow


def checked_times(stage: str, times: Sequence[int] | None, n_frames: int) -> np.ndarray:
    """Times of frames as an array, 0, 1, … if there are none; InputError if they are not rising integers."""
    if times is None:
        return np.arange(n_frames)
    return _rising(f"{stage}: times", whole_array(f"{stage}: times", times, (n_frames,), -MOST, MOST, np.int64))


def checked_lags(stage: str, lags: Sequence[int]) -> np.ndarray:
    """Lags as an array; InputError if they are not integers that rise from 0 or more."""
    lags = _rising(f"{stage}: lags", whole_array(f"{stage}: lags", lags, ("lags",), 0, MOST, np.int64))
    if lags.size == 0:
        raise InputError(f"{stage}: lags are empty; one is needed at the least")
    return lags


def by_origin(
    products: np.ndarray, later_times: np.ndarray, earlier_times: np.ndarray, origins: np.ndarray, lags: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Values of pairs of frames by time of the earlier one and lag.

    Parameters
    ----------
    products : (F, G) ndarray
        For each later frame (rows) and earlier frame (columns).
    later_times, earlier_times : (F,), (G,) ndarray of int
        Their rising times.
    origins, lags : (O,), (L,) ndarray of int

    Returns
    -------
    values : (O, L) ndarray
        0 where there is no such pair.
    present : (O, L) ndarray of bool
        Whether there is.
    """
    earlier, has_earlier = find_frames(earlier_times, origins)
    later, has_later = find_frames(later_times, origins[:, None] + lags)
    present = has_earlier[:, None] & has_later
    return np.where(present, products[later, earlier[:, None]], 0.0), present


def find_frames(times: np.ndarray, wanted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Numbers of the frames at the wanted times (any frame where there is none), and whether there is one."""
    frames = np.minimum(np.searchsorted(times, wanted), len(times) - 1)
    return frames, times[frames] == wanted


def _rising(name, numbers) -> np.ndarray:
    falls = np.flatnonzero(np.diff(numbers) <= 0)
    if falls.size:
        first, second = numbers[falls[0] : falls[0] + 2]
        raise InputError(f"{name} must rise; {second} follows {first}")
    return numbers
