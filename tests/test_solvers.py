"""The ways to the lowest modes: the filter against the factor, what each costs, and which is chosen."""

import os
import signal

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import sparse
from test_modes import assert_modes_of, spring_network

from softspots import _core
from softspots._cholmod import Factor
from softspots.exceptions import InputError, ShortageError, UnstableError
from softspots.landscape import chebyshev, cost, solvers
from softspots.landscape.factorization import Cholesky
from softspots.landscape.matrices import matrix_norm, zero_threshold
from softspots.landscape.modes import lowest_modes
from softspots.landscape.stability import uniform


@pytest.fixture(scope="module")
def solid():
    """The Hessian of springs between 500 particles in three dimensions, and its eigenvalues off the translations."""
    matrix = sparse.csc_array(spring_network(500, dimension=3, reach=0.2, stiffness=1.0))
    return matrix, np.linalg.eigvalsh(matrix.toarray())[3:]


def problem_of(matrix, dimension=3):
    return solvers.Problem(matrix, dimension, zero_threshold(matrix), uniform(matrix.shape[0], dimension), Cholesky())


@pytest.mark.parametrize("count", [1, 10, 120, 300])
def test_filter_finds_what_the_factor_finds(solid, count):
    matrix, eigenvalues = solid
    filtered, factored = (lowest_modes(matrix, count, dimension=3, method=method) for method in ("filter", "lanczos"))
    assert filtered.method == "filter"
    assert_modes_of(filtered, matrix)
    # The norm is 2e3 of the lowest eigenvalue: its rounding is 1e-12 of that one.
    assert_allclose(filtered.eigenvalues, eigenvalues[:count], rtol=1e-10)
    assert_allclose(filtered.eigenvalues, factored.eigenvalues, rtol=1e-10)
    # One space: each vector of the one lies in that of the other, but for residuals over gaps, squared.
    overlaps = filtered.vectors.reshape(count, -1) @ factored.vectors.reshape(count, -1).T
    assert_allclose(np.linalg.norm(overlaps, axis=1), 1, atol=1e-9)


def test_filter_that_was_chosen_too_low_is_widened(solid):
    matrix, eigenvalues = solid
    problem, bound = problem_of(matrix), matrix_norm(matrix)
    low = chebyshev.Filter.below(eigenvalues[10], eigenvalues[-1])
    found, *_ = chebyshev.lowest_pairs(problem.products, low, bound, 40, problem.rigid)
    assert_allclose(found, eigenvalues[:40], rtol=1e-10)


def test_stiff_bonds_above_the_filter_are_not_taken_for_soft_modes():
    """Beyond both ends of the interval the polynomial grows, and only the eigenvalues tell which end a mode is from."""
    soft = sparse.csc_array(spring_network(200, dimension=3, reach=0.28, stiffness=1.0))
    highest = np.linalg.eigvalsh(soft.toarray())[-1]
    along = np.zeros((600, 3))
    for number, bond in enumerate(along.T):
        bond[6 * number : 6 * number + 6] = (0.6, 0.8, 0.0, -0.6, -0.8, 0.0)
    matrix = sparse.csc_array(soft + 5 * highest * sparse.csc_array(along) @ sparse.csc_array(along).T)
    eigenvalues = np.linalg.eigvalsh(matrix.toarray())[3:]
    problem, chosen = problem_of(matrix), chebyshev.Filter.below(eigenvalues[40], highest)
    found, *_ = chebyshev.lowest_pairs(problem.products, chosen, matrix_norm(matrix), 12, problem.rigid)
    assert_allclose(found, eigenvalues[:12], rtol=1e-10)


def test_spectrum_tells_how_many_modes_lie_below(solid):
    matrix, eigenvalues = solid
    spectrum = problem_of(matrix).spectrum
    for count in (50, 100, 300):
        # Sixteen vectors: a part of sqrt(2/(16 count)), 5 % of 50, is noise; twice that, and what lies between nodes.
        assert_allclose(np.count_nonzero(eigenvalues < spectrum.value_above(count)), count, rtol=0.15)
    # Lanczos has found the largest one all but for a part in a hundred, as `MARGIN` has it.
    assert eigenvalues[-1] / chebyshev.MARGIN < spectrum.highest <= eigenvalues[-1] * (1 + 1e-12)


@pytest.mark.parametrize("dimension", [2, 3])
def test_step_equals_numpy(dimension):
    random = np.random.default_rng(1)
    matrix = sparse.csc_array(spring_network(150, dimension, 0.25, 1.0))
    products = chebyshev.Products(matrix, dimension)
    x, y = random.standard_normal((2, matrix.shape[0], _core.BLOCK_WIDTH))
    expected = 0.7 * (matrix @ x - 1.3 * x) - 0.4 * y
    x, result = x[products.order], y[products.order]
    products.step(x, result, 1.3, 0.7, 0.4)
    # Sums of some tens of products of order one to ten.
    assert_allclose(result, expected[products.order], atol=1e-12)


def test_polynomial_is_that_of_chebyshev(solid):
    matrix, _ = solid
    products = chebyshev.Products(matrix, 3)
    chosen = chebyshev.Filter(3.0, 40.0, 6)
    x = np.random.default_rng(1).standard_normal((matrix.shape[0], _core.BLOCK_WIDTH))
    inside = (matrix - 21.5 * sparse.eye_array(matrix.shape[0])) / 18.5
    terms = [x, inside @ x]
    while len(terms) <= chosen.degree:
        terms.append(2 * inside @ terms[-1] - terms[-2])
    result = x[products.order]
    chosen.applied(products)(result)
    # What is at zero grows to some tens; rounding with it.
    assert_allclose(result, terms[-1][products.order], atol=1e-11)


def test_vectors_that_do_not_fit_the_matrix_are_refused(solid):
    products = chebyshev.Products(solid[0], 3)
    x, y = np.zeros((2, 1500, _core.BLOCK_WIDTH))
    with pytest.raises(InputError, match="1497 and 1500 components; 1500 are needed"):
        products.step(x[3:], y)
    with pytest.raises(InputError, match="8 and 16 vectors in a block; 16"):
        products.step(np.zeros((1500, 8)), y)
    with pytest.raises(InputError, match="4 × 4; 2 × 2 or 3 × 3"):
        _core.chebyshev_step(
            *(np.array(part, dtype=np.int32) for part in ([0, 1], [0])), np.zeros((1, 4, 4)), 0, 1, 0, x, y
        )


def test_negative_modes_are_refused_by_the_filter(solid):
    matrix, eigenvalues = solid
    soft = sparse.csc_array(matrix - 1.5 * eigenvalues[0] * _off_translations(matrix.shape[0]))
    with pytest.raises(UnstableError, match="negative and .* zero modes .* off the translations at -"):
        lowest_modes(soft, 10, dimension=3, method="filter")
    with pytest.raises(UnstableError, match="an unknown number of negative"):
        lowest_modes(matrix - 100 * _off_translations(matrix.shape[0]), 10, dimension=3, method="filter")


def test_one_slightly_negative_mode_is_refused_by_the_filter(solid):
    matrix, eigenvalues = solid
    slight = sparse.csc_array(matrix - (eigenvalues[0] + 1e-5) * _off_translations(matrix.shape[0]))
    with pytest.raises(UnstableError, match=r"1 negative and 3 zero modes .* at -1e-05"):
        lowest_modes(slight, 10, dimension=3, method="filter")


def test_further_zero_modes_are_refused_by_the_filter(solid):
    twice = sparse.block_diag([solid[0], solid[0]])
    with pytest.raises(UnstableError, match="0 negative and 6 zero modes"):
        lowest_modes(twice, 10, dimension=3, method="filter")


def _off_translations(size):
    return sparse.csc_array(np.eye(size) - uniform(size, 3) @ uniform(size, 3).T)


def test_filter_is_for_two_and_three_dimensions():
    chain = sparse.diags_array([-np.ones(999), 2.0 * np.ones(1000), -np.ones(999)], offsets=[-1, 0, 1])
    with pytest.raises(InputError, match="for two and three dimensions, not 1"):
        lowest_modes(chain, 3, dimension=1, translations=False, method="filter")
    assert lowest_modes(chain, 3, dimension=1, translations=False).method == "lanczos"


def test_fill_is_that_of_the_factor():
    random = np.random.default_rng(3)
    dense = random.random((60, 60)) < 0.05
    dense |= dense.T | np.eye(60, dtype=bool)
    factor = Factor(sparse.csc_array(dense * 1.0), supernodal=True)
    order = factor.order()
    filled = dense[np.ix_(order, order)]
    for column in range(60):
        rows = np.flatnonzero(filled[column + 1 :, column]) + column + 1
        filled[np.ix_(rows, rows)] = True
    np.testing.assert_array_equal(factor.counts(), np.tril(filled).sum(axis=0))


def test_fill_predicts_the_factor(solid):
    matrix, _ = solid
    cholesky = Cholesky()
    fill = cholesky.fill(matrix)
    assert not fill.there
    assert cholesky.factorizations == 0
    assert cholesky.factorize(matrix, 1.0)
    assert cholesky.fill(matrix).there
    entries = len(cholesky._factor.columns()[2])
    # CHOLMOD joins columns with nearly equal rows, which adds a few percent in zeros.
    assert 0.85 * entries < fill.entries <= entries


def test_choice_follows_the_limit(solid):
    matrix, _ = solid
    problem, count = problem_of(matrix), 50
    costs = {method: solvers.COSTS[method](problem, count) for method in ("lanczos", "filter")}
    assert costs["filter"].bytes < costs["lanczos"].bytes
    between = (costs["filter"].bytes + costs["lanczos"].bytes) / 2
    filtered = lowest_modes(matrix, count, dimension=3, memory=between)
    assert filtered.method == "filter"
    assert "are allowed" in filtered.reason
    assert filtered.predicted_bytes == int(costs["filter"].bytes)
    with pytest.raises(ShortageError, match="'filter' takes .* GB by prediction; 1e-06 GB are allowed"):
        lowest_modes(matrix, count, dimension=3, memory=1000)
    with pytest.raises(ShortageError, match="'lanczos' takes"):
        lowest_modes(matrix, count, dimension=3, method="lanczos", memory=between)


def test_choice_follows_the_time(solid, monkeypatch):
    matrix, _ = solid
    monkeypatch.setattr(cost, "PRODUCT_RATE", 1e20)
    monkeypatch.setattr(cost, "SOLVE_RATE", 1e5)
    assert lowest_modes(matrix, 30, dimension=3).method == "filter"
    monkeypatch.setattr(cost, "PRODUCT_RATE", 1e5)
    monkeypatch.setattr(cost, "SOLVE_RATE", 1e20)
    modes = lowest_modes(matrix, 30, dimension=3)
    assert modes.method == "lanczos"
    assert modes.reason.startswith("predicted: ")
    # Bytes by prediction, and those of arrays as they were, of which there are more in small systems.
    assert 0.5 < modes.spent_bytes / modes.predicted_bytes < 2
    assert lowest_modes(matrix, 400, dimension=3).method == "dense"


def test_free_memory_is_what_the_container_leaves(tmp_path, monkeypatch):
    limit, taken = tmp_path / "max", tmp_path / "current"
    limit.write_text("3000000000\n")
    taken.write_text("1000000000\n")
    monkeypatch.setattr(cost, "_CONTAINER", (limit, taken))
    machine = tmp_path / "meminfo"
    machine.write_text("MemTotal: 9000000 kB\nMemAvailable: 4000000 kB\n")
    monkeypatch.setattr(cost, "_FREE", machine)
    assert cost.free_memory() == pytest.approx(0.9 * 2e9)
    limit.write_text("max\n")
    assert cost.free_memory() == pytest.approx(0.9 * 4.096e9)


@pytest.mark.parametrize("memory", [0, -1.0, "3"])
def test_memory_that_is_no_number_is_refused(solid, memory):
    with pytest.raises(InputError, match="lowest_modes: memory"):
        lowest_modes(solid[0], 3, dimension=3, memory=memory)


def test_interruption_ends_the_filter_after_the_product_in_which_it_came(solid, monkeypatch):
    """Nothing that takes longer than a product goes on, or keeps the signal to itself."""
    step, sent, done = chebyshev.Products.step, 100, []

    def interrupted(*arguments):
        step(*arguments)
        done.append(None)
        if len(done) == sent:
            os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(chebyshev.Products, "step", interrupted)
    with pytest.raises(KeyboardInterrupt):
        lowest_modes(solid[0], 120, dimension=3, method="filter")
    assert len(done) == sent
