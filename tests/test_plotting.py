"""The map: what its pixels, its inset and its files show."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.image import imread
from reference import images_of, wrapped

import softspots
from softspots.plotting import COLORS, OUTLINE, draw_map, periodic_images
from softspots.state import Box, Frame

BOX = Box(20.0, 16.0, tilt=6.0)
TEMPERATURE = 0.1
# Inside the smallest disc, where the inset's mark, which runs through centres of particles of this lattice, is not.
OFF_CENTRE = (0.19, 0.2)


def glass():
    """320 particles on a square lattice, and two spots: a calm one, and one under a rearrangement at the origin."""
    y, x = np.divmod(np.arange(20 * 16, dtype=float), 20)
    grid = np.column_stack((x + y * BOX.tilt / BOX.length_y, y))
    d2min = 0.1 * np.exp(np.random.default_rng(1).normal(0, 0.5, len(grid)))
    labels = np.full(len(grid), -1)
    for spot, (centre, activity) in enumerate((((13.0, 8.0), 1.0), ((0.0, 0.0), 40.0))):
        near = np.hypot(*BOX.minimum_image(grid - centre).T) < 1.9
        labels[near] = spot
        d2min[near] *= activity
    # Hotter than any other: one particle of the calm spot, though its sum stays the smaller, and one on no spot.
    d2min[np.flatnonzero(labels == 0)[2]] = 1.2 * d2min.max()
    d2min[170] = 1.2 * d2min.max()
    return Frame(grid, np.arange(len(grid)) % 2, BOX), d2min, labels


@pytest.fixture(scope="module")
def drawn():
    """Axes with the map in them, and a function that gives the colour at a place of them."""
    frame, d2min, labels = glass()
    figure = Figure(figsize=(20, 10), dpi=100)
    canvas = FigureCanvasAgg(figure)
    axes = figure.add_axes((0.05, 0.05, 0.5, 0.9))
    draw_map(axes, frame, d2min, labels, TEMPERATURE)
    canvas.draw()
    pixels = np.asarray(canvas.buffer_rgba())[::-1] / 255

    def color(place, axes=axes):
        column, row = np.floor(axes.transData.transform(place)).astype(int)
        return pixels[row, column, :3]

    return axes, color


def inset_of(axes):
    return next(child for child in axes.child_axes if child.get_aspect() == 1)


def bar_of(axes):
    return next(child for child in axes.child_axes if child is not inset_of(axes))


def expected_color(axes, value):
    return COLORS(axes.collections[-1].norm(value))[:3]


def test_discs_have_the_color_of_their_activity(drawn):
    axes, color = drawn
    frame, d2min, _ = glass()
    # All but the lowest row and the left column, which the border of the box runs through.
    for particle in [particle for particle in range(20, 320, 7) if particle % 20]:
        # Colours have 8 bits in the picture.
        np.testing.assert_allclose(
            color(frame.positions[particle] + OFF_CENTRE),
            expected_color(axes, d2min[particle] / TEMPERATURE),
            atol=0.5 / 255 + 1e-9,
        )


def test_darker_is_higher():
    srgb = COLORS.colors[:, :3]
    # Luminance, by the definition of sRGB.
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    assert (np.diff(linear @ (0.2126, 0.7152, 0.0722)) < 0).all()


@pytest.mark.parametrize(("particle", "radius"), [(6 * 20 + 4, 0.5), (6 * 20 + 5, 0.44)])
def test_discs_have_the_size_of_their_species(drawn, particle, radius):
    axes, color = drawn
    frame, d2min, labels = glass()
    assert labels[particle] == -1
    up = np.array((0.0, 1.0))
    disc = expected_color(axes, d2min[particle] / TEMPERATURE)
    # 45 pixels per σ_AA: 0.04 is about two of them.
    np.testing.assert_allclose(color(frame.positions[particle] + (radius - 0.04) * up), disc, atol=0.01)
    assert np.abs(color(frame.positions[particle] + (radius + 0.04) * up) - disc).max() > 0.01


def test_soft_spots_alone_are_outlined(drawn):
    axes, color = drawn
    frame, _, labels = glass()
    inner = [particle for particle in range(20, 300) if particle % 20 not in (0, 19)]
    rims = np.array(
        [
            color(frame.positions[particle] + ((0.5, 0.44)[particle % 2] - OUTLINE / 2) * np.array((1, 1)) / np.sqrt(2))
            for particle in inner
        ]
    )
    assert ((rims.max(axis=1) < 0.1) == (labels[inner] >= 0)).all()


def test_the_picture_is_periodic_and_ends_at_the_border(drawn):
    axes, color = drawn
    frame, d2min, _ = glass()
    # Particle 120 sits on the left border: its right half is there, and its left half at the right border.
    left = frame.positions[120]
    for place in (left + (0.3, 0.2), left + (BOX.length_x - 0.3, 0.2)):
        np.testing.assert_allclose(color(place), expected_color(axes, d2min[120] / TEMPERATURE), atol=0.01)
    # Particle 10 sits on the lower border: its lower half is at the upper one.
    top = frame.positions[10] + (BOX.tilt, BOX.length_y - 0.3)
    np.testing.assert_allclose(color(top), expected_color(axes, d2min[10] / TEMPERATURE), atol=0.01)
    for place in (left - (0.3, 0.0), left + (BOX.length_x + 0.3, 0.0)):
        np.testing.assert_array_equal(color(place), 1.0)


def test_the_inset_shows_the_rearranging_spot_across_the_border(drawn):
    axes, color = drawn
    frame, d2min, labels = glass()
    inset = inset_of(axes)
    centre = np.array((np.mean(inset.get_xlim()), np.mean(inset.get_ylim())))
    # The spot around the origin, at whichever image.
    peak = np.argmax(np.where(labels == 1, d2min, 0))
    np.testing.assert_allclose(BOX.minimum_image(centre - frame.positions[peak]), 0, atol=1e-12)
    middle = centre - BOX.minimum_image(centre)
    for step in ((0, 0), (-1, 0), (1, 0)):
        particle = np.argmin(np.hypot(*BOX.minimum_image(frame.positions - step).T))
        np.testing.assert_allclose(
            color(middle + step, inset), expected_color(axes, d2min[particle] / TEMPERATURE), atol=0.01
        )


def test_the_place_of_the_inset_is_marked_on_both_sides_of_the_border(drawn):
    axes, color = drawn
    inset = inset_of(axes)
    (left, right), (low, high) = inset.get_xlim(), inset.get_ylim()
    lattice = np.array(((BOX.length_x, 0.0), (BOX.tilt, BOX.length_y)))
    corners = np.array([(x, y) for x in (left, right) for y in (low, high)])
    for corner in corners:
        # The image of the corner inside the box.
        inside = corner @ np.linalg.inv(lattice) % 1 @ lattice
        # A line less than two pixels wide is blended with what is below, in which red is stronger than blue.
        red, _, blue = color(inside)
        assert blue > red + 0.2
    # Around the lower right corner of the box, the frame ends where its upper edge leaves the box.
    offset = BOX.minimum_image(np.array(((left + right) / 2, (low + high) / 2)))
    edge = offset[1] + (high - low) / 2
    beyond = BOX.length_x + edge / BOX.length_y * BOX.tilt + 1.5
    assert beyond < BOX.length_x + offset[0] + (right - left) / 2
    np.testing.assert_array_equal(color((beyond, edge)), 1.0)


def test_the_color_bar_names_its_quantity_and_the_threshold(drawn):
    axes, _ = drawn
    bar = bar_of(axes)
    assert bar.get_xlabel() == r"$D^2_{\min}/T$ ($k_\mathrm{B}\sigma_\mathrm{AA}^2/\varepsilon_\mathrm{AA}$)"
    assert bar.get_xscale() == "log"
    assert [text.get_text() for text in bar.texts] == ["15"]


def axes_with(frame, d2min, labels, *temperature):
    axes = Figure().add_subplot()
    draw_map(axes, frame, d2min, labels, *temperature)
    return axes


def test_without_a_temperature_colors_are_the_activity_itself():
    frame, d2min, labels = glass()
    axes = axes_with(frame, d2min, labels)
    assert bar_of(axes).get_xlabel() == r"$D^2_{\min}$ ($\sigma_\mathrm{AA}^2$)"
    assert axes.collections[-1].norm.vmax == d2min.max()
    assert not bar_of(axes).texts


def test_a_threshold_beyond_the_data_is_not_marked():
    frame, d2min, labels = glass()
    assert not bar_of(axes_with(frame, d2min, labels, 10.0)).texts


def test_without_spots_there_is_no_inset():
    frame, d2min, labels = glass()
    assert len(axes_with(frame, d2min, np.full_like(labels, -1), TEMPERATURE).child_axes) == 1


def test_particles_that_do_not_move_have_the_lightest_color():
    frame, d2min, labels = glass()
    axes = axes_with(frame, np.where(np.arange(len(frame)) < 40, 0.0, d2min), labels)
    norm = axes.collections[-1].norm
    assert norm.vmin > 0
    assert norm(0.0) == 0


@pytest.mark.parametrize(("suffix", "start"), [("png", b"\x89PNG"), ("pdf", b"%PDF"), ("svg", b"<?xml")])
def test_files_have_the_format_of_their_suffix(tmp_path, suffix, start):
    path = tmp_path / f"map.{suffix}"
    draw_map(path, *glass(), TEMPERATURE)
    assert path.read_bytes().startswith(start)


@pytest.mark.parametrize("tilt", [0.0, 10.0, -10.0])
def test_pictures_are_two_columns_wide_and_nothing_is_cut_off(tmp_path, tilt):
    _, d2min, labels = glass()
    y, x = np.divmod(np.arange(20 * 16, dtype=float), 20)
    draw_map(
        str(tmp_path / "map.png"), Frame(np.column_stack((x, y)), labels >= 0, Box(20.0, 16.0, tilt)), d2min, labels
    )
    pixels = imread(tmp_path / "map.png")[..., :3]
    assert pixels.shape[1] == 7 * 400
    for edge in (pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]):
        assert (edge == 1).all()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"d2min": np.ones(3)}, r"d2min has shape \(3,\) and labels \(320,\); \(320,\) is needed"),
        ({"labels": np.zeros((1, 320), int)}, r"labels \(1, 320\)"),
        ({"d2min": np.zeros(320)}, "somewhere positive"),
        ({"d2min": np.r_[np.ones(319), np.nan]}, "finite"),
        ({"temperature": 0.0}, "temperature is 0.0"),
        ({"target": "map.xyz"}, "xyz"),
    ],
)
def test_wrong_input_is_named(changes, message):
    frame, d2min, labels = glass()
    with pytest.raises(ValueError, match=message):
        draw_map(**({"target": "map.png", "frame": frame, "d2min": d2min, "labels": labels} | changes))


@pytest.mark.parametrize(
    ("low", "high"), [((-3.0, -2.0), (4.0, 5.5)), ((20.0, -40.0), (61.0, -39.0)), ((-30.0, -30.0), (30.0, 30.0))]
)
def test_periodic_images_are_all_those_in_the_rectangle(frame, low, high):
    points, particles = periodic_images(frame, low, high)
    everything, owners = images_of(wrapped(frame), 16)
    inside = ((everything > low) & (everything < high)).all(axis=1)
    assert len(points) == inside.sum() > 0
    order, expected = np.lexsort((*points.T, particles)), np.lexsort((*everything[inside].T, owners[inside]))
    assert (particles[order] == owners[inside][expected]).all()
    # Coordinates below 100 that were reached by other sums: a few roundings of 1e-14.
    np.testing.assert_allclose(points[order], everything[inside][expected], rtol=0, atol=1e-12)


def test_pictures_and_probabilities_need_no_compiled_code_and_no_mpi():
    # An empty package of the same name in front, so that only these modules and what they import are loaded.
    program = f"""
import sys, types
package = types.ModuleType("softspots")
package.__path__ = [{str(Path(softspots.plotting.__file__).parent)!r}]
sys.modules["softspots"] = package
import softspots.plotting, softspots.probability
own = {{name for name in sys.modules if name.startswith("softspots.")}}
allowed = ("plotting", "probability", "errors", "state")
assert own <= {{"softspots." + name for name in allowed}}, own
assert not {{"mpi4py", "matplotlib.pyplot"}} & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)
