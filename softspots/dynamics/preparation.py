"""The preparation of a glass in steady shear, as a list of pieces: at the end of each a run can be stopped."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from softspots.arrays import real_number
from softspots.exceptions import InputError

# The cooling curve is followed in straight pieces of this many steps.
RAMP_PIECE = 20
# The shear of the preparation goes on in pieces of this many steps, at whose ends a run can be stopped: some 6 µs per
# particle, soon enough for schedulers' 30 s up to millions of particles, and too long for the ends to cost anything.
SHEAR_PIECE = 100
# In the mixture's time scale: how long the liquid is kept, how long the cooling takes, and after which time velocities
# of the liquid are drawn anew: a Nosé–Hoover thermostat alone would ring for long.
LIQUID_TIME, COOLING_TIME, COLLISION_TIME = 50.0, 100.0, 1.0
# Strain to steady state (Schoenholz et al. 2014).
STRAIN = 0.2
# Steps are counted exactly as floats too.
MOST_PREPARATION_STEPS = 2**53


@dataclass(frozen=True)
class Piece:
    """Steps at a strain rate, from a first to a last temperature, and whether new velocities are drawn at the end."""

    steps: int
    first_temperature: float
    last_temperature: float
    strain_rate: float
    collide: bool

    def temperature_after(self, steps: int) -> float:
        """Where the ramp is after so many of its steps."""
        if steps == 0:
            return self.first_temperature
        return self.first_temperature + (self.last_temperature - self.first_temperature) * (steps / self.steps)


def stages(liquid_time: float, cooling_time: float, strain: float, strain_rate: float, timestep: float) -> list[int]:
    """Steps of the liquid, the cooling and the shear; nothing is sheared if the strain rate is zero.

    Raises
    ------
    InputError
        If one of the times, in τ, or the strain is not a finite number from 0, or needs more steps than can be counted.
    """
    counts = []
    for name, value in {"liquid_time": liquid_time, "cooling_time": cooling_time, "strain": strain}.items():
        amount = real_number(f"Simulation: {name}", value)
        rate = abs(strain_rate) if name == "strain" else 1.0
        # Never divided by what may be zero, or so small that the ratio is infinite.
        if not 0 <= amount <= MOST_PREPARATION_STEPS * timestep * (rate or np.inf):
            raise InputError(
                f"Simulation: {name} is {value!r}; it must not be negative, nor more than "
                f"{MOST_PREPARATION_STEPS:.3g} steps"
            )
        counts.append(round(amount / rate / timestep) if rate else 0)
    return counts


def pieces(
    liquid: int, cooling: int, shearing: int, *, hot: float, cold: float, strain_rate: float, between_collisions: int
) -> Iterator[Piece]:
    """The preparation piece by piece: a liquid kept ``hot``, cooled along half a cosine, and sheared when ``cold``."""
    for _, steps in _cut(liquid, between_collisions):
        yield Piece(steps, hot, hot, 0.0, True)
    for done, steps in _cut(cooling, RAMP_PIECE):
        ends = [cold + (hot - cold) * 0.5 * (1 + np.cos(np.pi * step / cooling)) for step in (done, done + steps)]
        yield Piece(steps, *ends, 0.0, False)
    for _, steps in _cut(shearing, SHEAR_PIECE):
        yield Piece(steps, cold, cold, strain_rate, False)


def _cut(steps, size):
    """Where each piece of at most ``size`` steps begins, and its steps."""
    return ((done, min(size, steps - done)) for done in range(0, steps, size))
