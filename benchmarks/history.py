"""The analysis of many frames, ours, and of a map, ours and the peer's: ``python -m benchmarks.history TASK``.

TASK is as for `benchmarks.frames`.
"""

import os
import resource
from pathlib import Path
from time import perf_counter

import numpy as np

from softspots import Box, Frame, Model, d2min, inherent_structure
from softspots.analysis.reduce import reduce_run
from softspots.commands.chain import kept_particles
from softspots.commands.parameters import Parameters
from softspots.io import ResultsWriter
from softspots.structure.spots import rank_modes, soft_spots_from_ranking

from .measure import answer
from .starts import load

# What moves: vibrations, and steps of those that rearrange, in σ_AA; which particles of a site do, how often, and how
# often a site is replaced by another, per frame. The maps are as large as real ones, and forget in some 50 frames.
VIBRATION, STEP, MOVING, ACTIVE, REPLACED = 0.03, 0.4, 10, 0.1, 0.02
PARTICLES_PER_SITE = 90
TEMPERATURE = 0.1


def analysis(start, folder, frames, core):
    """Seconds for the D²_min, the maps and the statistics of a run of ``frames`` frames, and the most memory held.

    A glass that vibrates and is sheared like an elastic body, but for sites, each with modes of its own, that rearrange
    at random. The time for making it up and for its results file does not count.
    """
    os.sched_setaffinity(0, [core])
    structure = inherent_structure(load(start)[0], Model.preset()).frame
    parameters = Parameters(particles=len(structure), temperature=TEMPERATURE, strain_rate=1e-4, frames=frames)
    path = Path(folder) / "history.nc"
    seconds = {"d2min": 0.0, "maps": 0.0}

    def timed(stage, function, *arguments):
        begin = perf_counter()
        result = function(*arguments)
        seconds[stage] += perf_counter() - begin
        return result

    history = _history(structure, parameters)
    now = next(history)
    sizes = now["mode_particle"].shape
    with ResultsWriter(path, structure, *sizes, parameters.as_dict(), {"seed": 1}) as writer:
        for index, then in enumerate(history):
            ranking = now["participation_ratio"], now["mode_particle"]
            spots = timed("maps", soft_spots_from_ranking, now["structure"], *ranking, parameters.n_modes)
            writer.write_frame(
                index,
                {
                    "time": parameters.frame_interval * index,
                    "strain": now["frame"].box.strain,
                    "tilt": now["frame"].box.tilt,
                    "position": now["frame"].positions,
                    "image": now["frame"].images,
                    "inherent_position": now["structure"].positions.astype(np.float32),
                    "inherent_certified": np.int8(1),
                    "eigenvalue": np.linspace(1, 2, sizes[0]),
                    "participation_ratio": now["participation_ratio"],
                    "mode_particle": now["mode_particle"],
                    "soft_spot": spots.labels,
                    "d2min": timed("d2min", d2min, now["frame"], then["frame"]),
                },
            )
            now = then
    seconds["statistics"] = 0.0
    reduced = timed("statistics", reduce_run, path)
    path.unlink()
    return {
        "seconds": seconds,
        "missing": reduced.missing,
        "density": float(reduced.measured["density"].value),
        "memory": 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,
    }


def _history(structure, parameters):
    """A frame more than asked for, each with its inherent structure and ranking."""
    random = np.random.default_rng(1)
    box, count, kept = structure.box, len(structure), kept_particles(parameters)
    moved = structure.positions.copy()

    def site():
        separations = box.minimum_image(structure.positions - structure.positions[random.integers(count)])
        # The most active at the centre.
        return np.argsort((separations**2).sum(axis=1))[:kept]

    sites = np.array([site() for _ in range(max(1, count // PARTICLES_PER_SITE))])
    owner = random.integers(len(sites), size=parameters.modes)
    participation_ratio = random.random(parameters.modes)
    for index in range(parameters.frames + 1):
        strain = parameters.strain_rate * parameters.frame_interval * index
        yield {
            "frame": _sheared(Frame(moved + random.normal(0, VIBRATION, moved.shape), structure.species, box), strain),
            "structure": _sheared(structure, strain),
            "participation_ratio": participation_ratio,
            "mode_particle": sites[owner],
        }
        moving = sites[random.random(len(sites)) < ACTIVE, :MOVING].ravel()
        moved[moving] += random.normal(0, STEP, (len(moving), 2))
        for replaced in np.flatnonzero(random.random(len(sites)) < REPLACED):
            sites[replaced] = site()


def _sheared(frame, strain):
    """The frame after an affine shear, in a box that has been flipped as needed."""
    before = frame.box
    box = Box.sheared(before.length_x, before.length_y, before.strain + strain)
    x, y = frame.positions.T
    positions, images = box.wrap(np.column_stack((x + strain * y, y)))
    return Frame(positions, frame.species, box, images=images)


def freud_map(start, core):
    """Soft spots by freud's `Voronoi` and `Cluster`, and by us: the best of some runs, and if they are the same."""
    os.sched_setaffinity(0, [core])
    import freud

    freud.parallel.set_num_threads(1)
    frame = inherent_structure(load(start)[0], Model.preset()).frame
    parameters = Parameters(particles=len(frame))
    first = next(_history(frame, parameters))
    ranking = first["participation_ratio"], first["mode_particle"]
    on_map = np.zeros(len(frame), dtype=bool)
    on_map[ranking[1][rank_modes(ranking[0])[: parameters.n_modes], : parameters.n_particles]] = True
    box = freud.box.Box(frame.box.length_x, frame.box.length_y, xy=frame.box.tilt / frame.box.length_y, is2D=True)
    points = box.wrap(np.column_stack((frame.positions, np.zeros(len(frame)))))

    def theirs():
        neighbors = freud.locality.Voronoi().compute((box, points)).nlist
        neighbors.filter(on_map[neighbors.query_point_indices] & on_map[neighbors.point_indices])
        return freud.cluster.Cluster().compute((box, points), neighbors=neighbors).cluster_idx

    def ours():
        return soft_spots_from_ranking(frame, *ranking, parameters.n_modes).labels

    (their_seconds, clusters), (our_seconds, labels) = (_best(function) for function in (theirs, ours))
    # Theirs are all clusters, also of a particle or two, and those off the map.
    clusters = np.where(on_map & (np.bincount(clusters)[clusters] >= parameters.min_particles), clusters, -1)
    pairs = len(np.unique(np.column_stack((clusters, labels)), axis=0))
    same = pairs == len(np.unique(clusters)) == len(np.unique(labels))
    return {"seconds": their_seconds, "ours": our_seconds, "spots": int(labels.max() + 1), "same": same}


def _best(function):
    """Seconds of the fastest of some runs, and the result."""
    seconds = []
    for _ in range(10):
        begin = perf_counter()
        result = function()
        seconds.append(perf_counter() - begin)
    return min(seconds), result


if __name__ == "__main__":
    answer(globals())
