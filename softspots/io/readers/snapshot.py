"""What a file or object holds of one configuration, before anything that it leaves open is decided."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from softspots.exceptions import DamagedFileError, SoftspotsError
from softspots.frame import Frame


@dataclass(frozen=True, eq=False, kw_only=True)
class Snapshot:
    """One configuration as it is found.

    Attributes
    ----------
    positions : (N, 2) or (N, 3) ndarray
        Cartesian, in the file's axes and units.
    cell : (d, d) ndarray or None
        Lattice vectors as rows; None if there is no box.
    origin : (d,) ndarray
        The corner of the box from which the vectors go out.
    periodic : tuple of bool
        Along each lattice vector, as far as it is known.
    planar : str or None
        Why the configuration has two dimensions, where the file says so; a clause for messages.
    types : (N,) ndarray or None
        Whole numbers or strings.
    types_are_species : bool
        Whether the types are those of a mixture already.
    columns : Mapping of str to array_like
        What else there is for each particle, by name: sizes may be among it.
    ids : (N,) ndarray or None
    images : (N, d) ndarray or None
        Image counters that belong to the positions.
    unwrapped : bool
        Whether the positions are those of continuous trajectories.
    step : int
        Number of the time step, or of the frame.
    time : float or None
    strain : float or None
        Total strain, where it is known.
    velocities : (N, d) ndarray or None
        In the file's axes and units.
    """

    positions: np.ndarray
    cell: np.ndarray | None
    origin: np.ndarray | float = 0.0
    periodic: tuple[bool, ...] = (True, True, True)
    planar: str | None = None
    types: np.ndarray | None = None
    types_are_species: bool = False
    columns: Mapping[str, Any] = field(default_factory=dict)
    ids: np.ndarray | None = None
    images: np.ndarray | None = None
    unwrapped: bool = False
    step: int = 0
    time: float | None = None
    strain: float | None = None
    velocities: np.ndarray | None = None

    @property
    def thickness(self) -> float:
        """How much of z particles in three dimensions span; a layer may lie across the boundary of the box."""
        z = self.positions[:, 2]
        if self.cell is None or len(self.cell) < 3 or not self.periodic[2]:
            return float(np.ptp(z))
        depth = np.linalg.norm(self.cell[2])
        inside = np.sort(z % depth)
        return float(min(np.ptp(z), depth - np.diff(inside, append=inside[0] + depth).max()))


class Source:
    """Where snapshots come from: a file, or an object of a library.

    Attributes
    ----------
    name : str
        For messages.
    fault : type of SoftspotsError
        What it is if a snapshot cannot be read, or cannot be one.
    notes : tuple of str
        What is to be said of it as a whole.
    unchanged : context manager
        Around what reads a snapshot: it refuses a file that is not the one that was opened.
    """

    name: str
    fault: type[SoftspotsError] = DamagedFileError
    notes: tuple[str, ...] = ()
    unchanged: AbstractContextManager[None] = nullcontext()

    def __len__(self) -> int:
        raise NotImplementedError

    def snapshot(self, index: int) -> Snapshot:
        """The snapshot ``index``, from 0; what the libraries raise becomes `fault` where this is called."""
        raise NotImplementedError

    def outline(self, index: int) -> Snapshot | None:
        """The same without its particles, for its box, where that is had for less."""
        return None

    def say_cut_short(self, reason: str) -> None:
        """Say, when the file is opened, that its last frame is not whole, and left out."""
        note = f"the file is cut short; its last frame is left out ({reason})"
        self.notes = (*self.notes, note)
        warnings.warn(f"{self.name}: {note}", UserWarning, stacklevel=3)


def snapshot_of(frame: Frame) -> Snapshot:
    """A frame of our own files as a snapshot, of which nothing is open."""
    return Snapshot(
        positions=frame.positions,
        cell=frame.box.vectors,
        planar="its frames have two" if frame.dimension == 2 else None,
        types=frame.species,
        types_are_species=True,
        columns={} if frame.sizes is None else {"size": frame.sizes},
        ids=frame.ids,
        images=frame.images,
        time=frame.time,
        strain=frame.box.strain,
    )
