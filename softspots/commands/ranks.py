"""The grid of ranks that a run is cut into."""

from __future__ import annotations

import math

from softspots.commands.parameters import Parameters
from softspots.dynamics.parallel import default_grid
from softspots.exceptions import InputError


def rank_grid(parameters: Parameters, size: int) -> tuple[int, ...]:
    """The grid of ``size`` ranks, checked against the box.

    Raises
    ------
    InputError
        If the grid has another number of ranks or of axes, or parts narrower than cutoff + skin.
    """
    side, reach, dimension = parameters.box_length, parameters.reach, parameters.dimension
    grid = parameters.grid or default_grid(size, *[side] * dimension)
    shown = f"--grid: got {'x'.join(map(str, grid))}"
    if len(grid) != dimension:
        raise InputError(f"{shown}; allowed: {dimension} numbers, as the box has {dimension} axes")
    if math.prod(grid) != size:
        raise InputError(f"{shown}, {math.prod(grid)} ranks; allowed: grids of the {size} ranks that run")
    if side / max(grid) < reach:
        parts = " by ".join(f"{side / ranks:.3g}" for ranks in grid)
        raise InputError(
            f"{shown}, parts of {parts}; allowed: cutoff + skin = {reach:.3g} or more along each axis, at most "
            f"{int(side / reach)} ranks along each"
        )
    return grid
