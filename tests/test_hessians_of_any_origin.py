"""Hessians of any origin: formats, precisions, walls and sizes that are taken, and what is refused."""

import numpy as np
import pytest
from hessians import COUNTS, SOLVERS
from scipy import sparse

from softspots.exceptions import InputError, UnstableError
from softspots.landscape.modes import lowest_modes, modes_below, participation_ratio


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


def test_size_that_does_not_fit_the_dimension_is_refused(matrix):
    with pytest.raises(InputError, match="366 degrees of freedom do not fit dimension 4"):
        lowest_modes(matrix, 5, dimension=4)
    with pytest.raises(InputError, match="dimension is 0; it must be a whole number from 1"):
        lowest_modes(matrix, 5, dimension=0)


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
