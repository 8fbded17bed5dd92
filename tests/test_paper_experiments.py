"""What the study measures besides the reduced data, and what it makes of several seeds."""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from synthetic import DEATH, INTERVAL, write_results
from test_silent import tracks

from softspots.analysis.findings import Run
from softspots.analysis.lifetimes import logarithmic_edges
from softspots.analysis.reduce import reduce_run
from softspots.analysis.silent import PER_DECADE, of_lives
from softspots.estimate import Estimate
from softspots.frame import Box, Frame
from softspots.io import read_results
from softspots.io.reduced import Reduced
from softspots.landscape.modes import Modes
from softspots.structure.clusters import label_clusters

sys.path.append(str(Path(__file__).parent.parent))

from paper import experiments, further, seeds  # noqa: E402
from paper.conditions import Condition  # noqa: E402


def test_clusters_inside_modes_are_those_of_each_mode():
    random = np.random.default_rng(1)
    edges = np.unique(np.sort(random.integers(0, 60, (150, 2))), axis=0)
    edges = edges[edges[:, 0] < edges[:, 1]]
    ranked = np.array([random.permutation(60)[:15] for _ in range(8)])
    sizes = experiments.cluster_sizes(ranked, edges, 60)
    for particles, found in zip(ranked, sizes, strict=True):
        labels = label_clusters(np.isin(np.arange(60), particles), edges, 1)
        np.testing.assert_array_equal(found, [np.sum(labels == labels[one]) for one in particles])


@pytest.mark.parametrize("tilt", [0.0, 2.5])
def test_the_longest_wave_has_the_period_of_the_mode_that_is_that_wave(tilt):
    random, box = np.random.default_rng(2), Box(10.0, 8.0, tilt=tilt)
    positions = random.random((50, 2)) @ np.array([[10.0, 0], [tilt, 8.0]])
    wavevector = 2 * np.pi * np.array([0.1, -tilt / 80])
    across = np.array([-wavevector[1], wavevector[0]]) / np.hypot(*wavevector)
    wave = np.cos(positions @ wavevector)[:, None] * across
    # Nothing moves along with the wave in the other mode.
    vectors = np.array([wave, np.cross(np.eye(3)[2], np.column_stack((wave, np.zeros(50))))[:, :2]])
    modes = Modes(np.array([0.25, 4.0]), vectors, *np.zeros((2, 2)), 0.0)
    assert experiments.wave_period(Frame(positions, np.zeros(50), box), modes) == pytest.approx(4 * np.pi)


def test_experiments_have_numbers_or_reasons(tmp_path, monkeypatch):
    path = write_results(tmp_path / "results.nc", 160)
    found = experiments.measure(Run(read_results(path)), reduce_run(path))
    # Positions of the made-up glass are those of no minimum.
    assert set(found["missing"]) == {"more modes"}
    numbers = {name: number["value"] for name, number in found["numbers"].items()}
    # Nothing is removed where clusters of one may stay; each mode has one spot, so that nothing is in any case.
    kept = [numbers[f"ρ_SS, clusters below {smallest} removed inside each mode"] for smallest in experiments.SMALLEST]
    assert kept[0] >= kept[1] >= kept[2] >= kept[3] > 0
    # Of more rearrangements there are more; a threshold that is the same is.
    assert numbers["mean N_R, D²_min > 5 T"] > numbers["mean N_R, D²_min > 15 T"] > numbers["mean N_R, D²_min > 30 T"]
    assert numbers["mean N_R, D²_min > 15 T"] == numbers["mean N_R, D²_min > 1.5"]
    # Deaths come at a rate of 0.1 in 2.5 τ, and are seen in steps of 20 τ; some places are taken again.
    assert np.log(2) / DEATH * INTERVAL < numbers["τ_½, frames 20 τ apart"] < 60
    monkeypatch.setattr("paper.conditions.DATA", tmp_path)
    one = Condition("made_up", {}, 160, "")
    one.experiments.write_text(experiments.text(found), encoding="utf-8")
    again, missing = further.from_raw(one)
    assert missing == found["missing"] and {title: float(again[title].value) for title in again} == numbers


@pytest.mark.parametrize(("part", "end"), [(0.0, None), (0.12, None), (0.12, 40)])
def test_the_part_of_fleeting_spots_is_found(part, end):
    # Mean field of budgets to 20 hits, in which some spots die in the first interval.
    random, lives = np.random.default_rng(3), tracks(0.27, end=end, frames=100, law=np.append(0, np.ones(20) / 20))
    fleeting = random.random(len(lives)) < part
    hits = np.where(fleeting, random.random(len(lives)) < 0.27, lives.rearrangements)
    lives = replace(
        lives, lifetime=np.where(fleeting, 1, lives.lifetime), dead=lives.dead | fleeting, rearrangements=hits
    )
    found = of_lives(lives, logarithmic_edges(lives.lifetime.max(), PER_DECADE), experiments.fitted_part)
    # Of 2,000 lives the error is near 0.007 besides that of how many are fleeting; three of these.
    assert found.value[0] == pytest.approx(np.mean(fleeting), abs=0.021)
    assert 0 <= found.value[1] <= found.value[3]
    if part:
        assert found.low[0] < found.value[0] < found.high[0] < found.low[0] + 0.04
        # One rate for all ages gains less than what is there.
        assert found.value[2] < 0.5 * found.value[1] and found.low[1] > 0
        assert found.value[4] == pytest.approx(np.mean(fleeting & (hits == 0)), abs=0.02)


def test_notes_of_experiments_are_marked_and_told():
    one, other = [
        {"a": Estimate(1.0, 0.5, 1.5, note="too high"), "b": Estimate(2.0, 1.5, 2.5)},
        {"a": Estimate(3.0, 2.5, 3.5, note="too high")},
    ]
    assert [further._cell(one[name]) for name in "ab"] == ["1.00 (0.50 to 1.50) *", "2.00 (1.50 to 2.50)"]
    (part,) = further._notes({"first": one, "second": other, "third": {}})
    assert part.items == ["first, second: too high (a)"]
    assert further._notes({"first": {"b": one["b"]}}) == []


def test_seeds_have_the_interval_of_their_spread_or_of_their_bootstraps():
    # Student's factor for three runs at 68 %, 1.32, from tables.
    mean, error = seeds.together([1.0, 2.0, 3.0], [0.1, 0.1, 0.1])
    assert mean == 2 and error == pytest.approx(1.3115 / np.sqrt(3), rel=1e-3)
    assert seeds.together([2.0, 2.0, 2.0], [0.3, 0.3, 0.3])[1] == pytest.approx(0.3 / np.sqrt(3))
    assert seeds.together([2.0, 2.0], [0.3, np.nan], independent=False)[1] == pytest.approx(0.3)
    # What has no interval of its own has one by the spread.
    assert np.isfinite(seeds.together([1.0, 2.0], [np.nan, np.nan])[1])
    assert seeds.together([1.5], [0.2]) == (1.5, 0.2)


def test_counts_of_seeds_are_those_of_each_run_and_τ_α_is_not_averaged():
    def run(seed, **numbers):
        measured = {name: Estimate(*map(np.array, (value, value, value))) for name, value in numbers.items()}
        return Reduced({"seed": seed, "particles": 10_000}, {"frames": 100 * seed}, {}, measured)

    study = {"T0.1_rate1e-4": run(1, followed=8088.0, ratio=2.0, tau_alpha=249.0)}
    study["T0.1_rate1e-4_seed2"] = run(2, followed=4051.0, ratio=2.2)
    (part,) = further.seeds(study)
    rows = {title: cells for title, *cells in part.rows}
    assert rows["particles × frames"] == ["", "10000 × 100", "10000 × 200"]
    assert rows["n"] == ["", "8088", "4051"]
    assert rows["P*/ρ_SS"][0].startswith("2.10 (") and "τ_α" not in rows


def test_seeds_are_taken_together_as_far_as_there_are_any():
    study = {"a": 1, "a_seed2": 2, "a_seed3": 3, "b": 10, "b_seed3": 30, "c": 100}
    assert seeds.samples(["a"], study) == ([[1], [2], [3]], True)
    assert seeds.samples(["a", "b"], study) == ([[1, 10], [2, 10], [3, 30]], False)
    assert seeds.samples(["c"], study) == ([[100]], True)
