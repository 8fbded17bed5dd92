"""A process that reads files and says what is in them: what HDF5 does to it on damaged ones hurts nobody else.

One path a line on its input; on its output, a line of JSON each: the checksum of all content, or the error.
"""

import hashlib
import json
import resource
import sys
import warnings
from pathlib import Path

import numpy as np

from softspots.io import read_reduced, read_results, read_trajectory
from softspots.io.checkpoint import read_file
from softspots.io.readers import read
from softspots.io.schema import SCHEMA

# Small files need little; what asks for more is told so, and takes no other process with it.
MEMORY = 4 * 2**30


def results(path):
    """All variables and attributes of a results file."""
    found = read_results(path)
    yield found.n_frames, sorted(found.configuration.items()), sorted(found.attributes.items())
    for name in filter(found.__contains__, SCHEMA):
        yield name, found[name]


def reduced(path):
    """All quantities and attributes of reduced data."""
    found = read_reduced(path)
    yield sorted(found.configuration.items()), sorted(found.provenance.items()), sorted(found.missing.items())
    yield from sorted(found.axes.items())
    for name, quantity in sorted(found.measured.items()):
        yield name, quantity.value, quantity.low, quantity.high, quantity.resampled, quantity.block


def trajectory(path):
    """All frames of a trajectory."""
    for frame in read_trajectory(path):
        yield frame.positions, frame.species, frame.images, frame.box, frame.time


def checkpoint(path):
    """All that a checkpoint or the file of a frame holds."""
    found = read_file(path)
    yield sorted(found.configuration.items()), sorted(found.progress.items(), key=str)
    yield from sorted(found.arrays.items())


def others(path):
    """All frames of a file of another program."""
    with warnings.catch_warnings():
        # A last frame that is left out is said by one.
        warnings.simplefilter("ignore")
        for frame in read(path, types="A"):
            yield frame.positions, frame.images, frame.ids, frame.box, frame.time


OTHERS = "others"
READERS = {"results": results, "reduced": reduced, "trajectory": trajectory, "checkpoint": checkpoint}


def checksum(pieces):
    """SHA-256 of nested tuples of arrays and plain values."""
    total = hashlib.sha256()

    def add(piece):
        if isinstance(piece, tuple | list):
            for part in piece:
                add(part)
        elif isinstance(piece, np.ndarray):
            total.update(f"{piece.dtype}{piece.shape}".encode())
            total.update(repr(piece.tolist()).encode() if piece.dtype.hasobject else piece.tobytes())
        else:
            total.update(repr(piece).encode())

    for piece in pieces:
        add(piece)
    return total.hexdigest()


def outcome(path):
    """What reading gives, as JSON takes it."""
    try:
        kind = path.name.split(".")[0]
        reader = others if kind == OTHERS else READERS[kind]
        return {"content": checksum(reader(path))}
    except Exception as error:
        kinds = [kind.__name__ for kind in type(error).__mro__]
        return {"kinds": kinds, "message": str(error)}


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    warnings.simplefilter("error")
    for line in sys.stdin:
        print(json.dumps(outcome(Path(line.rstrip("\n")))), flush=True)
