"""What the README says of the benchmarks is what their file says."""

import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.append(str(ROOT))

from benchmarks.measure import HERE  # noqa: E402
from benchmarks.readme import markdown  # noqa: E402


def test_table_of_the_readme_is_that_of_the_file():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert markdown(HERE / "results.json") in text
