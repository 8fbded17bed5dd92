"""Objects of ASE, and pairs of a box and points, as freud takes them."""

from __future__ import annotations

from typing import Any

import numpy as np

from softspots.exceptions import InputError
from softspots.io.marks import is_ours, strain_of
from softspots.io.readers.gsd_files import hoomd_cell
from softspots.io.readers.snapshot import Snapshot, Source


class AtomsList(Source):
    """Objects `ase.Atoms`."""

    name, fault = "ase.Atoms", InputError

    def __init__(self, atoms: Any) -> None:
        self._atoms = atoms

    def __len__(self) -> int:
        return len(self._atoms)

    def snapshot(self, index: int) -> Snapshot:
        atoms = self._atoms[index]
        if atoms.constraints:
            raise InputError(f"atoms have {len(atoms.constraints)} constraints; in a frame all are free")
        time = atoms.info.get("time")
        cell = np.array(atoms.cell)
        if atoms.cell.rank == 2 and not cell[2].any():
            # No thickness: any will do, as z is left out.
            cell[2, 2] = 1.0
        return Snapshot(
            positions=np.array(atoms.positions),
            cell=cell if atoms.cell.rank >= 2 else None,
            periodic=tuple(map(bool, atoms.pbc)),
            types=np.array(atoms.get_chemical_symbols()),
            types_are_species=is_ours(atoms.info),
            columns=atoms.arrays,
            ids=atoms.arrays.get("id"),
            step=index,
            time=None if time is None else float(time),
            strain=strain_of(atoms.info),
        )


class BoxAndPoints(Source):
    """Pairs of a box and points: the box a `freud.box.Box`, a `Box`, or what HOOMD-blue and freud take for one.

    That is ``[Lx, Ly]``, ``[Lx, Ly, Lz]``, or these and the tilts in parts of the sides, xy, xz, yz; or a matrix whose
    columns are the lattice vectors.
    """

    name, fault = "(box, points)", InputError

    def __init__(self, pairs: Any) -> None:
        self._pairs = pairs

    def __len__(self) -> int:
        return len(self._pairs)

    def snapshot(self, index: int) -> Snapshot:
        box, points = self._pairs[index]
        points = np.asarray(points, dtype=float)
        if points.ndim != 2 or points.shape[1] not in (2, 3):
            raise InputError(f"points have shape {points.shape}; (N, 2) or (N, 3) is needed")
        cell, flat = _cell(box)
        return Snapshot(
            positions=points,
            cell=cell,
            # freud's is centred on zero; whether any other one is does not change the lattice.
            origin=-cell.sum(axis=0) / 2,
            planar="the box has no z" if flat else None,
            step=index,
        )


def _cell(box) -> tuple[np.ndarray, bool]:
    if hasattr(box, "vectors"):
        return box.vectors, box.dimension == 2
    if hasattr(box, "Lx"):
        box = (box.Lx, box.Ly, 0.0 if getattr(box, "is2D", False) else box.Lz, box.xy, box.xz, box.yz)
    numbers = np.asarray(box, dtype=float)
    if numbers.shape in ((2, 2), (3, 3)):
        return numbers.T.copy(), len(numbers) == 2
    if numbers.shape not in ((2,), (3,), (6,)):
        raise InputError(f"the box has shape {numbers.shape}; lengths, lengths and tilts, or a matrix are needed")
    lengths_and_tilts = np.zeros(6)
    lengths_and_tilts[: numbers.size] = numbers
    flat = lengths_and_tilts[2] == 0
    cell = hoomd_cell(lengths_and_tilts)
    return (cell[:2, :2] if flat else cell), flat
