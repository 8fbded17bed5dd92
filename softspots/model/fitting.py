"""Whether a frame can be one of a mixture: its dimension, its thickness."""

from __future__ import annotations

from softspots.exceptions import InputError

# Fewer particles may lie in one plane, as a small cluster does.
SHEET = 10


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


def _remedy(name, dimension) -> str:
    # It makes mixtures.
    from softspots.model.presets import MIXTURES, parameters_of

    if name in MIXTURES and "dimension" in parameters_of(name):
        return f"dimension={dimension} makes one for it: Mixture.preset({name!r}, dimension={dimension})"
    return "where the same potentials are meant, Mixture(mixture.pairs) is of no dimension"
