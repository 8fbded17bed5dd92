"""Pair potentials: V(r) and its first two derivatives, and how they end at the cutoff."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import fields
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from softspots.arrays import one_of, positive_number, real_array
from softspots.exceptions import InputError

# What V, V' and V'' may be at the cutoff, in ε and the cutoff, and still count as zero: rounding, and the last digits
# of a table.
ZERO = 1e-6
# The energies, in the largest ε of a mixture, of the closest distances that a thermal configuration can have, and of
# those that none has.
THERMAL, BEYOND = 10.0, 1e3
# How close distances are looked for, as a part of the cutoff.
CLOSEST = 2.0**-12
# With which V'' may grow at contact.
POWERS_OF_CONTACT = 0.1, 10.0
# No box is longer.
FARTHEST = 1e15


class PairPotential(ABC):
    """The potential energy V of two particles at the distance r, which is zero from a cutoff on.

    Energies are in the unit of ``epsilon``, lengths in that of ``cutoff``: those of the mixture, or σ_ij for particles
    that have sizes.

    How it ends: ``smooth`` says how many of V, V' and V'' go to zero continuously at the cutoff. With 3 all is well.
    With 2 (a kink in the force, as in harmonic spheres at contact) dynamics and minima are sound, but V'' jumps when
    two particles come into or out of reach, so that the Hessian of a minimum holds only up to the next such change, and
    a Newton step across it may fail. With 1 the force jumps and with 0 the energy too: energy is not conserved, a
    minimum may lie on a jump, where no gradient vanishes and a quench is not certified, and the Hessian knows nothing
    of what happens when a pair leaves. `Mixture` warns of 0 and 1.

    How exactly it is computed: the kernels evaluate Lennard-Jones, inverse powers and Mie of even exponents, all but
    those that end with "shifted-force", and WCA, harmonic and Hertzian spheres to rounding. All others, and all in a
    mixture of several of these kinds, are quintic splines in r². Their forces are right to 1e-10 of themselves,
    energies to more digits, V'' to some 1e-8; where a potential has a kink or is a table, to what ``Mixture.form`` says
    in ``error`` and ``stiffness_error``. A spline begins where V is a thousand of the largest ε, a table where it
    begins. Closer than that no minimum is certified, and dynamics ends with `PhysicsError`.

    Attributes
    ----------
    cutoff : float
        From here on V is zero.
    epsilon : float
        The scale of the energy.
    """

    kind: ClassVar[str]
    cutoff: float
    epsilon: float

    @abstractmethod
    def inside(self, r: np.ndarray) -> np.ndarray:
        """V, V', V'' at distances up to the cutoff, and at the cutoff as its limit from inside: shape (3, ...)."""

    def terms(self, r: ArrayLike) -> np.ndarray:
        """V, V' = dV/dr and V'' at the distances ``r``, zero from the cutoff on.

        Parameters
        ----------
        r : (...) array_like
            Positive.

        Returns
        -------
        (3, ...) ndarray

        Raises
        ------
        InputError
            If a distance is not positive.
        """
        r = np.asarray(real_array(f"{self._name}: distances", r, np.shape(r)), dtype=np.float64)
        if not (r > 0).all():
            raise InputError(f"{self._name}: distances must be positive; {r[~(r > 0)].flat[0]} is among them")
        return np.where(r < self.cutoff, self.inside(np.minimum(r, self.cutoff)), 0.0)

    @cached_property
    def smooth(self) -> int:
        """How many of V, V', V'' are continuous at the cutoff, 0 to 3: see the class."""
        with np.errstate(over="ignore", invalid="ignore"):
            near, ends = np.abs(self.inside(self.cutoff * np.array([0.9, 1.0]))).T * self.cutoff ** np.arange(3)
        # A cutoff deep in the core leaves rounding of what is large there; kernels refuse what is no number.
        jumps = ends > ZERO * max(self.epsilon, near.max())
        return int(np.cumprod(~jumps | ~np.isfinite(ends - near)).sum())

    def inner(self, scale: float) -> float:
        """A distance so short that no thermal configuration has it: V is 1e3 of the largest ε of a mixture there.

        If it is that nowhere, 2⁻¹² of the cutoff; never 0.
        """
        return self.where(BEYOND * scale)

    def thermal(self, scale: float) -> float:
        """The shortest distance that thermal configurations have: V is 10 of the largest ε of a mixture there."""
        return self.where(THERMAL * scale)

    def where(self, energy: float) -> float:
        """The largest distance, to 0.2 %, at which V is ``energy`` or more; if none is, 2⁻¹² of the cutoff."""
        r = self.cutoff * np.geomspace(CLOSEST, 1, 4000)
        with np.errstate(over="ignore", invalid="ignore"):
            high = np.flatnonzero(self.inside(r)[0] >= energy)
        return float(r[high[-1] if len(high) else 0])

    @property
    def diameter(self) -> float:
        """How large two particles look to each other, for pictures: where V has come down to zero."""
        r = np.linspace(self.inner(self.epsilon), self.cutoff, 4000)
        return float(r[np.argmax(self.inside(r)[0] <= ZERO * self.epsilon)])

    def touch_stiffness(self, force: float, depth: float) -> float:
        """V'' of two particles that merely touch: by a ``force``, and not deeper than ``depth``.

        For potentials whose V'' grows from zero at the cutoff as some power p of the overlap δ: V'' = c δ^p, and so the
        force is c δ^(p + 1)/(p + 1). Where the potential is smooth there p is 1, of Hertzian spheres 1/2.
        """
        depth = min(depth, self.cutoff / 2)
        quarter, whole = np.abs(self.inside(self.cutoff - depth * np.array([0.25, 1.0]))[2])
        if not whole > 0:
            return 0.0
        with np.errstate(divide="ignore"):
            power = np.clip(np.log(whole / quarter) / np.log(4), *POWERS_OF_CONTACT)
        overlap = min(1.0, (force * (power + 1) / (whole * depth)) ** (1 / (power + 1)))
        return float(whole * overlap**power)

    def rows(self) -> dict[tuple[Any, ...], tuple[Any, ...]]:
        """The forms in which kernels can have it exactly, as keys of `softspots.model.forms`, each with its numbers."""
        return {}

    def as_table(self) -> dict[str, Any]:
        """The potential as a table of a TOML file, which `from_table` of `softspots.model` reads."""
        own = {entry.name: getattr(self, entry.name) for entry in fields(self)}
        return {"potential": self.kind} | {name: value for name, value in own.items() if value is not None}

    @property
    def _name(self) -> str:
        return type(self).__name__

    def _positive(self, *names: str) -> None:
        for name in names:
            if isinstance(getattr(self, name), bool):
                raise InputError(f"{self._name}: {name} is {getattr(self, name)}; a number is needed")
            object.__setattr__(self, name, positive_number(f"{self._name}: {name}", getattr(self, name)))


class CutPotential(PairPotential):
    """A potential V0(r) that goes on for ever, cut off and smoothed.

    For r < r_c, with constants such that

    * ``even``: V = V0 + k0 + k2 r² + k4 r⁴, and V = V' = V'' = 0 at r_c,
    * ``shifted-force``: V = V0 + k0 + k1 r, and V = V' = 0 at r_c,
    * ``shifted``: V = V0 + k0, and V = 0 at r_c,
    * ``none``: V = V0.
    """

    smoothing: str
    smoothings: ClassVar[tuple[str, ...]] = ("even", "none", "shifted", "shifted-force")

    def __post_init__(self) -> None:
        self._positive("cutoff")
        if not 1 / FARTHEST <= self.cutoff <= FARTHEST:
            raise InputError(
                f"{self._name}: cutoff is {self.cutoff:g}; allowed: {1 / FARTHEST:g} to {FARTHEST:g}, whose powers are "
                "numbers to compute with"
            )
        one_of(f"{self._name}: smoothing", self.smoothing, self.smoothings)

    @abstractmethod
    def bare(self, r: np.ndarray) -> np.ndarray:
        """V0, V0', V0'': shape (3, ...)."""

    def inside(self, r: np.ndarray) -> np.ndarray:
        return self.bare(r) + polynomial(self.added, r)

    @cached_property
    def added(self) -> np.ndarray:
        """k0, k1, k2, k3, k4 of what is added to V0: (5,)."""
        end = self.cutoff
        value, slope, curvature = self.bare(np.array(end))
        k1 = k2 = k4 = 0.0
        match self.smoothing:
            case "none":
                return np.zeros(5)
            case "even":
                k4 = (slope / end - curvature) / (8 * end**2)
                k2 = -(slope / end + 4 * k4 * end**2) / 2
            case "quadratic":
                k2 = -curvature / 2
                k1 = -(slope + 2 * k2 * end)
            case "shifted-force":
                k1 = -slope
        return np.array([-(value + k1 * end + k2 * end**2 + k4 * end**4), k1, k2, 0.0, k4])


def polynomial(coefficients: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Σ c_k x^k and its first two derivatives: shape (3, ...)."""
    derivatives = [np.polynomial.polynomial.polyder(coefficients, order) for order in range(3)]
    return np.array([np.polynomial.polynomial.polyval(x, derivative) for derivative in derivatives])
