"""The units that pictures name: those of the paper's mixture, plain ones of any other, or those of other forces."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from softspots.io.attributes import UNNAMED, is_of_paper, unit_of_time, units_of_forces
from softspots.io.reduced import Reduced
from softspots.model import Forces, Mixture, Model


@dataclass(frozen=True)
class Units:
    """Length and energy as TeX has them, without dollars."""

    length: str
    energy: str

    @property
    def activity(self) -> str:
        """The label of D²_min."""
        return rf"$D^2_{{\min}}$ (${self.length}^2$)"

    @property
    def relative_activity(self) -> str:
        """The label of D²_min/T."""
        return rf"$D^2_{{\min}}/T$ ($k_\mathrm{{B}}{self.length}^2/{self.energy}$)"


PAPER = Units(r"\sigma_\mathrm{AA}", r"\varepsilon_\mathrm{AA}")
OWN = Units(r"\sigma", r"\varepsilon")
IN_TEX = {Model.units: PAPER, Mixture.units: OWN}


def units_of(model: Mixture | Forces | None) -> Units:
    """σ_AA and ε_AA of the paper's mixture; of other forces their own; of any other, or none, plain σ and ε."""
    unnamed = Mixture.units if model is None else UNNAMED
    return named(tuple(getattr(model, "units", unnamed)))


def units_of_run(configuration: Mapping) -> Units:
    """The same of what a run says of itself."""
    return named(units_of_forces(configuration) or (Model if is_of_paper(configuration) else Mixture).units)


def named(units: tuple[str, str]) -> Units:
    """Energy and length by their names."""
    return IN_TEX.get(units) or Units(*(rf"\mathrm{{{name}}}" for name in reversed(units)))


def units_of_runs(runs: Iterable[Reduced]) -> Units:
    """The same of runs that are drawn together."""
    found = {units_of_run(run.configuration) for run in runs}
    return found.pop() if len(found) == 1 else OWN


def time_of_runs(runs: Iterable[Reduced]) -> str:
    """The unit of time of runs that are drawn together: τ, or steps where it is not known how long one is."""
    found = {unit_of_time(run.provenance, r"\tau", r"\mathrm{steps}") for run in runs}
    return r"\ \mathrm{or}\ ".join(sorted(found))
