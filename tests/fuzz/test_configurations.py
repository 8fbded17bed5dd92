"""Any configuration gives sound parameters, or an error of one line that says which option is wrong."""

import math
import os
from time import process_time

import pytest
from budget import TRIED, budget
from configurations import (
    FIELDS,
    NAMES,
    command_lines,
    extreme_settings,
    right_value,
    settings_of_few,
    toml_files,
    toml_text,
)
from hypothesis import given
from hypothesis import strategies as st

from softspots.commands.options import read_arguments
from softspots.commands.ranks import rank_grid
from softspots.exceptions import InputError

# In s of this process alone; reading takes some milliseconds, and machines may be ten times slower.
TIME_LIMIT = 1.0
# A message is read in a terminal; a path of a file or of a folder may be long by itself.
LONGEST_MESSAGE = 300
# Kernels count time steps in 64 bits.
MOST_STEPS = 2**63


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    return tmp_path_factory.mktemp("fuzz") / "run.toml"


def parameters_of(arguments):
    """The parameters, or the message of one line about a mistake; None for help."""
    start = process_time()
    try:
        return read_arguments(arguments), None
    except InputError as error:
        return None, str(error)
    except SystemExit as done:
        assert done.code == 0
        return None, None
    finally:
        TRIED["configurations"] += 1
        assert process_time() - start < TIME_LIMIT


def check_message(message, arguments):
    """The message is one short line about something that was given."""
    shown = message
    for argument in arguments:
        # What was given may be repeated: a path, for instance.
        path = argument.rpartition("=")[2]
        shown = shown.replace(path, "…") if len(path) > 20 else shown
    assert len(message.splitlines()) == 1, message
    assert len(shown) <= LONGEST_MESSAGE, message
    names = "|".join([*NAMES, "config", "unknown"])
    plain = message.replace("-", "_")
    assert any(name in plain for name in names.split("|")), message


def check_parameters(parameters, file):
    """All that is derived from the parameters is finite, and a file with them gives the same again."""
    values = parameters.as_dict()
    assert all(math.isfinite(value) for value in values.values() if isinstance(value, int | float))
    assert 0 < min(parameters.box_lengths) <= max(parameters.box_lengths) < math.inf
    assert 1 <= parameters.steps_per_interval <= parameters.steps_per_frame
    assert parameters.frames * parameters.steps_per_frame < MOST_STEPS
    preparation = parameters.liquid_time + parameters.cooling_time
    if parameters.strain_rate > 0:
        preparation += parameters.steady_state_strain / parameters.strain_rate
    assert preparation / parameters.timestep < MOST_STEPS
    assert 0 < parameters.reach < math.inf
    try:
        grid = rank_grid(parameters, 2)
    except InputError as error:
        assert str(error).startswith("--grid: got ") and len(str(error).splitlines()) == 1
    else:
        assert math.prod(grid) == 2
    # The name of a preset says as much.
    plain = {name: value for name, value in values.items() if name != "mixture"}
    file.write_text(toml_text(plain), encoding="utf-8")
    assert read_arguments(["--config", str(file)]).as_dict() == values


@budget(250)
@given(command_lines())
def test_any_command_line_is_taken_or_refused_in_one_line(file, arguments):
    parameters, message = parameters_of(arguments)
    if parameters:
        check_parameters(parameters, file)
    elif message is not None:
        check_message(message, arguments)


@budget(250)
@given(toml_files())
def test_any_file_is_taken_or_refused_in_one_line(file, content):
    file.write_bytes(content)
    arguments = ["--config", str(file)]
    parameters, message = parameters_of(arguments)
    if parameters:
        check_parameters(parameters, file)
    else:
        check_message(message, arguments)


@budget(150)
@given(extreme_settings())
def test_any_size_is_taken_or_refused_in_one_line(file, settings):
    arguments = [f"--{name.replace('_', '-')}={value}" for name, value in settings.items()]
    parameters, message = parameters_of(arguments)
    if parameters:
        check_parameters(parameters, file)
    else:
        check_message(message, arguments)


@budget(100)
@given(settings_of_few(lambda name: right_value(FIELDS[name]) if name in FIELDS else st.just("demo")))
def test_a_file_and_a_command_line_say_the_same(file, settings):
    file.write_text(toml_text(settings), encoding="utf-8")
    arguments = []
    for name, value in settings.items():
        dashed = name.replace("_", "-")
        switch = isinstance(value, bool)
        arguments.append(f"--{'' if value else 'no-'}{dashed}" if switch else f"--{dashed}={value}")
    (parameters, message), (again, other) = parameters_of(arguments), parameters_of(["--config", str(file)])
    assert parameters == again
    if message:
        # Behind the name, by which an option and a key differ.
        assert message.partition("got")[2] == other.partition("got")[2]


def test_a_long_value_where_none_belongs():
    arguments = ["--overwrite=" + "x" * 5000]
    check_message(parameters_of(arguments)[1], arguments)


@pytest.mark.parametrize("name", ["lat\udcff", os.sep + "\ud800"])
def test_a_folder_whose_name_is_no_text(name):
    _, message = parameters_of([f"--output={name}"])
    check_message(message, [name])
