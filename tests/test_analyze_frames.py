"""What the analysis says of frames that other programs have written, as `softspots map` keeps them."""

import json
from functools import cached_property

import netCDF4
import numpy as np
import pytest
from launch import analyzed
from synthetic import write_results

from softspots.commands import analyze
from softspots.commands.copies import Places, hold_same_frames
from softspots.commands.sources import open_sources
from softspots.figures import naming
from softspots.io.attributes import CAUTION, SOURCE, SOURCE_NOTES, TIMES_ARE_STEPS
from softspots.io.readers import read
from softspots.io.reduced import Reduced
from softspots.io.results import read_results

NOTES = "types 1, 2 are species A, B (types={1: 'A', 2: 'B'}); " + TIMES_ARE_STEPS + " (timestep= says how long one is)"


def mapped(path, name, frames=12, seed=1, run_id="0123456789abcdef"):
    """A results file as of frames from a file of this name, without temperature and strain rate."""
    write_results(path, frames, seed)
    with netCDF4.Dataset(path, "a") as file:
        for one in ("temperature", "strain_rate", "rearrangement_threshold", "seed"):
            file.delncattr(f"config_{one}")
        file.setncatts({SOURCE: f"data/{name}", SOURCE_NOTES: NOTES, "run_id": run_id})
    return path


@pytest.fixture
def no_figures(monkeypatch):
    monkeypatch.setattr(analyze, "figures", lambda series: [])


def test_notes_on_a_file_are_in_options_of_the_command(tmp_path, capsys, no_figures):
    path = mapped(tmp_path / "results.nc", "glass.lammpstrj")
    assert analyzed(capsys, path, "--output", tmp_path / "out", "--quiet", "--report")[0] == 0
    text, page = ((tmp_path / "out" / name).read_text() for name in ("summary.md", "report.html"))
    for words in (text, page):
        assert "(--types 1=A 2=B)" in words and "(--timestep says how long one is)" in words
        assert "types={1" not in words and "(timestep=" not in words
    (told,) = json.loads((tmp_path / "out" / "summary.json").read_text())["runs"]
    assert "--types 1=A 2=B" in told["provenance"][SOURCE_NOTES]


def test_runs_whose_conditions_are_not_known_are_called_by_their_files(tmp_path, capsys, no_figures):
    paths = [
        mapped(tmp_path / f"{name}.nc", name, seed=seed, run_id=name) for seed, name in ((1, "a.dump"), (2, "b.dump"))
    ]
    status, out, err = analyzed(capsys, *paths, "--output", tmp_path / "out", "--quiet")
    assert (status, err) == (0, "")
    assert "| a.dump " in out and "| b.dump " in out and "?" not in out and "run 1" not in out
    assert {path.name for path in (tmp_path / "out").glob("*.nc")} == {"a.dump.nc", "b.dump.nc"}


def test_what_is_not_known_of_a_condition_is_left_out():
    conditions = ({"temperature": 0.1}, {"strain_rate": 1e-3}, {"model": "own"}, {})
    runs = [Reduced(known, {}) for known in conditions]
    assert [*naming.column_names(runs)] == ["T = 0.1", "γ̇ = 1e-3", "own", "run"]
    words = [naming.condition_words(run, "temperature") for run in runs]
    assert words == ["$T=0.1$", r"$\dot\gamma=10^{-3}\,\tau^{-1}$", "own", "run"]


def test_a_caution_on_soft_spots_is_told_once(tmp_path, capsys, no_figures):
    path = mapped(tmp_path / "results.nc", "glass.lammpstrj")
    with netCDF4.Dataset(path, "a") as file:
        labels = np.asarray(file["soft_spot"])
        file["soft_spot"][:] = np.where(labels >= 0, 0, -1).astype(np.int32)
        spots = "the largest soft spot has 100 % of the particles on any, 25 % of all: fewer modes (n_modes) tell apart"
        file.setncattr(CAUTION, f"{spots}; the strain rate is another")
    status, out, _ = analyzed(capsys, path, "--output", tmp_path / "out", "--quiet")
    assert status == 0 and out.count("the largest soft spot has") == 1
    assert "(--n-modes, --n-particles)" in out and "* the strain rate is another" in out


def test_frames_that_stand_there_twice_are_refused(tmp_path, capsys, no_figures):
    first = mapped(tmp_path / "first.nc", "a.dump")
    # The same trajectory, mapped again under another name; part of it; and after a round trip through single precision.
    again = mapped(tmp_path / "again.nc", "copy.dump", run_id="1")
    part = mapped(tmp_path / "part.nc", "a.dump", frames=5, run_id="2")
    rounded = mapped(tmp_path / "rounded.nc", "a.gsd", run_id="3")
    with netCDF4.Dataset(rounded, "a") as file:
        file["position"][:] = np.asarray(file["position"]).astype(np.float32)
    for other in (again, part, rounded):
        status, out, err = analyzed(capsys, first, other, "--output", tmp_path / "out", "--quiet")
        assert (status, out, err.count("\n")) == (2, "", 1)
        assert f"FILE: got {other} and {first}, which hold the same frames of runs with equal parameters" in err
    # Other parameters are a comparison; only the start in common is a replica.
    compared = mapped(tmp_path / "compared.nc", "a.dump", run_id="4")
    with netCDF4.Dataset(compared, "a") as file:
        file.config_n_modes = 6
    replica = mapped(tmp_path / "replica.nc", "b.dump", seed=2, run_id="5")
    with netCDF4.Dataset(replica, "a") as file, netCDF4.Dataset(first) as start:
        file["position"][0] = start["position"][0]
    status, _, err = analyzed(capsys, first, compared, replica, "--output", tmp_path / "out", "--quiet")
    assert (status, err) == (0, "")


def test_two_frames_with_a_common_start_are_two_runs(tmp_path):
    """An isoconfigurational ensemble of the shortest runs; the same two frames are one run."""
    first = mapped(tmp_path / "first.nc", "a.dump", frames=2)
    again = mapped(tmp_path / "again.nc", "a.dump", frames=2)
    replica = mapped(tmp_path / "replica.nc", "b.dump", frames=2, seed=2)
    with netCDF4.Dataset(replica, "a") as file, netCDF4.Dataset(first) as start:
        file["position"][0] = start["position"][0]
    first, again, replica = (Places(read_results(path)) for path in (first, again, replica))
    assert hold_same_frames(first, again) and not hold_same_frames(first, replica)


def test_a_frame_of_a_longer_run_is_a_copy(tmp_path):
    whole = mapped(tmp_path / "whole.nc", "a.dump", frames=3)
    one = mapped(tmp_path / "one.nc", "a.dump", frames=1)
    with netCDF4.Dataset(one, "a") as file, netCDF4.Dataset(whole) as run:
        file["position"][0], file["time"][0] = run["position"][2], run["time"][2]
        for name in ("frame_separation", "frame_interval"):
            if f"config_{name}" in file.ncattrs():
                file.delncattr(f"config_{name}")
    places = [Places(read_results(path)) for path in (one, whole)]
    assert hold_same_frames(*places) and hold_same_frames(*places[::-1])


def test_files_are_read_once_however_many_there_are(tmp_path, monkeypatch):
    paths = [mapped(tmp_path / f"{seed}.nc", "a.dump", frames=2, seed=seed, run_id=str(seed)) for seed in range(4)]
    read, count = Places.found.func, []
    found = cached_property(lambda self: (count.append(self), read(self))[1])
    found.__set_name__(Places, "found")
    monkeypatch.setattr(Places, "found", found)
    open_sources(paths)
    assert len(count) == len(paths)


def test_pieces_of_a_frozen_trajectory_are_two_runs(tmp_path):
    """Nothing moves, but times go on: the frames are others. Without times nothing tells them apart."""
    pieces = [mapped(tmp_path / f"{name}.nc", "a.dump", frames=3) for name in ("first", "second")]
    for piece, start in zip(pieces, (0.0, 7.5), strict=True):
        with netCDF4.Dataset(piece, "a") as file:
            file["position"][:] = np.asarray(file["position"])[:1]
            file["time"][:] = start + 2.5 * np.arange(3)
    assert not hold_same_frames(*(Places(read_results(piece)) for piece in pieces))
    with netCDF4.Dataset(pieces[1], "a") as file:
        file["time"][:] = np.nan
    assert hold_same_frames(*(Places(read_results(piece)) for piece in pieces))


def test_particles_that_move_a_little_are_at_other_places(tmp_path):
    """By more than a ten-thousandth of their distance, and less than 1e-5 of the box."""
    pieces = [mapped(tmp_path / f"{name}.nc", "a.dump", frames=3) for name in ("first", "second")]
    with netCDF4.Dataset(pieces[1], "a") as file:
        file["position"][:] = np.asarray(file["position"]) + 1.5e-4
    assert not hold_same_frames(*(Places(read_results(piece)) for piece in pieces))


def test_reduced_data_of_the_same_frames_are_refused(tmp_path, capsys, no_figures):
    for name in ("one", "two"):
        path = mapped(tmp_path / f"{name}.nc", "a.dump", run_id=name)
        assert analyzed(capsys, path, "--output", tmp_path / name, "--quiet")[0] == 0
    reduced = [tmp_path / name / "a.dump.nc" for name in ("one", "two")]
    status, _, err = analyzed(capsys, *reduced, "--output", tmp_path / "out", "--quiet")
    assert status == 2 and "which hold the same frames of runs with equal parameters" in err


@pytest.mark.parametrize(("step", "told"), [(5451510, True), (0, False)])
def test_the_time_of_a_frame_alone_is_a_number_of_steps(tmp_path, step, told):
    lines = ["ITEM: TIMESTEP", str(step), "ITEM: NUMBER OF ATOMS", "2", "ITEM: BOX BOUNDS pp pp pp", "0 8", "0 8"]
    lines += ["-0.5 0.5", "ITEM: ATOMS id type x y z", "1 1 1 1 0", "2 1 3 1 0"]
    (tmp_path / "one.dump").write_text("\n".join(lines) + "\n")
    frames = read(tmp_path / "one.dump", types="A")
    assert frames[0].time == step and any(TIMES_ARE_STEPS in note for note in frames.notes) == told
