"""The command, end to end on one and two ranks, and what keeps ranks together."""

import contextlib
import dataclasses
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from launch import run_python
from synthetic import assert_same_trajectory

from softspots import _core
from softspots.chain import stages
from softspots.commands import simulate
from softspots.commands.options import read_arguments
from softspots.dynamics import parallel
from softspots.dynamics.parallel import FailedTogether, Serial, agree, together, world
from softspots.exceptions import DamagedFileError, InputError, InstallationError, OutputError, PhysicsError
from softspots.frame import Box, Frame
from softspots.io.results import read_results
from softspots.io.schema import SCHEMA
from softspots.io.trajectory import read_trajectory
from softspots.landscape.modes import hessian, lowest_modes
from softspots.landscape.quench import inherent_structure
from softspots.model import Model
from softspots.plasticity.d2min import d2min
from softspots.structure.spots import soft_spots

# 300 particles fill a box of side 15.8, on two ranks 7.9 wide.
TINY = [
    "--particles=300",
    "--strain-rate=1e-3",
    "--frames=3",
    "--liquid-time=1",
    "--cooling-time=2",
    "--steady-state-strain=0.002",
    "--modes=40",
    "--n-modes=30",
]


def run(arguments, ranks=None, **environment):
    return run_python(["-m", "softspots.simulate", *arguments], ranks, **environment)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A tiny run on one rank: its folder and the process."""
    folder = tmp_path_factory.mktemp("serial")
    process = run([*TINY, "--output", folder])
    assert process.returncode == 0, process.stderr
    return folder, process


def test_files_hold_what_the_schema_says(finished):
    folder, _ = finished
    results = read_results(folder / "results.nc")
    assert results.n_frames == 3
    assert results.configuration["strain_rate"] == 1e-3
    assert results.configuration["grid"] == "1x1"
    assert results.attributes["ranks"] == 1
    floats = [name for name, entry in SCHEMA.items() if entry.dtype in ("f8", "f4")]
    assert all(np.isfinite(results[name]).all() for name in floats)
    assert results["inherent_certified"].all()
    assert (results["inherent_loose"] == 0).all()
    assert results["inherent_max_force"].max() < 1e-10
    # All parts of a frame take time.
    assert (results["wall_time"] > 0).all()
    assert results["wall_time"].sum() < results.attributes["wall_time_total"]
    frames = list(read_trajectory(folder / "trajectory.nc"))
    assert len(frames) == 3
    # The trajectory is in single precision: 15.8 has an ulp of 1e-6.
    np.testing.assert_allclose([frame.positions for frame in frames], results["position"], atol=1e-5)
    assert (folder / "map.png").stat().st_size > 10_000


def test_frames_are_an_interval_apart_and_d2min_is_that_of_the_interval(finished):
    results = read_results(finished[0] / "results.nc")
    # Sums of 400 time steps.
    np.testing.assert_allclose(np.diff(results["time"]), 2.0, rtol=1e-9)
    np.testing.assert_allclose(np.diff(results["strain"]), 2e-3, rtol=1e-9)
    # The first frame stands at the end of the preparation, with its strain.
    assert results["time"][0] == 0
    np.testing.assert_allclose(results["strain"][0], 0.002, rtol=1e-9)
    first, second = (
        Frame(
            results["position"][index],
            results["species"],
            Box(
                float(results["length_x"]),
                float(results["length_y"]),
                tilt=results["tilt"][index],
                strain=results["strain"][index],
            ),
        )
        for index in (0, 1)
    )
    assert np.array_equal(d2min(first, second), results["d2min"][0])
    minimum = inherent_structure(first, Model.preset())
    assert minimum.energy == results["inherent_energy"][0]
    wrapped, _ = first.box.wrap(minimum.frame.positions)
    assert np.array_equal(wrapped.astype(np.float32), results["inherent_position"][0])
    spots = soft_spots(minimum.frame, lowest_modes(hessian(minimum.frame, Model.preset()), 40), n_modes=30)
    assert np.array_equal(spots.labels, results["soft_spot"][0])


def test_frames_apart_are_those_of_the_unbroken_series(finished, tmp_path):
    process = run([*TINY, "--quiet", "--frames=2", "--frame-separation=4", "--output", tmp_path])
    assert process.returncode == 0, process.stderr
    series, apart = (read_results(folder / "results.nc") for folder in (finished[0], tmp_path))
    for name, entry in SCHEMA.items():
        if "frame" in entry.dimensions and name != "wall_time":
            assert np.array_equal(apart[name], series[name][::2]), name


def test_table_and_progress(finished):
    _, process = finished
    for name in ("ρ_SS", "P*/ρ_SS", "bound 1/ρ_SS", "quench residual", "preparation", "dynamics", "total", "map.png"):
        assert name in process.stdout
    assert "3 of 3 certified" in process.stdout
    assert "differ from the paper's" in process.stdout
    lines = process.stderr.splitlines()
    # Not a terminal: what is run, at once, then at most a line after a hundredth and after each tenth of the run.
    assert lines[0].startswith(
        "softspots.simulate: 300 particles, T = 0.1, strain rate 1e-3, frames 1 to 3 on 1 rank(s)"
    )
    assert lines[0].endswith(f"goes to {finished[0]}")
    assert 1 < len(lines) <= 12
    assert all("left" in line for line in lines[1:])
    assert "100 %" in lines[-1]


def test_a_liquid_is_told_from_a_glass(tmp_path):
    process = run([*TINY, "--frames=1", "--temperature=2", "--rearrangement-threshold=0.01", "--output", tmp_path])
    assert process.returncode == 0, process.stderr
    assert "T = 2 is not below the liquid's, 1 (--liquid-temperature): this is no glass" in process.stderr
    assert "100 % of all particles rearrange, as in a liquid" in process.stdout


def test_two_ranks_find_the_same_to_the_bit(finished, tmp_path):
    process = run([*TINY, "--quiet", "--output", tmp_path], ranks=2)
    assert process.returncode == 0, process.stderr
    assert process.stderr == ""
    one, two = (read_results(folder / "results.nc") for folder in (finished[0], tmp_path))
    assert two.attributes["ranks"] == 2
    assert two.configuration["grid"] == "2x1"
    for name in SCHEMA.keys() - {"wall_time"}:
        assert np.array_equal(one[name], two[name], equal_nan=SCHEMA[name].dtype in ("f8", "f4")), name
    assert_same_trajectory(finished[0] / "trajectory.nc", tmp_path / "trajectory.nc")


@pytest.mark.parametrize("ranks", [None, 2])
def test_wrong_values_end_all_ranks_with_one_line(ranks, tmp_path):
    for wrong, message in {
        ("--temperature", "-0.1"): "--temperature: got -0.1; allowed: a number above 0",
        ("--grid", "3x1"): "--grid: got 3x1, 3 ranks; allowed: grids of the",
    }.items():
        process = run([*wrong, "--output", tmp_path], ranks)
        assert process.returncode == 2
        ours = [line for line in process.stderr.splitlines() if line.startswith("softspots")]
        assert len(ours) == 1
        assert message in ours[0]
        if ranks is None:
            assert process.stderr.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_help_is_printed_once_on_two_ranks():
    process = run(["--help"], ranks=2)
    assert process.returncode == 0
    assert process.stdout.count("usage:") == 1


def test_earlier_results_survive(finished):
    folder, _ = finished
    before = (folder / "results.nc").read_bytes()
    process = run([*TINY, "--output", folder])
    assert process.returncode == 2
    assert "--overwrite" in process.stderr
    assert (folder / "results.nc").read_bytes() == before


def test_a_terminal_gets_a_bar(tmp_path):
    pty = pytest.importorskip("pty")
    reader, writer = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "softspots.simulate", *TINY, "--frames", "1", "--output", tmp_path],
        stderr=writer,
        stdout=subprocess.DEVNULL,
    )
    os.close(writer)
    shown = b""
    # Linux ends a pseudo-terminal whose writer is gone with an input/output error.
    with contextlib.suppress(OSError):
        while piece := os.read(reader, 4096):
            shown += piece
    os.close(reader)
    assert process.wait(timeout=60) == 0
    # Carriage returns of its own, beside those that a terminal puts before each new line.
    assert shown.replace(b"\r\n", b"\n").count(b"\r") > 3
    assert b"left" in shown


def test_an_interrupted_run_leaves_its_frames(tmp_path):
    arguments = [*TINY, "--frames", "100000", "--output", str(tmp_path)]
    process = subprocess.Popen(
        [sys.executable, "-m", "softspots.simulate", *arguments],
        stderr=subprocess.PIPE,
        text=True,
        # Where the tests run in the background of a shell, processes begin with the signal ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not (tmp_path / "checkpoint.frames" / "000002").exists():
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "ended by SIGINT after step" in errors
    assert "--resume goes on from there" in errors
    assert (tmp_path / "checkpoint").exists()
    assert not (tmp_path / "claim").exists()
    assert "Traceback" not in errors
    results = read_results(tmp_path / "results.nc")
    # What is not finished has no seal.
    assert 0 < results.n_frames < 100_000 and not results.checked


def test_a_frame_without_a_certificate_is_left_out(tmp_path, monkeypatch):
    quenches = iter((True, False, True))

    def quench(*arguments):
        return dataclasses.replace(inherent_structure(*arguments), certified=next(quenches))

    monkeypatch.setattr(stages, "inherent_structure", quench)
    parameters = read_arguments([*TINY, "--quiet", "--output", str(tmp_path)])
    outcome = simulate.simulate(parameters, world())
    assert list(outcome.faults) == [1]
    results = read_results(tmp_path / "results.nc")
    assert results["inherent_certified"].tolist() == [1, 0, 1]
    assert np.isnan(results["eigenvalue"]).all(axis=1).tolist() == [False, True, False]
    assert (results["soft_spot"][1] == -1).all()
    table = simulate.report(parameters, outcome.faults)
    assert "2 of 3 certified" in table
    assert "frame 1 left out" in table
    good = results["soft_spot"][[0, 2]]
    assert f"ρ_SS                  {np.mean(good >= 0):.3f}" in table


def test_a_run_without_any_modes_leaves_its_files_and_fails(tmp_path, monkeypatch, capsys):
    def no_modes(matrix, count, **_):
        raise PhysicsError("no modes\nhere")

    monkeypatch.setattr(stages, "lowest_modes", no_modes)
    parameters = read_arguments([*TINY, "--quiet", "--output", str(tmp_path)])
    outcome = simulate.simulate(parameters, world())
    with pytest.raises(PhysicsError, match="none of 3 frames has soft spots; the first one: no modes here"):
        simulate.show(parameters, outcome)
    table = capsys.readouterr().out
    assert "P*" not in table
    assert table.count("no modes here") == 3
    assert (tmp_path / "map.png").exists()


FAILING = """
import sys
from softspots.chain import stages
from softspots.commands import simulate
from softspots.dynamics.parallel import world

def fail(*arguments):
    raise LookupError("on purpose")

if world().rank in {ranks}:
    {stage} = fail
simulate.main(sys.argv[1:])
"""


@pytest.mark.parametrize(
    "ranks, stage",
    [
        # In a rank's own part of the work; in a collective part, where the other rank waits; in that part on both.
        ([1], "stages.d2min"),
        ([1], "simulate.next_interval"),
        ([0, 1], "simulate.next_interval"),
    ],
)
def test_a_failure_ends_all_ranks_and_is_told_once(ranks, stage, tmp_path):
    script = FAILING.format(ranks=ranks, stage=stage)
    process = run_python(["-c", script, *TINY, "--quiet", "--output", tmp_path], ranks=2)
    assert process.returncode != 0
    assert process.stderr.count("Traceback") == 1
    assert process.stderr.count("LookupError: on purpose") == 1
    assert process.stdout == ""


class SecondOfTwo(Serial):
    """Rank 1 of 2, where rank 0 is well."""

    rank, size = 1, 2

    def allgather(self, value):
        return [None, value]


def test_agree():
    agree(Serial(), None)
    agree(SecondOfTwo(), None)
    # A user's mistake, a failure of physics and the like keep their class and their line.
    for kind in (InputError, PhysicsError, DamagedFileError, OutputError, InstallationError):
        with pytest.raises(kind, match="^out of luck$") as raised:
            agree(SecondOfTwo(), kind("out of luck"))
        assert isinstance(raised.value, FailedTogether)
        # Once more, as when one group of ranks is in another.
        with pytest.raises(kind, match="^out of luck$"):
            agree(SecondOfTwo(), raised.value)


def test_together():
    with together(SecondOfTwo()):
        pass
    with pytest.raises(KeyError), together(Serial()):
        raise KeyError("out of luck")
    with (
        pytest.raises(FailedTogether, match="(?s)^rank 1: Traceback.*ValueError: out of luck$"),
        together(SecondOfTwo()),
    ):
        raise ValueError("out of luck")


@pytest.fixture
def unlaunched(monkeypatch):
    """No variable of any launcher."""
    for name in (*parallel._SIZE_VARIABLES, *parallel._RANK_VARIABLES):
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


@pytest.mark.parametrize("variables", [{"PMI_SIZE": "2"}, {"OMPI_COMM_WORLD_SIZE": "3"}, {"PMIX_RANK": "1"}])
def test_many_ranks_without_mpi_are_refused(variables, unlaunched):
    unlaunched.setattr(_core, "built_with_mpi", False)
    assert world().size == 1
    for name, value in variables.items():
        unlaunched.setenv(name, value)
    with pytest.raises(
        RuntimeError, match="processes were started, but each is alone: softspots was built without MPI"
    ):
        world()


def test_two_mpi_libraries_are_refused(monkeypatch):
    pytest.importorskip("mpi4py")
    monkeypatch.setattr(_core, "built_with_mpi", True)
    monkeypatch.setattr(_core, "mpi_library_version", lambda: "Other MPI 7\0")
    with pytest.raises(RuntimeError, match="built with the MPI library 'Other MPI 7', but mpi4py uses '.+'"):
        world()


ONE_THREAD = """
import os
from scipy import sparse
from softspots import Cholesky
from softspots.dynamics.parallel import one_thread

one_thread()
side = sparse.diags_array([-1.0, 4.0, -1.0], offsets=[-1, 0, 1], shape=(200, 200))
Cholesky().factorize(sparse.csc_array(sparse.kronsum(side, side)))
print(len(os.listdir("/proc/self/task")))
"""


@pytest.mark.skipif(not os.path.exists("/proc/self/task"), reason="threads are counted where Linux shows them")
def test_a_rank_is_one_thread():
    environment = {name: value for name, value in os.environ.items() if "NUM_THREADS" not in name}
    # Libraries that were loaded before may have made theirs, which then sleep; CHOLMOD must not add any.
    loaded = ONE_THREAD.replace("Cholesky().factorize", "str")
    counts = [
        subprocess.run([sys.executable, "-c", text], env=environment, capture_output=True, text=True, check=True).stdout
        for text in (loaded, ONE_THREAD)
    ]
    assert counts[0] == counts[1]


def test_a_run_that_the_machine_is_too_small_for_is_refused_at_once(tmp_path):
    process = run(["--particles=2000000000", "--output", tmp_path / "new"])
    assert process.returncode == 2
    told = "--particles: got 2000000000 with 100000000 modes on 1 rank(s) here, which take about 2.08e+10 GB; allowed"
    assert told in process.stderr
    assert not (tmp_path / "new").exists()
