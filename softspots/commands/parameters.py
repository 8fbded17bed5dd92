"""The parameters of a run: one table behind the command line, the TOML file, the checks and the results file."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field, fields
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from softspots.commands.checks import LARGEST, NUMBERS, check
from softspots.commands.kinds import Choice, File, Folder, Fractions, Glass, Grid, Number, Switch, parameter
from softspots.commands.mixtures import MIXTURES, MODEL, run_defaults, run_mixture, shown_fractions
from softspots.commands.reading import as_in_reading, said_of_file
from softspots.dynamics.preparation import STRAIN
from softspots.landscape.quench import METHODS
from softspots.model import PRESETS, LennardJones, Mixture, Model
from softspots.structure.counts import FEWEST, PARTICLES, map_modes, mode_counts
from softspots.structure.spots import CONNECTIONS

if TYPE_CHECKING:
    from softspots.commands.starts import Start

MAP = "map.png"
FILES = ("results.nc", "trajectory.nc", MAP)

PAPER_PARTICLES = 10_000
# What files call a mixture that has no name.
OWN = "own"
# The group of what says of a file where a run begins.
STARTS = "start from a file"

_POSITIVE = Number(above=0, most=LARGEST)
_NOT_NEGATIVE = Number(least=0, most=LARGEST)
_COUNT = Number(int, least=1, most=2**31 - 1)


@dataclass(frozen=True, repr=False)
class Parameters:
    """Every parameter of a run; the metadata of a field say its group, kind, unit, meaning and the paper's value.

    Its repr has those that differ from their defaults.

    The paper is Schoenholz et al. 2014; section II has its values. Reduced units: length σ_AA, energy ε_AA, time τ; of
    other mixtures their own. A value of None means the default that follows from the mixture and other parameters, or
    that there is none, as it means nothing for the mixture.

    Raises
    ------
    InputError
        If values do not fit together (single values are checked by their kinds).
    """

    model: str | Mixture = parameter(
        "model",
        MODEL,
        Glass(tuple(MIXTURES)),
        "mixture, see --list-models, or a TOML file with a mixture of your own as a table [model], also that of "
        "--config; as-printed has σ_AB and σ_BB as the paper prints them",
        paper="not clear",
    )
    particles: int = parameter(
        "model", PAPER_PARTICLES, Number(int, least=1, most=2**31 - 1), "number of particles N", paper="10000"
    )
    dimension: int | None = parameter(
        "model", None, Number(int, least=2, most=3), "of space, where the mixture has both; default: the mixture's"
    )
    density: float | None = parameter(
        "model", None, _POSITIVE, "particles per area or volume; default: the mixture's", "σ_AA⁻ᵈ", "1.2"
    )
    fraction_a: float | None = parameter(
        "model",
        None,
        Number(least=0, most=1),
        "fraction of A particles in the paper's mixtures; default: 0.65",
        paper="0.65",
    )
    fractions: tuple[float, ...] | None = parameter(
        "model", None, Fractions(), "fractions of the species in all other mixtures; default: the mixture's"
    )
    smoothing: str | None = parameter(
        "model",
        None,
        Choice(LennardJones.smoothings),
        "how the pair energy goes to zero at the cutoff; default: even",
        paper="not given",
    )
    cutoff: float | None = parameter(
        "model", None, _POSITIVE, "cutoff of the pair energy, where one holds for all; default: 2.5", "σ_AA", "2.5"
    )
    cutoff_per_pair: bool | None = parameter(
        "model", None, Switch(), "take the cutoffs in the σ of each pair instead; default: no", paper="no"
    )
    inner_cutoff: float | None = parameter(
        "model", None, _POSITIVE, "where the smoothing 'switch' begins; default: 2", "σ_AA", "not given"
    )

    temperature: float | None = parameter(
        "dynamics",
        None,
        _POSITIVE,
        "temperature T; default: 0.1, for other mixtures see --list-models",
        "ε_AA/k_B",
        "0.1 to 0.4",
    )
    strain_rate: float | None = parameter(
        "dynamics", None, _NOT_NEGATIVE, "rate of simple shear, 0 for none; default: 1e-4", "1/τ", "1e-5 to 1e-3"
    )
    timestep: float | None = parameter(
        "dynamics", None, _POSITIVE, "time step; default: 0.005, for packings 0.02", "τ", "0.005"
    )
    thermostat_time: float | None = parameter(
        "dynamics", None, _POSITIVE, "time constant of Nosé–Hoover; default: 1", "τ", "1"
    )
    thermostat_chain: int = parameter(
        "dynamics",
        1,
        Number(int, least=1, most=1000),
        "number of thermostats in the Nosé–Hoover chain",
        paper="not given",
    )
    skin: float | None = parameter(
        "dynamics",
        None,
        _POSITIVE,
        "what neighbour lists reach beyond the cutoff; costs time only; default: 0.45, in three dimensions 0.3",
        "σ_AA",
    )

    liquid_temperature: float | None = parameter(
        "preparation",
        None,
        _POSITIVE,
        "temperature of the liquid to start from; default: 1, for other mixtures see --list-models",
        "ε_AA/k_B",
        "not given",
    )
    liquid_time: float | None = parameter(
        "preparation", None, _NOT_NEGATIVE, "time in the liquid; default: 50", "τ", "not given"
    )
    cooling_time: float | None = parameter(
        "preparation", None, _NOT_NEGATIVE, "time of the smooth cooling to T; default: 100", "τ", "not given"
    )
    steady_state_strain: float = parameter(
        "preparation", STRAIN, _NOT_NEGATIVE, "strain before the first frame; with --start 0 unless given", paper="0.2"
    )

    start: Start | None = parameter(
        STARTS,
        None,
        File(),
        "begin with a frame of this file, of any program or of softspots, a checkpoint too, with its velocities if it "
        "has some; there is no liquid and no cooling then, and particles, density and composition are the file's",
    )
    start_frame: int | None = parameter(
        STARTS,
        None,
        Number(int, least=-(2**31), most=2**31 - 1),
        "number of the frame, from 0; -1 is the last, the default",
    )
    types: dict | str | None = as_in_reading("types", STARTS)
    sizes: str | None = as_in_reading("sizes", STARTS)
    topology: Path | None = as_in_reading("topology", STARTS)
    format: str | None = as_in_reading("format", STARTS)
    bounds: str | None = as_in_reading("bounds", STARTS)
    unit: float | None = as_in_reading("unit", STARTS)

    quench: str = parameter(
        "inherent structures",
        "newton",
        Choice(tuple(METHODS)),
        "minimiser before the last Newton steps; newton is L-BFGS",
        paper="cg+fire",
    )
    max_force: float | None = parameter(
        "inherent structures",
        None,
        _POSITIVE,
        "largest force component left; default: 1e-10",
        "ε_AA/σ_AA",
        "not given",
    )

    modes: int | None = parameter(
        "modes", None, _COUNT, "lowest modes to find; default: in proportion to N d", paper="500 for N = 10000"
    )

    n_modes: int | None = parameter(
        "soft spots",
        None,
        _COUNT,
        "modes of smallest participation ratio that make the map, N_m; default: in proportion to N d",
        paper="430 for N = 10000",
    )
    n_particles: int = parameter("soft spots", PARTICLES, _COUNT, "particles taken from each mode, N_p", paper="20")
    min_particles: int = parameter("soft spots", FEWEST, _COUNT, "fewest particles of a soft spot", paper="4")
    connection: str = parameter(
        "soft spots", "delaunay", Choice(CONNECTIONS), "what connects two particles", paper="not given"
    )
    bond_length: float | None = parameter(
        "soft spots",
        None,
        _POSITIVE,
        "longest bond of the connection 'distance'; default: 1.5, for other mixtures 1.5 ρ^(-1/d)",
        "σ_AA",
        "not given",
    )

    frame_interval: float | None = parameter(
        "plasticity",
        None,
        _POSITIVE,
        "time over which D²_min is taken, from a frame on; default: 2, for packings 10",
        "τ",
        "2",
    )
    d2min_cutoff: float | None = parameter(
        "plasticity",
        None,
        _POSITIVE,
        "neighbourhood of D²_min; default: 2.5, for other mixtures as many mean distances, 2.74 ρ^(-1/d)",
        "σ_AA",
        "2.5",
    )
    rearrangement_threshold: float | None = parameter(
        "plasticity",
        None,
        _POSITIVE,
        "D²_min beyond which a particle rearranges; default: 15, for other mixtures where neighbours move by 0.28 mean "
        "distances",
        "T σ_AA² k_B/ε_AA",
        "15",
    )

    # By the error of 20 frames of the demo, 11 %, a hundred of 10,000 particles give P*/ρ_SS to a few per cent.
    frames: int = parameter("run", 100, _COUNT, "number of frames to analyse", paper="not given")
    frame_separation: float | None = parameter(
        "run",
        None,
        _POSITIVE,
        "time from frame to frame; default: that of D²_min, so that soft spots can be followed through their lives",
        "τ",
        "2",
    )
    seed: int = parameter("run", 1, Number(int, least=0, most=2**31 - 1), "seed of the start")
    grid: tuple[int, ...] | None = parameter("run", None, Grid(), "ranks along each axis; default: as square as can be")
    output: Path = parameter("run", Path("results"), Folder(), f"folder for {', '.join(FILES)}", short="-o")
    overwrite: bool = parameter("run", False, Switch(), "replace the files of an earlier run there")
    resume: bool = parameter(
        "run", False, Switch(), "go on from the checkpoint there, with the same parameters and as many frames or more"
    )
    # Wall-clock time, as it is the most that a crash can cost, whatever the system's size and the stage.
    checkpoint_every: float = parameter(
        "run", 10.0, _NOT_NEGATIVE, "wall-clock time between checkpoints; 0 for as many as can be", "min"
    )
    quiet: bool = parameter("run", False, Switch(), "no progress bar")

    def __post_init__(self):
        derived = self._derived()
        if self.n_modes is None and self.modes is not None:
            derived["n_modes"] = map_modes("--modes", self.particles, derived["dimension"], self.modes)
        for name, value in derived.items():
            if getattr(self, name) is None:
                object.__setattr__(self, name, value)
        check(self)

    def _derived(self) -> dict:
        """The defaults that follow from other parameters."""
        given = {entry.name: getattr(self, entry.name) for entry in fields(self)}
        known = run_defaults(self.mixture, given)
        known |= mode_counts(self.particles, known["dimension"])
        return known | {"frame_separation": self.frame_interval or known["frame_interval"]}

    def __repr__(self) -> str:
        values = {entry.name: getattr(self, entry.name) for entry in fields(self)}
        defaults = {entry.name: entry.default for entry in fields(self)} | self._derived()
        alone = self.model if isinstance(self.model, Mixture) else Mixture.preset(self.model)
        defaults |= {name: getattr(alone, name) for name in ("dimension", "density", "fractions") if values[name]}
        given = [f"{name}={value!r}" for name, value in values.items() if value != defaults[name]]
        return f"Parameters({', '.join(given)})"

    @cached_property
    def mixture(self) -> Mixture:
        """The mixture of this run, of its composition and in its dimension."""
        return run_mixture({entry.name: getattr(self, entry.name) for entry in fields(self)})

    @property
    def noun(self) -> str:
        """What is simulated, for people: particles, and of which mixture, if it is none of the paper's."""
        origin = f" from {self.start.name}, frame {self.start.number}" if self.start else ""
        if self.model in PRESETS:
            return f"particles{origin}"
        name = self.mixture.name or "a mixture of its own"
        return f"particles of {name} in {NUMBERS[self.dimension]} dimensions{origin}"

    @property
    def box_lengths(self) -> tuple[float, ...]:
        """Sides of the box, in σ_AA: of a square or a cube, or those of the start."""
        if self.start:
            return self.start.lengths
        return ({2: math.sqrt, 3: math.cbrt}[self.dimension](self.particles / self.density),) * self.dimension

    @property
    def reach(self) -> float:
        """How far neighbours are looked for: the largest cutoff of any pair, and the skin; in σ_AA."""
        sizes = self.mixture.sizes
        if sizes is None:
            return self.mixture.largest_cutoff + self.skin
        return self.mixture.largest_cutoff * (max(self.start.sizes) if self.start else sizes.largest) + self.skin

    @property
    def steps_per_interval(self) -> int:
        """Time steps over which D²_min is taken."""
        return round(self.frame_interval / self.timestep)

    @property
    def steps_per_frame(self) -> int:
        """Time steps from one frame to the next."""
        return round(self.frame_separation / self.timestep)

    @property
    def preparation(self) -> dict[str, float]:
        """How `Simulation.prepare` is to prepare the run."""
        return {
            # With a start there is no liquid.
            "liquid_temperature": self.liquid_temperature or self.temperature,
            "liquid_time": self.liquid_time,
            "cooling_time": self.cooling_time,
            "strain": self.steady_state_strain,
        }

    def as_dict(self) -> dict[str, bool | int | float | str]:
        """All values by name, as plain as a file takes them, and as ``mixture`` the whole mixture, as JSON.

        What means nothing for the mixture is not there. A `Model` of the paper's is plain parameters, as ever.
        """
        values = {entry.name: getattr(self, entry.name) for entry in fields(self)}
        values |= {"grid": "x".join(map(str, self.grid)) if self.grid else "auto", "output": str(self.output)}
        if self.model in PRESETS and isinstance(self.mixture, Model):
            del values["dimension"]
        else:
            values["model"] = self.mixture.name or OWN
            values["mixture"] = json.dumps(self.mixture.as_table())
        if self.fractions is not None:
            values["fractions"] = shown_fractions(self.fractions)
        if self.start:
            values |= self.start.as_dict() | said_of_file(values)
        return {name: value for name, value in values.items() if value is not None}


def as_in_simulations(name: str, **changes):
    """The field of this name, for another table, with other metadata where they are given."""
    entry = Parameters.__dataclass_fields__[name]
    return field(default=entry.default, metadata=dict(entry.metadata) | changes)
