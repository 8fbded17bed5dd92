"""What the stages take where nobody says: the paper's lengths in distances, and its threshold in them and T."""

from __future__ import annotations

from collections.abc import Mapping

from softspots.box import BALL
from softspots.landscape.forces import is_mixture, units
from softspots.model import Forces, Mixture, Model
from softspots.model.binary import PRESETS
from softspots.plasticity.d2min import MEAN_DISTANCES, PAPER_CUTOFF

# Lengths, in σ_AA, and the threshold, in T σ_AA² k_B/ε_AA, of the paper's mixtures.
PAPER = {"d2min_cutoff": PAPER_CUTOFF, "bond_length": 1.5, "rearrangement_threshold": 15.0}


def is_of_paper(model: Mixture | Forces | None) -> bool:
    """Whether it is one of the paper's mixtures; how its potentials end at their cutoff makes it no other liquid."""
    if isinstance(model, Model):
        return True
    own = PRESETS.get(getattr(model, "name", None))
    return own is not None and own == {
        name: tuple(getattr(pair, name, None) for pair in model.pairs.values()) for name in own
    }


def lengths(density: float, dimension: int) -> dict[str, float]:
    """The paper's lengths in mean distances of particles, ρ^(-1/d).

    So D²_min reaches as many of them, and bonds end between the first and the second neighbours.
    """
    distance = density ** (-1 / dimension)
    return {"d2min_cutoff": rounded(MEAN_DISTANCES * distance), "bond_length": rounded(1.5 * distance)}


def threshold(density: float, dimension: int, d2min_cutoff: float, temperature: float) -> float:
    """D²_min/T from which on a particle rearranges.

    There its neighbours move by 0.28 mean distances, root mean square, beside an affine deformation, which is the
    paper's 15 T at T = 0.1.
    """
    neighbours = density * BALL[dimension] * d2min_cutoff**dimension
    return min(rounded(neighbours * (0.28 * density ** (-1 / dimension)) ** 2 / temperature), 1e9)


def thermal_energy(model: Mixture | Forces, given: Mapping[str, float]) -> float | None:
    """k_B T in the model's unit of energy, if it is known: where forces name units, such as eV, T may be in K."""
    return None if not is_mixture(model) and any(units(model)) else given.get("temperature")


def threshold_of(
    model: Mixture | Forces, density: float, dimension: int, d2min_cutoff: float, temperature: float
) -> float:
    """The same for any forces; the paper's 15 for its mixtures, at any temperature."""
    if is_of_paper(model):
        return PAPER["rearrangement_threshold"]
    return threshold(density, dimension, d2min_cutoff, temperature)


def rounded(value: float) -> float:
    """Three digits, as nobody would give more."""
    return float(f"{value:.3g}")
