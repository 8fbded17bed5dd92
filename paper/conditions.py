"""The study as data: all its runs, the most important ones first."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from softspots.commands.identity import checksum, configuration
from softspots.commands.parameters import PAPER_PARTICLES, Parameters
from softspots.exceptions import InputError
from softspots.io.reduced import Reduced, read_reduced

HERE = Path(__file__).parent
RAW, DATA = HERE / "raw", HERE / "data"
FRAME = DATA / "frame.nc"


@dataclass(frozen=True)
class Condition:
    """A run of the study.

    Parameters
    ----------
    name : str
        Names its folder of raw results and its file of reduced data.
    parameters : dict
        Values of options of ``softspots.simulate``; what is not named keeps its default, the paper's.
    frames : int
    purpose : str
        What it is needed for.
    repeats : str
        The condition that it does again with another seed, and for frames further apart; empty if it is its own.
    """

    name: str
    parameters: dict
    frames: int
    purpose: str
    repeats: str = ""

    @property
    def raw(self) -> Path:
        """The folder of its raw results."""
        return RAW / self.name

    @property
    def data(self) -> Path:
        """The file of its reduced data."""
        return DATA / f"{self.name}.nc"

    @property
    def experiments(self) -> Path:
        """The file of what was measured in its raw results besides: numbers that settle findings."""
        return DATA / f"{self.name}_experiments.json"

    @property
    def relaxation(self) -> Path:
        """The file of F_s of its dynamics alone, if there is one: `paper.relaxation`."""
        return DATA / f"{self.name}_relaxation.nc"

    @property
    def all_parameters(self) -> Parameters:
        """Its parameters with all defaults."""
        return Parameters(**self.parameters, frames=self.frames, output=self.raw)

    @property
    def files(self) -> tuple[Path, ...]:
        """All that is kept of it."""
        return (self.data, self.experiments, FRAME) if self.name == SHOWN else (self.data, self.experiments)


# Lives of soft spots need an unbroken series of frames. P* needs independent ones, further apart than D²_min's 2 τ; ε
# needs some that know nothing of each other, and fast shear makes them soonest.
SERIES, INDEPENDENT = 800, 100
# At T = 0.4 and 1e-4 a strain of 1, in three runs of 28 τ_α each instead of one that takes eight hours.
THIRD = 1_600
APART = {"frame_separation": 20.0}  # in τ; at 1e-3 that is 2 % strain
SHOWN = "T0.1_rate1e-4"  # the condition of figure 1

SMALL = {"particles": 2_500}


def _at(temperature, strain_rate, seed):
    # The skin decides time and rounding only; it is that of the data.
    return {"temperature": temperature, "strain_rate": strain_rate, "seed": seed, "skin": 0.4}


def _small(name, seed, purpose, **differs):
    return Condition(name, _at(0.1, 1e-3, seed) | SMALL | differs, SERIES // 2, f"comparison: {purpose}")


def _again(temperature, rate, number, seed, frames=SERIES // 2):
    """A further run of a condition, as long as the spread between runs needs."""
    of = f"T{temperature}_rate{rate}"
    return Condition(f"{of}_seed{number}", _at(temperature, float(rate), seed), frames, "spread between seeds", of)


CONDITIONS = (
    Condition("T0.1_rate1e-4", _at(0.1, 1e-4, 1), SERIES, "figures 1 to 7"),
    # A strain of 3, for laws of lives with few that outlive the data.
    Condition("T0.1_rate1e-3", _at(0.1, 1e-3, 2), 1_500, "figures 2 and 4 to 7: strain rates"),
    Condition(
        "T0.4_rate1e-3", _at(0.4, 1e-3, 3) | APART, INDEPENDENT, "figure 4: the highest temperature and strain rate"
    ),
    _small("small", 13, "fewer particles"),
    _small("small_as-printed", 14, "σ_AB and σ_BB as printed", model="as-printed"),
    _small("small_quadratic", 15, "another smoothing", smoothing="quadratic"),
    _small("small_thermostats", 16, "a chain of three thermostats", thermostat_chain=3),
    Condition("T0.2_rate1e-3", _at(0.2, 1e-3, 8) | APART, INDEPENDENT, "figure 4; ε"),
    Condition("T0.2_rate1e-4", _at(0.2, 1e-4, 5), SERIES, "figures 2 and 4 to 7: temperatures"),
    Condition("T0.3_rate1e-3", _at(0.3, 1e-3, 9) | APART, INDEPENDENT, "figure 4; ε"),
    Condition("T0.3_rate1e-4", _at(0.3, 1e-4, 6), SERIES, "figures 2 and 4 to 7: temperatures"),
    Condition("T0.4_rate1e-4", _at(0.4, 1e-4, 4), THIRD, "figures 2 and 4 to 7: temperatures"),
    Condition("T0.1_rate1e-5", _at(0.1, 1e-5, 7), SERIES, "figures 2 and 4 to 7: strain rates"),
    Condition("T0.2_rate1e-5", _at(0.2, 1e-5, 10) | APART, INDEPENDENT, "figure 4"),
    Condition("T0.3_rate1e-5", _at(0.3, 1e-5, 11) | APART, INDEPENDENT, "figure 4"),
    Condition("T0.4_rate1e-5", _at(0.4, 1e-5, 12) | APART, INDEPENDENT, "figure 4"),
    # As long as the first: of shorter ones too many spots outlive the data for a mean of N_R.
    _again(0.1, "1e-4", 2, 17, SERIES),
    _again(0.4, "1e-4", 2, 18, THIRD),
    _again(0.1, "1e-3", 2, 19),
    _again(0.1, "1e-5", 2, 20),
    _again(0.1, "1e-4", 3, 21, SERIES),
    _again(0.4, "1e-4", 3, 22, THIRD),
    _again(0.1, "1e-3", 3, 23),
    _again(0.1, "1e-5", 3, 24),
    # Four of its τ_α, some 3,000 τ.
    Condition(
        "T0.1_rate1e-5_apart",
        _at(0.1, 1e-5, 25) | APART,
        600,
        "lives of several τ_α, in coarser frames",
        "T0.1_rate1e-5",
    ),
)


def condition(name: str) -> Condition:
    """The condition of a name.

    Raises
    ------
    KeyError
        If there is none.
    """
    return {one.name: one for one in CONDITIONS}[name]


def forgets_sooner(one: Condition) -> Condition | None:
    """The condition of the same solid and temperature under the fastest shear, which has ε; None if it is this one.

    Its maps are unrelated soonest. The overlap of unrelated maps depends on their density, which shear hardly changes;
    lives at several strain rates, and of several seeds, are compared by one ε. Under the fastest shear each seed has
    its own, so that their spread has that of ε.
    """
    faster = [
        other
        for other in CONDITIONS
        if not other.repeats
        and _without_rate(other) == _without_rate(one)
        and other.parameters["strain_rate"] > one.parameters["strain_rate"]
    ]
    return max(faster, key=lambda other: other.parameters["strain_rate"], default=None)


def _without_rate(one: Condition) -> dict:
    return {k: v for k, v in one.parameters.items() if k not in ("strain_rate", "seed", "frame_separation")}


def read_data(one: Condition) -> Reduced | None:
    """The condition's reduced data, however few frames they have; None if there are none.

    Raises
    ------
    InputError
        If they are those of other parameters.
    """
    if not one.data.exists():
        return None
    reduced, expected = read_reduced(one.data), checksum(configuration(one.all_parameters))
    if reduced.provenance.get("configuration_checksum") != expected:
        raise InputError(
            f"{one.data}: the checksum of its configuration is {reduced.provenance.get('configuration_checksum')}; "
            f"the condition's is {expected}. Remove it to compute it anew"
        )
    return reduced


def needs_relaxation(one: Condition) -> bool:
    """Whether F_s is asked for from its dynamics alone: of each T and γ̇ once, of no comparison with fewer particles."""
    return not one.repeats and one.all_parameters.particles == PAPER_PARTICLES


def read_relaxation(one: Condition) -> Reduced | None:
    """F_s of the condition and its times from the run of its dynamics alone (`paper.relaxation`); None without one.

    Raises
    ------
    InputError
        If it is of other parameters.
    """
    if not one.relaxation.exists():
        return None
    found = read_reduced(one.relaxation)
    if checksum(found.configuration) != checksum(configuration(one.all_parameters)):
        raise InputError(
            f"{one.relaxation}: its parameters are not those of the condition. Remove it to compute it anew"
        )
    return found


def is_complete(one: Condition) -> bool:
    """Whether all of the condition's data are there, with as many frames as are asked for, or more."""
    return all(path.exists() for path in one.files) and read_data(one).provenance["frames"] >= one.frames
