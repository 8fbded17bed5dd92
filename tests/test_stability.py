"""What nothing holds: found, named, left out of the modes; and the certificate of all the rest."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import renumbered
from scipy import sparse
from scipy.optimize import brentq
from scipy.spatial import cKDTree

from softspots.commands.chain import THERMODYNAMICS, Interval, analyse
from softspots.commands.options import read_arguments
from softspots.exceptions import InputError, UnstableError
from softspots.frame import Box, Frame
from softspots.landscape import quench
from softspots.landscape.forces import energy_forces, scales
from softspots.landscape.modes import hessian, lowest_modes
from softspots.landscape.quench import inherent_structure
from softspots.landscape.stability import examine, find_parts, softest_places
from softspots.model import Hertzian, Mixture, Model
from softspots.structure.clusters import make_whole
from softspots.structure.spots import soft_spots

# Purely repulsive: what is not squeezed is free.
REPULSIVE = Model.preset("kob-andersen", cutoff=2 ** (1 / 6), cutoff_per_pair=True)
ATTRACTIVE = Model.preset("kob-andersen")
# A little beyond the distance of the least energy, which ends up at some 1.1.
SPACING = 1.11
TRIANGULAR = SPACING * np.array([[1.0, 0.0], [0.5, np.sqrt(3) / 2]])


def lattice(columns, rows):
    """Points of a triangular lattice."""
    return np.stack(np.meshgrid(np.arange(columns), np.arange(rows)), -1).reshape(-1, 2) @ TRIANGULAR


def one_species(positions, box):
    return Frame(positions, np.zeros(len(positions), int), box)


def packing(density, seed=0, particles=500):
    """Random points, which a quench turns into a packing just above jamming at densities of some 1.1."""
    random = np.random.default_rng(seed)
    side = np.sqrt(particles / density)
    return Frame(
        random.random((particles, 2)) * side, np.arange(particles) >= 0.65 * particles, Box(side, side, tilt=0.3 * side)
    )


def crystal_with_a_free_particle():
    """A hole wider than the potential reaches, and one particle in the middle of it, with number 0."""
    positions = lattice(16, 16)
    box = Box(16 * SPACING, 16 * TRIANGULAR[1, 1], tilt=8 * SPACING)
    middle = positions[136]
    wall = np.hypot(*box.minimum_image(positions - middle).T) > 3.0
    return one_species(np.concatenate(([middle + 0.01], positions[wall])), box)


def slabs():
    """Two crystals that reach around the box along x only, out of each other's reach; 100 particles and 60."""
    return one_species(
        np.concatenate((lattice(20, 3) + (0.3, 15.0), lattice(20, 5))), Box(20 * SPACING, 30.0, tilt=3.0)
    )


def islands():
    """Two patches of crystal, 73 particles and 37, the larger one across the corner of the box."""
    points = lattice(41, 41) - 20 * TRIANGULAR.sum(axis=0)
    large, small = (points[np.hypot(*points.T) < radius] for radius in (5.0, 3.5))
    return one_species(np.concatenate((small + (15.0, 3.0), large)), Box(30.0, 30.0, tilt=7.0))


def assert_certified(result, model, loose, motions=2):
    """The held ones alone have a Hessian with so many zero modes and no other ones; what is loose has none below."""
    assert result.certified, result
    stability = result.stability
    assert stability.reason == ""
    assert np.flatnonzero(~stability.held).tolist() == sorted(loose)
    named = np.concatenate((stability.rattlers, *stability.clusters))
    assert np.sort(named).tolist() == sorted(loose)
    frame, held = result.frame, stability.held
    alone = Frame(frame.positions[held], frame.species[held], frame.box)
    dense = np.linalg.eigvalsh(hessian(alone, model).toarray())
    # Rounding of a norm of up to 1e3, and residual forces of 1e-10; sound modes lie above 1e-3.
    np.testing.assert_allclose(dense[:motions], 0, atol=1e-9)
    assert dense[motions] > 1e-3
    assert np.linalg.eigvalsh(hessian(frame, model).toarray())[0] > -1e-8

    count = 12
    found = inherent_structure(frame, model)
    modes = lowest_modes(hessian(found, model), count, stability=found.stability)
    assert found.stability.factor.cholesky.factorizations == found.factorizations
    # Rounding of the norm over the lowest eigenvalues.
    np.testing.assert_allclose(modes.eigenvalues, dense[motions : motions + count], rtol=1e-8)
    assert modes.vectors.shape == (count, len(frame), 2)
    assert (modes.vectors[:, ~held] == 0).all()
    flat = modes.vectors.reshape(count, -1)
    # Sums of some hundred products of order one in all.
    np.testing.assert_allclose(flat @ flat.T, np.eye(count), atol=1e-12)
    np.testing.assert_allclose(flat @ stability.rigid_motions.reshape(motions, -1).T, 0, atol=1e-12)
    weights = (modes.vectors**2).sum(axis=2)
    np.testing.assert_allclose(modes.participation_ratio, 1 / (len(frame) * (weights**2).sum(axis=1)), rtol=1e-12)
    assert modes.orthogonality_error < 1e-12
    # Residual forces turn with the cluster: 1e-10 over distances of order one.
    np.testing.assert_allclose(modes.zero_eigenvalues, 0, atol=1e-9)


@pytest.mark.parametrize("method", ["newton", "cg+fire"])
def test_packing_with_rattlers(method):
    frame = packing(1.1)
    result = inherent_structure(frame, REPULSIVE, method)
    rattlers = result.stability.rattlers
    assert 1 <= len(rattlers) < 50
    assert result.stability.clusters == ()
    assert_certified(result, REPULSIVE, rattlers)
    with pytest.raises(UnstableError, match=r"stability=minimum\.stability"):
        lowest_modes(hessian(result.frame, REPULSIVE), 12)


def test_free_particle_in_a_hole():
    result = inherent_structure(crystal_with_a_free_particle(), ATTRACTIVE)
    assert result.kicks == 0
    assert_certified(result, ATTRACTIVE, [0])
    assert result.stability.rattlers.tolist() == [0]


@pytest.mark.parametrize(("crystals", "motions", "loose"), [(slabs, 2, 60), (islands, 3, 37)])
def test_smaller_of_two_crystals_is_a_loose_cluster(crystals, motions, loose):
    result = inherent_structure(crystals(), ATTRACTIVE)
    assert_certified(result, ATTRACTIVE, range(loose), motions)
    (cluster,) = result.stability.clusters
    assert cluster.tolist() == list(range(loose))
    assert result.stability.rattlers.size == 0


def test_forces_of_loose_parts_are_brought_down_too():
    """One patch is not at rest at the start; as long as it is loose, no factor gives its Newton steps."""
    frame = islands()
    positions = frame.positions.copy()
    positions[:37] += 0.05 * np.random.default_rng(1).standard_normal((37, 2))
    result = inherent_structure(one_species(positions, frame.box), ATTRACTIVE)
    assert result.certified
    assert result.max_force < 1e-10


def test_particle_that_two_squeeze_is_on_a_saddle_and_not_loose():
    """In the middle of a hole of two places, it leaves along the hole, and is then held by more than two."""
    positions = lattice(12, 12) * (1.0 / SPACING)
    box = Box(12.0, 12 * np.sqrt(3) / 2, tilt=6.0)
    middle = (positions[66] + positions[67]) / 2
    frame = one_species(np.concatenate((np.delete(positions, [66, 67], axis=0), [middle])), box)
    matrix = hessian(frame, REPULSIVE)
    assert softest_places(matrix, 2)[-1] < -1
    result = inherent_structure(frame, REPULSIVE)
    assert result.kicks >= 1
    assert_certified(result, REPULSIVE, [])
    assert np.hypot(*(result.frame.positions[-1] - middle)) > 0.2


@pytest.mark.parametrize("density", [0.7, 1.0])
def test_below_jamming_nothing_is_held(density):
    result = inherent_structure(packing(density), REPULSIVE)
    assert not result.certified
    assert result.max_force < 1e-10
    assert result.kicks == 0
    assert not result.stability.held.any()
    assert len(result.stability.rattlers) == 500
    assert "nothing is held" in result.stability.reason
    with pytest.raises(UnstableError, match="nothing is held"):
        lowest_modes(hessian(result.frame, REPULSIVE), 12, stability=result.stability)


def test_hinge_is_not_certified():
    """Two triangles share a corner, out of each other's reach otherwise: each particle is held, yet they can turn."""
    model = Model.preset("kob-andersen", cutoff=1.4)
    wing = np.array([[0.95, 0.55], [0.95, -0.55]])
    positions = np.concatenate(([[0.0, 0.0]], wing, -wing)) + 10.0
    result = inherent_structure(one_species(positions, Box(20.0, 20.0)), model)
    assert not result.certified
    assert result.max_force < 1e-10
    assert result.stability.held.all()
    assert result.stability.reason == "the 5 particles that hold each other have modes at no cost"
    with pytest.raises(UnstableError, match="0 negative and 4 zero modes"):
        lowest_modes(hessian(result.frame, model), 2, stability=result.stability)


def test_force_that_is_not_reached_is_the_reason():
    result = inherent_structure(packing(1.2), ATTRACTIVE, max_force=1e-16)
    assert not result.certified
    assert "less than 1e-16 is asked for" in result.stability.reason


def test_where_all_is_held_nothing_changes():
    result = inherent_structure(packing(1.2), ATTRACTIVE)
    stability = result.stability
    assert stability.held.all()
    assert (stability.rattlers.size, stability.clusters, stability.reason) == (0, (), "")
    matrix = hessian(result.frame, ATTRACTIVE)
    expected, found = (lowest_modes(matrix, 20, stability=given) for given in (None, stability))
    np.testing.assert_array_equal(found.vectors, expected.vectors)
    np.testing.assert_array_equal(found.zero_eigenvalues, expected.zero_eigenvalues)


def test_who_is_loose_does_not_depend_on_the_numbers():
    frame = inherent_structure(packing(1.1), REPULSIVE).frame
    order = np.random.default_rng(3).permutation(len(frame))
    loose, again = (
        ~examine(hessian(given, REPULSIVE), given, 1e-3).held for given in (frame, renumbered(frame, order))
    )
    np.testing.assert_array_equal(again, loose[order])


def test_stability_of_another_system_is_refused():
    few, many = (inherent_structure(packing(1.2, particles=n), ATTRACTIVE) for n in (100, 120))
    with pytest.raises(InputError, match="stability is of 120 particles in 2 dimensions; the matrix has 200"):
        lowest_modes(hessian(few.frame, ATTRACTIVE), 5, stability=many.stability)
    with pytest.raises(InputError, match="translations=False cannot as well"):
        lowest_modes(hessian(few.frame, ATTRACTIVE), 5, stability=few.stability, translations=False)


# Networks of springs, whose loose parts are known.


def springs(points, pairs):
    """The Hessian of springs at rest, in the plane."""
    directions = points[pairs[:, 1]] - points[pairs[:, 0]]
    directions /= np.linalg.norm(directions, axis=1)[:, None]
    stretch = np.zeros((len(pairs), 2 * len(points)))
    rows = np.arange(len(pairs))[:, None]
    for end, sign in ((0, -1), (1, 1)):
        stretch[rows, 2 * pairs[:, [end]] + np.arange(2)] = sign * directions
    return sparse.csc_array(stretch.T @ stretch)


def braced(columns, rows, random):
    """A triangular lattice, distorted, and its springs."""
    points = lattice(columns, rows)
    pairs = cKDTree(points).query_pairs(1.1 * SPACING, output_type="ndarray")
    return points + random.uniform(-0.1, 0.1, points.shape), pairs


@settings(max_examples=60)
@given(
    st.integers(0, 2**32 - 1),
    st.lists(st.tuples(st.integers(2, 4), st.integers(2, 4)), max_size=3),
    st.lists(st.integers(1, 4), max_size=4),
    st.integers(0, 3),
)
def test_loose_parts_of_networks_are_found(seed, patches, chains, isolated):
    random = np.random.default_rng(seed)
    points, pairs = braced(5, 5, random)
    solid = springs(points, pairs)
    expected = [0] * 25
    # From the largest on, as they are numbered; of equal ones, the one of the lowest id.
    patches = sorted(patches, key=lambda shape: -shape[0] * shape[1])
    for shape in patches:
        more, joined = braced(*shape, random)
        pairs = np.concatenate((pairs, joined + len(points)))
        points = np.concatenate((points, more + (100.0 * len(points), 0.0)))
        expected += ["patch"] * len(more)
    for length in chains:
        # Links one after the other, from a particle that others hold.
        links = [int(random.integers(len(points))), *range(len(points), len(points) + length)]
        pairs = np.concatenate((pairs, np.column_stack((links[:-1], links[1:]))))
        points = np.concatenate((points, points[links[0]] + np.cumsum(random.standard_normal((length, 2)), axis=0)))
        expected += [-1] * length
    points = np.concatenate((points, 1e4 * random.standard_normal((isolated, 2))))
    expected += [-1] * isolated
    order = random.permutation(len(points))
    matrix = springs(points, pairs)
    whole = sparse.csc_array(matrix.toarray()[np.ix_(*[(2 * order[:, None] + [0, 1]).ravel()] * 2)])
    part = find_parts(whole, 2, 1e-8)[np.argsort(order)]
    assert [number if number < 1 else "patch" for number in part] == expected
    sizes = np.bincount(part[part >= 0])
    assert sizes.tolist() == [25, *(a * b for a, b in patches)]
    far = one_species(points[order], Box(1e7, 1e7))
    stability = examine(whole, far, 1e-8)
    reduced, rigid = stability.reduced(whole)
    own = order[stability.held]
    same = solid.toarray()[np.ix_(*[(2 * own[:, None] + [0, 1]).ravel()] * 2)]
    # Sums of six springs of order one, and some taken off again.
    np.testing.assert_allclose(reduced.toarray(), same, atol=1e-14)
    # Nothing reaches around the box, so what is held may turn as well; distances are of ten, in a box of 1e7.
    np.testing.assert_allclose(same @ rigid, 0, atol=1e-8)
    assert rigid.shape[1] == 3
    modes = lowest_modes(whole, 8, stability=stability)
    np.testing.assert_allclose(modes.eigenvalues, np.linalg.eigvalsh(solid.toarray())[3:11], rtol=1e-9)


@pytest.mark.parametrize("tilt", [0.0, 3.0, -7.0])
def test_clusters_are_made_whole_across_the_boundary(tilt):
    box = Box(10.0, 12.0, tilt=tilt)
    random = np.random.default_rng(5)
    # Two chains, longer than half the box, that start anywhere.
    chains = [random.uniform(0, 10, 2) + np.cumsum(random.uniform(0.2, 0.6, (12, 2)), axis=0) for _ in range(2)]
    scattered = np.concatenate(chains) + random.integers(-2, 3, (24, 2)) @ [[10.0, 0.0], [tilt, 12.0]]
    links = np.arange(23)[np.arange(23) != 11]
    whole = make_whole(scattered, box, np.column_stack((links, links + 1)))
    for first in (0, 12):
        expected = chains[first // 12] - chains[first // 12][0]
        # Rounding of coordinates of 40.
        np.testing.assert_allclose(whole[first : first + 12] - scattered[first], expected, atol=1e-12)


def test_the_chain_leaves_out_what_nothing_holds():
    frame = packing(1.1)
    parameters = read_arguments(["--particles=500", "--modes=30", "--n-modes=25"])
    found = analyse(Interval(frame, dict.fromkeys(THERMODYNAMICS, 0.0), frame, 0.0), REPULSIVE, parameters)
    assert found.fault == ""
    minimum = inherent_structure(frame, REPULSIVE)
    rattlers = minimum.stability.rattlers
    assert found.values["inherent_loose"] == len(rattlers) > 0
    assert found.values["inherent_certified"] == 1
    assert not np.isin(found.values["mode_particle"], rattlers).any()
    modes = lowest_modes(hessian(minimum.frame, REPULSIVE), 30, stability=minimum.stability)
    np.testing.assert_array_equal(found.values["soft_spot"], soft_spots(minimum.frame, modes, n_modes=25).labels)
    shuffled = dataclasses.replace(frame, positions=frame.positions[::-1], images=None)
    found = analyse(Interval(frame, dict.fromkeys(THERMODYNAMICS, 0.0), shuffled, 0.0), REPULSIVE, parameters)
    assert "the order of the atoms differs" in found.fault
    assert np.isnan(found.values["d2min"]).all() and found.activity == 0
    floppy = packing(0.7)
    found = analyse(Interval(floppy, dict.fromkeys(THERMODYNAMICS, 0.0), floppy, 0.0), REPULSIVE, parameters)
    assert found.fault.startswith("the quench is not certified: nothing is held")
    assert found.values["inherent_loose"] == 500
    assert (found.values["soft_spot"] == -1).all()


@pytest.mark.parametrize("force", [1e-10, 1e-6])
@pytest.mark.parametrize("species", [(0, 0), (0, 1), (1, 1)])
@pytest.mark.parametrize("changes", [{}, {"smoothing": "quadratic"}, {"smoothing": "switch", "inner_cutoff": 1.0}])
def test_mere_touch_holds_nothing_in_any_model(changes, species, force):
    """Two particles so near that they push each other with the force that a quench may leave."""
    model = dataclasses.replace(REPULSIVE, **changes)
    cutoff = model.pair_table()[sum(species), 2]
    box = Box(12.0, 12.0)

    def touching(overlap):
        return Frame([[1.0, 1.0], [1.0 + cutoff - overlap, 1.0]], species, box, only_b=True)

    overlap = brentq(
        lambda one: np.abs(energy_forces(touching(one), model)[1]).max() - 0.99 * force, 0, 5e-4, xtol=1e-12
    )
    stiffness, softness = touch(model, touching(overlap), force)
    # Half as much again where three neighbours touch.
    assert 1.4 * stiffness < softness


@pytest.mark.parametrize("force", [1e-13, 1e-10, 1e-7])
@pytest.mark.parametrize("size", [None, 0.7, 1.0])
def test_mere_touch_of_hertzian_spheres_holds_nothing(size, force):
    """V'' goes as the root of the overlap: at forces of 1e-10 it is ten times that of a smooth end."""
    pair = Hertzian(epsilon=1.5)
    model = Mixture({(0, 0): pair}) if size is None else Mixture.polydisperse(pair)
    contact = size or 1.0
    # The force is ε/σ (δ/σ)^1.5.
    overlap = contact * (0.99 * force * contact / 1.5) ** (2 / 3)
    sizes = None if size is None else [size, size]
    positions = [[1.0, 1.0], [1.0 + contact - overlap, 1.0]]
    stiffness, softness = touch(model, Frame(positions, [0, 0], Box(12.0, 12.0), sizes=sizes), force)
    # Half as much again where three neighbours touch, and hardly more: springs of other contacts count.
    assert 1.4 * stiffness < softness < 1.6 * stiffness


def touch(model, frame, force):
    """How stiff a frame of two particles is, and up to where that holds nothing."""
    landscape = quench._Landscape(model, scales(frame, model))
    point = landscape.point(frame)
    return np.linalg.norm(landscape.hessian(point).toarray()[:2, :2], 2), landscape.softness(point, force)
