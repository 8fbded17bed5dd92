"""How many modes and particles make a map where nobody says: those of section II of Schoenholz et al. 2014."""

from __future__ import annotations

# Modes that are found, and of these for the map, of 20,000 degrees of freedom.
SHARES, FREEDOM = {"modes": 500, "n_modes": 430}, 20_000
# Particles of each mode.
PARTICLES = 20
# Particles of the smallest soft spot: a T1 event needs as many.
FEWEST = 4


def mode_counts(particles: int, dimension: int) -> dict[str, int]:
    """How many modes are found, and how many of them make a map, in proportion to the degrees of freedom."""
    return {name: max(1, round(share * (particles * dimension / FREEDOM))) for name, share in SHARES.items()}
