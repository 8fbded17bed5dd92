"""The block bootstrap: correlation times, coverage on series of known memory, and what it does where it cannot know."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from softspots.analysis.bootstrap import block_weights, blocks, bootstrap, fraction
from softspots.analysis.lifetimes import fit_constant
from softspots.curve import Curve, relaxation_time
from softspots.estimate import Estimate, Support, combined, competing, correlation_time


def autoregressive(random, memory, frames, series):
    """Series of unit variance, shape (frames, series), with ρ(k) = memory^k, whose correlation time is known."""
    noise = random.standard_normal((frames, series))
    values = noise.copy()
    for frame in range(1, frames):
        values[frame] = memory * values[frame - 1] + np.sqrt(1 - memory**2) * noise[frame]
    return values


def mean_of_each(series):
    return bootstrap(fraction, series, np.ones((len(series), 1)))


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
    # A memory that is overestimated leaves one in a hundred without an interval.
    intervals = np.array([(one.low, one.high) for one in found if not one.note])
    assert len(intervals) > 0.97 * len(found)
    covered = np.mean((intervals[:, 0] <= 0) & (intervals[:, 1] >= 0))
    # The share of 400 trials is known to 0.023; three times that.
    assert 0.61 < covered < 0.75
    # The scatter of 400 means is known to 4 %, and the root mean square of their errors is to be right to 12 %: memory
    # and mean come from the same data, of 7 correlation times at the least.
    ratio = np.sqrt(np.nanmean([one.error**2 for one in found])) / np.std([one.value for one in found])
    assert 0.84 < ratio < 1.16


def test_single_frames_as_blocks_would_not_cover():
    series = autoregressive(np.random.default_rng(4), 0.8, 400, 400)
    weights = block_weights(400, 1, 399)
    resampled = weights @ series / 400
    found = Estimate.of(series.mean(axis=0), resampled, 1)
    # An error three times too small covers 0.26.
    assert np.mean((found.low <= 0) & (found.high >= 0)) < 0.35


def test_below_five_independent_blocks_there_is_no_interval():
    random = np.random.default_rng(9)
    for frames in (1, 2, 3, 4):
        few = mean_of(random.standard_normal(frames))
        assert np.isnan([few.low, few.high]).all() and np.isnan(few.error)
        assert few.note == f"too few independent blocks: {frames}" or frames == 4
        assert few.note.startswith("too few independent blocks: ")
    # A drift is one event, however many frames it is seen in.
    drift = mean_of(np.linspace(0, 1, 400))
    assert np.isnan(drift.error) and "too few independent blocks" in drift.note
    assert mean_of(random.standard_normal(100)).note == ""


def test_what_few_blocks_know_has_no_interval():
    whole = np.zeros((100, 2))
    whole[10:13, 0], whole[:, 1] = 1, 1
    part = whole * np.random.default_rng(10).random((100, 2))
    found = bootstrap(fraction, part, whole)
    assert np.isfinite(found.value).all()
    assert 1 <= found.independent[0] <= 3
    assert np.isnan(found.error).tolist() == [True, False]
    assert found.note == f"too few independent blocks: {found.independent[0]:.0f}, at 1 of 2 places"


def test_a_frame_that_has_most_of_the_events_counts_as_one():
    """62 % of 388 events are in one of six frames: (Σw)²/Σw² = 388²/67,118 = 2.2."""
    events = np.array([240, 23, 92, 2, 20, 11])
    hits = np.array([38, 0, 17, 0, 0, 7])
    for solids in (None, np.arange(6)):
        found = bootstrap(fraction, hits, events, solids=solids, weight=events)
        assert found.value == pytest.approx(62 / 388) and np.isnan(found.low)
        assert found.note == "too few independent blocks: 2"
        assert np.isfinite(bootstrap(fraction, hits, events, solids=solids, weight=np.full(6, 64)).low)


def test_each_reason_for_no_interval_is_told_with_its_places():
    resampled = np.ones((100, 5))
    resampled[:60, 0] = resampled[:20, 2] = np.nan
    support = Support(np.array([3, 50, 50, 4, 50]))
    found = Estimate.of(np.array([1, 1, 1, 1, np.nan]), resampled, 1, support)
    assert np.isnan(found.low).tolist() == [True, False, True, True, True]
    few, undefined = "too few independent blocks: 3, at 2 of 4 places", "often undefined when resampled: 20%, at 1 of"
    assert found.note == f"{few}; {undefined} 4 places"


def slow(seed, components):
    """A tenth of the data is one correlation time: no interval of a mean can be told."""
    return autoregressive(np.random.default_rng(seed), 0.98, 700, components)[-100:]


def test_where_the_largest_is_found_is_known_no_better_than_what_is_compared():
    given = 0
    for seed in range(40):
        grid = mean_of_each(0.4 + 0.04 * slow(seed, 30))
        place = grid.map(lambda values: float(np.argmax(values)), competing(grid))
        # Its own series hardly varies, which is no sign of independence.
        assert place.independent <= grid.independent[competing(grid)].min()
        plain = grid.map(lambda values: float(np.argmax(values)))
        if np.mean(plain.support.without == plain.value) > 0.5:
            assert plain.independent <= grid.independent.min()
        given += not np.isnan(place.error)
    # It was given in all but one in a hundred; the best known of a few competitors is still told by mistake.
    assert given <= 8


def test_a_time_that_some_frames_leave_infinite_is_known_no_better_than_its_curve():
    lags, infinite = np.arange(20), 0
    for seed in range(40):
        curve = mean_of_each(np.exp(-lags / 18) * (1 + 0.004 * slow(seed, 1)))
        curve = Curve.over(lags, curve)
        # The curve just reaches the level; without some of the frames it does not.
        time = relaxation_time(curve, curve.value[-1] * (1 + 1e-6))
        infinite += np.isinf(time.support.without).any()
        assert time.independent <= curve.independent[-1]
        # What is beyond the data has no interval.
        beyond = relaxation_time(curve, curve.value[-1] * (1 - 1e-6))
        assert np.isinf(beyond.value) and np.isnan([beyond.low, beyond.high]).all()
    assert infinite == 40


def test_what_is_fitted_tells_of_how_many_blocks_it_is():
    random = np.random.default_rng(13)
    series = np.exp(-np.arange(5) / 3) * (1 + 0.1 * random.standard_normal((100, 5)))
    field = Curve.over(np.arange(5), mean_of_each(series))
    found = fit_constant(field, mean_of_each(series))
    assert found.independent == field.independent[1:].min()
    assert np.isfinite(found.error)
    few = Curve.over(np.arange(5), mean_of_each(series[:4]))
    assert fit_constant(few, mean_of_each(series)).note.startswith("too few independent blocks: ")


STATISTICS = {
    "mean": lambda values: values.mean(),
    "largest": lambda values: values.max(),
    "place of the largest": lambda values: float(values.argmax()),
    "part of the largest": lambda values: values[0] / values.max(),
    "root mean square": lambda values: np.sqrt(np.mean(values**2)),
    "spread": lambda values: np.ptp(values),
    "where it falls": lambda values: float(np.argmax(np.append(values < 1, True))),
}


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(sorted(STATISTICS)), st.integers(1, 60), st.integers(1, 12), st.integers(0, 2**32 - 1))
def test_no_interval_excludes_its_estimate(name, frames, components, seed):
    random = np.random.default_rng(seed)
    values = 1 + random.uniform(0, 0.5) * random.standard_normal((frames, components))
    found = bootstrap(fraction, values, np.ones((frames, 1))).map(STATISTICS[name])
    for estimate in (found, found.unbiased()):
        low, high = estimate.low, estimate.high
        assert np.isnan([low, high]).all() or low <= estimate.value <= high


def plateaus(random, trials, frames, curvature):
    """Heights over a broad maximum, noisy in every frame; the noise of neighbours is the same in part."""
    places = np.linspace(0, 1, 12)
    truth = 0.5 - curvature * ((places[:, None] - 0.8) ** 2 + (places - 0.6) ** 2)
    own = random.standard_normal((trials, frames, 14, 14))
    own = sum(own[:, :, i : i + 12, j : j + 12] for i in range(3) for j in range(3)) / 3
    return truth, truth + 0.3 * (0.8 * random.standard_normal((trials, frames, 1, 1)) + 0.6 * own)


@pytest.mark.parametrize("curvature", [0.05, 0.3])
def test_intervals_of_maxima_hold_the_true_maximum(curvature):
    truth, heights = plateaus(np.random.default_rng(11), 60, 40, curvature)
    here = (8, 8)
    raw, found, part = [], [], []
    for one in heights:
        grid = bootstrap(fraction, one, np.ones((len(one), 1, 1)))
        raw.append(grid.map(np.max))
        found.append(raw[-1].unbiased())
        part.append(combined(np.divide, grid.map(lambda values: values[here]), found[-1]))

    def covered(estimates, exact):
        ends = np.array([(one.low, one.high) for one in estimates])
        assert np.isfinite(ends).mean() > 0.9
        return np.mean((ends[:, 0] <= exact) & (exact <= ends[:, 1]))

    # The share of 60 trials is known to 0.06. The correction leaves a quarter of the bias where the maximum is flat.
    assert 0.52 < covered(found, truth.max()) < 0.92
    assert 0.5 < covered(part, truth[here] / truth.max()) < 0.95
    # Uncorrected, both the value and the interval are too high.
    assert covered(raw, truth.max()) < covered(found, truth.max())
    bias = [np.mean([one.value for one in estimates]) - truth.max() for estimates in (raw, found)]
    assert abs(bias[1]) < bias[0] / 2


def test_confidence_widens_the_interval():
    random = np.random.default_rng(5)
    estimate = Estimate.of(0.0, random.standard_normal(100_000), 1)
    # Quantiles of the normal distribution; those of 100,000 draws are known to 0.7 % at 95 %.
    assert estimate.percentiles(0.95) == pytest.approx((-1.960, 1.960), rel=0.03)
    assert (estimate.low, estimate.high) == pytest.approx((-0.994, 0.994), rel=0.03)
    assert estimate.error == pytest.approx(0.994, rel=0.03)
    for confidence in (0.0, 1.0, 68):
        with pytest.raises(ValueError, match=f"confidence is {confidence}"):
            estimate.percentiles(confidence)


def test_undefined_and_infinite_resamples():
    resampled = np.ones((100, 3))
    resampled[:9, 0] = np.nan
    resampled[:11, 1] = np.nan
    resampled[:50, 2] = np.inf
    found = Estimate.of(np.ones(3), resampled, 1)
    assert found.low[0] == found.high[0] == 1
    assert np.isnan([found.low[1], found.high[1]]).all()
    assert (found.low[2], found.high[2]) == (1, np.inf)


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


def test_every_resample_knows_every_frame_and_all_are_treated_alike():
    weights = block_weights(17, 5, 3.4, resamples=20_000)
    assert weights.min() > 0
    assert weights.mean(axis=1) == pytest.approx(1, rel=1e-6)
    # Each weight varies by about one.
    assert weights.mean(axis=0) == pytest.approx(1, abs=6 / np.sqrt(20_000))
    # A mean of independent blocks varies as one over so many as a resample is worth.
    long = block_weights(4000, 10, 30.0, resamples=4000)
    blocks_of = np.repeat(np.random.default_rng(12).standard_normal(400), 10)
    # The variance of 4,000 is known to 2 %; blocks that begin anywhere average over two in part, 2/3 of the variance.
    assert (long @ blocks_of / 4000).var() == pytest.approx(2 / 3 * blocks_of.var() / 30, rel=0.15)


def test_block_length_is_that_of_the_slowest_series_and_leaves_five():
    random = np.random.default_rng(8)
    slow, fast = autoregressive(random, 0.8, 1000, 1), autoregressive(random, 0.0, 1000, 3)
    length, drawn = blocks(np.concatenate((fast, slow), axis=1))
    assert length == blocks(slow)[0] > blocks(fast)[0]
    # (1.5 * 4.4² * 1000)^⅓ = 31, and the memory is known to a quarter.
    assert 22 < length < 42
    assert drawn * length < 1000
    assert blocks(np.arange(50.0)) == (10, 1.5)  # a drift: all memory, so half of 50 / 10, less one
    undefined = np.full((1000, 1), np.nan)
    assert blocks(np.concatenate((slow, undefined), axis=1)) == blocks(slow)


def test_map_follows_every_resample():
    estimate = Estimate.of(np.array([1.0, 2.0]), np.arange(6.0).reshape(3, 2), 4)
    found = estimate.map(lambda values: values[1] - values[0] ** 2)
    assert (found.value, found.resampled.tolist(), found.block) == (1, [1, -1, -11], 4)
