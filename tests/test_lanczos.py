"""Block Lanczos and its kernels: against dense linear algebra, with orthogonality lost and with dependent vectors."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from reference import disordered_frame
from scipy import sparse

from softspots import _core
from softspots.exceptions import PhysicsError
from softspots.landscape import lanczos
from softspots.landscape.factorization import Cholesky
from softspots.landscape.lanczos import largest_pairs
from softspots.landscape.modes import hessian
from softspots.landscape.quench import inherent_structure
from softspots.model import Model

NOTHING = np.zeros((600, 0))


def operator_with(eigenvalues, seed=1):
    """A dense symmetric matrix with these eigenvalues, and its eigenvectors."""
    random = np.random.default_rng(seed)
    vectors, _ = np.linalg.qr(random.standard_normal((len(eigenvalues),) * 2))
    return (vectors * eigenvalues) @ vectors.T, vectors


def applied(matrix):
    def apply(block):
        block[:] = matrix @ block

    return apply


def assert_largest(values, vectors, matrix, count, locked=NOTHING):
    norm = np.linalg.norm(matrix, 2)
    # Converged means residuals of 1e-14 of each value; of dependent vectors, 1e-13 of the norm is dropped per block.
    assert_allclose(np.linalg.norm(matrix @ vectors.T - values * vectors.T, axis=0), 0, atol=3e-13 * norm)
    assert_allclose(vectors @ vectors.T, np.eye(count), atol=1e-11)
    assert_allclose(vectors @ locked, 0, atol=1e-11)
    free = matrix - (matrix @ locked) @ locked.T
    assert_allclose(values, np.linalg.eigvalsh((free + free.T) / 2)[: -count - 1 : -1], atol=1e-13 * norm)


@pytest.mark.parametrize("locked", [0, 1, 3])
@pytest.mark.parametrize("count", [1, 16, 40])
def test_equal_dense_diagonalisation(count, locked):
    values = 1 / np.linspace(1, 40, 600) ** 2
    matrix, exact = operator_with(values)
    known = exact[:, :locked]
    found, vectors, _ = largest_pairs(applied(matrix), 600, count, known)
    assert_largest(found, vectors, matrix, count, known)


def test_basis_stays_orthogonal_where_the_norm_is_far_above_the_rest():
    """Each step multiplies what is lost by up to 1e5 here: without the estimate everything is lost in four."""
    values = np.concatenate((1e5 * np.linspace(1, 2, 8), 1 / np.linspace(1, 30, 592)))
    matrix, _ = operator_with(values)
    found, vectors, _ = largest_pairs(applied(matrix), 600, 50, NOTHING)
    assert_allclose(vectors @ vectors.T, np.eye(50), atol=1e-11)
    # Rounding of the norm, 2e5, is 4e-11 and is met several times.
    assert_allclose(found, values[np.argsort(-values)][:50], atol=1e-9)


@pytest.mark.parametrize("multiplicity", [2, 16, 40, 52])
def test_more_equal_eigenvalues_than_a_block_has_vectors(multiplicity):
    """Every Krylov space holds one block of an eigenspace; the others enter when its vectors run dry.

    On the way, blocks are 1e-8 as long as those before, and vectors of a block as the others, whose rounding grows.
    """
    values = np.repeat(1 / np.arange(1, 600 // multiplicity + 1) ** 2, multiplicity)
    matrix = np.diag(values)
    size, count = len(values), 2 * multiplicity
    found, vectors, _ = largest_pairs(applied(matrix), size, count, np.zeros((size, 0)))
    assert_largest(found, vectors, matrix, count, np.zeros((size, 0)))


def test_same_input_same_bits():
    matrix, _ = operator_with(1 / np.arange(1, 601))
    first, second = (largest_pairs(applied(matrix), 600, 20, NOTHING) for _ in range(2))
    assert_array_equal(first[0], second[0])
    assert_array_equal(first[1], second[1])


def test_what_the_memory_held_before_does_not_matter(monkeypatch):
    matrix, _ = operator_with(1 / np.arange(1, 601))
    spare = {}
    monkeypatch.setattr(lanczos, "_spare", spare)
    first = largest_pairs(applied(matrix), 600, 20, NOTHING)
    memory = spare["basis"]
    for array in memory:
        array[:] = np.nan
    second = largest_pairs(applied(matrix), 600, 20, NOTHING)
    assert all(again is array for again, array in zip(spare["basis"], memory, strict=True))
    assert_array_equal(first[1], second[1])


def test_two_at_a_time_do_not_share_memory():
    """One starts, and ends, between two steps of the other, as it may in threads."""
    (one, _), (other, _) = (operator_with(1 / np.arange(1, 601), seed) for seed in (1, 2))
    alone = [largest_pairs(applied(matrix), 600, 20, NOTHING)[1] for matrix in (one, other)]
    between, steps = [], 0

    def interrupted(block):
        nonlocal steps
        steps += 1
        if steps == 3:
            between.append(largest_pairs(applied(other), 600, 20, NOTHING)[1])
        applied(one)(block)

    assert_array_equal(largest_pairs(interrupted, 600, 20, NOTHING)[1], alone[0])
    assert_array_equal(between[0], alone[1])


def test_vectors_that_are_in_use_are_not_overwritten():
    matrix, _ = operator_with(1 / np.linspace(1, 40, 600))
    other, _ = operator_with(1 / np.linspace(1, 40, 600), seed=2)
    first = largest_pairs(applied(matrix), 600, 20, NOTHING)[1]
    row, expected = first.reshape(20, -1, 2)[7], first[7].copy()
    del first
    second = largest_pairs(applied(other), 600, 20, NOTHING)[1]
    assert_array_equal(row.reshape(-1), expected)
    where = second.ctypes.data
    del second
    assert largest_pairs(applied(matrix), 600, 20, NOTHING)[1].ctypes.data == where


@pytest.mark.parametrize("shape", [(1, 2), (2, 200)])
def test_basis_outgrows_memory_that_is_too_small_or_of_another_size(monkeypatch, shape):
    memory = tuple(np.full((*shape, _core.PANEL_ROWS), np.nan, dtype) for dtype in (np.float64, np.float32))
    monkeypatch.setattr(lanczos, "_spare", {"basis": memory})
    # A dense spectrum, which takes some 300 vectors, four times the first guess.
    matrix, exact = operator_with(1 / np.linspace(1, 10, 600))
    found, vectors, _ = largest_pairs(applied(matrix), 600, 4, exact[:, :3])
    assert_largest(found, vectors, matrix, 4, exact[:, :3])
    assert lanczos._spare["basis"][0].shape[1] > 200


@pytest.mark.parametrize("steps", [1, 4, 9])
def test_an_interrupted_search_leaves_the_next_one_its_bits(steps):
    matrix, _ = operator_with(1 / np.arange(1, 601))
    expected = largest_pairs(applied(matrix), 600, 20, NOTHING)[1].copy()
    left = steps

    def interrupted(block):
        nonlocal left
        left -= 1
        if left == 0:
            raise KeyboardInterrupt
        applied(matrix)(block)

    with pytest.raises(KeyboardInterrupt):
        largest_pairs(interrupted, 600, 20, NOTHING)
    assert_array_equal(largest_pairs(applied(matrix), 600, 20, NOTHING)[1], expected)


def test_too_many_for_the_size_is_an_error():
    with pytest.raises(PhysicsError, match="40 pairs have not converged"):
        largest_pairs(applied(np.diag(1 / np.arange(1, 101))), 100, 40, np.zeros((100, 0)))


def lattice_laplacian(side):
    line = sparse.diags_array([-1.0, 2.1, -1.0], offsets=[-1, 0, 1], shape=(side, side))
    eye = sparse.eye_array(side)
    return sparse.csc_array(
        sparse.kron(sparse.kron(line, eye), eye)
        + sparse.kron(sparse.kron(eye, line), eye)
        + sparse.kron(sparse.kron(eye, eye), line)
    )


@pytest.mark.parametrize("size", [1, 2, 5, 37])
def test_packed_factor_of_small_dense_matrices(size):
    random = np.random.default_rng(size)
    root = random.standard_normal((size, size))
    matrix = sparse.csc_array(root @ root.T + size * np.eye(size))
    assert_solves(matrix)


@pytest.mark.parametrize("kind", ["glass", "lattice", "diagonal"])
def test_packed_factor(kind):
    if kind == "glass":
        frame = disordered_frame(seed=5, length_x=11.7, length_y=13.0, tilt=4.1)
        matrix = hessian(inherent_structure(frame, Model.preset()).frame, Model.preset())
        matrix = matrix + 1e-3 * sparse.eye_array(matrix.shape[0], format="csc")
    elif kind == "lattice":
        matrix = lattice_laplacian(9)
    else:
        matrix = sparse.csc_array(sparse.diags_array(np.arange(1.0, 51.0)))
    assert_solves(sparse.csc_array(matrix))


def assert_solves(matrix):
    cholesky = Cholesky()
    assert cholesky.factorize(matrix)
    block = np.random.default_rng(2).standard_normal((matrix.shape[0], _core.BLOCK_WIDTH))
    factor, order = cholesky.packed()
    solution = block[order]
    factor.solve(solution)
    solution = solution[np.argsort(order)]
    # Backward stable: the residual is some roundings of |A| |x|.
    scale = abs(matrix).sum(axis=0).max() * np.abs(solution).max()
    assert_allclose(matrix @ solution, block, atol=1e-13 * scale)


@pytest.mark.parametrize("columns", [(0, 8), (8, 24), (3, 27), (0, 40)])
def test_projection_equals_numpy(columns):
    random = np.random.default_rng(4)
    basis = random.standard_normal((3, 40, _core.PANEL_ROWS))
    block = random.standard_normal((3 * _core.PANEL_ROWS, _core.BLOCK_WIDTH))
    given = block.copy()
    overlaps = _core.project_out(*columns, basis, block)
    matrix = basis[:, slice(*columns)].transpose(0, 2, 1).reshape(len(block), -1)
    # Sums of some thousand products of order one, in another order.
    assert_allclose(overlaps, matrix.T @ given, atol=1e-11)
    assert_allclose(block, given - matrix @ (matrix.T @ given), atol=1e-9)


@pytest.mark.parametrize("columns", [8, 40])
def test_reorthogonalization_equals_numpy(columns):
    random = np.random.default_rng(4)
    basis = random.standard_normal((3, 40, _core.PANEL_ROWS))
    block = random.standard_normal((3 * _core.PANEL_ROWS, _core.BLOCK_WIDTH))
    matrix = basis[:, :columns].transpose(0, 2, 1).reshape(len(block), -1)
    matrix, _ = np.linalg.qr(matrix)
    basis[:, :columns] = matrix.reshape(3, _core.PANEL_ROWS, -1).transpose(0, 2, 1)
    block += matrix @ (1e-6 * random.standard_normal((columns, _core.BLOCK_WIDTH)) - matrix.T @ block)
    excess = matrix @ (matrix.T @ block)
    given = block.copy()
    _core.reorthogonalize(columns, basis, basis.astype(np.float32), block)
    # What is taken out, at most some 1e-6, is known to single precision, of sums of 40.
    assert_allclose(block, given - excess, atol=40 * np.finfo(np.float32).eps * np.abs(excess).max())
    assert np.abs(matrix.T @ block).max() < 1e-6 * np.abs(matrix.T @ given).max()


def test_append_equals_numpy():
    random = np.random.default_rng(4)
    basis = random.standard_normal((2, 40, _core.PANEL_ROWS))
    rounded = basis.astype(np.float32)
    block = random.standard_normal((2 * _core.PANEL_ROWS, _core.BLOCK_WIDTH))
    transform = random.standard_normal((_core.BLOCK_WIDTH,) * 2)
    expected, others = block @ transform, np.delete(basis, np.s_[5:21], axis=1)
    gram = _core.append(5, transform, basis, rounded, block)
    # Sums of 16, and of some thousand, products.
    assert_allclose(block, expected, atol=1e-13)
    assert_allclose(gram, expected.T @ expected, atol=1e-10)
    assert_array_equal(basis[:, 5:21].transpose(0, 2, 1).reshape(block.shape), block)
    assert_array_equal(np.delete(basis, np.s_[5:21], axis=1), others)
    assert_array_equal(rounded, basis.astype(np.float32))


@pytest.mark.parametrize("modes", [1, 16, 37])
def test_residual_norms_equal_numpy(modes):
    random = np.random.default_rng(4)
    matrix, values, vectors = lattice_laplacian(7), random.random(modes), random.random((modes, 343))
    norms = _core.residual_norms(matrix.indptr, matrix.indices, matrix.data, values, vectors)
    # Sums of 343 squares of order one, in another order.
    assert_allclose(norms, np.linalg.norm(vectors @ matrix - values[:, None] * vectors, axis=1), rtol=1e-13)


@pytest.mark.parametrize("columns", [(0, 0), (-1, 7), (33, 41)])
def test_columns_outside_the_basis_are_refused(columns):
    with pytest.raises(ValueError, match="not within the basis of 40"):
        _core.project_out(
            *columns, np.zeros((1, 40, _core.PANEL_ROWS)), np.zeros((_core.PANEL_ROWS, _core.BLOCK_WIDTH))
        )


def test_shapes_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="2 eigenvalues and 3 vectors"):
        _core.residual_norms(*np.zeros((2, 4), dtype=np.int32), np.zeros(4), np.zeros(2), np.zeros((3, 3)))
    with pytest.raises(ValueError, match="does not fit itself or vectors of 3 components"):
        _core.residual_norms(*np.zeros((2, 4), dtype=np.int32), np.zeros(4), np.zeros(3), np.zeros((3, 3)))
    with pytest.raises(ValueError, match="basis must be"):
        _core.project_out(0, 8, np.zeros((2, 40, _core.PANEL_ROWS)), np.zeros((_core.PANEL_ROWS, _core.BLOCK_WIDTH)))
    basis, block = np.zeros((1, 40, _core.PANEL_ROWS)), np.zeros((_core.PANEL_ROWS, _core.BLOCK_WIDTH))
    with pytest.raises(ValueError, match="are 7, which is no multiple of 8"):
        _core.project_out(1, 8, basis, block)
    with pytest.raises(ValueError, match="the copy is"):
        _core.reorthogonalize(8, basis, np.zeros((1, 32, _core.PANEL_ROWS), dtype=np.float32), block)
