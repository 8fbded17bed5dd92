"""Pair potentials and mixtures: plain values; no compiled module is needed here."""

from softspots.model.binary import PRESETS, SMOOTHINGS, Model
from softspots.model.contact import Harmonic, Hertzian
from softspots.model.exponentials import Morse, Yukawa
from softspots.model.forces import Forces
from softspots.model.forms import ContactForm, EvenForm, LennardJonesForm, SplineForm, pair_number
from softspots.model.mixture import Mixture
from softspots.model.pair import PairPotential
from softspots.model.powers import WCA, InversePower, LennardJones, Mie
from softspots.model.scales import Scales
from softspots.model.sizes import Sizes
from softspots.model.tabulated import Tabulated

__all__ = [
    "PRESETS",
    "SMOOTHINGS",
    "WCA",
    "ContactForm",
    "EvenForm",
    "Forces",
    "Harmonic",
    "Hertzian",
    "InversePower",
    "LennardJones",
    "LennardJonesForm",
    "Mie",
    "Mixture",
    "Model",
    "Morse",
    "PairPotential",
    "Scales",
    "Sizes",
    "SplineForm",
    "Tabulated",
    "Yukawa",
    "pair_number",
]
