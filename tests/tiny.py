"""A run of a tiny system and its checkpoint, for the tests of checkpoints, of kills and of what goes on from them."""

import contextlib

import numpy as np
from launch import run_python
from synthetic import assert_same_trajectory

from softspots.commands import simulate
from softspots.dynamics.parallel import Serial
from softspots.io.checkpoint import CHECKPOINT, FRAMES, write_checkpoint
from softspots.io.results import read_results
from softspots.io.schema import OPTIONAL, SCHEMA

ARRAYS = {
    "positions": np.array([[0.1, -0.0], [5e-324, np.nan]]),
    "images": np.array([[-1, 2]], dtype=np.int32),
    "text": np.array("τ"),
    "none": np.empty((0, 2)),
}
# 300 particles fill a box of side 15.8, on two ranks 7.9 wide; a preparation of all its stages, in 54 pieces.
TINY = [
    "--particles=300",
    "--strain-rate=1e-3",
    "--frame-interval=0.5",
    "--liquid-time=2.5",
    "--cooling-time=5",
    "--steady-state-strain=0.002",
    "--modes=20",
    "--n-modes=15",
    "--quiet",
]
# The same in three dimensions, of particles with sizes: 340 of them fill a box of side 7.0, on three ranks 2.3 wide.
TINY_IN_SPACE = [*TINY[1:], "--model=polydisperse", "--particles=340", "--skin=0.3"]
# As often as can be.
OFTEN = "--checkpoint-every=0"


def write(folder, step=1):
    write_checkpoint(folder / CHECKPOINT, ARRAYS, {"temperature": 0.1, "model": "τ"}, {"frames": step})


def flipped(content, bit):
    changed = bytearray(content)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def run(arguments, ranks=None):
    return run_python(["-m", "softspots.simulate", *TINY, *arguments], ranks)


def assert_same_run(folder, other):
    """All but wall times are equal to the bit, and nothing is left of the frames' own files."""
    one, two = (read_results(path / "results.nc") for path in (folder, other))
    assert one.n_frames == two.n_frames
    for name, entry in (SCHEMA | OPTIONAL).items():
        assert (name in one) == (name in two), name
        if name in one and name != "wall_time":
            assert np.asarray(one[name]).tobytes() == np.asarray(two[name]).tobytes() or (
                entry.dtype is str and np.array_equal(one[name], two[name])
            ), name
    assert_same_trajectory(folder / "trajectory.nc", other / "trajectory.nc")
    assert (folder / "map.png").read_bytes() == (other / "map.png").read_bytes()
    assert not (folder / FRAMES).exists()


def go(folder, *more):
    """Run the tiny system in this process, without MPI, as the command does."""
    with contextlib.ExitStack() as stack:
        parameters, checkpoint = simulate.open_run([*TINY, "--output", str(folder), *more], Serial(), stack)
        outcome = simulate.simulate(parameters, Serial(), checkpoint)
        simulate.show(parameters, outcome)
    return outcome
