"""Simulations of any particles: their labels, sizes and ids come back, from frames and from states."""

import numpy as np
import pytest

from softspots import InputError, InversePower, LennardJones, Mixture
from softspots.dynamics.parallel import Serial
from softspots.dynamics.simulation import Simulation
from softspots.frame import Box, Frame
from softspots.landscape.forces import energy_forces

METALS = ("Cu", "Zr", "Al")
ALLOY = Mixture(
    {
        (one, other): LennardJones(epsilon=1.0, sigma=0.8 + 0.05 * (k + m), cutoff=2.2)
        for k, one in enumerate(METALS)
        for m, other in enumerate(METALS)
        if k <= m
    },
    fractions=(0.5, 0.3, 0.2),
    density=0.9,
    dimension=2,
)
GRAINS = Mixture.polydisperse(InversePower(n=12, cutoff=1.25), non_additivity=0.2, smallest=0.7, largest=1.4)


def crystal(side, dimension, **arrays):
    """side^d particles on a lattice of unit spacing."""
    positions = np.indices((side,) * dimension).reshape(dimension, -1).T
    return Frame(positions, box=Box(lengths=(float(side),) * dimension), **arrays)


def alloy():
    rng = np.random.default_rng(1)
    return crystal(12, 2, species=rng.choice(METALS, 144), ids=rng.permutation(144) + 1000)


def grains(dimension, side):
    rng = np.random.default_rng(2)
    count = side**dimension
    sizes = rng.uniform(0.7, 1.1, count)
    return crystal(side, dimension, species=np.full(count, "grain"), ids=rng.permutation(count), sizes=sizes)


STARTS = {
    "labels": (alloy, ALLOY),
    "sizes in the plane": (lambda: grains(2, 12), GRAINS),
    "sizes in space": (lambda: grains(3, 6), GRAINS),
}


def same_particles(frame, start):
    assert np.array_equal(frame.species, start.species) and np.array_equal(frame.ids, start.ids)
    assert (frame.sizes is None) == (start.sizes is None)
    return start.sizes is None or np.array_equal(frame.sizes, start.sizes)


@pytest.mark.parametrize("name", STARTS)
def test_frames_have_the_particles_that_were_given(name):
    make, mixture = STARTS[name]
    start = make()
    run = Simulation.from_frame(start, mixture, 0.3, 0.5, timestep=5e-3, comm=Serial())
    run.run(300)
    frame = run.frame()
    assert same_particles(frame, start)
    # The flow has taken the box along by now.
    assert frame.box.strain == pytest.approx(0.75, rel=1e-12) and frame.box.flips == 1
    energy, _, virial = energy_forces(frame, mixture)
    state, kinetic = run.thermodynamics(), run.velocities().T @ run.velocities()
    # Sums of some hundred terms, in another order.
    assert state["potential_energy"] == pytest.approx(energy / len(frame), rel=1e-11)
    assert state["shear_stress"] == pytest.approx(-(kinetic + virial)[0, 1] / frame.box.volume, rel=1e-9)
    # From its state another run goes on with the same bits and the same particles.
    other = Simulation.from_frame(start, mixture, 0.3, 0.5, seed=2, timestep=5e-3, comm=Serial())
    other.restore(run.state())
    other.run(100)
    run.run(100)
    assert same_particles(other.frame(0), start)
    assert np.array_equal(other.frame().unwrapped, run.frame().unwrapped)


@pytest.mark.parametrize("name", STARTS)
def test_energy_is_conserved(name):
    make, mixture = STARTS[name]
    energies = []
    run = Simulation.from_frame(make(), mixture, 0.5, 0.0, timestep=1e-3, comm=Serial())
    for _ in range(50):
        run.run(20)
        energies.append(run.thermodynamics()["conserved_energy"])
    # Of a kinetic energy of 70 or more.
    assert np.std(energies) < 2e-3


def test_a_random_start_is_of_the_mixture():
    frame = Simulation(ALLOY, particles=200, temperature=0.5, comm=Serial()).frame()
    assert np.bincount(frame.species).tolist() == [100, 60, 40]
    assert len(frame) / frame.box.volume == pytest.approx(0.9, rel=1e-12)
    labelled = Mixture({(3, 3): ALLOY.potentials[0], (3, 7): ALLOY.potentials[1], (7, 7): ALLOY.potentials[3]})
    with pytest.raises(InputError, match="the mixture has no density of its own; give density"):
        Simulation(labelled, particles=200)
    with pytest.raises(InputError, match="the mixture has no dimension of its own; give dimension"):
        Simulation(labelled, particles=200, density=0.9)
    with pytest.raises(InputError, match="fractions"):
        Simulation(labelled, particles=200, density=0.9, dimension=2)


def test_a_random_start_draws_sizes():
    frame = Simulation(GRAINS, 150, 0.1, density=1.0, dimension=2, seed=3, comm=Serial()).frame()
    assert 0.7 <= frame.sizes.min() < 0.75 and 1.3 < frame.sizes.max() <= 1.4
    assert not (frame.sizes[1:] >= frame.sizes[:-1]).all()


def test_sizes_that_do_not_fit_are_refused():
    start = grains(2, 12)
    run = Simulation.from_frame(start, GRAINS, 0.3, comm=Serial())
    state = run.state()
    with pytest.raises(InputError, match="the state has no sizes"):
        run.restore({name: value for name, value in state.items() if name != "sizes"})
    with pytest.raises(InputError, match="the state's largest size is 2.1855"):
        run.restore(state | {"sizes": 2 * state["sizes"]})
    with pytest.raises(InputError, match="needs a size"):
        Simulation.from_frame(Frame(start.positions, start.species, start.box), GRAINS, 0.1)
    named = Frame(start.positions, np.full(144, "Cu"), start.box, sizes=start.sizes)
    with pytest.raises(InputError, match="sizes, which mean nothing in this mixture"):
        Simulation.from_frame(named, ALLOY, 0.1)


def test_states_of_earlier_versions_have_no_ids():
    run = Simulation.from_frame(alloy(), ALLOY, 0.1, comm=Serial())
    state = run.state()
    del state["ids"]
    run.restore(state)
    assert np.array_equal(run.frame().ids, np.arange(144))


def test_a_mixture_without_temperatures_asks_for_them():
    with pytest.raises(InputError, match="the mixture has no temperatures of its own; give temperature$"):
        Simulation.from_frame(alloy(), ALLOY, comm=Serial())
    run = Simulation.from_frame(alloy(), ALLOY, 0.1, comm=Serial())
    with pytest.raises(InputError, match="the mixture has no temperatures of its own; give liquid_temperature$"):
        run.prepare()
    own = Simulation(Mixture.preset("harmonic"), 200, comm=Serial())
    assert own.temperature == Mixture.preset("harmonic").temperatures[0] == 1e-4
    # Packings go on in longer steps.
    assert own.timestep == 2e-2
