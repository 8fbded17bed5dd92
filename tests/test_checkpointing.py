"""When checkpoints are written: after so many minutes of wall-clock time, and not before."""

from types import SimpleNamespace

import pytest

from softspots.commands import checkpointing, shear
from softspots.commands.checkpointing import Checkpointer
from softspots.commands.options import read_arguments
from softspots.commands.shear_parameters import SHEAR
from softspots.dynamics.parallel import Serial
from softspots.dynamics.trail import Trail


class Clock:
    """Wall-clock time that stands still, and a list of when checkpoints were written."""

    def __init__(self, monkeypatch, module):
        self.now, self.written = 1000.0, []
        monkeypatch.setattr(module, "perf_counter", lambda: self.now)
        monkeypatch.setattr(module, "write_checkpoint", lambda *_: self.written.append(self.now))


def simulation(monkeypatch, minutes):
    """A clock, and what a simulation calls between its pieces of work."""
    clock = Clock(monkeypatch, checkpointing)
    run = SimpleNamespace(state=lambda root: {}, step=0)
    checkpointer = Checkpointer(run, read_arguments(["--checkpoint-every", minutes]), {}, Serial())
    return clock, lambda: checkpointer.pause({})


def athermal_shear(monkeypatch, minutes):
    """The same of a solid that is sheared; it does nothing."""
    clock = Clock(monkeypatch, shear)
    state = SimpleNamespace(strain=0.0, stress=0.0, energy=0.0, stress_tensor=0.0, frame=SimpleNamespace(positions=0.0))
    state.events = ()
    solid = SimpleNamespace(go=lambda strain: state, state=lambda: {})
    states = {name: [] for name in shear.state_values(state)}
    parameters = read_arguments(["--checkpoint-every", minutes], form=SHEAR)
    course = shear.Course(parameters, {}, solid, states, [], Trail(1.0), {})
    return clock, lambda: course.go(0.0)


@pytest.mark.parametrize("start", [simulation, athermal_shear])
def test_checkpoints_are_minutes_apart(monkeypatch, start):
    clock, work = start(monkeypatch, "2.5")
    # One counts from the one before.
    for seconds in (0, 149, 151, 299, 300, 302):
        clock.now = 1000.0 + seconds
        work()
    assert clock.written == [1151.0, 1302.0]


@pytest.mark.parametrize("start", [simulation, athermal_shear])
def test_of_zero_minutes_there_are_as_many_as_can_be(monkeypatch, start):
    clock, work = start(monkeypatch, "0")
    work()
    work()
    assert clock.written == [1000.0, 1000.0]
