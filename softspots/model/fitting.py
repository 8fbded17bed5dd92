"""Whether a frame can be one of a mixture: its dimension, its thickness, what it is made of."""

from __future__ import annotations

import warnings

import numpy as np

from softspots.exceptions import InputError

# Fewer particles may lie in one plane, as a small cluster does.
SHEET = 10
# Parts of a species that differ by less are the same.
SAME_PART = 0.05


def require_fit(mixture, frame) -> None:
    """Refuse frames of another dimension, and sheets: what is flat to the bit is a configuration of the plane.

    Raises
    ------
    InputError
    """
    own, given = mixture.dimension, frame.dimension
    if own not in (None, given):
        raise InputError(
            f"Mixture: {mixture.name or 'the mixture'} is of {own} dimensions, the frame of {given}; "
            f"{_remedy(mixture.name, given)}"
        )
    if given == 2 or len(frame) < SHEET:
        return
    for axis, places in zip("xyz", frame.positions.T, strict=True):
        if (places == places[0]).all():
            raise InputError(
                f"Mixture: all {len(frame)} particles have {axis} = {places[0]:g}, a sheet in space; where two "
                "dimensions are meant give a frame of two: positions (N, 2), Box(length_x, length_y)"
            )


def warn_of_swapped(mixture, frame, stacklevel: int) -> None:
    """Warn where a frame of two species has as much of each as the mixture has of the other."""
    fractions = mixture.fractions
    if fractions is None or len(fractions) != 2 or not len(frame):
        return
    first = np.count_nonzero(mixture.indices(frame) == 0) / len(frame)
    if abs(first - fractions[1]) < SAME_PART and abs(first - fractions[0]) > 2 * SAME_PART:
        one, other = mixture.species
        warnings.warn(
            f"Mixture: {100 * first:.3g} % of the frame are {one}, and in the mixture {100 * fractions[0]:.3g} %: are "
            f"{one} and {other} swapped?",
            stacklevel=stacklevel + 1,
        )


def _remedy(name, dimension) -> str:
    # It makes mixtures.
    from softspots.model.presets import MIXTURES, parameters_of

    if name in MIXTURES and "dimension" in parameters_of(name):
        return f"dimension={dimension} makes one for it: Mixture.preset({name!r}, dimension={dimension})"
    return "where the same potentials are meant, Mixture(mixture.pairs) is of no dimension"
