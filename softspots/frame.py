"""The value that flows between the stages: a frame of particles in its periodic box."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from softspots.arrays import float_array, label_array, real_number, whole_array
from softspots.box import FARTHEST, Box
from softspots.exceptions import InputError
from softspots.reasons import MOST_NAMED

# Beyond, 32 bits have one number more, which says in files that images are not known.
FARTHEST_IMAGE = 2**31 - 2
PER_PARTICLE = ("positions", "species", "images", "ids", "sizes")
# Diameters of the same particles may have come through single precision.
SAME_SIZE = 1e-6


@dataclass(frozen=True, eq=False, repr=False)
class Frame:
    """A configuration: particles in a periodic box at one time.

    The arrays are copies of what is given, and read-only: `dataclasses.replace` makes a frame with others.

    Parameters
    ----------
    positions : (N, d) array_like of float
        Coordinates in σ_AA, d as the box has it. They may lie anywhere up to 1e8 box lengths out: every stage wraps
        them as it needs.
    species : (N,) array_like of int or str
        Which kind each particle is of, by any whole numbers or labels: a mixture says what they mean.
    box : Box
    time : float, optional
        In τ.
    images : (N, d) array_like of int, optional
        How often each particle has been wrapped along the lattice vectors. Default: None, not known.
    ids : (N,) array_like of int, optional
        The particles' own numbers, all different, by which stages match the particles of two frames. Default: None;
        particles are then told by their places.
    only_b : bool, optional
        Say so where all particles may be of species 1. Without it mixtures of species 0 and 1 refuse such a frame:
        files that count species from 1 give just this for a system of 0 alone.
    sizes : (N,) array_like of float, optional
        The particles' own diameters, in σ_AA, where a mixture goes by them. Default: None, they have none.

    Raises
    ------
    InputError
        If a shape does not fit, a number is masked or not finite, species are neither whole numbers nor strings, an
        image counter or id is not a whole number, an id is there twice, or a size is not positive.
    """

    positions: np.ndarray
    species: np.ndarray
    box: Box
    time: float = 0.0
    images: np.ndarray | None = None
    ids: np.ndarray | None = None
    only_b: bool = False
    sizes: np.ndarray | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.box, Box):
            raise InputError(f"Frame: box is a {type(self.box).__name__}; a Box is needed")
        positions = float_array("Frame: positions", self.positions, ("N", self.dimension))
        farthest = max(
            max(axis.max(initial=0), -axis.min(initial=0)) / side
            for axis, side in zip(positions.T, self.box.lengths, strict=True)
        )
        if farthest >= FARTHEST:
            raise InputError(
                f"Frame: positions reach {farthest:.3g} box lengths out; beyond {FARTHEST:.3g} their digits are "
                "too few for a configuration: wrap them into the box"
            )
        size = len(positions)
        arrays = {"positions": positions, "species": label_array("Frame: species", self.species, (size,))}
        if self.images is not None:
            arrays["images"] = whole_array(
                "Frame: images", self.images, positions.shape, -FARTHEST_IMAGE, FARTHEST_IMAGE
            )
        if self.ids is not None:
            arrays["ids"] = ids = whole_array("Frame: ids", self.ids, (size,), -(2**62), 2**62, np.int64)
            values, counts = np.unique(ids, return_counts=True)
            if len(values) < size:
                raise InputError(f"Frame: ids must all be different; {values[counts > 1][0]} is there more than once")
        if self.sizes is not None:
            arrays["sizes"] = sizes = float_array("Frame: sizes", self.sizes, (size,))
            if not (sizes > 0).all():
                raise InputError(f"Frame: sizes must be positive; {sizes.min():g} is among them")
        for name, array in arrays.items():
            array.flags.writeable = False
            object.__setattr__(self, name, array)
        object.__setattr__(self, "time", real_number("Frame: time", self.time))

    def __len__(self) -> int:
        return len(self.positions)

    def __repr__(self) -> str:
        sizes = (
            f", sizes {self.sizes.min():.3g} to {self.sizes.max():.3g}" if self.sizes is not None and len(self) else ""
        )
        return f"Frame(N={len(self)}, {self._counts()}{sizes}, {self.box.words}, time {self.time:g})"

    def _counts(self) -> str:
        labels, counts = np.unique(self.species, return_counts=True)
        if len(labels) > MOST_NAMED:
            return f"{len(labels)} species"
        named = (f"{count} of species {label}" for label, count in zip(labels, counts, strict=True))
        return ", ".join(named) or "no species"

    @property
    def dimension(self) -> int:
        """2 or 3, as the box has it."""
        return self.box.dimension

    def __reduce__(self) -> tuple[Any, ...]:
        # A copy of an array, or one that has been pickled, could be written to.
        return Frame, tuple(getattr(self, entry.name) for entry in fields(self))

    def in_order_of(self, other: Frame) -> Frame:
        """This frame with its particles in the order in which ``other`` has the same ones.

        They are matched by ids where both frames have them. Otherwise they are taken to be in the same order, and only
        their number and species are compared.

        Raises
        ------
        InputError
            If the frames hold different particles.
        """
        if len(self) != len(other):
            raise InputError(f"the frames hold different particles, {len(other)} and {len(self)}")
        matched = self
        if self.ids is not None and other.ids is not None and not np.array_equal(self.ids, other.ids):
            order = np.argsort(self.ids)
            if not np.array_equal(self.ids[order], np.sort(other.ids)):
                missing = np.setdiff1d(other.ids, self.ids)
                raise InputError(
                    f"the frames hold different particles: {len(missing)} of {len(other)} ids are in one of "
                    f"them only, such as {missing[0]}"
                )
            order = order[np.argsort(np.argsort(other.ids))]
            names = [name for name in PER_PARTICLE if getattr(self, name) is not None]
            matched = replace(self, **{name: getattr(self, name)[order] for name in names})
        if not np.array_equal(matched.species, other.species):
            count = np.count_nonzero(matched.species != other.species)
            raise InputError(f"the frames hold different particles: {count} of {len(self)} have another species")
        if matched.sizes is not None and other.sizes is not None:
            same = np.isclose(matched.sizes, other.sizes, rtol=SAME_SIZE, atol=0)
            if not same.all():
                count = np.count_nonzero(~same)
                raise InputError(f"the frames hold different particles: {count} of {len(self)} have another size")
        return matched

    def wrapped(self) -> Frame:
        """The same configuration with all particles in the cell, and the image counters, if known, moved on."""
        positions, images = self.box.wrap(self.positions)
        return replace(self, positions=positions, images=None if self.images is None else self.images + images)

    def images_without_flips(self) -> np.ndarray:
        """The images (N, d), as they would be had the tilt never flipped; zero where they are not known.

        A flip changes how many box lengths a row up is displaced, and nothing along a third lattice vector.
        """
        if self.images is None:
            return np.zeros(self.positions.shape, dtype=np.int64)
        images = self.images.astype(np.int64)
        images[:, 0] -= self.box.flips * images[:, 1]
        return images

    @property
    def unwrapped(self) -> np.ndarray:
        """Continuous trajectories' coordinates, (N, d), if images are known: unchanged when the box tilt flips."""
        box, images = self.box, self.images_without_flips()
        # Total strain and flip-free column numbers: both stay the same through a flip, to the bit.
        vectors = box.vectors
        vectors[1, 0] = box.total_strain * box.length_y
        moved = np.zeros(self.positions.shape)
        for number, vector in zip(images.T, vectors, strict=True):
            moved += number[:, None] * vector
        return self.positions + moved
