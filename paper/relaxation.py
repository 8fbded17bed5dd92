"""F_s of a condition over a strain of at least 1.3, from its dynamics alone: ``python -m paper.relaxation NAME ...``.

τ_α at a strain rate γ̇ is some 0.03/γ̇, and its mean wants many of them: strains that the frames of the study, which are
quenched, do not reach in days. Positions alone take minutes to hours. They are kept along y, where there is no flow, at
times from which F_s has all lags with few frames: starts evenly apart, and behind each start a frame after one unit of
time, two, four, and so on up to the next start. The seed is that of the condition, whose frames are the first part.
"""

from __future__ import annotations

import json
import math
import sys
import time
from pathlib import Path

import numpy as np

from softspots.analysis.findings import Findings, up_to
from softspots.analysis.reduce import measure_relaxation
from softspots.commands.chain import make_simulation
from softspots.dynamics.parallel import Serial
from softspots.io.checkpoint import read_checkpoint, write_checkpoint
from softspots.io.reduced import Reduced, write_reduced

from .conditions import DATA, Condition, condition, configuration
from .run import RECORD, begun_in, describe

STRAIN = 1.3
STARTS = 400
UNIT = 0.5  # of all times, in τ
STEPS_PER_CHECKPOINT = 200_000
POSITIONS = "y.f4"


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


def record(one: Condition) -> None:
    """Run the condition's dynamics, from its checkpoint if there is one, and keep y of every frame of the schedule."""
    parameters, place = one.all_parameters, folder(one)
    place.mkdir(parents=True, exist_ok=True)
    checkpoint = read_checkpoint(place) if begun_in(place) else None
    run = make_simulation(parameters, Serial(), checkpoint and checkpoint.arrays)
    steps, times = round(UNIT / parameters.timestep), schedule(parameters.strain_rate)
    # An earlier version did not keep it.
    before, started = checkpoint.progress.get("wall_time") if checkpoint else 0.0, time.perf_counter()

    def keep(frames):
        progress = {"frames": frames}
        if before is not None:
            progress["wall_time"] = before + time.perf_counter() - started
        write_checkpoint(place / "checkpoint", run.state(), configuration(parameters), progress)
        print(f"{one.name}: {frames} of {len(times)} frames", flush=True)

    if checkpoint is None:
        (place / RECORD).write_text(json.dumps(describe()), encoding="utf-8")
        run.prepare(**parameters.preparation)
        keep(0)
    first, saved = (checkpoint.progress["frames"] if checkpoint else 0), run.step
    with open(place / POSITIONS, "r+b" if first else "wb") as file:
        file.truncate(first * parameters.particles * 4)
        file.seek(0, 2)
        for index in range(first, len(times)):
            if index > 0:
                run.run(int(times[index] - times[index - 1]) * steps)
            file.write(run.frame().unwrapped[:, 1].astype("<f4").tobytes())
            if run.step - saved >= STEPS_PER_CHECKPOINT or index == len(times) - 1:
                file.flush()
                keep(index + 1)
                saved = run.step


def reduce(one: Condition) -> Reduced:
    """F_s, τ* and τ_α of the recorded positions."""
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
    wall_time = {name: value for name, value in read_checkpoint(place).progress.items() if name == "wall_time"}
    provenance = record | wall_time | {"frames": len(y), "strain": float(times[-1] * UNIT * rate)}
    return Reduced(configuration(parameters), provenance, found.axes, found.measured, found.missing)


def main() -> None:
    """The command."""
    for one in map(condition, sys.argv[1:]):
        record(one)
        write_reduced(DATA / f"{one.name}_relaxation.nc", reduce(one))


if __name__ == "__main__":
    main()
