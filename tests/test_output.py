"""The folder of a run: earlier results are kept, and what cannot be written is refused before anything is computed."""

import dataclasses
from pathlib import Path

import pytest

from softspots.commands.output import check_output, open_folder
from softspots.commands.parameters import FILES, Parameters
from softspots.exceptions import InputError


def test_earlier_results_are_kept_unless_said_otherwise(tmp_path):
    parameters = Parameters(output=tmp_path / "new" / "folder")
    open_folder(parameters, FILES)
    check_output(parameters, FILES)
    (parameters.output / "results.nc").touch()
    with pytest.raises(
        InputError, match=r"where results.nc is that of an earlier run; allowed: another folder, or --overwrite"
    ):
        check_output(parameters, FILES)
    check_output(dataclasses.replace(parameters, overwrite=True), FILES)
    check_output(dataclasses.replace(parameters, resume=True), FILES)
    (parameters.output / "results.nc").unlink()
    (parameters.output / "checkpoint.frames").mkdir()
    check_output(parameters, FILES)
    (parameters.output / "checkpoint.frames" / "000000").touch()
    with pytest.raises(
        InputError, match=r"where checkpoint\.frames is that of an earlier run; allowed: another folder, or --over"
    ):
        check_output(parameters, FILES)
    with pytest.raises(InputError, match="--resume: got --overwrite too"):
        open_folder(dataclasses.replace(parameters, resume=True, overwrite=True), FILES)
    assert [path.name for path in parameters.output.iterdir()] == ["checkpoint.frames"]


def test_output_that_cannot_be_written(tmp_path):
    (tmp_path / "file").touch()
    for name in ("results.nc", "trajectory.nc", "map.png", "checkpoint", "checkpoint.previous"):
        folder = tmp_path / f"with {name}"
        (folder / name).mkdir(parents=True)
        for more in ({}, {"overwrite": True}, {"resume": True}):
            with pytest.raises(InputError, match=f"where {name} is no file; allowed: another folder"):
                open_folder(Parameters(output=folder, **more), FILES)
    for make in (Path.touch, lambda path: path.symlink_to(tmp_path)):
        folder = tmp_path / f"with {make}"
        folder.mkdir()
        make(folder / "checkpoint.frames")
        with pytest.raises(InputError, match=r"where checkpoint\.frames is no folder"):
            open_folder(Parameters(output=folder), FILES)
    with pytest.raises(InputError, match=r"--resume: there is no folder .*/nowhere"):
        open_folder(Parameters(output=tmp_path / "nowhere", resume=True), FILES)
    assert not (tmp_path / "nowhere").exists()
    with pytest.raises(InputError, match=r"file/out; allowed: a folder that can be written: Not a directory"):
        open_folder(Parameters(output=tmp_path / "file" / "out"), FILES)
