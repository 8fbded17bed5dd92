"""Numbers of a summary as text: as many digits as their errors allow, and marks of what is noted."""

import numpy as np
import pytest

from softspots.estimate import Estimate
from softspots.figures.summary import shown, summary_text
from softspots.io.reduced import Reduced


@pytest.mark.parametrize(
    "value, low, high, expected",
    [
        (1.2345, 1.1, 1.3, "1.23 (1.10 to 1.30)"),
        (123.4, 100.0, 150.0, "123 (100 to 150)"),
        (0.012345, 0.0123, 0.0124, "0.012345 (0.012300 to 0.012400)"),
        # The error is that of the end that is known.
        (2.0, 1.5, np.inf, "2.00 (1.50 to ∞)"),
        # All resamples alike, as of numbers that are chosen from a grid.
        (21.0, 21.0, 21.0, "21 (21 to 21)"),
        (0.25, 0.25, 0.25, "0.25 (0.25 to 0.25)"),
        # Rounding alone is no error.
        (430.0, 430 * (1 - 1e-12), 430.0, "430 (430 to 430)"),
        (0.0, 0.0, 0.0, "0 (0 to 0)"),
        # Without an interval.
        (21.0, np.nan, np.nan, "21"),
        (1.2345, np.nan, np.nan, "1.23"),
        (123.45, np.nan, np.nan, "123"),
    ],
)
def test_numbers_have_the_digits_of_their_errors(value, low, high, expected):
    assert shown(Estimate(*map(np.array, (value, low, high)))) == expected


def test_what_is_noted_has_a_mark_at_its_row_and_what_has_no_error_three_digits():
    unknown = np.array(np.nan)
    measured = {
        "mean_rearrangements": Estimate(np.array(12.6678), unknown, unknown, note="from the law"),
        "followed": Estimate(np.array(88612.0), unknown, unknown),
        "best_modes": Estimate(np.array(500.0), np.array(430.0), np.array(500.0)),
        "scattering": Estimate(np.ones(2), np.ones(2), np.ones(2), note="of a curve"),
    }
    conditions = {"temperature": 0.1, "strain_rate": 1e-3}
    axes = {"n_modes": np.array([250, 500]), "lag": np.array([0.0, 2.0])}
    runs = [Reduced(conditions | {"particles": n}, {}, axes, measured) for n in (100, 200)]
    text = summary_text(runs, [])
    rows = {
        line.split()[1]: [cell.strip() for cell in line.split("|")[3:5]] for line in text.splitlines() if "|" in line
    }
    assert rows["⟨N_R⟩,"] == ["12.7 *"] * 2
    assert rows["n,"] == ["88612"] * 2
    assert rows["N_m*,"] == ["500 (430 to 500), end of the range"] * 2
    numbers, curves = text.split("Noted (*):")[1].split("Noted of curves:")
    assert "from the law (⟨N_R⟩)" in numbers and "F_s" not in numbers
    assert "of a curve (F_s)" in curves
    # Columns have short names, and what tells the runs apart stands above.
    assert "* T = 0.1, γ̇ = 1e-3 (b): particles 200" in text.split("|")[0]
    assert "| T = 0.1, γ̇ = 1e-3 (b) " in text


def test_summary_says_which_end_of_an_interval_is_not_known():
    ends = {
        "tau_alpha": (20.0, np.inf),
        "tau_star": (-np.inf, 31.0),
        "onset": (-np.inf, np.inf),
        "plateau": (28.0, 32.0),
        "density": (30.0, np.nextafter(30.0, 31.0)),
    }
    run = Reduced(
        {"temperature": 0.1, "strain_rate": 1e-3},
        {},
        measured={name: Estimate(np.array(30.0), np.array(low), np.array(high)) for name, (low, high) in ends.items()},
    )
    rows = {
        line.split()[1]: line.split(" | ")[2].strip() for line in summary_text([run], []).splitlines() if "|" in line
    }
    assert rows["τ_α,"] == "30 (20 to ∞)"
    assert rows["τ*,"] == "30.0 (-∞ to 31.0)"
    assert rows["D²_min/T,"] == "30"
    assert rows["P*,"] == "30.0 (28.0 to 32.0)"
    assert rows["ρ_SS,"] == "30 (30 to 30)"
