"""Soft spots: ranking, periodic neighbours, clusters."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from reference import edges_of_images, flipped, images_of, renumbered, wrapped

from softspots.exceptions import InputError
from softspots.frame import Box, Frame
from softspots.structure.spots import (
    SoftSpots,
    bonds,
    connect,
    delaunay_edges,
    label_clusters,
    mode_particles,
    rank_modes,
)


def as_list(edges):
    return [tuple(edge) for edge in edges.tolist()]


def random_frame(seed, particles, box):
    """Independent uniform particles: large holes and close pairs."""
    random = np.random.default_rng(seed)
    x, y = random.random((2, particles))
    return Frame(np.column_stack((x * box.length_x + y * box.tilt, y * box.length_y)), np.zeros(particles, int), box)


# Ranking


def sizes_with_ties(least):
    # Few different integers: ties everywhere, and squares exact.
    return st.tuples(st.integers(1, 4), st.integers(least, 12)).flatmap(
        lambda shape: arrays(np.int8, (*shape, 2), elements=st.integers(-2, 2))
    )


@given(sizes_with_ties(1), st.data())
def test_mode_particles_are_the_largest_and_ties_go_to_the_lower_id(vectors, data):
    count = data.draw(st.integers(1, vectors.shape[1]))
    expected = [
        sorted(range(len(mode)), key=lambda particle: (-(mode[particle].astype(int) ** 2).sum(), particle))[:count]
        for mode in vectors
    ]
    found = mode_particles(vectors, count)
    assert found.dtype == np.int32
    assert found.tolist() == expected


@pytest.mark.parametrize("factor", [-4, 1e-300, 1e-90, 1e90, 1e200])
def test_mode_particles_do_not_depend_on_sign_and_length_of_the_mode(factor):
    """Also where squares are no floats."""
    vectors = np.random.default_rng(1).standard_normal((5, 300, 2))
    assert (mode_particles(factor * vectors, 20) == mode_particles(vectors, 20)).all()


def test_modes_are_ranked_by_participation_ratio_then_number():
    assert rank_modes(np.array([0.3, 0.1, 0.2, 0.1, 0.3])).tolist() == [1, 3, 2, 0, 4]


@pytest.mark.parametrize("count", [0, 4])
def test_more_particles_than_there_are_is_an_error(count):
    with pytest.raises(ValueError, match=rf"count is {count}; it must be a whole number from 1 to 3"):
        mode_particles(np.ones((2, 3, 2)), count)


def test_numbers_that_are_none_are_errors():
    vectors = np.ones((2, 3, 2))
    vectors[1, 2, 0] = np.nan
    with pytest.raises(ValueError, match="mode 1 has components that are not finite"):
        mode_particles(vectors, 1)
    with pytest.raises(ValueError, match="rank_modes: participation_ratio must be finite; 1 of 2 are not"):
        rank_modes(np.array([0.1, np.nan]))
    with pytest.raises(ValueError, match=r"\(2, 6\)"):
        mode_particles(np.ones((2, 6)), 1)


# Neighbours through the periodic boundaries


def test_delaunay_edges_are_those_among_all_images(frame):
    edges = delaunay_edges(frame)
    assert as_list(edges) == edges_of_images(wrapped(frame), 2)
    # Euler's formula on the torus: 3 N edges; no pair meets twice in a box of several neighbour shells.
    assert len(edges) == 3 * len(frame)


@given(st.integers(0, 2**32), st.integers(1, 40), st.floats(0.3, 3), st.floats(-0.5, 0.5), st.integers(-3, 3))
def test_delaunay_edges_are_those_among_all_images_whatever_the_box(seed, particles, length_y, tilt, flips):
    # With few particles, circles wider than the box, and pairs that meet more than once.
    frame = random_frame(seed, particles, Box(1.0, length_y, tilt=tilt))
    assert as_list(delaunay_edges(flipped(frame, flips))) == edges_of_images(frame, 4)


def test_delaunay_edges_across_a_void():
    # The hole is more than twenty mean spacings wide, far more than where the search for neighbours begins.
    frame = random_frame(8, 900, Box(30.0, 31.0, tilt=11.0))
    offset = frame.box.minimum_image(frame.positions - (20.0, 30.0))
    frame = Frame(frame.positions[np.hypot(*offset.T) > 11], frame.species[np.hypot(*offset.T) > 11], frame.box)
    edges = delaunay_edges(frame)
    assert as_list(edges) == edges_of_images(frame, 2)
    assert len(edges) == 3 * len(frame)


def test_delaunay_edges_do_not_depend_on_the_description(frame):
    edges = delaunay_edges(frame)
    moved = replace(frame, positions=frame.positions + (3.21, -47.3))
    for other in (moved, flipped(frame), flipped(frame, -2), wrapped(frame)):
        assert (delaunay_edges(other) == edges).all()
    order = np.random.default_rng(2).permutation(len(frame))
    assert as_list(np.unique(np.sort(order[delaunay_edges(renumbered(frame, order))], axis=1), axis=0)) == as_list(
        edges
    )


def test_delaunay_edges_of_a_crowd_in_the_wilderness():
    # Distances that differ by a thousand, so that one range of search fits nobody.
    frame = random_frame(3, 120, Box(9.0, 8.0, tilt=-2.5))
    crowd = np.arange(120) < 100
    frame = replace(frame, positions=np.where(crowd[:, None], 4 + 1e-3 * frame.positions, frame.positions))
    assert as_list(delaunay_edges(frame)) == edges_of_images(frame, 2)


@pytest.mark.parametrize("move", [(0.0, 0.0), (0.1, -0.7), (-123.4, 567.8)])
@pytest.mark.parametrize("flips", [0, 1, -7])
def test_delaunay_edges_of_a_perfect_lattice_join_the_nearest_neighbours(move, flips):
    # Every square has four particles on one circle: rounding must not choose a diagonal.
    side, spacing = 12, 0.9
    x, y = spacing * np.array(np.divmod(np.arange(side * side), side))
    frame = Frame(np.column_stack((x, y)) + move, np.zeros(side**2, int), Box(*[side * spacing] * 2, tilt=4 * spacing))
    edges = delaunay_edges(flipped(frame, flips))
    assert as_list(edges) == as_list(bonds(frame, 1.1 * spacing))
    assert len(edges) == 2 * side**2


@pytest.mark.parametrize(("particles", "edges"), [(1, []), (2, [(0, 1)]), (3, [(0, 1), (0, 2), (1, 2)])])
def test_tiny_systems_have_edges_between_different_particles_only(particles, edges):
    assert as_list(delaunay_edges(random_frame(1, particles, Box(3.0, 2.0, tilt=0.4)))) == edges


@pytest.mark.parametrize("distance", [0.0, 1e-14])
def test_coinciding_particles_are_an_error(frame, distance):
    positions = frame.positions.copy()
    # One box height up as well: they coincide through the boundary.
    positions[5] = positions[9] + (frame.box.tilt + distance, frame.box.length_y)
    with pytest.raises(ValueError, match="coincide"):
        delaunay_edges(replace(frame, positions=positions))


@pytest.mark.parametrize("connect", [delaunay_edges, lambda *chosen: bonds(chosen[0], 1.5, *chosen[1:])])
def test_edges_among_some_particles_are_those_of_all_that_join_them(frame, connect):
    among = np.random.default_rng(4).random(len(frame)) < 0.4
    edges = connect(frame)
    assert (connect(frame, among) == edges[among[edges].all(axis=1)]).all()
    with pytest.raises(InputError, match="among: entries have 1 masked entries"):
        connect(frame, np.ma.masked_array(among, np.arange(len(frame)) == 3))
    with pytest.raises(ValueError, match=r"among: entries have shape \(3,\)"):
        connect(frame, among[:3])
    with pytest.raises(InputError, match="whole numbers from 0 to 1; 2 is among them"):
        connect(frame, np.arange(len(frame)))


@pytest.mark.parametrize("length", [0.8, 1.5, 4.0])
def test_bonds_are_all_pairs_within_their_length(frame, length):
    in_cell = wrapped(frame)
    points, particles = images_of(in_cell, 2)
    i, j = np.nonzero(np.hypot(*(points - in_cell.positions[:, None]).transpose(2, 0, 1)) <= length)
    expected = sorted({(a, b) for a, b in zip(i.tolist(), particles[j].tolist(), strict=True) if a < b})
    assert as_list(bonds(frame, length)) == expected


def test_bonds_longer_than_the_box_join_all():
    frame = random_frame(6, 40, Box(3.0, 2.0, tilt=1.1))
    assert as_list(bonds(frame, 1e12)) == [(i, j) for i in range(40) for j in range(i + 1, 40)]


@pytest.mark.parametrize("length", [0.0, -1.0, np.nan, np.inf])
def test_a_bond_needs_a_length(frame, length):
    with pytest.raises(ValueError, match="^bonds: length is"):
        bonds(frame, length)
    with pytest.raises(ValueError, match="^soft_spots: bond_length is"):
        connect(frame, "distance", length)


# Clusters


@given(
    arrays(bool, st.integers(1, 14)),
    st.lists(st.tuples(st.integers(0, 13), st.integers(0, 13)), max_size=25),
    st.integers(1, 4),
)
def test_clusters_are_the_connected_particles_of_the_map(on_map, pairs, min_particles):
    edges = [pair for pair in pairs if max(pair) < len(on_map)]
    expected, number = np.full(len(on_map), -1), 0
    for seed in np.flatnonzero(on_map):
        cluster, grown = set(), {int(seed)}
        while grown > cluster:
            cluster = grown
            grown = cluster | {b for pair in edges for a, b in (pair, pair[::-1]) if a in cluster and on_map[b]}
        # Each cluster once, at its lowest particle.
        if min(cluster) == seed and len(cluster) >= min_particles:
            expected[list(cluster)] = number
            number += 1
    found = label_clusters(on_map, np.array(edges, dtype=int).reshape(-1, 2), min_particles)
    assert found.dtype == np.int32
    assert found.tolist() == expected.tolist()


def test_values_of_a_map():
    spots = SoftSpots(np.array([-1, 0, 1, 0, -1, 1, 1, -1], dtype=np.int32))
    assert (len(spots), spots.density) == (2, 5 / 8)
    empty = SoftSpots(np.full(3, -1, dtype=np.int32))
    assert (len(empty), empty.density) == (0, 0.0)


def test_spots_are_a_sequence_with_sizes():
    spots = SoftSpots(np.array([-1, 0, 1, 0, -1, 1, 1, -1], dtype=np.int32))
    assert len(spots) == 2
    assert [particles.tolist() for particles in spots] == [[1, 3], [2, 5, 6]]
    assert spots.sizes.tolist() == [2, 3]
    assert repr(spots) == "SoftSpots(2 on 5 of 8 particles)"
    with pytest.raises(InputError, match="centers need the frame"):
        _ = spots.centers
    empty = SoftSpots(np.full(3, -1, dtype=np.int32))
    assert (len(empty), list(empty), empty.sizes.tolist()) == (0, [], [])
