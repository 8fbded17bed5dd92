"""Packings of spheres above, at and below jamming: what is held, how many contacts hold it, and how stiff it is."""

from dataclasses import replace

import numpy as np
import pytest
from test_elasticity import PACKINGS, RECORDED, start

import softspots as ss
from softspots.landscape import quench

PARTICLES = 128
# Energies below are those of spheres that are free, of whose overlaps forces up to 1e-13 are left.
JAMMED = 1e-18
TILTS = {2: (0.3,), 3: (0.3, 0.2, -0.4)}


def packing(name, dimension, packing_fraction, seed=0):
    """From random points, in a tilted box."""
    mixture = ss.Mixture.preset(name, dimension=dimension, packing_fraction=packing_fraction)
    side = (PARTICLES / mixture.density) ** (1 / dimension)
    box = ss.Box(lengths=[side] * dimension, tilts=side * np.array(TILTS[dimension]))
    return mixture, ss.inherent_structure(start(mixture, box, PARTICLES, seed), mixture, max_force=1e-13)


def expanded(minimum, mixture, strain):
    """The minimum in a box whose volume is greater by a factor exp(strain)."""
    frame = minimum.frame
    factor = np.exp(strain / frame.dimension)
    box = ss.Box(lengths=factor * np.array(frame.box.lengths), tilts=factor * np.array(frame.box.tilts))
    return ss.inherent_structure(replace(frame, positions=factor * frame.positions, box=box), mixture, max_force=1e-13)


def contacts(minimum, mixture):
    """Pairs that overlap (P, 2)."""
    dimension = minimum.frame.dimension
    pairs = np.column_stack(ss.hessian(minimum.frame, mixture).nonzero()) // dimension
    return np.unique(pairs[pairs[:, 0] < pairs[:, 1]], axis=0)


def pressure(minimum, mixture):
    return np.trace(ss.energy_forces(minimum.frame, mixture)[2]) / minimum.frame.dimension / minimum.frame.box.volume


@pytest.mark.parametrize("name", ["harmonic", "hertzian"])
@pytest.mark.parametrize(("dimension", "packing_fraction"), [(2, 0.87), (3, 0.68)])
@pytest.mark.parametrize("seed", [0, 1])
def test_packings_become_isostatic_at_jamming(name, dimension, packing_fraction, seed):
    """N' particles that are held have d N' - d + 1 contacts or more, one more than coordinates less translations.

    As in Goodrich, Liu and Nagel, Phys. Rev. Lett. 109, 095704 (2012): with fewer, a packing under pressure has no
    positive bulk modulus. As the pressure goes to zero, there are no more. Hertzian spheres overlap more there: by 1e-4
    at a pressure of 1e-6, a packing fraction of 2e-4 or 3e-4 above jamming, for which O'Hern et al., Phys. Rev. E 68,
    011306 (2003) have 3.6 or 7.7 times the root of that in contacts a particle: 3 or 9 in all.
    """
    mixture, minimum = packing(name, dimension, packing_fraction, seed)
    excess, pressures, networks, parts = [], [], [], []
    for _ in range(12):
        stability = minimum.stability
        assert minimum.certified and minimum.energy > 0
        named = np.concatenate((stability.rattlers, *stability.clusters))
        assert np.array_equal(np.sort(named), np.flatnonzero(~stability.held))
        held = stability.held[contacts(minimum, mixture)].all(axis=1)
        least = dimension * (np.count_nonzero(stability.held) - 1) + 1
        excess.append(np.count_nonzero(held) - least)
        networks.append(contacts(minimum, mixture)[held])
        pressures.append(pressure(minimum, mixture))
        if pressures[-1] < 1e-6:
            break
        modulus = np.einsum("iijj", ss.elastic_constants(minimum, mixture)) / dimension**2
        assert modulus > 0
        part = 0.7
        # Near jamming a step may set all free: then half of it.
        while not (step := expanded(minimum, mixture, part * pressures[-1] / modulus)).energy > JAMMED:
            part /= 2
            assert part > 0.05
        parts.append(part)
        minimum = step
    assert excess[0] > PARTICLES / 5
    assert min(excess) >= 0 and excess[-1] <= {"harmonic": 1, "hertzian": 5 * (dimension - 1)}[name]
    # As the bulk modulus had predicted: of harmonic spheres where no contact changes, as each is a large
    # part of the modulus near jamming; that of Hertzian spheres falls with the pressure itself, as its third root.
    steps = range(len(parts))
    if name == "harmonic":
        steps = [k for k in steps if np.array_equal(networks[k], networks[k + 1])]
        assert steps
    ratios = [pressures[k + 1] / pressures[k] / (1 - parts[k]) for k in steps]
    assert ratios[-1] == pytest.approx(1, rel={"harmonic": 0.03, "hertzian": 0.4}[name])


@pytest.mark.parametrize("name", ["harmonic", "hertzian"])
@pytest.mark.parametrize(("dimension", "packing_fraction"), [(2, 0.8), (3, 0.58)])
def test_below_jamming_nothing_is_held(name, dimension, packing_fraction):
    mixture, minimum = packing(name, dimension, packing_fraction)
    # Overlaps of the squares of which forces of 1e-13 are left, or for Hertzian spheres the power 5/2.
    assert minimum.energy < JAMMED and minimum.max_force < 1e-13 and not minimum.certified
    assert minimum.stability.reason == "nothing is held: every particle can go somewhere at no cost"
    assert np.array_equal(minimum.stability.rattlers, np.arange(PARTICLES))
    with pytest.raises(ss.UnstableError, match="not certified: nothing is held"):
        ss.elastic_constants(minimum, mixture)
    with pytest.raises(ss.UnstableError, match="there is nothing to have modes: nothing is held"):
        ss.lowest_modes(ss.hessian(minimum.frame, mixture), 3, dimension=dimension, stability=minimum.stability)
    # Nor by forces whose Hessians are empty.
    apart = ss.Frame(2.0 * np.eye(3)[:, :dimension], ["A"] * 3, ss.Box(lengths=[9.0] * dimension))
    for forces in (mixture, Raised(mixture)):
        assert ss.inherent_structure(apart, forces).stability.reason == minimum.stability.reason


def perturbed(frame, by):
    noise = np.random.default_rng(3).normal(0, by, frame.positions.shape)
    return replace(frame, positions=frame.positions + noise)


@pytest.mark.parametrize("name", ["harmonic", "hertzian"])
@pytest.mark.parametrize(("dimension", "packing_fraction"), [(2, 0.845), (2, 0.85), (2, 0.9), (3, 0.65), (3, 0.7)])
def test_newton_steps_begin_where_forces_are_small_against_those_between_particles(name, dimension, packing_fraction):
    """Up to 150 factors and 20 kicks are spent near jamming where they begin at a force that no packing has."""
    mixture, minimum = packing(name, dimension, packing_fraction, seed=2)
    again = ss.inherent_structure(perturbed(minimum.frame, 1e-3), mixture)
    for found in (minimum, again):
        # One to see that Newton steps may begin, or may not where there are rattlers; two to show what is held.
        assert found.certified and found.kicks == 0 and found.factorizations <= 4
    # Contacts have nowhere else to go, by a thousandth of a diameter, but where hardly any hold.
    if packing_fraction in (0.7, 0.9):
        assert again.energy == pytest.approx(minimum.energy, rel=1e-6)


@pytest.mark.parametrize("dimension", PACKINGS)
def test_published_packings_are_found_again(dimension):
    mixture = ss.Mixture.polydisperse(ss.Harmonic())
    for frame in ss.read(RECORDED / PACKINGS[dimension][0]):
        found = ss.inherent_structure(perturbed(frame, 1e-3), mixture)
        assert found.certified and found.kicks == 0 and found.factorizations <= 3
        # The energies of perturbed contacts differ by far more.
        assert found.energy == pytest.approx(ss.energy_forces(frame, mixture)[0], rel=1e-8)


class Raised:
    """A mixture whose energy tells nothing of its forces."""

    def __init__(self, mixture):
        self._mixture = mixture

    def energy_forces(self, frame):
        energy, forces, virial = ss.energy_forces(frame, self._mixture)
        return energy + 1e3, forces, virial

    def hessian(self, frame):
        matrix = ss.hessian(frame, self._mixture)
        matrix.eliminate_zeros()
        return matrix


@pytest.mark.filterwarnings("ignore:inherent_structure. the start has an energy")
def test_where_kicks_lead_nowhere_the_minimiser_goes_all_the_way(monkeypatch):
    mixture = ss.Mixture.preset("harmonic", packing_fraction=0.842)
    side = (64 / mixture.density) ** 0.5
    frame = start(mixture, ss.Box(side, side), 64, seed=4)
    assert ss.inherent_structure(frame, Raised(mixture)).kicks > 0
    monkeypatch.setattr(quench, "_kick", lambda landscape, point: None)
    found = ss.inherent_structure(frame, Raised(mixture))
    assert found.certified and found.kicks == 0
