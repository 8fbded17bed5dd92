"""Numbers that paper/README.md quotes in its text: each of these sentences is compared with the data.

A sentence that is written anew is changed here too. All numbers are in paper/summary.md, which is made of the data.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from paper.conditions import HERE

from .rows import COLD, FAST, HOT, HOT_AND_FAST, SLOW

README = HERE / "README.md"
# A number of the text, with the minus sign and the commas that it is printed with.
NUMBER = r"(−?\d[\d,]*(?:\.\d+)?)"


class Quoted(NamedTuple):
    """A number of a run: its name, among quantities or experiments, the condition, and its value or an end of it."""

    name: str
    condition: str
    end: str = "value"


class Quote(NamedTuple):
    """A part of a sentence, with {} where a number is, and these numbers."""

    text: str
    numbers: tuple[Quoted, ...]


def quote(text: str, *names: tuple[str, ...]) -> Quote:
    return Quote(text, tuple(Quoted(*one) for one in names))


def _with_ends(condition: str, *names: str) -> tuple[tuple[str, str, str], ...]:
    return tuple((name, condition, end) for name in names for end in ("value", "low", "high"))


WARM, HOTTER = "T0.2_rate1e-4", "T0.3_rate1e-4"
WARM_AND_FAST, HOTTER_AND_FAST = "T0.2_rate1e-3", "T0.3_rate1e-3"
LAGS = "first", "second"
ALL_FAST = (WARM_AND_FAST, HOTTER_AND_FAST, HOT_AND_FAST)
AGAIN, THIRD = f"{FAST}_seed2", f"{FAST}_seed3"
QUOTES = (
    quote(
        "The plateau is the lower the warmer, {}, {}, {} and {} at γ̇ = 10⁻⁴, and the faster, {}, {} and {} at T = 0.1.",
        *(("plateau", one) for one in (COLD, WARM, HOTTER, HOT, SLOW, COLD, AGAIN)),
    ),
    quote(
        "Seen here: {} at T = 0.1 and γ̇ = 10⁻⁵, more than 3 as published, and {} at T = 0.4 and 10⁻³.",
        ("ratio", SLOW),
        ("ratio", HOT_AND_FAST),
    ),
    quote(
        "with T from {} to {} at 10⁻⁵ and from {} to {} at 10⁻⁴; at 10⁻³, where it is {}, {}, {} and {} at T = 0.1 to "
        "0.4, that is not decided",
        *(("ratio", one) for one in (SLOW, "T0.4_rate1e-5", COLD, HOT)),
        *(("ratio", one) for one in (AGAIN, WARM_AND_FAST, HOTTER_AND_FAST, HOT_AND_FAST)),
    ),
    quote(
        "F_s falls to 1/e at τ_α = {} τ ({} to {}), {} τ ({} to {}), {} τ ({} to {}) and {} τ ({} to {}), and at "
        "T = 0.1 at {} τ ({} to {}) at 10⁻³ and at {} τ ({} to {}) at 10⁻⁵.",
        *(one for name in (COLD, WARM, HOTTER, HOT, FAST, SLOW) for one in _with_ends(name, "tau_alpha")),
    ),
    quote(
        "F_s leaves its plateau by 5 % at τ* = {} τ ({} to {}), {} τ ({} to {}), {} τ ({} to {}) and {} τ ({} to {})",
        *(one for name in (COLD, WARM, HOTTER, HOT) for one in _with_ends(name, "tau_star")),
    ),
    quote("by 10 % it is {}, {}, {} and {} τ", *(("τ* by a loss of 10 %", one) for one in (COLD, WARM, HOTTER, HOT))),
    quote("at T = 0.1 and 10⁻⁵ it is {} τ ({} to {})", *_with_ends(SLOW, "tau_star")),
    quote(
        "By a loss of 5 % of the plateau it is {}, {}, {} and {} τ at T = 0.1 to 0.4 and 10⁻⁴, by 10 % {}, {}, {} and "
        "{} τ",
        *((f"τ* by a loss of {loss} %", one) for loss in (5, 10) for one in (COLD, WARM, HOTTER, HOT)),
    ),
    quote(
        "the mean of N_R at T = 0.1 is {} at γ̇ = 10⁻³, where the paper has 3, and {} at 10⁻⁴",
        ("mean_rearrangements", AGAIN),
        ("mean_rearrangements", COLD),
    ),
    quote(
        "the mean falls, {}, {}, {} and {} from T = 0.1 to 0.4",
        *(("mean_rearrangements", one) for one in (COLD, WARM, HOTTER, HOT)),
    ),
    quote(
        "begins at {} T ({} to {}), with `kob-andersen` at {} T ({} to {})",
        *(one for name in ("small_as-printed", "small") for one in _with_ends(name, "onset")),
    ),
    quote(
        "ρ_SS is {} ({} to {}), P*/ρ_SS {} ({} to {}) instead of {}, the mean of N_R {} ({} to {}) instead of {}, the "
        "median life {} τ ({} to {}) instead of {} τ.",
        *(
            one
            for name in ("density", "ratio", "mean_rearrangements", "median_lifetime")
            for one in (*_with_ends("small_thermostats", name), *([(name, "small")] if name != "density" else []))
        ),
    ),
    quote(
        "half of what is beyond 1 is lost after {} τ ({} to {}), and some",
        *_with_ends("small", "map_age"),
    ),
    quote(
        "that is {} τ old ({} to {}), 0.6 τ_α, half of what is beyond 1",
        *_with_ends(COLD, "map_age"),
    ),
    quote(
        "is {} ({} to {}). Without clusters below two, three or four inside each mode it is {}, {} or {}",
        *_with_ends(COLD, "density"),
        *((f"ρ_SS, clusters below {smallest} removed inside each mode", COLD) for smallest in (2, 3, 4)),
    ),
    quote(
        "The median is {} τ ({} to {}), that of the mean-field model {} τ ({} to {}). With silent deaths, {}/τ ({} to "
        "{}), it is {} τ ({} to {}), too short. They gain {} ({} to {}) of the {} ({} to {})",
        *_with_ends(
            COLD,
            "median_lifetime",
            "model_median",
            "silent_rate",
            "silent_median",
            "silent_gain",
            "possible_gain",
        ),
    ),
    quote(
        "are a part of {} ({} to {}); they gain {} ({} to {})",
        *_with_ends(COLD, "part of fleeting spots", "Δ ln L/n by fleeting spots"),
    ),
    quote(
        "The mean is {} ({} to {}) by product limit and {} of the deaths alone, with ε = 0.2 it is {} ({} to {}) and "
        "{}",
        *_with_ends(COLD, "mean_rearrangements"),
        ("mean N_R of deaths alone, ε, forward window", COLD),
        *_with_ends(COLD, "mean N_R, ε = 0.2, forward window"),
        ("mean N_R of deaths alone, ε = 0.2, forward window", COLD),
    ),
    quote(
        "the best maps take {} ({} to {}) and {} particles ({} to {})",
        *_with_ends(COLD, "best_modes", "best_particles"),
    ),
    quote(
        "of 900 modes they take {} ({} to {})",
        *_with_ends(COLD, "N_m* of 900 modes, N_p = 20"),
    ),
    quote(
        "of {}, {} and {} {}, {} or {}, {}, {} or {}, and {}, {} or {} are left",
        *(("density", one) for one in ALL_FAST),
        *(
            (f"ρ_SS, clusters below {smallest} removed inside each mode", one)
            for one in ALL_FAST
            for smallest in (2, 3, 4)
        ),
    ),
    quote(
        "Of 500 modes the best maps take {} ({} to {}) and {} particles ({} to {}) at T = 0.2, {} ({} to {}) and {} "
        "({} to {}) at T = 0.4, and {} ({} to {}) and {} ({} to {}), the end of the range, at T = 0.3; of 900 modes {} "
        "({} to {}), {} ({} to {}) and {} ({} to {}) at T = 0.2, 0.3 and 0.4.",
        *(
            one
            for condition in (WARM_AND_FAST, HOT_AND_FAST, HOTTER_AND_FAST)
            for one in _with_ends(condition, "best_modes", "best_particles")
        ),
        *(one for condition in ALL_FAST for one in _with_ends(condition, "N_m* of 900 modes, N_p = 20")),
    ),
    quote(
        "is lost after {} τ ({} to {}) at T = 0.2, {} τ ({} to {}) at T = 0.3",
        *(one for condition in (WARM_AND_FAST, HOTTER_AND_FAST) for one in _with_ends(condition, "map_age")),
    ),
    quote("as it is {}, {} and {} τ", *(("tau_alpha", one) for one in ALL_FAST)),
    quote("At T = 0.2 it is {} ({} to {}) in the second edition", *_with_ends(WARM_AND_FAST, "epsilon")),
    quote(
        "ρ_SS of {} ({} to {}) and {}, P*/ρ_SS of {} ({} to {}) and {}.",
        *(one for name in ("density", "ratio") for one in (*_with_ends(AGAIN, name), (name, FAST))),
    ),
    quote(
        "**ε** is {} ({} to {}), that of the first {} ({} to {}).",
        *(one for run in (AGAIN, FAST) for one in _with_ends(run, "epsilon")),
    ),
    quote(
        "The median is {} τ ({} to {}), that of the mean-field model {} τ ({} to {}), with silent deaths {} τ ({} to "
        "{}). Silent deaths gain {} ({} to {}) of the {} ({} to {}) in ln L per life that any law could. Fleeting "
        "spots, a part of {} ({} to {}), gain {} ({} to {}), four fifths of it",
        *_with_ends(
            AGAIN,
            "median_lifetime",
            "model_median",
            "silent_median",
            "silent_gain",
            "possible_gain",
            "part of fleeting spots",
            "Δ ln L/n by fleeting spots",
        ),
    ),
    quote(
        "In single frames, see below, they gain {} ({} to {}) of {} ({} to {}), and silent deaths {} ({} to {}).",
        *_with_ends(
            AGAIN, *(f"Δ ln L/n by {law}, frame by frame" for law in ("fleeting spots", "any law", "silent deaths"))
        ),
    ),
    quote(
        "the mean of N_R is {}, {} and {} with 0.95, 1 and 1.05 ε",
        *((name, AGAIN) for name in ("mean N_R, 0.95 ε", "mean_rearrangements", "mean N_R, 1.05 ε")),
    ),
    quote(
        "from {} ({} to {}) at the first lag to {} ({} to {}) at the second, where it falls from {} to {} with the "
        "window; in 10,000 particles at 10⁻³ from {} ({} to {}) to {} ({} to {}).",
        *_with_ends("small_quadratic", *(f"dies at the {lag} lag, frame by frame" for lag in LAGS)),
        *((f"dies at the {lag} lag", "small_quadratic") for lag in LAGS),
        *_with_ends(AGAIN, *(f"dies at the {lag} lag, frame by frame" for lag in LAGS)),
    ),
    quote(
        "more than fleeting spots in 2,500 particles, {} ({} to {}) against {} ({} to {}) of {} ({} to {}), and less",
        *_with_ends(
            "small_quadratic",
            *(f"Δ ln L/n by {law}, frame by frame" for law in ("silent deaths", "fleeting spots", "any law")),
        ),
    ),
    quote(
        "The mean is {} ({} to {}), of the deaths alone {}; with ε = 0.2 it is {} ({} to {}), of the deaths alone {} "
        "({} to {}).",
        *_with_ends(AGAIN, "mean_rearrangements"),
        ("mean N_R of deaths alone, ε, forward window", AGAIN),
        *_with_ends(AGAIN, "mean N_R, ε = 0.2, forward window"),
        *_with_ends(AGAIN, "mean N_R of deaths alone, ε = 0.2, forward window"),
    ),
    quote(
        "Of 500 modes the best maps take {} ({} to {}), of 900 modes {} ({} to {}).",
        *_with_ends(AGAIN, "best_modes", "N_m* of 900 modes, N_p = 20"),
    ),
    quote("is lost after {} τ ({} to {}), 0.7 τ_α", *_with_ends(AGAIN, "map_age")),
    quote(
        "has an ε of {} ({} to {}), P*/ρ_SS of {} ({} to {}), a median life of {} τ ({} to {}) and a mean of N_R of {} "
        "({} to {}), with ε = 0.2 of {} ({} to {}).",
        *_with_ends(THIRD, "epsilon", "ratio", "median_lifetime", "mean_rearrangements"),
        *_with_ends(THIRD, "mean N_R, ε = 0.2, forward window"),
    ),
    quote(
        "Fleeting spots gain {} ({} to {}) in ln L per life, in single frames {} ({} to {}), and silent deaths there "
        "{} ({} to {}).",
        *_with_ends(
            THIRD,
            *(
                f"Δ ln L/n by {law}"
                for law in ("fleeting spots", "fleeting spots, frame by frame", "silent deaths, frame by frame")
            ),
        ),
    ),
    quote(
        "have a median life of {} τ ({} to {}) and a mean N_R of {}",
        *_with_ends(COLD, "τ_½, frames 20 τ apart"),
        ("mean N_R, frames 20 τ apart", COLD),
    ),
    quote(
        "has a median life of {} τ ({} to {}) where {} τ ({} to {}) are measured",
        *_with_ends("small", "model_median", "median_lifetime"),
    ),
    quote(
        "at a rate λ of {}/τ ({} to {}), the median is {} τ ({} to {})",
        *_with_ends("small", "silent_rate", "silent_median"),
    ),
    quote(
        "of the {} ({} to {}) in ln L per life that any law could gain over λ = 0 it gains {} ({} to {})",
        *_with_ends("small", "possible_gain", "silent_gain"),
    ),
    quote(
        "The likeliest part is {} ({} to {}). It gains {} ({} to {})",
        *_with_ends("small", "part of fleeting spots", "Δ ln L/n by fleeting spots"),
    ),
)


def spaces(text: str) -> str:
    """With one space where there are several, or the end of a line."""
    return " ".join(text.split())


def differences(readme: str, value: Callable[[Quoted], float | None]) -> list[str]:
    """What the text says otherwise than the data; sentences that are gone; numbers that are not there."""
    told = []
    for one in QUOTES:
        pattern = NUMBER.join(map(re.escape, spaces(one.text).split("{}")))
        found = re.search(pattern, spaces(readme))
        if found is None:
            told.append(f"not in the text any more: {one.text}")
            continue
        for quoted, written in zip(one.numbers, found.groups(), strict=True):
            now = value(quoted)
            decimals = len(written.partition(".")[2])
            shown = "no such number" if now is None else f"{now:,.{decimals}f}".replace("-", "−")
            if shown.replace(",", "") != written.replace(",", ""):
                told.append(f"{written} is {shown} ({' '.join(quoted)}): {found[0]}")
    return told
