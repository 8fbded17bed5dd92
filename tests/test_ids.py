"""Ids and time steps of a file of anybody's: the same in all that is made from it, and in what is written again."""

import re
import shutil

import netCDF4
import numpy as np
import pytest
from dumps import OPTIONS, dumped, glass_frames
from launch import called
from sound import change

import softspots as ss
from softspots.__main__ import main as softspots
from softspots.exceptions import DamagedFileError
from softspots.io import read_trajectory
from softspots.io.results import read_results
from softspots.io.seal import SEAL_LENGTH
from softspots.io.shear import read_shear
from softspots.report.maps import map_data
from softspots.report.sources import moments_of_run

import_file = pytest.importorskip("ovito.io").import_file
IDS = {"from 13 on": 13 + 10 * np.arange(300), "from 1 on": 1 + np.arange(300), "large": 2**40 - np.arange(300)}
STEPS = (12000, 12400, 12800)
TYPES = {1: "A", 2: "B"}
START = ["--types", "1=A", "2=B", "--temperature=0.1", "--strain-rate=1e-3", "--frame-interval=0.5", "--modes=20"]
START += ["--n-modes=15", "--quiet"]


def renumbered(text, ids):
    """A dump with other ids and steps, its rows in another order in each frame."""
    random, found, steps = np.random.default_rng(3), [], iter(STEPS)
    for frame in re.split(r"(?=ITEM: TIMESTEP)", text)[1:]:
        head, columns, rows = re.split(r"(ITEM: ATOMS .*\n)", frame)
        head = re.sub(r"TIMESTEP\n\d+", f"TIMESTEP\n{next(steps)}", head)
        own = [re.sub(r"^\d+", lambda word: str(ids[int(word[0]) - 1]), row) for row in rows.splitlines()]
        found.append(head + columns + "".join(own[k] + "\n" for k in random.permutation(len(own))))
    return "".join(found)


@pytest.fixture(scope="module", params=IDS)
def dump(request, tmp_path_factory):
    """Three frames of 300 particles as LAMMPS writes them, and their ids in the order of the rows of frames."""
    path = tmp_path_factory.mktemp("ids") / "glass.lammpstrj"
    path.write_text(renumbered(dumped(glass_frames(3)), IDS[request.param]))
    return path, np.sort(IDS[request.param])


@pytest.fixture(scope="module")
def results(dump, tmp_path_factory):
    folder = tmp_path_factory.mktemp("map") / "out"
    softspots(["map", str(dump[0]), *map(str, OPTIONS), "--maps", "--quiet", "-o", str(folder)])
    return read_results(folder / "results.nc")


def test_results_have_the_ids_of_the_file(dump, results):
    path, ids = dump
    frames = ss.read(path, types=TYPES)
    for frame, found in zip(frames, results, strict=True):
        np.testing.assert_array_equal(found.ids, ids)
        np.testing.assert_array_equal(found.positions, frame.positions)
    np.testing.assert_array_equal(results["particle_id"], ids)
    # Rows, whatever the ids are.
    assert results["mode_particle"].max() < len(ids)
    assert [frame.ids.tolist() for frame in ss.read(results.path)] == [ids.tolist()] * 3
    # Of the particle under the mouse, in a report.
    assert sorted(map_data(moments_of_run(results))["ids"]) == ids.tolist()


@pytest.mark.parametrize("name", ["again.dump", "again.xyz", "again.gsd"])
def test_what_is_written_of_results_has_them_too(dump, results, tmp_path, name):
    if name.endswith("gsd"):
        pytest.importorskip("gsd")
    path, ids = dump
    frames, own = ss.read(path, types=TYPES), tmp_path / name
    for source in (results, frames):
        ss.write(own, source)
        again = ss.read(own)
        assert [frame.time for frame in again] == [*STEPS]
        for frame, found in zip(frames, again, strict=True):
            np.testing.assert_array_equal(found.ids, ids)
            np.testing.assert_array_equal(found.species, frame.species)
            # GSD has single precision.
            moved = found.box.minimum_image(found.positions - frame.positions)
            np.testing.assert_allclose(moved, 0, atol=2e-6 if name.endswith("gsd") else 1e-13)


def test_a_dump_of_results_has_the_steps_of_the_file(dump, results, tmp_path):
    ss.write(tmp_path / "again.dump", results)
    text = (tmp_path / "again.dump").read_text()
    assert re.findall(r"TIMESTEP\n(\d+)", text) == [*map(str, STEPS)] and "ITEM: TIME\n" not in text
    assert any("times are numbers of steps" in note for note in ss.read(tmp_path / "again.dump").notes)


def test_a_dump_of_a_study_has_them_too(dump, tmp_path):
    path, ids = dump
    ss.write(tmp_path / "one.dump", ss.study(ss.read(path, types=TYPES), ss.Model.preset(), modes=40)[1:2])
    (found,) = ss.read(tmp_path / "one.dump")
    assert found.time == STEPS[1] and found.ids.tolist() == ids.tolist()


def test_times_that_are_no_steps_are_times(dump, tmp_path):
    frames = ss.read(dump[0], types=TYPES, timestep=0.005)
    ss.write(tmp_path / "again.dump", frames)
    text = (tmp_path / "again.dump").read_text()
    assert re.findall(r"TIME\n(\S+)", text) == ["60.0", "62.0", "64.0"]
    assert re.findall(r"TIMESTEP\n(\d+)", text) == ["0", "1", "2"]


def test_a_resumed_map_has_them(dump, results, tmp_path, capsys):
    folder = tmp_path / "out"
    arguments = ["map", dump[0], *OPTIONS, "--maps", "--quiet", "-o", folder]
    assert called(capsys, softspots, arguments)[0] == 0
    (folder / "results.nc").unlink()
    assert called(capsys, softspots, [*arguments, "--resume"])[0] == 0
    np.testing.assert_array_equal(read_results(folder / "results.nc")["particle_id"], dump[1])


def test_frames_numbered_from_0_have_no_ids_of_their_own(tmp_path):
    for ids in (None, np.arange(300)):
        frames = [
            ss.Frame(**{name: getattr(one, name) for name in ("positions", "species", "box")}, ids=ids)
            for one in glass_frames(2)
        ]
        ss.study(frames, ss.Model.preset(), modes=20, progress=False).save(tmp_path / "results.nc")
        results = read_results(tmp_path / "results.nc")
        assert "particle_id" not in results
        np.testing.assert_array_equal(results.frame(0).ids, np.arange(300))


@pytest.fixture(scope="module")
def simulated(dump, tmp_path_factory):
    folder = tmp_path_factory.mktemp("simulate") / "out"
    softspots(["simulate", *START, "--start", str(dump[0]), "--frames=2", "-o", str(folder)])
    return folder


def test_runs_that_begin_with_such_a_file_keep_them(dump, simulated):
    for name in ("results.nc", "trajectory.nc"):
        for frame in ss.read(simulated / name):
            np.testing.assert_array_equal(frame.ids, dump[1])
    with netCDF4.Dataset(simulated / "trajectory.nc") as file:
        assert file.data_model == ("NETCDF3_64BIT_DATA" if dump[1].max() >= 2**31 else "NETCDF3_64BIT_OFFSET")
    # As OVITO has them.
    found = import_file(str(simulated / "trajectory.nc")).compute(1).particles
    np.testing.assert_array_equal(found["Particle Identifier"], dump[1])


def test_a_resumed_run_keeps_them(dump, simulated, tmp_path):
    folder = tmp_path / "out"
    shutil.copytree(simulated, folder)
    softspots(["simulate", *START, "--start", str(dump[0]), "--frames=3", "--resume", "-o", str(folder)])
    results = read_results(folder / "results.nc")
    assert len(results) == 3
    for frame in (*results, *read_trajectory(folder / "trajectory.nc")):
        np.testing.assert_array_equal(frame.ids, dump[1])


def test_athermal_shear_keeps_them(dump, tmp_path):
    arguments = ["--start", str(dump[0]), "--types", "1=A", "2=B", "--strains=0.03", "--strain-step=0.01"]
    softspots(["shear", *arguments, "--modes=20", "--n-modes=15", "--quiet", "-o", str(tmp_path / "out")])
    sheared = read_shear(tmp_path / "out" / "shear.nc")
    assert len(sheared)
    np.testing.assert_array_equal(sheared.frame(0).ids, dump[1])
    np.testing.assert_array_equal(sheared["particle_id"], dump[1])


def test_damaged_ids_of_a_trajectory_are_found(simulated, tmp_path):
    path = tmp_path / "trajectory.nc"
    # Without the seal behind it, which finds any damage.
    path.write_bytes((simulated / "trajectory.nc").read_bytes()[:-SEAL_LENGTH])
    assert len([*read_trajectory(path)]) == 2
    with pytest.raises(DamagedFileError, match="the checksum of the ids"):
        list(read_trajectory(change(path, tmp_path / "changed.nc", id=(4, 3))))


def test_ids_that_are_there_twice_are_no_ids(results, tmp_path):
    path = change(results.path, tmp_path / "changed.nc", particle_id=(4, results["particle_id"][5]))
    with pytest.raises(DamagedFileError, match="ids must all be different"):
        read_results(path).frame(0)
