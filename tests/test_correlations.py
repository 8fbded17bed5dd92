"""F_s, field correlations, relaxation times and collapse, on motion and maps whose correlations are known."""

from dataclasses import replace

import numpy as np
import pytest
from reference import flipped

from softspots.analysis.correlations import (
    collapse,
    field_correlation,
    self_scattering,
)
from softspots.curve import Curve, plateau_end, relaxation_time
from softspots.estimate import Estimate
from softspots.exceptions import InputError
from softspots.frame import Box, Frame

WAVEVECTOR = 2 * np.pi


def chains(random, frames, particles, death, birth):
    """Particles that leave the map with probability ``death`` a frame and enter it with ``birth``; steady state."""
    on_map = np.empty((frames, particles), dtype=bool)
    on_map[0] = random.random(particles) < birth / (birth + death)
    for frame in range(1, frames):
        draw = random.random(particles)
        on_map[frame] = np.where(on_map[frame - 1], draw >= death, draw < birth)
    return on_map


def known_curve(lags, values):
    """A curve without errors."""
    values = np.asarray(values, dtype=float)
    return Curve.over(np.asarray(lags), Estimate.of(values, np.tile(values, (5, 1)), 1))


def deviation(curve, exact):
    """In units of the error."""
    return np.abs(curve.value - exact) / curve.error


# F_s


def test_self_scattering_of_brownian_motion():
    random = np.random.default_rng(1)
    step = 0.05
    positions = np.cumsum(step * random.standard_normal((200, 400)), axis=0)
    lags = np.array([1, 2, 5, 10, 20, 40])
    curve = self_scattering(positions, lags)
    assert (curve.counts == 200 - lags).all()
    # One false alarm in 16,000 at four standard errors, and more as the errors are known to a quarter at long lags.
    assert (deviation(curve, np.exp(-((WAVEVECTOR * step) ** 2) * lags / 2)) < 5).all()
    assert (curve.error < 0.05).all()


def test_self_scattering_of_ballistic_motion_with_frames_missing():
    random = np.random.default_rng(2)
    times = np.flatnonzero(random.random(60) < 0.7) - 7
    velocities = 0.03 * random.standard_normal(20_000)
    lags = np.array([0, 1, 3, 8])
    curve = self_scattering(velocities * times[:, None], lags, times=times)
    # Every pair of frames has the same answer: the error is that of 20,000 cosines, each of variance below ½.
    assert curve.value == pytest.approx(np.exp(-((WAVEVECTOR * 0.03 * lags) ** 2) / 2), abs=4 * np.sqrt(0.5 / 20_000))
    assert curve.value[0] == pytest.approx(1, abs=1e-12)
    assert curve.counts.tolist() == [sum(time + lag in times for time in times) for lag in lags]


def test_self_scattering_is_the_double_loop_over_pairs():
    random = np.random.default_rng(3)
    times = np.array([0, 1, 2, 5, 6, 9, 10, 11])
    positions = 30 * random.random((8, 17))
    lags = np.arange(13)
    curve = self_scattering(positions, lags, wavevector=3.3, times=times)
    for lag, value, pairs in zip(lags, curve.value, curve.counts, strict=True):
        terms = [
            np.exp(1j * 3.3 * (positions[later] - positions[earlier])).real
            for earlier in range(8)
            for later in range(8)
            if times[later] - times[earlier] == lag
        ]
        assert pairs == len(terms)
        # Sums of at most 8 * 17 terms of size 1.
        assert value == pytest.approx(np.mean(terms) if terms else np.nan, abs=1e-13, nan_ok=True)


def test_self_scattering_knows_no_origin_numbering_and_flip():
    random = np.random.default_rng(4)
    frames = []
    for step in range(20):
        box = Box.sheared(9.0, 11.0, 0.13 * step)
        images = random.integers(-2, 3, (50, 2))
        frames.append(Frame(random.random((50, 2)) * (9, 11), np.zeros(50, int), box, images=images))

    def scattering(chosen):
        return self_scattering(np.array([frame.unwrapped[:, 1] for frame in chosen]), np.arange(15)).value

    expected = scattering(frames)
    order = random.permutation(50)
    renumbered = [replace(frame, positions=frame.positions[order], images=frame.images[order]) for frame in frames]
    shifted = [replace(frame, positions=frame.positions + (3.0, -123.4)) for frame in frames]
    for changed in (renumbered, shifted, [flipped(frame, step % 3 - 1) for step, frame in enumerate(frames)]):
        # Rounding of phases of some 1,000.
        assert scattering(changed) == pytest.approx(expected, abs=1e-11)


# Fields


def test_field_correlation_is_the_double_loop_over_pairs():
    random = np.random.default_rng(5)
    x_times, y_times = np.array([0, 1, 2, 5, 6, 9, 10]), np.array([-1, 1, 2, 3, 6, 7, 10, 11])
    x, y = random.random((7, 23)) < 0.3, random.lognormal(0, 1, (8, 23))
    lags = np.arange(13)
    curve = field_correlation(x, y, lags, x_times, y_times)
    x_normal, y_normal = (x - x.mean()) / x.std(), (y - y.mean()) / y.std()
    for lag, value, pairs in zip(lags, curve.value, curve.counts, strict=True):
        terms = [
            x_normal[later] * y_normal[earlier]
            for later in range(7)
            for earlier in range(8)
            if x_times[later] - y_times[earlier] == lag
        ]
        assert pairs == len(terms)
        # Sums of at most 8 * 23 terms of size 1.
        assert value == pytest.approx(np.mean(terms) if terms else np.nan, abs=1e-13, nan_ok=True)


def test_the_first_field_is_the_later_one():
    random = np.random.default_rng(6)
    noise = random.standard_normal((60, 500))
    curve = field_correlation(noise[:-3], noise[3:], np.arange(6))
    # Past and future of white noise: products of 54 * 500 pairs and more scatter by 0.006.
    assert curve.value == pytest.approx([0, 0, 0, 1, 0, 0], abs=0.03)


@pytest.mark.parametrize("gaps", [False, True])
def test_a_map_that_dies_at_a_known_rate(gaps):
    random = np.random.default_rng(7)
    death, birth = 0.05, 0.0125
    on_map = chains(random, 300, 1500, death, birth)
    times = np.flatnonzero(random.random(300) < 0.8) if gaps else np.arange(300)
    lags = np.array([0, 1, 2, 4, 8, 16, 32, 64])
    curve = field_correlation(on_map[times], on_map[times], lags, times, times)
    assert curve.value[0] == pytest.approx(1, abs=1e-12)
    assert curve.error[0] == pytest.approx(0, abs=1e-12)
    # One false alarm in 16,000 at four standard errors, and more as the errors are known to a fifth or so.
    assert (deviation(curve, (1 - death - birth) ** lags)[1:] < 5).all()
    assert (curve.error < 0.03).all()


def test_uncorrelated_fields_have_no_correlation():
    random = np.random.default_rng(8)
    deviations = []
    for _ in range(12):
        on_map, activity = random.random((150, 200)) < 0.2, random.lognormal(0, 1, (150, 200))
        lags = np.arange(40)
        deviations.append(deviation(field_correlation(on_map, activity, lags), 0))
    # Alarms at two standard errors: 4.6 %, of 480 lags 22 that scatter by 5 (more, as lags share frames).
    assert 5 <= np.sum(np.array(deviations) > 2) <= 45


def test_fields_know_no_numbering():
    random = np.random.default_rng(9)
    x, y = random.random((30, 40)) < 0.3, random.random((30, 40))
    order = random.permutation(40)
    expected = field_correlation(x, y, np.arange(20)).value
    # Rounding of sums in another order.
    assert field_correlation(x[:, order], y[:, order], np.arange(20)).value == pytest.approx(expected, abs=1e-13)


@pytest.mark.parametrize(
    ("x", "options", "message"),
    [
        (np.full((4, 3), True), {}, "x is 1 everywhere"),
        (np.array([[0.0, 1.0, 2.0], [1.0, np.nan, 0.0]]), {}, "x is not finite in 1 frames, the first of them frame 1"),
        (np.ones(3), {}, r"values of x have shape \(3,\)"),
        (np.eye(4), {}, "x has 4 particles and y 3"),
        (np.eye(3), {"x_times": [0, 1]}, r"times have shape \(2,\); \(3,\) is needed"),
        (np.eye(3), {"x_times": [0, 2, 2]}, "times must rise; 2 follows 2"),
        (np.eye(3), {"x_times": [0.0, 2.5, 4.0]}, "times must be whole numbers .* 2.5 is among them"),
        (np.eye(3), {"lags": [2, 1]}, "lags must rise; 1 follows 2"),
        (np.eye(3), {"lags": [-1, 1]}, "lags must be whole numbers from 0 .* -1 is among them"),
        (np.eye(3), {"lags": [0.5]}, "lags must be whole numbers .* 0.5 is among them"),
    ],
)
def test_wrong_fields_are_named(x, options, message):
    with pytest.raises(ValueError, match=message):
        field_correlation(x, np.eye(3), **{"lags": [0, 1]} | options)


# Relaxation


def test_relaxation_time_is_where_the_curve_crosses():
    lags = np.array([0, 1, 2, 4, 8])
    curve = known_curve(lags, [1, 0.9, 0.7, 0.3, 0.1])
    assert relaxation_time(curve, 0.5).value == pytest.approx(3, rel=1e-12)
    assert relaxation_time(curve, 0.05).value == np.inf
    assert np.isnan(relaxation_time(known_curve([1, 2], [0.2, 0.1])).value)


def test_relaxation_time_has_an_interval():
    random = np.random.default_rng(10)
    step = 0.06
    exact = 2 / (WAVEVECTOR * step) ** 2
    positions = np.cumsum(step * random.standard_normal((300, 300)), axis=0)
    found = relaxation_time(self_scattering(positions, np.arange(40)))
    # As for the curve; between lags it is straight to (dt / τ)² / 8.
    assert abs(found.value - exact) < 5 * found.error + exact / 8 / exact**2
    assert found.error < 0.1 * exact


def test_plateau_end_is_a_loss_of_5_percent():
    lags = np.arange(1, 2000)
    # Rattling, a plateau at 0.8, and a decay that is faster than exponential.
    rattling, decay = np.exp(-lags / 0.4), np.exp(-((lags / 700) ** 2))
    found = plateau_end(known_curve(lags, (0.8 + 0.2 * rattling) * decay))
    # The plateau is taken where it has fallen by (10/700)²; this and the straight lines between lags are 1 % of τ*.
    assert found.value == pytest.approx(700 * np.sqrt(-np.log(0.95)), rel=0.01)
    assert plateau_end(known_curve(lags[:100], ((0.8 + 0.2 * rattling) * decay)[:100])).value == np.inf
    assert np.isnan(plateau_end(known_curve(lags, 0.3 * decay)).value)


def test_where_no_plateau_is_resolved_nothing_ends():
    lags = np.arange(1, 2000)
    # Flattest where it begins: the shoulder of a liquid. A straight line in the logarithm falls alike everywhere.
    for values in (0.9 * np.exp(-((lags / 30) ** 0.8)), 1 - 0.12 * np.log(lags + 2)):
        assert np.isnan(plateau_end(known_curve(lags, values)).value)


def test_a_sound_wave_is_no_plateau():
    lags = np.arange(1, 2000)
    glass = (0.8 + 0.2 * np.exp(-lags / 0.4)) * np.exp(-((lags / 700) ** 2))
    # Rises at 14 to 24, as the slowest transverse wave of a box does.
    wave = 0.01 * np.exp(-(((lags - 20) / 5) ** 2))
    found = plateau_end(known_curve(lags, glass + wave))
    # Its height moves the level by 1 %, of 5 %: by a tenth of τ*.
    assert found.value == pytest.approx(700 * np.sqrt(-np.log(0.95)), rel=0.12)


# Collapse


def noisy_curve(random, lags, values, error):
    resampled = values + error * random.standard_normal((400, len(lags)))
    values = values + error * random.standard_normal(len(lags))
    return Curve.over(lags, Estimate.of(values, resampled, 1))


def test_collapse_tells_strain_from_time():
    random = np.random.default_rng(11)
    lags = np.arange(0, 1000)
    rates = [1e-3, 1e-4, 3e-4]
    driven = [noisy_curve(random, lags, np.exp(-30 * rate * lags), 0.01) for rate in rates]
    found = collapse(driven, rates)
    # 400 resamples and 50 points: the spread of three curves that differ by noise is known to 10 %.
    assert found.strain == pytest.approx(found.strain_noise, rel=0.4)
    assert found.strain_noise == pytest.approx(0.01, rel=0.2)
    low, high = found.ratio.low, found.ratio.high
    assert 10 < low < found.ratio.value < high
    assert found.ratio.value == pytest.approx(found.time / found.strain, rel=1e-12)

    thermal = [noisy_curve(random, lags, np.exp(-lags / 50), 0.01) for _ in rates]
    found = collapse(thermal, rates)
    assert found.ratio.high < 0.1
    assert found.time == pytest.approx(found.time_noise, rel=0.4)


def test_collapse_needs_a_common_range():
    curve = known_curve([0, 1, 2, 4], [1, 0.5, 0.3, 0.1])
    with pytest.raises(ValueError, match="no range"):
        collapse([curve, curve], [1.0, 100.0])
    for curves, rates in (([curve], [1.0]), ([curve, curve], [1.0]), ([curve, curve], [1.0, 0.0])):
        with pytest.raises(ValueError, match="two or more positive rates"):
            collapse(curves, rates)


@pytest.mark.filterwarnings("error")
def test_fields_that_are_the_same_everywhere_in_a_resample_leave_it_undefined():
    # Without its first frame x varies nowhere.
    found = field_correlation([[0, 1], [0.5, 0.5]], [[0.25, 0.25], [0, 1]], [0])
    assert np.isnan([found.low, found.high]).all()


@pytest.mark.filterwarnings("error")
def test_curves_without_intervals_collapse_without_one():
    field = np.random.default_rng(1).standard_normal((4, 50))
    curve = field_correlation(field, field, [0, 1, 2])
    found = collapse([curve, curve], [1.0, 1.5])
    assert np.isfinite(found.strain) and np.isnan(found.strain_noise) and np.isnan(found.ratio.error)
    with pytest.raises(InputError, match="known at no lag above 0"):
        collapse([curve, field_correlation(field, field, [0])], [1.0, 1.5])


@pytest.mark.filterwarnings("error")
def test_curves_that_are_the_same_have_no_ratio():
    flat = known_curve([1, 2, 4, 8], np.full(4, 0.5))
    found = collapse([flat, flat], [1.0, 1.5])
    assert found.time == found.strain == 0 and np.isnan(found.ratio.value)
