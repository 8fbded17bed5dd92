"""Running the package on several ranks, as a user would: with the mpirun of the MPI that it was built with."""

import os
import shutil
import subprocess
import sys

import pytest

from softspots import _core
from softspots.commands import analyze

# Open MPI asks for these as root and on few cores; MPICH does not know them.
MPI_ENVIRONMENT = {
    "OMPI_ALLOW_RUN_AS_ROOT": "1",
    "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
    "OMPI_MCA_rmaps_base_oversubscribe": "1",
    "PRTE_MCA_rmaps_default_mapping_policy": ":oversubscribe",
    "OMPI_MCA_mpi_yield_when_idle": "1",
    "OPENBLAS_NUM_THREADS": "1",
}


def mpirun():
    """The mpirun of the MPI library that the compiled part uses, or a reason to skip."""
    if not _core.built_with_mpi:
        pytest.skip("built without MPI")
    pytest.importorskip("mpi4py")
    vendor, suffix = ("Open MPI", "openmpi") if "Open MPI" in _core.mpi_library_version() else ("HYDRA", "mpich")
    for folder in (os.path.dirname(sys.executable), None):
        for name in ("mpirun", f"mpirun.{suffix}"):
            program = shutil.which(name, path=folder)
            if program is None:
                continue
            version = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=30, check=False)
            if vendor in version.stdout:
                return program
    pytest.skip(f"there is no mpirun of {vendor}")


def run_python(arguments, ranks=None, timeout=250, **environment):
    """Run ``python arguments``, under mpirun if ``ranks`` is given; returns the finished process.

    What hangs ends before the test's own limit; what a busy machine slows down, or checks of memory do, does not.
    """
    launcher = [] if ranks is None else [mpirun(), "-n", str(ranks)]
    return subprocess.run(
        [*launcher, sys.executable, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
        env=os.environ | MPI_ENVIRONMENT | environment,
    )


def called(capsys, main, arguments):
    """Exit status, stdout, stderr of a command in this process."""
    try:
        main([str(argument) for argument in arguments])
        status = 0
    except SystemExit as done:
        status = done.code
    return status, *capsys.readouterr()


def analyzed(capsys, *arguments):
    """The same of the command that analyses runs."""
    return called(capsys, analyze.main, arguments)
