"""``softspots map`` that is ended and resumed, and frames and files in which something is wrong."""

import os
import signal

import numpy as np
import pytest
from dumps import (
    OPTIONS,
    dumped,
    glass_frames,
    same_results,
    with_one_less,
    with_two_in_one_place,
    without_numbers,
)
from launch import called, run_python

from softspots.__main__ import main as softspots
from softspots.commands import mapping
from softspots.installation import instruction_set
from softspots.io.checkpoint import CHECKPOINT, FRAMES
from softspots.io.results import read_results

pytest.importorskip("ovito")


def run(capsys, *arguments):
    """Exit status, stdout, stderr of ``softspots map``, in this process."""
    return called(capsys, softspots, ["map", *arguments, "--quiet"])


@pytest.fixture(scope="module")
def dump(tmp_path_factory):
    path = tmp_path_factory.mktemp("whole") / "glass.lammpstrj"
    path.write_text(dumped(glass_frames(4)))
    return path


@pytest.fixture(scope="module")
def undisturbed(dump, tmp_path_factory):
    folder = tmp_path_factory.mktemp("undisturbed") / "out"
    softspots(["map", str(dump), *OPTIONS, "--maps", "0", "-1", "--quiet", "--output", str(folder)])
    return folder


def killed(monkeypatch, number, after):
    """Have a signal sent to this process when so many frames are written."""
    write, calls = mapping._write, []

    def noted(*arguments):
        write(*arguments)
        calls.append(1)
        if len(calls) == after:
            os.kill(os.getpid(), number)

    monkeypatch.setattr(mapping, "_write", noted)


@pytest.mark.parametrize("number, status", [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_run_that_was_ended_goes_on(dump, undisturbed, tmp_path, capsys, monkeypatch, number, status):
    arguments = [dump, *OPTIONS, "--maps", 0, -1, "--output", tmp_path / "out"]
    with monkeypatch.context() as patch:
        killed(patch, number, 2)
        ended, _, err = run(capsys, *arguments)
    assert ended == status and "2 of 4 frames are done, and --resume goes on with the others" in err
    assert err.count("\n") == 1
    # What there is can be read.
    results = read_results(tmp_path / "out" / "results.nc")
    assert len(results) == 2 and np.isfinite(results["eigenvalue"]).all() and results.frame(1).time == 100
    assert "frame_interval, frame_separation: the run has not ended" in results.attributes["left_out_because"]
    assert results.attributes["instruction_set"] == instruction_set()
    assert (tmp_path / "out" / "map_000000.png").exists()
    status, _, err = run(capsys, *arguments)
    assert status == 2 and "allowed: another folder, --resume, or --overwrite" in err
    status, out, err = run(capsys, *arguments, "--resume")
    assert (status, err) == (0, "") and "4 inherent structures certified" in out
    same_results(tmp_path / "out" / "results.nc", undisturbed / "results.nc")
    assert {path.name for path in (tmp_path / "out").iterdir()} == {path.name for path in undisturbed.iterdir()}


KILLED = """
import os, signal, sys
from softspots.commands import map as command
from softspots.commands import mapping

write = mapping._write

def killed(target, writer, index, *rest):
    if index == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    write(target, writer, index, *rest)

mapping._write = killed
command.main(sys.argv[1:])
"""


def test_a_run_that_was_killed_goes_on(dump, undisturbed, tmp_path, capsys):
    arguments = [dump, *OPTIONS, "--maps", 0, -1, "--output", tmp_path]
    process = run_python(["-c", KILLED, *arguments])
    assert process.returncode == -signal.SIGKILL
    results = read_results(tmp_path / "results.nc")
    assert len(results) == 2 and not results.checked
    # HDF5 may leave anything of what a kill tears, and a frame's file may be torn too.
    (tmp_path / "results.nc").write_bytes((tmp_path / "results.nc").read_bytes()[:5000])
    (tmp_path / FRAMES / "000001").write_bytes(b"torn")
    assert run(capsys, *arguments, "--resume")[0] == 0
    same_results(tmp_path / "results.nc", undisturbed / "results.nc")


def test_a_finished_run_is_left_alone(dump, undisturbed, capsys):
    before = (undisturbed / "results.nc").read_bytes()
    status, out, err = run(capsys, dump, *OPTIONS, "--maps", 1, "--output", undisturbed, "--resume")
    assert (status, err) == (0, "") and "4 with soft spots" in out
    assert (undisturbed / "results.nc").read_bytes() == before
    # Other pictures may be asked for.
    assert (undisturbed / "map_000001.png").exists()
    (undisturbed / "map_000001.png").unlink()


@pytest.mark.parametrize(
    "change, message",
    [
        (["--modes=41"], "--modes: got 41; allowed: 40, that of the run to resume"),
        (["--temperature=0.2"], "--temperature: got 0.2; allowed: nothing, that of the run to resume"),
        (["--frames=:3"], "--frames: got :3:; allowed: ::, that of the run to resume"),
        (["--model=as-printed"], "--model: got another model than the run to resume has"),
        (["--lag=2"], "--lag: got 2; allowed: 1"),
        (["--types", "1=B", "2=A"], "--types: got 1=B 2=A; allowed: 1=A 2=B"),
        (["--overwrite"], "--resume: got --overwrite too; allowed: one of the two"),
    ],
)
def test_another_run_is_not_resumed(dump, undisturbed, capsys, change, message):
    before = (undisturbed / "results.nc").read_bytes()
    status, _, err = run(capsys, dump, *OPTIONS, *change, "--output", undisturbed, "--resume")
    assert status == 2 and message in err and err.count("\n") == 1
    assert (undisturbed / "results.nc").read_bytes() == before


def test_another_trajectory_is_not_resumed(dump, undisturbed, tmp_path, capsys):
    other = tmp_path / "glass.lammpstrj"
    other.write_text(dump.read_text().replace("ITEM: TIMESTEP\n300\n", "ITEM: TIMESTEP\n301\n"))
    status, _, err = run(capsys, other, *OPTIONS, "--output", undisturbed, "--resume")
    assert status == 2 and "TRAJECTORY: got another file than the run to resume has" in err
    status, _, err = run(capsys, dump, *OPTIONS, "--output", tmp_path / "none", "--resume")
    assert status == 2 and "--resume: there is no folder" in err
    status, _, err = run(capsys, dump, *OPTIONS, "--output", tmp_path, "--resume")
    assert status == 2 and "--resume: there is no checkpoint" in err


def test_overwrite_begins_anew(dump, tmp_path, capsys):
    arguments = [dump, *OPTIONS, "--frames=:2", "--output", tmp_path]
    assert run(capsys, *arguments, "--maps", 0, 1)[0] == 0
    identity = read_results(tmp_path / "results.nc").attributes["run_id"]
    assert run(capsys, *arguments, "--maps", 0, "--overwrite")[0] == 0
    assert read_results(tmp_path / "results.nc").attributes["run_id"] != identity
    assert {path.name for path in tmp_path.iterdir()} == {"results.nc", "map_000000.png", CHECKPOINT}


def test_a_frame_that_cannot_be_used_is_left_out_and_said_so(undisturbed, tmp_path, capsys):
    path = tmp_path / "glass.lammpstrj"
    frames = glass_frames(4)
    changed = {0: without_numbers, 3: with_one_less, 5: with_two_in_one_place}
    # Frame 6 is cut short.
    text = dumped([frames[0], *frames, frames[2], frames[3]], changed)
    path.write_text(text[: -len(text) // 14])
    status, out, err = run(capsys, path, *OPTIONS, "--maps", 0, 1, "--output", tmp_path / "out")
    assert status == 0
    assert "the file is cut short; its last frame is left out" in err
    results = read_results(tmp_path / "out" / "results.nc")
    assert len(results) == 6 and sorted(results.faults) == [0, 2, 3, 5]
    assert "frame 0: Frame: positions" in results.faults[0] and "299 particles" in results.faults[3]
    assert "299 particles, and 300 in the first frame" in results.faults[2]
    assert "coincide" in results.faults[5] or "finite" in results.faults[5]
    for index, fault in results.faults.items():
        assert f"frame {index}" in out and fault in out
    good = np.isfinite(results["eigenvalue"]).all(axis=1)
    assert good.tolist() == [False, True, True, False, True, False]
    assert results["inherent_certified"].tolist() == [0, 1, 1, 0, 1, 0]
    known = np.isfinite(results["d2min"]).all(axis=1)
    assert known.tolist() == [False, True, False, False, True, False]
    # The others are as they were.
    assert np.array_equal(results["soft_spot"][1], read_results(undisturbed / "results.nc")["soft_spot"][0])
    with pytest.raises(OSError, match="frame 3 was left out: .*299 particles"):
        results.frame(3)
    assert {one.name for one in (tmp_path / "out").glob("*.png")} == {"map_000001.png"}


@pytest.mark.parametrize("name", ["empty", "text", "binary", "cut gsd", "cut gz", "no frame can be read", "no frame"])
def test_files_of_which_nothing_can_be_read(tmp_path, capsys, name):
    frames = glass_frames(2)
    contents = {
        "empty": b"",
        "text": b"hello\n",
        "binary": bytes(range(256)) * 40,
        "cut gsd": b"\xdf\x65" * 4 + b"\0" * 20,
        "cut gz": b"\x1f\x8b\x08\0\0\0\0\0\0\x03abc",
        "no frame can be read": dumped(frames, {0: without_numbers, 1: without_numbers}).encode(),
        "no frame": dumped(frames[:1])[:300].encode(),
    }
    path = tmp_path / ("glass.lammpstrj.gz" if name == "cut gz" else "glass.lammpstrj")
    path.write_bytes(contents[name])
    status, out, err = run(capsys, path, *OPTIONS, "--output", tmp_path / "out")
    assert status == 2 and out == "" and path.name in err
    assert [line for line in err.splitlines() if "cut short" not in line][0].startswith("softspots map: ")
    assert not (tmp_path / "out").exists()
