"""Movies: colours, frames, forces that are no mixture's, boxes that change in size."""

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image
from reference import disordered_frame
from synthetic import write_results

import softspots as ss
from softspots.figures import movie
from softspots.figures.units import named
from softspots.io.results import read_results

KERNELS = ss.Model.preset("kob-andersen")


class Metal:
    """A mixture of which nothing is to be seen but energies, forces, Hessians, and units of a metal."""

    units = ("eV", "Å")

    def energy_forces(self, frame):
        return ss.energy_forces(frame, KERNELS)

    def hessian(self, frame):
        return ss.hessian(frame, KERNELS)


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """Three frames, the box of each smaller than that before."""
    path = tmp_path_factory.mktemp("movie") / "metal.nc"
    first = disordered_frame(seed=5, length_x=11.7, length_y=13.0, tilt=4.1)
    lengths = [np.array(first.box.lengths) * part for part in (1, 0.99, 0.97)]
    random = np.random.default_rng(1)
    frames = [
        replace(
            first,
            positions=first.positions * sides[0] / lengths[0][0] + random.normal(0, 0.02, first.positions.shape),
            box=ss.Box(lengths=sides, tilts=[4.1 * sides[0] / lengths[0][0]]),
            time=float(number),
        )
        for number, sides in enumerate(lengths)
    ]
    options = {"n_modes": 10, "n_particles": 10, "temperature": 0.1, "progress": False}
    ss.study(frames, Metal(), 20, **options).save(path)
    return read_results(path)


def test_axes_have_the_units_of_the_forces_and_hold_every_box(results, tmp_path, monkeypatch):
    monkeypatch.setattr(movie.FFMpegWriter, "isAvailable", lambda: False)
    seen, grab = [], movie.OnePaletteWriter.grab_frame

    def look(writer):
        axes = writer.fig.axes[0]
        clips = [one.get_clip_box().transformed(axes.transData.inverted()).max for one in axes.collections]
        seen.append((axes.get_xlabel(), axes.get_xlim()[1], axes.get_ylim()[1], np.unique(np.round(clips, 6), axis=0)))
        grab(writer)

    monkeypatch.setattr(movie.OnePaletteWriter, "grab_frame", look)
    assert results.box_changes
    movie.draw_movie(tmp_path / "metal.gif", results)
    assert len(seen) == 2
    for number, (label, width, height, clip) in enumerate(seen):
        assert label == rf"$x$ (${named(Metal.units).length}$)" == r"$x$ ($\mathrm{Å}$)"
        assert (width, height) == pytest.approx(results.frame(0).box.lengths)
        np.testing.assert_allclose(clip, [results.frame(number).box.lengths], atol=1e-5)


@pytest.fixture
def hot(tmp_path_factory):
    """Results of a hot run of twelve frames."""
    path = tmp_path_factory.mktemp("hot") / "hot.nc"
    write_results(path, 12, 3, temperature=0.4)
    return path


def test_a_color_means_the_same_in_all_frames_of_a_gif(tmp_path):
    figure = Figure(figsize=(1, 1), dpi=40)
    axes = figure.add_axes((0, 0, 1, 1))
    writer = movie.OnePaletteWriter(fps=5)
    with writer.saving(figure, tmp_path / "a.gif", 40):
        for frame in range(3):
            # The same red in the lower half; above it shades that differ from frame to frame and ask for colours.
            picture = np.random.default_rng(frame).random((20, 20, 3)) ** (frame + 1)
            picture[10:] = (0.8, 0.1, 0.13)
            axes.clear()
            axes.imshow(picture, aspect="auto")
            axes.set_axis_off()
            writer.grab_frame()
    with Image.open(tmp_path / "a.gif") as pictures:
        reds = []
        for frame in range(3):
            pictures.seek(frame)
            reds.append(pictures.convert("RGB").getpixel((20, 35)))
    assert len(set(reds)) == 1


def test_a_gif_is_thinned_out(hot, monkeypatch):
    monkeypatch.setattr(movie.FFMpegWriter, "isAvailable", lambda: False)
    monkeypatch.setattr(movie, "GIF_FRAMES", 5)
    results = read_results(hot)
    assert movie.movie_frames(results).tolist() == [0, 2, 5, 8, 11]
    monkeypatch.setattr(movie.FFMpegWriter, "isAvailable", lambda: True)
    assert movie.movie_suffix() == ".mp4"
    assert len(movie.movie_frames(results)) == 12


def test_a_movie_shows_what_is_known_and_is_that_of_its_run(hot, monkeypatch, tmp_path):
    monkeypatch.setattr(movie.FFMpegWriter, "isAvailable", lambda: False)
    monkeypatch.setattr(movie, "GIF_FRAMES", 1)
    path = tmp_path / "hot.nc"
    path.write_bytes(hot.read_bytes())
    results = read_results(path)
    some = results["d2min"].copy()
    some[:, 0], some[3] = np.nan, np.nan
    configuration = results.configuration | {"rearrangement_threshold": 12.0, "model": "as-printed"}
    marks, sizes = [], []
    draw_bar, draw_discs = movie.draw_bar, movie.draw_discs
    monkeypatch.setattr(movie, "draw_bar", lambda *values: (marks.append(values[3]), draw_bar(*values)))
    monkeypatch.setattr(
        movie,
        "draw_discs",
        lambda *values, shown: (sizes.append(set(shown.diameters.tolist())), draw_discs(*values, shown))[1],
    )

    class Changed:
        def __init__(self):
            self.configuration, self.path, self.dimension = configuration, path, 2
            self.model, self.frame = ss.Model.of_run(configuration), results.frame

        def __getitem__(self, name):
            return some if name == "d2min" else results[name]

    assert len(movie.movie_frames(Changed())) == 1
    movie.draw_movie(tmp_path / "hot.gif", Changed())
    assert marks == [12.0]
    assert sizes == [{1.0, 0.8}]
    assert {one.name for one in tmp_path.iterdir()} == {"hot.nc", "hot.gif"}
