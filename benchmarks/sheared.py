"""Our side of the dynamics, in a process of its own or on several ranks: ``python -m benchmarks.sheared TASK``.

TASK is a JSON object: the name of a function here as ``task``, and its arguments. Rank 0 prints its result as JSON.
"""

import os
from time import perf_counter

from softspots import Simulation
from softspots.dynamics.parallel import Serial, launched_rank, world

from .measure import answer
from .mixtures import MIXTURES
from .starts import load, repeated, save

# That of LAMMPS.
TIMESTEP = 5e-3


def prepare(output, particles, strain_rate, strain, preparation_rate, mixture="kob-andersen", temperature=0.1):
    """Write a start for `run`: a glass sheared by ``strain`` at ``preparation_rate``, at rest if that is zero."""
    model = MIXTURES[mixture]()
    simulation = Simulation(model, particles, temperature, preparation_rate, timestep=TIMESTEP, comm=Serial())
    simulation.prepare(liquid_temperature=1.0, liquid_time=10, cooling_time=20, strain=strain)
    # The rate of the measurement, long enough for the thermostat to settle.
    simulation.strain_rate = strain_rate
    simulation.run(1000)
    save(output, simulation)


def run(
    start,
    steps,
    warm_up,
    strain_rate,
    cores,
    copies=(1, 1),
    side_by_side=False,
    mixture="kob-andersen",
    temperature=0.1,
):
    """Time ``steps`` from a start that `prepare` wrote, repeated ``copies`` times in x and y.

    Each rank has a core. The ranks share one simulation, or each has one of the same size to itself: ``side_by_side``.

    Returns
    -------
    dict
        ``speed`` of all ranks together, in particle-steps/s; ``rebuilds`` in the measured steps; ``memory`` that one
        rank holds, in bytes per particle of its simulation.
    """
    os.sched_setaffinity(0, [cores[launched_rank()]])
    everyone = world()
    comm = Serial() if side_by_side else everyone
    empty = _resident()
    frame, velocities = load(start)
    if tuple(copies) != (1, 1):
        # Velocities are drawn anew, or all copies would stay equal.
        frame, velocities = repeated(frame, copies), None
    simulation = Simulation.from_frame(
        frame, MIXTURES[mixture](), temperature, strain_rate, velocities=velocities, timestep=TIMESTEP, comm=comm
    )
    simulation.run(warm_up)
    rebuilds = simulation.rebuilds
    everyone.barrier()
    begin = perf_counter()
    simulation.run(steps)
    seconds = everyone.allgather(perf_counter() - begin)
    memory = _resident() - empty
    rebuilds = simulation.rebuilds - rebuilds
    particles = len(simulation.frame())
    work = particles * steps
    speed = sum(work / each for each in seconds) if side_by_side else work / max(seconds)
    return {"speed": speed, "rebuilds": rebuilds, "memory": memory / particles}


def _resident():
    """Memory of this process that is resident, in bytes."""
    with open("/proc/self/status") as file:
        return next(1024 * int(line.split()[1]) for line in file if line.startswith("VmRSS"))


if __name__ == "__main__":
    answer(globals())
