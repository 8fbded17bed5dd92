"""Stages on mixtures of any kind, against the slow oracle, and on glasses that others have published."""

from pathlib import Path

import numpy as np
import pytest
import reference

import softspots as ss

PLACES = [parent / "shared" / "data" for parent in Path(__file__).parents]
PUBLISHED = next((place for place in PLACES if place.is_dir()), None)
published = pytest.mark.skipif(PUBLISHED is None, reason="other people's files are not here")
MIXTURES = {
    "three species": ss.Mixture(
        {
            ("A", "A"): ss.LennardJones(),
            ("A", "B"): ss.LennardJones(sigma=0.8, epsilon=1.5),
            ("A", "C"): ss.LennardJones(sigma=1.1),
            ("B", "B"): ss.LennardJones(sigma=0.88),
            ("B", "C"): ss.LennardJones(epsilon=0.7, smoothing="even", cutoff=2.0),
            ("C", "C"): ss.LennardJones(sigma=0.9),
        }
    ),
    "powers": ss.Mixture(ss.Mixture.preset("soft-spheres").pairs),
    "harmonic": ss.Mixture.preset("harmonic"),
    "hertzian": ss.Mixture.preset("hertzian"),
    "splines": ss.Mixture(
        {
            ("A", "A"): ss.Morse(alpha=5.0, cutoff=2.2),
            ("A", "B"): ss.WCA(),
            ("B", "B"): ss.Yukawa(kappa=2.0, cutoff=2.5),
        }
    ),
    "one species": ss.Mixture({(7, 7): ss.Mie(n=14, m=8, cutoff=2.0)}),
    "sizes": ss.Mixture.polydisperse(ss.InversePower(n=12, cutoff=1.25), 0.2, smallest=0.73, largest=1.62),
    "harmonic sizes": ss.Mixture.polydisperse(ss.Harmonic(), smallest=0.8, largest=1.4),
    "spline sizes": ss.Mixture.polydisperse(ss.Yukawa(kappa=1.0, cutoff=2.0), 0.1, smallest=0.9, largest=1.2),
}


@pytest.fixture(params=MIXTURES)
def mixture(request):
    return MIXTURES[request.param]


@pytest.fixture
def frame(mixture):
    """Particles on a jittered lattice in a tilted box, their kinds mixed."""
    rng = np.random.default_rng(8)
    box = ss.Box(11.0, 10.6, tilt=3.3)
    grid = np.stack(np.meshgrid(np.arange(11), np.arange(10)), axis=-1).reshape(-1, 2)
    positions = grid * (1.0, 1.06) + rng.uniform(-0.12, 0.12, grid.shape)
    labels = np.array(mixture.species)[rng.integers(len(mixture.species), size=len(grid))]
    return ss.Frame(positions, labels, box, sizes=mixture.draw_sizes(rng, len(grid)))


def oracle(mixture, frame):
    kinds = {labels: pair.terms for labels, pair in mixture.pairs.items()}
    return reference.Pairwise(kinds, mixture.largest_cutoff, mixture.non_additivity)


def test_energy_forces_and_hessian_are_those_of_the_formulas(mixture, frame):
    energy, forces, virial = ss.energy_forces(frame, mixture)
    expected = reference.energy_forces(frame, oracle(mixture, frame))
    # Splines follow forces to 1e-10 of them (2e-7 of the Yukawa force at its closest), energies and V'' less closely;
    # all else is rounding.
    splines = isinstance(mixture.form, ss.model.SplineForm)
    tolerance = 1e-6 if splines else 1e-11
    scale = np.abs(expected[1]).max()
    assert energy == pytest.approx(expected[0], rel=tolerance)
    np.testing.assert_allclose(forces, expected[1], rtol=0, atol=tolerance * scale)
    np.testing.assert_allclose(virial, expected[2], rtol=tolerance, atol=tolerance * scale)
    matrix = reference.hessian(frame, oracle(mixture, frame))
    np.testing.assert_allclose(
        ss.hessian(frame, mixture).toarray(), matrix, rtol=0, atol=tolerance * np.abs(matrix).max()
    )


@pytest.mark.parametrize("dimension", [2, 3])
@pytest.mark.parametrize("name", ["three species", "powers", "sizes", "harmonic sizes"])
def test_runs_miss_no_neighbor_whose_pair_reaches_less_than_others(name, dimension):
    """Energies over the neighbours of a sheared run, between rebuilds, are those of its frames sorted anew."""
    mixture, rng, side = MIXTURES[name], np.random.default_rng(4), {2: 14, 3: 8}[dimension]
    places = np.indices((side,) * dimension).reshape(dimension, -1).T
    places = places + rng.uniform(-0.1, 0.1, places.shape)
    labels = np.array(mixture.species)[rng.integers(len(mixture.species), size=len(places))]
    # Room for the largest.
    spacing = {"powers": 1.25, "harmonic sizes": 1.0}.get(name, 1.1)
    box = ss.Box(lengths=(side * spacing,) * dimension)
    start = ss.Frame(places * spacing, labels, box, sizes=mixture.draw_sizes(rng, len(places)))
    run = ss.Simulation.from_frame(start, mixture, temperature=0.5, strain_rate=0.5, skin=0.25)
    for _ in range(12):
        run.run(7)
        energy = ss.energy_forces(run.frame(), mixture)[0]
        # Sums of a thousand pairs in another order.
        assert run.thermodynamics()["potential_energy"] == pytest.approx(energy / len(start), rel=1e-11)
    assert run.rebuilds > 3


@pytest.mark.filterwarnings("ignore:inherent_structure. the start has an energy")
@pytest.mark.parametrize("name", ["three species", "powers", "splines", "sizes", "spline sizes"])
def test_minima_are_certified(name):
    mixture, rng = MIXTURES[name], np.random.default_rng(3)
    box = ss.Box(12.0, 12.5, tilt=1.7)
    labels = np.array(mixture.species)[rng.integers(len(mixture.species), size=165)]
    start = ss.Frame(rng.random((165, 2)) * box.lengths, labels, box, sizes=mixture.draw_sizes(rng, 165))
    minimum = ss.inherent_structure(start, mixture)
    assert minimum.certified and minimum.max_force < 1e-10


@pytest.mark.filterwarnings("ignore:inherent_structure. the start has an energy")
@pytest.mark.parametrize("name", ["harmonic", "hertzian"])
@pytest.mark.parametrize("seed", range(3))
def test_packings_near_jamming_are_certified_without_their_rattlers(name, seed):
    mixture = ss.Mixture.preset(name, packing_fraction=0.87)
    rng, side = np.random.default_rng(seed), np.sqrt(150 / mixture.density)
    labels = rng.permutation(np.repeat(mixture.species, 75))
    start = ss.Frame(rng.random((150, 2)) * side, labels, ss.Box(side, side, tilt=0.3 * side))
    minimum = ss.inherent_structure(start, mixture)
    assert minimum.certified
    # Rigid motions of what is held, and nothing else, are no springs; the softest of which is some 1e-3 here.
    held = np.repeat(minimum.stability.held, 2)
    values = np.linalg.eigvalsh(ss.hessian(minimum.frame, mixture).toarray()[np.ix_(held, held)])
    assert (np.abs(values[:2]) < 1e-8).all() and values[2] > 1e-5


def test_a_frame_that_the_mixture_does_not_know_is_refused(frame):
    sized = MIXTURES["sizes"]
    with pytest.raises(ss.InputError, match="each particle needs a size"):
        ss.energy_forces(ss.Frame(frame.positions, np.zeros(len(frame)), frame.box), sized)
    with pytest.raises(ss.InputError, match="species D of the frame is not known; known: A, B, C"):
        ss.energy_forces(ss.Frame(frame.positions, ["D"] * len(frame), frame.box), MIXTURES["three species"])
    two = ["E", "A", *["D"] * (len(frame) - 2)]
    with pytest.raises(ss.InputError, match="^Mixture: species D, E of the frame are not known; known: A, B, C"):
        ss.energy_forces(ss.Frame(frame.positions, two, frame.box), MIXTURES["three species"])
    many = np.arange(len(frame)).astype(str)
    told = f"species 0, 1, 10, 100, 101, 102 and {len(frame) - 6} more of the frame are not known"
    with pytest.raises(ss.InputError, match=told):
        ss.energy_forces(ss.Frame(frame.positions, many, frame.box), MIXTURES["three species"])


@pytest.mark.parametrize("name", ["kob-andersen-3d", "polydisperse", "harmonic"])
@pytest.mark.parametrize("axis", range(3))
def test_a_box_that_is_too_small_along_any_axis_is_refused(name, axis):
    mixture = ss.Mixture.preset(name) if name != "harmonic" else ss.Mixture.preset(name, dimension=3)
    random = np.random.default_rng(2)
    sizes = mixture.draw_sizes(random, 40)
    twice = 2 * mixture.largest_cutoff * (1.0 if sizes is None else sizes.max())
    lengths = np.full(3, 1.5 * twice)
    lengths[axis] = 0.99 * twice
    # A tilt makes no image come nearer than its row does.
    box = ss.Box(lengths=lengths, tilts=(0.3 * lengths[0], -0.2 * lengths[0], 0.4 * lengths[1]))
    labels = np.array(mixture.species)[random.integers(len(mixture.species), size=40)]
    frame = ss.Frame(random.random((40, 3)) @ box.vectors, labels, box, sizes=sizes)
    message = f"the shortest side of the box is {lengths[axis]:.6g}; at least"
    for call in (ss.energy_forces, ss.hessian, ss.inherent_structure, ss.Simulation.from_frame):
        with pytest.raises(ss.InputError, match=message):
            call(frame, mixture)


@published
def test_modes_of_a_published_glass_are_those_of_its_code():
    """Participation ratios in the tests of PyMatterSim, whose soft spheres end with a force that goes to zero.

    And frequencies that its version 0.2.4 finds.
    """
    with open(PUBLISHED / "IS.2DIPL.atom") as file:
        particles = np.loadtxt(file, skiprows=9)
    box = ss.Box(30.499714066520937, 30.499714066520937)
    frame = ss.Frame(particles[:, 2:4], particles[:, 1].astype(int) - 1, box)
    mixture = ss.Mixture.preset("soft-spheres", smoothing="shifted-force")
    values, vectors = np.linalg.eigh(ss.hessian(frame, mixture).toarray())
    frequencies = [0.5081053716712178, 1.2960030078920395, 4.8346173547136075, 17.67704674535463, 34.32380757552009]
    # The error of the spline of a shifted force, 3e-9 of the largest entry of a matrix of some 700.
    np.testing.assert_allclose(np.sqrt(values[[2, 10, 100, 800, 1599]]), frequencies, rtol=0, atol=1e-7)
    squares = (vectors[:, :100:10].reshape(800, 2, -1) ** 2).sum(axis=1)
    known = [1.0, 0.60509595, 0.4184461, 0.47013442, 0.39952026, 0.48376086, 0.37543589, 0.4782805, 0.37811075]
    # The digits of theirs.
    np.testing.assert_allclose(1 / (800 * (squares**2).sum(axis=0)), [*known, 0.28011895], rtol=3e-8)


@published
def test_stresses_of_a_published_shear_test():
    """Forty steps of the mixture of Falk and Langer, cut off at 2.4, in JuMol; its box is 10 deep."""

    def pair(epsilon, sigma):
        return ss.LennardJones(epsilon=epsilon, sigma=sigma, cutoff=2.4, smoothing="shifted-force")

    large, small = 2 * np.sin(np.pi / 5), 2 * np.sin(np.pi / 10)
    mixture = ss.Mixture({(2, 2): pair(0.5, large), (1, 2): pair(1.0, 1.0), (1, 1): pair(0.5, small)})
    lines = (PUBLISHED / "aqs_LJ_glass.lammpstrj").read_text().splitlines()
    for start, (_, stress) in enumerate(np.loadtxt(PUBLISHED / "aqs_LJ_glass_stress.dat")):
        block = lines[start * 109 : (start + 1) * 109]
        particles = np.array([line.split() for line in block[9:]], dtype=float)
        box = ss.Box(9.88045, 9.88045, tilt=float(block[5].split()[2]))
        _, _, virial = ss.energy_forces(ss.Frame(particles[:, 2:4], particles[:, 1].astype(int), box), mixture)
        # The error of the spline of a shifted force, 4e-10 of the largest, as part of a stress of 0.03.
        assert -virial[0, 1] / box.area / 10 == pytest.approx(stress, rel=1e-8, abs=1e-10)
