"""The panels: what they draw of which run, how runs are told apart, and legends that are true."""

import re
from dataclasses import replace

import matplotlib
import numpy as np
import pytest
from matplotlib.colors import to_hex, to_rgb
from matplotlib.contour import ContourSet
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.lines import Line2D
from reduced_runs import changed, numbers, reduced_runs

from softspots.analysis.series import Series, series_of
from softspots.estimate import Estimate
from softspots.figures import drawing, panels, panels_in_time
from softspots.figures.sheets import figure_of
from softspots.figures.summary import summary_text
from softspots.io.attributes import SOURCE_NOTES, TIMES_ARE_STEPS


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    return reduced_runs(tmp_path_factory.mktemp("runs"))


def note_in(axes):
    """What a panel says of its data, a legend without keys."""
    (note,) = [one.get_title() for one in axes.findobj(Legend) if not one.get_texts()]
    return note


# What is drawn


def test_colours_and_labels(runs, axes):
    (series,) = series_of([runs["hot"], runs["cold"], runs["warm"]])
    panels.draw_probability(axes, series)
    curves = {line.get_label(): to_rgb(line.get_color()) for line in axes.lines if "T=" in line.get_label()}
    assert list(curves) == ["$T=0.1$", "$T=0.2$", "$T=0.4$"]
    cold, _, hot = curves.values()
    assert cold[2] > 2 * cold[0] and hot[0] > 2 * hot[2]
    axes.clear()
    (series,) = series_of([runs["fast"], runs["cold"]])
    panels.draw_probability(axes, series)
    slow, fast = (to_rgb(line.get_color()) for line in axes.lines if "gamma" in line.get_label())
    assert max(slow) == slow[2] and max(fast) == fast[1]


def test_curves_against_strain(runs, axes):
    (series,) = series_of([runs["cold"], runs["fast"]])
    panels_in_time.draw_correlation(axes, series, "c_ss", against_strain=True)
    curves = [line for line in axes.lines if "gamma" in line.get_label()]
    for line, run, rate in zip(curves, (runs["cold"], runs["fast"]), (1e-3, 1e-2), strict=True):
        np.testing.assert_allclose(line.get_xdata(), run.axes["lag"][1:] * rate)
        np.testing.assert_array_equal(line.get_ydata(), run["c_ss"].value[1:])
    dashed = [line for line in axes.lines if line.get_linestyle() == "--"]
    np.testing.assert_array_equal(
        dashed[0].get_ydata(), runs["cold"]["constant"].value * runs["cold"]["alive"].value[1:]
    )


def test_soft_spots_and_what_comes_after_are_drawn_in_both_directions(runs, axes):
    (series,) = series_of([changed(runs["cold"], c_ds=runs["cold"]["c_ss"])])
    panels_in_time.draw_correlation(axes, series, "c_sd")
    dashed, key = [line for line in axes.lines if line.get_linestyle() == "--"]
    np.testing.assert_array_equal(dashed.get_ydata(), runs["cold"]["c_ss"].value[1:])
    assert not len(key.get_xdata())
    assert "DS" in axes.get_legend_handles_labels()[1][-1]
    axes.clear()
    (series,) = series_of([changed(runs["cold"], without=["c_ds"])])
    panels_in_time.draw_correlation(axes, series, "c_sd")
    assert not [line for line in axes.lines if line.get_linestyle() == "--"]


def test_a_dashed_curve_of_one_point_can_be_seen_and_one_of_none_has_no_key(runs, axes):
    run = runs["cold"]
    for value, points in ((0.2, 1), (np.nan, 0)):
        nowhere = np.full(len(run.axes["lag"]) - 2, np.nan)
        reverse = numbers(0.1, value, *nowhere)
        axes.clear()
        (series,) = series_of([changed(run, c_ds=reverse)])
        panels_in_time.draw_correlation(axes, series, "c_sd")
        seen = [line for line in axes.lines if line.get_linestyle() == "--" and line.get_marker() == "D"]
        assert [np.isfinite(line.get_ydata()).sum() for line in seen if len(line.get_xdata())] == [points]
        keys = axes.get_legend_handles_labels()[1]
        assert any("DS" in key for key in keys) == bool(points)


def test_single_points_of_both_directions_are_told_apart_by_their_markers(runs, axes):
    run = runs["cold"]
    lags = run.axes["lag"]
    one = [0.1, 0.2, *np.full(len(lags) - 2, np.nan)]
    short = {name: replace(run[name], **vars(numbers(*one)) | {"x": lags}) for name in ("c_sd", "c_ds")}
    (series,) = series_of([changed(run, **short)])
    panels_in_time.draw_correlation(axes, series, "c_sd")
    keys = dict(zip(*axes.get_legend_handles_labels()[::-1], strict=True))
    before, after = (next(line for words, line in keys.items() if name in words) for name in ("SD}", "DS}"))
    assert (before.get_marker(), after.get_marker()) == ("o", "D")


@pytest.mark.parametrize("points", [1, 8])
def test_what_is_below_zero_is_inside_the_axis(runs, axes, points):
    run = runs["cold"]
    lags = run.axes["lag"]
    value = np.where(np.arange(len(lags)) <= points, np.linspace(0.1, -0.2, len(lags)), np.nan)
    curve = replace(run["c_dd"], **vars(numbers(*value)) | {"x": lags})
    (series,) = series_of([changed(run, c_dd=curve)])
    panels_in_time.draw_correlation(axes, series, "c_dd")
    shown = curve.low if points == 1 else curve.value
    low, high = axes.get_ylim()
    lowest = min(0.0, np.nanmin(shown[1:]))
    # With the room that is between data and axes elsewhere, of 5 %; else axes begin at zero.
    assert low == 0 if lowest == 0 else low < lowest - 0.04 * (high - low)
    assert np.nanmax(value[1:]) < high - 0.04 * (high - low)


def test_times_in_steps_are_drawn_as_such(runs, axes):
    steps = replace(runs["cold"], provenance=runs["cold"].provenance | {SOURCE_NOTES: TIMES_ARE_STEPS})
    (series,) = series_of([steps])
    panels_in_time.draw_correlation(axes, series, "c_ss")
    assert axes.get_xlabel() == r"$\delta t$ ($\mathrm{steps}$)"
    panels_in_time.draw_lifetimes(axes, series)
    assert axes.get_xlabel() == r"$\tau_\mathrm{L}$ ($\mathrm{steps}$)" and "steps}^{-1}" in axes.get_ylabel()
    words = summary_text([steps], [series])
    assert "| steps " in words and "τ" not in re.sub("τ_[α½L]|τ\\*", "", words)
    fast = replace(steps, configuration=steps.configuration | {"strain_rate": 1e-2})
    (series,) = series_of([steps, fast])
    assert drawing.labels(series) == [
        r"$\dot\gamma=10^{-3}\,\mathrm{steps}^{-1}$",
        r"$\dot\gamma=10^{-2}\,\mathrm{steps}^{-1}$",
    ]
    axes.clear()
    panels.draw_relaxation(axes, [steps, fast])
    axes.clear()
    panels.draw_ratio(axes, [steps, fast])
    assert not any(r"\tau^" in key for key in axes.get_legend_handles_labels()[1])


def test_the_axis_ends_where_the_curves_do(runs, axes):
    wide = replace(runs["cold"]["c_ss"], low=runs["cold"]["c_ss"].value - 5)
    (series,) = series_of([changed(runs["cold"], c_ss=wide)])
    panels_in_time.draw_correlation(axes, series, "c_ss")
    # With room below, of 5 % of the axis.
    low, high = axes.get_ylim()
    assert 0.04 < (min(0, wide.value[1:].min()) - low) / (high - low) < 0.06


def test_lifetimes_collapse_or_are_shifted(runs, axes):
    (series,) = series_of([runs["cold"], runs["fast"]])
    panels_in_time.draw_lifetimes(axes, series, against_strain=True)
    points, _, _ = axes.containers[1]
    law, times = runs["fast"]["lifetimes"].value, runs["fast"].axes["lifetime"]
    known = law > 0
    np.testing.assert_allclose(points.get_xdata(), times[known] * 1e-2)
    np.testing.assert_allclose(points.get_ydata(), law[known] / 1e-2)
    axes.clear()
    (series,) = series_of([runs["warm"], runs["cold"]])
    panels_in_time.draw_lifetimes(axes, series)
    law = runs["warm"]["lifetimes"].value
    np.testing.assert_allclose(axes.containers[1][0].get_ydata(), 10 * law[law > 0])
    assert r"$\times 10^{1}$" in [text.get_text() for text in axes.texts]


def test_laws_have_the_slope_of_their_first_decade_as_a_guide(runs, axes):
    x = np.geomspace(1, 100, 11)
    run = changed(runs["cold"], {}, budgets=numbers(*(0.3 * x**-1.5)), mean_rearrangements=numbers(4.0))
    run = replace(run, axes=run.axes | {"rearrangements": x})
    panels_in_time.draw_rearrangements(axes, Series("nothing", (run,)))
    (text,) = [text.get_text() for text in axes.texts if "slope" in text.get_text()]
    assert text == "slope $-1.5$"
    (guide,) = [
        line for line in axes.lines if to_hex(line.get_color()) == to_hex(drawing.GREY) and len(line.get_xdata()) == 2
    ]
    # A straight line of that slope; both ends are computed in double precision.
    assert np.diff(np.log(guide.get_ydata())) / np.diff(np.log(guide.get_xdata())) == pytest.approx(-1.5, abs=1e-9)


def test_points_without_an_interval_are_hollow_and_said_to_be(runs):
    law = runs["cold"]["lifetimes"]
    low = law.low.copy()
    last = np.flatnonzero(law.value > 0)[-1]
    low[last] = np.nan
    (series,) = series_of([changed(runs["cold"], lifetimes=replace(law, low=low))])
    with matplotlib.rc_context(drawing.PANEL_STYLE):
        figure = figure_of(series.runs, [[("lifetimes", panels_in_time.draw_lifetimes, (series,))]])
    axes = figure.axes[0]
    hollow = [line for line in axes.lines if line.get_label() == drawing.NO_INTERVAL]
    assert runs["cold"].axes["lifetime"][last] in np.concatenate([line.get_xdata() for line in hollow])
    assert "no interval" in [text.get_text() for text in axes.get_legend().get_texts()]


def test_p_star_is_drawn_from_the_threshold_on(runs, axes):
    run = changed(runs["cold"], {"rearrangement_threshold": 12.0})
    panels.draw_probability(axes, Series("nothing", (run,)))
    (bar,) = [line for line in axes.lines if line.get_linewidth() > 2 and len(line.get_xdata())]
    assert bar.get_xdata()[0] == 12.0
    assert set(bar.get_ydata()) == {float(run["plateau"].value)}
    texts = [text.get_text() for text in axes.texts]
    assert "$12\\,T$" in texts


def test_bins_of_few_particles_are_left_out_and_the_density_is_named_once(runs, axes):
    (series,) = series_of([runs["hot"], runs["cold"], runs["warm"]])
    panels.draw_probability(axes, series)
    curves = [line for line in axes.lines if "T=" in line.get_label()]
    for line, run in zip(curves, series.runs, strict=True):
        assert len(line.get_xdata()) == (run["particles"].value >= 100).sum() < len(run.axes["d2min"])
    assert [text.get_text() for text in axes.texts].count(r"$\rho_\mathrm{SS}$") == 1
    counts = np.concatenate([run["particles"].value for run in series.runs])
    few, filled = np.sum((counts > 0) & (counts < 100)), np.sum(counts > 0)
    assert note_in(axes).get_text().splitlines()[0] == f"{few} of {filled} bins left out: under 100 particles"


def test_where_all_bins_have_few_particles_the_key_is_what_is_drawn(runs, axes):
    run = changed(runs["cold"], particles=numbers(*np.full(len(runs["cold"].axes["d2min"]), 99)))
    panels.draw_probability(axes, Series("nothing", (run,)))
    (line,) = [line for line in axes.lines if "T=" in line.get_label()]
    assert line.get_linestyle() == "--" and set(line.get_ydata()) == {float(run["density"].value)}
    bins = len(run.axes["d2min"])
    assert note_in(axes).get_text() == f"{bins} of {bins} bins left out: under 100 particles"


def test_the_largest_difference_is_marked_with_what_is_near_it(runs, axes):
    run = runs["cold"]
    grid = np.exp(-(np.linspace(-1, 1, 9)[:, None] ** 2) - np.linspace(-1, 1, 7) ** 2)
    modes, particles = np.arange(1.0, 10), np.arange(2.0, 9)
    inside = {"difference": Estimate(grid, grid, grid), "largest_difference": numbers(0.9)}
    inside |= {"best_modes": numbers(5.0), "best_particles": numbers(5.0)}
    run = replace(changed(run, **inside), axes=run.axes | {"n_modes": modes, "n_particles": particles})
    panels.draw_selection(axes, run)
    (contour,) = [one for one in axes.collections if isinstance(one, ContourSet)]
    assert contour.levels == [0.95 * grid.max()]
    assert axes.get_legend_handles_labels()[1] == ["largest", "used", "0.95 of it"]
    axes.clear()
    panels.draw_selection(axes, changed(run, best_modes=numbers(9.0)))
    assert axes.get_legend_handles_labels()[1][0] == "largest, at the end of the range"
    # Neither is known to be more than nothing: one reaches below zero, the other has no interval.
    for low in (-0.1, np.nan):
        axes.clear()
        panels.draw_selection(axes, changed(run, largest_difference=Estimate(0.2, low, 0.4)))
        assert axes.get_legend_handles_labels()[1] == ["largest", "used"]


def test_a_published_bound_is_drawn_where_there_is_one(runs, axes):
    panels.draw_ratio(axes, list(runs.values()), 5.2)
    assert [line for line in axes.lines if set(line.get_ydata()) == {5.2}]
    assert any("published: 5.2" in text.get_text() for text in axes.texts)
    assert axes.get_ylim()[1] > 5.2


def test_runs_of_one_condition_have_their_colours_in_all_figures_and_lines_their_names(runs):
    pair = [changed(runs["cold"], {"n_particles": 20}), changed(runs["cold"], {"n_particles": 6}, bound=numbers(50.0))]
    found = {}
    for draw, which in ((panels.draw_ratio, pair), (panels.draw_probability, *series_of(pair))):
        axes = Figure().subplots()
        draw(axes, which)
        handles, names = axes.get_legend_handles_labels()
        colors = [to_hex((handle if isinstance(handle, Line2D) else handle.lines[0]).get_color()) for handle in handles]
        found[draw] = [next(c for c, words in zip(colors, names, strict=True) if f"={n}$" in words) for n in (20, 6)]
        if draw is panels.draw_ratio:
            assert [text.get_text() for text in axes.texts].count(r"$1/\rho_\mathrm{SS}$") == 2
    assert found[panels.draw_ratio] == found[panels.draw_probability]


def test_panels_say_which_runs_lack_what(runs, axes):
    (series,) = series_of([runs["hot"], runs["cold"], runs["warm"]])
    panels_in_time.draw_lifetimes(axes, series)
    note = note_in(axes).get_text()
    assert note.splitlines()[:2] == ["no data: $T=0.4$", "no mean field: $T=0.4$"]
    axes.clear()
    told = {name: replace(runs["cold"][name], note="by a centered window; x") for name in ("alive", "constant", "c_ss")}
    low = told["c_ss"].low.copy()
    low[1:3] = np.nan
    why = ["too few independent blocks", "often undefined when resampled"]
    told["c_ss"] = replace(told["c_ss"], low=low, note="; ".join(f"{reason}: 3" for reason in why))
    (series,) = series_of([changed(runs["cold"], **told)])
    panels_in_time.draw_correlation(axes, series, "c_ss")
    note = note_in(axes).get_text()
    count, known = np.sum(np.isfinite(low[1:])), np.sum(np.isfinite(told["c_ss"].value[1:]))
    expected = f"no interval at {known - count} of {known} points:"
    assert note.splitlines() == ["centered window", expected, *why]
    axes.clear()
    (series,) = series_of([changed(runs["cold"], **told), runs["warm"]])
    panels_in_time.draw_correlation(axes, series, "c_ss")
    assert note_in(axes).get_text().splitlines()[0] == "centered window: $T=0.1$"


def test_a_run_that_is_in_two_series_has_one_marker(runs):
    rates, temperatures = Series("strain_rate", (runs["cold"],) * 3), Series("temperature", (runs["cold"],) * 4)
    (first, middle, last), others = (
        [style["marker"] for _, style in drawing.styled(series, "probability")] for series in (rates, temperatures)
    )
    assert middle == others[0]
    assert len({first, middle, last, *others}) == 6


def test_dashed_lines_have_bands_and_restricted_means_an_arrow(runs, axes):
    value = np.array(4.0)
    note = {"mean_rearrangements": Estimate(value, value * np.nan, value * np.nan, note="restricted to 9")}
    run = changed(runs["cold"], c_ds=runs["cold"]["c_ss"], **note)
    for name in ("c_ss", "c_sd"):
        axes.clear()
        panels_in_time.draw_correlation(axes, Series("nothing", (run,)), name)
        assert len(axes.collections) >= 2
    axes.clear()
    panels_in_time.draw_rearrangements(axes, Series("nothing", (run,)))
    assert [text.xy[0] for text in axes.texts if "arrow" in text.get_text() and "right" in text.get_text()] == [4.0]
