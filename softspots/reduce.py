"""From a results file to what figures and tables need of it: sections III to V of Schoenholz et al. 2014 in one pass.

Each stage measures the quantities that `softspots.io.quantities` lists for it. What the data do not allow is left out,
quantity by quantity, with the reason; only a file that is no results file is an error.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from importlib.metadata import version
from os import PathLike

import numpy as np

from .bootstrap import Estimate, bootstrap, fraction
from .correlations import Correlation, field_correlation, plateau_end, relaxation_time, self_scattering
from .io.quantities import QUANTITIES
from .io.reduced import CONFIDENCE, Measured, Reduced
from .io.results import Results, read_results
from .lifetimes import fit_constant, logarithmic_edges, mean_rearrangements, survival
from .meanfield import predict_lifetimes
from .probability import plateau, plateau_onset, rearrangement_probability
from .selection import delta_p_star
from .spots import bonds, delaunay_edges
from .state import Box, Frame
from .tracking import spot_correlation, track, uncorrelated_from, uncorrelated_level
from .vibrations import density_of_states

LAGS_PER_DECADE = 12
# Beyond half the data all pairs of frames have the frames in between in common, and there is little to average.
LONGEST_LAG = 0.5
GRID = 12  # values of N_m and of N_p
# A frame of the selection takes 0.03 s for 10,000 particles.
SELECTION_FRAMES = 100
# The law of N_R is complete if of the spots no more than this part has an N_R beyond what is known.
INCOMPLETE = 0.05
# Parameters of the run that the analysis uses.
NEEDED = (
    "temperature",
    "strain_rate",
    "rearrangement_threshold",
    "frame_interval",
    "n_modes",
    "n_particles",
    "min_particles",
    "connection",
    "bond_length",
)
# What the stages take of the time, roughly, with 1,000 frames of 10,000 particles (16 s); for the time left.
SHARES = {
    "vibrations": 1,
    "prediction": 8,
    "selection": 18,
    "relaxation": 7,
    "fields": 10,
    "overlap": 5,
    "lives": 51,
    "model": 1,
}


class Missing(Exception):
    """Why the data do not allow a quantity."""


def reduce_run(
    path: str | PathLike,
    epsilon: float | None = None,
    selection_frames: int = SELECTION_FRAMES,
    progress: Callable[[str, float], None] = lambda stage, done: None,
) -> Reduced:
    """Measure in one run all that its results file allows.

    Frames without a certified inherent structure, or without modes, count in no statistics of soft spots.

    Parameters
    ----------
    path : str or path-like
        A results file.
    epsilon : float, optional
        ε, for data too short to measure it. Default: measured.
    selection_frames : int
        In how many frames, evenly spread, ΔP* is measured; 1 or more.
    progress : callable
        Called with the name of a stage, and the part of all work that is done, from 0 to 1.

    Returns
    -------
    Reduced

    Raises
    ------
    OSError, ValueError
        If the file cannot be read, is no results file, or lacks a parameter of the run.
    """
    results = read_results(path)
    run = _Run(results)
    found = _Findings(progress)
    with found.stage("vibrations"):
        _vibrations(run, found)
    with found.stage("prediction"):
        _prediction(run, found)
    with found.stage("selection"):
        _selection(run, found, selection_frames)
    with found.stage("relaxation"):
        _relaxation(run, found)
    with found.stage("fields"):
        _fields(run, found)
    with found.stage("overlap"):
        _overlap(run, found, epsilon)
    with found.stage("lives"):
        _lives(run, found, epsilon)
    with found.stage("model"):
        _model(run, found)
    provenance = results.attributes | {
        "source": str(path),
        "frames": results.n_frames,
        "frames_with_spots": int(run.has_spots.sum()),
        "reduced_with": version("softspots"),
    }
    return Reduced(results.configuration, provenance, found.axes, found.measured, found.missing)


class _Run:
    """The arrays of a results file that the stages use, and which frames have them."""

    def __init__(self, results: Results):
        self.results, self.configuration = results, results.configuration
        for name in NEEDED:
            if name not in self.configuration:
                raise ValueError(f"{results.path} lacks the parameter {name} of its run")
        self.temperature = self.configuration["temperature"]
        # Earlier versions of the file knew unbroken series only.
        self.interval = self.configuration.get("frame_separation", self.configuration["frame_interval"])
        self.threshold = self.configuration["rearrangement_threshold"]
        written = np.isfinite(results["time"])
        times = results["time"][written]
        self.times = np.zeros(len(written), dtype=int)
        self.times[written] = np.rint((times - times[:1]) / self.interval)
        self.labels, self.d2min = results["soft_spot"], results["d2min"]
        # An integer that was never written reads as a large negative one.
        certified = written & (results["inherent_certified"] == 1)
        self.has_spots = certified & np.isfinite(results["eigenvalue"]).all(axis=1)
        self.has_d2min = written & np.isfinite(self.d2min).all(axis=1)
        self.has_positions = written & np.isfinite(results["position"]).all(axis=(1, 2))
        self.has_both = self.has_spots & self.has_d2min
        self.lags = np.append(0, _up_to(int(LONGEST_LAG * self.times.max(initial=0))))

    @property
    def rearranging(self) -> np.ndarray:
        """Whether each particle rearranges, (F, N)."""
        return self.d2min > self.threshold * self.temperature

    def need_frames(self, which: np.ndarray, least: int, what: str):
        """Raise Missing if there are fewer frames than that."""
        if which.sum() < least:
            raise Missing(f"{which.sum()} frames with {what}; at least {least} are needed")

    def need_unbroken_series(self):
        """Raise Missing if there is time between the frames in which nothing was measured."""
        if self.interval != self.configuration["frame_interval"]:
            raise Missing(f"frames are {self.interval:g} τ apart; lives of soft spots need an unbroken series")


class _Findings:
    """What has been found so far, and why the rest has not been."""

    def __init__(self, progress):
        self.axes, self.measured, self.missing = {}, {}, {}
        self.curves: dict[str, Correlation] = {}
        self.law: Estimate | None = None
        self._progress, self._done, self._share = progress, 0, 0

    @contextlib.contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Count what the stage does not find as missing, with the reason that ends it, and its work as done."""
        total = sum(SHARES.values())
        self._done, self._share = self._done + self._share, SHARES[name] / total
        self._stage = name
        self.advance(0.0)
        with self.attempt(*(key for key, entry in QUANTITIES.items() if entry.stage == name)):
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

    def advance(self, part: float):
        """Report this part of the present stage as done."""
        self._progress(self._stage, self._done + self._share * part)

    def add(self, name: str, value, low=np.nan, high=np.nan):
        """A quantity with its interval."""
        value = np.asarray(value, dtype=float)
        self.measured[name] = Measured(value, *(np.broadcast_to(end, value.shape) for end in (low, high)))

    def estimate(self, name: str, estimate: Estimate, unit: float = 1.0, keep: bool = False):
        """A quantity from an estimate, in units of ``unit``; with ``keep`` its resamples too."""
        low, high = estimate.interval(CONFIDENCE)
        self.measured[name] = Measured(
            np.asarray(estimate.value * unit, dtype=float),
            low * unit,
            high * unit,
            estimate.resampled * unit if keep else None,
            estimate.block,
        )

    def curve(self, name: str, curve: Correlation):
        """A function of the lag."""
        self.curves[name] = curve
        self.estimate(name, curve.estimate, keep=True)

    def number(self, name: str) -> float:
        """The value of a number that has been found, or Missing."""
        if name in self.missing:
            raise Missing(f"{QUANTITIES[name].symbol} is needed, which is not known")
        return float(self.measured[name].value)


def _up_to(last: int) -> np.ndarray:
    """Whole numbers from 1 to ``last``, evenly spaced in the logarithm as far as whole numbers can be."""
    edges = logarithmic_edges(max(last, 1), LAGS_PER_DECADE)
    return np.append(edges[edges < last], last) if last > 0 else edges[:0]


def _vibrations(run, found):
    run.need_frames(run.has_spots, 1, "modes")
    try:
        result = density_of_states(run.results["eigenvalue"][run.has_spots], run.labels.shape[1])
    except ValueError as error:
        raise Missing(str(error)) from None
    found.axes["frequency"] = result.frequencies
    found.estimate("states", result.states)
    found.estimate("modes_below", result.below)
    found.estimate("boson_peak", result.peak)


def _prediction(run, found):
    run.need_frames(run.has_both, 1, "soft spots and D²_min")
    d2min, labels = run.d2min[run.has_both], run.labels[run.has_both]
    ones = np.ones(len(labels))
    density = bootstrap(fraction, (labels >= 0).mean(axis=1), ones)
    found.estimate("density", density)
    found.estimate("spots", bootstrap(fraction, labels.max(axis=1) + 1, ones))
    if density.value == 0:
        raise Missing("no particle is on a soft spot")
    with np.errstate(divide="ignore"):
        found.estimate("bound", density.map(lambda value: 1 / value))
    law = rearrangement_probability(d2min, labels, run.temperature, confidence=CONFIDENCE)
    found.axes |= {"d2min": law.centres, "d2min_edge": law.edges}
    found.add("probability", law.probability, law.low, law.high)
    found.add("particles", law.counts)
    rearranging = run.rearranging[run.has_both]
    if not rearranging.any():
        raise Missing(f"no particle has D²_min > {run.threshold:g} T")
    star = bootstrap(fraction, (rearranging & (labels >= 0)).sum(axis=1), rearranging.sum(axis=1))
    found.estimate("plateau", star)
    ratio = plateau(d2min, labels, run.temperature, run.threshold, CONFIDENCE)
    found.add("ratio", ratio.ratio, ratio.ratio_low, ratio.ratio_high)
    onset = plateau_onset(d2min, labels, run.temperature)
    if not np.isfinite(onset.value):
        raise Missing("P(D²_min) does not level off: too few particles rearrange")
    found.estimate("onset", onset)


def _selection(run, found, most_frames):
    if "inherent_position" not in run.results:
        raise Missing("inherent structures are not in the file, which an earlier version has written")
    run.need_frames(run.has_both, 1, "soft spots and D²_min")
    structures = run.results["inherent_position"]
    usable = np.flatnonzero(run.has_both & np.isfinite(structures).all(axis=(1, 2)))
    if usable.size == 0:
        raise Missing("inherent structures are not in the file")
    chosen = usable[np.unique(np.linspace(0, len(usable) - 1, min(most_frames, len(usable))).astype(int))]
    if not run.rearranging[chosen].any():
        raise Missing(f"no particle has D²_min > {run.threshold:g} T in the {len(chosen)} frames used")
    ranking, configuration = run.results["mode_particle"][chosen], run.configuration
    n_modes = np.linspace(ranking.shape[1] / GRID, ranking.shape[1], GRID)
    n_particles = np.geomspace(2, ranking.shape[2], GRID)
    chosen_grid = [
        np.unique(np.append(np.rint(values).astype(int), configuration[name]))
        for name, values in (("n_modes", n_modes), ("n_particles", n_particles))
    ]
    result = delta_p_star(
        run.d2min[chosen],
        run.results["participation_ratio"][chosen],
        ranking,
        _edges(run, structures, chosen, found),
        run.temperature,
        *chosen_grid,
        run.threshold,
        configuration["min_particles"],
    )
    found.axes |= dict(zip(("n_modes", "n_particles"), chosen_grid, strict=True))
    found.estimate("difference", result.difference)
    found.estimate("largest_difference", result.difference.map(np.max))
    here = tuple(
        int(np.searchsorted(values, configuration[name]))
        for name, values in zip(("n_modes", "n_particles"), chosen_grid, strict=True)
    )
    with np.errstate(invalid="ignore"):
        found.estimate("chosen_difference", result.difference.map(lambda values: values[here] / values.max()))
    for axis, (name, values) in enumerate(zip(("best_modes", "best_particles"), chosen_grid, strict=True)):

        def best(difference, axis=axis, values=values):
            # A resample in which nothing rearranges has none.
            known = np.isfinite(difference).all()
            return float(values[np.unravel_index(difference.argmax(), difference.shape)[axis]]) if known else np.nan

        found.estimate(name, result.difference.map(best))


def _edges(run, structures, chosen, found) -> Iterator[np.ndarray]:
    """What connects particles in the inherent structures, frame by frame."""
    results, configuration = run.results, run.configuration
    sides, tilts, strains = (float(results["length_x"]), float(results["length_y"])), results["tilt"], results["strain"]
    species = results["species"]
    for done, index in enumerate(chosen):
        frame = Frame(structures[index], species, Box(*sides, tilts[index], strains[index]), only_b=True)
        if configuration["connection"] == "delaunay":
            yield delaunay_edges(frame)
        else:
            yield bonds(frame, configuration["bond_length"])
        found.advance((done + 1) / len(chosen))


def _need_lags(run):
    if len(run.lags) < 2:
        raise Missing("fewer than three frames")


def _relaxation(run, found):
    run.need_frames(run.has_positions, 3, "positions")
    _need_lags(run)
    found.axes["lag"] = run.lags * run.interval
    y = run.results["position"][run.has_positions, :, 1]
    y += run.results["image"][run.has_positions, :, 1] * run.results["length_y"]
    curve = self_scattering(y, run.lags, times=run.times[run.has_positions])
    found.curve("scattering", curve)
    beyond = f"F_s is still {curve.value[-1]:.2f} at the longest lag, {found.axes['lag'][-1]:g} τ"
    for name, time in (("tau_star", plateau_end(curve)), ("tau_alpha", relaxation_time(curve))):
        with found.attempt(name):
            if np.isnan(time.value):
                raise Missing("F_s has no plateau, or falls below 1/e within one interval between frames")
            if np.isinf(time.value):
                raise Missing(f"{beyond}; longer data are needed")
            found.estimate(name, time, run.interval, keep=True)


def _fields(run, found):
    run.need_frames(run.has_spots, 3, "soft spots")
    _need_lags(run)
    found.axes["lag"] = run.lags * run.interval
    on_spot, spot_times = (run.labels >= 0)[run.has_spots], run.times[run.has_spots]
    if on_spot.min() == on_spot.max():
        raise Missing("all particles are on soft spots, or none")
    found.curve("c_ss", field_correlation(on_spot, on_spot, run.lags, spot_times, spot_times))
    run.need_frames(run.has_d2min, 3, "D²_min")
    d2min, d2min_times = run.d2min[run.has_d2min], run.times[run.has_d2min]
    found.advance(0.3)
    found.curve("c_dd", field_correlation(d2min, d2min, run.lags, d2min_times, d2min_times))
    found.advance(0.6)
    found.curve("c_sd", field_correlation(on_spot, d2min, run.lags, spot_times, d2min_times))
    found.estimate("c_sd_0", found.curves["c_sd"].estimate.map(lambda values: values[..., 0]))


def _overlap(run, found, given):
    if "c_ss" not in found.curves:
        raise Missing("C_SS is needed, which is not known")
    curve = spot_correlation(run.labels[run.has_spots], run.lags, run.times[run.has_spots])
    found.curve("c_alpha", curve)
    if given is not None:
        found.add("epsilon", given)
        raise Missing("ε is given")
    c_ss = found.curves["c_ss"]
    try:
        first = uncorrelated_from(c_ss)
    except ValueError:
        raise Missing(
            f"C_SS is still {c_ss.value[-1]:.2f} at the longest lag, {run.lags[-1] * run.interval:g} τ: there is no "
            "uncorrelated level; longer data are needed, or an ε that is given (--epsilon)"
        ) from None
    found.add("uncorrelated", first * run.interval)
    found.estimate("epsilon", uncorrelated_level(curve, first))


def _lives(run, found, given):
    run.need_unbroken_series()
    run.need_frames(run.has_both, 3, "soft spots and D²_min")
    epsilon = found.number("epsilon")
    if not 0 < epsilon < 1:
        raise Missing(f"ε is {epsilon:.2g}, which no overlap falls below")
    labels, times = run.labels[run.has_spots], run.times[run.has_spots]
    tracks = track(
        labels, run.rearranging[run.has_spots], epsilon, times, progress=lambda part: found.advance(0.6 * part)
    )
    found.add("followed", len(tracks))
    found.add("censored", tracks.censored)
    if not tracks.dead.any():
        raise Missing("no soft spot dies within the data")
    edges = logarithmic_edges(max(tracks.lifetime.max(), 1))
    at = np.union1d(run.lags, edges)
    alive = survival(tracks, at)
    found.advance(0.8)
    at_lags = alive.map(lambda values: values[np.searchsorted(at, run.lags)])
    found.estimate("alive", at_lags, keep=True)
    found.estimate("constant", fit_constant(found.curves["c_ss"], at_lags))
    with found.attempt("median_lifetime"):
        half = relaxation_time(Correlation(at, np.ones_like(at), alive), 0.5)
        if not np.isfinite(half.value):
            raise Missing("more than half of the soft spots outlive the data")
        found.estimate("median_lifetime", half, run.interval)
    found.axes |= _bins("lifetime", edges, run.interval)
    at_edges = alive.map(lambda values: values[np.searchsorted(at, edges)])
    found.estimate("lifetimes", at_edges.map(lambda values: _falls(values) / np.diff(edges)), 1 / run.interval)
    found.estimate("mean_rearrangements", mean_rearrangements(tracks))
    most = tracks.rearrangements.max()
    # Of P(N_R ≥ n) the differences are the law.
    found.law = survival(tracks, np.arange(most + 2), "rearrangements").map(_falls)
    found.estimate("without_rearrangement", found.law.map(lambda values: values[0]))
    edges = np.unique(np.minimum(logarithmic_edges(max(most, 1)), max(most, 1) + 1))
    found.axes |= _bins("rearrangements", edges, 1)
    found.estimate("budgets", found.law.map(lambda values: _binned_law(values, edges)))


def _falls(alive) -> np.ndarray:
    """By how much a survival falls from place to place; rounding is no fall."""
    falls = -np.diff(alive)
    return np.where(np.abs(falls) < 1e-12, 0.0, falls)


def _bins(name, edges, unit) -> dict:
    """Centres and borders of bins of whole numbers."""
    return {name: np.sqrt(edges[:-1] * (edges[1:] - 1.0)) * unit, f"{name}_edge": edges * unit}


def _binned_law(values, edges):
    sums = np.append(0, np.cumsum(values))
    return np.diff(sums[np.minimum(edges, len(values))]) / np.diff(edges)


def _model(run, found):
    both = run.has_both
    run.need_frames(both, 1, "soft spots and D²_min")
    rearranging = [
        len(np.unique(labels[active & (labels >= 0)]))
        for labels, active in zip(run.labels[both], run.rearranging[both], strict=True)
    ]
    rate = bootstrap(fraction, rearranging, np.ones(both.sum()))
    found.estimate("rate", rate)
    if found.law is None:
        raise Missing("the law of N_R is needed, which is not known")
    if rate.value == 0:
        raise Missing("no soft spot rearranges")
    unknown = 1 - np.nansum(found.law.value)
    if unknown > INCOMPLETE:
        raise Missing(
            f"{100 * unknown:.0f} % of the soft spots take more rearrangements than can be seen in the data; "
            "longer data are needed"
        )
    times, spots = found.axes["lifetime_edge"], found.number("spots")

    def predicted(law):
        # A spot of the model dies of a rearrangement.
        law = np.nan_to_num(law) * (np.arange(len(law)) > 0)
        if law.sum() == 0:
            return np.full(2 * len(times) - 1, np.nan)
        result = predict_lifetimes(times, law / law.sum(), spots, float(rate.value), run.interval)
        return np.concatenate((result.survival, result.density))

    prediction = found.law.map(predicted)
    found.estimate("model_lifetimes", prediction.map(lambda values: values[len(times) :]))
    alive = prediction.map(lambda values: values[: len(times)])
    with found.attempt("model_median"):
        half = relaxation_time(Correlation(times, np.ones(len(times), dtype=int), alive), 0.5)
        if not np.isfinite(half.value):
            raise Missing("the median lies outside the lifetimes that are seen")
        found.estimate("model_median", half)
