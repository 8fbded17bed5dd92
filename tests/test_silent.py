"""Mean field with deaths that no rearrangement brings: made-up lives whose rates are known."""

import numpy as np
import pytest

from softspots.analysis.lifetimes import logarithmic_edges, rearrangement_law
from softspots.analysis.meanfield import predict_lifetimes
from softspots.analysis.silent import fit_silent
from softspots.analysis.tracking import Tracks

FRAMES, SPOTS = 100, 20
# A power law with a tail cut off, as the measured ones are.
LAW = np.append(0, np.arange(1.0, 31) ** -1.5 * np.exp(-np.arange(1, 31) / 12))
LAW /= LAW.sum()


def tracks(rearranging, silent=0.0, transient=0.0, decay=1.0, end=np.inf, seed=1):
    """Spots that rearrange at a rate, spend budgets, and die silently: at any time, or as a part that never rearranges.

    Those that would die after ``end`` outlive the data.
    """
    random, count = np.random.default_rng(seed), FRAMES * SPOTS
    budgets = random.choice(len(LAW), count, p=LAW)
    times = np.cumsum(random.exponential(1 / rearranging, (count, len(LAW))), axis=1)
    life = times[np.arange(count), budgets - 1]
    if silent:
        life = np.minimum(life, random.exponential(1 / silent, count))
    never = random.random(count) < transient
    life[never] = random.exponential(1 / decay, never.sum())
    dead, life = life < end, np.minimum(life, end)
    hits = np.sum((times <= life[:, None]) & (np.arange(len(LAW)) < budgets[:, None]), axis=1)
    hits[never] = 0
    seen = np.maximum(1, np.floor(life)).astype(int)
    start, spot = np.divmod(np.arange(count), SPOTS)
    return Tracks(start, spot, seen, dead, hits, FRAMES)


def fitted(lives):
    """Rates and gains of both laws, and what is possible."""
    found = fit_silent(lives, logarithmic_edges(lives.lifetime.max()), SPOTS)
    each = {law: [found[law].map(lambda values, k=k: values[k]) for k in (0, 1)] for law in ("silent", "transient")}
    return each, found["possible"]


def within(found, exact, errors=3.0):
    return abs(found.value - exact) < errors * (found.high - found.low) / 2


@pytest.mark.parametrize("end", [np.inf, 100.0])
def test_a_rate_of_silent_deaths_is_found(end):
    laws, possible = fitted(tracks(0.05, silent=0.02, end=end))
    rate, gain = laws["silent"]
    assert within(rate, 0.02)
    # Nearly all that a law can do, but for the noise of the bins; and more than the other can.
    assert 0.8 * possible.value < gain.value <= possible.value
    assert gain.low > laws["transient"][1].value


def test_spots_that_die_at_once_are_found():
    laws, possible = fitted(tracks(0.05, transient=0.3, decay=0.4))
    rate, gain = laws["transient"]
    assert within(rate, 0.4)
    assert 0.8 * possible.value < gain.value <= possible.value
    assert gain.low > laws["silent"][1].value


def test_lives_of_the_model_have_no_silent_deaths():
    lives = tracks(0.05, seed=2)
    edges = logarithmic_edges(lives.lifetime.max())
    found = fit_silent(lives, edges, SPOTS)["silent"].value
    assert (found[:2] == 0).all()
    # With λ = 0 it is the paper's model. Sums of some tens of terms, in another order.
    law = rearrangement_law(lives).value
    expected = predict_lifetimes(edges.astype(float), law[:-1], SPOTS, SPOTS * law[-1], 1.0).survival
    np.testing.assert_allclose(found[2:], expected, rtol=0, atol=1e-12)


def test_of_spots_that_never_rearrange_nothing_is_fitted():
    lives = tracks(0.05, transient=1.0)
    found = fit_silent(lives, logarithmic_edges(lives.lifetime.max()), SPOTS)
    assert np.isnan(found["silent"].value).all() and np.isnan(found["possible"].value)
