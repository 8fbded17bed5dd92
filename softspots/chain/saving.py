"""A study as a results file, as a simulation writes it."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from dataclasses import asdict, fields
from os import PathLike
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np

from softspots.box import SAME
from softspots.chain.defaults import PAPER, threshold
from softspots.exceptions import InputError
from softspots.io.attributes import CONFIGURATION, LEFT_OUT, LEFT_OUT_BECAUSE, MIXTURE
from softspots.io.replacing import replacing
from softspots.io.results import ResultsWriter
from softspots.landscape.forces import energy_forces, is_mixture
from softspots.model import PRESETS, Forces, Mixture, Model

if TYPE_CHECKING:
    from softspots.chain.stages import Analysis
    from softspots.chain.study import Study

# Part of the time between two frames by which their times may be off.
EVEN = 1e-6
# What needs velocities.
OF_VELOCITIES = ("kinetic_temperature", "shear_stress", "pressure")


def save(study: Study, path: str | PathLike, each: Callable[[int, Analysis], None] | None = None) -> None:
    """Write all frames of a study: see `Study.save`; ``each`` is called with the number and what was found of each."""
    start, first, options = perf_counter(), study[0].frame, study.options
    times, unknown = [], set(OF_VELOCITIES)
    arguments = first, options.modes, options.kept_particles(len(first)), _configuration(study, first)
    attributes = {"run_id": secrets.token_hex(8), "ranks": 1}
    with replacing(path) as unfinished, ResultsWriter(unfinished, *arguments, attributes) as writer:
        for index, found in enumerate(study):
            box = found.frame.box
            if not np.allclose(box.lengths, first.box.lengths, rtol=SAME, atol=0):
                raise InputError(
                    f"study: frame {index} has a box of {box.lengths}, the first one of {first.box.lengths}; a results "
                    "file has one size"
                )
            values = found.values()
            times.append(values.pop("time"))
            values["potential_energy"] = energy_forces(found.frame, study.model)[0] / len(first)
            unknown |= {"strain", "image"} - values.keys()
            if "strain" in values and box.lengths != first.box.lengths:
                # So that it belongs to the tilt in the box of the file, to the last digit.
                values["strain"] = (box.tilt + box.flips * first.box.length_x) / first.box.length_y
            writer.write_frame(index, values)
            if each:
                each(index, found)
        apart = _apart(times)
        if len(times) > 1 and apart is None:
            unknown.add("time")
        else:
            for index, time in enumerate(times):
                writer.write_frame(index, {"time": time})
        parameters = _intervals(study, apart)
        writer.set_attributes({CONFIGURATION + name: value for name, value in parameters.items()})
        writer.set_attributes(_left_out(study, unknown, parameters) | {"wall_time_total": perf_counter() - start})


def _configuration(study, frame) -> dict:
    """The parameters as those of a simulation are named, as far as they are known."""
    density = len(frame) / float(np.prod(frame.box.lengths))
    values = {"particles": len(frame), "dimension": frame.dimension, "density": density, "frames": len(study)}
    values |= _described(study.model) | asdict(study.options) | study.given | {"lag": study.lag}
    if "temperature" in study.given:
        cutoff = study.options.d2min_cutoff
        values["rearrangement_threshold"] = (
            PAPER["rearrangement_threshold"]
            if isinstance(study.model, Model)
            else threshold(density, frame.dimension, cutoff, study.given["temperature"])
        )
    return values


def _described(model: Mixture | Forces) -> dict:
    """The paper's mixtures by their name and parameters, all others as JSON; other forces by what they say they are."""
    if isinstance(model, Model) and model.name in PRESETS:
        own = (entry.name for entry in fields(model))
        return {"model": model.name} | {name: getattr(model, name) for name in own if name not in PRESETS[model.name]}
    if is_mixture(model):
        return {"model": model.name or "own", MIXTURE: json.dumps(model.as_table())}
    return {"model": "forces", MIXTURE: json.dumps({"forces": repr(model)})}


def _apart(times: list[float]) -> float | None:
    """The time from frame to frame; None where they are no even series."""
    steps = np.diff(times)
    if not len(steps) or not (steps > 0).all() or np.ptp(steps) > EVEN * steps.mean():
        return None
    return float(np.mean(steps))


def _intervals(study, apart) -> dict:
    if apart is None or not study.lag:
        return {}
    return {"frame_separation": apart, "frame_interval": apart * study.lag}


def _left_out(study, unknown, parameters) -> dict:
    reasons = {"frames carry no velocities": OF_VELOCITIES}
    reasons["the boxes come without their history"] = [name for name in ("strain",) if name in unknown]
    reasons["image counters are not known"] = [name for name in ("image",) if name in unknown]
    reasons["they do not rise evenly from frame to frame"] = [name for name in ("time",) if name in unknown]
    reasons["they were not given"] = [name for name in ("temperature", "strain_rate") if name not in study.given]
    if not parameters:
        reasons["there is no even series of times"] = ["frame_interval", "frame_separation"]
    told = "; ".join(f"{', '.join(names)}: {reason}" for reason, names in reasons.items() if names)
    return {LEFT_OUT: " ".join(sorted(unknown)), LEFT_OUT_BECAUSE: told}
