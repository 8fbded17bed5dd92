"""Several runs side by side: which make a series, what collapses in it, and what must not be put together."""

from dataclasses import replace

import numpy as np
import pytest
from synthetic import STEP, STRAIN_RATE, write_results

from softspots.analysis.reduce import reduce_run
from softspots.analysis.series import collapses, relaxation_exponent, series_of
from softspots.exceptions import InputError

KNOWN = {"mixture": '{"preset": 1}', "smoothing": "even"}


@pytest.fixture(scope="module")
def driven(tmp_path_factory):
    """Three rates at one temperature: what diffuses in proportion to the rate collapses."""
    folder = tmp_path_factory.mktemp("driven")
    paths = [
        write_results(folder / f"{factor}.nc", 100, factor, strain_rate=factor * STRAIN_RATE, step=STEP * factor**0.5)
        for factor in (1, 2, 4)
    ]
    return [reduce_run(path, selection_frames=1) for path in paths]


def test_runs_make_series(driven, tmp_path):
    hot = reduce_run(write_results(tmp_path / "hot.nc", 3, temperature=0.4, strain_rate=2 * STRAIN_RATE))
    other = reduce_run(write_results(tmp_path / "other.nc", 3, temperature=0.3, strain_rate=0.1))
    series = series_of([*driven[::-1], hot, other])
    assert [(one.varies, one.name) for one in series] == [
        ("temperature", "temperatures_rate0.002"),
        ("strain_rate", "rates_T0.1"),
        ("nothing", "T0.3_rate0.1"),
    ]
    assert series[0].runs == (driven[1], hot)
    assert series[1].runs == tuple(driven)
    assert [one.varies for one in series_of(driven[:1])] == ["nothing"]


def test_what_has_no_interval_gives_none(driven):
    (series,) = series_of(driven)
    first = series.runs[0]
    unknown = replace(first["tau_alpha"], low=np.array(np.nan), high=np.array(np.nan))
    short = replace(first, measured=first.measured | {"tau_alpha": unknown})
    exponent = relaxation_exponent(replace(series, runs=(short, *series.runs[1:])))
    assert exponent.value == relaxation_exponent(series).value
    assert np.isnan([exponent.low, exponent.high]).all()
    found = replace(first["c_ss"], low=np.where(first.axes["lag"] > 20, np.nan, first["c_ss"].low))
    curve = replace(first, measured=first.measured | {"c_ss": found})["c_ss"]
    assert np.isnan(curve.low[first.axes["lag"] > 20]).all()


def test_what_the_strain_drives_collapses(driven):
    (series,) = series_of(driven)
    found = collapses(series)
    assert found["scattering"].ratio.value > 4
    # Spots die at a rate of their own here.
    assert found["c_ss"].ratio.value < 1
    exponent = relaxation_exponent(series)
    assert abs(exponent.value + 1) < 4 * exponent.error
    assert exponent.error < 0.2
    assert relaxation_exponent(series_of(driven[:1])[0]) is None


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"dimension": 3}, "differ in their dimension, 2 and 3: nothing of them collapses; analyze them apart"),
        ({"model": "own"}, "differ in their model, kob-andersen and own"),
        ({"mixture": "{}"}, "differ in their mixture: nothing"),
        ({"smoothing": "quadratic"}, "differ in their smoothing, even and quadratic"),
    ],
)
def test_runs_of_several_mixtures_or_dimensions_do_not_collapse(driven, changes, message):
    first, other = (replace(run, configuration=run.configuration | KNOWN) for run in driven[:2])
    if "dimension" in changes:
        other = replace(other, **changes)
    else:
        other = replace(other, configuration=other.configuration | changes)
    with pytest.raises(InputError, match=message):
        series_of([first, other])
    # They stand side by side where strain rates are the same.
    fixed = replace(other, configuration=other.configuration | {"strain_rate": first.strain_rate})
    assert [one.varies for one in series_of([first, fixed])] == ["nothing"]
    # What a file does not say is not another's.
    assert [one.varies for one in series_of([first, driven[1]])] == ["strain_rate"]


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("frames", [3, 4, 5, 6, 8, 12])
def test_short_runs_at_two_rates_collapse_or_say_nothing(tmp_path, frames):
    # Too few frames for intervals leave a curve with no lag, or one, that could be compared.
    runs = [
        reduce_run(write_results(tmp_path / f"{seed}.nc", frames, seed, strain_rate=seed * 1e-3)) for seed in (1, 2)
    ]
    (series,) = series_of(runs)
    for found in collapses(series).values():
        assert np.isfinite([found.ratio.value, found.time, found.strain]).all()
        assert np.isfinite([found.time_noise, found.strain_noise]).all()
