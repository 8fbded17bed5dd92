"""Three dimensions behind the kernels: what is held, rigid motions, modes, maps, on Hessians from the oracle."""

import itertools

import numpy as np
import pytest
from reference import Pairwise, disordered_frame, hessian
from scipy import sparse

from softspots.box import Box
from softspots.exceptions import InputError
from softspots.frame import Frame
from softspots.landscape.modes import lowest_modes, modes_below
from softspots.landscape.stability import examine
from softspots.structure.spots import soft_spots

# Springs at rest between first and second neighbours of the crystals below: nothing is unstable.
SPRINGS = Pairwise({(0, 0): lambda r: (r < 1.5) * np.array([0 * r, 0 * r, 1 + 0 * r])}, 1.5)
BASIS = np.array([[0, 0, 0], [0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]])
TILTED = Box(lengths=(17.0, 18.0, 19.0), tilts=(4.0, -3.0, 6.0))


def crystal(x, y, z):
    """Points of a face-centered lattice of so many cells, neighbours 1 apart."""
    cells = np.array([*itertools.product(range(x), range(y), range(z))])
    return (cells[:, None] + BASIS).reshape(-1, 3) * np.sqrt(2)


def ball(radius, middle):
    points = crystal(8, 8, 8) - 4 * np.sqrt(2)
    return points[np.linalg.norm(points, axis=1) < radius] + middle


def one_species(positions, box):
    return Frame(positions, np.zeros(len(positions), int), box)


def matrix_of(frame):
    return sparse.csc_array(hessian(frame, SPRINGS))


def assert_modes(frame, held, motions, count=12):
    """Of what is held: so many zero modes, the others as dense linear algebra has them, and zeros elsewhere."""
    found = examine(matrix_of(frame), frame, 1e-6)
    assert np.array_equal(found.held, held)
    assert found.rigid_motions.shape == (motions, len(frame), 3)
    flat = found.rigid_motions.reshape(motions, -1)
    # Sums of some hundred products of order one in all.
    np.testing.assert_allclose(flat @ flat.T, np.eye(motions), atol=1e-12)
    alone = one_species(frame.positions[held], frame.box)
    dense = np.linalg.eigvalsh(hessian(alone, SPRINGS))
    # Rounding of a norm of some ten; the softest modes lie above 1e-3.
    np.testing.assert_allclose(dense[:motions], 0, atol=1e-12)
    assert dense[motions] > 1e-3
    modes = lowest_modes(matrix_of(frame), count, stability=found)
    np.testing.assert_allclose(modes.eigenvalues, dense[motions : motions + count], rtol=1e-9)
    assert (modes.vectors[:, ~held] == 0).all()
    assert modes.orthogonality_error < 1e-11
    np.testing.assert_allclose(modes.zero_eigenvalues, 0, atol=1e-12)
    return found


@pytest.mark.parametrize("box", [Box(lengths=(17.0, 18.0, 19.0)), TILTED])
def test_a_ball_may_turn_about_three_axes(box):
    # Across a corner of the box, and a smaller one, a lone particle, and one that another holds in one direction only.
    large, small = ball(2.3, (0.5, 0.2, -0.3)), ball(1.6, (8.0, 9.0, 9.5))
    top = small[small[:, 2].argmax()]
    frame = one_species(np.concatenate((small, [[8.0, 9.0, 3.0]], [top + (0.05, 0.0, 1.4)], large)), box)
    held = np.arange(len(frame)) >= len(frame) - len(large)
    found = assert_modes(frame, held, motions=6)
    assert found.rattlers.tolist() == [len(small), len(small) + 1]
    assert [cluster.tolist() for cluster in found.clusters] == [list(range(len(small)))]


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_a_chain_around_the_box_may_turn_about_itself(axis):
    length = 4 * np.sqrt(2)
    sides = np.full(3, 12.0)
    sides[axis] = length
    cells = np.ones(3, int)
    cells[axis] = 4
    points = crystal(*cells)
    assert_modes(one_species(points + 3.0, Box(lengths=sides)), np.ones(len(points), bool), motions=4)


def test_a_chain_along_a_tilted_side():
    # The third lattice vector lies along a diagonal of faces, and the chain with it; others are out of reach.
    points = np.array([(0, 0, 0), (1, 0, 0), (0, 1, 0), (1, 1, 0)]) * np.sqrt(0.5)
    chain = (np.arange(8)[:, None, None] * (0, np.sqrt(0.5), np.sqrt(0.5)) + points).reshape(-1, 3)
    side = 8 * np.sqrt(0.5)
    frame = one_species(chain, Box(lengths=(12.0, 13.0, side), tilts=(2.0, 0.0, side)))
    assert_modes(frame, np.ones(len(chain), bool), motions=4)


def test_a_layer_and_a_crystal_may_not_turn():
    side = 4 * np.sqrt(2)
    layer = crystal(4, 4, 2)
    assert_modes(one_species(layer + 5.0, Box(lengths=(side, side, 12.0))), np.ones(len(layer), bool), motions=3)
    bulk = crystal(4, 4, 4)
    tilts = (np.sqrt(2), -np.sqrt(2), 3 * np.sqrt(2))
    assert_modes(one_species(bulk, Box(lengths=(side,) * 3, tilts=tilts)), np.ones(len(bulk), bool), motions=3)


@pytest.fixture(scope="module")
def glass():
    """A disordered frame and its unstressed Hessian: springs between all neighbours."""
    frame = disordered_frame(5, 5.1, 5.6, 1.7, length_z=5.2, tilt_xz=-1.4, tilt_yz=0.9)
    frame = one_species(frame.positions, frame.box)
    springs = Pairwise({(0, 0): lambda r: (r < 1.6) * np.array([0 * r, 0 * r, (1.6 - r) ** 2])}, 1.6)
    return frame, sparse.csc_array(hessian(frame, springs))


@pytest.mark.parametrize("method", ["lanczos", "arpack"])
def test_modes_are_those_of_dense_linear_algebra(glass, method):
    frame, matrix = glass
    dense = np.linalg.eigvalsh(matrix.toarray())
    modes = lowest_modes(matrix, 40, dimension=3, method=method)
    assert modes.vectors.shape == (40, len(frame), 3)
    # Rounding of a norm of some ten, over eigenvalues from 0.1 on.
    np.testing.assert_allclose(modes.eigenvalues, dense[3:43], rtol=1e-10)
    between = (dense[42] + dense[43]) / 2
    assert modes_below(matrix, between) == 43
    with pytest.raises(InputError, match="not zero modes, in 3 they are; is this dimension=3"):
        lowest_modes(matrix, 40, method=method)
    flat = modes.vectors.reshape(40, -1)
    np.testing.assert_allclose(flat @ matrix.toarray() @ flat.T, np.diag(modes.eigenvalues), atol=1e-11)
    weights = (modes.vectors**2).sum(axis=2)
    np.testing.assert_allclose(modes.participation_ratio, 1 / (len(frame) * (weights**2).sum(axis=1)), rtol=1e-12)


@pytest.mark.parametrize("connection", ["delaunay"])
def test_a_map(glass, connection):
    frame, matrix = glass
    modes = lowest_modes(matrix, 40, dimension=3)
    spots = soft_spots(frame, modes, n_modes=8, n_particles=5, connection=connection, bond_length=1.3)
    taken = np.zeros(len(frame), bool)
    for mode in np.argsort(modes.participation_ratio)[:8]:
        taken[np.argsort(-np.linalg.norm(modes.vectors[mode], axis=1))[:5]] = True
    assert len(spots) > 0 and taken[spots.labels >= 0].all()
    assert spots.centers.shape == (len(spots), 3)
    for spot, center in zip(spots, spots.centers, strict=True):
        near = np.linalg.norm(frame.box.minimum_image(frame.positions[spot] - center), axis=1)
        assert near.min() < 1.3 and len(spot) >= 4
    with pytest.raises(InputError, match=r"\(modes, 178, 3\) is needed"):
        soft_spots(frame, type("Flat", (), {"vectors": np.ones((2, 178, 2)), "participation_ratio": np.ones(2)}))
