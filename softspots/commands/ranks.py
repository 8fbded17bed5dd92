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
    sides, reach, dimension = parameters.box_lengths, parameters.reach, parameters.dimension
    grid = parameters.grid or default_grid(size, *sides)
    shown = f"--grid: got {'x'.join(map(str, grid))}"
    if len(grid) != dimension:
        raise InputError(f"{shown}; allowed: {dimension} numbers, as the box has {dimension} axes")
    if math.prod(grid) != size:
        raise InputError(f"{shown}, {math.prod(grid)} ranks; allowed: grids of the {size} ranks that run")
    parts = [side / ranks for side, ranks in zip(sides, grid, strict=True)]
    if min(parts) < reach:
        most = " by ".join(str(int(side / reach)) for side in sides)
        raise InputError(
            f"{shown}, parts of {' by '.join(f'{part:.3g}' for part in parts)}; allowed: cutoff + skin = {reach:.3g} "
            f"or more along each axis, at most {most} ranks"
        )
    return grid
