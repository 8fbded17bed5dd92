"""Memory that a process keeps for its own next use, what a run needs of it, and what a machine has."""

import platform
import subprocess
import sys
import tracemalloc

import pytest

from softspots.commands import memory, progress, simulate
from softspots.commands.memory import needed_memory
from softspots.commands.parameters import Parameters
from softspots.exceptions import InputError

# 32 MiB are too much for the C library to keep by itself. Each of their 8,192 pages is a fault when it comes from the
# system.
SCRIPT = """
import resource
from softspots.commands.memory import keep_memory

def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    b"x" * 2**25
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

{call}
faults()
print(faults())
"""


def _faults_again(call):
    script = SCRIPT.format(call=call)
    return int(subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True).stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only the GNU C library can be told")
def test_memory_is_taken_from_the_system_once():
    # Half and a hundredth of the pages: what else the interpreter does meanwhile is some pages.
    assert _faults_again("") > 4096
    assert _faults_again("keep_memory()") < 82


def test_all_ranks_of_a_machine_have_to_fit(monkeypatch):
    parameters = Parameters()
    monkeypatch.setattr(simulate, "machine_memory", lambda: 1.5 * needed_memory(parameters.particles, parameters.modes))
    simulate.check_memory(parameters, 1)
    with pytest.raises(InputError, match=r"on 2 rank\(s\) here, which take about 1.66 GB"):
        simulate.check_memory(parameters, 2)


@pytest.mark.parametrize(
    ("particles", "modes", "neighbours", "taken"),
    [(1_000, 75, 64, 0.181), (2_000, 150, 64, 0.269), (4_000, 300, 64, 0.435), (8_000, 600, 64, 1.028)],
)
def test_memory_in_space_is_that_of_measurements(particles, modes, neighbours, taken):
    """Of a frame of kob-andersen-3d, in GB; the command's own libraries take up to 50 MB more."""
    predicted = needed_memory(particles, modes, 3, neighbours) / 1e9
    assert 0.98 * taken < predicted < 1.05 * taken + 0.05


@pytest.mark.parametrize(("text", "limit"), [("1000000\n", 1_000_000), ("max\n", None), (None, None)])
def test_a_container_may_have_less_than_its_machine(tmp_path, monkeypatch, text, limit):
    monkeypatch.setattr(memory, "CONTAINER_LIMITS", ())
    machine = memory.machine_memory()
    if text:
        (tmp_path / "memory.max").write_text(text)
    monkeypatch.setattr(memory, "CONTAINER_LIMITS", (tmp_path / "memory.max",))
    assert memory.machine_memory() == (limit or machine)


def test_a_bar_that_is_printed_in_lines_keeps_nothing(monkeypatch):
    monkeypatch.setattr(progress, "stderr_is_watched", lambda: False)
    bar = progress.Progress(10_000, 0, visible=True)
    bar.stage("a stage")
    tracemalloc.start()
    for _ in range(1000):
        bar.stage("a stage")
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    bar.close()
    # Each time the bar writes a line of 79 characters.
    assert kept < 20_000
