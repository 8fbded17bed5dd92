"""The density of states against laws whose integrals are known."""

import numpy as np
import pytest

from softspots.analysis.vibrations import density_of_states

PARTICLES = 10_000
FRAMES = 60


def spectra(mode_number, top, seed=3):
    """Eigenvalues of frames whose modes are independent, with ``mode_number(ω)`` of them below ω on average."""
    random = np.random.default_rng(seed)
    grid = np.linspace(0, top, 2000)
    expected = mode_number(grid)
    # Equally spaced but for a common shift and a little noise, as levels repel each other.
    places = np.arange(1, int(expected[-1]))[None] + random.uniform(-0.3, 0.3, (FRAMES, int(expected[-1]) - 1))
    return np.interp(np.sort(places, axis=1), expected, grid) ** 2


def test_debye_is_flat_at_its_height():
    found = density_of_states(spectra(lambda omega: 60 * omega**2, 3.0), PARTICLES)
    # n = 60 ω² makes D/ω = 120/2N, but for at most one of the levels in a window, which its two borders cut.
    level = 1 / (2 * PARTICLES * 2 * found.states.x * found.states.x[0])
    assert found.peak is None and found.no_peak == "within its noise, or a quarter, D(ω)/ω is flat: it has no peak"
    assert np.all(np.abs(found.states.value - 120 / (2 * PARTICLES)) < level)
    np.testing.assert_allclose(found.below.value, 60 * found.below.x**2, atol=1)


def test_debye_is_flat_in_three_dimensions():
    found = density_of_states(spectra(lambda omega: 60 * omega**3, 3.0), PARTICLES, dimension=3)
    omega, width = found.states.x, found.states.x[0]
    # n = 60 ω³ makes D/ω² = 180/3N, but for at most one of the levels in a window.
    level = 1 / (PARTICLES * ((omega + width) ** 3 - (omega - width) ** 3))
    assert found.peak is None and "flat" in found.no_peak
    assert np.all(np.abs(found.states.value - 180 / (3 * PARTICLES)) < level)


def test_peak_is_found_with_its_interval():
    # D/ω = 2 dn/d(ω²) is a parabola in ω² around 4; n(2) = 240 · 4 (1 − 0.7/3).
    def mode_number(omega):
        squared = omega**2
        return 240 * (squared - 0.7 * ((squared / 4 - 1) ** 3 + 1) * 4 / 3)

    found = density_of_states(spectra(mode_number, 2.9), PARTICLES)
    # Flat within a tenth of a mode per window over some 20 modes to either side.
    assert found.peak.value == pytest.approx(mode_number(2.0), abs=25)
    low, high = found.peak.low, found.peak.high
    assert low <= found.peak.value <= high


def test_a_maximum_at_an_end_is_no_peak():
    # D/ω falls all the way, as where D is flat, or rises all the way.
    falling = density_of_states(spectra(lambda omega: 200 * omega, 3.0), PARTICLES)
    assert falling.peak is None and falling.no_peak.endswith("is largest at the lowest frequencies: it has no peak")
    rising = density_of_states(spectra(lambda omega: 60 * omega**3, 3.0), PARTICLES)
    assert rising.peak is None and "does not fall beyond its maximum, up to the highest of the modes" in rising.no_peak


def repelling(random, frames, levels, size=200):
    """Levels at a mean distance of one that repel each other, from the middle of spectra of random matrices."""
    matrices = random.standard_normal((frames, size, size))
    values = np.linalg.eigvalsh((matrices + matrices.transpose(0, 2, 1)) / np.sqrt(8 * size))
    places = size * (0.5 + (values * np.sqrt(1 - np.minimum(values**2, 1)) + np.arcsin(values.clip(-1, 1))) / np.pi)
    start = (size - levels) // 2
    return places[:, start : start + levels] - places[:, [start]] + random.uniform(0.2, 1.0, (frames, 1))


def plane_waves(random, dimension, ratio, modes, frames, jitter):
    """Levels of transverse and longitudinal plane waves of a periodic cube, ``ratio`` times as fast, each a bit off."""
    along = np.arange(-20, 21) if dimension == 2 else np.arange(-8, 9)
    waves = np.linalg.norm(np.stack(np.meshgrid(*[along] * dimension), axis=-1).reshape(-1, dimension), axis=1)
    waves = waves[waves > 0]
    levels = np.sort(np.concatenate((np.repeat(waves, dimension - 1), ratio * waves)))[:modes]
    return np.sort(levels * (1 + jitter * random.standard_normal((frames, modes))), axis=1)


@pytest.mark.parametrize("ratio", [1.8, 2.5])
@pytest.mark.parametrize(("dimension", "modes"), [(2, 125), (2, 500), (3, 900), (3, 1500)])
def test_plane_waves_of_a_periodic_box_make_no_peak(dimension, modes, ratio):
    """Their shells stand at the same places in all frames; below 900 modes of a cube windows reach too few of them."""
    random = np.random.default_rng(1)
    for frames in (1, 20, 100):
        for jitter in (0.01, 0.02, 0.05):
            levels = plane_waves(random, dimension, ratio, modes, frames, jitter)
            assert density_of_states(levels**2, PARTICLES, dimension).peak is None


@pytest.mark.parametrize("frames", [1, 4, 30])
def test_noise_of_few_frames_is_no_peak(frames):
    random = np.random.default_rng(5)
    for _ in range(8):
        # n = c ω², Debye's.
        found = density_of_states(repelling(random, frames, 100) / 10, PARTICLES)
        assert found.peak is None


def test_window_is_twice_the_lowest_frequency():
    eigenvalues = spectra(lambda omega: 60 * omega**2, 3.0)
    found = density_of_states(eigenvalues, PARTICLES)
    # All windows lie within what is known.
    assert found.states.x[0] == pytest.approx(2 * np.sqrt(eigenvalues[:, 0]).mean())
    assert found.states.x[-1] + found.states.x[0] <= np.sqrt(eigenvalues[:, -1].min()) * (1 + 1e-15)


def test_counts_are_those_of_a_single_frame():
    eigenvalues = np.arange(1.0, 13)[None] ** 2
    found = density_of_states(eigenvalues, 100)
    place = len(found.states.x) // 3
    centre, frequencies = found.states.x[place], np.arange(1, 13)
    inside = np.sum(np.abs(frequencies - centre) < 2)
    assert found.states.value[place] == pytest.approx(inside / (2 * 100 * 2 * centre * 2))
    assert found.below.value[place] == np.sum(frequencies < centre)


@pytest.mark.parametrize(
    ("eigenvalues", "reason"),
    [([1.0, 2.0], "shape"), ([[-1.0, 2.0]], "positive"), ([[1.0, 2.0, 3.0]], "up to ω = 1.73; more than 4")],
)
def test_what_cannot_be_averaged_is_refused(eigenvalues, reason):
    with pytest.raises(ValueError, match=reason):
        density_of_states(eigenvalues, 100)
