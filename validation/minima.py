"""Quenches of thermal frames: whether each ends in a certified minimum, and what it costs."""

from __future__ import annotations

from collections.abc import Callable
from time import process_time

import numpy as np

from softspots import Model, inherent_structure

from .sheared_frames import COUNT, EVERY, PARTICLES, SEEDS, STEPS_PER_QUENCH, STRAIN_RATE, dynamics_work, thermal_frames
from .statistics import rounded


def work() -> int:
    """Particle-steps that cost as much as `measure`."""
    return len(SEEDS) * (dynamics_work() + COUNT * STEPS_PER_QUENCH * PARTICLES)


def measure(advance: Callable[[int], None]) -> dict:
    """Quench all frames by the default method.

    Parameters
    ----------
    advance : callable
        Is told the work done since its last call.

    Returns
    -------
    dict
        The parameters, and for each temperature, one number per frame: ``certified``, ``max_force``, ``energy``,
        ``evaluations``, ``factorizations``, ``kicks``, ``newton_steps``, ``largest_rise`` of the energy in one
        Newton step (negative if each went down), and ``seconds`` of the processor.
    """
    parameters = {"particles": PARTICLES, "strain_rate": STRAIN_RATE, "frame_interval": EVERY}
    parameters["seeds"] = list(SEEDS.values())
    return parameters | {str(temperature): _quenched(advance, temperature) for temperature in SEEDS}


def _quenched(advance, temperature):
    frames = thermal_frames(temperature)
    advance(dynamics_work())
    results = []
    for frame in frames:
        begin = process_time()
        minimum = inherent_structure(frame, Model.preset())
        seconds = process_time() - begin
        advance(STEPS_PER_QUENCH * PARTICLES)
        results.append(
            {
                "certified": minimum.certified,
                "max_force": rounded(minimum.max_force, 3),
                "energy": rounded(minimum.energy, 12),
                "evaluations": minimum.evaluations,
                "factorizations": minimum.factorizations,
                "kicks": minimum.kicks,
                "newton_steps": len(minimum.newton_energies) - 1,
                "largest_rise": rounded(np.diff(minimum.newton_energies).max(), 3),
                "seconds": rounded(seconds, 3),
            }
        )
    return {name: [result[name] for result in results] for name in results[0]}
