"""Homogeneous deformations: boxes and frames are carried along, flips and images included, and back again."""

import numpy as np
import pytest
from scipy.linalg import expm

import softspots as ss
from softspots.exceptions import InputError

PLANE = ss.Box(9.0, 7.0, tilt=2.0)
SPACE = ss.Box(lengths=(9.0, 7.0, 6.0), tilts=(2.0, -1.5, 1.1))
ANGLE = 0.3
TURNED = [[np.cos(2 * ANGLE) / 2, np.sin(2 * ANGLE)], [0.0, -np.cos(2 * ANGLE) / 2]]
CASES = [(PLANE, "xy"), (PLANE, "pure-xy"), (PLANE, TURNED)]
CASES += [(SPACE, name) for name in ("xy", "xz", "yz", "pure-xy", "pure-xz", "pure-yz")]


def frame(box, images=None):
    rng = np.random.default_rng(1)
    return ss.Frame(rng.random((40, box.dimension)) * box.lengths, np.arange(40) % 2, box, images=images)


def distances(frame):
    """Sorted lengths of all pairs of particles and images nearby, by all lattice vectors up to three times."""
    shifts = np.stack(np.meshgrid(*[np.arange(-3, 4)] * frame.dimension), -1).reshape(-1, frame.dimension)
    moved = (frame.positions[:, None] - frame.positions)[:, :, None] + shifts @ frame.box.vectors
    return np.sort(np.linalg.norm(moved, axis=-1).min(axis=-1).ravel())


@pytest.mark.parametrize(("box", "direction"), CASES)
def test_lattice_and_particles_move_as_one(box, direction):
    deformation = ss.Deformation(box, direction)
    gradient = deformation.gradient
    start = frame(box)
    there = deformation.carry(start, 0.0, 0.35)
    matrix = expm(0.35 * gradient)
    np.testing.assert_allclose(there.positions, start.positions @ matrix.T, rtol=1e-14)
    # The lattice is that of the deformed vectors: its vectors are whole sums of these.
    whole = there.box.vectors @ np.linalg.inv(box.vectors @ matrix.T)
    np.testing.assert_allclose(whole, np.rint(whole), atol=1e-12)
    assert np.linalg.det(whole) == pytest.approx(1)
    assert there.box.volume == pytest.approx(box.volume, rel=1e-14)
    back = deformation.carry(there, 0.35, 0.0)
    np.testing.assert_allclose(back.positions, start.positions, atol=1e-13)
    assert back.box == deformation.box(0.0)
    np.testing.assert_allclose(back.box.vectors, ss.Deformation(box, direction).box(0.0).vectors, atol=0)


@pytest.mark.parametrize("box", [PLANE, SPACE])
def test_simple_shear_is_that_of_boxes(box):
    for strain in (-1.7, 0.2, 2.3):
        found, known = ss.Deformation(box).box(strain), box.at_strain(box.total_strain + strain)
        np.testing.assert_allclose(found.vectors, known.vectors, atol=1e-13)
        assert found.flips == known.flips


@pytest.mark.parametrize("direction", ["xy", "pure-xy", TURNED])
def test_images_follow_flips(direction):
    images = np.random.default_rng(2).integers(-2, 3, (40, 2))
    start = frame(PLANE, images)
    deformation = ss.Deformation(PLANE, direction)
    there = deformation.carry(start, 0.0, 2.6)
    np.testing.assert_allclose(there.unwrapped, start.unwrapped @ expm(2.6 * deformation.gradient).T, rtol=1e-12)
    wrapped = there.wrapped()
    np.testing.assert_allclose(wrapped.unwrapped, there.unwrapped, atol=1e-11)
    np.testing.assert_allclose(distances(wrapped), distances(there), atol=1e-11)


def test_d2min_of_a_homogeneous_deformation_is_zero():
    deformation = ss.Deformation(PLANE, "xy")
    start = deformation.carry(frame(PLANE), 0.0, 0.0)
    # Squares of roundings of coordinates.
    assert np.nanmax(ss.d2min(start, deformation.carry(start, 0.0, 0.6).wrapped())) < 1e-24


@pytest.mark.parametrize(
    ("direction", "word"),
    [
        ("zx", "allowed"),
        ("xz", "allowed"),
        ([[0, 0], [1, 0]], "below"),
        ([[1, 0], [0, 0]], "trace"),
        ([[1.0]], "shape"),
    ],
)
def test_other_directions_are_refused(direction, word):
    with pytest.raises(InputError, match=word):
        ss.Deformation(PLANE, direction)
