"""One frame after the other, ours and the peers': ``python -m benchmarks.frames TASK``.

TASK is a JSON object: the name of a function here as ``task``, and its arguments; the result is printed as JSON. Every
task has a process and a core to itself, or a core for each rank. Ours keep their memory, as `softspots.simulate` does.
"""

import os
import resource
from pathlib import Path
from time import perf_counter

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import LinearOperator, eigsh

from softspots import (
    Box,
    Cholesky,
    Frame,
    Model,
    Simulation,
    d2min,
    hessian,
    inherent_structure,
    lowest_modes,
    soft_spots,
)
from softspots.commands.memory import keep_memory
from softspots.commands.parameters import Parameters
from softspots.commands.simulate import simulate
from softspots.dynamics.parallel import Serial, launched_rank, world
from softspots.io.results import read_results

from .measure import answer
from .starts import load, repeated, save

MODES = 500
INTERVAL_STEPS = 400
APART = 2_000  # 10 τ, or 1 % strain
# The Hessian's two zero eigenvalues need a shift for the peers' factorisations, relative to its norm.
SHIFT = 1e-8


def thermal(output, particles, copies, temperature, steps, core):
    """Write a glass sheared by 20 % to ``output``, repeated ``copies`` times and left to itself for ``steps``."""
    os.sched_setaffinity(0, [core])
    simulation = Simulation(Model.preset(), particles, temperature=temperature, strain_rate=1e-3, comm=Serial())
    simulation.prepare(liquid_time=10, cooling_time=20, strain=0.2)
    frame = repeated(simulation.frame(), copies)
    start = Simulation.from_frame(frame, Model.preset(), temperature=temperature, strain_rate=1e-3, comm=Serial())
    start.run(steps)
    save(output, start)


def ours(start, temperature, core, structure=None):
    """Seconds of each stage of a frame, what they took, and the most memory held; ``structure`` is written.

    As one frame of many: it is done twice, and the second time counts, when the system has handed out the memory.
    """
    os.sched_setaffinity(0, [core])
    keep_memory()
    frame, velocities = load(start)
    _one_frame(frame, velocities, temperature)
    times, later, quenched, modes = _one_frame(frame, velocities, temperature)
    if structure:
        np.savez(structure, positions=quenched.frame.positions, later=later.positions, strain=later.box.strain)
    return {
        "seconds": times,
        "evaluations": quenched.evaluations,
        "residual": float(modes.residuals.max()),
        "memory": 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,
    }


def _one_frame(frame, velocities, temperature):
    model = Model.preset()
    times = {}

    def timed(stage, function, *arguments):
        begin = perf_counter()
        result = function(*arguments)
        times[stage] = perf_counter() - begin
        return result

    simulation = _sheared(frame, velocities, temperature)
    timed("dynamics", simulation.run, INTERVAL_STEPS)
    later = simulation.frame()
    quenched = timed("quench", lambda: inherent_structure(frame, model))
    count = min(MODES, len(frame))
    modes = timed("modes", lambda: lowest_modes(hessian(quenched, model), count, stability=quenched.stability))
    timed("map", lambda: soft_spots(quenched.frame, modes, n_modes=int(0.86 * count), n_particles=20))
    timed("d2min", d2min, frame, later)
    return times, later, quenched, modes


def _sheared(frame, velocities, temperature):
    return Simulation.from_frame(
        frame, Model.preset(), temperature=temperature, strain_rate=1e-3, velocities=velocities, comm=Serial()
    )


def quenches(start, temperature, core, frames):
    """Mean seconds of quenches, which differ from frame to frame: ``frames`` of them, `APART` steps apart."""
    os.sched_setaffinity(0, [core])
    keep_memory()
    frame, velocities = load(start)
    model = Model.preset()
    simulation = _sheared(frame, velocities, temperature)
    inherent_structure(frame, model)
    seconds, quenched = [], []
    for _ in range(frames):
        simulation.run(APART)
        frame = simulation.frame()
        begin = perf_counter()
        quenched.append(inherent_structure(frame, model))
        seconds.append(perf_counter() - begin)
    return {
        "mean": float(np.mean(seconds)),
        "seconds": seconds,
        "evaluations": [one.evaluations for one in quenched],
        "max_force": max(one.max_force for one in quenched),
        "certified": all(one.certified for one in quenched),
    }


def farmed(output, particles, frames, cores):
    """Frames per second of a run on all ranks, after one frame on each, when the system has handed out the memory."""
    os.sched_setaffinity(0, [cores[launched_rank()]])
    keep_memory()
    comm = world()
    os.makedirs(output, exist_ok=True)
    for count in (comm.size, frames):
        parameters = Parameters(
            particles=particles,
            frames=count,
            strain_rate=1e-3,
            liquid_time=1.0,
            cooling_time=2.0,
            steady_state_strain=0.01,
            output=Path(output),
            quiet=True,
        )
        simulate(parameters, comm)
    attributes = read_results(parameters.output / "results.nc").attributes
    return frames / (attributes["wall_time_total"] - attributes["wall_time_preparation"])


def scipy_modes(start, structure, core, cholmod):
    """`eigsh` as it comes, or with a CHOLMOD factor; two modes more than ours, the translations."""
    os.sched_setaffinity(0, [core])
    frame, _ = load(start)
    with np.load(structure) as file:
        matrix = hessian(Frame(file["positions"], frame.species, frame.box), Model.preset())
    return eigsh_modes(matrix, min(MODES, len(frame)) + 2, cholmod)


def eigsh_modes(matrix, count, cholmod):
    """Seconds and the largest residual of so many modes of a Hessian, translations among them."""
    shift = SHIFT * sparse.linalg.norm(matrix, 1)
    begin = perf_counter()
    operator = None
    if cholmod:
        cholesky = Cholesky()
        cholesky.factorize(matrix, shift)
        operator = LinearOperator(matrix.shape, matvec=cholesky.solve, dtype=float)
    values, vectors = eigsh(matrix, count, sigma=-shift, OPinv=operator)
    seconds = perf_counter() - begin
    return {"seconds": seconds, "residual": float(np.linalg.norm(matrix @ vectors - values * vectors, axis=0).max())}


def ovito_d2min(start, structure, core):
    """OVITO's `AtomicStrainModifier`: the best of some runs, and the largest difference from ours."""
    os.sched_setaffinity(0, [core])
    from ovito.data import DataCollection
    from ovito.modifiers import AtomicStrainModifier
    from ovito.pipeline import Pipeline, StaticSource

    def collection(positions, box):
        data = DataCollection()
        cell = [[box.length_x, box.tilt, 0, 0], [0, box.length_y, 0, 0], [0, 0, 1, 0]]
        data.create_cell(np.array(cell), pbc=(True, True, False)).is2D = True
        particles = data.create_particles(count=len(positions))
        particles.create_property("Position", data=np.column_stack((positions, np.zeros(len(positions)))))
        return data

    frame, _ = load(start)
    with np.load(structure) as file:
        later = Frame(file["later"], frame.species, Box.sheared(frame.box.length_x, frame.box.length_y, file["strain"]))
    positions = frame.box.wrap(frame.positions)[0]
    moved = later.box.wrap(later.positions)[0]
    seconds = []
    for _ in range(10):
        reference = StaticSource(data=collection(positions, frame.box))
        pipeline = Pipeline(source=StaticSource(data=collection(moved, later.box)))
        modifier = AtomicStrainModifier(cutoff=2.5, output_nonaffine_squared_displacements=True)
        modifier.reference = reference
        modifier.minimum_image_convention = True
        pipeline.modifiers.append(modifier)
        begin = perf_counter()
        result = pipeline.compute()
        seconds.append(perf_counter() - begin)
    theirs = np.array(result.particles["Nonaffine Squared Displacement"])
    begin = perf_counter()
    values = d2min(frame, later)
    mine = perf_counter() - begin
    for _ in range(10):
        begin = perf_counter()
        d2min(frame, later)
        mine = min(mine, perf_counter() - begin)
    return {"seconds": min(seconds), "ours": mine, "difference": float(np.median(np.abs(theirs / values - 1)))}


if __name__ == "__main__":
    answer(globals())
