"""The physics of the dynamics: ``python -m validation.dynamics [PART ...]``.

Recomputes all parts, or those that are named, writes them to ``validation/dynamics.json`` and draws
``docs/dynamics.png`` and ``.pdf``. Everything takes an hour of one core, and LAMMPS for the parts that compare.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from time import perf_counter

from benchmarks.measure import machine
from softspots.progress import Progress

from . import conservation, ensemble, flow, liquid, single_frame, startup
from .dynamics_figure import draw

HERE = Path(__file__).parent
DATA = HERE / "dynamics.json"
PICTURE = HERE.parent / "docs" / "dynamics"
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
    "liquid, T = 1": (liquid, {"temperature": 1.0, "steps": 25_000}),
    "liquid, T = 0.6": (liquid, {"temperature": 0.6, "steps": 100_000}),
    "flow": (flow, {}),
    "conservation": (conservation, {}),
}


def _text(parts):
    """JSON with a line for each entry of a part, in the order of `PARTS`."""
    lines = []
    for name in filter(parts.__contains__, PARTS):
        data, provenance = parts[name]["data"], parts[name]["provenance"]
        entries = [f"   {json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}" for key, value in data.items()]
        body = ",\n".join(entries)
        origin = json.dumps(provenance, ensure_ascii=False)
        lines.append(f' {json.dumps(name)}: {{\n  "provenance": {origin},\n  "data": {{\n{body}\n  }}\n }}')
    return "{\n" + ",\n".join(lines) + "\n}\n"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m validation.dynamics", description="The physics of the dynamics.")
    parser.add_argument("part", nargs="*", help=f"default: all of them: {'; '.join(PARTS)}")
    chosen = parser.parse_args().part or list(PARTS)
    if unknown := set(chosen) - set(PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}; there are: {'; '.join(PARTS)}")
    described = machine()
    progress = Progress(sum(module.work(**arguments) for module, arguments in map(PARTS.get, chosen)), 0, True)
    for name in chosen:
        module, arguments = PARTS[name]
        progress.stage(name)
        begin = perf_counter()
        data = module.measure(progress.advance, **arguments)
        record = {"data": data, "provenance": described | {"wall_seconds": round(perf_counter() - begin)}}
        written = json.loads(DATA.read_text()) if DATA.exists() else {}
        written[name] = record
        DATA.write_text(_text(written), encoding="utf-8")
    progress.close()
    if set(written) == set(PARTS):
        draw({name: record["data"] for name, record in written.items()}, PICTURE)


if __name__ == "__main__":
    main()
