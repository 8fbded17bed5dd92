"""The command line of ``softspots map``, and what it says of trajectory, model and stages."""

from __future__ import annotations

import json
import re
import sys
from dataclasses import dataclass, fields
from importlib import import_module
from pathlib import Path

from softspots.chain.saving import described
from softspots.chain.study import Study, study
from softspots.commands.command import called, typed
from softspots.commands.kinds import File, Folder, Kind, Number, Text, model_table, option, parameter, types_as_typed
from softspots.commands.mixtures import MIXTURES, preset_in
from softspots.commands.options import ListModels, Parser, add_options, add_value, labeled
from softspots.commands.parameters import as_in_simulations
from softspots.commands.reading import NAMES, Reading, of_run, read_with, with_options, with_species
from softspots.exceptions import DamagedFileError, InputError
from softspots.io.readers import Frames
from softspots.io.seal import checksum_of
from softspots.landscape.forces import is_mixture
from softspots.model import Forces, Mixture
from softspots.objects import FORCES
from softspots.reasons import number_of

NAME = called("map")
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


class PresetOrFile(Text):
    """The name of a preset, or the path of a TOML file."""

    names = tuple(MIXTURES)
    allowed = f"one of {', '.join(names)}, or a TOML file"
    metavar = "MODEL"

    def read(self, value):
        if value not in self.names and not value.endswith(".toml"):
            raise self.refusal(value)
        return super().read(value)


class PythonObject(Text):
    """Where an object is in a module."""

    allowed = "MODULE:OBJECT, for instance mine:forces"
    metavar = "MODULE:OBJECT"

    def read(self, value):
        module, _, attributes = value.partition(":")
        if not module or not attributes:
            raise self.refusal(value)
        return super().read(value)


class Slice(Kind):
    """Some of the frames, as Python has slices."""

    allowed = "for instance 10:, :100 or 0:100:5"
    metavar = "A:B:C"

    def parse(self, given):
        if re.fullmatch(r"\d{1,18}", given):
            raise InputError(f"{self.refusal(given)}; {given}:{int(given) + 1} is this frame alone")
        if not re.fullmatch(r"(-?\d{1,18})?:(-?\d{1,18})?(:[1-9]\d{,17})?", given):
            raise self.refusal(given)
        return slice(*(int(one) if one else None for one in given.split(":")))


class FrameNumbers(Kind):
    """The numbers of any frames, a word each."""

    allowed = "numbers of frames from 0, -1 is the last"
    metavar = "N"
    nargs = "*"

    def parse(self, given):
        try:
            return tuple(map(Number(int, least=-(2**31), most=2**31 - 1).parse, given))
        except InputError:
            raise self.refusal(" ".join(given)) from None


FORCES_OF, STAGES = "forces", "stages"


@dataclass(frozen=True, kw_only=True)
class Arguments(Reading):
    """What ``softspots map`` is told; None where nothing is said. Stages are those of `study`, by its names."""

    trajectory: Path
    model: str | None = parameter(
        FORCES_OF, None, PresetOrFile(), "a preset (--list-models), in the dimension of the frames, or a TOML file"
    )
    hessian_from: str | None = parameter(FORCES_OF, None, PythonObject(), "other forces: a Python object that has them")
    output: Path = parameter("", Path("maps"), Folder(), "folder for all output", short="-o")
    overwrite: bool = as_in_simulations("overwrite", group="")
    resume: bool = as_in_simulations(
        "resume", group="", text="go on with the run there, with the frames that it has not done"
    )
    frames: slice | None = parameter("", None, Slice(), "from A to before B, every C-th; default: all")
    maps: tuple[int, ...] = parameter("", (0,), FrameNumbers(), "frames to draw, -1 is the last")
    quiet: bool = as_in_simulations("quiet", group="", text="no progress bar, nothing of what was inferred")

    modes: int | None = as_in_simulations("modes", group=STAGES)
    lag: int = parameter(
        STAGES, 1, Number(int, least=0, most=2**31 - 1), "how many frames later D²_min ends; 0 for none"
    )
    n_modes: int | None = as_in_simulations("n_modes", group=STAGES)
    n_particles: int = as_in_simulations("n_particles", group=STAGES)
    min_particles: int = as_in_simulations("min_particles", group=STAGES)
    connection: str = as_in_simulations("connection", group=STAGES)
    bond_length: float | None = as_in_simulations("bond_length", group=STAGES)
    d2min_cutoff: float | None = as_in_simulations(
        "d2min_cutoff", group=STAGES, text="neighbourhood of D²_min; default: 2.5, for other mixtures 2.74 ρ^(-1/d)"
    )
    quench: str = as_in_simulations("quench", group=STAGES)
    max_force: float | None = as_in_simulations("max_force", group=STAGES)
    temperature: float | None = of_run("temperature", STAGES, "of the run, for its analysis and the maps")
    strain_rate: float | None = of_run("strain_rate", STAGES, "of the run, for its analysis")
    rearrangement_threshold: float | None = as_in_simulations("rearrangement_threshold", group=STAGES)

    @property
    def chosen(self) -> slice:
        """Of the frames of the trajectory."""
        return self.frames or slice(None)

    @property
    def studying(self) -> dict:
        """What is given of the arguments of `study`."""
        given = {name: getattr(self, name) for name in STUDYING}
        return {name: value for name, value in given.items() if value is not None}


STUDYING = tuple(entry.name for entry in fields(Arguments) if entry.metadata.get("group") == STAGES)


def make_parser() -> Parser:
    """The command line."""
    parser = Parser(
        prog=typed("map"),
        description="Find soft spots and rearrangements in the frames of a trajectory of any program.",
        epilog=EPILOG,
    )
    about = "LAMMPS' dump or data file, GSD, XYZ of any kind, NetCDF, DCD or XTC, or a file of softspots"
    add_value(parser, "trajectory", kind=File(), metavar="TRAJECTORY", help=about)
    parser.add_argument("--list-models", action=ListModels, help="show the mixtures that --model knows, and exit")
    add_options(parser, Arguments, {"": parser, FORCES_OF: parser.add_mutually_exclusive_group(required=True)})
    return parser


def read_model(name: str) -> Mixture:
    """The preset of this name, or the mixture of a TOML file.

    Raises
    ------
    InputError
        If the file is not there, or has none.
    """
    if name in MIXTURES:
        return Mixture.preset(name)
    return Mixture.from_table(labeled("--model", model_table, name))


def read_forces(name: str) -> Mixture | Forces:
    """The object of this name, ``module:object``, in a Python module that is installed or in the working folder.

    Raises
    ------
    InputError
        If there is none, or it has no forces.
    """
    got = f"--hessian-from: got {name}"
    module, _, attributes = name.partition(":")
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


def open_frames(arguments: Arguments) -> Frames:
    """The frames that were asked for.

    Raises
    ------
    InputError
        If there are none, or something is left open.
    DamagedFileError
        If the file is not whole.
    """
    frames = read_with(arguments.trajectory, vars(arguments))
    chosen = frames[arguments.chosen]
    if not len(chosen):
        raise InputError(f"--frames: they leave none of {number_of(len(frames), 'frame')}")
    return chosen


def open_study(arguments: Arguments) -> tuple[Frames, Study]:
    """The frames that were asked for, and the study of them.

    Raises
    ------
    InputError
        If anything is wrong with what was given, files too.
    """
    model = read_forces(arguments.hessian_from) if arguments.hessian_from else read_model(arguments.model)
    try:
        with with_options():
            frames = open_frames(arguments)
            if arguments.model in MIXTURES:
                model = preset_in(arguments.model, frames.dimension)
            with with_species(frames, model, arguments.types):
                return frames, study(frames, model, progress=False, **arguments.studying)
    except DamagedFileError as error:
        raise InputError(str(error)) from error


def as_recorded(arguments: Arguments, found: Study) -> dict:
    """What decides what is found in the frames, by what the user calls it, as JSON gives it back.

    Files are told by their content.
    """
    options = {name: getattr(found.options, name, None) for name in STUDYING} | found.given | {"lag": found.lag}
    options |= {name: getattr(arguments, name) for name in NAMES if name != "topology"}
    chosen = arguments.chosen
    recorded = {
        "TRAJECTORY": checksum_of(arguments.trajectory),
        "--topology": arguments.topology and checksum_of(arguments.topology),
        "--frames": ":".join("" if end is None else str(end) for end in (chosen.start, chosen.stop, chosen.step)),
        "--model": described(found.model),
        "--hessian-from": arguments.hessian_from and _checksum_of_module(arguments.hessian_from),
    }
    recorded |= {option(name): value for name, value in options.items()}
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
        return " ".join(types_as_typed(value))
    return "nothing" if value is None else str(value)
