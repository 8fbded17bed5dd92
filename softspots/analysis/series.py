"""Several runs side by side: those that differ in temperature only, or in strain rate only, and what they share."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from softspots.analysis.correlations import Collapse, collapse
from softspots.curve import Curve
from softspots.estimate import Estimate
from softspots.exceptions import InputError
from softspots.io.reduced import Reduced
from softspots.model.composition import same_parameter

# Parameters that say what solid a run is of.
OF_SOLID = ("dimension", "model", "mixture", "density", "fraction_a", "fractions")
OF_SOLID += ("smoothing", "cutoff", "cutoff_per_pair", "inner_cutoff")
COLLAPSING = ("scattering", "c_dd", "c_ss", "c_sd", "alive")


@dataclass(frozen=True)
class Series:
    """Runs that are drawn together.

    Parameters
    ----------
    varies : {"temperature", "strain_rate", "nothing"}
    runs : tuple of Reduced
        By rising temperature, or strain rate.
    solid : int
        Number of the solid that they are all of, where there are several and the runs differ in a condition; else 0.
    """

    varies: str
    runs: tuple[Reduced, ...]
    solid: int = 0

    @property
    def name(self) -> str:
        """A name for files, such as ``rates_T0.1``."""
        first = self.runs[0]
        parts = {
            "temperature": ("temperatures", first.rate_label),
            "strain_rate": ("rates", first.temperature_label),
            "nothing": (first.label,),
        }[self.varies]
        return "_".join(filter(None, (*parts, f"solid{self.solid}" if self.solid else "")))


def misfit(one: Reduced, other: Reduced) -> str:
    """The first parameter, with its values, by which two runs are of different solids; nothing if they are of one.

    Densities are the same but for rounding, fractions to one particle; what a file does not say is not another's.
    """
    known, others = (run.configuration | {"dimension": run.dimension} for run in (one, other))
    particles = min(values.get("particles", math.inf) for values in (known, others))
    for name in OF_SOLID:
        first, second = known.get(name), others.get(name)
        if None not in (first, second) and not same_parameter(name, first, second, particles):
            words = (f"{value:g}" if isinstance(value, float) else str(value) for value in (first, second))
            return name.replace("_", " ") + ("" if name == "mixture" else f", {' and '.join(words)}")
    return ""


def solids_of(runs: Sequence[Reduced]) -> list[list[Reduced]]:
    """The runs of each solid: one mixture, density and dimension."""
    found = []
    for run in runs:
        for members in found:
            if not any(misfit(member, run) for member in members):
                members.append(run)
                break
        else:
            found.append([run])
    return found


def series_of(runs: Sequence[Reduced]) -> list[Series]:
    """The series that the runs make: of temperatures at each strain rate, of strain rates at each temperature.

    Each of these is of one solid. Runs in no series of two conditions or more make one of their own, with others of the
    same condition beside them, also of other solids.

    Raises
    ------
    InputError
        If some runs know their temperature, or strain rate, and others do not.
    """
    for name in ("temperature", "strain_rate"):
        if len({getattr(run, name) is None for run in runs}) == 2:
            raise InputError(
                f"some runs have a {name.replace('_', ' ')} and of others it is not known: "
                f"give it (--{name.replace('_', '-')}), or analyze them apart"
            )
    found, placed = [], set()
    solids = solids_of(runs)
    for varies, fixed in (("temperature", "strain_rate"), ("strain_rate", "temperature")):
        for value in sorted({getattr(run, fixed) for run in runs}):
            for number, solid in enumerate(solids, 1):
                members = [run for run in solid if getattr(run, fixed) == value]
                if len({getattr(run, varies) for run in members}) > 1:
                    ordered = tuple(sorted(members, key=lambda run: getattr(run, varies)))
                    found.append(Series(varies, ordered, number if len(solids) > 1 else 0))
                    placed.update(map(id, members))
    alone = {}
    for run in runs:
        if id(run) not in placed:
            alone.setdefault((run.temperature, run.strain_rate), []).append(run)
    return found + [Series("nothing", tuple(members)) for members in alone.values()]


def collapses(series: Series) -> dict[str, Collapse]:
    """How well F_s, C_DD, C_SS, C_SD and P(τ_L ≥ δt) collapse with the strain rate, if two runs or more have them."""
    found = {}
    if series.varies != "strain_rate":
        return found
    for name in COLLAPSING:
        runs = [run for run in series.runs if name in run and run.strain_rate > 0]
        known = [(run.strain_rate, _known(run[name])) for run in runs]
        # A curve that is known at one lag has no course.
        known = [(rate, curve) for rate, curve in known if len(curve.x) > 1]
        # Curves without a range of γ̇ δt in common say nothing.
        ends = [rate * curve.x[[0, -1]] for rate, curve in known]
        if len({rate for rate, _ in known}) > 1 and max(first for first, _ in ends) < min(last for _, last in ends):
            rates, curves = zip(*known, strict=True)
            found[name] = collapse(curves, rates)
    return found


def _known(curve: Curve) -> Curve:
    """The curve at the lags above 0 that have an interval, and pairs of frames in every resample."""
    known = (curve.x > 0) & np.isfinite(curve.known_resamples).all(axis=0)
    return curve[known]


def relaxation_exponent(series: Series) -> Estimate | None:
    """The slope of log τ_α against log γ̇: −1 where the strain rate sets the time; None without two rates.

    A straight line of least squares; resamples of the runs, which are independent, go together one by one.
    """
    if series.varies != "strain_rate":
        return None
    runs = [run for run in series.runs if "tau_alpha" in run and run.strain_rate > 0]
    if len({run.strain_rate for run in runs}) < 2:
        return None
    logs = np.log([run.strain_rate for run in runs])
    logs -= logs.mean()

    def slope(times):
        # Where relaxation outlives a resample there is no slope.
        with np.errstate(invalid="ignore"):
            return logs @ np.log(times) / (logs @ logs)

    values = slope(np.array([run["tau_alpha"].value for run in runs]))
    resampled = slope(np.array([run["tau_alpha"].known_resamples for run in runs]))
    return Estimate.of(float(values), resampled, max(run["tau_alpha"].block for run in runs))
