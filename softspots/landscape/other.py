"""A frame under forces that are no mixture's: what the kernels do for mixtures, from energies, forces, Hessians."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from scipy import sparse

from softspots.arrays import one_of
from softspots.exceptions import InputError, PhysicsError
from softspots.frame import Frame
from softspots.landscape.matrices import checked, row_sums, zero_threshold
from softspots.model import Forces, Scales

# Pairs of steps and changes of the force that L-BFGS remembers: these forces cost far more than vectors do.
MEMORY = 20
# Without memory a step is a short one along the force; no coordinate moves further than this in any step. In scales.
FIRST_SCALE, LONGEST_MOVE = 1e-3, 0.1
# A pair with less curvature, against the lengths of its vectors, would spoil the inverse Hessian.
LEAST_CURVATURE = 1e-12
# Evaluations in a row without a smaller force, after which noise of the forces stops all progress.
PATIENCE = 1000
# Where no scales are told.
OWN = Scales()
# Steps of the differences that tell if a Hessian is that of the forces, and forces are those of the energy, in the
# distance of neighbours. Of forces: so short that few pairs begin or cease to touch, yet forces in single precision
# tell to a thousandth. Of energies: so long that the few pairs whose energy jumps at their cutoff matter little.
STEP, LONGER = 1e-4, 1e-3
# Where forces are large, as they are not in a minimum, and particles that merely touched overlap or are apart.
AWAY = 0.02
# How far off a Hessian may be, of how forces change, and an energy, of the work of the forces. Noise, single precision
# and jumps at a cutoff make less than half of that; a factor, a sign or a term that is forgotten mostly more.
OFF, ENERGY_OFF = 0.01, 0.05
# Of the components of the force: one that jumps at its cutoff spoils differences of the few pairs that cross it.
MOST = 0.9
# Forces that were found right are not looked at again, unless there were many others since.
RIGHT: deque[Forces] = deque(maxlen=32)


class OtherConfiguration:
    """A frame and what is computed on it, as `_core.Configuration` has it for mixtures."""

    def __init__(self, frame: Frame) -> None:
        self.frame = frame

    def energy_forces(self, forces: Forces) -> tuple[float, np.ndarray, np.ndarray]:
        """Energy, forces (N, d) and virial (d, d)."""
        name = type(forces).__name__
        shape = self.frame.positions.shape
        energy, acting, virial = forces.energy_forces(self.frame)
        acting, virial = np.asarray(acting, dtype=float), np.asarray(virial, dtype=float)
        if np.shape(energy) != () or acting.shape != shape or virial.shape != (shape[1], shape[1]):
            raise InputError(
                f"{name}: energy_forces gives shapes {np.shape(energy)}, {acting.shape} and {virial.shape}; a number, "
                f"{shape} and {(shape[1], shape[1])} are needed"
            )
        if not (np.isfinite(energy) and np.isfinite(acting).all()):
            raise PhysicsError(f"{name}: energy or forces are not finite; particles may coincide")
        return float(energy), acting, virial

    def hessian(self, forces: Forces) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Column starts (d N + 1,), row indices and values."""
        matrix = self._hessian(forces)
        if not any(one is forces for one in RIGHT):
            self._require_differences(forces, matrix)
            RIGHT.append(forces)
        return matrix.indptr, matrix.indices, matrix.data

    def _hessian(self, forces) -> sparse.csc_array:
        name, size = type(forces).__name__, self.frame.positions.size
        # Where nothing touches anything it is zero.
        matrix, tolerance = checked(f"{name}: hessian", forces.hessian(self.frame), may_be_zero=True)
        if matrix.shape != (size, size):
            raise InputError(f"{name}: hessian has shape {matrix.shape}; {(size, size)} is needed")
        allowed = zero_threshold(matrix, tolerance)
        held = np.abs(row_sums(matrix, self.frame.dimension)).max()
        if held > allowed:
            raise InputError(
                f"{name}: moving all particles as one costs forces of {held:.3g}; at most {allowed:.3g} is allowed: "
                "walls, fields and substrates are not"
            )
        return matrix

    def _require_differences(self, forces, matrix) -> None:
        """Refuse a Hessian that is not that of the forces, and forces that are not those of the energy."""
        name, spacing = type(forces).__name__, (self.frame.box.volume / len(self.frame)) ** (1 / self.frame.dimension)
        along = np.random.default_rng(0).choice([-1.0, 1.0], self.frame.positions.shape)
        away = self._at(self.frame.positions + AWAY * spacing * along)
        off = self._missed(forces, matrix, STEP * spacing, along)
        if off > OFF:
            # Where particles merely touch, as at jamming, a Hessian holds for hardly any step; away from there it does.
            off = away._missed(forces, away._hessian(forces), STEP * spacing, along)
        if off > OFF:
            raise InputError(
                f"{name}: hessian is off by {100 * off:.3g} % of how the forces change where all particles move; at "
                f"most {100 * OFF:g} % is allowed"
            )
        acting = away.energy_forces(forces)[1]
        # Along the forces the energy falls most.
        step = LONGER * spacing * acting / max(np.abs(acting).max(), np.finfo(float).tiny)
        before, after = (self._at(away.frame.positions + by).energy_forces(forces)[0] for by in (-step, step))
        fall, work = before - after, 2 * np.vdot(acting, step)
        if abs(fall - work) > ENERGY_OFF * work:
            raise InputError(
                f"{name}: the energy falls by {fall:.6g} where the forces do the work {work:.6g}; at most "
                f"{100 * ENERGY_OFF:g} % between them are allowed"
            )

    def _missed(self, forces, matrix, step, along) -> float:
        felt = slope(lambda positions: self._at(positions).energy_forces(forces)[1], self.frame.positions, step, along)
        return missed(felt, matrix, along)

    def _at(self, positions) -> OtherConfiguration:
        return OtherConfiguration(replace(self.frame, positions=positions))

    def minimize(
        self, forces: Forces, method: str, max_force: float, max_evaluations: int, length: float, energy: float
    ) -> tuple[np.ndarray, int]:
        """Positions (N, d) downhill, and the number of evaluations; ``length`` and ``energy`` are scales."""
        one_of(f"{type(forces).__name__}: method, of forces that are no mixture,", method, ("lbfgs",))

        def evaluate(positions):
            return self._at(positions).energy_forces(forces)[1]

        return lbfgs(evaluate, self.frame.positions, max_force, max_evaluations, scales=Scales(length, energy))


def slope(
    forces_at: Callable[[np.ndarray], np.ndarray], positions: np.ndarray, step: float, along: np.ndarray
) -> np.ndarray:
    """How forces change, but for their sign, where particles move ``along`` (N, d): a central difference."""
    ahead, behind = (forces_at(positions + sign * step * along) for sign in (1, -1))
    return (behind - ahead) / (2 * step)


def missed(felt: np.ndarray, matrix: sparse.sparray, along: np.ndarray) -> float:
    """What part of the `slope` ``felt`` a Hessian misses, but for the few components that it misses most."""
    off = np.abs(felt - (matrix @ along.ravel()).reshape(felt.shape))
    off, whole = (np.quantile(one, MOST) for one in (off, np.abs(felt)))
    return off / whole if whole else np.inf if off else 0.0


def lbfgs(
    evaluate: Callable[[np.ndarray], np.ndarray],
    positions: np.ndarray,
    max_force: float,
    max_evaluations: int,
    inverse: Callable[[np.ndarray], np.ndarray] | None = None,
    scales: Scales = OWN,
) -> tuple[np.ndarray, int]:
    """L-BFGS (Nocedal 1980) as the kernels have it: steps that overshoot are shortened, by what the forces say.

    It looks at forces alone: close to a minimum, energies differ by less than their rounding. With ``inverse``, an
    approximate inverse Hessian applied to forces, such as a factor of one nearby, steps begin with that; otherwise, and
    at most, they are what is short in these ``scales``.
    """
    history = deque(maxlen=MEMORY)
    force, evaluations = evaluate(positions), 1
    least, since = np.abs(force).max(initial=0.0), 0
    while np.abs(force).max(initial=0.0) >= max_force and evaluations < max_evaluations and since < PATIENCE:
        direction = _inverse_hessian(history, force, inverse, FIRST_SCALE / scales.stiffness)
        downhill = np.vdot(force, direction)
        step = min(1.0, LONGEST_MOVE * scales.length / np.abs(direction).max())
        moved = positions + step * direction
        if not downhill > 0 or np.array_equal(moved, positions):
            if not history:
                break
            history.clear()
            continue
        while True:
            acting, evaluations = evaluate(moved), evaluations + 1
            largest = np.abs(acting).max()
            least, since = (largest, 0) if largest < least else (least, since + 1)
            ahead = np.vdot(acting, direction)
            if largest < max_force or evaluations >= max_evaluations or ahead >= -0.9 * downhill:
                break
            step *= min(0.5, max(0.1, downhill / (downhill - ahead)))
            moved = positions + step * direction
        taken, lost = moved - positions, force - acting
        if np.vdot(taken, lost) > LEAST_CURVATURE * np.linalg.norm(taken) * np.linalg.norm(lost):
            history.append((taken, lost))
        positions, force = moved, acting
    return positions, evaluations


def _inverse_hessian(history: deque, force: np.ndarray, inverse: Callable[..., Any] | None, first: float) -> np.ndarray:
    """The inverse Hessian that the steps amount to, applied to the force: the two loops."""
    direction, along = force.copy(), []
    for step, lost in reversed(history):
        along.append(np.vdot(step, direction) / np.vdot(step, lost))
        direction -= along[-1] * lost
    if inverse is not None:
        direction = inverse(direction)
    else:
        direction *= first if not history else np.vdot(*history[-1]) / np.vdot(history[-1][1], history[-1][1])
    for (step, lost), weight in zip(history, reversed(along), strict=True):
        direction += (weight - np.vdot(lost, direction) / np.vdot(step, lost)) * step
    return direction
