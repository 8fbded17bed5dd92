"""Fixtures for all tests: models, and small frames whose boxes are tilted either way."""

import pytest
from hypothesis import settings
from reference import disordered_frame
from threadpoolctl import threadpool_limits

from softspots.model import PRESETS, SMOOTHINGS, Model

# The same examples in every run; the first call of a compiled kernel may be slow.
settings.register_profile("seeded", derandomize=True, deadline=None)
settings.load_profile("seeded")
# The matrices of the tests are too small for threads, which only wait for each other.
threadpool_limits(1)

FRAMES = {
    "tilted forwards": {"seed": 1, "length_x": 11.0, "length_y": 12.0, "tilt": 3.4},
    "tilted backwards": {"seed": 2, "length_x": 12.7, "length_y": 12.1, "tilt": -5.5},
    "tilted beyond half, unwrapped": {"seed": 3, "length_x": 10.4, "length_y": 13.0, "tilt": 7.5, "spread": 1},
    "narrow": {"seed": 4, "length_x": 5.6, "length_y": 25.0, "tilt": 2.0},
}


@pytest.fixture(params=PRESETS)
def preset(request):
    return request.param


@pytest.fixture(params=SMOOTHINGS)
def smoothing(request):
    return request.param


@pytest.fixture
def model(preset, smoothing):
    return Model.preset(preset, smoothing=smoothing)


@pytest.fixture(scope="session", params=FRAMES)
def frame(request):
    """A disordered frame of 158 to 184 particles."""
    return disordered_frame(**FRAMES[request.param])
