"""The files of a run side by side: sealed if the run came to its end, closed whatever happens, and read back."""

import fcntl
from unittest.mock import Mock

import pytest
from sound import IDENTITY
from synthetic import write_results

from softspots.commands import files, simulate
from softspots.commands.chain import Analysis
from softspots.commands.options import read_arguments
from softspots.commands.parameters import Parameters
from softspots.commands.report import Outcome
from softspots.exceptions import DamagedFileError, OutputError
from softspots.io import read_results
from softspots.io.seal import check_seal


@pytest.fixture
def source(tmp_path):
    return read_results(write_results(tmp_path / "some.nc", 2))


@pytest.fixture
def opened(tmp_path, source):
    """Opens the files of a run in an empty folder."""
    output = tmp_path / "run"
    output.mkdir()
    frame = source.frame(0)
    parameters = read_arguments([f"--particles={len(frame)}", "--modes=12", "--n-modes=8", f"--output={output}"])
    return lambda identity=IDENTITY: files.Files(parameters, frame, {}, identity)


def test_only_a_run_that_came_to_its_end_has_sealed_files(opened, tmp_path):
    with opened():
        pass
    assert all(check_seal(tmp_path / "run" / name) for name in files.WRITTEN)
    with pytest.raises(KeyboardInterrupt), opened():
        raise KeyboardInterrupt
    assert not any(check_seal(tmp_path / "run" / name) for name in files.WRITTEN)


def test_no_file_stays_open_if_the_other_cannot_be_made(opened, tmp_path):
    (tmp_path / "run" / "trajectory.nc").mkdir()
    with pytest.raises(OutputError, match="trajectory.nc cannot be written") as raised:
        opened()
    # While it is open HDF5 locks it, and the exception keeps alive what was known where it was raised.
    with open(tmp_path / "run" / "results.nc", "rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    assert raised.value


def write_all(opened, source, identity=IDENTITY):
    with opened(identity) as written:
        for index, frame in enumerate(source):
            values = {name: value for name, value in source.variables(index).items() if name in KNOWN}
            written.write(index, frame, Analysis(values, ""))


KNOWN = ("time", "strain", "tilt", "position", "image", "soft_spot", "d2min")


def test_the_files_hold_the_frames_and_no_more(opened, source, tmp_path):
    write_all(opened, source)
    files.check_files(tmp_path / "run", len(source), IDENTITY)
    for name in ("results", "trajectory"):
        write_all(opened, source)
        other = tmp_path / "run" / ("trajectory.nc" if name == "results" else "results.nc")
        kept = other.read_bytes()
        with opened() as written:
            for index, frame in enumerate([*source, source.frame(1)]):
                written.write_again(index, frame, Analysis({"time": frame.time + index}, ""))
        other.write_bytes(kept)
        with pytest.raises(OutputError, match="has 3 frames; 2 are needed"):
            files.check_files(tmp_path / "run", len(source), IDENTITY)


@pytest.mark.parametrize("name", files.WRITTEN)
def test_results_and_trajectory_must_be_of_this_run(opened, source, tmp_path, name):
    path, other = tmp_path / "run" / name, IDENTITY | {"run_id": "f" * 16}
    write_all(opened, source, other)
    content = path.read_bytes()
    write_all(opened, source)
    path.write_bytes(content)
    with pytest.raises(OutputError, match="is of another run, run_id ffffffffffffffff"):
        files.check_files(tmp_path / "run", len(source), IDENTITY)


def test_a_fault_of_the_program_is_no_damage_of_files(opened, source, tmp_path, monkeypatch):
    write_all(opened, source)

    def wrong(*_):
        raise IndexError("on purpose")

    monkeypatch.setattr(files, "read_frame_file", wrong)
    with pytest.raises(IndexError, match="on purpose"):
        files.check_files(tmp_path / "run", 2, IDENTITY)
    with pytest.raises(IndexError, match="on purpose"):
        files.save_frames(tmp_path / "run", 2, IDENTITY)


def test_a_frame_that_is_nowhere_is_named(opened, source, tmp_path):
    write_all(opened, source)
    with pytest.raises(
        DamagedFileError, match=r"frame 2, .*\(there is no .*000002\) nor in results.nc \(it has 2 frames\)"
    ):
        files.save_frames(tmp_path / "run", 3, IDENTITY)


def test_a_frame_file_under_the_name_of_another_is_named(opened, source, tmp_path):
    write_all(opened, source)
    first, second = (files.frame_path(tmp_path / "run", index) for index in (0, 1))
    first.rename(tmp_path / "first")
    second.rename(first)
    (tmp_path / "first").rename(second)
    with pytest.raises(DamagedFileError, match=f"{first} is that of frame 1 under the name of another"):
        files.read_frame_file(tmp_path / "run", 0, IDENTITY)
    # A resumed run takes such frames from the results, or says that they are nowhere.
    (tmp_path / "run" / "results.nc").unlink()
    with pytest.raises(DamagedFileError, match="frame 0, .* under the name of another one"):
        files.save_frames(tmp_path / "run", 2, IDENTITY)


def test_the_table_does_not_depend_on_the_map(monkeypatch, capsys):
    def full(*_):
        raise OutputError("map.png cannot be written")

    monkeypatch.setattr(simulate, "draw", full)
    monkeypatch.setattr(simulate, "report", lambda *_: "the table")
    with pytest.raises(OutputError, match="map.png"):
        simulate.show(Parameters(), Outcome({}, (Mock(), Mock())))
    assert capsys.readouterr().out.startswith("the table")
