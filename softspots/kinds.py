"""Kinds of values of parameters: what is allowed, in words, and how text or a TOML value becomes one."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Number:
    """A finite number ``above`` one bound, or from ``least`` to ``most``; a whole one if ``kind`` is int."""

    kind: type = float
    above: float = -math.inf
    least: float = -math.inf
    most: float = math.inf

    @property
    def allowed(self) -> str:
        bounds = [
            f"above {self.above:.10g}" if self.above > -math.inf else "",
            f"of at least {self.least:.10g}" if self.least > -math.inf else "",
            f"of at most {self.most:.10g}" if self.most < math.inf else "",
        ]
        noun = "a whole number" if self.kind is int else "a number"
        return f"{noun} {' and '.join(filter(None, bounds))}".rstrip()

    @property
    def metavar(self) -> str:
        return "N" if self.kind is int else "X"

    def read(self, value):
        if isinstance(value, bool) or not isinstance(value, (str, int, self.kind)):
            raise ValueError
        # Whole numbers are compared before they become floats, for which they may be too large.
        number = self.kind(value) if isinstance(value, str) else value
        if not (self.above < number < math.inf and self.least <= number <= self.most):
            raise ValueError
        return self.kind(number)


@dataclass(frozen=True)
class Choice:
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
            raise ValueError
        return value


class Switch:
    """Yes or no: ``--name`` or ``--no-name``, in a file true or false."""

    allowed = "true or false"
    metavar = None

    def read(self, value):
        if not isinstance(value, bool):
            raise ValueError
        return value


class Grid:
    """Ranks along x and y, as "2x1"; None for "auto"."""

    allowed = "auto, or ranks along x and along y, for instance 2x1"
    metavar = "NxN"

    def read(self, value):
        if value == "auto":
            return None
        if not isinstance(value, str):
            raise ValueError
        ranks_x, ranks_y = (Number(int, least=1).read(number) for number in value.split("x"))
        return ranks_x, ranks_y


class Folder:
    """The path of a folder."""

    allowed = "the path of a folder"
    metavar = "FOLDER"

    def read(self, value):
        if not isinstance(value, str) or not value or "\0" in value:
            raise ValueError
        # A name that is no text can be written neither to the files nor to the terminal.
        value.encode()
        return Path(value)
