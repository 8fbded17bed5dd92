"""Damaged files give the numbers that were written, or an error of one line; reading never hangs and never crashes."""

import json
import select
import subprocess
import sys
from pathlib import Path

import pytest
from budget import TRIED, budget
from damages import damages
from hypothesis import Phase, event, given
from hypothesis import strategies as st
from reader import READERS
from synthetic import write_results

from softspots.analysis.reduce import reduce_run
from softspots.io.reduced import write_reduced

# In s; a whole file takes some hundredths.
TIME_LIMIT = 10
TINY = "--particles=100 --strain-rate=1e-3 --frames=3 --liquid-time=0.1 --cooling-time=0.1 --steady-state-strain=1e-4"
SUFFIX = {"results": ".nc", "reduced": ".nc", "trajectory": ".nc", "checkpoint": ""}


class Reader:
    """The process of `reader`, started again when it has ended or been ended."""

    def __init__(self):
        self._process = None

    def read(self, path):
        """What the process says of a file; "hang" or "crash" if it does not."""
        if self._process is None:
            command = [sys.executable, str(Path(__file__).with_name("reader.py"))]
            self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._process.stdin.write(f"{path}\n")
        self._process.stdin.flush()
        ready, _, _ = select.select([self._process.stdout], [], [], TIME_LIMIT)
        line = self._process.stdout.readline() if ready else ""
        if line:
            return json.loads(line)
        self.close()
        return "crash" if ready else "hang"

    def close(self):
        """End the process."""
        if self._process:
            self._process.kill()
            self._process.communicate()
            self._process = None


@pytest.fixture(scope="module")
def reader():
    reader = Reader()
    yield reader
    reader.close()


@pytest.fixture(scope="module")
def whole(tmp_path_factory, reader):
    """What gives the bytes of a file of a kind, and what is in it."""
    folder = tmp_path_factory.mktemp("whole")
    command = [sys.executable, "-m", "softspots.simulate", *TINY.split(), "--output", str(folder)]
    subprocess.run(command, check=True, capture_output=True)
    write_reduced(folder / "reduced.nc", reduce_run(write_results(folder / "series.nc", 40), 0.2, 4))
    content = {kind: (folder / (kind + suffix)).read_bytes() for kind, suffix in SUFFIX.items()}
    found = {kind: (content[kind], reader.read(folder / (kind + suffix))) for kind, suffix in SUFFIX.items()}
    return lambda kind: found[kind]


@pytest.mark.parametrize("kind", READERS)
def test_whole_files_are_read(whole, kind):
    assert "content" in whole(kind)[1]


# The bytes of a file have no simplest damage.
@budget(120, phases=[Phase.reuse, Phase.generate])
@given(st.sampled_from(tuple(READERS)), damages())
def test_damaged_files_are_refused_or_as_they_were(tmp_path_factory, whole, reader, kind, damage):
    content, expected = whole(kind)
    damaged = damage(content)
    path = tmp_path_factory.getbasetemp() / (kind + SUFFIX[kind])
    path.write_bytes(damaged)
    TRIED["files"] += 1
    found = reader.read(path)
    assert found not in ("hang", "crash")
    if "content" in found:
        event(f"{kind}: read")
        assert found == expected
    else:
        event(f"{kind}: refused")
        assert "DamagedFileError" in found["kinds"], found
        assert path.name in found["message"] and len(found["message"].splitlines()) == 1
