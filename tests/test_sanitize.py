"""The tests that a build with the compilers' checks leaves out are named in its script, each as it is called now."""

import re
from pathlib import Path

import pytest

HERE = Path(__file__).parent
SCRIPT = HERE.parent / "scripts" / "sanitize"


@pytest.fixture(scope="module")
def left_out():
    """The patterns of the script's list, and not its comments."""
    cases = SCRIPT.read_text(encoding="utf-8").split("case ")[1].split("esac")[0]
    lines = [line for line in cases.splitlines() if not line.lstrip().startswith("#")]
    return re.findall(r"[\w.]+\.py", "\n".join(lines))


def test_each_of_them_is_there(left_out):
    assert len(left_out) > 50
    assert [name for name in left_out if not (HERE / f"test_{name}").is_file()] == []


def test_none_is_named_twice(left_out):
    assert sorted(left_out) == sorted(set(left_out))


def test_tests_that_are_named_one_by_one_are_there():
    named = re.findall(r"(tests/[\w/]+\.py)::(\w+)", SCRIPT.read_text(encoding="utf-8"))
    assert len(named) > 5
    for path, name in named:
        assert f"def {name}(" in (HERE.parent / path).read_text(encoding="utf-8"), name
