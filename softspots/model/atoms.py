"""Frames from the atoms of ASE, the Atomic Simulation Environment, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from softspots.exceptions import InputError
from softspots.extras import load_extra
from softspots.frame import Frame
from softspots.lattice import aligned

if TYPE_CHECKING:
    from ase import Atoms

# By the names that ASE's readers of LAMMPS' dumps and matscipy's polydisperse potentials give them.
ARRAYS = {"ids": "id", "sizes": "size"}


def frame_from_atoms(atoms: Atoms) -> Frame:
    """The frame of an `ase.Atoms`, in three dimensions, in Å.

    The cell is rotated, with all atoms in it, so that its first vector lies along x and its second in the plane of x
    and y; a third vector that points to the other side is taken the other way, which leaves the lattice as it is.
    Species are chemical symbols. Arrays ``id`` and ``size``, where the atoms have them, are the particles' own numbers
    and diameters. Velocities, charges and the like are not kept.

    Parameters
    ----------
    atoms : ase.Atoms
        In a cell that is periodic in all directions, free of constraints.

    Returns
    -------
    Frame

    Raises
    ------
    InputError
        If a direction is not periodic, the cell has no volume, or atoms are constrained.
    InstallationError
        If ASE is not there.
    """
    kind = load_extra("ase").Atoms
    if not isinstance(atoms, kind):
        raise InputError(f"frame_from_atoms: atoms is of type {type(atoms).__name__}; ase.Atoms is needed")
    if not atoms.pbc.all():
        open_ones = ", ".join(f"{axis}" for axis, periodic in zip("abc", atoms.pbc, strict=True) if not periodic)
        raise InputError(f"frame_from_atoms: the cell is not periodic along {open_ones}; it must be along a, b and c")
    if atoms.cell.rank < 3:
        raise InputError(f"frame_from_atoms: the cell spans {atoms.cell.rank} dimensions; 3 are needed")
    if atoms.constraints:
        raise InputError(f"frame_from_atoms: atoms have {len(atoms.constraints)} constraints; in a frame all are free")
    box, positions, _ = aligned(atoms.cell, atoms.positions)
    own = {ours: atoms.arrays.get(theirs) for ours, theirs in ARRAYS.items()}
    return Frame(positions, np.array(atoms.get_chemical_symbols()), box, **own)


def atoms_from_frame(frame: Frame) -> Atoms:
    """The `ase.Atoms` of a frame in three dimensions whose species are chemical symbols; nothing is wrapped.

    Ids and sizes become the arrays ``id`` and ``size``. The masses are those of the elements.

    Parameters
    ----------
    frame : Frame

    Returns
    -------
    ase.Atoms

    Raises
    ------
    InputError
        If the frame has two dimensions, or a species is no chemical symbol.
    InstallationError
        If ASE is not there.
    """
    ase = load_extra("ase")
    if frame.dimension != 3:
        raise InputError(f"atoms_from_frame: the frame has {frame.dimension} dimensions; ASE needs 3")
    known = load_extra("ase.data").atomic_numbers
    if unknown := [kind for kind in np.unique(frame.species).tolist() if kind not in known]:
        raise InputError(f"atoms_from_frame: species {unknown[0]!r} is no chemical symbol such as 'Cu'")
    atoms = ase.Atoms(frame.species.tolist(), frame.positions, cell=frame.box.vectors, pbc=True)
    for ours, theirs in ARRAYS.items():
        if (values := getattr(frame, ours)) is not None:
            atoms.set_array(theirs, values.copy())
    return atoms
