"""Single soft spots in time: what becomes of each, when it dies, and how often it rearranges before.

Every spot of every frame is a start, as the paper has it by all signs: it follows spots "constructed at a time t", and
its eq. 6 compares with C_SS, an average over all times, so that lifetimes are counted from any moment in the life of a
spot, not from its birth. A long life thus counts at each of its frames, with what is left of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from softspots.analysis.bootstrap import bootstrap, fraction
from softspots.analysis.fields import checked_flags, checked_labels
from softspots.analysis.lags import checked_lags, checked_times, find_frames
from softspots.curve import Curve
from softspots.estimate import Estimate
from softspots.exceptions import InputError

WINDOW = 8  # frames; 16 τ at 2 τ a frame (Schoenholz et al. 2014, section V)
# Where the window of the moving average begins, as parts of its length before δt.
PLACEMENTS = {"forward": 0.0, "centered": 0.5}
UNCORRELATED = 0.05  # C_SS of maps that count as unrelated
FIRST_REACH = 32  # lags that a spot is followed at first; it doubles while any spot of its frame lives


@dataclass(frozen=True, eq=False, repr=False)
class Tracks:
    """Lives of single soft spots, each followed from one frame on; all of shape (n,).

    Parameters
    ----------
    start : ndarray of int
        Number of the frame (from 0, missing frames not counted).
    spot : ndarray of int
        Number of the spot within the frame.
    lifetime : ndarray of int
        τ_L in intervals between frames. Of a spot that outlives the data: how long it is seen alive.
    dead : ndarray of bool
        Whether it died; if not, it is censored.
    rearrangements : ndarray of int
        N_R: intervals of its lifetime in which it rearranges.
    n_frames : int
        How many frames there are.
    """

    start: np.ndarray
    spot: np.ndarray
    lifetime: np.ndarray
    dead: np.ndarray
    rearrangements: np.ndarray
    n_frames: int

    def __len__(self) -> int:
        return len(self.start)

    def __repr__(self) -> str:
        return f"Tracks({len(self)} soft spots from {self.n_frames} frames, {self.censored} outlive the data)"

    @property
    def censored(self) -> int:
        """How many outlive the data."""
        return int(np.sum(~self.dead))


def spot_correlation(
    labels: np.ndarray, lags: Sequence[int], times: Sequence[int] | None = None, seed: int = 0
) -> Curve:
    """⟨C_αα(δt)⟩ over all soft spots of all frames, each spot counted alike.

    C_αα(δt) = max_β ⟨S̃_β(t+δt) S̃_α(t)⟩ over the soft spots β of time t+δt, the fields of single spots shifted to zero
    mean and scaled to unit variance over the particles. With n_α and n_β particles, n_αβ of them common, out of N,

        ⟨S̃_β S̃_α⟩ = (N n_αβ − n_α n_β) / [n_α (N − n_α) n_β (N − n_β)]^½.

    A spot that overlaps with none has C_αα = 0 (eq. 4 has −n/N, with n the size of the two); so has one of all
    particles, whose field has no variance.

    Parameters
    ----------
    labels : (F, N) array_like of int
        Number of the soft spot of each particle within its frame, -1 for none; as in results.nc.
    lags : sequence of int
        δt, rising, from 0 on, in intervals between frames.
    times : (F,) sequence of int, optional
        Rising times of the frames, in intervals. Default: 0, 1, ….
    seed : int
        Of the resamples.

    Raises
    ------
    InputError
        If shapes do not fit, or times or lags do not rise.

    Notes
    -----
    Schoenholz et al. 2014, eq. 4 and 5.
    """
    maps = _Maps.of("spot_correlation", labels)
    times = checked_times("spot_correlation", times, maps.n_frames)
    lags = checked_lags("spot_correlation", lags)
    sums, counts = np.zeros((2, maps.n_frames, len(lags)))
    pairs = np.zeros(len(lags), dtype=int)
    for start, time in enumerate(times):
        frames, present = find_frames(times, time + lags)
        best, _ = maps.follow(start, np.arange(maps.counts[start]), frames[present])
        sums[start, present] = best.sum(axis=1)
        counts[start, present] = maps.counts[start]
        pairs += present
    return Curve.over(lags, bootstrap(fraction, sums, counts, seed=seed), pairs)


def uncorrelated_from(field: Curve) -> int:
    """First lag at which C_SS is `UNCORRELATED` at most: from there on the maps hardly know of each other.

    Zero would be too much to ask: a tail of C_SS of 0.02 outlives τ_α by far.

    Raises
    ------
    InputError
        If there is none: the data are shorter than the memory of the maps, and ε cannot be measured in them.
    """
    unrelated = np.flatnonzero((field.value <= UNCORRELATED) & (field.x > 0))
    if unrelated.size == 0:
        raise InputError(
            f"uncorrelated_from: C_SS is above {UNCORRELATED:g} up to {field.x[-1]} intervals; longer data are "
            "needed, or an ε from elsewhere"
        )
    return int(field.x[unrelated[0]])


def uncorrelated_level(spots: Curve, first: int) -> Estimate:
    """ε: the mean of ⟨C_αα(δt)⟩ over δt ≥ ``first`` (Schoenholz et al. 2014, eq. 5).

    Lags count by their pairs of frames.

    Parameters
    ----------
    spots : Curve
        As `spot_correlation` gives it.
    first : int
        From `uncorrelated_from`.

    Raises
    ------
    InputError
        If there are no such lags.
    """
    weights = np.where(spots.x >= first, spots.counts, 0)
    if not weights.any():
        raise InputError(f"uncorrelated_level: no pair of frames is {first} intervals or more apart")
    # The longest lags have few pairs, and none in some resamples.
    return spots.map(lambda values: fraction(np.nansum(weights * values), weights[~np.isnan(values)].sum()))


def track(
    labels: np.ndarray,
    rearranging: np.ndarray,
    epsilon: float,
    times: Sequence[int] | None = None,
    window: int = WINDOW,
    placement: str = "forward",
    progress: Callable[[float], None] = lambda part: None,
) -> Tracks:
    """Lifetime and number of rearrangements of every soft spot of every frame.

    The lifetime τ_L is the first δt > 0, in whole intervals, at which C_αα (see `spot_correlation`), averaged over a
    moving window, is below ε. The window holds ``window`` frames, those from δt on: a plain moving average of the
    series. Missing frames are left out of the average. A spot dies only where its whole window lies within the data.
    One that has not until there is censored: alive until its last such δt. Spots of the last frames, too late for a
    window, are no starts.

    A centered window, with half of its frames before δt (near δt = 0 those from 0 on), is the other reading of the
    paper. Below half a window all averages begin with the same frames, so that it lets a seventh of all spots die at
    one δt, and the law of lifetimes has a bump there.

    A spot rearranges in an interval of its life, δt = 0 to τ_L − 1, if at least one particle of its associate, the β
    of the maximum in C_αα, does; of several equal maxima, any. An interval whose frame is missing counts none.

    Parameters
    ----------
    labels : (F, N) array_like of int
        Number of the soft spot of each particle within its frame, -1 for none; as in results.nc.
    rearranging : (F, N) array_like of bool
        Whether the particle rearranges in the interval that follows the frame: D²_min > 15 T. (False, as comparison
        with NaN gives, where D²_min is not known.)
    epsilon : float
        ε, from `uncorrelated_level`.
    times : (F,) sequence of int, optional
        Rising times of the frames, in intervals. Default: 0, 1, ….
    window : int
        Frames in the moving window.
    placement : {"forward", "centered"}
        Of the window.
    progress : callable
        Called with the part of the frames from which all spots have been followed.

    Raises
    ------
    InputError
        If shapes do not fit, times do not rise, ε is not between 0 and 1, or the window is empty.

    Notes
    -----
    Schoenholz et al. 2014, section V. Since the best associate is taken, τ_L and N_R are upper bounds.
    """
    maps = _Maps.of("track", labels, rearranging)
    times = checked_times("track", times, maps.n_frames)
    if not 0 < epsilon < 1:
        raise InputError(f"track: epsilon is {epsilon!r}; it must lie between 0 and 1")
    if window < 1:
        raise InputError(f"track: window is {window}; it must be 1 or more")
    if placement not in PLACEMENTS:
        raise InputError(f"track: placement is {placement!r}; allowed: {', '.join(PLACEMENTS)}")
    before = int(PLACEMENTS[placement] * window)
    found = []
    for start in range(maps.n_frames):
        # How far δt may go for its window to lie within the data.
        last = times[-1] - times[start] - (window - before - 1)
        if last < 1:
            break
        found.append(_lives(maps, times, start, epsilon, before, window - before, last))
        progress((start + 1) / maps.n_frames)
    columns = [np.concatenate(column) for column in zip(*found, strict=True)] if found else np.zeros((5, 0), int)
    start, spot, lifetime, dead, rearrangements = columns
    return Tracks(start, spot, lifetime, dead.astype(bool), rearrangements, maps.n_frames)


def _lives(maps, times, start, epsilon, before, after, last):
    """Lives of all spots of one frame, as columns of `Tracks`; the window has so many frames before δt and from δt."""
    n_spots = maps.counts[start]
    lifetime, dead = np.full(n_spots, last), np.zeros(n_spots, dtype=bool)
    rearrangements = np.zeros(n_spots, dtype=int)
    alive, done, reach = np.arange(n_spots), 0, max(FIRST_REACH, after + 1)
    # Running sums along the lag, whose differences are windows: of C_αα, of frames, of rearrangements.
    overlaps, hits, frames_before = np.zeros((1, n_spots)), np.zeros((1, n_spots), dtype=int), np.zeros(1, dtype=int)
    while alive.size:
        stop = min(reach, last + after)
        frames, present = find_frames(times, times[start] + np.arange(done, stop))
        values, rearranges = np.zeros((2, stop - done, len(alive)))
        values[present], rearranges[present] = maps.follow(start, alive, frames[present])
        overlaps = _extended(overlaps, values)
        hits = _extended(hits, rearranges.astype(int))
        frames_before = _extended(frames_before, present)
        # Those before `done` have been looked at, but for the last few, whose windows were incomplete.
        lags = np.arange(max(1, done - after + 1), stop - after + 1)
        low, high = np.maximum(lags - before, 0), lags + after
        weight = (frames_before[high] - frames_before[low])[:, None]
        below = (overlaps[high] - overlaps[low] < epsilon * weight) & (weight > 0)
        dies = below.any(axis=0)
        spots = alive[dies]
        dead[spots] = True
        lifetime[spots] = lags[np.argmax(below[:, dies], axis=0)]
        ended = dies if stop < last + after else np.ones_like(dies)
        rearrangements[alive[ended]] = hits[lifetime[alive[ended]], np.flatnonzero(ended)]
        alive, overlaps, hits = alive[~ended], overlaps[:, ~ended], hits[:, ~ended]
        done, reach = stop, 2 * reach
    return np.full(n_spots, start), np.arange(n_spots), lifetime, dead, rearrangements


def _extended(sums, values):
    """Running sums, continued."""
    return np.concatenate((sums, sums[-1] + np.cumsum(values, axis=0)))


@dataclass(frozen=True, eq=False)
class _Maps:
    """The soft spots of all frames, numbered through.

    members is (all spots, N), 1 where the particle is on the spot; counts (F,) are the spots of each frame, first (F,)
    the number of its first one; sizes and rearranges belong to the spots.
    """

    members: csr_array
    counts: np.ndarray
    first: np.ndarray
    sizes: np.ndarray
    rearranges: np.ndarray

    @property
    def n_frames(self) -> int:
        return len(self.counts)

    @classmethod
    def of(cls, stage, labels, rearranging=None) -> _Maps:
        labels = checked_labels(stage, labels)
        counts = labels.max(axis=1) + 1
        first = np.cumsum(counts) - counts
        frames, particles = np.nonzero(labels >= 0)
        spots = first[frames] + labels[frames, particles]
        members = csr_array(
            (np.ones(len(spots), dtype=np.int32), (spots, particles)), shape=(counts.sum(), labels.shape[1])
        )
        sizes = np.diff(members.indptr)
        if not sizes.all():
            frame = np.searchsorted(first, np.argmin(sizes), side="right") - 1
            raise InputError(
                f"{stage}: labels must number the soft spots through from 0; those of frame {frame} leave some out"
            )
        rearranges = np.zeros(counts.sum(), dtype=bool)
        if rearranging is not None:
            rearranging = checked_flags(f"{stage}: rearranging", rearranging, labels.shape)
            rearranges[spots[rearranging[frames, particles]]] = True
        return cls(members, counts, first, sizes, rearranges)

    def follow(self, start, spots, frames):
        """C_αα of some spots of a frame in other frames, and whether the associate rearranges; (frames, spots) each."""
        own = self.first[start] + spots
        counts = self.counts[frames]
        others = np.repeat(self.first[frames] - (np.cumsum(counts) - counts), counts) + np.arange(counts.sum())
        common = (self.members[others] @ self.members[own].T).tocoo()
        n_all = self.members.shape[1]
        size, own_size = self.sizes[others[common.row]].astype(float), self.sizes[own[common.col]].astype(float)
        variances = own_size * (n_all - own_size) * size * (n_all - size)
        # A spot of all particles has no variance: it tells no place from another, and overlaps with none.
        correlation = np.divide(
            n_all * common.data - own_size * size, np.sqrt(variances), out=np.zeros(len(size)), where=variances > 0
        )
        cells = np.repeat(np.arange(len(frames)), counts)[common.row] * len(spots) + common.col
        best = np.zeros(len(frames) * len(spots))
        np.maximum.at(best, cells, correlation)
        rearranges = np.zeros(len(best), dtype=bool)
        rearranges[cells[self.rearranges[others[common.row]] & (correlation == best[cells])]] = True
        return best.reshape(len(frames), len(spots)), rearranges.reshape(len(frames), len(spots))
