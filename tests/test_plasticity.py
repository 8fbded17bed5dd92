"""D²_min: against the plain oracle, for motions with a known answer, and in every description of one motion."""

import warnings
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import d2min as reference_d2min
from reference import disordered_frame, flipped, ordered_pairs, renumbered, wrapped

from softspots.exceptions import InputError
from softspots.frame import Box, Frame
from softspots.io import TrajectoryWriter, read_trajectory
from softspots.plasticity.d2min import d2min

GENERIC = disordered_frame(7, 11.0, 12.0, 3.4)


def moved(frame, strain=0.0, displacements=0.0):
    """The frame after a simple shear of everything, box and images included, and displacements on top."""
    box = frame.box
    later = Box(box.length_x, box.length_y, tilt=box.tilt + strain * box.length_y, strain=box.total_strain + strain)
    shear = np.array([[1.0, 0.0], [strain, 1.0]])
    return replace(frame, positions=frame.positions @ shear + displacements, box=later)


def thermal(frame, strain):
    """A frame and its successor with thermal displacements, both wrapped and with image counters of all kinds."""
    random = np.random.default_rng(10)
    displacements = random.normal(scale=0.1, size=frame.positions.shape)
    displacements[::10] += random.normal(scale=0.5, size=displacements[::10].shape)
    start = replace(frame, images=random.integers(-3, 4, frame.positions.shape))
    return start, moved(start, strain, displacements)


def assert_same(result, expected):
    """Equal but for rounding: coordinates of up to 200 at 1e-16, against residuals of order one."""
    np.testing.assert_allclose(result, expected, rtol=1e-10, atol=1e-11)


@pytest.mark.parametrize("cutoff", [1.5, 2.5])
@pytest.mark.parametrize("strain", [0.0, 0.02, -0.6])
def test_equals_the_plain_least_squares(frame, strain, cutoff):
    start, later = thermal(frame, strain)
    expected = reference_d2min(start, later, cutoff)
    assert_same(d2min(start, later, cutoff), expected)
    assert expected.max() > 0.1
    if cutoff == 2.5:
        assert_same(d2min(start, later), expected)


# The last one moves the row above by more than half the box.
@pytest.mark.parametrize("strain", [0.0, 0.01, -0.07, 0.8])
def test_affine_motion_is_not_plastic(frame, strain):
    later = moved(frame, strain, displacements=(5.3, -17.9))
    # Coordinates of up to 60 rounded at 1e-16, squared, over some 25 neighbours.
    assert d2min(frame, later).max() < 1e-25
    assert d2min(wrapped(frame), flipped(wrapped(later))).max() < 1e-25


def test_one_displaced_particle(frame):
    """With separations s_j from i and M = Σ s_j s_jᵀ: |u|² (1 - s_kᵀ M⁻¹ s_k), and |u|² (n - Sᵀ M⁻¹ S) for k itself."""
    particle, step = 17, np.array((0.31, -0.17))
    later = replace(frame, positions=frame.positions + step * (np.arange(len(frame)) == particle)[:, None])
    i, j, _, separations = ordered_pairs(frame.positions, frame.box, 2.5)
    expected = np.zeros(len(frame))
    for center in np.append(i[j == particle], particle):
        own = separations[i == center]
        told = own.sum(axis=0) if center == particle else own[j[i == center] == particle][0]
        count = len(own) if center == particle else 1
        expected[center] = step @ step * (count - told @ np.linalg.solve(own.T @ own, told))
    assert_same(d2min(frame, later), expected)


@pytest.mark.parametrize("times", [-1, 1, 2])
def test_flips_do_not_matter(frame, times):
    start, later = thermal(frame, 0.02)
    expected = d2min(start, later)
    assert_same(d2min(start, flipped(later, times)), expected)
    assert_same(d2min(flipped(start, times), later), expected)


def test_counters_of_another_third_vector_are_not_trusted():
    """A flip of yz takes a second lattice vector off the third: counters before and after count other things."""
    random, frame = np.random.default_rng(8), disordered_frame(5, 6.0, 6.5, 0.6, length_z=7.0, tilt_xz=0.7, tilt_yz=3.0)
    box = frame.box
    other = Box(lengths=box.lengths, tilts=(box.tilt, box.tilts[1] - box.tilt, 3.0 - box.length_y), strain=box.strain)
    motion = random.normal(0, 0.05, frame.positions.shape)
    start = replace(frame, images=random.integers(-2, 3, frame.positions.shape))
    moved = replace(start, positions=frame.positions + motion)
    # The same places, counted along the vectors of the other lattice.
    later = wrapped(replace(moved, positions=moved.unwrapped, box=other, images=np.zeros_like(start.images)))
    assert len(np.unique(later.images[:, 1] - start.images[:, 1])) > 2
    assert_same(d2min(start, later), d2min(start, moved))


@pytest.mark.parametrize("flips", [-1, 0, 2])
def test_boxes_that_carry_a_tilt_only_are_the_nearest_lattice(frame, flips):
    start, later = thermal(frame, 0.02)
    box = frame.box
    tilts = box.tilt, box.tilt + 0.02 * box.length_y - flips * box.length_x
    bare = [
        replace(one, box=Box(box.length_x, box.length_y, tilt=tilt))
        for one, tilt in zip((start, later), tilts, strict=True)
    ]
    assert_same(d2min(*bare), d2min(start, later))
    with pytest.raises(InputError, match="give both boxes their strain"):
        d2min(bare[0], replace(later, box=Box(box.length_x, box.length_y, tilt=box.tilt + 0.3 * box.length_x)))


def test_a_trajectory_keeps_what_flips_take_away(frame, tmp_path):
    start, later = thermal(frame, 0.9)
    start, later = wrapped(start), wrapped(flipped(later))
    with TrajectoryWriter(tmp_path / "trajectory.nc", frame.species) as writer:
        writer.write(start)
        writer.write(later)
    # Coordinates of up to 25 in single precision, against displacements of order one, over 25 neighbours.
    np.testing.assert_allclose(d2min(*read_trajectory(tmp_path / "trajectory.nc")), d2min(start, later), atol=1e-3)


def test_wrapping_between_the_two_times_does_not_matter(frame):
    start, later = thermal(frame, 0.02)
    expected = d2min(start, later)
    assert_same(d2min(wrapped(start), later), expected)
    assert_same(d2min(start, wrapped(later)), expected)
    assert_same(d2min(wrapped(start), wrapped(flipped(later))), expected)


@pytest.mark.parametrize("jump", [0.3, 0.6, -0.9, 1.7])
@pytest.mark.parametrize("axis", [0, 1])
def test_images_tell_motions_of_half_the_box_and_more(frame, jump, axis):
    """The particle's own motion, as the oracle has it from continuous coordinates."""
    start, later = thermal(frame, 0.02)
    positions = later.positions.copy()
    positions[3, axis] += jump * (frame.box.length_x, frame.box.length_y)[axis]
    later = replace(later, positions=positions)
    expected = reference_d2min(start, later, 2.5)
    for one in (later, wrapped(later), wrapped(flipped(later, 2))):
        assert_same(d2min(wrapped(start), one), expected)
    # Without them the motion is taken to be the shortest, and this one is not.
    blind = d2min(*(replace(wrapped(one), images=None) for one in (start, later)))
    assert (abs(blind[3] - expected[3]) > 1) == (abs(jump) > 0.5)


def test_images_and_ids_leave_no_doubt_about_a_liquid(frame):
    random = np.random.default_rng(12)
    start, later = thermal(frame, 0.02)
    later = replace(later, positions=later.positions + random.normal(scale=20.0, size=frame.positions.shape))
    with pytest.raises(InputError, match="the order of the atoms differs"):
        d2min(start, later)
    start, later = (replace(one, ids=np.arange(len(one))) for one in (start, later))
    # Motions of up to 80, in squares of some 25 neighbours of up to 1e5, to a part of 1e-12.
    np.testing.assert_allclose(d2min(start, wrapped(later)), reference_d2min(start, later, 2.5), rtol=1e-10, atol=1e-6)


def test_numbering_does_not_matter(frame):
    start, later = thermal(frame, 0.02)
    order = np.random.default_rng(11).permutation(len(frame))
    assert_same(d2min(renumbered(start, order), renumbered(later, order)), d2min(start, later)[order])


def test_origin_does_not_matter(frame):
    start, later = thermal(frame, 0.02)
    # The origin of a sheared box moves along with it.
    height = -28.1
    shifted = [
        replace(one, positions=one.positions + (3.7 + one.box.total_strain * height, height)) for one in (start, later)
    ]
    assert_same(d2min(*shifted), d2min(start, later))


def test_a_shear_that_crosses_a_flip():
    """The tilt passes half a box length between the two times, as in a simulation."""
    box = Box.sheared(11.0, 12.0, 4.108)
    frame = replace(wrapped(disordered_frame(12, 11.0, 12.0, box.tilt)), box=box)
    later = moved(frame, 0.04, np.random.default_rng(12).normal(scale=0.1, size=frame.positions.shape))
    crossed = wrapped(flipped(later))
    assert crossed.box.flips == box.flips + 1 and abs(box.tilt) < 5.5 and abs(crossed.box.tilt) < 5.5
    assert_same(d2min(frame, crossed), reference_d2min(frame, later, 2.5))


def test_too_few_neighbours_are_fitted_exactly_and_tell_nothing():
    """None, one, and two in different directions: an affine map always fits, so the motion is not known to be none."""
    positions = np.array([[1.0, 1.0], [10.0, 10.0], [11.0, 10.5], [20.0, 5.0], [21.2, 5.1], [20.1, 6.2]])
    frame = Frame(positions, np.zeros(6), Box(30.0, 20.0, tilt=4.0))
    later = replace(frame, positions=positions + np.random.default_rng(13).normal(scale=0.2, size=(6, 2)))
    assert np.isnan(d2min(frame, later)).all()
    # One more leaves something to measure, for itself and for those that it is a neighbour of.
    frame, later = (Frame(np.vstack((one.positions, [[21.0, 6.0]])), np.zeros(7), one.box) for one in (frame, later))
    found = d2min(frame, later)
    assert np.isnan(found[:3]).all()
    assert_same(found[3:], reference_d2min(frame, later, 2.5)[3:])
    assert found[3:].min() > 1e-4


def test_neighbours_on_one_line():
    """The normal matrix is singular, the minimum is there: along the line only the stretch is free."""
    line = np.outer((0.0, 0.9, -1.1, 2.0), (0.6, 0.8)) + 10.0
    frame = Frame(line, np.zeros(4), Box(25.0, 25.0, tilt=6.0))
    later = replace(frame, positions=line + np.random.default_rng(14).normal(scale=0.2, size=(4, 2)))
    assert_same(d2min(frame, later), reference_d2min(frame, later, 2.5))


@pytest.mark.parametrize("axis", [0, 1])
def test_two_neighbours_on_one_line(axis):
    """Only the stretch along the line is fitted; motion across it is not affine for the one between them."""
    line = 10.0 + np.outer((0.0, 1.0, -1.2), np.eye(2)[axis])
    frame = Frame(line, np.zeros(3), Box(25.0, 25.0, tilt=6.0))
    later = replace(frame, positions=line + [[0.1, 0.2], [0.0, 0.0], [0.0, 0.0]])
    assert_same(d2min(frame, later), reference_d2min(frame, later, 2.5))


@settings(max_examples=25)
@given(
    seed=st.integers(0, 1000),
    flips=st.integers(-2, 2),
    columns=st.integers(-3, 3),
    rows=st.integers(-3, 3),
    drift=st.tuples(st.floats(-30, 30), st.floats(-30, 30)),
    bare=st.booleans(),
)
def test_one_motion_has_one_answer(seed, flips, columns, rows, drift, bare):
    """Other order with ids, other lattice, other images of single particles, and a drift of all together."""
    random = np.random.default_rng(seed)
    start, later = thermal(GENERIC, 0.05)
    start, later = (replace(one, ids=np.arange(len(one))) for one in (start, later))
    expected = d2min(start, later)
    chosen = random.random(len(start)) < 0.3
    vector = columns * later.box.length_x + rows * later.box.tilt, rows * later.box.length_y
    later = replace(later, positions=later.positions + np.outer(chosen, vector) + drift)
    if bare:
        later = replace(later, images=None)
    else:
        # Counted back, the motion is the same.
        later = replace(later, images=later.images - np.outer(chosen, (columns, rows)))
    other = flipped(later, flips)
    if bare:
        start, other = (
            replace(one, box=Box(one.box.length_x, one.box.length_y, tilt=one.box.tilt)) for one in (start, other)
        )
    found = d2min(start, renumbered(other, random.permutation(len(other))))
    # The origin of a sheared box moves along with it, and so does not matter; coordinates of up to 100.
    assert_same(found, expected)
    order = random.permutation(len(start))
    assert_same(d2min(renumbered(start, order), other), expected[order])


@given(seed=st.integers(0, 1000))
@settings(max_examples=20)
def test_another_order_of_the_particles_is_refused(seed):
    random = np.random.default_rng(seed)
    frame = Frame(random.random((100, 2)) * 10.0, np.zeros(100), Box(10.0, 10.0, tilt=random.uniform(-5, 5)))
    for order in (slice(None, None, -1), np.roll(np.arange(100), 1), random.permutation(100)):
        with pytest.raises(InputError, match="the order of the atoms differs"):
            d2min(frame, replace(frame, positions=frame.positions[order]))
    numbered = replace(frame, ids=np.arange(100))
    assert (
        np.nanmax(d2min(numbered, replace(numbered, positions=frame.positions[::-1], ids=np.arange(100)[::-1]))) < 1e-25
    )
    # Sound motions, up to where single ones come near half a box, with a drift of 0.5: an rms of an eighth of it along
    # each axis. One in some 15,000 would be beyond it, and another motion is then the shortest.
    motion = np.clip(random.normal(scale=10.0 / 8, size=(100, 2)), -4.5, 4.5)
    later = replace(frame, positions=frame.positions + motion)
    assert_same(d2min(frame, later), reference_d2min(frame, later, 2.5))


def test_frames_of_different_systems_are_refused(frame):
    fewer = Frame(frame.positions[1:], frame.species[1:], frame.box)
    with pytest.raises(ValueError, match=str(len(fewer))):
        d2min(frame, fewer)


def resized(frame, ratios):
    """The frame with all that is in it stretched along the axes, the box too."""
    return replace(
        frame, positions=frame.positions * ratios, box=frame.box.stretched(np.multiply(frame.box.lengths, ratios))
    )


@pytest.mark.parametrize("ratios, strain", [((0.97, 0.97), 0.0), ((1.04, 0.95), -0.04), ((0.9, 1.01), 0.6)])
def test_a_box_that_changes_in_size_is_an_affine_motion_too(frame, ratios, strain):
    start, later = thermal(frame, strain)
    later = resized(later, ratios)
    expected = reference_d2min(start, later, 2.5)
    assert_same(d2min(start, later), expected)
    assert expected.max() > 0.1
    # As text has it: without history, in the cell, in any tilt of the lattice; a step that can be told from a flip.
    if abs(strain) < 0.1:
        bare = [replace(one, images=None, box=replace_history(one.box)) for one in (wrapped(start), wrapped(later))]
        assert_same(d2min(*bare), expected)
    assert d2min(frame, resized(moved(frame, strain, (5.3, -17.9)), ratios)).max() < 1e-25


def replace_history(box):
    """The box with its tilt alone."""
    return Box(lengths=box.lengths, tilts=box.tilts)


def test_a_box_that_changes_in_size_in_space():
    random = np.random.default_rng(3)
    start = disordered_frame(seed=2, length_x=6.1, length_y=5.8, tilt=1.1, length_z=6.3, tilt_xz=-0.7, tilt_yz=0.4)
    places = start.positions + random.normal(0, 0.05, (len(start), 3))
    later = resized(replace(start, positions=places), (0.96, 1, 1.02))
    assert_same(d2min(start, later), reference_d2min(start, later, 2.5))
    assert d2min(start, resized(start, (0.96, 1, 1.02))).max() < 1e-25


@pytest.mark.parametrize("cutoff", [0.0, -1.0, np.nan, np.inf])
def test_senseless_cutoff_is_refused(frame, cutoff):
    with pytest.raises(ValueError, match=f"cutoff is {cutoff}"):
        d2min(frame, frame, cutoff)


def test_box_below_twice_the_cutoff_is_refused(frame):
    side = min(frame.box.length_x, frame.box.length_y)
    with pytest.raises(ValueError, match=f"d2min: cutoff is {0.51 * side:g}, .* {side:g}; at least"):
        d2min(frame, frame, cutoff=0.51 * side)


@pytest.mark.parametrize("space", [False, True])
def test_frames_of_different_samples_give_a_warning(space):
    third, random = {"length_z": 6.0} if space else {}, np.random.default_rng(3)
    first, other = (disordered_frame(seed, 6.0, 6.5, 0.0, **third) for seed in (1, 2))
    # Counters and ids that are only kept along say that the motion is known.
    known = {"ids": np.arange(len(first)), "images": np.zeros_like(first.positions)}
    first, other = replace(first, **known), replace(other, species=first.species, **known)
    with pytest.warns(UserWarning, match="are the frames of one motion"):
        assert np.isfinite(d2min(first, other)).all()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        # As far as a particle of a glass goes in its cage, and three times as far.
        d2min(first, replace(first, positions=first.positions + random.normal(0, 0.3, first.positions.shape)))
