"""ΔP* on a grid of (N_m, N_p): the same maps as those made one by one, at all sizes."""

from dataclasses import replace

import numpy as np
import pytest
from reference import flipped, renumbered

from softspots.analysis.probability import plateau
from softspots.analysis.selection import delta_p_star, modes_needed
from softspots.frame import Box, Frame
from softspots.structure.spots import delaunay_edges, rank_modes, soft_spots_from_ranking

TEMPERATURE = 0.1


@pytest.fixture(scope="module")
def ranked():
    """Six random frames of 160 particles with localized modes, and D²_min larger where the modes are."""
    random = np.random.default_rng(1)
    box = Box(11.0, 12.0, tilt=3.4)
    frames = [Frame(random.random((160, 2)) * (11.0, 12.0), np.zeros(160, int), box) for _ in range(6)]
    participation = random.integers(1, 9, (6, 14)) / 10  # with ties
    particles, d2min = [], []
    for frame in frames:
        centres = random.integers(len(frame), size=14)
        separations = frame.box.minimum_image(frame.positions - frame.positions[centres][:, None])
        distances = np.hypot(*separations.transpose(2, 0, 1)) + random.exponential(1.0, (14, len(frame)))
        particles.append(np.argsort(distances, axis=1)[:, :8])
        near = np.isin(np.arange(len(frame)), particles[-1][:5])
        d2min.append(TEMPERATURE * np.where(random.random(len(frame)) < 0.1 + 0.5 * near, 30, 3))
    return frames, np.array(d2min), participation, np.array(particles)


@pytest.mark.parametrize("min_particles", [1, 2, 4, 7])
def test_maps_are_those_made_one_by_one(ranked, min_particles):
    frames, _, participation, particles = ranked
    for frame, ratio, chosen in zip(frames[:2], participation, particles, strict=False):
        edges = delaunay_edges(frame)
        for count in (1, 3, 8):
            needed = modes_needed(chosen[rank_modes(ratio)][:, :count], edges, len(frame), min_particles)
            for modes in range(1, 15):
                expected = soft_spots_from_ranking(frame, ratio, chosen, modes, count, min_particles)
                assert ((needed <= modes) == (expected.labels >= 0)).all()
            assert needed.max() == 15


def test_grid_holds_plateaus_of_single_maps(ranked):
    frames, d2min, participation, particles = ranked
    n_modes, n_particles = [3, 9, 14], [2, 5, 8]
    found = delta_p_star(
        d2min, participation, particles, map(delaunay_edges, frames), TEMPERATURE, n_modes, n_particles
    )
    for a, modes in enumerate(n_modes):
        for b, count in enumerate(n_particles):
            labels = [
                soft_spots_from_ranking(frame, ratio, chosen, modes, count).labels
                for frame, ratio, chosen in zip(frames, participation, particles, strict=True)
            ]
            expected = plateau(d2min, np.array(labels), TEMPERATURE)
            # The same counts; rounding of their ratios.
            assert found.probability[a, b] == pytest.approx(expected.probability, rel=1e-14)
            assert found.density[a, b] == pytest.approx(expected.density, rel=1e-14)
    assert found.difference.value == pytest.approx(found.probability - found.density, rel=1e-13)
    best = (n_modes.index(found.best[0]), n_particles.index(found.best[1]))
    assert found.difference.value[best] == found.difference.value.max() > 0.05
    low, high = found.difference.low, found.difference.high
    assert ((low < high) & (low <= found.difference.value) & (found.difference.value <= high))[1:, 1:].all()


def test_particles_that_are_not_known_count_nowhere(ranked):
    frames, d2min, participation, particles = ranked
    gaps = np.where(np.random.default_rng(4).random(d2min.shape) < 0.2, np.nan, d2min)
    found = delta_p_star(gaps, participation, particles, map(delaunay_edges, frames), TEMPERATURE, [9], [5])
    labels = [
        soft_spots_from_ranking(frame, ratio, chosen, 9, 5).labels
        for frame, ratio, chosen in zip(frames, participation, particles, strict=True)
    ]
    expected = plateau(gaps, np.array(labels), TEMPERATURE)
    # The same counts; rounding of their ratios.
    assert found.probability.item() == pytest.approx(expected.probability, rel=1e-14)
    assert found.density.item() == pytest.approx(expected.density, rel=1e-14)
    assert found.difference.value.item() == pytest.approx(expected.probability - expected.density, rel=1e-13)


def test_activity_that_knows_nothing_of_the_modes_gives_nothing(ranked):
    frames, d2min, participation, particles = (values[:1] for values in ranked)
    random = np.random.default_rng(2)
    repeats = 300
    # One map and 300 draws of activity, one particle in ten each.
    d2min = np.where(random.random((repeats, d2min.shape[1])) < 0.1, 5.0, 0.1)
    edges = [delaunay_edges(frames[0])] * repeats
    found = delta_p_star(
        d2min,
        np.tile(participation, (repeats, 1)),
        np.tile(particles, (repeats, 1, 1)),
        edges,
        TEMPERATURE,
        [7, 14],
        [8],
    )
    # One false alarm in 16,000 at four standard errors.
    assert (np.abs(found.difference.value) < 4 * found.difference.error).all()
    assert (found.difference.error < 0.02).all()


def test_grid_knows_no_numbering_origin_and_flip(ranked):
    frames, d2min, participation, particles = ranked
    grid = {"temperature": TEMPERATURE, "n_modes": [5, 14], "n_particles": [4, 8]}
    expected = delta_p_star(d2min, participation, particles, map(delaunay_edges, frames), **grid).difference.value
    order = np.random.default_rng(3).permutation(d2min.shape[1])
    number = np.argsort(order)
    for change in (flipped, lambda frame: replace(frame, positions=frame.positions + (2.0, -31.0))):
        edges = [delaunay_edges(change(frame)) for frame in frames]
        assert (delta_p_star(d2min, participation, particles, edges, **grid).difference.value == expected).all()
    edges = [delaunay_edges(renumbered(frame, order)) for frame in frames]
    found = delta_p_star(d2min[:, order], participation, number[particles], edges, **grid)
    assert (found.difference.value == expected).all()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"n_modes": [0, 3]}, "n_modes must be whole numbers from 1 to 14; 0"),
        ({"n_modes": [15]}, "n_modes must be whole numbers from 1 to 14; 15"),
        ({"n_particles": [9]}, "from 1 to 8; 9"),
        ({"n_particles": []}, "some of 1 to 8"),
        ({"participation_ratio": np.ones((5, 14))}, r"participation_ratio have shape \(5, 14\); \(6, 14\)"),
        ({"temperature": 0.0}, "temperature is 0.0"),
    ],
)
def test_wrong_input_is_named(ranked, changes, message):
    frames, d2min, participation, particles = ranked
    good = {
        "d2min": d2min,
        "participation_ratio": participation,
        "mode_particles": particles,
        "edges": map(delaunay_edges, frames),
        "temperature": TEMPERATURE,
        "n_modes": [3],
        "n_particles": [2],
    }
    with pytest.raises(ValueError, match=message):
        delta_p_star(**good | changes)


def test_edges_of_every_frame_are_needed(ranked):
    frames, d2min, participation, particles = ranked
    with pytest.raises(ValueError, match="shorter"):
        delta_p_star(d2min, participation, particles, map(delaunay_edges, frames[:5]), TEMPERATURE, [3], [2])
