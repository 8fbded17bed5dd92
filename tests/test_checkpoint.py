"""Checkpoints: whole or refused, and runs that go on from them to the same bits after any end."""

import contextlib
import os
import signal

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from launch import run_python
from synthetic import assert_same_trajectory

from softspots import chain, interruption, simulate
from softspots.dynamics import Simulation
from softspots.exceptions import DamagedFileError, InputError, PhysicsError
from softspots.io import checkpoint as checkpoints
from softspots.io.checkpoint import CHECKPOINT, FRAMES, PREVIOUS, read_checkpoint, read_file, write_checkpoint
from softspots.io.results import read_results
from softspots.io.schema import SCHEMA
from softspots.model import Model
from softspots.options import read_arguments
from softspots.output import find_checkpoint
from softspots.parallel import Serial
from softspots.parameters import CHANGEABLE

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
# As often as can be.
OFTEN = "--checkpoint-every=0"


def write(folder, step=1):
    write_checkpoint(folder / CHECKPOINT, ARRAYS, {"temperature": 0.1, "model": "τ"}, {"frames": step})


@pytest.fixture(scope="module")
def content(tmp_path_factory):
    """The bytes of a checkpoint."""
    folder = tmp_path_factory.mktemp("content")
    write(folder)
    return (folder / CHECKPOINT).read_bytes()


@pytest.fixture(scope="module")
def scratch(tmp_path_factory):
    return tmp_path_factory.mktemp("scratch") / CHECKPOINT


def test_all_bits_come_back(tmp_path):
    write(tmp_path)
    found = read_checkpoint(tmp_path)
    assert found.configuration == {"temperature": 0.1, "model": "τ"}
    assert found.progress == {"frames": 1}
    assert found.refused == ""
    assert found.arrays.keys() == ARRAYS.keys()
    for name, array in ARRAYS.items():
        other = found.arrays[name]
        assert (other.dtype, other.shape, other.tobytes()) == (array.dtype, array.shape, array.tobytes())


def test_the_one_before_is_kept(tmp_path):
    for step in (1, 2, 3):
        write(tmp_path, step)
    assert sorted(path.name for path in tmp_path.iterdir()) == [CHECKPOINT, PREVIOUS]
    assert [read_file(tmp_path / name).progress["frames"] for name in (CHECKPOINT, PREVIOUS)] == [3, 2]


def test_objects_are_not_pickled(tmp_path):
    with pytest.raises(ValueError, match="things is an array of objects"):
        write_checkpoint(tmp_path / CHECKPOINT, {"things": np.array([{}])}, {}, {})
    assert not list(tmp_path.iterdir())


@given(data=st.data())
def test_a_truncated_file_is_refused(content, scratch, data):
    length = data.draw(st.integers(0, len(content) - 1))
    scratch.write_bytes(content[:length])
    with pytest.raises(ValueError, match=rf"^{scratch} is truncated: it has \d+ .*$"):
        read_file(scratch)


def test_every_place_of_the_first_line_is_guarded(content, scratch):
    for length in range(content.index(b"\n") + 2):
        scratch.write_bytes(content[:length])
        with pytest.raises(ValueError, match="is truncated"):
            read_file(scratch)
    for place in range(content.index(b"\n") + 1):
        for bit in range(8):
            scratch.write_bytes(flipped(content, 8 * place + bit))
            with pytest.raises(ValueError, match="is (not|of version|corrupted|truncated)"):
                read_file(scratch)


def flipped(content, bit):
    changed = bytearray(content)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


@given(data=st.data())
def test_a_flipped_bit_is_refused(content, scratch, data):
    begin = 8 * (content.index(b"\n") + 1)
    scratch.write_bytes(flipped(content, data.draw(st.integers(begin, 8 * len(content) - 1))))
    with pytest.raises(ValueError, match="is corrupted: its checksum is not that of its content$"):
        read_file(scratch)


@given(st.binary(min_size=1))
@example(b"\x89HDF\r\n\x1a\n")
@example(b"softspots checkpoinT 1 ")
def test_a_foreign_file_is_refused(scratch, text):
    scratch.write_bytes(text)
    with pytest.raises(ValueError, match="is (not a checkpoint of softspots|truncated.*)$"):
        read_file(scratch)


def test_another_version_and_more_bytes_are_refused(content, scratch):
    scratch.write_bytes(content.replace(b"checkpoint 1 ", b"checkpoint 2 "))
    with pytest.raises(ValueError, match="is of version 2; 1 is needed"):
        read_file(scratch)
    scratch.write_bytes(content + b"\0")
    with pytest.raises(ValueError, match="is corrupted"):
        read_file(scratch)


def test_the_previous_one_is_used_and_not_lost_to_a_bad_one(tmp_path):
    write(tmp_path, 1)
    write(tmp_path, 2)
    (tmp_path / CHECKPOINT).write_bytes((tmp_path / CHECKPOINT).read_bytes()[:-1])
    found = read_checkpoint(tmp_path)
    assert found.progress == {"frames": 1}
    assert found.refused.startswith(f"{tmp_path / CHECKPOINT} is truncated")
    write(tmp_path, 3)
    assert [read_file(tmp_path / name).progress["frames"] for name in (CHECKPOINT, PREVIOUS)] == [3, 1]


def test_nothing_good(tmp_path):
    with pytest.raises(FileNotFoundError, match="there is no checkpoint in"):
        read_checkpoint(tmp_path)
    (tmp_path / CHECKPOINT).write_text("my notes")
    (tmp_path / PREVIOUS).touch()
    with pytest.raises(ValueError, match=f"{CHECKPOINT} is not a checkpoint of softspots; .*{PREVIOUS} is truncated"):
        read_checkpoint(tmp_path)


class Death(BaseException):
    """In place of a kill."""


@pytest.mark.parametrize("call", ["fsync", "rename", "replace", "fsync of the folder"])
def test_a_death_between_any_two_calls_leaves_a_whole_one(tmp_path, monkeypatch, call):
    write(tmp_path, 1)
    write(tmp_path, 2)
    deaths = {"fsync": 1, "fsync of the folder": 2, "rename": 1, "replace": 1}
    calls = 0

    def die(*arguments, original):
        nonlocal calls
        calls += 1
        if calls == deaths[call]:
            raise Death
        return original(*arguments)

    owner, name = (checkpoints.Path, call) if call == "rename" else (os, call.split()[0])
    original = getattr(owner, name)
    monkeypatch.setattr(owner, name, lambda *arguments: die(*arguments, original=original))
    with pytest.raises(Death):
        write(tmp_path, 3)
    monkeypatch.undo()
    found = read_checkpoint(tmp_path)
    assert found.progress["frames"] == (3 if call == "fsync of the folder" else 2)
    assert found.refused == ""


def test_a_preparation_goes_on_from_any_piece():
    arguments = {"particles": 200, "temperature": 0.2, "strain_rate": 0.01, "seed": 5, "comm": Serial()}
    stages = {"liquid_time": 2.3, "cooling_time": 0.55, "strain": 0.015}
    whole, states = Simulation(Model.preset(), **arguments), []
    whole.prepare(**stages, progress=lambda steps: states.append(whole.state()))
    whole.run(50)
    # Three pieces of liquid, six of cooling and three of shear, the last of each stage shorter.
    assert len(states) == 12
    for state in states:
        other = Simulation(Model.preset(), **arguments, state=state)
        reported = []
        other.prepare(**stages, progress=reported.append)
        assert sum(reported) == whole.step - 50 - state["counters"][0]
        other.run(50)
        assert np.array_equal(other.frame().unwrapped, whole.frame().unwrapped)
        assert np.array_equal(other.velocities(), whole.velocities())
        assert (other.time, other.strain) == (whole.time, whole.strain)


def run(arguments, ranks=None):
    return run_python(["-m", "softspots.simulate", *TINY, *arguments], ranks)


def assert_same_run(folder, other):
    """All but wall times are equal to the bit, and nothing is left of the frames' own files."""
    one, two = (read_results(path / "results.nc") for path in (folder, other))
    assert one.n_frames == two.n_frames
    for name in SCHEMA.keys() - {"wall_time"}:
        assert np.asarray(one[name]).tobytes() == np.asarray(two[name]).tobytes() or (
            SCHEMA[name].dtype is str and np.array_equal(one[name], two[name])
        ), name
    assert_same_trajectory(folder / "trajectory.nc", other / "trajectory.nc")
    assert (folder / "map.png").read_bytes() == (other / "map.png").read_bytes()
    assert not (folder / FRAMES).exists()


# Forked, so that a leg does not wait for Python and its libraries; MPI would not survive a fork.
KILLS = """
import os, random, signal, sys, time
from pathlib import Path
from softspots import simulate
from softspots.parallel import Serial

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


def test_twenty_kills_leave_the_bits_of_an_undisturbed_run(tmp_path):
    folders = tmp_path / "undisturbed", tmp_path / "killed"
    process = run_python(["-c", KILLS, *TINY, "--frames=24", OFTEN, *folders])
    assert process.returncode == 0, process.stderr
    assert_same_run(*folders)
    assert "Traceback" not in process.stderr
    assert "refused" not in process.stderr


# SIGTERM reaches one rank only, in the middle of its work; the others must stop with it.
TERMINATED = """
import os, signal, sys
from softspots import chain, simulate
from softspots.parallel import world

original, calls = chain.{function}, 0

def terminated(*arguments, **others):
    global calls
    calls += 1
    if calls == {call} and world().rank == world().size - 1:
        os.kill(os.getpid(), signal.SIGTERM)
    return original(*arguments, **others)

chain.{function} = terminated
simulate.main(sys.argv[1:])
"""


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("undisturbed")
    process = run(["--frames=5", "--output", folder])
    assert process.returncode == 0, process.stderr
    return folder


@pytest.mark.parametrize("ranks, others", [(None, 2), (2, None)])
def test_sigterm_ends_all_ranks_and_any_number_resumes(tmp_path, undisturbed, ranks, others):
    arguments = [*TINY, "--frames=5", "--output", tmp_path]
    process = run_python(["-c", TERMINATED.format(function="d2min", call=2), *arguments], ranks)
    assert process.returncode == 143, process.stderr
    # The batch that the signal came in is given up.
    done = ranks or 1
    # 500 steps of liquid, 1000 of cooling, 400 of shear, and 100 for each frame.
    assert f"ended by SIGTERM after step {1900 + 100 * done}; --resume goes on from there" in process.stderr
    assert "Traceback" not in process.stderr
    assert read_checkpoint(tmp_path).progress["frames"] == done
    assert read_results(tmp_path / "results.nc").n_frames == done
    process = run_python(["-m", "softspots.simulate", *arguments, "--resume"], others)
    assert process.returncode == 0, process.stderr
    assert_same_run(tmp_path, undisturbed)


def go(folder, *more):
    """Run the tiny system in this process, without MPI, as the command does."""
    with contextlib.ExitStack() as stack:
        parameters, checkpoint = simulate.open_run([*TINY, "--output", str(folder), *more], Serial(), stack)
        outcome = simulate.simulate(parameters, Serial(), checkpoint)
        simulate.show(parameters, outcome)
    return outcome


@pytest.fixture
def listening():
    """The command's handler of signals."""
    with interruption.listening():
        yield
    interruption._Request.signal = None


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


def test_a_finished_run_continues_with_more_frames(tmp_path, undisturbed):
    go(tmp_path, "--frames=3")
    assert not (tmp_path / FRAMES).exists()
    go(tmp_path, "--frames=5", "--resume")
    assert_same_run(tmp_path, undisturbed)
    # Once more changes nothing.
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


def test_frames_before_the_checkpoint_are_not_done_again(tmp_path, monkeypatch):
    go(tmp_path, "--frames=2")
    analyse, times = simulate.analyse, []

    def noted(interval, *arguments):
        times.append(interval.frame.time)
        return analyse(interval, *arguments)

    monkeypatch.setattr(simulate, "analyse", noted)
    go(tmp_path, "--frames=3", "--resume")
    # Two intervals of 0.5, a sum of 200 steps.
    assert times == [pytest.approx(1.0)]


def test_faults_are_remembered(tmp_path, monkeypatch):
    def no_modes(matrix, count, **_):
        raise PhysicsError("no modes here")

    with monkeypatch.context() as patch:
        patch.setattr(chain, "lowest_modes", no_modes)
        with pytest.raises(PhysicsError, match="none of 1 frames has soft spots; the first one: no modes here"):
            go(tmp_path, "--frames=1")
    assert go(tmp_path, "--frames=2", "--resume").faults == {0: "no modes here"}


def test_a_damaged_checkpoint_gives_way_to_the_previous_one(tmp_path, undisturbed, capfd):
    go(tmp_path, "--frames=3", OFTEN)
    damaged = tmp_path / CHECKPOINT
    damaged.write_bytes(flipped(damaged.read_bytes(), 12_345))
    go(tmp_path, "--frames=5", "--resume")
    lines = capfd.readouterr().err.splitlines()
    assert lines == [
        f"softspots.simulate: {damaged} is corrupted: its checksum is not that of its content; "
        "going on from the previous checkpoint"
    ]
    assert_same_run(tmp_path, undisturbed)


def refusal(folder, *more):
    """The one line with which the command refuses."""
    with pytest.raises(InputError) as refused:
        go(folder, *more)
    (line,) = str(refused.value).splitlines()
    return line


# The value of the command line for every parameter that a resumed run may not change.
OTHERS = {
    "model": "as-printed",
    "particles": 301,
    "fraction_a": 0.6,
    "density": 1.1,
    "smoothing": "quadratic",
    "cutoff": 2.4,
    "inner_cutoff": 1.9,
    "temperature": 0.2,
    "strain_rate": 2e-3,
    "timestep": 0.0025,
    "thermostat_time": 2.0,
    "thermostat_chain": 2,
    "skin": 0.3,
    "liquid_temperature": 1.1,
    "liquid_time": 3.0,
    "cooling_time": 6.0,
    "steady_state_strain": 0.1,
    "quench": "fire",
    "max_force": 1e-9,
    "modes": 21,
    "n_modes": 14,
    "n_particles": 19,
    "min_particles": 3,
    "connection": "distance",
    "bond_length": 1.4,
    "frame_interval": 1.0,
    "frame_separation": 3.0,
    "d2min_cutoff": 2.4,
    "rearrangement_threshold": 14.0,
    "seed": 2,
}


def test_another_physical_parameter_is_refused_by_name(tmp_path):
    write_checkpoint(tmp_path / CHECKPOINT, {}, read_arguments(TINY).as_dict(), {"frames": 3})
    # The switch has no value.
    assert OTHERS.keys() | {"cutoff_per_pair", *CHANGEABLE} == read_arguments(TINY).as_dict().keys()
    assert refusal(tmp_path, "--resume", "--cutoff-per-pair").startswith("cutoff_per_pair: got True; allowed: F")
    for name, value in OTHERS.items():
        line = refusal(tmp_path, "--resume", f"--{name.replace('_', '-')}={value}")
        allowed = read_arguments(TINY).as_dict()[name]
        assert line == f"{name}: got {value}; allowed: {allowed}, that of the run to resume, or another folder"
    assert refusal(tmp_path, "--resume", "--frames=2").startswith("frames: got 2; allowed: at least 3")


def test_a_checkpoint_of_an_unbroken_series_may_lack_its_separation(tmp_path):
    configuration = read_arguments(TINY).as_dict()
    del configuration["frame_separation"]
    write_checkpoint(tmp_path / CHECKPOINT, {}, configuration, {"frames": 3})
    resumed = read_arguments([*TINY, f"--output={tmp_path}", "--resume"])
    assert find_checkpoint(resumed).progress["frames"] == 3
    assert refusal(tmp_path, "--resume", "--frame-separation=1").startswith("frame_separation: got 1.0; allowed: 0.5,")


def test_nothing_to_resume_and_nothing_lost_without_it(tmp_path):
    assert refusal(tmp_path, "--resume") == (
        f"resume: there is no checkpoint in {tmp_path}; allowed: a folder with a checkpoint, or no --resume"
    )
    write(tmp_path)
    line = refusal(tmp_path)
    assert "which has checkpoint of an earlier run" in line
    assert "--resume" in line
    assert "overwrite too" in refusal(tmp_path, "--resume", "--overwrite")
    (tmp_path / CHECKPOINT).write_text("my notes")
    assert "is not a checkpoint of softspots; allowed" in refusal(tmp_path, "--resume")


def test_a_new_run_leaves_no_older_checkpoint(tmp_path, listening):
    write(tmp_path)
    write(tmp_path)
    os.kill(os.getpid(), signal.SIGTERM)
    with pytest.raises(simulate.Terminated):
        go(tmp_path, "--overwrite")
    # That of the first piece, 200 steps of liquid.
    assert read_checkpoint(tmp_path).arrays["counters"][0] == 200
    assert not (tmp_path / PREVIOUS).exists()


def test_a_frame_that_is_nowhere_is_named(tmp_path):
    go(tmp_path, "--frames=2")
    (tmp_path / "results.nc").write_bytes(b"\x89HDF")
    with pytest.raises(DamagedFileError, match="frame 1, which the checkpoint counts as done, is neither in"):
        go(tmp_path, "--frames=3", "--resume")
