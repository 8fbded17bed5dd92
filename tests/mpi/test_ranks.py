"""The same bits on any number of ranks and in any grid of them, and errors that reach all ranks."""

import functools
import math
import os
import re
from pathlib import Path

import numpy as np
import pytest
from launch import run_python

PROGRAM = Path(__file__).with_name("sheared_run.py")
# Few steps: where there are more ranks than cores, each may wait for a slice of time.
STEPS = 600
# Preset, particles, density, and grids for as many ranks as still are wide enough: in the plane a box of side 25.8, in
# space one of side 8.9, and neighbours up to 2.95; where particles have sizes 26.5 and 7.9, and neighbours up to 2.47;
# with contacts 27.8, and up to 1.85.
SYSTEMS = {
    "mixture in the plane": ("kob-andersen", 800, 1.2, ("2x1", "1x2", "3x1", "1x3", "2x2", "4x1", "1x4", "3x2")),
    "mixture in space": ("kob-andersen-3d", 850, 1.2, ("2x1x1", "1x1x3", "2x2x1", "1x2x2")),
    "contacts in the plane": ("hertzian", 600, 0.774, ("2x2",)),
    "sizes in the plane": ("polydisperse", 700, 1.0, ("2x2",)),
    "sizes in space": ("polydisperse", 500, 1.0, ("1x1x3",)),
}


@pytest.fixture(scope="module")
def on_one_rank(tmp_path_factory):
    @functools.cache
    def run(system):
        preset, particles, density, grids = SYSTEMS[system]
        alone = "x".join("1" for _ in grids[0].split("x"))
        return finished_run(tmp_path_factory.mktemp("one"), alone, preset, particles, density)

    return run


def finished_run(folder, grid, preset, particles, density):
    ranks = math.prod(map(int, grid.split("x")))
    process = run_python([PROGRAM, folder / "end.npz", grid, particles, STEPS, density, preset], ranks=ranks)
    assert process.returncode == 0, process.stderr
    with np.load(folder / "end.npz") as data:
        return dict(data)


@pytest.mark.parametrize(("system", "grid"), [(name, grid) for name, one in SYSTEMS.items() for grid in one[-1]])
def test_same_bits_on_any_grid(on_one_rank, tmp_path, system, grid):
    alone, several = on_one_rank(system), finished_run(tmp_path, grid, *SYSTEMS[system][:-1])
    # Nothing is left out: the run flips its tilt, and sorts its neighbours often.
    assert several["flips"] == 3
    assert several["rebuilds"] > 30
    for name, value in alone.items():
        assert np.array_equal(value, several[name]), name


def test_ranks_may_own_nothing(tmp_path):
    # Six ranks and four particles in a box of side 20.
    alone, several = (finished_run(tmp_path, grid, "kob-andersen", 4, 0.01) for grid in ("1x1", "3x2"))
    for name, value in alone.items():
        assert np.array_equal(value, several[name]), name


def test_a_grid_too_fine_fails_on_all_ranks(tmp_path):
    process = run_python([PROGRAM, tmp_path / "never.npz", "1x4", 100, 10, 1.2, "kob-andersen"], ranks=4)
    assert process.returncode != 0
    assert "rank grid is too fine: a rank's part of the box is 2.282 wide; at least 2.95 is needed" in process.stderr
    assert not os.path.exists(tmp_path / "never.npz")


def test_an_interruption_of_one_rank_ends_all_after_the_same_step():
    process = run_python([Path(__file__).with_name("interrupted_run.py")], ranks=2, timeout=60)
    assert process.returncode == 0, process.stderr
    # mpirun may put what two ranks print at once on one line.
    first, second = re.findall(r"ended after (\d+), went on to (\d+)", process.stdout)
    assert first == second
    step, later = map(int, first)
    assert 0 < step == later - 5
