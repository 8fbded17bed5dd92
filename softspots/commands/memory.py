"""Memory of a process that does one frame after the other: what it takes, and that it keeps it."""

from __future__ import annotations

import ctypes
import os
from pathlib import Path

# Of the container, as it sees itself, by versions 2 and 1 of Linux's control groups; "max" if there is no limit.
CONTAINER_LIMITS = Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes")
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


def needed_memory(particles: int, modes: int, dimension: int = 2) -> int:
    """About how many bytes a rank takes for frame after frame.

    From measurements (`benchmarks/results.json`): in two dimensions right to a tenth up to 30,000 particles and 500
    modes, and two thirds of what 100,000 take, whose factor fills in more. Each mode takes three vectors of the basis,
    in double and in single precision, and two of its own. In three dimensions, where a factor grows as N^(4/3), right
    to a tenth for 1,000 and 4,000 particles with 65 neighbours.
    """
    bases = 52 * dimension * particles * modes
    if dimension == 2:
        return 160_000_000 + 15_000 * particles + bases
    return 160_000_000 + 60_000 * particles + round(12e8 * (particles / 10_000) ** (4 / 3)) + bases


def machine_memory() -> int:
    """Bytes of memory that the processes of this machine can have, or of this container, if that allows less."""
    there = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    limits = [path.read_text(encoding="ascii").strip() for path in CONTAINER_LIMITS if path.exists()]
    return min([there, *(int(limit) for limit in limits if limit.isdecimal())])
