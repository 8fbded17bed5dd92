"""Data know the code they come from."""

import json

import pytest
from _pytest.outcomes import XFailed

from paper import sources
from paper.sources import DYNAMICS, LANDSCAPE, REDUCTION, checksum

from . import single_frame
from .stale import Parts, part_sources

FORTRAN = "! what it does\nx = 1 ! one\nprint *, 'a!b'\n"
PYTHON = '"""What it is."""\n\n\ndef one():\n    """One."""\n    return 1  # one\n'
TYPED = (
    "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import there\n"
    "class A:\n    width: there.Length\n"
    "    def twice(self, x: float = 2.0, *more: int) -> float:\n        return 2 * x\n"
)
UNTYPED = "class A:\n    width: int\n    def twice(self, x=2.0, *more):\n        return 2 * x\n"


@pytest.mark.parametrize(
    ("path", "text", "same", "other"),
    [
        ("a.f90", FORTRAN, "\nx  =  1\n! more\nprint *, 'a!b'", FORTRAN.replace("x = 1", "x = 2")),
        ("a.f90", FORTRAN, FORTRAN, FORTRAN.replace("a!b", "a!c")),
        ("a.py", PYTHON, "def one():\n    # as it is\n    return (1)\n", PYTHON.replace("return 1", "return 2")),
        ("a.py", TYPED, UNTYPED, TYPED.replace("width", "height")),
        ("a.py", TYPED, UNTYPED, TYPED.replace("2.0", "3.0")),
    ],
)
def test_code_counts_and_words_do_not(path, text, same, other):
    assert checksum({path: text}) == checksum({path: same})
    assert checksum({path: text}) != checksum({path: other})
    assert checksum({path: text}) != checksum({f"b{path}": text})


@pytest.mark.parametrize("patterns", [DYNAMICS, LANDSCAPE, REDUCTION])
def test_sources_are_there(patterns):
    found = sources.read(patterns)
    for pattern in patterns:
        assert any(sources.ROOT / path in set(sources.ROOT.glob(pattern)) for path in found), pattern


def test_a_stale_part_is_no_agreement(tmp_path):
    now = part_sources(single_frame, DYNAMICS)
    records = {
        name: {"data": {"value": 1}, "provenance": {"commit": "0123456789abcdef"} | known}
        for name, known in (("old", {}), ("other", {"sources": now[::-1]}), ("fresh", {"sources": now}))
    }
    file = tmp_path / "dynamics.json"
    file.write_text(json.dumps(records))
    parts = Parts(file, dict.fromkeys(records, (single_frame, {})), DYNAMICS)
    assert parts["fresh"]["data"] == {"value": 1}
    for name in ("old", "other"):
        with pytest.raises(
            XFailed, match=f"stale: {name} was computed by other sources than these, at commit 0123456789"
        ):
            parts[name]
