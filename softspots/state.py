"""The values that flow between the stages: the periodic box and a frame of particles in it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from softspots.exceptions import InputError

# Between boxes that carry no strain, the nearest lattice is taken if the step to it is at most this part of a box
# length: the next reading, backwards, is then at least three times as far.
NEAREST_LATTICE = 0.25


@dataclass(frozen=True)
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
        Total shear strain. Default: not known, as in files that hold lattice vectors alone; ``strain`` is then
        ``tilt / length_y``, right but for flips, and `has_history` is False.

    Attributes
    ----------
    has_history : bool
        Whether the strain was given.

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
    has_history: bool = field(init=False, repr=False)

    def __post_init__(self):
        object.__setattr__(self, "has_history", self.strain is not None)
        for name in ("length_x", "length_y"):
            value = getattr(self, name)
            if not (np.isfinite(value) and value > 0):
                raise InputError(f"Box: {name} is {value!r}; it must be a positive finite number")
        if not np.isfinite(self.tilt):
            raise InputError(f"Box: tilt is {self.tilt!r}; it must be finite")
        if self.strain is None:
            object.__setattr__(self, "strain", self.tilt / self.length_y)
        if not np.isfinite(self.strain):
            raise InputError(f"Box: strain is {self.strain!r}; it must be finite")
        excess = (self.strain * self.length_y - self.tilt) / self.length_x
        # A strain that came through a file or an accumulated sum carries rounding of its own size.
        if abs(excess - round(excess)) > 1e-9 * (1 + abs(excess)):
            raise InputError(
                f"Box: strain {self.strain!r} does not belong to tilt {self.tilt!r}; strain * length_y "
                "and tilt may differ by whole multiples of length_x only"
            )

    @classmethod
    def sheared(cls, length_x: float, length_y: float, strain: float) -> Box:
        """The box at a total ``strain``, with its tilt flipped into [-length_x/2, length_x/2]."""
        offset = strain * length_y
        return cls(length_x, length_y, offset - length_x * round(offset / length_x), strain)

    @property
    def flips(self) -> int:
        """How many box lengths the tilt has been flipped back since zero strain."""
        return round((self.strain * self.length_y - self.tilt) / self.length_x)

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
        told = later.strain - self.strain
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
                f"Box: only one of two boxes carries its strain, and {self.strain:.6g} to {later.strain:.6g} is not "
                f"the nearest step, {strain:.3g}; give both boxes their strain, or neither"
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
        return wrapped, np.column_stack((columns, rows)).astype(np.int32)

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


@dataclass(frozen=True, eq=False)
class Frame:
    """A configuration: particles in a periodic box at one time.

    Parameters
    ----------
    positions : (N, 2) array_like of float
        Coordinates in σ_AA. They may lie anywhere: every stage wraps them as it needs.
    species : (N,) array_like of int
        0 for A, 1 for B.
    box : Box
    time : float, optional
        In τ.
    images : (N, 2) array_like of int, optional
        How often each particle has been wrapped along the two lattice vectors. Default: zero.

    Raises
    ------
    InputError
        If a shape does not fit, a coordinate is not finite, a species is not 0 or 1, or an image
        counter is not a whole number.
    """

    positions: np.ndarray
    species: np.ndarray
    box: Box
    time: float = 0.0
    images: np.ndarray = field(default=None)

    def __post_init__(self):
        positions = np.ascontiguousarray(self.positions, dtype=np.float64)
        if positions.ndim != 2 or positions.shape[1] != 2:
            raise InputError(f"Frame: positions have shape {positions.shape}; (N, 2) is needed")
        if not np.isfinite(positions).all():
            raise InputError("Frame: positions must be finite")
        given = np.asarray(self.species)
        if given.shape != positions.shape[:1]:
            raise InputError(f"Frame: species have shape {given.shape}; ({len(positions)},) is needed")
        if not np.isin(given, (0, 1)).all():
            raise InputError("Frame: species must be 0 (A) or 1 (B)")
        images = np.zeros(positions.shape) if self.images is None else np.asarray(self.images)
        if images.shape != positions.shape:
            raise InputError(f"Frame: images have shape {images.shape}; {positions.shape} is needed")
        if not (np.rint(images) == images).all():
            raise InputError("Frame: images must be whole numbers")
        object.__setattr__(self, "positions", positions)
        object.__setattr__(self, "species", np.ascontiguousarray(given, dtype=np.int32))
        object.__setattr__(self, "images", np.ascontiguousarray(images, dtype=np.int32))

    def __len__(self) -> int:
        return len(self.positions)

    @property
    def unwrapped(self) -> np.ndarray:
        """Continuous trajectories' coordinates, shape (N, 2): unchanged when the box tilt flips."""
        columns, rows = self.images[:, 0], self.images[:, 1]
        # Total strain and flip-free column numbers: both stay the same through a flip, to the bit.
        return self.positions + np.column_stack(
            (
                self.box.length_x * (columns - self.box.flips * rows) + rows * (self.box.strain * self.box.length_y),
                rows * self.box.length_y,
            )
        )
