"""Arrays as the analysis takes them: no function goes on with what is behind a mask."""

from functools import partial

import numpy as np
import pytest

import softspots as ss
from softspots.analysis import correlations, lifetimes, meanfield, probability, selection, tracking, vibrations
from softspots.analysis.bootstrap import blocks, bootstrap, fraction
from softspots.estimate import correlation_time
from softspots.exceptions import InputError
from softspots.structure.spots import delaunay_edges

RANDOM = np.random.default_rng(1)
FRAMES, PARTICLES = 6, 12
LABELS = np.repeat(np.argsort(RANDOM.random((FRAMES, 3))) - 1, 4, axis=1)
D2MIN = RANDOM.lognormal(size=(FRAMES, PARTICLES))
MAPS = {"d2min": D2MIN, "labels": LABELS}
FIELDS = {"x": D2MIN, "y": LABELS >= 0, "lags": [0, 1], "x_times": np.arange(FRAMES), "y_times": np.arange(FRAMES)}
TRACKS = tracking.Tracks(*np.array([[0, 1], [0, 0], [1, 2]]), np.array([True, True]), np.array([0, 1]), FRAMES)
LAW = {"tau": [5, 6], "budget_probabilities": [0.0, 0.5, 0.5]}
FRAME = ss.Frame(RANDOM.uniform(0, 4, (PARTICLES, 2)), np.arange(PARTICLES) % 2, ss.Box(4, 4))
RANKING = {
    "d2min": D2MIN,
    "participation_ratio": RANDOM.random((FRAMES, 2)),
    "mode_particles": np.stack([[RANDOM.permutation(PARTICLES)[:5] for _ in range(2)] for _ in range(FRAMES)]),
    "n_modes": [1, 2],
    "n_particles": [3, 5],
}
EDGES = delaunay_edges(FRAME)

# Each with sound arrays, by the names of its arguments.
FUNCTIONS = {
    "rearrangement_probability": (partial(probability.rearrangement_probability, temperature=0.1), MAPS),
    "plateau_onset": (partial(probability.plateau_onset, temperature=0.1), MAPS),
    "plateau": (partial(probability.plateau, temperature=0.1), MAPS),
    "delta_p_star": (partial(selection.delta_p_star, edges=[EDGES] * FRAMES, temperature=0.1), RANKING),
    "modes_needed": (partial(selection.modes_needed, n_all=PARTICLES), {"ranked": [[0, 1, 2, 3]], "edges": EDGES}),
    "self_scattering": (
        correlations.self_scattering,
        {"positions": D2MIN, "lags": [0, 1], "times": np.arange(FRAMES)},
    ),
    "field_correlation": (correlations.field_correlation, FIELDS),
    "spot_correlation": (
        tracking.spot_correlation,
        {"labels": LABELS, "lags": [0, 1], "times": np.arange(FRAMES)},
    ),
    "track": (
        partial(tracking.track, epsilon=0.2, window=1),
        {"labels": LABELS, "rearranging": D2MIN > 1, "times": np.arange(FRAMES)},
    ),
    "survival": (partial(lifetimes.survival, TRACKS), {"at": [0, 1]}),
    "density_of_states": (
        partial(vibrations.density_of_states, particles=50),
        {"eigenvalues": np.tile(np.arange(1.0, 13) ** 2, (3, 1))},
    ),
    "lifetime_given_budget": (partial(meanfield.lifetime_given_budget, spots=5), {"tau": [5, 6], "r": [1, 2]}),
    "lifetime": (partial(meanfield.lifetime, spots=5), LAW),
    "lifetime_survival": (partial(meanfield.lifetime_survival, spots=5), LAW),
    "lifetime_moments": (
        partial(meanfield.lifetime_moments, spots=5),
        {"budget_probabilities": LAW["budget_probabilities"]},
    ),
    "steps_to_time": (partial(meanfield.steps_to_time, rearrangements=2.0), {"steps": [1.0, 2.0]}),
    "predict_lifetimes": (
        partial(meanfield.predict_lifetimes, spots=5, rearrangements=2.0),
        {"times": [1.0, 2.0], "budget_probabilities": LAW["budget_probabilities"]},
    ),
    "simulate_lifetimes": (
        partial(meanfield.simulate_lifetimes, spots=2, births=3, seed=1),
        {"budget_probabilities": LAW["budget_probabilities"]},
    ),
    "correlation_time": (correlation_time, {"series": D2MIN}),
    "blocks": (blocks, {"series": D2MIN}),
    "bootstrap": (lambda part, whole: bootstrap(fraction, part, whole), {"part": D2MIN, "whole": D2MIN}),
    "fraction": (fraction, {"part": D2MIN, "whole": D2MIN}),
    "draw_map": (partial(ss.draw_map, FRAME), {"d2min": D2MIN[0], "labels": LABELS[0]}),
}


@pytest.mark.parametrize(
    ("function", "masked"), [(name, one) for name, (_, arguments) in FUNCTIONS.items() for one in arguments]
)
def test_nothing_goes_on_with_what_is_behind_a_mask(function, masked):
    call, arguments = FUNCTIONS[function]
    values = np.ma.masked_array(arguments[masked])
    call(**arguments | {masked: values})
    values[values.shape[0] - 1] = np.ma.masked
    with pytest.raises(InputError, match=f"^{function}: .* masked"):
        call(**arguments | {masked: values})


@pytest.mark.parametrize("wrong", [-2, PARTICLES, -(2**31) + 1])
def test_what_is_no_number_of_a_spot_is_refused(wrong):
    # Among them what an integer that was never written reads as.
    labels = np.full((2, PARTICLES), -1)
    labels[1, 3] = wrong
    for call in (lambda: probability.plateau(D2MIN[:2], labels, 0.1), lambda: tracking.spot_correlation(labels, [0])):
        with pytest.raises(InputError, match=f": labels must be whole numbers from -1 to 11; {wrong}"):
            call()


def test_labels_that_leave_numbers_out_are_refused():
    labels = np.full((2, PARTICLES), -1)
    labels[1, :4] = 1
    with pytest.raises(InputError, match="those of frame 1 leave some out"):
        tracking.spot_correlation(labels, [0])


@pytest.mark.filterwarnings("error")
def test_a_spot_of_all_particles_overlaps_with_none():
    labels = np.zeros((2, PARTICLES), dtype=int)
    labels[0, 4:] = -1
    assert tracking.spot_correlation(labels, [0, 1]).value.tolist() == [0.5, 0.0]


def test_results_are_told_in_a_line():
    curve = correlations.field_correlation(D2MIN, D2MIN, [0, 1, 2])
    steady = bootstrap(fraction, RANDOM.random(40), np.ones(40))
    call, arguments = FUNCTIONS["delta_p_star"]
    told = {
        steady: "Estimate(0.",
        bootstrap(fraction, np.arange(3.0), np.ones(3)): "no interval: too few independent blocks",
        curve: "Curve(3 values over 0 to 2, 400 resamples of blocks of",
        TRACKS: "Tracks(2 soft spots from 6 frames, 0 outlive the data)",
        call(**arguments): "Selection(2 of N_m up to 2, 2 of N_p up to 5; largest ΔP*",
        correlations.collapse([curve, curve], [1.0, 1.5]): "Collapse(ratio=Estimate(",
    }
    for value, expected in told.items():
        assert expected in repr(value) and "\n" not in repr(value) and len(repr(value)) <= 160, repr(value)
