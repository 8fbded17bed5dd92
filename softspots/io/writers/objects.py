"""Frames with columns as objects of ASE and OVITO."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from softspots.exceptions import InputError
from softspots.extras import load_extra
from softspots.frame import Frame
from softspots.io.marks import SIZE, SOFTWARE
from softspots.io.writers.columns import cell_in_space, checked_columns, in_space, numbered_types
from softspots.io.writers.found import frame_and_found
from softspots.model.atoms import atoms_from_frame

if TYPE_CHECKING:
    from ase import Atoms
    from ovito.data import DataCollection

# Of the cell in two dimensions, which OVITO takes for flat anyway.
HEIGHT = 1.0


def to_ase(frame: Any, *, symbols: Mapping[str, Any] | None = None, **columns: Any) -> Atoms:
    """The `ase.Atoms` of a frame in three dimensions, with values of each particle.

    Parameters
    ----------
    frame : Frame, or a frame of a study
        Of the latter comes with it what has been found, as for `write`.
    symbols : dict, optional
        The chemical symbol of each species, ``{"A": "Ni", "B": "P"}``. Default: they are such symbols.
    **columns : (N,) or (N, k) array_like, or SoftSpots
        As for `write`; they become arrays of the atoms. Time and strain are in ``info``.

    Returns
    -------
    ase.Atoms
        Lengths are as in the frame.

    Raises
    ------
    InputError
        As `atoms_from_frame` and `write`; or if a species has no symbol, or a column the name of what atoms have.
    InstallationError
        If ASE is not there.
    """
    frame, checked = _frame_and_columns("to_ase", frame, columns)
    atomic_numbers = load_extra("ase.data").atomic_numbers
    if symbols is not None:
        if not isinstance(symbols, Mapping):
            raise InputError(f"to_ase: symbols is {symbols!r}; a dict of symbols by species is needed")
        distinct, where = np.unique(frame.species, return_inverse=True)
        if missing := [label for label in distinct.tolist() if label not in symbols]:
            raise InputError(f"to_ase: species {missing[0]!r} has no entry in symbols={dict(symbols)}")
        frame = replace(frame, species=np.array([symbols[label] for label in distinct.tolist()])[where])
    elif unknown := [kind for kind in np.unique(frame.species).tolist() if kind not in atomic_numbers]:
        raise InputError(
            f"to_ase: species {unknown[0]!r} is no chemical symbol; say which, symbols={{{unknown[0]!r}: 'Ni', …}}"
        )
    atoms = atoms_from_frame(frame)
    if taken := sorted(checked.keys() & atoms.arrays.keys()):
        raise InputError(f"to_ase: a column cannot be called {taken[0]!r}, as ASE has that of atoms itself")
    for name, values in checked.items():
        atoms.set_array(name, values)
    atoms.info |= _of_all(frame)
    return atoms


def to_ovito(frame: Any, **columns: Any) -> DataCollection:
    """OVITO's `DataCollection` of a frame, with values of each particle.

    Parameters
    ----------
    frame : Frame, or a frame of a study
        Of the latter comes with it what has been found, as for `write`.
    **columns : (N,) or (N, k) array_like, or SoftSpots
        As for `write`; they become properties of the particles. Time and strain are attributes.

    Returns
    -------
    ovito.data.DataCollection
        Lengths are as in the frame.

    Raises
    ------
    InputError
        As `write`.
    InstallationError
        If OVITO is not there.
    """
    library = load_extra("ovito.data")
    frame, checked = _frame_and_columns("to_ovito", frame, columns)
    data = library.DataCollection()
    flat = frame.dimension == 2
    cell = np.column_stack((cell_in_space(frame, HEIGHT).T, np.zeros(3)))
    data.create_cell(cell, pbc=(True, True, not flat)).is2D = flat
    particles = data.create_particles(count=len(frame))
    names, types = numbered_types(frame)
    own = {"Position": in_space(frame.positions), "Particle Type": types + 1}
    if frame.ids is not None:
        own["Particle Identifier"] = frame.ids
    if frame.sizes is not None:
        own |= {"Radius": frame.sizes / 2, SIZE: frame.sizes}
    if frame.images is not None:
        own["Periodic Image"] = in_space(frame.images)
    for name, values in own.items():
        particles.create_property(name, data=values)
    for number, name in enumerate(names.tolist(), start=1):
        particles.particle_types_.types.append(library.ParticleType(id=number, name=name))
    for name, values in checked.items():
        particles.create_property(name, data=values)
    data.attributes.update(_of_all(frame))
    return data


def _frame_and_columns(call: str, entry: Any, columns: Mapping[str, Any]) -> tuple[Frame, dict[str, np.ndarray]]:
    frame, found = frame_and_found(entry)
    if frame is None:
        raise InputError(f"{call}: frame is of type {type(entry).__name__}; a Frame, or a frame of a study, is needed")
    return frame, checked_columns(frame, found | {**columns})


def _of_all(frame) -> dict[str, Any]:
    strain = {"strain": frame.box.strain} if frame.box.has_history else {}
    return {"time": frame.time, **strain, "software": SOFTWARE}
