"""The map and the movie in three dimensions: what the slice cuts, which spots the projection shows, at which depth."""

import json
from dataclasses import replace

import matplotlib
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image
from reference import flipped

from softspots.exceptions import InputError
from softspots.figures import movie
from softspots.figures.discs import OUTLINE
from softspots.figures.map import STYLE, draw_map, save_map
from softspots.figures.map_3d import DEPTHS
from softspots.frame import Box, Frame
from softspots.io import ResultsWriter, read_results
from softspots.io.frames import frame_values
from softspots.model import Harmonic, Mixture

BOX = Box(lengths=(12.0, 10.0, 11.0), tilts=(3.0, -2.0, 1.5))
MODEL = Mixture.preset("kob-andersen-3d")
TEMPERATURE = 0.3


def lattice(box=BOX):
    """Particles apart from each other, anywhere in the box and outside of it; D²_min; and spots, none so far."""
    random = np.random.default_rng(4)
    cells = np.stack(np.meshgrid(np.arange(8), np.arange(7), np.arange(8), indexing="ij"), axis=-1).reshape(-1, 3)
    places = (cells + 0.5 + random.uniform(-0.1, 0.1, cells.shape)) / (8, 7, 8) + random.integers(-2, 3, cells.shape)
    frame = Frame(places @ box.vectors, np.arange(len(places)) % 5 == 4, box)
    return frame, random.lognormal(1, 1, len(places)), np.full(len(places), -1)


def spot_around(frame, labels, place, number=0, count=9):
    """The labels, with the particles nearest to a place on a spot."""
    off = np.linalg.norm(frame.box.minimum_image(frame.positions - place), axis=1)
    labels = labels.copy()
    labels[np.argsort(off)[:count]] = number
    return labels


def other_axes(axes, label):
    found = [other for other in axes.figure.axes if other.get_label() == label]
    return found[0] if found else None


def circles(collections):
    """Centres and diameters of the discs in collections."""
    return [
        (place, width)
        for one in collections
        for place, width in zip(
            one.get_offsets(), np.broadcast_to(one.get_widths(), len(one.get_offsets())), strict=True
        )
    ]


@pytest.mark.parametrize("height", [0.05, 4.4, 10.9])
def test_discs_are_what_the_plane_cuts(height):
    frame, d2min, labels = lattice()
    axes = draw_map(frame, d2min, labels, model=MODEL, slice=height)
    radii = MODEL.diameters_of(frame) / 2
    drawn = circles(axes.collections)
    cut = set()
    for place, width in drawn:
        off = frame.box.minimum_image(frame.positions - (*place, height))
        particle = np.argmin(np.hypot(*off[:, :2].T) + 1e3 * (np.abs(off[:, 2]) >= radii))
        cut.add(particle)
        # Sums of coordinates of up to a hundred.
        np.testing.assert_allclose(off[particle, :2], 0, atol=1e-12)
        assert width == pytest.approx(2 * np.sqrt(radii[particle] ** 2 - off[particle, 2] ** 2))
    # All that are cut are there, at least once: z of each goes by the third vector alone.
    depth = np.abs((frame.positions[:, 2] - height + 5.5) % 11.0 - 5.5)
    assert cut == set(np.flatnonzero(depth < radii))


def test_the_slice_goes_through_the_most_active_particle_of_the_most_active_spot():
    frame, d2min, labels = lattice()
    labels = spot_around(frame, labels, (5.0, 4.0, 6.0))
    labels = spot_around(frame, labels, (9.0, 8.0, 2.0), 1)
    d2min[labels == 1] = 50.0
    peak = np.flatnonzero(labels == 1)[3]
    d2min[peak] = 60.0
    axes = draw_map(frame, d2min, labels, TEMPERATURE, model=MODEL)
    height = frame.positions[peak, 2] % 11.0
    words = axes.get_title(loc="right").splitlines()
    assert words == ["small discs: cut far from the center", rf"slice at $z={height:.2f}\,\sigma$"]
    whole = max(width for _, width in circles(axes.collections[2:]))
    assert whole == pytest.approx(MODEL.diameters_of(frame)[peak] - 2 * OUTLINE)
    line = other_axes(axes, "depths").lines[-1]
    bottom = other_axes(axes, "projection").collections[-1].norm.vmin
    assert line.get_ydata()[0] == pytest.approx(height) and bottom <= height < bottom + 11.0


@pytest.mark.parametrize("place", [(0.1, 0.1, 0.1), (11.9, 5.0, 10.9), (-30.0, 9.9, 5.0), (6.0, 5.0, -0.2)])
@pytest.mark.parametrize("flips", [0, -1])
def test_a_spot_across_the_boundary_is_in_one_piece(place, flips):
    frame, d2min, labels = lattice()
    labels = spot_around(frame, labels, place)
    frame = flipped(frame, flips)
    axes = draw_map(frame, d2min, labels, TEMPERATURE, model=MODEL)
    projection = other_axes(axes, "projection")
    (discs,) = projection.collections
    inverse = np.linalg.inv(Box(12.0, 10.0, tilt=frame.box.tilt).vectors)
    corner = projection.patches[0].get_xy()[0]
    inside = ((places := (discs.get_offsets() - corner) @ inverse) >= 0).all(axis=1) & (places < 1).all(axis=1)
    shown = np.column_stack((discs.get_offsets(), discs.get_array()))[inside]
    # Each particle once, and all close together: neighbours are 1.4 apart, and nine of them are less than 4 across.
    assert len(shown) == 9
    assert np.linalg.norm(shown - shown.mean(axis=0), axis=1).max() < 3
    for one in shown:
        off = frame.box.minimum_image(frame.positions[labels == 0] - one)
        assert np.linalg.norm(off, axis=1).min() < 1e-10


def test_the_higher_ones_are_darker_and_on_top():
    frame, d2min, labels = lattice()
    axes = draw_map(frame, d2min, np.zeros_like(labels), TEMPERATURE, model=MODEL)
    projection = other_axes(axes, "projection")
    (discs,) = projection.collections
    assert projection.get_title(loc="right").startswith("dark: high, light: low\n")
    assert (np.diff(discs.get_array()) >= 0).all()
    assert np.ptp([discs.norm.vmin, discs.norm.vmax]) == 11.0
    srgb = DEPTHS.colors[:, :3]
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    assert (np.diff(linear @ (0.2126, 0.7152, 0.0722)) < 0).all()


def test_discs_have_the_sizes_of_the_particles():
    frame, d2min, labels = lattice()
    sizes = np.random.default_rng(2).uniform(0.7, 1.3, len(frame))
    labels = spot_around(frame, labels, (5.0, 4.0, 6.0))
    mixture = Mixture.polydisperse(Harmonic())
    axes = draw_map(replace(frame, sizes=sizes), d2min, labels, model=mixture)
    drawn = {round(width, 9) for _, width in circles(other_axes(axes, "projection").collections)}
    assert drawn <= {round(size, 9) for size in sizes[labels == 0]} and len(drawn) > 3


def test_three_species_with_names():
    frame, d2min, labels = lattice()
    mixture = Mixture(
        {(one, two): Harmonic(sigma=1.0 + 0.2 * (one == two == "Cu")) for one, two in ("ZZ", ("Z", "Cu"), ("Cu", "Cu"))}
        | {("X", one): Harmonic() for one in ("Z", "Cu", "X")}
    )
    species = np.array(["Z", "Cu", "X"])[np.arange(len(frame)) % 3]
    axes = draw_map(replace(frame, species=species), d2min, labels, model=mixture)
    assert other_axes(axes, "projection") is None
    assert len(axes.collections) == 4


@pytest.mark.parametrize(("inset", "colorbar", "count"), [(True, True, 4), (True, False, 2), (False, True, 2)])
def test_projection_and_bars_are_drawn_as_asked_for(inset, colorbar, count):
    frame, d2min, labels = lattice()
    labels = spot_around(frame, labels, (5.0, 4.0, 6.0))
    assert len(draw_map(frame, d2min, labels, inset=inset, colorbar=colorbar, model=MODEL).figure.axes) == count


@pytest.mark.parametrize("tilt", [6.0, -6.0])
@pytest.mark.parametrize("place", ["new", "panel", "axes"])
@pytest.mark.parametrize("spots", [True, False])
def test_nothing_is_cut_off_or_overlaps(tilt, place, spots):
    frame, d2min, labels = lattice(Box(lengths=(12.0, 10.0, 11.0), tilts=(tilt, -2.0, 1.5)))
    labels = spot_around(frame, labels, (5.0, 4.0, 6.0)) if spots else labels
    axes = {
        "new": lambda: None,
        "panel": lambda: Figure((9, 7), layout="constrained").subplots(2, 2)[0, 1],
        "axes": lambda: Figure((10, 6)).add_axes((0.08, 0.12, 0.85, 0.8)),
    }[place]()
    with matplotlib.rc_context(STYLE):
        axes = draw_map(frame, d2min, labels, TEMPERATURE, axes=axes, model=MODEL, title=r"$\gamma=0.1$")
        figure = axes.figure
        figure.draw_without_rendering()
        tight, pixel = figure.get_tightbbox(), 1 / figure.dpi
        found = (other_axes(axes, label) for label in ("colorbar", "projection", "depths"))
        row = [one.get_tightbbox() for one in found if one]
    assert tight.x0 > -pixel and tight.y0 > -pixel
    assert tight.x1 < figure.get_figwidth() + pixel and tight.y1 < figure.get_figheight() + pixel
    # In a small panel the texts of bars have no room.
    assert place == "panel" or all(left.x1 < right.x0 for left, right in zip(row, row[1:], strict=False))


def test_what_is_outlined_is_on_a_spot():
    frame, d2min, labels = lattice(Box(lengths=(12.0, 10.0, 11.0)))
    labels = spot_around(frame, labels, (5.0, 4.0, 6.0))
    figure = Figure(figsize=(20, 9), dpi=100)
    axes = draw_map(frame, d2min, labels, axes=figure.add_axes((0.03, 0.05, 0.95, 0.9)), model=MODEL, slice=6.0)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    pixels = np.asarray(canvas.buffer_rgba())[::-1, :, :3]
    radii, depth = MODEL.diameters_of(frame) / 2, np.abs(frame.positions[:, 2] % 11.0 - 6.0)
    seen = []
    for particle in np.flatnonzero(depth < radii - 0.1):
        radius = np.sqrt(radii[particle] ** 2 - depth[particle] ** 2)
        place = frame.positions[particle, :2] % (12.0, 10.0)
        if (np.abs(place - (6, 5)) < (5, 4)).all() and radius > 2 * OUTLINE:
            column, row = np.floor(axes.transData.transform(place + (radius - OUTLINE / 2, 0))).astype(int)
            seen.append(labels[particle])
            assert (pixels[row, column].max() < 30) == (labels[particle] == 0)
    assert len(seen) > 10 and 0 in seen


def test_files_can_be_written(tmp_path):
    frame, d2min, labels = lattice()
    save_map(tmp_path / "map.pdf", frame, d2min, labels, TEMPERATURE, model=MODEL)
    assert (tmp_path / "map.pdf").read_bytes().startswith(b"%PDF")


def test_a_slice_is_of_three_dimensions():
    frame, d2min, labels = lattice()
    flat = Frame(frame.positions[:, :2], frame.species, Box(12.0, 10.0))
    with pytest.raises(InputError, match="a slice is of three dimensions; the frame has two"):
        draw_map(flat, d2min, labels, slice=3.0)
    with pytest.raises(InputError, match="draw_map: slice is nan"):
        draw_map(frame, d2min, labels, model=MODEL, slice=np.nan)
    for outside in (-0.1, 11.5):
        with pytest.raises(InputError, match=f"slice is {outside:g}; it must lie between 0 and 11, the height"):
            draw_map(frame, d2min, labels, model=MODEL, slice=outside)


def test_a_movie_has_the_slice_and_the_projection(tmp_path, monkeypatch):
    monkeypatch.setattr(movie.FFMpegWriter, "isAvailable", lambda: False)
    frame, d2min, labels = lattice()
    # So that there are particles halfway up.
    positions, box = frame.positions + (0.0, 0.0, 0.7), replace(BOX, strain=0.3)
    frame = replace(frame, positions=positions, box=box).wrapped()
    mixture = json.dumps(MODEL.as_table())
    run = {"temperature": TEMPERATURE, "rearrangement_threshold": 15.0, "mixture": mixture}
    with ResultsWriter(tmp_path / "results.nc", frame, 4, 3, run, {}) as writer:
        for number, there in enumerate((spot_around(frame, labels, (5.0, 4.0, 6.0)), labels)):
            moved = replace(frame, time=2.0 * number, images=np.zeros(frame.positions.shape, int))
            own = {"soft_spot": there.astype(np.int32), "d2min": d2min, "inherent_certified": np.int8(1)}
            writer.write_frame(number, frame_values(moved) | own)
    movie.draw_movie(tmp_path / "movie.gif", read_results(tmp_path / "results.nc"))
    with Image.open(tmp_path / "movie.gif") as film:
        assert film.n_frames == 2 and film.size == (1200, 720)
        blue = []
        for number in range(2):
            film.seek(number)
            right = np.asarray(film.convert("RGB"), dtype=int)[60:560, 670:1180]
            blue.append(((right[..., 2] - right[..., 0]) > 60).mean())
            left = np.asarray(film.convert("RGB"), dtype=int)[60:560, 70:580]
            assert ((left[..., 0] - left[..., 2]) > 10).mean() > 0.1
    # Nine discs of diameter one, some behind others, in 120 σ²; later none.
    assert 0.01 < blue[0] < 0.07 and blue[1] == 0
