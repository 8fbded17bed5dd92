"""The block bootstrap: correlation times, coverage on series of known memory, and what it does where it cannot know."""

import numpy as np
import pytest

from softspots.bootstrap import Estimate, block_weights, blocks, bootstrap, correlation_time, fraction


def autoregressive(random, memory, frames, series):
    """Series of unit variance, shape (frames, series), with ρ(k) = memory^k, whose correlation time is known."""
    noise = random.standard_normal((frames, series))
    values = noise.copy()
    for frame in range(1, frames):
        values[frame] = memory * values[frame - 1] + np.sqrt(1 - memory**2) * noise[frame]
    return values


def mean_of(series):
    return bootstrap(fraction, series, np.ones(len(series)))


@pytest.mark.parametrize("memory", [0.0, 0.5, 0.8, 0.95])
def test_correlation_time_of_known_memory(memory):
    found = correlation_time(autoregressive(np.random.default_rng(1), memory, 20_000, 60))
    exact = (1 + memory) / (1 - memory) / 2
    # One of the series has it to within (2 (2 * 5 τ + 1) / 20,000)^½ of itself, the mean of 60 to 0.02 at the slowest.
    assert found.mean() == pytest.approx(exact, rel=0.06)
    assert found.min() >= 0.5


def test_correlation_time_treats_each_series_alone():
    random = np.random.default_rng(2)
    series = np.column_stack((autoregressive(random, 0.9, 500, 1), autoregressive(random, 0.0, 500, 1)))
    found = correlation_time(series)
    assert [correlation_time(column) for column in series.T] == pytest.approx(list(found), rel=1e-12)
    # Level and unit do not matter, but for rounding.
    assert correlation_time(7 - 1e5 * series) == pytest.approx(found, rel=1e-9)


def test_what_does_not_vary_has_the_memory_of_one_frame():
    assert correlation_time(np.full(100, 0.3)).item() == 0.5
    assert correlation_time(np.array([4.0])).item() == 0.5
    with pytest.raises(ValueError, match="finite"):
        correlation_time(np.array([1.0, np.nan, 2.0]))


@pytest.mark.parametrize(("frames", "memory"), [(30, 0.0), (100, 0.5), (400, 0.8), (1000, 0.95)])
def test_intervals_cover_as_often_as_they_say(frames, memory):
    series = autoregressive(np.random.default_rng(frames), memory, frames, 400)
    found = [mean_of(one) for one in series.T]
    covered = np.mean([low <= 0 <= high for low, high in (one.interval(0.68) for one in found)])
    # The share of 400 trials is known to 0.023; three times that.
    assert 0.61 < covered < 0.75
    # The scatter of 400 means is known to 4 %, and the root mean square of their errors is to be right to 12 %: memory
    # and mean come from the same data, of 7 correlation times at the least.
    ratio = np.sqrt(np.mean([one.error**2 for one in found])) / np.std([one.value for one in found])
    assert 0.84 < ratio < 1.16


def test_single_frames_as_blocks_would_not_cover():
    series = autoregressive(np.random.default_rng(4), 0.8, 400, 400)
    weights = block_weights(400, 1, 399)
    resampled = weights @ series / 399
    low, high = Estimate(series.mean(axis=0), resampled, 1).interval(0.68)
    # An error three times too small covers 0.26.
    assert np.mean((low <= 0) & (high >= 0)) < 0.35


def test_confidence_widens_the_interval():
    random = np.random.default_rng(5)
    estimate = Estimate(0.0, random.standard_normal(100_000), 1)
    # Quantiles of the normal distribution; those of 100,000 draws are known to 0.7 % at 95 %.
    assert estimate.interval(0.95) == pytest.approx((-1.960, 1.960), rel=0.03)
    assert estimate.interval(0.68) == pytest.approx((-0.994, 0.994), rel=0.03)
    assert estimate.error == pytest.approx(1, rel=0.03)
    for confidence in (0.0, 1.0, 68):
        with pytest.raises(ValueError, match=f"confidence is {confidence}"):
            estimate.interval(confidence)


def test_undefined_and_infinite_resamples():
    resampled = np.ones((100, 3))
    resampled[:9, 0] = np.nan
    resampled[:11, 1] = np.nan
    resampled[:50, 2] = np.inf
    low, high = Estimate(np.ones(3), resampled, 1).interval()
    assert low.tolist()[0] == high.tolist()[0] == 1
    assert np.isnan([low[1], high[1]]).all()
    assert (low[2], high[2]) == (1, np.inf)


def test_a_quantity_that_frames_share_has_no_error():
    series = 1 + autoregressive(np.random.default_rng(6), 0.9, 200, 1)[:, 0] ** 2
    found = bootstrap(fraction, 3 * series, series)
    # Rounding.
    assert found.value == pytest.approx(3, rel=1e-12)
    assert found.error == pytest.approx(0, abs=1e-12)


def test_one_frame_has_no_error():
    found = mean_of([2.0])
    assert found.value == 2
    assert np.isnan(found.error)


def test_the_seed_decides():
    series = autoregressive(np.random.default_rng(7), 0.5, 100, 1)[:, 0]
    sums = (fraction, series, np.ones(100))
    assert (bootstrap(*sums, seed=3).resampled == bootstrap(*sums, seed=3).resampled).all()
    assert (bootstrap(*sums, seed=3).resampled != bootstrap(*sums, seed=4).resampled).any()


def test_resamples_are_made_of_blocks_that_draw_all_frames_alike():
    weights = block_weights(17, 5, 2, resamples=20_000)
    assert (weights.sum(axis=1) == 10).all()
    # Each frame 20,000 * 10 / 17 times, which scatters by some 150 of 11,765.
    assert weights.sum(axis=0) == pytest.approx(20_000 * 10 / 17, rel=0.06)
    one = block_weights(17, 5, 1, resamples=200)
    runs = {tuple(np.flatnonzero(row)) for row in one}
    assert runs == {tuple(sorted((start + np.arange(5)) % 17)) for start in range(17)}


def test_block_length_is_that_of_the_slowest_series_and_leaves_five():
    random = np.random.default_rng(8)
    slow, fast = autoregressive(random, 0.8, 1000, 1), autoregressive(random, 0.0, 1000, 3)
    length, drawn = blocks(np.concatenate((fast, slow), axis=1))
    assert length == blocks(slow)[0] > blocks(fast)[0]
    # (1.5 * 4.4² * 1000)^⅓ = 31, and the memory is known to a quarter.
    assert 22 < length < 42
    assert drawn * length < 1000
    assert blocks(np.arange(50.0)) == (10, 2)  # a drift: all memory, so half of 50 / 10, less one, and to even
    undefined = np.full((1000, 1), np.nan)
    assert blocks(np.concatenate((slow, undefined), axis=1)) == blocks(slow)


def test_map_follows_every_resample():
    estimate = Estimate(np.array([1.0, 2.0]), np.arange(6.0).reshape(3, 2), 4)
    found = estimate.map(lambda values: values[1] - values[0] ** 2)
    assert (found.value, found.resampled.tolist(), found.block) == (1, [1, -1, -11], 4)
