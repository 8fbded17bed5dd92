"""Athermal shear on one command: what is in its files, and the same bits after whatever ended it."""

import os
import shutil
from dataclasses import replace
from signal import SIGTERM

import numpy as np
import pytest
from launch import called, run_python
from sound import change

import softspots as ss
from softspots.analysis.reduce_shear import traveled
from softspots.commands import analyze, interruption, samples, shear
from softspots.commands.interruption import Terminated
from softspots.commands.options import read_arguments
from softspots.commands.samples import ProgressOfAll
from softspots.commands.shear_parameters import FILES, SHEAR
from softspots.commands.shear_report import report
from softspots.dynamics.parallel import Serial
from softspots.exceptions import DamagedFileError, InputError, PhysicsError
from softspots.installation import instruction_set
from softspots.io.checkpoint import CHECKPOINT, FRAMES, read_checkpoint, write_checkpoint
from softspots.io.results import read_results
from softspots.io.shear import LAYOUT, VERSION, read_shear, schema

TINY = [
    "--particles=300",
    "--liquid-time=1",
    "--cooling-time=2",
    "--modes=20",
    "--n-modes=15",
    "--strains=0.03,-0.01",
    "--strain-step=5e-3",
    "--maps-before=0.02,0.001",
    "--quiet",
]


def go(folder, *more):
    """In this process, as the command does."""
    parameters = read_arguments([*TINY, "--output", str(folder), *more], form=SHEAR)
    shear.alone(parameters)
    return parameters


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run and its folder."""
    folder = tmp_path_factory.mktemp("shear") / "out"
    return go(folder), folder


def assert_same(one, other):
    one, other = (read_shear(folder / FILES[0]) for folder in (one, other))
    for name in schema(2):
        assert one[name].tobytes() == other[name].tobytes(), name


def test_the_file_has_what_the_solid_does(run):
    parameters, folder = run
    results, mixture = read_shear(folder / FILES[0]), parameters.mixture
    np.testing.assert_allclose(results["strain"], [0.0, *parameters.path])
    assert len(results) > 2 and results.attributes["run_id"]
    assert results.attributes["instruction_set"] == instruction_set()
    assert not {"temperature", "time", "strain_rate"} & schema(2).keys()
    for index, strain in enumerate(results["event_last_strain"]):
        lost, direction = results.frame(index), np.sign(results["event_strain"][index] - strain)
        # A minimum, to the force that was asked for, though its lowest mode is almost gone.
        assert np.abs(ss.energy_forces(lost, mixture)[1]).max() < 1e-10
        labels, activity = results["soft_spot"][index, 0], results["d2min"][index]
        assert results["core"][index] == activity.argmax() and labels.max() >= 0
        minimum = ss.inherent_structure(lost, mixture)
        modes = ss.lowest_modes(ss.hessian(minimum, mixture), parameters.simulation.modes)
        np.testing.assert_allclose(modes.eigenvalues, results["eigenvalue"][index, 0], rtol=1e-6)
        state = results["event_state"][index]
        ends = sorted(results["strain"][state - 1 : state + 1])
        assert ends[0] <= strain + 1e-9 and results["event_strain"][index] <= ends[1] + 2e-6
        assert direction == np.sign(results["strain"][state] - results["strain"][state - 1])
    assert all((folder / name).stat().st_size > 1000 for name in FILES) and not (folder / FRAMES).exists()


def test_the_same_solid_in_python(run):
    parameters, folder = run
    start = parameters.simulation
    solid = ss.AthermalShear.prepare(
        parameters.mixture, 300, temperature=start.temperature, liquid_time=1.0, cooling_time=2.0
    )
    states = [solid.current, *solid.run(parameters.path[:3])]
    np.testing.assert_array_equal([one.stress for one in states], read_shear(folder / FILES[0])["stress"][:4])


def test_maps_before_events_are_those_of_the_solid_that_goes_there(run):
    """Another solid goes the same path with halts where these maps are, and other steps."""
    parameters, folder = run
    results, mixture, start = read_shear(folder / FILES[0]), parameters.mixture, parameters.simulation
    assert results["map_strain"].tolist() == [0.0, 0.001, 0.02]
    _, events = traveled(results)
    last = events - np.abs(results["event_strain"] - results["event_last_strain"])
    before = list(enumerate(results["map_strain"]))[1:]
    halts = {(way - much, event, place) for event, way in enumerate(last) for place, much in before}
    solid = ss.AthermalShear.prepare(mixture, 300, temperature=start.temperature, liquid_time=1.0, cooling_time=2.0)
    known = np.isfinite(results["eigenvalue"]).all(axis=2)
    assert known[:, :2].all() and not known.all()
    for way, event, place in sorted(halts):
        assert known[event, place] == (way >= 0)
        if way < 0:
            assert (results["soft_spot"][event, place] == -1).all()
            assert results.faults[event][place] == f"the path begins less than {results['map_strain'][place]:g} before"
            continue
        # To 0.03 and back.
        if way > 0.03:
            solid.go(0.03)
        minimum = solid.go(way if way <= 0.03 else 0.06 - way).minimum
        modes = ss.lowest_modes(ss.hessian(minimum, mixture), start.modes)
        # The softest one goes with the root of what is left of the branch.
        np.testing.assert_allclose(modes.eigenvalues, results["eigenvalue"][event, place], rtol=1e-5)


@pytest.mark.parametrize("number", (1, 3))
def test_the_same_bits_after_a_signal(run, tmp_path, monkeypatch, number):
    calls = []

    def ended(*arguments):
        calls.append(arguments)
        if len(calls) == number:
            raise Terminated(SIGTERM)
        return stages_analyse(*arguments)

    stages_analyse = shear.stages.analyse
    monkeypatch.setattr(shear.stages, "analyse", ended)
    with pytest.raises(Terminated):
        go(tmp_path / "out")
    monkeypatch.undo()
    with pytest.raises(InputError, match="--tolerance: got 1e-05; allowed: 1e-06"):
        go(tmp_path / "out", "--resume", "--tolerance=1e-5")
    go(tmp_path / "out", "--resume")
    assert_same(run[1], tmp_path / "out")
    # A run that has ended has nothing left to do.
    monkeypatch.setattr(shear, "Course", None)
    (tmp_path / "out" / FILES[1]).unlink()
    go(tmp_path / "out", "--resume")
    assert (tmp_path / "out" / FILES[1]).exists()


def test_a_signal_while_pictures_are_drawn_says_that_all_is_done(run, tmp_path, monkeypatch, capsys):
    folder = shutil.copytree(run[1], tmp_path / "out")
    # What is noted of the signal is forgotten at the end.
    monkeypatch.setattr(interruption._Request, "signal", None)
    monkeypatch.setattr(shear, "draw", lambda parameters: os.kill(os.getpid(), SIGTERM))
    status, out, err = called(capsys, shear.main, [*TINY, "--output", folder, "--resume"])
    assert (status, out) == (143, "")
    assert "ended by SIGTERM; all strains are done, and --resume draws the pictures and prints the table" in err


def test_in_space(tmp_path):
    more = ["--model=kob-andersen-3d", "--particles=270", "--direction=pure-yz", "--strains=0.03", "--tolerance=1e-4"]
    parameters = read_arguments([*TINY, *more], form=SHEAR)
    assert parameters.simulation.dimension == 3
    go(tmp_path / "out", *more)
    results = read_shear(tmp_path / "out" / FILES[0])
    assert results["stress_tensor"].shape[1:] == (3, 3) and results["strain"][-1] == 0.03
    tensor = results["stress_tensor"]
    np.testing.assert_allclose(results["stress"], (tensor[:, 1, 1] - tensor[:, 2, 2]) / 2, rtol=1e-9)


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["--strains=fast"], "--strains: got fast; allowed: strains"),
        (["--strains", "-0.1,x"], "--strains"),
        (["--direction=xz"], "--direction: got xz; allowed in two dimensions"),
        (["--strain-step=1e-9"], "--strain-step: got 1e-09, about"),
        (["--tolerance=1e-20"], "--tolerance: got 1e-20; allowed"),
        (["--strain-rate=1"], "unknown argument '--strain-rate=1'; did you mean --strain"),
        (["--particles=10"], "--particles: got 10"),
        (["--maps-before=0.01,0"], "--maps-before: got 0.01,0; allowed: strains above 0"),
        (["--direction=pure-xy", "--strains=0.01,3"], "--strains: got 3, where the box's shortest side is"),
        (["--direction=pure-xy", "--strains=-3"], "which it is twice --"),
        (["--samples=0"], "--samples: got 0; allowed: a whole number from 1"),
        (["--samples=2", "--seed=2147483647"], "--samples: got 2; allowed: 1, so that"),
    ],
)
def test_bad_input(arguments, message):
    with pytest.raises(InputError) as error:
        read_arguments([*TINY, *arguments], form=SHEAR)
    assert message in str(error.value) and "\n" not in str(error.value)


def test_parameters_from_a_file(tmp_path):
    file = tmp_path / "run.toml"
    file.write_text('strains = [0.02, -0.02]\ncycles = 2\nstrain-step = 0.01\nmodel = "harmonic"\n')
    parameters = read_arguments(["--config", str(file), "--particles=300"], form=SHEAR)
    np.testing.assert_allclose(parameters.path[:7], [0.01, 0.02, 0.01, 0, -0.01, -0.02, -0.01], atol=1e-15)
    assert parameters.path[-1] == -0.02 and len(parameters.path) == 14
    assert parameters.as_dict()["strains"] == "0.02,-0.02" and parameters.mixture.name == "harmonic"
    assert read_arguments(["--strains", "-0.02,0.02"], form=SHEAR).strains == (-0.02, 0.02)


def test_a_run_that_fails_on_its_way_leaves_what_it_had(run, tmp_path, monkeypatch):
    """The state before the strain that fails, however far its shear has come; what is resumed has the same bits."""
    folder, strains = tmp_path / "out", run[0].path

    def failing(solid, strain):
        state = sheared(solid, strain)
        if strain == strains[2]:
            raise PhysicsError("a quench found no minimum")
        return state

    sheared = ss.AthermalShear.go
    with monkeypatch.context() as patch, pytest.raises(PhysicsError, match="a quench found no minimum"):
        patch.setattr(ss.AthermalShear, "go", failing)
        go(folder)
    checkpoint = read_checkpoint(folder)
    assert checkpoint.progress["strains"] == 2
    assert checkpoint.arrays["strain"].tolist() == [0.0, *strains[:2]]
    go(folder, "--resume")
    assert_same(run[1], folder)


def test_the_table_has_the_stress_with_its_sign(run):
    parameters, folder = run
    results = read_shear(folder / FILES[0])
    rows = [line.split(maxsplit=1) for line in report(parameters, [results], []).splitlines()]
    lowest, highest = results["stress"].min(), results["stress"].max()
    # It goes back beyond its start.
    assert lowest < 0 < highest
    assert ["stress", f"from {lowest:.4g} to {highest:.4g}"] in rows


def test_other_files_are_refused(run):
    with pytest.raises(DamagedFileError):
        read_results(run[1] / FILES[0])
    process = run_python(["-m", "softspots.shear", *TINY, "--output", run[1]])
    assert process.returncode == 2 and "shear.nc is that of an earlier run" in process.stderr


def test_files_of_another_layout_are_told_in_a_line(run, tmp_path, capsys):
    copy = tmp_path / "out"
    shutil.copytree(run[1], copy)
    checkpoint = read_checkpoint(copy)
    progress = {name: value for name, value in checkpoint.progress.items() if name != LAYOUT}
    write_checkpoint(copy / CHECKPOINT, checkpoint.arrays, checkpoint.configuration, progress, checkpoint.identity)
    with pytest.raises(InputError, match="--resume: got a checkpoint of athermal shear of version 1; allowed: version"):
        go(copy, "--resume")
    older = change(copy / FILES[0], tmp_path / "older.nc", **{LAYOUT: 1})
    status, out, err = called(capsys, analyze.main, [older, "--output", tmp_path / "analysis"])
    assert (status, out) == (1, "") and len(err.splitlines()) == 1
    assert f"of athermal shear of version 1; this softspots reads version {VERSION}" in err


class AnotherRankWorks:
    """The communicator of rank 0 of two, of which the other one never has anything to tell."""

    rank, size = 0, 2

    def iprobe(self, tag):
        return False


def test_an_error_of_rank_0_does_not_wait_for_the_others(monkeypatch):
    def waited(_):
        raise AssertionError("rank 0 waits")

    monkeypatch.setattr(samples, "sleep", waited)
    with pytest.raises(ZeroDivisionError), ProgressOfAll(AnotherRankWorks(), 1, 0, False):
        raise ZeroDivisionError
    with pytest.raises(AssertionError, match="waits"), ProgressOfAll(AnotherRankWorks(), 1, 0, False):
        pass


def test_samples_are_runs_of_their_own(run, tmp_path, capsys):
    """One that fails is told, and loses no other; what is resumed has the same bits."""
    parameters = read_arguments([*TINY, "--samples=2", "--seed=1", "--output", str(tmp_path)], form=SHEAR)
    (tmp_path / "seed2").mkdir()

    def failing(sample, *arguments):
        if sample.seed == 2:
            raise PhysicsError("a quench found no minimum")
        return sheared(sample, *arguments)

    sheared = shear.shear
    with pytest.MonkeyPatch.context() as patch, pytest.raises(PhysicsError, match="1 of 2 samples failed, of seeds 2;"):
        patch.setattr(shear, "shear", failing)
        shear.several(parameters, Serial())
    told = capsys.readouterr()
    assert told.err == "softspots shear: the sample of seed 2 failed: a quench found no minimum\n"
    assert "samples               1" in told.out
    assert_same(run[1], tmp_path / "seed1")
    assert not (tmp_path / "seed2" / FILES[0]).exists() and (tmp_path / "seed1" / FILES[2]).exists()
    again = replace(parameters, resume=True)
    before = (tmp_path / "seed1" / FILES[0]).stat().st_mtime
    shear.several(again, Serial())
    assert (tmp_path / "seed1" / FILES[0]).stat().st_mtime == before
    assert "samples               2" in capsys.readouterr().out
    found = [read_shear(tmp_path / f"seed{seed}" / FILES[0]) for seed in (1, 2)]
    assert len({sample.attributes["run_id"] for sample in found}) == 2
    assert len({sample["energy"][0] for sample in found}) == 2
    with pytest.raises(InputError, match="is that of an earlier run"):
        shear.several(parameters, Serial())
