"""
The paper of 2014 in an hour
============================

Schoenholz, Liu, Riggleman and Rottler (`Phys. Rev. X 4, 031014 <https://doi.org/10.1103/PhysRevX.4.031014>`_) sheared a
glass of 10,000 Lennard-Jones particles and showed that its rearrangements land on soft spots, which are seen in its
structure before anything moves. This page goes their way: first the commands for their system, with what they take,
then each step on a system that is small enough for this page, and at last their figures from data that we have computed
at their size.
"""

# %%
# The commands
# ------------
# The defaults of ``softspots simulate`` are the paper's: the mixture, 10,000 particles, density 1.2, 500 modes of which
# the 430 most localized make the map, 20 particles of each. Four temperatures at the strain rate 10⁻³ are its shortest
# series:
#
# .. code-block:: console
#
#     $ for T in 0.1 0.2 0.3 0.4; do softspots simulate --temperature $T --strain-rate 1e-3 --output T$T; done
#     $ softspots analyze T*/results.nc --output temperatures
#
# A run shows how much time is left. The data of our own study, which are in the repository, say what they took by an
# earlier version. (With 800 frames also the lives of soft spots can be followed; 100 are the default.)
import shlex
import subprocess
import sys
from pathlib import Path

import matplotlib.pyplot as plt

import softspots as ss
from softspots.analysis.series import Series
from softspots.figures.drawing import PANEL_STYLE
from softspots.figures.panels import draw_probability, draw_ratio
from softspots.figures.panels_in_time import draw_correlation
from softspots.io import read_reduced, read_results

data = next(folder / "paper/data" for folder in (Path.cwd(), *Path.cwd().parents) if (folder / "paper/data").is_dir())

rates = ("1e-3", "1e-4", "1e-5")
runs = {(T, rate): read_reduced(data / f"T{T}_rate{rate}.nc") for rate in rates for T in (0.1, 0.2, 0.3, 0.4)}
for (T, rate), one in runs.items():
    told = one.provenance
    print(f"T = {T}, rate {rate}: {told['frames']:4} frames in {told['wall_time_total'] / 60:5.1f} minutes on one core")

# %%
# From a liquid to a glass in steady shear
# ----------------------------------------
# The rest of this page follows small systems through the same steps. The start is a liquid, which is cooled to T = 0.1,
# well below the glass transition at 0.33. Then it is sheared. The stress rises to a level about which it goes up and
# down, as the glass gives way here and there. The paper lets a strain of 0.2 pass (dashed) before it takes data, so
# that what the glass was before does not matter.
model = ss.Mixture.preset("kob-andersen")
glass = ss.Simulation(model, particles=4_000, temperature=0.1, strain_rate=1e-3, seed=1)
glass.prepare(strain=0.0)
strains, stresses = [], []
for _ in range(250):
    glass.run(200)
    frame = glass.frame()
    _, _, virial = ss.energy_forces(frame, model)
    strains.append(frame.box.strain)
    stresses.append(-virial[0, 1] / frame.box.area)

figure, axes = plt.subplots(figsize=(5, 3), layout="constrained")
axes.plot(strains, stresses, linewidth=0.8)
axes.axvline(0.2, color="0.5", linestyle="--")
axes.set(xlabel=r"strain $\gamma$", ylabel=r"shear stress ($\epsilon_{AA}/\sigma_{AA}^2$)")
plt.show()


# %%
# A whole run
# -----------
# ``softspots simulate`` does this preparation by itself, then takes a frame every 2 τ through the chain: inherent
# structure, modes, soft spots, and D²_min over the 2 τ that follow.
def softspots(command):
    """Run a command as in a terminal; what it says."""
    words = [sys.executable, "-m", "softspots", *shlex.split(command)]
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout


def show(name, width):
    """A picture that a command has written."""
    picture = plt.imread(name)
    figure = plt.figure(figsize=(width, width * picture.shape[0] / picture.shape[1]))
    figure.add_axes((0, 0, 1, 1), frameon=False, xticks=[], yticks=[]).imshow(picture)
    plt.show()


print(
    softspots(
        "simulate --particles 2000 --temperature 0.1 --strain-rate 1e-3 --frames 30 --n-modes 60 --n-particles 10 "
        "--output small --overwrite --quiet"
    )
)

# %%
# The table has the main result: the probability P* that a particle which rearranges lies on a soft spot is larger than
# the share ρ_SS of all particles that do. (In a small box the paper's choice of modes and particles, in proportion,
# makes spots that run into each other; hence 60 modes and 10 particles of each.) The map is that of the frame on whose
# soft spots most happens.
show("small/map.png", 7)

# %%
# In Python the run is a sequence of frames, with arrays beside them:
results = read_results("small/results.nc")
print(results)
print(results.frame(-1))
print("soft spots in each frame:", results["soft_spot"].max(axis=1) + 1)

# %%
# The analysis
# ------------
# ``softspots analyze`` measures what the paper does: how P depends on D²_min, which number of modes and particles
# predicts best, correlations in time, lives of single soft spots. What 30 frames of a small system cannot tell is left
# out, with the reason. The summary begins with
summary = softspots("analyze small/results.nc --output analysis --overwrite --quiet")
print(*(line[:107] for line in summary.splitlines()[4:20]), sep="\n")

# %%
# The probability rises with D²_min, to a plateau. The dashed line is ρ_SS, that of a particle about which nothing is
# known.
show("analysis/probability.png", 4)

# %%
# Which maps predict best: the number of modes N_m and the number N_p of particles from each. The circle is what the
# maps were made with. ΔP* is what the rearranging particles gain over ρ_SS, and larger maps can gain more; P*/ρ_SS, the
# ratio, prefers smaller ones.
show("analysis/selection.png", 4)

# %%
# At full size
# ------------
# The same figures from 10,000 particles, drawn from the reduced data in the repository. A file of some 200 kB has all
# curves of a run with their 68 % intervals, and the panels are functions that draw into axes of your own. The runs at
# four temperatures, at a strain rate of 10⁻⁴:
temperatures = Series("temperature", tuple(runs[T, "1e-4"] for T in (0.1, 0.2, 0.3, 0.4)))
with plt.rc_context(PANEL_STYLE):
    figure, (left, right) = plt.subplots(1, 2, figsize=(7, 2.9))
    draw_probability(left, temperatures)
    left.legend()
    draw_ratio(right, list(runs.values()), published=5.2)
    right.legend(loc="lower left", fontsize=7)
    plt.show()

# %%
# Left is the paper's figure 2: the colder the glass, the better its soft spots predict. Right is its figure 4, the
# plateau over ρ_SS, for all temperatures and strain rates. Numbers, with intervals:
for (T, rate), one in runs.items():
    ratio = one["ratio"]
    print(f"T = {T}, rate {rate}: P*/ρ_SS = {ratio.value:.2f} ({ratio.low:.2f} to {ratio.high:.2f})")

# %%
# Soft spots live long. The correlation of the map with itself, C_SS, is lost over hundreds of τ at this strain rate,
# about as the soft spots die (dashed, from the lives of single ones), while a rearrangement takes a few τ. C_SD, right,
# is that of the map with the D²_min of later times.
with plt.rc_context(PANEL_STYLE):
    figure, (left, right) = plt.subplots(1, 2, figsize=(7, 2.9))
    draw_correlation(left, temperatures, "c_ss")
    left.legend()
    draw_correlation(right, temperatures, "c_sd")
    plt.show()

# %%
# The whole study, fifteen runs and all six figures, is in the folder ``paper`` of the repository: ``make paper`` draws
# it from the data in seconds, ``make campaign`` computes them again, in hours.
