"""Mean field with silent deaths: made-up lives, counted as `track` counts them, whose rates are known."""

from types import SimpleNamespace

import numpy as np
import pytest

from softspots.analysis.findings import Findings
from softspots.analysis.lifetimes import logarithmic_edges, rearrangement_law
from softspots.analysis.meanfield import lifetime_survival
from softspots.analysis.reduce_lives import with_silent_deaths
from softspots.analysis.silent import MOST, fit_silent
from softspots.analysis.tracking import Tracks, track

FRAMES, SPOTS = 50, 20
# A power law with a tail cut off, as the measured ones are.
LAW = np.append(0, np.arange(1.0, 31) ** -1.5 * np.exp(-np.arange(1, 31) / 12))
LAW /= LAW.sum()
PLACES, SIZE = 12, 3  # of a spot, one after the other, and particles of one


def tracks(hit, silent=0.0, end=None, seed=1, law=LAW, frames=FRAMES, spots=SPOTS):
    """Spots that are hit with a probability in each interval, spend budgets, and die silently at any time, at a rate.

    The data end, for each spot, after 1 to ``end`` intervals.
    """
    random, count = np.random.default_rng(seed), frames * spots
    budgets = random.choice(len(law), count, p=law)
    # A silent death is seen in the first whole interval after it.
    deaths = np.ceil(random.exponential(1 / silent, count)).astype(int) if silent else np.full(count, 2**40)
    times = np.cumsum(random.geometric(hit, (count, len(law))), axis=1)
    life = np.minimum(times[np.arange(count), budgets - 1], deaths)
    last = random.integers(1, end, count, endpoint=True) if end else life
    dead, life = life <= last, np.minimum(life, last)
    hits = np.sum((times <= life[:, None]) & (np.arange(len(law)) < budgets[:, None]), axis=1)
    start, spot = np.divmod(np.arange(count), spots)
    return Tracks(start, spot, life, dead, hits, frames)


def tracked(hit, silent, law, frames=300, spots=10, seed=1):
    """The same from labels: spots whose successors appear on other particles in the frame after they die."""
    random = np.random.default_rng(seed)
    labels = np.full((frames, spots, PLACES, SIZE), -1)
    hits = random.random((frames, spots)) < hit
    place, budget = np.zeros(spots, dtype=int), random.choice(len(law), spots, p=law)
    for frame in range(frames):
        labels[frame, np.arange(spots), place] = np.arange(spots)[:, None]
        budget -= hits[frame]
        dies = (budget == 0) | (random.random(spots) < -np.expm1(-silent))
        place = np.where(dies, (place + 1) % PLACES, place)
        budget = np.where(dies, random.choice(len(law), spots, p=law), budget)
    rearranging = np.broadcast_to(hits[:, :, None, None], labels.shape)
    # ε below an eighth: a window with one frame of the spot is above it.
    return track(labels.reshape(frames, -1), rearranging.reshape(frames, -1), 0.1)


def fitted(lives):
    return fit_silent(lives, logarithmic_edges(lives.lifetime.max()))


def first(hit, silent):
    """Q, as a sum over the intervals in which the first hit can be."""
    before = np.arange(5000)
    return np.sum(hit * ((1 - hit) * np.exp(-silent)) ** before)


@pytest.mark.parametrize("end", [None, 4])
@pytest.mark.parametrize(("hit", "silent"), [(0.1, 0.3), (0.3, 0.3), (0.1, 0.6), (0.3, 0.6)])
def test_a_rate_of_silent_deaths_is_found(hit, silent, end):
    lives = tracks(hit, silent, end, frames=100)
    found = fitted(lives)
    # Of 2,000 lives the error is near 4 %.
    assert found.rate.value == pytest.approx(silent, rel=0.12) and found.rate.error < 0.06 * silent
    assert abs(found.rate.value - silent) < 3 * found.rate.error
    # What is predicted, from lifetimes alone, is seen; two of its errors.
    seen = np.mean(lives.dead & (lives.rearrangements == 0))
    assert found.unrearranged.value == pytest.approx(seen, abs=0.03)
    if not end:
        assert found.unrearranged.value == pytest.approx(1 - first(hit, silent), abs=0.03)
    # Nearly all that a law can do, but for the noise of the bins.
    assert 0.9 * found.possible.value < found.gain.value <= found.possible.value
    assert found.gain.low > 0


def test_intervals_hold_the_rate_as_often_as_they_say():
    rates = [fitted(tracks(0.3, 0.6, seed=seed, frames=100)).rate for seed in range(16)]
    # 11 are expected, give or take 1.9: no more than two and a half of these less.
    assert 6 <= sum(rate.low <= 0.6 <= rate.high for rate in rates) < 16
    # Nor is their mean off by more than three of its errors.
    assert abs(np.mean([rate.value for rate in rates]) - 0.6) < 3 * np.mean([rate.error for rate in rates]) / 16**0.5


@pytest.mark.parametrize(("hit", "silent", "end"), [(0.27, 0.0173, 100), (0.27, 0.0173, 30), (0.1, 0.02, 100)])
def test_lives_that_are_cut_off_do_not_lower_the_rate(hit, silent, end):
    # A fifth to a half are lost, many within a bin of lifetimes. Budgets to 100 hits, as measured ones are.
    n = np.arange(1.0, 101)
    law = np.append(0, n**-0.7 * np.exp(-n / 25))
    lives = [tracks(hit, silent, end, seed, law / law.sum(), 8, 1600) for seed in range(6)]
    assert np.mean([one.dead for one in lives]) < 0.85
    rates = [fitted(one).rate.value for one in lives]
    error = np.std(rates, ddof=1) / len(rates) ** 0.5
    # A fifth of λ is what went missing where deaths were in wide bins.
    assert abs(np.mean(rates) - silent) < 3 * error < 0.2 * silent


@pytest.mark.parametrize(("hit", "silent"), [(0.1, 0.3), (0.3, 0.6)])
def test_it_is_found_in_the_lives_that_are_tracked(hit, silent):
    lives = tracked(hit, silent, np.append(0, np.ones(8) / 8))
    found = fitted(lives)
    assert found.rate.value == pytest.approx(silent, rel=0.12)
    assert abs(found.rate.value - silent) < 3 * found.rate.error
    seen = np.mean(lives.dead & (lives.rearrangements == 0))
    assert found.unrearranged.value == pytest.approx(seen, abs=0.03)


@pytest.mark.parametrize("end", [None, 20])
def test_lives_of_the_model_have_no_silent_deaths(end):
    found = [fitted(tracks(0.1, 0, end, seed=k)) for k in range(6)]
    # λ is not below 0: it is 0 in half of the samples, and its interval begins there in five of six.
    assert sum(one.rate.low == 0 for one in found) >= 4
    # A fifth of h; and what one parameter gains of the noise, a χ² over twice the 1,000 lives, up to two errors.
    assert max(one.rate.value for one in found) < 0.02
    assert max(one.gain.value for one in found) < 2e-3


def test_without_silent_deaths_it_is_the_model_of_the_paper():
    # With 1/h spots and one hit a step, a step is an interval.
    lives = tracks(0.1, seed=2)
    found, edges = fitted(lives), logarithmic_edges(lives.lifetime.max())
    assert found.rate.value == found.gain.value == found.unrearranged.value == 0
    law = rearrangement_law(lives).value
    # Sums of some tens of terms, in another order.
    expected = lifetime_survival(edges, law[:-1], 1 / law[-1])
    np.testing.assert_allclose(found.alive.value, expected, rtol=0, atol=1e-12)


def reduced(lives, *names):
    """What a reduction says of these quantities of the lives."""
    found, edges = Findings(lambda stage, done: None), logarithmic_edges(lives.lifetime.max())
    found.tracks = lives
    with found.attempt(*names):
        with_silent_deaths(SimpleNamespace(interval=2.5), found, edges * 2.5)
    return found


def missing(lives, *names):
    """Why a reduction does not have these quantities of the lives."""
    found = reduced(lives, *names)
    assert set(found.missing) >= set(names)
    return [found.missing[name] for name in names]


def test_a_rate_of_nothing_in_all_resamples_has_no_interval():
    # Six hits and no more, one in two intervals: nobody dies earlier.
    found = reduced(tracks(0.5, law=np.eye(7)[6], frames=20, spots=100), "silent_rate")
    for name in ("silent_rate", "silent_gain", "silent_without"):
        assert found.measured[name].value == 0 and np.isnan([found.measured[name].low, found.measured[name].high]).all()
        assert "the least that it can be" in found.measured[name].note
    assert found.measured["silent_median"].low <= found.measured["silent_median"].high


def test_budgets_go_on_beyond_the_hits_that_are_seen():
    # Nobody spends sixty before the data end; all have a hit in every interval, also in those that come.
    lives = tracks(1, 0.05, 40, law=np.eye(61)[60], frames=12, spots=5)
    assert not lives.dead[lives.rearrangements.argmax()]
    found = fitted(lives)
    assert found.alive.value[-1] > 0 and np.isfinite(found.gain.value)
    assert np.isfinite(reduced(lives, "silent_gain").measured["silent_gain"].value)


def test_rates_beyond_an_interval_are_said_to_be():
    lives = tracks(0.3, 30.0)
    assert (lives.lifetime == 1).all()
    found = fitted(lives)
    assert np.isinf(found.rate.value) and np.isnan(found.rate.high)
    assert found.alive.value[1] <= np.exp(-MOST)
    reasons = missing(lives, "silent_rate", "silent_gain", "silent_lifetimes")
    assert set(reasons) == {"silent deaths are faster than an interval between frames"}


def lives_of(life, hits):
    """Spots that are seen to die, ten from each frame."""
    start = np.arange(len(life)) // 10
    return Tracks(start, np.zeros(len(life), int), life, np.ones(len(life), bool), hits, start[-1] + 1)


def test_no_floor_decides_what_a_law_gains():
    # One spot of many is spared for so long that its probability is too small for a number, whatever λ.
    lives = lives_of(np.append(np.ones(2999, int), 2000), np.ones(3000, int))
    found = fitted(lives)
    assert found.possible.value == np.inf and np.isnan(found.gain.value)
    reasons = missing(lives, "silent_rate", "silent_gain", "possible_gain")
    assert set(reasons) == {"lifetimes that are seen cannot be, with silent deaths or without"}


def test_a_rate_that_makes_the_impossible_possible_is_kept():
    # Six hits in six intervals, where a hit comes in one of some thousands: with λ = 0 only these can kill.
    early = np.arange(100) % 20 == 0
    lives = lives_of(np.where(early, 6, 20_000), np.full(100, 6))
    found = fitted(lives)
    assert 0 < found.rate.value < np.inf and found.gain.value == found.possible.value == np.inf
    reasons = missing(lives, "silent_gain", "possible_gain")
    assert set(reasons) == {"without silent deaths, lifetimes that are seen cannot be"}


def test_budgets_far_beyond_what_powers_can_hold():
    # Q^n underflows, and a quotient with it would be 0/0.
    hits = np.where(np.arange(300) % 10, 0, 2000)
    found = fitted(lives_of(np.where(hits > 0, 4000, 1 + np.arange(300) % 7), hits))
    assert np.isfinite(found.alive.value).all() and np.isfinite(found.rate.value)
    assert (np.diff(found.alive.value) <= 0).all()


def test_lives_of_one_frame_have_a_rate_without_an_interval():
    lives = lives_of(np.array([5, 1, 1, 2, 3]), np.array([2, 0, 0, 1, 0]))
    found = reduced(lives, "silent_rate").measured["silent_rate"]
    assert found.value > 0 and np.isnan([found.low, found.high]).all() and "too few" in found.note


def test_of_spots_that_never_rearrange_nothing_is_fitted():
    lives = tracks(1e-9, 0.1)
    assert lives.rearrangements.sum() == 0
    found = fitted(lives)
    assert np.isnan(found.rate.value) and np.isnan(found.alive.value).all() and np.isnan(found.possible.value)
