"""Whether the minimisers of a quench end in the same minimum, and if not, how far apart."""

from __future__ import annotations

from collections.abc import Callable
from time import process_time

import numpy as np

from softspots import Model, inherent_structure

from .sheared_frames import COUNT, EVERY, PARTICLES, SEEDS, STEPS_PER_QUENCH, STRAIN_RATE, dynamics_work, thermal_frames
from .statistics import rounded

METHODS = ("newton", "cg+fire", "cg", "fire")
# Frames of each temperature, spread over the run.
FRAMES = 6
# Of the distance between a particle's places in two minima, in σ_AA.
EDGES = np.logspace(-9, 1, 51)


def work() -> int:
    """Particle-steps that cost as much as `measure`."""
    return len(SEEDS) * (dynamics_work() + FRAMES * len(METHODS) * STEPS_PER_QUENCH * PARTICLES)


def measure(advance: Callable[[int], None]) -> dict:
    """Quench the same frames by all methods.

    Returns
    -------
    dict
        The parameters, ``edges`` of the histograms, and for each temperature arrays of shape (methods, frames):
        ``certified``, ``max_force``, ``energy``, ``seconds`` of the processor and ``distance``, the root mean square
        from the frame to the minimum over its particles; and under ``apart``, for each two methods, what
        `places_apart` says of their minima in each frame: ``largest``, and how many particles are in each bin
        (``histogram``; those below the first edge belong to the first bin).
    """
    parameters = {"particles": PARTICLES, "strain_rate": STRAIN_RATE, "methods": list(METHODS), "edges": rounded(EDGES)}
    parameters |= {"frame_interval": EVERY * (COUNT // FRAMES), "seeds": list(SEEDS.values())}
    return parameters | {str(temperature): _compared(advance, temperature) for temperature in SEEDS}


def places_apart(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Distances (N,) between places of the same particles, but for a translation: the median motion counts as none.

    Unlike the mean, the median is that of the particles which agree, if those are most.
    """
    motion = second - first
    return np.linalg.norm(motion - np.median(motion, axis=0), axis=1)


def _compared(advance, temperature):
    frames = thermal_frames(temperature)[:: COUNT // FRAMES][:FRAMES]
    advance(dynamics_work())
    table = [[_quench(advance, frame, method) for frame in frames] for method in METHODS]
    values = {name: [[result[name] for _, result in row] for row in table] for name in table[0][0][1]}
    pairs = [(a, b) for a in range(len(METHODS)) for b in range(a + 1, len(METHODS))]
    values["apart"] = {
        f"{METHODS[a]}, {METHODS[b]}": _apart([(p, q) for (p, _), (q, _) in zip(table[a], table[b], strict=True)])
        for a, b in pairs
    }
    return values


def _quench(advance, frame, method):
    begin = process_time()
    minimum = inherent_structure(frame, Model.preset(), method)
    seconds = process_time() - begin
    advance(STEPS_PER_QUENCH * PARTICLES)
    positions = minimum.frame.positions
    return positions, {
        "certified": minimum.certified,
        "max_force": rounded(minimum.max_force, 3),
        "energy": rounded(minimum.energy, 12),
        "seconds": rounded(seconds, 3),
        "distance": rounded(np.sqrt(np.mean(places_apart(frame.positions, positions) ** 2)), 4),
    }


def _apart(pairs):
    distances = [places_apart(*pair) for pair in pairs]
    return {
        "largest": [rounded(apart.max(), 3) for apart in distances],
        "histogram": [np.histogram(np.maximum(apart, EDGES[0]), EDGES)[0].tolist() for apart in distances],
    }
