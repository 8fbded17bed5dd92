"""Frames and files as HOOMD-blue writes them, of the particles of `dialects`."""

import numpy as np
import pytest


def hoomd_frame(one):
    """A `gsd.hoomd.Frame`; z is 0 in two dimensions."""
    frame, flat = pytest.importorskip("gsd.hoomd").Frame(), [[0]] * len(one.ids)
    vectors, length = np.eye(3), one.dimension
    vectors[:length, :length] = one.cell
    sides = np.diag(vectors)
    frame.configuration.box = [*sides, *vectors[[1, 2, 2], [0, 0, 1]] / sides[[1, 2, 2]]]
    frame.configuration.dimensions, frame.configuration.step = length, one.step
    places = (one.fractions - 0.5) @ one.cell
    frame.particles.N = len(one.ids)
    frame.particles.position = places if length == 3 else np.hstack((places, flat))
    frame.particles.image = one.images if length == 3 else np.hstack((one.images, flat))
    frame.particles.types, frame.particles.typeid = ["A", "B"], one.types - 1
    frame.particles.diameter = one.ids / 16
    return frame


def write_gsd(path, found):
    """A GSD file."""
    with pytest.importorskip("gsd.hoomd").open(path, "w") as file:
        for one in found:
            file.append(hoomd_frame(one))
    return path
