"""The command line of ``softspots map``, and what it says of trajectory, model and stages."""

from __future__ import annotations

import argparse
import json
import re
import sys
import tomllib
from dataclasses import fields
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

from softspots.chain.saving import described
from softspots.chain.study import Study, study
from softspots.commands.command import called, typed
from softspots.commands.kinds import in_short, option
from softspots.commands.mixtures import MIXTURES, preset_in
from softspots.commands.options import ListModels, Parser, add_option, labeled
from softspots.commands.reading import GROUP, Reading, read_with, with_options
from softspots.exceptions import DamagedFileError, InputError, system_errors
from softspots.io.readers import Frames
from softspots.io.seal import checksum_of
from softspots.landscape.forces import is_mixture
from softspots.landscape.quench import METHODS
from softspots.model import Forces, Mixture
from softspots.objects import FORCES
from softspots.reasons import meant, number_of
from softspots.structure.spots import CONNECTIONS

NAME = called("map")
# By the name of their option, which are those of `study`.
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
  %(prog)s glass.lammpstrj --model kob-andersen --types 1=A 2=B --output maps
  %(prog)s run.gsd --model mine.toml --frames 100::10 --lag 5 --maps 0 -1
  mpirun -n 4 %(prog)s run.gsd --model mine.toml
  %(prog)s CuZr.xyz --hessian-from mine:forces

mine.toml has a mixture of your own, pair by pair, or a preset with other parameters of its own:
  [model]
  preset = "kob-andersen"
  smoothing = "shifted-force"

mine.py, in this folder or installed, has forces = an object with energy_forces(frame) and hessian(frame), such as
softspots.ASEForces makes of a calculator of ASE.

The output folder gets results.nc, as a simulation writes it, and map_….png of the chosen frames, counted from 0 as
--frames leaves them. What frames do not tell is left out; results.nc says what and why. So is a frame that cannot be
read. A run that was ended goes on with --resume and the same options. softspots analyze maps/results.nc measures and
draws what was found.
"""


def make_parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = Parser(
        prog=typed("map"),
        description="Find soft spots and rearrangements in the frames of a trajectory of any program.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add(
        "trajectory",
        type=Path,
        metavar="TRAJECTORY",
        help="LAMMPS' dump or data file, GSD, XYZ of any kind, NetCDF, DCD or XTC, or a file of softspots",
    )
    forces = parser.add_mutually_exclusive_group(required=True).add_argument
    forces("--model", metavar="MODEL", help="a preset (--list-models), in the dimension of the frames, or a TOML file")
    forces("--hessian-from", metavar="MODULE:OBJECT", help="other forces: a Python object that has them")
    add(
        "--output",
        "-o",
        type=Path,
        default=Path("maps"),
        metavar="FOLDER",
        help="folder for all output [default %(default)s]",
    )
    add("--overwrite", action="store_true", help="replace the files of an earlier run there")
    add("--resume", action="store_true", help="go on with the run there, with the frames that it has not done")
    add("--frames", type=_slice, default=slice(None), metavar="A:B:C", help="from A to before B, every C-th [all]")
    add("--maps", type=int, nargs="*", default=[0], metavar="N", help="frames to draw, -1 is the last [0]")
    add("--quiet", action="store_true", help="no progress bar, nothing of what was inferred")
    add("--list-models", action=ListModels, help="show the mixtures that --model knows, and exit")
    add("--version", action="version", version=f"softspots {version('softspots')}")
    reading = parser.add_argument_group(GROUP)
    for entry in fields(Reading):
        add_option(reading, entry)
    stages = parser.add_argument_group("stages").add_argument
    stages("--modes", type=int, metavar="N", help="lowest modes to find [500 for 10,000 particles in 2D]")
    stages("--lag", type=int, metavar="N", help="how many frames later D²_min ends; 0 for none [1]")
    stages("--n-modes", type=int, metavar="N", help="modes that make the map [430 for 10,000 particles in 2D]")
    stages("--n-particles", type=int, metavar="N", help="particles taken from each mode [20]")
    stages("--min-particles", type=int, metavar="N", help="fewest particles of a soft spot [4]")
    stages("--connection", choices=CONNECTIONS, help="what connects two particles [delaunay]")
    stages(
        "--bond-length",
        type=float,
        metavar="X",
        help="longest bond of the connection 'distance' [1.5; of other models than the paper's 1.5 ρ^(-1/d)]",
    )
    stages(
        "--d2min-cutoff",
        type=float,
        metavar="X",
        help="neighbourhood of D²_min [2.5; of other models than the paper's 2.74 ρ^(-1/d)]",
    )
    stages("--quench", choices=METHODS, help="minimiser before the last Newton steps [newton]")
    stages("--max-force", type=float, metavar="X", help="largest force component left [1e-10]")
    stages("--temperature", type=float, metavar="T", help="of the run, for its analysis and the maps")
    stages("--strain-rate", type=float, metavar="X", help="of the run, for its analysis")
    return parser


def _slice(text: str) -> slice:
    if not re.fullmatch(r"(-?\d+)?:(-?\d+)?(:[1-9]\d*)?", text):
        raise argparse.ArgumentTypeError(f"got {text}; allowed: for instance 10:, :100 or 0:100:5")
    return slice(*(int(one) if one else None for one in text.split(":")))


def read_model(name: str) -> Mixture:
    """The preset of this name, or the mixture of a TOML file.

    Raises
    ------
    InputError
        If there is neither, or it is none.
    """
    if not name.endswith(".toml"):
        if name not in MIXTURES:
            allowed = f"one of {', '.join(MIXTURES)}, or a TOML file"
            raise InputError(f"--model: got {in_short(name) or 'nothing'}; allowed: {allowed}{meant(name, MIXTURES)}")
        return Mixture.preset(name)
    with system_errors(InputError, f"--model: got {name}"):
        text = Path(name).read_text(encoding="utf-8")
    try:
        return Mixture.from_table(tomllib.loads(text)["model"])
    except KeyError as error:
        raise InputError(f"--model: got {name}; it has no table [model]") from error
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"--model: got {name}, which is no TOML file: {error}") from error


def read_forces(name: str) -> Mixture | Forces:
    """The object of this name, ``module:object``, in a Python module that is installed or in the working folder.

    Raises
    ------
    InputError
        If there is none, or it has no forces.
    """
    got = f"--hessian-from: got {name}"
    module, _, attributes = name.partition(":")
    if not module or not attributes:
        raise InputError(f"{got}; allowed: MODULE:OBJECT, for instance mine:forces")
    # As `python -m` has it, the command `softspots` has not.
    if str(Path.cwd()) not in sys.path:
        sys.path.insert(0, str(Path.cwd()))
    try:
        found = import_module(module)
        for attribute in attributes.split("."):
            found = getattr(found, attribute)
    except Exception as error:
        # A module of the user's may raise anything.
        raise InputError(f"{got}, which cannot be had: {type(error).__name__}: {error}") from error
    if isinstance(found, type) or not (is_mixture(found) or all(hasattr(found, method) for method in FORCES)):
        kind = "a class" if isinstance(found, type) else f"of type {type(found).__name__}"
        raise InputError(f"{got}, which is {kind}; allowed: an object with energy_forces(frame) and hessian(frame)")
    return found


def open_frames(arguments) -> Frames:
    """The frames that were asked for.

    Raises
    ------
    InputError
        If there are none, or something is left open.
    DamagedFileError
        If the file is not whole.
    """
    frames = read_with(arguments.trajectory, _said_of_file(arguments))
    chosen = frames[arguments.frames]
    if not len(chosen):
        raise InputError(f"--frames: they leave none of {number_of(len(frames), 'frame')}")
    return chosen


def _said_of_file(arguments) -> dict:
    """What is given of the options of `Reading`."""
    given = {entry: getattr(arguments, entry.name) for entry in fields(Reading)}
    return {
        entry.name: labeled(option(entry.name), entry.metadata["kind"].parse, text)
        for entry, text in given.items()
        if text is not None
    }


def open_study(arguments) -> tuple[Frames, Study]:
    """The frames that were asked for, and the study of them.

    Raises
    ------
    InputError
        If anything is wrong with what was given, files too.
    """
    model = read_forces(arguments.hessian_from) if arguments.hessian_from else read_model(arguments.model)
    given = {name: getattr(arguments, name) for name in STUDYING if getattr(arguments, name) is not None}
    try:
        with with_options():
            frames = open_frames(arguments)
            if arguments.model in MIXTURES:
                model = preset_in(arguments.model, frames.dimension)
            return frames, study(frames, model, progress=False, **given)
    except DamagedFileError as error:
        raise InputError(str(error)) from error


def as_recorded(arguments, found: Study) -> dict:
    """What decides what is found in the frames, by what the user calls it, as JSON gives it back.

    Files are told by their content.
    """
    options = {name: getattr(found.options, name, None) for name in STUDYING} | found.given | {"lag": found.lag}
    said, chosen = _said_of_file(arguments), arguments.frames
    options |= {entry.name: said.get(entry.name) for entry in fields(Reading) if entry.name != "topology"}
    recorded = {
        "TRAJECTORY": checksum_of(arguments.trajectory),
        "--topology": arguments.topology and checksum_of(arguments.topology),
        "--frames": ":".join("" if end is None else str(end) for end in (chosen.start, chosen.stop, chosen.step)),
        "--model": described(found.model),
        "--hessian-from": arguments.hessian_from and _checksum_of_module(arguments.hessian_from),
    }
    recorded |= {f"--{name.replace('_', '-')}": value for name, value in options.items()}
    return json.loads(json.dumps(recorded))


def _checksum_of_module(name: str) -> str:
    path = getattr(sys.modules[name.partition(":")[0]], "__file__", None)
    return checksum_of(path) if path else name


def require_same(recorded: dict, earlier: dict) -> None:
    """See that a run is that which it is to go on with, by what `as_recorded` says of both.

    Raises
    ------
    InputError
        If something differs.
    """
    for name, value in recorded.items():
        if value == earlier.get(name):
            continue
        if name in ("TRAJECTORY", "--topology", "--hessian-from"):
            raise InputError(f"{name}: got another file than the run to resume has; allowed: the same one, unchanged")
        if name == "--model":
            raise InputError("--model: got another model than the run to resume has; allowed: the same one again")
        raise InputError(
            f"{name}: got {_shown(value)}; allowed: {_shown(earlier.get(name))}, that of the run to resume, whose "
            "options must be given again, or another folder"
        )


def _shown(value) -> str:
    if isinstance(value, dict):
        return " ".join(f"{kind}={species}" for kind, species in value.items())
    return "nothing" if value is None else str(value)
