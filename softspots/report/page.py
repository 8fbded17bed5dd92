"""The report of some runs as one page of HTML that needs nothing else, not even a network."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from importlib.resources import files
from os import PathLike
from pathlib import Path

import matplotlib
from matplotlib.figure import Figure

from softspots.analysis.series import Series
from softspots.estimate import CONFIDENCE
from softspots.extras import load_extra
from softspots.figures.naming import column_names
from softspots.figures.summary import summary_parts
from softspots.io.reduced import Reduced
from softspots.io.replacing import replacing
from softspots.reasons import number_of
from softspots.report.maps import MOST_BYTES, map_data
from softspots.report.plot import library, plot_item
from softspots.report.sources import Moments

TITLE, REPORT = "Soft spots", "report.html"
# By the first part of a figure's name.
CAPTIONS = {
    "vibrations": "Density of vibrational states, divided by that of Debye; dots mark boson peaks.",
    "probability": "Probability that a particle with D²_min lies on a soft spot; dashed: the density of soft spots.",
    "correlations": "Correlations in time: F_s, of D²_min, of soft spots, and of soft spots with D²_min.",
    "overlap": "Mean overlap of a soft spot with its best match a time later; dashed: of unrelated ones.",
    "lifetimes": "Lifetimes of soft spots, and how many rearrangements they survive; dashed: the mean-field model.",
    "selection": "What maps gain, ΔP*, by the numbers of modes and of particles of each.",
    "prediction": "How much likelier rearrangements are on soft spots, P*/ρ_SS, against temperature.",
    "relaxation": "Relaxation times against the strain rate.",
    "course": "Stress and energy along the strain: samples thin, their mean with its interval.",
    "events": "Densities of drops of stress and energy, of strains between events, of particles that take part.",
    "before": "What maps say of an event, against the strain before it.",
}
PIXELS = 1.35  # of a panel, for each of its points
SEALED = "Its file carries a checksum of all that is in it, which fits."
UNSEALED = (
    "Its file carries no checksum of all that is in it: it was never finished, was changed later, or is of an earlier "
    "version."
)


def require_library() -> None:
    """See that what the page is made with is there, before any work.

    Raises
    ------
    InstallationError
        If Bokeh is not there.
    """
    load_extra("bokeh.embed")


def panel_of(figure: Figure) -> tuple[str, float]:
    """A figure as SVG, the same each time, and how wide it is, in points."""
    with matplotlib.rc_context({"svg.hashsalt": TITLE}):
        text = io.StringIO()
        figure.savefig(text, format="svg", metadata={"Date": None})
    return text.getvalue(), 72 * figure.get_figwidth()


def write_report(
    path: str | PathLike,
    runs: Sequence[Reduced],
    series: Sequence[Series],
    sources: Sequence[Moments | None],
    panels: Mapping[str, tuple[str, float]],
    progress: Callable[[float], None] = lambda part: None,
) -> None:
    """Write the page, whole or not at all.

    Parameters
    ----------
    path : str or path-like
    runs : sequence of Reduced
    series : sequence of Series
        The same runs, as they are drawn together.
    sources : sequence of Moments or None
        What there are maps of in each run, if it is not given as reduced data.
    panels : dict of str to tuple of (str, float)
        Figures by their names, as `panel_of` has them.
    progress : callable
        Called with the part of the work that is done.

    Raises
    ------
    InstallationError
        If Bokeh, which draws the maps in the browser, is not there.
    OutputError
        If the file cannot be written.
    """
    names = column_names(runs)
    maps, unmapped = _maps(names, sources, progress)
    environment = load_extra("jinja2").Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    # Bokeh reads models in the order in which it wrote them.
    environment.policies["json.dumps_kwargs"] = {}
    page = environment.from_string(_part("page.html")).render(
        title=f"{TITLE}, {next(iter(names))}" if len(names) == 1 else f"{TITLE} in {len(names)} runs",
        style=_part("page.css"),
        code=_part("page.js"),
        version=version("softspots"),
        confidence=f"{CONFIDENCE:.0%}".replace("%", " %"),
        runs=[_run(*one) for one in zip(runs, sources, names.items(), strict=True)],
        maps=maps,
        data=[{key: value for key, value in one.items() if key != "packed"} for one in maps],
        unmapped=unmapped,
        space=any(run.dimension == 3 for run in runs),
        panels=[_panel(name, *panel) for name, panel in panels.items()],
        summary=summary_parts(runs, series),
        item=plot_item() if maps else None,
        library=library() if maps else [],
    )
    with replacing(path) as unfinished:
        unfinished.write_text(page, encoding="utf-8")


def _part(name: str) -> str:
    return files("softspots.report").joinpath(name).read_text(encoding="utf-8")


def _maps(names, sources, progress) -> tuple[list[dict], dict[str, str]]:
    """The maps of the runs that have any, and of the others why not."""
    maps, unmapped = [], {}
    there = [one for one in sources if one is not None]
    for name, one in zip(names, sources, strict=True):
        if one is None:
            unmapped[name] = "reduced data hold no frames"
            continue
        done = len(maps)
        found = map_data(one, MOST_BYTES // len(there), lambda part, done=done: progress((done + part) / len(there)))
        if found is None:
            unmapped[name] = f"no {one.noun} of its file has the positions of all particles"
            continue
        packed = [frame.pop("data") for frame in found["frames"]]
        maps.append(found | {"name": name, "packed": packed})
    return maps, unmapped


def _panel(name: str, picture: str, width: float) -> dict:
    first, _, further = name.partition("_")
    caption = CAPTIONS[first] + (f" ({further.replace('_', ', ')})" if further else "")
    encoded = base64.b64encode(picture.encode()).decode("ascii")
    return {"caption": caption, "picture": encoded, "width": round(PIXELS * width)}


def _run(run: Reduced, source: Moments | None, told: tuple[str, str]) -> dict:
    name, further = told
    samples, path = run.provenance.get("samples", 1), run.provenance.get("source")
    words = [
        f"{run.configuration.get('particles', '?')} particles in {run.dimension} dimensions",
        number_of(run.provenance.get("frames", "?"), "event" if run.athermal else "frame"),
        f"mixture {run.configuration.get('model', 'not told')}",
        *([further] if further else []),
        *([f"{samples} samples"] if samples > 1 else [Path(path).name] if path else []),
    ]
    return {
        "name": name,
        "words": ", ".join(words),
        "seal": SEALED if (source or run).checked else UNSEALED,
        "parameters": list(run.configuration.items()),
        "provenance": list(run.provenance.items()),
    }
