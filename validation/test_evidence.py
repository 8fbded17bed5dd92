"""Evidence in words: from the data that are there, and of the first edition until all is of the second."""

import json

import numpy as np
import pytest

from paper import conditions
from softspots.estimate import Estimate
from softspots.io.reduced import Reduced

from . import measures as m
from . import tally
from .evidence import evidence
from .findings import FINDINGS, Finding, Shown
from .rows import COLD, FAST, Row
from .verdicts import DISAGREES, Range

WAVE = "period of the longest transverse wave"
SECOND = {"reduction": "code"}
FINDING = Finding("because", (Shown("ρ_SS", (COLD, FAST), m.value("density")), Shown(WAVE, (COLD,))), "old", "Lasts")


@pytest.fixture(autouse=True)
def data(tmp_path, monkeypatch):
    """The folder of the study's data, empty."""
    monkeypatch.setattr(conditions, "DATA", tmp_path)


def run(density, **provenance):
    return Reduced({}, provenance, {}, {"density": Estimate(*map(np.array, (density, density - 0.01, density + 0.01)))})


def measure(name):
    """What a condition's raw results say."""
    numbers = {WAVE: {"value": 8.0, "interval": [7.0, 9.0]}}
    text = json.dumps({"numbers": numbers, "missing": {}})
    conditions.condition(name).experiments.write_text(text, encoding="utf-8")


def test_the_first_edition_is_told_until_all_is_measured_again():
    first, second = {COLD: run(0.2), FAST: run(0.3)}, {COLD: run(0.2, **SECOND), FAST: run(0.3, **SECOND)}
    cold, fast = "0.200 (0.190 to 0.210) at T = 0.1, 1e-4", "0.300 (0.290 to 0.310) at T = 0.1, 1e-3"
    assert evidence(FINDING, first) == f"ρ_SS: {cold}, {fast} (first edition); First edition: old. Lasts"
    measure(COLD)
    wave = f"{WAVE}: 8.0 (7.0 to 9.0) at T = 0.1, 1e-4"
    some = f"ρ_SS: {cold}, {fast} (first edition); {wave}; First edition: old. Lasts"
    assert evidence(FINDING, first | {COLD: second[COLD]}) == some
    assert evidence(FINDING, second) == f"ρ_SS: {cold}, {fast}; {wave}. Lasts"
    # Numbers follow the data, and are those of all seeds.
    assert "0.250 (" in evidence(FINDING, second | {f"{FAST}_seed2": run(0.2, **SECOND)})


def test_evidence_without_data_is_that_of_the_first_edition():
    assert evidence(FINDING, {}) == "First edition: old. Lasts"
    assert evidence(Finding("because", lasting="Lasts"), {}) == "Lasts"


def test_what_findings_show_is_measured_by_something():
    # Titles of experiments, as `paper.experiments` and `paper.numbers` give them.
    known = set(json.loads((conditions.HERE / "data" / "small_experiments.json").read_text("utf-8"))["numbers"])
    known |= {"⟨C_αα⟩ at 2 τ_α"}
    shown = {one.what for finding in FINDINGS.values() for one in finding.measured if one.measure is None}
    assert shown and shown | {m.COARSE_MEAN} <= known


def test_what_is_not_there_at_all_disagrees():
    peak = Row("boson peak", "270", "II", ("a",), m.value("boson_peak"), Range(240, 300, ""), absent="it has no peak")
    provenance = {"reduction": tally.current_code()}
    flat = Reduced({}, provenance, {}, {}, {"boson_peak": "D(ω)/ω is flat: it has no peak"})
    one = tally.judge(peak, {"a": flat})
    assert one.verdict == DISAGREES and one.kind == tally.UNEXPLAINED and one.ours == "D(ω)/ω is flat: it has no peak"
    unknown = Reduced({}, provenance, {}, {}, {"boson_peak": "there are no modes"})
    assert tally.judge(peak, {"a": unknown}).kind == tally.OPEN
