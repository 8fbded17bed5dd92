"""What the state of a simulation must be for another one to go on from it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from softspots.arrays import float_array, label_array, whole_array
from softspots.box import Box
from softspots.exceptions import InputError
from softspots.frame import Frame
from softspots.model import Mixture

COUNT = 2**62
INT32 = 2**31 - 1


def checked_state(
    state: Mapping[str, Any], model: Mixture, particles: int, box: Box, largest_size: float, skin: float, chain: int
) -> tuple[dict[str, Any], Frame]:
    """New arrays of what `Simulation.state` gives, the random state of the collisions as a dict, and the particles.

    Parameters
    ----------
    state : dict
    model : Mixture
    particles : int
        That the simulation has.
    box : Box
        Its own, at any strain.
    largest_size : float
        The largest size of its particles; 1 where they have none.
    skin : float
        How far beyond the cutoff neighbours are kept.
    chain : int
        Length of the thermostat's chain.

    Returns
    -------
    checked : dict
    frame : Frame
        Of species, ids and sizes.

    Raises
    ------
    InputError
        If something is missing, or cannot be part of a state of such a simulation.
    """
    if missing := sorted({*FLOATS, *WHOLES, "species", "collisions"} - set(state)):
        raise InputError(f"Simulation: the state has no {', '.join(missing)}")
    sizes = {"N": particles, "d": box.dimension, "chain": chain}
    checked = {}
    for name, shape in FLOATS.items():
        checked[name] = float_array(f"Simulation: {name} of the state", state[name], _sized(shape, sizes))
    for name, (shape, low, high, dtype) in WHOLES.items():
        named = f"Simulation: {name} of the state"
        checked[name] = whole_array(named, state[name], _sized(shape, sizes), low, high, dtype)
    if (own := box_of_state(state)) is not None and own != box:
        raise InputError(f"Simulation: the state has the {own.words}, and the run the {box.words}")
    frame = _particles_of(state, checked["positions"], box)
    if (largest := largest_of(sizes_of_state(state, model, particles))) != largest_size:
        raise InputError(
            f"Simulation: the state's largest size is {largest:.9g}, and that of the run {largest_size:.9g}"
        )
    _check_built(checked, box, model.largest_cutoff * largest, skin)
    kinetic, known = float(np.vdot(checked["velocities"], checked["velocities"])), checked["scalars"][2]
    # Both are sums over all particles, in other orders; the kernels drop what lies below 2**-49 ε of each.
    if not abs(kinetic - known) <= 1e-9 * kinetic + particles * 2.0**-48 * model.energy_scale:
        raise InputError(f"Simulation: the state's velocities have Σv² = {kinetic:.9g}; its scalars say {known:.9g}")
    first_step, _, prepared = checked["clock"]
    if not 0 <= first_step <= checked["counters"][0] or not 0 <= prepared <= COUNT:
        raise InputError(
            f"Simulation: the state's clock counts from step {first_step:g}, of {checked['counters'][0]} steps, and "
            f"{prepared:g} steps of a preparation"
        )
    return checked | {"collisions": _random_state(state["collisions"])}, frame


def sizes_of_state(state: Mapping[str, Any], model: Mixture, particles: int) -> np.ndarray | None:
    """The sizes of a state's particles; None where the mixture knows of no sizes.

    Raises
    ------
    InputError
        If sizes are missing, or are none.
    """
    if model.sizes is None:
        return None
    if "sizes" not in state:
        raise InputError("Simulation: the state has no sizes")
    return float_array("Simulation: sizes of the state", state["sizes"], (particles,))


def box_of_state(state: Mapping[str, Any]) -> Box | None:
    """A state's box at zero strain; None in states of earlier versions, whose runs are in a square or a cube.

    Raises
    ------
    InputError
        If it is none.
    """
    if "lengths" not in state:
        return None
    if "tilts" not in state:
        raise InputError("Simulation: the state has no tilts")
    return Box(lengths=state["lengths"], tilts=state["tilts"], strain=0.0)


def largest_of(sizes: np.ndarray | None) -> float:
    """The largest of the sizes; 1 where there are none, or no particles."""
    return 1.0 if sizes is None else float(sizes.max(initial=0.0))


def _particles_of(state, positions, box) -> Frame:
    count = len(positions)
    return Frame(
        positions,
        label_array("Simulation: species of the state", state["species"], (count,)),
        box,
        # States of earlier versions have none.
        ids=whole_array(
            "Simulation: ids of the state", state.get("ids", np.arange(count)), (count,), -COUNT, COUNT, np.int64
        ),
        only_b=True,
        sizes=state.get("sizes"),
    )


# Shapes of what is a float, and shapes, ranges and types of what is a whole number.
FLOATS = {
    "positions": ("N", "d"),
    "built": ("N", "d"),
    "velocities": ("N", "d"),
    "scalars": (3,),
    "thermostat": (2, "chain"),
    "clock": (3,),
}
WHOLES = {
    "images": (("N", "d"), -INT32, INT32, np.int32),
    "counters": ((3,), 0, COUNT, np.int64),
}


def _sized(shape, sizes):
    return tuple(sizes.get(length, length) for length in shape)


def _check_built(checked, box, cutoff, skin):
    """The neighbours are those of the last rebuild: nobody may have moved further since than they stay complete."""
    built_strain, strain, _ = checked["scalars"]
    # Any farther, and the tilt has no digits left.
    box.at_strain(built_strain)
    built, strained = checked["built"], strain - built_strain
    if not ((built >= 0) & (built <= box.lengths)).all():
        raise InputError("Simulation: built of the state must lie within the box; its particles are wrapped")
    moved = checked["positions"] - built
    moved[:, 0] -= strained * built[:, 1]
    farthest = np.linalg.norm(moved, axis=1).max()
    if farthest > skin / 2 or abs(strained) * (cutoff + skin) > skin:
        raise InputError(
            f"Simulation: since the state's last rebuild of the neighbours a particle has moved by {farthest:.3g}, and "
            f"the box by a strain of {strained:.3g}; a skin of {skin:g} allows half of it, less the strain"
        )


def _random_state(text) -> dict[str, Any]:
    like = np.random.default_rng(0).bit_generator.state
    try:
        found = json.loads(str(text))
    except json.JSONDecodeError as error:
        raise InputError(f"Simulation: collisions of the state is no JSON: {error}") from None
    limits = {"state": 2**128, "inc": 2**128, "has_uint32": 2, "uinteger": 2**32}
    fits = isinstance(found, dict) and found.keys() == like.keys() and found["bit_generator"] == like["bit_generator"]
    fits = fits and isinstance(found["state"], dict) and found["state"].keys() == like["state"].keys()
    if fits:
        numbers = found["state"] | {name: found[name] for name in ("has_uint32", "uinteger")}
        fits = all(type(numbers[name]) is int and 0 <= numbers[name] < limit for name, limit in limits.items())
    if not fits:
        raise InputError("Simulation: collisions of the state is not the state of a random generator as it has")
    return found
