"""
Your own trajectory
===================

You have a trajectory of a glass, from LAMMPS or another program, and want to see its soft spots. That takes a handful
of lines, or one command. Here both go from a LAMMPS dump to a map, and from there to a first number: how much more the
soft spots rearrange than the rest.
"""

# %%
# A trajectory
# ------------
# This page has to make its file itself. It lets a two-dimensional Lennard-Jones glass flow for a while and writes what
# LAMMPS would: a text dump with types 1 and 2, one frame every 2 τ. With a file of your own, skip this part.
import shlex
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

import softspots as ss
from softspots.io import read_results

model = ss.Mixture.preset("kob-andersen")
run = ss.Simulation(model, particles=2_000, temperature=0.1, strain_rate=1e-3, seed=3)
run.prepare()
made = []
for _ in range(13):
    frame = run.frame()
    made.append(replace(frame, species=frame.species + 1, ids=np.arange(len(frame)) + 1))
    run.run(400)
ss.write("glass.lammpstrj", made)

print(*Path("glass.lammpstrj").read_text().splitlines()[:14], sep="\n")

# %%
# Reading it
# ----------
# ``ss.read`` opens the file and says what it found, and what it took for granted. Frames are read when they are asked
# for, so a file of 10 GB is no problem. What the file cannot tell is asked for, in one line. A dump knows types 1 and
# 2, the model knows species A and B:
try:
    ss.read("glass.lammpstrj")
except ss.InputError as error:
    print(error)

# %%
frames = ss.read("glass.lammpstrj", types={1: "A", 2: "B"})
frames

# %%
frames[0]

# %%
# The study
# ---------
# A study takes each frame through the whole chain: to its inherent structure, the nearest energy minimum, with a
# certificate that it is one; to the lowest vibrational modes of that minimum; to the soft spots, which are clusters of
# the particles that move most in the most localized of these modes; and to D²_min, which says how far each particle
# rearranges until the next frame.
#
# The model says what acts between the particles. It must be the one that the trajectory was made with, down to how it
# is cut off: soft spots are a matter of second derivatives. Here it is the preset that the run above had. A preset has
# parameters (with ``smoothing="none"`` this one is truncated as LAMMPS' ``lj/cut`` is), and any other mixture can be
# put together from pair potentials.
#
# Each map is made of the 60 most localized modes, and of the 10 particles that move most in each. The defaults, 86
# modes here and 20 particles, are in proportion to those of the paper for 10,000 particles; in a box as small as this
# one such spots would run into each other.
study = ss.study(frames, model, modes=60, n_modes=60, n_particles=10, temperature=0.1, strain_rate=1e-3, progress=False)
study

# %%
# Nothing has been computed yet. Asking for a frame does it, and the map is one line away. The colours are D²_min until
# the next frame, in units of the temperature, on a logarithmic scale; particles with a black rim lie on soft spots. The
# inset shows the spot on which most happens.
study[4].plot(temperature=0.1)
plt.show()

# %%
# All that went into it is there: the minimum and its certificate, the modes, the spots.
found = study[4]
print(found.minimum)
print(found.modes)
print(found.spots)
print("particles on each spot:", found.spots.sizes)
print("where the first one is:", found.spots.centers[0])

# %%
# Does it predict?
# ----------------
# A map is made from one frame alone, D²_min is what happens afterwards. If the map knew nothing, soft spots would
# rearrange as everything else does. So take all frames that have a later one, and compare.
maps = study[:-1]
activity = np.concatenate([one.d2min for one in maps])
on_spot = np.concatenate([one.labels for one in maps]) >= 0
rearranging = activity > 15 * 0.1  # the threshold of Schoenholz et al. 2014, 15 T
print(f"particles on soft spots:              {on_spot.mean():.2f}")
print(f"of those that rearrange, so many are: {on_spot[rearranging].mean():.2f}")

bins = np.geomspace(*np.quantile(activity, [0.001, 0.999]), 13)
which = np.digitize(activity, bins)
share = [on_spot[which == k].mean() for k in range(1, len(bins))]
figure, axes = plt.subplots(figsize=(4.5, 3.2), layout="constrained")
axes.semilogx(np.sqrt(bins[:-1] * bins[1:]) / 0.1, share, "o-")
axes.axhline(on_spot.mean(), color="0.5", linestyle="--", label="all particles")
axes.set(xlabel=r"$D^2_{\min}/T$ until the next frame", ylabel="share on soft spots", ylim=(0, 1))
axes.legend(loc="upper left")
plt.show()

# %%
# Keeping it
# ----------
# ``save`` works through all frames and writes what a simulation of ours would leave: ``results.nc``, from which
# ``softspots analyze`` makes tables and figures. ``write`` puts the soft spots and D²_min beside the particles, for
# OVITO and others.
study.save("own.nc")
ss.write("own.xyz", study)
print(read_results("own.nc"))


# %%
# The same on one command
# -----------------------
# In a terminal, all of the above is
#
# .. code-block:: console
#
#     $ softspots map glass.lammpstrj --model kob-andersen --types 1=A 2=B --modes 60 --n-modes 60 --n-particles 10 \
#           --temperature 0.1 --strain-rate 1e-3 --maps 4 --output maps
#     $ softspots analyze maps/results.nc
#
# ``mpirun -n 4 softspots map …`` shares the frames between four processes, ``--resume`` goes on with a run that was
# killed. This page calls it as a process of its own.
def softspots(command):
    """Run a command as in a terminal, and show what it says."""
    words = [sys.executable, "-m", "softspots", *shlex.split(command)]
    print(subprocess.run(words, check=True, capture_output=True, text=True).stdout)


softspots(
    "map glass.lammpstrj --model kob-andersen --types 1=A 2=B --modes 60 --n-modes 60 --n-particles 10 "
    "--temperature 0.1 --strain-rate 1e-3 --maps 4 --output maps --overwrite --quiet"
)

# %%
# Both ways have found the same, to the bit:
one, other = read_results("own.nc"), read_results("maps/results.nc")
for name in ("soft_spot", "d2min"):
    print(name, "is the same" if np.array_equal(one[name], other[name], equal_nan=True) else "differs")
