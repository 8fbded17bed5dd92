"""Strategies for boxes, frames and models of all shapes: sound ones, sound ones in odd arrays, and unsound ones."""

import numpy as np
from hypothesis import assume
from hypothesis import strategies as st

from softspots.box import FARTHEST, Box
from softspots.frame import Frame
from softspots.model import PRESETS, SMOOTHINGS, Model

MOST_PARTICLES = 60


def seeds():
    return st.integers(0, 2**32 - 1)


def models(least_cutoff=0.3, most_cutoff=2.5):
    """Every mixture and smoothing; cutoffs on both sides of the minimum of the potential, per pair or not."""
    return st.builds(
        lambda preset, smoothing, cutoff, per_pair, part: Model.preset(
            preset, smoothing=smoothing, cutoff=cutoff, cutoff_per_pair=per_pair, inner_cutoff=part * cutoff
        ),
        st.sampled_from(tuple(PRESETS)),
        st.sampled_from(SMOOTHINGS),
        st.floats(least_cutoff, most_cutoff) | st.sampled_from([1.0, 2 ** (1 / 6), most_cutoff]),
        st.booleans(),
        st.floats(0.3, 0.95),
    )


def tilts():
    """Tilts in units of the length: within half, beyond, far beyond, hardly any."""
    usual = st.floats(-0.5, 0.5) | st.floats(-3, 3)
    return usual | st.sampled_from([0.0, 0.5, -0.5, 1.0, -0.0, 1e-300, -1e-12, 1000.3, 1 / 3])


def boxes(shortest=5.1, longest=20.0):
    """Boxes of these lengths with any tilt."""
    lengths = st.floats(shortest, longest)
    return st.builds(lambda x, y, tilt: Box(x, y, tilt=tilt * x), lengths, lengths, tilts())


@st.composite
def frames(draw, box=None, least=1, most=MOST_PARTICLES, spread=None):
    """Sound frames: particles at random, on a shaken lattice or in clumps, wrapped, or some cells away."""
    box = draw(boxes() if box is None else box)
    count, shape = draw(st.integers(least, most)), draw(st.sampled_from(SHAPES))
    cells = draw(st.sampled_from([0, 0, 1, 30]) if spread is None else spread)
    random = np.random.default_rng(draw(seeds()))
    positions = SHAPES_MADE[shape](random, count) @ [[box.length_x, 0.0], [box.tilt, box.length_y]]
    if draw(st.booleans()):
        positions, _ = box.wrap(positions)
    columns, rows = random.integers(-cells, cells + 1, (count, 2)).T
    positions = positions + np.column_stack((columns * box.length_x + rows * box.tilt, rows * box.length_y))
    assume((np.abs(positions) <= FARTHEST * np.array([box.length_x, box.length_y])).all())
    return Frame(positions, random.integers(0, 2, count), box, only_b=True)


def _lattice(random, count):
    side = int(np.ceil(np.sqrt(count)))
    return (np.stack(np.divmod(np.arange(count), side), axis=1) + random.uniform(0.3, 0.7, (count, 2))) / side


def _clumps(random, count):
    return (random.random((5, 2))[random.integers(0, 5, count)] + random.normal(0, 0.05, (count, 2))) % 1


# In fractions of the box.
SHAPES_MADE = {"gas": lambda random, count: random.random((count, 2)), "lattice": _lattice, "clumps": _clumps}
SHAPES = tuple(SHAPES_MADE)


@st.composite
def dense_frames(draw, least=10, most=40):
    """Frames of a glass's density or below, whose particles do not overlap much: a quench soon ends."""
    count, density = draw(st.integers(least, most)), draw(st.floats(0.3, 1.3))
    side = max(5.1, float(np.sqrt(count / density)))
    box = Box(side, side * draw(st.floats(1.0, 1.3)), tilt=side * draw(st.floats(-0.7, 0.7)))
    return draw(frames(st.just(box), count, count, st.just(0)))


def odd_arrays(values):
    """The same numbers in arrays that are read-only, not contiguous, of another byte order or type, or no arrays."""
    read_only = values.copy()
    read_only.flags.writeable = False

    return st.sampled_from(
        [
            read_only,
            np.repeat(values, 2, axis=0)[::2],
            np.ascontiguousarray(values[::-1])[::-1],
            np.asfortranarray(values),
            values.astype(values.dtype.newbyteorder(">")),
            values.astype(np.longdouble),
            values.tolist(),
            np.ma.masked_array(values),
        ]
    )


@st.composite
def unsound_frames(draw):
    """Arguments of a frame, one of which is wrong."""
    count = draw(st.integers(1, 10))
    random = np.random.default_rng(draw(seeds()))
    arguments = {"positions": random.random((count, 2)) * 6, "species": random.integers(0, 2, count), "box": Box(6, 6)}
    place = draw(st.integers(0, count - 1)), draw(st.integers(0, 1))
    wrong = {"positions": _wrong_positions, "species": _wrong_species, "images": _wrong_images}
    name = draw(st.sampled_from(tuple(wrong)))
    arguments[name] = draw(st.sampled_from(wrong[name](arguments, place)))
    return arguments


def _with(array, place, value):
    array = np.array(array, dtype=float)
    array[place] = value
    return array


def _masked(array, place):
    masked = np.ma.masked_array(array)
    masked[place] = np.ma.masked
    return masked


def _wrong_positions(arguments, place):
    positions = arguments["positions"]
    return [
        *(_with(positions, place, value) for value in (np.nan, np.inf, -np.inf)),
        _masked(positions, place),
        positions[:, :1],
        positions.T[:, :, None],
        positions.ravel(),
        positions + 1j,
        np.column_stack((positions, positions)),
        positions.astype(str),
        [["x", "y"]] * len(positions),
    ]


def _wrong_species(arguments, place):
    species, place = arguments["species"], place[0]
    return [
        *(_with(species, place, value) for value in (0.5, np.nan, np.inf, 2**32)),
        _masked(species, place),
        species[:-1],
        np.append(species, 0),
        species[:, None],
        ["A", 0] * len(species),
        None,
    ]


def _wrong_images(arguments, place):
    images = np.zeros(arguments["positions"].shape, dtype=int)
    return [
        *(_with(images, place, value) for value in (0.5, np.nan, np.inf, 2**40)),
        _masked(images, place),
        images[:, 0],
        [["x", "y"]] * len(images),
    ]
