"""Several runs side by side: which make a series, what collapses in it, and what is not put together."""

from dataclasses import replace

import numpy as np
import pytest
from synthetic import PARTICLES, STEP, STRAIN_RATE, write_results

from softspots.analysis.reduce import reduce_run
from softspots.analysis.series import collapses, misfit, relaxation_exponent, series_of
from softspots.figures.summary import summary_text

KNOWN = {"mixture": '{"preset": 1}', "smoothing": "even", "density": 1.2, "fraction_a": 0.65, "fractions": "0.65,0.35"}


def known(run, **changes):
    """A run whose file says all of its solid, but for these changes."""
    dimension = changes.pop("dimension", run.dimension)
    configuration = KNOWN | {"particles": PARTICLES} | run.configuration | changes
    return replace(run, configuration=configuration, dimension=dimension)


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
    ("changes", "reason"),
    [
        ({"dimension": 3}, "dimension, 2 and 3"),
        ({"model": "own"}, "model, kob-andersen and own"),
        ({"mixture": "{}"}, "mixture"),
        ({"density": 1.3}, "density, 1.2 and 1.3"),
        ({"fraction_a": 0.7}, "fraction a, 0.65 and 0.7"),
        ({"fractions": "0.8,0.2"}, "fractions, 0.65,0.35 and 0.8,0.2"),
        ({"smoothing": "quadratic"}, "smoothing, even and quadratic"),
    ],
)
@pytest.mark.parametrize("condition", ["temperature", "strain_rate"])
def test_runs_of_several_solids_make_no_common_series(driven, condition, changes, reason):
    first, other = (known(run) for run in driven[:2])
    at = {name: first.configuration[name] for name in ("temperature", "strain_rate")}
    other = known(other, **at | {condition: 2 * at[condition]} | changes)
    assert misfit(first, other) == reason
    assert [one.varies for one in series_of([first, other])] == ["nothing", "nothing"]
    text = summary_text([first, other], series_of([first, other]))
    assert f"differs from solid 1 in {reason}: no temperatures or strain rates of both make a series" in text
    # They stand side by side where conditions are the same.
    fixed = known(other, **at | changes)
    (beside,) = series_of([first, fixed])
    assert beside.varies == "nothing" and "solid" not in summary_text([first, fixed], [beside])
    # Each solid has series of its own, of names of their own.
    more = [known(run, **{name: run.configuration[name] * 3 for name in (condition,)}) for run in (first, fixed)]
    if "dimension" in changes:
        more[1] = known(more[1], **changes)
    names = [one.name for one in series_of([first, fixed, *more])]
    assert len(set(names)) == len(names) == 2
    assert [name.rpartition("_")[2] for name in names] == ["solid1", "solid2"]
    # What a file does not say is not another's.
    assert [one.varies for one in series_of([first, driven[1]])] == ["strain_rate"]


@pytest.mark.parametrize(
    "changes",
    [
        {"density": 1.2 + 2e-16},
        {"fraction_a": 0.65 + 0.5 / PARTICLES},
        {"fractions": f"{0.65 + 0.5 / PARTICLES},{0.35 - 0.5 / PARTICLES}"},
        {"mixture": '{"preset": 1, "density": 1.2000000000000002}'},
    ],
)
def test_rounding_tells_no_solids_apart(driven, changes):
    one, other = known(driven[0]), known(driven[1], **changes)
    (series,) = series_of([one, other])
    assert (series.varies, series.name) == ("strain_rate", "rates_T0.1")


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
