"""``softspots map --hessian-from``: forces that are no mixture, from an object in a Python module."""

import sys
from pathlib import Path

import numpy as np
import pytest
from dumps import OPTIONS, dumped, glass_frames
from launch import called

import softspots as ss
from softspots.__main__ import main as softspots
from softspots.io.results import read_results

pytest.importorskip("ovito")
OWN = """
import softspots as ss

class Kernels:
    model = ss.Mixture.preset("kob-andersen")

    def energy_forces(self, frame):
        return ss.energy_forces(frame, self.model)

    def hessian(self, frame):
        return ss.hessian(frame, self.model)

forces = Kernels()
nothing = 1
mixture = Kernels.model
"""
MODULE = "forces_of_a_test"
STAGES = [one for one in OPTIONS if one not in ("--model", "kob-andersen")]
FOUND = [parent / "shared" / "data" / "CuZr_glass_460_atoms.gz" for parent in Path(__file__).parents]
GLASS = next((path for path in FOUND if path.exists()), FOUND[0])
# From the tests in matscipy's source distribution, where `make` puts it.
TABLE = Path(sys.prefix) / "peers" / "share" / "ZrCu.onecolumn.eam.alloy"


@pytest.fixture(autouse=True)
def working_folder(tmp_path, monkeypatch):
    """Where a user has the module, and works."""
    (tmp_path / f"{MODULE}.py").write_text(OWN)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.delitem(sys.modules, MODULE, raising=False)


def run(capsys, *arguments):
    return called(capsys, softspots, ["map", *arguments, "--quiet"])


@pytest.fixture
def minima(tmp_path):
    """Two frames that are minima, so that any way down ends in them."""
    model = ss.Model.preset()
    frames = [ss.inherent_structure(frame, model).frame.wrapped() for frame in glass_frames(2)]
    path = tmp_path / "minima.lammpstrj"
    path.write_text(dumped(frames))
    return path


def test_an_own_object_has_the_maps_of_its_forces(minima, capsys):
    assert run(capsys, minima, "--hessian-from", f"{MODULE}:forces", *STAGES, "-o", "own")[0] == 0
    assert run(capsys, minima, "--hessian-from", f"{MODULE}:mixture", *STAGES, "-o", "mixture")[0] == 0
    assert run(capsys, minima, *OPTIONS, "-o", "plain")[0] == 0
    own, mixture, plain = (read_results(f"{name}/results.nc") for name in ("own", "mixture", "plain"))
    assert own.configuration["mixture"] == '{"forces": "Kernels"}' and mixture.model == plain.model
    assert own["inherent_certified"].all()
    # Forces of 1e-10 leave energies to their rounding.
    np.testing.assert_allclose(own["inherent_energy"], plain["inherent_energy"], rtol=1e-12)
    np.testing.assert_allclose(own["eigenvalue"], plain["eigenvalue"], rtol=1e-6)
    assert np.array_equal(own["soft_spot"], plain["soft_spot"])
    assert Path("own/map_000000.png").exists()
    # A changed module is another model.
    Path(f"{MODULE}.py").write_text(OWN + "\n")
    status, _, err = run(capsys, minima, "--hessian-from", f"{MODULE}:forces", *STAGES, "-o", "own", "--resume")
    assert status == 2 and "--hessian-from: got another file than the run to resume has" in err


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["--hessian-from", MODULE], "allowed: MODULE:OBJECT"),
        (["--hessian-from", "not_there:forces"], "cannot be had: ModuleNotFoundError: No module named 'not_there'"),
        (["--hessian-from", f"{MODULE}:springs"], "AttributeError"),
        (["--hessian-from", f"{MODULE}:Kernels"], "a class; allowed: an object with energy_forces(frame) and hessian"),
        (["--hessian-from", f"{MODULE}:nothing"], "of type int; allowed"),
        (["--hessian-from", f"{MODULE}:forces", "--model", "kob-andersen"], "not allowed with"),
        ([], "--model --hessian-from is required"),
    ],
)
def test_what_has_no_forces_is_refused(minima, capsys, arguments, message):
    status, _, err = run(capsys, minima, *arguments, *STAGES, "-o", "own")
    assert status == 2 and message in err and err.count("\n") == 1 and not Path("own").exists()


def test_a_glass_of_metals_goes_from_a_file_to_a_map(capsys):
    pytest.importorskip("matscipy.calculators.eam", reason="matscipy is not installed")
    for path in (GLASS, TABLE):
        if not path.exists():
            pytest.skip(f"{path.name} is not there")
    Path(f"{MODULE}.py").write_text(
        "from matscipy.calculators.eam import EAM\nimport softspots as ss\n"
        f"forces = ss.ASEForces(EAM({str(TABLE)!r}))\n"
    )
    stages = ["--modes=40", "--n-modes=10", "--n-particles=10", "--connection=distance", "--bond-length=3.6"]
    status, out, _ = run(capsys, GLASS, "--hessian-from", f"{MODULE}:forces", *stages, "-o", "out")
    assert status == 0 and "1 inherent structures certified, 1 with soft spots" in out
    # The minimum that the file holds.
    assert read_results("out/results.nc")["inherent_energy"][0] == pytest.approx(-2244.31436, abs=1e-5)
    assert Path("out/map_000000.png").exists()
