"""Lowest modes: against dense diagonalisation and counts by inertia; what is refused; participation ratio."""

from dataclasses import fields, replace

import numpy as np
import pytest
from reference import disordered_frame
from scipy import sparse
from scipy.spatial import cKDTree

from softspots import factorization, quench
from softspots.exceptions import InputError, UnstableError
from softspots.factorization import Cholesky
from softspots.model import Model
from softspots.modes import hessian, lowest_modes, modes_below, participation_ratio, zero_threshold
from softspots.quench import inherent_structure
from softspots.state import Box, Frame

# Few of the 364, and more than half: ARPACK then runs out of vectors and starts anew, Lanczos gives way to dense ones.
COUNTS = (20, 200)
SOLVERS = [(method, count) for method in ("lanczos", "arpack") for count in COUNTS]


@pytest.fixture(scope="module")
def thermal():
    """The Hessian of a frame that has not been quenched."""
    return hessian(disordered_frame(seed=5, length_x=11.7, length_y=13.0, tilt=4.1), Model.preset())


@pytest.fixture(scope="module")
def matrix():
    frame = disordered_frame(seed=5, length_x=11.7, length_y=13.0, tilt=4.1)
    return hessian(inherent_structure(frame, Model.preset()).frame, Model.preset())


@pytest.fixture(scope="module")
def exact(matrix):
    """All eigenvalues and vectors, the two translations first."""
    return np.linalg.eigh(matrix.toarray())


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


@pytest.mark.parametrize(("method", "count"), SOLVERS)
def test_factor_of_the_quench_is_used_and_changes_no_bit(matrix, method, count):
    frame = disordered_frame(seed=5, length_x=11.7, length_y=13.0, tilt=4.1)
    cholesky = Cholesky()
    minimum = inherent_structure(frame, Model.preset(), cholesky=cholesky)
    before = cholesky.factorizations
    assert minimum.factorizations == before
    modes = lowest_modes(hessian(minimum.frame, Model.preset()), count, method=method, cholesky=cholesky)
    assert cholesky.factorizations == before
    np.testing.assert_array_equal(modes.vectors, lowest_modes(matrix, count, method=method).vectors)


def test_factor_of_another_matrix_is_not_used(matrix):
    cholesky = Cholesky()
    expected = lowest_modes(matrix, 20).vectors
    for other in (2 * matrix, matrix.toarray()[::-1, ::-1], matrix[2:, 2:]):
        assert cholesky.factorize(sparse.csc_array(other), 1.0)
        np.testing.assert_array_equal(lowest_modes(matrix, 20, cholesky=cholesky).vectors, expected)


@pytest.mark.parametrize("scale", [2.0**-30, 2.0**40])
@pytest.mark.parametrize(("method", "count"), SOLVERS)
def test_unit_of_stiffness_does_not_matter(matrix, method, count, scale):
    modes, scaled = (lowest_modes(given, count, method=method) for given in (matrix, scale * matrix))
    # A power of two changes no rounding but that of the solver's absolute thresholds.
    np.testing.assert_allclose(scaled.eigenvalues, scale * modes.eigenvalues, rtol=1e-10)


@pytest.mark.parametrize("method", ["lanczos", "arpack"])
@pytest.mark.parametrize("count", [30, 400])
def test_three_dimensions(method, count):
    matrix = spring_network(200, dimension=3, reach=0.28, stiffness=7e-4)
    modes = lowest_modes(matrix, count, dimension=3, method=method)
    assert modes.vectors.shape == (count, 200, 3)
    assert_modes_of(modes, matrix)
    expected = np.linalg.eigvalsh(matrix.toarray())[3 : count + 3]
    # As in two dimensions: norm and lowest eigenvalue differ by less than 1e3.
    np.testing.assert_allclose(modes.eigenvalues, expected, rtol=1e-10)


@pytest.mark.parametrize(("side", "count", "method"), [(9, 3, "lanczos"), (14, 60, "lanczos"), (9, 3, "arpack")])
def test_equal_eigenvalues_of_a_crystal(side, count, method):
    """Multiplets of two, four and six. ARPACK draws new start vectors; it may miss members of a multiplet."""
    spacing = 1.1
    cells = np.stack(np.meshgrid(np.arange(side), np.arange(side)), -1).reshape(-1, 2)
    box = Box(side * spacing, side * spacing * np.sqrt(3) / 2, side * spacing / 2)
    positions = cells @ (spacing * np.array([[1.0, 0.0], [0.5, np.sqrt(3) / 2]]))
    matrix = hessian(Frame(positions, np.zeros(len(cells)), box), Model.preset())
    modes = lowest_modes(matrix, count, method=method)
    assert_modes_of(modes, matrix)
    # Tolerance as for the disordered matrix.
    expected = np.linalg.eigvalsh(matrix.toarray())[2 : count + 2]
    np.testing.assert_allclose(modes.eigenvalues, expected, rtol=1e-10)
    assert modes_below(matrix, modes.eigenvalues[-1] * (1 + 1e-7)) >= count + 2
    np.testing.assert_array_equal(lowest_modes(matrix, count, method=method).vectors, modes.vectors)


def test_unknown_method_is_refused(matrix):
    with pytest.raises(ValueError, match="method is 'primme'; allowed: lanczos, arpack"):
        lowest_modes(matrix, 3, method="primme")


@pytest.mark.parametrize("form", ["csr_matrix", "coo_array", "bsr_array", "lil_array"])
def test_any_sparse_format_is_taken_and_left_alone(matrix, form):
    given = getattr(sparse, form)(matrix)
    before = given.copy()
    np.testing.assert_array_equal(lowest_modes(given, 5).vectors, lowest_modes(matrix, 5).vectors)
    assert given.nnz == before.nnz
    np.testing.assert_array_equal(given.toarray(), before.toarray())


def test_unsorted_duplicates_are_summed_on_a_copy(matrix):
    coo = matrix.tocoo()
    order = np.random.default_rng(0).permutation(2 * coo.nnz)
    row, col, data = (np.tile(part, 2)[order] for part in (coo.row, coo.col, coo.data))
    data *= np.where(order < coo.nnz, 2, -1)
    by_column = np.argsort(col, kind="stable")
    indptr = np.searchsorted(col[by_column], np.arange(matrix.shape[0] + 1))
    given = sparse.csc_array((data[by_column], row[by_column], indptr), shape=matrix.shape)
    # Twice a number less the number is that number, exactly.
    np.testing.assert_array_equal(lowest_modes(given, 5).vectors, lowest_modes(matrix, 5).vectors)
    assert given.nnz == 2 * matrix.nnz


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


def test_matrix_without_translations_is_refused(matrix):
    with pytest.raises(ValueError, match=r"translations are not zero modes: .H t. is 0\.1,"):
        lowest_modes(matrix + 0.1 * sparse.eye_array(matrix.shape[0]), 5)


def altered(matrix, row, column, value):
    matrix = matrix.tolil()
    matrix[row, column] = value
    return matrix


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda matrix: altered(matrix, 0, 1, 1e-3 + matrix[0, 1]), r"not symmetric: \|H - Hᵀ\| reaches 0\.001"),
        (lambda matrix: altered(matrix, 3, 3, np.nan), "not finite"),
        (lambda matrix: altered(matrix, 3, 3, np.inf), "not finite"),
        (lambda matrix: matrix[:, :-2], r"shape \(366, 364\); a square one"),
        (lambda matrix: matrix * 1j, "complex"),
        (lambda matrix: matrix * 0, "matrix is zero"),
    ],
)
def test_unfit_matrix_is_refused(matrix, change, message):
    assert matrix.shape == (366, 366)
    for work in (lambda unfit: lowest_modes(unfit, 5), lambda unfit: modes_below(unfit, 1.0)):
        with pytest.raises(ValueError, match=message):
            work(change(matrix))


@pytest.mark.parametrize("count", [0, -1, 365])
def test_count_out_of_range_is_refused(matrix, count):
    with pytest.raises(ValueError, match=f"count is {count}; it must be a whole number from 1 to 364"):
        lowest_modes(matrix, count)


def test_size_that_does_not_fit_the_dimension_is_refused(matrix):
    with pytest.raises(InputError, match="366 degrees of freedom do not fit dimension 4"):
        lowest_modes(matrix, 5, dimension=4)
    with pytest.raises(InputError, match="dimension is 0; it must be a whole number from 1"):
        lowest_modes(matrix, 5, dimension=0)


def test_factor_follows_a_changing_pattern():
    cholesky = Cholesky()
    random = np.random.default_rng(1)
    for density in (0.02, 0.02, 0.1, 0.01):
        part = sparse.random_array((80, 80), density=density, rng=random)
        matrix = sparse.csc_array(part @ part.T + sparse.eye_array(80))
        right = random.normal(size=(80, 3))
        assert cholesky.factorize(matrix, 0.5)
        # Well conditioned: eigenvalues lie between 1.5 and some tens.
        expected = np.linalg.solve(matrix.toarray() + 0.5 * np.eye(80), right)
        np.testing.assert_allclose(cholesky.solve(right), expected, rtol=0, atol=1e-13)
        assert not cholesky.factorize(matrix, -1000.0)
    assert cholesky.factorizations == 8


@pytest.mark.parametrize("when", ["analyze", "copy"])
def test_an_interrupted_factorisation_is_none(monkeypatch, when):
    """Whatever it stops at: the matrix before has no factor any more, and the next one gets its own."""
    cholesky = Cholesky()
    first = sparse.csc_array(np.array([[2.0, 1.0], [1.0, 2.0]]))
    second = sparse.csc_array(np.diag([3.0, 4.0]))
    assert cholesky.factorize(first)

    def interrupted(*_, **__):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(*{"analyze": (factorization, "analyze"), "copy": (np, "copy")}[when], interrupted)
        with pytest.raises(KeyboardInterrupt):
            cholesky.factorize(second)
    with pytest.raises(InputError, match="there is no factor"):
        cholesky.solve(np.ones(2))
    for matrix, solution in ((first, [1 / 3, 1 / 3]), (second, [1 / 3, 1 / 4])):
        assert cholesky.factorize(matrix)
        np.testing.assert_allclose(cholesky.solve(np.ones(2)), solution, rtol=1e-15)
    assert not cholesky.factorize(first, -5.0)
    with pytest.raises(InputError, match="there is no factor"):
        cholesky.solve(np.ones(2))


def test_an_interrupted_quench_leaves_its_cholesky_usable(monkeypatch):
    frame = disordered_frame(seed=5, length_x=11.7, length_y=13.0, tilt=4.1)
    expected = inherent_structure(frame, Model.preset()).frame.positions
    cholesky = Cholesky()
    calls = iter(range(100))

    def interrupted(*arguments):
        if next(calls) == 1:
            raise KeyboardInterrupt
        return hessian(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(quench, "hessian", interrupted)
        with pytest.raises(KeyboardInterrupt):
            inherent_structure(frame, Model.preset(), cholesky=cholesky)
    result = inherent_structure(frame, Model.preset(), cholesky=cholesky)
    np.testing.assert_array_equal(result.frame.positions, expected)


def test_factor_is_kept_while_nothing_changes():
    cholesky = Cholesky()
    matrix = sparse.csc_array(np.array([[2.0, 1.0], [1.0, 2.0]]))
    for shift, factorizations in ((0.0, 1), (0.0, 1), (0.5, 2), (-1.5, 3), (-1.5, 4), (0.5, 5)):
        assert cholesky.factorize(matrix, shift) == (shift > -1)
        assert cholesky.factorizations == factorizations
    # In place, in the arrays that were given before.
    matrix.data[[0, 3]] = 4.0
    assert cholesky.factorize(matrix, 0.0)
    np.testing.assert_allclose(cholesky.solve(np.array([5.0, 5.0])), 1.0, rtol=1e-15)


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


# Hessians of any origin


@pytest.mark.parametrize("form", ["csc_array", "csr_matrix", "coo_array"])
@pytest.mark.parametrize("count", COUNTS)
def test_single_precision_is_known_to_single_precision(matrix, exact, form, count):
    given = getattr(sparse, form)(matrix).astype(np.float32)
    rounded = given.toarray().astype(float)
    # Rounding of each entry: the rows no longer sum to zero, by far more than in double precision.
    uniform = np.tile(np.eye(2), (183, 1))
    assert np.abs(rounded @ uniform).max() > 1e-6
    modes = lowest_modes(given, count)
    # Eigenvalues move by at most the norm of what is rounded: 6e-8 of springs of up to 2e3, six to a particle.
    np.testing.assert_allclose(modes.eigenvalues, exact[0][2 : count + 2], rtol=0, atol=2e-3)
    flat = modes.vectors.reshape(count, -1)
    np.testing.assert_allclose(flat @ flat.T, np.eye(count), atol=1e-12)
    np.testing.assert_allclose(modes.vectors.sum(axis=1), 0, atol=1e-12)
    middle = (exact[0][40] + exact[0][41]) / 2
    assert modes_below(given, middle) == 41


def test_single_precision_that_was_converted_is_told(matrix):
    with pytest.raises(InputError, match="translations are not zero modes"):
        lowest_modes(matrix.astype(np.float32).astype(np.float64), 5)


@pytest.mark.parametrize("held", [slice(None), slice(0, 40)], ids=["all", "twenty"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("stiffness", [0.5, 50.0])
def test_particles_that_something_holds_are_no_rounding(matrix, held, dtype, stiffness):
    """In either type: the softer ones are far above what single precision can lose, ‖H t‖ of about 1e-4."""
    springs = np.zeros(matrix.shape[0])
    springs[held] = stiffness
    with pytest.raises(InputError, match="unless translations=False says"):
        lowest_modes((matrix + sparse.diags_array(springs)).astype(dtype), 5)


def test_asymmetry_of_single_precision_is_allowed(matrix, exact):
    """Such as two sums in different orders leave: in the last place of single precision."""
    noise = sparse.random_array(matrix.shape, density=0.01, rng=np.random.default_rng(2)) * matrix
    given = (matrix + 1e-7 * noise).astype(np.float32)
    assert abs(given - given.T).max() > 0
    # As above; what is not symmetric is of the same size.
    np.testing.assert_allclose(lowest_modes(given, 20).eigenvalues, exact[0][2:22], rtol=0, atol=2e-3)
    with pytest.raises(InputError, match="not symmetric"):
        lowest_modes((matrix + 1e-7 * noise), 20)
    with pytest.raises(InputError, match="not symmetric"):
        lowest_modes((matrix + 1e-4 * noise).astype(np.float32), 20)


def square_of_springs():
    """Four particles, six springs at rest, in whole numbers: along the sides and the diagonals."""
    points = np.array([[0, 0], [1, 0], [0, 1], [1, 1]])
    stiffness = np.zeros((8, 8), dtype=int)
    for i, j in ((0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)):
        stretch = np.zeros(8, dtype=int)
        stretch[2 * j : 2 * j + 2] = points[j] - points[i]
        stretch[2 * i : 2 * i + 2] = points[i] - points[j]
        stiffness += np.outer(stretch, stretch)
    return stiffness


@pytest.mark.parametrize("form", [np.array, sparse.csr_array, sparse.coo_matrix])
@pytest.mark.parametrize("dtype", [np.int8, np.int64, np.float32, np.longdouble])
def test_whole_numbers_and_dense_matrices(form, dtype):
    # A corner is held in its place, and the one beside it upright: the square can neither go nor turn.
    dense = square_of_springs()
    dense[[0, 1, 3], [0, 1, 3]] += 1
    given = form(dense.astype(dtype))
    modes = lowest_modes(given, 8, translations=False)
    # Rounding of numbers of order one; in single precision nothing is rounded, as they are whole.
    np.testing.assert_allclose(modes.eigenvalues, np.linalg.eigvalsh(dense), atol=1e-14)
    assert modes_below(given, 1e3) == 8


@pytest.mark.parametrize("index", [np.int32, np.int64])
def test_matrices_that_cannot_be_written_are_read(matrix, index):
    expected = lowest_modes(matrix, 5).vectors
    parts = [matrix.data.copy(), matrix.indices.astype(index), matrix.indptr.astype(index)]
    for part in parts:
        part.flags.writeable = False
    given = sparse.csc_array(tuple(parts), shape=matrix.shape)
    np.testing.assert_array_equal(lowest_modes(given, 5).vectors, expected)
    dense = matrix.toarray()
    dense.flags.writeable = False
    np.testing.assert_allclose(lowest_modes(dense, 5).eigenvalues, lowest_modes(matrix, 5).eigenvalues, rtol=1e-10)


@pytest.mark.parametrize(("method", "count"), SOLVERS)
def test_particles_that_something_holds(matrix, method, count):
    """Frozen ones without rows, and a substrate: no translation is a zero mode, and all modes are found."""
    frozen = np.arange(366) >= 2 * 20
    for given in (matrix[frozen][:, frozen], matrix + 0.3 * sparse.eye_array(366)):
        modes = lowest_modes(given, count, translations=False, method=method)
        # The norm is 4e3 and the lowest eigenvalue above 0.3, as without walls.
        np.testing.assert_allclose(modes.eigenvalues, np.linalg.eigvalsh(given.toarray())[:count], rtol=1e-10)
        flat = modes.vectors.reshape(count, -1)
        np.testing.assert_allclose(flat @ flat.T, np.eye(count), atol=1e-12)
        assert modes.zero_eigenvalues.shape == (0,)
        with pytest.raises(InputError, match="unless translations=False says"):
            lowest_modes(given, count, method=method)
    with pytest.raises(UnstableError, match="0 negative and 2 zero modes .* 0 and 0 are needed"):
        lowest_modes(matrix, count, translations=False, method=method)


def test_all_modes_of_a_held_system(matrix):
    given = matrix[40:][:, 40:]
    for method in ("lanczos", "arpack"):
        modes = lowest_modes(given, 326, translations=False, method=method)
        np.testing.assert_allclose(modes.eigenvalues, np.linalg.eigvalsh(given.toarray()), rtol=1e-10)


@pytest.mark.parametrize("method", ["lanczos", "arpack"])
def test_smallest_systems(method):
    with pytest.raises(InputError, match=r"matrix has shape \(0, 0\); at least one degree of freedom"):
        lowest_modes(np.zeros((0, 0)), 1, method=method)
    with pytest.raises(InputError, match=r"\(0, 0\)"):
        modes_below(sparse.csc_array((0, 0)), 1.0)
    with pytest.raises(InputError, match="1 degrees of freedom do not fit dimension 2"):
        lowest_modes(np.ones((1, 1)), 1, method=method)
    with pytest.raises(InputError, match="2 degrees of freedom less 2 rigid motions leave no modes"):
        lowest_modes(np.eye(2), 1, method=method)
    one = lowest_modes([[4.0]], 1, dimension=1, translations=False, method=method)
    assert (one.frequencies.tolist(), one.vectors.tolist()) == ([2.0], [[[1.0]]])
    two = lowest_modes(np.diag([4.0, 1.0]), 2, translations=False, method=method)
    np.testing.assert_allclose(two.eigenvalues, [1.0, 4.0], rtol=1e-14)
    pair = lowest_modes([[1.0, -1.0], [-1.0, 1.0]], 1, dimension=1, method=method)
    # Two masses on one spring.
    np.testing.assert_allclose(pair.eigenvalues, [2.0], rtol=1e-14)
    with pytest.raises(InputError, match=r"matrix has shape \(3,\)"):
        lowest_modes(np.ones(3), 1, method=method)


@pytest.mark.parametrize("matrix_of", [lambda m: m.astype(object).astype(str), lambda m: np.full((4, 4), None)])
def test_matrices_of_no_numbers_are_refused(matrix_of):
    with pytest.raises(InputError, match="a real symmetric one is needed"):
        lowest_modes(matrix_of(np.eye(4)), 1)


def test_masked_entries_are_refused():
    with pytest.raises(InputError, match="masked"):
        lowest_modes(np.ma.masked_equal(square_of_springs(), 2), 1)
    with pytest.raises(InputError, match="masked"):
        participation_ratio(np.ma.masked_less(np.random.default_rng(1).random((2, 3, 2)), 0.3))


def test_participation_ratio_of_what_is_not_known_is_refused():
    vectors = np.ones((3, 4, 2))
    vectors[1, 2, 0] = np.nan
    with pytest.raises(InputError, match="components of mode 1 must be finite; 1 of 8 are not"):
        participation_ratio(vectors)
    with pytest.raises(InputError, match=r"shape \(3, 4\); \(modes, N, dimension\) is needed"):
        participation_ratio(vectors[..., 0])
    with pytest.raises(InputError, match="value is nan"):
        modes_below(square_of_springs(), np.nan)


@pytest.mark.parametrize("count", [1.5, "3", None])
def test_count_that_is_no_number_is_refused(matrix, count):
    with pytest.raises(InputError, match="count is"):
        lowest_modes(matrix, count)


def test_modes_show_what_they_are(matrix):
    modes = lowest_modes(matrix, 5)
    lowest, highest = modes.frequencies[[0, -1]]
    assert repr(modes) == f"Modes(5 of 183 particles in 2D, frequencies {lowest:.4g} to {highest:.4g})"
    cholesky = Cholesky()
    assert repr(cholesky) == "Cholesky(no factor, factorizations: 0)"
    lowest_modes(matrix, 5, cholesky=cholesky)
    assert repr(cholesky) == "Cholesky(366 rows, factorizations: 1)"
