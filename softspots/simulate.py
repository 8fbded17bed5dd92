"""The whole chain on one command: ``python -m softspots.simulate``, alone or under mpirun.

The dynamics runs on all ranks together. Whenever as many frames as there are ranks have passed, each rank takes one of
them through D²_min, quench, modes and soft spots, and rank 0 writes what was found; so memory does not grow with the
number of frames.

A run can be ended at any moment and resumed to the same bits. A checkpoint holds the state of the dynamics between two
pieces of the preparation or two batches of frames. As no kill may cost a frame, but HDF5 files do not survive a kill in
the middle of a write, each frame goes to a small file of its own first; a resumed run writes results.nc and
trajectory.nc anew from these, up to the checkpoint, and a finished one removes them.
"""

from __future__ import annotations

import contextlib
import signal
import sys
import traceback
from dataclasses import replace
from importlib.metadata import version
from itertools import islice
from time import perf_counter, sleep

from softspots.chain import analyse, intervals, make_simulation
from softspots.checkpointing import Checkpointer, Terminated
from softspots.exceptions import InputError
from softspots.files import Files, earlier_frames, save_frames
from softspots.io.checkpoint import Checkpoint, discard, discard_frames, sync
from softspots.memory import keep_memory
from softspots.options import read_arguments
from softspots.output import check_output, find_checkpoint
from softspots.parallel import FailedTogether, launched_rank, one_thread, together, world
from softspots.parameters import FILES, Parameters, rank_grid
from softspots.progress import Progress
from softspots.report import Outcome, draw, report

# What a quench and each mode cost, in time steps, for the estimate of the time left.
STEPS_PER_QUENCH, STEPS_PER_MODE = 4_000, 22
INTERRUPTED = 130
# The shell's status of a process that SIGTERM ended: not 0, as what comes after a complete run must not start.
TERMINATED = 143


def simulate(parameters: Parameters, comm, checkpoint: Checkpoint | None = None) -> Outcome:
    """Prepare, run, analyse and write all frames; a collective call.

    Parameters
    ----------
    parameters : Parameters
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
        On all ranks, if one has got SIGTERM.
    """
    earlier = checkpoint.progress if checkpoint else {"frames": 0, "faults": [], "wall_time": 0.0, "preparation": 0.0}
    done = earlier["frames"]
    start = perf_counter() - earlier["wall_time"]
    with together(comm):
        if comm.rank == 0:
            if checkpoint is None:
                discard(parameters.output)
            save_frames(parameters.output, done)
    run = make_simulation(parameters, comm, checkpoint and checkpoint.arrays)
    preparation = parameters.preparation
    steps, analysis_work = parameters.steps_per_frame, STEPS_PER_QUENCH + STEPS_PER_MODE * parameters.modes
    total = run.preparation_steps(**preparation) + parameters.frames * (steps + analysis_work)
    outcome = Outcome({})
    checkpointer = Checkpointer(run, parameters, comm)
    with contextlib.ExitStack() as stack:
        progress = Progress(total, run.step + done * analysis_work, visible=comm.rank == 0 and not parameters.quiet)
        stack.enter_context(contextlib.closing(progress))

        def now(frames, preparation_time):
            faults = [outcome.faults.get(index, "") for index in range(frames)]
            wall_time = perf_counter() - start
            return {"frames": frames, "faults": faults, "wall_time": wall_time, "preparation": preparation_time}

        def prepared(steps):
            progress.advance(steps)
            checkpointer.pause(now(0, 0.0))

        preparation_time = earlier["preparation"]
        if done == 0:
            progress.stage("preparing")
            run.prepare(**preparation, progress=prepared)
            preparation_time = perf_counter() - start
        opening = run.frame()
        with together(comm):
            if comm.rank == 0:
                attributes = {"ranks": comm.size, "wall_time_preparation": preparation_time}
                files = stack.enter_context(Files(parameters, opening, attributes))
                for index, frame, analysis in earlier_frames(parameters.output, opening, earlier["faults"]):
                    files.write_again(index, frame, analysis)
                    outcome.add(index, frame, analysis)
        stream = intervals(run, parameters.steps_per_interval, steps)
        while done < parameters.frames:
            progress.stage(f"frame {done + 1} of {parameters.frames}")
            batch = list(islice(stream, min(comm.size, parameters.frames - done)))
            progress.advance(len(batch) * steps)
            with together(comm):
                mine = analyse(batch[comm.rank], run.model, parameters) if comm.rank < len(batch) else None
            analyses = comm.gather(mine)
            with together(comm):
                if comm.rank == 0:
                    for index, (interval, analysis) in enumerate(zip(batch, analyses, strict=False), done):
                        files.write(index, interval.frame, analysis)
                        outcome.add(index, interval.frame, analysis)
            progress.advance(len(batch) * analysis_work)
            done += len(batch)
            checkpointer.pause(now(done, preparation_time))
        if comm.rank == 0:
            files.set_attributes({"wall_time_total": perf_counter() - start})
    with together(comm):
        if comm.rank == 0:
            sync(parameters.output / "results.nc")
    # A finished run can be continued with more frames.
    checkpointer.write(now(done, preparation_time))
    with together(comm):
        if comm.rank == 0:
            discard_frames(parameters.output)
    return outcome


def read_parameters(argv, comm) -> tuple[Parameters, Checkpoint | None]:
    """The checked parameters and the checkpoint to go on from, on every rank.

    Rank 0 reads them, so that a mistake is told once and ends all ranks.

    Raises
    ------
    SystemExit
        On every rank: with status 2 after a mistake, 0 after ``--help`` or ``--version``.
    """
    outcome = None
    if comm.rank == 0:
        try:
            parameters = read_arguments(argv, version("softspots"))
            parameters = replace(parameters, grid=rank_grid(parameters, comm.size))
            check_output(parameters)
            checkpoint = find_checkpoint(parameters) if parameters.resume else None
            outcome = parameters, checkpoint
            if checkpoint and checkpoint.refused:
                _complain(f"{checkpoint.refused}; going on from the previous checkpoint")
        except InputError as error:
            _complain(error)
            outcome = 2
        except SystemExit as done:
            outcome = done.code
    outcome = comm.bcast(outcome)
    if not isinstance(outcome, tuple):
        sys.exit(outcome)
    return outcome


def _complain(message):
    print(f"softspots.simulate: {message}", file=sys.stderr, flush=True)


def main(argv=None) -> None:
    """The command. Exits with status 2 if a parameter is wrong, 1 if the run fails, 130 if it is interrupted.

    After SIGTERM it writes a checkpoint at the next end of a piece and exits with status 143.

    Parameters
    ----------
    argv : sequence of str, optional
        Default: the command line of the process.
    """
    # A terminal that cannot show a Greek letter must not cost the run.
    sys.stdout.reconfigure(errors="replace")
    one_thread()
    keep_memory()
    signal.signal(signal.SIGTERM, Terminated.request)
    try:
        comm = world()
    except RuntimeError as error:
        if launched_rank() == 0:
            _complain(error)
        sys.exit(2)
    try:
        parameters, checkpoint = read_parameters(sys.argv[1:] if argv is None else argv, comm)
        outcome = simulate(parameters, comm, checkpoint)
        if comm.rank == 0:
            print(report(parameters, outcome.faults), flush=True)
            draw(parameters, outcome)
            print(f"{'files':22}{', '.join(str(parameters.output / name) for name in FILES)}", flush=True)
    except FailedTogether as error:
        if comm.rank == 0:
            _complain(error)
        sys.exit(1)
    except Terminated as ended:
        if comm.rank == 0:
            _complain(ended)
        sys.exit(TERMINATED)
    except (Exception, KeyboardInterrupt) as error:
        interrupted = isinstance(error, KeyboardInterrupt)
        # From here on an end from outside is welcome.
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        if comm.rank > 0:
            # Where all ranks fail alike, rank 0 ends the others before they repeat what it says.
            sleep(1)
        _complain("interrupted" if interrupted else traceback.format_exc().rstrip())
        status = INTERRUPTED if interrupted else 1
        if comm.size > 1:
            # The other ranks may wait for this one. MPICH drops what its mpirun has not yet read.
            sleep(0.5)
            comm.Abort(status)
        sys.exit(status)


if __name__ == "__main__":
    main()
