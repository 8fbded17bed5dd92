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
from softspots.model.atoms import atoms_from_frame

if TYPE_CHECKING:
    from ase import Atoms
    from ovito.data import DataCollection

# Of the cell in two dimensions, which OVITO takes for flat anyway.
HEIGHT = 1.0


def to_ase(frame: Frame, *, symbols: Mapping[str, Any] | None = None, **columns: Any) -> Atoms:
    """The `ase.Atoms` of a frame in three dimensions, with values of each particle.

    Parameters
    ----------
    frame : Frame
    symbols : dict, optional
        The chemical symbol of each species, ``{"A": "Ni", "B": "P"}``. Default: they are such symbols.
    **columns : (N,) or (N, k) array_like, or SoftSpots
        As for `write`; they become arrays of the atoms. Time and strain are in ``info``.

    Raises
    ------
    InputError
        As `atoms_from_frame` and `write`; or if a species has no symbol.
    InstallationError
        If ASE is not there.
    """
    checked = checked_columns(frame, columns)
    if symbols is not None:
        distinct, where = np.unique(frame.species, return_inverse=True)
        if missing := [label for label in distinct.tolist() if label not in symbols]:
            raise InputError(f"to_ase: species {missing[0]!r} has no entry in symbols={dict(symbols)}")
        frame = replace(frame, species=np.array([symbols[label] for label in distinct.tolist()])[where])
    atoms = atoms_from_frame(frame)
    for name, values in checked.items():
        atoms.set_array(name, values)
    atoms.info |= _of_all(frame)
    return atoms


def to_ovito(frame: Frame, **columns: Any) -> DataCollection:
    """OVITO's `DataCollection` of a frame, with values of each particle.

    Parameters
    ----------
    frame : Frame
    **columns : (N,) or (N, k) array_like, or SoftSpots
        As for `write`; they become properties of the particles. Time and strain are attributes.

    Raises
    ------
    InputError
        As `write`.
    InstallationError
        If OVITO is not there.
    """
    library = load_extra("ovito.data")
    checked = checked_columns(frame, columns)
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


def _of_all(frame) -> dict[str, Any]:
    strain = {"strain": frame.box.strain} if frame.box.has_history else {}
    return {"time": frame.time, **strain, "software": SOFTWARE}
