"""Frames with what was found for each particle, for other programs: files, and objects of their libraries."""

from softspots.io.writers.objects import to_ase, to_ovito
from softspots.io.writers.writing import write

__all__ = ["to_ase", "to_ovito", "write"]
