"""Files that are whole or not there: written under another name, then moved to their place."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from os import PathLike
from pathlib import Path
from tempfile import TemporaryDirectory

from softspots.exceptions import OutputError, system_errors

UNFINISHED = ".unfinished-"


@contextmanager
def replacing(path: str | PathLike[str]) -> Iterator[Path]:
    """A path to write to; at the end what is there replaces ``path``, and after an error ``path`` is as it was.

    It lies in a new folder beside ``path``, with a name that cannot be guessed, which goes at the end. A link at
    ``path`` is replaced itself, not what it points at.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    path = Path(path)
    with (
        system_errors(OutputError, f"{path} cannot be written"),
        TemporaryDirectory(prefix=UNFINISHED, dir=path.parent) as folder,
    ):
        unfinished = Path(folder, path.name)
        yield unfinished
        os.replace(unfinished, path)


def remove_leftovers(folder: str | PathLike[str]) -> None:
    """Remove what kills have left of unfinished files in a folder; only for the one who holds it."""
    for path in Path(folder).glob(UNFINISHED + "*"):
        shutil.rmtree(path, ignore_errors=True)
