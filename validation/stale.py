"""Data that were computed with other code than is here now: a test of them is no agreement."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from paper.sources import checksum, read


def part_sources(module, patterns: Sequence[str]) -> str:
    """The checksum of what a part comes from: its module, and the sources that the subject names."""
    return checksum(read((*patterns, f"validation/{Path(module.__file__).name}")))


class Parts(dict):
    """The parts that a subject has written; a test that takes a stale one is expected to fail, and says so.

    Parameters
    ----------
    file : Path
        As `validation.parts.recompute` writes it.
    parts : dict
        Each part: its module and arguments.
    sources : sequence of str
        What the subject comes from, patterns of files.
    """

    def __init__(self, file: Path, parts: dict, sources: Sequence[str]):
        super().__init__(json.loads(file.read_text(encoding="utf-8")))
        self._subject, self._parts, self._sources = file.stem, parts, sources

    def __getitem__(self, name):
        record = super().__getitem__(name)
        if reason := self.stale(name):
            pytest.xfail(reason)
        return record

    def stale(self, name: str) -> str:
        """Why a part is stale; empty if it is not."""
        provenance = self.get(name)["provenance"]
        if provenance.get("sources") == part_sources(self._parts[name][0], self._sources):
            return ""
        return (
            f"stale: {name} was computed by other sources than these, at commit {provenance['commit'][:10]}; "
            f"python -m validation.{self._subject} {name!r} computes it anew"
        )
