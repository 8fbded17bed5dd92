"""From samples of athermal shear to what figures and tables need: events, and maps against the events after them.

Samples are runs that differ in their start only, solids of one mixture, and count together; intervals come from a
bootstrap over whole samples or, where fewer than five have events, over events. What needs a temperature or time is
left out.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from importlib.metadata import version
from typing import Any

import numpy as np

from softspots.analysis.bootstrap import bootstrap, fraction
from softspots.analysis.findings import Findings, Maps, Missing
from softspots.analysis.probability import plateau
from softspots.analysis.reduce_maps import prediction, selection
from softspots.curve import Curve
from softspots.estimate import FEWEST, Estimate
from softspots.exceptions import InputError
from softspots.frame import Frame
from softspots.io.attributes import CHANGEABLE, FAULTS, INSTRUCTION_SET
from softspots.io.quantities import EVENTS, QUANTITIES
from softspots.io.reduced import Reduced
from softspots.io.shear import Sheared
from softspots.model.composition import same_parameter
from softspots.reasons import ALL_OR_NONE, counted, joined

BINS_PER_DECADE = 4
# What samples of one kind may differ in: their start, and what was said of its file.
OF_FILE = ("start", "start_frame", "start_frames", "start_sha256", "start_velocities")
OF_FILE += ("types", "sizes", "topology", "format", "bounds", "unit")
OF_SAMPLES = (*CHANGEABLE, "seed", *OF_FILE)
# These follow from the density, of which files tell no more than rounding.
OF_DENSITY = ("density", "max_force", "bond_length", "d2min_cutoff", "rearrangement_threshold")
# Forces that are left, and rounding of a file in other units, change energy and stress of a minimum by less; two solids
# come as close in all of their components once in very many more pairs than anyone has.
SAME_MINIMUM = 1e-7
# What there is of each map before an event.
OF_MAPS = ("soft_spot", "eigenvalue", "participation_ratio")
SHARES = {"prediction": 4, "selection": 18, "events": 4, "course": 1}
TIMELESS = "in athermal shear there is neither time nor temperature"
SOFTENED = "maps are of minima that are lost, whose lowest mode has gone soft"


def of_one_kind(one: Sheared, other: Sheared) -> bool:
    """Whether two samples differ in nothing but their start, and in rounding of density and composition."""
    particles = min(sample.configuration.get("particles", math.inf) for sample in (one, other))

    def same(name):
        values = one.configuration.get(name), other.configuration.get(name)
        return same_parameter("density" if name in OF_DENSITY else name, *values, particles)

    return all(map(same, (one.configuration.keys() | other.configuration.keys()) - {*OF_SAMPLES}))


def check_samples(who: str, samples: Sequence[Sheared]) -> None:
    """See that samples are of one kind, and none is of the same solid as another; ``who`` asks.

    Raises
    ------
    InputError
        If they are not.
    """
    first, *others = samples
    for other in others:
        if not of_one_kind(first, other):
            raise InputError(f"{who}: got {first.path} and {other.path}, samples of two kinds; allowed: samples of one")
    seeds = [sample.configuration.get("seed") for sample in samples]
    minima = [_first_minimum(sample) for sample in samples]
    for place, sample in enumerate(samples):
        for before in range(place):
            if seeds[place] is not None and seeds[place] == seeds[before]:
                what = "seed"
            elif np.abs(minima[place] - minima[before]).max() <= SAME_MINIMUM:
                what = "start"
            else:
                continue
            raise InputError(
                f"{who}: got {samples[before].path} and {sample.path}, of the same solid sheared in the same way "
                f"(equal parameters and {what}); allowed: each solid once"
            )


def _first_minimum(sample: Sheared) -> np.ndarray:
    """What tells a solid from others of its kind, whatever was said of its file: energy and stress of the start, as
    parts of its largest numbers.
    """
    stress = np.append(sample["stress"][0], sample["stress_tensor"][0])
    energy, scale = sample["energy"][0], np.abs(stress).max()
    # Logarithms differ by the part by which numbers do.
    return np.concatenate(([np.log(abs(energy) or 1.0), np.log(scale or 1.0)], stress / (scale or 1.0)))


def configuration_of(samples: Sequence[Sheared]) -> dict[str, Any]:
    """The parameters of the first sample, without seed and start where there are several."""
    configuration, own = samples[0].configuration, {"seed", *OF_FILE}
    return configuration if len(samples) == 1 else {k: v for k, v in configuration.items() if k not in own}


def provenance_of(samples: Sequence[Sheared]) -> dict[str, Any]:
    """What is said of the first sample, and which samples there are."""
    told = {name: value for name, value in samples[0].attributes.items() if name != FAULTS}
    told |= {"samples": len(samples), "source": ", ".join(str(one.path) for one in samples)}
    if len(samples) > 1:
        told["runs"] = [told.pop("run_id"), *(sample.attributes["run_id"] for sample in samples[1:])]
        kernels = (sample.attributes.get(INSTRUCTION_SET, "unknown").split("; ") for sample in samples)
        told[INSTRUCTION_SET] = "; ".join(dict.fromkeys(name for names in kernels for name in names))
    return told


def solid_of_event(samples: Sequence[Sheared]) -> np.ndarray | None:
    """Which sample each event is of; None where fewer than five have events, too few to be resampled whole."""
    if sum(len(sample) > 0 for sample in samples) < FEWEST:
        return None
    return np.repeat(np.arange(len(samples)), list(map(len, samples)))


def of_few(samples: Sequence[Sheared]) -> str:
    """What intervals from a bootstrap over events do not know; nothing where whole samples are resampled."""
    number = sum(len(sample) > 0 for sample in samples)
    if number >= FEWEST:
        return ""
    return f"of these {number} solids only, not of all like them" if number > 1 else "of this solid only"


class ShearMaps(Maps):
    """Minima that are lost in the events of some samples, from a strain on, one after the other, with their maps."""

    noun = "event"

    def __init__(self, samples: Sequence[Sheared], from_strain: float = 0.0) -> None:
        self.from_strain = from_strain
        self.samples = samples = [after(sample, from_strain) for sample in samples]
        # A map, its event: which of which sample.
        self._places = [(sample, event) for sample in samples for event in range(len(sample))]
        self.map_strains = samples[0]["map_strain"]
        self._solids = solid_of_event(samples)
        self.labels_before, self.eigenvalues_before = self._all("soft_spot"), self._all("eigenvalue")
        self.mapped_before = np.isfinite(self.eigenvalues_before).all(axis=2)
        d2min = self._all("d2min")
        super().__init__(
            samples[0].configuration,
            samples[0].dimension,
            self.labels_before[:, 0],
            d2min,
            self.mapped_before[:, 0],
            np.isfinite(d2min).any(axis=1),
            1.0,
        )

    def of(self, name: str, which: np.ndarray) -> np.ndarray:
        values = self._all(name)[which]
        return values[:, 0] if name in OF_MAPS else values

    def solids_of(self, which: np.ndarray) -> np.ndarray | None:
        return None if self._solids is None else self._solids[which]

    def _all(self, name: str) -> np.ndarray:
        return np.concatenate([sample[name] for sample in self.samples])

    def why_unmapped(self, place: int) -> str:
        """Why events have no map at a place along the strains before, in brackets; empty if no file tells."""
        told = [maps[place] for sample in self.samples for maps in sample.faults.values() if place in maps]
        return f" ({counted(told)})" if told else ""

    def inherent_structures(self) -> tuple[np.ndarray, Callable[[int], Frame]]:
        def frame(index):
            sample, event = self._places[index]
            return sample.frame(event)

        return self._all("position"), frame

    @property
    def level(self) -> str:
        return f"{self.threshold:g}"


def reduce_shear(
    samples: Sequence[Sheared],
    selection_frames: int,
    progress: Callable[[str, float], None] = lambda stage, done: None,
    from_strain: float = 0.0,
) -> Reduced:
    """Measure in samples of athermal shear all that they allow.

    Parameters
    ----------
    samples : sequence of Sheared
        Alike but for their start, a seed or a frame of a file; no solid twice.
    selection_frames : int
        In how many minima, evenly spread, ΔP* is measured; 1 or more.
    progress : callable
        As for `softspots.analysis.reduce.reduce_run`.
    from_strain : float, optional
        How much strain a solid has gone through, forwards and back, before its events count: the start-up is left out.
        The course of stress and energy is whole in any case.

    Returns
    -------
    Reduced
        Its configuration is that of the first sample, without seed and start if there are several.

    Raises
    ------
    InputError
        If samples differ in more than their start, or two are of the same solid.
    DamagedFileError
        If a file is damaged.
    """
    check_samples("reduce_shear: samples", samples)
    run = ShearMaps(samples, from_strain)
    found = Findings(progress, QUANTITIES | EVENTS, SHARES)
    with found.stage("prediction"):
        prediction(run, found)
    with found.stage("selection"):
        selection(run, found, selection_frames)
    with found.stage("events"):
        _events(run, found)
    with found.stage("course"):
        _course(samples, found)
    if note := of_few(run.samples):
        found.note_intervals(f"interval {note}")
    for name, entry in QUANTITIES.items():
        if entry.stage not in SHARES:
            found.missing[name] = SOFTENED if entry.stage == "vibrations" else TIMELESS
    provenance = provenance_of(samples) | {
        "from_strain": from_strain,
        "frames": len(run.labels),
        "frames_with_spots": int(run.has_spots.sum()),
        "reduced_with": version("softspots"),
    }
    configuration = configuration_of(samples)
    return Reduced(configuration, provenance, found.axes, found.measured, found.missing, dimension=run.dimension)


def traveled(sample: Sheared) -> tuple[np.ndarray, np.ndarray]:
    """How much strain has been gone through since the start, forwards and back: at states, and at events."""
    strains = sample["strain"]
    states = np.append(0.0, np.cumsum(np.abs(np.diff(strains))))
    before = sample["event_state"] - 1
    return states, states[before] + np.abs(sample["event_strain"] - strains[before])


def after(sample: Sheared, from_strain: float) -> Sheared:
    """A sample without the events before so much strain has been gone through."""
    return sample.only(np.flatnonzero(traveled(sample)[1] >= from_strain)) if from_strain else sample


def _events(run, found):
    everything = np.ones(len(run.labels), dtype=bool)
    if not len(everything):
        raise Missing("no sample has an event" + f" beyond a strain of {run.from_strain:g}" * bool(run.from_strain))
    way = np.sign(run.of("event_strain", everything) - run.of("event_last_strain", everything))
    solids = run.solids_of(everything)
    values = {
        # On the way back a drop is one towards larger stress.
        ("mean_stress_drop", "stress_drops", "stress_drop"): way * run.of("stress_drop", everything),
        ("mean_energy_drop", "energy_drops", "energy_drop"): run.of("energy_drop", everything),
        ("mean_participation", "participations", "participation"): run.of("participation", everything),
    }
    for (mean, density, axis), events in values.items():
        found.estimate(mean, bootstrap(fraction, events, np.ones(len(events)), solids=solids))
        _density(found, density, axis, events, solids)
    _waiting(run, found)
    _maps_before(run, found)


def _waiting(run, found):
    """The strain from event to event: its distribution, and the mean as path over events, as both ends are open."""
    pieces, gaps = zip(*(_cut_at_events(sample, run.from_strain) for sample in run.samples), strict=True)
    counts = [np.full(len(one), float(len(sample) > 0)) for one, sample in zip(pieces, run.samples, strict=True)]

    def solids_of(some):
        known = run.solids_of(np.s_[:]) is not None
        return np.repeat(np.arange(len(some)), list(map(len, some))) if known else None

    mean = bootstrap(fraction, np.concatenate(pieces), np.concatenate(counts), solids=solids_of(pieces))
    found.estimate("mean_waiting_strain", mean)
    with found.attempt("waiting_strains"):
        if not any(map(len, gaps)):
            raise Missing("no sample has a second event")
        _density(found, "waiting_strains", "waiting_strain", np.concatenate(gaps), solids_of(gaps))


def _cut_at_events(sample, start) -> tuple[np.ndarray, np.ndarray]:
    """The path in as many pieces as events, both ends in one, or whole if there is none; the strains between events."""
    states, events = traveled(sample)
    pieces = np.diff(events, prepend=start) if len(events) else np.zeros(1)
    pieces[0] += states[-1] - np.append(start, events)[-1]
    return pieces, np.diff(events)


def _density(found, name, axis, values, solids):
    with found.attempt(name):
        law, note = density_of(values, solids)
        found.axes[axis] = law.x
        found.estimate(name, law, note=note)


def density_of(values: np.ndarray, solids: np.ndarray | None = None) -> tuple[Curve, str]:
    """The probability density of values, in logarithmic bins as far as they go; a note on those that are not positive.

    ``solids`` says which solid each is of, as in `softspots.analysis.bootstrap.bootstrap`.

    Raises
    ------
    Missing
        If none is positive.
    """
    positive = values[values > 0]
    solids = None if solids is None else solids[values > 0]
    if not len(positive):
        raise Missing("none is positive")
    places = np.floor(BINS_PER_DECADE * np.log10(positive)).astype(int)
    edges = 10.0 ** (np.arange(places.min(), places.max() + 2) / BINS_PER_DECADE)
    centers = np.sqrt(edges[1:] * edges[:-1])
    inside = (places[:, None] == np.arange(places.min(), places.max() + 1)).astype(float)
    law = bootstrap(fraction, inside, np.ones((len(positive), 1)) * np.diff(edges), solids=solids)
    left_out = len(values) - len(positive)
    note = f"without {left_out} of {len(values)} that are not positive" if left_out else ""
    return Curve.over(centers, law, inside.sum(axis=0).astype(int)), note


def _maps_before(run, found):
    """What maps some strain before the event know of it."""
    cores = run.of("core", np.ones(len(run.labels), dtype=bool))
    known = np.isfinite(run.d2min).any(axis=1)[:, None] & run.mapped_before
    with found.attempt("cores"):
        if not known[:, 0].any():
            raise Missing(f"no event has a map{run.why_unmapped(0)}")
        which = known[:, 0]
        found.estimate("cores", _on_spot(run.labels_before[which, 0], cores[which], run.solids_of(which)))
    there = np.flatnonzero(known.any(axis=0))
    if not len(there):
        raise Missing("no event has a map")
    found.axes["map_strain"] = run.map_strains[there]
    curves = {"ratio_before": [], "cores_before": []}
    for place in there:
        which = known[:, place]
        labels, solids = run.labels_before[which, place], run.solids_of(which)
        curves["ratio_before"].append(plateau(run.d2min[which], labels, 1.0, run.threshold, solids).ratio)
        curves["cores_before"].append(_on_spot(labels, cores[which], solids))
    missing = [
        f"δγ = {run.map_strains[one]:g}: {np.sum(~known[:, one])} of {len(known)}{run.why_unmapped(one)}"
        for one in there
        if not known[:, one].all()
    ]
    note = f"events without a map, {', '.join(missing)}" if missing else ""
    for name, points in curves.items():
        found.estimate(name, _side_by_side(points), note=note)


def _on_spot(labels, cores, solids) -> Estimate:
    hits = labels[np.arange(len(labels)), cores] >= 0
    if hits.all() or not hits.any():
        return Estimate(hits.mean(), np.nan, np.nan, note=f"no interval: {ALL_OR_NONE}")
    return bootstrap(fraction, hits.astype(float), np.ones(len(hits)), solids=solids)


def _side_by_side(points: Sequence[Estimate]) -> Estimate:
    """Numbers from different events as one curve, without resamples, as these have no weights in common."""
    ends = (np.array([getattr(one, end) for one in points], dtype=float) for end in ("value", "low", "high"))
    notes = dict.fromkeys(one.note for one in points)
    return Estimate(*ends, block=max(one.block for one in points), note=joined(*notes))


def _course(samples, found):
    """Stress and energy along the path, of each sample and in the mean over these."""
    states, _ = traveled(samples[0])
    # Where a path turns back on the spot a strain comes twice.
    kept = np.append(True, np.diff(states) > 0)
    found.axes |= {"sample": np.arange(len(samples)), "traveled": states[kept]}
    found.add("strain", samples[0]["strain"][kept], note="as it was set")
    stresses = np.array([sample["stress"][kept] for sample in samples])
    found.add("stresses", stresses, note="each of one sample")
    particles = len(samples[0]["species"])
    energies = np.array([(sample["energy"] - sample["energy"][0])[kept] for sample in samples]) / particles
    ones = np.ones((len(samples), 1))
    for name, values in (("stress", stresses), ("energy", energies)):
        found.estimate(name, bootstrap(fraction, values, ones, memory=False))
