"""The physics of the dynamics: ``python -m validation.dynamics [PART ...]``.

Recomputes all parts, or those that are named, writes them to ``validation/dynamics.json`` and draws
``docs/dynamics.png`` and ``.pdf``. Everything takes an hour of one core, and LAMMPS for the parts that compare.
"""

from __future__ import annotations

from pathlib import Path

from paper.sources import DYNAMICS

from . import conservation, ensemble, flow, liquid, single_frame, sllod, startup, startup_in_space
from .dynamics_figure import draw
from .parts import recompute

DATA = Path(__file__).with_suffix(".json")
LIQUID = {"temperature": 1.0, "strain_rate": 0.0, "strain": 0.0, "seeds": list(range(51, 59))}
SHEARED = {"temperature": 0.1, "strain_rate": 1e-3, "strain": 0.2, "seeds": list(range(51, 59))}
FAST = {"strain_rate": 1e-3, "strain": 1.0, "seeds": [1, 2, 3, 4]}
# Each part: its module and the arguments of the module's `measure` and `work`.
PARTS = {
    "start-up, 1e-3": (startup, FAST | {"cooling_time": 1000.0}),
    "start-up, 1e-3, quickly cooled": (startup, FAST | {"cooling_time": 10.0}),
    "start-up, 1e-3, cooled as by default": (startup, FAST | {"cooling_time": 100.0}),
    "start-up, 1e-4": (startup, {"strain_rate": 1e-4, "strain": 0.4, "cooling_time": 1000.0, "seeds": [1]}),
    "start-up, 1e-5": (startup, {"strain_rate": 1e-5, "strain": 0.4, "cooling_time": 1000.0, "seeds": [1]}),
    "ensemble, liquid, 1 thermostat": (ensemble, LIQUID | {"chain": 1}),
    "ensemble, liquid, 3 thermostats": (ensemble, LIQUID | {"chain": 3}),
    "ensemble, sheared, 1 thermostat": (ensemble, SHEARED | {"chain": 1}),
    "ensemble, sheared, 3 thermostats": (ensemble, SHEARED | {"chain": 3}),
    "single frame": (single_frame, {}),
    "liquid, T = 1": (liquid, {"temperature": 1.0, "steps": 25_000, "preset": "kob-andersen"}),
    "liquid, T = 0.6": (liquid, {"temperature": 0.6, "steps": 100_000, "preset": "kob-andersen"}),
    "liquid in space, T = 1": (liquid, {"temperature": 1.0, "steps": 6_000, "preset": "kob-andersen-3d"}),
    "liquid in space, T = 0.6": (liquid, {"temperature": 0.6, "steps": 16_000, "preset": "kob-andersen-3d"}),
    "flow": (flow, {}),
    "two ways to shear": (sllod, {}),
    "start-up in space": (startup_in_space, {}),
    "conservation": (conservation, {}),
}

if __name__ == "__main__":
    recompute("dynamics", "The physics of the dynamics.", PARTS, DATA, draw, DYNAMICS)
