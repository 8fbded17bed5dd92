"""What a study keeps of the frames that were asked for last, and for how long."""

from dataclasses import replace

import pytest
from reference import disordered_frame

import softspots as ss
from softspots.chain import study as studies

MODEL = ss.Mixture.preset("kob-andersen")
MODES = 10
pytestmark = pytest.mark.filterwarnings("ignore:study. frame 0. the largest soft spot")


@pytest.fixture(scope="module")
def frame():
    return ss.inherent_structure(disordered_frame(seed=5, length_x=11.7, length_y=13.0, tilt=4.1), MODEL).frame


@pytest.fixture
def study(frame, monkeypatch):
    """A study of four frames that has room for the vectors of two, and not of three."""
    monkeypatch.setattr(studies, "KEPT_BYTES", 3 * frame.positions.size * MODES * 8 - 1)
    frames = [replace(frame, time=float(time)) for time in range(4)]
    return ss.study(frames, MODEL, MODES, lag=0, n_modes=5, progress=False)


def test_the_third_frame_takes_the_place_of_the_first(study):
    first, second = study[0], study[1]
    assert study[0] is first and study[1] is second
    third = study[2]
    # The first one was asked for before the second.
    assert study[1] is second and study[2] is third
    assert study[0] is not first


def test_a_frame_that_is_asked_for_again_stays(study):
    first, second = study[0], study[1]
    assert study[0] is first
    third = study[2]
    assert study[0] is first and study[2] is third
    assert study[1] is not second


def test_what_is_only_passed_through_takes_no_place(study):
    """As where a study is saved."""
    first, second = study[0], study[1]
    for index in (2, 3):
        study.values(index, keep=False)
    assert study[0] is first and study[1] is second


def test_one_frame_is_kept_however_large_it_is(study, monkeypatch):
    monkeypatch.setattr(studies, "KEPT_BYTES", 1)
    large = ss.study([study[0].frame, study[1].frame], MODEL, MODES, lag=0, n_modes=5, progress=False)
    first = large[0]
    assert large[0] is first
    second = large[1]
    assert large[1] is second and large[0] is not first
