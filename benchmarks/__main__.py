"""Run all benchmarks: print a table of ratios with their spreads, and write it to benchmarks/results.json."""

import argparse
from pathlib import Path

from . import analysis, dynamics, landscape
from .measure import HERE, machine, table, write

# A subject is a function (quick, mpirun) that yields rows.
SUBJECTS = (dynamics.rows, landscape.rows, analysis.rows)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="only show that everything runs; writes no results")
    parser.add_argument("--mpirun", default="mpirun", help="launcher of the MPI that softspots is built with")
    parser.add_argument("--output", type=Path, default=HERE / "results.json", help="default: %(default)s")
    arguments = parser.parse_args()

    described = machine()
    rows = [row for subject in SUBJECTS for row in subject(arguments.quick, arguments.mpirun)]
    print(table(rows))
    if not arguments.quick:
        write(arguments.output, rows, described)
        print(f"\nwritten to {arguments.output}")


if __name__ == "__main__":
    main()
