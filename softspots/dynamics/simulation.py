"""Molecular dynamics of a sheared thermal glass on any number of ranks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from softspots import _core
from softspots.arrays import float_array, positive_number, whole_number
from softspots.dynamics.integration import MOST_SEED, Integration, own_temperatures
from softspots.dynamics.parallel import together
from softspots.dynamics.preparation import COLLISION_TIME, COOLING_TIME, LIQUID_TIME, STRAIN, pieces, stages
from softspots.dynamics.restoring import box_of_state, sizes_of_state
from softspots.dynamics.starting import random_frame, thermal_velocities, without_overlaps
from softspots.exceptions import InputError
from softspots.frame import Box, Frame
from softspots.model import Mixture
from softspots.objects import require

# Densities that differ by less are one.
SAME_DENSITY = 1e-9


class Simulation(Integration):
    """Sheared NVT dynamics of a mixture in two or three dimensions (Schoenholz et al. 2014, section II).

    SLLOD equations in a deforming periodic box, with flow along x and gradient along y, and a Nosé–Hoover thermostat on
    the peculiar velocities. The start is random with overlaps removed, at the given temperature; `prepare` makes a
    glass in steady shear of it. On several ranks the box is cut into a grid of equal parts. The same arguments give the
    same bits on any number of ranks, for the same build.

    `temperature` and `strain_rate` may be set between runs; everything else is fixed.

    Parameters
    ----------
    model : Mixture
        Its fractions, or sizes, are those of the particles.
    particles : int
        N, all species together.
    temperature : float, optional
        T of the thermostat, in ε_AA/k_B. Default: that of the mixture's glass.
    strain_rate : float, optional
        γ̇, in 1/τ. Default: 1e-4 over the mixture's time scale.
    seed : int
        Of positions, species and velocities.
    density : float, optional
        N/volume, in 1/σ_AA^d; the box is a square or a cube. Default: the mixture's.
    dimension : {2, 3}, optional
        d. Default: the mixture's.
    state : dict, optional
        Go on from this `state` of a simulation with the same parameters, instead of a random start. The box is the
        state's.
    timestep : float, optional
        Default: 0.005 τ, in packings, whose contacts are softer, 0.02 τ, where τ is the time that belongs to the
        mixture's energy and length scales.
    thermostat_time : float, optional
        Time constant of the thermostat. Default: 1 τ.
    thermostat_chain : int
        Number of thermostats in the Nosé–Hoover chain; 1 is a plain Nosé–Hoover thermostat.
    skin : float, optional
        How far neighbours are kept beyond the cutoff; any value gives the same physics. Default: what takes the least
        time, 0.45, and 0.3 in three dimensions, of the mixture's length scale.
    grid : tuple of d ints, optional
        Ranks along each axis. Default: parts of the box with the least surface.
    comm : communicator, optional
        Default: all ranks (see `softspots.dynamics.parallel.world`).

    Raises
    ------
    InputError
        If the box is smaller than twice cutoff plus skin, or a rank's part of it narrower than them, another argument
        is outside its range, or the mixture does not know what a random start needs.
    PhysicsError
        If the overlaps of the random start could not be removed.
    """

    __slots__ = ()

    def __init__(
        self,
        model: Mixture,
        particles: int = 10_000,
        temperature: float | None = None,
        strain_rate: float | None = None,
        seed: int = 1,
        *,
        density: float | None = None,
        dimension: int | None = None,
        state: dict[str, np.ndarray] | None = None,
        **options: Any,
    ) -> None:
        particles = whole_number("Simulation: particles", particles, 2, _core.MOST_PARTICLES)
        require("Simulation", model=model)
        box = None if state is None else box_of_state(state)
        if box is None:
            box = _cube(particles, _own_or(model, "density", density), _own_or(model, "dimension", dimension))
        elif density is not None and not np.isclose(density, particles / box.volume, rtol=SAME_DENSITY, atol=0):
            raise InputError(f"Simulation: density is {density:g}, and that of the state {particles / box.volume:g}")
        if state is not None:
            sizes = sizes_of_state(state, model, particles)
            super().__init__(model, particles, box, temperature, strain_rate, seed, sizes, **options)
            self.restore(state)
            return
        rng = np.random.default_rng(whole_number("Simulation: seed", seed, 0, MOST_SEED))
        start = random_frame(rng, model, particles, box)
        super().__init__(model, particles, box, temperature, strain_rate, seed, start.sizes, **options)
        velocities = thermal_velocities(rng, start.positions.shape, self._temperature)
        with together(self._comm):
            start = without_overlaps(start, model) if self._comm.rank == 0 else None
        self._place(self._comm.bcast(start), velocities)

    @classmethod
    def from_frame(
        cls,
        frame: Frame,
        model: Mixture,
        temperature: float | None = None,
        strain_rate: float | None = None,
        seed: int = 1,
        *,
        velocities: ArrayLike | None = None,
        **options: Any,
    ) -> Simulation:
        """Start from a configuration.

        Parameters
        ----------
        frame : Frame
            The start. The time goes on from its own, and so do the strain and the image counters, where it has them.
            Frames of the simulation have its ids, species and sizes.
        model : Mixture
        temperature, strain_rate, seed : optional
            As for `Simulation`; the seed is that of velocities alone.
        velocities : (N, d) array_like of float, optional
            Peculiar ones, in σ_AA/τ. Default: drawn at ``temperature``.
        **options
            Those of `Simulation` from ``timestep`` on.

        Raises
        ------
        InputError
            As `Simulation` does, or if the velocities have another shape or are not finite.
        """
        require("Simulation", frame=frame)
        self = cls.__new__(cls)
        particles = whole_number("Simulation: the number of particles", len(frame), 2, _core.MOST_PARTICLES)
        Integration.__init__(self, model, particles, frame.box, temperature, strain_rate, seed, frame.sizes, **options)
        shape = frame.positions.shape
        if velocities is None:
            velocities = thermal_velocities(np.random.default_rng(seed), shape, self._temperature)
        self._place(frame, float_array("Simulation: velocities", velocities, shape))
        self._first_time = frame.time
        return self

    def prepare(
        self,
        *,
        liquid_temperature: float | None = None,
        liquid_time: float | None = None,
        cooling_time: float | None = None,
        strain: float = STRAIN,
        progress: Callable[[int], None] | None = None,
    ) -> None:
        """Make a glass in steady shear: a liquid, cooled smoothly to the temperature, sheared by ``strain``.

        Afterwards the time is zero; the strain is not. A collective call. A simulation that was restored from a state
        within its preparation, or interrupted in it, does what is left of it, if the arguments are the same.

        Parameters
        ----------
        liquid_temperature : float, optional
            In ε_AA/k_B. Default: the mixture's.
        liquid_time, cooling_time : float, optional
            How long the liquid is kept and how long the cooling takes, in τ; the temperature follows half a cosine,
            as a Nosé–Hoover thermostat rings after kinks. Default: 50 and 100 of the mixture's time scale.
        strain : float, optional
            Strain to steady state (the paper: 0.2). Nothing is sheared if the strain rate is zero.
        progress : callable, optional
            Called with the number of steps done since its last call; it may take the `state`, and an exception from it
            leaves the simulation as after the state.

        Raises
        ------
        InputError
            If an argument is outside its range.
        PhysicsError
            As `run`.
        """
        if liquid_temperature is None:
            liquid_temperature = own_temperatures(self._model, "liquid_temperature")[1]
        plan = pieces(
            *self._stages(liquid_time, cooling_time, strain),
            hot=positive_number("Simulation: liquid_temperature", liquid_temperature),
            cold=self._temperature,
            strain_rate=self._strain_rate,
            between_collisions=max(1, round(COLLISION_TIME * self._time_scale / self._timestep)),
        )
        end = 0
        for piece in plan:
            end += piece.steps
            if end < self._prepared or (end == self._prepared and not self._collision_due):
                continue
            rest, before = end - self._prepared, self.step
            try:
                self._domain.run(
                    rest, piece.temperature_after(piece.steps - rest), piece.last_temperature, piece.strain_rate
                )
            finally:
                # After Ctrl-C the next call does what is left of the piece.
                self._prepared += self.step - before
                self._collision_due = piece.collide and self._prepared == end
            if piece.collide:
                shape = self._particles, self._box.dimension
                self._place(self.frame(), thermal_velocities(self._collisions, shape, piece.last_temperature))
                self._collision_due = False
            if progress:
                progress(rest)
        self._prepared = 0
        self._first_step, self._first_time = self.step, 0.0

    def preparation_steps(
        self, *, liquid_time: float | None = None, cooling_time: float | None = None, strain: float = STRAIN, **_: Any
    ) -> int:
        """How many steps `prepare` takes with the same arguments."""
        return sum(self._stages(liquid_time, cooling_time, strain))

    def _stages(self, liquid_time, cooling_time, strain):
        liquid_time = LIQUID_TIME * self._time_scale if liquid_time is None else liquid_time
        cooling_time = COOLING_TIME * self._time_scale if cooling_time is None else cooling_time
        return stages(liquid_time, cooling_time, strain, self._strain_rate, self._timestep)


def _own_or(model: Mixture, name: str, given):
    """What is given, or else what the mixture has."""
    own = getattr(model, name) if given is None else given
    if own is None:
        raise InputError(f"Simulation: the mixture has no {name} of its own; give {name}")
    return own


def _cube(particles: int, density: float, dimension: int) -> Box:
    """A square or a cube for so many particles."""
    volume = particles / positive_number("Simulation: density", density)
    side = float({2: np.sqrt, 3: np.cbrt}[whole_number("Simulation: dimension", dimension, 2, 3)](volume))
    return Box(lengths=(side,) * dimension)
