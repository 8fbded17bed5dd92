"""One page of numbers: what was measured in some runs, as Markdown and as JSON."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from softspots.analysis.series import Series, collapses, misfit, relaxation_exponent, solids_of
from softspots.box import BALL
from softspots.estimate import CONFIDENCE, ROUNDING, Estimate
from softspots.figures.naming import column_names
from softspots.io.attributes import CAUTION, SOURCE_NOTES, units_in
from softspots.io.quantities import EVENTS, KNOWN, QUANTITIES, entry_of
from softspots.io.reduced import Reduced

NUMBERS = {name: entry for name, entry in QUANTITIES.items() if not entry.axes}
# Of athermal shear, which has maps but no time.
NUMBERS_OF_EVENTS = {
    name: entry
    for name, entry in KNOWN.items()
    if not entry.axes and (name in EVENTS or entry.stage in ("prediction", "selection"))
}
# Of the provenance, with what is most urgent first.
ABOUT_FILES = (CAUTION, SOURCE_NOTES)
COLUMNS = 3  # runs side by side
ALIKE = 1.02  # thresholds have three digits, densities of files more
# Numbers that are chosen from an axis: at its end the best may lie beyond.
RANGES = {"best_modes": "n_modes", "best_particles": "n_particles"}
ASCII = {"sigma": "σ", "tau": "τ", "epsilon": "ε", "^-1": "⁻¹", "^-2": "⁻²", "^-3": "⁻³", "^2": "²"}


@dataclass(frozen=True)
class Part:
    """What stands together in a summary: a line, then a table whose first row is its head, then a list.

    Parameters
    ----------
    line : str
    rows : sequence of sequence of str
    items : sequence of str
    """

    line: str = ""
    rows: Sequence[Sequence[str]] = ()
    items: Sequence[str] = ()

    def markdown(self) -> list[str]:
        """The lines, with an empty one behind each of what there is."""
        table = aligned(self.rows) if self.rows else []
        parts = [self.line] if self.line else [], table, [f"* {one}" for one in self.items]
        return [line for part in parts if part for line in (*part, "")]


def summary_text(runs: Sequence[Reduced], series: Sequence[Series]) -> str:
    """The table of all numbers, of collapses with the strain rate, and of what is missing, in Markdown."""
    lines = ["# Soft spots", "", *(line for part in summary_parts(runs, series) for line in part.markdown())]
    return "\n".join(lines).rstrip() + "\n"


def summary_parts(runs: Sequence[Reduced], series: Sequence[Series]) -> list[Part]:
    """The same as plain values, for other ways to write it."""
    names = column_names(runs)
    parts = [Part(f"In parentheses: {CONFIDENCE:.0%} intervals.".replace("%", " %"))]
    parts.append(Part(items=[f"{name}: {further}" for name, further in names.items() if further]))
    for start in range(0, len(runs), COLUMNS):
        shown_now = slice(start, start + COLUMNS)
        parts.append(Part(rows=_rows(runs[shown_now], list(names)[shown_now])))
    parts.append(Part(items=[*_apart(list(names), runs), *_rules(list(names), runs)]))
    parts += _collapses(series)
    for one in series:
        if exponent := relaxation_exponent(one):
            value, note = _with_note(exponent)
            words = f" ({note})" if note else ""
            place = f" at {title}" if (title := _title(one)) else ""
            parts.append(Part(f"τ_α ∝ γ̇^n{place}: n = {value}{words}"))
    parts += _of_files(list(names), runs)
    of_numbers = [_notes(run, run.measured.keys() & _numbers(run)) for run in runs]
    of_curves = [_notes(run, run.measured.keys() - _numbers(run)) for run in runs]
    parts += _reasons(list(names), runs, "Noted (*):", of_numbers)
    parts += _reasons(list(names), runs, "Noted of curves:", of_curves)
    return parts + _reasons(list(names), runs, "Not measured:", [run.missing for run in runs])


def _apart(names, runs) -> list[str]:
    """Which runs at several conditions are of different solids, and so in different series."""
    solids = solids_of(runs)
    if len({(run.temperature, run.strain_rate) for run in runs}) == 1 or len(solids) == 1:
        return []
    name_of = {id(run): name for run, name in zip(runs, names, strict=True)}
    told = [f"solid {number}: {'; '.join(name_of[id(run)] for run in solid)}" for number, solid in enumerate(solids, 1)]
    for number, solid in enumerate(solids[1:], 1):
        reason = next(filter(None, (misfit(run, solid[0]) for run in solids[0])), "what others of it tell")
        told[number] += f". It differs from solid 1 in {reason}: no temperatures or strain rates of both make a series"
    return told


def _title(one) -> str:
    temperature = one.runs[0].temperature
    told = "" if temperature is None else f"T = {temperature:g}", f"solid {one.solid}" if one.solid else ""
    return ", ".join(filter(None, told))


def _of_files(names, runs) -> list[Part]:
    """What was inferred of files of frames, and what speaks against what was said of them."""
    told = [(name, run.provenance.get(key)) for name, run in zip(names, runs, strict=True) for key in ABOUT_FILES]
    items = [f"{name}: {words}" if len(names) > 1 else words for name, words in told if words]
    return [Part("Of the file of frames:", items=items)] if items else []


def _collapses(series) -> list[Part]:
    """The table of collapses: spreads, which have an interval in their ratio alone, and why a ratio has none."""
    rows = [["collapse", "spread over δt", "spread over γ̇ δt", "the latter by errors alone", "ratio of the spreads"]]
    reasons = {}
    for one in series:
        for name, found in collapses(one).items():
            title = ", ".join(filter(None, (QUANTITIES[name].symbol, _title(one))))
            value, note = _with_note(found.ratio)
            if note:
                reasons.setdefault(note, []).append(title)
            spreads = (f"{spread:.2g}" for spread in (found.time, found.strain, found.strain_noise))
            rows.append([title, *(spread.replace("nan", "—") for spread in spreads), value + " *" * bool(note)])
    if len(rows) == 1:
        return []
    told = [f"{reason} ({'; '.join(titles)})" for reason, titles in reasons.items()]
    return [Part(rows=rows), *([Part("Noted (*):", items=told)] if told else [])]


def _with_note(estimate) -> tuple[str, str]:
    """A number with its interval, and what there is to know of that."""
    note = estimate.note
    if np.isnan(estimate.resampled).all():
        note = "no interval: what it is made of has none"
    return shown(estimate), note


def summary_data(runs: Sequence[Reduced], series: Sequence[Series]) -> dict[str, Any]:
    """The same for machines: plain values that JSON can hold, null for what is not known or infinite."""
    return {
        "confidence": CONFIDENCE,
        "runs": [
            {
                "configuration": run.configuration,
                "provenance": run.provenance,
                "quantities": {name: _entry(run, name) for name in _numbers(run)},
                "missing": run.missing,
            }
            for run in runs
        ],
        "collapse": [
            {
                "temperature": one.runs[0].temperature,
                "solid": one.solid,
                "quantity": name,
                "time_spread": found.time,
                "strain_spread": found.strain,
                "time_noise": found.time_noise,
                "strain_noise": found.strain_noise,
            }
            | _interval(found.ratio)
            for one in series
            for name, found in collapses(one).items()
        ],
        "relaxation_exponent": [
            {"temperature": one.runs[0].temperature, "solid": one.solid} | _interval(exponent)
            for one in series
            if (exponent := relaxation_exponent(one))
        ],
    }


def _entry(run, name) -> dict[str, Any]:
    entry = entry_of(name, run.dimension, run.athermal)
    known = {
        "symbol": entry.symbol,
        "unit": units_in(entry.units, run.configuration, run.provenance),
        "section": entry.section,
    }
    known |= {"paper": entry.paper if _compares(run, name) else ""}
    if name not in run:
        return known | dict.fromkeys(("value", "low", "high"))
    return known | _interval(run[name]) | {"note": run[name].note}


def _interval(found) -> dict[str, Any]:
    plain = {name: float(getattr(found, name)) for name in ("value", "low", "high")}
    return {name: number if math.isfinite(number) else None for name, number in plain.items()}


def _numbers(run) -> dict[str, Any]:
    return NUMBERS_OF_EVENTS if run.athermal else NUMBERS


def _is_papers(run) -> bool:
    """Whether what the paper reports is of such a run: of its mixture, at a temperature."""
    return run.of_paper and not run.athermal


def _compares(run, name) -> bool:
    """Whether what the paper reports can be held against a run's; the number of a mode, only of as many."""
    return _is_papers(run) and (name != "boson_peak" or run.configuration.get("particles") == 10_000)


def _rows(runs, names) -> list[list[str]]:
    rows = [["", "unit", *names, "paper", "section"]]
    sizes = [f"{run.configuration.get('particles', '?')} × {run.provenance.get('frames', '?')}" for run in runs]
    # Runs side by side may differ in their mixture, and in dimension.
    papers = any(_is_papers(run) for run in runs)
    counted = "events" if runs[0].athermal else "frames"
    rows.append([f"particles × {counted}", "", *sizes, "10000" if papers else "", ""])
    if runs[0].athermal:
        rows.append(["samples", "", *(str(run.provenance["samples"]) for run in runs), "", ""])
        # Of an earlier version, that left out none.
        starts = [f"{run.provenance.get('from_strain', 0.0):g}" for run in runs]
        rows.append(["events from a strain of", "", *starts, "", ""])
    rows += _thresholds(runs)
    for name in _numbers(runs[0]):
        # Why is told below.
        if all(name in run.missing and name not in run for run in runs):
            continue
        values = [_cell(run, name) if name in run else "—" for run in runs]
        entries = [entry_of(name, run.dimension, run.athermal) for run in runs]
        titles = dict.fromkeys(f"{entry.symbol}, {entry.long_name}" for entry in entries)
        units = dict.fromkeys(
            unit_words(units_in(entry.units, run.configuration, run.provenance))
            for entry, run in zip(entries, runs, strict=True)
        )
        paper = entries[0].paper if any(_compares(run, name) for run in runs) else ""
        rows.append([" or ".join(titles), " or ".join(units), *values, paper, entries[0].section])
    return rows


def _thresholds(runs) -> list[list[str]]:
    """From which D²_min on a particle rearranges: in units of T, as it is, and what that means."""
    known = [run.configuration.get("rearrangement_threshold") for run in runs]
    if not any(known):
        return []
    title, section = "D²_min from where a particle rearranges", KNOWN["probability"].section
    units = [
        dict.fromkeys(unit_words(units_in(name, run.configuration, run.provenance)) for run in runs)
        for name in ("T sigma_AA^2 k_B epsilon_AA^-1", "sigma_AA^2")
    ]
    in_temperature, in_length = (" or ".join(one) for one in units)
    plain = [_least_activity(run) for run in runs]
    rows = [[title, in_length, *(f"{one:.3g}" if one else "—" for one in plain), "", section]]
    if not runs[0].athermal:
        papers = "15" if any(_is_papers(run) for run in runs) else ""
        rows.insert(0, [title, in_temperature, *(f"{one:.3g}" if one else "—" for one in known), papers, section])
    moves = [_move(run) for run in runs]
    if any(moves):
        shares = [f"{one:.2g}" if one else "—" for one in moves]
        rows.append(["there neighbours move by, root mean square", "ρ^(-1/d)", *shares, "", section])
    return rows


def _least_activity(run) -> float | None:
    """D²_min from where a particle rearranges."""
    threshold, unit = run.configuration.get("rearrangement_threshold"), 1.0 if run.athermal else run.temperature
    return threshold * unit if threshold and unit else None


def _move(run) -> float | None:
    """How far neighbours of a particle move where it begins to rearrange, root mean square, in mean distances."""
    activity, density, cutoff = _least_activity(run), *map(run.configuration.get, ("density", "d2min_cutoff"))
    if not (activity and density and cutoff):
        return None
    neighbours = density * BALL[run.dimension] * cutoff**run.dimension
    return math.sqrt(activity / neighbours) * density ** (1 / run.dimension)


def _rules(names, runs) -> list[str]:
    """A note where neither is the same in all runs: the threshold in units of T, and how far neighbours then move."""
    found = [(run.configuration.get("rearrangement_threshold"), _move(run)) for run in runs]
    told = [(name, *one) for name, one in zip(names, found, strict=True) if all(one)]
    alike = [not told or max(one) < ALIKE * min(one) for one in list(zip(*told, strict=True))[1:]]
    if not told or any(alike) or runs[0].athermal:
        return []
    which = "; ".join(f"{name}: {threshold:.3g} T, {move:.2g} ρ^(-1/d)" for name, threshold, move in told)
    return [f"Runs differ in what it means that a particle rearranges ({which}): compare P* and lifetimes with care"]


def _cell(run, name) -> str:
    """A number, with a mark if there is a note on it, and whether it is the last one that was tried."""
    axis = run.axes.get(RANGES.get(name), [])
    at_end = len(axis) > 1 and float(run[name].value) in (axis[0], axis[-1])
    return shown(run[name]) + ", end of the range" * at_end + " *" * bool(run[name].note)


def shown(found: Estimate) -> str:
    """A number with its interval, to two digits of its error; without an interval to three, or as a whole number."""
    value, low, high = float(found.value), float(found.low), float(found.high)
    ends = [end for end in (low, high) if math.isfinite(end)]
    if math.isnan(low) or math.isnan(high) or not ends:
        return f"{value:.0f}" if value.is_integer() else f"{value:#.3g}".rstrip(".")
    half = (high - low) / 2 if len(ends) == 2 else abs(value - ends[0])
    if half > ROUNDING * abs(value):
        decimals = max(0, 1 - math.floor(math.log10(half)))
    else:
        # An error that is rounding alone has no digits.
        decimals = 0 if value.is_integer() else 2
    return f"{value:.{decimals}f} ({low:.{decimals}f} to {high:.{decimals}f})".replace("inf", "∞")


def unit_words(units: str) -> str:
    """Units as text, from what files have."""
    for ascii_name, symbol in ASCII.items():
        units = units.replace(ascii_name, symbol)
    return "" if units == "1" else units


def _notes(run, names) -> dict[str, str]:
    """What is noted of these quantities, in their order."""
    return {name: run[name].note for name in KNOWN if name in names and run[name].note}


def _reasons(names, runs, title, found) -> list[Part]:
    """Quantities by what is said of them, for each run a dictionary."""
    reasons = {}
    for called, run, said in zip(names, runs, found, strict=True):
        for name, reason in said.items():
            where = f"{called}: " if len(names) > 1 else ""
            reasons.setdefault(where + reason, {})[entry_of(name, run.dimension, run.athermal).symbol] = None
    if not reasons:
        return []
    return [Part(title, items=[f"{reason} ({', '.join(symbols)})" for reason, symbols in reasons.items()])]


def aligned(rows) -> list[str]:
    """Rows as lines of a Markdown table whose columns are aligned in plain text too."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [
        "| " + " | ".join(f"{cell:{width}}" for cell, width in zip(row, widths, strict=True)) + " |" for row in rows
    ]
    rule = "| " + " | ".join("-" * max(3, width) for width in widths) + " |"
    return [lines[0], rule, *lines[1:]]
