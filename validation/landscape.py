"""The energy landscape: ``python -m validation.landscape [PART ...]``.

Recomputes all parts, or those that are named, writes them to ``validation/landscape.json`` and draws
``docs/landscape.png`` and ``.pdf``. Everything takes half an hour of one core.
"""

from __future__ import annotations

from pathlib import Path

from paper.sources import LANDSCAPE

from . import basins, handover, minima, predictions, solvers
from .landscape_figure import draw
from .parts import recompute

DATA = Path(__file__).with_suffix(".json")
# Each part: its module and the arguments of the module's `measure` and `work`.
PARTS = {
    "quench": (minima, {}),
    "handover": (handover, {}),
    "basins": (basins, {}),
    "modes, N = 10,000": (solvers, {"particles": 10_000, "frames": 1}),
    "modes, N = 2,500": (solvers, {"particles": 2_500, "frames": 4}),
    "soft spots": (predictions, {}),
}

if __name__ == "__main__":
    recompute("landscape", "The energy landscape: quenches, minima and modes.", PARTS, DATA, draw, LANDSCAPE)
