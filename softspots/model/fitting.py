"""Whether a frame can be one of a mixture: its dimension, its thickness, what it is made of."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np

from softspots.exceptions import InputError

if TYPE_CHECKING:
    from softspots.frame import Frame
    from softspots.model.mixture import Mixture

# Fewer particles may lie in one plane, as a small cluster does.
SHEET = 10
# Parts of a species that differ by less are the same: what is said of samples is often rounded so.
SAME_PART = 0.05
# Compositions that are drawn at random, particle by particle, are off by more than so many standard deviations once in
# hundreds of times. It allows small systems more than SAME_PART.
BY_CHANCE = 3


def require_fit(mixture: Mixture, frame: Frame) -> None:
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


def warn_of_composition(mixture: Mixture, frame: Frame, stacklevel: int) -> None:
    """Warn where the parts of the species in a frame are not those in the mixture, as far as it knows them.

    Where a frame of two species has as much of each as the mixture has of the other, the warning asks if they are
    swapped.
    """
    if mixture.fractions is None or not len(frame):
        return
    wanted = np.array(mixture.fractions)
    found = np.bincount(mixture.indices(frame), minlength=len(wanted)) / len(frame)
    off = abs(found - wanted)
    swapped = len(wanted) == 2 and abs(found - wanted[::-1]).max() < SAME_PART
    chance = 0 if swapped else BY_CHANCE * np.sqrt(wanted * (1 - wanted) / len(frame))
    if not (off > np.maximum(SAME_PART, chance)).any():
        return
    worst = int(np.argmax(off))
    names = " and ".join(map(str, mixture.species))
    question = (
        f"are {names} swapped?" if swapped else "are these particles of that mixture, and is each type its own species?"
    )
    warnings.warn(
        f"Mixture: {100 * found[worst]:.3g} % of the frame are {mixture.species[worst]}, and in "
        f"{mixture.name or 'the mixture'} {100 * wanted[worst]:.3g} %: {question}",
        stacklevel=stacklevel + 1,
    )


def _remedy(name, dimension) -> str:
    # It makes mixtures.
    from softspots.model.presets import MIXTURES, parameters_of

    if name in MIXTURES and "dimension" in parameters_of(name):
        return f"the preset {name!r} takes dimension={dimension}"
    return "where the same potentials are meant, a mixture of its pairs alone, Mixture(mixture.pairs), is of none"
