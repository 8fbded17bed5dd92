"""From a condition's raw results to what is kept of them: ``python -m paper.reduce NAME``.

Data without the numbers of the experiments are those of the first edition, and count as incomplete.
"""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

from softspots.analysis.findings import Run
from softspots.analysis.reduce import reduce_run
from softspots.commands.chain import Analysis
from softspots.commands.identity import checksum, configuration
from softspots.exceptions import InputError
from softspots.io import ResultsWriter, read_results
from softspots.io.reduced import Reduced, write_reduced
from softspots.io.replacing import replacing

from .conditions import CONDITIONS, FRAME, HERE, SHOWN, Condition, condition, read_data
from .experiments import measure, text
from .run import RECORD
from .sources import REDUCTION
from .sources import checksum as checksum_of_code
from .sources import read as read_code


def epsilon_elsewhere(one: Condition) -> tuple[str, float] | None:
    """ε of the first other condition that has it and differs in strain rate alone, and that condition's name.

    For series too short to forget a map: the overlap of unrelated maps depends on their density, which shear hardly
    changes.
    """
    for other in CONDITIONS:
        if other == one or _without_rate(other) != _without_rate(one):
            continue
        data = read_data(other)
        if data and "epsilon" in data and np.isfinite(data["epsilon"].low):
            return other.name, float(data["epsilon"].value)
    return None


def _without_rate(one: Condition) -> dict:
    return {k: v for k, v in one.parameters.items() if k not in ("strain_rate", "seed", "frame_separation")}


def reduce_condition(one: Condition) -> Reduced:
    """The reduced data of a condition, with where they come from.

    Raises
    ------
    OSError
        If there are no raw results, or what they were computed with is not known.
    InputError
        If they are those of other parameters.
    """
    path = one.raw / "results.nc"
    expected = configuration(one.all_parameters)
    found = read_results(path)
    # Earlier versions knew unbroken series only.
    given = {"frame_separation": found.configuration.get("frame_interval")} | found.configuration
    for name, value in expected.items():
        if given.get(name) != value:
            raise InputError(f"{path}: its {name} is {given.get(name)}; the condition's is {value}")
    record = json.loads((one.raw / RECORD).read_text(encoding="utf-8"))
    reduced = reduce_run(path)
    if "epsilon" in reduced.missing and (other := epsilon_elsewhere(one)):
        record["epsilon_from"], epsilon = other
        reduced = reduce_run(path, epsilon)
    provenance = (
        reduced.provenance
        | {"source": str(path.relative_to(HERE.parent)), "configuration_checksum": checksum(expected)}
        # By the median: a machine that was suspended counts in one frame.
        | {"wall_time_frames": found.n_frames * float(np.median(found["wall_time"].sum(axis=1)))}
        | {"reduction": checksum_of_code(read_code(REDUCTION))}
        | record
    )
    return replace(reduced, configuration=expected, provenance=provenance)


def write_frame(one: Condition, path: Path) -> None:
    """Write the frame with the most active soft spot: a results file with all of it, and the motion in the next frame.

    Raises
    ------
    InputError
        If no frame but the last has soft spots.
    """
    results = read_results(one.raw / "results.nc")
    activity = [
        Analysis({"soft_spot": labels, "d2min": d2min}, "").activity
        for labels, d2min in zip(results["soft_spot"][:-1], results["d2min"][:-1], strict=True)
    ]
    if not np.any(activity):
        raise InputError(f"{results.path}: no frame but the last has soft spots")
    shown = int(np.argmax(activity))
    values, later = results.variables(shown), results.variables(shown + 1)
    modes, kept = values["mode_particle"].shape
    with ResultsWriter(
        path, results.frame(shown), modes, kept, configuration(one.all_parameters), {"frame_number": shown}
    ) as writer:
        writer.write_frame(0, values)
        writer.write_frame(1, {name: later[name] for name in ("time", "strain", "tilt", "position", "image")})


def main() -> None:
    """The command. Files take their names when they are whole."""
    one = condition(sys.argv[1])
    one.data.parent.mkdir(exist_ok=True)
    if one.name == SHOWN:
        with replacing(FRAME) as unfinished:
            write_frame(one, unfinished)
    reduced = reduce_condition(one)
    found = measure(Run(read_results(one.raw / "results.nc")), reduced)
    with replacing(one.experiments) as unfinished:
        Path(unfinished).write_text(text(found), encoding="utf-8")
    write_reduced(one.data, reduced)


if __name__ == "__main__":
    main()
