"""The same bits on any number of ranks and in any grid of them, and errors that reach all ranks."""

import functools
import json
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
# One cutoff for all pairs, and one for each.
PAPER, SPACE = {"preset": "kob-andersen"}, {"preset": "kob-andersen-3d"}
# Of forms that no preset has; a mixture of two kinds of potentials is one of splines.
MIE = {"potential": "mie", "n": 14, "m": 8, "cutoff": 2.3}
SPLINES = [
    {"species": ["A", "A"], "potential": "morse", "alpha": 5.0, "cutoff": 2.2},
    {"species": ["A", "B"], "potential": "wca"},
    {"species": ["B", "B"], "potential": "yukawa", "kappa": 2.0, "cutoff": 2.3},
]
SPLINES = {"fractions": [0.5, 0.5], "pairs": SPLINES}
SIZES = {"smallest": 0.8, "largest": 1.1}
YUKAWA = SIZES | {"non_additivity": 0.2, "pairs": [{"potential": "yukawa", "kappa": 2.0, "cutoff": 1.6}]}
# Model, particles, density, for one the tilts in units of the side, and grids for as many ranks as still are wide
# enough: in the plane a box of side 25.8, in space one of side 8.9, and neighbours up to 2.95; where particles have
# sizes 26.5 and 7.9, and neighbours up to 2.47; with contacts 27.8, and up to 1.85; others are smaller, and wide enough
# too.
SYSTEMS = {
    "mixture in the plane": (PAPER, 800, 1.2, ("2x1", "1x2", "3x1", "1x3", "2x2", "4x1", "1x4", "3x2")),
    "leaning mixture in space": (SPACE, 512, 0.9, [0.2, -0.3, 0.4], ("2x1x1", "1x2x2")),
    "mixture in space": (SPACE, 850, 1.2, ("2x1x1", "1x1x3", "2x2x1", "1x2x2")),
    "contacts in the plane": ({"preset": "hertzian"}, 600, 0.774, ("2x2",)),
    "contacts in space": ({"preset": "harmonic", "dimension": 3}, 300, 0.714, ("1x2x2",)),
    "sizes in the plane": ({"preset": "polydisperse", "dimension": 2}, 700, 1.0, ("2x2",)),
    "sizes in space": ({"preset": "polydisperse"}, 500, 1.0, ("1x1x3",)),
    "quadratic in the plane": (PAPER | {"smoothing": "quadratic"}, 300, 1.2, ("2x2",)),
    "quadratic in space": (SPACE | {"smoothing": "quadratic"}, 500, 1.2, ("2x1x2",)),
    "switch in the plane": (PAPER | {"smoothing": "switch"}, 300, 1.2, ("1x3",)),
    "switch in space": (SPACE | {"smoothing": "switch"}, 500, 1.2, ("1x2x2",)),
    "powers of 10 in the plane": ({"preset": "soft-spheres"}, 300, 0.86, ("2x2",)),
    "powers of 12 in space": ({"preset": "soft-spheres-12", "cutoff": 1.8}, 250, 0.534, ("1x1x3",)),
    "even powers in the plane": ({"fractions": [1.0], "pairs": [MIE | {"species": ["A", "A"]}]}, 300, 0.9, ("2x2",)),
    "even powers in space": ({"fractions": [1.0], "pairs": [MIE | {"species": ["A", "A"]}]}, 550, 0.9, ("1x1x3",)),
    "splines in the plane": (SPLINES, 300, 0.9, ("2x2",)),
    "splines in space": (SPLINES, 550, 0.9, ("3x1x1",)),
    "splines and sizes in the plane": (YUKAWA, 300, 0.9, ("2x2",)),
    "splines and sizes in space": (YUKAWA, 300, 0.9, ("1x2x2",)),
}
# More ranks than particles, in a box of side 20.
FEW = {"four particles": (PAPER, 4, 0.01, ("3x2",))}


def ranks_of(grid):
    return math.prod(map(int, grid.split("x")))


def alone(grid):
    """The grid of one rank."""
    return "x".join("1" for _ in grid.split("x"))


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """What a run of a system on a grid has come to. All runs on a number of ranks are one start of these."""

    @functools.cache
    def started(ranks):
        folder = tmp_path_factory.mktemp("ranks")
        jobs = [
            [f"{name} {grid}.npz", grid, *job(*arguments)]
            for name, (*arguments, grids) in (SYSTEMS | FEW).items()
            for grid in (alone(grids[0]), *grids)
            if ranks_of(grid) == ranks
        ]
        return folder, run_python([PROGRAM, folder, json.dumps(jobs)], ranks=ranks)

    def job(model, particles, density, tilts=()):
        return particles, STEPS, density, model, tilts

    def result(system, grid):
        folder, process = started(ranks_of(grid))
        path = folder / f"{system} {grid}.npz"
        assert path.exists(), process.stderr
        with np.load(path) as data:
            return dict(data)

    return result


@pytest.mark.parametrize(("system", "grid"), [(name, grid) for name, one in SYSTEMS.items() for grid in one[-1]])
def test_same_bits_on_any_grid(finished, system, grid):
    one, several = finished(system, alone(grid)), finished(system, grid)
    # Nothing is left out: the run flips its tilt, and sorts its neighbours often.
    assert several["flips"] == 3
    assert several["rebuilds"] > 30
    for name, value in one.items():
        assert np.array_equal(value, several[name]), name


def test_ranks_may_own_nothing(finished):
    (system,) = FEW
    one, several = finished(system, "1x1"), finished(system, "3x2")
    for name, value in one.items():
        assert np.array_equal(value, several[name]), name


def test_a_grid_too_fine_fails_on_all_ranks(tmp_path):
    job = ["never.npz", "1x4", 100, 10, 1.2, PAPER, []]
    process = run_python([PROGRAM, tmp_path, json.dumps([job])], ranks=4)
    assert process.returncode != 0
    assert "rank grid is too fine: a rank's part of the box is 2.282 wide; at least 2.95 is needed" in process.stderr
    assert not os.path.exists(tmp_path / "never.npz")


def test_particles_too_close_end_all_ranks_with_one_message():
    program = Path(__file__).with_name("too_close_run.py")
    found = []
    for grid in ("1x1", "2x2"):
        process = run_python([program, grid], ranks=math.prod(map(int, grid.split("x"))))
        assert process.returncode == 0, process.stderr
        found += re.findall(r"ended: particles \d and \d are \S+ apart, .*? known from 0\.95 on", process.stdout)
    assert len(found) == 5 and len(set(found)) == 1, found


def test_an_interruption_of_one_rank_ends_all_after_the_same_step():
    process = run_python([Path(__file__).with_name("interrupted_run.py")], ranks=2, timeout=60)
    assert process.returncode == 0, process.stderr
    # mpirun may put what two ranks print at once on one line.
    first, second = re.findall(r"ended after (\d+), went on to (\d+)", process.stdout)
    assert first == second
    step, later = map(int, first)
    assert 0 < step == later - 5
