"""Measures on made-up reduced data whose numbers are known."""

from dataclasses import replace

import numpy as np
import pytest

from softspots.estimate import Estimate
from softspots.io.reduced import Reduced

from . import measures as m

LAGS = np.append(0, np.geomspace(2, 800, 30))
AXES = {"lag": LAGS, "d2min": np.array([0.1, 1.0, 10.0]), "frequency": np.linspace(0.1, 2, 101)}
RANDOM = np.random.default_rng(5)


def scalar(value, error=0.1):
    return Estimate(np.array(value), np.array(value - error), np.array(value + error))


def curve(values, error=0.01):
    """A function of the lag that is known but for a common shift."""
    shifts = RANDOM.normal(0, error, (400, 1))
    return Estimate(values, values - error, values + error, values + shifts, 1)


def run(rate=1e-3, axes=None, **measured):
    return Reduced({"strain_rate": rate}, {}, AXES | (axes or {}), measured, {"onset": "none rearranges"})


def test_missing_numbers_say_why():
    with pytest.raises(m.Missing, match="none rearranges"):
        m.value("onset")([run()])


def test_means_and_ratios_have_errors_of_independent_runs():
    runs = [run(density=scalar(2.0, 0.3)), run(density=scalar(4.0, 0.4))]
    mean, ratio, spread = (
        measure(runs) for measure in (m.mean("density"), m.ratio(m.value("density")), m.spread("density"))
    )
    assert (mean.value, mean.error) == pytest.approx((3, 0.25))
    assert (ratio.value, ratio.error) == pytest.approx((2, 2 * np.hypot(0.15, 0.1)))
    assert m.spread("density")(runs[::-1]) == spread == ratio
    # Only those that have it.
    unbounded = run(density=scalar(9.0, np.nan))
    assert m.mean("density")([run(), unbounded, *runs]) == replace(mean, used=(2, 3))


def test_quiet_particles_are_those_of_small_d2min():
    counts, probability = np.array([100.0, 500, 5400]), np.array([0.1, 0.05, 0.2])
    found = m.quiet_particles(
        [
            run(
                density=scalar(0.2),
                particles=Estimate(counts, counts, counts),
                probability=Estimate(probability, probability - 0.01, probability + 0.01),
            )
        ]
    )
    assert found.value == pytest.approx((100 * 0.1 + 500 * 0.05) / 600 / 0.2)
    assert found.error == pytest.approx(0.01 / 0.2)


def test_bins_without_an_interval_count_as_far_as_they_hold_next_to_nothing():
    counts, probability = np.array([100.0, 500, 5400]), np.array([0.1, 0.05, 0.2])

    def data(unbounded):
        low = np.where(np.arange(3) == unbounded, np.nan, probability - 0.01)
        law = Estimate(probability, low, probability + 0.01)
        return run(density=scalar(0.2), particles=Estimate(counts, counts, counts), probability=law)

    # Of the quiet particles the first bin holds 17 % and the second 83 %; the third is not among them.
    for unbounded, part in ((0, "17"), (1, "83")):
        with pytest.raises(m.Missing, match=f"without an interval hold {part}% of the particles"):
            m.quiet_particles([data(unbounded)])
    assert m.quiet_particles([data(2)]).error == pytest.approx(0.01 / 0.2)


def test_states_are_compared_with_their_maximum():
    below, states = np.linspace(10, 410, 101), 2 - ((np.linspace(10, 410, 101) - 110) / 400) ** 2
    data = run(modes_below=Estimate(below, below, below), states=Estimate(states, states - 0.02, states + 0.02))
    found = m.states_at(270)([data])
    assert (found.value, found.error) == pytest.approx(((2 - 0.16) / 2, 0.01))
    with pytest.raises(m.Missing, match="from mode 10 to 410"):
        m.states_at(430)([data])


def test_logarithmic_decay_is_straight_up_to_tau_star():
    logs = np.log(np.maximum(LAGS, 2) / 2)
    # What comes after τ* does not count.
    straight = np.where(LAGS <= 60, 0.8 - 0.1 * logs, 0.0)
    bent = straight + np.where(LAGS <= 60, 0.1 * np.sin(logs * np.pi / np.log(30)), 0)
    found, off = (m.straightness("c_ss")([run(c_ss=curve(one), tau_star=scalar(60.0))]) for one in (straight, bent))
    assert found.value == pytest.approx(0, abs=1e-12)
    assert off.value > 0.05


def test_what_is_left_is_read_at_tau_alpha():
    values = np.append(1, 0.8 - 0.1 * np.log(LAGS[1:] / 2))
    data = run(c_ss=curve(values), tau_alpha=scalar(200.0))
    # Straight in the logarithm, as values between the lags are taken to be.
    assert m.left_at_relaxation("c_ss")([data]).value == pytest.approx((0.8 - 0.1 * np.log(100)) / 0.8)
    with pytest.raises(m.Missing, match="900 τ is needed"):
        m.left_at_relaxation("c_ss")([run(c_ss=curve(values), tau_alpha=scalar(900.0))])


def test_temperature_and_rate_are_weighed():
    reference, hot, fast = (run(c_ss=curve(np.full(len(LAGS), value))) for value in (0.8, 0.5, 0.7))
    assert m.temperature_rather_than_rate("c_ss")([reference, hot, fast]).value == pytest.approx(0.3 - 0.1)


def test_survival_is_compared_up_to_its_constant():
    alive = np.exp(-LAGS / 100)
    field = np.append(1, 0.7 * alive[1:] + 0.01)
    found = m.against_survival([run(c_ss=curve(field, 0.001), alive=curve(alive, 0.001), constant=scalar(0.7))])
    # Less the noise of the two, squares of a tenth.
    assert found.value == pytest.approx(0.01 / field[1], rel=0.02)
    # As close as noise lets them be: nothing is left.
    same = [run(c_ss=curve(0.7 * alive + 0.003), alive=curve(alive), constant=scalar(0.7))]
    assert m.against_survival(same).value == 0


def test_curves_are_compared_at_equal_strain():
    runs = [run(rate, c_ss=curve(np.exp(-LAGS * rate / 0.01))) for rate in (1e-4, 1e-3)]
    # Between lags curves are straight in the logarithm.
    assert m.ratio(m.at_strain("c_ss", 0.01))(runs).value == pytest.approx(1, abs=0.02)


def test_a_tail_without_intervals_has_a_value_only():
    edges = np.geomspace(2, 2000, 31)
    times = np.sqrt(edges[1:] * edges[:-1])
    law = times**-1.5 * np.where(times > 200, 0.2, 1)
    low = np.where(times > 600, np.nan, 0.9 * law)
    data = run(axes={"lifetime": times}, tau_alpha=scalar(200.0), lifetimes=Estimate(law, low, 1.1 * law))
    found = m.tail([data])
    assert found.value == pytest.approx(np.log(0.2), abs=1e-9)
    assert np.isnan(found.error)


def test_collapse_is_that_of_strain():
    def noisy(values):
        return curve(values + RANDOM.normal(0, 0.003, len(LAGS)))

    runs = [run(rate, c_ss=noisy(np.exp(-LAGS * rate / 0.1))) for rate in (1e-4, 1e-3)]
    assert m.collapse("c_ss")(runs).value > 1
    same = [run(rate, c_ss=noisy(np.exp(-LAGS / 100))) for rate in (1e-4, 1e-3)]
    assert m.collapse("c_ss")(same).value < -1
    # A curve without intervals is not among them.
    values = np.exp(-LAGS * 1e-5 / 0.1)
    unbounded = run(1e-5, c_ss=Estimate(values, np.nan * values, np.nan * values, np.tile(values, (400, 1)), 1))
    assert m.collapse("c_ss")([unbounded, *runs]) == replace(m.collapse("c_ss")(runs), used=(1, 2))


def test_the_exponent_is_of_the_runs_that_have_relaxed():
    def relaxed(rate):
        value = 0.03 / rate
        return run(rate, tau_alpha=Estimate(value, 0.9 * value, 1.1 * value, value * RANDOM.normal(1, 0.1, 400), 1))

    found = m.exponent([Reduced({"strain_rate": 1e-5}, {}), relaxed(1e-4), relaxed(1e-3)])
    assert found.value == pytest.approx(-1) and found.used == (1, 2)


@pytest.mark.parametrize("tail", [1.0, 0.2])
def test_power_law_and_what_comes_after_it(tail):
    edges = np.geomspace(2, 2000, 31)
    times = np.sqrt(edges[1:] * edges[:-1])
    # Below the moving window the law is anything.
    law = np.where(times < 16, 1.0, times**-1.5) * np.where(times > 200, tail, 1)
    data = run(axes={"lifetime": times}, tau_alpha=scalar(200.0), lifetimes=Estimate(law, 0.9 * law, 1.1 * law))
    assert m.power_law_distance([data]).value == pytest.approx(0, abs=1e-9)
    found = m.tail([data])
    assert found.value == pytest.approx(np.log(tail), abs=1e-9)
    assert 0 < found.error < 0.1


def test_crossover_grows_with_the_range_of_the_law():
    edges = np.arange(1, 200)
    counts = np.sqrt(edges[:-1] * (edges[1:] - 1.0))
    found = []
    for reach in (5.0, 10.0):
        law = np.exp(-counts / reach) / reach
        axes = {"rearrangements": counts, "rearrangements_edge": edges}
        rest = {"without_rearrangement": scalar(1 - law.sum(), 0.01)}
        found.append(m.crossover([run(axes=axes, budgets=Estimate(law, 0.9 * law, 1.1 * law), **rest)]).value)
    # ⟨N²⟩/⟨N⟩ of an exponential law is twice its mean; of whole numbers, to 1/reach².
    assert found == pytest.approx([10, 20], rel=0.02)


@pytest.mark.parametrize(("unbounded", "unknown"), [(1, 0.0), (10, 0.0), (11, 0.0), (1, 0.02)])
def test_crossover_needs_errors_and_nearly_all_of_the_law(unbounded, unknown):
    edges = np.arange(1, 14)
    counts = np.sqrt(edges[:-1] * (edges[1:] - 1.0))
    law = 0.8 ** np.arange(12)
    law *= (0.9 - unknown) / law.sum()
    low = np.where(np.arange(12) == unbounded, np.nan, 0.9 * law)
    axes = {"rearrangements": counts, "rearrangements_edge": edges}
    data = run(axes=axes, budgets=Estimate(law, low, 1.1 * law), without_rearrangement=scalar(0.1, 0.01))
    held = (law * counts**2)[unbounded] / (law @ counts**2)
    if unknown or held > 0.05:
        with pytest.raises(
            m.Missing, match="2% of the soft spots take more" if unknown else "without an interval hold"
        ):
            m.crossover([data])
    else:
        assert np.isfinite(m.crossover([data]).error)
