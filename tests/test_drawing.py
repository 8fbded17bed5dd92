"""Curves as panels and series draw them, and notes in panels."""

from itertools import combinations

import numpy as np
import pytest
from matplotlib import rc_context
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from synthetic import write_results

from softspots.analysis.reduce import reduce_run
from softspots.analysis.series import Series
from softspots.curve import Curve
from softspots.figures import drawing, panels


@pytest.mark.parametrize(("points", "marker"), [(1, "o"), (2, "o"), (3, "None")])
def test_few_points_have_markers(points, marker):
    value = np.where(np.arange(4) <= points, 0.5, np.nan)
    axes = Figure().subplots()
    drawing.curve(axes, Curve(value, value - 0.1, value + 0.1, x=np.arange(4.0)), "black", "a run")
    assert axes.lines[0].get_marker() == marker


@pytest.fixture(scope="module")
def short(tmp_path_factory):
    """A run of few frames, whose bins have no intervals, which is said in a note."""
    path = write_results(tmp_path_factory.mktemp("short") / "results.nc", 5)
    return reduce_run(path, selection_frames=1)


@pytest.mark.parametrize("threshold", [0.01, 2.0, 1e4])
def test_notes_neither_overlap_nor_leave_the_panel(short, threshold):
    short.configuration["rearrangement_threshold"] = threshold
    with rc_context(drawing.PANEL_STYLE):
        figure = Figure(figsize=(3.4, 2.4))
        canvas, axes = FigureCanvasAgg(figure), figure.subplots()
        panels.draw_probability(axes, Series("nothing", (short,)))
        canvas.draw()
    boxes = [text.get_window_extent() for text in axes.texts]
    assert len(boxes) >= 3
    assert not any(one.overlaps(other) for one, other in combinations(boxes, 2))
    assert all(axes.bbox.x0 <= one.x0 and one.x1 <= axes.bbox.x1 for one in boxes)
