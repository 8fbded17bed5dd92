"""What is there of the study, what is missing, and how long it will take: ``python -m paper.plan``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from softspots.io.checkpoint import read_checkpoint
from softspots.io.reduced import Reduced

from .conditions import CONDITIONS, Condition, is_complete, read_data


@dataclass(frozen=True)
class Cost:
    """Wall time on one core per particle: of a time step, and of all that is done in a frame beside the dynamics, in s.

    The defaults are those of benchmarks/results.json: 29.1 million particle-steps a second; 7.3 s for a frame of 10,000
    particles with 400 steps.
    """

    step: float = 1 / 29.1e6
    frame: float = 7.3e-4 - 400 / 29.1e6

    def of(self, particles: int, steps: float, frames: int) -> float:
        """Wall time in s."""
        return particles * (self.step * steps + self.frame * frames)


def measured_cost(data: Sequence[Reduced]) -> Cost:
    """What runs took that are there; the median over them."""
    steps, frames = [], []
    for run in data:
        values, wall = run.configuration, run.provenance
        if "wall_time_total" not in wall:  # an unfinished run
            continue
        step = wall["wall_time_preparation"] / _preparation_steps(values) / values["particles"]
        period = values["frame_separation"] / values["timestep"]
        frame_time = (wall["wall_time_total"] - wall["wall_time_preparation"]) / wall["frames"]
        steps.append(step)
        frames.append(frame_time / values["particles"] - period * step)
    return Cost(median(steps), median(frames)) if steps else Cost()


def _preparation_steps(values: dict) -> float:
    shearing = values["steady_state_strain"] / values["strain_rate"]
    return (values["liquid_time"] + values["cooling_time"] + shearing) / values["timestep"]


def time_left(one: Condition, cost: Cost) -> float:
    """Wall time that a condition still takes on one core, in s, from its checkpoint if there is one."""
    if is_complete(one):
        return 0.0
    parameters = one.all_parameters
    frames, preparation = 0, _preparation_steps(parameters.as_dict())
    try:
        checkpoint = read_checkpoint(one.raw)
    except (OSError, ValueError):
        pass
    else:
        frames = checkpoint.progress["frames"]
        preparation = 0 if frames else preparation - checkpoint.arrays["clock"][2]
    left = max(0, one.frames - frames)
    return cost.of(parameters.particles, preparation + left * parameters.steps_per_frame, left)


def table() -> str:
    """All conditions in Markdown: frames that are there, wall time, and what is missing."""
    data = {one.name: read_data(one) for one in CONDITIONS}
    cost = measured_cost([run for run in data.values() if run])
    left = {one.name: time_left(one, cost) for one in CONDITIONS}
    rows = [("condition", "for", "frames", "wall time", "left, about"), ("---", "---", "---:", "---:", "---:")]
    for one in CONDITIONS:
        run = data[one.name]
        rows.append(
            (
                one.name,
                one.purpose,
                f"{run.provenance['frames'] if run else 0} of {one.frames}",
                _duration(run.provenance["wall_time_total"]) if run and "wall_time_total" in run.provenance else "",
                _duration(left[one.name]) if left[one.name] else "",
            )
        )
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["| " + " | ".join(map(str.ljust, row, widths)) + " |" for row in rows]
    total = sum(left.values())
    ending = f"To compute: about {_duration(total)} of one core." if total else "All is there."
    return "\n".join([*lines, "", ending])


def _duration(seconds: float) -> str:
    return f"{seconds / 3600:.1f} h" if seconds >= 3600 else f"{seconds / 60:.0f} min"


if __name__ == "__main__":
    print(table())
