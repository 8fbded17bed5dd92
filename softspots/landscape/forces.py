"""Energy, forces and virial of a frame."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from softspots import _core
from softspots.frame import Box, Frame
from softspots.model import ContactForm, EvenForm, LennardJonesForm, Mixture, SplineForm
from softspots.objects import require


def box_array(box: Box) -> np.ndarray:
    """The box as the kernels take it: lengths, then tilts."""
    return np.array([*box.lengths, *box.tilts])


@lru_cache(maxsize=32)
def kernel_potential(model: Mixture) -> _core.Potential:
    """The mixture as the kernels take it; one that was here before has its potential already."""
    make = _core.Potential
    match model.form:
        case LennardJonesForm(table, smoothing):
            return make.lennard_jones(table, smoothing)
        case EvenForm((n, m), coefficients):
            return make.powers(n, m, coefficients, model.non_additivity)
        case ContactForm(alpha, coefficients):
            return make.contact(alpha, coefficients, model.non_additivity)
        case SplineForm(inner, cutoff, coefficients):
            return make.spline(inner, cutoff, coefficients, model.non_additivity)


def kernel_arguments(frame: Frame, model: Mixture) -> tuple:
    """What every kernel on one frame takes first."""
    species, sizes = model.indices(frame), model.sizes_of(frame)
    return frame.positions, species, sizes, box_array(frame.box), kernel_potential(model)


def energy_forces(frame: Frame, model: Mixture) -> tuple[float, np.ndarray, np.ndarray]:
    """Potential energy, forces and virial of a frame.

    Parameters
    ----------
    frame : Frame
    model : Mixture

    Returns
    -------
    energy : float
        Total potential energy, in ε_AA.
    forces : (N, 2) ndarray
        In ε_AA/σ_AA.
    virial : (2, 2) ndarray
        Sum over pairs of r_a f_b, in ε_AA; divided by the area it is the configurational part of the pressure tensor.

    Raises
    ------
    InputError
        If the shorter side of the box is less than twice the largest cutoff, or the mixture does not know a particle.
    PhysicsError
        If particles coincide, or all but, so that forces are not finite.
    """
    require("energy_forces", frame=frame, model=model)
    return _core.energy_forces(*kernel_arguments(frame, model))
