"""A row of the table of published and measured numbers, and what rows are made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf

from paper.seeds import by_edition, samples, together, with_seeds
from softspots.io.reduced import Reduced

from . import measures as m
from .verdicts import Direction, Number, Range


@dataclass(frozen=True)
class Row:
    """A row of the table.

    Parameters
    ----------
    name : str
    published : str
        As the paper has it; of a comparison that it does not make, empty.
    where : str
        In the paper.
    conditions : tuple of str
        Names of the runs that `measure` takes, in this order.
    measure : callable
        Takes these runs.
    accepted : Range or Direction
    least : int
        How many of the runs must be there; all, if it is 0.
    absent : str
        What the reason for no number says where what is published is not there at all: then it disagrees.
    otherwise : Row, optional
        What is held against the paper instead where this has no number, though its runs are there.
    words : str
        What is told of such a number.
    """

    name: str
    published: str
    where: str
    conditions: tuple[str, ...]
    measure: m.Measure
    accepted: Range | Direction
    least: int = 0
    absent: str = ""
    otherwise: Row | None = None
    words: str = ""

    def missing(self, study: Mapping[str, Reduced]) -> list[str]:
        """The runs without which the row cannot be had, if so."""
        absent = [name for name in self.conditions if name not in study]
        return absent if len(self.conditions) - len(absent) < (self.least or len(self.conditions)) else []

    def used(self, study: Mapping[str, Reduced]) -> list[str]:
        """The runs of its conditions that are there, with all of their seeds."""
        names = [name for one in self.conditions for name in with_seeds(one)]
        return [name for name in dict.fromkeys(names) if name in study]

    def found(self, study: Mapping[str, Reduced]) -> Number:
        """The number, from the runs that are there and all of their seeds; `measures.Missing` if they do not allow it.

        With several seeds it is the mean over those in which it is of the same runs and edition, and its interval the
        wider of spread and bootstrap: see `paper.seeds`. What is of more of the runs counts before what is of the later
        edition: a seed has no F_s of the dynamics alone.
        """
        runs, independent = samples([name for name in self.conditions if name in study], study)
        editions, reasons = [], {}
        for group in by_edition(runs):
            numbers = []
            for sample in group:
                try:
                    numbers.append(self.measure(sample))
                except m.Missing as reason:
                    reasons[id(sample)] = reason
            if numbers:
                editions.append(numbers)
                if _of(numbers[0]) >= len(runs[0]):
                    break
        if not editions:
            raise reasons[id(runs[0])]
        numbers = max(editions, key=lambda one: _of(one[0]))
        used = numbers[0].used
        numbers = [one for one in numbers if one.used == used]
        if len(numbers) == 1:
            return numbers[0]
        values, errors = ([getattr(one, name) for one in numbers] for name in ("value", "error"))
        return Number.with_error(*together(values, errors, independent), used)


def _of(number: Number) -> float:
    """How many runs a number is of."""
    return inf if number.used is None else len(number.used)


COLD, HOT = "T0.1_rate1e-4", "T0.4_rate1e-4"
FAST, SLOW, HOT_AND_FAST = "T0.1_rate1e-3", "T0.1_rate1e-5", "T0.4_rate1e-3"
APART = f"{SLOW}_apart"
TEMPERATURES = (COLD, "T0.2_rate1e-4", "T0.3_rate1e-4", HOT)
RATES = (SLOW, COLD, FAST)
# Those of figures 2, 5 and 6.
SHOWN = (*TEMPERATURES, SLOW, FAST)
# Where maps are forgotten soonest, and ε is measured.
FASTEST = tuple(f"T{temperature}_rate1e-3" for temperature in (0.1, 0.2, 0.3, 0.4))
ALL = tuple(f"T{temperature}_rate{rate}" for temperature in (0.1, 0.2, 0.3, 0.4) for rate in ("1e-5", "1e-4", "1e-3"))
FIELDS = {"c_ss": "C_SS", "c_dd": "C_DD", "c_sd": "C_SD"}
CURVES = {"scattering": "F_s"} | FIELDS | {"alive": "P(τ_L ≥ δt)"}

# As wide as the paper's figures can be read, and as its words can be taken.
BY_EYE = "read off by eye where a curve bends, on a logarithmic axis"
FALLS = Range(-inf, 1, "the paper says that it falls, not by how much")
NUMBER = (
    "the paper gives no error; a mean of a few hundred independent values that follow a power law has about this one"
)


def near(value: float, part: float, reason: str) -> Range:
    """Within a part of the value, up and down."""
    return Range(value * (1 - part), value * (1 + part), reason)


def factor(value: float, factor: float, reason: str, kind: type[Range] = Range) -> Range:
    """Within a factor of the value, up and down."""
    return kind(value / factor, value * factor, reason)


def short(condition: str) -> str:
    return condition.replace("_rate", ", ").replace("T", "T = ")
