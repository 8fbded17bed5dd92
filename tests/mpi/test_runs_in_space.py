"""A run in three dimensions, of particles with sizes: the same bits on one to four ranks, and resumed on others."""

import pytest
from launch import run_python
from tiny import TINY_IN_SPACE, assert_same_run

# Where there are more ranks than cores, each may wait for a slice of time.
SHORT = ["--liquid-time=0.5", "--cooling-time=0.5", "--steady-state-strain=0.0005", "--frame-interval=0.2"]


def run(folder, ranks, *more):
    arguments = ["-m", "softspots.simulate", *TINY_IN_SPACE, *SHORT, *more]
    process = run_python([*arguments, "--output", folder], ranks)
    assert process.returncode == 0, process.stderr


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    folder = tmp_path_factory.mktemp("alone")
    run(folder, None, "--frames=4")
    return folder


def test_any_number_of_ranks_gives_and_resumes_the_same_run(alone, tmp_path):
    run(tmp_path, 3, "--frames=1")
    run(tmp_path, 2, "--frames=2", "--resume")
    run(tmp_path, 4, "--frames=4", "--resume")
    assert_same_run(tmp_path, alone)
