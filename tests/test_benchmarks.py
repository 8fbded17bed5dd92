"""What the README says of the benchmarks is what their file says."""

from pathlib import Path

from benchmarks.measure import HERE
from benchmarks.readme import markdown


def test_table_of_the_readme_is_that_of_the_file():
    text = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
    assert markdown(HERE / "results.json") in text
