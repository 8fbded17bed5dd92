"""The periodic box and the frame: what is one and the same, and what is refused."""

import copy
import pickle
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reference import flipped, renumbered, wrapped

from softspots.exceptions import InputError
from softspots.frame import Box, Frame
from softspots.model import Model

lengths = st.floats(1.0, 100.0)
tilts = st.floats(-300.0, 300.0)
strains = st.floats(-30.0, 30.0)
fractions = st.floats(-0.49, 0.49)
counts = st.integers(-5, 5)
boxes = st.builds(Box, lengths, lengths, tilt=tilts)
seeds = st.integers(0, 1000)


def frame_in(box, seed):
    random = np.random.default_rng(seed)
    positions = random.uniform(-50, 50, (20, 2))
    return Frame(positions, random.integers(0, 2, 20), box, images=random.integers(-9, 10, (20, 2)))


@given(box=boxes, radius=fractions, angle=st.floats(0, np.pi), column=counts, row=counts)
def test_minimum_image_finds_the_short_separation(box, radius, angle, column, row):
    short = radius * min(box.length_x, box.length_y) * np.array((np.cos(angle), np.sin(angle)))
    image = short + column * np.array((box.length_x, 0)) + row * np.array((box.tilt, box.length_y))
    # Rounding of coordinates of up to 5 (300 + 100).
    np.testing.assert_allclose(box.minimum_image(image), short, rtol=0, atol=1e-11)


@given(box=boxes, x=st.floats(-500, 500), y=st.floats(-500, 500))
def test_minimum_image_is_an_image_and_is_idempotent(box, x, y):
    separation = np.array((x, y))
    folded = box.minimum_image(separation)
    row = (separation - folded)[1] / box.length_y
    column = ((separation - folded)[0] - round(row) * box.tilt) / box.length_x
    # Rounding of coordinates of up to 500 rows of tilt 300, in units of a length of at least 1.
    assert abs(row - round(row)) < 1e-9
    assert abs(column - round(column)) < 1e-9
    # The fold itself may end one rounding beyond half a length.
    assert (np.abs(folded) <= 0.5 * np.array((box.length_x, box.length_y)) + 1e-10).all()
    assert np.array_equal(separation, (x, y)), "the input is left alone"


@given(length_x=lengths, length_y=lengths, strain=strains)
def test_sheared_box_is_flipped_into_half_a_length(length_x, length_y, strain):
    box = Box.sheared(length_x, length_y, strain)
    # Rounding of strain * length_y, at most 3000.
    assert abs(box.tilt) <= length_x / 2 + 1e-11
    assert box.strain == strain
    assert abs(box.tilt + box.flips * length_x - strain * length_y) < 1e-11


def test_a_box_never_flipped_takes_its_strain_from_its_tilt():
    box = Box(10.0, 4.0, tilt=9.0)
    assert (box.strain, box.total_strain, box.flips, box.area) == (None, 2.25, 0, 40.0)
    assert not box.has_history and Box(10.0, 4.0, tilt=9.0, strain=2.25).has_history


@given(length_x=lengths, length_y=lengths, strain=strains, step=st.floats(-0.24, 0.24), flips=st.integers(-3, 3))
def test_the_strain_between_boxes_does_not_depend_on_flips(length_x, length_y, strain, step, flips):
    step *= length_x / length_y
    first, later = (Box.sheared(length_x, length_y, value) for value in (strain, strain + step))
    tilts = Box(length_x, length_y, tilt=first.tilt), Box(length_x, length_y, tilt=later.tilt - flips * length_x)
    # Rounding of strains of up to 30 and of tilts of up to 50 over lengths of at least 1.
    assert first.strain_to(later) == pytest.approx(step, abs=1e-12)
    assert tilts[0].strain_to(tilts[1]) == pytest.approx(step, abs=1e-12)


@pytest.mark.parametrize("step", [0.26, -0.26, 0.5, 0.74])
def test_a_step_between_lattices_that_may_go_either_way_is_refused(step):
    with pytest.raises(InputError, match="give both boxes their strain"):
        Box(10.0, 10.0, tilt=1.0).strain_to(Box(10.0, 10.0, tilt=1.0 + 10 * step))
    # Told, it is no matter of doubt.
    told = Box(10.0, 10.0, tilt=1.0, strain=0.1).strain_to(Box(10.0, 10.0, tilt=1.0 + 10 * step, strain=0.1 + step))
    assert told == pytest.approx(step, rel=1e-14)


def test_a_box_with_a_history_and_one_without_must_agree():
    assert Box(10.0, 10.0, tilt=1.0, strain=0.1).strain_to(Box(10.0, 10.0, tilt=2.0)) == pytest.approx(0.1, rel=1e-14)
    with pytest.raises(InputError, match="only one of two boxes carries its strain"):
        Box(10.0, 10.0, tilt=1.0, strain=3.1).strain_to(Box(10.0, 10.0, tilt=2.0))


@given(length_x=lengths, length_y=lengths, strain=strains, seed=seeds, times=st.integers(-3, 3))
def test_a_flip_leaves_unwrapped_positions_to_the_bit(length_x, length_y, strain, seed, times):
    frame = frame_in(Box.sheared(length_x, length_y, strain), seed)
    after = flipped(frame, times)
    assert after.box.flips == frame.box.flips + times
    assert np.array_equal(after.unwrapped, frame.unwrapped)


@given(box=boxes, seed=seeds)
def test_wrapping_fills_the_rectangle_and_leaves_unwrapped_positions(box, seed):
    frame = frame_in(box, seed)
    after = wrapped(frame)
    assert (after.positions >= 0).all() and (after.positions < (box.length_x, box.length_y)).all()
    # Rounding of up to 60 rows of tilt 300.
    np.testing.assert_allclose(after.unwrapped, frame.unwrapped, rtol=0, atol=1e-10)


@pytest.mark.parametrize("tilt", [0.0, 3.0])
def test_wrapping_on_the_edges(tilt):
    # -1e-20 + 10 rounds to 10, which is outside.
    edges = np.array([[0.0, 0.0], [-1e-20, 4.0], [4.0, -1e-20], [-1e-20, -1e-20], [10.0, 8.0], [5.0, 8.0]])
    positions, images = Box(10.0, 8.0, tilt=tilt).wrap(edges)
    assert (positions >= 0).all() and (positions < (10.0, 8.0)).all()
    # In the last two, a row up moves back by the tilt.
    assert np.array_equal(positions[:4], np.maximum(edges[:4], 0))
    assert np.array_equal(positions[4:], [[10.0 - tilt if tilt else 0.0, 0.0], [5.0 - tilt, 0.0]])
    assert images.tolist() == [[0, 0]] * 4 + [[0 if tilt else 1, 1], [0, 1]]


def test_unwrapped_adds_lattice_vectors():
    box = Box(10.0, 8.0, tilt=3.0)
    frame = Frame([[1.0, 2.0], [4.0, 5.0]], [0, 1], box, images=[[2, -1], [0, 0]])
    assert np.array_equal(frame.unwrapped, [[1.0 + 2 * 10.0 - 3.0, 2.0 - 8.0], [4.0, 5.0]])


@given(boxes, seeds)
def test_unwrapped_follows_the_numbering(box, seed):
    frame = frame_in(box, seed)
    order = np.random.default_rng(seed).permutation(len(frame))
    assert np.array_equal(renumbered(frame, order).unwrapped, frame.unwrapped[order])


def test_frame_converts_what_it_is_given():
    frame = Frame([[0, 1], [2, 3], [4, 5]], [True, False, True], Box(3, 3))
    assert len(frame) == 3
    assert frame.positions.dtype == np.float64 and frame.positions.flags.c_contiguous
    assert frame.species.dtype == np.int32 and frame.species.tolist() == [1, 0, 1]
    assert frame.images is None and replace(frame, images=np.ones((3, 2))).images.dtype == np.int32
    assert Frame(np.zeros((2, 2)).T, [0, 0], Box(3, 3)).positions.flags.c_contiguous


def test_a_frame_keeps_what_it_was_given():
    positions, species, images = np.zeros((3, 2)), np.array([0, 0, 1], dtype=np.int32), np.zeros((3, 2), dtype=np.int32)
    ids = np.arange(3)
    frame = Frame(positions, species, Box(3, 3), images=images, ids=ids)
    for array in (positions, species, images, ids):
        array[...] = 7
    for one in (frame, copy.copy(frame), copy.deepcopy(frame), pickle.loads(pickle.dumps(frame)), replace(frame)):
        assert not one.positions.any() and one.species.tolist() == [0, 0, 1] and not one.images.any()
        assert one.ids.tolist() == [0, 1, 2] and one.box == frame.box
        for name in ("positions", "species", "images", "ids"):
            assert not getattr(one, name).flags.writeable
            with pytest.raises(ValueError, match="read-only"):
                getattr(one, name)[0] = 1


@pytest.mark.parametrize(
    "box", [Box(3.0, 4.0, tilt=1.0), Box(3.0, 4.0, tilt=1.0, strain=0.25), Box.sheared(3.0, 4.0, 11.1)]
)
def test_copies_of_a_box_know_their_history(box):
    for one in (copy.deepcopy(box), pickle.loads(pickle.dumps(box)), replace(box)):
        assert one == box and one.has_history == box.has_history


def test_a_box_that_is_changed_gets_no_history_it_had_not():
    # From 0.49 to -0.49 of a box length: a flip, or 0.98 backwards, which only a history could tell.
    one, other = (replace(Box(10.0, 10.0, tilt=tilt)) for tilt in (4.9, -4.9))
    assert one.strain_to(other) == pytest.approx(0.02, rel=1e-12)
    assert replace(one, tilt=2.0) == Box(10.0, 10.0, tilt=2.0)
    with pytest.raises(InputError, match="does not belong to tilt"):
        replace(Box(10.0, 10.0, tilt=1.0, strain=0.1), tilt=2.0)


@pytest.mark.parametrize("name", ["positions", "species", "images", "ids"])
def test_masked_entries_are_refused_and_counted(name):
    given = {"positions": np.zeros((3, 2)), "species": [0, 0, 1], "images": np.zeros((3, 2)), "ids": [4, 2, 9]}
    masked = np.ma.masked_array(given[name], mask=np.zeros_like(given[name], dtype=bool))
    frame = Frame(**given | {name: masked}, box=Box(3, 3))
    assert np.array_equal(getattr(frame, name), given[name]) and type(getattr(frame, name)) is np.ndarray
    masked[1] = np.ma.masked
    with pytest.raises(InputError, match=f"{name} have {masked[1].size} masked entries of {masked.size}"):
        Frame(**given | {name: masked}, box=Box(3, 3))


@given(seeds, st.permutations(range(20)))
def test_frames_are_matched_by_ids(seed, order):
    frame = frame_in(Box(10.0, 10.0), seed)
    numbered = replace(frame, ids=np.random.default_rng(seed).permutation(1000)[:20])
    other = renumbered(numbered, order)
    matched = other.in_order_of(numbered)
    for name in ("positions", "species", "images", "ids"):
        assert np.array_equal(getattr(matched, name), getattr(numbered, name))
    assert frame.in_order_of(numbered) is frame


def test_frames_of_other_particles_do_not_match():
    frame = Frame(np.zeros((3, 2)), [0, 0, 1], Box(3, 3), ids=[3, 1, 2])
    with pytest.raises(InputError, match="1 of 3 ids are in one of them only, such as 3"):
        replace(frame, ids=[1, 2, 4]).in_order_of(frame)
    with pytest.raises(InputError, match="2 of 3 have another species"):
        replace(frame, species=[1, 0, 0]).in_order_of(frame)
    with pytest.raises(InputError, match="^the frames hold different particles, 3 and 2$"):
        Frame(np.zeros((2, 2)), [0, 0], Box(3, 3)).in_order_of(frame)


def test_a_frame_of_b_alone_must_be_meant():
    with pytest.raises(InputError, match="give species - 1"):
        Model.preset().indices(Frame(np.zeros((3, 2)), [1, 1, 1], Box(3, 3)))
    frame = Frame(np.zeros((3, 2)), [1, 1, 1], Box(3, 3), only_b=True)
    assert Model.preset().indices(replace(frame, time=1.0)).all() and pickle.loads(pickle.dumps(frame)).only_b


@given(boxes, st.integers(-3, 3))
def test_far_coordinates_are_taken_while_they_say_where_a_particle_is(box, power):
    positions = np.random.default_rng(4).random((20, 2)) * (box.length_x, box.length_y)
    far = 2.0 ** (23 + power) * box.length_x
    # Of the coordinate's spacing: single precision, as the limit has it.
    shift = round(far / box.length_x) * box.length_x
    if power < 3:
        frame = Frame(positions + (shift, 0.0), np.zeros(20), box)
        apart = box.minimum_image(box.wrap(frame.positions)[0] - positions)
        assert np.abs(apart).max() < 4 * np.spacing(far)
    with pytest.raises(InputError, match="box lengths out"):
        Frame(positions + (16 * far if power >= 0 else 1024 * far, 0.0), np.zeros(20), box)


def test_short_reprs():
    box = Box.sheared(28.8675, 28.8675, 3.12)
    frame = Frame(np.zeros((3, 2)), [0, 0, 1], box, 2.0)
    assert repr(box) == "Box(28.8675 × 28.8675, tilt 3.4641, strain 3.12)"
    assert repr(frame) == ("Frame(N=3, 2 of species 0, 1 of species 1, box 28.87 × 28.87, tilt 3.46, time 2)")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"length_x": 0.0}, "length_x is 0.0"),
        ({"length_y": -2.0}, "length_y is -2.0"),
        ({"length_x": np.inf}, "length_x is inf"),
        ({"length_y": np.nan}, "length_y is nan"),
        ({"tilt": np.nan}, "tilt is nan"),
        ({"tilt": -np.inf}, "tilt is -inf"),
        ({"strain": np.nan}, "strain is nan"),
        ({"strain": np.inf}, "strain is inf"),
        ({"length_x": "10"}, "length_x is '10'"),
        ({"length_y": 1e-320}, "length_y is 1e-320; it must be a positive finite number, 2.23e-308 or more"),
        ({"tilt": np.ma.masked}, "tilt is masked"),
        ({"tilt": 1j}, "tilt is 1j"),
        ({"tilt": 1e11}, "tilt is 100000000000.0, 1e\\+10 box lengths"),
        ({"strain": 1e300}, "strain is 1e\\+300"),
        ({"tilt": 1.0, "strain": 0.5}, "strain 0.5 does not belong to tilt 1.0"),
    ],
)
def test_box_refuses(arguments, message):
    with pytest.raises(InputError, match=message):
        Box(**{"length_x": 10.0, "length_y": 10.0} | arguments)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"positions": np.zeros((3, 3))}, r"positions have shape \(3, 3\)"),
        ({"positions": np.zeros(6)}, r"positions have shape \(6,\)"),
        ({"positions": [[0.0, 0.0], [np.nan, 0.0], [0.0, 0.0]]}, "positions must be finite"),
        ({"positions": np.full((3, 2), 1j)}, "positions are of type complex128"),
        ({"positions": [[0, 0], ["1", 0], [0, 0]]}, "positions are of type"),
        ({"positions": [[0, 0], [1], [0, 0]]}, "positions are no array of numbers"),
        ({"positions": [[0, 0], [None, 0], [0, 0]]}, "positions must be finite"),
        ({"box": (10, 10)}, "box is a tuple"),
        ({"time": np.nan}, "time is nan"),
        ({"ids": [1, 2]}, r"ids have shape \(2,\)"),
        ({"ids": [1, 2, 2]}, "ids must all be different; 2 is there more than once"),
        ({"ids": [1, 2, 2.5]}, "ids must be whole numbers"),
        ({"images": np.full((3, 2), 2**31)}, "images must be whole numbers .*; 2147483648 is among them"),
        ({"species": [0, 1]}, r"species have shape \(2,\)"),
        ({"species": [0, 1, 0.5]}, "species must be whole numbers from -2147483648 to 2147483647; "),
        ({"images": np.zeros((3, 1))}, r"images have shape \(3, 1\)"),
        ({"images": np.full((3, 2), 0.5)}, "images must be whole numbers from -2147483646 to 2147483646; "),
        ({"images": np.full((3, 2), np.nan)}, "images must be whole numbers from -2147483646 to 2147483646; "),
    ],
)
def test_frame_refuses(arguments, message):
    with pytest.raises(InputError, match=message):
        Frame(**{"positions": np.zeros((3, 2)), "species": [0, 0, 1], "box": Box(10, 10)} | arguments)
