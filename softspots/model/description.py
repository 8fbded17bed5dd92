"""Mixtures as tables of a TOML file.

A preset, with changes::

    [model]
    preset = "soft-spheres"
    density = 0.9

or a mixture of its own, with the parameters of each potential under their names::

    [model]
    density = 0.86
    dimension = 2
    fractions = [0.5, 0.5]          # in the order in which species appear below

    [[model.pairs]]
    species = ["A", "A"]
    potential = "inverse-power"     # or lennard-jones, mie, wca, harmonic, hertzian, morse, yukawa, tabulated
    n = 10
    cutoff = 1.48

A table of distances and energies is given as ``r``, ``energy``, ``force``, or as ``file`` and ``section`` of LAMMPS'
format. Where particles have sizes there is one pair, without species, and ``non_additivity``, ``smallest`` and
``largest`` stand beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from inspect import signature
from typing import Any

from softspots.arrays import float_array, one_of
from softspots.exceptions import InputError
from softspots.model.contact import Harmonic, Hertzian
from softspots.model.exponentials import Morse, Yukawa
from softspots.model.mixture import Mixture
from softspots.model.pair import PairPotential
from softspots.model.powers import WCA, InversePower, LennardJones, Mie
from softspots.model.tabulated import Tabulated
from softspots.reasons import nearest

KINDS = {
    kind.kind: kind for kind in (LennardJones, InversePower, Mie, WCA, Harmonic, Hertzian, Morse, Yukawa, Tabulated)
}
SIZES = ("non_additivity", "smallest", "largest")
OWN = ("fractions", "density", "dimension", "temperatures", "name")


def mixture(table: Mapping[str, Any]) -> Mixture:
    """The mixture that ``table`` describes: see the module.

    Raises
    ------
    InputError
        If it describes none; the message names the entry.
    """
    if not isinstance(table, Mapping):
        raise InputError(f"model: {table!r} is no table")
    if "preset" in table:
        return Mixture.preset(table["preset"], **{key: value for key, value in table.items() if key != "preset"})
    pairs = table.get("pairs")
    if not isinstance(pairs, (list, tuple)) or not pairs or not all(isinstance(pair, Mapping) for pair in pairs):
        raise InputError("model: a preset, or a list of pairs ([[model.pairs]]) is needed")
    unknown = [key for key in table if key not in ("pairs", *SIZES, *OWN)]
    if unknown:
        raise InputError(f"model: {unknown[0]!r} is not known; allowed: preset, pairs, {', '.join((*OWN, *SIZES))}")
    own = {key: table[key] for key in OWN if key in table}
    if not isinstance(own.get("name", ""), str):
        raise InputError(f"model: name is {own['name']!r}; a text is needed")
    if own.get("temperatures") is not None:
        low, high = float_array("model: temperatures", own["temperatures"], (2,)).tolist()
        if not 0 < low <= high:
            raise InputError(
                f"model: temperatures are {low:g} and {high:g}; that of a glass and that of a liquid are needed"
            )
        own["temperatures"] = low, high
    if "species" not in pairs[0]:
        if len(pairs) > 1:
            raise InputError("model: a pair has no species; one alone may have none, where particles have sizes")
        if "fractions" in own:
            raise InputError("model: fractions are of species, and the particles have sizes instead")
        sizes = {key: table[key] for key in SIZES if key in table}
        return Mixture.polydisperse(potential(pairs[0]), **sizes, **own)
    given = [key for key in SIZES if key in table]
    if given:
        raise InputError(f"model: {given[0]} is of particles that have sizes; their pair has no species")
    found = {}
    for pair in pairs:
        key = pair.get("species")
        if not isinstance(key, (list, tuple)) or len(key) != 2 or not all(isinstance(one, (str, int)) for one in key):
            raise InputError(f"model: species of a pair are {key!r}; a list of two texts or whole numbers is needed")
        if tuple(key) in found:
            raise InputError(f"model: the pair {key[0]} {key[1]} has two potentials")
        found[tuple(key)] = potential({name: value for name, value in pair.items() if name != "species"})
    return Mixture(found, **own)


def table(own: Mixture) -> dict[str, Any]:
    """The table that `mixture` reads ``own`` from.

    Raises
    ------
    InputError
        If a potential is a function, which no file can hold.
    """
    known = {key: getattr(own, key) for key in OWN}
    if own.sizes is None:
        pairs = [{"species": list(key)} | pair.as_table() for key, pair in own.pairs.items()]
    else:
        known |= {key: getattr(own.sizes, key) for key in SIZES} | {"fractions": None}
        pairs = [pair.as_table() for pair in own.potentials]
    lists = {key: list(value) if isinstance(value, tuple) else value for key, value in known.items()}
    return {key: value for key, value in lists.items() if value is not None} | {"pairs": pairs}


def potential(table: Mapping[str, Any]) -> PairPotential:
    """The pair potential that ``table`` describes.

    Raises
    ------
    InputError
        If it describes none.
    """
    kind = KINDS[one_of("model: potential", table.get("potential"), KINDS)]
    parameters = {name: value for name, value in table.items() if name != "potential"}
    from_file = kind is Tabulated and "file" in parameters
    make = Tabulated.from_file if from_file else kind
    if from_file:
        parameters["path"] = parameters.pop("file")
    try:
        signature(make).bind(**parameters)
    except TypeError as error:
        raise InputError(f"model: {kind.kind}: {error}{_meant(parameters, signature(make).parameters)}") from None
    return make(**parameters)


def _meant(given, known) -> str:
    """Which parameter a misspelt one may be."""
    for name in given:
        if name not in known and (close := nearest(name, known)):
            return f"; did you mean {close!r} by {name!r}?"
    return ""
