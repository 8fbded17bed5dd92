"""What settles the findings of the study and needs raw results: a few numbers of each condition, kept with its data.

``python -m paper.reduce NAME`` measures them all. An experiment gives numbers by name, or the reason why it has none.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from softspots.analysis.bootstrap import bootstrap, fraction
from softspots.analysis.findings import Missing, Run
from softspots.analysis.lifetimes import (
    logarithmic_edges,
    mean_rearrangements,
    seen_rearrangements,
    sums_of_starts,
    survival,
)
from softspots.analysis.selection import delta_p_star
from softspots.analysis.silent import PER_DECADE, Lives, of_lives
from softspots.analysis.tracking import WINDOW, track
from softspots.curve import relaxation_time
from softspots.estimate import Estimate, competing
from softspots.exceptions import SoftspotsError
from softspots.io.reduced import Reduced
from softspots.landscape.modes import hessian, lowest_modes
from softspots.model import Model
from softspots.reasons import PRODUCT_LIMIT, joined, too_many_outlive
from softspots.structure.clusters import label_clusters
from softspots.structure.spots import connect, mode_particles, rank_modes

from .numbers import AS_SEEN

Numbers = dict[str, Estimate]

SMALLEST = (1, 2, 3, 4)  # clusters that are kept inside each mode
MAP_FRAMES, MODE_FRAMES = 50, 20
MODES_PER_PARTICLE, GRID = 0.09, 18  # 900 of 10,000
# Thresholds of D²_min, in T and, as 15 T at T = 0.1, 0.2 and 0.4, in σ_AA².
SCALED, FIXED = (5.0, 10.0, 15.0, 20.0, 30.0), (1.5, 3.0, 6.0)
PUBLISHED_EPSILON = 0.2
STEP = 0.05  # of ε, up and down
COARSE = 20.0  # τ between frames
PRECISE = {"xatol": 1e-6}  # of a part of the spots


def spread_frames(run: Run, most: int) -> np.ndarray:
    """Frames with maps, D²_min and an inherent structure, so many at most, evenly spread."""
    structures, _ = run.inherent_structures()
    usable = np.flatnonzero(run.has_both & np.isfinite(structures).all(axis=(1, 2)))
    if usable.size == 0:
        raise Missing("no frame has soft spots, D²_min and an inherent structure")
    return usable[np.unique(np.linspace(0, len(usable) - 1, min(most, len(usable))).astype(int))]


def inside_modes(run: Run, reduced: Reduced) -> Numbers:
    """ρ_SS and P*/ρ_SS where small clusters are removed inside each mode, before the union, and from the union too."""
    chosen, values = spread_frames(run, MAP_FRAMES), run.configuration
    _, structure = run.inherent_structures()
    on_map, hits = np.zeros((2, len(SMALLEST), len(chosen)))
    for place, index in enumerate(chosen):
        only = np.array([index])
        ratios, ranking = (run.of(name, only)[0] for name in ("participation_ratio", "mode_particle"))
        ranked = ranking[rank_modes(ratios)[: values["n_modes"]], : values["n_particles"]]
        edges = connect(structure(index), values["connection"], values["bond_length"])
        sizes = cluster_sizes(ranked, edges, run.labels.shape[1])
        for which, smallest in enumerate(SMALLEST):
            union = np.zeros(run.labels.shape[1], dtype=bool)
            union[ranked[sizes >= smallest]] = True
            spots = label_clusters(union, edges, values["min_particles"]) >= 0
            on_map[which, place], hits[which, place] = spots.sum(), spots[run.rearranging[index]].sum()
    rearranging, ones = run.rearranging[chosen].sum(axis=1), np.ones(len(chosen))
    found = {}
    for smallest, taken, struck in zip(SMALLEST, on_map / run.labels.shape[1], hits, strict=True):
        found[f"ρ_SS, clusters below {smallest} removed inside each mode"] = bootstrap(fraction, taken, ones)
        found[f"P*/ρ_SS, clusters below {smallest} removed inside each mode"] = bootstrap(
            lambda hits, rearranging, taken, ones: fraction(hits * ones, rearranging * taken),
            struck,
            rearranging,
            taken,
            ones,
        )
    return found


def cluster_sizes(ranked: np.ndarray, edges: np.ndarray, n_all: int) -> np.ndarray:
    """The size of the cluster that each particle of each mode is in, among the particles of that mode, (M, K)."""
    count = ranked.shape[1]
    one, other = np.triu_indices(count, 1)
    low, high = np.sort(np.stack((ranked[:, one], ranked[:, other])), axis=0).astype(np.int64)
    ours, modes = np.sort(edges, axis=1).astype(np.int64), np.arange(len(ranked))[:, None] * count
    joined_pairs = np.isin(low * n_all + high, ours[:, 0] * n_all + ours[:, 1])
    nodes = ((modes + index)[joined_pairs] for index in (one, other))
    graph = coo_array((np.ones(joined_pairs.sum()), tuple(nodes)), shape=(ranked.size, ranked.size))
    _, component = connected_components(graph, directed=False)
    return np.bincount(component)[component].reshape(ranked.shape)


def more_modes(run: Run, reduced: Reduced) -> Numbers:
    """N_m* among many more modes than are kept, and the longest transverse wave: 2π/ω of its share in the modes."""
    chosen, values = spread_frames(run, MODE_FRAMES), run.configuration
    _, structure = run.inherent_structures()
    model, particles = Model.of_run(values), run.labels.shape[1]
    if not run.rearranging[chosen].any():
        raise Missing(f"no particle has D²_min > {run.level} in the frames used")
    count = round(MODES_PER_PARTICLE * particles)
    ratios, ranking, edges, periods = [], [], [], []
    for index in chosen:
        frame = structure(index)
        modes = lowest_modes(hessian(frame, model), count)
        ratios.append(modes.participation_ratio)
        ranking.append(mode_particles(modes.vectors, values["n_particles"]))
        edges.append(connect(frame, values["connection"], values["bond_length"]))
        periods.append(wave_period(frame, modes))
    n_modes = np.unique(np.rint(np.linspace(count / GRID, count, GRID)).astype(int))
    result = delta_p_star(
        run.d2min[chosen],
        ratios,
        ranking,
        edges,
        run.temperature,
        n_modes,
        [values["n_particles"]],
        run.threshold,
        values["min_particles"],
    )

    def best(difference):
        return float(n_modes[difference[:, 0].argmax()]) if np.isfinite(difference).all() else np.nan

    return {
        f"N_m* of {count} modes, N_p = {values['n_particles']}": result.difference.map(
            best, competing(result.difference)
        ),
        f"max ΔP* of {count} modes": result.largest,
        "period of the longest transverse wave": bootstrap(fraction, periods, np.ones(len(chosen))),
    }


def wave_period(frame, modes) -> float:
    """2π/ω in τ, with ω² the mean over the modes by their overlap with the longest wave that moves particles along y.

    F_s is of motion along y. The wave goes along x, and its crests are parallel to the second lattice vector.
    """
    (length, width), tilt = frame.box.lengths[:2], frame.box.tilt
    wavevector = 2 * np.pi * np.array([1 / length, -tilt / (length * width)])
    across = np.array([-wavevector[1], wavevector[0]]) / np.hypot(*wavevector)
    phases = frame.positions @ wavevector
    along = modes.vectors @ across
    weights = (along @ np.cos(phases)) ** 2 + (along @ np.sin(phases)) ** 2
    return float(2 * np.pi / np.sqrt(weights @ modes.eigenvalues / weights.sum()))


def lives(run: Run, epsilon: float, level: float, every: int = 1, **options):
    """Lives of soft spots, in every so many frames, with rearrangements beyond this D²_min."""
    run.need_temperature()
    run.need_frames(run.has_both, 3, "soft spots and D²_min")
    which = np.flatnonzero(run.has_spots)[::every]
    found = track(run.labels[which], run.d2min[which] > level, epsilon, run.times[which] // every, **options)
    if not len(found) or not found.dead.any():
        raise Missing("no soft spot dies within the data")
    return found


def mean_of(tracks, times: int = 1) -> Estimate:
    """The mean of N_R by product limit, or of the lives as far as they are seen where too many outlive the data."""
    reason = too_many_outlive(len(tracks), tracks.censored)
    found = (seen_rearrangements if reason else mean_rearrangements)(tracks)
    note = f"{AS_SEEN}: {reason}" if reason else PRODUCT_LIMIT * bool(tracks.censored)
    value, low, high = (float(one) * times for one in (found.value, found.low, found.high))
    return Estimate(value, low, high, note=joined(note, found.note))


def half_life(tracks, interval: float) -> Estimate:
    """Median lifetime in τ."""
    half = relaxation_time(survival(tracks, np.arange(tracks.lifetime.max() + 2)), 0.5)
    if not np.isfinite(half.value):
        raise Missing("the median lifetime lies outside the data")
    return half.map(lambda value: value * interval)


def thresholds(run: Run, reduced: Reduced) -> Numbers:
    """The mean of N_R with thresholds of D²_min that grow with T, and that do not."""
    run.need_unbroken_series("lives of soft spots need")
    epsilon = epsilon_of(reduced)
    levels = {f"{threshold:g} T": threshold * run.temperature for threshold in SCALED}
    levels |= {f"{level:g}": level for level in FIXED}
    return {f"mean N_R, D²_min > {name}": mean_of(lives(run, epsilon, level)) for name, level in levels.items()}


def other_epsilon(run: Run, reduced: Reduced) -> Numbers:
    """Lives with the published ε, by both windows, and of the deaths in the data alone, as the paper may have them."""
    run.need_unbroken_series("lives of soft spots need")
    level, found = run.threshold * run.temperature, {}
    for epsilon, called in ((epsilon_of(reduced), "ε"), (PUBLISHED_EPSILON, f"ε = {PUBLISHED_EPSILON:g}")):
        for placement in ("forward", "centered"):
            tracks, words = lives(run, epsilon, level, placement=placement), f"{called}, {placement} window"
            found[f"mean N_R, {words}"] = mean_of(tracks)
            found[f"mean N_R of deaths alone, {words}"] = of_deaths(tracks)
            found[f"τ_½, {words}"] = half_life(tracks, run.interval)
    return found


def nearby_epsilon(run: Run, reduced: Reduced) -> Numbers:
    """The mean of N_R with an ε a little smaller and larger: what its error does."""
    run.need_unbroken_series("lives of soft spots need")
    epsilon, level = epsilon_of(reduced), run.threshold * run.temperature
    return {f"mean N_R, {factor:g} ε": mean_of(lives(run, factor * epsilon, level)) for factor in (1 - STEP, 1 + STEP)}


def of_deaths(tracks) -> Estimate:
    """The mean of N_R of the spots that die in the data: below the mean of all, as the longest lives are cut off."""
    sums = (sums_of_starts(tracks, values) for values in (tracks.rearrangements * tracks.dead, tracks.dead))
    return bootstrap(fraction, *sums)


def coarser_frames(run: Run, reduced: Reduced) -> Numbers:
    """Lives in frames that are 20 τ apart, without a moving window, which has less to average over.

    Of an unbroken series one frame in so many is taken, which tells what that changes. Of the rearrangements one in
    so many intervals is seen; the mean of N_R is by as much larger.
    """
    every, between = max(1, round(COARSE / run.interval)), round(COARSE / run.configuration["frame_interval"])
    tracks = lives(run, epsilon_of(reduced), run.threshold * run.temperature, every, window=1)
    words = f"frames {COARSE:g} τ apart"
    return {f"τ_½, {words}": half_life(tracks, every * run.interval), f"mean N_R, {words}": mean_of(tracks, between)}


def fleeting_part(run: Run, reduced: Reduced) -> Numbers:
    """Another model with one parameter more than the paper's: a part of the spots die in the first interval, whatever.

    The other spots are as in mean field, with budgets by their own P(N_R). Beside the gains, in ln of the likelihood of
    the lifetimes over that of the paper's model, are the deaths without a rearrangement in the first interval that the
    part predicts, and those of all ages that are seen.

    A moving window gathers what dies early at the first lag. So the same is measured of lives by single frames, with
    what dies at the first two lags, of those alive.
    """
    run.need_unbroken_series("lives of soft spots need")
    epsilon, level, numbers = epsilon_of(reduced), run.threshold * run.temperature, {}
    for window, words in ((WINDOW, ""), (1, ", frame by frame")):
        found = _fleeting(lives(run, epsilon, level, window=window))
        numbers |= {name + words: number for name, number in found.items()}
    return numbers


def _fleeting(tracks) -> Numbers:
    if not tracks.rearrangements.any():
        raise Missing("no soft spot rearranges")
    fitted = of_lives(tracks, logarithmic_edges(tracks.lifetime.max(), PER_DECADE), fitted_part)
    dying = survival(tracks, np.arange(4)).map(lambda alive: fraction(-np.diff(alive), alive[:-1]))
    names = (
        "part of fleeting spots",
        "Δ ln L/n by fleeting spots",
        "Δ ln L/n by silent deaths",
        "Δ ln L/n by any law",
        "P(N_R = 0) by fleeting spots",
    )
    found = {name: fitted.map(lambda values, place=place: values[place]) for place, name in enumerate(names)}
    found["P(N_R = 0), seen"] = survival(tracks, np.arange(2), "rearrangements").map(lambda alive: 1 - alive[1])
    for lag, called in ((1, "first"), (2, "second")):
        found[f"dies at the {called} lag"] = dying.map(lambda values, lag=lag: values[lag])
    return found


def fitted_part(sample: Lives) -> np.ndarray:
    """The likeliest part of fleeting spots of one sample, what it and others gain, and its deaths without a hit."""
    if not sample.h > 0:
        return np.full(5, np.nan)

    def log_likelihood(part):
        return sample.log_likelihood(with_fleeting(sample, part))

    # No more can be fleeting than die in the first interval.
    most = sample.deaths[0] / sample.struck[0]
    best = minimize_scalar(lambda part: -log_likelihood(part), bounds=(0, most), method="bounded", options=PRECISE)
    model = log_likelihood(0.0)
    part = float(best.x) if -best.fun > model else 0.0
    laws = with_fleeting(sample, part), sample.alive(sample.best_rate()), sample.any_law()
    gains = ((sample.log_likelihood(law) - model) / sample.struck[0] for law in laws)
    return np.array([part, *gains, part * (1 - sample.h)])


def with_fleeting(sample: Lives, part: float) -> np.ndarray:
    """P(τ_L ≥ t) if this part of the spots die in the first interval; these have one hit at most."""
    budgets = sample.budgets(0.0)
    budgets[1:] = np.minimum(budgets[1:] / (1 - part), 1)
    # Rounding may let a survival rise by a digit.
    return np.where(sample.times > 1, 1 - part, 1) * np.minimum.accumulate(sample.hits @ budgets)


def epsilon_of(reduced: Reduced) -> float:
    """ε of the reduced data; `Missing` if that is not known, or no overlap falls below it."""
    if "epsilon" not in reduced:
        raise Missing("ε is needed, which is not known")
    epsilon = float(reduced["epsilon"].value)
    if not 0 < epsilon < 1:
        raise Missing(f"ε is {epsilon:.2g}, which no overlap falls below")
    return epsilon


@dataclass(frozen=True)
class Experiment:
    """A name, and what measures the numbers in a run and its reduced data."""

    name: str
    measure: Callable[[Run, Reduced], Numbers]


EXPERIMENTS = (
    Experiment("small clusters inside each mode", inside_modes),
    Experiment("more modes", more_modes),
    Experiment("thresholds of D²_min", thresholds),
    Experiment("published ε", other_epsilon),
    Experiment("ε nearby", nearby_epsilon),
    Experiment("coarser frames", coarser_frames),
    Experiment("fleeting spots", fleeting_part),
)


def measure(run: Run, reduced: Reduced) -> dict:
    """All numbers, and why those of some experiments are missing, as JSON holds them."""
    numbers, missing = {}, {}
    for one in EXPERIMENTS:
        try:
            found = one.measure(run, reduced)
        except (Missing, SoftspotsError) as reason:
            missing[one.name] = str(reason)
            continue
        for name, estimate in found.items():
            # Six digits are more than errors know.
            value, *ends = (float(f"{float(values):.6g}") for values in (estimate.value, estimate.low, estimate.high))
            ends = [end if np.isfinite(end) else None for end in ends]
            numbers[name] = {"value": value, "interval": ends} | ({"note": estimate.note} if estimate.note else {})
    return {"numbers": numbers, "missing": missing}


def text(found: dict) -> str:
    """As it is kept: a number a line."""
    parts = []
    for key, entries in found.items():
        pairs = ((json.dumps(one, ensure_ascii=False) for one in pair) for pair in entries.items())
        lines = (f"  {name}: {entry}" for name, entry in pairs)
        parts.append(f' "{key}": {{\n' + ",\n".join(lines) + "\n }")
    return "{\n" + ",\n".join(parts) + "\n}\n"
