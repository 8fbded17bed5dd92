"""Recomputing the parts of a subject, and keeping what they gave beside where it comes from."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from time import perf_counter

from benchmarks.measure import machine
from softspots.commands.progress import Progress

from .stale import part_sources


def recompute(
    subject: str,
    description: str,
    parts: dict,
    file: Path,
    draw: Callable[[dict, Path], None],
    sources: Sequence[str],
) -> None:
    """The command ``python -m validation.SUBJECT [PART ...]``.

    Recomputes all parts, or those that are named, writes each as soon as it is done, and draws
    ``docs/SUBJECT.png`` and ``.pdf`` once there are all.

    Parameters
    ----------
    subject, description : str
        For the help.
    parts : dict
        Each part: its module, and the arguments of the module's ``measure`` and ``work``.
    file : Path
        With provenance and data of every part.
    draw : callable
        Is given the data of all parts, and where to draw, without a suffix.
    sources : sequence of str
        Patterns of files that all parts come from; data say by a checksum of them when they are stale.
    """
    parser = argparse.ArgumentParser(prog=f"python -m validation.{subject}", description=description)
    parser.add_argument("part", nargs="*", help=f"default: all of them: {'; '.join(parts)}")
    chosen = parser.parse_args().part or list(parts)
    if unknown := set(chosen) - set(parts):
        parser.error(f"no such part: {', '.join(sorted(unknown))}; there are: {'; '.join(parts)}")
    described = machine()
    progress = Progress(sum(module.work(**arguments) for module, arguments in map(parts.get, chosen)), 0, True)
    for name in chosen:
        module, arguments = parts[name]
        progress.stage(name)
        begin = perf_counter()
        data = module.measure(progress.advance, **arguments)
        origin = {"wall_seconds": round(perf_counter() - begin), "sources": part_sources(module, sources)}
        record = {"data": data, "provenance": described | origin}
        written = json.loads(file.read_text()) if file.exists() else {}
        written[name] = record
        file.write_text(_text({known: written[known] for known in parts if known in written}), encoding="utf-8")
    progress.close()
    if set(written) == set(parts):
        picture = file.parents[1] / "docs" / subject
        draw({name: record["data"] for name, record in written.items()}, picture)


def _text(records):
    """JSON with a line for each entry of a part."""
    lines = []
    for name, record in records.items():
        entries = [
            f"   {json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}" for key, value in record["data"].items()
        ]
        body = ",\n".join(entries)
        origin = json.dumps(record["provenance"], ensure_ascii=False)
        lines.append(f' {json.dumps(name)}: {{\n  "provenance": {origin},\n  "data": {{\n{body}\n  }}\n }}')
    return "{\n" + ",\n".join(lines) + "\n}\n"
