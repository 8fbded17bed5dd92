"""Reduced data: right numbers in right units, and reasons for what is missing."""

import netCDF4
import numpy as np
import pytest
from synthetic import (
    DEATH,
    FAULTY,
    FRAMES,
    FREQUENCIES,
    GROUP,
    GROUPS,
    INTERVAL,
    PARTICLES,
    REARRANGES,
    SPOTS,
    STEP,
    ends,
    write_results,
)

from softspots.analysis import reduce_maps
from softspots.analysis.correlations import field_correlation
from softspots.analysis.reduce import reduce_run
from softspots.curve import relaxation_time
from softspots.frame import Box, Frame
from softspots.io import read_results
from softspots.io.quantities import AXES, QUANTITIES
from softspots.plasticity.d2min import d2min
from softspots.structure.spots import delaunay_edges, label_clusters, rank_modes

SILENT = [f"silent_{of}" for of in ("rate", "gain", "without", "median", "lifetimes")] + ["possible_gain"]


def within(found, exact, errors=4):
    """Whether a number lies within so many errors of the exact one."""
    return abs(found.value - exact) < errors * (found.high - found.low) / 2


def test_everything_is_found_or_missing(long_reduced):
    # Particles that diffuse have no plateau.
    assert long_reduced.missing == {"tau_star": "no plateau of F_s is resolved"}
    assert long_reduced.measured.keys() | {"tau_star"} == QUANTITIES.keys()
    assert long_reduced.axes.keys() == AXES.keys()
    for name in long_reduced.measured:
        entry = QUANTITIES[name]
        shape = tuple(len(long_reduced.axes[axis]) for axis in entry.axes)
        assert (
            long_reduced[name].value.shape == long_reduced[name].low.shape == long_reduced[name].high.shape == shape
        ), name
    for name in ("d2min", "lifetime", "rearrangements"):
        edges, centres = long_reduced.axes[f"{name}_edge"], long_reduced.axes[name]
        assert ((edges[:-1] <= centres) & (centres < edges[1:])).all()


def test_faulty_frames_count_in_nothing(long_reduced):
    # There are always as many spots, all of one size.
    assert long_reduced["density"].value == pytest.approx(SPOTS * GROUP / PARTICLES)
    assert long_reduced["spots"].value == SPOTS
    assert long_reduced["bound"].value == pytest.approx(PARTICLES / (SPOTS * GROUP))
    assert long_reduced.provenance["frames"] == FRAMES
    assert long_reduced.provenance["frames_with_spots"] == FRAMES - len(FAULTY)


def test_numbers_are_those_that_were_put_in(long_reduced):
    # F_s of a diffusion is exp(-q² s² δt / 2).
    assert within(long_reduced["tau_alpha"], 2 / (2 * np.pi * STEP) ** 2 * INTERVAL)
    # Spots rearrange at this rate, and particles of theirs by chance; those that follow one are of the same place.
    by_chance = 1 - 0.99**GROUP
    expected = SPOTS * (REARRANGES + (1 - REARRANGES) * by_chance)
    # Lives end up to seven intervals early, and some go on at a place that is taken again: intervals without a spot to
    # hit are few, and less than a tenth.
    assert long_reduced["rearrangement_rate"].value == pytest.approx(expected, rel=0.1)
    hits = SPOTS * GROUP * (REARRANGES + (1 - REARRANGES) * 0.01)
    # Lognormal values of this width pass 15 with a probability of 4e-4.
    assert long_reduced["plateau"].value == pytest.approx(hits / (hits + 0.01 * (PARTICLES - SPOTS * GROUP)), rel=0.02)
    assert long_reduced["ratio"].value == pytest.approx(long_reduced["plateau"].value / long_reduced["density"].value)
    # Spots of unrelated maps coincide or do not touch: of a quarter of the places a spot is on a spot again.
    assert within(long_reduced["epsilon"], SPOTS * GROUP / PARTICLES)
    assert long_reduced["c_sd_0"].value == long_reduced["c_sd"].value[0]


def test_times_are_those_of_their_curves(long_reduced):
    found = relaxation_time(long_reduced["scattering"])
    # Resamples of the curve are those that the time was found with.
    np.testing.assert_allclose(ends(found), ends(long_reduced["tau_alpha"]), rtol=1e-12)
    assert (long_reduced["scattering"].x == long_reduced.axes["lag"]).all()


def test_modes_of_frames_without_spots_are_left_out(long_reduced):
    # All frames with modes have the same frequencies, and so has their average.
    places, below = long_reduced.axes["frequency"], long_reduced["modes_below"]
    np.testing.assert_array_equal(below.value, np.searchsorted(FREQUENCIES, places))
    # Rounding of weighted means.
    np.testing.assert_allclose(below.low, below.high, rtol=1e-12)
    assert long_reduced["boson_peak"].value == below.value[long_reduced["states"].value.argmax()]


def test_functions_of_the_lag_are_those_of_the_library(long_results, long_reduced):
    results = read_results(long_results)
    good = np.setdiff1d(np.arange(FRAMES), FAULTY)
    lags = np.rint(long_reduced.axes["lag"] / INTERVAL).astype(int)
    assert lags[0] == 0 and lags[-1] == (FRAMES - 1) // 2
    on_spot, d2min = results["soft_spot"][good] >= 0, results["d2min"]
    for name, x, y, times in (
        ("c_ss", on_spot, on_spot, (good, good)),
        ("c_sd", on_spot, d2min, (good, np.arange(FRAMES))),
        ("c_ds", d2min, on_spot, (np.arange(FRAMES), good)),
        ("c_dd", d2min, d2min, (np.arange(FRAMES), np.arange(FRAMES))),
    ):
        expected = field_correlation(x, y, lags, *times)
        np.testing.assert_array_equal(long_reduced[name].value, expected.value)
        np.testing.assert_array_equal(long_reduced[name].low, expected.low)


def test_activity_between_inherent_structures_is_that_of_frames_that_follow_each_other(long_results, long_reduced):
    results = read_results(long_results)
    structures, tilts, strains = (results[name] for name in ("inherent_position", "tilt", "strain"))
    frames = [
        Frame(positions, results["species"], Box(20, 20, tilt=tilt, strain=strain))
        for positions, tilt, strain in zip(structures, tilts, strains, strict=True)
    ]
    first = [one for one in range(FRAMES - 1) if not {one, one + 1} & set(FAULTY)]
    activity = np.array([d2min(frames[one], frames[one + 1]) for one in first])
    expected = field_correlation(
        activity, activity, np.rint(long_reduced.axes["lag"] / INTERVAL).astype(int), first, first
    )
    np.testing.assert_array_equal(long_reduced["c_dd_inherent"].value, expected.value)


def test_laws_of_lives_are_in_units_of_time(long_reduced):
    # Deaths come at a constant rate, and are seen by the moving window of 8 frames, of which ε is nearly two: about as
    # many early where it looks ahead, half of them less where it is centered. Places that are taken again make lives
    # longer, by no more than half.
    exact = (np.log(2) / DEATH + 3) * INTERVAL
    assert 0.9 * exact < long_reduced["median_lifetime_centered"].value < 1.5 * exact
    assert (
        2 * INTERVAL
        < long_reduced["median_lifetime_centered"].value - long_reduced["median_lifetime"].value
        < 5 * INTERVAL
    )
    edges, law = long_reduced.axes["lifetime_edge"], long_reduced["lifetimes"].value
    known = np.isfinite(law)
    seen = np.sum((law * np.diff(edges))[known])
    assert 0.8 < seen <= 1 + 1e-12
    model = long_reduced["model_lifetimes"].value
    # The model's longest lives lie beyond the data.
    assert 0.8 < np.sum(model * np.diff(edges)) <= 1 + 1e-12
    assert 0.5 * exact < long_reduced["model_median"].value < 1.5 * exact
    counts, budgets = long_reduced.axes["rearrangements_edge"], long_reduced["budgets"].value
    assert np.nansum(budgets * np.diff(counts)) + long_reduced["without_rearrangement"].value == pytest.approx(
        1, abs=0.05
    )
    assert long_reduced["alive"].value[0] == 1


def test_silent_deaths_are_in_units_of_time(long_reduced):
    # Spots die whether they rearrange or not, which budgets could explain as well: at such a rate at most.
    rate, fastest = long_reduced["silent_rate"], -np.log(1 - DEATH) / INTERVAL
    assert 0 < rate.value < fastest and rate.high < fastest
    # Q is made of both rates; hardly a spot is lost before its first hit.
    hit, dies = long_reduced["rearrangement_rate"].value / SPOTS, 1 - np.exp(-rate.value * INTERVAL)
    expected = (1 - hit) * dies / (hit + (1 - hit) * dies)
    assert long_reduced["silent_without"].value == pytest.approx(expected, rel=0.02)
    assert long_reduced["silent_without"].value < long_reduced["without_rearrangement"].value
    assert 0 < long_reduced["silent_gain"].value <= long_reduced["possible_gain"].value
    edges, law = long_reduced.axes["lifetime_edge"], long_reduced["silent_lifetimes"].value
    assert 0.8 < np.sum(law * np.diff(edges)) <= 1 + 1e-12
    assert abs(long_reduced["silent_median"].value - long_reduced["median_lifetime"].value) < INTERVAL


def test_the_age_of_maps_is_in_units_of_time(long_reduced):
    # Spots of one map live on and are born at random places: what a map knows is lost at both rates.
    lost = DEATH * GROUPS / (GROUPS - SPOTS)
    assert within(long_reduced["map_age"], np.log(0.5) / np.log(1 - lost) * INTERVAL)
    assert long_reduced["map_age"].error < 3 * INTERVAL
    # Of any species alike, so that the level of chance is ρ_SS but for its noise.
    assert long_reduced["ratio_at_age"].value[0] == pytest.approx(long_reduced["ratio"].value, rel=0.01)


def test_where_nothing_rearranges_maps_have_no_age_and_spots_no_silent_deaths(tmp_path):
    path = write_results(tmp_path / "results.nc", 40)
    with netCDF4.Dataset(path, "a") as file:
        # Below the threshold of 1.5, and not the same for all.
        file["d2min"][:] = np.clip(file["d2min"][:], 0, 1)
    missing = reduce_run(path).missing
    for name in ("ratio_at_age", "map_age"):
        assert missing[name] == "no particle has D²_min > 15 T", name
    for name in SILENT:
        assert missing[name] == missing["model_median"], name


@pytest.mark.parametrize("everywhere", [0.0, 2.0])
def test_what_needs_differences_in_d2min_is_left_out_where_it_is_the_same_everywhere(tmp_path, everywhere):
    path = write_results(tmp_path / "results.nc", 40)
    with netCDF4.Dataset(path, "a") as file:
        file["d2min"][:] = everywhere
    reduced = reduce_run(path)
    for name in ("c_dd", "c_sd", "c_ds", "ratio_at_age"):
        assert reduced.missing[name] == f"D²_min is {everywhere:g} everywhere", name
    # Either nothing rearranges, or no level can be told from another.
    assert ("plateau" in reduced) == (everywhere > 1.5) and "onset" in reduced.missing
    assert "c_ss" in reduced


def test_of_less_than_one_spot_a_frame_there_is_no_model(tmp_path):
    path = write_results(tmp_path / "results.nc", 60)
    with netCDF4.Dataset(path, "a") as file:
        labels = np.where(file["soft_spot"][:] == 0, 0, -1)
        labels[::3] = -1
        file["soft_spot"][:] = labels
    missing = reduce_run(path).missing
    for name in SILENT:
        assert missing[name] == missing["model_median"], name
    assert "the model is of one or more" in missing["model_median"]


def test_delta_p_star_is_that_of_the_maps(long_results):
    results, few = read_results(long_results), reduce_run(long_results, selection_frames=3)
    chosen = np.setdiff1d(np.arange(FRAMES), FAULTY)[[0, (FRAMES - len(FAULTY) - 1) // 2, -1]]
    active = results["d2min"][chosen] > 15 * 0.1
    maps = []
    for index in chosen:
        frame = Frame(results["inherent_position"][index], results["species"], Box(20, 20, tilt=results["tilt"][index]))
        on_map = np.zeros(PARTICLES, dtype=bool)
        on_map[results["mode_particle"][index][rank_modes(results["participation_ratio"][index])[:8], :4]] = True
        maps.append(label_clusters(on_map, delaunay_edges(frame)) >= 0)
    maps = np.array(maps)
    place = np.ix_(few.axes["n_modes"] == 8, few.axes["n_particles"] == 4)
    # Sums of whole numbers, divided.
    assert few["difference"].value[place].item() == pytest.approx(maps[active].mean() - maps.mean(), rel=1e-12)
    # Less what chance makes it larger.
    # Three frames say little of how much that is.
    assert few["largest_difference"].value == pytest.approx(few["difference"].value.max(), rel=0.1)
    chosen = few["difference"].value[place].item() / few["largest_difference"].value
    assert few["chosen_difference"].value == pytest.approx(chosen, rel=1e-12)
    for name in ("difference", "largest_difference", "chosen_difference"):
        assert np.isnan(few[name].low).all() and few[name].note == "too few independent blocks: 3"
    best = few["best_modes"].value, few["best_particles"].value
    at_best = few["difference"].value[few.axes["n_modes"] == best[0], few.axes["n_particles"] == best[1]]
    assert at_best == few["difference"].value.max()


def test_fewer_modes_than_points_of_the_grid(long_results, monkeypatch):
    monkeypatch.setattr(reduce_maps, "GRID", 30)
    reduced = reduce_run(long_results, selection_frames=2)
    assert reduced.axes["n_modes"].tolist() == [*range(1, 13)] and "difference" in reduced


def test_progress_rises_to_the_end(tmp_path):
    told = []
    reduce_run(write_results(tmp_path / "results.nc", 20), progress=lambda stage, part: told.append((stage, part)))
    parts = [part for _, part in told]
    assert parts == sorted(parts) and parts[0] == 0 and parts[-1] == pytest.approx(1)
    assert {stage for stage, _ in told} == {entry.stage for entry in QUANTITIES.values()}


def test_inherent_structures_too_far_apart_to_follow_lack_their_activity_only(tmp_path):
    write_results(tmp_path / "results.nc", 6)
    with netCDF4.Dataset(tmp_path / "results.nc", "a") as file:
        # In another order, as particles of a liquid are after a long time.
        file["inherent_position"][3] = np.random.default_rng(1).permutation(file["inherent_position"][3])
    found = reduce_run(tmp_path / "results.nc")
    assert "frames 2 and 3: d2min: " in found.missing["c_dd_inherent"]
    assert "c_sd" in found


def test_no_interval_excludes_its_number(long_reduced):
    for name, found in long_reduced.measured.items():
        known = np.isfinite(found.value) & ~np.isnan(found.low)
        assert ((found.low <= found.value) & (found.value <= found.high))[known].all(), name
        if not known.any() and np.isfinite(found.value).any():
            assert found.note or name in ("followed", "censored", "particles", "uncorrelated"), name


def test_two_frames_have_numbers_but_no_intervals(tmp_path):
    found = reduce_run(write_results(tmp_path / "results.nc", 2))
    assert "density" in found
    for name, one in found.measured.items():
        assert np.isnan(one.low).all(), name
    assert found["density"].note == "too few independent blocks: 2"
