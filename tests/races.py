"""Two runs that start in one folder: ``python tests/races.py 30``; nothing may be lost or mixed.

One begins, the other follows after a random time, plainly, with --resume or with --overwrite, and as the same run or
another one. In every fourth race the first is killed, and two that resume it start at once. Whoever ends well must
leave the bits of an undisturbed run. With HDF5_USE_FILE_LOCKING=FALSE in the environment there are no locks but those
of softspots.
"""

import contextlib
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path

from tiny import OFTEN, TINY, assert_same_run

from softspots.commands import simulate
from softspots.commands.parameters import FILES
from softspots.dynamics.parallel import Serial
from softspots.io.checkpoint import CHECKPOINT, PREVIOUS

MODES = ([], ["--resume"], ["--overwrite"])


def start(folder, seed, more=()):
    """Fork, as importing takes longer than a race; the child's number."""
    process = os.fork()
    if process == 0:
        code = 3
        with open(os.devnull, "w") as nowhere:
            os.dup2(nowhere.fileno(), 1)
            os.dup2(os.open(f"{folder}.{seed}.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND), 2)
        try:
            simulate.main([*TINY, OFTEN, "--frames=8", f"--seed={seed}", f"--output={folder}", *more])
            code = 0
        except SystemExit as end:
            code = end.code
        finally:
            os._exit(code)
    return process


def status(process):
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


def check_same(folder, reference):
    """All but wall times is that of the undisturbed run, and nothing else is there."""
    assert_same_run(folder, reference)
    assert {path.name for path in folder.iterdir()} <= {*FILES, CHECKPOINT, PREVIOUS}


def race(number, folder, references, duration, dice):
    """One race; a line about it."""
    killed = number % 4 == 3
    seeds = [1, 1 if killed else dice.choice((1, 2))]
    mode = ["--resume"] if killed else MODES[number % 3]
    delay = dice.uniform(0, 1.2 * duration)
    processes = [start(folder, seeds[0])]
    time.sleep(delay)
    if killed:
        with contextlib.suppress(ProcessLookupError):
            os.kill(processes[0], signal.SIGKILL)
        status(processes[0])
        resumable = any((folder / name).exists() for name in ("checkpoint", "checkpoint.previous"))
        mode = ["--resume"] if resumable else ["--overwrite"]
        processes = [start(folder, 1, mode)]
    processes.append(start(folder, seeds[1], mode))
    codes = [status(process) for process in processes]
    # One can always go on; the other ends well if it came after the first one's end, or is refused.
    assert 0 in codes, codes
    assert set(codes) <= {0, 1, 2}, codes
    last = max(index for index, code in enumerate(codes) if code == 0)
    check_same(folder, references[seeds[last]])
    logs = "".join(path.read_text() for path in folder.parent.glob(folder.name + ".*.log"))
    assert "Traceback" not in logs, logs
    return f"{'killed, then two of ' * killed}{' '.join(mode) or 'plain':12} after {delay:.2f} s: exit {codes}"


def main(count):
    """Races one after the other."""
    simulate.world = Serial
    dice = random.Random(7)
    with tempfile.TemporaryDirectory() as scratch:
        references = {seed: Path(scratch, f"reference{seed}") for seed in (1, 2)}
        for seed, folder in references.items():
            begin = time.perf_counter()
            assert status(start(folder, seed)) == 0, Path(f"{folder}.{seed}.log").read_text()
            duration = time.perf_counter() - begin
        for number in range(count):
            folder = Path(scratch, f"race{number}")
            print(number + 1, race(number, folder, references, duration, dice), flush=True)
            shutil.rmtree(folder)


if __name__ == "__main__":
    main(int(sys.argv[1]))
