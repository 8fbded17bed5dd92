"""Strategies for glasses of all kinds: mixtures of any potentials, species and sizes, and frames of them."""

import warnings
from itertools import combinations_with_replacement

import numpy as np
from hypothesis import assume
from hypothesis import strategies as st
from strategies import seeds, tilts

import softspots as ss

LABELS = (("A", "B", "C", "D"), ("Zr", "Cu", "10", "Ni"), (1, 2, 3, 4), (7, 0, -3, 10**9))
ENDS = ("even", "shifted-force", "shifted", "none")
LENNARD_JONES_ENDS = (*ENDS, "quadratic", "switch")
# Of few lengths, so that frames of some ten particles have neighbours in boxes that are wide enough.
LENGTH, ENERGY = st.floats(0.7, 1.2), st.sampled_from([1.0, 0.5, 1.5]) | st.floats(1e-3, 1e3)


def tabulated(potential, points, smoothing):
    """The same in arrays."""
    r = np.linspace(0.5 * potential.cutoff, potential.cutoff, points)
    value, slope, _ = potential.inside(r)
    with warnings.catch_warnings():
        # Of few points.
        warnings.filterwarnings("ignore", "Tabulated: energies and forces do not quite fit")
        return ss.Tabulated(r, value, -slope, smoothing=smoothing, epsilon=potential.epsilon)


def cut(kind, low, high, ends=ENDS, length="sigma", **parameters):
    """Potentials whose cutoff is between so many lengths of their own."""
    return st.builds(
        lambda own, ratio, smoothing: kind(**own, cutoff=ratio * own[length], smoothing=smoothing),
        st.fixed_dictionaries({"epsilon": ENERGY, length: LENGTH} | parameters),
        st.floats(low, high),
        st.just("even") | st.sampled_from(ends),
    )


EXPONENTS = st.sampled_from([10, 12]) | st.integers(4, 24) | st.floats(4.0, 20.0)
KINDS = {
    "lennard-jones": cut(ss.LennardJones, 0.9, 2.0, LENNARD_JONES_ENDS),
    "inverse-power": cut(ss.InversePower, 1.1, 1.9, n=EXPONENTS),
    "mie": cut(ss.Mie, 1.2, 2.0, n=st.sampled_from([14, 13.5, 36]), m=st.sampled_from([6, 7, 8])),
    "wca": st.builds(ss.WCA, epsilon=ENERGY, sigma=LENGTH),
    "harmonic": st.builds(ss.Harmonic, epsilon=ENERGY, sigma=st.floats(0.7, 1.6)),
    "hertzian": st.builds(ss.Hertzian, epsilon=ENERGY, sigma=st.floats(0.7, 1.6)),
    "morse": cut(ss.Morse, 1.4, 2.0, length="r0", alpha=st.floats(2.0, 8.0)),
    "yukawa": cut(ss.Yukawa, 1.2, 2.0, kappa=st.floats(0.5, 4.0)),
}
KINDS["tabulated"] = st.builds(
    tabulated, KINDS["lennard-jones"] | KINDS["morse"], st.integers(30, 200), st.sampled_from(ENDS)
)


@st.composite
def mixtures(draw, dimension):
    """One species or several, of one kind of potential or several, or particles with sizes."""
    names = st.sampled_from(tuple(KINDS))
    own = {"dimension": dimension, "density": 1.0}
    if draw(st.integers(0, 3)) == 0:
        smallest = draw(st.floats(0.6, 1.0))
        limits = {"smallest": smallest, "largest": smallest * draw(st.floats(1.0, 2.0))}
        return ss.Mixture.polydisperse(draw(KINDS[draw(names)]), draw(st.sampled_from([0.0, 0.2])), **limits, **own)
    species = draw(st.sampled_from(LABELS))[: draw(st.integers(1, 4))]
    one, many = draw(names), draw(st.integers(0, 2)) == 0
    pairs = {pair: draw(KINDS[draw(names) if many else one]) for pair in combinations_with_replacement(species, 2)}
    return ss.Mixture(pairs, fractions=[1 / len(species)] * len(species), **own)


@st.composite
def glasses(draw, least=2, most=30, closest=0.0, margin=1.001):
    """A mixture and a frame that it knows, in a box of any tilt; ``closest`` keeps particles apart, in σ_AA."""
    dimension = draw(st.sampled_from([2, 3]))
    mixture, count = draw(mixtures(dimension)), draw(st.integers(least, most))
    random = np.random.default_rng(draw(seeds()))
    sizes = mixture.draw_sizes(random, count)
    reach = mixture.largest_cutoff * (1.0 if sizes is None else sizes.max())
    lengths = [2 * reach * draw(st.floats(margin, margin + 1.0)) for _ in range(dimension)]
    along = lengths[:1] if dimension == 2 else [lengths[0], lengths[0], lengths[1]]
    box = ss.Box(lengths=lengths, tilts=[draw(tilts()) * length for length in along])
    side = int(np.ceil(count ** (1 / dimension)))
    cells = np.indices((side,) * dimension).reshape(dimension, -1).T[:count]
    shaken = 0.5 if closest == 0 else 0.15
    places = (cells + random.uniform(-shaken, shaken, cells.shape)) / side
    assume(min(lengths) / side * (1 - 2 * shaken) >= closest)
    positions = (places + draw(st.sampled_from([0, 0, 1, 20])) * random.integers(-1, 2, places.shape)) @ box.vectors
    labels = np.array(mixture.species)[random.integers(0, len(mixture.species), count)]
    return mixture, ss.Frame(positions, labels, box, sizes=sizes, only_b=True)
