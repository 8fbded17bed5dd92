"""From a results file to what figures and tables need of it: sections III to V of Schoenholz et al. 2014 in one pass.

Each stage measures the quantities that `softspots.io.quantities` lists for it. What the data do not allow is left out,
quantity by quantity, with the reason; only a file that is no results file is an error.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from importlib.metadata import version
from os import PathLike
from types import MappingProxyType

import numpy as np

from softspots.analysis.cautions import without_spots
from softspots.analysis.correlations import field_correlation, self_scattering
from softspots.analysis.findings import Findings, Missing, Run
from softspots.analysis.probability import ratio_at_age
from softspots.analysis.reduce_lives import lives, model
from softspots.analysis.reduce_maps import prediction, selection, vibrations
from softspots.analysis.tracking import spot_correlation, uncorrelated_from, uncorrelated_level
from softspots.curve import Curve, plateau_end, relaxation_time
from softspots.exceptions import InputError
from softspots.io.attributes import CAUTION, CONTENT, SOURCE, is_of_paper, with_trajectory
from softspots.io.content import is_written
from softspots.io.reduced import Reduced
from softspots.io.results import read_results
from softspots.io.seal import checksum_of
from softspots.plasticity.d2min import d2min
from softspots.reasons import NO_IMAGES, NO_PLATEAU, number_of

# A frame of the selection takes 0.03 s for 10,000 particles.
SELECTION_FRAMES = 100
D2MIN_CUTOFF = 2.5  # of the earliest results files, which do not tell
# What depends on how long the time is in which D²_min is measured.
OF_INTERVALS = ("probability", "plateau", "ratio", "onset", "difference", "largest_difference", "chosen_difference")
OF_INTERVALS += ("best_modes", "best_particles")
UNEVEN = "the times over which D²_min is measured are not equal, or not known"


def reduce_run(
    path: str | PathLike[str],
    epsilon: float | None = None,
    selection_frames: int = SELECTION_FRAMES,
    progress: Callable[[str, float], None] = lambda stage, done: None,
    given: Mapping[str, float] = MappingProxyType({}),
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
    given : dict of str to float
        Parameters of the run that the file lacks. Without a temperature and a threshold nothing is known of
        rearrangements.

    Returns
    -------
    Reduced

    Raises
    ------
    MissingFileError, PermissionError, IsADirectoryError
        If there is no such file, or it may not be read.
    DamagedFileError
        If the file is no results file, or is damaged.
    InputError
        If it lacks a parameter of the run.
    """
    results = read_results(path)
    results = replace(results, configuration=results.configuration | dict(given))
    run = Run(results)
    found = Findings(progress)
    with found.stage("vibrations"):
        vibrations(run, found)
    with found.stage("prediction"):
        prediction(run, found)
    with found.stage("selection"):
        selection(run, found, selection_frames)
    with found.stage("relaxation"):
        _relaxation(run, found)
    with found.stage("fields"):
        _fields(run, found)
    with found.stage("overlap"):
        _overlap(run, found, epsilon)
    with found.stage("lives"):
        lives(run, found)
    with found.stage("model"):
        model(run, found)
    if run.times is None and np.count_nonzero(run.has_d2min) > 1:
        found.note(UNEVEN, OF_INTERVALS)
    provenance = with_trajectory(results.attributes) | {
        SOURCE: str(path),
        **({CAUTION: without_spots(results.attributes[CAUTION])} if CAUTION in results.attributes else {}),
        **({} if "run_id" in results.attributes else {CONTENT: checksum_of(path)}),
        "frames": results.n_frames,
        "frames_with_spots": int(run.has_spots.sum()),
        "reduced_with": version("softspots"),
        "wavevector": _wavevector(run),
    }
    return Reduced(
        results.configuration, provenance, found.axes, found.measured, found.missing, dimension=results.dimension
    )


def _wavevector(run) -> float:
    """|q| of F_s, in the inverse unit of lengths: 2π/σ_AA for the paper's mixtures, for others 2π ρ^(1/d)."""
    if is_of_paper(run.configuration):
        return 2 * np.pi
    dimension = run.results.dimension
    volume = np.prod([float(run.results[f"length_{axis}"]) for axis in "xyz"[:dimension]])
    return float(2 * np.pi * (run.labels.shape[1] / volume) ** (1 / dimension))


def _relaxation(run, found):
    run.need_frames(run.has_positions, 3, "positions")
    run.need_lags()
    y, images = (run.results[name][run.has_positions] for name in ("position", "image"))
    if not is_written(images).all():
        raise Missing(NO_IMAGES)
    if run.results.box_changes:
        raise Missing("the box changes in size, and F_s is of one that does not")
    y = y[:, :, 1] + images[:, :, 1] * run.results["length_y"]
    if run.results.dimension == 3:
        # A layer up lies higher by the tilt yz of its lattice vector.
        y += images[:, :, 2] * run.results["tilt_yz"][run.has_positions, None]
    measure_relaxation(
        found, y, run.lags, run.times[run.has_positions], run.interval, _wavevector(run), run.unit_of_time
    )


def measure_relaxation(
    found: Findings,
    y: np.ndarray,
    lags: np.ndarray,
    times: np.ndarray,
    interval: float,
    wavevector: float,
    unit: str = "τ",
) -> None:
    """F_s and its times from unwrapped y (F, N); ``lags`` and ``times`` are in units of ``interval``, in ``unit``."""
    found.axes["lag"] = lags * interval
    curve = self_scattering(y, lags, wavevector, times)
    found.curve("scattering", curve)
    beyond = f"F_s is still {curve.value[-1]:.2f} at the longest lag, {found.axes['lag'][-1]:g} {unit}"
    times = {"tau_star": plateau_end(curve), "tau_alpha": relaxation_time(curve)}
    none = {"tau_star": NO_PLATEAU, "tau_alpha": "F_s falls below 1/e within one interval between frames"}
    for name, time in times.items():
        with found.attempt(name):
            if np.isnan(time.value):
                raise Missing(none[name])
            if np.isinf(time.value):
                raise Missing(f"{beyond}; longer data are needed")
            found.estimate(name, time, interval, keep=True)


def _fields(run, found):
    run.need_frames(run.has_spots, 3, "soft spots")
    run.need_lags()
    found.axes["lag"] = run.lags * run.interval
    on_spot, spot_times = (run.labels >= 0)[run.has_spots], run.times[run.has_spots]
    if on_spot.min() == on_spot.max():
        raise Missing("all particles are on soft spots, or none")
    found.curve("c_ss", field_correlation(on_spot, on_spot, run.lags, spot_times, spot_times))
    # A sum over all particles cannot be told from some of them.
    run.need_frames(run.has_all_d2min, 3, "D²_min of all particles")
    activity, d2min_times = run.d2min[run.has_all_d2min], run.times[run.has_all_d2min]
    if activity.min() == activity.max():
        raise Missing(f"D²_min is {activity.flat[0]:g} everywhere")
    found.advance(0.1)
    found.curve("c_dd", field_correlation(activity, activity, run.lags, d2min_times, d2min_times))
    found.advance(0.3)
    found.curve("c_sd", field_correlation(on_spot, activity, run.lags, spot_times, d2min_times))
    found.advance(0.5)
    found.curve("c_ds", field_correlation(activity, on_spot, run.lags, d2min_times, spot_times))
    found.estimate("c_sd_0", found.curves["c_sd"].map(lambda values: values[..., 0]))
    with found.attempt("ratio_at_age", "map_age"):
        _age(run, found, on_spot, spot_times, d2min_times)
    with found.attempt("c_dd_inherent"):
        inherent, times = _inherent_activity(run, found)
        if len(times) < 3:
            pairs = number_of(len(times), "pair")
            raise Missing(f"{pairs} of inherent structures of frames that follow each other; 3 are needed")
        if inherent.min() == inherent.max():
            raise Missing("inherent structures do not change")
        found.curve("c_dd_inherent", field_correlation(inherent, inherent, run.lags, times, times))


def _age(run, found, on_spot, spot_times, d2min_times):
    """P*/ρ_SS over that of composition alone against the age of the map, and where half of it beyond 1 is lost."""
    run.need_temperature()
    rearranging = run.rearranging[run.has_all_d2min]
    if not rearranging.any():
        raise Missing(f"no particle has D²_min > {run.level}")
    curve = ratio_at_age(on_spot, rearranging, run.lags, spot_times, d2min_times, species=run.results["species"])
    found.curve("ratio_at_age", curve)
    if not curve.value[0] > 1:
        raise Missing("maps know no more than chance")
    age = relaxation_time(Curve.over(curve.x, curve.map(lambda values: (values - 1) / (values[0] - 1))), 0.5)
    if not np.isfinite(age.value):
        raise Missing("maps still know half of it at the longest lag")
    found.estimate("map_age", age, run.interval)


def _inherent_activity(run, found):
    """D²_min between the inherent structures of frames that follow each other, and the times of the first ones.

    Two intervals that follow each other share a thermal frame, whose vibrations count in both; inherent structures have
    none.
    """
    run.need_unbroken_series("D²_min between inherent structures needs")
    structures, structure = run.inherent_structures()
    usable = run.has_spots & np.isfinite(structures).all(axis=(1, 2))
    first = np.flatnonzero(usable[:-1] & usable[1:] & (np.diff(run.times) == 1))
    cutoff = run.configuration.get("d2min_cutoff", D2MIN_CUTOFF)
    activity = []
    for done, index in enumerate(first):
        try:
            activity.append(d2min(structure(index), structure(index + 1), cutoff))
        except InputError as error:
            raise Missing(f"frames {index} and {index + 1}: {error}") from None
        found.advance(0.6 + 0.4 * (done + 1) / len(first))
    known = [index for index, values in zip(first, activity, strict=True) if np.isfinite(values).all()]
    return np.array([values for values in activity if np.isfinite(values).all()]), run.times[known]


def _overlap(run, found, given):
    if "c_ss" not in found.curves:
        raise Missing("C_SS is needed, which is not known")
    curve = spot_correlation(run.labels[run.has_spots], run.lags, run.times[run.has_spots])
    found.curve("c_alpha", curve)
    if given is not None:
        found.add("epsilon", given, note="given")
        raise Missing("ε is given")
    c_ss = found.curves["c_ss"]
    try:
        first = uncorrelated_from(c_ss)
    except InputError:
        raise Missing(
            f"C_SS is still {c_ss.value[-1]:.2f} at the longest lag, {run.lags[-1] * run.interval:g} "
            f"{run.unit_of_time}: there is no uncorrelated level; longer data are needed, or an ε that is given "
            "(--epsilon)"
        ) from None
    found.add("uncorrelated", first * run.interval, note="no interval: by the value of C_SS alone")
    found.estimate("epsilon", uncorrelated_level(curve, first))
