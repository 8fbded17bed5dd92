"""
Colours and columns for OVITO and ASE
=====================================

Soft spots, D²_min and modes are numbers for each particle. This page writes them as columns of files that OVITO, VMD
and ASE read, hands them over as objects, and lets OVITO work with them. It needs OVITO and ASE: ``pip install
'softspots-….whl[ovito]' ase``.
"""

# %%
# Something to show
# -----------------
# A small glass in three dimensions, its minimum, modes and soft spots.
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from ovito.io import import_file
from ovito.modifiers import VoronoiAnalysisModifier

import softspots as ss
from softspots.ovito import SoftSpotsModifier

model = ss.Mixture.preset("kob-andersen-3d")
run = ss.Simulation(model, particles=1_500, temperature=0.2, strain_rate=1e-3, seed=4)
run.prepare(liquid_time=10, cooling_time=20, strain=0.02)
frames = [run.frame()]
run.run(400)
frames.append(run.frame())

study = ss.study(frames, model, modes=30, n_modes=30, n_particles=8, progress=False)
found = study[0]
found

# %%
# A file
# ------
# ``ss.write`` chooses the format by the name. Every keyword is a column: one number or a vector for each particle. Of
# soft spots come their numbers, from 1, and 0 for particles on none. The file looks like this:
ss.write("glass.xyz", found.frame, soft_spot=found.spots, d2min=found.d2min, mode=found.modes.vectors[0])
print(*(line[:150] for line in Path("glass.xyz").read_text().splitlines()[:4]), sep="\n")

# %%
# In OVITO open it, add *Color coding* and choose ``d2min``, or *Expression selection* with ``soft_spot > 0``.
#
# A whole study is written in the same way, all frames with all that was found. ``.dump`` and ``.lammpstrj`` are LAMMPS'
# format, ``.gsd`` HOOMD-blue's; ``.gz`` or ``.zst`` behind the name packs text.
ss.write("study.dump.gz", study)
back = ss.read("study.dump.gz")
print(back)
print("same positions to the last digits:", np.allclose(back[0].positions, found.frame.wrapped().positions, atol=1e-12))

# %%
# A mode as a movie
# -----------------
# One period of a vibration, as a file to be played in a loop:
ss.write("mode.xyz", ss.vibration(found.minimum.frame, found.modes.vectors[0], amplitude=0.4))

# %%
# Objects instead of files
# ------------------------
# ASE knows atoms by chemical symbols, so it has to be said what the species stand for there: 0 and 1, as simulations
# number A and B. The columns are arrays.
atoms = ss.to_ase(found.frame, symbols={0: "Ni", 1: "P"}, soft_spot=found.spots, d2min=found.d2min)
print(atoms)
print("mean D²_min by soft spot:")
for number in range(1, 4):
    print(f"  {number}: {atoms.arrays['d2min'][atoms.arrays['soft_spot'] == number].mean():.3f}")

# %%
# OVITO as a library
# ------------------
# ``ss.to_ovito`` makes OVITO's own data, with which everything in its Python module works: modifiers, selections, and
# on a machine with a Vulkan driver pictures (``Viewport.render_image``). Here its Voronoi analysis asks whether soft
# spots have more room than the rest, for the small and for the large particles.
data = ss.to_ovito(found.frame, soft_spot=found.spots, d2min=found.d2min)
data.apply(VoronoiAnalysisModifier())
volume = np.array(data.particles["Atomic Volume"])
soft = np.array(data.particles["soft_spot"]) > 0

figure, panels = plt.subplots(1, 2, figsize=(7, 3), layout="constrained", sharey=True)
for axes, species, name in zip(panels, (0, 1), "AB", strict=True):
    kind = found.frame.species == species
    axes.ecdf(volume[kind & ~soft], color="0.5", label="all others")
    axes.ecdf(volume[kind & soft], color="tab:red", label="on soft spots")
    axes.set(title=f"particles {name}", xlabel=r"volume of the Voronoi cell ($\sigma_{AA}^3$)")
    print(f"{name}: {volume[kind & soft].mean():.3f} on soft spots, {volume[kind & ~soft].mean():.3f} elsewhere")
panels[0].set_ylabel("part of them with a smaller cell")
panels[0].legend()
plt.show()

# %%
# In a pipeline of OVITO
# ----------------------
# The other way round, softspots is a modifier in a pipeline that begins with a file, in scripts and in OVITO Pro. It
# takes each frame to its minimum, finds modes and spots, and colours the particles.
pipeline = import_file("glass.xyz")
pipeline.modifiers.append(SoftSpotsModifier(model="kob-andersen-3d", modes=30, n_particles=8))
data = pipeline.compute(0)
print(data.attributes["SoftSpots.count"], "soft spots")
print("as before:", np.array_equal(data.particles["Soft Spot"], found.spots.labels + 1))
