"""What tables say of a liquid, of one soft spot through the whole box, and of a strain rate that is another."""

from types import SimpleNamespace

import numpy as np
import pytest
from synthetic_shear import write_sample

from softspots.analysis import cautions
from softspots.analysis.cautions import of_liquid, of_one_spot, of_strain_rate
from softspots.commands.shear_report import report
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
