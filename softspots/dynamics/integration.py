"""A sheared box of particles, advanced in time on any number of ranks."""

from __future__ import annotations

import json

import numpy as np

from softspots import _core
from softspots.arrays import positive_number, real_number, whole_number
from softspots.dynamics.parallel import default_grid, world
from softspots.dynamics.restoring import checked_state
from softspots.exceptions import InputError
from softspots.frame import Box, Frame
from softspots.landscape.forces import kernel_potential
from softspots.model import Model
from softspots.objects import require

# A Nosé–Hoover chain of a few members is as canonical as one of many.
LONGEST_CHAIN = 1000
MOST_RUN_STEPS = 2**62


class Integration:
    """What all simulations have: particles, a thermostat, a clock, their state; see `Simulation`."""

    # What is not here cannot be set: a misspelt name would have no effect.
    __slots__ = (
        "__weakref__",
        "_chain",
        "_collision_due",
        "_collisions",
        "_comm",
        "_domain",
        "_first_step",
        "_first_time",
        "_ids",
        "_lengths",
        "_model",
        "_particles",
        "_prepared",
        "_skin",
        "_species",
        "_strain_rate",
        "_temperature",
        "_timestep",
    )

    def __init__(
        self,
        model: Model,
        particles: int,
        box: Box,
        temperature: float,
        strain_rate: float,
        seed: int,
        *,
        timestep: float = 5e-3,
        thermostat_time: float = 1.0,
        thermostat_chain: int = 1,
        skin: float = 0.45,
        grid: tuple[int, int] | None = None,
        comm=None,
        **unknown,
    ):
        if unknown:
            # Python would name this class, of which callers know nothing.
            raise TypeError(f"Simulation() got an unexpected keyword argument {next(iter(unknown))!r}")
        require("Simulation", model=model)
        self._model = model
        self._particles = particles
        # The random start has the seed itself.
        self._collisions = np.random.default_rng([whole_number("Simulation: seed", seed, 0, 2**63 - 1), 1])
        self.temperature = temperature
        self.strain_rate = strain_rate
        self._timestep = positive_number("Simulation: timestep", timestep)
        self._skin = positive_number("Simulation: skin", skin)
        self._chain = whole_number("Simulation: thermostat_chain", thermostat_chain, 1, LONGEST_CHAIN)
        self._comm = world() if comm is None else comm
        self._lengths = (box.length_x, box.length_y)
        self._first_step = 0
        self._first_time = 0.0
        # Steps of a preparation that are done, and whether velocities are still to be drawn anew after the last one.
        self._prepared = 0
        self._collision_due = False
        grid = default_grid(self._comm.size, *self._lengths) if grid is None else tuple(grid)
        if len(grid) != 2:
            raise InputError(f"Simulation: grid is {grid}; two numbers, of ranks along x and y, are needed")
        columns, rows = (whole_number("Simulation: grid", count, 1) for count in grid)
        if columns * rows != self._comm.size:
            raise InputError(f"Simulation: grid is {columns}x{rows}, but there are {self._comm.size} ranks")
        self._domain = _core.Domain(
            self._comm,
            (columns, rows),
            self._lengths,
            kernel_potential(model),
            self._timestep,
            positive_number("Simulation: thermostat_time", thermostat_time),
            self._chain,
            self._skin,
        )

    def __reduce__(self):
        # Also copies: two would share one run.
        raise InputError(
            "Simulation: it cannot be copied or pickled; its state() can, and Simulation(…, state=…) takes it"
        )

    def _place(self, frame: Frame, velocities: np.ndarray) -> None:
        # The kernels count images with the tilt of least size.
        box = Box.sheared(*self._lengths, frame.box.total_strain)
        images = frame.images_without_flips()
        images[:, 0] += box.flips * images[:, 1]
        self._species = self._model.indices(frame)
        self._ids = np.arange(len(frame)) if frame.ids is None else frame.ids
        self._domain.set_particles(frame.positions, velocities, images, self._species, frame.box.total_strain)

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
            If a particle moves too far in one step or particles are lost; on all ranks.
        """
        first, last = (self._temperature,) * 2 if temperatures is None else temperatures
        self._domain.run(
            whole_number("Simulation: steps", steps, 0, MOST_RUN_STEPS),
            *(positive_number("Simulation: temperature", value) for value in (first, last)),
            self._strain_rate,
        )

    def __repr__(self) -> str:
        return (
            f"Simulation(N={self._particles}, box {self._lengths[0]:.4g} × {self._lengths[1]:.4g}, "
            f"T={self._temperature:g}, strain rate {self._strain_rate:g}, ranks {self._comm.size}, "
            f"step {self.step}, time {self.time:g}, strain {self.strain:.6g})"
        )

    @property
    def model(self) -> Model:
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

    def frame(self) -> Frame:
        """The whole configuration, by particle number, on every rank; a collective call."""
        positions, _, images = self._gather()
        strain, flips, _, _ = self._domain.state()
        box = Box.sheared(*self._lengths, strain)
        images[:, 0] += images[:, 1] * (box.flips - flips)
        # Since the last rebuild particles may have left the cell by a little.
        positions, more = box.wrap(positions)
        return Frame(positions, self._species, box, self.time, images + more, self._ids, only_b=True)

    def velocities(self) -> np.ndarray:
        """Peculiar velocities (N, 2), in σ_AA/τ, by particle number, on every rank; a collective call."""
        return self._gather()[1]

    def _gather(self):
        return _by_id(self._comm.allgather(self._domain.owned()))

    def state(self) -> dict[str, np.ndarray]:
        """All that `restore` needs to go on with the same bits, on every rank; a collective call.

        Returns
        -------
        dict
            Plain arrays: ``positions``, ``built`` (those at the last rebuild of the neighbours, whose order sums depend
            on), ``velocities`` (N, 2), ``images`` (N, 2), ``species`` (N,), ``scalars``, ``thermostat``, ``counters``,
            ``clock`` (where the time counts from, and the steps done of a preparation) and the state of the random
            ``collisions`` as text.
        """
        built, scalars, thermostat, counters = self._domain.progress()
        positions, velocities, images, built = _by_id(self._comm.allgather((*self._domain.owned(), built)))
        return {
            "positions": positions,
            "built": built,
            "velocities": velocities,
            "images": images,
            "species": self._species,
            "scalars": scalars,
            "thermostat": thermostat,
            "counters": counters,
            "clock": np.array([self._first_step, self._first_time, self._prepared]),
            "collisions": np.array(json.dumps(self._collisions.bit_generator.state)),
        }

    def restore(self, state: dict[str, np.ndarray]) -> None:
        """Go on from a `state` of a simulation with the same parameters, on any number of ranks; a collective call.

        Raises
        ------
        InputError
            If the state cannot be one of this simulation's. Nothing has changed then.
        """
        state = checked_state(
            state, self._particles, Box(*self._lengths), self._model.largest_cutoff, self._skin, self._chain
        )
        self._species, self._ids = state["species"], np.arange(self._particles)
        self._species.flags.writeable = False
        self._domain.resume(
            *(state[name] for name in ("built", "positions", "velocities", "images", "species")),
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
            ``kinetic_temperature`` (peculiar velocities, 2N − 2 degrees of freedom), ``potential_energy`` (per
            particle), ``shear_stress`` (−P_xy) and ``pressure`` in ε_AA/σ_AA², and ``conserved_energy``: kinetic,
            potential and thermostat's energy, in ε_AA, which under shear grows by the work done,
            area × ∫ shear_stress d(strain).
        """
        values = self._domain.thermodynamics(self._temperature)
        (xx, xy, yy), potential, (wxx, wxy, wyy), thermostat = values[:3], values[3], values[4:7], values[7]
        area = self._lengths[0] * self._lengths[1]
        count = self._particles
        return {
            "kinetic_temperature": float((xx + yy) / (2 * count - 2)),
            "potential_energy": float(potential / count),
            "shear_stress": float(-(xy + wxy) / area),
            "pressure": float((xx + yy + wxx + wyy) / (2 * area)),
            "conserved_energy": float(0.5 * (xx + yy) + potential + thermostat),
        }


def _by_id(shares):
    """The columns of all ranks' shares after the first, which has the ids, joined and ordered by id."""
    order = np.argsort(np.concatenate([share[0] for share in shares]))
    return [np.concatenate([share[k] for share in shares])[order] for k in range(1, len(shares[0]))]
