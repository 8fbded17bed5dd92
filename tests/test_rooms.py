"""Which room of the package imports which: in one direction, and files know of no analysis (ARCHITECTURE.md)."""

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
sys.path.append(str(ROOT))

from paper.sources import imports  # noqa: E402

COMPILED = "_core"
STAGES = {"landscape", "structure", "plasticity"}
# What a room may import besides itself and the plain values: what stands in the open, and models.
VALUES = {"", "model"}
BELOW = {
    "": set(),
    "model": set(),
    "landscape": STAGES,
    "structure": STAGES,
    "plasticity": STAGES,
    "dynamics": STAGES,
    "io": set(),
    "analysis": {"structure", "plasticity", "io"},
    "figures": {"analysis", "io"},
    "chain": {*STAGES, "io", "analysis", "figures"},
    "report": {"structure", "io", "analysis", "figures"},
    "commands": {*STAGES, "dynamics", "io", "analysis", "figures", "chain", "report"},
}
NEED_KERNELS = {*STAGES, "dynamics"}
# `softspots` and `python -m softspots.simulate` are doors to the commands, the modifier for OVITO one to the chain;
# runs of the mean-field model are compiled.
MORE = {
    "softspots.__main__": {"commands"},
    "softspots.simulate": {"commands"},
    "softspots.analyze": {"commands"},
    "softspots.ovito": {"landscape", "structure", "io", "chain"},
    "softspots.shear": {"commands"},
    "softspots.analysis.meanfield": {COMPILED},
}


def modules():
    for path in sorted((ROOT / "softspots").rglob("*.py")):
        if path.stem != COMPILED:
            yield ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def room(module):
    """The folder of a module, "" in the open."""
    part = (module.split(".") + [""])[1]
    return part if part == COMPILED or (ROOT / "softspots" / part).is_dir() else ""


@pytest.mark.parametrize("name", BELOW)
def test_rooms_import_what_is_below_them_only(name):
    allowed = VALUES | {name} | BELOW[name] | ({COMPILED} if name in NEED_KERNELS else set())
    for module in [module for module in modules() if room(module) == name]:
        more = MORE.get(module, set())
        assert {one for one in imports(module) if room(one) not in allowed | more} == set(), module


def test_every_room_has_a_place():
    assert {room(module) for module in modules()} == BELOW.keys()


def test_stages_import_each_other_in_no_circle():
    waiting = {module: set(imports(module)) for module in modules() if room(module) in STAGES}
    while free := {module for module, needs in waiting.items() if not needs & waiting.keys()}:
        waiting = {module: needs for module, needs in waiting.items() if module not in free}
    assert waiting == {}
