"""Figures of several panels: what each has, legends that are true, and names that tell runs apart."""

import matplotlib
import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.contour import ContourSet
from matplotlib.lines import Line2D
from reduced_runs import changed, reduced_runs

from softspots.analysis.series import series_of
from softspots.figures import drawing, naming, panels, panels_in_time
from softspots.figures.sheets import figures


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    return reduced_runs(tmp_path_factory.mktemp("runs"))


@pytest.fixture(scope="module")
def drawn(runs):
    """All figures of all runs, by name."""
    with matplotlib.rc_context(drawing.PANEL_STYLE):
        return {name: draw() for name, draw in figures(series_of(list(runs.values())))}


def test_correlations_are_over_one_axis(drawn):
    panels = drawn["correlations_rates_T0.1"].axes
    for column in (panels[::2], panels[1::2]):
        assert len(column) == 4 and len({axes.get_xlim() for axes in column}) == 1


def test_every_panel_has_labels_and_draws_what_there_is(runs, drawn):
    for name, figure in drawn.items():
        for axes in figure.axes:
            assert axes.get_xlabel() or axes.get_ylabel(), name
    with matplotlib.rc_context(drawing.PANEL_STYLE):
        # There is nothing to draw of lives in the short run.
        alone = dict(figures(series_of([runs["hot"]])))
        assert alone["lifetimes"]() is None
        assert alone["correlations"]() is not None


def test_figures_can_be_written(drawn):
    for name in ("correlations_rates_T0.1", "prediction"):
        drawn[name].draw_without_rendering()


# Legends


def stands_for_something(axes, handle):
    """Whether what a key shows is drawn: the line or marker itself, or in grey for those of the runs' colours."""
    line = handle if isinstance(handle, Line2D) else handle.lines[0]
    drawn = [one for one in axes.lines if np.isfinite(np.asarray(one.get_ydata(), dtype=float)).any()]
    if line in drawn:
        return True
    if line.get_color() == "black" and any(isinstance(one, ContourSet) for one in axes.collections):
        return True
    look = line.get_linestyle(), line.get_marker(), line.get_linewidth() > 2
    return to_hex(line.get_color()) == to_hex(drawing.GREY) and any(
        (one.get_linestyle(), one.get_marker() if look[1] != "o" or look[0] != "None" else "o", one.get_linewidth() > 2)
        == look
        for one in drawn
    )


@pytest.fixture(scope="module")
def lacking(runs):
    """The same of reductions that lack much, as those of short runs and of files of earlier versions do."""
    without = ["epsilon", "tau_star", "tau_alpha", "plateau", "model_lifetimes", "mean_rearrangements", "c_ds"]
    some = [changed(runs["cold"], without=without), changed(runs["warm"], without=without)]
    with matplotlib.rc_context(drawing.PANEL_STYLE):
        return {name: draw() for name, draw in figures(series_of(some))}


@pytest.mark.parametrize("which", ["drawn", "lacking"])
def test_legends_have_no_entry_for_what_is_not_drawn(which, request):
    checked = 0
    for name, figure in request.getfixturevalue(which).items():
        for axes in figure.axes if figure else ():
            for handle, label in zip(*axes.get_legend_handles_labels(), strict=True):
                assert stands_for_something(axes, handle), (name, label)
                checked += 1
    assert checked > 20


def test_keys_are_left_out_with_what_they_stand_for(runs, axes):
    (series,) = series_of([changed(runs["cold"], without=["epsilon", "tau_star", "tau_alpha"])])
    panels_in_time.draw_overlap(axes, series)
    panels_in_time.draw_correlation(axes, series, "scattering")
    assert {r"$\epsilon$", r"$\tau^{{*}}$", r"$\tau_\alpha$"}.isdisjoint(axes.get_legend_handles_labels()[1])


def test_legends_stand_beside_the_data(drawn):
    (axes,) = drawn["prediction"].axes
    drawn["prediction"].draw_without_rendering()
    # A pixel for the width of the axes' line.
    assert axes.get_legend().get_window_extent().y0 >= axes.get_window_extent().y1 - 1


# Names


CHOICES = {
    "particles": {"particles": 1000},
    "model": {"model": "as-printed"},
    "smoothing": {"smoothing": "quadratic"},
    "seed": {"seed": 7},
    "nothing": {},
}


@pytest.mark.parametrize("choice", CHOICES)
def test_runs_that_differ_have_names_and_colours_of_their_own(runs, axes, choice):
    first = changed(runs["cold"], {"smoothing": "even"})
    pair = [first, changed(first, CHOICES[choice])]
    files = naming.run_names(pair)
    assert len(set(files)) == 2
    assert choice == "nothing" or choice in files[0] and choice in files[1]
    (series,) = series_of(pair)
    panels_in_time.draw_correlation(axes, series, "c_ss")
    drawn = [line for line in axes.lines if line.get_label().startswith("$T")]
    assert len(drawn) == 2
    assert len({line.get_label() for line in drawn}) == 2
    assert len({to_hex(line.get_color()) for line in drawn}) == 2
    axes.clear()
    panels.draw_ratio(axes, pair)
    assert len(set(axes.get_legend_handles_labels()[1])) == 2
    assert len({to_hex(container.lines[0].get_color()) for container in axes.containers}) == 2
