"""Memory of a process that does one frame after the other: what it takes, and that it keeps it."""

from __future__ import annotations

import ctypes
import os
from pathlib import Path

from softspots.landscape.cost import of_filter

# Of the container, as it sees itself, by versions 2 and 1 of Linux's control groups; "max" if there is no limit.
CONTAINER_LIMITS = Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes")
# What Python and the libraries take, in bytes.
FIXED = 160_000_000
# Parameters of mallopt, from malloc.h of the GNU C library.
_TRIM_THRESHOLD, _MMAP_MAX = -1, -4


def keep_memory() -> None:
    """Keep from now on what the process frees, for its own next use.

    Otherwise the C library gives every large array back to the system, which clears each page that it hands out again:
    a twentieth of the time of a frame. Without the GNU C library, nothing changes.
    """
    if mallopt := getattr(ctypes.CDLL(None), "mallopt", None):
        mallopt(_MMAP_MAX, 0)
        mallopt(_TRIM_THRESHOLD, 2**31 - 1)


def needed_memory(particles: int, modes: int, dimension: int = 2, neighbours: float = 65.0) -> int:
    """About how many bytes a rank takes for frame after frame.

    From measurements (`benchmarks/results.json`): in two dimensions right to a tenth up to 30,000 particles and 500
    modes, and two thirds of what 100,000 take, whose factor fills in more. Each mode takes three vectors of the basis,
    in double and in single precision, and two of its own. In three dimensions it is what the filter takes, which finds
    the modes there, and depends on the ``neighbours`` of a particle within the cutoff: right to a sixth from 1,000 to
    8,000 particles. A quench that random vectors do not certify, which is rare, takes more: it needs a factor.
    """
    if dimension == 2:
        return FIXED + 15_000 * particles + 104 * particles * modes
    # Of any degree.
    return FIXED + round(of_filter(3 * particles, round(9 * particles * (neighbours + 1)), modes, degree=0).bytes)


def machine_memory() -> int:
    """Bytes of memory that the processes of this machine can have, or of this container, if that allows less."""
    there = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    limits = [path.read_text(encoding="ascii").strip() for path in CONTAINER_LIMITS if path.exists()]
    return min([there, *(int(limit) for limit in limits if limit.isdecimal())])
