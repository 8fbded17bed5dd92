"""Two pairs of particles that meet where their potential is not known: each rank prints how that ends.

too_close_run.py GRID
"""

import sys

import numpy as np

import softspots as ss

r = np.linspace(0.95, 2.4, 300)
value, slope, _ = ss.LennardJones().terms(r)
model = ss.Mixture({("A", "A"): ss.Tabulated(r, value, -slope, smoothing="even")})
# One pair in the middle, one across the corner of the box.
positions = [[6.0, 7.6], [0.3, 0.2], [6.0, 6.0], [11.5, 11.6]]
velocities = np.array([[0.0, -3.0], [-3.0, -3.0], [0.0, 3.0], [3.0, 3.0]])
simulation = ss.Simulation.from_frame(
    ss.Frame(positions, ["A"] * 4, ss.Box(12.0, 12.5)),
    model,
    temperature=3.0,
    strain_rate=0.0,
    velocities=velocities,
    skin=0.1,
    grid=tuple(map(int, sys.argv[1].split("x"))),
)
try:
    simulation.run(200)
except ss.PhysicsError as error:
    print(f"ended: {error}", flush=True)
