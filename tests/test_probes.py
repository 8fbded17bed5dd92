"""Certificates by random vectors: of what is stable by little or not, against eigenvalues, and of quenches in space."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import sparse
from test_modes import spring_network
from test_packings import packing

import softspots as ss
from softspots.landscape import quench
from softspots.landscape.matrices import zero_threshold
from softspots.landscape.probes import probes_show_stable
from softspots.landscape.stability import uniform

SIZE = 3 * 400
RIGID = uniform(SIZE, 3)


@pytest.fixture(scope="module")
def solid():
    return sparse.csc_array(spring_network(SIZE // 3, dimension=3, reach=0.22, stiffness=1.0))


def shown_stable(matrix):
    return probes_show_stable(matrix, zero_threshold(matrix), RIGID, 3)


@pytest.mark.parametrize("seed", range(8))
def test_a_solid_that_one_spring_makes_unstable(solid, seed):
    """A spring that is taken away between two particles: at strength 1 / (bᵀ H⁺ b) a mode is zero."""
    random = np.random.default_rng(seed)
    first, second = random.choice(SIZE // 3, 2, replace=False)
    bond = np.zeros(SIZE)
    bond[3 * first : 3 * first + 3] = random.standard_normal(3)
    bond[3 * second : 3 * second + 3] = -bond[3 * first : 3 * first + 3]
    critical = 1 / (bond @ np.linalg.pinv(solid.toarray(), hermitian=True) @ bond)
    spring = sparse.csc_array(np.outer(bond, bond))

    def weakened(part):
        return sparse.csc_array(solid - part * critical * spring)

    assert shown_stable(weakened(0.9))
    # From what is rounding, as a part of the norm, to an instability that any vector sees.
    for beyond in (1e-9, 1e-6, 1e-3, 1e-1, 1.0):
        assert not shown_stable(weakened(1 + beyond))


def test_what_is_loose_is_not_stable(solid):
    keep = np.ones(SIZE)
    keep[30:33] = 0
    loose = sparse.csc_array(sparse.diags_array(keep) @ solid @ sparse.diags_array(keep))
    assert not shown_stable(loose)
    # Two solids that do not touch each other.
    half = sparse.csc_array(spring_network(SIZE // 6, dimension=3, reach=0.3, stiffness=1.0))
    assert not shown_stable(sparse.csc_array(sparse.block_diag((half, half))))


@pytest.mark.parametrize("scale", [1e-8, 1e8])
def test_units_do_not_matter(solid, scale):
    assert shown_stable(scale * solid)


def test_residuals_may_come_down_as_far_as_the_chance_allows(solid, monkeypatch):
    """A solid is not shown to be stable in too few steps."""
    monkeypatch.setattr("softspots.landscape.probes.MAX_STEPS", 5)
    assert not shown_stable(solid)


@pytest.mark.filterwarnings("ignore:inherent_structure. the start has an energy")
@pytest.mark.parametrize("seed", range(6))
def test_quenches_end_in_minima(seed, monkeypatch):
    """From random places, by way of saddles: certified by vectors, stable by eigenvalues, and where a factor leads."""
    mixture = ss.Mixture.preset("kob-andersen-3d")
    side = (400 / mixture.density) ** (1 / 3)
    random = np.random.default_rng(seed)
    box = ss.Box(lengths=[side] * 3, tilts=[0.3 * side, -0.2 * side, 0.4 * side])
    frame = ss.Frame(
        random.random((400, 3)) @ box.vectors, random.permutation(np.arange(400) % 5 == 0).astype(int), box
    )
    by_factor = ss.inherent_structure(frame, mixture)
    monkeypatch.setattr(quench, "PROBED_FROM", 0)
    minimum = ss.inherent_structure(frame, mixture)
    assert minimum.certified and minimum.max_force < 1e-10
    if not minimum.kicks:
        assert minimum.factorizations == 0
        assert_allclose(minimum.energy, by_factor.energy, rtol=1e-12)
    eigenvalues = np.linalg.eigvalsh(ss.hessian(minimum, mixture).toarray())
    # Of a norm of some 1e3 rounding leaves 1e-11; the lowest sound mode is near one.
    assert np.abs(eigenvalues[:3]).max() < 1e-9 and eigenvalues[3] > 1e-3
    # Whoever needs the factor has it from here.
    modes = ss.lowest_modes(ss.hessian(minimum, mixture), 5, stability=minimum.stability, method="lanczos")
    assert_allclose(modes.eigenvalues, eigenvalues[3:8], rtol=1e-9)


@pytest.mark.filterwarnings("ignore:inherent_structure. the start has an energy")
@pytest.mark.parametrize("seed", [0, 3])
def test_rattlers_are_found_as_with_a_factor(seed, monkeypatch):
    _, by_factor = packing("harmonic", 3, 0.66, seed)
    monkeypatch.setattr(quench, "PROBED_FROM", 0)
    _, minimum = packing("harmonic", 3, 0.66, seed)
    assert minimum.certified and by_factor.certified
    assert minimum.stability.held.sum() == by_factor.stability.held.sum() < len(minimum.frame)


def test_athermal_shear_follows_minima_without_a_factor(monkeypatch):
    """The step's own test of both ends needs factors, which the quench has not left."""

    def stresses():
        shear = ss.AthermalShear(minimum.frame, mixture, d2min_cutoff=2.7)
        return [state.stress for state in shear.run([1e-5, 2e-5])]

    mixture, minimum = packing("harmonic", 3, 0.72, 0)
    expected = stresses()
    monkeypatch.setattr(quench, "PROBED_FROM", 0)
    assert_allclose(stresses(), expected, rtol=1e-8, atol=1e-10)
