"""
A glass in three dimensions
===========================

All of the chain works in three dimensions too. This page makes a small glass of Kob and Andersen's mixture, looks at
its modes and how many particles take part in them, and draws a map: a slice through the glass, and all soft spots seen
from above.
"""

# %%
# The glass
# ---------
# The preset has the 80:20 mixture at its usual density, 1.2. With 2,000 particles the box is some twelve particles
# wide; that is small, but a minute is short.
import matplotlib.pyplot as plt
import numpy as np

import softspots as ss

model = ss.Mixture.preset("kob-andersen-3d")
run = ss.Simulation(model, particles=2_000, temperature=0.2, strain_rate=1e-3, seed=1)
run.prepare(liquid_time=10, cooling_time=40, strain=0.05)
frame = run.frame()
run.run(400)  # 2 τ later
later = run.frame()
frame

# %%
# Its inherent structure and modes
# --------------------------------
# The nearest minimum is certified: the Hessian is positive definite, but for three translations. Its lowest modes are
# the slowest ways in which the glass can vibrate, and the first to give way.
minimum = ss.inherent_structure(frame, model)
modes = ss.lowest_modes(ss.hessian(minimum, model), 120, stability=minimum.stability)
print(minimum)
print(modes)

# %%
# The participation ratio is 1 if all particles move alike and 1/N if one moves alone; in a plane wave it is 2/3 or
# more. Low modes of a glass are a mixture of both: some are waves through the whole box, some are localized, and these
# are where soft spots come from. One that has a participation ratio near 0.05 is marked.
frequencies, ratios = modes.frequencies, modes.participation_ratio
soft = int(np.argmin(np.abs(ratios - 0.05)))

figure, axes = plt.subplots(figsize=(5, 3.2), layout="constrained")
axes.plot(frequencies, ratios, "o", markersize=3)
axes.plot(frequencies[soft], ratios[soft], "o", color="tab:red", label=f"mode {soft + 1}, drawn below")
axes.set(xlabel=r"frequency $\omega$ ($\tau^{-1}$)", ylabel="participation ratio", ylim=(0, None))
axes.legend()
plt.show()
print(f"in mode {soft + 1} some {ratios[soft] * len(frame):.0f} of {len(frame)} particles take part")

# %%
# Here is that mode: the displacement of each particle, in the layer around the particle that moves most. The longest
# arrow is drawn two particles long.
vector = modes.vectors[soft]
lengths = np.linalg.norm(vector, axis=1)
center = int(np.argmax(lengths))
separations = minimum.frame.box.minimum_image(minimum.frame.positions - minimum.frame.positions[center])
# The two axes along which it moves most, and the one across the layer.
one, other, across = np.argsort(-np.abs(vector[center]))
layer = np.abs(separations[:, across]) < 0.8

figure, axes = plt.subplots(figsize=(4.8, 4), layout="constrained")
arrows = axes.quiver(
    *separations[layer][:, [one, other]].T, *(2 * vector[layer][:, [one, other]].T / lengths.max()),
    lengths[layer] / lengths.max(), cmap="viridis_r", angles="xy", scale_units="xy", scale=1, width=0.007,
)  # fmt: skip
figure.colorbar(arrows, label="displacement, over the largest one")
names = [rf"${'xyz'[axis]}$ ($\sigma$)" for axis in (one, other)]
axes.set(xlabel=names[0], ylabel=names[1], aspect="equal")
plt.show()

# %%
# Soft spots
# ----------
# From the 40 most localized modes the 8 particles that move most are taken, and those of them that are neighbours make
# a soft spot. Neighbours are particles whose Voronoi cells share a face.
spots = ss.soft_spots(minimum.frame, modes, n_modes=40, n_particles=8)
print(spots)
print("sizes:", np.sort(spots.sizes)[::-1])

# %%
# And what happens in the next 2 τ:
d2 = ss.d2min(frame, later, cutoff=2.58)  # 2.74 mean distances, the paper's 2.5 σ_AA
print(f"D²_min on soft spots over its mean: {d2[spots.labels >= 0].mean() / d2.mean():.2f}")

# %%
# The map. Left is a slice across z, the plane of the shear, of each particle the disc that the plane cuts; right are
# the particles of all soft spots seen along z, the higher ones the darker. The slice goes through the spot that
# rearranges most; ``slice=5.0`` puts it elsewhere. So that this spot is in one piece, another cell of the periodic
# lattice may be shown than that which begins at zero; the x axis says so.
figure = plt.figure(figsize=(8, 3.5), layout="constrained")
ss.draw_map(frame, d2, spots.labels, model=model, axes=figure.add_subplot())
plt.show()

# %%
# For looking around, ``ss.write("glass.xyz", frame, soft_spot=spots, d2min=d2)`` is a file for OVITO, and ``ss.write(
# "mode.xyz", ss.vibration(minimum.frame, vector))`` the mode as a movie.
#
# How these maps grow
# -------------------
# The same chain on one command, for 4,000 particles:
#
# .. code-block:: console
#
#     $ softspots simulate --model kob-andersen-3d --particles 4000 --temperature 0.2 --strain-rate 1e-3 --frames 20 \
#           --output space
#
# For the lowest modes the package chooses between a factor of the Hessian, which takes memory that grows faster than
# the system, and a filter that needs no factor. ``modes.method`` and ``modes.reason`` say which it was, and why:
print(modes.method, "-", modes.reason)
