"""Binary files whose end is missing: what is left of them is read, and nothing else."""

import netCDF4
import numpy as np
import pytest
from dialects import lammps_data, truths

import softspots as ss
from softspots.exceptions import DamagedFileError
from softspots.io.classic import extents

PARTICLES, FRAMES = 30, 3
CLASSIC = ("NETCDF3_CLASSIC", "NETCDF3_64BIT_OFFSET", "NETCDF3_64BIT_DATA")


def amber(path, form="NETCDF3_64BIT_OFFSET"):
    """As `dump netcdf` of LAMMPS writes it: coordinates stand last."""
    random = np.random.default_rng(1)
    with netCDF4.Dataset(path, "w", format=form) as file:
        file.Conventions, file.program = "AMBER", "LAMMPS"
        for name, size in {"frame": None, "atom": PARTICLES, "spatial": 3}.items():
            file.createDimension(name, size)
        cell = [file.createVariable(name, "f8", ("frame", "spatial")) for name in ("cell_lengths", "cell_angles")]
        kinds = file.createVariable("type", "i4", ("frame", "atom"))
        place = file.createVariable("coordinates", "f4", ("frame", "atom", "spatial"))
        for index in range(FRAMES):
            cell[0][index], cell[1][index] = 5.0, 90.0
            kinds[index], place[index] = 1, 1 + 3 * random.random((PARTICLES, 3))
    return path


def packings(path):
    random = np.random.default_rng(2)
    with netCDF4.Dataset(path, "w", format="NETCDF3_CLASSIC") as file:
        for name, size in {"rec": None, "NP": PARTICLES, "dim2": 4, "NP2": 2 * PARTICLES}.items():
            file.createDimension(name, size)
        for name, size in {"box": "dim2", "rad": "NP", "pos": "NP2"}.items():
            file.createVariable(name, "f8", ("rec", size))
        for index in range(FRAMES):
            file["box"][index] = (8 * np.eye(2)).ravel()
            file["rad"][index], file["pos"][index] = 0.5 + random.random(PARTICLES), random.random(2 * PARTICLES)
    return path


@pytest.mark.parametrize("missing", [1, 100, 300])
@pytest.mark.parametrize(
    ("write", "words"),
    [(amber, "the end of coordinates in frame 2 is missing"), (packings, "the end of pos in rec 2 is missing")],
)
def test_a_last_frame_of_netcdf_that_is_cut_short_is_not_read(tmp_path, write, words, missing):
    path = write(tmp_path / "a.nc")
    whole = [frame.positions for frame in ss.read(path, types="A")]
    path.write_bytes(path.read_bytes()[:-missing])
    frames = ss.read(path, types="A")
    for index in range(FRAMES - 1):
        np.testing.assert_array_equal(frames[index].positions, whole[index])
    with pytest.raises(DamagedFileError, match=rf"a\.nc is damaged: {words}"):
        frames[FRAMES - 1]


@pytest.mark.parametrize("form", CLASSIC)
@pytest.mark.parametrize("alone", [True, False])
def test_variables_of_classic_files_stand_where_the_library_has_them(tmp_path, form, alone):
    """One variable alone in the records is not padded to whole words, several are."""
    path = tmp_path / "a.nc"
    shapes = {"a": ("i2", ("t", "x")), "b": ("S1", ("x",)), "c": ("f8", ())}
    if not alone:
        shapes |= {"d": ("S1", ("t", "x")), "e": ("f4", ("t",)), "f": ("i1", ("t", "x", "y"))}
    random = np.random.default_rng(3)
    with netCDF4.Dataset(path, "w", format=form) as file:
        file.title, file.numbers = "odd", np.arange(5, dtype="i2")
        for name, size in {"x": 3, "t": None, "y": 5}.items():
            file.createDimension(name, size)
        for name, (kind, dimensions) in shapes.items():
            file.createVariable(name, kind, dimensions).units = name * 3
        for name, (kind, dimensions) in shapes.items():
            shape = [{"x": 3, "t": 4, "y": 5}[one] for one in dimensions]
            numbers = random.integers(65, 90, shape)
            file[name][...] = np.vectorize(chr, otypes=["S1"])(numbers) if kind == "S1" else numbers
    content, found = path.read_bytes(), extents(path)
    assert found.keys() == shapes.keys()
    with netCDF4.Dataset(path) as file:
        file.set_auto_mask(False)
        for name, (kind, dimensions) in shapes.items():
            for record in range(4 if "t" in dimensions else 1):
                values = np.asarray(file[name][record] if "t" in dimensions else file[name][...])
                end = found[name].end(record)
                there = content[end - found[name].length : end]
                assert there == values.astype(np.dtype(kind).newbyteorder(">")).tobytes(), (name, record)
    # Padding may follow.
    assert 0 <= len(content) - max(one.end(3) for one in found.values()) < 4


def test_other_formats_have_no_such_places(tmp_path):
    assert extents(amber(tmp_path / "a.nc", "NETCDF4")) == {}


@pytest.mark.parametrize("missing", [4, 300])
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_last_frame_of_dcd_that_is_cut_short_is_left_out_and_said(tmp_path, missing):
    library = pytest.importorskip("MDAnalysis")
    [truth] = truths()
    universe = library.Universe.empty(PARTICLES, trajectory=True)
    path = tmp_path / "a.dcd"
    with library.Writer(str(path), n_atoms=PARTICLES) as writer:
        for number in range(FRAMES):
            universe.atoms.positions = np.full((PARTICLES, 3), number)
            universe.dimensions = [5, 5, 5, 90, 90, 90]
            writer.write(universe.atoms)
    options = {"topology": lammps_data(tmp_path / "a.lmp", truth, images=False), "types": {1: "A", 2: "B"}}
    assert len(ss.read(path, **options)) == FRAMES
    path.write_bytes(path.read_bytes()[:-missing])
    # A frame is a box of 48 bytes and three axes of 30 numbers of four, each between two marks of four.
    words = rf"cut short; its last frame is left out \({440 - missing} of its 440 bytes are there\)"
    with pytest.warns(UserWarning, match=words):
        frames = ss.read(path, **options)
    assert len(frames) == FRAMES - 1 and "cut short" in repr(frames)
