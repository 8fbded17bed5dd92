"""A simulation of anything goes on with finite numbers, those of its frame, or says why it does not."""

import numpy as np
import pytest
from budget import TRIED, budget
from hypothesis import event, given
from hypothesis import strategies as st
from strategies import boxes, dense_frames, frames, models, seeds

import softspots
from softspots.exceptions import SoftspotsError

pytestmark = pytest.mark.filterwarnings("error")

SIZES = [1e-300, 1e-9, 1e-3, 0.01, 0.1, 1.0, 10.0, 1e3, 1e300, 0.0, -1.0, np.nan, np.inf]


def sizes(usual):
    """The usual value more often than any other."""
    return st.just(usual) | st.just(usual) | st.sampled_from(SIZES)


@budget(40)
@given(
    dense_frames() | frames(boxes(5.5, 12.0)), models(0.8, 2.5), seeds(),
    sizes(0.3), sizes(1e-3), sizes(0.002), sizes(1.0), sizes(0.2), st.integers(-1, 4),
)  # fmt: skip
def test_a_simulation_goes_on_or_says_why_not(frame, model, seed, temperature, rate, timestep, time, skin, chain):
    TRIED["API calls"] += 1
    try:
        run = softspots.Simulation.from_frame(
            frame, model, temperature, rate, seed,
            timestep=timestep, thermostat_time=time, skin=skin, thermostat_chain=chain,
        )  # fmt: skip
        run.run(20)
        found, values = run.frame(), run.thermodynamics()
    except SoftspotsError as error:
        assert len(str(error).splitlines()) == 1
        return
    event("went on")
    assert np.isfinite(found.positions).all() and all(np.isfinite(value) for value in values.values())
    energy, _, _ = softspots.energy_forces(found, model)
    # The same sum in another order.
    np.testing.assert_allclose(values["potential_energy"], energy / len(frame), rtol=1e-9, atol=1e-9)
    again = softspots.Simulation.from_frame(
        frame, model, temperature, rate, seed,
        timestep=timestep, thermostat_time=time, skin=skin, thermostat_chain=chain,
    )  # fmt: skip
    again.run(7)
    again.restore(again.state())
    again.run(13)
    assert np.array_equal(again.frame().positions, found.positions)
