"""What a call must give, from the slow oracle, and how far rounding may take it from there."""

from dataclasses import dataclass, replace

import numpy as np
from reference import interacting_pairs, ordered_pairs

from softspots.frame import Box

EPS = np.finfo(float).eps
# Sums of the powers of a pair energy: each is rounded a few times, and the constants of the smoothing are larger than
# the terms that they cancel.
ROUNDING = 1e-11
# A derivative of r^-12 with respect to log r, twice over.
SENSITIVITY = 500


@dataclass(frozen=True)
class Expected:
    """A value and the error that it may have, entry by entry."""

    value: np.ndarray
    error: np.ndarray

    def check(self, found):
        """See that ``found`` is within the error, and finite."""
        found = np.asarray(found)
        assert found.shape == self.value.shape
        assert np.isfinite(found).all()
        excess = np.abs(found - self.value) - self.error
        assert not (excess > 0).any(), f"off by {np.abs(found - self.value).max()}, allowed {self.error.max()}"


def folded(frame):
    """The same lattice and particles with the tilt of least size and particles in the cell: the oracle lists images."""
    box = frame.box
    tilt = box.tilt - box.length_x * round(box.tilt / box.length_x)
    folded = Box(box.length_x, box.length_y, tilt=tilt)
    return replace(frame, positions=folded.wrap(box.wrap(frame.positions)[0])[0], box=folded, images=None)


def coordinate_rounding(frame):
    """How well a distance in the frame is known: some units in the last place of the numbers that make it."""
    box = frame.box
    rows = np.abs(frame.positions[:, 1] / box.length_y).max() + 2
    return 8 * EPS * (np.abs(frame.positions).max() + rows * (abs(box.tilt) + box.length_x) + box.length_y)


class Sums:
    """Energy, forces, virial and Hessian of a frame with their errors; all errors infinite where pairs nearly touch."""

    def __init__(self, frame, model):
        shift = coordinate_rounding(frame)
        frame = folded(frame)
        with np.errstate(all="ignore"):
            i, j, separations, distances, (energy, slope, curvature) = interacting_pairs(frame, model)
            self.closest = distances.min(initial=np.inf)
            sigma = np.array(model.sigma)[frame.species[i] + frame.species[j]]
            # The tail of a switch is as large as its force where it begins.
            unit = sigma if model.cutoff_per_pair else 1.0
            length = np.minimum(distances, model.inner_cutoff * unit) if model.smoothing == "switch" else distances
            size = 4 * max(model.epsilon) * ((sigma / length) ** 12 + (sigma / length) ** 6)
            relative = ROUNDING + SENSITIVITY * shift / length
            energy_error, slope_error = size * relative, size / length * relative
            curvature_error = SENSITIVITY * size / length**2 * relative
            normals = separations / distances[:, None]
            pulls = slope[:, None] * normals
            self.size = size.sum()
            count = len(frame)
            self.energy = Expected(energy.sum() / 2, energy_error.sum() / 2)
            self.forces = Expected(_summed(i, pulls, count), 2 * _summed(i, slope_error[:, None] + 0 * pulls, count))
            self.virial = Expected(
                -(separations.T @ pulls) / 2, np.full((2, 2), (slope_error * distances + energy_error).sum())
            )
            along = normals[:, :, None] * normals[:, None, :]
            springs = curvature[:, None, None] * along + (slope / distances)[:, None, None] * (np.eye(2) - along)
            errors = np.broadcast_to(curvature_error[:, None, None], springs.shape)
            self.hessian = Expected(_blocks(i, j, springs, -1, count), _blocks(i, j, errors, 1, count))
        self.decided = shift < 1e-6 * self.closest and np.isfinite(self.size)


def _summed(i, values, count):
    total = np.zeros((count, 2))
    np.add.at(total, i, values)
    return total


def _blocks(i, j, values, sign, count):
    blocks = np.zeros((count, count, 2, 2))
    np.add.at(blocks, (i, i), values)
    np.add.at(blocks, (i, j), sign * values)
    return blocks.transpose(0, 2, 1, 3).reshape(2 * count, 2 * count)


def near_pairs(frame, length):
    """Pairs at most ``length`` apart, each once, and whether rounding leaves none of them in doubt."""
    margin = 10 * coordinate_rounding(frame)
    i, j, _, separations = ordered_pairs(folded(frame).positions, folded(frame).box, length + margin)
    distances = np.sqrt((separations**2).sum(axis=1))
    sure = not (np.abs(distances - length) <= margin).any()
    return sorted({(a, b) for a, b in zip(i.tolist(), j.tolist(), strict=True) if a < b}), sure


def clusters(on_map, edges, least):
    """Labels of the connected clusters of a map, by spreading from particle to particle."""
    neighbours = {particle: set() for particle in np.flatnonzero(on_map).tolist()}
    for a, b in edges:
        if on_map[a] and on_map[b]:
            neighbours[a].add(b)
            neighbours[b].add(a)
    labels, seen, number = np.full(len(on_map), -1), set(), 0
    for particle in sorted(neighbours):
        cluster, border = set(), {particle} - seen
        while border:
            cluster |= border
            border = set().union(*(neighbours[one] for one in border)) - cluster
        if cluster and len(cluster) >= least:
            labels[sorted(cluster)] = number
            number += 1
        seen |= cluster
    return labels
