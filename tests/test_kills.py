"""Kills and signals: runs go on to the same bits after any end."""

import os
import signal
import subprocess
import sys
import textwrap

import numpy as np
import pytest
from launch import run_python
from tiny import OFTEN, TINY, TINY_IN_SPACE, assert_same_run, go, write

from softspots.commands import interruption, simulate
from softspots.io import read_trajectory
from softspots.io.checkpoint import FRAMES, PREVIOUS, read_checkpoint
from softspots.io.results import read_results

# Forked, so that a leg does not wait for Python and its libraries; MPI would not survive a fork.
KILLS = """
import os, random, signal, sys, time
from pathlib import Path
from softspots.commands import simulate
from softspots.dynamics.parallel import Serial

simulate.world = Serial

def leg(folder, *more, delay=None):
    process = os.fork()
    if process == 0:
        code = 0
        try:
            simulate.main([*ARGUMENTS, "--output", str(folder), *more])
        except SystemExit as end:
            code = end.code
        finally:
            os._exit(code)
    if delay is not None:
        time.sleep(delay)
        os.kill(process, signal.SIGKILL)
    return os.waitpid(process, 0)[1]

*ARGUMENTS, undisturbed, killed = sys.argv[1:]
start = time.perf_counter()
assert leg(undisturbed) == 0
duration = time.perf_counter() - start
moments = random.Random(3)
for _ in range(20):
    resumable = any((Path(killed) / name).exists() for name in ("checkpoint", "checkpoint.previous"))
    status = leg(killed, "--resume" if resumable else "--overwrite", delay=moments.uniform(0, duration / 12))
    assert os.WIFSIGNALED(status), f"ended with status {status} before its kill"
assert leg(killed, "--resume") == 0
"""


@pytest.mark.parametrize(("system", "frames"), [(TINY, 24), (TINY_IN_SPACE, 6)])
def test_twenty_kills_leave_the_bits_of_an_undisturbed_run(tmp_path, system, frames):
    folders = tmp_path / "undisturbed", tmp_path / "killed"
    process = run_python(["-c", KILLS, *system, f"--frames={frames}", OFTEN, *folders])
    assert process.returncode == 0, process.stderr
    assert_same_run(*folders)
    assert "Traceback" not in process.stderr
    assert "refused" not in process.stderr


# SIGTERM reaches one rank only, in the middle of its work; the others must stop with it.
TERMINATED = """
import os, signal, sys
from softspots.chain import stages
from softspots.commands import simulate
from softspots.dynamics.parallel import world

original, calls = stages.{function}, 0

def terminated(*arguments, **others):
    global calls
    calls += 1
    if calls == {call} and world().rank == world().size - 1:
        os.kill(os.getpid(), signal.SIGTERM)
    return original(*arguments, **others)

stages.{function} = terminated
simulate.main(sys.argv[1:])
"""


@pytest.mark.parametrize("ranks, others", [(None, 2), (2, None)])
def test_sigterm_ends_all_ranks_and_any_number_resumes(tmp_path, undisturbed, ranks, others):
    arguments = [*TINY, "--frames=5", "--output", tmp_path]
    process = run_python(["-c", TERMINATED.format(function="d2min", call=2), *arguments], ranks)
    assert process.returncode == 143, process.stderr
    # The batch that the signal came in is given up.
    done = ranks or 1
    # 500 steps of liquid, 1000 of cooling, 400 of shear, and 100 for each frame.
    hint = " (mpirun sends it for Ctrl-C too)" if ranks else ""
    assert f"ended by SIGTERM{hint} after step {1900 + 100 * done}; --resume goes on from there" in process.stderr
    assert "Traceback" not in process.stderr
    assert read_checkpoint(tmp_path).progress["frames"] == done
    assert read_results(tmp_path / "results.nc").n_frames == done
    process = run_python(["-m", "softspots.simulate", *arguments, "--resume"], others)
    assert process.returncode == 0, process.stderr
    assert_same_run(tmp_path, undisturbed)


def test_sigterm_in_the_preparation(tmp_path, undisturbed, listening, monkeypatch):
    pause = simulate.Checkpointer.pause

    def terminated(self, progress):
        if self._run.step == 1520:
            pytest.fail("the piece before was the last")
        if self._run.step == 1500:
            os.kill(os.getpid(), signal.SIGTERM)
        pause(self, progress)

    with monkeypatch.context() as patch:
        patch.setattr(simulate.Checkpointer, "pause", terminated)
        with pytest.raises(simulate.Terminated, match="after step 1500; --resume goes on"):
            go(tmp_path, "--frames=5")
    assert not (tmp_path / "results.nc").exists()
    interruption._Request.signal = None
    go(tmp_path, "--frames=5", "--resume")
    assert_same_run(tmp_path, undisturbed)


def test_sigterm_in_the_first_frame_does_not_repeat_the_preparation(tmp_path, undisturbed, listening, monkeypatch):
    analyse = simulate.analyse

    def terminated(*arguments):
        os.kill(os.getpid(), signal.SIGTERM)
        return analyse(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(simulate, "analyse", terminated)
        with pytest.raises(simulate.Terminated, match="after step 1900; --resume goes on"):
            go(tmp_path, "--frames=5")
    interruption._Request.signal = None
    go(tmp_path, "--frames=5", "--resume")
    assert_same_run(tmp_path, undisturbed)


def test_results_that_a_kill_tore_are_written_anew(tmp_path, undisturbed, listening, monkeypatch):
    analyse, calls = simulate.analyse, []

    def terminated(*arguments):
        calls.append(1)
        if len(calls) == 3:
            os.kill(os.getpid(), signal.SIGTERM)
        return analyse(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(simulate, "analyse", terminated)
        with pytest.raises(simulate.Terminated):
            go(tmp_path, "--frames=5")
    interruption._Request.signal = None
    for name in ("results.nc", "trajectory.nc"):
        whole = (tmp_path / name).read_bytes()
        (tmp_path / name).write_bytes(whole[: len(whole) // 2])
    # What a kill leaves of a frame, or a frame after the checkpoint, is not taken for one.
    (tmp_path / FRAMES / "000003").write_bytes(b"torn")
    go(tmp_path, "--frames=5", "--resume")
    assert_same_run(tmp_path, undisturbed)


def test_a_new_run_leaves_no_older_checkpoint(tmp_path, listening):
    write(tmp_path)
    write(tmp_path)
    os.kill(os.getpid(), signal.SIGTERM)
    with pytest.raises(simulate.Terminated):
        go(tmp_path, "--overwrite")
    # That of the first piece, 200 steps of liquid.
    assert read_checkpoint(tmp_path).arrays["counters"][0] == 200
    assert not (tmp_path / PREVIOUS).exists()


def test_files_survive_a_kill(tmp_path):
    script = """
        import os, signal
        import numpy as np
        from softspots.io import ResultsWriter, TrajectoryWriter
        from softspots.frame import Box, Frame

        frame = Frame(np.ones((4, 2)), np.zeros(4, int), Box(9.0, 9.0), 3.0)
        trajectory = TrajectoryWriter("trajectory.nc", frame.species)
        results = ResultsWriter("results.nc", frame, 2, 2, {}, {})
        for index in range(3):
            trajectory.write(frame)
            results.write_frame(index, {"time": index, "position": frame.positions})
        os.kill(os.getpid(), signal.SIGKILL)
    """
    killed = subprocess.run([sys.executable, "-c", textwrap.dedent(script)], cwd=tmp_path)
    assert killed.returncode == -9
    frames = list(read_trajectory(tmp_path / "trajectory.nc"))
    assert [frame.time for frame in frames] == [3.0] * 3
    assert all((frame.positions == 1).all() for frame in frames)
    results = read_results(tmp_path / "results.nc")
    assert results["time"].tolist() == [0.0, 1.0, 2.0]
    assert (results["position"] == np.ones((3, 4, 2))).all()
