"""`make fuzz`: rounds of other random examples, each in a process of its own, until there are enough of them."""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

HERE = Path(__file__).parent
# Of a round, against `make test`: some minutes, so that a failure is soon told, and what a process keeps does not grow.
SCALE = 4


def one_round(seed, scale):
    """Whether all properties hold for the examples of this seed, and how many of each kind were tried."""
    with tempfile.TemporaryDirectory() as folder:
        counts = Path(folder) / "counts.json"
        environment = os.environ | {"FUZZ_SCALE": str(scale), "FUZZ_COUNTS": str(counts)}
        command = [sys.executable, "-m", "pytest", "-q", "--tb=short", "--timeout=0", "--hypothesis-profile=fuzz"]
        process = subprocess.run([*command, f"--hypothesis-seed={seed}", str(HERE)], env=environment)
        # A process that crashes leaves no counts.
        return process.returncode == 0, Counter(json.loads(counts.read_text()) if counts.exists() else {})


def main():
    """Run rounds and print the counts; the status is 1 if a round failed."""
    parser = argparse.ArgumentParser(prog="python tests/fuzz", description=__doc__)
    parser.add_argument("--examples", type=int, metavar="N", help="go on until so many configurations were tried")
    parser.add_argument("--minutes", type=float, metavar="X", help="start no round later than this")
    parser.add_argument("--seed", type=int, help="one round only, with the examples of this seed")
    arguments = parser.parse_args()
    end = time.monotonic() + 60 * (arguments.minutes or (float("inf") if arguments.examples else 10))
    tried, failed = Counter(), []
    while not tried or (time.monotonic() < end and tried["configurations"] < (arguments.examples or float("inf"))):
        seed = random.randrange(2**32) if arguments.seed is None else arguments.seed
        sound, counts = one_round(seed, SCALE)
        tried += counts + Counter(rounds=1)
        if not sound:
            failed.append(seed)
        print(", ".join(f"{number} {kind}" for kind, number in tried.items()), f"- {len(failed)} failed", flush=True)
        if arguments.seed is not None:
            break
    for seed in failed:
        print(f"to repeat a failed round: make fuzz SEED={seed}")
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
