"""The table of published and measured numbers at the end of ``pytest validation``, and its options."""

from pathlib import Path

import pytest

from softspots.figures.summary import aligned

LINES = pytest.StashKey[list]()


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
    config.stash[LINES] = []


@pytest.fixture
def table(request) -> list:
    """Lines of the table: row, published, ours, verdict."""
    return request.config.stash[LINES]


def pytest_terminal_summary(terminalreporter, config):
    lines = config.stash[LINES]
    if lines:
        terminalreporter.section("what is published, and what is measured (68 % intervals)")
        for line in aligned([("", "published", "measured", "verdict"), *lines]):
            terminalreporter.write_line(line)
