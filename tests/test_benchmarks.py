"""The short table of the documentation, from what the benchmarks have written."""

import json
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
sys.path.append(str(ROOT))

from benchmarks.measure import HERE, Row  # noqa: E402
from benchmarks.short_table import SHOWN, markdown  # noqa: E402


def test_every_row_is_there():
    rows = markdown(HERE / "results.json").splitlines()[2:]
    assert [row.split(" | ")[0].removeprefix("| ") for row in rows] == list(SHOWN)


@pytest.mark.parametrize(
    "ours, theirs, unit, better, expected",
    [
        ([1.0, 1.2, 1.1], [11.0, 12.1, 13.0], "s", "less", "1.1 s | 12.1 s, PEER | 11"),
        ([0.0123], [0.0456], "s", "less", "12.3 ms | 45.6 ms, PEER | 3.7"),
        (
            [32.14e6],
            [5.05e6],
            "particle-steps/s",
            "more",
            "32.1 M particle-steps/s | 5.05 M particle-steps/s, PEER | 6.4",
        ),
        ([0.25], [120.4], "s", "less", "0.25 s | 120 s, PEER | 4.8e+02"),
        ([6512.0], [635.7], "steps/h", "more", "6,510 steps/h | 636 steps/h, PEER | 10"),
    ],
)
def test_medians_in_three_digits(tmp_path, ours, theirs, unit, better, expected):
    rows = [Row(name, ours, unit, peer, theirs, better).summary() for name, peer in SHOWN.values()]
    (tmp_path / "results.json").write_text(json.dumps({"rows": rows}))
    lines = markdown(tmp_path / "results.json").splitlines()
    for line, (title, (_, peer)) in zip(lines[2:], SHOWN.items(), strict=True):
        assert line == f"| {title} | {expected.replace('PEER', peer)} |"
