"""Pair potentials in plain NumPy, beside what the kernels take for them; and sums over pairs by either.

A law is a function r ↦ V, V', V'' that is zero from its cutoff on. Species pairs are in the order (0, 0), (0, 1), …,
(0, S − 1), (1, 1), …; with sizes there is one law, in units of σ_ij.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from reference import ordered_pairs

from softspots import _core
from softspots.frame import Box


@dataclass(frozen=True)
class Mixture:
    """A potential of the kernels, and its laws in plain NumPy."""

    potential: _core.Potential
    laws: tuple[Callable, ...]
    cutoffs: np.ndarray
    n_species: int
    non_additivity: float | None

    def sums(self, positions, species, sizes, box: Box):
        """Energy, forces (N, 2), virial (2, 2) and Hessian (2N, 2N) by explicit images."""
        reach = self.cutoffs.max() * (1.0 if sizes is None else sizes.max())
        i, j, _, _, separations = ordered_pairs(positions, box, reach)
        distances = np.sqrt((separations**2).sum(axis=1))
        unit = np.ones(len(i))
        if sizes is not None:
            unit = (sizes[i] + sizes[j]) / 2 * (1 - self.non_additivity * abs(sizes[i] - sizes[j]))
        low, high = np.sort((species[i], species[j]), axis=0)
        pair = low * self.n_species - low * (low - 1) // 2 + high - low
        value, slope, curvature = np.choose(pair, [law(distances / unit) for law in self.laws])
        slope, curvature = slope / unit, curvature / unit**2
        pulls = (slope / distances)[:, None] * separations
        forces = np.zeros_like(positions)
        np.add.at(forces, i, pulls)
        normals = separations / distances[:, None]
        along = normals[:, :, None] * normals[:, None, :]
        across = np.eye(2) - along
        springs = curvature[:, None, None] * along + (slope / distances)[:, None, None] * across
        size = len(positions)
        blocks = np.zeros((size, size, 2, 2))
        np.add.at(blocks, (i, i), springs)
        np.add.at(blocks, (i, j), -springs)
        hessian = blocks.transpose(0, 2, 1, 3).reshape(2 * size, 2 * size)
        return value.sum() / 2, forces, -(separations.T @ pulls) / 2, hessian


def power_law(n, m, coefficients):
    """a_n r^-n − a_m r^-m + k0 + k2 r² + k4 r⁴ below r_c."""
    *factors, cutoff = coefficients
    factors = np.array(factors) * (1, -1, 1, 1, 1)
    powers = np.array((-n, -m, 0, 2, 4), dtype=float)

    def law(r):
        terms = factors * r[:, None] ** powers
        values = [(terms * rising).sum(axis=1) / r**k for k, rising in enumerate((1, powers, powers * (powers - 1)))]
        return np.where(r < cutoff, values, 0.0)

    return law


def smooth_coefficients(n, m, a_n, a_m, cutoff):
    """With k0, k2, k4 such that V, V' and V'' are zero at the cutoff."""
    there = power_law(n, m, (a_n, a_m, 0, 0, 0, np.inf))(np.array([cutoff]))[:, 0]
    c = cutoff
    conditions = [[1, c**2, c**4], [0, 2 * c, 4 * c**3], [0, 2, 12 * c**2]]
    return (a_n, a_m, *np.linalg.solve(conditions, -there), cutoff)


def contact_law(alpha, epsilon, sigma):
    """ε/α (1 − r/σ)^α below σ."""

    def law(r):
        t = np.maximum(0.0, 1 - r / sigma)
        bend = epsilon * (alpha - 1) * t ** (alpha - 2) / sigma**2
        return np.where(r < sigma, (epsilon / alpha * t**alpha, -epsilon * t ** (alpha - 1) / sigma, bend), 0.0)

    return law


def spline_coefficients(law, inner, cutoff, count):
    """Quintic Hermite polynomials (count, 6) in s = r², which have the law's V, dV/ds and d²V/ds² at their ends."""
    s = np.linspace(inner**2, cutoff**2, count + 1)
    r = np.sqrt(s)
    r[-1] = cutoff * (1 - 1e-15)
    value, slope, curvature = law(r)
    width = s[1] - s[0]
    first = slope / (2 * r) * width
    second = (curvature - slope / r) / (4 * s) * width**2
    start = np.array((value, first, second / 2))[:, :-1]
    rest = np.array((value[1:], first[1:], second[1:])) - (start.sum(axis=0), start[1] + 2 * start[2], 2 * start[2])
    ends = [[1, 1, 1], [3, 4, 5], [6, 12, 20]]
    return np.concatenate((start, np.linalg.solve(ends, rest))).T


def spline_law(inner, cutoff, coefficients):
    """What the coefficients say, interval by interval; below `inner` the parabola in s that begins there."""
    count = len(coefficients)
    width = (cutoff**2 - inner**2) / count

    def law(r):
        u = (r**2 - inner**2) / width
        k = np.clip(u.astype(int), 0, count - 1)
        own = coefficients[k] * np.where((u < 0)[:, None] & (np.arange(6) > 2), 0.0, 1.0)
        result = np.empty((3, len(r)))
        for order in range(3):
            powers = np.arange(6 - order)
            result[order] = (own * (u - k)[:, None] ** powers).sum(axis=1) / width**order
            own = own[:, 1:] * (powers + 1)[: 5 - order] if order < 2 else own
        value, first, second = result
        return np.where(r < cutoff, (value, 2 * r * first, 2 * first + 4 * r**2 * second), 0.0)

    return law


def morse(epsilon, steepness, minimum, cutoff):
    """ε [(1 − e^{−a (r − r0)})² − 1], less its value at the cutoff."""

    def law(r):
        e = np.exp(-steepness * (r - minimum))
        at_end = np.exp(-steepness * (cutoff - minimum))
        value = epsilon * ((1 - e) ** 2 - (1 - at_end) ** 2)
        slope = 2 * epsilon * steepness * (1 - e) * e
        return np.where(r < cutoff, (value, slope, 2 * epsilon * steepness**2 * (2 * e - 1) * e), 0.0)

    return law


def yukawa(strength, kappa, cutoff):
    """A e^{−κ r}/r, less its value at the cutoff."""

    def law(r):
        bare = strength * np.exp(-kappa * r) / r
        value = bare - strength * np.exp(-kappa * cutoff) / cutoff
        slope = -bare * (kappa + 1 / r)
        return np.where(r < cutoff, (value, slope, bare * (kappa**2 + 2 * kappa / r + 2 / r**2)), 0.0)

    return law


def pair_numbers(n_species, seed):
    """ε, σ of each pair: energies of 0.5 to 1.5, lengths of 0.8 to 1.1."""
    random = np.random.default_rng(seed)
    count = n_species * (n_species + 1) // 2
    return random.uniform(0.5, 1.5, count), random.uniform(0.8, 1.1, count)


def make_mixture(form, n_species, non_additivity=None, cutoff=2.3, one_cutoff=False, seed=8):
    """A mixture of one of `FORMS`; cutoffs are that many σ of each pair, or one for all."""
    epsilon, sigma = pair_numbers(n_species, seed)
    if non_additivity is not None:
        sigma = np.ones(1)
    cutoffs = np.full(len(sigma), cutoff) if one_cutoff else cutoff * sigma
    if form in ("harmonic", "hertzian"):
        alpha = {"harmonic": 2.0, "hertzian": 2.5}[form]
        cutoffs = sigma * (1.0 if non_additivity is not None else 1.2)
        laws = [contact_law(alpha, *numbers) for numbers in zip(epsilon, cutoffs, strict=True)]
        potential = _core.Potential.contact(alpha, np.column_stack((epsilon, cutoffs)), non_additivity)
    elif form in POWERS:
        n, m, attraction = POWERS[form]
        rows = [
            smooth_coefficients(n, m, e * s**n, attraction * e * s**m, c)
            for e, s, c in zip(4 * epsilon, sigma, cutoffs, strict=True)
        ]
        laws = [power_law(n, m, row) for row in rows]
        potential = _core.Potential.powers(n, m, rows, non_additivity)
    elif form == "truncated":
        rows = [(4 * e * s**12, 4 * e * s**6, 0, 0, 0, c) for e, s, c in zip(epsilon, sigma, cutoffs, strict=True)]
        laws = [power_law(12, 6, row) for row in rows]
        potential = _core.Potential.powers(12, 6, rows, non_additivity)
    else:
        analytic = [
            morse(e, 5.0, s, c) if form == "morse" else yukawa(10 * e, 2.0 / s, c)
            for e, s, c in zip(epsilon, sigma, cutoffs, strict=True)
        ]
        inner = 0.85 * sigma
        ends = list(zip(inner, cutoffs, strict=True))
        splines = np.array([spline_coefficients(law, *pair, 200) for law, pair in zip(analytic, ends, strict=True)])
        laws = [spline_law(*pair, own) for pair, own in zip(ends, splines, strict=True)]
        potential = _core.Potential.spline(inner, cutoffs, splines, non_additivity)
    return Mixture(potential, tuple(laws), cutoffs, n_species, non_additivity)


# n, m, and a_m in units of a_n.
POWERS = {
    "lennard-jones": (12, 6, 1.0),
    "power 10": (10, 0, 0.0),
    "power 12": (12, 0, 0.0),
    "power 8": (8, 0, 0.0),
    "mie 14-8": (14, 8, 1.0),
}
FORMS = (*POWERS, "truncated", "harmonic", "hertzian", "morse", "yukawa")
