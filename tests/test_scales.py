"""The same glass in other units is the same glass: to the last bit where these are powers of two."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import softspots as ss
from softspots.dynamics.starting import random_frame
from softspots.figures.units import units_of
from softspots.landscape.forces import minimize
from softspots.landscape.quench import METHODS
from softspots.model import Scales

# λ and e: of argon in Å and eV, and worse.
POWERS = [(2.0**-3, 1.0), (2.0**2, 2.0**-6), (2.0**-30, 2.0**-70), (2.0**7, 2.0**20)]
OTHERS = [(0.1, 1.0), (3.4, 1e-8), (0.34, 1e3), (3.4, 0.0104), (34.0, 1.0)]


def mixture(length=1.0, energy=1.0):
    """The paper's, in other units."""
    epsilon, sigma = (1.0, 1.5, 0.5), (1.0, 0.8, 0.88)
    return ss.Model(
        epsilon=tuple(energy * one for one in epsilon),
        sigma=tuple(length * one for one in sigma),
        cutoff=2.5 * length,
        inner_cutoff=2.0 * length,
    )


def start(length=1.0):
    frame = random_frame(np.random.default_rng(4), mixture(), 200, ss.Box(lengths=(13.0, 13.0)))
    frame = minimize(frame, mixture(), "fire", 100.0, 1000)[0]
    return replace(frame, positions=frame.positions * length, box=ss.Box(lengths=(13.0 * length,) * 2))


@pytest.mark.parametrize(
    "name", ["kob-andersen", "as-printed", "kob-andersen-3d", "soft-spheres", "harmonic", "hertzian"]
)
def test_the_scales_of_presets_are_one(name):
    assert ss.Mixture.preset(name).scales(None) == Scales(1.0, 1.0)


def test_scales_are_those_of_small_particles_and_typical_energies():
    assert mixture(3.0, 2.0).scales(None) == Scales(3.0, 2.0)
    small = ss.Mixture.preset("falk-langer")
    assert small.length_scale == pytest.approx(2.5 * np.sin(np.pi / 10)) and small.energy_scale == 0.5
    sized = ss.Mixture.polydisperse(ss.InversePower(n=12, cutoff=1.25))
    assert sized.scales(np.array([2.0, 4.0])) == Scales(3.0, 1.0)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(("length", "energy"), POWERS)
def test_a_quench_has_the_same_bits_in_other_units(method, length, energy):
    one = ss.inherent_structure(start(), mixture(), method)
    other = ss.inherent_structure(start(length), mixture(length, energy), method)
    assert one.certified and other.certified
    np.testing.assert_array_equal(other.frame.positions, length * one.frame.positions)
    assert (other.energy, other.max_force) == (energy * one.energy, energy / length * one.max_force)
    assert (other.evaluations, other.factorizations) == (one.evaluations, one.factorizations)


@pytest.mark.parametrize(("length", "energy"), OTHERS)
def test_a_quench_is_certified_in_any_units_and_costs_the_same(length, energy):
    # Rounding differs, so it begins within a basin; only the place of all as one is open.
    minimum = ss.inherent_structure(start(), mixture()).frame
    off = minimum.positions + np.random.default_rng(1).normal(0, 0.02, minimum.positions.shape)
    box = ss.Box(lengths=(13.0 * length,) * 2)
    one = ss.inherent_structure(replace(minimum, positions=off), mixture())
    other = ss.inherent_structure(replace(minimum, positions=off * length, box=box), mixture(length, energy))
    assert other.certified and other.max_force < 1e-10 * energy / length
    # Forces of 1e-10 on modes of some 0.1 ε/σ² and more leave 1e-9.
    apart = other.frame.positions / length - one.frame.positions
    np.testing.assert_allclose(apart - apart.mean(axis=0), 0.0, atol=1e-8)
    assert other.energy == pytest.approx(energy * one.energy, rel=1e-10)
    assert other.evaluations < 1.5 * one.evaluations


@pytest.mark.parametrize(("length", "energy"), POWERS)
def test_dynamics_have_the_same_bits_in_other_units(length, energy):
    def run(length, energy, time):
        model = mixture(length, energy)
        frame = ss.inherent_structure(start(length), model).frame
        rates = {"temperature": 0.3 * energy, "strain_rate": 2.0**-6 / time}
        run = ss.Simulation.from_frame(frame, model, seed=3, **rates, velocities=thermal * length / time)
        run.run(300)
        return run

    thermal = np.random.default_rng(1).normal(size=(200, 2)) * 0.5
    time = length / energy**0.5
    one, other = run(1.0, 1.0, 1.0), run(length, energy, time)
    np.testing.assert_array_equal(other.frame().positions, length * one.frame().positions)
    np.testing.assert_array_equal(other.velocities(), length / time * one.velocities())
    assert one.rebuilds == other.rebuilds > 3
    before, after = one.thermodynamics(), other.thermodynamics()
    assert after["conserved_energy"] == energy * before["conserved_energy"]
    assert after["shear_stress"] == energy / length**2 * before["shear_stress"]


def test_a_random_start_and_its_cooling_have_the_same_bits_in_other_units():
    def made(length, energy):
        run = ss.Simulation(mixture(length, energy), 150, 0.1 * energy, 0.0, density=1.2 / length**2)
        run.run(20)
        return run.frame().positions

    np.testing.assert_array_equal(made(4.0, 2.0**-4), 4.0 * made(1.0, 1.0))


def test_athermal_shear_has_the_same_events_in_other_units():
    def events(length, energy):
        shear = ss.AthermalShear(start(length), mixture(length, energy), tolerance=1e-4, d2min_cutoff=2.5 * length)
        return [state.strain for state in shear.run(np.linspace(0.005, 0.02, 4)) for _ in state.events]

    assert events(2.0, 2.0**-8) == events(1.0, 1.0)


def test_results_name_the_units_of_the_mixture():
    other = ss.Mixture.preset("harmonic")
    assert ss.inherent_structure(start(), mixture()).units == ss.Model.units == ("ε_AA", "σ_AA")
    assert ss.inherent_structure(start(), other).units == other.units == ("ε", "σ")
    assert units_of(other).length == r"\sigma" and units_of(mixture()).energy == r"\varepsilon_\mathrm{AA}"


def test_a_quench_of_particles_with_sizes_has_the_same_bits_in_other_units():
    """Also if the length is in the sizes: the potential's own are in these."""
    law = ss.Mixture.polydisperse(ss.InversePower(n=12, cutoff=1.25))
    random = np.random.default_rng(3)
    positions, sizes = random.random((150, 2)) * 12.0, random.uniform(0.8, 1.2, 150)

    def quenched(length):
        box = ss.Box(lengths=(12.0 * length,) * 2)
        frame = ss.Frame(positions * length, np.zeros(150, int), box, sizes=sizes * length)
        return ss.inherent_structure(minimize(frame, law, "fire", 100.0 / length, 1000)[0], law)

    one, other = quenched(1.0), quenched(8.0)
    np.testing.assert_array_equal(other.frame.positions, 8.0 * one.frame.positions)
    assert (other.certified, other.evaluations) == (one.certified, one.evaluations)
    np.testing.assert_array_equal(other.stability.held, one.stability.held)
