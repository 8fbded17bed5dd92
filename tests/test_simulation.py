"""What simulations take and refuse: arguments, what is set between runs, and states to go on from."""

from unittest.mock import Mock

import numpy as np
import pytest

from softspots.dynamics import simulation as dynamics
from softspots.dynamics import starting
from softspots.dynamics.parallel import Serial
from softspots.dynamics.simulation import Simulation
from softspots.exceptions import InputError, PhysicsError
from softspots.frame import Box, Frame
from softspots.model import Mixture, Model

MODEL = Model.preset("kob-andersen")


def test_a_misspelt_keyword_is_one_of_simulation(start):
    for make in (
        lambda **more: Simulation(MODEL, 200, **more),
        lambda **more: Simulation.from_frame(start, MODEL, **more),
    ):
        with pytest.raises(TypeError, match=r"^Simulation\(\) got an unexpected keyword argument 'timestpe'$"):
            make(comm=Serial(), timestpe=0.01)


def test_overlaps_that_remain_may_be_of_the_density(monkeypatch):
    monkeypatch.setattr(starting, "OVERLAP_EVALUATIONS", 3)
    with pytest.raises(PhysicsError, match=r"overlaps .* remain, .*; the density 1\.7 may be too high"):
        Simulation(MODEL, particles=200, density=1.7, comm=Serial())


@pytest.fixture(scope="module")
def start():
    """A frame of 200 particles without overlaps."""
    return Simulation(MODEL, particles=200, temperature=0.3, seed=5, comm=Serial()).frame()


def started(start, strain_rate):
    return Simulation.from_frame(start, MODEL, 0.3, strain_rate, comm=Serial())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"particles": 1}, "particles is 1"),
        ({"particles": 20}, "shortest side of the box is 4.08"),
        ({"temperature": -0.1}, "temperature is -0.1"),
        ({"temperature": float("nan")}, "temperature is nan"),
        ({"density": 0.0}, "density is 0.0"),
        ({"timestep": 0.0}, "timestep is 0.0"),
        ({"strain_rate": float("inf")}, "strain_rate is inf"),
        ({"thermostat_chain": 0}, "thermostat_chain is 0"),
        ({"thermostat_chain": 3_000_000_000}, "thermostat_chain is 3000000000"),
        ({"particles": 200.0}, "particles is 200.0"),
        ({"particles": 10**30}, "particles is 1000"),
        ({"seed": -1}, "seed is -1"),
        ({"seed": 0.5}, "seed is 0.5"),
        ({"temperature": "0.1"}, "temperature is '0.1'"),
        ({"thermostat_time": 0.0}, "thermostat_time is 0.0"),
        ({"grid": (1,)}, "two numbers"),
        ({"grid": (-1, -1)}, "grid is -1"),
        ({"skin": -0.1}, "skin is -0.1"),
        ({"grid": (2, 1)}, "grid is 2x1, but there are 1 ranks"),
    ],
)
def test_wrong_arguments_are_named(change, message):
    with pytest.raises(InputError, match=message):
        Simulation(MODEL, **({"particles": 200, "comm": Serial()} | change))


@pytest.mark.parametrize("name, particles, least", [("kob-andersen", 30, 5.9), ("kob-andersen-3d", 200, 5.6)])
def test_the_skin_follows_the_dimension(name, particles, least):
    """Neighbours are looked for up to the cutoff, 2.5, and the skin: the box must be twice as wide."""
    with pytest.raises(InputError, match=f"at least {least}"):
        Simulation(Mixture.preset(name), particles, comm=Serial())


@pytest.mark.parametrize("name", ["timestep", "model", "step", "time", "strain", "temprature"])
def test_what_is_fixed_or_misspelt_cannot_be_set(start, name):
    simulation = started(start, 0.0)
    with pytest.raises(AttributeError, match=name):
        setattr(simulation, name, 0.01)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("temperature", np.nan),
        ("temperature", 0.0),
        ("temperature", None),
        ("strain_rate", np.nan),
        ("strain_rate", "1"),
    ],
)
def test_what_may_be_set_is_checked(start, name, value):
    simulation = started(start, 0.1)
    before = getattr(simulation, name)
    with pytest.raises(InputError, match=f"{name} is {value!r}"):
        setattr(simulation, name, value)
    assert getattr(simulation, name) == before
    setattr(simulation, name, np.float32(0.25))
    assert getattr(simulation, name) == 0.25 and type(getattr(simulation, name)) is float


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((-1,), "steps is -1"),
        ((2.5,), "steps is 2.5"),
        ((2**63,), f"steps is {2**63}"),
        ((True,), "steps is True"),
        ((1, (0.1, np.nan)), "temperature is nan"),
        ((1, (np.nan, 0.1)), "temperature is nan"),
    ],
)
def test_runs_refuse(start, arguments, message):
    simulation = started(start, 0.0)
    with pytest.raises(InputError, match=message):
        simulation.run(*arguments)
    assert simulation.step == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"liquid_time": -1.0}, "liquid_time is -1.0"),
        ({"cooling_time": np.nan}, "cooling_time is nan"),
        ({"liquid_time": 1e308}, r"liquid_time is 1e\+308"),
        ({"strain": 1e300}, r"strain is 1e\+300"),
        ({"strain": -0.1}, "strain is -0.1"),
        ({"liquid_temperature": 0.0}, "liquid_temperature is 0.0"),
    ],
)
def test_preparations_refuse(start, arguments, message):
    simulation = started(start, 1e-2)
    with pytest.raises(InputError, match=message):
        simulation.prepare(**arguments)
    assert simulation.step == 0


def test_a_strain_rate_below_all_steps_is_refused(start):
    simulation = started(start, 5e-324)
    with pytest.raises(InputError, match="strain is 0.2"):
        simulation.preparation_steps()
    simulation.strain_rate = 0.0
    assert simulation.preparation_steps(liquid_time=1.0, cooling_time=2.0) == 600


def test_a_system_of_b_alone_runs():
    model = Model.preset(fraction_a=0.0)
    simulation = Simulation(model, particles=100, temperature=0.3, density=1.0, comm=Serial())
    simulation.run(5)
    frame = simulation.frame()
    assert frame.species.all() and frame.ids.tolist() == list(range(100))
    assert Simulation.from_frame(frame, model, comm=Serial()).frame().species.all()


def test_repr_is_a_line(start):
    simulation = started(start, 0.5)
    simulation.run(40)
    assert repr(simulation) == (
        "Simulation(N=200, box 12.91 × 12.91, T=0.3, strain rate 0.5, ranks 1, step 40, time 0.2, strain 0.1)"
    )


def with_entry(array, place, value):
    array = np.array(array)
    array[place] = value
    return array


DAMAGE = {
    "species beyond the table": ("species", lambda a: with_entry(a, 7, 2), "species 2 of the frame is not known"),
    "species below it": ("species", lambda a: with_entry(a, 7, -1), "species -1 of the frame is not known"),
    "fewer species": ("species", lambda a: a[1:], r"species of the state have shape \(199,\); \(200,\) is needed"),
    "NaN": ("positions", lambda a: with_entry(a, (3, 1), np.nan), "positions of the state must be finite"),
    "infinite velocity": ("velocities", lambda a: with_entry(a, (3, 1), np.inf), "velocities of the state must be"),
    "three columns": ("built", lambda a: np.zeros((200, 3)), "built of the state have shape"),
    "out of the box": ("built", lambda a: with_entry(a, (0, 0), -0.5), "built of the state must lie within the box"),
    "far from the neighbours": ("positions", lambda a: with_entry(a, (0, 0), 40.0), "a particle has moved by"),
    "halves of images": ("images", lambda a: a + 0.5, "images of the state must be whole"),
    "images of 64 bits": ("images", lambda a: a + np.int64(2**40), "images of the state must be whole"),
    "fewer scalars": ("scalars", lambda a: a[1:], "scalars of the state have shape"),
    "another kinetic energy": ("scalars", lambda a: with_entry(a, 2, 1.0), "its scalars say 1"),
    "far strain": ("scalars", lambda a: with_entry(a, 1, 3.0), "the box by a strain of"),
    "another chain": ("thermostat", lambda a: np.zeros((2, 3)), "thermostat of the state have shape"),
    "steps below zero": ("counters", lambda a: with_entry(a, 0, -5), "counters of the state must be whole"),
    "a clock ahead": ("clock", lambda a: with_entry(a, 0, 1e6), "counts from step 1e\\+06"),
    "no JSON": ("collisions", lambda a: "PCG64", "is no JSON"),
    "another generator": (
        "collisions",
        lambda a: str(a).replace("PCG64", "MT199"),
        "not the state of a random generator",
    ),
    "a word for a number": ("collisions", lambda a: str(a).replace('"inc": ', '"inc": "a", "x": '), "not the state of"),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_state_that_cannot_be_is_refused(start, damage):
    name, change, message = DAMAGE[damage]
    simulation = started(start, 0.5)
    simulation.run(20)
    state, before = simulation.state(), simulation.frame()
    with pytest.raises(InputError, match=message):
        simulation.restore(state | {name: change(state[name])})
    with pytest.raises(InputError, match=f"the state has no {name}"):
        simulation.restore({key: value for key, value in state.items() if key != name})
    simulation.restore({key: np.ma.masked_array(value) if value.ndim else value for key, value in state.items()})
    assert np.array_equal(simulation.frame().unwrapped, before.unwrapped)


class Interrupted:
    """The compiled part of a simulation, whose run number ``piece`` ends half way, as after Ctrl-C."""

    def __init__(self, domain, piece):
        self.domain, self.piece, self.runs = domain, piece, 0

    def __getattr__(self, name):
        return getattr(self.domain, name)

    def run(self, steps, first, last, strain_rate):
        self.runs += 1
        if self.runs - 1 != self.piece:
            return self.domain.run(steps, first, last, strain_rate)
        self.domain.run(steps // 2, first, first + (last - first) * (steps // 2) / steps, strain_rate)
        raise KeyboardInterrupt


# Of two pieces of the liquid, ten of the cooling and two of the shear.
@pytest.mark.parametrize("piece", [0, 1, 6, 12, 13])
def test_an_interrupted_preparation_does_what_is_left(piece):
    positions = np.indices((12, 12)).reshape(2, -1).T
    start = Frame(positions, np.arange(144) % 3 == 0, Box(12.0, 12.0))
    times = {"liquid_time": 1.5, "cooling_time": 1.0, "strain": 0.05}
    model = Model.preset(cutoff=2.0)
    whole, run = (Simulation.from_frame(start, model, 0.3, 0.05) for _ in range(2))
    whole.prepare(**times)
    run._domain = Interrupted(run._domain, piece)
    with pytest.raises(KeyboardInterrupt):
        run.prepare(**times)
    run.prepare(**times)
    assert (run.step, run.time, run.strain) == (whole.step, whole.time, whole.strain)
    # The second half of a ramp has temperatures that are rounded otherwise.
    np.testing.assert_allclose(run.frame().unwrapped, whole.frame().unwrapped, rtol=0, atol=1e-8)


def test_a_preparation_that_is_interrupted_before_velocities_are_drawn_draws_them(monkeypatch):
    start = Frame(np.indices((12, 12)).reshape(2, -1).T, np.arange(144) % 3 == 0, Box(12.0, 12.0))
    whole, run = (Simulation.from_frame(start, Model.preset(cutoff=2.0), 0.3, 0.05) for _ in range(2))
    whole.prepare(liquid_time=1.5, cooling_time=0.5, strain=0.0)
    with monkeypatch.context() as patch:
        patch.setattr(dynamics, "thermal_velocities", Mock(side_effect=KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            run.prepare(liquid_time=1.5, cooling_time=0.5, strain=0.0)
    run.prepare(liquid_time=1.5, cooling_time=0.5, strain=0.0)
    assert run.step == whole.step
    np.testing.assert_array_equal(run.frame().positions, whole.frame().positions)
