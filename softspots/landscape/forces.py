"""Energy, forces and virial of a frame; what acts in it, a mixture through the kernels or other forces as they are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np

from softspots import _core
from softspots.frame import Box, Frame
from softspots.landscape.other import OtherConfiguration
from softspots.model import ContactForm, EvenForm, Forces, LennardJonesForm, Mixture, Scales, SplineForm
from softspots.objects import require

# So that neighbours last for several steps, in the scale of lengths.
MINIMIZE_SKIN = 0.3


def box_array(box: Box) -> np.ndarray:
    """The box as the kernels take it: lengths, then tilts."""
    return np.array([*box.lengths, *box.tilts])


@lru_cache(maxsize=32)
def kernel_potential(model: Mixture) -> _core.Potential:
    """The mixture as the kernels take it; one that was here before has its potential already."""
    return made_by(_core.Potential, model)


def made_by(make: Any, model: Mixture) -> Any:
    """What ``make`` makes of a mixture, a class with the constructors of `_core.Potential`: one for each form."""
    match model.form:
        case LennardJonesForm(table, smoothing):
            return make.lennard_jones(table, smoothing)
        case EvenForm((n, m), coefficients):
            return make.powers(n, m, coefficients, model.non_additivity)
        case ContactForm(alpha, coefficients):
            return make.contact(alpha, coefficients, model.non_additivity)
        case SplineForm(digits, least, cutoff, coefficients):
            return make.spline(digits, least, cutoff, coefficients, model.non_additivity)


def is_mixture(model: Mixture | Forces) -> bool:
    """Whether the kernels know what acts; all else goes by its own energies, forces and Hessians."""
    return hasattr(model, "form")


def acting(model: Mixture | Forces) -> _core.Potential | Forces:
    """What the methods of a `configuration` take."""
    return kernel_potential(model) if is_mixture(model) else model


def units(model: Mixture | Forces) -> tuple[str, str]:
    """The names of the units of energy and length; empty if they are not told."""
    return getattr(model, "units", ("", ""))


def scales(frame: Frame, model: Mixture | Forces) -> Scales:
    """Those of a mixture, for the frame's particles; of other forces, whose scales are not told, their own units."""
    return model.scales(model.sizes_of(frame)) if is_mixture(model) else Scales()


def touch_stiffness(model: Mixture | Forces, force: float, depth: float, scale: Scales) -> float:
    """The stiffness of a mere touch, `Mixture.touch_stiffness`; of other forces, that nobody merely touches.

    Where particles have sizes, the potential is one of distances in these.
    """
    if not is_mixture(model):
        return 0.0
    size = scale.length / model.length_scale
    return model.touch_stiffness(force * size, depth / size) / size**2


def configuration(frame: Frame, model: Mixture | Forces, skin: float = 0.0) -> _core.Configuration | OtherConfiguration:
    """A frame whose neighbours are sorted once for all that is computed on it, as far as the potential reaches.

    With a ``skin`` neighbours are known so much farther, or as far as the box allows.
    """
    if not is_mixture(model):
        return OtherConfiguration(frame)
    species, sizes, potential = model.indices(frame), model.sizes_of(frame), kernel_potential(model)
    reach = potential.reach(sizes)
    skin = max(min(skin, 0.5 * min(frame.box.lengths) - reach), 0.0)
    return _core.Configuration(frame.positions, species, sizes, box_array(frame.box), reach + skin, potential)


def forces_at(frame: Frame, model: Mixture | Forces) -> Callable[[np.ndarray], np.ndarray]:
    """What gives the forces (N, d) of a frame's particles at other positions, without a frame for each."""
    if not is_mixture(model):
        return lambda positions: OtherConfiguration(replace(frame, positions=positions)).energy_forces(model)[1]
    potential, sizes = kernel_potential(model), model.sizes_of(frame)
    rest = model.indices(frame), sizes, box_array(frame.box), potential.reach(sizes), potential
    return lambda positions: _core.Configuration(positions, *rest).energy_forces(potential)[1]


def minimize(
    frame: Frame, model: Mixture | Forces, method: str, max_force: float, max_evaluations: int
) -> tuple[Frame, int]:
    """The frame moved downhill by "lbfgs", "cg" or "fire", and how many force evaluations that took.

    It ends where no force component reaches ``max_force``, ``max_evaluations`` are spent, or rounding stops all
    progress.
    """
    scale = scales(frame, model)
    start = configuration(frame, model, MINIMIZE_SKIN * scale.length)
    positions, evaluations = start.minimize(
        acting(model), method, max_force, max_evaluations, scale.length, scale.energy
    )
    return replace(frame, positions=positions), evaluations


def energy_forces(frame: Frame, model: Mixture | Forces) -> tuple[float, np.ndarray, np.ndarray]:
    """Potential energy, forces and virial of a frame.

    Parameters
    ----------
    frame : Frame
    model : Mixture or Forces
        Other forces than a mixture's are in their own units.

    Returns
    -------
    energy : float
        Total potential energy, in the unit of the mixture's ε.
    forces : (N, d) ndarray
        In the units of the mixture, energy over length.
    virial : (d, d) ndarray
        Sum over pairs of r_a f_b, an energy; divided by the volume, in two dimensions the area, it is the
        configurational part of the pressure tensor.

    Raises
    ------
    InputError
        If the shortest side of the box is less than twice the largest cutoff, or the mixture does not know a particle.
    PhysicsError
        If particles coincide, or all but, so that forces are not finite.
    """
    require("energy_forces", or_forces=True, frame=frame, model=model)
    return configuration(frame, model).energy_forces(acting(model))
