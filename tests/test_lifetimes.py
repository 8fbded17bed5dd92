"""Survival, rearrangements and their laws, of given lives and of maps whose spots die at a known rate."""

import numpy as np
import pytest
from synthetic import dying_maps

from softspots.analysis.correlations import field_correlation
from softspots.analysis.lifetimes import (
    density,
    fit_constant,
    logarithmic_edges,
    mean_rearrangements,
    rearrangement_law,
    restricted,
    seen_rearrangements,
    survival,
)
from softspots.analysis.tracking import Tracks, track
from softspots.curve import Curve
from softspots.estimate import Estimate

DEATH, BIRTH, RATE = 0.06, 0.02, 0.15


@pytest.fixture(scope="module")
def dying():
    """Labels and rearrangements of 300 frames of 200 groups; a spot lives 17 frames, and rearranges in 15 % of them."""
    random = np.random.default_rng(5)
    labels = dying_maps(random, 300, 200, 5, DEATH, BIRTH)
    groups = random.random((300, 200)) < RATE
    rearranging = np.repeat(groups, 5, axis=1) & (np.arange(1000) % 5 == 2)
    return labels, rearranging


def test_survival_of_spots_that_die_at_a_known_rate(dying):
    tracks = track(*dying, 0.2, window=1)
    lags = np.array([1, 2, 5, 10, 20, 40, 60])
    alive = survival(tracks, lags)
    # One false alarm in 16,000 at four standard errors, and more as the errors are known to a fifth or so.
    assert (np.abs(alive.value - (1 - DEATH) ** (lags - 1))[1:] < 5 * alive.error[1:]).all()
    assert (alive.error < 0.05).all()
    assert (alive.value[0], alive.error[0]) == (1, 0)


def test_survival_is_not_shortened_by_the_end_of_the_data(dying):
    labels, rearranging = (values[:40] for values in dying)
    tracks = track(labels, rearranging, 0.2, window=1)
    assert tracks.censored > 0.38 * len(tracks)
    alive = survival(tracks, [8, 14])
    exact = (1 - DEATH) ** np.array([7, 13])
    # Of 14 too few independent frames know.
    assert np.isfinite(alive.error).tolist() == [True, False]
    assert (np.abs(alive.value - exact) < 5 * alive.error[0]).all()
    # Counting the censored as dead would be wrong by more than that.
    as_dead = np.mean(tracks.lifetime[:, None] >= [8, 14], axis=0)
    assert (exact - as_dead > 2 * np.abs(alive.value - exact)).all()


def test_rearrangements_before_death(dying):
    tracks = track(*dying, 0.2, window=1)
    mean = mean_rearrangements(tracks)
    # A life of 1/death frames on average, less what the end of the data cuts off: dead spots of the last 60 frames have
    # had shorter lives, which takes 5 % off.
    assert mean.value == pytest.approx(RATE / DEATH, abs=5 * mean.error + 0.08 * RATE / DEATH)
    assert mean.error < 0.2 * mean.value
    # To get one more rearrangement a spot must have one before it dies; to go on, it must survive the frame.
    counts = np.arange(8)
    one_more = RATE / (1 - (1 - RATE) * (1 - DEATH))
    exact = np.append(1, one_more * ((1 - DEATH) * one_more) ** (counts[1:] - 1))
    alive = survival(tracks, counts, of="rearrangements")
    assert (np.abs(alive.value - exact) <= 5 * alive.error).all()
    assert (alive.error < 0.05).all()


def test_the_map_decays_as_its_spots_die(dying):
    labels, _ = dying
    lags = np.array([0, 1, 2, 4, 8, 16, 24])
    field = field_correlation(labels >= 0, labels >= 0, lags)
    alive = survival(track(*dying, 0.2, window=1), lags)
    found = fit_constant(field, alive)
    decay, survivors = (1 - DEATH - BIRTH) ** lags[1:], (1 - DEATH) ** (lags[1:] - 1)
    exact = np.sum(decay * survivors) / np.sum(survivors**2)
    assert abs(found.value - exact) < 5 * found.error
    assert found.error < 0.1 * exact
    with pytest.raises(ValueError, match=r"survival at \(2,\)"):
        fit_constant(field, survival(track(*dying, 0.2, window=1), [1, 2]))


# Statistics of given lives


def lives(lifetime, dead, n_frames=None):
    """Tracks that start in frames 0, 1, …"""
    count = len(lifetime)
    lifetime = np.array(lifetime)
    return Tracks(np.arange(count), np.zeros(count, int), lifetime, np.array(dead), 2 * lifetime, n_frames or count)


def test_survival_by_hand():
    # Kaplan and Meier: 5 at risk of dying at 2, two of the remaining 3 at 4, none known to live beyond 7.
    tracks = lives([2, 4, 3, 4, 7], [True, True, False, True, False])
    alive = survival(tracks, [0, 2, 3, 4, 5, 7, 8])
    assert alive.value == pytest.approx([1, 1, 4 / 5, 4 / 5, 4 / 15, 4 / 15, np.nan], rel=1e-12, nan_ok=True)
    assert survival(tracks, [4, 5, 9], of="rearrangements").value == pytest.approx([1, 4 / 5, 4 / 15], rel=1e-12)
    everyone_dies = survival(lives([1, 3], [True, True]), [1, 3, 4])
    assert everyone_dies.value == pytest.approx([1, 0.5, 0], abs=1e-15)
    assert tracks.censored == 2


def test_mean_rearrangements_is_that_of_the_law():
    # By hand: half die at 4 or before, of N_R = 4 and 8; the others are seen to 16 and 18, up to which the mean counts.
    tracks = lives([2, 9, 4, 8], [True, False, True, False])
    assert mean_rearrangements(tracks).value == pytest.approx(4 / 4 + 8 / 4 + 18 / 2, rel=1e-12)
    assert restricted(tracks)
    complete = lives([2, 0, 4, 8], [True, True, True, True])
    assert mean_rearrangements(complete).value == pytest.approx(2 * np.mean([2, 0, 4, 8]), rel=1e-12)
    assert not restricted(complete)
    law = rearrangement_law(tracks).value
    law = rearrangement_law(complete).value
    assert law[:-1] @ np.arange(len(law) - 1) == pytest.approx(mean_rearrangements(complete).value, rel=1e-12)


def test_the_mean_of_unequal_spots_lies_between_what_is_seen_and_the_product_limit():
    """Spots die with time; every other one rearranges twenty times as often as the rest."""
    random = np.random.default_rng(12)
    frames, per_frame, mean_life = 200, 40, 60
    start = np.repeat(np.arange(frames), per_frame)
    rate = np.where(np.arange(len(start)) % 2, 0.02, 0.4)
    life = random.geometric(1 / mean_life, len(start))
    seen = np.minimum(life, frames - start)
    tracks = Tracks(start, np.zeros_like(start), seen, life <= frames - start, random.binomial(seen, rate), frames)
    assert 0.2 < tracks.censored / len(tracks) < 0.35
    below, above = seen_rearrangements(tracks).value, mean_rearrangements(tracks).value
    # The truth to 2 %, two errors of a mean of 8,000 lives; the two sides are off by a tenth and more.
    truth = 0.21 * mean_life
    assert below < 0.9 * truth and above > 1.1 * truth


def test_the_rate_is_that_of_the_events_that_are_counted():
    # Two intervals of life for each rearrangement, whether the spot dies or not.
    tracks = lives([2, 9, 4, 8], [True, False, True, False])
    assert rearrangement_law(tracks).value[-1] == 2


def test_the_end_of_the_law_has_an_interval():
    """800 frames of spots whose mean life is an eighth of the data, as those of a slowly sheared glass."""
    random = np.random.default_rng(8)
    labels = dying_maps(random, 800, 60, 5, 0.01, 0.01)
    tracks = track(labels, np.zeros(labels.shape, bool), 0.2, window=1)
    edges = logarithmic_edges(500)
    edges = edges[edges <= 400]
    found = survival(tracks, edges)
    exact = 0.99 ** (edges - 1.0)
    # From 250 on only the first half of the starts knows it.
    late = edges >= 250
    assert late.sum() >= 1 and np.isfinite(found.value).all()
    assert np.isfinite(found.resampled).all()
    known = np.isfinite(found.error)
    assert known[edges <= 250].all()
    assert (np.abs(found.value - exact)[known] < 4 * found.error[known] + 1e-9).all()


def test_nothing_dies():
    alive = survival(lives([3, 5], [False, False]), [1, 5, 6])
    assert alive.value == pytest.approx([1, 1, np.nan], nan_ok=True)
    assert mean_rearrangements(lives([3, 5], [False, False])).value == 10


def test_density_is_what_dies_in_a_bin():
    edges = logarithmic_edges(40)
    assert edges.tolist() == [1, 2, 3, 4, 6, 10, 16, 25, 40, 63]
    assert logarithmic_edges(1)[-1] > 1
    random = np.random.default_rng(6)
    lifetime = random.geometric(0.1, 300)
    found = density(survival(lives(lifetime, np.ones(300, bool)), edges))
    counts, _ = np.histogram(lifetime, edges - 0.5)
    # Without censoring it is a histogram; rounding.
    assert found.value == pytest.approx(counts / 300 / np.diff(edges), abs=1e-14)


def test_fit_constant_is_least_squares():
    lags = np.array([0, 1, 2, 3])
    alive = np.array([1.0, 0.8, 0.5, np.nan])
    field = np.array([1.0, 0.5, 0.2, 0.1])
    curve = Curve.over(lags, Estimate.of(field, np.tile(field, (7, 1)), 1))
    found = fit_constant(curve, Estimate.of(alive, np.tile(alive, (7, 1)), 3))
    assert found.value == pytest.approx((0.8 * 0.5 + 0.5 * 0.2) / (0.8**2 + 0.5**2), rel=1e-12)
    assert (found.low, found.high) == pytest.approx((found.value, found.value), rel=1e-12)
    with pytest.raises(ValueError, match="no lag in common but 0"):
        fit_constant(curve, Estimate.of(alive * np.nan, np.tile(alive, (7, 1)), 3))
