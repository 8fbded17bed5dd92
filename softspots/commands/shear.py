"""Athermal quasi-static shear on one command: ``softspots shear``, for many samples under mpirun.

A solid is made, quenched, and followed from minimum to minimum. Before each event stands the map of the minimum that is
lost. A run can be ended at any moment and resumed to the same bits: a checkpoint holds the solid and all states at one
strain, and each event goes to a small file of its own, from which shear.nc is made at the end.
"""

from __future__ import annotations

import contextlib
from signal import Signals
from time import perf_counter
from typing import NamedTuple

import numpy as np

from softspots.chain import stages
from softspots.commands.chain import kept_particles, make_simulation, options_of
from softspots.commands.command import called, complain, from_first, on_all_ranks, say
from softspots.commands.files import read_frame_file, write_frame_file
from softspots.commands.identity import instruction_sets, new_identity
from softspots.commands.interruption import Terminated, cutting
from softspots.commands.options import read_arguments
from softspots.commands.output import check_output, checkpoint_of, hold, open_folder
from softspots.commands.parameters import Parameters
from softspots.commands.progress import Progress
from softspots.commands.samples import ProgressOfAll, samples_of
from softspots.commands.shear_parameters import FILES, RESULTS, SHEAR, STEPS_PER_STATE, ShearParameters
from softspots.commands.shear_report import draw, report
from softspots.dynamics.athermal_shear import AthermalShear, ShearState
from softspots.dynamics.parallel import Serial, together, world
from softspots.dynamics.trail import Trail
from softspots.exceptions import InputError, PhysicsError, SoftspotsError
from softspots.io.checkpoint import CHECKPOINT, Checkpoint, discard, discard_frames, write_checkpoint
from softspots.io.shear import LAYOUT, VERSION, read_shear, write_shear
from softspots.plasticity.events import Event
from softspots.reasons import number_of

NAME = called("shear")


class Map(NamedTuple):
    """Soft spots of a minimum, and the modes behind them, as `softspots.chain.stages.Analysis` has them."""

    labels: np.ndarray
    eigenvalues: np.ndarray
    participation_ratio: np.ndarray
    ranking: np.ndarray


def no_map(parameters: Parameters) -> Map:
    """Where there is none: no spots, NaN, and no particles."""
    none = np.full(parameters.modes, np.nan)
    ranking = np.full((parameters.modes, kept_particles(parameters)), -1, dtype=np.int32)
    return Map(np.full(parameters.particles, -1, dtype=np.int32), none, none, ranking)


class Course:
    """A solid in shear, and all that has been seen of it.

    Parameters
    ----------
    parameters : ShearParameters
    identity : dict
        Which run it is.
    solid : AthermalShear
    states : dict of str to list
        By the names of shear.nc.
    faults : list of dict
        Of each event so far, why maps are not there, by their places among the strains before it.
    trail : Trail
        Where the solid has come from.
    kernels : dict
        What the kernels are compiled for; see `softspots.commands.identity.instruction_sets`.
    """

    def __init__(
        self,
        parameters: ShearParameters,
        identity: dict,
        solid: AthermalShear,
        states: dict,
        faults: list,
        trail: Trail,
        kernels: dict,
    ):
        self._parameters, self._identity, self._solid = parameters, identity, solid
        self._states, self._faults, self._trail, self._kernels = states, faults, trail, kernels
        self._last = perf_counter()

    @classmethod
    def resumed(cls, parameters: ShearParameters, checkpoint: Checkpoint) -> Course:
        """As a checkpoint has it."""
        solid = AthermalShear.from_state(checkpoint.arrays, parameters.mixture, **shear_options(parameters))
        states = {name: list(checkpoint.arrays[name]) for name in state_values(solid.current)}
        trail = Trail.from_arrays(max(parameters.map_strains), checkpoint.arrays)
        faults, kernels = checkpoint.progress["faults"], instruction_sets(checkpoint)
        return cls(parameters, checkpoint.identity, solid, states, faults, trail, kernels)

    @classmethod
    def begun(cls, parameters: ShearParameters, progress: Progress) -> Course:
        """With a solid that is made here."""
        if parameters.start:
            start = parameters.start.frame
        else:
            simulation = make_simulation(parameters.simulation, Serial())
            simulation.prepare(**parameters.simulation.preparation, progress=progress.advance)
            start = simulation.frame()
        solid = AthermalShear(start, parameters.mixture, parameters.direction, **shear_options(parameters))
        states = {name: [value] for name, value in state_values(solid.current).items()}
        trail = Trail(max(parameters.map_strains))
        trail.add(solid.current.frame, solid.current.strain)
        return cls(parameters, new_identity(parameters), solid, states, [], trail, instruction_sets(None))

    @property
    def done(self) -> int:
        """How many strains of the path have been reached."""
        return len(self._states["strain"]) - 1

    def go(self, strain: float) -> None:
        """To the next state.

        Raises
        ------
        Terminated
            If a signal has come, after a checkpoint of the state before.
        SoftspotsError
            If there is no such state, after that checkpoint too.
        """
        kept, count = self._checkpoint(), number_of(len(self._parameters.path), "strain")
        try:
            with cutting(hint=f" after {self.done} of {count}; --resume goes on from there"):
                state = self._solid.go(strain)
                found = [self._analysed(event) for event in state.events]
                self._trail.add(state.frame, state.strain)
        except (Terminated, SoftspotsError):
            self._write(*kept)
            raise
        for values, fault in found:
            write_frame_file(self._parameters.output, len(self._faults), values, self._identity)
            self._faults.append(fault)
        for name, value in state_values(state).items():
            self._states[name].append(value)
        if perf_counter() - self._last >= 60 * self._parameters.checkpoint_every:
            self._write(*self._checkpoint())

    def finish(self) -> None:
        """Write shear.nc, and a last checkpoint; the events' own files go."""
        output, frame = self._parameters.output, self._solid.current.frame
        events = (read_frame_file(output, number, self._identity) for number in range(len(self._faults)))
        states = {name: np.array(values) for name, values in self._states.items()}
        configuration, start = self._parameters.as_dict(), self._parameters.simulation
        write_shear(
            output / RESULTS,
            frame,
            start.modes,
            kept_particles(start),
            self._parameters.map_strains,
            states,
            events,
            {event: why for event, why in enumerate(self._faults) if why},
            configuration,
            self._identity | self._kernels,
        )
        self._write(*self._checkpoint())
        read_shear(output / RESULTS)
        discard_frames(output)

    def _analysed(self, event: Event) -> tuple[dict, dict]:
        """An event and the maps before it, by the names of shear.nc; why some are not there, by their places."""
        self._trail.add(event.lost, event.last_strain)
        maps, faults = zip(*(self._mapped(event, way) for way in self._parameters.map_strains), strict=True)
        self._trail.add(event.after, event.strain)
        return {
            "event_state": np.int32(self.done + 1),
            "event_strain": event.strain,
            "event_last_strain": event.last_strain,
            "event_stress": event.stress,
            "event_energy": event.energy,
            "stress_drop": event.stress_drop,
            "energy_drop": event.energy_drop,
            "core": np.int32(event.core),
            "participation": event.participation,
            "lattice": event.lost.box.vectors,
            "position": event.lost.positions,
            "d2min": event.d2min,
            "soft_spot": np.array([one.labels for one in maps]),
            "eigenvalue": np.array([one.eigenvalues for one in maps]),
            "participation_ratio": np.array([one.participation_ratio for one in maps]),
            "mode_particle": maps[0].ranking,
        }, {str(place): fault for place, fault in enumerate(faults) if fault}

    def _mapped(self, event: Event, way: float) -> tuple[Map, str]:
        """The map so much of the path before an event, at the end of the trail; why it is none, if so."""
        parameters, tolerance = self._parameters.simulation, self._parameters.tolerance
        try:
            frame = self._trail.before(self._solid, way, tolerance) if way else event.lost
        except SoftspotsError as error:
            return no_map(parameters), str(error)
        found = stages.analyse(frame, None, parameters.mixture, options_of(parameters))
        if found.modes is None:
            return no_map(parameters), found.fault
        return Map(found.labels, found.modes.eigenvalues, found.participation_ratio, found.ranking), ""

    def _checkpoint(self) -> tuple[dict, dict]:
        arrays = self._solid.state() | {name: np.array(values) for name, values in self._states.items()}
        progress = {"strains": self.done, "faults": list(self._faults), LAYOUT: VERSION} | self._kernels
        return arrays | self._trail.arrays(), progress

    def _write(self, arrays: dict, progress: dict):
        path = self._parameters.output / CHECKPOINT
        write_checkpoint(path, arrays, self._parameters.as_dict(), progress, self._identity)
        self._last = perf_counter()


def shear_options(parameters: ShearParameters) -> dict:
    """What `AthermalShear` takes beside solid, mixture and direction."""
    names = ("tolerance", "max_force", "d2min_cutoff")
    return {name: getattr(parameters, name) for name in names}


def state_values(state: ShearState) -> dict:
    """A state by the names of shear.nc."""
    return {name: getattr(state, name) for name in ("strain", "stress", "energy", "stress_tensor")}


def shear(parameters: ShearParameters, checkpoint: Checkpoint | None, progress: Progress) -> None:
    """Make the solid, or go on with it, and shear it along its path.

    Parameters
    ----------
    parameters : ShearParameters
        The output folder is there, and is written by nobody else.
    checkpoint : Checkpoint or None
        Where to go on from; None for a new run, for which the checkpoints of an earlier one are removed.
    progress : Progress
    """
    if checkpoint and finished(parameters, checkpoint):
        return
    if checkpoint:
        course = Course.resumed(parameters, checkpoint)
    else:
        discard(parameters.output)
        progress.stage("preparing")
        course = Course.begun(parameters, progress)
    # What follows ends with a checkpoint.
    with cutting(False):
        for strain in parameters.path[course.done :]:
            progress.stage(f"strain {strain:.5g}")
            course.go(strain)
            progress.advance(STEPS_PER_STATE)
        course.finish()


def finished(parameters: ShearParameters, checkpoint: Checkpoint) -> bool:
    """Whether there is nothing left to do, and shear.nc is that of this run."""
    try:
        found = read_shear(parameters.output / RESULTS).attributes.get("run_id")
    except (SoftspotsError, OSError):
        return False
    whole = checkpoint.progress["strains"] == len(parameters.path)
    return whole and found == checkpoint.identity["run_id"]


def resumed_checkpoint(parameters: ShearParameters) -> Checkpoint:
    """The checkpoint to go on from.

    Raises
    ------
    InputError
        As `checkpoint_of` does, and if it is laid out as another version has it.
    """
    checkpoint = checkpoint_of(parameters)
    if (found := checkpoint.progress.get(LAYOUT)) != VERSION:
        raise InputError(
            f"--resume: got a checkpoint of athermal shear of version {found or 1}; allowed: version {VERSION}, or "
            "--overwrite"
        )
    return checkpoint


def open_run(parameters: ShearParameters, stack: contextlib.ExitStack) -> Checkpoint | None:
    """The checkpoint to go on from; the output folder is claimed until the stack unwinds."""
    return hold(NAME, parameters, FILES, lambda: resumed_checkpoint(parameters), stack)


def alone(parameters: ShearParameters) -> None:
    """One sample, with a table at its end."""
    with contextlib.ExitStack() as stack:
        checkpoint = open_run(parameters, stack)
        states, done = len(parameters.path), checkpoint.progress["strains"] if checkpoint else 0
        if not parameters.quiet:
            complain(NAME, f"{heading(parameters)}, states {done + 1} to {states}; goes to {parameters.output}")
            for note in parameters.start.notes if parameters.start else ():
                complain(NAME, f"{parameters.start.name}: {note}")
        bar = Progress(parameters.work(states), parameters.work(done), visible=not parameters.quiet)
        with contextlib.closing(bar) as progress:
            shear(parameters, checkpoint, progress)
        with cutting(hint="; all strains are done, and --resume draws the pictures and prints the table"):
            draw(parameters)
            files = [str(parameters.output / name) for name in FILES if (parameters.output / name).exists()]
            say(report(parameters, [read_shear(parameters.output / RESULTS)], files))


def several(parameters: ShearParameters, comm) -> None:
    """All samples, shared between the ranks, with a table of all of them; a collective call.

    Raises
    ------
    PhysicsError
        On all ranks, if samples failed, each of which has been told by then; the others are whole.
    Terminated
        On all ranks, if one has got a signal, after a checkpoint of what it did.
    """
    samples, begun = samples_of(parameters), []
    with together(comm):
        if comm.rank == 0:
            for sample in samples:
                open_folder(sample, FILES)
                check_output(sample, FILES)
                begun.append(resumed_checkpoint(sample).progress["strains"] if sample.resume else 0)
            if not parameters.quiet:
                about = f"{heading(parameters)}, {len(samples)} samples on {comm.size} rank(s)"
                complain(NAME, f"{about}; goes to {samples[0].output} to {samples[-1].output.name}")
    total = len(samples) * parameters.work(len(parameters.path))
    done = sum(parameters.work(states) for states in begun)
    failed, ended = {}, None
    with cutting(False), ProgressOfAll(comm, total, done, not parameters.quiet) as progress:
        for sample in samples[comm.rank :: comm.size]:
            try:
                with cutting(), contextlib.ExitStack() as stack:
                    shear(sample, open_run(sample, stack), progress)
                    draw(sample)
            except SoftspotsError as error:
                failed[sample.seed] = " ".join(str(error).split())
                complain(NAME, f"the sample of seed {sample.seed} failed: {failed[sample.seed]}")
            except Terminated as error:
                ended = Signals(error.status - 128)
                break
    if ended := next(filter(None, comm.allgather(ended)), None):
        raise Terminated(ended, "; --resume goes on with all samples", agreed=True)
    failed = {seed: reason for one in comm.allgather(failed) for seed, reason in one.items()}
    whole = [sample for sample in samples if sample.seed not in failed]
    with together(comm):
        if comm.rank == 0 and whole:
            found = [read_shear(sample.output / RESULTS) for sample in whole]
            where = f"{samples[0].output} to {samples[-1].output.name}"
            say(report(parameters, found, [f"{', '.join(FILES)} in {where}"]))
        if comm.rank == 0 and failed:
            seeds = ", ".join(map(str, failed))
            raise PhysicsError(
                f"{len(failed)} of {len(samples)} samples failed, of seeds {seeds}; the others are whole"
            )


def heading(parameters: ShearParameters) -> str:
    """What is sheared, in a line."""
    about = f"{parameters.particles} {parameters.simulation.noun}, {parameters.direction}"
    return f"{about} to strains {parameters.as_dict()['strains']}"


def main(argv=None) -> None:
    """Shear a solid from minimum to minimum, with the maps before its events: the command ``softspots shear``.

    It ends as `softspots.commands.simulate.main` does.

    Parameters
    ----------
    argv : sequence of str, optional
        Default: the command line of the process.
    """
    with on_all_ranks(NAME, world) as comm:
        parameters = from_first(comm, lambda: read_arguments(argv, SHEAR))
        if parameters.samples > 1:
            several(parameters, comm)
        else:
            with together(comm):
                if comm.size > 1:
                    raise InputError(f"mpirun: got {comm.size} ranks for one sample; allowed: one, or --samples")
            alone(parameters)
