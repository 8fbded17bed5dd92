"""Words of messages: counts, and what commands make of what is said to those who write Python."""

import json

import numpy as np
import pytest

from softspots.__main__ import main as softspots
from softspots.commands.options import read_arguments
from softspots.commands.reading import as_options
from softspots.exceptions import InputError
from softspots.figures.summary import summary_data, summary_text
from softspots.figures.units import units_of, units_of_run
from softspots.io.attributes import FORCES, MIXTURE, SOURCE_NOTES, TIMES_ARE_STEPS, units_in
from softspots.io.quantities import QUANTITIES
from softspots.io.reduced import Reduced
from softspots.model import Mixture, Model
from softspots.reasons import meant, nearest, number_of


def test_one_event_is_one_event():
    assert [number_of(count, "event") for count in (0, 1, np.int64(2), "?")] == [
        "0 events",
        "1 event",
        "2 events",
        "? events",
    ]


@pytest.mark.parametrize(
    "name, names, expected",
    [
        ("mapp", ("simulate", "map"), "map"),
        # Of the same letters before the most alike.
        ("rates", ("rate", "tears"), "tears"),
        ("AB", ("A", "BA"), "BA"),
        ("KOB-ANDERSEN", ("harmonic", "kob-andersen"), "kob-andersen"),
        ("ss", ("SS", "S"), "SS"),
        ("lj", ("kob-andersen", "harmonic"), ""),
        ("map", (), ""),
        (100_000 * "map", ("map",), ""),
    ],
)
def test_the_name_that_may_be_meant(name, names, expected):
    assert nearest(name, names) == expected
    assert meant(name, iter(names)) == (f"; did you mean {expected}?" if expected else "")


def asks_back(capsys, *arguments):
    with pytest.raises(SystemExit) as end:
        softspots(arguments)
    assert end.value.code == 2
    return capsys.readouterr().err


def test_a_misspelt_name_is_asked_back_for(tmp_path, capsys):
    assert asks_back(capsys, "mapp").endswith("--print-completion; did you mean map?\n")
    assert "mean" not in asks_back(capsys, "frobnicate")
    wanted = "; did you mean kob-andersen?"
    for command in ("simulate",), ("shear",), ("map", "glass.dump"):
        assert asks_back(capsys, *command, "--model", "kob-anderson").endswith(f"{wanted}\n"), command
    file = tmp_path / "run.toml"
    for text in "model = 'kob-anderson'", "[model]\npreset = 'kob-anderson'":
        file.write_text(text)
        with pytest.raises(InputError, match=f"{wanted[:-1]}.$"):
            read_arguments(["--config", str(file)])
    for mixture in Mixture, Model:
        with pytest.raises(InputError, match=f"{wanted[:-1]}.$"):
            mixture.preset("kob-anderson")
    with pytest.raises(InputError, match=r"; did you mean smoothing\?$"):
        Mixture.preset("kob-andersen-3d", smothing="even")


@pytest.mark.parametrize(
    "python, typed",
    [
        ("say which, types={1: 'A', 2: 'B'} or the like", "say which, --types 1=A 2=B or the like"),
        ("say bounds='box' or bounds='bounding box'", "say --bounds box or --bounds 'bounding box'"),
        (
            "say dimension=2, which leaves z out, or dimension=3",
            "say --dimension 2, which leaves z out, or --dimension 3",
        ),
        ("(unit= says how long)", "(--unit says how long)"),
        ("a file that does, topology=…", "a file that does, --topology …"),
        ("particles that types={…} could name", "particles that --types … could name"),
        ("step=3, box of 2", "step=3, box of 2"),
    ],
)
def test_arguments_are_options_on_the_command_line(python, typed):
    assert as_options(python) == typed


def forces(units=None):
    return {"model": FORCES, MIXTURE: json.dumps({"forces": "EMT"} | ({"units": units} if units else {}))}


def test_units_are_those_of_the_forces():
    stress, onset = "epsilon_AA sigma_AA^-2", "sigma_AA^2 k_B epsilon_AA^-1"
    metal, molecules, mixture = forces(["eV", "Å"]), forces(["kcal/mol", "Å"]), {MIXTURE: "{}"}
    assert [units_in(stress, one) for one in ({}, mixture, metal, molecules, forces())] == [
        stress,
        "epsilon sigma^-2",
        "eV Å^-2",
        "(kcal/mol) Å^-2",
        "energy length^-2",
    ]
    assert units_in(onset, metal) == "Å^2 k_B eV^-1" and units_in(onset, molecules) == "Å^2 k_B (kcal/mol)^-1"
    assert units_of_run(metal).length == r"\mathrm{Å}" and units_of_run(forces()).length == r"\mathrm{length}"
    # As they are drawn from the forces themselves, which need not name any.
    assert units_of(object()) == units_of_run(forces()) and units_of(None) == units_of_run(mixture)
    assert units_of(Mixture.preset("harmonic")) == units_of(None)


@pytest.mark.parametrize("particles, shown", [(10_000, True), (500, False)])
def test_the_number_of_a_mode_is_compared_with_the_papers_for_its_own_size_only(particles, shown):
    run = Reduced({"particles": particles, "temperature": 0.1, "strain_rate": 1e-3}, {})
    assert ("270 of 20,000" in summary_text([run], [])) == shown
    assert (summary_data([run], [])["runs"][0]["quantities"]["boson_peak"]["paper"] != "") == shown


def test_the_unit_of_time_is_steps_where_it_is_not_known_how_long_one_is():
    told = {SOURCE_NOTES: f"species have the names of the types; {TIMES_ARE_STEPS} (--timestep says how long one is)"}
    assert [units_in(unit, {}, told) for unit in ("tau", "tau^-1", "1")] == ["steps", "steps^-1", "1"]
    assert units_in("tau^-1", {}) == units_in("tau^-1", {}, {SOURCE_NOTES: "no images"}) == "tau^-1"


def test_quantities_have_sections_and_units():
    for name, entry in QUANTITIES.items():
        assert entry.section and entry.units and entry.symbol, name


def told_of_rearranging(*runs):
    lines = summary_text(list(runs), []).splitlines()
    found = [line for line in lines if "particle rearranges" in line or "neighbours move" in line]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in found]


def at(temperature, threshold):
    known = {"model": "kob-andersen", "temperature": temperature, "rearrangement_threshold": threshold}
    return Reduced(known | {"density": 1.2, "d2min_cutoff": 2.5, "particles": 100}, {})


def test_a_summary_says_from_where_on_particles_rearrange():
    in_temperature, in_length, moved = told_of_rearranging(at(0.1, 15.0), at(0.4, 15.0))
    assert in_temperature[1:5] == ["T σ_AA² k_B ε_AA⁻¹", "15", "15", "15"]
    # 23.6 neighbours, whose mean distance is 0.913.
    assert in_length[1:4] == ["σ_AA²", "1.5", "6"] and moved[1:4] == ["ρ^(-1/d)", "0.28", "0.55"]
    # Of frames whose temperature is not known, nothing.
    assert told_of_rearranging(Reduced({"model": "kob-andersen", "density": 1.2, "d2min_cutoff": 2.5}, {})) == []


@pytest.mark.parametrize(
    ("threshold", "differ"),
    # The same in units of T; the same distance, which is 7.57 T at 0.2; neither.
    [(15.0, False), (7.57, False), (10.0, True)],
)
def test_a_summary_says_where_runs_have_different_rules(threshold, differ):
    text = summary_text([at(0.1, 15.0), at(0.2, threshold)], [])
    assert ("Runs differ in what it means that a particle rearranges" in text) == differ
