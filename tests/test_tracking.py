"""Single soft spots: overlaps, lifetimes, rearrangements and survival, on maps whose spots die at a known rate."""

import numpy as np
import pytest

from softspots import tracking
from softspots.bootstrap import Estimate
from softspots.correlations import Correlation, field_correlation
from softspots.lifetimes import (
    density,
    fit_constant,
    logarithmic_edges,
    mean_rearrangements,
    rearrangement_law,
    restricted,
    survival,
)
from softspots.tracking import Tracks, spot_correlation, track, uncorrelated_from, uncorrelated_level


def renumbered(labels):
    """Spots numbered in the order of their lowest particle id, as `softspots.spots` does."""
    result = np.full(labels.shape, -1)
    for frame, found in zip(labels, result, strict=True):
        _, first = np.unique(frame, return_index=True)
        for number, particle in enumerate(np.sort(first[frame[first] >= 0])):
            found[frame == frame[particle]] = number
    return result


def drifting_maps(random, frames, particles):
    """Spots of all sizes that grow, shrink, split, merge, and vanish; some frames have none."""
    heights = np.zeros(particles)
    labels = np.full((frames, particles), -1)
    for frame in range(frames):
        heights = 0.8 * heights + 0.6 * np.convolve(random.standard_normal(particles + 4), np.ones(5) / 5**0.5, "valid")
        on_map = heights > (3.0 if frame % 11 == 10 else 0.8)
        labels[frame] = np.where(on_map, np.cumsum(np.diff(on_map.astype(int), prepend=0) == 1) - 1, -1)
    return renumbered(labels)


def dying_maps(random, frames, groups, size, death, birth):
    """Groups of particles that become spots with probability ``birth`` a frame, and die with ``death``."""
    alive = np.empty((frames, groups), dtype=bool)
    alive[0] = random.random(groups) < birth / (birth + death)
    for frame in range(1, frames):
        draw = random.random(groups)
        alive[frame] = np.where(alive[frame - 1], draw >= death, draw < birth)
    numbers = np.where(alive, np.cumsum(alive, axis=1) - 1, -1)
    return np.repeat(numbers, size, axis=1)


def direct_overlap(frame, spot, other):
    """C_αα with all spots of another frame from the fields themselves: the maximum, and the spots that have it."""
    fields = [(labels == number).astype(float) for labels, number in [(frame, spot)]]
    fields += [(other == number).astype(float) for number in range(other.max() + 1)]
    fields = [(field - field.mean()) / field.std() for field in fields]
    values = np.array([np.mean(fields[0] * field) for field in fields[1:]])
    common = np.array([np.any((frame == spot) & (other == number)) for number in range(other.max() + 1)], dtype=bool)
    if not common.any():
        return 0.0, []
    best = max(values[common].max(), 0.0)
    return best, np.flatnonzero(common & np.isclose(values, best, rtol=1e-12, atol=0))


def direct_track(labels, rearranging, epsilon, times, window, before):
    """Lives of all spots, one after the other, as the definition has it."""
    frame_at = {time: frame for frame, time in enumerate(times)}
    lives = []
    for start, time in enumerate(times):
        last = times[-1] - time - (window - before - 1)
        for spot in range(labels[start].max() + 1) if last >= 1 else ():
            values, hits = {}, {}
            for frame in range(start, len(times)):
                values[times[frame] - time], spots = direct_overlap(labels[start], spot, labels[frame])
                hits[times[frame] - time] = any(
                    np.any(rearranging[frame] & (labels[frame] == number)) for number in spots
                )
            lifetime, dead = last, False
            for lag in range(1, last + 1):
                inside = range(max(lag - before, 0), lag + window - before)
                known = [values[one] for one in inside if time + one in frame_at]
                if known and np.mean(known) < epsilon:
                    lifetime, dead = lag, True
                    break
            rearrangements = sum(hits[lag] for lag in range(lifetime) if lag in hits)
            lives.append((start, spot, lifetime, dead, rearrangements))
    return lives


def as_list(tracks):
    columns = (tracks.start, tracks.spot, tracks.lifetime, tracks.dead, tracks.rearrangements)
    return [tuple(row) for row in zip(*(column.tolist() for column in columns), strict=True)]


# Overlaps


def test_overlap_is_the_correlation_of_the_normalised_fields():
    labels = drifting_maps(np.random.default_rng(1), 12, 80)
    times = np.array([0, 1, 2, 3, 5, 6, 9, 10, 11, 12, 13, 14])
    lags = np.array([0, 1, 2, 5, 13])
    curve = spot_correlation(labels, lags, times)
    for lag, value, pairs in zip(lags, curve.value, curve.pairs, strict=True):
        found = [
            [direct_overlap(labels[start], spot, labels[later])[0] for spot in range(labels[start].max() + 1)]
            for start in range(12)
            for later in range(12)
            if times[later] - times[start] == lag
        ]
        assert pairs == len(found)
        # Rounding of means over 80 particles.
        assert value == pytest.approx(np.mean(np.concatenate(found)), abs=1e-13)
    assert curve.value[0] == pytest.approx(1, abs=1e-14)


def test_the_uncorrelated_level_is_the_mean_over_long_lags():
    random = np.random.default_rng(2)
    # Maps of ten spots of ten particles that have nothing to do with each other.
    labels = np.array(
        [random.permutation(np.repeat(np.append(np.arange(10), -np.ones(10, int)), 10)) for _ in range(150)]
    )
    curve = spot_correlation(labels, np.arange(0, 60, 3))
    found = uncorrelated_level(curve, 3)
    exact = np.mean(
        [
            direct_overlap(labels[start], spot, labels[later])[0]
            for start, later in random.integers(0, 150, (400, 2))
            if start != later
            for spot in range(10)
        ]
    )
    # 4,000 overlaps, which scatter by 0.05, and the error of the estimate on top.
    assert found.value == pytest.approx(exact, abs=4 * 0.05 / np.sqrt(4000) + 4 * found.error)
    assert 0 < found.error < 0.003
    level = found.value
    assert uncorrelated_level(curve, 57).value == pytest.approx(level, abs=0.02)
    with pytest.raises(ValueError, match="58 intervals or more apart"):
        uncorrelated_level(curve, 58)


def test_maps_are_uncorrelated_where_a_twentieth_of_their_correlation_is_left():
    samples = np.zeros((101, 1))
    values = np.array([1, 0.5, 0.051, 0.05, 0.01])
    curve = Correlation(np.array([0, 1, 5, 9, 20]), np.ones(5, int), Estimate(values, values + samples, 1))
    assert uncorrelated_from(curve) == 9
    short = Correlation(curve.lags[:3], curve.pairs[:3], Estimate(values[:3], values[:3] + samples, 1))
    with pytest.raises(ValueError, match=r"C_SS is above 0\.05 up to 5 intervals"):
        uncorrelated_from(short)


# Lives


@pytest.mark.parametrize("placement", ["forward", "centered"])
@pytest.mark.parametrize("first_reach", [1, 7, 32])
@pytest.mark.parametrize(("window", "gaps"), [(1, False), (1, True), (3, True), (8, False), (8, True)])
def test_tracks_are_those_of_the_definition(monkeypatch, window, gaps, first_reach, placement):
    monkeypatch.setattr(tracking, "FIRST_REACH", first_reach)
    random = np.random.default_rng(3)
    labels = drifting_maps(random, 40, 60)
    rearranging = random.random(labels.shape) < 0.05
    times = np.sort(random.choice(55, 40, replace=False)) if gaps else np.arange(40)
    before = window // 2 if placement == "centered" else 0
    expected = direct_track(labels, rearranging, 0.3, times, window, before)
    found = track(labels, rearranging, 0.3, times, window, placement)
    assert as_list(found) == expected
    # All kinds are among them.
    assert 0 < found.censored < len(found)
    assert found.rearrangements.max() > 1


def test_tracks_know_no_numbering():
    random = np.random.default_rng(4)
    labels = drifting_maps(random, 60, 120)
    rearranging = random.random(labels.shape) < 0.05
    order = random.permutation(120)
    expected = track(labels, rearranging, 0.25)
    found = track(renumbered(labels[:, order]), rearranging[:, order], 0.25)
    # Spots have other numbers, their lives are the same.
    assert sorted(row[:1] + row[2:] for row in as_list(found)) == sorted(row[:1] + row[2:] for row in as_list(expected))
    assert as_list(track(labels, rearranging, 0.25, np.arange(60) + 1000)) == as_list(expected)


def test_a_sudden_death_is_seen_seven_frames_early_or_three_late():
    labels = np.tile(np.repeat([0, 1, -1, -1], 5), (60, 1))
    labels[20:] = np.repeat([-1, 0, -1, 1], 5)  # the first spot is gone from frame 20 on, another one is there
    for placement, shift, after in (("forward", -1, 8), ("centered", 3, 4)):
        found = track(labels, np.zeros(labels.shape, bool), 0.2, placement=placement)
        first = (found.start < 16) & (found.spot == 0)
        # A forward window is below 0.2 when one frame of its eight is before the death; a centered one, when that is
        # its first, half a window before δt.
        assert (found.lifetime[first] == np.maximum(20 - found.start[first] + shift, 1)).all()
        assert found.dead[first].all()
        second = (found.start < 20) & (found.spot == 1)
        assert not found.dead[second].any()
        # The last window within the data.
        assert (found.lifetime[second] == 60 - after - found.start[second]).all()


def test_a_forward_window_makes_no_bump():
    """Spots that flicker and die at any time: the law of lifetimes falls from the first interval on."""
    random = np.random.default_rng(7)
    labels = dying_maps(random, 100, 200, 5, 0.1, 0.03)
    labels[random.random((100, 200)).repeat(5, axis=1) < 0.3] = -1  # not seen in some frames
    labels = renumbered(labels)
    nothing = np.zeros(labels.shape, bool)
    deaths = {
        placement: np.bincount(tracks.lifetime[tracks.dead], minlength=30)[:30] / len(tracks)
        for placement in ("forward", "centered")
        for tracks in (track(labels, nothing, 0.15, placement=placement),)
    }
    forward, centered = deaths["forward"], deaths["centered"]
    assert forward[1] == forward[1:].max()
    # A spot that vanishes at once is kept alive by δt = 0 as long as the window holds it.
    assert centered[1] < centered[2:9].max() / 2


DEATH, BIRTH, RATE = 0.06, 0.02, 0.15


@pytest.fixture(scope="module")
def dying():
    """Labels and rearrangements of 300 frames of 200 groups; a spot lives 17 frames, and rearranges in 15 % of them."""
    random = np.random.default_rng(5)
    labels = dying_maps(random, 300, 200, 5, DEATH, BIRTH)
    groups = random.random((300, 200)) < RATE
    rearranging = np.repeat(groups, 5, axis=1) & (np.arange(1000) % 5 == 2)
    return labels, rearranging


def test_survival_of_spots_that_die_at_a_known_rate(dying):
    tracks = track(*dying, 0.2, window=1)
    lags = np.array([1, 2, 5, 10, 20, 40, 60])
    alive = survival(tracks, lags)
    # One false alarm in 16,000 at four standard errors, and more as the errors are known to a fifth or so.
    assert (np.abs(alive.value - (1 - DEATH) ** (lags - 1))[1:] < 5 * alive.error[1:]).all()
    assert (alive.error < 0.05).all()
    assert (alive.value[0], alive.error[0]) == (1, 0)


def test_survival_is_not_shortened_by_the_end_of_the_data(dying):
    labels, rearranging = (values[:40] for values in dying)
    tracks = track(labels, rearranging, 0.2, window=1)
    assert tracks.censored > 0.38 * len(tracks)
    alive = survival(tracks, [8, 14])
    exact = (1 - DEATH) ** np.array([7, 13])
    # Of 14 too few independent frames know.
    assert np.isfinite(alive.error).tolist() == [True, False]
    assert (np.abs(alive.value - exact) < 5 * alive.error[0]).all()
    # Counting the censored as dead would be wrong by more than that.
    as_dead = np.mean(tracks.lifetime[:, None] >= [8, 14], axis=0)
    assert (exact - as_dead > 2 * np.abs(alive.value - exact)).all()


def test_rearrangements_before_death(dying):
    tracks = track(*dying, 0.2, window=1)
    mean = mean_rearrangements(tracks)
    # A life of 1/death frames on average, less what the end of the data cuts off: dead spots of the last 60 frames have
    # had shorter lives, which takes 5 % off.
    assert mean.value == pytest.approx(RATE / DEATH, abs=5 * mean.error + 0.08 * RATE / DEATH)
    assert mean.error < 0.2 * mean.value
    # To get one more rearrangement a spot must have one before it dies; to go on, it must survive the frame.
    counts = np.arange(8)
    one_more = RATE / (1 - (1 - RATE) * (1 - DEATH))
    exact = np.append(1, one_more * ((1 - DEATH) * one_more) ** (counts[1:] - 1))
    alive = survival(tracks, counts, of="rearrangements")
    assert (np.abs(alive.value - exact) <= 5 * alive.error).all()
    assert (alive.error < 0.05).all()


def test_the_map_decays_as_its_spots_die(dying):
    labels, _ = dying
    lags = np.array([0, 1, 2, 4, 8, 16, 24])
    field = field_correlation(labels >= 0, labels >= 0, lags)
    alive = survival(track(*dying, 0.2, window=1), lags)
    found = fit_constant(field, alive)
    decay, survivors = (1 - DEATH - BIRTH) ** lags[1:], (1 - DEATH) ** (lags[1:] - 1)
    exact = np.sum(decay * survivors) / np.sum(survivors**2)
    assert abs(found.value - exact) < 5 * found.error
    assert found.error < 0.1 * exact
    with pytest.raises(ValueError, match=r"survival at \(2,\)"):
        fit_constant(field, survival(track(*dying, 0.2, window=1), [1, 2]))


# Statistics of given lives


def lives(lifetime, dead, n_frames=None):
    """Tracks that start in frames 0, 1, …"""
    count = len(lifetime)
    lifetime = np.array(lifetime)
    return Tracks(np.arange(count), np.zeros(count, int), lifetime, np.array(dead), 2 * lifetime, n_frames or count)


def test_survival_by_hand():
    # Kaplan and Meier: 5 at risk of dying at 2, two of the remaining 3 at 4, none known to live beyond 7.
    tracks = lives([2, 4, 3, 4, 7], [True, True, False, True, False])
    alive = survival(tracks, [0, 2, 3, 4, 5, 7, 8])
    assert alive.value == pytest.approx([1, 1, 4 / 5, 4 / 5, 4 / 15, 4 / 15, np.nan], rel=1e-12, nan_ok=True)
    assert survival(tracks, [4, 5, 9], of="rearrangements").value == pytest.approx([1, 4 / 5, 4 / 15], rel=1e-12)
    everyone_dies = survival(lives([1, 3], [True, True]), [1, 3, 4])
    assert everyone_dies.value == pytest.approx([1, 0.5, 0], abs=1e-15)
    assert tracks.censored == 2


def test_mean_rearrangements_is_that_of_the_law():
    # By hand: half die at 4 or before, of N_R = 4 and 8; the others are seen to 16 and 18, up to which the mean counts.
    tracks = lives([2, 9, 4, 8], [True, False, True, False])
    assert mean_rearrangements(tracks).value == pytest.approx(4 / 4 + 8 / 4 + 18 / 2, rel=1e-12)
    assert restricted(tracks)
    complete = lives([2, 0, 4, 8], [True, True, True, True])
    assert mean_rearrangements(complete).value == pytest.approx(2 * np.mean([2, 0, 4, 8]), rel=1e-12)
    assert not restricted(complete)
    law = rearrangement_law(tracks).value
    law = rearrangement_law(complete).value
    assert law[:-1] @ np.arange(len(law) - 1) == pytest.approx(mean_rearrangements(complete).value, rel=1e-12)


def test_the_rate_is_that_of_the_events_that_are_counted():
    # Two intervals of life for each rearrangement, whether the spot dies or not.
    tracks = lives([2, 9, 4, 8], [True, False, True, False])
    assert rearrangement_law(tracks).value[-1] == 2


def test_the_end_of_the_law_has_an_interval():
    """800 frames of spots whose mean life is an eighth of the data, as those of a slowly sheared glass."""
    random = np.random.default_rng(8)
    labels = dying_maps(random, 800, 60, 5, 0.01, 0.01)
    tracks = track(labels, np.zeros(labels.shape, bool), 0.2, window=1)
    edges = logarithmic_edges(500)
    edges = edges[edges <= 400]
    found = survival(tracks, edges)
    exact = 0.99 ** (edges - 1.0)
    # From 250 on only the first half of the starts knows it.
    late = edges >= 250
    assert late.sum() >= 1 and np.isfinite(found.value).all()
    assert np.isfinite(found.resampled).all()
    known = np.isfinite(found.error)
    assert known[edges <= 250].all()
    assert (np.abs(found.value - exact)[known] < 4 * found.error[known] + 1e-9).all()


def test_nothing_dies():
    alive = survival(lives([3, 5], [False, False]), [1, 5, 6])
    assert alive.value == pytest.approx([1, 1, np.nan], nan_ok=True)
    assert mean_rearrangements(lives([3, 5], [False, False])).value == 10


def test_density_is_what_dies_in_a_bin():
    edges = logarithmic_edges(40)
    assert edges.tolist() == [1, 2, 3, 4, 6, 10, 16, 25, 40, 63]
    assert logarithmic_edges(1)[-1] > 1
    random = np.random.default_rng(6)
    lifetime = random.geometric(0.1, 300)
    found = density(lives(lifetime, np.ones(300, bool)), edges)
    counts, _ = np.histogram(lifetime, edges - 0.5)
    # Without censoring it is a histogram; rounding.
    assert found.value == pytest.approx(counts / 300 / np.diff(edges), abs=1e-14)


def test_fit_constant_is_least_squares():
    lags = np.array([0, 1, 2, 3])
    alive = np.array([1.0, 0.8, 0.5, np.nan])
    field = np.array([1.0, 0.5, 0.2, 0.1])
    curve = Correlation(lags, np.ones(4, int), Estimate(field, np.tile(field, (7, 1)), 1))
    found = fit_constant(curve, Estimate(alive, np.tile(alive, (7, 1)), 3))
    assert found.value == pytest.approx((0.8 * 0.5 + 0.5 * 0.2) / (0.8**2 + 0.5**2), rel=1e-12)
    assert found.interval() == pytest.approx((found.value, found.value), rel=1e-12)
    with pytest.raises(ValueError, match="no lag in common but 0"):
        fit_constant(curve, Estimate(alive * np.nan, np.tile(alive, (7, 1)), 3))


# Wrong input


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"labels": np.zeros((3, 4))}, "labels are float64"),
        ({"labels": np.zeros(4, int)}, r"of shape \(4,\)"),
        ({"rearranging": np.zeros((3, 4))}, "rearranging is float64"),
        ({"rearranging": np.zeros((3, 5), bool)}, r"shape \(3, 5\)"),
        ({"epsilon": 0.0}, "epsilon is 0.0"),
        ({"epsilon": np.nan}, "epsilon is nan"),
        ({"window": 0}, "window is 0"),
        ({"placement": "backward"}, "placement is 'backward'; allowed: forward, centered"),
        ({"times": [0, 1]}, "times must be 3 rising integers"),
    ],
)
def test_wrong_input_is_named(changes, message):
    good = {"labels": np.zeros((3, 4), int), "rearranging": np.zeros((3, 4), bool), "epsilon": 0.2}
    with pytest.raises(ValueError, match=message):
        track(**good | changes)


def test_maps_without_spots_have_no_tracks():
    empty = np.full((20, 5), -1)
    tracks = track(empty, np.zeros((20, 5), bool), 0.2)
    assert (len(tracks), tracks.censored) == (0, 0)
    with pytest.raises(ValueError, match="no tracks"):
        survival(tracks, [1])
    assert np.isnan(spot_correlation(empty, [1]).value).all()
