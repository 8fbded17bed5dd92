"""An exclusive claim on a folder: one writer, whatever the locks of HDF5 are set to.

A claim is a file that only one process can make. It names its holder, who keeps it locked as long as it lives and
removes it at the end. So a claim without its lock is one that a kill has left, and is taken over: if its holder ran on
this machine, where locks are known to tell. Other machines may share the folder, and not all file systems share locks
between them: a claim from there is refused, with words about how to remove it.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import socket
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from softspots.exceptions import OutputError, system_errors

CLAIM = "claim"
# Between making a claim and locking it, or taking one over, lie microseconds; a run at its very end takes longer.
PATIENCE = 1.0  # s
_FREE, _HELD, _UNKNOWN = "free", "held", "unknown"


@contextlib.contextmanager
def claimed(folder: str | os.PathLike[str]) -> Iterator[None]:
    """Hold the folder alone; a context manager.

    Raises
    ------
    OutputError
        If another process holds it, or may hold it on another machine, or the claim cannot be made.
    """
    path = Path(folder) / CLAIM
    with system_errors(OutputError, f"--output: {path} cannot be made or locked"):
        descriptor = _take(path)
    try:
        yield
    finally:
        if _has_name(descriptor, path):
            path.unlink()
        os.close(descriptor)


def _take(path: Path) -> int:
    """The descriptor of the claim, written and, where the file system knows locks, locked."""
    deadline = time.monotonic() + PATIENCE
    while True:
        made, descriptor = _open(path)
        try:
            waited = time.monotonic() > deadline
            lock = _lock(descriptor)
            holder = os.pread(descriptor, 10_000, 0)
            # Who waited for a lock may have got that of a file which is no claim any more.
            named = _has_name(descriptor, path)
            if named and _is_free(lock, holder, made, waited):
                os.ftruncate(descriptor, 0)
                os.pwrite(descriptor, json.dumps(_this_process()).encode(), 0)
                os.fsync(descriptor)
                descriptor, taken = -1, descriptor
                return taken
            if waited or (named and holder and lock != _HELD):
                raise OutputError(_refusal(path, holder, lock))
        finally:
            if descriptor >= 0:
                os.close(descriptor)
        time.sleep(0.02)


def _open(path: Path) -> tuple[bool, int]:
    """Whether the claim was made here, and its descriptor."""
    flags = os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC
    while True:
        with contextlib.suppress(FileExistsError):
            return True, os.open(path, flags | os.O_CREAT | os.O_EXCL, 0o666)
        with contextlib.suppress(FileNotFoundError):
            return False, os.open(path, flags)


def _lock(descriptor: int) -> str:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in (errno.EWOULDBLOCK, errno.EACCES):
            return _HELD
        if error.errno in (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP):
            return _UNKNOWN
        raise
    return _FREE


def _has_name(descriptor: int, path: Path) -> bool:
    with contextlib.suppress(FileNotFoundError):
        return os.path.samestat(os.fstat(descriptor), os.lstat(path))
    return False


def _is_free(lock: str, holder: bytes, made: bool, waited: bool) -> bool:
    """Whether the claim is this process's to take."""
    if not holder:
        # Empty: made here, or by one that was killed before it could write.
        return (made and lock != _HELD) or (waited and lock == _FREE)
    return lock == _FREE and _was_here(_parsed(holder))


def _was_here(holder: dict[str, Any]) -> bool:
    """Whether the holder ran under the kernel that runs now, or under an earlier one of this machine."""
    here = _this_process()
    same_kernel = here["boot"] and here["boot"] == holder.get("boot")
    same_machine = here["machine"] and all(here[key] == holder.get(key) for key in ("host", "machine"))
    return bool(same_kernel or same_machine)


def _this_process() -> dict[str, Any]:
    return {
        "host": socket.gethostname(),
        "machine": _text("/etc/machine-id"),
        "boot": _text("/proc/sys/kernel/random/boot_id"),
        "pid": os.getpid(),
        "since": datetime.now().astimezone().isoformat(timespec="seconds"),
    }


def _text(path: str) -> str:
    try:
        return Path(path).read_text(encoding="ascii").strip()
    except OSError:
        return ""


def _parsed(holder: bytes) -> dict[str, Any]:
    try:
        found = json.loads(holder)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _refusal(path: Path, holder: bytes, lock: str) -> str:
    found = _parsed(holder)
    if not {"host", "pid", "since"} <= found.keys():
        if lock == _HELD:
            return f"--output: got {path.parent}, which another process has claimed; allowed: another folder"
        return (
            f"--output: got {path.parent}, where {CLAIM} does not say who has it; if no run writes there, remove "
            f"{path}; else take another folder"
        )
    who = f"process {found['pid']} on {found['host']} has claimed since {found['since']}"
    if lock == _HELD:
        return f"--output: got {path.parent}, which {who}; allowed: another folder, or wait until that run has ended"
    return f"--output: got {path.parent}, which {who}; if that run has ended, remove {path}; else take another folder"
