"""The energy landscape, from what `validation.landscape` has written."""

import numpy as np
import pytest

from paper.sources import LANDSCAPE
from softspots.landscape.lanczos import TOLERANCE
from softspots.landscape.quench import HANDOVER

from . import landscape
from .predictions import estimates
from .sheared_frames import SEEDS
from .stale import Parts

PARTS = Parts(landscape.DATA, landscape.PARTS, LANDSCAPE)
TEMPERATURES = [str(temperature) for temperature in SEEDS]
SOLVERS = ["modes, N = 10,000", "modes, N = 2,500"]
LAST = 5  # modes that block Lanczos need not bring to rounding


@pytest.fixture(params=TEMPERATURES)
def temperature(request):
    return request.param


@pytest.fixture(params=SOLVERS)
def solvers(request, temperature):
    """Differences of the solvers in all frames of one size and temperature."""
    return PARTS[request.param]["data"][temperature]


@pytest.mark.parametrize("part", PARTS)
def test_every_part_says_where_it_comes_from(part):
    provenance = PARTS[part]["provenance"]
    assert provenance["commit"] and provenance["versions"]["softspots"]
    assert provenance["wall_seconds"] > 0


def test_every_quench_ends_in_a_certified_minimum(temperature):
    data = PARTS["quench"]["data"][temperature]
    assert len(data["certified"]) == 50
    assert all(data["certified"])
    assert max(data["max_force"]) < 1e-10


def test_energy_does_not_rise_in_newton_steps(temperature):
    data = PARTS["quench"]["data"]
    # A thousand ulps of one ε_AA per particle: rounding of a sum over some twenty neighbours of each, and more than any
    # step that is refused by its forces could rise unseen.
    rounding = 1000 * np.finfo(float).eps * data["particles"]
    assert max(data[temperature]["largest_rise"]) < rounding
    assert min(data[temperature]["newton_steps"]) > 0


def test_handover_is_where_a_quench_costs_least():
    data = PARTS["handover"]["data"]
    seconds = np.mean([np.mean(data[temperature]["seconds"], axis=1) for temperature in TEMPERATURES], axis=0)
    # Times of one quench scatter by some 10 %, these means of 20 by a few.
    assert seconds[data["handovers"].index(HANDOVER)] < 1.05 * seconds.min()


def test_minimum_does_not_depend_on_the_handover(temperature):
    data = PARTS["handover"]["data"]
    assert np.all(data[temperature]["certified"])
    late = np.array(data["handovers"]) < 5e-3
    # Written to 1e-7; the least difference between two minima here is above 1e-3.
    assert np.ptp(np.array(data[temperature]["energy"])[late], axis=0).max() < 1e-6


def test_every_method_leads_to_a_certified_minimum(temperature):
    data = PARTS["basins"]["data"][temperature]
    assert np.all(data["certified"])
    assert np.max(data["max_force"]) < 1e-10


def test_minima_are_the_same_or_clearly_others(temperature):
    data = PARTS["basins"]["data"]
    energies = dict(zip(data["methods"], np.array(data[temperature]["energy"]), strict=True))
    for pair, apart in data[temperature]["apart"].items():
        first, second = pair.split(", ")
        largest = np.array(apart["largest"])
        # A force of 1e-10 leaves a particle some 1e-10/λ_1 away, with λ_1 of some 0.07; a cage is 0.1 wide.
        same = largest < 1e-7
        assert np.all(same | (largest > 0.05))
        assert np.array_equal(same, np.abs(energies[first] - energies[second]) < 1e-6)


def test_minima_of_the_paper_method_and_of_ours_differ_in_few_places():
    data = PARTS["basins"]["data"]
    edges = np.array(data["edges"][:-1])
    apart = [data[temperature]["apart"]["newton, cg+fire"] for temperature in TEMPERATURES]
    # Nearly all particles stay within their cages, though most minima differ in some place.
    for counts in np.concatenate([pair["histogram"] for pair in apart]):
        assert counts[edges > 0.0999].sum() < 0.1 * counts.sum()
    same = np.concatenate([pair["largest"] for pair in apart]) < 1e-7
    assert 0 < same.sum() < len(same)


def test_neither_the_paper_method_nor_ours_finds_deeper_minima():
    data = PARTS["basins"]["data"]
    energies = np.concatenate([np.array(data[temperature]["energy"])[:2] for temperature in TEMPERATURES], axis=1)
    difference = energies[1] - energies[0]
    # Three standard errors of 24 frames; the mean energy per particle is thus the same to 3e-4.
    error = difference.std(ddof=1) / np.sqrt(len(difference))
    assert error < 1e-4 * data["particles"]
    assert abs(difference.mean()) < 3 * error


def test_solvers_find_the_same_eigenvalues(solvers):
    # Rounding of H against its lowest eigenvalue, ε ‖H‖/λ_1, is 2e-16 · 3e3 / 0.07, or 1e-11.
    assert max(solvers["eigenvalue"]) < 1e-10


def test_solvers_find_the_same_space(solvers):
    # An angle is at most residual over gap, here 1e-12 over 1e-4 of the last eigenvalue.
    assert min(solvers["last_gap"]) > 1e-4
    assert max(solvers["angle"]) < 1e-8


def test_no_mode_is_missed(solvers):
    # By inertia, that is without any eigensolver; two are the translations.
    assert solvers["below"] == [clear + 2 for clear in solvers["clear"]]


@pytest.mark.parametrize("part", SOLVERS)
def test_nearly_all_modes_are_compared(part, temperature):
    data = PARTS[part]["data"]
    for name in ("clear", "known"):
        assert min(data[temperature][name]) >= 0.98 * data["modes"]


def test_participation_ratios_agree(solvers):
    # The angle of a mode that is known by itself is below 1e-8, and p changes by a few times as much.
    assert max(solvers["participation_ratio"]) < 1e-6


def test_residuals_are_at_rounding(solvers):
    # Rounding of H e, ε ‖H‖, is 7e-14 of the last eigenvalue; a basis of a thousand and more vectors adds to it.
    lanczos, arpack = (np.array(solvers[name]) for name in ("lanczos", "arpack"))
    assert max(lanczos[:, :-LAST].max(), arpack.max()) < 1e-12
    # The last to converge end with a residual of so much of their value on the inverse, of which H makes up to ‖H‖/λ.
    assert lanczos.max() < TOLERANCE * 7e-14 / np.finfo(float).eps


@pytest.mark.parametrize("name", ["density", "ratio"])
def test_soft_spots_of_either_minimiser_are_as_many_and_predict_as_well(name):
    found = [estimates(PARTS["soft spots"]["data"][temperature]) for temperature in TEMPERATURES]
    differences, errors = np.transpose([(e[f"{name} difference"].value, e[f"{name} difference"].error) for e in found])
    values = np.array([e[name].value[0] for e in found])
    # Small enough to see what matters: 1 % of ρ_SS, 10 % of P*/ρ_SS.
    assert np.all(errors < {"density": 0.01, "ratio": 0.1}[name] * values)
    # Four comparisons: beyond three errors is one in a hundred by chance.
    assert np.all(np.abs(differences) < 3 * errors)
