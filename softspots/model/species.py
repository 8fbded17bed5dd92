"""The species of a mixture: their labels in order, with the potential of each pair of them, and their parts."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations_with_replacement
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from softspots.arrays import float_array, is_whole, real_number
from softspots.exceptions import InputError
from softspots.model.pair import PairPotential


def ordered_pairs(pairs: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The species in the order of their appearance, and the potentials in the order of their numbers."""
    if not isinstance(pairs, Mapping) or not pairs:
        raise InputError(f"Mixture: pairs are {pairs!r}; a dict of pairs of species to potentials is needed")
    given, found = {}, {}
    for key, pair in pairs.items():
        if not isinstance(key, tuple) or len(key) != 2 or not all(_is_label(label) for label in key):
            raise InputError(f"Mixture: {key!r} is no pair of species; two strings or whole numbers are needed")
        if not isinstance(pair, PairPotential):
            raise InputError(
                f"Mixture: between {key[0]} and {key[1]} is a {type(pair).__name__}; a PairPotential is needed"
            )
        key = tuple(map(_as_read, key))
        if frozenset(key) in found:
            raise InputError(f"Mixture: the pair {key[0]} {key[1]} has two potentials")
        given[key] = found[frozenset(key)] = pair
    species = tuple(dict.fromkeys(label for key in given for label in key))
    ordered = {}
    for key in combinations_with_replacement(species, 2):
        if frozenset(key) not in found:
            raise InputError(f"Mixture: the pair {key[0]} {key[1]} has no potential")
        ordered[key] = found[frozenset(key)]
    return species, ordered


def _is_label(label) -> bool:
    return isinstance(label, (str, int, np.integer)) and not isinstance(label, bool) and label != ""


def _as_read(label):
    """A label as files bring it: a text that is a whole number is that number, or 1 could mean the second species."""
    return int(label) if isinstance(label, str) and is_whole(label) else label


def parts_of_one(fractions: ArrayLike, species: tuple[Any, ...]) -> tuple[float, ...]:
    """The part of each species, checked."""
    values = float_array("Mixture: fractions", fractions, (len(species),))
    if (values < 0).any() or abs(real_number("Mixture: sum of the fractions", values.sum()) - 1) > 1e-9:
        raise InputError(f"Mixture: fractions are {values.tolist()}; parts of 1 that sum to 1 are needed")
    return tuple(values.tolist())
