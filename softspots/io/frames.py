"""Frames of the dynamics as results files have them, variable by variable."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from softspots.arrays import whole_array
from softspots.box import Box
from softspots.exceptions import DamagedFileError, InputError
from softspots.frame import Frame
from softspots.io.schema import BOX_LENGTH, PARTICLE_ID, SIZE, SPECIES_NAME

if TYPE_CHECKING:
    from softspots.io.results import Results

# By dimension, the names of the lengths, which are those of the run, and of the tilts, which are a frame's own.
LENGTHS = {2: ("length_x", "length_y"), 3: ("length_x", "length_y", "length_z")}
TILTS = {2: ("tilt",), 3: ("tilt", "tilt_xz", "tilt_yz")}


def frame_values(frame: Frame) -> dict[str, Any]:
    """What `ResultsWriter.write_frame` takes of a frame of the dynamics; strain and images only if they are known."""
    own = {"time": frame.time, "strain": frame.box.strain, "position": frame.positions, "image": frame.images}
    known = {name: value for name, value in own.items() if value is not None}
    return known | dict(zip(TILTS[frame.dimension], frame.box.tilts, strict=True))


def frame_from(like: Frame, values: Mapping[str, Any]) -> Frame:
    """The frame with such values, of the particles of ``like``, any frame of the run.

    Without lengths of its own it has those of ``like``; without a strain or images they are not known; without a time
    it is 0.
    """
    tilts, strain = [float(values[name]) for name in TILTS[like.dimension]], values.get("strain")
    lengths = [float(one) for one in values.get(BOX_LENGTH, like.box.lengths)]
    box = Box(lengths=lengths, tilts=tilts, strain=None if strain is None else float(strain))
    own = {"time": float(values.get("time", 0.0)), "images": values.get("image")}
    return replace(like, positions=values["position"], box=box, **own)


def own_ids(frame: Frame) -> np.ndarray | None:
    """The ids of a frame's particles where files have to keep them; None where they are not known, or are the rows."""
    return None if frame.ids is None or np.array_equal(frame.ids, np.arange(len(frame))) else frame.ids


def particles(results: Results, dimension: int) -> Frame:
    """A frame of the particles of a results file, all in one place, in a box of the run's lengths without a tilt.

    Raises
    ------
    DamagedFileError
        If the file is damaged, or there can be no such particles.
    """
    species = results["species"]
    try:
        box = Box(lengths=[float(results[name]) for name in LENGTHS[dimension]], strain=0.0)
        if SPECIES_NAME in results:
            names = results[SPECIES_NAME]
            species = names[whole_array("species", species, ("N",), 0, len(names) - 1)]
        places = np.zeros((len(species), dimension))
        ids = results[PARTICLE_ID] if PARTICLE_ID in results else np.arange(len(species))
        sizes = {"sizes": results[SIZE]} if SIZE in results else {}
        return Frame(places, species, box, ids=ids, only_b=True, **sizes)
    except InputError as error:
        raise DamagedFileError(f"{results.path}: {error}") from error
