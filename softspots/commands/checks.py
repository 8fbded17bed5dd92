"""What the parameters of a run must be to each other; single values are checked by their kinds."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from softspots.box import BALL
from softspots.commands.kinds import option
from softspots.exceptions import InputError
from softspots.model import Model

if TYPE_CHECKING:
    from softspots.commands.parameters import Parameters

# More than any run has, and little enough that nothing that is derived from them overflows.
LARGEST = 1e9
# Of a whole run: at a million steps a second, a fortnight on the smallest system.
MOST_STEPS = 10**12
# Neighbors are then 0.34 σ_AA apart, where Lennard-Jones particles vibrate with (6 V'')^½ = 10⁵/τ: no time step that
# gets anywhere follows that. From 2 on it takes less than the paper's time step, as a run that blows up says.
MOST_DENSITY = 10.0
NUMBERS = {2: "two", 3: "three"}


def check(parameters: Parameters) -> None:
    """Refuse parameters that do not fit together.

    Raises
    ------
    InputError
    """
    _check_box(parameters)
    _check_counts(parameters)
    _check_neighbourhood(parameters)
    _check_steps(parameters)


def _check_box(parameters):
    """It must hold its images, and all that is looked for around a particle."""
    density, reach, side = parameters.density, parameters.reach, min(parameters.box_lengths)
    most = MOST_DENSITY if isinstance(parameters.mixture, Model) else LARGEST
    if density > most:
        raise _refusal(parameters, "density", f"a number above 0 and of at most {most:g}")
    if side < 2 * reach and parameters.start:
        sides = " × ".join(f"{length:.3g}" for length in parameters.box_lengths)
        raise InputError(
            f"--start: got {parameters.start.name} with a box of {sides}; allowed: sides of 2 (cutoff + skin) = "
            f"{2 * reach:.3g} or more"
        )
    if side < 2 * reach:
        fewest = math.ceil(density * min(2 * reach, LARGEST) ** parameters.dimension)
        raise _refusal(
            parameters,
            "particles",
            f"a side of 2 (cutoff + skin) = {2 * reach:.3g} or more, that is {fewest} particles or more",
            f" at --density {density:g}, a box of side {side:.3g}",
        )
    for name in ("d2min_cutoff", "bond_length"):
        if getattr(parameters, name) > side / 2:
            raise _refusal(parameters, name, f"at most half the shortest side of the box, {side / 2:.4g}")


def _check_counts(parameters):
    particles, dimension = parameters.particles, parameters.dimension
    limits = {
        "modes": (
            dimension * (particles - 1),
            f"the degrees of freedom without the {NUMBERS[dimension]} translations",
        ),
        "n_modes": (parameters.modes, "the number of modes"),
        "n_particles": (particles, "the number of particles"),
    }
    for name, (most, meaning) in limits.items():
        if getattr(parameters, name) > most:
            raise _refusal(parameters, name, f"at most {most}, {meaning}")


def _check_neighbourhood(parameters):
    """D²_min needs as many neighbours as there are dimensions."""
    density, dimension = parameters.density, parameters.dimension
    neighbours = density * BALL[dimension] * parameters.d2min_cutoff**dimension
    if neighbours < dimension:
        least = (dimension / (BALL[dimension] * density)) ** (1 / dimension)
        raise _refusal(
            parameters,
            "d2min_cutoff",
            f"{least:.3g} or more, which holds the {NUMBERS[dimension]} that D²_min needs",
            f", which holds {neighbours:.2g} neighbours at --density {density:g}",
        )


def _check_steps(parameters):
    """Each part of a run, and all of it, in a number of steps that can be counted and done."""
    timestep, strain_rate = parameters.timestep, parameters.strain_rate
    times = {
        "liquid_time": parameters.liquid_time,
        "cooling_time": parameters.cooling_time,
        "steady_state_strain": parameters.steady_state_strain / strain_rate if strain_rate else 0.0,
        "frame_interval": parameters.frame_interval,
        "frame_separation": parameters.frame_separation,
        "frames": parameters.frames * parameters.frame_separation,
    }
    for name, time in times.items():
        if time / timestep > MOST_STEPS:
            steps = f", {time / timestep:.3g} time steps of {timestep:g}"
            raise _refusal(parameters, name, f"{MOST_STEPS:.0e} steps or fewer", steps)
    for name in ("frame_interval", "frame_separation"):
        steps = times[name] / timestep
        # Decimal fractions such as 0.005 are not exact in binary.
        if steps < 0.5 or abs(steps - round(steps)) > 1e-9 * steps:
            raise _refusal(parameters, name, f"whole multiples of --timestep = {timestep:g}")
    if parameters.steps_per_frame < parameters.steps_per_interval:
        raise _refusal(parameters, "frame_separation", f"--frame-interval = {parameters.frame_interval:g} or more")


def _refusal(parameters, name: str, allowed: str, that_is: str = "") -> InputError:
    value = getattr(parameters, name)
    got = f"{value:g}" if isinstance(value, float) else value
    return InputError(f"{option(name)}: got {got}{that_is}; allowed: {allowed}")
