"""Files of other programs, in all their dialects: what was written comes out, by id, with its images."""

import re
from dataclasses import replace

import netCDF4
import numpy as np
import pytest
from dialects import (
    atooms_xyz,
    centred,
    extended_xyz,
    lammps_data,
    lammps_dump,
    rumd_xyz,
    truths,
)
from hoomd import hoomd_frame, write_gsd
from scipy.spatial.transform import Rotation

import softspots as ss
from softspots.commands.map_options import Arguments, open_study
from softspots.commands.options import read_arguments
from softspots.commands.reading import Reading
from softspots.io.trajectory import cell_box

AB = {1: "A", 2: "B"}
# The words of the files have 14 digits.
DIGITS = 1e-11


def assert_same(frame, truth, unwrapped=False, by_id=True, corner=0.0, atol=DIGITS):
    """The frame has the particles of ``truth``, up to lattice vectors, or without any if it is to know its images."""
    np.testing.assert_allclose(frame.box.vectors, truth.cell, atol=atol)
    if by_id:
        np.testing.assert_array_equal(frame.ids, truth.ids)
    np.testing.assert_array_equal(frame.species, np.array(["A", "B"])[truth.types - 1])
    places = frame.positions - corner - truth.fractions @ truth.cell
    np.testing.assert_allclose(frame.box.minimum_image(places), 0, atol=atol)
    assert (frame.positions >= 0).all() and (frame.positions < frame.box.lengths).all()
    if unwrapped:
        np.testing.assert_allclose(frame.unwrapped, truth.unwrapped, atol=atol)
    else:
        assert frame.images is None


class TestLammpsDumps:
    @pytest.fixture(autouse=True)
    def ovito(self):
        pytest.importorskip("ovito")

    def test_a_dump_whose_box_is_damaged_is_refused(self, tmp_path):
        path = tmp_path / "a.dump"
        lammps_dump(path, truths((0.1, 0.2, 0.3)), "xs")
        path.write_text(path.read_text().replace("ITEM: BOX BOUNDS", "ITEM: BOX", 1))
        with pytest.raises(ss.InputError, match=r"a\.dump: frame 0: the lattice vectors .* span no volume"):
            ss.read(path, types="A")

    @pytest.mark.parametrize("header", ["restricted", "general"])
    @pytest.mark.parametrize("kind", ["x", "xs", "xu", "xsu"])
    def test_coordinates_of_all_kinds_in_boxes_of_all_kinds(self, tmp_path, kind, header):
        found = truths((0.3, 0.9, 1.6))
        frames = ss.read(lammps_dump(tmp_path / "a.dump", found, kind, header), types=AB)
        assert len(frames) == 3
        for frame, truth in zip(frames, found, strict=True):
            assert_same(frame, truth, unwrapped=kind in ("xu", "xsu"))
            assert frame.time == truth.step

    @pytest.mark.parametrize("name", ["a.lammpstrj.gz", "a.lammpstrj.zst"])
    def test_packed_files_in_any_order_of_frames(self, tmp_path, name):
        pytest.importorskip("zstandard")
        found = truths((0.3, 0.9, 1.6, 2.1))
        frames = ss.read(lammps_dump(tmp_path / name, found, "xs"), types=AB)
        for index in (3, 0, 2):
            assert_same(frames[index], found[index])

    def test_image_flags(self, tmp_path):
        [truth] = found = truths()
        assert_same(ss.read(lammps_dump(tmp_path / "a.dump", found, images=True), types=AB)[0], truth, unwrapped=True)

    @pytest.mark.parametrize("kind, other", [("x", "xu"), ("xu", "x")])
    def test_of_two_kinds_of_coordinates_the_first_is_taken(self, tmp_path, kind, other):
        [truth] = found = truths()
        more = [(other.replace("x", axis, 1), np.zeros(len(truth.ids))) for axis in "xyz"]
        frame = ss.read(lammps_dump(tmp_path / "a.dump", found, kind, more=more), types=AB)[0]
        assert_same(frame, truth, unwrapped=kind == "xu")

    @pytest.mark.parametrize("z, words", [(False, "the box has no z"), (True, "all particles lie at z = 0")])
    @pytest.mark.parametrize("kind", ["x", "xu"])
    def test_two_dimensions_are_seen_and_said(self, tmp_path, kind, z, words):
        [truth] = found = truths(dimension=2)
        frames = ss.read(lammps_dump(tmp_path / "a.dump", found, kind, z=z), types=AB)
        assert_same(frames[0], truth, unwrapped=kind == "xu")
        assert words in " ".join(frames.notes) and words in repr(frames)

    def test_one_particle_in_a_thin_box_lies_in_a_plane(self, tmp_path):
        [truth] = truths(particles=1)
        truth.cell[:] = np.diag([20.0, 20.0, 1.0])
        frames = ss.read(lammps_dump(tmp_path / "a.dump", [truth]), types=AB)
        assert frames.dimension == frames[0].dimension == 2 and "all particles lie at z" in repr(frames)
        truth.cell[2, 2] = 20.0
        assert ss.read(lammps_dump(tmp_path / "b.dump", [truth]), types=AB).dimension == 3

    def test_a_thin_slab_is_asked_for(self, tmp_path):
        [truth] = truths()
        truth.cell[2] = 0, 0, 0.6
        path = lammps_dump(tmp_path / "a.dump", [truth])
        with pytest.raises(ss.InputError, match=r"a\.dump: z goes from .* to .* in a box of 9 × .* say dimension=2 or"):
            ss.read(path, types=AB)
        assert ss.read(path, types=AB, dimension=3)[0].dimension == 3
        flat = ss.read(path, types=AB, dimension=2)
        assert flat[0].dimension == 2 and "is left out" in " ".join(flat.notes)

    def test_more_than_a_layer_is_no_plane(self, tmp_path):
        [truth] = truths()
        path = lammps_dump(tmp_path / "a.dump", [truth])
        z = (truth.fractions @ truth.cell)[:, 2] % truth.cell[2, 2]
        gap = np.diff(np.sort(z), append=z.min() + truth.cell[2, 2]).max()
        # Of 30 particles; four digits are told.
        spans, distance = truth.cell[2, 2] - gap, np.sqrt(truth.cell[0, 0] * truth.cell[1, 1] / 30)
        with pytest.raises(ss.InputError, match=r"a\.dump: dimension is 2, and z spans .* allowed: one layer") as error:
            ss.read(path, types=AB, dimension=2)
        told = [float(one) for one in re.findall(r"spans (\S+), (\S+) mean", str(error.value))[0]]
        np.testing.assert_allclose(told, [spans, spans / distance], rtol=5e-3)
        # A layer that lies across the boundary is one.
        truth.fractions[:, 2], truth.cell[2, :2] = np.linspace(-0.05, 0.05, 30), 0
        for kind in ("x", "xu"):
            flat = ss.read(lammps_dump(tmp_path / "b.dump", [truth], kind), types=AB, dimension=2)
            assert flat[0].dimension == 2 and "is left out" in " ".join(flat.notes)

    def test_z_that_differs_later_only(self, tmp_path):
        first, later = truths((0.1, 0.1), origin=(0, 0, 0))
        first.fractions[:, 2] = 0
        first.cell[2, :2] = later.cell[2, :2] = 0
        frames = ss.read(lammps_dump(tmp_path / "a.dump", [first, later]), types=AB)
        with pytest.raises(ss.InputError, match=r"a\.dump: frame 1: z differs between particles"):
            frames[1]

    @pytest.mark.parametrize("types", ["A", {1: "A", 2: "A"}])
    def test_types_that_are_one_species_are_said(self, tmp_path, types):
        path = lammps_dump(tmp_path / "a.dump", truths())
        assert "types 1 (20), 2 (10) are both species A" in ss.read(path, types=types).notes
        assert "species" not in " ".join(ss.read(path, types=AB).notes)

    @pytest.mark.parametrize("more, named", [({3: "C"}, "type 3"), ({3: "C", "A": "A"}, "types 3, A")])
    def test_types_that_are_not_there_are_said(self, tmp_path, more, named):
        path = lammps_dump(tmp_path / "a.dump", truths())
        note = f"types= names {named}, of which the first frame has no particles; it has types 1 (20), 2 (10)"
        assert note in ss.read(path, types=AB | more).notes
        assert "names" not in " ".join(ss.read(path, types=AB).notes)

    def test_types_are_asked_for(self, tmp_path):
        path = lammps_dump(tmp_path / "a.dump", truths())
        with pytest.raises(ss.InputError) as caught:
            ss.read(path)
        assert str(caught.value) == (
            f"{path}: there are particles of types 1 (20), 2 (10): say which species that is, types={{1: 'A', 2: 'B'}} "
            "or the like"
        )
        with pytest.raises(ss.InputError, match=r"type 2 \(10 particles\) has no entry in types="):
            ss.read(path, types={1: "A"})
        assert set(ss.read(path, types="A")[0].species) == {"A"}
        assert set(ss.read(path, types={"1": 0, "2": 1})[0].species) == {0, 1}
        labels = np.array(["A", "B", "C"])[np.arange(30) % 3]
        np.testing.assert_array_equal(ss.read(path, types=labels)[0].species, labels)
        with pytest.raises(ss.InputError, match=r"types have shape \(29,\); .* 30 .* a label for each type, types={1"):
            ss.read(path, types=labels[1:])

    def test_elements_are_species(self, tmp_path):
        frames = ss.read(lammps_dump(tmp_path / "a.dump", truths(), labels={1: "Cu", 2: "Zr"}))
        assert set(frames[0].species) == {"Cu", "Zr"} and "types Cu (20), Zr (10)" in repr(frames)

    def test_sizes(self, tmp_path):
        [truth] = found = truths()
        diameters = np.round(0.8 + truth.ids / 100, 6)
        for name, values in (("diameter", diameters), ("radius", diameters / 2)):
            path = lammps_dump(tmp_path / f"{name}.dump", found, more=[(name, values)])
            np.testing.assert_allclose(ss.read(path, types="A")[0].sizes, diameters)
        path = lammps_dump(tmp_path / "own.dump", found, more=[("c_d", diameters)])
        assert ss.read(path, types="A")[0].sizes is None
        np.testing.assert_allclose(ss.read(path, types="A", sizes="c_d")[0].sizes, diameters)
        np.testing.assert_allclose(ss.read(path, types="A", sizes="c_d", unit=2.0)[0].sizes, diameters / 2)
        by_species = ss.read(path, types=AB, sizes={"A": 1.0, "B": 1.4})[0].sizes
        np.testing.assert_array_equal(by_species, np.array([1.0, 1.4])[truth.types - 1])
        np.testing.assert_array_equal(ss.read(path, types=AB, sizes=diameters)[0].sizes, diameters)
        with pytest.raises(ss.InputError, match="no column 'c_e' with sizes; there are: .*c_d"):
            ss.read(path, types="A", sizes="c_e")

    def test_bounds_of_the_box_itself_are_asked_for(self, tmp_path):
        found = truths((-0.1, -0.2, 0.3), dimension=2)
        path = lammps_dump(tmp_path / "a.dump", found, header="of the box itself")
        with pytest.raises(ss.InputError, match="bounds='box' or bounds='bounding box'"):
            ss.read(path, types=AB)
        for frame, truth in zip(ss.read(path, types=AB, bounds="box"), found, strict=True):
            assert_same(frame, truth)
        assert ss.read(path, types=AB, bounds="bounding box")[2].box.length_x == pytest.approx(9 - 0.3)

    def test_units_of_length_and_time(self, tmp_path):
        found = truths((0.1, 0.2))
        frame = ss.read(lammps_dump(tmp_path / "a.dump", found), types=AB, unit=0.5, timestep=0.004)[1]
        assert frame.time == pytest.approx(0.4)
        assert_same(frame, replace(found[1], cell=found[1].cell * 2))


def test_lammps_data(tmp_path):
    pytest.importorskip("ovito")
    [truth] = truths()
    for images in (True, False):
        path = lammps_data(tmp_path / "a.lmp", truth, images)
        assert_same(ss.read(path, types=AB)[0], truth, unwrapped=images)
    assert_same(ss.read(lammps_data(tmp_path / "b.lmp", truth, labels=AB))[0], truth, unwrapped=True)


@pytest.mark.parametrize("turn", [None, 11])
def test_extended_xyz(tmp_path, turn):
    pytest.importorskip("ovito")
    found = truths((0.3, 0.9))
    rotation = None if turn is None else Rotation.random(random_state=turn).as_matrix()
    frames = ss.read(extended_xyz(tmp_path / "a.xyz", found, rotation), types={"Cu": "A", "Zr": "B"})
    for frame, truth in zip(frames, found, strict=True):
        assert_same(frame, truth)
        assert frame.time == truth.step / 10
        np.testing.assert_allclose(frame.sizes, truth.ids / 4)
    girths = ss.read(tmp_path / "a.xyz", sizes="girth")
    np.testing.assert_allclose(girths[1].sizes, found[1].ids / 2)
    assert set(girths[0].species) == {"Cu", "Zr"}


@pytest.mark.parametrize("dimension", [2, 3])
def test_xyz_of_atooms(tmp_path, dimension):
    pytest.importorskip("ovito")
    found = truths((0.0, 0.0), dimension)
    for one in found:
        one.cell = np.diag(np.diag(one.cell))
    frames = ss.read(atooms_xyz(tmp_path / "a.xyz", found))
    for frame, truth in zip(frames, found, strict=True):
        assert_same(frame, truth, by_id=False)
        assert frame.time == pytest.approx(truth.step * 0.002)
        np.testing.assert_allclose(frame.sizes, truth.types / 2)


@pytest.mark.parametrize("box", ["sim_box=RectangularSimulationBox,{}", "boxLengths={}"])
def test_xyz_of_rumd(tmp_path, box):
    pytest.importorskip("ovito")
    [truth] = found = truths()
    truth.cell = np.diag(np.diag(truth.cell))
    path = rumd_xyz(tmp_path / "a.xyz.gz", found, box)
    frame = ss.read(path, types={0: "A", 1: "B"})[0]
    assert_same(frame, truth, by_id=False, unwrapped=True)
    np.testing.assert_allclose(frame.positions - np.diag(truth.cell) / 2, centred(truth), atol=DIGITS)
    with pytest.raises(ss.InputError, match=r"types 0 \(20\), 1 \(10\).*types=\{0: 'A', 1: 'B'\}"):
        ss.read(path)
    sheared = rumd_xyz(tmp_path / "b.xyz", found, "sim_box=LeesEdwardsSimulationBox,{},0.3")
    with pytest.raises(ss.InputError, match="the box is a LeesEdwardsSimulationBox"):
        ss.read(sheared, types={0: "A", 1: "B"})


@pytest.mark.parametrize("dimension", [2, 3])
def test_gsd(tmp_path, dimension):
    found = truths((0.3, 0.9), dimension)
    path, snapshots = write_gsd(tmp_path / "a.gsd", found), [hoomd_frame(one) for one in found]
    for frames in (ss.read(path), ss.read(snapshots)):
        for frame, truth in zip(frames, found, strict=True):
            # In single precision.
            assert_same(frame, truth, by_id=False, unwrapped=True, atol=5e-6)
            np.testing.assert_array_equal(frame.ids, np.arange(30))
            np.testing.assert_allclose(frame.sizes, truth.ids / 16)
            assert frame.time == truth.step


def test_right_angles_have_no_tilt():
    assert cell_box((2.0, 3.0, 4.0), (90.0, 90.0, 90.0), 3, None) == ss.Box(lengths=(2.0, 3.0, 4.0))


def test_amber_of_lammps(tmp_path):
    found = truths((0.3, 0.9))
    with netCDF4.Dataset(tmp_path / "a.nc", "w", format="NETCDF3_64BIT_OFFSET") as file:
        file.Conventions, file.ConventionVersion, file.program = "AMBER", "1.0", "LAMMPS"
        for name, size in {"frame": None, "atom": 30, "spatial": 3, "cell_spatial": 3, "cell_angular": 3}.items():
            file.createDimension(name, size)
        for name, kind, dimensions in [
            ("time", "f8", ()),
            ("cell_origin", "f8", ("cell_spatial",)),
            ("cell_lengths", "f8", ("cell_spatial",)),
            ("cell_angles", "f8", ("cell_angular",)),
            ("id", "i4", ("atom",)),
            ("type", "i4", ("atom",)),
            ("coordinates", "f8", ("atom", "spatial")),
        ]:
            file.createVariable(name, kind, ("frame", *dimensions))
        for index, one in enumerate(found):
            order = np.random.default_rng(index).permutation(30)
            sides = np.linalg.norm(one.cell, axis=1)
            cosines = [one.cell[i] @ one.cell[j] / sides[i] / sides[j] for i, j in ((1, 2), (0, 2), (0, 1))]
            values = {
                "time": one.step / 10,
                "cell_origin": one.origin,
                "cell_lengths": sides,
                "cell_angles": np.degrees(np.arccos(cosines)),
                "id": one.ids[order],
                "type": one.types[order],
                "coordinates": (one.fractions @ one.cell + one.origin)[order],
            }
            for name, value in values.items():
                file[name][index] = value
    for frame, truth in zip(ss.read(tmp_path / "a.nc", types=AB), found, strict=True):
        assert_same(frame, truth)
        assert frame.time == truth.step / 10


@pytest.mark.parametrize("ending", ["nc", "dcd", "xtc"])
@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::DeprecationWarning")
def test_what_mdanalysis_writes(tmp_path, ending):
    library = pytest.importorskip("MDAnalysis")
    found = truths((0.3, 0.9), origin=(0, 0, 0))
    universe = library.Universe.empty(30, trajectory=True)
    universe.add_TopologyAttr("types", found[0].types.astype(str))
    universe.add_TopologyAttr("masses", np.ones(30))
    path = tmp_path / f"a.{ending}"
    with library.Writer(str(path), n_atoms=30) as writer:
        for one in found:
            universe.atoms.positions = one.fractions @ one.cell
            sides = np.linalg.norm(one.cell, axis=1)
            cosines = [one.cell[i] @ one.cell[j] / sides[i] / sides[j] for i, j in ((1, 2), (0, 2), (0, 1))]
            universe.dimensions = [*sides, *np.degrees(np.arccos(cosines))]
            writer.write(universe.atoms)
    topology = lammps_data(tmp_path / "topology.lmp", found[0], images=False)
    # XTC has three decimals, of nm; the others single precision.
    atol = 6e-3 if ending == "xtc" else 1e-5
    for frame, truth in zip(ss.read(path, topology=topology, types=AB), found, strict=True):
        assert_same(frame, truth, atol=atol)
    if ending == "nc":
        frames = ss.read(path, types=found[0].types)
        np.testing.assert_allclose(frames[1].box.vectors, found[1].cell, atol=atol)
        with pytest.raises(ss.InputError, match="there are no types of particles: say types='A'"):
            ss.read(path)
    else:
        with pytest.raises(ss.InputError, match=rf"a\.{ending} is {ending.upper()}, which does not say what"):
            ss.read(path, types=AB)


class TestTypesInAColumn:
    """As ASE writes them with chemical symbols that are none of the mixture's."""

    @pytest.fixture
    def path(self, tmp_path):
        pytest.importorskip("ovito")
        rows = "".join(f"Ar {k}.0 {k}.5 {k}.2 {1 + k % 2} {'ba'[k % 2]}\n" for k in range(8))
        header = 'Lattice="9 0 0 0 9 0 0 0 9" Properties=species:S:1:pos:R:3:kind:I:1:word:S:1 pbc="T T T"'
        (path := tmp_path / "argon.xyz").write_text(f"8\n{header}\n{rows}")
        return path

    def test_a_column_has_the_types(self, path):
        frames = ss.read(path, types={"Kind": {1: "B", 2: "A"}}, dimension=3)
        assert frames[0].species.tolist() == ["B", "A"] * 4
        assert "types are the column Kind" in repr(frames)
        assert ss.read(path, dimension=3).kinds[""] == ("Ar",)
        assert ss.read(path, dimension=3).kinds["kind"] == (1, 2)
        assert ss.read(path, types="word", dimension=3)[0].species.tolist() == ["b", "a"] * 4

    @pytest.mark.parametrize(
        "types, message",
        [
            ("kind", r"types 1 \(4\), 2 \(4\): say which species that is, types={'kind': {1: 'A', 2: 'B'}} or"),
            ({"kin": {1: "A"}}, "there is no column 'kin' with types; there are: .*kind"),
            ({"kind": {1: "A"}}, r"type 2 \(4 particles\) has no entry in types={'1': 'A'}"),
        ],
    )
    def test_what_is_left_open_is_asked(self, path, types, message):
        with pytest.raises(ss.InputError, match=message):
            ss.read(path, types=types, dimension=3)

    def test_commands_say_how_to_name_them(self, path, tmp_path):
        model, to = "--model=kob-andersen-3d", f"--output={tmp_path / 'out'}"
        hint = "species Ar of the frame is not known; .*.* which: --types kind 1=A 2=B or --types word a=A b=B, or the"
        with pytest.raises(ss.InputError, match=hint):
            open_study(Arguments(trajectory=path, model="kob-andersen-3d"))
        with pytest.raises(ss.InputError, match=hint):
            read_arguments(["--start", str(path), model, to])
        with pytest.raises(ss.InputError, match="say which species that is, --types kind 1=A 2=B or the like$"):
            read_arguments(["--start", str(path), model, to, "--types", "kind"])
        values = Reading.__dataclass_fields__["types"].metadata["kind"].parse(["kind", "1=A", "2=B"])
        assert values == {"kind": {"1": "A", "2": "B"}}
