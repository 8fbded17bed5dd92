"""F_s of a condition over a strain of at least 1.3, from its dynamics alone: ``python -m paper.relaxation NAME ...``.

τ_α at a strain rate γ̇ is some 0.03/γ̇, and its mean wants many of them: strains that the frames of the study, which are
quenched, do not reach in days. Positions alone take minutes to hours. They are kept along y, where there is no flow, at
times from which F_s has all lags with few frames: starts evenly apart, and behind each start a frame after one unit of
time, two, four, and so on up to the next start. The seed is that of the condition, whose frames are the first part.
"""

from __future__ import annotations

import argparse
import json
import math
import os
from pathlib import Path
from time import process_time
from typing import Any

import numpy as np

from softspots.analysis.findings import Findings, up_to
from softspots.analysis.reduce import measure_relaxation
from softspots.commands.chain import make_simulation
from softspots.commands.command import from_first, on_all_ranks
from softspots.commands.interruption import cutting
from softspots.commands.progress import Progress
from softspots.dynamics.parallel import Serial, launched, world
from softspots.exceptions import InputError
from softspots.io.checkpoint import Checkpoint, read_checkpoint, write_checkpoint
from softspots.io.reduced import Reduced, write_reduced

from .conditions import CONDITIONS, Condition, checksum, configuration, needs_relaxation
from .run import RECORD, begun_in, describe
from .sources import REDUCTION
from .sources import checksum as checksum_of_code
from .sources import read as read_code

PROGRAM = "python -m paper.relaxation"
STRAIN = 1.3
STARTS = 400
UNIT = 0.5  # of all times, in τ
STEPS_PER_CHECKPOINT = 200_000
POSITIONS = "y.f4"
TIME = "processor_time"  # what the run has taken, in s


def apart(strain_rate: float) -> int:
    """Time between starts, in units of `UNIT`."""
    # Rounded first: 1.3 / 1e-4 is a little more than 13,000.
    return math.ceil(round(STRAIN / strain_rate / UNIT / STARTS, 6))


def behind(strain_rate: float) -> list[int]:
    """How long after its start each frame lies, in units of `UNIT`."""
    return [0, *(2**k for k in range(apart(strain_rate).bit_length()) if 2**k < apart(strain_rate))]


def schedule(strain_rate: float) -> np.ndarray:
    """Times of the frames, rising, in units of `UNIT`."""
    return (np.arange(STARTS + 1)[:, None] * apart(strain_rate) + behind(strain_rate)).reshape(-1)


def folder(one: Condition) -> Path:
    """Where the positions and the checkpoint are."""
    return one.raw.with_name(f"{one.name}_relaxation")


def open_checkpoint(one: Condition) -> Checkpoint | None:
    """The checkpoint to go on from, if there is one; otherwise the folder is made, and what is begun is recorded.

    Raises
    ------
    InputError
        If the checkpoint is of other parameters.
    """
    parameters, place = one.all_parameters, folder(one)
    place.mkdir(parents=True, exist_ok=True)
    if not begun_in(place):
        (place / RECORD).write_text(json.dumps(describe()), encoding="utf-8")
        return None
    checkpoint = read_checkpoint(place)
    if checksum(checkpoint.configuration) != checksum(configuration(parameters)):
        raise InputError(f"{place}: its parameters are not those of {one.name}. Remove it to begin anew")
    return checkpoint


def record(one: Condition, comm: Any) -> None:
    """Run the condition's dynamics, from its checkpoint if there is one, and keep y of every frame of the schedule.

    A collective call; rank 0 reads and writes.

    Raises
    ------
    InputError
        If the checkpoint is of other parameters.
    """
    parameters, place, writes = one.all_parameters, folder(one), comm.rank == 0
    checkpoint = from_first(comm, lambda: open_checkpoint(one))
    run = make_simulation(parameters, comm, checkpoint and checkpoint.arrays)
    times = schedule(parameters.strain_rate) * round(UNIT / parameters.timestep)
    # Of the processors, so that processes that are stopped do not count; earlier versions kept none.
    before, started = checkpoint.progress.get(TIME) if checkpoint else 0.0, process_time()

    def keep(frames):
        state, taken = run.state(0), sum(comm.allgather(process_time() - started))
        if writes:
            progress = {"frames": frames} | ({} if before is None else {TIME: before + taken})
            write_checkpoint(place / "checkpoint", state, configuration(parameters), progress)

    first = checkpoint.progress["frames"] if checkpoint else 0
    preparation = run.preparation_steps(**parameters.preparation)
    done = preparation + int(times[max(first - 1, 0)]) if checkpoint else 0
    progress = Progress(preparation + int(times[-1]), done, writes)
    progress.stage(one.name)
    if checkpoint is None:
        run.prepare(**parameters.preparation, progress=progress.advance)
        keep(0)
    saved = run.step
    # The other ranks, which have no frame, write nowhere.
    with open(place / POSITIONS if writes else os.devnull, "r+b" if first else "wb") as file:
        if writes:
            file.truncate(first * parameters.particles * 4)
            file.seek(0, 2)
        for index in range(first, len(times)):
            if index > 0:
                steps = int(times[index] - times[index - 1])
                run.run(steps)
                progress.advance(steps)
            if (frame := run.frame(0)) is not None:
                file.write(frame.unwrapped[:, 1].astype("<f4").tobytes())
            if run.step - saved >= STEPS_PER_CHECKPOINT or index == len(times) - 1:
                file.flush()
                keep(index + 1)
                saved = run.step
    progress.close()


def reduce(one: Condition, code: str) -> Reduced:
    """F_s, τ* and τ_α of the recorded positions, by the code of this checksum."""
    parameters, place = one.all_parameters, folder(one)
    y = np.fromfile(place / POSITIONS, "<f4").reshape(-1, parameters.particles)
    rate = parameters.strain_rate
    times = schedule(rate)[: len(y)]
    # Lags between frames of one start, and between starts, up to half the data.
    lags = np.append(behind(rate), apart(rate) * up_to(len(y) // len(behind(rate)) // 2))
    found = Findings(lambda stage, done: None)
    with found.stage("relaxation"):
        measure_relaxation(found, y, lags, times, UNIT, 2 * math.pi)
    record = json.loads((place / RECORD).read_text(encoding="utf-8"))
    kept = {name: value for name, value in read_checkpoint(place).progress.items() if name == TIME}
    own = {"frames": len(y), "strain": float(times[-1] * UNIT * rate), "reduction": code}
    return Reduced(configuration(parameters), record | kept | own, found.axes, found.measured, found.missing)


def asked_for() -> list[Condition]:
    """The conditions that the command line names."""
    parser = make_parser()
    names = parser.parse_args().name
    known = {one.name: one for one in CONDITIONS if needs_relaxation(one)}
    if unknown := [name for name in names if name not in known]:
        parser.error(f"no condition with F_s alone: {', '.join(unknown)}; there are: {', '.join(known)}")
    return [known[name] for name in names]


def make_parser() -> argparse.ArgumentParser:
    """The command line."""
    names = ", ".join(one.name for one in CONDITIONS if needs_relaxation(one))
    parser = argparse.ArgumentParser(
        prog=PROGRAM,
        description="F_s, τ* and τ_α of a condition over a strain of at least 1.3, from its dynamics alone. Goes on "
        "from its checkpoint in paper/raw/NAME_relaxation if there is one, says how much time is left, and writes "
        "paper/data/NAME_relaxation.nc. It may be stopped at any time. It takes some minutes at γ̇ = 1e-3, half an hour "
        "at 1e-4, and four hours at 1e-5; under mpirun -n 2 little more than half of that, also from a checkpoint of "
        "one process. python -m paper.plan says what is left of all.",
        epilog=f"names: {names}",
    )
    parser.add_argument("name", nargs="+", help="of a condition; several are computed one after another")
    return parser


def main() -> None:
    """The command, alone or on all ranks of mpirun."""
    with (
        on_all_ranks(PROGRAM, lambda: world() if launched() else Serial()) as comm,
        cutting(hint="; the same command goes on from the last checkpoint"),
    ):
        conditions = from_first(comm, asked_for)
        # Before the run: what it has loaded by then is what reduces it in the end.
        code = checksum_of_code(read_code(REDUCTION))
        for one in conditions:
            record(one, comm)
            if comm.rank == 0:
                one.relaxation.parent.mkdir(exist_ok=True)
                write_reduced(one.relaxation, reduce(one, code))


if __name__ == "__main__":
    main()
