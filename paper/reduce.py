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
from softspots.io.results import Results
from softspots.io.schema import LABELS

from .conditions import FRAME, HERE, SHOWN, Condition, condition, forgets_sooner, read_data
from .experiments import measure, text
from .run import RECORD
from .sources import REDUCTION
from .sources import checksum as checksum_of_code
from .sources import read as read_code


def epsilon_elsewhere(one: Condition) -> tuple[str, float] | None:
    """ε of the condition that it is measured in, and that condition's name; None where it is measured in this one.

    Raises
    ------
    InputError
        If that condition has no data yet.
    """
    other = forgets_sooner(one)
    if other is None:
        return None
    data = read_data(other)
    if data is None:
        raise InputError(f"{one.name}: its ε is that of {other.name}, which has no data yet: reduce that first")
    if "epsilon" not in data:
        return None
    return other.name, float(data["epsilon"].value)


def reduce_condition(one: Condition) -> Reduced:
    """The reduced data of a condition, with where they come from.

    Raises
    ------
    OSError
        If there are no raw results, or what they were computed with is not known.
    InputError
        If they are those of other parameters, or the condition that ε is measured in has no data yet.
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
    elsewhere = epsilon_elsewhere(one)
    reduced = reduce_run(path, elsewhere and elsewhere[1])
    measured = dict(reduced.measured)
    if elsewhere and "epsilon" in measured:
        record["epsilon_from"] = elsewhere[0]
        measured["epsilon"] = replace(measured["epsilon"], note=f"given: measured in {elsewhere[0]}")
    provenance = (
        reduced.provenance
        | {"source": str(path.relative_to(HERE.parent)), "configuration_checksum": checksum(expected)}
        | core_time(found)
        | {"reduction": checksum_of_code(read_code(REDUCTION))}
        | record
    )
    return replace(reduced, configuration=expected, measured=measured, provenance=provenance)


def core_time(found: Results) -> dict[str, float]:
    """Wall time of the preparation and of all frames, in s of one core: ranks share the dynamics, but each has frames.

    By the median frame: a machine that was suspended counts in one.
    """
    ranks, stages = int(found.attributes["ranks"]), LABELS["stage"]
    of_frames = found["wall_time"] @ [ranks if stage == "dynamics" else 1 for stage in stages]
    return {
        "wall_time_preparation": ranks * float(found.attributes["wall_time_preparation"]),
        "wall_time_frames": found.n_frames * float(np.median(of_frames)),
    }


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
