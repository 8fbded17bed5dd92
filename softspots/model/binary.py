"""Binary Lennard-Jones mixtures: the presets of the paper and their smoothings at the cutoff."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from softspots.arrays import float_array, one_of, real_number
from softspots.exceptions import InputError
from softspots.model.forms import LennardJonesForm
from softspots.model.mixture import Mixture
from softspots.model.powers import LennardJones

# Brüning et al. (2009), the two-dimensional Kob–Andersen mixture, and the values as Schoenholz et
# al. (2014), section II, print them: there the σ of AB and BB stand the other way round.
PRESETS = {
    "kob-andersen": {"epsilon": (1.0, 1.5, 0.5), "sigma": (1.0, 0.8, 0.88)},
    "as-printed": {"epsilon": (1.0, 1.5, 0.5), "sigma": (1.0, 0.88, 0.8)},
}
SMOOTHINGS = ("even", "quadratic", "switch")


@dataclass(frozen=True, repr=False)
class Model(Mixture):
    """A binary Lennard-Jones mixture of species A and B, cut off and smoothed.

    For r < r_c the pair energy is, with x = r/σ,

    * ``even``: 4ε (x⁻¹² − x⁻⁶ + c0 + c2 x² + c4 x⁴),
    * ``quadratic``: 4ε (x⁻¹² − x⁻⁶ + c0 + c1 x + c2 x²),
    * ``switch``: Lennard-Jones up to ``inner_cutoff``; from there to r_c the force is the cubic
      in r that continues force and slope and ends at zero with zero slope (LAMMPS ``lj/smooth``);
      the energy is its integral from r_c,

    with the constants fixed per species pair by V = V' = V'' = 0 at r_c (for ``switch`` by its
    construction).

    Parameters
    ----------
    epsilon : tuple of 3 floats
        ε_AA, ε_AB, ε_BB, in ε_AA.
    sigma : tuple of 3 floats
        σ_AA, σ_AB, σ_BB, in σ_AA.
    smoothing : {"even", "quadratic", "switch"}
    cutoff : float
        r_c, in σ_AA, or in σ_ab if ``cutoff_per_pair``.
    cutoff_per_pair : bool
        Whether the cutoff scales with the σ of the pair.
    inner_cutoff : float
        Where ``switch`` departs from Lennard-Jones; same units as ``cutoff``; unused otherwise.
    fraction_a : float
        Fraction of A particles when a simulation makes its particles itself.

    Raises
    ------
    InputError
        If a parameter is outside its range.
    """

    units: ClassVar[tuple[str, str]] = ("ε_AA", "σ_AA")

    epsilon: tuple[float, float, float]
    sigma: tuple[float, float, float]
    smoothing: str = "even"
    cutoff: float = 2.5
    cutoff_per_pair: bool = False
    inner_cutoff: float = 2.0
    fraction_a: float = 0.65

    def __post_init__(self) -> None:
        for name in ("epsilon", "sigma"):
            values = float_array(f"Model: {name}", getattr(self, name), (3,))
            if not (values > 0).all():
                raise InputError(f"Model: {name} is {values.tolist()}; three positive numbers (AA, AB, BB) are needed")
            object.__setattr__(self, name, tuple(values.tolist()))
        for name in ("cutoff", "inner_cutoff", "fraction_a"):
            object.__setattr__(self, name, real_number(f"Model: {name}", getattr(self, name)))
        one_of("Model: smoothing", self.smoothing, SMOOTHINGS)
        if not isinstance(self.cutoff_per_pair, (bool, np.bool_)):
            raise InputError(f"Model: cutoff_per_pair is {self.cutoff_per_pair!r}; True or False is needed")
        if not self.cutoff > 0:
            raise InputError(f"Model: cutoff is {self.cutoff!r}; it must be a positive number")
        if not 0 < self.inner_cutoff < self.cutoff and self.smoothing == "switch":
            raise InputError(
                f"Model: inner_cutoff is {self.inner_cutoff!r}; it must lie between 0 and the cutoff {self.cutoff}"
            )
        if not 0 <= self.fraction_a <= 1:
            raise InputError(f"Model: fraction_a is {self.fraction_a!r}; it must lie between 0 and 1")
        scale = np.array(self.sigma) if self.cutoff_per_pair else np.ones(3)
        cutoffs, inner = (self.cutoff * scale).tolist(), (self.inner_cutoff * scale).tolist()
        pairs = {
            pair: LennardJones(
                epsilon=self.epsilon[k],
                sigma=self.sigma[k],
                cutoff=cutoffs[k],
                smoothing=self.smoothing,
                inner_cutoff=inner[k] if self.smoothing == "switch" else None,
            )
            for k, pair in enumerate((("A", "A"), ("A", "B"), ("B", "B")))
        }
        # Density and lowest temperature of Schoenholz et al. (2014), who do not say where they come from.
        Mixture.__init__(
            self,
            pairs,
            fractions=(self.fraction_a, 1 - self.fraction_a),
            density=1.2,
            dimension=2,
            temperatures=(0.1, 1.0),
            name=self._preset,
        )

    @property
    def _preset(self) -> str | None:
        known = {"epsilon": self.epsilon, "sigma": self.sigma}
        return next((name for name, values in PRESETS.items() if values == known), None)

    def __repr__(self) -> str:
        own = (f"{name} {' '.join(f'{one:g}' for one in getattr(self, name))}" for name in ("epsilon", "sigma"))
        mixture = ", ".join(own) if self._preset is None else repr(self._preset)
        unit = " per pair" if self.cutoff_per_pair else ""
        inner = f" from {self.inner_cutoff:g}" if self.smoothing == "switch" else ""
        return f"Model({mixture}, {self.smoothing}{inner}, cutoff {self.cutoff:g}{unit}, {100 * self.fraction_a:g} % A)"

    @classmethod
    def preset(cls, name: str = "kob-andersen", **changes: Any) -> Model:
        """The mixture ``name``, with any other parameter of `Model` changed by keyword.

        Raises
        ------
        InputError
            If there is no such preset.
        """
        return cls(**(PRESETS[one_of("Model: preset", name, PRESETS)] | changes))

    @classmethod
    def of_run(cls, configuration: Mapping[str, Any]) -> Model:
        """The mixture of a run, from the run's parameters as a results file has them; others are left alone.

        Raises
        ------
        InputError
            As in `preset`.
        """
        own = {entry.name for entry in fields(cls)} & configuration.keys()
        return cls.preset(configuration["model"], **{name: configuration[name] for name in own})

    @property
    def largest_cutoff(self) -> float:
        """The largest r_c of the three species pairs, in σ_AA."""
        return self.cutoff * (max(self.sigma) if self.cutoff_per_pair else 1.0)

    def pair_table(self) -> np.ndarray:
        """ε, σ, r_c and inner cutoff, in σ_AA, of AA, AB, BB as rows: shape (3, 4), as the kernels take it."""
        scale = np.array(self.sigma) if self.cutoff_per_pair else np.ones(3)
        return np.column_stack((self.epsilon, self.sigma, self.cutoff * scale, self.inner_cutoff * scale))

    @cached_property
    def form(self) -> LennardJonesForm:
        """The pair table and the smoothing, of which the kernels make the constants."""
        return LennardJonesForm(self.pair_table(), self.smoothing)

    def as_table(self) -> dict[str, Any]:
        """The preset with all parameters, as a table of a TOML file; see `Mixture.as_table`."""
        own = {entry.name: getattr(self, entry.name) for entry in fields(self)}
        lists = {name: list(own[name]) for name in ("epsilon", "sigma")}
        return {"preset": self._preset or "kob-andersen"} | own | lists
