"""What the analysis makes of athermal shear: known laws of made-up samples, and what does not apply to them."""

import json

import numpy as np
import pytest
from launch import analyzed as run
from matplotlib.image import imread
from synthetic import write_results
from synthetic_shear import (
    ENERGY_DROP,
    FORESEEN,
    MAP_STRAINS,
    PARTICLES,
    SPOT,
    STRESS_DROP,
    THRESHOLD,
    UNMAPPED,
    write_sample,
)

from softspots.analysis.bootstrap import bootstrap, fraction
from softspots.analysis.reduce_shear import ALL_OR_NONE, TIMELESS, density_of, reduce_shear, traveled
from softspots.commands import analyze
from softspots.commands.options import read_arguments
from softspots.commands.shear_parameters import SHEAR
from softspots.commands.shear_report import report
from softspots.commands.sources import open_sources
from softspots.exceptions import InputError, UnknownNameError, UnknownNumberError
from softspots.figures.summary import shown
from softspots.io.quantities import EVENTS, KNOWN, QUANTITIES
from softspots.io.reduced import read_reduced, write_reduced
from softspots.io.shear import read_shear

TIMED = ("relaxation", "fields", "overlap", "lives", "model")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Six samples of sixty events, and a short one of another kind."""
    folder = tmp_path_factory.mktemp("samples")
    for seed in range(1, 7):
        write_sample(folder / f"{seed}.nc", 60, seed, unmapped=range(0, 60, 10))
    write_sample(folder / "other.nc", 3, 9, direction="pure-xy")
    return folder


@pytest.fixture(scope="module")
def reduced(folder):
    return reduce_shear([read_shear(folder / f"{seed}.nc") for seed in range(1, 7)], 20)


def assert_within(found, known, errors=4):
    assert found.low <= found.value <= found.high
    assert abs(found.value - known) < errors * found.error, (found, known)


def test_maps_against_events(reduced):
    density = SPOT / PARTICLES
    assert_within(reduced["ratio"], FORESEEN / density)
    assert reduced["density"].value == pytest.approx(density)
    # The five particles of an event are together on a spot or not: a particle alone is known by the mean over events.
    assert_within(reduced["plateau"], FORESEEN)
    assert_within(reduced["cores"], FORESEEN)
    later = reduced["ratio_before"]
    np.testing.assert_array_equal(later.x, MAP_STRAINS)
    assert later.value[0] == pytest.approx(float(reduced["ratio"].value))
    assert abs(later.value[1] - 1) < 4 * later.error[1]
    assert f"δγ = 0.01: 36 of 360 (36 as {UNMAPPED})" in later.note
    np.testing.assert_allclose(reduced["cores_before"].value[0], reduced["cores"].value)
    assert reduced["cores_before"].value[1] == pytest.approx(density, abs=0.1)


def test_the_table_of_the_command_has_the_same(reduced, folder):
    parameters = read_arguments(["--particles=300"], form=SHEAR)
    samples = [read_shear(folder / f"{seed}.nc") for seed in range(1, 7)]
    rows = {line[:22].strip(): line[22:] for line in report(parameters, samples, []).splitlines()}
    for name, symbol in (("density", "ρ_SS"), ("plateau", "P*"), ("ratio", "P*/ρ_SS"), ("mean_stress_drop", "")):
        assert rows[symbol or "mean stress drop"].startswith(shown(reduced[name]))


def test_statistics_of_events(reduced, folder):
    assert_within(reduced["mean_stress_drop"], STRESS_DROP)
    assert_within(reduced["mean_energy_drop"], ENERGY_DROP)
    assert_within(reduced["mean_participation"], 12.5)
    # Sixty in a range of 0.1, in every sample: the ends of the path count.
    assert reduced["mean_waiting_strain"].value == pytest.approx(0.1 / 60)
    states, events = traveled(read_shear(folder / "1.nc"))
    assert states[-1] == pytest.approx(0.1) and (np.diff(events) > 0).all() and 0 < events[0] < events[-1] < 0.1


def test_densities_are_those_of_what_was_drawn():
    values = np.random.default_rng(0).exponential(2.0, 20_000)
    law, note = density_of(np.append(values, -1.0))
    assert note == "without 1 of 20001 that are not positive"
    common = law.counts > 200
    # A bin is 1.8 times as wide as its lower border: its mean is that of the exponential over it.
    edges = law.x[common, None] * 10 ** (np.array([-1, 1]) / 8)
    known = -np.diff(np.exp(-edges / 2.0), axis=1)[:, 0] / np.diff(edges, axis=1)[:, 0]
    assert (np.abs(law.value[common] - known) < 4 * law.error[common]).all()
    assert law.counts.sum() == 20_000


def test_stress_of_all_samples_and_their_mean(reduced, folder):
    stresses = np.array([read_shear(folder / f"{seed}.nc")["stress"] for seed in range(1, 7)])
    np.testing.assert_array_equal(reduced["stresses"].value, stresses)
    np.testing.assert_allclose(reduced["stress"].value, stresses.mean(axis=0))
    # The error of a mean of six, known to a third.
    ratio = np.mean(reduced["stress"].error) / np.mean(stresses.std(axis=0, ddof=1) / np.sqrt(6))
    assert 0.6 < ratio < 1.4
    np.testing.assert_allclose(reduced["strain"].value, np.linspace(0, 0.1, 11))


def test_what_needs_time_is_left_out_with_the_reason(reduced):
    assert reduced.missing.keys() | reduced.measured.keys() == KNOWN.keys()
    assert not reduced.missing.keys() & reduced.measured.keys()
    timed = {name for name, entry in QUANTITIES.items() if entry.stage in TIMED}
    assert {name for name, reason in reduced.missing.items() if reason == TIMELESS} == timed
    assert EVENTS.keys() <= reduced.measured.keys()
    assert reduced.athermal and "seed" not in reduced.configuration and reduced.provenance["samples"] == 6


def test_too_few_events_have_no_intervals(folder):
    few = reduce_shear([read_shear(folder / "other.nc")], 20)
    for name in ("ratio", "mean_stress_drop", "mean_waiting_strain", "stress"):
        assert np.isnan(few[name].low).all() and "too few independent blocks" in few[name].note


def of_file(path, frame, sha256="a", **changes):
    """A sample whose solid is a frame of somebody's file, with the density that this frame has."""
    told = {"start": path.stem, "start_frame": frame, "start_frames": 2, "start_sha256": sha256, "types": "1=A 2=B"}
    told |= {"density": 1.2 + 2e-16 * frame, "rearrangement_threshold": THRESHOLD + 2e-16 * frame}
    return read_shear(write_sample(path, 3, None, solid=f"{frame} {sha256}", **told | changes))


def test_frames_of_a_file_are_samples_of_one_kind(tmp_path, capsys, monkeypatch):
    one, other = of_file(tmp_path / "a.nc", 0), of_file(tmp_path / "b.nc", 1)
    found = reduce_shear([one, other], 20)
    assert found.provenance["samples"] == 2
    assert not {"start", "start_frame", "start_sha256", "types", "seed"} & found.configuration.keys()
    monkeypatch.setattr(analyze, "figures", lambda series: [])
    status, out, err = run(capsys, one.path, other.path, "--output", tmp_path / "both", "--quiet")
    assert (status, err) == (0, "") and "100 × 6" in out
    # A copy of the file by another name has no other solid, nor has one that was packed or described in other words.
    for changes in ({}, {"types": "1=A 2=B 3=B"}, {"format": "lammps-dump"}, {"unit": 1.0}, {"start_sha256": "packed"}):
        with pytest.raises(InputError, match="the same solid sheared in the same way .equal parameters and start"):
            reduce_shear([one, other, of_file(tmp_path / "copy.nc", 1, **changes)], 20)
    assert reduce_shear([one, other, of_file(tmp_path / "c.nc", 1, "b")], 20).provenance["samples"] == 3
    for changes in ({"density": 1.21}, {"strain_step": 0.01 + 1e-9}, {"direction": "pure-xy"}, {"dimension": 3}):
        with pytest.raises(InputError, match="samples of two kinds"):
            reduce_shear([one, of_file(tmp_path / "d.nc", 1, **changes)], 20)


def test_events_of_one_solid_are_not_independent():
    random = np.random.default_rng(3)
    solids, inside = np.repeat(np.arange(20), 50), {"solids": [], "events": []}
    for _ in range(200):
        # A tenth of the variance is between solids.
        values = np.sqrt(0.9) * random.standard_normal(1000) + np.repeat(np.sqrt(0.1) * random.standard_normal(20), 50)
        for name, of in (("solids", solids), ("events", None)):
            found = bootstrap(fraction, values, np.ones(1000), solids=of)
            inside[name].append(found.low <= 0 <= found.high)
    # Of 200 intervals 136 should hold it, with a standard deviation of 6.6; three of these, and 2 % for twenty solids.
    assert 0.56 < np.mean(inside["solids"]) < 0.78
    assert np.mean(inside["events"]) < 0.55


def test_errors_are_those_of_solids_that_differ(tmp_path):
    offsets = STRESS_DROP * np.random.default_rng(5).standard_normal(8)
    samples = [
        read_shear(write_sample(tmp_path / f"{seed}.nc", 20, seed, offset=offset))
        for seed, offset in enumerate(offsets, 1)
    ]
    found = reduce_shear(samples, 20)["mean_stress_drop"]
    means = [sample["stress_drop"].mean() for sample in samples]
    # The error of a mean of eight, known to a quarter.
    assert 0.7 < found.error / (np.std(means, ddof=1) / np.sqrt(8)) < 1.3
    assert "solids" not in found.note
    few = reduce_shear(samples[:4], 20)
    for name in ("mean_stress_drop", "ratio", "cores", "probability"):
        assert few[name].note.endswith("interval of these 4 solids only, not of all like them")


def test_frames_are_those_of_the_events_that_there_are(tmp_path):
    some, none = (read_shear(write_sample(tmp_path / f"{events}.nc", events)) for events in (3, 0))
    np.testing.assert_array_equal(some.frame(-1).positions, some.frame(2).positions)
    for sheared, event in ((some, 3), (none, 0), (none, -1)):
        for call in (sheared.frame, sheared.variables):
            with pytest.raises(UnknownNumberError, match=rf"has {len(sheared)} events; got {event}$"):
                call(event)
    for event, frame in enumerate(some):
        np.testing.assert_array_equal(frame.positions, some["position"][event])
    assert len(list(some)) == 3 and not list(none)


def test_variables_are_those_of_the_file(tmp_path):
    sheared = read_shear(write_sample(tmp_path / "3.nc", 3))
    assert "stress_tensor" in sheared and "nonsense" not in sheared
    with pytest.raises(UnknownNameError, match="^there is no variable 'nonsense'; there are: species, strain, "):
        sheared["nonsense"]
    last = sheared.only([0, 2]).variables(1)
    assert {"d2min", "event_strain"} < last.keys() and "strain" not in last
    for name, value in last.items():
        np.testing.assert_array_equal(value, sheared[name][2], err_msg=name)


def test_a_path_without_events_counts_in_the_strain_between_them(tmp_path):
    samples = [read_shear(write_sample(tmp_path / f"{seed}.nc", events, seed)) for seed, events in ((1, 3), (2, 0))]
    assert reduce_shear(samples, 20)["mean_waiting_strain"].value == pytest.approx(0.2 / 3)
    assert reduce_shear(samples[:1], 20)["mean_waiting_strain"].value == pytest.approx(0.1 / 3)


@pytest.mark.parametrize("events", (0, 1, 2))
def test_hardly_any_event(tmp_path, events):
    found = reduce_shear([read_shear(write_sample(tmp_path / "a.nc", events))], 20)
    assert ("ratio" in found) == (events > 0)
    assert ("mean_waiting_strain" in found) == (events > 0) and ("waiting_strains" in found) == (events > 1)
    if not events:
        assert found.missing["mean_stress_drop"] == "no sample has an event"
        assert found.missing["ratio"] == "0 events with soft spots; at least 1 is needed"
    assert "stress" in found
    if events == 1:
        assert found["cores"].value in (0, 1) and np.isnan(found["cores"].low)
        assert ALL_OR_NONE in found["cores"].note and ALL_OR_NONE in found["cores_before"].note


def test_the_start_up_can_be_left_out(folder, tmp_path, capsys, monkeypatch):
    paths, start = [folder / f"{seed}.nc" for seed in (1, 2)], 0.04
    samples = [read_shear(path) for path in paths]
    found, whole = reduce_shear(samples, 20, from_strain=start), reduce_shear(samples, 20)
    late = [sample["event_strain"] >= start for sample in samples]
    drops = np.concatenate([sample["stress_drop"][which] for sample, which in zip(samples, late, strict=True)])
    assert found["mean_stress_drop"].value == pytest.approx(drops.mean())
    # Path over events.
    assert found["mean_waiting_strain"].value == pytest.approx(2 * (0.1 - start) / len(drops))
    on_spot = [
        (sample["soft_spot"][which, 0] >= 0)[np.arange(which.sum()), sample["core"][which]]
        for sample, which in zip(samples, late, strict=True)
    ]
    assert found["cores"].value == pytest.approx(np.concatenate(on_spot).mean())
    assert found.provenance["frames"] == len(drops) < whole.provenance["frames"]
    np.testing.assert_array_equal(found["stress"].value, whole["stress"].value)
    # Frames, and reasons without maps, are those of the events that are left.
    kept = samples[0].only(np.flatnonzero(late[0]))
    first = int(np.argmax(late[0]))
    np.testing.assert_array_equal(kept.frame(0).positions, samples[0].frame(first).positions)
    assert kept.faults == {event - first: told for event, told in samples[0].faults.items() if event >= first}
    assert (
        reduce_shear([read_shear(write_sample(tmp_path / "one.nc", 1, 3))], 20, from_strain=0.099).missing[
            "mean_stress_drop"
        ]
        == "no sample has an event beyond a strain of 0.099"
    )
    monkeypatch.setattr(analyze, "figures", lambda series: [])
    status, out, err = run(capsys, *paths, "--from-strain=0.04", "--output", tmp_path / "out", "--quiet")
    assert (status, err) == (0, "")
    (source,) = open_sources(paths, from_strain=start)
    np.testing.assert_array_equal(
        source.moments.d2min,
        np.concatenate([sample["d2min"][which] for sample, which in zip(samples, late, strict=True)]),
    )
    moment = source.moments.moment(0)
    assert moment.strain >= start
    np.testing.assert_array_equal(moment.frame.positions, samples[0].frame(first).positions)
    (row,) = (line for line in out.splitlines() if line.startswith("| events from a strain of"))
    assert "0.04" in row and f"100 × {len(drops)}" in out


def test_reduced_data_can_be_read_back(reduced, tmp_path):
    write_reduced(tmp_path / "reduced.nc", reduced)
    again = read_reduced(tmp_path / "reduced.nc")
    assert (
        again.athermal
        and again.missing == reduced.missing
        and again.provenance["runs"] == tuple(f"{seed:016x}" for seed in range(1, 7))
    )
    for name in KNOWN:
        if name in reduced:
            np.testing.assert_array_equal(again[name].value, reduced[name].value)


def test_the_command(folder, tmp_path, capsys, monkeypatch):
    paths = [folder / f"{seed}.nc" for seed in range(1, 7)]
    status, out, err = run(capsys, *paths, "--output", tmp_path, "--quiet")
    assert (status, err) == (0, "")
    figures = {"probability", "course", "events", "before", "selection"}
    written = {f"{name}{suffix}" for name in figures for suffix in (".pdf", ".png")}
    assert {path.name for path in tmp_path.iterdir()} == written | {"summary.md", "summary.json", "athermal.nc"}
    for name in figures:
        assert imread(tmp_path / f"{name}.png").std() > 0.01
    assert "particles × events" in out and "100 × 360" in out
    assert f"{TIMELESS} (τ*, τ_α" in out
    (row,) = (line for line in out.splitlines() if line.startswith("| ⟨ΔE⟩"))
    assert "(" in row.split("|")[3] and row.split("|")[2].strip() == "ε_AA"
    (told,) = json.loads((tmp_path / "summary.json").read_text())["runs"]
    assert told["quantities"]["ratio"]["low"] < told["quantities"]["ratio"]["value"]
    assert told["quantities"]["ratio"]["paper"] == ""
    # What has been reduced stands for its samples, beside others.
    more = tmp_path / "more"
    monkeypatch.setattr(analyze, "figures", lambda series: [])
    status, out, err = run(capsys, tmp_path / "athermal.nc", folder / "other.nc", "--output", more, "--quiet")
    assert (status, err) == (0, "")
    assert "athermal (b): direction pure-xy" in out


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (("1.nc", "hot.nc"), "of which one is of athermal shear; allowed: one kind at a time"),
        (("1.nc", "1.nc"), "hold one run twice"),
        (("1.nc", "again.nc"), "of the same solid sheared in the same way (equal parameters and seed)"),
        (("1.nc", "--movie"), "--movie: got athermal shear, which has no time"),
        (("1.nc", "--from-strain=0.2"), "--from-strain: got 0.2; allowed: below 0.1, the strain that"),
        (("hot.nc", "--from-strain=0.1"), "hot.nc, which is not of athermal shear; allowed: shear.nc"),
    ],
)
def test_mistakes_are_told_in_a_line(folder, tmp_path, capsys, names, message):
    write_results(folder / "hot.nc", 3)
    write_sample(folder / "again.nc", 60, 1, run_id="another")
    arguments = [folder / name if name.endswith(".nc") else name for name in names]
    status, out, err = run(capsys, *arguments, "--output", tmp_path)
    assert (status, out) == (2, "") and message in err and len(err.splitlines()) == 1
