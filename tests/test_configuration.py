"""Frames with their neighbours, in the plane and in space: what the kernels find, compute and refuse."""

import threading
from dataclasses import replace

import numpy as np
import pytest
import reference
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from reference import central_difference, lattice_vectors, ordered_pairs

import softspots as ss
from softspots import _core
from softspots.landscape.forces import box_array, configuration, kernel_potential

MODEL = ss.Mixture(ss.Model.preset("kob-andersen", cutoff=2.0).pairs)
TILTS = {"generic": (1.3, -0.8, 1.7), "negative, beyond half": (-7.9, 5.2, -3.7)}


def shaken_crystal(seed, cells, tilts, spread=0, spacing=1.0):
    """A cubic lattice of so many particles along each axis, shaken, with species at random, over several cells."""
    random = np.random.default_rng(seed)
    lengths = spacing * np.array(cells)
    positions = spacing * np.indices(cells).reshape(len(cells), -1).T
    positions = positions + random.uniform(-0.12, 0.12, positions.shape)
    box = ss.Box(lengths=lengths, tilts=tilts, strain=tilts[0] / lengths[1])
    positions += lattice_vectors(random.integers(-spread, spread + 1, positions.shape), box.vectors)
    return ss.Frame(positions, (random.random(len(positions)) < 0.2).astype(int), box)


@pytest.fixture(scope="module", params=TILTS.values(), ids=TILTS)
def glass(request):
    """80 particles in space, over several cells of a box that is just twice the cutoff wide."""
    return shaken_crystal(1, (5, 4, 4), request.param, spread=1)


def touching(cutoff):
    """A potential whose Hessian says who is within the cutoff."""
    return _core.Potential.contact(2.0, [[1.0, cutoff]])


@settings(max_examples=60)
@given(
    seed=st.integers(0, 2**32),
    count=st.integers(1, 60),
    sides=st.lists(st.floats(1.0, 3.5), min_size=2, max_size=3),
    tilts=st.tuples(*[st.floats(-2.5, 2.5)] * 3),
    crowded=st.booleans(),
)
# The smallest box, with tilts of just half a length: an image may then lie as far off as any does.
@example(seed=1, count=90, sides=[1.0, 1.0, 1.0], tilts=(0.5, -0.5, 0.5), crowded=False)
@example(seed=1, count=90, sides=[1.0, 1.0], tilts=(-0.5, 0.0, 0.0), crowded=False)
def test_neighbours_are_complete_in_any_box(seed, count, sides, tilts, crowded):
    """A cutoff of 1 in boxes of twice that and more; each pair is there, from either end, and no other."""
    random = np.random.default_rng(seed)
    d, lengths = len(sides), 2 * np.array(sides)
    box = ss.Box(lengths=lengths, tilts=np.array(tilts[: 2 * d - 3]) * lengths[[0, 0, 1][: 2 * d - 3]])
    fractions = random.random((count, d))
    positions = (0.2 * fractions if crowded else 3 * fractions - 1) * lengths
    i, j, _, separations = ordered_pairs(positions, box, 1.0)
    distances = np.linalg.norm(separations, axis=1)
    # At the very cutoff, rounding decides; on top of each other, no Hessian is finite.
    assume(not np.any(np.abs(distances - 1) < 1e-9) and not np.any(distances < 1e-9))
    place = _core.Configuration(positions, None, None, box_array(box), 1.0)
    indptr, indices, _ = place.hessian(touching(1.0))
    rows = np.repeat(np.arange(d * count), np.diff(indptr)) // d
    found = set(zip(rows, indices // d, strict=True))
    assert found == set(zip(i, j, strict=True)) | {(k, k) for k in range(count)}
    assert len(rows) == d * d * (len(i) + count)


def test_energy_forces_virial_and_hessian_equal_the_oracle(glass):
    energy, forces, virial = ss.energy_forces(glass, MODEL)
    expected, slow_forces, slow_virial = reference.energy_forces(glass, MODEL)
    # Sums of some 60 terms a particle, each rounded to 1e-16 of forces of up to some hundred.
    assert energy == pytest.approx(expected, rel=1e-13)
    assert_allclose(forces, slow_forces, rtol=0, atol=1e-13 * np.abs(slow_forces).max())
    assert_allclose(virial, slow_virial, rtol=0, atol=1e-13 * np.abs(slow_virial).max())
    assert_allclose(forces.sum(axis=0), 0, atol=1e-14 * np.abs(forces).sum())
    matrix = ss.hessian(glass, MODEL)
    assert (matrix != matrix.T).nnz == 0 and matrix.has_sorted_indices
    slow = reference.hessian(glass, MODEL)
    assert_allclose(matrix.toarray(), slow, rtol=0, atol=1e-13 * np.abs(slow).max())


SIZED = ss.Mixture.polydisperse(ss.InversePower(n=10, cutoff=1.4), 0.2)
OF_THREE = {(a, b): ss.InversePower(n=10, sigma=0.7 + 0.1 * (a + b), cutoff=1.5) for a in range(3) for b in range(a, 3)}


@pytest.mark.parametrize(
    "model",
    [ss.Mixture.preset("kob-andersen-3d"), SIZED, ss.Mixture(OF_THREE), ss.Model.preset(cutoff_per_pair=True)],
    ids=["two species", "sizes", "three species", "the plane"],
)
def test_neighbours_of_a_potential_are_all_that_it_meets(model):
    """The same as of all neighbours in range, which end where the longest pair does."""
    cells, tilts = ((13, 14), (1.3,)) if model.dimension == 2 else ((6, 6, 7), (1.3, -0.8, 1.7))
    frame, random = shaken_crystal(9, cells, tilts, spread=1), np.random.default_rng(9)
    if model is SIZED:
        frame = replace(frame, species=np.zeros(len(frame), int), sizes=random.uniform(0.8, 1.4, len(frame)))
    elif len(model.species) == 3:
        frame = replace(frame, species=random.integers(0, 3, len(frame)))
    potential, skin = kernel_potential(model), 0.1
    arguments = frame.positions, model.indices(frame), frame.sizes, box_array(frame.box)
    every = _core.Configuration(*arguments, potential.reach(frame.sizes) + skin)
    place = configuration(frame, model, skin)
    energy, forces, virial = every.energy_forces(potential)
    # The same terms in another order, some 60 of forces of up to some hundred.
    assert place.energy_forces(potential)[0] == pytest.approx(energy, rel=1e-13)
    assert_allclose(place.energy_forces(potential)[1], forces, rtol=0, atol=1e-13 * np.abs(forces).max())
    assert_allclose(place.energy_forces(potential)[2], virial, rtol=0, atol=1e-13 * np.abs(virial).max())
    for one, other in zip(place.hessian(potential), every.hessian(potential), strict=True):
        assert np.array_equal(one, other)
    # Also when they are sorted anew on the way, after moves of half the skin.
    positions, evaluations = place.minimize(potential, "fire", 1e-3, 5_000)
    assert evaluations < 5_000 and np.abs(positions - frame.positions).max() > skin
    assert np.abs(ss.energy_forces(replace(frame, positions=positions), model)[1]).max() < 1.1e-3


def test_the_hessian_of_many_pairs():
    """Of so many that rows are written in the order of places, of particles with random numbers."""
    model, random = ss.Mixture.preset("kob-andersen-3d"), np.random.default_rng(10)
    frame = shaken_crystal(10, (20, 20, 20), (2.0, -3.0, 1.0), spacing=0.94)
    frame = replace(frame, positions=random.permutation(frame.positions))
    matrix = ss.hessian(frame, model)
    # 6 numbers a pair.
    assert (matrix.nnz / 9 - len(frame)) / 2 * 6 > 2**20
    assert matrix.has_canonical_format and (matrix != matrix.T).nnz == 0
    direction = random.normal(size=frame.positions.shape)
    moved = [replace(frame, positions=frame.positions + step * direction) for step in (1e-5, -1e-5)]
    ahead, behind = (ss.energy_forces(there, model)[1] for there in moved)
    product = (matrix @ direction.ravel()).reshape(-1, 3)
    # Of second order in a step of 1e-5, by third derivatives of some ten thousand.
    assert_allclose((behind - ahead) / 2e-5, product, rtol=0, atol=1e-6 * np.abs(product).max())
    positions = frame.positions.copy()
    positions[[17, 4321]] = positions[[6000, 5000]]
    with pytest.raises(ss.PhysicsError, match="particle 17 "):
        ss.hessian(replace(frame, positions=positions), model)


def test_derivatives(glass):
    """Forces are those of the energy, and the Hessian is that of the forces, along a random direction."""
    direction = np.random.default_rng(2).normal(size=glass.positions.shape)

    def there(step):
        return ss.energy_forces(replace(glass, positions=glass.positions + step * direction), MODEL)

    slope = central_difference(lambda step: there(step)[0], 1e-4)
    energy, forces, _ = there(0.0)
    # Of fourth order in a step of 1e-4, and rounding of energies over the step.
    assert slope == pytest.approx(-np.vdot(forces, direction), rel=1e-8, abs=1e-11 * abs(energy) / 1e-4)
    stiffness = central_difference(lambda step: there(step)[1], 1e-4)
    product = (ss.hessian(glass, MODEL) @ direction.ravel()).reshape(-1, 3)
    assert_allclose(-stiffness, product, rtol=0, atol=1e-7 * np.abs(product).max())


@pytest.mark.parametrize("axis, normal", [(0, 1), (0, 2), (1, 2)])
def test_virial_is_minus_the_derivative_by_shear(glass, axis, normal):
    """Of the energy as box and positions are sheared along ``axis`` with the height along ``normal``."""

    def energy(strain):
        gradient = np.zeros((3, 3))
        gradient[axis, normal] = strain
        vectors = glass.box.vectors @ (np.eye(3) + gradient.T)
        tilts = vectors[1, 0], vectors[2, 0], vectors[2, 1]
        box = ss.Box(lengths=glass.box.lengths, tilts=tilts)
        return ss.energy_forces(replace(glass, positions=glass.positions @ (np.eye(3) + gradient.T), box=box), MODEL)[0]

    _, _, virial = ss.energy_forces(glass, MODEL)
    tolerance = 1e-6 * np.abs(virial).max()
    assert central_difference(energy, 1e-5) == pytest.approx(-virial[axis, normal], abs=tolerance)


def test_other_descriptions_of_the_same_lattice(glass):
    """Translations, images, and other vectors of the lattice change nothing but rounding."""
    random = np.random.default_rng(3)
    box = glass.box
    energy, forces, _ = ss.energy_forces(glass, MODEL)
    matrix = ss.hessian(glass, MODEL).toarray()
    moved = lattice_vectors(random.integers(-2, 3, glass.positions.shape), box.vectors) + random.normal(size=3)
    xy, xz, yz = box.tilts
    lx, ly, _ = box.lengths
    turned = ss.Box(lengths=box.lengths, tilts=(xy + 2 * lx, xz - 3 * xy - lx, yz - 3 * ly))
    for other in (replace(glass, positions=glass.positions + moved), replace(glass, box=turned)):
        there, other_forces, _ = ss.energy_forces(other, MODEL)
        # Coordinates of up to fifty carry 1e-14, and third derivatives reach some ten thousand.
        assert there == pytest.approx(energy, abs=1e-10)
        assert_allclose(other_forces, forces, rtol=0, atol=1e-10 * max(1.0, np.abs(forces).max()))
        assert_allclose(ss.hessian(other, MODEL).toarray(), matrix, rtol=0, atol=1e-10 * np.abs(matrix).max())


def test_a_quench_in_space():
    """Kob and Andersen's mixture, with cutoffs for each pair, to the rounding of forces."""
    model = ss.Mixture.preset("kob-andersen-3d")
    frame = shaken_crystal(4, (6, 6, 6), (1.0, -2.0, 0.7), spacing=0.94)
    minimum = ss.inherent_structure(frame, model)
    assert minimum.certified and minimum.max_force < 1e-10
    assert minimum.energy == pytest.approx(reference.energy_forces(minimum.frame, model)[0], rel=1e-12)
    eigenvalues = np.linalg.eigvalsh(reference.hessian(minimum.frame, model))
    # Three translations, and no other mode at or below zero.
    assert np.abs(eigenvalues[:3]).max() < 1e-9 < eigenvalues[3]


def test_minimisers_agree_in_space():
    frame = shaken_crystal(5, (5, 5, 5), (0.3, 0.0, 0.0))
    place, potential = configuration(frame, MODEL, 0.2), kernel_potential(MODEL)
    before = place.energy_forces(potential)
    for method in ("lbfgs", "cg", "fire"):
        positions, evaluations = place.minimize(potential, method, 1e-3, 20_000)
        assert 1 < evaluations < 20_000
        assert np.abs(ss.energy_forces(replace(frame, positions=positions), MODEL)[1]).max() < 1e-3
    # The configuration stays where it is.
    after = place.energy_forces(potential)
    assert before[0] == after[0] and np.array_equal(before[1], after[1])


def test_one_configuration_serves_for_all(glass):
    place, potential = configuration(glass, MODEL), kernel_potential(MODEL)
    for _ in range(2):
        _, forces, _ = place.energy_forces(potential)
        indptr, indices, values = place.hessian(potential)
        assert np.array_equal(forces, ss.energy_forces(glass, MODEL)[1])
        assert np.array_equal(values, ss.hessian(glass, MODEL).data)
    assert len(indptr) == 3 * len(glass) + 1 and indices.max() == 3 * len(glass) - 1


@pytest.mark.parametrize("strain", [0.0, 0.04, -0.9])
def test_d2min_equals_the_plain_least_squares_in_space(glass, strain):
    random = np.random.default_rng(6)
    frame = replace(glass, images=np.zeros(glass.positions.shape, dtype=int))
    xy, xz, yz = glass.box.tilts
    tilts = xy + strain * glass.box.length_y, xz + strain * yz, yz
    box = ss.Box(lengths=glass.box.lengths, tilts=tilts, strain=glass.box.strain + strain)
    moved = glass.positions + 0.1 * random.normal(size=glass.positions.shape)
    moved[:, 0] += strain * moved[:, 1]
    later = replace(frame, positions=moved, box=box)
    found = ss.d2min(frame, later, 1.8)
    i, j, _, before = ordered_pairs(glass.positions, glass.box, 1.8)
    # The later separation is the earlier one, sheared, and what the two have moved by besides.
    shear = np.eye(3) + strain * np.outer([0, 1, 0], [1, 0, 0])
    own = later.positions - glass.positions @ shear
    after = before @ shear + own[j] - own[i]
    expected = np.full(len(frame), np.nan)
    for particle in range(len(frame)):
        near = i == particle
        if near.sum() > 3:
            gradient = np.linalg.lstsq(before[near], after[near], rcond=None)[0]
            expected[particle] = ((after[near] - before[near] @ gradient) ** 2).sum()
    assert np.isfinite(expected).all()
    assert_allclose(found, expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(
    "neighbours, rank",
    [
        ([[1, 0, 0]], 1),
        ([[1, 0, 0], [-1, 0, 0]], 1),
        ([[1, 0, 0], [0, 1, 0]], 2),
        ([[1, 0.2, 0.1], [-0.3, 1, 0.4], [1.3, -0.8, -0.3]], 2),
        ([[1, 0, 0], [0, 1, 0], [0, 0, 1]], 3),
        ([[1, 0, 0], [0, 1, 0], [0, 0, 1], [-1, 0.2, 0.1]], 3),
    ],
)
def test_neighbours_on_a_line_or_in_a_plane(neighbours, rank):
    """The fit is free across what they span; with no more neighbours than that it fits any motion, and says nothing."""
    random = np.random.default_rng(7)
    separations = np.array(neighbours, dtype=float)
    turn = np.linalg.qr(random.normal(size=(3, 3)))[0]
    positions = np.vstack(([0.0, 0, 0], separations @ turn)) + 6
    # They are neighbours of the first alone.
    displacements = 0.1 * random.normal(size=positions.shape)
    place = _core.Configuration(positions, None, None, [20.0, 20, 20, 0, 0, 0], 1.6)
    found = place.d2min(displacements, np.zeros(3), 1.6)[0]
    w = displacements[1:] - displacements[0]
    gradient = np.linalg.lstsq(separations @ turn, w, rcond=1e-6)[0]
    expected = ((w - separations @ turn @ gradient) ** 2).sum()
    if len(separations) > rank:
        # Least squares of unit numbers.
        assert found == pytest.approx(expected, rel=1e-10)
    else:
        assert np.isnan(found) and expected < 1e-25


@settings(max_examples=30)
@given(
    seed=st.integers(0, 2**32), count=st.integers(1, 20), length=st.floats(0.1, 3.0), dimension=st.sampled_from([2, 3])
)
def test_connection_by_distance(seed, count, length, dimension):
    """Any length, also beyond half of the box."""
    random = np.random.default_rng(seed)
    lengths = random.uniform(1.5, 6.0, dimension)
    box = ss.Box(lengths=lengths, tilts=random.uniform(-4, 4, dimension * (dimension - 1) // 2))
    positions = random.uniform(-1, 2, (count, dimension)) * lengths
    i, j, _, separations = ordered_pairs(positions, box, length)
    assume(not np.any(np.abs(np.linalg.norm(separations, axis=1) - length) < 1e-9))
    edges = _core.connect(positions, box_array(box), np.ones(count, dtype=np.int32), length)
    expected = sorted({(a, b) for a, b in zip(i.tolist(), j.tolist(), strict=True) if a < b})
    assert [tuple(edge) for edge in edges.tolist()] == expected


def test_what_does_not_fit_is_refused():
    box, positions = [5.0, 6, 7, 0, 0, 0], np.array([[1.0, 1, 1], [2, 2, 2]])
    place = _core.Configuration(positions, [0, 1], None, box, 2.0)
    with pytest.raises(ss.InputError, match="the potential reaches as far as 2.5; neighbours are known up to 2"):
        place.energy_forces(kernel_potential(ss.Model.preset()))
    with pytest.raises(ss.InputError, match="species reach from 0 to 1; 0 to 0 are allowed"):
        place.hessian(touching(2.0))
    with pytest.raises(ss.InputError, match="the cutoff is 2.1; neighbours are known up to 2"):
        place.d2min(positions, np.zeros(3), 2.1)
    with pytest.raises(ss.InputError, match=r"tilt_shifts have shape \(1,\); \(3,\) is needed"):
        place.d2min(positions, [0.0], 2.0)
    with pytest.raises(ss.InputError, match=r"box have shape \(3,\); \(6,\) is needed"):
        _core.Configuration(positions, None, None, box[:3], 2.0)
    with pytest.raises(ss.InputError, match="shortest side of the box is 5; at least 6"):
        _core.Configuration(positions, None, None, box, 3.0)
    for nothing in (0.0, np.nan):
        with pytest.raises(ss.InputError, match=f"the range of neighbours is {nothing:g}; it must be positive"):
            _core.Configuration(positions, None, None, box, nothing)
    place = _core.Configuration(positions, [0, 0], None, box, 2.0, touching(2.0))
    with pytest.raises(ss.InputError, match="pairs end at .1.5.; neighbours are known for those that end at .2"):
        place.hessian(touching(1.5))
    with pytest.raises(ss.InputError, match="known as far as a potential reaches; D²_min needs all within its cutoff"):
        place.d2min(positions, np.zeros(3), 1.0)
    with pytest.raises(ss.InputError, match="the potential reaches as far as 2.1; neighbours are known up to 2"):
        _core.Configuration(positions, None, None, box, 2.0, touching(2.1))
    with pytest.raises(ss.InputError, match="length is 0; in three dimensions it must be positive"):
        _core.connect(positions, box, np.ones(2, dtype=np.int32), 0.0)


def test_two_threads_take_turns():
    """A configuration sums forces in its own memory: while one thread does, others are refused, in words."""
    frame = shaken_crystal(8, (30, 30), (2.0,))
    place, potential = configuration(frame, ss.Model.preset()), kernel_potential(ss.Model.preset())
    expected, refused, wrong = place.energy_forces(potential)[1], [], []

    def work():
        for _ in range(200):
            try:
                if not np.array_equal(place.energy_forces(potential)[1], expected):
                    wrong.append(1)
            except ss.InputError as error:
                refused.append(str(error))

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert set(refused) <= {"another thread is at work on this configuration; only one at a time may be"}
