"""F_s of the study over a large strain: what is recorded, and that an interruption changes nothing."""

import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from paper import conditions, relaxation  # noqa: E402

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
    relaxation.record(SMALL)
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
        relaxation.record(SMALL)
    parts = relaxation.folder(SMALL) / relaxation.POSITIONS
    # What was written after the last checkpoint is not to be trusted.
    with open(parts, "ab") as file:
        file.write(b"torn")
    assert 0 < parts.stat().st_size < whole.stat().st_size
    relaxation.record(SMALL)
    assert parts.read_bytes() == whole.read_bytes()

    reduced = relaxation.reduce(SMALL)
    assert reduced.provenance["strain"] >= relaxation.STRAIN
    # Of both parts; the second goes on from what the checkpoint of the first has.
    checkpoint = relaxation.read_checkpoint(relaxation.folder(SMALL))
    assert reduced.provenance["wall_time"] == checkpoint.progress["wall_time"] > written[29][3]["wall_time"] > 0
    assert reduced["scattering"].value[0] == pytest.approx(1.0, abs=1e-12)  # cos of 0, added up
    assert set(reduced.measured) | set(reduced.missing) == {"scattering", "tau_star", "tau_alpha"}
