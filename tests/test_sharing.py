"""What threads and copies may share: factors wait for each other, simulations refuse."""

import copy
import pickle
import threading

import numpy as np
import pytest
from reference import disordered_frame

from softspots.exceptions import InputError
from softspots.factorization import Cholesky
from softspots.model import Model
from softspots.modes import hessian, lowest_modes
from softspots.quench import inherent_structure

MODEL = Model.preset()


@pytest.fixture(scope="module")
def frames():
    return [disordered_frame(seed=seed, length_x=11.7, length_y=13.0, tilt=4.1) for seed in (5, 6)]


class Overtaken(Cholesky):
    """Starts another thread's stage within the first use of a factor, and lets it go on as far as it can."""

    def __init__(self, stage, use):
        super().__init__()
        self._use = use
        self._thread = threading.Thread(target=stage, args=(self,), daemon=True)

    def __getattribute__(self, name):
        if name == object.__getattribute__(self, "_use") and not self._thread.ident:
            self._thread.start()
            # It goes far enough in this time where nothing keeps it.
            self._thread.join(0.4)
        return object.__getattribute__(self, name)


@pytest.mark.parametrize("method", ["lanczos", "arpack"])
def test_modes_of_two_threads_with_one_cholesky(frames, method):
    matrices = [hessian(inherent_structure(frame, MODEL).frame, MODEL) for frame in frames]
    alone = [lowest_modes(matrix, 20, method=method) for matrix in matrices]
    found = []
    cholesky = Overtaken(
        lambda own: found.append(lowest_modes(matrices[1], 20, method=method, cholesky=own)),
        {"lanczos": "packed", "arpack": "solve"}[method],
    )
    found.append(lowest_modes(matrices[0], 20, method=method, cholesky=cholesky))
    cholesky._thread.join(60)
    for modes, expected in zip(found, alone, strict=True):
        np.testing.assert_array_equal(modes.eigenvalues, expected.eigenvalues)
        np.testing.assert_array_equal(modes.vectors, expected.vectors)


def test_quenches_of_two_threads_with_one_cholesky(frames):
    alone = [inherent_structure(frame, MODEL) for frame in frames]
    found = []
    cholesky = Overtaken(lambda own: found.append(inherent_structure(frames[1], MODEL, cholesky=own)), "solve")
    found.append(inherent_structure(frames[0], MODEL, cholesky=cholesky))
    cholesky._thread.join(60)
    for result, expected in zip(found, alone, strict=True):
        assert result.certified
        np.testing.assert_array_equal(result.frame.positions, expected.frame.positions)


def test_a_cholesky_is_neither_copied_nor_pickled():
    for one in (copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises(InputError, match="Cholesky: it cannot be copied"):
            one(Cholesky())
