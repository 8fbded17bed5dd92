"""What is said of frames that are not evenly apart in time, have no times, or are one or two."""

import netCDF4
import numpy as np
import pytest
from launch import analyzed
from synthetic import GROUP, INTERVAL, PARTICLES, SPOTS, write_results

from softspots.analysis.reduce import UNEVEN, reduce_run
from softspots.io.attributes import LEFT_OUT
from softspots.io.quantities import QUANTITIES

# What stands on maps alone, and what needs D²_min too.
OF_MAPS = {"density", "spots", "spot_size", "participation_ratio", "bound"}
OF_ACTIVITY = {"probability", "particles", "plateau", "ratio", "onset"}
OF_ACTIVITY |= {"difference", "largest_difference", "chosen_difference", "best_modes", "best_particles"}
OF_MODES = {"states", "modes_below"}


def timeless(path, frames, uneven=True):
    """A results file as `softspots map` writes it of frames whose times do not rise evenly, or of one frame."""
    write_results(path, frames)
    with netCDF4.Dataset(path, "a") as file:
        del file.config_frame_interval
        if uneven:
            file["time"][:] = np.nan
            file.setncattr(LEFT_OUT, "time")
        # Of the last frame it is never known.
        file["d2min"][-1] = np.nan
    return path


def test_what_needs_no_even_times_is_given_and_the_rest_has_a_reason(tmp_path):
    found = reduce_run(timeless(tmp_path / "results.nc", 60), selection_frames=5)
    assert found.measured.keys() - {"boson_peak"} == OF_MAPS | OF_ACTIVITY | OF_MODES
    rest = QUANTITIES.keys() - found.measured.keys() - {"boson_peak"}
    assert found.missing.keys() - {"boson_peak"} == rest
    assert found.missing["scattering"] == found.missing["c_ss"] == "frames have no times that rise evenly"
    assert found.missing["followed"] == "frames have no times that rise evenly"
    assert found.missing["epsilon"] == "C_SS is needed, which is not known"
    # The same frames with times give the same numbers, without the note on what D²_min is over.
    even = reduce_run(write_results(tmp_path / "even.nc", 60), selection_frames=5)
    with netCDF4.Dataset(tmp_path / "even.nc", "a") as file:
        file["d2min"][-1] = np.nan
    even = reduce_run(tmp_path / "even.nc", selection_frames=5)
    for name in found.measured:
        np.testing.assert_array_equal(found[name].value, even[name].value)
        assert (UNEVEN in found[name].note) == (name in OF_ACTIVITY - {"particles"}), name
        assert UNEVEN not in even[name].note


def test_sizes_and_participation_are_those_of_the_maps(tmp_path):
    found = reduce_run(timeless(tmp_path / "results.nc", 20), selection_frames=1)
    assert found["spot_size"].value == GROUP and found["spots"].value == SPOTS
    # The eight lowest of twelve, evenly spaced from 0.01 to 0.5.
    assert found["participation_ratio"].value == pytest.approx(np.linspace(0.01, 0.5, 12)[:8].mean())


def test_a_file_that_does_not_say_how_far_frames_are_apart_says_so(tmp_path):
    found = reduce_run(timeless(tmp_path / "results.nc", 4, uneven=False), selection_frames=1)
    assert found.missing["scattering"] == "the file does not say how far apart frames are"


@pytest.mark.parametrize(("frames", "known"), [(1, OF_MAPS), (2, OF_MAPS | OF_ACTIVITY)])
def test_one_frame_or_two_have_maps(tmp_path, capsys, frames, known):
    path = timeless(tmp_path / "results.nc", frames, uneven=False)
    found = reduce_run(path)
    assert found.measured.keys() >= OF_MAPS | OF_MODES and found.measured.keys() <= known | OF_MODES | {"boson_peak"}
    assert found["density"].value == SPOTS * GROUP / PARTICLES and np.isnan(found["density"].low)
    few = "1 frame with" if frames == 1 else "2 frames with"
    assert found.missing["scattering"] == f"{few} positions; at least 3 are needed"
    assert found.missing["c_ss"] == f"{few} soft spots; at least 3 are needed"
    if frames == 1:
        assert found.missing["ratio"] == "0 frames with soft spots and D²_min; at least 1 is needed"
    else:
        # One interval is as long as itself.
        assert "ratio" in found and UNEVEN not in found["ratio"].note
    status, out, err = analyzed(capsys, path, "--output", tmp_path / "out", "--quiet")
    assert (status, err) == (0, "") and "| ρ_SS" in out and "Not measured:" in out


def test_frames_without_activity_but_even_times_have_what_needs_none(tmp_path):
    path = write_results(tmp_path / "results.nc", 40)
    with netCDF4.Dataset(path, "a") as file:
        # As after a lag of none.
        del file.config_frame_interval
        file.config_frame_separation = INTERVAL
        file["d2min"][:] = np.nan
    found = reduce_run(path)
    assert found.measured.keys() >= OF_MAPS | OF_MODES | {"scattering", "c_ss"}
    assert found.missing["ratio"] == "0 frames with soft spots and D²_min; at least 1 is needed"
    assert found.missing["c_dd"] == "0 frames with D²_min of all particles; at least 3 are needed"
