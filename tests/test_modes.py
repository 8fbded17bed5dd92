"""Lowest modes: against dense diagonalisation and counts by inertia; what is refused; participation ratio."""

import re
import warnings
from dataclasses import fields, replace

import numpy as np
import pytest
from hessians import COUNTS, SOLVERS
from reference import disordered_frame
from scipy import sparse
from scipy.spatial import cKDTree

from softspots.exceptions import InputError, PhysicsError
from softspots.frame import Box, Frame
from softspots.landscape import solvers
from softspots.landscape.modes import hessian, lowest_modes, modes_below, participation_ratio, zero_threshold
from softspots.landscape.quench import inherent_structure
from softspots.landscape.stability import Stability, uniform
from softspots.model import Mixture, Model


@pytest.fixture(scope="module")
def thermal():
    """The Hessian of a frame that has not been quenched."""
    return hessian(disordered_frame(seed=5, length_x=11.7, length_y=13.0, tilt=4.1), Model.preset())


def spring_network(particles, dimension, reach, stiffness, seed=3):
    """The Hessian of unstressed springs between random points in a periodic unit cube, closer than ``reach``."""
    random = np.random.default_rng(seed)
    points = random.random((particles, dimension))
    pairs = cKDTree(points, boxsize=1.0).query_pairs(reach, output_type="ndarray")
    directions = points[pairs[:, 1]] - points[pairs[:, 0]]
    directions -= np.rint(directions)
    directions /= np.linalg.norm(directions, axis=1)[:, None]
    rows = np.arange(len(pairs))[:, None]
    stretch = np.zeros((len(pairs), dimension * particles))
    for end, sign in ((0, -1), (1, 1)):
        stretch[rows, dimension * pairs[:, [end]] + np.arange(dimension)] = sign * directions
    return sparse.csr_matrix(stiffness * stretch.T @ stretch)


def assert_modes_of(modes, matrix):
    """They are orthonormal eigenvectors, off the translations, with the signs of the rule."""
    count, _, dimension = modes.vectors.shape
    matrix = sparse.csc_array(matrix)
    norm = sparse.linalg.norm(matrix, 1)
    flat = modes.vectors.reshape(count, -1)
    residuals = np.linalg.norm(matrix @ flat.T - modes.eigenvalues * flat.T, axis=0)
    # Backward stable solvers end within some tens of roundings of the norm; the bound leaves ten times that.
    np.testing.assert_allclose(residuals, 0, atol=1e-13 * norm)
    # What is left of sums is their rounding, and that depends on their order.
    np.testing.assert_allclose(modes.residuals, residuals, atol=1e-15 * norm)
    # Sums of some hundred products that are of order one in all, with room for the orthogonalisation's own rounding.
    np.testing.assert_allclose(flat @ flat.T, np.eye(count), atol=1e-12)
    np.testing.assert_allclose(modes.vectors.sum(axis=1), 0, atol=1e-12)
    assert modes.orthogonality_error < 1e-12
    assert modes.zero_eigenvalues.shape == (dimension,)
    np.testing.assert_allclose(modes.zero_eigenvalues, 0, atol=1e-13 * norm)
    assert (np.diff(modes.eigenvalues) >= 0).all()
    largest = np.abs(flat).argmax(axis=1)
    assert (flat[np.arange(count), largest] > 0).all()


@pytest.mark.parametrize(("method", "count"), SOLVERS)
def test_equal_dense_diagonalisation(matrix, exact, method, count):
    eigenvalues, vectors = exact
    modes = lowest_modes(matrix, count, method=method)
    assert_modes_of(modes, matrix)
    # The norm is 4e3 and the lowest eigenvalue above 0.3: rounding of the norm is 3e-12 of it.
    np.testing.assert_allclose(modes.eigenvalues, eigenvalues[2 : count + 2], rtol=1e-10)
    np.testing.assert_allclose(modes.frequencies**2, eigenvalues[2 : count + 2], rtol=1e-10)
    # Gaps are above 1e-3 but for chance: rounding of the norm over the gap, 1e-9, squared in overlaps.
    overlaps = np.abs(np.sum(modes.vectors.reshape(count, -1) * vectors[:, 2 : count + 2].T, axis=1))
    np.testing.assert_allclose(overlaps, 1, atol=1e-9)


@pytest.mark.parametrize(("method", "count"), SOLVERS)
def test_none_is_missed(matrix, method, count):
    last = lowest_modes(matrix, count, method=method).eigenvalues[-1]
    # Far outside the rounding of an eigenvalue (1e-12), far inside a gap (1e-2).
    assert modes_below(matrix, last * (1 + 1e-7)) == count + 2
    assert modes_below(matrix, last * (1 - 1e-7)) == count + 1


def test_count_below_equals_dense_count(thermal, matrix, exact):
    for given, values in ((matrix, exact[0]), (thermal, np.linalg.eigvalsh(thermal.toarray()))):
        middles = (values[1:] + values[:-1])[::15] / 2
        # Between the two zero eigenvalues no count is certain.
        middles = middles[np.abs(middles) > 1e-6]
        assert len(middles) > 20
        counts = [modes_below(given, middle) for middle in middles]
        assert counts == [np.count_nonzero(values < middle) for middle in middles]


def test_count_at_an_eigenvalue_is_refused():
    chain = sparse.diags_array([1.0, 2.0, 3.0])
    assert modes_below(chain, 2.5) == 2
    with pytest.raises(ValueError, match=r"inertia at 2\.0 is uncertain"):
        modes_below(chain, 2.0)


def test_count_that_rounding_could_change_is_refused():
    # The first pivot is 1e-15 of the rest: without pivoting nothing of the matrix is left beside its inverse.
    unlucky = sparse.csc_array(np.array([[1 + 1e-15, 1.0], [1.0, 2.0]]))
    with pytest.raises(ValueError, match="uncertain: rounding is"):
        modes_below(unlucky, 1.0)


def test_threshold_of_zero_is_subtracted_without_rounding(matrix):
    """Rounding of the same sign at every particle would add up to a wrong force on the one that is tied."""
    diagonal, threshold = matrix.diagonal(), zero_threshold(matrix)
    np.testing.assert_array_equal(diagonal - (diagonal - threshold), threshold)


def test_all_modes(matrix, exact):
    size = matrix.shape[0]
    modes = lowest_modes(matrix, size - 2)
    assert_modes_of(modes, matrix)
    np.testing.assert_allclose(modes.eigenvalues, exact[0][2:], rtol=1e-10)


@pytest.mark.parametrize(("method", "count"), SOLVERS)
def test_same_matrix_same_bits(matrix, method, count):
    first, second = (lowest_modes(given, count, method=method) for given in (matrix, matrix.copy()))
    for field in fields(first):
        np.testing.assert_array_equal(getattr(first, field.name), getattr(second, field.name))


def all_held(matrix):
    """A stability in which all particles of a plane are held, with a factor that nobody has used."""
    particles = matrix.shape[0] // 2
    motions = uniform(2 * particles, 2).T.reshape(2, particles, 2)
    return Stability(np.ones(particles, dtype=bool), np.arange(0), (), motions, "")


@pytest.mark.parametrize(("method", "count"), SOLVERS)
def test_factor_of_the_quench_is_used_and_changes_no_bit(matrix, method, count):
    frame = disordered_frame(seed=5, length_x=11.7, length_y=13.0, tilt=4.1)
    minimum = inherent_structure(frame, Model.preset())
    stability = minimum.stability
    modes = lowest_modes(hessian(minimum, Model.preset()), count, method=method, stability=stability)
    assert stability.factor.cholesky.factorizations == minimum.factorizations
    np.testing.assert_array_equal(modes.vectors, lowest_modes(matrix, count, method=method).vectors)


def test_factor_of_another_matrix_is_not_used(matrix):
    stability = all_held(matrix)
    expected = lowest_modes(matrix, 20).vectors
    for other in (2 * matrix, matrix.toarray()[::-1, ::-1], matrix[2:, 2:]):
        assert stability.factor.cholesky.factorize(sparse.csc_array(other), 1.0)
        np.testing.assert_array_equal(lowest_modes(matrix, 20, stability=stability).vectors, expected)


@pytest.mark.parametrize("scale", [2.0**-30, 2.0**40])
@pytest.mark.parametrize(("method", "count"), SOLVERS)
def test_unit_of_stiffness_does_not_matter(matrix, method, count, scale):
    modes, scaled = (lowest_modes(given, count, method=method) for given in (matrix, scale * matrix))
    # A power of two changes no rounding but that of the solver's absolute thresholds.
    np.testing.assert_allclose(scaled.eigenvalues, scale * modes.eigenvalues, rtol=1e-10)


@pytest.mark.parametrize("method", ["lanczos", "filter", "arpack"])
@pytest.mark.parametrize("count", [30, 400])
def test_three_dimensions(method, count):
    matrix = spring_network(200, dimension=3, reach=0.28, stiffness=7e-4)
    modes = lowest_modes(matrix, count, dimension=3, method=method)
    assert modes.vectors.shape == (count, 200, 3)
    assert_modes_of(modes, matrix)
    expected = np.linalg.eigvalsh(matrix.toarray())[3 : count + 3]
    # As in two dimensions: norm and lowest eigenvalue differ by less than 1e3.
    np.testing.assert_allclose(modes.eigenvalues, expected, rtol=1e-10)


@pytest.mark.parametrize(
    ("side", "count", "method"),
    [(9, 3, "lanczos"), (14, 60, "lanczos"), (9, 3, "filter"), (14, 24, "filter"), (9, 3, "arpack")],
)
def test_equal_eigenvalues_of_a_crystal(side, count, method):
    """Multiplets of two, four and six. ARPACK draws new start vectors; it may miss members of a multiplet."""
    spacing = 1.1
    cells = np.stack(np.meshgrid(np.arange(side), np.arange(side)), -1).reshape(-1, 2)
    box = Box(side * spacing, side * spacing * np.sqrt(3) / 2, tilt=side * spacing / 2)
    positions = cells @ (spacing * np.array([[1.0, 0.0], [0.5, np.sqrt(3) / 2]]))
    matrix = hessian(Frame(positions, np.zeros(len(cells)), box), Model.preset())
    modes = lowest_modes(matrix, count, method=method)
    assert_modes_of(modes, matrix)
    # Tolerance as for the disordered matrix.
    expected = np.linalg.eigvalsh(matrix.toarray())[2 : count + 2]
    np.testing.assert_allclose(modes.eigenvalues, expected, rtol=1e-10)
    assert modes_below(matrix, modes.eigenvalues[-1] * (1 + 1e-7)) >= count + 2
    np.testing.assert_array_equal(lowest_modes(matrix, count, method=method).vectors, modes.vectors)


@pytest.mark.parametrize("method", ["lanczos", "filter", "arpack"])
def test_levels_of_a_crystal_in_space(method):
    """Of an fcc crystal, waves of one length: levels of up to twenty-four modes, more than a block holds."""
    side, spacing = 5, 1.59
    cells = np.stack(np.meshgrid(*[np.arange(side)] * 3), -1).reshape(-1, 1, 3)
    corners = np.array([[0, 0, 0], [0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]])
    positions = spacing * (cells + corners).reshape(-1, 3)
    frame = Frame(positions, np.zeros(len(positions)), Box(lengths=[side * spacing] * 3))
    matrix = hessian(frame, Mixture.preset("kob-andersen-3d"))
    expected = np.linalg.eigvalsh(matrix.toarray())[3:]
    edges = np.flatnonzero(np.diff(expected) > 1e-7 * expected[:-1]) + 1
    assert 24 in np.diff(edges, prepend=0)[:8]
    # Within a level, and at the end of one.
    for count in (edges[3] - 5, edges[6]):
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            modes = lowest_modes(matrix, count, dimension=3, method=method)
        assert_modes_of(modes, matrix)
        # Tolerance as for the disordered matrix.
        missed = np.count_nonzero(modes.eigenvalues > expected[:count] * (1 + 1e-10))
        if method == "arpack" and missed:
            # From one vector: it may miss members of a level, and then returns modes from higher ones.
            nearest = np.abs(modes.eigenvalues[:, None] - expected).min(axis=1)
            np.testing.assert_allclose(nearest / modes.eigenvalues, 0, atol=1e-10)
            assert re.search(r"ARPACK has missed \d+ of \d+ modes below", str(told[0].message))
        else:
            np.testing.assert_allclose(modes.eigenvalues, expected[:count], rtol=1e-10)
            assert not told


def test_unknown_method_is_refused(matrix):
    with pytest.raises(ValueError, match="method is 'primme'; allowed: lanczos, filter, arpack"):
        lowest_modes(matrix, 3, method="primme")


@pytest.mark.parametrize("count", COUNTS)
def test_negative_modes_are_refused_with_their_number(thermal, count):
    eigenvalues = np.linalg.eigvalsh(thermal.toarray())
    negative = np.count_nonzero(eigenvalues < -1e-6)
    assert negative > 1
    with pytest.raises(ValueError, match=f"{negative} negative and 2 zero modes .*at {eigenvalues[0]:.3f}"[:-1]):
        lowest_modes(thermal, count)


@pytest.mark.parametrize("count", COUNTS)
def test_one_slightly_negative_mode_is_refused(matrix, exact, count):
    vector = exact[1][:, 2]
    # Moves the lowest eigenvalue to -1e-5: between the threshold of zero and the shift of the factor.
    unstable = matrix - sparse.csc_array((exact[0][2] + 1e-5) * np.outer(vector, vector))
    unstable = (unstable + unstable.T) / 2
    with pytest.raises(ValueError, match=r"1 negative and 2 zero modes .*off the translations at -1e-05"):
        lowest_modes(unstable, count)


@pytest.mark.parametrize("count", COUNTS)
def test_further_zero_modes_are_refused_with_their_number(matrix, count):
    twice = sparse.block_diag([matrix, matrix])
    with pytest.raises(ValueError, match=r"0 negative and 4 zero modes"):
        lowest_modes(twice, count)


@pytest.mark.parametrize("count", [0, -1, 365])
def test_count_out_of_range_is_refused(matrix, count):
    with pytest.raises(ValueError, match=f"count is {count}; it must be a whole number from 1 to 364"):
        lowest_modes(matrix, count)


def test_participation_ratio_of_known_modes():
    particles = np.arange(24)
    one, third, all_equal, wave = np.zeros((4, 24, 2))
    one[3] = (0.3, -0.4)
    third[::3] = (0.0, 2.0)
    all_equal[:] = (1.0, -1.0)
    wave[:, 1] = np.sin(2 * np.pi * particles / 24)
    ratios = participation_ratio([one, third, all_equal, wave])
    # A sine has <s²>² / <s⁴> = (1/2)² / (3/8). Exact but for rounding of sums of 24.
    np.testing.assert_allclose(ratios, [1 / 24, 1 / 3, 1, 2 / 3], rtol=1e-14)


def test_participation_ratio_of_modes_is_that_of_their_vectors(matrix):
    modes = lowest_modes(matrix, 20)
    weights = (modes.vectors**2).sum(axis=2)
    # The vectors are normalised, so Schoenholz's p is one over N Σ|e|⁴; sums of 183 numbers.
    np.testing.assert_allclose(modes.participation_ratio, 1 / (183 * (weights**2).sum(axis=1)), rtol=1e-12)
    scaled = replace(modes, vectors=-3 * modes.vectors)
    np.testing.assert_allclose(scaled.participation_ratio, modes.participation_ratio, rtol=1e-13)


@pytest.mark.parametrize("count", [1.5, "3", None])
def test_count_that_is_no_number_is_refused(matrix, count):
    with pytest.raises(InputError, match="count is"):
        lowest_modes(matrix, count)


def test_modes_show_what_they_are(matrix):
    modes = lowest_modes(matrix, 5)
    lowest, highest = modes.frequencies[[0, -1]]
    assert repr(modes) == f"Modes(5 of 183 particles in 2D, frequencies {lowest:.4g} to {highest:.4g})"
    stability = all_held(matrix)
    assert repr(stability.factor) == "TiedFactor(Cholesky(no factor, factorizations: 0))"
    lowest_modes(matrix, 5, stability=stability)
    assert repr(stability.factor) == "TiedFactor(Cholesky(366 rows, factorizations: 1))"


@pytest.mark.parametrize("method", ["lanczos", "filter", "arpack"])
@pytest.mark.parametrize("factor", [1 + 1e-4, np.nan])
def test_what_is_no_eigenvector_is_not_returned(matrix, monkeypatch, method, factor):
    """A part in ten thousand of an eigenvalue is a millionfold of what solvers leave."""
    solver = solvers.METHODS[method]

    def wrong(*arguments):
        eigenvalues, *rest = solver(*arguments)
        return eigenvalues * factor, *rest

    monkeypatch.setitem(solvers.METHODS, method, wrong)
    with pytest.raises(PhysicsError, match="no modes: .* reaches"):
        lowest_modes(matrix, 20, method=method)


@pytest.mark.parametrize("scale", [1e-90, 1e-300, 1e90, 1e200])
def test_participation_ratio_of_any_normalisation(scale):
    """Fourth powers of these are no floats."""
    vectors = np.random.default_rng(1).standard_normal((2, 3, 2))
    expected = [1.0, *participation_ratio(vectors)]
    vectors = np.concatenate((np.ones((1, 3, 2)), vectors))
    np.testing.assert_allclose(participation_ratio(scale * vectors), expected, rtol=1e-14)
