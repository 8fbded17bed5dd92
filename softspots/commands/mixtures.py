"""The mixture of a run: the presets with what a run of each needs, and mixtures of the run's own."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from inspect import Parameter

import numpy as np

from softspots.chain.defaults import PAPER, lengths, rounded, threshold
from softspots.commands.kinds import option
from softspots.dynamics.integration import SKINS, STRAIN_RATE, THERMOSTAT_TIME, default_timestep
from softspots.dynamics.preparation import COOLING_TIME, LIQUID_TIME
from softspots.exceptions import InputError
from softspots.model import PRESETS, Mixture, Model
from softspots.model.presets import parameters_of


@dataclass(frozen=True)
class Preset:
    """What a preset is, and where it is from, for a list; `softspots.model.presets` says it all."""

    text: str
    source: str


_BRUNING = "Brüning et al., J. Phys.: Condens. Matter 21, 035117 (2009)"
_SWAP = "Ninarello et al., Phys. Rev. X 7, 021039 (2017); Berthier et al., Nat. Commun. 10, 1508 (2019)"
_OHERN = "O'Hern et al., Phys. Rev. E 68, 011306 (2003)"

MIXTURES = {
    "kob-andersen": Preset("Lennard-Jones, A B 65:35; the default", _BRUNING),
    "as-printed": Preset(
        "the same with σ_AB and σ_BB as the paper prints them", "Schoenholz et al., Phys. Rev. X 4, 031014"
    ),
    "kob-andersen-3d": Preset("Lennard-Jones, A B 80:20", "Kob and Andersen, Phys. Rev. Lett. 73, 1376 (1994)"),
    "falk-langer": Preset("Lennard-Jones, A large, B small, 45:55", "Falk and Langer, Phys. Rev. E 57, 7192 (1998)"),
    "wahnstrom": Preset("Lennard-Jones, A B 50:50; needs a density", "Wahnström, Phys. Rev. A 44, 3752 (1991)"),
    "soft-spheres": Preset(
        "r⁻¹⁰, A small, B large, 50:50; needs a density in 3D",
        "Lerner, Düring and Bouchbinder, Phys. Rev. Lett. 117, 035501 (2016)",
    ),
    "soft-spheres-12": Preset("r⁻¹², A small, B large, 50:50", "Bernu et al., Phys. Rev. A 36, 4891 (1987)"),
    "polydisperse": Preset("r⁻¹², non-additive, sizes from 0.73 to 1.61", _SWAP),
    "harmonic": Preset("packing of harmonic spheres, A small, B large, 50:50", _OHERN),
    "hertzian": Preset("packing of Hertzian spheres, A small, B large, 50:50", _OHERN),
}

# A number that rounding has made less than a round one counts as that.
ROUNDING = 1 + 1e-9
# That of a run where nobody names one.
MODEL = "kob-andersen"
# Parameters of a run that some presets have.
OF_PRESETS = ("dimension", "fraction_a", "smoothing", "cutoff", "cutoff_per_pair", "inner_cutoff")


def listing() -> str:
    """The presets, each with its dimensions, the default first, its temperatures by default, and its source."""
    lines = [f"{'model':16} {'d':5} {'T':7} {'liquid':7} what it is, and its source"]
    for name, preset in MIXTURES.items():
        made = Mixture.preset(name)
        dimensions = f"{made.dimension}, {5 - made.dimension}" if "dimension" in parameters_of(name) else made.dimension
        temperatures = " ".join(f"{one:<7g}" for one in made.temperatures)
        lines.append(f"{name:16} {dimensions:<5} {temperatures} {preset.text} ({preset.source})")
    return "\n".join(lines)


def preset_in(name: str, dimension: int) -> Mixture:
    """The preset of this name; in this dimension, if it is there in several."""
    return Mixture.preset(name, **({"dimension": dimension} if "dimension" in parameters_of(name) else {}))


def own_parameters(model: str | Mixture) -> dict:
    """Which of `OF_PRESETS` this mixture takes, with their defaults; a mixture of the run's own takes none."""
    if isinstance(model, Mixture):
        return {}
    known = parameters_of(model)
    return {name: None if known[name] is Parameter.empty else known[name] for name in OF_PRESETS if name in known}


def run_mixture(values: Mapping) -> Mixture:
    """The mixture of a run.

    Parameters
    ----------
    values : dict
        ``model``, the name of a preset or a `Mixture`, and by name what else is given of `OF_PRESETS`, ``density``,
        ``fractions`` and ``start``; None for what is not.

    Raises
    ------
    InputError
        If something that is given means nothing for this mixture, or is not allowed, or what must be given is not.
    """
    model, own = values["model"], own_parameters(values["model"])
    given = {name: values[name] for name in OF_PRESETS if values[name] is not None}
    made = model if isinstance(model, Mixture) else Mixture.preset(model)
    name = made.name or "this mixture"
    for key, value in given.items():
        if key not in own and not (key == "dimension" and made.dimension in (None, value)):
            if key == "dimension":
                raise InputError(f"--dimension: got {value}; allowed: {made.dimension}, that of {name}")
            raise InputError(f"{option(key)}: got {value}, and {name} has no such parameter; leave it out")
    if own:
        chosen = own | {key: value for key, value in given.items() if key in own}
        _check_smoothing(chosen, made)
        made = Mixture.preset(model, **{key: value for key, value in chosen.items() if value is not None})
    fractions = values["fractions"]
    if fractions is not None and ("fraction_a" in own or made.sizes):
        instead = "--fraction-a stands for it" if "fraction_a" in own else f"particles of {name} have sizes"
        raise InputError(f"--fractions: got {shown_fractions(fractions)}, and {instead}; leave it out")
    if isinstance(made, Model):
        return made
    if fractions is not None and len(fractions) != len(made.species):
        raise InputError(
            f"--fractions: got {shown_fractions(fractions)}; allowed: {len(made.species)} parts of 1, of "
            f"{', '.join(map(str, made.species))}"
        )
    with warnings.catch_warnings():
        # What there is to warn of has been said of the mixture as it was made.
        warnings.simplefilter("ignore")
        changed = Mixture(
            made.pairs,
            fractions=fractions or made.fractions,
            density=values["density"] or made.density,
            dimension=values["dimension"] or made.dimension,
            sizes=made.sizes,
            temperatures=made.temperatures,
            name=made.name,
        )
    missing = [option(key) for key in ("dimension", "density", "fractions") if getattr(changed, key) is None]
    if missing:
        raise InputError(f"{', '.join(missing)}: must be given, as {name} has none of its own")
    if changed.sizes is not None and changed.sizes.smallest is None and values["start"] is None:
        raise InputError(f"--model: the smallest and largest size must be given, as {name} has none of its own")
    return changed


def _check_smoothing(chosen, made):
    smoothing, inner, cutoff = (chosen.get(name) for name in ("smoothing", "inner_cutoff", "cutoff"))
    # All pairs of a preset are alike.
    if smoothing and smoothing not in (known := next(iter(made.pairs.values())).smoothings):
        raise InputError(f"--smoothing: got {smoothing}; allowed: one of {', '.join(known)}, with {made.name}")
    if smoothing == "switch" and inner is not None and inner >= cutoff:
        raise InputError(f"--inner-cutoff: got {inner:g}; allowed: a number below --cutoff = {cutoff:g}")


def shown_fractions(fractions) -> str:
    """Fractions as `softspots.commands.kinds.Fractions` reads them."""
    return ",".join(map(repr, fractions))


def run_defaults(mixture: Mixture, given: Mapping) -> dict:
    """Defaults of a run that follow from its mixture, by name.

    Those of the paper's mixtures are the paper's. Of others they are ours (see `softspots.chain.defaults`).

    Parameters
    ----------
    mixture : Mixture
        That of `run_mixture`.
    given : dict
        All parameters of the run by name, None for what is not given.

    Raises
    ------
    InputError
        If a temperature must be given.
    """
    model, dimension, density = given["model"], mixture.dimension, mixture.density
    name = model if isinstance(model, str) else model.name
    known = own_parameters(model) | {"dimension": dimension, "density": density} | _in_scales(mixture, given["start"])
    temperatures = dict(zip(("temperature", "liquid_temperature"), mixture.temperatures or (None, None), strict=True))
    if given["start"]:
        del temperatures["liquid_temperature"]
    for key, value in temperatures.items():
        if value is None and given[key] is None:
            raise InputError(f"{option(key)}: must be given, as {name or 'this mixture'} has none of its own")
    known |= temperatures
    if name in PRESETS:
        return known | PAPER
    known["fractions"] = None if mixture.sizes else mixture.fractions
    known |= lengths(density, dimension)
    cutoff, temperature = (given[name] or known[name] for name in ("d2min_cutoff", "temperature"))
    return known | {"rearrangement_threshold": threshold(density, dimension, cutoff, temperature)}


def _in_scales(mixture: Mixture, start) -> dict:
    """Defaults in the mixture's scales of length, energy and time, as round numbers."""
    sizes = mixture.sizes and np.array([mixture.sizes.mean])
    scales = mixture.scales(start.sizes if start else sizes)
    time = _round_below(scales.time)
    return {
        "strain_rate": STRAIN_RATE / time,
        "timestep": default_timestep(mixture) * time,
        "thermostat_time": THERMOSTAT_TIME * time,
        "skin": rounded(SKINS[mixture.dimension] * scales.length),
        "liquid_time": LIQUID_TIME * time,
        "cooling_time": COOLING_TIME * time,
        "max_force": rounded(1e-10 * scales.force),
        # The paper's 2 τ; between contacts oscillations take longer.
        "frame_interval": (10.0 if mixture.of_contacts else 2.0) * time,
    }


def _round_below(value: float) -> float:
    """1, 2 or 5 times a power of ten, the largest that is not above the value, but for rounding."""
    exponent = math.floor(math.log10(value * ROUNDING))
    lead = max(digit for digit in (1, 2, 5) if digit <= value * ROUNDING / 10.0**exponent)
    return float(f"{lead}e{exponent}")
