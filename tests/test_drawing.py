"""Curves as panels and series draw them, and notes in panels."""

from itertools import combinations

import numpy as np
import pytest
from matplotlib import rc_context
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from synthetic import write_results

from softspots.analysis.reduce import reduce_run
from softspots.analysis.series import Series
from softspots.curve import Curve
from softspots.figures import drawing, naming, panels


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
    notes = [one.get_title() for one in axes.findobj(Legend)]
    boxes = [text.get_window_extent() for text in (*axes.texts, *notes)]
    assert len(notes) == 1 and len(boxes) >= 3
    assert not any(one.overlaps(other) for one, other in combinations(boxes, 2))
    assert all(axes.bbox.x0 <= one.x0 and one.x1 <= axes.bbox.x1 for one in boxes)


def test_notes_of_several_lines_have_room_above_what_is_drawn(short):
    with rc_context(drawing.PANEL_STYLE):
        figure = Figure(figsize=(3.4, 2.4))
        canvas, axes = FigureCanvasAgg(figure), figure.subplots()
        panels.draw_probability(axes, Series("nothing", (short,)))
        canvas.draw()
    (note,) = [one.get_title() for one in axes.findobj(Legend)]
    assert note.get_text().count("\n") == 2
    top = axes.transData.transform((1, axes.dataLim.y1))[1]
    # To a pixel: they touch no line that is as high as the highest.
    assert axes.bbox.y1 - top > note.get_window_extent().height - 1


@pytest.mark.parametrize("shades", [drawing.TEMPERATURES, drawing.RATES])
def test_colours_can_be_told_apart_in_grey(shades):
    colors = shades(np.linspace(0, 1, 5))[:, :3]
    linear = np.where(colors <= 0.04045, colors / 12.92, ((colors + 0.055) / 1.055) ** 2.4)
    # Lightness of CIELAB, of 0 to 100; two lines that differ by 5 can be told apart side by side.
    lightness = 116 * np.cbrt(linear @ (0.2126, 0.7152, 0.0722)) - 16
    assert (np.diff(lightness) > 5).all()


def test_points_of_curves_show_whether_they_have_an_interval(axes):
    x, value = np.arange(5.0), np.ones(5)
    # The second one alone, between two that have none.
    low = np.array([np.nan, 0.9, np.nan, 0.9, 0.9])
    drawing.curve(axes, Curve(value, low, value + 0.1, x=x), "black", "a", marker="s")
    (hollow,) = [line for line in axes.lines if line.get_label() == drawing.NO_INTERVAL]
    assert list(hollow.get_xdata()) == [0, 2] and hollow.get_marker() == "s"
    assert [line[0][0] for line in axes.containers[0].lines[2][0].get_segments()] == [1, 3, 4]
    axes.clear()
    drawing.curve(axes, Curve(value, low, value + 0.1, x=x), "black", "a")
    assert [line[0][0] for line in axes.containers[0].lines[2][0].get_segments()] == [1]


def test_an_interval_without_an_upper_end_has_an_arrow(axes):
    drawing.bars(axes, [1.0, 2.0], [3.0, 3.0], [2.0, 2.0], [np.inf, 4.0], color="black", marker="o")
    assert [text.xy for text in axes.texts] == [(1.0, 3.0)]


@pytest.mark.parametrize(
    ("rate", "words"), [(1e-4, "10^{-4}"), (2e-5, r"2\times 10^{-5}"), (0.1, "10^{-1}"), (0.0, "=0")]
)
def test_rates_are_powers_of_ten(rate, words):
    assert words in naming.rate_words(rate)
