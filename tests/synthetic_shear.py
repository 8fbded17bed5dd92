"""Made-up samples of athermal shear, whose events and maps follow known laws."""

import numpy as np

from softspots.frame import Box, Frame
from softspots.io.shear import write_shear

SIDE, MODES, TOP, SPOT = 10, 12, 8, 20
PARTICLES = SIDE**2
MAP_STRAINS = (0.0, 0.01)
STRESS_DROP, ENERGY_DROP = 0.02, 3.0
# Of the events, and of those maps that know of them, the part that lies on the one soft spot of its map.
FORESEEN = 0.8
THRESHOLD = 1.0
UNMAPPED = "the path begins less than 0.01 before"

CONFIGURATION = {
    "model": "kob-andersen",
    "particles": PARTICLES,
    "temperature": 0.1,
    "rearrangement_threshold": THRESHOLD,
    "n_modes": 8,
    "n_particles": 4,
    "min_particles": 4,
    "connection": "delaunay",
    "bond_length": 1.5,
    "direction": "xy",
    "strains": "0.1",
    "strain_step": 0.01,
}


def write_sample(path, events, seed=1, unmapped=(), run_id=None, offset=0.0, solid="", **changes):
    """A file with so many events; those in ``unmapped`` have no map at the last of the strains before.

    Without a seed the file tells none, and the solid is that of this name. ``offset`` is what the solid of the sample
    adds to each of its stress drops.
    """
    random = np.random.default_rng(seed or list(solid.encode()))
    strain = np.linspace(0, 0.1, 11)
    x, y = np.divmod(np.arange(PARTICLES), SIDE)
    # Soft spots are columns.
    column = x // 2
    lattice = np.column_stack((x, y)) + 0.5 + random.uniform(-0.1, 0.1, (PARTICLES, 2))
    frame = Frame(lattice, np.arange(PARTICLES) % 3 == 0, Box(SIDE, SIDE))
    places = np.sort(random.uniform(0, 0.1, events))
    stress = strain + 0.01 * random.standard_normal(11)
    states = {"strain": strain, "stress": stress, "energy": -100 + strain, "stress_tensor": np.zeros((11, 2, 2))}

    def found():
        for index, place in enumerate(places):
            spots, here = random.permutation(SIDE // 2), random.random() < FORESEEN
            labels = np.array([np.where(column == spots[0], 0, -1), np.where(column == random.integers(5), 0, -1)])
            members = np.flatnonzero(column == spots[0 if here else 1])
            d2min = random.uniform(0.01, 0.1, PARTICLES)
            d2min[random.choice(members, 5, replace=False)] = random.uniform(2, 3, 5)
            eigenvalue = np.sort(random.uniform(0.3, 10, (2, MODES)) ** 2)
            if index in unmapped:
                eigenvalue[1], labels[1] = np.nan, -1
            yield {
                "event_state": int(np.searchsorted(strain, place)),
                "event_strain": place,
                "event_last_strain": place - 1e-6,
                "event_stress": np.interp(place, strain, stress),
                "event_energy": -100 + place,
                "stress_drop": random.exponential(STRESS_DROP) + offset,
                "energy_drop": random.exponential(ENERGY_DROP),
                "core": d2min.argmax(),
                "participation": random.uniform(5, 20),
                "lattice": frame.box.vectors,
                "position": lattice,
                "d2min": d2min,
                "soft_spot": labels,
                "eigenvalue": eigenvalue,
                "participation_ratio": random.uniform(0.1, 0.9, (2, MODES)),
                "mode_particle": np.array([random.permutation(PARTICLES)[:TOP] for _ in range(MODES)]),
            }

    configuration = CONFIGURATION | {"seed": seed, "output": str(path)} | changes
    identity = {"run_id": run_id or (path.name if seed is None else f"{seed:016x}"), "parameters_checksum": "0"}
    faults = {index: {1: UNMAPPED} for index in unmapped}
    write_shear(path, frame, MODES, TOP, MAP_STRAINS, states, found(), faults, configuration, identity)
    return path
