"""Single soft spots: overlaps, and their lives by the definition, one after the other."""

import numpy as np
import pytest
from synthetic import dying_maps

from softspots.analysis import tracking
from softspots.analysis.lifetimes import (
    survival,
)
from softspots.analysis.tracking import spot_correlation, track, uncorrelated_from, uncorrelated_level
from softspots.curve import Curve
from softspots.estimate import Estimate


def renumbered(labels):
    """Spots numbered in the order of their lowest particle id, as `softspots.structure.spots` does."""
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
    for lag, value, pairs in zip(lags, curve.value, curve.counts, strict=True):
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
    curve = Curve.over(np.array([0, 1, 5, 9, 20]), Estimate.of(values, values + samples, 1), np.ones(5, int))
    assert uncorrelated_from(curve) == 9
    short = curve[:3]
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


# Wrong input


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"labels": np.full((3, 4), 0.5)}, "labels must be whole numbers from -1 to 3; 0.5"),
        ({"labels": np.zeros(4, int)}, r"labels have shape \(4,\)"),
        ({"rearranging": np.zeros((3, 4))}, "rearranging is float64"),
        ({"rearranging": np.zeros((3, 5), bool)}, r"shape \(3, 5\)"),
        ({"epsilon": 0.0}, "epsilon is 0.0"),
        ({"epsilon": np.nan}, "epsilon is nan"),
        ({"window": 0}, "window is 0"),
        ({"placement": "backward"}, "placement is 'backward'; allowed: forward, centered"),
        ({"times": [0, 1]}, r"times have shape \(2,\); \(3,\) is needed"),
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
