"""Factors: they follow the matrix, are kept while it does not change, and an interruption leaves none."""

import numpy as np
import pytest
from reference import disordered_frame
from scipy import sparse

from softspots.exceptions import InputError
from softspots.landscape import factorization, quench
from softspots.landscape.factorization import Cholesky
from softspots.landscape.modes import hessian_of
from softspots.landscape.quench import inherent_structure
from softspots.model import Model


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


@pytest.mark.parametrize("supernodal", [True, False])
def test_an_analysis_is_no_factor_yet(supernodal):
    matrix = sparse.csc_array(np.array([[2.0, 1.0], [1.0, 2.0]]))
    factor = factorization._cholmod.Factor(matrix, supernodal)
    with pytest.raises(ValueError, match="there is no factor"):
        factor.columns()
    with pytest.raises(RuntimeError, match="CHOLMOD ended with status"):
        factor.solve(np.ones(2))
    assert factor.factorize(matrix, 0.0)
    indptr, rows, entries = factor.columns()
    assert (indptr.tolist(), sorted(rows.tolist())) == ([0, 2, 3], [0, 1, 1]) and np.isfinite(entries).all()
    if supernodal:
        assert not factor.factorize(matrix, -10.0)
        with pytest.raises(ValueError, match="there is no factor"):
            factor.columns()


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
        patch.setattr(*{"analyze": (factorization._cholmod, "Factor"), "copy": (np, "copy")}[when], interrupted)
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


def test_an_interrupted_quench_leaves_the_next_one_as_it_is(monkeypatch):
    frame = disordered_frame(seed=5, length_x=11.7, length_y=13.0, tilt=4.1)
    expected = inherent_structure(frame, Model.preset()).frame.positions
    calls = iter(range(100))

    def interrupted(*arguments):
        if next(calls) == 1:
            raise KeyboardInterrupt
        return hessian_of(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(quench, "hessian_of", interrupted)
        with pytest.raises(KeyboardInterrupt):
            inherent_structure(frame, Model.preset())
    result = inherent_structure(frame, Model.preset())
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


def test_shapes_and_types_that_do_not_fit():
    cholesky = Cholesky()
    with pytest.raises(InputError, match="the matrix has shape .3, 2.; a square one is needed"):
        cholesky.factorize(sparse.csc_array(np.ones((3, 2))))
    assert cholesky.factorize(sparse.csc_array(np.diag([1.0, 2.0])))
    for wrong in (np.ones((2, 2, 2)), np.ones(3), np.ones((3, 2)), np.array(1.0), np.ones(2) * 1j, ["a", "b"]):
        with pytest.raises(InputError, match="Cholesky: entries of right_hand_side"):
            cholesky.solve(wrong)
    np.testing.assert_allclose(cholesky.solve(np.array([1, 1])), [1.0, 0.5], rtol=1e-15)


@pytest.mark.parametrize("entry, shift", [(np.nan, 0.0), (np.inf, 0.0), (2.0, np.nan), (2.0, -np.inf)])
def test_what_is_not_finite_has_no_factor(entry, shift):
    cholesky = Cholesky()
    with pytest.raises(InputError, match="entries and shift must be finite"):
        cholesky.factorize(sparse.csc_array(np.diag([entry, 3.0])), shift)
    with pytest.raises(InputError, match="there is no factor"):
        cholesky.solve(np.ones(2))
