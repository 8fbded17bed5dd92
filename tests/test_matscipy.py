"""Energies, forces, stresses, Hessians and elastic constants against matscipy, which knows no box in two dimensions.

There a flat box lies in one of some depth, beyond the reach of its images.
"""

import ase
import ase.io
import numpy as np
import pytest
from test_elasticity import PUBLISHED, TILTED, TILTED_3D, published, start

import softspots as ss

pair_potential = pytest.importorskip("matscipy.calculators.pair_potential", reason="matscipy is not installed")
polydisperse = pytest.importorskip("matscipy.calculators.polydisperse")
elasticity = pytest.importorskip("matscipy.elasticity")
pytestmark = pytest.mark.filterwarnings("ignore:inherent_structure. the start has an energy")
DEPTH = 10.0


def lennard_jones(**own):
    # Of no dimension.
    model = ss.Model.preset("kob-andersen", smoothing="quadratic", cutoff_per_pair=True)
    mixture = ss.Mixture(model.pairs, fractions=model.fractions)
    pairs = zip(((1, 1), (1, 2), (2, 2)), ((1.0, 1.0), (1.5, 0.8), (0.5, 0.88)), strict=True)
    kinds = {pair: pair_potential.LennardJonesQuadratic(*own, 2.5 * own[1]) for pair, own in pairs}
    return mixture, pair_potential.PairPotential(kinds)


def sizes():
    mixture = ss.Mixture.polydisperse(ss.InversePower(n=10, cutoff=1.4), 0.1, smallest=0.8, largest=1.4)
    return mixture, polydisperse.Polydisperse(polydisperse.InversePowerLawPotential(1.0, 1.4, 0.1, 2, 0.8, 1.4))


CASES = {
    "species, 2D": (lennard_jones, TILTED, 60),
    "sizes, 2D": (sizes, TILTED, 45),
    "species, 3D": (lennard_jones, TILTED_3D, 165),
    "sizes, 3D": (sizes, TILTED_3D, 125),
}


def atoms_of(frame, mixture, calculator):
    dimension = frame.dimension
    cell, positions = np.diag([1.0, 1.0, DEPTH]), np.zeros((len(frame), 3))
    cell[:dimension, :dimension] = frame.box.vectors
    positions[:, :dimension] = frame.positions
    atoms = ase.Atoms(1 + mixture.indices(frame), positions, cell=cell, pbc=True, calculator=calculator)
    if frame.sizes is not None:
        atoms.set_array("size", frame.sizes)
    return atoms


@pytest.mark.parametrize("name", CASES)
def test_a_minimum(name):
    make, box, count = CASES[name]
    mixture, calculator = make()
    minimum = ss.inherent_structure(start(mixture, box, count, 0), mixture, max_force=1e-12)
    assert minimum.certified
    frame, dimension = minimum.frame, box.dimension
    depth = DEPTH if dimension == 2 else 1.0
    atoms = atoms_of(frame, mixture, calculator)
    assert minimum.energy == pytest.approx(atoms.get_potential_energy(), rel=1e-12)
    # All particles are at rest.
    np.testing.assert_allclose(atoms.get_forces(), 0, atol=1e-11)
    stress = atoms.get_stress(voigt=False)[:dimension, :dimension] * depth
    np.testing.assert_allclose(-ss.energy_forces(frame, mixture)[2] / box.volume, stress, rtol=0, atol=1e-11)

    inside = (3 * np.arange(count)[:, None] + np.arange(dimension)).reshape(-1)
    hessian = calculator.get_hessian(atoms, "sparse").toarray()[np.ix_(inside, inside)]
    np.testing.assert_allclose(
        ss.hessian(frame, mixture).toarray(), hessian, rtol=0, atol=1e-12 * np.abs(hessian).max()
    )

    # Their solver does not converge beyond a few digits; they take eigenvectors as well, here those in the plane.
    values, modes = np.linalg.eigh(hessian)
    vectors = np.zeros((3 * count, len(modes) - dimension))
    vectors[inside] = modes[:, dimension:]
    theirs = calculator.get_born_elastic_constants(atoms)
    theirs = theirs + calculator.get_stress_contribution_to_elastic_constants(atoms)
    theirs = theirs + elasticity.nonaffine_elastic_contribution(atoms, values[dimension:], vectors)
    # They relate the stress of Cauchy to strain.
    ours, identity = ss.elastic_constants(minimum, mixture), np.eye(dimension)
    changes = [
        np.einsum(axes, stress, identity) for axes in ("ac,bd->abcd", "ad,bc->abcd", "bc,ad->abcd", "bd,ac->abcd")
    ]
    ours = ours + sum(changes) / 4 - np.einsum("ab,cd->abcd", stress, identity)
    # Rounding, over the softest mode.
    np.testing.assert_allclose(ours, theirs[(slice(dimension),) * 4] * depth, rtol=0, atol=1e-10 * np.abs(ours).max())


@published
def test_a_published_glass():
    """A minimum of the Kob-Andersen mixture in matscipy's tests, in a box that is too small here: eight of them."""
    mixture, calculator = lennard_jones()
    cell = ase.io.read(PUBLISHED / "glass_min.xyz")
    atoms = cell.repeat(2)
    atoms.calc = calculator
    frame = ss.Frame(atoms.positions, atoms.numbers - 1, ss.Box(lengths=atoms.cell.lengths()))
    energy, forces, virial = ss.energy_forces(frame, mixture)
    assert energy == pytest.approx(8 * cell.get_potential_energy(), rel=1e-12)
    # Eight digits of the positions, times stiffnesses of up to some thousand.
    np.testing.assert_allclose(forces, 0, atol=1e-5)
    np.testing.assert_allclose(-virial / frame.box.volume, cell.get_stress(voigt=False), rtol=0, atol=1e-6)
    theirs = calculator.get_hessian(atoms, "sparse")
    assert abs(ss.hessian(frame, mixture) - theirs).max() < 1e-12 * abs(theirs).max()


@published
def test_that_glass_with_sizes():
    """Its positions, with sizes thrown at random, as in matscipy's tests: each pair is far from rest."""
    mixture, calculator = sizes()
    atoms = ase.io.read(PUBLISHED / "glass_min.xyz").repeat(2)
    atoms.calc = calculator
    atoms.set_array("size", mixture.draw_sizes(np.random.default_rng(0), len(atoms)))
    frame = ss.Frame(
        atoms.positions, ["A"] * len(atoms), ss.Box(lengths=atoms.cell.lengths()), sizes=atoms.arrays["size"]
    )
    energy, forces, virial = ss.energy_forces(frame, mixture)
    assert energy == pytest.approx(atoms.get_potential_energy(), rel=1e-12)
    # Rounding of the largest.
    np.testing.assert_allclose(forces, atoms.get_forces(), rtol=0, atol=1e-12 * np.abs(forces).max())
    stress = atoms.get_stress(voigt=False)
    np.testing.assert_allclose(-virial / frame.box.volume, stress, rtol=0, atol=1e-12 * np.abs(stress).max())
    theirs = calculator.get_hessian(atoms, "sparse")
    assert abs(ss.hessian(frame, mixture) - theirs).max() < 1e-12 * abs(theirs).max()
