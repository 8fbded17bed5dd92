"""F_s of the study over a large strain: what is recorded, and that an interruption changes nothing."""

import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from paper import conditions, plan, relaxation  # noqa: E402
from softspots.dynamics.parallel import Serial  # noqa: E402
from softspots.exceptions import InputError  # noqa: E402

SMALL = conditions.Condition(
    "small_fast",
    {"particles": 300, "strain_rate": 1e-2, "temperature": 0.4, "liquid_time": 5.0, "cooling_time": 5.0},
    frames=1,
    purpose="a test",
)


@pytest.mark.parametrize("rate", [1e-5, 1e-4, 1e-3])
def test_the_schedule_has_all_lags_over_the_whole_strain(rate):
    times, between = relaxation.schedule(rate), relaxation.apart(rate)
    assert (np.diff(times) > 0).all()
    assert times[-1] * relaxation.UNIT * rate >= relaxation.STRAIN
    starts = np.arange(relaxation.STARTS + 1) * between
    assert all(np.isin(starts + lag, times).all() for lag in relaxation.behind(rate))


def test_an_interruption_changes_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(relaxation, "STARTS", 40)
    # At each frame.
    monkeypatch.setattr(relaxation, "STEPS_PER_CHECKPOINT", 1)
    monkeypatch.setattr(conditions, "RAW", tmp_path / "whole")
    relaxation.record(SMALL, Serial())
    whole = relaxation.folder(SMALL) / relaxation.POSITIONS

    class Interrupted(Exception):
        pass

    written = []

    def interrupted(*arguments):
        write_checkpoint(*arguments)
        written.append(arguments)
        if len(written) == 30:
            raise Interrupted

    write_checkpoint = relaxation.write_checkpoint
    monkeypatch.setattr(relaxation, "write_checkpoint", interrupted)
    monkeypatch.setattr(conditions, "RAW", tmp_path / "parts")
    with pytest.raises(Interrupted):
        relaxation.record(SMALL, Serial())
    parts = relaxation.folder(SMALL) / relaxation.POSITIONS
    # What was written after the last checkpoint is not to be trusted.
    with open(parts, "ab") as file:
        file.write(b"torn")
    assert 0 < parts.stat().st_size < whole.stat().st_size
    relaxation.record(SMALL, Serial())
    assert parts.read_bytes() == whole.read_bytes()

    reduced = relaxation.reduce(SMALL, "of this code")
    assert reduced.provenance["reduction"] == "of this code"
    assert reduced.provenance["strain"] >= relaxation.STRAIN
    # Of both parts; the second goes on from what the checkpoint of the first has.
    checkpoint = relaxation.read_checkpoint(relaxation.folder(SMALL))
    assert reduced.provenance["processor_time"] == checkpoint.progress["processor_time"]
    assert checkpoint.progress["processor_time"] > written[29][3]["processor_time"] > 0
    assert reduced["scattering"].value[0] == pytest.approx(1.0, abs=1e-12)  # cos of 0, added up
    assert set(reduced.measured) | set(reduced.missing) == {"scattering", "tau_star", "tau_alpha"}


def checkpoint_of(progress, tmp_path, monkeypatch, parameters=SMALL.all_parameters):
    """A checkpoint of the run as an interruption leaves it; of no state that can be gone on from."""
    monkeypatch.setattr(conditions, "RAW", tmp_path)
    relaxation.folder(SMALL).mkdir()
    relaxation.write_checkpoint(
        relaxation.folder(SMALL) / "checkpoint", {}, conditions.configuration(parameters), progress
    )


def test_a_stopped_process_does_not_count(tmp_path, monkeypatch):
    # A whole day passes between any two looks at the clock on the wall.
    monkeypatch.setattr("time.perf_counter", iter(range(0, 10**12, 86_400)).__next__)
    monkeypatch.setattr(relaxation, "STARTS", 4)
    monkeypatch.setattr(conditions, "RAW", tmp_path)
    relaxation.record(SMALL, Serial())
    assert 0 < relaxation.read_checkpoint(relaxation.folder(SMALL)).progress["processor_time"] < 3_600


def test_progress_and_the_time_left_are_told(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(relaxation, "STARTS", 10)
    monkeypatch.setattr(conditions, "RAW", tmp_path)
    relaxation.record(SMALL, Serial())
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) > 8 and all(line.startswith("small_fast") and line.endswith("left") for line in lines)
    assert "100 %" in lines[-1]


def test_what_is_left_is_told_from_the_checkpoint(tmp_path, monkeypatch):
    monkeypatch.setattr(conditions, "RAW", tmp_path)
    monkeypatch.setattr(conditions, "DATA", tmp_path)
    monkeypatch.setattr(conditions, "PAPER_PARTICLES", 300)
    cost = plan.Cost(step=1e-6, frame=1.0)
    units = relaxation.schedule(1e-2)
    # In the liquid and cooling 5 τ each, and a strain of 0.2 at 1e-2; steps of 0.005 τ, 100 in a unit.
    preparation = 30.0 / 0.005
    assert plan.relaxation_left(SMALL, cost) == pytest.approx(300e-6 * (preparation + 100 * units[-1]))
    checkpoint_of({"frames": 0}, tmp_path, monkeypatch)
    assert plan.relaxation_left(SMALL, cost) == pytest.approx(300e-6 * 100 * units[-1])
    (relaxation.folder(SMALL) / "checkpoint").unlink()
    relaxation.folder(SMALL).rmdir()
    checkpoint_of({"frames": 101}, tmp_path, monkeypatch)
    assert plan.relaxation_left(SMALL, cost) == pytest.approx(300e-6 * 100 * (units[-1] - units[100]))
    # Of another size none is asked for.
    monkeypatch.setattr(conditions, "PAPER_PARTICLES", 10_000)
    assert plan.relaxation_left(SMALL, cost) == 0


def test_a_checkpoint_of_other_parameters_is_not_gone_on_from(tmp_path, monkeypatch):
    other = conditions.Condition("other", SMALL.parameters | {"seed": 9}, 1, "")
    checkpoint_of({"frames": 1}, tmp_path, monkeypatch, other.all_parameters)
    with pytest.raises(InputError, match="small_fast_relaxation: its parameters are not those of small_fast"):
        relaxation.record(SMALL, Serial())


@pytest.mark.parametrize("wrong", ["small", "T0.1_rate1e-4_seed2", "T0.1_rate1e-6"])
def test_a_wrong_name_is_answered_with_those_that_there_are(wrong, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["relaxation", "T0.1_rate1e-5", wrong])
    with pytest.raises(SystemExit, match="2"):
        relaxation.main()
    said = capsys.readouterr().err
    assert f": {wrong}; there are: " in said and said.count("_rate") == 12 + ("_rate" in wrong)


def test_help_says_what_is_done_and_for_which_names(capsys):
    with pytest.raises(SystemExit, match="0"):
        relaxation.make_parser().parse_args(["--help"])
    said = capsys.readouterr().out
    assert "checkpoint" in said and "hours" in said and said.count("_rate") == 12


# By the code at 284efdf, which reduced the earliest of the files of F_s alone that say by `reduction_alike` which
# later code gives the same. Every version of it in between gives the same bits.
EARLIER = {
    1e-3: ({"tau_alpha": (35.350227514869395, 34.36530646657626, 36.77950988638807)}, (0.8580607329882817, 0.7318679)),
    1e-5: (
        {
            "tau_star": (228.6326255940159, np.nan, np.nan),
            "tau_alpha": (3659.576420090768, 3513.2602032432987, 3828.2121184749035),
        },
        (0.8672318017062872, 0.8658214559141496),
    ),
}


@pytest.mark.parametrize(("rate", "seed"), [(1e-3, 1), (1e-5, 3)])
def test_made_up_positions_have_the_numbers_of_the_code_that_reduced_what_is_kept(rate, seed, tmp_path, monkeypatch):
    # Vibrations and diffusion of 60 particles, at the times of the schedule.
    times, random = relaxation.schedule(rate), np.random.default_rng(seed)
    steps = np.sqrt(np.diff(times, prepend=0) * relaxation.UNIT * rate * 1.2)
    walk = np.cumsum(random.normal(size=(len(times), 60)) * steps[:, None], axis=0)
    one = conditions.Condition("made_up", {"particles": 60, "strain_rate": rate}, 1, "")
    monkeypatch.setattr(conditions, "RAW", tmp_path)
    relaxation.folder(one).mkdir()
    relaxation.write_checkpoint(relaxation.folder(one) / "checkpoint", {}, {}, {})
    (relaxation.folder(one) / relaxation.RECORD).write_text("{}")
    (walk + 0.06 * random.normal(size=walk.shape)).astype("<f4").tofile(relaxation.folder(one) / relaxation.POSITIONS)
    found = relaxation.reduce(one, "")
    numbers, curve = EARLIER[rate]
    assert found.measured.keys() == {"scattering", *numbers}
    # Positions are kept in single precision, of which a processor that rounds otherwise changes the last digit in some.
    for name, expected in numbers.items():
        assert [getattr(found[name], end) for end in ("value", "low", "high")] == pytest.approx(
            expected, rel=1e-6, nan_ok=True
        )
    assert found["scattering"].value[[1, 5]] == pytest.approx(curve, abs=1e-6)
