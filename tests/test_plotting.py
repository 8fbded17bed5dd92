"""The map: what its pixels and its inset show."""

from dataclasses import replace

import numpy as np
import pytest
from glass import BOX, TEMPERATURE, bar_of, glass
from matplotlib import pyplot
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from reference import images_of, wrapped

from softspots.figures.cell import most_active
from softspots.figures.discs import COLORS, OUTLINE, periodic_images
from softspots.figures.map import FULL_WIDTH, draw_map, save_map
from softspots.frame import Box, Frame
from softspots.model import Harmonic, Mixture, Model

# Inside the smallest disc, where the inset's mark, which runs through centres of particles of this lattice, is not.
OFF_CENTRE = (0.19, 0.2)


@pytest.fixture(scope="module")
def drawn():
    """Axes with the map in them, and a function that gives the colour at a place of them."""
    frame, d2min, labels = glass()
    figure = Figure(figsize=(20, 10), dpi=100)
    canvas = FigureCanvasAgg(figure)
    axes = draw_map(frame, d2min, labels, TEMPERATURE, axes=figure.add_axes((0.03, 0.05, 0.95, 0.9)))
    canvas.draw()
    pixels = np.asarray(canvas.buffer_rgba())[::-1] / 255

    def color(place, where=axes):
        column, row = np.floor(where.transData.transform(place)).astype(int)
        return pixels[row, column, :3]

    return axes, color


def shown(axes, place):
    """The image of a place in the cell that is drawn."""
    corner = axes.patches[0].get_xy()[0]
    return corner + lattice_place(place - corner) % 1 @ np.array(((BOX.length_x, 0.0), (BOX.tilt, BOX.length_y)))


def lattice_place(points, box=BOX):
    """Coordinates along the vectors of the lattice."""
    return points @ np.linalg.inv(((box.length_x, 0.0), (box.tilt, box.length_y)))


def inset_of(axes):
    return next(other for other in axes.figure.axes if other.get_label() == "inset")


def expected_color(axes, value):
    return COLORS(axes.collections[-1].norm(value))[:3]


def inner(axes):
    """Particles whose discs the border of the cell does not cut."""
    corner = axes.patches[0].get_xy()[0]
    place = lattice_place(shown(axes, glass()[0].positions) - corner)
    return np.flatnonzero((np.abs(place - 0.5) < 0.45).all(axis=1))


def test_discs_have_the_color_of_their_activity(drawn):
    axes, color = drawn
    frame, d2min, _ = glass()
    for particle in inner(axes)[::7]:
        # Colours have 8 bits in the picture.
        np.testing.assert_allclose(
            color(shown(axes, frame.positions[particle] + OFF_CENTRE)),
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
    np.testing.assert_allclose(color(shown(axes, frame.positions[particle]) + (radius - 0.04) * up), disc, atol=0.01)
    assert np.abs(color(shown(axes, frame.positions[particle]) + (radius + 0.04) * up) - disc).max() > 0.01


def test_discs_are_those_of_the_model():
    frame, d2min, labels = glass()
    axes = draw_map(frame, d2min, labels, model=Model.preset("as-printed", sigma=(1.2, 0.9, 0.7)), title="one frame")
    widths = [collection.get_widths()[0] for collection in axes.collections[:2]]
    assert widths == pytest.approx([1.2, 0.7])
    assert axes.get_title(loc="left") == "one frame"


def test_discs_have_the_sizes_of_the_particles():
    frame, d2min, labels = glass()
    sizes = np.random.default_rng(2).uniform(0.7, 1.3, len(frame))
    mixture = Mixture.polydisperse(Harmonic())
    axes = draw_map(replace(frame, sizes=sizes), d2min, labels, model=mixture, inset=False)
    widths, places = axes.collections[0].get_widths(), axes.collections[0].get_offsets()
    for width, place in zip(widths, places, strict=True):
        # A disc lies where its particle does, or an image of it.
        off = frame.box.minimum_image(frame.positions - place)
        assert width == pytest.approx(sizes[np.argmin((off**2).sum(axis=1))])


def test_soft_spots_alone_are_outlined(drawn):
    axes, color = drawn
    frame, _, labels = glass()
    particles = inner(axes)
    rims = np.array(
        [
            color(
                shown(axes, frame.positions[particle])
                + ((0.5, 0.44)[particle % 2] - OUTLINE / 2) * np.array((1, 1)) / np.sqrt(2)
            )
            for particle in particles
        ]
    )
    assert ((rims.max(axis=1) < 0.1) == (labels[particles] >= 0)).all()


def test_the_picture_is_periodic_and_ends_at_the_border(drawn):
    axes, color = drawn
    frame, d2min, _ = glass()
    corner = axes.patches[0].get_xy()[0]
    # Whatever the left border cuts is there on its right, and goes on at the right border.
    cut = 0
    for place in corner + np.outer(np.linspace(0.1, 0.9, 60), (BOX.tilt, BOX.length_y)):
        apart = BOX.minimum_image(frame.positions - place)
        particle = np.argmin(np.hypot(*apart.T))
        if np.hypot(*apart[particle]) < 0.3:
            cut += 1
            for inside in (place + (0.06, 0), place + (BOX.length_x - 0.06, 0)):
                np.testing.assert_allclose(
                    color(inside), expected_color(axes, d2min[particle] / TEMPERATURE), atol=0.01
                )
        for outside in (place - (0.3, 0.0), place + (BOX.length_x + 0.3, 0.0)):
            np.testing.assert_array_equal(color(outside), 1.0)
    assert cut > 5


def test_the_inset_shows_the_rearranging_spot_across_the_border(drawn):
    axes, color = drawn
    frame, d2min, labels = glass()
    inset = inset_of(axes)
    centre = np.array((np.mean(inset.get_xlim()), np.mean(inset.get_ylim())))
    # The spot around the origin, at whichever image; it is as wide to both sides.
    np.testing.assert_allclose(BOX.minimum_image(centre), 0, atol=1e-12)
    middle = centre - BOX.minimum_image(centre)
    for step in ((0, 0), (-1, 0), (1, 0)):
        particle = np.argmin(np.hypot(*BOX.minimum_image(frame.positions - step).T))
        np.testing.assert_allclose(
            color(middle + step, inset), expected_color(axes, d2min[particle] / TEMPERATURE), atol=0.01
        )


def test_the_map_is_moved_so_that_its_border_does_not_cut_the_inset(drawn):
    axes, color = drawn
    inset = inset_of(axes)
    corners = np.array([(x, y) for x in inset.get_xlim() for y in inset.get_ylim()])
    # The spot is at the corner of the box at the origin; the cell that is drawn holds all of the inset.
    border = lattice_place(axes.patches[0].get_xy())
    inside = lattice_place(corners)
    assert (inside > border.min(axis=0)).all() and (inside < border.max(axis=0)).all()
    for corner in corners:
        # A line less than two pixels wide is blended with what is below, in which red is stronger than blue.
        red, _, blue = color(corner)
        assert blue > red + 0.2


@pytest.mark.parametrize("place", [(0.5, 0.5), (0.02, 0.5), (0.5, 0.97), (0.99, 0.01), (-3.4, 7.96)])
@pytest.mark.parametrize("tilt", [0.0, 18.0, -25.0])
def test_insets_lie_inside_the_map_wherever_their_spot_is(place, tilt):
    box = Box(50.0, 40.0, tilt=tilt)
    spot = np.array(place) @ ((box.length_x, 0.0), (box.tilt, box.length_y))
    axes = draw_map(Frame([spot, spot + 0.8], [0, 1], box), [1.0, 0.5], [0, 0])
    inset = inset_of(axes)
    corners = lattice_place(np.array([(x, y) for x in inset.get_xlim() for y in inset.get_ylim()]), box)
    border = lattice_place(axes.patches[0].get_xy(), box)
    assert (corners > border.min(axis=0)).all() and (corners < border.max(axis=0)).all()
    # What is shown is what is there: the spot, at one of its images.
    middle = np.mean([inset.get_xlim(), inset.get_ylim()], axis=1)
    np.testing.assert_allclose(box.minimum_image(middle - spot - 0.4), 0, atol=1e-10)


@pytest.mark.parametrize("place", [(0.5, 0.5), (0.5, 0.76), (0.3, 0.02), (0.98, 0.5), (-0.2, 1.3), (0.99, 0.99)])
@pytest.mark.parametrize("tilt", [0.0, 9.0, -14.0])
def test_a_spot_is_in_one_piece_in_the_middle_of_its_inset(place, tilt):
    """Also where it reaches beyond the border farther than its most active particle is away from that."""
    box = Box(60.0, 40.0, tilt=tilt)
    # A chain of 13 σ, along x and up, which the inset of 14 σ can hold; the last particle is the most active one.
    chain = np.array(place) @ box.vectors + np.linspace(0, 1, 14)[:, None] * (11.0, 13.0)
    images = np.random.default_rng(3).integers(-2, 3, (14, 2)) @ box.vectors
    axes = draw_map(Frame(chain + images, np.zeros(14, int), box), np.arange(1.0, 15.0), np.zeros(14, int))
    inset = inset_of(axes)
    middle = np.mean([inset.get_xlim(), inset.get_ylim()], axis=1)
    np.testing.assert_allclose(box.minimum_image(middle - chain.mean(axis=0)), 0, atol=1e-10)
    corner = axes.patches[0].get_xy()[0]
    reach = chain[[0, -1]] - chain.mean(axis=0) + middle
    held = lattice_place(reach - corner, box)
    # Ends of the chain can be on the border, to within rounding.
    assert (held > -1e-9).all() and (held < 1 + 1e-9).all()
    moved = np.abs(lattice_place(corner, box)) > 1e-9
    assert [label.endswith("in another periodic cell") for label in (axes.get_xlabel(), axes.get_ylabel())] == [*moved]
    alone = lattice_place(chain, box)
    square = lattice_place(middle + 7 * np.array(((-1, -1), (-1, 1), (1, -1), (1, 1))), box)
    crosses = [np.ptp(np.floor(those), axis=0) > 0 for those in (alone, square)]
    assert (moved == (crosses[0] | crosses[1])).all()
    pyplot.close("all")


@pytest.mark.parametrize("peak", [2, 18])
def test_an_inset_that_cannot_hold_its_spot_is_about_its_most_active_particle(peak):
    box = Box(80.0, 80.0)
    chain = np.column_stack((np.linspace(20, 50, 31), np.full(31, 40.0)))
    activity = np.where(np.arange(31) == peak, 2.0, 1.0)
    axes = draw_map(Frame(chain, np.zeros(31, int), box), activity, np.zeros(31, int))
    assert np.mean(inset_of(axes).get_xlim()) == pytest.approx(20 + peak, abs=1e-9)
    assert not axes.patches[0].get_xy()[0].any()


@pytest.mark.parametrize("sides", [(20.0, 2.0), (9.0, 9.0), (16.0, 20.0)])
def test_an_inset_shows_a_part_of_a_small_box(sides):
    box = Box(*sides, tilt=0.3 * sides[0])
    rows, columns = np.divmod(np.arange(40.0), 8)
    positions = np.column_stack((columns * sides[0] / 8 + rows * box.tilt / 5, rows * sides[1] / 5))
    axes = draw_map(Frame(positions, np.arange(40) % 2, box), np.linspace(1, 3, 40), np.zeros(40, int))
    inset = inset_of(axes)
    assert np.ptp(inset.get_xlim()) == min(sides) / 2
    # One border of the cell, and one frame, whole, inside it.
    border, mark = axes.patches
    corners = lattice_place(mark.get_corners(), box) - lattice_place(border.get_xy()[0], box)
    assert (corners > 0).all() and (corners < 1).all()


def test_the_spot_that_an_inset_is_about_has_a_thicker_outline(drawn):
    axes, color = drawn
    frame, _, labels = glass()
    inset = inset_of(axes)
    low, high = (np.array((inset.get_xlim()[end], inset.get_ylim()[end])) for end in (0, 1))
    points, particles = periodic_images(frame, low + 0.6, high - 0.6)
    # Between the two rims; a disc of the other spot is coloured there.
    places = points + ((0.5, 0.44) - np.array(0.15))[particles % 2][:, None] * np.array((1, 1)) / np.sqrt(2)
    black = np.array([color(place, inset).max() < 0.1 for place in places])
    assert (black == (labels[particles] == 1)).all()
    assert black.any() and not black.all()


def test_the_inset_has_a_scale(drawn):
    inset = inset_of(drawn[0])
    (bar,) = inset.lines
    assert np.ptp(bar.get_xdata()) == 2.0
    assert inset.texts[0].get_text() == r" $2\,\sigma_\mathrm{AA}$"


def test_a_map_is_shown_by_pyplot_unless_it_has_a_place(tmp_path):
    frame, d2min, labels = glass()
    axes = draw_map(frame, d2min, labels)
    assert pyplot.fignum_exists(axes.figure.number) and axes.figure.get_figwidth() == FULL_WIDTH
    pyplot.close("all")
    figure = Figure(layout="constrained")
    assert draw_map(frame, d2min, labels, axes=figure).figure is figure
    save_map(tmp_path / "map.png", frame, d2min, labels)
    assert not pyplot.get_fignums()


def test_another_cell_than_the_first_is_told():
    """The axes then begin elsewhere than the box."""
    frame, d2min, labels = glass()
    peak, _ = most_active(d2min, labels)
    for place, elsewhere in ((0.5, False), (0.0, True)):
        positions = frame.positions - frame.positions[peak] + place * BOX.vectors.sum(axis=0)
        axes = draw_map(replace(frame, positions=positions), d2min, labels)
        assert axes.patches[0].get_xy()[0].any() == elsewhere
        for label in (axes.get_xlabel(), axes.get_ylabel()):
            assert label.endswith("in another periodic cell") == elsewhere


def test_an_axis_that_begins_where_the_box_does_but_for_rounding_is_not_told():
    frame, d2min, labels = glass()
    peak, _ = most_active(d2min, labels)
    box = Box(BOX.length_x, BOX.length_y, tilt=8.88e-16)
    shift = np.array([0.5, 0.0]) * box.lengths - frame.positions[peak]
    axes = draw_map(replace(frame, positions=frame.positions + shift, box=box), d2min, labels)
    assert axes.get_ylabel().endswith("in another periodic cell")
    assert axes.get_xlabel() == r"$x$ ($\sigma_\mathrm{AA}$)"


@pytest.mark.parametrize("inset", [True, False])
@pytest.mark.parametrize("colorbar", [True, False])
def test_inset_and_bar_are_drawn_as_asked_for(inset, colorbar):
    frame, d2min, labels = glass()
    axes = draw_map(frame, d2min, labels, TEMPERATURE, inset=inset, colorbar=colorbar)
    assert len(axes.figure.axes) == 1 + inset + colorbar


def test_without_spots_there_is_no_inset():
    frame, d2min, labels = glass()
    assert len(draw_map(frame, d2min, np.full_like(labels, -1), TEMPERATURE).figure.axes) == 2


@pytest.mark.parametrize("inset", [True, False])
@pytest.mark.parametrize(
    ("place", "tilt"),
    [("new", 0.0), ("new", -6.0), ("subplots", 10.0), ("constrained", 10.0), ("panel", 0.0), ("axes", -6.0)],
)
def test_a_plain_savefig_cuts_nothing_off(place, inset, tilt):
    _, d2min, labels = glass()
    y, x = np.divmod(np.arange(20 * 16, dtype=float), 20)
    frame = Frame(np.column_stack((x, y)), labels >= 0, Box(20.0, 16.0, tilt=tilt))
    d2min[::40] = np.nan
    axes = {
        "new": lambda: None,
        "subplots": lambda: Figure().subplots(),
        "constrained": lambda: Figure(layout="constrained").subplots(),
        "panel": lambda: Figure((9, 7), layout="constrained").subplots(2, 2)[0, 1],
        "axes": lambda: Figure((10, 6)).add_axes((0.08, 0.12, 0.85, 0.8)),
    }[place]()
    figure = draw_map(frame, d2min, labels, TEMPERATURE, axes=axes, inset=inset).figure
    figure.draw_without_rendering()
    # The box of all that is drawn, in inches; with a rounding to whole pixels.
    tight, pixel = figure.get_tightbbox(), 1 / figure.dpi
    assert tight.x0 > -pixel and tight.y0 > -pixel
    assert tight.x1 < figure.get_figwidth() + pixel and tight.y1 < figure.get_figheight() + pixel


def test_panels_beside_each_other_do_not_overlap():
    frame, d2min, labels = glass()
    figure = Figure((12, 4), layout="constrained")
    places = figure.subplots(1, 2)
    for axes in places:
        draw_map(frame, d2min, labels, TEMPERATURE, axes=axes)
    figure.draw_without_rendering()
    beside = [other for other in figure.axes if other not in places]
    assert len(beside) == 4
    assert max(one.get_tightbbox().x1 for one in beside[:2]) < places[1].get_tightbbox().x0


def test_what_is_not_known_is_grey_and_said():
    frame, d2min, labels = glass()
    unknown = np.arange(len(frame)) % 9 == 4
    axes = draw_map(frame, np.where(unknown, np.nan, d2min), labels, TEMPERATURE)
    canvas = FigureCanvasAgg(axes.figure)
    canvas.draw()
    pixels = np.asarray(canvas.buffer_rgba())[::-1] / 255

    def color(particle):
        place = shown(axes, frame.positions[particle] + OFF_CENTRE)
        column, row = np.floor(axes.transData.transform(place)).astype(int)
        return pixels[row, column, :3]

    grey = [particle for particle in inner(axes) if unknown[particle] and labels[particle] < 0]
    assert len(grey) > 10
    for particle in grey:
        red, _, blue = color(particle)
        assert blue > red
    assert inset_of(axes).get_title(loc="right") == "grey: not known"
    assert (
        "grey: not known" in bar_of(draw_map(frame, np.where(unknown, np.nan, d2min), labels, inset=False)).get_ylabel()
    )


def test_particles_that_do_not_move_have_the_lightest_color():
    frame, d2min, labels = glass()
    axes = draw_map(frame, np.where(np.arange(len(frame)) < 40, 0.0, d2min), labels)
    norm = axes.collections[-1].norm
    assert norm.vmin > 0
    assert norm(0.0) == 0


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
