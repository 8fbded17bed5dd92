"""Files of others that are written anew, or written on, while their frames are read one by one."""

import os
from dataclasses import replace

import netCDF4
import numpy as np
import pytest
from dialects import lammps_dump, truths
from hoomd import write_gsd
from test_cut_files import FRAMES, amber, packings

import softspots as ss
from softspots.exceptions import DamagedFileError

AB = {1: "A", 2: "B"}
CHANGED = "was replaced or changed while it was read; read it again"
TILTS = (0.1, 0.2, 0.3)


def write_anew(path, write):
    """In its place, and later by more than clocks of file systems can fail to tell."""
    before = path.stat()
    write(path)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns + 10**9))
    return before


def others(tilts=TILTS):
    """Other frames that are as long in bytes: their particles have moved by one tenth of the box."""
    return [replace(one, fractions=(one.fractions + 0.1) % 1) for one in truths(tilts)]


@pytest.mark.parametrize("more", [0, 1])
def test_a_dump_that_is_written_anew_in_its_place_is_refused(tmp_path, more):
    pytest.importorskip("ovito")
    path = lammps_dump(tmp_path / "a.dump", truths(TILTS))
    frames = ss.read(path, types=AB)
    first = frames[0].positions
    write_anew(path, lambda path: lammps_dump(path, others((*TILTS, 0.4)[: 3 + more])))
    with pytest.raises(DamagedFileError, match=f"a.dump {CHANGED}") as caught:
        frames[1]
    assert str(caught.value).startswith(str(path))
    assert np.abs(ss.read(path, types=AB)[0].positions - first).max() > 0.5


def test_a_dump_that_another_one_takes_the_place_of_is_refused(tmp_path):
    pytest.importorskip("ovito")
    path, other = (lammps_dump(tmp_path / name, truths(TILTS)) for name in ("a.dump", "b.dump"))
    frames = ss.read(path, types=AB)
    assert len(frames[0]) == 30
    os.replace(other, path)
    with pytest.raises(DamagedFileError, match=CHANGED):
        frames[1]


def test_a_dump_that_grows_is_read_on(tmp_path):
    pytest.importorskip("ovito")
    path = lammps_dump(tmp_path / "a.dump", truths(TILTS))
    whole = [frame.positions for frame in ss.read(path, types=AB)]
    content = path.read_bytes()
    frames = ss.read(path, types=AB)
    with path.open("ab") as file:
        file.write(content.replace(b"TIMESTEP\n", b"TIMESTEP\n9"))
    os.utime(path, ns=(0, 0))
    assert len(frames) == len(TILTS)
    for frame, positions in zip(frames, whole, strict=True):
        np.testing.assert_array_equal(frame.positions, positions)
    assert len(ss.read(path, types=AB)) == 2 * len(TILTS)


@pytest.mark.parametrize("write", [amber, packings])
def test_netcdf_that_is_written_anew_in_its_place_is_refused(tmp_path, write):
    path = write(tmp_path / "a.nc")
    frames = ss.read(path, types="A")
    assert len(frames[0]) == 30
    content = path.read_bytes()
    write_anew(path, lambda path: path.write_bytes(content[:-200] + bytes(200)))
    with pytest.raises(DamagedFileError, match=rf"a\.nc {CHANGED}"):
        frames[1]


def test_netcdf_that_grows_is_read_on(tmp_path):
    path = amber(tmp_path / "a.nc")
    frames, whole = ss.read(path, types="A"), [frame.positions for frame in ss.read(path, types="A")]
    with netCDF4.Dataset(path, "a") as file:
        for variable in file.variables.values():
            variable[FRAMES] = variable[0]
    for frame, positions in zip(frames, whole, strict=True):
        np.testing.assert_array_equal(frame.positions, positions)


def test_gsd_that_is_written_anew_in_its_place_is_refused(tmp_path):
    pytest.importorskip("gsd")
    path = write_gsd(tmp_path / "a.gsd", truths(TILTS))
    frames = ss.read(path)
    assert len(frames[0]) == 30
    write_anew(path, lambda path: write_gsd(path, others()))
    with pytest.raises(DamagedFileError, match=CHANGED):
        frames[1]
