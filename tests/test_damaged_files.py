"""Files that cannot be read, and arguments that are not allowed: one clear line, with the file and the frame."""

import gzip
import sys
from dataclasses import replace

import netCDF4
import numpy as np
import pytest
from dialects import extended_xyz, lammps_dump, truths
from launch import run_python

import softspots as ss
from softspots.exceptions import DamagedFileError, InstallationError, MissingFileError

AB = {1: "A", 2: "B"}
FORKED = f"""
import os, sys
import softspots as ss
ss.read(sys.argv[1], types={AB})
if process := os.fork():
    os.waitpid(process, 0)
else:
    try:
        ss.read(sys.argv[1], types={AB})
    except ss.InputError as error:
        print(error, flush=True)
    os._exit(0)
"""


@pytest.mark.parametrize(
    "content, words",
    [
        (b"", "is empty"),
        (bytes(range(256)) * 20, "has no format that can be read: a text dump of LAMMPS, "),
        (b"hello\nworld\n", "has no format that can be read"),
        (b"ITEM: TIMESTEP\n0\n", "cannot be read"),
        # OVITO would not come back from these.
        (b"ITEM: TIMESTEP\n0\n1 2\0 3\n", "is damaged: byte 20 of the text is 0x00"),
        (
            b"2\ncolumns:name,pos cell:4,x,4\nA 1 1 1\nA 2 2 2\n",
            "cannot be read: could not convert string to float",
        ),
        (b"\x1f\x8bnot gzip at all", "is damaged|cannot be read"),
        (gzip.compress(b"ITEM: TIMESTEP\n" * 9000, mtime=0)[:60], "is damaged"),
        (b"\xdf\x65" * 4 + b"no", "cannot be read"),
        (b"CDF\x01 and no more", "is not NetCDF, or damaged"),
        (b"\x89HDF\r\n\x1a\n", "is not NetCDF, or damaged"),
    ],
)
def test_files_that_are_none(tmp_path, content, words):
    pytest.importorskip("ovito"), pytest.importorskip("gsd")
    path = tmp_path / "some.file"
    path.write_bytes(content)
    with pytest.raises((DamagedFileError, ss.InputError), match=words) as caught:
        ss.read(path, types=AB)
    assert str(path) in str(caught.value) and "\n" not in str(caught.value)


def test_packed_files_are_named_so(tmp_path):
    pytest.importorskip("ovito")
    packed, plain = (lammps_dump(tmp_path / name, truths()) for name in ("a.dump.gz", "b.dump"))
    with pytest.raises(ss.InputError, match=r"c\.dump must end in \.gz"):
        ss.read(packed.rename(tmp_path / "c.dump"), types=AB)
    with pytest.raises(ss.InputError, match=r"b\.gz is not packed; it must not end in \.gz"):
        ss.read(plain.rename(tmp_path / "b.gz"), types=AB)


def test_files_that_are_not_there(tmp_path):
    with pytest.raises(MissingFileError, match=r"there is no .*nowhere\.gsd"):
        ss.read(tmp_path / "nowhere.gsd")
    with pytest.raises(DamagedFileError, match="cannot be read: Is a directory"):
        ss.read(tmp_path)


def test_netcdf_of_another_kind(tmp_path):
    with netCDF4.Dataset(tmp_path / "a.nc", "w") as file:
        file.createDimension("x", 3)
    with pytest.raises(ss.InputError, match="is a NetCDF file of another kind"):
        ss.read(tmp_path / "a.nc")


@pytest.mark.parametrize("name", ["a.dump", "a.dump.gz"])
def test_a_last_frame_that_is_cut_short_is_left_out_and_said(tmp_path, name, capfd):
    pytest.importorskip("ovito")
    path = lammps_dump(tmp_path / name, truths((0.1, 0.2, 0.3)))
    unpack = gzip.decompress if name.endswith("gz") else bytes
    content = unpack(path.read_bytes())[:-400]
    path.write_bytes(gzip.compress(content) if name.endswith("gz") else content)
    with pytest.warns(UserWarning, match="the file is cut short; its last frame is left out"):
        frames = ss.read(path, types=AB)
    assert len(frames) == 2 and frames[1].time == 100 and "cut short" in repr(frames)
    assert capfd.readouterr().err == ""


def test_a_single_frame_that_is_cut_short(tmp_path):
    pytest.importorskip("ovito")
    path = lammps_dump(tmp_path / "a.dump", truths())
    path.write_bytes(path.read_bytes()[:-400])
    with pytest.raises(DamagedFileError, match=r"a\.dump cannot be read: .*(columns|end of file)"):
        ss.read(path, types=AB)


def test_coordinates_that_are_no_numbers(tmp_path):
    pytest.importorskip("ovito")
    found = truths((0.1, 0.2))
    found[1].fractions[3, 0] = np.nan
    frames = ss.read(lammps_dump(tmp_path / "a.dump", found), types=AB)
    assert len(frames[0]) == 30
    with pytest.raises(DamagedFileError, match=r"a\.dump: frame 1: .*positions must be finite; 3 of 90 are not"):
        frames[1]


def test_other_particles_in_a_later_frame(tmp_path):
    pytest.importorskip("ovito")
    first, later = truths((0.1, 0.2))
    fewer = replace(later, **{name: getattr(later, name)[:-1] for name in ("ids", "types", "fractions", "images")})
    frames = ss.read(lammps_dump(tmp_path / "a.dump", [first, fewer]), types=AB)
    with pytest.raises(ss.InputError, match=r"a\.dump: frame 1: there are 29 particles, and 30 in the first frame"):
        frames[1]
    twice = replace(later, ids=np.append(later.ids[:-1], later.ids[0]))
    frames = ss.read(lammps_dump(tmp_path / "c.dump", [first, twice]), types=AB)
    with pytest.raises(ss.InputError, match=rf"c\.dump: frame 1: ids .* different; {later.ids[0]} is there more than"):
        frames[1]
    other = replace(later, ids=later.ids + 1000)
    frames = ss.read(lammps_dump(tmp_path / "b.dump", [first, other]), types=AB)
    with pytest.raises(ss.InputError, match=r"b\.dump: frame 1: there are other particles .*: 30 ids, such as"):
        frames[1]


def test_ids_that_are_there_twice(tmp_path):
    pytest.importorskip("ovito")
    [truth] = truths()
    truth.ids[4] = truth.ids[5]
    with pytest.raises(DamagedFileError, match=r"a\.dump: frame 0: .*ids must all be different"):
        ss.read(lammps_dump(tmp_path / "a.dump", [truth]), types=AB)


def test_a_library_that_is_missing(tmp_path, monkeypatch):
    path = extended_xyz(tmp_path / "a.xyz", truths())
    monkeypatch.setitem(sys.modules, "ovito.io", None)
    with pytest.raises(InstallationError, match=r"OVITO cannot be loaded .*: pip install 'softspots\[ovito\]'"):
        ss.read(path)


# Pools fork, too, but from Python 3.14 on wait in what OVITO has left to be done at the end.


def test_a_process_forked_after_ovito_was_used(tmp_path):
    pytest.importorskip("ovito")
    path = lammps_dump(tmp_path / "a.dump", truths())
    told = run_python(["-c", FORKED, str(path)]).stdout
    assert "OVITO was used before this process was forked" in told


def test_arguments(tmp_path):
    pytest.importorskip("ovito")
    path = lammps_dump(tmp_path / "a.dump", truths())
    for options, words in (
        ({"dimension": 4}, "dimension is 4; allowed: 2, 3"),
        ({"unit": 0.0}, "unit is 0.0"),
        ({"timestep": -1.0}, "timestep is -1.0"),
        ({"format": "pdb"}, "format is 'pdb'; allowed: lammps-dump"),
        ({"bounds": "inside"}, "bounds is 'inside'; allowed: box, bounding box"),
        ({"box": 3.0}, "box is a float; a Box is needed"),
        ({"sizes": {"A": 1.0, "B": -1.0}}, "sizes must be positive; -1 is among them"),
        ({"sizes": [1.0, np.nan]}, "sizes must be finite"),
        ({"types": {1: "A", 2: None}}, "types are "),
        ({"types": 1.5}, "types must be whole numbers"),
        ({"dimension": 2}, "dimension is 2, and z spans 9.202, 5.31 mean distances of particles in the plane"),
    ):
        with pytest.raises(ss.InputError, match=words):
            ss.read(path, **{"types": AB} | options)


def test_a_layer_in_a_cell_that_leans_along_z_is_refused(tmp_path):
    pytest.importorskip("ovito")
    layer = [replace(one, fractions=one.fractions * (1, 1, 0), images=one.images * (1, 1, 0)) for one in truths()]
    path = lammps_dump(tmp_path / "a.dump", layer)
    with pytest.raises(ss.InputError, match="in two dimensions no lattice vector may lean along z"):
        ss.read(path, types=AB, dimension=2)
