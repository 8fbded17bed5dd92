"""Steps of athermal shear an hour, of 10,000 particles, beside LAMMPS: `python -m benchmarks.athermal_shear`.

Each step strains the box by 1e-4, which leaves most solids of this size elastic, and minimises to forces of 1e-10: ours
certified, LAMMPS' by conjugate gradients, which take less than its FIRE. Both have the same minima, of Lennard-Jones
with force and energy shifted to zero at 2.5. Times are those of the processor, so that other processes count little. On
an Intel core with AVX-512, which was busy, ours took 0.62 s a step and LAMMPS' 6.7 s. Of ours are 0.18 s for the
symbolic analysis, which a pattern with a margin would save, and 0.16 s for the factor.
"""

from __future__ import annotations

import re
import sys
import tempfile
import time
from pathlib import Path

import softspots as ss

from .lammps import PROGRAM
from .measure import run

PARTICLES, STEP, STEPS, MAX_FORCE = 10_000, 1e-4, 3, 1e-10
EPSILON, SIGMA, CUTOFF = (1.0, 1.5, 0.5), (1.0, 0.8, 0.88), 2.5

STRAINED = "change_box all xy delta {shift:.17g} remap units box\nminimize 0.0 {max_force} 100000 1000000\n"
INPUT = """
units lj
dimension 2
atom_style atomic
boundary p p p
box tilt large
read_data data.txt
pair_style lj/smooth/linear {cutoff}
{coefficients}
neighbor 0.3 bin
fix plane all enforce2d
min_style cg
min_modify norm max
thermo 100000
minimize 0.0 {max_force} 100000 1000000
{steps}
"""


def mixture() -> ss.Mixture:
    """What LAMMPS calls lj/smooth/linear."""
    keys = (("A", "A"), ("A", "B"), ("B", "B"))
    pairs = {
        key: ss.LennardJones(epsilon=epsilon, sigma=sigma, cutoff=CUTOFF, smoothing="shifted-force")
        for key, epsilon, sigma in zip(keys, EPSILON, SIGMA, strict=True)
    }
    return ss.Mixture(pairs, fractions=(0.65, 0.35), density=1.2, dimension=2)


def ours(shear: ss.AthermalShear) -> float:
    """Seconds a step."""
    begin = time.process_time()
    for state in shear.run(STEP * number for number in range(1, STEPS + 1)):
        if state.events:
            print(f"an event at {state.events[0].strain:g}: its way downhill counts too")
    return (time.process_time() - begin) / STEPS


def lammps(frame: ss.Frame, folder: Path) -> float:
    """Seconds a step, from the start that ours has."""
    frame = frame.wrapped()
    length_x, length_y = frame.box.lengths
    kinds = [1 + (label == "B" or label == 1) for label in frame.species.tolist()]
    lines = [
        f"glass\n\n{len(frame)} atoms\n2 atom types\n0 {length_x:.17g} xlo xhi\n0 {length_y:.17g} ylo yhi",
        f"-0.5 0.5 zlo zhi\n{frame.box.tilt:.17g} 0 0 xy xz yz\n\nMasses\n\n1 1\n2 1\n\nAtoms\n",
        *(
            f"{n} {kind} {x:.17g} {y:.17g} 0"
            for n, (kind, (x, y)) in enumerate(zip(kinds, frame.positions, strict=True), 1)
        ),
    ]
    (folder / "data.txt").write_text("\n".join(lines) + "\n")
    places = ("1 1", "1 2", "2 2")
    coefficients = "\n".join(f"pair_coeff {k} {e} {s}" for k, e, s in zip(places, EPSILON, SIGMA, strict=True))
    steps = STEPS * STRAINED.format(shift=STEP * length_y, max_force=MAX_FORCE)
    text = INPUT.format(cutoff=CUTOFF, coefficients=coefficients, max_force=MAX_FORCE, steps=steps)
    (folder / "in.txt").write_text(text)
    program = [sys.executable, "-c", PROGRAM.format(cores=[0]), "-in", "in.txt", "-log", "none"]
    output = run(program, cwd=folder)
    if output.count("Stopping criterion = force tolerance") != STEPS + 1:
        raise RuntimeError("LAMMPS did not reach the force that was asked for")
    loops = map(float, re.findall(r"Loop time of (\S+) on", output))
    shares = map(float, re.findall(r"(\S+)% CPU use", output))
    # The first only found the start to be a minimum.
    return sum(seconds * share / 100 for seconds, share in [*zip(loops, shares, strict=True)][1:]) / STEPS


def main() -> None:
    shear = ss.AthermalShear.prepare(
        mixture(), PARTICLES, 3, liquid_time=5.0, cooling_time=20.0, tolerance=STEP, max_force=MAX_FORCE
    )
    with tempfile.TemporaryDirectory() as folder:
        theirs = lammps(shear.current.frame, Path(folder))
    own = ours(shear)
    print(f"softspots {3600 / own:,.0f} steps/h, LAMMPS {3600 / theirs:,.0f} steps/h: {theirs / own:.1f} times")


if __name__ == "__main__":
    main()
