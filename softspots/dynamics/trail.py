"""The minima through which a solid in athermal shear has come, as far back as they are asked for."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from softspots.dynamics.athermal_shear import AthermalShear
from softspots.exceptions import PhysicsError
from softspots.frame import Frame


class Trail:
    """Minima at both ends of each branch of a path, and on the way, of the last part of it.

    Between two of them, one after the other, the solid went along one branch, or through an event within the tolerance.

    Parameters
    ----------
    length : float
        How much of the path, in strain, whichever way it goes, is remembered.
    """

    def __init__(self, length: float) -> None:
        self._length = length
        self._traveled, self._strains, self._positions = [], [], []

    @classmethod
    def from_arrays(cls, length: float, arrays: Mapping[str, np.ndarray]) -> Trail:
        """As `arrays` has it."""
        self = cls(length)
        names = ("trail_traveled", "trail_strain", "trail_positions")
        self._traveled, self._strains, self._positions = (list(arrays[name]) for name in names)
        return self

    def arrays(self) -> dict[str, np.ndarray]:
        """All that `from_arrays` needs, for a checkpoint."""
        return {
            "trail_traveled": np.array(self._traveled),
            "trail_strain": np.array(self._strains),
            "trail_positions": np.array(self._positions),
        }

    def add(self, frame: Frame, strain: float) -> None:
        """Remember the next minimum of the path, and forget those that are too far back."""
        way = abs(strain - self._strains[-1]) if self._strains else 0.0
        self._traveled.append(self._traveled[-1] + way if self._strains else 0.0)
        self._strains.append(float(strain))
        self._positions.append(frame.positions)
        # One of them must lie as far back as any that is asked for.
        old = np.searchsorted(self._traveled, self._traveled[-1] - self._length, side="right") - 1
        for values in (self._traveled, self._strains, self._positions):
            del values[: max(old, 0)]

    def before(self, solid: AthermalShear, way: float, tolerance: float) -> Frame:
        """The minimum in which the solid was ``way``, in strain, before the last one that was added.

        Raises
        ------
        PhysicsError
            If the path begins later, or the minimum cannot be found again.
        """
        aim = self._traveled[-1] - way
        place = int(np.searchsorted(self._traveled, aim + tolerance, side="right")) - 1
        if place < 0:
            raise PhysicsError(f"the path begins less than {way:g} before")
        left = aim - self._traveled[place]
        there = solid.elsewhere(self._positions[place], self._strains[place])
        if abs(left) <= tolerance:
            return there.current.frame
        strain = self._strains[place] + left * np.sign(self._strains[place + 1] - self._strains[place])
        state = there.go(float(strain))
        if state.events:
            raise PhysicsError(f"the minimum {way:g} before is not found again")
        return state.frame
