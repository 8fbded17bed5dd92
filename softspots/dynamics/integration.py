"""A sheared box of particles, advanced in time on any number of ranks."""

from __future__ import annotations

import functools
import json
import operator
from typing import Any, NoReturn, overload

import numpy as np

from softspots import _core
from softspots.arrays import positive_number, real_number, whole_number
from softspots.dynamics.parallel import default_grid, require_same_kernels, world
from softspots.dynamics.restoring import checked_state, largest_of
from softspots.exceptions import InputError
from softspots.frame import Box, Frame
from softspots.landscape.forces import box_array, kernel_potential
from softspots.model import Mixture
from softspots.objects import require

# A Nosé–Hoover chain of a few members is as canonical as one of many.
LONGEST_CHAIN = 1000
MOST_RUN_STEPS = 2**62
MOST_SEED = 2**63 - 1
# How far neighbours are kept beyond the cutoff by default, by dimension, in the scale of lengths: what takes the least
# time in glasses under shear. In space a layer of the same depth has more neighbours in it.
SKINS = {2: 0.45, 3: 0.3}
# In the mixture's time scale. Contacts have V'' of about ε/σ², Lennard-Jones particles fifty times that.
TIMESTEP, TIMESTEP_OF_CONTACTS, THERMOSTAT_TIME = 5e-3, 2e-2, 1.0
STRAIN_RATE = 1e-4


class Integration:
    """What all simulations have: particles, a thermostat, a clock, their state; see `Simulation`."""

    # What is not here cannot be set: a misspelt name would have no effect.
    __slots__ = (
        "__weakref__",
        "_box",
        "_chain",
        "_collision_due",
        "_collisions",
        "_comm",
        "_domain",
        "_first_step",
        "_first_time",
        "_ids",
        "_largest_size",
        "_model",
        "_particles",
        "_prepared",
        "_sizes",
        "_skin",
        "_species",
        "_strain_rate",
        "_temperature",
        "_time_scale",
        "_timestep",
    )

    def __init__(
        self,
        model: Mixture,
        particles: int,
        box: Box,
        temperature: float | None,
        strain_rate: float | None,
        seed: int,
        sizes: np.ndarray | None,
        *,
        timestep: float | None = None,
        thermostat_time: float | None = None,
        thermostat_chain: int = 1,
        skin: float | None = None,
        grid: tuple[int, ...] | None = None,
        comm: Any = None,
        **unknown: Any,
    ) -> None:
        if unknown:
            # Python would name this class, of which callers know nothing.
            raise TypeError(f"Simulation() got an unexpected keyword argument {next(iter(unknown))!r}")
        require("Simulation", model=model)
        self._model = model
        self._particles = particles
        # The random start has the seed itself.
        self._collisions = np.random.default_rng([whole_number("Simulation: seed", seed, 0, MOST_SEED), 1])
        scales = model.scales(sizes)
        self._time_scale = scales.time
        self.temperature = own_temperatures(model, "temperature")[0] if temperature is None else temperature
        self.strain_rate = STRAIN_RATE / scales.time if strain_rate is None else strain_rate
        given = {"timestep": timestep, "thermostat_time": thermostat_time, "skin": skin}
        known = {
            "timestep": default_timestep(model) * scales.time,
            "thermostat_time": THERMOSTAT_TIME * scales.time,
            "skin": SKINS[box.dimension] * scales.length,
        }
        self._timestep, thermostat_time, self._skin = (
            positive_number(f"Simulation: {name}", known[name] if value is None else value)
            for name, value in given.items()
        )
        self._chain = whole_number("Simulation: thermostat_chain", thermostat_chain, 1, LONGEST_CHAIN)
        self._comm = world() if comm is None else comm
        require_same_kernels(self._comm)
        self._box = _unstrained(box)
        # That of all particles, where they have sizes.
        self._largest_size = largest_of(sizes)
        self._first_step = 0
        self._first_time = 0.0
        # Steps of a preparation that are done, and whether velocities are still to be drawn anew after the last one.
        self._prepared = 0
        self._collision_due = False
        grid = default_grid(self._comm.size, *self._box.lengths) if grid is None else tuple(grid)
        if len(grid) != self._box.dimension:
            needed = {2: "two numbers, of ranks along x and y", 3: "three numbers, of ranks along x, y and z"}
            raise InputError(f"Simulation: grid is {grid}; {needed[self._box.dimension]}, are needed")
        grid = tuple(whole_number("Simulation: grid", count, 1) for count in grid)
        if np.prod(grid) != self._comm.size:
            raise InputError(f"Simulation: grid is {'x'.join(map(str, grid))}, but there are {self._comm.size} ranks")
        potential = kernel_potential(model)
        self._domain = _core.Domain(
            self._comm,
            grid,
            box_array(self._box),
            potential,
            potential.cutoff * self._largest_size,
            self._timestep,
            thermostat_time,
            self._chain,
            self._skin,
            scales.length,
            scales.energy,
        )

    def __reduce__(self) -> NoReturn:
        # Also copies: two would share one run.
        raise InputError(
            "Simulation: it cannot be copied or pickled; its state() can, and Simulation(…, state=…) takes it"
        )

    def _place(self, frame: Frame, velocities: np.ndarray) -> None:
        images = frame.images_without_flips()
        if frame.dimension == 3:
            # In the numbers of the box of this simulation, whose third lattice vector may lean less along y.
            images[:, 1] += _rows_off(frame.box) * images[:, 2]
        self._species, self._sizes = frame.species, frame.sizes
        self._ids = np.arange(len(frame)) if frame.ids is None else frame.ids
        numbers, sizes = self._model.indices(frame), self._model.sizes_of(frame)
        self._domain.set_particles(frame.positions, velocities, images, numbers, sizes, frame.box.total_strain)

    def run(self, steps: int, temperatures: tuple[float, float] | None = None) -> None:
        """Advance by ``steps`` time steps; a collective call.

        Parameters
        ----------
        steps : int
        temperatures : tuple of 2 floats, optional
            First and last temperature of a linear ramp. Default: the simulation's temperature throughout.

        Raises
        ------
        InputError
            If steps is not a whole number from 0, or a temperature not a positive one.
        PhysicsError
            If a particle moves too far in one step, particles are lost, or two of them are closer than their potential
            is known, which is looked at whenever neighbours are sorted anew; on all ranks.
        """
        first, last = (self._temperature,) * 2 if temperatures is None else temperatures
        self._domain.run(
            whole_number("Simulation: steps", steps, 0, MOST_RUN_STEPS),
            *(positive_number("Simulation: temperature", value) for value in (first, last)),
            self._strain_rate,
        )

    def __repr__(self) -> str:
        sides = " × ".join(f"{length:.4g}" for length in self._box.lengths)
        return (
            f"Simulation(N={self._particles}, box {sides}, "
            f"T={self._temperature:g}, strain rate {self._strain_rate:g}, ranks {self._comm.size}, "
            f"step {self.step}, time {self.time:g}, strain {self.strain:.6g})"
        )

    @property
    def model(self) -> Mixture:
        """The mixture."""
        return self._model

    @property
    def timestep(self) -> float:
        """In τ; the integrator's own, which is fixed."""
        return self._timestep

    @property
    def temperature(self) -> float:
        """T of the thermostat, in ε_AA/k_B; may be set between runs."""
        return self._temperature

    @temperature.setter
    def temperature(self, value: float) -> None:
        self._temperature = positive_number("Simulation: temperature", value)

    @property
    def strain_rate(self) -> float:
        """γ̇, in 1/τ; may be set between runs."""
        return self._strain_rate

    @strain_rate.setter
    def strain_rate(self, value: float) -> None:
        self._strain_rate = real_number("Simulation: strain_rate", value)

    @property
    def rank(self) -> int:
        """This process's number among the ranks of the simulation."""
        return self._comm.rank

    @property
    def step(self) -> int:
        """Steps done since the start."""
        return self._domain.state()[2]

    @property
    def time(self) -> float:
        """Time since the start or since the end of `prepare`, in τ."""
        return self._first_time + (self.step - self._first_step) * self._timestep

    @property
    def strain(self) -> float:
        """Total strain since the start."""
        return self._domain.state()[0]

    @property
    def rebuilds(self) -> int:
        """How often the neighbours were sorted anew."""
        return self._domain.state()[3]

    @overload
    def frame(self, rank: None = None) -> Frame: ...
    @overload
    def frame(self, rank: int) -> Frame | None: ...
    def frame(self, rank: int | None = None) -> Frame | None:
        """The whole configuration, by particle number; a collective call.

        Parameters
        ----------
        rank : int, optional
            The only rank that gets it, for the others it is None. Default: every rank gets it.
        """
        gathered = self._gather(self._domain.owned(), rank)
        if gathered is None:
            return None
        positions, _, images = gathered
        strain, flips, _, _ = self._domain.state()
        box = self._box.at_strain(strain)
        # The kernels also flip a third lattice vector.
        images[:, 0] += images[:, 1] * box.flips - images[:, 1:] @ flips
        # Since the last rebuild particles may have left the cell by a little.
        positions, more = box.wrap(positions)
        return Frame(positions, self._species, box, self.time, images + more, self._ids, only_b=True, sizes=self._sizes)

    def velocities(self) -> np.ndarray:
        """Peculiar velocities (N, d), in σ_AA/τ, by particle number, on every rank; a collective call."""
        return self._gather(self._domain.owned())[1]

    def _gather(self, share, rank=None):
        shares = self._comm.allgather(share) if rank is None else self._comm.gather(share, rank)
        return None if shares is None else _by_id(shares)

    def state(self, rank: int | None = None) -> dict[str, np.ndarray] | None:
        """All that `restore` needs to go on with the same bits; a collective call.

        Parameters
        ----------
        rank : int, optional
            The only rank that gets it, for the others it is None. Default: every rank gets it.

        Returns
        -------
        dict
            Plain arrays: ``positions``, ``built`` (those at the last rebuild of the neighbours, whose order sums depend
            on), ``velocities`` (N, d), ``images`` (N, d), ``species`` and ``ids`` (N,), where particles have sizes
            ``sizes`` (N,), ``lengths`` and ``tilts`` of the box at zero strain, ``scalars``, ``thermostat``,
            ``counters``, ``clock`` (where the time counts from, and the steps done of a preparation) and the state of
            the random ``collisions`` as text.
        """
        built, scalars, thermostat, counters = self._domain.progress()
        gathered = self._gather((*self._domain.owned(), built), rank)
        if gathered is None:
            return None
        positions, velocities, images, built = gathered
        state = {
            "positions": positions,
            "built": built,
            "velocities": velocities,
            "images": images,
            "species": self._species,
            "ids": self._ids,
            "lengths": np.array(self._box.lengths),
            "tilts": np.array(self._box.tilts),
            "scalars": scalars,
            "thermostat": thermostat,
            "counters": counters,
            "clock": np.array([self._first_step, self._first_time, self._prepared]),
            "collisions": np.array(json.dumps(self._collisions.bit_generator.state)),
        }
        return state if self._sizes is None else state | {"sizes": self._sizes}

    def restore(self, state: dict[str, np.ndarray]) -> None:
        """Go on from a `state` of a simulation with the same parameters, on any number of ranks; a collective call.

        Raises
        ------
        InputError
            If the state cannot be one of this simulation's. Nothing has changed then.
        """
        state, frame = checked_state(
            state, self._model, self._particles, self._box, self._largest_size, self._skin, self._chain
        )
        numbers, sizes = self._model.indices(frame), self._model.sizes_of(frame)
        self._species, self._ids, self._sizes = frame.species, frame.ids, frame.sizes
        self._domain.resume(
            *(state[name] for name in ("built", "positions", "velocities", "images")),
            numbers,
            sizes,
            *(state[name] for name in ("scalars", "thermostat", "counters")),
        )
        first_step, self._first_time, prepared = state["clock"].tolist()
        self._first_step, self._prepared, self._collision_due = int(first_step), int(prepared), False
        self._collisions.bit_generator.state = state["collisions"]

    def thermodynamics(self) -> dict[str, float]:
        """Instantaneous state; a collective call, the same bits on any number of ranks.

        Returns
        -------
        dict
            ``kinetic_temperature`` (peculiar velocities, d N − d degrees of freedom), ``potential_energy`` (per
            particle), ``shear_stress`` (−P_xy) and ``pressure`` in ε_AA/σ_AA^d, and ``conserved_energy``: kinetic,
            potential and thermostat's energy, in ε_AA, which under shear grows by the work done,
            volume × ∫ shear_stress d(strain).
        """
        dimension, volume, count = self._box.dimension, self._box.volume, self._particles
        # One below the other: xx, xy, yy, or xx, xy, xz, yy, yz, zz.
        pairs = dimension * (dimension + 1) // 2
        diagonal = [pair for pair, (a, b) in enumerate(zip(*np.triu_indices(dimension), strict=True)) if a == b]
        values = self._domain.thermodynamics(self._temperature).tolist()
        kinetic, potential, virial, thermostat = values[:pairs], values[pairs], values[pairs + 1 : -1], values[-1]
        # One after the other, as of old: newer Pythons' sum rounds otherwise.
        twice_kinetic = functools.reduce(operator.add, [kinetic[k] for k in diagonal])
        return {
            "kinetic_temperature": twice_kinetic / (dimension * count - dimension),
            "potential_energy": potential / count,
            "shear_stress": -(kinetic[1] + virial[1]) / volume,
            "pressure": functools.reduce(operator.add, [virial[k] for k in diagonal], twice_kinetic)
            / (dimension * volume),
            "conserved_energy": 0.5 * twice_kinetic + potential + thermostat,
        }


def default_timestep(model: Mixture) -> float:
    """In the mixture's time scale."""
    return TIMESTEP_OF_CONTACTS if model.of_contacts else TIMESTEP


def own_temperatures(model: Mixture, name: str) -> tuple[float, float]:
    """Those of the mixture's glass and liquid; ``name`` is what has to be given where it knows none.

    Raises
    ------
    InputError
        If it knows none.
    """
    if model.temperatures is None:
        raise InputError(f"Simulation: the mixture has no temperatures of its own; give {name}")
    return model.temperatures


def _rows_off(box: Box) -> int:
    """How many times the second lattice vector is to be taken off the third one, so that it leans least along y."""
    return round(box.tilts[2] / box.length_y)


def _unstrained(box: Box) -> Box:
    """The box at zero strain, with the third lattice vector that leans least along y."""
    box = box.at_strain(0.0)
    if box.dimension == 2:
        return box
    xy, xz, yz = box.tilts
    return Box(lengths=box.lengths, tilts=(xy, xz, yz - _rows_off(box) * box.length_y), strain=0.0)


def _by_id(shares):
    """The columns of all ranks' shares after the first, which has the ids, joined and ordered by id."""
    order = np.argsort(np.concatenate([share[0] for share in shares]))
    return [np.concatenate([share[k] for share in shares])[order] for k in range(1, len(shares[0]))]
