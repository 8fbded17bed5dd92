"""Frames that the tests of files write and read."""

import numpy as np

from softspots.frame import Box, Frame
from softspots.io import TrajectoryWriter


def make_frame(tilt=0.0, particles=60, length_x=12.0, length_y=13.0, time=0.0, seed=3):
    """Particles anywhere in the sheared cell; the species do not depend on the seed."""
    fractions = np.random.default_rng(seed).random((particles, 2))
    positions = fractions @ [[length_x, 0.0], [tilt, length_y]]
    return Frame(positions, np.arange(particles) % 3 == 1, Box(length_x, length_y, tilt=tilt), time)


FRAMES = [make_frame(tilt, time=2.0 * i, seed=i) for i, tilt in enumerate((-5.3, 5.3, 0.0))]


def write_trajectory(path):
    with TrajectoryWriter(path, FRAMES[0].species) as writer:
        for frame in FRAMES:
            writer.write(frame)
    return path
