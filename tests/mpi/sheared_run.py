"""A sheared run through flips of the tilt, which rank 0 writes.

sheared_run.py OUTPUT GRID PARTICLES STEPS DENSITY MODEL; the grid has as many numbers as there are dimensions, the
model is a table in JSON.
"""

import json
import sys

import numpy as np

import softspots as ss

output, grid, particles, steps = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
density, model = float(sys.argv[5]), sys.argv[6]
grid = tuple(int(part) for part in grid.split("x"))
simulation = ss.Simulation(
    ss.Mixture.from_table(json.loads(model)),
    particles=particles,
    temperature=0.4,
    # Fast enough for the tilt to flip every 1 / (rate * timestep) = 200 steps.
    strain_rate=1.0,
    seed=11,
    density=density,
    dimension=len(grid),
    grid=grid,
)
simulation.run(steps)
frame = simulation.frame()
velocities = simulation.velocities()
state = list(simulation.thermodynamics().values())
if simulation.rank == 0:
    np.savez(
        output,
        positions=frame.positions,
        images=frame.images,
        unwrapped=frame.unwrapped,
        velocities=velocities,
        strain=frame.box.strain,
        state=state,
        flips=frame.box.flips,
        rebuilds=simulation.rebuilds,
    )
