"""Run a condition, or go on with it where it was interrupted: ``python -m paper.run NAME``, or under mpirun."""

from __future__ import annotations

import hashlib
import json
import os
import sys
from importlib.metadata import version
from pathlib import Path

from benchmarks import measure
from softspots import _cholmod
from softspots.dynamics.parallel import launched_rank
from softspots.exceptions import SoftspotsError
from softspots.installation import instruction_set
from softspots.io.checkpoint import CHECKPOINT, PREVIOUS
from softspots.io.results import read_results

from .conditions import Condition, condition
from .fingerprint import fingerprint

# What a condition was computed with, beside its raw results.
RECORD = "run.json"
# Where the code is that runs.
ROOT = measure.HERE.parent


def finished_frames(one: Condition) -> int:
    """How many frames its raw results have, if the run has come to its end; else 0."""
    path = one.raw / "results.nc"
    if not path.exists():
        return 0
    try:
        results = read_results(path)
    except SoftspotsError:
        return 0
    # A run writes its total wall time when all else is written.
    return results.n_frames if "wall_time_total" in results.attributes else 0


def begun(one: Condition) -> bool:
    """Whether there is a run to go on with."""
    return begun_in(one.raw)


def begun_in(place: Path) -> bool:
    """Whether there is a checkpoint in the folder."""
    return any((place / name).exists() for name in (CHECKPOINT, PREVIOUS))


def command(one: Condition) -> list[str]:
    """The command that computes what is missing of a condition."""
    options = one.parameters | {"frames": one.frames, "output": one.raw}
    words = [word for name, value in options.items() for word in (f"--{name.replace('_', '-')}", str(value))]
    words = [sys.executable, "-m", "softspots.simulate", *words]
    if begun(one):
        return [*words, "--resume"]
    # What an interruption has left before the first checkpoint is of no use; a finished run is, and is not replaced.
    return words if finished_frames(one) else [*words, "--overwrite"]


def describe() -> dict[str, str]:
    """With what a run is computed: the code's commit, its kernels, processor, instruction set, compiler, libraries."""
    found = measure.machine()
    return {
        "commit": str(found["commit"]),
        "kernels": _kernels(),
        "processor": found["cpu"],
        "instruction_set": instruction_set(),
        "compiler": str(found["compiler"]),
        **{f"version_{name}": version(name) for name in ("softspots", "numpy", "scipy")},
        "version_cholmod": _cholmod_version(),
    }


def record(one: Condition) -> None:
    """Write what a run is computed with beside its results; where a resumption differs, what was and what is."""
    path = one.raw / RECORD
    if begun(one):
        values = json.loads(path.read_text(encoding="utf-8"))
        for name, now in describe().items():
            before = values[name].split("; ")
            values[name] = "; ".join(before if now in before else [*before, now])
    else:
        values = describe() | fingerprint(one.all_parameters)
    path.write_text(json.dumps(values, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _kernels() -> str:
    """SHA-256 of the compiled sources, on which the bits of the dynamics depend."""
    sources = sorted(path for kind in ("[fF]90", "fypp") for path in (ROOT / "fortran").glob(f"*/*.{kind}"))
    return hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()


def _cholmod_version() -> str:
    return ".".join(map(str, _cholmod.version()))


def main() -> None:
    """The command. The run takes its place, so that signals and the exit status are the run's."""
    one = condition(sys.argv[1])
    if finished_frames(one) >= one.frames:
        return
    words = command(one)
    # Under mpirun every rank becomes one of the run.
    if launched_rank() == 0:
        one.raw.mkdir(parents=True, exist_ok=True)
        record(one)
    os.execv(words[0], words)


if __name__ == "__main__":
    main()
