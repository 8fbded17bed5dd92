"""Energies, forces, stresses, Hessians and elastic constants against matscipy, which knows no box in two dimensions.

There a flat box lies in one of some depth, beyond the reach of its images.
"""

import ase
import numpy as np
import pytest
from test_elasticity import TILTED, TILTED_3D, start

import softspots as ss

pair_potential = pytest.importorskip("matscipy.calculators.pair_potential", reason="matscipy is not installed")
polydisperse = pytest.importorskip("matscipy.calculators.polydisperse")
elasticity = pytest.importorskip("matscipy.elasticity")
pytestmark = pytest.mark.filterwarnings("ignore:inherent_structure. the start has an energy")
DEPTH = 10.0


def lennard_jones(**own):
    mixture = ss.Model.preset("kob-andersen", smoothing="quadratic", cutoff_per_pair=True)
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
