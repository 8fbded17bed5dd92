"""Whether the code that is here reduces as that did whose raw results are gone; and that a difference would be told."""

import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from softspots.io.reduced import read_reduced

sys.path.append(str(Path(__file__).parent.parent))

from paper import alike  # noqa: E402


@pytest.fixture(scope="module")
def kept():
    return read_reduced(alike.REDUCED), json.loads(alike.EXPERIMENTS.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def found():
    return alike.reduce_sample()


def test_the_code_that_is_here_gives_the_numbers_of_the_sample(found, kept):
    # If this fails on purpose: python -m paper.alike, and data of earlier code are stale.
    assert list(alike.differences(found, kept)) == []


def test_the_sample_has_what_the_study_measures(kept):
    reduced, experiments = kept
    # No plateau of F_s in a run so short, and of the boson peak no more than noise.
    assert reduced.missing.keys() == {"tau_star", "boson_peak"}
    assert not experiments["missing"]
    # Lives that end, and some that outlive the data; spots that die without a rearrangement.
    assert 0 < reduced["censored"].value < reduced["followed"].value
    assert 0.05 < reduced["without_rearrangement"].value < 0.5 and reduced["silent_rate"].low > 0


@pytest.mark.parametrize("end", ["value", "low", "high"])
def test_another_number_is_told(end, found, kept):
    reduced, experiments = found
    number = reduced["median_lifetime"]
    other = replace(number, **{end: getattr(number, end) * (1 + 1e-4)})
    changed = replace(reduced, measured=dict(reduced.measured) | {"median_lifetime": other})
    assert list(alike.differences((changed, experiments), kept)) == ["median_lifetime"]


def test_a_number_that_is_gone_and_another_note_are_told(found, kept):
    reduced, experiments = found
    fewer = dict(reduced.measured)
    del fewer["ratio"]
    fewer["density"] = replace(fewer["density"], note="of something else")
    changed = replace(reduced, measured=fewer, missing=dict(reduced.missing) | {"ratio": "for a test"})
    assert list(alike.differences((changed, experiments), kept)) == ["density", "ratio", "what is missing"]


def test_another_axis_is_told(found, kept):
    reduced, experiments = found
    changed = replace(reduced, axes=dict(reduced.axes) | {"lag": 2 * reduced.axes["lag"]})
    assert list(alike.differences((changed, experiments), kept)) == ["the axis lag"]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"value": 1.0}, True),
        ({"interval": [None, None]}, True),
        ({"note": "of something else"}, True),
        ({}, False),
    ],
)
def test_another_experiment_is_told(change, told, found, kept):
    reduced, experiments = found
    name = "part of fleeting spots"
    numbers = experiments["numbers"] | {name: experiments["numbers"][name] | change}
    assert list(alike.differences((reduced, experiments | {"numbers": numbers}), kept)) == [name] * told


def test_the_command_writes_only_what_has_changed(tmp_path, monkeypatch, capsys, found):
    for name in ("REDUCED", "EXPERIMENTS", "CODES"):
        monkeypatch.setattr(alike, name, tmp_path / getattr(alike, name).name)
    monkeypatch.setattr(alike, "reduce_sample", lambda: found)
    alike.main()
    assert alike.codes_alike() == {found[0].provenance["reduction"]}
    before = alike.REDUCED.read_bytes()
    alike.main()
    assert "nothing is written" in capsys.readouterr().out and alike.REDUCED.read_bytes() == before
    later = replace(found[0], provenance=found[0].provenance | {"reduction": "later"})
    monkeypatch.setattr(alike, "reduce_sample", lambda: (later, found[1]))
    for words in ("its checksum is kept", "nothing is written"):
        alike.main()
        assert words in capsys.readouterr().out and alike.REDUCED.read_bytes() == before
    assert alike.codes_alike() == {found[0].provenance["reduction"], "later"}
    number = found[0]["density"]
    other = replace(found[0], measured=dict(found[0].measured) | {"density": replace(number, value=number.low)})
    monkeypatch.setattr(alike, "reduce_sample", lambda: (other, found[1]))
    alike.main()
    assert "density" in capsys.readouterr().out and read_reduced(alike.REDUCED)["density"].value == number.low
    assert alike.codes_alike() == {found[0].provenance["reduction"]}


def test_a_new_experiment_leaves_the_data_as_they_are(tmp_path, monkeypatch, capsys, found):
    for name in ("REDUCED", "EXPERIMENTS", "CODES"):
        monkeypatch.setattr(alike, name, tmp_path / getattr(alike, name).name)
    reduced, experiments = found
    earlier = {name: number for name, number in experiments["numbers"].items() if name != "τ_½, ε, forward window"}
    monkeypatch.setattr(alike, "reduce_sample", lambda: (reduced, experiments | {"numbers": earlier}))
    alike.main()
    later = replace(reduced, provenance=reduced.provenance | {"reduction": "later"})
    monkeypatch.setattr(alike, "reduce_sample", lambda: (later, experiments))
    alike.main()
    assert "New, all else is the same:\n  τ_½, ε, forward window\n" in capsys.readouterr().out
    assert alike.codes_alike() == {reduced.provenance["reduction"], "later"}
    assert json.loads(alike.EXPERIMENTS.read_text(encoding="utf-8"))["numbers"].keys() == experiments["numbers"].keys()
