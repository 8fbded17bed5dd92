"""What maps and the rearrangements that follow them say, of thermal runs and of athermal shear."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from softspots.analysis.bootstrap import bootstrap, fraction
from softspots.analysis.cautions import of_liquid, of_one_spot
from softspots.analysis.findings import Findings, Maps, Missing
from softspots.analysis.probability import plateau, plateau_onset, rearrangement_probability
from softspots.analysis.selection import delta_p_star
from softspots.analysis.vibrations import density_of_states
from softspots.estimate import CONFIDENCE, competing
from softspots.exceptions import InputError
from softspots.reasons import joined, number_of
from softspots.structure.spots import connect

GRID = 12  # values of N_m and of N_p


def vibrations(run: Maps, found: Findings) -> None:
    """D(ω)/ω of the minima, and the boson peak."""
    run.need_frames(run.has_spots, 1, "modes")
    try:
        eigenvalues = run.of("eigenvalue", run.has_spots)
        result = density_of_states(eigenvalues, run.labels.shape[1], run.dimension)
    except InputError as error:
        raise Missing(str(error)) from None
    found.axes["frequency"] = result.states.x
    found.estimate("states", result.states)
    found.estimate("modes_below", result.below)
    if result.peak is None:
        raise Missing(result.no_peak)
    found.estimate("boson_peak", result.peak)


def prediction(run: Maps, found: Findings) -> None:
    """ρ_SS, P(D²_min), P* and their ratio."""
    _density(run, found)
    run.need_frames(run.has_both, 1, "soft spots and D²_min")
    activity, labels = run.d2min[run.has_both], run.labels[run.has_both]
    solids, known, note = run.solids_of(run.has_both), ~np.isnan(activity), run.unknown(run.has_both)
    run.need_temperature()
    law, edges = rearrangement_probability(activity, labels, run.temperature, solids=solids)
    found.axes |= {"d2min": law.x, "d2min_edge": edges}
    found.estimate("probability", law, note=note)
    found.add("particles", law.counts, note=note)
    rearranging = run.rearranging[run.has_both]
    if not rearranging.any():
        raise Missing(f"no particle has D²_min > {run.level}")
    counts = rearranging.sum(axis=1)
    star = bootstrap(fraction, (rearranging & (labels >= 0)).sum(axis=1), counts, solids=solids, weight=counts)
    found.estimate("plateau", star, note=joined(of_liquid(rearranging.sum(), known.sum()), note))
    ratio = plateau(activity, labels, run.temperature, run.threshold, solids).ratio
    found.estimate("ratio", ratio, note=note)
    onset = plateau_onset(activity, labels, run.temperature, solids=solids)
    if not np.isfinite(onset.value):
        raise Missing("P(D²_min) does not level off: too few particles rearrange")
    if np.isnan(onset.low):
        raise Missing(f"where P(D²_min) levels off cannot be told from its noise: {onset.note}")
    # The search begins at the fullest bin.
    begin, end = law.counts.argmax(), np.searchsorted(edges, onset.value)
    if end <= begin:
        raise Missing("P(D²_min) does not rise from its fullest bin on: where it levels off is not seen")
    if onset.low <= edges[begin] or not law.low[end] > law.high[begin]:
        raise Missing("P(D²_min) rises by no more than its noise from its fullest bin to where it seems to level off")
    # The threshold lies within a bin.
    beyond = edges[np.searchsorted(edges, run.threshold).clip(max=len(edges) - 1)]
    late = f"P(D²_min) still rises at the threshold, {run.level}" if onset.low > beyond else ""
    found.estimate("onset", onset, note=joined(late, note))


def _density(run, found):
    """ρ_SS, soft spots and their modes, of particles and frames of known D²_min, or of all, if it is known of none."""
    which = run.has_both if run.has_both.any() else run.has_spots
    run.need_frames(which, 1, "soft spots")
    labels, solids = run.labels[which], run.solids_of(which)
    known, note = np.ones(labels.shape, dtype=bool), ""
    if run.has_both.any():
        known, note = ~np.isnan(run.d2min[which]), run.unknown(which)
    density = bootstrap(fraction, (known & (labels >= 0)).sum(axis=1), known.sum(axis=1), solids=solids)
    found.estimate("density", density, note=note)
    ones, spots = np.ones(len(labels)), labels.max(axis=1) + 1
    found.estimate("spots", bootstrap(fraction, spots, ones, solids=solids), note=of_one_spot(labels))
    ratios = np.sort(run.of("participation_ratio", which), axis=1)[:, : run.configuration["n_modes"]]
    found.estimate("participation_ratio", bootstrap(fraction, ratios.mean(axis=1), ones, solids=solids))
    if density.value == 0:
        raise Missing("no particle is on a soft spot")
    with np.errstate(divide="ignore"):
        found.estimate("bound", density.map(lambda value: 1 / value), note=note)
    found.estimate("spot_size", bootstrap(fraction, (labels >= 0).sum(axis=1), spots, solids=solids))


def selection(run: Maps, found: Findings, most_frames: int) -> None:
    """ΔP* over (N_m, N_p), in so many maps at most, evenly spread."""
    structures, structure = run.inherent_structures()
    run.need_frames(run.has_both, 1, "soft spots and D²_min")
    usable = np.flatnonzero(run.has_both & np.isfinite(structures).all(axis=(1, 2)))
    if usable.size == 0:
        raise Missing("inherent structures are not in the file")
    chosen = usable[np.unique(np.linspace(0, len(usable) - 1, min(most_frames, len(usable))).astype(int))]
    run.need_temperature()
    if not run.rearranging[chosen].any():
        raise Missing(f"no particle has D²_min > {run.level} in the {number_of(len(chosen), run.noun)} used")
    ranking, configuration = run.of("mode_particle", chosen), run.configuration
    # Small systems have fewer modes than the grid has points.
    n_modes = np.linspace(max(1, ranking.shape[1] / GRID), ranking.shape[1], GRID)
    n_particles = np.geomspace(2, ranking.shape[2], GRID)
    chosen_grid = [
        np.unique(np.append(np.rint(values).astype(int), configuration[name]))
        for name, values in (("n_modes", n_modes), ("n_particles", n_particles))
    ]
    result = delta_p_star(
        run.d2min[chosen],
        run.of("participation_ratio", chosen),
        ranking,
        _edges(run, structure, chosen, found),
        run.temperature,
        *chosen_grid,
        run.threshold,
        configuration["min_particles"],
        run.solids_of(chosen),
    )
    found.axes |= dict(zip(("n_modes", "n_particles"), chosen_grid, strict=True))
    note = run.unknown(chosen)
    found.estimate("difference", result.difference, note=note)
    found.estimate("largest_difference", result.largest, note=note)
    with found.attempt("chosen_difference"):
        if not result.largest.value > 0:
            raise Missing("no map of the grid has more of the rearrangements than chance gives it")
        # Resamples of few blocks, which make no interval, spread too little if anything.
        if np.mean(result.largest.resampled > 0) < (1 + CONFIDENCE) / 2:
            raise Missing("max ΔP* cannot be told from zero")
        chosen_map = (configuration[name] for name in ("n_modes", "n_particles"))
        found.estimate("chosen_difference", result.part_of_largest(*chosen_map), note=note)
    for axis, (name, values) in enumerate(zip(("best_modes", "best_particles"), chosen_grid, strict=True)):

        def best(difference, axis=axis, values=values):
            # A resample in which nothing rearranges has none.
            known = np.isfinite(difference).all()
            return float(values[np.unravel_index(difference.argmax(), difference.shape)[axis]]) if known else np.nan

        found.estimate(name, result.difference.map(best, competing(result.difference)), note=note)


def _edges(run, structure, chosen, found) -> Iterator[np.ndarray]:
    """What connects particles in the inherent structures, frame by frame."""
    configuration = run.configuration
    for done, index in enumerate(chosen):
        yield connect(structure(index), configuration["connection"], configuration["bond_length"])
        found.advance((done + 1) / len(chosen))
