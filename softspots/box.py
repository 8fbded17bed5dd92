"""The periodic box, in two or three dimensions, and how far it has been sheared."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Never

import numpy as np
from numpy.typing import ArrayLike

from softspots.arrays import float_array, positive_number, real_number
from softspots.exceptions import InputError

# Between boxes that carry no strain, the nearest lattice is taken if the step to it is at most this part of a box
# length: the next reading, backwards, is then at least three times as far.
NEAREST_LATTICE = 0.25
# Coordinates lie less than this many box lengths out, as in the kernels. There the spacing of float64 is, against the
# box, a quarter of that of single precision, in which trajectories are kept; much beyond, no digits are left.
FARTHEST = 1e8
# Part of a box length up to which two boxes are of one size and shape: they may have come through single precision.
SAME = 1e-6
# What is less than this part of a side is rounding, and zero to people.
ROUNDING = 1e-12
# Area or volume of a ball of radius one, by dimension.
BALL = {2: math.pi, 3: 4 / 3 * math.pi}
WAYS = "Box(Lx, Ly), Box(Lx, Ly, tilt=xy), in three dimensions Box(lengths=(Lx, Ly, Lz), tilts=(xy, xz, yz))"
LENGTHS = ("length_x", "length_y", "length_z")
# By dimension; the first is the one that shear changes.
TILTS = {2: ("tilt",), 3: ("tilt", "tilt xz", "tilt yz")}


@dataclass(frozen=True, repr=False, init=False)
class Box:
    """A periodic box, sheared in x with the gradient in y.

    The lattice vectors are ``(length_x, 0)`` and ``(tilt, length_y)``; in three dimensions ``(length_x, 0, 0)``,
    ``(xy, length_y, 0)`` and ``(xz, yz, length_z)``, where xy is the tilt. Simulated boxes also carry their history,
    the total strain since the start, of which the tilt is the part that is left when whole box lengths (flips) are
    taken off: ``tilt = strain * length_y - flips * length_x``.

    Parameters
    ----------
    length_x, length_y : float, optional
        Side lengths, in σ_AA; positive. By name, they take the places of the first of ``lengths``. All else is given by
        name, so that no third length passes for a tilt.
    tilt : float, optional
        x-component of the second lattice vector, in σ_AA. Any value is allowed; values that differ by ``length_x``
        describe the same lattice. Default: 0, or the first of ``tilts``.
    strain : float, optional
        Total shear strain. Default: None, not known, as in files that hold lattice vectors alone; what needs one takes
        `total_strain`.
    lengths : (2,) or (3,) array_like of float, optional
        All side lengths.
    tilts : (1,) or (3,) array_like of float, optional
        All tilts: xy, in three dimensions xy, xz and yz. Default: 0.

    Attributes
    ----------
    lengths, tilts : tuple of float
    strain : float or None

    Raises
    ------
    InputError
        If a third value has no name, a length is not a positive finite number, a tilt or the strain is not finite,
        there are not as many tilts as the lengths need, or the strain does not belong to the tilt.
    """

    lengths: tuple[float, ...]
    tilts: tuple[float, ...]
    strain: float | None

    def __init__(
        self,
        length_x: float | None = None,
        length_y: float | None = None,
        *unnamed: Never,
        tilt: float | None = None,
        strain: float | None = None,
        lengths: ArrayLike | None = None,
        tilts: ArrayLike | None = None,
    ) -> None:
        # A third length would pass for a tilt.
        if unnamed or isinstance(length_x, (tuple, list, np.ndarray)):
            kind = type(length_x).__name__
            got = f"there are {2 + len(unnamed)} values without a name" if unnamed else f"length_x is a {kind}"
            raise InputError(f"Box: {got}; allowed: {WAYS}")
        lengths = _entries("lengths", (length_x, length_y) if lengths is None else lengths, (length_x, length_y))
        if len(lengths) not in TILTS:
            raise InputError(f"Box: there are {len(lengths)} lengths; 2 or 3 are needed")
        names = TILTS[len(lengths)]
        tilts = _entries("tilts", (0.0,) * len(names) if tilts is None else tilts, (tilt,))
        if len(tilts) != len(names):
            raise InputError(f"Box: there are {len(tilts)} tilts; {len(lengths)} lengths need {len(names)}")
        lengths = tuple(positive_number(f"Box: {name}", one) for name, one in zip(LENGTHS, lengths, strict=False))
        tilts = tuple(real_number(f"Box: {name}", one) for name, one in zip(names, tilts, strict=True))
        if strain is not None:
            strain = real_number("Box: strain", strain)
        for name, value in (("lengths", lengths), ("tilts", tilts), ("strain", strain)):
            object.__setattr__(self, name, value)
        self._require_digits()
        excess = (self.total_strain * self.length_y - self.tilt) / self.length_x
        # A strain that came through a file or an accumulated sum carries rounding of its own size.
        if abs(excess - round(excess)) > 1e-9 * (1 + abs(excess)):
            raise InputError(
                f"Box: strain {self.strain!r} does not belong to tilt {self.tilt!r}; strain * length_y "
                "and tilt may differ by whole multiples of length_x only"
            )

    def _require_digits(self) -> None:
        along = (*self.lengths[:1], *self.lengths[:2])[: len(self.tilts)]
        offsets = [*zip(TILTS[self.dimension], self.tilts, self.tilts, along, strict=True)]
        offsets.append(("strain", self.total_strain, self.total_strain * self.length_y, self.length_x))
        for name, value, offset, length in offsets:
            if not abs(offset) < FARTHEST * length:
                raise InputError(
                    f"Box: {name} is {value!r}, {offset / length:.3g} box lengths; at most "
                    f"{FARTHEST:.3g} can be told from their rounding"
                )

    @property
    def dimension(self) -> int:
        """2 or 3."""
        return len(self.lengths)

    @property
    def length_x(self) -> float:
        """Side length along the flow, in σ_AA."""
        return self.lengths[0]

    @property
    def length_y(self) -> float:
        """Side length along the gradient, in σ_AA."""
        return self.lengths[1]

    @property
    def tilt(self) -> float:
        """x-component of the second lattice vector, in σ_AA."""
        return self.tilts[0]

    @property
    def vectors(self) -> np.ndarray:
        """The lattice vectors, in σ_AA, as rows: (d, d), a lower triangle."""
        vectors = np.diag(self.lengths)
        vectors[np.tril_indices(self.dimension, -1)] = self.tilts
        return vectors

    @property
    def volume(self) -> float:
        """Volume of the box, in σ_AA^d; in two dimensions its area."""
        return float(np.prod(self.lengths))

    @property
    def area(self) -> float:
        """Area of a box in two dimensions, in σ_AA²."""
        if self.dimension != 2:
            raise InputError("Box: a box in three dimensions has no area but a volume")
        return self.volume

    @property
    def words(self) -> str:
        """Sides and tilts in short, for messages."""
        return f"box {self._in_short('.4g', '.3g')}"

    def __repr__(self) -> str:
        history = f", strain {self.strain:.6g}" if self.has_history else ""
        return f"Box({self._in_short('.6g', '.6g')}{history})"

    def _in_short(self, length: str, tilt: str) -> str:
        plural = "s" if len(self.tilts) > 1 else ""
        least = ROUNDING * max(self.lengths)
        tilts = " ".join(format(one if abs(one) > least else 0.0, tilt) for one in self.tilts)
        return f"{' × '.join(format(one, length) for one in self.lengths)}, tilt{plural} {tilts}"

    @classmethod
    def sheared(cls, length_x: float, length_y: float, strain: float) -> Box:
        """The box at a total ``strain``, with its tilt flipped into [-length_x/2, length_x/2]."""
        return cls(length_x, length_y).at_strain(strain)

    def at_strain(self, strain: float) -> Box:
        """This box sheared on, or back, to a total ``strain``, with its tilt flipped into [-length_x/2, length_x/2].

        Of the third lattice vector, the tilt xz changes with its height yz; it is not flipped.
        """
        offset = strain * self.length_y
        tilts = [offset - self.length_x * round(offset / self.length_x), *self.tilts[1:]]
        if self.dimension == 3:
            tilts[1] += (strain - self.total_strain) * self.tilts[2]
        return Box(lengths=self.lengths, tilts=tilts, strain=strain)

    def stretched(self, lengths: tuple[float, ...]) -> Box:
        """This box stretched along the axes to other side lengths; tilts and strain as those of what is in it."""
        ratios = np.divide(lengths, self.lengths)
        # Along x, and along y for the last of three.
        tilts = np.multiply(self.tilts, ratios[[0, 0, 1][: len(self.tilts)]])
        strain = (tilts[0] + self.flips * lengths[0]) / lengths[1] if self.has_history else None
        return Box(lengths=lengths, tilts=tilts, strain=strain)

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
            If without a history the step is more than a quarter of ``length_x``, so that its direction is in doubt;
            only one of the boxes has a history and it does not agree with the nearest lattice; or a third lattice
            vector has moved otherwise than in this shear.
        """
        told = later.total_strain - self.total_strain
        strain = told if self.has_history and later.has_history else self._nearest_strain(later, told)
        if self.dimension == 3:
            self._require_same_shear(later, strain)
        return strain

    def _nearest_strain(self, later: Box, told: float) -> float:
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

    def _require_same_shear(self, later: Box, strain: float) -> None:
        _, xz, yz = self.tilts
        moved = np.array(later.tilts[1:]) - (xz + strain * yz, yz)
        left = later.minimum_image([*moved, 0.0])
        # A flip of the tilt may have come through single precision itself.
        if np.abs(left).max() > SAME * (max(self.lengths) + abs(strain * yz)):
            raise InputError(
                f"Box: from tilts {self.tilts} to {later.tilts} the third lattice vector moves by {left[:2].tolist()} "
                f"beside a shear by {strain:.6g} along x with the gradient in y; no other deformation is allowed"
            )

    def wrap(self, positions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Wrap positions, shape (N, d), into [0, length_x) × [0, length_y), in three dimensions × [0, length_z).

        The rectangle, or the brick, is a cell of the sheared lattice as the parallelogram is one. Also returned are the
        images, (N, d) int: how many lattice vectors were taken off.
        """
        wrapped = np.array(positions, dtype=float)
        images = np.empty(wrapped.shape, dtype=np.int64)
        for axis, vector in reversed([*enumerate(self.vectors)]):
            counts = np.floor(wrapped[:, axis] / vector[axis])
            wrapped[:, axis] -= counts * vector[axis]
            # Rounding can lift a tiny negative coordinate to the full length, which is outside.
            lifted = wrapped[:, axis] >= vector[axis]
            wrapped[lifted, axis] = 0.0
            counts += lifted
            for other in range(axis):
                wrapped[:, other] -= counts * vector[other]
            images[:, axis] = counts
        return wrapped, images

    def minimum_image(self, separations: np.ndarray) -> np.ndarray:
        """Fold separations, shape (..., d), to their images with |y| ≤ length_y/2, then |x| ≤ length_x/2.

        In three dimensions, with |z| ≤ length_z/2 first. For separations shorter than half the smallest side length,
        this is the shortest image.
        """
        folded = np.array(separations, dtype=float)
        for axis, vector in reversed([*enumerate(self.vectors)]):
            counts = np.rint(folded[..., axis] / vector[axis])
            for other in range(axis + 1):
                folded[..., other] -= counts * vector[other]
        return folded


def _entries(name: str, values, replaced: tuple[Any, ...]) -> list[Any]:
    """``values`` with those that are given in their place at the start; single entries are checked by who uses them."""
    if not isinstance(values, (tuple, list)):
        values = float_array(f"Box: {name}", values, ("d",))
    return [
        *(mine if given is None else given for mine, given in zip(values, replaced, strict=False)),
        *values[len(replaced) :],
    ]
