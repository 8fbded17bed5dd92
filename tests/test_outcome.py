"""What a run remembers of its frames: which are left out, and which one its picture shows."""

import numpy as np
import pytest
from glass import glass

from softspots.commands.chain import Analysis
from softspots.commands.report import Outcome

FRAME, D2MIN, LABELS = glass()


def analysis(times, fault=""):
    """With so many times the activity on soft spots; that of what is on none is the largest, and counts for nothing."""
    activity = np.where(LABELS >= 0, times * D2MIN, 1e3 * D2MIN)
    return Analysis({"soft_spot": LABELS, "d2min": activity}, fault)


@pytest.mark.parametrize(
    "activities, expected",
    [
        ((1.0, 3.0, 2.0), 1),
        ((3.0, 1.0, 2.0), 0),
        ((1.0, 2.0, 3.0), 2),
        # Of those that are alike, as of those without any, the last one.
        ((2.0, 2.0, 1.0), 1),
        ((0.0, 0.0, 0.0), 2),
    ],
)
def test_the_picture_is_of_the_frame_with_the_most_active_soft_spot(activities, expected):
    outcome, given = Outcome({}), [analysis(times) for times in activities]
    for index, one in enumerate(given):
        outcome.add(index, FRAME, one)
    assert outcome.liveliest == (FRAME, given[expected]) and outcome.faults == {}


def test_activity_is_that_of_one_spot():
    """Two spots that are active together are less than one that is so alone."""
    d2min = np.where(LABELS >= 0, 1.0, 0.0)
    sizes = np.bincount(LABELS[LABELS >= 0])
    found = Analysis({"soft_spot": LABELS, "d2min": d2min}, "")
    assert found.activity == sizes.max() < sizes.sum()


def test_faults_are_kept_by_the_number_of_the_frame():
    outcome = Outcome({})
    for index, fault in enumerate(("", "no minimum", "", "no spots")):
        outcome.add(index, FRAME, analysis(1.0, fault))
    assert outcome.faults == {1: "no minimum", 3: "no spots"}
