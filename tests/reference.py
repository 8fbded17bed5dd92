"""Slow and plain NumPy versions of the kernels, written from the formulas alone: the oracle of the tests.

Sums run over the periodic images themselves, found by listing every image that can reach: no minimum
images, no cells, no cutoff on the size of the box. Memory grows as N² and is meant for N of a few hundred.
"""

from dataclasses import replace

import numpy as np
from scipy.interpolate import CubicHermiteSpline
from scipy.spatial import Delaunay

from softspots.frame import Box, Frame
from softspots.model import Model

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


def ordered_pairs(positions, box, cutoff):
    """All ordered pairs (i, j, image of j) closer than ``cutoff``.

    Returns
    -------
    i, j : (P,) ndarray of int
    columns, rows : (P,) ndarray of int
        Lattice numbers of the image of j.
    separations : (P, 2) ndarray
        r_j + columns (length_x, 0) + rows (tilt, length_y) - r_i.
    """
    differences = positions[None, :, :] - positions[:, None, :]
    reach = np.abs(differences).max(axis=(0, 1)) + cutoff
    last_row = int(reach[1] // box.length_y) + 1
    last_column = int((reach[0] + last_row * abs(box.tilt)) // box.length_x) + 1
    found = []
    for row in range(-last_row, last_row + 1):
        for column in range(-last_column, last_column + 1):
            images = differences + np.array((column * box.length_x + row * box.tilt, row * box.length_y))
            near = (images**2).sum(axis=-1) < cutoff**2
            if row == 0 and column == 0:
                np.fill_diagonal(near, False)
            i, j = near.nonzero()
            found.append((i, j, np.full(len(i), column), np.full(len(i), row), images[i, j]))
    return tuple(np.concatenate(parts) for parts in zip(*found, strict=True))


def images_of(frame, reach):
    """Every image within ``reach`` cells either way, and the particle it belongs to; the frame itself first."""
    box = frame.box
    cells = sorted(((a, b) for a in range(-reach, reach + 1) for b in range(-reach, reach + 1)), key=np.linalg.norm)
    shifts = np.array([(a * box.length_x + b * box.tilt, b * box.length_y) for a, b in cells])
    points = (frame.positions + shifts[:, None]).reshape(-1, 2)
    return points, np.tile(np.arange(len(frame)), len(cells))


def edges_of_images(frame, reach):
    """Delaunay edges at the particles of a frame in the middle of all its images within ``reach`` cells."""
    points, particles = images_of(frame, reach)
    sides = np.concatenate([Delaunay(points).simplices[:, pair] for pair in ([0, 1], [1, 2], [2, 0])])
    pairs = particles[sides[(sides < len(frame)).any(axis=1)]]
    return sorted({(min(pair), max(pair)) for pair in pairs.tolist() if pair[0] != pair[1]})


def interacting_pairs(frame, model):
    """The ordered pairs within the cutoff, as i, j, separations (P, 2), distances (P,) and V, V', V'' (3, P)."""
    i, j, _, _, separations = ordered_pairs(frame.positions, frame.box, model.largest_cutoff)
    distances = np.sqrt((separations**2).sum(axis=1))
    pair = frame.species[i] + frame.species[j]
    potential = np.choose(pair, [pair_potential(model, kind, distances) for kind in range(3)])
    return i, j, separations, distances, potential


def energy_forces(frame, model):
    """Energy, forces (N, 2) and virial (2, 2), Σ over pairs of r_a f_b, of a frame."""
    i, _, separations, distances, (energy, slope, _) = interacting_pairs(frame, model)
    pulls = (slope / distances)[:, None] * separations
    forces = np.zeros_like(frame.positions)
    np.add.at(forces, i, pulls)
    return energy.sum() / 2, forces, -(separations.T @ pulls) / 2


def hessian(frame, model):
    """Second derivatives of the energy, dense (2N, 2N), degree of freedom 2 i + axis."""
    i, j, separations, distances, (_, slope, curvature) = interacting_pairs(frame, model)
    normals = separations / distances[:, None]
    along = normals[:, :, None] * normals[:, None, :]
    springs = curvature[:, None, None] * along + (slope / distances)[:, None, None] * (np.eye(2) - along)
    size = len(frame)
    blocks = np.zeros((size, size, 2, 2))
    np.add.at(blocks, (i, i), springs)
    np.add.at(blocks, (i, j), -springs)
    return blocks.transpose(0, 2, 1, 3).reshape(2 * size, 2 * size)


def d2min(frame, later, cutoff):
    """D²_min of each particle, shape (N,): section II of Schoenholz et al. 2014, after Falk and Langer 1998.

    The image of a neighbour is labelled by lattice numbers that do not change at a flip of the tilt, and keeps them.
    """
    box = frame.box
    i, j, columns, rows, separations = ordered_pairs(frame.positions, box, cutoff)
    columns = columns - box.flips * rows
    # Where the copies at frame.positions are later: the later trajectories, less the lattice vectors of the start.
    moved = later.unwrapped
    if frame.images is not None:
        own_columns, own_rows = frame.images.T
        moved = moved - lattice(later.box, own_columns - box.flips * own_rows, own_rows)
    later_separations = moved[j] + lattice(later.box, columns, rows) - moved[i]
    result = np.zeros(len(frame))
    for particle in np.unique(i):
        own = i == particle
        before, after = separations[own], later_separations[own]
        affine = np.linalg.lstsq(before, after, rcond=None)[0]
        result[particle] = ((after - before @ affine) ** 2).sum()
    return result


def lattice(box, columns, rows):
    """Lattice vectors by flip-free numbers: rows are displaced by the total strain, not by the tilt."""
    return np.column_stack((columns * box.length_x + rows * box.total_strain * box.length_y, rows * box.length_y))


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
    images = None if frame.images is None else frame.images + np.outer(frame.images[:, 1], (times, 0))
    return replace(
        frame, box=Box(box.length_x, box.length_y, box.tilt - times * box.length_x, box.total_strain), images=images
    )


def renumbered(frame, order):
    """The same frame with particle ``order[i]`` as number i."""
    names = [name for name in ("positions", "species", "images", "ids") if getattr(frame, name) is not None]
    return replace(frame, **{name: getattr(frame, name)[order] for name in names})


def disordered_frame(seed, length_x, length_y, tilt, spread=0):
    """A random binary mixture at density 1.2, with glass-like distances, over 2 spread + 1 cells each way.

    Random sequential insertion of points 0.7 apart, pushed from each other by a few short steps downhill with
    σ_AB and σ_BB as large as in either preset.
    """
    repulsive = Model.preset(sigma=(1.0, 0.88, 0.88))
    random = np.random.default_rng(seed)
    box = Box(length_x, length_y, tilt, tilt / length_y)
    positions = np.empty((round(1.2 * box.area), 2))
    placed = 0
    while placed < len(positions):
        height = random.uniform(0, length_y)
        candidate = np.array((random.uniform(0, length_x) + height / length_y * tilt, height))
        if (np.hypot(*box.minimum_image(positions[:placed] - candidate).T) > 0.7).all():
            positions[placed] = candidate
            placed += 1
    species = random.permutation(np.arange(len(positions)) >= round(0.65 * len(positions))).astype(int)
    for _ in range(30):
        _, forces, _ = energy_forces(Frame(positions, species, box), repulsive)
        positions = positions + np.clip(1e-3 * forces, -0.03, 0.03)
    columns, rows = random.integers(-spread, spread + 1, positions.shape).T
    positions += np.column_stack((columns * length_x + rows * tilt, rows * length_y))
    return Frame(positions, species, box)
