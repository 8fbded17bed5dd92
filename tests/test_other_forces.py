"""Forces that are no mixture's: a mixture behind the protocol gives what the mixture gives, and misfits are refused."""

from dataclasses import replace

import numpy as np
import pytest
from reference import disordered_frame
from test_stability import REPULSIVE, packing

import softspots as ss
from softspots.commands.chain import THERMODYNAMICS, Interval, analyse
from softspots.commands.options import read_arguments
from softspots.exceptions import InputError, PhysicsError
from softspots.landscape.other import lbfgs

MODEL = ss.Model.preset("kob-andersen")


class Given:
    """A mixture of which nothing is to be seen but energies, forces and Hessians."""

    def __init__(self, model=MODEL, units=None):
        self._model = model
        if units:
            self.units = units

    def energy_forces(self, frame):
        return ss.energy_forces(frame, self._model)

    def hessian(self, frame):
        return ss.hessian(frame, self._model)


@pytest.fixture(scope="module")
def frame():
    return disordered_frame(seed=5, length_x=11.7, length_y=13.0, tilt=4.1)


@pytest.fixture(scope="module")
def minimum(frame):
    return ss.inherent_structure(frame, MODEL)


def near(minimum, by=0.02):
    """A start that no quench takes to another minimum."""
    noise = np.random.default_rng(3).normal(0, by, minimum.frame.positions.shape)
    return replace(minimum.frame, positions=minimum.frame.positions + noise)


def test_energies_and_hessians_are_theirs(frame):
    for one, other in zip(ss.energy_forces(frame, Given()), ss.energy_forces(frame, MODEL), strict=True):
        np.testing.assert_array_equal(one, other)
    assert abs(ss.hessian(frame, Given()) - ss.hessian(frame, MODEL)).max() == 0


def test_a_quench_ends_in_the_minimum_that_the_kernels_find(minimum):
    found = ss.inherent_structure(near(minimum), Given())
    assert found.certified and found.max_force < 1e-10 and found.stability.held.all()
    # Forces of 1e-10 on stiffnesses of some 0.1 and more.
    drift = (found.frame.positions - minimum.frame.positions).mean(axis=0)
    np.testing.assert_allclose(found.frame.positions - drift, minimum.frame.positions, atol=1e-8)
    assert found.energy == pytest.approx(minimum.energy, abs=1e-9)
    matrix = ss.hessian(found.frame, Given())
    modes = ss.lowest_modes(matrix, 20, stability=found.stability)
    dense = np.linalg.eigvalsh(matrix.toarray())
    np.testing.assert_allclose(modes.eigenvalues, dense[2:22], rtol=1e-9)


def test_a_quench_from_afar_is_certified_and_leaves_saddles(frame):
    found = ss.inherent_structure(frame, Given())
    assert found.certified and found.energy < ss.energy_forces(frame, MODEL)[0]
    # The middle of two sites of one particle in a crystal that misses one: a saddle, which only a kick leaves.
    grid = np.stack(np.meshgrid(np.arange(8.0), np.arange(8.0)), -1).reshape(-1, 2)
    lattice = 1.11 * grid @ np.array([[1.0, 0.0], [0.5, np.sqrt(3) / 2]])
    box = ss.Box(8 * 1.11, 8 * 1.11 * np.sqrt(3) / 2, tilt=4 * 1.11)
    lattice = np.delete(lattice, 0, axis=0)
    lattice[0] /= 2
    saddle = ss.inherent_structure(ss.Frame(lattice, np.zeros(63, int), box), Given())
    assert saddle.certified and saddle.kicks > 0


def test_rattlers_are_left_out_as_with_a_mixture():
    packed = ss.inherent_structure(packing(1.1), REPULSIVE)
    assert packed.certified and len(packed.stability.rattlers) > 0
    found = ss.inherent_structure(near(packed, 1e-4), Given(REPULSIVE))
    assert found.certified
    np.testing.assert_array_equal(found.stability.rattlers, packed.stability.rattlers)


def test_the_chain_takes_them(minimum):
    start = near(minimum)
    parameters = read_arguments([f"--particles={len(start)}", "--modes=20", "--n-modes=8"])
    interval = Interval(start, dict.fromkeys(THERMODYNAMICS, 0.0), start, 0.0)
    ours, theirs = (analyse(interval, model, parameters) for model in (MODEL, Given()))
    assert ours.fault == theirs.fault == ""
    np.testing.assert_array_equal(theirs.values["soft_spot"], ours.values["soft_spot"])
    # Both from forces of 1e-10, and softest stiffnesses of some 0.1.
    np.testing.assert_allclose(theirs.values["eigenvalue"], ours.values["eigenvalue"], rtol=1e-6)


def test_units_go_on_to_what_is_found(minimum):
    assert minimum.units == ("ε_AA", "σ_AA")
    start = near(minimum, 1e-6)
    assert ss.inherent_structure(start, Given()).units == ("", "")
    assert ss.inherent_structure(start, Given(units=("eV", "Å"))).units == ("eV", "Å")


def test_lbfgs_goes_to_rounding_and_ends_where_noise_does():
    random = np.random.default_rng(0)
    stiffness = np.logspace(-1, 2, 60).reshape(-1, 2)
    positions, evaluations = lbfgs(lambda r: -stiffness * r, random.normal(0, 0.1, stiffness.shape), 1e-12, 2000)
    assert np.abs(stiffness * positions).max() < 1e-12 and evaluations < 1000
    start = random.normal(0, 0.1, stiffness.shape)
    _, evaluations = lbfgs(lambda r: -stiffness * r + random.normal(0, 1e-3, r.shape), start, 1e-12, 100_000)
    assert evaluations < 20_000


def broken(**methods):
    return type("Broken", (Given,), methods)()


@pytest.mark.parametrize(
    ("forces", "error", "message"),
    [
        (
            broken(energy_forces=lambda self, frame: (0.0, np.zeros((3, 2)), np.eye(2))),
            InputError,
            r"gives shapes \(\)",
        ),
        (
            broken(energy_forces=lambda self, frame: (np.nan, np.ones(frame.positions.shape), np.eye(2))),
            PhysicsError,
            "not finite",
        ),
        (broken(hessian=lambda self, frame: np.eye(4)), InputError, r"hessian has shape \(4, 4\)"),
        (
            broken(hessian=lambda self, frame: ss.hessian(frame, MODEL) + 1e-3 * np.eye(2 * len(frame))),
            InputError,
            "walls, fields and substrates",
        ),
    ],
)
def test_what_does_not_fit_is_refused(frame, forces, error, message):
    with pytest.raises(error, match=f"Broken: .*{message}"):
        ss.energy_forces(frame, forces)
        ss.hessian(frame, forces)


@pytest.mark.parametrize(
    ("by", "message"),
    [
        ((1, 1, 2), "hessian is off by 100 % of how the forces change where all particles move; at most 1 % is"),
        ((1, 1, 1.02), r"hessian is off by 2(\.\d*)? % of"),
        ((1, 2, 1), "hessian is off by 50 % of"),
        ((-1, 1, 1), "the energy falls by -.* where the forces do the work "),
        ((0.5, 1, 1), "the energy falls by .* at most 5 % between them are allowed"),
    ],
)
def test_energies_forces_and_hessians_that_are_not_of_each_other_are_refused(minimum, by, message):
    energies, forces, hessians = by

    def energy_forces(self, frame):
        energy, acting, virial = ss.energy_forces(frame, MODEL)
        return energies * energy, forces * acting, virial

    wrong = broken(energy_forces=energy_forces, hessian=lambda self, frame: hessians * ss.hessian(frame, MODEL))
    # In a minimum, where forces are zero whatever they are multiplied by.
    with pytest.raises(InputError, match=f"Broken: {message}"):
        ss.hessian(minimum.frame, wrong)


@pytest.mark.parametrize("smoothing", ["none", "shifted"])
def test_jumps_at_the_cutoff_and_single_precision_are_allowed(frame, smoothing):
    model = ss.Mixture.preset("kob-andersen", smoothing=smoothing)

    def energy_forces(self, frame):
        energy, acting, virial = ss.energy_forces(frame, model)
        return np.float32(energy), acting.astype(np.float32), virial

    forces = {"energy_forces": energy_forces, "hessian": lambda self, frame: ss.hessian(frame, model)}
    for one in (frame, ss.inherent_structure(frame, model).frame):
        ss.hessian(one, broken(**forces))


def test_spheres_that_merely_touch_are_allowed():
    """At jamming half of the contacts open at any step, and a harmonic Hessian is off by half."""
    grid = np.stack(np.meshgrid(np.arange(8.0), np.arange(8.0)), -1).reshape(-1, 2)
    box = ss.Box(8.0, 4 * np.sqrt(3), tilt=4.0)
    touching = ss.Frame(grid @ np.array([[1.0, 0.0], [0.5, np.sqrt(3) / 2]]) * (1 - 1e-9), np.zeros(64, int), box)
    spheres = ss.Mixture({("A", "A"): ss.Harmonic()})
    assert abs(ss.hessian(touching, Given(spheres)) - ss.hessian(touching, spheres)).max() == 0


def test_forces_are_looked_at_once(frame):
    class Counted(Given):
        asked = 0

        def energy_forces(self, frame):
            self.asked += 1
            return super().energy_forces(frame)

    forces = Counted()
    ss.hessian(frame, forces)
    # Two for the Hessian, and three for the energy.
    assert forces.asked == 5
    ss.hessian(frame, forces)
    assert forces.asked == 5


def test_what_needs_a_mixture_says_so(frame):
    with pytest.raises(InputError, match="Given: method, of forces that are no mixture, is 'fire'; allowed: lbfgs"):
        ss.inherent_structure(frame, Given(), "fire")
    with pytest.raises(InputError, match="model is a Given; a Mixture is needed"):
        ss.Simulation(Given(), particles=100, temperature=0.1, strain_rate=1e-3, seed=1)
    with pytest.raises(InputError, match="model is a class Given; a Mixture is needed"):
        ss.hessian(frame, Given)
