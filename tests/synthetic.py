"""A made-up glass: soft spots that live, rearrange and die by known laws, particles that diffuse; its results files."""

import numpy as np

from softspots.frame import Box, Frame
from softspots.io import ResultsWriter, read_trajectory

# Groups of neighbours on a square lattice; at each time a quarter of the groups are soft spots.
SIDE, GROUP = 20, 4
PARTICLES = SIDE**2
GROUPS = PARTICLES // GROUP
SPOTS = GROUPS // 4
DEATH, REARRANGES = 0.1, 0.3  # per interval
INTERVAL = 2.5  # not the default, so that a forgotten unit shows
STEP = 0.04  # of the diffusion along y, in one interval
MODES, TOP = 12, 8
# Of all frames alike; most are close together, which makes a boson peak.
FREQUENCIES = np.concatenate(([1.0], np.linspace(6.5, 7.5, MODES - 2), [12.0]))
STRAIN_RATE = 1e-3
# Of the long series that tests share (`long_results`).
FRAMES, FAULTY = 160, (40, 41, 90)


def configuration(temperature, strain_rate, seed):
    return {
        "model": "kob-andersen",
        "particles": PARTICLES,
        "temperature": temperature,
        "strain_rate": strain_rate,
        "rearrangement_threshold": 15.0,
        "frame_interval": INTERVAL,
        "n_modes": 8,
        "n_particles": 4,
        "min_particles": 4,
        "connection": "delaunay",
        "bond_length": 1.5,
        "seed": seed,
        "overwrite": False,
    }


def write_results(path, frames, seed=1, temperature=0.1, strain_rate=STRAIN_RATE, faulty=(), step=STEP, unknown=()):
    """A results file; frames in ``faulty`` have no soft spots, as after a quench that is not certified.

    Of the particles in ``unknown`` D²_min is not known.
    """
    random, shaking = np.random.default_rng(seed), np.random.default_rng((seed, 1))
    y, x = np.divmod(np.arange(PARTICLES), SIDE)
    group = (y // 2) * (SIDE // 2) + x // 2
    lattice = np.column_stack((x, y)) + 0.5 + random.uniform(-0.1, 0.1, (PARTICLES, 2))
    alive = random.permutation(GROUPS) < SPOTS
    heights = lattice[:, 1].copy()
    first = Frame(lattice, np.arange(PARTICLES) % 3 == 0, Box(SIDE, SIDE))
    with ResultsWriter(
        path, first, MODES, TOP, configuration(temperature, strain_rate, seed), {"ranks": 1, "seed": seed}
    ) as writer:
        for index in range(frames):
            strain = strain_rate * INTERVAL * index
            box = Box.sheared(SIDE, SIDE, strain)
            positions, images = box.wrap(np.column_stack((lattice[:, 0], heights)))
            number = np.full(GROUPS, -1)
            number[alive] = np.arange(alive.sum())
            active = alive & (random.random(GROUPS) < REARRANGES)
            d2min = temperature * random.lognormal(0, 0.8, PARTICLES)
            d2min[active[group]] = temperature * random.uniform(16, 100, active.sum() * GROUP)
            # Some rearrange where there is no spot.
            d2min[random.random(PARTICLES) < 0.01] = 20 * temperature
            d2min[list(unknown)] = np.nan
            values = {
                "time": INTERVAL * index,
                "strain": strain,
                "tilt": box.tilt,
                "position": positions,
                "image": images,
                "inherent_position": (
                    lattice + 0.02 * shaking.standard_normal(lattice.shape) * active[group][:, None]
                ).astype(np.float32),
                "inherent_certified": np.int8(index not in faulty),
                "soft_spot": np.full(PARTICLES, -1, dtype=np.int32),
                "d2min": d2min,
            }
            if index not in faulty:
                # Mode m moves the group m of those alive most, then particles at random.
                modes = np.stack([_ranked(random, group, place) for place in np.flatnonzero(alive)[:MODES]])
                values |= {
                    "eigenvalue": FREQUENCIES**2,
                    "participation_ratio": np.linspace(0.01, 0.5, MODES),
                    "mode_particle": modes,
                    "soft_spot": number[group].astype(np.int32),
                }
            writer.write_frame(index, values)
            heights += random.normal(0, step, PARTICLES)
            dying = alive & (random.random(GROUPS) < DEATH)
            born = random.permutation(np.flatnonzero(~alive))[: dying.sum()]
            alive[dying], alive[born] = False, True
    return path


def _ranked(random, group, place):
    own = np.flatnonzero(group == place)
    others = random.permutation(np.flatnonzero(group != place))[: TOP - GROUP]
    return np.concatenate((own, others)).astype(np.int32)


def assert_same_trajectory(path, other):
    """All frames are equal to the bit; the files are not, as each carries the identity of its run."""
    for one, two in zip(read_trajectory(path), read_trajectory(other), strict=True):
        assert (one.time, one.box) == (two.time, two.box)
        for name in ("positions", "images", "species", "sizes"):
            assert np.array_equal(getattr(one, name), getattr(two, name)), name


def dying_maps(random, frames, groups, size, death, birth):
    """Groups of particles that become spots with probability ``birth`` a frame, and die with ``death``."""
    alive = np.empty((frames, groups), dtype=bool)
    alive[0] = random.random(groups) < birth / (birth + death)
    for frame in range(1, frames):
        draw = random.random(groups)
        alive[frame] = np.where(alive[frame - 1], draw >= death, draw < birth)
    numbers = np.where(alive, np.cumsum(alive, axis=1) - 1, -1)
    return np.repeat(numbers, size, axis=1)


def ends(found):
    """A value and the ends of its interval."""
    return found.value, found.low, found.high
