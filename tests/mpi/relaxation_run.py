"""Positions for F_s alone of a small condition over a strain of 0.02: relaxation_run.py FOLDER."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent.parent))

from paper import conditions, relaxation  # noqa: E402
from softspots.dynamics.parallel import Serial, launched, world  # noqa: E402

SMALL = conditions.Condition(
    "small_fast",
    {"particles": 300, "strain_rate": 1e-2, "temperature": 0.4}
    | {"liquid_time": 0.5, "cooling_time": 0.5, "steady_state_strain": 0.005},
    frames=1,
    purpose="a test",
)
conditions.RAW, relaxation.STRAIN, relaxation.STARTS = Path(sys.argv[1]), 0.02, 2
relaxation.record(SMALL, world() if launched() else Serial())
