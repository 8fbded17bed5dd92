"""Published numbers that do not come out: why, and on what evidence.

Evidence is measured in the data that are there, as far as it can be (`validation.evidence` has it in words). What the
first edition of the study had stands beside it until all of that is of the second one; where it says "reviewed", those
who reviewed that edition measured it in its raw results, which are not kept.
"""

from __future__ import annotations

from typing import NamedTuple

from . import measures as m
from .rows import COLD, FAST, FASTEST, HOT, HOT_AND_FAST, SLOW


class Shown(NamedTuple):
    """A number that is evidence, in some conditions.

    Parameters
    ----------
    what : str
        What it is; without a measure also its title among the experiments.
    conditions : tuple of str
    measure : callable, optional
    """

    what: str
    conditions: tuple[str, ...]
    measure: m.Measure | None = None


class Finding(NamedTuple):
    """Why a published number does not come out, as far as that is known, and what shows it.

    Parameters
    ----------
    why : str
    measured : tuple of Shown
    first : str
        What the first edition had, for as long as some of what is measured is not of the second one.
    lasting : str
        What nothing measures again.
    """

    why: str
    measured: tuple[Shown, ...] = ()
    first: str = ""
    lasting: str = ""


SMALL, AS_PRINTED = "small", "small_as-printed"


def _inside(smallest: int) -> str:
    return f"ρ_SS, clusters below {smallest} removed inside each mode"


def _lives(condition: str) -> tuple[Shown, ...]:
    """The mean of N_R as the paper may have it: with its ε, and of the deaths in the data alone."""
    ways = [(which, epsilon) for epsilon in ("ε", "ε = 0.2") for which in ("mean N_R", "mean N_R of deaths alone")]
    found = (Shown(f"{which}, {epsilon}, forward window", (condition,)) for which, epsilon in ways)
    return (*found, Shown("⟨C_αα⟩ at 2 τ_α", (condition,)))


_TAIL = Finding(
    "the paper's own statements conflict: where P(τ_L) is a power law up to τ_α and C_SS ∝ P(τ_L ≥ δt), about a third "
    "is left at τ_α",
    tuple(Shown(f"C_SS at {times} τ_α", (FAST, HOT), m.at_relaxation("c_ss", times)) for times in (1, 5)),
    lasting="Not as composition keeps it: species and local composition explain 0.01 of C_SS at long times (first "
    "edition, reviewed)",
)
_HEIGHT = Finding(
    "rearrangements are less often on soft spots at 1e-3, so that C_SD begins lower",
    (
        Shown("C_SD(0)", (COLD, FAST), m.value("c_sd_0")),
        Shown("C_SD at γ̇ δt = 0.002", (COLD, FAST), m.at_strain("c_sd", 0.002)),
        Shown("C_SS at γ̇ δt = 0.002", (SLOW, COLD, FAST), m.at_strain("c_ss", 0.002)),
    ),
    "C_SS of the three rates lies within 0.04 of one curve",
)
FINDINGS = {
    "boson peak, mode": Finding(
        "there is no peak",
        (Shown("D(ω)/ω at mode 270 over its maximum", (COLD,), m.states_at(270)),),
        "from mode 55 to 325 D(ω)/ω is within 5 % of its maximum, whose place is left to chance and to the smoothing",
        "Counted by inertia up to mode 5,173 it falls from mode 60 or so on (first edition, reviewed)",
    ),
    "1/ρ_SS, mean of all T and γ̇": Finding(
        "small clusters may have been removed inside each mode, before the union; of the other choices that the paper "
        "leaves open none does it",
        (
            Shown("ρ_SS", (COLD, SMALL), m.value("density")),
            *(Shown(_inside(smallest), (COLD, SMALL)) for smallest in (2, 3, 4)),
        ),
        "without clusters of less than four inside each mode it is 0.175 (reviewed), beyond the published 0.192",
        "First edition: in 25 frames at T = 0.1, 1e-4 0.217 where spots are connected by distances of 1.5, and 0.213 "
        "of 1.2; 0.240 with clusters of all sizes, and 0.186 only without those of less than 10 particles",
    ),
    "onset of the plateau, D²_min/T, N = 2,500, as-printed": Finding(
        "perhaps σ_AB and σ_BB are printed in the wrong order",
        (Shown("onset", (AS_PRINTED, SMALL, COLD), m.value("onset")),),
        "With them as printed it begins far lower than with those of the model that the paper cites, the default here",
    ),
    "C_DD(2 τ), T = 0.4 over 0.1 beyond 1e-3 over 1e-4": Finding(
        "perhaps vibrations: the two intervals share a thermal frame, whose own count in both; inherent structures "
        "have none",
        (
            Shown("C_DD(2 τ)", (COLD, HOT, FAST), m.first_value("c_dd")),
            Shown("C_DD(2 τ) between inherent structures", (COLD, HOT, FAST), m.first_value("c_dd_inherent")),
            Shown("C_SS(2 τ)", (COLD, HOT, FAST), m.first_value("c_ss")),
        ),
        "C_SS and C_SD do differ more between the temperatures",
    ),
    "C_SS(τ_α)/C_SS(2 τ), T = 0.1, 1e-3": _TAIL,
    "C_SD(τ_α)/C_SD(2 τ), T = 0.1, 1e-3": _TAIL,
    "C_SS(τ_α)/C_SS(2 τ), T = 0.4, 1e-4": _TAIL,
    "C_SD(τ_α)/C_SD(2 τ), T = 0.4, 1e-4": _TAIL,
    "C_SD at γ̇ δt = 0.002, 1e-3 over 1e-4, T = 0.1": _HEIGHT,
    "C_SD at γ̇ δt = 0.02, 1e-3 over 1e-4, T = 0.1": _HEIGHT,
    "ε, mean over T, 1e-3": Finding(
        "perhaps the published ε is the overlap when F_s has relaxed, not that of unrelated maps, which is smaller",
        (
            Shown("ε", FASTEST, m.value("epsilon")),
            Shown("⟨C_αα⟩ at 2 τ_α", (FAST, HOT_AND_FAST)),
        ),
    ),
    "mean N_R, T = 0.1, 1e-3": Finding(
        "perhaps ε: the published 0.2 is near the overlap where F_s has relaxed, ours is that of unrelated spots",
        _lives(FAST),
        "by product limit 6.2 with our ε of 0.15, 3.4 with 0.2 (reviewed)",
        "The product limit is too high where spots rearrange at unequal rates, the more so the more of them outlive "
        "the data",
    ),
    "mean N_R, T = 0.1, 1e-4": Finding(
        "in part perhaps ε, as at 1e-3, and the deaths in the data alone, which leave out those that live on; both are "
        "not enough",
        _lives(COLD),
        "by product limit, an upper estimate where 23 % of the spots outlive the data, 12 with our ε and 8.3 with the "
        "published 0.2; of the deaths in the data alone 6.9 and 5.4 (reviewed)",
    ),
    "mean N_R, T = 0.4, 1e-4": Finding(
        "it falls with T, as the published crossover does: on this the paper contradicts itself",
        tuple(Shown(f"mean N_R, D²_min > {level}", (COLD, HOT)) for level in ("15 T", "1.5", "6")),
        "with a threshold of D²_min that does not grow with T the mean rises with T (reviewed)",
    ),
}
