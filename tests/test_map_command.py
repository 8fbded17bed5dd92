"""``softspots map`` on a trajectory of another program, and the command ``softspots`` itself."""

import gzip
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from dumps import OPTIONS, dumped, glass_frames
from launch import called
from matplotlib.image import imread

import softspots as ss
from softspots import _core
from softspots.__main__ import COMMANDS
from softspots.__main__ import main as softspots
from softspots.commands import mapping
from softspots.commands.map import fault_rows
from softspots.commands.map_options import read_model
from softspots.commands.mapping import title_of
from softspots.io.attributes import SOURCE_NOTES, TIMES_ARE_STEPS
from softspots.io.results import read_results

pytest.importorskip("ovito")


@pytest.fixture(scope="module")
def dump(tmp_path_factory):
    """Three frames of 300 particles of a sheared glass, as LAMMPS writes them."""
    path = tmp_path_factory.mktemp("other") / "glass.lammpstrj"
    path.write_text(dumped(glass_frames(3)))
    return path


def run(capsys, *arguments):
    """Exit status, stdout, stderr of ``softspots map``, in this process."""
    return called(capsys, softspots, ["map", *arguments])


def test_from_a_dump_to_results_and_maps(dump, tmp_path, capsys):
    more = ["--timestep=0.005", "--temperature=0.1", "--strain-rate=1e-3", "--maps", 0, -1]
    status, out, err = run(capsys, dump, *OPTIONS, *more, "-o", tmp_path / "out")
    assert status == 0
    assert {path.name for path in (tmp_path / "out").glob("*.*")} == {"results.nc", "map_000000.png", "map_000002.png"}
    assert min(imread(tmp_path / "out" / "map_000002.png").shape[:2]) > 1000
    # What was inferred is said, and how far it is.
    assert "two dimensions: all particles lie at z = 0" in err and "100 %" in err
    assert "3 inherent structures certified, 3 with soft spots" in out and "image counters are not known" in out
    results = read_results(tmp_path / "out" / "results.nc")
    frames = ss.read(dump, types={1: "A", 2: "B"}, timestep=0.005)
    study = ss.study(frames, ss.Model.preset(), modes=40, n_modes=25, n_particles=4)
    assert np.array_equal(results["soft_spot"], [found.labels for found in study])
    assert np.array_equal(results["d2min"], [found.activity for found in study], equal_nan=True)
    # 100 steps of 0.005.
    assert results.configuration["frame_interval"] == pytest.approx(0.5, rel=1e-12)
    status, _, err = run(capsys, dump, *OPTIONS, "-o", tmp_path / "out")
    assert status == 2 and "where results.nc is that of an earlier run; allowed: another folder, --resume, or" in err
    own = [tmp_path / "out" / "results.nc", *OPTIONS[:2], "--overwrite", "-o", tmp_path / "out"]
    status, _, err = run(capsys, *own)
    assert status == 2 and "where the trajectory would be replaced; allowed: another folder" in err
    status, _, err = run(
        capsys, dump, *OPTIONS, "--frames=1:", "--lag=0", "--maps", "--overwrite", "--quiet", "-o", tmp_path / "out"
    )
    assert (status, err) == (0, "")
    results = read_results(tmp_path / "out" / "results.nc")
    assert len(results) == 2 and np.isnan(results["d2min"]).all()


def test_what_quenches_do_and_why_a_map_is_grey(dump, tmp_path, monkeypatch, capsys):
    drawn, folder = {}, tmp_path / "out"
    monkeypatch.setattr(mapping, "save_map", lambda path, *_, **about: drawn.update({path.name: about["unknown"]}))
    status, out, err = run(capsys, dump, *OPTIONS, "--types", "1=A", "2=B", "3=A", "--maps", 0, -1, "-o", folder)
    assert status == 0 and drawn == {"map_000000.png": "", "map_000002.png": "no later frame"}
    assert "--types names type 3, of which the first frame has no particles; it has types 1 (195), 2 (105)" in err
    about = read_results(folder / "results.nc").attributes
    moved, lost = about["quench_distance"], about["quench_energy"]
    assert f"quench        particles move by {moved:.3g} σ_AA, root mean square, and lose {lost:.3g} ε_AA each\n" in out
    # A glass at T = 0.1: a fifth of a distance at most; half of the heat is potential energy.
    assert 0.05 < moved < 0.2 and 0.05 < lost < 0.2 and "a solid by less" not in out
    # Ten thousand times colder than it is: a temperature that does not fit is told too.
    status, out, _ = run(capsys, dump, *OPTIONS, "--maps", "--temperature=1e-5", "-o", folder, "--overwrite")
    assert status == 0 and "note          quenches take" in out and "of which T = 1e-05 gives 1e-05: is it" in out


def test_models_are_listed(capsys):
    status, out, err = run(capsys, "--list-models")
    assert (status, err) == (0, "") and "kob-andersen" in out


def test_a_model_from_a_file(dump, tmp_path, capsys):
    model = tmp_path / "mine.toml"
    model.write_text('[model]\npreset = "kob-andersen"\nsmoothing = "shifted-force"\n')
    found = read_model(str(model))
    assert found == ss.Mixture.preset("kob-andersen", smoothing="shifted-force")
    for text, message in (("a = 1", "it has no table"), ("[", "no TOML file")):
        model.write_text(text)
        status, _, err = run(capsys, dump, "--model", model)
        assert status == 2 and message in err and err.count("\n") == 1


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["--model", "kob"], "--model: got kob; allowed: one of kob-andersen, as-printed"),
        (["--model", "kob-anderson"], "hertzian, or a TOML file; did you mean kob-andersen?"),
        (
            ["--model", "kob-andersen"],
            "there are particles of types 1 (195), 2 (105): say which species that is, --types 1=A 2=B or the like",
        ),
        # In the dimension of the frames, which is not the preset's first one.
        (["--model", "polydisperse", "--types", "A"], "needs a size in this mixture, and the frame has none; --sizes"),
        (["--model", "kob-andersen-3d", *OPTIONS[2:]], "kob-andersen-3d is of 3 dimensions, the frame of 2"),
        (["--model", "none.toml"], "--model: got none.toml"),
        ([*OPTIONS, "--frames=5:"], "--frames: they leave none of 3 frames"),
        ([*OPTIONS, "--frames=5"], "got 5; allowed: for instance 10:"),
        ([*OPTIONS, "--maps=3"], "--maps: got 3; allowed: from -3 to 2"),
        ([*OPTIONS, "--lag=-1"], "--lag: got -1; allowed: a whole number from 0"),
        ([*OPTIONS, "--types", "A", "2=B"], "there is no column 'A' with types; there are: "),
        ([*OPTIONS, "--types", "1=A", "2"], "--types: got 1=A 2; allowed: TYPE=SPECIES of each"),
        ([*OPTIONS, "--types", "1=A", "2=C"], "species C of the frame is not known"),
        ([], "--model"),
    ],
)
def test_what_is_wrong_is_told_in_a_line_before_work(dump, tmp_path, capsys, arguments, message):
    folder = tmp_path / "out"
    status, out, err = run(capsys, dump, *arguments, "--output", folder)
    assert status == 2 and message in err and out == "" and not folder.exists()
    assert err.count("\n") == 1 and err.startswith("softspots map: ")


def test_the_analysis_goes_on_from_there(dump, tmp_path, capsys):
    folder = tmp_path / "out"
    more = [
        "--timestep=0.005",
        "--temperature=0.1",
        "--strain-rate=1e-3",
        "--maps",
        "--bounds",
        "bounding box",
        "--quiet",
    ]
    assert run(capsys, dump, *OPTIONS, *more, "-o", folder)[0] == 0
    softspots(["analyze", str(folder / "results.nc"), "--output", str(tmp_path / "analysis"), "--quiet"])
    assert "ρ_SS" in capsys.readouterr().out
    # Nobody has given a seed.
    assert (tmp_path / "analysis" / "T0.1_rate0.001.nc").exists()


def test_one_soft_spot_through_the_box_is_told(dump, tmp_path, capsys):
    """As a small system has with the defaults."""
    more = ["--n-particles=20", "--n-modes=40", "--frames=:1", "--maps", "-o", tmp_path / "out"]
    status, out, _ = run(capsys, dump, *OPTIONS, *more)
    assert status == 0 and "note          the largest soft spot has" in out


def test_files_that_are_none(tmp_path, capsys, dump):
    for name, content in (
        ("empty.lammpstrj", b""),
        ("text.lammpstrj", b"hello\n"),
        ("cut.gz", gzip.compress(b"x", mtime=0)[:9]),
    ):
        (tmp_path / name).write_bytes(content)
        status, _, err = run(capsys, tmp_path / name, *OPTIONS, "-o", tmp_path / "out")
        assert status == 2 and err.count("\n") == 1 and name in err
    assert not (tmp_path / "out").exists()


def test_softspots_hands_over(capsys):
    for arguments, text in (
        (["--version"], f"softspots {ss.__version__}"),
        ([], "usage: softspots"),
        (["-h"], "analyze"),
    ):
        softspots(arguments)
        assert text in capsys.readouterr().out
    for name in COMMANDS:
        with pytest.raises(SystemExit) as done:
            softspots([name, "--help"])
        out = capsys.readouterr().out
        assert done.value.code == 0 and out.startswith(f"usage: softspots {name} ")
        assert f"examples:\n  softspots {name} " in out and "python -m" not in out
        with pytest.raises(SystemExit) as done:
            softspots([name, "--hlep"])
        assert done.value.code == 2 and capsys.readouterr().err.startswith(f"softspots {name}: unknown argument")
    with pytest.raises(SystemExit) as done:
        softspots(["mpa"])
    assert done.value.code == 2
    allowed = ", ".join((*COMMANDS, "--help", "--version", "--print-completion"))
    assert capsys.readouterr().err == f"softspots: got 'mpa'; allowed: {allowed}; did you mean map?\n"


def test_python_m_softspots():
    process = subprocess.run(
        [sys.executable, "-m", "softspots", "--version"], capture_output=True, text=True, timeout=60
    )
    kernels = f"kernels for {_core.instruction_set}, {'with' if _core.built_with_mpi else 'without'} MPI"
    assert (process.returncode, process.stdout) == (0, f"softspots {ss.__version__} ({kernels})\n")


def test_why_there_is_no_activity_is_told(dump, tmp_path, capsys):
    one = [dump, *OPTIONS, "--quiet", "--maps"]
    _, out, _ = run(capsys, *one, "--frames=1:2", "-o", tmp_path / "one")
    assert "D²_min        none: no later frame (--lag, --frames)" in out
    _, out, _ = run(capsys, *one, "--frames=:2", "-o", tmp_path / "two")
    assert "D²_min" not in out


def test_times_have_a_unit():
    assert title_of(30.0, {}) == r"$t=30\,\tau$"
    steps = {SOURCE_NOTES: f"{TIMES_ARE_STEPS} (timestep= says how long one is)"}
    assert [title_of(time, steps) for time in (0.0, 1.0, 2000.0)] == ["$t=$0 steps", "$t=$1 step", "$t=$2,000 steps"]


def test_reasons_that_differ_in_numbers_are_told_once():
    text = "Box: from tilts (0.0, {}, 0.0) to (0.0, 1e-05, 0.0): no other deformation is allowed"
    rows = fault_rows({3: text.format(0.25), 4: text.format(-1.5), 6: "another"})
    assert [name for name, _ in rows] == ["frame 3", "frame 6"]
    assert rows[0][1].endswith("exchange y and z in the file (the same in 1 other frame, with other numbers)")
    assert fault_rows({2: "another", 5: "another"}) == [("frame 2", "another (the same in 1 other frame)")]


def test_particles_without_ids_that_are_sorted_anew_are_told():
    first, second = glass_frames(2)
    first, second = (replace(frame, ids=None) for frame in (first, second))
    found = ss.study([first, replace(second, species=second.species[::-1])], ss.Model.preset(), modes=20, n_modes=10)
    with pytest.raises(ss.InputError, match="have another species; particles have no ids: does the program sort them"):
        found[1]
    with pytest.raises(ss.InputError, match=r"n_modes is 30; .* from 1 to 20, which is the number of modes"):
        ss.study([first], ss.Model.preset(), modes=20, n_modes=30)


def test_shear_with_the_gradient_along_z_is_told_and_asks_for_no_other_rate(tmp_path):
    rng = np.random.default_rng(3)
    lattice = np.stack(np.meshgrid(*[np.arange(5.0)] * 3), axis=-1).reshape(-1, 3) * 1.3
    frames = []
    for time in (0.0, 1.0):
        box = ss.Box(lengths=(6.5, 6.5, 6.5), tilts=(0.0, 0.01 * 6.5 * time, 0.0), strain=0.0)
        places = lattice + rng.uniform(-0.05, 0.05, lattice.shape)
        frames.append(ss.Frame(box=box, positions=places, species=np.zeros(125, dtype=int), time=time))
    mixture = ss.Mixture({("A", "A"): ss.InversePower(cutoff=2.0)})
    options = {"modes": 5, "n_modes": 3, "n_particles": 5, "d2min_cutoff": 2.0, "strain_rate": 0.01}
    found = ss.study(frames, mixture, progress=False, **options)
    with pytest.warns(UserWarning) as told:
        found.save(tmp_path / "results.nc")
    told = [str(one.message) for one in told]
    assert any("no other deformation is allowed" in one for one in told)
    assert not any("another rate" in one for one in told)
