"""Files: trajectories through the readers that people use, results through xarray, both through a kill."""

import subprocess
import sys
import textwrap
import warnings
from dataclasses import replace
from importlib.util import find_spec

import netCDF4
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from softspots.io import ResultsWriter, TrajectoryWriter, read_results, read_trajectory
from softspots.io.schema import LABELS, SCHEMA
from softspots.state import Box, Frame

# Coordinates below 32 in float32: half a unit in the last place is 1e-6.
FLOAT32 = 1e-6
# Box vectors of about 10, through an angle in degrees, in float64.
FLOAT64 = 1e-13
REACH = 4.0


def make_frame(tilt=0.0, particles=60, length_x=12.0, length_y=13.0, time=0.0, seed=3):
    """Particles anywhere in the sheared cell; the species do not depend on the seed."""
    fractions = np.random.default_rng(seed).random((particles, 2))
    positions = fractions @ [[length_x, 0.0], [tilt, length_y]]
    return Frame(positions, np.arange(particles) % 3 == 1, Box(length_x, length_y, tilt), time)


FRAMES = [make_frame(tilt, time=2.0 * i, seed=i) for i, tilt in enumerate((-5.3, 5.3, 0.0))]


@pytest.fixture(scope="module")
def trajectory(tmp_path_factory):
    path = tmp_path_factory.mktemp("trajectory") / "trajectory.nc"
    with TrajectoryWriter(path, FRAMES[0].species) as writer:
        for frame in FRAMES:
            writer.write(frame)
    return path


def image_distances(frame):
    """Distances of each particle to all periodic images of all others within REACH, sorted; plain NumPy."""
    images = np.array([(i, j) for i in range(-2, 3) for j in range(-2, 3)])
    lattice = np.array([[frame.box.length_x, 0.0], [frame.box.tilt, frame.box.length_y]])
    separations = (frame.positions[:, None] - frame.positions)[:, :, None] + images @ lattice
    distances = np.linalg.norm(separations, axis=-1).ravel()
    return np.sort(distances[(distances > 0) & (distances < REACH)])


# Each gives, frame by frame: time, cell vectors as rows, positions, types (None if not read), sorted distances.


def ovito_frames(path):
    from ovito.data import CutoffNeighborFinder
    from ovito.io import import_file

    pipeline = import_file(str(path))
    for index in range(pipeline.source.num_frames):
        data = pipeline.compute(index)
        assert all(data.cell.pbc)
        assert [kind.id for kind in data.particles.particle_types.types] == [1, 2]
        pairs, vectors = CutoffNeighborFinder(REACH, data).find_all()
        assert len(pairs)
        yield (
            data.attributes["time"],
            data.cell[:, :3].T,
            data.particles.positions[...],
            data.particles.particle_types[...],
            np.linalg.norm(vectors, axis=1),
        )


def mdanalysis_frames(path):
    from MDAnalysis.coordinates.TRJ import NCDFReader
    from MDAnalysis.lib.distances import self_capped_distance
    from MDAnalysis.lib.mdamath import triclinic_vectors

    with warnings.catch_warnings():
        # It warns of what is missing from the convention.
        warnings.simplefilter("error")
        reader = NCDFReader(str(path), mmap=False)
    for step in reader:
        _, distances = self_capped_distance(step.positions, REACH, box=step.dimensions)
        # It lists each pair once.
        both_ways = np.repeat(distances, 2)
        yield step.time, triclinic_vectors(step.dimensions), step.positions.copy(), None, both_ways


def ase_frames(path):
    from ase.io.netcdftrajectory import NetCDFTrajectory
    from ase.neighborlist import neighbor_list

    with NetCDFTrajectory(str(path)) as frames:
        for atoms in frames:
            assert atoms.pbc.all()
            distances = neighbor_list("d", atoms, REACH)
            yield atoms.info["time"], atoms.cell.array, atoms.positions, atoms.numbers, distances


READERS = {"ovito": ovito_frames, "MDAnalysis": mdanalysis_frames, "ase": ase_frames}


@pytest.mark.parametrize("reader", READERS)
def test_reader_sees_the_sheared_cell(trajectory, reader):
    pytest.importorskip(reader)
    read = list(READERS[reader](trajectory))
    assert len(read) == len(FRAMES)
    for frame, (time, cell, positions, types, distances) in zip(FRAMES, read, strict=True):
        assert time == frame.time
        vectors = [[frame.box.length_x, 0, 0], [frame.box.tilt, frame.box.length_y, 0]]
        # MDAnalysis keeps the cell in float32: half a unit in the last place of an angle near 110° is 4e-6°.
        np.testing.assert_allclose(cell[:2], vectors, rtol=0, atol=4 * FLOAT32)
        assert cell[2, 2] > 2 * REACH and abs(cell[2, :2]).max() < 1e-6
        np.testing.assert_allclose(positions[:, :2], frame.positions, rtol=0, atol=FLOAT32)
        assert not positions[:, 2].any()
        if types is not None:
            np.testing.assert_array_equal(types, frame.species + 1)
        # Two rounded positions, and a rounded lattice vector between them.
        np.testing.assert_allclose(np.sort(distances), image_distances(frame), rtol=0, atol=8 * FLOAT32)


def test_two_readers_at_least():
    assert sum(find_spec(name) is not None for name in READERS) >= 2


def test_trajectory_follows_the_convention(trajectory):
    # 64-bit offset classic.
    assert trajectory.read_bytes()[:4] == b"CDF\x02"
    with netCDF4.Dataset(trajectory) as dataset:
        attributes = {name: dataset.getncattr(name) for name in dataset.ncattrs()}
        assert attributes["Conventions"] == "AMBER"
        assert attributes["ConventionVersion"] == "1.0"
        assert attributes["program"] == "softspots"
        assert attributes.keys() == {"Conventions", "ConventionVersion", "program", "programVersion", "title"}
        # The longest text that the convention allows.
        assert max(map(len, attributes.values())) <= 80
        assert dataset.dimensions["frame"].isunlimited()
        layout = {name: (variable.dtype, variable.dimensions) for name, variable in dataset.variables.items()}
        assert layout == {
            "spatial": ("S1", ("spatial",)),
            "cell_spatial": ("S1", ("cell_spatial",)),
            "cell_angular": ("S1", ("cell_angular", "label")),
            "time": ("f4", ("frame",)),
            "coordinates": ("f4", ("frame", "atom", "spatial")),
            "cell_lengths": ("f8", ("frame", "cell_spatial")),
            "cell_angles": ("f8", ("frame", "cell_angular")),
            "atom_types": ("i4", ("frame", "atom")),
            "strain": ("f8", ("frame",)),
            "image": ("i4", ("frame", "atom", "spatial")),
            "checksum": ("i4", ("frame",)),
        }
        words = {name: dataset[name][:].tobytes() for name in ("spatial", "cell_spatial", "cell_angular")}
        assert words == {"spatial": b"xyz", "cell_spatial": b"abc", "cell_angular": b"alphabeta gamma"}
        units = {name: dataset[name].units for name in ("time", "coordinates", "cell_lengths", "cell_angles")}
        assert units == {
            "time": "picosecond",
            "coordinates": "angstrom",
            "cell_lengths": "angstrom",
            "cell_angles": "degree",
        }


@settings(max_examples=25, deadline=None, derandomize=True)
@given(st.floats(5, 30), st.floats(5, 30), st.floats(-1, 1))
def test_trajectory_round_trip(tmp_path_factory, length_x, length_y, relative_tilt):
    # Tilts of a whole box length and more than 45° are unusual, but legal.
    frame = make_frame(relative_tilt * length_x, 7, length_x, length_y, time=2.5)
    box = frame.box
    sheared = Box(length_x, length_y, box.tilt, (box.tilt + 3 * length_x) / length_y)
    images = np.random.default_rng(1).integers(-5, 6, (7, 2))
    path = tmp_path_factory.mktemp("round_trip") / "trajectory.nc"
    with TrajectoryWriter(path, frame.species) as writer:
        writer.write(frame)
        writer.write(replace(frame, box=sheared, images=images))
    read, later = read_trajectory(path)
    assert not read.box.has_history and not read.images.any()
    assert later.box.has_history and later.box.strain == sheared.strain and later.box.flips == 3
    np.testing.assert_array_equal(later.images, images)
    for name in ("length_x", "length_y", "tilt"):
        assert getattr(read.box, name) == pytest.approx(getattr(frame.box, name), rel=0, abs=FLOAT64)
    # Coordinates reach 60 here, twice the limit of FLOAT32.
    np.testing.assert_allclose(read.positions, frame.positions, rtol=0, atol=2 * FLOAT32)
    np.testing.assert_array_equal(read.species, frame.species)
    assert read.time == frame.time


def test_trajectory_of_an_earlier_version_has_no_history(trajectory, tmp_path):
    """A file without the strain and the images, as earlier versions wrote it."""
    old = tmp_path / "old.nc"
    with netCDF4.Dataset(trajectory) as source, netCDF4.Dataset(old, "w", format="NETCDF3_64BIT_OFFSET") as target:
        target.setncatts({name: source.getncattr(name) for name in source.ncattrs()})
        for name, dimension in source.dimensions.items():
            target.createDimension(name, None if dimension.isunlimited() else len(dimension))
        for name, variable in source.variables.items():
            if name not in ("strain", "image", "checksum"):
                target.createVariable(name, variable.dtype, variable.dimensions)[...] = variable[...]
    for frame, read in zip(FRAMES, read_trajectory(old), strict=True):
        assert not read.box.has_history and not read.images.any()
        np.testing.assert_allclose(read.positions, frame.positions, rtol=0, atol=FLOAT32)


def test_trajectory_refuses_other_particles(tmp_path):
    writer = TrajectoryWriter(tmp_path / "trajectory.nc", 1 - FRAMES[0].species)
    with writer, pytest.raises(ValueError, match="species"):
        writer.write(FRAMES[0])


def test_read_trajectory_refuses_other_files(tmp_path):
    netCDF4.Dataset(tmp_path / "other.nc", "w").close()
    with pytest.raises(ValueError, match="not a trajectory"):
        next(read_trajectory(tmp_path / "other.nc"))


CONFIGURATION = {
    "temperature": 0.1,
    "particles": 60,
    "model": "kob-andersen",
    "cutoff_per_pair": False,
    "resume": True,
    "epsilon": (1.0, 1.5, 0.5),
    "grid": (2, 1),
    "names": ("first", "second"),
    "method": "",
}
SIZES = {"particle": 60, "mode": 8, "top_particle": 5, "axis": 2, "stage": 5}


def make_values(seed):
    """Random values for every variable that has frames."""
    random = np.random.default_rng(seed)
    shapes = {
        name: [SIZES[dimension] for dimension in variable.dimensions[1:]]
        for name, variable in SCHEMA.items()
        if "time" in variable.dimensions
    }
    values = {
        name: random.random(shape).astype(SCHEMA[name].dtype)
        if SCHEMA[name].dtype in ("f8", "f4")
        else random.integers(0, 2, shape)
        for name, shape in shapes.items()
    }
    box = Box.sheared(12.0, 13.0, 1.7 + seed)
    return values | {
        "time": 2.0 * seed,
        "strain": box.strain,
        "tilt": box.tilt,
        "image": random.integers(-100, 100, shapes["image"]),
        "soft_spot": random.permutation(np.arange(60) % 4 - 1),
        "eigenvalue": np.sort(values["eigenvalue"]),
    }


def open_writer(path):
    return ResultsWriter(path, FRAMES[0], 8, 5, CONFIGURATION | {"unset": None}, {"seed": 7})


@pytest.fixture(scope="module")
def results_path(tmp_path_factory):
    """Two frames; the second has no D²_min, as the last of a run."""
    path = tmp_path_factory.mktemp("results") / "results.nc"
    with open_writer(path) as writer:
        writer.write_frame(0, {name: value for name, value in make_values(0).items() if name != "d2min"})
        writer.write_frame(1, {name: value for name, value in make_values(1).items() if name != "d2min"})
        writer.write_frame(0, {"d2min": make_values(0)["d2min"]})
        writer.set_attributes({"wall_time_total": 1.5})
    return path


def test_results_round_trip(results_path):
    results = read_results(results_path)
    assert results.n_frames == 2
    for index in range(2):
        for name, value in make_values(index).items():
            if (name, index) != ("d2min", 1):
                np.testing.assert_array_equal(results[name][index], value, err_msg=name)
    assert np.isnan(results["d2min"][1]).all()
    np.testing.assert_array_equal(results["species"], FRAMES[0].species)
    assert (results["length_x"], results["length_y"]) == (FRAMES[0].box.length_x, FRAMES[0].box.length_y)
    with pytest.raises(KeyError, match="no variable 'velocity'"):
        results["velocity"]


def test_results_keep_the_configuration(results_path):
    results = read_results(results_path)
    assert results.configuration == CONFIGURATION
    assert {name: type(value) for name, value in results.configuration.items()} == {
        name: type(value) for name, value in CONFIGURATION.items()
    }
    assert results.attributes["seed"] == 7
    assert results.attributes["software"] == "softspots"
    assert results.attributes["wall_time_total"] == 1.5
    assert {"title", "software_version"} <= results.attributes.keys()


def test_results_are_plain_in_xarray(results_path):
    xarray = pytest.importorskip("xarray")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        dataset = xarray.open_dataset(results_path)
    with dataset:
        assert dataset.variables.keys() == SCHEMA.keys()
        assert dataset.sizes == SIZES | {"time": 2}
        assert dataset.coords.keys() == LABELS.keys() | {"time", "strain"}
        for name, entry in SCHEMA.items():
            variable = dataset[name]
            assert variable.dims == entry.dimensions
            assert variable.attrs["long_name"] and variable.attrs["units"]
            # Units must not turn numbers into dates, nor fill values integers into floats.
            assert name in LABELS or variable.dtype == entry.dtype
        assert not dataset["d2min"].isel(time=0).isnull().any()
        assert dataset["d2min"].isel(time=1).isnull().all()
        assert dataset["wall_time"].sel(stage="quench").values.tolist() == [
            make_values(i)["wall_time"][1] for i in (0, 1)
        ]
        assert dataset["position"].sel(axis="y").shape == (2, 60)
        assert dataset.attrs["config_temperature"] == 0.1
        # Frames by their time, and by their strain.
        assert dataset["position"].sel(time=2.0).equals(dataset["position"].isel(time=1))
        by_strain = dataset["position"].swap_dims(time="strain").sel(strain=2.6, method="nearest")
        assert by_strain.equals(dataset["position"].isel(time=1))


@pytest.mark.parametrize(
    ("index", "values", "message"),
    [
        (0, {"velocity": 1.0}, "no variable 'velocity'"),
        (0, {"species": np.zeros(60, int)}, "no variable 'species'"),
        (0, {"d2min": np.zeros(61)}, r"d2min has shape \(61,\); \(60,\)"),
        (0, {"position": 0.0}, "position has shape"),
        (0, {"soft_spot": np.zeros(60)}, "soft_spot is of type float64; int32"),
        (-1, {"time": 1.0}, "frame is -1"),
    ],
)
def test_results_refuse_what_is_not_in_the_schema(tmp_path, index, values, message):
    path = tmp_path / "results.nc"
    with open_writer(path) as writer, pytest.raises(ValueError, match=message):
        writer.write_frame(index, {"strain": 0.5} | values)
    # A refused call leaves nothing behind.
    assert read_results(path).n_frames == 0


def test_results_need_modes(tmp_path):
    with pytest.raises(ValueError, match="positive"):
        ResultsWriter(tmp_path / "results.nc", FRAMES[0], 0, 5, {}, {})


def test_read_results_refuses_other_files(tmp_path, trajectory):
    text = tmp_path / "text.nc"
    text.write_text("no data")
    with pytest.raises(ValueError, match="not NetCDF"):
        read_results(text)
    with pytest.raises(ValueError, match="its software is None"):
        read_results(trajectory)
    with pytest.raises(FileNotFoundError):
        read_results(tmp_path / "missing.nc")


def test_results_of_an_earlier_version_are_read(results_path, tmp_path):
    path = tmp_path / "results.nc"
    path.write_bytes(results_path.read_bytes())
    with netCDF4.Dataset(path, "a") as dataset:
        dataset.schema_version = 1
        dataset.renameDimension("time", "frame")
        dataset.renameVariable("inherent_position", "other")
    results = read_results(path)
    assert "inherent_position" in read_results(results_path)
    assert "inherent_position" not in results
    assert "position" in results
    with pytest.raises(KeyError, match="no variable 'inherent_position'"):
        results["inherent_position"]
    later = {name for name, entry in SCHEMA.items() if entry.since > 1}
    assert results.variables(0).keys() == read_results(results_path).variables(0).keys() - later
    # A file of the present version must have it.
    with netCDF4.Dataset(path, "a") as dataset:
        dataset.schema_version = 2
    with pytest.raises(ValueError, match="no variable inherent_position"):
        read_results(path)


@pytest.mark.parametrize("change", ["schema_version", "missing", "dimensions", "type"])
def test_read_results_refuses_another_schema(tmp_path, change):
    path = tmp_path / "results.nc"
    with open_writer(path):
        pass
    read_results(path)
    with netCDF4.Dataset(path, "a") as dataset:
        if change == "schema_version":
            dataset.schema_version = 0
        else:
            dataset.renameVariable("d2min", "old")
        if change == "dimensions":
            dataset.createVariable("d2min", "f8", ("time", "mode"))
        if change == "type":
            dataset.createVariable("d2min", "f4", ("time", "particle"))
    message = {
        "schema_version": "its schema_version is 0",
        "missing": "no variable d2min",
        "dimensions": "d2min is float64 over .*mode",
        "type": "d2min is float32",
    }
    with pytest.raises(ValueError, match=message[change]):
        read_results(path)


def test_files_survive_a_kill(tmp_path):
    script = """
        import os, signal
        import numpy as np
        from softspots.io import ResultsWriter, TrajectoryWriter
        from softspots.state import Box, Frame

        frame = Frame(np.ones((4, 2)), np.zeros(4, int), Box(9.0, 9.0), 3.0)
        trajectory = TrajectoryWriter("trajectory.nc", frame.species)
        results = ResultsWriter("results.nc", frame, 2, 2, {}, {})
        for index in range(3):
            trajectory.write(frame)
            results.write_frame(index, {"time": index, "position": frame.positions})
        os.kill(os.getpid(), signal.SIGKILL)
    """
    killed = subprocess.run([sys.executable, "-c", textwrap.dedent(script)], cwd=tmp_path)
    assert killed.returncode == -9
    frames = list(read_trajectory(tmp_path / "trajectory.nc"))
    assert [frame.time for frame in frames] == [3.0] * 3
    assert all((frame.positions == 1).all() for frame in frames)
    results = read_results(tmp_path / "results.nc")
    assert results["time"].tolist() == [0.0, 1.0, 2.0]
    assert (results["position"] == np.ones((3, 4, 2))).all()
