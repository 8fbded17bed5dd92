"""The color bar of the map: its quantity, its labels, and the mark of the threshold."""

import numpy as np
import pytest
from glass import TEMPERATURE, bar_of, glass

from softspots.figures.map import draw_map
from softspots.model import Harmonic, Mixture


def test_the_color_bar_names_its_quantity_and_the_threshold():
    frame, d2min, labels = glass()
    bar = bar_of(draw_map(frame, d2min, labels, TEMPERATURE))
    assert bar.get_xlabel() == r"$D^2_{\min}/T$ ($k_\mathrm{B}\sigma_\mathrm{AA}^2/\varepsilon_\mathrm{AA}$)"
    assert bar.get_xscale() == "log"
    assert [text.get_text() for text in bar.texts] == ["15"]


@pytest.mark.parametrize(("low", "high"), [(1.02, 96.0), (0.9, 20.0), (1.0, 1e4), (2.0, 5.0), (0.004, 0.03)])
def test_labels_of_the_color_bar_do_not_overlap(low, high):
    frame, _, labels = glass()
    bar = bar_of(draw_map(frame, np.geomspace(low, high, len(frame)), labels))
    bar.figure.draw_without_rendering()
    texts = [text for which in ("major", "minor") for text in bar.get_xticklabels(which=which) if text.get_text()]
    # Those of ticks beyond the bar are not drawn.
    inside = [text for text in texts if low <= text.get_position()[0] <= high]
    boxes = sorted((text.get_window_extent().x0, text.get_window_extent().x1) for text in inside)
    assert len(boxes) >= 1
    assert all(end < start for (_, end), (start, _) in zip(boxes, boxes[1:], strict=False))


def test_without_a_temperature_colors_are_the_activity_itself():
    frame, d2min, labels = glass()
    axes = draw_map(frame, d2min, labels)
    assert bar_of(axes).get_xlabel() == r"$D^2_{\min}$ ($\sigma_\mathrm{AA}^2$)"
    assert axes.collections[-1].norm.vmax == d2min.max()
    assert not bar_of(axes).texts


def test_a_threshold_beyond_the_data_is_not_marked():
    frame, d2min, labels = glass()
    assert not bar_of(draw_map(frame, d2min, labels, 10.0)).texts


@pytest.mark.parametrize("inset", [True, False])
def test_the_mark_is_at_the_threshold_of_the_run(inset):
    frame, d2min, labels = glass()
    bar = bar_of(draw_map(frame, d2min, labels, TEMPERATURE, threshold=7.5, inset=inset))
    (text,) = bar.texts
    assert text.get_text() == "7.5"
    # Along the bar, which lies below an inset and stands upright without one.
    assert text.xy[0 if inset else 1] == 7.5
    assert 7.5 in np.ravel(bar.lines[-1].get_data())


def test_no_threshold_of_another_mixture_is_marked_for_it():
    """15 T was found for the paper's; the numbers would be inside of both bars."""
    frame, d2min, labels = glass()
    other = Mixture({one: Harmonic() for one in ((0, 0), (0, 1), (1, 1))})
    for given, texts in (({}, ["15"]), ({"model": other}, []), ({"model": other, "threshold": 8.0}, ["8"])):
        bar = bar_of(draw_map(frame, d2min, labels, TEMPERATURE, **given))
        assert [text.get_text() for text in bar.texts] == texts
