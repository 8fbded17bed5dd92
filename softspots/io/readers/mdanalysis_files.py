"""What MDAnalysis reads with a topology, DCD, XTC and more; and its `Universe` and `AtomGroup`."""

from __future__ import annotations

import os
import warnings
from dataclasses import replace
from os import PathLike
from typing import Any

import numpy as np

from softspots.exceptions import DamagedFileError, InputError
from softspots.extras import load_extra
from softspots.io.readers.snapshot import Snapshot, Source
from softspots.io.unchanged import Unchanged


class AtomGroups(Source):
    """The frames of an `AtomGroup` in the trajectory of its universe, in Å and ps."""

    name, fault = "AtomGroup", InputError
    notes = ("lengths are in Å and times in ps, as MDAnalysis gives them",)

    def __init__(self, atoms: Any) -> None:
        # All atoms of a Universe.
        self._atoms = getattr(atoms, "atoms", atoms)
        if not hasattr(self._atoms.universe, "trajectory"):
            raise InputError("read: the Universe has no trajectory")
        self._trajectory = self._atoms.universe.trajectory

    def __len__(self) -> int:
        return len(self._trajectory)

    def snapshot(self, index: int) -> Snapshot:
        now = self._trajectory[index]
        atoms = self._atoms
        ids = np.array(atoms.ids) if hasattr(atoms, "ids") else None
        names = next((getattr(atoms, name) for name in ("types", "names") if hasattr(atoms, name)), None)
        return Snapshot(
            positions=np.array(atoms.positions, dtype=float),
            cell=None
            if now.dimensions is None or not now.dimensions[:3].any()
            else np.array(now.triclinic_dimensions, dtype=float),
            types=None if names is None else np.array(names, dtype=np.str_),
            columns={"radii": atoms.radii} if hasattr(atoms, "radii") else {},
            # Those of some formats begin anew when their columns are full.
            ids=None if ids is None or len(np.unique(ids)) < len(ids) else ids,
            step=index,
            time=float(now.time),
        )


class TopologyAndTrajectory(AtomGroups):
    """A trajectory file and what says what its atoms are.

    Parameters
    ----------
    path, topology : str or path-like
    described : Snapshot or None
        What one of our readers has found in the topology; None if MDAnalysis is to read it. Trajectories have atoms in
        the order of their ids.
    """

    fault = DamagedFileError

    def __init__(self, path: str | PathLike[str], topology: str | PathLike[str], described: Snapshot | None) -> None:
        self.name = str(path)
        self.unchanged = Unchanged(path)
        library = load_extra("MDAnalysis")
        files = [self.name if described else str(topology), self.name]
        with warnings.catch_warnings():
            # It warns of masses and elements, which are not used.
            warnings.simplefilter("ignore")
            universe = library.Universe(*files, **({"topology_format": "MINIMAL"} if described else {}))
        super().__init__(universe)
        self._described = described
        if self._trajectory.format == "DCD":
            self._look_behind_the_last_frame(self._trajectory._file)
        if described and len(described.positions) != len(self._atoms):
            raise InputError(
                f"{path} holds {len(self._atoms)} particles, and the topology {topology} {len(described.positions)}"
            )

    def _look_behind_the_last_frame(self, file: Any) -> None:
        """Say if a part of one more frame is there, which the library passes over.

        Atoms that do not move are in the first frame only, which is longer then.
        """
        rest = os.path.getsize(self.name) - file._header_size - file._firstframesize
        if part := rest % file._framesize:
            self.say_cut_short(f"{part} of its {file._framesize} bytes are there")

    def snapshot(self, index: int) -> Snapshot:
        found, described = super().snapshot(index), self._described
        if described is None:
            return found
        order = slice(None) if described.ids is None else np.argsort(described.ids)
        ids, types = (None if one is None else one[order] for one in (described.ids, described.types))
        columns = {name: np.asarray(values)[order] for name, values in described.columns.items()}
        return replace(found, ids=ids, types=types, columns=columns)
