"""Delaunay neighbours in three dimensions: against all images at once, of crystals, and in every description."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import disordered_frame, edges_of_images, flipped, renumbered, wrapped

from softspots.box import Box
from softspots.exceptions import InputError
from softspots.frame import Frame
from softspots.structure.spots import delaunay_edges
from softspots.structure.triangulation import images_within

GLASS = disordered_frame(5, 5.1, 5.6, 1.7, length_z=5.2, tilt_xz=-1.4, tilt_yz=0.9)
BASES = {
    "simple cubic": ([[0, 0, 0]], 6),
    # The second neighbours of a face-centered lattice share a point with each other, as four cells meet there.
    "face-centered": ([[0, 0, 0], [0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]], 12),
    "body-centered": ([[0, 0, 0], [0.5, 0.5, 0.5]], 14),
}


def as_list(edges):
    return [tuple(pair) for pair in edges.tolist()]


@st.composite
def gases(draw):
    """A few points at random in boxes of any shape."""
    lengths = draw(st.lists(st.floats(1.0, 5.0), min_size=3, max_size=3))
    tilts = [draw(st.floats(-0.5, 0.5)) * lengths[axis] for axis in (0, 0, 1)]
    random = np.random.default_rng(draw(st.integers(0, 1000)))
    count = draw(st.integers(1, 30))
    return Frame(random.random((count, 3)) * lengths, np.zeros(count), Box(lengths=lengths, tilts=tilts))


@given(gases())
@settings(max_examples=40)
def test_edges_are_those_of_all_images_at_once(frame):
    assert as_list(delaunay_edges(frame)) == edges_of_images(frame, 3 if len(frame) < 4 else 2)


def test_a_glass_and_its_descriptions():
    edges = delaunay_edges(GLASS)
    assert edges.dtype == np.int32 and 6.5 < len(edges) / len(GLASS) < 8
    assert as_list(edges) == edges_of_images(wrapped(GLASS), 1)
    tilted = replace(GLASS.box, tilts=(GLASS.box.tilt, -1.4 + 1.7 + 3 * 5.1, 0.9 + 5.6))
    far = GLASS.positions + np.random.default_rng(0).integers(-3, 4, GLASS.positions.shape) @ GLASS.box.vectors
    for other in (flipped(GLASS, 2), wrapped(GLASS), replace(GLASS, box=tilted), replace(GLASS, positions=far)):
        assert np.array_equal(delaunay_edges(other), edges)
    order = np.random.default_rng(1).permutation(len(GLASS))
    other = order[delaunay_edges(renumbered(GLASS, order))]
    assert sorted(map(sorted, other.tolist())) == edges.tolist()


def test_edges_among_some():
    among = np.random.default_rng(2).random(len(GLASS)) < 0.3
    edges = delaunay_edges(GLASS)
    assert np.array_equal(delaunay_edges(GLASS, among), edges[among[edges].all(axis=1)])


@pytest.mark.parametrize("name", BASES)
@pytest.mark.parametrize("turned", [False, True])
def test_crystals_have_the_neighbours_of_their_voronoi_cells(name, turned):
    basis, neighbours = BASES[name]
    cells = 4
    points = (np.array([*itertools.product(range(cells), repeat=3)])[:, None] + basis).reshape(-1, 3) * 1.37
    # Another origin, other images, and tilts of whole cells: the same crystal.
    tilts = (1.37, -2 * 1.37, 4 * 1.37) if turned else (0.0, 0.0, 0.0)
    points = points + 0.1234 * turned
    frame = Frame(points, np.zeros(len(points)), Box(lengths=[cells * 1.37] * 3, tilts=tilts))
    edges = delaunay_edges(frame)
    assert (np.bincount(edges.ravel(), minlength=len(points)) == neighbours).all()


def test_a_single_particle_in_a_long_box_meets_itself_alone():
    assert delaunay_edges(Frame([[0.5, 3.0, 0.5]], [0], Box(lengths=(1.0, 6.0, 1.0)))).shape == (0, 2)


def test_particles_that_coincide_are_refused():
    positions = GLASS.positions.copy()
    positions[7] = positions[3] + GLASS.box.vectors[2]
    with pytest.raises(InputError, match="particles coincide"):
        delaunay_edges(replace(GLASS, positions=positions))


@given(gases(), st.floats(0.0, 6.0))
@settings(max_examples=40)
def test_images_within_a_margin_are_all(frame, margin):
    points, owners = images_within(frame.positions, frame.box, margin)
    assert np.array_equal(points[: len(frame)], frame.positions)
    # Tilts of half a length move rows by a length at most for each of so many layers.
    layers, rows = (int(margin // side) + 2 for side in frame.box.lengths[:0:-1])
    columns = int(margin // frame.box.length_x) + 3 + layers + rows
    cells = itertools.product(
        range(-columns, columns + 1), range(-rows - layers, rows + layers + 1), range(-layers, layers + 1)
    )
    images = (frame.positions + (np.array([*cells]) @ frame.box.vectors)[:, None]).reshape(-1, 3)
    beyond = np.maximum(-images, images - frame.box.lengths).max(axis=1)
    # Rounding of some ten times the lengths decides at the margin itself.
    assert (beyond <= margin - 1e-12).sum() <= len(points) <= (beyond <= margin + 1e-12).sum()
    np.testing.assert_allclose(frame.box.minimum_image(points - frame.positions[owners]), 0, atol=1e-12)
