"""Minima through which a solid in athermal shear has come: how far back they are kept, and found again."""

import numpy as np
import pytest
from reference import disordered_frame

import softspots as ss
from softspots.dynamics.trail import Trail
from softspots.exceptions import PhysicsError

MODEL = ss.Mixture.preset("kob-andersen")
TOLERANCE = 1e-6


@pytest.fixture(scope="module")
def start():
    """A glass in the plane. It has no event before a strain of 0.011, and two before 0.015."""
    return ss.inherent_structure(disordered_frame(seed=5, length_x=11.7, length_y=13.0, tilt=4.1), MODEL).frame


def gone(start, strains, length=1.0, with_events=True):
    """A solid that has gone to all these strains, and its trail; the trail may know nothing of events."""
    solid = ss.AthermalShear(start, MODEL)
    trail = Trail(length)
    trail.add(solid.current.frame, 0.0)
    for state in solid.run(strains):
        for event in state.events if with_events else ():
            trail.add(event.lost, event.last_strain)
            trail.add(event.after, event.strain)
        trail.add(state.frame, state.strain)
    return solid, trail


def assert_same_minimum(one, other):
    assert one.box.strain == pytest.approx(other.box.strain, abs=1e-12)
    # Forces of 1e-10, over the lowest eigenvalue of some 0.1.
    moves = other.box.minimum_image(one.positions - other.positions)
    np.testing.assert_allclose(moves, 0, atol=1e-8)


@pytest.mark.parametrize(
    "strains, way, expected",
    [
        ([0.004, 0.008], 0.003, [0.005]),
        # A minimum that was added is taken as it is.
        ([0.004, 0.008], 0.004, [0.004]),
        # The way counts, whichever way it went: to 0.008 and back.
        ([0.008, 0.006], 0.001, [0.007]),
        ([0.008, 0.006], 0.005, [0.005]),
        # Between two events, and before both.
        ([0.01, 0.015], 0.003, [0.01, 0.012]),
        ([0.01, 0.015], 0.0045, [0.0105]),
    ],
)
def test_what_was_before_is_found_again(start, strains, way, expected):
    solid, trail = gone(start, strains)
    here = solid.current
    found = trail.before(solid, way, TOLERANCE)
    *_, direct = ss.AthermalShear(start, MODEL).run(expected)
    assert_same_minimum(found, direct.frame)
    assert solid.current is here


def test_what_lies_behind_an_event_is_not_taken_for_what_was_before(start):
    """Without the ends of the branches the way from the last minimum that is known goes through an event."""
    solid, trail = gone(start, [0.01, 0.015], with_events=False)
    with pytest.raises(PhysicsError, match=r"^the minimum 0\.001 before is not found again$"):
        trail.before(solid, 0.001, TOLERANCE)
    # Before the first of the events it is.
    trail.before(solid, 0.0045, TOLERANCE)


def test_nothing_is_before_the_path(start):
    solid, trail = gone(start, [0.004])
    assert_same_minimum(trail.before(solid, 0.004, TOLERANCE), start)
    with pytest.raises(PhysicsError, match=r"^the path begins less than 0\.005 before$"):
        trail.before(solid, 0.005, TOLERANCE)


@pytest.mark.parametrize("turn", [10, 4])
def test_minima_are_kept_as_far_back_as_they_are_asked_for(start, turn):
    """Ten steps in binary fractions, the way back too, so that nothing is decided by rounding."""
    trail, step = Trail(2.5 / 256), 1 / 256
    strains = [step * min(number, 2 * turn - number) for number in range(11)]
    for number, strain in enumerate(strains):
        trail.add(start, strain)
        kept = trail.arrays()
        # The last one that is 2.5 steps back or more, and all after it.
        first = max(number - 3, 0)
        np.testing.assert_array_equal(kept["trail_traveled"], step * np.arange(first, number + 1))
        np.testing.assert_array_equal(kept["trail_strain"], strains[first : number + 1])
        assert len(kept["trail_positions"]) == number + 1 - first


def test_a_trail_goes_on_from_its_arrays(start):
    solid, trail = gone(start, [0.002, 0.004, 0.006], length=0.003)
    again = Trail.from_arrays(0.003, trail.arrays())
    for one in (trail, again):
        one.add(solid.go(0.008).frame, 0.008)
    for name, values in trail.arrays().items():
        np.testing.assert_array_equal(again.arrays()[name], values)
    found, other = (one.before(solid, 0.003, TOLERANCE) for one in (trail, again))
    np.testing.assert_array_equal(found.positions, other.positions)
