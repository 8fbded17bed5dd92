"""What docs/public_files.md says: each command and all lines of Python, from a published file to its map."""

import re
from pathlib import Path

import matplotlib
import numpy as np
import pytest
from published import DATA, needed
from test_ase import TABLE

from softspots.__main__ import main as softspots
from softspots.io.results import read_results

pytestmark = needed
TEXT = (Path(__file__).parents[1] / "docs" / "public_files.md").read_text()
ROWS = re.findall(r"^\| `(\S+)` \[\d+\] \| `softspots (map .*)` \| (\S+) \|$", TEXT, re.MULTILINE)
MODELS = re.findall(r"```toml\n(# (\S+?):.*?)```", TEXT, re.DOTALL)
PYTHON = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
LIBRARIES = {".gsd": "gsd.hoomd", ".nc": "netCDF4"}


def needs(name):
    pytest.importorskip(LIBRARIES.get(Path(name).suffix, "ovito"))
    if not (DATA / name).exists():
        pytest.skip(f"there is no {name}")
    return DATA / name


def test_all_that_it_shows_is_found_here():
    assert len(ROWS) == TEXT.count("`softspots map ") - TEXT.count("`softspots map --help`") == 11
    assert len(MODELS) == TEXT.count("```toml") and len(PYTHON) == TEXT.count("```python")


def test_it_speaks_of_every_file():
    named = {path.name for path in DATA.iterdir()} - {"README.md", "aqs_LJ_glass_stress.dat"}
    assert {name for name in named if name not in TEXT} == set()


@pytest.mark.parametrize("name, line, energy", ROWS, ids=[name for name, _, _ in ROWS])
def test_a_command(name, line, energy, tmp_path, monkeypatch, capsys):
    path = needs(name)
    monkeypatch.chdir(tmp_path)
    for text, file in MODELS:
        Path(file).write_text(text)
    words = [str(path) if word == name else word for word in line.split()]
    softspots([*words, "--frames", "0:1", "--modes", "20", "--n-modes", "10", "--quiet"])
    assert "certified" in capsys.readouterr().out
    results = read_results("maps/results.nc")
    assert (results["inherent_certified"] == 1).all() and (results["soft_spot"] >= 0).any(axis=1).all()
    particles = results.configuration["particles"]
    assert results["inherent_energy"][0] / particles == pytest.approx(
        float(energy), abs=10.0 ** -len(energy.split(".")[1])
    )
    assert Path("maps/map_000000.png").stat().st_size > 10_000


@pytest.mark.parametrize("text", PYTHON, ids=[re.search(r'"(\S+?\.\w+)', text)[1] for text in PYTHON])
def test_lines_of_python(text, tmp_path, monkeypatch):
    name = next(path.name for path in DATA.iterdir() if f'"{path.name}"' in text)
    needs(name)
    for library in re.findall(r"^(?:from|import) (\S+)", text, re.MULTILINE):
        pytest.importorskip(library)
    monkeypatch.chdir(tmp_path)
    Path(name).symlink_to(DATA / name)
    Path(TABLE.name).symlink_to(TABLE)
    with matplotlib.rc_context({"backend": "agg"}):
        from matplotlib import pyplot

        made = {}
        exec(text, made)
        pyplot.close("all")
    found = made["study"][0]
    assert found.minimum.certified and (found.labels >= 0).any()
    assert np.isfinite(found.minimum.energy)
