"""What short, old or odd data do not allow: what is missing then, and the reason."""

import netCDF4
import numpy as np
import pytest
from synthetic import INTERVAL, PARTICLES, write_results

from softspots.analysis.reduce import reduce_run
from softspots.io.quantities import QUANTITIES
from softspots.io.reduced import write_reduced


@pytest.mark.parametrize("frames", [0, 1, 2, 3, 12])
def test_short_data_say_what_is_missing(tmp_path, frames):
    found = reduce_run(write_results(tmp_path / "results.nc", frames))
    assert found.missing.keys() | found.measured.keys() == QUANTITIES.keys()
    assert not found.missing.keys() & found.measured.keys()
    assert ("density" in found) == (frames > 0)
    assert ("c_ss" in found) == (frames > 2)
    assert "epsilon" in found.missing and "lifetimes" in found.missing
    if frames == 12:
        assert "longer data are needed, or an ε" in found.missing["epsilon"]
        assert found.missing["lifetimes"] == "ε is needed, which is not known"
        assert "F_s is still" in found.missing["tau_alpha"]


def test_a_given_epsilon_takes_the_place_of_a_measured_one(tmp_path):
    path = write_results(tmp_path / "results.nc", 24)
    found = reduce_run(path, epsilon=0.3)
    assert found["epsilon"].value == 0.3 and np.isnan(found["epsilon"].low)
    assert found["epsilon"].note == "given"
    assert found.missing["uncorrelated"] == "ε is given"
    assert "alive" in found


def test_a_file_without_inherent_structures_lacks_the_selection_only(tmp_path):
    path = write_results(tmp_path / "results.nc", 12)
    with netCDF4.Dataset(path, "a") as dataset:
        dataset.renameVariable("inherent_position", "other")
        dataset.renameDimension("time", "frame")
        dataset.schema_version = 1
    found = reduce_run(path)
    assert "inherent structures are not in the file" in found.missing["difference"]
    assert "ratio" in found and "scattering" in found


def test_lives_need_an_unbroken_series(tmp_path):
    path = write_results(tmp_path / "results.nc", 24)
    unbroken = reduce_run(path)
    with netCDF4.Dataset(path, "a") as dataset:
        dataset.config_frame_separation = 3 * INTERVAL
        dataset["time"][:] *= 3
    apart = reduce_run(path)
    assert np.array_equal(apart.axes["lag"], 3 * unbroken.axes["lag"])
    for name in ("ratio", "c_ss", "c_alpha"):
        assert np.array_equal(apart[name].value, unbroken[name].value)
    assert apart.missing["lifetimes"] == "frames are 7.5 τ apart; lives of soft spots need an unbroken series"


def test_a_map_everywhere_or_nowhere_has_no_correlations(tmp_path):
    path = write_results(tmp_path / "results.nc", 12)
    with netCDF4.Dataset(path, "a") as dataset:
        dataset["soft_spot"][:] = -1
        dataset["d2min"][:] = 0.01
    found = reduce_run(path)
    assert found["density"].value == 0
    assert found.missing["ratio"] == "no particle is on a soft spot"
    assert found.missing["c_ss"] == "all particles are on soft spots, or none"
    assert "scattering" in found


def test_a_run_without_its_parameters_is_refused(tmp_path):
    path = write_results(tmp_path / "results.nc", 1)
    with netCDF4.Dataset(path, "a") as dataset:
        dataset.delncattr("config_n_modes")
    with pytest.raises(ValueError, match="lacks the parameter n_modes"):
        reduce_run(path)


def test_a_grid_without_a_map_better_than_chance_has_nothing_to_compare_with(tmp_path):
    path = write_results(tmp_path / "results.nc", 2)
    with netCDF4.Dataset(path, "a") as dataset:
        ranked = dataset["mode_particle"][:]
        off = np.setdiff1d(np.arange(PARTICLES), ranked)[:1]
        dataset["d2min"][:] = 0.01
        dataset["d2min"][:, off] = 100.0
    found = reduce_run(path)
    # Empty maps have the largest difference, 0; that of the map itself is below.
    assert found["largest_difference"].value == 0
    assert "no map of the grid" in found.missing["chosen_difference"]
    write_reduced(tmp_path / "reduced.nc", found)


def test_a_part_of_what_cannot_be_told_from_nothing_is_not_given(tmp_path):
    path = write_results(tmp_path / "results.nc", 8)
    with netCDF4.Dataset(path, "a") as dataset:
        # Maps know nothing of what rearranges.
        dataset["d2min"][:] = np.random.default_rng(1).lognormal(-1, 2, dataset["d2min"].shape)
    found = reduce_run(path)
    assert found["largest_difference"].value > 0
    assert found.missing["chosen_difference"] == "max ΔP* cannot be told from zero"
