"""What maps are drawn of: the frames of a results file, and the minima that are lost in events of athermal shear."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from softspots.frame import Frame
from softspots.io.attributes import unit_of_time
from softspots.io.results import Results, mixture_of
from softspots.io.seal import check_seal
from softspots.io.shear import Sheared
from softspots.model import Mixture


@dataclass(frozen=True, eq=False)
class Moment:
    """One map: particles and what is known of them.

    Parameters
    ----------
    title : str
    frame : Frame
    strain, time : float or None
    d2min : (N,) ndarray
        NaN where it is not known.
    labels : (N,) ndarray of int or None
        None where soft spots are not known.
    ratios : (M,) ndarray
        Participation ratios.
    mode_particle : (M, P) ndarray of int
    """

    title: str
    frame: Frame
    strain: float | None
    time: float | None
    d2min: np.ndarray
    labels: np.ndarray | None
    ratios: np.ndarray
    mode_particle: np.ndarray


@dataclass(frozen=True, eq=False)
class Moments:
    """All maps of a run.

    Parameters
    ----------
    noun : str
        What there is a map of.
    configuration : dict
    temperature : float or None
        That D²_min is measured by; None where there is none.
    d2min, labels : (F, N) ndarray
        Of all, also of what there is no map of.
    there : (K,) ndarray of int
        Those that there is a map of.
    moment : callable
        One of them, by its number.
    mixture : callable
        Gives the mixture, or raises InputError or DamagedFileError if there is none.
    checked : bool
        Whether all files carry a checksum of all that is in them, which fits.
    unit_of_time : str, optional
        As it is written after times.
    """

    noun: str
    configuration: dict
    temperature: float | None
    d2min: np.ndarray
    labels: np.ndarray
    there: np.ndarray
    moment: Callable[[int], Moment]
    mixture: Callable[[], Mixture]
    checked: bool
    unit_of_time: str = "τ"


def moments_of_run(results: Results) -> Moments:
    """The frames of a results file that have positions."""
    there = np.flatnonzero(np.isfinite(results["position"]).all(axis=(1, 2)))

    def moment(index):
        values, frame = results.variables(index), results.frame(index)
        mapped = values["inherent_certified"] == 1 and np.isfinite(values["eigenvalue"]).all()
        return Moment(
            f"frame {index} of 0 to {len(results) - 1}",
            frame,
            frame.box.strain,
            float(values["time"]) if np.isfinite(values["time"]) else None,
            values["d2min"],
            values["soft_spot"] if mapped else None,
            values["participation_ratio"],
            values["mode_particle"],
        )

    configuration = results.configuration
    return Moments(
        "frame",
        configuration,
        configuration.get("temperature"),
        results["d2min"],
        results["soft_spot"],
        there,
        moment,
        lambda: results.model,
        results.checked,
        unit_of_time(results.attributes, "τ"),
    )


def moments_of_shear(samples: Sequence[Sheared]) -> Moments:
    """The minima that are lost in the events of some samples, one after the other."""
    places = [(sample, event) for sample in samples for event in range(len(sample))]
    columns = {
        name: np.concatenate([sample[name] for sample in samples])
        for name in ("d2min", "soft_spot", "eigenvalue", "participation_ratio", "mode_particle", "event_strain")
    }
    # The first map is that of the minimum that is lost.
    labels, eigenvalues, ratios = (columns[name][:, 0] for name in ("soft_spot", "eigenvalue", "participation_ratio"))

    def moment(index):
        sample, event = places[index]
        which = f" in {Path(sample.path).parent.name}/{Path(sample.path).name}" if len(samples) > 1 else ""
        return Moment(
            f"event {event} of 0 to {len(sample) - 1}{which}",
            sample.frame(event),
            float(columns["event_strain"][index]),
            None,
            columns["d2min"][index],
            labels[index] if np.isfinite(eigenvalues[index]).all() else None,
            ratios[index],
            columns["mode_particle"][index],
        )

    first = samples[0]
    there = np.arange(len(places))
    return Moments(
        "event",
        first.configuration,
        None,
        columns["d2min"],
        labels,
        there,
        moment,
        lambda: mixture_of(first.path, first.configuration),
        all(check_seal(sample.path) for sample in samples),
    )
