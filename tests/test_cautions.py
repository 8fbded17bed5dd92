"""What tables say of a liquid, of one soft spot through the whole box, and of a strain rate that is another."""

import warnings
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from synthetic_shear import write_sample

import softspots as ss
from softspots.analysis import cautions
from softspots.analysis.cautions import of_liquid, of_one_spot, of_quench, of_strain_rate
from softspots.box import Box
from softspots.chain.defaults import thermal_energy
from softspots.chain.study import _Work
from softspots.commands.shear_report import report
from softspots.frame import Frame
from softspots.io.results import read_results
from softspots.io.shear import read_shear


def test_one_soft_spot_alone_is_told():
    labels = np.full((2, 100), -1)
    labels[0, :40], labels[0, 50:60], labels[1, :30] = 0, 1, 0
    assert of_one_spot(labels).startswith("the largest soft spot has 88 % of the particles on any, 35 % of all: fewer")
    assert of_one_spot(np.arange(100)[None] // 10) == of_one_spot(labels[:1, :0]) == ""
    small = np.where(np.arange(100) < 10, 0, -1)[None]
    assert of_one_spot(small) == ""
    assert of_liquid(91, 100).startswith("91 % of all") and of_liquid(90, 100) == of_liquid(0, 0) == ""


@pytest.mark.parametrize("large, told", [(0.19, True), (0.2, False)])
def test_the_table_of_athermal_shear_tells_of_one_soft_spot(tmp_path, monkeypatch, large, told):
    """All maps of the made-up samples have one soft spot, of a fifth of the particles."""
    monkeypatch.setattr(cautions, "LARGE", large)
    sample = read_shear(write_sample(tmp_path / "shear.nc", 8))
    about = {"particles": len(sample["d2min"][0]), "simulation": SimpleNamespace(noun="particles"), "direction": "xy"}
    table = report(SimpleNamespace(**about), [sample], ["shear.nc"])
    assert ("the largest soft spot has 100 % of the particles on any, 20 % of all" in table) == told


@pytest.mark.parametrize(
    "distance, energy, temperature, words",
    [
        (0.14, 0.1, 0.1, []),
        # Lindemann's, in mean distances, which are half a σ here.
        (0.16, 0.1, None, ["particles move by 0.32 mean distances"]),
        # Three halves of T, and twice of that.
        (0.14, 0.29, 0.1, []),
        (0.14, 0.31, 0.1, ["quenches take 0.31 of energy per particle, of which T = 0.1 gives 0.15"]),
        (0.2, 0.31, 0.1, ["move by 0.4 mean", "quenches take 0.31"]),
        # Frames that are minima already, whatever the temperature of their run.
        (1e-5, 1e-7, 0.1, []),
    ],
)
def test_quenches_that_go_too_far_for_heat_are_told(distance, energy, temperature, words):
    frame = Frame(np.zeros((8, 3)), np.zeros(8, dtype=int), Box(lengths=(1.0, 1.0, 1.0)))
    said = of_quench(frame, distance, energy, temperature)
    assert bool(said) == bool(words) and all(one in said for one in words)
    assert not said or said.endswith("do types, model or unit not fit the frames?")


def test_exchanged_species_are_told(tmp_path):
    """Of a mixture 50:50, whose composition says nothing: a minimum, and the same with names exchanged."""
    mixture, rng = ss.Mixture.preset("soft-spheres"), np.random.default_rng(3)
    side = np.sqrt(100 / mixture.density)
    box = ss.Box(lengths=(side, side), strain=0.0)
    start = ss.Frame(rng.uniform(0, side, (100, 2)), np.repeat(["A", "B"], 50), box)
    with pytest.warns(UserWarning, match="beyond thermal ones"):
        right = ss.inherent_structure(start, mixture).frame
    wrong = replace(right, species=right.species[::-1])
    options = {"modes": 20, "n_modes": 10, "n_particles": 2, "progress": False}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = ss.study(right, mixture, **options)[0]
    assert found.quench_distance < 1e-6 and "from the frame" in repr(found)
    far = ss.study([wrong, wrong], mixture, lag=0, **options)
    with pytest.warns(
        UserWarning, match="study: median of 2 frames: particles move by .* of most solids by less than 0.3"
    ) as told:
        far[0], far[1]
    assert len(told) == 1
    moved = box.minimum_image(far[0].minimum.frame.positions - wrong.positions)
    assert far[0].quench_distance == pytest.approx(np.sqrt((moved**2).sum(axis=1).mean()), rel=1e-12)
    far.save(tmp_path / "far.nc")
    attributes = read_results(tmp_path / "far.nc").attributes
    # Positions of inherent structures are in single precision there.
    assert attributes["quench_distance"] == pytest.approx(far[0].quench_distance, rel=1e-5)
    lost = far[0].energy - far[0].minimum.energy
    assert attributes["quench_energy"] == pytest.approx(lost / 100, rel=1e-9)
    assert "do types, model or unit not fit" in attributes["caution"]


@pytest.fixture
def far_quenches(monkeypatch):
    """Whether a study of frames, asked for one after the other, tells of their distances to their minima."""

    def study_of(distances):
        work = object.__new__(_Work)
        work.frames, work.model, work.given, work._quenches = distances, ss.Mixture.preset("soft-spheres"), {}, {}
        frame = Frame(np.zeros((4, 2)), np.zeros(4, dtype=int), Box(2.0, 2.0))
        minimum = SimpleNamespace(certified=True, energy=0.0)
        for index, far in enumerate(distances):
            found = SimpleNamespace(frame=frame, quench_distance=far, minimum=minimum, energy=0.0)
            yield bool(work._of_quenches(index, found).get("quench"))

    return study_of


def test_one_frame_that_is_far_does_not_set_it_off(far_quenches):
    assert not any(far_quenches([0.35, 0.2, 0.2, 0.35, 0.2]))
    assert [*far_quenches([0.4, 0.4, 0.4, 0.2])] == [False, False, True, True]
    assert [*far_quenches([0.4])] == [True]


def test_a_temperature_in_other_units_is_no_energy():
    named, given = SimpleNamespace(units=("eV", "Å")), {"temperature": 300.0}
    assert thermal_energy(named, given) is None
    assert thermal_energy(SimpleNamespace(), given) == 300.0
    assert thermal_energy(ss.Mixture.preset("soft-spheres"), given) == 300.0


TIMES = np.arange(5) * 10.0


@pytest.mark.parametrize(
    "strains, rate, told",
    [
        (0.00101 * TIMES, 0.0, True),
        (0.00101 * TIMES, 1e-3, False),
        (0.00101 * TIMES, -1e-3, True),
        # In steps of 0.005, as numbers of steps.
        (5e-6 * TIMES, 1e-3, True),
        (np.zeros(5), 1e-3, True),
        (np.zeros(5), 0.0, False),
        # Digits of a file.
        (1e-8 * np.array([0, 1, 3, 2, 5]), 0.0, False),
        # Cycles, and what nobody knows.
        (0.1 * np.sin(TIMES), 0.0, False),
        (0.00101 * TIMES, None, False),
        (np.full(5, np.nan), 0.0, False),
        (np.where(TIMES == 20, np.nan, 0.00101 * TIMES), 0.0, True),
    ],
)
def test_a_strain_rate_is_compared_with_the_strain(strains, rate, told):
    words = of_strain_rate(TIMES, strains, rate)
    assert bool(words) == told
    if told:
        assert words.startswith(f"the strain rate is said to be {rate:g}, but") and "--timestep" in words
