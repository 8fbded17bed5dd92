"""Runs that begin with a frame of a file: of anybody's, in any box, at rest or in shear, and without the file again."""

import contextlib
import hashlib
import re
import warnings
from dataclasses import replace
from pathlib import Path
from signal import SIGTERM

import numpy as np
import pytest
from launch import run_python

import softspots as ss
from softspots.analysis.reduce import reduce_run
from softspots.commands import shear, simulate
from softspots.commands.interruption import Terminated
from softspots.commands.options import SIMULATE, read_arguments
from softspots.commands.shear_parameters import SHEAR
from softspots.dynamics.parallel import Serial
from softspots.dynamics.starting import without_overlaps
from softspots.exceptions import InputError
from softspots.io.checkpoint import CHECKPOINT, read_checkpoint
from softspots.io.results import read_results
from softspots.io.shear import read_shear

PLACES = [parent / "shared" / "data" for parent in Path(__file__).parents]
DATA = next((place for place in PLACES if place.is_dir()), None)
MODEL = ss.Model.preset()
TYPES = ["--types", "1=A", "2=B"]
SMALL = ["--modes=20", "--n-modes=15", "--n-particles=6", "--quiet"]
THERMAL = [*SMALL, "--temperature=0.1", "--strain-rate=1e-3", "--frame-interval=0.5"]


@pytest.fixture(scope="module")
def glass(tmp_path_factory):
    """Two frames of a sheared glass in a tilted box, the second with velocities: the dump, that frame, these."""
    pytest.importorskip("ovito")
    run = ss.Simulation(MODEL, particles=300, temperature=0.1, strain_rate=1e-2, seed=2, comm=Serial())
    run.prepare(liquid_time=2.0, cooling_time=4.0, strain=0.06)
    frames, velocities = [], []
    for _ in range(2):
        run.run(50)
        frames.append(run.frame())
        velocities.append(run.velocities())
    path = tmp_path_factory.mktemp("other") / "glass.dump"
    both = np.array(velocities)
    # Types and ids from 1, as LAMMPS has them, with gaps.
    others = [replace(frame, species=frame.species + 1, ids=2 * frame.ids + 1) for frame in frames]
    ss.write(path, others, vx=both[..., 0], vy=both[..., 1])
    return path, frames[1], velocities[1]


def simulated(folder, *arguments):
    """Run in this process, without MPI, as the command does."""
    with contextlib.ExitStack() as stack:
        argv = [*map(str, arguments), "--output", str(folder)]
        parameters, checkpoint = simulate.open_run(argv, Serial(), stack)
        outcome = simulate.simulate(parameters, Serial(), checkpoint)
        simulate.show(parameters, outcome)
    return parameters


def go(folder, path, *more):
    return simulated(folder, "--start", path, *more)


def sheared(folder, path, *more):
    parameters = read_arguments(["--start", str(path), "--output", str(folder), *more], form=SHEAR)
    shear.alone(parameters)
    return parameters


@pytest.fixture(scope="module")
def run(glass, tmp_path_factory):
    """A run of three frames from the last one of the dump, and its folder."""
    folder = tmp_path_factory.mktemp("run")
    return go(folder, glass[0], *TYPES, *THERMAL, "--frames=3"), folder


def assert_same(one, other):
    one, other = (read_results(folder / "results.nc") for folder in (one, other))
    assert len(one) == len(other)
    for name in ("position", "species", "strain", "time", "d2min", "soft_spot", "eigenvalue", "kinetic_temperature"):
        assert one[name].tobytes() == other[name].tobytes(), name


def test_it_begins_with_the_frame_and_its_velocities(glass, run):
    path, frame, velocities = glass
    parameters, folder = run
    results = read_results(folder / "results.nc")
    first = results.frame(0)
    # The file has all digits.
    np.testing.assert_allclose(first.box.minimum_image(first.positions - frame.positions), 0, atol=1e-13)
    assert first.box.tilt == pytest.approx(frame.box.tilt, abs=1e-13) and abs(frame.box.tilt) > 0.5
    assert results["time"][0] == 0
    known = results.configuration
    assert (known["particles"], known["fraction_a"]) == (300, 0.65) and known["density"] == pytest.approx(1.2)
    assert known["start"] == "glass.dump" and (known["start_frame"], known["start_frames"]) == (1, 2)
    assert known["start_sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert (known["start_velocities"], known["types"]) == ("of the file", "1=A 2=B")
    assert not {"liquid_temperature", "topology", "unit"} & known.keys()
    assert results.model == parameters.mixture
    # The same in Python.
    frames = ss.read(path, types={1: "A", 2: "B"})
    peculiar = frames.velocities(-1)
    np.testing.assert_allclose(peculiar, velocities, rtol=1e-14)
    peculiar -= peculiar.mean(axis=0)
    same = ss.Simulation.from_frame(
        frames[-1], MODEL, 0.1, 1e-3, velocities=peculiar, skin=parameters.skin, comm=Serial()
    )
    assert same.thermodynamics()["kinetic_temperature"] == results["kinetic_temperature"][0]
    same.run(100)
    assert np.array_equal(same.frame().positions, results["position"][1])


def test_the_start_is_said(glass, tmp_path, capsys):
    go(tmp_path, glass[0], *TYPES, *THERMAL[:3], *THERMAL[4:], "--frames=1", "--start-frame=0")
    told = capsys.readouterr()
    assert "300 particles from glass.dump, frame 0, T = 0.1, strain rate 1e-3" in told.err
    assert "glass.dump: velocities are the file's, at a kinetic temperature of 0." in told.err
    # The run that it is from is at 0.1, and was a liquid at 1 a few τ before.
    by_forces = float(re.search(r"glass.dump: by forces it is at a temperature of (\S+)", told.err)[1])
    assert 0.1 < by_forces < 0.3
    # Where --timestep is that of the dynamics, nothing is said of the file's.
    assert "--timestep" not in told.err
    assert "300 particles from glass.dump, frame 0" in told.out
    assert read_results(tmp_path / "results.nc").configuration["start_frame"] == 0


def test_two_ranks_find_the_same_to_the_bit(glass, run, tmp_path):
    process = run_python(
        ["-m", "softspots.simulate", "--start", glass[0], *TYPES, *THERMAL, "--frames=3", "--output", tmp_path], 2
    )
    assert process.returncode == 0, process.stderr
    assert_same(run[1], tmp_path)


def test_a_resumed_run_needs_no_file(glass, run, tmp_path):
    folder, copy = tmp_path / "out", tmp_path / "glass.dump"
    copy.write_bytes(glass[0].read_bytes())
    go(folder, copy, *TYPES, *THERMAL, "--frames=2")
    copy.unlink()
    with pytest.raises(InputError, match=r"^--start: must be given; allowed: glass.dump, that of the run to resume$"):
        simulated(folder, *THERMAL, "--resume")
    for more, message in {
        ("--start-frame=0",): "--start-frame: got 0; allowed: 1, that of the run to resume",
        ("--start-frame=2",): "--start-frame: got 2; allowed: from -2 to 1, as glass.dump has 2 frames",
        ("--particles=100",): "--particles: got 100; allowed: 300, as glass.dump has it",
        ("--unit=2",): "--unit: got 2.0; allowed: None",
    }.items():
        with pytest.raises(InputError, match=f"^{message}"):
            go(folder, copy, *TYPES, *THERMAL, "--frames=3", "--resume", *more)
    with pytest.raises(InputError, match="^--start: got other.dump; allowed: glass.dump"):
        go(folder, "other.dump", *TYPES, *THERMAL, "--frames=3", "--resume")
    go(folder, copy, *TYPES, *THERMAL, "--frames=3", "--resume", "--start-frame=-1")
    assert_same(run[1], folder)
    assert read_checkpoint(folder).configuration["start_sha256"] == run[0].start.sha256


def test_a_run_that_made_its_solid_has_no_start(glass, tmp_path):
    own = [
        *SMALL,
        "--particles=300",
        "--liquid-time=0.1",
        "--cooling-time=0.1",
        "--steady-state-strain=0",
        "--frames=1",
    ]
    parameters = simulated(tmp_path, *own)
    assert parameters.start is None and "start" not in parameters.as_dict()
    with pytest.raises(InputError, match="^--start: got glass.dump; allowed: none, as the run to resume made its"):
        go(tmp_path, glass[0], *TYPES, *SMALL, "--resume")


def test_from_a_checkpoint_to_rest(run, tmp_path):
    """A run that goes on without shear, from where another one has ended; nothing has to be said of the file."""
    state = read_checkpoint(run[1]).arrays
    more = ["--frames=3", "--temperature=0.05", "--strain-rate=0", "--frame-interval=0.5"]
    parameters = go(tmp_path, run[1] / CHECKPOINT, *SMALL, *more)
    results = read_results(tmp_path / "results.nc")
    assert np.ptp(results["strain"]) == 0 and results["strain"][0] == pytest.approx(state["scalars"][1], abs=1e-15)
    assert results["inherent_certified"].all() and (results["d2min"] > 0).all()
    kinetic = (state["velocities"] ** 2).sum() / (2 * 300 - 2)
    assert results["kinetic_temperature"][0] == pytest.approx(kinetic, rel=1e-3)
    assert parameters.steady_state_strain == 0
    reduced = reduce_run(tmp_path / "results.nc")
    assert reduced.strain_rate == 0 and "density" in reduced.measured
    # It is sheared first where that is asked for.
    sheared_first = ["--frames=1", "--temperature=0.05", "--strain-rate=1e-2", "--steady-state-strain=0.01"]
    go(tmp_path / "first", run[1] / CHECKPOINT, *SMALL, *sheared_first)
    first = read_results(tmp_path / "first" / "results.nc")
    assert first["strain"][0] - results["strain"][0] == pytest.approx(0.01, rel=1e-9) and first["time"][0] == 0


@pytest.mark.parametrize("tilts", [(0.0, 0.0, 0.0), (1.3, -0.6, 0.9)])
def test_particles_with_sizes_in_space(tmp_path, tilts):
    pytest.importorskip("ovito")
    model = ss.Mixture.preset("polydisperse")
    made = ss.Simulation(model, 340, 0.1, 0.0, comm=Serial(), skin=0.3).frame()
    box = ss.Box(lengths=made.box.lengths, tilts=tilts)
    frame = without_overlaps(ss.Frame(made.positions, made.species, box, sizes=made.sizes), model)
    path = tmp_path / "own.xyz"
    ss.write(path, frame)
    more = ["--model=polydisperse", "--skin=0.3", "--frames=2", "--strain-rate=1e-2", "--frame-interval=0.5"]
    parameters = go(tmp_path / "out", path, *SMALL, *more)
    results = read_results(tmp_path / "out" / "results.nc")
    np.testing.assert_allclose(results.frame(0).sizes, frame.sizes, rtol=1e-14)
    np.testing.assert_allclose(results.frame(0).box.tilts, frame.box.tilts, atol=1e-12)
    assert results.configuration["start_velocities"] == "drawn"
    assert results["kinetic_temperature"][0] == pytest.approx(parameters.temperature, rel=1e-12)
    assert results["inherent_certified"].tolist() == [1, 1]
    assert parameters.reach == pytest.approx(1.25 * frame.sizes.max() + 0.3)


def test_athermal_shear_of_a_file(glass, tmp_path, monkeypatch):
    path, more = glass[0], [*TYPES, *SMALL, "--strains=0.02", "--strain-step=5e-3"]
    parameters = sheared(tmp_path / "out", path, *more)
    results = read_shear(tmp_path / "out" / "shear.nc")
    solid = ss.AthermalShear(ss.read(path, types={1: "A", 2: "B"})[-1], MODEL)
    assert results["energy"][0] == solid.current.energy
    known = results.configuration
    assert known["start"] == "glass.dump"
    assert not {"temperature", "timestep", "liquid_time", "seed", "start_velocities"} & known.keys()
    assert parameters.temperature is None and parameters.rearrangement_threshold > 0
    copy = tmp_path / "glass.dump"
    copy.write_bytes(path.read_bytes())
    calls = []

    def ended(self, strain):
        calls.append(strain)
        if len(calls) == 3:
            raise Terminated(SIGTERM)
        return going(self, strain)

    going = shear.AthermalShear.go
    monkeypatch.setattr(shear.AthermalShear, "go", ended)
    with pytest.raises(Terminated):
        sheared(tmp_path / "again", copy, *more)
    monkeypatch.undo()
    copy.unlink()
    sheared(tmp_path / "again", copy, *more, "--resume")
    again = read_shear(tmp_path / "again" / "shear.nc")
    for name in ("strain", "stress", "energy", "event_strain", "d2min"):
        assert results[name].tobytes() == again[name].tobytes(), name


@pytest.mark.parametrize("form", [SIMULATE, SHEAR], ids=["simulate", "shear"])
def test_exchanged_species_are_asked_for(glass, form):
    start, swapped = ["--start", str(glass[0])], ["--types", "1=B", "2=A"]
    thermal = ["--temperature=0.1"] if form is SIMULATE else []
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        read_arguments([*start, *swapped, *thermal], form=form)
    told = [str(one.message) for one in told]
    where = "--start: glass.dump, frame 1: "
    assert told[0] == f"{where}Mixture: 35 % of the frame are A, and in kob-andersen 65 %: are A and B swapped?"
    # Shear begins with a minimum, whatever the temperature was.
    assert len(told) == 1 + len(thermal)
    assert all(re.match(rf"{where}by forces it is at .* and the run is at 0\.1: is it hotter", one) for one in told[1:])
    # Whoever gives the parts of the species knows them.
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".*by forces it is at.*")
        read_arguments([*start, *swapped, "--fraction-a=0.35"], form=form)


def test_what_is_warned_of_is_a_line_of_a_quiet_run_too(glass, tmp_path):
    swapped = ["--types", "1=B", "2=A", *SMALL, "--strains=1e-3", "--output", tmp_path / "out"]
    process = run_python(["-m", "softspots.shear", "--start", glass[0], *swapped])
    assert process.returncode == 0
    assert process.stderr.splitlines() == [
        "softspots.shear: --start: glass.dump, frame 1: Mixture: 35 % of the frame are A, and in kob-andersen 65 %: "
        "are A and B swapped?"
    ]


@pytest.mark.parametrize(
    "arguments, message",
    [
        ([], "glass.dump: there are particles of types 1 (195), 2 (105): say which species that is"),
        (["--types", "1=A", "2"], "--types: got 1=A 2; allowed: TYPE=SPECIES of each"),
        (["--types", "A=", "2=B"], "--types: got A= 2=B; allowed"),
        (["--types", "1=A", "2=C"], "--start: glass.dump, frame 1: Mixture: species C of the frame is not known"),
        ([*TYPES, "--start-frame=2"], "--start-frame: got 2; allowed: from -2 to 1, as glass.dump has 2 frames"),
        ([*TYPES, "--particles=200"], "--particles: got 200; allowed: 300, as glass.dump has it"),
        ([*TYPES, "--density=1.1"], "--density: got 1.1; allowed: 1.2"),
        ([*TYPES, "--fraction-a=0.5"], "--fraction-a: got 0.5; allowed: 0.65"),
        ([*TYPES, "--fractions=0.5,0.5"], "--fractions: got 0.5,0.5"),
        ([*TYPES, "--dimension=3"], "--start: glass.dump, frame 1: Mixture: kob-andersen is of 2 dimensions"),
        ([*TYPES, "--liquid-time=5"], "--liquid-time: got 5.0, and --start makes no liquid; leave one of them out"),
        ([*TYPES, "--model=kob-andersen-3d"], "Mixture: kob-andersen-3d is of 3 dimensions, the frame of 2"),
        (
            [*TYPES, "--model=falk-langer", "--unit=2"],
            "--start: glass.dump, frame 1: particles overlap, with forces up",
        ),
        ([*TYPES, "--model=soft-spheres", "--unit=1.1"], "forces are those of a temperature of "),
        ([*TYPES, "--unit=0.1"], "--d2min-cutoff: got 2.5, which holds"),
        ([*TYPES, "--skin=6"], "--start: got glass.dump with a box of 15.8 × 15.8; allowed: sides of 2"),
        ([*TYPES, "--model=harmonic", "--sizes=radii"], "no column 'radii' with sizes"),
        ([*TYPES, "--bounds=wide"], "--bounds: got wide; allowed: one of box, bounding box"),
    ],
)
def test_what_does_not_fit_is_one_line(glass, tmp_path, arguments, message):
    with pytest.raises(ss.SoftspotsError) as raised:
        read_arguments(["--start", str(glass[0]), "--output", str(tmp_path / "out"), *arguments])
    assert message in str(raised.value) and len(str(raised.value).splitlines()) == 1


def test_what_is_right_may_be_given_again(glass):
    same = ["--particles=300", "--density=1.2", "--fraction-a=0.65", "--dimension=2"]
    values = read_arguments(["--start", str(glass[0]), *TYPES, *same, "--preset=demo"])
    # Those of the named set go behind the file.
    assert (values.particles, values.frames) == (300, 20)


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["--start", "none.dump"], "--start: there is no none.dump"),
        (["--types", "1=A"], "--types: got {'1': 'A'}, which is said of --start FILE; leave it out"),
        (["--start-frame", "-1"], "--start-frame: got -1, which is said of --start FILE"),
    ],
)
def test_options_of_files_need_a_file(arguments, message):
    with pytest.raises(ss.SoftspotsError) as raised:
        read_arguments(arguments)
    assert message in str(raised.value)


def test_a_solid_from_a_file_is_at_no_temperature(glass):
    for option in ("--temperature=0.1", "--seed=2", "--timestep=0.01"):
        with pytest.raises(InputError, match="and --start makes no liquid"):
            read_arguments(["--start", str(glass[0]), *TYPES, option], form=SHEAR)
    with pytest.raises(InputError, match="--samples: got 2; allowed: 1, as --start is one solid"):
        read_arguments(["--start", str(glass[0]), *TYPES, "--samples=2"], form=SHEAR)


def test_the_table_of_a_file_says_it_too(glass, tmp_path):
    file = tmp_path / "run.toml"
    file.write_text(f'start = "{glass[0]}"\nstart-frame = 0\n[types]\n1 = "A"\n2 = "B"\n')
    values = read_arguments(["--config", str(file)])
    assert (values.start.number, values.particles, values.as_dict()["types"]) == (0, 300, "1=A 2=B")


@pytest.mark.skipif(DATA is None, reason="the files are not here")
def test_a_published_liquid_cools(tmp_path):
    pytest.importorskip("ovito")
    path = DATA / "rumd_kablj_N4000.xyz.gz"
    more = ["--model=kob-andersen-3d", "--types", "0=A", "1=B", "--temperature=0.2", "--strain-rate=0", "--frames=1"]
    with pytest.warns(UserWarning, match=r"by forces it is at a temperature of 2\.\d+, and the run is at 0\.2: is it"):
        parameters = go(tmp_path, path, *SMALL[:3], *more)
    assert (parameters.particles, parameters.fractions) == (4000, (0.8, 0.2))
    assert parameters.density == pytest.approx(1.2, rel=1e-3)
    results = read_results(tmp_path / "results.nc")
    # As the file says, its integrator's.
    assert results["kinetic_temperature"][0] > 0.2
    assert results.configuration["start_velocities"] == "of the file"
