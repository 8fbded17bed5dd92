"""The report: what its page holds is what the results file holds, of bounded size, with everything escaped."""

import base64
import json
import re
import zlib
from dataclasses import replace
from html import escape

import netCDF4
import numpy as np
import pytest
from glass_of_any_size import TEMPERATURE, write_glass
from launch import analyzed as run
from synthetic import write_results
from synthetic_shear import THRESHOLD, write_sample

from softspots.commands import analyze
from softspots.figures import sheets
from softspots.frame import Box, Frame
from softspots.io.results import read_results
from softspots.io.shear import read_shear
from softspots.report import packing
from softspots.report.maps import MOST_BYTES, NO_DIAMETERS, map_data
from softspots.report.sources import moments_of_run, moments_of_shear

pytest.importorskip("bokeh")


def unpacked(text, lengths):
    """Columns from their text, as the page has them."""
    content = np.frombuffer(zlib.decompress(base64.b64decode(text)), dtype=np.uint8).astype(int)
    columns = []
    for length in lengths:
        high, low, content = np.split(content, [length, 2 * length])
        columns.append(256 * (np.cumsum(high) % 256) + low)
    assert not len(content)
    return columns


def values_of(codes, lowest):
    values = lowest * np.exp((codes - packing.FIRST) * packing.STEP)
    return np.select([codes == packing.UNKNOWN, codes == packing.ZERO], [np.nan, 0.0], values)


@pytest.fixture
def one_figure(monkeypatch):
    monkeypatch.setattr(
        analyze, "figures", lambda series: [one for one in sheets.figures(series) if one[0].startswith("prediction")]
    )


def data_of(page):
    """What the page's scripts read, and its frames."""
    (data,) = re.findall(r'<script type="application/json" id="softspots-runs">(.*?)</script>', page, re.S)
    frames = dict(re.findall(r'<script type="text/plain" id="(softspots-frame-[-\d]+)">(.*?)</script>', page, re.S))
    return json.loads(data), frames


@pytest.mark.parametrize("lengths", [(1,), (300,), (300, 7), (5, 0)])
def test_columns_come_back(lengths):
    random = np.random.default_rng(1)
    columns = [random.integers(0, packing.LEVELS, length) for length in lengths]
    for one, two in zip(columns, unpacked(packing.packed(columns), lengths), strict=True):
        assert np.array_equal(one, two)


def test_what_is_alike_beside_each_other_takes_little():
    smooth = np.arange(0, 60000, 3)
    # Low bytes are noise; a high byte costs next to nothing where it hardly changes, and a whole byte where it does.
    noise = np.random.default_rng(1).permutation(smooth)
    assert len(packing.packed([smooth])) < 0.1 * len(packing.packed([noise]))


@pytest.mark.parametrize("dimension, side", [(2, 20), (3, 8)])
def test_maps_are_those_of_the_file(tmp_path, dimension, side):
    results = read_results(write_glass(tmp_path / "results.nc", side, 5, dimension))
    found = map_data(moments_of_run(results))
    ids = np.array(found["ids"])
    assert np.array_equal(np.sort(ids), np.arange(side**dimension)) and len(found["frames"]) == found["all"] == 5
    # Large ones first, so that small ones are drawn on them.
    assert found["radii"] == sorted(found["radii"], reverse=True)
    assert np.array_equal(np.array(found["species"], dtype=int), results["species"][ids])
    json.dumps(found, allow_nan=False)
    for index, one in enumerate(found["frames"]):
        values, frame = results.variables(index), results.frame(index)
        lengths = [len(ids)] * (dimension + 4) + [one["ratios"]]
        *axes, activity, moves, spot, mode, ratio = unpacked(one["data"], lengths)
        places = (np.array(axes).T / one["levels"]) @ one["vectors"]
        off = frame.box.minimum_image(places - frame.positions[ids])
        # Half a step along each lattice vector.
        assert np.abs(off).max() < 0.5 * packing.RESOLUTION * (1 + np.abs(frame.box.tilts).max() / side) * 1.01
        d2min = values_of(activity, found["lowest"])
        assert np.allclose(d2min, values["d2min"][ids], rtol=0.51 * packing.STEP, atol=0, equal_nan=True)
        assert np.array_equal(moves, values["d2min"][ids] > 15.0 * found["temperature"])
        assert np.array_equal(spot - 1, values["soft_spot"][ids])
        assert one["spots"] == values["soft_spot"].max() + 1
        assert (one["time"], one["strain"]) == (values["time"], values["strain"])
        chosen = values["participation_ratio"][: found["modes"]]
        assert np.allclose(1 / values_of(ratio, 1.0), chosen, rtol=0.51 * packing.STEP, atol=0)
        for slot in range(0, len(ids), 7):
            taking = [
                k
                for k in range(found["modes"])
                if ids[slot] in values["mode_particle"][k, : results.configuration["n_particles"]]
            ]
            assert mode[slot] == (min(taking) + 1 if taking else 0)
    assert [one["measured"] for one in found["frames"]] == [True] * 4 + [False]
    assert found["temperature"] == (dimension - 1) * TEMPERATURE


def test_what_is_not_known_is_not_there(tmp_path):
    path = write_results(tmp_path / "results.nc", 6, faulty=(2,), unknown=(0, 3))
    found = map_data(moments_of_run(read_results(path)))
    ids = np.array(found["ids"])
    assert [one["spots"] is None for one in found["frames"]] == [False, False, True, False, False, False]
    *_, activity, moves, spot, mode, _ = unpacked(found["frames"][2]["data"], [400] * 6 + [0])
    assert not spot.any() and not mode.any() and not moves[activity == packing.UNKNOWN].any()
    assert set(ids[activity == packing.UNKNOWN]) == {0, 3}


def test_who_rearranges_is_told_from_exact_values(tmp_path):
    path = write_glass(tmp_path / "results.nc", 10, 1)
    level = 15.0 * TEMPERATURE
    values = level * (1 + np.array([-1e-6, 0, 1e-6]))
    with netCDF4.Dataset(path, "a") as dataset:
        dataset["d2min"][0] = np.resize(values, 100)
    found = map_data(moments_of_run(read_results(path)))
    _, _, activity, moves, *_ = unpacked(found["frames"][0]["data"], [100] * 6 + [found["frames"][0]["ratios"]])
    assert np.ptp(activity) == 0
    assert np.array_equal(moves, np.resize([0, 0, 1], 100)[found["ids"]])


def test_positions_of_a_large_box_say_how_coarse_they_are(tmp_path):
    run = moments_of_run(read_results(write_glass(tmp_path / "results.nc", 10, 1)))
    assert map_data(run)["resolution"] == packing.RESOLUTION
    moment = run.moment(0)
    large = replace(moment, frame=Frame(100 * moment.frame.positions, moment.frame.species, Box(1000.0, 1000.0)))
    found = map_data(replace(run, moment=lambda index: large))
    assert found["resolution"] == 1000 / packing.LEVELS > 3 * packing.RESOLUTION


def test_zero_and_unknown_are_no_small_values():
    codes = packing.logarithms(np.array([np.nan, 0.0, 1e-9, 1e-9 * np.exp(packing.STEP), 1e9]), 1e-9)
    assert codes.tolist()[:4] == [packing.UNKNOWN, packing.ZERO, packing.FIRST, packing.FIRST + 1]
    assert codes[4] < packing.LEVELS


def test_forces_without_diameters_are_said(tmp_path):
    described = {"model": "forces", "mixture": json.dumps({"forces": "EAM"})}
    found = map_data(moments_of_run(read_results(write_glass(tmp_path / "results.nc", 10, 2, configuration=described))))
    assert NO_DIAMETERS in found["notes"] and set(found["radii"]) == {0.5}


def test_ten_thousand_particles_and_four_hundred_frames_are_below_the_limit(tmp_path):
    """Frames are as long as each other within a percent, so a few say how long all are."""
    results = read_results(write_glass(tmp_path / "results.nc", 100, 3, modes=1000))
    longest = max(len(frame["data"]) for frame in map_data(moments_of_run(results))["frames"][:2])
    assert 400 * longest < MOST_BYTES


def test_more_than_fits_is_thinned_out_and_said(tmp_path):
    results = read_results(write_glass(tmp_path / "results.nc", 20, 30))
    all_frames = map_data(moments_of_run(results))["frames"]
    most = sum(len(frame["data"]) for frame in all_frames) // 3
    found = map_data(moments_of_run(results), most)
    assert sum(len(frame["data"]) for frame in found["frames"]) <= most
    numbers = [int(frame["title"].split()[1]) for frame in found["frames"]]
    assert (numbers[0], numbers[-1], found["all"]) == (0, 29, 30) and 8 <= len(numbers) <= 10
    assert np.ptp(np.diff(numbers)) <= 1


def test_maps_of_athermal_shear_are_of_the_minima_that_events_end(tmp_path):
    samples = [read_shear(write_sample(tmp_path / f"{seed}.nc", 4, seed)) for seed in (1, 2)]
    found = map_data(moments_of_shear(samples))
    ids = np.array(found["ids"])
    assert found["noun"] == "event" and found["temperature"] is None
    assert [frame["title"].split(" in ")[0] for frame in found["frames"]] == [
        f"event {k} of 0 to 3" for k in range(4)
    ] * 2
    for place, one in enumerate(found["frames"]):
        sample, event = samples[place // 4], place % 4
        *axes, activity, moves, spot, mode, _ = unpacked(one["data"], [len(ids)] * 6 + [one["ratios"]])
        frame = sample.frame(event)
        off = frame.box.minimum_image((np.array(axes).T / one["levels"]) @ one["vectors"] - frame.positions[ids])
        assert np.abs(off).max() < 1.1 * packing.RESOLUTION
        assert np.allclose(values_of(activity, found["lowest"]), sample["d2min"][event][ids], rtol=0.51 * packing.STEP)
        assert np.array_equal(moves, sample["d2min"][event][ids] > THRESHOLD)
        assert np.array_equal(spot - 1, sample["soft_spot"][event, 0][ids])
        assert (one["strain"], one["time"]) == (sample["event_strain"][event], None)


def test_the_page_has_maps_panels_summary_and_provenance(tmp_path, capsys, one_figure):
    source = tmp_path / "a<b>&.nc"
    write_glass(source, 20, 8)
    with netCDF4.Dataset(source, "a") as dataset:
        dataset.comment = "<script>alert('me')</script>"
        dataset.caution, dataset.source_notes = "another strain rate", "times are numbers of steps; lengths as they are"
    status, out, err = run(capsys, source, "--output", tmp_path / "out", "--quiet", "--report")
    assert (status, err) == (0, "")
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "* another strain rate\n* times are numbers of steps; lengths as they are\n" in out
    assert ">source_notes</th><td>times are numbers of steps" in page
    data, frames = data_of(page)
    assert len(data) == 1 and len(frames) == len(data[0]["frames"]) == 8
    assert data[0]["time"] == "steps"
    assert page.count('src="data:image/svg+xml;base64,') == 1
    # All that the summary says, and nothing that the file says, is in the page as text.
    assert "<script>alert" not in page and escape("<script>alert('me')</script>", quote=False)[:14] in page
    assert "a&lt;b&gt;&amp;.nc" in page
    for line in (tmp_path / "out" / "summary.md").read_text().splitlines():
        for cell in filter(None, (cell.strip(" *#-") for cell in line.split("|"))):
            assert escape(cell).replace("&#x27;", "&#39;").replace("&quot;", "&#34;") in page, cell
    for name in ("rearrangement_threshold", "software_version", "schema_version"):
        assert f">{name}</th>" in page
    assert "carries no checksum" in page
    # The page asks for nothing: beside scripts there is no address.
    assert not re.findall(r'(?:src|href)="(?!data:|#)', re.sub(r"<script.*?</script>", "", page, flags=re.S))


def test_reduced_data_have_a_page_without_a_map(tmp_path, capsys, one_figure):
    write_glass(tmp_path / "results.nc", 20, 8)
    assert run(capsys, tmp_path / "results.nc", "--output", tmp_path / "one", "--quiet")[0] == 0
    assert not (tmp_path / "one" / "report.html").exists()
    (reduced,) = (tmp_path / "one").glob("T*.nc")
    assert run(capsys, reduced, "--output", tmp_path / "two", "--quiet", "--report")[0] == 0
    page = (tmp_path / "two" / "report.html").read_text(encoding="utf-8")
    assert "there is no map, as reduced data hold no frames" in page
    assert "softspots-frame-0" not in page and "Bokeh" not in page
    assert "carries a checksum" in page


def test_a_report_of_an_earlier_analysis_does_not_stay_beside_another(tmp_path, capsys, one_figure):
    write_glass(tmp_path / "results.nc", 20, 8)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "report.html").write_text("earlier")
    status, _, err = run(capsys, tmp_path / "results.nc", "--output", tmp_path / "out", "--quiet")
    assert status == 2 and "has report.html of an earlier analysis" in err
    assert run(capsys, tmp_path / "results.nc", "--output", tmp_path / "out", "--quiet", "--overwrite")[0] == 0
    assert not (tmp_path / "out" / "report.html").exists()


def test_without_the_library_it_says_what_to_install_before_any_work(tmp_path, capsys, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "bokeh.embed", None)
    write_glass(tmp_path / "results.nc", 20, 2)
    status, out, err = run(capsys, tmp_path / "results.nc", "--output", tmp_path / "out", "--report")
    assert (status, out) == (2, "") and not (tmp_path / "out").exists()
    assert "pip install 'softspots[report]'" in err and err.count("\n") == 1
