"""What the summary says besides the numbers of each run: what agrees with the paper, experiments, spread of seeds."""

from __future__ import annotations

from collections.abc import Mapping

from softspots.estimate import Estimate
from softspots.figures.summary import NUMBERS, Part, shown
from softspots.io.earlier import COUNTS
from softspots.io.reduced import Reduced
from validation.evidence import FIRST
from validation.tally import counts, judge_all, lists

from .age import half_lives
from .conditions import CONDITIONS
from .numbers import from_data, from_raw
from .seeds import of_first_edition, of_latest_edition, together, with_seeds

COLUMNS = 3  # conditions side by side


def experiments(data: Mapping[str, Reduced | None]) -> list[Part]:
    """The table of all experiments, some conditions at a time, and what is missing of them."""
    columns, reasons = {}, {}
    for one in CONDITIONS:
        if run := data[one.name]:
            numbers, missing = from_raw(one)
            columns[one.name] = from_data(run) | numbers
            if of_first_edition(run):
                missing = {"all that needs raw results": "first edition"}
            for experiment, reason in missing.items():
                reasons.setdefault(f"{experiment}: {reason}", []).append(one.name)
    names, parts = [name for name, numbers in columns.items() if numbers], []
    for start in range(0, len(names), COLUMNS):
        part = names[start : start + COLUMNS]
        titles = dict.fromkeys(title for name in part for title in columns[name])
        rows = [[title, *(_cell(columns[name].get(title)) for name in part)] for title in titles]
        parts.append(Part(rows=[["", *part], *rows]))
    parts += _notes({name: columns[name] for name in names})
    if reasons:
        items = [f"{reason} ({', '.join(names)})" for reason, names in reasons.items()]
        parts.append(Part("Not measured:", items=items))
    return parts


def _notes(columns: Mapping[str, Mapping[str, Estimate]]) -> list[Part]:
    """What is noted of numbers of conditions; those with the same notes together."""
    noted = {}
    for name, numbers in columns.items():
        titles = {}
        for title, number in numbers.items():
            if number.note:
                titles.setdefault(number.note, []).append(title)
        for note, those in titles.items():
            noted.setdefault(f"{note} ({'; '.join(those)})", []).append(name)
    items = [f"{', '.join(names)}: {note}" for note, names in noted.items()]
    return [Part("Notes (*):", items=items)] if items else []


def _cell(found: Estimate | None) -> str:
    """A number, with a mark if there is a note on it; empty if there is none."""
    return "" if found is None else shown(found) + " *" * bool(found.note)


def seeds(data: Mapping[str, Reduced | None]) -> list[Part]:
    """The numbers of conditions with several seeds: the mean, the error by the spread and by bootstrap, each run.

    Counts are those of each run alone. Of runs of both editions it is those of the second that are taken together.
    """
    parts = []
    for one in CONDITIONS:
        runs = {name: run for name in with_seeds(one.name) if (run := data.get(name))}
        if len(runs) < 2:
            continue
        latest = of_latest_edition(runs)
        titles = (f"seed {run.configuration['seed']}" + FIRST * (name not in latest) for name, run in runs.items())
        rows = [[one.name, "together", *titles]]
        sizes = (f"{run.configuration['particles']} × {run.provenance['frames']}" for run in runs.values())
        rows.append(["particles × frames", "", *sizes])
        for name, entry in NUMBERS.items():
            having = {each: run for each, run in runs.items() if name in run}
            cells = (run.measured.get(name) for run in runs.values())
            if name in COUNTS:
                rows.append([entry.symbol, "", *(f"{cell.value:.0f}" if cell else "" for cell in cells)])
            elif len(having) > 1:
                found = [run[name] for run in of_latest_edition(having).values()]
                mean, error = together([float(each.value) for each in found], [float(each.error) for each in found])
                both = Estimate(mean, mean - error, mean + error)
                rows.append([entry.symbol, shown(both), *map(_cell, cells)])
        parts.append(Part(rows=rows))
    if not parts:
        parts.append(Part("No condition has been run with several seeds yet."))
    return parts


def further_text(data: Mapping[str, Reduced | None]) -> str:
    """The sections of the summary, in Markdown."""
    judgements = judge_all({name: run for name, run in data.items() if run})
    sections = {
        "Held against the paper": [*counts(judgements), *lists(judgements)],
        "Experiments": experiments(data),
        "For how long a map predicts": half_lives(data),
        "Seeds": seeds(data),
    }
    lines = []
    for title, parts in sections.items():
        lines += [f"## {title}", "", *(line for part in parts for line in part.markdown())]
    return "\n".join(lines).rstrip() + "\n"
