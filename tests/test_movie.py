"""Movies of runs in which forces are no mixture's, and boxes change in size."""

from dataclasses import replace

import numpy as np
import pytest
from reference import disordered_frame

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
