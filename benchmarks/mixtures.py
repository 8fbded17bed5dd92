"""The mixtures that are measured, by name, and the same pairs for LAMMPS in the style in which it is fastest.

Each style that has such pairs was tried once, on one core of an AMD EPYC, 10,000 particles, with skins of 0.2 to 0.4,
by the processor's time. In millions of particle-steps a second of sheared dynamics, or ns a particle for forces alone:

* r^-10: 9.1 by ``table/omp`` linear, 8.1 by ``table`` linear, 8.2 by splines; 5.2 by ``mie/cut``, whose second power
  can be 0; less by ``nm/cut/omp`` and ``lepton``. Tables that are looked up, without interpolation, gain nothing.
* r^-12: 10.2 by ``lj/cut/opt`` with a σ of 1,000 and so small an ε that nothing but r^-12 is left (its r^-6 is 10^-18
  of that), and by ``lj/cut/omp``; 9.0 by ``table/omp``. ``lennard/mdf`` with a narrow end loses particles.
* Harmonic: 14 ns by ``harmonic/cut/omp``, 15 by ``harmonic/cut``, 90 by ``lepton/omp``.
* Hertzian: 16 ns by ``table/omp`` linear, 21 by ``table`` linear, 20 by splines, 117 by ``lepton/omp``.
* Sizes, non-additive: no style but ``lepton/sphere``, 480 to 520 ns, with ``/omp`` as well.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np

import softspots as ss


def _power(n: int) -> ss.Mixture:
    """Spheres as in the preset "soft-spheres", with another power."""
    sigma = {("A", "A"): 1.0, ("A", "B"): 1.18, ("B", "B"): 1.4}
    pairs = {key: ss.InversePower(sigma=one, n=n, cutoff=1.48 * one) for key, one in sigma.items()}
    return ss.Mixture(pairs, fractions=(0.5, 0.5), density=0.86, dimension=2)


MIXTURES = {
    "kob-andersen": ss.Model.preset,
    "power 10": partial(_power, 10),
    "power 12": partial(_power, 12),
    "harmonic": partial(ss.Mixture.preset, "harmonic"),
    "hertzian": partial(ss.Mixture.preset, "hertzian"),
    "polydisperse": partial(ss.Mixture.preset, "polydisperse", dimension=2),
    "kob-andersen, 3D": partial(ss.Mixture.preset, "kob-andersen-3d"),
    "kob-andersen, 3D, spline": partial(ss.Mixture.preset, "kob-andersen-3d", smoothing="shifted-force"),
}

TYPES = ("1 1", "1 2", "2 2")
# Of a table: equal steps of r², between which LAMMPS interpolates, from where no thermal particles come.
ENTRIES = 2_000
# So large that σ⁶ is nothing beside σ¹².
LARGE = 1e3


def lammps_pairs(name: str, folder: Path) -> tuple[str, str]:
    """The style, and lines of input; a table is written to ``folder``."""
    return LAMMPS[name](MIXTURES[name](), folder)


def smooth_pairs(name: str) -> list:
    """Functions of a folder, as `lammps_pairs`: a mixture of Lennard-Jones by our table, and shifted by LAMMPS."""
    return [partial(kind, MIXTURES[name]()) for kind in (_table, _shifted)]


def _shifted(mixture, folder):
    return _lines("lj/smooth/linear", mixture, lambda pair: f"{pair.epsilon} {pair.sigma} {pair.cutoff:.17g}")


def _lennard_jones(mixture, folder):
    return _lines("lj/cut/opt", mixture, lambda pair: f"{pair.epsilon} {pair.sigma} {pair.cutoff:.17g}")


def _twelfth_power(mixture, folder):
    def own(pair):
        return f"{pair.epsilon / 4 * (pair.sigma / LARGE) ** 12:.17g} {LARGE} {pair.cutoff:.17g}"

    return _lines("lj/cut/opt", mixture, own)


def _harmonic(mixture, folder):
    # Each pair is cut off at its σ, and there is no cutoff for all.
    return _lines("harmonic/cut/omp", mixture, lambda pair: f"{pair.epsilon / 2 / pair.sigma**2:.17g} {pair.sigma}", "")


def _table(mixture, folder):
    """V and V' from our own potentials, which are tested against LAMMPS' formulas elsewhere."""
    lines, sections = [], ["# r, energy, force"]
    for types, pair in zip(TYPES, mixture.potentials, strict=True):
        inner = max(pair.inner(mixture.energy_scale), pair.cutoff / 4)
        r = np.sqrt(np.linspace(inner**2, pair.cutoff**2, ENTRIES))
        energy, slope, _ = pair.terms(r)
        section = types.replace(" ", "_")
        sections.append(f"\n{section}\nN {ENTRIES} RSQ {inner:.17g} {pair.cutoff:.17g}\n")
        rows = zip(r, energy, -slope, strict=True)
        sections += [f"{k} {at:.17g} {v:.17g} {f:.17g}" for k, (at, v, f) in enumerate(rows, start=1)]
        lines.append(f"pair_coeff {types} table.txt {section} {pair.cutoff:.17g}")
    (folder / "table.txt").write_text("\n".join(sections) + "\n")
    style = f"table/omp linear {ENTRIES}"
    return style, "\n".join([f"pair_style {style}", *lines])


def _sizes(mixture, folder):
    """An expression of the distance and of both radii, which are half the sizes."""
    (pair,) = mixture.potentials
    k0, _, k2, _, k4 = pair.added
    law = f"x^(-{pair.n}) + {k0:.17g} + {k2:.17g}*x^2 + {k4:.17g}*x^4"
    sigma = f"(radi + radj)*(1 - {2 * mixture.non_additivity}*abs(radi - radj))"
    style, farthest = "lepton/sphere", pair.cutoff * mixture.sizes.largest
    expression = f"step({pair.cutoff} - x)*({law}); x = r/s; s = {sigma}"
    return style, f'pair_style {style} {farthest:.17g}\npair_coeff 1 1 "{expression}"'


def _lines(style, mixture, own, farthest=None):
    farthest = f" {mixture.largest_cutoff:.17g}" if farthest is None else farthest
    coefficients = [f"pair_coeff {types} {own(pair)}" for types, pair in zip(TYPES, mixture.potentials, strict=True)]
    return style, "\n".join([f"pair_style {style}{farthest}", *coefficients])


LAMMPS = {
    "power 10": _table,
    "power 12": _twelfth_power,
    "harmonic": _harmonic,
    "hertzian": _table,
    "polydisperse": _sizes,
    "kob-andersen, 3D": _lennard_jones,
    "kob-andersen, 3D, spline": _table,
}
