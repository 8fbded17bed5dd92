"""Every form of potential in the kernels, for species and for sizes: against plain NumPy, and at the limits."""

import pickle
import warnings
from dataclasses import replace
from functools import cache, partial

import numpy as np
import pytest
from reference import Pairwise, central_difference, disordered_frame
from reference import energy_forces as reference_energy_forces
from reference import hessian as reference_hessian

import softspots as ss
from softspots import _core
from softspots.landscape.forces import minimize
from softspots.model.spline import edges, evaluate


def table(epsilon, sigma, cutoff):
    """Lennard-Jones in arrays, at distances from where its energy is some thousand ε."""
    potential = ss.LennardJones(epsilon=epsilon, sigma=sigma, cutoff=cutoff)
    r = np.linspace(0.6 * sigma, cutoff, 1500)
    value, slope, _ = potential.terms(r)
    return ss.Tabulated(r, value, -slope, smoothing="even")


# By ε, σ and the cutoff of a pair.
POTENTIALS = {
    "even": lambda e, s, c: ss.LennardJones(epsilon=e, sigma=s, cutoff=c),
    "quadratic": lambda e, s, c: ss.LennardJones(epsilon=e, sigma=s, cutoff=c, smoothing="quadratic"),
    "switch": lambda e, s, c: ss.LennardJones(epsilon=e, sigma=s, cutoff=c, smoothing="switch"),
    "none": lambda e, s, c: ss.LennardJones(epsilon=e, sigma=s, cutoff=c, smoothing="none"),
    "shifted": lambda e, s, c: ss.LennardJones(epsilon=e, sigma=s, cutoff=c, smoothing="shifted"),
    "shifted-force": lambda e, s, c: ss.LennardJones(epsilon=e, sigma=s, cutoff=c, smoothing="shifted-force"),
    "wca": lambda e, s, c: ss.WCA(epsilon=e, sigma=s),
    "power 8": lambda e, s, c: ss.InversePower(epsilon=e, sigma=s, n=8, cutoff=c),
    "power 10": lambda e, s, c: ss.InversePower(epsilon=e, sigma=s, n=10, cutoff=c),
    "power 12": lambda e, s, c: ss.InversePower(epsilon=e, sigma=s, n=12, cutoff=c),
    "power 9.5": lambda e, s, c: ss.InversePower(epsilon=e, sigma=s, n=9.5, cutoff=c),
    "mie": lambda e, s, c: ss.Mie(epsilon=e, sigma=s, n=14, m=8, cutoff=c),
    "mie, odd": lambda e, s, c: ss.Mie(epsilon=e, sigma=s, n=13, m=7, cutoff=c),
    "harmonic": lambda e, s, c: ss.Harmonic(epsilon=e, sigma=1.2 * s),
    "hertzian": lambda e, s, c: ss.Hertzian(epsilon=e, sigma=1.2 * s),
    "morse": lambda e, s, c: ss.Morse(epsilon=e, r0=s, alpha=5.0 / s, cutoff=c),
    "yukawa": lambda e, s, c: ss.Yukawa(epsilon=10 * e, sigma=s, kappa=2.0, cutoff=c),
    "table": table,
}
SPLINES = ("shifted-force", "power 9.5", "mie, odd", "morse", "yukawa", "table")
# How many species, whether all pairs have one cutoff, the non-additivity where particles have sizes, and the dimension.
SOURCES = {
    "one species": (1, False, None, 2),
    "two species, one cutoff": (2, True, None, 2),
    "two species": (2, False, None, 2),
    "three species": (3, False, None, 2),
    "seven species": (7, False, None, 2),
    "additive sizes": (1, False, 0.0, 2),
    "sizes": (1, False, 0.2, 2),
    "two species, 3D": (2, False, None, 3),
    "three species, 3D": (3, False, None, 3),
    "sizes, 3D": (1, False, 0.2, 3),
}
LABELS = "ABCDEFG"


@cache
def make_mixture(potential, source):
    """ε of 0.5 to 1.5 and σ of 0.8 to 1.1 at random, cutoffs of 2.3 σ of each pair, or of 2.3 for all."""
    n_species, one_cutoff, non_additivity, _ = SOURCES[source]
    make, random = POTENTIALS[potential], np.random.default_rng(8)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Mixture: .* jump")
        if non_additivity is not None:
            return ss.Mixture.polydisperse(make(1.0, 1.0, 2.3), non_additivity)
        pairs = {}
        for k, first in enumerate(LABELS[:n_species]):
            for second in LABELS[k:n_species]:
                epsilon, sigma = random.uniform(0.5, 1.5), random.uniform(0.8, 1.1)
                pairs[first, second] = make(epsilon, sigma, 2.3 * (1.0 if one_cutoff else sigma))
        return ss.Mixture(pairs)


@cache
def glass(dimension):
    """Particles some 0.7 apart, in a box that is tilted beyond half its length and fits twice the longest range."""
    if dimension == 2:
        return disordered_frame(seed=3, length_x=6.4, length_y=7.7, tilt=4.5, spread=1)
    # A crystal, shaken.
    box, random = ss.Box(lengths=(6.4, 6.7, 6.3), tilts=(7.5, -1.3, 2.1)), np.random.default_rng(3)
    places = np.indices((5, 5, 5)).reshape(3, -1).T / 5
    return ss.Frame(places @ box.vectors + random.uniform(-0.25, 0.25, places.shape), np.zeros(125), box)


def make_frame(source):
    n_species, _, non_additivity, dimension = SOURCES[source]
    frame = glass(dimension)
    random = np.random.default_rng(4)
    species = np.array(list(LABELS))[random.integers(0, n_species, len(frame))]
    # Diameters that spread by 1:3.
    sizes = None if non_additivity is None else random.uniform(0.45, 1.35, len(frame))
    return replace(frame, species=species, sizes=sizes)


def oracle_of(mixture, splines=True):
    """The mixture in plain NumPy; its splines, or what they stand for."""
    terms = {pair: potential.terms for pair, potential in mixture.pairs.items()}
    if splines and isinstance(form := mixture.form, ss.model.SplineForm):
        terms = {pair: partial(spline_terms, form, number) for number, pair in enumerate(mixture.pairs)}
    return Pairwise(terms, mixture.largest_cutoff, mixture.non_additivity)


def spline_terms(form, number, r):
    return np.where(r < form.cutoff[number], evaluate(form, number, r), 0.0)


@pytest.fixture(params=POTENTIALS)
def potential(request):
    return request.param


@pytest.fixture(params=SOURCES)
def source(request):
    return request.param


@pytest.fixture
def mixture(potential, source):
    return make_mixture(potential, source)


@pytest.fixture
def frame(source):
    return make_frame(source)


def test_equals_the_plain_sum_over_images(mixture, frame):
    energy, forces, virial = reference_energy_forces(frame, oracle_of(mixture))
    hessian = reference_hessian(frame, oracle_of(mixture))
    # Coordinates of up to 20 at 1e-16, times the stiffness of the stiffest pair: sizes of 1.35 at distances of 0.7.
    scale = np.abs(hessian).max()
    got = ss.energy_forces(frame, mixture)
    np.testing.assert_allclose(got[0], energy, rtol=1e-12, atol=1e-13 * scale)
    np.testing.assert_allclose(got[1], forces, rtol=1e-12, atol=2e-14 * scale)
    np.testing.assert_allclose(got[2], virial, rtol=1e-12, atol=1e-13 * scale)
    np.testing.assert_allclose(ss.hessian(frame, mixture).toarray(), hessian, rtol=0, atol=1e-12 * scale)


def test_one_cutoff_in_three_dimensions():
    test_equals_the_plain_sum_over_images(
        make_mixture("even", "two species, one cutoff"), make_frame("two species, 3D")
    )


def test_forces_and_hessian_are_slopes(mixture, frame, potential):
    _, forces, _ = ss.energy_forces(frame, mixture)
    hessian = ss.hessian(frame, mixture)
    direction = np.random.default_rng(5).normal(size=frame.positions.shape)
    scale = np.abs(hessian).max()

    def moved(step):
        return ss.energy_forces(replace(frame, positions=frame.positions + step * direction), mixture)

    # Rounding of the energy, which is up to ten times the largest stiffness, at 1e-15 over a step of 1e-5; that of the
    # forces is less, and so are the errors of fourth order.
    got = central_difference(lambda step: moved(step)[0], 1e-5)
    assert got == pytest.approx(-(forces * direction).sum(), abs=1e-9 * scale)
    got = central_difference(lambda step: moved(step)[1].ravel(), 1e-5)
    # Of Hertzian contacts V'' rises with the root of the overlap, and here or there one begins within the step; V''' of
    # a switch jumps.
    tolerance = {"hertzian": 1e-6, "switch": 1e-8}.get(potential, 1e-9)
    np.testing.assert_allclose(got, -hessian @ direction.ravel(), rtol=0, atol=tolerance * scale)


def test_the_virial_is_the_slope_of_the_energy_under_strain(mixture, frame):
    _, _, virial = ss.energy_forces(frame, mixture)
    # Any that leaves the first vector along x, and the second in the plane: with axes as rows a lower triangle.
    gradient = np.tril(np.random.default_rng(7).normal(size=virial.shape))

    def energy(step):
        change = np.eye(len(virial)) + step * gradient
        vectors = frame.box.vectors @ change
        box = ss.Box(lengths=np.diag(vectors), tilts=vectors[np.tril_indices(len(virial), -1)])
        return ss.energy_forces(replace(frame, positions=frame.positions @ change, box=box), mixture)[0]

    scale = np.abs(ss.hessian(frame, mixture)).max()
    # As above; positions of up to 20 are moved by as much more.
    assert central_difference(energy, 1e-6) == pytest.approx(-(virial * gradient).sum(), abs=1e-7 * scale)


def test_action_is_reaction(mixture, frame):
    _, forces, virial = ss.energy_forces(frame, mixture)
    assert np.abs(forces.sum(axis=0)).max() <= 1e-15 * np.abs(forces).sum()
    assert np.array_equal(virial, virial.T)
    hessian = ss.hessian(frame, mixture)
    assert (hessian != hessian.T).nnz == 0


def test_numbering_of_particles_does_not_matter(mixture, frame):
    order = np.random.default_rng(6).permutation(len(frame))
    sizes = None if frame.sizes is None else frame.sizes[order]
    other = replace(frame, positions=frame.positions[order], species=frame.species[order], sizes=sizes)
    _, forces, _ = ss.energy_forces(frame, mixture)
    # Sums in another order.
    np.testing.assert_allclose(
        ss.energy_forces(other, mixture)[1], forces[order], rtol=1e-12, atol=1e-13 * np.abs(forces).max()
    )


@pytest.mark.parametrize("potential", SPLINES)
def test_splines_are_as_close_as_they_say(mixture, frame):
    """Errors of single forces are parts of the forces: they add up to less than the same part of the forces' sum."""
    stands_for = oracle_of(mixture, splines=False)
    got, expected = ss.energy_forces(frame, mixture)[1], reference_energy_forces(frame, stands_for)[1]
    most = np.abs(got).max() + 20 * max(abs(pair.terms(np.array([0.7]))[1][0]) for pair in mixture.potentials)
    np.testing.assert_allclose(got, expected, rtol=0, atol=mixture.form.error * most)


def two_particles(distance):
    return ss.Frame([[2.0, 5.0], [2.0 + distance, 5.0]], ["A", "A"], ss.Box(10, 10))


def one_pair(mixture, distance):
    """V, V' and V'' of two particles, from energy, force and Hessian."""
    frame = two_particles(distance)
    energy, forces, _ = ss.energy_forces(frame, mixture)
    return energy, forces[0, 0], ss.hessian(frame, mixture).toarray()[0, 0]


@pytest.mark.parametrize("potential", SPLINES)
def test_splines_have_no_jump_at_their_knots(potential):
    mixture = make_mixture(potential, "one species")
    inner, cutoff = mixture.form.inner[0], mixture.form.cutoff[0]
    knots = cutoff * np.sqrt(edges(mixture.form.least[0], mixture.form.digits))
    # From where the energy is no larger than a hundred, beyond which what a step changes is more than rounding.
    for knot in knots[np.searchsorted(knots, max(0.7, 1.01 * inner)) : -1 : 50]:
        value, slope, curvature = one_pair(mixture, knot)
        below, above = one_pair(mixture, knot * (1 - 1e-9)), one_pair(mixture, knot * (1 + 1e-9))
        # What 2e-9 changes, V' and V'' and a V''' of a hundred at most, and rounding.
        tolerance = 1e-8 * np.abs((slope, curvature, 20 * curvature)) + (1e-12, 1e-10, 1e-6)
        assert (np.abs(np.subtract(above, below)) < tolerance).all()
    # Below the first knot, a parabola in r².
    for distance in (0.98 * inner, 0.5 * inner, 0.01 * inner):
        expected = evaluate(mixture.form, 0, np.array([distance]))[:, 0]
        frame = two_particles(distance)
        energy, forces, _ = ss.energy_forces(frame, mixture)
        np.testing.assert_allclose((energy, forces[0, 0]), expected[:2], rtol=1e-10)
        with pytest.raises(ss.PhysicsError, match=f"the potential between them is known from {inner:.3g} on"):
            ss.hessian(frame, mixture)


@pytest.mark.filterwarnings("ignore:inherent_structure. the start has an energy")
def test_a_weak_pair_beside_strong_ones_keeps_its_core():
    """Strong pairs press weak ones far up their wall: splines begin where the energy is large for all pairs."""
    weak = ss.Mie(epsilon=3e-4, n=9, m=6, cutoff=2.5)
    mixture = ss.Mixture({("A", "A"): ss.LennardJones(), ("A", "B"): ss.LennardJones(), ("B", "B"): weak})
    for distance in (0.24, 0.3, 0.5):
        frame = replace(two_particles(distance), species=["B", "B"])
        energy, forces, _ = ss.energy_forces(frame, mixture)
        np.testing.assert_allclose((energy, forces[0, 0]), weak.terms(distance)[:2], rtol=1e-8)
    # Two Bs are pressed together: what is certified is a minimum of the potentials.
    frame = ss.Frame([[3.0, 5.0], [4.0, 5.1], [4.1, 4.9], [5.0, 5.0]], list("ABBA"), ss.Box(10, 10))
    found = ss.inherent_structure(frame, mixture)
    _, forces, _ = reference_energy_forces(found.frame, oracle_of(mixture, splines=False))
    assert np.abs(forces).max() < 1e-6


@pytest.mark.parametrize("pair", [ss.Yukawa(kappa=0.5, cutoff=6.0), ss.InversePower(n=1, cutoff=6.0)], ids=repr)
def test_soft_cores_are_followed_as_far_as_particles_go(pair):
    mixture = ss.Mixture({("A", "A"): pair})
    for distance in (0.005, 0.03, 0.1, 0.29):
        frame = ss.Frame([[2.0, 5.0], [2.0 + distance, 5.0]], ["A", "A"], ss.Box(13, 13))
        energy, forces, _ = ss.energy_forces(frame, mixture)
        # Rounding of the distance, at 2.
        np.testing.assert_allclose((energy, forces[0, 0]), pair.terms(distance)[:2], rtol=1e-8)
    assert pair.terms(mixture.form.inner[0])[0] > 500


def test_overlaps_are_refused(potential):
    mixture = make_mixture(potential, "two species")
    frame = ss.Frame([[1, 1], [4, 4], [6, 3], [4, 4]], list("ABAA"), ss.Box(9.0, 9.0, tilt=2.0))
    with pytest.raises(ss.PhysicsError, match="force on particle 1 is not finite"):
        ss.energy_forces(frame, mixture)
    with pytest.raises(ss.PhysicsError, match="particle 1 is not finite|particles 1 and 3 are 0 apart"):
        ss.hessian(frame, mixture)


@pytest.mark.parametrize("source", ["one species", "two species", "three species", "sizes"])
def test_from_the_cutoff_on_there_is_nothing(mixture, source):
    sizes = np.array([0.9, 1.2]) if source == "sizes" else None
    unit = 1.0 if sizes is None else mixture.sizes.pair(*sizes)
    label = "A" if source in ("one species", "sizes") else "B"
    distance = mixture.pairs["A", label].cutoff * unit * (1 + 1e-14)
    frame = ss.Frame([[1.0, 2.0], [1.0 + distance, 2.0]], ["A", label], ss.Box(9.0, 9.0, tilt=2.0), sizes=sizes)
    energy, forces, _ = ss.energy_forces(frame, mixture)
    assert energy == 0 and not forces.any()


def test_minimum_of_particles_with_sizes():
    """The minimisers see sizes, and sort particles and sizes alike."""
    mixture = ss.Mixture.polydisperse(ss.Hertzian(), non_additivity=0.1)
    frame = make_frame("sizes")
    there, _ = minimize(frame, mixture, "lbfgs", 1e-9, 2000)
    energy, found, _ = ss.energy_forces(there, mixture)
    expected, forces, _ = reference_energy_forces(there, oracle_of(mixture))
    assert 0 < energy < ss.energy_forces(frame, mixture)[0]
    assert energy == pytest.approx(expected, rel=1e-12)
    # Forces are sums of some ten overlaps of up to 1, rounded.
    assert np.abs(found).max() < 1e-9 and np.abs(forces).max() < 1e-9 + 1e-14


POTENTIAL = _core.Potential


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: POTENTIAL.powers(11, 0, [[1, 0, 0, 0, 0, 2]]), "exponents are 11 and 0; even ones from 0 to 100"),
        (lambda: POTENTIAL.powers(12, 6, [[1, 0, 0, 0, 0, 2]] * 2), "for 2 pairs of species; 1, 3, 6, 10"),
        (lambda: POTENTIAL.powers(12, 6, [[1, 0, 0, 0, 0, 0]]), "least cutoff is 0; it must be positive"),
        (lambda: POTENTIAL.powers(12, 6, [[np.nan, 0, 0, 0, 0, 2]]), "coefficients are not all finite"),
        (lambda: POTENTIAL.contact(3.0, [[1, 1]]), "alpha is 3; 2 or 2.5 is needed"),
        (lambda: POTENTIAL.contact(2.0, [[1, 1]] * 3, 0.1), "2 species and sizes of particles; with sizes"),
        (lambda: POTENTIAL.contact(2.0, [[1, 1]], -0.1), "non_additivity is -0.1; a finite number from 0 on"),
        (lambda: POTENTIAL.spline(2, [1.0], [0.9], np.zeros((1, 4, 6))), "begin at .1... 0 to 20, and numbers between"),
        (lambda: POTENTIAL.spline(2, [0.5], [0.9], np.zeros((1, 4, 6))), "4 polynomials; 5 are needed"),
        (lambda: pickle.dumps(POTENTIAL.contact(2.0, [[1, 1]])), "cannot be copied or pickled"),
    ],
)
def test_what_is_no_potential_is_refused(make, message):
    with pytest.raises(ss.InputError, match=message):
        make()


@pytest.mark.parametrize(
    "non_additivity, sizes, message",
    [
        (None, [1.0, 1.0], "particles have sizes, and the mixture knows of none"),
        (0.0, None, "particles have no sizes, and the mixture needs them"),
        (0.0, [1.0], r"sizes have shape \(1,\); \(2,\) is needed"),
        (0.0, [1.0, 0.0], "sizes reach from 0 to 1; positive finite numbers are needed"),
        (2.0, [1.0, 1.5], "with a non-additivity of 2 they must differ by less than 0.5"),
        (0.0, [1.0, 5.0], "the potential reaches as far as 5; neighbours are known up to 2"),
    ],
)
def test_sizes_that_do_not_fit_are_refused(non_additivity, sizes, message):
    potential = POTENTIAL.contact(2.0, [[1.0, 1.0]], non_additivity)
    arguments = [[1.0, 1.0], [2.0, 2.0]], np.zeros(2, dtype=np.int32), sizes, [9.0, 9.0, 0.0]
    with pytest.raises(ss.InputError, match=message):
        _core.Configuration(*arguments, 2.0).energy_forces(potential)
