"""The commands end with 0, 1 or 2, whatever they are given, and show nobody a traceback."""

import contextlib
import io
import subprocess
import sys

import pytest
from budget import TRIED, budget
from configurations import STRANGE_TEXTS
from hypothesis import given
from hypothesis import strategies as st

from softspots.commands import analyze

# Of 60 particles in a box of side 7.1, which ends in a second or two.
TINY = {
    "particles": 60,
    "frames": 1,
    "liquid-time": 0.05,
    "cooling-time": 0.05,
    "steady-state-strain": 1e-4,
    "strain-rate": 1e-3,
    "frame-interval": 0.1,
    "modes": 40,
    "n-modes": 30,
}
ANALYSES = ["taken", "nowhere", ".", "/dev/null", "/proc/self/mem", "--movie", "--quiet", "--epsilon=2", "--epsilon"]
ANALYSES += ["--selection-frames=0", "--output=taken", "--overwrite", "--help", "--version", *STRANGE_TEXTS]
# In s, on a machine that is busy.
TIME_LIMIT = 120
# Values that are right alone, and lead to places in a run that usual ones do not.
UNUSUAL = {
    "particles": [42, 61, 100, 2**31 - 1],
    "fraction-a": [0, 1, 0.5],
    "density": [0.01, 0.7, 1.3, 1e-9],
    "model": ["as-printed"],
    "smoothing": ["quadratic", "switch"],
    "cutoff": [2.4, 1.1, 1e-3, 1e-200, 3.0],
    "temperature": [1e-12, 3.0, 1e5, 1e300],
    # A slower one would take millions of steps to the strain of the others.
    "strain-rate": [0, 1e-7, 1.0, 1e10],
    "timestep": [1e-3, 0.1, 1e-300],
    "thermostat-time": [1e-300, 1e300],
    "thermostat-chain": [3, 3_000_000_000],
    "skin": [1e-9, 0.6],
    "liquid-temperature": [1e-6, 1e5],
    "steady-state-strain": [0, 0.01],
    "quench": ["fire", "cg", "cg+fire"],
    "max-force": [1e-300, 1e300, 1e-8],
    "modes": [1, 118, 119],
    "n-modes": [1, 40],
    "n-particles": [1, 60],
    "min-particles": [1, 10**9],
    "connection": ["distance"],
    "bond-length": [1e-9, 3.5],
    "d2min-cutoff": [1e-9, 3.5],
    "rearrangement-threshold": [1e-300, 1e300],
    "frames": [2],
    "frame-separation": [0.3],
    "seed": [0, 2**31 - 1],
    "output": ["new/folder", "taken", "Größe", "lat\udcff", "results.nc", ".", "/dev/null", "/proc"],
    "config": ["nowhere.toml", "taken", "/dev/null"],
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with a file that is nothing."""
    folder = tmp_path_factory.mktemp("commands")
    (folder / "taken").write_text("a file")
    return folder


def run(module, arguments, folder):
    TRIED["commands"] += 1
    process = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=folder, capture_output=True, timeout=TIME_LIMIT, encoding="utf-8", errors="replace", check=False,
    )  # fmt: skip
    assert process.returncode in (0, 1, 2), (process.returncode, process.stderr[-300:])
    assert "Traceback" not in process.stderr, process.stderr[-300:]
    assert (process.returncode == 0) or process.stderr.startswith(module), process.stderr[-300:]
    return process


def unusual_settings():
    """One or two settings of `UNUSUAL`."""
    names = st.lists(st.sampled_from(tuple(UNUSUAL)), min_size=1, max_size=2, unique=True)
    return names.flatmap(lambda names: st.fixed_dictionaries({name: st.sampled_from(UNUSUAL[name]) for name in names}))


@budget(4)
@given(unusual_settings())
def test_a_run_ends_with_results_or_one_line(tmp_path_factory, settings):
    folder = tmp_path_factory.mktemp("run")
    (folder / "taken").write_text("a file")
    run("softspots.simulate", [f"--{name}={value}" for name, value in (TINY | settings).items()], folder)


@budget(60)
@given(st.lists((st.sampled_from(ANALYSES) | st.text(max_size=5)).filter(lambda text: "\0" not in text), max_size=4))
def test_an_analysis_of_anything_ends_with_one_line(folder, arguments):
    TRIED["configurations"] += 1
    shown = io.StringIO()
    with contextlib.chdir(folder), contextlib.redirect_stderr(shown), pytest.raises(SystemExit) as done:
        analyze.main(arguments)
    assert done.value.code in (1, 2) or (done.value.code == 0 and {"--help", "--version"} & set(arguments))
    assert done.value.code == 0 or len(shown.getvalue().splitlines()) == 1, shown.getvalue()


@pytest.mark.parametrize("module", ["softspots.simulate", "softspots.analyze"])
def test_nobody_listens(module, tmp_path):
    command = f"{sys.executable} -m {module} --help >&-"
    process = subprocess.run(command, shell=True, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "Traceback" not in process.stderr
