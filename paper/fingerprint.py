"""What tells whether another machine or version computes the same bits."""

from __future__ import annotations

import contextlib
import hashlib

from softspots.commands.chain import make_simulation
from softspots.commands.parameters import Parameters
from softspots.dynamics.parallel import Serial

# Steps of the preparation, whose last one draws new velocities, and as many as these then go through.
STEPS, AFTERWARDS = 400, 100


class _EnoughSteps(Exception):
    pass


def fingerprint(parameters: Parameters) -> dict[str, str | float]:
    """The state after 400 steps of the preparation, and 100 more.

    Returns
    -------
    dict
        ``fingerprint_positions`` and ``fingerprint_velocities``, SHA-256 of the little-endian doubles by particle
        number; ``fingerprint_potential_energy``, ``..._kinetic_temperature`` and ``..._shear_stress``, as in
        `softspots.Simulation.thermodynamics`.
    """
    run = make_simulation(parameters, Serial())

    def stop(_):
        if run.step >= STEPS:
            raise _EnoughSteps

    with contextlib.suppress(_EnoughSteps):
        run.prepare(**parameters.preparation, progress=stop)
    run.run(AFTERWARDS)
    arrays = {"positions": run.frame().positions, "velocities": run.velocities()}
    values = {name: hashlib.sha256(array.astype("<f8").tobytes()).hexdigest() for name, array in arrays.items()}
    thermodynamics = run.thermodynamics()
    values |= {name: thermodynamics[name] for name in ("potential_energy", "kinetic_temperature", "shear_stress")}
    return {f"fingerprint_{name}": value for name, value in values.items()}
