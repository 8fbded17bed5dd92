"""Frames, models and what else callers hand over: the right kind, or an error that says which is needed."""

from __future__ import annotations

from softspots.exceptions import InputError

# By the name of the argument: its kind, and what stages use of it, so that other classes with the same will do.
NEEDED = {
    "frame": ("Frame", ("positions", "species", "box", "in_order_of", "wrapped")),
    "later": ("Frame", ("positions", "species", "box", "in_order_of", "wrapped")),
    "model": ("Mixture", ("species", "form", "indices", "sizes_of", "largest_cutoff")),
    "minimum": ("InherentStructure", ("frame", "max_force", "certified", "stability")),
    "modes": ("Modes", ("vectors", "participation_ratio")),
    "stability": ("Stability", ("held", "rigid_motions", "reduced", "factor")),
}
# What an object must have to take a model's place where other forces may.
FORCES = ("energy_forces", "hessian")
# What others call it that have one, where that is not its kind.
PARTS = {"Mixture": "model"}


def require(stage: str, *, or_forces: bool = False, **given: object) -> None:
    """Refuse any of ``given``, by the names of the stage's arguments, that is not what its name says.

    With ``or_forces`` other forces may stand in the place of a mixture.

    Raises
    ------
    InputError
        If one lacks what is used of its kind.
    """
    for name, value in given.items():
        kind, attributes = NEEDED[name]
        forces = or_forces and name == "model" and not isinstance(value, type) and _has_all(value, FORCES)
        if not (forces or _has_all(value, attributes)):
            raise InputError(
                f"{stage}: {name} is {_with_article(_described(value))}; {_with_article(kind)} is needed"
                f"{_remedy(kind, value)}"
            )


def _has_all(value, attributes: tuple[str, ...]) -> bool:
    return all(hasattr(value, attribute) for attribute in attributes)


def _described(value) -> str:
    return f"class {value.__name__}" if isinstance(value, type) else type(value).__name__


def _with_article(noun: str) -> str:
    return f"{'an' if noun[0] in 'AEIOUaeiou' else 'a'} {noun}"


def _remedy(kind: str, value) -> str:
    """Where the one that is needed can be had from: of an inherent structure, its frame."""
    if kind == "Mixture" and isinstance(value, str):
        return f": Mixture.preset({value!r})"
    name = PARTS.get(kind, kind.lower())
    part = getattr(value, name, None)
    return "" if part is None else f": pass its .{name}{'()' * callable(part)}"
