"""Frames along a mode."""

import numpy as np
import pytest
from reference import disordered_frame

import softspots as ss


@pytest.fixture
def frame():
    return disordered_frame(seed=2, length_x=11.0, length_y=12.0, tilt=3.4)


def test_a_period_goes_there_and_back(frame, tmp_path):
    vector = np.random.default_rng(1).normal(size=frame.positions.shape)
    frames = ss.vibration(frame, 7 * vector, amplitude=0.2, count=8)
    moved = np.array([one.positions - frame.positions for one in frames])
    assert np.linalg.norm(moved[0], axis=1).max() == pytest.approx(0.2)
    np.testing.assert_allclose(moved[0] / vector, moved[0, 0, 0] / vector[0, 0])
    # Sums of coordinates up to 20 and displacements of 0.2 are rounded.
    np.testing.assert_allclose(moved[2], 0, atol=1e-14)
    np.testing.assert_allclose(moved[4], -moved[0], atol=1e-14)
    np.testing.assert_allclose(moved[1], moved[0] / np.sqrt(2), atol=1e-14)
    assert [one.time for one in frames] == [k / 8 for k in range(8)]
    ss.write(tmp_path / "mode.xyz", frames)
    assert (tmp_path / "mode.xyz").read_text().count("Lattice") == 8


@pytest.mark.parametrize(
    "options, words",
    [
        ({"vector": np.zeros((3, 2))}, r"components of the mode have shape \(3, 2\)"),
        ({"vector": 0}, "no particle moves"),
        ({"amplitude": 0}, "amplitude is 0"),
        ({"count": 0}, "count is 0"),
    ],
)
def test_what_is_no_vibration(frame, options, words):
    given = {"vector": np.ones(frame.positions.shape)} | options
    if np.ndim(given["vector"]) == 0:
        given["vector"] = np.zeros(frame.positions.shape)
    with pytest.raises(ss.InputError, match=words):
        ss.vibration(frame, **given)
