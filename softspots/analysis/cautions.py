"""What makes a map mean little: there is hardly a solid, or one soft spot alone. Sentences for tables and notes."""

from __future__ import annotations

import numpy as np

# Parts of the particles from which on there is a caution: so many rearrange; so many are on one soft spot, which has
# most of all that are on any.
NEARLY_ALL, LARGE, MOST = 0.9, 0.2, 0.5


def of_liquid(rearranging: int, known: int) -> str:
    """A sentence where nearly all of the particles of known D²_min rearrange, else nothing."""
    if not rearranging > NEARLY_ALL * known:
        return ""
    return f"{100 * rearranging / known:.0f} % of all particles rearrange, as in a liquid: soft spots cannot say where"


def of_one_spot(labels: np.ndarray) -> str:
    """A sentence where one soft spot has most particles that are on any, and many of all, else nothing.

    Parameters
    ----------
    labels : (F, N) ndarray of int
        The soft spot of each particle, -1 for none.
    """
    marked = np.count_nonzero(labels >= 0)
    largest = sum(np.bincount(frame[frame >= 0]).max(initial=0) for frame in labels)
    if not (largest > LARGE * labels.size and largest > MOST * marked):
        return ""
    return (
        f"the largest soft spot has {100 * largest / marked:.0f} % of the particles on any, "
        f"{100 * largest / labels.size:.0f} % of all: fewer modes or particles (--n-modes, --n-particles), or a larger "
        "system, tell spots apart"
    )
