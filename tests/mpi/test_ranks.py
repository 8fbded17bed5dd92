"""The same bits on any number of ranks and in any grid of them, and errors that reach all ranks."""

import os
import re
from pathlib import Path

import numpy as np
import pytest
from launch import run_python

PROGRAM = Path(__file__).with_name("sheared_run.py")
# Few steps: where there are more ranks than cores, each may wait for a slice of time.
PARTICLES, STEPS = 800, 600


@pytest.fixture(scope="module")
def on_one_rank(tmp_path_factory):
    return finished_run(tmp_path_factory.mktemp("one"), "1x1")


def finished_run(folder, grid, particles=PARTICLES, density=1.2):
    columns, rows = map(int, grid.split("x"))
    process = run_python([PROGRAM, folder / "end.npz", grid, particles, STEPS, density], ranks=columns * rows)
    assert process.returncode == 0, process.stderr
    with np.load(folder / "end.npz") as data:
        return dict(data)


# A box of side 25.8 and neighbours up to 2.95: four ranks abreast are still wide enough.
@pytest.mark.parametrize("grid", ["2x1", "1x2", "3x1", "1x3", "2x2", "4x1", "1x4", "3x2"])
def test_same_bits_on_any_grid(on_one_rank, tmp_path, grid):
    several = finished_run(tmp_path, grid)
    # Nothing is left out: the run flips its tilt, and sorts its neighbours often.
    assert several["flips"] == 3
    assert several["rebuilds"] > 30
    for name, value in on_one_rank.items():
        assert np.array_equal(value, several[name]), name


def test_ranks_may_own_nothing(tmp_path):
    # Six ranks and four particles in a box of side 20.
    alone, several = (finished_run(tmp_path, grid, particles=4, density=0.01) for grid in ("1x1", "3x2"))
    for name, value in alone.items():
        assert np.array_equal(value, several[name]), name


def test_a_grid_too_fine_fails_on_all_ranks(tmp_path):
    process = run_python([PROGRAM, tmp_path / "never.npz", "1x4", 100, 10, 1.2], ranks=4)
    assert process.returncode != 0
    assert "rank grid is too fine: a rank's rectangle is 2.282 wide; at least 2.95 is needed" in process.stderr
    assert not os.path.exists(tmp_path / "never.npz")


def test_an_interruption_of_one_rank_ends_all_after_the_same_step():
    process = run_python([Path(__file__).with_name("interrupted_run.py")], ranks=2, timeout=60)
    assert process.returncode == 0, process.stderr
    # mpirun may put what two ranks print at once on one line.
    first, second = re.findall(r"ended after (\d+), went on to (\d+)", process.stdout)
    assert first == second
    step, later = map(int, first)
    assert 0 < step == later - 5
