"""Slow and plain NumPy versions of the kernels in any dimension, written from the formulas alone: the tests' oracle.

Sums run over the periodic images themselves, found by listing every image that can reach: no minimum
images, no cells, no cutoff on the size of the box. Memory grows as N² and is meant for N of a few hundred.
"""

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from scipy.interpolate import CubicHermiteSpline
from scipy.spatial import Delaunay

from softspots.box import Box
from softspots.frame import PER_PARTICLE, Frame
from softspots.model import Mixture, Model

LENNARD_JONES = {-12: 1.0, -6: -1.0}
SMOOTHING_POWERS = {"even": (0, 2, 4), "quadratic": (0, 1, 2), "switch": ()}


def power_derivative(power, order, x):
    """The derivative of x**power of the given order."""
    return np.prod(power - np.arange(order)) * x ** float(power - order)


def pair_potential(model, pair, distances):
    """V, V' and V'' of the species pair 0 (AA), 1 (AB) or 2 (BB) at ``distances``: shape (3, ...); zero from r_c on.

    Schoenholz et al. 2014, section II: Lennard-Jones whose first and second derivatives go continuously to zero.
    """
    epsilon, sigma = model.epsilon[pair], model.sigma[pair]
    unit = sigma if model.cutoff_per_pair else 1.0
    inner, outer = model.inner_cutoff * unit, model.cutoff * unit

    def derivative(terms, order, r):
        total = sum(factor * power_derivative(power, order, r / sigma) for power, factor in terms.items())
        return 4 * epsilon * total / sigma**order

    powers = SMOOTHING_POWERS[model.smoothing]
    terms = dict(LENNARD_JONES)
    if powers:
        conditions = [[power_derivative(power, order, outer / sigma) for power in powers] for order in range(3)]
        at_cutoff = [derivative(LENNARD_JONES, order, outer) * sigma**order / (4 * epsilon) for order in range(3)]
        terms |= dict(zip(powers, np.linalg.solve(conditions, np.negative(at_cutoff)), strict=True))
    values = np.array([derivative(terms, order, distances) for order in range(3)])
    if not powers:
        slopes = [[derivative(terms, order, inner), 0.0] for order in (1, 2)]
        tail = CubicHermiteSpline([inner, outer], *slopes)
        energy = tail.antiderivative()
        values[0] += energy(inner) - energy(outer) - derivative(terms, 0, inner)
        tail_values = [energy(distances) - energy(outer), tail(distances), tail.derivative()(distances)]
        values = np.where(distances > inner, tail_values, values)
    return np.where(distances < outer, values, 0.0)


@dataclass(frozen=True)
class Pairwise:
    """Any potential of pairs: r -> V, V', V'' by pair of species labels, all zero from ``cutoff`` on.

    With a ``non_additivity`` lengths are in units of σ_ij = (σ_i + σ_j)/2 (1 - non_additivity |σ_i - σ_j|).
    """

    terms: Mapping[tuple, Callable]
    cutoff: float
    non_additivity: float | None = None

    @classmethod
    def of(cls, model):
        if isinstance(model, cls):
            return model
        if isinstance(model, Mixture) and not isinstance(model, Model):
            numbers = itertools.combinations_with_replacement(range(len(model.species)), 2)
            kinds = {pair: model.potential(*pair).terms for pair in numbers}
            return cls(kinds, model.largest_cutoff, model.non_additivity)
        kinds = {pair: partial(pair_potential, model, sum(pair)) for pair in ((0, 0), (0, 1), (1, 1))}
        return cls(kinds, model.largest_cutoff)

    def units(self, sizes, i, j):
        """σ_ij, or 1 where lengths are in σ_AA."""
        if self.non_additivity is None:
            return np.ones(np.broadcast(i, j).shape)
        one, other = sizes[i], sizes[j]
        return (one + other) / 2 * (1 - self.non_additivity * np.abs(one - other))

    def reach(self, frame):
        everyone = np.arange(len(frame))
        return self.cutoff * self.units(frame.sizes, everyone[:, None], everyone).max()

    def derivatives(self, frame, i, j, distances):
        """V, V' and V'' of pairs: (3, P)."""
        units = self.units(frame.sizes, i, j)
        values = np.full((3, len(i)), np.nan)
        for (one, other), terms in self.terms.items():
            kinds = {(one, other), (other, one)}
            own = np.any([(frame.species[i] == a) & (frame.species[j] == b) for a, b in kinds], axis=0)
            values[:, own] = terms(distances[own] / units[own]) / units[own] ** np.arange(3)[:, None]
        return values


def lattice_vectors(images, vectors):
    """The sums of so many lattice vectors, one after the other: (P, d)."""
    total = np.zeros((len(images), len(vectors)))
    for number, vector in zip(np.transpose(images), vectors, strict=True):
        total += number[:, None] * vector
    return total


def ordered_pairs(positions, box, cutoff):
    """All ordered pairs (i, j, image of j) closer than ``cutoff``.

    Returns
    -------
    i, j : (P,) ndarray of int
    images : (P, d) ndarray of int
        Lattice numbers of the image of j.
    separations : (P, d) ndarray
        r_j + the image's lattice vectors - r_i.
    """
    differences = positions[None, :, :] - positions[:, None, :]
    reach = np.abs(differences).max(axis=(0, 1)) + cutoff
    # Axis by axis, the last first: images, and the pairs that they leave within the cutoff along the axes so far.
    found = [((), *np.indices(differences.shape[:2]).reshape(2, -1))]
    for axis in reversed(range(box.dimension)):
        last = int(reach[axis] // box.lengths[axis]) + 1
        reach = reach + last * np.abs(box.vectors[axis])
        images = [((number, *image), i, j) for image, i, j in found for number in range(-last, last + 1)]
        found = []
        for image, i, j in images:
            offset = lattice_vectors([image], box.vectors[axis:, axis:])[0, 0]
            near = np.abs(differences[i, j, axis] + offset) < cutoff
            found.append((image, i[near], j[near]))
    pairs = []
    for image, i, j in found:
        separations = differences[i, j] + lattice_vectors([image], box.vectors)
        near = ((separations**2).sum(axis=-1) < cutoff**2) & (np.any(image) | (i != j))
        pairs.append((i[near], j[near], np.tile(image, (near.sum(), 1)), separations[near]))
    return tuple(np.concatenate(parts) for parts in zip(*pairs, strict=True))


def images_of(frame, reach):
    """Every image within ``reach`` cells either way, and the particle it belongs to; the frame itself first."""
    cells = sorted(itertools.product(range(-reach, reach + 1), repeat=frame.dimension), key=np.linalg.norm)
    shifts = lattice_vectors(cells, frame.box.vectors)
    points = (frame.positions + shifts[:, None]).reshape(-1, frame.dimension)
    return points, np.tile(np.arange(len(frame)), len(cells))


def edges_of_images(frame, reach):
    """Delaunay edges at the particles of a frame in the middle of all its images within ``reach`` cells."""
    points, particles = images_of(frame, reach)
    simplices = Delaunay(points).simplices
    corners = itertools.combinations(range(frame.dimension + 1), 2)
    sides = np.concatenate([simplices[:, pair] for pair in corners])
    pairs = particles[sides[(sides < len(frame)).any(axis=1)]]
    return sorted({(min(pair), max(pair)) for pair in pairs.tolist() if pair[0] != pair[1]})


def interacting_pairs(frame, model):
    """The ordered pairs within the cutoff, as i, j, separations (P, d), distances (P,) and V, V', V'' (3, P)."""
    if isinstance(model, Mixture):
        frame = replace(frame, species=model.indices(frame), only_b=True)
    potential = Pairwise.of(model)
    i, j, _, separations = ordered_pairs(frame.positions, frame.box, potential.reach(frame))
    distances = np.sqrt((separations**2).sum(axis=1))
    return i, j, separations, distances, potential.derivatives(frame, i, j, distances)


def energy_forces(frame, model):
    """Energy, forces (N, d) and virial (d, d), Σ over pairs of r_a f_b, of a frame; of a `Mixture` or a `Pairwise`."""
    i, _, separations, distances, (energy, slope, _) = interacting_pairs(frame, model)
    pulls = (slope / distances)[:, None] * separations
    forces = np.zeros_like(frame.positions)
    np.add.at(forces, i, pulls)
    return energy.sum() / 2, forces, -(separations.T @ pulls) / 2


def hessian(frame, model):
    """Second derivatives of the energy, dense (dN, dN), degree of freedom d i + axis."""
    i, j, separations, distances, (_, slope, curvature) = interacting_pairs(frame, model)
    normals = separations / distances[:, None]
    along = normals[:, :, None] * normals[:, None, :]
    across = np.eye(frame.dimension) - along
    springs = curvature[:, None, None] * along + (slope / distances)[:, None, None] * across
    size = len(frame)
    blocks = np.zeros((size, size, frame.dimension, frame.dimension))
    np.add.at(blocks, (i, i), springs)
    np.add.at(blocks, (i, j), -springs)
    return blocks.transpose(0, 2, 1, 3).reshape(frame.dimension * size, -1)


def d2min(frame, later, cutoff):
    """D²_min of each particle, shape (N,): section II of Schoenholz et al. 2014, after Falk and Langer 1998.

    The image of a neighbour is labelled by lattice numbers that do not change at a flip of the tilt, and keeps them.
    """
    i, j, images, separations = ordered_pairs(frame.positions, frame.box, cutoff)
    images = without_flips(images, frame.box)
    # Where the copies at frame.positions are later: the later trajectories, less the lattice vectors of the start.
    moved = later.unwrapped
    if frame.images is not None:
        moved = moved - lattice(later.box, without_flips(frame.images, frame.box))
    later_separations = moved[j] + lattice(later.box, images) - moved[i]
    result = np.zeros(len(frame))
    for particle in np.unique(i):
        own = i == particle
        before, after = separations[own], later_separations[own]
        affine = np.linalg.lstsq(before, after, rcond=None)[0]
        result[particle] = ((after - before @ affine) ** 2).sum()
    return result


def without_flips(images, box):
    """Lattice numbers as if the tilt had never flipped: along x by so many less as rows up."""
    return images - np.outer(images[:, 1], box.flips * np.eye(box.dimension, dtype=int)[0])


def lattice(box, images):
    """Lattice vectors by flip-free numbers: rows are displaced by the total strain, not by the tilt."""
    vectors = box.vectors
    vectors[1, 0] = box.total_strain * box.length_y
    return lattice_vectors(images, vectors)


def central_difference(function, step):
    """Derivative of ``function`` at zero, with an error of fourth order in the step."""
    near, far = function(step) - function(-step), function(2 * step) - function(-2 * step)
    return (8 * near - far) / (12 * step)


# Changes of description that leave the physics as it is.


def wrapped(frame):
    """The same frame with all particles in the cell and the image counters, if known, moved on."""
    positions, images = frame.box.wrap(frame.positions)
    return replace(frame, positions=positions, images=None if frame.images is None else frame.images + images)


def flipped(frame, times=1):
    """The same frame after ``times`` flips of the tilt by -length_x; strain and positions stay."""
    box = frame.box
    images = None
    if frame.images is not None:
        images = frame.images.copy()
        images[:, 0] += times * images[:, 1]
    box = replace(box, tilt=box.tilt - times * box.length_x, strain=box.total_strain)
    return replace(frame, box=box, images=images)


def renumbered(frame, order):
    """The same frame with particle ``order[i]`` as number i."""
    names = [name for name in PER_PARTICLE if getattr(frame, name) is not None]
    return replace(frame, **{name: getattr(frame, name)[order] for name in names})


def disordered_frame(seed, length_x, length_y, tilt, spread=0, length_z=None, tilt_xz=0.0, tilt_yz=0.0):
    """A random binary mixture at density 1.2, with glass-like distances, over 2 spread + 1 cells each way.

    Random sequential insertion of points 0.7 apart, pushed from each other by a few short steps downhill with
    σ_AB and σ_BB as large as in either preset. With ``length_z``, in three dimensions.
    """
    repulsive = Model.preset(sigma=(1.0, 0.88, 0.88))
    repulsive = repulsive if length_z is None else Mixture(repulsive.pairs)
    random = np.random.default_rng(seed)
    box = Box(length_x, length_y, tilt=tilt, strain=tilt / length_y)
    if length_z is not None:
        box = Box(lengths=(length_x, length_y, length_z), tilts=(tilt, tilt_xz, tilt_yz), strain=tilt / length_y)
    positions = np.empty((round(1.2 * box.volume), box.dimension))
    placed = 0
    while placed < len(positions):
        point = np.array([random.uniform(0, side) for side in box.lengths[::-1]][::-1])
        tilted = lattice_vectors([point / box.lengths], box.vectors - np.diag(box.lengths))[0]
        candidate = point + tilted
        separations = box.minimum_image(positions[:placed] - candidate)
        if (np.sqrt((separations**2).sum(axis=1)) > 0.7).all():
            positions[placed] = candidate
            placed += 1
    species = random.permutation(np.arange(len(positions)) >= round(0.65 * len(positions))).astype(int)
    for _ in range(30):
        _, forces, _ = energy_forces(Frame(positions, species, box), repulsive)
        positions = positions + np.clip(1e-3 * forces, -0.03, 0.03)
    positions += lattice_vectors(random.integers(-spread, spread + 1, positions.shape), box.vectors)
    return Frame(positions, species, box)
