"""P(D²_min), its plateau, and the error of P*/ρ_SS, on frames whose statistics are known."""

import numpy as np
import pytest

from softspots.analysis.probability import plateau, plateau_onset, ratio_at_age, rearrangement_probability
from softspots.exceptions import InputError

TEMPERATURE = 0.1


def planted(random, ratio, frames, particles=400, density=0.2, rate=0.03, swing=0.3, memory=0.0):
    """D²_min and labels with P* = ratio * density. Activity of the frames is uneven, and remembered if asked for."""
    on_spot = random.random((frames, particles)) < density
    chance = np.where(on_spot, rate * ratio, rate * (1 - density * ratio) / (1 - density))
    noise, state = random.standard_normal((2, frames))
    for frame in range(1, frames):
        state[frame] = memory * state[frame - 1] + np.sqrt(1 - memory**2) * noise[frame]
    # Spots are more or less often hit from frame to frame: the part of the scatter that particles alone do not show.
    chance = np.where(on_spot, chance * np.exp(swing * state[:, None] - swing**2 / 2), chance)
    d2min = np.where(random.random(on_spot.shape) < chance, 40, 2) * TEMPERATURE
    return d2min, np.where(on_spot, random.integers(0, 9, on_spot.shape), -1)


def test_plateau_counts():
    #               on a spot: *         *                         *
    d2min = np.array([[16.0, 20.0, 1.0, 15.0], [0.0, 99.0, 15.1, 3.0]]) * TEMPERATURE
    labels = np.array([[0, -1, 0, -1], [-1, -1, 3, -1]])
    found = plateau(d2min, labels, TEMPERATURE)
    # 16, 20, 99 and 15.1 are above 15 and two of them on spots; three particles of eight are.
    assert (found.rearranging, found.probability, found.density) == (4, 2 / 4, 3 / 8)
    assert found.ratio.value == pytest.approx(4 / 3, rel=1e-15)
    assert plateau(d2min, labels, TEMPERATURE, threshold=17.0).rearranging == 2
    assert plateau(d2min, labels, 2 * TEMPERATURE).rearranging == 1


def test_every_rearrangement_on_a_spot_is_the_upper_bound():
    random = np.random.default_rng(1)
    labels = np.where(random.random((30, 100)) < 0.2, 0, -1)
    d2min = np.where((labels >= 0) & (random.random(labels.shape) < 0.3), 50.0, 1.0) * TEMPERATURE
    found = plateau(d2min, labels, TEMPERATURE)
    assert found.probability == 1
    # Rounding of two quotients.
    assert found.ratio.value == pytest.approx(found.bound, rel=1e-15) == 1 / found.density


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("ratio", [1.0, 3.15])
def test_planted_correlations_are_found_within_the_error(ratio, seed):
    found = plateau(*planted(np.random.default_rng(seed), ratio, frames=200), TEMPERATURE)
    # Four standard errors: one false alarm in 16,000 draws.
    assert abs(found.ratio.value - ratio) < 4 * found.ratio.error
    # Binomial scatter, and that of the frames; memory that independent frames seem to have adds up to a quarter.
    fraction = 0.2 * ratio
    expected = ratio * np.sqrt((1 / fraction - 1) / found.rearranging + (0.3 * (1 - fraction)) ** 2 / 200)
    assert 0.4 < found.ratio.error / expected < 1.6


@pytest.mark.parametrize("frames", [5, 10, 13, 20, 60, 150])
def test_the_error_covers_the_scatter_of_independent_frames(frames):
    random = np.random.default_rng(frames)
    found = [plateau(*planted(random, 2.0, frames), TEMPERATURE) for _ in range(300)]
    ratios, errors = np.array([(one.ratio.value, one.ratio.error) for one in found if not one.ratio.note]).T
    # Of frames as few as independent blocks must be, chance takes some for dependent.
    assert len(errors) > (0.9 if frames > 10 else 0.3) * len(found)
    # The scatter of 300 trials is known to 4 %; four times that, and a few per cent for the bias of short data.
    assert 0.8 < np.sqrt(np.mean(errors**2)) / ratios.std() < 1.2
    # One sigma covers 68 % with many blocks and 63 % with five (Student's t); 300 trials give it to within 2.7 %, here
    # times three.
    covered = np.mean(np.abs(ratios - ratios.mean()) < errors)
    assert 0.54 < covered < 0.77


def test_blocks_see_the_memory_of_the_frames():
    random = np.random.default_rng(4)
    # A memory of exp(-1/3) a frame, and so strong a swing that it rules the error.
    strong = {"frames": 400, "particles": 100, "rate": 0.05, "swing": 0.8, "memory": np.exp(-1 / 3)}
    found = [plateau(*planted(random, 2.0, **strong), TEMPERATURE) for _ in range(150)]
    ratios, errors = np.array([(one.ratio.value, one.ratio.error) for one in found]).T
    # Scatter known to 6 % from 150 trials, times three.
    assert 0.82 < np.sqrt(np.mean(errors**2)) / ratios.std() < 1.18
    # The same with single frames as blocks: the memory is missed.
    single = [_error_of_single_frames(*planted(random, 2.0, **strong)) for _ in range(12)]
    assert np.sqrt(np.mean(np.square(single))) / ratios.std() < 0.75


def _error_of_single_frames(d2min, labels):
    """Jackknife that leaves out single frames."""
    order = np.arange(len(d2min))
    without = [plateau(d2min[order != frame], labels[order != frame], TEMPERATURE).ratio.value for frame in order[::8]]
    return np.sqrt((len(order) - 1) * np.var(without))


def test_the_error_of_independent_frames_is_that_of_a_mean():
    # As many rearrangements and spots in each frame: the ratio is then the mean of the hits of the frames, times 4/3.
    hits = np.random.default_rng(6).integers(0, 4, 200)
    labels = np.tile([0, 0, 0, -1, -1, -1, -1, -1, -1, -1, -1, -1], (200, 1))
    d2min = np.ones(labels.shape)
    for frame, on_spots in enumerate(hits):
        d2min[frame, 3 - on_spots : 6 - on_spots] = 10.0
    found = plateau(d2min, labels, TEMPERATURE)
    # 400 resamples give the error to 5 %, and these frames happen to look correlated by less than 10 %.
    assert found.ratio.error == pytest.approx(4 / 3 * hits.std(ddof=1) / np.sqrt(200), rel=0.2)
    assert found.ratio.low < found.ratio.value < found.ratio.high


def test_the_error_knows_that_density_and_hits_vary_together():
    # In each frame, one particle of ten on spots rearranges, and 10 particles in all: the ratio is always the same.
    sizes = np.random.default_rng(15).integers(2, 8, 50) * 10
    on_spot = np.arange(100) < sizes[:, None]
    order = np.where(on_spot, np.arange(100) % 10, 10)
    d2min = np.where(order == 0, 5.0, 1.0)
    for frame, size in enumerate(sizes):
        d2min[frame, size : size + 10 - size // 10] = 5.0
    found = plateau(d2min, np.where(on_spot, 0, -1), TEMPERATURE)
    assert found.rearranging == 500
    # Rounding.
    assert (found.ratio.value, found.ratio.error) == pytest.approx((1, 0), abs=1e-12)


def test_equal_frames_have_no_error():
    d2min, labels = planted(np.random.default_rng(7), 2.0, frames=1)
    found = plateau(np.repeat(d2min, 23, axis=0), np.repeat(labels, 23, axis=0), TEMPERATURE)
    # Rounding of sums of 23 frames.
    assert found.ratio.error == pytest.approx(0, abs=1e-12)


def test_particles_that_are_not_known_count_nowhere():
    """NaN, as of particles with too few neighbours: neither rearranging, nor on a spot, nor there."""
    random = np.random.default_rng(8)
    d2min, labels = random.exponential(scale=20 * TEMPERATURE, size=(40, 30)), random.integers(-1, 3, (40, 30))
    unknown = random.random(d2min.shape) < 0.2
    gaps, still = np.where(unknown, np.nan, d2min), np.where(unknown, 0.0, d2min)
    found = plateau(gaps, labels, TEMPERATURE)
    rearranging, on_spot, known = (d2min > 15 * TEMPERATURE) & ~unknown, labels >= 0, ~unknown
    assert (found.rearranging, found.unknown) == (rearranging.sum(), unknown.sum())
    assert found.probability == pytest.approx((rearranging & on_spot).sum() / rearranging.sum(), rel=1e-14)
    assert found.density == pytest.approx((known & on_spot).sum() / known.sum(), rel=1e-14)
    assert found.ratio.value == pytest.approx(found.probability / found.density, rel=1e-14)
    # Leaving a particle out everywhere is as good as if it were not there.
    missing = np.arange(30) < 7
    found = plateau(np.where(missing, np.nan, d2min), labels, TEMPERATURE)
    expected = plateau(d2min[:, ~missing], labels[:, ~missing], TEMPERATURE)
    for name in ("probability", "density", "rearranging"):
        assert getattr(found, name) == getattr(expected, name)
    for name in ("value", "low", "high"):
        assert getattr(found.ratio, name) == getattr(expected.ratio, name)
    assert np.isnan(plateau(np.full_like(d2min, np.nan), labels, TEMPERATURE).density)
    (found, _), (expected, _) = (rearrangement_probability(values, labels, TEMPERATURE) for values in (gaps, still))
    for name in ("x", "value", "counts", "low", "high"):
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name))
    assert found.counts.sum() == (~unknown).sum()


def test_what_cannot_be_known_is_nan():
    labels = np.tile([0, 0, -1, -1], (12, 1))
    calm = np.full(labels.shape, TEMPERATURE)
    found = plateau(calm, labels, TEMPERATURE)
    assert (found.rearranging, found.density) == (0, 0.5)
    assert np.isnan([found.probability, found.ratio.value, found.ratio.error]).all()

    one_event = calm.copy()
    one_event[3, 0] = 100.0
    found = plateau(one_event, labels, TEMPERATURE)
    assert (found.probability, found.ratio.value) == (1.0, 2.0)
    assert np.isnan(found.ratio.error)

    found = plateau(one_event, np.full_like(labels, -1), TEMPERATURE)
    assert (found.probability, found.density) == (0.0, 0.0)
    assert np.isnan([found.ratio.value, found.ratio.error]).all()

    assert np.isnan(plateau(one_event[3:4], labels[3:4], TEMPERATURE).ratio.error)


# P(D²_min)


def test_old_maps_know_what_young_ones_knew_of_earlier_times():
    random = np.random.default_rng(3)
    d2min, labels = planted(random, 3.0, 60)
    on_spot, rearranging = labels >= 0, d2min > 15 * TEMPERATURE
    # Rearrangements three intervals after what maps say, and one of the maps missing.
    known = np.delete(np.arange(60), 7)
    found = ratio_at_age(on_spot[known], rearranging, [0, 3, 10], known, np.arange(60) + 3)
    ratio = plateau(d2min[known], labels[known], TEMPERATURE).ratio
    # Densities are 32-bit sums.
    assert found.value[1] == pytest.approx(ratio.value, rel=1e-5)
    assert found.low[1] < ratio.value < found.high[1]
    assert found.counts.tolist() == [56, 59, 52]
    # Independent frames: 1 within four errors.
    assert (abs(found.value - 1) < 2 * (found.high - found.low))[[0, 2]].all()


def test_maps_that_know_species_alone_know_no_more_than_chance():
    random, particles, frames = np.random.default_rng(5), 1500, 60
    small = np.arange(particles) < particles // 3
    on_spot = random.random((frames, particles)) < np.where(small, 0.3, 0.1)
    rearranging = random.random((frames, particles)) < np.where(small, 0.09, 0.03)
    lags = [0, 5, 20]
    found = ratio_at_age(on_spot, rearranging, lags, species=np.where(small, "B", "A"))
    # A thousand rearrangements on spots: 3 %.
    np.testing.assert_allclose(found.value, 1, rtol=0.1)
    # As if there were one species, their level is (0.6 0.3 + 0.4 0.1) / (1/6).
    np.testing.assert_allclose(ratio_at_age(on_spot, rearranging, lags).value, 1.32, rtol=0.1)
    with pytest.raises(InputError, match=r"species have shape \(3,\); \(1500,\) is needed"):
        ratio_at_age(on_spot, rearranging, lags, species=[0, 1, 2])


def test_bins_count_every_particle_once():
    random = np.random.default_rng(8)
    d2min = TEMPERATURE * 10 ** random.normal(0.5, 0.8, (6, 500))
    labels = random.integers(-1, 2, d2min.shape)
    found, edges = rearrangement_probability(d2min, labels, TEMPERATURE, bins_per_decade=4)
    counts, _ = np.histogram(d2min / TEMPERATURE, edges)
    hits, _ = np.histogram((d2min / TEMPERATURE)[labels >= 0], edges)
    assert (found.counts == counts).all()
    assert found.counts.sum() == d2min.size
    filled = counts > 0
    assert (found.value[filled] == hits[filled] / counts[filled]).all()
    assert np.isnan(found.value[~filled]).all()
    assert counts[0] > 0 < counts[-1]
    # On the common grid of quarter decades; log10 of a power is exact to a rounding or two.
    steps = 4 * np.log10(edges)
    np.testing.assert_allclose(steps, np.rint(steps), rtol=0, atol=1e-12)
    np.testing.assert_allclose(np.diff(steps), 1, rtol=0, atol=1e-12)
    np.testing.assert_allclose(4 * np.log10(found.x), steps[:-1] + 0.5, rtol=0, atol=1e-12)


def test_bins_rise_to_the_planted_plateau():
    random = np.random.default_rng(9)
    d2min, labels = planted(random, 3.0, frames=100)
    found, edges = rearrangement_probability(d2min, labels, TEMPERATURE)
    filled = np.flatnonzero(found.counts)
    low, high = edges[filled], edges[filled + 1]
    assert ((low <= (2, 40)) & (high > (2, 40))).all()
    top = plateau(d2min, labels, TEMPERATURE)
    assert found.value[filled[1]] == top.probability
    # Rearrangements are 3 % of the particles and take (3 - 1) * 3 % of the density with them.
    assert found.value[filled[0]] < top.density < found.value[filled[1]]
    # Four standard errors; the error is that of about 1,200 particles and 100 frames that scatter by 0.3.
    assert abs(found.value[filled[1]] - 0.6) < 4 * found.error[filled[1]]
    assert 0.007 < found.error[filled[1]] < 0.035


def test_bins_leave_out_particles_that_do_not_move():
    found, _ = rearrangement_probability([[0.0, 0.0, 0.25]], [[0, 0, -1]], TEMPERATURE)
    assert (found.counts.tolist(), found.value.tolist()) == ([1], [0.0])
    assert np.isnan(found.error).all()
    assert rearrangement_probability([[0.0]], [[0]], TEMPERATURE)[0].counts.tolist() == [0]


@pytest.mark.parametrize("function", [plateau, plateau_onset, rearrangement_probability])
@pytest.mark.parametrize(
    ("d2min", "labels", "temperature", "message"),
    [
        ([1.0, 2.0], [0, 0], 0.1, r"values of d2min have shape \(2,\)"),
        ([[1.0, 2.0]], [[0]], 0.1, r"labels \(1, 1\)"),
        (np.zeros((0, 3)), np.zeros((0, 3), int), 0.1, "not empty"),
        ([[1.0, np.inf]], [[0, 0]], 0.1, "finite"),
        ([[1.0, -1.0]], [[0, 0]], 0.1, "not be negative; 1 of 2 are"),
        ([[1.0, 2.0]], [[0, 0]], 0.0, "temperature is 0.0"),
        ([[1.0, 2.0]], [[0, 0]], np.nan, "temperature is nan"),
    ],
)
def test_wrong_input_is_named(function, d2min, labels, temperature, message):
    with pytest.raises(ValueError, match=message):
        function(d2min, labels, temperature)


@pytest.mark.parametrize("function", [plateau_onset, rearrangement_probability])
def test_a_decade_has_a_bin(function):
    with pytest.raises(ValueError, match="bins_per_decade is 0"):
        function([[1.0]], [[0]], TEMPERATURE, bins_per_decade=0)


def test_bins_have_intervals():
    d2min, labels = planted(np.random.default_rng(10), 2.0, frames=100)
    found, _ = rearrangement_probability(d2min, labels, TEMPERATURE)
    low, high = found.percentiles(0.95)
    filled = found.counts > 0
    assert (low < found.low)[filled].all()
    assert (found.high < high)[filled].all()
    assert ((found.low < found.value) & (found.value < found.high))[filled].all()
    assert np.isnan([found.low[~filled], found.high[~filled]]).all()


# The onset of the plateau


def ramp(random, frames, onset, particles=2000):
    """D²_min with P = 0.1 below T, rising with the logarithm to a plateau of 0.5 that begins at ``onset`` T."""
    d2min = 10 ** random.normal(0.3, 0.7, (frames, particles))
    probability = 0.1 + 0.4 * np.clip(np.log(d2min) / np.log(onset), 0, 1)
    labels = np.where(random.random(d2min.shape) < probability, 0, -1)
    return d2min * TEMPERATURE, labels


@pytest.mark.parametrize("onset", [5.0, 20.0])
def test_onset_is_found_where_it_was_planted(onset):
    found = plateau_onset(*ramp(np.random.default_rng(11), 300, onset), TEMPERATURE)
    low, high = found.low, found.high
    # P is 5 % below its plateau at 0.94 (20 T: 0.83) of the onset, and bins are a factor of 1.26 wide.
    assert onset / 1.6 < low <= found.value <= high < 1.3 * onset


def test_onset_that_is_not_reached_is_infinite():
    # Four bins with 10, 20, 40 and 80 of 100 particles on spots, in each frame.
    d2min = np.tile(np.repeat([2.0, 20.0, 200.0, 2000.0], 100), (20, 1))
    labels = np.where(np.tile(np.arange(100), 4) < np.repeat([10, 20, 40, 80], 100), 0, -1)
    found = plateau_onset(d2min, np.tile(labels, (20, 1)), 1.0, bins_per_decade=1)
    # What lies beyond the data has no interval: an end at infinity would say that it is known.
    assert found.value == np.inf and np.isnan([found.low, found.high]).all()


def test_of_particles_in_one_bin_no_onset_is_known():
    labels = np.random.default_rng(15).integers(-1, 3, (20, 50))
    assert plateau_onset(np.full((20, 50), 2.0), labels, 1.0).value == np.inf


def test_a_flat_probability_is_a_plateau_from_its_fullest_bin_on():
    random = np.random.default_rng(13)
    d2min = 10 ** random.normal(0.3, 0.4, (200, 1000))
    found = plateau_onset(d2min, np.where(random.random(d2min.shape) < 0.3, 0, -1), 1.0)
    # The mode of the distribution is in the bin 10^0.2 to 10^0.3 or that after it.
    assert found.value in 10 ** np.array([0.2, 0.3])


def test_onset_does_not_depend_on_numbering():
    random = np.random.default_rng(14)
    d2min, labels = ramp(random, 60, 10.0)
    order = random.permutation(d2min.shape[1])
    expected = plateau_onset(d2min, labels, TEMPERATURE)
    found = plateau_onset(d2min[:, order], labels[:, order], TEMPERATURE)
    assert (found.value, found.resampled.tolist()) == (expected.value, expected.resampled.tolist())
