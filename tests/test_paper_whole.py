"""All that is kept of a condition, as one: how F_s of the dynamics alone stands beside the numbers of the frames."""

import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from softspots.estimate import Estimate
from softspots.io.reduced import Reduced, write_reduced

sys.path.append(str(Path(__file__).parent.parent))

from paper import conditions  # noqa: E402
from paper.conditions import condition, read_data  # noqa: E402
from paper.figures import NAMES, figures  # noqa: E402
from paper.numbers import from_data  # noqa: E402
from paper.whole import read_column, read_shown, read_whole  # noqa: E402

LAGS, CLOSER = np.append(0, np.arange(2.0, 400, 20)), np.append(0, 0.5 * np.unique(np.geomspace(1, 2000, 30).round()))


def estimate(value, error=0.01, note=""):
    value = np.array(value, dtype=float)
    resampled = value * (1 + error * np.random.default_rng(1).normal(size=(50, *(1,) * value.ndim)))
    return Estimate(value, value * (1 - error), value * (1 + error), resampled, 1, note)


def scattering(lags, tau_alpha):
    """A plateau of 0.8 from 1 τ on, which is left after 10 to 20 τ."""
    return np.where(lags > 0, 0.8 + 0.2 * np.exp(-4 * lags), 1) * np.exp(-lags / tau_alpha)


@pytest.fixture(autouse=True)
def data(tmp_path, monkeypatch):
    """A run and a seed of it whose frames give other times than the dynamics alone, of which there is one run."""
    monkeypatch.setattr(conditions, "DATA", tmp_path)
    for name, tau_alpha in (("T0.1_rate1e-4", 150.0), ("T0.1_rate1e-4_seed2", 50.0)):
        one = condition(name)
        values = conditions.configuration(one.all_parameters)
        provenance = {"configuration_checksum": conditions.checksum(values), "frames": 5}
        found = {"scattering": scattering(LAGS, tau_alpha), "tau_alpha": tau_alpha, "tau_star": tau_alpha / 4}
        found |= {"c_alpha": 1 / (1 + LAGS)}
        measured = {quantity: estimate(value) for quantity, value in found.items()}
        write_reduced(one.data, Reduced(values, provenance, {"lag": LAGS}, measured))
    relaxation = {"scattering": scattering(CLOSER, 100.0), "tau_alpha": 100.0, "tau_star": 6.0}
    one = condition("T0.1_rate1e-4")
    write_reduced(
        one.data.with_name(f"{one.name}_relaxation.nc"),
        Reduced(
            conditions.configuration(one.all_parameters),
            {"frames": 5, "strain": 1.3},
            {"lag": CLOSER},
            {name: estimate(value) for name, value in relaxation.items()},
        ),
    )


def test_times_and_f_s_are_those_of_the_dynamics_alone_over_their_own_lags():
    run = read_whole(condition("T0.1_rate1e-4"))
    assert (run["tau_alpha"].value, run["tau_star"].value) == (100, 6)
    assert run["tau_alpha"].note == run["tau_star"].note == "of the dynamics alone, over a strain of 1.3"
    np.testing.assert_array_equal(run["scattering"].x, CLOSER)
    np.testing.assert_array_equal(run["c_alpha"].x, LAGS)
    numbers = from_data(run)
    # τ* is one, and another loss is that of the same curve.
    assert numbers["τ* by a loss of 5 %"] is run["tau_star"] and 6 < numbers["τ* by a loss of 10 %"].value < 13
    assert numbers["⟨C_αα⟩ at 2 τ_α"].value == pytest.approx(np.interp(200, LAGS, 1 / (1 + LAGS)))


def test_the_column_of_a_run_has_the_end_of_the_plateau_of_its_frames_and_says_so():
    run = read_column(condition("T0.1_rate1e-4"))
    assert (run["tau_alpha"].value, run["tau_star"].value) == (100, 37.5)
    assert "of the series of frames" in run["tau_star"].note and "dynamics alone" in run["tau_alpha"].note


def test_figure_5_shows_f_s_of_the_dynamics_alone():
    drawn = dict(figures([read_whole(condition("T0.1_rate1e-4"))]))[NAMES[4]]
    lines = [line.get_xdata() for line in drawn.axes[0].lines]
    assert any(np.array_equal(line, CLOSER[1:]) for line in lines)


def test_figures_show_a_seed_while_the_frames_of_the_first_run_are_of_the_first_edition():
    one, seed = condition("T0.1_rate1e-4"), condition("T0.1_rate1e-4_seed2")
    assert read_shown(one).configuration["seed"] == one.parameters["seed"]
    second = read_data(seed)
    write_reduced(seed.data, replace(second, provenance=second.provenance | {"reduction": "code"}))
    shown = read_shown(one)
    assert shown.configuration["seed"] == seed.parameters["seed"]
    # F_s and its times stay those of the dynamics alone of the first run.
    assert (shown["tau_alpha"].value, shown.alone["condition"]) == (100, one.name)
    first = read_data(one)
    write_reduced(one.data, replace(first, provenance=first.provenance | {"reduction": "code"}))
    assert read_shown(one).configuration["seed"] == one.parameters["seed"]
    assert read_shown(condition("T0.4_rate1e-4")) is None


def test_a_seed_has_no_times_of_its_own_beside_a_longer_run():
    run = read_whole(condition("T0.1_rate1e-4_seed2"))
    assert not {"scattering", "tau_star", "tau_alpha"} & run.measured.keys()
    assert run.missing["tau_alpha"] == "that of T0.1_rate1e-4, of the dynamics alone"
    # What is looked at in units of τ_α is so by the one that is known.
    assert from_data(run)["⟨C_αα⟩ at 2 τ_α"].value == pytest.approx(np.interp(200, LAGS, 1 / (1 + LAGS)))
    assert "τ* by a loss of 5 %" not in from_data(run)
    (conditions.DATA / "T0.1_rate1e-4_relaxation.nc").unlink()
    assert read_whole(condition("T0.1_rate1e-4_seed2"))["tau_alpha"].value == 50


def test_experiments_come_with_the_run():
    one = condition("T0.1_rate1e-4")
    assert read_whole(one).experiments == {}
    one.experiments.write_text(json.dumps({"numbers": {"a": {"value": 2, "interval": [1, None]}}, "missing": {}}))
    assert read_whole(one).experiments["a"].value == 2
