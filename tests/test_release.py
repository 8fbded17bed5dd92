"""What a release says of itself: one version, of meson.build, and references that can be found."""

import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
import yaml

import softspots as ss
from softspots.io import TrajectoryWriter
from softspots.io.netcdf import NetCDFReader

ROOT = Path(__file__).parents[1]
sys.path.append(str(ROOT))

from benchmarks.measure import HERE  # noqa: E402
from benchmarks.short_table import markdown  # noqa: E402

SUFFIXES = {".py", ".pyi", ".css", ".html", ".js"}
DOI = re.compile(r"10\.\d{4,9}/[\w.()/-]+")


def text(name):
    return (ROOT / name).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def own_version():
    (found,) = re.findall(r"^  version: '(.*)',$", text("meson.build"), re.MULTILINE)
    return found


@pytest.fixture(scope="module")
def citation():
    return yaml.safe_load(text("CITATION.cff"))


def test_version_of_the_package_is_that_of_meson(own_version):
    assert re.fullmatch(r"\d+\.\d+\.\d+", own_version)
    assert ss.__version__ == version("softspots") == own_version


def test_command_tells_the_version(own_version):
    found = subprocess.run(
        [sys.executable, "-m", "softspots", "--version"], capture_output=True, text=True, timeout=60, check=True
    )
    assert found.stdout.split()[:2] == ["softspots", own_version]


@pytest.mark.filterwarnings("ignore:study")
def test_files_say_which_version_has_written_them(tmp_path, own_version):
    frame = ss.Frame([[1.0, 1.0], [3.0, 2.0]], [0, 1], ss.Box(8.0, 8.0))
    with TrajectoryWriter(tmp_path / "trajectory.nc", frame.species) as file:
        file.write(frame)
    model = ss.Mixture.preset("kob-andersen")
    ss.study(frame, model, modes=1, n_particles=1, min_particles=1, progress=False, lag=0).save(tmp_path / "results.nc")
    with NetCDFReader(tmp_path / "trajectory.nc") as trajectory, NetCDFReader(tmp_path / "results.nc") as results:
        assert trajectory.attributes["programVersion"] == results.attributes["software_version"] == own_version


def test_all_files_of_the_package_are_installed():
    listed = re.findall(r"^  '([\w/.]+\.(?:pyi?|typed|css|html|js))',$", text("softspots/meson.build"), re.MULTILINE)
    folder = ROOT / "softspots"
    there = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.suffix in SUFFIXES}
    assert sorted(listed) == sorted(there | {"py.typed"})


def test_files_beside_the_package_have_its_version(own_version, citation):
    assert citation["version"] == own_version
    assert yaml.safe_load(text("recipe/recipe.yaml"))["context"]["version"] == own_version
    first, *_ = re.findall(r"^## (.*)$", text("CHANGELOG.md"), re.MULTILINE)
    # A release has its date in both.
    assert first == f"{own_version} ({citation.get('date-released', 'unreleased')})"


def test_citation_is_complete(citation):
    assert citation["cff-version"] == "1.2.0" and citation["license"] == "BSD-3-Clause"
    assert {"message", "type", "title", "abstract", "authors", "keywords"} <= citation.keys()
    for reference in citation["references"]:
        assert {"type", "title", "authors", "journal", "volume", "year"} <= reference.keys()
        assert DOI.fullmatch(reference["doi"])


def test_paper_cites_what_its_bibliography_has():
    entries = dict(re.findall(r"^@\w+\{(\w+),\n(.*?)^\}", text("joss/paper.bib"), re.MULTILINE | re.DOTALL))
    paper = text("joss/paper.md")
    assert set(re.findall(r"@([A-Z]\w+\d{4})\b", paper)) == entries.keys()
    for entry in entries.values():
        fields = dict(re.findall(r"^  (\w+) = \{(.*)\}", entry, re.MULTILINE))
        assert {"author", "title"} <= fields.keys()
        assert DOI.fullmatch(fields["doi"]) if "doi" in fields else re.fullmatch(r"\d{4}\.\d{5}", fields["eprint"])


def test_citation_and_paper_have_the_same_references(citation):
    assert {reference["doi"] for reference in citation["references"]} <= set(DOI.findall(text("joss/paper.bib")))


def test_numbers_of_the_paper_are_those_of_the_benchmarks():
    assert markdown(HERE / "results.json") in text("joss/paper.md")
