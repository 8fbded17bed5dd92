"""The report in headless Chromium: the slider draws other data, hover tells what the file holds, nothing is fetched."""

import re
import shutil

import numpy as np
import pytest
from glass_of_any_size import TEMPERATURE, write_glass
from matplotlib.figure import Figure

from softspots.analysis.series import series_of
from softspots.io.reduced import Reduced
from softspots.io.results import read_results
from softspots.report.page import panel_of, write_report
from softspots.report.sources import moments_of_run

pytest.importorskip("bokeh")
playwright = pytest.importorskip("playwright.sync_api")
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium")
FRAMES, SIDE = 6, 16


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """The page of a run in the plane and one in space, and the results files of both."""
    folder = tmp_path_factory.mktemp("report")
    write_glass(folder / "plane.nc", SIDE, FRAMES)
    write_glass(folder / "space.nc", 7, FRAMES, 3)
    results = [read_results(folder / name) for name in ("plane.nc", "space.nc")]
    runs = [
        Reduced(one.configuration, one.attributes | {"frames": len(one)}, dimension=one.dimension) for one in results
    ]
    figure = Figure(figsize=(3.4, 2.4))
    figure.subplots().plot([1, 2], [3, 1])
    panels, moments = {"prediction": panel_of(figure)}, [moments_of_run(one) for one in results]
    write_report(folder / "report.html", runs, series_of(runs), moments, panels)
    return folder / "report.html", results


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as started:
        # In a container Chromium has no sandbox, and root may not have one.
        browser = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


DESKTOP, PHONE = (1200, 900), (375, 700)
on_both = pytest.mark.parametrize("page", [DESKTOP, PHONE], ids=["desktop", "phone"], indirect=True)


@pytest.fixture
def page(browser, report, request):
    """The page, opened; what it says on its console or asks the network for fails the test."""
    width, height = getattr(request, "param", DESKTOP)
    context = browser.new_context(viewport={"width": width, "height": height})
    page, said, asked = context.new_page(), [], []
    page.on("console", lambda message: said.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    # What a page has in itself is no request.
    page.on("request", lambda one: asked.append(one.url) if not one.url.startswith(("data:", "blob:")) else None)
    page.goto(report[0].as_uri())
    drawn(page, 0, 0)
    yield page
    assert said == []
    assert asked == [report[0].as_uri()]
    context.close()


def drawn(page, run, frame):
    page.wait_for_selector(f'body[data-drawn="{run} {frame}"]', timeout=20_000, state="attached")


def data(page, name):
    """The columns of a layer."""
    return page.evaluate(
        f"Object.fromEntries(Object.entries(Bokeh.documents.at(-1).get_model_by_name('{name}').data)"
        ".map(([key, column]) => [key, Array.from(column, (value) => Number.isNaN(value) ? null : value)]))"
    )


def move(page, name, value):
    page.evaluate(
        f"(value) => {{ const one = document.getElementById('softspots-{name}'); one.value = value; "
        "one.dispatchEvent(new Event(one.tagName === 'SELECT' ? 'change' : 'input')) }",
        value,
    )


def on_screen(page, x, y):
    """Where a place of the map is on the screen."""
    return page.evaluate(
        "([x, y]) => { const view = Bokeh.index.get_by_id(Bokeh.documents.at(-1).get_model_by_name('map').id)"
        "; const area = view.canvas_view.el.getBoundingClientRect()"
        "; return [area.left + view.frame.x_scale.compute(x), area.top + view.frame.y_scale.compute(y)] }",
        [x, y],
    )


def test_the_slider_draws_the_frames_of_the_file(page, report):
    results = report[1][0]
    seen = []
    for frame in (0, 3, FRAMES - 1):
        move(page, "frame", frame)
        drawn(page, 0, frame)
        layers = {name: data(page, name) for name in ("others", "spots", "depths")}
        labels, activity = results["soft_spot"][frame], results["d2min"][frame]
        ids = np.array(page.evaluate("softspots.now.run.ids"))
        assert set(ids[layers["spots"]["slot"]]) == set(np.flatnonzero(labels >= 0))
        assert set(ids[layers["others"]["slot"]]) == set(np.flatnonzero(labels < 0))
        assert not layers["depths"]["x"]
        both = {key: np.array(layers["others"][key] + layers["spots"][key], dtype=float) for key in layers["others"]}
        particles = ids[both["slot"].astype(int)]
        expected = activity[particles] / TEMPERATURE
        assert np.allclose(both["value"], expected, rtol=3e-3, equal_nan=True)
        # All images of the same particle, and each of them within reach of the picture.
        whole = results.frame(frame)
        off = whole.box.minimum_image(np.column_stack((both["x"], both["y"])) - whole.positions[particles])
        assert np.abs(off).max() < 0.005
        assert ((both["x"] >= -0.5) & (both["x"] <= SIDE + 0.5)).all()
        # Every particle has one image in the cell, and those near its border have more.
        inside = (both["x"] >= 0) & (both["x"] < SIDE) & (both["y"] >= 0) & (both["y"] < SIDE)
        assert abs(inside.sum() - SIDE**2) <= 1 and len(particles) > SIDE**2
        seen.append((both["x"][:50].tolist(), page.inner_text("#softspots-words")))
        words = seen[-1][1]
        assert f"frame {frame} of 0 to {FRAMES - 1}" in words and f"{labels.max() + 1} soft spots" in words
        assert f"t = {2.5 * frame:g} τ" in words and ("D²_min not known" in words) == (frame == FRAMES - 1)
    assert seen[0] != seen[1] != seen[2]


def test_keys_move_the_slider_and_play_goes_on(page):
    page.focus("#softspots-frame")
    page.keyboard.press("ArrowRight")
    drawn(page, 0, 1)
    page.keyboard.press("End")
    drawn(page, 0, FRAMES - 1)
    assert "frame 5" in page.get_attribute("#softspots-frame", "aria-valuetext")
    page.click("#softspots-play")
    drawn(page, 0, 1)
    page.click("#softspots-play")
    assert page.get_attribute("#softspots-play", "aria-pressed") == "false"


@on_both
def test_hover_tells_what_the_file_holds(page, report):
    ids = np.array(page.evaluate("softspots.now.run.ids"))
    species, values = report[1][0]["species"], report[1][0].variables(0)
    page.locator("#softspots-plot").scroll_into_view_if_needed()
    for name in ("spots", "others"):
        layer = data(page, name)
        # One in the middle, so that the words have room.
        middle = np.hypot(np.array(layer["x"]) - SIDE / 2, np.array(layer["y"]) - SIDE / 2).argmin()
        particle = ids[layer["slot"][middle]]
        page.mouse.move(2, 2)
        page.mouse.move(*on_screen(page, layer["x"][middle], layer["y"][middle]))
        named = f"{particle}, species {species[particle]}"
        tooltip = page.locator(".bk-tooltip-content", has_text=named).first
        tooltip.wait_for(timeout=5_000)
        # Where discs overlap the words are about both.
        (text,) = (one for one in tooltip.inner_text().split("particle:") if one.strip().startswith(named))
        spot = values["soft_spot"][particle]
        assert re.search(rf"soft spot:\s*{spot if spot >= 0 else 'none'}", text), text
        shown = float(re.search(r"D²_min:\s*([\d.e+-]+) σ_AA²", text)[1])
        assert shown == pytest.approx(values["d2min"][particle], rel=8e-3)
        taking = [k for k in range(4) if particle in values["mode_particle"][k]]
        if taking:
            ratio = float(re.search(r"participation:\s*([\d.e+-]+), in mode (\d+) of 4", text)[1])
            assert ratio == pytest.approx(values["participation_ratio"][min(taking)], rel=8e-3)
        else:
            assert "in none of 4 modes" in text


def test_zoom_keeps_to_the_map_and_discs_round(page):
    page.locator("#softspots-plot").scroll_into_view_if_needed()
    page.mouse.move(*on_screen(page, SIDE / 2, SIDE / 2))
    for _ in range(5):
        page.mouse.wheel(0, -300)
    page.wait_for_function("Bokeh.documents.at(-1).get_model_by_name('x').end < 15")
    left, right, low, high = page.evaluate(
        "['x', 'y'].flatMap((name) => { const one = Bokeh.documents.at(-1).get_model_by_name(name)"
        "; return [one.start, one.end] })"
    )
    assert 0 <= left < right <= SIDE and 0 <= low < high <= SIDE
    one, two = on_screen(page, 0, 0), on_screen(page, 1, 1)
    assert abs(two[0] - one[0]) == pytest.approx(abs(two[1] - one[1]), rel=0.02)


def test_a_run_in_space_shows_a_slice_that_moves_and_all_spots_from_above(page, report):
    results = report[1][1]
    move(page, "run", "1")
    drawn(page, 1, 0)
    assert page.is_visible("#softspots-height")
    ids, frame, labels = np.array(page.evaluate("softspots.now.run.ids")), results.frame(0), results["soft_spot"][0]
    diameters = results.model.diameters_of(frame)
    for height in (3.5, 0.35):
        move(page, "height", height)
        layers = [data(page, name) for name in ("others", "spots")]
        slots = np.array(layers[0]["slot"] + layers[1]["slot"])
        off = frame.box.minimum_image(frame.positions - [0, 0, height])[:, 2]
        assert set(ids[slots]) == set(np.flatnonzero(np.abs(off) < diameters / 2)), height
        radius = np.array(layers[0]["radius"] + layers[1]["radius"])
        expected = np.sqrt(diameters[ids[slots]] ** 2 / 4 - off[ids[slots]] ** 2)
        # A disc that the plane hardly cuts is known to the square root of the steps.
        assert np.abs(radius - expected).max() < 0.05
        assert f"z = {height:.2f} σ" in page.inner_text("#softspots-height-words")
    move(page, "view", "above")
    layer = data(page, "depths")
    assert set(ids[layer["slot"]]) == set(np.flatnonzero(labels >= 0))
    assert np.all(np.diff(layer["depth"]) >= 0)
    assert not data(page, "others")["x"]
    move(page, "view", "slice")
    move(page, "run", "0")
    drawn(page, 0, 0)
    assert not page.is_visible("#softspots-height")


@on_both
def test_nothing_is_wider_than_the_window(page):
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]
