"""The profile of `make fuzz`, files to be damaged, and the count of what was tried."""

import json
import os
from pathlib import Path

from budget import TRIED
from hypothesis import settings

# Other examples in every run; a failure comes with a line that repeats it.
settings.register_profile("fuzz", derandomize=False, deadline=None, print_blob=True)


def pytest_terminal_summary(terminalreporter):
    if TRIED:
        counts = ", ".join(f"{number} {kind}" for kind, number in sorted(TRIED.items()))
        terminalreporter.write_line(f"fuzzing tried {counts}")


def pytest_sessionfinish():
    if path := os.environ.get("FUZZ_COUNTS"):
        Path(path).write_text(json.dumps(TRIED))
