"""Correlations, lives and probabilities of any data are those of plain loops, or errors of softspots."""

import numpy as np
import pytest
from budget import TRIED, budget
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from strategies import seeds

from softspots.analysis.bootstrap import bootstrap, fraction
from softspots.analysis.correlations import field_correlation, self_scattering
from softspots.analysis.lifetimes import survival
from softspots.analysis.probability import plateau
from softspots.analysis.tracking import Tracks, spot_correlation, track
from softspots.curve import plateau_end, relaxation_time
from softspots.exceptions import SoftspotsError

pytestmark = pytest.mark.filterwarnings("error")


@st.composite
def series(draw, elements):
    """Fields (F, N), rising times of the frames, and rising lags."""
    frames = draw(st.integers(1, 12))
    field = draw(arrays(float, (frames, draw(st.integers(1, 6))), elements=elements))
    times = sorted(draw(st.sets(st.integers(0, 20), min_size=frames, max_size=frames)))
    lags = sorted(draw(st.sets(st.integers(0, 15), min_size=1, max_size=6)))
    return field, times, lags


def pairs(times, lag):
    """Numbers of later and earlier frames that are a lag apart."""
    return [(times.index(time + lag), start) for start, time in enumerate(times) if time + lag in times]


def check_estimate(found, expected, tolerance):
    """The estimate is as expected, and lies in its interval where there is one."""
    np.testing.assert_allclose(found.value, expected, rtol=0, atol=tolerance)
    low, high = found.low, found.high
    known = ~np.isnan(low)
    value = np.asarray(found.value)[known]
    assert ((low[known] - tolerance <= value) & (value <= high[known] + tolerance)).all()


@budget(60)
@given(series(st.floats(-20, 20)))
def test_scattering_is_that_of_all_pairs(data):
    positions, times, lags = data
    TRIED["API calls"] += 1
    found = self_scattering(positions, lags, 2.0, times)
    expected = [
        np.mean([np.cos(2 * (positions[b] - positions[a])).mean() for b, a in pairs(times, lag)] or np.nan)
        for lag in lags
    ]
    assert found.counts.tolist() == [len(pairs(times, lag)) for lag in lags]
    # Phases of 40 are rounded to 1e-14.
    check_estimate(found, expected, 1e-12)
    for function in (relaxation_time, plateau_end):
        TRIED["API calls"] += 1
        assert not np.isneginf(function(found).value)


@budget(60)
@given(series(st.sampled_from([0.0, 1.0, 0.5, 7.0])), st.booleans())
def test_correlations_of_fields_are_those_of_all_pairs(data, same):
    field, times, lags = data
    other = field if same else field[::-1] ** 2
    TRIED["API calls"] += 1
    try:
        found = field_correlation(field, other, lags, times, times)
    except SoftspotsError:
        assert field.min() == field.max() or other.min() == other.max()
        return
    first, second = ((one - one.mean()) / one.std() for one in (field, other))
    expected = [np.mean([(first[b] * second[a]).mean() for b, a in pairs(times, lag)] or np.nan) for lag in lags]
    check_estimate(found, expected, 1e-12)


@st.composite
def maps(draw):
    """Labels of soft spots (F, N), numbered from 0 in each frame without a gap."""
    shape = draw(st.integers(1, 14)), draw(st.integers(1, 9))
    labels = draw(arrays(int, shape, elements=st.integers(-1, 3)))
    for frame in labels:
        on_spots = frame >= 0
        frame[on_spots] = np.unique(frame[on_spots], return_inverse=True)[1]
    return labels


@budget(60)
@given(maps())
def test_overlaps_of_spots_are_those_of_all_pairs(labels):
    lags = [0, 1, 3]
    TRIED["API calls"] += 1
    frames, particles = labels.shape
    # A spot of all particles has no variance.
    assume(not any((frame == frame[0]).all() and frame[0] >= 0 for frame in labels))
    found = spot_correlation(labels, lags)

    def overlap(one, other):
        deviations = [mask - mask.mean() for mask in (one.astype(float), other.astype(float))]
        return (deviations[0] * deviations[1]).mean() / np.sqrt(np.prod([(part**2).mean() for part in deviations]))

    for place, lag in enumerate(lags):
        values = []
        for start in range(frames - lag):
            for spot in range(labels[start].max() + 1):
                own, later = labels[start] == spot, labels[start + lag]
                common = [later == other for other in range(later.max() + 1) if (own & (later == other)).any()]
                values.append(max([0.0, *(overlap(own, other) for other in common)]))
        expected = np.mean(values) if values else np.nan
        np.testing.assert_allclose(found.value[place], expected, rtol=0, atol=1e-12)


@budget(60)
@given(maps(), seeds(), st.floats(0.01, 0.99), st.integers(1, 6))
def test_lives_end_within_the_data(labels, seed, epsilon, window):
    assume(not any((frame == frame[0]).all() and frame[0] >= 0 for frame in labels))
    rearranging = np.random.default_rng(seed).random(labels.shape) < 0.3
    TRIED["API calls"] += 1
    tracks = track(labels, rearranging, epsilon, window=window)
    assert (tracks.lifetime >= 0).all() and (tracks.start + tracks.lifetime < len(labels)).all()
    assert (tracks.rearrangements >= 0).all() and (tracks.rearrangements <= tracks.lifetime).all()
    if len(tracks):
        check_survival(tracks)


def check_survival(tracks: Tracks):
    """Survival is the product of Kaplan and Meier, by a loop."""
    at = np.arange(5)
    TRIED["API calls"] += 1
    found = survival(tracks, at)
    for place, time in enumerate(at):
        expected = 1.0
        for death in sorted(set(tracks.lifetime[tracks.dead & (tracks.lifetime < time)].tolist())):
            deaths = (tracks.dead & (tracks.lifetime == death)).sum()
            expected *= 1 - deaths / (tracks.lifetime >= death).sum()
        longest = tracks.lifetime.max()
        known = time <= longest or tracks.dead[tracks.lifetime == longest].all()
        np.testing.assert_allclose(found.value[place], expected if known else np.nan, rtol=0, atol=1e-12)


@budget(60)
@given(maps(), seeds(), st.sampled_from([1e-3, 0.1, 1.0]))
def test_the_plateau_is_a_fraction_of_particles(labels, seed, temperature):
    values = np.random.default_rng(seed).lognormal(0, 2, labels.shape)
    TRIED["API calls"] += 1
    try:
        found = plateau(values, labels, temperature, 15.0)
    except SoftspotsError:
        return
    rearranging, on_spots = values > 15 * temperature, labels >= 0
    expected = on_spots[rearranging].mean() if rearranging.any() else np.nan
    np.testing.assert_allclose([found.density, found.probability], [on_spots.mean(), expected], rtol=1e-12)
    assert found.rearranging == rearranging.sum()


@budget(60)
@given(arrays(float, st.tuples(st.integers(1, 30), st.just(2)), elements=st.floats(0, 10)))
def test_an_interval_holds_its_estimate(sums):
    TRIED["API calls"] += 1
    part, whole = np.minimum(*sums.T), sums.max(axis=1)
    found = bootstrap(fraction, part, whole)
    check_estimate(found, part.sum() / whole.sum() if whole.sum() > 0 else np.nan, 1e-12)
