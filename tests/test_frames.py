"""Sequences of frames: lazy, with their strain through flips; objects of other libraries; what is refused."""

import gzip
import os
import sys
from dataclasses import replace

import numpy as np
import pytest
from dialects import extended_xyz, lammps_dump, truths
from launch import run_python

import softspots as ss
from softspots.exceptions import DamagedFileError, InstallationError, MissingFileError
from softspots.io.readers.frames import Frames, Reading
from softspots.io.readers.interpretation import Options
from softspots.io.readers.snapshot import Snapshot, Source

AB = {1: "A", 2: "B"}
OPTIONS = Options(types="A")
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


class Counted(Source):
    """A million snapshots of three particles in a sheared box ; it counts how many are looked at."""

    name = "counted"

    def __init__(self, tilt=lambda index: 0.0, length=1_000_000):
        self.tilt, self.length, self.looked_at = tilt, length, []

    def __len__(self):
        return self.length

    def snapshot(self, index):
        self.looked_at.append(index)
        cell = np.array([[10.0, 0.0], [self.tilt(index), 8.0]])
        return Snapshot(positions=np.array([[1.0, 1.0], [2.0, 6.0], [5.0, 3.0]]), cell=cell, step=index)


def frames_of(source, options=OPTIONS):
    return Frames(Reading(source, options), range(len(source)))


def flipping(rate):
    """The tilt of a box whose strain grows by ``rate`` each frame, flipped to at most half the box."""

    def tilt(index):
        sheared = 2.0 + rate * 8.0 * index
        return sheared - 10.0 * round(sheared / 10.0)

    return tilt


def test_nothing_is_read_before_it_is_asked_for():
    source = Counted()
    frames = frames_of(source)
    part = frames[100:900_000:7][::-1][5:8]
    assert len(frames) == 1_000_000 and len(part) == 3 and isinstance(part, Frames)
    assert source.looked_at == [0]
    small = frames_of(Counted(length=20))
    assert [frame.time for frame in small[4:10:2]] == [4, 6, 8]
    assert small[-1].time == 19 and small[2:5][-1].time == 4
    with pytest.raises(IndexError, match="counted has 20 frames; got 20"):
        small[20]


def test_the_strain_goes_through_flips_whichever_frame_is_asked_for():
    source = Counted(flipping(0.13), 100)
    frames = frames_of(source)
    last = frames[99]
    assert last.box.strain == pytest.approx(0.25 + 0.13 * 99, rel=1e-12)
    assert last.box.tilt == pytest.approx(flipping(0.13)(99)) and last.box.flips == 10
    assert source.looked_at == [*range(100)]
    # Boxes that have been looked at are known; the snapshot is read again.
    assert frames[40].box.strain == pytest.approx(0.25 + 0.13 * 40, rel=1e-12)
    assert source.looked_at[100:] == [40]
    backwards = frames_of(Counted(flipping(-0.2), 30))
    assert [frame.box.strain for frame in backwards] == pytest.approx([0.25 - 0.2 * k for k in range(30)])
    alone = frames_of(Counted(flipping(0.13), 1))
    assert not alone[0].box.has_history


def test_the_strain_of_boxes_that_change_their_size_is_that_of_their_shape():
    class Growing(Counted):
        def snapshot(self, index):
            found = super().snapshot(index)
            return replace(found, cell=found.cell * 1.1**index, positions=found.positions * 1.1**index)

    frames = frames_of(Growing(flipping(0.2), 20))
    assert [frame.box.strain for frame in frames] == pytest.approx([0.25 + 0.2 * k for k in range(20)])


@pytest.mark.parametrize("ratios", [(1.02, 1.0), (0.98, 1.0), (1.0, 1.02), (0.99, 1.02)])
def test_flips_are_those_of_the_box_that_is_stretched(ratios):
    """Far along in shear, where a fiftieth of all that the box has been sheared is most of its length."""

    class Stretched(Counted):
        def snapshot(self, index):
            found = super().snapshot(index)
            return replace(found, cell=found.cell * ratios) if index == 249 else found

    frames = frames_of(Stretched(lambda index: flipping(0.2)(min(index, 248)), 250))
    last, stretched = frames[248].box, frames[249].box
    assert last.flips == 40
    expected = last.stretched(tuple(np.multiply(last.lengths, ratios)))
    assert stretched.strain == pytest.approx(expected.strain, rel=1e-12) and stretched.flips == last.flips


@pytest.mark.parametrize("names", [("01", "1"), ("-0", "0"), ("9" * 20, "1")])
def test_names_that_only_look_like_numbers_are_names(names):
    class Named(Counted):
        def snapshot(self, index):
            return replace(super().snapshot(index), types=np.array([*names, names[1]]))

    assert frames_of(Named(length=1), Options())[0].species.tolist() == [*names, names[1]]


def test_a_lattice_vector_that_points_the_other_way_takes_its_images_along():
    cell = np.array([[4.0, 0.0, 0.0], [0.5, 4.0, 0.0], [0.3, -0.4, -5.0]])
    fractions = np.random.default_rng(6).random((6, 3))
    images = np.arange(18).reshape(6, 3) % 5 - 2

    class LeftHanded(Source):
        name = "left-handed"

        def __len__(self):
            return 1

        def snapshot(self, index):
            return Snapshot(positions=fractions @ cell, cell=cell, images=images)

    np.testing.assert_allclose(frames_of(LeftHanded())[0].unwrapped, (fractions + images) @ cell, atol=1e-13)


def test_a_step_that_could_be_a_flip_ends_the_strain_and_is_said():
    # A third of the box in one step, at frame 5.
    frames = frames_of(Counted(lambda index: 0.1 * index + 3.3 * (index >= 5), 10))
    assert frames[4].box.strain == pytest.approx(0.05)
    with pytest.warns(
        UserWarning, match="counted: from frame 5 on the strain is not known: the tilt moves by 0.34 box"
    ):
        assert not frames[7].box.has_history
    assert frames[4].box.has_history and "from frame 5 on" in repr(frames)


def test_a_frame_that_cannot_be_read_keeps_nobody_from_those_behind_it():
    class Broken(Counted):
        def snapshot(self, index):
            if index == 5:
                raise RuntimeError("no more\n numbers")
            return super().snapshot(index)

    frames = frames_of(Broken(flipping(0.1), 10))
    for _ in range(2):
        assert frames[8].box.strain == pytest.approx(0.25 + 0.8)
        with pytest.raises(DamagedFileError, match=r"^counted: frame 5: no more numbers$"):
            frames[5]


def test_motion_through_a_flip_is_that_without_it(tmp_path):
    pytest.importorskip("ovito")
    tilts = (4.0, 4.9, 5.8)
    straight, flipped = truths(tilts, dimension=2, particles=60), truths(tilts, dimension=2, particles=60)
    # The last box is flipped, particles stay where they are.
    last = flipped[2]
    unwrapped = last.unwrapped
    last.cell = last.cell - [[0, 0], [last.cell[0, 0], 0]]
    moved = unwrapped @ np.linalg.inv(last.cell)
    last.fractions, last.images = moved % 1, np.floor(moved).astype(int)
    found = {}
    for name, one, kind in (("straight", straight, "x"), ("flipped", flipped, "x"), ("unwrapped", flipped, "xu")):
        found[name] = ss.read(lammps_dump(tmp_path / f"{name}.dump", one, kind, z=False), types=AB)
    assert found["flipped"][2].box.tilt == pytest.approx(5.8 - 9)
    assert found["flipped"][2].box.strain == pytest.approx(0.58)
    expected = ss.d2min(found["straight"][0], found["straight"][2], cutoff=3.0)
    for name in ("flipped", "unwrapped"):
        d2min = ss.d2min(found[name][0], found[name][2], cutoff=3.0)
        np.testing.assert_allclose(d2min, expected, rtol=1e-9)
    np.testing.assert_allclose(found["unwrapped"][2].unwrapped, unwrapped, atol=1e-11)


class TestObjects:
    def test_atoms(self):
        ase = pytest.importorskip("ase")
        [truth] = truths()
        atoms = ase.Atoms(
            np.array(["Cu", "Zr"])[truth.types - 1], cell=truth.cell, scaled_positions=truth.fractions, pbc=True
        )
        atoms.set_array("id", truth.ids[::-1])
        expected = ss.frame_from_atoms(atoms)
        for frames in (ss.read(atoms), ss.read([atoms, atoms])):
            np.testing.assert_array_equal(frames[0].ids, truth.ids)
            np.testing.assert_allclose(frames[0].positions, expected.wrapped().positions[::-1], atol=1e-12)
        flat = ase.Atoms("H2", positions=[[1, 1, 0], [2, 2, 0]], cell=[5, 5, 0], pbc=(True, True, False))
        assert ss.read(flat)[0].dimension == 2
        flat.pbc = (True, False, False)
        with pytest.raises(ss.InputError, match=r"ase\.Atoms: the box is not periodic along y"):
            ss.read(flat)
        with pytest.raises(ss.InputError, match=r"there is no box: say which, ss\.read\(…, box="):
            ss.read(ase.Atoms("H2", positions=[[1, 1, 0], [2, 2, 0]]))

    @pytest.mark.filterwarnings("ignore::UserWarning", "ignore::DeprecationWarning")
    def test_universe_and_atom_group(self):
        library = pytest.importorskip("MDAnalysis")
        [truth] = truths()
        universe = library.Universe.empty(30, trajectory=True)
        universe.add_TopologyAttr("types", ["A"] * 12 + ["B"] * 18)
        universe.atoms.positions = truth.fractions @ np.diag(np.diag(truth.cell))
        universe.dimensions = [*np.diag(truth.cell), 90, 90, 90]
        whole, part = ss.read(universe), ss.read(universe.select_atoms("type B"))
        assert len(whole[0]) == 30 and set(part[0].species) == {"B"} and len(part[0]) == 18
        # Single precision.
        np.testing.assert_allclose(part[0].positions, whole[0].positions[12:], atol=1e-5)
        assert "in Å" in repr(whole)
        with pytest.raises(ss.InputError, match="has no trajectory"):
            ss.read(library.Universe.empty(3))

    def test_data_collection(self, tmp_path):
        ovito = pytest.importorskip("ovito.io")
        path = lammps_dump(tmp_path / "a.dump", truths())
        data = ovito.import_file(str(path)).compute()
        [frame] = ss.read(data, types=AB)
        expected = ss.read(path, types=AB)[0]
        np.testing.assert_array_equal(frame.positions, expected.positions)
        np.testing.assert_array_equal(frame.ids, expected.ids)

    def test_box_and_points(self):
        points = np.random.default_rng(1).random((20, 3)) * 4 - 2
        cell = [[4, 0, 0], [0.8, 4, 0], [0.4, -0.2, 4]]
        boxes = [ss.Box(lengths=(4, 4, 4), tilts=(0.8, 0.4, -0.2)), [4, 4, 4, 0.2, 0.1, -0.05], np.transpose(cell)]
        for box in boxes:
            [frame] = ss.read((box, points), types="A")
            np.testing.assert_allclose(frame.box.vectors, cell, atol=1e-12)
        flat = [ss.Box(4, 4), [4, 4], [4, 4, 0, 0, 0, 0]]
        for box in flat:
            assert ss.read((box, points[:, :2]), types="A")[0].dimension == 2
        with pytest.raises(ss.InputError, match="no types of particles: say types='A', or give each"):
            ss.read((boxes[0], points))
        freud = pytest.importorskip("freud")
        frame = ss.read((freud.box.Box(4, 4, 4, 0.2, 0.1, -0.05), points), types="A")[0]
        np.testing.assert_allclose(frame.box.vectors, cell, atol=1e-6)
        assert ss.read((freud.box.Box.square(4), points * [1, 1, 0]), types="A")[0].dimension == 2

    def test_what_is_none_of_them(self):
        for value, words in ((3.0, "got a float"), ([], "the list is empty"), ([1, 2], "got a list of int")):
            with pytest.raises(ss.InputError, match=words):
                ss.read(value)
        with pytest.raises(ss.InputError, match="format, topology and bounds are those of files"):
            ss.read((ss.Box(4, 4), np.ones((2, 2))), types="A", format="gsd")


class TestDamage:
    """One clear line, with the file and the frame."""

    @pytest.mark.parametrize(
        "content, words",
        [
            (b"", "is empty"),
            (os.urandom(0) + bytes(range(256)) * 20, "has no format that can be read: a text dump of LAMMPS, "),
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
    def test_files_that_are_none(self, tmp_path, content, words):
        pytest.importorskip("ovito"), pytest.importorskip("gsd")
        path = tmp_path / "some.file"
        path.write_bytes(content)
        with pytest.raises((DamagedFileError, ss.InputError), match=words) as caught:
            ss.read(path, types=AB)
        assert str(path) in str(caught.value) and "\n" not in str(caught.value)

    def test_packed_files_are_named_so(self, tmp_path):
        pytest.importorskip("ovito")
        packed, plain = (lammps_dump(tmp_path / name, truths()) for name in ("a.dump.gz", "b.dump"))
        with pytest.raises(ss.InputError, match=r"c\.dump must end in \.gz"):
            ss.read(packed.rename(tmp_path / "c.dump"), types=AB)
        with pytest.raises(ss.InputError, match=r"b\.gz is not packed; it must not end in \.gz"):
            ss.read(plain.rename(tmp_path / "b.gz"), types=AB)

    def test_files_that_are_not_there(self, tmp_path):
        with pytest.raises(MissingFileError, match=r"there is no .*nowhere\.gsd"):
            ss.read(tmp_path / "nowhere.gsd")
        with pytest.raises(DamagedFileError, match="cannot be read: Is a directory"):
            ss.read(tmp_path)

    def test_netcdf_of_another_kind(self, tmp_path):
        import netCDF4

        with netCDF4.Dataset(tmp_path / "a.nc", "w") as file:
            file.createDimension("x", 3)
        with pytest.raises(ss.InputError, match="is a NetCDF file of another kind"):
            ss.read(tmp_path / "a.nc")

    @pytest.mark.parametrize("name", ["a.dump", "a.dump.gz"])
    def test_a_last_frame_that_is_cut_short_is_left_out_and_said(self, tmp_path, name, capfd):
        pytest.importorskip("ovito")
        path = lammps_dump(tmp_path / name, truths((0.1, 0.2, 0.3)))
        unpack = gzip.decompress if name.endswith("gz") else bytes
        content = unpack(path.read_bytes())[:-400]
        path.write_bytes(gzip.compress(content) if name.endswith("gz") else content)
        with pytest.warns(UserWarning, match="the file is cut short; its last frame is left out"):
            frames = ss.read(path, types=AB)
        assert len(frames) == 2 and frames[1].time == 100 and "cut short" in repr(frames)
        assert capfd.readouterr().err == ""

    def test_a_single_frame_that_is_cut_short(self, tmp_path):
        pytest.importorskip("ovito")
        path = lammps_dump(tmp_path / "a.dump", truths())
        path.write_bytes(path.read_bytes()[:-400])
        with pytest.raises(DamagedFileError, match=r"a\.dump cannot be read: .*(columns|end of file)"):
            ss.read(path, types=AB)

    def test_coordinates_that_are_no_numbers(self, tmp_path):
        pytest.importorskip("ovito")
        found = truths((0.1, 0.2))
        found[1].fractions[3, 0] = np.nan
        frames = ss.read(lammps_dump(tmp_path / "a.dump", found), types=AB)
        assert len(frames[0]) == 30
        with pytest.raises(DamagedFileError, match=r"a\.dump: frame 1: .*positions must be finite; 3 of 90 are not"):
            frames[1]

    def test_other_particles_in_a_later_frame(self, tmp_path):
        pytest.importorskip("ovito")
        first, later = truths((0.1, 0.2))
        fewer = replace(later, **{name: getattr(later, name)[:-1] for name in ("ids", "types", "fractions", "images")})
        frames = ss.read(lammps_dump(tmp_path / "a.dump", [first, fewer]), types=AB)
        with pytest.raises(ss.InputError, match=r"a\.dump: frame 1: there are 29 particles, and 30 in the first frame"):
            frames[1]
        twice = replace(later, ids=np.append(later.ids[:-1], later.ids[0]))
        frames = ss.read(lammps_dump(tmp_path / "c.dump", [first, twice]), types=AB)
        with pytest.raises(
            ss.InputError, match=rf"c\.dump: frame 1: ids .* different; {later.ids[0]} is there more than"
        ):
            frames[1]
        other = replace(later, ids=later.ids + 1000)
        frames = ss.read(lammps_dump(tmp_path / "b.dump", [first, other]), types=AB)
        with pytest.raises(ss.InputError, match=r"b\.dump: frame 1: there are other particles .*: 30 ids, such as"):
            frames[1]

    def test_ids_that_are_there_twice(self, tmp_path):
        pytest.importorskip("ovito")
        [truth] = truths()
        truth.ids[4] = truth.ids[5]
        with pytest.raises(DamagedFileError, match=r"a\.dump: frame 0: .*ids must all be different"):
            ss.read(lammps_dump(tmp_path / "a.dump", [truth]), types=AB)

    def test_a_library_that_is_missing(self, tmp_path, monkeypatch):
        path = extended_xyz(tmp_path / "a.xyz", truths())
        monkeypatch.setitem(sys.modules, "ovito.io", None)
        with pytest.raises(InstallationError, match=r"OVITO cannot be loaded .*: pip install 'softspots\[ovito\]'"):
            ss.read(path)

    # Pools fork, too, but from Python 3.14 on wait in what OVITO has left to be done at the end.
    def test_a_process_forked_after_ovito_was_used(self, tmp_path):
        pytest.importorskip("ovito")
        path = lammps_dump(tmp_path / "a.dump", truths())
        told = run_python(["-c", FORKED, str(path)]).stdout
        assert "OVITO was used before this process was forked" in told

    def test_arguments(self, tmp_path):
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
            ({"dimension": 2}, "in two dimensions no lattice vector may lean along z"),
        ):
            with pytest.raises(ss.InputError, match=words):
                ss.read(path, **{"types": AB} | options)
