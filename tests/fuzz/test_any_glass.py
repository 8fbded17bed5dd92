"""Calls on any glass, of any potentials, species and sizes, in two and three dimensions, give what the oracle gives."""

import json
import pickle
import re
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from budget import TRIED, budget
from glasses import glasses, mixtures
from hypothesis import assume, event, given
from hypothesis import strategies as st
from reference import Pairwise, ordered_pairs
from reference import d2min as reference_d2min
from strategies import seeds
from test_calls import call

import softspots as ss
from softspots.landscape.stability import held_block
from softspots.model import SplineForm
from softspots.model.spline import evaluate

# Potentials that jump at the cutoff say so, and random starts that they are far above thermal energies.
pytestmark = pytest.mark.filterwarnings(
    "error",
    "ignore:Mixture. .* jump:UserWarning",
    "ignore:Mixture. .* of the frame are :UserWarning",
    "ignore:inherent_structure. the start has an energy:UserWarning",
)


def folded(frame):
    """The same lattice with tilts of least size and particles in the cell: the oracle lists images."""
    vectors = frame.box.vectors
    for row in range(len(vectors)):
        for column in reversed(range(row)):
            vectors[row] -= np.round(vectors[row, column] / vectors[column, column]) * vectors[column]
    box = ss.Box(lengths=np.diag(vectors), tilts=vectors[np.tril_indices(len(vectors), -1)])
    return replace(frame, positions=box.wrap(frame.positions)[0], box=box)


def spline_terms(form, number, r):
    return np.where(r < form.cutoff[number], evaluate(form, number, r), 0.0)


class Sums:
    """Energy, forces, virial and Hessian by the oracle, of the potentials or the splines that stand for them."""

    def __init__(self, mixture, frame):
        # As text: an array has whole numbers or strings, and a mixture may have both.
        keys = [tuple(map(str, key)) for key in mixture.pairs]
        terms = {key: pair.terms for key, pair in zip(keys, mixture.pairs.values(), strict=True)}
        if isinstance(form := mixture.form, ss.model.SplineForm):
            terms = {key: partial(spline_terms, form, number) for number, key in enumerate(keys)}
        potential = Pairwise(terms, mixture.largest_cutoff, mixture.non_additivity)
        # Numbers that a mixture takes for its labels, and sizes without species.
        labels = np.array(mixture.species).astype(str)[mixture.indices(frame)]
        known = folded(replace(frame, species=labels))
        i, j, _, separations = ordered_pairs(known.positions, known.box, potential.reach(known))
        distances = np.linalg.norm(separations, axis=1)
        self.closest = distances.min(initial=np.inf)
        if self.closest == 0:
            return
        value, slope, curvature = potential.derivatives(known, i, j, distances)
        # Where a potential ends with a jump, rounding decides on which side of it a pair is; minima like to be there.
        sides = [potential.derivatives(known, i, j, distances * (1 + part))[:2] for part in (-1e-9, 1e-9)]
        self.at_a_jump = bool(np.any(np.abs(np.subtract(*sides)) > 1e-6 * np.abs(sides).sum(axis=0)))
        normals = separations / distances[:, None]
        pulls, count = slope[:, None] * normals, len(frame)
        self.energy, self.virial = value.sum() / 2, -(separations.T @ pulls) / 2
        self.forces = np.zeros(frame.positions.shape)
        np.add.at(self.forces, i, pulls)
        along = normals[:, :, None] * normals[:, None, :]
        across = np.eye(frame.dimension) - along
        springs = curvature[:, None, None] * along + (slope / distances)[:, None, None] * across
        blocks = np.zeros((count, count, frame.dimension, frame.dimension))
        np.add.at(blocks, (i, i), springs)
        np.add.at(blocks, (i, j), -springs)
        self.hessian = blocks.transpose(0, 2, 1, 3).reshape(frame.positions.size, -1)
        # Rounding of sums of powers whose terms are larger than what they add up to, and of distances, some units in
        # the last place of the coordinates and tilts, to which a steep potential is a hundred times as sensitive.
        shift = 16 * np.spacing(max(np.abs(frame.positions).max(), *np.abs(frame.box.vectors).ravel()))
        self.relative = 1e-10 + 500 * shift / self.closest
        self.scale = np.array([mixture.energy_scale * len(i), 0.0, 0.0])
        self.scale += [np.abs(value).sum(), np.abs(slope).sum(), np.abs(curvature).sum()]
        self.scale[1] += self.scale[0] / self.closest
        self.scale[2] += self.scale[1] / self.closest

    def check(self, energy, forces, virial):
        """Each to rounding of the sum of all magnitudes."""
        assert abs(energy - self.energy) <= self.relative * self.scale[:2].sum()
        assert np.abs(forces - self.forces).max() <= self.relative * self.scale[1:].sum()
        assert np.abs(virial - self.virial).max() <= 10 * self.relative * self.scale.sum()


@budget(60)
@given(glasses())
def test_forces_and_hessian_are_those_of_all_images(glass):
    mixture, frame = glass
    sums = Sums(mixture, frame)
    assume(sums.closest > 0.05)
    event(f"{type(mixture.form).__name__}, {frame.dimension}D, sizes {mixture.sizes is not None}")
    TRIED["API calls"] += 2
    sums.check(*ss.energy_forces(frame, mixture))
    try:
        found = ss.hessian(frame, mixture)
    except ss.PhysicsError as error:
        # A spline begins somewhere, and has no curvature before that; three digits are printed.
        apart, begins = map(float, re.search(r"are (\S+) apart, .* known from (\S+) on", str(error)).groups())
        assert isinstance(mixture.form, SplineForm) and sums.closest * (1 - 1e-2) < apart <= begins
        return
    assert np.abs(found.toarray() - sums.hessian).max() <= 100 * sums.relative * sums.scale[2]
    assert (found != found.T).nnz == 0


@budget(40)
@given(st.sampled_from([2, 3]).flatmap(mixtures))
def test_a_mixture_comes_back_from_its_table(mixture):
    for found in (
        ss.Mixture.from_table(json.loads(json.dumps(mixture.as_table()))),
        pickle.loads(pickle.dumps(mixture)),
    ):
        assert found == mixture and hash(found) == hash(mixture) and repr(found) == repr(mixture)
        assert type(found.form) is type(mixture.form)


@budget(30)
@given(glasses(least=8, most=24, closest=0.3))
def test_a_certified_inherent_structure_is_a_minimum(glass):
    mixture, frame = glass
    minimum = call(ss.inherent_structure, frame, mixture)
    if minimum is None:
        return
    sums = Sums(mixture, minimum.frame)
    if sums.closest > 0.05 and not sums.at_a_jump:
        sums.check(minimum.energy, *ss.energy_forces(minimum.frame, mixture)[1:])
    if not minimum.certified:
        return
    event(f"certified, {frame.dimension}D")
    assert minimum.max_force <= 1e-10 * mixture.scales(minimum.frame.sizes).force
    held = minimum.stability.held
    matrix = held_block(ss.hessian(minimum.frame, mixture), held, frame.dimension).toarray()
    values = np.linalg.eigvalsh(matrix)
    scale = max(values[-1], 1e-300)
    motions = len(minimum.stability.rigid_motions)
    assert values[0] > -1e-9 * scale
    assert (np.abs(values[:motions]) < 1e-9 * scale).all()
    modes = call(ss.lowest_modes, ss.hessian(minimum.frame, mixture), 3, stability=minimum.stability)
    if modes is not None:
        np.testing.assert_allclose(modes.eigenvalues, values[motions : motions + 3], rtol=0, atol=1e-9 * scale)
        assert (modes.vectors[:, ~held] == 0).all()
    constants = call(ss.elastic_constants, minimum, mixture)
    if constants is not None:
        assert np.isfinite(constants).all()
        np.testing.assert_allclose(constants, np.einsum("abcd->cdab", constants), rtol=1e-6, atol=1e-6 * scale)


@budget(25)
@given(glasses(least=8, most=30, closest=0.3, margin=1.3), seeds(), st.sampled_from([0.0, 0.01, 1.0]))
def test_a_simulation_goes_on_or_says_why_not(glass, seed, rate):
    mixture, frame = glass
    options = {"temperature": 0.3, "strain_rate": rate, "seed": seed, "timestep": 1e-3, "skin": 0.1}
    run = call(ss.Simulation.from_frame, frame, mixture, **options)
    if run is None:
        # Two particles are closer than a spline begins.
        assert isinstance(mixture.form, SplineForm)
        return
    try:
        run.run(20)
    except ss.PhysicsError as error:
        assert len(str(error).splitlines()) == 1
        return
    event(f"went on, {frame.dimension}D, {type(mixture.form).__name__}")
    found = run.frame()
    assert np.array_equal(found.species, frame.species)
    assert frame.sizes is None or np.array_equal(found.sizes, frame.sizes)
    energy, _, _ = ss.energy_forces(found, mixture)
    # The same sum in another order.
    scale = mixture.energy_scale + abs(energy) / len(frame)
    assert abs(run.thermodynamics()["potential_energy"] - energy / len(frame)) < 1e-9 * scale
    again = ss.Simulation.from_frame(frame, mixture, **options)
    again.run(7)
    again.restore(again.state())
    again.run(13)
    assert np.array_equal(again.frame().positions, found.positions)


@budget(30)
@given(glasses(least=12, most=30), seeds(), st.sampled_from([0.0, 1e-3, 0.05]), st.floats(-0.3, 0.3))
def test_d2min_is_that_of_all_images(glass, seed, amplitude, step):
    frame = folded(glass[1])
    cutoff, box = 0.49 * min(frame.box.lengths), frame.box
    # A history, so that flips may lie between.
    box = ss.Box(lengths=box.lengths, tilts=box.tilts, strain=box.total_strain)
    frame = replace(frame, box=box)
    strain = step * box.length_x / box.length_y
    moved = frame.positions + np.random.default_rng(seed).normal(0, amplitude, frame.positions.shape)
    moved[:, 0] += strain * moved[:, 1]
    later = replace(frame, positions=moved, box=box.at_strain(box.strain + strain))
    i, _, _, separations = ordered_pairs(frame.positions, box, cutoff + 1e-6)
    assume(not (np.abs(np.linalg.norm(separations, axis=1) - cutoff) < 1e-6).any())
    TRIED["API calls"] += 1
    found = ss.d2min(frame, later, cutoff)
    expected = reference_d2min(frame, later, cutoff)
    for particle in range(len(frame)):
        own = separations[i == particle]
        if len(own) <= frame.dimension:
            assert np.isnan(found[particle])
            continue
        scales = np.linalg.svd(own, compute_uv=False)
        if scales[-1] > 1e-3 * scales[0]:
            # The projection off the affine motions, as good as separations are independent of each other.
            assert abs(found[particle] - expected[particle]) <= 1e-8 * (1 + expected[particle])
