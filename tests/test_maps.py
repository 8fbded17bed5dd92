"""From modes to maps: soft spots, their sizes and centres, and what a map must not depend on."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from reference import flipped

from softspots.exceptions import InputError
from softspots.frame import Box, Frame
from softspots.structure.spots import (
    mode_particles,
    rank_modes,
    soft_spots,
    soft_spots_from_ranking,
)


def local_modes(frame, centres, widths, seed=3):
    """One mode per centre: random directions under a Gaussian of the given width, and its participation ratio."""
    directions = np.random.default_rng(seed).standard_normal((len(centres), len(frame), 2))
    directions /= np.linalg.norm(directions, axis=2, keepdims=True)
    distances = np.array([np.hypot(*frame.box.minimum_image(frame.positions - centre).T) for centre in centres])
    vectors = directions * np.exp(-0.5 * (distances / np.array(widths)[:, None]) ** 2)[..., None]
    vectors /= np.linalg.norm(vectors, axis=(1, 2), keepdims=True)
    fourth = (vectors**2).sum(axis=2) ** 2
    return SimpleNamespace(vectors=vectors, participation_ratio=1 / (len(frame) * fourth.sum(axis=1))), distances


@pytest.fixture(scope="module")
def square():
    """400 particles, and three modes: a wide one, and two compact ones far apart, one of them across the border."""
    box = Box(18.0, 18.5, tilt=5.0)
    x, y = np.divmod(np.arange(400), 20)
    grid = np.column_stack((x, y)) + 0.5 + np.random.default_rng(5).uniform(-0.2, 0.2, (400, 2))
    frame = Frame(grid * (0.9, 0.925), np.zeros(400, int), box)
    modes, distances = local_modes(frame, [(14.0, 9.0), (9.0, 0.2), (3.0, 9.0)], [6.0, 1.5, 2.0])
    return frame, modes, distances


def test_spots_are_the_cores_of_the_most_localized_modes(square):
    frame, modes, distances = square
    spots = soft_spots(frame, modes, n_modes=2, n_particles=9)
    cores = [set(np.argsort(distance)[:9].tolist()) for distance in distances[1:]]
    assert [set(particles.tolist()) for particles in spots] == sorted(cores, key=min)
    assert spots.density == 18 / 400


@pytest.mark.parametrize(("n_modes", "n_particles"), [(1, 5), (2, 20), (3, 12)])
def test_maps_from_a_stored_ranking_are_those_from_the_modes(square, n_modes, n_particles):
    frame, modes, _ = square
    stored = mode_particles(modes.vectors, 40)
    again = soft_spots_from_ranking(frame, modes.participation_ratio, stored, n_modes, n_particles)
    assert (again.labels == soft_spots(frame, modes, n_modes, n_particles).labels).all()


def test_small_clusters_are_dropped(square):
    frame, modes, _ = square
    assert len(soft_spots(frame, modes, n_modes=2, n_particles=3)) == 0
    assert len(soft_spots(frame, modes, n_modes=2, n_particles=3, min_particles=3)) == 2
    assert len(soft_spots(frame, modes, n_modes=2, n_particles=4)) == 2


@pytest.mark.parametrize("flips", [0, 1, -2])
@pytest.mark.parametrize("move", [(0.0, 0.0), (-3.1, -9.3), (1234.5, 678.9)])
def test_centers_are_those_of_the_cores_also_across_the_boundary(square, flips, move):
    frame, modes, _ = square
    moved = flipped(replace(frame, positions=frame.positions + move), flips)
    spots = soft_spots(moved, modes, n_modes=2, n_particles=9)
    assert spots.centers.shape == (2, 2)
    assert len(spots) == 2
    for particles, center in zip(spots, spots.centers, strict=True):
        # The core is smaller than half the box, so all are where their shortest images from its middle are.
        offsets = frame.box.minimum_image(moved.positions[particles] - center)
        # Rounding of coordinates of a thousand.
        np.testing.assert_allclose(offsets.mean(axis=0), 0, atol=1e-11)
        assert np.hypot(*offsets.T).max() < 3
        assert (center >= 0).all()
        assert (center < (18.0, 18.5)).all()


def test_centers_of_an_empty_map(square):
    frame, modes, _ = square
    assert soft_spots(frame, modes, n_modes=2, n_particles=3).centers.shape == (0, 2)


@pytest.mark.filterwarnings("ignore:soft_spots. the map covers")
def test_defaults_fit_the_system(square):
    """The paper's 430 of 10,000 are 17 for 400 particles."""
    frame, _, _ = square
    modes, _ = local_modes(frame, np.random.default_rng(6).uniform(0, 18, (25, 2)), np.linspace(1, 5, 25))
    spots = soft_spots(frame, modes)
    assert (spots.labels == soft_spots(frame, modes, 17, 20).labels).all()
    assert repr(spots).endswith("from 17 modes, 20 particles of each)")
    ranking = mode_particles(modes.vectors, 12)
    stored = soft_spots_from_ranking(frame, modes.participation_ratio, ranking)
    assert (stored.n_modes, stored.n_particles) == (17, 12)
    few = SimpleNamespace(vectors=modes.vectors[:5], participation_ratio=modes.participation_ratio[:5])
    with pytest.warns(UserWarning, match="17 modes make a map of 400 particles, but only 5 are given") as warned:
        assert soft_spots(frame, few).n_modes == 5
        assert soft_spots_from_ranking(frame, few.participation_ratio, ranking[:5]).n_modes == 5
    assert [warning.filename for warning in warned] == [__file__] * 2
    tiny = Frame(frame.positions[:6], frame.species[:6], frame.box)
    modes, _ = local_modes(tiny, [(1.0, 1.0)], [3.0])
    assert (soft_spots(tiny, modes).n_modes, soft_spots(tiny, modes).n_particles) == (1, 6)


def test_particles_that_take_part_in_no_mode_are_on_no_map(square):
    frame, modes, _ = square
    vectors = modes.vectors.copy()
    vectors[:, 12:] = 0
    left = SimpleNamespace(vectors=vectors, participation_ratio=modes.participation_ratio)
    spots = soft_spots(frame, left, n_modes=3)
    assert spots.n_particles == 12
    assert (spots.labels[12:] == -1).all()
    with pytest.raises(InputError, match=r"n_particles is 13; allowed: 1 to 12 \(all that move\)"):
        soft_spots(frame, left, 3, 13)


def test_masked_numbers_are_refused(square):
    frame, modes, _ = square
    masked = np.ma.masked_where(modes.vectors > 0.1, modes.vectors)
    with pytest.raises(InputError, match="masked"):
        mode_particles(masked, 9)
    ratio = np.ma.masked_less(modes.participation_ratio, 0.1)
    with pytest.raises(InputError, match="masked"):
        rank_modes(ratio)
    ranking = np.ma.masked_equal(mode_particles(modes.vectors, 9), 3)
    with pytest.raises(InputError, match="masked"):
        soft_spots_from_ranking(frame, modes.participation_ratio, np.ma.masked_less(ranking, 200), 2, 9)


def test_maps_do_not_depend_on_the_description(square):
    frame, modes, _ = square
    labels = soft_spots(frame, modes, n_modes=3, n_particles=15).labels
    for other in (flipped(frame), replace(frame, positions=frame.positions - (7.7, 31.0))):
        assert (soft_spots(other, modes, n_modes=3, n_particles=15).labels == labels).all()


def test_the_connection_decides_what_is_one_spot(square):
    # The cores of the two modes are 9 apart: one spot only if bonds reach that far.
    frame, modes, _ = square
    chosen = {"n_modes": 2, "n_particles": 9, "connection": "distance"}
    assert len(soft_spots(frame, modes, **chosen)) == 2
    assert len(soft_spots(frame, modes, **chosen, bond_length=9.0)) == 1
    assert len(soft_spots(frame, modes, **chosen, bond_length=0.1)) == 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"n_modes": 4}, "n_modes is 4; it must be a whole number from 1 to 3"),
        ({"n_modes": 0}, "n_modes is 0; it must be a whole number from 1 to 3"),
        ({"n_particles": 401}, "soft_spots: n_particles is 401; it must be a whole number from 1 to 400"),
        ({"connection": "voronoi"}, "connection is 'voronoi'; allowed: delaunay, distance"),
        ({"connection": "foo", "bond_length": 1.0}, "connection is 'foo'; allowed: delaunay, distance"),
        ({"connection": None}, "connection is None; allowed: delaunay, distance"),
        ({"n_modes": 1.5}, "n_modes is 1.5"),
        ({"min_particles": 0}, "min_particles is 0"),
    ],
)
def test_wrong_parameters_are_named(square, change, message):
    frame, modes, _ = square
    with pytest.raises(ValueError, match=message):
        soft_spots(frame, modes, **({"n_modes": 2, "n_particles": 9} | change))


def test_modes_and_rankings_must_fit_the_frame(square):
    frame, modes, _ = square
    with pytest.raises(ValueError, match=r"vectors have shape \(3, 400, 2\); \(modes, 399, 2\) is needed"):
        soft_spots(Frame(frame.positions[1:], frame.species[1:], frame.box), modes, 2, 9)
    ranking = mode_particles(modes.vectors, 9)
    with pytest.raises(ValueError, match="n_particles is 10; it must be a whole number from 1 to 9"):
        soft_spots_from_ranking(frame, modes.participation_ratio, ranking, 2, 10)
    with pytest.raises(ValueError, match=r"participation_ratio has shape \(2,\)"):
        soft_spots_from_ranking(frame, modes.participation_ratio[1:], ranking, 2, 9)
    for wrong in (-1, 400):
        with pytest.raises(ValueError, match=rf"mode_particles must be whole numbers from 0 to 399; {wrong} is"):
            soft_spots_from_ranking(
                frame, modes.participation_ratio, np.where(ranking == ranking[0, 0], wrong, ranking), 2, 9
            )


def test_a_default_map_of_most_of_a_small_system_warns(square):
    frame, _, _ = square
    modes, _ = local_modes(frame, frame.positions[::17], np.full(24, 2.0))
    with pytest.warns(UserWarning, match="covers .* of 400 particles") as warned:
        soft_spots(frame, modes, n_modes=24)
    assert warned[0].filename == __file__
    # Who asks for it gets it.
    assert soft_spots(frame, modes, n_modes=24, n_particles=20).density > 0.375
