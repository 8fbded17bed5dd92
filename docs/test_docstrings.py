"""Every example in a docstring runs, on a small glass under the names that examples use."""

import doctest
from importlib import import_module
from pathlib import Path

import pytest

import softspots as ss

PACKAGE = Path(ss.__file__).parent
MODULES = [
    ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts)
    for path in sorted(PACKAGE.rglob("*.py"))
    if ">>> " in path.read_text(encoding="utf-8")
]


@pytest.fixture(scope="module")
def names(tmp_path_factory):
    """What examples may take for granted; the files are in the folder that they run in."""
    folder = tmp_path_factory.mktemp("docstrings")
    model = ss.Mixture.preset("kob-andersen")
    run = ss.Simulation(model, particles=400, temperature=0.1, strain_rate=1e-3, seed=1)
    run.prepare(liquid_time=5, cooling_time=10, strain=0.01)
    frames = [run.frame().wrapped()]
    run.run(400)
    frames.append(run.frame().wrapped())
    minimum = ss.inherent_structure(frames[0], model)
    modes = ss.lowest_modes(ss.hessian(minimum, model), 40, stability=minimum.stability)
    found = ss.study(frames, model, modes=40, progress=False)
    found.save(folder / "results.nc")
    ss.write(folder / "glass.lammpstrj", [ss.Frame(one.positions, one.species + 1, one.box) for one in frames])
    return folder, {
        "ss": ss,
        "model": model,
        "frames": frames,
        "minimum": minimum,
        "modes": modes,
        "spots": ss.soft_spots(minimum.frame, modes, 30, 8),
        "d2min": ss.d2min(*frames, cutoff=2.5),
    }


@pytest.mark.parametrize("module", MODULES)
def test_examples(module, names, monkeypatch):
    folder, given = names
    monkeypatch.chdir(folder)
    runner = doctest.DocTestRunner()
    for test in doctest.DocTestFinder(exclude_empty=True).find(import_module(module)):
        # What the module imports stands there by its own name, as in a session that has imported it.
        test.globs = vars(import_module(module)) | given
        runner.run(test)
    assert runner.summarize(verbose=False).attempted > 0
    assert runner.failures == 0
