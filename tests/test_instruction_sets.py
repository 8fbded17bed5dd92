"""Kernels for several instruction sets: which are taken, that they run there, and that results say which they were."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from launch import run_python

import softspots
from softspots import _cholmod, _core, _processor
from softspots.commands.identity import instruction_sets, other_kernels
from softspots.dynamics.parallel import Serial, require_same_kernels
from softspots.installation import LEVELS, best, instruction_set
from softspots.io.checkpoint import Checkpoint, read_checkpoint
from softspots.io.results import read_results


def test_what_a_processor_has_is_known():
    assert _processor.has(_core.instruction_set) or _core.instruction_set not in LEVELS
    assert not _processor.has("x86-64-v5") and not _processor.has("")
    # Each level has all of the one below.
    found = [_processor.has(level) for level in reversed(LEVELS)]
    assert found == sorted(found, reverse=True)


def test_the_best_kernels_that_the_processor_has_are_taken():
    v4, v3, v2 = LEVELS
    for name, built, has, pinned in (
        (v4, LEVELS, LEVELS, None),
        (v3, LEVELS, (v3, v2), None),
        (v2, LEVELS, (v2,), ""),
        (v3, LEVELS, LEVELS, v3),
        (v2, (v4, v2), (v3, v2), None),
    ):
        assert best(built, has.__contains__, pinned) == name
    for has, pinned, words in (
        ((v3, v2), v4, "got x86-64-v4, which this processor has not; allowed: x86-64-v3, x86-64-v2, or empty$"),
        (LEVELS, "avx2", f"got avx2, for which there are no kernels here; allowed: {', '.join(LEVELS)}, or empty$"),
        ((), None, f"for processors of {', '.join(LEVELS)}, and this one is none: build"),
        ((), v2, "and this one is none"),
    ):
        with pytest.raises(softspots.InstallationError, match=words):
            best(LEVELS, has.__contains__, pinned)


def test_what_is_asked_for_and_not_there_ends_a_command_in_a_line():
    for arguments in (["-m", "softspots", "map"], ["-m", "softspots.simulate"]):
        process = run_python(arguments, SOFTSPOTS_INSTRUCTION_SET="avx2")
        assert process.returncode == 2
        assert re.fullmatch(
            r"softspots( map|\.simulate): SOFTSPOTS_INSTRUCTION_SET: got avx2, for which there are no kernels here; "
            r"allowed: .*\n",
            process.stderr,
        ), process.stderr
    # That there is, can be asked for, by name too.
    process = run_python(["-m", "softspots", "--version"], SOFTSPOTS_INSTRUCTION_SET=_core.instruction_set)
    assert f"kernels for {_core.instruction_set}, with" in process.stdout


def built():
    """Names of the builds of the kernels that are there, or a reason to skip."""
    package = Path(_core.__file__).parent
    names = [level for level in LEVELS if [*package.glob(f"_core_{level}.*")]]
    if not names:
        pytest.skip("the kernels are built for one instruction set")
    return names


LOADED = (
    "from softspots import _core; import sys; print(sys.modules['softspots._core'].instruction_set, _core.__name__)"
)


def test_each_build_can_be_asked_for_and_is_what_its_name_says():
    for name in filter(_processor.has, built()):
        process = run_python(["-c", LOADED], SOFTSPOTS_INSTRUCTION_SET=name)
        assert process.stdout == f"{name} softspots._core\n", process.stderr


@pytest.fixture(scope="module")
def several(tmp_path_factory):
    """A folder with a package whose kernels are there under the names of two builds, and these names."""
    folder = tmp_path_factory.mktemp("several")
    package, names = folder / "softspots", [name for name in LEVELS if _processor.has(name)][-2:]
    if len(names) < 2:
        pytest.skip("this processor has no two of these instruction sets")
    ours = Path(softspots.__file__).parent
    shutil.copytree(ours, package, ignore=shutil.ignore_patterns("*.so", "__pycache__"))
    for part in (_cholmod, _processor):
        shutil.copy(part.__file__, package)
    kernels = Path(_core.__file__)
    for name in names:
        shutil.copy(kernels, package / f"_core_{name}.{kernels.name.partition('.')[2]}")
    if (libraries := kernels.parents[1] / "softspots.libs").exists():
        shutil.copytree(libraries, folder / libraries.name)
    return folder, names


@pytest.mark.parametrize(
    "words",
    [
        "import softspots._core",
        "import softspots._core as kernels; assert softspots._core is kernels",
        "from softspots import _core; import softspots._core as kernels; assert _core is kernels",
        "import importlib, softspots; importlib.import_module('softspots._core')",
        "import softspots; softspots._core",
        "import softspots; softspots.Cholesky",
        "import concurrent.futures as c, importlib as i; pool = c.ThreadPoolExecutor(4); "
        "list(pool.map(lambda _: i.import_module('softspots._core').instruction_set, range(4))); import softspots",
    ],
)
def test_one_of_several_builds_is_found_however_it_is_imported(several, words):
    folder, (best_name, other) = several
    told = "import sys; found = sys.modules['softspots._core']; print(found.__file__, found.__name__)"
    for pin, name in ({}, best_name), ({"SOFTSPOTS_INSTRUCTION_SET": other}, other):
        process = run_python(
            ["-c", f"import sys; sys.path.insert(0, {str(folder)!r}); import softspots; {words}; {told}"], **pin
        )
        path, full = process.stdout.split()
        assert Path(path).name.startswith(f"_core_{name}.") and full == "softspots._core", process.stderr
        assert Path(path).parents[1] == folder


def test_a_build_that_is_asked_for_and_not_there_is_told_by_the_full_name_too(several):
    folder, names = several
    code = f"import sys; sys.path.insert(0, {str(folder)!r}); import softspots._core"
    process = run_python(["-c", code], SOFTSPOTS_INSTRUCTION_SET="avx2")
    assert process.returncode == 1
    assert f"got avx2, for which there are no kernels here; allowed: {', '.join(names)}" in process.stderr


# A sheared glass, its minimum and softest modes, of a size that an emulator can manage.
CHAIN = """
import numpy as np
import softspots as ss
from softspots import _core
run = ss.Simulation(ss.Model.preset(), 200, 0.1, 1e-3, seed=1)
run.run(50)
frame = run.frame()
minimum = ss.inherent_structure(frame, ss.Model.preset())
modes = ss.lowest_modes(ss.hessian(minimum.frame, ss.Model.preset()), 12)
print(_core.instruction_set, frame.positions.sum(), minimum.energy, *modes.eigenvalues)
"""


@pytest.mark.parametrize(("processor", "name"), [("Nehalem", "x86-64-v2"), ("Haswell", "x86-64-v3")])
def test_an_emulated_processor_gets_the_kernels_for_it(processor, name):
    emulator = shutil.which("qemu-x86_64")
    if emulator is None:
        pytest.skip("there is no qemu-x86_64")
    assert name in built()
    # This emulator ends in an instruction of NumPy's sorting, a load where none is asked for.
    environment = os.environ | {"NPY_DISABLE_CPU_FEATURES": "X86_V3"}
    emulated = subprocess.run(
        [emulator, "-cpu", processor, sys.executable, "-c", CHAIN],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )
    here = run_python(["-c", CHAIN], SOFTSPOTS_INSTRUCTION_SET=name)
    (got, *numbers), (_, *expected) = emulated.stdout.split(), here.stdout.split()
    assert got == name, emulated.stderr
    # The same kernels give the same bits; NumPy, and BLAS in the modes, choose by the processor too. 1e-14 was seen.
    assert list(map(float, numbers)) == pytest.approx(list(map(float, expected)), rel=1e-11)


def test_compiled_files_need_no_more_than_their_names_say(tmp_path):
    pytest.importorskip("iced_x86")
    pytest.importorskip("elftools")
    sys.path.append(str(Path(__file__).parents[1] / "scripts"))
    from instructions import beyond, extensions

    kernels = Path(_core.__file__)
    for path in kernels.parent.glob("_*.so"):
        # Kernels that are built once, for this machine, have no name that says so.
        if path != kernels or "x86-64" in path.name:
            assert beyond(path) == {}, path.name
    if _core.instruction_set in ("x86-64-v4", "x86-64-v3"):
        named = tmp_path / "_core_x86-64-v2.so"
        shutil.copy(kernels, named)
        more = beyond(named).keys()
        assert {"AVX", "AVX2", "FMA"} <= more and ("AVX512F" in more) == (_core.instruction_set == "x86-64-v4")
        assert {"SSE2"} <= extensions(kernels).keys() - more


def test_ranks_with_different_kernels_are_refused():
    class Mixed(Serial):
        def allgather(self, value):
            return ["x86-64-v4", "x86-64-v3", value, "x86-64-v4"]

    require_same_kernels(Serial())
    with pytest.raises(softspots.InstallationError, match="set SOFTSPOTS_INSTRUCTION_SET=x86-64-v3 for all$"):
        require_same_kernels(Mixed())


def test_results_and_checkpoints_say_which_kernels_they_are_of(undisturbed):
    assert read_results(undisturbed / "results.nc").attributes["instruction_set"] == instruction_set()
    assert read_checkpoint(undisturbed).progress["instruction_set"] == instruction_set()


def test_a_run_that_goes_on_with_other_kernels_says_so_and_names_both():
    now = instruction_set()

    def after(**progress):
        checkpoint = Checkpoint({}, {}, progress)
        return instruction_sets(checkpoint)["instruction_set"], other_kernels(checkpoint)

    assert instruction_sets(None) == {"instruction_set": now}
    assert after(instruction_set=now) == (now, "")
    # Of checkpoints that do not say it nothing is known.
    assert after() == (f"unknown; {now}", "")
    for before in ("mmx", f"mmx; {now}"):
        sets, told = after(instruction_set=before)
        assert sets == f"mmx; {now}"
        assert told.startswith(f"so far the kernels were those for {before}, now they are those for {now}: ")
