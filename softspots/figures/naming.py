"""What runs are called where several stand together: what tells one from the others, for legends and for files."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from softspots.io.attributes import CHANGEABLE, TRAJECTORY, unit_of_time
from softspots.io.reduced import Reduced

# These say how much is sampled or kept, how fast, or are named apart; what is seen does not depend on them.
UNNAMED = {*CHANGEABLE, "temperature", "strain_rate", "seed", "skin", "modes", "frame_separation", "mixture"}
# The name of the file and the number of the frame say where a run begins; nor does it matter what was said of the file.
UNNAMED |= {"start_frames", "start_sha256", "start_velocities"}
UNNAMED |= {"types", "sizes", "topology", "format", "bounds", "unit"}
# Each model has values of its own of these, so that between two models they need no name.
COMPOSITION = {"dimension", "density", "fraction_a", "fractions"}
FORCES = {"smoothing", "cutoff", "cutoff_per_pair", "inner_cutoff"}
SCALES = {"timestep", "thermostat_time", "frame_interval", "liquid_temperature", "liquid_time", "cooling_time"}
SCALES |= {"max_force", "bond_length", "d2min_cutoff", "rearrangement_threshold"}
OF_MODELS = COMPOSITION | FORCES | SCALES
ATHERMAL = "athermal"
SYMBOLS = {
    "particles": "N",
    "density": r"\rho",
    "n_modes": r"N_\mathrm{m}",
    "n_particles": r"N_\mathrm{p}",
}


def differences(runs: Sequence[Reduced]) -> list[dict[str, Any]]:
    """What tells each run from the others beside its temperature and strain rate: parameters by name.

    A parameter that is not the same in all runs is named for all of them that have it; one that models
    have of their own, if it is not the same in all runs of one model. Where runs are still alike the seed is named, and
    where they have the same seed, as two files of one run do, a number, from 1 on. Those that are called by files of
    their own are not alike.
    """
    unnamed = UNNAMED - {"temperature"} if runs and runs[0].athermal else UNNAMED
    names = dict.fromkeys(name for run in runs for name in run.configuration if name not in unnamed)
    known = {name: [run.configuration[name] for run in runs if name in run.configuration] for name in names}
    differing = [name for name, values in known.items() if any(value != values[0] for value in values)]
    by_model = {}
    for run in runs:
        by_model.setdefault(run.configuration.get("model"), []).append(run.configuration)

    def follows(name):
        return name in OF_MODELS and all(len({one.get(name) for one in some}) == 1 for some in by_model.values())

    differing = [name for name in differing if len(by_model) == 1 or not follows(name)]
    told = [{name: run.configuration[name] for name in differing if name in run.configuration} for run in runs]

    def alike():
        keys = [(_in_files(run), *map(str, one.items())) for run, one in zip(runs, told, strict=True)]
        counts, seen = Counter(keys), Counter()
        for run, one, key in zip(runs, told, keys, strict=True):
            seen[key] += 1
            if counts[key] > 1:
                yield run, one, seen[key]

    for run, one, _ in list(alike()):
        if "seed" in run.configuration:
            one["seed"] = run.configuration["seed"]
    for _, one, number in list(alike()):
        one["run"] = number
    return told


def words(told: dict[str, Any]) -> str:
    """Differences for a legend, such as ", $N=1000$, smoothing quadratic"; nothing if there are none."""
    return "".join(
        f", ${SYMBOLS[name]}={_shown(value)}$" if name in SYMBOLS else f", {name.replace('_', ' ')} {_shown(value)}"
        for name, value in told.items()
    )


def run_names(runs: Sequence[Reduced]) -> list[str]:
    """A name for each run in files, no two alike, such as ``T0.1_rate0.001_seed1``, with what tells it from others."""
    names = []
    for run, told in zip(runs, differences(runs), strict=True):
        # Trajectories of other programs have no seed.
        further = {name: run.configuration[name] for name in ("seed",) if name in run.configuration} | told
        parts = [_in_files(run)]
        parts += [name + _plain(_shown(value)) for name, value in further.items()]
        names.append("_".join(parts))
    return names


def column_names(runs: Sequence[Reduced]) -> dict[str, str]:
    """A name for each run in text, and what tells apart those that share a condition, and so have a letter too."""
    found = _conditions(runs)
    shared, seen = Counter(condition for condition, _ in found), Counter()
    names = {}
    for condition, further in found:
        letter = chr(ord("a") + seen[condition])
        seen[condition] += 1
        names[f"{condition} ({letter})" if shared[condition] > 1 else condition] = further.removeprefix(", ")
    return names


def _conditions(runs) -> list[tuple[str, str]]:
    """Temperature and strain rate of each run, and what tells it from others that share these."""
    conditions = {}
    for run in runs:
        conditions.setdefault(_condition(run), []).append(run)
    names = {}
    for condition, members in conditions.items():
        for run, told in zip(members, differences(members), strict=True):
            further = "".join(f", {name.replace('_', ' ')} {_shown(value)}" for name, value in told.items())
            names[id(run)] = condition, further
    return [names[id(run)] for run in runs]


def _condition(run) -> str:
    """What is known of temperature and strain rate, or what else a run is called, in text."""
    if run.athermal:
        return ATHERMAL
    parts = [] if run.temperature is None else [f"T = {run.temperature:g}"]
    parts += [] if run.strain_rate is None else [f"γ̇ = {rate_text(run.strain_rate)}"]
    return ", ".join(parts) or _own_name(run)


def _own_name(run) -> str:
    """The file that the frames of a run are from, or its mixture."""
    return Path(run.provenance.get(TRAJECTORY, "")).name or str(run.configuration.get("model", "run"))


def _in_files(run) -> str:
    """What is known of temperature and strain rate, or what else a run is called, in names of files."""
    known = run.athermal or run.temperature is not None or run.strain_rate is not None
    return run.label if known else _plain(_own_name(run))


def _plain(text: str) -> str:
    return re.sub(r"[^\w.+-]", "", text)


def condition_words(run: Reduced, by: str) -> str:
    """Temperature or strain rate (``by``) of a run for a legend; the other, or what else it is called, if unknown."""
    if run.athermal:
        return ATHERMAL
    found = {
        "temperature": None if run.temperature is None else f"$T={run.temperature:g}$",
        "strain_rate": None if run.strain_rate is None else rate_words(run.strain_rate, run.provenance),
    }
    return found.pop(by) or next(iter(found.values())) or _own_name(run).replace("$", r"\$")


def rate_words(rate: float, told: Mapping[str, Any] = MappingProxyType({})) -> str:
    """γ̇ as a power of ten, for a legend, in the unit of time that a file's attributes tell."""
    if rate == 0:
        return r"$\dot\gamma=0$"
    mantissa, power = f"{rate:.6e}".split("e")
    factor = "" if float(mantissa) == 1 else rf"{float(mantissa):g}\times "
    unit = unit_of_time(told, r"\tau", r"\mathrm{steps}")
    return rf"$\dot\gamma={factor}10^{{{int(power)}}}\,{unit}^{{-1}}$"


def rate_text(rate: float) -> str:
    """γ̇ in text: below 0.01 as a power of ten, such as 1e-4 and 2.5e-3, so that decades stand beside each other."""
    text = f"{rate:g}"
    if not 0 < abs(float(text)) < 0.01:
        return text
    mantissa, power = f"{rate:.5e}".split("e")
    return f"{float(mantissa):g}e{int(power)}"


def _shown(value) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
