"""The claim on a folder: one holder, whoever is killed, and words for whoever is refused."""

import json
import os
import subprocess
import sys

import pytest
from launch import run_python

from softspots.exceptions import OutputError
from softspots.io import claim
from softspots.io.claim import CLAIM, claimed

HOLD = """
import sys
from softspots.io.claim import claimed
with claimed(sys.argv[1]):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(claim, "PATIENCE", 0.1)


def holder(folder):
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "held\n"
    return process


def test_one_holds_and_the_other_is_told_who(tmp_path):
    with holder(tmp_path) as process:
        with pytest.raises(OutputError, match=rf"process {process.pid} on .* has claimed since .*wait until"):
            claimed(tmp_path).__enter__()
        process.stdin.close()
    assert not list(tmp_path.iterdir())
    with claimed(tmp_path):
        # Not even the same process twice.
        with pytest.raises(OutputError, match=f"process {os.getpid()} on"), claimed(tmp_path):
            pass
        assert json.loads((tmp_path / CLAIM).read_text())["pid"] == os.getpid()
    assert not list(tmp_path.iterdir())


def test_what_a_kill_has_left_is_taken_over(tmp_path):
    with holder(tmp_path) as process:
        process.kill()
    assert (tmp_path / CLAIM).exists()
    with claimed(tmp_path):
        assert json.loads((tmp_path / CLAIM).read_text())["pid"] == os.getpid()
    # Killed before it could write.
    (tmp_path / CLAIM).touch()
    with claimed(tmp_path):
        pass
    assert not list(tmp_path.iterdir())


def left_elsewhere(folder, **changes):
    (folder / CLAIM).write_text(json.dumps(claim._this_process() | changes))


def test_a_claim_of_another_machine_is_refused_with_the_remedy(tmp_path):
    left_elsewhere(tmp_path, host="node7", machine="0123", boot="4567", pid=89)
    content = (tmp_path / CLAIM).read_bytes()
    with pytest.raises(OutputError, match=rf"process 89 on node7 .*if that run has ended, remove {tmp_path}/claim;"):
        claimed(tmp_path).__enter__()
    assert (tmp_path / CLAIM).read_bytes() == content


def test_a_claim_from_before_a_restart_is_taken_over(tmp_path, monkeypatch):
    here = claim._this_process() | {"machine": "this one"}
    monkeypatch.setattr(claim, "_this_process", lambda: here)
    left_elsewhere(tmp_path, boot="before")
    with claimed(tmp_path):
        pass
    # Machines in containers may have no number of their own.
    here["machine"] = ""
    left_elsewhere(tmp_path, boot="before")
    with pytest.raises(OutputError, match="remove"):
        claimed(tmp_path).__enter__()


def test_without_locks_any_claim_that_is_there_holds(tmp_path, monkeypatch):
    monkeypatch.setattr(claim, "_lock", lambda descriptor: claim._UNKNOWN)
    with claimed(tmp_path), pytest.raises(OutputError, match="if that run has ended, remove"):
        claimed(tmp_path).__enter__()
    assert not list(tmp_path.iterdir())


def test_what_is_no_claim_is_left_alone(tmp_path):
    (tmp_path / "target").write_text("dear")
    (tmp_path / CLAIM).symlink_to(tmp_path / "target")
    with pytest.raises(OutputError, match="claim cannot be made or locked"):
        claimed(tmp_path).__enter__()
    (tmp_path / CLAIM).unlink()
    for content in ("my notes", "[1]", "{}", "\0" * 100):
        (tmp_path / CLAIM).write_text(content)
        with pytest.raises(
            OutputError, match=f"does not say who has it; if no run writes there, remove {tmp_path}/claim;"
        ):
            claimed(tmp_path).__enter__()
        assert (tmp_path / CLAIM).read_text() == content
    assert (tmp_path / "target").read_text() == "dear"


@pytest.mark.parametrize("locking, races", [("TRUE", 2), ("FALSE", 4)])
def test_of_two_that_start_in_one_folder_neither_loses_or_mixes_anything(locking, races):
    process = run_python(["tests/races.py", races], HDF5_USE_FILE_LOCKING=locking)
    assert process.returncode == 0, process.stdout + process.stderr
