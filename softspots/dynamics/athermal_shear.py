"""Athermal quasi-static shear: a solid that is always in a minimum, and the events in which it changes to another."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from copy import copy
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from softspots.arrays import float_array, positive_number, real_number
from softspots.box import BALL, Box
from softspots.dynamics.deformation import Deformation
from softspots.dynamics.simulation import Simulation
from softspots.exceptions import InputError
from softspots.frame import Frame
from softspots.landscape.continuation import SAME_PLACE, Branch, Followed
from softspots.landscape.forces import energy_forces, scales
from softspots.landscape.quench import InherentStructure
from softspots.landscape.threads import single_threaded
from softspots.model import Forces, Mixture
from softspots.objects import require
from softspots.plasticity.d2min import usual_cutoff
from softspots.plasticity.events import Event, describe, displacements

# Strains that differ by less than this part of the tolerance are one.
SAME_STRAIN = 1e-6
TOLERANCE = 1e-6
# Rounding of positions and forces is a strain of some 1e-14.
LEAST_TOLERANCE = 1e-12
# Times the direction's largest entry: far beyond what any solid is sheared to, and its exponential is a number yet.
MOST_STRAIN = 100
# The part of the way to the end of a branch that a step goes, until it is so many tolerances away.
REACH, NEAR = 0.75, 8


@dataclass(frozen=True, eq=False, repr=False)
class ShearState:
    """A solid in athermal shear at one strain, in the units of the mixture.

    Attributes
    ----------
    strain : float
        Since the start, along the direction of the shear.
    minimum : InherentStructure
        Certified.
    stress : float
        The component that does the work, dE/dγ per volume; σ_xy in simple shear.
    stress_tensor : (d, d) ndarray
        Positive under tension.
    events : tuple of Event
        Since the state before.
    """

    strain: float
    minimum: InherentStructure
    stress: float
    stress_tensor: np.ndarray
    events: tuple[Event, ...] = ()

    @property
    def frame(self) -> Frame:
        """The minimum's."""
        return self.minimum.frame

    @property
    def energy(self) -> float:
        """Of all particles."""
        return self.minimum.energy

    def __repr__(self) -> str:
        numbers = f"strain {self.strain:.8g}, stress {self.stress:.6g}, energy {self.energy:.8g}"
        return f"ShearState({numbers}, events: {len(self.events)})"


class AthermalShear:
    """Athermal quasi-static shear in two or three dimensions.

    Maloney and Lemaître, Phys. Rev. E 74, 016118 (2006).

    The solid follows its minimum as the box is deformed, until that is no minimum any more; then it goes downhill to
    another one: an event. Steps are as long as `Branch` can follow the minimum, and are halved where it cannot, until
    an event's strain is known to the tolerance. So neither states nor events depend on the strains that are asked for,
    but for avalanches in which rounding decides where they end. What goes back when the strain does is no event.

    Parameters
    ----------
    frame : Frame
        The start; it is quenched first.
    model : Mixture or Forces
    direction : str or (d, d) array_like, optional
        See `Deformation`: ``"xy"``, ``"pure-xy"``, in three dimensions the other planes too, or a matrix.
    tolerance : float, optional
        Of the strains of events. They are at its whole multiples, so that the same event is found on different ways.
        The default is some thousandth of the strain between events of a thousand particles. With a tolerance as long as
        the steps these are not divided, and what happens in one step is one event: the usual method.
    method : {"fire", "lbfgs", "cg"}, optional
        How the solid goes downhill in an event. FIRE ends where steepest descent does more often than L-BFGS, and this
        more often than conjugate gradients; they also let rounding decide. Default: FIRE; other forces than a mixture's
        have "lbfgs" alone.
    max_force : float, optional
        As for `inherent_structure`.
    d2min_cutoff : float, optional
        As for `d2min`, in the mixture's unit of length, of at most half the box's shortest side. Default: 2.5 in the
        paper's mixtures, for all others 2.74 mean distances ρ^(-1/d).

    Raises
    ------
    InputError
        If an argument is outside its range.
    PhysicsError
        If the start has no minimum.
    """

    def __init__(
        self,
        frame: Frame,
        model: Mixture | Forces,
        direction: str | np.ndarray = "xy",
        *,
        tolerance: float = TOLERANCE,
        method: str | None = None,
        max_force: float | None = None,
        d2min_cutoff: float | None = None,
    ) -> None:
        require("AthermalShear", or_forces=True, frame=frame, model=model)
        start = Deformation(frame.box, direction)
        self._set_up(frame, model, start, tolerance, method, max_force, d2min_cutoff)
        self._state = self._at(0.0, self._branch.quench(start.carry(frame, 0.0, 0.0).wrapped()))

    def _set_up(
        self,
        frame: Frame,
        model: Mixture | Forces,
        deformation: Deformation,
        tolerance: float = TOLERANCE,
        method: str | None = None,
        max_force: float | None = None,
        d2min_cutoff: float | None = None,
    ) -> None:
        """All but the state, for a frame of any strain."""
        self._model = model
        self._deformation = deformation
        self._tolerance = positive_number("AthermalShear: tolerance", tolerance)
        if self._tolerance < LEAST_TOLERANCE:
            raise InputError(f"AthermalShear: tolerance is {tolerance!r}; it must be at least {LEAST_TOLERANCE:g}")
        if isinstance(model, Mixture):
            # Whether the frame is one of this mixture, before anything of it is judged.
            model.indices(frame)
        if d2min_cutoff is None:
            d2min_cutoff = usual_cutoff(model, len(frame) / frame.box.volume, frame.dimension)
        self._cutoff = positive_number("AthermalShear: d2min_cutoff", d2min_cutoff)
        self._check_neighborhood(len(frame), frame.box)
        self._branch = Branch(model, method, max_force, scales(frame, model))
        # Those of a step that Ctrl-C has ended are the next one's.
        self._events = []

    @classmethod
    def prepare(
        cls,
        model: Mixture,
        particles: int,
        seed: int = 1,
        *,
        temperature: float | None = None,
        liquid_temperature: float | None = None,
        liquid_time: float | None = None,
        cooling_time: float | None = None,
        **options: Any,
    ) -> AthermalShear:
        """Start from a liquid that is cooled to ``temperature``, as `Simulation.prepare` does it, and quenched.

        Parameters
        ----------
        model : Mixture
        particles, seed, temperature : optional
            As for `Simulation`.
        liquid_temperature, liquid_time, cooling_time : float, optional
            As for `Simulation.prepare`.
        **options
            Those of `AthermalShear`.
        """
        simulation = Simulation(model, particles, temperature, 0.0, seed)
        simulation.prepare(
            liquid_temperature=liquid_temperature, liquid_time=liquid_time, cooling_time=cooling_time, strain=0.0
        )
        return cls(simulation.frame(), model, **options)

    @classmethod
    def from_state(cls, state: Mapping[str, Any], model: Mixture | Forces, **options: Any) -> AthermalShear:
        """Go on from a `state`, with the same bits if model and options, those of `AthermalShear`, are the same.

        Raises
        ------
        InputError
            If the state cannot be one.
        """
        if missing := sorted({"positions", "species", "lengths", "tilts", "direction", "scalars"} - set(state)):
            raise InputError(f"AthermalShear: the state has no {', '.join(missing)}")
        history, strain, time = float_array("AthermalShear: scalars of the state", state["scalars"], (3,)).tolist()
        box = Box(lengths=state["lengths"], tilts=state["tilts"], strain=history)
        deformation = Deformation(box, state["direction"])
        own = {name: state[name] for name in ("positions", "species", "images", "ids", "sizes") if name in state}
        frame = Frame(**own, box=deformation.box(strain), time=time, only_b=True)
        require("AthermalShear", or_forces=True, model=model)
        self = cls.__new__(cls)
        self._set_up(frame, model, deformation, **options)
        self._state = self._at(strain, self._branch.quench(frame))
        return self

    def state(self) -> dict[str, np.ndarray]:
        """All that `from_state` needs, as plain arrays, such as a checkpoint takes."""
        frame, box = self._state.frame, self._deformation.start
        particles = {name: getattr(frame, name) for name in ("positions", "species", "images", "ids", "sizes")}
        return {name: values for name, values in particles.items() if values is not None} | {
            # The box now, for who has the state alone.
            "cell": frame.box.vectors,
            "lengths": np.array(box.lengths),
            "tilts": np.array(box.tilts),
            "direction": self._deformation.gradient,
            "scalars": np.array([box.total_strain, self._state.strain, frame.time]),
        }

    def __repr__(self) -> str:
        return f"AthermalShear(N={len(self._state.frame)}, {self._state})"

    @property
    def current(self) -> ShearState:
        """Where the solid is."""
        return self._state

    @property
    def evaluations(self) -> int:
        """Force evaluations so far."""
        return self._branch.evaluations

    @property
    def factorizations(self) -> int:
        """Sparse factorisations so far."""
        return self._branch.factorizations

    def elsewhere(self, positions: np.ndarray, strain: float) -> AthermalShear:
        """The same solid in the minimum near other ``positions``, (N, d), in the box at ``strain``; this one stays.

        Raises
        ------
        PhysicsError
            If there is no minimum.
        """
        frame = replace(self._state.frame, positions=positions, images=None, box=self._deformation.box(strain))
        other = copy(self)
        other._events, other._state = [], self._at(strain, self._branch.quench(frame))
        return other

    def run(self, strains: Iterable[float]) -> Iterator[ShearState]:
        """Go to one strain after the other, forwards and back as they come; a state for each, as it is asked for.

        Parameters
        ----------
        strains : iterable of float
            Since the start; see `strain_path`.

        Raises
        ------
        InputError
            If a strain is not a finite number or beyond some hundred, or the box is there smaller than twice the cutoff
            of D²_min.
        PhysicsError
            If an event ends in no minimum.
        """
        for strain in strains:
            yield self.go(strain)

    @single_threaded()
    def go(self, strain: float) -> ShearState:
        """Go to one strain; see `run`."""
        limits = [real_number("AthermalShear: strain", strain)]
        if abs(limits[0]) > (most := MOST_STRAIN / np.abs(self._deformation.gradient).max()):
            raise InputError(f"AthermalShear: strain is {strain!r}; it must be from -{most:g} to {most:g}")
        self._check_neighborhood(len(self._state.frame), self._deformation.box(strain))
        # Where the branch should end, if that is foreseen.
        end = None
        while limits:
            before, limit = self._state.strain, limits[-1]
            if (followed := self._follow(self._state, limit)) is not None:
                self._state = self._at(limit, followed.minimum)
                limits.pop()
                # Not where it was wrong just now, lest steps become as short as the tolerance.
                wrong = end is not None and abs(limit - before) >= abs(end - before)
                end = None if wrong else limit + followed.left * (limit - before)
                if limits and end is not None and (guess := self._short_of(end, limits[-1])) is not None:
                    limits.append(guess)
            elif (middle := self._middle(before, limit)) is not None:
                limits.append(middle)
            else:
                self._events += self._give_way(limit)
                limits.pop()
                end = None
        self._state, self._events = replace(self._state, events=tuple(self._events)), []
        return self._state

    def _check_neighborhood(self, particles: int, box: Box) -> None:
        """Refuse a cutoff with which no event could be told: of pure shear the box's sides change."""
        got, side = f"AthermalShear: d2min_cutoff is {self._cutoff:g}", min(box.lengths)
        if self._cutoff > side / 2:
            raise InputError(f"{got}; in a box of shortest side {side:.4g} it must be at most {side / 2:.4g}")
        neighbors = particles / box.volume * BALL[box.dimension] * self._cutoff**box.dimension
        if neighbors < box.dimension:
            raise InputError(f"{got}, which holds {neighbors:.2g} neighbours; D²_min needs {box.dimension} at least")

    def _at(self, strain: float, minimum: InherentStructure) -> ShearState:
        _, _, virial = energy_forces(minimum.frame, self._model)
        tensor = -virial / minimum.frame.box.volume
        return ShearState(strain, minimum, self._deformation.stress(tensor), tensor)

    def _follow(self, state: ShearState, strain: float) -> Followed | None:
        there = partial(self._deformation.carry, strain=state.strain, to=strain)
        back = partial(self._deformation.carry, strain=strain, to=state.strain)
        return self._branch.follow(state.minimum, there, back)

    def _middle(self, one: float, other: float) -> float | None:
        """A whole multiple of the tolerance about half-way; None if they are as close as the tolerance."""
        if abs(other - one) <= self._tolerance * (1 + SAME_STRAIN):
            return None
        return round((one + other) / 2 / self._tolerance) * self._tolerance

    def _short_of(self, end: float, limit: float) -> float | None:
        """A whole multiple of the tolerance on the way to where the branch should end, or just behind that when close.

        None if that is not before the limit.
        """
        strain, unit = self._state.strain, np.copysign(self._tolerance, limit - self._state.strain)
        left = (end - strain) / unit
        if not left < (limit - strain) / unit:
            return None
        aim = np.floor(strain / unit + left * (1 if left < NEAR else REACH) + SAME_STRAIN)
        guess = float(max(aim, np.floor(strain / unit + SAME_STRAIN) + 1) * unit)
        return guess if (limit - guess) / unit > SAME_STRAIN else None

    def _give_way(self, strain: float) -> list[Event]:
        """Downhill from where the minimum is lost; what happened, unless it goes back with the strain."""
        before = self._state
        start = self._deformation.carry(before.frame, before.strain, strain)
        self._state = after = self._at(strain, self._branch.relax(start))
        followed = self._follow(after, before.strain)
        if followed is None:
            returned = self._branch.relax(self._deformation.carry(after.frame, strain, before.strain))
        else:
            returned = followed.minimum
        held = before.minimum.stability.held & returned.stability.held
        same = SAME_PLACE * self._branch.scales.length
        if np.linalg.norm(displacements(before.frame, returned.frame, held), axis=1).max(initial=0.0) <= same:
            return []
        held = before.minimum.stability.held & after.minimum.stability.held
        work = (before.stress + after.stress) / 2 * after.frame.box.volume * (strain - before.strain)
        return [
            Event(
                strain=strain,
                last_strain=before.strain,
                stress=before.stress,
                energy=before.energy,
                stress_drop=before.stress - after.stress,
                energy_drop=before.energy + work - after.energy,
                lost=before.frame,
                **describe(start, after.frame, held, self._cutoff),
            )
        ]


def strain_path(turns: Iterable[float], step: float, start: float = 0.0) -> Iterator[float]:
    """Strains from ``start`` to the first of the ``turns``, from there to the next, and so on, in equal steps.

    A step is at most ``step`` long. ``strain_path([0.1] + 10 * [-0.1, 0.1], 1e-3)`` are ten cycles.

    Parameters
    ----------
    turns : iterable of float
    step, start : float

    Returns
    -------
    iterator of float
        Without ``start`` itself.

    Raises
    ------
    InputError
        If the step is not positive, or a strain is not a finite number.
    """
    step = positive_number("strain_path: step", step)
    start = real_number("strain_path: start", start)
    for turn in turns:
        turn = real_number("strain_path: turns", turn)
        # So that 0.1 is ten steps of 0.01 whatever the rounding.
        count = int(np.ceil(abs(turn - start) / step * (1 - SAME_STRAIN)))
        yield from (start + (turn - start) * (number / count) for number in range(1, count + 1))
        start = turn
