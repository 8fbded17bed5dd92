"""A study as a results file, as a simulation writes it."""

from __future__ import annotations

import json
import secrets
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from os import PathLike
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np

from softspots.analysis.cautions import of_quench, of_spot_sizes, of_strain_rate
from softspots.chain.defaults import thermal_energy, threshold_of
from softspots.chain.stages import rms_distance
from softspots.exceptions import InputError
from softspots.frame import Frame
from softspots.installation import instruction_set
from softspots.io.attributes import (
    CAUTION,
    CONFIGURATION,
    FAULTS,
    FORCES,
    INSTRUCTION_SET,
    LEFT_OUT,
    LEFT_OUT_BECAUSE,
    MIXTURE,
    QUENCH_DISTANCE,
    QUENCH_ENERGY,
)
from softspots.io.frames import frame_from
from softspots.io.replacing import replacing
from softspots.io.results import ResultsWriter
from softspots.landscape.forces import is_mixture, units
from softspots.model import PRESETS, Forces, Mixture, Model
from softspots.reasons import NO_IMAGES, number_of

if TYPE_CHECKING:
    from softspots.chain.stages import Analysis
    from softspots.chain.study import Study

# Part of the time between two frames by which their times may be off.
EVEN = 1e-6
# What `Box.strain_to` says of boxes that are deformed otherwise than sheared.
OTHERWISE = "no other deformation"
# What needs velocities.
OF_VELOCITIES = ("kinetic_temperature", "shear_stress", "pressure")


def save(study: Study, path: str | PathLike[str]) -> dict[str, str]:
    """Write all frames of a study: see `Study.save`. Returns cautions, as `StudyWriter.cautions` does."""
    with replacing(path) as unfinished, StudyWriter(unfinished, study, {"run_id": secrets.token_hex(8)}) as writer:
        for index in study.bar():
            values, fault = study.values(index)
            writer.write(index, values, fault)
            if fault:
                warnings.warn(f"study: frame {index}: {fault}", stacklevel=3)
    return writer.cautions()


def found_values(found: Analysis) -> tuple[dict[str, Any], str]:
    """What a results file has of a frame, by the names there, and what is missing of it and why."""
    values = found.values() | {"box_length": found.frame.box.lengths}
    # Where it cannot be had the quench has said why.
    if found.energy is not None:
        values["potential_energy"] = found.energy / len(found.frame)
    without = f"no D²_min: {found.d2min_fault}" if found.d2min_fault else ""
    return values, "; ".join(filter(None, (found.fault, without)))


class StudyWriter:
    """Write a results file of a study, frame by frame in any order; a context manager.

    What was written can be read if the process dies between two calls, see `ResultsWriter`. What can be said only of
    all frames together, such as the time between them, is written at the end, if no error came.

    Parameters
    ----------
    path : str or path-like
        An existing file is replaced.
    study : Study
    attributes : dict
        Of the file, such as ``run_id``.
    """

    def __init__(self, path: str | PathLike[str], study: Study, attributes: Mapping[str, Any]) -> None:
        self._start, self._study = perf_counter(), study
        self._times: dict[int, float] = {}
        self._strains: dict[int, float] = {}
        self._faults: dict[int, str] = {}
        self._sizes: dict[int, np.ndarray] = {}
        self._quenches: dict[int, tuple[float, float]] = {}
        self._unknown = {*OF_VELOCITIES}
        kept = study.options.kept_particles(len(study.first))
        arguments = (
            study.first,
            study.options.modes,
            kept,
            configuration(study),
            {"ranks": 1, INSTRUCTION_SET: instruction_set()} | study.source | dict(attributes),
        )
        self._writer = ResultsWriter(path, *arguments, own_boxes=True)
        self._say({}, ended=False)

    def write(self, index: int, values: Mapping[str, Any], fault: str) -> None:
        """Write what was found in a frame, if anything, and what is missing and why."""
        values, unknown = dict(values), {*self._unknown}
        if values:
            self._times[index] = float(values["time"])
            self._strains[index] = float(values.get("strain", np.nan))
            unknown |= {"strain", "image"} - values.keys()
            if "eigenvalue" in values:
                labels = np.asarray(values["soft_spot"])
                self._sizes[index] = np.bincount(labels[labels >= 0])
            if values["inherent_certified"] and "potential_energy" in values:
                self._quenches[index] = self._quench(values)
            if not self._rises(index):
                unknown.add("time")
            if "time" in unknown:
                del values["time"]
        # That makes room for a frame of which there is nothing.
        self._writer.write_frame(index, values or {"inherent_certified": np.int8(0)})
        if fault or unknown != self._unknown:
            self._faults |= {index: fault} if fault else {}
            self._unknown = unknown
            self._say({}, ended=False)

    def __enter__(self) -> StudyWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, *exception: Any) -> None:
        if kind is not None:
            self._writer.__exit__(kind, *exception)
            return
        with self._writer:
            self._finish()

    def _finish(self):
        apart, cautions = _apart(self._times), [*self.cautions().values()]
        if len(self._times) > 1 and apart is None:
            self._unknown.add("time")
        if "time" in self._unknown:
            for index in self._times:
                self._writer.write_frame(index, {"time": np.nan})
        elif caution := self._of_strain_rate():
            warnings.warn(f"study: {caution}", stacklevel=4)
            cautions.append(caution)
        if any(cautions):
            self._writer.set_attributes({CAUTION: "; ".join(filter(None, cautions))})
        if self._quenches:
            distance, energy = self._of_quenches()
            self._writer.set_attributes({QUENCH_DISTANCE: distance, QUENCH_ENERGY: energy})
        self._say(_intervals(self._study, apart), ended=True)
        self._writer.set_attributes({"wall_time_total": perf_counter() - self._start})

    def cautions(self) -> dict[str, str]:
        """What there is to say of quenches and of soft spots of all frames together; empty if there is nothing."""
        first, temperature = self._study.first, thermal_energy(self._study.model, self._study.given)
        particles = len(first) * len(self._sizes)
        quench = of_quenches(first, [*self._quenches.values()], temperature)
        return {"quench": quench, "spots": of_spot_sizes([*self._sizes.values()], particles)}

    def _quench(self, values) -> tuple[float, float]:
        """Distance to the inherent structure, root mean square, and energy per particle lost on the way."""
        frame = frame_from(self._study.first, values)
        distance = rms_distance(frame, np.asarray(values["inherent_position"], dtype=float))
        return distance, float(values["potential_energy"]) - float(values["inherent_energy"]) / len(frame)

    def _of_quenches(self) -> tuple[float, float]:
        distances, energies = np.transpose([*self._quenches.values()])
        return float(np.sqrt(np.mean(distances**2))), float(np.mean(energies))

    def _of_strain_rate(self) -> str:
        # Then the strain of the boxes is not all that is done to them, and a fault says what is.
        if any(OTHERWISE in fault for fault in self._faults.values()):
            return ""
        indices = sorted(self._times)
        times, strains = (np.array([known[index] for index in indices]) for known in (self._times, self._strains))
        return of_strain_rate(times, strains, self._study.given.get("strain_rate"))

    def _rises(self, index) -> bool:
        """Whether the time of a frame lies between those of the frames beside it."""
        before = max((other for other in self._times if other < index), default=index)
        after = min((other for other in self._times if other > index), default=index)
        times = [self._times[one] for one in sorted({before, index, after})]
        return bool((np.diff(times) > 0).all())

    def _say(self, parameters: Mapping[str, Any], ended: bool):
        """Say what is left out, and what is known of the run beside its options."""
        self._writer.set_attributes(
            {CONFIGURATION + name: value for name, value in parameters.items()}
            | _left_out(self._study, self._unknown, parameters, ended)
            | {FAULTS: json.dumps(self._faults, sort_keys=True)}
        )


def configuration(study: Study) -> dict[str, Any]:
    """The parameters as those of a simulation are named, as far as they are known."""
    frame = study.first
    density = len(frame) / frame.box.volume
    values = {"particles": len(frame), "dimension": frame.dimension, "density": density, "frames": len(study)}
    values |= described(study.model) | asdict(study.options) | study.given | {"lag": study.lag}
    if "temperature" in study.given and "rearrangement_threshold" not in values:
        cutoff, temperature = study.options.d2min_cutoff, study.given["temperature"]
        values["rearrangement_threshold"] = threshold_of(study.model, density, frame.dimension, cutoff, temperature)
    return values


def described(model: Mixture | Forces) -> dict[str, Any]:
    """The paper's mixtures by their name and parameters, all others as JSON; other forces by what they say they are."""
    if isinstance(model, Model) and model.name in PRESETS:
        own = (entry.name for entry in fields(model))
        return {"model": model.name} | {name: getattr(model, name) for name in own if name not in PRESETS[model.name]}
    if is_mixture(model):
        try:
            table = model.as_table()
        except InputError as error:
            # Of a function of Python.
            raise InputError(f"{error}: ss.Tabulated(r, energy, force)") from error
        return {"model": model.name or "own", MIXTURE: json.dumps(table)}
    # The plain repr of an object has its place in memory, which says nothing.
    plain = type(model).__repr__ is object.__repr__
    told = {"forces": type(model).__name__ if plain else repr(model)}
    if any(names := units(model)):
        told["units"] = names
    return {"model": FORCES, MIXTURE: json.dumps(told)}


def of_quenches(frame: Frame, quenches: Sequence[tuple[float, float]], temperature: float | None) -> str:
    """What there is to say of quenches by their median, as one may be an avalanche: distances, and energies lost."""
    if not quenches:
        return ""
    distance, energy = map(float, np.median(quenches, axis=0))
    caution = of_quench(frame, distance, energy, temperature)
    return f"median of {number_of(len(quenches), 'frame')}: {caution}" if caution else ""


def _apart(times: Mapping[int, float]) -> float | None:
    """The time from frame to frame; None where they are no even series."""
    indices = sorted(times)
    steps = np.diff([times[index] for index in indices]) / np.diff(indices)
    if not len(steps) or not (steps > 0).all() or np.ptp(steps) > EVEN * steps.mean():
        return None
    return float(np.mean(steps))


def _intervals(study, apart) -> dict[str, Any]:
    if apart is None:
        return {}
    return {"frame_separation": apart} | ({"frame_interval": apart / study.stride * study.lag} if study.lag else {})


def _left_out(study, unknown, parameters, ended) -> dict[str, Any]:
    reasons = {"velocities are not used, whether the file has them or not": OF_VELOCITIES}
    reasons["the boxes come without their history"] = [name for name in ("strain",) if name in unknown]
    reasons[NO_IMAGES] = [name for name in ("image",) if name in unknown]
    reasons["they do not rise evenly from frame to frame"] = [name for name in ("time",) if name in unknown]
    reasons["not given"] = [name for name in ("temperature", "strain_rate") if name not in study.given]
    if not parameters:
        reason = "there is no even series of times" if ended else "the run has not ended"
        reasons[reason] = ["frame_interval", "frame_separation"]
    told = "; ".join(f"{', '.join(names)}: {reason}" for reason, names in reasons.items() if names)
    return {LEFT_OUT: " ".join(sorted(unknown)), LEFT_OUT_BECAUSE: told}
