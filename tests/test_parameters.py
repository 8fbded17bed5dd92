"""The parameters of a run: defaults, precedence, the command line against the TOML file, and every wrong value."""

import dataclasses
import math
from importlib import metadata
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from softspots.commands.kinds import Choice, Fractions, Glass, Grid, Number, Switch, Text, Types
from softspots.commands.options import make_parser, read_arguments
from softspots.commands.parameters import Parameters
from softspots.commands.shear_parameters import SHEAR
from softspots.exceptions import InputError

FIELDS = {entry.name: entry.metadata["kind"] for entry in dataclasses.fields(Parameters)}
NUMBERS = [name for name, kind in FIELDS.items() if isinstance(kind, Number)]
# One file is written over and over in a test of many examples.
in_one_folder = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)


def option(name):
    return "--" + name.replace("_", "-")


def outcome(arguments):
    """The parameters, or what the message says behind the name of the option or key."""
    try:
        return read_arguments(arguments)
    except InputError as error:
        return str(error).partition("got")[2]


def test_defaults_are_the_papers():
    expected = {
        "model": "kob-andersen",
        "particles": 10_000,
        "fraction_a": 0.65,
        "density": 1.2,
        "smoothing": "even",
        "cutoff": 2.5,
        "cutoff_per_pair": False,
        "temperature": 0.1,
        "strain_rate": 1e-4,
        "timestep": 5e-3,
        "thermostat_time": 1.0,
        "thermostat_chain": 1,
        "liquid_temperature": 1.0,
        "steady_state_strain": 0.2,
        "max_force": 1e-10,
        "modes": 500,
        "n_modes": 430,
        "n_particles": 20,
        "min_particles": 4,
        "connection": "delaunay",
        "frame_interval": 2.0,
        "frame_separation": 2.0,
        "d2min_cutoff": 2.5,
        "rearrangement_threshold": 15.0,
        "seed": 1,
    }
    assert expected.items() <= read_arguments([]).as_dict().items()
    assert read_arguments(["--preset", "paper"]) == read_arguments([])


def test_demo_scales_the_modes_with_the_particles():
    demo = read_arguments(["--preset", "demo"])
    assert (demo.particles, demo.temperature, demo.strain_rate, demo.frames) == (2_500, 0.1, 1e-3, 20)
    # 500 and 430 of 10,000 particles, rounded to even.
    assert (demo.modes, demo.n_modes) == (125, 108)
    assert read_arguments(["--preset=demo", "--modes=130", "--n-modes=120"]).modes == 130


def test_all_of_few_modes_make_the_map():
    with pytest.warns(UserWarning, match="^--modes: 430 modes make a map of 10000 particles, but only 100 are given"):
        assert read_arguments(["--modes=100"]).n_modes == 100
    with pytest.warns(UserWarning, match="^--modes: 43 modes make a map of 1000 particles, but only 20 are given"):
        assert read_arguments(["--modes=20", "--particles=1000"], form=SHEAR).n_modes == 20
    assert read_arguments(["--modes=600"]).n_modes == 430


def test_command_line_before_file_before_preset_before_defaults(tmp_path):
    file = tmp_path / "run.toml"
    file.write_text('preset = "demo"\nstrain-rate = 2e-3\nframes = 30\ncutoff_per_pair = true\n')
    values = read_arguments(["--config", str(file), "--frames", "40", "--no-cutoff-per-pair"])
    assert (values.frames, values.strain_rate, values.particles, values.density) == (40, 2e-3, 2_500, 1.2)
    assert not values.cutoff_per_pair
    # A preset of the command line replaces that of the file, and goes behind the values of the file all the same.
    values = read_arguments(["--config", str(file), "--preset", "paper"])
    assert (values.particles, values.frames) == (10_000, 30)


def toml(value):
    if isinstance(value, bool):
        return str(value).lower()
    return f"'{value}'" if isinstance(value, str) else repr(value)


def some_value(kind):
    """Values as TOML has them, right and wrong ones."""
    if isinstance(kind, Number) and kind.kind is int:
        return st.integers(-3, 10**6)
    if isinstance(kind, Number):
        return st.floats(-1, 40) | st.sampled_from([math.nan, math.inf, -math.inf, 1e-12, 1, 5])
    if isinstance(kind, Choice):
        return st.sampled_from([*kind.names, "other"])
    if isinstance(kind, Switch):
        return st.booleans()
    if isinstance(kind, Grid):
        return st.sampled_from(["auto", "2x1", "1x3", "0x1", "2", "x", "2x2x1"])
    if isinstance(kind, Glass):
        return st.sampled_from([*kind.names, "other"])
    if isinstance(kind, Fractions):
        return st.sampled_from(["0.5,0.5", "0.2,0.3,0.5", "1", "0.5", "1,x", ""])
    if isinstance(kind, Types):
        return st.sampled_from(["A", "B=", ""])
    assert isinstance(kind, Text)
    return st.sampled_from(["here", "a/b", "--", ""])


OTHER_VALUES = {
    "model": "as-printed",
    "particles": 900,
    "fraction_a": 0.5,
    "density": 1.1,
    "smoothing": "switch",
    "cutoff": 2.4,
    "cutoff_per_pair": True,
    "inner_cutoff": 1.9,
    "temperature": 0.3,
    "strain_rate": 0.001,
    "timestep": 0.004,
    "thermostat_time": 0.5,
    "thermostat_chain": 3,
    "skin": 0.3,
    "liquid_temperature": 1.5,
    "liquid_time": 0.0,
    "cooling_time": 7,
    "steady_state_strain": 0.1,
    "quench": "cg",
    "max_force": 1e-9,
    "modes": 60,
    "n_modes": 50,
    "n_particles": 10,
    "min_particles": 5,
    "connection": "distance",
    "bond_length": 1.4,
    "frame_interval": 1.0,
    "frame_separation": 3.0,
    "d2min_cutoff": 2.6,
    "rearrangement_threshold": 10.0,
    "frames": 7,
    "seed": 12,
    "grid": "1x2",
    "output": "elsewhere",
    "overwrite": True,
    "resume": True,
    "checkpoint_every": 2.5,
    "quiet": True,
}


def arguments_of(values):
    arguments = []
    for name, value in values.items():
        if isinstance(value, bool):
            arguments.append(option(name) if value else option("no_" + name))
        else:
            arguments.append(f"{option(name)}={value}")
    return arguments


def test_every_parameter_is_an_option_and_a_key(tmp_path):
    file = tmp_path / "run.toml"
    file.write_text("".join(f"{name} = {toml(value)}\n" for name, value in OTHER_VALUES.items()))
    defaults = read_arguments([]).as_dict()
    assert all(defaults[name] != value for name, value in OTHER_VALUES.items())
    for arguments in (["--config", str(file)], arguments_of(OTHER_VALUES)):
        assert read_arguments(arguments).as_dict() == OTHER_VALUES


@pytest.mark.parametrize("name", ["--", "-", "-1", "--quiet", "a=b"])
def test_a_folder_of_any_name(tmp_path, name):
    file = tmp_path / "run.toml"
    file.write_text(f"output = '{name}'\n")
    for arguments in ([f"--output={name}"], ["--config", str(file)]):
        assert read_arguments(arguments).output == Path(name)


@in_one_folder
@given(st.fixed_dictionaries({}, optional={name: some_value(kind) for name, kind in FIELDS.items()}))
def test_file_and_command_line_say_the_same(tmp_path, values):
    file = tmp_path / "run.toml"
    # Every other name with dashes.
    keys = [name if index % 2 else name.replace("_", "-") for index, name in enumerate(values)]
    file.write_text("".join(f"{key} = {toml(value)}\n" for key, value in zip(keys, values.values(), strict=True)))
    assert outcome(["--config", str(file)]) == outcome(arguments_of(values))


@in_one_folder
@given(st.sampled_from(NUMBERS), st.data())
def test_any_one_right_number_is_taken_from_file_and_command_line(tmp_path, name, data):
    kind = FIELDS[name]
    low, high = (value if math.isfinite(value) else None for value in (max(kind.above, kind.least), kind.most))
    if kind.kind is int:
        value = data.draw(st.integers(int(low), None if high is None else int(high)))
    else:
        value = data.draw(st.floats(low, high, exclude_min=kind.above > -math.inf, allow_infinity=False))
    assert kind.read(value) == kind.parse(repr(value)) == value
    with pytest.raises(ValueError):
        kind.read(low if kind.above > -math.inf else low - 1)


@example("--sizes", "\r")
@settings(max_examples=200)
@given(st.sampled_from([option(name) for name in FIELDS] + ["--preset", "--confi"]), st.text(max_size=6))
def test_any_text_is_taken_or_refused_in_one_line(name, text):
    try:
        read_arguments([f"{name}={text}"])
    except InputError as error:
        assert len(str(error).splitlines()) == 1


WRONG = {
    "--temperature=-0.1": "--temperature: got -0.1; allowed: a number above 0",
    "--temperature -1e-1": "--temperature: got -1e-1; allowed: a number above 0",
    "--temperature nan": "--temperature: got nan; allowed: a number above 0",
    "--strain-rate inf": "--strain-rate: got inf; allowed: a number from 0 to 1000000000",
    "--density 11": "--density: got 11; allowed: a number above 0 and of at most 10",
    "--density 1e9": "--density: got 1e+09; allowed: a number above 0 and of at most 10",
    "--density 0": "--density: got 0; allowed: a number above 0",
    "--particles 1e4": "--particles: got 1e4; allowed: a whole number from 1 to 2147483647",
    "--particles=": "--particles: got nothing; allowed: a whole number",
    "--particles 30": "--particles: got 30 at --density 1.2, a box of side 5; "
    "allowed: a side of 2 (cutoff + skin) = 5.9 or more, that is 42 particles or more",
    "--frames 0": "--frames: got 0; allowed: a whole number from 1 to",
    "--preset small": "--preset: got small; allowed: one of paper, demo",
    "--model lj": "--model: got lj; allowed: one of kob-andersen, as-printed",
    "--smoothing even,switch": "--smoothing: got even,switch; allowed: one of even, quadratic, switch",
    "--modes 20000": "--modes: got 20000; allowed: at most 19998, the degrees of freedom without the two translations",
    "--n-modes 501": "--n-modes: got 501; allowed: at most 500, the number of modes",
    "--n-particles 10001": "--n-particles: got 10001; allowed: at most 10000, the number of particles",
    "--frame-interval 0.012": "--frame-interval: got 0.012; allowed: whole multiples of --timestep = 0.005",
    "--frame-interval 0.001": "--frame-interval: got 0.001; allowed: whole multiples of --timestep = 0.005",
    "--frame-separation 2.001": "--frame-separation: got 2.001; allowed: whole multiples of --timestep = 0.005",
    "--frame-separation 1.5": "--frame-separation: got 1.5; allowed: --frame-interval = 2 or more",
    "--smoothing switch --inner-cutoff 2.5": "--inner-cutoff: got 2.5; allowed: a number below --cutoff = 2.5",
    "--d2min-cutoff 50": "--d2min-cutoff: got 50; allowed: at most half the shortest side of the box, 45.64",
    "--grid 2by1": "--grid: got 2by1; allowed: auto, or ranks along each axis, for instance 2x1, in space 2x1x1",
    "--grid 0x1": "--grid: got 0x1; allowed: auto",
    "--seed -1": "--seed: got -1; allowed: a whole number from 0 to 2147483647",
    "--frames 99999999999999999999": "--frames: got 99999999999999999999; allowed: a whole number from 1 to 2147483647",
    "--frame-interval 1e308": "--frame-interval: got 1e308; allowed: a number above 0 and of at most 1000000000",
    "--liquid-time 1e308": "--liquid-time: got 1e308; allowed: a number from 0 to 1000000000",
    "--strain-rate 5e-324": "--steady-state-strain: got 0.2, inf time steps of 0.005; allowed: 1e+12 steps or fewer",
    "--strain-rate 1e-12": "--steady-state-strain: got 0.2, 4e+13 time steps of 0.005; allowed: 1e+12 steps or fewer",
    "--timestep 1e-300": "--liquid-time: got 50, 5e+301 time steps of 1e-300; allowed: 1e+12 steps or fewer",
    "--frame-separation 1e9": "--frames: got 100, 2e+13 time steps of 0.005; allowed: 1e+12 steps or fewer",
    "--thermostat-chain 3000000000": "--thermostat-chain: got 3000000000; allowed: a whole number from 1 to 1000",
    "--d2min-cutoff 1e-9": "--d2min-cutoff: got 1e-09, which holds 3.8e-18 neighbours at --density 1.2; allowed: 0.728",
    "--density 1e-3": "--d2min-cutoff: got 2.5, which holds 0.02 neighbours at --density 0.001; allowed: 25.2 or more",
    "--dimension 3": "--dimension: got 3; allowed: 2, that of kob-andersen",
    "--dimension 4": "--dimension: got 4; allowed: a whole number from 2 to 3",
    "--model wahnstrom": "--density: must be given, as wahnstrom has none of its own",
    "--model soft-spheres --dimension 3": "--density: must be given, as soft-spheres has none of its own",
    "--model harmonic --cutoff 2": "--cutoff: got 2.0, and harmonic has no such parameter; leave it out",
    "--model falk-langer --fraction-a 0.5": "--fraction-a: got 0.5, and falk-langer has no such parameter",
    "--model falk-langer --fractions 1": "--fractions: got 1.0; allowed: 2 parts of 1, of A, B",
    "--model polydisperse --fractions 1": "--fractions: got 1.0, and particles of polydisperse have sizes",
    "--fractions 0.5,0.5": "--fractions: got 0.5,0.5, and --fraction-a stands for it; leave it out",
    "--fractions 0.5,0.6": "--fractions: got 0.5,0.6; allowed: parts that sum to 1, one for each species",
    "--model kob-andersen-3d --particles 200": "--particles: got 200 at --density 1.2, a box of side 5.5; "
    "allowed: a side of 2 (cutoff + skin) = 5.6 or more, that is 211 particles or more",
    "--model kob-andersen-3d --particles 300 --modes 898": "--modes: got 898; allowed: at most 897, the degrees of "
    "freedom without the three translations",
    "--model kob-andersen-3d --particles 300 --d2min-cutoff 0.5": "--d2min-cutoff: got 0.5, which holds 0.63 "
    "neighbours at --density 1.2; allowed: 0.842 or more, which holds the three that D²_min needs",
    "--output lat\udcff": "--output: got lat\udcff; allowed: the path of a folder",
    "--config=--": "--config: got --; allowed: a TOML file",
    "--seed=--": "--seed: got --; allowed: a whole number from 0 to 2147483647",
    "--seed --": "--seed: got nothing; allowed: a whole number from 0 to 2147483647",
    "--modle lj": "unknown argument '--modle'; did you mean --model?",
    f"--density {400 * '9'}": f"--density: got {80 * '9'}; allowed: a number above 0",
    "--" + 100_000 * "x": "unknown argument '--" + 78 * "x" + "'",
    "--temprature 0.2": "unknown argument '--temprature'; did you mean --temperature?",
    "--hlep": "unknown argument '--hlep'; did you mean --help?",
    "--no-resmue": "unknown argument '--no-resmue'; did you mean --no-resume?",
    "paper": "unknown argument 'paper'",
    "--seed": "--seed: got nothing; allowed: a whole number",
    "--config nowhere.toml": "--config: got nowhere.toml; allowed: a TOML file: No such file or directory",
}


@pytest.mark.parametrize("line", WRONG)
def test_wrong_command_line(line):
    with pytest.raises(InputError) as raised:
        read_arguments(line.split(" "))
    assert str(raised.value).startswith(WRONG[line])


WRONG_FILES = {
    "temperature = 'cold'": "run.toml: temperature: got 'cold'; allowed: a number above 0",
    "temperature = '0.2'": "got '0.2'; allowed: a number above 0 and of at most 1000000000, without quotes",
    "frames = '2'": "run.toml: frames: got '2'; allowed: a whole number from 1 to 2147483647, without quotes",
    "temperature = true": "run.toml: temperature: got True; allowed: a number above 0",
    "frames = 2.0": "run.toml: frames: got 2.0; allowed: a whole number from 1 to",
    "density = nan": "run.toml: density: got nan; allowed: a number above 0",
    "model = 1": "run.toml: model: got 1; allowed: one of kob-andersen, as-printed",
    "quiet = 1": "run.toml: quiet: got 1; allowed: true or false",
    "grid = [2, 1]": "run.toml: grid: got [2, 1]; allowed: auto, or ranks along each axis",
    "output = 3": "run.toml: output: got 3; allowed: the path of a folder",
    "strainrate = 1e-3": "run.toml: unknown key 'strainrate'; did you mean strain_rate?",
    "config = 'other.toml'": "run.toml: unknown key 'config'",
    "strain-rate = 1e-3\nstrain_rate = 1e-4": "got 'strain_rate' a second time",
    "temperature = ": "run.toml; allowed: a TOML file: Invalid value (at ",
    f"particles = 0x{5_000 * 'f'}": "run.toml: particles: got a number of more than 4300 digits; allowed: a whole",
    f"model = [0x{5_000 * 'f'}]": "run.toml: model: got a number of more than 4300 digits; allowed: one of",
    f"[model]\npairs = [{{epsilon = {400 * '9'}}}]": f"run.toml: model: got {80 * '9'}; allowed: whole numbers of 64",
    f"[model]\ndimension = 0x{5_000 * 'f'}": "run.toml: model: got a number of more than 4300 digits; allowed: whole",
    f"particles = {5_000 * '9'}": "run.toml; allowed: a TOML file: Exceeds the limit",
    f"model = {2_000 * '['}": "run.toml; allowed: a TOML file: this one is nested too deeply",
    f"{99_000 * 'k'} = 1": f"run.toml: unknown key '{80 * 'k'}'",
    f"{100_000 * 'k'} = 1": "run.toml; allowed: a TOML file of at most 100000 bytes",
    "[model]\nparticles = 3": "run.toml: model: a preset, or a list of pairs ([[model.pairs]]) is needed",
    "[model]\npreset = 'lj'": "run.toml: model: Mixture: preset is 'lj'; allowed: kob",
    "[model]\npreset = 'harmonic'\nratio = 2": "model: Mixture: the preset 'harmonic' has no 'ratio'; it has dimension",
    "fractions = [0.5, 0.6]": "run.toml: fractions: got [0.5, 0.6]; allowed: parts that sum to 1, one for each species",
}


@pytest.mark.parametrize("content", WRONG_FILES)
def test_wrong_file(content, tmp_path):
    file = tmp_path / "run.toml"
    file.write_text(content)
    with pytest.raises(InputError) as raised:
        read_arguments(["--config", str(file)])
    assert WRONG_FILES[content] in str(raised.value)


@pytest.mark.parametrize("name", NUMBERS)
def test_text_is_no_number_of_a_file(name, tmp_path):
    file = tmp_path / "run.toml"
    file.write_text(f"{name} = '1'\n")
    with pytest.raises(InputError, match=rf"{name}: got '1'; allowed: a .*number .*, without quotes"):
        read_arguments(["--config", str(file)])


def test_file_that_is_no_text(tmp_path):
    file = tmp_path / "run.toml"
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="allowed: a TOML file"):
        read_arguments(["--config", str(file)])


def test_help_has_every_option_its_paper_value_and_its_group():
    text = make_parser().format_help()
    for name in FIELDS:
        assert option(name) in text
    for group in (
        "model",
        "dynamics",
        "preparation",
        "start from a file",
        "inherent structures",
        "modes",
        "soft spots",
        "plasticity",
        "run",
    ):
        assert f"\n{group}:\n" in text
    assert "default: 1e-4 [1/τ; paper: 1e-5" in " ".join(text.split())
    assert "strain before the first frame; with --start 0 unless given [default 0.2; paper: 0.2]" in " ".join(
        text.split()
    )


def test_the_description_has_what_differs_from_the_defaults():
    assert repr(Parameters()) == "Parameters()"
    assert repr(Parameters(particles=2_500, temperature=0.2)) == "Parameters(particles=2500, temperature=0.2)"
    assert repr(Parameters(n_modes=7, frame_separation=4.0)) == "Parameters(n_modes=7, frame_separation=4.0)"


def test_version(capsys):
    with pytest.raises(SystemExit) as done:
        read_arguments(["--version"])
    assert done.value.code == 0
    assert capsys.readouterr().out == f"softspots {metadata.version('softspots')}\n"
