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
from collections.abc import Iterator
from dataclasses import dataclass, replace
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from time import perf_counter, sleep

import numpy as np

from softspots.checkpointing import Checkpointer, Terminated
from softspots.dynamics import Simulation
from softspots.factorization import Cholesky
from softspots.io.checkpoint import (
    FRAMES,
    Checkpoint,
    discard,
    discard_frames,
    read_file,
    sync,
    write_file,
)
from softspots.io.results import ResultsWriter, read_results
from softspots.io.schema import LABELS
from softspots.io.trajectory import TrajectoryWriter
from softspots.memory import keep_memory
from softspots.model import Model
from softspots.modes import hessian, lowest_modes
from softspots.parallel import FailedTogether, launched_rank, one_thread, together, world
from softspots.parameters import (
    FILES,
    PAPER_PARTICLES,
    ParameterError,
    Parameters,
    check_output,
    find_checkpoint,
    rank_grid,
    read_arguments,
)
from softspots.plasticity import d2min
from softspots.plotting import draw_map
from softspots.probability import plateau
from softspots.progress import Progress
from softspots.quench import inherent_structure
from softspots.spots import mode_particles, soft_spots_from_ranking
from softspots.state import Box, Frame

# Particles of each mode that the file keeps at least, so that N_p can be scanned (fig. 3) without a new run.
KEPT_PARTICLES = 50
# What a quench and each mode cost, in time steps, for the estimate of the time left.
STEPS_PER_QUENCH, STEPS_PER_MODE = 4_000, 22
THERMODYNAMICS = ("kinetic_temperature", "potential_energy", "shear_stress", "pressure")
INTERRUPTED = 130
# The shell's status of a process that SIGTERM ended: not 0, as what comes after a complete run must not start.
TERMINATED = 143


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
        """The largest sum of D²_min over one soft spot, in σ_AA²; 0 without soft spots."""
        labels = self.values["soft_spot"]
        on_spot = labels >= 0
        return np.bincount(labels[on_spot], weights=self.values["d2min"][on_spot]).max(initial=0.0)


@dataclass
class Outcome:
    """What rank 0 remembers of all frames: their faults, by number, and the frame with the most active soft spot."""

    faults: dict[int, str]
    liveliest: tuple[Frame, Analysis] | None = None

    def add(self, index: int, frame: Frame, analysis: Analysis):
        """Take account of one more frame."""
        if analysis.fault:
            self.faults[index] = analysis.fault
        if self.liveliest is None or analysis.activity >= self.liveliest[1].activity:
            self.liveliest = frame, analysis


class Files:
    """results.nc, trajectory.nc and the frames' own files side by side; a context manager for rank 0."""

    def __init__(self, parameters: Parameters, frame: Frame, attributes: dict):
        self._results = ResultsWriter(
            parameters.output / "results.nc",
            frame,
            parameters.modes,
            kept_particles(parameters),
            parameters.as_dict(),
            attributes,
        )
        self._trajectory = TrajectoryWriter(parameters.output / "trajectory.nc", frame.species)
        self._output = parameters.output

    def write(self, index: int, frame: Frame, analysis: Analysis):
        """Write a frame and what was found in it."""
        write_file(frame_path(self._output, index), analysis.values)
        self.write_again(index, frame, analysis)

    def write_again(self, index: int, frame: Frame, analysis: Analysis):
        """Write a frame that has a file of its own."""
        self._results.write_frame(index, analysis.values)
        self._trajectory.write(frame)

    def set_attributes(self, attributes: dict):
        """Add attributes of the whole run to the results file."""
        self._results.set_attributes(attributes)

    def __enter__(self) -> Files:
        return self

    def __exit__(self, *exception):
        self._results.close()
        self._trajectory.close()


def frame_path(output: Path, index: int) -> Path:
    """The file of one frame's own."""
    return output / FRAMES / f"{index:06}"


def save_frames(output: Path, count: int) -> None:
    """See that each of the first frames has a file of its own, if need be from the results of a finished run.

    Raises
    ------
    RuntimeError
        If a frame is nowhere.
    """
    (output / FRAMES).mkdir(exist_ok=True)
    for index in range(count):
        path = frame_path(output, index)
        if path.exists():
            continue
        try:
            write_file(path, read_results(output / "results.nc").frame(index))
        except (OSError, ValueError, IndexError) as error:
            raise RuntimeError(
                f"frame {index + 1}, which the checkpoint counts as done, is neither in {path} nor in results.nc "
                f"({error}); start anew with --overwrite"
            ) from error


def earlier_frames(output: Path, like: Frame, faults: list[str]) -> Iterator[tuple[int, Frame, Analysis]]:
    """The frames before a resumption, from their own files; ``like`` is any frame of the run."""
    for index, fault in enumerate(faults):
        values = read_file(frame_path(output, index))[0]
        box = Box(like.box.length_x, like.box.length_y, float(values["tilt"]), float(values["strain"]))
        frame = Frame(values["position"], like.species, box, float(values["time"]), values["image"])
        yield index, frame, Analysis(values, fault)


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
        parameters.make_model(),
        particles=parameters.particles,
        temperature=parameters.temperature,
        strain_rate=parameters.strain_rate,
        seed=parameters.seed,
        density=parameters.density,
        timestep=parameters.timestep,
        thermostat_time=parameters.thermostat_time,
        thermostat_chain=parameters.thermostat_chain,
        skin=parameters.skin,
        grid=parameters.grid,
        comm=comm,
        state=state,
    )


def intervals(run: Simulation, steps: int, period: int) -> Iterator[Interval]:
    """An interval of so many steps in each period of the dynamics; a collective call each."""
    while True:
        frame, thermodynamics = run.frame(), run.thermodynamics()
        start = perf_counter()
        run.run(steps)
        later = run.frame()
        run.run(period - steps)
        yield Interval(frame, thermodynamics, later, perf_counter() - start)


def analyse(interval: Interval, model: Model, parameters: Parameters) -> Analysis:
    """Take one frame through D²_min, quench, modes and soft spots.

    A frame whose quench is not certified, or whose modes cannot be found, gets no soft spots and a fault: one bad
    frame must not end a run.

    Returns
    -------
    Analysis
    """
    frame = interval.frame
    times = dict.fromkeys(LABELS["stage"], 0.0) | {"dynamics": interval.wall_time}
    values = {name: interval.thermodynamics[name] for name in THERMODYNAMICS} | {
        "time": frame.time,
        "strain": frame.box.strain,
        "tilt": frame.box.tilt,
        "position": frame.positions,
        "image": frame.images,
        "inherent_certified": np.int8(0),
        "soft_spot": np.full(len(frame), -1, dtype=np.int32),
    }
    with _timed(times, "d2min"):
        values["d2min"] = d2min(frame, interval.later, parameters.d2min_cutoff)
    fault = ""
    cholesky = Cholesky()
    try:
        with _timed(times, "quench"):
            minimum = inherent_structure(frame, model, parameters.quench, parameters.max_force, cholesky)
        values |= {
            "inherent_energy": minimum.energy,
            "inherent_max_force": minimum.max_force,
            "inherent_certified": np.int8(minimum.certified),
            "inherent_position": minimum.frame.box.wrap(minimum.frame.positions)[0].astype(np.float32),
        }
        if minimum.certified:
            values |= find_spots(minimum.frame, model, parameters, times, cholesky)
        else:
            fault = f"the quench is not certified; its largest force is {minimum.max_force:.2g}"
    except (ArithmeticError, RuntimeError, ValueError) as error:
        fault = " ".join(str(error).split())
    values["wall_time"] = np.array([times[stage] for stage in LABELS["stage"]])
    return Analysis(values, fault)


def find_spots(frame: Frame, model: Model, parameters: Parameters, times: dict, cholesky: Cholesky) -> dict:
    """Modes and soft spots of an inherent structure, by the names of the results file; wall times go to ``times``."""
    with _timed(times, "modes"):
        modes = lowest_modes(hessian(frame, model), parameters.modes, cholesky=cholesky)
    with _timed(times, "soft_spots"):
        participation_ratio = modes.participation_ratio
        ranking = mode_particles(modes.vectors, kept_particles(parameters))
        spots = soft_spots_from_ranking(
            frame,
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


def report(parameters: Parameters, faults: dict[int, str]) -> str:
    """The table at the end of a run, from its results file. Frames with a fault count in no statistics."""
    results = read_results(parameters.output / "results.nc")
    attributes, n_frames = results.attributes, results.n_frames
    good = np.setdiff1d(np.arange(n_frames), list(faults))
    rows = [
        (
            "run",
            f"{parameters.particles} particles, T = {parameters.temperature:g}, "
            f"strain rate {parameters.strain_rate:g}, {n_frames} frames, {attributes['ranks']} rank(s)",
        )
    ]
    if len(good):
        labels = results["soft_spot"][good]
        found = plateau(results["d2min"][good], labels, parameters.temperature, parameters.rearrangement_threshold)
        rows += [
            ("ρ_SS", f"{found.density:.3f}"),
            ("P*", f"{found.probability:.3f}, from {found.rearranging} rearranging particles"),
            (
                "P*/ρ_SS",
                f"{found.ratio:.2f} ± {found.ratio_error:.2f}".replace("± nan", "(too few frames for an error)"),
            ),
            ("bound 1/ρ_SS", f"{1 / found.density:.2f}" if found.density else "none"),
            ("soft spots", f"{np.mean(labels.max(axis=1) + 1):.1f} per frame"),
        ]
    worst = np.max(results["inherent_max_force"], initial=0.0, where=~np.isnan(results["inherent_max_force"]))
    rows += [
        ("inherent structures", f"{np.sum(results['inherent_certified'])} of {n_frames} certified"),
        ("quench residual", f"{worst:.1e} at worst"),
        ("preparation", f"{attributes['wall_time_preparation']:.1f} s"),
    ]
    for stage, seconds in zip(LABELS["stage"], results["wall_time"].mean(axis=0), strict=True):
        rows.append((stage.replace("_", " "), f"{seconds:.3f} s per frame"))
    rows.append(("total", f"{attributes['wall_time_total']:.1f} s"))
    rows += [(f"frame {index + 1} left out", fault) for index, fault in faults.items()]
    lines = [f"{name:22}{value}" for name, value in rows]
    if parameters.particles < PAPER_PARTICLES:
        lines.append(
            "Small systems are denser in soft spots than the paper's 10,000 particles (ρ_SS = 0.29 to 0.30 for 2,500,\n"
            "0.205 to 0.215 for 10,000, both at T = 0.1), so these numbers differ from the paper's."
        )
    return "\n".join(lines)


def draw(parameters: Parameters, outcome: Outcome) -> None:
    """Draw map.png: the frame with the most active soft spot, or the last one if there is none."""
    frame, analysis = outcome.liveliest
    values = analysis.values
    sigma_aa, _, sigma_bb = parameters.make_model().sigma
    draw_map(
        parameters.output / "map.png",
        frame,
        values["d2min"],
        values["soft_spot"],
        parameters.temperature,
        (sigma_aa, sigma_bb),
    )


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
        except ParameterError as error:
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
