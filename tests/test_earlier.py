"""Reduced data of an earlier version, as they are committed: what is put right in them when they are read."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from softspots.analysis.series import collapses, relaxation_exponent, series_of
from softspots.estimate import Estimate
from softspots.io.earlier import put_right
from softspots.io.reduced import read_reduced

# Reduced data of version 1: those of T = 0.2 at 1e-4 that the study began with.
FIRST_EDITION = Path(__file__).parent / "data" / "first_edition.nc"


def test_curves_of_the_study_have_no_interval_from_blocks_of_a_fifth():
    found = read_reduced(FIRST_EDITION)
    for name in ("tau_alpha", "tau_star", "scattering", "alive", "constant", "without_rearrangement"):
        assert np.isnan(found[name].low).all() and "too few independent blocks" in found[name].note, name
    faster = replace(found, configuration=found.configuration | {"strain_rate": 1e-3})
    (series,) = series_of([found, faster])
    # What is derived from them has none either.
    assert np.isnan(relaxation_exponent(series).error)
    assert "scattering" not in collapses(series)


def test_an_earlier_part_of_a_maximum_has_no_interval_above_it():
    def read(value, low, high):
        found = Estimate(*map(np.asarray, (value, low, high)))
        return put_right({}, {"chosen_difference": found}, {}, {})[0]["chosen_difference"]

    # The first interval excludes its value, as those of that version could; corrected it is 1.006 to 1.046.
    above, usual = read(0.998, 0.95, 0.99), read(0.97, 0.95, 0.99)
    assert above.value > 1 and np.isnan([above.low, above.high]).all() and "at most 1" in above.note
    assert (usual.low, usual.high) == pytest.approx((0.95, 0.99)) and "at most 1" not in usual.note
