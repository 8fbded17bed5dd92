"""When a number agrees, when it does not, and when the data say too little."""

from math import inf, nan

import pytest

from .verdicts import AGREES, DISAGREES, UNDECIDED, Direction, Number, Place, Range, outcome

TWO = Range(1.5, 2.5, "one digit")
FALLS = Range(-inf, 1, "a trend")
QUESTION = Direction("less", "more", 0.5, "a trend")


@pytest.mark.parametrize(
    ("accepted", "value", "error", "verdict"),
    [
        (TWO, 2.1, 0.1, AGREES),
        # Outside by less than one error, and by less than three.
        (TWO, 2.55, 0.1, AGREES),
        (TWO, 2.75, 0.1, UNDECIDED),
        # Far outside, but the reach of a large error touches the range.
        (Range(10, 20, "a factor"), 5.5, 1.51, UNDECIDED),
        (TWO, 2.85, 0.1, DISAGREES),
        (TWO, 1.15, 0.1, DISAGREES),
        # As wide as the range: it could hardly have disagreed.
        (TWO, 2.0, 0.2, UNDECIDED),
        (TWO, 2.0, nan, UNDECIDED),
        (TWO, 2.0, inf, UNDECIDED),
        (FALLS, 0.8, 0.05, AGREES),
        (FALLS, 0.8, 0.1, UNDECIDED),
        (FALLS, 1.2, 0.1, UNDECIDED),
        (FALLS, 1.2, 0.05, DISAGREES),
        # By chance above what it can be at most: the range has no upper end.
        (Range(0.9, inf, "a tenth at the most"), 1.014, 0.014, AGREES),
        (QUESTION, 0.8, 0.05, "less"),
        (QUESTION, 1.2, 0.05, "more"),
        (QUESTION, 1.1, 0.05, "the same"),
        (QUESTION, 1.1, 0.1, UNDECIDED),
        (QUESTION, 1.1, nan, UNDECIDED),
    ],
)
def test_verdict(accepted, value, error, verdict):
    assert accepted.verdict(Number.with_error(value, error)) == verdict


@pytest.mark.parametrize(
    ("value", "low", "high", "verdict"),
    [
        (430, 430, 472, AGREES),
        (430, 388, 472, AGREES),
        (430, 430, 430, AGREES),
        (430, 388, 514, UNDECIDED),
        (500, 430, 500, UNDECIDED),
        (514, 514, 514, DISAGREES),
        # Less than three times the width of its interval away.
        (514, 472, 556, UNDECIDED),
        (430, nan, nan, UNDECIDED),
    ],
)
def test_a_place_on_a_grid_agrees_by_its_interval(value, low, high, verdict):
    assert Place(388, 472, "a step of the grid").verdict(Number(value, low, high)) == verdict


def test_each_side_has_its_own_error():
    # Far below, but the upper end of the interval is far away too.
    assert TWO.verdict(Number(1.0, 0.99, 1.4)) == UNDECIDED
    assert TWO.verdict(Number(1.0, 0.7, 1.01)) == DISAGREES


@pytest.mark.parametrize(
    ("verdict", "explained", "stale", "expected"),
    [
        (AGREES, False, False, "passed"),
        ("less", False, False, "passed"),
        (AGREES, True, False, "failed"),
        (UNDECIDED, False, False, "skipped"),
        (UNDECIDED, True, False, "skipped"),
        (DISAGREES, True, False, "xfailed"),
        (DISAGREES, False, False, "failed"),
        # Of stale data nothing agrees, but they can still disagree.
        (AGREES, False, True, "xfailed"),
        (UNDECIDED, False, True, "xfailed"),
        (DISAGREES, True, True, "xfailed"),
        (DISAGREES, False, True, "failed"),
    ],
)
def test_stale_data_can_disagree_but_not_agree(verdict, explained, stale, expected):
    assert outcome(verdict, explained, stale) == expected
