"""Every option of every command with a value that it cannot have: one line says what was got and what is allowed."""

import pytest

from softspots.commands import analyze, map_options
from softspots.commands.kinds import File, Fractions, Number, Strains, Text, Types
from softspots.commands.options import SIMULATE, make_parser, read_arguments, read_line
from softspots.commands.shear_parameters import SHEAR
from softspots.exceptions import InputError
from softspots.model import Mixture

MODEL = ["--model", "kob-andersen"]
# What makes a parser, and what reads a command line of options that are right but for one.
COMMANDS = {
    "simulate": (make_parser, read_arguments),
    "shear": (lambda: make_parser(SHEAR), lambda given: read_arguments(given, SHEAR)),
    "map": (map_options.make_parser, lambda given: read_line(map_options.make_parser(), ["x.dump", *given])),
    "analyze": (analyze.make_parser, lambda given: read_line(analyze.make_parser(), ["x.nc", *given])),
}
OPTIONS = [
    (command, action)
    for command, (parser, _) in COMMANDS.items()
    for action in parser()._actions
    if action.option_strings and action.nargs != 0
]
SWITCHES = [
    (command, name)
    for command, (parser, _) in COMMANDS.items()
    for action in parser()._actions
    if action.nargs == 0
    for name in action.option_strings
    if name.startswith("--")
]
VALUES = ["word", "-1e-3", "-1", "", "nan", "-nan", "inf", "-inf", "1e400", "-1e400", "-0.5,x"]
# Of numbers, and of lists of them, these are none, or beyond all bounds.
NO_NUMBERS = [*VALUES[:1], *VALUES[3:]]


def message(command, *given):
    """What is said of a command line; nothing if it is taken."""
    more = MODEL if command == "map" and given[0].partition("=")[0] not in ("--model", "--hessian-from") else []
    try:
        COMMANDS[command][1]([*more, *given])
    except InputError as error:
        return str(error)
    return ""


def test_all_options_have_a_kind():
    assert len(OPTIONS) > 100 and all(action.kind.allowed for _, action in OPTIONS)
    assert {command for command, _ in SWITCHES} == {*COMMANDS}


@pytest.mark.parametrize(("command", "action"), OPTIONS, ids=lambda one: getattr(one, "dest", one))
def test_an_option_with_a_wrong_value(command, action):
    name, kind = action.option_strings[0], action.kind
    assert message(command, name) == ("" if action.nargs == "*" else f"{name}: got nothing; allowed: {kind.allowed}")
    for value in VALUES:
        said = message(command, f"{name}={value}")
        assert said == message(command, name, value)
        numbers = isinstance(kind, Number | Fractions | Strains)
        if (numbers and value in NO_NUMBERS) or (value == "" and isinstance(kind, Text | Types)):
            assert said == f"{name}: got {value or 'nothing'}; allowed: {kind.allowed}"
        # What is right for its kind may not fit the others, and of a file more is said.
        if said:
            assert said.startswith("--") and len(said.splitlines()) == 1
            assert isinstance(kind, File) or (": got " in said and ("; allowed: " in said or "leave it out" in said))


@pytest.mark.parametrize(("command", "name"), SWITCHES)
def test_a_switch_with_a_value(command, name):
    for value in VALUES:
        assert (
            message(command, f"{name}={value}")
            == f"{name}: got {value or 'nothing'}; allowed: no value, it stands alone"
        )


@pytest.mark.parametrize("command", COMMANDS)
def test_an_option_that_is_none(command):
    assert message(command, "--qiet") == "unknown argument '--qiet'; did you mean --quiet?"
    assert message(command, "--quiet", "-x") == "unknown argument '-x'"


def test_negative_numbers_of_several_words():
    parser = map_options.make_parser()
    line = ["x.dump", *MODEL, "--frames", "-5:", "--maps", "0", "-1", "-2"]
    assert read_line(parser, line)["maps"] == (0, -1, -2) and read_line(parser, line)["frames"] == slice(-5, None)
    assert (
        message("map", "--maps", "0", "-1e400")
        == "--maps: got 0 -1e400; allowed: numbers of frames from 0, -1 is the last"
    )


@pytest.mark.parametrize("value", ["0:1:0", f"{'9' * 5000}:"])
def test_frames_that_are_no_slice(value):
    assert (
        message("map", f"--frames={value}") == f"--frames: got {value[:80]}; allowed: for instance 10:, :100 or 0:100:5"
    )


def test_a_frame_alone_is_a_slice():
    assert message("map", "--frames=30").endswith("or 0:100:5; 30:31 is this frame alone")


@pytest.mark.parametrize("form", (SIMULATE, SHEAR))
def test_a_model_is_in_a_file_as_it_is_in_that_of_options(form, tmp_path):
    path = tmp_path / "ka.toml"
    path.write_text('[model]\npreset = "kob-andersen"\nsmoothing = "shifted-force"\n')
    one, other = (read_arguments([f"--{name}={path}"], form=form) for name in ("model", "config"))
    assert one == other and one.mixture == Mixture.preset("kob-andersen", smoothing="shifted-force")
    path.write_text('model = "kob-andersen"\n')
    with pytest.raises(InputError, match=f"^--model: got {path}, whose model is a name, as in a file of options"):
        read_arguments([f"--model={path}"], form=form)
    path.write_bytes(b"\xff")
    with pytest.raises(InputError, match=f"^--model: got {path}, which is no TOML file: "):
        read_arguments([f"--model={path}"], form=form)


def test_a_model_that_is_none():
    for command in ("simulate", "shear"):
        assert message(command, "--model=none.toml") == "--model: got none.toml: No such file or directory"
        assert message(command, "--model=none").endswith(
            "hertzian, or a table [model] in a TOML file, this one or that of --config"
        )


def test_where_a_run_is_from_must_be_given():
    for command, parser in (("map", map_options.make_parser), ("analyze", analyze.make_parser)):
        with pytest.raises(InputError, match="the following arguments are required: (TRAJECTORY|FILE)"):
            read_line(parser(), MODEL if command == "map" else [])
        with pytest.raises(InputError, match="^(TRAJECTORY|FILE): got nothing; allowed: the path of a file$"):
            read_line(parser(), ["", *(MODEL if command == "map" else [])])
