"""Files as nobody should write them: what is in them, or one line that says what is wrong; nothing silently wrong."""

import gzip
import os

import numpy as np
import pytest
from dialects import lammps_dump, truths

import softspots as ss

pytest.importorskip("ovito")
AB = {1: "A", 2: "B"}
ROWS = ("1 1 1.5 2.5 3.5", "2 2 4.5 5.5 6.5", "3 1 7.5 8.5 9.5")
FIRST = [1.5, 2.5, 3.5]
LATTICE = 'Lattice="10 0 0 0 10 0 0 0 10" Properties=species:S:1:pos:R:3'
ATOOMS = "3\nstep:0 columns:name,pos cell:10.0,10.0,10.0\nA 1 2 3\nB 2 3 4\nA 3 4 4.5\n"


def dump(rows=ROWS, columns="id type x y z", count=None, step="0", bounds="0 10\n0 10\n0 10", box="pp pp pp"):
    count = len(rows) if count is None else count
    header = f"ITEM: TIMESTEP\n{step}\nITEM: NUMBER OF ATOMS\n{count}\nITEM: BOX BOUNDS {box}\n{bounds}\n"
    return header + f"ITEM: ATOMS {columns}\n" + "".join(f"{row}\n" for row in rows)


def first(row):
    return dump([row, *ROWS[1:]])


def xyz(rows=("A 1.5 2.5 3.5", "B 4.5 5.5 6.5", "A 7.5 8.5 9.5"), count=None, comment=LATTICE):
    return f"{len(rows) if count is None else count}\n{comment}\n" + "".join(f"{row}\n" for row in rows)


def data(rows=("1 1 1.5 2.5 3.5", "2 2 4.5 5.5 6.5"), count=2, box="0 10", more=""):
    header = f"a glass\n\n{count} atoms\n2 atom types\n\n{box} xlo xhi\n0 10 ylo yhi\n0 10 zlo zhi\n"
    return header + "\nAtoms # atomic\n\n" + "".join(f"{row}\n" for row in rows) + more


def put(path, content):
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("cut", [1, 2, 6])
@pytest.mark.parametrize(("name", "frame"), [("a.dump", dump()), ("a.xyz", xyz()), ("b.xyz", ATOOMS)])
def test_a_last_line_that_does_not_end_may_hold_half_a_number(tmp_path, name, frame, cut, packed):
    def cut_of(content):
        content = content.encode()[:-cut]
        return put(tmp_path / (name + ".gz" * packed), gzip.compress(content) if packed else content)

    types = AB if name == "a.dump" else None
    with pytest.raises(ss.DamagedFileError, match="it does not end with a newline, as an interrupted") as told:
        ss.read(cut_of(frame), types=types)
    assert "\n" not in str(told.value)
    with pytest.warns(UserWarning, match="its last frame is left out .it does not end with a newline"):
        frames = ss.read(cut_of(frame * 3), types=types)
    assert len(frames) == 2 and len(frames[1]) == 3


@pytest.mark.parametrize("cut", [1, 2])
def test_a_data_file_whose_last_line_does_not_end(tmp_path, cut):
    with pytest.raises(ss.DamagedFileError, match="it does not end with a newline"):
        ss.read(put(tmp_path / "a.data", data()[:-cut]), types=AB)


@pytest.mark.parametrize(
    "content",
    [
        dump().replace("\n", "\r\n"),
        dump() + "\n\n",
        dump([row.replace(" ", "\t ") + "  " for row in ROWS]),
        first("1 1 1.5E+00 +.25e1 35.e-1"),
        "ITEM: UNITS\nlj\nITEM: TIME\n2.5\n" + dump(),
    ],
)
def test_ways_of_writing_the_same(tmp_path, content):
    [frame] = ss.read(put(tmp_path / "a.dump", content), types=AB)
    np.testing.assert_array_equal(frame.positions[0], FIRST)
    assert frame.ids.tolist() == [1, 2, 3]


def test_numbers_of_particles_and_images_of_any_size(tmp_path):
    large = 9_007_199_254_740_993
    rows = [
        f"{number} 1 1.5 2.5 3.5 {image} 0 0" for number, image in ((large, -3), (large - 1, 2_000_000_000), (-1, 0))
    ]
    [frame] = ss.read(put(tmp_path / "a.dump", dump(rows, "id type x y z ix iy iz")), types="A")
    assert frame.ids.tolist() == [-1, large - 1, large]
    assert frame.images[:, 0].tolist() == [0, 2_000_000_000, -3]


def test_many_rows_are_passed_in_blocks(tmp_path):
    # More than a block has, and lines that end anywhere in it.
    count = 20_000
    rows = [f"{number} 1 {number % 7}.{'5' * (number % 13)} 2.5 3.5" for number in range(1, count + 1)]
    frames = ss.read(put(tmp_path / "a.dump", dump(rows) + dump(rows, step="1")), types="A")
    assert [len(frame) for frame in frames] == [count, count]
    text = dump(rows[:-1], count=count - 2) + dump(rows, step="1")
    with pytest.raises(ss.DamagedFileError, match=rf"line {count + 8} is '{rows[-2][:20]}"):
        ss.read(put(tmp_path / "b.dump", text), types="A")


@pytest.mark.parametrize("row", [150, 1500, 9_000, 19_999])
@pytest.mark.parametrize("later", [False, True])
def test_rows_of_all_frames_are_looked_at(tmp_path, row, later):
    rows = [f"{number} 1 1.5 2.5 3.5" for number in range(1, 20_001)]
    wrong = [*rows[:row], f"{row + 1} 1 1.5 2,5 3.5", *rows[row + 1 :]]
    text = (dump(rows) if later else "") + dump(wrong)
    line = row + 10 + later * 20_009
    with pytest.raises(ss.DamagedFileError, match=f"line {line}: y is '2,5', which is no number"):
        ss.read(put(tmp_path / "a.dump", text), types="A")
    labels = [f"Cd {line.split(maxsplit=2)[2]}" for line in wrong]
    with pytest.raises(ss.DamagedFileError, match=f"line {row + 3}: '2,5' is no number"):
        ss.read(put(tmp_path / "a.xyz", xyz(labels)))


@pytest.mark.parametrize("row", [0, 150, 1500, 19_999])
def test_types_of_all_particles_are_looked_at(tmp_path, row):
    rows = [f"{number} {1 + number % 2} 1.5 2.5 3.5" for number in range(1, 20_001)]
    wrong = [*rows[:row], f"{row + 1} 2.9 1.5 2.5 3.5", *rows[row + 1 :]]
    with pytest.raises(ss.DamagedFileError, match=f"line {row + 10}: type is '2.9', which is no whole number"):
        ss.read(put(tmp_path / "a.dump", dump(wrong)), types=AB)


@pytest.mark.parametrize(("types", "species"), [("1 2 1", "ABA"), ("+1 02 1", "ABA"), ("B A B", "BAB")])
def test_types_are_numbers_or_names(tmp_path, types, species):
    rows = [f"{number} {kind} 1 {number} 3.5" for number, kind in enumerate(types.split(), 1)]
    options = {"types": AB} if "A" not in types else {}
    [frame] = ss.read(put(tmp_path / "a.dump", dump(rows)), **options)
    assert "".join(frame.species) == species


@pytest.mark.parametrize("header", ["restricted", "general", "of the box itself"])
def test_boxes_are_known_without_their_frames(tmp_path, header):
    found = truths((2.6, 4.4, -4.1), seed=3)
    bounds = "box" if header == "of the box itself" else "bounding box"
    frames = ss.read(lammps_dump(tmp_path / "a.dump", found, header=header), types=AB, bounds=bounds)
    source = frames._reading.source
    for index, truth in enumerate(found):
        outline = source.outline(index)
        np.testing.assert_allclose(outline.cell, truth.cell, atol=1e-12)
        np.testing.assert_allclose(outline.origin, truth.origin, atol=1e-12)
        np.testing.assert_allclose(outline.cell, source.snapshot(index).cell, atol=1e-12)
    # 9 wide: the last step is a flip.
    assert frames[2].box.strain == pytest.approx((9 - 4.1) / 10)


def test_one_particle_has_the_dimension_of_its_box(tmp_path):
    assert ss.read(put(tmp_path / "a.dump", dump(ROWS[:1])), types=AB)[0].dimension == 3


def test_what_a_header_leaves_out_is_said(tmp_path):
    frames = ss.read(put(tmp_path / "a.dump", dump(box="")), types=AB)
    assert "the header does not say that the box is periodic" in " ".join(frames.notes)
    assert "steps" not in " ".join(frames.notes)
    assert "times are numbers of steps" in " ".join(ss.read(put(tmp_path / "b.dump", dump() + dump()), types=AB).notes)


TILTED = {"box": "xy xz yz pp pp pp", "bounds": "0 10 20\n0 10 0\n0 10 0"}
WRONG = {
    "a comma": (first("1 1 1,5 2.5 3.5"), "line 10: x is '1,5', which is no number"),
    "as Fortran has it": (first("1 1 1.5D+00 2.5 3.5"), "line 10: x is '1.5D.00', which is no number"),
    "as Fortran has it in XYZ": (xyz(["A 15.D-1 2 3", "B 2 2 2"]), "line 3: '15.D-1' is no number"),
    "as Fortran has it in a data file": (data(["1 1 1.5D+00 2 3", "2 2 4 5 6"]), "line 12: '1.5D.00' is no number"),
    "a comma in a later velocity": (data(more="\nVelocities\n\n1 0 0 0\n2 0 0,5 0\n"), "line 18: '0,5' is no number"),
    "a box as Fortran has it": (data(box="0d0 1d1"), "line 6: '0d0' is no number"),
    "more rows of a data file": (
        data([*ROWS, "4 1 1 1 1"]),
        "line 14 is '3 1 7.5 8.5 9.5'; there are to be 2 particles",
    ),
    "fewer rows of a data file": (data(count=3), "of 3 particles under Atoms there are 2"),
    "fewer rows before velocities": (
        data(count=4, more="\nVelocities\n\n1 0 0 0\n2 0 0 0\n"),
        "line 17 is .* under Atoms",
    ),
    "hexadecimal": (first("1 1 0x1p3 2.5 3.5"), "line 10: x is '0x1p3', which is no number"),
    "part of a particle": (first("1.5 1 1 1 1"), "line 10: id is '1.5', which is no whole number"),
    "part of an image": (dump(["1 1 1 1 1 1e3 0 0"], "id type x y z ix iy iz"), "ix is '1e3', which is no whole"),
    "part of a type": (first("1 1.5 1 1 1"), "line 10: type is '1.5', which is no whole number"),
    "a type and more": (first("1 2abc 1 1 1"), "line 10: type is '2abc', which is no whole number"),
    "a name that begins as a number": (dump(["1 2B 1 1 1"], "id element x y z"), "element is '2B', which is no whole"),
    "part of a step": (dump(step="12.7"), "line 2: the time step is '12.7', which is no whole number"),
    "a large step in short": (dump(step="1e3"), "line 2: the time step is '1e3', which is no whole number"),
    "a step and more": (dump(step="12 7"), "line 2: the time step is '12 7', which is no whole number"),
    "a tilt that is not announced": (dump(bounds="0 10 3\n0 10 0\n0 10 0"), "line 6 is '0 10 3'; 2 numbers of the box"),
    "a number behind the tilt": (dump(**TILTED | {"bounds": "0 12 2 0\n0 10 0\n0 10 0"}), "line 6 is .*; 3 numbers of"),
    "half of a velocity": (
        dump(["1 1 1 1 1 0,5"], "id type x y z vx"),
        "line 10: '0,5' is no number",
    ),
    "a large id": (first("18446744073709551617 1 1 1 1"), "Invalid 64-bit integer"),
    "an id twice": (first("2 1 1 1 1"), "ids must all be different; 2 is there more than once"),
    "not a number": (first("1 1 nan 1 1"), "positions must be finite"),
    "infinite": (first("1 1 -inf 1 1"), "positions must be finite"),
    "too far": (first("1 1 1e20 1 1"), "positions reach 1e.19 box lengths out"),
    "a column short": (first("1 1 1 1"), "does not contain enough columns"),
    "no y": (dump(["1 1 1 1"], "id type x z"), "the columns are id type x z; coordinates of one kind are needed"),
    "two kinds": (dump(columns="id type xs y z"), "coordinates of one kind are needed, xs ys zs"),
    "no coordinates": (dump(["1 1"], "id type"), "no particles with positions"),
    "no particles": (dump([]), "there are no particles"),
    "more rows": (dump(count=2), "line 12 is '3 1 7.5 8.5 9.5'; there are to be 2 particles"),
    "fewer rows": (dump(count=5), "Expected 5 file columns"),
    "more than there can be": (dump(count=10**12), "exceeds internal limit"),
    "words between frames": (dump() + "hello\n" + dump(), "line 13 is 'hello'"),
    "an empty line": (dump().replace("2 2 4", "\n2 2 4"), "line 13 is"),
    "bounds that fall": (dump(bounds="10 0\n0 10\n0 10"), "leave a box of -10 × 10 × 10: they have to rise"),
    "bounds of the box itself": (dump(**TILTED), "leave a box of -10 × 10 × 10.* bounds='box'"),
    "no bounds": (dump(bounds="0 10\n0 10"), "Invalid box size"),
    "a bound that is none": (dump(bounds="0 nan\n0 10\n0 10"), "span no volume"),
    "walls": (dump(box="pp pp ff"), "not periodic along z"),
    "a step before the first": (dump(step="-7"), "number of the time step is negative, or has more than 63 bits"),
    "a step too large": (dump(step=2**70), "number of the time step is negative, or has more than 63 bits"),
    "only a header": ("ITEM: TIMESTEP\n0\n", "Unexpected end of file"),
    "bytes": (dump().encode() + b"\x00\x01", "is damaged: byte .* is 0x00"),
    "two bytes a letter": (dump().encode("utf-16"), "has no format that can be read: .* packed by gzip or zstd"),
    "other rows": (xyz(count=2) + xyz(), "line 5 is 'A 7.5 8.5 9.5'; the number of particles of a frame is needed"),
    "a box without an end": (xyz(comment=LATTICE.replace('10" P', "10 P")), "there is no box"),
    # OVITO 3.17 says the one, 3.15 leaves the box out.
    "eight numbers": (xyz(comment=LATTICE.replace("0 0 10", "0 10")), "Expected a 3x3 matrix|there is no box: say"),
    "a side below zero": (ATOOMS.replace("10.0,", "-1,", 1), "the sides of the box are -1,10.0,10.0; they must be"),
    "another column": (ATOOMS.replace("pos", "pos,vel"), "speaks of 7 columns, and there are 4"),
}


@pytest.mark.parametrize("name", WRONG)
def test_one_line_says_what_is_wrong(tmp_path, name):
    content, message = WRONG[name]
    path = put(tmp_path / "a.file", content)
    with pytest.raises(ss.SoftspotsError, match=message) as caught:
        ss.read(path, types={"A": "A", "B": "B"} | AB)
    assert str(caught.value).startswith(str(path)) and "\n" not in str(caught.value)


LATER = {
    "other coordinates": (dump() + dump(columns="id type xu yu zu"), "frame 1 has the columns 'id type xu yu zu'"),
    "no ids": (dump() + dump([row[2:] for row in ROWS], "type x y z"), "frame 1 has the columns 'type x y z'"),
    "fewer particles": (dump() + dump(ROWS[:2]), "frame 1: there are 2 particles, and 3 in the first frame"),
    "no particles": (dump() + dump([]), "frame 1: there are 0 particles"),
    "other particles": (dump() + first("9 1 1 1 1"), "frame 1: there are other particles .* 1 ids, such as 9"),
    "another type": (dump() + first("1 3 1 1 1"), "frame 1: type 3 .* has no entry in types"),
    "not a number": (dump() + first("1 1 nan 1 1"), "frame 1: Frame: positions must be finite"),
    "walls": (dump() + dump(box="pp ff pp"), "frame 1: the box is not periodic along y"),
    "no box": (xyz() + xyz(comment="Properties=species:S:1:pos:R:3"), "frame 1: there is no box, though the first"),
    "walls in XYZ": (xyz() + xyz(comment=f'{LATTICE} pbc="F T T"'), "frame 1: the box is not periodic along x"),
    "fewer in XYZ": (xyz() + xyz(["A 1 1 1"]), "frame 1: there are 1 particles"),
    "a plane": (ATOOMS + ATOOMS.replace(",10.0\n", "\n"), "frame 1: the comment .* speaks of 3 columns"),
    "columns in another order": (
        "".join(
            f"1\nstep:0 columns:name,{names} cell:10.0,10.0,10.0\nA 1 2 3 4 5 6\n" for names in ("pos,vel", "vel,pos")
        ),
        "frame 1: the comment speaks of other columns",
    ),
}


@pytest.mark.parametrize("name", LATER)
def test_a_later_frame_that_is_wrong_says_so(tmp_path, name):
    content, message = LATER[name]
    with pytest.raises(ss.SoftspotsError, match=message) as caught:
        ss.read(put(tmp_path / "a.file", content), types={"A": "A", "B": "B"} | AB)[1]
    assert "\n" not in str(caught.value)


def test_columns_may_change_their_order(tmp_path):
    other = dump([" ".join((*row.split()[2:], *row.split()[:2])) for row in ROWS], "x y z id type")
    frames = ss.read(put(tmp_path / "a.dump", dump() + other), types=AB)
    np.testing.assert_array_equal(frames[0].positions, frames[1].positions)


PACKED = {
    "cut": (gzip.compress(dump().encode() * 50)[:-9], ".gz", "ended before the end-of-stream"),
    "in parts": (gzip.compress(dump().encode()) * 2, ".gz", "there are 2 frames, and OVITO finds 1; .* pack it as one"),
    "with more behind": (gzip.compress(dump().encode()) + b"more", ".gz", "Not a gzipped file"),
    "another sum": (gzip.compress(dump().encode())[:-6] + bytes(6), ".gz", "CRC check failed"),
    "twice": (gzip.compress(gzip.compress(dump().encode())), ".gz", "no format that can be read"),
    "nothing": (gzip.compress(b""), ".gz", "holds nothing, or is cut short"),
    "not at all": (dump(), ".gz", "is not packed; it must not end in .gz"),
    "secretly": (gzip.compress(dump().encode()), "", "must end in .gz"),
}


@pytest.mark.parametrize("name", PACKED)
def test_packed_files(tmp_path, name):
    content, ending, message = PACKED[name]
    path = put(tmp_path / f"a.dump{ending}", content)
    with pytest.raises(ss.SoftspotsError, match=message) as caught:
        ss.read(path, types=AB)
    assert str(caught.value).startswith(str(path))


def test_zstd(tmp_path):
    compress = pytest.importorskip("zstandard").compress
    for content, message in (
        (compress(dump().encode()) * 2, "there are 2 frames, and OVITO finds 1"),
        (compress(dump().encode() * 50)[:-9], "is cut short"),
        (compress(dump().encode()) + b"more", "is damaged: zstd"),
    ):
        with pytest.raises(ss.DamagedFileError, match=message):
            ss.read(put(tmp_path / "a.dump.zst", content), types=AB)


def test_what_is_no_file(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path, message in (
        (tmp_path / "pipe", "pipe is no file"),
        ("/dev/null", "/dev/null is no file"),
        (tmp_path, "Is a directory"),
        (tmp_path / "nothing", "there is no .*nothing"),
    ):
        with pytest.raises(ss.SoftspotsError, match=message):
            ss.read(path, types=AB)


@pytest.mark.parametrize(
    "options, message",
    [
        ({"types": 5.5}, "types must be whole numbers"),
        ({"types": {1: ["A"], 2: "B"}}, "read: types"),
        ({"types": {1: "A", 2: None}}, "types are numbers and strings"),
        ({"types": {1: "A"}}, r"type 2 \(1 particles\) has no entry"),
        ({"types": ["A", "B"]}, r"types have shape \(2,\)"),
        ({"sizes": [1, 2, np.nan]}, "sizes must be finite"),
        ({"sizes": {"A": 1, "B": -2}}, "sizes must be positive"),
        ({"dimension": 4}, "dimension is 4; allowed: 2, 3"),
        ({"unit": 0}, "unit is 0"),
        ({"timestep": "a"}, "timestep is 'a'"),
        ({"topology": 3}, "topology is a int; a path is needed"),
        ({"topology": "nothing"}, "there is no nothing"),
        ({"format": "netcdf"}, "is not NetCDF"),
        ({"box": 5}, "box is a int; a Box is needed"),
    ],
)
def test_options_that_are_wrong(tmp_path, options, message):
    path = put(tmp_path / "a.dump", dump())
    with pytest.raises(ss.SoftspotsError, match=message) as caught:
        ss.read(path, **{"types": AB} | options)
    assert "\n" not in str(caught.value)


def test_a_box_of_two_dimensions_for_a_file_of_three(tmp_path):
    path = put(tmp_path / "a.dump", dump())
    # Three particles: z is left out of one layer, by the mean distance in the box that is given.
    with pytest.raises(ss.InputError, match="z spans 6, 1.04 mean distances of particles in the plane; allowed: one"):
        ss.read(path, types=AB, box=ss.Box(10.0, 10.0))
    frames = ss.read(path, types=AB, box=ss.Box(20.0, 20.0))
    assert frames[0].dimension == 2 and "is left out" in " ".join(frames.notes)


def test_points_in_space_in_a_box_of_the_plane():
    with pytest.raises(ss.InputError, match="z differs between particles, though there are to be two dimensions"):
        ss.read(([5.0, 5.0], np.arange(12.0).reshape(4, 3)), types="A")


def test_a_frame_of_gsd_without_diameters():
    hoomd = pytest.importorskip("gsd.hoomd")
    made = hoomd.Frame()
    made.particles.N, made.particles.types, made.particles.typeid = 3, ["A", "B"], [0, 1, 0]
    made.particles.position, made.configuration.box = np.eye(3), [5, 5, 5, 0, 0, 0]
    [frame] = ss.read(made)
    assert frame.sizes is None and frame.species.tolist() == ["A", "B", "A"]


@pytest.mark.parametrize(
    "content, message",
    [
        (b"2\nAtoms. Timestep: 0\n1 0 0 0\n2 1 1 0\n", "is XYZ with no box in it; extended XYZ has one, Lattice="),
        (b"LammpS RestartT\0\1\0\0\0", "is a restart file of LAMMPS; write_data in LAMMPS makes a data file"),
    ],
)
def test_what_is_missing_of_a_file_that_cannot_be_read(tmp_path, content, message):
    (path := tmp_path / "file").write_bytes(content)
    with pytest.raises(ss.InputError, match=message):
        ss.read(path)
