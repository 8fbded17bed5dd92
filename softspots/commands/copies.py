"""Whether two inputs hold the same frames, whichever runs have written them: a trajectory that was mapped twice."""

from __future__ import annotations

import math

import numpy as np

from softspots.analysis.reduce_shear import OF_FILE
from softspots.io.attributes import CHANGEABLE
from softspots.io.reduced import Reduced
from softspots.io.results import Results
from softspots.model.composition import same_parameter

FEW = 8  # frames that are looked for in the other file
# So near, as parts of the box, is a particle of a file that was rounded; one at a border may be on its other side.
SAME_PLACE, NEARLY_ALL = 1e-5, 0.99


def hold_same_frames(one: Results, other: Results) -> bool:
    """Whether half of the frames of the shorter file, or more, are in the other one, of a run with equal parameters.

    Replicas that have only their start in common are different runs.
    """
    if not _equal_parameters(one.configuration, other.configuration):
        return False
    shorter, longer = sorted((_positions(results) for results in (one, other)), key=len)
    if not len(shorter) or shorter.shape[1:] != longer.shape[1:]:
        return False
    near = SAME_PLACE * np.array([float(one[f"length_{axis}"]) for axis in "xyz"[: one.dimension]])
    chosen = np.unique(np.linspace(0, len(shorter) - 1, FEW).astype(int))
    found = [
        any(np.mean((abs(frame - later) < near).all(axis=1)) >= NEARLY_ALL for later in longer)
        for frame in shorter[chosen]
    ]
    return 2 * sum(found) >= len(found)


def hold_same_numbers(one: Reduced, other: Reduced) -> bool:
    """Whether reduced data of runs with equal parameters are equal in all that was measured."""
    if one.measured.keys() != other.measured.keys() or not one.measured:
        return False
    equal = (np.array_equal(one[name].value, other[name].value, equal_nan=True) for name in one.measured)
    return _equal_parameters(one.configuration, other.configuration) and all(equal)


def _positions(results) -> np.ndarray:
    positions = results["position"]
    return positions[np.isfinite(positions).all(axis=(1, 2))]


def _equal_parameters(one, other) -> bool:
    """Whether parameters are equal but for what does not matter to what is found in a frame."""
    particles = min(known.get("particles", math.inf) for known in (one, other))
    names = (one.keys() | other.keys()) - {*CHANGEABLE, *OF_FILE}
    return all(same_parameter(name, one.get(name), other.get(name), particles) for name in names)
