"""Curves as panels and series draw them."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from softspots.curve import Curve
from softspots.figures import drawing


@pytest.mark.parametrize(("points", "marker"), [(1, "o"), (2, "o"), (3, "None")])
def test_few_points_have_markers(points, marker):
    value = np.where(np.arange(4) <= points, 0.5, np.nan)
    axes = Figure().subplots()
    drawing.curve(axes, Curve(value, value - 0.1, value + 0.1, x=np.arange(4.0)), "black", "a run")
    assert axes.lines[0].get_marker() == marker
