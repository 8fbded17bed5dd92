"""Runs that go on from a checkpoint: to the same bits, with the same parameters, or not at all."""

import shutil

import numpy as np
import pytest
from tiny import OFTEN, TINY, assert_same_run, flipped, go, write

from softspots.chain import stages
from softspots.commands import simulate
from softspots.commands.options import read_arguments
from softspots.commands.output import find_checkpoint
from softspots.dynamics.parallel import Serial
from softspots.dynamics.simulation import Simulation
from softspots.exceptions import DamagedFileError, InputError, PhysicsError
from softspots.io.attributes import CHANGEABLE
from softspots.io.checkpoint import CHECKPOINT, FRAMES, write_checkpoint
from softspots.model import Model


def test_a_preparation_goes_on_from_any_piece():
    arguments = {"particles": 200, "temperature": 0.2, "strain_rate": 0.01, "seed": 5, "comm": Serial()}
    stages = {"liquid_time": 2.3, "cooling_time": 0.55, "strain": 0.015}
    whole, states = Simulation(Model.preset(), **arguments), []
    whole.prepare(**stages, progress=lambda steps: states.append(whole.state()))
    whole.run(50)
    # Three pieces of liquid, six of cooling and three of shear, the last of each stage shorter.
    assert len(states) == 12
    for state in states:
        other = Simulation(Model.preset(), **arguments, state=state)
        reported = []
        other.prepare(**stages, progress=reported.append)
        assert sum(reported) == whole.step - 50 - state["counters"][0]
        other.run(50)
        assert np.array_equal(other.frame().unwrapped, whole.frame().unwrapped)
        assert np.array_equal(other.velocities(), whole.velocities())
        assert (other.time, other.strain) == (whole.time, whole.strain)


def test_a_finished_run_continues_with_more_frames(tmp_path, undisturbed):
    go(tmp_path, "--frames=3")
    assert not (tmp_path / FRAMES).exists()
    go(tmp_path, "--frames=5", "--resume")
    assert_same_run(tmp_path, undisturbed)


def states_of(folder):
    """Bytes and times of all files."""
    return {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.iterdir()}


def test_a_finished_run_with_nothing_left_to_do_is_left_alone(tmp_path, undisturbed, capfd):
    shutil.copytree(undisturbed, tmp_path, dirs_exist_ok=True)
    before = states_of(tmp_path)
    go(tmp_path, "--frames=5", "--resume")
    out, err = capfd.readouterr()
    assert "P*" in out and not err
    assert states_of(tmp_path) == before
    # A map that is not there is drawn, to the same bits.
    (tmp_path / "map.png").unlink()
    go(tmp_path, "--frames=5", "--resume")
    after = states_of(tmp_path)
    assert after.pop("map.png")[0] == before["map.png"][0]
    assert after.items() <= before.items()
    # A trajectory that is damaged is written anew.
    (tmp_path / "trajectory.nc").write_bytes(before["trajectory.nc"][0][:-3000])
    go(tmp_path, "--frames=5", "--resume")
    assert_same_run(tmp_path, undisturbed)


def test_a_map_of_fewer_frames_does_not_stay(tmp_path, undisturbed, monkeypatch):
    go(tmp_path, "--frames=3")
    with monkeypatch.context() as patch:
        patch.setattr(simulate, "draw", lambda *_: (_ for _ in ()).throw(PhysicsError("ended before the map")))
        with pytest.raises(PhysicsError):
            go(tmp_path, "--frames=5", "--resume")
    go(tmp_path, "--frames=5", "--resume")
    assert_same_run(tmp_path, undisturbed)


def test_frames_before_the_checkpoint_are_not_done_again(tmp_path, monkeypatch):
    go(tmp_path, "--frames=2")
    analyse, times = simulate.analyse, []

    def noted(interval, *arguments):
        times.append(interval.frame.time)
        return analyse(interval, *arguments)

    monkeypatch.setattr(simulate, "analyse", noted)
    go(tmp_path, "--frames=3", "--resume")
    # Two intervals of 0.5, a sum of 200 steps.
    assert times == [pytest.approx(1.0)]


def test_faults_are_remembered(tmp_path, monkeypatch):
    def no_modes(matrix, count, **_):
        raise PhysicsError("no modes here")

    with monkeypatch.context() as patch:
        patch.setattr(stages, "lowest_modes", no_modes)
        with pytest.raises(PhysicsError, match="none of 1 frame has soft spots; the first one: no modes here"):
            go(tmp_path, "--frames=1")
    assert go(tmp_path, "--frames=2", "--resume").faults == {0: "no modes here"}


def test_a_damaged_checkpoint_gives_way_to_the_previous_one(tmp_path, undisturbed, capfd):
    go(tmp_path, "--frames=3", OFTEN)
    damaged = tmp_path / CHECKPOINT
    damaged.write_bytes(flipped(damaged.read_bytes(), 12_345))
    go(tmp_path, "--frames=5", "--resume")
    lines = capfd.readouterr().err.splitlines()
    assert lines == [
        f"softspots simulate: {damaged} is corrupted: its checksum is not that of its content; "
        "going on from the previous checkpoint"
    ]
    assert_same_run(tmp_path, undisturbed)


def refusal(folder, *more):
    """The one line with which the command refuses."""
    with pytest.raises(InputError) as refused:
        go(folder, *more)
    (line,) = str(refused.value).splitlines()
    return line


# The value of the command line for every parameter that a resumed run may not change.
OTHERS = {
    "model": "as-printed",
    "particles": 301,
    "fraction_a": 0.6,
    "density": 1.1,
    "smoothing": "quadratic",
    "cutoff": 2.4,
    "inner_cutoff": 1.9,
    "temperature": 0.2,
    "strain_rate": 2e-3,
    "timestep": 0.0025,
    "thermostat_time": 2.0,
    "thermostat_chain": 2,
    "skin": 0.3,
    "liquid_temperature": 1.1,
    "liquid_time": 3.0,
    "cooling_time": 6.0,
    "steady_state_strain": 0.1,
    "quench": "fire",
    "max_force": 1e-9,
    "modes": 21,
    "n_modes": 14,
    "n_particles": 19,
    "min_particles": 3,
    "connection": "distance",
    "bond_length": 1.4,
    "frame_interval": 1.0,
    "frame_separation": 3.0,
    "d2min_cutoff": 2.4,
    "rearrangement_threshold": 14.0,
    "seed": 2,
}


AGAIN = "that of the run to resume, whose options must be given again, or another folder"


def test_another_physical_parameter_is_refused_by_name(tmp_path):
    write_checkpoint(tmp_path / CHECKPOINT, {}, read_arguments(TINY).as_dict(), {"frames": 3})
    # The switch has no value.
    assert OTHERS.keys() | {"cutoff_per_pair", *CHANGEABLE} == read_arguments(TINY).as_dict().keys()
    assert refusal(tmp_path, "--resume", "--cutoff-per-pair").startswith("--cutoff-per-pair: got True; allowed: F")
    for name, value in OTHERS.items():
        line = refusal(tmp_path, "--resume", f"--{name.replace('_', '-')}={value}")
        allowed = read_arguments(TINY).as_dict()[name]
        assert line == f"--{name.replace('_', '-')}: got {value}; allowed: {allowed}, " + AGAIN
    assert refusal(tmp_path, "--resume", "--frames=2").startswith("--frames: got 2; allowed: at least 3")


def test_a_checkpoint_of_an_unbroken_series_may_lack_its_separation(tmp_path):
    configuration = read_arguments(TINY).as_dict()
    del configuration["frame_separation"]
    write_checkpoint(tmp_path / CHECKPOINT, {}, configuration, {"frames": 3})
    resumed = read_arguments([*TINY, f"--output={tmp_path}", "--resume"])
    assert find_checkpoint(resumed).progress["frames"] == 3
    refused = refusal(tmp_path, "--resume", "--frame-separation=1")
    assert refused.startswith("--frame-separation: got 1.0; allowed: 0.5,")


def test_nothing_to_resume_and_nothing_lost_without_it(tmp_path):
    assert refusal(tmp_path, "--resume") == (
        f"--resume: there is no checkpoint in {tmp_path}; allowed: a folder with a checkpoint, or no --resume"
    )
    write(tmp_path)
    line = refusal(tmp_path)
    assert "where checkpoint is that of an earlier run" in line
    assert "--resume" in line
    assert "overwrite too" in refusal(tmp_path, "--resume", "--overwrite")
    (tmp_path / CHECKPOINT).write_text("my notes")
    assert "is not a checkpoint of softspots; allowed" in refusal(tmp_path, "--resume")


def test_a_frame_that_is_nowhere_is_named(tmp_path):
    go(tmp_path, "--frames=2")
    (tmp_path / "results.nc").write_bytes(b"\x89HDF")
    with pytest.raises(DamagedFileError, match="frame 0, which the checkpoint counts as done, is neither in"):
        go(tmp_path, "--frames=3", "--resume")
