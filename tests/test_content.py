"""Content of files that cannot be: refused when it is written, and when it is read."""

import netCDF4
import numpy as np
import pytest
from sound import change, make_files, make_reduced
from synthetic import PARTICLES

from softspots.commands.parameters import Parameters
from softspots.estimate import Estimate
from softspots.exceptions import DamagedFileError, InputError
from softspots.io import (
    ResultsWriter,
    read_reduced,
    read_results,
    write_reduced,
)
from softspots.io.schema import PARAMETERS


@pytest.fixture(scope="module")
def paths(tmp_path_factory):
    return make_files(tmp_path_factory.mktemp("sound"))


WRONG = {
    "soft_spot": [((1, 5), 10**6), ((1, slice(None)), np.arange(PARTICLES) % 3 * 2), ((1, 5), -2)],
    "time": [(1, -3.0), (2, 2.5), (0, np.inf)],
    "eigenvalue": [((0, 0), -1e-3), ((0, 3), 1e6)],
    "participation_ratio": [((0, 0), 0.0), ((0, 0), 1.5)],
    "mode_residual": [((0, 0), -1e-9)],
    "mode_particle": [((0, 0, 0), PARTICLES), ((0, 0, 0), -1)],
    "d2min": [((0, 7), -1.0)],
    "position": [((0, 0, 0), np.inf)],
    "inherent_certified": [(0, 2)],
    "kinetic_temperature": [(0, -0.1)],
    "length_y": [(..., 0.0)],
    "wall_time": [((0, 0), -1.0)],
}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in WRONG.items() for value in values])
def test_results_that_cannot_be_are_refused(paths, tmp_path, name, value):
    path = change(paths["results"], tmp_path / "changed.nc", **{name: value})
    with pytest.raises(DamagedFileError, match=f"its {name} is ") as caught:
        read_results(path)[name]
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("soft_spot", np.full(PARTICLES, 10**6)),
        ("soft_spot", np.full(PARTICLES, 1)),
        ("d2min", np.full(PARTICLES, -1.0)),
        ("eigenvalue", np.linspace(2, 1, 12)),
        ("inherent_certified", np.int8(3)),
    ],
)
def test_results_that_cannot_be_are_not_written(paths, tmp_path, name, value):
    results = read_results(paths["results"])
    writer = ResultsWriter(tmp_path / "results.nc", results.frame(0), 12, 8, {}, {})
    with writer, pytest.raises(InputError, match=f"{name} is "):
        writer.write_frame(0, {name: value})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("connection", "foo"),
        ("model", "glass"),
        ("temperature", -0.1),
        ("temperature", np.nan),
        ("n_modes", "many"),
        ("frame_interval", 0),
    ],
)
def test_parameters_that_cannot_be_are_refused(paths, tmp_path, name, value):
    for kind, reader in (("results", read_results), ("reduced", read_reduced)):
        path = change(paths[kind], tmp_path / f"{kind}.nc", **{f"config_{name}": value})
        with pytest.raises(DamagedFileError, match=f"its parameter {name} is "):
            reader(path)


def test_words_are_those_of_the_parameters():
    fields = Parameters.__dataclass_fields__
    words = {name: known for name, known in PARAMETERS.items() if isinstance(known, tuple)}
    assert words == {name: fields[name].metadata["kind"].names for name in words}
    assert PARAMETERS.keys() <= fields.keys()


def with_quantity(name, *ends, **axes):
    return make_reduced(axes=axes, measured={name: Estimate(*map(np.asarray, ends))})


@pytest.mark.parametrize(
    ("reduced", "message"),
    [
        (with_quantity("density", 1.5, 0.1, 0.3), "density is 1.5"),
        (with_quantity("spots", -3.0, 1.0, 2.0), "spots is -3"),
        (with_quantity("tau_alpha", 5.0, 7.0, 6.0), "tau_alpha is 5 with the interval 7 to 6"),
        (with_quantity("tau_alpha", 5.0, 6.0, 7.0), "tau_alpha is 5 with the interval 6 to 7"),
        (with_quantity("c_ss", *np.ones((3, 4)), lag=np.arange(5.0)), r"shape \(4,\); \(5,\) is needed"),
        (with_quantity("c_ss", *np.ones((3, 4))), "without its axis lag"),
        (with_quantity("c_ss", *np.ones((3, 3)), lag=[0.0, 2.0, 1.0]), "axis lag is not in order"),
        (with_quantity("hardness", 1.0, 1.0, 1.0), "no quantity hardness"),
    ],
)
def test_reduced_data_that_cannot_be_are_not_written(tmp_path, reduced, message):
    with pytest.raises(InputError, match=message):
        write_reduced(tmp_path / "reduced.nc", reduced)


@pytest.mark.parametrize(("name", "value"), [("density", (..., -0.2)), ("c_ss_low", (3, 2.0)), ("lag", (2, 0.5))])
def test_reduced_data_that_cannot_be_are_refused(paths, tmp_path, name, value):
    path = change(paths["reduced"], tmp_path / "reduced.nc", **{name: value})
    with pytest.raises(DamagedFileError, match=name.removesuffix("_low")):
        read_reduced(path)


def test_reduced_data_with_an_unknown_quantity_are_refused(paths, tmp_path):
    path = change(paths["reduced"], tmp_path / "reduced.nc")
    with netCDF4.Dataset(path, "a") as dataset:
        dataset.renameVariable("density", "hardness")
    with pytest.raises(DamagedFileError, match="its variable hardness is none of reduced data"):
        read_reduced(path)


def test_a_quantity_that_is_no_longer_measured_is_left_out(paths, tmp_path):
    path = change(paths["reduced"], tmp_path / "reduced.nc")
    with netCDF4.Dataset(path, "a") as dataset:
        for end in ("", "_low", "_high"):
            dataset.renameVariable(f"density{end}", f"softest{end}")
    read = read_reduced(path)
    assert read.measured.keys() == read_reduced(paths["reduced"]).measured.keys() - {"density"}
    with netCDF4.Dataset(path, "a") as dataset:
        dataset.missing_softest = "no event has a map"
    assert "softest" not in read_reduced(path).missing
