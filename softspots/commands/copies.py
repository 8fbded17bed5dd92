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
# So near, in mean distances, or in roundings of single precision where these are larger, is a particle of a file that
# was rounded; one at a border may be on its other side.
SAME_PLACE, ROUNDINGS, NEARLY_ALL = 1e-4, 2, 0.99
SAME_TIME = 1e-6  # parts of the longest time, by which equal times may differ


def hold_same_frames(one: Results, other: Results) -> bool:
    """Whether more than half of the frames of the shorter file are in the other one, of a run with equal parameters.

    Replicas that have only their start in common are different runs. So are pieces of one trajectory in which nothing
    moves: where both files have times, these are equal in equal frames.
    """
    if not _equal_parameters(one.configuration, other.configuration):
        return False
    (shorter, times), (longer, later_times) = sorted((_frames(results) for results in (one, other)), key=_count)
    if not len(shorter) or shorter.shape[1:] != longer.shape[1:]:
        return False
    lengths = np.array([float(one[f"length_{axis}"]) for axis in "xyz"[: one.dimension]])
    distance = (lengths.prod() / shorter.shape[1]) ** (1 / one.dimension)
    near = np.maximum(SAME_PLACE * distance, ROUNDINGS * np.finfo(np.float32).eps * lengths)
    same_time = SAME_TIME * np.nanmax(abs(np.append(times, later_times)), initial=0.0)
    chosen = np.unique(np.linspace(0, len(shorter) - 1, FEW).astype(int))
    found = [
        any(
            np.mean((abs(shorter[index] - later) < near).all(axis=1)) >= NEARLY_ALL
            # Not known in one of the files: nothing speaks against it.
            for later in longer[~(abs(later_times - times[index]) > same_time)]
        )
        for index in chosen
    ]
    return 2 * sum(found) > len(found)


def hold_same_numbers(one: Reduced, other: Reduced) -> bool:
    """Whether reduced data of runs with equal parameters are equal in all that was measured."""
    if one.measured.keys() != other.measured.keys() or not one.measured:
        return False
    equal = (np.array_equal(one[name].value, other[name].value, equal_nan=True) for name in one.measured)
    return _equal_parameters(one.configuration, other.configuration) and all(equal)


def _frames(results) -> tuple[np.ndarray, np.ndarray]:
    """Positions and times of the frames that could be read."""
    positions = results["position"]
    read = np.isfinite(positions).all(axis=(1, 2))
    return positions[read], results["time"][read]


def _count(frames) -> int:
    return len(frames[0])


def _equal_parameters(one, other) -> bool:
    """Whether parameters are equal but for what does not matter to what is found in a frame."""
    particles = min(known.get("particles", math.inf) for known in (one, other))
    names = (one.keys() | other.keys()) - {*CHANGEABLE, *OF_FILE}
    return all(same_parameter(name, one.get(name), other.get(name), particles) for name in names)
