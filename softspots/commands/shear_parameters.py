"""The parameters of athermal shear: one table, of which simulations share the greater part."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path

from softspots.box import Box
from softspots.chain.defaults import threshold
from softspots.commands.checks import LARGEST
from softspots.commands.command import typed
from softspots.commands.kinds import Choice, Number, Strains, Ways, option, parameter
from softspots.commands.options import Form
from softspots.commands.parameters import MAP, Parameters, as_in_simulations
from softspots.commands.starts import THERMAL, Start
from softspots.dynamics.athermal_shear import LEAST_TOLERANCE, strain_path
from softspots.dynamics.deformation import Deformation
from softspots.exceptions import InputError
from softspots.io.attributes import MIXTURE
from softspots.model import Mixture

RESULTS, CURVE = "shear.nc", "stress.png"
# What a state and its events cost, in time steps, for the estimate of the time left.
STEPS_PER_STATE = 3_000
FILES = (RESULTS, CURVE, MAP)
PLANES = ("xy", "xz", "yz")
MOST_STATES = 10**6

EPILOG = """\
examples:
  %(prog)s --particles 1000 --strains 0.1
  mpirun -n 4 %(prog)s --particles 1000 --samples 20 --maps-before 0.001,0.01
  %(prog)s --model kob-andersen-3d --particles 1000 --direction pure-xy --strains 0.05,-0.05 \\
      --cycles 10
  %(prog)s --start glass.lammpstrj --types 1=A 2=B --strains 0.1

With 1,000 particles a state takes about a second, and a path as long as the third one, of 1,950 states, about half an
hour; with 10,000, as by default, many hours. How much is left is told from the first state on.

The solid is a liquid that is cooled and quenched, as softspots simulate makes it, or one of your own (--start).
shear.nc has strain, stress and energy of all states, and of each event the minimum that is lost, its map, and D²_min
of the event. softspots analyze takes shear.nc of one sample or of many; with --from-strain it leaves out the start-up.
A run that was ended, by Ctrl-C for instance, goes on with --resume and the same options. These can also be given in a
TOML file (--config), by their names; the command line goes before it.
"""


@dataclass(frozen=True)
class ShearParameters:
    """Every parameter of athermal shear, as in `Parameters`; there is no temperature but that of the start's cooling.

    Raises
    ------
    InputError
        If values do not fit together (single values are checked by their kinds).
    """

    model: str | Mixture = as_in_simulations("model")
    particles: int = as_in_simulations("particles")
    dimension: int | None = as_in_simulations("dimension")
    density: float | None = as_in_simulations("density")
    fraction_a: float | None = as_in_simulations("fraction_a")
    fractions: tuple[float, ...] | None = as_in_simulations("fractions")
    smoothing: str | None = as_in_simulations("smoothing")
    cutoff: float | None = as_in_simulations("cutoff")
    cutoff_per_pair: bool | None = as_in_simulations("cutoff_per_pair")
    inner_cutoff: float | None = as_in_simulations("inner_cutoff")

    seed: int = as_in_simulations("seed", group="start")
    samples: int = parameter(
        "start",
        1,
        Number(int, least=1, most=100_000),
        "starts, of seeds one after the other; each has a folder of its own, and mpirun shares them between ranks",
    )
    timestep: float | None = as_in_simulations("timestep", group="start")
    liquid_temperature: float | None = as_in_simulations("liquid_temperature", group="start")
    liquid_time: float | None = as_in_simulations("liquid_time", group="start")
    cooling_time: float | None = as_in_simulations(
        "cooling_time", group="start", text="time of the smooth cooling; default: 100"
    )
    temperature: float | None = as_in_simulations(
        "temperature",
        group="start",
        text="temperature to which the liquid is cooled before it is quenched; default: 0.1, for other mixtures see "
        "--list-models",
    )

    start: Start | None = as_in_simulations(
        "start",
        text="begin with a frame of this file, of any program or of softspots, a checkpoint too; there is no liquid "
        "then, and particles, density and composition are the file's",
    )
    start_frame: int | None = as_in_simulations("start_frame")
    types: dict | str | None = as_in_simulations("types")
    sizes: str | None = as_in_simulations("sizes")
    topology: Path | None = as_in_simulations("topology")
    format: str | None = as_in_simulations("format")
    bounds: str | None = as_in_simulations("bounds")
    unit: float | None = as_in_simulations("unit")

    direction: str = parameter(
        "shear",
        "xy",
        Choice((*PLANES, *(f"pure-{plane}" for plane in PLANES))),
        "flow along the first axis with the gradient along the second, or pure shear, longer along the first one",
    )
    strains: tuple[float, ...] = parameter(
        "shear", (0.1,), Strains(), "strains to go to, one after the other, since the start"
    )
    cycles: int = parameter("shear", 1, Number(int, least=1, most=MOST_STATES), "how often to go through these")
    strain_step: float = parameter(
        "shear", 1e-3, Number(above=0, most=100), "strain from state to state; events do not depend on it"
    )
    tolerance: float = parameter(
        "shear", 1e-6, Number(least=LEAST_TOLERANCE, most=1), "to which strains of events are known"
    )
    max_force: float | None = as_in_simulations("max_force", group="shear")
    maps_before: tuple[float, ...] | None = parameter(
        "shear",
        None,
        Ways(),
        "how long before each event, in strain, there are maps too, beside that of the minimum that is lost; other "
        "events may lie between",
    )

    modes: int | None = as_in_simulations("modes")
    n_modes: int | None = as_in_simulations("n_modes")
    n_particles: int = as_in_simulations("n_particles")
    min_particles: int = as_in_simulations("min_particles")
    connection: str = as_in_simulations("connection")
    bond_length: float | None = as_in_simulations("bond_length")

    d2min_cutoff: float | None = as_in_simulations("d2min_cutoff")
    rearrangement_threshold: float | None = parameter(
        "plasticity",
        None,
        Number(above=0, most=LARGEST),
        "D²_min beyond which a particle rearranges; default: where its neighbours move by 0.28 mean distances, that is "
        "1.54 in the paper's mixtures",
        "σ_AA²",
    )

    output: Path = as_in_simulations("output", text=f"folder for {', '.join(FILES)}")
    overwrite: bool = as_in_simulations("overwrite")
    resume: bool = as_in_simulations("resume", text="go on from the checkpoint there, with the same parameters")
    checkpoint_every: float = as_in_simulations("checkpoint_every")
    quiet: bool = as_in_simulations("quiet")

    def __post_init__(self):
        for entry in fields(self):
            if getattr(self, entry.name) is None and entry.name in self._of_start:
                object.__setattr__(self, entry.name, getattr(self.simulation, entry.name))
        if self.rearrangement_threshold is None:
            activity = threshold(self.density, self.dimension, self.d2min_cutoff, 1.0)
            object.__setattr__(self, "rearrangement_threshold", activity)
        if self.dimension == 2 and "z" in self.direction:
            raise InputError(f"--direction: got {self.direction}; allowed in two dimensions: xy, pure-xy")
        if self.start and self.samples > 1:
            raise InputError(f"--samples: got {self.samples}; allowed: 1, as --start is one solid")
        if self.seed + self.samples > 2**31:
            raise InputError(
                f"--samples: got {self.samples}; allowed: {2**31 - self.seed}, so that seeds are below 2³¹"
            )
        first, *rest = self.strains
        again = sum(abs(to - start) for start, to in zip(self.strains, [*rest, first], strict=True))
        states = (abs(first) + self.cycles * again) / self.strain_step
        if states > MOST_STATES:
            raise InputError(
                f"--strain-step: got {self.strain_step:g}, about {states:.3g} states; allowed: {MOST_STATES} states or "
                "fewer"
            )

        self._check_sides()

    def _check_sides(self):
        """The box must hold all that is looked for around a particle wherever it goes: pure shear changes its sides."""
        box = Box(lengths=self.simulation.box_lengths)
        reaches = {name: getattr(self, name) for name in ("d2min_cutoff", "bond_length")}
        reaches["cutoff"] = self.simulation.reach - self.simulation.skin
        name, reach = max(reaches.items(), key=lambda entry: entry[1])
        for strain in self.strains:
            side = min(Deformation(box, self.direction).box(strain).lengths)
            if side < 2 * reach:
                raise InputError(
                    f"--strains: got {strain:g}, where the box's shortest side is {side:.4g}; allowed: strains at "
                    f"which it is twice {option(name)} = {reach:.4g} or more"
                )

    @cached_property
    def simulation(self) -> Parameters:
        """Those of the start, a liquid that is cooled, and of modes and maps."""
        given = {name: getattr(self, name) for name in self._of_start}
        if self.start:
            # There is no liquid; any temperature will do, as nothing moves by it.
            given |= {"temperature": 1.0, "liquid_time": 0.0, "cooling_time": 0.0}
        return Parameters(**given, strain_rate=0.0, steady_state_strain=0.0)

    @property
    def _unused(self) -> tuple[str, ...]:
        """What means nothing where the solid comes from a file."""
        return THERMAL if self.start else ()

    @property
    def _of_start(self) -> list[str]:
        left = {"rearrangement_threshold", *self._unused}
        there = Parameters.__dataclass_fields__.keys() - left
        return [entry.name for entry in fields(self) if entry.name in there]

    @property
    def mixture(self) -> Mixture:
        """Of the solid, of its composition and in its dimension."""
        return self.simulation.mixture

    @cached_property
    def map_strains(self) -> list[float]:
        """How long before each event there are maps, from 0 on, where the minimum is lost."""
        return sorted({0.0, *(self.maps_before or ())})

    @cached_property
    def path(self) -> list[float]:
        """The strains of all states but the first, which is at zero."""
        return list(strain_path(self.strains * self.cycles, self.strain_step))

    def work(self, states: int) -> int:
        """What it takes to make the solid and to bring it to so many states, in time steps, about; 0 for no state."""
        start = self.simulation
        preparing = round((start.liquid_time + start.cooling_time) / start.timestep)
        return preparing + states * STEPS_PER_STATE if states else 0

    def as_dict(self) -> dict[str, bool | int | float | str]:
        """All values by name, as plain as a file takes them; see `Parameters.as_dict`."""
        names = {entry.name for entry in fields(self)} - {*self._unused}
        if self.start:
            names |= self.start.as_dict().keys()
        shared = {name: value for name, value in self.simulation.as_dict().items() if name in {*names, MIXTURE}}
        own = ("direction", "cycles", "strain_step", "tolerance", "rearrangement_threshold")
        lists = {"strains": self.strains, "maps_before": self.maps_before}
        texts = {name: ",".join(map(repr, values)) for name, values in lists.items() if values}
        return shared | {name: getattr(self, name) for name in own} | texts


SHEAR = Form(
    ShearParameters,
    typed("shear"),
    "Shear a solid without temperature or time, from minimum to minimum, and find the soft spots before each event. "
    "The paper is Schoenholz et al., Phys. Rev. X 4, 031014 (2014).",
    EPILOG,
    thermal=False,
)
