"""How many modes and particles make a map where nobody says: those of section II of Schoenholz et al. 2014."""

from __future__ import annotations

import warnings

# Modes that are found, and of these for the map, of 20,000 degrees of freedom.
SHARES, FREEDOM = {"modes": 500, "n_modes": 430}, 20_000
# Particles of each mode.
PARTICLES = 20
# Particles of the smallest soft spot: a T1 event needs as many.
FEWEST = 4


def mode_counts(particles: int, dimension: int) -> dict[str, int]:
    """How many modes are found, and how many of them make a map, in proportion to the degrees of freedom."""
    return {name: max(1, round(share * (particles * dimension / FREEDOM))) for name, share in SHARES.items()}


def map_modes(who: str, particles: int, dimension: int, there: int) -> int:
    """How many modes make a map if nobody says; all that there are, with a warning, if that is fewer.

    To be called by public functions, as the warning points two up.
    """
    wanted = mode_counts(particles, dimension)["n_modes"]
    if wanted > there:
        warnings.warn(
            f"{who}: {wanted} modes make a map of {particles} particles, but only {there} are given; all are used",
            stacklevel=3,
        )
    return min(wanted, there)
