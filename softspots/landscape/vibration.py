"""A mode as motion: frames along it, for pictures."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from softspots.arrays import float_array, positive_number, whole_number
from softspots.exceptions import InputError
from softspots.frame import Frame
from softspots.objects import require


def vibration(frame: Frame, vector: np.ndarray, amplitude: float = 0.3, count: int = 24) -> list[Frame]:
    """Frames of one period of a vibration along a mode, to be shown again and again.

    Frame k has the positions x + A e cos(2 π k / count), and the time k / count, in periods.

    Parameters
    ----------
    frame : Frame
        The inherent structure.
    vector : (N, d) array_like of float
        The mode e, of any length, such as ``modes.vectors[0]``.
    amplitude : float, optional
        How far the particle that moves farthest goes, in the unit of length, which sets A.
    count : int, optional
        How many frames.

    Returns
    -------
    list of Frame

    Raises
    ------
    InputError
        If the vector is none of this frame, or zero, or a number is not positive.
    """
    require("vibration", frame=frame)
    vector = float_array("vibration: components of the mode", vector, frame.positions.shape)
    amplitude = positive_number("vibration: amplitude", amplitude)
    whole_number("vibration: count", count, 1)
    largest = np.sqrt(np.square(vector).sum(axis=1).max(initial=0.0))
    if not largest:
        raise InputError("vibration: no particle moves in this mode")
    farthest = vector * (amplitude / largest)
    phases = np.arange(count) / count
    return [
        replace(frame, positions=frame.positions + np.cos(2 * np.pi * phase) * farthest, time=phase) for phase in phases
    ]
