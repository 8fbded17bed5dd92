"""What is there of the study, what is missing, and how long it will take: ``python -m paper.plan``."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from benchmarks.measure import HERE as BENCHMARKS_FOLDER
from softspots.commands.parameters import PAPER_PARTICLES
from softspots.exceptions import DamagedFileError
from softspots.io.checkpoint import read_checkpoint
from softspots.io.reduced import Reduced

from . import relaxation
from .conditions import CONDITIONS, Condition, is_complete, needs_relaxation, read_data, read_relaxation
from .seeds import of_first_edition

BENCHMARKS = BENCHMARKS_FOLDER / "results.json"
# Time steps of its frame.
BENCHMARK_STEPS = 400
# How the time of F_s alone is known: how it is shown, and what that means.
TOLD = {
    relaxation.TIME: ("{}", ""),
    "wall_time": ("{} (wall)", "With (wall): wall time, in which a process that was stopped counts."),
    "steps": ("({})", "In parentheses: the time was not kept, and is told by the number of steps."),
}


@dataclass(frozen=True)
class Cost:
    """Wall time on one core per particle, in s: of a time step, and of all in a frame but the dynamics."""

    step: float
    frame: float

    def of(self, particles: int, steps: float, frames: int) -> float:
        """Wall time in s."""
        return particles * (self.step * steps + self.frame * frames)


def measured_cost(data: Sequence[Reduced]) -> Cost:
    """What runs took that are there; the median over them. Without any, by the benchmark."""
    steps, frames = [], []
    for run in data:
        values, wall = run.configuration, run.provenance
        step = wall["wall_time_preparation"] / _preparation_steps(values) / values["particles"]
        period = values["frame_separation"] / values["timestep"]
        steps.append(step)
        frames.append(wall["wall_time_frames"] / wall["frames"] / values["particles"] - period * step)
    if not steps:
        frame, speed = _benchmark("ours")
        return Cost(1 / speed, frame / PAPER_PARTICLES - BENCHMARK_STEPS / speed)
    return Cost(median(steps), median(frames))


def _benchmark(side: str) -> tuple[float, float]:
    """What "ours" or the "peer" takes: s for a frame of `PAPER_PARTICLES`, and particle-steps a second."""
    rows = {row["name"]: row for row in json.loads(BENCHMARKS.read_text(encoding="utf-8"))["rows"]}
    frame, speed = (rows[name][side]["median"] for name in ("one frame, all in", "sheared NVT, 1 core"))
    return frame, speed


def _preparation_steps(values: dict) -> float:
    shearing = values["steady_state_strain"] / values["strain_rate"]
    return (values["liquid_time"] + values["cooling_time"] + shearing) / values["timestep"]


def wall_time(run: Reduced) -> float:
    """What a run has taken so far, in s of one core."""
    return run.provenance["wall_time_preparation"] + run.provenance["wall_time_frames"]


def relaxation_time(run: Reduced, cost: Cost) -> tuple[float, str]:
    """What F_s of a condition (`paper.relaxation`) has taken, in s of one core; how that is known, a key of `TOLD`."""
    for name in (relaxation.TIME, "wall_time"):
        if name in run.provenance:
            return float(run.provenance[name]), name
    values = run.configuration
    steps = run.provenance["strain"] / values["strain_rate"] / values["timestep"] + _preparation_steps(values)
    return cost.of(values["particles"], steps, 0), "steps"


def peers_time(run: Reduced) -> float:
    """What a run would have taken with LAMMPS, SciPy and OVITO, in s of one core, by their times in the benchmark.

    Their frame, of 10,000 particles, is one whose quench has not converged.
    """
    frame, speed = _benchmark("peer")
    values, frames = run.configuration, run.provenance["frames"]
    between = (values["frame_separation"] - values["frame_interval"]) / values["timestep"]
    return frames * frame + values["particles"] * (_preparation_steps(values) + frames * between) / speed


def time_left(one: Condition, cost: Cost) -> float:
    """Wall time that a condition still takes on one core, in s, from its checkpoint if there is one."""
    if is_complete(one):
        return 0.0
    parameters = one.all_parameters
    frames, preparation = 0, _preparation_steps(parameters.as_dict())
    try:
        checkpoint = read_checkpoint(one.raw)
    except DamagedFileError:
        pass
    else:
        frames = checkpoint.progress["frames"]
        preparation = 0 if frames else preparation - checkpoint.arrays["clock"][2]
    left = max(0, one.frames - frames)
    return cost.of(parameters.particles, preparation + left * parameters.steps_per_frame, left)


def relaxation_left(one: Condition, cost: Cost) -> float:
    """Time that F_s of a condition still takes on one core, in s, from the checkpoint if there is one."""
    if not needs_relaxation(one) or read_relaxation(one):
        return 0.0
    parameters = one.all_parameters
    units = relaxation.schedule(parameters.strain_rate)
    done, preparation = units[0], _preparation_steps(parameters.as_dict())
    try:
        frames = read_checkpoint(relaxation.folder(one)).progress["frames"]
    except DamagedFileError:
        pass
    else:
        # The first is written when the preparation is over.
        done, preparation = units[max(frames - 1, 0)], 0
    return cost.of(parameters.particles, preparation + (units[-1] - done) * relaxation.UNIT / parameters.timestep, 0)


def table() -> str:
    """All conditions in Markdown: frames that are there, the time that they took, and what is missing."""
    data = {one.name: read_data(one) for one in CONDITIONS}
    cost = measured_cost([run for run in data.values() if run])
    left = {one.name: time_left(one, cost) for one in CONDITIONS}
    left_alone = {one.name: relaxation_left(one, cost) for one in CONDITIONS}
    spent = {name: wall_time(run) for name, run in data.items() if run}
    alone = {one.name: relaxation_time(run, cost) for one in CONDITIONS if (run := read_relaxation(one))}
    rows = [("condition", "for", "frames", "edition", "core-hours", "left, about", "F_s alone", "left of it")]
    rows.append(("---", "---", "---:", "---", *["---:"] * 4))
    for one in CONDITIONS:
        run, (seconds, way) = data[one.name], alone.get(one.name, (0.0, relaxation.TIME))
        rows.append(
            (
                one.name,
                one.purpose,
                f"{run.provenance['frames'] if run else 0} of {one.frames}",
                ("first" if of_first_edition(run) else "second") if run else "",
                _hours(spent.get(one.name, 0.0)),
                _hours(left[one.name]),
                TOLD[way][0].format(_hours(seconds)),
                _hours(left_alone[one.name]),
            )
        )
    sums = (spent.values(), left.values(), (seconds for seconds, _ in alone.values()), left_alone.values())
    rows.append(("all", "", "", "", *map(_hours, map(sum, sums))))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["| " + " | ".join(map(str.ljust, row, widths)) + " |" for row in rows]
    total = sum(left.values()) + sum(left_alone.values())
    ending = [
        "A run takes one core. Core-hours of conditions are wall time, frames by their median; those of F_s alone, "
        "from the dynamics of each T and γ̇ over a strain of 1.3, are processor time. Reductions and experiments are in "
        "neither."
    ]
    ending += [
        f"\n{words}" for key, (_, words) in TOLD.items() if words and key in {kept for _, kept in alone.values()}
    ]
    ending.append(
        f"\nTo compute: about {_duration(total)} of one core, F_s alone with it." if total else "\nAll is there."
    )
    large = [run for run in data.values() if run and run.configuration["particles"] == PAPER_PARTICLES]
    if large:
        ours, theirs = (sum(map(time, large)) for time in (wall_time, peers_time))
        ending.append(
            f"\nThe runs of {PAPER_PARTICLES:,} particles that are there took {_duration(ours)} of one core. With "
            f"LAMMPS, SciPy and OVITO they would take {_duration(theirs)}, {theirs / ours:.0f} times as long, by the "
            "times of a step and of a frame in benchmarks/results.json."
        )
    return "\n".join([*lines, "", *ending])


def _hours(seconds: float) -> str:
    return f"{seconds / 3600:.2f}" if seconds else ""


def _duration(seconds: float) -> str:
    return f"{seconds / 3600:.1f} h" if seconds >= 3600 else f"{seconds / 60:.0f} min"


if __name__ == "__main__":
    print(table())
