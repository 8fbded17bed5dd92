"""The campaign: a study of two tiny conditions through the whole workflow, interrupted on the way; and its plan."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parent.parent
sys.path.append(str(ROOT))

from paper import conditions, plan, reduce, run, sources  # noqa: E402
from paper.figures import NAMES, figures  # noqa: E402
from paper.fingerprint import fingerprint  # noqa: E402
from softspots.commands.options import make_parser, read_arguments  # noqa: E402
from softspots.estimate import Estimate  # noqa: E402
from softspots.exceptions import InputError  # noqa: E402
from softspots.io import read_results  # noqa: E402
from softspots.io.reduced import Reduced, read_reduced, write_reduced  # noqa: E402

# 300 particles fill a box of side 15.8, enough for cutoff and skin.
TINY = """
_TINY = {"particles": 300, "strain_rate": 1e-3, "liquid_time": 5, "cooling_time": 5, "steady_state_strain": 0.01}
CONDITIONS = (
    Condition("T0.1_rate1e-4", _TINY | {"temperature": 0.1, "seed": 1}, FRAMES, "a series"),
    Condition("warm", _TINY | {"temperature": 0.4, "seed": 2, "frame_separation": 4.0}, 3, "apart"),
)
PAPER_PARTICLES = 300
"""


@pytest.fixture
def study(tmp_path):
    """A copy of the workflow with tiny conditions; a function makes them ask for so many frames."""
    shutil.copytree(ROOT / "paper", tmp_path / "paper", ignore=shutil.ignore_patterns("raw", "data", "figures", "*.md"))
    text = (ROOT / "paper" / "conditions.py").read_text(encoding="utf-8")
    alone = tmp_path / "paper" / "relaxation.py"
    short = alone.read_text(encoding="utf-8").replace("STRAIN = 1.3", "STRAIN = 0.01").replace("= 400", "= 20")
    alone.write_text(short, encoding="utf-8")

    def ask(frames):
        changed = text + TINY.replace("FRAMES", str(frames))
        (tmp_path / "paper" / "conditions.py").write_text(changed, encoding="utf-8")
        return tmp_path

    return ask


def python(folder, *arguments, **options):
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    return subprocess.Popen(
        [sys.executable, "-m", *arguments],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        **options,
    )


def workflow(folder, *arguments):
    return python(folder, "snakemake", "-s", "paper/Snakefile", "-c2", *arguments)


def planned(folder):
    """Names of all rules that the workflow would run."""
    return set(re.findall(r"^(?:local)?rule (\S+):$", output(workflow(folder, "--dry-run")), re.MULTILINE))


def output(process, status=0):
    text = process.communicate(timeout=250)[0]
    assert process.returncode == status, text
    return text


def test_conditions_are_runs_that_the_command_takes():
    options = {option for action in make_parser()._actions for option in action.option_strings}
    names, seeds = set(), set()
    for one in conditions.CONDITIONS:
        words = [f"--{name.replace('_', '-')}={value}" for name, value in one.parameters.items()]
        assert {word.partition("=")[0] for word in words} <= options
        read = read_arguments([*words, f"--frames={one.frames}", f"--output={one.raw}"])
        assert read == one.all_parameters
        if one.name.startswith("T"):
            plain = f"T{read.temperature:g}_rate{read.strain_rate:.0e}".replace("e-0", "e-")
            assert one.name.removesuffix(f"_{one.name.rpartition('_')[2]}" if one.repeats else "") == plain
            assert one.repeats in ("", plain)
        names.add(one.name)
        seeds.add(read.seed)
    assert len(names) == len(seeds) == len(conditions.CONDITIONS)


@pytest.mark.parametrize(("rank", "recorded"), [("", True), ("0", True), ("1", False)])
def test_of_the_ranks_of_a_run_one_writes_what_it_is_computed_with(rank, recorded, tmp_path, monkeypatch):
    monkeypatch.setattr(conditions, "RAW", tmp_path)
    for variable in ("OMPI_COMM_WORLD_RANK", "PMI_RANK", "MV2_COMM_WORLD_RANK", "PMIX_RANK", "SLURM_PROCID"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("OMPI_COMM_WORLD_RANK", rank)
    monkeypatch.setattr(sys, "argv", ["paper.run", "small"])
    begun = []
    monkeypatch.setattr(os, "execv", lambda *words: begun.append(words))
    run.main()
    assert begun and (tmp_path / "small" / run.RECORD).exists() == recorded


def test_ranks_share_the_dynamics_and_the_preparation_and_have_frames_of_their_own():
    class Found(dict):
        attributes, n_frames = {"ranks": 2, "wall_time_preparation": 100.0}, 3  # noqa: RUF012

    # Dynamics, quench, modes, soft spots, D²_min; in the second frame the machine was suspended.
    found = Found(wall_time=np.array([[1, 2, 4, 0.5, 0.5], [1, 2, 900, 0.5, 0.5], [1, 2, 4, 0.5, 0.5]]))
    assert reduce.core_time(found) == {"wall_time_preparation": 200.0, "wall_time_frames": 27.0}


def test_checksum_depends_on_what_is_in_a_frame_only():
    one = conditions.condition("T0.1_rate1e-3")

    def checksum(**changes):
        return conditions.checksum(conditions.configuration(read_arguments([f"--{k}={v}" for k, v in changes.items()])))

    values = {"temperature": 0.1, "strain-rate": 1e-3, "seed": 2, "skin": 0.4}
    assert checksum(**values) == conditions.checksum(conditions.configuration(one.all_parameters))
    assert checksum(**values, frames=3, output="elsewhere") == checksum(**values)
    assert checksum(**values | {"seed": 3}) != checksum(**values)


def test_cost_is_that_of_runs_that_are_there():
    one = conditions.condition("T0.1_rate1e-3")
    parameters = one.all_parameters
    cost = plan.Cost(step=5e-8, frame=2e-3)
    # Preparation: 50 τ in the liquid, 100 τ cooling, 200 τ shearing, in steps of 0.005 τ.
    preparation = cost.of(10_000, 70_000, 0)
    wall = {"wall_time_preparation": preparation, "wall_time_frames": cost.of(10_000, 800 * 400, 800)}
    found = plan.measured_cost([Reduced(parameters.as_dict(), wall | {"frames": 800})])
    # Sums and quotients of a few doubles.
    assert found.step == pytest.approx(cost.step, rel=1e-12) and found.frame == pytest.approx(cost.frame, rel=1e-10)


def test_time_of_f_s_alone_is_what_was_kept_or_by_steps():
    values = conditions.condition("T0.1_rate1e-3").all_parameters.as_dict()
    cost = plan.Cost(step=5e-8, frame=2e-3)
    # A strain of 1.4 at 1e-3 and the preparation, in steps of 0.005 τ.
    steps = 280_000 + 70_000
    assert plan.relaxation_time(Reduced(values, {"strain": 1.4}), cost) == (pytest.approx(1e4 * 5e-8 * steps), "steps")
    for name in ("wall_time", "processor_time"):
        assert plan.relaxation_time(Reduced(values, {"strain": 1.4, name: 7.0}), cost) == (7.0, name)


def test_the_plan_has_f_s_alone_and_its_time_is_in_the_sum(tmp_path, monkeypatch):
    monkeypatch.setattr(conditions, "DATA", tmp_path)
    monkeypatch.setattr(conditions, "RAW", tmp_path)
    cost = plan.measured_cost([])
    alone = [one for one in conditions.CONDITIONS if conditions.needs_relaxation(one)]
    assert {one.name for one in alone} == {f"T0.{t}_rate1e-{r}" for t in (1, 2, 3, 4) for r in (3, 4, 5)}

    def rows():
        lines = [line.split("|")[1:-1] for line in plan.table().splitlines() if line.startswith("|")]
        return {cells[0].strip(): [cell.strip() for cell in cells[-4:]] for cells in lines}

    def told():
        return re.search(r"about (\S+) h of one core", plan.table())[1]

    left = [sum(plan.time_left(one, cost) for one in conditions.CONDITIONS)]
    left.append(sum(plan.relaxation_left(one, cost) for one in alone))
    assert rows()["all"] == ["", f"{left[0] / 3600:.2f}", "", f"{left[1] / 3600:.2f}"] and left[1] > 0
    assert told() == f"{sum(left) / 3600:.1f}"
    assert rows()["T0.1_rate1e-4_seed2"][-1] == rows()["small"][-1] == ""
    before = plan.relaxation_left(alone[0], cost)
    for one, kept in zip(alone, ({"processor_time": 36.0}, {"wall_time": 72.0}, {}), strict=False):
        provenance = {"frames": 1, "strain": 1.3} | kept
        write_reduced(one.relaxation, Reduced(conditions.configuration(one.all_parameters), provenance))
    shown = [rows()[one.name][2:] for one in alone[:3]]
    assert shown[:2] == [["0.01", ""], ["0.02 (wall)", ""]] and re.fullmatch(r"\(\d\.\d\d\)", shown[2][0])
    assert all(words in plan.table() for _, words in plan.TOLD.values())
    assert float(told()) <= (sum(left) - before) / 3600


def test_times_are_those_of_the_benchmark(tmp_path, monkeypatch):
    rows = {"one frame, all in": 100.0, "sheared NVT, 1 core": 1e6}
    file = tmp_path / "results.json"
    sides = {name: {"ours": {"median": value / 2}, "peer": {"median": value}} for name, value in rows.items()}
    file.write_text(json.dumps({"rows": [{"name": name} | side for name, side in sides.items()]}))
    monkeypatch.setattr(plan, "BENCHMARKS", file)
    parameters = conditions.condition("T0.4_rate1e-3").all_parameters
    run = Reduced(parameters.as_dict(), {"frames": 7})
    # A frame of theirs has the steps of D²_min, 400 of the 4,000 to the next frame.
    assert plan.peers_time(run) == pytest.approx(7 * 100.0 + 10_000 * (70_000 + 7 * 3_600) / 1e6)
    # Without runs that are there, our times are those of the benchmark, too.
    cost = plan.measured_cost([])
    assert cost.of(10_000, 400, 1) == pytest.approx(50.0)
    assert cost.step == pytest.approx(1 / 5e5)


def test_fingerprint_tells_seeds_apart():
    def of(seed):
        return fingerprint(read_arguments(["--particles=300", f"--seed={seed}"]))

    first, again, other = of(1), of(1), of(2)
    assert first == again
    assert all(first[name] != other[name] for name in first)


BITS = json.loads((ROOT / "paper" / "fingerprints.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", BITS["conditions"])
def test_the_dynamics_keep_their_bits(name):
    # Bits are promised for one build only. Another rounds otherwise, which 500 steps of a liquid amplify: to at most
    # 1.3e-5 in the energy of 24 starts. A wrong force would show in the first digits.
    committed, now = BITS["conditions"][name], fingerprint(conditions.condition(name).all_parameters)
    here = run.describe()
    if all(here[entry] == BITS[entry] for entry in ("instruction_set", "compiler")):
        assert now == committed
    energy = "fingerprint_potential_energy"
    assert now[energy] == pytest.approx(committed[energy], abs=1e-4)


def test_epsilon_is_that_of_the_fastest_shear_at_the_same_temperature(tmp_path, monkeypatch):
    monkeypatch.setattr(conditions, "DATA", tmp_path)
    named = ("T0.1_rate1e-5", "T0.1_rate1e-4", "T0.1_rate1e-3", "T0.1_rate1e-4_seed2", "T0.1_rate1e-3_seed2", "small")
    slow, middle, fast, seed, fast_seed, small = map(conditions.condition, named)
    with pytest.raises(InputError, match="its ε is that of T0.1_rate1e-3, which has no data yet: reduce that first"):
        reduce.epsilon_elsewhere(slow)
    for one, value in ((middle, 0.3), (small, 0.28), (fast, 0.25)):
        expected = conditions.configuration(one.all_parameters)
        found = {"epsilon": Estimate(*map(np.array, (value, value - 0.01, value)))}
        provenance = {"frames": 1, "configuration_checksum": conditions.checksum(expected)}
        write_reduced(one.data, Reduced(expected, provenance, {}, found))
    for one in (slow, middle, seed, conditions.condition("T0.1_rate1e-5_apart")):
        assert reduce.epsilon_elsewhere(one) == ("T0.1_rate1e-3", 0.25)
    # Each of these has its own, and another temperature another.
    assert [reduce.epsilon_elsewhere(one) for one in (fast, fast_seed, small)] == [None] * 3
    with pytest.raises(InputError, match="that of T0.4_rate1e-3"):
        reduce.epsilon_elsewhere(conditions.condition("T0.4_rate1e-4_seed3"))


def test_correlations_share_limits_and_have_guides_at_the_times_of_the_coldest_slow_run():
    lags = np.geomspace(2, 800, 20)

    def run(temperature, strain_rate, tau_alpha):
        found = {"scattering": np.exp(-lags / tau_alpha), "tau_alpha": tau_alpha, "tau_star": tau_alpha / 4}
        return Reduced(
            {"temperature": temperature, "strain_rate": strain_rate, "particles": 10_000},
            {},
            {"lag": lags},
            {name: Estimate(np.array(value), np.array(value), np.array(value)) for name, value in found.items()},
        )

    runs = [run(0.1, 1e-4, 240.0), run(0.3, 1e-4, 100.0), run(0.1, 1e-3, 30.0)]
    drawn = dict(figures(runs))
    assert {name for name, figure in drawn.items() if figure is None} == set(NAMES[1:]) - {NAMES[4]}
    panels = drawn[NAMES[4]].axes
    assert len(panels) == 8
    for left, right in zip(panels[::2], panels[1::2], strict=True):
        assert left.get_ylim() == right.get_ylim()
        assert left.get_xlim() == panels[0].get_xlim() and right.get_xlim() == panels[1].get_xlim()
    for axes, unit in ((panels[0], 1.0), (panels[7], 1e-4)):
        verticals = {
            line.get_xdata()[0] for line in axes.lines if len(set(line.get_xdata())) == 1 < len(line.get_xdata())
        }
        # Products of two doubles, taken in the same way.
        assert verticals == {60.0 * unit, 240.0 * unit}


def test_an_interrupted_study_goes_on_and_a_longer_one_continues(study):
    pytest.importorskip("snakemake")
    folder = study(2_000)
    process = python(folder, "paper.run", "T0.1_rate1e-4")
    raw = folder / "paper" / "raw" / "T0.1_rate1e-4"
    while not (raw / "results.nc").exists():
        assert process.poll() is None, process.stdout.read()
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    assert "--resume goes on" in output(process, status=143)

    study(4)
    said = output(workflow(folder))
    assert "| T0.1_rate1e-4 | a series | 0 of 4" in " ".join(said.split())
    reduced = read_reduced(folder / "paper" / "data" / "T0.1_rate1e-4.nc")
    assert reduced.provenance["frames"] >= 4
    parameters = read_arguments(["--particles=300", "--strain-rate=1e-3", "--liquid-time=5", "--cooling-time=5"])
    # Computed in another process, from the same seed.
    assert fingerprint(parameters).items() <= reduced.provenance.items()
    assert run.describe().items() <= reduced.provenance.items()
    assert str(folder) not in str(reduced.provenance)
    frame = read_results(folder / "paper" / "data" / "frame.nc")
    # D²_min is over 2 τ, and so is the motion that goes with it.
    assert frame.n_frames == 2 and float(frame["time"][1] - frame["time"][0]) == pytest.approx(2.0)
    alone = read_reduced(folder / "paper" / "data" / "warm_relaxation.nc")
    assert alone.provenance["strain"] >= 0.01 and alone.provenance["processor_time"] > 0
    assert alone.provenance["reduction"] == reduced.provenance["reduction"]
    drawn = {path.name for path in (folder / "paper" / "figures").iterdir()}
    assert {f"figure{NAMES[0]}.pdf", f"figure{NAMES[1]}.png", f"figure{NAMES[4]}.pdf"} <= drawn

    # As in a fresh clone: no raw results, and files as old as they come.
    shutil.rmtree(folder / "paper" / "raw")
    shutil.rmtree(folder / ".snakemake")
    for age, path in enumerate(sorted((folder / "paper" / "data").iterdir())):
        os.utime(path, (1e9 + age, 1e9 + age))
    assert planned(folder) <= {"all", "figures"}
    study(reduced.provenance["frames"] + 1)
    (folder / "paper" / "data" / "warm.nc").unlink()
    everything = {f"{step}_{name}" for step in ("simulate", "reduce") for name in ("T0.1_rate1e-4", "warm")}
    assert planned(folder) == {"all", "figures"} | everything
    # F_s of the dynamics alone by itself.
    (folder / "paper" / "data" / "warm_relaxation.nc").unlink()
    assert planned(folder) == {"all", "figures", "relaxation_warm"} | everything


@pytest.mark.parametrize(
    ("patterns", "split_off"),
    [
        (
            sources.DYNAMICS,
            ("dynamics/integration.py", "dynamics/preparation.py", "dynamics/starting.py", "_domain.pxi"),
        ),
        (sources.LANDSCAPE, ("landscape/stability.py", "landscape/matrices.py", "structure/clusters.py", "_core.pyx")),
        (sources.REDUCTION, ("structure/spots.py", "structure/clusters.py", "io/results.py", "_core.pyx")),
    ],
)
def test_any_change_of_code_that_data_come_from_shows(patterns, split_off):
    files = sources.read(patterns)
    assert {f"softspots/{name}" for name in split_off} <= files.keys()
    for path, text in files.items():
        now = sources.checksum({path: text})
        assert sources.checksum({path: text + "\nchanged = 1\n"}) != now, path
        comment = "!" if path.lower().endswith(("f90", "fypp")) else "#"
        assert sources.checksum({path: text + f"\n{comment} changed\n"}) == now, path
    assert sources.checksum(files) != sources.checksum(dict(list(files.items())[1:]))
