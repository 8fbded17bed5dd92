"""Where L-BFGS should hand over to Newton's method: the cost of a quench against the force there."""

from __future__ import annotations

from collections.abc import Callable
from time import process_time
from unittest.mock import patch

from softspots import Model, inherent_structure
from softspots.landscape.quench import METHODS

from .sheared_frames import COUNT, EVERY, PARTICLES, SEEDS, STEPS_PER_QUENCH, STRAIN_RATE, dynamics_work, thermal_frames
from .statistics import rounded

HANDOVERS = (1e-2, 1e-3, 3e-4, 1e-4, 1e-5)
# Frames of each temperature, evenly spread over the run.
FRAMES = 5


def work() -> int:
    """Particle-steps that cost as much as `measure`."""
    return len(SEEDS) * (dynamics_work() + FRAMES * len(HANDOVERS) * STEPS_PER_QUENCH * PARTICLES)


def measure(advance: Callable[[int], None]) -> dict:
    """Quench the same frames with each of `HANDOVERS`.

    Returns
    -------
    dict
        The parameters, and for each temperature arrays of shape (handovers, frames): ``certified``, ``energy``,
        ``evaluations``, ``factorizations``, ``kicks``, and ``seconds`` of the processor.
    """
    parameters = {"particles": PARTICLES, "strain_rate": STRAIN_RATE, "handovers": list(HANDOVERS)}
    parameters |= {"frame_interval": EVERY * COUNT / FRAMES, "seeds": list(SEEDS.values())}
    return parameters | {str(temperature): _compared(advance, temperature) for temperature in SEEDS}


def _compared(advance, temperature):
    frames = thermal_frames(temperature)[:: COUNT // FRAMES]
    advance(dynamics_work())
    table = [[_quench(advance, frame, handover) for frame in frames] for handover in HANDOVERS]
    return {name: [[result[name] for result in row] for row in table] for name in table[0][0]}


def _quench(advance, frame, handover):
    begin = process_time()
    with patch.dict(METHODS, newton=(("lbfgs", handover),)):
        minimum = inherent_structure(frame, Model.preset())
    seconds = process_time() - begin
    advance(STEPS_PER_QUENCH * PARTICLES)
    return {
        "certified": minimum.certified,
        "energy": rounded(minimum.energy, 12),
        "evaluations": minimum.evaluations,
        "factorizations": minimum.factorizations,
        "kicks": minimum.kicks,
        "seconds": rounded(seconds, 3),
    }
