"""Whether soft spots and what they predict depend on the minimiser: the chain with two quenches of the same frames."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from softspots import Model, d2min, hessian, inherent_structure, lowest_modes, soft_spots
from softspots.analysis.bootstrap import bootstrap, fraction
from softspots.analysis.probability import THRESHOLD
from softspots.commands.parameters import Parameters
from softspots.estimate import Estimate

from .sheared_frames import SEEDS, STEPS_PER_QUENCH, STRAIN_RATE, dynamics_work, thermal_frames

PARTICLES = 2_500
METHODS = ("newton", "cg+fire")
# Each second frame is analysed; D²_min is taken up to the next.
INTERVAL = 2.0
COUNT = 100


def work() -> int:
    """Particle-steps that cost as much as `measure`."""
    analysis = COUNT * len(METHODS) * STEPS_PER_QUENCH * PARTICLES
    return len(SEEDS) * (dynamics_work(PARTICLES, COUNT, INTERVAL) + analysis)


def measure(advance: Callable[[int], None]) -> dict:
    """Take frames through quench by either method, modes and soft spots, and count rearranging particles.

    Returns
    -------
    dict
        The parameters, and for each temperature one number per frame: ``rearranging`` particles, those ``on_both``
        maps in all; and for each method ``hits``, rearranging particles on its map, and ``on_spots``, all particles
        on it; and ``same``, whether the minima have the same energy but for 1e-8 ε_AA.
    """
    parameters = {"particles": PARTICLES, "strain_rate": STRAIN_RATE, "frame_interval": 2 * INTERVAL}
    parameters |= {"d2min_interval": INTERVAL, "threshold": THRESHOLD, "seeds": list(SEEDS.values())}
    return parameters | {str(temperature): _compared(advance, temperature) for temperature in SEEDS}


def estimates(values: dict) -> dict[str, Estimate]:
    """ρ_SS and P*/ρ_SS of one temperature, by both methods, and their differences, by `bootstrap` over its frames.

    The methods have the same frames, and resamples of them, in common, so a difference knows less of chance than its
    two terms.

    Returns
    -------
    dict of Estimate
        ``density`` and ``ratio`` with values of shape (2,), for each of `METHODS`; ``density difference`` and
        ``ratio difference``, the second less the first.
    """
    hits, on_spots = (
        np.transpose([values[f"{name}, {method}"] for method in METHODS]) for name in ("hits", "on_spots")
    )
    rearranging = np.array(values["rearranging"])[:, None]
    particles = np.full_like(rearranging, PARTICLES)

    def ratio(hits, on_spots, rearranging, particles):
        return fraction(fraction(hits, rearranging), fraction(on_spots, particles))

    def difference(statistic):
        return lambda *sums: np.diff(statistic(*sums), axis=-1)[..., 0]

    return {
        "density": bootstrap(fraction, on_spots, particles),
        "density difference": bootstrap(difference(fraction), on_spots, particles),
        "ratio": bootstrap(ratio, hits, on_spots, rearranging, particles),
        "ratio difference": bootstrap(difference(ratio), hits, on_spots, rearranging, particles),
    }


def _compared(advance, temperature):
    frames = thermal_frames(temperature, PARTICLES, COUNT, INTERVAL)
    advance(dynamics_work(PARTICLES, COUNT, INTERVAL))
    results = []
    for frame, later in zip(frames[::2], frames[1::2], strict=True):
        rearranges = d2min(frame, later) > THRESHOLD * temperature
        energies, maps = zip(*(_map(advance, frame, method) for method in METHODS), strict=True)
        result = {"rearranging": int(rearranges.sum()), "on_both": int(np.logical_and(*maps).sum())}
        result["same"] = bool(abs(energies[0] - energies[1]) < 1e-8)
        for method, on_spot in zip(METHODS, maps, strict=True):
            result[f"hits, {method}"] = int((rearranges & on_spot).sum())
            result[f"on_spots, {method}"] = int(on_spot.sum())
        results.append(result)
    return {name: [result[name] for result in results] for name in results[0]}


def _map(advance, frame, method):
    """Energy of the minimum, and which particles are on its soft spots."""
    parameters = Parameters(particles=PARTICLES)
    minimum = inherent_structure(frame, Model.preset(), method)
    if not minimum.certified:
        raise RuntimeError(f"the quench by {method} at time {frame.time:g} is not certified")
    modes = lowest_modes(hessian(minimum.frame, Model.preset()), parameters.modes)
    spots = soft_spots(minimum.frame, modes, parameters.n_modes, parameters.n_particles)
    advance(2 * STEPS_PER_QUENCH * PARTICLES)
    return minimum.energy, spots.labels >= 0
