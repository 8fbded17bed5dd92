"""The Hessian: against the plain oracle, as the slope of the forces, and its symmetries."""

from dataclasses import replace

import numpy as np
import pytest
from reference import central_difference, flipped, renumbered, wrapped
from reference import hessian as reference_hessian

from softspots.frame import Box, Frame
from softspots.landscape.forces import energy_forces
from softspots.landscape.modes import hessian
from softspots.model import Model


def assert_same(result, expected):
    """Equal but for rounding: coordinates of up to 40 at 1e-16, times third derivatives of up to 1e5."""
    np.testing.assert_allclose(result, expected, rtol=1e-12, atol=5e-9)


def test_equals_the_plain_sum_over_images(frame, model):
    assert_same(hessian(frame, model).toarray(), reference_hessian(frame, model))


def test_cutoff_per_pair_equals_the_plain_sum(frame, smoothing):
    model = Model.preset("as-printed", smoothing=smoothing, cutoff_per_pair=True)
    assert_same(hessian(frame, model).toarray(), reference_hessian(frame, model))


def test_is_the_slope_of_the_forces(frame, model):
    matrix = hessian(frame, model)
    for direction in np.random.default_rng(8).normal(size=(3, len(frame), 2)):

        def forces(step, direction=direction):
            return energy_forces(replace(frame, positions=frame.positions + step * direction), model)[1]

        # Where a pair crosses the cutoff within the step of 1e-5, V''' (below 2) jumps.
        expected = -central_difference(forces, 1e-5).ravel()
        np.testing.assert_allclose(matrix @ direction.ravel(), expected, rtol=0, atol=4e-5)


def test_is_symmetric_to_the_bit(frame, model):
    matrix = hessian(frame, model)
    assert matrix.shape == (2 * len(frame), 2 * len(frame))
    assert (matrix != matrix.T).nnz == 0


def test_translations_cost_nothing(frame, model):
    matrix = hessian(frame, model)
    for axis in range(2):
        translation = np.tile(np.eye(2)[axis], len(frame))
        # Each row sums some 20 stiffnesses of up to 1e4, each rounded at 1e-16.
        np.testing.assert_allclose(matrix @ translation, 0, atol=1e-10)


def test_has_no_entries_beyond_the_cutoff(frame):
    matrix = hessian(frame, Model.preset())
    neighbours = np.count_nonzero(reference_hessian(frame, Model.preset()).reshape(len(frame), 2, -1, 2), axis=(1, 3))
    assert matrix.nnz <= 4 * np.count_nonzero(neighbours)


def test_origin_does_not_matter(frame, model):
    shifted = replace(frame, positions=frame.positions + (3.7, -28.1))
    assert_same(hessian(shifted, model).toarray(), hessian(frame, model).toarray())


@pytest.mark.parametrize("change", [flipped, wrapped])
def test_description_of_the_box_does_not_matter(frame, model, change):
    assert_same(hessian(change(frame), model).toarray(), hessian(frame, model).toarray())


def test_numbering_does_not_matter(frame, model):
    order = np.random.default_rng(9).permutation(len(frame))
    freedoms = (2 * order[:, None] + (0, 1)).ravel()
    expected = hessian(frame, model).toarray()[np.ix_(freedoms, freedoms)]
    assert_same(hessian(renumbered(frame, order), model).toarray(), expected)


def test_particles_out_of_reach_have_no_stiffness():
    frame = Frame([[1.0, 1.0], [4.5, 1.0]], [0, 0], Box(9.0, 9.0, tilt=2.0))
    matrix = hessian(frame, Model.preset())
    assert matrix.shape == (4, 4)
    assert not matrix.toarray().any()


def test_box_below_twice_the_cutoff_is_refused():
    frame = Frame([[1.0, 1.0], [2.0, 2.0]], [0, 1], Box(20.0, 4.99, tilt=3.0))
    with pytest.raises(ValueError, match=r"4\.99.*5"):
        hessian(frame, Model.preset())
