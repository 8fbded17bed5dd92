"""Mixtures: pairs and species, sizes, the forms that kernels take."""

import pickle
import warnings

import numpy as np
import pytest
from hypothesis import given as examples
from hypothesis import strategies as st

import softspots as ss
from softspots.exceptions import InputError
from softspots.model import ContactForm, EvenForm, LennardJonesForm, SplineForm, pair_number
from softspots.model.fitting import warn_of_composition
from softspots.model.spline import evaluate

SOFT = ss.InversePower(n=10, cutoff=1.48)
TERNARY = {
    ("A", "B"): ss.LennardJones(epsilon=1.5, sigma=0.8),
    ("C", "A"): ss.LennardJones(epsilon=0.7),
    ("A", "A"): ss.LennardJones(),
    ("B", "B"): ss.LennardJones(epsilon=0.5, sigma=0.88),
    ("C", "C"): ss.LennardJones(sigma=1.1),
    ("C", "B"): ss.LennardJones(sigma=1.2),
}
BOX = ss.Box(8.0, 9.0)


def frame_of(species, sizes=None, **options):
    return ss.Frame(np.random.default_rng(1).random((len(species), 2)), species, BOX, sizes=sizes, **options)


def test_pairs_are_numbered_by_their_species():
    mixture = ss.Mixture(TERNARY)
    assert mixture.species == ("A", "B", "C")
    assert [one.sigma for one in mixture.potentials] == [1.0, 0.8, 1.0, 0.88, 1.2, 1.1]
    pairs = [(i, j) for i in range(5) for j in range(i, 5)]
    assert [pair_number(i, j, 5) for i, j in pairs] == [pair_number(j, i, 5) for i, j in pairs] == list(range(15))
    assert mixture.potential(2, 1) is mixture.potential(1, 2) is TERNARY["C", "B"]
    assert mixture.form.table[:, 1].tolist() == [1.0, 0.8, 1.0, 0.88, 1.2, 1.1]
    assert (mixture.largest_cutoff, mixture.energy_scale) == (3.0, 1.0)
    assert mixture.diameters_of(frame_of(["C", "A", "B"])).tolist() == [1.1, 1.0, 0.88]


@pytest.mark.parametrize(
    ("pairs", "kind"),
    [
        (TERNARY, LennardJonesForm),
        ({(1, 1): ss.LennardJones(smoothing="switch")}, LennardJonesForm),
        ({(1, 1): ss.LennardJones(smoothing="shifted")}, EvenForm),
        ({(1, 1): ss.LennardJones(), (1, 2): ss.WCA(), (2, 2): ss.Mie(cutoff=2.0)}, EvenForm),
        ({(1, 1): SOFT, (1, 2): ss.InversePower(n=10, cutoff=1.0), (2, 2): SOFT}, EvenForm),
        ({(1, 1): SOFT, (1, 2): SOFT, (2, 2): ss.InversePower(n=12, cutoff=1.0)}, SplineForm),
        ({(1, 1): ss.InversePower(n=200, cutoff=1.2)}, SplineForm),
        ({(1, 1): ss.Mie(n=13, m=6, cutoff=2.5)}, SplineForm),
        ({(1, 1): ss.Harmonic(), (1, 2): ss.Harmonic(sigma=1.2), (2, 2): ss.Harmonic(sigma=1.4)}, ContactForm),
        ({(1, 1): ss.Harmonic(), (1, 2): ss.Hertzian(), (2, 2): ss.Harmonic()}, SplineForm),
        ({(1, 1): ss.LennardJones(smoothing="shifted-force")}, SplineForm),
        ({(1, 1): ss.LennardJones(), (1, 2): ss.LennardJones(smoothing="switch"), (2, 2): SOFT}, SplineForm),
    ],
)
@pytest.mark.filterwarnings("ignore:Mixture")
def test_a_form_has_the_terms_of_the_potentials(pairs, kind):
    mixture = ss.Mixture(pairs)
    form = mixture.form
    assert type(form) is kind and mixture.form is form
    for number, pair in enumerate(mixture.potentials):
        r = np.linspace(pair.thermal(mixture.energy_scale), pair.cutoff, 200)[:-1]
        exact = pair.terms(r)
        if kind is SplineForm:
            found = evaluate(form, number, r)
            # The largest error of these, and of its V'', which falls with the fourth power of the width.
            np.testing.assert_allclose(found, exact, rtol=1e-4, atol=1e-4)
            assert form.coefficients.shape[0] == len(form.inner) == len(mixture.potentials)
        elif kind is EvenForm:
            (n, m), (a_n, a_m, k0, k2, k4, cutoff) = form.exponents, form.coefficients[number]
            # The same sum in another order.
            value = a_n * r**-n - a_m * r ** -float(m) + k0 + k2 * r**2 + k4 * r**4
            np.testing.assert_allclose(value, exact[0], rtol=1e-11, atol=1e-11)
            assert cutoff == pair.cutoff
        elif kind is ContactForm:
            epsilon, sigma = form.coefficients[number]
            np.testing.assert_allclose(epsilon / form.exponent * (1 - r / sigma) ** form.exponent, exact[0], rtol=1e-13)


def test_the_model_is_a_mixture_whose_table_the_kernels_take():
    model = ss.Model.preset("as-printed", smoothing="switch", cutoff_per_pair=True, fraction_a=0.5)
    assert isinstance(model, ss.Mixture)
    np.testing.assert_array_equal(model.form.table, model.pair_table())
    assert (model.form.smoothing, model.species, model.dimension, model.density) == ("switch", ("A", "B"), 2, 1.2)
    assert model.fractions == (0.5, 0.5)
    assert [pair.inner_cutoff for pair in model.potentials] == model.pair_table()[:, 3].tolist()


@pytest.mark.parametrize(
    ("pair", "overlap"),
    [
        (ss.Hertzian(epsilon=2.0, sigma=1.5), 3e-7),
        (ss.LennardJones(), 2e-5),
        (ss.InversePower(n=7, cutoff=1.5), 2e-5),
        (ss.LennardJones(smoothing="quadratic"), 2e-5),
        (ss.LennardJones(smoothing="switch"), 2e-5),
    ],
)
def test_touch_is_as_stiff_as_its_force_says(pair, overlap):
    """V'' by the force alone is what it is at the distance of that force, and no more than at the depth."""
    _, slope, curvature = np.abs(pair.terms([pair.cutoff - overlap, pair.cutoff - 5e-4]).T)[0]
    mixture = ss.Mixture({(1, 1): pair})
    # V''' changes by less than a hundredth over the depth; rounding of V' leaves four digits.
    assert mixture.touch_stiffness(slope, 5e-4) == pytest.approx(curvature, rel=0.01)
    deepest = pair.terms(pair.cutoff - 5e-4)[2]
    assert mixture.touch_stiffness(1.0, 5e-4) == pytest.approx(abs(deepest), rel=1e-9)


def test_where_stiffness_jumps_touch_holds():
    assert ss.Mixture({(1, 1): ss.Harmonic()}).touch_stiffness(1e-10, 1e-3) == 0


@pytest.mark.parametrize(
    ("labels", "given", "expected"),
    [
        (("A", "B"), [0, 1, 1, 0], [0, 1, 1, 0]),
        (("A", "B"), ["B", "A", "B"], [1, 0, 1]),
        (("Zr", "Cu"), ["Cu", "Zr", "Cu"], [1, 0, 1]),
        ((3, 1), [1, 3, 3], [1, 0, 0]),
        ((1, 2), [1, 1, 1], [0, 0, 0]),
        ((1, 10, 2), [2, 10, 1, 2], [2, 1, 0, 2]),
        ((1, 2), ["2", "1"], [1, 0]),
        (("1", "0"), [1, 0, 0], [0, 1, 1]),
        (("1", "2"), ["1", "2"], [0, 1]),
        (("01", "0"), ["01", "0"], [0, 1]),
        (("A",), [0, 0], [0, 0]),
    ],
)
def test_species_are_told_by_their_labels(labels, given, expected):
    pairs = {(a, b): SOFT for k, a in enumerate(labels) for b in labels[k:]}
    found = ss.Mixture(pairs).indices(frame_of(given))
    assert found.dtype == np.int32
    assert found.tolist() == expected


def test_species_that_are_not_known_are_refused():
    model, numbered = ss.Model.preset(), ss.Mixture({(1, 1): SOFT, (1, 2): SOFT, (2, 2): SOFT})
    for given, known in (([0, 2], "species 2 .* known: A, B, or 0 to 1"), (["A", "C"], "species C"), ([-1, 0], "-1")):
        with pytest.raises(InputError, match=known):
            model.indices(frame_of(given))
    with pytest.raises(InputError, match=r"species 0 of the frame is not known; known: 1, 2$"):
        numbered.indices(frame_of([0, 1]))
    with pytest.raises(InputError, match="all species are 1, which is B; .* give species - 1, .* no A say only_b=True"):
        model.indices(frame_of([1, 1, 1]))
    assert model.indices(frame_of([1, 1], only_b=True)).tolist() == [1, 1]
    assert model.indices(frame_of(["B", "B"])).tolist() == [1, 1]
    assert len(model.indices(frame_of([]))) == 0


def test_frames_of_another_dimension_are_refused():
    flat, deep = frame_of([0, 1, 0]), ss.Frame(np.zeros((3, 3)), [0, 1, 0], ss.Box(lengths=(9.0, 9.0, 9.0)))
    for name, frame, words in (
        ("kob-andersen", deep, r"of 2 dimensions, the frame of 3; .* Mixture\(mixture.pairs\)"),
        ("kob-andersen-3d", flat, "of 3 dimensions, the frame of 2; "),
        ("falk-langer", deep, "falk-langer is of 2"),
        ("soft-spheres", deep, "the preset 'soft-spheres' takes dimension=3"),
        ("harmonic", deep, "takes dimension=3"),
    ):
        model = ss.Mixture.preset(name)
        for stage in (ss.energy_forces, ss.inherent_structure, ss.hessian, ss.AthermalShear):
            with pytest.raises(InputError, match=words):
                stage(frame, model)
        assert ss.Mixture(model.pairs).indices(frame).tolist() == [0, 1, 0]
        with pytest.raises(InputError, match=words):
            ss.Simulation.from_frame(frame, model, temperature=0.1)
    sized = frame_of([0, 0], sizes=[1.0, 1.0])
    with pytest.raises(InputError, match="takes dimension=2"):
        ss.Mixture.preset("polydisperse").indices(sized)
    assert len(ss.Mixture.preset("polydisperse", dimension=2).indices(sized)) == 2
    assert len(ss.Mixture.polydisperse(SOFT).indices(sized)) == 2


def test_a_sheet_in_space_is_refused():
    mixture, box = ss.Mixture.preset("kob-andersen-3d"), ss.Box(lengths=(9.0, 9.0, 9.0))
    for axis, name in enumerate("xyz"):
        positions = np.random.default_rng(2).uniform(0, 9, (30, 3))
        positions[:, axis] = 0.0
        with pytest.raises(InputError, match=f"all 30 particles have {name} = 0, a sheet in space; .* two dimensions"):
            ss.inherent_structure(ss.Frame(positions, np.zeros(30, int), box), mixture)
        positions[7, axis] = 1e-9
        assert not mixture.indices(ss.Frame(positions, np.zeros(30, int), box)).any()
    assert len(mixture.indices(ss.Frame(np.zeros((3, 3)), [0, 0, 1], box))) == 3


def frame_with(*counts):
    places = np.stack(np.meshgrid(*[np.arange(20)] * 2), -1).reshape(-1, 2)[: sum(counts)] + 0.1
    return ss.Frame(places, np.repeat(np.arange(len(counts)), counts), ss.Box(20.0, 20.0))


def test_swapped_species_give_a_warning():
    mixture = ss.Mixture({(a, b): SOFT for a, b in ("AA", "AB", "BB")}, fractions=(0.8, 0.2))
    with pytest.warns(UserWarning, match="18.8 % of the frame are A, and in the mixture 80 %: are A and B swapped"):
        ss.inherent_structure(frame_with(3, 13), mixture)
    with pytest.warns(UserWarning, match="55 % of the frame are A, and in falk-langer 45 %: are A and B swapped"):
        warn_of_composition(ss.Mixture.preset("falk-langer"), frame_with(55, 45), stacklevel=1)


@pytest.mark.parametrize(
    ("fractions", "counts", "words"),
    [
        ((0.65, 0.35), (400, 0), "100 % of the frame are A, and in the mixture 65 %"),
        ((0.65, 0.35), (40, 360), "10 % of the frame are A, and in the mixture 65 %"),
        ((0.65, 0.35), (228, 172), "57 % of the frame are A"),
        # Near 50:50 neither one nor the other is swapped.
        ((0.5, 0.5), (260, 140), "65 % of the frame are A"),
        ((0.4, 0.3, 0.3), (160, 240, 0), "60 % of the frame are B, and in the mixture 30 %"),
    ],
)
def test_another_composition_gives_a_warning(fractions, counts, words):
    labels = "ABC"[: len(fractions)]
    pairs = {(a, b): SOFT for a in labels for b in labels if a <= b}
    with pytest.warns(UserWarning, match=f"Mixture: {words}.*is each type its own species"):
        ss.inherent_structure(frame_with(*counts), ss.Mixture(pairs, fractions=fractions))


@pytest.mark.parametrize("counts", [(320, 80), (302, 98), (9, 7), (4, 0), (1, 2), (16, 9)])
def test_a_composition_that_may_be_chance_gives_no_warning(counts):
    """Within a few percent, or three standard deviations of what is drawn particle by particle."""
    pairs = {(a, b): SOFT for a, b in ("AA", "AB", "BB")}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ss.inherent_structure(frame_with(*counts), ss.Mixture(pairs, fractions=(0.8, 0.2)))
        # A mixture that does not know its fractions is of any.
        ss.inherent_structure(frame_with(*counts), ss.Mixture(pairs))


def test_sizes_make_the_lengths_of_pairs():
    mixture = ss.Mixture.polydisperse(SOFT, non_additivity=0.2)
    assert (mixture.non_additivity, mixture.species, len(mixture.potentials)) == (0.2, ("A",), 1)
    one, other = np.array([1.0, 0.8]), np.array([1.0, 1.2])
    np.testing.assert_allclose(mixture.sizes.pair(one, other), [1.0, 1 - 0.2 * 0.4], rtol=1e-15)
    assert isinstance(mixture.form, EvenForm)
    frame = frame_of(["x", "y", "x"], sizes=[0.8, 1.0, 1.2])
    assert mixture.indices(frame).tolist() == [0, 0, 0]
    assert mixture.sizes_of(frame).tolist() == mixture.diameters_of(frame).tolist() == [0.8, 1.0, 1.2]
    # The kernels that know sizes take the constants from here.
    assert isinstance(ss.Mixture.polydisperse(ss.LennardJones()).form, EvenForm)
    assert isinstance(ss.Mixture.polydisperse(ss.LennardJones(smoothing="switch")).form, SplineForm)


def test_sizes_that_do_not_fit_are_refused():
    mixture = ss.Mixture.polydisperse(SOFT, non_additivity=0.5)
    with pytest.raises(InputError, match="each particle needs a size"):
        mixture.sizes_of(frame_of([0, 0]))
    with pytest.raises(InputError, match="sizes from 1 to 3 make no positive σ_ij .* differ by less than 2"):
        mixture.sizes_of(frame_of([0, 0], sizes=[1.0, 3.0]))
    with pytest.raises(InputError, match="sizes, which mean nothing in this mixture"):
        ss.Model.preset().sizes_of(frame_of([0, 1], sizes=[1.0, 1.0]))
    assert ss.Model.preset().sizes_of(frame_of([0, 1])) is None


@examples(st.integers(0, 3000), st.floats(1.01, 5.0))
def test_random_starts_have_the_sizes_of_the_distribution(particles, ratio):
    mixture = ss.Mixture.polydisperse(SOFT, smallest=1.0, largest=ratio)
    sizes = mixture.draw_sizes(np.random.default_rng(particles), particles)
    assert len(sizes) == particles and ((sizes >= 1) & (sizes <= ratio)).all()
    if particles > 1000:
        # Quantiles in the middle of equal parts: means of P(σ) ∝ σ⁻³ to the square of a part. 2 ratio/(1 + ratio), and
        # of the square 2 ln(ratio)/(1 − ratio⁻²).
        assert sizes.mean() == pytest.approx(2 * ratio / (1 + ratio), rel=1e-4)
        assert (sizes**2).mean() == pytest.approx(2 * np.log(ratio) / (1 - ratio**-2), rel=1e-3)
        assert not (np.diff(sizes) > 0).all()


@examples(st.integers(0, 10_000), st.floats(0, 1))
def test_species_are_counted_as_ever(particles, fraction):
    assert ss.Model.preset(fraction_a=fraction).counts(particles)[0] == round(fraction * particles)


def test_counts_sum_up():
    mixture = ss.Mixture(TERNARY, fractions=(1 / 3, 1 / 3, 1 / 3))
    assert mixture.counts(100) == (33, 34, 33)
    with pytest.raises(InputError, match="fractions of the species are not known"):
        ss.Mixture(TERNARY).counts(10)
    with pytest.raises(InputError, match="no distribution of sizes is known"):
        ss.Mixture.polydisperse(SOFT).draw_sizes(np.random.default_rng(1), 10)
    assert ss.Mixture(TERNARY).draw_sizes(np.random.default_rng(1), 10) is None


def test_what_jumps_is_said():
    pairs = {("A", "A"): ss.LennardJones(smoothing="none"), ("A", "B"): ss.WCA(), ("B", "B"): ss.Harmonic()}
    with pytest.warns(
        UserWarning, match="V and the force jump at the cutoff of A A: energy is not conserved"
    ) as caught:
        mixture = ss.Mixture(pairs)
    assert len(caught) == 1 and caught[0].filename == __file__
    assert "V and the force jump at the cutoff of A A" in repr(mixture)
    with pytest.warns(UserWarning, match="the force jumps at the cutoff of A A"):
        ss.Mixture.polydisperse(ss.LennardJones(smoothing="shifted"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ss.Mixture(pairs | {("A", "A"): ss.LennardJones(smoothing="shifted-force")})


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ss.Mixture({}), "pairs are {}; a dict"),
        (lambda: ss.Mixture({"AA": SOFT}), "'AA' is no pair of species"),
        (lambda: ss.Mixture({("A", 1.5): SOFT}), "no pair of species; two strings or whole numbers"),
        (lambda: ss.Mixture({("A", "A"): 1.0}), "between A and A is a float; a PairPotential is needed"),
        (lambda: ss.Mixture({("A", "A"): SOFT, ("A", "B"): SOFT}), "the pair B B has no potential"),
        (lambda: ss.Mixture({("A", "A"): SOFT, ("B", "B"): SOFT}), "the pair A B has no potential"),
        (
            lambda: ss.Mixture({("A", "A"): SOFT, ("A", "B"): SOFT, ("B", "A"): SOFT}),
            "the pair B A has two potentials",
        ),
        (
            lambda: ss.Mixture({("1", "1"): SOFT, ("1", 1): SOFT, (1, 1): SOFT}),
            "the pair 1 1 has two potentials",
        ),
        (lambda: ss.Mixture(TERNARY, fractions=(0.5, 0.5)), r"fractions have shape \(2,\); \(3,\) is needed"),
        (lambda: ss.Mixture(TERNARY, fractions=(0.5, 0.5, 0.5)), r"fractions are \[0.5, 0.5, 0.5\]; parts of 1"),
        (lambda: ss.Mixture(TERNARY, fractions=(1.5, -0.5, 0.0)), "parts of 1 that sum to 1"),
        (lambda: ss.Mixture(TERNARY, density=0), "density is 0"),
        (lambda: ss.Mixture(TERNARY, dimension=4), "dimension is 4; allowed: 2, 3"),
        (lambda: ss.Mixture(TERNARY, sizes=ss.Sizes()), "3 species, A, B, C, and sizes"),
        (lambda: ss.Mixture(TERNARY, sizes=0.2), "sizes is a float; a Sizes is needed"),
        (lambda: ss.Mixture.polydisperse(SOFT, non_additivity=-0.1), "non_additivity is -0.1; it must be 0 or more"),
        (lambda: ss.Mixture.polydisperse(SOFT, 0.5, smallest=1, largest=3.5), "make no positive σ_ij"),
        (lambda: ss.Mixture.polydisperse(SOFT, smallest=1.0), "smallest and largest are given together"),
        (lambda: ss.Mixture.polydisperse(SOFT, smallest=2.0, largest=1.0), "the smallest is 2, and the largest 1"),
        (lambda: ss.Mixture.preset("kob"), "'kob'; allowed: kob-andersen, as-printed, kob-andersen-3d"),
        (lambda: ss.Mixture.preset("wahnstrom", sigma=1), "'wahnstrom' has no 'sigma'; it has smoothing, density"),
        (lambda: ss.Mixture.preset("kob-andersen", density=1), "no 'density'; it has epsilon, sigma, smoothing"),
        (lambda: ss.Mixture.preset("hertzian", dimension=4), "dimension is 4; allowed: 2, 3"),
    ],
)
def test_mixtures_refuse(make, message):
    with pytest.raises(InputError, match=message):
        make()


def test_mixtures_are_values():
    one, same = (ss.Mixture(dict(TERNARY), density=1.0) for _ in range(2))
    assert one == same and hash(one) == hash(same) and one != ss.Mixture(TERNARY)
    assert one != ss.Model.preset() != one
    copy = pickle.loads(pickle.dumps(one))
    assert copy == one
    np.testing.assert_array_equal(copy.form.table, one.form.table)
    with pytest.raises(AttributeError, match="cannot be changed; make another one, with another density"):
        one.density = 2.0


def test_reprs_are_a_line():
    assert repr(ss.Mixture(TERNARY)) == "Mixture(LennardJones, cutoff 2 to 3, species A B C)"
    assert repr(ss.Mixture.preset("polydisperse")) == (
        "Mixture('polydisperse', InversePower, cutoff 1.25 σ_ij, sizes, non-additivity 0.2, 3D)"
    )
    assert repr(ss.Mixture.preset("kob-andersen-3d")) == (
        "Mixture('kob-andersen-3d', LennardJones, cutoff 2 to 2.5, 80 % A, 20 % B, 3D)"
    )


def test_a_dimension_is_a_whole_number():
    dimension = ss.Mixture({("A", "A"): ss.WCA()}, dimension=2.0).dimension
    assert dimension == 2 and type(dimension) is int
