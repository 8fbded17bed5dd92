r"""
Athermal shear
==============

At zero temperature nothing moves but by the shear. The solid sits in a minimum of its energy, follows it as the box is
deformed, and now and then the minimum is lost: an *event*, in which some particles rearrange. Soft spots come from such
shear (Manning and Liu, `Phys. Rev. Lett. 107, 108302 <https://doi.org/10.1103/PhysRevLett.107.108302>`_). This page
shears a solid, looks at its events, and at the map before the first one.
"""

# %%
# A solid
# -------
# ``prepare`` cools a liquid, as a simulation does, and quenches it to a minimum.
import shlex
import subprocess
import sys

import matplotlib.pyplot as plt
import numpy as np

import softspots as ss
from softspots.io import read_reduced

model = ss.Mixture.preset("kob-andersen")
solid = ss.AthermalShear.prepare(model, particles=1_000, seed=2)
solid

# %%
# Any frame can be the start: ``ss.AthermalShear(frame, model, "xy")``, ``"pure-xy"`` for pure shear, and in three
# dimensions the other planes too.
#
# From minimum to minimum
# -----------------------
# ``strain_path`` says where to go: to 0.06 in steps of 10⁻³. There is a state at each of these strains, with the events
# since the state before. The steps are for the picture only: between two of them the minimum is followed by as many
# steps as it takes, and where it is lost is found to a strain of 10⁻⁶.
states = [solid.current, *solid.run(ss.strain_path([0.06], step=1e-3))]
events = [event for state in states for event in state.events]
print(len(events), "events in", len(states), "states")
for event in events[:5]:
    print(event)

# %%
# Between events stress and energy are smooth; in each they drop. The first drops come long before the yield at a strain
# of several per cent.
strains = np.array([state.strain for state in states])
at = np.array([event.strain for event in events])
lost = np.array([event.stress for event in events])
drops = np.array([event.stress_drop for event in events])
# Each drop is drawn as a straight line down.
order = np.argsort(np.concatenate((strains, at, at)), kind="stable")
path = np.concatenate((strains, at, at))[order]
stress = np.concatenate(([state.stress for state in states], lost, lost - drops))[order]

figure, (top, bottom) = plt.subplots(2, 1, sharex=True, figsize=(6, 4.5), layout="constrained", height_ratios=(3, 2))
top.plot(path, stress, linewidth=1)
top.plot(at, lost, "o", color="tab:red", markersize=3, label="events")
top.legend()
top.set_ylabel(r"stress ($\epsilon_{AA}/\sigma_{AA}^2$)")
bottom.semilogy(at, [event.energy_drop for event in events], "o", color="tab:red", markersize=3)
bottom.set(xlabel=r"strain $\gamma$", ylabel=r"drop of $E$ ($\epsilon_{AA}$)")
figure.align_ylabels()
plt.show()

# %%
# An event
# --------
# Of an event there are the minimum that is lost, ``event.lost``, the minima before and after in the same box, and the
# D²_min between these, which says who takes part. The first event is a small one.
first = events[0]
print(f"at a strain of {first.strain:.6f}; {first.participation:.0f} particles take part; core: particle {first.core}")

# %%
# Did the structure know?
# -----------------------
# Go back to the start, where nothing has been sheared yet, and make the map of that minimum. It is made of the 40 most
# localized modes and of the 8 particles that move most in each, fewer than by default, as the system is small.
start = states[0].frame
study = ss.study([start], model, modes=40, n_modes=40, n_particles=8, lag=0)
spots = study[0].spots
print(spots)
print("the core of the first event", "is" if spots.labels[first.core] >= 0 else "is not", "on a soft spot")

# %%
# The map of the start, coloured by what each particle does in the first event:
figure = plt.figure(figsize=(7, 4.7), layout="constrained")
title = rf"map at $\gamma=0$, event at $\gamma={first.strain:.4f}$"
ss.draw_map(start, first.d2min, spots.labels, model=model, title=title, axes=figure.add_subplot())
plt.show()

# %%
# How the softest mode announces the event
# ----------------------------------------
# As an event comes near, the minimum and a saddle meet and vanish. The lowest eigenvalue of the Hessian goes to zero
# there as the square root of the strain that is left, so that its square falls on a straight line. For that the same
# solid is sheared once more, with states close to the first event.
again = ss.AthermalShear(start, model)
left = np.array([1e-4, 8e-5, 6e-5, 4e-5, 2e-5, 1e-5, 5e-6, 0.0])
lowest = []
for state in again.run(first.last_strain - left):
    modes = ss.lowest_modes(ss.hessian(state.minimum, model), 1, stability=state.minimum.stability)
    lowest.append(modes.eigenvalues[0])

figure, axes = plt.subplots(figsize=(4.5, 3), layout="constrained")
axes.plot(left * 1e6, np.square(lowest), "o-")
axes.set(xlabel=r"strain left, $10^6\,(\gamma_c-\gamma)$", ylabel=r"$\lambda_1^2$ ($\epsilon_{AA}^2/\sigma_{AA}^4$)")
axes.set(xlim=(0, None), ylim=(0, None))
plt.show()

# %%
# Just before an event the softest mode is the event itself, and so a map that is made there is no prediction. How much
# earlier is it known?
#
# Many samples on one command
# ---------------------------
# One event may be luck; a study takes many solids. The command makes them from seeds, shares them between processes
# (``mpirun -n 4 softspots shear …``), keeps checkpoints, and makes maps so much strain before each event as it is asked
# for.


def softspots(command):
    """Run a command as in a terminal, and show what it says."""
    words = [sys.executable, "-m", "softspots", *shlex.split(command)]
    print(subprocess.run(words, check=True, capture_output=True, text=True).stdout)


softspots(
    "shear --particles 400 --samples 5 --strains 0.08 --strain-step 4e-3 --maps-before 0.001,0.004,0.016 "
    "--modes 20 --n-modes 12 --n-particles 8 --output sheared --overwrite --quiet"
)

# %%
# Each sample has a picture of its own, of stress and energy with the events:
picture = plt.imread("sheared/seed1/stress.png")
figure = plt.figure(figsize=(4.2, 4.2 * picture.shape[0] / picture.shape[1]))
figure.add_axes((0, 0, 1, 1), frameon=False, xticks=[], yticks=[]).imshow(picture)
plt.show()

# %%
# ``softspots analyze`` puts the samples together. Its numbers can be read back, with their 68 % intervals:
files = " ".join(f"sheared/seed{seed}/shear.nc" for seed in range(1, 6))
subprocess.run(
    [sys.executable, "-m", "softspots", *shlex.split(f"analyze {files} --output events --overwrite --quiet")],
    check=True,
    capture_output=True,
)
reduced = read_reduced("events/athermal.nc")
print(f"{reduced['density'].value:.2f} of the particles are on soft spots")
cores = reduced["cores_before"]
for before, value, low, high in zip(cores.x, cores.value, cores.low, cores.high, strict=True):
    print(f"{before:5.3f} before: {value:.2f} ({low:.2f} to {high:.2f}) of the cores are")

# %%
# And its figures are drawn. Maps tell where the next event will be well before it comes, and know the less the farther
# they are from it: other events come in between and change the structure. Five small solids have some twenty events;
# the bars say how much that is worth.
picture = plt.imread("events/before.png")
figure = plt.figure(figsize=(7, 7 * picture.shape[0] / picture.shape[1]))
figure.add_axes((0, 0, 1, 1), frameon=False, xticks=[], yticks=[]).imshow(picture)
plt.show()
