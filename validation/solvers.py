"""The lowest modes by block Lanczos and by ARPACK: eigenvalues, subspaces, participation ratios, residuals."""

from __future__ import annotations

from collections.abc import Callable
from time import process_time

import numpy as np
from scipy.linalg import subspace_angles

from softspots import Model, hessian, inherent_structure, lowest_modes, modes_below
from softspots.commands.parameters import Parameters

from .sheared_frames import COUNT, SEEDS, STEPS_PER_QUENCH, STRAIN_RATE, dynamics_work, thermal_frames
from .statistics import rounded

# A gap between neighbouring eigenvalues counts as one from this part of them on.
CLEAR = 1e-6
# A mode is known by itself where the residuals are below this part of the gap to the next one: they bound its angle.
KNOWN = 1e-8
# Both solvers take as much as so many time steps for each mode squared, ARPACK mostly.
STEPS_PER_SQUARED_MODE = 0.7


def work(particles: int, frames: int) -> int:
    """Particle-steps that cost as much as `measure`."""
    solved = STEPS_PER_QUENCH + round(STEPS_PER_SQUARED_MODE * Parameters(particles=particles).modes ** 2)
    return len(SEEDS) * (dynamics_work(particles) + frames * solved * particles)


def measure(advance: Callable[[int], None], particles: int, frames: int) -> dict:
    """Both solvers on inherent structures.

    Parameters
    ----------
    advance : callable
        Is told the work done since its last call.
    particles : int
    frames : int
        Of each temperature.

    Returns
    -------
    dict
        The parameters, and for each temperature, one entry per frame, what `_compared` says. One mode more is found
        than the number that the maps are made of, so that the gap above the last is known.
    """
    parameters = {"particles": particles, "strain_rate": STRAIN_RATE, "seeds": list(SEEDS.values())}
    parameters |= {"modes": Parameters(particles=particles).modes, "clear": CLEAR, "known": KNOWN}
    return parameters | {str(temperature): _all(advance, temperature, particles, frames) for temperature in SEEDS}


def _all(advance, temperature, particles, frames):
    chosen = thermal_frames(temperature, particles)[:: COUNT // frames][:frames]
    advance(dynamics_work(particles))
    results = [_compared(advance, frame) for frame in chosen]
    return {name: [result[name] for result in results] for name in results[0]}


def _compared(advance, frame):
    """Differences of the two solvers.

    Returns
    -------
    dict
        ``eigenvalue``: largest relative difference; ``clear``: how many modes lie below the last clear gap, which is
        looked for from the wanted number downwards; ``last_gap``, relative; ``below``: eigenvalues within that gap and
        lower by inertia, two of which are the translations; ``angle``: largest principal angle of the spaces of the
        clear modes; ``known``: how many of these are known by themselves; ``participation_ratio``: their largest
        relative difference; ``lanczos`` and ``arpack``: residuals of all modes, relative to the largest eigenvalue
        found; ``seconds`` of the processor, in that order.
    """
    matrix = hessian(inherent_structure(frame, Model.preset()).frame, Model.preset())
    count = Parameters(particles=len(frame)).modes
    found, seconds = zip(*(_timed(matrix, count + 1, method) for method in ("lanczos", "arpack")), strict=True)
    values = found[0].eigenvalues
    residuals = [modes.residuals for modes in found]
    gaps = np.diff(values)
    clear = 1 + int(np.flatnonzero(gaps[:count] > CLEAR * values[:count])[-1])
    nearest = np.minimum(np.append(np.inf, gaps[: clear - 1]), gaps[:clear])
    known = np.sum(residuals, axis=0)[:clear] < KNOWN * nearest
    ratios = [modes.participation_ratio[:clear][known] for modes in found]
    spaces = [modes.vectors[:clear].reshape(clear, -1).T for modes in found]
    advance((STEPS_PER_QUENCH + round(STEPS_PER_SQUARED_MODE * count**2)) * len(frame))
    return {
        "eigenvalue": rounded(np.abs(found[1].eigenvalues / values - 1).max(), 3),
        "clear": clear,
        "last_gap": rounded(gaps[clear - 1] / values[clear - 1], 3),
        "below": modes_below(matrix, (values[clear - 1] + values[clear]) / 2),
        "angle": rounded(subspace_angles(*spaces).max(), 3),
        "known": int(known.sum()),
        "participation_ratio": rounded(np.abs(ratios[1] / ratios[0] - 1).max(), 3),
        "lanczos": rounded(residuals[0] / values[-1], 3),
        "arpack": rounded(residuals[1] / values[-1], 3),
        "seconds": rounded(seconds, 3),
    }


def _timed(matrix, count, method):
    begin = process_time()
    modes = lowest_modes(matrix, count, method=method)
    return modes, process_time() - begin
