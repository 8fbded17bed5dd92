"""Run the benchmarks: print a table of ratios with their spreads, and write it to benchmarks/results.json."""

import argparse
from pathlib import Path

from . import analysis, athermal_shear, dynamics, glasses, landscape, landscape_3d
from .measure import HERE, machine, table, write
from .short_table import markdown

# A subject is a function (quick, mpirun) that yields rows.
SUBJECTS = {
    "dynamics": dynamics.rows,
    "glasses": glasses.rows,
    "landscape": landscape.rows,
    "landscape_3d": landscape_3d.rows,
    "athermal_shear": athermal_shear.rows,
    "analysis": analysis.rows,
}


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="only show that everything runs; writes no results")
    parser.add_argument("--only", choices=SUBJECTS, nargs="+", help="measure these, and keep the results of the others")
    parser.add_argument("--mpirun", default="mpirun", help="launcher of the MPI that softspots is built with")
    parser.add_argument("--output", type=Path, default=HERE / "results.json", help="default: %(default)s")
    parser.add_argument(
        "--table",
        action="store_true",
        help="print the documentation's short table from the output; measure nothing",
    )
    arguments = parser.parse_args()
    if arguments.table:
        print(markdown(arguments.output))
        return

    described, rows = machine(), {}
    for subject in arguments.only or SUBJECTS:
        rows[subject] = list(SUBJECTS[subject](arguments.quick, arguments.mpirun))
        print(f"{subject}\n\n{table(rows[subject])}\n", flush=True)
        if not arguments.quick:
            write(arguments.output, rows, described, list(SUBJECTS))
    if not arguments.quick:
        print(f"written to {arguments.output}")


if __name__ == "__main__":
    main()
