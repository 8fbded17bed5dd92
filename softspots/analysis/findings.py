"""What a reduction works on, the arrays of one run, and what it has found in them so far, or has not and why."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from softspots.analysis.lifetimes import logarithmic_edges
from softspots.analysis.tracking import Tracks
from softspots.curve import Curve
from softspots.estimate import Estimate
from softspots.exceptions import InputError
from softspots.frame import Frame
from softspots.io.attributes import LEFT_OUT, unit_of_time
from softspots.io.quantities import KNOWN, QUANTITIES, Entry
from softspots.io.results import Results
from softspots.reasons import joined, number_of

LAGS_PER_DECADE = 12
# Beyond half the data all pairs of frames have the frames in between in common, and there is little to average.
LONGEST_LAG = 0.5
# Parameters of the run without which there is no analysis.
NEEDED = (
    "n_modes",
    "n_particles",
    "min_particles",
    "connection",
    "bond_length",
)
# What the stages take of the time, roughly, with 1,000 frames of 10,000 particles (24 s); for the time left.
SHARES = {
    "vibrations": 1,
    "prediction": 8,
    "selection": 18,
    "relaxation": 7,
    "fields": 25,
    "overlap": 5,
    "lives": 80,
    "model": 8,
}


class Missing(Exception):
    """Why the data do not allow a quantity."""


class Maps:
    """Maps and what happened after each of them; thermal runs and samples of athermal shear have these.

    Attributes
    ----------
    configuration : dict
        Parameters of the run.
    dimension : int
    labels, d2min : (F, N) ndarray
    has_spots, has_d2min : (F,) ndarray of bool
        Where these are known.
    temperature : float or None
        In units of which D²_min is; 1 where there is none, None if it is not known.
    """

    noun = "frame"

    def __init__(
        self,
        configuration: Mapping[str, Any],
        dimension: int,
        labels: np.ndarray,
        d2min: np.ndarray,
        has_spots: np.ndarray,
        has_d2min: np.ndarray,
        temperature: float | np.ndarray | None,
    ) -> None:
        self.configuration, self.dimension = configuration, dimension
        self.labels, self.d2min = labels, d2min
        self.has_spots, self.has_d2min, self.has_both = has_spots, has_d2min, has_spots & has_d2min
        self.temperature, self.threshold = temperature, configuration.get("rearrangement_threshold")

    def of(self, name: str, which: np.ndarray) -> np.ndarray:
        """The values of a variable of the file, of these maps."""
        raise NotImplementedError

    def inherent_structures(self) -> tuple[np.ndarray, Callable[[int], Frame]]:
        """The positions of all minima, and the frame of each.

        Raises
        ------
        Missing
            If they are not known.
        """
        raise NotImplementedError

    def solids_of(self, which: np.ndarray) -> np.ndarray | None:
        """Which solid each of these maps is of, where there are enough to resample them whole; else None."""
        return None

    @property
    def rearranging(self) -> np.ndarray:
        """Whether each particle rearranges, (F, N)."""
        return self.d2min > self.threshold * self.temperature

    @property
    def level(self) -> str:
        """D²_min beyond which a particle rearranges, in words."""
        return f"{self.threshold:g} T"

    def unknown(self, which: np.ndarray) -> str:
        """A note on the particles without D²_min in these frames; empty if there are none."""
        values = self.d2min[which]
        unknown = np.count_nonzero(np.isnan(values))
        return f"without {unknown} of {values.size} particles, whose D²_min is not known" if unknown else ""

    def need_temperature(self) -> None:
        """Raise Missing if it is not known which particles rearrange."""
        for name in ("temperature", "threshold"):
            if getattr(self, name) is None:
                raise Missing(f"the {name} of the run, beyond which particles rearrange, is not known (--temperature)")

    def need_frames(self, which: np.ndarray, least: int, what: str) -> None:
        """Raise Missing if there are fewer than that."""
        if which.sum() < least:
            are = "is" if least == 1 else "are"
            raise Missing(f"{number_of(which.sum(), self.noun)} with {what}; at least {least} {are} needed")


class Run(Maps):
    """The arrays of a results file that the stages use, and which frames have them.

    Attributes
    ----------
    interval : float or None
        The time from frame to frame; None where frames are not evenly apart, or their times are not known.
    times, lags : (F,), (L,) ndarray of int, or None
        In intervals; None where there is none.
    """

    def __init__(self, results: Results) -> None:
        self.results, configuration = results, results.configuration
        for name in NEEDED:
            if name not in configuration:
                raise InputError(f"{results.path} lacks the parameter {name} of its run")
        self.unit_of_time = unit_of_time(results.attributes, "τ")
        # Earlier versions of the file knew unbroken series only.
        self.interval = configuration.get("frame_separation", configuration.get("frame_interval"))
        positioned = np.isfinite(results["position"]).all(axis=(1, 2))
        if self.interval is None:
            written, self.times, self.lags = positioned, None, None
        else:
            written = np.isfinite(results["time"])
            times = results["time"][written]
            self.times = np.zeros(len(written), dtype=int)
            self.times[written] = np.rint((times - times[:1]) / self.interval)
            self.lags = np.append(0, up_to(int(LONGEST_LAG * self.times.max(initial=0))))
        labels, d2min = results["soft_spot"], results["d2min"]
        # An integer that was never written reads as a large negative one.
        certified = written & (results["inherent_certified"] == 1)
        has_spots = certified & np.isfinite(results["eigenvalue"]).all(axis=1)
        # Of a particle that has too few neighbours it is not known.
        known = np.isfinite(d2min)
        has_d2min, self.has_all_d2min = (written & some(known, axis=1) for some in (np.any, np.all))
        self.has_positions = written & positioned
        super().__init__(
            configuration, results.dimension, labels, d2min, has_spots, has_d2min, configuration.get("temperature")
        )

    def of(self, name: str, which: np.ndarray) -> np.ndarray:
        return self.results[name][which]

    def inherent_structures(self) -> tuple[np.ndarray, Callable[[int], Frame]]:
        if "inherent_position" not in self.results:
            raise Missing("inherent structures are not in the file, which an earlier version has written")
        return self.results.inherent_structures()

    def need_lags(self) -> None:
        """Raise Missing if there are not two frames that are a whole number of intervals apart, and one between."""
        if self.lags is None:
            uneven = "time" in self.results.attributes.get(LEFT_OUT, "").split()
            raise Missing(
                "frames have no times that rise evenly" if uneven else "the file does not say how far apart frames are"
            )
        if len(self.lags) < 2:
            raise Missing("fewer than three frames")

    def need_unbroken_series(self, who: str) -> None:
        """Raise Missing if there is time between the frames in which nothing was measured; ``who`` needs it."""
        self.need_lags()
        if self.interval != self.configuration.get("frame_interval"):
            raise Missing(f"frames are {self.interval:g} {self.unit_of_time} apart; {who} an unbroken series")


class Findings:
    """What has been found so far of some quantities, and why the rest has not been.

    Parameters
    ----------
    progress : callable
        As for `softspots.analysis.reduce.reduce_run`.
    quantities : dict of str to Entry, optional
        Those that are looked for.
    shares : dict of str to float, optional
        What each stage takes of the time.
    """

    def __init__(
        self,
        progress: Callable[[str, float], object],
        quantities: Mapping[str, Entry] = QUANTITIES,
        shares: Mapping[str, float] = SHARES,
    ) -> None:
        self.axes: dict[str, np.ndarray] = {}
        self.measured: dict[str, Estimate] = {}
        self.missing: dict[str, str] = {}
        self.curves: dict[str, Curve] = {}
        self.law: Estimate | None = None
        self.tracks: Tracks | None = None
        self._quantities, self._shares = quantities, shares
        self._progress, self._done, self._share = progress, 0, 0

    @contextlib.contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Count what the stage does not find as missing, with the reason that ends it, and its work as done."""
        total = sum(self._shares.values())
        self._done, self._share = self._done + self._share, self._shares[name] / total
        self._stage = name
        self.advance(0.0)
        with self.attempt(*(key for key, entry in self._quantities.items() if entry.stage == name)):
            yield
        self.advance(1.0)

    @contextlib.contextmanager
    def attempt(self, *names: str) -> Iterator[None]:
        """Go on after Missing, which is the reason for those of the quantities that have not been found."""
        try:
            yield
        except Missing as reason:
            for name in names:
                if name not in self.measured:
                    self.missing.setdefault(name, str(reason))

    def advance(self, part: float) -> None:
        """Report this part of the present stage as done."""
        self._progress(self._stage, self._done + self._share * part)

    def add(
        self, name: str, value: ArrayLike, low: ArrayLike = np.nan, high: ArrayLike = np.nan, note: str = ""
    ) -> None:
        """A quantity with its interval, or why it has none."""
        value = np.asarray(value, dtype=float)
        self.measured[name] = Estimate(value, *(np.broadcast_to(end, value.shape) for end in (low, high)), note=note)

    def estimate(self, name: str, estimate: Estimate, unit: float = 1.0, keep: bool = False, note: str = "") -> None:
        """A quantity from an estimate, in units of ``unit``; with ``keep`` its resamples too.

        ``note`` is what there is to know of it, besides what there is to know of its interval.
        """
        self.measured[name] = Estimate(
            *(np.asarray(values * unit, dtype=float) for values in (estimate.value, estimate.low, estimate.high)),
            estimate.resampled * unit if keep else None,
            estimate.block,
            joined(note, estimate.note),
        )

    def note(self, note: str, names: Iterable[str]) -> None:
        """Note this on those of the quantities that have been found."""
        for name in names:
            if name in self.measured:
                found = self.measured[name]
                self.measured[name] = replace(found, note=joined(found.note, note))

    def note_intervals(self, note: str) -> None:
        """Note this on all that has been found with an interval."""
        self.note(note, [name for name, found in self.measured.items() if np.isfinite(found.low).any()])

    def curve(self, name: str, curve: Curve) -> None:
        """A function of the lag."""
        self.curves[name] = curve
        self.estimate(name, curve, keep=True)

    def number(self, name: str) -> float:
        """The value of a number that has been found, or Missing."""
        if name in self.missing:
            raise Missing(f"{KNOWN[name].symbol} is needed, which is not known")
        return float(self.measured[name].value)


def up_to(last: int) -> np.ndarray:
    """Whole numbers from 1 to ``last``, evenly spaced in the logarithm as far as whole numbers can be."""
    edges = logarithmic_edges(max(last, 1), LAGS_PER_DECADE)
    return np.append(edges[edges < last], last) if last > 0 else edges[:0]
