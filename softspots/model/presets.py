"""Mixtures of the literature, each with its source; what a source does not say, or cannot be checked, is not here.

Potentials end smoothly in V'' here unless said otherwise, whatever the source did: modes and certificates need that.
Masses are all one. Species A comes first. `Mixture.preset` takes these names, and the parameters of the functions.
Temperatures are those of a glass, well below where the dynamics becomes slow, and of a liquid that flows within a few
τ. They are ours where no source is named.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from inspect import signature
from typing import Any

import numpy as np

from softspots.arrays import one_of, positive_number
from softspots.exceptions import InputError
from softspots.model.binary import SMOOTHINGS, Model
from softspots.model.contact import Harmonic, Hertzian
from softspots.model.mixture import Mixture
from softspots.model.powers import InversePower, LennardJones
from softspots.reasons import meant

# Volumes of balls of diameter one, for densities of packings.
BALL = {2: np.pi / 4, 3: np.pi / 6}


def make(name: str, changes: Mapping[str, Any]) -> Mixture:
    """The preset ``name`` with the parameters in ``changes``.

    Raises
    ------
    InputError
        If there is no such preset, or it has no such parameter.
    """
    allowed = parameters_of(name)
    if unknown := next((key for key in changes if key not in allowed), None):
        question = meant(unknown, allowed)
        raise InputError(f"Mixture: the preset {name!r} has no {unknown!r}; it has {', '.join(allowed)}{question}")
    preset = MIXTURES[name]
    if not isinstance(preset, str):
        return preset(**changes)
    if changes.get("smoothing") in set(LennardJones.smoothings) - {*SMOOTHINGS}:
        return _of_paper(preset, **changes)
    return Model.preset(preset, **changes)


def parameters_of(name: str) -> dict[str, Any]:
    """The parameters of the preset ``name`` with their defaults; where there is none, `inspect.Parameter.empty`.

    Raises
    ------
    InputError
        If there is no such preset.
    """
    preset = MIXTURES[one_of("Mixture: preset", name, MIXTURES)]
    found = signature(Model if isinstance(preset, str) else preset).parameters
    return {key: parameter.default for key, parameter in found.items()}


def kob_andersen_3d(smoothing: str = "even", density: float = 1.2) -> Mixture:
    """The Kob–Andersen mixture in three dimensions, 80:20, cut off at 2.5 σ_ab.

    Kob and Andersen, Phys. Rev. Lett. 73, 1376 (1994), cut off and shifted there. The dynamics becomes slow at
    T = 1 (Pedersen, Schrøder and Dyre, Phys. Rev. Lett. 120, 165501 (2018)); simulations begin at twice that. In
    equilibrium below 0.4 it crystallises (Coslovich, Ozawa and Kob, Eur. Phys. J. E 41, 62 (2018)): a glass at half of
    that does not find its way there.
    """
    return _lennard_jones(
        (1.0, 1.5, 0.5),
        (1.0, 0.8, 0.88),
        smoothing,
        name="kob-andersen-3d",
        dimension=3,
        density=density,
        fractions=(0.8, 0.2),
        temperatures=(0.2, 2.0),
    )


def falk_langer(smoothing: str = "even", density: float = 100 / 9.88045**2, cutoff: float = 2.5) -> Mixture:
    """The binary mixture of Falk and Langer in two dimensions; A is large, B is small. One cutoff for all pairs.

    Falk and Langer, Phys. Rev. E 57, 7192 (1998): σ = 2 sin(π/5), 1, 2 sin(π/10) and ε = ½, 1, ½ of the pairs
    large–large, large–small, small–small; lengths are in σ_AB. Composition and density are those of later studies of
    plasticity (Bamer, Ebrahem, Markert and Stamm, Arch. Comput. Methods Eng. 30, 2105 (2023), by the configurations of
    their JuMol).
    """
    sigma = (2 * np.sin(np.pi / 5), 1.0, 2 * np.sin(np.pi / 10))
    return _lennard_jones(
        (0.5, 1.0, 0.5),
        sigma,
        smoothing,
        cutoffs=(cutoff,) * 3,
        name="falk-langer",
        dimension=2,
        density=density,
        fractions=(0.45, 0.55),
        temperatures=(0.1, 1.0),
    )


def wahnstrom(smoothing: str = "even", density: float | None = None) -> Mixture:
    """Wahnström's equimolar Lennard-Jones mixture in three dimensions, cut off at 2.5 σ_ab.

    Wahnström, Phys. Rev. A 44, 3752 (1991): σ = 1, 11/12, 5/6, all ε equal. The source does not say where it is cut
    off. Its A particles weigh twice as much as B, which changes neither structures nor energies. The density must be
    given.
    """
    return _lennard_jones(
        (1.0, 1.0, 1.0),
        (1.0, 11 / 12, 5 / 6),
        smoothing,
        name="wahnstrom",
        dimension=3,
        density=density,
        fractions=(0.5, 0.5),
        temperatures=(0.2, 2.0),
    )


def soft_spheres(smoothing: str = "even", dimension: int = 2, density: float | None = None) -> Mixture:
    """A 50:50 mixture of spheres (σ/r)¹⁰, σ = 1, 1.18, 1.4, cut off at 1.48 σ_ab; A is small.

    The model of Lerner, Düring and Bouchbinder, Phys. Rev. Lett. 117, 035501 (2016), and of many studies of vibrations
    since, in which V''' goes to zero too; here V, V', V'' do. The density in two dimensions, 0.86, is that of the
    configuration that PyMatterSim brings along; in three it must be given.
    """
    if density is None and dimension == 2:
        density = 0.86
    pairs = _pairs(
        lambda sigma: InversePower(sigma=sigma, n=10, cutoff=1.48 * sigma, smoothing=smoothing), (1.0, 1.18, 1.4)
    )
    return Mixture(
        pairs,
        name="soft-spheres",
        dimension=dimension,
        density=density,
        fractions=(0.5, 0.5),
        temperatures=(0.1, 2.0),
    )


def soft_spheres_12(smoothing: str = "even", density: float = 125 / 234, cutoff: float = 2.5) -> Mixture:
    """A 50:50 mixture of spheres (σ/r)¹², σ = 1, 1.2, 1.4, in three dimensions; A is small. One cutoff for all pairs.

    Bernu, Hansen, Hiwatari and Pastore, Phys. Rev. A 36, 4891 (1987), who do not say where it is cut off. The cutoff
    here and the density, 0.534, are those of the glassy configuration at T = 0.208 that comes with Coslovich's
    atooms-models.
    """
    pairs = _pairs(lambda sigma: InversePower(sigma=sigma, n=12, cutoff=cutoff, smoothing=smoothing), (1.0, 1.2, 1.4))
    return Mixture(
        pairs,
        name="soft-spheres-12",
        dimension=3,
        density=density,
        fractions=(0.5, 0.5),
        temperatures=(0.05, 1.0),
    )


def polydisperse(dimension: int = 3, density: float = 1.0, ratio: float = 2.219) -> Mixture:
    """Polydisperse non-additive soft spheres, as in studies with swap Monte Carlo; lengths are in the mean size.

    Ninarello, Berthier and Coslovich, Phys. Rev. X 7, 021039 (2017), in three dimensions; Berthier, Charbonneau,
    Ninarello, Ozawa and Yaida, Nat. Commun. 10, 1508 (2019), in two: (σ_ij/r)¹² + c0 + c2 (r/σ_ij)² + c4 (r/σ_ij)⁴
    below 1.25 σ_ij, with V, V', V'' zero there, σ_ij = (σ_i + σ_j)/2 (1 − 0.2 |σ_i − σ_j|), and P(σ) ∝ σ⁻³ from σ_min
    to 2.219 σ_min.
    """
    ratio = positive_number("Mixture: ratio", ratio)
    if not ratio > 1:
        raise InputError(f"Mixture: ratio is {ratio:g}; the largest size must be more than the smallest")
    # The mean of σ⁻³ is 2 σ_min σ_max/(σ_min + σ_max).
    smallest = (1 + ratio) / (2 * ratio)
    return Mixture.polydisperse(
        InversePower(n=12, cutoff=1.25),
        non_additivity=0.2,
        smallest=smallest,
        largest=ratio * smallest,
        name="polydisperse",
        dimension=dimension,
        density=density,
        temperatures=(0.03, 0.5),
    )


def harmonic(dimension: int = 2, packing_fraction: float | None = None) -> Mixture:
    """A 50:50 packing of harmonic spheres, diameters 1 and 1.4, above jamming; A is small.

    O'Hern, Silbert, Liu and Nagel, Phys. Rev. E 68, 011306 (2003). The packing fraction, by default 0.9 in two
    dimensions and 0.7 in three, is ours: jamming is near 0.84 and 0.64.
    """
    return _packing(Harmonic, "harmonic", dimension, packing_fraction, (1e-4, 1e-2))


def hertzian(dimension: int = 2, packing_fraction: float | None = None) -> Mixture:
    """As `harmonic`, of Hertzian spheres: ⅖ ε (1 − r/σ)^(5/2)."""
    return _packing(Hertzian, "hertzian", dimension, packing_fraction, (1e-5, 3e-3))


# By name; those of `Model` by its own.
MIXTURES: dict[str, Callable[..., Mixture] | str] = {
    "kob-andersen": "kob-andersen",
    "as-printed": "as-printed",
    "kob-andersen-3d": kob_andersen_3d,
    "falk-langer": falk_langer,
    "wahnstrom": wahnstrom,
    "soft-spheres": soft_spheres,
    "soft-spheres-12": soft_spheres_12,
    "polydisperse": polydisperse,
    "harmonic": harmonic,
    "hertzian": hertzian,
}


def _of_paper(preset, smoothing, inner_cutoff=None, **changes) -> Mixture:
    """One of the paper's mixtures with a smoothing that `Model` does not have."""
    like = Model.preset(preset, **changes)
    factors = like.sigma if like.cutoff_per_pair else (1.0, 1.0, 1.0)
    return _lennard_jones(
        like.epsilon,
        like.sigma,
        smoothing,
        cutoffs=[like.cutoff * factor for factor in factors],
        name=like.name,
        dimension=like.dimension,
        density=like.density,
        fractions=like.fractions,
        temperatures=like.temperatures,
    )


def _pairs(potential: Callable[..., Any], sigma) -> dict[str, Any]:
    return {key: potential(float(one)) for key, one in zip((("A", "A"), ("A", "B"), ("B", "B")), sigma, strict=True)}


def _lennard_jones(epsilon, sigma, smoothing, cutoffs=None, **options) -> Mixture:
    keys = (("A", "A"), ("A", "B"), ("B", "B"))
    cutoffs = [2.5 * one for one in sigma] if cutoffs is None else cutoffs
    pairs = {
        key: LennardJones(epsilon=epsilon[k], sigma=float(sigma[k]), cutoff=cutoffs[k], smoothing=smoothing)
        for k, key in enumerate(keys)
    }
    return Mixture(pairs, **options)


def _packing(kind, name, dimension, packing_fraction, temperatures) -> Mixture:
    if dimension not in (2, 3):
        raise InputError(f"Mixture: dimension is {dimension!r}; allowed: 2, 3")
    if packing_fraction is None:
        packing_fraction = {2: 0.9, 3: 0.7}[dimension]
    packing_fraction = positive_number("Mixture: packing_fraction", packing_fraction)
    density = packing_fraction / (BALL[dimension] * (1 + 1.4**dimension) / 2)
    pairs = _pairs(lambda sigma: kind(sigma=sigma), (1.0, 1.2, 1.4))
    return Mixture(
        pairs, name=name, dimension=dimension, density=density, fractions=(0.5, 0.5), temperatures=temperatures
    )
