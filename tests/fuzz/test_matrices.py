"""Modes of any matrix are those of dense linear algebra, or errors of softspots."""

import numpy as np
import pytest
from budget import TRIED, budget
from hypothesis import assume, event, given
from hypothesis import strategies as st
from scipy import sparse
from strategies import seeds

import softspots
from softspots.exceptions import SoftspotsError

pytestmark = pytest.mark.filterwarnings("error")


@st.composite
def networks(draw, dimension):
    """Matrices of particles joined by springs of all stiffnesses, at random; translations are zero modes."""
    count, stretch = draw(st.integers(2, 25)), draw(st.sampled_from([0.0, 1.0, 3.0]))
    random = np.random.default_rng(draw(seeds()))
    bonds = [(a, b) for a in range(count) for b in range(a) if a - b == 1 or random.random() < 0.2]
    matrix = np.zeros((count, count, dimension, dimension))
    for a, b in bonds:
        root = random.standard_normal((dimension, dimension))
        spring = 10 ** random.uniform(-stretch, stretch) * root @ root.T
        matrix[a, a] += spring
        matrix[b, b] += spring
        matrix[a, b] -= spring
        matrix[b, a] -= spring
    matrix = matrix.transpose(0, 2, 1, 3).reshape(count * dimension, count * dimension)
    return (matrix + matrix.T) / 2 * draw(st.sampled_from([1.0, 1e-6, 1e6]))


@budget(60)
@given(st.sampled_from([1, 2, 3]).flatmap(lambda d: st.tuples(st.just(d), networks(d))), st.data())
def test_modes_of_any_network(drawn, data):
    dimension, matrix = drawn
    eigenvalues, scale = np.linalg.eigvalsh(matrix), np.abs(matrix).sum(axis=0).max()
    count = data.draw(st.integers(1, len(matrix) - dimension))
    method = data.draw(st.sampled_from(["lanczos", "lanczos", "arpack"]))
    kind = data.draw(st.sampled_from([sparse.csc_array, sparse.csr_array, sparse.coo_array, np.asarray]))
    TRIED["API calls"] += 1
    # In doubt whether a mode is zero, a refusal is right.
    assume(eigenvalues[dimension] > 1e-8 * scale)
    found = softspots.lowest_modes(kind(matrix), count, dimension=dimension, method=method)
    # Rounding of the inverse, which a soft tie makes worse by the ratio of the extreme eigenvalues.
    np.testing.assert_allclose(found.eigenvalues, eigenvalues[dimension:][:count], rtol=1e-9, atol=1e-12 * scale)
    vectors = found.vectors.reshape(count, -1)
    assert np.abs(matrix @ vectors.T - vectors.T * found.eigenvalues).max() < 1e-9 * scale
    assert np.abs(vectors @ vectors.T - np.eye(count)).max() < 1e-9


@budget(60)
@given(networks(2), st.floats(-0.5, 1.5), st.floats(-1, 1))
def test_modes_below_any_value(matrix, part, shift):
    matrix = matrix + shift * np.abs(matrix).max() * np.eye(len(matrix))
    eigenvalues, scale = np.linalg.eigvalsh(matrix), np.abs(matrix).sum(axis=0).max()
    value = part * eigenvalues[-1]
    TRIED["API calls"] += 1
    try:
        found = softspots.modes_below(matrix, value)
    except SoftspotsError:
        event("refused")
        return
    # The count is exact unless an eigenvalue is nearer than the threshold of zero.
    assert (eigenvalues < value - 1e-10 * scale).sum() <= found <= (eigenvalues < value + 1e-10 * scale).sum()


def unsound_matrices():
    """What is no Hessian."""
    rows = np.eye(6) - np.eye(6, k=1)
    plain = rows + rows.T
    wrong = [np.zeros((0, 0)), np.zeros((4, 4)), np.full((4, 4), np.nan), plain * np.inf, plain * 1j, rows, plain[:4]]
    wrong += [np.zeros(4), np.zeros((2, 2, 2)), -plain, plain.astype(str), np.eye(4) * 1e308, np.eye(4) * 1e-320]
    return st.sampled_from([np.array(one) for one in wrong])


@budget(60)
@given(unsound_matrices(), st.sampled_from([-1, 0, 1, 2, 10**9]), st.sampled_from([0, 1, 2, 3]))
def test_unsound_matrices_are_refused_or_have_finite_modes(matrix, count, dimension):
    TRIED["API calls"] += 2
    with np.errstate(all="ignore"):
        try:
            found = softspots.lowest_modes(matrix, count, dimension=dimension)
        except SoftspotsError:
            found = None
        try:
            below = softspots.modes_below(matrix, 1.0)
        except SoftspotsError:
            below = 0
    assert found is None or (np.isfinite(found.eigenvalues).all() and np.isfinite(found.vectors).all())
    assert 0 <= below <= len(matrix)
