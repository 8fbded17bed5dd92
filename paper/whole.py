"""All that is kept of a condition as one: the numbers of its frames, F_s of its dynamics alone, its experiments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from softspots.curve import Curve
from softspots.estimate import Estimate
from softspots.io.reduced import Reduced
from softspots.reasons import joined

from .conditions import CONDITIONS, Condition, condition, read_data, read_relaxation
from .numbers import from_raw
from .seeds import of_latest_edition, with_seeds

OF_F_S = ("scattering", "tau_star", "tau_alpha")


@dataclass(frozen=True, eq=False, repr=False)
class Whole(Reduced):
    """The reduced data of a condition's frames, with F_s, τ* and τ_α of its dynamics alone where there are any.

    Parameters
    ----------
    configuration, provenance, axes, measured, missing, checked, dimension
        As of `Reduced`.
    alone : dict
        The provenance of F_s, τ* and τ_α of the dynamics alone, with the name of their ``condition``; or empty.
    scattering : Curve, optional
        F_s of the dynamics alone, whose lags are others than those of the frames.
    given : dict of str to Estimate
        τ* and τ_α of the condition that it does again: what is looked at in units of them, is in these.
    experiments : dict of str to Estimate
        By their titles.
    """

    alone: Mapping[str, Any] = field(default_factory=dict)
    scattering: Curve | None = None
    given: Mapping[str, Estimate] = field(default_factory=dict)
    experiments: Mapping[str, Estimate] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Estimate | Curve:
        own = name == "scattering" and self.scattering is not None
        return self.scattering if own else super().__getitem__(name)


def read_whole(one: Condition) -> Whole | None:
    """All that is kept of a condition; None if its frames have not been reduced.

    F_s, τ* and τ_α are those of its dynamics alone, if there are any: over a strain of 1.3 instead of some 0.1 to 1. A
    condition that is done again for its frames has none of its own then, but those of the first run.
    """
    data = read_data(one)
    return None if data is None else _whole(one, data)


def _whole(one: Condition, data: Reduced) -> Whole:
    measured = {name: found for name, found in data.measured.items() if name not in OF_F_S}
    missing = {name: reason for name, reason in data.missing.items() if name not in OF_F_S}
    further = {"experiments": from_raw(one)[0]}
    if alone := read_relaxation(one):
        note = f"of the dynamics alone, over a strain of {alone.provenance['strain']:.2g}"
        found = {name: replace(each, note=joined(note, each.note)) for name, each in alone.measured.items()}
        measured, missing = measured | found, missing | alone.missing
        further |= {"scattering": alone["scattering"], "alone": alone.provenance | {"condition": one.name}}
    elif one.repeats and (alone := read_relaxation(condition(one.repeats))):
        missing |= dict.fromkeys(OF_F_S, f"that of {one.repeats}, of the dynamics alone")
        further["given"] = {name: found for name, found in alone.measured.items() if name != "scattering"}
        further["alone"] = alone.provenance | {"condition": one.repeats}
    else:
        measured, missing = data.measured, data.missing
    return Whole(**vars(data) | {"measured": measured, "missing": missing} | further)


def read_shown(one: Condition) -> Whole | None:
    """What figures show of a condition; None if nothing of it is there.

    While its own frames are of the first edition, those of a seed of the second count. F_s, τ* and τ_α are its own.
    """
    names = with_seeds(one.name)
    runs = {each.name: data for each in CONDITIONS if each.name in names and (data := read_data(each))}
    if not runs:
        return None
    name, data = next(iter(of_latest_edition(runs).items()))
    return replace(_whole(one, data), experiments=from_raw(condition(name))[0])


def read_column(one: Condition) -> Whole | None:
    """The same for the table of all runs side by side, where τ* is that of the frames: their lags are others."""
    own = read_data(one)
    if own is None:
        return None
    whole = _whole(one, own)
    if whole.scattering is None:
        return whole
    if "tau_star" not in own:
        measured = {name: found for name, found in whole.measured.items() if name != "tau_star"}
        return replace(whole, measured=measured, missing=whole.missing | {"tau_star": own.missing["tau_star"]})
    note = "of the series of frames; that of the dynamics alone is among the experiments"
    found = replace(own.measured["tau_star"], note=joined(note, own["tau_star"].note))
    missing = {name: reason for name, reason in whole.missing.items() if name != "tau_star"}
    return replace(whole, measured=whole.measured | {"tau_star": found}, missing=missing)
