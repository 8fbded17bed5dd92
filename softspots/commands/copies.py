"""Whether two inputs hold the same frames, whichever runs have written them: a trajectory that was mapped twice."""

from __future__ import annotations

import math
from functools import cached_property

import numpy as np

from softspots.analysis.reduce_shear import OF_FILE
from softspots.io.attributes import CHANGEABLE
from softspots.io.reduced import Reduced
from softspots.io.results import Results
from softspots.model.composition import same_parameter

FEW = 8  # frames that are looked for in the other file
SOME = 100  # particles, evenly spread, that are compared
# So near, in mean distances, or in roundings of single precision where these are larger, is a particle of a file that
# was rounded; one at a border may be on its other side.
SAME_PLACE, ROUNDINGS, NEARLY_ALL = 1e-4, 2, 0.99
# What a file of one frame lacks.
BETWEEN_FRAMES = ("frame_separation", "frame_interval")
SAME_TIME = 1e-6  # parts of the longest time, by which equal times may differ


class Places:
    """Where some particles of a results file are in its frames, read once, when they are first asked for."""

    def __init__(self, results: Results) -> None:
        self.results = results

    @cached_property
    def found(self) -> tuple[np.ndarray, np.ndarray, int]:
        """Positions (F, n, d) and times (F,) of the frames that could be read, and how many particles there are."""
        positions = self.results["position"]
        read = np.isfinite(positions).all(axis=(1, 2))
        some = np.unique(np.linspace(0, positions.shape[1] - 1, SOME).astype(int))
        return positions[:, some][read], self.results["time"][read], positions.shape[1]


def hold_same_frames(one: Places, other: Places) -> bool:
    """Whether more than half of the frames of the shorter file are in the other one, of a run with equal parameters.

    Replicas that have only their start in common are different runs. So are pieces of one trajectory in which nothing
    moves: where both files have times, these are equal in equal frames.
    """
    if not _equal_parameters(one.results.configuration, other.results.configuration):
        return False
    (shorter, times, particles), (longer, later_times, others) = sorted((one.found, other.found), key=_count)
    if not len(shorter) or particles != others or shorter.shape[1:] != longer.shape[1:]:
        return False
    dimension, results = one.results.dimension, one.results
    lengths = np.array([float(results[f"length_{axis}"]) for axis in "xyz"[:dimension]])
    distance = (lengths.prod() / particles) ** (1 / dimension)
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


def _count(frames) -> int:
    return len(frames[0])


def _equal_parameters(one, other) -> bool:
    """Whether parameters are equal but for what does not matter to what is found in a frame."""
    particles = min(known.get("particles", math.inf) for known in (one, other))
    names = (one.keys() | other.keys()) - {*CHANGEABLE, *OF_FILE}
    names -= {name for name in BETWEEN_FRAMES if name not in one or name not in other}
    return all(same_parameter(name, one.get(name), other.get(name), particles) for name in names)
