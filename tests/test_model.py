"""The mixtures, and the pair potential as two particles feel it."""

import numpy as np
import pytest
from reference import pair_potential

from softspots.exceptions import InputError
from softspots.frame import Box, Frame
from softspots.landscape.forces import energy_forces
from softspots.landscape.modes import hessian
from softspots.model import Model

SPECIES = ((0, 0), (0, 1), (1, 1))
# A direction that mixes x and y, and one that leads through both periodic boundaries.
DIRECTION = np.array((0.6, -0.8))


def two_particles(model, pair, distance):
    """V, V' and V'' of the compiled kernels, from two particles across the corner of a tilted box."""
    positions = [[0.3, 0.2], [0.3, 0.2] + distance * DIRECTION]
    frame = Frame(positions, SPECIES[pair], Box(14.0, 11.0, tilt=5.0), only_b=True)
    energy, forces, _ = energy_forces(frame, model)
    return energy, -forces[1] @ DIRECTION, DIRECTION @ hessian(frame, model).toarray()[:2, :2] @ DIRECTION


@pytest.fixture(params=[False, True], ids=["one cutoff", "cutoff per pair"])
def any_model(request, preset, smoothing):
    return Model.preset(preset, smoothing=smoothing, cutoff_per_pair=request.param)


@pytest.mark.parametrize("pair", range(3))
def test_pair_potential_is_the_formula(any_model, pair):
    outer, inner = any_model.pair_table()[pair, 2:]
    for distance in (0.75, 0.9, 1.1, 1.5, 0.99 * inner, 1.01 * inner, 0.98 * outer):
        expected = pair_potential(any_model, pair, np.array(distance))
        # The constants are differences of terms of order one; 1 + |.| is their scale.
        np.testing.assert_allclose(two_particles(any_model, pair, distance), expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("pair", range(3))
def test_nothing_jumps_at_the_cutoff(any_model, pair):
    outer = any_model.pair_table()[pair, 2]
    for gap in (1e-2, 1e-3, 1e-4):
        value, slope, curvature = two_particles(any_model, pair, outer - gap)
        # |V'''| near the cutoff is below 6 for all of these mixtures; a V'' that is cut off would be 0.1 there.
        # The last term is the rounding of V, V' and V'' as sums of terms of order one.
        assert abs(value) < 6 * gap**3 / 6 + 1e-14
        assert abs(slope) < 6 * gap**2 / 2 + 1e-14
        assert abs(curvature) < 6 * gap + 1e-14
    assert two_particles(any_model, pair, outer + 1e-12) == (0, 0, 0)


@pytest.mark.parametrize("pair", range(3))
def test_switch_departs_smoothly_from_lennard_jones(preset, pair):
    model = Model.preset(preset, smoothing="switch")
    before, after = (np.array(two_particles(model, pair, model.inner_cutoff + gap)) for gap in (-1e-7, 1e-7))
    # V, V' and V'' continue; their slopes there are below 3.
    np.testing.assert_allclose(after, before, rtol=0, atol=2e-7 * 3)


def test_known_values():
    # Lennard-Jones at r = σ = ε = 1: V' = -24 and V'' = 4 (156 - 42); `switch` leaves them alone.
    _, slope, curvature = two_particles(Model.preset(smoothing="switch"), 0, 1.0)
    # Rounding of terms of up to 624.
    assert slope == pytest.approx(-24, rel=1e-13)
    assert curvature == pytest.approx(456, rel=1e-13)
    # The well of `quadratic` is 6 % shallower than that of `even`: half a percent for the last digit.
    wells = [two_particles(Model.preset(smoothing=name), 0, 2 ** (1 / 6))[0] for name in ("quadratic", "even")]
    assert wells[0] / wells[1] == pytest.approx(0.94, abs=0.005)


def test_presets_are_those_of_the_papers():
    bruening, printed = Model.preset(), Model.preset("as-printed")
    method = {"smoothing": "even", "cutoff": 2.5, "cutoff_per_pair": False, "fraction_a": 0.65}
    assert bruening == Model((1.0, 1.5, 0.5), (1.0, 0.8, 0.88), **method)
    assert printed == Model((1.0, 1.5, 0.5), (1.0, 0.88, 0.8), **method)


def test_cutoff_per_pair_scales_both_cutoffs():
    model = Model.preset(cutoff=2.0, inner_cutoff=1.5, cutoff_per_pair=True)
    expected = [[1.0, 1.0, 2.0, 1.5], [1.5, 0.8, 1.6, 1.2], [0.5, 0.88, 1.76, 1.32]]
    # One multiplication.
    np.testing.assert_allclose(model.pair_table(), expected, rtol=1e-15)
    assert model.largest_cutoff == 2.0
    assert Model((1, 1, 1), (1, 1, 1.2), cutoff_per_pair=True).largest_cutoff == 2.5 * 1.2


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"epsilon": (1.0, 1.5)}, r"epsilon have shape \(2,\); \(3,\) is needed"),
        ({"epsilon": np.ma.masked_array([1.0, 1.5, 0.5], [0, 1, 0])}, "1 masked entries of 3"),
        ({"cutoff": "2.5"}, "cutoff is '2.5'"),
        ({"cutoff_per_pair": "no"}, "cutoff_per_pair is 'no'"),
        ({"fraction_a": np.nan}, "fraction_a is nan"),
        ({"epsilon": (1.0, 1.5, -0.5)}, "epsilon is"),
        ({"sigma": (1.0, 0.0, 0.88)}, "sigma is"),
        ({"sigma": (1.0, np.nan, 0.88)}, "sigma must be finite"),
        ({"smoothing": "none"}, "'none'; allowed: even, quadratic, switch"),
        ({"cutoff": 0.0}, "cutoff is 0.0"),
        ({"cutoff": np.inf}, "cutoff is inf"),
        ({"smoothing": "switch", "inner_cutoff": 2.5}, "inner_cutoff is 2.5"),
        ({"smoothing": "switch", "inner_cutoff": np.nan}, "inner_cutoff is nan"),
        ({"fraction_a": 1.1}, "fraction_a is 1.1"),
    ],
)
def test_model_refuses(changes, message):
    with pytest.raises(InputError, match=message):
        Model.preset(**changes)


def test_repr_is_a_line():
    assert repr(Model.preset()) == "Model('kob-andersen', even, cutoff 2.5, 65 % A)"
    other = Model((1, 1, 1), (1, 1.1, 1.2), "switch", cutoff_per_pair=True, fraction_a=0.5)
    assert repr(other) == "Model(epsilon 1 1 1, sigma 1 1.1 1.2, switch from 2, cutoff 2.5 per pair, 50 % A)"


def test_unknown_preset_is_refused():
    with pytest.raises(ValueError, match="'kob'; allowed: kob-andersen, as-printed"):
        Model.preset("kob")


def test_the_mixture_of_a_run_has_all_its_parameters():
    changes = {"smoothing": "switch", "cutoff": 2.2, "inner_cutoff": 1.9, "cutoff_per_pair": True, "fraction_a": 0.5}
    model = Model.of_run({"model": "as-printed", "temperature": 0.1, "sigma": (1.0, 0.9, 0.7)} | changes)
    assert model == Model.preset("as-printed", sigma=(1.0, 0.9, 0.7), **changes)
    # Earlier files lack some.
    assert Model.of_run({"model": "kob-andersen"}) == Model.preset()
