"""Connected clusters of particles in a periodic box."""

from __future__ import annotations

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import breadth_first_order, connected_components

from softspots.frame import Box
from softspots.structure.counts import FEWEST


def make_whole(positions: np.ndarray, box: Box, edges: np.ndarray) -> np.ndarray:
    """Positions (N, d) with each cluster that ``edges`` (E, 2) connect in one piece, at its particle of lowest id.

    Edges are taken by their shortest images. A cluster that reaches around the box is cut open somewhere.
    """
    size = len(positions)
    _, component = connected_components(_graph(edges, size), directed=False)
    first = np.unique(component, return_index=True)[1]
    # One more node is the root of a tree of all clusters.
    branches = np.column_stack((first, np.full(len(first), size)))
    _, before = breadth_first_order(_graph(np.concatenate((edges, branches)), size + 1), size, directed=False)
    before[size] = size
    padded = np.concatenate((positions, np.zeros((1, box.dimension))))
    whole = box.minimum_image(padded - padded[before])
    whole[first] = positions[first]
    whole[size] = 0
    # Sums along the branches, twice as far each time.
    while (before < size).any():
        whole += whole[before]
        before = before[before]
    return whole[:size]


def label_clusters(on_map: np.ndarray, edges: np.ndarray, min_particles: int = FEWEST) -> np.ndarray:
    """Number the connected clusters of the particles on a map.

    Parameters
    ----------
    on_map : (N,) array_like of bool
        Whether the particle is on the map.
    edges : (E, 2) array_like of int
        Pairs of particles that are connected if both are on the map.
    min_particles : int
        Smaller clusters are dropped; 4 are needed for a T1 event (Schoenholz et al. 2014, section II).

    Returns
    -------
    (N,) ndarray of int32
        Number of the cluster, in the order of their lowest particle ids; -1 off the map or dropped.
    """
    on_map = np.asarray(on_map, dtype=bool)
    inner = np.asarray(edges)[on_map[edges].all(axis=1)]
    _, component = connected_components(_graph(inner, on_map.size), directed=False)
    particles = np.flatnonzero(on_map)
    _, first, cluster, sizes = np.unique(
        component[particles], return_index=True, return_inverse=True, return_counts=True
    )
    kept = np.flatnonzero(sizes >= min_particles)
    numbers = np.full(len(sizes), -1)
    numbers[kept[np.argsort(first[kept])]] = np.arange(len(kept))
    labels = np.full(on_map.size, -1, dtype=np.int32)
    labels[particles] = numbers[cluster]
    return labels


def _graph(edges: np.ndarray, size: int) -> coo_array:
    return coo_array((np.ones(len(edges), dtype=bool), tuple(np.transpose(edges))), shape=(size, size))
