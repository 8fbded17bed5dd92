"""Panels of athermal shear: what is written in them covers nothing, and numbers of axes stand apart."""

from dataclasses import replace
from itertools import combinations

import matplotlib
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

from softspots.analysis.series import Series
from softspots.estimate import Estimate
from softspots.figures.drawing import PANEL_STYLE
from softspots.figures.panels_of_events import draw_course, draw_events
from softspots.figures.sheets import figure_of
from softspots.io.reduced import Reduced


def sheared(axes, **measured):
    """Reduced data of one sample, which has no intervals."""
    unknown = {
        name: Estimate(value, np.full(len(value), np.nan), np.full(len(value), np.nan))
        for name, value in measured.items()
    }
    return Reduced({"particles": 100}, {"shear_version": 2, "samples": 1}, axes, unknown)


def drawn(run, draw, name):
    """The axes of a panel at the size that it has in a figure, with all in its place."""
    with matplotlib.rc_context(PANEL_STYLE):
        figure = figure_of((run,), [[(name, draw, (Series("nothing", (run,)), name))]])
        FigureCanvasAgg(figure).draw()
    return figure.axes[0]


@pytest.mark.parametrize(
    "course", [lambda x: x, lambda x: 1 - x, lambda x: 4 * x * (1 - x), lambda x: -4 * x * (1 - x), lambda x: x**4]
)
def test_notes_cover_no_curve(course):
    strain = np.linspace(0, 1, 81)
    run = sheared({"traveled": strain}, strain=strain, stress=course(strain))
    axes = drawn(run, draw_course, "stress")
    (note,) = [one for one in axes.findobj(Text) if "no interval at 81 of 81" in one.get_text()]
    place = note.get_window_extent()
    path = axes.lines[0].get_path().transformed(axes.transData)
    assert not path.intersects_bbox(place, filled=False)
    assert axes.bbox.x0 < place.x0 and place.x1 < axes.bbox.x1
    assert axes.bbox.y0 < place.y0 and place.y1 < axes.bbox.y1


def test_long_notes_stay_inside():
    strain = np.linspace(0, 1, 81)
    without = Reduced(
        {"particles": 100, "model": "as-printed"}, {"shear_version": 2, "samples": 1}, {"strain": strain}, {}
    )
    others = [
        sheared({"traveled": strain}, strain=strain, stress=strain),
        *(
            replace(without, configuration=without.configuration | {"smoothing": kind})
            for kind in ("even", "quadratic", "none", "force")
        ),
    ]
    with matplotlib.rc_context(PANEL_STYLE):
        figure = figure_of(others, [[("stress", draw_course, (Series("nothing", tuple(others)), "stress"))]])
        FigureCanvasAgg(figure).draw()
    axes = figure.axes[0]
    (note,) = [
        one for one in axes.findobj(Text) if "smoothing quadratic" in one.get_text() and "no data" in one.get_text()
    ]
    place = note.get_window_extent()
    assert axes.bbox.x0 < place.x0 and place.x1 < axes.bbox.x1


@pytest.mark.parametrize("ends", [(0.0145, 0.42), (0.0125, 0.75), (1e-4, 9e-4), (0.09, 1.2), (0.01, 5.0), (1e-3, 8.0)])
def test_numbers_of_logarithmic_axes_stand_apart(ends):
    places = np.geomspace(*ends, 8)
    run = sheared({"stress_drop": places}, stress_drops=1 / places)
    axes = drawn(run, draw_events, "stress_drops")
    for axis in (axes.xaxis, axes.yaxis):
        texts = [one for one in axis.get_ticklabels(which="both") if one.get_text() and one.get_visible()]
        low, high = axis.get_view_interval()
        texts = [one for one in texts if low <= one.get_position()[axis is axes.yaxis] <= high]
        assert len(texts) >= 2
        boxes = [one.get_window_extent() for one in texts]
        assert not any(one.overlaps(other) for one, other in combinations(boxes, 2))
