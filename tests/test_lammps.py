"""Energy, forces and stress of mixtures that LAMMPS has too."""

from dataclasses import replace

import numpy as np
import pytest
from reference import disordered_frame

import softspots as ss
from softspots.model import pair_number

INPUT = """
units lj
dimension {dimension}
atom_style {style}
atom_modify map array
box tilt large
read_data data.txt
{pairs}
compute virial all pressure NULL virial
thermo_style custom step pe c_virial[1]
thermo_modify norm no
dump forces all custom 1 forces.txt id {forces}
dump_modify forces sort id format float %.17g
run 0
print "$(pe:%.17g) {sums}" file sums.txt
"""
LABELS = "ABC"


@pytest.fixture(scope="module")
def frame():
    """103 particles, some 0.7 apart."""
    return disordered_frame(seed=3, length_x=9.4, length_y=9.1, tilt=4.5)


# The components of a symmetric matrix that LAMMPS gives, by their numbers there.
COMPONENTS = {2: {1: (0, 0), 2: (1, 1), 4: (0, 1)}}
COMPONENTS[3] = COMPONENTS[2] | {3: (2, 2), 5: (0, 2), 6: (1, 2)}


def compute(run, folder, frame, types, pairs):
    """Energy, forces (N, d) and the components of the virial of a frame in LAMMPS; types count from 1."""
    box, sized, flat = frame.box, frame.sizes is not None, frame.dimension == 2
    # Of spheres the diameter, and a density.
    before = [f"{kind} {size:.17g} 1" for kind, size in zip(types, frame.sizes, strict=True)] if sized else types
    atoms = [
        f"{number} {first} {' '.join(f'{x:.17g}' for x in place)}{' 0' * flat}"
        for number, (first, place) in enumerate(zip(before, frame.positions, strict=True), start=1)
    ]
    kinds = max(types)
    sides = [(0, length) for length in box.lengths] + [(-0.5, 0.5)] * flat
    tilts = [*box.tilts, *[0] * (3 - len(box.tilts))]
    header = [
        f"mixture\n\n{len(frame)} atoms\n{kinds} atom types",
        *(f"{low:.17g} {high:.17g} {axis}lo {axis}hi" for axis, (low, high) in zip("xyz", sides, strict=True)),
        f"{' '.join(f'{tilt:.17g}' for tilt in tilts)} xy xz yz\n",
    ]
    masses = [] if sized else ["Masses\n", *(f"{kind} 1" for kind in range(1, kinds + 1)), ""]
    (folder / "data.txt").write_text("\n".join([*header, *masses, "Atoms\n", *atoms, ""]))
    names = {
        "dimension": frame.dimension,
        "style": "sphere" if sized else "atomic",
        "pairs": "\n".join(pairs),
        "forces": " ".join(f"f{axis}" for axis in "xyz"[: frame.dimension]),
        "sums": " ".join(f"$(c_virial[{number}]:%.17g)" for number in COMPONENTS[frame.dimension]),
    }
    (folder / "in.txt").write_text(INPUT.format(**names))
    result = run("-in", "in.txt", "-log", "none", folder=folder)
    assert result.returncode == 0, result.stdout
    numbers, *forces = np.loadtxt(folder / "forces.txt", skiprows=9).T
    assert np.array_equal(numbers, np.arange(1, len(frame) + 1))
    energy, *pressure = np.loadtxt(folder / "sums.txt")
    return energy, np.transpose(forces), np.array(pressure) * box.volume


def assert_same(got, expected, tolerance=1e-12):
    """Equal but for the error of a spline, or rounding: coordinates of up to 20 at 1e-16, times stiffnesses."""
    energy, forces, virial = got
    scale = max(1.0, np.abs(forces).max())
    assert energy == pytest.approx(expected[0], rel=tolerance, abs=tolerance * scale)
    np.testing.assert_allclose(forces, expected[1], rtol=0, atol=tolerance * scale)
    found = [virial[place] for place in COMPONENTS[len(virial)].values()]
    np.testing.assert_allclose(found, expected[2], rtol=tolerance, atol=20 * tolerance * scale)


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
    "lj/cut, repulsive": (
        "lj/cut 2.5\npair_modify shift yes",
        lambda e, s, c: f"{e:.17g} {s:.17g} {2 ** (1 / 6) * s:.17g}",
        lambda e, s, c: ss.WCA(epsilon=e, sigma=s),
    ),
    "lj/smooth/linear": (
        "lj/smooth/linear 2.5",
        lambda e, s, c: f"{e:.17g} {s:.17g} {c:.17g}",
        lambda e, s, c: ss.LennardJones(epsilon=e, sigma=s, cutoff=c, smoothing="shifted-force"),
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
    "style, species, one_cutoff, dimension",
    [
        *((style, 2, True, 2) for style in ("lj/cut", "lj/smooth", "power 12")),
        *((style, 2, False, 2) for style in ("lj/smooth", "mie/cut", "power 10", "harmonic/cut", "hertzian")),
        *((style, 3, False, 2) for style in STYLES),
        *((style, 2, False, 3) for style in STYLES),
    ],
)
def test_mixtures_are_those_of_lammps(style, species, one_cutoff, dimension, frame, lammps, tmp_path):
    name, line, make = STYLES[style]
    if dimension == 3:
        frame = crystal(3)
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


def crystal(dimension):
    """Particles near a lattice in a tilted box."""
    box = ss.Box(9.4, 9.1, tilt=4.5) if dimension == 2 else ss.Box(lengths=(6.4, 6.7, 6.3), tilts=(2.5, -1.3, 2.1))
    count = 9 if dimension == 2 else 6
    places = np.indices((count,) * dimension).reshape(dimension, -1).T / count
    random = np.random.default_rng(3)
    return ss.Frame(places @ box.vectors + random.uniform(-0.1, 0.1, places.shape), np.zeros(len(places)), box)


@pytest.mark.parametrize("dimension", [2, 3])
def test_tables_are_those_of_lammps(dimension, lammps, tmp_path):
    """One file, which both read: in LAMMPS as a cubic spline in r² through its points."""
    frame, cutoff, count = crystal(dimension), 2.5, 5000
    r = np.sqrt(np.linspace(0.5**2, cutoff**2, count))
    value, slope, _ = ss.Morse(alpha=5.0, cutoff=cutoff).inside(r)
    rows = enumerate(zip(r, value, -slope, strict=True), start=1)
    points = [f"{number} {' '.join(f'{x:.17g}' for x in row)}" for number, row in rows]
    head = f"MORSE\nN {count} RSQ 0.5 {cutoff}\n"
    (tmp_path / "morse.table").write_text("\n".join([head, *points, ""]))
    lines = [f"pair_style table spline {count}", f"pair_coeff 1 1 morse.table MORSE {cutoff}"]
    expected = compute(lammps, tmp_path, frame, np.ones(len(frame), dtype=int), lines)
    mixture = ss.Mixture({(0, 0): ss.Tabulated.from_file(tmp_path / "morse.table")})
    # Theirs is off by the fourth power of its spacing, 1e-3, times derivatives of up to a hundred; ours by 1e-10.
    assert_same(ss.energy_forces(frame, mixture), expected, 1e-9)


def test_kob_andersen_in_three_dimensions_is_that_of_lammps(lammps, tmp_path):
    mixture, frame = ss.Mixture.preset("kob-andersen-3d", smoothing="shifted"), crystal(3)
    kinds = np.random.default_rng(4).integers(0, 2, len(frame))
    lines = ["pair_style lj/cut 2.5", "pair_modify shift yes"]
    for pair, (epsilon, sigma) in {"1 1": (1, 1), "1 2": (1.5, 0.8), "2 2": (0.5, 0.88)}.items():
        lines.append(f"pair_coeff {pair} {epsilon} {sigma} {2.5 * sigma:.17g}")
    expected = compute(lammps, tmp_path, frame, kinds + 1, lines)
    assert_same(ss.energy_forces(replace(frame, species=kinds), mixture), expected)


@pytest.mark.parametrize("dimension", [2, 3])
@pytest.mark.parametrize("non_additivity", [0.0, 0.2])
@pytest.mark.parametrize("kind", ["power", "harmonic"])
def test_sizes_are_those_of_lammps(kind, non_additivity, dimension, lammps, tmp_path):
    frame = crystal(dimension)
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
