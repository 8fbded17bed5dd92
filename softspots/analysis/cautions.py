"""What makes results mean little: hardly a solid, other forces, one soft spot alone, another strain rate.

Sentences for tables and notes.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from softspots.frame import Frame

# Parts of the particles from which on there is a caution: so many rearrange; so many are on one soft spot, which has
# most of all that are on any.
NEARLY_ALL, LARGE, MOST = 0.9, 0.2, 0.5
# Many solids melt where their particles move about their places by 0.15 of their distance, root mean square
# (Lindemann): heat seldom moves them twice as far, in mean distances ρ^(-1/d). In two dimensions it takes them farther
# in larger systems, and avalanches of a sheared solid come on top: single frames of sound runs come near this, and a
# liquid may stay below.
FARTHEST = 0.3
# Of d T/2 for each particle, the potential energy of harmonic vibrations; that of others is not twice as large.
MOST_HEAT = 2.0
LARGEST = "the largest soft spot has"
# By so much of itself a strain rate may be off: barostats move the strain of boxes a little.
SAME_RATE = 0.05
# Strains that differ by less are the same: files have boxes to some digits only.
SAME_STRAIN = 1e-5


def of_liquid(rearranging: int, known: int) -> str:
    """A sentence where nearly all of the particles of known D²_min rearrange, else nothing."""
    if not rearranging > NEARLY_ALL * known:
        return ""
    return f"{100 * rearranging / known:.0f} % of all particles rearrange, as in a liquid: soft spots cannot say where"


def of_one_spot(labels: np.ndarray) -> str:
    """A sentence where one soft spot has most particles that are on any, and many of all, else nothing.

    Parameters
    ----------
    labels : (F, N) ndarray of int
        The soft spot of each particle, -1 for none.
    """
    sizes = [np.bincount(frame[frame >= 0]) for frame in labels]
    return of_spot_sizes(sizes, labels.size, "--n-modes, --n-particles")


def of_spot_sizes(sizes: Sequence[np.ndarray], particles: int, options: str = "n_modes, n_particles") -> str:
    """The same of the sizes of the soft spots of each frame, and the particles of all together; `options` are named."""
    marked, largest = sum(int(frame.sum()) for frame in sizes), sum(int(frame.max(initial=0)) for frame in sizes)
    if not (largest > LARGE * particles and largest > MOST * marked):
        return ""
    return (
        f"{LARGEST} {100 * largest / marked:.0f} % of the particles on any, "
        f"{100 * largest / particles:.0f} % of all: fewer modes or particles ({options}), or a larger "
        "system, tell spots apart"
    )


def of_quench(frame: Frame, distance: float, energy: float, temperature: float | None = None) -> str:
    """A sentence where frames are farther from their minima than heat takes those of most solids, else nothing.

    Where there is none, it may be a liquid all the same. Particles whose species are exchanged, or a wrong potential,
    end in a minimum too, but far away and deep down.

    Parameters
    ----------
    frame : Frame
        One of them.
    distance : float
        From frames to their inherent structures, root mean square over the particles.
    energy : float
        By how much these are lower, per particle.
    temperature : float, optional
        Of the frames, in the unit of energy (k_B = 1); None where it may be in another.
    """
    dimension = frame.dimension
    far, said = distance * (len(frame) / frame.box.volume) ** (1 / dimension), []
    if far > FARTHEST:
        said.append(
            f"particles move by {far:.3g} mean distances to their inherent structures, root mean square, and those of "
            f"most solids by less than {FARTHEST:g}"
        )
    heat = dimension / 2 * (temperature or 0.0)
    if temperature is not None and energy > MOST_HEAT * heat:
        said.append(f"quenches take {energy:.3g} of energy per particle, of which T = {temperature:g} gives {heat:.3g}")
    if not said:
        return ""
    return f"{'; '.join(said)}: is it hot or a liquid, or do types, model or unit not fit the frames?"


def without_spots(cautions: str) -> str:
    """Those of a file that are not of its soft spots: what an analysis says of these, it has found itself."""
    return "; ".join(one for one in cautions.split("; ") if not one.startswith(LARGEST))


def of_strain_rate(times: np.ndarray, strains: np.ndarray, strain_rate: float | None) -> str:
    """A sentence where the strain of frames does not go with their time as a strain rate says, else nothing.

    Where the strain goes to and fro there is no rate to compare with.

    Parameters
    ----------
    times, strains : (F,) ndarray
        NaN where they are not known.
    strain_rate : float or None
        What is said of the run; None if nothing is.
    """
    known = np.isfinite(times) & np.isfinite(strains)
    duration = np.diff(times[known])
    if strain_rate is None or not len(duration) or not (duration > 0).all():
        return ""
    steps = np.diff(strains[known])
    rate = steps.sum() / duration.sum()
    still = np.ptp(strains[known]) < SAME_STRAIN
    to_and_fro = not still and abs(steps.sum()) < (1 - SAME_RATE) * abs(steps).sum()
    allowed = max(SAME_RATE * max(abs(rate), abs(strain_rate)), SAME_STRAIN / duration.sum())
    if to_and_fro or abs(rate - strain_rate) <= allowed:
        return ""
    return (
        f"the strain rate is said to be {strain_rate:g}, but the strain of the frames goes from "
        f"{strains[known][0]:.3g} to {strains[known][-1]:.3g}, by {rate:.3g} per unit of time: is it another rate, or "
        "another unit of time (--timestep)?"
    )
