"""Memory of a process that does one frame after the other."""

from __future__ import annotations

import ctypes

# Parameters of mallopt, from malloc.h of the GNU C library.
_TRIM_THRESHOLD, _MMAP_MAX = -1, -4


def keep_memory() -> None:
    """Keep from now on what the process frees, for its own next use.

    Otherwise the C library gives every large array back to the system, which clears each page that it hands out again:
    a twentieth of the time of a frame. Without the GNU C library, nothing changes.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return
    mallopt(_MMAP_MAX, 0)
    mallopt(_TRIM_THRESHOLD, 2**31 - 1)
