"""Results files: as they were written, plain in xarray, and of their schema."""

import warnings

import netCDF4
import numpy as np
import pytest
from frames_in_files import FRAMES

from softspots.exceptions import MissingFileError, UnknownNameError
from softspots.frame import Box
from softspots.io import ResultsWriter, read_results
from softspots.io.reduced import read_reduced
from softspots.io.schema import LABELS, SCHEMA
from softspots.io.shear import read_shear
from softspots.io.trajectory import read_trajectory

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
    with pytest.raises(UnknownNameError, match="^there is no variable 'velocity'; there are: .*position"):
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


@pytest.mark.parametrize("read", [read_results, read_reduced, read_shear, read_trajectory])
def test_a_file_that_is_not_there_is_one_error_for_all(read, tmp_path):
    assert issubclass(MissingFileError, FileNotFoundError)
    with pytest.raises(MissingFileError, match=r"^there is no .*missing\.nc$"):
        list(read(tmp_path / "missing.nc"))


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
