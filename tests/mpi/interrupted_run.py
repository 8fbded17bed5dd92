"""A run that is interrupted on its last rank only: each rank prints how it ends, and at which step."""

import signal
import threading

import numpy as np

import softspots as ss

simulation = ss.Simulation(ss.Model.preset("kob-andersen"), particles=800, temperature=0.4, seed=11, timestep=1e-3)
if simulation.rank == simulation._comm.size - 1:
    threading.Timer(0.5, signal.raise_signal, [signal.SIGINT]).start()
try:
    simulation.run(100_000_000)
except KeyboardInterrupt:
    step = simulation.step
    # All ranks are still together.
    assert np.isfinite(simulation.frame().positions).all()
    simulation.run(5)
    print(f"ended after {step}, went on to {simulation.step}", flush=True)
