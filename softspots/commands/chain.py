"""The chain for one frame: from a simulation to D²_min, inherent structure, modes and soft spots."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter

import numpy as np

from softspots.commands.parameters import Parameters
from softspots.dynamics.preparation import SHEAR_PIECE
from softspots.dynamics.simulation import Simulation
from softspots.exceptions import PhysicsError, SoftspotsError
from softspots.frame import Frame
from softspots.io.frames import frame_values
from softspots.io.schema import LABELS
from softspots.landscape.minimum import InherentStructure
from softspots.landscape.modes import hessian, lowest_modes
from softspots.landscape.quench import inherent_structure
from softspots.model import Mixture
from softspots.plasticity.d2min import d2min
from softspots.structure.spots import mode_particles, soft_spots_from_ranking

# Particles of each mode that the file keeps at least, so that N_p can be scanned (fig. 3) without a new run.
KEPT_PARTICLES = 50
THERMODYNAMICS = ("kinetic_temperature", "potential_energy", "shear_stress", "pressure")


@dataclass(frozen=True)
class Interval:
    """A frame, its thermodynamics, the frame one interval later, and the wall time to the next frame, in s."""

    frame: Frame
    thermodynamics: dict
    later: Frame
    wall_time: float


@dataclass(frozen=True)
class Analysis:
    """What was found in one frame, by the names of the results file, and why there are no soft spots, if so."""

    values: dict
    fault: str

    @property
    def activity(self) -> float:
        """The largest sum of D²_min over one soft spot, in σ_AA²; what is not known, or has none, is 0."""
        labels = self.values["soft_spot"]
        on_spot = labels >= 0
        return np.bincount(labels[on_spot], weights=np.nan_to_num(self.values["d2min"][on_spot])).max(initial=0.0)


@contextlib.contextmanager
def _timed(times: dict, stage: str):
    start = perf_counter()
    try:
        yield
    finally:
        times[stage] = perf_counter() - start


def kept_particles(parameters: Parameters) -> int:
    """How many particles of each mode the results file keeps."""
    return min(parameters.particles, max(parameters.n_particles, KEPT_PARTICLES))


def make_simulation(parameters: Parameters, comm, state: dict | None = None) -> Simulation:
    """The dynamics of a run, before its preparation or in an earlier state; a collective call."""
    return Simulation(
        parameters.mixture,
        particles=parameters.particles,
        temperature=parameters.temperature,
        strain_rate=parameters.strain_rate,
        seed=parameters.seed,
        density=parameters.density,
        dimension=parameters.dimension,
        timestep=parameters.timestep,
        thermostat_time=parameters.thermostat_time,
        thermostat_chain=parameters.thermostat_chain,
        skin=parameters.skin,
        grid=parameters.grid,
        comm=comm,
        state=state,
    )


def next_interval(run: Simulation, steps: int, period: int, check: Callable[[], None], rank: int) -> Interval | None:
    """An interval of so many steps, after which the dynamics go on to a period; on one rank, for the others None.

    A collective call. In between, `check` is called as often as in the preparation, and may raise an exception on all
    ranks.
    """

    def advance(steps):
        for done in range(0, steps, SHEAR_PIECE):
            run.run(min(SHEAR_PIECE, steps - done))
            check()

    frame, thermodynamics = run.frame(rank), run.thermodynamics()
    start = perf_counter()
    advance(steps)
    later = run.frame(rank)
    advance(period - steps)
    return Interval(frame, thermodynamics, later, perf_counter() - start) if run.rank == rank else None


def analyse(interval: Interval, model: Mixture, parameters: Parameters) -> Analysis:
    """Take one frame through D²_min, quench, modes and soft spots.

    A frame whose quench is not certified, or whose modes cannot be found, gets no soft spots and a fault: one bad
    frame must not end a run.

    Returns
    -------
    Analysis
    """
    frame = interval.frame
    times = dict.fromkeys(LABELS["stage"], 0.0) | {"dynamics": interval.wall_time}
    values = frame_values(frame) | {name: interval.thermodynamics[name] for name in THERMODYNAMICS}
    values |= {
        "inherent_certified": np.int8(0),
        "soft_spot": np.full(len(frame), -1, dtype=np.int32),
        "d2min": np.full(len(frame), np.nan),
    }
    fault = ""
    try:
        with _timed(times, "d2min"):
            values["d2min"] = d2min(frame, interval.later, parameters.d2min_cutoff)
        with _timed(times, "quench"):
            minimum = inherent_structure(frame, model, parameters.quench, parameters.max_force)
        values |= {
            "inherent_energy": minimum.energy,
            "inherent_max_force": minimum.max_force,
            "inherent_certified": np.int8(minimum.certified),
            "inherent_loose": np.int32(np.count_nonzero(~minimum.stability.held)),
            "inherent_position": minimum.frame.box.wrap(minimum.frame.positions)[0].astype(np.float32),
        }
        if minimum.certified:
            values |= find_spots(minimum, model, parameters, times)
        else:
            fault = f"the quench is not certified: {minimum.stability.reason}"
    except SoftspotsError as error:
        fault = " ".join(str(error).split())
    values["wall_time"] = np.array([times[stage] for stage in LABELS["stage"]])
    return Analysis(values, fault)


def find_spots(minimum: InherentStructure, model: Mixture, parameters: Parameters, times: dict) -> dict:
    """Modes and soft spots of an inherent structure, by the names of the results file; wall times go to ``times``.

    Raises
    ------
    PhysicsError
        If fewer particles are held than each mode is to name.
    """
    held = np.count_nonzero(minimum.stability.held)
    if held < kept_particles(parameters):
        raise PhysicsError(f"{held} particles are held; at least {kept_particles(parameters)} are needed for the modes")
    with _timed(times, "modes"):
        modes = lowest_modes(
            hessian(minimum, model),
            parameters.modes,
            dimension=minimum.frame.dimension,
            stability=minimum.stability,
        )
    with _timed(times, "soft_spots"):
        participation_ratio = modes.participation_ratio
        ranking = mode_particles(modes.vectors, kept_particles(parameters))
        spots = soft_spots_from_ranking(
            minimum.frame,
            participation_ratio,
            ranking,
            parameters.n_modes,
            parameters.n_particles,
            parameters.min_particles,
            parameters.connection,
            parameters.bond_length,
        )
    return {
        "eigenvalue": modes.eigenvalues,
        "participation_ratio": participation_ratio,
        "mode_residual": modes.residuals,
        "mode_particle": ranking,
        "soft_spot": spots.labels,
    }
