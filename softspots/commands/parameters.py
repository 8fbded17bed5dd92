"""The parameters of a run: one table behind the command line, the TOML file, the checks and the results file."""

from __future__ import annotations

import hashlib
import json
import math
import secrets
from dataclasses import dataclass, field, fields
from pathlib import Path

from softspots.commands.kinds import Choice, Folder, Grid, Number, Switch, option
from softspots.dynamics.parallel import default_grid
from softspots.exceptions import InputError
from softspots.io.attributes import CHANGEABLE
from softspots.landscape.quench import METHODS
from softspots.model import PRESETS as MODELS
from softspots.model import SMOOTHINGS, Model
from softspots.structure.spots import CONNECTIONS

MAP = "map.png"
FILES = ("results.nc", "trajectory.nc", MAP)

PAPER_PARTICLES = 10_000


def _parameter(group, default, kind, text, unit="", paper=""):
    return field(default=default, metadata={"group": group, "kind": kind, "text": text, "unit": unit, "paper": paper})


# More than any run has, and little enough that nothing that is derived from them overflows.
_POSITIVE = Number(above=0, most=1e9)
_NOT_NEGATIVE = Number(least=0, most=1e9)
_COUNT = Number(int, least=1, most=2**31 - 1)
# Of a whole run: at a million steps a second, a fortnight on the smallest system.
MOST_STEPS = 10**12
# Neighbors are then 0.34 σ_AA apart, where Lennard-Jones particles vibrate with (6 V'')^½ = 10⁵/τ: no time step that
# gets anywhere follows that. From 2 on it takes less than the paper's time step, as a run that blows up says.
MOST_DENSITY = 10.0


@dataclass(frozen=True, repr=False)
class Parameters:
    """Every parameter of a run; the metadata of a field say its group, kind, unit, meaning and the paper's value.

    Its repr has those that differ from their defaults.

    The paper is Schoenholz et al. 2014; section II has its values. Reduced units: length σ_AA, energy ε_AA, time τ.

    Raises
    ------
    InputError
        If values do not fit together (single values are checked by their kinds).
    """

    model: str = _parameter(
        "model",
        "kob-andersen",
        Choice(tuple(MODELS)),
        "mixture: that of Brüning et al. 2009, which the paper cites, or with σ_AB and σ_BB as it prints them",
        paper="not clear",
    )
    particles: int = _parameter(
        "model", PAPER_PARTICLES, Number(int, least=1, most=2**31 - 1), "number of particles N", paper="10000"
    )
    fraction_a: float = _parameter("model", 0.65, Number(least=0, most=1), "fraction of A particles", paper="0.65")
    density: float = _parameter("model", 1.2, Number(above=0, most=MOST_DENSITY), "particles per area", "σ_AA⁻²", "1.2")
    smoothing: str = _parameter(
        "model", "even", Choice(SMOOTHINGS), "how the pair energy goes to zero at the cutoff", paper="not given"
    )
    cutoff: float = _parameter("model", 2.5, _POSITIVE, "cutoff of the pair energy", "σ_AA", "2.5")
    cutoff_per_pair: bool = _parameter(
        "model", False, Switch(), "take the cutoffs in the σ of each pair instead", paper="no"
    )
    inner_cutoff: float = _parameter(
        "model", 2.0, _POSITIVE, "where the smoothing 'switch' begins", "σ_AA", "not given"
    )

    temperature: float = _parameter("dynamics", 0.1, _POSITIVE, "temperature T", "ε_AA/k_B", "0.1 to 0.4")
    strain_rate: float = _parameter("dynamics", 1e-4, _NOT_NEGATIVE, "rate of simple shear", "1/τ", "1e-5 to 1e-3")
    timestep: float = _parameter("dynamics", 5e-3, _POSITIVE, "time step", "τ", "0.005")
    thermostat_time: float = _parameter("dynamics", 1.0, _POSITIVE, "time constant of Nosé–Hoover", "τ", "1")
    thermostat_chain: int = _parameter(
        "dynamics",
        1,
        Number(int, least=1, most=1000),
        "number of thermostats in the Nosé–Hoover chain",
        paper="not given",
    )
    skin: float = _parameter(
        "dynamics", 0.45, _POSITIVE, "what neighbour lists reach beyond the cutoff; costs time only", "σ_AA"
    )

    liquid_temperature: float = _parameter(
        "preparation", 1.0, _POSITIVE, "temperature of the liquid to start from", "ε_AA/k_B", "not given"
    )
    liquid_time: float = _parameter("preparation", 50.0, _NOT_NEGATIVE, "time in the liquid", "τ", "not given")
    cooling_time: float = _parameter(
        "preparation", 100.0, _NOT_NEGATIVE, "time of the smooth cooling to T", "τ", "not given"
    )
    steady_state_strain: float = _parameter(
        "preparation", 0.2, _NOT_NEGATIVE, "strain before the first frame", paper="0.2"
    )

    quench: str = _parameter(
        "inherent structures",
        "newton",
        Choice(tuple(METHODS)),
        "minimiser before the last Newton steps; newton is L-BFGS",
        paper="cg+fire",
    )
    max_force: float = _parameter(
        "inherent structures", 1e-10, _POSITIVE, "largest force component left", "ε_AA/σ_AA", "not given"
    )

    modes: int | None = _parameter(
        "modes", None, _COUNT, "lowest modes to find; default: in proportion to N", paper="500 for N = 10000"
    )

    n_modes: int | None = _parameter(
        "soft spots",
        None,
        _COUNT,
        "modes of smallest participation ratio that make the map, N_m; default: in proportion to N",
        paper="430 for N = 10000",
    )
    n_particles: int = _parameter("soft spots", 20, _COUNT, "particles taken from each mode, N_p", paper="20")
    min_particles: int = _parameter("soft spots", 4, _COUNT, "fewest particles of a soft spot", paper="4")
    connection: str = _parameter(
        "soft spots", "delaunay", Choice(CONNECTIONS), "what connects two particles", paper="not given"
    )
    bond_length: float = _parameter(
        "soft spots", 1.5, _POSITIVE, "longest bond of the connection 'distance'", "σ_AA", "not given"
    )

    frame_interval: float = _parameter(
        "plasticity", 2.0, _POSITIVE, "time over which D²_min is taken, from a frame on", "τ", "2"
    )
    d2min_cutoff: float = _parameter("plasticity", 2.5, _POSITIVE, "neighbourhood of D²_min", "σ_AA", "2.5")
    rearrangement_threshold: float = _parameter(
        "plasticity", 15.0, _POSITIVE, "D²_min beyond which a particle rearranges", "T σ_AA² k_B/ε_AA", "15"
    )

    # By the error of 20 frames of the demo, 11 %, a hundred of 10,000 particles give P*/ρ_SS to a few per cent.
    frames: int = _parameter("run", 100, _COUNT, "number of frames to analyse", paper="not given")
    frame_separation: float | None = _parameter(
        "run",
        None,
        _POSITIVE,
        "time from frame to frame; default: that of D²_min, so that soft spots can be followed through their lives",
        "τ",
        "2",
    )
    seed: int = _parameter("run", 1, Number(int, least=0, most=2**31 - 1), "seed of the start")
    grid: tuple[int, ...] | None = _parameter(
        "run", None, Grid(), "ranks along each axis; default: as square as can be"
    )
    output: Path = _parameter("run", Path("results"), Folder(), f"folder for {', '.join(FILES)}")
    overwrite: bool = _parameter("run", False, Switch(), "replace the files of an earlier run there")
    resume: bool = _parameter(
        "run", False, Switch(), "go on from the checkpoint there, with the same parameters and as many frames or more"
    )
    # Wall-clock time, as it is the most that a crash can cost, whatever the system's size and the stage.
    checkpoint_every: float = _parameter(
        "run", 10.0, _NOT_NEGATIVE, "wall-clock time between checkpoints; 0 for as many as can be", "min"
    )
    quiet: bool = _parameter("run", False, Switch(), "no progress bar")

    def __post_init__(self):
        for name, value in self._derived().items():
            if getattr(self, name) is None:
                object.__setattr__(self, name, value)
        self._check()

    def _derived(self) -> dict:
        """The defaults that follow from other parameters; section II has 500 and 430 of 20,000 degrees of freedom."""
        shares = {"modes": 500, "n_modes": 430}
        modes = {name: max(1, round(share * self.particles / PAPER_PARTICLES)) for name, share in shares.items()}
        return modes | {"frame_separation": self.frame_interval}

    def __repr__(self) -> str:
        defaults = {entry.name: entry.default for entry in fields(self)} | self._derived()
        given = [f"{name}={value!r}" for name, value in vars(self).items() if value != defaults[name]]
        return f"Parameters({', '.join(given)})"

    @property
    def box_length(self) -> float:
        """Side of the square box, in σ_AA."""
        return math.sqrt(self.particles / self.density)

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
            "liquid_temperature": self.liquid_temperature,
            "liquid_time": self.liquid_time,
            "cooling_time": self.cooling_time,
            "strain": self.steady_state_strain,
        }

    def make_model(self) -> Model:
        """The mixture of this run."""
        return Model.of_run(vars(self))

    def as_dict(self) -> dict[str, bool | int | float | str]:
        """All values by name, as plain as a file takes them."""
        values = {entry.name: getattr(self, entry.name) for entry in fields(self)}
        grid = "x".join(map(str, self.grid)) if self.grid else "auto"
        return values | {"grid": grid, "output": str(self.output)}

    def _check(self):
        if self.smoothing == "switch" and self.inner_cutoff >= self.cutoff:
            raise self._refusal("inner_cutoff", f"a number below --cutoff = {self.cutoff:g}")
        reach = self.make_model().largest_cutoff + self.skin
        side = self.box_length
        if side < 2 * reach:
            fewest = math.ceil(self.density * (2 * reach) ** 2)
            raise self._refusal(
                "particles",
                f"a side of 2 (cutoff + skin) = {2 * reach:.3g} or more, that is {fewest} particles or more",
                f" at --density {self.density:g}, a box of side {side:.3g}",
            )
        for name in ("d2min_cutoff", "bond_length"):
            if getattr(self, name) > side / 2:
                raise self._refusal(name, f"at most half the side of the box, {side / 2:.4g}")
        limits = {
            "modes": (2 * self.particles - 2, "the degrees of freedom without the two translations"),
            "n_modes": (self.modes, "the number of modes"),
            "n_particles": (self.particles, "the number of particles"),
        }
        for name, (most, meaning) in limits.items():
            if getattr(self, name) > most:
                raise self._refusal(name, f"at most {most}, {meaning}")
        neighbours = self.density * math.pi * self.d2min_cutoff**2
        if neighbours < 2:
            least = math.sqrt(2 / (math.pi * self.density))
            raise self._refusal(
                "d2min_cutoff",
                f"{least:.3g} or more, which holds the two that D²_min needs",
                f", which holds {neighbours:.2g} neighbours at --density {self.density:g}",
            )
        self._check_steps()
        for name in ("frame_interval", "frame_separation"):
            steps = getattr(self, name) / self.timestep
            # Decimal fractions such as 0.005 are not exact in binary.
            if steps < 0.5 or abs(steps - round(steps)) > 1e-9 * steps:
                raise self._refusal(name, f"whole multiples of --timestep = {self.timestep:g}")
        if self.steps_per_frame < self.steps_per_interval:
            raise self._refusal("frame_separation", f"--frame-interval = {self.frame_interval:g} or more")

    def _check_steps(self):
        """Each part of a run, and all of it, in a number of steps that can be counted and done."""
        shearing = self.steady_state_strain / self.strain_rate if self.strain_rate else 0.0
        times = {
            "liquid_time": self.liquid_time,
            "cooling_time": self.cooling_time,
            "steady_state_strain": shearing,
            "frame_interval": self.frame_interval,
            "frame_separation": self.frame_separation,
            "frames": self.frames * self.frame_separation,
        }
        for name, time in times.items():
            if time / self.timestep > MOST_STEPS:
                steps = f", {time / self.timestep:.3g} time steps of {self.timestep:g}"
                raise self._refusal(name, f"{MOST_STEPS:.0e} steps or fewer", steps)

    def _refusal(self, name: str, allowed: str, that_is: str = "") -> InputError:
        value = getattr(self, name)
        got = f"{value:g}" if isinstance(value, float) else value
        return InputError(f"{option(name)}: got {got}{that_is}; allowed: {allowed}")


def configuration(parameters: Parameters) -> dict:
    """The values that decide what is in a frame: not how many frames there are, nor where they are written."""
    return {name: value for name, value in parameters.as_dict().items() if name not in CHANGEABLE}


def checksum(values: dict) -> str:
    """SHA-256 of a `configuration`, as JSON with sorted keys and no spaces."""
    return hashlib.sha256(json.dumps(values, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def new_identity(parameters: Parameters) -> dict[str, str]:
    """What tells a new run's files from those of any other: ``run_id`` and ``parameters_checksum``."""
    return {"run_id": secrets.token_hex(8), "parameters_checksum": checksum(configuration(parameters))}


def rank_grid(parameters: Parameters, size: int) -> tuple[int, ...]:
    """The grid of ``size`` ranks, checked against the box.

    Raises
    ------
    InputError
        If the grid has another number of ranks or of axes, or parts narrower than cutoff + skin.
    """
    side, model = parameters.box_length, parameters.make_model()
    grid = parameters.grid or default_grid(size, *[side] * model.dimension)
    shown = f"--grid: got {'x'.join(map(str, grid))}"
    if len(grid) != model.dimension:
        raise InputError(f"{shown}; allowed: {model.dimension} numbers, as the box has {model.dimension} axes")
    if math.prod(grid) != size:
        raise InputError(f"{shown}, {math.prod(grid)} ranks; allowed: grids of the {size} ranks that run")
    reach = model.largest_cutoff + parameters.skin
    if side / max(grid) < reach:
        parts = " by ".join(f"{side / ranks:.3g}" for ranks in grid)
        raise InputError(
            f"{shown}, parts of {parts}; allowed: cutoff + skin = {reach:.3g} or more along each axis, at most "
            f"{int(side / reach)} ranks along each"
        )
    return grid
