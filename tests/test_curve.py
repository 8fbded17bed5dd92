"""Estimates and curves as values: parts of them, what is derived from them, and what has no resamples."""

import numpy as np
import pytest

import softspots as ss
from softspots.curve import relaxation_time
from softspots.exceptions import InputError

LAGS = np.array([0.0, 1.0, 2.0, 4.0, 8.0])


def decay(undefined=()):
    """A curve with 400 resamples, some of its points undefined in all of them."""
    value = np.exp(-LAGS / 4)
    resampled = value * np.random.default_rng(3).normal(1, 0.02, (400, 1))
    resampled[:, list(undefined)] = np.nan
    return ss.Curve.over(LAGS, ss.Estimate.of(value, resampled, 2), counts=np.arange(5, 0, -1))


def test_a_part_of_a_curve_keeps_its_intervals():
    curve = decay()
    for which in (slice(1, 4), LAGS > 1):
        part = curve[which]
        for name in ("x", "value", "low", "high", "counts"):
            np.testing.assert_array_equal(getattr(part, name), getattr(curve, name)[which])
        np.testing.assert_array_equal(part.resampled, curve.resampled[:, which])
        assert (part.block, part.note) == (curve.block, curve.note)
    bare = ss.Curve(curve.value, curve.low, curve.high, x=LAGS)[:2]
    assert bare.resampled is None and bare.counts is None


def test_what_is_derived_from_a_point_without_an_interval_has_none():
    curve = decay(undefined=[3])
    assert np.isnan(curve.low).tolist() == [False, False, False, True, False]
    assert curve.note == "often undefined when resampled: 100%, at 1 of 5 places"
    # e^(-t/4) falls to a half at 2.77, between 2 and 4, and to 0.7 between 1 and 2.
    assert np.isnan(relaxation_time(curve, 0.5).low)
    found = relaxation_time(curve, 0.7)
    assert found.low < found.value < found.high


def test_without_resamples_nothing_can_be_derived():
    curve = ss.Curve(np.exp(-LAGS), np.exp(-LAGS) - 0.1, np.exp(-LAGS) + 0.1, x=LAGS)
    with pytest.raises(InputError, match=r"Curve\(5 values over 0 to 8\) has no resamples"):
        relaxation_time(curve)


def test_another_level_of_confidence_is_wider():
    curve = decay()
    low, high = curve.percentiles(0.95)
    assert ((low < curve.low) & (curve.low < curve.value) & (curve.value < curve.high) & (curve.high < high)).all()
