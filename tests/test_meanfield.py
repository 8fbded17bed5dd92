"""The mean-field model: its theory against exact arithmetic, and against runs of the model itself."""

import doctest
from decimal import Context, Decimal, localcontext
from math import comb

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from softspots import _core
from softspots.analysis import meanfield
from softspots.analysis.meanfield import (
    lifetime,
    lifetime_given_budget,
    lifetime_moments,
    lifetime_survival,
    predict_lifetimes,
    simulate_lifetimes,
    steps_to_time,
)

numbers_of_spots = st.floats(1, 40)
# Counts of spots by budget, as a measurement gives them; none of budget zero.
budget_laws = (
    st.lists(st.integers(0, 50), min_size=1, max_size=8)
    .filter(any)
    .map(lambda counts: np.array([0, *counts]) / sum(counts))
)
# A power law with a tail cut off, as the measured ones are.
POWER_LAW = np.append(0, np.arange(1.0, 41) ** -1.5 * np.exp(-np.arange(1, 41) / 15))
POWER_LAW /= POWER_LAW.sum()


def all_lifetimes(budget_probabilities, spots):
    """Lifetimes up to where less than exp(-50) is left: by Chernoff, r hits of 60 r expected are rarer than that."""
    return np.arange(1, 60 * int(np.ceil(spots)) * (len(budget_probabilities) - 1))


# The law


@given(budget_laws, numbers_of_spots)
def test_probabilities_sum_to_one(law, spots):
    # Each term is good to 1e-13, see below.
    assert lifetime(all_lifetimes(law, spots), law, spots).sum() == pytest.approx(1, abs=1e-12)


@given(budget_laws, numbers_of_spots)
def test_moments_are_those_of_the_law(law, spots):
    tau = all_lifetimes(law, spots)
    probability = lifetime(tau, law, spots)
    mean, variance = lifetime_moments(law, spots)
    assert mean == pytest.approx(spots * (law @ np.arange(len(law))), rel=1e-14)
    # Sums of terms that are good to 1e-13; N_S = 1 with a single budget has variance 0.
    assert probability @ tau == pytest.approx(mean, rel=1e-12)
    assert probability @ (tau - mean) ** 2 == pytest.approx(variance, rel=1e-11, abs=1e-9)


@given(budget_laws, numbers_of_spots, st.integers(1, 3000))
def test_survival_is_what_is_left(law, spots, tau):
    before = lifetime(np.arange(1, tau), law, spots).sum()
    assert lifetime_survival(tau, law, spots) == pytest.approx(1 - before, abs=1e-12)


@given(st.integers(1, 10**5), st.floats(1.01, 1e6))
def test_one_rearrangement_makes_a_geometric_law(tau, spots):
    expected = np.exp((tau - 1) * np.log1p(-1 / spots)) / spots
    # The exponent of the expectation, up to 700 before it underflows, is rounded to 1e-13.
    assert lifetime_given_budget(tau, 1, spots) == pytest.approx(expected, rel=1e-12, abs=1e-300)


@given(st.integers(2, 30), numbers_of_spots)
def test_one_more_rearrangement_adds_one_more_geometric_wait(r, spots):
    tau = np.arange(1, 400)
    fewer, wait = lifetime_given_budget(tau, r - 1, spots), lifetime_given_budget(tau, 1, spots)
    # Index 0 of the convolution is a lifetime of 1 + 1 steps. Sums of positive terms that are good to 1e-13.
    expected = np.append(0, np.convolve(fewer, wait)[: len(tau) - 1])
    np.testing.assert_allclose(lifetime_given_budget(tau, r, spots), expected, rtol=1e-11, atol=1e-300)


def test_laws_mix_by_budget():
    law = np.append(0, np.random.default_rng(1).random(1500))
    law /= law.sum()
    # Any shape; so long that it is treated in parts, the last one shorter.
    tau = np.arange(1, 501).reshape(2, 250)
    expected = lifetime_given_budget(tau[..., None], np.arange(1, len(law)), 1.5) @ law[1:]
    # Sums of the same terms in another order.
    np.testing.assert_allclose(lifetime(tau, law, 1.5), expected, rtol=1e-13)
    # A budget that no spot has takes no part.
    assert lifetime(7, [0, 0, 0, 1, 0], 5.5) == lifetime_given_budget(7, 3, 5.5)


@given(budget_laws)
def test_a_single_spot_takes_every_rearrangement(law):
    r = np.arange(1, len(law))
    assert (lifetime(r, law, 1) == law[1:]).all()
    # Sums of at most 8 numbers below 1, in another order.
    np.testing.assert_allclose(lifetime_survival(r, law, 1), law[:0:-1].cumsum()[::-1], rtol=0, atol=1e-15)


def exact(tau, r, spots):
    """P_T(τ|r) and the probability of τ or more, to 50 digits."""
    with localcontext(Context(prec=60, Emin=-(10**12), Emax=10**12)):
        hit = 1 / Decimal(spots)
        log_hit, log_miss = hit.ln(), (1 - hit).ln()

        def hits(k, n):
            """The probability of k hits in n steps, for r = 1 off by a hit that is certain."""
            return comb(n, k) * (k * log_hit + (n - k) * log_miss).exp()

        return hit * hits(r - 1, tau - 1), sum(hits(k, tau - 1) for k in range(min(r, tau)))


@given(st.integers(1, 10**7), st.integers(1, 60), st.floats(0.1, 12))
def test_exact_for_long_lives_and_any_number_of_spots(tau, r, decades):
    spots = 10**decades
    assume(tau >= r)
    probability, survival = exact(tau, r, spots)
    law = np.arange(r + 1) == r
    # SciPy's terms keep 13 digits; numbers below 1e-300 lose digits.
    for found, expected in (
        (lifetime_given_budget(tau, r, spots), probability),
        (lifetime(tau, law, spots), probability),
        (lifetime_survival(tau, law, spots), survival),
    ):
        assert found == pytest.approx(float(expected), rel=1e-12, abs=1e-300)


@pytest.mark.parametrize(
    ("tau", "r", "spots"),
    [
        (10**7, 1000, 1e4),
        (10**7, 10**7 - 1000, 1.0001),
        (10**7, 1, 1e300),
        (10**7, 300, 30000.5),
        (10**7, 3, 15000.0),
    ],
)
def test_exact_at_the_far_end(tau, r, spots):
    # Large budgets are few misses: C(τ - 1, r - 1) = C(τ - 1, τ - r), which costs less.
    with localcontext(Context(prec=60, Emin=-(10**12), Emax=10**12)):
        ways = comb(tau - 1, min(r - 1, tau - r))
        expected = float(ways * ((1 - 1 / Decimal(spots)).ln() * (tau - r) - Decimal(spots).ln() * r).exp())
    # From 1e-289 to 0.01: as above; at 1e-289 and where 1/N_S has a relative error of 1e-16, times 1e7 of it.
    assert expected > 0
    assert lifetime_given_budget(tau, r, spots) == pytest.approx(expected, rel=1e-12, abs=0)


# Simulation time


def test_a_step_is_an_interval_over_its_rearrangements():
    assert steps_to_time([0, 1, 10], 5.0).tolist() == [0.0, 0.4, 4.0]
    assert steps_to_time(3, 0.5, interval=4.0) == 24.0


@given(budget_laws, numbers_of_spots)
def test_prediction_is_the_law_in_other_units(law, spots):
    # A step is 1/4, exactly: bins of one step each.
    found = predict_lifetimes(np.arange(40) / 4, law, spots, rearrangements=8.0)
    tau = np.arange(1, 40)
    # Sums of up to 8 numbers, in an order that the length of the array may change.
    np.testing.assert_allclose(found.survival, [1, *lifetime_survival(tau, law, spots)], rtol=1e-14)
    # Differences of numbers up to 1. There are no lifetimes of 0 steps.
    np.testing.assert_allclose(found.density / 4, [0, *lifetime(tau[:-1], law, spots)], rtol=0, atol=1e-13)
    assert (found.density >= 0).all()


def test_bins_wider_and_narrower_than_a_step():
    # One spot and a budget of 1 or 3: lifetimes of 0.5 and 1.5.
    found = predict_lifetimes([0.0, 0.25, 0.5, 0.6, 1.5, 4.0], [0, 0.25, 0, 0.75], 1, rearrangements=4.0)
    assert found.survival.tolist() == [1, 1, 1, 0.75, 0.75, 0]
    # Rounding of a difference of two decimal fractions.
    np.testing.assert_allclose(found.density, [0, 0, 0.25 / 0.1, 0, 0.75 / 2.5], rtol=1e-14)


# Runs of the model


def follow(struck, budgets, n_spots):
    """Lifetimes in the model, from its words: NaN for spots that are alive at the end."""
    lifetimes = np.full(len(budgets), np.nan)
    unborn = iter(range(len(budgets)))
    places = [{"spot": next(unborn, None), "birth": 0, "taken": 0} for _ in range(n_spots)]
    for step, place in enumerate(struck, 1):
        here = places[place]
        here["taken"] += 1
        if here["spot"] is not None and here["taken"] == budgets[here["spot"]]:
            lifetimes[here["spot"]] = step - here["birth"]
            places[place] = {"spot": next(unborn, None), "birth": step, "taken": 0}
    return lifetimes


@given(
    st.integers(1, 6).flatmap(
        lambda n: st.tuples(st.just(n), st.lists(st.integers(0, n - 1), min_size=2, max_size=120))
    ),
    st.lists(st.integers(1, 5), min_size=1, max_size=30),
    st.data(),
)
def test_steps_follow_the_rules(places, budgets, data):
    n_spots, struck = places
    born = min(n_spots, len(budgets))
    spot, birth, remaining = np.zeros((3, n_spots), dtype=np.int64)
    spot[:born], remaining[:born] = np.arange(born), budgets[:born]
    lifetimes, counters = np.zeros(len(budgets), dtype=np.int64), np.array([0, born, 0])
    # In two parts, at any step.
    cut = data.draw(st.integers(1, len(struck) - 1))
    for part in np.split(np.array(struck, dtype=np.int32), [cut]):
        _core.spend_budgets(part, np.array(budgets), spot, birth, remaining, lifetimes, counters)
    expected = follow(struck, budgets, n_spots)
    assert (lifetimes == np.nan_to_num(expected)).all()
    died = np.isfinite(expected).sum()
    assert counters.tolist() == [len(struck), min(born + died, len(budgets)), died]


def test_a_run_of_a_single_spot_spends_its_budgets():
    lifetimes, budgets = simulate_lifetimes(POWER_LAW, 1, 5000, seed=1)
    assert (lifetimes == budgets).all()
    counts = np.bincount(budgets, minlength=len(POWER_LAW))[1:]
    common = POWER_LAW[1:] * 5000 > 5
    merged = [np.append(values[common], values[~common].sum()) for values in (counts, 5000 * POWER_LAW[1:])]
    # False alarm in one of 10,000 seeds.
    assert stats.chisquare(*merged).pvalue > 1e-4


def test_a_seed_is_a_run():
    first, again, other = (simulate_lifetimes(POWER_LAW, 7, 300, seed) for seed in (1, 1, 2))
    assert all((a == b).all() for a, b in zip(first, again, strict=True))
    assert (first[0] != other[0]).any()


def test_a_run_lasts_until_all_have_died():
    # Fewer births than places; places so many that to wait for a rearrangement takes more steps than a call does.
    lifetimes, budgets = simulate_lifetimes(POWER_LAW, 100_000, 30, seed=1)
    assert lifetimes.shape == budgets.shape == (30,)
    assert (lifetimes >= budgets).all()


@pytest.mark.parametrize("seed", range(4))
def test_runs_have_the_law_of_the_theory(seed):
    """The spot born last, of many runs: independent, and the one that a run of given length would cut short."""
    random = np.random.default_rng([2, seed])
    spots, law = int(random.integers(2, 25)), np.append(0, random.dirichlet(np.full(random.integers(1, 15), 0.5)))
    births = int(random.integers(1, 4 * spots))
    found = np.array([simulate_lifetimes(law, spots, births, [3, seed, run])[0][-1] for run in range(3000)])
    # About 20 bins of equal probability, as far as whole steps allow, but never with less than 30 expected.
    tau = np.arange(1, 60 * spots * len(law))
    survival = lifetime_survival(tau, law, spots)
    edges = np.unique(np.searchsorted(-survival, -np.linspace(1, 0, 21)[1:-1]))
    expected = -np.diff(survival[edges], prepend=1, append=0) * len(found)
    counts = np.bincount(np.digitize(found, tau[edges]), minlength=len(expected))
    assert len(expected) > 10
    assert expected.min() > 30
    # False alarm in one of 10,000 seeds.
    assert stats.chisquare(counts, expected).pvalue > 1e-4


def test_no_spot_counts_more_for_its_length_of_life():
    """All spots of short runs, with budgets so uneven that a cut at a given step would show."""
    law, spots, births, runs = np.bincount([1, 1, 1, 1, 30]) / 5, 5, 20, 1000
    found = np.array([simulate_lifetimes(law, spots, births, [4, run])[0] for run in range(runs)])
    for tau in (2, 8, 40, 150):
        fractions = (found >= tau).mean(axis=1)
        # Spots of one run are not independent, the runs are. False alarm in one of 10,000 seeds for each.
        assert stats.ttest_1samp(fractions, lifetime_survival(tau, law, spots)).pvalue > 1e-4


# Wrong input


@pytest.mark.parametrize("function", [lifetime, lifetime_survival])
@pytest.mark.parametrize(
    ("tau", "law", "spots", "message"),
    [
        (5, [0, 0.5, 0.4], 10, r"sum to 0\.9; the sum must be 1"),
        (5, [0, 1.5, -0.5], 10, r"P_R\(2\) is -0\.5; probabilities must not be negative"),
        (5, [0, np.nan, 1.0], 10, r"P_R\(1\) is nan"),
        (5, [0.25, 0.75], 10, r"P_R\(0\) is 0\.25; it must be 0"),
        (5, [1.0], 10, r"shape \(1,\)"),
        (5, [[0, 1.0]], 10, r"shape \(1, 2\)"),
        (5, [0, 1.0], 0.5, r"spots is 0\.5; it must be a finite number, 1 or more"),
        (5, [0, 1.0], np.inf, "spots is inf"),
        (5, [0, 1.0], np.nan, "spots is nan"),
        ([5, -1], [0, 1.0], 10, "tau is -1; it must be a whole number, 1 or more"),
        (0, [0, 1.0], 10, "tau is 0"),
        ([5, 1.5], [0, 1.0], 10, r"tau is 1\.5; it must be a whole number"),
        (np.nan, [0, 1.0], 10, "tau is nan"),
    ],
)
def test_wrong_input_is_named(function, tau, law, spots, message):
    with pytest.raises(ValueError, match=message):
        function(tau, law, spots)


def spend(struck, places=2, births=1):
    """The kernel, on two places and one budget, with one array of another length."""
    integers = [np.ones(length, dtype=np.int64) for length in (1, 2, 2, places, births, 3)]
    _core.spend_budgets(np.array(struck, dtype=np.int32), *integers)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: lifetime_given_budget(5, 0, 10), "r is 0; it must be a whole number, 1 or more"),
        (lambda: lifetime_given_budget(5, 1, 0.99), r"spots is 0\.99"),
        (lambda: lifetime_moments([0, 0.9], 10), r"sum to 0\.9"),
        (lambda: lifetime_moments([0, 1.0], 0), "spots is 0"),
        (lambda: steps_to_time(5, 0.0), r"rearrangements is 0\.0; it must be a positive finite number"),
        (lambda: steps_to_time(5, 1.0, -2.0), r"interval is -2\.0"),
        (lambda: predict_lifetimes([1.0], [0, 1.0], 10, 1.0), r"times have shape \(1,\)"),
        (lambda: predict_lifetimes([1.0, 1.0], [0, 1.0], 10, 1.0), "ascending"),
        (lambda: predict_lifetimes([-1.0, 1.0], [0, 1.0], 10, 1.0), "not negative"),
        (lambda: predict_lifetimes([1.0, np.inf], [0, 1.0], 10, 1.0), "finite"),
        (lambda: predict_lifetimes([1.0, 2.0], [0, 1.0], 10, 0.0), r"^predict_lifetimes: rearrangements is 0\.0"),
        (lambda: predict_lifetimes([1.0, 2.0], [0, 1.0], 10, 1.0, -2.0), r"^predict_lifetimes: interval is -2\.0"),
        (lambda: simulate_lifetimes([0, 0.9], 10, 5, 1), r"sum to 0\.9"),
        (lambda: simulate_lifetimes([0, 1.0], 2.5, 5, 1), r"spots is 2\.5; it must be a whole number, 1 or more"),
        (lambda: simulate_lifetimes([0, 1.0], 10, 0, 1), "births is 0; it must be a whole number, 1 or more"),
        (lambda: simulate_lifetimes([0, 1.0], 10, 5, -1), "non-negative"),
        (lambda: spend([0, 2]), "places from 0 to 1"),
        (lambda: spend([-1]), "places from 0 to 1"),
        (lambda: spend([]), "at least one"),
        (lambda: spend([0], places=3), "spot, birth and remaining have 2, 2 and 3 entries"),
        (lambda: spend([0], births=2), "budgets, lifetimes and counters have 1, 2 and 3 entries"),
    ],
)
def test_wrong_input_is_named_elsewhere(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_examples_hold():
    result = doctest.testmod(meanfield)
    assert result.attempted > 0 == result.failed
