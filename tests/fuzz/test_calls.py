"""Calls on any frame give what the slow oracle gives, or an error of softspots; never a number that is none."""

import math
from dataclasses import replace

import numpy as np
import pytest
from budget import TRIED, budget
from hypothesis import assume, event, given
from hypothesis import strategies as st
from oracles import EPS, Sums, clusters, coordinate_rounding, folded, near_pairs
from reference import d2min as reference_d2min
from reference import edges_of_images, flipped, ordered_pairs
from strategies import boxes, dense_frames, frames, models, odd_arrays, seeds, unsound_frames

import softspots
from softspots.box import NEAREST_LATTICE, Box
from softspots.exceptions import SoftspotsError
from softspots.frame import Frame
from softspots.structure.spots import bonds, delaunay_edges, mode_particles

# A warning of NumPy says that a number which is none was on its way. That a start is far above thermal energies, as
# random ones are, is told on purpose.
pytestmark = pytest.mark.filterwarnings(
    "error",
    "ignore:inherent_structure. the start has an energy:UserWarning",
    "ignore:d2min. for most particles:UserWarning",
    "ignore:Mixture. .* of the frame are :UserWarning",
)


def call(function, *arguments, **keywords):
    """What a function returns, counted; None if it refuses its arguments."""
    TRIED["API calls"] += 1
    try:
        return function(*arguments, **keywords)
    except SoftspotsError as error:
        assert len(str(error).splitlines()) == 1
        event(f"{function.__name__}: {type(error).__name__}")
        return None


# Energy, forces, Hessian


@budget(100)
@given(frames(), models())
def test_forces_and_hessian_are_those_of_all_images(frame, model):
    sums = Sums(frame, model)
    assume(sums.decided)
    TRIED["API calls"] += 2
    energy, forces, virial = softspots.energy_forces(frame, model)
    sums.energy.check(energy)
    sums.forces.check(forces)
    sums.virial.check(virial)
    sums.hessian.check(softspots.hessian(frame, model).toarray())


@budget(50)
@given(frames(boxes(1e-3, 1e5) | boxes(5, 1e12), spread=st.sampled_from([0, 1, 10**6])), models(1e-3, 50.0))
def test_any_box_and_cutoff_gives_numbers_or_an_error(frame, model):
    for function in (softspots.energy_forces, softspots.hessian):
        found = call(function, frame, model)
        if found is None:
            continue
        assert min(frame.box.length_x, frame.box.length_y) >= 2 * model.largest_cutoff
        sums = Sums(frame, model) if coordinate_rounding(frame) < 1e-6 else None
        if function is softspots.hessian:
            assert np.isfinite(found.data).all()
            if sums and sums.decided:
                sums.hessian.check(found.toarray())
        else:
            assert all(np.isfinite(part).all() for part in found)
            if sums and sums.decided:
                sums.forces.check(found[1])


@budget(50)
@given(frames(least=2), models(), st.sampled_from([0.0, 1e-300, 1e-100, 1e-30, 1e-20, 1e-10, 1e-3]), seeds())
def test_particles_on_top_of_each_other_give_numbers_or_an_error(frame, model, distance, seed):
    pair = np.random.default_rng(seed).permutation(len(frame))[:2]
    positions = frame.positions.copy()
    positions[pair[0]] = positions[pair[1]] + (distance, 0)
    frame = replace(frame, positions=positions)
    for function in (softspots.energy_forces, softspots.hessian):
        found = call(function, frame, model)
        if found is not None:
            parts = (found.data,) if function is softspots.hessian else found
            assert all(np.isfinite(part).all() for part in parts)
            assert (positions[pair[0]] != positions[pair[1]]).any()


# What frames are made of


@budget(50)
@given(frames(most=20), st.data())
def test_the_same_numbers_in_other_arrays_make_the_same_frame(frame, data):
    positions, species = data.draw(odd_arrays(frame.positions)), data.draw(odd_arrays(frame.species))
    frame = replace(frame, images=np.random.default_rng(len(frame)).integers(-9, 9, frame.positions.shape))
    other = Frame(positions, species, frame.box, images=data.draw(odd_arrays(frame.images)), only_b=True)
    for name in ("positions", "species", "images"):
        assert np.array_equal(getattr(other, name), getattr(frame, name))
    model = softspots.Model.preset(cutoff=2.5)
    found = call(softspots.energy_forces, other, model), call(softspots.energy_forces, frame, model)
    assert (found[0] is None) == (found[1] is None)
    if found[0]:
        assert all(np.array_equal(*parts) for parts in zip(*found, strict=True))


@budget(30)
@given(frames(most=20))
def test_single_precision_is_taken_as_it_is(frame):
    single = frame.positions.astype(np.float32)
    assert np.array_equal(Frame(single, frame.species, frame.box, only_b=True).positions, single)


@budget(100)
@given(unsound_frames())
def test_unsound_frames_are_refused(arguments):
    assert call(Frame, **arguments) is None


@budget(50)
@given(frames(), seeds())
def test_a_frame_does_not_change_with_the_arrays_that_it_was_made_of(frame, seed):
    positions, species = frame.positions.copy(), frame.species.copy()
    TRIED["API calls"] += 1
    made = Frame(positions, species, frame.box, only_b=True)
    positions += 1
    species[:] = 1 - species
    assert np.array_equal(made.positions, frame.positions) and np.array_equal(made.species, frame.species)


AWKWARD = st.floats() | st.integers(-3, 10) | st.sampled_from([10**30, 1e-320, 1e308, 2**31])


@budget(100)
@given(AWKWARD, AWKWARD, AWKWARD, AWKWARD)
def test_a_box_is_refused_or_wraps_into_itself(length_x, length_y, tilt, strain):
    # Products of two lengths beyond that overflow, and no box is so large.
    assume(not any(1e150 < abs(size) < math.inf for size in (length_x, length_y, tilt, strain)))
    assert call(Box, length_x, length_y, tilt=tilt, strain=strain) is None or math.isfinite(strain)
    box = call(Box, length_x, length_y, tilt=tilt)
    if box is None:
        return
    points = np.array([[0.3, 0.7], [-0.1, 1.2], [5.0, -3.0]]) * (box.length_x, box.length_y)
    wrapped = call(box.wrap, points)
    if wrapped is not None:
        assert (wrapped[0] >= 0).all() and (wrapped[0] < (box.length_x, box.length_y)).all()


@budget(60)
@given(st.lists(AWKWARD, min_size=3, max_size=3), AWKWARD, AWKWARD, st.sampled_from(["even", "quadratic", "switch"]))
def test_a_model_is_refused_or_has_finite_energies(sigma, cutoff, inner, smoothing):
    model = call(softspots.Model.preset, sigma=sigma, cutoff=cutoff, inner_cutoff=inner, smoothing=smoothing)
    if model is None:
        return
    assert np.isfinite(model.pair_table()).all()
    side = 2.5 * model.largest_cutoff
    if np.isfinite(side):
        near = 0.9 * model.cutoff
        box = call(Box, side, side)
        frame = box and call(Frame, [[0.0, 0.0], [near, 0.0]], [0, 0], box)
        found = frame and call(softspots.energy_forces, frame, model)
        assert found is None or np.isfinite(found[1]).all()


# D²_min


@st.composite
def frame_pairs(draw):
    """A frame and the same particles later, whose boxes know their strain or not, and how far the lattice has moved.

    The box is sheared by less than a box length, and against that, particles move by less than half of one.
    """
    frame = draw(frames(spread=st.sampled_from([0, 1])))
    box, known = frame.box, draw(st.booleans())
    random = np.random.default_rng(draw(seeds()))
    step = draw(st.sampled_from([0.0, 1e-3, -0.02, 0.3]) | st.floats(-0.45, 0.45))
    strain = step * box.length_x / box.length_y
    amplitude = draw(st.sampled_from([0.0, 1e-6, 0.05, 0.5]))
    moved = frame.positions + random.normal(0, 1, frame.positions.shape).clip(-2, 2) * amplitude
    moved[:, 0] += strain * moved[:, 1]
    later = Box(box.length_x, box.length_y, tilt=box.tilt + step * box.length_x)
    if known:
        frame = replace(frame, box=Box(box.length_x, box.length_y, tilt=box.tilt, strain=box.total_strain))
        later = Box(box.length_x, box.length_y, tilt=later.tilt, strain=box.total_strain + strain)
        return frame, flipped(replace(frame, positions=moved, box=later), draw(st.integers(-2, 2))), 0.0
    return frame, replace(frame, positions=moved, box=later), abs(step)


@budget(80)
@given(frame_pairs(), st.floats(0.5, 2.5))
def test_d2min_is_that_of_all_images(pair, cutoff):
    frame, later, doubt = pair
    assume(abs(doubt - NEAREST_LATTICE) > 1e-9)
    i, _, _, separations = ordered_pairs(frame.positions, frame.box, cutoff + 1e-6)
    assume(not (np.abs(np.hypot(*separations.T) - cutoff) < 1e-6).any())
    found = call(softspots.d2min, frame, later, cutoff)
    assert (found is None) == (doubt > NEAREST_LATTICE)
    if found is None:
        return
    expected = reference_d2min(frame, later, cutoff)
    moves = np.abs(later.unwrapped - frame.unwrapped).max() + cutoff
    for particle in range(len(frame)):
        own = separations[i == particle]
        scales = np.linalg.svd(own, compute_uv=False)
        # Neighbours that hardly lie on one line are on both sides of a threshold.
        if len(own) > 1 and scales[-1] < 1e-4 * scales[0]:
            continue
        if len(own) <= 2:
            assert np.isnan(found[particle])
            continue
        # The projection off the affine motions is as good as the separations are independent of each other.
        condition = scales[0] / scales[-1]
        error = 100 * EPS * condition**2 * (1 + np.abs(frame.positions).max() / cutoff) * len(own) * moves**2
        assert abs(found[particle] - expected[particle]) <= error


@budget(40)
@given(frame_pairs(), seeds())
def test_ids_match_the_particles_of_two_frames(pair, seed):
    frame, later, doubt = pair
    assume(doubt <= NEAREST_LATTICE)
    ids = np.random.default_rng(seed).permutation(1000)[: len(frame)]
    order = np.random.default_rng(seed + 1).permutation(len(frame))
    later = replace(later, ids=ids)
    other = replace(
        later,
        positions=later.positions[order],
        species=later.species[order],
        ids=ids[order],
    )
    found = [call(softspots.d2min, replace(frame, ids=ids), one) for one in (later, other)]
    assert np.array_equal(*found, equal_nan=True)


@budget(40)
@given(frames(least=2), st.sampled_from(["species", "count", "ids", -1.0, 0.0, np.nan, np.inf, 1e9]))
def test_d2min_of_frames_that_do_not_belong_together_is_refused(frame, wrong):
    box, other, cutoff = frame.box, frame, 2.5
    if wrong == "species":
        other = replace(frame, species=1 - frame.species)
    elif wrong == "count":
        other = Frame(frame.positions[1:], frame.species[1:], box, only_b=True)
    elif wrong == "ids":
        frame, other = (replace(frame, ids=np.arange(len(frame)) + first) for first in (0, 1))
    else:
        cutoff = wrong
    assert call(softspots.d2min, frame, other, cutoff) is None


# Neighbours


@budget(60)
@given(frames(), st.floats(0.05, 5.0))
def test_bonds_are_all_pairs_that_near(frame, length):
    expected, sure = near_pairs(frame, length)
    assume(sure)
    found = call(bonds, frame, length)
    assert found is not None
    assert [tuple(pair) for pair in found.tolist()] == expected


@budget(40)
@given(frames(boxes(5.0, 12.0), spread=st.sampled_from([0, 3])))
def test_delaunay_edges_are_those_among_all_images(frame):
    found = call(delaunay_edges, frame)
    assert found is not None
    assert [tuple(pair) for pair in found.tolist()] == edges_of_images(folded(frame), 4)


# Inherent structures, modes, soft spots


@budget(25)
@given(dense_frames(), models(1.0, 2.5), st.sampled_from(["newton", "newton", "fire", "cg", "cg+fire"]))
def test_a_certified_inherent_structure_is_a_minimum(frame, model, method):
    before = Sums(frame, model)
    assume(before.decided)
    minimum = call(softspots.inherent_structure, frame, model, method)
    if minimum is None:
        return
    after = Sums(minimum.frame, model)
    after.energy.check(minimum.energy)
    assert np.isfinite(minimum.max_force) and minimum.energy <= before.energy.value + before.energy.error
    if not minimum.certified:
        return
    event("certified")
    assert (np.abs(after.forces.value) < 1e-10 + after.forces.error).all()
    eigenvalues = np.linalg.eigvalsh(after.hessian.value)
    # Zero modes, of translations and of what nothing holds, are zero but for rounding.
    assert eigenvalues[0] > -1e-9 * max(1.0, eigenvalues[-1])
    check_modes(minimum.frame, model, after.hessian.value, eigenvalues)


def check_modes(frame, model, matrix, eigenvalues):
    """The lowest modes are those of dense linear algebra, if no more than the translations are zero."""
    count = 2 * len(frame) - 2
    found = call(softspots.lowest_modes, softspots.hessian(frame, model), count)
    if found is None or (eigenvalues < 1e-7 * eigenvalues[-1]).sum() != 2:
        return
    scale = eigenvalues[-1]
    # Rounding of a norm of this size, by two ways.
    np.testing.assert_allclose(found.eigenvalues, eigenvalues[2:], rtol=0, atol=1e-11 * scale)
    vectors = found.vectors.reshape(count, -1)
    assert np.abs(matrix @ vectors.T - vectors.T * found.eigenvalues).max() < 1e-10 * scale
    assert np.abs(vectors @ vectors.T - np.eye(count)).max() < 1e-10
    for value in (0.5 * (eigenvalues[2] + eigenvalues[3]), 2 * scale):
        below = call(softspots.modes_below, softspots.hessian(frame, model), value)
        assert below is None or below == (eigenvalues < value).sum()


@budget(60)
@given(frames(boxes(5.0, 12.0), least=4, spread=st.just(0)), st.data())
def test_soft_spots_are_the_clusters_of_the_largest_polarizations(frame, data):
    random = np.random.default_rng(data.draw(seeds()))
    n_modes, n_particles = data.draw(st.integers(1, 6)), data.draw(st.integers(1, len(frame)))
    vectors = random.standard_normal((6, len(frame), 2))
    modes = softspots.Modes(np.ones(6), vectors, np.zeros(6), np.zeros(2), 0.0)
    least, length = data.draw(st.integers(1, 5)), data.draw(st.floats(0.3, 3.0))
    edges, sure = near_pairs(frame, length)
    assume(sure)
    squares = (vectors**2).sum(axis=2)
    ratio = squares.sum(axis=1) ** 2 / (len(frame) * (squares**2).sum(axis=1))
    # Rounding of a few sums.
    np.testing.assert_allclose(call(softspots.participation_ratio, vectors), ratio, rtol=1e-12)
    on_map = np.zeros(len(frame), dtype=bool)
    for mode in sorted(range(6), key=lambda mode: ratio[mode])[:n_modes]:
        order = sorted(range(len(frame)), key=lambda particle: -squares[mode, particle])
        on_map[order[:n_particles]] = True
        assert call(mode_particles, vectors, n_particles)[mode].tolist() == order[:n_particles]
    found = call(
        softspots.soft_spots, frame, modes, n_modes, n_particles,
        min_particles=least, connection="distance", bond_length=length,
    )  # fmt: skip
    assert np.array_equal(found.labels, clusters(on_map, edges, least))
    found = call(softspots.soft_spots, frame, modes, n_modes, n_particles, min_particles=least)
    if found is not None:
        assert np.array_equal(found.labels, clusters(on_map, edges_of_images(folded(frame), 4), least))
