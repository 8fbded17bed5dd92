"""Elastic constants: from energies of strained and minimised boxes, symmetries, and those of published packings."""

from dataclasses import replace
from itertools import combinations_with_replacement
from pathlib import Path

import numpy as np
import pytest
from netCDF4 import Dataset

import softspots as ss

PLACES = [parent / "shared" / "data" for parent in Path(__file__).parents]
PUBLISHED = next((place for place in PLACES if place.is_dir()), None)
pytestmark = pytest.mark.filterwarnings("ignore:inherent_structure. the start has an energy")
published = pytest.mark.skipif(PUBLISHED is None, reason="other people's files are not here")
# One record of each file of packings is always here.
RECORDED = PUBLISHED or Path(__file__).parent / "data"
# Jammed packings of harmonic spheres, and their components of elastic constants, in the order of the file.
PACKINGS = {
    2: ("2d_polyuniform_N64_Lp-1.0.nc", "xxxx yyyy xyxy xxyy xxxy yyxy"),
    3: (
        "3d_bi_N128_Lp-1.0.nc",
        "xxxx yyyy zzzz yzyz xzxz xyxy yyzz xxzz xxyy xxyz xxxz xxxy yyyz yyxz yyxy zzyz zzxz zzxy yzxz yzxy xzxy",
    ),
}
HARMONIC = ss.Mixture.polydisperse(ss.Harmonic(), smallest=0.8, largest=1.3)
TILTED = ss.Box(7.3, 7.1, tilt=2.9)
TILTED_3D = ss.Box(lengths=(5.2, 5.1, 5.3), tilts=(1.7, -1.1, 2.3))
# By name: mixture, box, number of particles, seed.
STARTS = {
    "paper": (ss.Mixture.preset("kob-andersen"), TILTED, 62, 0),
    "inverse powers": (ss.Mixture.preset("soft-spheres"), TILTED, 45, 0),
    "polydisperse": (ss.Mixture.preset("polydisperse", dimension=2), TILTED, 52, 0),
    "harmonic packing": (HARMONIC, ss.Box(9.1, 9.1, tilt=-3.1), 90, 0),
    "Hertzian packing": (ss.Mixture.preset("hertzian"), ss.Box(10.2, 10.4, tilt=-2.1), 80, 0),
    "Lennard-Jones, 3D": (ss.Mixture.preset("kob-andersen-3d"), TILTED_3D, 169, 0),
    "polydisperse, 3D": (ss.Mixture.preset("polydisperse"), TILTED_3D, 145, 0),
    "harmonic packing, 3D": (ss.Mixture.preset("harmonic", dimension=3), TILTED_3D, 104, 0),
}


@pytest.fixture(scope="module", params=STARTS)
def solid(request):
    """A minimum and its model."""
    mixture, box, count, seed = STARTS[request.param]
    minimum = ss.inherent_structure(start(mixture, box, count, seed), mixture, max_force=1e-12)
    assert minimum.certified
    return minimum, mixture


def start(mixture, box, count, seed):
    """Points thrown at random."""
    rng = np.random.default_rng(seed)
    labels = np.array(mixture.species)[(np.arange(count) >= mixture.fractions[0] * count).astype(int)]
    positions = rng.random((count, box.dimension)) * box.lengths
    return ss.Frame(positions, labels, box, sizes=mixture.draw_sizes(rng, count))


def energy_gradient(frame, mixture, strain):
    """By a symmetric strain, that of the energy of the box that is strained so and minimised: (d, d)."""
    gradient = np.eye(frame.dimension) + strain
    # Turned so that the lattice vectors are those of a `Box`.
    turn, upper = np.linalg.qr((frame.box.vectors @ gradient).T)
    signs = np.sign(np.diag(upper))
    turn, lower = turn * signs, (upper * signs[:, None]).T
    box = ss.Box(lengths=np.diag(lower), tilts=lower[np.tril_indices(frame.dimension, -1)])
    start = replace(frame, positions=frame.positions @ gradient @ turn, box=box)
    minimum = ss.inherent_structure(start, mixture, max_force=1e-12)
    assert minimum.certified
    virial = turn @ ss.energy_forces(minimum.frame, mixture)[2] @ turn.T
    derivative = -np.linalg.solve(gradient, virial)
    return (derivative + derivative.T) / 2


def test_stresses_of_strained_boxes(solid):
    """Central differences of the energy's gradient, for a strain of each component."""
    minimum, mixture = solid
    frame, step = minimum.frame, 1e-6
    constants = ss.elastic_constants(minimum, mixture)
    for one, other in combinations_with_replacement(range(frame.dimension), 2):
        strain = np.zeros((frame.dimension, frame.dimension))
        strain[one, other] = strain[other, one] = 1.0
        ends = [energy_gradient(frame, mixture, sign * step * strain) for sign in (1, -1)]
        expected = (ends[0] - ends[1]) / (2 * step * frame.box.volume)
        # Forces of 1e-12 over the step, and the third order, large where contacts are near to break.
        np.testing.assert_allclose(
            np.einsum("ab,abcd", strain, constants), expected, rtol=0, atol=1e-5 * np.abs(constants).max()
        )


def test_symmetries(solid):
    minimum, mixture = solid
    constants = ss.elastic_constants(minimum, mixture)
    for axes in ((1, 0, 2, 3), (0, 1, 3, 2), (2, 3, 0, 1)):
        assert np.array_equal(constants, constants.transpose(axes))


@pytest.mark.parametrize("name", ["harmonic packing", "Hertzian packing"])
def test_rattlers_have_no_part_in_it(name):
    mixture, box, count, seed = STARTS[name]
    minimum = ss.inherent_structure(start(mixture, box, count, seed), mixture, max_force=1e-12)
    held = minimum.stability.held
    assert 0 < len(minimum.stability.rattlers) == np.count_nonzero(~held)
    frame = minimum.frame
    sizes = None if frame.sizes is None else frame.sizes[held]
    alone = ss.inherent_structure(ss.Frame(frame.positions[held], frame.species[held], box, sizes=sizes), mixture)
    assert alone.stability.held.all()
    # What residual forces of rattlers have moved.
    np.testing.assert_allclose(
        ss.elastic_constants(minimum, mixture), ss.elastic_constants(alone, mixture), rtol=0, atol=1e-7
    )


@pytest.mark.filterwarnings("ignore:Mixture. the force jumps")
def test_a_crystal_has_the_constants_of_its_springs():
    """A triangular lattice of springs at rest: Lamé's constants are both √3/4 V''."""
    points = np.stack(np.meshgrid(np.arange(8.0), np.arange(8.0)), -1).reshape(-1, 2)
    positions = points @ [[1.0, 0.0], [0.5, np.sqrt(3) / 2]]
    frame = ss.Frame(positions, np.zeros(64), ss.Box(8.0, 4 * np.sqrt(3), tilt=4.0))
    mixture = ss.Mixture({(0, 0): ss.Morse(alpha=5.0, cutoff=1.5, smoothing="shifted")})
    stiffness = ss.hessian(frame, mixture).toarray()[0, 0] / 3
    minimum = ss.inherent_structure(frame, mixture)
    identity = np.eye(2)
    pairs = [np.einsum(axes, identity, identity) for axes in ("ab,cd->abcd", "ac,bd->abcd", "ad,bc->abcd")]
    # Rounding of sums of some hundred terms.
    np.testing.assert_allclose(
        ss.elastic_constants(minimum, mixture), np.sqrt(3) / 4 * stiffness * sum(pairs), rtol=0, atol=1e-9 * stiffness
    )


def test_what_does_not_reach_around_the_box_follows_no_strain():
    """A patch of crystal, which may turn too, stays as it is while the box around it is strained."""
    points = np.stack(np.meshgrid(np.arange(-4.0, 5.0), np.arange(-4.0, 5.0)), -1).reshape(-1, 2)
    points = 1.11 * points @ [[1.0, 0.0], [0.5, np.sqrt(3) / 2]]
    points = points[np.hypot(*points.T) < 3.5]
    mixture = ss.Mixture.preset("kob-andersen")
    minimum = ss.inherent_structure(ss.Frame(points, np.zeros(len(points)), ss.Box(20.0, 20.0, tilt=7.0)), mixture)
    assert minimum.certified and len(minimum.stability.rigid_motions) == 3
    # What is left of a Born part of some ten.
    np.testing.assert_allclose(ss.elastic_constants(minimum, mixture), 0, atol=1e-9)


def test_what_has_none_is_told():
    mixture = ss.Mixture.preset("harmonic")
    loose = ss.inherent_structure(start(mixture, ss.Box(12.0, 12.0), 60, 0), mixture)
    assert loose.energy < 1e-20 and not loose.stability.held.any()
    with pytest.raises(ss.UnstableError, match="not certified: nothing is held: every particle can go"):
        ss.elastic_constants(loose, mixture)
    minimum = ss.inherent_structure(start(mixture, ss.Box(9.0, 9.0), 80, 0), mixture)
    with pytest.raises(ss.InputError, match="the model must be that of the quench"):
        ss.elastic_constants(minimum, ss.Mixture.preset("hertzian"))
    with pytest.raises(ss.InputError, match="minimum is a Frame; an InherentStructure is needed"):
        ss.elastic_constants(minimum.frame, mixture)


def test_a_model_that_is_a_little_off_is_told():
    """Springs between unlike discs that are 5 % stiffer do not balance: forces are a few per cent of what acts."""

    def discs(stiffness):
        pairs = {(0, 0): (1.0, 1.0), (0, 1): (1.2, stiffness), (1, 1): (1.4, 1.0)}
        potentials = {pair: ss.Harmonic(sigma=sigma, epsilon=epsilon) for pair, (sigma, epsilon) in pairs.items()}
        return ss.Mixture(potentials, fractions=(0.5, 0.5))

    mixture, other = discs(1.0), discs(1.05)
    minimum = ss.inherent_structure(start(mixture, ss.Box(9.0, 9.0), 80, 0), mixture)
    residual = np.abs(ss.energy_forces(minimum.frame, other)[1]).max()
    assert 1e-3 < residual < 0.05
    with pytest.raises(ss.InputError, match="the model must be that of the quench"):
        ss.elastic_constants(minimum, other)
    # As after a quench that ended at larger forces: rounding may double them, no more.
    with pytest.raises(ss.InputError, match=f"forces reach {residual:.3g}, but {residual / 2.1:.3g} at the end"):
        ss.elastic_constants(replace(minimum, max_force=residual / 2.1), other)
    ss.elastic_constants(replace(minimum, max_force=residual / 1.9), other)


@pytest.mark.parametrize("dimension", [2, 3])
def test_published_packings(dimension):
    """Energies, stresses and elastic constants, to the last digits."""
    mixture = ss.Mixture.polydisperse(ss.Harmonic())
    name, components = PACKINGS[dimension]
    components = np.array([["xyz".index(axis) for axis in one] for one in components.split()])
    records = ("pos", "rad", "box", "Energy", "Stress", "Cijkl")
    with Dataset(RECORDED / name) as file:
        for pos, rad, box, energy, stress, known in zip(*(file[name][:].data for name in records), strict=True):
            vectors = box.reshape(dimension, dimension).T
            box = ss.Box(lengths=np.diag(vectors), tilts=vectors[np.tril_indices(dimension, -1)])
            frame = ss.Frame(pos.reshape(-1, dimension) @ vectors, np.zeros(len(rad)), box, sizes=2 * rad)
            minimum = ss.inherent_structure(frame, mixture)
            # It is one already.
            assert minimum.certified and np.array_equal(minimum.frame.positions, frame.positions)
            # Rounding of sums of some hundred contacts, as all below.
            assert minimum.energy == pytest.approx(energy, rel=1e-13)
            virial = ss.energy_forces(frame, mixture)[2]
            np.testing.assert_allclose(-virial / box.volume, stress.reshape(virial.shape), rtol=0, atol=1e-14)
            constants = ss.elastic_constants(minimum, mixture)
            # Rounding, over the lowest eigenvalue of some 0.01.
            np.testing.assert_allclose(constants[*components.T], known, rtol=0, atol=1e-12)
