"""Reading the parameters of a run from the command line and from a TOML file."""

from __future__ import annotations

import argparse
import sys
import tomllib
from dataclasses import dataclass, field, fields

from softspots.commands.command import printing, typed
from softspots.commands.kinds import Choice, Kind, Switch, in_short, option, shown
from softspots.commands.mixtures import listing
from softspots.commands.parameters import Parameters
from softspots.commands.starts import READING, started
from softspots.exceptions import InputError, system_errors
from softspots.reasons import meant

# Of a TOML file, in bytes.
LONGEST_FILE = 100_000
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
    """A command line whose mistakes are raised as `InputError`."""

    def error(self, message):
        """Called with argparse's complaint."""
        raise InputError(" ".join(message.removeprefix("argument ").split())[:200])

    def parse_known_args(self, args=None, namespace=None):
        """Refuse first what no option is meant by, with a question about the one that may be."""
        for argument in sys.argv[1:] if args is None else args:
            name = argument.partition("=")[0]
            if name.startswith("--") and argument != "--" and name not in self._option_string_actions:
                raise self.unknown(argument)
        return super().parse_known_args(args, namespace)

    def _get_values(self, action, arg_strings):
        # Before Python 3.13, argparse takes this value out, as in --output=--, and then misses it.
        if action.option_strings and arg_strings == ["--"]:
            return self._get_value(action, "--")
        return super()._get_values(action, arg_strings)

    def unknown(self, argument: str) -> InputError:
        """The mistake of an argument that is none."""
        names = [name for name in self._option_string_actions if name.startswith("--")]
        return InputError(f"unknown argument {argument[:80]!r}{meant(argument.partition('=')[0], names)}")

    def print_help(self, file=None):
        """Argparse says nothing if it cannot be printed."""
        print(self.format_help(), end="", file=file or sys.stdout, flush=True)


class ListModels(argparse.Action):
    """Shows the presets and ends, as ``--version`` does."""

    def __init__(self, option_strings, dest, **options):
        super().__init__(option_strings, argparse.SUPPRESS, nargs=0, **options)

    def __call__(self, parser, namespace, values, option_string=None):
        print(listing(), flush=True)
        parser.exit()


def make_parser(version: str = "", form: Form = SIMULATE) -> argparse.ArgumentParser:
    """The command line of a command: all values as text, and only those given."""
    parser = Parser(
        prog=form.program,
        usage="%(prog)s [options]",
        description=form.description,
        epilog=form.epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        argument_default=argparse.SUPPRESS,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"softspots {version}")
    parser.add_argument("--list-models", action=ListModels, help="show the mixtures that --model knows, and exit")
    parser.add_argument("--config", metavar="FILE", help="TOML file with values of the options below")
    if form.presets:
        parser.add_argument(
            "--preset", metavar=form.kind("preset").metavar, help="a named set of values; demo is a first look"
        )
    groups = {}
    for entry in fields(form.table):
        group = entry.metadata["group"]
        if group not in groups:
            groups[group] = parser.add_argument_group(group)
        add_option(groups[group], entry)
    return parser


def add_option(group, entry) -> None:
    """Add a field of a table to a group of a command line, which takes its value as text."""
    kind, name = entry.metadata["kind"], option(entry.name)
    if isinstance(kind, Switch):
        group.add_argument(name, action=argparse.BooleanOptionalAction, help=_help(entry))
    else:
        names = filter(None, (name, entry.metadata["short"]))
        group.add_argument(*names, metavar=kind.metavar, nargs=kind.nargs, help=_help(entry))


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


def _join_negative_numbers(arguments):
    """Make ``--name -1e-3``, or numbers with commas, one argument: argparse takes these for an option."""
    joined = []
    for argument in arguments:
        try:
            first = argument.partition(",")[0]
            negative = argument.startswith("-") and bool(joined) and joined[-1].startswith("--") and float(first)
        except ValueError:
            negative = False
        if negative:
            joined[-1] += f"={argument}"
        else:
            joined.append(argument)
    return joined


def read_file(path: str, form: Form = SIMULATE) -> dict:
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
    try:
        content = tomllib.loads(text.decode())
    except RecursionError:
        raise InputError(f"{refusal}: this one is nested too deeply") from None
    except ValueError as error:
        raise InputError(f"{refusal}: {shown(error)[:200]}") from error
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


def read_arguments(arguments, version: str = "", form: Form = SIMULATE):
    """The parameters, a ``form.table``, that a command line asks for; it goes before file, preset and defaults.

    Raises
    ------
    InputError
        If anything in it is wrong.
    SystemExit
        After ``--help``, ``--version`` or ``--list-models``.
    """
    with printing():
        parser = make_parser(version, form)
        given, unknown = parser.parse_known_args(_join_negative_numbers(arguments))
    options = vars(given)
    if unknown:
        raise parser.unknown(unknown[0])
    file = read_file(options.pop("config"), form) if "config" in options else {}
    line = {name: labeled(option(name), form.kind(name).parse, given) for name, given in options.items()}
    values = file | line
    preset = form.presets[values.pop("preset", next(iter(form.presets)))] if form.presets else {}
    if "start" in values:
        values = started(values, form.thermal)
    elif wanting := next((name for name in OF_STARTS if name in values), None):
        got = in_short(values[wanting]) or "nothing"
        raise InputError(f"{option(wanting)}: got {got}, which is said of --start FILE; leave it out")
    return form.table(**(preset | values))
