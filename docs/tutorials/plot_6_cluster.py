"""
A cluster job under Slurm
=========================

A run of 10,000 particles takes minutes, a study takes days, and a scheduler gives hours. This page has job scripts for
Slurm, and shows, on a small system, what they rest on: a run can be killed at any moment and goes on to the same bits,
on any number of processes.
"""

# %%
# One run
# -------
# .. code-block:: bash
#
#     #!/bin/bash
#     #SBATCH --job-name=cold --ntasks=16 --time=04:00:00
#     #SBATCH --signal=TERM@300 --requeue --open-mode=append
#     source ~/softspots/bin/activate
#     if [ -e cold/checkpoint ]; then again=--resume; fi
#     srun softspots simulate --temperature 0.1 --strain-rate 1e-5 --frames 800 --output cold --quiet $again
#     status=$?
#     if [ $status = 143 ]; then scontrol requeue "$SLURM_JOB_ID"; fi
#     exit $status
#
# The processes share the dynamics, and take the frames in turn. Five minutes before the end of its time Slurm sends
# SIGTERM to them. The run writes a checkpoint and ends with status 143, upon which the job puts itself back into the
# queue, and goes on with ``--resume``. Beside that there is a checkpoint every ten minutes (``--checkpoint-every``),
# for what comes without a warning. How softspots is built for a cluster, and more about such jobs, is in
# :doc:`/clusters`.
#
# Kill and resume
# ---------------
# Here is such an end. A small run starts, and gets SIGTERM once it has some frames.
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from scipy import stats

from softspots.io import read_checkpoint, read_results

for name in ("killed", "whole", *(f"seed{seed}" for seed in range(1, 5))):
    shutil.rmtree(name, ignore_errors=True)
softspots = [sys.executable, "-m", "softspots"]
simulate = [*softspots, *shlex.split("simulate --particles 500 --strain-rate 1e-3 --frames 12 --quiet")]

job = subprocess.Popen([*simulate, "--output", "killed"], stderr=subprocess.PIPE, text=True)
while job.poll() is None and len(list(Path("killed/checkpoint.frames").glob("*"))) < 3:
    time.sleep(0.02)
job.send_signal(signal.SIGTERM)
print(job.communicate()[1])
print("status", job.returncode)

# %%
# 143 is what a shell reports of a process that SIGTERM has ended. The folder has a checkpoint, the state between two
# frames, and each frame that is done.
print(sorted(os.listdir("killed")))
print("frames done:", read_checkpoint("killed").progress["frames"])

# %%
# Go on, with the same command and ``--resume``, and this time on two processes, if there is an MPI here. What must not
# differ is physics: another temperature, say, is refused.
two = ["mpirun", "-n", "2"] if shutil.which("mpirun") and find_spec("mpi4py") else []
again = [*simulate, "--output", "killed", "--resume"]
# Where a script has used MPI itself, what that put into the environment must not reach another mpirun.
resumed = subprocess.run([*two, *again], check=True, capture_output=True, text=True, env=dict(os.environ))
print(*resumed.stdout.splitlines()[:5], sep="\n")
print("…")

# %%
refused = subprocess.run([*again, "--temperature", "0.2"], capture_output=True, text=True)
print(refused.stderr, "status", refused.returncode)

# %%
# The same run without the kill, on one process, ends with the same bits:
subprocess.run([*simulate, "--output", "whole"], check=True, capture_output=True)
one, other = read_results("killed/results.nc"), read_results("whole/results.nc")
for name in ("position", "d2min", "soft_spot", "inherent_energy"):
    print(f"{name:16}", "same" if np.array_equal(one[name], other[name]) else "differs")

# %%
# Many seeds
# ----------
# Error bars come from many independent glasses, and these are an array of jobs, one process each:
#
# .. code-block:: bash
#
#     #!/bin/bash
#     #SBATCH --array=1-20 --ntasks=1 --time=02:00:00 --signal=TERM@300 --open-mode=append
#     source ~/softspots/bin/activate
#     out=seed$SLURM_ARRAY_TASK_ID
#     if [ -e $out/checkpoint ]; then again=--resume; fi
#     srun softspots simulate --seed $SLURM_ARRAY_TASK_ID --temperature 0.1 --strain-rate 1e-3 --quiet \
#         --output $out $again
#
# That is the more efficient use of cores, too, as long as one run is short enough. Four of them, here one after the
# other:
options = "--particles 500 --strain-rate 1e-3 --frames 20 --n-modes 20 --n-particles 10 --quiet"
for seed in range(1, 5):
    words = [*softspots, *shlex.split(f"simulate {options} --seed {seed} --output seed{seed}")]
    subprocess.run(words, check=True, capture_output=True)

# %%
# Each results file is read on its own, and seeds are independent, so that their scatter is an honest error. One glass
# of 500 particles alone says little:
ratios = []
for seed in range(1, 5):
    results = read_results(f"seed{seed}/results.nc")
    on_spot, rearranging = results["soft_spot"] >= 0, results["d2min"] > 15 * results.configuration["temperature"]
    ratios.append(on_spot[rearranging].mean() / on_spot.mean())
    print(f"seed {seed}: P*/ρ_SS = {ratios[-1]:.2f} from {rearranging.sum()} rearranging particles")

# %%
# Four numbers know their own scatter badly. An interval that allows for it is Student's: where 0.68 of such intervals,
# the level of all intervals of softspots, hold the mean of many seeds, it is 1.2 standard errors to either side; for
# 0.95 it is 3.2, and no longer 2.
mean, error = np.mean(ratios), stats.sem(ratios)
intervals = {level: stats.t.interval(level, len(ratios) - 1, mean, error) for level in (0.68, 0.95)}
for level, (low, high) in intervals.items():
    print(f"mean {mean:.2f}, {level:.0%} interval {low:.2f} to {high:.2f}")

# %%
# As a picture: a point for each seed, and their mean with both intervals, the thick one that of 68 %. That of 95 % is
# as wide as it is because there are four seeds; take ten or more for a number that is to be published.
figure, axes = plt.subplots(figsize=(4.5, 2.8), layout="constrained")
axes.plot(range(1, 5), ratios, "o")
for width, ends in zip((4, 1), intervals.values(), strict=True):
    axes.plot([5, 5], ends, color="C1", linewidth=width)
axes.plot(5, mean, "s", color="C1")
axes.axhline(1, color="0.5", linestyle="--")
axes.set_xticks(range(1, 6), [*"1234", "mean"])
axes.set(xlabel="seed", ylabel=r"$P^*/\rho_\mathrm{SS}$", ylim=(0, None))
plt.show()

# %%
# ``softspots analyze seed*/results.nc`` has all other quantities of the runs beside each other, each with the interval
# that its own frames allow.
#
# Athermal shear has its samples built in: ``srun softspots shear --samples 64 …`` shares seeds between all processes.
# ``softspots map`` shares the frames of a trajectory. Both resume in the same way.
#
# For a whole campaign, of conditions that depend on each other, the study of the paper in the repository
# (``paper/Snakefile``) shows how Snakemake submits and resumes all of it: ``snakemake -s paper/Snakefile --executor
# slurm -j 15``.
