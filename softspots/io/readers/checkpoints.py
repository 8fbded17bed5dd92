"""Checkpoints of our own runs: one configuration, with all digits and its velocities."""

from __future__ import annotations

import math
from os import PathLike

import numpy as np

from softspots.box import Box
from softspots.exceptions import DamagedFileError
from softspots.io.checkpoint import read_file
from softspots.io.readers.snapshot import Snapshot, Source

NEEDED = ("positions", "species", "scalars")


class CheckpointFile(Source):
    """The state of a simulation, or of a solid in athermal shear, which has no velocities."""

    notes = ("image counters start from here",)

    def __init__(self, path: str | PathLike[str]) -> None:
        self.name = str(path)
        self._checkpoint = read_file(path)
        if missing := [name for name in NEEDED if name not in self._checkpoint.arrays]:
            raise DamagedFileError(f"the checkpoint has no {', '.join(missing)}")

    def __len__(self) -> int:
        return 1

    def snapshot(self, index: int) -> Snapshot:
        arrays = self._checkpoint.arrays
        cell, strain = self._sheared() if "velocities" in arrays else (arrays["cell"], None)
        return Snapshot(
            positions=arrays["positions"],
            cell=cell,
            planar="its frames have two" if len(cell) == 2 else None,
            types=arrays["species"],
            types_are_species=True,
            columns={"size": arrays["sizes"]} if "sizes" in arrays else {},
            ids=arrays.get("ids"),
            strain=strain,
            velocities=arrays.get("velocities"),
        )

    def _sheared(self) -> tuple[np.ndarray, float]:
        """Lattice vectors and total strain of a simulation."""
        arrays, run = self._checkpoint.arrays, self._checkpoint.configuration
        dimension, strain = arrays["positions"].shape[1], float(arrays["scalars"][1])
        if "lengths" in arrays:
            box = Box(lengths=arrays["lengths"], tilts=arrays["tilts"], strain=0.0)
        else:
            # As earlier versions had it, of the square or the cube that all runs were in.
            side = {2: math.sqrt, 3: math.cbrt}[dimension](run["particles"] / run["density"])
            box = Box(lengths=(side,) * dimension, strain=0.0)
        return box.at_strain(strain).vectors, strain
