"""Reduced runs for tests of figures: what is there, made of synthetic results, and what a test changes in it."""

from dataclasses import replace

import numpy as np
from synthetic import write_results

from softspots.analysis.reduce import reduce_run
from softspots.estimate import Estimate


def reduced_runs(folder):
    """Three temperatures at one strain rate, one of them too short for lives, and another strain rate at one."""
    made = {
        "cold": write_results(folder / "cold.nc", 100),
        "warm": write_results(folder / "warm.nc", 100, 2, temperature=0.2),
        "hot": write_results(folder / "hot.nc", 12, 3, temperature=0.4),
        "fast": write_results(folder / "fast.nc", 100, 4, strain_rate=1e-2),
    }
    return {name: reduce_run(path, selection_frames=2) for name, path in made.items()}


def changed(run, configuration=None, without=(), **measured):
    """The run with other parameters, without some quantities, and with others."""
    return replace(
        run,
        configuration=run.configuration | (configuration or {}),
        measured={name: found for name, found in run.measured.items() if name not in without} | measured,
    )


def numbers(*values):
    """A quantity whose interval is a tenth up and down."""
    value = np.array(values if len(values) > 1 else values[0], dtype=float)
    return Estimate(value, value - 0.1 * abs(value), value + 0.1 * abs(value))
