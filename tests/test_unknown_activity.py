"""Reduced data of a run in which D²_min of some particles is not known: these are left out, and counted."""

import pytest
from synthetic import PARTICLES, write_results

from softspots.analysis.reduce import reduce_run

FRAMES, FAULTY = 120, (40, 41, 90)


def test_a_particle_without_d2min_leaves_its_frame_in(tmp_path):
    reduced = reduce_run(write_results(tmp_path / "all.nc", FRAMES, faulty=FAULTY))
    few = reduce_run(write_results(tmp_path / "results.nc", FRAMES, faulty=FAULTY, unknown=(7, 30)))
    frames = FRAMES - len(FAULTY)
    note = f"without {2 * frames} of {PARTICLES * frames} particles, whose D²_min is not known"
    for name in ("density", "bound", "plateau", "ratio", "probability", "particles", "onset"):
        assert few[name].note.startswith(note), name
        assert "not known" not in reduced[name].note, name
    # ΔP* is of up to 100 frames.
    for name in ("difference", "largest_difference", "chosen_difference", "best_modes", "best_particles"):
        assert few[name].note.startswith(f"without 200 of {100 * PARTICLES} particles, whose D²_min is not known"), name
    # Two particles of 400 change little.
    for name in ("plateau", "density", "ratio"):
        assert few[name].value == pytest.approx(reduced[name].value, rel=0.02), name
    assert few["particles"].value.sum() == (PARTICLES - 2) * frames
    assert few.missing["c_dd"] == "0 frames with D²_min of all particles; at least 3 are needed"
    assert "c_ss" in few
