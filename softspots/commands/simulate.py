"""The whole chain on one command: ``softspots simulate``, alone or under mpirun.

The dynamics runs on all ranks together. Whenever as many frames as there are ranks have passed, each rank takes one of
them through D²_min, quench, modes and soft spots, and rank 0 writes what was found; so memory does not grow with the
number of frames.

A run can be ended at any moment and resumed to the same bits. A checkpoint holds the state of the dynamics between two
pieces of the preparation or two batches of frames. As no kill may cost a frame, but HDF5 files do not survive a kill in
the middle of a write, each frame goes to a small file of its own first; a resumed run writes results.nc and
trajectory.nc anew from these, up to the checkpoint, and a finished one removes them after it has read these back. A
finished run that is resumed with nothing left to do leaves its files alone.
"""

from __future__ import annotations

import contextlib
import json
import socket
from dataclasses import replace
from time import perf_counter

from softspots.box import BALL
from softspots.commands.chain import Analysis, analyse, make_simulation, next_interval
from softspots.commands.checkpointing import Checkpointer
from softspots.commands.command import called, complain, from_first, on_all_ranks, say
from softspots.commands.files import Files, check_files, earlier_frames, finished, finished_frames, save_frames
from softspots.commands.identity import instruction_sets, new_identity
from softspots.commands.interruption import Terminated, cutting
from softspots.commands.memory import machine_memory, needed_memory
from softspots.commands.options import read_arguments
from softspots.commands.output import find_checkpoint, hold
from softspots.commands.parameters import FILES, MAP, Parameters
from softspots.commands.progress import Progress
from softspots.commands.ranks import rank_grid
from softspots.commands.report import Outcome, draw, report
from softspots.dynamics.parallel import together, world
from softspots.exceptions import InputError, PhysicsError
from softspots.figures.naming import rate_text
from softspots.io.attributes import FAULTS
from softspots.io.checkpoint import Checkpoint, discard, discard_frames
from softspots.reasons import number_of

NAME = called("simulate")
# What a quench and each mode cost, in time steps, for the estimate of the time left. In three dimensions steps take
# longer, and so does all else: 2,600 to 6,200 of them for a quench of 1,000 to 8,000 particles, and 21 to 30 a mode.
STEPS_PER_QUENCH, STEPS_PER_MODE = 4_000, 22


def simulate(parameters: Parameters, comm, checkpoint: Checkpoint | None = None) -> Outcome:
    """Prepare, run, analyse and write all frames; a collective call.

    Parameters
    ----------
    parameters : Parameters
        The output folder is there, and is written by nobody else.
    comm : communicator
    checkpoint : Checkpoint, optional
        Where to go on from, on all ranks. Default: a new run, for which the checkpoints of an earlier one are removed.

    Returns
    -------
    Outcome
        Empty but on rank 0.

    Raises
    ------
    FailedTogether
        On all ranks, if one fails in its own part of the work.
    Terminated
        On all ranks, if one has got a signal, after a checkpoint; on that rank alone, if it was before the first one.
    """
    earlier = checkpoint.progress if checkpoint else {"frames": 0, "faults": [], "wall_time": 0.0, "preparation": 0.0}
    identity = checkpoint.identity if checkpoint else new_identity(parameters)
    kernels = instruction_sets(checkpoint)
    done = earlier["frames"]
    if checkpoint and (outcome := _outcome_of_finished(parameters, comm, checkpoint)):
        return outcome
    start = perf_counter() - earlier["wall_time"]
    with together(comm):
        if comm.rank == 0:
            if checkpoint is None:
                discard(parameters.output)
            save_frames(parameters.output, done, identity)
    run = make_simulation(parameters, comm, checkpoint and checkpoint.arrays)
    preparation = parameters.preparation
    steps, analysis_work = parameters.steps_per_frame, STEPS_PER_QUENCH + STEPS_PER_MODE * parameters.modes
    total = run.preparation_steps(**preparation) + parameters.frames * (steps + analysis_work)
    outcome = Outcome({})
    checkpointer = Checkpointer(run, parameters, identity, comm)
    with contextlib.ExitStack() as stack:
        # From here on the run goes on to where it can be taken up again.
        stack.enter_context(cutting(False))
        progress = Progress(total, run.step + done * analysis_work, visible=comm.rank == 0 and not parameters.quiet)
        stack.enter_context(contextlib.closing(progress))

        def now(frames, preparation_time):
            faults = [outcome.faults.get(index, "") for index in range(frames)]
            wall_time = perf_counter() - start
            times = {"wall_time": wall_time, "preparation": preparation_time}
            return {"frames": frames, "faults": faults} | times | kernels

        def prepared(steps):
            progress.advance(steps)
            checkpointer.pause(now(0, 0.0))

        # 0 as long as it is not done.
        preparation_time = earlier["preparation"]
        if not preparation_time:
            progress.stage("preparing")
            run.prepare(**preparation, progress=prepared)
            preparation_time = perf_counter() - start
        opening = run.frame(0)
        with together(comm):
            if comm.rank == 0:
                attributes = kernels | {"ranks": comm.size, "wall_time_preparation": preparation_time}
                files = stack.enter_context(Files(parameters, opening, attributes, identity))
                for index, frame, analysis in earlier_frames(parameters.output, opening, earlier["faults"], identity):
                    files.write_again(index, frame, analysis)
                    outcome.add(index, frame, analysis)
        progress.leave_out()
        while done < parameters.frames:
            progress.stage(f"frame {done + 1} of {parameters.frames}")
            checkpointer.keep(now(done, preparation_time))
            # Frame by frame for the ranks in turn, each of which holds its own.
            batch = range(done, min(done + comm.size, parameters.frames))
            mine = None
            for rank in range(len(batch)):
                found = next_interval(run, parameters.steps_per_interval, steps, checkpointer.check, rank)
                mine = found or mine
            progress.advance(len(batch) * steps)
            with together(comm):
                analysis = mine and _analyse(mine, run.model, parameters)
            checkpointer.check()
            for rank, index in enumerate(batch):
                found = comm.gather((mine.frame, analysis) if comm.rank == rank else None)
                with together(comm):
                    if comm.rank == 0:
                        files.write(index, *found[rank])
                        outcome.add(index, *found[rank])
            progress.advance(len(batch) * analysis_work)
            done += len(batch)
            checkpointer.pause(now(done, preparation_time))
        with together(comm):
            if comm.rank == 0:
                files.set_attributes({FAULTS: json.dumps(outcome.faults), "wall_time_total": perf_counter() - start})
    # The frames' own files go when what replaces them can be read.
    with cutting(False):
        with together(comm):
            if comm.rank == 0:
                check_files(parameters.output, done, identity)
        # A finished run can be continued with more frames.
        checkpointer.keep(now(done, preparation_time))
        checkpointer.write()
        with together(comm):
            if comm.rank == 0:
                discard_frames(parameters.output)
    return outcome


def _outcome_of_finished(parameters, comm, checkpoint) -> Outcome | None:
    """What a run has come to that has nothing left to do, with what a missing map needs; None if it is none."""
    output, progress, outcome = parameters.output, checkpoint.progress, None
    with together(comm):
        whole = comm.rank == 0 and progress["frames"] == parameters.frames
        if whole and finished(output, parameters.frames, checkpoint.identity):
            outcome = Outcome({index: fault for index, fault in enumerate(progress["faults"]) if fault})
            if not (output / MAP).exists():
                for frame in finished_frames(output, progress["faults"]):
                    outcome.add(*frame)
    return (outcome or Outcome({})) if comm.bcast(outcome is not None) else None


def _analyse(interval, model, parameters) -> Analysis | None:
    """What `analyse` finds; None if a signal cuts it off."""
    try:
        with cutting():
            return analyse(interval, model, parameters)
    except Terminated:
        return None


def open_run(argv, comm, stack: contextlib.ExitStack) -> tuple[Parameters, Checkpoint | None]:
    """The checked parameters and the checkpoint to go on from, on every rank, and the output folder claimed.

    Rank 0 reads them, so that a mistake is told once and ends all ranks; it holds the folder until the stack unwinds.

    Raises
    ------
    FailedTogether
        On every rank; of class `InputError` after a mistake, `OutputError` if another run has the folder.
    SystemExit
        On every rank, after ``--help`` or ``--version``.
    """
    hosts = comm.allgather(socket.gethostname())
    return from_first(comm, lambda: _opened(argv, comm.size, hosts.count(hosts[0]), stack))


def _opened(argv, size, ranks_here, stack):
    parameters = read_arguments(argv)
    parameters = replace(parameters, grid=rank_grid(parameters, size))
    check_memory(parameters, ranks_here)
    checkpoint = hold(NAME, parameters, FILES, lambda: find_checkpoint(parameters), stack)
    if not parameters.quiet:
        complain(NAME, heading(parameters, size, checkpoint))
        for note in parameters.start.notes if parameters.start else ():
            complain(NAME, f"{parameters.start.name}: {note}")
        if parameters.liquid_temperature is not None and parameters.temperature >= parameters.liquid_temperature:
            complain(NAME, hot(parameters))
    return parameters, checkpoint


def check_memory(parameters: Parameters, ranks: int) -> None:
    """Refuse a run that this machine is too small for.

    Parameters
    ----------
    parameters : Parameters
    ranks : int
        How many run on this machine.

    Raises
    ------
    InputError
    """
    needed, there = ranks * _needed(parameters), machine_memory()
    if needed > there:
        raise InputError(
            f"--particles: got {parameters.particles} with {parameters.modes} modes on {ranks} rank(s) here, which "
            f"take about {needed / 1e9:.3g} GB; allowed: what fits into the {there / 1e9:.3g} GB of this machine"
        )


def _needed(parameters):
    dimension = parameters.dimension
    neighbours = parameters.density * BALL[dimension] * (parameters.reach - parameters.skin) ** dimension
    return needed_memory(parameters.particles, parameters.modes, dimension, neighbours)


def heading(parameters: Parameters, ranks: int, checkpoint: Checkpoint | None) -> str:
    """A line that says what is run, where it goes, and what it takes."""
    done = checkpoint.progress["frames"] if checkpoint else 0
    if done == parameters.frames:
        return f"all frames ({done}) are done; what is not there of their files is made anew in {parameters.output}"
    return (
        f"{parameters.particles} {parameters.noun}, T = {parameters.temperature:g}, strain rate "
        f"{rate_text(parameters.strain_rate)}, frames {done + 1} to {parameters.frames} on {ranks} rank(s), each with "
        f"about {_needed(parameters) / 1e9:.1f} GB; goes to {parameters.output}"
    )


def hot(parameters: Parameters) -> str:
    """A line for runs of a liquid."""
    return (
        f"T = {parameters.temperature:g} is not below the liquid's, {parameters.liquid_temperature:g} "
        "(--liquid-temperature): this is no glass, and what moves in it is not where it is soft"
    )


def show(parameters: Parameters, outcome: Outcome) -> None:
    """Draw the map, unless it is there, and print the table.

    Raises
    ------
    PhysicsError
        If no frame has an inherent structure, so that there is nothing to show of soft spots.
    OutputError
        If standard output cannot be written.
    """
    with cutting(hint="; all frames are done, and --resume draws the map and prints the table"):
        files = ", ".join(str(parameters.output / name) for name in FILES)
        # A picture does not depend on who reads the table, nor the table on whether it can be drawn.
        try:
            if outcome.liveliest:
                draw(parameters, outcome)
        finally:
            say(f"{report(parameters, outcome.faults)}\n{'files':22}{files}")
    if len(outcome.faults) == parameters.frames:
        reason = outcome.faults[0]
        raise PhysicsError(f"none of {number_of(parameters.frames, 'frame')} has soft spots; the first one: {reason}")


def main(argv=None) -> None:
    """Simulate a sheared glass, with all that is found in its frames: the command ``softspots simulate``.

    Exits with status 2 if a parameter is wrong, 1 if the run fails, 130 and 143 after SIGINT (Ctrl-C) and SIGTERM, with
    a checkpoint to go on from.

    Parameters
    ----------
    argv : sequence of str, optional
        Default: the command line of the process.
    """
    with on_all_ranks(NAME, world) as comm, contextlib.ExitStack() as stack:
        parameters, checkpoint = open_run(argv, comm, stack)
        outcome = simulate(parameters, comm, checkpoint)
        with together(comm):
            if comm.rank == 0:
                show(parameters, outcome)
