"""Where a run begins that makes no solid of its own: a frame of anybody's file, or what is kept of it."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from softspots.commands.kinds import Fractions, option
from softspots.commands.mixtures import MODEL, OF_PRESETS, preset_in, run_mixture
from softspots.commands.output import earlier_checkpoint
from softspots.commands.parameters import Parameters
from softspots.commands.reading import as_options, read_with, with_options, with_species
from softspots.dynamics.starting import kinetic_temperature, peculiar_velocities
from softspots.exceptions import InputError, SoftspotsError
from softspots.frame import Frame
from softspots.io.attributes import TIMES_ARE_STEPS
from softspots.io.readers import Frames
from softspots.io.seal import checksum_of
from softspots.landscape.forces import energy_forces, scales
from softspots.landscape.modes import hessian
from softspots.model import Mixture, Model
from softspots.model.composition import same_parameter
from softspots.model.fitting import warn_of_composition
from softspots.reasons import number_of

# What is said of the file; the dimension is that of the run too.
READING = ("types", "sizes", "dimension", "topology", "format", "bounds", "unit")
# What a file has, so that it need not be given.
COMPOSITION = ("particles", "dimension", "density", "fraction_a", "fractions")
# What makes a solid; without a temperature of a run, that of the liquid's end and its time step belong to it.
LIQUID = ("liquid_temperature", "liquid_time", "cooling_time")
THERMAL = (*LIQUID, "temperature", "timestep", "seed")
# Force, in the mixture's scale, beyond which particles overlap: no thermal motion brings Lennard-Jones particles as far
# into each other, and a time step of 0.005 τ would move them by a tenth of their size.
LARGEST_FORCE = 4e3
# Times the liquid's temperature: what is hotter is no start of any use.
HOTTEST = 10
# Times the temperature of the run, beyond which forces are those of something else: in 48 frames of the paper's model
# in thermal motion they were at 0.69 to 1.25 times their temperature for 64 particles, 0.95 to 1.13 for 1,000.
HOTTER_THAN_RUN = 3


@dataclass(frozen=True, eq=False, repr=False)
class Start:
    """The configuration that a run begins with.

    Attributes
    ----------
    name : str
        Of the file, without its folders.
    number, count : int
        Of the frame in the file, from 0, and how many there are.
    sha256 : str
        Of the file.
    lengths : tuple of float
        Sides of the box.
    sizes : (N,) ndarray or None
    drawn : bool or None
        Whether velocities are drawn, and not the file's; None where there are none.
    frame : Frame or None
        None where a run is resumed: its checkpoint has what it needs.
    velocities : (N, d) ndarray or None
        Peculiar ones, of the file.
    notes : tuple of str
        What was found.
    """

    name: str
    number: int
    count: int
    sha256: str
    lengths: tuple[float, ...]
    sizes: np.ndarray | None
    drawn: bool | None
    frame: Frame | None = None
    velocities: np.ndarray | None = None
    notes: tuple[str, ...] = field(default=())

    def __repr__(self) -> str:
        return f"{self.name}[{self.number}]"

    def as_dict(self) -> dict[str, int | str]:
        """What files keep of it."""
        found = {
            "start": self.name,
            "start_frame": self.number,
            "start_frames": self.count,
            "start_sha256": self.sha256,
        }
        return found if self.drawn is None else found | {"start_velocities": "drawn" if self.drawn else "of the file"}


def started(values: dict, thermal: bool) -> dict:
    """The values of a run with a start: what its file says takes the places of what is open.

    Parameters
    ----------
    values : dict
        By the names of the parameters, as they are given; ``start`` is the path of a file.
    thermal : bool
        Whether the run has a temperature.

    Raises
    ------
    InputError
        If something that is given means nothing with a start, or differs from what the file has; if the file is not
        there, not whole, or leaves something open; or if its frame cannot be one of the mixture.
    """
    path = values["start"]
    for name in LIQUID if thermal else THERMAL:
        if name in values:
            raise InputError(f"{option(name)}: got {values[name]}, and --start makes no liquid; leave one of them out")
    start, own = (_of_checkpoint if values.get("resume") else _of_file)(path, values, thermal)
    for name in COMPOSITION:
        if name in values and not same_parameter(name, values[name], own.get(name), own["particles"]):
            there = f"{own[name]}, as {start.name} has it" if name in own else "none, with this mixture"
            raise InputError(f"{option(name)}: got {values[name]}; allowed: {there}")
    left_out = {"liquid_time": 0.0, "cooling_time": 0.0}
    if thermal:
        left_out["steady_state_strain"] = values.get("steady_state_strain", 0.0)
    return values | own | left_out | {"start": start, "start_frame": start.number}


def _of_file(path: Path, values: Mapping, thermal: bool) -> tuple[Start, dict]:
    with _of_start():
        frames = read_with(path, {name: values[name] for name in READING if name in values})
    number = _number(values, len(frames), path.name)
    with _of_start():
        frame, sha256 = frames[number], checksum_of(path)
        velocities, notes = _velocities(frames, frame, number, values) if thermal else (None, [])
    with _of_start(f"{path.name}, frame {number}: "):
        with with_species(frames, _unmixed(values, frame.dimension), values.get("types")):
            own = _composition(frame, values)
        open_ones = dict.fromkeys((*OF_PRESETS, "density", "fractions"))
        mixture = run_mixture(open_ones | {"model": MODEL} | values | own)
        configurational = _configurational_temperature(frame, mixture)
    with _warnings_of(f"{path.name}, frame {number}: "):
        if not {"fraction_a", "fractions"} & values.keys():
            warn_of_composition(_unmixed(values, frame.dimension), frame, stacklevel=1)
        if thermal:
            _warn_of_heat(configurational, values.get("temperature", (mixture.temperatures or (np.inf,))[0]))
    # The time of a run begins at 0.
    told = [note for note in frames.notes if not note.startswith(TIMES_ARE_STEPS)]
    return Start(
        name=path.name,
        number=number,
        count=len(frames),
        sha256=sha256,
        lengths=frame.box.lengths,
        sizes=frame.sizes,
        drawn=velocities is None if thermal else None,
        frame=frame,
        velocities=velocities,
        notes=(*map(as_options, told), f"by forces it is at a temperature of {configurational:.3g}", *notes),
    ), own


@contextlib.contextmanager
def _of_start(place: str = "") -> Iterator[None]:
    """Around what is wrong with the file, for whoever has named it; options that are named already stay so."""
    try:
        with with_options():
            yield
    except SoftspotsError as error:
        message = " ".join(str(error).split())
        raise InputError(message if message.startswith("--") else f"--start: {place}{message}") from error


@contextlib.contextmanager
def _warnings_of(place: str) -> Iterator[None]:
    """Around what warns of the frame, for whoever has named the file."""
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always", UserWarning)
        yield
    for one in told:
        warnings.warn(f"--start: {place}{one.message}", stacklevel=3)


def _of_checkpoint(path: Path, values: Mapping, thermal: bool) -> tuple[Start, dict]:
    """What the checkpoint of a run says of its start, of which the file is not needed."""
    checkpoint = earlier_checkpoint(values.get("output", Parameters.output))
    known, arrays = checkpoint.configuration, checkpoint.arrays
    if "start" not in known:
        raise InputError(f"--start: got {path.name}; allowed: none, as the run to resume made its solid itself")
    own = {name: known[name] for name in COMPOSITION if name in known}
    own["dimension"] = arrays["positions"].shape[1]
    if "fractions" in own:
        own["fractions"] = Fractions().read(own["fractions"])
    return Start(
        name=path.name,
        number=_number(values, known["start_frames"], path.name) if "start_frame" in values else known["start_frame"],
        count=known["start_frames"],
        sha256=known["start_sha256"],
        lengths=tuple(arrays["lengths"].tolist()),
        sizes=arrays.get("sizes"),
        drawn=known["start_velocities"] == "drawn" if thermal else None,
    ), own


def _number(values, count, name) -> int:
    number = values.get("start_frame", -1)
    if not -count <= number < count:
        there = number_of(count, "frame")
        raise InputError(f"--start-frame: got {number}; allowed: from {-count} to {count - 1}, as {name} has {there}")
    return number % count


def _composition(frame: Frame, values: Mapping) -> dict:
    """What the frame has of `COMPOSITION`, for the mixture of the run."""
    own = {"particles": len(frame), "dimension": frame.dimension, "density": len(frame) / frame.box.volume}
    made = _unmixed(values, frame.dimension)
    numbers = made.indices(frame)
    made.sizes_of(frame)
    if made.sizes is not None:
        return own
    fractions = tuple((np.bincount(numbers, minlength=len(made.species)) / len(frame)).tolist())
    return own | ({"fraction_a": fractions[0]} if isinstance(made, Model) else {"fractions": fractions})


def _unmixed(values: Mapping, dimension: int) -> Mixture:
    """The mixture of the run with the composition that it has of its own."""
    model = values.get("model", MODEL)
    return model if isinstance(model, Mixture) else preset_in(model, dimension)


def _warn_of_heat(configurational: float, temperature: float) -> None:
    """Ask where forces are those of a temperature far above that of the run."""
    if configurational > HOTTER_THAN_RUN * temperature:
        warnings.warn(
            f"by forces it is at a temperature of {configurational:.3g}, and the run is at {temperature:g}: is it "
            "hotter on purpose, or are the mixture, species (--types), lengths (--unit) or sizes (--sizes) others?",
            stacklevel=2,
        )


def _configurational_temperature(frame: Frame, mixture: Mixture) -> float:
    """Σ F² over the trace of the Hessian (Rugh, Phys. Rev. Lett. 78, 772 (1997)), 0 in a minimum.

    Raises
    ------
    InputError
        If forces are beyond those of a solid or liquid of the mixture.
    """
    _, forces, _ = energy_forces(frame, mixture)
    largest, allowed = float(np.abs(forces).max()), LARGEST_FORCE * scales(frame, mixture).force
    if largest > allowed:
        raise InputError(
            f"particles overlap, with forces up to {largest:.3g}, at a density of {len(frame) / frame.box.volume:.4g}; "
            f"in a solid of {mixture.name or 'this mixture'} they are below {allowed:.3g}: is it another mixture, or "
            "are species (--types), lengths (--unit) or sizes (--sizes) others?"
        )
    trace = hessian(frame, mixture).diagonal().sum()
    found = float((forces**2).sum() / trace) if trace > 0 else 0.0
    liquid = mixture.temperatures[1] if mixture.temperatures else np.inf
    if found > HOTTEST * liquid:
        raise InputError(
            f"forces are those of a temperature of {found:.3g}, and a liquid of {mixture.name or 'this mixture'} is at "
            f"{liquid:g}: is it another mixture, or are species (--types), lengths (--unit) or sizes (--sizes) others?"
        )
    return found


def _velocities(frames: Frames, frame: Frame, number: int, values: Mapping) -> tuple[np.ndarray | None, list[str]]:
    """Peculiar velocities of the file; None if they are to be drawn; and what is to be said of them."""
    if values.get("unit", 1.0) != 1.0:
        return None, ["velocities are drawn, as --unit says nothing of the file's unit of time"]
    found = frames.velocities(number)
    if found is None:
        return None, ["velocities are drawn, as the file has none"]
    found, rate = peculiar_velocities(frame, found)
    notes = [f"velocities are the file's, at a kinetic temperature of {kinetic_temperature(found):.4g}"]
    if rate:
        notes.append(f"a flow at a strain rate of {rate:.3g} is taken off them")
    return found, notes
