"""The command that analyses finished runs: its files, its words, and what it refuses."""

import json
import os
import signal

import netCDF4
import numpy as np
import pytest
from launch import analyzed as run
from launch import run_python
from matplotlib.image import imread
from PIL import Image
from synthetic import write_results

from softspots.commands import analyze
from softspots.commands.sources import open_sources
from softspots.exceptions import InputError
from softspots.figures import movie
from softspots.figures import sheets as figures
from softspots.figures.summary import NUMBERS
from softspots.io import reduced
from softspots.io.reduced import read_reduced

FIGURES = ("vibrations", "probability", "correlations", "overlap", "lifetimes", "selection", "prediction")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Results of four runs: three temperatures at one strain rate, two strain rates at one temperature."""
    folder = tmp_path_factory.mktemp("runs")
    write_results(folder / "cold.nc", 100)
    write_results(folder / "warm.nc", 100, 2, temperature=0.2)
    write_results(folder / "hot.nc", 12, 3, temperature=0.4)
    write_results(folder / "fast.nc", 100, 4, strain_rate=1e-2)
    return folder


@pytest.fixture
def one_figure(monkeypatch):
    """Figures take most of the time, and are not what the test is about."""
    monkeypatch.setattr(
        analyze, "figures", lambda series: [one for one in figures.figures(series) if one[0] == "prediction"]
    )


def test_one_run_on_the_command_line(folder, tmp_path):
    process = run_python(["-m", "softspots.analyze", folder / "cold.nc", "--output", tmp_path])
    assert process.returncode == 0, process.stderr
    expected = {f"{name}{suffix}" for name in FIGURES for suffix in (".pdf", ".png")}
    assert {path.name for path in tmp_path.iterdir()} == expected | {
        "summary.md",
        "summary.json",
        "T0.1_rate0.001_seed1.nc",
    }
    assert (tmp_path / "summary.md").read_text() in process.stdout
    # Not a terminal: at most a line for the first hundredth and each tenth of the work, each with the time left.
    lines = process.stderr.splitlines()
    assert 1 < len(lines) <= 11
    assert all("left" in line for line in lines)
    assert "100 %" in lines[-1]
    for name in FIGURES:
        assert imread(tmp_path / f"{name}.png").std() > 0.01
        assert (tmp_path / f"{name}.pdf").read_bytes().startswith(b"%PDF")


def test_summary_has_every_number(folder, tmp_path, capsys, one_figure):
    status, out, err = run(capsys, folder / "cold.nc", "--output", tmp_path, "--quiet")
    assert (status, err) == (0, "")
    data = json.loads((tmp_path / "summary.json").read_text())
    (told,) = data["runs"]
    found = read_reduced(tmp_path / "T0.1_rate0.001_seed1.nc")
    assert told["configuration"] == found.configuration
    assert told["provenance"]["seed"] == 1
    assert told["quantities"].keys() == NUMBERS.keys()
    for name, entry in NUMBERS.items():
        number = told["quantities"][name]
        assert {"symbol", "unit", "section", "paper"} <= number.keys()
        if name not in found:
            # Particles that diffuse have no plateau.
            assert name == "tau_star" and number["value"] is None
            continue
        assert number["value"] == found[name].value
        assert (number["low"] is None) == (not np.isfinite(found[name].low))
        assert f"{entry.symbol}, {entry.long_name}" in out
    tau = found["tau_alpha"]
    row = next(line for line in out.splitlines() if line.startswith("| τ_α"))
    shown = row.split("|")[3].strip(" )").replace("(", "").split()
    # Two digits of the error.
    assert float(shown[0]) == pytest.approx(tau.value, abs=0.1 * (tau.high - tau.low))
    assert float(shown[1]) < float(shown[0]) < float(shown[3])


def test_of_a_folder_the_file_in_it_is_taken(folder, tmp_path):
    (tmp_path / "results.nc").write_bytes((folder / "hot.nc").read_bytes())
    assert open_sources([tmp_path])[0].path == tmp_path / "results.nc"
    (tmp_path / "shear.nc").touch()
    with pytest.raises(InputError, match="which is no file; allowed: for instance"):
        open_sources([tmp_path])


def test_several_runs_are_drawn_together(folder, tmp_path, capsys, monkeypatch):
    # In both formats, and drawn again, the figures would bring a busy machine near the limit of a test.
    monkeypatch.setattr(analyze, "FORMATS", (".pdf",))
    paths = [folder / f"{name}.nc" for name in ("hot", "cold", "fast")]
    status, out, err = run(capsys, *paths, "--output", tmp_path, "--quiet", "--selection-frames", 2)
    assert (status, err) == (0, "")
    names = {path.name for path in tmp_path.iterdir()}
    for series in ("temperatures_rate0.001", "rates_T0.1"):
        assert {f"{name}_{series}.pdf" for name in FIGURES[:5]} <= names
    assert {"prediction.pdf", "relaxation.pdf"} <= names
    assert sum(name.endswith("seed3.nc") for name in names) == 1
    (row,) = (line for line in out.splitlines() if line.startswith("| F_s, T = 0.1"))
    # The ratio has an interval, or a mark.
    assert "(" in row.split("|")[5] or "*" in row.split("|")[5]
    assert "τ_α ∝ γ̇^n at T = 0.1: n = " in out
    # The short one lacks lives, and says so once for all of them.
    assert "T = 0.4, γ̇ = 1e-3: ε is needed, which is not known (n, n_c, τ_½" in out
    data = json.loads((tmp_path / "summary.json").read_text())
    assert [one["quantity"] for one in data["collapse"]] == ["scattering", "c_dd", "c_ss", "c_sd", "alive"]
    # Reduced data stand for their results file.
    monkeypatch.setattr(analyze, "figures", lambda series: [])
    reduced = sorted(tmp_path.glob("T0.1*.nc"))
    status, again, _ = run(capsys, *reduced, "--output", tmp_path / "again", "--quiet")
    assert status == 0
    line = next(line for line in out.splitlines() if line.startswith("τ_α ∝"))
    assert line in again


def test_two_runs_with_equal_parameters_have_names_of_their_own(folder, tmp_path, capsys, one_figure):
    other = write_results(tmp_path / "other.nc", 12, 5, temperature=0.4)
    with netCDF4.Dataset(other, "a") as dataset:
        dataset.config_seed = 3
    status, *_ = run(capsys, folder / "hot.nc", other, "--output", tmp_path / "out", "--quiet")
    assert status == 0
    assert {path.name for path in (tmp_path / "out").glob("T*.nc")} == {
        "T0.4_rate0.001_seed3_run1.nc",
        "T0.4_rate0.001_seed3_run2.nc",
    }


def test_one_run_counts_once_whatever_its_files_are_called(tmp_path, capsys, one_figure):
    path = write_results(tmp_path / "results.nc", 12)
    with netCDF4.Dataset(path, "a") as dataset:
        dataset.run_id = "0123456789abcdef"
    assert run(capsys, path, "--output", tmp_path / "out", "--quiet")[0] == 0
    (reduced,) = (tmp_path / "out").glob("T*.nc")
    copy, link = tmp_path / "copy.nc", tmp_path / "link.nc"
    copy.write_bytes(path.read_bytes())
    # Files of earlier versions do not say of which run they are: the content tells.
    nameless, other = write_results(tmp_path / "nameless.nc", 12), tmp_path / "other.nc"
    link.symlink_to(nameless)
    other.write_bytes(nameless.read_bytes())
    assert run(capsys, nameless, "--output", tmp_path / "again", "--quiet")[0] == 0
    (of_nameless,) = (tmp_path / "again").glob("T*.nc")
    twice = [(path, copy), (path, reduced), (nameless, link), (nameless, other), (other, of_nameless)]
    for first, second in twice:
        status, _, err = run(capsys, first, second, "--output", tmp_path / "other")
        assert (status, err.count("\n")) == (2, 1)
        assert f"FILE: got {second} and {first}, which hold one run twice" in err


def test_help_teaches():
    process = run_python(["-m", "softspots.analyze", "--help"])
    assert process.returncode == 0
    # As it was typed.
    assert process.stdout.startswith("usage: python -m softspots.analyze ") and "%(prog)" not in process.stdout
    for words in (
        "examples:\n  python -m softspots.analyze results/results.nc\n",
        "--output",
        "--overwrite",
        "--epsilon",
        "--movie",
        "summary.json",
    ):
        assert words in process.stdout


def test_an_earlier_analysis_is_not_overwritten(folder, tmp_path, capsys, one_figure):
    (tmp_path / "summary.md").write_text("dear")
    (tmp_path / "prediction.pdf").write_text("stale")
    (tmp_path / "notes.txt").write_text("mine")
    status, _, err = run(capsys, folder / "hot.nc", "--output", tmp_path)
    assert status == 2
    assert "allowed: another folder, or --overwrite" in err and len(err.splitlines()) == 1
    assert (tmp_path / "summary.md").read_text() == "dear"
    status, *_ = run(capsys, folder / "hot.nc", "--output", tmp_path, "--overwrite", "--quiet")
    assert status == 0
    assert (tmp_path / "summary.md").read_text().startswith("# Soft spots")
    assert not (tmp_path / "prediction.pdf").read_bytes().startswith(b"stale")
    assert (tmp_path / "notes.txt").read_text() == "mine"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "the following arguments are required: FILE"),
        (["--hlep"], "unknown argument '--hlep'; did you mean --help?"),
        (["{folder}/cold.nc", "--overwite"], "unknown argument '--overwite'; did you mean --overwrite?"),
        (["{folder}"], "which is no file; allowed: for instance {folder}/results.nc"),
        (["{folder}/none.nc"], "{folder}/none.nc; there is no such file"),
        (["{folder}/text.nc"], "text.nc is not NetCDF, or damaged"),
        (["{folder}/cold.nc", "{folder}/cold.nc"], "twice"),
        (["{folder}/cold.nc", "--epsilon", "1.5"], "--epsilon: got 1.5; allowed: a number above 0 and below 1"),
        (["{folder}/cold.nc", "--selection-frames", "0"], "got 0; allowed: a whole number from 1"),
        (["{folder}/cold.nc", "--output", "{folder}/text.nc"], "allowed: a folder that can be written"),
        (["{folder}/bare.nc"], "lacks the parameter bond_length"),
        (["{folder}/unknown.nc"], "its schema_version is 99"),
    ],
)
def test_mistakes_are_told_in_a_line(folder, tmp_path, monkeypatch, capsys, arguments, message):
    monkeypatch.chdir(tmp_path)
    (folder / "text.nc").write_text("no data")
    for name in ("bare", "unknown"):
        (folder / f"{name}.nc").write_bytes((folder / "hot.nc").read_bytes())
        with netCDF4.Dataset(folder / f"{name}.nc", "a") as dataset:
            if name == "bare":
                dataset.delncattr("config_bond_length")
            else:
                dataset.schema_version = 99
    status, out, err = run(capsys, *(argument.format(folder=folder) for argument in arguments))
    # What is given is wrong, or damaged.
    damaged = len(arguments) == 1 and arguments[0].endswith(("text.nc", "unknown.nc"))
    assert (status, out) == (1 if damaged else 2, "")
    assert err.startswith("softspots analyze: ") and len(err.splitlines()) == 1
    assert message.format(folder=folder) in err


@pytest.fixture
def untold(folder, tmp_path):
    """A results file that does not say temperature and strain rate, as `softspots map` writes it."""
    path = tmp_path / "untold.nc"
    path.write_bytes((folder / "cold.nc").read_bytes())
    with netCDF4.Dataset(path, "a") as dataset:
        for name in ("temperature", "strain_rate", "rearrangement_threshold"):
            dataset.delncattr(f"config_{name}")
    return path


def test_another_threshold_of_what_rearranges_can_be_given(folder, untold, tmp_path, capsys, one_figure):
    options = ("--selection-frames", 5, "--quiet", "--output")
    status, out, err = run(capsys, folder / "cold.nc", "--rearrangement-threshold", 30, *options, tmp_path / "given")
    assert (status, err) == (0, "") and "| 30 " in out
    run(capsys, folder / "cold.nc", *options, tmp_path / "said")
    given, said = (read_reduced(next((tmp_path / name).glob("*.nc"))) for name in ("given", "said"))
    assert (given.configuration["rearrangement_threshold"], said.configuration["rearrangement_threshold"]) == (30, 15)
    # Of fewer particles, the same of all else.
    assert given["plateau"].value != said["plateau"].value and given["density"].value == said["density"].value
    status, _, err = run(capsys, untold, "--rearrangement-threshold", 30, *options, tmp_path / "untold")
    assert status == 2 and "--rearrangement-threshold: got 30, in units of T; allowed: with --temperature" in err
    path = next((tmp_path / "given").glob("*.nc"))
    status, _, err = run(capsys, path, "--rearrangement-threshold", 15, *options, tmp_path / "again")
    assert status == 2 and "--rearrangement-threshold: got 15; allowed: 30, which" in err


def test_what_a_file_does_not_say_can_be_given(folder, untold, tmp_path, capsys, one_figure):
    given = ("--temperature", 0.1, "--strain-rate", 1e-3, "--selection-frames", 5)
    status, _, err = run(capsys, untold, *given, "--output", tmp_path / "given", "--quiet")
    assert (status, err) == (0, "")
    run(capsys, folder / "cold.nc", *given, "--output", tmp_path / "said", "--quiet")
    given, said = (read_reduced(tmp_path / name / "T0.1_rate0.001_seed1.nc") for name in ("given", "said"))
    assert given.configuration == said.configuration and given.missing == said.missing
    for name in said.measured:
        np.testing.assert_array_equal(given[name].value, said[name].value)


def test_what_needs_what_is_not_known_is_left_out(untold, tmp_path, capsys):
    options = ("--quiet", "--report", "--selection-frames", 5)
    status, out, err = run(capsys, untold, "--output", tmp_path / "analysis", *options)
    assert (status, err) == (0, "")
    assert "| kob-andersen " in out and "?" not in out
    found = read_reduced(tmp_path / "analysis" / "kob-andersen_seed1.nc")
    for name in ("ratio", "plateau", "difference", "lifetimes"):
        assert found.missing[name].startswith("the temperature of the run, beyond which particles rearrange, is not")
    for name in ("density", "spots", "c_ss", "c_sd", "scattering", "boson_peak"):
        assert name in found
    assert (tmp_path / "analysis" / "correlations.png").exists() and (tmp_path / "analysis" / "report.html").exists()


def test_what_is_given_must_not_be_said_otherwise(folder, untold, tmp_path, capsys):
    for arguments, message in (
        ((folder / "cold.nc", "--temperature", 0.2), "--temperature: got 0.2; allowed: 0.1, which"),
        ((folder / "cold.nc", "--strain-rate", -1), "--strain-rate: got -1; allowed: a number from 0"),
        ((folder / "cold.nc", untold), "some runs have a temperature and of others it is not known"),
    ):
        status, out, err = run(capsys, *arguments, "--output", tmp_path / "analysis")
        assert (status, out) == (2, "") and message in err and len(err.splitlines()) == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_leaves_nothing_half_written(folder, tmp_path, capsys, monkeypatch, number):
    def interrupted(dataset, attributes):
        os.kill(os.getpid(), number)
        pytest.fail("the signal came and went")

    monkeypatch.setattr(reduced, "set_attributes", interrupted)
    status, out, err = run(capsys, folder / "hot.nc", "--output", tmp_path, "--quiet")
    assert (status, out) == (128 + number, "")
    assert err == f"softspots analyze: ended by {number.name}; no file had been written\n"
    assert not list(tmp_path.iterdir())


def test_an_earlier_analysis_stays_until_the_new_one_is_there(folder, tmp_path, capsys, monkeypatch):
    drawn = [("prediction", lambda: "a figure"), ("lifetimes", lambda: None)]
    monkeypatch.setattr(analyze, "figures", lambda series: drawn)
    monkeypatch.setattr(analyze, "save_figure", lambda figure, path: path.write_text("new"))
    names = ("summary.md", "prediction.pdf", "lifetimes.pdf", "T0.4_rate0.001_seed3.nc")
    earlier = {name: f"earlier {name}" for name in names}
    for name, text in earlier.items():
        (tmp_path / name).write_text(text)
    arguments = (folder / "hot.nc", "--output", tmp_path, "--overwrite", "--quiet")

    def interrupted(*arguments):
        os.kill(os.getpid(), signal.SIGINT)
        pytest.fail("the signal came and went")

    with monkeypatch.context() as patch:
        patch.setattr(analyze, "reduce_run", interrupted)
        status, _, err = run(capsys, *arguments)
        assert (status, err) == (130, "softspots analyze: ended by SIGINT; the files that are there are whole\n")
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == earlier
    assert run(capsys, *arguments)[0] == 0
    assert not [path for path in tmp_path.iterdir() if path.read_bytes().startswith(b"earlier")]
    # What the new one does not have, as its data are too short for it, goes with the earlier one.
    assert not (tmp_path / "lifetimes.pdf").exists()


def test_an_input_is_never_replaced(folder, tmp_path, capsys):
    source = tmp_path / "T0.4_rate0.001_seed3.nc"
    source.write_bytes((folder / "hot.nc").read_bytes())
    status, _, err = run(capsys, source, "--output", tmp_path, "--overwrite")
    assert status == 2
    assert "T0.4_rate0.001_seed3.nc would be replaced" in err
    assert source.exists()


# Movies


def test_movie_shows_every_frame(folder, tmp_path, capsys, monkeypatch, one_figure):
    monkeypatch.setattr(movie.FFMpegWriter, "isAvailable", lambda: False)
    status, *_ = run(capsys, folder / "hot.nc", "--output", tmp_path, "--movie", "--quiet")
    assert status == 0
    with Image.open(tmp_path / "T0.4_rate0.001_seed3.gif") as pictures:
        assert pictures.n_frames == 12
        first = np.asarray(pictures.convert("RGB"), dtype=int)
        pictures.seek(11)
        last = np.asarray(pictures.convert("RGB"), dtype=int)
    assert first.shape == last.shape
    assert (np.abs(first - last).sum(axis=2) > 60).mean() > 0.05


def test_movies_need_frames(folder, tmp_path, capsys, one_figure):
    assert run(capsys, folder / "hot.nc", "--output", tmp_path, "--quiet")[0] == 0
    (reduced,) = tmp_path.glob("T*.nc")
    status, _, err = run(capsys, reduced, "--output", tmp_path / "movie", "--movie")
    assert status == 2
    assert "--movie: got reduced data" in err
