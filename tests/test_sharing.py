"""What threads and copies may share: factors wait for each other, simulations refuse."""

import copy
import pickle
import threading
import time

import numpy as np
import pytest
from reference import disordered_frame

from softspots.dynamics.parallel import Serial
from softspots.dynamics.simulation import Simulation
from softspots.exceptions import InputError
from softspots.landscape.factorization import Cholesky
from softspots.landscape.modes import hessian, lowest_modes
from softspots.landscape.quench import inherent_structure
from softspots.model import Model

MODEL = Model.preset()


@pytest.fixture(scope="module")
def frames():
    return [disordered_frame(seed=seed, length_x=11.7, length_y=13.0, tilt=4.1) for seed in (5, 6)]


class Watched:
    """A lock that says when a thread has to wait for it."""

    def __init__(self):
        self._lock, self.waited_for = threading.RLock(), threading.Event()

    def __enter__(self):
        if not self.acquire(blocking=False):
            self.waited_for.set()
            self.acquire()

    def __exit__(self, *_):
        self.release()

    def acquire(self, blocking=True):
        return self._lock.acquire(blocking)

    def release(self):
        self._lock.release()


class Overtaken(Cholesky):
    """Starts another thread's stage within the first use of a factor, and lets it go on as far as it can."""

    def __init__(self, stage, use):
        super().__init__()
        self.lock, self._use = Watched(), use
        self._thread = threading.Thread(target=self._to_the_end, args=(stage,), daemon=True)

    def solve(self, right_hand_side):
        self._let_overtake("solve")
        return super().solve(right_hand_side)

    def packed(self):
        self._let_overtake("packed")
        return super().packed()

    def _let_overtake(self, use):
        if use == self._use and not self._thread.ident:
            self._thread.start()
            # Where nothing keeps it, it is at its end then.
            assert self.lock.waited_for.wait(60)

    def _to_the_end(self, stage):
        try:
            stage()
        finally:
            self.lock.waited_for.set()


@pytest.mark.parametrize("method", ["lanczos", "arpack"])
def test_modes_of_two_threads_with_one_factor(frames, method):
    minima = [inherent_structure(frame, MODEL) for frame in frames]
    matrices = [hessian(minimum, MODEL) for minimum in minima]
    alone = [lowest_modes(matrix, 20, method=method) for matrix in matrices]
    found = []
    stability = minima[0].stability
    stability.factor.cholesky = cholesky = Overtaken(
        lambda: found.append(lowest_modes(matrices[1], 20, method=method, stability=stability)),
        {"lanczos": "packed", "arpack": "solve"}[method],
    )
    found.append(lowest_modes(matrices[0], 20, method=method, stability=stability))
    cholesky._thread.join(60)
    for modes, expected in zip(found, alone, strict=True):
        np.testing.assert_array_equal(modes.eigenvalues, expected.eigenvalues)
        np.testing.assert_array_equal(modes.vectors, expected.vectors)


def test_a_cholesky_is_neither_copied_nor_pickled():
    for one in (copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises(InputError, match="Cholesky: it cannot be copied"):
            one(Cholesky())


@pytest.fixture
def simulations():
    """Two of the same."""
    return [Simulation(MODEL, particles=200, temperature=0.3, seed=5, comm=Serial()) for _ in range(2)]


@pytest.mark.parametrize(
    "use",
    [
        lambda simulation: simulation.run(1),
        lambda simulation: simulation.prepare(),
        Simulation.frame,
        Simulation.velocities,
        Simulation.state,
        Simulation.thermodynamics,
    ],
)
def test_a_simulation_is_one_threads_at_a_time(simulations, use):
    simulation, alone = simulations
    worker = threading.Thread(target=simulation.run, args=(2000,))
    worker.start()
    while not simulation.step and worker.is_alive():
        time.sleep(1e-3)
    with pytest.raises(InputError, match="another thread is at work on it"):
        use(simulation)
    worker.join()
    alone.run(2000)
    np.testing.assert_array_equal(simulation.frame().positions, alone.frame().positions)


def test_a_simulation_is_neither_copied_nor_pickled(simulations):
    """Its state is, and goes on with the same bits."""
    for one in (copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises(InputError, match=r"Simulation: it cannot be copied or pickled; its state\(\) can"):
            one(simulations[0])
    state = pickle.loads(pickle.dumps(simulations[0].state()))
    other = Simulation(MODEL, particles=200, temperature=0.3, seed=5, comm=Serial(), state=state)
    for simulation in (simulations[0], other):
        simulation.run(20)
    np.testing.assert_array_equal(other.frame().positions, simulations[0].frame().positions)
