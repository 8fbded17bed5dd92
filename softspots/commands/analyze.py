"""The analysis of finished runs on one command: ``softspots analyze results.nc``."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import matplotlib

from softspots.analysis.reduce import SELECTION_FRAMES, reduce_run
from softspots.analysis.reduce_shear import reduce_shear
from softspots.analysis.series import series_of
from softspots.commands.checks import LARGEST
from softspots.commands.command import called, check_streams, command, say, typed
from softspots.commands.interruption import cutting, listening
from softspots.commands.kinds import Files, Folder, Number, Switch, parameter
from softspots.commands.options import Parser, add_options, add_value, read_line
from softspots.commands.output import check_kind, make_folder
from softspots.commands.parameters import as_in_simulations
from softspots.commands.progress import Progress
from softspots.commands.reading import as_options, of_run
from softspots.commands.sources import Source, open_sources
from softspots.exceptions import InputError
from softspots.figures.drawing import PANEL_STYLE
from softspots.figures.map import save_figure
from softspots.figures.movie import draw_movie, movie_frames, movie_suffix
from softspots.figures.sheets import figures
from softspots.figures.summary import summary_data, summary_text
from softspots.io.attributes import SOURCE_NOTES
from softspots.io.claim import claimed
from softspots.io.reduced import Reduced, write_reduced
from softspots.io.replacing import remove_leftovers, replacing
from softspots.report.page import REPORT, panel_of, require_library, write_report

NAME = called("analyze")
SUMMARIES = ("summary.md", "summary.json")
FORMATS = (".pdf", ".png")
# What a signal leaves behind.
WHOLE, NOTHING = "; the files that are there are whole", "; no file had been written"
# Milliseconds, for the estimate of the time left: of a figure, of a frame of a movie without and per particle, of one
# of the report per particle.
FIGURE, MOVIE_FRAME, MOVIE_PARTICLE, REPORT_PARTICLE = 1500, 100, 0.04, 0.003

DESCRIPTION = """\
Measure what finished runs say of soft spots and rearrangements, and draw it: P(D²_min) and P*, ΔP* over
(N_m, N_p), F_s and correlations in time, lives of single soft spots, and the mean-field model (Schoenholz et al.
2014, sections III to V). What the data are too short for is left out, and the summary says why.
"""

EPILOG = """\
examples:
  %(prog)s results/results.nc
  %(prog)s cold/results.nc warm/results.nc hot/results.nc --output temperatures
  %(prog)s short/results.nc --epsilon 0.2 --movie

Runs at several temperatures or strain rates are drawn together: temperatures from blue to orange, strain rates from
dark blue to green, and these against the strain too. The output folder gets

  summary.md, summary.json    all numbers with 68 %% intervals, and what is missing and why
  vibrations, probability (the paper's fig. 2), selection (3), prediction (4), correlations (5), overlap,
  lifetimes (6), relaxation; of athermal shear course, events, before
                              figures, as PDF and PNG
  T..._rate..._seed....nc     reduced data of each run, well below 1 MB: curves with intervals, the run's parameters
  report.html                 with --report: a page for a browser, of at most 30 MB, that needs no network: the map of
                              each frame with zoom and the numbers of particles, the figures, the summary, provenance

A file of reduced data can stand for its results file, for instance to draw runs of several machines together.

  %(prog)s sheared/*/shear.nc

Samples of athermal shear that differ in their start only, a seed or a frame of a file (--start), count together if all
else is the same: mixture, particles, density, shear, maps. No solid may be there twice. They have no temperature and no
time; in place of what needs these are events (statistics of drops, maps against the event that follows) and the course
of the stress. All events of the path are taken together, unless --from-strain leaves out the start-up. Intervals are
from a bootstrap over whole samples where five or more have events; with fewer they are of these solids only.
"""


# Parameters of runs.
GIVEN = ("temperature", "strain_rate", "rearrangement_threshold")
OF_RUN = "of the run, where a file does not say it, as after softspots map"


@dataclass(frozen=True, kw_only=True)
class Arguments:
    """What ``softspots analyze`` is told; None where nothing is said."""

    files: list[Path]
    output: Path = parameter("", Path("analysis"), Folder(), "folder for all output", short="-o")
    overwrite: bool = parameter("", False, Switch(), "replace the output of an earlier analysis there")
    epsilon: float | None = parameter(
        "",
        None,
        Number(above=0, below=1),
        "overlap ε of a dead soft spot, for data too short to measure it; default: measured",
        paper="0.2",
    )
    temperature: float | None = of_run("temperature", "", OF_RUN)
    strain_rate: float | None = of_run("strain_rate", "", OF_RUN)
    rearrangement_threshold: float | None = as_in_simulations(
        "rearrangement_threshold", group="", text="D²_min beyond which a particle rearranges; default: that of the run"
    )
    from_strain: float = parameter(
        "",
        0.0,
        Number(least=0, most=LARGEST),
        "of athermal shear, leave out events before so much strain has been gone through, as the start-up",
    )
    selection_frames: int = parameter(
        "",
        SELECTION_FRAMES,
        Number(int, least=1, most=2**31 - 1),
        "frames, evenly spread, for ΔP*; 0.03 s each for 10,000 particles",
    )
    movie: bool = parameter(
        "", False, Switch(), "a movie of each run's soft spots too: MP4 where there is ffmpeg, else GIF"
    )
    report: bool = parameter(
        "", False, Switch(), "all of this, and maps of all frames to look around in, as one HTML page too (needs Bokeh)"
    )
    quiet: bool = parameter("", False, Switch(), "no progress bar")


def make_parser() -> Parser:
    """The command line."""
    parser = Parser(prog=typed("analyze"), description=DESCRIPTION, epilog=EPILOG)
    about = "results.nc of a run, shear.nc of samples, a folder with one of these, or reduced data"
    add_value(parser, "files", kind=Files(), help=about)
    add_options(parser, Arguments, {"": parser})
    return parser


def planned_files(sources: Sequence[Source], movie: bool) -> list[str]:
    """Names of all files that an analysis can leave."""
    series = series_of([source.reduced for source in sources])
    drawn = [name + suffix for name, _ in figures(series) for suffix in FORMATS]
    movies = [source.name + movie_suffix() for source in sources] if movie else []
    return [*SUMMARIES, REPORT, *drawn, *(f"{source.name}.nc" for source in sources), *movies]


def check_output(arguments, sources: Sequence[Source]) -> None:
    """See that nothing in the output folder is lost.

    Raises
    ------
    InputError
        If the folder has files of an earlier analysis and ``--overwrite`` is not given, or an input there would be
        replaced, or something else than a file has the name of one.
    """
    folder = arguments.output
    planned = {folder / name for name in planned_files(sources, arguments.movie)}
    inputs = [path for source in sources for path in (source.path, *(Path(sample.path) for sample in source.samples))]
    if lost := [path for path in inputs if path.resolve() in {path.resolve() for path in planned}]:
        raise InputError(f"--output: got {folder}, where {lost[0].name} would be replaced; allowed: another folder")
    present = sorted(path.name for path in planned if path.exists())
    if present and not arguments.overwrite:
        raise InputError(
            f"--output: got {folder}, which has {present[0]} of an earlier analysis; "
            "allowed: another folder, or --overwrite"
        )
    if arguments.movie and any(source.results is None for source in sources):
        got = "athermal shear, which has no time" if sources[0].samples else "reduced data, which have no frames"
        raise InputError(f"--movie: got {got}; allowed: results files only")
    for path in planned:
        check_kind(path)


def analyze(arguments, sources: Sequence[Source]) -> str:
    """Reduce, draw and write everything; what an earlier analysis had beyond it goes at the end.

    Returns
    -------
    str
        The summary, in Markdown.
    """
    folder = arguments.output
    planned = list(figures(series_of([source.reduced for source in sources])))
    # All else is written in any case.
    left_over = {REPORT} | {name + suffix for name, _ in planned for suffix in FORMATS}
    movie_work = [
        _movie_work(source) * len(movie_frames(source.results)) if arguments.movie else 0 for source in sources
    ]
    report_work = sum(map(_report_work, sources)) if arguments.report else 0
    total = sum(source.work for source in sources) + FIGURE * len(planned) + sum(movie_work) + report_work
    with contextlib.closing(Progress(round(total), 0, visible=not arguments.quiet)) as progress:
        runs, panels = [], {}
        for number, source in enumerate(sources, 1):
            runs.append(_reduced(arguments, source, f"run {number} of {len(sources)}: ", progress))
            write_reduced(folder / f"{source.name}.nc", runs[-1])
        series = series_of(runs)
        with matplotlib.rc_context(PANEL_STYLE):
            for name, draw in figures(series):
                progress.stage(name)
                if figure := draw():
                    for suffix in FORMATS:
                        save_figure(figure, folder / (name + suffix))
                        left_over.discard(name + suffix)
                    if arguments.report:
                        panels[name] = panel_of(figure)
                progress.advance(FIGURE)
        for source in sources if arguments.movie else ():
            progress.stage(f"movie {source.name}")
            draw_movie(
                folder / (source.name + movie_suffix()),
                source.results,
                lambda source=source: progress.advance(round(_movie_work(source))),
            )
        if arguments.report:
            progress.stage("report")
            moments = [source.moments for source in sources]
            write_report(folder / REPORT, runs, series, moments, panels, _parts(progress, report_work))
            left_over.discard(REPORT)
    text = summary_text(runs, series)
    _write_text(folder / "summary.md", text)
    data = json.dumps(summary_data(runs, series), indent=1, ensure_ascii=False)
    _write_text(folder / "summary.json", data + "\n")
    for name in left_over:
        (folder / name).unlink(missing_ok=True)
    return text


def _write_text(path, text):
    with replacing(path) as unfinished:
        unfinished.write_text(text, encoding="utf-8")


def _reduced(arguments, source, prefix, progress) -> Reduced:
    if source.results is None and not source.samples:
        progress.advance(round(source.work))
        return source.reduced
    advance = _parts(progress, source.work)

    def report(stage, part):
        progress.stage(prefix + stage)
        advance(part)

    if source.samples:
        return reduce_shear(source.samples, arguments.selection_frames, report, source.from_strain)
    return _in_options(reduce_run(source.path, arguments.epsilon, arguments.selection_frames, report, source.given))


def _in_options(run) -> Reduced:
    """What is noted of the file of frames in the words of commands, as it is they that read it again."""
    notes = run.provenance.get(SOURCE_NOTES)
    return replace(run, provenance=run.provenance | {SOURCE_NOTES: as_options(notes)}) if notes else run


def _movie_work(source) -> float:
    return MOVIE_FRAME + MOVIE_PARTICLE * source.results.configuration.get("particles", 0)


def _report_work(source) -> float:
    frames = source.results.n_frames if source.results else sum(map(len, source.samples))
    return REPORT_PARTICLE * frames * source.reduced.configuration.get("particles", 0)


def _parts(progress, work) -> Callable[[float], None]:
    """What takes the part of some work that is done so far."""
    done = 0

    def report(part):
        nonlocal done
        progress.advance(round(part * work) - done)
        done = round(part * work)

    return report


def main(argv=None) -> None:
    """Reduce results files, and leave figures, a summary and reduced data of them: the command ``softspots analyze``.

    Exits with status 2 if an argument is wrong, 1 if an input is damaged or output cannot be written, 130 and 143 after
    SIGINT (Ctrl-C) and SIGTERM. Files are whole or not there.

    Parameters
    ----------
    argv : sequence of str, optional
        Default: the command line of the process.
    """
    check_streams(NAME)
    with listening(), command(NAME), cutting(hint=NOTHING):
        arguments = Arguments(**read_line(make_parser(), argv))
        if arguments.report:
            require_library()
        given = {name: getattr(arguments, name) for name in GIVEN}
        given = {name: value for name, value in given.items() if value is not None}
        sources = open_sources(arguments.files, given, arguments.from_strain)
        make_folder(arguments.output)
        with claimed(arguments.output):
            check_output(arguments, sources)
            remove_leftovers(arguments.output)
            planned = [arguments.output / name for name in planned_files(sources, arguments.movie)]
            with cutting(hint=lambda: WHOLE if any(map(Path.exists, planned)) else NOTHING):
                text = analyze(arguments, sources)
            say(f"{text}\nthis summary, figures, and reduced data are in {arguments.output}")
