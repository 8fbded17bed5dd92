"""A glass whose map is drawn: its border, its temperature, and what is known of its particles."""

import numpy as np

from softspots.frame import Box, Frame

BOX = Box(20.0, 16.0, tilt=6.0)
TEMPERATURE = 0.1


def glass():
    """320 particles on a square lattice, and two spots: a calm one, and one under a rearrangement at the origin."""
    y, x = np.divmod(np.arange(20 * 16, dtype=float), 20)
    grid = np.column_stack((x + y * BOX.tilt / BOX.length_y, y))
    d2min = 0.1 * np.exp(np.random.default_rng(1).normal(0, 0.5, len(grid)))
    labels = np.full(len(grid), -1)
    for spot, (centre, activity) in enumerate((((13.0, 8.0), 1.0), ((0.0, 0.0), 40.0))):
        near = np.hypot(*BOX.minimum_image(grid - centre).T) < 1.9
        labels[near] = spot
        d2min[near] *= activity
    # Hotter than any other: one particle of the calm spot, though its sum stays the smaller, and one on no spot.
    d2min[np.flatnonzero(labels == 0)[2]] = 1.2 * d2min.max()
    d2min[170] = 1.2 * d2min.max()
    return Frame(grid, np.arange(len(grid)) % 2, BOX), d2min, labels


def bar_of(axes):
    """The color bar of a map."""
    return next(other for other in axes.figure.axes if other.get_label() == "colorbar")
