"""How a run is cut into parts for its ranks."""

import dataclasses

import pytest

from softspots.commands.parameters import Parameters
from softspots.commands.ranks import rank_grid
from softspots.dynamics.parallel import default_grid
from softspots.exceptions import InputError


@pytest.mark.parametrize(
    "size, lengths, grid",
    [
        *[(1, (5, 5), (1, 1)), (2, (5, 5), (2, 1)), (3, (5, 5), (3, 1)), (4, (5, 5), (2, 2)), (6, (5, 5), (3, 2))],
        *[(6, (5, 9), (2, 3)), (2, (5, 5, 5), (2, 1, 1)), (4, (5, 5, 5), (2, 2, 1)), (8, (5, 5, 5), (2, 2, 2))],
        *[(12, (5, 5, 5), (3, 2, 2)), (4, (5, 5, 15), (1, 1, 4))],
    ],
)
def test_default_grid(size, lengths, grid):
    assert default_grid(size, *lengths) == grid


def test_rank_grid():
    # Side 20: parts of 2.95, which is cutoff + skin, fit six times.
    small = Parameters(particles=480)
    assert rank_grid(small, 6) == (3, 2)
    assert rank_grid(dataclasses.replace(small, grid=(1, 6)), 6) == (1, 6)
    with pytest.raises(InputError, match=r"got 7x1, .*allowed: cutoff \+ skin = 2.95 .* at most 6 by 6 ranks"):
        rank_grid(small, 7)
    with pytest.raises(InputError, match="got 2x2, 4 ranks; allowed: grids of the 2 ranks that run"):
        rank_grid(dataclasses.replace(small, grid=(2, 2)), 2)
    with pytest.raises(InputError, match="got 2x1x1; allowed: 2 numbers, as the box has 2 axes"):
        rank_grid(dataclasses.replace(small, grid=(2, 1, 1)), 2)
