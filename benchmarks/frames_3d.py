"""One frame in space, ours and the peers', and Hessians in both dimensions: ``python -m benchmarks.frames_3d TASK``.

TASK is a JSON object: the name of a function here as ``task``, and its arguments; the result is printed as JSON. Every
task has a process and a core to itself.
"""

import os
import resource
from time import perf_counter

import numpy as np

import softspots as ss
from softspots.commands.memory import keep_memory
from softspots.dynamics.parallel import Serial
from softspots.landscape.forces import minimize

from .frames import MODES, eigsh_modes
from .measure import answer
from .mixtures import MIXTURES
from .starts import load, save_frame

# Of boxes that hold a plane, beyond the reach of its images.
DEPTH = 10.0
# Of Lennard-Jones spheres that matscipy has too, and of its soft spheres of many sizes.
PAIRS = {(1, 1): (1.0, 1.0), (1, 2): (1.5, 0.8), (2, 2): (0.5, 0.88)}
POWER = {"cutoff": 1.4, "non_additivity": 0.1, "smallest": 0.8, "largest": 1.4}
# Of each Hessian the best of these runs, so often.
RUNS, REPETITIONS = 3, 3


def quench(start, mixture, output, core):
    """Seconds of the second quench, when the system has handed out the memory; the minimum is written."""
    os.sched_setaffinity(0, [core])
    keep_memory()
    frame, model = load(start)[0], MIXTURES[mixture]()
    ss.inherent_structure(frame, model)
    begin = perf_counter()
    minimum = ss.inherent_structure(frame, model)
    seconds = perf_counter() - begin
    save_frame(output, minimum.frame)
    return {
        "seconds": seconds,
        "particles": len(frame),
        "evaluations": minimum.evaluations,
        "factorizations": minimum.factorizations,
        "max_force": minimum.max_force,
        "certified": minimum.certified,
    }


def downhill(start, mixture, output, max_force, core):
    """Write where L-BFGS ends, without a certificate."""
    os.sched_setaffinity(0, [core])
    frame, model = load(start)[0], MIXTURES[mixture]()
    frame, evaluations = minimize(frame, model, "lbfgs", max_force, 200_000)
    save_frame(output, frame)
    return {"evaluations": evaluations}


def modes(minimum, mixture, core):
    """Seconds and peak memory, in bytes, of the lowest modes of a minimum, with its Hessian."""
    os.sched_setaffinity(0, [core])
    keep_memory()
    frame, model = load(minimum)[0], MIXTURES[mixture]()
    begin = perf_counter()
    found = ss.lowest_modes(ss.hessian(frame, model), MODES, dimension=3)
    return {
        "seconds": perf_counter() - begin,
        "memory": 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,
        "method": found.method,
        "reason": found.reason,
        "residual": float(found.residuals.max()),
    }


def scipy_modes(minimum, mixture, core):
    """`eigsh` with a CHOLMOD factor; three modes more than ours, the translations."""
    os.sched_setaffinity(0, [core])
    return eigsh_modes(ss.hessian(load(minimum)[0], MIXTURES[mixture]()), MODES + 3, cholmod=True)


def hessians(case, particles, core):
    """Seconds of ours and of matscipy's, the best of some runs in turns, and how they differ."""
    os.sched_setaffinity(0, [core])
    frame, mixture, calculator = _same(case, particles)
    atoms = _atoms(frame, mixture)
    # A calculator of ASE's remembers its atoms.
    atoms.calc = calculator
    inside = (3 * np.arange(particles)[:, None] + np.arange(frame.dimension)).reshape(-1)
    ours, theirs = [], []
    for _ in range(REPETITIONS):
        mine, seconds = [], []
        for _ in range(RUNS):
            begin = perf_counter()
            matrix = ss.hessian(frame, mixture)
            mine.append(perf_counter() - begin)
            begin = perf_counter()
            other = calculator.get_hessian(atoms, "sparse")
            seconds.append(perf_counter() - begin)
        ours.append(min(mine))
        theirs.append(min(seconds))
    difference = abs(other.tocsr()[inside][:, inside] - matrix).max() / abs(matrix).max()
    return {"ours": ours, "theirs": theirs, "difference": float(difference), "entries": matrix.nnz}


def _same(case, particles):
    """A liquid, its mixture, and the same for matscipy."""
    from matscipy.calculators.pair_potential import LennardJonesQuadratic, PairPotential
    from matscipy.calculators.polydisperse import InversePowerLawPotential, Polydisperse

    dimension, kind = int(case[0]), case.split(", ")[1]
    if kind == "species":
        model = ss.Model.preset("kob-andersen", smoothing="quadratic", cutoff_per_pair=True)
        mixture = ss.Mixture(model.pairs, fractions=model.fractions)
        calculator = PairPotential({key: LennardJonesQuadratic(e, s, 2.5 * s) for key, (e, s) in PAIRS.items()})
    else:
        cutoff, eta, least, most = POWER.values()
        power = ss.InversePower(n=10, cutoff=cutoff)
        mixture = ss.Mixture.polydisperse(power, eta, smallest=least, largest=most)
        calculator = Polydisperse(InversePowerLawPotential(1.0, cutoff, eta, 2, least, most))
    density = 1.2 if kind == "species" else 1.0
    run = ss.Simulation(mixture, particles, 1.0, 0.0, density=density, dimension=dimension, comm=Serial())
    run.run(500)
    return run.frame(), mixture, calculator


def _atoms(frame, mixture):
    import ase

    cell, positions = np.diag([1.0, 1.0, DEPTH]), np.zeros((len(frame), 3))
    cell[: frame.dimension, : frame.dimension] = frame.box.vectors
    positions[:, : frame.dimension] = frame.positions
    atoms = ase.Atoms(1 + mixture.indices(frame), positions, cell=cell, pbc=True)
    if frame.sizes is not None:
        atoms.set_array("size", frame.sizes)
    return atoms


if __name__ == "__main__":
    answer(globals())
