"""Samples of athermal shear on several ranks: the same bits, progress over all, and what one rank's failure costs."""

import os
import signal
import subprocess
import sys
import time

import pytest
from launch import MPI_ENVIRONMENT, mpirun, run_python

from softspots.io.shear import read_shear, schema

TINY = [
    "-m",
    "softspots.shear",
    "--particles=150",
    "--liquid-time=1",
    "--cooling-time=2",
    "--modes=20",
    "--n-modes=15",
    "--cutoff=2",
    "--strains=0.02",
    "--strain-step=5e-3",
    "--maps-before=0.004",
    "--samples=3",
]


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    folder = tmp_path_factory.mktemp("alone")
    process = run_python([*TINY, "--quiet", "--output", folder])
    assert process.returncode == 0, process.stderr
    return folder


def assert_same(one, other):
    for seed in (1, 2, 3):
        first, second = (read_shear(folder / f"seed{seed}" / "shear.nc") for folder in (one, other))
        for name in schema(2):
            assert first[name].tobytes() == second[name].tobytes(), (seed, name)


@pytest.mark.parametrize("ranks", (2, 4))
def test_the_same_bits_on_any_number_of_ranks(alone, tmp_path, ranks):
    process = run_python([*TINY, "--output", tmp_path], ranks=ranks)
    assert process.returncode == 0, process.stderr
    assert_same(alone, tmp_path)
    # One bar for all, and one table.
    assert process.stderr.count("100 %") == 1 and f"3 samples on {ranks} rank(s)" in process.stderr
    assert process.stdout.count("samples               3") == 1


def test_all_ranks_end_when_asked_to_and_go_on(alone, tmp_path):
    command = [mpirun(), "-n", "2", sys.executable, *map(str, [*TINY, "--checkpoint-every=0", "--output", tmp_path])]
    process = subprocess.Popen(
        command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=os.environ | MPI_ENVIRONMENT
    )
    limit = time.monotonic() + 120
    while not (tmp_path / "seed1" / "checkpoint").exists() and time.monotonic() < limit and process.poll() is None:
        time.sleep(0.02)
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=120)
    # What is told, and the status, are the launcher's too.
    assert process.returncode != 0 and "Traceback" not in err
    process = run_python([*TINY, "--quiet", "--resume", "--output", tmp_path], ranks=2)
    assert process.returncode == 0, process.stderr
    assert_same(alone, tmp_path)


def test_one_sample_is_not_shared(tmp_path):
    process = run_python([*TINY, "--samples=1", "--output", tmp_path], ranks=2)
    assert process.returncode == 2
    assert process.stderr.count("mpirun: got 2 ranks for one sample; allowed: one, or --samples") == 1
