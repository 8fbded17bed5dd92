"""What lowest modes will cost, by each way to find them: bytes and seconds, predicted."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from softspots import _core
from softspots.exceptions import ShortageError

# Vectors per mode in the end, beside some blocks, on an inverse and with a filter; and those that there is room for.
INVERSE_WIDTH, FILTER_WIDTH = 3.0, 2.45
# A second of one core, an AMD EPYC of 2022: operations of a factorisation, of solves and of products; and seconds of a
# basis for each component of a pair of its vectors, and for three of them. Others are faster or slower in all alike.
FACTOR_RATE, SOLVE_RATE, PRODUCT_RATE = 3.2e10, 2.4e10, 3.0e10
BASIS_TIME, PROJECTED_TIME = 4e-11, 1.5e-10
# Eigenvalues of sound: the lowest part f of all modes reaches up to this, times f^(2/d), of the largest.
DEBYE = 0.11
# Bytes an entry: of the matrix, which is copied as it is checked, tied and factorised; of its blocks and those in the
# order that they came in; of the factor in CHOLMOD, as it leaves it, and as it is packed; of the basis with its copy.
MATRIX, BLOCKS, OWN, LEFT, PACKED, BASIS = 48, 20, 8, 20, 8, 12
# Part of the memory that is free, and is to stay so.
RESERVE = 0.1
_FREE = Path("/proc/meminfo")
_CONTAINER = Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory.current")


@dataclass(frozen=True)
class Fill:
    """What a Cholesky factor has: entries, operations to find it, and whether it is there already."""

    entries: float
    operations: float
    there: bool = False


@dataclass(frozen=True)
class Cost:
    """Bytes of memory and seconds on one core."""

    bytes: float
    seconds: float

    def __str__(self) -> str:
        return f"{self.bytes / 1e9:.2g} GB and {self.seconds:.2g} s"


def of_lanczos(size: int, nonzeros: int, count: int, fill: Fill) -> Cost:
    """Of block Lanczos on the inverse of a matrix (size, size)."""
    width = INVERSE_WIDTH * count + 2 * _core.BLOCK_WIDTH
    # Two triangles, a product and a sum an entry of each.
    solves = width * 4 * fill.entries / SOLVE_RATE
    factor = 0.0 if fill.there else fill.operations / FACTOR_RATE
    return Cost(lanczos_bytes(size, nonzeros, count, fill.entries, width), factor + solves + _basis_time(size, width))


def of_filter(size: int, nonzeros: int, count: int, degree: float) -> Cost:
    """Of block Lanczos on a polynomial of the matrix of this degree."""
    width = FILTER_WIDTH * count + 2 * _core.BLOCK_WIDTH
    products = width * degree * 2 * nonzeros / PRODUCT_RATE
    return Cost(filter_bytes(size, nonzeros, count, width), products + _basis_time(size, width))


def of_arpack(size: int, nonzeros: int, count: int, fill: Fill) -> Cost:
    """Of ARPACK on the inverse, which goes through the factor for one vector as often as for a block."""
    restarts = 2.5
    solves = restarts * count * 4 * fill.entries / (SOLVE_RATE / 4)
    factor = 0.0 if fill.there else fill.operations / FACTOR_RATE
    kept = MATRIX * nonzeros + OWN * fill.entries + 8 * size * (3 * count + 20)
    return Cost(kept, factor + solves + 8 * _basis_time(size, 2 * count))


def of_dense(size: int) -> Cost:
    return Cost(4 * 8 * size**2, 4 * size**3 / FACTOR_RATE)


def lanczos_bytes(size: int, nonzeros: int, count: int, entries: float, width: float) -> float:
    """At the most: CHOLMOD leaves its factor only to take it along, then it is packed, and then the basis grows."""
    packing = (OWN + LEFT) * entries
    return MATRIX * nonzeros + max(
        packing + PACKED * entries, (OWN + PACKED) * entries + _basis_bytes(size, count, width)
    )


def filter_bytes(size: int, nonzeros: int, count: int, width: float) -> float:
    return (MATRIX + BLOCKS) * nonzeros + _basis_bytes(size, count, width)


def likely_degree(size: int, dimension: int, amplified: float, amplification: float) -> float:
    """Of the polynomial that lifts so many modes out of others by ``exp(amplification)``, if these are sound."""
    return amplification / (2 * np.sqrt(DEBYE * min(amplified / size, 1.0) ** (2 / dimension)))


def free_memory() -> float:
    """Bytes that this process may still take, of what the machine has free or the container allows, less a reserve."""
    free = []
    if _FREE.exists():
        lines = dict(line.split(":") for line in _FREE.read_text(encoding="ascii").splitlines())
        free.append(1024 * int(lines["MemAvailable"].split()[0]))
    if all(path.exists() for path in _CONTAINER):
        allowed, taken = (path.read_text(encoding="ascii").strip() for path in _CONTAINER)
        if allowed.isdecimal():
            free.append(int(allowed) - int(taken))
    if not free:
        free.append(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    return (1 - RESERVE) * min(free)


def require_room(what: str, cost: Cost, limit: float) -> None:
    if cost.bytes > limit:
        raise ShortageError(
            f"lowest_modes: {what} takes {cost.bytes / 1e9:.3g} GB by prediction; {limit / 1e9:.3g} GB are allowed"
        )


def _basis_bytes(size: int, count: int, width: float) -> float:
    # With vectors, and what is made of the projected matrix.
    return BASIS * size * width + 8 * size * count + 3 * 8 * width**2


def _basis_time(size: int, width: float) -> float:
    return BASIS_TIME * size * width**2 + PROJECTED_TIME * width**3
