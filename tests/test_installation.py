"""A build that does not fit the machine says so on import, instead of ending the process or in a linker's words."""

import re
import shutil
from pathlib import Path

import pytest
from launch import run_python

import softspots
from softspots import _cholmod, _core, _processor
from softspots.installation import require_processor


def test_a_processor_that_lacks_something_is_named_with_what_is_needed(monkeypatch):
    monkeypatch.setattr(_processor, "has", lambda name: name == "sse3")
    require_processor(["sse3"])
    require_processor([])
    with pytest.raises(
        ImportError, match="with sse3, avx2, avx512f, and this one has no avx2, avx512f: build"
    ) as caught:
        require_processor(["sse3", "avx2", "avx512f"])
    assert isinstance(caught.value, softspots.InstallationError)


ASKED_FIRST = f"""
import importlib, sys, types
package = types.ModuleType("softspots")
package.__path__ = {list(softspots.__path__)!r}
sys.modules["softspots"] = package
installation = importlib.import_module("softspots.installation")

def refuse(needed):
    raise installation.InstallationError(f"asked for {{needed}}")

installation.require_processor = refuse
installation.require_compiled("_core")
"""


def test_the_processor_is_looked_at_before_any_kernel_is_called():
    process = run_python(["-c", ASKED_FIRST])
    assert process.returncode == 1
    assert re.search(r"InstallationError: asked for \[.*\]$", process.stderr.strip()), process.stderr


@pytest.mark.parametrize("part", [_core, _cholmod], ids=["kernels", "cholmod"])
def test_a_library_that_is_not_there_is_named(tmp_path, part):
    """The names of the libraries that a compiled part is linked to are changed in a copy of it."""
    package = tmp_path / "softspots"
    shutil.copytree(Path(softspots.__file__).parent, package, ignore=shutil.ignore_patterns("*.so", "__pycache__"))
    for other in (_core, _cholmod, _processor):
        shutil.copy(other.__file__, package)
    # A wheel brings libraries along.
    inside = Path(_core.__file__).parents[1] / "softspots.libs"
    if inside.exists():
        shutil.copytree(inside, tmp_path / inside.name)
    kind = b"cholmod|scipy_openblas" if part is _cholmod else b"mpi" if _core.built_with_mpi else b"gfortran"
    content, changes = re.subn(rb"(?<=\0)lib(?=(?:" + kind + rb")[-\w]*\.so)", b"nil", Path(part.__file__).read_bytes())
    assert changes > 0
    (package / Path(part.__file__).name).write_bytes(content)
    process = run_python(["-c", f"import sys; sys.path.insert(0, {str(tmp_path)!r}); from softspots import Cholesky"])
    assert process.returncode == 1
    assert re.search(
        r"InstallationError: the compiled part of softspots cannot be loaded "
        rf"\(nil(?:{kind.decode()})[-\w.]*: cannot open shared object file.*\): it needs the libraries",
        process.stderr,
    ), process.stderr


def test_a_package_without_its_compiled_part_says_so(tmp_path):
    package = tmp_path / "softspots"
    shutil.copytree(Path(softspots.__file__).parent, package, ignore=shutil.ignore_patterns("*.so", "__pycache__"))
    process = run_python(["-c", f"import sys; sys.path.insert(0, {str(tmp_path)!r}); from softspots import Cholesky"])
    assert (
        "InstallationError: the compiled part of softspots cannot be loaded (No module named 'softspots._"
        in process.stderr
    )
