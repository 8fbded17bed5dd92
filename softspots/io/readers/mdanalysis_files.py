"""What MDAnalysis reads with a topology, DCD, XTC and more; and its `Universe` and `AtomGroup`."""

from __future__ import annotations

import warnings

import numpy as np

from softspots.exceptions import DamagedFileError, InputError
from softspots.extras import load_extra
from softspots.io.readers.snapshot import Snapshot, Source


class AtomGroups(Source):
    """The frames of an `AtomGroup` in the trajectory of its universe, in Å and ps."""

    name, fault = "AtomGroup", InputError
    notes = ("lengths are in Å and times in ps, as MDAnalysis gives them",)

    def __init__(self, atoms):
        # All atoms of a Universe.
        self._atoms = getattr(atoms, "atoms", atoms)
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
            cell=None if now.dimensions is None or not now.dimensions[:3].any() else _cell(now),
            types=None if names is None else np.array(names, dtype=np.str_),
            columns={"radii": atoms.radii} if hasattr(atoms, "radii") else {},
            # Those of some formats begin anew when their columns are full.
            ids=None if ids is None or len(np.unique(ids)) < len(ids) else ids,
            step=index,
            time=float(now.time),
        )


class TopologyAndTrajectory(AtomGroups):
    """A trajectory file and the file that says what its atoms are."""

    fault = DamagedFileError

    def __init__(self, path, topology):
        self.name = str(path)
        library = load_extra("MDAnalysis")
        try:
            with warnings.catch_warnings():
                # It warns of masses and elements, which are not used.
                warnings.simplefilter("ignore")
                universe = library.Universe(str(topology), self.name, **_topology_format(topology))
        except (OSError, ValueError, RuntimeError, TypeError, LookupError) as error:
            text = " ".join(str(error).split())
            raise DamagedFileError(f"{path} cannot be read with the topology {topology}: {text}") from error
        super().__init__(universe)


def _topology_format(topology) -> dict:
    """How MDAnalysis is told of LAMMPS' data files, which have many endings."""
    with open(topology, "rb") as file:
        head = file.read(4096)
    return {"topology_format": "DATA"} if b"xlo xhi" in head else {}


def _cell(now) -> np.ndarray:
    return np.array(now.triclinic_dimensions, dtype=float)
