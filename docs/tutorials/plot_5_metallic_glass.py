"""
A metallic glass through ASE
============================

Many glasses have no pair potential: metals, silica, anything with bonds. Their forces come from calculators of `ASE
<https://ase-lib.org>`_, and those take the place of the mixture. This page makes a small glass of copper and zirconium
with an embedded-atom potential, and takes it from atoms to a map. All energies are in eV, all lengths in Å.
"""

# %%
# The calculator
# --------------
# Soft spots need second derivatives, exact ones if possible. The calculators of `matscipy
# <https://libatoms.github.io/matscipy>`_ have them for EAM, Stillinger-Weber, Tersoff and others (``pip install
# matscipy``). For your own glass this is one line, with a table from the `NIST repository
# <https://www.ctcms.nist.gov/potentials>`_, say: ``EAM("CuZr.eam.fs", kind="eam/fs")``.
#
# This page has no table, so it makes the functions itself, from the formulas of Zhou, Johnson and Wadley (`Phys. Rev. B
# 69, 144113 <https://doi.org/10.1103/PhysRevB.69.144113>`_), who give them for sixteen metals with a rule for mixed
# pairs. That rule was not fitted to Cu-Zr. It makes a glass to learn with; for a study take a potential that was.
from dataclasses import replace

import matplotlib.pyplot as plt
import numpy as np
from ase.build import bulk
from matscipy.calculators.eam import EAM
from scipy.interpolate import InterpolatedUnivariateSpline as Spline

import softspots as ss

# r_e, f_e, ρ_e, ρ_s, α, β, A, B, κ, λ; F_n0 to F_n3; F_0 to F_3; η, F_e
PARAMETERS = {
    "Cu": ((2.556162, 1.554485, 21.175871, 21.175395, 8.127620, 4.334731, 0.396620, 0.548085, 0.308782, 0.756515),
           (-2.170269, -0.263788, 1.088878, -0.817603), (-2.19, 0.0, 0.561830, -2.100595), 0.310490, -2.186568),
    "Zr": ((3.199978, 2.230909, 30.879991, 30.879991, 8.559190, 4.564902, 0.424667, 0.640054, 0.5, 1.0),
           (-4.485793, -0.293129, 0.990148, -3.202516), (-4.51, 0.0, 0.928602, -0.981870), 0.597133, -4.509025),
}  # fmt: skip


def decay(r, r_e, height, rate, shift):
    """What densities and pair energies are made of."""
    return height * np.exp(-rate * (r / r_e - 1)) / (1 + (r / r_e - shift) ** 20)


def density(element, r):
    """What an atom adds to the electron density at a distance."""
    r_e, f_e, _, _, _, beta, _, _, _, shift = PARAMETERS[element][0]
    return decay(r, r_e, f_e, beta, shift)


def pair(element, r):
    """The energy of two equal atoms."""
    r_e, _, _, _, alpha, beta, a, b, kappa, shift = PARAMETERS[element][0]
    return decay(r, r_e, a, alpha, kappa) - decay(r, r_e, b, beta, shift)


def mixed_pair(one, other, r):
    """That of two different ones."""
    ratio = density(other, r) / density(one, r)
    return (ratio * pair(one, r) + pair(other, r) / ratio) / 2


def embedding(element, rho):
    """The energy of an atom in an electron density, in three pieces."""
    (_, _, rho_e, rho_s, *_), low, middle, eta, f_e = PARAMETERS[element]
    x = rho / rho_s
    with np.errstate(divide="ignore", invalid="ignore"):
        high = f_e * (1 - eta * np.log(x)) * x**eta
    below = np.polynomial.Polynomial(low)(rho / (0.85 * rho_e) - 1)
    between = np.polynomial.Polynomial(middle)(rho / rho_e - 1)
    return np.select([rho < 0.85 * rho_e, rho < 1.15 * rho_e], [below, between], high)


cutoff = 7.5  # where densities and energies are some 10⁻⁵ of what they are between neighbours
r, rho = np.linspace(0, cutoff, 2000), np.linspace(0, 100, 2000)
energies = pair("Cu", r), mixed_pair("Cu", "Zr", r), pair("Zr", r)
copper, mixed, zirconium = (Spline(r, r * energy) for energy in energies)
calculator = EAM(
    atomic_numbers=np.array([29, 40]),
    F=[Spline(rho, embedding(element, rho)) for element in ("Cu", "Zr")],
    f=[Spline(r, density(element, r)) for element in ("Cu", "Zr")],
    rep=[[copper, mixed], [mixed, zirconium]],
    cutoff=cutoff,
)

# %%
# A check that takes a line: the energies of the crystals. Experiments have 3.5 eV per atom for copper and 6.3 eV for
# zirconium.
for crystal in (bulk("Cu", a=3.615), bulk("Zr", "hcp", a=3.232, c=5.147)):
    crystal.calc = calculator
    print(crystal.get_chemical_formula(), round(crystal.get_potential_energy() / len(crystal), 3), "eV per atom")

# %%
# A glass
# -------
# Any way to a glass will do: molecular dynamics of ASE, a file (``ss.read``), atoms of your own. A melt of embedded
# atoms takes longer than this page has. So a mixture of spheres as large as the atoms, which costs nothing, is cooled
# from a liquid at the density of Cu-Zr, 16.6 Å³ per atom, and the metal relaxes from there.
spheres = ss.Mixture(
    {("Cu", "Cu"): ss.WCA(sigma=2.4), ("Cu", "Zr"): ss.WCA(sigma=2.7), ("Zr", "Zr"): ss.WCA(sigma=3.0)},
    dimension=3,
    density=1 / 16.6,
    fractions=(0.5, 0.5),
    temperatures=(0.2, 2.0),
)
run = ss.Simulation(spheres, particles=250, strain_rate=0.0, seed=1)
run.prepare()
frame = run.frame()
# Simulations number the species of their mixture; a calculator needs chemical symbols.
frame = replace(frame, species=np.where(frame.species == 0, "Cu", "Zr"))

# %%
# A calculator as forces
# ----------------------
# ``ss.ASEForces`` takes the calculator, and from here on all is as with a mixture, only that lengths which would follow
# from a mixture are given. Atoms of ASE, in a periodic cell of any shape, become a frame by ``ss.frame_from_atoms``.
forces = ss.ASEForces(calculator)
minimum = ss.inherent_structure(frame, forces)
print(forces)
print(minimum)

# %%
# The minimum is as certified as one of a mixture: forces below 10⁻¹⁰ eV/Å, and a Hessian that is positive definite but
# for three translations.
modes = ss.lowest_modes(ss.hessian(minimum, forces), 60, stability=minimum.stability)
spots = ss.soft_spots(minimum.frame, modes, n_modes=8, n_particles=6, connection="distance", bond_length=3.6)
print(modes)
print(spots, "of", spots.sizes)

figure, axes = plt.subplots(figsize=(4.5, 3), layout="constrained")
axes.plot(modes.frequencies, modes.participation_ratio, "o", markersize=3)
axes.set(xlabel=r"$\omega$, the root of the eigenvalue (eV$^{1/2}$/Å)", ylabel="participation ratio", ylim=(0, None))
plt.show()

# %%
# A calculator without a Hessian, as most are, does too: ``ss.ASEForces(calculator, reach=…)`` finds it from differences
# of forces, where ``reach`` is how far an atom that moves can change the force on another.
#
# What gives way
# --------------
# Sheared by 6 % at once, and minimised again, the glass has rearranged somewhere. D²_min leaves out what the atoms do
# alike, and so the strain. (``ss.AthermalShear(minimum.frame, forces)`` goes there step by step, and finds each event;
# with this calculator that takes some minutes.)
sheared = ss.Deformation(minimum.frame.box, "xy").carry(minimum.frame, 0.0, 0.06)
after = ss.inherent_structure(sheared, forces)
d2 = ss.d2min(minimum.frame, after.frame, cutoff=5.0)
print(after)
print(f"D²_min on soft spots over its mean: {d2[spots.labels >= 0].mean() / d2.mean():.2f}")

# %%
# The map of the start, before the shear, coloured by what moves then. Left is a slice through the soft spot on which
# most happens, right are the atoms of all soft spots, seen from above.
figure = plt.figure(figsize=(8, 3.7), layout="constrained")
ss.draw_map(minimum.frame, d2, spots.labels, model=forces, axes=figure.add_subplot())
plt.show()

# %%
# Who is soft? The elements that the spots are made of:
for element in ("Cu", "Zr"):
    on_spot = (minimum.frame.species == element) & (spots.labels >= 0)
    print(element, f"{on_spot.sum() / (spots.labels >= 0).sum():.2f} of the atoms on soft spots")

# %%
# Back to ASE with all that was found, each as an array beside the positions:
atoms = ss.to_ase(minimum.frame, soft_spot=spots, participation=modes.participation_fraction)
print(atoms)

# %%
# On the command line the forces are an object of a Python module of yours, ``mine.py`` with a line ``forces =
# ss.ASEForces(…)``:
#
# .. code-block:: console
#
#     $ softspots map CuZr.xyz --hessian-from mine:forces --connection distance --bond-length 3.6
