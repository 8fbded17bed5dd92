"""A results file of as many particles and frames as one likes, which look like a glass; nothing is simulated."""

import json

import numpy as np
from scipy.spatial import cKDTree

from softspots.frame import Box, Frame
from softspots.io import ResultsWriter
from softspots.io.frames import frame_values
from softspots.model import Mixture

TEMPERATURE, STRAIN_RATE = 0.2, 1e-3


def write_glass(path, side, frames, dimension=2, modes=8, top=20, species=None, drift=0.02, configuration=None):
    """A results file; every fourth particle is smaller, D²_min of the last frame is not known.

    Modes are about places of their own, and particles near the places of the first half of them are soft spots.
    """
    random = np.random.default_rng(3)
    count = side**dimension
    lattice = np.stack(np.meshgrid(*[np.arange(side)] * dimension, indexing="ij"), axis=-1).reshape(count, dimension)
    lattice = lattice + 0.5 + random.uniform(-0.2, 0.2, lattice.shape)
    species = (np.arange(count) % 4 == 0).astype(int) if species is None else np.asarray(species)
    told = {
        "model": "kob-andersen",
        "particles": count,
        "temperature": TEMPERATURE,
        "strain_rate": STRAIN_RATE,
        "rearrangement_threshold": 15.0,
        "frame_interval": 2.5,
        "n_modes": modes // 2,
        "n_particles": top,
        "min_particles": 4,
        "connection": "delaunay",
        "bond_length": 1.5,
        "seed": 1,
    }
    if dimension == 3:
        name = "kob-andersen-3d"
        told |= {"model": name, "mixture": json.dumps(Mixture.preset(name).as_table()), "temperature": 2 * TEMPERATURE}
    told |= configuration or {}
    lengths = (float(side),) * dimension
    first = Frame(lattice, species, Box(lengths=lengths, strain=0.0))
    with ResultsWriter(path, first, modes, top, told, {"seed": 1, "ranks": 1}) as writer:
        for index in range(frames):
            strain = STRAIN_RATE * 2.5 * index
            tilts = ((strain - round(strain)) * side, *[0.0] * (dimension * (dimension - 1) // 2 - 1))
            box = Box(lengths=lengths, tilts=tilts, strain=strain)
            places = lattice + random.normal(0, 0.08, lattice.shape)
            places[:, 0] += strain * places[:, 1]
            positions, images = box.wrap(places)
            frame = Frame(positions, species, box, time=2.5 * index, images=images)
            centers = random.integers(0, side, (modes, dimension)) + 0.5
            # About, as the lattice shears.
            near = cKDTree(lattice % side, boxsize=side).query(centers, top)[1]
            activity = told["temperature"] * random.lognormal(0, 1.2, count)
            labels = np.full(count, -1)
            # Numbers in the order in which they come, none of them hidden by a later one.
            for particles in near[: modes // 2]:
                if (labels[particles[:6]] < 0).all():
                    labels[particles[:6]] = labels.max() + 1
            writer.write_frame(
                index,
                frame_values(frame)
                | {
                    "inherent_certified": np.int8(1),
                    "inherent_position": positions.astype(np.float32),
                    "eigenvalue": np.arange(1.0, modes + 1),
                    "participation_ratio": np.sort(random.uniform(0.005, 0.6, modes)),
                    "mode_particle": near.astype(np.int32),
                    "soft_spot": labels.astype(np.int32),
                    "d2min": activity if index < frames - 1 else np.full(count, np.nan),
                },
            )
            lattice += random.normal(0, drift, lattice.shape)
    return path
