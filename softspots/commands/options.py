"""Reading the parameters of a run from the command line and from a TOML file."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from importlib.metadata import version
from pathlib import Path

from softspots.commands.command import printing, typed
from softspots.commands.kinds import Choice, File, Kind, Switch, in_short, option, toml
from softspots.commands.mixtures import listing
from softspots.commands.parameters import Parameters
from softspots.commands.starts import READING, started
from softspots.exceptions import InputError, system_errors
from softspots.reasons import meant

# Of a TOML file, in bytes.
LONGEST_FILE = 100_000
# What stands behind a minus is a number, or numbers with commas.
NEGATIVE = re.compile(r"-(\.?\d|inf|nan)", re.IGNORECASE)
# Options that say something of a file where a run begins; the dimension is also that of a run without.
OF_STARTS = ("start_frame", *(name for name in READING if name != "dimension"))

EPILOG = """\
examples:
  %(prog)s --preset demo --output demo
  mpirun -n 4 %(prog)s --temperature 0.2 --strain-rate 1e-3 --seed 7 --output warm
  mpirun -n 2 %(prog)s --config run.toml --frames 50
  %(prog)s --start glass.lammpstrj --types 1=A 2=B --temperature 0.1 --strain-rate 0

run.toml has the names of the options, with dashes or underscores:
  temperature = 0.2
  strain-rate = 1e-3
  model = "kob-andersen-3d"

or, in place of the name of a model, a table with a mixture of your own, or a preset with other parameters of its own:
  [model]
  preset = "harmonic"
  packing_fraction = 0.88

The command line goes before the file, the file before the preset, the preset before the defaults. Units are the
mixture's: lengths are in σ_AA, energies in ε_AA, times in τ in the paper's. Defaults of other
mixtures are ours: --list-models shows temperatures; lengths go with the mean distance of particles.

A run that was ended, by Ctrl-C for instance, goes on with --resume and the same options. What it has found is in its
folder: softspots analyze results/results.nc measures and draws it.
"""


@dataclass(frozen=True)
class Form:
    """What a command is told.

    Attributes
    ----------
    table : type
        Its parameters, a dataclass whose fields have the metadata that those of `Parameters` have.
    program, description, epilog : str
        For its help.
    presets : dict of str to dict
        Named sets of values; what they do not name keeps its default. The first one is taken where none is named.
    thermal : bool
        Whether there is a temperature, of a run that begins with a file too.
    """

    table: type
    program: str
    description: str
    epilog: str
    presets: dict[str, dict] = field(default_factory=dict)
    thermal: bool = True

    @property
    def entries(self) -> dict:
        """The fields of the table by name."""
        return {entry.name: entry for entry in fields(self.table)}

    def kind(self, name: str) -> Kind:
        """Of a parameter's values, or of "preset"."""
        return Choice(tuple(self.presets)) if name == "preset" else self.entries[name].metadata["kind"]


SIMULATE = Form(
    Parameters,
    typed("simulate"),
    "Simulate a sheared glass in two or three dimensions, find its soft spots and its rearrangements. The paper is "
    "Schoenholz et al., Phys. Rev. X 4, 031014 (2014).",
    EPILOG,
    # Those of the paper are the defaults.
    {"paper": {}, "demo": {"particles": 2_500, "strain_rate": 1e-3, "frames": 20}},
)


def labeled(label: str, read, value):
    """What is read of a value; a mistake says what the user calls it."""
    try:
        return read(value)
    except InputError as error:
        raise InputError(f"{label}: {error}") from None


class Parser(argparse.ArgumentParser):
    """A command line whose mistakes are raised as `InputError`, and which gives what is given, and nothing else.

    The actions that `add_option` adds have a ``kind``, by which their values are read.
    """

    def __init__(self, **about):
        super().__init__(
            formatter_class=argparse.RawDescriptionHelpFormatter,
            argument_default=argparse.SUPPRESS,
            allow_abbrev=False,
            **about,
        )
        # Argparse's own takes -1e-3, -inf, and numbers with commas for options.
        self._negative_number_matcher = NEGATIVE
        self.add_argument("--version", action="version", version=f"softspots {version('softspots')}")

    def error(self, message):
        """Called with argparse's complaint."""
        raise InputError(" ".join(message.removeprefix("argument ").split())[:200])

    def parse_args(self, args=None, namespace=None):
        """Refuse what is left over."""
        found, others = self.parse_known_args(args, namespace)
        if others:
            raise self.unknown(others[0])
        return found

    def parse_known_args(self, args=None, namespace=None):
        """Refuse first what is no option, with a question about the one that may be meant, and values of switches."""
        for argument in sys.argv[1:] if args is None else args:
            name, has_value, value = argument.partition("=")
            if not name.startswith("--") or argument == "--":
                continue
            if name not in self._option_string_actions:
                raise self.unknown(argument)
            if has_value and self._option_string_actions[name].nargs == 0:
                raise InputError(f"{name}: got {in_short(value) or 'nothing'}; allowed: no value, it stands alone")
        return super().parse_known_args(args, namespace)

    def _match_argument(self, action, arg_strings_pattern):
        try:
            return super()._match_argument(action, arg_strings_pattern)
        except argparse.ArgumentError:
            raise InputError(f"{_called(action)}: {action.kind.refusal('')}") from None

    def _get_values(self, action, arg_strings):
        # Before Python 3.13, argparse takes this value out, as in --output=--, and then misses it.
        if action.option_strings and arg_strings == ["--"]:
            return _read(action, "--" if action.nargs is None else arg_strings)
        return _read(action, super()._get_values(action, arg_strings))

    def unknown(self, argument: str) -> InputError:
        """The mistake of an argument that is none."""
        names = [name for name in self._option_string_actions if name.startswith("--")]
        return InputError(f"unknown argument {argument[:80]!r}{meant(argument.partition('=')[0], names)}")

    def print_help(self, file=None):
        """Argparse says nothing if it cannot be printed."""
        print(self.format_help(), end="", file=file or sys.stdout, flush=True)


def _called(action) -> str:
    return action.option_strings[0] if action.option_strings else action.metavar


def _read(action, given):
    """The value of an option, from its text."""
    return labeled(_called(action), action.kind.parse, given) if hasattr(action, "kind") else given


class ListModels(argparse.Action):
    """Shows the presets and ends, as ``--version`` does."""

    def __init__(self, option_strings, dest, **options):
        super().__init__(option_strings, argparse.SUPPRESS, nargs=0, **options)

    def __call__(self, parser, namespace, values, option_string=None):
        print(listing(), flush=True)
        parser.exit()


def make_parser(form: Form = SIMULATE) -> Parser:
    """The command line of a command: all values that are given."""
    parser = Parser(prog=form.program, usage="%(prog)s [options]", description=form.description, epilog=form.epilog)
    parser.add_argument("--list-models", action=ListModels, help="show the mixtures that --model knows, and exit")
    add_value(parser, "--config", kind=File(), help="TOML file with values of the options below")
    if form.presets:
        add_value(parser, "--preset", kind=form.kind("preset"), help="a named set of values; demo is a first look")
    add_options(parser, form.table)
    return parser


def add_options(parser: Parser, table: type, groups: Mapping | None = None) -> None:
    """Add the fields of a table to a command line, each to its group; ``groups`` are there already, by name."""
    groups = dict(groups or {})
    for entry in fields(table):
        if not entry.metadata:
            continue
        group, kind, name = entry.metadata["group"], entry.metadata["kind"], option(entry.name)
        if group not in groups:
            groups[group] = parser.add_argument_group(group)
        if isinstance(kind, Switch):
            groups[group].add_argument(name, action=argparse.BooleanOptionalAction, help=_help(entry))
        else:
            add_value(groups[group], *filter(None, (name, entry.metadata["short"])), kind=kind, help=_help(entry))


def add_value(group, *names: str, kind: Kind, **about) -> None:
    """Add an option, or what a command line must have without a name, of this kind."""
    group.add_argument(*names, nargs=kind.nargs, **({"metavar": kind.metavar} | about)).kind = kind


def _help(entry) -> str:
    notes = [entry.metadata["unit"]]
    if entry.default is not None:
        notes.append(f"default {_plain(entry.default)}")
    if entry.metadata["paper"]:
        notes.append(f"paper: {entry.metadata['paper']}")
    notes = "; ".join(filter(None, notes))
    return f"{entry.metadata['text']} [{notes}]" if notes else entry.metadata["text"]


def _plain(value) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ",".join(map(_plain, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def read_file(path: Path, form: Form = SIMULATE) -> dict:
    """The values in a TOML file, by the names of the parameters and "preset".

    Raises
    ------
    InputError
        If the file cannot be read, is no TOML, or has an unknown key or a wrong value.
    """
    refusal = f"--config: got {path}; allowed: a TOML file"
    with system_errors(InputError, refusal), open(path, "rb") as file:
        text = file.read(LONGEST_FILE + 1)
    if len(text) > LONGEST_FILE:
        raise InputError(f"{refusal} of at most {LONGEST_FILE} bytes")
    content = toml(text, refusal)
    names = [*(["preset"] if form.presets else []), *form.entries]
    values = {}
    for key, value in content.items():
        name = key.replace("-", "_")
        if name not in names:
            raise InputError(f"{path}: unknown key {key[:80]!r}{meant(name, names)}")
        if name in values:
            raise InputError(f"{path}: got {key!r} a second time, once with dashes and once with underscores")
        values[name] = labeled(f"{path}: {key}", form.kind(name).read, value)
    return values


def read_line(parser: Parser, arguments) -> dict:
    """The values that a command line has, by name.

    Raises
    ------
    InputError
        If anything in it is wrong.
    SystemExit
        After ``--help``, ``--version`` or ``--list-models``.
    """
    with printing():
        return vars(parser.parse_args(arguments))


def read_arguments(arguments, form: Form = SIMULATE):
    """The parameters, a ``form.table``, that a command line asks for; it goes before file, preset and defaults.

    Raises
    ------
    InputError, SystemExit
        As `read_line` does; if anything in the file is wrong.
    """
    line = read_line(make_parser(form), arguments)
    file = read_file(line.pop("config"), form) if "config" in line else {}
    values = file | line
    preset = form.presets[values.pop("preset", next(iter(form.presets)))] if form.presets else {}
    if "start" in values:
        values = started(values, form.thermal)
    elif wanting := next((name for name in OF_STARTS if name in values), None):
        got = in_short(values[wanting]) or "nothing"
        raise InputError(f"{option(wanting)}: got {got}, which is said of --start FILE; leave it out")
    return form.table(**(preset | values))
