"""From a simulation to what is found in its frames."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from time import perf_counter

import numpy as np

from softspots.chain import stages
from softspots.commands.parameters import Parameters
from softspots.dynamics.preparation import SHEAR_PIECE
from softspots.dynamics.simulation import Simulation
from softspots.frame import Frame
from softspots.io.schema import LABELS
from softspots.model import Mixture

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
    """What was found in one frame, by the names of the results file, and why it is left out, if so."""

    values: dict
    fault: str

    @property
    def activity(self) -> float:
        """The largest sum of D²_min over one soft spot, in σ_AA²; what is not known, or has none, is 0."""
        labels = self.values["soft_spot"]
        on_spot = labels >= 0
        return np.bincount(labels[on_spot], weights=np.nan_to_num(self.values["d2min"][on_spot])).max(initial=0.0)


def options_of(parameters: Parameters) -> stages.Options:
    """What the parameters of a run say of the stages."""
    return stages.Options(**{entry.name: getattr(parameters, entry.name) for entry in fields(stages.Options)})


def kept_particles(parameters: Parameters) -> int:
    """How many particles of each mode the results file keeps."""
    return options_of(parameters).kept_particles(parameters.particles)


def make_simulation(parameters: Parameters, comm, state: dict | None = None) -> Simulation:
    """The dynamics of a run, before its preparation or in an earlier state; a collective call."""
    names = ("temperature", "strain_rate", "seed", "timestep", "thermostat_time", "thermostat_chain", "skin", "grid")
    options = {name: getattr(parameters, name) for name in names} | {"comm": comm}
    start = parameters.start
    if start and state is None:
        return Simulation.from_frame(start.frame, parameters.mixture, velocities=start.velocities, **options)
    return Simulation(
        parameters.mixture,
        particles=parameters.particles,
        density=parameters.density,
        dimension=parameters.dimension,
        state=state,
        **options,
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
    """Take one frame of a simulation through all stages."""
    found = stages.analyse(interval.frame, interval.later, model, options_of(parameters))
    values = found.values() | {name: interval.thermodynamics[name] for name in THERMODYNAMICS}
    values["wall_time"][LABELS["stage"].index("dynamics")] = interval.wall_time
    return Analysis(values, found.d2min_fault or found.fault)
