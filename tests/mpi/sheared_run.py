"""Sheared runs through flips of the tilt, one after the other, each of which rank 0 writes.

sheared_run.py FOLDER JOBS; of each job in JSON: the name of its file, the grid of ranks, which has as many numbers as
there are dimensions, particles, steps, density, model, and tilts. Without tilts the start is one at random, with tilts
a crystal in a box that leans so far in units of its side.
"""

import json
import sys
from pathlib import Path

import numpy as np

import softspots as ss


def run(path, grid, particles, steps, density, model, tilts):
    model = ss.Mixture.from_table(model)
    grid = tuple(int(part) for part in grid.split("x"))
    dimension = len(grid)
    # Fast enough for the tilt to flip every 1 / (rate * timestep) = 200 steps.
    options = {"temperature": 0.4, "strain_rate": 1.0, "timestep": 0.005, "seed": 11, "grid": grid}
    if tilts:
        random = np.random.default_rng(11)
        along = round(particles ** (1 / dimension))
        side = along * density ** (-1 / dimension)
        box = ss.Box(lengths=[side] * dimension, tilts=side * np.array(tilts))
        places = np.indices((along,) * dimension).reshape(dimension, -1).T / along
        species = np.repeat(np.arange(len(model.species)), model.counts(len(places)))
        simulation = ss.Simulation.from_frame(
            ss.Frame(places @ box.vectors, random.permutation(species), box), model, **options
        )
    else:
        simulation = ss.Simulation(model, particles=particles, density=density, dimension=dimension, **options)
    simulation.run(steps)
    frame = simulation.frame()
    velocities = simulation.velocities()
    state = list(simulation.thermodynamics().values())
    if simulation.rank == 0:
        np.savez(
            path,
            positions=frame.positions,
            images=frame.images,
            unwrapped=frame.unwrapped,
            velocities=velocities,
            strain=frame.box.strain,
            state=state,
            flips=frame.box.flips,
            rebuilds=simulation.rebuilds,
        )


for name, *job in json.loads(sys.argv[2]):
    run(Path(sys.argv[1]) / name, *job)
