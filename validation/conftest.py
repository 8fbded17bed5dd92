"""The table of published and measured numbers at the end of ``pytest validation``, and its options."""

from pathlib import Path

import pytest

from softspots.figures.summary import aligned

from .tally import EXPLAINED, OPEN, Judgement, counts

JUDGEMENTS = pytest.StashKey[list[Judgement]]()


def pytest_addoption(parser):
    group = parser.getgroup("softspots")
    group.addoption(
        "--fresh",
        action="append",
        default=[],
        metavar="CONDITION",
        help="compute a condition of paper/conditions.py from nothing, and compare it with the data that are there",
    )
    group.addoption(
        "--fresh-folder",
        type=Path,
        metavar="FOLDER",
        help="its raw results go to FOLDER/CONDITION, and it goes on from what is there [default: a temporary folder]",
    )


def pytest_configure(config):
    config.stash[JUDGEMENTS] = []


@pytest.fixture
def judgements(request) -> list[Judgement]:
    """What the table at the end is made of."""
    return request.config.stash[JUDGEMENTS]


def pytest_terminal_summary(terminalreporter, config):
    judgements = config.stash[JUDGEMENTS]
    if judgements:
        terminalreporter.section("what is published, and what is measured (68 % intervals)")
        lines = [("", "published", "measured", "verdict", "why")]
        lines += [(one.row.name, one.row.published, one.ours, _verdict(one), one.why) for one in judgements]
        for line in aligned(lines):
            terminalreporter.write_line(line)
        for part in counts(judgements):
            terminalreporter.write_line("")
            for line in part.markdown():
                terminalreporter.write_line(line)


def _verdict(one: Judgement) -> str:
    verdict = "finding" if one.kind == EXPLAINED else one.verdict or OPEN
    return verdict + " (stale)" * bool(one.stale and one.verdict)
