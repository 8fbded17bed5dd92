"""Frames with values of particles, written for other programs: read back, and as these see them."""

import gzip
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from reference import disordered_frame

import softspots as ss
from softspots.io import read_results

LENGTHS, TILTS, FLIPS = (5.123456789, 6.2, 7.1), (-1.3, 0.4, -0.7), 3
LABELS = {"names": np.array(["A", "B"]), "numbers": np.array([0, 1])}
# OVITO reads the last of seventeen digits with an error of one.
LAST_DIGIT = 1e-14
# GSD has positions in single precision, here up to 10.
SINGLE = 1e-6
TEXTS = ("a.xyz", "a.extxyz.gz", "a.dump", "a.lammpstrj.gz", "a.xyz.zst")


def frame_of(dimension=2, kind="names", seed=1, flips=FLIPS, **changes):
    """Particles in and around a sheared box that has flipped, with all that a frame can have."""
    random, count = np.random.default_rng(seed), 24
    tilts = TILTS[:1] if dimension == 2 else TILTS
    box = ss.Box(lengths=LENGTHS[:dimension], tilts=tilts, strain=(TILTS[0] + flips * LENGTHS[0]) / LENGTHS[1])
    return ss.Frame(
        random.random((count, dimension)) * 9 - 2,
        LABELS[kind][np.arange(count) % 2],
        box,
        time=1.7,
        images=random.integers(-3, 3, (count, dimension)),
        ids=2 * np.arange(count) + 5,
        sizes=np.linspace(0.5, 1.5, count),
        **changes,
    )


def columns_of(frame, seed=2):
    random, count = np.random.default_rng(seed), len(frame)
    return {
        "d2min": np.where(np.arange(count) == 3, np.nan, random.random(count)),
        "soft_spot": np.arange(count) % 3,
        "mode": random.normal(size=frame.positions.shape),
    }


def assert_same(found, frame, atol, strain=True):
    frame = frame.wrapped()
    np.testing.assert_allclose(found.box.minimum_image(found.positions - frame.positions), 0, atol=atol)
    np.testing.assert_array_equal(found.species, frame.species)
    np.testing.assert_array_equal(found.ids, frame.ids)
    np.testing.assert_allclose(found.sizes, frame.sizes, rtol=LAST_DIGIT)
    # Where particles at the border come out on its other side, the image says so.
    np.testing.assert_allclose(found.unwrapped, frame.unwrapped, atol=10 * atol)
    np.testing.assert_allclose(found.box.vectors, frame.box.vectors, atol=LAST_DIGIT)
    assert found.time == frame.time
    if strain:
        assert found.box.strain == pytest.approx(frame.box.strain, abs=LAST_DIGIT)


@pytest.mark.parametrize("kind", LABELS)
@pytest.mark.parametrize("dimension", [2, 3])
class TestReadBack:
    @pytest.mark.parametrize("name", TEXTS)
    def test_text(self, tmp_path, name, dimension, kind):
        pytest.importorskip("ovito")
        if name.endswith(".zst"):
            pytest.importorskip("zstandard")
        frame, path = frame_of(dimension, kind), tmp_path / name
        ss.write(path, frame, **columns_of(frame))
        dump = "xyz" not in name
        types = {"0": 0, "1": 1} if dump and kind == "numbers" else None
        found = ss.read(path, types=types)[0]
        # A dump has no place for the strain.
        assert_same(found, frame, LAST_DIGIT, strain=not dump)

    def test_gsd(self, tmp_path, dimension, kind):
        pytest.importorskip("gsd")
        frame, path = frame_of(dimension, kind), tmp_path / "a.gsd"
        ss.write(path, frame, **columns_of(frame))
        assert_same(ss.read(path)[0], frame, SINGLE)

    def test_ovito(self, dimension, kind):
        pytest.importorskip("ovito")
        frame = frame_of(dimension, kind)
        assert_same(ss.read(ss.to_ovito(frame, **columns_of(frame)))[0], frame, 0)


@pytest.mark.parametrize("name", ["a.xyz", "a.dump", "a.gsd"])
@pytest.mark.parametrize("dimension", [2, 3])
def test_other_programs_see_the_columns(tmp_path, name, dimension):
    files = pytest.importorskip("ovito.io")
    if name.endswith(".gsd"):
        pytest.importorskip("gsd")
    frame = frame_of(dimension)
    columns = columns_of(frame)
    ss.write(tmp_path / name, frame, **columns)
    data = files.import_file(str(tmp_path / name)).compute()
    for one in ("d2min", "soft_spot"):
        np.testing.assert_allclose(data.particles[one], columns[one], rtol=LAST_DIGIT)
    parts = [data.particles[f"mode[{k}]"] for k in (1, 2, 3)] if name.endswith("dump") else data.particles["mode"].T
    np.testing.assert_allclose(np.array(parts)[:dimension].T, columns["mode"], rtol=LAST_DIGIT)
    assert (np.array(parts)[dimension:] == 0).all()
    # OVITO has radii in single precision.
    np.testing.assert_allclose(data.particles["Radius"], frame.sizes / 2, rtol=1e-7)
    assert [kind.name for kind in data.particles.particle_types.types] == ["A", "B"]


def test_objects_have_the_columns(tmp_path):
    pytest.importorskip("ase")
    symbols = np.array(["Cu", "Zr"])[np.arange(24) % 2]
    frame = replace(frame_of(3), species=symbols, images=None)
    atoms = ss.to_ase(frame, **columns_of(frame))
    for name, values in columns_of(frame).items():
        np.testing.assert_array_equal(atoms.arrays[name], values)
    found = ss.read(atoms)[0]
    np.testing.assert_array_equal(found.positions, frame.wrapped().positions)
    assert found.box == frame.box and found.time == frame.time
    ovito = pytest.importorskip("ovito") and ss.to_ovito(frame, **columns_of(frame))
    np.testing.assert_array_equal(ovito.particles["mode"], columns_of(frame)["mode"])
    ase_io = pytest.importorskip("ase.io")
    ss.write(tmp_path / "a.xyz", frame, **columns_of(frame))
    again = ase_io.read(tmp_path / "a.xyz")
    np.testing.assert_array_equal(again.positions, frame.positions)
    np.testing.assert_array_equal(again.arrays["mode"], columns_of(frame)["mode"])
    np.testing.assert_array_equal(again.cell, frame.box.vectors)
    assert again.info["strain"] == frame.box.strain


def test_species_of_models_as_chemical_symbols():
    pytest.importorskip("ase")
    atoms = ss.to_ase(frame_of(3), symbols={"A": "Ni", "B": "P"}, soft_spot=np.arange(24))
    assert atoms.get_chemical_symbols() == ["Ni", "P"] * 12
    np.testing.assert_array_equal(atoms.arrays["soft_spot"], np.arange(24))
    with pytest.raises(ss.InputError, match="species 'B' has no entry in symbols="):
        ss.to_ase(frame_of(3), symbols={"A": "Ni"})
    with pytest.raises(ss.InputError, match=r"to_ase: species 'A' is no chemical symbol.* symbols={'A': 'Ni', …}"):
        ss.to_ase(frame_of(3))
    with pytest.raises(ss.InputError, match="to_ase: symbols is 'Ni'; a dict of symbols by species is needed"):
        ss.to_ase(frame_of(3), symbols="Ni")
    for name in ("numbers", "positions"):
        with pytest.raises(ss.InputError, match=f"to_ase: a column cannot be called '{name}', as ASE has that"):
            ss.to_ase(frame_of(3), symbols={"A": "Ni", "B": "P"}, **{name: np.ones(24)})
    with pytest.raises(ss.InputError, match="to_ase: frame is of type ndarray; a Frame, or a frame of a study, is"):
        ss.to_ase(np.zeros((3, 3)))


@pytest.mark.parametrize("name", ["a.xyz", "a.dump"])
def test_more_particles_than_are_written_at_once(tmp_path, name):
    pytest.importorskip("ovito")
    count = 25_000
    box = ss.Box(200.0, 200.0, tilt=30.0)
    frame = ss.Frame(np.random.default_rng(1).random((count, 2)) * 200, ["A", "B"] * (count // 2), box)
    ss.write(tmp_path / name, frame)
    found = ss.read(tmp_path / name)[0]
    np.testing.assert_allclose(found.box.minimum_image(found.positions - frame.positions), 0, atol=1e-12)


@pytest.mark.parametrize("name", ["a.xyz.gz", "a.dump", "a.gsd"])
def test_several_frames_taken_one_by_one(tmp_path, name):
    pytest.importorskip("gsd" if name.endswith("gsd") else "ovito")
    frames = [replace(frame_of(2, seed=seed, flips=0), time=float(seed)) for seed in (1, 2, 3)]
    values = np.random.default_rng(3).random((3, 24))
    ss.write(tmp_path / name, (frame for frame in frames), d2min=values)
    found = ss.read(tmp_path / name)
    assert len(found) == 3
    for one, frame in zip(found, frames, strict=True):
        assert_same(one, frame, SINGLE if name.endswith("gsd") else LAST_DIGIT)


def test_what_is_not_known_is_not_written(tmp_path):
    pytest.importorskip("ovito")
    frame = frame_of(2)
    bare = ss.Frame(frame.positions, frame.species, ss.Box(lengths=frame.box.lengths, tilts=frame.box.tilts))
    ss.write(tmp_path / "a.xyz", bare)
    found = ss.read(tmp_path / "a.xyz")[0]
    assert found.ids is None and found.sizes is None and found.images is None and found.box.strain is None
    if pytest.importorskip("gsd"):
        ss.write(tmp_path / "a.gsd", [frame, bare])
        assert ss.read(tmp_path / "a.gsd")[1].box.strain is None


@pytest.mark.parametrize("name", ["a.xyz", "a.dump", "a.gsd"])
def test_species_that_are_numbers_come_back_up_to_the_last(tmp_path, name):
    pytest.importorskip("gsd" if name.endswith("gsd") else "ovito")
    path, species = tmp_path / name, [-(2**31), 2**31 - 1]
    ss.write(path, ss.Frame([[1.0, 2.0], [3.0, 4.5]], species, ss.Box(10.0, 10.0)))
    types = {one: one for one in species} if name == "a.dump" else None
    assert ss.read(path, types=types)[0].species.tolist() == species


@pytest.mark.parametrize("name", ["a.xyz", "a.gsd"])
@pytest.mark.parametrize("dimension", [2, 3])
def test_one_particle_has_the_dimension_that_it_was_written_with(tmp_path, name, dimension):
    pytest.importorskip("gsd" if name.endswith("gsd") else "ovito")
    frame = ss.Frame([[1.0, 2.0, 3.0][:dimension]], ["A"], ss.Box(lengths=(10.0, 9.0, 8.0)[:dimension]))
    ss.write(tmp_path / name, frame)
    found = ss.read(tmp_path / name)[0]
    assert found.box.lengths == pytest.approx(frame.box.lengths, rel=1e-6)


def test_spots_are_numbered_from_one(tmp_path):
    frame = disordered_frame(seed=4, length_x=11.0, length_y=12.0, tilt=3.4)
    model = ss.Model.preset()
    minimum = ss.inherent_structure(frame, model)
    modes = ss.lowest_modes(ss.hessian(minimum, model), 12, stability=minimum.stability)
    spots = ss.soft_spots(minimum.frame, modes, 12, 5)
    assert len(spots) > 1
    ss.write(tmp_path / "a.xyz", minimum.frame, soft_spot=spots, mode=modes.vectors[0])
    rows = np.array([line.split() for line in (tmp_path / "a.xyz").read_text().splitlines()[2:]], dtype=float)
    np.testing.assert_array_equal(rows[:, -4], spots.labels + 1)
    np.testing.assert_array_equal(rows[:, -3:-1], modes.vectors[0])
    np.testing.assert_array_equal(rows[:, 1:3], minimum.frame.positions)


def test_studies_bring_what_they_have_found(tmp_path):
    frames = [disordered_frame(seed=seed, length_x=11.0, length_y=12.0, tilt=3.4) for seed in (4, 4)]
    study = ss.study(frames, ss.Model.preset(), 12, n_modes=12, n_particles=5, progress=False)
    ss.write(tmp_path / "all.xyz", study)
    ss.write(tmp_path / "one.xyz", study[0], mode=study[0].modes.vectors[0])
    lines = (tmp_path / "all.xyz").read_text().splitlines()
    words = "d2min:R:1:soft_spot:I:1:to_minimum:R:3:participation_fraction:R:1"
    assert words in lines[1] and f"{words}:mode:R:3" in (tmp_path / "one.xyz").read_text()
    for index, found in enumerate(study):
        rows = [line.split()[-6:] for line in lines[index * (len(frames[0]) + 2) + 2 :][: len(frames[0])]]
        values = np.array(rows, dtype=float)
        np.testing.assert_array_equal(values[:, 0], found.activity)
        np.testing.assert_array_equal(values[:, 1], found.spots.labels + 1)
        np.testing.assert_array_equal(values[:, 2:4], found.minimum.frame.positions - found.frame.positions)
        np.testing.assert_array_equal(values[:, 5], found.modes.participation_fraction)
    # By their names in the mixture, though frames have their numbers.
    assert frames[0].species.dtype.kind == "i"
    kinds = {line.split()[0] for line in lines if len(line.split()) > 6 and "=" not in line}
    assert kinds == {"A", "B"} and [line.split()[0] for line in lines[2:5]] == [
        *np.array(["A", "B"])[frames[0].species[:3]]
    ]
    study.save(tmp_path / "own.nc")
    ss.write(tmp_path / "results.xyz", ss.io.read_results(tmp_path / "own.nc"))
    of_results = (tmp_path / "results.xyz").read_text().splitlines()
    assert [line.split()[0] for line in of_results[2:]] == [line.split()[0] for line in lines[2:]]
    pytest.importorskip("ovito")
    particles = ss.to_ovito(study[0], mode=study[0].modes.vectors[0]).particles
    np.testing.assert_array_equal(particles["soft_spot"], study[0].spots.labels + 1)
    assert {"d2min", "to_minimum", "participation_fraction", "mode"} <= {*particles.keys()}


def test_a_frame_of_a_study_in_space_as_atoms():
    pytest.importorskip("ase")
    frame = frame_of(3)
    found = SimpleNamespace(frame=frame, activity=np.arange(24.0), labels=np.arange(24) - 20, minimum=None, modes=None)
    atoms = ss.to_ase(found, symbols={"A": "Ni", "B": "P"})
    np.testing.assert_array_equal(atoms.arrays["d2min"], found.activity)
    assert atoms.arrays["soft_spot"].max() == 4 and np.isnan(atoms.arrays["to_minimum"]).all()


def test_results_bring_what_they_know(tmp_path, undisturbed):
    results = read_results(undisturbed / "results.nc")
    ss.write(tmp_path / "run.xyz.gz", results, activity=np.zeros((len(results), len(results.frame(0)))))
    lines = gzip.decompress((tmp_path / "run.xyz.gz").read_bytes()).decode().splitlines()
    particles = int(lines[0])
    assert len(lines) == len(results) * (particles + 2)
    assert "d2min:R:1:soft_spot:I:1:to_minimum:R:3:activity:R:1" in lines[1]
    for index, frame in enumerate(results):
        rows = [line.split() for line in lines[index * (particles + 2) + 2 :][:particles]]
        values = np.array([row[-6:] for row in rows], dtype=float)
        np.testing.assert_array_equal(values[:, 0], results["d2min"][index])
        np.testing.assert_array_equal(values[:, 1], results["soft_spot"][index] + 1)
        left = frame.box.minimum_image(frame.positions + values[:, 2:4] - results["inherent_position"][index])
        np.testing.assert_allclose(left, 0, atol=1e-12)


@pytest.mark.parametrize(
    "changes, words",
    [
        (
            {"name": "a.pdb"},
            r"the name '.*a\.pdb' says no format; allowed are \.xyz, \.extxyz, \.dump, \.lammpstrj, \.gsd",
        ),
        ({"name": "a.gsd.gz"}, "says no format"),
        ({"columns": {"Position": np.zeros(24)}}, "a column cannot be called 'Position'"),
        ({"columns": {"a b": np.zeros(24)}}, "a column cannot be called 'a b'"),
        ({"columns": {"a": np.zeros(23)}}, r"a has shape \(23,\); values for each of 24 particles are needed"),
        ({"columns": {"a": ["x"] * 24}}, "values of a are of type"),
        ({"columns": {"a": np.zeros((24, 2, 2))}}, "values of a have shape"),
        ({"frames": []}, "there are no frames"),
        ({"frames": [1]}, "frame 0 is of type int; a Frame is needed"),
        ({"frames": 3}, "frames are of type int"),
        ({"frames": [frame_of()], "columns": {"a": []}}, "a has no values for frame 0"),
        ({"frames": [frame_of()], "columns": {"a": np.zeros((2, 24))}}, "a has values for 2 frames, and there are 1"),
        ({"frames": replace(frame_of(), species=["A B"] * 24)}, "a species is called 'A B'"),
        ({"frames": replace(frame_of(), species=["β"] * 24)}, "a species is called 'β'; a whole number of 32 bits"),
        ({"frames": replace(frame_of(), species=["1.5"] * 24), "name": "a.gsd"}, "a species is called '1.5'"),
        # They would come back as the numbers 1 and 0, and not at all.
        ({"frames": replace(frame_of(), species=["01", "1"] * 12)}, "a species is called '01'; a whole number of 32"),
        ({"frames": replace(frame_of(), species=["-0", "0"] * 12)}, "a species is called '-0'"),
        ({"frames": replace(frame_of(), species=["9" * 20, "1"] * 12)}, "a species is called '9{20}'"),
        ({"frames": replace(frame_of(), species=["2147483648", "1"] * 12)}, "a species is called '2147483648'"),
    ],
)
def test_what_cannot_be_written_is_told_and_leaves_what_was_there(tmp_path, changes, words):
    path = tmp_path / changes.get("name", "a.xyz")
    path.write_text("as it was")
    with pytest.raises(ss.InputError, match=words):
        ss.write(path, changes.get("frames", frame_of()), **changes.get("columns", {}))
    assert path.read_text() == "as it was" and [*tmp_path.iterdir()] == [path]


def test_folders_that_are_not_there(tmp_path):
    with pytest.raises(ss.OutputError, match=r"a\.xyz cannot be written: No such file"):
        ss.write(tmp_path / "none" / "a.xyz", frame_of())
