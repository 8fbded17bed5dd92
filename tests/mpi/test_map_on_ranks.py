"""``softspots map`` under mpirun: one file on any number of ranks, ended and resumed on others; errors of one rank."""

import pytest
from dumps import OPTIONS, dumped, glass_frames, same_results, without_numbers
from launch import run_python

from softspots.io.results import read_results

pytest.importorskip("ovito")
# Where there are more ranks than cores, each may wait for a slice of time.
LIMIT = 200


@pytest.fixture(scope="module")
def dump(tmp_path_factory):
    """Five frames, of which one cannot be read."""
    path = tmp_path_factory.mktemp("whole") / "glass.lammpstrj"
    path.write_text(dumped(glass_frames(5), {2: without_numbers}))
    return path


def run(dump, folder, ranks, *more, program=("-m", "softspots", "map")):
    return run_python([*program, dump, *OPTIONS, "--maps", 0, 4, "--output", folder, *more], ranks, timeout=LIMIT)


@pytest.fixture(scope="module")
def alone(dump, tmp_path_factory):
    folder = tmp_path_factory.mktemp("alone") / "out"
    process = run(dump, folder, None)
    assert process.returncode == 0, process.stderr
    assert sorted(read_results(folder / "results.nc").faults) == [1, 2]
    return folder, process.stdout


# Two and three come below.
@pytest.mark.parametrize("ranks", [1, 4])
def test_the_same_file_on_any_number_of_ranks(dump, alone, tmp_path, ranks):
    folder, said = alone
    process = run(dump, tmp_path / "out", ranks)
    assert process.returncode == 0, process.stderr
    same_results(tmp_path / "out" / "results.nc", folder / "results.nc")
    # Those of the dump.
    assert read_results(tmp_path / "out" / "results.nc")["particle_id"].tolist() == [*range(1, 301)]
    assert {path.name for path in (tmp_path / "out").iterdir()} == {path.name for path in folder.iterdir()}
    assert process.stdout.replace(str(tmp_path / "out"), str(folder)) == said
    # Rank 0 alone speaks.
    assert process.stderr.count("times are numbers of steps") == 1


# SIGTERM reaches the last rank only, in the middle of its work; the others must stop with it.
TERMINATED = """
import os, signal, sys
from softspots.chain import stages
from softspots.commands import map as command
from softspots.dynamics.parallel import world

original, calls = stages.inherent_structure, 0

def terminated(*arguments, **others):
    global calls
    calls += 1
    if calls == 2 and world().rank == 1:
        os.kill(os.getpid(), signal.SIGTERM)
    return original(*arguments, **others)

stages.inherent_structure = terminated
command.main(sys.argv[1:])
"""


def test_sigterm_ends_all_ranks_and_any_number_resumes(dump, alone, tmp_path):
    process = run(dump, tmp_path / "out", 2, program=("-c", TERMINATED))
    assert process.returncode == 143, process.stderr
    # The second frame of the rank that got the signal is given up; of the other one it is known that it cannot be read.
    assert "3 of 5 frames are done, and --resume goes on with the others" in process.stderr
    assert len(read_results(tmp_path / "out" / "results.nc")) == 3
    process = run(dump, tmp_path / "out", 3, "--resume")
    assert process.returncode == 0, process.stderr
    same_results(tmp_path / "out" / "results.nc", alone[0] / "results.nc")


WRONG = """
import sys
from softspots.commands import map as command
from softspots.dynamics.parallel import world
from softspots.exceptions import InputError

original = command.open_study

def wrong(arguments):
    if world().rank == 1:
        raise InputError("rank 1 cannot read it")
    return original(arguments)

command.open_study = wrong
command.main(sys.argv[1:])
"""


@pytest.mark.parametrize("program, more", [(("-c", WRONG), ()), (("-m", "softspots", "map"), ("--modes=0",))])
def test_a_mistake_is_told_once_and_ends_all_ranks(dump, tmp_path, program, more):
    process = run(dump, tmp_path / "out", 2, *more, program=program)
    assert process.returncode == 2, process.stderr
    told = [line for line in process.stderr.splitlines() if line.startswith("softspots map: ")]
    assert len(told) == 1 and ("rank 1 cannot read it" in told[0] or "--modes: got 0" in told[0])
    assert not (tmp_path / "out").exists()
