"""The periodic Delaunay triangulation in three dimensions, from Qhull's of the particles and their images around."""

from __future__ import annotations

import itertools

import numpy as np
from scipy.spatial import Delaunay, QhullError

from softspots.box import Box
from softspots.exceptions import InputError

# How far images are taken at first, in mean distances (V/N)^(1/3): circumspheres of a glass reach no farther.
FIRST_MARGIN = 2.0
# A side of a Voronoi cell that is thinner than this, in distances to the particle, is a line or a point.
THIN = 1e-9
# A tetrahedron whose volume is this part of the product of its edges has a center that rounding has made up.
FLAT = 1e-7


def triangulated_pairs(positions: np.ndarray, box: Box) -> np.ndarray:
    """Pairs (E, 2) of particles, the lower first, sorted, whose periodic Voronoi cells share a side.

    A tetrahedron of the finite set of images within a margin of the box is one of the infinite set if its circumsphere,
    which is empty, lies within that margin, where all images are there. If that holds of all tetrahedra at the
    particles in the box, and these lie inside of the convex hull, then those are all that they have. Otherwise the
    margin is widened until it does.

    Raises
    ------
    InputError
        If particles coincide, or lie closer than rounding can tell apart.
    """
    wrapped, _ = box.wrap(positions)
    margin = FIRST_MARGIN * np.cbrt(box.volume / len(positions))
    while True:
        points, owners = images_within(wrapped, box, margin)
        corners, centers, radii, reach = _tetrahedra(points, len(positions), box)
        if reach <= margin:
            return _pairs_with_sides(corners, centers, radii, owners, len(positions))
        # No farther than rounding needs, but where the hull does not tell how far.
        margin = 1.001 * reach if np.isfinite(reach) else 2 * margin


def images_within(positions: np.ndarray, box: Box, margin: float) -> tuple[np.ndarray, np.ndarray]:
    """All images of particles in the box that lie at most ``margin`` beyond it, and whose they are.

    The particles themselves are the first.
    """
    points, owners = positions, np.arange(len(positions))
    for axis, vector in reversed([*enumerate(box.vectors)]):
        side = vector[axis]
        lowest = np.ceil((-margin - points[:, axis]) / side)
        numbers = lowest + np.arange(np.floor((side + 2 * margin) / side) + 1)[:, None]
        near = points[:, axis] + numbers * side <= side + margin
        chosen = near.nonzero()[1]
        points = points[chosen] + numbers[near][:, None] * vector
        owners = owners[chosen]
    own = (points == positions[owners]).all(axis=1)
    return np.concatenate((positions, points[~own])), np.concatenate((np.arange(len(positions)), owners[~own]))


def _tetrahedra(points: np.ndarray, inside: int, box: Box):
    """The tetrahedra at the first ``inside`` points, as corners (T, 4), and those that are not flat: centers and radii.

    Last, how far beyond the box their circumspheres reach; infinite if it has to be farther than can be told.
    """
    nothing = None, None, None, np.inf
    try:
        mesh = Delaunay(points)
    except QhullError:
        # All in one plane: too few.
        return nothing
    if len(mesh.coplanar):
        raise InputError(
            "delaunay_edges: particles coincide, or lie closer than rounding can tell; they must lie apart"
        )
    if mesh.convex_hull.min() < inside:
        return nothing
    corners = mesh.simplices[(mesh.simplices < inside).any(axis=1)]
    edges = points[corners[:, 1:]] - points[corners[:, :1]]
    lengths = np.linalg.norm(edges, axis=2)
    solid = np.abs(np.linalg.det(edges)) > FLAT * lengths.prod(axis=1)
    corners, edges, squares = corners[solid], edges[solid], lengths[solid] ** 2
    offsets = np.linalg.solve(edges, squares[:, :, None] / 2)[:, :, 0]
    centers, radii = points[corners[:, 0]] + offsets, np.linalg.norm(offsets, axis=1)
    beyond = np.maximum(-centers, centers - box.lengths).max(axis=1) + radii
    return corners, centers, radii, beyond.max(initial=0.0)


def _pairs_with_sides(corners, centers, radii, owners, inside: int) -> np.ndarray:
    """The edges, told at their end of lower number, whose Voronoi sides have an area."""
    ways = [*itertools.permutations(range(4), 2)]
    edges = np.concatenate([corners[:, way] for way in ways])
    around = np.tile(np.arange(len(corners)), len(ways))
    own = (edges[:, 0] < inside) & (owners[edges[:, 0]] < owners[edges[:, 1]])
    edges, around = edges[own], around[own]
    if not len(edges):
        return np.empty((0, 2), dtype=np.int32)
    order = np.lexsort(edges.T[::-1])
    edges, around = edges[order], around[order]
    first = np.flatnonzero(np.any(np.diff(edges, axis=0, prepend=-1), axis=1))
    number = np.repeat(np.arange(len(first)), np.diff(np.append(first, len(edges))))
    # The corners of each side lie in a plane: how long it is from the first one, and how wide across that.
    spread = centers[around] - centers[around[first]][number]
    lengths = np.linalg.norm(spread, axis=1)
    farthest = np.lexsort((lengths, number))[np.append(first[1:], len(edges)) - 1]
    longest = lengths[farthest]
    along = spread[farthest] / np.where(longest > 0, longest, 1.0)[:, None]
    across = np.linalg.norm(np.cross(spread, along[number]), axis=1)
    wide = np.maximum.reduceat(across, first) > THIN * radii[around[first]]
    return np.unique(owners[edges[first[wide]]], axis=0).astype(np.int32)
