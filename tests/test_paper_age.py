"""What the study says of maps that are some time old: its figure, and the half-lives of all runs."""

import sys
from pathlib import Path

import numpy as np
import pytest
from matplotlib.legend import Legend

from softspots.estimate import Estimate
from softspots.io.reduced import Reduced

sys.path.append(str(Path(__file__).parent.parent))

from paper import age  # noqa: E402

LAGS = np.append(0, np.geomspace(2, 800, 20))


def run(temperature, rate, particles=10_000, half=20.0, tau_alpha=50.0):
    """A run whose maps lose half of what they know in this time; of an earlier version if it is 0."""
    found, missing = {"c_sd": np.exp(-LAGS / 100)}, {}
    if half:
        found |= {"ratio_at_age": 1 + 0.5 ** (LAGS / half), "map_age": half, "tau_alpha": tau_alpha, "c_ds": 0 * LAGS}
    else:
        missing["map_age"] = "not measured: reduced by an earlier version"
    estimates = {name: Estimate(np.array(value), *(np.array(value) * (1 + end) for end in (-0.1, 0.1)))
                 for name, value in found.items()}  # fmt: skip
    configuration = {"temperature": temperature, "strain_rate": rate, "particles": particles}
    return Reduced(configuration, {}, {"lag": LAGS}, estimates, missing)


def words(figure):
    notes = [one.get_title() for axes in figure.axes for one in axes.findobj(Legend)]
    return [text.get_text() for text in [*notes, *(text for axes in figure.axes for text in axes.texts)]]


def test_each_strain_rate_has_a_row_and_the_figure_says_what_is_lacking():
    lacking = [run(0.1, 1e-4, half=0), run(0.1, 1e-3, half=0), run(0.4, 1e-3, half=0)]
    assert age.figure(lacking) is None
    one = age.figure([*lacking[:2], run(0.4, 1e-3)])
    assert len(one.axes) == 2 and one.get_supxlabel().count("10^") == 1
    assert "no data: $T=0.1$" in "\n".join(words(one))
    # A point where half is lost.
    marks = [line for line in one.axes[0].lines if line.get_marker() == "o" and len(line.get_xdata())]
    assert [float(line.get_xdata()[0]) for line in marks] == [20.0]
    two = age.figure([run(0.1, 1e-4), run(0.1, 1e-3), run(0.4, 1e-3)])
    assert len(two.axes) == 4 and not two.get_supxlabel()


def test_half_lives_are_told_in_times_of_their_run_or_why_they_are_not():
    table, missing = age.half_lives({"one": run(0.1, 1e-3), "first": run(0.1, 1e-4, half=0), "none": None})
    (row,) = table.rows[1:]
    assert row[0] == "one" and row[1].startswith("2.00 ")
    # Errors of a tenth each.
    value, error = 20 / 50, 20 / 50 * np.hypot(0.1, 0.1)
    assert row[4] == f"{value:.3f} ({value - error:.3f} to {value + error:.3f})"
    assert row[5].startswith("0.0200 ")
    assert missing.items == ["not measured: reduced by an earlier version (first)"]


def test_a_half_life_before_the_first_lag_is_not_known():
    one = run(0.1, 1e-3)
    early = np.array(0.9 * one.axes["lag"][1])
    one.measured["map_age"] = Estimate(early, early, early)
    table, missing = age.half_lives({"early": one})
    assert table.rows[1][2] == "" and missing.items == [
        f"it lies before the first lag, {one.axes['lag'][1]:g} τ (early)"
    ]


def test_half_lives_of_no_run_are_no_table():
    assert age.half_lives({"none": None}) == []


@pytest.mark.parametrize("left", ["map_age", "tau_alpha"])
def test_half_lives_need_no_other_number(left):
    one = run(0.1, 1e-3)
    del one.measured[left]
    (row,) = age.half_lives({"one": one})[0].rows[1:]
    assert row[4] == ""
