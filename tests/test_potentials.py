"""Pair potentials: derivatives against central differences, their ends, the splines of them, and what is refused."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import pair_potential

import softspots as ss
from softspots.exceptions import InputError
from softspots.model.pair import BEYOND, THERMAL
from softspots.model.spline import TARGET, edges, evaluate, spline_form

ENDS = {"even": 3, "quadratic": 3, "switch": 3, "shifted-force": 2, "shifted": 1, "none": 0}
LENGTH, ENERGY = st.floats(0.5, 2.0), st.floats(0.1, 10.0)
ANY_END = st.sampled_from(["even", "shifted-force", "shifted", "none"])


def cut(kind, low, high, **parameters):
    """Potentials whose cutoff is between so many lengths of their own."""
    length = "r0" if kind is ss.Morse else "sigma"
    own = st.fixed_dictionaries({"epsilon": ENERGY, length: LENGTH} | parameters)
    return st.builds(
        lambda numbers, ratio, smoothing: kind(**numbers, cutoff=ratio * numbers[length], smoothing=smoothing),
        own,
        st.floats(low, high),
        st.sampled_from(list(ENDS)) if kind is ss.LennardJones else ANY_END,
    )


KINDS = {
    "lennard-jones": cut(ss.LennardJones, 1.5, 4.0),
    "inverse-power": cut(ss.InversePower, 1.2, 2.5, n=st.one_of(st.integers(4, 36), st.floats(3.5, 20.0))),
    "mie": cut(ss.Mie, 1.5, 4.0, n=st.integers(9, 24), m=st.integers(3, 8)),
    "wca": st.builds(ss.WCA, epsilon=ENERGY, sigma=LENGTH),
    "harmonic": st.builds(ss.Harmonic, epsilon=ENERGY, sigma=LENGTH),
    "hertzian": st.builds(ss.Hertzian, epsilon=ENERGY, sigma=LENGTH),
    "morse": cut(ss.Morse, 1.8, 3.0, alpha=st.floats(2.0, 8.0)),
    "yukawa": cut(ss.Yukawa, 2.0, 5.0, kappa=st.floats(0.5, 4.0)),
}
ONE_OF_EACH = [
    *(ss.LennardJones(epsilon=1.3, sigma=0.9, smoothing=smoothing) for smoothing in ENDS),
    ss.InversePower(n=10, cutoff=1.48),
    ss.InversePower(n=12, cutoff=1.25),
    ss.InversePower(n=9.5, cutoff=2.0, smoothing="shifted-force"),
    ss.Mie(n=14, m=7, cutoff=2.5),
    ss.Mie(n=18, m=6, cutoff=2.2, sigma=1.4),
    ss.WCA(sigma=1.2),
    ss.Harmonic(),
    ss.Hertzian(epsilon=3.0),
    ss.Morse(alpha=6.0, cutoff=2.5),
    ss.Yukawa(kappa=2.0, cutoff=4.0),
]


@pytest.fixture(params=ONE_OF_EACH, ids=repr)
def pair(request):
    return request.param


@settings(max_examples=25)
@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
def test_derivatives_are_those_of_the_energy(kind, data):
    pair = data.draw(KINDS[kind])
    r = data.draw(st.floats(max(pair.where(50.0), 0.2 * pair.cutoff), 0.9999 * pair.cutoff))
    step = 1e-5 * r
    low, here, high = pair.terms([r - step, r, r + step]).T
    # Of second order: (38 step/r)²/6 of a power is 2e-8 at most. Rounding of V over the step is 1e-11 of it.
    size = np.abs(pair.terms(r)) + pair.epsilon / pair.cutoff ** np.arange(3)
    if pair.kind == "hertzian":
        # Its derivatives grow towards contact, of order k as the overlap to 5/2 − k.
        size *= 10
    for order in (1, 2):
        found = (high - low)[order - 1] / (2 * step)
        assert abs(found - here[order]) < 1e-7 * (size[order] + size[order - 1] / pair.cutoff)


@settings(max_examples=25)
@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
def test_what_a_potential_promises_of_its_end_holds(kind, data):
    pair = data.draw(KINDS[kind])
    promised = {"wca": 2, "harmonic": 2, "hertzian": 3}.get(kind) or ENDS[pair.smoothing]
    near, beyond = pair.terms(pair.cutoff * (1 - 1e-6)), pair.terms([pair.cutoff, pair.cutoff * 1.5])
    assert (beyond == 0).all()
    assert pair.smooth >= promised
    if getattr(pair, "smoothing", "") in ("none", "shifted", "shifted-force"):
        # What is too small to be seen, as far out, ends smoothly in any way.
        left = np.abs(pair.bare(np.array(pair.cutoff)))[promised] * pair.cutoff**promised
        assert pair.smooth == promised or left < 1e-6 * pair.epsilon
    else:
        assert pair.smooth == promised
    # The gap of 1e-6 times the next derivative, which is some hundreds of what it is further in, in the cutoff's units;
    # for Hertzian spheres the root of the gap.
    units = pair.cutoff ** np.arange(3)
    scale = max(np.abs(pair.terms(0.8 * pair.cutoff) * units).max(), pair.epsilon)
    assert (np.abs(near * units)[:promised] < (1e-2 if kind == "hertzian" else 1e-3) * scale).all()


@pytest.mark.parametrize("smoothing", ["even", "quadratic", "switch"])
def test_lennard_jones_is_that_of_the_model(smoothing):
    model = ss.Model.preset(smoothing=smoothing, cutoff_per_pair=True)
    for number, pair in enumerate(model.potentials):
        r = np.linspace(0.75, 1.05, 40) * pair.cutoff
        r = np.concatenate((r, np.linspace(0.8, 1.2, 20)))
        # The constants are differences of terms of order one; 1 + |.| is their scale.
        np.testing.assert_allclose(pair.terms(r), pair_potential(model, number, r), rtol=1e-12, atol=1e-12)


def test_known_values():
    # By hand: rounding of terms of up to 624 at most.
    kwargs = {"rtol": 1e-13, "atol": 1e-14}
    np.testing.assert_allclose(ss.LennardJones(smoothing="none").terms(1.0), (0, -24, 456), **kwargs)
    well = 2 ** (1 / 6)
    np.testing.assert_allclose(
        ss.Mie(cutoff=3, smoothing="none").terms(well), (-1, 0, 72 / well**2), rtol=0, atol=1e-12
    )
    np.testing.assert_allclose(ss.WCA(epsilon=2).terms(1.0), (2, -48, 912), **kwargs)
    np.testing.assert_allclose(ss.Harmonic(epsilon=2, sigma=2).terms(1.0), (0.25, -0.5, 0.5), **kwargs)
    np.testing.assert_allclose(
        ss.Hertzian(sigma=2).terms(1.0), (0.4 / 32**0.5, -(0.125**0.5) / 2, 0.375 / 2**0.5), **kwargs
    )
    np.testing.assert_allclose(ss.InversePower(n=10, cutoff=3, smoothing="none").terms(1.0), (1, -10, 110), **kwargs)
    morse = ss.Morse(epsilon=2, alpha=3, cutoff=4, smoothing="none")
    np.testing.assert_allclose(morse.terms(1.0), (-2, 0, 36), **kwargs)
    yukawa = ss.Yukawa(epsilon=np.e, kappa=1, cutoff=4, smoothing="none")
    np.testing.assert_allclose(yukawa.terms(1.0), (1, -2, 5), **kwargs)
    # Ninarello, Berthier and Coslovich (2017): c0, c2, c4 of r^-12 at a cutoff x are -28/x^12, 48/x^14, -21/x^16.
    soft = ss.InversePower(n=12, cutoff=1.25)
    np.testing.assert_allclose(soft.added, (-28 / 1.25**12, 0, 48 / 1.25**14, 0, -21 / 1.25**16), rtol=1e-13)


def test_a_spline_follows_its_potential_as_closely_as_it_says(pair):
    form = spline_form([pair])
    inner, cutoff, thermal = form.inner[0], form.cutoff[0], pair.thermal(pair.epsilon)
    # What bends too sharply is followed less closely: at contact, at the inner cutoff of a switch. Where V does not
    # grow towards r = 0, its rounding is what is left.
    bent = pair.kind in ("harmonic", "hertzian") or getattr(pair, "smoothing", "") == "switch"
    assert form.error <= (2e-6 if bent else TARGET)
    assert bent or form.stiffness_error <= 1e-7
    # Elsewhere than where the error has been looked for; another 30 %.
    r = np.sqrt(np.random.default_rng(1).uniform(thermal**2, cutoff**2, 20_000))
    exact, found = pair.inside(r), evaluate(form, 0, r)
    size = np.maximum(np.abs(exact[1]), np.median(np.abs(pair.inside(np.linspace(inner, cutoff, 2000))[1])) / 3)
    assert (np.abs(found - exact)[1] < 4 * form.error * size).all()
    # From the wall on, which no thermal configuration reaches.
    wall = np.linspace(inner, cutoff, 5000)[:-1]
    np.testing.assert_allclose(evaluate(form, 0, wall)[0], pair.inside(wall)[0], rtol=1e-6, atol=1e-6 * pair.epsilon)


def test_a_spline_is_continuous_up_to_the_curvature(pair):
    form = spline_form([pair])
    inner, coefficients = form.inner[0], form.coefficients[0][1:]
    # V and its derivatives in the fraction t, at the end of each interval and the start of the next.
    powers = np.arange(6)
    ends = [(np.prod([powers - k for k in range(order)], axis=0) * coefficients).sum(axis=1) for order in range(3)]
    starts = [coefficients[:, 0], coefficients[:, 1], 2 * coefficients[:, 2]]
    # Widths double after each power of two.
    width = 2.0 ** np.ceil(np.log2(edges(form.least[0], form.digits)[1:]))
    for order, (end, start) in enumerate(zip(ends, starts, strict=True)):
        # Rounding of a sum of six terms.
        np.testing.assert_allclose(
            (end / width**order)[:-1], (start / width**order)[1:], rtol=1e-9, atol=1e-13 * np.abs(coefficients).max()
        )
    before, after = (evaluate(form, 0, np.array([inner * (1 + side)])) for side in (-1e-9, 1e-9))
    # V'' to the rounding of V in the narrowest of intervals, where V does not grow.
    np.testing.assert_allclose(before, after, rtol=1e-6, atol=1e-4 * pair.epsilon)
    assert np.isfinite(evaluate(form, 0, np.linspace(1e-9, inner, 50))).all()


def test_a_spline_begins_where_no_thermal_configuration_comes():
    soft = ss.InversePower(epsilon=2.0, n=10, cutoff=1.48)
    # To the 0.2 % of the search, times the exponent.
    assert soft.terms(soft.inner(3.0))[0] == pytest.approx(3.0 * BEYOND, rel=0.02)
    assert soft.terms(soft.thermal(3.0))[0] == pytest.approx(3.0 * THERMAL, rel=0.02)
    assert ss.Harmonic(sigma=2.0).inner(1.0) == pytest.approx(2 / 4096)


def test_potentials_of_a_spline_share_its_intervals():
    form = spline_form([ss.Morse(alpha=6.0, cutoff=2.5), ss.WCA(), ss.Yukawa(kappa=1.0, cutoff=3.0)])
    assert form.coefficients.shape[::2] == (3, 6)
    np.testing.assert_array_equal(form.cutoff, [2.5, 2 ** (1 / 6), 3.0])


def test_the_sizes_of_potentials_are_for_pictures():
    assert ss.Morse(alpha=6.0, cutoff=2.5).diameter == pytest.approx(1 - np.log(2) / 6, abs=2e-3)
    assert ss.Harmonic(sigma=1.4).diameter == 1.4
    table = ss.Tabulated.from_function(ss.InversePower(n=10, cutoff=1.48).terms, 0.6, 1.48)
    # Repulsive as far as it goes.
    assert 1.4 < table.diameter <= 1.48


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ss.LennardJones(epsilon=0), "LennardJones: epsilon is 0; it must be a positive finite number"),
        (lambda: ss.LennardJones(epsilon=True), "LennardJones: epsilon is True; a number is needed"),
        (lambda: ss.LennardJones(epsilon=1e-300), "epsilon is 1e-300 and sigma 1; .* is no number to compute with"),
        (lambda: ss.LennardJones(sigma=-1.0), "LennardJones: sigma is -1.0"),
        (lambda: ss.LennardJones(cutoff=0.0), "LennardJones: cutoff is 0.0"),
        (lambda: ss.LennardJones(cutoff=np.inf), "LennardJones: cutoff is inf"),
        (lambda: ss.LennardJones(smoothing="soft"), "smoothing is 'soft'; allowed: even, quadratic, switch, none"),
        (lambda: ss.LennardJones(inner_cutoff=2.0), "inner_cutoff is 2.0, which only the smoothing 'switch' has"),
        (lambda: ss.LennardJones(smoothing="switch", inner_cutoff=2.5), "must lie below the cutoff 2.5"),
        (lambda: ss.InversePower(n=-2, cutoff=1.5), "InversePower: n is -2"),
        (lambda: ss.InversePower(cutoff=1.5, smoothing="switch"), "allowed: even, none, shifted, shifted-force"),
        (lambda: ss.Mie(n=6, m=6, cutoff=2.5), "n = 6 and m = 6; n must be the larger one"),
        (lambda: ss.WCA(epsilon=np.nan), "WCA: epsilon is nan"),
        (lambda: ss.Hertzian(sigma="1"), "Hertzian: sigma is '1'"),
        (lambda: ss.Morse(alpha=0.0, cutoff=2.0), "Morse: alpha is 0.0"),
        (lambda: ss.Yukawa(kappa=-1.0, cutoff=2.0), "Yukawa: kappa is -1.0"),
        (lambda: ss.Harmonic().terms([0.5, 0.0]), "Harmonic: distances must be positive; 0.0 is among them"),
        (lambda: ss.Harmonic().terms([0.5, np.nan]), "distances must be positive; nan is among them"),
    ],
)
def test_potentials_refuse(make, message):
    with pytest.raises(InputError, match=message):
        make()


def test_a_potential_with_a_pole_or_a_step_has_no_spline():
    def pole(r):
        return 1 / (r - 1.0123456), -1 / (r - 1.0123456) ** 2, 2 / (r - 1.0123456) ** 3

    with pytest.raises(InputError, match="is there a step or a pole between 0.8 and the cutoff 2"):
        spline_form([ss.Tabulated.from_function(pole, 0.8, 2.0)])

    def step(r):
        return np.where(r < 1.2345, 2.0 - r, 1.0 - r), -np.ones_like(r), np.zeros_like(r)

    # The force is all that a minimum sees; it is checked where the function is looked at.
    with pytest.raises(InputError, match=r"intervals follow its force to .* only|the function gives"):
        spline_form([ss.Tabulated.from_function(step, 0.8, 2.0)])


def test_potentials_are_values():
    one = ss.Morse(alpha=6.0, cutoff=2.5)
    assert replace(one, cutoff=2.0) != one == ss.Morse(alpha=6, cutoff=2.5, epsilon=1)
    assert hash(one) == hash(ss.Morse(alpha=6.0, cutoff=2.5))
    with pytest.raises(AttributeError):
        one.cutoff = 3.0
