"""Files of the map: whole or not there, in any format, with nothing cut off; what draws it needs no compiled code."""

import subprocess
import sys
from pathlib import Path

import matplotlib
import numpy as np
import pytest
from glass import TEMPERATURE, glass
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.image import imread

import softspots
from softspots.exceptions import InputError, OutputError
from softspots.figures.drawing import MARKERS, PANEL_STYLE, bars
from softspots.figures.map import draw_map, save_map
from softspots.frame import Box, Frame

DATA = Path(__file__).parents[1] / "paper" / "data"


@pytest.mark.parametrize(("suffix", "start"), [("png", b"\x89PNG"), ("pdf", b"%PDF"), ("svg", b"<?xml")])
def test_files_have_the_format_of_their_suffix(tmp_path, suffix, start):
    path = tmp_path / f"map.{suffix}"
    save_map(path, *glass(), TEMPERATURE)
    assert path.read_bytes().startswith(start)


@pytest.mark.parametrize("tilt", [0.0, 10.0, -10.0])
def test_pictures_are_two_columns_wide_and_nothing_is_cut_off(tmp_path, tilt):
    _, d2min, labels = glass()
    y, x = np.divmod(np.arange(20 * 16, dtype=float), 20)
    frame = Frame(np.column_stack((x, y)), labels >= 0, Box(20.0, 16.0, tilt=tilt))
    save_map(str(tmp_path / "map.png"), frame, d2min, labels)
    pixels = imread(tmp_path / "map.png")[..., :3]
    assert pixels.shape[1] == 7 * 400
    for edge in (pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]):
        assert (edge == 1).all()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"d2min": np.ones(3)}, r"d2min have shape \(3,\); \(320,\) is needed"),
        ({"labels": np.zeros((1, 320), int)}, r"labels have shape \(1, 320\)"),
        ({"d2min": np.zeros(320)}, "somewhere positive"),
        ({"d2min": np.r_[np.ones(319), np.inf]}, "finite or NaN; 1 of 320"),
        ({"d2min": np.ma.masked_less(np.arange(320.0), 50)}, "50 masked entries of 320"),
        ({"labels": np.ma.masked_less(np.arange(320), 50)}, "50 masked entries of 320"),
        ({"labels": np.full(320, 0.5)}, "labels must be whole numbers"),
        ({"d2min": np.r_[np.ones(319), -1.0]}, "of 320 values 1 are negative and 319 positive"),
        ({"model": (1.0, 0.8, 0.88)}, "draw_map: model is a tuple; a Mixture is needed"),
        ({"temperature": 0.0}, "temperature is 0.0"),
        ({"temperature": np.inf}, "temperature is inf"),
        ({"path": "map.xyz"}, "xyz"),
        ({"path": "map"}, "got map; allowed: a name that ends in .*png"),
    ],
)
def test_wrong_input_is_named(changes, message):
    frame, d2min, labels = glass()
    with pytest.raises(InputError, match=message):
        save_map(**({"path": "map.png", "frame": frame, "d2min": d2min, "labels": labels} | changes))


def test_a_picture_replaces_a_link_and_not_what_it_points_at(tmp_path):
    (tmp_path / "precious").write_text("kept")
    (tmp_path / "map.png").symlink_to(tmp_path / "precious")
    save_map(tmp_path / "map.png", *glass())
    assert (tmp_path / "precious").read_text() == "kept"
    assert not (tmp_path / "map.png").is_symlink()
    assert (tmp_path / "map.png").read_bytes().startswith(b"\x89PNG")


def test_a_picture_is_whole_or_not_there(tmp_path, monkeypatch):
    path = tmp_path / "map.png"
    path.write_text("an earlier one")

    def stop(self, target, **options):
        Path(target).write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Figure, "savefig", stop)
    with pytest.raises(OutputError, match=r"map\.png cannot be written: No space left on device"):
        save_map(path, *glass())
    assert [one.name for one in tmp_path.iterdir()] == ["map.png"]
    assert path.read_text() == "an earlier one"


def test_a_folder_is_no_picture(tmp_path):
    (tmp_path / "map.png").mkdir()
    with pytest.raises(OutputError, match=r"map\.png cannot be written: Is a directory"):
        save_map(tmp_path / "map.png", *glass())


def test_draw_map_is_part_of_the_package():
    assert softspots.draw_map is draw_map
    assert "draw_map" in softspots.__all__


WITHOUT_KERNELS = """
import sys

class Absent:
    def find_spec(name, path=None, target=None):
        if name.startswith(("softspots._core", "softspots._cholmod", "mpi4py")):
            raise ModuleNotFoundError(f"{name} is not there")

sys.meta_path.insert(0, Absent)
import softspots
from softspots.analysis.series import series_of
from softspots.figures.drawing import PANEL_STYLE
from softspots.figures.sheets import figures
from softspots.io import read_reduced
from matplotlib import rc_context

with rc_context(PANEL_STYLE):
    drawn = [draw() for _, draw in figures(series_of([read_reduced(path) for path in sys.argv[1:]]))]
assert sum(figure is not None for figure in drawn) >= 4
assert softspots.Box(1, 1).tilt == 0 and softspots.draw_map
assert not {"matplotlib.pyplot", "softspots._core"} & set(sys.modules)
try:
    softspots.energy_forces
except ImportError as error:
    assert isinstance(error, softspots.InstallationError)
else:
    raise AssertionError("the kernels are there")
"""


def test_pictures_and_analysis_need_no_compiled_code():
    """Reduced data are drawn where neither the kernels nor CHOLMOD nor MPI are."""
    files = sorted(str(path) for path in DATA.glob("T0.[14]_rate1e-[34].nc"))
    assert len(files) == 4
    subprocess.run([sys.executable, "-c", WITHOUT_KERNELS, *files], check=True, timeout=60)


@pytest.mark.parametrize("marker", MARKERS)
def test_a_point_without_an_interval_can_be_seen_hollow(marker):
    with matplotlib.rc_context(PANEL_STYLE):
        figure = Figure(figsize=(0.5, 0.5), dpi=PANEL_STYLE["savefig.dpi"], layout="none")
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set_axis_off()
        bars(axes, 0.5, 0.5, np.nan, np.nan, marker=marker, color="black")
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
    brightness = np.asarray(canvas.buffer_rgba())[..., 0] / 255
    middle = brightness[47:53, 47:53]
    # Of eight pixels across, some in the middle are white; a cross is as dark there as at its rim.
    assert middle.max() > 0.9 and brightness.min() < 0.1
