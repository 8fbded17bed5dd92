"""Mixtures: which pair potential acts between which species, with or without sizes per particle."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from functools import cached_property
from typing import Any, ClassVar, NoReturn

import numpy as np
from numpy.typing import ArrayLike

from softspots.arrays import float_array, positive_number
from softspots.exceptions import InputError
from softspots.frame import Frame
from softspots.model.contact import Contact
from softspots.model.fitting import require_fit
from softspots.model.forms import ContactForm, EvenForm, LennardJonesForm, SplineForm, pair_number
from softspots.model.pair import PairPotential
from softspots.model.scales import Scales, short_length, typical_energy
from softspots.model.sizes import Sizes
from softspots.model.species import ordered_pairs, parts_of_one
from softspots.model.spline import spline_form
from softspots.reasons import first_of

JUMPS = {0: "V and the force jump", 1: "the force jumps"}


class Mixture:
    """Particles of some species, or with sizes of their own, and the potentials between them. It never changes.

    Parameters
    ----------
    pairs : mapping
        From pairs of species, ``("A", "B")`` in either order, to their `PairPotential`; one for every pair. Labels are
        strings or whole numbers; ``"1"`` is the number 1, as in a file. Species are numbered as they appear here. A
        frame names species by these labels, or, where they are strings, by their numbers.
    fractions : sequence of float, optional
        The part of each species in a random start, in the order of ``species``. Default: None, not known.
    density : float, optional
        Particles per area or volume of a random start. Default: None, not known.
    dimension : {2, 3}, optional
        Of a random start, and of all frames. Default: None, frames of either.
    sizes : Sizes, optional
        Where each particle has a size: there is one potential, ``pairs`` has one entry, lengths in it are in σ_ij, and
        species make no difference. See `polydisperse`. Default: None, particles have no sizes.
    temperatures : tuple of 2 floats, optional
        That of a glass, well below where its dynamics becomes slow, and that of a liquid, which flows within a few τ:
        where simulations end and begin. Default: None, not known.
    name : str, optional
        What it is called in its repr.

    Warns
    -----
    UserWarning
        If the force or the energy of a pair jumps at its cutoff: see `PairPotential`.

    Raises
    ------
    InputError
        If a pair has no potential or two, or something is outside its range.
    """

    # The names of the units of energy and length, those of the numbers in ``pairs``.
    units: ClassVar[tuple[str, str]] = ("ε", "σ")

    pairs: Mapping[tuple[str | int, str | int], PairPotential]
    species: tuple[str | int, ...]
    fractions: tuple[float, ...] | None
    density: float | None
    dimension: int | None
    sizes: Sizes | None
    temperatures: tuple[float, float] | None
    name: str | None

    def __init__(
        self,
        pairs: Mapping[tuple[Any, ...], PairPotential],
        *,
        fractions: ArrayLike | None = None,
        density: float | None = None,
        dimension: int | None = None,
        sizes: Sizes | None = None,
        temperatures: tuple[float, float] | None = None,
        name: str | None = None,
    ) -> None:
        species, ordered = ordered_pairs(pairs)
        if fractions is not None:
            fractions = parts_of_one(fractions, species)
        if density is not None:
            density = positive_number("Mixture: density", density)
        if dimension not in (None, 2, 3):
            raise InputError(f"Mixture: dimension is {dimension!r}; allowed: 2, 3")
        # 2.0 is 2, but no number of axes.
        dimension = None if dimension is None else int(dimension)
        if sizes is not None and not isinstance(sizes, Sizes):
            raise InputError(f"Mixture: sizes is a {type(sizes).__name__}; a Sizes is needed")
        if sizes is not None and len(species) > 1:
            raise InputError(
                f"Mixture: {len(species)} species, {', '.join(map(str, species))}, and sizes; with sizes there is one "
                "potential"
            )
        own = {"fractions": fractions, "density": density, "dimension": dimension, "sizes": sizes, "name": name}
        own |= {"pairs": ordered, "species": species, "temperatures": temperatures}
        for key, value in own.items():
            object.__setattr__(self, key, value)
        if self._jumps:
            warnings.warn(
                f"Mixture: {self._jumps}: energy is not conserved, and a quench may end where no minimum is; see "
                "PairPotential",
                stacklevel=2,
            )

    def __setattr__(self, key: str, value: object) -> NoReturn:
        raise AttributeError(f"a Mixture cannot be changed; make another one, with another {key}")

    @classmethod
    def polydisperse(cls, pair: PairPotential, non_additivity: float = 0.0, **options: Any) -> Mixture:
        """Particles that each have a size, and one potential with lengths in σ_ij.

        σ_ij = (σ_i + σ_j)/2 · (1 − η |σ_i − σ_j|), of the sizes (diameters) in the frame.

        Parameters
        ----------
        pair : PairPotential
            For σ_ij = 1.
        non_additivity : float, optional
            η, in the inverse of the unit of sizes.
        **options
            ``smallest`` and ``largest`` of a random start's sizes (see `Sizes`), and of `Mixture` ``density``,
            ``dimension``, ``temperatures``, ``name``.

        Raises
        ------
        InputError
            As `Mixture` and `Sizes`.
        """
        limits = {key: options.pop(key) for key in ("smallest", "largest") if key in options}
        return cls(
            {("A", "A"): pair}, sizes=Sizes(non_additivity=non_additivity, **limits), fractions=(1.0,), **options
        )

    @classmethod
    def preset(cls, name: str = "kob-andersen", **changes: Any) -> Mixture:
        """A mixture from the literature: see `softspots.model.presets`, where each has its source.

        Parameters
        ----------
        name : str
        **changes
            Parameters of the preset, such as ``dimension`` or ``density``; for "kob-andersen" and "as-printed", those
            of `Model`.

        Raises
        ------
        InputError
            If there is no such preset, or it has no such parameter.
        """
        # It makes mixtures.
        from softspots.model.presets import make

        return make(name, changes)

    @property
    def non_additivity(self) -> float | None:
        """η of the sizes; None where particles have none."""
        return None if self.sizes is None else self.sizes.non_additivity

    @property
    def potentials(self) -> tuple[PairPotential, ...]:
        """The potentials of the P pairs, in the order of `softspots.model.forms`."""
        return tuple(self.pairs.values())

    def potential(self, first: int, second: int) -> PairPotential:
        """The potential between two species, by their numbers."""
        return self.potentials[pair_number(first, second, len(self.species))]

    @property
    def largest_cutoff(self) -> float:
        """The largest cutoff of any pair; in σ_ij where particles have sizes."""
        return max(pair.cutoff for pair in self.potentials)

    @cached_property
    def energy_scale(self) -> float:
        """The scale of energies: see `softspots.model.scales`."""
        return typical_energy(self.potentials)

    @cached_property
    def length_scale(self) -> float:
        """The scale of lengths, in σ_ij where particles have sizes."""
        return short_length(self.potentials)

    def scales(self, sizes: np.ndarray | None) -> Scales:
        """The scales for particles of these sizes, (N,), of which the mean counts; None where they have none."""
        size = 1.0 if sizes is None or not len(sizes) else float(np.mean(sizes))
        return Scales(self.length_scale * size, self.energy_scale)

    @property
    def of_contacts(self) -> bool:
        """Whether all potentials end at contact, as in packings of soft spheres."""
        return all(isinstance(pair, Contact) for pair in self.potentials)

    def touch_stiffness(self, force: float, depth: float) -> float:
        """The largest V'' of two particles that merely touch: by a ``force``, and not deeper than ``depth``.

        Of pairs whose V'' goes to zero at the cutoff: where it jumps, particles that touch are held.
        """
        return max((pair.touch_stiffness(force, depth) for pair in self.potentials if pair.smooth == 3), default=0.0)

    def counts(self, particles: int) -> tuple[int, ...]:
        """How many of ``particles`` are of each species in a random start.

        Raises
        ------
        InputError
            If the fractions are not known.
        """
        if self.fractions is None:
            raise InputError("Mixture: the fractions of the species are not known; give fractions")
        ends = [round(part * particles) for part in np.cumsum(self.fractions)[:-1].tolist()]
        return tuple(np.diff([0, *ends, particles]).tolist())

    def draw_sizes(self, rng: np.random.Generator, particles: int) -> np.ndarray | None:
        """Sizes of a random start, (particles,), in random order; None where particles have none.

        Raises
        ------
        InputError
            If their distribution is not known.
        """
        return None if self.sizes is None else self.sizes.draw(rng, particles)

    def indices(self, frame: Frame) -> np.ndarray:
        """The number of each particle's species, 0 to S − 1 in the order of ``species``: (N,) int32.

        Where particles have sizes there is one kind of particle, 0, whatever the frame calls them.

        Raises
        ------
        InputError
            If the frame has another dimension than this mixture, is a flat sheet in space, or has a species that this
            mixture has not, or all of them are 1 in a mixture whose first species has a name, as in files that count
            types from 1.
        """
        require_fit(self, frame)
        given = np.asarray(frame.species)
        if self.sizes is not None:
            return np.zeros(len(given), dtype=np.int32)
        labels, numbered = self.species, given.dtype.kind in "iu"
        if numbered and all(isinstance(label, str) for label in labels):
            numbers, unknown = given, (given < 0) | (given >= len(labels))
            if len(given) and (given == 1).all() and len(labels) > 1 and not frame.only_b:
                raise InputError(
                    f"Mixture: all species are 1, which is {labels[1]}; where types count from 1 give species - 1, and "
                    f"where there is no {labels[0]} say only_b=True"
                )
        else:
            # As text, so that a label means the same whether it was read as a number or not.
            names = np.array([str(label) for label in labels])
            order = np.argsort(names)
            text = given.astype(str)
            numbers = order[np.minimum(np.searchsorted(names, text, sorter=order), len(names) - 1)]
            unknown = names[numbers] != text
        if unknown.any():
            names = np.unique(given[unknown]).astype(str)
            are = "are" if len(names) > 1 else "is"
            raise InputError(f"Mixture: species {first_of(names)} of the frame {are} not known; {self._known}")
        return np.ascontiguousarray(numbers, dtype=np.int32)

    def sizes_of(self, frame: Frame) -> np.ndarray | None:
        """The sizes of a frame's particles, (N,) float64; None in a mixture without sizes.

        Raises
        ------
        InputError
            If the frame has none and they are needed, has some and they mean nothing here, or two of them make no
            positive σ_ij.
        """
        given = getattr(frame, "sizes", None)
        if self.sizes is None:
            if given is not None:
                raise InputError(
                    "Mixture: the frame has sizes, which mean nothing in this mixture; where they are a column of a "
                    "file sizes='none' leaves them out"
                )
            return None
        if given is None:
            raise InputError(
                "Mixture: each particle needs a size in this mixture, and the frame has none; sizes=… gives them"
            )
        sizes = float_array("Mixture: sizes", given, (len(frame.species),))
        if not (sizes > 0).all():
            raise InputError(f"Mixture: sizes must be positive; {sizes[~(sizes > 0)][0]:g} is among them")
        self.sizes.require_lengths(sizes)
        return sizes

    def diameters_of(self, frame: Frame) -> np.ndarray:
        """How large a frame's particles look, for pictures, (N,): by species, times the size where they have one.

        Raises
        ------
        InputError
            As `indices` and `sizes_of`.
        """
        species = np.array([self.potential(k, k).diameter for k in range(len(self.species))])
        own, sizes = species[self.indices(frame)], self.sizes_of(frame)
        return own if sizes is None else own * sizes

    @cached_property
    def form(self) -> LennardJonesForm | EvenForm | ContactForm | SplineForm:
        """The potentials as kernels take them: exactly, if one form holds all of them, or else as splines.

        Raises
        ------
        InputError
            If they need splines, and none follows one of them: see `spline_form`.
        """
        rows = [pair.rows() for pair in self.potentials]
        for key in rows[0]:
            kind, parameter = key
            # The loops that know sizes have these constants from here.
            if (kind == "lennard-jones" and self.sizes is not None) or not all(key in own for own in rows):
                continue
            table = np.array([own[key] for own in rows], dtype=np.float64)
            if kind == "lennard-jones":
                return LennardJonesForm(table, parameter)
            return EvenForm(parameter, table) if kind == "even" else ContactForm(parameter, table)
        return spline_form(self.potentials)

    def as_table(self) -> dict[str, Any]:
        """The mixture as a table of a TOML file, which `from_table` reads.

        Raises
        ------
        InputError
            If a potential is a function, which no file can hold.
        """
        # It makes mixtures.
        from softspots.model.description import table

        return table(self)

    @classmethod
    def from_table(cls, table: Mapping[str, Any]) -> Mixture:
        """The mixture of a table of a TOML file: see `softspots.model.description`.

        Raises
        ------
        InputError
            If it describes none.
        """
        # It makes mixtures.
        from softspots.model.description import mixture

        return mixture(table)

    def __eq__(self, other: object) -> bool:
        if type(self) is not type(other):
            return NotImplemented
        return self._content() == other._content()

    def __hash__(self) -> int:
        return hash(self._content())

    def __repr__(self) -> str:
        potentials = dict.fromkeys(type(pair).__name__ for pair in self.potentials)
        cutoffs = sorted({f"{pair.cutoff:.4g}" for pair in self.potentials}, key=float)
        unit = " σ_ij" if self.sizes is not None else ""
        parts = [] if self.name is None else [repr(self.name)]
        parts += [" and ".join(potentials), f"cutoff {' to '.join(dict.fromkeys((cutoffs[0], cutoffs[-1])))}{unit}"]
        if self.sizes is not None:
            parts.append(f"sizes, non-additivity {self.non_additivity:g}")
        elif self.fractions is not None:
            parts.append(", ".join(f"{100 * f:.4g} % {s}" for f, s in zip(self.fractions, self.species, strict=True)))
        else:
            parts.append(f"species {' '.join(map(str, self.species))}")
        if self.dimension is not None:
            parts.append(f"{self.dimension}D")
        return f"Mixture({', '.join([*parts, *([self._jumps] if self._jumps else [])])})"

    @property
    def _jumps(self) -> str:
        """What jumps at the cutoff of which pairs; nothing if nothing does."""
        worst = min(pair.smooth for pair in self.potentials)
        if worst not in JUMPS:
            return ""
        names = [" ".join(map(str, key)) for key, pair in self.pairs.items() if pair.smooth == worst]
        return f"{JUMPS[worst]} at the cutoff of {', '.join(names)}"

    @property
    def _known(self) -> str:
        text = f"known: {', '.join(map(str, self.species))}"
        if all(isinstance(label, str) for label in self.species):
            text += f", or 0 to {len(self.species) - 1} for these"
        return text

    def _content(self) -> tuple[Any, ...]:
        return (tuple(self.pairs.items()), self.fractions, self.density, self.dimension, self.sizes, self.temperatures)
