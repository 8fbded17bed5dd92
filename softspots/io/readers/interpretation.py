"""What a file leaves open, decided once from its first snapshot and from what the caller says; then, its frames."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from softspots.arrays import float_array, label_array, positive_number
from softspots.box import SAME, Box
from softspots.exceptions import InputError
from softspots.io.attributes import TIMES_ARE_STEPS
from softspots.io.readers.labels import (
    SIZES,
    column,
    counts,
    kinds_in_columns,
    labels_of,
    letter,
    named_column,
    size_column,
    translated,
    types_of,
)
from softspots.io.readers.snapshot import Snapshot
from softspots.lattice import aligned

# For a file whose sizes mean nothing.
NO_SIZES = "none"
# A box of which a side is this part of the others, or less, may be a plane with a thickness for the simulation's sake.
THIN = 0.1
AXES = "xyz"
# Where types have names.
KEEPING = ", or, if these are species of the mixture, no types= at all, which keeps their names,"


@dataclass(frozen=True, kw_only=True)
class Options:
    """What the caller of `read` says of a file."""

    types: object = None
    sizes: object = None
    dimension: int | None = None
    box: Box | None = None
    unit: float = 1.0
    timestep: float | None = None

    def __post_init__(self) -> None:
        if self.dimension not in (None, 2, 3):
            raise InputError(f"read: dimension is {self.dimension!r}; allowed: 2, 3")
        if self.box is not None and not isinstance(self.box, Box):
            raise InputError(f"read: box is a {type(self.box).__name__}; a Box is needed")
        positive_number("read: unit", self.unit)
        if self.timestep is not None:
            positive_number("read: timestep", self.timestep)
        types = self.types
        if isinstance(types, dict) and len(types) == 1 and isinstance(inner := next(iter(types.values())), dict):
            types = inner
        types = [*types.values()] if isinstance(types, dict) else types
        if types is not None:
            label_array("read: types", [types] if np.isscalar(types) else types, ("N",))
        sizes = [*self.sizes.values()] if isinstance(self.sizes, dict) else self.sizes
        if sizes is not None and not isinstance(sizes, str):
            sizes = float_array("read: sizes", sizes, ("N",))
            if not (sizes > 0).all():
                raise InputError(f"read: sizes must be positive; {sizes.min():g} is among them")


class Interpretation:
    """How the snapshots of one source become frames.

    Parameters
    ----------
    first : Snapshot
        Whatever is decided is decided from it.
    options : Options
    alone : bool, optional
        Whether there is no other one, so that what matters from one to the next need not be said.

    Attributes
    ----------
    dimension : int
        Of space, in all frames.
    notes : list of str
        What was inferred, and what was taken for granted.
    kinds : dict of str to tuple
        The labels in each column that has few.

    Raises
    ------
    InputError
        If something has to be decided by the caller.
    """

    def __init__(self, first: Snapshot, options: Options, alone: bool = False) -> None:
        self.notes: list[str] = []
        self._options = options
        self._count = len(first.positions)
        if not self._count:
            raise InputError("there are no particles")
        self._ids = None if first.ids is None else np.sort(first.ids)
        if first.cell is None and options.box is None:
            raise InputError("there is no box: say which, ss.read(…, box=ss.Box(…))")
        self.dimension = self._decide_dimension(first)
        self._flat = options.dimension is None and options.box is None and self.dimension == 2
        self._require_periodic(first)
        self._species_of = self._decide_types(first)
        self.kinds = kinds_in_columns(first)
        self._column, self._factor = self._decide_sizes(first)
        self._say_the_rest(first, alone)

    def values(self, snapshot: Snapshot, flips: int | None = None) -> dict[str, Any]:
        """What `Frame` takes, of a snapshot: its particles sorted by id, not wrapped yet.

        Parameters
        ----------
        snapshot : Snapshot
        flips : int, optional
            How often the tilt has been flipped back since the first frame; None if that is not known.

        Raises
        ------
        InputError
            If its particles are not those of the first one, or what has been decided does not fit.
        """
        if len(snapshot.positions) != self._count:
            raise InputError(
                f"there are {len(snapshot.positions)} particles, and {self._count} in the first frame; frames of the "
                "same particles are needed"
            )
        self._require_periodic(snapshot)
        if (snapshot.ids is None) != (self._ids is None):
            raise InputError(
                f"particles have {'no ' if snapshot.ids is None else ''}ids, otherwise than in the first frame"
            )
        order = slice(None) if snapshot.ids is None else np.argsort(snapshot.ids, kind="stable")
        ids = None if snapshot.ids is None else np.asarray(snapshot.ids)[order]
        if ids is not None and not np.array_equal(ids, self._ids):
            if len(twice := ids[1:][ids[1:] == ids[:-1]]):
                raise InputError(f"ids must all be different; {twice[0]} is there more than once")
            other = np.setdiff1d(ids, self._ids)
            raise InputError(
                f"there are other particles than in the first frame: {len(other)} ids, such as {other[0]}"
                if len(other)
                else "particles have other ids than in the first frame"
            )
        box, positions, hand = self._place(snapshot)
        images = self._images(snapshot, hand)
        if snapshot.strain is not None:
            box = Box(lengths=box.lengths, tilts=box.tilts, strain=snapshot.strain)
        elif flips is not None:
            box = Box(lengths=box.lengths, tilts=box.tilts, strain=sheared(box, flips) / box.length_y)
        species = self._species_of(snapshot, order)
        return {
            "positions": positions[order],
            "species": species,
            "box": box,
            "time": self._time(snapshot),
            "images": None if images is None else images[order],
            "ids": ids,
            # Whoever says which type is which has said that one type is B.
            "only_b": True,
            "sizes": self._sizes(snapshot, species, order),
        }

    def velocities(self, snapshot: Snapshot) -> np.ndarray | None:
        """Those of a snapshot's particles, (N, d), in the order and the axes of the frame, with lengths in its unit.

        None where there are none, or all are zero, as some formats have them always.
        """
        if snapshot.velocities is None or not np.any(snapshot.velocities):
            return None
        shape = self._count, self.dimension
        found = float_array("velocities", np.asarray(snapshot.velocities)[:, : self.dimension], shape)
        if self._options.box is None:
            _, found, _ = aligned(self._cell(snapshot), found)
        order = slice(None) if snapshot.ids is None else np.argsort(snapshot.ids, kind="stable")
        return found[order] / self._options.unit

    def box(self, snapshot: Snapshot) -> Box:
        """The box of a snapshot, without its strain."""
        return self._place(snapshot, positions=False)[0]

    def _require_periodic(self, snapshot):
        for axis in range(self.dimension):
            if not snapshot.periodic[axis]:
                raise InputError(f"the box is not periodic along {AXES[axis]}; it must be along each axis")

    def _place(self, snapshot, positions=True):
        """The box, positions from its corner, and which image counters change their sign."""
        dimension, unit = self.dimension, self._options.unit
        where = np.asarray(snapshot.positions if positions else np.zeros((0, dimension)), dtype=float)[:, :dimension]
        if positions and self._flat and snapshot.positions.shape[1] == 3 and np.ptp(snapshot.positions[:, 2]) > 0:
            raise InputError(
                "z differs between particles, though there are to be two dimensions: say dimension=2, which leaves z "
                "out, or dimension=3"
            )
        if self._options.box is not None:
            return self._options.box, where / unit, np.ones(dimension, dtype=np.int64)
        cell = self._cell(snapshot)
        origin = np.broadcast_to(snapshot.origin, (len(snapshot.cell),))[:dimension]
        return aligned(cell / unit, (where - origin) / unit)

    def _cell(self, snapshot) -> np.ndarray:
        """Lattice vectors (d, d) as the file has them."""
        if snapshot.cell is None:
            raise InputError("there is no box, though the first frame has one")
        cell = np.asarray(snapshot.cell, dtype=float)
        if len(cell) > self.dimension:
            if max(np.abs(cell[2, :2]).max(), np.abs(cell[:2, 2]).max()) > SAME * np.abs(cell).max():
                raise InputError(f"in two dimensions no lattice vector may lean along z; the cell is {cell.tolist()}")
            cell = cell[:2, :2]
        return cell

    def _images(self, snapshot, hand):
        if snapshot.unwrapped:
            # Wrapping finds them.
            return np.zeros((self._count, self.dimension), dtype=np.int64)
        if snapshot.images is None:
            return None
        return np.asarray(snapshot.images)[:, : self.dimension] * hand

    def _time(self, snapshot):
        if self._options.timestep is not None:
            return snapshot.step * self._options.timestep
        return snapshot.step if snapshot.time is None else snapshot.time

    def _sizes(self, snapshot, species, order):
        given = self._options.sizes
        if self._column is not None:
            values = np.asarray(column(snapshot, self._column), dtype=float)
            return values[order] * self._factor / self._options.unit
        if isinstance(given, dict):
            return translated(species, given, "species", "a size", "sizes")
        return None if isinstance(given, str) else given

    def _decide_dimension(self, first):
        wanted, depth = self._options.dimension, first.positions.shape[1]
        if self._options.box is not None:
            wanted = self._options.box.dimension if wanted is None else wanted
            if wanted != self._options.box.dimension:
                raise InputError(f"dimension is {wanted}, and the box has {self._options.box.dimension}")
        if depth == 2 or first.planar:
            if wanted == 3:
                raise InputError(f"dimension is 3; there are two: {first.planar or 'there is no z'}")
            if not first.types_are_species:
                self.notes.append(f"two dimensions: {first.planar or 'there is no z'}")
            return 2
        z = first.positions[:, 2]
        if wanted == 2:
            self._require_layer(first)
            if np.ptp(z):
                self.notes.append(f"two dimensions, as asked for: z, from {z.min():.4g} to {z.max():.4g}, is left out")
            return 2
        if wanted == 3:
            return 3
        sides = np.linalg.norm(first.cell, axis=1)
        thin = sides[2] <= THIN * min(sides[:2])
        # One particle lies in a plane wherever it is, and in a thin box it has no neighbours but in this plane.
        if np.ptp(z) == 0 and (len(z) > 1 or thin):
            self.notes.append(f"two dimensions: all particles lie at z = {z[0]:.4g} (dimension=3 if it has three)")
            return 2
        if thin:
            raise InputError(
                f"z goes from {z.min():.4g} to {z.max():.4g} in a box of {' × '.join(f'{one:.4g}' for one in sides)}, "
                "a solid in two dimensions or a thin one in three: say dimension=2 or dimension=3"
            )
        return 3

    def _require_layer(self, first):
        """Where z is to be left out there must be one layer of particles."""
        given = self._options.box
        area = abs(np.linalg.det(first.cell[:2, :2])) if given is None else given.volume * self._options.unit**2
        thickness, distance = first.thickness, np.sqrt(area / self._count)
        if thickness > distance:
            raise InputError(
                f"dimension is 2, and z spans {thickness:.4g}, {thickness / distance:.3g} mean distances of particles "
                "in the plane; allowed: one layer, thinner than one of them"
            )

    def _decide_types(self, first):
        """What gives the species of a snapshot's particles, in a given order."""
        given, found_in, place = self._options.types, types_of, ""
        if (inner := self._types_in_column(first)) is not None:
            place, given = inner
            self.notes.append(f"types are the column {place}")
            found_in = partial(column, name=place, what="types")
        raw = None if first.types is None and not place else labels_of(found_in(first))
        named = raw is not None and (raw.dtype.kind == "U" or first.types_are_species)
        if given is None and raw is None and (self._options.sizes is not None or size_column(first)):
            self.notes.append("one species, 0: particles differ by size only (types='A' gives it another name)")
            given = 0
        if given is None and raw is None:
            raise InputError("there are no types of particles: say types='A', or give each particle a label")
        if given is None:
            if not named:
                table = f"{{{', '.join(f'{t}: {letter(k)!r}' for k, t in enumerate(np.unique(raw)))}}}"
                raise InputError(
                    f"there are particles of {counts(raw)}: say which species that is, "
                    f"types={f'{{{place!r}: {table}}}' if place else table} or the like"
                )
            if not first.types_are_species:
                self.notes.append(f"species have the names of the types: {counts(raw)}")
            return lambda snapshot, order: labels_of(found_in(snapshot))[order]
        if isinstance(given, dict):
            if raw is None:
                raise InputError("there are no types of particles that types={…} could name: give types='A', or a list")
            names = {str(key): value for key, value in given.items()}
            self._say_missing(raw, names)
            self._say_merged(raw, names)
            need = f"a species for each of {counts(raw)}" + KEEPING * named
            return lambda snapshot, order: translated(
                labels_of(found_in(snapshot))[order], names, "type", need, "types"
            )
        if isinstance(given, str | int | np.integer):
            if raw is not None:
                self._say_merged(raw, dict.fromkeys(map(str, np.unique(raw)), given))
            return lambda snapshot, order: np.full(self._count, given)
        if np.shape(given) != (self._count,):
            raise InputError(
                f"types have shape {np.shape(given)}; a label for each of {self._count} particles is needed, or a "
                "label for each type, types={1: 'A', 2: 'B'}"
            )
        return lambda snapshot, order: given

    def _types_in_column(self, first):
        """The column that types are in, if that is said, and what is said of them; a species of its name is none."""
        given = self._options.types
        if isinstance(given, dict) and len(given) == 1 and isinstance(inner := next(iter(given.values())), dict):
            column(first, next(iter(given)), "types")
            return next(iter(given)), inner
        place = named_column(first, given)
        return None if place is None else (place, None)

    def _say_missing(self, raw, names):
        """Say which types that species are given for are not in the file, as after a slip of the keyboard."""
        missing = [one for one in names if one not in raw.astype(np.str_)]
        if missing:
            names = f"type{'s' if len(missing) > 1 else ''} {', '.join(missing)}"
            self.notes.append(f"types= names {names}, of which the first frame has no particles; it has {counts(raw)}")

    def _say_merged(self, raw, names):
        """Say which types of the file are one species."""
        labels = [str(one) for one in np.unique(raw)]
        for species in dict.fromkeys(names.values()):
            merged = [one for one in labels if one in names and names[one] == species]
            if len(merged) > 1:
                those = counts(raw[np.isin(raw.astype(np.str_), merged)])
                self.notes.append(f"{those} are {'both' if len(merged) == 2 else 'all'} species {species}")

    def _decide_sizes(self, first):
        """The column that sizes are in, None if they are in none, and what makes diameters of it."""
        given = self._options.sizes
        if isinstance(given, str) and given == NO_SIZES:
            return None, 1
        if isinstance(given, str):
            column(first, given)
            factor = SIZES.get(given.lower(), 1)
            if factor != 1:
                self.notes.append(f"sizes are diameters, twice what stands in {given}")
            return given, factor
        if given is not None:
            if not isinstance(given, dict) and np.shape(given) != (self._count,):
                raise InputError(
                    f"sizes have shape {np.shape(given)}; one for each of {self._count} particles is needed"
                )
            return None, 1
        found = size_column(first)
        if found is None:
            return None, 1
        factor = SIZES[found.lower()]
        if not first.types_are_species:
            self.notes.append(f"sizes are {'twice ' * (factor == 2)}the column {found}")
        return found, factor

    def _say_the_rest(self, first, alone):
        if first.types_are_species:
            return
        if first.ids is None and not alone:
            self.notes.append(
                "particles have no ids: they are told by their places, in each frame the same; where a program sorts "
                "them anew, as LAMMPS does, D²_min means nothing"
            )
        if self._options.timestep is None and first.time is None and (first.step or not alone):
            self.notes.append(f"{TIMES_ARE_STEPS} (timestep= says how long one is)")
        if self._options.unit == 1:
            self.notes.append("lengths are taken as they are (unit= says how long the model's σ is in them)")


def sheared(box: Box, flips: int) -> float:
    """How far the second lattice vector has been moved along x, with the flips of the tilt."""
    return box.tilt + flips * box.length_x
