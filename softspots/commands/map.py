"""Maps of a trajectory of any program: ``softspots map glass.lammpstrj --model kob-andersen --types 1=A 2=B``."""

from __future__ import annotations

import argparse
import contextlib
import re
import tomllib
import warnings
from importlib.metadata import version
from pathlib import Path

import numpy as np

from softspots.chain.saving import save
from softspots.chain.study import Study, study
from softspots.commands.command import check_streams, command, complain, printing, say
from softspots.commands.interruption import cutting, listening
from softspots.commands.options import Parser
from softspots.commands.output import check_kind, make_folder
from softspots.commands.progress import Progress
from softspots.dynamics.parallel import launched, world
from softspots.exceptions import InputError, system_errors
from softspots.figures.map import save_map
from softspots.io.claim import claimed
from softspots.io.readers import Frames, read
from softspots.io.replacing import remove_leftovers
from softspots.io.results import read_results
from softspots.landscape.quench import METHODS
from softspots.model import Mixture
from softspots.structure.spots import CONNECTIONS

NAME = "softspots map"
RESULTS = "results.nc"
# By the name of their option, which are those of `read` and of `study`.
READING = ("types", "sizes", "dimension", "topology", "format", "bounds", "unit", "timestep")
STUDYING = (
    "modes",
    "lag",
    "n_modes",
    "n_particles",
    "min_particles",
    "connection",
    "bond_length",
    "d2min_cutoff",
    "quench",
    "max_force",
    "temperature",
    "strain_rate",
)

EPILOG = """\
examples:
  softspots map glass.lammpstrj --model kob-andersen --types 1=A 2=B --output maps
  softspots map run.gsd --model mine.toml --frames 100::10 --lag 5 --maps 0 -1

mine.toml has a table [model]: a preset with parameters of its own, or a mixture (softspots/model/description.py).
The output folder gets results.nc, as a simulation writes it, and map_….png of the chosen frames, counted from 0 as
--frames leaves them. What frames do not tell is left out; results.nc says what and why.
"""


def make_parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = Parser(
        prog=NAME,
        description="Find soft spots and rearrangements in the frames of a trajectory of any program.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("trajectory", type=Path, metavar="TRAJECTORY", help="a file that softspots.read reads (docs/files.md)")
    add("--model", required=True, metavar="MODEL", help="a preset (softspots simulate --list-models) or a TOML file")
    add("--output", "-o", type=Path, default=Path("maps"), metavar="FOLDER", help="[default %(default)s]")
    add("--overwrite", action="store_true", help="replace the files of an earlier run there")
    add("--frames", type=_slice, default=slice(None), metavar="A:B:C", help="from A to before B, every C-th [all]")
    add("--maps", type=int, nargs="*", default=[0], metavar="N", help="frames to draw, -1 is the last [0]")
    add("--quiet", action="store_true", help="no progress bar, nothing of what was inferred")
    add("--version", action="version", version=f"softspots {version('softspots')}")
    reading = parser.add_argument_group("what the file leaves open").add_argument
    reading("--types", type=_pair, nargs="+", metavar="TYPE=SPECIES", help="which species a type is; or one for all")
    reading("--sizes", metavar="COLUMN", help="the column with diameters")
    reading("--dimension", type=int, choices=(2, 3), help="of space, where it is in doubt")
    reading("--topology", type=Path, metavar="FILE", help="what the particles are, for DCD, XTC and the like")
    reading("--format", metavar="NAME", help="of the file [by its content]")
    reading("--bounds", choices=("box", "bounding box"), help="what the bounds in a dump's header are those of")
    reading("--unit", type=float, metavar="X", help="the model's σ in the file's lengths [1]")
    reading("--timestep", type=float, metavar="X", help="the model's time between two steps")
    stages = parser.add_argument_group("stages").add_argument
    stages("--modes", type=int, metavar="N", help="lowest modes to find [500 for 10,000 particles in 2D]")
    stages("--lag", type=int, metavar="N", help="how many frames later D²_min ends; 0 for none [1]")
    stages("--n-modes", type=int, metavar="N", help="modes that make the map [430 for 10,000 particles in 2D]")
    stages("--n-particles", type=int, metavar="N", help="particles taken from each mode [20]")
    stages("--min-particles", type=int, metavar="N", help="fewest particles of a soft spot [4]")
    stages("--connection", choices=CONNECTIONS, help="what connects two particles [delaunay]")
    stages("--bond-length", type=float, metavar="X", help="longest bond of the connection 'distance'")
    stages("--d2min-cutoff", type=float, metavar="X", help="neighbourhood of D²_min")
    stages("--quench", choices=METHODS, help="minimiser before the last Newton steps [newton]")
    stages("--max-force", type=float, metavar="X", help="largest force component left [1e-10]")
    stages("--temperature", type=float, metavar="T", help="of the run, for its analysis and the maps")
    stages("--strain-rate", type=float, metavar="X", help="of the run, for its analysis")
    return parser


def _slice(text: str) -> slice:
    if not re.fullmatch(r"(-?\d+)?:(-?\d+)?(:[1-9]\d*)?", text):
        raise argparse.ArgumentTypeError(f"got {text}; allowed: for instance 10:, :100 or 0:100:5")
    return slice(*(int(one) if one else None for one in text.split(":")))


def _pair(text: str) -> tuple[str, str]:
    kind, given, species = text.rpartition("=")
    if not species or (given and not kind):
        raise argparse.ArgumentTypeError(f"got {text}; allowed: for instance 1=A")
    return kind, species


def read_model(name: str) -> Mixture:
    """The preset of this name, or the mixture of a TOML file.

    Raises
    ------
    InputError
        If there is neither, or it is none.
    """
    if not name.endswith(".toml"):
        return Mixture.preset(name)
    with system_errors(InputError, f"--model: got {name}"):
        text = Path(name).read_text(encoding="utf-8")
    try:
        return Mixture.from_table(tomllib.loads(text)["model"])
    except KeyError as error:
        raise InputError(f"--model: got {name}; it has no table [model]") from error
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"--model: got {name}, which is no TOML file: {error}") from error


def open_frames(arguments) -> Frames:
    """The frames that were asked for.

    Raises
    ------
    InputError
        If there are none, or something is left open.
    DamagedFileError
        If the file is not whole.
    """
    given = {name: getattr(arguments, name) for name in READING if getattr(arguments, name) is not None}
    if types := given.get("types"):
        alone = len(types) == 1 and not types[0][0]
        if not alone and not all(kind for kind, _ in types):
            raise InputError("--types: got a species without its type; allowed: TYPE=SPECIES of each, or one species")
        given["types"] = types[0][1] if alone else dict(types)
    frames = read(arguments.trajectory, **given)
    chosen = frames[arguments.frames]
    if not len(chosen):
        raise InputError(f"--frames: they leave none of {len(frames)} frames")
    return chosen


def pictures(arguments, count: int) -> dict[int, Path]:
    """The frames to draw, and their files.

    Raises
    ------
    InputError
        If there is no such frame.
    """
    for number in arguments.maps:
        if not -count <= number < count:
            raise InputError(
                f"--maps: got {number}; allowed: from {-count} to {count - 1}, as there are {count} frames"
            )
    numbers = {number % count for number in arguments.maps}
    return {number: arguments.output / f"map_{number:06}.png" for number in sorted(numbers)}


def check_output(arguments, files: list[Path]) -> None:
    """See that nothing in the output folder is lost.

    Raises
    ------
    InputError
    """
    for path in files:
        check_kind(path)
        if path.exists() and not arguments.overwrite:
            raise InputError(f"--output: got {path.parent}, which has {path.name}; allowed: another, or --overwrite")
        if path.resolve() == arguments.trajectory.resolve():
            raise InputError(f"--output: got {path.parent}, where the trajectory would be replaced; allowed: another")


def write_maps(arguments, found: Study, drawn: dict[int, Path]) -> None:
    """Go through all frames, into the results file and the pictures."""
    with contextlib.closing(Progress(len(found), 0, visible=not arguments.quiet)) as progress:

        def each(index, one):
            if index in drawn:
                about = {"model": found.model, "title": rf"$t={one.frame.time:g}$"}
                save_map(drawn[index], one.frame, one.activity, one.labels, arguments.temperature, **about)
            progress.advance(1)
            progress.stage(f"frame {min(index + 2, len(found))} of {len(found)}")

        progress.stage(f"frame 1 of {len(found)}")
        save(found, arguments.output / RESULTS, each)


def report(path: Path) -> str:
    """What was found, in a few lines."""
    results = read_results(path)
    labels, certified = results["soft_spot"], results["inherent_certified"] == 1
    good = np.isfinite(results["eigenvalue"]).all(axis=1)
    rows = [
        ("frames", f"{len(results)}, {certified.sum()} inherent structures certified, {good.sum()} with soft spots")
    ]
    if good.any():
        rows.append(("ρ_SS", f"{np.mean(labels[good] >= 0):.3f}"))
        rows.append(("soft spots", f"{np.mean(labels[good].max(axis=1) + 1):.1f} per frame"))
    rows.append(("left out", results.attributes["left_out_because"]))
    rows.append(("files", f"{path.name} and maps in {path.parent}"))
    return "\n".join(f"{name:14}{value}" for name, value in rows)


def main(argv=None) -> None:
    """The command.

    Exits with status 2 if an argument is wrong, 1 if an input is damaged or output cannot be written, 130 and 143 after
    SIGINT (Ctrl-C) and SIGTERM. Files are whole or not there.

    Parameters
    ----------
    argv : sequence of str, optional
        Default: the command line of the process.
    """
    check_streams(NAME)
    with listening(), command(NAME), cutting(hint="; results.nc had not been written"), warnings.catch_warnings():
        with printing():
            arguments = make_parser().parse_args(argv)
        if launched() and world().size > 1:
            raise InputError(f"mpirun: got {world().size} ranks; allowed: one, as frames are not shared between ranks")
        # In a line each, as errors are.
        warnings.showwarning = lambda message, *_: complain(NAME, message)
        model, frames = read_model(arguments.model), open_frames(arguments)
        drawn = pictures(arguments, len(frames))
        given = {name: getattr(arguments, name) for name in STUDYING if getattr(arguments, name) is not None}
        found = study(frames, model, progress=False, **given)
        if not arguments.quiet:
            complain(NAME, frames)
        make_folder(arguments.output)
        with claimed(arguments.output):
            check_output(arguments, [arguments.output / RESULTS, *drawn.values()])
            remove_leftovers(arguments.output)
            write_maps(arguments, found, drawn)
            say(report(arguments.output / RESULTS))
