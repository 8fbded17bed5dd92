"""Molecular dynamics of a sheared thermal glass on any number of ranks."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from . import _core
from .forces import box_array
from .model import Model
from .parallel import default_grid, together, world
from .state import Box, Frame

# The force at which overlaps of a random start count as removed: the thermostat copes with what is left.
OVERLAP_FORCE = 10.0
OVERLAP_EVALUATIONS = 20_000
# The cooling curve is followed in straight pieces of this many steps.
RAMP_PIECE = 20
# The shear of the preparation goes on in pieces of this many steps, at whose ends a run can be stopped: some 6 µs per
# particle, soon enough for schedulers' 30 s up to millions of particles, and too long for the ends to cost anything.
SHEAR_PIECE = 100
# Velocities of the liquid are drawn anew after this time, in τ: a Nosé–Hoover thermostat alone would ring for long.
COLLISION_TIME = 1.0


class Simulation:
    """Sheared NVT dynamics of a binary mixture (Schoenholz et al. 2014, section II).

    SLLOD equations in a deforming periodic box, with a Nosé–Hoover thermostat on the peculiar velocities. The start
    is random with overlaps removed, at the given temperature; `prepare` makes a glass in steady shear of it. On
    several ranks the box is cut into a grid of rectangles. The same arguments give the same bits on any number of
    ranks, for the same build.

    Parameters
    ----------
    model : Model
    particles : int
        N, both species together.
    temperature : float
        T of the thermostat, in ε_AA/k_B. May be set between runs.
    strain_rate : float
        γ̇, in 1/τ. May be set between runs.
    seed : int
        Of positions, species and velocities.
    density : float
        N/area, in 1/σ_AA²; the box is a square.
    timestep : float
        In τ.
    thermostat_time : float
        Time constant of the thermostat, in τ.
    thermostat_chain : int
        Number of thermostats in the Nosé–Hoover chain; 1 is a plain Nosé–Hoover thermostat.
    skin : float
        How far neighbours are kept beyond the cutoff, in σ_AA; any value gives the same physics.
    grid : tuple of 2 ints, optional
        Ranks along x and y. Default: rectangles as square as can be.
    comm : communicator, optional
        Default: all ranks (see `softspots.parallel.world`).
    state : dict, optional
        Go on from this `state` of a simulation with the same parameters, instead of a random start.

    Raises
    ------
    ValueError
        If the box is smaller than twice cutoff plus skin, or a rank's rectangle narrower than them, or another
        argument is outside its range.
    RuntimeError
        If the overlaps of the random start could not be removed.
    """

    def __init__(
        self,
        model: Model,
        particles: int = 10_000,
        temperature: float = 0.1,
        strain_rate: float = 1e-4,
        seed: int = 1,
        *,
        density: float = 1.2,
        timestep: float = 5e-3,
        thermostat_time: float = 1.0,
        thermostat_chain: int = 1,
        skin: float = 0.45,
        grid: tuple[int, int] | None = None,
        comm=None,
        state: dict[str, np.ndarray] | None = None,
    ):
        if particles < 2:
            raise ValueError(f"Simulation: particles is {particles}; at least 2 are needed")
        _require_positive(density=density)
        side = float(np.sqrt(particles / density))
        self._connect(
            model,
            Box(side, side),
            temperature,
            strain_rate,
            timestep,
            thermostat_time,
            thermostat_chain,
            skin,
            grid,
            comm,
        )
        self._collisions = np.random.default_rng([seed, 1])
        if state is not None:
            self.restore(state)
            return
        rng = np.random.default_rng(seed)
        species = np.zeros(particles, dtype=np.int32)
        species[rng.permutation(particles)[round(model.fraction_a * particles) :]] = 1
        start = Frame(rng.random((particles, 2)) * side, species, Box(side, side), only_b=True)
        velocities = _thermal_velocities(rng, particles, temperature)
        with together(self._comm):
            positions = self._comm.rank == 0 and _without_overlaps(start, model)
        start = replace(start, positions=self._comm.bcast(positions))
        self._place(start, velocities)

    @classmethod
    def from_frame(
        cls,
        frame: Frame,
        model: Model,
        temperature: float = 0.1,
        strain_rate: float = 1e-4,
        seed: int = 1,
        *,
        velocities: np.ndarray | None = None,
        timestep: float = 5e-3,
        thermostat_time: float = 1.0,
        thermostat_chain: int = 1,
        skin: float = 0.45,
        grid: tuple[int, int] | None = None,
        comm=None,
    ) -> Simulation:
        """Start from a configuration; ``velocities`` (N, 2) are peculiar ones, by default drawn at ``temperature``."""
        self = cls.__new__(cls)
        self._connect(
            model, frame.box, temperature, strain_rate, timestep, thermostat_time, thermostat_chain, skin, grid, comm
        )
        self._collisions = np.random.default_rng([seed, 1])
        if velocities is None:
            velocities = _thermal_velocities(np.random.default_rng(seed), len(frame), temperature)
        self._place(frame, velocities)
        self._first_time = frame.time
        return self

    def _connect(
        self, model, box, temperature, strain_rate, timestep, thermostat_time, thermostat_chain, skin, grid, comm
    ):
        _require_positive(temperature=temperature, timestep=timestep, thermostat_time=thermostat_time, skin=skin)
        if not np.isfinite(strain_rate):
            raise ValueError(f"Simulation: strain_rate is {strain_rate!r}; it must be a finite number")
        if thermostat_chain < 1:
            raise ValueError(f"Simulation: thermostat_chain is {thermostat_chain}; at least 1 is needed")
        self.model = model
        self.temperature = temperature
        self.strain_rate = strain_rate
        self.timestep = timestep
        self._comm = world() if comm is None else comm
        self._lengths = (box.length_x, box.length_y)
        self._first_step = 0
        self._first_time = 0.0
        self._prepared = 0
        grid = default_grid(self._comm.size, *self._lengths) if grid is None else tuple(grid)
        if grid[0] < 1 or grid[0] * grid[1] != self._comm.size:
            raise ValueError(f"Simulation: grid is {grid[0]}x{grid[1]}, but there are {self._comm.size} ranks")
        self._domain = _core.Domain(
            self._comm,
            grid,
            self._lengths,
            model.pair_table(),
            model.smoothing,
            timestep,
            thermostat_time,
            thermostat_chain,
            skin,
        )

    def _place(self, frame: Frame, velocities: np.ndarray) -> None:
        # The kernels count images with the tilt of least size.
        box = Box.sheared(*self._lengths, frame.box.strain)
        images = frame.images + np.outer(frame.images[:, 1] * (box.flips - frame.box.flips), (1, 0))
        self._species = frame.species
        self._ids = np.arange(len(frame)) if frame.ids is None else frame.ids
        self._domain.set_particles(frame.positions, velocities, images, frame.species, frame.box.strain)

    def run(self, steps: int, temperatures: tuple[float, float] | None = None) -> None:
        """Advance by ``steps`` time steps; a collective call.

        Parameters
        ----------
        steps : int
        temperatures : tuple of 2 floats, optional
            First and last temperature of a linear ramp. Default: the simulation's temperature throughout.

        Raises
        ------
        RuntimeError
            If a particle moves too far in one step or particles are lost; on all ranks.
        """
        first, last = temperatures or (self.temperature, self.temperature)
        _require_positive(temperature=min(first, last))
        if steps < 0:
            raise ValueError(f"Simulation: steps is {steps}; it must not be negative")
        self._domain.run(steps, first, last, self.strain_rate)

    def prepare(
        self,
        *,
        liquid_temperature: float = 1.0,
        liquid_time: float = 50.0,
        cooling_time: float = 100.0,
        strain: float = 0.2,
        progress: Callable[[int], None] | None = None,
    ) -> None:
        """Make a glass in steady shear: a liquid, cooled smoothly to the temperature, sheared by ``strain``.

        Afterwards the time is zero; the strain is not. A collective call. A simulation that was restored from a state
        within its preparation does what is left of it, if the arguments are the same.

        Parameters
        ----------
        liquid_temperature : float
            In ε_AA/k_B.
        liquid_time, cooling_time : float
            How long the liquid is kept and how long the cooling takes, in τ; the temperature follows half a cosine,
            as a Nosé–Hoover thermostat rings after kinks.
        strain : float
            Strain to steady state (the paper: 0.2). Nothing is sheared if the strain rate is zero.
        progress : callable, optional
            Called with the number of steps done since its last call; it may take the `state`, and an exception from it
            leaves the simulation as after the state.
        """
        _require_positive(temperature=self.temperature, liquid_temperature=liquid_temperature)
        stages = self._stages(liquid_time, cooling_time, strain)
        end = 0
        for steps, first, last, strain_rate, collide in self._pieces(*stages, liquid_temperature):
            end += steps
            if end <= self._prepared:
                continue
            self._domain.run(steps, first, last, strain_rate)
            if collide:
                self._place(self.frame(), _thermal_velocities(self._collisions, len(self._species), last))
            self._prepared = end
            if progress:
                progress(steps)
        self._prepared = 0
        self._first_step, self._first_time = self.step, 0.0

    def _pieces(self, liquid, cooling, shearing, liquid_temperature):
        """The preparation piece by piece: steps, first and last temperature, strain rate, new velocities at the end."""
        for _, steps in _cut(liquid, round(COLLISION_TIME / self.timestep)):
            yield steps, liquid_temperature, liquid_temperature, 0.0, True
        for done, steps in _cut(cooling, RAMP_PIECE):
            ends = [
                self.temperature + (liquid_temperature - self.temperature) * 0.5 * (1 + np.cos(np.pi * step / cooling))
                for step in (done, done + steps)
            ]
            yield steps, *ends, 0.0, False
        for _, steps in _cut(shearing, SHEAR_PIECE):
            yield steps, self.temperature, self.temperature, self.strain_rate, False

    def preparation_steps(
        self, *, liquid_time: float = 50.0, cooling_time: float = 100.0, strain: float = 0.2, **_
    ) -> int:
        """How many steps `prepare` takes with the same arguments."""
        return sum(self._stages(liquid_time, cooling_time, strain))

    def _stages(self, liquid_time, cooling_time, strain):
        shearing = 0.0 if self.strain_rate == 0 else strain / abs(self.strain_rate)
        return tuple(round(time / self.timestep) for time in (liquid_time, cooling_time, shearing))

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
        return self._first_time + (self.step - self._first_step) * self.timestep

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
        """Go on from a `state` of a simulation with the same parameters, on any number of ranks; a collective call."""
        self._species = np.asarray(state["species"], dtype=np.int32)
        self._ids = np.arange(len(self._species))
        self._domain.resume(
            *(state[name] for name in ("built", "positions", "velocities", "images", "species")),
            *(state[name] for name in ("scalars", "thermostat", "counters")),
        )
        first_step, self._first_time, prepared = state["clock"].tolist()
        self._first_step, self._prepared = int(first_step), int(prepared)
        self._collisions.bit_generator.state = json.loads(str(state["collisions"]))

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
        values = self._domain.thermodynamics(self.temperature)
        (xx, xy, yy), potential, (wxx, wxy, wyy), thermostat = values[:3], values[3], values[4:7], values[7]
        area = self._lengths[0] * self._lengths[1]
        count = len(self._species)
        return {
            "kinetic_temperature": float((xx + yy) / (2 * count - 2)),
            "potential_energy": float(potential / count),
            "shear_stress": float(-(xy + wxy) / area),
            "pressure": float((xx + yy + wxx + wyy) / (2 * area)),
            "conserved_energy": float(0.5 * (xx + yy) + potential + thermostat),
        }


def _cut(steps, size):
    """Where each piece of at most ``size`` steps begins, and its steps."""
    return ((done, min(size, steps - done)) for done in range(0, steps, size))


def _by_id(shares):
    """The columns of all ranks' shares after the first, which has the ids, joined and ordered by id."""
    order = np.argsort(np.concatenate([share[0] for share in shares]))
    return [np.concatenate([share[k] for share in shares])[order] for k in range(1, len(shares[0]))]


def _require_positive(**values):
    for name, value in values.items():
        if not (np.isfinite(value) and value > 0):
            raise ValueError(f"Simulation: {name} is {value!r}; it must be a positive number")


def _thermal_velocities(rng, count, temperature):
    """Maxwell's distribution with zero total momentum and exactly the kinetic temperature."""
    velocities = rng.normal(size=(count, 2))
    velocities -= velocities.mean(axis=0)
    return velocities * np.sqrt(temperature * (2 * count - 2) / (velocities**2).sum())


def _without_overlaps(frame, model):
    positions, _, max_force, _ = _core.minimize(
        frame.positions,
        frame.species,
        box_array(frame.box),
        model.pair_table(),
        model.smoothing,
        "fire",
        OVERLAP_FORCE,
        OVERLAP_EVALUATIONS,
    )
    if max_force > OVERLAP_FORCE:
        raise RuntimeError(f"Simulation: overlaps of the random start remain, with forces up to {max_force:.3g}")
    return positions
