"""By what files in formats of others are known as ours, and where they hold what these formats have no place for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# Among the values of the whole frame, under "software"; "strain" beside it is then the total strain of the box.
SOFTWARE = "softspots"
# Diameters in full precision: radii, which OVITO draws, and diameters of GSD have single precision.
SIZE = "size"
# In extended XYZ, image counters.
IMAGE = "image"
# In GSD, among what is logged: further values of particles, one of them their own numbers; and those of the frame;
# lattice vectors as rows once more, as its own are too few digits for a strain.
PARTICLES = "particles/"
TIME, STRAIN, CELL = f"{SOFTWARE}/time", f"{SOFTWARE}/strain", f"{SOFTWARE}/cell"
IDS = f"{PARTICLES}{SOFTWARE}_id"


def is_ours(values: Mapping[str, Any]) -> bool:
    """Whether values of a whole frame, by their names, say that softspots has written it."""
    return values.get("software") == SOFTWARE


def strain_of(values: Mapping[str, Any]) -> float | None:
    """The total strain among values of a whole frame of ours; None if it is not known, or the frame is another's."""
    return float(values["strain"]) if is_ours(values) and "strain" in values else None
