"""Scripts with which a shell completes ``softspots COMMAND …`` on the tab key."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence

import shtab

from softspots.commands import analyze, map_options
from softspots.commands.command import check_streams, command, say
from softspots.commands.kinds import Choice
from softspots.commands.mixtures import MIXTURES
from softspots.commands.options import SIMULATE, make_parser
from softspots.commands.shear_parameters import SHEAR
from softspots.exceptions import InputError

NAME = "softspots"
SHELLS = ("bash", "zsh", "fish")
OPTION = "--print-completion"
FORMS = {"simulate": SIMULATE, "shear": SHEAR}
PARSERS = {"map": map_options.make_parser, "analyze": analyze.make_parser}
# What stands for files and folders in a command's help.
FILES, FOLDER, MODEL = ("FILE", "TRAJECTORY"), "FOLDER", "MODEL"
MODELS = " ".join(MIXTURES)
# The name of a preset or a TOML file.
PRESET_OR_FILE = {
    "bash": "_softspots_models",
    "zsh": f"{{compadd - {MODELS}; _files -g '*.toml'}}",
    "fish": f"{MODELS} (__fish_complete_suffix .toml)",
    "preamble": {
        "bash": f"""\
_softspots_models() {{
  compgen -W "{MODELS}" -- $1
  compgen -f -X "!*.toml" -- $1
  compgen -d -- $1
}}
"""
    },
}


def script(shell: str, commands: Mapping[str, str]) -> str:
    """What a shell is to read to know the commands, their options, and what these can be.

    Parameters
    ----------
    shell : str
        One of `SHELLS`.
    commands : mapping of str to str
        What each command does, by its name.

    Raises
    ------
    InputError
        If the shell is none of these.
    """
    if shell not in SHELLS:
        raise InputError(f"{OPTION}: got {shell or 'nothing'}; allowed: one of {', '.join(SHELLS)}")
    root = argparse.ArgumentParser(NAME)
    root.add_argument("--version", action="version", help="show the version, and exit")
    root.add_argument(OPTION, choices=SHELLS, help="print what a shell needs for completion, and exit")
    below = root.add_subparsers()
    for name, text in commands.items():
        own = make_parser(FORMS[name]) if name in FORMS else PARSERS[name]()
        for action in own._actions:
            _prepare(action)
        below.add_parser(name, parents=[own], add_help=False, description=text, help=text)
    return shtab.complete(root, shell)


def _prepare(action: argparse.Action) -> None:
    """Say in shtab's way what the values of an option can be."""
    stands = action.metavar
    # In zsh's scripts it must not have colons.
    action.metavar = None
    kind = getattr(action, "kind", None)
    if isinstance(kind, Choice):
        action.choices = kind.names
    elif stands == MODEL:
        action.complete = PRESET_OR_FILE
    elif stands in FILES:
        action.complete = shtab.FILE
    elif stands == FOLDER:
        action.complete = shtab.DIRECTORY


def main(arguments: Sequence[str], commands: Mapping[str, str]) -> None:
    """Print the script of the shell that is asked for.

    Exits with status 2 if there is none for it, 1 if it cannot be printed.

    Parameters
    ----------
    arguments : sequence of str
        The shell, alone.
    commands : mapping of str to str
        As in `script`.
    """
    check_streams(NAME)
    with command(NAME):
        say(script(" ".join(arguments), commands))
