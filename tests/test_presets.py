"""Presets: the numbers of their sources, and that they come back from a TOML file."""

import pickle

import numpy as np
import pytest

import softspots as ss
from softspots.model.presets import MIXTURES

# What a reader of the source would look up: σ and ε of AA, AB, BB, cutoffs, fraction of A, dimension, density.
KNOWN = {
    "kob-andersen-3d": ((1, 0.8, 0.88), (1, 1.5, 0.5), (2.5, 2.0, 2.2), 0.8, 3, 1.2),
    "falk-langer": ((1.1755705, 1, 0.6180340), (0.5, 1, 0.5), (2.5, 2.5, 2.5), 0.45, 2, 1.024346),
    "wahnstrom": ((1, 0.9166667, 0.8333333), (1, 1, 1), (2.5, 2.291667, 2.083333), 0.5, 3, None),
    "soft-spheres": ((1, 1.18, 1.4), (1, 1, 1), (1.48, 1.7464, 2.072), 0.5, 2, 0.86),
    "soft-spheres-12": ((1, 1.2, 1.4), (1, 1, 1), (2.5, 2.5, 2.5), 0.5, 3, 0.534188),
    "harmonic": ((1, 1.2, 1.4), (1, 1, 1), (1, 1.2, 1.4), 0.5, 2, 0.774267),
    "hertzian": ((1, 1.2, 1.4), (1, 1, 1), (1, 1.2, 1.4), 0.5, 2, 0.774267),
}


@pytest.mark.parametrize("name", KNOWN)
def test_presets_are_those_of_their_sources(name):
    mixture = ss.Mixture.preset(name)
    sigma, epsilon, cutoff, fraction, dimension, density = KNOWN[name]
    # The digits above.
    for found, known in zip(("sigma", "epsilon", "cutoff"), (sigma, epsilon, cutoff), strict=True):
        assert [getattr(pair, found) for pair in mixture.potentials] == pytest.approx(known, rel=1e-6)
    assert (mixture.fractions[0], mixture.dimension) == (fraction, dimension)
    assert mixture.density == (density and pytest.approx(density, rel=1e-5))
    assert mixture.name == name


def test_the_polydisperse_preset_is_that_of_its_source():
    flat, mixture = ss.Mixture.preset("polydisperse", dimension=2), ss.Mixture.preset("polydisperse")
    assert (flat.dimension, mixture.dimension, mixture.density, mixture.non_additivity) == (2, 3, 1.0, 0.2)
    # σ from 0.73 to 1.61, whose mean is one and whose standard deviation is 23 % of it.
    sizes = mixture.draw_sizes(np.random.default_rng(1), 100_000)
    assert (sizes.min(), sizes.max()) == pytest.approx((0.7253, 1.6095), rel=1e-3)
    assert (sizes.mean(), sizes.std()) == pytest.approx((1.0, 0.23), rel=0.02)
    (pair,) = mixture.potentials
    assert (pair.n, pair.cutoff, pair.smooth) == (12, 1.25, 3)


def test_packings_are_as_dense_as_they_say():
    for dimension, ball in ((2, np.pi / 4), (3, np.pi / 6)):
        mixture = ss.Mixture.preset("harmonic", dimension=dimension, packing_fraction=0.8)
        volume = ball * (1 + 1.4**dimension) / 2
        assert mixture.density * volume == pytest.approx(0.8, rel=1e-12)


@pytest.mark.parametrize("name", MIXTURES)
def test_presets_come_back_from_their_tables(name):
    mixture = ss.Mixture.preset(name)
    found = ss.Mixture.from_table(mixture.as_table())
    assert found == mixture and repr(found) == repr(mixture)
    assert found.form is not None
    assert ss.Mixture.from_table({"preset": name}) == mixture
    assert pickle.loads(pickle.dumps(mixture)) == mixture
    # No value of another kind than TOML has.
    kinds = (str, int, float, bool, list, dict)
    assert all(type(value) in kinds for value in mixture.as_table().values())


def test_the_papers_mixtures_with_other_ends():
    with pytest.warns(UserWarning, match="jump at the cutoff"):
        plain = ss.Mixture.preset("kob-andersen", smoothing="none", cutoff_per_pair=True)
    pairs = {"".join(key): pair for key, pair in plain.pairs.items()}
    assert {key: pair.cutoff for key, pair in pairs.items()} == {"AA": 2.5, "AB": 2.0, "BB": 2.2}
    # 4 ε (x⁻¹² − x⁻⁶) at r = 1.
    assert pairs["BB"].terms(1.0)[0] == pytest.approx(4 * 0.5 * (0.88**12 - 0.88**6), rel=1e-14)
    even = ss.Mixture.preset("kob-andersen")
    assert (plain.name, plain.fractions, plain.density) == ("kob-andersen", even.fractions, 1.2)
