"""Sound files of each kind, what is in them, and copies with a change."""

import sys
from dataclasses import replace

import netCDF4
import numpy as np
from synthetic import write_results

from softspots.estimate import Estimate
from softspots.io import TrajectoryWriter, read_reduced, read_results, read_trajectory, write_reduced
from softspots.io.reduced import Reduced
from softspots.io.schema import SCHEMA

FRAMES = 3
IDENTITY = {"run_id": "0123456789abcdef", "parameters_checksum": "f" * 64}


def make_reduced(**changes):
    random = np.random.default_rng(5)
    lags, curve = np.arange(8.0), np.linspace(1, 0.1, 8)
    found = {
        "c_ss": Estimate(curve, curve - 0.1, curve + 0.1, curve + random.normal(0, 0.1, (50, 8)), 4),
        "density": Estimate(np.array(0.2), np.array(0.19), np.array(0.22)),
        "tau_alpha": Estimate(np.array(80.0), np.array(60.0), np.array(np.inf)),
        "epsilon": Estimate(*3 * [np.array(np.nan)]),
    }
    reasons = {"tau_star": "there is no plateau"}
    return replace(Reduced({"temperature": 0.1}, {"frames": 9, **IDENTITY}, {"lag": lags}, found, reasons), **changes)


def make_files(folder):
    """A sound file of each kind."""
    paths = {kind: folder / f"{kind}.nc" for kind in ("results", "reduced", "trajectory")}
    write_results(paths["results"], FRAMES)
    write_reduced(paths["reduced"], make_reduced())
    results = read_results(paths["results"])
    with TrajectoryWriter(paths["trajectory"], results["species"], IDENTITY) as writer:
        for frame in results:
            writer.write(frame)
    return paths


def read_all(kind, path):
    """All that can be read from a file, as text that no number is lost in."""
    if kind == "trajectory":
        found = [
            (frame.positions, frame.images, frame.species, frame.time, frame.box) for frame in read_trajectory(path)
        ]
    elif kind == "results":
        results = read_results(path)
        found = [results.configuration, results.attributes, *(results[name] for name in SCHEMA)]
    else:
        reduced = read_reduced(path)
        measured = [vars(reduced.measured[name]) for name in sorted(reduced.measured)]
        found = [reduced.configuration, reduced.provenance, reduced.missing, reduced.axes, *measured]
    with np.printoptions(threshold=sys.maxsize, floatmode="unique"):
        return repr(found)


def change(path, copy, **values):
    """A copy of a file with other values: of a variable, or of an attribute. It has no seal."""
    copy.write_bytes(path.read_bytes())
    with netCDF4.Dataset(copy, "a") as dataset:
        for name, value in values.items():
            if name in dataset.variables:
                index, number = value
                dataset.variables[name][index] = number
            else:
                dataset.setncattr(name, value)
    return copy
