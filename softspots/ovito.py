"""Soft spots in OVITO: a modifier that finds and colours them in a pipeline."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib import colormaps

from softspots.exceptions import InputError, PhysicsError
from softspots.extras import load_extra
from softspots.io.readers import read
from softspots.landscape.modes import hessian, lowest_modes
from softspots.landscape.quench import inherent_structure
from softspots.model import Mixture
from softspots.structure.counts import PARTICLES, mode_counts
from softspots.structure.spots import soft_spots

_traits = load_extra("traits.api")

# Spots have these colours by turns, and what is on none is pale.
COLORS, PALE = np.array(colormaps["tab10"].colors), (0.85, 0.85, 0.85)


class SoftSpotsModifier(load_extra("ovito.pipeline").ModifierInterface):
    """Find the soft spots of the inherent structure of what flows through a pipeline, and colour its particles by them.

    New properties of particles: ``Soft Spot``, numbers from 1, 0 for none; ``Participation Fraction``
    (`Modes.participation_fraction`); ``Color``. New attributes: ``SoftSpots.count`` and ``SoftSpots.density``.
    Particles stay where they are.

    Parameters
    ----------
    model : Mixture, Forces, or str
        The forces, or the name of a preset.
    types, sizes, dimension, unit : optional
        What the data leave open, as for `softspots.read`.
    modes : int, optional
        How many modes are found and make the map. Default: the paper's 430 of 20,000 degrees of freedom, in proportion.
    n_particles : int, optional
        How many particles are taken from each. Default: the paper's 20.

    Raises
    ------
    InputError, PhysicsError
        When the pipeline is computed: if something has to be said, or no certified minimum is found.

    Examples
    --------
    >>> from ovito.io import import_file
    >>> from softspots.ovito import SoftSpotsModifier
    >>> pipeline = import_file("glass.lammpstrj")
    >>> pipeline.modifiers.append(SoftSpotsModifier(model="kob-andersen", types={1: "A", 2: "B"}, modes=40))
    >>> spots = pipeline.compute(0).particles["Soft Spot"]
    """

    model = _traits.Any()
    types = _traits.Any()
    sizes = _traits.Any()
    dimension = _traits.Any()
    unit = _traits.Float(1.0)
    modes = _traits.Int(0)
    n_particles = _traits.Int(PARTICLES)

    def modify(self, data: Any, **_: Any) -> None:
        """What OVITO calls, with the data that are changed in their place."""
        if self.model is None:
            raise InputError(
                "SoftSpotsModifier: model is missing; a mixture, forces, or the name of a preset is needed"
            )
        model = Mixture.preset(self.model) if isinstance(self.model, str) else self.model
        frame = read(data, types=self.types, sizes=self.sizes, dimension=self.dimension, unit=self.unit)[0]
        minimum = inherent_structure(frame, model)
        if not minimum.certified:
            raise PhysicsError(f"SoftSpotsModifier: the quench is not certified: {minimum.stability.reason}")
        count = self.modes or mode_counts(len(frame), frame.dimension)["n_modes"]
        modes = lowest_modes(hessian(minimum, model), count, stability=minimum.stability)
        spots = soft_spots(minimum.frame, modes, count, self.n_particles)
        _show(data, frame, spots, modes.participation_fraction)


def _show(data, frame, spots, participation) -> None:
    """Put what was found beside the particles of the data, which may be in another order than those of the frame."""
    particles = data.particles_
    place = slice(None)
    if frame.ids is not None:
        place = np.searchsorted(frame.ids, np.array(particles["Particle Identifier"]))
    labels = spots.labels[place]
    colors = np.where(labels[:, None] >= 0, COLORS[labels % len(COLORS)], PALE)
    for name, values in (
        ("Soft Spot", labels + 1),
        ("Participation Fraction", participation[place]),
        ("Color", colors),
    ):
        particles.create_property(name, data=values)
    data.attributes["SoftSpots.count"] = len(spots)
    data.attributes["SoftSpots.density"] = spots.density
