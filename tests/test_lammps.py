"""Energy, forces and stress of mixtures that LAMMPS has too."""

from dataclasses import replace

import numpy as np
import pytest
from reference import disordered_frame

import softspots as ss
from softspots.model import pair_number

INPUT = """
units lj
dimension 2
atom_style {style}
atom_modify map array
box tilt large
read_data data.txt
{pairs}
compute virial all pressure NULL virial
thermo_style custom step pe c_virial[1] c_virial[2] c_virial[4]
thermo_modify norm no
dump forces all custom 1 forces.txt id fx fy
dump_modify forces sort id format float %.17g
run 0
print "$(pe:%.17g) $(c_virial[1]:%.17g) $(c_virial[2]:%.17g) $(c_virial[4]:%.17g)" file sums.txt
"""
LABELS = "ABC"


@pytest.fixture(scope="module")
def frame():
    """103 particles, some 0.7 apart."""
    return disordered_frame(seed=3, length_x=9.4, length_y=9.1, tilt=4.5)


def compute(run, folder, frame, types, pairs):
    """Energy, forces (N, 2) and virial (xx, yy, xy) of a frame in LAMMPS; types count from 1."""
    box, sized = frame.box, frame.sizes is not None
    rows = zip(types, frame.positions, [1.0] * len(frame) if frame.sizes is None else frame.sizes, strict=True)
    # Of spheres the diameter and the density follow.
    atoms = [
        f"{number} {kind} {f'{size:.17g} 1 ' if sized else ''}{x:.17g} {y:.17g} 0"
        for number, (kind, (x, y), size) in enumerate(rows, start=1)
    ]
    kinds = max(types)
    header = (
        f"two-dimensional mixture\n\n{len(frame)} atoms\n{kinds} atom types\n0 {box.length_x:.17g} xlo xhi\n"
        f"0 {box.length_y:.17g} ylo yhi\n-0.5 0.5 zlo zhi\n{box.tilt:.17g} 0 0 xy xz yz\n"
    )
    masses = [] if sized else ["Masses\n", *(f"{kind} 1" for kind in range(1, kinds + 1)), ""]
    (folder / "data.txt").write_text("\n".join([header, *masses, "Atoms\n", *atoms, ""]))
    (folder / "in.txt").write_text(INPUT.format(style="sphere" if sized else "atomic", pairs="\n".join(pairs)))
    result = run("-in", "in.txt", "-log", "none", folder=folder)
    assert result.returncode == 0, result.stdout
    numbers, *forces = np.loadtxt(folder / "forces.txt", skiprows=9).T
    assert np.array_equal(numbers, np.arange(1, len(frame) + 1))
    energy, *pressure = np.loadtxt(folder / "sums.txt")
    return energy, np.transpose(forces), np.array(pressure) * box.area


def assert_same(got, expected, tolerance=1e-12):
    """Equal but for the error of a spline, or rounding: coordinates of up to 20 at 1e-16, times stiffnesses."""
    energy, forces, virial = got
    scale = max(1.0, np.abs(forces).max())
    assert energy == pytest.approx(expected[0], rel=tolerance, abs=tolerance * scale)
    np.testing.assert_allclose(forces, expected[1], rtol=0, atol=tolerance * scale)
    np.testing.assert_allclose(virial[[0, 1, 0], [0, 1, 1]], expected[2], rtol=tolerance, atol=20 * tolerance * scale)


# The pair style, and a line of coefficients, of ε, σ and the cutoff of a pair; what softspots calls it.
STYLES = {
    "lj/cut": (
        "lj/cut 2.5",
        lambda e, s, c: f"{e:.17g} {s:.17g} {c:.17g}",
        lambda e, s, c: ss.LennardJones(epsilon=e, sigma=s, cutoff=c, smoothing="none"),
    ),
    "lj/cut, shifted": (
        "lj/cut 2.5\npair_modify shift yes",
        lambda e, s, c: f"{e:.17g} {s:.17g} {c:.17g}",
        lambda e, s, c: ss.LennardJones(epsilon=e, sigma=s, cutoff=c, smoothing="shifted"),
    ),
    "lj/smooth": (
        "lj/smooth 2.0 2.5\npair_modify shift yes",
        lambda e, s, c: f"{e:.17g} {s:.17g} {0.8 * c:.17g} {c:.17g}",
        lambda e, s, c: ss.LennardJones(epsilon=e, sigma=s, cutoff=c, smoothing="switch"),
    ),
    "mie/cut": (
        "mie/cut 2.5",
        lambda e, s, c: f"{e:.17g} {s:.17g} 14 8 {c:.17g}",
        lambda e, s, c: ss.Mie(epsilon=e, sigma=s, n=14, m=8, cutoff=c, smoothing="none"),
    ),
    "power 10": (
        "lepton 2.5",
        lambda e, s, c: power_expression(ss.InversePower(epsilon=e, sigma=s, n=10, cutoff=c)),
        lambda e, s, c: ss.InversePower(epsilon=e, sigma=s, n=10, cutoff=c),
    ),
    "power 12": (
        "lepton 2.5",
        lambda e, s, c: power_expression(ss.InversePower(epsilon=e, sigma=s, n=12, cutoff=c)),
        lambda e, s, c: ss.InversePower(epsilon=e, sigma=s, n=12, cutoff=c),
    ),
    "harmonic/cut": (
        "harmonic/cut",
        lambda e, s, c: f"{e / (2 * (1.2 * s) ** 2):.17g} {1.2 * s:.17g}",
        lambda e, s, c: ss.Harmonic(epsilon=e, sigma=1.2 * s),
    ),
    "hertzian": (
        "lepton 2.5",
        lambda e, s, c: f'"{e / 2.5:.17g}*(1 - r/{1.2 * s:.17g})^2.5" {1.2 * s:.17g}',
        lambda e, s, c: ss.Hertzian(epsilon=e, sigma=1.2 * s),
    ),
    "morse": (
        "morse 2.5",
        lambda e, s, c: f"{e:.17g} 5 {s:.17g} {c:.17g}",
        lambda e, s, c: ss.Morse(epsilon=e, r0=s, alpha=5.0, cutoff=c, smoothing="none"),
    ),
    "yukawa": (
        "yukawa 2.0 2.5",
        lambda e, s, c: f"{10 * e:.17g} {c:.17g}",
        lambda e, s, c: ss.Yukawa(epsilon=10 * e / s, sigma=s, kappa=2.0, cutoff=c, smoothing="none"),
    ),
}


def power_expression(potential):
    """An inverse power with the constants that take it to zero, as an expression, which LAMMPS derives itself."""
    k0, _, k2, _, k4 = potential.added
    scale = potential.epsilon * potential.sigma**potential.n
    return f'"{scale:.17g}*r^(-{potential.n}) + {k0:.17g} + {k2:.17g}*r^2 + {k4:.17g}*r^4" {potential.cutoff:.17g}'


@pytest.mark.filterwarnings("ignore:Mixture. ")
@pytest.mark.parametrize(
    "style, species, one_cutoff",
    [("lj/cut", 2, True), ("lj/smooth", 2, True), *((style, species, False) for style in STYLES for species in (2, 3))],
)
def test_mixtures_are_those_of_lammps(style, species, one_cutoff, frame, lammps, tmp_path):
    name, line, make = STYLES[style]
    random = np.random.default_rng(8)
    count = species * (species + 1) // 2
    numbers = np.column_stack((random.uniform(0.5, 1.5, count), random.uniform(0.8, 1.0, count)))
    pairs = [(first, second) for first in range(species) for second in range(first, species)]
    own = {}
    for pair in pairs:
        epsilon, sigma = numbers[pair_number(*pair, species)]
        own[pair] = epsilon, sigma, 2.5 * (1.0 if one_cutoff else sigma)
    mixture = ss.Mixture({tuple(LABELS[k] for k in pair): make(*values) for pair, values in own.items()})
    kinds = random.integers(0, species, len(frame))
    lines = [f"pair_coeff {i + 1} {j + 1} {line(*values)}" for (i, j), values in own.items()]
    expected = compute(lammps, tmp_path, frame, kinds + 1, [f"pair_style {name}", *lines])
    own_frame = replace(frame, species=np.array(list(LABELS))[kinds])
    tolerance = mixture.form.error if isinstance(mixture.form, ss.model.SplineForm) else 0.0
    assert_same(ss.energy_forces(own_frame, mixture), expected, 1e-12 + tolerance)


@pytest.mark.parametrize("non_additivity", [0.0, 0.2])
@pytest.mark.parametrize("kind", ["power", "harmonic"])
def test_sizes_are_those_of_lammps(kind, non_additivity, frame, lammps, tmp_path):
    frame = replace(frame, sizes=np.random.default_rng(9).uniform(0.6, 1.4, len(frame)))
    potential = ss.InversePower(n=12, cutoff=1.25) if kind == "power" else ss.Harmonic()
    mixture = ss.Mixture.polydisperse(potential, non_additivity)
    if kind == "power":
        k0, _, k2, _, k4 = potential.added
        law = f"x^(-12) + {k0:.17g} + {k2:.17g}*x^2 + {k4:.17g}*x^4"
    else:
        law = "0.5*(1 - x)^2"
    # Radii are half the sizes.
    expression = (
        f"step({potential.cutoff} - x)*({law}); x = r/s; s = (radi + radj)*(1 - {2 * non_additivity}*abs(radi - radj))"
    )
    lines = ["pair_style lepton/sphere 2.0", f'pair_coeff 1 1 "{expression}"']
    expected = compute(lammps, tmp_path, frame, np.ones(len(frame), dtype=int), lines)
    assert_same(ss.energy_forces(frame, mixture), expected)
