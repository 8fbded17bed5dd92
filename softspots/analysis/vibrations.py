"""The density of states of inherent structures, from their lowest modes, and where its boson peak stands."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from softspots.analysis.bootstrap import bootstrap, fraction
from softspots.arrays import float_array, whole_number
from softspots.curve import Curve
from softspots.estimate import Estimate, competing
from softspots.exceptions import InputError

# Half the width of the window over which D(ω)/ω is averaged, in lowest frequencies: plane waves of a small box have
# levels at 1, √2, 2, √5, ... of these, which a narrower window would show.
SMOOTHING = 2.0
FREQUENCIES = 150
# A peak rises above D(ω)/ω on both sides of it by more than all of that curve is off at once with this probability, and
# by more than the borders of two windows cut. Of a single frame, where levels repel each other, a border cuts at most
# so many levels that a flat curve of 150 windows shows no peak (180 spectra of random matrices; 2.8 were needed).
SURE, LEVELS = 0.95, 3.0
# Plane waves of a periodic box stand in shells of equal frequency, alike in all frames: no resampling sees them. By
# them Debye's own spectrum has maxima of up to 0.23 of their height (c_L/c_T of 1.2 to 4, 125 to 1500 modes).
HEIGHT = 0.25
WITHIN = "within its noise, or a quarter,"


@dataclass(frozen=True, eq=False)
class DensityOfStates:
    """D(ω)/ω, averaged over frames and over a window in ω.

    Parameters
    ----------
    states : Curve
        D(ω)/ω, the share of all degrees of freedom per ω and ω; in three dimensions D(ω)/ω². Over ω, the centers of the
        windows, of which the first is half their width.
    below : Curve
        How many modes lie below ω, the translations left out.
    peak : Estimate or None
        Number of the mode at which D(ω)/ω is largest; None if it has no peak that stands out of its noise.
    no_peak : str
        Why it has none.
    """

    states: Curve
    below: Curve
    peak: Estimate | None
    no_peak: str = ""


def density_of_states(eigenvalues: np.ndarray, particles: int, dimension: int = 2) -> DensityOfStates:
    """D(ω)/ω^(d − 1) and its largest value, the boson peak.

    Averaged over [ω − w, ω + w] with weight ω^(d − 1) it is the number of modes there over d N times the integral of
    the weight, in two dimensions 2N · 2ωw, so that Debye's D ∝ ω^(d − 1) is flat whatever the width. The half width w
    is twice the lowest frequency, averaged over frames, which is that of the longest transverse wave. Where it is
    broad, the place of its maximum depends on w. It is a peak if D(ω)/ω^(d − 1) is lower on both sides of it by more
    than its noise, and by a quarter or more: plane waves of a periodic box alone make less.

    Parameters
    ----------
    eigenvalues : (F, M) array_like of float
        ω² of the lowest modes of each frame, rising, the translations left out, in ε_AA/(m σ_AA²).
    particles : int
        N.
    dimension : {2, 3}, optional
        d, of space.

    Returns
    -------
    DensityOfStates

    Raises
    ------
    InputError
        If an eigenvalue is not positive, or the modes do not reach beyond the width of a window.

    Notes
    -----
    Schoenholz et al. 2014, section II, where the peak stands "on average, at 270 modes" of N = 10,000.
    """
    particles = whole_number("density_of_states: particles", particles, 1)
    dimension = whole_number("density_of_states: dimension", dimension, 2, 3)
    eigenvalues = float_array("density_of_states: eigenvalues", eigenvalues, ("frames", "modes"))
    if eigenvalues.size == 0 or not (eigenvalues > 0).all():
        raise InputError(
            f"density_of_states: eigenvalues have shape {eigenvalues.shape} and {np.count_nonzero(eigenvalues <= 0)} "
            "are not positive; (frames, modes) is needed, not empty, all positive"
        )
    frequencies = np.sqrt(eigenvalues)
    half_width = SMOOTHING * frequencies[:, 0].mean()
    # Beyond the least of the highest frequencies some frame has modes that were not computed.
    last = frequencies[:, -1].min()
    if last <= 2 * half_width:
        raise InputError(
            f"density_of_states: modes are known up to ω = {last:.3g}; "
            f"more than {2 * half_width:.3g}, the width of a window, are needed"
        )
    centres = np.linspace(half_width, last - half_width, FREQUENCIES)
    left, middle, right = (
        np.array([np.searchsorted(frame, edges) for frame in frequencies])
        for edges in (centres - half_width, centres, centres + half_width)
    )
    volume = dimension * particles * 2 * centres * half_width
    if dimension == 3:
        # ((ω + w)³ − (ω − w)³)/3 is 2ωw times this.
        volume = volume * (centres + half_width**2 / (3 * centres))

    def average(inside, below, frames):
        return fraction(np.stack((inside / volume, below), axis=-2), frames[..., None, None])

    found = bootstrap(average, right - left, middle, np.ones(len(frequencies)))
    states, below = (Curve.over(centres, found.map(lambda values, which=which: values[which])) for which in (0, 1))
    # The peak is where the largest of the states are, those known least among them.
    peak = found.map(lambda values: values[1][values[0].argmax()], (0, competing(states)))
    no_peak = _no_peak(states, 1 / volume)
    return DensityOfStates(states, below, None if no_peak else peak, no_peak)


def _no_peak(states: Curve, level: np.ndarray) -> str:
    """Why the maximum of the states is no peak, nothing if it is one; ``level`` is what one mode in a window makes."""
    errors = np.std(states.resampled, axis=0)
    off = np.divide(abs(states.resampled - states.value), errors, out=np.zeros_like(states.resampled), where=errors > 0)
    known = np.maximum(np.min(states.independent), 1)
    noise = np.maximum(np.quantile(off.max(axis=1), SURE) * errors, max(LEVELS / np.sqrt(known), 1.0) * level)
    top = states.value.argmax()
    lower = states.value < np.minimum(states.value[top] - noise[top] - noise, (1 - HEIGHT) * states.value[top])
    rises, falls = lower[:top].any(), lower[top:].any()
    if rises and falls:
        return ""
    if rises:
        return f"{WITHIN} D(ω)/ω does not fall beyond its maximum, up to the highest of the modes"
    return f"{WITHIN} D(ω)/ω is {'largest at the lowest frequencies' if falls else 'flat'}: it has no peak"
