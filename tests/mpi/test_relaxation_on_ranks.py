"""F_s alone of the study under mpirun: the same positions on any number of ranks."""

from pathlib import Path

import pytest
from launch import run_python

RUN = Path(__file__).with_name("relaxation_run.py")


def positions(folder, ranks):
    process = run_python([RUN, folder], ranks)
    assert process.returncode == 0, process.stderr
    return (folder / "small_fast_relaxation" / "y.f4").read_bytes()


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    return positions(tmp_path_factory.mktemp("alone"), None)


@pytest.mark.parametrize("ranks", [1, 2, 3, 4])
def test_any_number_of_ranks_keeps_the_same_positions(ranks, alone, tmp_path):
    assert positions(tmp_path, ranks) == alone
