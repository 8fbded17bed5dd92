"""Modes in a file of their own."""

from dataclasses import fields

import netCDF4
import numpy as np
import pytest
from scipy import sparse

import softspots as ss
from softspots.io import read_results


@pytest.fixture(params=["free", "held by walls"])
def modes(request, matrix):
    if request.param == "free":
        return ss.lowest_modes(matrix, 12)
    return ss.lowest_modes(matrix + sparse.eye_array(matrix.shape[0]), 12, translations=False)


def test_modes_come_back_to_the_bit(tmp_path, modes):
    ss.write_modes(tmp_path / "modes.nc", modes)
    found = ss.read_modes(tmp_path / "modes.nc")
    for entry in fields(ss.Modes):
        np.testing.assert_array_equal(getattr(found, entry.name), getattr(modes, entry.name))
    assert repr(found) == repr(modes)


def test_other_and_damaged_files_are_told(tmp_path, modes):
    path = tmp_path / "modes.nc"
    netCDF4.Dataset(path, "w").close()
    with pytest.raises(ss.DamagedFileError, match=r"modes\.nc holds no modes"):
        ss.read_modes(path)
    ss.write_modes(path, modes)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(ss.DamagedFileError, match=r"modes\.nc"):
        ss.read_modes(path)
    with pytest.raises(ss.MissingFileError, match=r"there is no .*none\.nc"):
        ss.read_modes(tmp_path / "none.nc")


def test_who_wants_frames_or_results_is_told_what_it_holds(tmp_path, modes):
    path = tmp_path / "modes.nc"
    ss.write_modes(path, modes)
    for read in (ss.read, read_results):
        with pytest.raises(ss.DamagedFileError, match=r"modes\.nc is not a results file of softspots: it holds vibrat"):
            read(path)


def test_what_is_no_modes_leaves_what_was_there(tmp_path):
    path = tmp_path / "modes.nc"
    path.write_text("as it was")
    with pytest.raises(ss.InputError, match="write_modes: modes is an int"):
        ss.write_modes(path, 3)
    assert path.read_text() == "as it was"
    with pytest.raises(ss.OutputError, match="cannot be"):
        ss.write_modes(tmp_path / "none" / "modes.nc", ss.Modes(np.ones(1), np.ones((1, 2, 2)), np.ones(1), [], 0.0))
