"""Inherent structures: certified minima of the potential energy."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.sparse import csc_array

from softspots import _core
from softspots.arrays import one_of, positive_number
from softspots.frame import Frame
from softspots.landscape.forces import (
    MINIMIZE_SKIN,
    acting,
    configuration,
    is_mixture,
    scales,
    touch_stiffness,
    units,
)
from softspots.landscape.matrices import zero_threshold
from softspots.landscape.minimum import InherentStructure
from softspots.landscape.modes import hessian_of
from softspots.landscape.other import OtherConfiguration
from softspots.landscape.probes import probes_show_stable
from softspots.landscape.solvers import softest_mode
from softspots.landscape.stability import Stability, examine, softest_places, uniform
from softspots.landscape.threads import single_threaded
from softspots.landscape.tied import TiedFactor, factorize_tied
from softspots.model import Forces, Mixture, Scales
from softspots.model.fitting import warn_of_composition
from softspots.objects import require

# All that follows is in the scales of the model: see `Scales`.
# The largest force of a minimum, unless said otherwise.
MAX_FORCE = 1e-10
# Where the first-order minimisers hand over: two Newton steps go from there to rounding. Where forces between particles
# are weaker than one, as near jamming, in their unit.
HANDOVER = 1e-4
# A minimiser that is to go all the way goes a little farther: what is looked at in the end is summed in another order.
MARGIN = 0.9
# A minimiser that has come so near to the end goes there: it would begin anew with steps below rounding.
SOON = 100
# In box lengths; the rounding of coordinates farther out leaves larger forces than minima have.
WRAPPED_BEYOND = 4
# The minimisers of a method, one after the other, each with the force at which it may stop.
METHODS = {
    "newton": (("lbfgs", HANDOVER),),
    "fire": (("fire", 0.0),),
    "cg": (("cg", 0.0),),
    "cg+fire": (("cg", HANDOVER), ("fire", 0.0)),
}
# Where nothing else has led to a minimum, as where a mode is neither stable nor unstable but for rounding.
TO_THE_END = (("lbfgs", 0.0),)
# Energy per particle, far above all thermal configurations, far below most of particles thrown at random.
ABSURD_ENERGY = 100.0
# For the minimisers of one quench, all in.
MAX_EVALUATIONS = 200_000
MAX_NEWTON_FACTORS = 50
# In space a factor takes operations as the square of the number of particles. From so many on, L-BFGS to the end of a
# quench and a certificate by random vectors take less time.
PROBED_FROM = 1_000
MAX_KICKS = 50
# A factor serves for another step as long as its steps bring the force down to this part.
CHORD_GAIN = 0.3
# Largest displacement of a coordinate in one Newton step or kick: well inside a cage.
MAX_STEP = 0.1
MAX_HALVINGS = 20
# Particles that merely touch, with a residual force, overlap by a little, at most so far as at the handover. Where the
# model's potentials go to zero, the V'' that they have there, sqrt(2 V' V''') as a rule, holds nothing. Three such
# neighbours around a particle hold it by half as much again, in space four by a third. Where V'' jumps at contact it
# holds; what touches and turns aside still has V'/r, at distances r of a third and more.
MAX_OVERLAP, TOUCHES, TURNS = 5e-4, 1.5, 2.0
UNSTABLE = "the Hessian is not shown to be positive definite"


@single_threaded()
def inherent_structure(
    frame: Frame,
    model: Mixture | Forces,
    method: str = "newton",
    max_force: float | None = None,
) -> InherentStructure:
    """Quench a frame, with its box frozen, to a minimum of the energy (Schoenholz et al. 2014, section II).

    First-order minimisers lead to a nearly stationary point, Newton steps from there to ``max_force``, and a
    Cholesky factorisation certifies the minimum. In space a factor of a large system takes far longer than all else:
    from 1,000 particles of a mixture on, L-BFGS goes all the way, and random vectors certify the minimum, with a chance
    of 1e-15 that they miss an unstable mode; a factor is asked where they do not show that there is none. A stationary
    point that is no minimum is left by a kick along its unstable mode, and everything starts again from there.
    Particles and clusters that nothing holds have no part in the certificate (see `Stability`). A quench that does not
    reach a minimum is returned with ``certified=False``, and ``stability.reason`` says why. A start whose energy is
    beyond any thermal configuration, as of positions in other units, gives a warning.

    Parameters
    ----------
    frame : Frame
        The structure's coordinates go on from these, or from the wrapped ones where some lie more than four box lengths
        out: there rounding would leave forces.
    model : Mixture or Forces
        All is in the units of the mixture or of the other forces.
    method : {"newton", "fire", "cg", "cg+fire"}, optional
        The first-order part: L-BFGS to 1e-4 ("newton"), in the mixture's scales of energy and length, or to 1e-4 of an
        energy or virial per particle that is below one, as it is near jamming; the others by themselves to
        ``max_force``; "cg+fire", conjugate gradients and then FIRE, is the paper's. Other forces than a mixture's have
        "newton" alone.
    max_force : float, optional
        Default: 1e-10 of the mixture's scales, its `Mixture.energy_scale` over its `Mixture.length_scale`; in the units
        of other forces 1e-10. Below a tenth of it rounding of the coordinates of a large box sets the limit.

    Returns
    -------
    InherentStructure
        Its frame, energy and largest force, in the units of the mixture, and whether it is certified.

    Raises
    ------
    InputError
        If the method is unknown, ``max_force`` is not a positive finite number, or the box is smaller than
        twice the cutoff.
    PhysicsError
        If particles lie on top of each other, so that forces are not finite.
    """
    require("inherent_structure", or_forces=True, frame=frame, model=model)
    one_of("inherent_structure: method", method, METHODS)
    scale = scales(frame, model)
    if max_force is None:
        max_force = MAX_FORCE * scale.force
    max_force = positive_number("inherent_structure: max_force", max_force)
    if np.abs(frame.positions).max(initial=0) > WRAPPED_BEYOND * min(frame.box.lengths):
        frame = frame.wrapped()
    if is_mixture(model):
        # Beyond the decorator.
        warn_of_composition(model, frame, stacklevel=3)
    landscape = _Landscape(model, scale)
    energy = landscape.surroundings(frame).energy_forces(acting(model))[0] / max(len(frame), 1)
    # What is much energy of other forces is not known.
    if is_mixture(model) and energy > ABSURD_ENERGY * scale.energy:
        warnings.warn(
            f"inherent_structure: the start has an energy of {energy:.3g} per particle, beyond thermal ones; are "
            "its positions in those of the mixture, and not in units of the box, and is the density right?",
            # Beyond the decorator.
            stacklevel=3,
        )
    return _quench(landscape, frame, METHODS[method], max_force)


def _quench(landscape: _Landscape, frame: Frame, minimizers: tuple[Any, ...], max_force: float) -> InherentStructure:
    kicks = 0
    while True:
        point, stable, energies = _newton(landscape, _approach(landscape, frame, minimizers, max_force), max_force)
        point, stability, unstable = _judge(landscape, point, stable, max_force)
        if not unstable:
            break
        spent = kicks == MAX_KICKS or landscape.evaluations >= MAX_EVALUATIONS
        lower = None if spent else _kick(landscape, point)
        if lower is not None:
            frame = lower.frame
            kicks += 1
        elif minimizers != TO_THE_END and np.abs(point.forces).max() >= max_force:
            frame, minimizers = point.frame, TO_THE_END
        else:
            break
    residual = float(np.abs(point.forces).max())
    if residual >= max_force:
        reached = f"the largest force is {residual:.2g}, and less than {max_force:.2g} is asked for"
        stability = replace(stability, reason="; ".join(filter(None, (reached, stability.reason))))
    landscape.factor.keep(landscape.hessian(point), landscape.model)
    return InherentStructure(
        frame=point.frame,
        energy=point.energy,
        max_force=residual,
        certified=not stability.reason,
        evaluations=landscape.evaluations,
        factorizations=landscape.cholesky.factorizations,
        kicks=kicks,
        newton_energies=tuple(energies),
        units=units(landscape.model),
        stability=replace(stability, factor=landscape.factor),
    )


def _approach(landscape: _Landscape, frame: Frame, minimizers: tuple[Any, ...], max_force: float) -> _Point:
    """Downhill to where Newton steps begin: forces are small also against those between particles."""
    for minimizer, part in minimizers:
        handover = part * landscape.scales.force
        target = max(max_force, handover)
        frame = landscape.descend(frame, minimizer, target)
    while True:
        point = landscape.point(frame)
        lower = handover * point.strength
        if lower < min(handover, SOON * max_force):
            lower = MARGIN * max_force
        # Rounding or the budget may have ended the last descent.
        if target <= max_force or not lower <= np.abs(point.forces).max() < target:
            break
        target = lower
        frame = landscape.descend(frame, minimizer, target)
    if landscape.is_probed(frame) and np.abs(point.forces).max() >= max_force:
        point = landscape.point(landscape.descend(frame, "lbfgs", MARGIN * max_force))
    return point


@dataclass(frozen=True)
class _Point:
    frame: Frame
    energy: float
    forces: np.ndarray
    virial: np.ndarray
    configuration: _core.Configuration | OtherConfiguration
    scales: Scales

    @property
    def strength(self) -> float:
        """Of the forces between particles, in their scale, up to one: energy or virial of a particle."""
        return min(1.0, max(abs(self.energy), abs(np.trace(self.virial))) / len(self.frame) / self.scales.energy)

    @property
    def rounding(self) -> float:
        """Energy differences up to here, a thousand ulps of one ε per particle, may be rounding."""
        return 1000 * np.finfo(float).eps * len(self.frame) * self.scales.energy

    def rise_to(self, other: _Point) -> float:
        """Energy of ``other`` above this; from the forces where the difference would be rounding."""
        rise = other.energy - self.energy
        if abs(rise) > self.rounding:
            return rise
        return -0.5 * float(np.vdot(self.forces + other.forces, other.frame.positions - self.frame.positions))


class _Landscape:
    """The energy of frames of one model, and the work it has cost."""

    def __init__(self, model: Mixture | Forces, scales: Scales) -> None:
        self.model = model
        self.scales = scales
        self.factor = TiedFactor.of_next_quench()
        self.cholesky = self.factor.cholesky
        self.evaluations = 0
        self._last = None, None
        self._lowest = None
        self._surroundings = None, None

    def point(self, frame: Frame) -> _Point:
        """The last one to which `downhill` led is kept."""
        if self._lowest is not None and self._lowest.frame is frame:
            return self._lowest
        self.evaluations += 1
        place = configuration(frame, self.model)
        energy, forces, virial = place.energy_forces(acting(self.model))
        return _Point(frame, energy, forces, virial, place, self.scales)

    def is_probed(self, frame: Frame) -> bool:
        """Whether probes are faster than a factor. Other forces than a mixture's may take too long for L-BFGS."""
        return frame.dimension == 3 and len(frame) >= PROBED_FROM and is_mixture(self.model)

    def hessian(self, point: _Point) -> csc_array:
        """The last one is kept."""
        if self._last[0] is not point:
            self._last = point, hessian_of(point.configuration, self.model)
        return self._last[1]

    def softness(self, point: _Point, max_force: float) -> float:
        """Up to here stiffness may be that of mere touch: see `TOUCHES`."""
        force = max(max_force, np.abs(point.forces).max())
        touch = touch_stiffness(self.model, force, MAX_OVERLAP * self.scales.length, self.scales)
        return TOUCHES * max(touch, TURNS * force / self.scales.length)

    def descend(self, frame: Frame, minimizer: str, max_force: float) -> Frame:
        budget = max(MAX_EVALUATIONS - self.evaluations, 0)
        start = self.surroundings(frame)
        positions, evaluations = start.minimize(
            acting(self.model), minimizer, max_force, budget, self.scales.length, self.scales.energy
        )
        self.evaluations += evaluations
        # Where nothing was left to do it is the same frame, with neighbours that are known.
        return frame if np.array_equal(positions, frame.positions) else replace(frame, positions=positions)

    def surroundings(self, frame: Frame) -> _core.Configuration | OtherConfiguration:
        """The frame with its neighbours, with a skin for a minimiser. The last one is kept."""
        if self._surroundings[0] is not frame:
            self._surroundings = frame, configuration(frame, self.model, MINIMIZE_SKIN * self.scales.length)
        return self._surroundings[1]

    def downhill(self, point: _Point, steps: list[np.ndarray]) -> _Point | None:
        """The lowest of the points at the ends of ``steps``, all halved until it is lower than ``point``."""
        scale = min(1.0, MAX_STEP * self.scales.length / np.abs(steps[0]).max())
        for _ in range(MAX_HALVINGS):
            ends = [self.point(replace(point.frame, positions=point.frame.positions + scale * step)) for step in steps]
            lowest = min(ends, key=point.rise_to)
            if point.rise_to(lowest) < 0:
                self._lowest = lowest
                return lowest
            scale /= 2
        return None


def _newton(landscape: _Landscape, point: _Point, max_force: float) -> tuple[_Point, bool, list[float]]:
    """Newton steps: where they end, whether the Hessian there is shown to be stable, the energies on the way.

    The factor of H with one particle tied to its place is the certificate. It gives the Newton step as well: forces
    sum to zero, hence the spring exerts none, but for the threshold, which is lost in the step's own error.
    """
    energies = [point.energy]
    if landscape.is_probed(point.frame) and np.abs(point.forces).max() < max_force:
        matrix = landscape.hessian(point)
        if probes_show_stable(matrix, zero_threshold(matrix), _translations(point), point.frame.dimension):
            return point, True, energies
    for _ in range(MAX_NEWTON_FACTORS):
        matrix = landscape.hessian(point)
        if not factorize_tied(matrix, zero_threshold(matrix), _translations(point), landscape.cholesky):
            return point, False, energies
        if np.abs(point.forces).max() < max_force:
            return point, True, energies
        factorized, gain = point, np.inf
        while (point is factorized or gain < CHORD_GAIN) and np.abs(point.forces).max() >= max_force:
            step = landscape.cholesky.solve(point.forces.reshape(-1)).reshape(point.forces.shape)
            lower = landscape.downhill(point, [step - step.mean(axis=0)])
            if lower is None:
                break
            gain = np.abs(lower.forces).max() / np.abs(point.forces).max()
            point = lower
            energies.append(point.energy)
        if point is factorized:
            return point, True, energies
    return point, False, energies


def _translations(point: _Point) -> np.ndarray:
    return uniform(point.forces.size, point.frame.dimension)


def _judge(landscape: _Landscape, point: _Point, stable: bool, max_force: float) -> tuple[_Point, Stability, bool]:
    """What is held where Newton steps ended, and whether there is an unstable mode to leave it along.

    Where the Hessian as a whole is ``stable``, all is held, unless by mere touch. Where it is not, since parts are
    loose, Newton steps had no factor: then the first-order minimiser, which loose parts do not disturb, goes all the
    way.
    """
    matrix, softness = landscape.hessian(point), landscape.softness(point, max_force)
    dimension = point.frame.dimension
    softest = softest_places(matrix, dimension).min()
    translations = _translations(point).T.reshape(dimension, -1, dimension)
    whole = Stability(np.ones(len(point.frame), dtype=bool), np.arange(0), (), translations, "")
    if stable and softest > softness:
        return point, whole, False
    found = examine(matrix, point.frame, softness)
    # A particle that falls from its place is not loose but on a saddle.
    if softest < -softness or (found.held.all() and len(found.rigid_motions) == dimension):
        return point, whole if stable else replace(whole, reason=UNSTABLE), not stable
    if np.abs(point.forces).max() >= max_force:
        point = landscape.point(landscape.descend(point.frame, "lbfgs", MARGIN * max_force))
        matrix, softness = landscape.hessian(point), landscape.softness(point, max_force)
        found = examine(matrix, point.frame, softness)
    if not landscape.cholesky.factorize(matrix, softness):
        return point, replace(found, reason=UNSTABLE), True
    if not found.held.any():
        return point, replace(found, reason="nothing is held: every particle can go somewhere at no cost"), False
    block, rigid = found.reduced(matrix)
    if not factorize_tied(block, zero_threshold(block), rigid, landscape.cholesky):
        count = np.count_nonzero(found.held)
        found = replace(found, reason=f"the {count} particles that hold each other have modes at no cost")
    return point, found, False


def _kick(landscape: _Landscape, point: _Point) -> _Point | None:
    """A lower point along the unstable mode, in whichever direction goes lower; None without such a mode."""
    matrix = landscape.hessian(point)
    threshold = zero_threshold(matrix)
    if threshold == 0:
        # All particles are out of each other's reach.
        return None
    eigenvalue, mode = softest_mode(matrix, _translations(point), landscape.cholesky)
    if eigenvalue > -threshold:
        return None
    step = MAX_STEP * landscape.scales.length / np.abs(mode).max() * mode.reshape(point.forces.shape)
    return landscape.downhill(point, [step, -step])
