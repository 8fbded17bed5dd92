"""The whole chain on one command: ``python -m softspots.simulate``, alone or under mpirun.

The dynamics runs on all ranks together. Whenever as many frames as there are ranks have passed, each rank takes one of
them through D²_min, quench, modes and soft spots, and rank 0 writes what was found; so memory does not grow with the
number of frames.
"""

from __future__ import annotations

import contextlib
import io
import os
import signal
import sys
import traceback
from collections.abc import Iterator
from dataclasses import dataclass, replace
from importlib.metadata import version
from itertools import islice
from time import perf_counter, sleep

import numpy as np
from threadpoolctl import threadpool_limits
from tqdm import tqdm

from softspots.dynamics import Simulation
from softspots.io.results import ResultsWriter, read_results
from softspots.io.schema import LABELS
from softspots.io.trajectory import TrajectoryWriter
from softspots.model import Model
from softspots.modes import hessian, lowest_modes
from softspots.parallel import FailedTogether, launched_rank, stderr_is_watched, together, world
from softspots.parameters import (
    FILES,
    PAPER_PARTICLES,
    ParameterError,
    Parameters,
    check_output,
    rank_grid,
    read_arguments,
)
from softspots.plasticity import d2min
from softspots.plotting import draw_map
from softspots.probability import plateau
from softspots.quench import inherent_structure
from softspots.spots import mode_particles, soft_spots_from_ranking
from softspots.state import Frame

# Particles of each mode that the file keeps at least, so that N_p can be scanned (fig. 3) without a new run.
KEPT_PARTICLES = 50
# The modes of a frame take as long as this many time steps per mode squared (ARPACK's orthogonalisation takes N modes²
# operations, a step N); it only serves the estimate of the time left.
STEPS_PER_SQUARED_MODE = 0.4
THERMODYNAMICS = ("kinetic_temperature", "potential_energy", "shear_stress", "pressure")
INTERRUPTED = 130


@dataclass(frozen=True)
class Interval:
    """A frame of the dynamics, its thermodynamics, the frame one interval later, and the wall time between, in s."""

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


class Progress:
    """A bar over the whole run on a terminal, a line for every tenth of it elsewhere.

    Parameters
    ----------
    total : int
        Work of the whole run, in time steps.
    visible : bool
    """

    def __init__(self, total: int, visible: bool):
        self._in_lines = visible and not stderr_is_watched()
        self._tenths = 0
        self._bar = tqdm(
            total=total,
            disable=not visible,
            file=io.StringIO() if self._in_lines else sys.stderr,
            bar_format="{desc}{percentage:3.0f} %|{bar}| {elapsed} elapsed, {remaining} left",
            # The mean speed over the run: one stage's speed says little about the next one's.
            smoothing=0,
            # Given, as some terminals in containers claim to have no size.
            ncols=80,
            nrows=20,
            leave=False,
        )

    def stage(self, name: str):
        """Say what is being done."""
        self._bar.set_description_str(f"{name:22}")

    def advance(self, work: int):
        """Count work as done."""
        self._bar.update(work)
        tenths = 10 * self._bar.n // self._bar.total
        if self._in_lines and tenths > self._tenths:
            self._tenths = tenths
            print(self._bar, file=sys.stderr, flush=True)

    def close(self):
        """Take the bar away."""
        self._bar.close()


class Files:
    """results.nc and trajectory.nc side by side, frame by frame; a context manager for rank 0."""

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

    def write(self, index: int, frame: Frame, analysis: Analysis):
        """Write a frame and what was found in it."""
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


def intervals(run: Simulation, parameters: Parameters) -> Iterator[Interval]:
    """One interval after the other, as the dynamics goes on; a collective call each."""
    frame, thermodynamics = run.frame(), run.thermodynamics()
    for _ in range(parameters.frames):
        start = perf_counter()
        run.run(parameters.steps_per_frame)
        wall_time = perf_counter() - start
        later = run.frame()
        yield Interval(frame, thermodynamics, later, wall_time)
        frame, thermodynamics = later, run.thermodynamics()


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
    try:
        with _timed(times, "quench"):
            minimum = inherent_structure(frame, model, parameters.quench, parameters.max_force)
        values |= {
            "inherent_energy": minimum.energy,
            "inherent_max_force": minimum.max_force,
            "inherent_certified": np.int8(minimum.certified),
        }
        if minimum.certified:
            values |= find_spots(minimum.frame, model, parameters, times)
        else:
            fault = f"the quench is not certified; its largest force is {minimum.max_force:.2g}"
    except (ArithmeticError, RuntimeError, ValueError) as error:
        fault = " ".join(str(error).split())
    values["wall_time"] = np.array([times[stage] for stage in LABELS["stage"]])
    return Analysis(values, fault)


def find_spots(frame: Frame, model: Model, parameters: Parameters, times: dict) -> dict:
    """Modes and soft spots of an inherent structure, by the names of the results file; wall times go to ``times``."""
    with _timed(times, "modes"):
        modes = lowest_modes(hessian(frame, model), parameters.modes)
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


def simulate(parameters: Parameters, comm) -> Outcome:
    """Prepare, run, analyse and write all frames; a collective call.

    Returns
    -------
    Outcome
        Empty but on rank 0.

    Raises
    ------
    FailedTogether
        On all ranks, if one fails in its own part of the work.
    """
    start = perf_counter()
    model = parameters.make_model()
    run = Simulation(
        model,
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
    )
    preparation = {
        "liquid_temperature": parameters.liquid_temperature,
        "liquid_time": parameters.liquid_time,
        "cooling_time": parameters.cooling_time,
        "strain": parameters.steady_state_strain,
    }
    steps, analysis_work = parameters.steps_per_frame, round(STEPS_PER_SQUARED_MODE * parameters.modes**2)
    total = run.preparation_steps(**preparation) + parameters.frames * (steps + analysis_work)
    outcome = Outcome({})
    with contextlib.ExitStack() as stack:
        progress = Progress(total, visible=comm.rank == 0 and not parameters.quiet)
        stack.enter_context(contextlib.closing(progress))
        progress.stage("preparing")
        run.prepare(**preparation, progress=progress.advance)
        opening = run.frame()
        with together(comm):
            if comm.rank == 0:
                attributes = {"ranks": comm.size, "wall_time_preparation": perf_counter() - start}
                files = stack.enter_context(Files(parameters, opening, attributes))
        stream = intervals(run, parameters)
        for first in range(0, parameters.frames, comm.size):
            progress.stage(f"frame {first + 1} of {parameters.frames}")
            batch = list(islice(stream, comm.size))
            progress.advance(len(batch) * steps)
            with together(comm):
                mine = analyse(batch[comm.rank], model, parameters) if comm.rank < len(batch) else None
            analyses = comm.gather(mine)
            with together(comm):
                if comm.rank == 0:
                    for index, (interval, analysis) in enumerate(zip(batch, analyses, strict=False), first):
                        files.write(index, interval.frame, analysis)
                        outcome.add(index, interval.frame, analysis)
            progress.advance(len(batch) * analysis_work)
        if comm.rank == 0:
            files.set_attributes({"wall_time_total": perf_counter() - start})
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


def read_parameters(argv, comm) -> Parameters:
    """The checked parameters, on every rank; rank 0 reads them, so that a mistake is told once and ends all ranks.

    Raises
    ------
    SystemExit
        On every rank: with status 2 after a mistake, 0 after ``--help`` or ``--version``.
    """
    outcome = None
    if comm.rank == 0:
        try:
            parameters = read_arguments(argv, version("softspots"))
            outcome = replace(parameters, grid=rank_grid(parameters, comm.size))
            check_output(outcome)
        except ParameterError as error:
            _complain(error)
            outcome = 2
        except SystemExit as done:
            outcome = done.code
    outcome = comm.bcast(outcome)
    if not isinstance(outcome, Parameters):
        sys.exit(outcome)
    return outcome


def _complain(message):
    print(f"softspots.simulate: {message}", file=sys.stderr, flush=True)


def main(argv=None) -> None:
    """The command. Exits with status 2 if a parameter is wrong, 1 if the run fails, 130 if it is interrupted.

    Parameters
    ----------
    argv : sequence of str, optional
        Default: the command line of the process.
    """
    # A terminal that cannot show a Greek letter must not cost the run.
    sys.stdout.reconfigure(errors="replace")
    # One thread per rank. Libraries loaded from now on read the environment, the others are told.
    os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"))
    threadpool_limits(1)
    # mpirun ends its ranks with SIGTERM; as an interrupt it closes the files.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        comm = world()
    except RuntimeError as error:
        if launched_rank() == 0:
            _complain(error)
        sys.exit(2)
    try:
        parameters = read_parameters(sys.argv[1:] if argv is None else argv, comm)
        outcome = simulate(parameters, comm)
        if comm.rank == 0:
            print(report(parameters, outcome.faults), flush=True)
            draw(parameters, outcome)
            print(f"{'files':22}{', '.join(str(parameters.output / name) for name in FILES)}", flush=True)
    except FailedTogether as error:
        if comm.rank == 0:
            _complain(error)
        sys.exit(1)
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
            # The other ranks may wait for this one.
            comm.Abort(status)
        sys.exit(status)


if __name__ == "__main__":
    main()
