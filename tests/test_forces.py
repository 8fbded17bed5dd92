"""Energy, forces and virial: against the plain oracle and against each other."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from reference import central_difference, disordered_frame, flipped, renumbered, wrapped
from reference import energy_forces as reference_energy_forces

from softspots import _core
from softspots.exceptions import InputError, PhysicsError
from softspots.frame import Box, Frame
from softspots.landscape.forces import box_array, energy_forces
from softspots.landscape.modes import hessian
from softspots.landscape.quench import inherent_structure
from softspots.model import Model


def assert_same(result, expected):
    """Equal but for rounding: coordinates of up to 40 at 1e-16, times stiffnesses of up to 1e4, over 20 neighbours."""
    for got, wanted in zip(result, expected, strict=True):
        np.testing.assert_allclose(got, wanted, rtol=1e-12, atol=2e-10)


def test_equals_the_plain_sum_over_images(frame, model):
    assert_same(energy_forces(frame, model), reference_energy_forces(frame, model))


def test_cutoff_per_pair_equals_the_plain_sum(frame, smoothing):
    model = Model.preset("as-printed", smoothing=smoothing, cutoff_per_pair=True)
    assert_same(energy_forces(frame, model), reference_energy_forces(frame, model))


# Shrinking would take minutes, and a smaller random frame tells no more.
@settings(max_examples=15, phases=(Phase.generate,))
@given(
    seed=st.integers(0, 1000),
    length_x=st.floats(5.01, 8.0),
    length_y=st.floats(5.01, 8.0),
    tilt=st.floats(-20.0, 20.0),
    spread=st.integers(0, 2),
    smoothing=st.sampled_from(("even", "quadratic", "switch")),
)
def test_equals_the_plain_sum_in_any_small_box(seed, length_x, length_y, tilt, spread, smoothing):
    frame = disordered_frame(seed, length_x, length_y, tilt, spread)
    model = Model.preset(smoothing=smoothing)
    assert_same(energy_forces(frame, model), reference_energy_forces(frame, model))


def test_forces_are_the_slope_of_the_energy(frame, model):
    _, forces, _ = energy_forces(frame, model)
    for direction in np.random.default_rng(5).normal(size=(3, len(frame), 2)):

        def energy(step, direction=direction):
            return energy_forces(replace(frame, positions=frame.positions + step * direction), model)[0]

        # Rounding of an energy of some 300 over a step of 3e-5; the fifth derivative adds less.
        assert central_difference(energy, 3e-5) == pytest.approx(-(forces * direction).sum(), abs=1e-7)


@pytest.mark.parametrize(("a", "b"), [(0, 0), (1, 1), (0, 1)], ids=["xx", "yy", "xy"])
def test_virial_is_the_slope_of_the_energy_under_strain(frame, model, a, b):
    _, _, virial = energy_forces(frame, model)

    def energy(strain):
        deformation = np.eye(2)
        deformation[a, b] += strain
        columns = deformation @ [[frame.box.length_x, frame.box.tilt], [0, frame.box.length_y]]
        box = Box(columns[0, 0], columns[1, 1], tilt=columns[0, 1])
        return energy_forces(Frame(frame.positions @ deformation.T, frame.species, box), model)[0]

    # Rounding of an energy of some 300 over a step of 1e-5.
    assert central_difference(energy, 1e-5) == pytest.approx(-virial[a, b], abs=1e-6)


def test_action_is_reaction(frame, model):
    _, forces, virial = energy_forces(frame, model)
    # Sums of some 20 N forces of up to 1e3, each rounded at 1e-16.
    np.testing.assert_allclose(forces.sum(axis=0), 0, atol=1e-11)
    assert np.array_equal(virial, virial.T)


def test_origin_does_not_matter(frame, model):
    shifted = replace(frame, positions=frame.positions + (3.7, -28.1))
    assert_same(energy_forces(shifted, model), energy_forces(frame, model))


@pytest.mark.parametrize("times", [-2, -1, 1])
def test_flip_does_not_matter(frame, model, times):
    assert_same(energy_forces(flipped(frame, times), model), energy_forces(frame, model))


def test_wrapping_does_not_matter(frame, model):
    scattered = np.random.default_rng(6).integers(-3, 4, (len(frame), 2))
    positions = frame.positions + scattered @ [[frame.box.length_x, 0], [frame.box.tilt, frame.box.length_y]]
    expected = energy_forces(frame, model)
    assert_same(energy_forces(replace(frame, positions=positions), model), expected)
    assert_same(energy_forces(wrapped(frame), model), expected)


def test_numbering_does_not_matter(frame, model):
    order = np.random.default_rng(7).permutation(len(frame))
    energy, forces, virial = energy_forces(frame, model)
    assert_same(energy_forces(renumbered(frame, order), model), (energy, forces[order], virial))


def test_input_is_left_alone(frame):
    positions = frame.positions - (40.0, 30.0)
    energy_forces(Frame(positions, frame.species, frame.box), Model.preset())
    assert np.array_equal(positions, frame.positions - (40.0, 30.0))


def test_read_only_arrays_are_taken(frame):
    """As memory maps and joblib hand them on."""
    model = Model.preset()
    arrays = frame.positions.copy(), frame.species.copy(), box_array(frame.box), model.pair_table()
    for array in arrays:
        array.flags.writeable = False
    positions, species, box, table = arrays
    potential = _core.Potential.lennard_jones(table, model.smoothing)
    place = _core.Configuration(positions, species, None, box, potential.cutoff)
    assert_same(place.energy_forces(potential), energy_forces(frame, model))
    rows, _, _ = place.hessian(potential)
    assert rows[-1] > 4 * len(frame)
    assert np.isfinite(place.minimize(potential, "fire", 1.0, 10)[0]).all()
    assert not place.d2min(np.broadcast_to(0.0, (len(frame), 2)), np.zeros(1), 2.5).any()


@pytest.mark.parametrize("gap", [0.0, 1e-30])
@pytest.mark.parametrize("stage", [energy_forces, hessian, inherent_structure])
def test_coincident_particles_are_refused(stage, gap, smoothing):
    positions = np.array([[1.0, 1.0], [4.0, 4.0], [6.0, 3.0], [4.0, 4.0]])
    positions[:, 1] -= 4.0
    positions[3, 1] = gap
    frame = Frame(positions, [0, 1, 0, 0], Box(9.0, 9.0, tilt=2.0))
    with pytest.raises(PhysicsError, match="not finite") as caught:
        stage(frame, Model.preset(smoothing=smoothing))
    assert "particle 1" in str(caught.value)


@pytest.mark.parametrize("boxes", [(10**6, -(10**6)), (9 * 10**7, 0), (-7, 6 * 10**7)])
def test_far_coordinates_are_wrapped_first(frame, boxes):
    box = frame.box
    shift = np.array(boxes) @ [[box.length_x, 0.0], [box.tilt, box.length_y]]
    far = replace(frame, positions=frame.positions + shift)
    # What the rounding of the coordinates has left, moved back: the same forces, but for the rounding of the shift.
    near = replace(frame, positions=far.positions - shift)
    spacing = np.spacing(np.abs(shift).max())
    energy, forces, _ = energy_forces(far, Model.preset())
    expected_energy, expected, _ = energy_forces(near, Model.preset())
    # Stiffnesses of these frames reach 1e4, over 20 neighbours; lattice vectors are rounded as the coordinates are.
    np.testing.assert_allclose(forces, expected, rtol=0, atol=1e6 * spacing)
    assert energy == pytest.approx(expected_energy, abs=1e6 * spacing)


def test_coordinates_without_digits_are_refused(frame):
    with pytest.raises(InputError, match="wrap them into the box"):
        replace(frame, positions=frame.positions + 1e12)


def test_particles_out_of_reach_feel_nothing():
    frame = Frame([[1.0, 1.0], [3.51, 1.0]], [0, 0], Box(9.0, 9.0, tilt=2.0))
    energy, forces, virial = energy_forces(frame, Model.preset())
    assert energy == 0 and not forces.any() and not virial.any()


@pytest.mark.parametrize("box", [Box(4.99, 20.0), Box(20.0, 4.99, tilt=3.0)])
def test_box_below_twice_the_cutoff_is_refused(box):
    frame = Frame([[1.0, 1.0], [2.0, 2.0]], [0, 1], box)
    with pytest.raises(ValueError, match=r"4\.99.*5"):
        energy_forces(frame, Model.preset())
