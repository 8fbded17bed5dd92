"""Sheared dynamics: against a plain integrator, by conservation laws, and through flips of the tilt."""

from dataclasses import replace

import numpy as np
import pytest
from reference import disordered_frame
from reference import energy_forces as reference_energy_forces

from softspots.dynamics.parallel import Serial
from softspots.dynamics.simulation import Simulation
from softspots.dynamics.starting import thermal_velocities
from softspots.exceptions import PhysicsError
from softspots.frame import Box, Frame
from softspots.landscape.forces import energy_forces
from softspots.model import LennardJones, Mixture, Model, Tabulated

MODEL = Model.preset("kob-andersen")
# The same potentials in either dimension.
MIXTURE = Mixture(MODEL.pairs, fractions=MODEL.fractions, density=MODEL.density)
TEMPERATURE = 0.3


@pytest.fixture(scope="module", params=[2, 3], ids=["2d", "3d"])
def liquid(request):
    """A thermal frame of some hundred particles and its velocities."""
    # In a cube, a side of twice the range takes more of them.
    particles = {2: 200, 3: 280}[request.param]
    simulation = Simulation(
        MIXTURE, particles, TEMPERATURE, strain_rate=0.0, seed=5, dimension=request.param, comm=Serial()
    )
    simulation.prepare(liquid_temperature=1.0, liquid_time=20.0, cooling_time=20.0)
    return simulation.frame(), simulation.velocities()


def started(liquid, strain_rate, model=MIXTURE, **options):
    frame, velocities = liquid
    options = {"temperature": TEMPERATURE, "comm": Serial()} | options
    return Simulation.from_frame(frame, model, strain_rate=strain_rate, velocities=velocities, **options)


def plain_trajectory(frame, velocities, model, temperature, strain_rate, timestep, steps):
    """SLLOD and Nosé–Hoover in the splitting of the kernels, with forces from the oracle; unwrapped positions."""
    positions, velocities = frame.positions.copy(), velocities.copy()
    half, friction = timestep / 2, 0.0
    freedom = frame.dimension * (len(frame) - 1)
    mass = freedom * temperature

    def forces(strain):
        sheared = replace(frame, positions=positions, box=frame.box.at_strain(strain))
        return reference_energy_forces(sheared, model)[1]

    def thermostat():
        nonlocal friction, velocities
        friction += half / 2 * ((velocities**2).sum() - freedom * temperature) / mass
        velocities = velocities * np.exp(-friction * half)
        friction += half / 2 * ((velocities**2).sum() - freedom * temperature) / mass

    def kick(force):
        velocities[:, 0] += half * force[:, 0] - strain_rate * (half * velocities[:, 1] + half**2 / 2 * force[:, 1])
        velocities[:, 1:] += half * force[:, 1:]

    strain = frame.box.total_strain
    force = forces(strain)
    for _ in range(steps):
        thermostat()
        kick(force)
        positions[:, 0] += timestep * velocities[:, 0]
        positions[:, 0] += strain_rate * (timestep * positions[:, 1] + timestep**2 / 2 * velocities[:, 1])
        positions[:, 1:] += timestep * velocities[:, 1:]
        strain += strain_rate * timestep
        force = forces(strain)
        kick(force)
        thermostat()
    return positions, velocities


def along_x(values, dimension):
    return np.column_stack((values, *[0 * values] * (dimension - 1)))


def compare_with_a_plain_integrator(frame, velocities, model, strain_rate, steps):
    """Run both from a frame; returns the last frame."""
    simulation = started((frame, velocities), strain_rate, model)
    simulation.run(steps)
    expected = plain_trajectory(frame, velocities, model, TEMPERATURE, strain_rate, 5e-3, steps)
    # The flow carries an image in another row at that row's speed.
    origin = frame.unwrapped - frame.positions
    flow = strain_rate * steps * 5e-3 * origin[:, 1]
    end = simulation.frame()
    # Rounding of 1e-14 grows by chaos, e-fold in about half a τ; up to 0.8 τ are run.
    moved = end.unwrapped - origin - along_x(flow, frame.dimension)
    np.testing.assert_allclose(moved, expected[0], atol=1e-11)
    np.testing.assert_allclose(simulation.velocities(), expected[1], atol=1e-10)
    return end


@pytest.mark.parametrize("smoothing", ["even", "quadratic"])
@pytest.mark.parametrize("strain_rate", [0.0, 5.6])
def test_equals_a_plain_integrator(liquid, smoothing, strain_rate):
    model = Mixture(Model.preset("kob-andersen", smoothing=smoothing).pairs)
    # 20 steps at this rate take the tilt through its flip.
    end = compare_with_a_plain_integrator(*liquid, model, strain_rate, 20)
    assert end.box.flips == (1 if strain_rate else 0)


@pytest.mark.parametrize("tilts", [(0.0, 1.3, -0.8), (1.0, -2.9, 2.5), (0.0, 3.3, 9.1)])
def test_a_tilted_brick_equals_a_plain_integrator(tilts):
    rng = np.random.default_rng(3)
    box = Box(lengths=(6.0, 6.2, 6.4), tilts=tilts)
    grid = np.indices((6, 6, 6)).reshape(3, -1).T + rng.uniform(-0.1, 0.1, (216, 3))
    start = Frame(grid / 6 @ box.vectors, np.arange(216) % 3 == 0, box, images=rng.integers(-2, 3, (216, 3)))
    end = compare_with_a_plain_integrator(start, thermal_velocities(rng, (216, 3), TEMPERATURE), MIXTURE, 11.2, 10)
    assert end.box.flips == 1
    # The third lattice vector has been sheared with the rest; whole others are no matter.
    left = np.array(end.box.vectors[2]) - box.vectors[2] - (0.56 * tilts[2], 0, 0)
    assert np.abs(end.box.minimum_image(left)).max() < 1e-12
    assert abs(end.box.tilts[2]) <= 3.1


@pytest.mark.parametrize("chain", [1, 3])
def test_conserved_energy_is_conserved_to_second_order(liquid, chain):
    def spread(timestep):
        simulation = started(liquid, 0.0, timestep=timestep, thermostat_chain=chain)
        energies = []
        for _ in range(round(2.0 / 0.02)):
            simulation.run(round(0.02 / timestep))
            energies.append(simulation.thermodynamics()["conserved_energy"])
        return np.std(energies)

    coarse, fine = spread(0.01), spread(0.0025)
    # Second order: a sixteenth. Trajectories of two time steps part within 2 τ, hence the wide bracket.
    assert 8 < coarse / fine < 32
    # Against the 200 particles' kinetic energy of 60.
    assert fine < 0.01


def test_work_is_stored_or_becomes_heat(liquid):
    """d(conserved energy) = volume × stress × d(strain), integrated by the trapezoidal rule at every step."""

    def mismatch(timestep):
        simulation = started(liquid, 0.5, timestep=timestep)
        volume, states = liquid[0].box.volume, [simulation.thermodynamics()]
        for _ in range(round(1.0 / timestep)):
            simulation.run(1)
            states.append(simulation.thermodynamics())
        stress = np.array([state["shear_stress"] for state in states])
        energy = np.array([state["conserved_energy"] for state in states])
        work = volume * 0.5 * timestep * np.concatenate(([0], np.cumsum((stress[1:] + stress[:-1]) / 2)))
        assert np.ptp(work) > 10
        return np.std(energy - work)

    coarse, fine = mismatch(0.005), mismatch(0.00125)
    # Second order again, with the same bracket.
    assert 8 < coarse / fine < 32
    assert fine < 0.01


@pytest.mark.parametrize("strain_rate", [0.0, 0.5])
def test_momentum_stays_zero(liquid, strain_rate):
    simulation = started(liquid, strain_rate)
    simulation.run(2000)
    # 2000 steps × 200 forces of up to 100, rounded at 1e-16 and multiplied by the time step: 1e-13 as a random walk.
    assert np.abs(simulation.velocities().sum(axis=0)).max() < 1e-11


def test_bits_do_not_depend_on_how_a_run_is_cut(liquid):
    whole, pieces = started(liquid, 0.5), started(liquid, 0.5)
    whole.run(1000)
    for steps in (1, 399, 0, 600):
        pieces.run(steps)
        pieces.frame()
    assert np.array_equal(whole.frame().unwrapped, pieces.frame().unwrapped)
    assert np.array_equal(whole.velocities(), pieces.velocities())
    assert whole.time == pieces.time


def test_unwrapped_positions_do_not_jump_when_the_tilt_flips(liquid):
    simulation = started(liquid, 0.5)
    before, longest = simulation.frame(), 0.0
    while simulation.frame().box.flips < 2:
        simulation.run(1)
        after = simulation.frame()
        flow = 0.5 * 5e-3 * before.unwrapped[:, 1]
        motion = after.unwrapped - before.unwrapped - along_x(flow, after.dimension)
        longest = max(longest, np.abs(motion).max())
        before = after
    # Thermal motion in one step of 0.005 τ: the largest of 10⁶ velocities of 0.55 is below 8; a flip would be a side.
    assert 0.005 < longest < 0.04
    assert np.abs(before.images).max() > 1


def test_start_does_not_depend_on_how_the_frame_is_described(liquid):
    frame, velocities = liquid
    box = frame.box
    row = np.arange(len(frame)) % 3 - 1
    flipped = Box(lengths=box.lengths, tilts=(box.tilt - box.length_x, *box.tilts[1:]), strain=box.total_strain)
    other = Frame(frame.positions + np.outer(row, flipped.vectors[1]), frame.species, flipped)
    first = Simulation.from_frame(frame, MIXTURE, TEMPERATURE, 0.5, velocities=velocities, comm=Serial())
    second = Simulation.from_frame(other, MIXTURE, TEMPERATURE, 0.5, velocities=velocities, comm=Serial())
    first.run(100)
    second.run(100)
    assert first.frame().box == second.frame().box
    # Coordinates of up to 25 rounded at 1e-15, and half a τ of chaos.
    difference = first.frame().box.minimum_image(first.frame().positions - second.frame().positions)
    assert np.abs(difference).max() < 1e-11


def test_temperature_is_that_asked_for_and_does_not_ring():
    simulation = Simulation(MODEL, particles=400, temperature=0.3, strain_rate=1e-2, seed=2, comm=Serial())
    simulation.prepare(liquid_time=20.0, cooling_time=100.0, strain=0.1)
    temperatures = []
    for _ in range(400):
        simulation.run(20)
        temperatures.append(simulation.thermodynamics()["kinetic_temperature"] / 0.3)
    # Canonically, single values spread by sqrt(2/798) = 0.05; the thermostat holds the mean over 40 τ to 1/40 of that.
    assert abs(np.mean(temperatures) - 1) < 0.01
    # A single thermostat on 800 degrees of freedom keeps a ring of its own canonical energy, which lives for many τ and
    # differs from seed to seed; after a jump of temperature it is above 0.15.
    assert 0.025 < np.std(temperatures) < 0.11


def test_preparation_ends_at_its_temperature_and_strain():
    simulation = Simulation(MODEL, particles=300, temperature=0.2, strain_rate=1e-2, seed=3, comm=Serial())
    reported = []
    arguments = {"liquid_time": 5.0, "cooling_time": 10.0, "strain": 0.1}
    simulation.prepare(**arguments, progress=reported.append)
    assert sum(reported) == simulation.preparation_steps(**arguments) == simulation.step == 5000
    assert simulation.time == 0
    # Sum of 2000 steps.
    assert simulation.strain == pytest.approx(0.1, rel=1e-10)
    simulation.run(400)
    assert simulation.time == pytest.approx(2.0)
    assert simulation.thermodynamics()["potential_energy"] < -3


def test_composition_and_density():
    simulation = Simulation(MODEL, particles=1000, seed=9, density=1.1, comm=Serial())
    frame = simulation.frame()
    assert np.bincount(frame.species).tolist() == [650, 350]
    assert len(frame) / frame.box.area == pytest.approx(1.1)
    other = Simulation(MODEL, particles=1000, seed=10, density=1.1, comm=Serial()).frame()
    assert not np.array_equal(other.species, frame.species)


def test_blow_up_names_step_and_particle(liquid):
    frame, velocities = liquid
    velocities = velocities.copy()
    velocities[37] = 100.0 * np.eye(frame.dimension)[0]
    with pytest.raises(RuntimeError, match=r"blew up after step 0: particle 37 is about to move by 0.5 in one step"):
        Simulation.from_frame(frame, MIXTURE, TEMPERATURE, 0.0, velocities=velocities, comm=Serial())
    # The scale of the forces is far beyond this time step.
    simulation = started(liquid, 0.0, timestep=0.05)
    with pytest.raises(RuntimeError, match="try a smaller timestep"):
        simulation.run(1000)


@pytest.mark.parametrize("size", [None, 0.9])
@pytest.mark.parametrize("dimension", [2, 3])
def test_particles_closer_than_their_potential_is_known_end_a_run(dimension, size):
    """Two meet head on, by a table that begins where particles of that speed go."""
    r = np.linspace(0.95, 2.4, 300)
    value, slope, _ = LennardJones().terms(r)
    pair = Tabulated(r, value, -slope, smoothing="even")
    model = Mixture({("A", "A"): pair}) if size is None else Mixture.polydisperse(pair)
    positions, velocities = np.full((3, dimension), 6.0), np.zeros((3, dimension))
    positions[:, 0], velocities[:, 0] = (10.5, 4.0, 5.6), (0.0, 3.0, -3.0)
    frame = Frame(positions, ["A"] * 3, Box(lengths=[12.0] * dimension), sizes=size and [size] * 3)
    # With a thin skin neighbours are sorted anew at each tenth of the way.
    run = Simulation.from_frame(frame, model, 3.0, 0.0, velocities=velocities, skin=0.1, comm=Serial())
    known = f"{0.95 * (size or 1.0):.3g}"
    with pytest.raises(PhysicsError, match=rf"particles 1 and 2 are 0\.\d+ apart, .* known from {known} on"):
        run.run(200)


def test_energies_of_frame_and_simulation_agree(liquid):
    simulation = started(liquid, 0.5)
    simulation.run(50)
    frame = simulation.frame()
    energy, _, virial = energy_forces(frame, MIXTURE)
    state, velocities = simulation.thermodynamics(), simulation.velocities()
    dimension, count, volume = frame.dimension, len(frame), frame.box.volume
    # Sums of some hundred terms; the simulation's drop what lies below 2^-49 each.
    assert state["potential_energy"] == pytest.approx(energy / count, rel=1e-12)
    kinetic = velocities.T @ velocities
    assert state["shear_stress"] == pytest.approx(-(kinetic + virial)[0, 1] / volume, rel=1e-9)
    assert state["pressure"] == pytest.approx(np.trace(kinetic + virial) / dimension / volume, rel=1e-12)
    freedom = dimension * (count - 1)
    assert state["kinetic_temperature"] == pytest.approx(np.trace(kinetic) / freedom, rel=1e-12)


def test_a_restored_run_goes_on_with_the_same_bits(liquid):
    whole = started(liquid, 0.5)
    whole.run(731)
    states = []
    # Between rebuilds, and right before and after them.
    for steps in (0, 1, 2, 3, 17):
        whole.run(steps)
        states.append(whole.state())
    whole.run(500)
    frame, _ = liquid
    for state in states:
        other = Simulation(
            MIXTURE, len(frame), TEMPERATURE, 0.5, seed=77, dimension=frame.dimension, state=state, comm=Serial()
        )
        other.run(whole.step - other.step)
        assert np.array_equal(other.frame().unwrapped, whole.frame().unwrapped)
        assert np.array_equal(other.velocities(), whole.velocities())
        assert (other.time, other.rebuilds) == (whole.time, whole.rebuilds)
        assert other.thermodynamics() == whole.thermodynamics()


def test_a_state_of_hardly_any_motion_is_restored():
    # Σv² is then below what the kernels keep of a sum.
    cold = disordered_frame(1, 11.0, 12.0, 3.4)
    run = Simulation.from_frame(cold, Model.preset(cutoff=0.3), temperature=1e-17, strain_rate=0.0)
    run.run(3)
    run.restore(run.state())
