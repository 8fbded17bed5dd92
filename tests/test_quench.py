"""Inherent structures: certified minima by every method, saddles that are left, descriptions that do not matter."""

import warnings
from dataclasses import fields, replace

import numpy as np
import pytest
from reference import disordered_frame, flipped, wrapped

from softspots.frame import Box, Frame
from softspots.landscape import quench
from softspots.landscape.forces import energy_forces, minimize
from softspots.landscape.modes import hessian, lowest_modes
from softspots.landscape.quench import METHODS, inherent_structure
from softspots.model import Model, Scales


@pytest.fixture(scope="module")
def large():
    """A disordered frame of 302 particles."""
    return disordered_frame(seed=6, length_x=15.0, length_y=16.8, tilt=-4.7)


@pytest.fixture(params=METHODS)
def method(request):
    return request.param


def square_lattice(side, spacing=0.9, tilt=0.0):
    """One species on a perfect square lattice: stationary by symmetry, and unstable to shear."""
    cells = np.stack(np.meshgrid(np.arange(side), np.arange(side)), -1).reshape(-1, 2)
    return Frame(spacing * (cells + 0.3), np.zeros(side**2), Box(side * spacing, side * spacing, tilt=tilt))


def assert_minimum(result, model, max_force=1e-10):
    """It is one by its forces and the whole of its dense spectrum: two zero eigenvalues, all others positive."""
    assert result.certified
    assert result.max_force < max_force
    energy, forces, _ = energy_forces(result.frame, model)
    # The same kernel on the same numbers.
    assert result.energy == energy
    assert result.max_force == np.abs(forces).max()
    eigenvalues = np.linalg.eigvalsh(hessian(result.frame, model).toarray())
    # Rounding of a norm of some 5e3; the lowest mode of such small systems lies above 1e-3.
    np.testing.assert_allclose(eigenvalues[:2], 0, atol=1e-10)
    assert eigenvalues[2] > 1e-6


def assert_never_rises(energies):
    # Rounding of the sum over some thousand pairs of order one.
    assert (np.diff(energies) < 1e-11).all()


def test_ends_at_a_certified_minimum(large, method, preset):
    model = Model.preset(preset)
    before = large.positions.copy()
    result = inherent_structure(large, model, method)
    assert_minimum(result, model)
    assert_never_rises(result.newton_energies)
    assert result.newton_energies[-1] == result.energy
    assert result.energy < energy_forces(large, model)[0]
    assert result.evaluations > 10
    assert result.factorizations >= 1
    np.testing.assert_array_equal(large.positions, before)


def test_every_smoothing_and_box(frame, smoothing):
    model = Model.preset(smoothing=smoothing)
    result = inherent_structure(frame, model)
    assert_minimum(result, model)
    assert_never_rises(result.newton_energies)
    lowest_modes(hessian(result.frame, model), 5)


def test_newton_is_quadratic(large):
    """From the handover one factor serves for the two steps that suffice, and a second one certifies."""
    result = inherent_structure(large, Model.preset())
    assert result.kicks == 0
    assert len(result.newton_energies) - 1 == 2
    assert result.factorizations == 2


def test_factor_that_gains_little_is_renewed(large, monkeypatch):
    monkeypatch.setattr(quench, "CHORD_GAIN", 0.0)
    result = inherent_structure(large, Model.preset())
    assert result.certified
    # With a factor for each step, and the one that certifies.
    assert result.factorizations == len(result.newton_energies)


def test_continues_the_frame(large, method):
    images = np.arange(2 * len(large)).reshape(-1, 2)
    given = replace(large, time=3.5, images=images)
    result = inherent_structure(given, Model.preset(), method).frame
    assert (result.time, result.box) == (given.time, given.box)
    np.testing.assert_array_equal(result.species, given.species)
    np.testing.assert_array_equal(result.images, images)
    moved = result.positions - given.positions
    # Particles leave overlaps by some diameters at most; a wrapped one would have moved by a side length, 15.
    assert 0.01 < np.abs(moved).max() < 5
    # No net force, so the centre stays, but for the rounding of a thousand steps, in single precision with L-BFGS.
    np.testing.assert_allclose(moved.mean(axis=0), 0, atol=1e-8)


@pytest.mark.parametrize("change", [wrapped, flipped, lambda frame: flipped(frame, -2)])
def test_description_of_the_box_does_not_matter(large, change):
    scattered = replace(
        large,
        positions=large.positions
        + np.random.default_rng(2).integers(-2, 3, (len(large), 2)) @ np.array([[15.0, 0.0], [-4.7, 16.8]]),
    )
    expected = inherent_structure(scattered, Model.preset())
    given = change(scattered)
    result = inherent_structure(given, Model.preset())
    assert result.certified
    # Rounding grows along the descent but not at its end: Newton leaves 1e-10 of force over a stiffness of 1.
    np.testing.assert_allclose(
        result.frame.positions - given.positions, expected.frame.positions - scattered.positions, atol=1e-7
    )
    assert result.energy == pytest.approx(expected.energy, abs=1e-10)


@pytest.mark.parametrize("boxes", [(5, 0), (10**4, -(10**4)), (0, 10**6)])
def test_far_coordinates_are_quenched_in_the_box(large, boxes):
    box = large.box
    shift = np.array(boxes) @ [[box.length_x, 0.0], [box.tilt, box.length_y]]
    far = replace(large, positions=large.positions + shift, images=np.zeros((len(large), 2)))
    result = inherent_structure(far, Model.preset())
    expected = inherent_structure(large, Model.preset())
    assert result.certified and result.energy == pytest.approx(expected.energy, abs=1e-9)
    # The coordinates that were given have this spacing, and the structure's follow them.
    np.testing.assert_allclose(
        result.frame.unwrapped - far.unwrapped,
        expected.frame.unwrapped - large.unwrapped,
        atol=1e-6 + 10 * np.spacing(np.abs(shift).max()),
    )


def test_same_frame_same_bits(large):
    first, second = inherent_structure(large, Model.preset()), inherent_structure(large, Model.preset())
    np.testing.assert_array_equal(first.frame.positions, second.frame.positions)
    for field in fields(first)[1:-1]:
        assert getattr(first, field.name) == getattr(second, field.name)
    for field in fields(first.stability)[:-1]:
        np.testing.assert_array_equal(getattr(first.stability, field.name), getattr(second.stability, field.name))
    # The first one's has gone.
    assert abs(hessian(first, Model.preset()) - second.stability.factor.hessian(Model.preset())).max() == 0


def test_minimum_is_its_own_inherent_structure(large, method):
    minimum = inherent_structure(large, Model.preset())
    again = inherent_structure(minimum.frame, Model.preset(), method)
    assert again.certified
    np.testing.assert_array_equal(again.frame.positions, minimum.frame.positions)


@pytest.mark.parametrize("tilt", [0.0, 4 * 0.9])
def test_saddle_is_left(method, tilt):
    model = Model.preset()
    saddle = square_lattice(8, tilt=tilt)
    energy, forces, _ = energy_forces(saddle, model)
    # Stationary to the rounding of coordinates of 7 at stiffnesses of 1e3: no minimiser moves it.
    np.testing.assert_allclose(forces, 0, atol=1e-11)
    assert np.linalg.eigvalsh(hessian(saddle, model).toarray())[0] < -1
    result = inherent_structure(saddle, model, method)
    assert result.kicks >= 1
    assert result.energy < energy - 1
    assert_minimum(result, model)


def test_certificate_asks_for_stable_modes_where_forces_are_large(large):
    """Where a force that large is reached, modes are unstable still: kicks alone lead to a certificate."""
    model = Model.preset()
    assert np.linalg.eigvalsh(hessian(large, model).toarray())[0] < -1
    result = inherent_structure(large, model, max_force=1.0)
    assert result.certified
    assert result.kicks >= 1
    assert 1e-3 < result.max_force < 1.0
    assert np.linalg.eigvalsh(hessian(result.frame, model).toarray())[1] > -1e-10


def test_newton_steps_are_short_and_go_down(large, monkeypatch):
    """Far from the minimum a Newton step is long: none is longer than allowed, and energies fall at each."""
    monkeypatch.setattr(quench, "MAX_STEP", 2e-3)
    monkeypatch.setitem(METHODS, "newton", (("lbfgs", 0.2),))
    tried, point = [], quench._Landscape.point

    def recorded(landscape, frame):
        tried.append(frame.positions)
        return point(landscape, frame)

    monkeypatch.setattr(quench._Landscape, "point", recorded)
    result = inherent_structure(large, Model.preset(), max_force=1e-9)
    assert result.kicks == 0
    assert len(result.newton_energies) > 3
    assert_never_rises(result.newton_energies)
    assert_minimum(result, Model.preset(), 1e-9)
    assert len(tried) >= len(result.newton_energies)
    for number in range(1, len(tried)):
        moves = np.abs(tried[number] - tried[:number]).max(axis=(1, 2))
        # From one of the points before; rounding of coordinates of 20.
        assert moves.min() <= quench.MAX_STEP + 1e-14


def test_force_below_rounding_is_reported_not_reached(large, method, monkeypatch):
    monkeypatch.setattr(quench, "MAX_EVALUATIONS", 3000)
    result = inherent_structure(large, Model.preset(), method, max_force=1e-17)
    assert not result.certified
    # As far as rounding allows: coordinates of 15 at stiffnesses of 1e3.
    assert 1e-17 < result.max_force < 1e-10


@pytest.mark.parametrize("factors", [1, 2])
def test_end_that_was_not_factorised_is_not_certified(large, monkeypatch, factors):
    """Two steps with the first factor end below the force asked for, and it takes a second one to certify."""
    monkeypatch.setattr(quench, "MAX_NEWTON_FACTORS", factors)
    result = inherent_structure(large, Model.preset())
    assert result.max_force < 1e-10
    assert result.certified == (factors >= 2)
    assert result.kicks == 0


PAIR = [[1.0, 1.0], [2.1, 1.0]]
FAR_PAIR = [[10.0, 10.0], [11.1, 10.0]]


@pytest.mark.parametrize("positions", [PAIR, PAIR + FAR_PAIR, [PAIR[0], FAR_PAIR[0]], [PAIR[0]]])
def test_pairs_and_single_particles_hold_nothing(positions):
    """They may turn and go anywhere; kicks cannot change that, and come to an end."""
    result = inherent_structure(Frame(positions, [0] * len(positions), Box(20.0, 20.0)), Model.preset())
    assert not result.certified
    assert result.kicks == 0
    assert result.max_force < 1e-10
    assert len(result.stability.rattlers) == len(positions)


@pytest.mark.parametrize("max_force", [0.0, -1e-10, np.nan, np.inf])
def test_impossible_force_is_refused(large, max_force):
    with pytest.raises(ValueError, match=f"max_force is {max_force!r}; it must be a positive finite number"):
        inherent_structure(large, Model.preset(), max_force=max_force)


def test_unknown_method_is_refused(large):
    with pytest.raises(ValueError, match=r"method is 'bfgs'; allowed: newton, fire, cg, cg\+fire"):
        inherent_structure(large, Model.preset(), "bfgs")


def test_box_below_twice_the_cutoff_is_refused():
    with pytest.raises(ValueError, match=r"4\.5.*5"):
        inherent_structure(square_lattice(5), Model.preset())


def test_a_random_start_with_huge_forces_is_not_stuck():
    """Two particles of this one nearly coincide: a step along the force can be below the coordinates' rounding."""
    random = np.random.default_rng(112)
    side = np.sqrt(50)
    box = Box.sheared(side, side, random.random() * 3)
    frame = Frame(random.random((60, 2)) * side, np.arange(60) >= 39, box)
    assert inherent_structure(frame, Model.preset()).certified


@pytest.mark.parametrize("distance", [1e-4, 1e-9])
def test_forces_beyond_single_precision_are_descended(large, distance):
    """L-BFGS keeps its history in single precision, which ends at 4e38; here it meets 1e53 and more."""
    positions = large.positions.copy()
    positions[1] = positions[0] + (distance, 0)
    assert inherent_structure(replace(large, positions=positions), Model.preset()).certified


def limited_memory_bfgs(frame, model, evaluations):
    """Positions after so many forces, by the recursion for the inverse Hessian itself, and how many steps were cut."""
    positions, pairs, shortened = frame.positions, [], 0
    force = energy_forces(frame, model)[1].reshape(-1)
    unity = np.eye(force.size)
    inverse = 1e-3 * unity
    while True:
        direction = inverse @ force
        downhill = direction @ force
        step = min(1.0, 0.1 / np.abs(direction).max())
        while True:
            end = positions + step * direction.reshape(-1, 2)
            new = energy_forces(replace(frame, positions=end), model)[1].reshape(-1)
            evaluations -= 1
            if evaluations == 1:
                return end, shortened
            ahead = new @ direction
            if ahead >= -0.9 * downhill:
                break
            step *= np.clip(downhill / (downhill - ahead), 0.1, 0.5)
            shortened += 1
        pairs = [*pairs, (step * direction, force - new)][-5:]
        s, y = pairs[-1]
        inverse = (s @ y) / (y @ y) * unity
        for s, y in pairs:
            update = unity - np.outer(s, y) / (s @ y)
            inverse = update @ inverse @ update.T + np.outer(s, s) / (s @ y)
        positions, force = end, new


def test_lbfgs_takes_the_steps_of_its_definition():
    model = Model.preset()
    frame = disordered_frame(seed=9, length_x=8.0, length_y=9.0, tilt=-2.7)
    expected, shortened = limited_memory_bfgs(frame, model, 30)
    # One of the steps overshoots, and pairs have been forgotten by the end.
    assert shortened == 1
    end, evaluations = minimize(frame, model, "lbfgs", 1e-4, 30)
    assert evaluations == 30
    # The history is in single precision; its rounding has grown to 1e-7 by then, of moves of up to 0.5.
    np.testing.assert_allclose(end.positions, expected, rtol=0, atol=3e-6)


def test_a_start_in_other_units_warns(large, monkeypatch):
    """Positions in units of the box lie on the room of one particle; a thermal frame says nothing."""
    monkeypatch.setattr(quench, "MAX_EVALUATIONS", 1)
    box = large.box
    scaled = Frame(large.positions[:60] / (box.length_x, box.length_y), large.species[:60], box)
    with pytest.warns(UserWarning, match="not in units of the box") as warned:
        inherent_structure(scaled, Model.preset())
    assert warned[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        inherent_structure(large, Model.preset())


def test_glasses_are_handed_over_where_they_always_were(large):
    """Their particles press on each other and hold each other with forces of one and more."""
    landscape = quench._Landscape(Model.preset(), Scales())
    assert landscape.point(large).strength == 1.0
    assert landscape.point(inherent_structure(large, Model.preset()).frame).strength == 1.0
