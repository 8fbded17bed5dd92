"""The library keeps its linear algebra in one thread, leaves others' settings alone, and survives a fork."""

import os
import subprocess
import sys

import pytest

START = """
import multiprocessing, os, threading
import numpy as np
from threadpoolctl import threadpool_info, threadpool_limits
import softspots as ss
import softspots.landscape.quench

model = ss.Model.preset()
side = 12.0
random = np.random.default_rng(1)
frame = ss.Frame(random.random((170, 2)) * side, np.arange(170) >= 110, ss.Box(side, side, tilt=3.0))

def work(number=0):
    minimum = ss.inherent_structure(frame, model)
    modes = ss.lowest_modes(ss.hessian(minimum.frame, model), 30)
    return minimum.energy, modes.eigenvalues.tolist()

def settings():
    return sorted((library["filepath"], library["num_threads"]) for library in threadpool_info())

def tasks():
    return len(os.listdir("/proc/self/task"))
"""
FORK = """
expected = work()
with multiprocessing.get_context("fork").Pool(3) as pool:
    assert pool.map(work, range(3)) == [expected] * 3
# A child of a process whose threads are at work, too.
found = []
workers = [threading.Thread(target=lambda: found.append(work())) for _ in range(2)]
for worker in workers:
    worker.start()
with multiprocessing.get_context("fork").Pool(2) as pool:
    assert pool.map(work, range(2)) == [expected] * 2
for worker in workers:
    worker.join()
assert found == [expected] * 2
"""
SETTINGS = """
before, there = settings(), tasks()
assert max(threads for _, threads in before) == 2
work()
assert settings() == before
assert tasks() == there
# One is in when the other comes, and out before it ends.
workers = [threading.Thread(target=work) for _ in range(4)]
for worker in workers:
    worker.start()
for worker in workers:
    worker.join()
assert settings() == before
# Another one holds what it has set meanwhile.
with threadpool_limits(1):
    worker = threading.Thread(target=work)
    worker.start()
    worker.join()
    assert max(threads for _, threads in settings()) == 1
assert settings() == before
for wrong in ({"method": "none"}, {"max_force": -1.0}):
    try:
        ss.inherent_structure(frame, model, **wrong)
    except ValueError:
        assert settings() == before
"""


@pytest.mark.skipif(not os.path.exists("/proc/self/task"), reason="threads are counted where Linux shows them")
@pytest.mark.parametrize("program", [FORK, SETTINGS])
def test_one_thread_and_what_others_have(program):
    environment = {name: value for name, value in os.environ.items() if "NUM_THREADS" not in name}
    # Also on a machine of one core the libraries would take two.
    environment |= {"OMP_NUM_THREADS": "2"}
    process = subprocess.run(
        [sys.executable, "-c", START + program], env=environment, capture_output=True, text=True, timeout=60
    )
    assert process.returncode == 0, process.stderr
