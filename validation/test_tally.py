"""What rows come to on made-up data: the interval of several seeds, what counts as what, and the table of counts."""

from dataclasses import replace
from math import inf

import numpy as np
import pytest

from paper.numbers import AS_SEEN
from paper.whole import Whole
from softspots.curve import Curve
from softspots.estimate import Estimate
from softspots.io.reduced import Reduced

from . import measures as m
from . import tally
from .published import ROWS
from .rows import APART, COLD, FALLS, FAST, SLOW, Row
from .verdicts import AGREES, DISAGREES, UNDECIDED, Direction, Number, Range

TWO = Range(1.8, 2.2, "two digits")


def run(value, error=0.02, stale=False, first=False):
    """A run with this P*/ρ_SS, reduced by the code that is here, or by other code, or of the first edition."""
    found = Estimate(*map(np.array, (value, value - error, value + error)))
    provenance = {} if first else {"reduction": "other" if stale else tally.current_code()}
    return Reduced({"strain_rate": 1e-4}, provenance, {}, {"ratio": found}, {"onset": "none rearranges"})


def row(name="P*/ρ_SS", published="2", accepted=TWO, measure="ratio", conditions=("a",)):
    return Row(name, published, "III", conditions, m.value(measure), accepted)


def test_several_seeds_have_the_interval_of_their_spread():
    first = run(2.5)
    alone = tally.judge(row(), {"a": first})
    assert alone.verdict == DISAGREES and alone.found.error == pytest.approx(0.02)
    # Student's factor for three at 68 %, 1.3115, from tables; the sample's deviation of 2.5, 2.1, 1.7 is 0.4.
    seeds = {"a": first, "a_seed2": run(2.1), "a_seed3": run(1.7)}
    together = tally.judge(row(), seeds)
    assert together.found.value == pytest.approx(2.1)
    assert together.found.error == pytest.approx(1.3115 * 0.4 / np.sqrt(3), rel=1e-3)
    # What one seed excludes, three do not.
    assert together.verdict == UNDECIDED
    # Where they agree by chance it is that of the bootstraps.
    alike = tally.judge(row(), {name: run(2.0) for name in seeds})
    assert alike.verdict == AGREES and alike.found.error == pytest.approx(0.02 / np.sqrt(3))


def test_a_run_of_the_first_edition_is_not_averaged_with_seeds_of_the_second():
    first = run(2.5, first=True)
    seeds = {"a_seed2": run(2.1), "a_seed3": run(1.9)}
    judged = tally.judge(row(), {"a": first} | seeds)
    assert judged.found.value == pytest.approx(2.0) and judged.stale == judged.first == ()
    assert tally.judge(row(), {"a": first, "a_seed2": run(2.1)}).found == Number(2.1, 2.08, 2.12)
    # Where a seed has no such number it is that of the first.
    without = replace(run(2.1), measured={})
    judged = tally.judge(row(), {"a": first, "a_seed2": without})
    assert judged.found.value == 2.5 and judged.stale == judged.first == ("a",)


def test_f_s_of_the_first_run_counts_where_a_seed_has_none():
    """τ_α ∝ γ̇^-1 from three rates, the last of which has frames of the second edition in a seed alone."""

    def with_time(rate, **options):
        resampled = 0.03 / rate * (1 + 0.01 * np.random.default_rng(1).normal(size=50))
        times = {"tau_alpha": Estimate(*np.array((0.03, 0.029, 0.031)) / rate, resampled, 1)}
        return replace(run(2.0, **options), configuration={"strain_rate": rate}, measured=times)

    exponent = Row("n", "-1", "IV", ("a", "b", "c"), m.exponent, Range(-1.1, -0.9, "two digits"))
    study = {"a": with_time(1e-5), "b": with_time(1e-4), "c": with_time(1e-3, first=True)}
    seed = replace(study["c"], provenance=study["a"].provenance, measured={})
    judged = tally.judge(exponent, study | {"c_seed2": seed})
    assert judged.found.value == pytest.approx(-1) and judged.runs == 3
    assert judged.found == tally.judge(exponent, study).found


def test_a_number_says_of_how_many_runs_it_is():
    names = ("a", "b", "c")
    mean = Row("mean", "2", "III", names, m.mean("ratio"), TWO, least=1)
    study = {"a": run(2.0), "b": run(2.5, error=np.nan), "c": run(2.1)}
    one = tally.judge(mean, study)
    assert one.found.value == pytest.approx(2.05) and one.ours.endswith(", by 2 of 3 runs")
    assert tally.judge(mean, {"b": study["b"], "c": study["c"]}).ours.endswith(", by 1 of 3 runs")
    assert "runs" not in tally.judge(mean, study | {"b": run(2.2)}).ours


def test_seeds_count_as_far_as_they_are_of_the_same_runs_as_the_first():
    mean = Row("mean", "2", "III", ("a", "b"), m.mean("ratio"), TWO)
    study = {"a": run(2.0), "b": run(2.2), "a_seed2": run(3.0, error=np.nan), "b_seed2": run(2.2)}
    assert tally.judge(mean, study).found.value == pytest.approx(2.1)
    assert tally.judge(mean, study | {"a_seed2": run(2.4)}).found.value == pytest.approx(2.2)


def test_a_mixture_that_the_paper_has_not_simulated_is_none_of_its_numbers():
    published = {each.name: each.published for each in ROWS}
    assert not published["onset of the plateau, D²_min/T, N = 2,500, as-printed"]
    assert published["C_SS at γ̇ δt = 0.002, 1e-4 over 1e-5, T = 0.1"]


@pytest.fixture
def slow():
    """The rows of the mean of N_R at the slowest rate, and a study in which its unbroken series has none."""

    def of_lives(mean=None, coarse=None, note=""):
        measured = {} if mean is None else {"mean_rearrangements": Estimate(*map(np.array, (mean, mean - 1, mean + 1)))}
        found = {} if coarse is None else {m.COARSE_MEAN: Estimate(coarse, 0.9 * coarse, 1.1 * coarse, note=note)}
        outlive = {"mean_rearrangements": "56% of the soft spots outlive the data"}
        return Whole(
            {"strain_rate": 1e-5}, {"reduction": tally.current_code()}, {}, measured, outlive, experiments=found
        )

    rows = {each.name: each for each in ROWS}
    study = {SLOW: of_lives(), COLD: of_lives(10.0, 8.0), FAST: of_lives(4.0), APART: of_lives(coarse=16.0)}
    return rows["mean N_R, T = 0.1, 1e-5"], rows["mean N_R, 1e-3 over 1e-5, T = 0.1"], study, of_lives


def test_means_of_coarse_frames_stand_in_where_an_unbroken_series_has_none(slow):
    mean, falls, study, of_lives = slow
    one, other = (tally.judge(row, study) for row in (mean, falls))
    assert one.found.value == pytest.approx(16 * 10 / 8) and other.found.value == pytest.approx(4 / 20)
    # Errors of a tenth each.
    assert one.found.error == pytest.approx(20 * 0.1 * np.sqrt(3))
    assert one.row.name == mean.name and "frames 20 τ apart" in one.ours and other.verdict == AGREES
    assert tally.judge(mean, study | {SLOW: of_lives(12.0)}).ours == "12.0 (11.0 to 13.0)"
    # Data of earlier code show in the row, also there.
    stale = replace(study[APART], provenance={})
    assert tally.judge(mean, study | {APART: stale}).stale == (APART,)


def test_lives_as_far_as_they_are_seen_have_no_mean(slow):
    mean, falls, study, of_lives = slow
    seen = f"{AS_SEEN}: 31% of the soft spots outlive the data"
    for without in ({APART: of_lives(coarse=16.0, note=seen)}, {COLD: of_lives(10.0)}, {COLD: of_lives(coarse=8.0)}):
        for row in (mean, falls):
            one = tally.judge(row, study | without)
            assert one.kind == tally.OPEN and one.lacking == "56% of the soft spots outlive the data"


def test_seeds_of_one_side_of_a_ratio_widen_it():
    falls = Row("falls", "falls", "III", ("a", "b"), m.ratio(m.value("ratio")), Range(-inf, 1, "a trend"))
    study = {"a": run(2.0), "b": run(1.8)}
    assert tally.judge(falls, study).verdict == AGREES
    assert tally.judge(falls, study | {"b_seed2": run(2.3)}).verdict == UNDECIDED


def test_another_epsilon_than_is_measured_now_makes_a_run_stale():
    def with_epsilon(value, error, **provenance):
        found = {"epsilon": Estimate(*map(np.array, (value, value - error, value + error)))}
        return Reduced({}, {"reduction": tally.current_code()} | provenance, {}, found)

    given = with_epsilon(0.15, np.nan, epsilon_from="fast")
    for measured, stale in ((0.15, False), (0.152, False), (0.154, True), (0.14, True)):
        # The interval, three times as wide, is where it may lie by chance.
        assert tally.is_stale(given, {"fast": with_epsilon(measured, 0.001)}) == stale, measured
    assert not tally.is_stale(given, {})
    assert tally.is_stale(with_epsilon(0.15, np.nan, reduction="other"), {})


def test_a_seed_of_earlier_code_makes_a_row_stale():
    study = {"a": run(2.0), "a_seed2": run(2.0, stale=True)}
    assert tally.judge(row(), study).stale == ("a_seed2",)
    assert tally.judge(row(), {"a": run(2.0)}).stale == ()


def whole(alone, first=True):
    """A run of either edition, with τ_α of the dynamics alone of this provenance, and of its condition."""
    one, tau = run(2.0, first=first), Estimate(*map(np.array, (30.0, 29.0, 31.0)))
    alone = {"condition": "a"} | alone
    return Whole(**vars(one) | {"measured": one.measured | {"tau_alpha": tau}, "alone": alone})


def by_time(runs):
    """P*/ρ_SS in units of τ_α."""
    found, time = m.number(runs[0], "ratio"), m.time(runs[0], "tau_alpha")
    return Number(found.value / time, found.low / time, found.high / time)


CURRENT = {"reduction": tally.current_code()}


@pytest.mark.parametrize(
    ("provenance", "stale"),
    [
        ({}, ("F_s of a",)),
        ({"reduction": "other"}, ("F_s of a",)),
        ({"reduction_alike": "other"}, ("F_s of a",)),
        (CURRENT, ()),
        ({"reduction_alike": tally.current_code()}, ()),
    ],
)
def test_rows_of_f_s_alone_have_its_edition_and_its_code(provenance, stale):
    study = {"a": whole(provenance)}
    times = tally.judge(row(measure="tau_alpha", accepted=Range(20, 40, "two digits")), study)
    # Neither the code nor the edition of the frames matters.
    assert (times.verdict, times.stale, times.first) == (AGREES, stale, ())
    ratio = tally.judge(row(), study)
    assert (ratio.verdict, ratio.stale, ratio.first) == (AGREES, ("a",), ("a",))


def test_what_rests_on_frames_and_f_s_alone_is_stale_by_either():
    both = Row("both", "", "", ("a",), by_time, FALLS)
    for first in (False, True):
        for alone in (CURRENT, {}):
            judged = tally.judge(both, {"a": whole(alone, first)})
            assert judged.stale == ("a",) * first + ("F_s of a",) * (alone == {}) and judged.first == ("a",) * first


def test_a_seed_by_times_of_its_first_run_rests_on_f_s_of_that():
    seed = replace(whole({}, first=False), given={"tau_alpha": Estimate(*map(np.array, (30.0, 29.0, 31.0)))})
    del seed.measured["tau_alpha"]
    both = Row("both", "", "", ("a",), by_time, FALLS)
    assert tally.judge(both, {"a": whole(CURRENT, first=False), "a_seed2": seed}).stale == ("F_s of a",)


def test_a_collapse_rests_on_its_own_curve():
    lags = np.array([0.0, 2.0, 20.0, 200.0])

    def curve(rate):
        values = np.exp(-lags * rate * 100)
        resampled = values * (1 + 0.01 * np.random.default_rng(1).normal(size=(50, 1)))
        found = {"scattering": Estimate(values, values * 0.99, values * 1.01, resampled, 1)}
        return Whole(
            {"strain_rate": rate},
            {},
            {"lag": lags},
            found | {"c_ss": found["scattering"]},
            alone=CURRENT | {"condition": "a"},
            scattering=Curve.over(lags, found["scattering"]),
        )

    study = {"a": curve(1e-4), "b": curve(1e-3)}
    for name, stale in (("scattering", ()), ("c_ss", ("a", "b"))):
        judged = tally.judge(Row(name, "", "", ("a", "b"), m.collapse(name), Range(-inf, inf, "any")), study)
        assert (judged.verdict, judged.stale, judged.first) == (AGREES, stale, stale)


def test_rows_are_counted_by_what_they_came_to(monkeypatch):
    monkeypatch.setattr(tally, "FINDINGS", {"explained": "because"})
    one, other = {"a": run(2.0)}, {"a": run(3.0, first=True)}
    two = Direction("falls", "rises", 0, "it says both")
    judged = [
        tally.judge(row(), one),
        tally.judge(row("explained"), other),
        tally.judge(row("open"), {"a": run(2.0, error=0.2, first=True)}),
        tally.judge(row("unbounded"), {"a": run(2.0, error=np.nan)}),
        tally.judge(row("unmeasured", measure="onset"), one),
        tally.judge(row("missing", conditions=("b",)), one),
        tally.judge(row("both", accepted=two), {"a": run(2.0, stale=True)}),
        # A question that the paper leaves open is none of its numbers.
        tally.judge(row("own", published=""), one),
    ]
    kinds = [tally.AGREE, tally.EXPLAINED, tally.OPEN, tally.OPEN, tally.OPEN, tally.OPEN, tally.BOTH, tally.AGREE]
    assert [each.kind for each in judged] == kinds
    table, note = tally.counts(judged)
    found = {kind: tuple(map(int, numbers)) for kind, *numbers in table.rows[1:]}
    assert found == {
        tally.AGREE: (1, 0, 0),
        tally.EXPLAINED: (1, 1, 1),
        tally.UNEXPLAINED: (0, 0, 0),
        tally.BOTH: (1, 0, 1),
        tally.OPEN: (4, 1, 1),
        "all": (7, 2, 3),
    }
    assert "earlier code" in note.line
    disagreeing, lacking = tally.lists(judged)
    assert disagreeing.items == ["explained: published 2, here 3.000 (2.980 to 3.020) (first edition)"]
    assert lacking.items == [
        f"{tally.TOO_LARGE} (1): open",
        f"{tally.UNBOUNDED} (1): unbounded",
        "none rearranges (1): unmeasured",
        "no data of b (1): missing",
    ]


def test_experiments_come_from_frames():
    mean = {"mean": Estimate(*map(np.array, (2.0, 1.9, 2.1)))}
    one, seed = (replace(whole(CURRENT), experiments=mean) for _ in range(2))
    other = replace(whole(CURRENT, first=False), experiments={})
    measured = Row("measured", "", "", ("a", "b"), lambda runs: Number.of(runs[0].experiments["mean"]), TWO)
    assert tally.judge(measured, {"a": one, "b": other, "a_seed2": seed}).stale == ("a", "a_seed2")
