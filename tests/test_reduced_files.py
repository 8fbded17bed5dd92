"""Files of reduced data: what is in them comes back, and those of an earlier version are put right."""

from dataclasses import replace

import netCDF4
import numpy as np
import pytest
from synthetic import FAULTY, FRAMES, ends, write_results

from softspots.analysis.reduce import reduce_run
from softspots.estimate import Estimate
from softspots.exceptions import UnknownNameError
from softspots.io.quantities import QUANTITIES
from softspots.io.reduced import Reduced, is_reduced, read_reduced, write_reduced


def test_reduced_data_round_trip(tmp_path, long_reduced):
    path = tmp_path / "reduced.nc"
    write_reduced(path, long_reduced)
    # Of each of eight curves 400 resamples are kept.
    assert path.stat().st_size < 500_000
    assert is_reduced(path)
    back = read_reduced(path)
    assert back.configuration == long_reduced.configuration
    assert back.provenance == long_reduced.provenance
    assert back.missing == long_reduced.missing
    for name, values in long_reduced.axes.items():
        np.testing.assert_array_equal(back.axes[name], values)
    for name, found in long_reduced.measured.items():
        for one, two in zip(ends(back[name]), ends(found), strict=True):
            np.testing.assert_array_equal(one, two)
        assert back[name].block == found.block
        assert back[name].note == found.note
        assert (back[name].resampled is None) == (found.resampled is None)
        if found.resampled is not None:
            # Eleven binary digits are kept, rounded: half a unit in the last place is 2^-12.
            np.testing.assert_allclose(back[name].resampled, found.resampled, rtol=2.5e-4)


def test_infinite_resamples_are_kept(tmp_path):
    # A relaxation that outlives some of the resamples; others have none.
    resampled = np.array([1.5, np.inf, np.nan, 2.0])
    found = Estimate(np.array(1.5), np.array(1.0), np.array(np.inf), resampled, 3)
    write_reduced(tmp_path / "reduced.nc", Reduced({"temperature": 0.1}, {}, measured={"tau_alpha": found}))
    back = read_reduced(tmp_path / "reduced.nc")["tau_alpha"]
    np.testing.assert_array_equal(back.resampled, resampled)
    assert back.high == np.inf


def test_what_is_missing_is_kept(tmp_path):
    found = reduce_run(write_results(tmp_path / "results.nc", 2))
    write_reduced(tmp_path / "reduced.nc", found)
    back = read_reduced(tmp_path / "reduced.nc")
    assert back.missing == found.missing
    assert {*back} == found.measured.keys() and not {*back} & back.missing.keys()
    for name, reason in back.missing.items():
        with pytest.raises(UnknownNameError) as error:
            back[name]
        assert str(error.value) == f"{name} is missing: {reason}"
    with pytest.raises(UnknownNameError, match=f"^there is no quantity 'P'; there are: {', '.join(back)}$"):
        back["P"]


def test_other_files_are_no_reduced_data(long_results):
    assert not is_reduced(long_results)
    with pytest.raises(ValueError, match="reduced_version is None"):
        read_reduced(long_results)


def test_reduced_data_are_plain_in_xarray(tmp_path, long_reduced):
    xarray = pytest.importorskip("xarray")
    write_reduced(tmp_path / "reduced.nc", long_reduced)
    with xarray.open_dataset(tmp_path / "reduced.nc") as dataset:
        assert dataset["c_ss"].dims == ("lag",)
        assert dataset["difference"].dims == ("n_modes", "n_particles")
        assert dataset["c_ss_resampled"].dims == ("resample", "lag")
        assert dataset["lag"].attrs["units"] == "tau"
        assert dataset.attrs["config_temperature"] == 0.1


def test_an_earlier_version_is_put_right(tmp_path, long_reduced):
    path = tmp_path / "reduced.nc"
    write_reduced(path, long_reduced)
    with netCDF4.Dataset(path, "a") as dataset:
        dataset.reduced_version = 1
        for name, value in (("", 0.896), ("_low", 0.754), ("_high", 0.888)):
            dataset["chosen_difference" + name][...] = value
        for end, below in (("_low", 2), ("_high", 1)):
            dataset["density" + end][...] = dataset["density"][...] - below
    back = read_reduced(path)
    # The middle of the interval is 0.075 below the value, and so is the value.
    part = back["chosen_difference"]
    assert [part.low, part.value, part.high] == pytest.approx([0.904, 0.971, 1.038], abs=1e-12)
    assert back["density"].high == back["density"].value
    assert "any largest value was taken for a peak" in back.missing["boson_peak"]
    assert "other events" in back.missing["model_median"] and "other events" in back.missing["model_lifetimes"]
    assert not {"model_median", "model_lifetimes"} & back.measured.keys()
    # It is from blocks of a fifth of the data, as the lifetimes are.
    assert back["median_lifetime"].note.startswith("by a centered window")
    assert back["lifetimes"].note.startswith("by a centered window")
    assert back["median_lifetime_centered"].value == back["median_lifetime"].value
    # The law is binned, with a mean that lies somewhere in each bin.
    assert back["mean_rearrangements"].value == pytest.approx(long_reduced["mean_rearrangements"].value, rel=0.05)
    assert back.measured.keys() | back.missing.keys() == QUANTITIES.keys()


def test_blocks_of_an_earlier_version_that_are_a_fifth_of_the_data_give_no_interval(tmp_path, long_reduced):
    path = tmp_path / "reduced.nc"
    write_reduced(path, long_reduced)
    used = FRAMES - len(FAULTY)
    # As long as they can be, a fifth; nearly; and a seventh. Of F_s all frames count.
    longest = {"spots": used // 5, "c_ss": used // 6 + 1, "scattering": FRAMES // 6 + 1, "density": used // 7}
    with netCDF4.Dataset(path, "a") as dataset:
        dataset.reduced_version = 1
        for name, block in longest.items():
            dataset[name].block = block
    back = read_reduced(path)
    for name in ("spots", "c_ss", "scattering"):
        assert np.isfinite(long_reduced[name].low).any()
        assert np.isnan(back[name].low).all() and np.isnan(back[name].high).all()
        assert np.array_equal(back[name].value, long_reduced[name].value)
        assert back[name].note.endswith("too few independent blocks: 5 or less, by an earlier version")
    assert np.isnan([back["c_ss"].low, back["c_ss"].high]).all()
    assert back["density"].low == long_reduced["density"].low and back["density"].note == long_reduced["density"].note


def test_a_plateau_of_an_earlier_version_is_looked_for_again(tmp_path, long_reduced):
    path = tmp_path / "reduced.nc"
    straight = 0.9 - 0.05 * np.log(np.maximum(long_reduced.axes["lag"], 1.0))
    found = Estimate(straight, straight, straight, np.tile(straight, (400, 1)), 1)
    one = Estimate(np.array(3.0), np.array(2.0), np.array(4.0), np.full(400, 3.0), 1)
    measured = long_reduced.measured | {"scattering": found, "tau_star": one}
    write_reduced(path, replace(long_reduced, measured=measured, missing={}))
    with netCDF4.Dataset(path, "a") as dataset:
        dataset.reduced_version = 1
    back = read_reduced(path)
    assert "tau_star" not in back
    assert back.missing["tau_star"] == "no plateau of F_s is resolved"
