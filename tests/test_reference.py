"""The oracle in itself: its derivatives are those of its energy, in both dimensions, for any potential."""

from dataclasses import replace

import numpy as np
import pytest
from reference import Pairwise, central_difference, d2min, disordered_frame, energy_forces, flipped, hessian, wrapped

from softspots.box import Box
from softspots.model import Mixture, Model

PLANE = {"seed": 5, "length_x": 5.1, "length_y": 5.6, "tilt": 1.7}
SPACE = PLANE | {"length_z": 5.2, "tilt_xz": -1.4, "tilt_yz": 0.9}
# Of pairs (r - 2)^4 below 2 in units of σ_ij: four derivatives go to zero smoothly.
QUARTIC = {
    (a, b): lambda x: (x < 2) * [(x - 2) ** 4, 4 * (x - 2) ** 3, 12 * (x - 2) ** 2] for a, b in ("AA", "AB", "BB")
}
MODELS = {
    "Lennard-Jones": Mixture(Model.preset(cutoff=1.6).pairs),
    "by labels": Pairwise(QUARTIC, 2.0),
    "by sizes": Pairwise(QUARTIC, 2.0, non_additivity=0.2),
}


@pytest.fixture(scope="module", params=[PLANE, SPACE], ids=["2D", "3D"])
def frame(request):
    return disordered_frame(**request.param)


@pytest.fixture(params=MODELS)
def model(request):
    return MODELS[request.param]


def of(frame, model):
    """The frame with labels and sizes as the model needs them."""
    if isinstance(model, Mixture):
        return frame
    sizes = np.random.default_rng(0).uniform(0.7, 1.2, len(frame))
    return replace(frame, species=np.array(["A", "B"])[frame.species], sizes=sizes)


def test_forces_and_hessian_are_the_derivatives(frame, model):
    frame = of(frame, model)
    _, forces, _ = energy_forces(frame, model)
    matrix = hessian(frame, model)
    direction = np.random.default_rng(1).normal(size=frame.positions.shape)

    def along(step):
        return energy_forces(replace(frame, positions=frame.positions + step * direction), model)

    # Of fourth order in the step: fifth derivatives of up to 1e10 of overlapping pairs, times 1e-16.
    slope = central_difference(lambda step: along(step)[0], 1e-4)
    np.testing.assert_allclose(slope, -(forces * direction).sum(), rtol=1e-6)
    change = central_difference(lambda step: along(step)[1], 1e-4)
    np.testing.assert_allclose(change.ravel(), -matrix @ direction.ravel(), rtol=0, atol=1e-6 * np.abs(change).max())
    assert np.array_equal(matrix, matrix.T)
    # Sums of a hundred terms of up to 1e4.
    np.testing.assert_allclose(forces.sum(axis=0), 0, atol=1e-9 * np.abs(forces).max())


def test_the_virial_is_the_derivative_by_the_strain(frame, model):
    frame = of(frame, model)
    _, _, virial = energy_forces(frame, model)

    def energy(shear):
        lengths = frame.box.vectors @ (np.eye(frame.dimension) + shear)
        box = Box(lengths=np.diag(lengths), tilts=lengths[np.tril_indices(frame.dimension, -1)])
        return energy_forces(
            replace(frame, positions=frame.positions @ (np.eye(frame.dimension) + shear), box=box), model
        )[0]

    for a in range(frame.dimension):
        # Those that leave the lattice vectors a lower triangle.
        for b in range(a + 1):
            unit = np.zeros((frame.dimension, frame.dimension))
            unit[a, b] = 1.0
            slope = central_difference(lambda step, unit=unit: energy(step * unit), 1e-4)
            np.testing.assert_allclose(slope, -virial[a, b], rtol=1e-6, atol=1e-7 * np.abs(virial).max())


def test_descriptions_of_one_frame_have_one_energy(frame, model):
    frame = of(frame, model)
    energy, forces, virial = energy_forces(frame, model)
    for other in (wrapped(frame), flipped(frame), flipped(wrapped(frame), -2)):
        found = energy_forces(other, model)
        # Rounding of coordinates of up to 20 in powers of up to 14.
        for got, wanted in zip(found, (energy, forces, virial), strict=True):
            np.testing.assert_allclose(got, wanted, rtol=0, atol=1e-10 * np.abs(wanted).max())


def test_affine_motion_is_not_plastic(frame):
    later = frame.box.at_strain(frame.box.total_strain + 0.3)
    shear = np.eye(frame.dimension)
    shear[1, 0] = 0.3
    start = wrapped(replace(frame, images=np.zeros(frame.positions.shape)))
    end = wrapped(replace(start, positions=start.positions @ shear, box=later, images=start.images_without_flips()))
    if later.flips != start.box.flips:
        end = replace(end, images=end.images + np.outer(start.images[:, 1], later.flips * np.eye(frame.dimension)[0]))
    # Coordinates of up to 20 rounded at 1e-16, squared, over some 60 neighbours.
    assert d2min(start, end, 1.8).max() < 1e-25
    moved = end.positions + np.random.default_rng(2).normal(scale=0.1, size=end.positions.shape)
    expected = d2min(start, replace(end, positions=moved), 1.8)
    assert expected.min() > 0.01
    np.testing.assert_allclose(d2min(start, wrapped(flipped(replace(end, positions=moved))), 1.8), expected, rtol=1e-9)
