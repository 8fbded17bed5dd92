"""All commands under one name: ``softspots COMMAND …``, or ``python -m softspots COMMAND …``."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.metadata import version

from softspots.commands.interruption import end_at_once
from softspots.exceptions import InstallationError
from softspots.installation import require_compiled
from softspots.reasons import meant

NAME = "softspots"
COMMANDS = {
    "simulate": "simulate a sheared glass, find its soft spots and its rearrangements",
    "map": "find soft spots and rearrangements in a trajectory of any program",
    "shear": "shear a solid from minimum to minimum, find its events and the soft spots before them",
    "analyze": "measure and draw what finished runs say of soft spots and rearrangements",
}
COMPLETION = "--print-completion"
WRONG = 2


def usage() -> str:
    """What can be typed."""
    width = max(map(len, COMMANDS)) + 2
    lines = "\n".join(f"  {name:{width}}{text}" for name, text in COMMANDS.items())
    return (
        f"usage: {NAME} [--help | --version | {COMPLETION} SHELL] COMMAND …\n\n{lines}\n\n"
        f"{NAME} COMMAND --help says more."
    )


def main(argv: Sequence[str] | None = None) -> None:
    """Hand over to a command, which ends the process as it does alone.

    Parameters
    ----------
    argv : sequence of str, optional
        Default: the command line of the process.
    """
    if argv is None:
        # What a command needs is imported for a second or more, which Ctrl-C is to end without a word of where it was.
        # A program that calls this keeps its own way of being interrupted.
        end_at_once()
    name, *rest = (sys.argv[1:] if argv is None else argv) or ["--help"]
    if name in COMMANDS:
        _command(name)(rest)
    elif name in ("--help", "-h"):
        _say(usage())
    elif name == "--version":
        _say(f"{NAME} {version(NAME)} ({_kernels()})")
    elif name == COMPLETION:
        import_module("softspots.commands.completion").main(rest, COMMANDS)
    else:
        allowed = (*COMMANDS, "--help", "--version", COMPLETION)
        print(f"{NAME}: got {name!r}; allowed: {', '.join(allowed)}{meant(name, allowed)}", file=sys.stderr)
        sys.exit(WRONG)


def _say(text: str) -> None:
    """Print, or end with a line that says why not."""
    command = import_module("softspots.commands.command")
    with command.command(NAME):
        command.check_streams(NAME)
        command.say(text)


def _command(name: str) -> Callable:
    """What a command calls; where the compiled part does not fit this machine, a line and the end of the process."""
    try:
        return import_module(f"softspots.commands.{name}").main
    except InstallationError as error:
        called = import_module("softspots.commands.command").called
        # Of several ranks each: they may be on different machines.
        print(f"{called(name)}: {error}", file=sys.stderr)
        sys.exit(WRONG)


def _kernels() -> str:
    """What the kernels are compiled for, or why there are none."""
    try:
        kernels = require_compiled("_core")
    except InstallationError as error:
        return f"no kernels: {error}"
    return f"kernels for {kernels.instruction_set}, {'with' if kernels.built_with_mpi else 'without'} MPI"


if __name__ == "__main__":
    main()
