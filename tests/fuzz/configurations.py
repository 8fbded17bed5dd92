"""Strategies for configurations: command lines and TOML files, right, wrong, and hardly either."""

import math
from dataclasses import fields

from hypothesis import strategies as st

from softspots.commands.kinds import Choice, Fractions, Glass, Grid, Number, Switch, Text, Types
from softspots.commands.options import SIMULATE
from softspots.commands.parameters import Parameters

FIELDS = {entry.name: entry.metadata["kind"] for entry in fields(Parameters)}
NAMES = [*FIELDS, "preset"]

EXTREME_NUMBERS = [0, -1, 1, 2, 2**31 - 1, 2**31, 2**63, 10**19, 10**400, -(10**30), 0.5, 5e-324, 1e-300, 1e-12, 1e308]
EXTREME_NUMBERS += [math.nan, math.inf, -math.inf, -0.0, 0xF * 16**200]
STRANGE_TEXTS = ["", " ", "-", "--", "=", "auto", "1x1", "0x0", "99999999999x1", "1e5000", "1_0", "٣", "½", "0x10"]
STRANGE_TEXTS += ["\n", "a\nb", "\x1b[31m", "\udcff", "\0", "../..", "/dev/null", "~", "x" * 5000, "🙂" * 300, "'", '"']


def right_value(kind):
    """What this kind of parameter takes, of the sizes that people give."""
    if isinstance(kind, Number) and kind.kind is int:
        return st.integers(int(max(kind.least, 0)), 400) | st.integers(1, 20_000)
    if isinstance(kind, Number):
        usual = st.sampled_from([0.005, 0.01, 0.1, 0.5, 1.0, 1.2, 2.0, 2.5, 15.0, 100.0])
        top = min(kind.most, 40)
        return usual.filter(lambda value: value <= kind.most) | st.floats(1e-4, top)
    if isinstance(kind, Choice | Glass):
        return st.sampled_from(kind.names)
    if isinstance(kind, Fractions):
        return st.sampled_from(["0.5,0.5", "0.2,0.3,0.5", "1", "0,1"])
    if isinstance(kind, Switch):
        return st.booleans()
    if isinstance(kind, Grid):
        return st.sampled_from(["auto", "1x1", "2x1", "3x2"])
    if isinstance(kind, Types):
        return st.sampled_from(["A", "1=A"])
    assert isinstance(kind, Text)
    return st.text("abc/.- é", min_size=1, max_size=12)


def scalars():
    """Numbers, texts and truth values that a parameter may or may not take."""
    numbers = st.sampled_from(EXTREME_NUMBERS) | st.integers() | st.floats()
    texts = st.sampled_from(STRANGE_TEXTS) | st.text(max_size=20)
    return st.booleans() | numbers | texts


def values(name):
    """A value for a parameter: right more often than not, so that many configurations get far."""
    right = right_value(Choice(tuple(SIMULATE.presets)) if name == "preset" else FIELDS[name])
    return st.one_of(right, right, right, scalars())


def settings_of_few(elements=values):
    """A dict of a few parameters, by name."""
    return st.lists(st.sampled_from(NAMES), max_size=6, unique=True).flatmap(
        lambda names: st.fixed_dictionaries({name: elements(name) for name in names})
    )


def extreme_settings():
    """One or two numbers that are far from any use, all others being the defaults."""
    numbers = [name for name, kind in FIELDS.items() if isinstance(kind, Number)]
    extremes = st.sampled_from(
        [1e-323, 1e-300, 1e-30, 1e-9, 1e4, 1e9, 1e15, 1e30, 1e300, 1e308, math.inf, 1, 2**31 - 1]
    )
    names = st.lists(st.sampled_from(numbers), min_size=1, max_size=2, unique=True)
    return names.flatmap(lambda names: st.fixed_dictionaries(dict.fromkeys(names, extremes)))


# Command lines


def option(name):
    """The name of a parameter as an option."""
    return "--" + name.replace("_", "-")


@st.composite
def arguments_of(draw, settings):
    """A command line with these values."""
    arguments = []
    for name, value in settings.items():
        if isinstance(value, bool) and isinstance(FIELDS.get(name), Switch):
            arguments.append(option(name) if value else option("no_" + name))
        elif draw(st.booleans()):
            arguments.append(f"{option(name)}={value}")
        else:
            arguments += [option(name), str(value)]
    return arguments


def stray_arguments():
    """Arguments that are no option, or another one than meant."""
    near = st.sampled_from(NAMES).map(lambda name: option(name)[:-1])
    known = ["--help", "--version", "-h", "--config", "--preset", "--no-particles", "--quiet=1", "@file", "-1", "-x"]
    return st.one_of(st.sampled_from(known), near, st.sampled_from(STRANGE_TEXTS), st.text(max_size=10))


@st.composite
def command_lines(draw):
    """Command lines, and the names of the parameters in them."""
    settings = draw(settings_of_few())
    arguments = draw(arguments_of(settings))
    if draw(st.integers(0, 3)) == 0:
        arguments.insert(draw(st.integers(0, len(arguments))), draw(stray_arguments()))
    return arguments


# TOML


def toml(value):
    """A value as TOML has it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return '"' + "".join(map(_escaped, value)) + '"'
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{toml(key)} = {toml(entry)}" for key, entry in value.items()) + "}"
    # Python writes no integers beyond its limit of digits in decimal.
    return hex(value) if isinstance(value, int) and abs(value) > 10**100 else repr(value)


def _escaped(letter):
    plain = letter.isascii() and letter.isprintable() and letter not in '"\\'
    return letter if plain else f"\\U{ord(letter):08x}"


def toml_text(settings):
    """A TOML file with these settings."""
    return "".join(f"{key} = {toml(value)}\n" for key, value in settings.items())


def nested_values():
    """Arrays and tables of scalars."""
    return st.recursive(
        scalars(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
        max_leaves=8,
    )


def strange_lines():
    """Lines that are no setting, wrong ones, and ones too large to be meant."""
    fixed = [
        "[model]", "[[frames]]", "particles.of = 3", "= 1", "particles =", "particles = 1 2", "seed = 1\nseed = 2",
        "time = 1979-05-27T07:32:00Z", "frames = 12:00:00", "output = '''\na\nb'''",
        "strain-rate = 1e-3\nstrain_rate = 1",
        "particles = 0x" + "f" * 5000, "particles = " + "9" * 6000, "seed = " + "[" * 3000, "a = {b = " * 800,
        "x" * 100_000 + " = 1", '"" = 1', '"\\u0000" = 1', "temperature = +nan", "\ufeff", "#" * 2000, "\r", "\x00",
    ]  # fmt: skip
    unknown = st.builds(lambda key, value: f"{toml(key)} = {toml(value)}", st.text(max_size=40), nested_values())
    return st.sampled_from(fixed) | unknown | st.text(max_size=30)


@st.composite
def toml_files(draw):
    """The bytes of a TOML file, near to a right one or far from it."""
    settings = draw(settings_of_few(lambda name: st.one_of(values(name), values(name), nested_values())))
    lines = [f"{name.replace('_', draw(st.sampled_from('_-')))} = {toml(value)}" for name, value in settings.items()]
    if draw(st.integers(0, 2)) == 0:
        lines.insert(draw(st.integers(0, len(lines))), draw(strange_lines()))
    content = "\n".join(lines).encode("utf-8", "surrogatepass")
    if draw(st.integers(0, 9)) == 0:
        place = draw(st.integers(0, len(content)))
        content = content[:place] + draw(st.binary(max_size=3)) + content[place + 1 :]
    return content
