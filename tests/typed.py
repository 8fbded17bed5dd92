"""What a type checker makes of scripts of users: checked by `make lint`, never run."""

from collections.abc import Iterator
from typing import assert_type

import numpy as np

import softspots as ss
from softspots import Frame, Mixture
from softspots.chain.stages import Analysis
from softspots.io import Results, read_results

frames = ss.read("glass.lammpstrj", types={1: "A", 2: "B"}, timestep=0.005)
assert_type(frames, ss.Frames)
assert_type(frames[0], Frame)
assert_type(frames[::2], ss.Frames)
model = ss.Mixture.preset("kob-andersen", smoothing="none")
assert_type(model, Mixture)

study = ss.study(frames, model, modes=125)
assert_type(study, ss.Study)
step = study[0]
assert_type(step.d2min, np.ndarray | None)
for one in study:
    assert_type(one, Analysis)

minimum = ss.inherent_structure(frames[0], model)
assert_type(minimum, ss.InherentStructure)
assert_type(minimum.certified, bool)
modes = ss.lowest_modes(ss.hessian(minimum, model), 125, stability=minimum.stability)
assert_type(modes, ss.Modes)
spots = ss.soft_spots(minimum.frame, modes)
assert_type(spots, ss.SoftSpots)
assert_type(ss.d2min(frames[0], frames[1], cutoff=2.5), np.ndarray)

own = ss.Mixture({("A", "A"): ss.InversePower(n=10, cutoff=1.48)}, fractions=[1.0], density=1.0)
assert_type(own.density, float | None)
box = ss.Box(lengths=(12.0, 12.0, 12.0), tilts=(0.3, 0.0, 0.0))
frame = ss.Frame(np.zeros((10, 3)), np.zeros(10, dtype=int), box)
run = ss.Simulation(model, particles=2_500, temperature=0.1, strain_rate=1e-3, seed=1)
assert_type(run.frame(), Frame)
shear = ss.AthermalShear.prepare(model, particles=1_000)
assert_type(shear.run(ss.strain_path([0.05, -0.05], step=1e-3)), Iterator[ss.ShearState])

results = read_results("results.nc")
assert_type(results, Results)
assert_type(results["d2min"], np.ndarray)
assert_type(results.frame(-1), Frame)


class Springs:
    """Forces that are no mixture."""

    def energy_forces(self, frame: Frame) -> tuple[float, np.ndarray, np.ndarray]:
        return 0.0, np.zeros_like(frame.positions), np.zeros((frame.dimension, frame.dimension))

    def hessian(self, frame: Frame) -> np.ndarray:
        return np.eye(frame.positions.size)


ss.inherent_structure(frame, Springs())
