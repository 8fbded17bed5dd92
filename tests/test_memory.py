"""Memory that a process keeps for its own next use."""

import platform
import subprocess
import sys

import pytest

# 32 MiB are too much for the C library to keep by itself. Each of their 8,192 pages is a fault when it comes from the
# system.
SCRIPT = """
import resource
from softspots.memory import keep_memory

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
