"""What a quench leaves for the stages that follow: how often anything is computed, and how long it is kept."""

import copy
import gc
import pickle
import threading
from collections import Counter

import numpy as np
import pytest
from reference import disordered_frame
from test_elasticity import STARTS, start

import softspots as ss
from softspots.landscape import elasticity, forces, modes, quench
from softspots.landscape.factorization import Cholesky

MODEL = ss.Model.preset()


@pytest.fixture(scope="module")
def frames():
    return [disordered_frame(seed=seed, length_x=11.7, length_y=13.0, tilt=4.1) for seed in (5, 6)]


@pytest.fixture
def counted(monkeypatch):
    """How often places are sorted, each by its positions and the range of its neighbours, and Hessians are built."""
    counts = Counter()

    def sort(frame, model, *skin):
        place = forces.configuration(frame, model, *skin)
        counts["sorted", frame.positions.tobytes(), place.range] += 1
        return place

    def build(place, model):
        counts["hessians"] += 1
        return modes_hessian_of(place, model)

    modes_hessian_of = modes.hessian_of
    for module in (quench, modes, elasticity):
        monkeypatch.setattr(module, "configuration", sort, raising=False)
        monkeypatch.setattr(module, "hessian_of", build, raising=False)
    return counts


def kicked():
    """On the way to its minimum is a kick after which a minimizer has nothing left to do."""
    mixture = ss.Mixture.preset("hertzian")
    random, side = np.random.default_rng(0), np.sqrt(300 / mixture.density)
    places = random.random((300, 2)) * side
    return mixture, ss.Frame(places, random.permutation(np.arange(300) % 2), ss.Box(side, side))


@pytest.mark.filterwarnings("ignore:inherent_structure. the start has an energy")
def test_no_frame_is_sorted_twice(counted):
    mixture, frame = kicked()
    assert ss.inherent_structure(frame, mixture).certified
    counted.pop("hessians")
    assert set(counted.values()) == {1}


@pytest.mark.parametrize("name", ["paper", "harmonic packing", "Lennard-Jones, 3D"])
def test_nothing_is_computed_twice(counted, name):
    """From the quench to modes and elastic constants: one Hessian for each factor of a Newton phase, and no more."""
    mixture, box, count, seed = STARTS[name]
    minimum = ss.inherent_structure(start(mixture, box, count, seed), mixture)
    assert minimum.certified
    hessians, factors = counted["hessians"], minimum.factorizations
    matrix = ss.hessian(minimum, mixture)
    ss.lowest_modes(matrix, 12, dimension=box.dimension, stability=minimum.stability, method="lanczos")
    ss.elastic_constants(minimum, mixture)
    assert hessians == counted.pop("hessians") <= factors == minimum.stability.factor.cholesky.factorizations
    assert set(counted.values()) == {1}


def test_results_are_those_without_what_is_kept(frames):
    """Copies start without; so does a minimum whose thread has gone on to the next."""
    minimum = ss.inherent_structure(frames[0], MODEL)

    def results(minimum):
        matrix = ss.hessian(minimum, MODEL)
        found = ss.lowest_modes(matrix, 12, stability=minimum.stability)
        return matrix.toarray(), found.eigenvalues, found.vectors, ss.elastic_constants(minimum, MODEL)

    expected = results(minimum)
    others = [copy.deepcopy(minimum), pickle.loads(pickle.dumps(minimum))]
    ss.inherent_structure(frames[1], MODEL)
    for other in (*others, minimum):
        assert other.stability.factor.hessian(MODEL) is None
        for one, two in zip(expected, results(other), strict=True):
            np.testing.assert_array_equal(one, two)


def test_a_thread_keeps_one_factor_at_most(frames):
    first = ss.inherent_structure(frames[0], MODEL)
    elsewhere = threading.Thread(target=ss.inherent_structure, args=(frames[1], MODEL))
    elsewhere.start()
    elsewhere.join(60)
    held = first.stability.factor
    assert held.hessian(MODEL) is not None and "366 rows" in repr(held)
    second = ss.inherent_structure(frames[1], MODEL)
    assert held.hessian(MODEL) is None and "no factor" in repr(held)
    assert second.stability.factor.hessian(MODEL) is not None


def test_a_factor_goes_with_its_minimum(frames):
    minimum = ss.inherent_structure(frames[0], MODEL)
    kept = minimum.stability.factor.cholesky
    assert any(one is kept for one in gc.get_objects() if type(one) is Cholesky)
    number = id(kept)
    del minimum, kept
    gc.collect()
    assert not any(id(one) == number for one in gc.get_objects() if type(one) is Cholesky)


def test_a_factor_that_is_at_work_is_left_alone(frames):
    minimum = ss.inherent_structure(frames[0], MODEL)
    cholesky = minimum.stability.factor.cholesky
    at_work, done = threading.Event(), threading.Event()

    def work():
        with cholesky.lock:
            at_work.set()
            done.wait(60)

    worker = threading.Thread(target=work)
    worker.start()
    at_work.wait(60)
    ss.inherent_structure(frames[1], MODEL)
    done.set()
    worker.join(60)
    assert cholesky.solve(np.ones(366)).shape == (366,)


def test_the_hessian_is_that_of_the_model_that_is_given(frames):
    minimum = ss.inherent_structure(frames[0], MODEL)
    other = ss.Model.preset(smoothing="quadratic")
    expected = ss.hessian(minimum.frame, other)
    assert abs(ss.hessian(minimum, other) - expected).max() == 0
    matrix = ss.hessian(minimum, ss.Model.preset())
    assert abs(matrix - expected).max() > 0
    # It is the caller's.
    matrix.data[:] = 0
    assert abs(ss.hessian(minimum, MODEL) - ss.hessian(minimum.frame, MODEL)).max() == 0
