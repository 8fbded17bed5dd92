"""Athermal quasi-static shear: branches of minima, their ends, and what does not depend on how one goes there."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from reference import disordered_frame

import softspots as ss
from softspots.exceptions import InputError
from softspots.io.checkpoint import read_file, write_file
from softspots.landscape.continuation import Branch
from softspots.landscape.forces import minimize
from softspots.model import Scales
from softspots.plasticity.events import describe

MODEL = ss.Mixture.preset("kob-andersen")
MODEL_3D = ss.Mixture.preset("kob-andersen-3d")


@pytest.fixture(scope="module")
def frame():
    """A glass in the plane, quenched, in a box with a tilt."""
    start = disordered_frame(seed=5, length_x=11.7, length_y=13.0, tilt=4.1)
    return ss.inherent_structure(start, MODEL).frame


@pytest.fixture(scope="module")
def frame_3d():
    rng = np.random.default_rng(0)
    box = ss.Box(lengths=(5.2, 5.1, 5.3), tilts=(1.7, -1.1, 2.3))
    start = ss.Frame(rng.random((169, 3)) * box.lengths, (np.arange(169) >= 135).astype(int), box)
    start, _ = minimize(start, MODEL_3D, "fire", 10.0, 20_000)
    return ss.inherent_structure(start, MODEL_3D).frame


def work_of(before, here, after):
    """dE/dγ per volume by a central difference."""
    return (after.energy - before.energy) / (after.strain - before.strain) / here.frame.box.volume


@pytest.mark.parametrize("direction", ["xy", "pure-xy", [[0.3, 0.8], [0.0, -0.3]]])
def test_stress_is_the_work(frame, direction):
    shear = ss.AthermalShear(frame, MODEL, direction)
    before, here, after = shear.run([-1e-5, 0.0, 1e-5])
    assert not (before.events or here.events or after.events)
    # Energies are of 1e3, known to 1e-12: the difference to 1e-6; beside it the third order of the strain.
    assert work_of(before, here, after) == pytest.approx(here.stress, abs=1e-6)


@pytest.mark.parametrize("direction", ["xy", "xz", "yz", "pure-xz"])
def test_stress_is_the_work_in_space(frame_3d, direction):
    shear = ss.AthermalShear(frame_3d, MODEL_3D, direction, d2min_cutoff=2.5)
    before, here, after = shear.run([-1e-6, 0.0, 1e-6])
    assert not (before.events or here.events or after.events)
    # As above; strains are smaller, as modes of so small a system are soft.
    assert work_of(before, here, after) == pytest.approx(here.stress, rel=1e-4, abs=1e-5)


def pure_modulus(constants, stress):
    """exp(±γ/2) = 1 ± γ/2 + γ²/8 along the axes: by its second order, the stress has a part."""
    return (constants[0, 0, 0, 0] + constants[1, 1, 1, 1] - 2 * constants[0, 0, 1, 1] + stress[0, 0] + stress[1, 1]) / 4


def simple_modulus(constants, stress):
    """γ along x is a turn and a symmetric strain of γ/2, with -γ²/8 along x and 3γ²/8 along y in the second order."""
    return constants[0, 1, 0, 1] + (3 * stress[1, 1] - stress[0, 0]) / 4


@pytest.mark.parametrize(("direction", "modulus"), [("pure-xy", pure_modulus), ("xy", simple_modulus)])
@pytest.mark.parametrize("space", [False, True])
def test_stress_grows_as_elastic_constants_say(request, direction, modulus, space):
    frame, model = (
        (request.getfixturevalue("frame_3d"), MODEL_3D) if space else (request.getfixturevalue("frame"), MODEL)
    )
    shear = ss.AthermalShear(frame, model, direction, d2min_cutoff=2.5)
    expected = modulus(ss.elastic_constants(shear.current.minimum, model), shear.current.stress_tensor)
    before, after = shear.run([-1e-6, 1e-6])
    # Forces of 1e-10 leave stresses of 1e-10 or so; the third order of the strain is less.
    assert (after.stress - before.stress) / 2e-6 == pytest.approx(expected, rel=1e-3)


@pytest.fixture(scope="module")
def whole(frame):
    """Far enough for some events, in steps of a hundredth."""
    shear = ss.AthermalShear(frame, MODEL)
    return list(shear.run(ss.strain_path([0.08], 1e-2)))


@pytest.fixture(scope="module")
def fine(frame):
    """The same in much shorter steps."""
    shear = ss.AthermalShear(frame, MODEL)
    return [shear.current, *shear.run(ss.strain_path([0.08], 5e-4))]


def events_of(states):
    return [event for state in states for event in state.events]


def test_events_do_not_depend_on_steps(frame, whole, fine):
    known = events_of(whole)
    assert len(known) >= 5
    for states in (fine, list(ss.AthermalShear(frame, MODEL).run(ss.strain_path([0.08], 2.7e-3)))):
        found = events_of(states)
        # Rounding may decide whether a minimum is still there at the last multiple of the tolerance.
        np.testing.assert_allclose([e.strain for e in found], [e.strain for e in known], atol=1.1e-6)
        assert [e.core for e in found] == [e.core for e in known]
        for name in ("stress_drop", "energy_drop", "participation"):
            values, others = ([getattr(e, name) for e in events] for events in (found, known))
            # The root of the tolerance, see `Event`.
            np.testing.assert_allclose(values, others, rtol=5e-3, atol=1e-4)
        # Minima to 1e-10 of force.
        assert states[-1].energy == pytest.approx(whole[-1].energy, abs=1e-8)


def test_an_event_is_what_it_says(frame, whole):
    for event in events_of(whole):
        assert 0 < event.strain - event.last_strain <= 1.001e-6
        assert event.energy_drop > 0
        assert event.before.box == event.after.box
        np.testing.assert_array_equal(event.d2min, ss.d2min(event.before, event.after))
        assert event.d2min[event.core] == event.d2min.max()
        assert 1 <= event.participation < len(frame)
        # Both are minima where they are said to be, the one before but for 1e-6 of strain.
        for side, allowed in ((event.before, 1e-2), (event.after, 1e-10)):
            assert np.abs(ss.energy_forces(side, MODEL)[1]).max() < allowed


def test_plain_quenches_lose_the_minimum_at_the_same_strain(frame, whole):
    """Each from the one before, deformed homogeneously: near the end of the branch, in steps of the tolerance."""
    first = events_of(whole)[0]
    shear, deformation = ss.AthermalShear(frame, MODEL), ss.Deformation(frame.box)
    strains = first.last_strain + 1e-6 * np.arange(-4, 4)
    minimum, energies = shear.go(strains[0]).minimum, []
    for strain, to in zip(strains, strains[1:], strict=False):
        minimum = ss.inherent_structure(deformation.carry(minimum.frame, strain, to), MODEL)
        energies.append(minimum.energy)
    # The work of a step is a hundredth of the drop.
    drops = np.flatnonzero(-np.diff(energies) > first.energy_drop / 2)
    assert strains[drops + 2] == pytest.approx([first.strain], abs=1.1e-6)


def test_minima_are_certified(whole):
    assert all(state.minimum.certified for state in whole)


def test_energy_balance(frame, fine):
    """The work done is in the energy, but for the heat of events."""
    strains, stresses = ([getattr(state, name) for state in fine] for name in ("strain", "stress"))
    work = np.trapezoid(stresses, strains) * frame.box.volume
    heat = sum(event.energy_drop for event in events_of(fine))
    # Steps with an event are integrated across its drop of stress.
    uncertain = sum(abs(event.stress_drop) for event in events_of(fine)) * 2.5e-4 * frame.box.volume
    assert fine[-1].energy - fine[0].energy == pytest.approx(work - heat, abs=uncertain + 1e-3)


def test_what_is_elastic_goes_back(frame, whole):
    first = events_of(whole)[0]
    shear = ss.AthermalShear(frame, MODEL)
    start = shear.current
    up = shear.go(first.last_strain)
    down = shear.go(0.0)
    assert not up.events and not down.events
    np.testing.assert_allclose(down.frame.positions, start.frame.positions, atol=1e-8)
    shear.go(first.strain)
    back = shear.go(0.0)
    assert back.energy != pytest.approx(start.energy, abs=1e-6)


def test_the_end_of_a_branch_is_foreseen(frame, whole):
    end = events_of(whole)[0].strain
    shear, deformation = ss.AthermalShear(frame, MODEL), ss.Deformation(frame.box)
    here, there = end - 4e-5, end - 2e-5
    minimum = shear.go(here).minimum
    carry = deformation.carry
    followed = Branch(MODEL, None, 1e-10, Scales()).follow(
        minimum, partial(carry, strain=here, to=there), partial(carry, strain=there, to=here)
    )
    # As much again; what else moves adds to the motion that speeds up.
    assert followed.left == pytest.approx(1.0, rel=0.05)


def test_long_steps_are_not_divided_by_a_long_tolerance(frame, whole):
    shear = ss.AthermalShear(frame, MODEL, tolerance=0.01)
    states = list(shear.run(ss.strain_path([0.08], 1e-2)))
    assert len(states) == 8 and all(len(state.events) <= 1 for state in states)
    assert all(event.strain - event.last_strain == pytest.approx(1e-2) for event in events_of(states))
    # The first step is too long to be followed, but what happens in it goes back.
    assert not states[0].events and not whole[0].events
    assert states[0].energy == pytest.approx(whole[0].energy, abs=1e-9)


def test_unwrapped_positions_go_through_flips(frame):
    shear = ss.AthermalShear(replace(frame, images=np.zeros((len(frame), 2))), MODEL, tolerance=0.05)
    deformation, before = ss.Deformation(frame.box), shear.current
    for state in shear.run(ss.strain_path([1.3], 0.05)):
        affine = before.frame.unwrapped.copy()
        affine[:, 0] += (state.strain - before.strain) * affine[:, 1]
        # A lattice vector is eleven or longer.
        assert np.abs(state.frame.unwrapped - affine).max() < 4
        assert state.frame.box == deformation.box(state.strain)
        before = state
    assert state.frame.box.flips != frame.box.flips


def test_cycles_and_checkpoints(frame, tmp_path):
    """There and back twice, with images and ids; going on from a file in the middle gives the same bits."""
    start = replace(frame, images=np.zeros((len(frame), 2)), ids=np.arange(len(frame))[::-1])
    path = list(ss.strain_path([0.03, -0.03, 0.03], 1e-2))
    shear = ss.AthermalShear(start, MODEL, tolerance=1e-4)
    first = list(shear.run(path[:7]))
    write_file(tmp_path / "state", shear.state())
    rest = list(shear.run(path[7:]))
    resumed = ss.AthermalShear.from_state(read_file(tmp_path / "state").arrays, MODEL, tolerance=1e-4)
    assert events_of(first) and events_of(rest)
    for one, other in zip(rest, resumed.run(path[7:]), strict=True):
        assert one.strain == other.strain and one.stress == other.stress and one.energy == other.energy
        assert one.frame.box == other.frame.box
        for name in ("positions", "images", "ids", "species"):
            np.testing.assert_array_equal(getattr(one.frame, name), getattr(other.frame, name))
        assert [vars(event).keys() for event in one.events] == [vars(event).keys() for event in other.events]
        for mine, theirs in zip(one.events, other.events, strict=True):
            assert mine.strain == theirs.strain and mine.energy_drop == theirs.energy_drop
            np.testing.assert_array_equal(mine.d2min, theirs.d2min)
    with pytest.raises(InputError, match="direction"):
        ss.AthermalShear.from_state({"positions": start.positions}, MODEL)


@pytest.mark.parametrize("direction", ["xy", "pure-xy", [[0.3, 0.7], [0.0, -0.3]]])
def test_going_on_from_any_state_gives_the_same_bits(frame, direction):
    """Where a minimum has taken particles out of the cell, too, and where the start's tilt is of several boxes."""
    far = ss.Box(lengths=frame.box.lengths, tilts=(frame.box.tilt + 2 * frame.box.length_x,), strain=frame.box.strain)
    out, positions = 0, frame.positions - frame.positions[0] + 1e-9
    for start in (replace(frame, positions=positions), ss.Frame(positions, frame.species, far)):
        shear = ss.AthermalShear(start, MODEL, direction, tolerance=1e-3)
        for strain in ss.strain_path([0.02], 3e-3):
            out += not np.array_equal(shear.current.frame.positions, shear.current.frame.wrapped().positions)
            resumed = ss.AthermalShear.from_state(shear.state(), MODEL, tolerance=1e-3)
            pairs = [(shear.current, resumed.current), (shear.go(strain), resumed.go(strain))]
            for one, other in pairs:
                assert (one.strain, one.stress, one.energy) == (other.strain, other.stress, other.energy)
                assert one.frame.box == other.frame.box
                np.testing.assert_array_equal(one.frame.positions, other.frame.positions)
            assert [event.strain for event in shear.current.events] == [e.strain for e in resumed.current.events]
    assert out


def test_going_on_quenches_once(frame):
    """A quench of what is in its minimum evaluates forces a few times; two would do so twice."""
    shear = ss.AthermalShear(frame, MODEL)
    shear.go(0.01)
    again = ss.inherent_structure(shear.current.frame, MODEL)
    resumed = ss.AthermalShear.from_state(shear.state(), MODEL)
    assert (resumed.evaluations, resumed.factorizations) == (again.evaluations, again.factorizations)
    assert resumed.current.energy == shear.current.energy


def test_events_in_pure_shear_do_not_depend_on_steps(frame):
    """Nor whether it goes there and back at once or in steps."""
    turns = [0.03, -0.01]
    states = [
        list(ss.AthermalShear(frame, MODEL, "pure-xy").run(path)) for path in (turns, ss.strain_path(turns, 3e-3))
    ]
    found, others = (events_of(one) for one in states)
    assert {np.sign(event.strain - event.last_strain) for event in found} == {1, -1}
    np.testing.assert_allclose([e.strain for e in found], [e.strain for e in others], atol=1.5e-6)
    assert states[0][-1].energy == pytest.approx(states[1][-1].energy, abs=1e-8)


def test_small_cycles_end_in_one_that_repeats_itself(frame):
    """What is known of cycles below yielding (Fiocco, Foffi and Sastry, Phys. Rev. E 88, 020301 (2013))."""
    shear = ss.AthermalShear(frame, MODEL, tolerance=1e-4)
    cycles = [list(shear.run([0.015, -0.015])) for _ in range(3)]
    first, before, last = cycles
    # On its first way there the solid loses more than ever after.
    heats = [sum(event.energy_drop for event in events_of(one)) for one in cycles]
    assert heats[0] > heats[1] + 1 and events_of(last)
    assert first[0].energy == pytest.approx(last[0].energy, abs=1e-8)
    np.testing.assert_allclose([one.energy for one in last], [one.energy for one in before], atol=1e-8)
    np.testing.assert_allclose(
        [event.strain for event in events_of(last)], [event.strain for event in events_of(before)], atol=1e-9
    )


def test_events_in_space(frame_3d):
    # Half the box, which is small.
    states = [
        list(ss.AthermalShear(frame_3d, MODEL_3D, "xz", d2min_cutoff=2.5).run(ss.strain_path([0.06], step)))
        for step in (2e-2, 7e-3)
    ]
    found, others = (events_of(one) for one in states)
    assert found
    np.testing.assert_allclose([e.strain for e in found], [e.strain for e in others], atol=1.5e-6)
    assert states[0][-1].energy == pytest.approx(states[1][-1].energy, abs=1e-8)


@pytest.mark.filterwarnings("ignore:inherent_structure. the start has an energy")
def test_packings_with_rattlers():
    mixture = ss.Mixture.preset("harmonic")
    box = ss.Box(10.2, 10.4, tilt=-2.1)
    positions = np.random.default_rng(0).random((84, 2)) * box.lengths
    shear = ss.AthermalShear(ss.Frame(positions, np.arange(84) % 2, box), mixture, tolerance=1e-4)
    assert not shear.current.minimum.stability.held.all()
    states = list(shear.run(ss.strain_path([0.02], 2e-3)))
    assert all(state.minimum.certified for state in states)
    assert all(event.energy_drop > 0 for event in events_of(states))
    for event in events_of(states):
        known = np.isfinite(event.d2min)
        assert known.any() and not known.all() and known[event.core]


def test_rattlers_take_no_part_in_events(frame):
    """However far they are pushed, and whatever drift that is of the mean over all."""
    random = np.random.default_rng(3)
    held = random.random(len(frame)) > 0.1
    moved = frame.positions + 0.02 * random.standard_normal(frame.positions.shape)
    pushed = moved + ~held[:, None] * (0.5, -0.3)
    told = [describe(frame, replace(frame, positions=positions), held, 2.5) for positions in (moved, pushed)]
    for one in told:
        np.testing.assert_array_equal(np.isnan(one["d2min"]), ~held)
        assert held[one["core"]] and one["participation"] <= held.sum()
    np.testing.assert_array_equal(told[0]["d2min"], told[1]["d2min"])
    assert told[0]["participation"] == told[1]["participation"]
    everything = np.ones(len(frame), dtype=bool)
    whole = describe(frame, replace(frame, positions=moved), everything, 2.5)
    np.testing.assert_array_equal(whole["d2min"], ss.d2min(frame, replace(frame, positions=moved), 2.5))


def test_nothing_is_known_of_an_event_where_nothing_is_held(frame):
    told = describe(frame, frame, np.zeros(len(frame), dtype=bool), 2.5)
    assert told["core"] == -1 and told["participation"] == 0 and np.isnan(told["d2min"]).all()


@pytest.mark.filterwarnings("ignore:inherent_structure. the start has an energy")
def test_kicks_of_rattlers_end_no_branch(frame, monkeypatch):
    """A rattler that hangs between contacts is kicked at every strain; what is held tells where a branch ends."""
    plain = ss.AthermalShear(frame, MODEL)
    states = [plain.go(strain) for strain in (2e-4, 4e-4)]
    quench = Branch._quench
    monkeypatch.setattr(Branch, "_quench", lambda branch, start: replace(quench(branch, start), kicks=1))
    kicked = ss.AthermalShear(frame, MODEL)
    for state in states:
        again = kicked.go(state.strain)
        assert again.energy == state.energy and len(again.events) == len(state.events)
    assert kicked.evaluations == plain.evaluations


class Given:
    """A mixture of which nothing is to be seen but energies, forces and Hessians."""

    def energy_forces(self, frame):
        return ss.energy_forces(frame, MODEL)

    def hessian(self, frame):
        return ss.hessian(frame, MODEL)


def test_other_forces(frame):
    found, known = (list(ss.AthermalShear(frame, one).run([2e-3, 4e-3])) for one in (Given(), MODEL))
    np.testing.assert_allclose([one.stress for one in found], [one.stress for one in known], rtol=1e-9)


def test_prepared():
    shear = ss.AthermalShear.prepare(MODEL, 100, liquid_time=1.0, cooling_time=2.0, direction="pure-xy")
    assert shear.current.minimum.certified and len(shear.current.frame) == 100


def test_paths():
    assert list(ss.strain_path([0.1], 0.03)) == pytest.approx([0.025, 0.05, 0.075, 0.1])
    assert list(ss.strain_path([0.02, -0.01, 0.0], 0.01)) == pytest.approx([0.01, 0.02, 0.01, 0.0, -0.01, 0.0])
    assert len(list(ss.strain_path([0.1], 1e-3))) == 100
    assert list(ss.strain_path([0.0], 0.1)) == []
    with pytest.raises(InputError, match="step"):
        list(ss.strain_path([0.1], 0.0))


def test_bad_input(frame):
    for tolerance in (0.0, 1e-13):
        with pytest.raises(InputError, match="tolerance"):
            ss.AthermalShear(frame, MODEL, tolerance=tolerance)
    for cutoff, message in ((0.3, "neighbours; D²_min needs 2"), (6.0, "must be at most 5.85")):
        with pytest.raises(InputError, match=message):
            ss.AthermalShear(frame, MODEL, d2min_cutoff=cutoff)
    with pytest.raises(InputError, match="must be at most 5.4"):
        # As long as the box in its new shape.
        ss.AthermalShear(frame, MODEL, "pure-xy", d2min_cutoff=5.8).go(-0.15)
    with pytest.raises(InputError, match="model"):
        ss.AthermalShear(frame, "kob-andersen")
    with pytest.raises(InputError, match="method"):
        ss.AthermalShear(frame, MODEL, method="newton")
    with pytest.raises(InputError, match="strain"):
        ss.AthermalShear(frame, MODEL).go(np.nan)
    for direction in ("xy", "pure-xy", [[0.0, 1e3], [0.0, 0.0]]):
        with pytest.raises(InputError, match="strain is 1000000000.0; it must be from -"):
            list(ss.AthermalShear(frame, MODEL, direction).run([1e9]))
    with pytest.raises(InputError, match="entries of direction have shape ..; .2, 2. is needed"):
        ss.AthermalShear(frame, MODEL, 1.0)
