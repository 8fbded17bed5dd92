"""What the rows come to: each held against the data; how many agree, disagree or stay open, and for lack of what."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from operator import attrgetter
from typing import Any

from paper.alike import codes_alike
from paper.seeds import of_first_edition
from paper.sources import REDUCTION, checksum
from paper.sources import read as read_code
from softspots.figures.summary import Part, shown
from softspots.io.reduced import Reduced

from .asked import Rests
from .evidence import FIRST
from .findings import FINDINGS
from .measures import Missing
from .published import ROWS
from .rows import Row
from .verdicts import AGREES, DISAGREES, UNDECIDED, Number

AGREE, EXPLAINED, UNEXPLAINED, BOTH, OPEN = (
    "agree",
    "disagree, with an explanation",
    "disagree, without one",
    "the paper says two things, and one is seen",
    "open",
)
KINDS = (AGREE, EXPLAINED, UNEXPLAINED, BOTH, OPEN)
TOO_LARGE, UNBOUNDED = "errors are too large to tell", "the number has no interval"


@dataclass(frozen=True)
class Judgement:
    """A row held against the data.

    Parameters
    ----------
    row : Row
        That was held, or what was held instead of it.
    found : Number or None
        None if it could not be had.
    verdict : str
        Of the row; empty if there is no number.
    lacking : str
        Why there is none.
    stale : tuple of str
        What it rests on, of all runs, seeds too, that was reduced by code that may give other numbers: frames, and F_s
        of the dynamics alone.
    first : tuple of str
        The runs whose frames, of the first edition, it rests on.
    runs : int
        How many of its conditions the number is of: those that are there, less those that a measure leaves out as they
        have no interval.
    """

    row: Row
    found: Number | None
    verdict: str
    lacking: str
    stale: tuple[str, ...]
    first: tuple[str, ...]
    runs: int

    @property
    def explained(self) -> bool:
        """Whether the row is among the findings."""
        return self.row.name in FINDINGS

    @property
    def kind(self) -> str:
        """What it counts as."""
        if self.verdict == DISAGREES:
            return EXPLAINED if self.explained else UNEXPLAINED
        return {AGREES: AGREE, UNDECIDED: OPEN, "": OPEN}.get(self.verdict, BOTH)

    @property
    def ours(self) -> str:
        """The number with its interval, and by how many runs if not by all; or that there is none to be had."""
        if self.found is None:
            return self.lacking if self.verdict else ""
        total = len(self.row.conditions)
        by = f", by {self.runs} of {total} runs" if self.runs < total else ""
        return shown(self.found) + by + (f", {self.row.words}" if self.row.words else "")

    @property
    def why(self) -> str:
        """Why it disagrees, as far as that is known, or is open; else what would have agreed."""
        if self.kind == EXPLAINED:
            return FINDINGS[self.row.name].why
        if self.kind == OPEN:
            return self.lacking or (TOO_LARGE if math.isfinite(self.found.error) else UNBOUNDED)
        return str(self.row.accepted)


@cache
def current_code() -> str:
    """The checksum of the code that reduces."""
    return checksum(read_code(REDUCTION))


@cache
def fresh_codes() -> frozenset[str]:
    """The checksums of the code that reduces, and of that which gives the same numbers of the sample of the study."""
    return codes_alike() | {current_code()}


def is_stale(run: Reduced, study: Mapping[str, Reduced]) -> bool:
    """Whether a run was reduced by code that gives other numbers, or with an ε that is not that of its condition."""
    if run.provenance.get("reduction") not in fresh_codes():
        return True
    source = study.get(run.provenance.get("epsilon_from"))
    if source is None or "epsilon" not in source:
        return False
    low, high = Number.of(source["epsilon"]).reach
    return not low <= run["epsilon"].value <= high


def is_stale_alone(provenance: Mapping[str, Any]) -> bool:
    """Whether F_s of the dynamics alone was reduced by code that is neither what is here nor known to give the same."""
    return fresh_codes().isdisjoint(provenance.get(name) for name in ("reduction", "reduction_alike"))


def judge(row: Row, study: Mapping[str, Reduced]) -> Judgement:
    """A row held against the runs that are there."""
    rests = {name: Rests.on(study[name]) for name in row.used(study)}
    found, verdict, lacking = None, "", ""
    if absent := row.missing(study):
        lacking = f"no data of {', '.join(absent)}"
    else:
        try:
            found = row.found({name: one.run for name, one in rests.items()})
            verdict = row.accepted.verdict(found)
        except Missing as reason:
            if row.otherwise and (other := judge(row.otherwise, study)).found:
                return other
            lacking = str(reason)
            verdict = DISAGREES if row.absent and row.absent in lacking else ""
    # Where none was asked, all might have been.
    asked = any(one.names for one in rests.values())
    frames = [name for name, one in rests.items() if one.frames or not asked]
    alone = {one.alone["condition"]: one.alone for one in rests.values() if one.alone}
    return Judgement(
        row,
        found,
        verdict,
        lacking,
        stale=(
            *(name for name in frames if is_stale(study[name], study)),
            *(f"F_s of {name}" for name, provenance in alone.items() if is_stale_alone(provenance)),
        ),
        first=tuple(name for name in frames if of_first_edition(study[name])),
        runs=len(set(row.conditions) & set(rests) if found is None or found.used is None else found.used),
    )


def judge_all(study: Mapping[str, Reduced]) -> list[Judgement]:
    """All rows."""
    return [judge(row, study) for row in ROWS]


def counts(judgements: Sequence[Judgement]) -> list[Part]:
    """The table of how many of the published numbers and trends agree, disagree or stay open."""
    published = [one for one in judgements if one.row.published]
    groups = {kind: [one for one in published if one.kind == kind] for kind in KINDS} | {"all": published}
    rows = [["published numbers and trends", "", "of them, by data of the first edition", "by data of earlier code"]]
    for kind, those in groups.items():
        sums = (len(those), *(sum(map(bool, map(attrgetter(name), those))) for name in ("first", "stale")))
        rows.append([kind, *map(str, sums)])
    note = "By data that were reduced by earlier code nothing is shown of the code that is here."
    return [Part(rows=rows), *([Part(note)] if any(one.stale for one in published) else [])]


def lists(judgements: Sequence[Judgement]) -> list[Part]:
    """Which they are: what disagrees, and what is open, by what is lacking."""
    published, parts = [one for one in judgements if one.row.published], []
    for kind in (EXPLAINED, UNEXPLAINED):
        items = [
            f"{one.row.name}: published {one.row.published}, here {one.ours}" + FIRST * bool(one.first)
            for one in published
            if one.kind == kind
        ]
        if items:
            parts.append(Part(f"{kind[0].upper()}{kind[1:]}:", items=items))
    lacking = {}
    for one in published:
        if one.kind == OPEN:
            lacking.setdefault(one.why, []).append(one.row.name)
    items = [f"{reason} ({len(names)}): {'; '.join(names)}" for reason, names in lacking.items()]
    return parts + ([Part("Open, for lack of what:", items=items)] if items else [])
