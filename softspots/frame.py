"""The values that flow between the stages: the periodic box and a frame of particles in it."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np

from softspots.arrays import float_array, positive_number, real_number, whole_array
from softspots.exceptions import InputError

# Between boxes that carry no strain, the nearest lattice is taken if the step to it is at most this part of a box
# length: the next reading, backwards, is then at least three times as far.
NEAREST_LATTICE = 0.25
# Coordinates lie less than this many box lengths out, as in the kernels. There the spacing of float64 is, against the
# box, a quarter of that of single precision, in which trajectories are kept; much beyond, no digits are left.
FARTHEST = 1e8
# Beyond, 32 bits have one number more, which says in files that images are not known.
FARTHEST_IMAGE = 2**31 - 2


@dataclass(frozen=True, repr=False)
class Box:
    """A periodic box in two dimensions, sheared in x with the gradient in y.

    The lattice vectors are ``(length_x, 0)`` and ``(tilt, length_y)``. Simulated boxes also carry
    their history, the total strain since the start, of which the tilt is the part that is left when
    whole box lengths (flips) are taken off: ``tilt = strain * length_y - flips * length_x``.

    Parameters
    ----------
    length_x, length_y : float
        Side lengths, in σ_AA; positive.
    tilt : float, optional
        x-component of the second lattice vector, in σ_AA. Any value is allowed; values that differ
        by ``length_x`` describe the same lattice.
    strain : float, optional
        Total shear strain. Default: None, not known, as in files that hold lattice vectors alone; what needs one takes
        `total_strain`.

    Raises
    ------
    InputError
        If a length is not a positive finite number, the tilt or the strain is not finite, or the
        strain does not belong to the tilt.
    """

    length_x: float
    length_y: float
    tilt: float = 0.0
    strain: float | None = None

    def __post_init__(self):
        for name in ("length_x", "length_y"):
            object.__setattr__(self, name, positive_number(f"Box: {name}", getattr(self, name)))
        object.__setattr__(self, "tilt", real_number("Box: tilt", self.tilt))
        if self.has_history:
            object.__setattr__(self, "strain", real_number("Box: strain", self.strain))
        for name, value, unit in (("tilt", self.tilt, 1.0), ("strain", self.total_strain, self.length_y)):
            offset = value * unit
            if not abs(offset) < FARTHEST * self.length_x:
                raise InputError(
                    f"Box: {name} is {value!r}, {offset / self.length_x:.3g} box lengths; at most "
                    f"{FARTHEST:.3g} can be told from their rounding"
                )
        excess = (self.total_strain * self.length_y - self.tilt) / self.length_x
        # A strain that came through a file or an accumulated sum carries rounding of its own size.
        if abs(excess - round(excess)) > 1e-9 * (1 + abs(excess)):
            raise InputError(
                f"Box: strain {self.strain!r} does not belong to tilt {self.tilt!r}; strain * length_y "
                "and tilt may differ by whole multiples of length_x only"
            )

    @property
    def words(self) -> str:
        """Sides and tilt in short, for messages."""
        return f"box {self.length_x:.4g} × {self.length_y:.4g}, tilt {self.tilt:.3g}"

    def __repr__(self) -> str:
        history = f", strain {self.strain:.6g}" if self.has_history else ""
        return f"Box({self.length_x:.6g} × {self.length_y:.6g}, tilt {self.tilt:.6g}{history})"

    @classmethod
    def sheared(cls, length_x: float, length_y: float, strain: float) -> Box:
        """The box at a total ``strain``, with its tilt flipped into [-length_x/2, length_x/2]."""
        offset = strain * length_y
        return cls(length_x, length_y, offset - length_x * round(offset / length_x), strain)

    @property
    def has_history(self) -> bool:
        """Whether the strain is known."""
        return self.strain is not None

    @property
    def total_strain(self) -> float:
        """The strain; where it is not known, ``tilt / length_y``, which is right but for flips."""
        return self.strain if self.has_history else self.tilt / self.length_y

    @property
    def flips(self) -> int:
        """How many box lengths the tilt has been flipped back since zero strain."""
        return round((self.total_strain * self.length_y - self.tilt) / self.length_x)

    def strain_to(self, later: Box) -> float:
        """By how much a ``later`` box of the same size has been sheared further.

        If both boxes have a history, the difference of their strains. If not, the least strain that leads from one
        lattice to the other, which a flip in between does not change.

        Raises
        ------
        InputError
            If without a history the step is more than a quarter of ``length_x``, so that its direction is in doubt, or
            only one of the boxes has a history and it does not agree with the nearest lattice.
        """
        told = later.total_strain - self.total_strain
        if self.has_history and later.has_history:
            return told
        step = (later.tilt - self.tilt) / self.length_x
        nearest = step - round(step)
        if abs(nearest) > NEAREST_LATTICE:
            raise InputError(
                f"Box: from tilt {self.tilt:.6g} to {later.tilt:.6g} the lattice moves by {abs(nearest):.3g} length_x; "
                f"without a strain at most {NEAREST_LATTICE} can be told from a flip: give both boxes their strain"
            )
        strain = nearest * self.length_x / self.length_y
        if self.has_history != later.has_history and round((told - strain) * self.length_y / self.length_x) != 0:
            raise InputError(
                f"Box: only one of two boxes carries its strain, and {self.total_strain:.6g} to "
                f"{later.total_strain:.6g} is not the nearest step, {strain:.3g}; give both their strain, or neither"
            )
        return strain

    @property
    def area(self) -> float:
        """Area of the box, in σ_AA²."""
        return self.length_x * self.length_y

    def wrap(self, positions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Wrap positions, shape (N, 2), into the rectangle [0, length_x) × [0, length_y).

        The rectangle is a cell of the sheared lattice as the parallelogram is one. Also returned are the images,
        (N, 2) int: how many lattice vectors were taken off.
        """
        wrapped = np.array(positions, dtype=float)
        rows = np.floor(wrapped[:, 1] / self.length_y)
        wrapped[:, 1] -= rows * self.length_y
        # Rounding can lift a tiny negative coordinate to the full length, which is outside.
        lifted = wrapped[:, 1] >= self.length_y
        wrapped[lifted, 1] = 0.0
        rows += lifted
        wrapped[:, 0] -= rows * self.tilt
        columns = np.floor(wrapped[:, 0] / self.length_x)
        wrapped[:, 0] -= columns * self.length_x
        lifted = wrapped[:, 0] >= self.length_x
        wrapped[lifted, 0] = 0.0
        columns += lifted
        return wrapped, np.column_stack((columns, rows)).astype(np.int64)

    def minimum_image(self, separations: np.ndarray) -> np.ndarray:
        """Fold separations, shape (..., 2), to their images with |y| ≤ length_y/2, then |x| ≤ length_x/2.

        For separations shorter than half the smaller side length, this is the shortest image.
        """
        folded = np.array(separations, dtype=float)
        rows = np.rint(folded[..., 1] / self.length_y)
        folded[..., 1] -= rows * self.length_y
        folded[..., 0] -= rows * self.tilt
        folded[..., 0] -= np.rint(folded[..., 0] / self.length_x) * self.length_x
        return folded


@dataclass(frozen=True, eq=False, repr=False)
class Frame:
    """A configuration: particles in a periodic box at one time.

    The arrays are copies of what is given, and read-only: `dataclasses.replace` makes a frame with others.

    Parameters
    ----------
    positions : (N, 2) array_like of float
        Coordinates in σ_AA. They may lie anywhere up to 1e8 box lengths out: every stage wraps them as it needs.
    species : (N,) array_like of int
        0 for A, 1 for B.
    box : Box
    time : float, optional
        In τ.
    images : (N, 2) array_like of int, optional
        How often each particle has been wrapped along the two lattice vectors. Default: None, not known.
    ids : (N,) array_like of int, optional
        The particles' own numbers, all different, by which stages match the particles of two frames. Default: None;
        particles are then told by their places.
    only_b : bool, optional
        Say so where all particles may be B. Without it a frame with B alone is refused: files that count species from 1
        give just this for a system of A.

    Raises
    ------
    InputError
        If a shape does not fit, a number is masked or not finite, a species is not 0 or 1, or 1 throughout without
        ``only_b``, an image counter or id is not a whole number, or an id is there twice.
    """

    positions: np.ndarray
    species: np.ndarray
    box: Box
    time: float = 0.0
    images: np.ndarray | None = None
    ids: np.ndarray | None = None
    only_b: bool = False

    def __post_init__(self):
        if not isinstance(self.box, Box):
            raise InputError(f"Frame: box is a {type(self.box).__name__}; a Box is needed")
        positions = float_array("Frame: positions", self.positions, ("N", 2))
        farthest = max(
            max(axis.max(initial=0), -axis.min(initial=0)) / side
            for axis, side in zip(positions.T, (self.box.length_x, self.box.length_y), strict=True)
        )
        if farthest >= FARTHEST:
            raise InputError(
                f"Frame: positions reach {farthest:.3g} box lengths out; beyond {FARTHEST:.3g} their digits are "
                "too few for a configuration: wrap them into the box"
            )
        size = len(positions)
        species = whole_array("Frame: species", self.species, (size,), 0, 1)
        if size and species.all() and not self.only_b:
            raise InputError(
                "Frame: all species are 1, which is B; where types count from 1 give species - 1, and where there "
                "is no A say only_b=True"
            )
        arrays = {"positions": positions, "species": species}
        if self.images is not None:
            arrays["images"] = whole_array("Frame: images", self.images, (size, 2), -FARTHEST_IMAGE, FARTHEST_IMAGE)
        if self.ids is not None:
            arrays["ids"] = ids = whole_array("Frame: ids", self.ids, (size,), -(2**62), 2**62, np.int64)
            values, counts = np.unique(ids, return_counts=True)
            if len(values) < size:
                raise InputError(f"Frame: ids must all be different; {values[counts > 1][0]} is there more than once")
        for name, array in arrays.items():
            array.flags.writeable = False
            object.__setattr__(self, name, array)
        object.__setattr__(self, "time", real_number("Frame: time", self.time))

    def __len__(self) -> int:
        return len(self.positions)

    def __repr__(self) -> str:
        of_b = int(self.species.sum())
        return f"Frame(N={len(self)}, {len(self) - of_b} A, {of_b} B, {self.box.words}, time {self.time:g})"

    def __reduce__(self):
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
            raise InputError(f"Frame: the frames hold different particles, {len(other)} and {len(self)}")
        matched = self
        if self.ids is not None and other.ids is not None and not np.array_equal(self.ids, other.ids):
            order = np.argsort(self.ids)
            if not np.array_equal(self.ids[order], np.sort(other.ids)):
                missing = np.setdiff1d(other.ids, self.ids)
                raise InputError(
                    f"Frame: the frames hold different particles: {len(missing)} of {len(other)} ids are in one of "
                    f"them only, such as {missing[0]}"
                )
            order = order[np.argsort(np.argsort(other.ids))]
            matched = replace(
                self,
                positions=self.positions[order],
                species=self.species[order],
                images=None if self.images is None else self.images[order],
                ids=other.ids,
            )
        if not np.array_equal(matched.species, other.species):
            count = np.count_nonzero(matched.species != other.species)
            raise InputError(f"Frame: the frames hold different particles: {count} of {len(self)} have another species")
        return matched

    def wrapped(self) -> Frame:
        """The same configuration with all particles in the cell, and the image counters, if known, moved on."""
        positions, images = self.box.wrap(self.positions)
        return replace(self, positions=positions, images=None if self.images is None else self.images + images)

    def columns_and_rows(self) -> tuple[np.ndarray, np.ndarray]:
        """How many box lengths and rows of the lattice each particle has been wrapped, unchanged when the tilt flips.

        Zero where the images are not known.
        """
        if self.images is None:
            return np.zeros(len(self), dtype=np.int64), np.zeros(len(self), dtype=np.int64)
        columns, rows = self.images.T.astype(np.int64)
        return columns - self.box.flips * rows, rows

    @property
    def unwrapped(self) -> np.ndarray:
        """Continuous trajectories' coordinates, (N, 2), if images are known: unchanged when the box tilt flips."""
        box, (columns, rows) = self.box, self.columns_and_rows()
        # Total strain and flip-free column numbers: both stay the same through a flip, to the bit.
        shift = rows * (box.total_strain * box.length_y)
        return self.positions + np.column_stack((box.length_x * columns + shift, rows * box.length_y))
