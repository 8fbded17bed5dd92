"""Every block of code on the pages is an example that runs: ``pytest docs``, which ``make docs`` does.

The blocks of a page run one after the other, in a folder of their own, which is empty at first:

* ``python``: with the names of the blocks before it; what begins with ``# name.py`` becomes that file; ``text`` right
  behind it is what it prints, to the word; numbers, which rounding decides in the end, are those of one machine;
* ``toml``: becomes the file that its first line names;
* ``sh``: must end well.

A comment before a block says what is smaller here than for a reader: ``<!-- here: 2_500 -> 200; -n 4 -> -n 2 -->``.
ROOT stands for the folder of the repository there. Any other ``text`` is no example.
"""

import os
import re
import subprocess
import sys
import tempfile
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import matplotlib
from sybil import Sybil
from sybil.evaluators.python import PythonEvaluator
from sybil.parsers.myst import CodeBlockParser
from sybil.region import Lexeme

ROOT = Path(__file__).parent.parent
HERE = re.compile(r"<!-- here: ((?:(?!<!--).)*) -->\s*\Z", re.DOTALL)
PRINTS, NUMBER = re.compile(r"\s*```text\n(.*?)```", re.DOTALL), re.compile(r"-?\d+(\.\d*)?(e[-+]?\d+)?")
NAMED = re.compile(r"# (\w+\.(?:py|toml))\b")
TESTED_ELSEWHERE = ["public_files.md"]  # tests/test_published_maps.py, where the files are


def here(example) -> str:
    """The text of a block as it runs here."""
    text, said = str(example.parsed), HERE.search(example.document.text[: example.region.start])
    for change in said[1].split("; ") if said else ():
        old, new = change.split(" -> ")
        assert old in text, f"{old!r} is not in the block"
        text = text.replace(old, new.replace("ROOT", str(ROOT)))
    return text


def python(example):
    example.parsed = Lexeme(here(example), example.parsed.offset, example.parsed.line_offset)
    if named := NAMED.match(example.parsed):
        return Path(named[1]).write_text(example.parsed, encoding="utf-8")
    printed = StringIO()
    with redirect_stdout(printed):
        PythonEvaluator()(example)
    if said := PRINTS.match(example.document.text, example.region.end):
        assert words(said[1]) == words(printed.getvalue())


def words(text) -> list[str]:
    """What is between numbers and spaces."""
    return re.sub(r"([\[\]])", r" \1 ", NUMBER.sub("0", text)).split()


def toml(example):
    Path(NAMED.match(example.parsed)[1]).write_text(here(example), encoding="utf-8")


def shell(example):
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    process = subprocess.run(
        ["bash", "-ec", here(example)], capture_output=True, text=True, env=os.environ | {"PATH": path}
    )
    assert process.returncode == 0, process.stdout + process.stderr


def setup(namespace):
    matplotlib.use("Agg")
    namespace["folder"] = tempfile.TemporaryDirectory()
    namespace["before"] = os.getcwd()
    os.chdir(namespace["folder"].name)


def teardown(namespace):
    os.chdir(namespace["before"])
    namespace["folder"].cleanup()


pytest_collect_file = Sybil(
    parsers=[CodeBlockParser(language, run) for language, run in (("python", python), ("toml", toml), ("sh", shell))],
    patterns=["*.md"],
    excludes=TESTED_ELSEWHERE,
    setup=setup,
    teardown=teardown,
).pytest()
