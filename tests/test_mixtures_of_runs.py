"""Runs of any mixture: their parameters, their defaults, and small runs of every preset from start to analysis."""

import contextlib
import dataclasses
import json
import re
import warnings
from pathlib import Path

import numpy as np
import pytest

from softspots.analysis.reduce import reduce_run
from softspots.commands import simulate
from softspots.commands.mixtures import MIXTURES, listing
from softspots.commands.options import read_arguments
from softspots.commands.output import find_checkpoint
from softspots.commands.parameters import Parameters
from softspots.commands.shear_parameters import SHEAR
from softspots.dynamics.parallel import Serial
from softspots.exceptions import DamagedFileError, InputError
from softspots.figures import naming
from softspots.io.checkpoint import CHECKPOINT, write_checkpoint
from softspots.io.reduced import Reduced
from softspots.io.results import read_results
from softspots.io.trajectory import read_trajectory
from softspots.landscape.forces import energy_forces
from softspots.model import PRESETS, LennardJones, Mixture, Model, presets

# With what a preset cannot know.
RUNS = {
    "kob-andersen": {},
    "as-printed": {},
    "kob-andersen-3d": {},
    "falk-langer": {},
    "wahnstrom": {"density": 1.3},
    "soft-spheres": {},
    "soft-spheres in 3D": {"dimension": 3, "density": 0.82},
    "soft-spheres-12": {},
    "polydisperse in 2D": {"dimension": 2},
    "polydisperse": {},
    "harmonic": {},
    "harmonic in 3D": {"dimension": 3},
    "hertzian": {},
    "hertzian in 3D": {"dimension": 3},
}


def parameters_of(run, **more):
    return Parameters(model=run.partition(" ")[0], **(RUNS[run] | more))


def test_every_preset_is_known():
    assert MIXTURES.keys() == presets.MIXTURES.keys() == {run.partition(" ")[0] for run in RUNS}
    _, *lines = listing().splitlines()
    assert [line.split()[0] for line in lines] == list(MIXTURES)
    assert all(line.endswith(")") and line.split()[1].strip(",") in "23" for line in lines)


def test_the_models_are_listed(capsys):
    with pytest.raises(SystemExit) as done:
        read_arguments(["--list-models"])
    assert done.value.code == 0
    assert capsys.readouterr().out == listing() + "\n"


@pytest.mark.parametrize("run", RUNS)
def test_defaults_follow_from_the_mixture(run):
    values = parameters_of(run)
    mixture = values.mixture
    assert (values.dimension, mixture.dimension) == (RUNS[run].get("dimension", values.dimension),) * 2
    assert values.temperature < values.liquid_temperature
    assert values.modes == (500 if values.dimension == 2 else 750)
    # Small particles of Falk and Langer's are 0.62 wide.
    short = 0.772 if values.model == "falk-langer" else 1.0
    assert values.skin == pytest.approx((0.45 if values.dimension == 2 else 0.3) * short, rel=2e-3)
    assert (values.temperature, values.liquid_temperature) == mixture.temperatures
    # As many mean distances as in the paper, to two digits of a length.
    if values.model not in PRESETS:
        distance = values.density ** (-1 / values.dimension)
        assert values.d2min_cutoff == pytest.approx(2.5 * 1.2**0.5 * distance, abs=0.01)
        assert json.loads(values.as_dict()["mixture"]) == mixture.as_table()
        assert Mixture.from_table(json.loads(values.as_dict()["mixture"])) == mixture
    assert None not in values.as_dict().values()
    assert values.as_dict().get("dimension") == (None if values.model in PRESETS else values.dimension)


def test_the_papers_parameters_are_plain_as_ever():
    assert "mixture" not in Parameters().as_dict()
    assert Parameters(fraction_a=0.5).mixture.fractions == (0.5, 0.5)


def test_composition_and_density_may_be_other_ones():
    values = read_arguments(["--model", "falk-langer", "--fractions", "0.25,0.75", "--density", "0.9"])
    assert (values.mixture.fractions, values.mixture.density) == ((0.25, 0.75), 0.9)
    assert values.as_dict()["fractions"] == "0.25,0.75"
    assert repr(values) == "Parameters(model='falk-langer', density=0.9, fractions=(0.25, 0.75))"


TABLE = """
temperature = 0.01
liquid-temperature = 1.0

[model]
density = 1.1
dimension = 2
fractions = [0.5, 0.3, 0.2]

[[model.pairs]]
species = ["A", "A"]
potential = "lennard-jones"

[[model.pairs]]
species = ["B", "A"]
potential = "yukawa"
epsilon = 1.0
sigma = 1.0
kappa = 3.0
cutoff = 2.0

[[model.pairs]]
species = ["B", "B"]
potential = "wca"

[[model.pairs]]
species = ["C", "C"]
potential = "inverse-power"
n = 10
cutoff = 1.5

[[model.pairs]]
species = ["C", "A"]
potential = "wca"

[[model.pairs]]
species = ["C", "B"]
potential = "wca"
"""


def read_table(tmp_path, text, *more):
    file = tmp_path / "run.toml"
    file.write_text(text)
    return read_arguments(["--config", str(file), *more])


def test_a_mixture_of_a_table(tmp_path):
    values = read_table(tmp_path, TABLE)
    assert values.mixture.species == ("A", "B", "C")
    assert values.as_dict()["model"] == "own"
    assert (values.density, values.fractions, values.dimension) == (1.1, (0.5, 0.3, 0.2), 2)
    # The command line goes before the file.
    assert read_table(tmp_path, TABLE, "--density=1.2").mixture.density == 1.2
    for line, needed in (("dimension = 2\n", "--dimension"), ("fractions = [0.5, 0.3, 0.2]\n", "--fractions")):
        with pytest.raises(InputError, match=f"^{needed}: must be given, as this mixture has none of its own$"):
            read_table(tmp_path, TABLE.replace(line, ""))
    with pytest.raises(InputError, match="^--dimension, --density: must be given"):
        read_table(tmp_path, TABLE.replace("dimension = 2\n", "").replace("density = 1.1\n", ""))
    with pytest.raises(InputError, match="^--temperature: must be given"):
        read_table(tmp_path, TABLE.replace("temperature = 0.01\n", ""))
    with pytest.raises(InputError, match="^--cutoff: got 2.0, and .* has no such parameter; leave it out"):
        read_table(tmp_path, TABLE, "--cutoff=2")


def test_a_preset_of_a_table_has_its_own_parameters(tmp_path):
    values = read_table(tmp_path, "[model]\npreset = 'harmonic'\npacking_fraction = 0.95\n")
    assert values.density == pytest.approx(0.95 / 0.9 * parameters_of("harmonic").density)
    assert values.temperature == parameters_of("harmonic").temperature
    assert read_table(tmp_path, "[model]\npreset = 'kob-andersen'\nsigma = [1, 0.9, 0.8]\n").mixture.sigma[1] == 0.9
    ratio = "[model]\npreset = 'polydisperse'\nratio = 1.5\n"
    assert read_table(tmp_path, ratio).mixture.sizes.largest == pytest.approx(1.25)


def test_sizes_need_a_distribution(tmp_path):
    table = "[model]\ndensity = 1\ndimension = 2\n[[model.pairs]]\npotential = 'wca'\n"
    with pytest.raises(InputError, match="^--model: the smallest and largest size must be given"):
        read_table(tmp_path, "temperature = 1\nliquid_temperature = 1\n" + table)


def test_a_particle_rearranges_where_its_neighbours_move_as_far_as_in_the_paper():
    paper, other = parameters_of("kob-andersen"), parameters_of("falk-langer", density=1.2)
    assert paper.rearrangement_threshold == 15
    assert other.rearrangement_threshold == pytest.approx(15, rel=0.03)
    assert parameters_of("falk-langer", temperature=0.2, density=1.2).rearrangement_threshold == pytest.approx(
        7.5, 0.03
    )


WRONG_TABLES = {
    "preset = 'harmonic'\ndimension = [2]": "Mixture: dimension is [2]; allowed: 2, 3",
    "preset = 'harmonic'\npacking_fraction = 'x'": "Mixture: packing_fraction is 'x'",
    "preset = 'polydisperse'\nratio = []": "Mixture: ratio is []",
    "preset = 'soft-spheres'\ndensity = 1e308": "--density: got 1e+308; allowed: a number above 0 and of at most 1e+09",
    "name = ['a']\npairs = [{ potential = 'wca' }]": "name is ['a']; a text is needed",
    "name = 'harmonic'\npairs = [{ potential = 'wca' }]": "name is 'harmonic', that of a preset; allowed: any other",
    "temperatures = [2, 1]\npairs = [{ potential = 'wca' }]": "temperatures are 2 and 1; that of a glass and",
    "pairs = [{ species = [[1], 2], potential = 'wca' }]": "species of a pair are [[1], 2]; a list of two texts",
}


@pytest.mark.parametrize("content", WRONG_TABLES)
def test_a_wrong_table_is_one_line(content, tmp_path):
    with pytest.raises(InputError) as raised:
        read_table(tmp_path, f"[model]\n{content}\n")
    assert WRONG_TABLES[content] in str(raised.value)
    assert len(str(raised.value).splitlines()) == 1


def test_another_mixture_is_not_resumed(tmp_path):
    asked = read_table(tmp_path, TABLE)
    write_checkpoint(tmp_path / CHECKPOINT, {}, asked.as_dict(), {"frames": 3})
    again = [f"--output={tmp_path}", "--resume"]
    assert find_checkpoint(read_table(tmp_path, TABLE, *again)).progress["frames"] == 3
    with pytest.raises(InputError, match="^--model: got another mixture than the run to resume has; allowed: the same"):
        find_checkpoint(read_table(tmp_path, TABLE.replace("kappa = 3.0", "kappa = 3.1"), *again))


def test_what_follows_from_the_model_is_not_named_between_models():
    one, other, denser = (
        Reduced(values.as_dict(), {})
        for values in (
            parameters_of("kob-andersen"),
            parameters_of("falk-langer"),
            parameters_of("falk-langer", density=0.9),
        )
    )
    assert naming.run_names([one, other]) == [
        "T0.1_rate0.0001_seed1_modelkob-andersen",
        "T0.1_rate0.0001_seed1_modelfalk-langer",
    ]
    assert [told["density"] for told in naming.differences([one, other, denser])[1:]] == [
        other.configuration["density"],
        0.9,
    ]


# On the smallest systems that have room for cutoff and skin, hardly prepared.
SHORT = ["--liquid-time=0.4", "--cooling-time=0.4", "--steady-state-strain=0.002", "--strain-rate=1e-2", "--frames=2"]
SHORT += ["--modes=12", "--n-modes=8", "--n-particles=10", "--quiet"]
PARTICLES = {2: 200, 3: 300}


def go(folder, *arguments):
    """Run in this process, without MPI, as the command does."""
    with contextlib.ExitStack() as stack:
        parameters, checkpoint = simulate.open_run([*arguments, "--output", str(folder)], Serial(), stack)
        outcome = simulate.simulate(parameters, Serial(), checkpoint)
        simulate.show(parameters, outcome)
    return parameters


@pytest.mark.parametrize("run", [run for run in RUNS if run not in PRESETS])
def test_a_preset_from_start_to_analysis(run, tmp_path):
    own = parameters_of(run)
    more = [f"--{name}={value}" for name, value in RUNS[run].items()]
    parameters = go(tmp_path, f"--model={own.model}", *more, f"--particles={PARTICLES[own.dimension]}", *SHORT)
    results = read_results(tmp_path / "results.nc")
    assert results.model == parameters.mixture
    assert results["inherent_certified"].tolist() == [1, 1]
    assert (results["d2min"] > 0).all()
    assert np.isfinite(results["eigenvalue"]).all()
    frame, (first, _) = results.frame(0), read_trajectory(tmp_path / "trajectory.nc")
    assert frame.dimension == first.dimension == own.dimension
    counts = parameters.mixture.counts(len(frame))
    assert np.bincount(results.model.indices(frame)).tolist() == list(counts)
    assert np.array_equal(first.species, frame.species)
    if parameters.mixture.sizes:
        assert len(np.unique(frame.sizes)) == len(frame)
        assert np.allclose(first.sizes, frame.sizes, rtol=1e-6)
    # The file alone knows what made the frame: its energy is that of the dynamics, to rounding.
    energy, _, _ = energy_forces(frame, results.model)
    assert energy / len(frame) == pytest.approx(results["potential_energy"][0], rel=1e-9)
    reduced = reduce_run(tmp_path / "results.nc")
    assert {"density", "spots"} <= reduced.measured.keys() and reduced.dimension == own.dimension
    assert (tmp_path / "map.png").stat().st_size > 10_000


def test_the_papers_mixtures_end_in_other_ways_too(tmp_path):
    """With a smoothing that `Model` has not they are plain mixtures, which runs, their files and resumed runs know."""
    folder, more = tmp_path / "run", ["--smoothing=shifted-force", "--particles=200", *SHORT]
    parameters = go(folder, *more, "--fraction-a=0.5")
    expected = Mixture.preset("kob-andersen", smoothing="shifted-force", fraction_a=0.5)
    results = read_results(folder / "results.nc")
    assert results.model == parameters.mixture == expected and not isinstance(expected, Model)
    assert (results.configuration["dimension"], results.configuration["smoothing"]) == (2, "shifted-force")
    energy, _, _ = energy_forces(results.frame(0), expected)
    assert energy / 200 == pytest.approx(results["potential_energy"][0], rel=1e-9)
    assert "density" in reduce_run(folder / "results.nc").measured
    go(folder, *more, "--fraction-a=0.5", "--frames=3", "--resume")
    assert read_results(folder / "results.nc")["inherent_certified"].tolist() == [1, 1, 1]
    with pytest.raises(InputError, match="^--smoothing: got even; allowed: shifted-force, that of the run to resume"):
        go(folder, *more, "--fraction-a=0.5", "--resume", "--smoothing=even")
    onward = [f"--start={folder / 'trajectory.nc'}", "--smoothing=shifted-force"]
    started = go(tmp_path / "on", *onward, "--temperature=0.1", *[one for one in SHORT if "-time" not in one])
    assert started.mixture == expected
    sheared = read_arguments([*onward, "--strains=0.1"], form=SHEAR)
    assert sheared.mixture == expected and "mixture" in sheared.as_dict()


@pytest.mark.parametrize("run", RUNS)
def test_every_smoothing_is_taken_or_refused_with_those_that_are_allowed(run):
    taken = []
    for smoothing in LennardJones.smoothings:
        # Forces that jump are warned of.
        with contextlib.suppress(InputError), warnings.catch_warnings(action="ignore"):
            taken.append(parameters_of(run, smoothing=smoothing).smoothing)
    pair = next(iter(parameters_of(run).mixture.pairs.values()))
    assert {*taken} == ({*pair.smoothings} if parameters_of(run).smoothing else set())
    for other in {*LennardJones.smoothings} - {*taken}:
        with pytest.raises(InputError, match=f"^--smoothing: got {other}(; allowed: one of even,|, and .* has no)"):
            parameters_of(run, smoothing=other)


PAGE = (Path(__file__).parent.parent / "docs" / "mixtures.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["space", "own"])
def test_the_examples_of_the_documentation_run(name, tmp_path):
    (text,) = re.findall(rf"```toml\n(# {name}\.toml:.*?)```", PAGE, re.DOTALL)
    file = tmp_path / f"{name}.toml"
    file.write_text(text, encoding="utf-8")
    # As they stand, but for their size.
    asked = read_arguments(["--config", str(file)])
    parameters = go(tmp_path / name, "--config", str(file), f"--particles={PARTICLES[asked.dimension]}", *SHORT)
    results = read_results(tmp_path / name / "results.nc")
    assert results.model == parameters.mixture == asked.mixture
    assert results["inherent_certified"].tolist() == [1, 1]
    assert np.unique(results["species"]).tolist() == list(range(len(asked.mixture.species)))
    for damaged in ("{", "[1]", '{"preset": "lj"}', '{"pairs": [{"species": 1}]}'):
        broken = dataclasses.replace(results, configuration=results.configuration | {"mixture": damaged})
        with pytest.raises(DamagedFileError, match="results.nc: its parameters say no mixture: "):
            _ = broken.model
