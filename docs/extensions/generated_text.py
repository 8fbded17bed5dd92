"""Directives whose text is made when the pages are: what commands print, what files hold, what was measured.

So none of it can say something else than the code and the data do.
"""

import json
import os
import re
import subprocess
import sys

import numpy as np
from docutils import nodes
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective

import softspots
from benchmarks.measure import HERE as BENCHMARKS
from benchmarks.short_table import amount, markdown
from paper.conditions import CONDITIONS
from paper.sources import DYNAMICS, LANDSCAPE
from paper.whole import read_whole
from softspots.commands.mixtures import MIXTURES
from softspots.io.quantities import KNOWN, KNOWN_AXES
from softspots.io.schema import OPTIONAL, SCHEMA
from softspots.io.shear import schema as schema_of_shear
from softspots.model import Mixture
from softspots.model.presets import parameters_of
from validation import dynamics, landscape
from validation.evidence import FIRST, evidence
from validation.findings import FINDINGS
from validation.published import ROWS
from validation.stale import Parts
from validation.tally import judge

RESULTS = BENCHMARKS / "results.json"
ROOT = BENCHMARKS.parent
PAGES = {
    ROOT / "ARCHITECTURE.md": "/architecture.md",
    ROOT / "CONTRIBUTING.md": "/contributing.md",
    ROOT / "CHANGELOG.md": "/changelog.md",
    ROOT / "paper" / "README.md": "/paper.md",
    ROOT / "paper" / "conditions.md": "/paper_conditions.md",
    ROOT / "paper" / "summary.md": "/paper_summary.md",
    ROOT / "validation" / "README.md": "/validation.md",
}
RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
TEMPERATURES = ("0.1", "0.2", "0.3", "0.4")


class Output(SphinxDirective):
    """What a command of softspots prints: ``output`` with the command behind it."""

    required_arguments = 1
    final_argument_whitespace = True

    def run(self):
        name, *words = self.arguments[0].split()
        assert name == "softspots"
        process = subprocess.run(
            [sys.executable, "-m", "softspots", *words],
            capture_output=True,
            text=True,
            env=os.environ | {"COLUMNS": "100", "NO_COLOR": "1"},
        )
        if process.returncode:
            raise ExtensionError(f"{self.arguments[0]}: {process.stderr}")
        block = nodes.literal_block(process.stdout, process.stdout, language="none")
        return [block]


class File(SphinxDirective):
    """A page that is another file of the repository; its links lead to the pages that show what they name."""

    required_arguments = 1

    def run(self):
        source = ROOT / self.arguments[0]
        self.env.note_dependency(source)

        def there(found):
            words, target = found.groups()
            if ":" in target or target.startswith("#"):
                return found[0]
            path = (source.parent / target).resolve()
            return f"{words}({PAGES.get(path) or os.path.relpath(path, ROOT / 'docs')})"

        text = re.sub(r"(\[[^\]]*\])\(([^)\s]+)\)", there, source.read_text("utf-8"))
        return self.parse_text_to_nodes(text, allow_section_headings=True)


class Tables(SphinxDirective):
    """Markdown that a function of this module writes."""

    def run(self):
        text = self.text()
        self.env.note_dependency(RESULTS)
        return self.parse_text_to_nodes(text)


class Presets(Tables):
    """The mixtures that have names."""

    def text(self):
        return table(
            ["name", "dimensions", "T", "liquid", "what it is", "source"],
            [
                [f"`{name}`", " or ".join(map(str, dimensions_of(name))), *map("{:g}".format, temperatures_of(name))]
                + [one.text, one.source]
                for name, one in MIXTURES.items()
            ],
        )


class Findings(Tables):
    """Published numbers that do not come out."""

    def text(self):
        rows = {row.name: row for row in ROWS}
        study = {one.name: run for one in CONDITIONS if (run := read_whole(one))}
        together = {}
        for name, seen in FINDINGS.items():
            together.setdefault(seen, []).append(rows[name])
        return table(
            ["what", "published", "where", "ours", "why", "evidence"],
            [
                [row.name, row.published or "—", row.where, measured(row, study), *said]
                for seen, same in together.items()
                # What they have in common is said at the first.
                for row, said in zip(
                    same, [(seen.why, evidence(seen, study)), *[("as above", "")] * (len(same) - 1)], strict=True
                )
            ],
        )


class Schema(Tables):
    """The variables of results.nc or shear.nc."""

    required_arguments = 1

    def text(self):
        return table(
            ["variable", "over", "type", "unit", "what it is"],
            [
                [f"`{name}`", ", ".join(one.dimensions) or "the run", type_of(one), unit(one.units), described(one)]
                for name, one in VARIABLES[self.arguments[0]]().items()
            ],
        )


class Quantities(Tables):
    """What reduced data can hold."""

    def text(self):
        return table(
            ["name", "symbol", "over", "unit", "what it is", "from"],
            [
                [
                    f"`{name}`",
                    one.symbol,
                    ", ".join(one.axes) or "a number",
                    unit(one.units),
                    one.long_name,
                    one.section,
                ]
                for name, one in KNOWN.items()
            ],
        )


class Axes(Tables):
    """What the quantities of reduced data depend on."""

    def text(self):
        rows = [[f"`{name}`", unit(one.units), one.long_name] for name, one in KNOWN_AXES.items()]
        return table(["axis", "unit", "what it is"], rows)


class Accuracy(Tables):
    """Largest differences that `validation` has measured."""

    def text(self):
        of_landscape = Parts(landscape.DATA, landscape.PARTS, LANDSCAPE)
        of_dynamics = Parts(dynamics.DATA, dynamics.PARTS, DYNAMICS)
        used = [(of_landscape, "quench"), (of_landscape, "modes, N = 10,000"), (of_dynamics, "single frame")]
        quenches, spectra, one = (parts.get(name)["data"] for parts, name in used)
        quench, modes = ([part[temperature] for temperature in TEMPERATURES] for part in (quenches, spectra))
        certified = sum((frames["certified"] for frames in quench), [])
        rows = [
            ("quenches of 10,000 particles that end in a certified minimum", f"{sum(certified)} of {len(certified)}"),
            ("force in these minima, ε/σ, largest", largest(quench, "max_force")),
            ("eigenvalues of 500 modes against ARPACK's, relative, largest", largest(modes, "eigenvalue")),
            ("angle between the two spaces of modes, largest", largest(modes, "angle")),
            ("participation ratios against ARPACK's, relative, largest", largest(modes, "participation_ratio")),
            ("residual of a mode over the largest eigenvalue, largest", largest(modes, "lanczos")),
            *(
                (f"forces of a frame against LAMMPS', {words}, over the largest force, largest", relative(one[name]))
                for name, words in (("switch", "`lj/smooth`"), ("even", "which has ours in a table"))
            ),
        ]
        old = sorted(parts.get(name)["provenance"]["date"][:10] for parts, name in used if parts.stale(name))
        note = f"The code has changed since some of this was measured, on {old[0]} and later." if old else ""
        return f"{table(['what', 'result'], rows)}\n\n{note}"


class Benchmarks(Tables):
    """The short table of the benchmarks, or all rows of a subject."""

    optional_arguments = 1

    def text(self):
        if not self.arguments:
            return markdown(RESULTS)
        rows = [one for one in json.loads(RESULTS.read_text("utf-8"))["rows"] if one["subject"] == self.arguments[0]]
        return table(
            ["", "softspots", "against", "ratio (least to most)", "goal"],
            [[one["name"], amount(one["ours"]["median"], one["unit"]), *against(one)] for one in rows],
        )


VARIABLES = {
    "results": lambda: SCHEMA,
    "optional": lambda: OPTIONAL,
    "shear": lambda: schema_of_shear(2),
}


def measured(row, study):
    """What the data say, with its interval, and of which edition they are; or why they say nothing."""
    one = judge(row, study)
    return (one.ours or f"not measured: {one.lacking}") + FIRST * bool(one.first)


def dimensions_of(name):
    """The default first."""
    first = Mixture.preset(name).dimension
    return (first, 5 - first) if "dimension" in parameters_of(name) else (first,)


def temperatures_of(name):
    return Mixture.preset(name).temperatures


def against(row):
    """Who a row is held against, by how much we are faster, and what was hoped for."""
    if not row["peer"]:
        return "", "", ""
    ratio, peer = row["ratio"], row["peer"]
    spread = f" ({ratio['min']:.2g} to {ratio['max']:.2g})" if ratio["repetitions"] > 1 else ""
    words = f"{amount(peer['median'], row['unit'])}, {peer['name']}"
    return words, f"{ratio['median']:.3g}{spread}", "" if row["goal"] is None else f"{row['goal']:g}"


def largest(parts, name):
    """Of all numbers, however they are nested."""
    return number(max(np.max(part[name]) for part in parts))


def relative(case):
    return number(case["force_difference"] / case["largest_force"])


def number(value):
    digits, power = f"{value:.1e}".split("e")
    return f"{digits}·10{str(int(power)).translate(RAISED)}"


def type_of(variable):
    return "text" if variable.dtype is str else f"`{variable.dtype}`"


def unit(words):
    return "" if words == "1" else words


def described(variable):
    words = f"{variable.long_name} ({variable.symbol})" if variable.symbol else variable.long_name
    return words if variable.since == 1 else f"{words}; since version {variable.since}"


def table(head, rows):
    """Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def setup(app):
    directives = {
        "output": Output,
        "file": File,
        "findings": Findings,
        "presets": Presets,
        "variables": Schema,
        "quantities": Quantities,
        "axes": Axes,
        "accuracy": Accuracy,
        "benchmarks": Benchmarks,
    }
    for name, directive in directives.items():
        app.add_directive(name, directive)
    # What is generated is not seen by Sphinx to have changed, so pages are read again whenever the version is another.
    return {"version": softspots.__version__, "parallel_read_safe": True}
