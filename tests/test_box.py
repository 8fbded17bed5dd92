"""Boxes and frames in two and three dimensions: lattices, images, flips, and the strain between boxes."""

import copy
import itertools
import pickle
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reference import flipped, lattice_vectors, renumbered, wrapped

from softspots.box import Box
from softspots.exceptions import InputError
from softspots.frame import Frame

seeds = st.integers(0, 1000)
strains = st.floats(-30.0, 30.0)


usual_tilts = st.floats(-3.0, 3.0)
no_history = st.none()


@st.composite
def boxes(draw, tilts=usual_tilts, histories=no_history):
    """Of both dimensions, with tilts in units of the lengths that they add to."""
    lengths = draw(st.lists(st.floats(1.0, 100.0), min_size=2, max_size=3))
    along = [lengths[0], lengths[0], lengths[1]][: 2 * len(lengths) - 3]
    box = Box(lengths=lengths, tilts=[draw(tilts) * length for length in along])
    strain = draw(histories)
    return box if strain is None else box.at_strain(strain)


def frame_in(box, seed):
    random = np.random.default_rng(seed)
    shape = (20, box.dimension)
    return Frame(random.uniform(-50, 50, shape), random.integers(0, 4, 20), box, images=random.integers(-9, 10, shape))


def test_lattice_vectors_of_a_box():
    box = Box(lengths=(3.0, 4.0, 5.0), tilts=(0.3, -0.4, 7.0))
    assert np.array_equal(box.vectors, [[3.0, 0.0, 0.0], [0.3, 4.0, 0.0], [-0.4, 7.0, 5.0]])
    assert (box.dimension, box.volume, box.length_x, box.length_y, box.tilt) == (3, 60.0, 3.0, 4.0, 0.3)
    assert (box.total_strain, box.flips, box.has_history) == (0.075, 0, False)
    with pytest.raises(InputError, match="no area but a volume"):
        _ = box.area
    flat = Box(lengths=np.array([3.0, 4.0]), tilts=[0.3])
    assert flat == Box(3.0, 4.0, tilt=0.3) and hash(flat) == hash(Box(3.0, 4.0, tilt=0.3)) and flat.area == 12.0
    assert np.array_equal(flat.vectors, [[3.0, 0.0], [0.3, 4.0]])
    assert Box(lengths=(3, 4, 5)).tilts == (0.0, 0.0, 0.0)
    assert repr(box) == "Box(3 × 4 × 5, tilts 0.3 -0.4 7)"
    # Lattice vectors of other programs have been turned, which rounds.
    rounded = Box(lengths=(3.0, 4.0, 5.0), tilts=(8.88e-16, -0.0, -1e-4))
    assert repr(rounded) == "Box(3 × 4 × 5, tilts 0 0 -0.0001)" and rounded.words == "box 3 × 4 × 5, tilts 0 0 -0.0001"


def test_single_lengths_and_tilts_take_their_places():
    box = Box(lengths=(3.0, 4.0, 5.0), tilts=(0.3, -0.4, 7.0))
    assert replace(box, tilt=1.0) == Box(lengths=(3.0, 4.0, 5.0), tilts=(1.0, -0.4, 7.0))
    assert replace(box, length_y=1.0) == Box(lengths=(3.0, 1.0, 5.0), tilts=(0.3, -0.4, 7.0))
    assert replace(box, tilts=(0, 0, 0), strain=1.5) == Box(lengths=(3.0, 4.0, 5.0), strain=1.5)
    for one in (copy.deepcopy(box), pickle.loads(pickle.dumps(box)), replace(box)):
        assert one == box and not one.has_history


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"lengths": (3.0,)}, "there are 1 lengths; 2 or 3 are needed"),
        ({"lengths": (3.0, 4.0, 5.0, 6.0)}, "there are 4 lengths"),
        ({"lengths": 3.0}, r"lengths have shape \(\)"),
        ({"lengths": (3.0, 4.0, -5.0)}, "length_z is -5.0"),
        ({"lengths": (3.0, 4.0, "5")}, "length_z is '5'"),
        ({"lengths": (3.0, 4.0), "tilts": (1.0, 0.0, 0.0)}, "there are 3 tilts; 2 lengths need 1"),
        ({"lengths": (3.0, 4.0, 5.0), "tilts": (1.0,)}, "there are 1 tilts; 3 lengths need 3"),
        ({"lengths": (3.0, 4.0, 5.0), "tilts": (1.0, np.nan, 0.0)}, "tilt xz is nan"),
        ({"lengths": (3.0, 4.0, 5.0), "tilts": (0.0, 0.0, 1e9)}, r"tilt yz is 1000000000.0, 2.5e\+08 box lengths"),
        ({"lengths": (3.0, 4.0, 5.0), "strain": 0.1}, "strain 0.1 does not belong to tilt 0.0"),
        ({}, "length_x is None"),
        ({"length_x": 3.0}, "length_y is None"),
    ],
)
def test_box_refuses(arguments, message):
    with pytest.raises(InputError, match=message):
        Box(**arguments)


@pytest.mark.parametrize(
    ("arguments", "got"),
    [
        ((10, 10, 10), "there are 3 values without a name"),
        ((10, 10, 1.0, 0.1), "there are 4 values without a name"),
        (([10, 10],), "length_x is a list"),
        ((np.ones(3),), "length_x is a ndarray"),
    ],
)
def test_box_of_three_lengths_in_a_row_is_refused_with_what_is_allowed(arguments, got):
    with pytest.raises(InputError) as caught:
        Box(*arguments)
    assert str(caught.value).startswith(f"Box: {got}; allowed: ") and "Box(lengths=(Lx, Ly, Lz)" in str(caught.value)
    assert "\n" not in str(caught.value)


@given(box=boxes(), ratio=st.floats(0.5, 2.0))
def test_a_stretched_box_has_stretched_vectors_and_the_same_flips(box, ratio):
    ratios = np.array([ratio, 1.0, 1 / ratio][: box.dimension])
    other = box.stretched(np.multiply(box.lengths, ratios))
    np.testing.assert_allclose(other.vectors, box.vectors * ratios, rtol=1e-13, atol=1e-13 * max(box.lengths))
    assert (other.flips, other.has_history) == (box.flips, box.has_history)


@given(box=boxes(), seed=seeds)
def test_wrapping_leaves_the_lattice_set(box, seed):
    frame = frame_in(box, seed)
    positions, images = box.wrap(frame.positions)
    assert (positions >= 0).all() and (positions < box.lengths).all()
    # Rounding of up to 150 vectors of 300.
    np.testing.assert_allclose(positions + lattice_vectors(images, box.vectors), frame.positions, rtol=0, atol=1e-10)
    np.testing.assert_allclose(wrapped(frame).unwrapped, frame.unwrapped, rtol=0, atol=1e-9)
    again, none = box.wrap(positions)
    assert np.array_equal(again, positions) and not none.any()


@given(box=boxes(tilts=st.floats(-0.5, 0.5)), seed=seeds)
def test_the_minimum_image_is_the_shortest_of_all(box, seed):
    random = np.random.default_rng(seed)
    separations = random.uniform(-0.5, 0.5, (20, box.dimension)) * box.lengths
    folded = box.minimum_image(separations)
    assert (np.abs(folded) <= 0.5 * np.array(box.lengths) + 1e-12).all()
    # Within half a length each way, no image two cells away is shorter than half the smallest side.
    cells = [*itertools.product((-2, -1, 0, 1, 2), repeat=box.dimension)]
    images = separations[:, None] + lattice_vectors(cells, box.vectors)
    lengths = np.linalg.norm(images, axis=-1)
    short = lengths.min(axis=1) < 0.5 * min(box.lengths) - 1e-9
    # Rounding of coordinates of up to some 300.
    np.testing.assert_allclose(np.linalg.norm(folded, axis=1)[short], lengths.min(axis=1)[short], rtol=0, atol=1e-11)


@given(box=boxes(), seed=seeds)
def test_minimum_images_are_images(box, seed):
    random = np.random.default_rng(seed)
    short = random.uniform(-0.28, 0.28, (20, box.dimension)) * min(box.lengths)
    images = short + lattice_vectors(random.integers(-5, 6, short.shape), box.vectors)
    before = images.copy()
    # Rounding of coordinates of up to 5 (300 + 300 + 100).
    np.testing.assert_allclose(box.minimum_image(images), short, rtol=0, atol=1e-11)
    assert np.array_equal(images, before), "the input is left alone"


@given(box=boxes(histories=strains), strain=strains)
def test_a_box_at_a_strain_is_the_sheared_lattice(box, strain):
    later = box.at_strain(strain)
    assert later.strain == strain and abs(later.tilt) <= later.length_x / 2 + 1e-11
    shear = np.eye(box.dimension)
    shear[1, 0] = strain - box.strain
    sheared = box.vectors @ shear
    sheared[1, 0] -= (later.flips - box.flips) * box.length_x
    # Rounding of strains of up to 60 times vectors of up to 300.
    np.testing.assert_allclose(later.vectors, sheared, rtol=0, atol=1e-10)
    assert box.strain_to(later) == strain - box.strain
    if box.dimension == 2:
        assert later == Box.sheared(*box.lengths, strain)


@given(box=boxes(tilts=st.floats(-1, 1), histories=strains), step=st.floats(-0.24, 0.24), seed=seeds)
def test_the_strain_between_lattices_does_not_depend_on_their_vectors(box, step, seed):
    random = np.random.default_rng(seed)
    step *= box.length_x / box.length_y
    later = box.at_strain(box.strain + step)
    assert box.strain_to(later) == pytest.approx(step, abs=1e-12)
    tilts = np.array(later.tilts)
    xy, layer = random.integers(-3, 4), random.integers(-3, 4, 2)
    tilts[0] += xy * box.length_x
    if box.dimension == 3:
        tilts[1:] += layer[0] * np.array([box.length_x, 0]) + layer[1] * np.array([later.tilt, box.length_y])
    other = Box(lengths=box.lengths, tilts=tilts)
    # Rounding of strains of up to 60 and of tilts of up to 1000 over lengths of at least 1.
    assert replace(box, strain=None).strain_to(other) == pytest.approx(step, abs=1e-11)


@pytest.mark.parametrize("tilts", [(0.5, 1.2, 2.0), (0.5, 1.0, 2.2)])
def test_another_deformation_of_a_third_vector_is_refused(tilts):
    box = Box(lengths=(10.0, 10.0, 10.0), tilts=(0.4, 1.0, 2.0))
    assert box.strain_to(Box(lengths=(10.0, 10.0, 10.0), tilts=(0.5, 1.02, 2.0))) == pytest.approx(0.01)
    with pytest.raises(InputError, match="the third lattice vector moves by"):
        box.strain_to(Box(lengths=(10.0, 10.0, 10.0), tilts=tilts))


@given(box=boxes(histories=strains), seed=seeds, times=st.integers(-3, 3))
def test_a_flip_leaves_unwrapped_positions_to_the_bit(box, seed, times):
    frame = frame_in(box, seed)
    after = flipped(frame, times)
    assert after.box.flips == frame.box.flips + times
    assert np.array_equal(after.unwrapped, frame.unwrapped)
    assert np.array_equal(after.images_without_flips(), frame.images_without_flips())


@given(box=boxes(tilts=st.floats(-1, 1), histories=st.floats(-3, 3)), strain=st.floats(-3, 3), seed=seeds)
def test_what_is_sheared_with_the_box_goes_straight(box, strain, seed):
    """Wrapped and flipped on its way: the continuous positions are those of the sheared lattice and its points."""
    start = wrapped(replace(frame_in(box, seed), images=np.zeros((20, box.dimension))))
    later = box.at_strain(strain)
    # Where each particle is of the old box, it is of the new one, beside the flips that its row has made.
    moved = start.positions.copy()
    moved[:, 0] += (strain - box.strain) * moved[:, 1]
    images = start.images_without_flips()
    images[:, 0] += later.flips * images[:, 1]
    end = wrapped(Frame(moved, start.species, later, images=images))
    shear = np.eye(box.dimension)
    shear[1, 0] = strain - box.strain
    # Rounding of coordinates of up to some 1000, sheared by up to 6.
    np.testing.assert_allclose(end.unwrapped, start.unwrapped @ shear, rtol=0, atol=1e-9)


@given(boxes(), seeds)
def test_unwrapped_follows_the_numbering(box, seed):
    frame = replace(frame_in(box, seed), sizes=np.linspace(0.7, 1.6, 20))
    order = np.random.default_rng(seed).permutation(len(frame))
    after = renumbered(frame, order)
    assert np.array_equal(after.unwrapped, frame.unwrapped[order]) and np.array_equal(after.sizes, frame.sizes[order])


SOLID = {"positions": np.zeros((3, 3)), "species": ["Cu", "Zr", "Zr"], "box": Box(lengths=(3, 3, 3))}


@pytest.mark.parametrize(
    "species", [["Cu", "Zr", "Zr"], np.array(["Cu", "Zr", "Zr"]), np.array(["Cu", "Zr", "Zr"], dtype=object)]
)
def test_species_may_be_any_labels(species):
    frame = Frame(**SOLID | {"species": species}, sizes=[1, 2.5, 1], ids=[3, 1, 2])
    for one in (frame, copy.deepcopy(frame), pickle.loads(pickle.dumps(frame)), replace(frame)):
        assert one.species.tolist() == ["Cu", "Zr", "Zr"] and one.sizes.tolist() == [1.0, 2.5, 1.0]
        assert one.dimension == 3 and not one.species.flags.writeable and not one.sizes.flags.writeable
    assert (
        repr(frame)
        == "Frame(N=3, 1 of species Cu, 2 of species Zr, sizes 1 to 2.5, box 3 × 3 × 3, tilts 0 0 0, time 0)"
    )


def test_species_may_be_any_whole_numbers():
    frame = Frame(**SOLID | {"species": [-7, 300, 2.0]})
    assert frame.species.dtype == np.int32 and frame.species.tolist() == [-7, 300, 2]
    assert repr(Frame(np.zeros((9, 2)), range(9), Box(3, 3))).startswith("Frame(N=9, 9 species, box")
    assert repr(Frame(np.zeros((0, 2)), [], Box(3, 3), sizes=[])).startswith("Frame(N=0, no species, box")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"positions": np.zeros((3, 2))}, r"positions have shape \(3, 2\); \(N, 3\) is needed"),
        ({"species": ["Cu", 1, "Zr"]}, "species are numbers and strings"),
        ({"species": np.array(["Cu", 1, "Zr"], dtype=object)}, "species are numbers and strings"),
        ({"species": ["Cu", "Zr"]}, r"species have shape \(2,\)"),
        ({"species": [b"Cu", b"Zr", b"Zr"]}, "species are of type"),
        ({"species": [0, 1, 0.5]}, "species must be whole numbers"),
        ({"species": [0, 1, 2**31]}, "species must be whole numbers"),
        ({"images": np.zeros((3, 2))}, r"images have shape \(3, 2\)"),
        ({"sizes": [1.0, 1.0]}, r"sizes have shape \(2,\)"),
        ({"sizes": [1.0, 0.0, 1.0]}, "sizes must be positive; 0 is among them"),
        ({"sizes": [1.0, np.nan, 1.0]}, "sizes must be finite"),
        ({"sizes": np.ma.masked_array([1.0, 1.0, 1.0], [0, 1, 0])}, "sizes have 1 masked"),
    ],
)
def test_frame_refuses(arguments, message):
    with pytest.raises(InputError, match=message):
        Frame(**SOLID | arguments)


def test_frames_are_matched_with_labels_and_sizes():
    frame = Frame(**SOLID, ids=[3, 1, 2], sizes=[1.0, 2.5, 1.5])
    other = renumbered(frame, [2, 0, 1])
    matched = other.in_order_of(frame)
    assert matched.species.tolist() == frame.species.tolist() and matched.sizes.tolist() == frame.sizes.tolist()
    # Through single precision, or not known, sizes are no reason.
    assert replace(frame, sizes=np.float32([1.0, 2.5, 1.5])).in_order_of(frame) is not None
    assert replace(frame, sizes=None).in_order_of(frame) is not None
    with pytest.raises(InputError, match="1 of 3 have another size"):
        replace(frame, sizes=[1.0, 2.5, 1.6]).in_order_of(frame)
    with pytest.raises(InputError, match="3 of 3 have another species"):
        replace(frame, species=[0, 1, 1]).in_order_of(frame)
