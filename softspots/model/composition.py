"""Whether two parameters of mixtures and their composition, as files tell them, are the same but for rounding."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from softspots.model.description import OWN

# Densities, and what follows from them, that differ by less are one: nobody writes more digits.
SAME_DENSITY = 1e-3


def same_density(one: float, other: float) -> bool:
    """Whether two densities, or two values that follow from one, are the same."""
    return abs(one - other) <= SAME_DENSITY * abs(other)


def same_fractions(one: ArrayLike | str, other: ArrayLike | str, particles: float) -> bool:
    """Whether two fractions, or lists of them, also as text with commas, are the same to one particle."""
    one, other = (
        np.array(str(each).split(","), float) if isinstance(each, str) else np.atleast_1d(each) for each in (one, other)
    )
    # Rounding must not tell one particle from one.
    return len(one) == len(other) and bool((np.abs(one - other) <= 1 / particles + 1e-9).all())


def same_mixture(one: str, other: str) -> bool:
    """Whether two mixtures, as JSON, have the same forces and sizes."""
    one, other = ({key: value for key, value in json.loads(each).items() if key not in OWN} for each in (one, other))
    return one == other


def same_parameter(name: str, one: Any, other: Any, particles: float) -> bool:
    """Whether a parameter is the same in two runs, of so many particles in the smaller one."""
    if one is None or other is None or one == other:
        return one == other
    if name == "mixture":
        return same_mixture(one, other)
    if name in ("fraction_a", "fractions"):
        return same_fractions(one, other, particles)
    return name == "density" and same_density(one, other)
