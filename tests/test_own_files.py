"""Files of our own, read as those of others are."""

import numpy as np
import pytest
from frames_in_files import write_trajectory

import softspots as ss
from softspots.io import Trajectory


def test_our_own_files(tmp_path, undisturbed):
    trajectory = write_trajectory(tmp_path / "trajectory.nc")
    for frames, expected in (
        (ss.read(undisturbed / "results.nc"), ss.io.read_results(undisturbed / "results.nc")),
        (ss.read(undisturbed / "trajectory.nc"), Trajectory(undisturbed / "trajectory.nc")),
    ):
        assert frames.notes == () and len(frames) == len(expected)
        for one, other in zip(frames, expected, strict=True):
            assert one.box == other.box and one.time == other.time
            for name in ("positions", "species", "images", "ids"):
                np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)
    named = ss.read(trajectory, types={0: "A", 1: "B"})
    assert set(named[1].species) == {"A", "B"}
    # Its boxes have no history; the first tilt is -5.3, and the next one is as far as a flip away from it.
    assert named[1].box.strain == pytest.approx((5.3 - 12) / 13)


def test_a_trajectory_has_its_frames_in_any_order(trajectory):
    found = Trajectory(trajectory)
    assert [found.frame(index).time for index in (2, 0)] == [4.0, 0.0]
    with pytest.raises(IndexError, match="has 3 frames; got 3"):
        found.frame(3)
