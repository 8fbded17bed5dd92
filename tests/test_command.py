"""How commands end: their lines, statuses, signals, and streams that nobody reads."""

import os
import signal
import subprocess
import sys
import warnings

import numpy as np
import pytest
from launch import run_python

from softspots.__main__ import main as softspots
from softspots.commands import interruption, progress
from softspots.commands.command import command, say
from softspots.commands.interruption import Terminated, cutting, listening, requested
from softspots.exceptions import DamagedFileError, InputError, InstallationError, OutputError, PhysicsError
from softspots.extras import load_extra

TINY = [
    "--particles=300",
    "--strain-rate=1e-3",
    "--frames=1",
    "--liquid-time=1",
    "--cooling-time=1",
    "--steady-state-strain=0.002",
    "--modes=20",
    "--n-modes=15",
    "--quiet",
]


@pytest.mark.parametrize(
    "error, status",
    [
        (InputError, 2),
        (InstallationError, 2),
        (PhysicsError, 1),
        (DamagedFileError, 1),
        (OutputError, 1),
    ],
)
def test_what_is_raised_on_purpose_is_one_line(capsys, error, status):
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(SystemExit) as end, command("us"):
        raise error("out of\nluck")
    # Who calls the command from Python goes on.
    assert signal.getsignal(signal.SIGINT) == before
    assert end.value.code == status
    assert capsys.readouterr().err == "us: out of luck\n"


def test_what_is_warned_of_is_one_line(capsys):
    # What is a fault of softspots shows where it is from.
    with pytest.warns(RuntimeWarning, match="a fault"), command("us"):
        for _ in range(2):
            warnings.warn("luck is\nshort", stacklevel=1)
        warnings.warn("a fault", RuntimeWarning, stacklevel=1)
    assert capsys.readouterr().err == "us: luck is short\n"


def test_a_machine_that_is_too_small_is_no_fault_of_softspots(capsys):
    with pytest.raises(SystemExit) as end, command("us"):
        np.empty(2**55)
    assert end.value.code == 1
    said = capsys.readouterr().err
    assert said.startswith("us: not enough memory: Unable to allocate") and said.count("\n") == 1


def test_anything_else_is_a_fault_of_softspots(capsys):
    with pytest.raises(SystemExit) as end, command("us"):
        raise ValueError("out of luck")
    assert end.value.code == 1
    assert "Traceback" in capsys.readouterr().err


@pytest.fixture
def listener():
    with listening():
        yield
    interruption._Request.signal = None


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_cuts_only_what_may_be_cut(listener, number):
    reached = []
    with pytest.raises(Terminated, match=f"^ended by {number.name}; hint$") as ended, cutting(hint="; hint"):
        with cutting(False):
            os.kill(os.getpid(), number)
            os.kill(os.getpid(), signal.SIGTERM)
            reached.append(1)
        with cutting():
            reached.append(2)
    assert reached == [1]
    assert requested() == number
    assert ended.value.status == 128 + number


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_while_a_library_is_loaded_is_no_fault_of_that(listener, tmp_path, monkeypatch, number):
    """As OVITO does, which says that it cannot be initialized, whatever was raised."""
    (tmp_path / "swallowing.py").write_text(
        "import os, signal\n"
        "try:\n"
        f"    os.kill(os.getpid(), {int(number)})\n"
        "    signal.sigtimedwait([], 0.01)\n"
        "except BaseException as error:\n"
        "    raise ImportError('initialization failed') from None\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "swallowing", raising=False)
    with pytest.raises(Terminated, match=f"ended by {number.name}") as ended, cutting():
        load_extra("swallowing")
    assert ended.value.status == 128 + number
    assert signal.getsignal(number) is interruption._note and "swallowing" in sys.modules


def test_one_that_is_ignored_stays_so():
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with listening(), cutting():
            os.kill(os.getpid(), signal.SIGINT)
            assert requested() is None
    finally:
        signal.signal(signal.SIGINT, before)


def shell(line, folder, *more):
    words = [sys.executable, "-m", "softspots.simulate", *TINY, "--output", folder, *more]
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1"}
    text = f'exec "$@" {line}'
    return subprocess.run(
        ["bash", "-c", text, "bash", *map(str, words)], capture_output=True, text=True, env=environment, timeout=250
    )


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full")
def test_all_files_are_made_where_the_table_cannot_be_printed(tmp_path):
    process = shell(">/dev/full", tmp_path)
    assert process.returncode == 1
    assert process.stderr == "softspots.simulate: standard output cannot be written (No space left on device)\n"
    assert {path.name for path in tmp_path.iterdir()} == {"results.nc", "trajectory.nc", "map.png", "checkpoint"}
    reader, writer = os.pipe()
    os.close(reader)
    code = "from softspots.commands.command import *\nwith command('us'): say('table')"
    process = subprocess.run([sys.executable, "-c", code], stdout=writer, stderr=subprocess.PIPE, text=True)
    os.close(writer)
    assert (process.returncode, process.stderr) == (1, "us: standard output cannot be written (Broken pipe)\n")


@pytest.mark.parametrize("command", ["simulate", "analyze"])
def test_a_signal_while_modules_are_imported_ends_without_a_traceback(command):
    # The signal comes when the first module that is not imported for signals themselves is.
    code = f"""
import builtins, os, runpy, signal
signal.signal(signal.SIGINT, signal.default_int_handler)
original = builtins.__import__
def imported(name, *others, **more):
    if "tqdm" in name:
        os.kill(os.getpid(), signal.SIGINT)
    return original(name, *others, **more)
builtins.__import__ = imported
runpy.run_module("softspots.{command}", run_name="__main__")
"""
    process = run_python(["-c", code])
    assert (process.returncode, process.stdout, process.stderr) == (-signal.SIGINT, "", "")


@pytest.mark.parametrize("stream, word", [(">&-", "output"), ("2>&-", "error")])
def test_streams_must_be_open(tmp_path, stream, word):
    process = shell(stream, tmp_path / "new")
    assert process.returncode == 2
    line = f"softspots.simulate: standard {word} is closed; allowed: an open one, such as /dev/null\n"
    assert process.stdout + process.stderr == line
    assert not (tmp_path / "new").exists()


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full")
@pytest.mark.parametrize("stream", ["2>/dev/full", "2> >(true)"])
def test_a_run_goes_on_where_nobody_reads_its_progress(tmp_path, stream):
    process = shell(stream, tmp_path, "--no-quiet")
    assert (process.returncode, process.stderr) == (0, "")
    assert {path.name for path in tmp_path.iterdir()} == {"results.nc", "trajectory.nc", "map.png", "checkpoint"}


def test_a_bar_may_lose_its_terminal(monkeypatch):
    reader, writer = os.pipe()
    os.close(reader)
    with open(writer, "w", buffering=1) as gone:
        monkeypatch.setattr(sys, "stderr", gone)
        monkeypatch.setattr(progress, "stderr_is_watched", lambda: True)
        bar = progress.Progress(10, 0, visible=True)
        bar.stage("one")
        bar.advance(5)
        bar.close()


@pytest.mark.parametrize("name", ["one", "x" * 22, "run 1 of 12: " + "of a long name " * 9])
def test_a_bar_stays_where_it_is_whatever_the_stage_is_called(monkeypatch, capsys, name):
    monkeypatch.setattr(progress, "stderr_is_watched", lambda: False)
    bar = progress.Progress(10, 0, visible=True)
    bar.stage(name)
    bar.advance(5)
    line = capsys.readouterr().err
    bar.close()
    assert line.startswith(name[:22].ljust(22) + " 50 %|") and "|" in line[28:] and " left" in line


def test_where_no_terminal_is_the_time_left_is_told_from_the_first_piece_on(monkeypatch, capsys):
    monkeypatch.setattr(progress, "stderr_is_watched", lambda: False)
    bar = progress.Progress(10_000, 0, visible=True)
    told = []
    for work in (10, 80, 10, 400, 500, 3_000):
        bar.advance(work)
        told.append(capsys.readouterr().err.count(" left\n"))
    assert told == [1, 0, 1, 0, 1, 1]
    bar.close()


def test_what_comes_before_the_work_is_not_in_the_time_left(monkeypatch, capsys):
    monkeypatch.setattr(progress, "stderr_is_watched", lambda: False)
    bar = progress.Progress(10_000, 0, visible=True)
    # A resumption reads its earlier frames first. Here an hour passes in no time.
    bar._bar.start_t -= 3600
    bar._bar.last_print_t = bar._bar.start_t
    bar.leave_out()
    bar.advance(100)
    # 99 times what the piece took, which is no time: a minute leaves room for a machine that stands still.
    assert ":" in (left := capsys.readouterr().err.split(", ")[1]) and left < "01:00"
    bar.close()


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full")
def test_help_that_cannot_be_printed_is_a_failure(tmp_path):
    process = shell(">/dev/full", tmp_path, "--help")
    line = "softspots.simulate: standard output cannot be written (No space left on device)\n"
    assert (process.returncode, process.stderr) == (1, line)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full")
@pytest.mark.parametrize("asked", ["--help", "--version"])
def test_what_all_commands_share_cannot_be_printed_either(asked):
    with open("/dev/full", "w") as full:
        process = subprocess.run(
            [sys.executable, "-m", "softspots", asked], stdout=full, stderr=subprocess.PIPE, text=True
        )
    line = "softspots: standard output cannot be written (No space left on device)\n"
    assert (process.returncode, process.stderr) == (1, line)


def test_say(capsys):
    say("table")
    assert capsys.readouterr().out == "table\n"


@pytest.mark.parametrize("wrong", [["--temperature=1e5"], ["--timestep=1.0", "--frame-interval=1", "--liquid-time=5"]])
def test_a_run_that_blows_up_says_only_that(tmp_path, wrong):
    process = run_python(["-m", "softspots.simulate", *TINY, *wrong, "--output", tmp_path])
    assert process.returncode == 1
    assert process.stderr.startswith("softspots.simulate: ") and process.stderr.count("\n") == 1
    assert "blew up" in process.stderr or "lost" in process.stderr
    assert not list(tmp_path.iterdir())


def test_a_program_that_calls_a_command_is_interrupted_as_before(capsys):
    before = signal.getsignal(signal.SIGINT)
    softspots(["--version"])
    assert signal.getsignal(signal.SIGINT) is before
