"""The files of a run side by side: sealed if the run came to its end, closed whatever happens, and read back."""

import fcntl

import pytest
from sound import IDENTITY
from synthetic import write_results

from softspots import files
from softspots.exceptions import OutputError
from softspots.io import read_results
from softspots.io.seal import check_seal
from softspots.options import read_arguments


@pytest.fixture
def opened(tmp_path):
    """Opens the files of a run in an empty folder."""
    output = tmp_path / "run"
    output.mkdir()
    frame = read_results(write_results(tmp_path / "some.nc", 2)).frame(0)
    parameters = read_arguments([f"--particles={len(frame)}", "--modes=12", "--n-modes=8", f"--output={output}"])
    return lambda: files.Files(parameters, frame, {}, IDENTITY)


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
