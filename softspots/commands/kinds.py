"""Kinds of values of parameters: what is allowed, in words; how a TOML value or the text of an option becomes one."""

from __future__ import annotations

import math
import sys
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

from softspots.exceptions import InputError, system_errors
from softspots.model import Mixture
from softspots.reasons import meant


def parameter(group: str, default, kind: Kind, text: str, unit: str = "", paper: str = "", short: str = ""):
    """A field of a table of parameters: group in the help, kind, meaning, unit, the paper's value, a short option."""
    about = {"group": group, "kind": kind, "text": text, "unit": unit, "paper": paper, "short": short}
    return field(default=default, metadata=about)


def option(name: str) -> str:
    """What a parameter is called on the command line, and in all messages."""
    return "--" + name.replace("_", "-")


class Kind:
    """A kind of values.

    Attributes
    ----------
    allowed : str
        In words, which ones.
    metavar : str or None
        What stands for them in a command's help.
    nargs : str or None
        As argparse has it: "+" or "*" where the command line has several words, which `parse` then gets as a list.
    names : tuple of str
        Those that are allowed, where only some are.
    """

    allowed: str
    metavar: str | None
    nargs: str | None = None
    names: tuple[str, ...] = ()

    def read(self, value):
        """The value, from a TOML value.

        Parameters
        ----------
        value : object

        Raises
        ------
        InputError
            If it is not allowed; the message says what was got and what is.
        """
        raise NotImplementedError

    def parse(self, given):
        """The value, from what the command line has: text, for a switch true or false; raises as `read` does."""
        return self.read(given)

    def refusal(self, value) -> InputError:
        """What `read` and `parse` raise."""
        got = in_short(value)
        return InputError(f"got {got or 'nothing'}; allowed: {self.allowed}{meant(got, self.names)}")


def in_short(value) -> str:
    """The beginning of a value as text, in one line."""
    return " ".join(shown(value).split())[:80]


def shown(value) -> str:
    """A value as text."""
    try:
        return str(value)
    except ValueError:
        # Python does not write numbers of more digits, as that takes long.
        return f"a number of more than {sys.get_int_max_str_digits()} digits"


@dataclass(frozen=True)
class Number(Kind):
    """A finite number ``above`` and ``below`` bounds, or from ``least`` to ``most``; a whole one if ``kind`` is int."""

    kind: type = float
    above: float = -math.inf
    least: float = -math.inf
    most: float = math.inf
    below: float = math.inf

    @property
    def allowed(self) -> str:
        noun = "a whole number" if self.kind is int else "a number"
        if -math.inf < self.least and self.most < math.inf:
            return f"{noun} from {self.least:.10g} to {self.most:.10g}"
        bounds = [
            f"above {self.above:.10g}" if self.above > -math.inf else "",
            f"of at least {self.least:.10g}" if self.least > -math.inf else "",
            f"of at most {self.most:.10g}" if self.most < math.inf else "",
            f"below {self.below:.10g}" if self.below < math.inf else "",
        ]
        return f"{noun} {' and '.join(filter(None, bounds))}".rstrip()

    @property
    def metavar(self) -> str:
        return "N" if self.kind is int else "X"

    def read(self, value):
        if isinstance(value, str):
            raise InputError(f"{self.refusal(repr(value))}, without quotes")
        # Whole numbers are compared before they become floats, for which they may be too large.
        if (
            isinstance(value, bool)
            or not isinstance(value, (int, self.kind))
            or not (self.above < value < self.below and self.least <= value <= self.most)
        ):
            raise self.refusal(value)
        return self.kind(value)

    def parse(self, given):
        try:
            return self.read(self.kind(given))
        except ValueError:
            raise self.refusal(given) from None


@dataclass(frozen=True)
class Choice(Kind):
    """One of several names."""

    names: tuple[str, ...]

    @property
    def allowed(self) -> str:
        return f"one of {', '.join(self.names)}"

    @property
    def metavar(self) -> str:
        return f"{{{','.join(self.names)}}}"

    def read(self, value):
        if value not in self.names:
            raise self.refusal(value)
        return value


class Switch(Kind):
    """Yes or no: ``--name`` or ``--no-name``, in a file true or false."""

    allowed = "true or false"
    metavar = None

    def read(self, value):
        if not isinstance(value, bool):
            raise self.refusal(value)
        return value


class Grid(Kind):
    """Ranks along each axis, as "2x1" or "2x1x1"; None for "auto"."""

    allowed = "auto, or ranks along each axis, for instance 2x1, in space 2x1x1"
    metavar = "NxN"

    def read(self, value):
        if value == "auto":
            return None
        numbers = value.split("x") if isinstance(value, str) else []
        if len(numbers) not in (2, 3):
            raise self.refusal(value)
        try:
            return tuple(map(Number(int, least=1).parse, numbers))
        except InputError:
            raise self.refusal(value) from None


@dataclass(frozen=True)
class Glass(Kind):
    """A mixture: the name of a preset, or a table, as `Mixture.from_table` reads it, in a file of its own or of all."""

    names: tuple[str, ...]
    metavar = "MODEL"

    @property
    def allowed(self) -> str:
        return f"one of {', '.join(self.names)}, or a table [model] in a TOML file, this one or that of --config"

    def parse(self, given):
        return self.read(model_table(given) if given.endswith(".toml") else given)

    def read(self, value):
        if isinstance(value, dict):
            _refuse_long_numbers(value)
            try:
                mixture = Mixture.from_table(value)
            except InputError as error:
                raise InputError(str(error).removeprefix("model: ")) from None
            # A run of a preset has defaults of its own.
            if "preset" not in value and mixture.name in self.names:
                raise InputError(f"name is {mixture.name!r}, that of a preset; allowed: any other")
            return mixture
        if value not in self.names:
            raise self.refusal(value)
        return value


def model_table(path: str) -> dict:
    """The table [model] of a TOML file.

    Raises
    ------
    InputError
        If the file is not there, or has none.
    """
    with system_errors(InputError, f"got {path}"):
        text = Path(path).read_bytes()
    table = toml(text, f"got {path}, which is no TOML file").get("model")
    if isinstance(table, str):
        raise InputError(
            f"got {path}, whose model is a name, as in a file of options (simulate --config); allowed: a table [model]"
        )
    if not isinstance(table, dict):
        raise InputError(f"got {path}; it has no table [model]")
    return table


def toml(text: bytes, refusal: str) -> dict:
    """What TOML says; the mistake of text that is none begins with ``refusal``.

    Raises
    ------
    InputError
        If it is none.
    """
    try:
        return tomllib.loads(text.decode())
    except RecursionError:
        raise InputError(f"{refusal}: this one is nested too deeply") from None
    except ValueError as error:
        raise InputError(f"{refusal}: {shown(error)[:200]}") from error


def _refuse_long_numbers(value) -> None:
    """What TOML has no room for is nothing to compute with, and Python may not even write it."""
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        raise InputError(f"got {shown(value)[:80]}; allowed: whole numbers of 64 bits")
    for one in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        _refuse_long_numbers(one)


class Numbers(Kind):
    """Some numbers with commas between them, or in a file a list; ``part`` is the kind of each."""

    part: Number
    metavar = "X,X"

    def read(self, value):
        parts = value.split(",") if isinstance(value, str) else value
        if not isinstance(parts, list) or not parts:
            raise self.refusal(value)
        try:
            return tuple(map(self.part.parse if isinstance(value, str) else self.part.read, parts))
        except InputError:
            raise self.refusal(value) from None


class Fractions(Numbers):
    """Parts of 1."""

    part = Number(least=0, most=1)
    allowed = "parts that sum to 1, one for each species, for instance 0.5,0.3,0.2"

    def read(self, value):
        found = super().read(value)
        if abs(math.fsum(found) - 1) > 1e-9:
            raise self.refusal(value)
        return found


class Strains(Numbers):
    """Strains to which a solid is sheared, one after the other."""

    part = Number(least=-100, most=100)
    allowed = "strains from -100 to 100, one after the other, for instance 0.1 or 0.1,-0.1"


class Ways(Numbers):
    """Strains by which something else comes before."""

    part = Number(above=0, most=100)
    allowed = "strains above 0, at most 100, for instance 0.001,0.01"


class Text(Kind):
    """A name, which files and terminals can hold."""

    allowed = "a name"
    metavar = "NAME"

    def read(self, value):
        if not isinstance(value, str) or not value or "\0" in value or not _is_text(value):
            raise self.refusal(value)
        return value


class File(Text):
    """The path of a file."""

    allowed = "the path of a file"
    metavar = "FILE"

    def read(self, value):
        return Path(super().read(value))


class Files(File):
    """The paths of files, a word each."""

    nargs = "+"

    def read(self, value):
        return [super(Files, self).read(one) for one in value]


class Folder(File):
    """The path of a folder."""

    allowed = "the path of a folder"
    metavar = "FOLDER"


class Types(Kind):
    """Which species each type of a file is, as a dict; or one species for all; or the column that types are in.

    With a column, the dict is the only value in another one, under the column's name.
    """

    allowed = (
        "TYPE=SPECIES of each, for instance 1=A 2=B, or one species, or a column, with TYPE=SPECIES of each behind it "
        "where it has no species; in a file a table"
    )
    metavar = "TYPE=SPECIES"
    nargs = "+"

    def read(self, value):
        if isinstance(value, str):
            return self.parse(value.split())
        if isinstance(value, dict) and len(value) == 1 and isinstance(table := next(iter(value.values())), dict):
            species = [*table.values()]
        else:
            species = [*value.values()] if isinstance(value, dict) else [value]
        if not species or not all(isinstance(one, str | int) and str(one) for one in species):
            raise self.refusal(value)
        return value

    def parse(self, given):
        words = " ".join(given).split()
        pairs = [one.rpartition("=") for one in words]
        if len(pairs) == 1 and not pairs[0][1]:
            return pairs[0][2]
        column = words[0] if pairs and not pairs[0][1] else None
        pairs = pairs[column is not None :]
        if not pairs or not all(kind and species for kind, _, species in pairs):
            raise self.refusal(" ".join(given))
        table = {kind: species for kind, _, species in pairs}
        return table if column is None else {column: table}


def types_as_typed(types: dict) -> list[str]:
    """Which species types are, in the words that `Types` reads."""
    words = []
    for kind, one in types.items():
        words += [str(kind), *types_as_typed(one)] if isinstance(one, dict) else [f"{kind}={one}"]
    return words


def _is_text(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
