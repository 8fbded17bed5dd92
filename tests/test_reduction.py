"""Sums that steer the dynamics: exact, hence independent of order and of how terms are shared out, to the bit."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from softspots import PhysicsError, _core
from softspots.dynamics.parallel import Serial
from softspots.landscape.forces import kernel_potential
from softspots.model import Model

# The limits that fortran/base/reduction.f90 states.
LARGEST_TERM = 2.0**30
LARGEST_SUM = 2.0**33
terms = st.lists(st.floats(-LARGEST_TERM, LARGEST_TERM), min_size=1, max_size=200)
# Kinetic energies, energies and virials of single particles: what is summed in practice.
usual_terms = st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=200)


def total(values):
    """The sum, as that of v_x v_y of particles out of each other's reach, all of which have v_y = 1."""
    count = len(values)
    columns = int(np.ceil(np.sqrt(count)))
    side = max(3.0 * columns, 7.0)
    places = 3.0 * np.column_stack(np.divmod(np.arange(count), columns))
    # So short a step that no speed is too high.
    potential, timestep = kernel_potential(Model.preset()), 1e-12
    run = _core.Domain(Serial(), (1, 1), [side, side, 0.0], potential, 2.5, timestep, 1.0, 1, 0.4)
    zeros = np.zeros((count, 2), dtype=np.int32)
    run.set_particles(places, np.column_stack((values, np.ones(count))), zeros, zeros[:, 0].copy(), None, 0.0)
    return run.thermodynamics(1.0)[1]


def kept(value):
    """What is kept of a term, as multiples of 2^-48, in a coarse part, of multiples of 2^-20, and a fine one."""
    value = Fraction(value)
    coarse = round(value * 2**20) * 2**28
    return coarse, round(value * 2**48 - coarse)


@settings(max_examples=50)
@given(terms | usual_terms)
def test_sums_are_exact(values):
    """So neither order nor shares matter: each part is what whole numbers add up to."""
    parts = [sum(part) for part in zip(*map(kept, values), strict=True)]
    # Up to 200 terms of 2^30 stay below the 2^33 of the coarse sum only eight at a time.
    if sum(map(abs, values)) < LARGEST_SUM:
        coarse, fine = (float(Fraction(part, 2**48)) for part in parts)
        assert total(values) == coarse + fine


@settings(max_examples=50)
@given(usual_terms)
def test_error_is_below_what_is_dropped(values):
    exact = sum(map(Fraction, values))
    # Each term is rounded to a multiple of 2^-48, and the sum of the two parts to a double.
    rounding = Fraction(np.spacing(2 * abs(float(exact)) + 1))
    assert abs(Fraction(total(values)) - exact) <= len(values) * Fraction(1, 2**49) + rounding


def test_many_large_terms_are_still_exact():
    """2^14 terms of almost 2^19 come close to the 2^33 that the coarse sum can hold."""
    values = np.full(2**14, 2.0**19 - 1 / 3)
    values[::2] -= 1e-6
    assert total(np.random.default_rng(1).permutation(values)) == total(values)


def test_a_plain_sum_would_not_do():
    values = np.random.default_rng(2).normal(size=10_000)
    rolled = [np.roll(values, shift) for shift in range(0, 50, 5)]
    assert len({float(np.add.reduce(one)) for one in rolled}) > 1
    assert len(set(map(total, rolled))) == 1


def test_what_is_not_a_number_does_not_get_lost():
    for bad in (np.nan, np.inf):
        with pytest.raises(PhysicsError, match="blew up after step 0: particle 1 "):
            total([1.0, bad])
