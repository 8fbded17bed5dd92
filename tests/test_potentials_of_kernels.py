"""Every form of potential in the kernels, for species and for sizes: against plain NumPy, and against LAMMPS."""

import pickle

import numpy as np
import pytest
from pair_oracle import FORMS, make_mixture, morse, spline_coefficients, spline_law, yukawa
from reference import central_difference, disordered_frame

import softspots as ss
from softspots import _core
from softspots.landscape.forces import box_array

# How many species, whether all pairs have one cutoff, and the non-additivity where particles have sizes.
SOURCES = {
    "one species": (1, False, None),
    "two species, one cutoff": (2, True, None),
    "two species": (2, False, None),
    "three species": (3, False, None),
    "seven species": (7, False, None),
    "additive sizes": (1, False, 0.0),
    "sizes": (1, False, 0.2),
}


@pytest.fixture(scope="module")
def frame():
    """59 particles, some 0.7 apart, in a box that is tilted beyond half its length and fits twice the longest range."""
    return disordered_frame(seed=3, length_x=6.4, length_y=7.7, tilt=4.5, spread=1)


@pytest.fixture(params=FORMS)
def form(request):
    return request.param


@pytest.fixture(params=SOURCES)
def case(request, form, frame):
    """A mixture, and what the kernels take of a frame: positions, species, sizes, box."""
    n_species, one_cutoff, non_additivity = SOURCES[request.param]
    mixture = make_mixture(form, n_species, non_additivity, one_cutoff=one_cutoff)
    random = np.random.default_rng(4)
    species = random.integers(0, n_species, len(frame)).astype(np.int32)
    # Diameters that spread by 1:3.
    sizes = None if non_additivity is None else random.uniform(0.45, 1.35, len(frame))
    return mixture, (frame.positions, species, sizes, box_array(frame.box))


def dense(rows):
    """The Hessian (2N, 2N) from its blocks."""
    indptr, indices, blocks = rows
    n = len(indptr) - 1
    matrix = np.zeros((n, n, 2, 2))
    matrix[np.repeat(np.arange(n), np.diff(indptr)), indices] = blocks
    return matrix.transpose(0, 2, 1, 3).reshape(2 * n, 2 * n)


def test_equals_the_plain_sum_over_images(case, frame):
    mixture, arguments = case
    energy, forces, virial, hessian = mixture.sums(*arguments[:3], frame.box)
    got = _core.energy_forces(*arguments, mixture.potential)
    # Coordinates of up to 20 at 1e-16, times the stiffness of the stiffest pair: sizes of 1.35 at distances of 0.7.
    scale = np.abs(hessian).max()
    np.testing.assert_allclose(got[0], energy, rtol=1e-12, atol=1e-13 * scale)
    np.testing.assert_allclose(got[1], forces, rtol=1e-12, atol=2e-14 * scale)
    np.testing.assert_allclose(got[2], virial, rtol=1e-12, atol=1e-13 * scale)
    np.testing.assert_allclose(dense(_core.hessian(*arguments, mixture.potential)), hessian, rtol=0, atol=1e-12 * scale)


def test_forces_and_hessian_are_slopes(case, form):
    mixture, (positions, *rest) = case
    energy_forces = _core.energy_forces
    _, forces, _ = energy_forces(positions, *rest, mixture.potential)
    hessian = dense(_core.hessian(positions, *rest, mixture.potential))
    direction = np.random.default_rng(5).normal(size=positions.shape)
    scale = np.abs(hessian).max()

    def moved(step):
        return energy_forces(positions + step * direction, *rest, mixture.potential)

    # Rounding of the energy, which is up to ten times the largest stiffness, at 1e-15 over a step of 1e-5; that of the
    # forces is less, and so are the errors of fourth order.
    got = central_difference(lambda step: moved(step)[0], 1e-5)
    assert got == pytest.approx(-(forces * direction).sum(), abs=1e-9 * scale)
    got = central_difference(lambda step: moved(step)[1].ravel(), 1e-5)
    # Of Hertzian contacts V'' rises with the root of the overlap, and here or there one begins within the step.
    tolerance = 1e-6 if form == "hertzian" else 1e-9
    np.testing.assert_allclose(got, -hessian @ direction.ravel(), rtol=0, atol=tolerance * scale)


def test_action_is_reaction(case):
    mixture, arguments = case
    _, forces, virial = _core.energy_forces(*arguments, mixture.potential)
    assert np.abs(forces.sum(axis=0)).max() <= 1e-15 * np.abs(forces).sum()
    assert np.array_equal(virial, virial.T)
    hessian = dense(_core.hessian(*arguments, mixture.potential))
    assert np.array_equal(hessian, hessian.T)


def test_order_of_particles_and_names_of_species_do_not_matter(case):
    mixture, (positions, species, sizes, box) = case
    order = np.random.default_rng(6).permutation(len(positions))
    _, forces, _ = _core.energy_forces(positions, species, sizes, box, mixture.potential)
    _, others, _ = _core.energy_forces(
        positions[order], species[order], None if sizes is None else sizes[order], box, mixture.potential
    )
    np.testing.assert_allclose(others, forces[order], rtol=1e-12, atol=1e-12 * np.abs(forces).max())


@pytest.mark.parametrize("law, arguments", [(morse, (1.0, 5.0, 1.0, 2.5)), (yukawa, (10.0, 2.0, 2.5))])
def test_splines_come_as_close_as_intervals_are_narrow(law, arguments):
    """The error of a quintic Hermite polynomial's slope falls with the fifth power of the width."""
    analytic, inner, cutoff = law(*arguments), 0.8, arguments[-1]
    r = np.linspace(inner, cutoff, 5001)[:-1]
    errors = []
    for count in (50, 100, 200):
        potential = _core.Potential.spline([inner], [cutoff], [spline_coefficients(analytic, inner, cutoff, count)])
        got = np.array([one_pair(potential, distance)[:2] for distance in r[::50]])
        errors.append(np.abs(got - analytic(r[::50])[:2].T).max(axis=0))
    assert (errors[2] < errors[1] / 20).all() and (errors[1] < errors[0] / 20).all()


def one_pair(potential, distance):
    """V, V' and V'' of two particles of species 0, from energy, force and Hessian."""
    arguments = (
        np.array([[2.0, 5.0], [2.0 + distance, 5.0]]),
        np.zeros(2, dtype=np.int32),
        None,
        np.array([10.0, 10, 0]),
    )
    energy, forces, _ = _core.energy_forces(*arguments, potential)
    hessian = dense(_core.hessian(*arguments, potential))
    return energy, forces[0, 0], hessian[0, 0]


def test_splines_have_no_jump_at_a_knot():
    inner, cutoff, count = 0.8, 2.5, 30
    coefficients = spline_coefficients(morse(1.0, 5.0, 1.0, cutoff), inner, cutoff, count)
    potential = _core.Potential.spline([inner], [cutoff], [coefficients])
    for knot in np.sqrt(np.linspace(inner**2, cutoff**2, count + 1))[:-1]:
        below, above = one_pair(potential, knot * (1 - 1e-9)), one_pair(potential, knot * (1 + 1e-9))
        # Third derivatives of up to 1e4 over 2e-9; a spline with a jump in V'' would show its third differences.
        np.testing.assert_allclose(below, above, rtol=0, atol=1e-4)
    # Below the first knot: a parabola in r².
    law = spline_law(inner, cutoff, coefficients)
    for distance in (0.79, 0.5, 0.01):
        np.testing.assert_allclose(one_pair(potential, distance), law(np.array([distance]))[:, 0], rtol=1e-12)


def test_overlaps_are_refused_or_finite(form):
    mixture = make_mixture(form, 2)
    positions = np.array([[1.0, 1.0], [4.0, 4.0], [6.0, 3.0], [4.0, 4.0]])
    arguments = positions, np.array([0, 1, 0, 0], dtype=np.int32), None, np.array([9.0, 9.0, 2.0])
    if form in ("morse", "yukawa"):
        # A spline goes on to the center, where its force has no direction.
        assert np.isfinite(_core.energy_forces(*arguments, mixture.potential)[1]).all()
    else:
        with pytest.raises(ss.PhysicsError, match="force on particle 1 is not finite"):
            _core.energy_forces(*arguments, mixture.potential)
    with pytest.raises(ss.PhysicsError, match="particle 1 is not finite"):
        _core.hessian(*arguments, mixture.potential)


def test_beyond_the_cutoff_there_is_nothing(form):
    for non_additivity, sizes in ((None, None), (0.2, np.array([0.9, 1.2]))):
        mixture = make_mixture(form, 1, non_additivity)
        unit = 1.0 if sizes is None else (sizes.mean() * (1 - 0.2 * 0.3))
        distance = mixture.cutoffs[0] * unit * (1 + 1e-14)
        positions = np.array([[1.0, 2.0], [1.0 + distance, 2.0]])
        arguments = positions, np.zeros(2, dtype=np.int32), sizes, np.array([9.0, 9.0, 2.0])
        energy, forces, _ = _core.energy_forces(*arguments, mixture.potential)
        assert energy == 0 and not forces.any()


def test_minimum_of_particles_with_sizes(frame):
    """The minimisers see sizes: harmonic discs that have room come to rest without any overlap."""
    mixture = make_mixture("harmonic", 1, 0.0)
    sizes = np.random.default_rng(7).uniform(0.3, 0.9, len(frame))
    arguments = frame.positions, np.zeros(len(frame), dtype=np.int32), sizes, box_array(frame.box)
    positions, energy, largest, _ = _core.minimize(*arguments, mixture.potential, "lbfgs", 1e-9, 2000)
    assert energy < 1e-12 and largest < 1e-9
    assert mixture.sums(positions, *arguments[1:3], frame.box)[0] == pytest.approx(energy, abs=1e-14)


POTENTIAL = _core.Potential


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: POTENTIAL.powers(11, 0, [[1, 0, 0, 0, 0, 2]]), "exponents are 11 and 0; even ones from 0 to 100"),
        (lambda: POTENTIAL.powers(12, 6, [[1, 0, 0, 0, 0, 2]] * 2), "for 2 pairs of species; 1, 3, 6, 10"),
        (lambda: POTENTIAL.powers(12, 6, [[1, 0, 0, 0, 0, 0]]), "least cutoff is 0; it must be positive"),
        (lambda: POTENTIAL.powers(12, 6, [[np.nan, 0, 0, 0, 0, 2]]), "coefficients are not all finite"),
        (lambda: POTENTIAL.contact(3.0, [[1, 1]]), "alpha is 3; 2 or 2.5 is needed"),
        (lambda: POTENTIAL.contact(2.0, [[1, 1]] * 3, 0.1), "2 species and sizes of particles; with sizes"),
        (lambda: POTENTIAL.contact(2.0, [[1, 1]], -0.1), "non_additivity is -0.1; a finite number from 0 on"),
        (lambda: POTENTIAL.spline([1.0], [0.9], np.zeros((1, 4, 6))), "0 ≤ inner < cutoff"),
        (lambda: POTENTIAL.spline([0.5], [0.9], np.zeros((1, 0, 6))), "0 intervals"),
        (lambda: pickle.dumps(POTENTIAL.contact(2.0, [[1, 1]])), "cannot be copied or pickled"),
    ],
)
def test_what_is_no_potential_is_refused(make, message):
    with pytest.raises(ss.InputError, match=message):
        make()


@pytest.mark.parametrize(
    "non_additivity, sizes, message",
    [
        (None, [1.0, 1.0], "particles have sizes, and the mixture knows of none"),
        (0.0, None, "particles have no sizes, and the mixture needs them"),
        (0.0, [1.0], r"sizes have shape \(1,\); \(2,\) is needed"),
        (0.0, [1.0, 0.0], "sizes reach from 0 to 1; positive finite numbers are needed"),
        (2.0, [1.0, 1.5], "with a non-additivity of 2 they must differ by less than 0.5"),
        (0.0, [1.0, 5.0], "box is 9; at least 10"),
    ],
)
def test_sizes_that_do_not_fit_are_refused(non_additivity, sizes, message):
    potential = POTENTIAL.contact(2.0, [[1.0, 1.0]], non_additivity)
    arguments = [[1.0, 1.0], [2.0, 2.0]], np.zeros(2, dtype=np.int32), sizes, [9.0, 9.0, 0.0]
    with pytest.raises(ss.InputError, match=message):
        _core.energy_forces(*arguments, potential)
