"""What maps and D²_min of a file say of the plateau of P(D²_min), on planted ones."""

import netCDF4
import numpy as np
import pytest
from synthetic import write_results

from softspots.analysis.findings import Findings, Run
from softspots.analysis.reduce_maps import prediction
from softspots.io import read_results

FLAT = "P(D²_min) does not rise from its fullest bin on: where it levels off is not seen"
NOISE = "P(D²_min) rises by no more than its noise from its fullest bin to where it seems to level off"
LATE = "P(D²_min) still rises at the threshold, 15 T"


@pytest.mark.parametrize(("begins", "said"), [(0.0, FLAT), (3.0, ""), (40.0, LATE)])
def test_where_the_plateau_begins_is_told_if_it_is_seen(tmp_path, begins, said):
    path = write_results(tmp_path / "results.nc", 80)
    random = np.random.default_rng(5)
    with netCDF4.Dataset(path, "a") as file:
        on_spot = file["soft_spot"][:] >= 0
        # In units of T = 0.1; the logarithm is uniform over five decades, but for the many near 0.1.
        level = 10 ** random.uniform(-2, 3, on_spot.shape)
        level[random.random(on_spot.shape) < 0.3] = 0.1
        if begins:
            # What is beyond is on spots only.
            level = np.where((level > begins) & ~on_spot, 0.1, level)
        file["d2min"][:] = 0.1 * level
    found = Findings(lambda stage, done: None)
    with found.stage("prediction"):
        prediction(Run(read_results(path)), found)
    if begins:
        # Bins are a factor of 1.26 wide.
        assert begins / 1.3 < found.measured["onset"].value < 1.3 * begins
        assert found.measured["onset"].note == said
    else:
        assert found.missing["onset"] == said


@pytest.mark.parametrize("seed", [0, 2])
def test_a_plateau_that_does_not_rise_out_of_the_noise_is_none(tmp_path, seed):
    path = write_results(tmp_path / "results.nc", 80)
    random = np.random.default_rng(seed)
    with netCDF4.Dataset(path, "a") as file:
        on_spot = file["soft_spot"][:] >= 0
        level = 10 ** random.uniform(-2, 3, on_spot.shape)
        level[random.random(on_spot.shape) < 0.3] = 0.1
        # In the fullest bin P is lower by 8 %, as is the interval of the bins beyond it, of 150 particles each.
        level[(level == 0.1) & on_spot & (random.random(on_spot.shape) < 0.08)] = 0.011
        file["d2min"][:] = 0.1 * level
    found = Findings(lambda stage, done: None)
    with found.stage("prediction"):
        prediction(Run(read_results(path)), found)
    assert found.missing["onset"] == NOISE
