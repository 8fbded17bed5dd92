"""Potentials from tables: arrays, functions, and LAMMPS' table files."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike
from scipy.interpolate import BPoly, CubicSpline

from softspots.arrays import float_array, positive_number
from softspots.exceptions import InputError
from softspots.model.pair import CutPotential
from softspots.model.table import read_table

# A cubic spline without conditions at its ends needs four points; two more make a potential of it.
FEWEST_POINTS = 6
# How far the energy may change from one point to the next otherwise than its forces say, as a part of both energies;
# and how far derivatives may be from those that are found, as a part of them.
INCONSISTENT, INEXACT = 0.1, 0.01
# Distances at which the derivatives of a function are looked at: what is wrong is mostly so over more than a hundredth
# of its range. Central differences over this part of the distance are right to a thousandth, in single precision too.
LOOKED_AT, STEP = 300, 1e-4
# The largest slope and curvature of the quintic from 0 to 1 that has neither at its ends: of what energies and forces
# differ by, over an interval of length one.
STEEPEST, SHARPEST = 15 / 8, 10 / 3**0.5
NAMES = ("V", "V'", "V''")


class Tabulated(CutPotential):
    """A potential from a table of distances, energies and forces.

    Between the points it is the quintic in r that has the energy and force of the table at both, and the slope of the
    force that a cubic spline through the forces has there: V'' is continuous, and forces are the derivative of the
    energy exactly. So energies whose differences are not the integral of the forces, as of few digits in a fine table,
    make V' and V'' swing between the points. Below the first point V goes on as a quadratic in r², with the same value,
    slope and curvature.

    Parameters
    ----------
    r : (n,) array_like
        Positive, rising; six or more.
    energy : (n,) array_like
    force : (n,) array_like, optional
        −dV/dr. Default: from a cubic spline through the energies, which costs an order of accuracy.
    cutoff : float, optional
        At most the last distance, which is the default.
    smoothing : {"none", "even", "shifted", "shifted-force"}, optional
        How it ends there, as in `LennardJones`. Default: "none", as the table has it.
    epsilon : float, optional
        The scale of the energy. Default: the depth of the well; without a well, the energy half way to the cutoff.
    force_slopes : tuple of 2 floats, optional
        dF/dr at the first and last point, LAMMPS' FPRIME. Default: continuous third derivatives next to the ends.

    Raises
    ------
    InputError
        If the table is too short, its distances do not rise, the energy changes between two points otherwise than the
        forces say by a tenth of it, or the cutoff lies beyond the table.

    Warns
    -----
    UserWarning
        If energies and forces differ by so much that V' or V'' is off by a hundredth between two points.
    """

    kind: ClassVar[str] = "tabulated"

    def __init__(
        self,
        r: ArrayLike,
        energy: ArrayLike,
        force: ArrayLike | None = None,
        *,
        cutoff: float | None = None,
        smoothing: str = "none",
        epsilon: float | None = None,
        force_slopes: ArrayLike | None = None,
    ) -> None:
        r = float_array("Tabulated: distances", r, ("n",))
        if len(r) < FEWEST_POINTS:
            raise InputError(f"Tabulated: the table has {len(r)} points; {FEWEST_POINTS} or more are needed")
        if not (r[0] > 0 and (np.diff(r) > 0).all()):
            wrong = 0 if r[0] <= 0 else 1 + int(np.argmin(np.diff(r) > 0))
            raise InputError(
                f"Tabulated: distances must be positive and rise; point {wrong + 1}, {r[wrong]:g}, does not"
            )
        energy = float_array("Tabulated: energies", energy, (len(r),))
        # As given: from a spline's own numbers another one would differ in the last bit.
        points, ends = {"r": r, "energy": energy}, "not-a-knot"
        if force is None:
            slope = CubicSpline(r, energy).derivative()(r)
        else:
            points["force"] = force = float_array("Tabulated: forces", force, (len(r),))
            slope = -force
        if force_slopes is not None:
            points["force_slopes"] = force_slopes = float_array("Tabulated: force_slopes", force_slopes, (2,))
            low, high = force_slopes
            ends = ((1, -low), (1, -high))
        curvature = CubicSpline(r, slope, bc_type=ends).derivative()(r)
        if force is not None:
            _require_consistent(r, energy, slope, curvature)
        quintics = BPoly.from_derivatives(r, np.column_stack((energy, slope, curvature)))
        derivatives = [quintics, quintics.derivative(), quintics.derivative(2)]
        self._points = points
        self._settle(partial(_values, derivatives), r[0], r[-1], cutoff, smoothing, epsilon)

    @classmethod
    def from_function(
        cls,
        function: Callable[[np.ndarray], ArrayLike],
        inner: float,
        cutoff: float,
        *,
        smoothing: str = "none",
        epsilon: float | None = None,
    ) -> Tabulated:
        """The potential of a function r ↦ V, V', V'' (arrays of the shape of r), from ``inner`` to ``cutoff``.

        Raises
        ------
        InputError
            If it gives anything else, is not finite there, or V' and V'' are not the derivatives of V.
        """
        inner = positive_number("Tabulated: inner", inner)
        cutoff = positive_number("Tabulated: cutoff", cutoff)
        if not inner < cutoff:
            raise InputError(f"Tabulated: inner is {inner:g}; it must lie below the cutoff {cutoff:g}")
        bare = partial(_values_of_function, function)
        _require_derivatives(bare, inner, cutoff)
        self = cls.__new__(cls)
        self._points = None
        self._settle(bare, inner, cutoff, cutoff, smoothing, epsilon)
        return self

    @classmethod
    def from_file(
        cls,
        path: str | Path,
        section: str | None = None,
        *,
        cutoff: float | None = None,
        smoothing: str = "none",
        epsilon: float | None = None,
    ) -> Tabulated:
        """The potential of a section of LAMMPS' table file (`pair_style table`), the only one by default.

        ``N``, ``R``, ``RSQ`` and ``FPRIME`` are understood, ``BITMAP`` is refused.

        Raises
        ------
        InputError
            If the file cannot be read as one, has no such section or several, or its table is refused.
        """
        return cls(**read_table(path, section), cutoff=cutoff, smoothing=smoothing, epsilon=epsilon)

    def _settle(self, bare, first, last, cutoff, smoothing, epsilon):
        self._bare, self._first = bare, float(first)
        self.cutoff, self.smoothing = float(last) if cutoff is None else cutoff, smoothing
        super().__post_init__()
        if self.cutoff > last:
            raise InputError(f"Tabulated: the cutoff {self.cutoff:g} lies beyond the table, which ends at {last:g}")
        if not self.cutoff > first:
            raise InputError(f"Tabulated: the cutoff {self.cutoff:g} lies before the table, which begins at {first:g}")
        if epsilon is None:
            energies = self.inside(np.linspace(first, self.cutoff, 1001))[0]
            epsilon = max(-energies.min(), abs(energies[500]))
        self.epsilon = positive_number("Tabulated: epsilon", epsilon)

    def where(self, energy: float) -> float:
        """Where the table begins: all of it is followed."""
        return self._first

    def __repr__(self) -> str:
        points = "a function" if self._points is None else f"{len(self._points['r'])} points"
        return f"Tabulated({points}, r from {self._first:g}, cutoff={self.cutoff:g}, smoothing={self.smoothing!r})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Tabulated):
            return NotImplemented
        if self._points is None or other._points is None:
            return self is other
        return self.as_table() == other.as_table()

    def __hash__(self) -> int:
        return hash((self._first, self.cutoff, self.smoothing))

    def as_table(self) -> dict[str, Any]:
        if self._points is None:
            raise InputError("Tabulated: a potential from a function cannot be written as a table; give arrays")
        points = {name: values.tolist() for name, values in self._points.items()}
        own = {"cutoff": self.cutoff, "smoothing": self.smoothing, "epsilon": self.epsilon}
        return {"potential": self.kind} | points | own

    def bare(self, r: np.ndarray) -> np.ndarray:
        r = np.asarray(r, dtype=np.float64)
        value, slope, curvature = self._bare(np.maximum(r, self._first))
        # A quadratic in s = r² below the table.
        below = r < self._first
        if below.any():
            ds = np.where(below, r**2 - self._first**2, 0.0)
            first = slope / (2 * self._first)
            second = (curvature - slope / self._first) / (4 * self._first**2)
            rate = first + second * ds
            value = np.where(below, value + (first + second * ds / 2) * ds, value)
            slope = np.where(below, 2 * r * rate, slope)
            curvature = np.where(below, 2 * rate + 4 * r**2 * second, curvature)
        return np.array([value, slope, curvature])


def _values(derivatives, r) -> np.ndarray:
    return np.array([one(r) for one in derivatives])


def _values_of_function(function, r) -> np.ndarray:
    values = float_array("Tabulated: V, V', V'' of the function", function(np.ravel(r)), (3, np.size(r)))
    return values.reshape(3, *np.shape(r))


def _require_consistent(r, energy, slope, curvature):
    """Refuse energies that are not the integral of the forces, and warn of those that are not quite."""
    integral = CubicSpline(r, slope).antiderivative()
    off = np.abs(np.diff(energy) - np.diff(integral(r)))
    size = np.abs(energy)
    allowed = INCONSISTENT * (size[1:] + size[:-1]) + 1e-4 * np.median(size)
    if (off > allowed).any():
        wrong = int(np.argmax(off - allowed))
        change, expected = (float(np.diff(values)[wrong]) for values in (energy, integral(r)))
        raise InputError(
            f"Tabulated: from r = {r[wrong]:.4g} to {r[wrong + 1]:.4g} the energy changes by {change:.3g}, and the "
            f"forces, −dV/dr, make it {expected:.3g}"
        )
    width = np.diff(r)
    swings = np.array([STEEPEST * off / width, SHARPEST * off / width**2])
    there = np.abs([slope, curvature])
    parts = swings / (np.maximum(there[:, 1:], there[:, :-1]) + np.median(there, axis=1, keepdims=True))
    order, wrong = np.unravel_index(np.argmax(parts), parts.shape)
    if parts[order, wrong] > INEXACT:
        warnings.warn(
            f"Tabulated: energies and forces do not quite fit: from r = {r[wrong]:.4g} to {r[wrong + 1]:.4g} they "
            f"differ by {off[wrong]:.2g}, which makes {NAMES[order + 1]} swing by {swings[order, wrong]:.2g}, "
            f"{100 * parts[order, wrong]:.2g} % of it; give more digits, or a coarse table more points",
            stacklevel=3,
        )


def _require_derivatives(bare, inner, cutoff):
    """Refuse second and third values that are not the derivatives of the first, at two distances side by side.

    At one alone V'' may jump, where a function is made of two.
    """
    r = np.linspace(inner, cutoff, LOOKED_AT + 2)[1:-1]
    step = STEP * np.minimum(r, cutoff - inner)
    low, here, high = bare(r - step), bare(r), bare(r + step)
    for order in (1, 2):
        found = (high - low)[order - 1] / (2 * step)
        size = np.abs(here[order])
        wrong = np.abs(found - here[order]) > INEXACT * (size + np.median(size))
        both = wrong[:-1] & wrong[1:]
        if both.any():
            at = int(np.argmax(both))
            raise InputError(
                f"Tabulated: at r = {r[at]:.4g} the function gives {here[order, at]:.6g} for {NAMES[order]}, and "
                f"{NAMES[order - 1]} changes as if it were {found[at]:.6g}"
            )
